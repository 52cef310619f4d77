/* test_connection.c -- what a client can make one WebSocket keep or do, on a pair of sockets */
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "realtime/connection.h"

typedef struct {
    Realtime realtime;
    Connection connection;
    int client_fd;
} Fixture;

static guint n_messages;

/* Stands in for websocket.c. */
gboolean
websocket_take_message (Connection *connection, const char *bytes, gsize n_bytes)
{
    n_messages++;
    return TRUE;
}

gint64
hub_now_ms (void)
{
    return 0;
}

static void
set_up (Fixture *self, gconstpointer data)
{
    int pair[2];

    n_messages = 0;
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), ==, 0);
    self->realtime.epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
    g_assert_cmpint (self->realtime.epoll_fd, >=, 0);
    self->client_fd = pair[1];
    self->connection.realtime = &self->realtime;
    self->connection.fd = pair[0];
    g_queue_init (&self->connection.out);
    g_assert_true (connection_begin (&self->connection));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
    connection_clear (&self->connection);
    close (self->connection.fd);
    close (self->client_fd);
    close (self->realtime.epoll_fd);
}

/* @return FALSE when there is no room for a whole frame */
static gboolean
send_frame (Fixture *self, guint8 first, const char *text)
{
    gsize n_text = strlen (text);
    g_autofree guint8 *frame = g_malloc0 (6 + n_text); /* a mask of zeros changes nothing */
    ssize_t n;

    frame[0] = first;
    frame[1] = 0x80 | (guint8) n_text;
    memcpy (frame + 6, text, n_text);
    n = send (self->client_fd, frame, 6 + n_text, MSG_DONTWAIT | MSG_NOSIGNAL);
    g_assert_true (n == -1 || n == (ssize_t) (6 + n_text));
    return n > 0;
}

static void
fill_the_kernel (Fixture *self)
{
    g_autofree char *text = g_strnfill (100000, 'x');

    do
        connection_queue_text (&self->connection, text);
    while (connection_write (&self->connection) && !self->connection.waits_to_write);
    g_assert_true (self->connection.waits_to_write);
}

static void
test_pings_of_one_who_does_not_read_pile_up_nothing (Fixture *self, gconstpointer data)
{
    guint n_before;

    fill_the_kernel (self);
    n_before = g_queue_get_length (&self->connection.out);
    for (int i = 0; i < 1000; i++) {
        g_assert_true (send_frame (self, 0x89, i == 999 ? "the last" : "one of many"));
        g_assert_true (connection_read (&self->connection));
    }
    g_assert_cmpuint (g_queue_get_length (&self->connection.out), <=, n_before + 1);
    g_assert_cmpmem (g_bytes_get_data (self->connection.pong->payload, NULL), 8, "the last", 8);
    g_assert_cmpuint (self->connection.pong->header[1], ==, 8);
}

static void
test_one_who_never_stops_leaves_turns_to_others (Fixture *self, gconstpointer data)
{
    static const guint8 frame[7] = { 0x81, 0x81, 0, 0, 0, 0, '4' };
    guint8 many[100 * sizeof frame];
    guint n_sent = 0, n_turns = 0;

    for (gsize at = 0; at < sizeof many; at += sizeof frame)
        memcpy (many + at, frame, sizeof frame);
    while (send (self->client_fd, many, sizeof many, MSG_DONTWAIT) == (ssize_t) sizeof many)
        n_sent += 100;
    g_assert_cmpuint (n_sent * sizeof frame, >, 64 * 1024);
    while (n_messages < n_sent) {
        g_assert_true (connection_read (&self->connection));
        g_assert_cmpuint (++n_turns, <, 1000);
    }
    g_assert_cmpuint (n_turns, >, 1);
    g_assert_cmpuint (n_messages, ==, n_sent);
}

static void
test_the_end_is_seen_after_the_last_message (Fixture *self, gconstpointer data)
{
    g_assert_true (send_frame (self, 0x81, "40"));
    g_assert_cmpint (shutdown (self->client_fd, SHUT_WR), ==, 0);
    g_assert_false (connection_read (&self->connection));
    g_assert_cmpuint (n_messages, ==, 1);
}

static void
test_writing_to_one_who_left_is_the_end (Fixture *self, gconstpointer data)
{
    g_assert_cmpint (shutdown (self->client_fd, SHUT_RD), ==, 0);
    connection_queue_text (&self->connection, "2");
    g_assert_false (connection_write (&self->connection));
}

int
main (int argc, char *argv[])
{
#define ADD(name, function)                                                                        \
    g_test_add ("/connection/" name, Fixture, NULL, set_up, function, tear_down)
    g_test_init (&argc, &argv, NULL);
    ADD ("pings-pile-up-nothing", test_pings_of_one_who_does_not_read_pile_up_nothing);
    ADD ("turns", test_one_who_never_stops_leaves_turns_to_others);
    ADD ("end", test_the_end_is_seen_after_the_last_message);
    ADD ("gone", test_writing_to_one_who_left_is_the_end);
    return g_test_run ();
}
