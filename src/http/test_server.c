/* test_server.c -- the server from outside: what goes over the socket and what the application sees */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "http/http.h"
#include "http/test_client.h"

/* ---- an application that does what its path says ---- */

typedef struct {
    char *folder;
    GMutex lock;
    GCond changed;
    guint n_written, n_aborted, n_handled, n_gone, n_upgrades_lost;
    guint n_produced;
    gboolean holds; /* handlers of /hold wait until it is cleared */
} App;

typedef struct {
    App *app;
    HttpRequest *request;
} Poll;

static void
add (App *app, guint *count, guint n)
{
    g_mutex_lock (&app->lock);
    *count += n;
    g_cond_broadcast (&app->changed);
    g_mutex_unlock (&app->lock);
}

static void
bump (App *app, guint *count)
{
    add (app, count, 1);
}

static guint
get (App *app, const guint *count)
{
    guint n;

    g_mutex_lock (&app->lock);
    n = *count;
    g_mutex_unlock (&app->lock);
    return n;
}

static void
wait_for (App *app, const guint *count, guint at_least)
{
    gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

    g_mutex_lock (&app->lock);
    while (*count < at_least)
        if (!g_cond_wait_until (&app->changed, &app->lock, end))
            g_error ("waited in vain");
    g_mutex_unlock (&app->lock);
}

static gboolean
sink_write (gpointer app, const guint8 *bytes, gsize n_bytes, GError **error)
{
    add (app, &((App *) app)->n_written, (guint) n_bytes);
    if (memchr (bytes, '!', n_bytes) == NULL)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_DISK_FULL, "the disk is full");
    return FALSE;
}

static void
sink_abort (gpointer app)
{
    bump (app, &((App *) app)->n_aborted);
}

static const HttpSinkClass sink_class = { sink_write, sink_abort };

static gpointer
decide_later (gpointer request)
{
    HttpRequest *self = request;
    App *app = self->app_data;
    const HttpPlan plan = { .body = HTTP_BODY_SINK, .sink_class = &sink_class, .sink = app };

    if (strcmp (self->query, "refuse") == 0)
        http_respond (self, http_response_new_text (401, "text/plain", "who are you?"));
    else
        http_request_continue (self, &plan);
    return NULL;
}

static void
begin (gpointer data, HttpRequest *request, HttpPlan *out_plan)
{
    App *app = data;

    request->app_data = app;
    out_plan->on_event_thread = strstr (request->query, "pool") == NULL;
    out_plan->max_body_bytes = 1000;
    if (strcmp (request->path, "/sink") == 0) {
        out_plan->body = HTTP_BODY_SINK;
        out_plan->sink_class = &sink_class;
        out_plan->sink = app;
        out_plan->max_body_bytes = strcmp (request->query, "limit") == 0 ? 100000 : 0;
    } else if (strcmp (request->path, "/refuse") == 0) {
        out_plan->body = HTTP_BODY_REFUSE;
        http_respond (request, http_response_new_text (403, "text/plain", "no"));
    } else if (strcmp (request->path, "/defer") == 0) {
        out_plan->body = HTTP_BODY_DEFER;
        g_thread_unref (g_thread_new ("decide", decide_later, request));
    } else if (strcmp (request->path, "/hold") == 0) {
        out_plan->on_event_thread = FALSE;
    }
}

static void
on_gone (gpointer data)
{
    Poll *poll = data;
    App *app = poll->app;

    http_respond (poll->request, http_response_new (204));
    g_free (poll);
    bump (app, &app->n_gone);
}

static void
produce (HttpStream *stream, gpointer data)
{
    App *app = data;
    static char block[10000];

    memset (block, 'x', sizeof block);
    while (get (app, &app->n_produced) < 20 * 1000 * 1000 &&
           http_stream_write (stream, block, sizeof block))
        add (app, &app->n_produced, sizeof block);
    bump (app, &app->n_handled);
}

static void
produce_and_fail (HttpStream *stream, gpointer data)
{
    http_stream_write (stream, "half", 4);
    http_stream_fail (stream);
}

static gpointer
echo (gpointer data)
{
    HttpUpgrade *upgrade = ((gpointer *) data)[0];
    int fd = GPOINTER_TO_INT (((gpointer *) data)[1]);
    char bytes[100];
    ssize_t n;

    fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) & ~O_NONBLOCK);
    while ((n = read (fd, bytes, sizeof bytes)) > 0)
        g_assert_cmpint (write (fd, bytes, (gsize) n), ==, n);
    http_upgrade_close (upgrade);
    g_free (data);
    return NULL;
}

static void
upgraded (gpointer data, HttpUpgrade *upgrade, int fd, const guint8 *early, gsize n_early)
{
    App *app = data;
    gpointer *both;

    if (upgrade == NULL) {
        bump (app, &app->n_upgrades_lost);
        return;
    }
    g_assert_true (fcntl (fd, F_GETFL) & O_NONBLOCK);
    if (n_early > 0)
        g_assert_cmpint (write (fd, early, n_early), ==, (gssize) n_early);
    both = g_new (gpointer, 2);
    both[0] = upgrade;
    both[1] = GINT_TO_POINTER (fd);
    g_thread_unref (g_thread_new ("echo", echo, both));
}

static void
answer_facts (HttpRequest *request)
{
    GString *text = g_string_new (NULL);
    const char *cookie = http_request_cookie (request, "immich_access_token");
    gsize n_body = 0;
    const char *body = request->body != NULL ? g_bytes_get_data (request->body, &n_body) : "";

    g_string_append_printf (text, "%s|%s|%s|%s|%d|%s|%s|", request->method_text, request->path,
                            request->query, request->peer, request->is_secure, request->host,
                            cookie != NULL ? cookie : "-");
    g_string_append_len (text, body, (gssize) n_body);
    http_respond (request,
                  http_response_new_bytes (200, "text/plain", g_string_free_to_bytes (text)));
}

static void
answer_json (HttpRequest *request)
{
    gsize n = strcmp (request->query, "large") == 0 ? 500 : 1;
    GString *text = g_string_new ("[");

    for (gsize i = 0; i < n; i++)
        g_string_append (text, i == 0 ? "\"pong\"" : ",\"pong\"");
    g_string_append_c (text, ']');
    http_respond (request, http_response_new_json (200, text));
}

static void
answer_file (App *app, HttpRequest *request)
{
    g_autofree char *path = g_build_filename (app->folder, request->query, NULL);
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    HttpResponse *response;

    if (fd < 0) {
        http_respond (request, http_response_new (404));
        return;
    }
    response = http_response_new_file (fd, "image/svg+xml");
    http_response_set_untrusted (response);
    http_respond (request, response);
}

static void
handle (gpointer data, HttpRequest *request)
{
    App *app = data;
    const char *path = request->path;

    if (strcmp (path, "/api/json") == 0) {
        answer_json (request);
    } else if (strcmp (path, "/file") == 0) {
        answer_file (app, request);
    } else if (strcmp (path, "/sink") == 0 || strcmp (path, "/defer") == 0) {
        bump (app, &app->n_handled);
        http_respond (request, http_response_new (201));
    } else if (strcmp (path, "/stream") == 0) {
        http_respond (request, http_response_new_stream ("text/plain", TRUE, produce, app, NULL));
    } else if (strcmp (path, "/half") == 0) {
        http_respond (request,
                      http_response_new_stream ("text/plain", FALSE, produce_and_fail, app, NULL));
    } else if (strcmp (path, "/poll") == 0) {
        Poll *poll = g_new (Poll, 1);

        *poll = (Poll){ app, request };
        http_request_watch (request, on_gone, poll);
        bump (app, &app->n_handled);
    } else if (strcmp (path, "/hold") == 0) {
        g_mutex_lock (&app->lock);
        app->n_handled++;
        g_cond_broadcast (&app->changed);
        while (app->holds)
            g_cond_wait (&app->changed, &app->lock);
        g_mutex_unlock (&app->lock);
        http_respond (request, http_response_new_text (200, "text/plain", "held"));
    } else if (strcmp (path, "/upgrade") == 0) {
        HttpResponse *response = http_response_new_upgrade (upgraded, app);

        http_response_set_header (response, "Upgrade", "echo");
        http_respond (request, response);
    } else if (strcmp (path, "/headers") == 0) {
        HttpResponse *response = http_response_new_text (200, "text/plain", "");

        http_response_set_header (response, "X-Twice", "a");
        http_response_set_header (response, "x-twice", "b");
        http_response_add_header (response, "Set-Cookie", "one=1");
        http_response_add_header (response, "Set-Cookie", "two=2");
        http_respond (request, response);
    } else {
        answer_facts (request);
    }
}

static void
answer_failure (gpointer app, HttpRequest *request, const GError *why)
{
    g_autofree char *text = g_strdup_printf ("failed: %s", why->message);

    http_respond (request, http_response_new_text (http_problem_status (why), "text/plain", text));
}

static const HttpApp app_class = { begin, handle, answer_failure };

typedef struct {
    App app;
    HttpServer *server;
    guint16 port;
} Fixture;

static void
fixture_set_up (Fixture *self, gconstpointer data)
{
    static const HttpSettings usual = { .host = "127.0.0.1", .n_event_threads = 2 };
    const HttpSettings *settings = data != NULL ? data : &usual;
    g_autoptr (GError) error = NULL;

    g_mutex_init (&self->app.lock);
    g_cond_init (&self->app.changed);
    self->app.folder = g_dir_make_tmp ("test-http-XXXXXX", &error);
    g_assert_no_error (error);
    self->server = http_server_new (settings, &app_class, &self->app, &error);
    g_assert_no_error (error);
    self->port = http_server_port (self->server);
}

static void
fixture_tear_down (Fixture *self, gconstpointer data)
{
    const char *name;
    GDir *folder;

    http_server_free (self->server);
    folder = g_dir_open (self->app.folder, 0, NULL);
    while ((name = g_dir_read_name (folder)) != NULL) {
        g_autofree char *path = g_build_filename (self->app.folder, name, NULL);

        g_unlink (path);
    }
    g_dir_close (folder);
    g_rmdir (self->app.folder);
    g_free (self->app.folder);
    g_mutex_clear (&self->app.lock);
    g_cond_clear (&self->app.changed);
}

static void
assert_header (TestReply *reply, const char *name, const char *expected)
{
    g_autofree char *value = test_reply_header (reply, name);

    g_assert_cmpstr (value, ==, expected);
}

static void
assert_text (TestReply *reply, unsigned status, const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_nonnull (reply);
    text = test_reply_text (reply);
    g_assert_cmpuint (reply->status, ==, status);
    g_assert_true (reply->is_complete);
    g_assert_cmpstr (text, ==, expected);
}

/* ---- requests ---- */

static void
test_a_request_is_seen_as_it_came (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) a = NULL, b = NULL, c = NULL, d = NULL;

    a = test_client_get (client, "/A%20b/c?x=%20&y",
                         "Cookie: a=1; immich_access_token=s%2Fx; b=2\r\n");
    assert_text (a, 200, "GET|/A%20b/c|x=%20&y|127.0.0.1|0|test|s/x|");
    test_client_send (client, "POST /p?pool HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    b = test_client_read (client, FALSE);
    assert_text (b, 200, "POST|/p|pool|127.0.0.1|0|h|-|hello");
    test_client_send (client, "PUT http://other/abs?q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                              "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
    c = test_client_read (client, FALSE);
    assert_text (c, 200, "PUT|/abs|q|127.0.0.1|0|h|-|abcde");
    d = test_client_get (client, "/",
                         "X-Forwarded-For: 1.1.1.1, 203.0.113.7\r\nX-Forwarded-Proto: "
                         "https\r\nX-Forwarded-Host: photos.example\r\n");
    assert_text (d, 200, "GET|/||203.0.113.7|1|photos.example|-|");
    assert_header (d, "Strict-Transport-Security", "max-age=31536000");
    assert_header (a, "Strict-Transport-Security", NULL);
}

static void
test_pipelined_requests_are_answered_in_order (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (int i = 0; i < 50; i++)
        test_client_send (client, "GET /%d?%s HTTP/1.1\r\nHost: h\r\n\r\n", i,
                          i % 3 == 0 ? "pool" : "");
    for (int i = 0; i < 50; i++) {
        g_autoptr (TestReply) reply = test_client_read (client, FALSE);
        g_autofree char *expected =
            g_strdup_printf ("GET|/%d|%s|127.0.0.1|0|h|-|", i, i % 3 == 0 ? "pool" : "");

        assert_text (reply, 200, expected);
    }
}

static void
test_a_head_without_body_is_answered_to_HEAD (Fixture *self, gconstpointer data)
{
    static const char *const paths[] = { "/api/json", "/x?pool", "/api/json?large" };
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) last = NULL, stream = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (TestReply) reply = NULL;

        test_client_send (client, "HEAD %s HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]);
        reply = test_client_read (client, TRUE);
        g_assert_cmpuint (reply->status, ==, 200);
        g_assert_false (reply->closes);
    }
    last = test_client_get (client, "/last", NULL);
    assert_text (last, 200, "GET|/last||127.0.0.1|0|test|-|");
    test_client_send (client, "HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    stream = test_client_read (client, TRUE);
    g_assert_cmpuint (stream->status, ==, 200);
    g_assert_true (test_client_is_closed (client)); /* and nothing came after the head */
    g_assert_cmpuint (get (&self->app, &self->app.n_produced), ==, 0);
}

/* libmicrohttpd 0.9.75 sends the head of some of its own refusals twice, which is no answer to anything. */
static void
assert_no_further_answer (TestClient *client)
{
    g_autoptr (GString) rest = g_string_new (NULL);
    char some[1000];
    gsize n;

    while ((n = test_client_read_some (client, some, sizeof some)) > 0)
        g_string_append_len (rest, some, (gssize) n);
    g_assert_null (strstr (rest->str, " 200 "));
}

static void
test_unclear_heads_are_refused (Fixture *self, gconstpointer data)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
        "x\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX Y: chunked\r\n\r\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (heads); i++) {
        g_autoptr (TestClient) client = test_client_new (self->port);
        g_autoptr (TestReply) reply = NULL;

        g_test_message ("%s", heads[i]);
        /* were the rest taken for a second request, it would be answered */
        test_client_send (client, "%sGET /second HTTP/1.1\r\nHost: h\r\n\r\n", heads[i]);
        reply = test_client_read (client, FALSE);
        g_assert_nonnull (reply);
        g_assert_cmpuint (reply->status, ==, 400);
        g_assert_true (reply->closes);
        assert_no_further_answer (client);
    }
}

static void
test_large_heads_are_refused_readably (Fixture *self, gconstpointer data)
{
    static const gsize sizes[] = { 17000, 60 * 1000, 1000 * 1000 };

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        for (int in_target = 0; in_target < 2; in_target++) {
            g_autoptr (TestClient) client = test_client_new (self->port);
            g_autofree char *filler = g_strnfill (sizes[i], 'a');
            g_autoptr (TestReply) reply = NULL;

            if (in_target)
                test_client_send (client, "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", filler);
            else
                test_client_send (client, "GET / HTTP/1.1\r\nHost: h\r\nX: %s\r\n\r\n", filler);
            reply = test_client_read (client, FALSE);
            g_assert_nonnull (reply);
            g_assert_cmpuint (reply->status, ==, in_target && sizes[i] > 20000 ? 414 : 431);
            g_assert_true (test_client_is_closed (client));
        }
    }
}

/* ---- answers ---- */

static void
test_every_answer_has_the_security_headers (Fixture *self, gconstpointer data)
{
    static const char *const paths[] = { "/api/json", "/x", "/file?none", "/half" };
    g_autoptr (TestClient) client = NULL;
    g_autoptr (TestReply) failure = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (TestClient) each = test_client_new (self->port);
        g_autoptr (TestReply) reply = test_client_get (each, paths[i], NULL);
        g_autofree char *permissions = test_reply_header (reply, "Permissions-Policy");

        assert_header (reply, "X-Content-Type-Options", "nosniff");
        assert_header (reply, "X-Frame-Options", "DENY");
        assert_header (reply, "Referrer-Policy", "no-referrer");
        g_assert_nonnull (permissions);
        assert_header (reply, "Content-Security-Policy", http_default_csp);
    }
    client = test_client_new (self->port);
    test_client_send (client, "GET / HTTP/1.1\r\n\r\n");
    failure = test_client_read (client, FALSE);
    assert_header (failure, "Content-Security-Policy", http_default_csp);
    g_assert_null (strstr (http_default_csp, "unsafe"));
}

static void
test_correlation_ids_are_echoed_under_api_only (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) made = test_client_get (client, "/api/json", NULL);
    g_autoptr (TestReply) echoed =
        test_client_get (client, "/API/json", "x-correlation-id: My 1\r\n");
    g_autoptr (TestReply) outside = test_client_get (client, "/apis", "x-correlation-id: My 1\r\n");
    g_autoptr (TestReply) again = test_client_get (client, "/api/json", NULL);
    g_autofree char *id = test_reply_header (made, "X-Correlation-ID");
    g_autofree char *other = test_reply_header (again, "X-Correlation-ID");
    g_autofree char *long_id = g_strnfill (201, 'x');
    g_autofree char *long_header = g_strdup_printf ("X-Correlation-ID: %s\r\n", long_id);
    g_autoptr (TestReply) bounded = test_client_get (client, "/api/json", long_header);
    g_autofree char *replaced = test_reply_header (bounded, "X-Correlation-ID");

    g_assert_cmpuint (strlen (id), ==, 8);
    g_assert_cmpuint (strspn (id, "abcdefghijklmnopqrstuvwxyz0123456789"), ==, 8);
    g_assert_cmpstr (id, !=, other);
    assert_header (echoed, "X-Correlation-ID", "My 1");
    assert_header (outside, "X-Correlation-ID", NULL);
    g_assert_cmpuint (strlen (replaced), ==, 8);
}

static void
test_set_replaces_and_add_adds (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = test_client_get (client, "/headers", NULL);

    assert_header (reply, "X-Twice", "b");
    g_assert_nonnull (strstr (reply->head, "Set-Cookie: one=1\r\n"));
    g_assert_nonnull (strstr (reply->head, "Set-Cookie: two=2\r\n"));
}

static char *
decompress (TestReply *reply, GConverter *converter)
{
    g_autoptr (GInputStream) bytes =
        g_memory_input_stream_new_from_data (reply->body->data, reply->body->len, NULL);
    g_autoptr (GInputStream) stream = g_converter_input_stream_new (bytes, converter);
    GString *text = g_string_new (NULL);
    char some[4096];
    gssize n;

    while ((n = g_input_stream_read (stream, some, sizeof some, NULL, NULL)) > 0)
        g_string_append_len (text, some, n);
    g_assert_cmpint (n, ==, 0);
    return g_string_free (text, FALSE);
}

static void
test_json_is_compressed_as_asked (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) plain = test_client_get (client, "/api/json?large", NULL);
    g_autoptr (TestReply) gzip =
        test_client_get (client, "/api/json?large", "Accept-Encoding: gzip;q=0.9, br;q=0.1\r\n");
    g_autoptr (TestReply) br =
        test_client_get (client, "/api/json?large", "Accept-Encoding: gzip, br\r\n");
    g_autoptr (TestReply) small =
        test_client_get (client, "/api/json", "Accept-Encoding: gzip, br\r\n");
    g_autoptr (GConverter) inflate =
        G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    g_autofree char *unzipped = decompress (gzip, inflate);

    assert_header (plain, "Content-Type", "application/json; charset=utf-8");
    assert_header (plain, "Content-Encoding", NULL);
    assert_header (gzip, "Content-Encoding", "gzip");
    assert_header (br, "Content-Encoding", "br");
    assert_header (small, "Content-Encoding", NULL);
    assert_header (plain, "Vary", "Accept-Encoding");
    assert_header (br, "Vary", "Accept-Encoding");
    g_assert_cmpmem (unzipped, strlen (unzipped), plain->body->data, plain->body->len);
    g_assert_cmpuint (br->body->len, <, 200);
    assert_text (small, 200, "[\"pong\"]");
}

static void
test_known_json_is_not_sent_again (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) first =
        test_client_get (client, "/api/json?large", "Accept-Encoding: br\r\n");
    g_autofree char *etag = test_reply_header (first, "ETag");
    g_autofree char *known = g_strdup_printf ("If-None-Match: \"x\", %s\r\n", etag);
    g_autoptr (TestReply) second = test_client_get (client, "/api/json?large", known);
    g_autoptr (TestReply) other = test_client_get (client, "/api/json", known);
    g_autoptr (TestReply) posted = NULL;

    g_assert_true (g_str_has_prefix (etag, "\"") && g_str_has_suffix (etag, "-br\""));
    g_assert_cmpuint (second->status, ==, 304);
    assert_header (second, "Vary", "Accept-Encoding");
    assert_header (second, "Content-Type", NULL);
    g_assert_cmpuint (other->status, ==, 200);
    test_client_send (
        client, "POST /api/json?large HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n%s\r\n", known);
    posted = test_client_read (client, FALSE);
    g_assert_cmpuint (posted->status, ==, 200);
}

/* ---- files ---- */

static void
test_files_ranges_and_validators (Fixture *self, gconstpointer data)
{
    g_autofree char *path = g_build_filename (self->app.folder, "f", NULL);
    g_autofree char *empty = g_build_filename (self->app.folder, "e", NULL);
    g_autoptr (TestClient) client = test_client_new (self->port);
    const struct timespec times[2] = { { 1700000000, 123000000 }, { 1700000000, 123000000 } };
    static const char etag[] = "W/\"a-18bcfe5687b\"", date[] = "Tue, 14 Nov 2023 22:13:20 GMT";
    const struct {
        const char *headers;
        unsigned status;
        const char *body, *content_range;
    } cases[] = {
        { "", 200, "0123456789", NULL },
        { "Range: bytes=2-4\r\n", 206, "234", "bytes 2-4/10" },
        { "Range: bytes=-3\r\n", 206, "789", "bytes 7-9/10" },
        { "Range: bytes=8-\r\n", 206, "89", "bytes 8-9/10" },
        { "Range: bytes=0-1,4-5\r\n", 200, "0123456789", NULL },
        { "Range: bytes=10-\r\n", 416, "{\"message\":\"Range Not Satisfiable\"}", "bytes */10" },
        { "If-None-Match: W/\"a-18bcfe5687b\"\r\n", 304, "", NULL },
        { "If-None-Match: \"x\"\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n", 200,
          "0123456789", NULL },
        { "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n", 304, "", NULL },
        { "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT\r\n", 200, "0123456789", NULL },
        { "If-Modified-Since: nonsense\r\n", 200, "0123456789", NULL },
        { "Range: bytes=2-4\r\nIf-Range: W/\"a-18bcfe5687b\"\r\n", 206, "234", "bytes 2-4/10" },
        { "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n", 200, "0123456789", NULL },
        { "Range: bytes=2-4\r\nIf-Range: Tue, 14 Nov 2023 22:13:20 GMT\r\n", 206, "234",
          "bytes 2-4/10" },
        { "Range: bytes=2-4\r\nIf-Range: Tue, 14 Nov 2023 22:13:21 GMT\r\n", 200, "0123456789",
          NULL },
    };
    g_autoptr (TestReply) nothing = NULL, head = NULL, folder = NULL;

    g_assert_true (g_file_set_contents (path, "0123456789", 10, NULL));
    g_assert_true (g_file_set_contents (empty, "", 0, NULL));
    g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (TestReply) reply = test_client_get (client, "/file?f", cases[i].headers);

        g_test_message ("%s", cases[i].headers);
        assert_text (reply, cases[i].status, cases[i].body);
        assert_header (reply, "Content-Range", cases[i].content_range);
        assert_header (reply, "ETag", etag);
        assert_header (reply, "Last-Modified", date);
        assert_header (reply, "Accept-Ranges", "bytes");
        assert_header (reply, "Content-Security-Policy",
                       "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    }
    nothing = test_client_get (client, "/file?e", NULL);
    assert_text (nothing, 200, "");
    test_client_send (client, "HEAD /file?f HTTP/1.1\r\nHost: h\r\nRange: bytes=2-4\r\n\r\n");
    head = test_client_read (client, TRUE);
    g_assert_cmpuint (head->status, ==, 200);
    assert_header (head, "Content-Length", "10");
    g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*regular file*");
    folder = test_client_get (client, "/file?.", NULL);
    assert_text (folder, 500, "{\"message\":\"Internal Server Error\"}");
    g_test_assert_expected_messages ();
}

static void
test_files_of_any_size_come_whole (Fixture *self, gconstpointer data)
{
    static const gsize sizes[] = { 1, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 3 * 1000 * 1000 };
    g_autofree char *path = g_build_filename (self->app.folder, "f", NULL);
    g_autoptr (TestClient) client = test_client_new (self->port);

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        g_autofree guint8 *bytes = g_malloc (sizes[i]);
        g_autoptr (TestReply) whole = NULL, part = NULL;

        for (gsize j = 0; j < sizes[i]; j++)
            bytes[j] = (guint8) (j * 7 + j / 256);
        g_assert_true (g_file_set_contents (path, (char *) bytes, (gssize) sizes[i], NULL));
        whole = test_client_get (client, "/file?f", NULL);
        g_assert_cmpmem (whole->body->data, whole->body->len, bytes, sizes[i]);
        if (sizes[i] > 100) {
            part = test_client_get (client, "/file?f", "Range: bytes=99-\r\n");
            g_assert_cmpuint (part->status, ==, 206);
            g_assert_cmpmem (part->body->data, part->body->len, bytes + 99, sizes[i] - 99);
        }
    }
}

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
    g_assert_cmpuint (get (&self->app, &self->app.n_written), ==, 50 * 1000 * 1000);

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
    g_assert_cmpuint (get (&self->app, &self->app.n_written), ==, 53 * 1000 * 1000);

    test_client_send (client, "POST /sink HTTP/1.1\r\nHost: h\r\n\r\n");
    c = test_client_read (client, FALSE);
    g_assert_cmpuint (c->status, ==, 201);
    g_assert_cmpuint (get (&self->app, &self->app.n_aborted), ==, 0);
    g_assert_cmpuint (get (&self->app, &self->app.n_handled), ==, 3);
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
    assert_text (a, 507, "failed: the disk is full");
    assert_header (a, "X-Content-Type-Options", "nosniff");
    g_assert_true (a->closes);
    g_assert_cmpuint (get (&self->app, &self->app.n_aborted), ==, 1);

    /* at the very end of the body: the connection stays */
    test_client_send (late, "POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxx!");
    b = test_client_read (late, FALSE);
    assert_text (b, 507, "failed: the disk is full");
    g_assert_cmpuint (get (&self->app, &self->app.n_aborted), ==, 2);
    c = test_client_get (late, "/", NULL);
    g_assert_cmpuint (c->status, ==, 200);

    test_client_send (limited, "POST /sink?limit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                               "chunked\r\n\r\n4C4B40\r\n");
    test_client_send_bytes (limited, megabytes, 5 * 1000 * 1000);
    d = test_client_read (limited, FALSE);
    g_assert_cmpuint (d->status, ==, 413);
    g_assert_cmpuint (get (&self->app, &self->app.n_aborted), ==, 3);
    g_assert_cmpuint (get (&self->app, &self->app.n_handled), ==, 0);
}

static void
test_an_upload_that_breaks_off_is_aborted_once (Fixture *self, gconstpointer data)
{
    for (guint i = 1; i <= 4; i++) {
        TestClient *client = test_client_new (self->port);
        guint n_before = get (&self->app, &self->app.n_written);

        if (i % 2 == 0)
            test_client_send (client,
                              "POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
        else
            test_client_send (client, "POST /sink HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                                      "chunked\r\n\r\n5\r\nabcd");
        if (i > 2) /* what it sent was taken before it left */
            wait_for (&self->app, &self->app.n_written, n_before + 3);
        test_client_free (client);
        wait_for (&self->app, &self->app.n_aborted, i);
    }
    http_server_stop (self->server, 5);
    g_assert_cmpuint (get (&self->app, &self->app.n_aborted), ==, 4);
    g_assert_cmpuint (get (&self->app, &self->app.n_handled), ==, 0);
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
    g_assert_cmpuint (get (&self->app, &self->app.n_written), ==, 0);
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
    g_assert_cmpuint (get (&self->app, &self->app.n_written), ==, 100);
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
        n_before = get (&self->app, &self->app.n_produced);
        g_usleep (100 * 1000);
    } while (get (&self->app, &self->app.n_produced) != n_before || n_before == 0);
    g_assert_cmpuint (get (&self->app, &self->app.n_produced), <, 15 * 1000 * 1000);
    reply = test_client_read (client, FALSE);
    g_assert_true (reply->is_complete);
    g_assert_cmpuint (reply->body->len, ==, 20 * 1000 * 1000);
    wait_for (&self->app, &self->app.n_handled, 1);
}

static void
test_a_stream_is_compressed_as_asked (Fixture *self, gconstpointer data)
{
    g_autoptr (TestClient) client = test_client_new (self->port);
    g_autoptr (TestReply) reply = test_client_get (client, "/stream", "Accept-Encoding: gzip\r\n");
    g_autoptr (GConverter) inflate =
        G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    g_autofree char *text = decompress (reply, inflate);

    assert_header (reply, "Content-Encoding", "gzip");
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
    wait_for (&self->app, &self->app.n_handled, 1);
    g_assert_cmpuint (get (&self->app, &self->app.n_produced), <, 20 * 1000 * 1000);
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

/* ---- long polls and upgrades ---- */

static void
test_a_long_poll_learns_that_its_client_left (Fixture *self, gconstpointer data)
{
    for (guint i = 1; i <= 10; i++) {
        TestClient *client = test_client_new (self->port);

        test_client_send (client, "GET /poll%s HTTP/1.1\r\nHost: h\r\n\r\n",
                          i % 2 == 0 ? "?pool" : "");
        wait_for (&self->app, &self->app.n_handled, i);
        test_client_free (client);
        wait_for (&self->app, &self->app.n_gone, i);
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
    assert_header (reply, "Upgrade", "echo");
    test_client_send (client, "later!");
    for (gsize n = 0; n < 11;)
        n += test_client_read_some (client, text + n, 11 - n);
    g_assert_cmpstr (text, ==, "earlylater!");
    shutdown (client->fd, SHUT_WR);
    g_assert_true (test_client_is_closed (client));
    g_assert_cmpuint (get (&self->app, &self->app.n_upgrades_lost), ==, 0);
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
    wait_for (&self->app, &self->app.n_handled, 1);
    thread = g_thread_new ("stop", stop, self->server);
    g_assert_true (test_client_is_closed (idle));
    g_assert_null (test_client_new_at ("127.0.0.1", self->port));
    release (&self->app);
    reply = test_client_read (busy, FALSE);
    assert_text (reply, 200, "held");
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
    wait_for (&self->app, &self->app.n_handled, 2);
    test_client_send (streaming, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    g_assert_cmpuint (test_client_read_some (streaming, some, sizeof some), >, 0);
    test_client_send (upgraded_client, "GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                                       "Upgrade: echo\r\n\r\n");
    reply = test_client_read (upgraded_client, FALSE);
    g_assert_cmpuint (reply->status, ==, 101);

    thread = g_thread_new ("stop", stop_at_once, self->server);
    g_assert_true (test_client_is_closed (upgraded_client));
    g_assert_true (test_client_is_closed (busy));
    wait_for (&self->app, &self->app.n_handled, 3); /* the producer was told */
    wait_for (&self->app, &self->app.n_gone, 1);
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

    g_assert_null (http_server_new (&settings, &app_class, NULL, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
    g_assert_nonnull (strstr (error->message, port));
    g_assert_nonnull (strstr (error->message, "IMMICH_PORT"));
    g_clear_error (&error);
    g_assert_null (http_server_new (&nowhere, &app_class, NULL, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
}

#define ADD(name, function)                                                                        \
    g_test_add ("/http/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("a-request-is-seen-as-it-came", test_a_request_is_seen_as_it_came);
    ADD ("pipelined-requests-are-answered-in-order", test_pipelined_requests_are_answered_in_order);
    ADD ("HEAD-gets-a-head", test_a_head_without_body_is_answered_to_HEAD);
    ADD ("unclear-heads-are-refused", test_unclear_heads_are_refused);
    ADD ("large-heads-are-refused-readably", test_large_heads_are_refused_readably);
    ADD ("security-headers", test_every_answer_has_the_security_headers);
    ADD ("correlation-ids", test_correlation_ids_are_echoed_under_api_only);
    ADD ("set-replaces-and-add-adds", test_set_replaces_and_add_adds);
    ADD ("json-is-compressed-as-asked", test_json_is_compressed_as_asked);
    ADD ("known-json-is-not-sent-again", test_known_json_is_not_sent_again);
    ADD ("files", test_files_ranges_and_validators);
    ADD ("files-of-any-size-come-whole", test_files_of_any_size_come_whole);
    ADD ("bodies-over-the-limit-get-413", test_bodies_over_the_limit_get_413);
    ADD ("a-sink-takes-bodies-of-any-size", test_a_sink_takes_bodies_of_any_size);
    ADD ("a-sink-that-fails-answers-at-once", test_a_sink_that_fails_answers_at_once);
    ADD ("an-upload-that-breaks-off-is-aborted-once",
         test_an_upload_that_breaks_off_is_aborted_once);
    ADD ("a-refused-body-lets-its-answer-be-read", test_a_refused_body_lets_its_answer_be_read);
    ADD ("a-deferred-body-is-taken-after-the-check", test_a_deferred_body_is_taken_after_the_check);
    ADD ("a-stream-waits-for-a-slow-reader", test_a_stream_waits_for_a_slow_reader);
    ADD ("a-stream-is-compressed-as-asked", test_a_stream_is_compressed_as_asked);
    ADD ("a-stream-ends-when-its-client-leaves", test_a_stream_ends_when_its_client_leaves);
    ADD ("a-failed-stream-is-seen-to-be-incomplete", test_a_failed_stream_is_seen_to_be_incomplete);
    ADD ("a-long-poll-learns-that-its-client-left", test_a_long_poll_learns_that_its_client_left);
    ADD ("an-upgraded-socket-echoes", test_an_upgraded_socket_echoes);
    ADD ("stopping-lets-requests-finish", test_stopping_lets_requests_finish);
    ADD ("stopping-cuts-what-does-not-finish", test_stopping_cuts_what_does_not_finish);
    ADD ("a-port-in-use-is-named", test_a_port_in_use_is_named);
    return g_test_run ();
}
