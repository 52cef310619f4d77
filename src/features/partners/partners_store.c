/* partners_store.c -- see partners_store.h */
#define G_LOG_DOMAIN "partners"
#include "features/partners/partners_store.h"

#include "base/timestamp.h"

/* $1 user */
static const char SQL_LIST_SHARED_BY[] =
    "SELECT p.shared_with_id AS user_id, p.in_timeline AS in_timeline"
    "  FROM partner p JOIN users u ON u.id = p.shared_with_id"
    " WHERE p.shared_by_id = $1 AND u.deleted_at IS NULL ORDER BY u.name, u.id";
static const char SQL_LIST_SHARED_WITH[] =
    "SELECT p.shared_by_id AS user_id, p.in_timeline AS in_timeline"
    "  FROM partner p JOIN users u ON u.id = p.shared_by_id"
    " WHERE p.shared_with_id = $1 AND u.deleted_at IS NULL ORDER BY u.name, u.id";
static const char SQL_FIND_IN_TIMELINE[] =
    "SELECT p.shared_by_id FROM partner p JOIN users u ON u.id = p.shared_by_id"
    " WHERE p.shared_with_id = $1 AND p.in_timeline = 1 AND u.deleted_at IS NULL";

/* $1 sharer, $2 receiver, $3 now */
static const char SQL_ADD[] =
    "INSERT INTO partner (shared_by_id, shared_with_id, created_at, updated_at, create_id,"
    "                     update_id)"
    " VALUES ($1, $2, $3, $3, uuid_v7 (), uuid_v7 ())"
    " ON CONFLICT (shared_by_id, shared_with_id) DO NOTHING";
/* $1 sharer, $2 receiver, $3 in the timeline, $4 now */
static const char SQL_SET[] =
    "UPDATE partner SET in_timeline = $3, updated_at = $4, update_id = uuid_v7 ()"
    " WHERE shared_by_id = $1 AND shared_with_id = $2";
static const char SQL_REMOVE[] =
    "DELETE FROM partner WHERE shared_by_id = $1 AND shared_with_id = $2";
/* What the receiver had put of the sharer into links and memories of their own. Albums keep what was given
 * to all of their members. */
static const char SQL_TAKE_FROM_LINKS[] =
    "DELETE FROM shared_link_asset"
    " WHERE link_id IN (SELECT id FROM shared_link WHERE owner_id = $2)"
    "   AND EXISTS (SELECT 1 FROM asset a WHERE a.id = shared_link_asset.asset_id"
    "                                       AND a.owner_id = $1)";
static const char SQL_TAKE_FROM_MEMORIES[] =
    "DELETE FROM memory_asset"
    " WHERE memory_id IN (SELECT id FROM memory WHERE owner_id = $2)"
    "   AND EXISTS (SELECT 1 FROM asset a WHERE a.id = memory_asset.asset_id AND a.owner_id = $1)";

gboolean
partners_store_list (Db *db, Arena *arena, const char *user_id, PartnerDirection direction,
                     PartnerRowList *out, GError **error)
{
    return direction == PARTNER_DIRECTION_SHARED_BY
               ? db_select (db, arena, &partner_row_type, (List *) out, SQL_LIST_SHARED_BY,
                            DB_ARGS (db_text (user_id)), error)
               : db_select (db, arena, &partner_row_type, (List *) out, SQL_LIST_SHARED_WITH,
                            DB_ARGS (db_text (user_id)), error);
}

gboolean
partners_find_in_timeline (Db *db, Arena *arena, const char *user_id, StringList *out,
                           GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_IN_TIMELINE, DB_ARGS (db_text (user_id)), out,
                            error);
}

gboolean
partners_store_add (Db *db, const char *shared_by_id, const char *shared_with_id,
                    gboolean *out_is_new, GError **error)
{
    gint64 n_changed = 0;

    if (!db_exec (db, SQL_ADD,
                  DB_ARGS (db_text (shared_by_id), db_text (shared_with_id),
                           db_int (timestamp_now_ms ())),
                  &n_changed, error))
        return FALSE;
    *out_is_new = n_changed > 0;
    return TRUE;
}

gboolean
partners_store_set (Db *db, const char *shared_by_id, const char *shared_with_id,
                    gboolean in_timeline, GError **error)
{
    return db_exec (db, SQL_SET,
                    DB_ARGS (db_text (shared_by_id), db_text (shared_with_id),
                             db_bool (in_timeline), db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
partners_store_remove (Db *tx, const char *shared_by_id, const char *shared_with_id,
                       gboolean *out_is_gone, GError **error)
{
    DbArgs users = DB_ARGS (db_text (shared_by_id), db_text (shared_with_id));
    gint64 n_changed = 0;

    *out_is_gone = FALSE;
    if (!db_exec (tx, SQL_REMOVE, users, &n_changed, error))
        return FALSE;
    *out_is_gone = n_changed > 0;
    return n_changed == 0 || (db_exec (tx, SQL_TAKE_FROM_LINKS, users, NULL, error) &&
                              db_exec (tx, SQL_TAKE_FROM_MEMORIES, users, NULL, error));
}
