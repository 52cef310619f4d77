/* The last connection given back is taken first, so that few stay busy and their caches warm. */
#define G_LOG_DOMAIN "db"
#include "db/postgres_private.h"

#include "base/error.h"

#define WAIT_S 30 /* for a connection, when all are in use */

struct _PostgresPool {
    char *url;
    guint max_connections;
    GMutex lock;
    GCond given;
    GQueue idle;  /* of PostgresConnection; under the lock, as is n_open */
    guint n_open; /* idle, lent, and being opened */
};

PostgresPool *
postgres_pool_new (const char *url, guint max_connections)
{
    PostgresPool *self = g_new0 (PostgresPool, 1);

    self->url = g_strdup (url);
    self->max_connections = max_connections;
    g_mutex_init (&self->lock);
    g_cond_init (&self->given);
    g_queue_init (&self->idle);
    return self;
}

void
postgres_pool_free (PostgresPool *self)
{
    if (self == NULL)
        return;
    g_queue_clear_full (&self->idle, (GDestroyNotify) postgres_connection_close);
    g_mutex_clear (&self->lock);
    g_cond_clear (&self->given);
    g_free (self->url);
    g_free (self);
}

/* An idle one, or the right (NULL) to open one; FALSE when the wait was in vain. */
static gboolean
take_or_reserve (PostgresPool *self, PostgresConnection **out)
{
    gint64 until = g_get_monotonic_time () + WAIT_S * G_TIME_SPAN_SECOND;
    gboolean ok = TRUE;

    g_mutex_lock (&self->lock);
    while (ok && self->idle.length == 0 && self->n_open >= self->max_connections)
        ok = g_cond_wait_until (&self->given, &self->lock, until);
    if (ok) {
        *out = g_queue_pop_head (&self->idle);
        if (*out == NULL)
            self->n_open++;
    }
    g_mutex_unlock (&self->lock);
    return ok;
}

static void
forget (PostgresPool *self, guint n)
{
    g_mutex_lock (&self->lock);
    self->n_open -= n;
    g_cond_broadcast (&self->given);
    g_mutex_unlock (&self->lock);
}

PostgresConnection *
postgres_pool_take (PostgresPool *self, GError **error)
{
    PostgresConnection *connection = NULL;

    if (!take_or_reserve (self, &connection)) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "all %u database connections were busy for %d s", self->max_connections,
                     WAIT_S);
        return NULL;
    }
    if (connection == NULL) {
        connection = postgres_connection_open (self->url, error);
        if (connection == NULL)
            forget (self, 1);
    }
    return connection;
}

void
postgres_pool_give (PostgresPool *self, PostgresConnection *connection)
{
    GQueue gone = G_QUEUE_INIT;

    if (!postgres_connection_is_spent (connection)) {
        g_mutex_lock (&self->lock);
        g_queue_push_head (&self->idle, connection);
        g_cond_signal (&self->given);
        g_mutex_unlock (&self->lock);
        return;
    }
    if (connection->trouble == POSTGRES_LOST) {
        g_mutex_lock (&self->lock);
        gone = self->idle;
        g_queue_init (&self->idle);
        g_mutex_unlock (&self->lock);
    }
    g_queue_push_head (&gone, connection);
    forget (self, gone.length);
    g_queue_clear_full (&gone, (GDestroyNotify) postgres_connection_close);
}
