/* The threads of the queue: every job is done, no more at once than allowed, and none is lost when a
 * server stops or dies. */
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "jobs/jobs_private.h"
#include "jobs/lease.h"
#include "jobs/queue.h"
#include "jobs/test_parts.h"

/* What the jobs of a test tell it; all under the lock. */
typedef struct {
    TestDb *t;
    GMutex lock;
    GCond changed;
    GHashTable *runs; /* a job's data to how often it ran */
    guint n_runs, n_running, most_running;
    guint hold; /* jobs wait while fewer than so many run at once; G_MAXUINT: until it is changed */
    GString *order;
} Fixture;

static const JobsTiming quick = { .poll_ms = 20,
                                  .lease_ms = 60000,
                                  .retry_ms = 0,
                                  .grace_ms = 60000,
                                  .max_attempts = 5,
                                  .max_deaths = 5 };

static void
begin (Fixture *f, const Job *job)
{
    g_mutex_lock (&f->lock);
    f->n_runs++;
    f->n_running++;
    f->most_running = MAX (f->most_running, f->n_running);
    g_hash_table_insert (
        f->runs, g_strdup (job->data),
        GINT_TO_POINTER (GPOINTER_TO_INT (g_hash_table_lookup (f->runs, job->data)) + 1));
    g_string_append_printf (f->order, "%s:%d ", job->data, job->attempt);
    g_cond_broadcast (&f->changed);
    while (f->hold == G_MAXUINT || f->most_running < f->hold)
        g_cond_wait (&f->changed, &f->lock);
    f->n_running--;
    g_cond_broadcast (&f->changed);
    g_mutex_unlock (&f->lock);
}

static JobResult
run_good (gpointer app, const Job *job, Arena *arena, GError **error)
{
    begin (app, job);
    return g_str_equal (job->name, "Skipped") ? JOB_SKIPPED : JOB_DONE;
}

static JobResult
run_retry (gpointer app, const Job *job, Arena *arena, GError **error)
{
    begin (app, job);
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "attempt %d", job->attempt);
    return JOB_RETRY;
}

static JobResult
run_bad (gpointer app, const Job *job, Arena *arena, GError **error)
{
    begin (app, job);
    g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA, "the file is damaged");
    return JOB_FAILED;
}

/* Says why at such a length that it needs new pages of the database. */
static JobResult
run_long_word (gpointer app, const Job *job, Arena *arena, GError **error)
{
    g_autofree char *why = g_strnfill (1000000, 'a');

    begin (app, job);
    g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA, why);
    return JOB_FAILED;
}

/* Waits until its own lease was made longer. */
static JobResult
run_long (gpointer app, const Job *job, Arena *arena, GError **error)
{
    Fixture *f = app;
    gint64 first = 0, now = 0;

    do {
        if (!db_select_int (f->t->db, "SELECT leased_until FROM job WHERE id = $1",
                            DB_ARGS (db_text (job->id)), &now, NULL, error))
            return JOB_FAILED;
        first = first == 0 ? now : first;
        g_usleep (2000);
    } while (now < first + 200);
    begin (app, job);
    return JOB_DONE;
}

static const JobKind kinds[] = {
    { "Good", "ocr", run_good },           { "Skipped", "ocr", run_good },
    { "Retry", "ocr", run_retry },         { "Bad", "ocr", run_bad },
    { "Long", "ocr", run_long },           { "Side", "sidecar", run_good },
    { "Long word", "ocr", run_long_word },
};

static Jobs *
new_jobs (Fixture *f, guint concurrency)
{
    Jobs *jobs = jobs_new (f->t->db, f);

    jobs_register (jobs, kinds, G_N_ELEMENTS (kinds));
    jobs_set_timing (jobs, &quick);
    jobs_set_concurrency (jobs, "ocr", concurrency);
    return jobs;
}

static Fixture *
fixture_new (TestDb *t)
{
    Fixture *f = g_new0 (Fixture, 1);

    f->t = t;
    f->runs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    f->order = g_string_new (NULL);
    g_mutex_init (&f->lock);
    g_cond_init (&f->changed);
    return f;
}

static void
fixture_free (Fixture *f)
{
    g_hash_table_unref (f->runs);
    g_string_free (f->order, TRUE);
    g_mutex_clear (&f->lock);
    g_cond_clear (&f->changed);
    g_free (f);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

typedef struct {
    const char *name, *queue;
    int first, n;
    gint64 delay_ms;
} Adding;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    const Adding *self = data;

    for (int i = self->first; i < self->first + self->n; i++) {
        g_autofree char *json = g_strdup_printf ("%d", i);

        if (!job_add (tx, self->name, self->queue, NULL, json, self->delay_ms, error))
            return FALSE;
    }
    return TRUE;
}

static void
add (Fixture *f, const char *name, const char *queue, int first, int n, gint64 delay_ms)
{
    Adding adding = { name, queue, first, n, delay_ms };

    db_write (f->t->db, run_add, &adding, &f->t->error);
    g_assert_no_error (f->t->error);
}

static gint64
count_rows (Fixture *f, const char *where)
{
    g_autofree char *sql = g_strconcat ("SELECT count(*) FROM job WHERE ", where, NULL);
    gint64 n = -1;

    db_select_int (f->t->db, sql, DB_NO_ARGS, &n, NULL, &f->t->error);
    g_assert_no_error (f->t->error);
    return n;
}

/* Wait for what a thread will have done; a test that waits in vain is ended by its time limit. */
static void
wait_for_rows (Fixture *f, const char *where, gint64 n)
{
    while (count_rows (f, where) != n)
        g_usleep (2000);
}

static void
wait_for_running (Fixture *f, guint n)
{
    g_mutex_lock (&f->lock);
    while (f->n_running < n)
        g_cond_wait (&f->changed, &f->lock);
    g_mutex_unlock (&f->lock);
}

static void
set_hold (Fixture *f, guint hold)
{
    g_mutex_lock (&f->lock);
    f->hold = hold;
    g_cond_broadcast (&f->changed);
    g_mutex_unlock (&f->lock);
}

static void
assert_each_ran_once (Fixture *f, guint n)
{
    GHashTableIter iter;
    gpointer value;

    g_mutex_lock (&f->lock);
    g_assert_cmpuint (f->n_runs, ==, n);
    g_assert_cmpuint (g_hash_table_size (f->runs), ==, n);
    g_hash_table_iter_init (&iter, f->runs);
    while (g_hash_table_iter_next (&iter, NULL, &value))
        g_assert_cmpint (GPOINTER_TO_INT (value), ==, 1);
    g_mutex_unlock (&f->lock);
}

/* ---- cases ---- */

static void
test_each_job_is_done_once (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 4);

    f->hold = 4; /* nobody goes on until four run at once */
    add (f, "Good", "ocr", 0, 40, 0);
    jobs_start (jobs);
    add (f, "Skipped", "ocr", 40, 40, 0);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    assert_each_ran_once (f, 80);
    g_assert_cmpuint (f->most_running, ==, 4);
    g_assert_cmpuint (jobs_count_completed (jobs, "ocr"), ==, 80);
}

static void
test_they_come_in_order (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 1);

    add (f, "Good", "ocr", 1, 5, 0);
    jobs_start (jobs);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    g_assert_cmpstr (f->order->str, ==, "1:1 2:1 3:1 4:1 5:1 ");
}

static void
test_a_job_is_tried_five_times (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 1);
    QueuedJobs list;

    jobs_start (jobs);
    add (f, "Retry", "ocr", 7, 1, 0);
    wait_for_rows (f, "state = 'failed'", 1);
    jobs_stop (jobs);
    g_assert_cmpstr (f->order->str, ==, "7:1 7:2 7:3 7:4 7:5 ");
    queue_list (t->db, t->arena, "ocr", QUEUE_FAILED, NULL, 10, &list, &t->error);
    g_assert_cmpstr (list.items[0].error, ==, "attempt 5");
    g_assert_cmpuint (jobs_count_completed (jobs, "ocr"), ==, 1);
}

static void
test_the_delay_before_a_retry_grows (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    static const gint64 least[] = { 10000, 40000, 160000, 640000 };
    JobsTiming timing = quick;

    timing.retry_ms = 10000;
    add (f, "Retry", "ocr", 0, 1, 0);
    for (guint i = 0; i < G_N_ELEMENTS (least); i++) {
        g_autoptr (Jobs) jobs = new_jobs (f, 1);
        gint64 before = timestamp_now_ms (), after = 0, run_after = 0;

        jobs_set_timing (jobs, &timing);
        jobs_start (jobs);
        wait_for_rows (f, "state = 'waiting' AND error IS NOT NULL AND run_after > 0", 1);
        jobs_stop (jobs);
        after = timestamp_now_ms ();
        db_select_int (t->db, "SELECT run_after FROM job", DB_NO_ARGS, &run_after, NULL, &t->error);
        g_assert_cmpint (run_after, >=, before + least[i]);
        g_assert_cmpint (run_after, <=, after + least[i] + least[i] / 5 + 1);
        db_exec (t->db, "UPDATE job SET run_after = 0", DB_NO_ARGS, NULL, &t->error);
        g_assert_no_error (t->error);
    }
}

static void
test_a_damaged_file_is_tried_once (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 2);
    QueuedJobs list;

    jobs_start (jobs);
    add (f, "Bad", "ocr", 1, 1, 0);
    add (f, "Unknown", "ocr", 2, 1, 0);
    wait_for_rows (f, "state = 'failed'", 2);
    jobs_stop (jobs);
    g_assert_cmpstr (f->order->str, ==, "1:1 ");
    queue_list (t->db, t->arena, "ocr", QUEUE_FAILED, NULL, 10, &list, &t->error);
    g_assert_cmpstr (list.items[0].error, ==, "the file is damaged");
    g_assert_nonnull (strstr (list.items[1].error, "'Unknown'"));
}

static void
test_concurrency_may_change_meanwhile (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 1);

    f->hold = G_MAXUINT;
    add (f, "Good", "ocr", 0, 10, 0);
    jobs_start (jobs);
    wait_for_running (f, 1);
    g_assert_cmpint (count_rows (f, "state = 'active'"), ==, 1);
    jobs_set_concurrency (jobs, "ocr", 3);
    wait_for_running (f, 3);
    g_assert_cmpint (count_rows (f, "state = 'active'"), ==, 3);
    jobs_set_concurrency (jobs, "ocr", 0); /* what runs ends, nothing new starts */
    set_hold (f, 0);
    wait_for_rows (f, "state = 'active'", 0);
    g_assert_cmpint (count_rows (f, "state = 'waiting'"), ==, 7);
    jobs_set_concurrency (jobs, "ocr", 2);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    assert_each_ran_once (f, 10);
    g_assert_cmpuint (f->most_running, ==, 3);
}

static void
test_a_paused_queue_leaves_others_alone (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 2);

    queue_pause (t->db, "ocr", TRUE, &t->error);
    jobs_start (jobs);
    add (f, "Good", "ocr", 0, 5, 0);
    add (f, "Side", "sidecar", 100, 5, 0);
    wait_for_rows (f, "queue = 'sidecar'", 0);
    g_assert_cmpint (count_rows (f, "queue = 'ocr' AND state = 'waiting'"), ==, 5);
    queue_pause (t->db, "ocr", FALSE, &t->error);
    jobs_wake (jobs);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    assert_each_ran_once (f, 10);
}

static void
test_a_delayed_job_holds_nobody_up (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 1);

    jobs_start (jobs);
    add (f, "Good", "ocr", 1, 1, 3600000);
    add (f, "Good", "ocr", 2, 1, 0);
    wait_for_rows (f, "run_after = 0 OR data = '2'", 0);
    g_assert_cmpint (count_rows (f, "data = '1' AND state = 'waiting'"), ==, 1);
    db_exec (t->db, "UPDATE job SET run_after = 1", DB_NO_ARGS, NULL, &t->error);
    wait_for_rows (f, "1 = 1", 0); /* found by looking, nobody wakes for it */
    jobs_stop (jobs);
    g_assert_cmpstr (f->order->str, ==, "2:1 1:1 ");
}

static gpointer
release_later (gpointer data)
{
    Fixture *f = data;

    wait_for_rows (f, "state = 'waiting'", 3); /* jobs_stop () gave back nothing so far */
    set_hold (f, 0);
    return NULL;
}

static void
test_a_stop_lets_finish_and_a_start_goes_on (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 2);
    GThread *thread;

    f->hold = G_MAXUINT;
    add (f, "Good", "ocr", 0, 5, 0);
    jobs_start (jobs);
    wait_for_running (f, 2);
    thread = g_thread_new ("release", release_later, f);
    jobs_stop (jobs);
    g_thread_join (thread);
    g_assert_cmpuint (f->n_runs, ==, 2);
    g_assert_cmpint (count_rows (f, "state = 'waiting'"), ==, 3);
    g_assert_cmpint (count_rows (f, "1 = 1"), ==, 3);
    jobs_start (jobs);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    assert_each_ran_once (f, 5);
}

static void
test_a_stop_gives_back_what_does_not_end (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 2);
    JobsTiming timing = quick;

    timing.grace_ms = 0;
    jobs_set_timing (jobs, &timing);
    f->hold = G_MAXUINT;
    add (f, "Good", "ocr", 0, 3, 0);
    jobs_start (jobs);
    wait_for_running (f, 2);
    jobs_stop (jobs);
    g_assert_cmpint (count_rows (f, "state = 'waiting' AND attempt = 0 AND leased_by IS NULL"), ==,
                     3);
    set_hold (f, 0); /* the late end of the two changes nothing */
    g_clear_pointer (&jobs, jobs_free);
    g_assert_cmpint (count_rows (f, "state = 'waiting'"), ==, 3);
}

typedef struct {
    const char *owner;
    GPtrArray *out;
} Abandoning;

static gboolean
run_abandon (Db *tx, gpointer data, GError **error)
{
    Abandoning *self = data;

    return lease_claim (tx, "ocr", self->owner, timestamp_now_ms () + 3600000, 3, self->out, error);
}

static void
test_a_killed_servers_jobs_are_done (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 2);
    g_auto (GStrv) parts = g_strsplit (jobs_owner (jobs), "/", -1);
    /* an earlier life of this very process number */
    g_autofree char *dead =
        g_strdup_printf ("%s/%s/%s/%s/1/1", parts[0], parts[1], parts[2], parts[3]);
    g_autoptr (GPtrArray) leases = g_ptr_array_new_with_free_func ((GDestroyNotify) lease_free);
    Abandoning abandoning = { dead, leases };

    add (f, "Good", "ocr", 0, 4, 0);
    db_write (t->db, run_abandon, &abandoning, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpuint (leases->len, ==, 3);
    jobs_start (jobs);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    assert_each_ran_once (f, 4);
}

static void
test_an_expired_lease_is_found_while_running (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 2);
    JobsTiming timing = quick;

    timing.lease_ms = 400;
    jobs_set_timing (jobs, &timing);
    jobs_start (jobs);
    add (f, "Good", "ocr", 0, 1, 3600000);
    db_exec (t->db,
             "UPDATE job SET state = 'active', leased_by = 'elsewhere/x/1/1/1/1', leased_until = 1,"
             " run_after = 0, attempt = 1",
             DB_NO_ARGS, NULL, &t->error);
    g_assert_no_error (t->error);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    g_assert_cmpstr (f->order->str, ==, "0:2 ");
}

/* As after a commit without an answer: the row says that it runs, and nobody knows of it. */
static void
test_a_lease_that_nobody_runs_runs_out (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 2);
    g_autoptr (GPtrArray) leases = g_ptr_array_new_with_free_func ((GDestroyNotify) lease_free);
    Abandoning abandoning = { jobs_owner (jobs), leases };
    JobsTiming timing = quick;

    timing.lease_ms = 400;
    jobs_set_timing (jobs, &timing);
    add (f, "Good", "ocr", 0, 3, 0);
    db_write (t->db, run_abandon, &abandoning, &t->error);
    db_exec (t->db, "UPDATE job SET leased_until = $1",
             DB_ARGS (db_int (timestamp_now_ms () + 400)), NULL, &t->error);
    g_assert_no_error (t->error);
    jobs_start (jobs);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (jobs);
    assert_each_ran_once (f, 3);
}

static gboolean
run_fill_sqlite (Db *tx, gpointer data, GError **error)
{
    const char *sql = data;
    gint64 n;

    return db_select_int (tx, sql, DB_NO_ARGS, &n, NULL, error);
}

/* What jobs write fails as it does on a full disk. */
static void
set_full (TestDb *t, gboolean is_full)
{
    if (t->engine == TEST_SQLITE) {
        db_write (t->db, run_fill_sqlite,
                  (gpointer) (is_full ? "PRAGMA max_page_count = 1"
                                      : "PRAGMA max_page_count = 1073741823"),
                  &t->error);
    } else if (is_full) {
        db_exec (t->db,
                 "CREATE FUNCTION fail_as_full () RETURNS trigger LANGUAGE plpgsql AS"
                 " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$",
                 DB_NO_ARGS, NULL, &t->error);
        db_exec (t->db,
                 "CREATE TRIGGER full_disk BEFORE UPDATE ON job FOR EACH ROW"
                 " WHEN (NEW.state = 'failed') EXECUTE FUNCTION fail_as_full ()",
                 DB_NO_ARGS, NULL, &t->error);
    } else {
        db_exec (t->db, "DROP FUNCTION fail_as_full () CASCADE", DB_NO_ARGS, NULL, &t->error);
    }
    g_assert_no_error (t->error);
}

static void
test_an_end_is_stored_once_the_database_can (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 1);
    JobsTiming timing = quick;

    timing.lease_ms = 400;
    jobs_set_timing (jobs, &timing);
    jobs_start (jobs);
    set_hold (f, G_MAXUINT);
    add (f, "Long word", "ocr", 0, 1, 0);
    wait_for_running (f, 1);
    set_full (t, TRUE);
    set_hold (f, 0);
    g_usleep (1000000); /* longer than its lease and than three tries */
    g_assert_cmpint (count_rows (f, "state = 'active'"), ==, 1);
    set_full (t, FALSE);
    wait_for_rows (f, "state = 'failed'", 1);
    jobs_stop (jobs);
    assert_each_ran_once (f, 1);
}

typedef struct {
    TestDb *t;
    Jobs *jobs;
} Stopping;

static gpointer
make_room_once_it_stops (gpointer data)
{
    Stopping *self = data;

    while (!jobs_is_stopping (self->jobs))
        g_usleep (1000);
    set_full (self->t, FALSE);
    return NULL;
}

static void
test_an_end_that_is_stored_late_begins_nothing_in_a_stop (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) jobs = new_jobs (f, 1);
    Stopping stopping = { t, jobs };
    JobsTiming timing = quick;
    GThread *thread;

    timing.poll_ms = 1000; /* the stop comes before the second try */
    jobs_set_timing (jobs, &timing);
    set_hold (f, G_MAXUINT);
    add (f, "Long word", "ocr", 0, 2, 0);
    jobs_start (jobs);
    wait_for_running (f, 1);
    set_full (t, TRUE);
    set_hold (f, 0);
    g_usleep (200000);
    thread = g_thread_new ("room", make_room_once_it_stops, &stopping);
    jobs_stop (jobs);
    g_thread_join (thread);
    g_assert_cmpint (count_rows (f, "state = 'failed'"), ==, 1);
    g_assert_cmpint (count_rows (f, "state = 'waiting' AND attempt = 0"), ==, 1);
    g_assert_cmpuint (f->n_runs, ==, 1);
}

static void
test_a_long_job_keeps_its_lease (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    g_autoptr (Jobs) one = new_jobs (f, 1), two = new_jobs (f, 1);
    JobsTiming timing = quick;

    timing.lease_ms =
        4000; /* renewed each second; a server that stands still for 3 s may lose it */
    jobs_set_timing (one, &timing);
    jobs_set_timing (two, &timing);
    jobs_start (one);
    jobs_start (two);
    add (f, "Long", "ocr", 0, 1, 0);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (one);
    jobs_stop (two);
    assert_each_ran_once (f, 1);
}

static void
test_two_servers_share_the_work (TestDb *t)
{
    g_autoptr (Fixture) f = fixture_new (t);
    Db *second = db_open (&t->settings, &t->error);
    g_autoptr (Jobs) one = NULL, two = NULL;

    g_assert_no_error (t->error);
    one = new_jobs (f, 3);
    two = jobs_new (second, f);
    jobs_register (two, kinds, G_N_ELEMENTS (kinds));
    jobs_set_timing (two, &quick);
    jobs_set_concurrency (two, "ocr", 3);
    f->hold = 6; /* both must have taken all they may */
    jobs_start (one);
    jobs_start (two);
    add (f, "Good", "ocr", 0, 60, 0);
    wait_for_rows (f, "1 = 1", 0);
    jobs_stop (one);
    jobs_stop (two);
    assert_each_ran_once (f, 60);
    g_assert_cmpuint (f->most_running, ==, 6);
    g_assert_cmpuint (jobs_count_completed (one, "ocr") + jobs_count_completed (two, "ocr"), ==,
                      60);
    g_clear_pointer (&one, jobs_free);
    g_clear_pointer (&two, jobs_free);
    db_free (second);
}

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
    for (gsize i = 0; i < n_fields; i++)
        if (g_str_equal (fields[i].key, key))
            return fields[i].value;
    return "";
}

/* Failures are expected here, and a full disk that others meet who write at the same moment; as warnings
 * they would end the test. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
    const char *event = find_field (fields, n_fields, "EVENT");

    if (g_str_equal (event, "job-failed") ||
        (g_str_equal (event, "jobs-trouble") &&
         strstr (find_field (fields, n_fields, "MESSAGE"), "disk of the database is full") != NULL))
        return G_LOG_WRITER_HANDLED;
    return g_log_writer_default (level, fields, n_fields, data);
}

int
main (int argc, char *argv[])
{
    static const struct {
        const char *path;
        TestDbCase test;
    } cases[] = {
        { "/jobs/each-job-is-done-once", test_each_job_is_done_once },
        { "/jobs/they-come-in-order", test_they_come_in_order },
        { "/jobs/a-job-is-tried-five-times", test_a_job_is_tried_five_times },
        { "/jobs/the-delay-before-a-retry-grows", test_the_delay_before_a_retry_grows },
        { "/jobs/a-damaged-file-is-tried-once", test_a_damaged_file_is_tried_once },
        { "/jobs/concurrency-may-change-meanwhile", test_concurrency_may_change_meanwhile },
        { "/jobs/a-paused-queue-leaves-others-alone", test_a_paused_queue_leaves_others_alone },
        { "/jobs/a-delayed-job-holds-nobody-up", test_a_delayed_job_holds_nobody_up },
        { "/jobs/a-stop-lets-finish-and-a-start-goes-on",
          test_a_stop_lets_finish_and_a_start_goes_on },
        { "/jobs/a-stop-gives-back-what-does-not-end", test_a_stop_gives_back_what_does_not_end },
        { "/jobs/a-killed-servers-jobs-are-done", test_a_killed_servers_jobs_are_done },
        { "/jobs/an-expired-lease-is-found-while-running",
          test_an_expired_lease_is_found_while_running },
        { "/jobs/a-lease-that-nobody-runs-runs-out", test_a_lease_that_nobody_runs_runs_out },
        { "/jobs/an-end-is-stored-once-the-database-can",
          test_an_end_is_stored_once_the_database_can },
        { "/jobs/an-end-that-is-stored-late-begins-nothing-in-a-stop",
          test_an_end_that_is_stored_late_begins_nothing_in_a_stop },
        { "/jobs/a-long-job-keeps-its-lease", test_a_long_job_keeps_its_lease },
        { "/jobs/two-servers-share-the-work", test_two_servers_share_the_work },
    };

    test_db_init (&argc, &argv);
    g_log_set_writer_func (write_log, NULL, NULL);
    test_queue_add ();
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        test_db_add (cases[i].path, cases[i].test);
    return test_db_run ();
}
