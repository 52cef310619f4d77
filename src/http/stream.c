/* stream.c -- a body that is made while it is sent
 *
 * The producer runs on a thread of its own and writes into a bounded buffer; the connection's event
 * thread reads from it. Full: the producer waits. Empty: the connection is roused when there is
 * something. Three things can end it: the producer returns, it fails, or the connection is closed
 * (stream_abandon ()), which also the server does that stops. */
#include <string.h>

#include "http/compress.h"
#include "http/private.h"

#define BUFFER_BYTES (256 * 1024)

struct _HttpStream {
    _Atomic int n_refs;
    HttpServer *server; /* (ref) */
    void (*produce) (HttpStream *stream, gpointer data);
    gpointer data;
    GDestroyNotify free_data;
    Share *share;
    Compressor *compressor; /* the producer's thread only */

    GMutex lock; /* of all below */
    GCond has_room;
    GByteArray *buffer;
    gsize n_taken;       /* of the buffer, from its start */
    guint64 n_total;     /* taken so far */
    Connection *waiting; /* for more; NULL: none is */
    gboolean has_ended, has_failed, is_abandoned;
};

HttpStream *
stream_new (HttpServer *server, void (*produce) (HttpStream *stream, gpointer data), gpointer data,
            GDestroyNotify free_data, Share *share)
{
    HttpStream *self = g_new0 (HttpStream, 1);

    atomic_init (&self->n_refs, 1);
    self->server = server_ref (server);
    self->produce = produce;
    self->data = data;
    self->free_data = free_data;
    self->share = share;
    self->buffer = g_byte_array_new ();
    g_mutex_init (&self->lock);
    g_cond_init (&self->has_room);
    return self;
}

static HttpStream *
ref (HttpStream *self)
{
    atomic_fetch_add_explicit (&self->n_refs, 1, memory_order_relaxed);
    return self;
}

void
stream_unref (HttpStream *self)
{
    if (atomic_fetch_sub_explicit (&self->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    if (self->free_data != NULL)
        self->free_data (self->data);
    compressor_free (self->compressor);
    share_free (self->share);
    g_byte_array_unref (self->buffer);
    g_mutex_clear (&self->lock);
    g_cond_clear (&self->has_room);
    server_unref (self->server);
    g_free (self);
}

void
stream_set_encoding (HttpStream *self, int encoding)
{
    if (encoding != ENCODING_IDENTITY)
        self->compressor = compressor_new ((ContentEncoding) encoding);
}

guint64
stream_n_bytes (HttpStream *self)
{
    guint64 n_total;

    g_mutex_lock (&self->lock);
    n_total = self->n_total;
    g_mutex_unlock (&self->lock);
    return n_total;
}

/* Call with the lock. */
static void
rouse (HttpStream *self)
{
    Connection *connection = g_steal_pointer (&self->waiting);

    if (connection == NULL)
        return;
    g_mutex_lock (&connection->loop->lock);
    loop_rouse (connection->loop, connection);
    g_mutex_unlock (&connection->loop->lock);
}

/* ---- the connection's side ---- */

StreamResult
stream_read (HttpStream *self, Connection *connection, guint8 *out, gsize n_max, gsize *out_n_bytes)
{
    StreamResult result = STREAM_DATA;

    g_mutex_lock (&self->lock);
    self->waiting = NULL;
    if (self->n_taken < self->buffer->len) {
        gsize n = MIN (n_max, self->buffer->len - self->n_taken);

        memcpy (out, self->buffer->data + self->n_taken, n);
        self->n_taken += n;
        self->n_total += n;
        if (self->n_taken == self->buffer->len) {
            g_byte_array_set_size (self->buffer, 0);
            self->n_taken = 0;
        }
        g_cond_signal (&self->has_room);
        *out_n_bytes = n;
    } else if (self->has_failed) {
        result = STREAM_FAILED;
    } else if (self->has_ended) {
        result = STREAM_END;
    } else {
        self->waiting = connection;
        result = STREAM_WAIT;
    }
    g_mutex_unlock (&self->lock);
    return result;
}

void
stream_abandon (HttpStream *self)
{
    g_mutex_lock (&self->lock);
    self->is_abandoned = TRUE;
    self->waiting = NULL;
    g_cond_signal (&self->has_room);
    g_mutex_unlock (&self->lock);
}

void
stream_start (HttpStream *self)
{
    g_thread_pool_push (self->server->stream_pool, ref (self), NULL);
}

/* ---- the producer's side ---- */

/* Call with the lock; waits without it. */
static gboolean
put (HttpStream *self, const guint8 *bytes, gsize n_bytes)
{
    while (n_bytes > 0) {
        gsize n_held = self->buffer->len - self->n_taken, n;

        if (self->is_abandoned || self->has_failed)
            return FALSE;
        if (n_held >= BUFFER_BYTES) {
            g_cond_wait (&self->has_room, &self->lock);
            continue;
        }
        if (self->n_taken > BUFFER_BYTES) {
            g_byte_array_remove_range (self->buffer, 0, (guint) self->n_taken);
            self->n_taken = 0;
        }
        n = MIN (n_bytes, BUFFER_BYTES - n_held);
        g_byte_array_append (self->buffer, bytes, (guint) n);
        bytes += n;
        n_bytes -= n;
        rouse (self);
    }
    return !self->is_abandoned && !self->has_failed;
}

static gboolean
put_compressed (HttpStream *self, gconstpointer bytes, gsize n_bytes, CompressStep step)
{
    g_autoptr (GByteArray) ready = g_byte_array_new ();
    gboolean goes_on;

    compressor_push (self->compressor, bytes, n_bytes, step, ready);
    g_mutex_lock (&self->lock);
    goes_on = put (self, ready->data, ready->len);
    g_mutex_unlock (&self->lock);
    return goes_on;
}

gboolean
http_stream_write (HttpStream *self, gconstpointer bytes, gsize n_bytes)
{
    gboolean goes_on, is_waited_for;

    g_mutex_lock (&self->lock);
    is_waited_for = self->waiting != NULL;
    if (self->compressor == NULL)
        goes_on = put (self, bytes, n_bytes);
    else
        goes_on = !self->is_abandoned && !self->has_failed;
    g_mutex_unlock (&self->lock);
    if (self->compressor == NULL || !goes_on)
        return goes_on;
    /* flush when the client has had all so far, not to hold back what a slow producer made */
    return put_compressed (self, bytes, n_bytes, is_waited_for ? COMPRESS_FLUSH : COMPRESS_MORE);
}

void
http_stream_fail (HttpStream *self)
{
    g_mutex_lock (&self->lock);
    self->has_failed = TRUE;
    rouse (self);
    g_mutex_unlock (&self->lock);
}

void
stream_produce (gpointer stream, gpointer server)
{
    HttpStream *self = stream;

    self->produce (self, self->data);
    if (self->compressor != NULL)
        put_compressed (self, NULL, 0, COMPRESS_END);
    g_mutex_lock (&self->lock);
    self->has_ended = TRUE;
    rouse (self);
    g_mutex_unlock (&self->lock);
    stream_unref (self);
}
