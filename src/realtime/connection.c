/* Frames of RFC 6455: wslay reads their heads, the rest is here. The payload of an event is never
 * copied: all who get it write the same bytes. */
#define G_LOG_DOMAIN "realtime"

#include "realtime/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define READ_BUDGET                                                                                \
    (64 * 1024) /* of one turn: a client that never stops must not keep the others */

/* ---- out ---- */

static void
frame_free (Frame *frame)
{
    g_bytes_unref (frame->payload);
    g_free (frame);
}

static Frame *
queue_frame (Connection *self, guint8 opcode, GBytes *payload)
{
    Frame *frame = g_new0 (Frame, 1);
    gsize n_bytes = g_bytes_get_size (payload);

    frame->payload = g_bytes_ref (payload);
    frame->header[0] = 0x80 | opcode;
    if (n_bytes <= CONNECTION_MAX_CONTROL) {
        frame->header[1] = (guint8) n_bytes;
        frame->n_header = 2;
    } else if (n_bytes <= G_MAXUINT16) {
        frame->header[1] = 126;
        frame->header[2] = (guint8) (n_bytes >> 8);
        frame->header[3] = (guint8) n_bytes;
        frame->n_header = 4;
    } else {
        frame->header[1] = 127;
        for (int i = 0; i < 8; i++)
            frame->header[2 + i] = (guint8) ((guint64) n_bytes >> (56 - 8 * i));
        frame->n_header = 10;
    }
    g_queue_push_tail (&self->out, frame);
    return frame;
}

void
connection_queue (Connection *self, GBytes *payload)
{
    queue_frame (self, WSLAY_TEXT_FRAME, payload);
}

void
connection_queue_text (Connection *self, const char *text)
{
    g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));

    connection_queue (self, payload);
}

void
connection_queue_close (Connection *self, CloseCode code)
{
    guint8 status[2] = { (guint8) (code >> 8), (guint8) code };
    g_autoptr (GBytes) payload = g_bytes_new (status, sizeof status);

    queue_frame (self, WSLAY_CONNECTION_CLOSE, payload);
}

/* Of several pings only the last needs its answer (RFC 6455 section 5.5.3): one who sends them without
 * reading gets no queue of them. */
static void
queue_pong (Connection *self)
{
    g_autoptr (GBytes) payload = g_bytes_new (self->control, self->n_control);
    gboolean is_under_way = self->out_at > 0 && g_queue_peek_head (&self->out) == self->pong;

    if (self->pong != NULL && !is_under_way) {
        g_bytes_unref (self->pong->payload);
        self->pong->payload = g_steal_pointer (&payload);
        self->pong->header[1] = self->n_control;
    } else
        self->pong = queue_frame (self, WSLAY_PONG, payload);
}

static void
watch (Connection *self, gboolean for_writing)
{
    struct epoll_event event = { .events = EPOLLIN | (for_writing ? EPOLLOUT : 0),
                                 .data.ptr = self };

    if (for_writing != self->waits_to_write)
        epoll_ctl (self->realtime->epoll_fd, EPOLL_CTL_MOD, self->fd, &event);
    self->waits_to_write = for_writing;
}

gboolean
connection_write (Connection *self)
{
    Frame *frame;

    while ((frame = g_queue_peek_head (&self->out)) != NULL) {
        gsize n_payload;
        guint8 *payload = (guint8 *) g_bytes_get_data (frame->payload, &n_payload);
        gsize in_header = MIN (self->out_at, frame->n_header);
        gsize in_payload = self->out_at - in_header;
        struct iovec parts[] = { { frame->header + in_header, frame->n_header - in_header },
                                 { n_payload > 0 ? payload + in_payload : NULL,
                                   n_payload - in_payload } };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
        ssize_t n = sendmsg (self->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            watch (self, TRUE);
            return TRUE;
        }
        if (n < 0)
            return FALSE;
        self->out_at += (gsize) n;
        if (self->out_at == frame->n_header + n_payload) {
            if (frame == self->pong)
                self->pong = NULL;
            frame_free (g_queue_pop_head (&self->out));
            self->out_at = 0;
        }
    }
    watch (self, FALSE);
    return TRUE;
}

/* ---- in ---- */

static ssize_t
receive (uint8_t *out, size_t n_bytes, int flags, void *data)
{
    Connection *self = data;
    ssize_t n;

    if (self->early != NULL) {
        gsize n_early;
        const guint8 *bytes = g_bytes_get_data (self->early, &n_early);
        gsize take = MIN (n_bytes, n_early - self->early_at);

        memcpy (out, bytes + self->early_at, take);
        self->early_at += take;
        if (self->early_at == n_early)
            g_clear_pointer (&self->early, g_bytes_unref);
        return (ssize_t) take;
    }
    if (self->read_budget == 0)
        return -1; /* epoll tells of the rest again */
    do
        n = recv (self->fd, out, MIN (n_bytes, self->read_budget), MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
        self->is_at_end = TRUE; /* without a goodbye */
    if (n <= 0)
        return -1;
    self->read_budget -= (gsize) n;
    return n;
}

static gboolean
refuse (Connection *self, CloseCode code)
{
    self->close_code = code;
    return FALSE;
}

static gboolean
begin_frame (Connection *self, const struct wslay_frame_iocb *part)
{
    gboolean is_control = wslay_is_ctrl_frame (part->opcode);
    guint have = self->message != NULL ? self->message->len : 0;

    if (part->opcode == WSLAY_BINARY_FRAME)
        return refuse (self, CLOSE_UNSUPPORTED);
    if (!part->mask || part->rsv != 0 || (is_control && !part->fin) ||
        (part->opcode == WSLAY_TEXT_FRAME && self->message != NULL) ||
        (part->opcode == WSLAY_CONTINUATION_FRAME && self->message == NULL) ||
        (is_control && part->payload_length > CONNECTION_MAX_CONTROL))
        return refuse (self, CLOSE_PROTOCOL_ERROR);
    if (!is_control && part->payload_length > PACKET_MAX_PAYLOAD - have)
        return refuse (self, CLOSE_TOO_BIG);
    self->in_frame = TRUE;
    self->opcode = part->opcode;
    self->is_final = part->fin;
    self->frame_left = part->payload_length;
    self->n_control = 0;
    if (!is_control && self->message == NULL)
        self->message = g_byte_array_new ();
    return TRUE;
}

static gboolean
end_frame (Connection *self)
{
    g_autoptr (GByteArray) message = NULL;

    switch (self->opcode) {
    case WSLAY_CONTINUATION_FRAME:
    case WSLAY_TEXT_FRAME:
        if (!self->is_final)
            return TRUE;
        message = g_steal_pointer (&self->message);
        return websocket_take_message (self, (const char *) message->data, message->len);
    case WSLAY_PING:
        queue_pong (self);
        return connection_write (self);
    case WSLAY_PONG:
        return TRUE;
    case WSLAY_CONNECTION_CLOSE:
        return FALSE;
    default:
        return refuse (self, CLOSE_PROTOCOL_ERROR);
    }
}

gboolean
connection_read (Connection *self)
{
    struct wslay_frame_iocb part;

    self->close_code = CLOSE_NORMAL;
    self->read_budget = READ_BUDGET;
    for (;;) {
        ssize_t n = wslay_frame_recv (self->frames, &part);

        if (n == WSLAY_ERR_WANT_READ)
            return !self->is_at_end;
        if (n < 0 || (self->in_frame && part.data_length > self->frame_left))
            return refuse (self, CLOSE_PROTOCOL_ERROR);
        if (!self->in_frame && !begin_frame (self, &part))
            return FALSE;
        if (wslay_is_ctrl_frame (self->opcode)) {
            if (part.data_length > 0)
                memcpy (self->control + self->n_control, part.data, part.data_length);
            self->n_control += (guint8) part.data_length;
        } else if (part.data_length > 0)
            g_byte_array_append (self->message, part.data, (guint) part.data_length);
        self->frame_left -= part.data_length;
        if (self->frame_left == 0) {
            self->in_frame = FALSE;
            if (!end_frame (self))
                return FALSE;
        }
    }
}

gboolean
connection_begin (Connection *self)
{
    static const struct wslay_frame_callbacks callbacks = { .recv_callback = receive };

    self->arrived_ms = hub_now_ms ();
    return wslay_frame_context_init (&self->frames, &callbacks, self) == 0;
}

void
connection_clear (Connection *self)
{
    g_clear_pointer (&self->frames, wslay_frame_context_free);
    g_clear_pointer (&self->early, g_bytes_unref);
    g_clear_pointer (&self->message, g_byte_array_unref);
    g_queue_clear_full (&self->out, (GDestroyNotify) frame_free);
    self->pong = NULL;
}
