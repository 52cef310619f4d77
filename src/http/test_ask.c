/* test_ask.c -- asking a server that is slow, endless, elsewhere or of the private network */
#include "http/client.h"

#include <string.h>

#include "base/error.h"
#include "http/http.h"

#define LIMIT_MS 20000

static void
on_gone (gpointer request)
{
    http_respond (request, http_response_new (204));
}

static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    out_plan->max_body_bytes = 10000;
    out_plan->on_event_thread = TRUE;
}

static HttpResponse *
redirect_to (const char *where)
{
    HttpResponse *response = http_response_new (302);

    http_response_set_header (response, "Location", where);
    return response;
}

static const char *
header_or_none (HttpRequest *request, const char *name)
{
    const char *value = http_request_header (request, name);

    return value != NULL ? value : "none";
}

static void
handle (gpointer app, HttpRequest *request)
{
    if (strcmp (request->path, "/echo") == 0) {
        g_autofree char *text = g_strdup_printf (
            "%s %s %s %s %.*s", request->method_text, header_or_none (request, "Accept"),
            header_or_none (request, "Authorization"), header_or_none (request, "X-Own"),
            (int) g_bytes_get_size (request->body),
            (const char *) g_bytes_get_data (request->body, NULL));

        http_respond (request, http_response_new_text (201, "text/plain", text));
    } else if (strcmp (request->path, "/large") == 0) {
        g_autofree char *text = g_strnfill (5000, 'x');

        http_respond (request, http_response_new_text (200, "text/plain", text));
    } else if (strcmp (request->path, "/moved") == 0) {
        http_respond (request, redirect_to ("/echo"));
    } else if (strcmp (request->path, "/round") == 0) {
        http_respond (request, redirect_to ("/round"));
    } else if (strcmp (request->path, "/file") == 0) {
        http_respond (request, redirect_to ("file:///etc/hostname"));
    } else { /* never */
        http_request_watch (request, on_gone, request);
    }
}

static const HttpApp app_class = { begin, handle, NULL };

typedef struct {
    HttpServer *server;
    Arena *arena;
    HttpReply reply;
    GError *error;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
    const HttpSettings settings = { .host = "127.0.0.1" };

    self->server = http_server_new (&settings, &app_class, NULL, &self->error);
    g_assert_no_error (self->error);
    self->arena = arena_new ();
}

static void
tear_down (Fixture *self, gconstpointer data)
{
    http_server_stop (self->server, 1);
    http_server_free (self->server);
    arena_free (self->arena);
    g_clear_error (&self->error);
}

static gboolean
ask (Fixture *self, const char *path, HttpAsk how)
{
    how.url = arena_printf (self->arena, "http://127.0.0.1:%u%s",
                            (unsigned) http_server_port (self->server), path);
    if (how.time_limit_ms == 0)
        how.time_limit_ms = LIMIT_MS;
    if (how.max_bytes == 0)
        how.max_bytes = 1000;
    return http_ask (&how, self->arena, &self->reply, &self->error);
}

static void
assert_no_answer (Fixture *self, const char *why)
{
    g_assert_error (self->error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_assert_nonnull (strstr (self->error->message, why));
    g_assert_null (strstr (self->error->message, "secret")); /* only the server is named */
    g_clear_error (&self->error);
}

static void
test_answer_comes_whole (Fixture *self, gconstpointer data)
{
    g_assert_true (ask (self, "/echo", (HttpAsk){ .accept = "a/b", .is_insecure = TRUE }));
    g_assert_cmpuint (self->reply.status, ==, 201);
    g_assert_cmpstr (self->reply.content_type, ==, "text/plain");
    g_assert_cmpstr (self->reply.body, ==, "GET a/b none none ");
    g_assert_cmpuint (self->reply.n_bytes, ==, strlen ("GET a/b none none "));
    g_assert_true (
        ask (self, "/echo",
             (HttpAsk){
                 .form = "a=b", .accept = "c", .authorization = "Basic x", .is_insecure = TRUE }));
    g_assert_cmpstr (self->reply.body, ==, "POST c Basic x none a=b");
}

static void
test_json_is_sent_as_asked (Fixture *self, gconstpointer data)
{
    g_assert_true (ask (self, "/echo",
                        (HttpAsk){ .method = "PUT",
                                   .json = "{\"a\":1}",
                                   .header_name = "X-Own",
                                   .header_value = "value",
                                   .accept = "c",
                                   .takes_http = TRUE }));
    g_assert_cmpstr (self->reply.body, ==, "PUT c none value {\"a\":1}");
}

static void
test_plain_http_must_be_allowed (Fixture *self, gconstpointer data)
{
    g_assert_false (ask (self, "/echo?secret", (HttpAsk){ .time_limit_ms = LIMIT_MS }));
    assert_no_answer (self, "http");
}

static void
test_sizes_have_a_limit (Fixture *self, gconstpointer data)
{
    g_assert_false (ask (self, "/large", (HttpAsk){ .max_bytes = 4999, .is_insecure = TRUE }));
    assert_no_answer (self, "too large");
    g_assert_true (ask (self, "/large", (HttpAsk){ .max_bytes = 5000, .is_insecure = TRUE }));
    g_assert_cmpuint (self->reply.n_bytes, ==, 5000);
}

static void
test_time_has_a_limit (Fixture *self, gconstpointer data)
{
    g_assert_false (
        ask (self, "/never?secret", (HttpAsk){ .time_limit_ms = 50, .is_insecure = TRUE }));
    assert_no_answer (self, "imed out");
}

static void
test_redirects_stay_in_the_web (Fixture *self, gconstpointer data)
{
    g_assert_true (ask (self, "/moved", (HttpAsk){ .is_insecure = TRUE }));
    g_assert_cmpuint (self->reply.status, ==, 302);
    g_assert_true (ask (self, "/moved", (HttpAsk){ .max_redirects = 1, .is_insecure = TRUE }));
    g_assert_cmpuint (self->reply.status, ==, 201);
    g_assert_false (ask (self, "/round", (HttpAsk){ .max_redirects = 3, .is_insecure = TRUE }));
    assert_no_answer (self, "redirects");
    g_assert_false (ask (self, "/file", (HttpAsk){ .max_redirects = 3, .is_insecure = TRUE }));
    assert_no_answer (self, "file");
}

static void
test_strangers_do_not_reach_the_private_network (Fixture *self, gconstpointer data)
{
    g_assert_false (ask (self, "/echo", (HttpAsk){ .is_insecure = TRUE, .is_strangers = TRUE }));
    g_assert_error (self->error, APP_ERROR, APP_ERROR_FORBIDDEN);
    g_assert_nonnull (strstr (self->error->message, "private network"));
}

static void
test_nothing_else_is_asked (void)
{
    static const char *const urls[] = { "file:///etc/hostname",
                                        "ftp://127.0.0.1/",
                                        "gopher://127.0.0.1/",
                                        "data:text/plain,x",
                                        "",
                                        "http://" };
    g_autoptr (Arena) arena = arena_new ();
    HttpReply reply;

    for (gsize i = 0; i < G_N_ELEMENTS (urls); i++) {
        const HttpAsk how = {
            .url = urls[i], .time_limit_ms = LIMIT_MS, .max_bytes = 1000, .is_insecure = TRUE
        };
        g_autoptr (GError) error = NULL;

        g_assert_false (http_ask (&how, arena, &reply, &error));
        g_assert_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    }
}

static void
test_public_addresses_are_known (void)
{
    static const struct {
        const char *text;
        gboolean is_public;
    } cases[] = {
        { "1.1.1.1", TRUE },
        { "172.15.0.1", TRUE },
        { "172.32.0.1", TRUE },
        { "100.128.0.1", TRUE },
        { "192.169.0.1", TRUE },
        { "2606:4700::1111", TRUE },
        { "::ffff:1.1.1.1", TRUE },
        { "127.0.0.1", FALSE },
        { "127.9.9.9", FALSE },
        { "10.1.2.3", FALSE },
        { "172.16.0.1", FALSE },
        { "172.31.255.255", FALSE },
        { "192.168.1.1", FALSE },
        { "169.254.169.254", FALSE },
        { "100.64.0.1", FALSE },
        { "0.0.0.0", FALSE },
        { "224.0.0.1", FALSE },
        { "255.255.255.255", FALSE },
        { "::", FALSE },
        { "::1", FALSE },
        { "fe80::1", FALSE },
        { "fd00::1", FALSE },
        { "ff02::1", FALSE },
        { "::ffff:127.0.0.1", FALSE },
        { "64:ff9b::a00:1", FALSE },
        { "2002:7f00:1::1", FALSE },
        { "localhost", FALSE },
        { "", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_test_message ("%s", cases[i].text);
        g_assert_cmpint (http_is_public_address (cases[i].text), ==, cases[i].is_public);
    }
}

static void
test_servers_are_named_without_secrets (void)
{
    static const struct {
        const char *url, *server;
    } cases[] = {
        { "https://id.example.com:8443/realms/a?token=secret", "https://id.example.com:8443" },
        { "https://anna:secret@id.example.com/.well-known/x", "https://id.example.com" },
        { "https://anna:s@cret@id.example.com", "https://id.example.com" },
        { "https://id.example.com/@secret", "https://id.example.com" },
        { "https://secret@", "https://" },
        { "https://a\033[2J/", "https://a\\033[2J" },
        { "secret", "" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *server = http_server_of (cases[i].url);

        g_assert_cmpstr (server, ==, cases[i].server);
    }
}

static void
test_pairs_are_form_encoded (void)
{
    g_autoptr (GString) out = g_string_new (NULL);

    http_append_pair (out, "a b", "openid email");
    http_append_pair (out, "c", "&=+%/\xc3\xa4");
    g_assert_cmpstr (out->str, ==, "a+b=openid+email&c=%26%3D%2B%25%2F%C3%A4");
    g_string_assign (out, "https://x/y?");
    http_append_pair (out, "c", "1");
    g_assert_cmpstr (out->str, ==, "https://x/y?c=1");
}

#define ADD(name, function)                                                                        \
    g_test_add ("/http-client/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD ("answer", test_answer_comes_whole);
    ADD ("json", test_json_is_sent_as_asked);
    ADD ("plain", test_plain_http_must_be_allowed);
    ADD ("size", test_sizes_have_a_limit);
    ADD ("time", test_time_has_a_limit);
    ADD ("redirects", test_redirects_stay_in_the_web);
    ADD ("strangers", test_strangers_do_not_reach_the_private_network);
    g_test_add_func ("/http-client/schemes", test_nothing_else_is_asked);
    g_test_add_func ("/http-client/addresses", test_public_addresses_are_known);
    g_test_add_func ("/http-client/servers", test_servers_are_named_without_secrets);
    g_test_add_func ("/http-client/pairs", test_pairs_are_form_encoded);
    return g_test_run ();
}
