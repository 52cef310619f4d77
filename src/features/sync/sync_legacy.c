/* sync_legacy.c -- how 2.x clients keep up to date: whole assets, by id or by what changed since */
#define G_LOG_DOMAIN "sync"
#include "features/sync/sync_private.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "features/assets/assets.h"
#include "features/sync/sync_line.h"

#define MAX_CHANGES 10000
#define MAX_AGE_MS (100 * G_GINT64_CONSTANT (86400000))

/* what a timeline client shows, and of partners what they share */
#define SHOWN                                                                                      \
    "a.status <> 'deleted' AND ((a.visibility = 'timeline' AND a.deleted_at IS NULL)"              \
    " OR (a.owner_id = $1 AND a.visibility IN ('timeline', 'archive', 'hidden')))"

/* $1 caller, $2 owner, $3 id after which, $4 changed until, $5 how many. Ids are in the order of
 * no index of the owner's: COALESCE keeps the order of the table's own. */
static const char SQL_FULL[] = "SELECT a.id FROM asset a WHERE a.id > $3"
                               " AND COALESCE(a.owner_id, '') = $2 AND a.updated_at <= $4"
                               " AND " SHOWN " ORDER BY a.id LIMIT $5";

/* $1 caller, $2 owners, $3 id of a change, $4 how many */
static const char SQL_CHANGED[] =
    "SELECT a.id FROM asset a WHERE a.owner_id IN (SELECT value FROM json_each($2))"
    " AND a.update_id > $3 AND " SHOWN " LIMIT $4";

/* the same; what was removed, and what is not shown any more */
static const char SQL_GONE[] =
    "SELECT d.item FROM sync_delete d WHERE d.kind = 'asset'"
    "   AND d.audience IN (SELECT value FROM json_each($2)) AND d.id > $3"
    " UNION SELECT a.id FROM asset a WHERE a.owner_id IN (SELECT value FROM json_each($2))"
    "   AND a.update_id > $3 AND NOT (" SHOWN ") LIMIT $4";

/* $1 caller */
static const char SQL_USERS[] =
    "SELECT p.shared_by_id FROM partner p JOIN users u ON u.id = p.shared_by_id"
    " WHERE p.shared_with_id = $1 AND u.deleted_at IS NULL"
    " UNION SELECT u.id FROM users u WHERE u.id = $1";

/* In the order of @ids. */
static gboolean
describe (ApiCall *call, const StringList *ids, AssetResponseList *out, GError **error)
{
    return assets_describe (call->app, call->db, call->arena, ids,
                            ASSET_WITH_OWNER | ASSET_WITH_EXIF | ASSET_WITH_STACK,
                            call->auth->user_id, out, error);
}

ApiStatus
sync_get_full (ApiCall *call, const GetFullSyncForUserRequest *in, AssetResponseList *out)
{
    const AssetFullSync *body = in->body;
    const char *user_id = body->user_id != NULL ? body->user_id : call->auth->user_id;
    g_autoptr (GError) error = NULL;
    StringList ids;

    if (!access_check_timeline (call, user_id, "timeline.read", &error) ||
        !db_select_texts (call->db, call->arena, SQL_FULL,
                          DB_ARGS (db_text (call->auth->user_id), db_text (user_id),
                                   db_text (body->last_id != NULL ? body->last_id : ""),
                                   db_int (body->updated_until), db_int (body->limit)),
                          &ids, &error) ||
        !describe (call, &ids, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* Whether these are the caller and all partners who share: else the client's set is another. */
static gboolean
is_every_user (const StringList *given, const StringList *all)
{
    g_autoptr (GHashTable) set = string_list_set (given);

    if (g_hash_table_size (set) != all->n)
        return FALSE;
    for (gsize i = 0; i < all->n; i++)
        if (!g_hash_table_contains (set, all->items[i]))
            return FALSE;
    return TRUE;
}

static gboolean
find_changes (ApiCall *call, const AssetDeltaSync *body, StringList *changed,
              AssetDeltaSyncResponse *out, GError **error)
{
    DbArgs args =
        DB_ARGS (db_text (call->auth->user_id), db_strings (call->arena, &body->user_ids),
                 db_text (sync_id_at (call->arena, body->updated_after)), db_int (MAX_CHANGES));

    return db_select_texts (call->db, call->arena, SQL_CHANGED, args, changed, error) &&
           db_select_texts (call->db, call->arena, SQL_GONE, args, &out->deleted, error);
}

ApiStatus
sync_get_delta (ApiCall *call, const GetDeltaSyncRequest *in, AssetDeltaSyncResponse *out)
{
    const AssetDeltaSync *body = in->body;
    g_autoptr (GError) error = NULL;
    StringList users, changed = { NULL, 0 };

    if (!db_select_texts (call->db, call->arena, SQL_USERS, DB_ARGS (db_text (call->auth->user_id)),
                          &users, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->needs_full_sync = timestamp_now_ms () - body->updated_after > MAX_AGE_MS ||
                           !is_every_user (&body->user_ids, &users);
    if (out->needs_full_sync)
        return API_OK;
    if (!find_changes (call, body, &changed, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->needs_full_sync = changed.n + out->deleted.n >= MAX_CHANGES;
    if (out->needs_full_sync)
        out->deleted = (StringList){ NULL, 0 };
    else if (!describe (call, &changed, &out->upserted, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}
