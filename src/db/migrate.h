/* migrate.h -- bring a database to the schema of this program
 *
 * Migrations are the numbered files migrations/NNNN-noun.sql. All that are missing run in one
 * transaction, in order, and are remembered in the table 'migration'. Between lines '-- @sqlite',
 * '-- @postgresql' and '-- @end' stands what only one engine shall run. */
#pragma once
#include "db/db.h"

typedef struct {
    guint number;     /* from 1, ascending */
    const char *name; /* user, of 0001-user.sql */
    const char *sql;
} DbMigration;

/* The program's own, embedded by tools/embed_migrations.py. */
extern const DbMigration db_migrations[];
extern const gsize db_n_migrations;
/* migrations/functions.sql: what PostgreSQL lacks; run at every start. */
extern const char db_functions_sql[];

/** db_open () with a list of one's own; for tests. */
Db *db_open_with (const DbSettings *settings, const DbMigration *migrations, gsize n_migrations,
                  GError **error);

/** Apply what is missing, inside a transaction that holds off other servers, and log it, unless the
 *  database is new.
 *  @param settings  whose before_update is asked then; may be NULL
 *  @param out_n_applied  how many were missing; may be NULL
 *  @return FALSE with APP_ERROR_CONFIG when a newer version wrote the database, or with the error of
 *          the statement that failed; the caller undoes the transaction */
gboolean migrate_run (Db *tx, const DbSettings *settings, const DbMigration *migrations,
                      gsize n_migrations, gsize *out_n_applied, GError **error);

/** The part of a migration that one engine runs. @return (transfer full); NULL with
 *  APP_ERROR_INTERNAL when a dialect line is misplaced */
char *migrate_dialect (const DbMigration *migration, gboolean is_sqlite, GError **error);
