/* The hub: sockets, rooms, and what a packet means. Transport stands in polling.c and websocket.c. */
#define G_LOG_DOMAIN "realtime"

#include "realtime/realtime.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/uuid.h"
#include "realtime/hub.h"

#define MAX_STRANGERS 1000 /* sockets that never said who they are */
/* A client connects once. What answers it is more than what it sent, and waits for one that does not read. */
#define MAX_CONNECTS 8

gint64
hub_now_ms (void)
{
    return g_get_monotonic_time () / 1000;
}

/* ---- sockets and rooms ---- */

static char *
new_sid (void)
{
    guint8 bytes[15];
    char *text;

    random_bytes (bytes, sizeof bytes);
    text = g_base64_encode (bytes, sizeof bytes);
    g_strdelimit (text, "+", '-');
    return g_strdelimit (text, "/", '_');
}

void
socket_unref (Socket *socket)
{
    if (!g_atomic_int_dec_and_test (&socket->n_refs))
        return;
    g_queue_clear_full (&socket->waiting, (GDestroyNotify) g_bytes_unref);
    g_free (socket->sid);
    g_free (socket->user_id);
    g_free (socket->session_id);
    g_free (socket);
}

/* Each may have packets waiting, and is told of each of the others. */
static gboolean
are_too_many (Realtime *self, const char *user_id)
{
    GHashTableIter iter;
    gpointer socket;
    guint n = 0;

    if (user_id == NULL)
        return self->n_strangers >= MAX_STRANGERS;
    g_hash_table_iter_init (&iter, self->by_sid);
    while (g_hash_table_iter_next (&iter, NULL, &socket))
        n += g_strcmp0 (((Socket *) socket)->user_id, user_id) == 0;
    return n >= self->settings.max_of_user;
}

Socket *
hub_add (Realtime *self, RealtimeIdentity identity)
{
    Socket *socket;

    if (self->is_stopping || are_too_many (self, identity.user_id)) {
        g_free (identity.user_id);
        g_free (identity.session_id);
        return NULL;
    }
    socket = g_new0 (Socket, 1);
    socket->n_refs = 1;
    socket->sid = new_sid ();
    socket->user_id = identity.user_id;
    socket->session_id = identity.session_id;
    socket->expires_at = identity.expires_at;
    socket->made_ms = hub_now_ms ();
    socket->ping_due_ms = socket->made_ms + self->settings.ping_interval_ms;
    self->n_strangers += identity.user_id == NULL;
    g_hash_table_insert (self->by_sid, socket->sid, socket);
    return socket;
}

Socket *
hub_find (Realtime *self, const char *sid)
{
    return g_hash_table_lookup (self->by_sid, sid);
}

static void
join (Realtime *self, Socket *socket, const char *room)
{
    GPtrArray *members;

    if (room == NULL)
        return;
    members = g_hash_table_lookup (self->rooms, room);
    if (members == NULL) {
        members = g_ptr_array_new ();
        g_hash_table_insert (self->rooms, g_strdup (room), members);
    }
    g_ptr_array_add (members, socket);
}

static void
leave (Realtime *self, Socket *socket, const char *room)
{
    GPtrArray *members = room != NULL ? g_hash_table_lookup (self->rooms, room) : NULL;

    if (members != NULL && g_ptr_array_remove_fast (members, socket) && members->len == 0)
        g_hash_table_remove (self->rooms, room);
}

HttpRequest *
hub_close (Realtime *self, Socket *socket)
{
    HttpRequest *poll = g_steal_pointer (&socket->poll);

    if (socket->is_closed)
        return poll;
    socket->is_closed = TRUE;
    leave (self, socket, socket->user_id);
    leave (self, socket, socket->session_id);
    self->n_strangers -= socket->user_id == NULL;
    if (socket->connection != NULL)
        websocket_mark_dirty (self, socket); /* its thread sees that it is over */
    g_hash_table_steal (self->by_sid, socket->sid);
    socket_unref (socket);
    return poll;
}

/* Queue a packet; a socket that has too much waiting is closed instead. @return a poll to be answered with
 * hub_take_payload () or a close, by the caller, without the lock; NULL: none */
static HttpRequest *
push (Realtime *self, Socket *socket, GBytes *packet)
{
    if (socket->is_closed)
        return NULL;
    if (socket->n_waiting_bytes + g_bytes_get_size (packet) > self->settings.max_waiting_bytes) {
        g_info ("a client does not read its events, closing it");
        return hub_close (self, socket);
    }
    g_queue_push_tail (&socket->waiting, g_bytes_ref (packet));
    socket->n_waiting_bytes += g_bytes_get_size (packet);
    if (socket->connection == NULL)
        return g_steal_pointer (&socket->poll);
    websocket_mark_dirty (self, socket);
    return NULL;
}

GString *
hub_take_payload (Socket *socket)
{
    GString *payload = g_queue_is_empty (&socket->waiting) ? NULL : g_string_new (NULL);
    GBytes *packet;

    while ((packet = g_queue_pop_head (&socket->waiting)) != NULL) {
        gsize n_bytes;
        const char *bytes = g_bytes_get_data (packet, &n_bytes);

        if (payload->len > 0)
            g_string_append_c (payload, 0x1e);
        g_string_append_len (payload, bytes, (gssize) n_bytes);
        g_bytes_unref (packet);
    }
    socket->n_waiting_bytes = 0;
    return payload;
}

/* ---- answering ---- */

void
hub_answer_poll (HttpRequest *poll, GString *payload)
{
    HttpResponse *response;

    if (payload == NULL)
        payload = g_string_new ("6");
    response = http_response_new_bytes (200, "text/plain; charset=UTF-8",
                                        g_string_free_to_bytes (payload));
    http_response_set_header (response, "Cache-Control", "no-store");
    http_respond (poll, response);
}

/* A push may have freed a waiting poll: it takes all that waits, or the news that it is over. */
static void
flush_poll (Realtime *self, Socket *socket, HttpRequest *poll)
{
    GString *payload;

    if (poll == NULL)
        return;
    g_mutex_lock (&self->lock);
    payload = socket->is_closed ? g_string_new ("1") : hub_take_payload (socket);
    g_mutex_unlock (&self->lock);
    hub_answer_poll (poll, payload);
}

void
hub_send (Realtime *self, Socket *socket, const char *packet)
{
    g_autoptr (GBytes) bytes = g_bytes_new (packet, strlen (packet));
    HttpRequest *poll;

    g_mutex_lock (&self->lock);
    poll = push (self, socket, bytes);
    g_mutex_unlock (&self->lock);
    flush_poll (self, socket, poll);
}

void
hub_end (Realtime *self, Socket *socket)
{
    HttpRequest *poll;

    g_mutex_lock (&self->lock);
    poll = hub_close (self, socket);
    g_mutex_unlock (&self->lock);
    if (poll != NULL)
        hub_answer_poll (poll, g_string_new ("1"));
}

char *
hub_open_packet (Realtime *self, const Socket *socket, gboolean may_upgrade)
{
    return g_strdup_printf ("0{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%u,"
                            "\"pingTimeout\":%u,\"maxPayload\":%d}",
                            socket->sid, may_upgrade ? "\"websocket\"" : "",
                            self->settings.ping_interval_ms, self->settings.ping_timeout_ms,
                            PACKET_MAX_PAYLOAD);
}

/* ---- what a client says ---- */

/* In one step, so that no event of the user comes ahead of the version, and none is missed after it. */
static void
join_with_version (Realtime *self, Socket *socket)
{
    char *text = packet_event ("on_server_version", self->settings.version_json);
    g_autoptr (GBytes) version = g_bytes_new_take (text, strlen (text));
    HttpRequest *poll = NULL;

    g_mutex_lock (&self->lock);
    if (!socket->is_joined && !socket->is_closed) {
        poll = push (self, socket, version);
        socket->is_joined = TRUE;
        if (!socket->is_closed) {
            join (self, socket, socket->user_id);
            join (self, socket, socket->session_id);
        }
    }
    g_mutex_unlock (&self->lock);
    flush_poll (self, socket, poll);
}

static void
connect_to (Realtime *self, Socket *socket, const char *name_space)
{
    g_autofree char *answer = NULL;
    g_autofree char *sid = new_sid ();
    gboolean is_new;

    if (!g_str_equal (name_space, "/")) {
        answer = g_strdup_printf ("44%s,{\"message\":\"Invalid namespace\"}", name_space);
        hub_send (self, socket, answer);
        return;
    }
    answer = g_strdup_printf ("40{\"sid\":\"%s\"}", sid);
    hub_send (self, socket, answer);
    if (socket->user_id == NULL) {
        hub_send (self, socket, "42[\"error\",\"unauthorized\"]");
        hub_send (self, socket, "41"); /* closed by the client, or by the timer */
        return;
    }
    g_mutex_lock (&self->lock);
    is_new = !socket->is_joined;
    g_mutex_unlock (&self->lock);
    if (is_new) {
        /* the user's other sockets hear of it too */
        realtime_send (self, socket->user_id, "on_server_version", self->settings.version_json);
        join_with_version (self, socket);
    }
}

gboolean
hub_receive (Realtime *self, Socket *socket, const Packet *packet)
{
    Message message;
    gboolean goes_on;

    switch (packet->type) {
    case PACKET_PONG:
        g_mutex_lock (&self->lock);
        socket->pong_due_ms = 0;
        g_mutex_unlock (&self->lock);
        return TRUE;
    case PACKET_MESSAGE:
        if (!message_parse (packet, &message))
            return FALSE;
        /* else it leaves, or says what only a server says */
        goes_on = message.type != MESSAGE_DISCONNECT && message.type != MESSAGE_CONNECT_ERROR;
        if (message.type == MESSAGE_CONNECT) {
            goes_on = g_atomic_int_add (&socket->n_connects, 1) < MAX_CONNECTS;
            if (goes_on)
                connect_to (self, socket, message.name_space);
        }
        message_clear (&message);
        return goes_on;
    case PACKET_NOOP:
    case PACKET_UPGRADE:
        return TRUE;
    case PACKET_OPEN:
    case PACKET_CLOSE:
    case PACKET_PING:
        return FALSE;
    }
    return FALSE;
}

/* ---- requests ---- */

void
realtime_refuse (HttpRequest *request, int code, const char *message)
{
    g_autofree char *text = g_strdup_printf ("{\"code\":%d,\"message\":\"%s\"}", code, message);

    http_respond (request, http_response_new_text (400, "application/json", text));
}

static const char *
find_pair (const HttpPair *pairs, gsize n_pairs, const char *name)
{
    for (gsize i = 0; i < n_pairs; i++)
        if (g_str_equal (pairs[i].name, name))
            return pairs[i].value;
    return NULL;
}

/* A page of another site must not open a socket with the cookies of ours. Apps send no Origin. */
static gboolean
is_foreign_page (HttpRequest *request)
{
    const char *origin = http_request_header (request, "Origin");
    const char *host = origin != NULL ? strstr (origin, "://") : NULL;

    return origin != NULL && http_request_header (request, "Cookie") != NULL &&
           (host == NULL || g_ascii_strcasecmp (host + 3, request->host) != 0);
}

static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    out_plan->body = HTTP_BODY_BUFFER;
    out_plan->max_body_bytes = PACKET_MAX_PAYLOAD;
}

static void
handle (gpointer app, HttpRequest *request)
{
    Realtime *self = app;
    RealtimeIdentity identity = { .user_id = NULL };
    const HttpPair *pairs = NULL;
    gsize n_pairs = 0;
    const char *revision, *transport, *sid;
    gboolean is_websocket;

    if (!http_parse_pairs (request->arena, request->query, &pairs, &n_pairs, NULL)) {
        realtime_refuse (request, 3, "Bad request");
        return;
    }
    revision = find_pair (pairs, n_pairs, "EIO");
    transport = find_pair (pairs, n_pairs, "transport");
    sid = find_pair (pairs, n_pairs, "sid");
    is_websocket = g_strcmp0 (transport, "websocket") == 0;
    if (!is_websocket && g_strcmp0 (transport, "polling") != 0)
        realtime_refuse (request, 0, "Transport unknown");
    else if (g_strcmp0 (revision, "4") != 0)
        realtime_refuse (request, 5, "Unsupported protocol version");
    else if (sid == NULL && request->method != HTTP_GET)
        realtime_refuse (request, 2, "Bad handshake method");
    else {
        if (sid == NULL && !is_foreign_page (request))
            identity = self->settings.identify (self->settings.identify_data, request);
        if (is_websocket)
            websocket_handle (self, request, sid, identity);
        else
            polling_handle (self, request, sid, identity);
    }
}

const HttpApp *
realtime_http_app (void)
{
    static const HttpApp app = { begin, handle, NULL };

    return &app;
}

/* ---- public ---- */

Realtime *
realtime_new (const RealtimeSettings *settings)
{
    Realtime *self = g_new0 (Realtime, 1);
    struct epoll_event wake = { .events = EPOLLIN, .data.ptr = NULL };

    self->settings = *settings;
    if (self->settings.ping_interval_ms == 0)
        self->settings.ping_interval_ms = 25000;
    if (self->settings.ping_timeout_ms == 0)
        self->settings.ping_timeout_ms = 20000;
    if (self->settings.connect_timeout_ms == 0)
        self->settings.connect_timeout_ms = 45000;
    if (self->settings.max_waiting_bytes == 0)
        self->settings.max_waiting_bytes = 1024 * 1024;
    if (self->settings.max_of_user == 0)
        self->settings.max_of_user = 4000;
    g_mutex_init (&self->lock);
    self->by_sid = g_hash_table_new (g_str_hash, g_str_equal);
    self->rooms =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
    self->arriving = g_ptr_array_new ();
    self->dirty = g_ptr_array_new_with_free_func ((GDestroyNotify) socket_unref);
    self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
    self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->epoll_fd < 0 || self->wake_fd < 0 ||
        epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, self->wake_fd, &wake) != 0)
        g_error ("cannot make an epoll set: %s", g_strerror (errno));
    self->thread = g_thread_new ("realtime", websocket_run, self);
    return self;
}

void
realtime_send (Realtime *self, const char *room, const char *event, const char *arguments_json)
{
    char *text = packet_event (event, arguments_json);
    g_autoptr (GBytes) packet = g_bytes_new_take (text, strlen (text));
    g_autoptr (GPtrArray) members = g_ptr_array_new ();
    g_autoptr (GPtrArray) polls = g_ptr_array_new ();
    GPtrArray *in_room;
    GHashTableIter iter;
    gpointer socket;

    g_mutex_lock (&self->lock);
    if (room == NULL) {
        g_hash_table_iter_init (&iter, self->by_sid);
        while (g_hash_table_iter_next (&iter, NULL, &socket))
            if (((Socket *) socket)->is_joined)
                g_ptr_array_add (members, socket);
    } else if ((in_room = g_hash_table_lookup (self->rooms, room)) != NULL)
        g_ptr_array_extend (members, in_room, NULL, NULL);
    for (guint i = 0; i < members->len;
         i++) { /* a push may close a socket: not over the table itself */
        Socket *member = g_ptr_array_index (members, i);
        HttpRequest *poll;

        g_atomic_int_inc (&member->n_refs);
        poll = push (self, member, packet);
        if (poll != NULL) {
            g_ptr_array_add (polls, member);
            g_ptr_array_add (polls, poll);
        } else
            socket_unref (member);
    }
    g_mutex_unlock (&self->lock);
    for (guint i = 0; i < polls->len; i += 2) {
        flush_poll (self, polls->pdata[i], polls->pdata[i + 1]);
        socket_unref (polls->pdata[i]);
    }
}

void
realtime_close_room (Realtime *self, const char *room, const char *except_id)
{
    g_autoptr (GPtrArray) leaving = g_ptr_array_new ();
    GPtrArray *members;

    g_mutex_lock (&self->lock);
    members = g_hash_table_lookup (self->rooms, room);
    for (guint i = 0; members != NULL && i < members->len; i++) {
        Socket *member = g_ptr_array_index (members, i);

        if (except_id != NULL && g_strcmp0 (member->session_id, except_id) == 0)
            continue;
        g_atomic_int_inc (&member->n_refs);
        g_ptr_array_add (leaving, member);
    }
    g_mutex_unlock (&self->lock);
    for (guint i = 0; i < leaving->len; i++) {
        hub_end (self, leaving->pdata[i]);
        socket_unref (leaving->pdata[i]);
    }
}

guint
realtime_n_connections (Realtime *self)
{
    guint n;

    g_mutex_lock (&self->lock);
    n = g_hash_table_size (self->by_sid);
    g_mutex_unlock (&self->lock);
    return n;
}

void
realtime_stop (Realtime *self)
{
    GThread *thread;

    g_mutex_lock (&self->lock);
    self->is_stopping = TRUE;
    thread = g_steal_pointer (&self->thread);
    g_mutex_unlock (&self->lock);
    if (thread == NULL)
        return;
    websocket_wake (self);
    g_thread_join (thread);
}

void
realtime_free (Realtime *self)
{
    if (self == NULL)
        return;
    realtime_stop (self);
    close (self->epoll_fd);
    close (self->wake_fd);
    g_hash_table_unref (self->by_sid);
    g_hash_table_unref (self->rooms);
    g_ptr_array_unref (self->arriving);
    g_ptr_array_unref (self->dirty);
    g_mutex_clear (&self->lock);
    g_free (self);
}
