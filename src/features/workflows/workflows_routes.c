/* workflows_routes.c -- the handlers of workflows.api */
#define G_LOG_DOMAIN "workflows"
#include <string.h>

#include "features/plugins/plugins.h"
#include "features/workflows/workflows_private.h"

#define LOG_PAGE 100

static gboolean
describe (ApiCall *call, const WorkflowRow *row, WorkflowResponse *out, GError **error)
{
    *out = (WorkflowResponse){
        .id = row->id,
        .name = row->name,
        .description = row->description,
        .enabled = row->enabled,
        .logging = row->logging,
        .trigger = row->trigger,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
    };
    return workflow_read_steps (row, call->arena, &out->steps, error);
}

/* The caller's own. */
static gboolean
find (ApiCall *call, const char *id, const char *permission, WorkflowRow *out, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error) &&
           workflow_find (call->db, call->arena, id, out, error);
}

/* There are few: words are looked for here. */
static gboolean
is_in (const char *wanted, const char *text)
{
    g_autofree char *words = g_utf8_casefold (wanted != NULL ? wanted : "", -1);
    g_autofree char *folded = g_utf8_casefold (text != NULL ? text : "", -1);

    return strstr (folded, words) != NULL;
}

static ApiStatus
search_workflows (ApiCall *call, const SearchWorkflowsRequest *in, WorkflowResponseList *out)
{
    const WorkflowFilter filter = {
        .id = in->id,
        .has_enabled = in->has_enabled,
        .enabled = in->enabled,
        .has_logging = in->has_logging,
        .logging = in->logging,
        .has_trigger = in->has_trigger,
        .trigger = in->trigger,
    };
    WorkflowRowList rows;
    GError *error = NULL;

    if (!workflows_list (call->db, call->arena, call->auth->user_id, &filter, &rows, &error))
        return api_fail (call, error);
    out->items = arena_new_array (call->arena, WorkflowResponse, MAX (rows.n, 1));
    for (gsize i = 0; i < rows.n; i++)
        if (is_in (in->name, rows.items[i].name) &&
            is_in (in->description, rows.items[i].description) &&
            !describe (call, &rows.items[i], &out->items[out->n++], &error))
            return api_fail (call, error);
    return API_OK;
}

/* ---- making and changing ---- */

static ApiStatus
refuse (ApiCall *call, const WorkflowFault *fault, GError *error)
{
    return error != NULL ? api_fail (call, error)
                         : api_refuse_field (call, fault->path, "%s", fault->message);
}

static gboolean
check (ApiCall *call, const char *name, const char *description, const WorkflowStepList *steps,
       WorkflowFault *out, GError **error)
{
    return workflow_check_text ("name", name, WORKFLOW_MAX_NAME, call->arena, out) &&
           workflow_check_text ("description", description, WORKFLOW_MAX_DESCRIPTION, call->arena,
                                out) &&
           workflow_check_steps (call->app, call->arena, call->auth->user_id, steps, out, error);
}

static ApiStatus
create_workflow (ApiCall *call, const CreateWorkflowRequest *in, WorkflowResponse *out)
{
    const WorkflowCreate *body = in->body;
    WorkflowRow row = {
        .owner_id = call->auth->user_id,
        .name = body->name,
        .description = body->description,
        .trigger = body->trigger,
        .enabled = !body->has_enabled || body->enabled,
        .logging = !body->has_logging || body->logging,
        .steps = workflow_write_steps (call->arena, &body->steps),
    };
    GError *error = NULL;
    WorkflowFault fault;

    if (!check (call, body->name, body->description, &body->steps, &fault, &error))
        return refuse (call, &fault, error);
    if (!workflow_create (call->db, call->arena, &row, &error) ||
        !describe (call, &row, out, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
update_workflow (ApiCall *call, const UpdateWorkflowRequest *in, WorkflowResponse *out)
{
    const WorkflowUpdate *body = in->body;
    GError *error = NULL;
    WorkflowFault fault;
    WorkflowRow row;

    if (!find (call, in->id, "workflow.update", &row, &error))
        return api_fail (call, error);
    if (!check (call, body->name, body->description, &body->steps, &fault, &error))
        return refuse (call, &fault, error);
    if (!workflow_update (call->db, call->arena, in->id, body, &row, &error) ||
        !describe (call, &row, out, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
delete_workflow (ApiCall *call, const DeleteWorkflowRequest *in)
{
    GError *error = NULL;
    WorkflowRow row;

    if (!find (call, in->id, "workflow.delete", &row, &error) ||
        !workflow_delete (call->db, in->id, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- reading ---- */

static ApiStatus
get_workflow_triggers (ApiCall *call, const GetWorkflowTriggersRequest *in,
                       WorkflowTriggerResponseList *out)
{
    gsize n = workflow_trigger_enum.n_texts;
    int *types = arena_new0 (call->arena, int);

    *types = WORKFLOW_TYPE_ASSET_V1;
    out->items = arena_new_array (call->arena, WorkflowTriggerResponse, n);
    for (; out->n < n; out->n++)
        out->items[out->n] =
            (WorkflowTriggerResponse){ .trigger = (int) out->n, .types = { types, 1 } };
    return API_OK;
}

static ApiStatus
get_workflow (ApiCall *call, const GetWorkflowRequest *in, WorkflowResponse *out)
{
    GError *error = NULL;
    WorkflowRow row;

    if (!find (call, in->id, "workflow.read", &row, &error) || !describe (call, &row, out, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_workflow_logs (ApiCall *call, const GetWorkflowLogsRequest *in, WorkflowLogEntryList *out)
{
    gint64 limit = in->has_limit ? MIN (in->limit, WORKFLOW_LOG_KEPT) : LOG_PAGE;
    GError *error = NULL;
    WorkflowLogRowList rows;
    WorkflowRow workflow;

    if (!find (call, in->id, "workflow.logs", &workflow, &error) ||
        !workflow_log_list (call->db, call->arena, in->id, in->has_before ? in->before : G_MAXINT64,
                            in->has_result ? in->result : -1, limit, &rows, &error))
        return api_fail (call, error);
    out->items = arena_new_array (call->arena, WorkflowLogEntry, MAX (rows.n, 1));
    for (; out->n < rows.n; out->n++) {
        const WorkflowLogRow *row = &rows.items[out->n];
        WorkflowLogStep *step = NULL;

        if (row->has_step_index) {
            step = arena_new0 (call->arena, WorkflowLogStep);
            *step = (WorkflowLogStep){ .index = row->step_index, .method = row->step_method };
        }
        out->items[out->n] = (WorkflowLogEntry){
            .id = row->id,
            .at = row->at,
            .result = row->result,
            .last_step = step,
            .trigger_data_id = row->trigger_data_id,
            .error = row->error,
        };
    }
    return API_OK;
}

static ApiStatus
get_workflow_for_share (ApiCall *call, const GetWorkflowForShareRequest *in,
                        WorkflowShareResponse *out)
{
    GError *error = NULL;
    WorkflowStepList steps;
    WorkflowRow row;

    if (!find (call, in->id, "workflow.read", &row, &error) ||
        !workflow_read_steps (&row, call->arena, &steps, &error))
        return api_fail (call, error);
    *out = (WorkflowShareResponse){
        .name = row.name,
        .description = row.description,
        .trigger = row.trigger,
        .steps = { arena_new_array (call->arena, WorkflowShareStep, MAX (steps.n, 1)), steps.n },
    };
    for (gsize i = 0; i < steps.n; i++) {
        const WorkflowStep *step = &steps.items[i];
        const PluginMethod *method = plugin_find_method (step->method);

        out->steps.items[i] = (WorkflowShareStep){
            .method = step->method,
            .has_enabled = step->has_enabled,
            .enabled = step->enabled,
            .config =
                method != NULL ? plugin_share_config (method, call->arena, step->config) : NULL,
        };
    }
    return API_OK;
}

static const WorkflowsHandlers workflows_handlers = {
    .search_workflows = search_workflows,
    .create_workflow = create_workflow,
    .get_workflow_triggers = get_workflow_triggers,
    .get_workflow = get_workflow,
    .update_workflow = update_workflow,
    .delete_workflow = delete_workflow,
    .get_workflow_logs = get_workflow_logs,
    .get_workflow_for_share = get_workflow_for_share,
};

void
workflows_start (App *app, Api *api)
{
    static const JobKind kinds[] = { { WORKFLOW_JOB, WORKFLOW_QUEUE, workflow_run } };

    api_serve_workflows (api, &workflows_handlers);
    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
}
