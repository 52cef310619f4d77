/* test_socket.c -- see test_socket.h */
#include "realtime/test_socket.h"

#include "base/timestamp.h"

static RealtimeIdentity
identify (gpointer data, HttpRequest *request)
{
    const char *life_ms = http_request_header (request, "X-Life");

    return (RealtimeIdentity){
        .user_id = g_strdup (http_request_header (request, "X-User")),
        .session_id = g_strdup (http_request_header (request, "X-Session")),
        .expires_at =
            life_ms != NULL ? timestamp_now_ms () + g_ascii_strtoll (life_ms, NULL, 10) : 0,
    };
}

void
fixture_start (Fixture *self, const RealtimeSettings *wanted)
{
    RealtimeSettings settings = wanted != NULL ? *wanted : (RealtimeSettings){ 0 };
    const HttpSettings http = { .host = "127.0.0.1", .max_connections = 4000 };
    g_autoptr (GError) error = NULL;

    settings.identify = identify;
    settings.version_json = "{\"major\":3}";
    self->realtime = realtime_new (&settings);
    self->server = http_server_new (&http, realtime_http_app (), self->realtime, &error);
    g_assert_no_error (error);
    self->port = http_server_port (self->server);
}

void
fixture_set_up (Fixture *self, gconstpointer settings)
{
    fixture_start (self, settings);
}

void
fixture_tear_down (Fixture *self, gconstpointer settings)
{
    realtime_stop (self->realtime);
    http_server_stop (self->server, 5);
    g_clear_pointer (&self->server, http_server_free);
    g_clear_pointer (&self->realtime, realtime_free);
}

/* ---- a client ---- */

TestReply *
socket_handshake (TestClient *client, const char *target, const char *headers)
{
    test_client_send (client,
                      "GET %s HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\n"
                      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: " KEY "\r\n%s\r\n",
                      target, headers);
    return test_client_read (client, FALSE);
}

/* A frame as a client sends it: masked, unless a flag says otherwise. */
void
socket_send_raw (TestClient *client, guint8 first, gboolean is_masked, const char *bytes,
                 gsize n_bytes)
{
    static const guint8 mask[4] = { 1, 2, 3, 4 };
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    guint8 head[8];

    g_byte_array_append (frame, &first, 1);
    if (n_bytes < 126) {
        head[0] = (guint8) n_bytes | (is_masked ? 0x80 : 0);
        g_byte_array_append (frame, head, 1);
    } else if (n_bytes <= G_MAXUINT16) {
        head[0] = 126 | (is_masked ? 0x80 : 0);
        head[1] = (guint8) (n_bytes >> 8);
        head[2] = (guint8) n_bytes;
        g_byte_array_append (frame, head, 3);
    } else {
        head[0] = 127 | (is_masked ? 0x80 : 0);
        g_byte_array_append (frame, head, 1);
        for (int i = 0; i < 8; i++)
            head[i] = (guint8) ((guint64) n_bytes >> (56 - 8 * i));
        g_byte_array_append (frame, head, 8);
    }
    if (is_masked)
        g_byte_array_append (frame, mask, 4);
    for (gsize i = 0; i < n_bytes; i++) {
        guint8 byte = (guint8) bytes[i] ^ (is_masked ? mask[i % 4] : 0);

        g_byte_array_append (frame, &byte, 1);
    }
    test_client_send_bytes (client, frame->data, frame->len);
}

void
socket_say (TestClient *client, const char *text)
{
    socket_send_raw (client, 0x81, TRUE, text, strlen (text));
}

static gboolean
read_exactly (TestClient *client, guint8 *out, gsize n)
{
    while (n > 0) {
        gsize some = test_client_read_some (client, out, n);

        if (some == 0)
            return FALSE;
        out += some;
        n -= some;
    }
    return TRUE;
}

void
frame_clear (Frame *frame)
{
    g_clear_pointer (&frame->text, g_free);
}

/* FALSE: the connection ended. */
gboolean
socket_read_frame (TestClient *client, Frame *out)
{
    guint8 head[2], length[8];
    guint n_length;

    frame_clear (out);
    if (!read_exactly (client, head, 2))
        return FALSE;
    g_assert_cmpuint (head[0] & 0x80, ==, 0x80);
    g_assert_cmpuint (head[1] & 0x80, ==, 0); /* a server masks nothing */
    out->opcode = head[0] & 15;
    out->n_text = head[1];
    n_length = head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0;
    if (n_length > 0) {
        g_assert_true (read_exactly (client, length, n_length));
        out->n_text = 0;
        for (guint i = 0; i < n_length; i++)
            out->n_text = out->n_text << 8 | length[i];
    }
    out->text = g_malloc0 (out->n_text + 1);
    return read_exactly (client, (guint8 *) out->text, out->n_text);
}

/* The next frame but for pings, which may come at any time on a slow machine. */
static gboolean
read_news (TestClient *client, Frame *out)
{
    gboolean ok;

    while ((ok = socket_read_frame (client, out)) && g_str_equal (out->text, "2"))
        socket_say (client, "3");
    return ok;
}

void
socket_assert_text (TestClient *client, const char *expected)
{
    g_auto (Frame) frame = { 0 };

    g_assert_true (read_news (client, &frame));
    g_assert_cmpuint (frame.opcode, ==, 1);
    g_assert_cmpstr (frame.text, ==, expected);
}

void
socket_assert_begins (TestClient *client, const char *prefix)
{
    g_auto (Frame) frame = { 0 };

    g_assert_true (read_news (client, &frame));
    if (!g_str_has_prefix (frame.text, prefix))
        g_error ("'%s' does not begin with '%s'", frame.text, prefix);
}

/* A close frame with @code, then the end. */
void
socket_assert_closed (TestClient *client, guint code)
{
    g_auto (Frame) frame = { 0 };

    g_assert_true (socket_read_frame (client, &frame));
    g_assert_cmpuint (frame.opcode, ==, 8);
    g_assert_cmpuint (frame.n_text, ==, 2);
    g_assert_cmpuint ((guint) (guint8) frame.text[0] << 8 | (guint8) frame.text[1], ==, code);
    g_assert_true (test_client_is_closed (client));
}

TestClient *
socket_open (Fixture *self, const char *headers)
{
    TestClient *client = test_client_new (self->port);
    g_autoptr (TestReply) reply = socket_handshake (client, WEBSOCKET, headers);

    g_assert_cmpuint (reply->status, ==, 101);
    socket_assert_begins (client, "0{\"sid\":\"");
    return client;
}

/* Connected, and past what everybody is told first. */
TestClient *
socket_join (Fixture *self, const char *headers)
{
    TestClient *client = socket_open (self, headers);

    socket_say (client, "40");
    socket_assert_begins (client, "40{\"sid\":\"");
    socket_assert_text (client, "42[\"on_server_version\",{\"major\":3}]");
    return client;
}

static char *
text_between (const char *text, const char *before, const char *after)
{
    const char *begin = strstr (text, before);
    const char *end = begin != NULL ? strstr (begin + strlen (before), after) : NULL;

    if (end == NULL)
        g_error ("there is no '%s' in '%s'", before, text);
    begin += strlen (before);
    return g_strndup (begin, (gsize) (end - begin));
}

/* The target of a polling session of @user. */
char *
polling_open (TestClient *client, const char *headers)
{
    g_autoptr (TestReply) reply = test_client_get (client, POLLING, headers);
    g_autofree char *text = test_reply_text (reply);
    g_autofree char *sid = NULL;

    g_assert_cmpuint (reply->status, ==, 200);
    sid = text_between (text, "\"sid\":\"", "\"");
    g_assert_nonnull (strstr (text, "\"upgrades\":[\"websocket\"]"));
    return g_strconcat ("&sid=", sid, NULL);
}

void
polling_assert_reply (TestReply *reply, unsigned status, const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_nonnull (reply);
    text = test_reply_text (reply);
    g_assert_cmpuint (reply->status, ==, status);
    g_assert_cmpstr (text, ==, expected);
}

void
polling_post (TestClient *client, const char *sid, const char *body, unsigned status,
              const char *expected)
{
    g_autoptr (TestReply) reply = NULL;

    test_client_send (client,
                      "POST " POLLING "%s HTTP/1.1\r\nHost: test\r\n"
                      "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n%s",
                      sid, strlen (body), body);
    reply = test_client_read (client, FALSE);
    polling_assert_reply (reply, status, expected);
}

void
polling_ask (TestClient *client, const char *sid)
{
    test_client_send (client, "GET " POLLING "%s HTTP/1.1\r\nHost: test\r\n\r\n", sid);
}

void
polling_expect (TestClient *client, const char *sid, unsigned status, const char *expected)
{
    g_autoptr (TestReply) reply = NULL;

    polling_ask (client, sid);
    reply = test_client_read (client, FALSE);
    polling_assert_reply (reply, status, expected);
}

/* Until the server has no socket left: it ends them on a thread of its own. */
void
fixture_wait_for_connections (Fixture *self, guint expected)
{
    gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

    while (realtime_n_connections (self->realtime) != expected && g_get_monotonic_time () < end)
        g_usleep (1000);
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, expected);
}
