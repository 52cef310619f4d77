/* queue.h -- the queues as the admin sees and steers them
 *
 * Everything is in the database, so any server may ask for any queue. */
#pragma once
#include "jobs/jobs.h"

/** What the admin page calls the states. Waiting jobs of a paused queue are 'paused'; a waiting job
 *  whose time has not come is 'delayed', also in a paused queue. */
typedef enum {
    QUEUE_ACTIVE = 1 << 0,
    QUEUE_WAITING = 1 << 1,
    QUEUE_DELAYED = 1 << 2,
    QUEUE_FAILED = 1 << 3,
    QUEUE_PAUSED = 1 << 4,
    QUEUE_ALL = QUEUE_ACTIVE | QUEUE_WAITING | QUEUE_DELAYED | QUEUE_FAILED | QUEUE_PAUSED,
} QueueStates;

typedef struct {
    gboolean is_paused;
    gint64 active, waiting, delayed, failed, paused;
} QueueCounts;

/** Count the jobs of @n_queues queues at once. @out has room for as many. */
gboolean queue_count (Db *db, Arena *arena, const char *const *queues, gsize n_queues,
                      QueueCounts *out, GError **error);
/** How many this server finished since its start, with or without success. */
guint64 jobs_count_completed (Jobs *self, const char *queue);

typedef struct {
    const char *id;
    const char *name;
    const char *data;  /* JSON */
    const char *error; /* why the last attempt failed; NULL: it did not */
    gint64 attempt;
    gint64 created_at, run_after;
    QueueStates state; /* one of them */
} QueuedJob;

typedef struct {
    QueuedJob *items;
    gsize n;
} QueuedJobs;

/** The jobs in @states, in the order they were asked for.
 *  @param after  the id of the last one of the page before; NULL: the first page
 *  @param limit  1 to 10,000 */
gboolean queue_list (Db *db, Arena *arena, const char *queue, QueueStates states, const char *after,
                     gint64 limit, QueuedJobs *out, GError **error);

/* What changes something; each is a write of its own. */

/** A paused queue starts nothing more; what runs goes on. Say jobs_wake () after a resume. */
gboolean queue_pause (Db *db, const char *queue, gboolean is_paused, GError **error);
/** Drop what waits, also of a paused queue; neither delayed nor active jobs. */
gboolean queue_empty (Db *db, const char *queue, gint64 *out_n, GError **error);
gboolean queue_clear_failed (Db *db, const char *queue, gint64 *out_n, GError **error);
/** Let failed jobs wait again, with all their attempts. Say jobs_wake () afterwards.
 *  @param id  one of them; NULL: all
 *  @param out_n  how many wait again; those whose key another waiting job has are dropped */
gboolean queue_retry_failed (Db *db, const char *queue, const char *id, gint64 *out_n,
                             GError **error);
