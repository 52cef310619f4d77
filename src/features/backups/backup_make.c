/* backup_make.c -- a backup is written beside its place, read again, and only then has its name: what is
 * in the list can be restored, and what cannot be written (a full disk) takes nothing from it */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backups_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "db/copy.h"
#include "features/backups/backup_file.h"
#include "features/backups/backup_name.h"
#include "features/backups/backup_program.h"
#include "media/layout.h"

#define API_VERSION                                                                                \
    G_STRINGIFY (API_VERSION_MAJOR)                                                                \
    "." G_STRINGIFY (API_VERSION_MINOR) "." G_STRINGIFY (API_VERSION_PATCH)
#define COPIED 0.5 /* of the work: then the copy is compressed */
#define TAIL_BYTES 4096
#define DUMP_ENDS_WITH "-- PostgreSQL database dump complete"

typedef struct {
    const App *app;
    BackupProgress progress;
    gpointer data;
    const char *path; /* of the file to be, named as unfinished */
    gint64 n_bytes;   /* written, before they were compressed */
} Making;

static gboolean
goes_on (const Making *self, double done, GError **error)
{
    if (self->progress == NULL || self->progress (done, self->data))
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "the backup was stopped");
    return FALSE;
}

/* Compress what comes from @from. @whole_bytes  of it, for the progress; 0: not known */
static gboolean
compress_all (Making *self, int from, BackupWriter *writer, gint64 whole_bytes, GError **error)
{
    g_autofree guint8 *chunk = g_malloc (BACKUP_CHUNK_BYTES);
    ssize_t n;

    while ((n = read (from, chunk, BACKUP_CHUNK_BYTES)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return layout_set_io_error (error, "read for the backup", self->path);
        self->n_bytes += n;
        if (!backup_writer_write (writer, chunk, (gsize) n, error) ||
            !goes_on (self,
                      whole_bytes > 0
                          ? COPIED + (1 - COPIED) * (double) self->n_bytes / (double) whole_bytes
                          : COPIED,
                      error))
            return FALSE;
    }
    return backup_writer_finish (writer, error);
}

/* ---- of SQLite ---- */

static gboolean
on_copy (double done, gpointer data)
{
    const Making *self = data;

    return self->progress == NULL || self->progress (COPIED * done, self->data);
}

static gboolean
write_sqlite (Making *self, BackupWriter *writer, GError **error)
{
    g_autofree char *copy = g_strconcat (self->path, ".copy" BACKUP_UNFINISHED, NULL);
    gint64 n_bytes;
    gboolean ok;
    int fd;

    layout_remove (copy);
    if (!db_copy_out (self->app->db, copy, on_copy, self, error))
        return FALSE;
    if (!db_copy_check (copy, error)) {
        layout_remove (copy);
        return FALSE;
    }
    fd = g_open (copy, O_RDONLY | O_CLOEXEC, 0);
    n_bytes = fd >= 0 ? lseek (fd, 0, SEEK_END) : -1;
    ok = n_bytes >= 0 && lseek (fd, 0, SEEK_SET) == 0;
    if (!ok)
        layout_set_io_error (error, "read", copy);
    ok = ok && compress_all (self, fd, writer, n_bytes, error);
    if (fd >= 0)
        close (fd);
    layout_remove (copy);
    return ok;
}

/* ---- of PostgreSQL ---- */

static gboolean
write_postgres (Making *self, BackupWriter *writer, GError **error)
{
    g_autofree char *program = backup_program_find ("pg_dump", db_engine_version (self->app->db));
    /* a table that somebody has locked makes the backup fail, which is told, and not wait for ever */
    const char *argv[] = { program,      "--clean",       "--if-exists",
                           "--no-owner", "--no-password", "--lock-wait-timeout=60s",
                           NULL };
    g_auto (GStrv) environment = db_client_environment (self->app->settings->database_url, error);
    g_autoptr (BackupProgram) dump = NULL;

    if (environment == NULL)
        return FALSE;
    dump = backup_program_start (argv, (const char *const *) environment,
                                 G_SUBPROCESS_FLAGS_STDOUT_PIPE, BACKUP_CLIENT_HINT, error);
    return dump != NULL && compress_all (self, backup_program_stdout (dump), writer, 0, error) &&
           backup_program_finish (dump, error);
}

/* ---- both ---- */

/* Read it all again: the checksum of gzip, as many bytes as were written, and the end of a dump. */
static gboolean
verify (const Making *self, GError **error)
{
    g_autoptr (BackupReader) reader = backup_reader_open (self->path, error);
    g_autofree guint8 *chunk = g_malloc (BACKUP_CHUNK_BYTES);
    g_autoptr (GString) tail = g_string_new (NULL);
    gint64 n_bytes = 0;
    gssize n = 0;

    if (reader == NULL)
        return FALSE;
    while ((n = backup_reader_read (reader, chunk, BACKUP_CHUNK_BYTES, error)) > 0) {
        n_bytes += n;
        g_string_append_len (tail, (const char *) chunk, n);
        if (tail->len > TAIL_BYTES)
            g_string_erase (tail, 0, (gssize) tail->len - TAIL_BYTES);
    }
    if (n < 0)
        return FALSE;
    if (n_bytes != self->n_bytes ||
        (!db_is_sqlite (self->app->db) &&
         g_strstr_len (tail->str, (gssize) tail->len, DUMP_ENDS_WITH) == NULL)) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO,
                     "the backup '%s' does not hold what was written to it", self->path);
        return FALSE;
    }
    return TRUE;
}

/* @return the lock that who writes in the folder holds; -1 with APP_ERROR_UNAVAILABLE */
static int
lock_folder (const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename (folder, ".making", NULL);
    int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        layout_set_io_error (error, "make", path);
    else if (flock (fd, LOCK_EX | LOCK_NB) != 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                             "another backup is being made");
        close (fd);
        fd = -1;
    }
    return fd;
}

/* What a backup that did not end has left. The lock is held: nobody is writing. */
static void
remove_unfinished (const char *folder)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        if (g_str_has_suffix (name, BACKUP_UNFINISHED))
            layout_remove (path);
    }
}

static gboolean
write_file (Making *self, const char *path, GError **error)
{
    int fd = g_open (self->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    g_autoptr (BackupWriter) writer = NULL;
    gboolean ok;

    if (fd < 0)
        return layout_set_io_error (error, "make", self->path);
    writer = backup_writer_new (fd, self->path);
    ok = (db_is_sqlite (self->app->db) ? write_sqlite (self, writer, error)
                                       : write_postgres (self, writer, error)) &&
         verify (self, error) && layout_move_in (fd, self->path, path, error);
    if (!ok)
        layout_remove (self->path);
    close (fd);
    return ok;
}

/* The next second whose name is free. */
static char *
new_path (const App *app, BackupKind kind, const char *folder)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();

    for (int later_s = 0;; later_s++) {
        g_autoptr (GDateTime) time = g_date_time_add_seconds (now, later_s);
        const char *name =
            backup_name_new (arena, kind, time, API_VERSION, db_engine_version (app->db));
        g_autofree char *path = g_build_filename (folder, name, NULL);

        if (!g_file_test (path, G_FILE_TEST_EXISTS))
            return g_steal_pointer (&path);
    }
}

gboolean
backup_make (const App *app, BackupKind kind, BackupProgress progress, gpointer data,
             char **out_name, GError **error)
{
    g_autofree char *folder = g_build_filename (app->media_location, "backups", NULL);
    g_autofree char *path = NULL, *unfinished = NULL;
    Making making = { .app = app, .progress = progress, .data = data };
    int lock = lock_folder (folder, error);
    gboolean ok;

    if (lock < 0)
        return FALSE;
    remove_unfinished (folder);
    path = new_path (app, kind, folder);
    making.path = unfinished = g_strconcat (path, BACKUP_UNFINISHED, NULL);
    ok = write_file (&making, path, error);
    close (lock);
    if (ok)
        *out_name = g_path_get_basename (path);
    return ok;
}

/* ---- before an update ---- */

/* One of them is enough, and a start that is cut off again and again must not fill the disk. */
static void
forget_older (const App *app, const char *newest)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    StringList all = { NULL, 0 };

    if (!backup_list (app, arena, &all, &why))
        g_warning ("cannot look for backups of earlier updates: %s", why->message);
    for (gsize i = 0; i < all.n; i++)
        if (backup_name_is_before_update (all.items[i]) && !g_str_equal (all.items[i], newest))
            layout_remove (
                arena_printf (arena, "%s/backups/%s", app->media_location, all.items[i]));
}

gboolean
backup_before_update (Db *db, gpointer settings, GError **error)
{
    App app = { .settings = settings,
                .media_location = ((const Settings *) settings)->media_location,
                .db = db };
    g_autoptr (GError) why = NULL;
    g_autofree char *program = NULL, *name = NULL;

    if (!db_is_sqlite (db)) {
        program = backup_program_find ("pg_dump", db_engine_version (db));
        if (!backup_program_fits (program, db_engine_version (db), BACKUP_CLIENT_HINT, &why) &&
            g_error_matches (why, APP_ERROR, APP_ERROR_CONFIG)) {
            g_warning ("there is no backup of the database as it was before the update: %s",
                       why->message);
            return TRUE;
        }
    }
    g_message ("the database is of an older version; a backup of it is made before it changes");
    if (why == NULL && backup_make (&app, BACKUP_BEFORE_UPDATE, NULL, NULL, &name, &why)) {
        g_message ("made the backup '%s': the version before can go on with it", name);
        if (!backup_is_noted (settings)) /* the restore that is under way may be of one of them */
            forget_older (&app, name);
        return TRUE;
    }
    g_propagate_prefixed_error (
        error, g_steal_pointer (&why),
        "the database is of an older version and was left as it is, because "
        "no backup of it can be made (TINTYPE_UPDATE_BACKUP=false goes on "
        "without one): ");
    return FALSE;
}
