/* test_frames.c -- WebSocket frames, well formed or not, and clients that are slow or silent */
#include "realtime/test_socket.h"

/* The one that answers must have done so within the timeout, also on a busy machine. */
static const RealtimeSettings quick_pings = { .ping_interval_ms = 200, .ping_timeout_ms = 4000 };
static const RealtimeSettings few_sockets = { .max_of_user = 3 };
static const RealtimeSettings much_room = { .max_waiting_bytes = 64 * 1024 * 1024 };

/* ---- frames ---- */

static void
test_a_message_in_pieces_is_one (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = socket_open (self, "X-User: anna\r\n");
    g_auto (Frame) frame = { 0 };

    socket_send_raw (client, 0x01, TRUE, "4", 1);
    socket_send_raw (client, 0x89, TRUE, "hello", 5); /* a ping may stand between them */
    socket_send_raw (client, 0x00, TRUE, "", 0);
    socket_send_raw (client, 0x80, TRUE, "0", 1);
    g_assert_true (socket_read_frame (client, &frame));
    g_assert_cmpuint (frame.opcode, ==, 10);
    g_assert_cmpstr (frame.text, ==, "hello");
    socket_assert_begins (client, "40{\"sid\":\"");
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
        g_autoptr (TestClient) client = socket_open (self, "X-User: anna\r\n");
        g_auto (Frame) frame = { 0 };

        g_test_message ("first byte 0x%x, %zu bytes", wrong[i].first, wrong[i].n_bytes);
        /* only the beginning of the last one: the rest would be answered with a reset */
        if (wrong[i].n_bytes > 1000)
            test_client_send_bytes (client,
                                    "\x81\xff\0\0\0\0\0\x01\x86\xa1"
                                    "maskX",
                                    15);
        else
            socket_send_raw (client, wrong[i].first, wrong[i].is_masked, bytes, wrong[i].n_bytes);
        socket_assert_closed (client, wrong[i].code);
    }
    fixture_wait_for_connections (self, 0);
}

static void
test_a_message_too_large_in_pieces_closes (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = socket_open (self, "X-User: anna\r\n");
    g_autofree char *bytes = g_strnfill (60000, '4');

    socket_send_raw (client, 0x01, TRUE, bytes, 60000);
    test_client_send_bytes (client, "\x80\xfe\xea\x60maskX", 9); /* 60000 more */
    socket_assert_closed (client, 1009);
}

static void
test_a_length_beyond_all_bounds_closes (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = socket_open (self, "X-User: anna\r\n");

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
    socket_assert_begins (client, "0{");
    socket_assert_begins (client, "40{");
}

/* ---- the slow and the silent ---- */

static void
test_a_client_that_does_not_read_is_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) slow = socket_join (self, "X-User: slow\r\n");
    g_autoptr (TestClient) quick = socket_join (self, "X-User: quick\r\n");
    g_autofree char *text = g_strnfill (60000, 'x');
    g_autofree char *argument = g_strdup_printf ("\"%s\"", text);

    /* more than the buffers of the kernel and of the socket take */
    for (int i = 0; i < 2000 && realtime_n_connections (self->realtime) == 2; i++) {
        realtime_send (self->realtime, "slow", "much", argument);
        realtime_send (self->realtime, "quick", "tick", "");
        socket_assert_text (quick, "42[\"tick\"]");
    }
    fixture_wait_for_connections (self, 1);
}

static void
test_pings_without_reading_pile_up_nothing (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = socket_join (self, "X-User: anna\r\n");
    g_autofree char *payload = g_strnfill (120, 'p');
    g_autofree char *text = g_strnfill (60000, 'x');
    g_autofree char *argument = g_strdup_printf ("\"%s\"", text);
    g_auto (Frame) frame = { 0 };
    guint n_pongs = 0;

    /* more than the kernel takes, so that answers have to wait */
    for (int i = 0; i < 400; i++)
        realtime_send (self->realtime, "anna", "much", argument);
    for (int i = 0; i < 20000; i++)
        socket_send_raw (client, 0x89, TRUE, payload, 120);
    realtime_send (self->realtime, "anna", "last", "");
    while (socket_read_frame (client, &frame) && g_strcmp0 (frame.text, "42[\"last\"]") != 0)
        n_pongs += frame.opcode == 10;
    g_assert_cmpstr (frame.text, ==, "42[\"last\"]");
    g_test_message ("%u pongs for 20000 pings", n_pongs);
}

static void
test_who_does_not_answer_pings_is_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) dead = socket_join (self, "X-User: dead\r\n");
    g_autoptr (TestClient) alive = socket_join (self, "X-User: alive\r\n");
    g_auto (Frame) frame = { 0 };
    guint n_pings = 0;

    while (realtime_n_connections (self->realtime) > 1) {
        g_assert_true (socket_read_frame (alive, &frame));
        g_assert_cmpstr (frame.text, ==, "2");
        socket_say (alive, "3");
        g_assert_cmpuint (n_pings++, <, 1000);
    }
    while (socket_read_frame (dead, &frame) && frame.opcode != 8)
        g_assert_cmpstr (frame.text, ==, "2");
    g_assert_cmpuint (frame.opcode, ==, 8);
    for (int i = 0; i < 3; i++) {
        g_assert_true (socket_read_frame (alive, &frame));
        socket_say (alive, "3");
    }
}

static void
test_strangers_have_a_limit (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = NULL;

    for (int i = 0; i < 1000; i++)
        g_free (polling_open (client, NULL));
    g_assert_cmpuint (realtime_n_connections (self->realtime), ==, 1000);
    {
        g_autoptr (TestReply) reply = test_client_get (client, POLLING, NULL);

        polling_assert_reply (reply, 400, "{\"code\":4,\"message\":\"Forbidden\"}");
    }
    sid = polling_open (client, "X-User: anna\r\n"); /* those who are known have room */
}

static void
test_sockets_of_a_user_have_a_limit (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (int i = 0; i < 3; i++)
        g_free (polling_open (client, "X-User: anna\r\n"));
    {
        g_autoptr (TestReply) reply = test_client_get (client, POLLING, "X-User: anna\r\n");

        polling_assert_reply (reply, 400, "{\"code\":4,\"message\":\"Forbidden\"}");
    }
    g_free (polling_open (client, "X-User: bert\r\n")); /* it is anna's own */
}

/* Each answer to it would wait for one who does not read. */
static void
test_who_connects_over_and_over_is_closed (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *sid = polling_open (client, NULL);
    g_autoptr (GString) many = g_string_new ("40/x,");

    for (int i = 0; i < 100; i++)
        g_string_append (many, "\x1e"
                               "40/x,");
    polling_post (client, sid, many->str, 200, "ok");
    polling_expect (client, sid, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD_SOCKET_TEST ("fragments", NULL, test_a_message_in_pieces_is_one);
    ADD_SOCKET_TEST ("broken-rules", NULL, test_frames_that_break_the_rules_close);
    ADD_SOCKET_TEST ("large-in-pieces", NULL, test_a_message_too_large_in_pieces_closes);
    ADD_SOCKET_TEST ("length-beyond-bounds", NULL, test_a_length_beyond_all_bounds_closes);
    ADD_SOCKET_TEST ("early-bytes", NULL, test_bytes_sent_with_the_handshake_are_not_lost);
    ADD_SOCKET_TEST ("slow-client", NULL, test_a_client_that_does_not_read_is_closed);
    ADD_SOCKET_TEST ("ping-flood", &much_room, test_pings_without_reading_pile_up_nothing);
    ADD_SOCKET_TEST ("ping-timeout", &quick_pings, test_who_does_not_answer_pings_is_closed);
    ADD_SOCKET_TEST ("strangers", NULL, test_strangers_have_a_limit);
    ADD_SOCKET_TEST ("sockets-of-a-user", &few_sockets, test_sockets_of_a_user_have_a_limit);
    ADD_SOCKET_TEST ("connects-often", NULL, test_who_connects_over_and_over_is_closed);
    return g_test_run ();
}
