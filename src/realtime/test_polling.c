/* test_polling.c -- long polling, and the way from there to a WebSocket */
#include "realtime/test_socket.h"

/* ---- polling ---- */

static void
test_a_poll_takes_what_waits_or_waits (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) poller = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, "X-User: anna\r\n");
    g_autoptr (TestReply) first = NULL, second = NULL;
    g_autofree char *text = NULL, *cache = NULL;

    polling_post (client, sid, "40", 200, "ok");
    polling_ask (poller, sid);
    first = test_client_read (poller, FALSE);
    text = test_reply_text (first);
    cache = test_reply_header (first, "Cache-Control");
    g_assert_true (g_str_has_prefix (text, "40{\"sid\":\""));
    g_assert_true (g_str_has_suffix (text, "}\x1e"
                                           "42[\"on_server_version\",{\"major\":3}]"));
    g_assert_cmpstr (cache, ==, "no-store");
    polling_ask (poller, sid); /* nothing is there: it waits */
    polling_post (client, sid, "3", 200, "ok");
    realtime_send (self->realtime, "anna", "x", "");
    second = test_client_read (poller, FALSE);
    polling_assert_reply (second, 200, "42[\"x\"]");
}

static void
test_two_polls_at_once_end_the_session (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) first = test_client_new (self->port);
    g_autoptr (TestClient) second = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, "X-User: anna\r\n");
    g_autoptr (TestReply) a = NULL, b = NULL;
    g_autofree char *text_a = NULL, *text_b = NULL;

    polling_ask (first, sid);
    polling_ask (second, sid);
    a = test_client_read (first, FALSE);
    b = test_client_read (second, FALSE);
    /* which of the two came first is not ours to say */
    text_a = test_reply_text (a);
    text_b = test_reply_text (b);
    g_assert_cmpuint (a->status + b->status, ==, 600);
    g_assert_cmpstr (a->status == 200 ? text_a : text_b, ==, "1");
    g_assert_cmpstr (a->status == 400 ? text_a : text_b, ==,
                     "{\"code\":3,\"message\":\"Bad request\"}");
    polling_expect (client, sid, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

static void
test_bad_packets_end_a_polling_session (Fixture *self, gconstpointer data)
{
    static const char *const wrong[] = { "x", "2", "0", "4", "44", "3\x1e\x1e", "1" };
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autofree char *sid = polling_open (client, "X-User: anna\r\n");

        polling_post (client, sid, wrong[i], 200, "ok");
        polling_expect (client, sid, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    }
}

static void
test_a_poll_whose_client_left_is_let_go (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, "X-User: anna\r\n");

    for (int i = 0; i < 20; i++) {
        TestClient *leaver = test_client_new (self->port);

        polling_ask (leaver, sid);
        test_client_free (leaver);
    }
    fixture_tear_down (self, NULL); /* would wait for a poll that nobody answers */
    fixture_start (self, NULL);
}

static void
test_polling_bodies_have_a_limit (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, "X-User: anna\r\n");
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
    g_autofree char *sid = polling_open (client, "X-User: anna\r\n");
    g_autofree char *target = g_strconcat (WEBSOCKET, sid, NULL);
    g_autoptr (TestReply) joined = NULL, upgrade = NULL, released = NULL;

    polling_post (client, sid, "40", 200, "ok");
    polling_ask (poller, sid);
    joined = test_client_read (poller, FALSE);
    polling_ask (poller, sid); /* waits */
    upgrade = socket_handshake (socket, target, "");
    g_assert_cmpuint (upgrade->status, ==, 101);
    socket_say (socket, "2probe");
    released = test_client_read (poller, FALSE);
    polling_assert_reply (released, 200, "6");
    socket_assert_text (socket, "3probe");
    /* a client may poll once more before it has read the answer: that must not keep it waiting */
    polling_expect (poller, sid, 200, "6");
    realtime_send (self->realtime, "anna", "between", "");
    socket_say (socket, "5");
    socket_assert_text (socket, "42[\"between\"]");
    realtime_send (self->realtime, "anna", "after", "");
    socket_assert_text (socket, "42[\"after\"]");
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, 1);
}

static void
test_a_probe_must_know_its_words (Fixture *self, gconstpointer data)
{
    static const char *const wrong[][2] = {
        { "40", NULL }, { "5", NULL }, { "2", NULL }, { "2prob", NULL }, { "2probe", "2probe" }
    };
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, "X-User: anna\r\n");
    g_autofree char *target = g_strconcat (WEBSOCKET, sid, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autoptr (TestClient) socket = test_client_new (self->port);
        g_autoptr (TestReply) upgrade = socket_handshake (socket, target, "");

        socket_say (socket, wrong[i][0]);
        if (wrong[i][1] != NULL) {
            socket_assert_text (socket, "3probe");
            socket_say (socket, wrong[i][1]);
        }
        socket_assert_closed (socket, 1000);
    }
    polling_post (client, sid, "40", 200, "ok"); /* the session itself is none the worse */
    realtime_send (self->realtime, "anna", "x", "");
    {
        g_autoptr (TestReply) reply = NULL;

        polling_ask (client, sid);
        reply = test_client_read (client, FALSE);
        g_assert_cmpuint (reply->status, ==, 200);
    }
}

static void
test_a_probe_ends_with_its_session (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) socket = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, "X-User: anna\r\n");
    g_autofree char *target = g_strconcat (WEBSOCKET, sid, NULL);
    g_autoptr (TestReply) upgrade = socket_handshake (socket, target, "");

    g_assert_cmpuint (upgrade->status, ==, 101);
    polling_post (client, sid, "1", 200, "ok");
    socket_assert_closed (socket, 1000);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD_SOCKET_TEST ("polling", NULL, test_a_poll_takes_what_waits_or_waits);
    ADD_SOCKET_TEST ("two-polls", NULL, test_two_polls_at_once_end_the_session);
    ADD_SOCKET_TEST ("bad-polling-packets", NULL, test_bad_packets_end_a_polling_session);
    ADD_SOCKET_TEST ("poll-leaves", NULL, test_a_poll_whose_client_left_is_let_go);
    ADD_SOCKET_TEST ("polling-limit", NULL, test_polling_bodies_have_a_limit);
    ADD_SOCKET_TEST ("upgrade", NULL, test_a_session_moves_to_a_websocket);
    ADD_SOCKET_TEST ("probe", NULL, test_a_probe_must_know_its_words);
    ADD_SOCKET_TEST ("probe-ends", NULL, test_a_probe_ends_with_its_session);
    return g_test_run ();
}
