/* Databases come up to date, once, whole or not at all; newer ones are left alone. */
#include "db/test_parts.h"

#include <string.h>

#include "base/error.h"

static const DbMigration two[] = {
    { 1, "first", "CREATE TABLE first (id BIGINT PRIMARY KEY);\n" },
    { 5, "second",
      "CREATE TABLE second (id BIGINT PRIMARY KEY);\nINSERT INTO first VALUES (1);\n" },
};
static const DbMigration three[] = {
    { 1, "first", "this must not run again" },
    { 5, "second", "this must not run again" },
    { 6, "third", "INSERT INTO first VALUES (2);\nINSERT INTO second VALUES (3);\n" },
};
static const DbMigration broken[] = {
    { 1, "first", "CREATE TABLE first (id BIGINT PRIMARY KEY);\n" },
    { 2, "broken", "CREATE TABLE third (id BIGINT);\nINSERT INTO no_such_table VALUES (1);\n" },
};

static Db *
open_with (TestDb *t, const DbMigration *migrations, gsize n)
{
    return db_open_with (&t->settings, migrations, n, &t->error);
}

static gint64
get_int (Db *db, const char *sql)
{
    g_autoptr (GError) error = NULL;
    gint64 n = -1;

    db_select_int (db, sql, DB_NO_ARGS, &n, NULL, &error);
    g_assert_no_error (error);
    return n;
}

static void
test_only_what_is_missing_runs (TestDb *t)
{
    db_free (t->db);
    t->db = open_with (t, two, G_N_ELEMENTS (two));
    g_assert_no_error (t->error);
    g_assert_cmpint (get_int (t->db, "SELECT sum(id) FROM first"), ==, 1);
    db_free (t->db);
    t->db = open_with (t, three, G_N_ELEMENTS (three));
    g_assert_no_error (t->error);
    g_assert_cmpint (get_int (t->db, "SELECT sum(id) FROM first"), ==, 3);
    g_assert_cmpint (get_int (t->db, "SELECT max(id) FROM second"), ==, 3);
    g_assert_cmpint (get_int (t->db, "SELECT count(*) FROM migration WHERE name = 'third'"), ==, 1);
    g_assert_cmpint (get_int (t->db, "SELECT max(number) FROM migration"), ==, 6);
}

static void
test_a_newer_database_is_refused (TestDb *t)
{
    db_free (t->db);
    t->db = open_with (t, two, G_N_ELEMENTS (two));
    g_assert_no_error (t->error);
    g_assert_null (open_with (t, two, 1));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_CONFIG);
    g_assert_nonnull (strstr (t->error->message, "0005-second"));
    g_clear_error (&t->error);
}

static void
test_a_failing_migration_undoes_all (TestDb *t)
{
    g_assert_null (open_with (t, broken, G_N_ELEMENTS (broken)));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_DB);
    g_assert_nonnull (strstr (t->error->message, "0002-broken"));
    g_clear_error (&t->error);
    g_assert_cmpint (get_int (t->db, "SELECT count(*) FROM migration"), ==, 0);
    /* 'first' was undone too, or it could not be made now */
    db_free (t->db);
    t->db = open_with (t, two, G_N_ELEMENTS (two));
    g_assert_no_error (t->error);
}

typedef struct {
    const DbSettings *settings;
    Db *db;
    GError *error;
} Opening;

static gpointer
open_in_thread (gpointer data)
{
    Opening *self = data;

    self->db = db_open (self->settings, &self->error);
    return NULL;
}

static void
test_several_servers_may_start_at_once (gconstpointer data)
{
    g_autoptr (TestDb) t = test_db_new_unopened ((TestEngine) GPOINTER_TO_INT (data));
    Opening openings[4] = { 0 };
    GThread *threads[G_N_ELEMENTS (openings)];

    if (t == NULL)
        return;
    for (guint i = 0; i < G_N_ELEMENTS (openings); i++) {
        openings[i].settings = &t->settings;
        threads[i] = g_thread_new ("server", open_in_thread, &openings[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS (openings); i++) {
        g_thread_join (threads[i]);
        g_assert_no_error (openings[i].error);
    }
    for (guint i = 0; i < G_N_ELEMENTS (openings); i++) {
        g_assert_cmpint (get_int (openings[i].db, "SELECT count(*) FROM migration"), ==,
                         (gint64) db_n_migrations);
        db_free (openings[i].db);
    }
}

static void
test_the_schema_applies (TestDb *t)
{
    g_assert_cmpuint (db_n_migrations, >, 0);
    g_assert_cmpint (get_int (t->db, "SELECT count(*) FROM users"), ==, 0);
    g_assert_true (g_str_has_prefix (db_engine_version (t->db),
                                     t->engine == TEST_SQLITE ? "SQLite 3." : "PostgreSQL 1"));
    g_assert_true (db_is_sqlite (t->db) == (t->engine == TEST_SQLITE));
    g_assert_true (db_is_writable (t->db));
}

static void
test_foreign_keys_are_on_again (TestDb *t)
{
    g_assert_false (db_exec (t->db, "INSERT INTO part (id, thing_id) VALUES (1, 'none')",
                             DB_NO_ARGS, NULL, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_CONSTRAINT);
    g_clear_error (&t->error);
}

static void
test_a_migration_may_not_leave_loose_ends (TestDb *t)
{
    static const DbMigration loose[] = {
        { 1, "loose",
          "CREATE TABLE a (id BIGINT PRIMARY KEY);\n"
          "CREATE TABLE b (a_id BIGINT REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);\n"
          "INSERT INTO b VALUES (7);\n" },
    };

    g_assert_null (open_with (t, loose, 1));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_CONSTRAINT);
    g_clear_error (&t->error);
}

/* What is asked before an update may take its time; only the transaction itself can tell whether it may. */
static void
test_an_update_may_stand_still (TestDb *t)
{
    static const DbMigration patient[] = {
        { 1, "patient",
          "CREATE TABLE patience (text TEXT);\n"
          "-- @sqlite\n"
          "INSERT INTO patience VALUES ('0');\n"
          "-- @postgresql\n"
          "INSERT INTO patience VALUES (current_setting ('idle_in_transaction_session_timeout'));\n"
          "-- @end\n" },
    };

    db_free (t->db);
    t->db = open_with (t, patient, 1);
    g_assert_no_error (t->error);
    g_assert_cmpint (get_int (t->db, "SELECT count(*) FROM patience WHERE text = '0'"), ==, 1);
}

static void
test_dialects_are_told_apart (void)
{
    static const DbMigration migration = { 7, "mixed", "-- @ note" };
    static const DbMigration good = { 7, "mixed",
                                      "a\n-- @sqlite\nb\n-- @postgresql\nc\n-- @end\nd" };
    static const char *const bad[] = { "-- @end\n", "-- @sqlite\n", "-- @mysql\n-- @end\n",
                                       "-- @sqlite3\n-- @end\n" };
    g_autoptr (GError) error = NULL;
    g_autofree char *sqlite = migrate_dialect (&good, TRUE, &error);
    g_autofree char *postgresql = migrate_dialect (&good, FALSE, &error);

    g_assert_cmpstr (sqlite, ==, "a\nb\nd");
    g_assert_cmpstr (postgresql, ==, "a\nc\nd");
    g_assert_null (migrate_dialect (&migration, TRUE, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INTERNAL);
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        DbMigration one = { 7, "bad", bad[i] };

        g_clear_error (&error);
        g_assert_null (migrate_dialect (&one, TRUE, &error));
        g_assert_error (error, APP_ERROR, APP_ERROR_INTERNAL);
    }
}

void
test_migrate_add (void)
{
    g_test_add_func ("/migrate/dialects-are-told-apart", test_dialects_are_told_apart);
    test_db_add_with ("/migrate/only-what-is-missing-runs", NULL, 0,
                      test_only_what_is_missing_runs);
    test_db_add_with ("/migrate/a-newer-database-is-refused", NULL, 0,
                      test_a_newer_database_is_refused);
    test_db_add_with ("/migrate/a-failing-migration-undoes-all", NULL, 0,
                      test_a_failing_migration_undoes_all);
    test_db_add_with ("/migrate/foreign-keys-are-on-again", thing_migrations, n_thing_migrations,
                      test_foreign_keys_are_on_again);
    test_db_add_with ("/migrate/a-migration-may-not-leave-loose-ends", NULL, 0,
                      test_a_migration_may_not_leave_loose_ends);
    test_db_add_with ("/migrate/an-update-may-stand-still", NULL, 0,
                      test_an_update_may_stand_still);
    test_db_add ("/migrate/the-schema-applies", test_the_schema_applies);
    g_test_add_data_func ("/migrate/several-servers-may-start-at-once/sqlite",
                          GINT_TO_POINTER (TEST_SQLITE), test_several_servers_may_start_at_once);
    g_test_add_data_func ("/migrate/several-servers-may-start-at-once/postgresql",
                          GINT_TO_POINTER (TEST_POSTGRES), test_several_servers_may_start_at_once);
}
