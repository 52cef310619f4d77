/* hub.h -- the sockets of this server and what waits for them; only for this folder
 *
 * A Socket is an engine.io session: known by its sid, reached by polling or by a WebSocket. Everything
 * below is guarded by the hub's lock; functions say when they want it held. Requests are answered
 * without it. */
#pragma once
#include "realtime/packet.h"
#include "realtime/realtime.h"

typedef struct _Socket Socket;
typedef struct _Connection Connection; /* a WebSocket, see websocket.c */

struct _Socket {
    gint n_refs;
    char *sid;
    char *user_id, *session_id; /* NULL: not authorised */
    gboolean is_joined;         /* CONNECT was answered: events may be sent */
    gboolean is_closed;
    gint n_connects; /* how often it asked to join; atomic */
    GQueue waiting;  /* GBytes, engine.io packets as text */
    gsize n_waiting_bytes;
    HttpRequest *poll;      /* a GET that waits, NULL: none */
    Connection *connection; /* the WebSocket; NULL: polling */
    guint n_probes;         /* WebSockets about to take over: no poll may wait meanwhile */
    gint64 expires_at;      /* ms since 1970; 0: never */
    gint64 made_ms;
    gint64 ping_due_ms; /* when the next ping is sent */
    gint64 pong_due_ms; /* when an answer must be there; 0: none is awaited */
};

struct _Realtime {
    RealtimeSettings settings;
    GMutex lock;
    GHashTable *by_sid; /* sid -> Socket, owns a reference */
    GHashTable *rooms;  /* user or session id -> GPtrArray of Socket */
    guint n_strangers;  /* sockets without a user */
    gboolean is_stopping;
    GThread *thread; /* of the WebSockets and of all timers */
    int epoll_fd, wake_fd;
    GPtrArray *arriving;     /* Connection, handed to the thread */
    GPtrArray *dirty;        /* Socket with packets to write, a reference each */
    GHashTable *connections; /* Connection; the thread's own, not guarded */
};

/* ---- hub; the lock is held ---- */

/** @return NULL when there are too many strangers or sockets of its user, or the server stops. Takes what
 *  @identity holds. */
Socket *hub_add (Realtime *self, RealtimeIdentity identity);
Socket *hub_find (Realtime *self, const char *sid);
/** Leave the rooms and the table. Its poll, if any, is to be answered by the caller: returned. */
HttpRequest *hub_close (Realtime *self, Socket *socket);
/** Everything that waits, joined for polling. (transfer full) NULL: nothing */
GString *hub_take_payload (Socket *socket);
void socket_unref (Socket *socket);

/* ---- without the lock ---- */

/** What a client sent. @return FALSE: the socket is to be closed */
gboolean hub_receive (Realtime *self, Socket *socket, const Packet *packet);
void hub_send (Realtime *self, Socket *socket, const char *packet);
void hub_end (Realtime *self, Socket *socket); /* close and answer its poll */
char *hub_open_packet (Realtime *self, const Socket *socket,
                       gboolean may_upgrade);               /* (transfer full) */
void hub_answer_poll (HttpRequest *poll, GString *payload); /* takes @payload; NULL: a noop */
gint64 hub_now_ms (void);                                   /* monotonic */

/* ---- polling.c, websocket.c ---- */

void polling_handle (Realtime *self, HttpRequest *request, const char *sid,
                     RealtimeIdentity identity);
void websocket_handle (Realtime *self, HttpRequest *request, const char *sid,
                       RealtimeIdentity identity);
gpointer websocket_run (gpointer self); /* the thread */
/** A whole text message came; on the thread. @return FALSE: the connection is to be closed */
gboolean websocket_take_message (Connection *connection, const char *bytes, gsize n_bytes);
void websocket_wake (Realtime *self);                       /* any thread */
void websocket_mark_dirty (Realtime *self, Socket *socket); /* the lock is held */
void realtime_refuse (HttpRequest *request, int code, const char *message);
