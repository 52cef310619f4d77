/* The SQLite engine: opening a file, and a connection for each thread that reads.
 *
 * The file is in WAL mode: readers see what was committed before their statement began, and never
 * wait for the writer. A thread's connection is kept until the thread ends or the Db is freed; all
 * writes go through the one connection of sqlite_writer.c. */
#define G_LOG_DOMAIN "db"
#include "db/sqlite_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

/* ---- a connection for each thread ---- */

typedef struct {
    SqliteDb *db;   /* NULL once that is freed */
    guint64 serial; /* of the Db */
    SqliteConnection *connection;
} Reader;

/* Held when a reader is made or ends, never to read. */
static GMutex readers_lock;

/* A thread ends. */
static void
readers_free (gpointer data)
{
    g_autoptr (GPtrArray) readers = data;

    g_mutex_lock (&readers_lock);
    for (guint i = 0; i < readers->len; i++) {
        Reader *reader = g_ptr_array_index (readers, i);

        if (reader->db != NULL)
            g_ptr_array_remove_fast (reader->db->readers, reader);
        sqlite_connection_close (reader->connection);
        g_free (reader);
    }
    g_mutex_unlock (&readers_lock);
}

static GPrivate thread_readers = G_PRIVATE_INIT (readers_free);

/* A Db ends: close what any thread has open of it. The threads free their Reader later. */
static void
close_readers (SqliteDb *self)
{
    g_mutex_lock (&readers_lock);
    for (guint i = 0; i < self->readers->len; i++) {
        Reader *reader = g_ptr_array_index (self->readers, i);

        sqlite_connection_close (g_steal_pointer (&reader->connection));
        reader->db = NULL;
    }
    g_mutex_unlock (&readers_lock);
}

static void
drop_stale_readers (GPtrArray *readers)
{
    for (guint i = readers->len; i-- > 0;) {
        Reader *reader = g_ptr_array_index (readers, i);

        if (reader->db == NULL) {
            g_ptr_array_remove_index_fast (readers, i);
            g_free (reader);
        }
    }
}

static SqliteConnection *
add_reader (SqliteDb *self, GError **error)
{
    SqliteConnection *connection = sqlite_connection_open (self->path, FALSE, error);
    GPtrArray *readers = g_private_get (&thread_readers);
    Reader *reader;

    if (connection == NULL)
        return NULL;
    if (readers == NULL) {
        readers = g_ptr_array_new ();
        g_private_set (&thread_readers, readers);
    }
    reader = g_new0 (Reader, 1);
    reader->db = self;
    reader->serial = self->serial;
    reader->connection = connection;
    g_mutex_lock (&readers_lock);
    drop_stale_readers (readers);
    g_ptr_array_add (readers, reader);
    g_ptr_array_add (self->readers, reader);
    g_mutex_unlock (&readers_lock);
    return connection;
}

static SqliteConnection *
get_reader (SqliteDb *self, GError **error)
{
    GPtrArray *readers = g_private_get (&thread_readers);

    for (guint i = 0; readers != NULL && i < readers->len; i++) {
        Reader *reader = g_ptr_array_index (readers, i);

        if (reader->serial == self->serial)
            return reader->connection;
    }
    return add_reader (self, error);
}

/* ---- the engine ---- */

static gboolean
may_go_on (SqliteTx *tx, GError **error)
{
    if (sqlite3_total_changes64 (tx->connection->handle) <= tx->last_change)
        return TRUE;
    tx->is_cut = TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_DB, "it is run again, alone");
    return FALSE;
}

static gboolean
sqlite_query (Db *db, const char *sql, DbArgs args, gboolean stream, DbEachRow each, gpointer data,
              gint64 *out_changed, GError **error)
{
    SqliteConnection *connection =
        db->parent != NULL ? ((SqliteTx *) db)->connection : get_reader ((SqliteDb *) db, error);

    if (db->parent != NULL && !may_go_on ((SqliteTx *) db, error))
        return FALSE;
    return connection != NULL && sqlite_connection_query (connection, db->engine, sql, args, each,
                                                          data, out_changed, error);
}

static gboolean
sqlite_write (Db *db, DbRun run, gpointer data, GError **error)
{
    return sqlite_writer_write (((SqliteDb *) db)->writer, run, data, error);
}

static gboolean
sqlite_script (Db *tx, const char *sql, GError **error)
{
    return sqlite_connection_script (((SqliteTx *) tx)->connection, sql, error);
}

static gboolean
sqlite_is_writable (const Db *db)
{
    return sqlite_writer_is_writable (((const SqliteDb *) db)->writer);
}

/* A row callback may read while the thread's connection still sees an older state. */
static gboolean
sqlite_get_state (Db *db, DbState *out)
{
    SqliteDb *self = (SqliteDb *) db;
    SqliteConnection *connection = get_reader (self, NULL);

    G_STATIC_ASSERT (sizeof out->words == SQLITE_HEAD_WORDS * sizeof (guint32));
    out->serial = self->serial;
    return self->log_head != NULL && connection != NULL &&
           sqlite3_txn_state (connection->handle, NULL) == SQLITE_TXN_NONE &&
           sqlite_read_log_head (self->log_head, out->words);
}

static gboolean
sqlite_horizon (Db *db, char out[UUID_TEXT_BYTES], GError **error)
{
    sqlite_writer_horizon (((SqliteDb *) db)->writer, out);
    return TRUE;
}

static void
sqlite_free (Db *db)
{
    SqliteDb *self = (SqliteDb *) db;

    close_readers (self); /* before the writer, whose end then moves the log into the file */
    sqlite_writer_free (self->writer);
    g_ptr_array_unref (self->readers);
    g_free (self->base.version);
    g_free (self->path);
    g_free (self);
}

static const DbEngine engine = {
    .is_sqlite = TRUE,
    .explain = "EXPLAIN QUERY PLAN ",
    .explain_column = 3,
    .query = sqlite_query,
    .write = sqlite_write,
    .script = sqlite_script,
    .is_writable = sqlite_is_writable,
    .get_state = sqlite_get_state,
    .horizon = sqlite_horizon,
    .free = sqlite_free,
    .column_name = sqlite_column_name,
    .is_null = sqlite_column_is_null,
    .get_int = sqlite_column_int,
    .get_real = sqlite_column_real,
    .get_text = sqlite_column_text,
    .get_blob = sqlite_column_blob,
};

/* ---- opening ---- */

/* Make the file for its owner alone (it holds password hashes), and make its name durable. An
 * existing one is not opened here: closing it again would take the locks of another Db with it. */
static gboolean
make_file (const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    gboolean ok;

    if (fd < 0 && errno == EEXIST)
        return TRUE;
    if (fd < 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO,
                     "cannot make the database '%s': %s; its folder must exist and be writable",
                     path, g_strerror (errno));
        return FALSE;
    }
    close (fd);
    fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = fd >= 0 && fsync (fd) == 0;
    if (!ok)
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot fsync the folder '%s': %s", folder,
                     g_strerror (errno));
    if (fd >= 0)
        close (fd);
    return ok;
}

static gboolean
count_row (const DbRow *row, gpointer data, GError **error)
{
    ++*(guint *) data;
    return FALSE;
}

/* Every row is read: only after a migration, which alone works without the checks. */
static gboolean
check_foreign_keys (SqliteConnection *connection, GError **error)
{
    guint n_violations = 0;

    if (!sqlite_connection_query (connection, &engine, "PRAGMA foreign_key_check", DB_NO_ARGS,
                                  count_row, &n_violations, NULL, error))
        return FALSE;
    if (n_violations > 0)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_CONSTRAINT,
                             "a migration left rows whose foreign key leads nowhere");
    return n_violations == 0;
}

/* Foreign keys are off meanwhile, so that a migration may rebuild a table, and checked at the end. */
static gboolean
migrate (SqliteDb *self, SqliteConnection *connection, const DbSettings *settings,
         const DbMigration *migrations, gsize n_migrations, GError **error)
{
    SqliteTx tx = { .base = { .engine = &engine, .parent = &self->base },
                    .connection = connection,
                    .last_change = G_MAXINT64 };
    gsize n_applied = 0;
    gboolean ok;

    if (!sqlite_connection_script (connection, "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE", error))
        return FALSE;
    ok = migrate_run (&tx.base, settings, migrations, n_migrations, &n_applied, error) &&
         (n_applied == 0 || check_foreign_keys (connection, error));
    ok = ok && sqlite_connection_run (connection, "COMMIT", error);
    if (!ok)
        sqlite_connection_script (connection, "ROLLBACK", NULL);
    g_clear_error (&tx.base.failure);
    return ok && sqlite_connection_script (connection, "PRAGMA foreign_keys = ON", error);
}

Db *
sqlite_open (const DbSettings *settings, const DbMigration *migrations, gsize n_migrations,
             GError **error)
{
    static gint last_serial;
    g_autoptr (SqliteConnection) connection = NULL;
    SqliteDb *self;

    /* its count of memory in use, which nobody reads, takes one lock for all threads at each step;
     * refused, without harm, once SQLite is in use */
    sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
    if (!make_file (settings->sqlite_path, error))
        return NULL;
    connection = sqlite_connection_open (settings->sqlite_path, TRUE, error);
    if (connection == NULL)
        return NULL;

    self = g_new0 (SqliteDb, 1);
    self->base.engine = &engine;
    self->base.version = g_strdup_printf ("SQLite %s", sqlite3_libversion ());
    self->path = g_strdup (settings->sqlite_path);
    self->serial = (guint64) g_atomic_int_add (&last_serial, 1) + 1;
    self->readers = g_ptr_array_new ();
    if (!migrate (self, connection, settings, migrations, n_migrations, error)) {
        g_prefix_error (error, "database '%s': ", self->path);
        g_ptr_array_unref (self->readers);
        g_free (self->base.version);
        g_free (self->path);
        g_free (self);
        return NULL;
    }
    self->log_head = sqlite_find_log_head (connection);
    self->writer = sqlite_writer_new (&self->base, g_steal_pointer (&connection));
    return &self->base;
}
