/* test_protocol.c -- messages arrive whole, with their descriptors, or not at all */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "worker/protocol.h"

typedef struct {
    int pair[2];
    GString *text;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, self->pair), ==, 0);
    self->text = g_string_new ("left over");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
    close (self->pair[0]);
    if (self->pair[1] >= 0)
        close (self->pair[1]);
    g_string_free (self->text, TRUE);
}

static gpointer
send_large (gpointer data)
{
    Fixture *self = data;
    g_autofree char *large = g_strnfill (1000000, 'x');

    g_assert_cmpint (channel_send (self->pair[0], large, 1000000, NULL, 0, 0), ==, CHANNEL_OK);
    g_assert_cmpint (channel_send (self->pair[0], "next", 4, NULL, 0, 0), ==, CHANNEL_OK);
    return NULL;
}

static void
test_long_messages_come_whole (Fixture *self, gconstpointer data)
{
    GThread *sender = g_thread_new ("sender", send_large, self);

    g_assert_cmpint (channel_receive (self->pair[1], self->text, 1000000, NULL, NULL, 0), ==,
                     CHANNEL_OK);
    g_assert_cmpuint (self->text->len, ==, 1000000);
    g_assert_cmpuint (strspn (self->text->str, "x"), ==, 1000000);
    g_assert_cmpint (channel_receive (self->pair[1], self->text, 1000000, NULL, NULL, 0), ==,
                     CHANNEL_OK);
    g_assert_cmpstr (self->text->str, ==, "next");
    g_thread_join (sender);
}

static void
test_descriptors_come_along (Fixture *self, gconstpointer data)
{
    int pipe_fds[2], fds[WORKER_MAX_FDS];
    guint n_fds;
    char byte;

    g_assert_cmpint (pipe (pipe_fds), ==, 0);
    g_assert_cmpint (channel_send (self->pair[0], "", 0, pipe_fds, 2, 0), ==, CHANNEL_OK);
    g_assert_cmpint (channel_receive (self->pair[1], self->text, 10, fds, &n_fds, 0), ==,
                     CHANNEL_OK);
    g_assert_cmpuint (self->text->len, ==, 0);
    g_assert_cmpuint (n_fds, ==, 2);
    g_assert_cmpint (write (fds[1], "!", 1), ==, 1);
    g_assert_cmpint (read (pipe_fds[0], &byte, 1), ==, 1);
    for (guint i = 0; i < 2; i++) {
        g_assert_cmpint (fcntl (fds[i], F_GETFD), ==, FD_CLOEXEC);
        close (fds[i]);
        close (pipe_fds[i]);
    }
}

static void
test_unwanted_descriptors_are_refused_and_closed (Fixture *self, gconstpointer data)
{
    int null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
    int next_before = dup (null_fd), next_after;

    close (next_before);
    g_assert_cmpint (channel_send (self->pair[0], "reply", 5, &null_fd, 1, 0), ==, CHANNEL_OK);
    g_assert_cmpint (channel_receive (self->pair[1], self->text, 10, NULL, NULL, 0), ==,
                     CHANNEL_BROKEN);
    next_after = dup (null_fd);
    g_assert_cmpint (next_after, ==, next_before); /* none is left open */
    close (next_after);
    close (null_fd);
}

static void
test_too_long_or_unmarked_is_refused (Fixture *self, gconstpointer data)
{
    g_assert_cmpint (channel_send (self->pair[0], "12345", 5, NULL, 0, 0), ==, CHANNEL_OK);
    g_assert_cmpint (channel_receive (self->pair[1], self->text, 4, NULL, NULL, 0), ==,
                     CHANNEL_BROKEN);
    g_assert_cmpint (send (self->pair[0], "zero", 4, 0), ==, 4);
    g_assert_cmpint (channel_receive (self->pair[1], self->text, 100, NULL, NULL, 0), ==,
                     CHANNEL_BROKEN);
}

static void
test_silence_ends_at_the_deadline (Fixture *self, gconstpointer data)
{
    g_assert_cmpint (
        channel_receive (self->pair[1], self->text, 4, NULL, NULL, g_get_monotonic_time () + 10000),
        ==, CHANNEL_TIMEOUT);
}

static void
test_the_other_side_is_gone (Fixture *self, gconstpointer data)
{
    close (self->pair[1]);
    self->pair[1] = -1;
    g_assert_cmpint (channel_send (self->pair[0], "x", 1, NULL, 0, 0), ==, CHANNEL_CLOSED);
    g_assert_cmpint (channel_receive (self->pair[0], self->text, 4, NULL, NULL, 0), ==,
                     CHANNEL_CLOSED);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(path, run) g_test_add ("/protocol/" path, Fixture, NULL, set_up, run, tear_down)
    ADD ("long-messages", test_long_messages_come_whole);
    ADD ("descriptors", test_descriptors_come_along);
    ADD ("unwanted-descriptors", test_unwanted_descriptors_are_refused_and_closed);
    ADD ("too-long", test_too_long_or_unmarked_is_refused);
    ADD ("deadline", test_silence_ends_at_the_deadline);
    ADD ("gone", test_the_other_side_is_gone);
    return g_test_run ();
}
