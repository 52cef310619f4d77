/* test_transfer.c -- what takes its time: bodies, streams, long polls, upgraded sockets, the end */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "http/test_app.h"

/* ---- bodies ---- */

static void
test_bodies_over_the_limit_get_413 (Fixture *self, gconstpointer data)
{
    g_autofree char *megabytes = g_strnfill (5 * 1000 * 1000, 'x');
    g_autoptr (TestClient) small = test_client_new (self->port);
    g_autoptr (TestClient) large = test_client_new (self->port);
    g_autoptr (TestClient) chunked = test_client_new (self->port);
    g_autoptr (TestReply) a = NULL, b = NULL, c = NULL, d = NULL;

    /* a small rest is read over, and the connection stays */
    test_client_send (small, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n%.1001s",
                      megabytes);
    a = test_client_read (small, FALSE);
    g_assert_cmpuint (a->status, ==, 413);
    g_assert_false (a->closes);
    b = test_client_get (small, "/", NULL);
    g_assert_cmpuint (b->status, ==, 200);

    test_client_send (large, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n");
    test_client_send_bytes (large, megabytes, 5 * 1000 * 1000);
    c = test_client_read (large, FALSE);
    g_assert_nonnull (c);
    g_assert_cmpuint (c->status, ==, 413);
    g_assert_true (c->closes && c->is_complete);

    test_client_send (chunked, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "4C4B40\r\n");
    test_client_send_bytes (chunked, megabytes, 5 * 1000 * 1000);
    d = test_client_read (chunked, FALSE);
    g_assert_nonnull (d);
    g_assert_cmpuint (d->status, ==, 413);
    g_assert_true (d->closes && d->is_complete);
    g_assert_true (test_client_is_closed (chunked));
}

static void
test_a_sink_takes_bodies_of_any_size (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autofree char *block = g_strnfill (1000 * 1000, 'x');
    g_autoptr (TestReply) a = NULL, b = NULL, c = NULL;

    test_client_send (client, "POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
    for (int i = 0; i < 50; i++)
        g_assert_true (test_client_send_bytes (client, block, 1000 * 1000));
    a = test_client_read (client, FALSE);
    g_assert_cmpuint (a->status, ==, 201);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_written), ==, 50 * 1000 * 1000);

    test_client_send (client,
                      "POST /sink?pool HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; i++) {
        test_client_send (client, "F4240\r\n");
        g_assert_true (test_client_send_bytes (client, block, 1000 * 1000));
        test_client_send (client, "\r\n");
    }
    test_client_send (client, "0\r\n\r\n");
    b = test_client_read (client, FALSE);
    g_assert_cmpuint (b->status, ==, 201);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_written), ==, 53 * 1000 * 1000);

    test_client_send (client, "POST /sink HTTP/1.1\r\nHost: h\r\n\r\n");
    c = test_client_read (client, FALSE);
    g_assert_cmpuint (c->status, ==, 201);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_aborted), ==, 0);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_handled), ==, 3);
}

static void
test_a_sink_that_fails_answers_at_once (Fixture *self, gconstpointer data)
{
    g_autofree char *megabytes = g_strnfill (5 * 1000 * 1000, 'x');
    g_autoptr (TestClient) early = test_client_new (self->port);
    g_autoptr (TestClient) late = test_client_new (self->port);
    g_autoptr (TestClient) limited = test_client_new (self->port);
    g_autoptr (TestReply) a = NULL, b = NULL, c = NULL, d = NULL;

    /* the rest of a gigabyte is never sent: the answer comes nevertheless */
    test_client_send (early,
                      "POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n!");
    a = test_client_read (early, FALSE);
    test_assert_text (a, 507, "failed: the disk is full");
    test_assert_header (a, "X-Content-Type-Options", "nosniff");
    g_assert_true (a->closes);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_aborted), ==, 1);

    /* at the very end of the body: the connection stays */
    test_client_send (late, "POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxx!");
    b = test_client_read (late, FALSE);
    test_assert_text (b, 507, "failed: the disk is full");
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_aborted), ==, 2);
    c = test_client_get (late, "/", NULL);
    g_assert_cmpuint (c->status, ==, 200);

    test_client_send (limited, "POST /sink?limit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                               "chunked\r\n\r\n4C4B40\r\n");
    test_client_send_bytes (limited, megabytes, 5 * 1000 * 1000);
    d = test_client_read (limited, FALSE);
    g_assert_cmpuint (d->status, ==, 413);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_aborted), ==, 3);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_handled), ==, 0);
}

static void
test_an_upload_that_breaks_off_is_aborted_once (Fixture *self, gconstpointer data)
{
    for (guint i = 1; i <= 4; i++) {
        TestClient *client = test_client_new (self->port);
        guint n_before = test_app_get (&self->app, &self->app.n_written);

        if (i % 2 == 0)
            test_client_send (client,
                              "POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
        else
            test_client_send (client, "POST /sink HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                                      "chunked\r\n\r\n5\r\nabcd");
        if (i > 2) /* what it sent was taken before it left */
            test_app_wait (&self->app, &self->app.n_written, n_before + 3);
        test_client_free (client);
        test_app_wait (&self->app, &self->app.n_aborted, i);
    }
    http_server_stop (self->server, 5);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_aborted), ==, 4);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_handled), ==, 0);
}

static void
test_a_refused_body_lets_its_answer_be_read (Fixture *self, gconstpointer data)
{
    static const char *const paths[] = { "/refuse", "/defer?refuse" };

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        unsigned status = i == 0 ? 403 : 401;
        g_autofree char *megabytes = g_strnfill (5 * 1000 * 1000, 'x');
        g_autoptr (TestClient) large = test_client_new (self->port);
        g_autoptr (TestClient) small = test_client_new (self->port);
        g_autoptr (TestClient) polite = test_client_new (self->port);
        g_autoptr (TestReply) a = NULL, b = NULL, c = NULL, d = NULL;

        test_client_send (large, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n",
                          paths[i]);
        g_assert_true (test_client_send_bytes (large, megabytes, 5 * 1000 * 1000));
        a = test_client_read (large, FALSE);
        g_assert_nonnull (a);
        g_assert_cmpuint (a->status, ==, status);
        g_assert_true (a->is_complete && a->closes);

        test_client_send (small, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
                          paths[i]);
        b = test_client_read (small, FALSE);
        g_assert_cmpuint (b->status, ==, status);
        g_assert_false (b->closes);
        c = test_client_get (small, paths[i], NULL);
        g_assert_cmpuint (c->status, ==, status);
        g_assert_false (c->closes);

        test_client_send (polite,
                          "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n"
                          "Expect: 100-continue\r\n\r\n",
                          paths[i]);
        d = test_client_read (polite, FALSE);
        g_assert_cmpuint (d->status, ==, status);
        g_assert_null (strstr (d->head, "100 Continue"));
    }
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_written), ==, 0);
}

static void
test_a_deferred_body_is_taken_after_the_check (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (int i = 0; i < 20; i++) {
        g_autoptr (TestReply) reply = NULL;
        char interim[26] = "";

        test_client_send (client, "POST /defer?pool HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                                  "Expect: 100-continue\r\n\r\n");
        for (gsize n = 0; n < 25;)
            n += test_client_read_some (client, interim + n, 25 - n);
        g_assert_cmpstr (interim, ==, "HTTP/1.1 100 Continue\r\n\r\n");
        test_client_send (client, "12345");
        reply = test_client_read (client, FALSE);
        g_assert_cmpuint (reply->status, ==, 201);
    }
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_written), ==, 100);
}

/* ---- streams ---- */

static void
test_a_stream_waits_for_a_slow_reader (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = NULL;
    guint n_before;

    test_client_send (client, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    /* until the socket's buffers are full, nothing moves any more */
    do {
        n_before = test_app_get (&self->app, &self->app.n_produced);
        g_usleep (100 * 1000);
    } while (test_app_get (&self->app, &self->app.n_produced) != n_before || n_before == 0);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_produced), <, 15 * 1000 * 1000);
    reply = test_client_read (client, FALSE);
    g_assert_true (reply->is_complete);
    g_assert_cmpuint (reply->body->len, ==, 20 * 1000 * 1000);
    test_app_wait (&self->app, &self->app.n_handled, 1);
}

static void
test_a_stream_is_compressed_as_asked (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = test_client_get (client, "/stream", "Accept-Encoding: gzip\r\n");
    g_autofree char *text = test_reply_unzip (reply);

    test_assert_header (reply, "Content-Encoding", "gzip");
    g_assert_cmpuint (strlen (text), ==, 20 * 1000 * 1000);
    g_assert_cmpuint (reply->body->len, <, 1000 * 1000);
}

static void
test_a_stream_ends_when_its_client_leaves (Fixture *self, gconstpointer data)
{
    TestClient *client = test_client_new (self->port);
    char some[10];

    test_client_send (client, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    g_assert_cmpuint (test_client_read_some (client, some, sizeof some), >, 0);
    test_client_free (client);
    test_app_wait (&self->app, &self->app.n_handled, 1);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_produced), <, 20 * 1000 * 1000);
}

static void
test_a_failed_stream_is_seen_to_be_incomplete (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = test_client_get (client, "/half", NULL);

    g_assert_nonnull (reply);
    g_assert_cmpuint (reply->status, ==, 200);
    g_assert_false (reply->is_complete);
    g_assert_true (test_client_is_closed (client));
}

/* ---- files ---- */

/* Half-closed first, so that the kernel calls it a broken pipe, for which sendfile () has a signal. */
static void
test_a_client_that_leaves_a_file_ends_nobody_else (Fixture *self, gconstpointer data)
{
    g_autofree char *path = g_build_filename (self->app.folder, "film", NULL);
    g_autofree char *some = g_malloc (1000 * 1000);
    g_autoptr (TestReply) reply = NULL;
    g_autoptr (TestClient) after = NULL;
    FILE *file = fopen (path, "w");

    g_assert_nonnull (file);
    g_assert_cmpint (ftruncate (fileno (file), 100 * 1000 * 1000), ==, 0);
    fclose (file);
    for (int i = 0; i < 100; i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);

        test_client_send (client, "GET /file?film HTTP/1.1\r\nHost: h\r\n\r\n");
        shutdown (client->fd, SHUT_WR);
        for (int n_reads = 0; n_reads < 1 + i % 10; n_reads++)
            g_assert_cmpuint (test_client_read_some (client, some, 1000 * 1000), >, 0);
    }
    after = test_client_new (self->port);
    reply = test_client_get (after, "/", NULL);
    g_assert_cmpuint (reply->status, ==, 200);
}

/* Read as slowly as a thin line does, until the guard was asked so often, or the connection ended.
 *  @return how much came */
static guint64
read_slowly (Fixture *self, TestClient *client, guint n_asked)
{
    g_autofree char *some = g_malloc (64 * 1024);
    guint64 n_bytes = 0;
    gsize n = 1;

    while (n > 0 && test_app_get (&self->app, &self->app.n_asked) < n_asked) {
        n = test_client_read_some (client, some, 64 * 1024);
        n_bytes += n;
        g_usleep (2000);
    }
    return n_bytes;
}

static void
test_a_long_file_is_broken_off_by_its_guard (Fixture *self, gconstpointer data)
{
    const guint64 size = G_GUINT64_CONSTANT (4) * 1000 * 1000 * 1000;
    g_autofree char *path = g_build_filename (self->app.folder, "guarded", NULL);
    g_autoptr (TestClient) client = test_client_new (self->port);
    FILE *file = fopen (path, "w");
    guint64 n_bytes;

    g_assert_nonnull (file);
    g_assert_cmpint (ftruncate (fileno (file), (off_t) size), ==, 0);
    fclose (file);
    test_client_send (client, "GET /file?guarded HTTP/1.1\r\nHost: h\r\n\r\n");
    n_bytes = read_slowly (self, client, 2);
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_asked), >=, 2);
    g_mutex_lock (&self->app.lock);
    self->app.is_closed = TRUE;
    g_mutex_unlock (&self->app.lock);
    n_bytes += read_slowly (self, client, G_MAXUINT);
    g_assert_cmpuint (n_bytes, <, size);
}

/* ---- long polls and upgrades ---- */

static void
test_a_long_poll_learns_that_its_client_left (Fixture *self, gconstpointer data)
{
    for (guint i = 1; i <= 10; i++) {
        TestClient *client = test_client_new (self->port);

        test_client_send (client, "GET /poll%s HTTP/1.1\r\nHost: h\r\n\r\n",
                          i % 2 == 0 ? "?pool" : "");
        test_app_wait (&self->app, &self->app.n_handled, i);
        test_client_free (client);
        test_app_wait (&self->app, &self->app.n_gone, i);
    }
}

static void
test_an_upgraded_socket_echoes (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = NULL;
    char text[12] = "";

    test_client_send (client, "GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                              "Upgrade: echo\r\n\r\nearly");
    reply = test_client_read (client, FALSE);
    g_assert_cmpuint (reply->status, ==, 101);
    test_assert_header (reply, "Upgrade", "echo");
    test_client_send (client, "later!");
    for (gsize n = 0; n < 11;)
        n += test_client_read_some (client, text + n, 11 - n);
    g_assert_cmpstr (text, ==, "earlylater!");
    shutdown (client->fd, SHUT_WR);
    g_assert_true (test_client_is_closed (client));
    g_assert_cmpuint (test_app_get (&self->app, &self->app.n_upgrades_lost), ==, 0);
}

/* ---- stopping ---- */

static gpointer
stop (gpointer server)
{
    http_server_stop (server, 60);
    return NULL;
}

static gpointer
stop_at_once (gpointer server)
{
    http_server_stop (server, 0);
    return NULL;
}

static void
release (App *app)
{
    g_mutex_lock (&app->lock);
    app->holds = FALSE;
    g_cond_broadcast (&app->changed);
    g_mutex_unlock (&app->lock);
}

static void
test_stopping_lets_requests_finish (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) busy = test_client_new (self->port);
    g_autoptr (TestClient) idle = test_client_new (self->port);
    g_autoptr (TestReply) before = test_client_get (idle, "/", NULL);
    g_autoptr (TestReply) reply = NULL;
    GThread *thread;

    self->app.holds = TRUE;
    test_client_send (busy, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    test_app_wait (&self->app, &self->app.n_handled, 1);
    thread = g_thread_new ("stop", stop, self->server);
    g_assert_true (test_client_is_closed (idle));
    g_assert_null (test_client_new_at ("127.0.0.1", self->port));
    release (&self->app);
    reply = test_client_read (busy, FALSE);
    test_assert_text (reply, 200, "held");
    g_assert_true (reply->closes);
    g_thread_join (thread);
}

static void
test_stopping_cuts_what_does_not_finish (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) busy = test_client_new (self->port);
    g_autoptr (TestClient) streaming = test_client_new (self->port);
    g_autoptr (TestClient) polling = test_client_new (self->port);
    g_autoptr (TestClient) upgraded_client = test_client_new (self->port);
    g_autoptr (TestReply) reply = NULL, poll_reply = NULL;
    char some[10];
    GThread *thread;

    self->app.holds = TRUE;
    test_client_send (busy, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    test_client_send (polling, "GET /poll HTTP/1.1\r\nHost: h\r\n\r\n");
    test_app_wait (&self->app, &self->app.n_handled, 2);
    test_client_send (streaming, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    g_assert_cmpuint (test_client_read_some (streaming, some, sizeof some), >, 0);
    test_client_send (upgraded_client, "GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                                       "Upgrade: echo\r\n\r\n");
    reply = test_client_read (upgraded_client, FALSE);
    g_assert_cmpuint (reply->status, ==, 101);

    thread = g_thread_new ("stop", stop_at_once, self->server);
    g_assert_true (test_client_is_closed (upgraded_client));
    g_assert_true (test_client_is_closed (busy));
    test_app_wait (&self->app, &self->app.n_handled, 3); /* the producer was told */
    test_app_wait (&self->app, &self->app.n_gone, 1);
    /* a handler under way is waited for, its answer has nowhere to go */
    release (&self->app);
    g_thread_join (thread);
}

static void
test_a_port_in_use_is_named (Fixture *self, gconstpointer data)
{
    const HttpSettings settings = { .host = "127.0.0.1", .port = self->port };
    const HttpSettings nowhere = { .host = "203.0.113.1" };
    g_autoptr (GError) error = NULL;
    g_autofree char *port = g_strdup_printf ("%u", self->port);

    g_assert_null (http_server_new (&settings, &test_app_class, NULL, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
    g_assert_nonnull (strstr (error->message, port));
    g_assert_nonnull (strstr (error->message, "IMMICH_PORT"));
    g_clear_error (&error);
    g_assert_null (http_server_new (&nowhere, &test_app_class, NULL, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    TEST_APP_ADD ("bodies-over-the-limit-get-413", test_bodies_over_the_limit_get_413);
    TEST_APP_ADD ("a-sink-takes-bodies-of-any-size", test_a_sink_takes_bodies_of_any_size);
    TEST_APP_ADD ("a-sink-that-fails-answers-at-once", test_a_sink_that_fails_answers_at_once);
    TEST_APP_ADD ("an-upload-that-breaks-off-is-aborted-once",
                  test_an_upload_that_breaks_off_is_aborted_once);
    TEST_APP_ADD ("a-refused-body-lets-its-answer-be-read",
                  test_a_refused_body_lets_its_answer_be_read);
    TEST_APP_ADD ("a-deferred-body-is-taken-after-the-check",
                  test_a_deferred_body_is_taken_after_the_check);
    TEST_APP_ADD ("a-stream-waits-for-a-slow-reader", test_a_stream_waits_for_a_slow_reader);
    TEST_APP_ADD ("a-stream-is-compressed-as-asked", test_a_stream_is_compressed_as_asked);
    TEST_APP_ADD ("a-stream-ends-when-its-client-leaves",
                  test_a_stream_ends_when_its_client_leaves);
    TEST_APP_ADD ("a-failed-stream-is-seen-to-be-incomplete",
                  test_a_failed_stream_is_seen_to_be_incomplete);
    TEST_APP_ADD ("a-client-that-leaves-a-file-ends-nobody-else",
                  test_a_client_that_leaves_a_file_ends_nobody_else);
    TEST_APP_ADD ("a-long-file-is-broken-off-by-its-guard",
                  test_a_long_file_is_broken_off_by_its_guard);
    TEST_APP_ADD ("a-long-poll-learns-that-its-client-left",
                  test_a_long_poll_learns_that_its_client_left);
    TEST_APP_ADD ("an-upgraded-socket-echoes", test_an_upgraded_socket_echoes);
    TEST_APP_ADD ("stopping-lets-requests-finish", test_stopping_lets_requests_finish);
    TEST_APP_ADD ("stopping-cuts-what-does-not-finish", test_stopping_cuts_what_does_not_finish);
    TEST_APP_ADD ("a-port-in-use-is-named", test_a_port_in_use_is_named);
    return g_test_run ();
}
