/* statement_cache.h -- the prepared statements of one connection, by their text
 *
 * The least recently used goes when there are too many. A text is first looked for by its address:
 * statements are nearly always literals, so this saves hashing them. One thread at a time. */
#pragma once
#include "db/db_private.h"

typedef struct _StatementCache StatementCache;

/** @param free_handle  closes a statement's handle, with @data */
StatementCache *statement_cache_new (guint max_statements,
                                     void (*free_handle) (gpointer handle, gpointer data),
                                     gpointer data);
void statement_cache_free (StatementCache *self);

/** @return the statement of @sql, or NULL; it is now the most recently used */
DbStatement *statement_cache_find (StatementCache *self, const char *sql);
/** Add a statement that was not found. @return it; the cache owns it and @handle */
DbStatement *statement_cache_add (StatementCache *self, const char *sql, gpointer handle);
guint statement_cache_count (const StatementCache *self);

/** A statement outside of any cache; the caller frees it, and before it the handle. */
DbStatement *statement_new (const char *sql, gpointer handle);
void statement_free (DbStatement *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatementCache, statement_cache_free)
