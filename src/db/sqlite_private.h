/* sqlite_private.h -- the parts of the SQLite engine: connections (sqlite_connection.c), one of them
 * for each thread that reads (sqlite.c), its functions (sqlite_functions.c), the thread that writes
 * (sqlite_writer.c) and the state of the file (sqlite_state.c) */
#pragma once
#include <sqlite3.h>
#include "base/uuid.h"
#include "db/db_private.h"
#include "db/statement_cache.h"

typedef struct _SqliteWriter SqliteWriter;

/** One connection; one thread at a time. */
typedef struct {
    sqlite3 *handle;
    StatementCache *statements;
    int trouble;   /* the last result code after which a transaction cannot go on; 0: none */
    int wal_pages; /* in the log after the last commit, of the writer */
} SqliteConnection;

typedef struct {
    Db base;
    char *path;
    guint64 serial; /* tells this Db from an earlier one at the same address */
    SqliteWriter *writer;
    GPtrArray *readers;      /* of every thread that read; under the lock in sqlite.c */
    const guint32 *log_head; /* see sqlite_state.c; as long as the writer's connection is open */
} SqliteDb;

/** What a transaction's function gets. */
typedef struct {
    Db base;
    SqliteConnection *connection;
    gint64 last_change; /* of the connection, after which it may run no more; see sqlite_writer.c */
    gboolean is_cut;    /* it wanted to */
} SqliteTx;

/* sqlite_connection.c */
SqliteConnection *sqlite_connection_open (const char *path, gboolean may_write, GError **error);
void sqlite_connection_close (SqliteConnection *self);
gboolean sqlite_connection_query (SqliteConnection *self, const DbEngine *engine, const char *sql,
                                  DbArgs args, DbEachRow each, gpointer data, gint64 *out_changed,
                                  GError **error);
/** A statement without parameters and rows. */
gboolean sqlite_connection_run (SqliteConnection *self, const char *sql, GError **error);
/** Several of them, not kept. */
gboolean sqlite_connection_script (SqliteConnection *self, const char *sql, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SqliteConnection, sqlite_connection_close)

/* of the row that a SqliteConnection's statement stands on; see DbEngine */
const char *sqlite_column_name (const DbRow *row, guint column);
gboolean sqlite_column_is_null (const DbRow *row, guint column);
gboolean sqlite_column_int (const DbRow *row, guint column, gint64 *out);
gboolean sqlite_column_real (const DbRow *row, guint column, double *out);
const char *sqlite_column_text (const DbRow *row, guint column);
gconstpointer sqlite_column_blob (const DbRow *row, guint column, gsize *out_n_bytes);

/* sqlite_state.c */
#define SQLITE_HEAD_WORDS 12
const guint32 *sqlite_find_log_head (SqliteConnection *connection); /* NULL: there is none */
/** @return FALSE while it is being changed */
gboolean sqlite_read_log_head (const guint32 *head, guint32 out[SQLITE_HEAD_WORDS]);

/* sqlite_functions.c */
gboolean sqlite_functions_register (sqlite3 *handle);

/* sqlite_writer.c */

/** Start the thread. @connection (transfer full), opened for writing. */
SqliteWriter *sqlite_writer_new (Db *parent, SqliteConnection *connection);
void sqlite_writer_free (SqliteWriter *self); /* after what waits was written */
gboolean sqlite_writer_write (SqliteWriter *self, DbRun run, gpointer data, GError **error);
gboolean sqlite_writer_is_writable (SqliteWriter *self);
void sqlite_writer_horizon (SqliteWriter *self, char out[UUID_TEXT_BYTES]); /* see db_horizon () */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SqliteWriter, sqlite_writer_free)
