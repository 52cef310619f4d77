/* stream.c -- a body that is made while it is sent
 *
 * The producer runs on a thread of its own and writes into a bounded buffer; the connection's event
 * thread reads from it. Full: the producer waits. Empty: the connection is suspended until there
 * is something. Four things can end it: the producer returns, it fails, the client leaves (then
 * libmicrohttpd gives the response back, see release), or the server cuts it off. */
#include <string.h>

#include "http/compress.h"
#include "http/private.h"

#define BUFFER_BYTES (256 * 1024)
#define BLOCK_BYTES                                                                                \
    (64 * 1024) /* what HTTP/1.0 clients get at once; others get what fits a chunk */

struct _HttpStream {
    _Atomic int n_refs;
    HttpServer *server; /* (ref) */
    void (*produce) (HttpStream *stream, gpointer data);
    gpointer data;
    GDestroyNotify free_data;
    Share *share;
    struct MHD_Connection *mhd;
    Compressor *compressor; /* the producer's thread only */
    Sleeper sleeper;

    GMutex lock; /* of all below */
    GCond has_room;
    GByteArray *buffer;
    gsize n_taken;   /* of the buffer, from its start */
    guint64 n_total; /* taken so far */
    gboolean is_asleep, has_ended, has_failed, is_abandoned, is_cut;
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
    self->sleeper.owner = self;
    self->sleeper.is_stream = TRUE;
    self->buffer = g_byte_array_new ();
    g_mutex_init (&self->lock);
    g_cond_init (&self->has_room);
    return self;
}

HttpStream *
stream_ref (HttpStream *self)
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

/* Call with the lock, from any thread but the connection's. */
static void
rouse (HttpStream *self)
{
    if (!self->is_asleep)
        return;
    self->is_asleep = FALSE;
    server_resume (self->server, &self->sleeper, self->mhd);
}

/* ---- the connection's side ---- */

static ssize_t
read_some (void *stream, uint64_t position, char *out, size_t n_max)
{
    HttpStream *self = stream;
    ssize_t result;

    g_mutex_lock (&self->lock);
    if (self->n_taken < self->buffer->len && !self->is_cut) {
        gsize n = MIN (n_max, self->buffer->len - self->n_taken);

        memcpy (out, self->buffer->data + self->n_taken, n);
        self->n_taken += n;
        self->n_total += n;
        if (self->n_taken == self->buffer->len) {
            g_byte_array_set_size (self->buffer, 0);
            self->n_taken = 0;
        }
        g_cond_signal (&self->has_room);
        result = (ssize_t) n;
    } else if (self->has_failed || self->is_cut) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (self->has_ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (server_sleep (self->server, &self->sleeper)) {
        self->is_asleep = TRUE;
        MHD_suspend_connection (self->mhd);
        result = 0;
    } else {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    }
    g_mutex_unlock (&self->lock);
    return result;
}

/* The response is destroyed: sent, or its client left. */
static void
release (void *stream)
{
    HttpStream *self = stream;

    g_mutex_lock (&self->lock);
    self->is_abandoned = TRUE;
    g_cond_signal (&self->has_room);
    g_mutex_unlock (&self->lock);
    stream_unref (self);
}

struct MHD_Response *
stream_start (HttpStream *self, struct MHD_Connection *mhd, gboolean is_head)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback (MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_some, self, release);

    g_assert (response != NULL); /* only out of memory */
    stream_ref (self);           /* the response's */
    self->mhd = mhd;
    if (is_head)
        /* libmicrohttpd ends a chunked body even where there is none, which the client would take
         * for the start of its next answer; so none is announced, and the connection ends */
        MHD_set_response_options (response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    else
        g_thread_pool_push (self->server->stream_pool, stream_ref (self), NULL);
    return response;
}

void
stream_cut (HttpStream *self)
{
    g_mutex_lock (&self->lock);
    self->is_cut = TRUE;
    g_cond_signal (&self->has_room);
    rouse (self);
    g_mutex_unlock (&self->lock);
}

/* ---- the producer's side ---- */

/* Call with the lock; waits without it. */
static gboolean
put (HttpStream *self, const guint8 *bytes, gsize n_bytes)
{
    while (n_bytes > 0) {
        gsize n_held = self->buffer->len - self->n_taken, n;

        if (self->is_abandoned || self->is_cut || self->has_failed)
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
    return !self->is_abandoned && !self->is_cut && !self->has_failed;
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
    is_waited_for = self->is_asleep;
    if (self->compressor == NULL)
        goes_on = put (self, bytes, n_bytes);
    else
        goes_on = !self->is_abandoned && !self->is_cut && !self->has_failed;
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
