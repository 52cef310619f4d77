/* Starting and ending a PostgreSQL cluster for tests. */
#include "db/test_postgres.h"

#include <glib/gstdio.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_TIMEOUT_S 60

struct _TestPostgres {
    char *folder; /* of the socket and of data/ */
    char *url;
    GPid pid;
};

/* The folder of PostgreSQL's programs: the newest version that Debian installed, or that of PATH. */
static char *
find_programs (void)
{
    g_autofree char *in_path = g_find_program_in_path ("initdb");
    g_autoptr (GDir) dir = g_dir_open ("/usr/lib/postgresql", 0, NULL);
    const char *name;
    int newest = 0;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        newest = MAX (newest, atoi (name));
    if (newest > 0) {
        g_autofree char *folder = g_strdup_printf ("/usr/lib/postgresql/%d/bin", newest);
        g_autofree char *initdb = g_build_filename (folder, "initdb", NULL);

        if (g_file_test (initdb, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer (&folder);
    }
    return in_path != NULL ? g_path_get_dirname (in_path) : NULL;
}

gboolean
test_postgres_is_installed (void)
{
    g_autofree char *programs = find_programs ();

    return programs != NULL && (geteuid () != 0 || getpwnam ("postgres") != NULL);
}

void
test_folder_remove (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *inner = g_build_filename (path, name, NULL);

        if (g_file_test (inner, G_FILE_TEST_IS_DIR) && !g_file_test (inner, G_FILE_TEST_IS_SYMLINK))
            test_folder_remove (inner);
        else
            g_unlink (inner);
    }
    g_rmdir (path);
}

/* In the child: become the unprivileged user, and die with the test even if that is killed. */
static void
drop_privileges (gpointer data)
{
    const struct passwd *user = data;

    if (user != NULL &&
        (setgroups (0, NULL) != 0 || setgid (user->pw_gid) != 0 || setuid (user->pw_uid) != 0))
        _exit (127);
    prctl (PR_SET_PDEATHSIG, SIGINT);
}

static const struct passwd *
unprivileged_user (void)
{
    return geteuid () == 0 ? getpwnam ("postgres") : NULL;
}

static void
run_initdb (TestPostgres *self, const char *programs)
{
    g_autofree char *program = g_build_filename (programs, "initdb", NULL);
    g_autofree char *data = g_build_filename (self->folder, "data", NULL);
    g_autofree char *out = NULL, *err = NULL;
    g_autoptr (GError) error = NULL;
    char *argv[] = { program,
                     (char *) "-D",
                     data,
                     (char *) "-U",
                     (char *) "tintype",
                     (char *) "-A",
                     (char *) "trust",
                     (char *) "-E",
                     (char *) "UTF8",
                     (char *) "--locale=C.UTF-8",
                     (char *) "--no-sync",
                     NULL };
    int status = 0;

    g_spawn_sync (self->folder, argv, NULL, 0, drop_privileges, (gpointer) unprivileged_user (),
                  &out, &err, &status, &error);
    g_assert_no_error (error);
    if (status != 0)
        g_error ("initdb failed: %s%s", out, err);
}

static gboolean
is_up (TestPostgres *self)
{
    PGconn *connection = PQconnectdb (self->url);
    gboolean ok = PQstatus (connection) == CONNECTION_OK;

    PQfinish (connection);
    return ok;
}

void
test_postgres_start (TestPostgres *self)
{
    g_autofree char *programs = find_programs ();
    g_autofree char *program = g_build_filename (programs, "postgres", NULL);
    g_autofree char *data = g_build_filename (self->folder, "data", NULL);
    g_autoptr (GError) error = NULL;
    gint64 until = g_get_monotonic_time () + START_TIMEOUT_S * G_TIME_SPAN_SECOND;
    char *argv[] = { program,
                     (char *) "-D",
                     data,
                     (char *) "-k",
                     self->folder,
                     (char *) "-c",
                     (char *) "listen_addresses=",
                     (char *) "-c",
                     (char *) "fsync=off",
                     (char *) "-c",
                     (char *) "full_page_writes=off",
                     (char *) "-c",
                     (char *) "max_connections=100",
                     (char *) "-c",
                     (char *) "shared_buffers=32MB",
                     (char *) "-c",
                     (char *) "log_min_messages=panic",
                     NULL };

    g_spawn_async (self->folder, argv, NULL,
                   G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                       G_SPAWN_STDERR_TO_DEV_NULL,
                   drop_privileges, (gpointer) unprivileged_user (), &self->pid, &error);
    g_assert_no_error (error);
    while (!is_up (self)) {
        if (waitpid (self->pid, NULL, WNOHANG) == self->pid)
            g_error ("PostgreSQL ended while it started in '%s'", self->folder);
        if (g_get_monotonic_time () > until)
            g_error ("PostgreSQL in '%s' did not start within %d s", self->folder, START_TIMEOUT_S);
        g_usleep (20000);
    }
}

void
test_postgres_stop (TestPostgres *self)
{
    if (self->pid == 0)
        return;
    kill (self->pid, SIGQUIT);
    waitpid (self->pid, NULL, 0);
    self->pid = 0;
}

TestPostgres *
test_postgres_new (void)
{
    TestPostgres *self = g_new0 (TestPostgres, 1);
    const struct passwd *user = unprivileged_user ();
    g_autofree char *programs = find_programs ();
    g_autoptr (GError) error = NULL;

    self->folder = g_dir_make_tmp ("tintype-postgres-XXXXXX", &error);
    g_assert_no_error (error);
    if (user != NULL)
        g_assert_cmpint (chown (self->folder, user->pw_uid, user->pw_gid), ==, 0);
    self->url = g_strdup_printf ("host=%s user=tintype dbname=postgres", self->folder);
    run_initdb (self, programs);
    test_postgres_start (self);
    return self;
}

const char *
test_postgres_url (const TestPostgres *self)
{
    return self->url;
}

void
test_postgres_free (TestPostgres *self)
{
    if (self == NULL)
        return;
    test_postgres_stop (self);
    test_folder_remove (self->folder);
    g_free (self->folder);
    g_free (self->url);
    g_free (self);
}
