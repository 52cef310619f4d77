#include "features/server/server_store.h"

#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"

/* Photos and videos leave out what is hidden or trashed; usage leaves out what is trashed or in a
 * library, but has the hidden parts of live photos. Users in the order of creation, deleted ones too. */
static const char SQL_USAGE[] =
    "SELECT u.id AS user_id, u.name AS user_name, u.quota_size_bytes AS quota_size_in_bytes,"
    "       CAST(coalesce(sum(CASE WHEN a.type = 'IMAGE' AND a.visibility <> 'hidden'"
    "                              THEN a.n_assets END), 0) AS BIGINT) AS photos,"
    "       CAST(coalesce(sum(CASE WHEN a.type = 'VIDEO' AND a.visibility <> 'hidden'"
    "                              THEN a.n_assets END), 0) AS BIGINT) AS videos,"
    "       CAST(coalesce(sum(CASE WHEN a.is_external = 0 THEN a.n_bytes END), 0) AS BIGINT)"
    "           AS usage,"
    "       CAST(coalesce(sum(CASE WHEN a.is_external = 0 AND a.type = 'IMAGE'"
    "                              THEN a.n_bytes END), 0) AS BIGINT) AS usage_photos,"
    "       CAST(coalesce(sum(CASE WHEN a.is_external = 0 AND a.type = 'VIDEO'"
    "                              THEN a.n_bytes END), 0) AS BIGINT) AS usage_videos"
    "  FROM users u LEFT JOIN asset_usage a ON a.owner_id = u.id AND a.status = 'active'"
    " GROUP BY u.id, u.name, u.quota_size_bytes, u.created_at"
    " ORDER BY u.created_at, u.id";

static const char SQL_VERSIONS[] = "SELECT id, created_at, version FROM version_history"
                                   " ORDER BY created_at DESC, id";

static const char SQL_LAST_VERSION[] =
    "SELECT version FROM version_history ORDER BY created_at DESC, id LIMIT 1";

/* $1 id, $2 now, $3 version */
static const char SQL_NOTE_VERSION[] =
    "INSERT INTO version_history (id, created_at, version) VALUES ($1, $2, $3)";

static const char SQL_ONBOARDED[] =
    "SELECT count(*) FROM system_metadata"
    " WHERE key = 'admin-onboarding' AND value LIKE '%\"isOnboarded\":true%'";

gboolean
server_store_usage (Db *db, Arena *arena, UsageByUserList *out, GError **error)
{
    return db_select (db, arena, &usage_by_user_type, (List *) out, SQL_USAGE, DB_NO_ARGS, error);
}

gboolean
server_store_versions (Db *db, Arena *arena, ServerVersionHistoryResponseList *out, GError **error)
{
    return db_select (db, arena, &server_version_history_response_type, (List *) out, SQL_VERSIONS,
                      DB_NO_ARGS, error);
}

static gboolean
note_version (Db *tx, gpointer version, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *last = NULL;

    if (!db_select_text (tx, arena, SQL_LAST_VERSION, DB_NO_ARGS, &last, error))
        return FALSE;
    return g_strcmp0 (last, version) == 0 ||
           db_exec (
               tx, SQL_NOTE_VERSION,
               DB_ARGS (db_text (uuid_v4 (arena)), db_int (timestamp_now_ms ()), db_text (version)),
               NULL, error);
}

gboolean
server_store_note_version (Db *db, const char *version, GError **error)
{
    return db_write (db, note_version, (gpointer) version, error);
}

gboolean
server_store_is_onboarded (Db *db, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_ONBOARDED, DB_NO_ARGS, &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}
