/* test_rooms.c -- who hears what, and what is left when they go */
#include "realtime/test_socket.h"

/* ---- rooms ---- */

static void
test_events_reach_their_room_only (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) anna = socket_join (self, "X-User: anna\r\nX-Session: s1\r\n");
    g_autoptr (TestClient) ben = socket_join (self, "X-User: ben\r\nX-Session: s2\r\n");
    g_autoptr (TestClient) unjoined = socket_open (self, "X-User: anna\r\n");

    realtime_send (self->realtime, "anna", "for_anna", "\"a\",[1]");
    realtime_send (self->realtime, "s2", "for_session", "");
    realtime_send (self->realtime, "nobody", "for_nobody", "");
    realtime_send (self->realtime, NULL, "for_all", "");
    socket_assert_text (anna, "42[\"for_anna\",\"a\",[1]]");
    socket_assert_text (anna, "42[\"for_all\"]");
    socket_assert_text (ben, "42[\"for_session\"]");
    socket_assert_text (ben, "42[\"for_all\"]");
    socket_say (unjoined, "40");
    socket_assert_begins (unjoined, "40{");
    socket_assert_text (unjoined,
                        "42[\"on_server_version\",{\"major\":3}]"); /* and nothing before it */
}

static void
test_a_user_s_other_sockets_hear_of_a_new_one (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) first = socket_join (self, "X-User: anna\r\n");
    g_autoptr (TestClient) second = socket_join (self, "X-User: anna\r\n");

    socket_assert_text (first, "42[\"on_server_version\",{\"major\":3}]");
    socket_say (second, "40"); /* once more: answered, but neither joined nor announced twice */
    socket_assert_begins (second, "40{");
    realtime_send (self->realtime, "anna", "x", "");
    socket_assert_text (first, "42[\"x\"]");
    socket_assert_text (second, "42[\"x\"]");
    realtime_send (self->realtime, "anna", "y", "");
    socket_assert_text (second, "42[\"y\"]");
}

static void
test_who_leaves_is_out_of_the_room (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) polite = socket_join (self, "X-User: anna\r\n");
    TestClient *gone = socket_join (self, "X-User: anna\r\n");

    socket_say (polite, "41");
    g_clear_pointer (&gone, test_client_free);
    fixture_wait_for_connections (self, 0);
    realtime_send (self->realtime, "anna", "x", "");
}

/* ---- the end ---- */

/* Time to join within a life of five seconds, also on a busy machine; no ping comes before its end is found. */
static const RealtimeSettings quick = { .ping_interval_ms = 10000, .ping_timeout_ms = 60000 };

static void
test_who_has_expired_is_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) brief =
        socket_join (self, "X-User: anna\r\nX-Session: s1\r\nX-Life: 5000\r\n");
    g_autoptr (TestClient) lasting =
        socket_join (self, "X-User: ben\r\nX-Session: s2\r\nX-Life: 600000\r\n");

    socket_assert_closed (brief, 1000);
    fixture_wait_for_connections (self, 1);
    realtime_send (self->realtime, NULL, "x", "");
    socket_assert_text (lasting, "42[\"x\"]");
}

static void
test_a_stop_says_goodbye_to_all (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) socket = socket_join (self, "X-User: anna\r\n");
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestClient) poller = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, "X-User: ben\r\n");
    g_autoptr (TestReply) reply = NULL, later = NULL;

    polling_ask (poller, sid);
    realtime_stop (self->realtime);
    socket_assert_closed (socket, 1001);
    reply = test_client_read (poller, FALSE);
    if (reply->status == 200) /* else it was not there yet when the end came */
        polling_assert_reply (reply, 200, "1");
    later = test_client_get (client, POLLING, "X-User: ben\r\n");
    polling_assert_reply (later, 400, "{\"code\":4,\"message\":\"Forbidden\"}");
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, 0);
}

static gpointer
come_and_go (gpointer data)
{
    Fixture *self = data;

    for (int i = 0; i < 60; i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autoptr (TestReply) reply = socket_handshake (client, WEBSOCKET, "X-User: anna\r\n");

        g_assert_cmpuint (reply->status, ==, 101);
        socket_say (client, "40");
        if (i % 2 == 0)
            socket_assert_begins (client, "0{");
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
    fixture_wait_for_connections (self, 0);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD_SOCKET_TEST ("rooms", NULL, test_events_reach_their_room_only);
    ADD_SOCKET_TEST ("several-sockets", NULL, test_a_user_s_other_sockets_hear_of_a_new_one);
    ADD_SOCKET_TEST ("leave", NULL, test_who_leaves_is_out_of_the_room);
    ADD_SOCKET_TEST ("expired", &quick, test_who_has_expired_is_closed);
    ADD_SOCKET_TEST ("stop", NULL, test_a_stop_says_goodbye_to_all);
    ADD_SOCKET_TEST ("come-and-go", NULL, test_many_come_and_go_while_events_are_sent);
    return g_test_run ();
}
