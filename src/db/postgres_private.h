/* postgres_private.h -- the parts of the PostgreSQL engine: connections (postgres_connection.c), the
 * pool of them (postgres_pool.c), transactions and opening (postgres.c) */
#pragma once
#include <libpq-fe.h>
#include "db/db_private.h"
#include "db/statement_cache.h"

/** What went wrong beyond the statement itself. */
typedef enum {
    POSTGRES_FINE,
    POSTGRES_RULE, /* a unique or foreign key refused it, maybe for what came after its snapshot */
    POSTGRES_CONFLICT, /* another transaction was faster: this one may be run again */
    POSTGRES_STALE,    /* prepared statements are of no use any more: a new connection is needed */
    POSTGRES_LOST,     /* the connection broke */
} PostgresTrouble;

/** One connection; one thread at a time. */
typedef struct {
    PGconn *handle;
    StatementCache *statements;
    guint last_name; /* of a prepared statement */
    gboolean in_transaction;
    PostgresTrouble trouble; /* of the last statement that failed */
} PostgresConnection;

PostgresConnection *postgres_connection_open (const char *url, GError **error);
void postgres_connection_close (PostgresConnection *self);
/** @param out_n_handed  rows that @each was given, also on failure; may be NULL */
gboolean postgres_connection_query (PostgresConnection *self, const DbEngine *engine,
                                    const char *sql, DbArgs args, gboolean stream, DbEachRow each,
                                    gpointer data, gint64 *out_changed, guint64 *out_n_handed,
                                    GError **error);
/** Statements without parameters and rows, in one message. @return its last command tag, valid until
 *  the next call; NULL when it failed */
const char *postgres_connection_script (PostgresConnection *self, const char *sql, GError **error);
/** Whether something between us and the server hands the connection to others after each transaction: settings and
 *  prepared statements do not stay with it then. FALSE with APP_ERROR_CONFIG when it does */
gboolean postgres_connection_check_pooler (PostgresConnection *self, const char *url,
                                           GError **error);
/** Its connection is of no use to anyone any more. */
gboolean postgres_connection_is_spent (const PostgresConnection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PostgresConnection, postgres_connection_close)

/* of the row of a PGresult; see DbEngine */
const char *postgres_column_name (const DbRow *row, guint column);
gboolean postgres_column_is_null (const DbRow *row, guint column);
gboolean postgres_column_int (const DbRow *row, guint column, gint64 *out);
gboolean postgres_column_real (const DbRow *row, guint column, double *out);
const char *postgres_column_text (const DbRow *row, guint column);
gconstpointer postgres_column_blob (const DbRow *row, guint column, gsize *out_n_bytes);

/* postgres_pool.c: connections, opened when they are needed, at most so many; any thread */
typedef struct _PostgresPool PostgresPool;

PostgresPool *postgres_pool_new (const char *url, guint max_connections);
void postgres_pool_free (PostgresPool *self); /* all were given back */
/** Borrow one; waits when all are in use. @return NULL with APP_ERROR_UNAVAILABLE */
PostgresConnection *postgres_pool_take (PostgresPool *self, GError **error);
/** Give it back. One that is spent is closed, with those that lie idle if the server went away. */
void postgres_pool_give (PostgresPool *self, PostgresConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PostgresPool, postgres_pool_free)
