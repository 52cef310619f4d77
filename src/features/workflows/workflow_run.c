/* workflow_run.c -- the job WorkflowAssetTrigger: the steps of a workflow for one asset
 *
 * A step that only changes what is here may be done again, so a run that fails begins anew. One that calls
 * another server has a job of its own, which goes on behind it: the steps before it are not repeated when
 * the call fails, and a call that was answered is repeated only if this server dies before it noted that.
 * What fails because of the user's own rules is for the workflow's log and not for the admin's list of
 * failed jobs. */
#define G_LOG_DOMAIN "workflows"
#include <string.h>

#include "base/error.h"
#include "features/plugins/plugins.h"
#include "features/workflows/workflows_private.h"

typedef struct {
    App *app;
    Arena *arena;
    const Job *job;
    WorkflowJob data;
    WorkflowRow workflow;
    WorkflowStepList steps;
    PluginRun run;
    WorkflowLogRow entry;
} Run;

/* ---- ending ---- */

static gboolean
finish (Run *self, WorkflowResult result, const char *why, GError **error)
{
    self->entry.result = result;
    self->entry.error = why;
    self->entry.trigger_data_id = self->data.id;
    if (result == WORKFLOW_RESULT_ERROR)
        g_message ("workflow '%s' stopped for asset '%s': %s", self->data.workflow_id,
                   self->data.id, why);
    return !self->workflow.logging ||
           workflow_log_add (self->app->db, self->data.workflow_id, &self->entry, error);
}

static gboolean
run_continue (Db *tx, gpointer data, GError **error)
{
    return workflow_add_run (tx, data, error);
}

static gboolean
continue_at (Run *self, gsize index, GError **error)
{
    WorkflowJob next = self->data;

    next.step = (gint64) index;
    return db_write (self->app->db, run_continue, &next, error);
}

/* ---- the steps ---- */

static JobResult
take_steps (Run *self, GError **error)
{
    gsize first = (gsize) self->data.step;

    for (gsize i = first; i < self->steps.n; i++) {
        const WorkflowStep *step = &self->steps.items[i];
        const PluginMethod *method = plugin_find_method (step->method);
        g_autoptr (GError) why = NULL;
        PluginResult result;

        if (step->has_enabled && !step->enabled)
            continue;
        if (method != NULL && plugin_reaches_out (method) && i > first)
            return continue_at (self, i, error) ? JOB_DONE : JOB_RETRY;
        self->entry.has_step_index = TRUE;
        self->entry.step_index = (gint64) i;
        self->entry.step_method = step->method;
        if (method == NULL) {
            g_set_error (&why, APP_ERROR, APP_ERROR_INVALID, "this server has no method '%s'",
                         step->method);
            result = PLUGIN_FAILED;
        } else {
            result = plugin_run (method, &self->run, step->config, &why);
        }
        if (result == PLUGIN_LATER && !self->job->is_last) {
            g_propagate_error (error, g_steal_pointer (&why));
            return JOB_RETRY;
        }
        if (result == PLUGIN_HALTED)
            return finish (self, WORKFLOW_RESULT_HALTED, NULL, error) ? JOB_DONE : JOB_RETRY;
        if (result != PLUGIN_WENT_ON)
            return finish (self, WORKFLOW_RESULT_ERROR, why->message, error) ? JOB_DONE : JOB_RETRY;
    }
    return finish (self, WORKFLOW_RESULT_COMPLETED, NULL, error) ? JOB_DONE : JOB_RETRY;
}

/* It was asked for at a step that calls another server; the workflow may have been changed meanwhile. */
static gboolean
is_where_it_was (const Run *self)
{
    const PluginMethod *method;

    if (self->data.step == 0)
        return TRUE;
    if ((gsize) self->data.step >= self->steps.n)
        return FALSE;
    method = plugin_find_method (self->steps.items[self->data.step].method);
    return method != NULL && plugin_reaches_out (method);
}

/* ---- beginning ---- */

/* What was asked for may be gone, switched off or out of sight by now. */
static JobResult
find (Run *self, GError **error)
{
    const AssetRow *asset = &self->run.asset;
    g_autoptr (GError) why = NULL;

    if (!workflow_find (self->app->db, self->arena, self->data.workflow_id, &self->workflow,
                        &why) ||
        !asset_find (self->app->db, self->arena, self->data.id, &self->run.asset, &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
            return JOB_SKIPPED;
        g_propagate_error (error, g_steal_pointer (&why));
        return JOB_RETRY;
    }
    if (!self->workflow.enabled || strcmp (asset->owner_id, self->workflow.owner_id) != 0 ||
        asset->has_deleted_at || asset->visibility == ASSET_VISIBILITY_HIDDEN ||
        asset->visibility == ASSET_VISIBILITY_LOCKED)
        return JOB_SKIPPED;
    return workflow_read_steps (&self->workflow, self->arena, &self->steps, error) ? JOB_DONE
                                                                                   : JOB_FAILED;
}

JobResult
workflow_run (gpointer app, const Job *job, Arena *arena, GError **error)
{
    Run self = { .app = app, .arena = arena, .job = job };
    JobResult result;

    if (!api_read_json (&workflow_job_type, job->data, -1, arena, &self.data, error))
        return JOB_FAILED;
    result = find (&self, error);
    if (result != JOB_DONE)
        return result;
    self.run.app = app;
    self.run.arena = arena;
    self.run.cause = (WorkflowCause){ self.workflow.id, self.data.by_workflow };
    self.run.workflow_name = self.workflow.name;
    self.run.trigger = self.workflow.trigger;
    self.run.user_id = self.workflow.owner_id;
    if (!is_where_it_was (&self))
        return finish (&self, WORKFLOW_RESULT_ERROR, "the workflow was changed while it ran", error)
                   ? JOB_DONE
                   : JOB_RETRY;
    result = take_steps (&self, error);
    if (self.run.is_changed)
        asset_send_object (app, self.data.id, "on_asset_update");
    return result;
}
