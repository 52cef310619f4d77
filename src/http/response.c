/* response.c -- what the application answers, and how it becomes a response on the wire
 *
 * An HttpResponse is a description, made in any thread without knowing the request. response_finish ()
 * meets it with the request: validators, compression, ranges and the headers of every answer. It
 * runs in the thread that answers, so that compressing never keeps an event thread busy. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "http/compress.h"
#include "http/hot_files.h"
#include "http/private.h"

#define COMPRESS_MIN_BYTES 1024
#define JSON_TYPE "application/json; charset=utf-8"
#define HTML_TYPE "text/html; charset=utf-8"

typedef enum {
    RESPONSE_EMPTY,
    RESPONSE_BYTES,
    RESPONSE_JSON, /* or HTML: text that gets a tag and is compressed */
    RESPONSE_FILE,
    RESPONSE_STREAM,
    RESPONSE_UPGRADE
} ResponseKind;

struct _HttpResponse {
    Arena *arena; /* holds everything here but the body */
    ResponseKind kind;
    unsigned status;
    const char *content_type;
    HttpPair *headers;
    gsize n_headers, n_room;

    GBytes *body;  /* BYTES, JSON */
    FileBody file; /* FILE */
    gboolean (*may_go_on) (gpointer data);
    gpointer guard_data;

    gboolean compress; /* STREAM */
    void (*produce) (HttpStream *stream, gpointer data);
    gpointer data;
    GDestroyNotify free_data;
    Share *share;

    UpgradeOffer *offer; /* UPGRADE */
};

static HttpResponse *
response_new (ResponseKind kind, unsigned status, const char *content_type)
{
    Arena *arena = arena_new ();
    HttpResponse *self = arena_new0 (arena, HttpResponse);

    self->arena = arena;
    self->kind = kind;
    self->status = status;
    self->content_type = arena_strdup (arena, content_type);
    self->file.fd = -1;
    return self;
}

HttpResponse *
http_response_new (unsigned status)
{
    return response_new (RESPONSE_EMPTY, status, NULL);
}

HttpResponse *
http_response_new_bytes (unsigned status, const char *content_type, GBytes *body)
{
    HttpResponse *self = response_new (RESPONSE_BYTES, status, content_type);

    self->body = body;
    return self;
}

HttpResponse *
http_response_new_text (unsigned status, const char *content_type, const char *body)
{
    return http_response_new_bytes (status, content_type, g_bytes_new (body, strlen (body)));
}

HttpResponse *
http_response_new_json (unsigned status, GString *body)
{
    HttpResponse *self = response_new (RESPONSE_JSON, status, JSON_TYPE);

    self->body = g_string_free_to_bytes (body);
    return self;
}

HttpResponse *
http_response_new_html (unsigned status, GString *body)
{
    HttpResponse *self = response_new (RESPONSE_JSON, status, HTML_TYPE);

    self->body = g_string_free_to_bytes (body);
    return self;
}

HttpResponse *
http_response_new_file (int fd, const char *content_type)
{
    HttpResponse *self = response_new (RESPONSE_FILE, 200, content_type);

    self->file.fd = fd;
    return self;
}

HttpResponse *
http_response_new_path (const char *path, const char *content_type)
{
    FileBody file = { .fd = -1 };
    HttpResponse *self;

    file.bytes = hot_files_find (path, &file.info);
    file.is_known = file.bytes != NULL;
    /* a library may hold anything: opening a FIFO must not wait for its other end */
    if (file.bytes == NULL &&
        (file.fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) < 0)
        return NULL;
    self = response_new (RESPONSE_FILE, 200, content_type);
    self->file = file;
    self->file.path = arena_strdup (self->arena, path);
    return self;
}

void
http_response_set_guard (HttpResponse *self, gboolean (*may_go_on) (gpointer data), gpointer data)
{
    self->may_go_on = may_go_on;
    self->guard_data = data;
}

HttpResponse *
http_response_new_stream (const char *content_type, gboolean compress,
                          void (*produce) (HttpStream *stream, gpointer data), gpointer data,
                          GDestroyNotify free_data)
{
    HttpResponse *self = response_new (RESPONSE_STREAM, 200, content_type);

    self->compress = compress;
    self->produce = produce;
    self->data = data;
    self->free_data = free_data;
    return self;
}

gboolean
http_response_is_stream (const HttpResponse *self)
{
    return self->kind == RESPONSE_STREAM;
}

gboolean
http_response_claim (HttpResponse *self, HttpRequest *request, const char *who)
{
    const Exchange *exchange = request->private_data;

    g_return_val_if_fail (self->share == NULL, TRUE);
    self->share = shares_take (exchange->server->stream_shares, who);
    return self->share != NULL;
}

HttpResponse *
http_response_new_upgrade (Upgraded upgraded, gpointer data)
{
    HttpResponse *self = response_new (RESPONSE_UPGRADE, 101, NULL);

    self->offer = upgrade_offer_new (upgraded, data);
    return self;
}

void
http_response_free (HttpResponse *self)
{
    if (self == NULL)
        return;
    if (self->body != NULL)
        g_bytes_unref (self->body);
    file_body_clear (&self->file);
    if (self->free_data != NULL)
        self->free_data (self->data);
    share_free (self->share);
    if (self->offer != NULL)
        upgrade_offer_withdraw (self->offer);
    arena_free (self->arena);
}

const char *
response_get (HttpResponse *self, const char *name)
{
    for (gsize i = 0; i < self->n_headers; i++)
        if (headers_is_name (self->headers[i].name, name))
            return self->headers[i].value;
    return NULL;
}

void
http_response_add_header (HttpResponse *self, const char *name, const char *value)
{
    if (self->n_headers == self->n_room) {
        gsize n_room = self->n_room == 0 ? 8 : self->n_room * 2;

        self->headers = arena_grow (self->arena, self->headers, self->n_room * sizeof (HttpPair),
                                    n_room * sizeof (HttpPair));
        self->n_room = n_room;
    }
    self->headers[self->n_headers++] = (HttpPair){ name, arena_strdup (self->arena, value) };
}

void
http_response_set_header (HttpResponse *self, const char *name, const char *value)
{
    gsize n_kept = 0;

    if (headers_is_name (name, "Content-Type")) {
        self->content_type = arena_strdup (self->arena, value);
        return;
    }
    for (gsize i = 0; i < self->n_headers; i++)
        if (!headers_is_name (self->headers[i].name, name))
            self->headers[n_kept++] = self->headers[i];
    self->n_headers = n_kept;
    http_response_add_header (self, name, value);
}

void
http_response_set_untrusted (HttpResponse *self)
{
    http_response_set_header (self, "Content-Security-Policy",
                              "sandbox; default-src 'none'; style-src 'unsafe-inline'");
}

/* ---- meeting the request ---- */

static void
finish_bytes (HttpResponse *self, Exchange *exchange)
{
    exchange->body = g_steal_pointer (&self->body);
    exchange->n_body_bytes = g_bytes_get_size (exchange->body);
}

/* TRUE: the client has it already, and gets 304. */
static gboolean
is_fresh (HttpResponse *self, const HttpRequest *request, const char *etag)
{
    const char *known;

    if (self->status != 200 || etag == NULL ||
        (request->method != HTTP_GET && request->method != HTTP_HEAD))
        return FALSE;
    known = http_request_header ((HttpRequest *) (gsize) request, "If-None-Match");
    return known != NULL && headers_etag_matches (known, etag);
}

static void
finish_json (HttpResponse *self, Exchange *exchange)
{
    HttpRequest *request = &exchange->request;
    gsize n_bytes = 0;
    gconstpointer bytes = g_bytes_get_data (self->body, &n_bytes);
    ContentEncoding encoding = ENCODING_IDENTITY;
    const char *suffix = "";
    char etag[64];

    g_snprintf (etag, sizeof etag, "\"%" G_GSIZE_MODIFIER "x-%016" G_GINT64_MODIFIER "x\"", n_bytes,
                (guint64) XXH3_64bits (bytes, n_bytes));
    http_response_set_header (self, "Vary", "Accept-Encoding");
    if (is_fresh (self, request, etag)) {
        http_response_set_header (self, "ETag", etag);
        self->status = 304;
        return;
    }
    if (n_bytes > COMPRESS_MIN_BYTES)
        encoding = compress_choose (http_request_header (request, "Accept-Encoding"));
    if (encoding != ENCODING_IDENTITY) {
        GBytes *smaller = compress_bytes (encoding, bytes, n_bytes);

        if (smaller != NULL) {
            g_bytes_unref (self->body);
            self->body = smaller;
            suffix = encoding == ENCODING_BR ? "-br" : "-gzip";
            http_response_set_header (self, "Content-Encoding", compress_name (encoding));
        }
    }
    /* a strong validator names bytes, so each encoding has its own */
    etag[strlen (etag) - 1] = '\0';
    g_strlcat (etag, suffix, sizeof etag);
    g_strlcat (etag, "\"", sizeof etag);
    http_response_set_header (self, "ETag", etag);
    finish_bytes (self, exchange);
}

static void
finish_stream (HttpResponse *self, Exchange *exchange)
{
    HttpRequest *request = &exchange->request;
    HttpStream *stream = stream_new (exchange->server, self->produce, self->data, self->free_data,
                                     g_steal_pointer (&self->share));
    ContentEncoding encoding = ENCODING_IDENTITY;

    self->free_data = NULL; /* the stream's now */
    if (self->compress) {
        http_response_set_header (self, "Vary", "Accept-Encoding");
        encoding = compress_choose (http_request_header (request, "Accept-Encoding"));
        if (encoding != ENCODING_IDENTITY)
            http_response_set_header (self, "Content-Encoding", compress_name (encoding));
    }
    stream_set_encoding (stream, (int) encoding);
    exchange->stream = stream;
    if (request->method != HTTP_HEAD)
        stream_start (stream);
}

static gboolean
is_under_api (const char *path)
{
    return (strncmp (path, "/api", 4) == 0 || g_ascii_strncasecmp (path, "/api", 4) == 0) &&
           (path[4] == '/' || path[4] == '\0');
}

/* ---- the head of the answer ---- */

static void
put (Exchange *self, const char *text, gsize n_bytes)
{
    if (self->n_answer_head + n_bytes > self->answer_head_room) {
        gsize room = MAX (2 * self->answer_head_room, self->n_answer_head + n_bytes + 1024);

        self->answer_head =
            arena_grow (self->request.arena, self->answer_head, self->n_answer_head, room);
        self->answer_head_room = room;
    }
    memcpy (self->answer_head + self->n_answer_head, text, n_bytes);
    self->n_answer_head += n_bytes;
}

static void
put_text (Exchange *self, const char *text)
{
    put (self, text, strlen (text));
}

static void
put_number (Exchange *self, guint64 number)
{
    char digits[20];
    gsize n = 0;

    do
        digits[sizeof digits - ++n] = (char) ('0' + number % 10);
    while ((number /= 10) > 0);
    put (self, digits + sizeof digits - n, n);
}

void
answer_add_header (Exchange *self, const char *name, const char *value)
{
    gsize n_value = 0;

    for (; value[n_value] != '\0'; n_value++) {
        if ((guchar) value[n_value] < 0x20 || value[n_value] == 0x7f) {
            g_warning ("the header '%s' of an answer has a control character, left out", name);
            return;
        }
    }
    put_text (self, name);
    put (self, ": ", 2);
    put (self, value, n_value);
    put (self, "\r\n", 2);
}

/* RFC 9110 section 8.6 and 9112 section 6: how long the body is, where there may be one. */
static void
put_body_length (Exchange *self)
{
    if (self->offer != NULL || self->status == 204 || self->status == 304)
        return;
    if (self->stream == NULL) {
        put_text (self, "Content-Length: ");
        put_number (self, self->n_body_bytes);
        put (self, "\r\n", 2);
    } else if (self->head.is_1_0) {
        self->must_close = TRUE; /* its end is that of the connection */
    } else {
        put_text (self, "Transfer-Encoding: chunked\r\n");
    }
}

static void
put_status (Exchange *self)
{
    put_text (self, "HTTP/1.1 ");
    put_number (self, self->status);
    put_text (self, " ");
    put_text (self, http_problem_title (self->status));
    put (self, "\r\n", 2);
}

/* The head without its body. */
static void
drop_body (Exchange *self)
{
    g_clear_pointer (&self->body, g_bytes_unref);
    if (self->body_fd >= 0)
        close (self->body_fd);
    self->body_fd = -1;
    g_clear_pointer (&self->stream, stream_unref);
}

void
answer_end_head (Exchange *self, const char *date)
{
    answer_add_header (self, "Date", date);
    if (self->offer != NULL)
        answer_add_header (self, "Connection", "Upgrade");
    else if (self->must_close)
        answer_add_header (self, "Connection", "close");
    else if (self->head.is_1_0)
        answer_add_header (self, "Connection", "keep-alive");
    put (self, "\r\n", 2);
}

void
response_finish (HttpResponse *self, Exchange *exchange)
{
    const HttpRequest *request = &exchange->request;
    const char *content_type;

    switch (self->kind) {
    case RESPONSE_BYTES:
        if (is_fresh (self, request, response_get (self, "ETag")))
            self->status = 304;
        else
            finish_bytes (self, exchange);
        break;
    case RESPONSE_JSON:
        finish_json (self, exchange);
        break;
    case RESPONSE_FILE:
        self->status = file_response_finish (self, &self->file, exchange);
        if (self->status >= 400)
            self->content_type = JSON_TYPE;
        exchange->may_go_on = self->may_go_on;
        exchange->guard_data = self->guard_data;
        break;
    case RESPONSE_STREAM:
        finish_stream (self, exchange);
        break;
    case RESPONSE_UPGRADE:
        exchange->offer = g_steal_pointer (&self->offer);
        break;
    case RESPONSE_EMPTY:
    default:
        break;
    }

    exchange->status = self->status;
    put_status (exchange);
    put_body_length (exchange);
    content_type = self->status == 304 ? NULL : self->content_type;
    if (content_type != NULL)
        answer_add_header (exchange, "Content-Type", content_type);
    for (gsize i = 0; i < self->n_headers; i++)
        answer_add_header (exchange, self->headers[i].name, self->headers[i].value);
    headers_add_security (exchange, self, content_type);
    if (is_under_api (request->path))
        answer_add_header (exchange, "X-Correlation-ID", request->correlation_id);
    if (request->method == HTTP_HEAD)
        drop_body (exchange);
    http_response_free (self);
}
