/* file.c -- a file as an answer: validators, one range, sent by the kernel (sendfile) unless small */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/hot_files.h"
#include "http/private.h"
#include "http/ranges.h"

#define ETAG_BYTES 40 /* two numbers of 16 digits, 'W/', '-' and quotes */

/* RFC 9110 section 13.2.2: If-None-Match is stronger than If-Modified-Since. */
static gboolean
is_fresh (HttpRequest *request, const char *etag, gint64 modified_s)
{
    const char *none_match = http_request_header (request, "If-None-Match");
    const char *since;
    gint64 since_s;

    if (request->method != HTTP_GET && request->method != HTTP_HEAD)
        return FALSE;
    if (none_match != NULL)
        return headers_etag_matches (none_match, etag);
    since = http_request_header (request, "If-Modified-Since");
    return since != NULL && headers_http_date_parse (since, &since_s) && modified_s <= since_s;
}

/* A range counts only when the client's earlier part is of this very file. Our tag is weak in form
 * but has the time in milliseconds; the same text is taken for the same file, or no broken
 * download could ever be resumed by tag. */
static gboolean
range_counts (HttpRequest *request, const char *etag, gint64 modified_s)
{
    const char *if_range = http_request_header (request, "If-Range");
    gint64 date_s;

    if (request->method != HTTP_GET)
        return FALSE;
    if (if_range == NULL)
        return TRUE;
    if (strchr (if_range, '"') != NULL)
        return strcmp (if_range, etag) == 0;
    return headers_http_date_parse (if_range, &date_s) && date_s == modified_s;
}

static void
answer_text (Exchange *exchange, const char *text)
{
    exchange->n_body_bytes = strlen (text);
    exchange->body = g_bytes_new_static (text, exchange->n_body_bytes);
}

void
file_body_clear (FileBody *self)
{
    if (self->fd >= 0)
        close (self->fd);
    self->fd = -1;
    g_clear_pointer (&self->bytes, g_bytes_unref);
}

static gboolean
find_info (FileBody *self)
{
    gboolean ok = self->is_known || fstat (self->fd, &self->info) == 0;

    if (ok && S_ISREG (self->info.st_mode))
        return TRUE;
    g_warning ("cannot send a file: %s", ok ? "it is not a regular file" : g_strerror (errno));
    return FALSE;
}

/* FALSE: it became shorter, or can not be read. */
static gboolean
read_whole (FileBody *self)
{
    gsize n_bytes = (gsize) self->info.st_size;
    char *bytes = g_malloc (n_bytes);
    ssize_t n;

    do
        n = pread (self->fd, bytes, n_bytes, 0);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t) n_bytes) {
        g_free (bytes);
        return FALSE;
    }
    self->bytes = g_bytes_new_take (bytes, n_bytes);
    if (self->path != NULL)
        hot_files_keep (self->path, &self->info, self->bytes);
    return TRUE;
}

/* A thumbnail: in memory it leaves with its head in one packet, not in two, which costs less than
 * sendfile () saves. */
static void
answer_part (FileBody *self, Exchange *exchange, guint64 first, guint64 n_bytes)
{
    exchange->body_first = first;
    exchange->n_body_bytes = n_bytes;
    if (self->bytes != NULL || (self->info.st_size <= HOT_FILE_MAX_BYTES &&
                                exchange->request.method == HTTP_GET && read_whole (self))) {
        exchange->body = g_bytes_ref (self->bytes);
    } else {
        exchange->body_fd = self->fd;
        self->fd = -1; /* the answer's now */
    }
}

static char *
put_hex (char *at, guint64 value)
{
    int n_digits = value == 0 ? 1 : (67 - __builtin_clzll (value)) / 4;

    for (int i = n_digits - 1; i >= 0; i--, value >>= 4)
        at[i] = "0123456789abcdef"[value & 15];
    return at + n_digits;
}

/* By hand: each thumbnail has one. */
static void
put_etag (char out[ETAG_BYTES], guint64 size, guint64 modified_ms)
{
    char *at = put_hex (g_stpcpy (out, "W/\""), size);

    *at++ = '-';
    g_stpcpy (put_hex (at, modified_ms), "\"");
}

unsigned
file_response_finish (HttpResponse *response, FileBody *file, Exchange *exchange)
{
    HttpRequest *request = &exchange->request;
    const struct stat *info = &file->info;
    guint64 size, first, last;
    gint64 modified_ms;
    unsigned status = 200;
    char etag[ETAG_BYTES], date[32], content_range[96];

    if (!find_info (file)) {
        answer_text (exchange, "{\"message\":\"Internal Server Error\","
                               "\"error\":\"Internal Server Error\",\"statusCode\":500}");
        return 500;
    }
    size = (guint64) info->st_size;
    modified_ms = (gint64) info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
    put_etag (etag, size, (guint64) modified_ms);
    headers_http_date_format (info->st_mtim.tv_sec, date);
    if (response_get (response, "ETag") == NULL)
        http_response_set_header (response, "ETag", etag);
    http_response_set_header (response, "Last-Modified", date);
    http_response_set_header (response, "Accept-Ranges", "bytes");

    if (is_fresh (request, response_get (response, "ETag"), info->st_mtim.tv_sec))
        return 304;

    first = 0;
    last = size > 0 ? size - 1 : 0;
    if (range_counts (request, response_get (response, "ETag"), info->st_mtim.tv_sec)) {
        switch (range_parse (http_request_header (request, "Range"), size, &first, &last)) {
        case RANGE_PART:
            status = 206;
            g_snprintf (content_range, sizeof content_range,
                        "bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                        first, last, size);
            http_response_set_header (response, "Content-Range", content_range);
            break;
        case RANGE_UNSATISFIABLE:
            g_snprintf (content_range, sizeof content_range, "bytes */%" G_GUINT64_FORMAT, size);
            http_response_set_header (response, "Content-Range", content_range);
            answer_text (exchange, "{\"message\":\"Range Not Satisfiable\","
                                   "\"error\":\"Range Not Satisfiable\",\"statusCode\":416}");
            return 416;
        case RANGE_WHOLE:
        default:
            break;
        }
    }
    if (size > 0)
        answer_part (file, exchange, first, last - first + 1);
    return status;
}
