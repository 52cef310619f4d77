/* The threads that do the jobs.
 *
 * One thread looks for queues that have work and a free place, claims jobs for the free places and
 * gives each to a thread of the pool. That thread goes on by itself: the transaction that ends its job
 * claims the next one of the queue, so a busy queue costs one commit a job. */
#define G_LOG_DOMAIN "jobs"
#include "jobs/jobs.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "jobs/jobs_private.h"
#include "jobs/lease.h"
#include "jobs/queue.h"
#include "jobs/registry.h"

static const JobsTiming default_timing = {
    .poll_ms = 1000,
    .lease_ms = 120000,
    .retry_ms = 10000,
    .grace_ms = 8000,
    .max_attempts = 5,
    .max_deaths = 50,
};

typedef struct {
    char *name;
    guint limit;         /* jobs at once */
    guint n_running;     /* claimed places, also of threads between two jobs */
    guint64 n_completed; /* since the start */
} Queue;

typedef struct {
    Queue *queue;
    Lease *lease;
} Task;

struct _Jobs {
    Db *db;
    gpointer app;
    char *owner;
    JobsTiming timing;
    GHashTable *kinds; /* name to JobKind; fixed once started */
    GThread *dispatcher;
    GThreadPool *pool;
    void (*failed) (gpointer app, const Job *job, const char *why); /* NULL: nobody asks */
    gint64 renew_at;                                                /* the dispatcher's own */

    GMutex lock; /* of all below; never held while the database works */
    GCond changed;
    GHashTable *queues; /* name to Queue */
    GHashTable *held;   /* ids of the jobs that run, and of those whose end is not stored yet */
    guint n_running;    /* of all queues */
    gboolean is_woken, is_stopping;
};

static void
queue_free (gpointer data)
{
    Queue *self = data;

    g_free (self->name);
    g_free (self);
}

/* Under the lock. */
static Queue *
get_queue (Jobs *self, const char *name)
{
    Queue *queue = g_hash_table_lookup (self->queues, name);

    if (queue == NULL) {
        queue = g_new0 (Queue, 1);
        queue->name = g_strdup (name);
        queue->limit = 1;
        g_hash_table_insert (self->queues, queue->name, queue);
    }
    return queue;
}

/* ---- one job ---- */

/* Grows fourfold: 10 s, 40 s, 160 s, 640 s; up to a fifth more, so that a crowd does not come back at
 * once. */
static gint64
retry_delay (const JobsTiming *timing, gint64 attempt)
{
    gint64 delay = timing->retry_ms << (2 * CLAMP (attempt - 1, 0, 10));

    return delay +
           (delay > 0 ? g_random_int_range (0, (gint32) MIN (delay / 5 + 1, G_MAXINT32)) : 0);
}

typedef struct {
    Jobs *jobs;
    Queue *queue;
    const Lease *done;
    JobResult result;
    const char *why;
    gint64 run_after; /* of JOB_RETRY */
    gboolean wants_next;
    GPtrArray *next; /* of Lease; at most one */
} Ending;

static gboolean
run_ending (Db *tx, gpointer data, GError **error)
{
    Ending *self = data;
    const Jobs *jobs = self->jobs;
    const char *id = self->done->id;
    gboolean ok;

    if (self->result == JOB_FAILED)
        ok = lease_fail (tx, id, jobs->owner, self->why, error);
    else if (self->result == JOB_RETRY)
        ok = lease_retry (tx, id, jobs->owner, self->run_after, self->why, error);
    else
        ok = lease_finish (tx, id, jobs->owner, error);
    return ok && (!self->wants_next ||
                  lease_claim (tx, self->queue->name, jobs->owner,
                               timestamp_now_ms () + jobs->timing.lease_ms, 1, self->next, error));
}

static void
log_failure (const Ending *self, const char *outcome)
{
    g_log_structured (G_LOG_DOMAIN,
                      self->result == JOB_FAILED ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO,
                      LOG_FIELD_EVENT, "job-failed", LOG_FIELD_JOB, self->done->name,
                      LOG_FIELD_QUEUE, self->queue->name, "MESSAGE", "job %s %s failed: %s, %s",
                      self->done->name, self->done->id, self->why, outcome);
}

/* Run the job, and decide what becomes of it. */
static void
run_job (Jobs *self, const Lease *lease, Ending *ending, GError **error)
{
    const JobKind *kind = g_hash_table_lookup (self->kinds, lease->name);
    g_autoptr (Arena) arena = arena_new ();
    Job job = { lease->id, lease->name, lease->data, (int) lease->attempt,
                lease->attempt - lease->deaths >= self->timing.max_attempts };

    if (kind == NULL) {
        ending->result = JOB_FAILED;
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "this version of the server has no job '%s'", lease->name);
    } else {
        ending->result = kind->run (self->app, &job, arena, error);
    }
    if (ending->result != JOB_FAILED && ending->result != JOB_RETRY)
        return;
    ending->why = error != NULL && *error != NULL ? (*error)->message : "no reason was given";
    if (ending->result == JOB_RETRY && job.is_last)
        ending->result = JOB_FAILED;
    ending->run_after =
        timestamp_now_ms () + retry_delay (&self->timing, lease->attempt - lease->deaths);
    log_failure (ending, ending->result == JOB_FAILED ? "it is kept for the admin"
                                                      : "it will be tried again");
}

/* A database that is away, locked or full is not the ending's fault, and will answer again. */
static gboolean
is_worth_another_try (Jobs *self, int attempt, const GError *why)
{
    if (!db_is_writable (self->db))
        return FALSE;
    return attempt < 3 ||
           (!jobs_is_stopping (self) && (g_error_matches (why, APP_ERROR, APP_ERROR_UNAVAILABLE) ||
                                         g_error_matches (why, APP_ERROR, APP_ERROR_UNSURE) ||
                                         g_error_matches (why, APP_ERROR, APP_ERROR_DISK_FULL)));
}

/* The end of a job must reach the database: until that answers the lease is kept, so that nobody does the
 * work again. An ending that is refused is given up: the lease runs out and the job is run again. So does
 * the lease of a next job that was claimed by a commit without an answer. */
static gboolean
store_ending (Jobs *self, Ending *ending)
{
    for (int attempt = 1;; attempt++) {
        g_autoptr (GError) error = NULL;

        g_mutex_lock (&self->lock);
        ending->wants_next = !self->is_stopping && ending->queue->n_running <= ending->queue->limit;
        g_mutex_unlock (&self->lock);
        if (db_write (self->db, run_ending, ending, &error))
            return TRUE;
        g_ptr_array_set_size (ending->next, 0);
        if (!is_worth_another_try (self, attempt, error)) {
            g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, LOG_FIELD_EVENT, "job-not-stored",
                              LOG_FIELD_JOB, ending->done->name, "MESSAGE",
                              "the end of job %s cannot be stored: %s; it will run again",
                              ending->done->name, error->message);
            return FALSE;
        }
        g_usleep ((gulong) self->timing.poll_ms * 1000);
    }
}

static Lease *
run_and_take_next (Jobs *self, Queue *queue, Lease *lease)
{
    g_autoptr (GPtrArray) next = g_ptr_array_new_with_free_func ((GDestroyNotify) lease_free);
    g_autoptr (Lease) done = lease;
    g_autoptr (GError) error = NULL;
    Ending ending = { .jobs = self, .queue = queue, .done = done, .next = next };
    gboolean is_given_up;

    g_mutex_lock (&self->lock);
    g_hash_table_add (self->held, done->id);
    g_mutex_unlock (&self->lock);
    run_job (self, done, &ending, &error);
    g_mutex_lock (&self->lock);
    is_given_up = self->is_stopping && ending.result == JOB_RETRY; /* jobs_stop () hands it back */
    g_mutex_unlock (&self->lock);
    if (!is_given_up && store_ending (self, &ending)) {
        if (ending.result == JOB_FAILED && self->failed != NULL) {
            Job job = { done->id, done->name, done->data, (int) done->attempt, TRUE };

            self->failed (self->app, &job, ending.why);
        }
        g_mutex_lock (&self->lock);
        if (ending.result != JOB_RETRY)
            queue->n_completed++;
        g_mutex_unlock (&self->lock);
    }
    g_mutex_lock (&self->lock);
    g_hash_table_remove (self->held, done->id);
    g_mutex_unlock (&self->lock);
    return next->len > 0 ? g_ptr_array_steal_index (next, 0) : NULL;
}

/* A thread of the pool: one job after the other until there is none, or no place for one. */
static void
run_task (gpointer data, gpointer user_data)
{
    g_autofree Task *task = data;
    Jobs *self = user_data;
    Lease *lease = task->lease;

    while (lease != NULL)
        lease = run_and_take_next (self, task->queue, lease);
    g_mutex_lock (&self->lock);
    task->queue->n_running--;
    self->n_running--;
    self->is_woken = TRUE; /* something may have come between the last claim and here */
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
}

/* ---- the dispatcher ---- */

static void
log_trouble (const char *what, const GError *error)
{
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, LOG_FIELD_EVENT, "jobs-trouble", "MESSAGE",
                      "%s: %s", what, error->message);
}

typedef struct {
    Jobs *jobs;
    const char *queue;
    gint64 n;
    GPtrArray *out;
} Claiming;

static gboolean
run_claim (Db *tx, gpointer data, GError **error)
{
    Claiming *self = data;

    return lease_claim (tx, self->queue, self->jobs->owner,
                        timestamp_now_ms () + self->jobs->timing.lease_ms, self->n, self->out,
                        error);
}

static void
start_tasks (Jobs *self, Queue *queue, GPtrArray *leases)
{
    for (guint i = 0; i < leases->len; i++) {
        Task *task = g_new (Task, 1);

        *task = (Task){ queue, g_ptr_array_index (leases, i) };
        g_thread_pool_push (self->pool, task, NULL);
    }
}

/* Claim for the free places of a queue. @return FALSE when the database did not answer */
static gboolean
fill_queue (Jobs *self, const char *name, GError **error)
{
    g_autoptr (GPtrArray) leases = g_ptr_array_new_with_free_func ((GDestroyNotify) lease_free);
    Claiming claiming = { .jobs = self, .queue = name, .out = leases };
    Queue *queue;
    gboolean ok;

    g_mutex_lock (&self->lock);
    queue = get_queue (self, name);
    claiming.n = queue->limit > queue->n_running ? queue->limit - queue->n_running : 0;
    queue->n_running += (guint) claiming.n;
    self->n_running += (guint) claiming.n;
    g_mutex_unlock (&self->lock);
    if (claiming.n == 0)
        return TRUE;

    ok = db_write (self->db, run_claim, &claiming, error);
    if (!ok)
        g_ptr_array_set_size (leases, 0);
    g_mutex_lock (&self->lock);
    queue->n_running -= (guint) claiming.n - leases->len;
    self->n_running -= (guint) claiming.n - leases->len;
    g_mutex_unlock (&self->lock);
    start_tasks (self, queue, leases);
    g_ptr_array_set_free_func (leases, NULL); /* the tasks have them */
    return ok;
}

/* The queues with a free place; under the lock. */
static StringList
free_queues (Jobs *self, Arena *arena)
{
    StringList list = { arena_new_array (arena, const char *, g_hash_table_size (self->queues)),
                        0 };
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init (&iter, self->queues);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        const Queue *queue = value;

        if (queue->n_running < queue->limit)
            list.items[list.n++] = queue->name;
    }
    return list;
}

static StringList
held_ids (Jobs *self, Arena *arena)
{
    StringList list = { NULL, 0 };
    GHashTableIter iter;
    gpointer id;

    g_mutex_lock (&self->lock);
    list.items = arena_new_array (arena, const char *, g_hash_table_size (self->held));
    g_hash_table_iter_init (&iter, self->held);
    while (g_hash_table_iter_next (&iter, &id, NULL))
        list.items[list.n++] = arena_strdup (arena, id);
    g_mutex_unlock (&self->lock);
    return list;
}

/* Only what runs is renewed: a lease that got lost between the database and here runs out by that. */
static gboolean
look_after_leases (Jobs *self, Arena *arena, GError **error)
{
    gint64 now = timestamp_now_ms ();
    StringList ids;
    gboolean is_set_back = self->renew_at - now >= self->timing.lease_ms; /* the clock */

    if (now < self->renew_at && !is_set_back)
        return TRUE;
    if (is_set_back && !lease_mend_times (self->db, error))
        return FALSE;
    ids = held_ids (self, arena);
    if (!lease_renew (self->db, arena, self->owner, &ids, now + self->timing.lease_ms, error))
        return FALSE;
    self->renew_at = now + self->timing.lease_ms / 4;
    return lease_return_lost (self->db, now, FALSE, self->timing.max_deaths, error);
}

static gboolean
dispatch (Jobs *self, const StringList *free_ones, Arena *arena, GError **error)
{
    StringList due = { NULL, 0 };

    if (!look_after_leases (self, arena, error))
        return FALSE;
    if (free_ones->n > 0 && !lease_find_due (self->db, arena, free_ones, &due, error))
        return FALSE;
    for (gsize i = 0; i < due.n; i++)
        if (!fill_queue (self, due.items[i], error))
            return FALSE;
    return TRUE;
}

static gpointer
run_dispatcher (gpointer data)
{
    Jobs *self = data;
    gboolean was_troubled = FALSE;

    g_mutex_lock (&self->lock);
    while (!self->is_stopping) {
        g_autoptr (Arena) arena = arena_new ();
        g_autoptr (GError) error = NULL;
        StringList free_ones = free_queues (self, arena);
        gint64 until;

        self->is_woken = FALSE;
        g_mutex_unlock (&self->lock);
        if (!dispatch (self, &free_ones, arena, &error) && !was_troubled)
            log_trouble ("jobs cannot be looked for, trying on", error);
        was_troubled = error != NULL;
        until = g_get_monotonic_time () + self->timing.poll_ms * 1000;
        g_mutex_lock (&self->lock);
        while (!self->is_stopping && (!self->is_woken || was_troubled))
            if (!g_cond_wait_until (&self->changed, &self->lock, until))
                break;
    }
    g_mutex_unlock (&self->lock);
    return NULL;
}

/* ---- the public part ---- */

Jobs *
jobs_new (Db *db, gpointer app)
{
    Jobs *self = g_new0 (Jobs, 1);

    self->db = db;
    self->app = app;
    self->owner = lease_owner_new ();
    self->timing = default_timing;
    self->kinds = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
    self->queues = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, queue_free);
    self->held = g_hash_table_new (g_str_hash, g_str_equal);
    g_mutex_init (&self->lock);
    g_cond_init (&self->changed);
    return self;
}

void
jobs_register (Jobs *self, const JobKind *kinds, gsize n_kinds)
{
    g_return_if_fail (self->dispatcher == NULL);
    for (gsize i = 0; i < n_kinds; i++) {
        JobKind *copy = g_new (JobKind, 1);

        *copy = kinds[i];
        g_hash_table_replace (self->kinds, (gpointer) copy->name, copy);
        g_mutex_lock (&self->lock);
        get_queue (self, copy->queue);
        g_mutex_unlock (&self->lock);
    }
}

const char *
jobs_find_queue (Jobs *self, const char *name)
{
    const JobKind *kind = g_hash_table_lookup (self->kinds, name);

    return kind != NULL ? kind->queue : NULL;
}

void
jobs_on_failure (Jobs *self, void (*failed) (gpointer app, const Job *job, const char *why))
{
    g_return_if_fail (self->dispatcher == NULL);
    self->failed = failed;
}

void
jobs_set_timing (Jobs *self, const JobsTiming *timing)
{
    g_return_if_fail (self->dispatcher == NULL);
    self->timing = *timing;
}

const char *
jobs_owner (const Jobs *self)
{
    return self->owner;
}

void
jobs_set_concurrency (Jobs *self, const char *queue, guint n)
{
    g_mutex_lock (&self->lock);
    get_queue (self, queue)->limit = n;
    g_mutex_unlock (&self->lock);
    jobs_wake (self);
}

guint64
jobs_count_completed (Jobs *self, const char *queue)
{
    guint64 n;

    g_mutex_lock (&self->lock);
    n = get_queue (self, queue)->n_completed;
    g_mutex_unlock (&self->lock);
    return n;
}

void
jobs_start (Jobs *self)
{
    g_autoptr (GError) error = NULL;

    g_return_if_fail (self->dispatcher == NULL);
    if (!lease_mend_times (self->db, &error) ||
        !lease_return_lost (self->db, timestamp_now_ms (), TRUE, self->timing.max_deaths, &error))
        log_trouble ("the jobs of an earlier run cannot be given back yet", error);
    self->is_stopping = FALSE;
    self->renew_at = timestamp_now_ms () + self->timing.lease_ms / 4;
    if (self->pool == NULL)
        self->pool = g_thread_pool_new (run_task, self, -1, FALSE, NULL);
    registry_add (self);
    self->dispatcher = g_thread_new ("jobs", run_dispatcher, self);
}

void
jobs_wake (Jobs *self)
{
    g_mutex_lock (&self->lock);
    self->is_woken = TRUE;
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
}

void
jobs_stop (Jobs *self)
{
    gint64 until = g_get_monotonic_time () + self->timing.grace_ms * 1000;
    g_autoptr (GError) error = NULL;

    if (self->dispatcher == NULL)
        return;
    registry_remove (self);
    g_mutex_lock (&self->lock);
    self->is_stopping = TRUE;
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
    g_thread_join (g_steal_pointer (&self->dispatcher));

    g_mutex_lock (&self->lock);
    while (self->n_running > 0 && g_cond_wait_until (&self->changed, &self->lock, until))
        ;
    g_mutex_unlock (&self->lock);
    if (!lease_return_own (self->db, self->owner, &error))
        log_trouble ("unfinished jobs cannot be given back, they wait until their lease ends",
                     error);
}

gboolean
jobs_is_stopping (Jobs *self)
{
    gboolean is_stopping;

    g_mutex_lock (&self->lock);
    is_stopping = self->is_stopping;
    g_mutex_unlock (&self->lock);
    return is_stopping;
}

void
jobs_free (Jobs *self)
{
    if (self == NULL)
        return;
    jobs_stop (self);
    if (self->pool != NULL)
        g_thread_pool_free (self->pool, FALSE, TRUE); /* waits for what still runs */
    g_hash_table_unref (self->kinds);
    g_hash_table_unref (self->queues);
    g_hash_table_unref (self->held);
    g_mutex_clear (&self->lock);
    g_cond_clear (&self->changed);
    g_free (self->owner);
    g_free (self);
}
