/* workflows_store.c -- the SQL of workflows */
#define G_LOG_DOMAIN "workflows"
#include "features/workflows/workflows_private.h"

#define COLUMNS                                                                                    \
    "SELECT id AS id, owner_id AS owner_id, name AS name, description AS description,"             \
    "       trigger AS trigger, enabled AS enabled, logging AS logging, steps AS steps,"           \
    "       created_at AS created_at, updated_at AS updated_at FROM workflow"

/* $1 owner, $2 id or '', $3 trigger or '', $4 enabled and $5 logging or -1 */
static const char SQL_LIST[] =
    COLUMNS " WHERE owner_id = $1 AND (CAST($2 AS TEXT) = '' OR id = CAST($2 AS TEXT))"
            "   AND (CAST($3 AS TEXT) = '' OR trigger = CAST($3 AS TEXT))"
            "   AND (CAST($4 AS BIGINT) < 0 OR enabled = CAST($4 AS BIGINT))"
            "   AND (CAST($5 AS BIGINT) < 0 OR logging = CAST($5 AS BIGINT))"
            " ORDER BY created_at, id";
/* $1 id */
static const char SQL_FIND[] = COLUMNS " WHERE id = $1";
/* $1 owner */
static const char SQL_COUNT[] = "SELECT count(*) FROM workflow WHERE owner_id = $1";
/* $1 id, $2 owner, $3 name, $4 description, $5 trigger, $6 enabled, $7 logging, $8 steps, $9 now */
static const char SQL_INSERT[] =
    "INSERT INTO workflow (id, owner_id, name, description, trigger, enabled, logging, steps,"
    "                      created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
/* $1 id, $2 name, $3 description, $4 trigger, $5 enabled, $6 logging, $7 steps, $8 now */
static const char SQL_UPDATE[] =
    "UPDATE workflow SET name = $2, description = $3, trigger = $4, enabled = $5, logging = $6,"
    "       steps = $7, updated_at = $8 WHERE id = $1";
/* $1 id */
static const char SQL_DELETE[] = "DELETE FROM workflow WHERE id = $1";

gboolean
workflows_list (Db *db, Arena *arena, const char *owner_id, const WorkflowFilter *filter,
                WorkflowRowList *out, GError **error)
{
    return db_select (
        db, arena, &workflow_row_type, (List *) out, SQL_LIST,
        DB_ARGS (db_text (owner_id), db_text (filter->id != NULL ? filter->id : ""),
                 db_text (filter->has_trigger ? workflow_trigger_enum.texts[filter->trigger] : ""),
                 db_int (filter->has_enabled ? filter->enabled : -1),
                 db_int (filter->has_logging ? filter->logging : -1)),
        error);
}

gboolean
workflow_find (Db *db, Arena *arena, const char *id, WorkflowRow *out, GError **error)
{
    return db_select_one (db, arena, &workflow_row_type, out, SQL_FIND, DB_ARGS (db_text (id)),
                          error);
}

gboolean
workflows_count (Db *db, const char *owner_id, gint64 *out, GError **error)
{
    return db_select_int (db, SQL_COUNT, DB_ARGS (db_text (owner_id)), out, NULL, error);
}

gboolean
workflow_insert (Db *tx, const WorkflowRow *row, GError **error)
{
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (row->id), db_text (row->owner_id), db_text (row->name),
                             db_text (row->description),
                             db_text (workflow_trigger_enum.texts[row->trigger]),
                             db_bool (row->enabled), db_bool (row->logging), db_text (row->steps),
                             db_int (row->created_at)),
                    NULL, error);
}

gboolean
workflow_store (Db *tx, const WorkflowRow *row, GError **error)
{
    return db_exec (tx, SQL_UPDATE,
                    DB_ARGS (db_text (row->id), db_text (row->name), db_text (row->description),
                             db_text (workflow_trigger_enum.texts[row->trigger]),
                             db_bool (row->enabled), db_bool (row->logging), db_text (row->steps),
                             db_int (row->updated_at)),
                    NULL, error);
}

gboolean
workflow_delete (Db *db, const char *id, GError **error)
{
    return db_exec (db, SQL_DELETE, DB_ARGS (db_text (id)), NULL, error);
}
