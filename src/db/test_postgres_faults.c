/* A PostgreSQL that goes away and comes back. These cases have a cluster of their own. */
#include <string.h>

#include "base/error.h"
#include "db/test_parts.h"
#include "db/test_postgres.h"

typedef struct {
    TestPostgres *cluster;
    Db *db;
    GError *error;
} Fixture;

static gboolean
set_up (Fixture *self)
{
    DbSettings settings = { 0 };

    memset (self, 0, sizeof *self);
    if (!test_postgres_is_installed ()) {
        g_test_skip ("PostgreSQL is not installed");
        return FALSE;
    }
    self->cluster = test_postgres_new ();
    settings.url = test_postgres_url (self->cluster);
    self->db = db_open_with (&settings, thing_migrations, n_thing_migrations, &self->error);
    g_assert_no_error (self->error);
    return TRUE;
}

static void
tear_down (Fixture *self)
{
    g_assert_no_error (self->error);
    db_free (self->db);
    test_postgres_free (self->cluster);
}

static gpointer
count_in_thread (gpointer data)
{
    count_things (data);
    return NULL;
}

/* Several connections in the pool, each with prepared statements. */
static void
warm (Db *db)
{
    GThread *threads[6];

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("warm", count_in_thread, db);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
}

static gboolean
insert (Db *db, const char *id, GError **error)
{
    return db_exec (db, "INSERT INTO thing (id) VALUES ($1)", DB_ARGS (db_text (id)), NULL, error);
}

typedef struct {
    Fixture *fixture;
    int n_runs;
} Interrupted;

static gboolean
insert_through_a_restart (Db *db, gpointer data, GError **error)
{
    Interrupted *self = data;

    if (!insert (db, "before", error))
        return FALSE;
    if (self->n_runs++ == 0) {
        test_postgres_stop (self->fixture->cluster);
        test_postgres_start (self->fixture->cluster);
    }
    return insert (db, "after", error);
}

static gboolean
insert_ends_connection (Db *db, gpointer data, GError **error)
{
    ++*(int *) data;
    return insert (db, "a", error);
}

static void
test_a_restart_is_survived (void)
{
    Fixture f;
    Interrupted interrupted = { &f, 0 };

    if (!set_up (&f))
        return;
    /* reads, then writes, on connections that are all broken */
    g_assert_true (insert (f.db, "1", &f.error));
    warm (f.db);
    test_postgres_stop (f.cluster);
    test_postgres_start (f.cluster);
    g_assert_cmpint (count_things (f.db), ==, 1);
    warm (f.db);
    test_postgres_stop (f.cluster);
    test_postgres_start (f.cluster);
    g_assert_true (insert (f.db, "2", &f.error));
    g_assert_cmpint (count_things (f.db), ==, 2);

    /* in the middle of a transaction, before its end was asked for */
    g_assert_true (db_write (f.db, insert_through_a_restart, &interrupted, &f.error));
    g_assert_cmpint (interrupted.n_runs, ==, 2);
    g_assert_cmpint (count_things (f.db), ==, 4);
    tear_down (&f);
}

static void
test_while_it_is_away_writes_fail_clearly (void)
{
    Fixture f;
    gint64 n;

    if (!set_up (&f))
        return;
    warm (f.db);
    test_postgres_stop (f.cluster);
    g_assert_false (insert (f.db, "1", &f.error));
    g_assert_error (f.error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&f.error);
    g_assert_false (db_select_int (f.db, "SELECT 1", DB_NO_ARGS, &n, NULL, &f.error));
    g_assert_error (f.error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    /* callers read the first line: where the database is, is not theirs to know */
    g_assert_true (g_str_has_prefix (f.error->message, "cannot connect to PostgreSQL\n"));
    g_clear_error (&f.error);
    test_postgres_start (f.cluster);
    g_assert_true (insert (f.db, "1", &f.error));
    g_assert_cmpint (count_things (f.db), ==, 1);
    tear_down (&f);
}

/* A trigger that runs at the commit cuts its own connection. */
static const DbMigration cut_at_commit[] = {
    { 1, "cut",
      "CREATE TABLE thing (id TEXT PRIMARY KEY);\n"
      "CREATE FUNCTION cut () RETURNS TRIGGER LANGUAGE plpgsql AS $$\n"
      "BEGIN PERFORM pg_terminate_backend (pg_backend_pid ()); RETURN NULL; END $$;\n"
      "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED\n"
      "    FOR EACH ROW EXECUTE FUNCTION cut ();\n" },
};

static void
test_an_unknown_outcome_is_not_tried_again (void)
{
    g_autoptr (TestDb) t = test_db_new (TEST_POSTGRES, cut_at_commit, 1);
    int n_runs = 0;

    if (t == NULL)
        return;
    g_assert_false (db_write (t->db, insert_ends_connection, &n_runs, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_UNSURE);
    g_assert_nonnull (strstr (t->error->message, "may or may not"));
    g_assert_true (db_is_unsure (t->db, t->error));
    g_clear_error (&t->error);
    g_assert_cmpint (n_runs, ==, 1);
    g_assert_cmpint (count_things (t->db), ==, 0); /* and the pool is good again */
}

typedef struct {
    Db *other;
    int n_runs;
    gboolean asks; /* whether it is there already */
} Late;

static gboolean
insert_after_another (Db *db, gpointer data, GError **error)
{
    Late *self = data;
    gint64 n = 0;

    if (self->asks &&
        !db_select_int (db, "SELECT count(*) FROM thing", DB_NO_ARGS, &n, NULL, error))
        return FALSE;
    if (self->n_runs++ == 0 && !insert (self->other, "a", error))
        return FALSE;
    return n > 0 || insert (db, "a", error);
}

/* What it asked before could not see what the other one had added; the key does. */
static void
test_who_comes_late_looks_again (void)
{
    g_autoptr (TestDb) t = test_db_new (TEST_POSTGRES, thing_migrations, n_thing_migrations);
    g_autoptr (Db) other = NULL;
    Late late = { .asks = TRUE };

    if (t == NULL)
        return;
    other = db_open_with (&t->settings, thing_migrations, n_thing_migrations, &t->error);
    g_assert_no_error (t->error);
    late.other = other;
    g_assert_true (db_write (t->db, insert_after_another, &late, &t->error));
    g_assert_no_error (t->error);
    g_assert_cmpint (late.n_runs, ==, 2);

    late.n_runs = 1; /* who does not ask is refused, and not for ever */
    late.asks = FALSE;
    g_assert_false (db_write (t->db, insert_after_another, &late, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_CONSTRAINT);
    g_clear_error (&t->error);
    g_assert_cmpint (late.n_runs, ==, 3);
    g_assert_cmpint (count_things (t->db), ==, 1);
}

static const DbMigration slow_migrations[] = {
    { 1, "slow", "CREATE TABLE thing (id TEXT PRIMARY KEY);\n SELECT pg_sleep (2.5);\n" },
};

static gboolean
insert_slowly (Db *db, gpointer data, GError **error)
{
    return insert (db, "a", error) && db_exec (db, "SELECT pg_sleep (30)", DB_NO_ARGS, NULL, error);
}

typedef struct {
    Db *other;
    GError *why;
} Locking;

static gboolean
lock_and_insert_elsewhere (Db *db, gpointer data, GError **error)
{
    Locking *self = data;

    if (!db_exec (db, "LOCK TABLE thing", DB_NO_ARGS, NULL, error))
        return FALSE;
    g_assert_false (insert (self->other, "a", &self->why));
    return TRUE;
}

/* An administrator's limits hold for requests, which are to come again, and not for updates. */
static void
test_time_limits_of_the_database_are_told (void)
{
    g_autoptr (TestDb) t = test_db_new_unopened (TEST_POSTGRES);
    g_autofree char *url = NULL;
    g_autoptr (Db) other = NULL;
    Locking locking = { 0 };

    if (t == NULL)
        return;
    url = g_strdup_printf ("%s options='-c statement_timeout=2000 -c lock_timeout=1000'",
                           t->settings.url);
    t->settings.url = url;
    t->db = db_open_with (&t->settings, slow_migrations, G_N_ELEMENTS (slow_migrations), &t->error);
    g_assert_no_error (t->error);
    g_assert_false (db_write (t->db, insert_slowly, NULL, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_assert_false (db_is_unsure (t->db, t->error));
    g_clear_error (&t->error);

    other = db_open_with (&t->settings, slow_migrations, G_N_ELEMENTS (slow_migrations), &t->error);
    g_assert_no_error (t->error);
    locking.other = other;
    g_assert_true (db_write (t->db, lock_and_insert_elsewhere, &locking, &t->error));
    g_assert_error (locking.why, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&locking.why);
    g_assert_cmpint (count_things (t->db), ==, 0);
    g_assert_true (insert (t->db, "a", &t->error));
    g_assert_no_error (t->error);
}

static void
test_a_bad_url_is_named (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (db_open (&(DbSettings){ .url = "postgresql://[" }, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
    g_clear_error (&error);
    g_assert_null (db_open (&(DbSettings){ .url = "postgresql:///x?host=/nonexistent" }, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE);
}

void
test_postgres_faults_add (void)
{
    g_test_add_func ("/postgres/a-restart-is-survived", test_a_restart_is_survived);
    g_test_add_func ("/postgres/while-it-is-away-writes-fail-clearly",
                     test_while_it_is_away_writes_fail_clearly);
    g_test_add_func ("/postgres/an-unknown-outcome-is-not-tried-again",
                     test_an_unknown_outcome_is_not_tried_again);
    g_test_add_func ("/postgres/who-comes-late-looks-again", test_who_comes_late_looks_again);
    g_test_add_func ("/postgres/time-limits-of-the-database-are-told",
                     test_time_limits_of_the_database_are_told);
    g_test_add_func ("/postgres/a-bad-url-is-named", test_a_bad_url_is_named);
}
