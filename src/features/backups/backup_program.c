/* backup_program.c -- see backup_program.h */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backup_program.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define MAX_SAID 2000

struct _BackupProgram {
    GSubprocess *process;
    char *name;
    int said_fd; /* what it wrote to standard error */
    gboolean is_finished;
};

/* In the child: it is of no use without the thread that feeds it or waits for it. */
static void
die_with_parent (gpointer data)
{
    prctl (PR_SET_PDEATHSIG, SIGKILL);
}

BackupProgram *
backup_program_start (const char *const *argv, const char *const *environment,
                      GSubprocessFlags flags, const char *hint, GError **error)
{
    g_autoptr (GSubprocessLauncher) launcher = NULL;
    g_autoptr (BackupProgram) self = g_new0 (BackupProgram, 1);
    g_autoptr (GError) why = NULL;

    if ((flags & G_SUBPROCESS_FLAGS_STDOUT_PIPE) == 0)
        flags |= G_SUBPROCESS_FLAGS_STDOUT_SILENCE;
    launcher = g_subprocess_launcher_new (flags);
    g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
    if (environment != NULL)
        g_subprocess_launcher_set_environ (launcher, (char **) environment);
    self->name = g_path_get_basename (argv[0]);
    self->said_fd = memfd_create ("said", MFD_CLOEXEC);
    if (self->said_fd >= 0)
        g_subprocess_launcher_take_stderr_fd (launcher, dup (self->said_fd));
    self->process = g_subprocess_launcher_spawnv (launcher, argv, &why);
    if (self->process != NULL)
        return g_steal_pointer (&self);
    g_set_error (error, APP_ERROR,
                 g_error_matches (why, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT) ? APP_ERROR_CONFIG
                                                                           : APP_ERROR_UNAVAILABLE,
                 "cannot start '%s': %s%s%s", argv[0], why->message, hint != NULL ? "; " : "",
                 hint != NULL ? hint : "");
    return NULL;
}

int
backup_program_stdout (BackupProgram *self)
{
    return g_unix_input_stream_get_fd (
        G_UNIX_INPUT_STREAM (g_subprocess_get_stdout_pipe (self->process)));
}

int
backup_program_stdin (BackupProgram *self)
{
    return g_unix_output_stream_get_fd (
        G_UNIX_OUTPUT_STREAM (g_subprocess_get_stdin_pipe (self->process)));
}

/* The beginning of what it said: the first fault is what the others follow from. */
static char *
read_said (const BackupProgram *self)
{
    char bytes[MAX_SAID];
    ssize_t n = self->said_fd >= 0 ? pread (self->said_fd, bytes, sizeof bytes, 0) : 0;

    return g_strstrip (g_utf8_make_valid (bytes, MAX (n, 0)));
}

gboolean
backup_program_finish (BackupProgram *self, GError **error)
{
    g_autofree char *said = NULL;
    GOutputStream *input = g_subprocess_get_stdin_pipe (self->process);

    if (input != NULL)
        g_output_stream_close (input, NULL, NULL);
    g_subprocess_wait (self->process, NULL, NULL);
    self->is_finished = TRUE;
    if (g_subprocess_get_successful (self->process))
        return TRUE;
    said = read_said (self);
    if (*said != '\0')
        g_set_error (error, APP_ERROR, APP_ERROR_DB, "%s failed: %s", self->name, said);
    else if (g_subprocess_get_if_signaled (self->process))
        g_set_error (error, APP_ERROR, APP_ERROR_DB, "%s was ended by signal %d", self->name,
                     g_subprocess_get_term_sig (self->process));
    else
        g_set_error (error, APP_ERROR, APP_ERROR_DB, "%s failed with exit status %d", self->name,
                     g_subprocess_get_exit_status (self->process));
    return FALSE;
}

void
backup_program_free (BackupProgram *self)
{
    if (self == NULL)
        return;
    if (self->process != NULL && !self->is_finished) {
        g_subprocess_force_exit (self->process);
        g_subprocess_wait (self->process, NULL, NULL);
    }
    g_clear_object (&self->process);
    if (self->said_fd >= 0)
        close (self->said_fd);
    g_free (self->name);
    g_free (self);
}

/* Of "PostgreSQL 15.18", "pg_dump (PostgreSQL) 15.18 (Debian ...)". */
static int
major_version (const char *text)
{
    const char *number = strpbrk (text, "0123456789");

    return number != NULL ? atoi (number) : 0;
}

gboolean
backup_program_fits (const char *path, const char *engine, const char *hint, GError **error)
{
    const char *argv[] = { path, "--version", NULL };
    g_autoptr (BackupProgram) self =
        backup_program_start (argv, NULL, G_SUBPROCESS_FLAGS_STDOUT_PIPE, hint, error);
    char said[200] = "";
    ssize_t n;

    if (self == NULL)
        return FALSE;
    while ((n = read (backup_program_stdout (self), said, sizeof said - 1)) < 0 && errno == EINTR)
        ;
    if (n > 0 && major_version (said) >= major_version (engine))
        return TRUE;
    if (n > 0 && major_version (said) > 0)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "'%s' (%s) is too old for %s; %s", path,
                     g_strchomp (said), engine, hint);
    else if (backup_program_finish (self, error)) /* else it says why */
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "'%s' does not say its version; %s",
                     path, hint);
    return FALSE;
}

char *
backup_program_find (const char *name, const char *engine)
{
    g_autofree char *path =
        g_strdup_printf ("/usr/lib/postgresql/%d/bin/%s", major_version (engine), name);

    return access (path, X_OK) == 0 ? g_steal_pointer (&path) : g_strdup (name);
}
