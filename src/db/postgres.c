/* The PostgreSQL engine: transactions, and opening.
 *
 * Transactions are REPEATABLE READ: what a function read cannot have been changed by another when it
 * commits a change of the same rows; the loser of such a race is run again. So is, once, a function that a
 * unique or foreign key refused: what another one has added or removed meanwhile counts for the key, but could
 * not be seen by what the function asked before. A function whose
 * connection broke before its COMMIT was sent is run again too, for nothing of it can have stayed.
 * When the COMMIT itself got no answer nobody knows, and the caller is told so. */
#define G_LOG_DOMAIN "db"
#include "db/postgres_private.h"

#include <string.h>

#include "base/error.h"

#define DEFAULT_CONNECTIONS 16
#define MAX_CONFLICTS 60
#define MAX_LOSSES 3
#define MAX_REFUSALS 1

static const char SQL_BEGIN[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE";
/* READ COMMITTED: who waited for the lock must see what its last holder did. The backup before an update may
 * take longer than a transaction may else stand still, and the update longer than a statement. */
static const char SQL_BEGIN_MIGRATION[] =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
    "SELECT set_config (name, '0', TRUE) FROM pg_settings"
    " WHERE name IN ('idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout',"
    "                'transaction_timeout');"
    "SELECT pg_advisory_xact_lock (x'74696e7479706531'::bigint)"; /* 'tintype1' */

typedef struct {
    Db base;
    PostgresPool *pool;
    GMutex losers; /* held by a transaction that lost a race, until it is through */
} PostgresDb;

typedef struct {
    Db base;
    PostgresConnection *connection;
    PostgresTrouble trouble;
} PostgresTx;

/* ---- statements ---- */

/* Outside of a transaction a statement only reads, so a broken connection is worth a second try. */
static gboolean
query_pooled (PostgresDb *self, const char *sql, DbArgs args, gboolean stream, DbEachRow each,
              gpointer data, gint64 *out_changed, GError **error)
{
    for (int attempt = 1;; attempt++) {
        PostgresConnection *connection = postgres_pool_take (self->pool, error);
        g_autoptr (GError) why = NULL;
        guint64 n_handed = 0;
        gboolean ok, is_spent;

        if (connection == NULL)
            return FALSE;
        ok = postgres_connection_query (connection, self->base.engine, sql, args, stream, each,
                                        data, out_changed, &n_handed, &why);
        is_spent = postgres_connection_is_spent (connection);
        postgres_pool_give (self->pool, connection);
        if (ok)
            return TRUE;
        if (!is_spent || n_handed > 0 || attempt == MAX_LOSSES) {
            g_propagate_error (error, g_steal_pointer (&why));
            return FALSE;
        }
    }
}

static gboolean
postgres_query (Db *db, const char *sql, DbArgs args, gboolean stream, DbEachRow each,
                gpointer data, gint64 *out_changed, GError **error)
{
    PostgresTx *tx = (PostgresTx *) db;
    gboolean ok;

    if (db->parent == NULL)
        return query_pooled ((PostgresDb *) db, sql, args, stream, each, data, out_changed, error);
    ok = postgres_connection_query (tx->connection, db->engine, sql, args, stream, each, data,
                                    out_changed, NULL, error);
    if (!ok && tx->trouble == POSTGRES_FINE)
        tx->trouble = tx->connection->trouble;
    return ok;
}

static gboolean
postgres_script (Db *tx, const char *sql, GError **error)
{
    return postgres_connection_script (((PostgresTx *) tx)->connection, sql, error) != NULL;
}

/* ---- transactions ---- */

static gboolean
commit (PostgresTx *tx, GError **error)
{
    g_autoptr (GError) why = NULL;
    const char *tag = postgres_connection_script (tx->connection, "COMMIT", &why);

    tx->trouble = tx->connection->trouble;
    if (tag == NULL && tx->trouble == POSTGRES_LOST) {
        tx->trouble = POSTGRES_FINE; /* not to be run again: it may have been done */
        g_set_error (error, APP_ERROR, APP_ERROR_UNSURE,
                     "the change may or may not have been stored: %s", why->message);
        return FALSE;
    }
    if (tag == NULL)
        g_propagate_error (error, g_steal_pointer (&why));
    if (tag != NULL && !g_str_equal (tag, "COMMIT")) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_DB, "PostgreSQL undid the transaction");
        return FALSE;
    }
    return tag != NULL;
}

/* One try. @return TRUE when it is committed; else tx->trouble says whether another is worth it */
static gboolean
try_write (PostgresTx *tx, DbRun run, gpointer data, GError **error)
{
    PostgresConnection *connection = tx->connection;

    tx->trouble = POSTGRES_FINE;
    connection->in_transaction = TRUE;
    if (postgres_connection_script (connection, SQL_BEGIN, error) == NULL) {
        tx->trouble = connection->trouble;
    } else if (!transaction_run (&tx->base, run, data, error)) {
        if (PQstatus (connection->handle) == CONNECTION_OK)
            postgres_connection_script (connection, "ROLLBACK", NULL);
        connection->trouble = MAX (connection->trouble, tx->trouble);
    } else if (commit (tx, error)) {
        connection->in_transaction = FALSE;
        return TRUE;
    }
    connection->in_transaction = FALSE;
    return FALSE;
}

/* What became of the tries so far. */
typedef struct {
    guint n_refusals, n_conflicts, n_losses;
} Tries;

static gboolean
is_worth_another (Tries *self, PostgresTrouble trouble)
{
    switch (trouble) {
    case POSTGRES_FINE:
        return FALSE;
    case POSTGRES_RULE:
        return ++self->n_refusals <= MAX_REFUSALS;
    case POSTGRES_CONFLICT:
        return ++self->n_conflicts <= MAX_CONFLICTS;
    default:
        return ++self->n_losses <= MAX_LOSSES;
    }
}

static gboolean
postgres_write (Db *db, DbRun run, gpointer data, GError **error)
{
    PostgresDb *self = (PostgresDb *) db;
    PostgresTx tx = { .base = { .engine = db->engine, .parent = db } };
    Tries tries = { 0 };
    gboolean is_loser = FALSE, ok;

    for (;;) {
        g_autoptr (GError) why = NULL;

        tx.connection = postgres_pool_take (self->pool, &why);
        ok = tx.connection != NULL && try_write (&tx, run, data, &why);
        if (tx.connection != NULL)
            postgres_pool_give (self->pool, tx.connection);
        if (ok)
            break;
        transaction_drop_after (&tx.base.after);
        if (tx.connection == NULL || !is_worth_another (&tries, tx.trouble)) {
            g_propagate_error (error, g_steal_pointer (&why));
            break;
        }
        /* losers go one after the other, or the slowest would lose for ever */
        if (tx.trouble == POSTGRES_CONFLICT && !is_loser) {
            g_mutex_lock (&self->losers);
            is_loser = TRUE;
        }
    }
    if (is_loser)
        g_mutex_unlock (&self->losers);
    transaction_run_after (&tx.base.after);
    return ok;
}

/* ---- the engine ---- */

static gboolean
postgres_is_writable (const Db *db)
{
    return TRUE; /* its server stops by itself when an fsync fails, and recovers */
}

static gboolean
take_horizon (const DbRow *row, gpointer data, GError **error)
{
    g_strlcpy (data, db_row_text (row, 0), UUID_TEXT_BYTES);
    return TRUE;
}

static gboolean
postgres_horizon (Db *db, char out[UUID_TEXT_BYTES], GError **error)
{
    return postgres_query (db, "SELECT sync_horizon ()", DB_NO_ARGS, FALSE, take_horizon, out, NULL,
                           error);
}

static void
postgres_free (Db *db)
{
    PostgresDb *self = (PostgresDb *) db;

    postgres_pool_free (self->pool);
    g_mutex_clear (&self->losers);
    g_free (self->base.version);
    g_free (self);
}

static const DbEngine engine = {
    .explain = "EXPLAIN ",
    .query = postgres_query,
    .write = postgres_write,
    .script = postgres_script,
    .is_writable = postgres_is_writable,
    .horizon = postgres_horizon,
    .free = postgres_free,
    .column_name = postgres_column_name,
    .is_null = postgres_column_is_null,
    .get_int = postgres_column_int,
    .get_real = postgres_column_real,
    .get_text = postgres_column_text,
    .get_blob = postgres_column_blob,
};

/* Servers that start at the same time take turns. */
static gboolean
migrate (PostgresDb *self, PostgresConnection *connection, const DbSettings *settings,
         const DbMigration *migrations, gsize n_migrations, GError **error)
{
    PostgresTx tx = { .base = { .engine = &engine, .parent = &self->base },
                      .connection = connection };
    gboolean ok = postgres_connection_script (connection, SQL_BEGIN_MIGRATION, error) != NULL &&
                  postgres_connection_script (connection, db_functions_sql, error) != NULL &&
                  migrate_run (&tx.base, settings, migrations, n_migrations, NULL, error) &&
                  postgres_connection_script (connection, "COMMIT", error) != NULL;

    if (!ok)
        postgres_connection_script (connection, "ROLLBACK", NULL);
    g_clear_error (&tx.base.failure);
    return ok;
}

static char *
version_of (PostgresConnection *connection)
{
    const char *text = PQparameterStatus (connection->handle, "server_version");

    return g_strdup_printf ("PostgreSQL %.*s", (int) strcspn (text, " "), text);
}

Db *
postgres_open (const DbSettings *settings, const DbMigration *migrations, gsize n_migrations,
               GError **error)
{
    g_autoptr (PostgresPool) pool = postgres_pool_new (
        settings->url, settings->n_connections > 0 ? settings->n_connections : DEFAULT_CONNECTIONS);
    PostgresConnection *connection = postgres_pool_take (pool, error);
    PostgresDb *self;
    gboolean ok;

    if (connection == NULL)
        return NULL;
    self = g_new0 (PostgresDb, 1);
    self->base.engine = &engine;
    self->base.version = version_of (connection);
    g_mutex_init (&self->losers);
    ok = postgres_connection_check_pooler (connection, settings->url, error) &&
         migrate (self, connection, settings, migrations, n_migrations, error);
    postgres_pool_give (pool, connection);
    self->pool = g_steal_pointer (&pool);
    if (!ok) {
        postgres_free (&self->base);
        return NULL;
    }
    return &self->base;
}
