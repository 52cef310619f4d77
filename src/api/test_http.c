/* test_http.c -- see test_http.h */
#include "api/test_http.h"

#include <string.h>

#include "base/error.h"

struct _HttpResponse {
    unsigned status;
    char *body;
    GString *cookies;
    char *header;
};

typedef struct {
    TestAnswer *answer;
} Exchange;

typedef struct {
    HttpRequest base;
    gint n_refs; /* atomic */
    char **headers;
} TestRequest;

HttpResponse *
http_response_new (unsigned status)
{
    HttpResponse *self = g_new0 (HttpResponse, 1);

    self->status = status;
    self->body = g_strdup ("");
    self->cookies = g_string_new (NULL);
    return self;
}

HttpResponse *
http_response_new_json (unsigned status, GString *body)
{
    HttpResponse *self = http_response_new (status);

    g_free (self->body);
    self->body = g_string_free (body, FALSE);
    return self;
}

void
http_response_set_header (HttpResponse *self, const char *name, const char *value)
{
    g_free (self->header);
    self->header = g_strdup_printf ("%s: %s", name, value);
}

void
http_response_add_header (HttpResponse *self, const char *name, const char *value)
{
    g_string_append_printf (self->cookies, "%s\n", value);
}

gboolean
http_response_is_stream (const HttpResponse *self)
{
    return FALSE;
}

gboolean
http_response_claim (HttpResponse *self, HttpRequest *request, const char *who)
{
    return TRUE;
}

void
http_response_free (HttpResponse *self)
{
    if (self == NULL)
        return;
    g_free (self->body);
    g_free (self->header);
    g_string_free (self->cookies, TRUE);
    g_free (self);
}

void
test_answer_free (TestAnswer *self)
{
    if (self == NULL)
        return;
    g_free (self->body);
    g_free (self->cookies);
    g_free (self->header);
    g_free (self);
}

const char *
http_request_header (HttpRequest *self, const char *name)
{
    const TestRequest *request = (TestRequest *) self;
    gsize length = strlen (name);

    for (char **line = request->headers; *line != NULL; line++)
        if (g_ascii_strncasecmp (*line, name, length) == 0 && (*line)[length] == ':')
            return *line + length + 2;
    return NULL;
}

const char *
http_request_cookie (HttpRequest *self, const char *name)
{
    g_autofree char *header = g_strdup_printf ("cookie-%s", name);

    return http_request_header (self, header);
}

void
http_request_ref (HttpRequest *request)
{
    g_atomic_int_inc (&((TestRequest *) request)->n_refs);
}

/* The request is gone once it is answered, as with the real server. */
void
http_request_unref (HttpRequest *request)
{
    TestRequest *self = (TestRequest *) request;

    if (!g_atomic_int_dec_and_test (&self->n_refs))
        return;
    g_strfreev (self->headers);
    g_clear_pointer (&request->body, g_bytes_unref);
    arena_free (request->arena);
    g_free (self);
}

void
http_respond (HttpRequest *request, HttpResponse *response)
{
    Exchange *exchange = request->private_data;

    g_assert_null (exchange->answer); /* answered once */
    exchange->answer = g_new0 (TestAnswer, 1);
    exchange->answer->status = response->status;
    exchange->answer->body = g_strdup (response->body);
    exchange->answer->cookies = g_strdup (response->cookies->str);
    exchange->answer->header = g_strdup (response->header);
    http_response_free (response);
    http_request_unref (request);
}

static HttpMethod
method_of (const char *text)
{
    static const char *const names[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        if (g_str_equal (names[i], text))
            return i;
    return HTTP_OTHER;
}

static HttpRequest *
make_request (Exchange *exchange, const char *method, const char *target, const char *headers,
              gssize n_body)
{
    TestRequest *self = g_new0 (TestRequest, 1);
    HttpRequest *request = &self->base;
    g_auto (GStrv) parts = g_strsplit (target, "?", 2);

    self->n_refs = 1;
    self->headers = g_strsplit (headers == NULL ? "" : headers, "\n", -1);
    request->arena = arena_new ();
    request->method = method_of (method);
    request->method_text = arena_strdup (request->arena, method);
    request->target = arena_strdup (request->arena, target);
    request->path = arena_strdup (request->arena, parts[0]);
    request->query = arena_strdup (request->arena, parts[1] == NULL ? "" : parts[1]);
    request->correlation_id = "testtest";
    request->content_length = n_body > 0 ? n_body : -1;
    request->private_data = exchange;
    return request;
}

/* @return whether the whole body was taken */
static gboolean
feed_sink (const HttpApp *app_class, gpointer app, HttpRequest *request, const HttpPlan *plan,
           const char *body, gsize n_body, gsize piece_bytes)
{
    for (gsize at = 0; at < n_body;) {
        g_autoptr (GError) error = NULL;
        gsize n = piece_bytes == 0 ? n_body : MIN (piece_bytes, n_body - at);

        if (!plan->sink_class->write (plan->sink, (const guint8 *) body + at, n, &error)) {
            app_class->fail (app, request, error);
            return FALSE;
        }
        at += n;
    }
    return TRUE;
}

TestAnswer *
test_ask (const HttpApp *app_class, gpointer app, const char *method, const char *target,
          const char *headers, const char *body, gssize n_body, gsize piece_bytes)
{
    gsize n = body == NULL ? 0 : n_body < 0 ? strlen (body) : (gsize) n_body;
    Exchange exchange = { 0 };
    HttpRequest *request = make_request (&exchange, method, target, headers, (gssize) n);
    HttpPlan plan = { 0 };

    app_class->begin (app, request, &plan);
    if (plan.body == HTTP_BODY_SINK) {
        if (feed_sink (app_class, app, request, &plan, body, n, piece_bytes))
            app_class->handle (app, request);
    } else if (n > plan.max_body_bytes) {
        g_autoptr (GError) error = g_error_new (APP_ERROR, APP_ERROR_TOO_LARGE, "too large");

        app_class->fail (app, request, error);
    } else {
        request->body = g_bytes_new (body, n);
        app_class->handle (app, request);
    }
    g_assert_nonnull (exchange.answer);
    return exchange.answer;
}

void
test_leave (const HttpApp *app_class, gpointer app, const char *method, const char *target,
            const char *headers, const char *body, gssize n_body)
{
    gsize n = n_body < 0 ? strlen (body) : (gsize) n_body;
    Exchange exchange = { 0 };
    HttpRequest *request = make_request (&exchange, method, target, headers, (gssize) n);
    HttpPlan plan = { 0 };
    g_autoptr (GError) error = NULL;

    app_class->begin (app, request, &plan);
    g_assert_cmpint (plan.body, ==, HTTP_BODY_SINK);
    g_assert_true (plan.sink_class->write (plan.sink, (const guint8 *) body, n - 1, &error));
    plan.sink_class->abort (plan.sink);
    g_assert_null (exchange.answer);
    http_request_unref (request);
}
