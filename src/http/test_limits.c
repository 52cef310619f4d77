/* test_limits.c -- clients that are slow, many or greedy, and those who want to be served meanwhile */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/http.h"
#include "http/test_client.h"

static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    out_plan->on_event_thread = strcmp (request->path, "/pool") != 0;
    out_plan->max_body_bytes = 1000 * 1000;
    if (strcmp (request->path, "/refuse") == 0) {
        out_plan->body = HTTP_BODY_REFUSE;
        http_respond (request, http_response_new_text (403, "text/plain", "no"));
    }
}

static int n_filled; /* endless answers that ended */

static void
fill (HttpStream *stream, gpointer data)
{
    static const char block[64 * 1024] = "";

    while (http_stream_write (stream, block, sizeof block))
        ;
    g_atomic_int_inc ((int *) data);
}

static void
handle (gpointer app, HttpRequest *request)
{
    http_respond (request,
                  strcmp (request->path, "/endless") == 0
                      ? http_response_new_stream ("text/plain", FALSE, fill, &n_filled, NULL)
                      : http_response_new_text (200, "text/plain", "served"));
}

static const HttpApp app_class = { .begin = begin, .handle = handle };

static HttpServer *
server_new (const HttpSettings *settings)
{
    g_autoptr (GError) error = NULL;
    HttpServer *server = http_server_new (settings, &app_class, NULL, &error);

    g_assert_no_error (error);
    return server;
}

static gboolean
is_served (TestClient *client, const char *path)
{
    g_autoptr (TestReply) reply = client != NULL ? test_client_get (client, path, NULL) : NULL;

    return reply != NULL && reply->status == 200;
}

static void
test_a_head_that_drips_is_dropped (void)
{
    const HttpSettings settings = { .host = "127.0.0.1", .head_timeout_s = 1 };
    g_autoptr (HttpServer) server = server_new (&settings);
    g_autoptr (TestClient) dripping = test_client_new (http_server_port (server));
    g_autoptr (TestClient) silent = test_client_new (http_server_port (server));
    gboolean goes_on = TRUE;
    gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

    test_client_send (dripping, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
    /* there is always progress, so only a limit for the whole head can end it */
    while (goes_on && g_get_monotonic_time () < end) {
        goes_on = test_client_send_bytes (dripping, "a", 1);
        g_usleep (20 * 1000);
    }
    g_assert_false (goes_on);
    g_assert_true (test_client_is_closed (silent));
}

static void
test_an_idle_connection_ends (void)
{
    const HttpSettings settings = { .host = "127.0.0.1", .idle_timeout_s = 1 };
    g_autoptr (HttpServer) server = server_new (&settings);
    g_autoptr (TestClient) idle = test_client_new (http_server_port (server));
    static const char *const paths[] = { "/", "/refuse" }; /* its body is read on to be dropped */
    TestClient *halted[G_N_ELEMENTS (paths)];

    g_assert_true (is_served (idle, "/"));
    g_assert_true (test_client_is_closed (idle));
    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        halted[i] = test_client_new (http_server_port (server));
        test_client_send (halted[i], "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
                          paths[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_assert_true (test_client_is_closed (halted[i]));
        test_client_free (halted[i]);
    }
}

/* Its client takes the head and then nothing more, and stays. */
static void
test_an_answer_that_is_not_taken_ends (void)
{
    const HttpSettings settings = { .host = "127.0.0.1", .idle_timeout_s = 1 };
    g_autoptr (HttpServer) server = server_new (&settings);
    g_autoptr (TestClient) client = test_client_new (http_server_port (server));
    char some[10];

    test_client_send (client, "GET /endless HTTP/1.1\r\nHost: h\r\n\r\n");
    g_assert_cmpuint (test_client_read_some (client, some, sizeof some), >, 0);
    while (g_atomic_int_get (&n_filled) == 0)
        g_usleep (10 * 1000);
}

/* Its client takes some all the time, but so slowly that the kernel has no room for more for long. */
static void
test_an_answer_that_is_taken_slowly_goes_on (void)
{
    const HttpSettings settings = { .host = "127.0.0.1", .idle_timeout_s = 4 };
    g_autoptr (HttpServer) server = server_new (&settings);
    g_autoptr (TestClient) client = test_client_new (http_server_port (server));
    char some[8 * 1024];
    int n_before = g_atomic_int_get (&n_filled);

    test_client_send (client, "GET /endless HTTP/1.1\r\nHost: h\r\n\r\n");
    for (gint64 end = g_get_monotonic_time () + 12 * G_TIME_SPAN_SECOND;
         g_get_monotonic_time () < end; g_usleep (100 * 1000)) {
        g_assert_cmpuint (test_client_read_some (client, some, sizeof some), >, 0);
        g_assert_cmpint (g_atomic_int_get (&n_filled), ==, n_before);
    }
    while (g_atomic_int_get (&n_filled) == n_before) /* it takes nothing more, and is ended */
        g_usleep (10 * 1000);
}

static GPtrArray *
open_many (guint16 port, guint n)
{
    GPtrArray *clients = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);

    for (guint i = 0; i < n; i++) {
        TestClient *client = test_client_new (port);

        test_client_send (client, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
        g_ptr_array_add (clients, client);
    }
    return clients;
}

/* Two descriptors each: ours and the server's. */
static guint
how_many (guint wanted)
{
    struct rlimit limit = { 0 };

    getrlimit (RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
    return limit.rlim_cur < 1200 ? 200 : MIN (wanted, (guint) MIN (limit.rlim_cur, 100000) / 4);
}

static void
test_thousands_of_slow_connections_are_borne (void)
{
    /* longer than this test takes, however slow the machine is */
    const HttpSettings settings = { .host = "127.0.0.1",
                                    .head_timeout_s = 3600,
                                    .idle_timeout_s = 3600 };
    guint n = how_many (4000);
    g_autoptr (HttpServer) server = server_new (&settings);
    guint16 port = http_server_port (server);
    g_autoptr (GPtrArray) slow = open_many (port, n);

    for (int i = 0; i < 100; i++) {
        g_autoptr (TestClient) client = test_client_new (port);

        g_assert_true (is_served (client, i % 2 == 0 ? "/" : "/pool"));
    }
    for (guint i = 0; i < slow->len; i++) { /* and each is served once it is done with its head */
        g_autoptr (TestReply) reply = NULL;

        test_client_send (slow->pdata[i], "x\r\n\r\n");
        reply = test_client_read (slow->pdata[i], FALSE);
        g_assert_nonnull (reply);
        g_assert_cmpuint (reply->status, ==, 200);
    }
}

static void
test_slow_connections_make_room_for_others (void)
{
    const HttpSettings settings = { .host = "127.0.0.1", .max_connections = 200 };
    g_autoptr (HttpServer) server = server_new (&settings);
    guint16 port = http_server_port (server);
    g_autoptr (GPtrArray) slow = open_many (port, 800);
    guint n_served = 0;
    gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

    /* all places are taken, for longer than this test waits; still others get in */
    while (n_served < 50 && g_get_monotonic_time () < end) {
        g_autoptr (TestClient) client = test_client_new (port);

        n_served += is_served (client, "/");
    }
    g_assert_cmpuint (n_served, ==, 50);
}

static int n_complaints; /* that no descriptor is left */

static void
count_complaint (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
    g_assert_nonnull (strstr (message, "no connection can be accepted"));
    g_atomic_int_inc (&n_complaints);
}

static gboolean is_chatting;

static gpointer
chat (gpointer client)
{
    while (g_atomic_int_get (&is_chatting))
        g_assert_true (is_served (client, "/"));
    return NULL;
}

/* Whoever was connected when the descriptors ran out keeps its thread busy all the time. */
static void
test_who_waits_for_a_descriptor_gets_one (void)
{
    const HttpSettings settings = { .host = "127.0.0.1", .n_event_threads = 1 };
    g_autoptr (HttpServer) server = server_new (&settings);
    g_autoptr (TestClient) chatting = test_client_new (http_server_port (server));
    g_autoptr (TestClient) late = NULL;
    g_autoptr (TestReply) reply = NULL;
    g_autoptr (GArray) fillers = g_array_new (FALSE, FALSE, sizeof (int));
    struct rlimit limit = { 0 }, tight;
    guint handler = g_log_set_handler (NULL, G_LOG_LEVEL_WARNING, count_complaint, NULL);
    GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
    GThread *thread;
    int fd;

    g_assert_true (is_served (chatting, "/"));
    getrlimit (RLIMIT_NOFILE, &limit);
    tight = limit;
    tight.rlim_cur = 100;
    setrlimit (RLIMIT_NOFILE, &tight);
    while ((fd = dup (STDERR_FILENO)) >= 0)
        g_array_append_val (fillers, fd);
    g_assert_cmpuint (fillers->len, >, 0);
    close (g_array_index (fillers, int, fillers->len - 1)); /* late's own; the server has none */
    g_array_set_size (fillers, fillers->len - 1);
    late = test_client_new (http_server_port (server));
    test_client_send (late, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    g_atomic_int_set (&is_chatting, TRUE);
    thread = g_thread_new ("chat", chat, chatting);
    while (g_atomic_int_get (&n_complaints) == 0)
        g_usleep (1000);

    setrlimit (RLIMIT_NOFILE, &limit);
    reply = test_client_read (late, FALSE);
    g_assert_nonnull (reply);
    g_assert_cmpuint (reply->status, ==, 200);
    g_assert_cmpint (g_atomic_int_get (&n_complaints), ==, 1); /* once, not ten times a second */
    g_atomic_int_set (&is_chatting, FALSE);
    g_thread_join (thread);
    for (guint i = 0; i < fillers->len; i++)
        close (g_array_index (fillers, int, i));
    g_log_remove_handler (NULL, handler);
    g_log_set_always_fatal (fatal);
}

static char *
own_address (void)
{
    struct ifaddrs *all = NULL;
    char *found = NULL;

    if (getifaddrs (&all) != 0)
        return NULL;
    for (struct ifaddrs *each = all; each != NULL && found == NULL; each = each->ifa_next) {
        char text[INET_ADDRSTRLEN];

        if (each->ifa_addr == NULL || each->ifa_addr->sa_family != AF_INET ||
            (each->ifa_flags & IFF_LOOPBACK) || !(each->ifa_flags & IFF_UP))
            continue;
        inet_ntop (AF_INET, &((struct sockaddr_in *) (void *) each->ifa_addr)->sin_addr, text,
                   sizeof text);
        found = g_strdup (text);
    }
    freeifaddrs (all);
    return found;
}

static void
test_one_address_gets_a_tenth (void)
{
    g_autofree char *address = own_address ();
    const HttpSettings settings = { .host = "0.0.0.0",
                                    .max_connections = 100,
                                    .trusted_proxies = "" };
    g_autoptr (HttpServer) server = NULL;
    g_autoptr (GPtrArray) clients =
        g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
    guint16 port;

    if (address == NULL) {
        g_test_skip ("this machine has no address but loopback, which is always a trusted proxy");
        return;
    }
    server = server_new (&settings);
    port = http_server_port (server);
    for (int i = 0; i < 10; i++) {
        g_ptr_array_add (clients, test_client_new_at (address, port));
        g_assert_true (is_served (clients->pdata[i], "/"));
    }
    for (int i = 0; i < 5; i++) { /* one over the share is turned away */
        g_autoptr (TestClient) greedy = test_client_new_at (address, port);

        g_assert_false (is_served (greedy, "/"));
    }
    for (int i = 0; i < 30; i++) { /* others are not, least of all a proxy */
        g_ptr_array_add (clients, test_client_new (port));
        g_assert_true (is_served (clients->pdata[10 + i], "/"));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/limits/a-head-that-drips-is-dropped", test_a_head_that_drips_is_dropped);
    g_test_add_func ("/limits/an-idle-connection-ends", test_an_idle_connection_ends);
    g_test_add_func ("/limits/an-answer-that-is-not-taken-ends",
                     test_an_answer_that_is_not_taken_ends);
    g_test_add_func ("/limits/an-answer-that-is-taken-slowly-goes-on",
                     test_an_answer_that_is_taken_slowly_goes_on);
    g_test_add_func ("/limits/thousands-of-slow-connections-are-borne",
                     test_thousands_of_slow_connections_are_borne);
    g_test_add_func ("/limits/slow-connections-make-room-for-others",
                     test_slow_connections_make_room_for_others);
    g_test_add_func ("/limits/who-waits-for-a-descriptor-gets-one",
                     test_who_waits_for_a_descriptor_gets_one);
    g_test_add_func ("/limits/one-address-gets-a-tenth", test_one_address_gets_a_tenth);
    return g_test_run ();
}
