/* test_live.c -- the engine behind the real HTTP server, asked through sockets */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "api/api_contract.h"
#include "api/test_example_api.h"
#include "base/error.h"

#define UUID "0a7c3f52-1d2e-4f60-9a3b-0c1d2e3f4a5b"
#define DATE_PART                                                                                  \
    "--XX\r\nContent-Disposition: form-data; name=\"fileCreatedAt\"\r\n\r\n"                       \
    "2026-11-21T10:00:00Z\r\n"
#define FILE_BEGIN                                                                                 \
    "--XX\r\nContent-Disposition: form-data; name=\"assetData\"; filename=\"a.jpg\"\r\n\r\n"
#define END "\r\n--XX--\r\n"

struct _App {
    gint64 size_bytes; /* of the file that arrived last */
    gboolean knows_it; /* answers before the body */
    gint is_away;      /* atomic; what tells who somebody is does not answer */
};

static gboolean
authenticate (App *app, HttpRequest *request, Arena *arena, PresentedKind kind, const char *text,
              Auth *out, GError **error)
{
    while (g_atomic_int_get (&app->is_away))
        g_usleep (1000);
    if (!g_str_equal (text, "user")) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, "Invalid user token");
        return FALSE;
    }
    out->kind = CREDENTIAL_SESSION;
    out->user_id = UUID;
    return TRUE;
}

static ApiStatus
upload_thing (ApiCall *call, const UploadThingRequest *in, Inner *out)
{
    call->app->size_bytes = in->body->asset_data->size_bytes;
    out->id = UUID;
    return API_OK;
}

static ApiStatus
ping_thing (ApiCall *call, const PingThingRequest *in, StringList *out)
{
    out->items = arena_new_array (call->arena, const char *, 1);
    out->items[0] = "pong";
    out->n = 1;
    return API_OK;
}

static gboolean
before_body (ApiCall *call)
{
    if (!call->app->knows_it)
        return FALSE;
    api_respond (call, http_response_new_json (200, g_string_new ("{\"status\":\"duplicate\"}")));
    return TRUE;
}

static const ApiHandlers handlers = { .upload_thing = upload_thing, .ping_thing = ping_thing };

typedef struct {
    App app;
    Api *api;
    HttpServer *server;
    char *folder;
    GIOStream *stream;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
    HttpSettings http = { .host = "127.0.0.1", .n_event_threads = 1, .n_pool_threads = 2 };
    ApiSettings settings = { .app = &self->app,
                             .contract = &api_contract,
                             .authenticate = authenticate };
    g_autoptr (GError) error = NULL;

    self->folder = g_dir_make_tmp ("test-live-XXXXXX", &error);
    g_assert_no_error (error);
    settings.temporary_folder = self->folder;
    self->api = api_new (&settings);
    api_serve_test_example (self->api, &handlers);
    api_set_upload_hooks (self->api, "uploadThing", NULL, before_body);
    self->server = http_server_new (&http, api_http_app (), self->api, &error);
    g_assert_no_error (error);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
    g_clear_object (&self->stream);
    http_server_stop (self->server, 5);
    http_server_free (self->server);
    api_free (self->api);
    g_assert_cmpint (g_rmdir (self->folder), ==, 0); /* nothing was left in it */
    g_free (self->folder);
}

static void
open_connection (Fixture *self)
{
    g_autoptr (GSocketClient) client = g_socket_client_new ();
    g_autoptr (GError) error = NULL;

    self->stream = G_IO_STREAM (g_socket_client_connect_to_host (
        client, "127.0.0.1", http_server_port (self->server), NULL, &error));
    g_assert_no_error (error);
}

/* @return FALSE when the server closed meanwhile, which it may once it has answered */
static gboolean
send_bytes (Fixture *self, const char *bytes, gsize n)
{
    return g_output_stream_write_all (g_io_stream_get_output_stream (self->stream), bytes, n, NULL,
                                      NULL, NULL);
}

static gboolean
send_text (Fixture *self, const char *text)
{
    return send_bytes (self, text, strlen (text));
}

/* Read until the server closes, which Connection: close asks for. */
static void
expect_answer (Fixture *self, const char *status_line, const char *body)
{
    g_autoptr (GString) answer = g_string_new (NULL);
    GInputStream *in = g_io_stream_get_input_stream (self->stream);
    char buffer[4096];
    gssize n;

    while ((n = g_input_stream_read (in, buffer, sizeof buffer, NULL, NULL)) > 0)
        g_string_append_len (answer, buffer, n);
    g_test_message ("%s", answer->str);
    g_assert_true (g_str_has_prefix (answer->str, status_line));
    g_assert_nonnull (strstr (answer->str, body));
    g_clear_object (&self->stream);
}

static void
send_head (Fixture *self, const char *method, const char *path, const char *headers, gsize n_body)
{
    g_autofree char *head =
        g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %" //
                         G_GSIZE_FORMAT "\r\n%s\r\n",
                         method, path, n_body, headers);

    open_connection (self);
    g_assert_true (send_text (self, head));
}

static void
test_answers_come_through (Fixture *self, gconstpointer data)
{
    send_head (self, "GET", "/api/ping", "", 0);
    expect_answer (self, "HTTP/1.1 200 ", "\r\n\r\n[\"pong\"]");
    send_head (self, "GET", "/api/nowhere", "", 0);
    expect_answer (self, "HTTP/1.1 404 ", "{\"message\":\"Cannot GET /api/nowhere\"");
    send_head (self, "GET", "/api/things/statistics", "", 0);
    expect_answer (self, "HTTP/1.1 401 ", "{\"message\":\"Authentication required\"");
    send_head (self, "POST", "/api/things", "Content-Type: application/json\r\n", 1);
    send_text (self, "{");
    expect_answer (self, "HTTP/1.1 400 ", "the body is not valid JSON");
    send_head (self, "POST", "/api/things", "Content-Type: application/json\r\n", 20000000);
    expect_answer (self, "HTTP/1.1 413 ", "\"statusCode\":413");
}

#define UPLOAD "Content-Type: multipart/form-data; boundary=XX\r\n"

/* A file of @n_file zero bytes; stops when the server has heard enough. */
static void
upload (Fixture *self, const char *headers, gsize n_file)
{
    static const char zeros[64 * 1024];

    send_head (self, "POST", "/api/things/upload", headers,
               strlen (DATE_PART FILE_BEGIN END) + n_file);
    if (!send_text (self, DATE_PART FILE_BEGIN))
        return;
    for (gsize sent = 0, n; sent < n_file; sent += n) {
        n = MIN (sizeof zeros, n_file - sent);
        if (!send_bytes (self, zeros, n))
            return;
    }
    send_text (self, END);
}

static void
test_an_upload_arrives_whole (Fixture *self, gconstpointer data)
{
    gsize n = 20 * 1000 * 1000 + 7;

    upload (self, UPLOAD "x-immich-user-token: user\r\n", n);
    expect_answer (self, "HTTP/1.1 201 ", UUID);
    g_assert_cmpint (self->app.size_bytes, ==, n);
    upload (self, UPLOAD "x-immich-user-token: user\r\n", 0);
    expect_answer (self, "HTTP/1.1 201 ", UUID);
}

static void
test_an_upload_that_is_not_wanted_is_answered (Fixture *self, gconstpointer data)
{
    upload (self, UPLOAD, 100);
    expect_answer (self, "HTTP/1.1 401 ", "Authentication required");
    upload (self, UPLOAD "x-immich-user-token: no\r\n", 500 * 1000);
    expect_answer (self, "HTTP/1.1 401 ", "Invalid user token");
    self->app.knows_it = TRUE;
    upload (self, UPLOAD "x-immich-user-token: user\r\n", 500 * 1000);
    expect_answer (self, "HTTP/1.1 200 ", "{\"status\":\"duplicate\"}");
}

static void
test_a_client_that_leaves_leaves_nothing (Fixture *self, gconstpointer data)
{
    send_head (self, "POST", "/api/things/upload", UPLOAD "x-immich-user-token: user\r\n",
               1000 * 1000);
    g_assert_true (send_text (self, DATE_PART FILE_BEGIN "some bytes of it"));
    /* tear_down () stops the server, after which the folder must be empty */
}

static void
test_a_check_that_takes_long_holds_nobody_up (Fixture *self, gconstpointer data)
{
    const char *headers = UPLOAD "x-immich-user-token: user\r\n";
    const char *wrong_part = "--XX\r\nContent-Disposition: form-data; name=\"other\"; "
                             "filename=\"a.jpg\"\r\n\r\nx" END;
    GIOStream *wrong;

    g_atomic_int_set (&self->app.is_away, 1);
    send_head (self, "POST", "/api/things/upload", headers, 1000 * 1000);
    g_assert_true (send_text (self, DATE_PART FILE_BEGIN "some bytes of it"));
    g_clear_object (&self->stream); /* the client leaves */
    send_head (self, "POST", "/api/things/upload", headers, strlen (wrong_part));
    g_assert_true (send_text (self, wrong_part));
    wrong = g_steal_pointer (&self->stream);
    send_head (self, "GET", "/api/ping", "", 0);
    expect_answer (self, "HTTP/1.1 200 ", "pong");
    g_atomic_int_set (&self->app.is_away, 0);
    self->stream = wrong;
    expect_answer (self, "HTTP/1.1 400 ", "Unexpected field - other");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/api/live/" name, Fixture, NULL, set_up, test, tear_down)
    ADD ("answers-come-through", test_answers_come_through);
    ADD ("upload-arrives-whole", test_an_upload_arrives_whole);
    ADD ("upload-not-wanted", test_an_upload_that_is_not_wanted_is_answered);
    ADD ("check-takes-long", test_a_check_that_takes_long_holds_nobody_up);
    ADD ("client-leaves", test_a_client_that_leaves_leaves_nothing);
    return g_test_run ();
}
