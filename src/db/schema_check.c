/* schema_check.c -- see schema_check.h
 *
 * SQLite makes a second database in memory's place, a temporary file. PostgreSQL makes a second schema, in a
 * transaction that is undone. */
#define G_LOG_DOMAIN "db"
#include "db/schema_check.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "db/db_private.h"

/* What SQLite keeps is the text of each statement. */
static const char SQL_SQLITE[] = "SELECT type || ' ' || name || ': ' || coalesce (sql, '')"
                                 "  FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
                                 " ORDER BY 1";

/* $1 the schema */
static const char SQL_POSTGRES[] =
    "WITH fact (text) AS ("
    " SELECT 'column ' || table_name || '.' || column_name || ': ' || data_type || ' '"
    "        || is_nullable || ' ' || coalesce (column_default, '')"
    "   FROM information_schema.columns WHERE table_schema = $1"
    " UNION ALL SELECT 'index ' || indexname || ': ' || indexdef"
    "   FROM pg_indexes WHERE schemaname = $1"
    " UNION ALL SELECT 'trigger ' || c.relname || '.' || t.tgname || ': '"
    "        || pg_get_triggerdef (t.oid)"
    "   FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    "   JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND NOT t.tgisinternal"
    " UNION ALL SELECT 'constraint ' || c.relname || '.' || k.conname || ': '"
    "        || pg_get_constraintdef (k.oid)"
    "   FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
    "   JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1"
    " UNION ALL SELECT 'function ' || p.proname || ' '"
    "        || pg_get_function_identity_arguments (p.oid) || ': ' || md5 (p.prosrc)"
    "   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1)"
    " SELECT replace(replace(text, 'public.', ''), 'tintype_check.', '') FROM fact ORDER BY 1";

typedef struct {
    Arena *arena;
    StringList wanted, found;
} Schemas;

/* Both lists are sets; which is the larger one does not matter. */
static void
add_missing (Arena *arena, const StringList *from, const StringList *in, const char *what,
             StringList *out)
{
    g_autoptr (GHashTable) set = string_list_set (in);

    for (gsize i = 0; i < from->n; i++)
        if (!g_hash_table_contains (set, from->items[i]))
            out->items[out->n++] = arena_printf (arena, "%s %s", what, from->items[i]);
}

static gboolean
read_sqlite (Db *self, Schemas *out, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr (Db) fresh = NULL;
    int fd = g_file_open_tmp ("tintype-schema-XXXXXX", &path, error);
    gboolean ok;

    if (fd < 0)
        return FALSE;
    close (fd);
    fresh = db_open (&(DbSettings){ .sqlite_path = path }, error);
    ok = fresh != NULL &&
         db_select_texts (fresh, out->arena, SQL_SQLITE, DB_NO_ARGS, &out->wanted, error) &&
         db_select_texts (self, out->arena, SQL_SQLITE, DB_NO_ARGS, &out->found, error);
    g_clear_pointer (&fresh, db_free);
    g_unlink (path);
    return ok;
}

/* Fails on purpose when all was read, so that nothing of it stays. */
static gboolean
run_postgres (Db *tx, gpointer data, GError **error)
{
    Schemas *out = data;

    if (tx->engine->script (
            tx, "CREATE SCHEMA tintype_check; SET LOCAL search_path = tintype_check", error) &&
        tx->engine->script (tx, db_functions_sql, error) &&
        migrate_run (tx, NULL, db_migrations, db_n_migrations, NULL, error) &&
        db_select_texts (tx, out->arena, SQL_POSTGRES, DB_ARGS (db_text ("tintype_check")),
                         &out->wanted, error) &&
        db_select_texts (tx, out->arena, SQL_POSTGRES, DB_ARGS (db_text ("public")), &out->found,
                         error))
        g_set_error_literal (error, APP_ERROR, APP_ERROR_LAST, "read");
    return FALSE;
}

static gboolean
read_postgres (Db *self, Schemas *out, GError **error)
{
    g_autoptr (GError) why = NULL;

    db_write (self, run_postgres, out, &why);
    if (g_error_matches (why, APP_ERROR, APP_ERROR_LAST))
        return TRUE;
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

gboolean
db_check_schema (Db *self, Arena *arena, StringList *out, GError **error)
{
    Schemas schemas = { .arena = arena };

    if (!(db_is_sqlite (self) ? read_sqlite (self, &schemas, error)
                              : read_postgres (self, &schemas, error)))
        return FALSE;
    out->n = 0;
    out->items = arena_new_array (arena, const char *, schemas.wanted.n + schemas.found.n);
    add_missing (arena, &schemas.wanted, &schemas.found, "missing:", out);
    add_missing (arena, &schemas.found, &schemas.wanted, "unexpected:", out);
    return TRUE;
}
