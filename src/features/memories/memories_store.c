/* memories_store.c -- memories in the database */
#define G_LOG_DOMAIN "memories"
#include "features/memories/memories_private.h"

#include "base/timestamp.h"

#define COLUMNS                                                                                    \
    "m.id, m.owner_id, m.type, m.data, m.is_saved, m.memory_at, m.show_at, m.hide_at, m.seen_at,"  \
    " m.created_at, m.updated_at, m.deleted_at"

/* $1 owner, $2 id or NULL, $3 type or NULL, $4 saved or NULL, $5 trashed, $6 shown at or NULL,
 * $7 upcoming or NULL, $8 now */
#define MATCHING                                                                                   \
    " FROM memory m WHERE m.owner_id = $1"                                                         \
    "   AND (CAST($2 AS TEXT) IS NULL OR m.id = $2)"                                               \
    "   AND (CAST($3 AS TEXT) IS NULL OR m.type = $3)"                                             \
    "   AND (CAST($4 AS SMALLINT) IS NULL OR m.is_saved = CAST($4 AS SMALLINT))"                   \
    "   AND CASE WHEN CAST($5 AS SMALLINT) = 1 THEN m.deleted_at IS NOT NULL"                      \
    "            ELSE m.deleted_at IS NULL END"                                                    \
    "   AND (CAST($6 AS BIGINT) IS NULL"                                                           \
    "        OR ((m.show_at IS NULL OR m.show_at <= CAST($6 AS BIGINT))"                           \
    "            AND (m.hide_at IS NULL OR m.hide_at >= CAST($6 AS BIGINT))))"                     \
    "   AND (CAST($7 AS SMALLINT) IS NULL"                                                         \
    "        OR CASE WHEN CAST($7 AS SMALLINT) = 1 THEN m.show_at > CAST($8 AS BIGINT)"            \
    "                ELSE m.show_at IS NULL OR m.show_at <= CAST($8 AS BIGINT) END)"

/* also of a partner, unless that user is deleted */
#define IS_SHOWN                                                                                   \
    "a.visibility = 'timeline' AND a.status = 'active' AND a.deleted_at IS NULL"                   \
    " AND EXISTS (SELECT 1 FROM users u WHERE u.id = a.owner_id AND u.deleted_at IS NULL)"
#define SHOWS_HIDDEN_PERSON                                                                        \
    "EXISTS (SELECT 1 FROM asset_face f JOIN person p ON p.id = f.person_id"                       \
    "         WHERE f.asset_id = a.id AND f.deleted_at IS NULL AND p.is_hidden = 1)"

/* $9 at most, $10 after so many; a memory without assets would be an empty tile */
#define LISTED(order)                                                                              \
    "SELECT " COLUMNS MATCHING                                                                     \
    "   AND EXISTS (SELECT 1 FROM memory_asset ma JOIN asset a ON a.id = ma.asset_id"              \
    "                WHERE ma.memory_id = m.id AND " IS_SHOWN " AND NOT " SHOWS_HIDDEN_PERSON ")"  \
    " ORDER BY " order " LIMIT CAST($9 AS BIGINT) OFFSET CAST($10 AS BIGINT)"
static const char SQL_LIST_ASC[] =
    LISTED ("CASE WHEN m.show_at IS NULL THEN 1 ELSE 0 END, m.show_at ASC, m.memory_at ASC, m.id");
static const char SQL_LIST_DESC[] = LISTED (
    "CASE WHEN m.show_at IS NULL THEN 1 ELSE 0 END, m.show_at DESC, m.memory_at DESC, m.id");
static const char SQL_LIST_RANDOM[] = LISTED ("random()");
static const char SQL_COUNT[] = "SELECT count(*)" MATCHING;

/* $1 id */
static const char SQL_LOAD[] = "SELECT " COLUMNS " FROM memory m WHERE m.id = $1";

/* $1 JSON array of memories, $2 with hidden people: 0 or 1 */
static const char SQL_LIST_ASSETS[] =
    "SELECT ma.memory_id, ma.asset_id FROM memory_asset ma JOIN asset a ON a.id = ma.asset_id"
    " WHERE ma.memory_id IN (SELECT value FROM json_each($1)) AND " IS_SHOWN
    "   AND (CAST($2 AS SMALLINT) = 1 OR NOT " SHOWS_HIDDEN_PERSON ")"
    " ORDER BY a.file_created_at, a.id";

/* $1 memory, $2 JSON array of assets */
static const char SQL_FIND_MEMBERS[] =
    "SELECT asset_id FROM memory_asset"
    " WHERE memory_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";

static const char SQL_INSERT[] =
    "INSERT INTO memory (id, owner_id, type, data, memory_at, show_at, hide_at, seen_at, is_saved,"
    "                    created_at, updated_at, update_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, uuid_v7())";

/* $1 memory, $2 JSON array of assets, $3 now; one that is gone meanwhile is left out */
static const char SQL_ADD_ASSETS[] =
    "INSERT INTO memory_asset (memory_id, asset_id, created_at, update_id)"
    " SELECT $1, a.id, CAST($3 AS BIGINT), uuid_v7() FROM asset a"
    "  WHERE a.id IN (SELECT value FROM json_each($2))"
    " ON CONFLICT (memory_id, asset_id) DO NOTHING";

/* $1 memory, $2 JSON array of assets */
static const char SQL_REMOVE_ASSETS[] =
    "DELETE FROM memory_asset"
    " WHERE memory_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";

/* $1 id, $2 now, $3 saved, $4 memory at, $5 seen at; NULL leaves what is there */
static const char SQL_CHANGE[] =
    "UPDATE memory SET is_saved = COALESCE(CAST($3 AS SMALLINT), is_saved),"
    "   memory_at = COALESCE(CAST($4 AS BIGINT), memory_at),"
    "   seen_at = COALESCE(CAST($5 AS BIGINT), seen_at), updated_at = $2, update_id = uuid_v7()"
    " WHERE id = $1";

static const char SQL_DELETE[] = "DELETE FROM memory WHERE id = $1";

#define FILTER_VALUES(f)                                                                           \
    db_text ((f)->owner_id), db_text ((f)->id), db_text ((f)->type),                               \
        db_int_if ((f)->has_is_saved, (f)->is_saved), db_bool ((f)->is_trashed),                   \
        db_int_if ((f)->has_for, (f)->for_ms), db_int_if ((f)->has_is_upcoming, (f)->is_upcoming), \
        db_int (timestamp_now_ms ())

gboolean
memory_list (Db *db, Arena *arena, const MemoryFilter *filter, List *out, GError **error)
{
    DbArgs args = DB_ARGS (FILTER_VALUES (filter), db_int (filter->limit), db_int (filter->offset));

    switch (filter->order) {
    case MEMORY_SEARCH_ORDER_ASC:
        return db_select (db, arena, &memory_row_type, out, SQL_LIST_ASC, args, error);
    case MEMORY_SEARCH_ORDER_RANDOM:
        return db_select (db, arena, &memory_row_type, out, SQL_LIST_RANDOM, args, error);
    case MEMORY_SEARCH_ORDER_DESC:
    default:
        return db_select (db, arena, &memory_row_type, out, SQL_LIST_DESC, args, error);
    }
}

gboolean
memory_count (Db *db, const MemoryFilter *filter, gint64 *out, GError **error)
{
    return db_select_int (db, SQL_COUNT, DB_ARGS (FILTER_VALUES (filter)), out, NULL, error);
}

gboolean
memory_load (Db *db, Arena *arena, const char *id, MemoryRow *out, GError **error)
{
    return db_select_one (db, arena, &memory_row_type, out, SQL_LOAD, DB_ARGS (db_text (id)),
                          error);
}

gboolean
memory_list_assets (Db *db, Arena *arena, const StringList *memory_ids, gboolean with_hidden_people,
                    List *out, GError **error)
{
    return db_select (db, arena, &memory_asset_row_type, out, SQL_LIST_ASSETS,
                      DB_ARGS (db_strings (arena, memory_ids), db_bool (with_hidden_people)),
                      error);
}

gboolean
memory_find_members (Db *db, Arena *arena, const char *id, const StringList *asset_ids,
                     StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_MEMBERS,
                            DB_ARGS (db_text (id), db_strings (arena, asset_ids)), out, error);
}

gboolean
memory_insert (Db *tx, const MemoryRow *memory, GError **error)
{
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (memory->id), db_text (memory->owner_id),
                             db_text (memory_type_enum.texts[memory->type]), db_text (memory->data),
                             db_int (memory->memory_at),
                             db_int_if (memory->has_show_at, memory->show_at),
                             db_int_if (memory->has_hide_at, memory->hide_at),
                             db_int_if (memory->has_seen_at, memory->seen_at),
                             db_bool (memory->is_saved), db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
memory_add_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                   GError **error)
{
    return db_exec (
        tx, SQL_ADD_ASSETS,
        DB_ARGS (db_text (id), db_strings (arena, asset_ids), db_int (timestamp_now_ms ())), NULL,
        error);
}

gboolean
memory_remove_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                      GError **error)
{
    return db_exec (tx, SQL_REMOVE_ASSETS, DB_ARGS (db_text (id), db_strings (arena, asset_ids)),
                    NULL, error);
}

gboolean
memory_change (Db *tx, const char *id, const MemoryUpdate *change, GError **error)
{
    return db_exec (tx, SQL_CHANGE,
                    DB_ARGS (db_text (id), db_int (timestamp_now_ms ()),
                             db_int_if (change->has_is_saved, change->is_saved),
                             db_int_if (change->has_memory_at, change->memory_at),
                             db_int_if (change->has_seen_at, change->seen_at)),
                    NULL, error);
}

gboolean
memory_delete (Db *tx, const char *id, GError **error)
{
    return db_exec (tx, SQL_DELETE, DB_ARGS (db_text (id)), NULL, error);
}
