/* Fresh databases for test cases. Those with the program's own schema are copies of a template, which
 * PostgreSQL makes much faster than it runs all migrations. */
#include "db/test_db.h"

#include <libpq-fe.h>
#include <unistd.h>

#include "db/test_postgres.h"

typedef struct {
    TestEngine engine;
    const DbMigration *migrations;
    gsize n_migrations;
    TestDbCase test;
} Case;

static TestPostgres *cluster;   /* the one that this executable started */
static char *template_database; /* of PostgreSQL, with the program's schema */
static guint n_databases;

/* ---- PostgreSQL ---- */

/* An admin connection; NULL when there is no PostgreSQL. */
static const char *
admin_url (void)
{
    const char *given = g_getenv ("TINTYPE_TEST_POSTGRES");

    if (given != NULL && *given != '\0')
        return given;
    if (cluster == NULL && test_postgres_is_installed ())
        cluster = test_postgres_new ();
    return cluster != NULL ? test_postgres_url (cluster) : NULL;
}

static void G_GNUC_PRINTF (1, 2) run_as_admin (const char *format, ...)
{
    g_autofree char *sql = NULL;
    PGconn *connection = PQconnectdb (admin_url ());
    PGresult *result;
    va_list args;

    va_start (args, format);
    sql = g_strdup_vprintf (format, args);
    va_end (args);
    result = PQexec (connection, sql);
    if (PQresultStatus (result) != PGRES_COMMAND_OK)
        g_error ("%s: %s", sql, PQerrorMessage (connection));
    PQclear (result);
    PQfinish (connection);
}

/* The admin connection's parameters with another database. */
static char *
url_of (const char *database)
{
    PQconninfoOption *options = PQconninfoParse (admin_url (), NULL);
    GString *out = g_string_new (NULL);

    g_assert_nonnull (options);
    for (PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val == NULL || g_str_equal (option->keyword, "dbname"))
            continue;
        g_string_append_printf (out, "%s='%s' ", option->keyword, option->val);
    }
    g_string_append_printf (out, "dbname='%s'", database);
    PQconninfoFree (options);
    return g_string_free (out, FALSE);
}

static char *
make_database (const char *copied_from)
{
    char *name = g_strdup_printf ("tintype_test_%d_%u", (int) getpid (), ++n_databases);

    run_as_admin ("CREATE DATABASE %s TEMPLATE %s", name, copied_from);
    return name;
}

static const char *
get_template (void)
{
    g_autofree char *url = NULL;
    g_autoptr (GError) error = NULL;
    Db *db;

    if (template_database != NULL)
        return template_database;
    template_database = make_database ("template0");
    url = url_of (template_database);
    db = db_open (&(DbSettings){ .url = url, .n_connections = 1 }, &error);
    g_assert_no_error (error);
    db_free (db);
    return template_database;
}

/* ---- cases ---- */

static TestDb *
make (TestEngine engine, gboolean with_schema)
{
    TestDb *self = g_new0 (TestDb, 1);

    self->engine = engine;
    if (engine == TEST_POSTGRES && admin_url () == NULL) {
        g_test_skip ("PostgreSQL is not installed");
        g_free (self);
        return NULL;
    }
    self->arena = arena_new ();
    self->folder = g_dir_make_tmp ("tintype-test-XXXXXX", &self->error);
    g_assert_no_error (self->error);
    if (engine == TEST_SQLITE) {
        self->location = g_build_filename (self->folder, "test.db", NULL);
        self->settings.sqlite_path = self->location;
    } else {
        self->database = make_database (with_schema ? get_template () : "template0");
        self->location = url_of (self->database);
        self->settings.url = self->location;
    }
    return self;
}

TestDb *
test_db_new_unopened (TestEngine engine)
{
    return make (engine, FALSE);
}

TestDb *
test_db_new (TestEngine engine, const DbMigration *migrations, gsize n_migrations)
{
    TestDb *self = make (engine, migrations == db_migrations);

    if (self == NULL)
        return NULL;
    self->db = db_open_with (&self->settings, migrations, n_migrations, &self->error);
    g_assert_no_error (self->error);
    return self;
}

void
test_db_free (TestDb *self)
{
    if (self == NULL)
        return;
    g_assert_no_error (self->error);
    db_free (self->db);
    if (self->database != NULL)
        run_as_admin ("DROP DATABASE %s WITH (FORCE)", self->database);
    test_folder_remove (self->folder);
    arena_free (self->arena);
    g_free (self->database);
    g_free (self->location);
    g_free (self->folder);
    g_free (self);
}

static void
run_case (gconstpointer data)
{
    const Case *one = data;
    TestDb *t = test_db_new (one->engine, one->migrations, one->n_migrations);

    if (t == NULL)
        return;
    one->test (t);
    test_db_free (t);
}

void
test_db_add_with (const char *path, const DbMigration *migrations, gsize n_migrations,
                  TestDbCase test)
{
    static const struct {
        TestEngine engine;
        const char *name;
    } engines[] = { { TEST_SQLITE, "sqlite" }, { TEST_POSTGRES, "postgresql" } };

    for (gsize i = 0; i < G_N_ELEMENTS (engines); i++) {
        g_autofree char *full = g_strconcat (path, "/", engines[i].name, NULL);
        Case *one = g_new (Case, 1);

        *one = (Case){ engines[i].engine, migrations, n_migrations, test };
        g_test_add_data_func_full (full, one, run_case, g_free);
    }
}

void
test_db_add (const char *path, TestDbCase test)
{
    test_db_add_with (path, db_migrations, db_n_migrations, test);
}

void
test_db_init (int *argc, char ***argv)
{
    g_test_init (argc, argv, NULL);
}

int
test_db_run (void)
{
    int status = g_test_run ();

    if (template_database != NULL)
        run_as_admin ("DROP DATABASE %s WITH (FORCE)", template_database);
    g_clear_pointer (&template_database, g_free);
    g_clear_pointer (&cluster, test_postgres_free);
    return status;
}
