/* What db_recall_one () promises: never older than the last commit that was acknowledged. */
#include "db/test_parts.h"

#include <string.h>

#include "base/error.h"

#define N_READERS 6
#define N_COMMITS 300
#define N_OTHERS 2000 /* more than a thread keeps */

static const char SQL_NAME[] = "SELECT name FROM thing WHERE id = $1";
static const char SQL_THING[] = "SELECT id, name, size FROM thing WHERE id = $1";
static const char SQL_SET_NAME[] = "UPDATE thing SET name = $2 WHERE id = $1";
static const char SQL_SET_SIZE[] = "UPDATE thing SET size = $2 WHERE id = $1";

static void
add_thing (TestDb *t, const char *id, const char *name)
{
    g_assert_true (db_exec (t->db, "INSERT INTO thing (id, name, size) VALUES ($1, $2, 0)",
                            DB_ARGS (db_text (id), db_text (name)), NULL, &t->error));
}

static void
set_name (TestDb *t, Db *db, const char *name)
{
    g_assert_true (
        db_exec (db, SQL_SET_NAME, DB_ARGS (db_text ("a"), db_text (name)), NULL, &t->error));
}

static const char *
recall_name (TestDb *t, Arena *arena, const char *id)
{
    const char *name = NULL;

    g_assert_true (
        db_recall_text (t->db, arena, SQL_NAME, DB_ARGS (db_text (id)), &name, &t->error));
    return name;
}

static Thing
recall_thing (TestDb *t, Arena *arena, const char *id)
{
    Thing thing;

    g_assert_true (db_recall_one (t->db, arena, &thing_type, &thing, SQL_THING,
                                  DB_ARGS (db_text (id)), &t->error));
    return thing;
}

static void
test_is_remembered_until_a_commit (TestDb *t)
{
    const char *first, *again;

    add_thing (t, "a", "one");
    first = recall_name (t, t->arena, "a");
    again = recall_name (t, t->arena, "a");
    g_assert_cmpstr (first, ==, "one");
    g_assert_cmpstr (again, ==, "one");
    if (t->engine == TEST_SQLITE)
        g_assert_true (first == again); /* the same memory: nothing was read */
    g_assert_cmpstr (recall_thing (t, t->arena, "a").name, ==, "one");

    set_name (t, t->db, "two");
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "two");
    g_assert_cmpstr (recall_thing (t, t->arena, "a").name, ==, "two");
    g_assert_cmpstr (first, ==, "one"); /* of the arena that it was read into */

    g_assert_true (db_exec (t->db, "DELETE FROM thing", DB_NO_ARGS, NULL, &t->error));
    g_assert_null (recall_name (t, t->arena, "a"));
    {
        Thing thing;

        g_assert_false (db_recall_one (t->db, t->arena, &thing_type, &thing, SQL_THING,
                                       DB_ARGS (db_text ("a")), &t->error));
        g_assert_error (t->error, APP_ERROR, APP_ERROR_NOT_FOUND);
        g_clear_error (&t->error);
    }
}

/* As an admin command does beside the running server. */
static void
test_another_connection_is_seen (TestDb *t)
{
    g_autoptr (Db) other = NULL;

    add_thing (t, "a", "one");
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "one");
    other = db_open_with (&t->settings, thing_migrations, n_thing_migrations, &t->error);
    g_assert_no_error (t->error);
    set_name (t, other, "two");
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "two");
    g_clear_pointer (&other, db_free); /* moves the log into the file */
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "two");
    set_name (t, t->db, "three");
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "three");
}

static void
test_values_tell_statements_apart (TestDb *t)
{
    add_thing (t, "a", "one");
    add_thing (t, "b", "other");
    for (int i = 0; i < 2; i++) {
        g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "one");
        g_assert_cmpstr (recall_name (t, t->arena, "b"), ==, "other");
        g_assert_cmpstr (recall_thing (t, t->arena, "b").id, ==, "b");
    }
}

static void
test_outlives_its_place (TestDb *t)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *name;

    add_thing (t, "a", "one");
    name = recall_name (t, arena, "a");
    for (int i = 0; i < N_OTHERS; i++) {
        g_autoptr (Arena) brief = arena_new ();

        g_assert_null (recall_name (t, brief, arena_printf (brief, "none-%d", i)));
    }
    g_assert_cmpstr (name, ==, "one");
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "one");
}

static gboolean
change_and_recall (Db *tx, gpointer data, GError **error)
{
    TestDb *t = data;
    const char *name = NULL;

    if (!db_exec (tx, SQL_SET_NAME, DB_ARGS (db_text ("a"), db_text ("two")), NULL, error) ||
        !db_recall_text (tx, t->arena, SQL_NAME, DB_ARGS (db_text ("a")), &name, error))
        return FALSE;
    g_assert_cmpstr (name, ==, "two");
    g_set_error_literal (error, APP_ERROR, APP_ERROR_FORBIDDEN, "changed my mind");
    return FALSE;
}

static void
test_what_was_undone_is_not_remembered (TestDb *t)
{
    add_thing (t, "a", "one");
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "one");
    g_assert_false (db_write (t->db, change_and_recall, t, &t->error));
    g_clear_error (&t->error);
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "one");
}

/* A row callback's thread still reads the state from before the commit: it must not be remembered as
 * the state after it. */
static gboolean
commit_and_recall (const DbRow *row, gpointer data)
{
    TestDb *t = data;

    set_name (t, t->db, "two");
    recall_name (t, t->arena, "a");
    return FALSE;
}

static void
test_an_old_snapshot_is_not_remembered (TestDb *t)
{
    add_thing (t, "a", "one");
    g_assert_true (
        db_each (t->db, "SELECT id FROM thing", DB_NO_ARGS, commit_and_recall, t, &t->error));
    g_assert_cmpstr (recall_name (t, t->arena, "a"), ==, "two");
}

typedef struct {
    TestDb *t;
    gint acknowledged; /* atomic */
    gint is_over;      /* atomic */
} Race;

static gpointer
race_reader (gpointer data)
{
    Race *race = data;

    while (!g_atomic_int_get (&race->is_over)) {
        g_autoptr (Arena) arena = arena_new ();
        g_autoptr (GError) error = NULL;
        gint at_least = g_atomic_int_get (&race->acknowledged);
        Thing thing;

        g_assert_true (db_recall_one (race->t->db, arena, &thing_type, &thing, SQL_THING,
                                      DB_ARGS (db_text ("a")), &error));
        g_assert_cmpint (thing.size, >=, at_least);
    }
    return NULL;
}

static void
test_never_older_than_what_was_acknowledged (TestDb *t)
{
    Race race = { .t = t };
    GThread *threads[N_READERS];

    add_thing (t, "a", "one");
    for (int i = 0; i < N_READERS; i++)
        threads[i] = g_thread_new ("reader", race_reader, &race);
    for (gint i = 1; i <= N_COMMITS; i++) {
        g_assert_true (
            db_exec (t->db, SQL_SET_SIZE, DB_ARGS (db_text ("a"), db_int (i)), NULL, &t->error));
        g_atomic_int_set (&race.acknowledged, i);
    }
    g_atomic_int_set (&race.is_over, 1);
    for (int i = 0; i < N_READERS; i++)
        g_thread_join (threads[i]);
}

void
test_recall_add (void)
{
    static const struct {
        const char *path;
        TestDbCase test;
    } cases[] = {
        { "/recall/is-remembered-until-a-commit", test_is_remembered_until_a_commit },
        { "/recall/another-connection-is-seen", test_another_connection_is_seen },
        { "/recall/values-tell-statements-apart", test_values_tell_statements_apart },
        { "/recall/outlives-its-place", test_outlives_its_place },
        { "/recall/what-was-undone-is-not-remembered", test_what_was_undone_is_not_remembered },
        { "/recall/an-old-snapshot-is-not-remembered", test_an_old_snapshot_is_not_remembered },
        { "/recall/never-older-than-what-was-acknowledged",
          test_never_older_than_what_was_acknowledged },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        test_db_add_with (cases[i].path, thing_migrations, n_thing_migrations, cases[i].test);
}
