/* Looking at the queues and steering them; the SQL behind the admin's pages. */
#define G_LOG_DOMAIN "jobs"
#include "jobs/queue.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "jobs/lease.h"
#include "jobs/registry.h"

#define MAX_LIST 10000

/* $1 JSON array of queues, $2 now; queue, state, whether its time has come, how many */
static const char SQL_QUEUE_COUNT[] =
    "SELECT queue, state, CASE WHEN run_after <= $2 THEN 1 ELSE 0 END AS is_due, count(*)"
    "  FROM job WHERE queue IN (SELECT value FROM json_each($1))"
    " GROUP BY queue, state, CASE WHEN run_after <= $2 THEN 1 ELSE 0 END";

static const char SQL_QUEUE_PAUSED[] = "SELECT name FROM job_queue WHERE is_paused = 1";

/* $1 queue, $2 now, $3 the id before the page, $4 at most; $5 active, $6 due, $7 delayed and $8 failed
 * ones wanted (0 or 1); by id, that is by the time they were asked for */
static const char SQL_QUEUE_LIST[] =
    "SELECT id, name, data, error, attempt, created_at, run_after, state FROM job"
    " WHERE queue = $1 AND id > $3"
    "   AND ((state = 'active' AND CAST($5 AS BIGINT) = 1)"
    "        OR (state = 'waiting' AND run_after <= $2 AND CAST($6 AS BIGINT) = 1)"
    "        OR (state = 'waiting' AND run_after > $2 AND CAST($7 AS BIGINT) = 1)"
    "        OR (state = 'failed' AND CAST($8 AS BIGINT) = 1))"
    " ORDER BY id LIMIT $4";

/* $1 queue, $2 0 or 1 */
static const char SQL_QUEUE_PAUSE[] =
    "INSERT INTO job_queue (name, is_paused) VALUES ($1, $2)"
    " ON CONFLICT (name) DO UPDATE SET is_paused = excluded.is_paused";

/* $1 queue, $2 now */
static const char SQL_QUEUE_EMPTY[] =
    "DELETE FROM job WHERE queue = $1 AND state = 'waiting' AND run_after <= $2";

static const char SQL_QUEUE_CLEAR_FAILED[] =
    "DELETE FROM job WHERE queue = $1 AND state = 'failed'";

/* $1 queue, $2 id or NULL for all; those asked for first come first */
static const char SQL_QUEUE_FAILED[] = "SELECT id FROM job WHERE queue = $1 AND state = 'failed'"
                                       "   AND (CAST($2 AS TEXT) IS NULL OR id = $2) ORDER BY id";

typedef struct {
    const char *const *queues;
    gsize n_queues;
    QueueCounts *counts;
} Counting;

static QueueCounts *
find_counts (const Counting *self, const char *queue)
{
    for (gsize i = 0; i < self->n_queues; i++)
        if (g_str_equal (self->queues[i], queue))
            return &self->counts[i];
    return NULL;
}

static gboolean
take_paused (const DbRow *row, gpointer data)
{
    QueueCounts *counts = find_counts (data, db_row_text (row, 0));

    if (counts != NULL)
        counts->is_paused = TRUE;
    return TRUE;
}

static gboolean
take_count (const DbRow *row, gpointer data)
{
    QueueCounts *counts = find_counts (data, db_row_text (row, 0));
    const char *state = db_row_text (row, 1);
    gboolean is_due = db_row_int (row, 2) != 0;
    gint64 n = db_row_int (row, 3);

    if (counts == NULL)
        return TRUE;
    if (g_str_equal (state, "active"))
        counts->active += n;
    else if (g_str_equal (state, "failed"))
        counts->failed += n;
    else if (!is_due)
        counts->delayed += n;
    else if (counts->is_paused)
        counts->paused += n;
    else
        counts->waiting += n;
    return TRUE;
}

gboolean
queue_count (Db *db, Arena *arena, const char *const *queues, gsize n_queues, QueueCounts *out,
             GError **error)
{
    Counting counting = { queues, n_queues, out };
    StringList list = { (const char **) queues, n_queues };

    memset (out, 0, sizeof *out * n_queues);
    return db_each (db, SQL_QUEUE_PAUSED, DB_NO_ARGS, take_paused, &counting, error) &&
           db_each (db, SQL_QUEUE_COUNT,
                    DB_ARGS (db_strings (arena, &list), db_int (timestamp_now_ms ())), take_count,
                    &counting, error);
}

typedef struct {
    Arena *arena;
    GArray *jobs; /* of QueuedJob */
    gint64 now;
    gboolean is_paused;
} Listing;

static gboolean
take_job (const DbRow *row, gpointer data)
{
    Listing *self = data;
    const char *state = db_row_text (row, 7);
    QueuedJob job = {
        .id = arena_strdup (self->arena, db_row_text (row, 0)),
        .name = arena_strdup (self->arena, db_row_text (row, 1)),
        .data = arena_strdup (self->arena, db_row_text (row, 2)),
        .error = arena_strdup (self->arena, db_row_text (row, 3)),
        .attempt = db_row_int (row, 4),
        .created_at = db_row_int (row, 5),
        .run_after = db_row_int (row, 6),
    };

    if (g_str_equal (state, "active"))
        job.state = QUEUE_ACTIVE;
    else if (g_str_equal (state, "failed"))
        job.state = QUEUE_FAILED;
    else if (job.run_after > self->now)
        job.state = QUEUE_DELAYED;
    else
        job.state = self->is_paused ? QUEUE_PAUSED : QUEUE_WAITING;
    g_array_append_val (self->jobs, job);
    return TRUE;
}

static gboolean
read_paused (Db *db, const char *queue, gboolean *out, GError **error)
{
    QueueCounts counts = { 0 };
    Counting counting = { &queue, 1, &counts };

    if (!db_each (db, SQL_QUEUE_PAUSED, DB_NO_ARGS, take_paused, &counting, error))
        return FALSE;
    *out = counts.is_paused;
    return TRUE;
}

gboolean
queue_list (Db *db, Arena *arena, const char *queue, QueueStates states, const char *after,
            gint64 limit, QueuedJobs *out, GError **error)
{
    g_autoptr (GArray) jobs = g_array_new (FALSE, FALSE, sizeof (QueuedJob));
    Listing listing = { .arena = arena, .jobs = jobs, .now = timestamp_now_ms () };
    QueueStates due;

    if (!read_paused (db, queue, &listing.is_paused, error))
        return FALSE;
    due = listing.is_paused ? QUEUE_PAUSED : QUEUE_WAITING;
    if (!db_each (db, SQL_QUEUE_LIST,
                  DB_ARGS (db_text (queue), db_int (listing.now), db_text (after ? after : ""),
                           db_int (CLAMP (limit, 1, MAX_LIST)),
                           db_bool ((states & QUEUE_ACTIVE) != 0), db_bool ((states & due) != 0),
                           db_bool ((states & QUEUE_DELAYED) != 0),
                           db_bool ((states & QUEUE_FAILED) != 0)),
                  take_job, &listing, error))
        return FALSE;
    out->n = jobs->len;
    out->items = arena_new_array (arena, QueuedJob, jobs->len);
    if (jobs->len > 0)
        memcpy (out->items, jobs->data, sizeof (QueuedJob) * jobs->len);
    return TRUE;
}

gboolean
queue_pause (Db *db, const char *queue, gboolean is_paused, GError **error)
{
    return db_exec (db, SQL_QUEUE_PAUSE, DB_ARGS (db_text (queue), db_bool (is_paused)), NULL,
                    error);
}

gboolean
queue_empty (Db *db, const char *queue, gint64 *out_n, GError **error)
{
    return db_exec (db, SQL_QUEUE_EMPTY, DB_ARGS (db_text (queue), db_int (timestamp_now_ms ())),
                    out_n, error);
}

gboolean
queue_clear_failed (Db *db, const char *queue, gint64 *out_n, GError **error)
{
    return db_exec (db, SQL_QUEUE_CLEAR_FAILED, DB_ARGS (db_text (queue)), out_n, error);
}

typedef struct {
    const char *queue, *id;
    gint64 n;
} Retrying;

static gboolean
run_retry_failed (Db *tx, gpointer data, GError **error)
{
    Retrying *self = data;
    g_autoptr (Arena) arena = arena_new ();
    gint64 now = timestamp_now_ms ();
    StringList ids;

    self->n = 0;
    if (!db_select_texts (tx, arena, SQL_QUEUE_FAILED,
                          DB_ARGS (db_text (self->queue), db_text (self->id)), &ids, error))
        return FALSE;
    for (gsize i = 0; i < ids.n; i++)
        if (!lease_return (tx, ids.items[i], now, 0, &self->n, error))
            return FALSE;
    return TRUE;
}

gboolean
queue_retry_failed (Db *db, const char *queue, const char *id, gint64 *out_n, GError **error)
{
    Retrying retrying = { queue, id, 0 };

    if (!db_write (db, run_retry_failed, &retrying, error))
        return FALSE;
    registry_wake ();
    if (out_n != NULL)
        *out_n = retrying.n;
    return TRUE;
}
