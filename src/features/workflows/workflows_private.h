/* workflows_private.h -- between the files of the feature */
#pragma once
#include "features/workflows/workflows.h"

#define WORKFLOW_QUEUE "workflow"
#define WORKFLOW_JOB "WorkflowAssetTrigger"

#define WORKFLOWS_MAX 100 /* of a user */
#define WORKFLOW_MAX_STEPS 50
#define WORKFLOW_MAX_NAME 200 /* characters */
#define WORKFLOW_MAX_DESCRIPTION 2000
#define WORKFLOW_LOG_KEPT 1000 /* entries of a workflow */

/* ---- rules (workflows.c) ---- */

/** What is wrong with a workflow that somebody sent: the field as "steps.0.config.pattern". */
typedef struct {
    const char *path;
    const char *message;
} WorkflowFault;

/** @return FALSE with a fault, or with an error when the database could not be asked */
gboolean workflow_check_text (const char *field, const char *text, gint64 max_length, Arena *arena,
                              WorkflowFault *out);
gboolean workflow_check_steps (const App *app, Arena *arena, const char *user_id,
                               const WorkflowStepList *steps, WorkflowFault *out, GError **error);

/** Make one. APP_ERROR_INVALID when the user has WORKFLOWS_MAX already. */
gboolean workflow_create (Db *db, Arena *arena, WorkflowRow *row, GError **error);
/** Change what is set in @change. @out  as it is then */
gboolean workflow_update (Db *db, Arena *arena, const char *id, const WorkflowUpdate *change,
                          WorkflowRow *out, GError **error);

gboolean workflow_read_steps (const WorkflowRow *row, Arena *arena, WorkflowStepList *out,
                              GError **error);
const char *workflow_write_steps (Arena *arena, const WorkflowStepList *steps);

/* ---- SQL (workflows_store.c) ---- */

typedef struct {
    const char *id; /* NULL: any */
    gboolean has_enabled, enabled, has_logging, logging, has_trigger;
    int trigger;
} WorkflowFilter;

/** Oldest first. */
gboolean workflows_list (Db *db, Arena *arena, const char *owner_id, const WorkflowFilter *filter,
                         WorkflowRowList *out, GError **error);
/** @return FALSE with APP_ERROR_NOT_FOUND when there is none */
gboolean workflow_find (Db *db, Arena *arena, const char *id, WorkflowRow *out, GError **error);
gboolean workflows_count (Db *db, const char *owner_id, gint64 *out, GError **error);
gboolean workflow_insert (Db *tx, const WorkflowRow *row, GError **error);
gboolean workflow_store (Db *tx, const WorkflowRow *row, GError **error);
gboolean workflow_delete (Db *db, const char *id, GError **error);

/* ---- its log (workflow_log.c) ---- */

/** Add an entry (id and time are given to it) and remove those that are too old; a write of its own. */
gboolean workflow_log_add (Db *db, const char *workflow_id, const WorkflowLogRow *entry,
                           GError **error);
/** Newest first. @before_ms  G_MAXINT64: from the newest on; @result  -1: all */
gboolean workflow_log_list (Db *db, Arena *arena, const char *workflow_id, gint64 before_ms,
                            int result, gint64 limit, WorkflowLogRowList *out, GError **error);

/* ---- running (workflow_trigger.c, workflow_run.c) ---- */

/** Ask for a run of a workflow for an asset; inside a write. */
gboolean workflow_add_run (Db *tx, const WorkflowJob *job, GError **error);
JobResult workflow_run (gpointer app, const Job *job, Arena *arena, GError **error);
