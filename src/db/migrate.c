/* Which migrations are missing, and the part of each that an engine runs. */
#define G_LOG_DOMAIN "db"
#include "db/migrate.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "db/db_private.h"

static const char SQL_MIGRATION_TABLE[] = "CREATE TABLE IF NOT EXISTS migration ("
                                          "    number     BIGINT PRIMARY KEY,"
                                          "    name       TEXT NOT NULL,"
                                          "    applied_at BIGINT NOT NULL)";

static const char SQL_MIGRATION_LIST[] = "SELECT number, name FROM migration ORDER BY number";

/* $1 number, $2 name, $3 now */
static const char SQL_MIGRATION_ADD[] =
    "INSERT INTO migration (number, name, applied_at) VALUES ($1, $2, $3)";

char *
migrate_dialect (const DbMigration *migration, gboolean is_sqlite, GError **error)
{
    g_autoptr (GString) out = g_string_sized_new (strlen (migration->sql));
    const char *block = NULL; /* the dialect of the lines to come; NULL: both */

    for (const char *line = migration->sql, *next; *line != '\0'; line = next) {
        gsize length = strcspn (line, "\n");

        next = line + length + (line[length] == '\n');
        if (!g_str_has_prefix (line, "-- @")) {
            if (block == NULL || g_str_equal (block, is_sqlite ? "sqlite" : "postgresql"))
                g_string_append_len (out, line, next - line);
            continue;
        }
        if (length == strlen ("-- @sqlite") && g_str_has_prefix (line, "-- @sqlite")) {
            block = "sqlite";
        } else if (length == strlen ("-- @postgresql") &&
                   g_str_has_prefix (line, "-- @postgresql")) {
            block = "postgresql";
        } else if (length == strlen ("-- @end") && g_str_has_prefix (line, "-- @end") &&
                   block != NULL) {
            block = NULL;
        } else {
            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                         "migration %04u-%s: '%.*s' is misplaced or unknown", migration->number,
                         migration->name, (int) MIN (length, 60), line);
            return NULL;
        }
    }
    if (block != NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "migration %04u-%s: '-- @end' is missing", migration->number, migration->name);
        return NULL;
    }
    return g_string_free (g_steal_pointer (&out), FALSE);
}

typedef struct {
    const DbMigration *migrations;
    gsize n;
    gboolean *is_applied; /* of each */
    gint64 unknown;       /* the last number that the program does not know; 0: none */
    char *unknown_name;
} Known;

static gboolean
take_applied (const DbRow *row, gpointer data)
{
    Known *known = data;
    gint64 number = db_row_int (row, 0);

    for (gsize i = 0; i < known->n; i++)
        if (known->migrations[i].number == number) {
            known->is_applied[i] = TRUE;
            return TRUE;
        }
    known->unknown = number;
    g_free (known->unknown_name);
    known->unknown_name = g_strdup (db_row_text (row, 1));
    return TRUE;
}

static gboolean
apply (Db *tx, const DbMigration *migration, GError **error)
{
    g_autofree char *sql = migrate_dialect (migration, db_is_sqlite (tx), error);

    if (sql == NULL)
        return FALSE;
    if (!tx->engine->script (tx, sql, error)) {
        g_prefix_error (error, "migration %04u-%s: ", migration->number, migration->name);
        return FALSE;
    }
    return db_exec (tx, SQL_MIGRATION_ADD,
                    DB_ARGS (db_int (migration->number), db_text (migration->name),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

/* What was there may be wanted back, and an update of a large library takes its time: both are seen to. */
static gboolean
begin_update (Db *tx, const DbSettings *settings, gsize n_missing, GError **error)
{
    if (settings != NULL && settings->before_update != NULL &&
        !settings->before_update (tx->parent, settings->data, error))
        return FALSE;
    g_message ("bringing the database up to date, in %" G_GSIZE_FORMAT
               " steps that count together: until the last is done it is as it was",
               n_missing);
    return TRUE;
}

gboolean
migrate_run (Db *tx, const DbSettings *settings, const DbMigration *migrations, gsize n_migrations,
             gsize *out_n_applied, GError **error)
{
    g_autofree gboolean *is_applied = g_new0 (gboolean, n_migrations + 1);
    g_autofree char *unknown_name = NULL;
    gsize n_missing = n_migrations, n_applied = 0;
    Known known = { .migrations = migrations, .n = n_migrations, .is_applied = is_applied };
    gboolean ok = db_exec (tx, SQL_MIGRATION_TABLE, DB_NO_ARGS, NULL, error) &&
                  db_each (tx, SQL_MIGRATION_LIST, DB_NO_ARGS, take_applied, &known, error);

    unknown_name = known.unknown_name;
    if (!ok)
        return FALSE;
    if (known.unknown != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "the database was written by a newer version of the server (it has migration "
                     "%04" G_GINT64_FORMAT "-%s); run that version, or restore a backup made "
                     "before the update",
                     known.unknown, unknown_name);
        return FALSE;
    }
    for (gsize i = 0; i < n_migrations; i++)
        n_missing -= is_applied[i] ? 1 : 0;
    if (n_missing > 0 && n_missing < n_migrations && !begin_update (tx, settings, n_missing, error))
        return FALSE;
    for (gsize i = 0; i < n_migrations; i++) {
        g_return_val_if_fail (i == 0 || migrations[i].number > migrations[i - 1].number, FALSE);
        if (is_applied[i])
            continue;
        if (n_missing < n_migrations)
            g_message ("step %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT ": %04u-%s", n_applied + 1,
                       n_missing, migrations[i].number, migrations[i].name);
        if (!apply (tx, &migrations[i], error))
            return FALSE;
        n_applied++;
    }
    if (out_n_applied != NULL)
        *out_n_applied = n_applied;
    return TRUE;
}
