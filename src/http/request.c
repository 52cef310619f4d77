/* request.c -- the head of a request: what it means, and asking it for headers and cookies
 *
 * What two servers in a row could understand differently (request smuggling, RFC 9112 section 11.2) is
 * refused: in its text by head.c, in its meaning here. */
#include <string.h>

#include "http/private.h"

#define CORRELATION_ID_MAX 200

const char *
http_request_header (HttpRequest *request, const char *name)
{
    Exchange *self = request->private_data;

    for (gsize i = 0; i < self->head.n_headers; i++)
        if (headers_is_name (self->head.headers[i].name, name))
            return self->head.headers[i].value;
    return NULL;
}

const char *
http_request_cookie (HttpRequest *request, const char *name)
{
    Exchange *self = request->private_data;
    gsize n_name = strlen (name);

    for (gsize i = 0; i < self->head.n_headers; i++) {
        if (!headers_is_name (self->head.headers[i].name, "Cookie"))
            continue;
        for (const char *at = self->head.headers[i].value; *at != '\0';) {
            gsize n;

            at += strspn (at, "; \t");
            n = strcspn (at, ";");
            if (n > n_name && at[n_name] == '=' && strncmp (at, name, n_name) == 0) {
                const char *value = at + n_name + 1;
                gsize n_value = n - n_name - 1;
                const char *decoded;

                while (n_value > 0 && g_ascii_isspace (value[n_value - 1]))
                    n_value--;
                if (n_value >= 2 && value[0] == '"' && value[n_value - 1] == '"') {
                    value++;
                    n_value -= 2;
                }
                decoded = http_percent_decode (request->arena, value, (gssize) n_value, FALSE);
                return decoded != NULL ? decoded : arena_strndup (request->arena, value, n_value);
            }
            at += n;
        }
    }
    return NULL;
}

static HttpMethod
method_parse (const char *text)
{
    static const char *const names[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        if (strcmp (text, names[i]) == 0)
            return (HttpMethod) i;
    return HTTP_OTHER;
}

/* The first of a comma list, without blanks around it. */
static char *
first_of_list (Arena *arena, const char *list)
{
    return g_strstrip (arena_strndup (arena, list, strcspn (list, ",")));
}

static gboolean
is_printable (const char *text, gsize max_bytes)
{
    gsize length = 0;

    for (; text[length] != '\0'; length++)
        if (length == max_bytes || text[length] < 0x20 || text[length] > 0x7e)
            return FALSE;
    return length > 0;
}

static gboolean
read_target (Exchange *self, GError **error)
{
    HttpRequest *request = &self->request;
    const char *path = request->target, *question;

    for (const char *c = path; *c != '\0'; c++) {
        if ((guchar) *c <= 0x20 || *c == 0x7f) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                                 "the request's path has a blank or a control character; "
                                 "percent-encode it");
            return FALSE;
        }
    }
    /* absolute form, RFC 9112 section 3.2.2 */
    if (g_ascii_strncasecmp (path, "http://", 7) == 0 ||
        g_ascii_strncasecmp (path, "https://", 8) == 0) {
        path = strstr (path, "//") + 2;
        path += strcspn (path, "/?");
        if (*path != '/')
            path = arena_printf (request->arena, "/%s", path);
    }
    if (*path != '/' && !(request->method == HTTP_OPTIONS && strcmp (path, "*") == 0)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "the request's path must begin with '/'");
        return FALSE;
    }
    question = strchr (path, '?');
    request->path =
        question == NULL ? path : arena_strndup (request->arena, path, (gsize) (question - path));
    request->query = question == NULL ? "" : question + 1;
    return TRUE;
}

/* How long the body is must have one reading only. */
static gboolean
read_body_length (Exchange *self, const char *length, guint n_lengths, const char *encoding,
                  guint n_encodings, GError **error)
{
    self->request.content_length = -1;
    if (n_encodings > 0) {
        /* who speaks 1.0 does not know chunks, and passed on what it did not understand (section 6.1) */
        if (n_encodings > 1 || n_lengths > 0 || self->head.is_1_0 ||
            g_ascii_strcasecmp (encoding, "chunked") != 0) {
            g_set_error_literal (
                error, APP_ERROR, APP_ERROR_INVALID,
                "the body's length is unclear: send either Content-Length or, with "
                "HTTP/1.1, 'Transfer-Encoding: chunked', once");
            return FALSE;
        }
        self->has_body = self->is_chunked = TRUE;
    } else if (n_lengths > 0) {
        char *end = NULL;
        guint64 value = g_ascii_strtoull (length, &end, 10);

        if (n_lengths > 1 || !g_ascii_isdigit (*length) || *end != '\0' || value > G_MAXINT64) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                                 "Content-Length must be one number, sent once");
            return FALSE;
        }
        self->request.content_length = (gint64) value;
        self->has_body = value > 0;
    }
    return TRUE;
}

static gboolean
read_text (Exchange *self, GError **error)
{
    HttpRequest *request = &self->request;
    char *text = self->head_text;
    char *next =
        head_read_line (&self->head, text, self->n_head_text, self->head_is_cut ? NULL : error);

    if (next != NULL) {
        request->method_text = self->head.method;
        request->method = method_parse (self->head.method);
        request->target = self->head.target;
    }
    if (self->head_is_cut) {
        g_set_error (error, APP_ERROR, APP_ERROR_HEADERS,
                     "the request's path and headers have more than the %u bytes that are taken; "
                     "clear this site's cookies",
                     self->server->max_head_bytes);
        return FALSE;
    }
    return next != NULL && head_read_headers (&self->head, request->arena, next,
                                              self->n_head_text - (gsize) (next - text), error);
}

gboolean
request_read_head (Exchange *self, GError **error)
{
    HttpRequest *request = &self->request;
    const char *length = NULL, *encoding = NULL, *correlation_id = NULL;
    const char *forwarded_proto = NULL, *forwarded_host = NULL, *forwarded_for = NULL;
    guint n_lengths = 0, n_encodings = 0, n_hosts = 0;
    gboolean is_read, keeps = FALSE;

    request->method_text = "-";
    request->method = HTTP_OTHER;
    request->path = "/";
    request->query = "";
    request->host = "";
    request->peer = arena_strdup (request->arena, self->connection->peer); /* may outlive it */
    request->content_length = -1;
    is_read = read_text (self, error);

    for (gsize i = 0; i < self->head.n_headers; i++) {
        const char *name = self->head.headers[i].name, *value = self->head.headers[i].value;

        switch (g_ascii_tolower (*name)) { /* most headers are passed over by their first letter */
        case 'c':
            if (g_ascii_strcasecmp (name, "Content-Length") == 0) {
                length = value;
                n_lengths++;
            } else if (g_ascii_strcasecmp (name, "Connection") == 0) {
                self->must_close = self->must_close || head_list_has (value, "close");
                keeps = keeps || head_list_has (value, "keep-alive");
            }
            break;
        case 'e':
            if (g_ascii_strcasecmp (name, "Expect") == 0)
                self->expects_continue =
                    !self->head.is_1_0 && g_ascii_strcasecmp (value, "100-continue") == 0;
            break;
        case 'h':
            if (g_ascii_strcasecmp (name, "Host") == 0) {
                request->host = value;
                n_hosts++;
            }
            break;
        case 't':
            if (g_ascii_strcasecmp (name, "Transfer-Encoding") == 0) {
                encoding = value;
                n_encodings++;
            }
            break;
        case 'x':
            if (g_ascii_strcasecmp (name, "X-Correlation-ID") == 0)
                correlation_id = value;
            else if (!self->connection->is_proxy)
                break;
            else if (g_ascii_strcasecmp (name, "X-Forwarded-For") == 0)
                forwarded_for = forwarded_for == NULL
                                    ? value
                                    : arena_printf (request->arena, "%s,%s", forwarded_for, value);
            else if (g_ascii_strcasecmp (name, "X-Forwarded-Proto") == 0)
                forwarded_proto = value;
            else if (g_ascii_strcasecmp (name, "X-Forwarded-Host") == 0)
                forwarded_host = value;
            break;
        default:
            break;
        }
    }

    if (correlation_id != NULL && is_printable (correlation_id, CORRELATION_ID_MAX)) {
        request->correlation_id = correlation_id;
    } else {
        char *made = arena_alloc (request->arena, 9);

        headers_new_correlation_id (made);
        request->correlation_id = made;
    }
    if (forwarded_for != NULL)
        request->peer =
            proxy_list_client (self->server->proxies, request->arena, forwarded_for, request->peer);
    if (forwarded_proto != NULL)
        request->is_secure =
            g_ascii_strcasecmp (first_of_list (request->arena, forwarded_proto), "https") == 0;
    if (forwarded_host != NULL)
        request->host = first_of_list (request->arena, forwarded_host);

    self->must_close = self->must_close || (self->head.is_1_0 && !keeps);
    if (!is_read)
        return FALSE;
    if (!read_body_length (self, length, n_lengths, encoding, n_encodings, error) ||
        !read_target (self, error))
        return FALSE;
    if (n_hosts > 1 || (n_hosts == 0 && !self->head.is_1_0)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "the request must have one Host header");
        return FALSE;
    }
    return TRUE;
}
