/* db_private.h -- what the engines and the common part of the database layer share
 *
 * An engine (sqlite.c, postgres.c) runs statements and transactions; db.c and row.c do the rest for
 * both: checking arguments, filling structs, the small conveniences of db.h. Only src/db includes
 * this. */
#pragma once
#include "db/db.h"
#include "db/migrate.h"

typedef struct _DbEngine DbEngine;
typedef struct _DbStatement DbStatement;

typedef struct {
    void (*then) (gpointer data);
    gpointer data;
    GDestroyNotify free_data;
} DbAfter;

/** First member of an engine's own struct, and of the Db it gives to a transaction. */
struct _Db {
    const DbEngine *engine;
    char *version; /* of a database: "SQLite 3.40.1" */

    /* of a transaction only */
    Db *parent;      /* the Db it was begun on; NULL: this is no transaction */
    GArray *after;   /* of DbAfter, called once it is durable */
    GError *failure; /* of its first statement that failed: the rest is refused, all is undone */
};

/** A prepared statement, and what was learned about its columns. */
struct _DbStatement {
    char *sql;
    gpointer handle; /* the engine's own */
    gboolean in_use; /* a row callback may run the same text again */
    const TypeDescriptor *mapped_type;
    gint16 *mapped_fields; /* of each column: the index of its field in mapped_type */
    guint n_mapped;
    GList link; /* in the cache's order of use */
};

struct _DbRow {
    const DbEngine *engine;
    DbStatement *statement;
    gpointer handle; /* sqlite3_stmt, or PGresult */
    int index;       /* of the row in a PGresult */
    guint n_columns;
    GPtrArray *decoded; /* PostgreSQL: blobs of this row that were asked for */
};

/** Takes a row. @return FALSE to stop; with @error set the whole statement fails */
typedef gboolean (*DbEachRow) (const DbRow *row, gpointer data, GError **error);

/** A state of a database: equal ones have equal content. */
typedef struct {
    guint64 serial; /* of the Db */
    guint32 words[12];
} DbState;

struct _DbEngine {
    gboolean is_sqlite;
    const char *explain; /* put before a statement to see its plan */
    guint explain_column;

    /** Run one statement. @stream: hand rows over as they come instead of together. */
    gboolean (*query) (Db *db, const char *sql, DbArgs args, gboolean stream, DbEachRow each,
                       gpointer data, gint64 *out_changed, GError **error);
    gboolean (*write) (Db *db, DbRun run, gpointer data, GError **error);
    /** Run several statements without parameters; only in a transaction. */
    gboolean (*script) (Db *tx, const char *sql, GError **error);
    gboolean (*is_writable) (const Db *db);
    /** The state that this thread's next read will see, or an older one; never a newer one. NULL or
     *  FALSE: not known. */
    gboolean (*get_state) (Db *db, DbState *out);
    void (*free) (Db *db);

    const char *(*column_name) (const DbRow *row, guint column);
    gboolean (*is_null) (const DbRow *row, guint column);
    /* The value if it is one of that kind without loss; FALSE else. */
    gboolean (*get_int) (const DbRow *row, guint column, gint64 *out);
    gboolean (*get_real) (const DbRow *row, guint column, double *out);
    const char *(*get_text) (const DbRow *row, guint column); /* NULL for NULL */
    gconstpointer (*get_blob) (const DbRow *row, guint column, gsize *out_n_bytes);
};

/* sqlite.c and postgres.c: open, bring up to date. */
Db *sqlite_open (const DbSettings *settings, const DbMigration *migrations, gsize n_migrations,
                 GError **error);
Db *postgres_open (const DbSettings *settings, const DbMigration *migrations, gsize n_migrations,
                   GError **error);

/* row.c */
gboolean row_fill (const DbRow *row, Arena *arena, const TypeDescriptor *type, void *out,
                   GError **error);
gboolean text_to_int (const char *text, gint64 *out);
gboolean text_to_real (const char *text, double *out);

/* transaction.c: what both engines do with the Db of a transaction */

/** Run the caller's function; what it calls successful is not if one of its statements failed. */
gboolean transaction_run (Db *tx, DbRun run, gpointer data, GError **error);
/** Whether this thread is inside a transaction of @parent. Asking @parent then would not see what the
 *  transaction did, and could wait for it forever. */
gboolean transaction_is_running (const Db *parent);
void transaction_run_after (GArray **after); /* calls, frees and clears the callbacks */
void transaction_drop_after (GArray **after);

/** The beginning of a statement, for an error message; in a static buffer of the thread. */
const char *statement_excerpt (const char *sql);
