/* copy.c -- see copy.h
 *
 * The engine's own backup copies pages as they are, so it is as fast as the disk. Out of a running
 * database it reads in one transaction, or each commit of others would make it begin again. */
#define G_LOG_DOMAIN "db"
#include "db/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <unistd.h>

#include "base/error.h"
#include "db/sqlite_private.h"

#define PAGES_A_STEP 4096 /* 16 MiB */
#define BUSY_TIMEOUT_MS 30000

typedef sqlite3 Handle;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Handle, sqlite3_close)

static gboolean
set_error (GError **error, sqlite3 *handle, int code, const char *verb, const char *path)
{
    g_set_error (error, APP_ERROR,
                 (code & 0xff) == SQLITE_FULL ? APP_ERROR_DISK_FULL
                 : (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT
                     ? APP_ERROR_INVALID
                     : APP_ERROR_DB,
                 "cannot %s '%s': %s", verb, path,
                 handle != NULL ? sqlite3_errmsg (handle) : sqlite3_errstr (code));
    return FALSE;
}

static sqlite3 *
open_file (const char *path, int flags, GError **error)
{
    sqlite3 *handle = NULL;
    int code = sqlite3_open_v2 (path, &handle, flags | SQLITE_OPEN_NOMUTEX, NULL);

    if (code == SQLITE_OK && sqlite3_busy_timeout (handle, BUSY_TIMEOUT_MS) == SQLITE_OK)
        return handle;
    set_error (error, handle, code, "open", path);
    sqlite3_close (handle);
    return NULL;
}

static gboolean
run (sqlite3 *handle, const char *path, const char *sql, GError **error)
{
    int code = sqlite3_exec (handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || set_error (error, handle, code, "copy", path);
}

static gboolean
copy (sqlite3 *to, sqlite3 *from, const char *path, DbCopyGoesOn goes_on, gpointer data,
      GError **error)
{
    sqlite3_backup *backup = sqlite3_backup_init (to, "main", from, "main");
    gboolean is_stopped = FALSE;
    int code;

    if (backup == NULL)
        return set_error (error, to, sqlite3_errcode (to), "copy to", path);
    while ((code = sqlite3_backup_step (backup, PAGES_A_STEP)) == SQLITE_OK) {
        int n_pages = sqlite3_backup_pagecount (backup);

        is_stopped = goes_on != NULL && n_pages > 0 &&
                     !goes_on (1.0 - sqlite3_backup_remaining (backup) / (double) n_pages, data);
        if (is_stopped)
            break;
    }
    sqlite3_backup_finish (backup);
    if (is_stopped)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "the copy to '%s' was stopped", path);
    return code == SQLITE_DONE ? TRUE
           : is_stopped        ? FALSE
                               : set_error (error, NULL, code, "copy to", path);
}

static void
remove_with_journals (const char *path)
{
    static const char *const suffixes[] = { "", "-journal", "-wal", "-shm" };

    for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
        g_autofree char *each = g_strconcat (path, suffixes[i], NULL);

        unlink (each);
    }
}

/* It holds what the database holds: its owner alone may read it. */
static gboolean
make_private (const char *path, GError **error)
{
    int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        g_set_error (error, APP_ERROR, errno == ENOSPC ? APP_ERROR_DISK_FULL : APP_ERROR_IO,
                     "cannot make '%s': %s", path, g_strerror (errno));
        return FALSE;
    }
    close (fd);
    return TRUE;
}

gboolean
db_copy_out (const Db *self, const char *path, DbCopyGoesOn goes_on, gpointer data, GError **error)
{
    const char *source = ((const SqliteDb *) self)->path;
    g_autoptr (Handle) from = open_file (source, SQLITE_OPEN_READONLY, error);
    g_autoptr (Handle) to = NULL;
    gboolean ok;

    g_return_val_if_fail (db_is_sqlite (self) && self->parent == NULL, FALSE);
    if (from == NULL)
        return FALSE;
    if (!make_private (path, error))
        return FALSE;
    to = open_file (path, SQLITE_OPEN_READWRITE, error);
    if (to == NULL)
        return FALSE;
    ok = run (to, path, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", error) &&
         run (from, source, "BEGIN; SELECT count(*) FROM sqlite_schema", error) &&
         copy (to, from, path, goes_on, data, error) &&
         /* a copy that says it has a log would have one made beside it by who only reads it */
         run (to, path, "PRAGMA journal_mode = DELETE", error);
    if (!ok)
        remove_with_journals (path);
    return ok;
}

static int
take_verdict (void *data, int n_columns, char **values, char **names)
{
    char **first = data;

    if (*first == NULL && g_strcmp0 (values[0], "ok") != 0)
        *first = g_strdup (values[0]);
    return 0;
}

gboolean
db_copy_check (const char *path, GError **error)
{
    g_autoptr (Handle) handle = open_file (path, SQLITE_OPEN_READONLY, error);
    g_autofree char *fault = NULL;
    int code;

    if (handle == NULL)
        return FALSE;
    /* what is in it may come from anybody: no function is run for it, and sizes of cells are checked */
    code = sqlite3_exec (handle,
                         "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                         "PRAGMA integrity_check (1)",
                         take_verdict, &fault, NULL);
    if (code != SQLITE_OK)
        return set_error (error, handle, code, "check", path);
    if (fault != NULL)
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "'%s' is damaged: %s", path, fault);
    return fault == NULL;
}

gboolean
db_copy_has_table (const char *path, const char *name, gboolean *out, GError **error)
{
    g_autoptr (Handle) handle = open_file (path, SQLITE_OPEN_READONLY, error);

    if (handle == NULL)
        return FALSE;
    *out = sqlite3_table_column_metadata (handle, "main", name, NULL, NULL, NULL, NULL, NULL,
                                          NULL) == SQLITE_OK;
    return TRUE;
}

/* The pages of both must be of one size: the place of a page in the log depends on it. */
static gboolean
match_page_size (sqlite3 *from, const char *from_path, sqlite3 *to, GError **error)
{
    sqlite3_stmt *statement = NULL;
    g_autofree char *sql = NULL;
    int n_bytes = 0;

    if (sqlite3_prepare_v2 (to, "PRAGMA page_size", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step (statement) == SQLITE_ROW)
        n_bytes = sqlite3_column_int (statement, 0);
    sqlite3_finalize (statement);
    sql = g_strdup_printf ("PRAGMA journal_mode = DELETE; PRAGMA page_size = %d", n_bytes);
    if (!run (from, from_path, sql, error))
        return FALSE;
    statement = NULL;
    if (sqlite3_prepare_v2 (from, "SELECT page_size <> $1 FROM pragma_page_size", -1, &statement,
                            NULL) == SQLITE_OK &&
        sqlite3_bind_int (statement, 1, n_bytes) == SQLITE_OK &&
        sqlite3_step (statement) == SQLITE_ROW && sqlite3_column_int (statement, 0) == 0)
        n_bytes = 0; /* it is the same */
    sqlite3_finalize (statement);
    return n_bytes == 0 || run (from, from_path, "VACUUM", error);
}

gboolean
db_copy_in (Db *self, const char *from_path, DbCopyGoesOn goes_on, gpointer data, GError **error)
{
    const char *path = ((SqliteDb *) self)->path;
    g_autoptr (Handle) from = open_file (from_path, SQLITE_OPEN_READWRITE, error);
    g_autoptr (Handle) to = NULL;

    g_return_val_if_fail (db_is_sqlite (self) && self->parent == NULL, FALSE);
    if (from == NULL)
        return FALSE;
    to = open_file (path, SQLITE_OPEN_READWRITE, error);
    return to != NULL && match_page_size (from, from_path, to, error) &&
           run (to, path, "PRAGMA synchronous = FULL", error) &&
           copy (to, from, path, goes_on, data, error) &&
           run (to, path, "PRAGMA wal_checkpoint (TRUNCATE)", error);
}

GStrv
db_client_environment (const char *url, GError **error)
{
    g_auto (GStrv) environment = g_get_environ ();
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse (url, &message);

    if (options == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "DB_URL cannot be read: %s",
                     message != NULL ? message : "out of memory");
        PQfreemem (message);
        return NULL;
    }
    for (const PQconninfoOption *each = options; each->keyword != NULL; each++)
        if (each->envvar != NULL && each->val != NULL)
            environment = g_environ_setenv (environment, each->envvar, each->val, TRUE);
    PQconninfoFree (options);
    return g_steal_pointer (&environment);
}
