/* test_realtime.c -- sockets told byte by byte: what the clients' library does, and what no client should
 *
 * The header X-User of a handshake is its user here, X-Session its session. */
#include <string.h>
#include <sys/socket.h>

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

/* ---- the server ---- */

static RealtimeIdentity
identify (gpointer data, HttpRequest *request)
{
    return (RealtimeIdentity){ g_strdup (http_request_header (request, "X-User")),
                               g_strdup (http_request_header (request, "X-Session")) };
}

static void
start (Fixture *self, const RealtimeSettings *wanted)
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

static void
set_up (Fixture *self, gconstpointer settings)
{
    start (self, settings);
}

static void
tear_down (Fixture *self, gconstpointer settings)
{
    realtime_stop (self->realtime);
    http_server_stop (self->server, 5);
    g_clear_pointer (&self->server, http_server_free);
    g_clear_pointer (&self->realtime, realtime_free);
}

/* ---- a client ---- */

static TestReply *
handshake (TestClient *client, const char *target, const char *headers)
{
    test_client_send (client,
                      "GET %s HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\n"
                      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: " KEY "\r\n%s\r\n",
                      target, headers);
    return test_client_read (client, FALSE);
}

/* A frame as a client sends it: masked, unless a flag says otherwise. */
static void
send_raw (TestClient *client, guint8 first, gboolean is_masked, const char *bytes, gsize n_bytes)
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

static void
say (TestClient *client, const char *text)
{
    send_raw (client, 0x81, TRUE, text, strlen (text));
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

static void
frame_clear (Frame *frame)
{
    g_clear_pointer (&frame->text, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Frame, frame_clear)

/* FALSE: the connection ended. */
static gboolean
read_frame (TestClient *client, Frame *out)
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

static void
assert_text (TestClient *client, const char *expected)
{
    g_auto (Frame) frame = { 0 };

    g_assert_true (read_frame (client, &frame));
    g_assert_cmpuint (frame.opcode, ==, 1);
    g_assert_cmpstr (frame.text, ==, expected);
}

static void
assert_begins (TestClient *client, const char *prefix)
{
    g_auto (Frame) frame = { 0 };

    g_assert_true (read_frame (client, &frame));
    if (!g_str_has_prefix (frame.text, prefix))
        g_error ("'%s' does not begin with '%s'", frame.text, prefix);
}

/* A close frame with @code, then the end. */
static void
assert_closed (TestClient *client, guint code)
{
    g_auto (Frame) frame = { 0 };

    g_assert_true (read_frame (client, &frame));
    g_assert_cmpuint (frame.opcode, ==, 8);
    g_assert_cmpuint (frame.n_text, ==, 2);
    g_assert_cmpuint ((guint) (guint8) frame.text[0] << 8 | (guint8) frame.text[1], ==, code);
    g_assert_true (test_client_is_closed (client));
}

static TestClient *
open_websocket (Fixture *self, const char *headers)
{
    TestClient *client = test_client_new (self->port);
    g_autoptr (TestReply) reply = handshake (client, WEBSOCKET, headers);

    g_assert_cmpuint (reply->status, ==, 101);
    assert_begins (client, "0{\"sid\":\"");
    return client;
}

/* Connected, and past what everybody is told first. */
static TestClient *
join (Fixture *self, const char *headers)
{
    TestClient *client = open_websocket (self, headers);

    say (client, "40");
    assert_begins (client, "40{\"sid\":\"");
    assert_text (client, "42[\"on_server_version\",{\"major\":3}]");
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
static char *
open_polling (TestClient *client, const char *headers)
{
    g_autoptr (TestReply) reply = test_client_get (client, POLLING, headers);
    g_autofree char *text = test_reply_text (reply);
    g_autofree char *sid = NULL;

    g_assert_cmpuint (reply->status, ==, 200);
    sid = text_between (text, "\"sid\":\"", "\"");
    g_assert_nonnull (strstr (text, "\"upgrades\":[\"websocket\"]"));
    return g_strconcat ("&sid=", sid, NULL);
}

static void
assert_reply (TestReply *reply, unsigned status, const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_nonnull (reply);
    text = test_reply_text (reply);
    g_assert_cmpuint (reply->status, ==, status);
    g_assert_cmpstr (text, ==, expected);
}

static void
post (TestClient *client, const char *sid, const char *body, unsigned status, const char *expected)
{
    g_autoptr (TestReply) reply = NULL;

    test_client_send (client,
                      "POST " POLLING "%s HTTP/1.1\r\nHost: test\r\n"
                      "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n%s",
                      sid, strlen (body), body);
    reply = test_client_read (client, FALSE);
    assert_reply (reply, status, expected);
}

static void
ask (TestClient *client, const char *sid)
{
    test_client_send (client, "GET " POLLING "%s HTTP/1.1\r\nHost: test\r\n\r\n", sid);
}

static void
poll_expecting (TestClient *client, const char *sid, unsigned status, const char *expected)
{
    g_autoptr (TestReply) reply = NULL;

    ask (client, sid);
    reply = test_client_read (client, FALSE);
    assert_reply (reply, status, expected);
}

/* Until the server has no socket left: it ends them on a thread of its own. */
static void
wait_for_connections (Fixture *self, guint expected)
{
    gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

    while (realtime_n_connections (self->realtime) != expected && g_get_monotonic_time () < end)
        g_usleep (1000);
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, expected);
}

/* ---- handshakes ---- */

static void
test_the_handshake_is_that_of_rfc_6455 (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = handshake (client, WEBSOCKET, "X-User: anna\r\n");
    g_autofree char *accept = test_reply_header (reply, "Sec-WebSocket-Accept");
    g_autofree char *upgrade = test_reply_header (reply, "Upgrade");
    g_auto (Frame) frame = { 0 };

    g_assert_cmpuint (reply->status, ==, 101);
    g_assert_cmpstr (accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* the example of the RFC */
    g_assert_cmpstr (upgrade, ==, "websocket");
    g_assert_true (read_frame (client, &frame));
    g_assert_nonnull (strstr (frame.text, "\"upgrades\":[],\"pingInterval\":25000,"
                                          "\"pingTimeout\":20000,\"maxPayload\":100000}"));
}

static void
test_a_wrong_handshake_is_told_why (Fixture *self, gconstpointer data)
{
    static const char *const wrong[][2] = {
        { "/api/socket.io/?EIO=4", "{\"code\":0,\"message\":\"Transport unknown\"}" },
        { "/api/socket.io/?EIO=4&transport=carrier-pigeon",
          "{\"code\":0,\"message\":\"Transport unknown\"}" },
        { "/api/socket.io/?EIO=3&transport=polling",
          "{\"code\":5,\"message\":\"Unsupported protocol version\"}" },
        { POLLING "&sid=nobody", "{\"code\":1,\"message\":\"Session ID unknown\"}" },
        { WEBSOCKET, "{\"code\":3,\"message\":\"Bad request\"}" }, /* without an upgrade */
        { WEBSOCKET "&x=%zz", "{\"code\":3,\"message\":\"Bad request\"}" },
    };
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autoptr (TestReply) reply = test_client_get (client, wrong[i][0], NULL);

        assert_reply (reply, 400, wrong[i][1]);
    }
    post (client, "", "40", 400, "{\"code\":2,\"message\":\"Bad handshake method\"}");
    wait_for_connections (self, 0);
}

static void
test_a_page_of_another_site_is_nobody (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) foreign =
        open_websocket (self, "X-User: anna\r\nCookie: a=b\r\nOrigin: https://evil.example\r\n");
    g_autoptr (TestClient) own =
        open_websocket (self, "X-User: anna\r\nCookie: a=b\r\nOrigin: https://test\r\n");

    say (foreign, "40");
    assert_begins (foreign, "40{");
    assert_text (foreign, "42[\"error\",\"unauthorized\"]");
    say (own, "40");
    assert_begins (own, "40{");
    assert_begins (own, "42[\"on_server_version\"");
}

static void
test_the_unauthorised_are_told_and_sent_away (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = open_websocket (self, "");

    say (client, "40");
    assert_begins (client, "40{\"sid\":\"");
    assert_text (client, "42[\"error\",\"unauthorized\"]");
    assert_text (client, "41");
    realtime_send (self->realtime, NULL, "secret", "");
    say (client, "1"); /* what the clients' library answers to it */
    assert_closed (client, 1000);
    wait_for_connections (self, 0);
}

static void
test_those_who_never_connect_are_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) silent = open_websocket (self, "X-User: anna\r\n");
    g_autoptr (TestClient) stranger = open_websocket (self, "");
    g_auto (Frame) frame = { 0 };

    say (stranger, "40");
    while (read_frame (stranger, &frame) && frame.opcode != 8)
        continue;
    g_assert_cmpuint (frame.opcode, ==, 8);
    while (read_frame (silent, &frame) && frame.opcode != 8)
        continue;
    g_assert_cmpuint (frame.opcode, ==, 8);
    wait_for_connections (self, 0);
}

static void
test_another_name_space_is_invalid (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = open_websocket (self, "X-User: anna\r\n");

    say (client, "40/admin,{}");
    assert_text (client, "44/admin,{\"message\":\"Invalid namespace\"}");
    say (client, "40");
    assert_begins (client, "40{");
}

/* ---- rooms ---- */

static void
test_events_reach_their_room_only (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) anna = join (self, "X-User: anna\r\nX-Session: s1\r\n");
    g_autoptr (TestClient) ben = join (self, "X-User: ben\r\nX-Session: s2\r\n");
    g_autoptr (TestClient) unjoined = open_websocket (self, "X-User: anna\r\n");

    realtime_send (self->realtime, "anna", "for_anna", "\"a\",[1]");
    realtime_send (self->realtime, "s2", "for_session", "");
    realtime_send (self->realtime, "nobody", "for_nobody", "");
    realtime_send (self->realtime, NULL, "for_all", "");
    assert_text (anna, "42[\"for_anna\",\"a\",[1]]");
    assert_text (anna, "42[\"for_all\"]");
    assert_text (ben, "42[\"for_session\"]");
    assert_text (ben, "42[\"for_all\"]");
    say (unjoined, "40");
    assert_begins (unjoined, "40{");
    assert_text (unjoined, "42[\"on_server_version\",{\"major\":3}]"); /* and nothing before it */
}

static void
test_a_user_s_other_sockets_hear_of_a_new_one (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) first = join (self, "X-User: anna\r\n");
    g_autoptr (TestClient) second = join (self, "X-User: anna\r\n");

    assert_text (first, "42[\"on_server_version\",{\"major\":3}]");
    say (second, "40"); /* once more: answered, but neither joined nor announced twice */
    assert_begins (second, "40{");
    realtime_send (self->realtime, "anna", "x", "");
    assert_text (first, "42[\"x\"]");
    assert_text (second, "42[\"x\"]");
    realtime_send (self->realtime, "anna", "y", "");
    assert_text (second, "42[\"y\"]");
}

static void
test_who_leaves_is_out_of_the_room (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) polite = join (self, "X-User: anna\r\n");
    TestClient *gone = join (self, "X-User: anna\r\n");

    say (polite, "41");
    g_clear_pointer (&gone, test_client_free);
    wait_for_connections (self, 0);
    realtime_send (self->realtime, "anna", "x", "");
}

/* ---- frames ---- */

static void
test_a_message_in_pieces_is_one (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = open_websocket (self, "X-User: anna\r\n");
    g_auto (Frame) frame = { 0 };

    send_raw (client, 0x01, TRUE, "4", 1);
    send_raw (client, 0x89, TRUE, "hello", 5); /* a ping may stand between them */
    send_raw (client, 0x00, TRUE, "", 0);
    send_raw (client, 0x80, TRUE, "0", 1);
    g_assert_true (read_frame (client, &frame));
    g_assert_cmpuint (frame.opcode, ==, 10);
    g_assert_cmpstr (frame.text, ==, "hello");
    assert_begins (client, "40{\"sid\":\"");
}

static void
test_frames_that_break_the_rules_close (Fixture *self, gconstpointer data)
{
    static const struct {
        guint8 first;
        gboolean is_masked;
        gsize n_bytes;
        guint code;
    } wrong[] = {
        { 0x81, FALSE, 2, 1002 },     /* not masked */
        { 0x82, TRUE, 2, 1003 },      /* binary */
        { 0xc1, TRUE, 2, 1002 },      /* an extension that nobody agreed on */
        { 0x83, TRUE, 2, 1002 },      /* reserved */
        { 0x8b, TRUE, 2, 1002 },      /* reserved, control */
        { 0x80, TRUE, 2, 1002 },      /* goes on with nothing */
        { 0x09, TRUE, 2, 1002 },      /* a ping in pieces */
        { 0x81, TRUE, 0, 1002 },      /* no packet at all */
        { 0x88, TRUE, 2, 1000 },      /* a goodbye */
        { 0x81, TRUE, 100001, 1009 }, /* more than was allowed */
    };
    g_autofree char *bytes = g_strnfill (100001, '4');

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autoptr (TestClient) client = open_websocket (self, "X-User: anna\r\n");
        g_auto (Frame) frame = { 0 };

        g_test_message ("first byte 0x%x, %zu bytes", wrong[i].first, wrong[i].n_bytes);
        /* only the beginning of the last one: the rest would be answered with a reset */
        if (wrong[i].n_bytes > 1000)
            test_client_send_bytes (client,
                                    "\x81\xff\0\0\0\0\0\x01\x86\xa1"
                                    "maskX",
                                    15);
        else
            send_raw (client, wrong[i].first, wrong[i].is_masked, bytes, wrong[i].n_bytes);
        assert_closed (client, wrong[i].code);
    }
    wait_for_connections (self, 0);
}

static void
test_a_message_too_large_in_pieces_closes (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = open_websocket (self, "X-User: anna\r\n");
    g_autofree char *bytes = g_strnfill (60000, '4');

    send_raw (client, 0x01, TRUE, bytes, 60000);
    test_client_send_bytes (client, "\x80\xfe\xea\x60maskX", 9); /* 60000 more */
    assert_closed (client, 1009);
}

static void
test_a_length_beyond_all_bounds_closes (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = open_websocket (self, "X-User: anna\r\n");

    test_client_send_bytes (client, "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xffmaskX", 15);
    g_assert_false (test_client_is_closed (client)); /* a close frame first */
}

static void
test_bytes_sent_with_the_handshake_are_not_lost (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = NULL;

    test_client_send_bytes (client,
                            "GET " WEBSOCKET " HTTP/1.1\r\nHost: test\r\nX-User: anna\r\n"
                            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n\r\n"
                            "\x81\x82\0\0\0\0"
                            "40",
                            strlen ("GET " WEBSOCKET " HTTP/1.1\r\nHost: test\r\nX-User: anna\r\n"
                                    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY
                                    "\r\n\r\n") +
                                8);
    reply = test_client_read (client, FALSE);
    g_assert_cmpuint (reply->status, ==, 101);
    assert_begins (client, "0{");
    assert_begins (client, "40{");
}

/* ---- the slow and the silent ---- */

static void
test_a_client_that_does_not_read_is_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) slow = join (self, "X-User: slow\r\n");
    g_autoptr (TestClient) quick = join (self, "X-User: quick\r\n");
    g_autofree char *text = g_strnfill (60000, 'x');
    g_autofree char *argument = g_strdup_printf ("\"%s\"", text);

    /* more than the buffers of the kernel and of the socket take */
    for (int i = 0; i < 2000 && realtime_n_connections (self->realtime) == 2; i++) {
        realtime_send (self->realtime, "slow", "much", argument);
        realtime_send (self->realtime, "quick", "tick", "");
        assert_text (quick, "42[\"tick\"]");
    }
    wait_for_connections (self, 1);
}

static void
test_pings_without_reading_pile_up_nothing (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = join (self, "X-User: anna\r\n");
    g_autofree char *payload = g_strnfill (120, 'p');
    g_autofree char *text = g_strnfill (60000, 'x');
    g_autofree char *argument = g_strdup_printf ("\"%s\"", text);
    g_auto (Frame) frame = { 0 };
    guint n_pongs = 0;

    /* more than the kernel takes, so that answers have to wait */
    for (int i = 0; i < 400; i++)
        realtime_send (self->realtime, "anna", "much", argument);
    for (int i = 0; i < 20000; i++)
        send_raw (client, 0x89, TRUE, payload, 120);
    realtime_send (self->realtime, "anna", "last", "");
    while (read_frame (client, &frame) && g_strcmp0 (frame.text, "42[\"last\"]") != 0)
        n_pongs += frame.opcode == 10;
    g_assert_cmpstr (frame.text, ==, "42[\"last\"]");
    g_test_message ("%u pongs for 20000 pings", n_pongs);
}

static void
test_who_does_not_answer_pings_is_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) dead = join (self, "X-User: dead\r\n");
    g_autoptr (TestClient) alive = join (self, "X-User: alive\r\n");
    g_auto (Frame) frame = { 0 };
    guint n_pings = 0;

    while (realtime_n_connections (self->realtime) > 1) {
        g_assert_true (read_frame (alive, &frame));
        g_assert_cmpstr (frame.text, ==, "2");
        say (alive, "3");
        g_assert_cmpuint (n_pings++, <, 1000);
    }
    while (read_frame (dead, &frame) && frame.opcode != 8)
        g_assert_cmpstr (frame.text, ==, "2");
    g_assert_cmpuint (frame.opcode, ==, 8);
    for (int i = 0; i < 3; i++) {
        g_assert_true (read_frame (alive, &frame));
        say (alive, "3");
    }
}

static void
test_strangers_have_a_limit (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = NULL;

    for (int i = 0; i < 1000; i++)
        g_free (open_polling (client, NULL));
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, 1000);
    {
        g_autoptr (TestReply) reply = test_client_get (client, POLLING, NULL);

        assert_reply (reply, 400, "{\"code\":4,\"message\":\"Forbidden\"}");
    }
    sid = open_polling (client, "X-User: anna\r\n"); /* those who are known have room */
}

/* ---- polling ---- */

static void
test_a_poll_takes_what_waits_or_waits (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) poller = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: anna\r\n");
    g_autoptr (TestReply) first = NULL, second = NULL;
    g_autofree char *text = NULL, *cache = NULL;

    post (client, sid, "40", 200, "ok");
    ask (poller, sid);
    first = test_client_read (poller, FALSE);
    text = test_reply_text (first);
    cache = test_reply_header (first, "Cache-Control");
    g_assert_true (g_str_has_prefix (text, "40{\"sid\":\""));
    g_assert_true (g_str_has_suffix (text, "}\x1e"
                                           "42[\"on_server_version\",{\"major\":3}]"));
    g_assert_cmpstr (cache, ==, "no-store");
    ask (poller, sid); /* nothing is there: it waits */
    post (client, sid, "3", 200, "ok");
    realtime_send (self->realtime, "anna", "x", "");
    second = test_client_read (poller, FALSE);
    assert_reply (second, 200, "42[\"x\"]");
}

static void
test_two_polls_at_once_end_the_session (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) first = test_client_new (self->port);
    g_autoptr (TestClient) second = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: anna\r\n");
    g_autoptr (TestReply) a = NULL, b = NULL;
    g_autofree char *text_a = NULL, *text_b = NULL;

    ask (first, sid);
    ask (second, sid);
    a = test_client_read (first, FALSE);
    b = test_client_read (second, FALSE);
    /* which of the two came first is not ours to say */
    text_a = test_reply_text (a);
    text_b = test_reply_text (b);
    g_assert_cmpuint (a->status + b->status, ==, 600);
    g_assert_cmpstr (a->status == 200 ? text_a : text_b, ==, "1");
    g_assert_cmpstr (a->status == 400 ? text_a : text_b, ==,
                     "{\"code\":3,\"message\":\"Bad request\"}");
    poll_expecting (client, sid, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

static void
test_bad_packets_end_a_polling_session (Fixture *self, gconstpointer data)
{
    static const char *const wrong[] = { "x", "2", "0", "4", "44", "3\x1e\x1e", "1" };
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autofree char *sid = open_polling (client, "X-User: anna\r\n");

        post (client, sid, wrong[i], 200, "ok");
        poll_expecting (client, sid, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    }
}

static void
test_a_poll_whose_client_left_is_let_go (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: anna\r\n");

    for (int i = 0; i < 20; i++) {
        TestClient *leaver = test_client_new (self->port);

        ask (leaver, sid);
        test_client_free (leaver);
    }
    tear_down (self, NULL); /* would wait for a poll that nobody answers */
    start (self, NULL);
}

static void
test_polling_bodies_have_a_limit (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: anna\r\n");
    g_autoptr (TestReply) reply = NULL;

    test_client_send (
        client, "POST " POLLING "%s HTTP/1.1\r\nHost: test\r\nContent-Length: 100001\r\n\r\n", sid);
    reply = test_client_read (client, FALSE);
    g_assert_cmpuint (reply->status, ==, 413);
}

/* ---- from polling to a WebSocket ---- */

static void
test_a_session_moves_to_a_websocket (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) poller = test_client_new (self->port);
    g_autoptr (TestClient) socket = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: anna\r\n");
    g_autofree char *target = g_strconcat (WEBSOCKET, sid, NULL);
    g_autoptr (TestReply) joined = NULL, upgrade = NULL, released = NULL;

    post (client, sid, "40", 200, "ok");
    ask (poller, sid);
    joined = test_client_read (poller, FALSE);
    ask (poller, sid); /* waits */
    upgrade = handshake (socket, target, "");
    g_assert_cmpuint (upgrade->status, ==, 101);
    say (socket, "2probe");
    released = test_client_read (poller, FALSE);
    assert_reply (released, 200, "6");
    assert_text (socket, "3probe");
    /* a client may poll once more before it has read the answer: that must not keep it waiting */
    poll_expecting (poller, sid, 200, "6");
    realtime_send (self->realtime, "anna", "between", "");
    say (socket, "5");
    assert_text (socket, "42[\"between\"]");
    realtime_send (self->realtime, "anna", "after", "");
    assert_text (socket, "42[\"after\"]");
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, 1);
}

static void
test_a_probe_must_know_its_words (Fixture *self, gconstpointer data)
{
    static const char *const wrong[][2] = {
        { "40", NULL }, { "5", NULL }, { "2", NULL }, { "2prob", NULL }, { "2probe", "2probe" }
    };
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: anna\r\n");
    g_autofree char *target = g_strconcat (WEBSOCKET, sid, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autoptr (TestClient) socket = test_client_new (self->port);
        g_autoptr (TestReply) upgrade = handshake (socket, target, "");

        say (socket, wrong[i][0]);
        if (wrong[i][1] != NULL) {
            assert_text (socket, "3probe");
            say (socket, wrong[i][1]);
        }
        assert_closed (socket, 1000);
    }
    post (client, sid, "40", 200, "ok"); /* the session itself is none the worse */
    realtime_send (self->realtime, "anna", "x", "");
    {
        g_autoptr (TestReply) reply = NULL;

        ask (client, sid);
        reply = test_client_read (client, FALSE);
        g_assert_cmpuint (reply->status, ==, 200);
    }
}

static void
test_a_probe_ends_with_its_session (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) socket = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: anna\r\n");
    g_autofree char *target = g_strconcat (WEBSOCKET, sid, NULL);
    g_autoptr (TestReply) upgrade = handshake (socket, target, "");

    g_assert_cmpuint (upgrade->status, ==, 101);
    post (client, sid, "1", 200, "ok");
    assert_closed (socket, 1000);
}

/* ---- the end ---- */

static void
test_a_stop_says_goodbye_to_all (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) socket = join (self, "X-User: anna\r\n");
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) poller = test_client_new (self->port);
    g_autofree char *sid = open_polling (client, "X-User: ben\r\n");
    g_autoptr (TestReply) reply = NULL, later = NULL;

    ask (poller, sid);
    realtime_stop (self->realtime);
    assert_closed (socket, 1001);
    reply = test_client_read (poller, FALSE);
    if (reply->status == 200) /* else it was not there yet when the end came */
        assert_reply (reply, 200, "1");
    later = test_client_get (client, POLLING, "X-User: ben\r\n");
    assert_reply (later, 400, "{\"code\":4,\"message\":\"Forbidden\"}");
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, 0);
}

static gpointer
come_and_go (gpointer data)
{
    Fixture *self = data;

    for (int i = 0; i < 60; i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autoptr (TestReply) reply = handshake (client, WEBSOCKET, "X-User: anna\r\n");

        g_assert_cmpuint (reply->status, ==, 101);
        say (client, "40");
        if (i % 2 == 0)
            assert_begins (client, "0{");
    }
    return NULL;
}

static void
test_many_come_and_go_while_events_are_sent (Fixture *self, gconstpointer data)
{
    GThread *threads[4];

    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("client", come_and_go, self);
    for (int i = 0; i < 2000; i++)
        realtime_send (self->realtime, i % 3 == 0 ? NULL : "anna", "x", "\"some text\"");
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    wait_for_connections (self, 0);
}

static const RealtimeSettings quick_pings = { .ping_interval_ms = 50, .ping_timeout_ms = 200 };
static const RealtimeSettings little_patience = { .connect_timeout_ms = 100,
                                                  .ping_interval_ms = 100 };
static const RealtimeSettings much_room = { .max_waiting_bytes = 64 * 1024 * 1024 };

int
main (int argc, char *argv[])
{
#define ADD(name, settings, function)                                                              \
    g_test_add ("/realtime/" name, Fixture, settings, set_up, function, tear_down)
    g_test_init (&argc, &argv, NULL);
    ADD ("handshake", NULL, test_the_handshake_is_that_of_rfc_6455);
    ADD ("wrong-handshake", NULL, test_a_wrong_handshake_is_told_why);
    ADD ("foreign-page", NULL, test_a_page_of_another_site_is_nobody);
    ADD ("unauthorised", NULL, test_the_unauthorised_are_told_and_sent_away);
    ADD ("never-connect", &little_patience, test_those_who_never_connect_are_closed);
    ADD ("name-space", NULL, test_another_name_space_is_invalid);
    ADD ("rooms", NULL, test_events_reach_their_room_only);
    ADD ("several-sockets", NULL, test_a_user_s_other_sockets_hear_of_a_new_one);
    ADD ("leave", NULL, test_who_leaves_is_out_of_the_room);
    ADD ("fragments", NULL, test_a_message_in_pieces_is_one);
    ADD ("broken-rules", NULL, test_frames_that_break_the_rules_close);
    ADD ("large-in-pieces", NULL, test_a_message_too_large_in_pieces_closes);
    ADD ("length-beyond-bounds", NULL, test_a_length_beyond_all_bounds_closes);
    ADD ("early-bytes", NULL, test_bytes_sent_with_the_handshake_are_not_lost);
    ADD ("slow-client", NULL, test_a_client_that_does_not_read_is_closed);
    ADD ("ping-flood", &much_room, test_pings_without_reading_pile_up_nothing);
    ADD ("ping-timeout", &quick_pings, test_who_does_not_answer_pings_is_closed);
    ADD ("strangers", NULL, test_strangers_have_a_limit);
    ADD ("polling", NULL, test_a_poll_takes_what_waits_or_waits);
    ADD ("two-polls", NULL, test_two_polls_at_once_end_the_session);
    ADD ("bad-polling-packets", NULL, test_bad_packets_end_a_polling_session);
    ADD ("poll-leaves", NULL, test_a_poll_whose_client_left_is_let_go);
    ADD ("polling-limit", NULL, test_polling_bodies_have_a_limit);
    ADD ("upgrade", NULL, test_a_session_moves_to_a_websocket);
    ADD ("probe", NULL, test_a_probe_must_know_its_words);
    ADD ("probe-ends", NULL, test_a_probe_ends_with_its_session);
    ADD ("stop", NULL, test_a_stop_says_goodbye_to_all);
    ADD ("come-and-go", NULL, test_many_come_and_go_while_events_are_sent);
    return g_test_run ();
}
