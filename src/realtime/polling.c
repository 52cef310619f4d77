/* Long polling: a GET takes what waits or waits itself, a POST brings packets. */
#define G_LOG_DOMAIN "realtime"

#include "realtime/hub.h"

/* A GET that waits, for the case that its client leaves. In the request's arena. */
typedef struct {
    Realtime *realtime;
    Socket *socket; /* a reference, given up by gone () or with the arena */
    HttpRequest *request;
} Waiting;

static void
gone (gpointer data)
{
    Waiting *waiting = data;
    gboolean is_ours;

    g_mutex_lock (&waiting->realtime->lock);
    is_ours = waiting->socket->poll == waiting->request;
    if (is_ours)
        waiting->socket->poll = NULL;
    g_mutex_unlock (&waiting->realtime->lock);
    if (is_ours)
        hub_answer_poll (waiting->request, NULL);
}

static void
open_socket (Realtime *self, HttpRequest *request, RealtimeIdentity identity)
{
    g_autofree char *open = NULL;
    Socket *socket;

    g_mutex_lock (&self->lock);
    socket = hub_add (self, identity);
    if (socket != NULL)
        open = hub_open_packet (self, socket, TRUE);
    g_mutex_unlock (&self->lock);
    if (socket == NULL)
        realtime_refuse (request, 4, "Forbidden");
    else
        hub_answer_poll (request, g_string_new (open));
}

static void
take_packets (Realtime *self, HttpRequest *request, Socket *socket)
{
    gsize n_bytes, at = 0;
    const char *bytes = g_bytes_get_data (request->body, &n_bytes);
    gboolean is_bad = FALSE;
    HttpResponse *response;
    Packet packet;

    while (!is_bad && packet_next (bytes, n_bytes, &at, &packet, &is_bad))
        is_bad = !hub_receive (self, socket, &packet);
    if (is_bad)
        hub_end (self, socket);
    response = http_response_new_text (200, "text/html", "ok");
    http_response_set_header (response, "Cache-Control", "no-store");
    http_respond (request, response);
}

static void
give_packets (Realtime *self, HttpRequest *request, Socket *socket)
{
    Waiting *waiting = arena_new0 (request->arena, Waiting);
    GString *payload = NULL;
    HttpRequest *other = NULL;
    gboolean is_second;

    g_atomic_int_inc (&socket->n_refs);
    arena_own (request->arena, socket, (GDestroyNotify) socket_unref);
    *waiting = (Waiting){ self, socket, request };
    /* before the poll is there for others to answer */
    http_request_watch (request, gone, waiting);
    g_mutex_lock (&self->lock);
    is_second = socket->poll != NULL || socket->connection != NULL;
    if (is_second)
        other = hub_close (self, socket);
    else if (socket->is_closed)
        payload = g_string_new ("1");
    else if ((payload = hub_take_payload (socket)) == NULL) {
        if (socket->n_probes > 0)
            payload = g_string_new ("6"); /* a WebSocket is about to take over */
        else
            socket->poll = request;
    }
    g_mutex_unlock (&self->lock);
    if (is_second) { /* two at once: the session cannot be trusted any more */
        realtime_refuse (request, 3, "Bad request");
        if (other != NULL)
            hub_answer_poll (other, g_string_new ("1"));
    } else if (payload != NULL)
        hub_answer_poll (request, payload);
}

void
polling_handle (Realtime *self, HttpRequest *request, const char *sid, RealtimeIdentity identity)
{
    Socket *socket;

    if (sid == NULL) {
        open_socket (self, request, identity);
        return;
    }
    g_mutex_lock (&self->lock);
    socket = hub_find (self, sid);
    if (socket != NULL)
        g_atomic_int_inc (&socket->n_refs);
    g_mutex_unlock (&self->lock);
    if (socket == NULL) {
        realtime_refuse (request, 1, "Session ID unknown");
        return;
    }
    if (request->method == HTTP_POST)
        take_packets (self, request, socket);
    else if (request->method == HTTP_GET)
        give_packets (self, request, socket);
    else
        realtime_refuse (request, 3, "Bad request");
    socket_unref (socket);
}
