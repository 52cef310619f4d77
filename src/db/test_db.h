/* test_db.h -- a fresh database for each test case, on both engines
 *
 *     static void
 *     test_names_are_kept (TestDb *t)
 *     {
 *         g_assert_true (db_exec (t->db, "INSERT ...", DB_NO_ARGS, NULL, &t->error));
 *     }
 *
 *     int
 *     main (int argc, char *argv[])
 *     {
 *         test_db_init (&argc, &argv);
 *         test_db_add ("/names/are-kept", test_names_are_kept);
 *         return test_db_run ();
 *     }
 *
 * SQLite is a file in a temporary folder. PostgreSQL is a cluster that the executable starts for
 * itself when the first case needs it, or the one of the admin connection that
 * TINTYPE_TEST_POSTGRES names; without PostgreSQL's programs its cases are skipped. */
#pragma once
#include "db/migrate.h"

typedef enum { TEST_SQLITE, TEST_POSTGRES } TestEngine;

typedef struct {
    TestEngine engine;
    Db *db;
    Arena *arena;
    GError *error;       /* cleared by the case where it expects one; must be NULL at its end */
    DbSettings settings; /* to open the same database once more */
    char *folder;        /* a temporary one for the case's own files */
    char *location;      /* the settings' own text */
    char *database;      /* PostgreSQL: its name */
} TestDb;

typedef void (*TestDbCase) (TestDb *t);

void test_db_init (int *argc, char ***argv); /* instead of g_test_init () */
int test_db_run (void);                      /* instead of g_test_run (); ends the cluster */

/** Add a case as PATH/sqlite and PATH/postgresql, with the program's own schema. */
void test_db_add (const char *path, TestDbCase test);
/** The same with migrations of the test's own, maybe none. */
void test_db_add_with (const char *path, const DbMigration *migrations, gsize n_migrations,
                       TestDbCase test);

/** For tests with a set-up of their own. @return NULL when the engine is not installed; the case was
 *  skipped then */
TestDb *test_db_new (TestEngine engine, const DbMigration *migrations, gsize n_migrations);
TestDb *test_db_new_unopened (TestEngine engine); /* the database is empty, db is NULL */
void test_db_free (TestDb *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestDb, test_db_free)
