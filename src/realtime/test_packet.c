/* test_packet.c -- the packets of engine.io 4 and socket.io 5, right and wrong */
#include "realtime/packet.h"

#include <string.h>

static gboolean
parse (const char *text, Packet *out)
{
    return packet_parse (text, strlen (text), out);
}

static void
test_a_packet_is_a_digit_and_its_data (void)
{
    Packet packet;

    g_assert_true (parse ("2probe", &packet));
    g_assert_cmpint (packet.type, ==, PACKET_PING);
    g_assert_cmpmem (packet.data, packet.n_data, "probe", 5);
    g_assert_true (parse ("6", &packet));
    g_assert_cmpint (packet.type, ==, PACKET_NOOP);
    g_assert_cmpuint (packet.n_data, ==, 0);
}

static void
test_what_is_no_packet_is_refused (void)
{
    static const char *const wrong[] = { "", "7", "/", "b aGk=", "probe", "\x1e", "4\xff\xfe" };
    Packet packet;

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
        g_assert_false (parse (wrong[i], &packet));
    g_assert_false (packet_parse ("4\0x", 3, &packet)); /* NUL is no text */
}

static void
test_a_payload_is_cut_at_its_separators (void)
{
    static const char payload[] = "40\x1e"
                                  "3\x1e"
                                  "2probe";
    gsize at = 0;
    gboolean is_bad = TRUE;
    Packet packet;

    g_assert_true (packet_next (payload, sizeof payload - 1, &at, &packet, &is_bad));
    g_assert_cmpmem (packet.data, packet.n_data, "0", 1);
    g_assert_true (packet_next (payload, sizeof payload - 1, &at, &packet, &is_bad));
    g_assert_cmpint (packet.type, ==, PACKET_PONG);
    g_assert_true (packet_next (payload, sizeof payload - 1, &at, &packet, &is_bad));
    g_assert_cmpint (packet.type, ==, PACKET_PING);
    g_assert_false (packet_next (payload, sizeof payload - 1, &at, &packet, &is_bad));
    g_assert_false (is_bad);
}

static void
test_an_empty_packet_in_a_payload_is_bad (void)
{
    gsize at = 0;
    gboolean is_bad;
    Packet packet;

    g_assert_true (packet_next ("3\x1e\x1e", 3, &at, &packet, &is_bad));
    g_assert_false (packet_next ("3\x1e\x1e", 3, &at, &packet, &is_bad));
    g_assert_true (is_bad);
}

static void
check_message (const char *text, MessageType type, const char *name_space)
{
    Packet packet;
    Message message;

    g_assert_true (parse (text, &packet));
    g_assert_true (message_parse (&packet, &message));
    g_assert_cmpint (message.type, ==, type);
    g_assert_cmpstr (message.name_space, ==, name_space);
    message_clear (&message);
    message_clear (&message); /* may be done twice */
}

static void
test_a_message_names_its_name_space (void)
{
    check_message ("40", MESSAGE_CONNECT, "/");
    check_message ("40{\"token\":\"/x,\"}", MESSAGE_CONNECT, "/");
    check_message ("40/admin,{}", MESSAGE_CONNECT, "/admin");
    check_message ("40/admin?a=1,", MESSAGE_CONNECT, "/admin");
    check_message ("41/admin", MESSAGE_DISCONNECT, "/admin");
    check_message ("42[\"x\"]", MESSAGE_EVENT, "/");
}

static void
test_what_is_no_message_is_refused (void)
{
    g_autofree char *name = g_strnfill (200, 'a');
    g_autofree char *long_name = g_strconcat ("40/", name, NULL);
    const char *const wrong[] = { "4", "4x", "45-[\"binary\"]", "46", long_name };

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        Packet packet;
        Message message;

        g_assert_true (parse (wrong[i], &packet));
        g_assert_false (message_parse (&packet, &message));
    }
}

static void
test_an_event_is_written_as_a_list (void)
{
    g_autofree char *none = packet_event ("on_config_update", "");
    g_autofree char *two = packet_event ("x\"y", "\"a\",{\"b\":1}");

    g_assert_cmpstr (none, ==, "42[\"on_config_update\"]");
    g_assert_cmpstr (two, ==, "42[\"x\\\"y\",\"a\",{\"b\":1}]");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/packet/is-a-digit-and-its-data", test_a_packet_is_a_digit_and_its_data);
    g_test_add_func ("/packet/others-are-refused", test_what_is_no_packet_is_refused);
    g_test_add_func ("/packet/payload-is-cut", test_a_payload_is_cut_at_its_separators);
    g_test_add_func ("/packet/empty-one-is-bad", test_an_empty_packet_in_a_payload_is_bad);
    g_test_add_func ("/packet/message-names-its-space", test_a_message_names_its_name_space);
    g_test_add_func ("/packet/other-messages-are-refused", test_what_is_no_message_is_refused);
    g_test_add_func ("/packet/event-is-a-list", test_an_event_is_written_as_a_list);
    return g_test_run ();
}
