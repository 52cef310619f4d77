/* One connection to SQLite: how it is set up, its prepared statements, their parameters and rows. */
#define G_LOG_DOMAIN "db"
#include "db/sqlite_private.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"

#define LOG_BYTES 65536       /* which a log needs to begin */
#define BUSY_TIMEOUT_MS 10000 /* another process (an admin command) may hold the write lock */
#define MAX_STATEMENTS 200

/* What is done with every connection. The file is not mapped into memory: its pages would count as the
 * server's, a failing disk would be a SIGBUS instead of an error, and with a cache for the pages of
 * a large month it is not faster (docs/decisions/0007). The cache goes with the thread. */
static const char SQL_CONFIGURE[] = "PRAGMA trusted_schema = OFF;"
                                    "PRAGMA temp_store = MEMORY;"
                                    "PRAGMA cache_size = -4000;"
                                    "PRAGMA mmap_size = 0;";
/* The log is fsynced at each commit; its growth is looked after by the writer. Triggers keep the text
 * index, and only later versions of SQLite know that FTS5 is harmless in them. */
static const char SQL_CONFIGURE_WRITER[] = "PRAGMA synchronous = FULL;"
                                           "PRAGMA trusted_schema = ON;"
                                           "PRAGMA journal_size_limit = 67108864;"
                                           "PRAGMA cache_size = -8000;";

typedef struct {
    sqlite3_stmt *stmt;
    guint8 *numbers; /* of each of SQLite's parameters: n of $n */
    int n_parameters;
    guint n_args; /* the greatest n */
} SqliteStatement;

/* ---- errors ---- */

/* A key, which may be broken by what another has added or removed; the rest is a fault of the program. */
static gboolean
is_key (int code)
{
    return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
           code == SQLITE_CONSTRAINT_ROWID || code == SQLITE_CONSTRAINT_FOREIGNKEY;
}

static AppErrorCode
error_code (int code)
{
    if (is_key (code))
        return APP_ERROR_CONSTRAINT;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return APP_ERROR_DISK_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
        return APP_ERROR_UNAVAILABLE;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return APP_ERROR_IO;
    case SQLITE_READONLY: /* a write outside of db_write () */
        return APP_ERROR_INTERNAL;
    default:
        return APP_ERROR_DB;
    }
}

/* The log and its shared memory are files, and no room for them is no SQLITE_FULL. What the kernel said is gone
 * by now, so the disk is looked at. */
static gboolean
is_disk_full (SqliteConnection *connection, int code)
{
    const char *path = sqlite3_db_filename (connection->handle, "main");
    struct statvfs disk;

    if ((code & 0xff) == SQLITE_FULL)
        return TRUE;
    return ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN) && path != NULL &&
           statvfs (path, &disk) == 0 &&
           ((disk.f_blocks > 0 && (guint64) disk.f_bavail * disk.f_frsize < LOG_BYTES) ||
            (disk.f_files > 0 && disk.f_favail == 0));
}

/* Else with errno: a volume that is read-only, or somebody else's file. */
static gboolean
may_write (SqliteConnection *connection)
{
    const char *path = sqlite3_db_filename (connection->handle, "main");

    return path == NULL || *path == '\0' || access (path, W_OK) == 0;
}

/* Turn SQLite's last failure into ours. @sql may be NULL. */
static void
set_error (GError **error, SqliteConnection *connection, int code, const char *sql)
{
    const char *message = sqlite3_errmsg (connection->handle);

    /* after these SQLite may have undone the whole transaction already */
    if ((code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_NOMEM ||
        (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_IOERR)
        connection->trouble = code;
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        g_set_error (error, APP_ERROR, error_code (code), "%s", message);
    else if (is_disk_full (connection, code))
        g_set_error (error, APP_ERROR, APP_ERROR_DISK_FULL,
                     "the disk of the database is full, make room on it (%s)", message);
    else if ((code & 0xff) == SQLITE_CANTOPEN && !may_write (connection))
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "it cannot be written: %s (SQLite: %s)",
                     g_strerror (errno), message);
    else if (sql != NULL)
        g_set_error (error, APP_ERROR, error_code (code), "SQLite: %s; statement: %s", message,
                     statement_excerpt (sql));
    else
        g_set_error (error, APP_ERROR, error_code (code), "SQLite: %s", message);
}

/* ---- statements ---- */

static void
statement_close (gpointer handle, gpointer data)
{
    SqliteStatement *statement = handle;

    sqlite3_finalize (statement->stmt);
    g_free (statement->numbers);
    g_free (statement);
}

/* SQLite counts parameters in the order in which the text names them; ours are numbered. */
static gboolean
number_parameters (SqliteStatement *self)
{
    self->n_parameters = sqlite3_bind_parameter_count (self->stmt);
    self->numbers = g_new0 (guint8, (gsize) self->n_parameters);
    for (int i = 1; i <= self->n_parameters; i++) {
        const char *name = sqlite3_bind_parameter_name (self->stmt, i);
        gint64 number = 0;

        if (name == NULL || name[0] != '$' || !text_to_int (name + 1, &number) || number < 1 ||
            number > G_MAXUINT8)
            return FALSE;
        self->numbers[i - 1] = (guint8) number;
        self->n_args = MAX (self->n_args, (guint) number);
    }
    return TRUE;
}

static SqliteStatement *
statement_prepare (SqliteConnection *connection, const char *sql, GError **error)
{
    SqliteStatement *self = g_new0 (SqliteStatement, 1);
    const char *rest = "";
    int code = sqlite3_prepare_v3 (connection->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                   &self->stmt, &rest);

    if (code != SQLITE_OK) {
        set_error (error, connection, code, sql);
    } else if (self->stmt == NULL || rest[strspn (rest, " \n\t;")] != '\0') {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "not one statement: %s",
                     statement_excerpt (sql));
    } else if (!number_parameters (self)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "parameters are $1 to $255; statement: %s", statement_excerpt (sql));
    } else {
        return self;
    }
    statement_close (self, NULL);
    return NULL;
}

/* The cached statement, or one of its own (*@out_own) when a row callback runs the same text again. */
static DbStatement *
statement_get (SqliteConnection *connection, const char *sql, gboolean *out_own, GError **error)
{
    DbStatement *cached = statement_cache_find (connection->statements, sql);
    SqliteStatement *fresh;

    *out_own = cached != NULL && cached->in_use;
    if (cached != NULL && !cached->in_use)
        return cached;
    fresh = statement_prepare (connection, sql, error);
    if (fresh == NULL)
        return NULL;
    return *out_own ? statement_new (sql, fresh)
                    : statement_cache_add (connection->statements, sql, fresh);
}

static int
bind_value (sqlite3_stmt *stmt, int index, const DbValue *value)
{
    switch (value->kind) {
    case DB_INT:
        return sqlite3_bind_int64 (stmt, index, value->integer);
    case DB_REAL:
        return sqlite3_bind_double (stmt, index, value->real);
    case DB_TEXT:
        return sqlite3_bind_text64 (stmt, index, value->bytes, value->n_bytes, SQLITE_STATIC,
                                    SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64 (stmt, index, value->bytes, value->n_bytes, SQLITE_STATIC);
    case DB_NULL:
        break;
    }
    return sqlite3_bind_null (stmt, index);
}

static gboolean
bind (SqliteConnection *connection, DbStatement *statement, DbArgs args, GError **error)
{
    SqliteStatement *self = statement->handle;

    if (args.n != self->n_args) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "%" G_GSIZE_FORMAT " values for %u parameters; statement: %s", args.n,
                     self->n_args, statement_excerpt (statement->sql));
        return FALSE;
    }
    for (int i = 1; i <= self->n_parameters; i++) {
        int code = bind_value (self->stmt, i, &args.values[self->numbers[i - 1] - 1]);

        if (code != SQLITE_OK) {
            set_error (error, connection, code, statement->sql);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
run_statement (SqliteConnection *connection, const DbEngine *engine, DbStatement *statement,
               DbArgs args, DbEachRow each, gpointer data, gint64 *out_changed, GError **error)
{
    SqliteStatement *self = statement->handle;
    GError *why = NULL;
    DbRow row;
    int code;

    if (!bind (connection, statement, args, error))
        return FALSE;
    row = (DbRow){ .engine = engine, .statement = statement, .handle = self->stmt };
    row.n_columns = (guint) sqlite3_column_count (self->stmt);
    statement->in_use = TRUE;
    while ((code = sqlite3_step (self->stmt)) == SQLITE_ROW)
        if (each != NULL && !each (&row, data, &why))
            break;
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        set_error (&why, connection, code, statement->sql);
    else if (out_changed != NULL)
        *out_changed =
            sqlite3_stmt_readonly (self->stmt) ? 0 : sqlite3_changes64 (connection->handle);
    sqlite3_reset (self->stmt);
    sqlite3_clear_bindings (self->stmt);
    statement->in_use = FALSE;
    if (why != NULL)
        g_propagate_error (error, why);
    return why == NULL;
}

gboolean
sqlite_connection_query (SqliteConnection *self, const DbEngine *engine, const char *sql,
                         DbArgs args, DbEachRow each, gpointer data, gint64 *out_changed,
                         GError **error)
{
    gboolean is_own = FALSE;
    DbStatement *statement = statement_get (self, sql, &is_own, error);
    gboolean ok;

    if (statement == NULL)
        return FALSE;
    ok = run_statement (self, engine, statement, args, each, data, out_changed, error);
    if (is_own) {
        statement_close (statement->handle, NULL);
        statement_free (statement);
    }
    return ok;
}

gboolean
sqlite_connection_run (SqliteConnection *self, const char *sql, GError **error)
{
    return sqlite_connection_query (self, NULL, sql, DB_NO_ARGS, NULL, NULL, NULL, error);
}

gboolean
sqlite_connection_script (SqliteConnection *self, const char *sql, GError **error)
{
    int code = sqlite3_exec (self->handle, sql, NULL, NULL, NULL);

    if (code != SQLITE_OK)
        set_error (error, self, code, NULL);
    return code == SQLITE_OK;
}

/* ---- rows ---- */

const char *
sqlite_column_name (const DbRow *row, guint column)
{
    return sqlite3_column_name (row->handle, (int) column);
}

gboolean
sqlite_column_is_null (const DbRow *row, guint column)
{
    return sqlite3_column_type (row->handle, (int) column) == SQLITE_NULL;
}

gboolean
sqlite_column_int (const DbRow *row, guint column, gint64 *out)
{
    switch (sqlite3_column_type (row->handle, (int) column)) {
    case SQLITE_INTEGER:
        *out = sqlite3_column_int64 (row->handle, (int) column);
        return TRUE;
    case SQLITE_FLOAT: {
        double real = sqlite3_column_double (row->handle, (int) column);

        if (fabs (real) > 9007199254740992.0 || real != floor (real)) /* 2^53 */
            return FALSE;
        *out = (gint64) real;
        return TRUE;
    }
    case SQLITE_TEXT:
        return text_to_int ((const char *) sqlite3_column_text (row->handle, (int) column), out);
    default:
        return FALSE;
    }
}

gboolean
sqlite_column_real (const DbRow *row, guint column, double *out)
{
    switch (sqlite3_column_type (row->handle, (int) column)) {
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        *out = sqlite3_column_double (row->handle, (int) column);
        return TRUE;
    case SQLITE_TEXT:
        return text_to_real ((const char *) sqlite3_column_text (row->handle, (int) column), out);
    default:
        return FALSE;
    }
}

const char *
sqlite_column_text (const DbRow *row, guint column)
{
    return (const char *) sqlite3_column_text (row->handle, (int) column);
}

gconstpointer
sqlite_column_blob (const DbRow *row, guint column, gsize *out_n_bytes)
{
    gconstpointer bytes = sqlite3_column_blob (row->handle, (int) column);

    *out_n_bytes = (gsize) sqlite3_column_bytes (row->handle, (int) column);
    return bytes != NULL ? bytes : ""; /* an empty blob is no NULL */
}

/* ---- opening ---- */

static int
remember_wal_pages (void *data, sqlite3 *handle, const char *name, int n_pages)
{
    SqliteConnection *self = data;

    self->wal_pages = n_pages;
    return SQLITE_OK;
}

static int
check_mode (void *data, int n_columns, char **values, char **names)
{
    *(gboolean *) data = n_columns == 1 && g_strcmp0 (values[0], "wal") == 0;
    return 0;
}

/* The switch to WAL does not wait like other statements while another server makes it too. */
static gboolean
set_wal (SqliteConnection *self, GError **error)
{
    gint64 until = g_get_monotonic_time () + BUSY_TIMEOUT_MS * 1000;
    gboolean is_wal = FALSE;
    int code;

    while ((code = sqlite3_exec (self->handle, "PRAGMA journal_mode = WAL", check_mode, &is_wal,
                                 NULL)) == SQLITE_BUSY &&
           g_get_monotonic_time () < until)
        g_usleep (5000);
    if (code != SQLITE_OK)
        set_error (error, self, code, NULL);
    else if (!is_wal)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_CONFIG,
                             "its file system cannot hold a write-ahead log; put the database on a "
                             "local disk, or use PostgreSQL (DB_URL)");
    return code == SQLITE_OK && is_wal;
}

static gboolean
configure (SqliteConnection *self, gboolean may_write, GError **error)
{
    sqlite3_extended_result_codes (self->handle, 1);
    sqlite3_busy_timeout (self->handle, BUSY_TIMEOUT_MS);
    sqlite3_db_config (self->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config (self->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config (self->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config (self->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config (self->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    sqlite3_limit (self->handle, SQLITE_LIMIT_ATTACHED, 0);
    if (!sqlite_functions_register (self->handle) ||
        sqlite3_exec (self->handle, SQL_CONFIGURE, NULL, NULL, NULL) != SQLITE_OK) {
        set_error (error, self, sqlite3_extended_errcode (self->handle), NULL);
        return FALSE;
    }
    if (!may_write)
        return TRUE;
    sqlite3_wal_hook (self->handle, remember_wal_pages, self); /* ends its own checkpoints */
    return set_wal (self, error) && sqlite_connection_script (self, SQL_CONFIGURE_WRITER, error);
}

SqliteConnection *
sqlite_connection_open (const char *path, gboolean may_write, GError **error)
{
    g_autoptr (SqliteConnection) self = g_new0 (SqliteConnection, 1);
    int flags = SQLITE_OPEN_NOMUTEX | (may_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    int code = sqlite3_open_v2 (path, &self->handle, flags, NULL);

    if (code != SQLITE_OK) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot open the database '%s': %s", path,
                     self->handle != NULL ? sqlite3_errmsg (self->handle) : "out of memory");
        return NULL;
    }
    self->statements = statement_cache_new (MAX_STATEMENTS, statement_close, NULL);
    if (!configure (self, may_write, error)) {
        g_prefix_error (error, "cannot use the database '%s': ", path);
        return NULL;
    }
    return g_steal_pointer (&self);
}

void
sqlite_connection_close (SqliteConnection *self)
{
    if (self == NULL)
        return;
    statement_cache_free (self->statements);
    sqlite3_close_v2 (self->handle);
    g_free (self);
}
