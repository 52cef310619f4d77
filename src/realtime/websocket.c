/* All WebSockets and all timers live on one thread. A Connection is its own; what other threads want
 * written waits in the Socket, and the thread is woken to take it. */
#define G_LOG_DOMAIN "realtime"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "realtime/connection.h"

#define PROBE_TIMEOUT_MS 30000 /* from the handshake of a probe to its 'upgrade' */
#define MAX_EVENTS 64

/* Write, then take what other threads left for the socket. A socket that was closed meanwhile hears a
 * goodbye; what cannot be written at once is not waited for.
 * @return FALSE when the connection is done with */
static gboolean
write_waiting (Connection *self)
{
    Realtime *realtime = self->realtime;
    gboolean is_closed;

    if (!connection_write (self))
        return FALSE;
    g_mutex_lock (&realtime->lock);
    is_closed = self->socket->is_closed;
    /* else it stays in the socket, where it is counted; this is called again when there is room */
    if (self->socket->connection == self && g_queue_is_empty (&self->out)) {
        while (!g_queue_is_empty (&self->socket->waiting)) {
            g_autoptr (GBytes) packet = g_queue_pop_head (&self->socket->waiting);

            connection_queue (self, packet);
        }
        self->socket->n_waiting_bytes = 0;
    }
    g_mutex_unlock (&realtime->lock);
    if (is_closed)
        connection_queue_close (self, CLOSE_NORMAL);
    return connection_write (self) && !is_closed;
}

/* The client moves from polling to this connection. It asks with a probe, is answered, lets its poll come
 * back, and then says 'upgrade'. From the probe on a poll is answered at once (polling.c), else the
 * client would wait for it until the next event. */
static gboolean
take_over (Connection *self, const Packet *packet)
{
    Realtime *realtime = self->realtime;
    gboolean is_probe = packet->type == PACKET_PING && packet->n_data == 5 &&
                        memcmp (packet->data, "probe", 5) == 0 && !self->has_probed;
    gboolean is_upgrade = packet->type == PACKET_UPGRADE && self->has_probed;
    HttpRequest *poll = NULL;

    g_mutex_lock (&realtime->lock);
    if (self->socket->is_closed || self->socket->connection != NULL)
        is_probe = is_upgrade = FALSE;
    if (is_probe || is_upgrade)
        poll = g_steal_pointer (&self->socket->poll);
    if (is_probe)
        self->socket->n_probes++;
    if (is_upgrade) {
        self->socket->connection = self;
        websocket_mark_dirty (realtime, self->socket); /* it may have something waiting */
    }
    g_mutex_unlock (&realtime->lock);
    if (poll != NULL)
        hub_answer_poll (poll, NULL);
    if (is_probe) {
        self->has_probed = TRUE;
        connection_queue_text (self, "3probe");
        return connection_write (self);
    }
    if (is_upgrade)
        self->is_probe = FALSE;
    return is_upgrade;
}

gboolean
websocket_take_message (Connection *self, const char *bytes, gsize n_bytes)
{
    Packet packet;

    if (!packet_parse (bytes, n_bytes, &packet)) {
        self->close_code = CLOSE_PROTOCOL_ERROR;
        return FALSE;
    }
    return self->is_probe ? take_over (self, &packet)
                          : hub_receive (self->realtime, self->socket, &packet);
}

/* ---- a connection's life ---- */

static void
connection_free (Connection *self)
{
    Realtime *realtime = self->realtime;

    g_mutex_lock (&realtime->lock);
    if (self->has_probed)
        self->socket->n_probes--;
    if (self->socket->connection == self) {
        self->socket->connection = NULL;
        hub_close (realtime, self->socket); /* it has no poll: a connection replaced them */
    }
    g_mutex_unlock (&realtime->lock);
    if (self->upgrade != NULL) {
        g_hash_table_remove (realtime->connections, self);
        epoll_ctl (realtime->epoll_fd, EPOLL_CTL_DEL, self->fd, NULL);
        http_upgrade_close (self->upgrade);
    }
    connection_clear (self);
    socket_unref (self->socket);
    g_free (self);
}

/* The last thing that is said; what cannot be written at once is not waited for. */
static void
say_goodbye (Connection *self, CloseCode code)
{
    connection_queue_close (self, code);
    connection_write (self);
    connection_free (self);
}

static void
step (Connection *self, gboolean can_read)
{
    if (can_read && !connection_read (self))
        say_goodbye (self, self->close_code);
    else if (!write_waiting (self))
        connection_free (self);
}

static void
arrive (Connection *self)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = self };
    Realtime *realtime = self->realtime;

    g_hash_table_add (realtime->connections, self);
    if (!connection_begin (self) ||
        epoll_ctl (realtime->epoll_fd, EPOLL_CTL_ADD, self->fd, &event) != 0) {
        connection_free (self);
        return;
    }
    if (!self->is_probe) {
        g_autofree char *open = hub_open_packet (realtime, self->socket, FALSE);

        connection_queue_text (self, open);
    }
    step (self, self->early != NULL);
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
    self->dirty = g_ptr_array_new_with_free_func ((GDestroyNotify) socket_unref);
    g_mutex_unlock (&self->lock);
    for (guint i = 0; i < dirty->len; i++) {
        Socket *socket = g_ptr_array_index (dirty, i);
        Connection *connection;

        g_mutex_lock (&self->lock);
        connection = socket->connection;
        g_mutex_unlock (&self->lock);
        /* one that has not arrived yet is written when it does */
        if (connection != NULL && g_hash_table_contains (self->connections, connection))
            step (connection, FALSE);
    }
}

/* A probe that does not come to the point, or whose session is over. */
static void
end_late_probes (Realtime *self)
{
    g_autoptr (GPtrArray) late = g_ptr_array_new ();
    gint64 now = hub_now_ms ();
    GHashTableIter iter;
    gpointer key;

    g_mutex_lock (&self->lock);
    g_hash_table_iter_init (&iter, self->connections);
    while (g_hash_table_iter_next (&iter, &key, NULL)) {
        Connection *connection = key;

        if (connection->is_probe &&
            (connection->socket->is_closed || now >= connection->arrived_ms + PROBE_TIMEOUT_MS))
            g_ptr_array_add (late, connection);
    }
    g_mutex_unlock (&self->lock);
    for (guint i = 0; i < late->len; i++)
        say_goodbye (g_ptr_array_index (late, i), CLOSE_NORMAL);
}

static void
check_timers (Realtime *self)
{
    g_autoptr (GPtrArray) late = g_ptr_array_new_with_free_func ((GDestroyNotify) socket_unref);
    g_autoptr (GPtrArray) due = g_ptr_array_new_with_free_func ((GDestroyNotify) socket_unref);
    gint64 now = hub_now_ms (), today = timestamp_now_ms ();
    GHashTableIter iter;
    gpointer value;

    g_mutex_lock (&self->lock);
    g_hash_table_iter_init (&iter, self->by_sid);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        Socket *socket = value;

        if ((socket->pong_due_ms > 0 && now >= socket->pong_due_ms) ||
            (socket->expires_at > 0 && today >= socket->expires_at) ||
            (!socket->is_joined && now >= socket->made_ms + self->settings.connect_timeout_ms)) {
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
        say_goodbye (at->data, CLOSE_GOING_AWAY);
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
                step (events[i].data.ptr, (events[i].events & ~(guint32) EPOLLOUT) != 0);
            else if (read (self->wake_fd, &count, sizeof count) < 0)
                g_debug ("the wake-up was for nothing");
        }
        take_arrivals (self);
        take_dirty (self);
        if (hub_now_ms () >= next_tick) {
            check_timers (self);
            end_late_probes (self);
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
