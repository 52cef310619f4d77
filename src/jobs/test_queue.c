/* What the table promises, without threads: each job is leased to one, none is lost, and the admin
 * sees and steers it. */
#include "jobs/test_parts.h"

#include <string.h>

#include "base/timestamp.h"
#include "jobs/lease.h"
#include "jobs/queue.h"

#define HOUR_MS 3600000

typedef struct {
    const char *name, *key, *data;
    gint64 delay_ms;
    gboolean then_fail;
} Adding;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    const Adding *self = data;

    if (!job_add (tx, self->name, "ocr", self->key, self->data, self->delay_ms, error))
        return FALSE;
    if (self->then_fail)
        g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "undo it");
    return !self->then_fail;
}

static void
add (TestDb *t, const char *name, const char *key, const char *data, gint64 delay_ms)
{
    Adding adding = { name, key, data, delay_ms, FALSE };

    db_write (t->db, run_add, &adding, &t->error);
    g_assert_no_error (t->error);
}

typedef struct {
    const char *owner;
    gint64 until, n;
    GPtrArray *out;
} Claiming;

static gboolean
run_claim (Db *tx, gpointer data, GError **error)
{
    Claiming *self = data;

    return lease_claim (tx, "ocr", self->owner, self->until, self->n, self->out, error);
}

static GPtrArray *
claim (TestDb *t, const char *owner, gint64 lease_ms, gint64 n)
{
    GPtrArray *out = g_ptr_array_new_with_free_func ((GDestroyNotify) lease_free);
    Claiming claiming = { owner, timestamp_now_ms () + lease_ms, n, out };

    db_write (t->db, run_claim, &claiming, &t->error);
    g_assert_no_error (t->error);
    return out;
}

/* Claim one and say its data; NULL when there is none. */
static const char *
claim_one (TestDb *t, const char *owner, const char **out_id)
{
    g_autoptr (GPtrArray) leases = claim (t, owner, HOUR_MS, 1);
    const Lease *lease;

    if (leases->len == 0)
        return NULL;
    lease = g_ptr_array_index (leases, 0);
    if (out_id != NULL)
        *out_id = arena_strdup (t->arena, lease->id);
    return arena_strdup (t->arena, lease->data);
}

typedef struct {
    const char *what, *id, *owner;
    gint64 run_after;
} Ending;

static gboolean
run_ending (Db *tx, gpointer data, GError **error)
{
    const Ending *self = data;

    if (g_str_equal (self->what, "finish"))
        return lease_finish (tx, self->id, self->owner, error);
    if (g_str_equal (self->what, "fail"))
        return lease_fail (tx, self->id, self->owner, "it is broken", error);
    return lease_retry (tx, self->id, self->owner, self->run_after, "not now", error);
}

static void
end (TestDb *t, const char *what, const char *id, const char *owner, gint64 run_after)
{
    Ending ending = { what, id, owner, run_after };

    db_write (t->db, run_ending, &ending, &t->error);
    g_assert_no_error (t->error);
}

static QueueCounts
count (TestDb *t)
{
    const char *queues[] = { "ocr", "other" };
    QueueCounts counts[2];

    queue_count (t->db, t->arena, queues, 2, counts, &t->error);
    g_assert_no_error (t->error);
    return counts[0];
}

static QueuedJobs
list (TestDb *t, QueueStates states, const char *after, gint64 limit)
{
    QueuedJobs jobs;

    queue_list (t->db, t->arena, "ocr", states, after, limit, &jobs, &t->error);
    g_assert_no_error (t->error);
    return jobs;
}

static void
make_due (TestDb *t)
{
    db_exec (t->db, "UPDATE job SET run_after = 0", DB_NO_ARGS, NULL, &t->error);
    g_assert_no_error (t->error);
}

/* ---- cases ---- */

static void
test_a_job_comes_with_its_transaction (TestDb *t)
{
    Adding adding = { "Ocr", NULL, "{}", 0, TRUE };

    g_assert_false (db_write (t->db, run_add, &adding, &t->error));
    g_clear_error (&t->error);
    g_assert_null (claim_one (t, "me", NULL));
    add (t, "Ocr", NULL, "{\"id\":1}", 0);
    g_assert_cmpstr (claim_one (t, "me", NULL), ==, "{\"id\":1}");
}

static void
test_a_leased_job_is_not_claimed_again (TestDb *t)
{
    add (t, "Ocr", NULL, NULL, 0);
    g_assert_cmpstr (claim_one (t, "me", NULL), ==, "{}");
    g_assert_null (claim_one (t, "me", NULL));
    g_assert_null (claim_one (t, "you", NULL));
    lease_return_lost (t->db, timestamp_now_ms (), FALSE, 5, &t->error); /* it has not run out */
    g_assert_null (claim_one (t, "you", NULL));
}

static void
test_jobs_come_in_order (TestDb *t)
{
    g_autoptr (GPtrArray) leases = NULL;

    for (char data[] = "1"; data[0] <= '5'; data[0]++)
        add (t, "Ocr", NULL, data, 0);
    db_exec (t->db, "UPDATE job SET run_after = 9 WHERE data = '4'", DB_NO_ARGS, NULL, &t->error);
    db_exec (t->db, "UPDATE job SET priority = 1 WHERE data = '1'", DB_NO_ARGS, NULL, &t->error);
    g_assert_no_error (t->error);
    leases = claim (t, "me", HOUR_MS, 4);
    g_assert_cmpuint (leases->len, ==, 4);
    g_assert_cmpstr (((Lease *) leases->pdata[0])->data, ==, "4");
    g_assert_cmpstr (((Lease *) leases->pdata[1])->data, ==, "2");
    g_assert_cmpstr (((Lease *) leases->pdata[2])->data, ==, "3");
    g_assert_cmpstr (((Lease *) leases->pdata[3])->data, ==, "5");
    g_assert_cmpstr (claim_one (t, "me", NULL), ==, "1");
}

static void
test_a_delayed_job_waits (TestDb *t)
{
    add (t, "Ocr", NULL, "later", HOUR_MS);
    g_assert_null (claim_one (t, "me", NULL));
    g_assert_cmpint (count (t).delayed, ==, 1);
    g_assert_cmpint (count (t).waiting, ==, 0);
    make_due (t);
    g_assert_cmpint (count (t).waiting, ==, 1);
    g_assert_cmpstr (claim_one (t, "me", NULL), ==, "later");
}

static void
test_times_of_a_wrong_clock_are_mended (TestDb *t)
{
    g_autoptr (GPtrArray) lost = NULL;
    const char *id = NULL;

    add (t, "Ocr", NULL, "1", 0);
    lost = claim (t, "elsewhere/x/1/1/1", 1000 * (gint64) HOUR_MS, 1);
    add (t, "Ocr", NULL, "2", 1000 * (gint64) HOUR_MS);
    add (t, "Ocr", NULL, "3", HOUR_MS);
    g_assert_true (lease_mend_times (t->db, &t->error));
    g_assert_cmpstr (claim_one (t, "me", &id), ==, "2");
    end (t, "finish", id, "me", 0);
    g_assert_cmpint (count (t).delayed, ==, 1);
    lease_return_lost (t->db, timestamp_now_ms (), FALSE, 5, &t->error);
    g_assert_cmpstr (claim_one (t, "me", NULL), ==, "1");
}

static void
test_a_key_waits_once (TestDb *t)
{
    const char *id = NULL;
    QueuedJobs jobs;

    add (t, "Ocr", "k", "1", 0);
    add (t, "Ocr", "k", "2", 0);
    add (t, "Other", "k", "3", 0); /* another name */
    jobs = list (t, QUEUE_ALL, NULL, 10);
    g_assert_cmpuint (jobs.n, ==, 2);
    g_assert_cmpstr (jobs.items[0].data, ==, "2");
    g_assert_cmpstr (claim_one (t, "me", &id), ==, "2");
    add (t, "Ocr", "k", "4", 0); /* the first runs already and may have missed this */
    add (t, "Ocr", "k", "5", 0);
    g_assert_cmpuint (list (t, QUEUE_ALL, NULL, 10).n, ==, 3);
    /* now the first is to be tried again: the one that waits does its work */
    end (t, "retry", id, "me", 0);
    jobs = list (t, QUEUE_ALL, NULL, 10);
    g_assert_cmpuint (jobs.n, ==, 2);
    g_assert_cmpstr (jobs.items[1].data, ==, "5");
}

static void
test_a_key_runs_once (TestDb *t)
{
    const char *queue = "ocr", *first = NULL, *other = NULL;
    StringList queues = { &queue, 1 }, due;

    add (t, "Ocr", "k", "1", 0);
    g_assert_cmpstr (claim_one (t, "me", &first), ==, "1");
    add (t, "Ocr", "k", "2", 0);
    add (t, "Other", "k", "3", 0);
    add (t, "Ocr", NULL, "4", 0);
    g_assert_cmpstr (claim_one (t, "other", &other), ==, "3");
    g_assert_cmpstr (claim_one (t, "other", NULL), ==, "4");
    g_assert_null (claim_one (t, "other", NULL));
    g_assert_true (lease_find_due (t->db, t->arena, &queues, &due, &t->error));
    g_assert_cmpuint (due.n, ==, 0); /* nobody looks for it in vain */
    end (t, "finish", first, "me", 0);
    g_assert_true (lease_find_due (t->db, t->arena, &queues, &due, &t->error));
    g_assert_cmpuint (due.n, ==, 1);
    g_assert_cmpstr (claim_one (t, "other", NULL), ==, "2");
}

static void
test_a_delay_with_a_key_starts_anew (TestDb *t)
{
    gint64 now = timestamp_now_ms ();

    add (t, "Ocr", "k", "1", HOUR_MS);
    add (t, "Ocr", "k", "2", 3 * HOUR_MS);
    g_assert_cmpint (list (t, QUEUE_ALL, NULL, 1).items[0].run_after, >=, now + 3 * HOUR_MS);
    add (t, "Ocr", "k", "3", 0); /* at once */
    g_assert_cmpint (count (t).waiting, ==, 1);
    make_due (t);
    add (t, "Ocr", "k", "4", 0); /* does not lose its place */
    g_assert_cmpint (list (t, QUEUE_ALL, NULL, 1).items[0].run_after, ==, 0);
}

static void
test_a_retry_keeps_its_reason (TestDb *t)
{
    const char *id = NULL;
    QueuedJobs jobs;

    add (t, "Ocr", NULL, "1", 0);
    claim_one (t, "me", &id);
    end (t, "retry", id, "me", timestamp_now_ms () + HOUR_MS);
    jobs = list (t, QUEUE_DELAYED, NULL, 10);
    g_assert_cmpuint (jobs.n, ==, 1);
    g_assert_cmpstr (jobs.items[0].error, ==, "not now");
    g_assert_cmpint (jobs.items[0].attempt, ==, 1);
    make_due (t);
    claim_one (t, "me", &id);
    end (t, "fail", id, "me", 0);
    jobs = list (t, QUEUE_ALL, NULL, 10);
    g_assert_cmpuint (jobs.n, ==, 1);
    g_assert_cmpint (jobs.items[0].state, ==, QUEUE_FAILED);
    g_assert_cmpint (jobs.items[0].attempt, ==, 2);
    g_assert_cmpstr (jobs.items[0].error, ==, "it is broken");
}

static void
test_a_lost_lease_waits_again (TestDb *t)
{
    g_autoptr (GPtrArray) leases = NULL;
    const char *id = NULL;

    add (t, "Ocr", NULL, "1", 0);
    leases = claim (t, "other-host/b/1/1/1", -1, 1); /* ran out a moment ago */
    g_assert_cmpuint (leases->len, ==, 1);
    g_assert_cmpint (count (t).active, ==, 1);
    lease_return_lost (t->db, 1, FALSE, 5,
                       &t->error); /* not at that time: a renewal may take long */
    g_assert_cmpint (count (t).active, ==, 1);
    lease_return_lost (t->db, timestamp_now_ms (), FALSE, 5, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpstr (claim_one (t, "you", &id), ==, "1");
    /* the first server was only slow, and is done now: it is not its job any more */
    end (t, "finish", id, "other-host/b/1/1/1", 0);
    end (t, "fail", id, "other-host/b/1/1/1", 0);
    end (t, "retry", id, "other-host/b/1/1/1", 0);
    g_assert_cmpint (count (t).active, ==, 1);
    end (t, "finish", id, "you", 0);
    g_assert_cmpuint (list (t, QUEUE_ALL, NULL, 10).n, ==, 0);
}

static void
test_a_job_that_ends_every_server_fails (TestDb *t)
{
    for (int i = 0; i < 3; i++) {
        g_autoptr (GPtrArray) leases = NULL;

        if (i == 0)
            add (t, "Ocr", NULL, "1", 0);
        leases = claim (t, "me", -1, 1);
        g_assert_cmpuint (leases->len, ==, 1);
        lease_return_lost (t->db, timestamp_now_ms (), FALSE, 3, &t->error);
        g_assert_no_error (t->error);
    }
    g_assert_cmpint (count (t).failed, ==, 1);
    g_assert_nonnull (strstr (list (t, QUEUE_FAILED, NULL, 1).items[0].error, "every time"));
}

static void
test_a_dead_servers_leases_are_told (TestDb *t)
{
    g_autofree char *own = lease_owner_new ();
    g_auto (GStrv) parts = g_strsplit (own, "/", -1);
    g_autofree char *other_boot =
        g_strdup_printf ("%s/x/%s/%s/%s/1", parts[0], parts[2], parts[3], parts[4]);
    g_autofree char *other_start =
        g_strdup_printf ("%s/%s/%s/%s/1/1", parts[0], parts[1], parts[2], parts[3]);
    g_autofree char *no_process =
        g_strdup_printf ("%s/%s/%s/999999999/%s/1", parts[0], parts[1], parts[2], parts[4]);
    g_autofree char *other_container =
        g_strdup_printf ("%s/%s/1/%s/1/1", parts[0], parts[1], parts[3]);
    const char *gone[] = { other_boot, other_start, no_process };

    g_assert_false (lease_owner_is_gone (own, TRUE));
    g_assert_false (lease_owner_is_gone ("elsewhere/x/1/1/1/1", FALSE));
    g_assert_true (lease_owner_is_gone ("elsewhere/x/1/1/1/1", TRUE));
    g_assert_false (lease_owner_is_gone (other_container, FALSE));
    g_assert_true (lease_owner_is_gone (other_container, TRUE));
    g_assert_false (lease_owner_is_gone ("nonsense", TRUE));
    for (guint i = 0; i < G_N_ELEMENTS (gone); i++) {
        g_autoptr (GPtrArray) mine = NULL;
        g_autoptr (GPtrArray) theirs = NULL;

        g_assert_true (lease_owner_is_gone (gone[i], FALSE));
        add (t, "Ocr", NULL, "mine", 0);
        mine = claim (t, own, HOUR_MS, 1);
        add (t, "Ocr", NULL, "theirs", 0);
        theirs = claim (t, gone[i], HOUR_MS, 1);
        lease_return_lost (t->db, timestamp_now_ms (), FALSE, 5, &t->error);
        g_assert_cmpint (count (t).active, ==, 2);
        lease_return_lost (t->db, timestamp_now_ms (), TRUE, 5, &t->error);
        g_assert_cmpint (count (t).active, ==, 1);
        g_assert_cmpstr (claim_one (t, own, NULL), ==, "theirs");
        db_exec (t->db, "DELETE FROM job", DB_NO_ARGS, NULL, &t->error);
    }
}

static void
test_what_is_given_back_was_no_attempt (TestDb *t)
{
    g_autoptr (GPtrArray) leases = NULL;
    QueuedJobs jobs;

    add (t, "Ocr", "k", "1", 0);
    add (t, "Ocr", NULL, "2", 0);
    leases = claim (t, "me", HOUR_MS, 2);
    g_assert_cmpuint (leases->len, ==, 2);
    add (t, "Ocr", "k", "3", 0);
    lease_return_own (t->db, "you", &t->error);
    g_assert_cmpint (count (t).active, ==, 2);
    lease_return_own (t->db, "me", &t->error);
    g_assert_no_error (t->error);
    jobs = list (t, QUEUE_WAITING, NULL, 10);
    g_assert_cmpuint (jobs.n, ==, 2); /* '1' has a twin that waits */
    g_assert_cmpstr (jobs.items[0].data, ==, "2");
    g_assert_cmpint (jobs.items[0].attempt, ==, 0);
}

static void
test_a_paused_queue_starts_nothing (TestDb *t)
{
    const char *names[] = { "ocr", "other" };
    StringList queues = { names, 2 }, due;

    add (t, "Ocr", NULL, "1", 0);
    add (t, "Ocr", NULL, "2", HOUR_MS);
    queue_pause (t->db, "ocr", TRUE, &t->error);
    queue_pause (t->db, "ocr", TRUE, &t->error);
    g_assert_no_error (t->error);
    g_assert_null (claim_one (t, "me", NULL));
    lease_find_due (t->db, t->arena, &queues, &due, &t->error);
    g_assert_cmpuint (due.n, ==, 0);
    g_assert_true (count (t).is_paused);
    g_assert_cmpint (count (t).paused, ==, 1);
    g_assert_cmpint (count (t).delayed, ==, 1);
    g_assert_cmpint (count (t).waiting, ==, 0);
    g_assert_cmpint (list (t, QUEUE_PAUSED, NULL, 10).items[0].state, ==, QUEUE_PAUSED);
    g_assert_cmpuint (list (t, QUEUE_WAITING, NULL, 10).n, ==, 0);
    queue_pause (t->db, "ocr", FALSE, &t->error);
    lease_find_due (t->db, t->arena, &queues, &due, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpuint (due.n, ==, 1);
    g_assert_cmpstr (due.items[0], ==, "ocr");
    g_assert_cmpstr (claim_one (t, "me", NULL), ==, "1");
}

static void
test_the_admin_sees_pages (TestDb *t)
{
    const char *last = NULL;
    gsize n = 0;
    QueuedJobs page;

    for (int i = 0; i < 7; i++) {
        char data[] = { (char) ('0' + i), '\0' };

        add (t, "Ocr", NULL, data, 0);
    }
    g_assert_nonnull (claim_one (t, "me", NULL));
    do {
        page = list (t, QUEUE_WAITING | QUEUE_ACTIVE, last, 3);
        for (gsize i = 0; i < page.n; i++, n++)
            g_assert_cmpint (page.items[i].data[0], ==, '0' + (int) n);
        if (page.n > 0)
            last = page.items[page.n - 1].id;
    } while (page.n == 3);
    g_assert_cmpuint (n, ==, 7);
    g_assert_cmpuint (list (t, QUEUE_ACTIVE, NULL, 100).n, ==, 1);
    g_assert_cmpuint (list (t, QUEUE_FAILED | QUEUE_DELAYED, NULL, 100).n, ==, 0);
}

static void
test_empty_drops_what_waits (TestDb *t)
{
    gint64 n = 0;

    for (int i = 0; i < 4; i++)
        add (t, "Ocr", NULL, "x", i == 3 ? HOUR_MS : 0);
    g_assert_nonnull (claim_one (t, "me", NULL));
    queue_pause (t->db, "ocr", TRUE, &t->error);
    queue_empty (t->db, "ocr", &n, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (n, ==, 2);
    g_assert_cmpint (count (t).active, ==, 1);
    g_assert_cmpint (count (t).delayed, ==, 1);
    g_assert_cmpint (count (t).paused, ==, 0);
}

static void
test_failed_jobs_can_be_tried_again_or_dropped (TestDb *t)
{
    const char *ids[4] = { NULL };
    gint64 n = 0;

    for (int i = 0; i < 4; i++) {
        add (t, "Ocr", i < 2 ? "same" : NULL, "x", 0);
        g_assert_nonnull (claim_one (t, "me", &ids[i]));
        end (t, "fail", ids[i], "me", 0);
    }
    g_assert_cmpint (count (t).failed, ==, 4);
    queue_retry_failed (t->db, "other", NULL, &n, &t->error);
    g_assert_cmpint (n, ==, 0);
    queue_retry_failed (t->db, "ocr", ids[3], &n, &t->error);
    g_assert_cmpint (n, ==, 1);
    g_assert_cmpint (count (t).failed, ==, 3);
    queue_retry_failed (t->db, "ocr", NULL, &n, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (n, ==, 2); /* of the two with one key only one waits */
    g_assert_cmpint (count (t).waiting, ==, 3);
    g_assert_cmpint (count (t).failed, ==, 0);
    g_assert_cmpint (list (t, QUEUE_WAITING, NULL, 1).items[0].attempt, ==, 0);
    g_assert_nonnull (claim_one (t, "me", &ids[0]));
    end (t, "fail", ids[0], "me", 0);
    queue_clear_failed (t->db, "ocr", &n, &t->error);
    g_assert_cmpint (n, ==, 1);
    g_assert_cmpint (count (t).failed, ==, 0);
    g_assert_cmpint (count (t).waiting, ==, 2);
}

static void
test_claiming_uses_the_index (TestDb *t)
{
    const char *plan = NULL;

    if (t->engine != TEST_SQLITE)
        return; /* PostgreSQL reads an empty table without any index */
    db_explain (t->db, t->arena,
                "SELECT j.id FROM job j"
                " WHERE j.queue = $1 AND j.state = 'waiting' AND j.run_after <= $2"
                "   AND NOT EXISTS (SELECT 1 FROM job a WHERE a.name = j.name AND a.key = j.key"
                "                                         AND a.state = 'active')"
                " ORDER BY j.priority, j.run_after, j.id LIMIT 3",
                DB_ARGS (db_text ("ocr"), db_int (1)), &plan, &t->error);
    g_assert_no_error (t->error);
    g_assert_nonnull (strstr (plan, "job_next"));
    g_assert_nonnull (strstr (plan, "job_active"));
    g_assert_null (strstr (plan, "TEMP B-TREE"));
}

void
test_queue_add (void)
{
    static const struct {
        const char *path;
        TestDbCase test;
    } cases[] = {
        { "/queue/a-job-comes-with-its-transaction", test_a_job_comes_with_its_transaction },
        { "/queue/a-leased-job-is-not-claimed-again", test_a_leased_job_is_not_claimed_again },
        { "/queue/jobs-come-in-order", test_jobs_come_in_order },
        { "/queue/a-delayed-job-waits", test_a_delayed_job_waits },
        { "/queue/times-of-a-wrong-clock-are-mended", test_times_of_a_wrong_clock_are_mended },
        { "/queue/a-key-waits-once", test_a_key_waits_once },
        { "/queue/a-key-runs-once", test_a_key_runs_once },
        { "/queue/a-delay-with-a-key-starts-anew", test_a_delay_with_a_key_starts_anew },
        { "/queue/a-retry-keeps-its-reason", test_a_retry_keeps_its_reason },
        { "/queue/a-lost-lease-waits-again", test_a_lost_lease_waits_again },
        { "/queue/a-job-that-ends-every-server-fails", test_a_job_that_ends_every_server_fails },
        { "/queue/a-dead-servers-leases-are-told", test_a_dead_servers_leases_are_told },
        { "/queue/what-is-given-back-was-no-attempt", test_what_is_given_back_was_no_attempt },
        { "/queue/a-paused-queue-starts-nothing", test_a_paused_queue_starts_nothing },
        { "/queue/the-admin-sees-pages", test_the_admin_sees_pages },
        { "/queue/empty-drops-what-waits", test_empty_drops_what_waits },
        { "/queue/failed-jobs-can-be-tried-again-or-dropped",
          test_failed_jobs_can_be_tried_again_or_dropped },
        { "/queue/claiming-uses-the-index", test_claiming_uses_the_index },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        test_db_add (cases[i].path, cases[i].test);
}
