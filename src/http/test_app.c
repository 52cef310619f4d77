/* test_app.c -- see test_app.h; begin () and handle () list what the paths do */
#include "http/test_app.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

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

guint
test_app_get (App *app, const guint *count)
{
    guint n;

    g_mutex_lock (&app->lock);
    n = *count;
    g_mutex_unlock (&app->lock);
    return n;
}

void
test_app_wait (App *app, const guint *count, guint at_least)
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
    while (test_app_get (app, &app->n_produced) < 20 * 1000 * 1000 &&
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

static gboolean
may_go_on (gpointer data)
{
    App *app = data;
    gboolean is_closed;

    g_mutex_lock (&app->lock);
    is_closed = app->is_closed;
    g_mutex_unlock (&app->lock);
    bump (app, &app->n_asked);
    return !is_closed;
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
    if (strcmp (request->query, "guarded") == 0)
        http_response_set_guard (response, may_go_on, app);
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
    } else if (strcmp (path, "/of-type") == 0) {
        http_respond (request, http_response_new_text (200, request->query, "content"));
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

const HttpApp test_app_class = { begin, handle, answer_failure };

void
test_app_set_up (Fixture *self, gconstpointer data)
{
    static const HttpSettings usual = { .host = "127.0.0.1", .n_event_threads = 2 };
    const HttpSettings *settings = data != NULL ? data : &usual;
    g_autoptr (GError) error = NULL;

    g_mutex_init (&self->app.lock);
    g_cond_init (&self->app.changed);
    self->app.folder = g_dir_make_tmp ("test-http-XXXXXX", &error);
    g_assert_no_error (error);
    self->server = http_server_new (settings, &test_app_class, &self->app, &error);
    g_assert_no_error (error);
    self->port = http_server_port (self->server);
}

void
test_app_tear_down (Fixture *self, gconstpointer data)
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

void
test_assert_header (TestReply *reply, const char *name, const char *expected)
{
    g_autofree char *value = test_reply_header (reply, name);

    g_assert_cmpstr (value, ==, expected);
}

void
test_assert_text (TestReply *reply, unsigned status, const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_nonnull (reply);
    text = test_reply_text (reply);
    g_assert_cmpuint (reply->status, ==, status);
    g_assert_true (reply->is_complete);
    g_assert_cmpstr (text, ==, expected);
}
