/* A hash table by text, a queue in the order of use, and a small direct-mapped table by address in
 * front of both. An address alone proves nothing (a buffer may be reused), so the text is compared. */
#include "db/statement_cache.h"

#include <string.h>

#define N_ADDRESSES 512 /* a power of two */

struct _StatementCache {
    GHashTable *by_text; /* owns nothing: keys are the statements' own texts */
    GQueue in_use_order; /* of DbStatement, the latest first */
    DbStatement *by_address[N_ADDRESSES];
    guint max_statements;
    void (*free_handle) (gpointer handle, gpointer data);
    gpointer data;
};

static guint
address_slot (const char *sql)
{
    guint64 bits = (guint64) (guintptr) sql * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);

    return (guint) (bits >> 32) & (N_ADDRESSES - 1);
}

static void
touch (StatementCache *self, DbStatement *statement)
{
    if (self->in_use_order.head == &statement->link)
        return;
    g_queue_unlink (&self->in_use_order, &statement->link);
    g_queue_push_head_link (&self->in_use_order, &statement->link);
}

/* The least recently used that nobody is reading from right now. */
static DbStatement *
find_oldest_idle (StatementCache *self)
{
    for (GList *at = self->in_use_order.tail; at != NULL; at = at->prev) {
        DbStatement *statement = at->data;

        if (!statement->in_use)
            return statement;
    }
    return NULL;
}

StatementCache *
statement_cache_new (guint max_statements, void (*free_handle) (gpointer handle, gpointer data),
                     gpointer data)
{
    StatementCache *self = g_new0 (StatementCache, 1);

    self->by_text = g_hash_table_new (g_str_hash, g_str_equal);
    g_queue_init (&self->in_use_order);
    self->max_statements = MAX (max_statements, 1);
    self->free_handle = free_handle;
    self->data = data;
    return self;
}

static void
forget (StatementCache *self, DbStatement *statement)
{
    for (guint i = 0; i < N_ADDRESSES; i++)
        if (self->by_address[i] == statement)
            self->by_address[i] = NULL;
    g_hash_table_remove (self->by_text, statement->sql);
    g_queue_unlink (&self->in_use_order, &statement->link);
    self->free_handle (statement->handle, self->data);
    statement_free (statement);
}

void
statement_cache_free (StatementCache *self)
{
    if (self == NULL)
        return;
    while (self->in_use_order.head != NULL)
        forget (self, self->in_use_order.head->data);
    g_hash_table_unref (self->by_text);
    g_free (self);
}

DbStatement *
statement_cache_find (StatementCache *self, const char *sql)
{
    DbStatement **slot = &self->by_address[address_slot (sql)];
    DbStatement *statement = *slot;

    if (statement == NULL || strcmp (statement->sql, sql) != 0) {
        statement = g_hash_table_lookup (self->by_text, sql);
        if (statement == NULL)
            return NULL;
        *slot = statement;
    }
    touch (self, statement);
    return statement;
}

DbStatement *
statement_cache_add (StatementCache *self, const char *sql, gpointer handle)
{
    DbStatement *statement;

    if (self->in_use_order.length >= self->max_statements) {
        DbStatement *oldest = find_oldest_idle (self);

        if (oldest != NULL)
            forget (self, oldest);
    }
    statement = statement_new (sql, handle);
    g_hash_table_insert (self->by_text, statement->sql, statement);
    g_queue_push_head_link (&self->in_use_order, &statement->link);
    self->by_address[address_slot (sql)] = statement;
    return statement;
}

guint
statement_cache_count (const StatementCache *self)
{
    return self->in_use_order.length;
}

DbStatement *
statement_new (const char *sql, gpointer handle)
{
    DbStatement *self = g_new0 (DbStatement, 1);

    self->sql = g_strdup (sql);
    self->handle = handle;
    self->link.data = self;
    return self;
}

void
statement_free (DbStatement *self)
{
    if (self == NULL)
        return;
    g_free (self->sql);
    g_free (self->mapped_fields);
    g_free (self);
}
