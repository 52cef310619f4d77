/* copy.h -- whole copies of a database: out of a running one, and into its place
 *
 * SQLite alone, where a database is a file. PostgreSQL has programs for it, which db_client_environment ()
 * tells where to connect. Blocking; any thread but one that is inside a write. */
#pragma once
#include "db/db.h"

/** Asked now and then with what is done of the whole, 0 to 1. FALSE stops with APP_ERROR_UNAVAILABLE. */
typedef gboolean (*DbCopyGoesOn) (double done, gpointer data);

/** Copy what is committed now into a new file at @path, which must not exist, while others read and
 *  write. Not fsynced. On failure nothing is left.
 *  @param goes_on  may be NULL */
gboolean db_copy_out (const Db *self, const char *path, DbCopyGoesOn goes_on, gpointer data,
                      GError **error);

/** Read all of the database file at @path: its pages, its indexes, its keys.
 *  @return FALSE with APP_ERROR_INVALID and the first fault when it is none, or damaged */
gboolean db_copy_check (const char *path, GError **error);

/** Whether the database file at @path has a table of this name. */
gboolean db_copy_has_table (const char *path, const char *name, gboolean *out, GError **error);

/** Put the content of the file at @from in the place of all that is in @self, in one transaction: who reads
 *  meanwhile sees the old content, and so does everybody after a crash. Nobody may be writing. */
gboolean db_copy_in (Db *self, const char *from, DbCopyGoesOn goes_on, gpointer data,
                     GError **error);

/** The environment of a client program of PostgreSQL (psql, pg_dump) that shall connect as @url says: that
 *  of this process with PGHOST, PGPASSWORD and so on. A command line could be read by everybody.
 *  (transfer full) NULL with APP_ERROR_CONFIG */
GStrv db_client_environment (const char *url, GError **error);
