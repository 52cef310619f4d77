/* test_socket.h -- a server for sockets, and clients told byte by byte: what the clients' library does, and
 * what no client should */
#pragma once
#include <string.h>

#include "http/test_client.h"
#include "realtime/realtime.h"

#define WEBSOCKET "/api/socket.io/?EIO=4&transport=websocket"
#define POLLING "/api/socket.io/?EIO=4&transport=polling"
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

typedef struct {
    Realtime *realtime;
    HttpServer *server;
    guint16 port;
} Fixture;

typedef struct {
    guint8 opcode;
    char *text;
    gsize n_text;
} Frame;
void frame_clear (Frame *frame);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Frame, frame_clear)

/* A server whose users are what the header X-User of a handshake says, and X-Session its session, which X-Life ends after
 * so many milliseconds. */
void fixture_start (Fixture *self, const RealtimeSettings *wanted);
void fixture_set_up (Fixture *self, gconstpointer settings);
void fixture_tear_down (Fixture *self, gconstpointer settings);
/* Until the server has so many sockets left: it ends them on a thread of its own. */
void fixture_wait_for_connections (Fixture *self, guint expected);

/* ---- a WebSocket ---- */

TestReply *socket_handshake (TestClient *client, const char *target, const char *headers);
/* A frame as a client sends it: masked, unless a flag says otherwise. */
void socket_send_raw (TestClient *client, guint8 first, gboolean is_masked, const char *bytes,
                      gsize n_bytes);
void socket_say (TestClient *client, const char *text);
/* FALSE: the connection ended. */
gboolean socket_read_frame (TestClient *client, Frame *out);
void socket_assert_text (TestClient *client, const char *expected);
void socket_assert_begins (TestClient *client, const char *prefix);
/* A close frame with @code, then the end. */
void socket_assert_closed (TestClient *client, guint code);
/* Past the handshake. */
TestClient *socket_open (Fixture *self, const char *headers);
/* Connected, and past what everybody is told first. */
TestClient *socket_join (Fixture *self, const char *headers);

/* ---- polling ---- */

/* What to add to the target of a new session: (transfer full). */
char *polling_open (TestClient *client, const char *headers);
void polling_assert_reply (TestReply *reply, unsigned status, const char *expected);
void polling_post (TestClient *client, const char *sid, const char *body, unsigned status,
                   const char *expected);
void polling_ask (TestClient *client, const char *sid);
void polling_expect (TestClient *client, const char *sid, unsigned status, const char *expected);

/* A case with the server of these RealtimeSettings; NULL: the usual ones. */
#define ADD_SOCKET_TEST(name, settings, function)                                                  \
    g_test_add ("/realtime/" name, Fixture, settings, fixture_set_up, function, fixture_tear_down)
