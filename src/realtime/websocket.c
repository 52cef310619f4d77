/* All WebSockets and all timers live on one thread. A Connection is its own; what other threads want
 * written waits in the Socket, and the thread is woken to take it. */
#define G_LOG_DOMAIN "realtime"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

#include "realtime/hub.h"

#define CONNECT_TIMEOUT_MS 45000 /* from the handshake to socket.io's CONNECT */
#define MAX_EVENTS 64
#define MAX_CONTROL 125 /* bytes of a control frame, RFC 6455 section 5.5 */

/* A frame on its way out; the payload is shared by all who get it. */
typedef struct {
    guint8 header[10];
    guint8 n_header;
    GBytes *payload;
} Frame;

struct _Connection {
    Realtime *realtime;
    Socket *socket; /* a reference */
    HttpUpgrade *upgrade;
    int fd;
    gboolean is_probe; /* wants to take over from polling, is not trusted with packets yet */
    gboolean is_over;  /* nothing is read any more; leaves once the last frame is written */
    GBytes *early;     /* sent ahead of the answer */
    gsize early_at;
    wslay_frame_context_ptr frames;
    gboolean in_frame;
    guint64 frame_left;
    guint8 opcode; /* of the frame under way */
    gboolean is_final;
    GByteArray *message; /* under way, NULL: none */
    guint8 control[MAX_CONTROL];
    guint8 n_control;
    GQueue out;   /* Frame */
    gsize out_at; /* bytes of the first one that are written */
    gboolean waits_to_write;
};

/* ---- out ---- */

static void
frame_free (Frame *frame)
{
    g_bytes_unref (frame->payload);
    g_free (frame);
}

static void
queue_frame (Connection *self, guint8 opcode, GBytes *payload)
{
    Frame *frame = g_new0 (Frame, 1);
    gsize n_bytes = g_bytes_get_size (payload);

    frame->payload = g_bytes_ref (payload);
    frame->header[0] = 0x80 | opcode;
    if (n_bytes < 126) {
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
}

static void
queue_text (Connection *self, const char *text)
{
    g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));

    queue_frame (self, WSLAY_TEXT_FRAME, payload);
}

static void
queue_close (Connection *self, guint16 code)
{
    guint8 status[2] = { (guint8) (code >> 8), (guint8) code };
    g_autoptr (GBytes) payload = g_bytes_new (status, sizeof status);

    if (!self->is_over)
        queue_frame (self, WSLAY_CONNECTION_CLOSE, payload);
    self->is_over = TRUE;
}

static void
watch (Connection *self, gboolean for_writing)
{
    struct epoll_event event = { .events =
                                     (self->is_over ? 0 : EPOLLIN) | (for_writing ? EPOLLOUT : 0),
                                 .data.ptr = self };

    epoll_ctl (self->realtime->epoll_fd, EPOLL_CTL_MOD, self->fd, &event);
    self->waits_to_write = for_writing;
}

/* @return FALSE when the connection is done with */
static gboolean
write_frames (Connection *self)
{
    Frame *frame;

    while ((frame = g_queue_peek_head (&self->out)) != NULL) {
        gsize n_payload;
        guint8 *payload = (guint8 *) g_bytes_get_data (frame->payload, &n_payload);
        gsize in_header = MIN (self->out_at, frame->n_header);
        gsize in_payload = self->out_at - in_header;
        struct iovec parts[] = { { frame->header + in_header, frame->n_header - in_header },
                                 { payload + in_payload, n_payload - in_payload } };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
        ssize_t n = sendmsg (self->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!self->waits_to_write)
                watch (self, TRUE);
            return TRUE;
        }
        if (n < 0)
            return FALSE;
        self->out_at += (gsize) n;
        if (self->out_at == frame->n_header + n_payload) {
            frame_free (g_queue_pop_head (&self->out));
            self->out_at = 0;
        }
    }
    if (self->waits_to_write)
        watch (self, FALSE);
    return !self->is_over;
}

/* Take what other threads left for the socket, once the last of it is written. */
static gboolean
write_waiting (Connection *self)
{
    Realtime *realtime = self->realtime;
    gboolean is_mine, is_closed;

    if (g_queue_is_empty (&self->out)) {
        g_mutex_lock (&realtime->lock);
        is_mine = self->socket->connection == self;
        is_closed = self->socket->is_closed;
        while (is_mine && !g_queue_is_empty (&self->socket->waiting)) {
            g_autoptr (GBytes) packet = g_queue_pop_head (&self->socket->waiting);

            queue_frame (self, WSLAY_TEXT_FRAME, packet);
        }
        if (is_mine)
            self->socket->n_waiting_bytes = 0;
        g_mutex_unlock (&realtime->lock);
        if (is_closed)
            queue_close (self, 1000);
    }
    return write_frames (self);
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
        if (take > 0)
            return (ssize_t) take;
    }
    do
        n = recv (self->fd, out, n_bytes, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
        self->is_over = TRUE; /* without a goodbye */
    return n <= 0 ? -1 : n;
}

/* The client moves from polling to this connection: a waiting poll is let go first. */
static gboolean
take_over (Connection *self, const Packet *packet)
{
    Realtime *realtime = self->realtime;
    HttpRequest *poll;
    gboolean done = FALSE;

    g_mutex_lock (&realtime->lock);
    poll = g_steal_pointer (&self->socket->poll);
    if (packet->type == PACKET_UPGRADE && self->socket->connection == NULL &&
        !self->socket->is_closed) {
        self->socket->connection = self;
        self->is_probe = FALSE;
        done = TRUE;
    }
    g_mutex_unlock (&realtime->lock);
    if (poll != NULL)
        hub_answer_poll (poll, NULL);
    if (done)
        return write_waiting (self);
    if (packet->type == PACKET_PING && packet->n_data == 5 &&
        memcmp (packet->data, "probe", 5) == 0) {
        queue_text (self, "3probe");
        return write_frames (self);
    }
    return FALSE;
}

static gboolean
handle_message (Connection *self, const char *bytes, gsize n_bytes)
{
    Packet packet;

    if (!packet_parse (bytes, n_bytes, &packet))
        return FALSE;
    return self->is_probe ? take_over (self, &packet)
                          : hub_receive (self->realtime, self->socket, &packet);
}

static gboolean
end_of_frame (Connection *self)
{
    g_autoptr (GByteArray) message = NULL;
    g_autoptr (GBytes) control = NULL;

    switch (self->opcode) {
    case WSLAY_CONTINUATION_FRAME:
    case WSLAY_TEXT_FRAME:
        if (!self->is_final)
            return TRUE;
        message = g_steal_pointer (&self->message);
        return message == NULL || handle_message (self, (const char *) message->data, message->len);
    case WSLAY_PING:
        control = g_bytes_new (self->control, self->n_control);
        queue_frame (self, WSLAY_PONG, control);
        return write_frames (self);
    case WSLAY_PONG:
        return TRUE;
    default: /* a goodbye, or binary, which is not taken */
        return FALSE;
    }
}

static gboolean
begin_frame (Connection *self, const struct wslay_frame_iocb *part)
{
    gboolean is_control = wslay_is_ctrl_frame (part->opcode);
    guint have = self->message != NULL ? self->message->len : 0;

    if (!part->mask || part->rsv != 0 || part->opcode == WSLAY_BINARY_FRAME ||
        (part->opcode == WSLAY_TEXT_FRAME && self->message != NULL) ||
        (part->opcode == WSLAY_CONTINUATION_FRAME && self->message == NULL) ||
        part->payload_length > (is_control ? MAX_CONTROL : PACKET_MAX_PAYLOAD - have) ||
        (is_control && !part->fin))
        return FALSE;
    self->in_frame = TRUE;
    self->opcode = part->opcode;
    self->is_final = part->fin;
    self->frame_left = part->payload_length;
    self->n_control = 0;
    if (!is_control && self->message == NULL)
        self->message = g_byte_array_new ();
    return TRUE;
}

/* @return FALSE when the client broke a rule or said goodbye */
static gboolean
read_frames (Connection *self)
{
    struct wslay_frame_iocb part;

    while (!self->is_over) {
        ssize_t n = wslay_frame_recv (self->frames, &part);

        if (n == WSLAY_ERR_WANT_READ)
            return !self->is_over;
        if (n < 0 || (!self->in_frame && !begin_frame (self, &part)) ||
            part.data_length > self->frame_left)
            return FALSE;
        if (wslay_is_ctrl_frame (self->opcode)) {
            memcpy (self->control + self->n_control, part.data, part.data_length);
            self->n_control += (guint8) part.data_length;
        } else if (part.data_length > 0)
            g_byte_array_append (self->message, part.data, (guint) part.data_length);
        self->frame_left -= part.data_length;
        if (self->frame_left == 0) {
            self->in_frame = FALSE;
            if (!end_of_frame (self))
                return FALSE;
        }
    }
    return FALSE;
}

/* ---- a connection's life ---- */

static void
connection_free (Connection *self)
{
    Realtime *realtime = self->realtime;
    gboolean is_mine;

    g_mutex_lock (&realtime->lock);
    is_mine = self->socket->connection == self;
    if (is_mine) {
        self->socket->connection = NULL;
        hub_close (realtime, self->socket); /* it has no poll: a connection replaced them */
    }
    g_mutex_unlock (&realtime->lock);
    if (self->upgrade != NULL) {
        g_hash_table_remove (realtime->connections, self);
        epoll_ctl (realtime->epoll_fd, EPOLL_CTL_DEL, self->fd, NULL);
        http_upgrade_close (self->upgrade);
    }
    if (self->frames != NULL)
        wslay_frame_context_free (self->frames);
    g_clear_pointer (&self->early, g_bytes_unref);
    g_clear_pointer (&self->message, g_byte_array_unref);
    g_queue_clear_full (&self->out, (GDestroyNotify) frame_free);
    socket_unref (self->socket);
    g_free (self);
}

/* The last thing that is said; what cannot be written at once is not waited for. */
static void
say_goodbye (Connection *self, guint16 code)
{
    queue_close (self, code);
    write_frames (self);
    connection_free (self);
}

static void
step (Connection *self, gboolean can_read, gboolean can_write)
{
    if (can_write && !write_waiting (self))
        connection_free (self);
    else if (can_read && !read_frames (self))
        say_goodbye (self, 1000);
}

static void
arrive (Connection *self)
{
    static const struct wslay_frame_callbacks callbacks = { .recv_callback = receive };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = self };
    Realtime *realtime = self->realtime;

    g_hash_table_add (realtime->connections, self);
    if (wslay_frame_context_init (&self->frames, &callbacks, self) != 0 ||
        epoll_ctl (realtime->epoll_fd, EPOLL_CTL_ADD, self->fd, &event) != 0) {
        connection_free (self);
        return;
    }
    if (!self->is_probe) {
        g_autofree char *open = hub_open_packet (realtime, self->socket, FALSE);

        queue_text (self, open);
    }
    if (!write_frames (self))
        connection_free (self);
    else if (self->early != NULL)
        step (self, TRUE, FALSE);
}

/* ---- the thread ---- */

void
websocket_wake (Realtime *self)
{
    guint64 one = 1;
    ssize_t n = write (self->wake_fd, &one, sizeof one);

    (void) n; /* a full counter wakes just as well */
}

void
websocket_mark_dirty (Realtime *self, Socket *socket)
{
    g_atomic_int_inc (&socket->n_refs);
    g_ptr_array_add (self->dirty, socket);
    if (self->dirty->len == 1)
        websocket_wake (self);
}

static void
take_arrivals (Realtime *self)
{
    g_autoptr (GPtrArray) arriving = NULL;

    g_mutex_lock (&self->lock);
    arriving = self->arriving;
    self->arriving = g_ptr_array_new ();
    g_mutex_unlock (&self->lock);
    for (guint i = 0; i < arriving->len; i++)
        arrive (g_ptr_array_index (arriving, i));
}

static void
take_dirty (Realtime *self)
{
    g_autoptr (GPtrArray) dirty = NULL;

    g_mutex_lock (&self->lock);
    dirty = self->dirty;
    self->dirty = g_ptr_array_new ();
    g_mutex_unlock (&self->lock);
    for (guint i = 0; i < dirty->len; i++) {
        Socket *socket = g_ptr_array_index (dirty, i);
        Connection *connection;

        g_mutex_lock (&self->lock);
        connection = socket->connection;
        g_mutex_unlock (&self->lock);
        /* one that has not arrived yet is written when it does */
        if (connection != NULL && g_hash_table_contains (self->connections, connection))
            step (connection, FALSE, TRUE);
        socket_unref (socket);
    }
}

static void
check_timers (Realtime *self)
{
    g_autoptr (GPtrArray) late = g_ptr_array_new_with_free_func ((GDestroyNotify) socket_unref);
    g_autoptr (GPtrArray) due = g_ptr_array_new_with_free_func ((GDestroyNotify) socket_unref);
    gint64 now = hub_now_ms ();
    GHashTableIter iter;
    gpointer value;

    g_mutex_lock (&self->lock);
    g_hash_table_iter_init (&iter, self->by_sid);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        Socket *socket = value;

        if ((socket->pong_due_ms > 0 && now >= socket->pong_due_ms) ||
            (!socket->is_joined && now >= socket->made_ms + CONNECT_TIMEOUT_MS)) {
            g_atomic_int_inc (&socket->n_refs);
            g_ptr_array_add (late, socket);
        } else if (now >= socket->ping_due_ms) {
            socket->ping_due_ms = now + self->settings.ping_interval_ms;
            if (socket->pong_due_ms == 0)
                socket->pong_due_ms = now + self->settings.ping_timeout_ms;
            g_atomic_int_inc (&socket->n_refs);
            g_ptr_array_add (due, socket);
        }
    }
    g_mutex_unlock (&self->lock);
    for (guint i = 0; i < late->len; i++)
        hub_end (self, g_ptr_array_index (late, i));
    for (guint i = 0; i < due->len; i++)
        hub_send (self, g_ptr_array_index (due, i), "2");
}

static void
end_all (Realtime *self)
{
    g_autoptr (GList) connections = g_hash_table_get_keys (self->connections);
    GHashTableIter iter;
    gpointer socket;

    for (GList *at = connections; at != NULL; at = at->next)
        say_goodbye (at->data, 1001);
    for (;;) {
        g_mutex_lock (&self->lock);
        g_hash_table_iter_init (&iter, self->by_sid);
        if (!g_hash_table_iter_next (&iter, NULL, &socket)) {
            g_mutex_unlock (&self->lock);
            break;
        }
        g_atomic_int_inc (&((Socket *) socket)->n_refs);
        g_mutex_unlock (&self->lock);
        hub_end (self, socket);
        socket_unref (socket);
    }
    take_dirty (self);
}

gpointer
websocket_run (gpointer data)
{
    Realtime *self = data;
    gint64 tick_ms = CLAMP ((gint64) self->settings.ping_interval_ms / 10, 10, 1000);
    gint64 next_tick = hub_now_ms () + tick_ms;
    gboolean is_stopping = FALSE;

    self->connections = g_hash_table_new (NULL, NULL);
    while (!is_stopping) {
        struct epoll_event events[MAX_EVENTS];
        int n = epoll_wait (self->epoll_fd, events, MAX_EVENTS,
                            (int) CLAMP (next_tick - hub_now_ms (), 0, tick_ms));

        for (int i = 0; i < n; i++) {
            guint64 count;

            if (events[i].data.ptr != NULL)
                step (events[i].data.ptr, (events[i].events & ~(guint32) EPOLLOUT) != 0,
                      (events[i].events & EPOLLOUT) != 0);
            else if (read (self->wake_fd, &count, sizeof count) < 0)
                g_debug ("the wake-up was for nothing");
        }
        take_arrivals (self);
        take_dirty (self);
        if (hub_now_ms () >= next_tick) {
            check_timers (self);
            next_tick = hub_now_ms () + tick_ms;
        }
        g_mutex_lock (&self->lock);
        is_stopping = self->is_stopping && self->arriving->len == 0;
        g_mutex_unlock (&self->lock);
    }
    end_all (self);
    g_clear_pointer (&self->connections, g_hash_table_unref);
    return NULL;
}

/* ---- the request that becomes a connection ---- */

static char *
accept_key (const char *key)
{
    g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
    guint8 digest[20];
    gsize n_digest = sizeof digest;

    g_checksum_update (sha1, (const guchar *) key, -1);
    /* RFC 6455 section 1.3 */
    g_checksum_update (sha1, (const guchar *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
    g_checksum_get_digest (sha1, digest, &n_digest);
    return g_base64_encode (digest, n_digest);
}

static gboolean
header_has (HttpRequest *request, const char *name, const char *word)
{
    const char *value = http_request_header (request, name);
    g_autofree char *lower = value != NULL ? g_ascii_strdown (value, -1) : NULL;

    return lower != NULL && strstr (lower, word) != NULL;
}

static void
upgraded (gpointer data, HttpUpgrade *upgrade, int socket_fd, const guint8 *early, gsize n_early)
{
    Connection *connection = data;
    Realtime *self = connection->realtime;
    gboolean is_late;

    if (upgrade != NULL) {
        connection->upgrade = upgrade;
        connection->fd = socket_fd;
        if (n_early > 0)
            connection->early = g_bytes_new (early, n_early);
        g_mutex_lock (&self->lock);
        is_late = self->is_stopping;
        if (!is_late)
            g_ptr_array_add (self->arriving, connection);
        g_mutex_unlock (&self->lock);
        if (!is_late) {
            websocket_wake (self);
            return;
        }
        http_upgrade_close (upgrade);
        connection->upgrade = NULL;
    }
    connection_free (connection);
}

void
websocket_handle (Realtime *self, HttpRequest *request, const char *sid, RealtimeIdentity identity)
{
    const char *key = http_request_header (request, "Sec-WebSocket-Key");
    const char *version = http_request_header (request, "Sec-WebSocket-Version");
    g_autofree char *answer = NULL;
    Connection *connection;
    HttpResponse *response;
    Socket *socket = NULL;

    if (request->method != HTTP_GET || key == NULL || strlen (key) != 24 ||
        g_strcmp0 (version, "13") != 0 || !header_has (request, "Upgrade", "websocket") ||
        !header_has (request, "Connection", "upgrade")) {
        g_free (identity.user_id);
        g_free (identity.session_id);
        realtime_refuse (request, 3, "Bad request");
        return;
    }
    connection = g_new0 (Connection, 1);
    g_mutex_lock (&self->lock);
    if (sid == NULL)
        socket = hub_add (self, identity);
    else if ((socket = hub_find (self, sid)) != NULL && socket->connection != NULL)
        socket = NULL; /* has one already */
    if (socket != NULL) {
        g_atomic_int_inc (&socket->n_refs);
        if (sid == NULL)
            socket->connection = connection;
    }
    g_mutex_unlock (&self->lock);
    if (socket == NULL) {
        g_free (connection);
        realtime_refuse (request, sid != NULL ? 1 : 4,
                         sid != NULL ? "Session ID unknown" : "Forbidden");
        return;
    }
    connection->realtime = self;
    connection->socket = socket;
    connection->fd = -1;
    connection->is_probe = sid != NULL;
    answer = accept_key (key);
    response = http_response_new_upgrade (upgraded, connection);
    http_response_set_header (response, "Upgrade", "websocket");
    http_response_set_header (response, "Sec-WebSocket-Accept", answer);
    http_respond (request, response);
}
