/* workflow_log.c -- what came of the runs of a workflow; the last ones are kept */
#define G_LOG_DOMAIN "workflows"
#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/workflows/workflows_private.h"

/* $1 workflow, $2 now: the row is locked until the entry is there, so no two get the same place */
static const char SQL_PLACE[] =
    "UPDATE workflow SET n_logged = n_logged + 1,"
    "       logged_at = CASE WHEN logged_at >= $2 THEN logged_at + 1 ELSE $2 END"
    " WHERE id = $1 RETURNING logged_at AS logged_at, n_logged AS n_logged";

/* $1 id, $2 workflow, $3 number, $4 at, $5 result, $6 index, $7 method, $8 asset, $9 error */
static const char SQL_INSERT[] =
    "INSERT INTO workflow_log (id, workflow_id, n, at, result, step_index, step_method,"
    "                          trigger_data_id, error)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/* $1 workflow, $2 the first number that is kept */
static const char SQL_FORGET[] = "DELETE FROM workflow_log WHERE workflow_id = $1 AND n < $2";

/* $1 workflow, $2 before, $3 result or '', $4 at most; newest first */
static const char SQL_LIST[] =
    "SELECT id AS id, at AS at, result AS result, step_index AS step_index,"
    "       step_method AS step_method, trigger_data_id AS trigger_data_id, error AS error"
    "  FROM workflow_log WHERE workflow_id = $1 AND at < $2"
    "   AND (CAST($3 AS TEXT) = '' OR result = CAST($3 AS TEXT))"
    " ORDER BY at DESC LIMIT CAST($4 AS BIGINT)";

typedef struct {
    const char *workflow_id;
    const WorkflowLogRow *entry;
} Add;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    const Add *self = data;
    const WorkflowLogRow *entry = self->entry;
    g_autoptr (Arena) arena = arena_new ();
    WorkflowLogPlaceList places;
    char id[UUID_TEXT_BYTES];

    uuid_v4_text (id);
    if (!db_select (tx, arena, &workflow_log_place_type, (List *) &places, SQL_PLACE,
                    DB_ARGS (db_text (self->workflow_id), db_int (timestamp_now_ms ())), error))
        return FALSE;
    if (places.n == 0) /* it was deleted meanwhile */
        return TRUE;
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (id), db_text (self->workflow_id),
                             db_int (places.items[0].n_logged), db_int (places.items[0].logged_at),
                             db_text (workflow_result_enum.texts[entry->result]),
                             db_int_if (entry->has_step_index, entry->step_index),
                             db_text (entry->step_method), db_text (entry->trigger_data_id),
                             db_text (entry->error)),
                    NULL, error) &&
           db_exec (tx, SQL_FORGET,
                    DB_ARGS (db_text (self->workflow_id),
                             db_int (places.items[0].n_logged - WORKFLOW_LOG_KEPT + 1)),
                    NULL, error);
}

gboolean
workflow_log_add (Db *db, const char *workflow_id, const WorkflowLogRow *entry, GError **error)
{
    Add data = { workflow_id, entry };

    return db_write (db, run_add, &data, error);
}

gboolean
workflow_log_list (Db *db, Arena *arena, const char *workflow_id, gint64 before_ms, int result,
                   gint64 limit, WorkflowLogRowList *out, GError **error)
{
    return db_select (db, arena, &workflow_log_row_type, (List *) out, SQL_LIST,
                      DB_ARGS (db_text (workflow_id), db_int (before_ms),
                               db_text (result < 0 ? "" : workflow_result_enum.texts[result]),
                               db_int (limit)),
                      error);
}
