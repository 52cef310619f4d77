/* backup_restore.c -- playing a backup back
 *
 * Whatever happens on the way, what is there afterwards is the old database or the new one:
 *   SQLite      the backup becomes a file of its own, which is checked, brought up to date and tried by
 *               the program; then it replaces the content of the database in one transaction.
 *   PostgreSQL  psql plays it in one transaction, which ends with a look at what came. What can only be
 *               seen afterwards (the program does not start with it) is mended by playing the restore
 *               point. That one is under way is noted in a file, which says what the restore point is.
 *
 * What a client uploaded is played by psql with its commands of a shell switched off (\restrict). */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backups_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "db/copy.h"
#include "db/migrate.h"
#include "features/backups/backup_file.h"
#include "features/backups/backup_program.h"
#include "features/integrity/integrity.h"
#include "features/notifications/notifications.h"
#include "media/layout.h"

#define RESTORING 0.1 /* where each of these begins, of the whole */
#define MIGRATING 0.9
#define STAGE ".restore.db"
#define NOTE ".restore"
#define MAX_LINE_BYTES (512 * 1024 * 1024)
#define SQLITE_HEAD "SQLite format 3"
#define NO_BACKUP "Invalid backup file format! '%s' is no backup of %s made by this program"

static const char SQL_SET_MODE[] =
    "INSERT INTO system_metadata (key, value) VALUES ('maintenance-mode', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/* The job that made the backup is in it as one that runs; and no server runs what ran then. */
static const char SQL_DROP_BACKUP_JOB[] = "DELETE FROM job WHERE name = 'DatabaseBackup'";
static const char SQL_END_LEASES[] = "UPDATE job SET leased_until = 0 WHERE state = 'active'";

/* The media folder may have been that of another database until now: see serve_folder.h. */
#define SQL_FORGET_FOLDER "DELETE FROM system_metadata WHERE key = 'media-folder'"

/* What was deleted when the backup was made may have been wanted back since: its delay begins anew, and
 * nothing is removed before a night has passed. $1 today, as nightly.c notes it; $2 now */
static const char SQL_NOTE_NIGHT[] =
    "INSERT INTO system_metadata (key, value) VALUES ('nightly-day', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
static const char SQL_DELAY_ASSETS[] = "UPDATE asset SET deleted_at = $1"
                                       " WHERE deleted_at IS NOT NULL AND status <> 'deleted'";
static const char SQL_DELAY_USERS[] = "UPDATE users SET deleted_at = $1"
                                      " WHERE deleted_at IS NOT NULL AND status <> 'removing'";

/* The restore point was the backup of this day: one of the restored database would take the place of the
 * oldest, which is perhaps the next to try. $1 now, as schedule.c notes it */
static const char SQL_NOTE_BACKUP[] =
    "INSERT INTO system_metadata (key, value) VALUES ('scheduled-DatabaseBackup', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/* Phones have acknowledged what the database does not know any more, and its new changes may sort below
 * what they acknowledged. */
static const char SQL_RESET_SYNC[] = "UPDATE session SET is_pending_sync_reset = 1";

typedef struct {
    const App *app;
    const BackupRestore *how;
    const char *name; /* of the backup */
    const char *task;
    double from, to; /* of the whole, what the task takes */
} Restoring;

static void
report (const Restoring *self, const char *task, double done)
{
    if (self->how->report != NULL)
        self->how->report (self->how->data, task, done);
}

static gboolean
on_part (double done, gpointer data)
{
    const Restoring *self = data;

    report (self, self->task, self->from + (self->to - self->from) * done);
    return TRUE;
}

static void
begin_task (Restoring *self, const char *task, double from, double to)
{
    self->task = task;
    self->from = from;
    self->to = to;
    report (self, task, from);
}

static char *
path_in_backups (const char *media_location, const char *name)
{
    return g_build_filename (media_location, "backups", name, NULL);
}

/* Have the program start as it would with this database, and end again.
 *  @param file  of SQLite; NULL: the database that the environment names */
static gboolean
check_start (const char *file, GError **error)
{
    const char *argv[] = { "/proc/self/exe", "check-start", file, NULL };
    g_autoptr (BackupProgram) program = backup_program_start (argv, NULL, 0, NULL, error);

    if (program != NULL && backup_program_finish (program, error))
        return TRUE;
    g_prefix_error (error, "Server health check failed: ");
    return FALSE;
}

/* ---- SQLite ---- */

static void
remove_stage (const char *stage)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

    for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
        g_autofree char *path = g_strconcat (stage, suffixes[i], NULL);

        layout_remove (path);
    }
}

static gboolean
unpack (Restoring *self, const char *name, BackupReader *reader, int fd, const char *stage,
        GError **error)
{
    g_autofree guint8 *chunk = g_malloc (BACKUP_CHUNK_BYTES);
    gboolean is_first = TRUE;
    gssize n;

    while ((n = backup_reader_read (reader, chunk, BACKUP_CHUNK_BYTES, error)) > 0) {
        if (is_first && (n < (gssize) sizeof SQLITE_HEAD ||
                         memcmp (chunk, SQLITE_HEAD, sizeof SQLITE_HEAD) != 0))
            break;
        is_first = FALSE;
        if (!layout_check_room (stage, n, error))
            return FALSE;
        if (!backup_write_all (fd, chunk, (gsize) n))
            return layout_set_io_error (error, "write", stage);
        on_part (backup_reader_done (reader) / 2, self);
    }
    if (n < 0)
        return FALSE;
    if (is_first)
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, NO_BACKUP, name, "SQLite");
    return !is_first;
}

/* Make the file that is to be the database, as it is in the backup. */
static gboolean
make_stage (Restoring *self, const char *name, const char *stage, GError **error)
{
    g_autofree char *path = path_in_backups (self->app->media_location, name);
    g_autoptr (BackupReader) reader = backup_reader_open (path, error);
    gboolean ok;
    int fd;

    if (reader == NULL)
        return FALSE;
    fd = g_open (stage, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return layout_set_io_error (error, "make", stage);
    ok = unpack (self, name, reader, fd, stage, error);
    close (fd);
    return ok && db_copy_check (stage, error);
}

static gboolean
has_admin (Db *db, GError **error)
{
    static const char SQL[] =
        "SELECT count(*) FROM users WHERE is_admin = 1 AND deleted_at IS NULL";
    gint64 n = 0;

    if (!db_select_int (db, SQL, DB_NO_ARGS, &n, NULL, error))
        return FALSE;
    if (n == 0)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Server health check failed, no admin exists.");
    return n > 0;
}

static gboolean
tell_admins (Db *tx, const Restoring *self, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    Notice notice = {
        .type = NOTIFICATION_TYPE_SYSTEM_MESSAGE,
        .level = NOTIFICATION_LEVEL_WARNING,
        .title = "A backup was restored",
        .description = arena_printf (arena,
                                     "The database is that of '%s'. Files that were uploaded, "
                                     "moved or deleted since are not as "
                                     "it says: the checks of the files run now. Look at what they "
                                     "report, under Maintenance, "
                                     "before you delete any of it.",
                                     self->name),
    };

    return notification_add_for_admins (self->app, tx, arena, &notice, error);
}

/* What a database that was away for a while is told; it is up to date by now. */
static gboolean
settle (Db *tx, gpointer data, GError **error)
{
    const Restoring *self = data;
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();
    g_autofree char *day = g_date_time_format (now, "%Y-%m-%d");
    DbValue now_ms = db_int (timestamp_now_ms ());
    char moment[TIMESTAMP_TEXT_BYTES];

    timestamp_format (timestamp_now_ms (), moment);
    return db_exec (tx, SQL_DROP_BACKUP_JOB, DB_NO_ARGS, NULL, error) &&
           db_exec (tx, SQL_END_LEASES, DB_NO_ARGS, NULL, error) &&
           db_exec (tx, SQL_FORGET_FOLDER, DB_NO_ARGS, NULL, error) &&
           db_exec (tx, SQL_NOTE_NIGHT, DB_ARGS (db_text (day)), NULL, error) &&
           db_exec (tx, SQL_NOTE_BACKUP, DB_ARGS (db_text (moment)), NULL, error) &&
           db_exec (tx, SQL_DELAY_ASSETS, DB_ARGS (now_ms), NULL, error) &&
           db_exec (tx, SQL_DELAY_USERS, DB_ARGS (now_ms), NULL, error) &&
           db_exec (tx, SQL_RESET_SYNC, DB_NO_ARGS, NULL, error) && integrity_ask (tx, error) &&
           tell_admins (tx, self, error) &&
           db_exec (tx, SQL_SET_MODE, DB_ARGS (db_text (self->how->mode_after)), NULL, error);
}

/* Bring it up to date, and see that it is a database of this program. */
static gboolean
migrate_stage (Restoring *self, const char *name, const char *stage, GError **error)
{
    g_autoptr (Db) db = NULL;
    gboolean is_ours = FALSE;

    if (!db_copy_has_table (stage, "migration", &is_ours, error))
        return FALSE;
    if (!is_ours) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, NO_BACKUP, name, "SQLite");
        return FALSE;
    }
    db = db_open (&(DbSettings){ .sqlite_path = stage }, error);
    return db != NULL && has_admin (db, error) && db_write (db, settle, self, error);
}

static gboolean
restore_sqlite (Restoring *self, const char *name, GError **error)
{
    g_autofree char *stage = path_in_backups (self->app->media_location, STAGE);
    gboolean ok;

    remove_stage (stage);
    begin_task (self, "restore", RESTORING, MIGRATING);
    ok = make_stage (self, name, stage, error);
    if (ok) {
        begin_task (self, "migrations", MIGRATING, 1);
        ok = migrate_stage (self, name, stage, error) && check_start (stage, error) &&
             db_copy_in (self->app->db, stage, on_part, self, error);
    }
    remove_stage (stage);
    return ok;
}

/* ---- PostgreSQL ---- */

/* A text as PostgreSQL reads it, whatever is in it. */
static void
append_literal (GString *out, const char *text)
{
    g_string_append_c (out, '\'');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'')
            g_string_append_c (out, '\'');
        g_string_append_c (out, *c);
    }
    g_string_append_c (out, '\'');
}

/* The schema is the one that the program's tables are in. Nothing of what follows can leave the transaction by a command
 * of psql; an input that ends before its COMMIT changes nothing. */
static GString *
prelude (void)
{
    GString *out = g_string_new (NULL);
    guint8 bytes[16];

    random_bytes (bytes, sizeof bytes);
    g_string_append (out, "SELECT coalesce (current_schema (), 'public') AS tintype_schema \\gset\n"
                          "\\restrict ");
    for (gsize i = 0; i < sizeof bytes; i++)
        g_string_append_printf (out, "%02x", bytes[i]);
    g_string_append (out, "\nBEGIN;\n"
                          "SET LOCAL lock_timeout = '60s';\n"
                          "SELECT pg_terminate_backend (pid) FROM pg_stat_activity"
                          " WHERE datname = current_database () AND pid <> pg_backend_pid ()"
                          "   AND usename = current_user;\n"
                          "SET LOCAL client_min_messages = warning;\n"
                          "DROP SCHEMA IF EXISTS :\"tintype_schema\" CASCADE;\n"
                          "CREATE SCHEMA :\"tintype_schema\";\n");
    return out;
}

static GString *
epilogue (const char *mode)
{
    GString *out = g_string_new (NULL);

    g_string_append_printf (
        out,
        "\nSET standard_conforming_strings = on;\n"
        "SET LOCAL search_path TO :\"tintype_schema\";\n"
        "DO $tintype$ BEGIN\n"
        "IF to_regclass ('migration') IS NULL OR to_regclass ('users') IS NULL THEN\n"
        "  RAISE EXCEPTION 'Invalid backup file format! It is no backup of PostgreSQL made by this "
        "program';\n"
        "END IF;\n"
        "IF (SELECT max (number) FROM migration) > %u THEN\n"
        "  RAISE EXCEPTION 'the backup was made by a newer version of the server; update this one "
        "first';\n"
        "END IF;\n"
        "IF NOT EXISTS (SELECT 1 FROM users WHERE is_admin = 1 AND deleted_at IS NULL) "
        "THEN\n"
        "  RAISE EXCEPTION 'Server health check failed, no admin exists.';\n"
        "END IF;\n"
        "END $tintype$;\n"
        "INSERT INTO system_metadata (key, value) VALUES ('maintenance-mode', ",
        db_migrations[db_n_migrations - 1].number);
    append_literal (out, mode);
    g_string_append (out,
                     ") ON CONFLICT (key) DO UPDATE SET value = excluded.value;\n" SQL_FORGET_FOLDER
                     ";\nCOMMIT;\n");
    return out;
}

/* The input of psql, line by line. */
typedef struct {
    int fd;
    GString *line;    /* as far as it came */
    gboolean is_data; /* between COPY and its end */
} Feed;

static gboolean
feed_line (Feed *self, GError **error)
{
    const char *text = self->line->str;
    gboolean ok = TRUE;

    if (self->is_data)
        self->is_data = !g_str_equal (text, "\\.\n");
    else if (g_str_has_prefix (text, "COPY ") && g_str_has_suffix (text, " FROM stdin;\n"))
        self->is_data = TRUE;
    /* pg_dump switches the commands off, too, and on again; ours stay off */
    if (self->is_data ||
        (!g_str_has_prefix (text, "\\restrict ") && !g_str_has_prefix (text, "\\unrestrict ")))
        ok = backup_write_all (self->fd, (const guint8 *) text, self->line->len);
    g_string_truncate (self->line, 0);
    if (!ok)
        g_set_error (error, APP_ERROR, APP_ERROR_DB, "psql does not take the backup: %s",
                     g_strerror (errno));
    return ok;
}

static gboolean
feed (Feed *self, const guint8 *bytes, gsize n_bytes, GError **error)
{
    while (n_bytes > 0) {
        const guint8 *end = memchr (bytes, '\n', n_bytes);
        gsize n = end != NULL ? (gsize) (end - bytes) + 1 : n_bytes;

        if (self->line->len + n > MAX_LINE_BYTES) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                                 "Invalid backup file format! A line of it is too long");
            return FALSE;
        }
        g_string_append_len (self->line, (const char *) bytes, (gssize) n);
        if (end != NULL && !feed_line (self, error))
            return FALSE;
        bytes += n;
        n_bytes -= n;
    }
    return TRUE;
}

static gboolean
feed_backup (Restoring *self, BackupReader *reader, int fd, GError **error)
{
    g_autofree guint8 *chunk = g_malloc (BACKUP_CHUNK_BYTES);
    g_autoptr (GString) line = g_string_new (NULL);
    Feed state = { .fd = fd, .line = line };
    gssize n;

    while ((n = backup_reader_read (reader, chunk, BACKUP_CHUNK_BYTES, error)) > 0) {
        if (!feed (&state, chunk, (gsize) n, error))
            return FALSE;
        on_part (backup_reader_done (reader), self);
    }
    return n == 0 && (line->len == 0 || feed_line (&state, error));
}

/* Play one in a transaction, with @mode in it. */
static gboolean
play (Restoring *self, const char *name, const char *mode, GError **error)
{
    g_autofree char *path = path_in_backups (self->app->media_location, name);
    g_autofree char *client = backup_program_find (
        "psql", self->app->db != NULL ? db_engine_version (self->app->db) : "");
    const char *argv[] = {
        client, "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-", NULL
    };
    g_auto (GStrv) environment = db_client_environment (self->app->settings->database_url, error);
    g_autoptr (BackupReader) reader = environment != NULL ? backup_reader_open (path, error) : NULL;
    g_autoptr (BackupProgram) psql = NULL;
    g_autoptr (GString) before = prelude ();
    g_autoptr (GString) after = epilogue (mode);
    g_autoptr (GError) why = NULL;
    int fd;

    if (reader == NULL)
        return FALSE;
    signal (SIGPIPE,
            SIG_IGN); /* psql may end before it read all: that is an error like any other */
    psql = backup_program_start (argv, (const char *const *) environment,
                                 G_SUBPROCESS_FLAGS_STDIN_PIPE, BACKUP_CLIENT_HINT, error);
    if (psql == NULL)
        return FALSE;
    fd = backup_program_stdin (psql);
    if (!backup_write_all (fd, (const guint8 *) before->str, before->len) ||
        !feed_backup (self, reader, fd, &why) ||
        !backup_write_all (fd, (const guint8 *) after->str, after->len)) {
        if (why != NULL && why->code != APP_ERROR_DB) { /* the file is at fault, not psql */
            g_propagate_error (error, g_steal_pointer (&why));
            return FALSE;
        }
        /* it ended before it had read all, and says why */
        if (backup_program_finish (psql, error))
            g_set_error_literal (error, APP_ERROR, APP_ERROR_DB,
                                 "psql ended before it had read the whole backup");
        return FALSE;
    }
    return backup_program_finish (psql, error);
}

/* ---- what is noted while PostgreSQL's is under way ---- */

/* @return the name of the restore point (transfer full); NULL: none is under way */
static char *
read_note (const char *media_location)
{
    g_autofree char *path = path_in_backups (media_location, NOTE);
    g_autofree char *name = NULL;

    if (!g_file_get_contents (path, &name, NULL, NULL) ||
        !backup_check_name (g_strchomp (name), NULL))
        return NULL;
    return g_steal_pointer (&name);
}

static gboolean
write_note (const App *app, const char *restore_point, GError **error)
{
    g_autofree char *path = path_in_backups (app->media_location, NOTE);

    if (g_file_set_contents_full (path, restore_point, -1,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, error))
        return TRUE;
    g_prefix_error (error, "cannot note the restore: ");
    return FALSE;
}

static void
remove_note (const char *media_location)
{
    g_autofree char *path = path_in_backups (media_location, NOTE);

    layout_remove (path);
}

static void
roll_back (Restoring *self, const char *restore_point, GError **error)
{
    g_autoptr (GError) why = NULL;

    begin_task (self, "rollback", 0, 1);
    if (play (self, restore_point, self->how->mode_failed, &why)) {
        remove_note (self->app->media_location);
        return;
    }
    g_warning ("cannot bring the database back from '%s': %s", restore_point, why->message);
    g_prefix_error (error,
                    "the database before it could not be brought back either: %s; its backup is "
                    "'%s'. First: ",
                    why->message, restore_point);
}

static gboolean
restore_postgres (Restoring *self, const char *name, const char *restore_point, GError **error)
{
    if (!write_note (self->app, restore_point, error))
        return FALSE;
    begin_task (self, "restore", RESTORING, MIGRATING);
    if (!play (self, name, self->how->mode_during, error)) {
        remove_note (self->app->media_location); /* its transaction changed nothing */
        return FALSE;
    }
    begin_task (self, "migrations", MIGRATING, 1);
    if (!check_start (NULL, error)) {
        roll_back (self, restore_point, error);
        return FALSE;
    }
    if (!db_write (self->app->db, settle, self, error))
        return FALSE;
    remove_note (self->app->media_location);
    return TRUE;
}

/* ---- both ---- */

gboolean
backup_restore (const App *app, const char *name, const BackupRestore *how, GError **error)
{
    Restoring self = { .app = app, .how = how, .name = name };
    g_autoptr (Arena) arena = arena_new ();
    g_autofree char *restore_point = read_note (app->media_location);
    const char *path;

    if (!backup_find (app, arena, name, &path, error))
        return FALSE;
    begin_task (&self, "backup", 0.05, RESTORING);
    /* one that died on the way made it of what was before; that counts */
    if (restore_point == NULL &&
        !backup_make (app, BACKUP_RESTORE_POINT, on_part, &self, &restore_point, error))
        return FALSE;
    return db_is_sqlite (app->db) ? restore_sqlite (&self, name, error)
                                  : restore_postgres (&self, name, restore_point, error);
}

gboolean
backup_is_noted (const Settings *settings)
{
    g_autofree char *restore_point = read_note (settings->media_location);

    return restore_point != NULL && settings->database_url != NULL;
}

gboolean
backup_recover (const Settings *settings, gboolean *out_done, GError **error)
{
    g_autofree char *restore_point = read_note (settings->media_location);
    const App app = { .settings = settings, .media_location = settings->media_location };
    const BackupRestore how = { .mode_failed = "{\"isMaintenanceMode\":false}" };
    Restoring self = { .app = &app, .how = &how };

    *out_done = FALSE;
    if (restore_point == NULL || settings->database_url == NULL)
        return TRUE;
    g_warning ("a restore was under way when the server ended, and the database cannot be opened: "
               "bringing it back from '%s'",
               restore_point);
    if (!play (&self, restore_point, how.mode_failed, error))
        return FALSE;
    remove_note (settings->media_location);
    *out_done = TRUE;
    return TRUE;
}
