/* test_handshake.c -- how a socket begins, and who gets none */
#include "realtime/test_socket.h"

static const RealtimeSettings little_patience = { .connect_timeout_ms = 100,
                                                  .ping_interval_ms = 100 };

static void
test_the_handshake_is_that_of_rfc_6455 (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = socket_handshake (client, WEBSOCKET, "X-User: anna\r\n");
    g_autofree char *accept = test_reply_header (reply, "Sec-WebSocket-Accept");
    g_autofree char *upgrade = test_reply_header (reply, "Upgrade");
    g_auto (Frame) frame = { 0 };

    g_assert_cmpuint (reply->status, ==, 101);
    g_assert_cmpstr (accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* the example of the RFC */
    g_assert_cmpstr (upgrade, ==, "websocket");
    g_assert_true (socket_read_frame (client, &frame));
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

        polling_assert_reply (reply, 400, wrong[i][1]);
    }
    polling_post (client, "", "40", 400, "{\"code\":2,\"message\":\"Bad handshake method\"}");
    fixture_wait_for_connections (self, 0);
}

static void
test_a_page_of_another_site_is_nobody (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) foreign =
        socket_open (self, "X-User: anna\r\nCookie: a=b\r\nOrigin: https://evil.example\r\n");
    g_autoptr (TestClient) own =
        socket_open (self, "X-User: anna\r\nCookie: a=b\r\nOrigin: https://test\r\n");

    socket_say (foreign, "40");
    socket_assert_begins (foreign, "40{");
    socket_assert_text (foreign, "42[\"error\",\"unauthorized\"]");
    socket_say (own, "40");
    socket_assert_begins (own, "40{");
    socket_assert_begins (own, "42[\"on_server_version\"");
}

static void
test_the_unauthorised_are_told_and_sent_away (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = socket_open (self, "");

    socket_say (client, "40");
    socket_assert_begins (client, "40{\"sid\":\"");
    socket_assert_text (client, "42[\"error\",\"unauthorized\"]");
    socket_assert_text (client, "41");
    realtime_send (self->realtime, NULL, "secret", "");
    socket_say (client, "1"); /* what the clients' library answers to it */
    socket_assert_closed (client, 1000);
    fixture_wait_for_connections (self, 0);
}

static void
test_those_who_never_connect_are_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) silent = socket_open (self, "X-User: anna\r\n");
    g_autoptr (TestClient) stranger = socket_open (self, "");
    g_auto (Frame) frame = { 0 };

    socket_say (stranger, "40");
    while (socket_read_frame (stranger, &frame) && frame.opcode != 8)
        continue;
    g_assert_cmpuint (frame.opcode, ==, 8);
    while (socket_read_frame (silent, &frame) && frame.opcode != 8)
        continue;
    g_assert_cmpuint (frame.opcode, ==, 8);
    fixture_wait_for_connections (self, 0);
}

static void
test_another_name_space_is_invalid (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = socket_open (self, "X-User: anna\r\n");

    socket_say (client, "40/admin,{}");
    socket_assert_text (client, "44/admin,{\"message\":\"Invalid namespace\"}");
    socket_say (client, "40");
    socket_assert_begins (client, "40{");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD_SOCKET_TEST ("handshake", NULL, test_the_handshake_is_that_of_rfc_6455);
    ADD_SOCKET_TEST ("wrong-handshake", NULL, test_a_wrong_handshake_is_told_why);
    ADD_SOCKET_TEST ("foreign-page", NULL, test_a_page_of_another_site_is_nobody);
    ADD_SOCKET_TEST ("unauthorised", NULL, test_the_unauthorised_are_told_and_sent_away);
    ADD_SOCKET_TEST ("never-connect", &little_patience, test_those_who_never_connect_are_closed);
    ADD_SOCKET_TEST ("name-space", NULL, test_another_name_space_is_invalid);
    return g_test_run ();
}
