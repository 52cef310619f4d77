/* What db_write () promises: all or nothing, durable when it returns, seen by all, one at a time. */
#include "db/test_parts.h"

#include <string.h>

#include "base/error.h"

#define N_THREADS 16
#define N_ROUNDS 12

static const char SQL_INSERT[] = "INSERT INTO thing (id, size) VALUES ($1, $2)";

static gboolean
insert (Db *db, const char *id, gint64 size, GError **error)
{
    return db_exec (db, SQL_INSERT, DB_ARGS (db_text (id), db_int (size)), NULL, error);
}

static gboolean
insert_two_then_fail (Db *db, gpointer data, GError **error)
{
    if (!insert (db, "a", 1, error) || !insert (db, "b", 2, error))
        return FALSE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_FORBIDDEN, "changed my mind");
    return FALSE;
}

static void
test_a_failure_undoes_all (TestDb *t)
{
    g_assert_false (db_write (t->db, insert_two_then_fail, NULL, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_FORBIDDEN);
    g_assert_cmpstr (t->error->message, ==, "changed my mind");
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 0);
}

static gboolean
fail_silently (Db *db, gpointer data, GError **error)
{
    return insert (db, "a", 1, error) && FALSE;
}

static void
test_a_silent_failure_is_an_error (TestDb *t)
{
    g_assert_false (db_write (t->db, fail_silently, NULL, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 0);
}

static gboolean
read_own (Db *db, gpointer data, GError **error)
{
    gint64 n = -1;

    if (!insert (db, "a", 1, error) ||
        !db_select_int (db, "SELECT count(*) FROM thing", DB_NO_ARGS, &n, NULL, error))
        return FALSE;
    *(gint64 *) data = n;
    return TRUE;
}

static void
test_a_transaction_reads_its_own_writes (TestDb *t)
{
    gint64 seen = 0;

    g_assert_true (db_write (t->db, read_own, &seen, &t->error));
    g_assert_cmpint (seen, ==, 1);
    g_assert_cmpint (count_things (t->db), ==, 1);
}

typedef struct {
    GMutex lock;
    GCond turn;
    int step; /* 1: inserted, not committed; 2: the reader looked */
    Db *db;
    GError *error;
} Two;

static gboolean
insert_and_hold (Db *db, gpointer data, GError **error)
{
    Two *two = data;

    if (!insert (db, "a", 1, error))
        return FALSE;
    g_mutex_lock (&two->lock);
    two->step = 1;
    g_cond_broadcast (&two->turn);
    while (two->step < 2)
        g_cond_wait (&two->turn, &two->lock);
    g_mutex_unlock (&two->lock);
    return TRUE;
}

static gpointer
write_and_hold (gpointer data)
{
    Two *two = data;

    db_write (two->db, insert_and_hold, two, &two->error);
    return NULL;
}

static void
test_readers_see_what_is_committed (TestDb *t)
{
    Two two = { .db = t->db };
    GThread *thread;

    g_assert_cmpint (count_things (t->db), ==, 0);
    thread = g_thread_new ("writer", write_and_hold, &two);
    g_mutex_lock (&two.lock);
    while (two.step < 1)
        g_cond_wait (&two.turn, &two.lock);
    g_mutex_unlock (&two.lock);
    g_assert_cmpint (count_things (t->db), ==, 0); /* and it did not wait */
    g_mutex_lock (&two.lock);
    two.step = 2;
    g_cond_broadcast (&two.turn);
    g_mutex_unlock (&two.lock);
    g_thread_join (thread);
    g_assert_no_error (two.error);
    g_assert_cmpint (count_things (t->db), ==, 1);
}

typedef struct {
    Db *db;
    int number, round;
    gint *n_after; /* atomic */
    int n_good, n_bad;
} Member;

static void
count_after (gpointer data)
{
    g_atomic_int_inc ((gint *) data);
}

/* Every third member inserts and then breaks a rule. */
static gboolean
run_member (Db *db, gpointer data, GError **error)
{
    Member *self = data;
    char id[32];

    g_snprintf (id, sizeof id, "%d-%d", self->number, self->round);
    db_after_commit (db, count_after, self->n_after, NULL);
    if (!insert (db, id, self->number, error))
        return FALSE;
    return self->number % 3 != 0 || insert (db, id, 0, error);
}

static gpointer
run_members (gpointer data)
{
    Member *self = data;

    for (self->round = 0; self->round < N_ROUNDS; self->round++) {
        g_autoptr (GError) error = NULL;

        if (db_write (self->db, run_member, self, &error)) {
            g_assert_no_error (error);
            self->n_good++;
        } else {
            g_assert_error (error, APP_ERROR, APP_ERROR_CONSTRAINT);
            self->n_bad++;
        }
    }
    return NULL;
}

static void
test_members_of_a_group_fail_alone (TestDb *t)
{
    Member members[N_THREADS] = { 0 };
    GThread *threads[N_THREADS];
    gint n_after = 0;
    int n_good = 0;

    for (int i = 0; i < N_THREADS; i++) {
        members[i] = (Member){ .db = t->db, .number = i, .n_after = &n_after };
        threads[i] = g_thread_new ("member", run_members, &members[i]);
    }
    for (int i = 0; i < N_THREADS; i++) {
        g_thread_join (threads[i]);
        g_assert_cmpint (members[i].n_bad, ==, i % 3 == 0 ? N_ROUNDS : 0);
        n_good += members[i].n_good;
    }
    g_assert_cmpint (n_good, ==, (N_THREADS - (N_THREADS + 2) / 3) * N_ROUNDS);
    g_assert_cmpint (count_things (t->db), ==, n_good);
    g_assert_cmpint (g_atomic_int_get (&n_after), ==, n_good);
}

/* ---- a large one among others ---- */

#define N_STATEMENTS 1000

typedef struct {
    TestDb *t;
    GThread *thread;
    gint is_begun; /* atomic */
    int wait_ms, n_runs;
} Large;

static gboolean
run_large (Db *db, gpointer data, GError **error)
{
    Large *self = data;

    self->n_runs++;
    for (int i = 0; i < N_STATEMENTS; i++)
        if (!db_exec (db, "UPDATE thing SET size = size + 1 WHERE id = 'counter'", DB_NO_ARGS, NULL,
                      error))
            return FALSE;
    return TRUE;
}

static gpointer
write_large (gpointer data)
{
    Large *self = data;
    g_autoptr (GError) error = NULL;

    g_atomic_int_set (&self->is_begun, 1);
    db_write (self->t->db, run_large, self, &error);
    g_assert_no_error (error);
    return NULL;
}

/* The large one comes while this runs, so that it is the second of the group. */
static gboolean
wait_for_large (Db *db, gpointer data, GError **error)
{
    Large *self = data;

    self->thread = g_thread_new ("large", write_large, self);
    while (!g_atomic_int_get (&self->is_begun))
        g_thread_yield ();
    g_usleep ((gulong) self->wait_ms * 1000);
    return TRUE;
}

static void
test_a_large_one_has_a_transaction_of_its_own (TestDb *t)
{
    Large large = { .t = t };
    gint64 size = 0;
    int expected = 0;

    if (t->engine != TEST_SQLITE)
        return; /* there each has its own anyway */
    g_assert_true (insert (t->db, "counter", 0, &t->error));
    /* longer each time, until it came in time */
    for (large.wait_ms = 1; large.n_runs != 2; large.wait_ms *= 2) {
        g_assert_cmpint (large.wait_ms, <, 10000);
        large.is_begun = large.n_runs = 0;
        g_assert_true (db_write (t->db, wait_for_large, &large, &t->error));
        g_thread_join (large.thread);
        expected += N_STATEMENTS;
    }
    g_assert_true (db_select_int (t->db, "SELECT size FROM thing WHERE id = 'counter'", DB_NO_ARGS,
                                  &size, NULL, &t->error));
    g_assert_cmpint (size, ==, expected);
}

/* Read, then write what follows from it: nobody may come in between. */
static gboolean
increment (Db *db, gpointer data, GError **error)
{
    gint64 size = 0;

    return db_select_int (db, "SELECT size FROM thing WHERE id = 'counter'", DB_NO_ARGS, &size,
                          NULL, error) &&
           db_exec (db, "UPDATE thing SET size = $1 WHERE id = 'counter'",
                    DB_ARGS (db_int (size + 1)), NULL, error);
}

static gpointer
increment_often (gpointer data)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        g_autoptr (GError) error = NULL;

        db_write (data, increment, NULL, &error);
        g_assert_no_error (error);
    }
    return NULL;
}

static void
test_no_update_is_lost (TestDb *t)
{
    GThread *threads[N_THREADS];
    gint64 size = 0;

    g_assert_true (insert (t->db, "counter", 0, &t->error));
    for (int i = 0; i < N_THREADS; i++)
        threads[i] = g_thread_new ("increment", increment_often, t->db);
    for (int i = 0; i < N_THREADS; i++)
        g_thread_join (threads[i]);
    db_select_int (t->db, "SELECT size FROM thing", DB_NO_ARGS, &size, NULL, &t->error);
    g_assert_cmpint (size, ==, N_THREADS * N_ROUNDS);
}

static void
append (gpointer data)
{
    const char *text = data;

    g_string_append (*(GString **) (text + 8), text);
}

/* A callback's data: a text of up to 7 characters, and behind it where to append that. */
static void
add_callback (Db *db, const char *text, GString *log)
{
    char *data = g_malloc0 (8 + sizeof log);

    g_strlcpy (data, text, 8);
    memcpy (data + 8, &log, sizeof log);
    db_after_commit (db, append, data, g_free);
}

static gboolean
call_back_twice (Db *db, gpointer data, GError **error)
{
    add_callback (db, "one ", data);
    add_callback (db, "two ", data);
    return insert (db, "a", 1, error);
}

static void
test_callbacks_run_after_the_commit (TestDb *t)
{
    g_autoptr (GString) log = g_string_new (NULL);

    g_assert_true (db_write (t->db, call_back_twice, log, &t->error));
    g_assert_cmpstr (log->str, ==, "one two ");
    g_assert_false (db_write (t->db, call_back_twice, log, &t->error)); /* 'a' is there already */
    g_assert_error (t->error, APP_ERROR, APP_ERROR_CONSTRAINT);
    g_clear_error (&t->error);
    g_assert_cmpstr (log->str, ==, "one two ");
}

static void
expect_failure (TestDb *t, AppErrorCode code, const char *part, const char *sql)
{
    g_assert_false (db_exec (t->db, sql, DB_NO_ARGS, NULL, &t->error));
    g_assert_error (t->error, APP_ERROR, (int) code);
    if (strstr (t->error->message, part) == NULL)
        g_error ("'%s' does not name '%s'", t->error->message, part);
    g_clear_error (&t->error);
}

static void
expect_constraint (TestDb *t, const char *part, const char *sql)
{
    expect_failure (t, APP_ERROR_CONSTRAINT, part, sql);
}

static void
test_a_broken_constraint_is_named (TestDb *t)
{
    g_assert_true (insert (t->db, "a", 1, &t->error));
    expect_constraint (t, "UNIQUE constraint failed: thing.id",
                       "INSERT INTO thing (id) VALUES ('a')");
    /* no other request can be the reason of this */
    expect_failure (t, APP_ERROR_DB, "NOT NULL constraint failed: part.thing_id",
                    "INSERT INTO part (id) VALUES (1)");
    expect_constraint (t, "FOREIGN KEY constraint failed",
                       "INSERT INTO part (id, thing_id) VALUES (1, 'b')");
    expect_failure (t, APP_ERROR_DB, "weight_is_positive",
                    "INSERT INTO part (id, thing_id, weight) VALUES (1, 'a', -1)");
    db_exec (t->db, "INSERT INTO part (id, thing_id, weight) VALUES (1, 'a', 3)", DB_NO_ARGS, NULL,
             &t->error);
    g_assert_no_error (t->error);
    expect_constraint (t, "part.thing_id, part.weight",
                       "INSERT INTO part (id, thing_id, weight) VALUES (2, 'a', 3)");
    expect_constraint (t, "FOREIGN KEY constraint failed", "DELETE FROM thing");
    /* only found out at the end of the transaction */
    expect_constraint (t, "FOREIGN KEY constraint failed",
                       "INSERT INTO part (id, thing_id, later_id) VALUES (3, 'a', 'none')");
}

static gboolean
pass_over (Db *db, gpointer data, GError **error)
{
    if (insert (db, "a", 1, NULL) && !insert (db, "a", 1, NULL))
        insert (db, "b", 1, NULL);
    return TRUE;
}

static void
test_a_failure_cannot_be_passed_over (TestDb *t)
{
    g_assert_false (db_write (t->db, pass_over, NULL, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_CONSTRAINT);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 0);
    g_assert_true (insert (t->db, "c", 1, &t->error));
}

typedef struct {
    Db *outer;
    gboolean is_read;
} Nested;

static gboolean
use_the_outer (Db *db, gpointer data, GError **error)
{
    Nested *nested = data;
    gint64 n;

    if (nested->is_read)
        return db_select_int (nested->outer, "SELECT 1", DB_NO_ARGS, &n, NULL, error);
    return insert (nested->outer, "a", 1, error);
}

static gboolean
nest (Db *db, gpointer data, GError **error)
{
    return db_write (db, use_the_outer, data, error);
}

static void
test_transactions_do_not_nest (TestDb *t)
{
    const DbRun runs[] = { use_the_outer, use_the_outer, nest };

    for (guint i = 0; i < G_N_ELEMENTS (runs); i++) {
        Nested nested = { t->db, i == 1 };

        g_assert_false (db_write (t->db, runs[i], &nested, &t->error));
        g_assert_error (t->error, APP_ERROR, APP_ERROR_INTERNAL);
        g_clear_error (&t->error);
    }
    g_assert_cmpint (count_things (t->db), ==, 0);
}

static gboolean
commit_early (Db *db, gpointer data, GError **error)
{
    return insert (db, "a", 1, error) && db_exec (db, data, DB_NO_ARGS, NULL, error) && FALSE;
}

static void
test_a_function_cannot_end_its_transaction (TestDb *t)
{
    g_assert_false (db_write (t->db, commit_early, (char *) "COMMIT", &t->error));
    g_assert_nonnull (t->error);
    g_clear_error (&t->error);
    g_assert_false (db_write (t->db, commit_early, (char *) "ROLLBACK", &t->error));
    g_assert_nonnull (t->error);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 0);
    g_assert_true (insert (t->db, "b", 1, &t->error));
    g_assert_cmpint (count_things (t->db), ==, 1);
}

static gboolean
insert_returning (Db *db, gpointer data, GError **error)
{
    return db_select_int (db, "INSERT INTO thing (id, size) VALUES ('r', 5) RETURNING size",
                          DB_NO_ARGS, data, NULL, error);
}

static void
test_exec_counts_the_rows (TestDb *t)
{
    gint64 n = -1;

    for (char id[] = "a"; id[0] <= 'e'; id[0]++)
        g_assert_true (insert (t->db, id, id[0] - 'a', &t->error));
    g_assert_true (db_exec (t->db, "UPDATE thing SET size = 9 WHERE size > $1",
                            DB_ARGS (db_int (1)), &n, &t->error));
    g_assert_cmpint (n, ==, 3);
    g_assert_true (
        db_exec (t->db, "DELETE FROM thing WHERE id = 'none'", DB_NO_ARGS, &n, &t->error));
    g_assert_cmpint (n, ==, 0);
    g_assert_true (db_exec (t->db,
                            "INSERT INTO thing (id) VALUES ('a'), ('z') ON CONFLICT DO NOTHING",
                            DB_NO_ARGS, &n, &t->error));
    g_assert_cmpint (n, ==, 1);
    g_assert_true (
        db_exec (t->db, "UPDATE thing SET size = 1 RETURNING id", DB_NO_ARGS, &n, &t->error));
    g_assert_cmpint (n, ==, 6);
    g_assert_true (db_write (t->db, insert_returning, &n, &t->error));
    g_assert_cmpint (n, ==, 5);
    g_assert_cmpint (count_things (t->db), ==, 7);
}

static gpointer
read_and_end (gpointer data)
{
    count_things (data);
    return NULL;
}

static void
test_threads_come_and_go (TestDb *t)
{
    for (int round = 0; round < 10; round++) {
        GThread *threads[4];

        for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
            threads[i] = g_thread_new ("reader", read_and_end, t->db);
        for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
            g_thread_join (threads[i]);
    }
}

static void
test_it_is_there_after_a_restart (TestDb *t)
{
    g_assert_true (insert (t->db, "a", 1, &t->error));
    g_assert_cmpint (count_things (t->db), ==, 1);
    db_free (t->db);
    t->db = db_open_with (&t->settings, thing_migrations, n_thing_migrations, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (count_things (t->db), ==, 1);
}

void
test_writes_add (void)
{
    static const struct {
        const char *path;
        TestDbCase test;
    } cases[] = {
        { "/writes/a-failure-undoes-all", test_a_failure_undoes_all },
        { "/writes/a-silent-failure-is-an-error", test_a_silent_failure_is_an_error },
        { "/writes/a-transaction-reads-its-own-writes", test_a_transaction_reads_its_own_writes },
        { "/writes/readers-see-what-is-committed", test_readers_see_what_is_committed },
        { "/writes/members-of-a-group-fail-alone", test_members_of_a_group_fail_alone },
        { "/writes/a-large-one-has-a-transaction-of-its-own",
          test_a_large_one_has_a_transaction_of_its_own },
        { "/writes/no-update-is-lost", test_no_update_is_lost },
        { "/writes/callbacks-run-after-the-commit", test_callbacks_run_after_the_commit },
        { "/writes/a-broken-constraint-is-named", test_a_broken_constraint_is_named },
        { "/writes/a-failure-cannot-be-passed-over", test_a_failure_cannot_be_passed_over },
        { "/writes/transactions-do-not-nest", test_transactions_do_not_nest },
        { "/writes/a-function-cannot-end-its-transaction",
          test_a_function_cannot_end_its_transaction },
        { "/writes/exec-counts-the-rows", test_exec_counts_the_rows },
        { "/writes/threads-come-and-go", test_threads_come_and_go },
        { "/writes/it-is-there-after-a-restart", test_it_is_there_after_a_restart },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        test_db_add_with (cases[i].path, thing_migrations, n_thing_migrations, cases[i].test);
}
