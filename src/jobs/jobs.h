/* jobs.h -- the queue of work, kept in the database
 *
 * A job is added in the transaction that asks for it, so neither can be lost alone. It is leased to
 * one server at a time; a lease that runs out (the server died) makes it wait again. A failure is
 * tried again with growing delay, then stays as failed with its reason for the admin page. */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "db/db.h"

typedef struct _Jobs Jobs;

typedef enum { JOB_DONE, JOB_SKIPPED, JOB_FAILED, JOB_RETRY } JobResult;

typedef struct {
    const char *id;
    const char *name; /* AssetExtractMetadata, ... as the contract's JobName */
    const char *data; /* JSON */
    int attempt;      /* 1 for the first */
    gboolean is_last; /* a failure of this attempt is final */
} Job;

/** Does one job, on a thread of its queue's pool; may block. JOB_FAILED and JOB_RETRY set @error.
 *  JOB_FAILED: no use in trying again (the file is damaged). JOB_RETRY: may work later. */
typedef JobResult (*JobRun) (gpointer app, const Job *job, Arena *arena, GError **error);

typedef struct {
    const char *name;  /* of the job */
    const char *queue; /* metadataExtraction, ...: the contract's QueueName */
    JobRun run;
} JobKind;

/** Ask for a job, inside a write. @key: at most one waiting job of a name has it, and it waits while
 *  another one runs (NULL: no such rule); asking again gives the waiting one the new data. @delay_ms: not before then; asking again with a delay
 *  makes it start anew, without one the job runs at once. */
gboolean job_add (Db *tx, const char *name, const char *queue, const char *key,
                  const char *data_json, gint64 delay_ms, GError **error);

Jobs *jobs_new (Db *db, gpointer app);
void jobs_register (Jobs *self, const JobKind *kinds, gsize n_kinds);
/** The queue of a registered kind; NULL: nobody here does jobs of this name. */
const char *jobs_find_queue (Jobs *self, const char *name);
/** Have @failed called after a job is kept as failed, on the thread that ran it; may block. Before
 *  jobs_start (). */
void jobs_on_failure (Jobs *self, void (*failed) (gpointer app, const Job *job, const char *why));
void jobs_set_concurrency (Jobs *self, const char *queue,
                           guint n); /* at once, may be called while running */
void jobs_start (Jobs *self);        /* hand expired leases back, start the threads */
void jobs_wake (Jobs *self);         /* something was added; any thread */
void jobs_stop (Jobs *self);         /* finish what runs, hand the rest back */
/** For jobs that take long: TRUE once jobs_stop () was called. One that then returns JOB_RETRY is handed
 *  back, and that counts as no attempt. Any thread. */
gboolean jobs_is_stopping (Jobs *self);
void jobs_free (Jobs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Jobs, jobs_free)
