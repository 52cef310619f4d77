/* workflows.h -- a user's own rules: steps that run when something happens to one of the user's assets
 *
 * What happens asks for a run of each enabled workflow of the asset's owner, in the transaction that does
 * it; the job WorkflowAssetTrigger takes the steps in order (workflow_run.c). Hidden and locked assets and
 * those in the trash start nothing. */
#pragma once
#include "features/app.h"
#include "features/workflows_api.h"

void workflows_start (App *app, Api *api);

/** Who made a change: NULL stands for a user or a file. What a workflow does starts others, but not itself,
 *  and what those do starts none: so it ends, whatever their steps are. */
typedef struct {
    const char *workflow_id;
    gboolean is_by_workflow; /* that one was started by a workflow, too */
} WorkflowCause;

/** Something happened to these assets: ask for the runs. Inside the write that does it.
 *  @cause  NULL: no workflow did it */
gboolean workflows_trigger (Db *tx, WorkflowTrigger trigger, const StringList *asset_ids,
                            const WorkflowCause *cause, GError **error);
gboolean workflows_trigger_one (Db *tx, WorkflowTrigger trigger, const char *asset_id,
                                GError **error);
