/* One connection to PostgreSQL: how it is set up, its prepared statements, their parameters and rows.
 *
 * Parameters travel as text and PostgreSQL infers their types; blobs travel as they are. Results are
 * text, so that whatever type an expression has (sum () of integers is a numeric) reads as in SQLite. */
#define G_LOG_DOMAIN "db"
#include "db/postgres_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define MAX_STATEMENTS 200
#define POOLER_LOOKS 5
#define MIN_SERVER_VERSION 130000
#define TYPE_BOOL 16
#define TYPE_BYTEA 17

/* Statements outside db_write () only read, as in SQLite. To compile one takes longer than it runs. */
static const char SQL_CONFIGURE[] = "SET default_transaction_read_only = on;"
                                    "SET jit = off;"
                                    "SET TimeZone = 'UTC';"
                                    "SET extra_float_digits = 1;"
                                    "SET idle_in_transaction_session_timeout = '5min'";

/* ---- errors ---- */

static gboolean
is_state (const char *state, const char *prefix)
{
    return state != NULL && g_str_has_prefix (state, prefix);
}

/* A key, which may be broken by what another has added or removed; the other rules are the program's. */
static gboolean
is_key (const char *state)
{
    return is_state (state, "23503") || is_state (state, "23505");
}

static AppErrorCode
error_code (const char *state)
{
    if (is_key (state))
        return APP_ERROR_CONSTRAINT;
    if (is_state (state, "53100"))
        return APP_ERROR_DISK_FULL;
    /* 57014, 55P03: a time limit of the database's, for a statement or for a lock */
    if (state == NULL || is_state (state, "53") || is_state (state, "57") ||
        is_state (state, "55P03") || is_state (state, "08") || is_state (state, "40"))
        return APP_ERROR_UNAVAILABLE;
    if (is_state (state, "22021") || is_state (state, "22P05"))
        return APP_ERROR_INVALID;
    if (is_state (state, "25006")) /* a write outside of db_write () */
        return APP_ERROR_INTERNAL;
    return APP_ERROR_DB;
}

static PostgresTrouble
trouble_of (PGconn *handle, const char *state)
{
    if (PQstatus (handle) == CONNECTION_BAD || state == NULL || is_state (state, "57P01") ||
        is_state (state, "57P02") || is_state (state, "57P03") || is_state (state, "08"))
        return POSTGRES_LOST;
    if (is_state (state, "40001") || is_state (state, "40P01"))
        return POSTGRES_CONFLICT;
    if (is_key (state))
        return POSTGRES_RULE;
    /* another server changed the schema, or something between us and the server lost our statements */
    if (is_state (state, "0A000") || is_state (state, "26000"))
        return POSTGRES_STALE;
    return POSTGRES_FINE;
}

/* As SQLite says it, 'UNIQUE constraint failed: users.email', and the constraint's own name. The
 * columns stand in the detail: 'Key (owner_id, checksum)=(...) already exists.', in any language. */
static void
set_constraint_error (GError **error, const PGresult *result, const char *state)
{
    static const struct {
        const char *state, *kind;
    } kinds[] = {
        { "23502", "NOT NULL" }, { "23503", "FOREIGN KEY" }, { "23505", "UNIQUE" },
        { "23514", "CHECK" },    { "23P01", "EXCLUSION" },
    };
    const char *kind = "a";
    const char *table = PQresultErrorField (result, PG_DIAG_TABLE_NAME);
    const char *column = PQresultErrorField (result, PG_DIAG_COLUMN_NAME);
    const char *name = PQresultErrorField (result, PG_DIAG_CONSTRAINT_NAME);
    const char *detail = PQresultErrorField (result, PG_DIAG_MESSAGE_DETAIL);
    const char *begin = detail != NULL ? strchr (detail, '(') : NULL;
    const char *end = begin != NULL ? strstr (begin, ")=(") : NULL;
    g_autoptr (GString) columns = g_string_new (NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
        if (g_str_equal (kinds[i].state, state))
            kind = kinds[i].kind;
    if (column != NULL) {
        g_string_printf (columns, "%s.%s", table, column);
    } else if (end != NULL && table != NULL) {
        g_autofree char *list = g_strndup (begin + 1, (gsize) (end - begin - 1));
        g_auto (GStrv) names = g_strsplit (list, ", ", -1);

        for (guint i = 0; names[i] != NULL; i++)
            g_string_append_printf (columns, "%s%s.%s", i > 0 ? ", " : "", table, names[i]);
    }
    g_set_error (error, APP_ERROR, error_code (state), "%s constraint failed: %s%s%s%s", kind,
                 columns->str, name != NULL ? " (" : "", name != NULL ? name : "",
                 name != NULL ? ")" : "");
}

/* @result NULL: the failure is the connection's own */
static void
set_error (PostgresConnection *self, GError **error, const PGresult *result, const char *sql)
{
    const char *state = result != NULL ? PQresultErrorField (result, PG_DIAG_SQLSTATE) : NULL;
    const char *primary =
        result != NULL ? PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    g_autofree char *message = g_strdup (primary != NULL ? primary : PQerrorMessage (self->handle));

    self->trouble = trouble_of (self->handle, state);
    g_strchomp (message);
    if (is_state (state, "23"))
        set_constraint_error (error, result, state);
    else if (is_state (state, "53100"))
        g_set_error (error, APP_ERROR, APP_ERROR_DISK_FULL,
                     "the disk of the database is full, make room on it\n%s", message);
    else if (self->trouble == POSTGRES_LOST)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the connection to PostgreSQL broke\n%s", message);
    else if (error_code (state) == APP_ERROR_UNAVAILABLE)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "PostgreSQL is too busy, try again later\n%s%s%s", message,
                     sql != NULL ? "; statement: " : "",
                     sql != NULL ? statement_excerpt (sql) : "");
    else if (sql != NULL)
        g_set_error (error, APP_ERROR, error_code (state), "PostgreSQL: %s; statement: %s", message,
                     statement_excerpt (sql));
    else
        g_set_error (error, APP_ERROR, error_code (state), "PostgreSQL: %s", message);
}

gboolean
postgres_connection_is_spent (const PostgresConnection *self)
{
    return self->trouble == POSTGRES_LOST || self->trouble == POSTGRES_STALE ||
           PQstatus (self->handle) == CONNECTION_BAD ||
           PQtransactionStatus (self->handle) != PQTRANS_IDLE;
}

/* ---- statements ---- */

const char *
postgres_connection_script (PostgresConnection *self, const char *sql, GError **error)
{
    static _Thread_local char tag[64];
    PGresult *result = PQexec (self->handle, sql);
    ExecStatusType status = PQresultStatus (result);
    gboolean ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    self->trouble = POSTGRES_FINE;
    if (ok)
        g_strlcpy (tag, PQcmdStatus (result), sizeof tag);
    else
        set_error (self, error, result, NULL);
    PQclear (result);
    return ok ? tag : NULL;
}

static void
statement_close (gpointer handle, gpointer data)
{
    PostgresConnection *self = data;
    g_autofree char *name = handle;
    g_autofree char *sql = g_strdup_printf ("DEALLOCATE %s", name);

    /* in a failed transaction it is refused; the name is never used again, so that costs only memory */
    if (self->handle != NULL && PQstatus (self->handle) == CONNECTION_OK)
        PQclear (PQexec (self->handle, sql));
}

static DbStatement *
statement_get (PostgresConnection *self, const char *sql, GError **error)
{
    DbStatement *cached = statement_cache_find (self->statements, sql);
    g_autofree char *name = NULL;
    PGresult *result;
    gboolean ok;

    if (cached != NULL)
        return cached;
    name = g_strdup_printf ("s%u", ++self->last_name);
    result = PQprepare (self->handle, name, sql, 0, NULL);
    ok = PQresultStatus (result) == PGRES_COMMAND_OK;
    if (!ok)
        set_error (self, error, result, sql);
    PQclear (result);
    return ok ? statement_cache_add (self->statements, sql, g_steal_pointer (&name)) : NULL;
}

/* The parameters as libpq takes them; of the size of the call, so on the stack. */
typedef struct {
    const char *values[256];
    int lengths[256];
    int formats[256];
    char numbers[256][G_ASCII_DTOSTR_BUF_SIZE];
} Parameters;

static void
set_parameters (Parameters *self, DbArgs args)
{
    for (gsize i = 0; i < args.n; i++) {
        const DbValue *value = &args.values[i];

        self->values[i] = NULL;
        self->lengths[i] = 0;
        self->formats[i] = 0;
        switch (value->kind) {
        case DB_INT:
            g_snprintf (self->numbers[i], sizeof self->numbers[i], "%" G_GINT64_FORMAT,
                        value->integer);
            self->values[i] = self->numbers[i];
            break;
        case DB_REAL:
            self->values[i] =
                g_ascii_dtostr (self->numbers[i], sizeof self->numbers[i], value->real);
            break;
        case DB_TEXT:
            self->values[i] = value->bytes;
            break;
        case DB_BLOB:
            self->values[i] = value->bytes;
            self->lengths[i] = (int) value->n_bytes;
            self->formats[i] = 1;
            break;
        case DB_NULL:
            break;
        }
    }
}

typedef struct {
    DbRow row;
    DbEachRow each;
    gpointer data;
    guint64 n_handed;
    gboolean is_stopped;
} Delivery;

static void
deliver (Delivery *self, PGresult *result, GError **error)
{
    int n_rows = PQntuples (result);

    self->row.handle = result;
    self->row.n_columns = (guint) PQnfields (result);
    for (int i = 0; i < n_rows && self->each != NULL && !self->is_stopped; i++) {
        self->row.index = i;
        self->n_handed++;
        self->is_stopped = !self->each (&self->row, self->data, error);
        if (self->row.decoded != NULL)
            g_ptr_array_set_size (self->row.decoded, 0);
    }
}

/* Stop a statement whose rows are not wanted any more. In a transaction that would undo it: there
 * they are read and dropped. */
static void
cancel (PostgresConnection *self)
{
    char message[256];
    PGcancel *request;

    if (self->in_transaction)
        return;
    request = PQgetCancel (self->handle);
    if (request != NULL)
        PQcancel (request, message, sizeof message);
    PQfreeCancel (request);
}

static gint64
changed_rows (PGresult *result)
{
    gint64 n = 0;

    if (!g_str_has_prefix (PQcmdStatus (result), "SELECT"))
        text_to_int (PQcmdTuples (result), &n);
    return n;
}

static gboolean
receive (PostgresConnection *self, Delivery *delivery, gint64 *out_changed, GError **error)
{
    GError *why = NULL;
    gint64 changed = 0;
    PGresult *result;

    while ((result = PQgetResult (self->handle)) != NULL) {
        ExecStatusType status = PQresultStatus (result);
        gboolean was_stopped = delivery->is_stopped;

        if (status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE ||
            status == PGRES_COMMAND_OK) {
            if (why == NULL)
                deliver (delivery, result, &why);
            changed = changed_rows (result);
            if (delivery->is_stopped && !was_stopped && status == PGRES_SINGLE_TUPLE)
                cancel (self);
        } else if (why == NULL && !delivery->is_stopped) {
            set_error (self, &why, result, delivery->row.statement->sql);
        }
        PQclear (result);
    }
    if (PQstatus (self->handle) == CONNECTION_BAD)
        self->trouble = POSTGRES_LOST;
    if (out_changed != NULL)
        *out_changed = changed;
    if (why != NULL)
        g_propagate_error (error, why);
    return why == NULL;
}

gboolean
postgres_connection_query (PostgresConnection *self, const DbEngine *engine, const char *sql,
                           DbArgs args, gboolean stream, DbEachRow each, gpointer data,
                           gint64 *out_changed, guint64 *out_n_handed, GError **error)
{
    Delivery delivery = { .row = { .engine = engine }, .each = each, .data = data };
    DbStatement *statement;
    Parameters parameters;
    gboolean ok;

    if (PQtransactionStatus (self->handle) == PQTRANS_ACTIVE) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "a statement while rows of another are handed over: %s",
                     statement_excerpt (sql));
        return FALSE;
    }
    self->trouble = POSTGRES_FINE;
    statement = statement_get (self, sql, error);
    if (statement == NULL)
        return FALSE;
    set_parameters (&parameters, args);
    ok = PQsendQueryPrepared (self->handle, statement->handle, (int) args.n, parameters.values,
                              parameters.lengths, parameters.formats, 0);
    if (!ok) {
        set_error (self, error, NULL, sql);
        return FALSE;
    }
    if (stream)
        PQsetSingleRowMode (self->handle);
    delivery.row.statement = statement;
    delivery.row.decoded = NULL;
    statement->in_use = TRUE;
    ok = receive (self, &delivery, out_changed, error);
    statement->in_use = FALSE;
    if (delivery.row.decoded != NULL)
        g_ptr_array_unref (delivery.row.decoded);
    if (out_n_handed != NULL)
        *out_n_handed = delivery.n_handed;
    return ok;
}

/* ---- rows ---- */

const char *
postgres_column_name (const DbRow *row, guint column)
{
    return PQfname (row->handle, (int) column);
}

gboolean
postgres_column_is_null (const DbRow *row, guint column)
{
    return PQgetisnull (row->handle, row->index, (int) column);
}

gboolean
postgres_column_int (const DbRow *row, guint column, gint64 *out)
{
    const char *text = PQgetvalue (row->handle, row->index, (int) column);

    if (PQftype (row->handle, (int) column) == TYPE_BOOL) {
        *out = text[0] == 't';
        return TRUE;
    }
    return text_to_int (text, out);
}

gboolean
postgres_column_real (const DbRow *row, guint column, double *out)
{
    return text_to_real (PQgetvalue (row->handle, row->index, (int) column), out);
}

const char *
postgres_column_text (const DbRow *row, guint column)
{
    if (PQgetisnull (row->handle, row->index, (int) column))
        return NULL;
    return PQgetvalue (row->handle, row->index, (int) column);
}

gconstpointer
postgres_column_blob (const DbRow *row, guint column, gsize *out_n_bytes)
{
    const char *text = PQgetvalue (row->handle, row->index, (int) column);
    DbRow *mutable_row = (DbRow *) row; /* what was decoded lives as long as the row */
    unsigned char *bytes;

    if (PQftype (row->handle, (int) column) != TYPE_BYTEA) {
        *out_n_bytes = (gsize) PQgetlength (row->handle, row->index, (int) column);
        return text;
    }
    bytes = PQunescapeBytea ((const unsigned char *) text, out_n_bytes);
    g_assert (bytes != NULL); /* as with any allocation */
    if (row->decoded == NULL)
        mutable_row->decoded = g_ptr_array_new_with_free_func (PQfreemem);
    g_ptr_array_add (row->decoded, bytes);
    return bytes;
}

/* ---- opening ---- */

static void
log_notice (void *data, const char *message)
{
    g_debug ("PostgreSQL: %s", message);
}

static gboolean
check_url (const char *url, GError **error)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse (url, &message);

    if (options == NULL)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "DB_URL cannot be read: %s",
                     message != NULL ? g_strchomp (message) : "out of memory");
    PQfreemem (message);
    PQconninfoFree (options);
    return options != NULL;
}

static gboolean
check_server (PGconn *handle, GError **error)
{
    const char *encoding = PQparameterStatus (handle, "server_encoding");

    if (PQserverVersion (handle) < MIN_SERVER_VERSION)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "PostgreSQL %s is too old, version 13 or later is needed",
                     PQparameterStatus (handle, "server_version"));
    else if (g_strcmp0 (encoding, "UTF8") != 0)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "the database '%s' is in %s; create it with ENCODING 'UTF8'", PQdb (handle),
                     encoding);
    else
        return TRUE;
    return FALSE;
}

PostgresConnection *
postgres_connection_open (const char *url, GError **error)
{
    /* before dbname: what the URL may decide; after it: what it may not. A server that is gone without a word
     * (its machine, the network) is noticed within half a minute, not after the kernel's quarter of an hour. */
    static const char *const keywords[] = { "fallback_application_name",
                                            "connect_timeout",
                                            "tcp_user_timeout",
                                            "keepalives_idle",
                                            "keepalives_interval",
                                            "keepalives_count",
                                            "dbname",
                                            "client_encoding",
                                            NULL };
    const char *const values[] = { "tintype", "10", "30000", "10", "5", "3", url, "UTF8", NULL };
    g_autoptr (PostgresConnection) self = NULL;

    if (!check_url (url, error))
        return NULL;
    self = g_new0 (PostgresConnection, 1);
    self->handle = PQconnectdbParams (keywords, values, 1);
    if (PQstatus (self->handle) != CONNECTION_OK) {
        g_autofree char *message = g_strdup (PQerrorMessage (self->handle));

        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "cannot connect to PostgreSQL\n%s",
                     g_strchomp (message));
        return NULL;
    }
    PQsetNoticeProcessor (self->handle, log_notice, NULL);
    self->statements = statement_cache_new (MAX_STATEMENTS, statement_close, self);
    if (!check_server (self->handle, error) ||
        postgres_connection_script (self, SQL_CONFIGURE, error) == NULL)
        return NULL;
    return g_steal_pointer (&self);
}

/* The process that serves it; 0: it did not say. */
static int
served_by (PostgresConnection *self)
{
    PGresult *result = PQexec (self->handle, "SELECT pg_backend_pid ()");
    int pid = PQresultStatus (result) == PGRES_TUPLES_OK ? atoi (PQgetvalue (result, 0, 0)) : 0;

    PQclear (result);
    return pid;
}

/* A pooler is known by the process that the connection was promised, which is none of the server's. That two
 * connections at the same time are served by one process shows that it is shared. */
gboolean
postgres_connection_check_pooler (PostgresConnection *self, const char *url, GError **error)
{
    g_autoptr (PostgresConnection) other = NULL;
    gboolean is_shared = FALSE;

    if (served_by (self) == PQbackendPID (self->handle))
        return TRUE;
    other = postgres_connection_open (url, error);
    if (other == NULL)
        return FALSE;
    for (int i = 0; i < POOLER_LOOKS && !is_shared; i++) {
        int pid = served_by (self);

        is_shared = pid != 0 && pid == served_by (other);
    }
    if (is_shared)
        g_set_error_literal (
            error, APP_ERROR, APP_ERROR_CONFIG,
            "between this server and PostgreSQL is a pooler that gives a connection to others "
            "after each transaction, which prepared statements do not survive: let it do so after "
            "each session (PgBouncer: pool_mode = session), or connect to PostgreSQL itself");
    return !is_shared;
}

void
postgres_connection_close (PostgresConnection *self)
{
    if (self == NULL)
        return;
    PQfinish (g_steal_pointer (&self->handle)); /* takes the prepared statements with it */
    if (self->statements != NULL)
        statement_cache_free (self->statements);
    g_free (self);
}
