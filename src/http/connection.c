/* connection.c -- a TCP connection: heads and bodies in, answers out
 *
 * connection_run () goes on until it would have to wait: for the socket, for the application, or for its
 * turn. While it waits for a request it holds nothing but itself: what is read lies in the loop's buffer, and
 * only what could not be used at once is kept (ahead). Of the next request at most HEAD_READ_BYTES are read
 * before the current one is answered. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/private.h"

#define HEAD_READ_BYTES (16 * 1024)
#define CHUNKED_READ_BYTES (64 * 1024)
#define FILE_TURN_BYTES (1024 * 1024) /* of a file, before others have their turn */
#define TURN_STEPS 8                  /* of a client that sends without end */
#define STREAM_BYTES (64 * 1024)
#define FRAME_BYTES 16 /* before and after a chunk */

static const char continue_line[] = "HTTP/1.1 100 Continue\r\n\r\n";

static gint64
now_ms (void)
{
    return g_get_monotonic_time () / 1000;
}

void
connection_set_state (Connection *self, ConnectionState state)
{
    atomic_store_explicit (&self->since_ms, now_ms (), memory_order_relaxed);
    atomic_store_explicit (&self->state, state, memory_order_release);
}

/* ---- coming and going ---- */

void
connection_open (HttpServer *server, Loop *loop, int fd, const struct sockaddr *address)
{
    Connection *self = keeper_add (server->keeper, fd, address);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = self };

    self->loop = loop;
    self->can_write = TRUE;
    /* from here on it is the loop's */
    if (epoll_ctl (loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        g_warning ("cannot wait for a connection: %s", g_strerror (errno));
        connection_close (self);
    }
}

static void
drop_ahead (Connection *self)
{
    g_clear_pointer (&self->ahead, g_free);
    self->n_ahead = 0;
}

void
connection_free_closed (Connection *self)
{
    gboolean is_roused;

    g_mutex_lock (&self->loop->lock);
    is_roused = self->is_roused;
    g_mutex_unlock (&self->loop->lock);
    if (!self->is_ready && !is_roused)
        g_free (self);
}

/* Not left to close (): what lingers, or is the application's then, stays open. */
static void
leave_loop (Connection *self)
{
    epoll_ctl (self->loop->epoll_fd, EPOLL_CTL_DEL, self->fd, NULL);
}

void
connection_close (Connection *self)
{
    Exchange *exchange = g_steal_pointer (&self->exchange);

    if (exchange != NULL) {
        exchange_cut (exchange);
        exchange_finish (exchange, FALSE);
    }
    if (!self->is_upgraded)
        leave_loop (self);
    keeper_remove (self->server->keeper, self);
    if (!self->is_upgraded)
        close (self->fd);
    drop_ahead (self);
    g_free (self->chunk);
    self->is_closed = TRUE;
    connection_free_closed (self);
}

/* ---- reading ---- */

/* @return how many bytes came; 0: none are there; -1: the client left */
static gssize
receive (Connection *self, gsize n_max)
{
    while (self->can_read) {
        ssize_t n = recv (self->fd, self->loop->buffer, n_max, 0);

        if (n > 0) {
            /* all that was there: epoll says so when more comes, unless it has said that no more does */
            if ((gsize) n < n_max)
                self->can_read = self->has_hung_up;
            return n;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            self->can_read = FALSE;
        else if (n == 0 || errno != EINTR)
            return -1;
    }
    return 0;
}

static void
keep_ahead (Connection *self, const guint8 *bytes, gsize n_bytes)
{
    if (n_bytes == 0)
        return;
    self->ahead = g_realloc (self->ahead, self->n_ahead + n_bytes);
    memcpy (self->ahead + self->n_ahead, bytes, n_bytes);
    self->n_ahead += n_bytes;
}

static void
use_ahead (Connection *self, gsize n_bytes)
{
    self->n_ahead -= n_bytes;
    if (self->n_ahead == 0)
        drop_ahead (self);
    else
        memmove (self->ahead, self->ahead + n_bytes, self->n_ahead);
}

static gboolean follow (Connection *self, ExchangeStep step);

/* Begin an exchange when @bytes have a whole head, or more of one than is taken.
 *  @return how many of them are used */
static gsize
take_head (Connection *self, const guint8 *bytes, gsize n_bytes)
{
    gsize max_bytes = self->server->max_head_bytes, n_before = 0, n_head;
    gboolean is_cut;

    while (n_before < n_bytes && (bytes[n_before] == '\r' || bytes[n_before] == '\n'))
        n_before++; /* empty lines before a request, section 2.2 */
    bytes += n_before;
    n_bytes -= n_before;
    n_head = head_end (bytes, n_bytes);
    is_cut = n_head > max_bytes || (n_head == 0 && n_bytes > max_bytes);
    if (n_head == 0 && !is_cut)
        return n_before;
    if (is_cut)
        n_head = max_bytes;
    self->exchange = exchange_new (self->server, self, bytes, n_head, is_cut);
    return n_before + n_head;
}

static gboolean
read_head (Connection *self)
{
    if (self->n_ahead > 0)
        use_ahead (self, take_head (self, self->ahead, self->n_ahead));
    if (self->exchange == NULL) {
        gssize n = receive (self, HEAD_READ_BYTES);
        gsize n_used;

        if (n < 0)
            connection_close (self);
        if (n <= 0)
            return FALSE;
        if (self->n_ahead > 0) {
            keep_ahead (self, self->loop->buffer, (gsize) n); /* and see */
            return TRUE;
        }
        n_used = take_head (self, self->loop->buffer, (gsize) n);
        keep_ahead (self, self->loop->buffer + n_used, (gsize) n - n_used);
        if (self->exchange == NULL)
            return TRUE;
    }
    self->chunks = (ChunkReader){ 0 };
    return follow (self, exchange_begin (self->exchange));
}

/* What of the body came with bytes before it. */
static ExchangeStep
take_chunks (Connection *self, const guint8 *bytes, gsize n_bytes)
{
    const guint8 *end = bytes + n_bytes, *piece = NULL;
    ExchangeStep step = STEP_RECEIVE;
    gsize n_piece = 0;

    while (step == STEP_RECEIVE) {
        switch (chunk_reader_next (&self->chunks, &bytes, end, &piece, &n_piece)) {
        case CHUNK_DATA:
            step = exchange_take (self->exchange, piece, n_piece);
            break;
        case CHUNK_END:
            step = exchange_complete (self->exchange);
            break;
        case CHUNK_BROKEN:
            step = exchange_refuse (
                self->exchange,
                g_error_new_literal (APP_ERROR, APP_ERROR_INVALID,
                                     "the chunked body is malformed: each chunk is its size in "
                                     "hexadecimal digits, CR LF, its bytes, CR LF"));
            break;
        case CHUNK_MORE:
        default:
            return STEP_RECEIVE;
        }
    }
    keep_ahead (self, bytes, (gsize) (end - bytes));
    return step;
}

/* Of a body whose length is known. */
static guint64
n_left (const Exchange *exchange)
{
    return (guint64) exchange->request.content_length - exchange->n_received;
}

static ExchangeStep
take_bytes (Connection *self, const guint8 *bytes, gsize n_bytes)
{
    ExchangeStep step;

    if (self->exchange->is_chunked)
        return take_chunks (self, bytes, n_bytes);
    step = exchange_take (self->exchange, bytes, n_bytes);
    return step == STEP_RECEIVE && n_left (self->exchange) == 0 ? exchange_complete (self->exchange)
                                                                : step;
}

static gboolean
read_body (Connection *self)
{
    gboolean is_chunked = self->exchange->is_chunked;
    gsize n_max =
        is_chunked ? CHUNKED_READ_BYTES : (gsize) MIN (n_left (self->exchange), READ_BYTES);
    g_autofree guint8 *ahead = NULL;
    gssize n;

    if (self->n_ahead > 0) {
        gsize n_ahead = self->n_ahead, n_used = is_chunked ? n_ahead : MIN (n_ahead, n_max);

        ahead = g_steal_pointer (&self->ahead);
        self->n_ahead = 0;
        keep_ahead (self, ahead + n_used, n_ahead - n_used);
        return follow (self, take_bytes (self, ahead, n_used));
    }
    n = receive (self, n_max);
    if (n > 0)
        return follow (self, take_bytes (self, self->loop->buffer, (gsize) n));
    if (n < 0)
        connection_close (self);
    return FALSE;
}

/* ---- writing ---- */

static gboolean
may_try_again (Connection *self)
{
    if (errno == EINTR)
        return TRUE;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        self->can_write = FALSE;
        connection_set_state (self, CONNECTION_IS_FULL); /* since now: the keeper's patience */
    } else {
        connection_close (self);
    }
    return FALSE;
}

/* The head, with a body that is in memory. @return FALSE: wait, or closed */
static gboolean
send_memory (Connection *self)
{
    const Exchange *exchange = self->exchange;
    gsize n_body = exchange->body != NULL ? (gsize) exchange->n_body_bytes : 0;

    while (self->n_head_sent < exchange->n_answer_head || self->n_body_sent < n_body) {
        struct iovec parts[2];
        struct msghdr message = { .msg_iov = parts };
        int flags = MSG_NOSIGNAL | (exchange->body_fd >= 0 ? MSG_MORE : 0);
        ssize_t n;

        if (self->n_head_sent < exchange->n_answer_head)
            parts[message.msg_iovlen++] =
                (struct iovec){ exchange->answer_head + self->n_head_sent,
                                exchange->n_answer_head - self->n_head_sent };
        if (self->n_body_sent < n_body) {
            const char *body = g_bytes_get_data (exchange->body, NULL);

            parts[message.msg_iovlen++] =
                (struct iovec){ (void *) (gsize) (body + exchange->body_first + self->n_body_sent),
                                n_body - (gsize) self->n_body_sent };
        }
        n = sendmsg (self->fd, &message, flags);
        if (n < 0) {
            if (!may_try_again (self))
                return FALSE;
            continue;
        }
        self->n_body_sent +=
            (gsize) n - MIN ((gsize) n, exchange->n_answer_head - self->n_head_sent);
        self->n_head_sent = MIN (self->n_head_sent + (gsize) n, exchange->n_answer_head);
    }
    return TRUE;
}

/* As sendfile (), for a file system that has none: a piece through the loop's buffer. */
static ssize_t
send_copy (Connection *self, off_t at, gsize n_max)
{
    ssize_t n = pread (self->exchange->body_fd, self->loop->buffer, MIN (n_max, READ_BYTES), at);

    return n > 0 ? send (self->fd, self->loop->buffer, (gsize) n, MSG_NOSIGNAL) : n;
}

static gboolean
send_file (Connection *self)
{
    const Exchange *exchange = self->exchange;
    guint64 n_turn = 0;

    if (!exchange_may_go_on (self->exchange)) {
        connection_close (self);
        return FALSE;
    }
    while (self->n_body_sent < exchange->n_body_bytes) {
        off_t first = (off_t) (exchange->body_first + self->n_body_sent), at = first;
        gsize n_max = (gsize) MIN (exchange->n_body_bytes - self->n_body_sent, FILE_TURN_BYTES);
        ssize_t n;

        if (n_turn >= FILE_TURN_BYTES) {
            loop_later (self->loop, self);
            return FALSE;
        }
        n = sendfile (self->fd, exchange->body_fd, &at, n_max);
        if (n < 0 && (errno == EINVAL || errno == ENOSYS))
            n = send_copy (self, first, n_max);
        if (n == 0) { /* it became shorter than was announced */
            connection_close (self);
            return FALSE;
        }
        if (n < 0) {
            if (!may_try_again (self))
                return FALSE;
            continue;
        }
        self->n_body_sent += (guint64) n;
        n_turn += (guint64) n;
    }
    return TRUE;
}

/* The next piece of a stream into chunk. @return FALSE: it has none to give yet, or was closed */
static gboolean
fill_chunk (Connection *self, gboolean *out_is_last)
{
    const Exchange *exchange = self->exchange;
    gboolean is_framed = !exchange->head.is_1_0;
    gsize n = 0, n_size;
    char size[FRAME_BYTES];

    if (self->chunk == NULL)
        self->chunk = g_malloc (FRAME_BYTES + STREAM_BYTES + FRAME_BYTES);
    self->n_chunk = self->n_chunk_sent = 0;
    switch (stream_read (exchange->stream, self, self->chunk + FRAME_BYTES, STREAM_BYTES, &n)) {
    case STREAM_DATA:
        self->n_chunk_sent = FRAME_BYTES;
        self->n_chunk = FRAME_BYTES + n;
        if (is_framed) { /* its size before it, as far to the right as it is long */
            n_size = (gsize) g_snprintf (size, sizeof size, "%" G_GSIZE_MODIFIER "x\r\n", n);
            self->n_chunk_sent -= n_size;
            memcpy (self->chunk + self->n_chunk_sent, size, n_size);
            memcpy (self->chunk + self->n_chunk, "\r\n", 2);
            self->n_chunk += 2;
        }
        return TRUE;
    case STREAM_END:
        *out_is_last = TRUE;
        if (is_framed) {
            memcpy (self->chunk, "0\r\n\r\n", 5);
            self->n_chunk = 5;
        }
        return TRUE;
    case STREAM_WAIT:
        return FALSE;
    case STREAM_FAILED:
    default:
        connection_close (self); /* without the last chunk: the client sees that it is incomplete */
        return FALSE;
    }
}

static gboolean
send_stream (Connection *self)
{
    guint64 n_turn = 0;

    for (;;) {
        while (self->n_chunk_sent < self->n_chunk) {
            ssize_t n = send (self->fd, self->chunk + self->n_chunk_sent,
                              self->n_chunk - self->n_chunk_sent, MSG_NOSIGNAL);

            if (n < 0) {
                if (!may_try_again (self))
                    return FALSE;
                continue;
            }
            self->n_chunk_sent += (gsize) n;
            n_turn += (guint64) n;
        }
        if (self->exchange->stream_is_over)
            return TRUE;
        if (n_turn >= FILE_TURN_BYTES) {
            loop_later (self->loop, self);
            return FALSE;
        }
        if (!fill_chunk (self, &self->exchange->stream_is_over))
            return FALSE;
    }
}

static gboolean
send_answer (Connection *self)
{
    Exchange *exchange = self->exchange;
    gboolean closes = exchange->must_close;

    if (!self->can_write)
        return FALSE;
    if (atomic_load_explicit (&self->state, memory_order_relaxed) == CONNECTION_IS_FULL)
        connection_set_state (self, CONNECTION_BUSY);
    if (!send_memory (self) || (exchange->body_fd >= 0 && !send_file (self)) ||
        (exchange->stream != NULL && !send_stream (self)))
        return FALSE;

    self->exchange = NULL;
    g_clear_pointer (&self->chunk, g_free);
    if (exchange->offer != NULL) {
        leave_loop (self); /* first: it may be closed at once, and its number be another's */
        upgrade_take_over (g_steal_pointer (&exchange->offer), self);
        closes = TRUE; /* what is left of it here */
    }
    exchange_finish (exchange, TRUE);
    if (closes) {
        connection_close (self);
        return FALSE;
    }
    connection_set_state (self, CONNECTION_WAITS_NEXT);
    atomic_store_explicit (&self->n_receive, 0, memory_order_relaxed);
    return TRUE;
}

/* ---- what comes next ---- */

/* @return TRUE: go on */
static gboolean
follow (Connection *self, ExchangeStep step)
{
    Exchange *exchange = self->exchange;

    switch (step) {
    case STEP_RECEIVE:
        if (!exchange->has_body)
            return follow (self, exchange_complete (exchange));
        if (exchange->expects_continue && exchange->phase == PHASE_BODY) {
            exchange->expects_continue = FALSE; /* from here on the body comes */
            /* nothing else is under way to this client: it fits */
            if (self->n_ahead == 0 && send (self->fd, continue_line, strlen (continue_line),
                                            MSG_NOSIGNAL) != (ssize_t) strlen (continue_line)) {
                connection_close (self);
                return FALSE;
            }
        }
        return TRUE;
    case STEP_SEND:
        self->n_head_sent = 0;
        self->n_body_sent = 0;
        self->n_chunk = self->n_chunk_sent = 0;
        return TRUE;
    case STEP_WAIT:
        return FALSE;
    case STEP_CLOSE:
    default:
        connection_close (self);
        return FALSE;
    }
}

static gboolean
advance (Connection *self)
{
    if (self->exchange == NULL)
        return read_head (self);
    switch (self->exchange->phase) {
    case PHASE_BODY:
    case PHASE_DRAIN:
        return read_body (self);
    case PHASE_SENT:
        return send_answer (self);
    case PHASE_DEFERRED:
    case PHASE_HANDLING:
        return follow (self, exchange_proceed (self->exchange));
    case PHASE_HEAD:
    default:
        g_return_val_if_reached (FALSE);
    }
}

void
connection_run (Connection *self, guint32 events)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        self->has_hung_up = TRUE;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        self->can_read = TRUE;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        self->can_write = TRUE;
    /* of a stream whose producer is slow, nothing else would say that its client left */
    if ((events & (EPOLLHUP | EPOLLERR)) && self->exchange != NULL &&
        self->exchange->phase == PHASE_SENT) {
        connection_close (self);
        return;
    }
    for (int i = 0; advance (self); i++) {
        if (i == TURN_STEPS) {
            loop_later (self->loop, self);
            return;
        }
    }
}
