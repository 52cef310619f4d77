/* worker_pool.h -- the sandboxed media workers of this server: started, watched, replaced
 *
 * Workers are started when there is work, at most so many at once, and leave when they were idle for
 * a while. Each does one task at a time. A worker that crashes, hangs or talks nonsense fails its
 * task and nothing else: the next task gets a fresh one. */
#pragma once
#include <glib.h>
#include "base/arena.h"

typedef struct _WorkerPool WorkerPool;

typedef struct {
    const char *program;      /* path of tintype-media-worker */
    guint n_workers;          /* at once; 0: one a core */
    gint64 memory_mb;         /* of a worker, on top of its start; 0: 1024 */
    gint64 output_mb;         /* of one rendition; 0: 512 */
    gint64 time_limit_s;      /* of one task, then the worker is killed; 0: 60 */
    gint64 idle_s;            /* until a worker leaves; 0: 30 */
    guint tasks_per_worker;   /* then it is replaced; 0: 500 */
    gboolean require_sandbox; /* fail instead of decoding without Landlock or seccomp */
} WorkerPoolSettings;

/** For the metrics; a snapshot. */
typedef struct {
    guint n_workers; /* alive now */
    guint n_busy;
    guint n_waiting; /* callers without a worker */
    guint64 n_started, n_tasks, n_failed, n_crashed, n_timed_out;
} WorkerPoolCounters;

WorkerPool *worker_pool_new (const WorkerPoolSettings *settings); /* starts no worker yet */

/** Have a worker do a task; waits for a free one. Any thread; blocks.
 *  @param request_json    see worker/protocol.h
 *  @param fds             at most WORKER_MAX_FDS; stay the caller's, may be closed afterwards
 *  @param out_reply_json  an object without "error"; in @arena
 *  @return FALSE with APP_ERROR_MEDIA and the reason: the file's fault, trying again is of no use;
 *          APP_ERROR_IO, APP_ERROR_DISK_FULL: the file cannot be read, or an output not written;
 *          APP_ERROR_UNAVAILABLE: the worker crashed or hung, which may be the file's fault or not, no
 *          worker starts, or the pool is ending; APP_ERROR_INTERNAL: a request the worker does not
 *          take */
gboolean worker_pool_run (WorkerPool *self, const char *request_json, const int *fds, guint n_fds,
                          Arena *arena, const char **out_reply_json, GError **error);

void worker_pool_count (WorkerPool *self, WorkerPoolCounters *out); /* any thread */

/** Kill what still runs and wait for it. Calls of worker_pool_run () that wait, run or come later fail with
 *  APP_ERROR_UNAVAILABLE. */
void worker_pool_stop (WorkerPool *self);
/** After worker_pool_stop (), or with it; no call of worker_pool_run () may start any more. */
void worker_pool_free (WorkerPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WorkerPool, worker_pool_free)
