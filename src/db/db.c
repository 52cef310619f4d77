/* The part of the database layer that both engines share: values, opening, and the conveniences of
 * db.h on top of an engine's one way to run a statement. */
#define G_LOG_DOMAIN "db"
#include "db/db.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "db/db_private.h"

#define MAX_ARGS 255
#define EXCERPT_BYTES 120

/* ---- values ---- */

DbValue
db_text (const char *text)
{
    if (text == NULL)
        return db_null ();
    return (DbValue){ .kind = DB_TEXT, .bytes = text, .n_bytes = strlen (text) };
}

DbValue
db_int (gint64 value)
{
    return (DbValue){ .kind = DB_INT, .integer = value };
}

DbValue
db_real (double value)
{
    /* SQLite stores a NaN as NULL; so do we everywhere */
    return isnan (value) ? db_null () : (DbValue){ .kind = DB_REAL, .real = value };
}

DbValue
db_bool (gboolean value)
{
    return db_int (value ? 1 : 0);
}

DbValue
db_blob (gconstpointer bytes, gsize n_bytes)
{
    if (bytes == NULL)
        return db_null ();
    return (DbValue){ .kind = DB_BLOB, .bytes = bytes, .n_bytes = n_bytes };
}

DbValue
db_null (void)
{
    return (DbValue){ .kind = DB_NULL };
}

DbValue
db_int_if (gboolean has, gint64 value)
{
    return has ? db_int (value) : db_null ();
}

DbValue
db_real_if (gboolean has, double value)
{
    return has ? db_real (value) : db_null ();
}

DbValue
db_strings (Arena *arena, const StringList *list)
{
    g_autoptr (GString) text = g_string_sized_new (40 * list->n + 2);
    JsonWriter json;

    json_writer_init (&json, text);
    json_begin_array (&json);
    for (gsize i = 0; i < list->n; i++)
        json_text (&json, list->items[i]);
    json_end_array (&json);
    return db_text (arena_strndup (arena, text->str, text->len));
}

/* ---- opening ---- */

const char *
statement_excerpt (const char *sql)
{
    static _Thread_local char excerpt[EXCERPT_BYTES + 4];

    if (g_strlcpy (excerpt, sql, EXCERPT_BYTES) >= EXCERPT_BYTES)
        g_strlcat (excerpt, "...", sizeof excerpt);
    return excerpt;
}

Db *
db_open_with (const DbSettings *settings, const DbMigration *migrations, gsize n_migrations,
              GError **error)
{
    if (settings->url != NULL)
        return postgres_open (settings, migrations, n_migrations, error);
    return sqlite_open (settings, migrations, n_migrations, error);
}

Db *
db_open (const DbSettings *settings, GError **error)
{
    return db_open_with (settings, db_migrations, db_n_migrations, error);
}

void
db_free (Db *self)
{
    if (self == NULL)
        return;
    g_return_if_fail (self->parent == NULL); /* a transaction's Db is not the function's to free */
    self->engine->free (self);
}

gboolean
db_is_sqlite (const Db *self)
{
    return self->engine->is_sqlite;
}

const char *
db_engine_version (const Db *self)
{
    return self->parent != NULL ? self->parent->version : self->version;
}

gboolean
db_is_unsure (const Db *self, const GError *why)
{
    return g_error_matches (why, APP_ERROR, APP_ERROR_UNSURE) || !db_is_writable (self);
}

gboolean
db_is_writable (const Db *self)
{
    return self->engine->is_writable (self->parent != NULL ? self->parent : self);
}

gboolean
db_horizon (Db *self, char out[UUID_TEXT_BYTES], GError **error)
{
    g_return_val_if_fail (self->parent == NULL, FALSE);
    return self->engine->horizon (self, out, error);
}

/* ---- statements ---- */

/* Transactions begin and end in db_write () alone. */
static gboolean
is_transaction_control (const char *sql)
{
    static const char *const words[] = { "BEGIN",     "COMMIT",  "ROLLBACK", "END", "ABORT",
                                         "SAVEPOINT", "RELEASE", "START",    "SET " };

    while (g_ascii_isspace (*sql))
        sql++;
    for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
        if (g_ascii_strncasecmp (sql, words[i], strlen (words[i])) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
check_args (const char *sql, DbArgs args, GError **error)
{
    if (is_transaction_control (sql)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "transactions are begun and ended by db_write () alone, not by: %s",
                     statement_excerpt (sql));
        return FALSE;
    }
    if (args.n > MAX_ARGS) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "%" G_GSIZE_FORMAT " parameters, at most %d; statement: %s", args.n, MAX_ARGS,
                     statement_excerpt (sql));
        return FALSE;
    }
    for (gsize i = 0; i < args.n; i++) {
        const DbValue *value = &args.values[i];

        if (value->kind == DB_TEXT &&
            !g_utf8_validate (value->bytes, (gssize) value->n_bytes, NULL)) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                         "a text for the database is not UTF-8: $%" G_GSIZE_FORMAT " of: %s", i + 1,
                         statement_excerpt (sql));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
query (Db *self, const char *sql, DbArgs args, gboolean stream, DbEachRow each, gpointer data,
       gint64 *out_changed, GError **error)
{
    GError *why = NULL;

    if (transaction_is_running (self)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "the Db of db_write () must be used inside it; statement: %s",
                     statement_excerpt (sql));
        return FALSE;
    }
    if (self->failure != NULL) {
        g_set_error (error, APP_ERROR, self->failure->code,
                     "an earlier statement of the transaction failed: %s", self->failure->message);
        return FALSE;
    }
    if (check_args (sql, args, &why) &&
        self->engine->query (self, sql, args, stream, each, data, out_changed, &why))
        return TRUE;
    if (self->parent != NULL)
        self->failure = g_error_copy (why);
    g_propagate_error (error, why);
    return FALSE;
}

/* The rows of db_select (): side by side in a buffer that grows by doubling; @type NULL: texts. */
typedef struct {
    Arena *arena;
    const TypeDescriptor *type;
    gsize item_bytes;
    char *items;
    gsize n, n_allocated;
} Collector;

static void *
collector_next (Collector *self)
{
    if (self->n == self->n_allocated) {
        self->n_allocated = MAX (8, self->n_allocated * 2);
        self->items = g_realloc_n (self->items, self->n_allocated, self->item_bytes);
    }
    return self->items + self->n * self->item_bytes;
}

static gboolean
collect_struct (const DbRow *row, gpointer data, GError **error)
{
    Collector *self = data;

    if (!row_fill (row, self->arena, self->type, collector_next (self), error))
        return FALSE;
    self->n++;
    return TRUE;
}

static gboolean
collect_text (const DbRow *row, gpointer data, GError **error)
{
    Collector *self = data;
    const char *text = db_row_text (row, 0);

    if (text == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "a NULL among texts; statement: %s",
                     statement_excerpt (row->statement->sql));
        return FALSE;
    }
    *(const char **) collector_next (self) = arena_strdup (self->arena, text);
    self->n++;
    return TRUE;
}

static void
collector_finish (Collector *self, void **out_items, gsize *out_n)
{
    *out_n = self->n;
    if (self->n == 0) {
        *out_items = NULL;
        g_free (self->items);
    } else {
        *out_items = arena_own (self->arena, self->items, g_free);
    }
}

gboolean
db_select (Db *self, Arena *arena, const TypeDescriptor *type, List *out, const char *sql,
           DbArgs args, GError **error)
{
    Collector rows = { .arena = arena, .type = type, .item_bytes = type->size_bytes };

    if (!query (self, sql, args, FALSE, collect_struct, &rows, NULL, error)) {
        g_free (rows.items);
        return FALSE;
    }
    collector_finish (&rows, &out->items, &out->n);
    return TRUE;
}

gboolean
db_select_texts (Db *self, Arena *arena, const char *sql, DbArgs args, StringList *out,
                 GError **error)
{
    Collector rows = { .arena = arena, .item_bytes = sizeof (char *) };
    void *items;

    if (!query (self, sql, args, FALSE, collect_text, &rows, NULL, error)) {
        g_free (rows.items);
        return FALSE;
    }
    collector_finish (&rows, &items, &out->n);
    out->items = items;
    return TRUE;
}

typedef struct {
    Arena *arena;
    const TypeDescriptor *type;
    void *out;
    gboolean found;
} One;

static gboolean
take_struct (const DbRow *row, gpointer data, GError **error)
{
    One *one = data;

    one->found = row_fill (row, one->arena, one->type, one->out, error);
    return FALSE; /* one is enough */
}

gboolean
db_select_one (Db *self, Arena *arena, const TypeDescriptor *type, void *out, const char *sql,
               DbArgs args, GError **error)
{
    One one = { .arena = arena, .type = type, .out = out };

    if (!query (self, sql, args, FALSE, take_struct, &one, NULL, error))
        return FALSE;
    if (!one.found)
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND, "%s not found", type->name);
    return one.found;
}

typedef struct {
    gint64 value;
    gboolean found;
} OneInt;

static gboolean
take_int (const DbRow *row, gpointer data, GError **error)
{
    OneInt *one = data;

    if (!db_row_is_null (row, 0)) {
        one->value = db_row_int (row, 0);
        one->found = TRUE;
    }
    return FALSE;
}

gboolean
db_select_int (Db *self, const char *sql, DbArgs args, gint64 *out, gboolean *out_found,
               GError **error)
{
    OneInt one = { 0, FALSE };

    if (!query (self, sql, args, FALSE, take_int, &one, NULL, error))
        return FALSE;
    *out = one.value;
    if (out_found != NULL)
        *out_found = one.found;
    return TRUE;
}

static gboolean
take_text (const DbRow *row, gpointer data, GError **error)
{
    One *one = data;

    one->out = arena_strdup (one->arena, db_row_text (row, 0));
    return FALSE;
}

gboolean
db_select_text (Db *self, Arena *arena, const char *sql, DbArgs args, const char **out,
                GError **error)
{
    One one = { .arena = arena };

    if (!query (self, sql, args, FALSE, take_text, &one, NULL, error))
        return FALSE;
    *out = one.out;
    return TRUE;
}

typedef struct {
    gboolean (*each) (const DbRow *row, gpointer data);
    gpointer data;
} Each;

static gboolean
hand_over (const DbRow *row, gpointer data, GError **error)
{
    Each *each = data;

    return each->each (row, each->data);
}

gboolean
db_each (Db *self, const char *sql, DbArgs args, gboolean (*each) (const DbRow *row, gpointer data),
         gpointer data, GError **error)
{
    Each both = { each, data };

    return query (self, sql, args, TRUE, hand_over, &both, NULL, error);
}

gboolean
db_write (Db *self, DbRun run, gpointer data, GError **error)
{
    if (self->parent != NULL || transaction_is_running (self)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INTERNAL,
                             "db_write () inside db_write (): use the Db it gave");
        return FALSE;
    }
    return self->engine->write (self, run, data, error);
}

typedef struct {
    const char *sql;
    DbArgs args;
    gint64 changed;
} Exec;

static gboolean
run_exec (Db *db, gpointer data, GError **error)
{
    Exec *exec = data;

    return query (db, exec->sql, exec->args, FALSE, NULL, NULL, &exec->changed, error);
}

gboolean
db_exec (Db *self, const char *sql, DbArgs args, gint64 *out_changed, GError **error)
{
    Exec exec = { sql, args, 0 };

    if (!(self->parent != NULL ? run_exec (self, &exec, error)
                               : db_write (self, run_exec, &exec, error)))
        return FALSE;
    if (out_changed != NULL)
        *out_changed = exec.changed;
    return TRUE;
}

typedef struct {
    GString *text;
    guint column;
} Plan;

static gboolean
take_plan (const DbRow *row, gpointer data, GError **error)
{
    Plan *plan = data;

    g_string_append_printf (plan->text, "%s\n", db_row_text (row, plan->column));
    return TRUE;
}

gboolean
db_explain (Db *self, Arena *arena, const char *sql, DbArgs args, const char **out, GError **error)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *explain = g_strconcat (self->engine->explain, sql, NULL);
    Plan plan = { text, self->engine->explain_column };

    if (!query (self, explain, args, FALSE, take_plan, &plan, NULL, error))
        return FALSE;
    *out = arena_strndup (arena, text->str, text->len);
    return TRUE;
}
