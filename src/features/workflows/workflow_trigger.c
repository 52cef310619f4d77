/* workflow_trigger.c -- what happens to assets asks for runs of the workflows of their owners */
#define G_LOG_DOMAIN "workflows"
#include <string.h>

#include "features/workflows/workflows_private.h"

#define PAGE 500
#define ID_LENGTH 36

/* $1 trigger; nearly always nobody waits for it, and that shall cost next to nothing */
static const char SQL_IS_WAITED_FOR[] =
    "SELECT id FROM workflow WHERE trigger = $1 AND enabled = 1 LIMIT 1";

/* $1 trigger, $2 assets, $3 but this workflow */
static const char SQL_RUNS[] =
    "SELECT w.id || ' ' || a.id FROM json_each($2) AS v JOIN asset a ON a.id = v.value"
    "  JOIN workflow w ON w.owner_id = a.owner_id JOIN users u ON u.id = a.owner_id"
    " WHERE w.trigger = $1 AND w.enabled = 1 AND w.id <> $3 AND u.deleted_at IS NULL"
    "   AND a.status <> 'deleted' AND a.deleted_at IS NULL"
    "   AND a.visibility <> 'hidden' AND a.visibility <> 'locked'";

/* One that waits does for a second one, if it would do the same. */
gboolean
workflow_add_run (Db *tx, const WorkflowJob *job, GError **error)
{
    g_autofree char *key =
        g_strdup_printf ("%s/%s/%" G_GINT64_FORMAT "%s", job->workflow_id, job->id, job->step,
                         job->by_workflow ? "/workflow" : "");
    g_autoptr (GString) data = g_string_new (NULL);

    api_write_json (&workflow_job_type, job, data);
    return job_add (tx, WORKFLOW_JOB, WORKFLOW_QUEUE, key, data->str, 0, error);
}

/* With memory of its own: very many assets may be tagged at once. */
static gboolean
trigger_some (Db *tx, const char *trigger, const StringList *asset_ids, const WorkflowCause *cause,
              GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *but = cause != NULL ? cause->workflow_id : "";
    StringList runs;

    if (!db_select_texts (tx, arena, SQL_RUNS,
                          DB_ARGS (db_text (trigger), db_strings (arena, asset_ids), db_text (but)),
                          &runs, error))
        return FALSE;
    for (gsize i = 0; i < runs.n; i++) {
        WorkflowJob job = {
            .workflow_id = arena_strndup (arena, runs.items[i], ID_LENGTH),
            .id = runs.items[i] + ID_LENGTH + 1,
            .has_by_workflow = cause != NULL,
            .by_workflow = cause != NULL,
        };

        if (!workflow_add_run (tx, &job, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
workflows_trigger (Db *tx, WorkflowTrigger trigger, const StringList *asset_ids,
                   const WorkflowCause *cause, GError **error)
{
    const char *name = workflow_trigger_enum.texts[trigger], *waiting = NULL;
    g_autoptr (Arena) arena = NULL;

    if (asset_ids->n == 0 || (cause != NULL && cause->is_by_workflow))
        return TRUE;
    arena = arena_new ();
    if (!db_select_text (tx, arena, SQL_IS_WAITED_FOR, DB_ARGS (db_text (name)), &waiting, error))
        return FALSE;
    for (gsize at = 0; waiting != NULL && at < asset_ids->n; at += PAGE) {
        StringList some = { asset_ids->items + at, MIN (PAGE, asset_ids->n - at) };

        if (!trigger_some (tx, name, &some, cause, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
workflows_trigger_one (Db *tx, WorkflowTrigger trigger, const char *asset_id, GError **error)
{
    StringList ids = { &asset_id, 1 };

    return workflows_trigger (tx, trigger, &ids, NULL, error);
}
