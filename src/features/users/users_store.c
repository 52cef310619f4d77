/* users_store.c -- accounts in the database */
#define G_LOG_DOMAIN "users"
#include "features/users/users_store.h"

#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"

#define USER_COLUMNS                                                                               \
    "id, email, name, is_admin, should_change_password, oauth_id, storage_label, avatar_color,"    \
    " profile_image_path, profile_changed_at, quota_size_bytes AS quota_size_in_bytes,"            \
    " quota_usage_bytes AS quota_usage_in_bytes, status, cluster_group_id, created_at, "           \
    "updated_at,"                                                                                  \
    " deleted_at"

static const char SQL_LIST_ACTIVE[] = "SELECT " USER_COLUMNS " FROM users"
                                      " WHERE deleted_at IS NULL ORDER BY created_at DESC, id";
static const char SQL_LIST_ALL[] =
    "SELECT " USER_COLUMNS " FROM users ORDER BY created_at DESC, id";

/* $1 id */
static const char SQL_LOAD[] = "SELECT " USER_COLUMNS " FROM users WHERE id = $1";

/* $1 JSON array of ids */
static const char SQL_LOAD_MANY[] = "SELECT " USER_COLUMNS " FROM users"
                                    " WHERE id IN (SELECT value FROM json_each($1))";

static const char SQL_HAVE_ADMIN[] =
    "SELECT count(*) FROM users WHERE is_admin = 1 AND deleted_at IS NULL";

/* $1 id */
static const char SQL_HAS_OTHER_ADMIN[] =
    "SELECT count(*) FROM users WHERE is_admin = 1 AND deleted_at IS NULL AND id <> $1";

/* The row has nothing to say: two that write it cannot run at the same time. */
static const char SQL_TAKE_TURNS[] =
    "INSERT INTO system_metadata (key, value) VALUES ('account-turn', 'null')"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/* $1 id, $2 e-mail, $3 name, $4 password, $5 PIN, $6 is admin, $7 should change password, $8 OAuth id,
 * $9 label, $10 colour, $11 quota, $12 now, $13 cluster group */
static const char SQL_INSERT[] =
    "INSERT INTO users (id, email, name, password, pin_code, is_admin, should_change_password,"
    "                   oauth_id, storage_label, avatar_color, quota_size_bytes,"
    "                   profile_changed_at, created_at, updated_at, cluster_group_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12, $13)";

/* $1 id, $2 now; a NULL leaves the column, where NULL is a value a flag before it says whether it counts:
 * $3 e-mail, $4 name, $5 password, $6 is admin, $7 should change password, $8 $9 colour, $10 $11 PIN,
 * $12 $13 label, $14 $15 quota; $16 whether it is the user's own doing */
static const char SQL_UPDATE[] =
    "UPDATE users SET updated_at = $2,"
    "   email = COALESCE($3, email), name = COALESCE($4, name),"
    "   password = COALESCE($5, password),"
    "   is_admin = COALESCE(CAST($6 AS SMALLINT), is_admin),"
    "   should_change_password = COALESCE(CAST($7 AS SMALLINT), should_change_password),"
    "   avatar_color = CASE WHEN CAST($8 AS SMALLINT) = 1 THEN $9 ELSE avatar_color END,"
    "   pin_code = CASE WHEN CAST($10 AS SMALLINT) = 1 THEN $11 ELSE pin_code END,"
    "   storage_label = CASE WHEN CAST($12 AS SMALLINT) = 1 THEN $13 ELSE storage_label END,"
    "   quota_size_bytes = CASE WHEN CAST($14 AS SMALLINT) = 1 THEN CAST($15 AS BIGINT)"
    "                           ELSE quota_size_bytes END,"
    "   is_email_own = CASE WHEN CAST($3 AS TEXT) IS NULL"
    "                         OR (CAST($16 AS SMALLINT) = 1 AND email = $3) THEN is_email_own"
    "                       ELSE CAST($16 AS SMALLINT) END"
    " WHERE id = $1";

/* $1 id, $2 now, $3 status, $4 deleted at */
static const char SQL_SET_DELETED[] =
    "UPDATE users SET updated_at = $2, status = $3, deleted_at = $4 WHERE id = $1";

/* $1 owner, $2 at most */
static const char SQL_FIND_ASSETS[] =
    "SELECT id FROM asset WHERE owner_id = $1 LIMIT CAST($2 AS BIGINT)";

/* $1 owner, $2 a folder with a slash: compared sign by sign, for what sorts between two paths is up to the language
 * that the database was made for. Reads all assets, once an account goes. */
static const char SQL_GUESTS[] =
    "SELECT count(*) FROM (SELECT 1 FROM asset"
    "                       WHERE owner_id <> $1 AND substr(original_path, 1, length($2)) = $2"
    "                       LIMIT 1) AS found";

/* $1 JSON array of assets */
static const char SQL_DELETE_ASSETS[] =
    "DELETE FROM asset WHERE id IN (SELECT value FROM json_each($1))";

/* $1 id, $2 now, $3 path */
static const char SQL_SET_PROFILE_IMAGE[] =
    "UPDATE users SET updated_at = $2, profile_changed_at = $2, profile_image_path = $3"
    " WHERE id = $1";

/* the delay has passed, or is not to be waited for; $1 deleted before */
#define IS_TO_GO "deleted_at IS NOT NULL AND (deleted_at < $1 OR status = 'removing')"

/* $1 deleted before, $2 now, $3 id */
static const char SQL_BEGIN_REMOVAL[] =
    "UPDATE users SET updated_at = $2, status = 'removing' WHERE id = $3 AND " IS_TO_GO;

static const char SQL_DELETE[] = "DELETE FROM users WHERE id = $1";

/* $1 deleted before */
static const char SQL_LIST_EXPIRED[] = "SELECT id FROM users WHERE " IS_TO_GO;

/* $1 id, $2 bytes, $3 now; touches no row when they do not fit */
static const char SQL_ADD_USAGE[] =
    "UPDATE users SET updated_at = $3,"
    "   quota_usage_bytes = CASE WHEN quota_usage_bytes + CAST($2 AS BIGINT) < 0 THEN 0"
    "                            ELSE quota_usage_bytes + CAST($2 AS BIGINT) END"
    " WHERE id = $1 AND (CAST($2 AS BIGINT) <= 0 OR quota_size_bytes IS NULL"
    "                    OR quota_usage_bytes + CAST($2 AS BIGINT) <= quota_size_bytes)";

/* the sums that the triggers of asset keep; $1 id */
#define STORED_BYTES                                                                               \
    "COALESCE((SELECT CAST(sum(u.n_bytes) AS BIGINT) FROM asset_usage u"                           \
    "           WHERE u.owner_id = users.id AND u.is_external = 0), 0)"
/* $1 id, $2 bytes: no row when they do not fit */
static const char SQL_SIDECARS_FIT[] =
    "SELECT count(*) FROM users WHERE id = $1 AND (quota_size_bytes IS NULL"
    "    OR quota_usage_bytes + CAST($2 AS BIGINT)"
    "       + COALESCE((SELECT CAST(sum(f.size_bytes) AS BIGINT) FROM asset_file f"
    "                    WHERE f.sidecar_owner_id = $1 AND f.size_bytes IS NOT NULL), 0)"
    "       <= quota_size_bytes)";
static const char SQL_SYNC_USAGE[] = "UPDATE users SET quota_usage_bytes = " STORED_BYTES
                                     " WHERE id = $1 AND quota_usage_bytes <> " STORED_BYTES;
static const char SQL_SYNC_USAGE_ALL[] = "UPDATE users SET quota_usage_bytes = " STORED_BYTES
                                         " WHERE quota_usage_bytes <> " STORED_BYTES;

/* $1 id, $2 trashed, $3 visibility or '', $4 favourite: 0, 1, or -1 for both */
static const char SQL_COUNT_ASSETS[] =
    "SELECT CAST(COALESCE(sum(CASE WHEN type = 'IMAGE' THEN n_assets ELSE 0 END), 0) AS BIGINT)"
    "           AS images,"
    "       CAST(COALESCE(sum(CASE WHEN type = 'VIDEO' THEN n_assets ELSE 0 END), 0) AS BIGINT)"
    "           AS videos,"
    "       CAST(COALESCE(sum(n_assets), 0) AS BIGINT) AS total"
    "  FROM asset_usage"
    " WHERE owner_id = $1"
    "   AND CASE WHEN CAST($2 AS SMALLINT) = 1 THEN status = 'trashed'"
    "            ELSE status IN ('active', 'offline') END"
    "   AND CASE WHEN CAST($3 AS TEXT) = '' THEN visibility IN ('timeline', 'archive')"
    "            ELSE visibility = CAST($3 AS TEXT) END"
    "   AND CAST($4 AS SMALLINT) IN (-1, is_favorite)";

/* $1 user, $2 key */
static const char SQL_LOAD_FACT[] =
    "SELECT value FROM user_metadata WHERE user_id = $1 AND key = $2";
static const char SQL_DELETE_FACT[] = "DELETE FROM user_metadata WHERE user_id = $1 AND key = $2";
/* $1 user, $2 key, $3 JSON, $4 now */
static const char SQL_SAVE_FACT[] =
    "INSERT INTO user_metadata (user_id, key, value, updated_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (user_id, key)"
    " DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";

gboolean
users_store_list (Db *db, Arena *arena, const UserFilter *filter, List *out, GError **error)
{
    List list;

    if (!db_select (db, arena, &user_row_type, &list,
                    filter->with_deleted ? SQL_LIST_ALL : SQL_LIST_ACTIVE, DB_NO_ARGS, error))
        return FALSE;
    if (filter->id != NULL) {
        UserRow *rows = list.items;
        gsize kept = 0;

        for (gsize i = 0; i < list.n; i++)
            if (g_ascii_strcasecmp (rows[i].id, filter->id) == 0)
                rows[kept++] = rows[i];
        list.n = kept;
    }
    *out = list;
    return TRUE;
}

gboolean
users_store_load (Db *db, Arena *arena, const char *id, UserRow *out, GError **error)
{
    return db_select_one (db, arena, &user_row_type, out, SQL_LOAD, DB_ARGS (db_text (id)), error);
}

gboolean
users_store_load_many (Db *db, Arena *arena, const StringList *ids, List *out, GError **error)
{
    return db_select (db, arena, &user_row_type, out, SQL_LOAD_MANY,
                      DB_ARGS (db_strings (arena, ids)), error);
}

gboolean
users_have_admin (Db *db, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_HAVE_ADMIN, DB_NO_ARGS, &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
users_take_turns (Db *tx, GError **error)
{
    return db_exec (tx, SQL_TAKE_TURNS, DB_NO_ARGS, NULL, error);
}

gboolean
users_has_other_admin (Db *tx, const char *id, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!users_take_turns (tx, error) ||
        !db_select_int (tx, SQL_HAS_OTHER_ADMIN, DB_ARGS (db_text (id)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

/* What is unique is held by the database, so that two at once cannot both pass a check. */
static gboolean
exec_unique (Db *tx, const char *sql, DbArgs args, GError **error)
{
    g_autoptr (GError) why = NULL;
    const char *text = NULL;

    if (db_exec (tx, sql, args, NULL, &why))
        return TRUE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_CONSTRAINT)) {
        if (strstr (why->message, "users.email") != NULL)
            text = "Email is not available";
        else if (strstr (why->message, "users.storage_label") != NULL)
            text = "Storage label already in use by another account";
    }
    if (text != NULL)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, text);
    else
        g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

gboolean
users_store_insert (Db *tx, const char *id, const UserNew *user, GError **error)
{
    const char *color =
        user->has_avatar_color ? user_avatar_color_enum.texts[user->avatar_color] : NULL;
    char group[UUID_TEXT_BYTES];

    uuid_v4_text (group);
    return exec_unique (tx, SQL_INSERT,
                        DB_ARGS (db_text (id), db_text (user->email), db_text (user->name),
                                 db_text (user->password_hash), db_text (user->pin_hash),
                                 db_bool (user->is_admin), db_bool (user->should_change_password),
                                 db_text (user->oauth_id), db_text (user->storage_label),
                                 db_text (color),
                                 db_int_if (user->has_quota, user->quota_size_bytes),
                                 db_int (timestamp_now_ms ()), db_text (group)),
                        error);
}

gboolean
users_store_update (Db *tx, const char *id, const UserChange *change, GError **error)
{
    return exec_unique (
        tx, SQL_UPDATE,
        DB_ARGS (db_text (id), db_int (timestamp_now_ms ()), db_text (change->email),
                 db_text (change->name), db_text (change->password_hash),
                 db_int_if (change->has_is_admin, change->is_admin),
                 db_int_if (change->has_should_change_password, change->should_change_password),
                 db_bool (change->set_avatar_color), db_text (change->avatar_color),
                 db_bool (change->set_pin_hash), db_text (change->pin_hash),
                 db_bool (change->set_storage_label), db_text (change->storage_label),
                 db_bool (change->set_quota),
                 db_int_if (change->has_quota, change->quota_size_bytes), db_bool (change->is_own)),
        error);
}

gboolean
users_store_set_deleted (Db *tx, const char *id, const char *status, gboolean is_deleted,
                         GError **error)
{
    gint64 now = timestamp_now_ms ();

    return db_exec (
        tx, SQL_SET_DELETED,
        DB_ARGS (db_text (id), db_int (now), db_text (status), db_int_if (is_deleted, now)), NULL,
        error);
}

gboolean
users_store_set_profile_image (Db *tx, const char *id, const char *path, GError **error)
{
    return db_exec (tx, SQL_SET_PROFILE_IMAGE,
                    DB_ARGS (db_text (id), db_int (timestamp_now_ms ()), db_text (path)), NULL,
                    error);
}

gboolean
users_store_begin_removal (Db *db, const char *id, gint64 before_ms, gboolean *out_begun,
                           GError **error)
{
    gint64 changed = 0;

    if (!db_exec (db, SQL_BEGIN_REMOVAL,
                  DB_ARGS (db_int (before_ms), db_int (timestamp_now_ms ()), db_text (id)),
                  &changed, error))
        return FALSE;
    *out_begun = changed > 0;
    return TRUE;
}

gboolean
users_store_find_assets (Db *db, Arena *arena, const char *id, gint64 limit, StringList *out,
                         GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_ASSETS, DB_ARGS (db_text (id), db_int (limit)), out,
                            error);
}

gboolean
users_store_has_guests (Db *db, const char *id, const char *folder, gboolean *out, GError **error)
{
    g_autofree char *inside = g_strconcat (folder, "/", NULL);
    gint64 n = 0;

    if (!db_select_int (db, SQL_GUESTS, DB_ARGS (db_text (id), db_text (inside)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
users_store_delete_assets (Db *db, Arena *arena, const StringList *ids, GError **error)
{
    return db_exec (db, SQL_DELETE_ASSETS, DB_ARGS (db_strings (arena, ids)), NULL, error);
}

gboolean
users_store_delete (Db *tx, const char *id, GError **error)
{
    return db_exec (tx, SQL_DELETE, DB_ARGS (db_text (id)), NULL, error);
}

gboolean
users_store_list_expired (Db *db, Arena *arena, gint64 before_ms, StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_LIST_EXPIRED, DB_ARGS (db_int (before_ms)), out, error);
}

gboolean
users_store_count_assets (Db *db, Arena *arena, const char *id, const UserStatisticsFilter *filter,
                          AssetStatsResponse *out, GError **error)
{
    return db_select_one (db, arena, &asset_stats_response_type, out, SQL_COUNT_ASSETS,
                          DB_ARGS (db_text (id), db_bool (filter->is_trashed),
                                   db_text (filter->visibility != NULL ? filter->visibility : ""),
                                   db_int (filter->has_is_favorite ? filter->is_favorite : -1)),
                          error);
}

static gboolean
refuse_quota (GError **error)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Quota has been exceeded!");
    return FALSE;
}

gboolean
users_add_usage (Db *tx, const char *user_id, gint64 bytes, GError **error)
{
    gint64 changed = 0;

    if (!db_exec (tx, SQL_ADD_USAGE,
                  DB_ARGS (db_text (user_id), db_int (bytes), db_int (timestamp_now_ms ())),
                  &changed, error))
        return FALSE;
    return changed > 0 || bytes <= 0 || refuse_quota (error);
}

gboolean
users_check_sidecar (Db *db, const char *user_id, gint64 bytes, GError **error)
{
    gint64 n = 0;

    return db_select_int (db, SQL_SIDECARS_FIT, DB_ARGS (db_text (user_id), db_int (bytes)), &n,
                          NULL, error) &&
           (n > 0 || refuse_quota (error));
}

gboolean
users_sync_usage (Db *db, const char *user_id, GError **error)
{
    if (user_id == NULL)
        return db_exec (db, SQL_SYNC_USAGE_ALL, DB_NO_ARGS, NULL, error);
    return db_exec (db, SQL_SYNC_USAGE, DB_ARGS (db_text (user_id)), NULL, error);
}

gboolean
users_load_fact (Db *db, Arena *arena, const char *user_id, const char *key, const char **out,
                 GError **error)
{
    return db_select_text (db, arena, SQL_LOAD_FACT, DB_ARGS (db_text (user_id), db_text (key)),
                           out, error);
}

gboolean
users_save_fact (Db *db, const char *user_id, const char *key, const char *json, GError **error)
{
    if (json == NULL)
        return db_exec (db, SQL_DELETE_FACT, DB_ARGS (db_text (user_id), db_text (key)), NULL,
                        error);
    return db_exec (
        db, SQL_SAVE_FACT,
        DB_ARGS (db_text (user_id), db_text (key), db_text (json), db_int (timestamp_now_ms ())),
        NULL, error);
}
