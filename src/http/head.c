#include "http/head.h"

#include <string.h>

#include "base/error.h"

#define SKIPPED_MAX_BYTES 8192 /* extensions of chunks and trailers, of one body */
#define SIZE_MAX_DIGITS 15

gsize
head_end (const guint8 *bytes, gsize n_bytes)
{
    const guint8 *end = bytes + n_bytes;

    /* a lone LF ends a line here, to be refused when it is read: nobody waits for what does not come */
    for (const guint8 *at = bytes; (at = memchr (at, '\n', (gsize) (end - at))) != NULL;) {
        at++;
        if (at < end && *at == '\n')
            return (gsize) (at + 1 - bytes);
        if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
            return (gsize) (at + 2 - bytes);
    }
    return 0;
}

static gboolean
is_token_char (char c)
{
    return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

/* The line at @at without its end, which becomes a NUL. NULL: it does not end with CR LF, or not at all. */
static char *
take_line (char *at, char *end, gsize *out_n)
{
    char *line_end = memchr (at, '\n', (gsize) (end - at));

    if (line_end == NULL || line_end == at || line_end[-1] != '\r')
        return NULL;
    line_end[-1] = '\0';
    *out_n = (gsize) (line_end - 1 - at);
    return line_end + 1;
}

char *
head_read_line (Head *self, char *text, gsize n_bytes, GError **error)
{
    gsize n_line = 0, n_method = 0;
    char *next = take_line (text, text + n_bytes, &n_line), *blank;

    if (next == NULL)
        goto malformed;
    while (is_token_char (text[n_method]))
        n_method++;
    blank = n_method > 0 && text[n_method] == ' ' ? strchr (text + n_method + 1, ' ') : NULL;
    if (blank == NULL || strlen (text) != n_line)
        goto malformed;
    text[n_method] = '\0';
    self->method = text;
    self->target = text + n_method + 1;
    *blank = '\0';
    if (strlen (blank + 1) != 8 || strncmp (blank + 1, "HTTP/1.", 7) != 0 ||
        !g_ascii_isdigit (blank[8]))
        goto malformed;
    self->is_1_0 = blank[8] == '0';
    return next;

malformed:
    g_set_error_literal (
        error, APP_ERROR, APP_ERROR_INVALID,
        "the request's first line is malformed: it is a method, a path and HTTP/1.1, "
        "with one blank between them, and ends with CR LF");
    return NULL;
}

static gboolean
is_clean (const char *text, gsize n_bytes)
{
    for (gsize i = 0; i < n_bytes; i++)
        if (((guchar) text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return FALSE;
    return TRUE;
}

/* Split in place; what is around the value is not part of it. */
static gboolean
read_header (HttpPair *out, char *line, gsize n_bytes)
{
    char *value = line, *end = line + n_bytes;

    while (is_token_char (*value))
        value++;
    if (value == line || *value != ':')
        return FALSE;
    *value++ = '\0';
    while (*value == ' ' || *value == '\t')
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (!is_clean (value, (gsize) (end - value)))
        return FALSE;
    *end = '\0';
    *out = (HttpPair){ line, value };
    return TRUE;
}

gboolean
head_read_headers (Head *self, Arena *arena, char *text, gsize n_bytes, GError **error)
{
    char *at = text, *end = text + n_bytes;
    HttpPair *pairs = NULL;
    gsize n = 0, n_line = 0;

    for (;;) {
        char *next = take_line (at, end, &n_line);

        if (next == NULL)
            goto malformed;
        if (n_line == 0)
            break;
        pairs = arena_grow_list (arena, pairs, n, sizeof *pairs);
        if (!read_header (&pairs[n], at, n_line))
            goto malformed;
        n++;
        at = next;
    }
    self->headers = pairs;
    self->n_headers = n;
    return TRUE;

malformed:
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                         "a header of the request is malformed: names are letters, digits and '-', "
                         "values have no control characters, lines end with CR LF");
    return FALSE;
}

gboolean
head_list_has (const char *list, const char *word)
{
    gsize n_word = strlen (word);

    while (*list != '\0') {
        gsize n;

        list += strspn (list, " \t,");
        n = strcspn (list, " \t,");
        if (n == n_word && g_ascii_strncasecmp (list, word, n) == 0)
            return TRUE;
        list += n;
    }
    return FALSE;
}

/* ---- chunks ---- */

enum {
    IN_SIZE,
    IN_EXTENSION,
    AFTER_SIZE,
    IN_DATA,
    AFTER_DATA,
    ENDS_DATA,
    AT_TRAILER,
    IN_TRAILER,
    ENDS_TRAILER,
    ENDS_BODY,
    AT_END,
    BROKEN
};

static int
step (ChunkReader *self, char c)
{
    switch (self->state) {
    case IN_SIZE:
        if (g_ascii_isxdigit (c) && self->n_digits < SIZE_MAX_DIGITS) {
            self->n_left = self->n_left * 16 + (guint64) g_ascii_xdigit_value (c);
            self->n_digits++;
            return IN_SIZE;
        }
        if (self->n_digits == 0)
            return BROKEN;
        if (c == '\r')
            return AFTER_SIZE;
        return c == ';' || c == ' ' || c == '\t' ? IN_EXTENSION : BROKEN;
    case IN_EXTENSION:
        if (c == '\r')
            return AFTER_SIZE;
        return c == '\n' || ++self->n_skipped > SKIPPED_MAX_BYTES ? BROKEN : IN_EXTENSION;
    case AFTER_SIZE:
        if (c != '\n')
            return BROKEN;
        return self->n_left > 0 ? IN_DATA : AT_TRAILER;
    case AFTER_DATA:
        return c == '\r' ? ENDS_DATA : BROKEN;
    case ENDS_DATA:
        self->n_digits = 0;
        return c == '\n' ? IN_SIZE : BROKEN;
    case AT_TRAILER:
        if (c == '\r')
            return ENDS_BODY;
        /* fall through */
    case IN_TRAILER:
        if (c == '\r')
            return ENDS_TRAILER;
        return c == '\n' || ++self->n_skipped > SKIPPED_MAX_BYTES ? BROKEN : IN_TRAILER;
    case ENDS_TRAILER:
        return c == '\n' ? AT_TRAILER : BROKEN;
    case ENDS_BODY:
        return c == '\n' ? AT_END : BROKEN;
    default:
        return self->state;
    }
}

ChunkResult
chunk_reader_next (ChunkReader *self, const guint8 **at, const guint8 *end, const guint8 **out,
                   gsize *out_n_bytes)
{
    while (*at < end && self->state < AT_END) {
        if (self->state == IN_DATA) {
            gsize n = (gsize) MIN (self->n_left, (guint64) (end - *at));

            *out = *at;
            *out_n_bytes = n;
            *at += n;
            self->n_left -= n;
            if (self->n_left == 0)
                self->state = AFTER_DATA;
            return CHUNK_DATA;
        }
        self->state = step (self, (char) *(*at)++);
    }
    return self->state == AT_END ? CHUNK_END : self->state == BROKEN ? CHUNK_BROKEN : CHUNK_MORE;
}
