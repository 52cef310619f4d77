/* realtime.h -- events to connected clients: engine.io 4 and socket.io 5 at /api/socket.io
 *
 * A socket is authenticated by the headers of its first request, joins the rooms of its user and of
 * its session, and is told its server's version. Clients send no events. Memory per connection and the
 * events waiting for a slow one are bounded; one that falls behind is closed and connects again. */
#pragma once
#include <glib.h>
#include "http/http.h"

typedef struct _Realtime Realtime;

/** Who a handshake is; both NULL: refused ("unauthorized"). Called on a pool thread. */
typedef struct {
    char *user_id, *session_id; /* (transfer full); session_id NULL for an API key */
    gint64 expires_at;          /* ms since 1970, when its socket is closed; 0: never */
} RealtimeIdentity;
typedef RealtimeIdentity (*RealtimeIdentify) (gpointer data, HttpRequest *request);

typedef struct {
    RealtimeIdentify identify;
    gpointer identify_data;
    const char *version_json; /* argument of on_server_version */
    guint ping_interval_ms;   /* 0: 25,000 */
    guint ping_timeout_ms;    /* 0: 20,000 */
    guint connect_timeout_ms; /* 0: 45,000; from the handshake until a client may get events */
    guint max_waiting_bytes;  /* 0: 1 MiB a connection */
    guint max_of_user;        /* 0: 4,000 connections */
} RealtimeSettings;

Realtime *realtime_new (const RealtimeSettings *settings);
void realtime_stop (Realtime *self); /* say goodbye to every socket; no new ones */
void realtime_free (Realtime *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Realtime, realtime_free)

/** For requests whose path is /api/socket.io or below; the application is the Realtime. */
const HttpApp *realtime_http_app (void);

/** Send @event to every socket in @room (a user id or a session id; NULL: all). @arguments_json is the
 *  list of its arguments without the brackets: "\"id\"", "[\"a\",\"b\"]", "" for none.
 *  Any thread; never blocks. */
void realtime_send (Realtime *self, const char *room, const char *event,
                    const char *arguments_json);

/** Close the sockets in @room but those of the session @except_id (NULL: none): what they were let in by
 *  has ended. One that may still come connects again. Any thread. */
void realtime_close_room (Realtime *self, const char *room, const char *except_id);

guint realtime_n_connections (Realtime *self);
