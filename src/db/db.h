/* db.h -- one SQL on two engines
 *
 * The same SQL text runs on SQLite and PostgreSQL: $1 parameters, RETURNING, ON CONFLICT, WITH.
 * Ids are lower-case UUID text, times BIGINT ms, booleans INTEGER 0/1 (SMALLINT in PostgreSQL),
 * JSON is TEXT. Where the engines differ a function of the same name exists in both; they are listed
 * in functions.sql (PostgreSQL) and sqlite_functions.c: fold (text), unaccent (text), words (text),
 * uuid_v7 () (a new one for every row, the id of a change; made inside writes alone, see db_horizon ()), json_each (text) with the columns key and value,
 * json_group_array (text or integer), group_concat (text, separator).
 *
 * Reads: any thread, each has its own connection (SQLite) or borrows one (PostgreSQL).
 * Writes: db_write () runs a function in a transaction and returns when it is durable. On SQLite
 * all writers share one connection and one fsync (group commit). Inside it use the Db it is given:
 * the outer one is refused there.
 *
 * What makes a statement run on both:
 *   - The statements are literals, each value is a parameter; $1 to $n without a gap, each used.
 *   - PostgreSQL infers a parameter's type from what stands beside it. Where nothing does, say it:
 *     CAST($1 AS BIGINT) IS NULL OR size = $1; SELECT CAST($1 AS TEXT).
 *   - A condition is a comparison: WHERE is_favorite = 1, never WHERE is_favorite.
 *   - Integer columns take db_int () and real ones db_real (); SQLite alone would take anything.
 *   - Scalar min (a, b) and max (a, b) are SQLite's alone: write CASE. sum () of integers is no
 *     integer in PostgreSQL: CAST it before dividing.
 *   - LIKE minds the case in PostgreSQL alone: fold (x) LIKE fold ($1); and it needs ESCAPE '\' to
 *     know the backslash in SQLite.
 *   - Every column of a GROUP BY query is grouped or aggregated; NULLS FIRST or LAST is written out.
 *   - ON CONFLICT names its columns, and inside DO UPDATE the old value as table.column.
 *   - Text sorts by its bytes in SQLite, and in PostgreSQL if the database was made with a C locale.
 *   - RETURNING gives rows in no order.
 *   - A statement that fails undoes its whole transaction, whatever the function does then: what may
 *     fail is avoided (ON CONFLICT DO NOTHING) or caught outside of db_write ().
 *   - A broken key is APP_ERROR_CONSTRAINT, 'UNIQUE constraint failed: users.email' in both; SQLite does not
 *     name a foreign key. NOT NULL and CHECK are APP_ERROR_DB: no other request can be the reason. */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "base/descriptor.h"
#include "base/uuid.h"

typedef struct _Db Db;

typedef enum { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB } DbKind;

typedef struct {
    DbKind kind;
    gint64 integer;
    double real;
    gconstpointer bytes; /* of a text or blob; borrowed until the call returns */
    gsize n_bytes;
} DbValue;

typedef struct {
    const DbValue *values;
    gsize n;
} DbArgs;

DbValue db_text (const char *text); /* NULL: a database NULL */
DbValue db_int (gint64 value);
DbValue db_real (double value);
DbValue db_bool (gboolean value);
DbValue db_blob (gconstpointer bytes, gsize n_bytes); /* NULL: a database NULL */
DbValue db_null (void);
DbValue db_int_if (gboolean has, gint64 value); /* NULL unless @has */
DbValue db_real_if (gboolean has, double value);
DbValue db_strings (Arena *arena, const StringList *list); /* a JSON array, for json_each () */

#define DB_ARGS(...)                                                                               \
    ((DbArgs){ (const DbValue[]){ __VA_ARGS__ },                                                   \
               sizeof ((const DbValue[]){ __VA_ARGS__ }) / sizeof (DbValue) })
#define DB_NO_ARGS ((DbArgs){ NULL, 0 })

/* ---- opening ---- */

/** Is asked before a database of an older version is changed, in the transaction that will, while other
 *  servers wait. @db  takes db_is_sqlite (), db_engine_version () and db_copy_out () alone.
 *  FALSE with an error: nothing is changed. */
typedef gboolean (*DbBeforeUpdate) (Db *db, gpointer data, GError **error);

typedef struct {
    const char *url;              /* postgresql://...; NULL: SQLite */
    const char *sqlite_path;      /* the file, made when missing */
    guint n_connections;          /* PostgreSQL's pool; 0: 16 */
    DbBeforeUpdate before_update; /* NULL: nobody is asked */
    gpointer data;                /* for it */
} DbSettings;

/** Open, apply the missing migrations in a transaction, and refuse (APP_ERROR_CONFIG) a database that
 *  a newer version wrote. Blocks, of an older version for long. */
Db *db_open (const DbSettings *settings, GError **error);
void db_free (Db *self);
gboolean db_is_sqlite (const Db *self);
/** "SQLite 3.40.1", "PostgreSQL 15.18"; for logs and the about page. */
const char *db_engine_version (const Db *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Db, db_free)

/* ---- reading ---- */

/** Run @sql and fill @out->items with structs of @type, columns matched to fields by name; a column
 *  that no field has and a required field that no column has are errors (APP_ERROR_INTERNAL).
 *  Inside a write, pass the Db that the function got: it reads the transaction's own state. */
gboolean db_select (Db *self, Arena *arena, const TypeDescriptor *type, List *out, const char *sql,
                    DbArgs args, GError **error);
/** One row. @return FALSE with APP_ERROR_NOT_FOUND when there is none */
gboolean db_select_one (Db *self, Arena *arena, const TypeDescriptor *type, void *out,
                        const char *sql, DbArgs args, GError **error);
/** The first column of the first row as an integer or a text; *@out_found (may be NULL) says whether
 *  there was a row that was not NULL. */
gboolean db_select_int (Db *self, const char *sql, DbArgs args, gint64 *out, gboolean *out_found,
                        GError **error);
gboolean db_select_text (Db *self, Arena *arena, const char *sql, DbArgs args, const char **out,
                         GError **error); /* NULL when none */
gboolean db_select_texts (Db *self, Arena *arena, const char *sql, DbArgs args, StringList *out,
                          GError **error); /* the first column of every row */

/** db_select_one () and db_select_text () from this thread's memory, when nothing was committed since
 *  it read the same: for the few small reads of nearly every request. SQLite alone remembers;
 *  inside a write, and on PostgreSQL, these read. See recall.c. */
gboolean db_recall_one (Db *self, Arena *arena, const TypeDescriptor *type, void *out,
                        const char *sql, DbArgs args, GError **error);
gboolean db_recall_text (Db *self, Arena *arena, const char *sql, DbArgs args, const char **out,
                         GError **error);

/** Hand rows over one at a time, for answers too large to hold; values are valid in the call only.
 *  @each returns FALSE to stop. In PostgreSQL rows come in single-row mode.
 *  Inside a write @each must not use the database; outside it may, but each level holds one of
 *  PostgreSQL's connections. A slow @each keeps SQLite's log from starting over. */
typedef struct _DbRow DbRow;
gboolean db_each (Db *self, const char *sql, DbArgs args,
                  gboolean (*each) (const DbRow *row, gpointer data), gpointer data,
                  GError **error);
guint db_row_n_columns (const DbRow *row);
gboolean db_row_is_null (const DbRow *row, guint column);
gint64 db_row_int (const DbRow *row, guint column);
double db_row_real (const DbRow *row, guint column);
const char *db_row_text (const DbRow *row, guint column); /* NULL for NULL */
gconstpointer db_row_blob (const DbRow *row, guint column, gsize *out_n_bytes);

/* ---- writing ---- */

/** Run @run in a transaction and wait until it is durable. @run may run again after a conflict
 *  (PostgreSQL), or when it is too large to share a transaction (SQLite): it touches nothing but the
 *  database, @data and its own arena objects, and must not wait for anything else. FALSE from @run with
 *  an error undoes all of it and is returned.
 *  @db inside is the transaction's own: reads and db_exec () on it see its changes. Not nested. */
typedef gboolean (*DbRun) (Db *db, gpointer data, GError **error);
gboolean db_write (Db *self, DbRun run, gpointer data, GError **error);

/** One statement; inside db_write () on its @db, or outside as a write of its own.
 *  @param out_changed  rows touched; may be NULL */
gboolean db_exec (Db *self, const char *sql, DbArgs args, gint64 *out_changed, GError **error);

/** Call @then with @data once the running transaction is durable (events, wake-ups); dropped if it is
 *  undone. Only inside db_write (). On the writer's thread: must not block. */
void db_after_commit (Db *db, void (*then) (gpointer data), gpointer data,
                      GDestroyNotify free_data);

/** A UUIDv7 below which all is said: every change whose id is lower can be seen by reads that begin now,
 *  and no write that is still running has one. So who has read all up to it can go on from there. Not
 *  inside a write. */
gboolean db_horizon (Db *self, char out[UUID_TEXT_BYTES], GError **error);

/* ---- for tests and admin ---- */

/** The engine's plan of a statement, as text. */
gboolean db_explain (Db *self, Arena *arena, const char *sql, DbArgs args, const char **out,
                     GError **error);
/** Whether a write that failed with @why may have been stored all the same: then what its rows would name must
 *  stay as if it had been. */
gboolean db_is_unsure (const Db *self, const GError *why);
/** FALSE once an fsync or commit failed in a way that may have lost data: writes are refused with
 *  APP_ERROR_UNAVAILABLE until the next start. */
gboolean db_is_writable (const Db *self);
