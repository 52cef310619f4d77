/* multipart.c -- see multipart.h
 *
 * What ends a part is CRLF, '--' and the boundary. Its first byte, CR, does not come again in it, so
 * a match that fails part way can only begin anew at the byte that broke it: what was matched
 * across two pushes needs no buffer, only its length, since its bytes are known. */
#include <string.h>

#include "base/error.h"
#include "http/multipart.h"

typedef enum {
    STATE_PREAMBLE, /* before the first boundary */
    STATE_DATA,     /* of a part */
    STATE_BOUNDARY, /* the boundary was read; what follows says whether another part comes */
    STATE_HEAD,     /* of a part */
    STATE_EPILOGUE, /* after the last boundary */
    STATE_FAILED,
} State;

struct _Multipart {
    const MultipartClass *part_class;
    gpointer self;
    char *delimiter; /* CRLF '--' boundary */
    gsize n_delimiter, n_matched;
    State state;
    GString *line; /* STATE_BOUNDARY: what follows it; STATE_HEAD: the head so far */
    guint n_parts;
    Arena *arena; /* of the current part's head */
};

static gboolean
fail (Multipart *self, AppErrorCode code, GError **error, const char *message)
{
    self->state = STATE_FAILED;
    g_set_error_literal (error, APP_ERROR, (int) code, message);
    return FALSE;
}

/* ---- parameters of a header ---- */

static gboolean
is_token_char (char c)
{
    return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

/* The value of a parameter from @at on, which moves behind it. A backslash escapes only a quote and
 * itself: old browsers send whole Windows paths. NULL: the closing quote is missing. */
static char *
read_value (Arena *arena, const char **at)
{
    const char *c = *at;
    char *out = arena_alloc (arena, strlen (c) + 1), *end = out;

    if (*c != '"') {
        while (*c != '\0' && *c != ';' && !g_ascii_isspace (*c))
            *end++ = *c++;
        *at = c;
        return out;
    }
    for (c++; *c != '"'; c++) {
        if (*c == '\0')
            return NULL;
        if (*c == '\\' && (c[1] == '"' || c[1] == '\\'))
            c++;
        *end++ = *c;
    }
    *at = c + 1;
    return out;
}

/* Walk 'word; name=value; name="value"'. @at begins behind the word. 1: one was read, 0: the end,
 * -1: malformed. */
static int
next_parameter (Arena *arena, const char **at, const char **out_name, const char **out_value)
{
    const char *c = *at;
    gsize n_name = 0;

    c += strspn (c, " \t;");
    if (*c == '\0')
        return 0;
    while (is_token_char (c[n_name]))
        n_name++;
    if (n_name == 0)
        return -1;
    *out_name = arena_strndup (arena, c, n_name);
    c += n_name;
    c += strspn (c, " \t");
    if (*c != '=')
        return -1;
    c++;
    c += strspn (c, " \t");
    *out_value = read_value (arena, &c);
    *at = c;
    return *out_value != NULL ? 1 : -1;
}

static gboolean
has_control_character (const char *text)
{
    for (; *text != '\0'; text++)
        if ((guchar) *text < 0x20 || *text == 0x7f)
            return TRUE;
    return FALSE;
}

/* Clients send UTF-8; what is not is taken for Latin-1, which every byte is a letter of. */
static const char *
as_utf8 (Arena *arena, const char *text)
{
    char *out, *end;

    if (g_utf8_validate (text, -1, NULL))
        return text;
    out = end = arena_alloc (arena, strlen (text) * 2 + 1);
    for (; *text != '\0'; text++)
        end += g_unichar_to_utf8 ((guchar) *text, end);
    return out;
}

/* UTF-8'en'na%C3%AFve.jpg (RFC 8187) */
static const char *
read_extended_value (Arena *arena, const char *text)
{
    const char *language = strchr (text, '\''), *value, *out;
    GString *bytes;

    if (language == NULL || (value = strchr (language + 1, '\'')) == NULL)
        return NULL;
    value++;
    if (g_ascii_strncasecmp (text, "UTF-8'", 6) == 0)
        return http_percent_decode (arena, value, -1, FALSE);
    if (g_ascii_strncasecmp (text, "ISO-8859-1'", 11) != 0)
        return NULL;
    bytes = g_string_new (NULL);
    for (; *value != '\0'; value++) {
        int high, low;

        if (*value != '%') {
            g_string_append_c (bytes, *value);
            continue;
        }
        high = g_ascii_xdigit_value (value[1]);
        low = high < 0 ? -1 : g_ascii_xdigit_value (value[2]);
        if (low < 0 || (high | low) == 0) {
            g_string_free (bytes, TRUE);
            return NULL;
        }
        g_string_append_unichar (bytes, (gunichar) (high << 4 | low));
        value += 2;
    }
    out = g_utf8_validate_len (bytes->str, bytes->len, NULL) ? arena_strdup (arena, bytes->str)
                                                             : NULL;
    g_string_free (bytes, TRUE);
    return out;
}

/* ---- the head of a part ---- */

/* A browser writes a quote within a name as %22; nothing else is escaped by it, so nothing else is
 * decoded. */
static const char *
decode_quotes (Arena *arena, const char *text)
{
    char *out = arena_strdup (arena, text), *found = out;

    while ((found = strstr (found, "%22")) != NULL) {
        *found++ = '"';
        memmove (found, found + 2, strlen (found + 2) + 1);
    }
    return out;
}

static gboolean
read_disposition (Multipart *self, const char *text, MultipartPart *part, GError **error)
{
    const char *at = text + strcspn (text, "; \t"), *name, *value, *extended = NULL;
    int result;

    if (g_ascii_strncasecmp (text, "form-data", 9) != 0 || at - text != 9)
        return fail (self, APP_ERROR_INVALID, error,
                     "a part of the form is no 'Content-Disposition: form-data'");
    while ((result = next_parameter (self->arena, &at, &name, &value)) > 0) {
        if (g_ascii_strcasecmp (name, "name") == 0 && part->name == NULL)
            part->name = decode_quotes (self->arena, as_utf8 (self->arena, value));
        else if (g_ascii_strcasecmp (name, "filename") == 0 && part->file_name == NULL)
            part->file_name = decode_quotes (self->arena, as_utf8 (self->arena, value));
        else if (g_ascii_strcasecmp (name, "filename*") == 0 && extended == NULL) {
            extended = read_extended_value (self->arena, value);
            if (extended == NULL)
                return fail (self, APP_ERROR_INVALID, error,
                             "the 'filename*' of a part of the form is not percent-encoded "
                             "UTF-8 (RFC 8187)");
        }
    }
    if (result < 0 || part->name == NULL)
        return fail (self, APP_ERROR_INVALID, error,
                     "the Content-Disposition of a part of the form is malformed or has no name");
    if (extended != NULL)
        part->file_name = extended;
    if (has_control_character (part->name) ||
        (part->file_name != NULL && has_control_character (part->file_name)))
        return fail (self, APP_ERROR_INVALID, error,
                     "the name of a part of the form has a control character");
    return TRUE;
}

static gboolean
read_header (Multipart *self, const char *line, gsize length, HttpPair *out, GError **error)
{
    const char *colon = memchr (line, ':', length), *value;
    gsize n_name = colon != NULL ? (gsize) (colon - line) : 0;

    if (n_name == 0 || memchr (line, '\0', length) != NULL)
        return fail (self, APP_ERROR_INVALID, error, "a header of a part of the form is malformed");
    for (gsize i = 0; i < n_name; i++)
        if (!is_token_char (line[i]))
            return fail (self, APP_ERROR_INVALID, error,
                         "the name of a header of a part of the form is malformed");
    value = colon + 1;
    out->name = arena_strndup (self->arena, line, n_name);
    value = g_strstrip (arena_strndup (self->arena, value, length - n_name - 1));
    for (const char *c = value; *c != '\0'; c++)
        if (((guchar) *c < 0x20 && *c != '\t') || *c == 0x7f)
            return fail (self, APP_ERROR_INVALID, error,
                         "a header of a part of the form has a control character");
    out->value = as_utf8 (self->arena, value);
    return TRUE;
}

/* The head ends with an empty line, which is in self->line too. */
static gboolean
begin_part (Multipart *self, GError **error)
{
    MultipartPart part = { 0 };
    HttpPair *headers;
    gsize n_lines = 0;
    const char *disposition = NULL, *at = self->line->str, *end = at + self->line->len;

    if (++self->n_parts > MULTIPART_MAX_PARTS)
        return fail (self, APP_ERROR_TOO_LARGE, error, "the form has more than 1000 parts");
    arena_free (self->arena);
    self->arena = arena_new ();
    for (const char *c = at; c < end; c++)
        n_lines += *c == '\n';
    headers = arena_new_array (self->arena, HttpPair, n_lines);
    while (at < end) {
        const char *newline = memchr (at, '\n', (gsize) (end - at));
        gsize length = (gsize) (newline - at) - 1; /* each ends in CRLF */
        HttpPair *header = &headers[part.n_headers];

        if (length == 0)
            break;
        if (!read_header (self, at, length, header, error))
            return FALSE;
        part.n_headers++;
        at = newline + 1;
        if (g_ascii_strcasecmp (header->name, "Content-Disposition") == 0) {
            if (disposition != NULL)
                return fail (self, APP_ERROR_INVALID, error,
                             "a part of the form has two Content-Disposition headers");
            disposition = header->value;
        } else if (g_ascii_strcasecmp (header->name, "Content-Type") == 0) {
            part.content_type = header->value;
        } else if (g_ascii_strcasecmp (header->name, "Content-Transfer-Encoding") == 0 &&
                   g_ascii_strcasecmp (header->value, "binary") != 0 &&
                   g_ascii_strcasecmp (header->value, "8bit") != 0 &&
                   g_ascii_strcasecmp (header->value, "7bit") != 0) {
            return fail (self, APP_ERROR_INVALID, error,
                         "a part of the form has a Content-Transfer-Encoding; send it as binary");
        }
    }
    part.headers = headers;
    if (disposition == NULL)
        return fail (self, APP_ERROR_INVALID, error,
                     "a part of the form has no Content-Disposition");
    if (!read_disposition (self, disposition, &part, error))
        return FALSE;
    if (!self->part_class->part_begin (self->self, &part, error)) {
        self->state = STATE_FAILED;
        return FALSE;
    }
    return TRUE;
}

/* ---- the stream ---- */

static gboolean
emit (Multipart *self, const guint8 *bytes, gsize n_bytes, GError **error)
{
    if (self->state != STATE_DATA || n_bytes == 0)
        return TRUE;
    if (self->part_class->part_data (self->self, bytes, n_bytes, error))
        return TRUE;
    self->state = STATE_FAILED;
    return FALSE;
}

/* As memmem () does, but twice as fast in what photos are made of: CR is rare, and a delimiter begins with
 * one and has no other. NULL: it is not there as a whole. */
static const guint8 *
find_delimiter (const Multipart *self, const guint8 *at, const guint8 *end)
{
    while ((gsize) (end - at) >= self->n_delimiter &&
           (at = memchr (at, '\r', (gsize) (end - at) - self->n_delimiter + 1)) != NULL) {
        /* pictures have a CR in 256 bytes; a call for each costs as much as finding it */
        if (at[1] == '\n' && memcmp (at, self->delimiter, self->n_delimiter) == 0)
            return at;
        at++;
    }
    return NULL;
}

/* Up to the delimiter, or to the end. Preamble and data differ only in that one is dropped. */
static gboolean
push_data (Multipart *self, const guint8 **bytes, gsize *n_bytes, GError **error)
{
    const guint8 *at = *bytes, *end = at + *n_bytes, *found;

    /* the rest of a delimiter that began in an earlier push */
    while (self->n_matched > 0 && self->n_matched < self->n_delimiter && at < end) {
        if (*at == (guint8) self->delimiter[self->n_matched]) {
            self->n_matched++;
            at++;
        } else {
            gsize n_matched = self->n_matched;

            self->n_matched = 0;
            if (!emit (self, (const guint8 *) self->delimiter, n_matched, error))
                return FALSE;
        }
    }
    if (self->n_matched == 0 && at < end) {
        found = find_delimiter (self, at, end);
        if (found != NULL) {
            if (!emit (self, at, (gsize) (found - at), error))
                return FALSE;
            self->n_matched = self->n_delimiter;
            at = found + self->n_delimiter;
        } else {
            /* its beginning may be the end of this push */
            const guint8 *tail = end - MIN ((gsize) (end - at), self->n_delimiter - 1);
            const guint8 *start = end;

            for (const guint8 *c = tail; (c = memchr (c, '\r', (gsize) (end - c))) != NULL; c++) {
                if (memcmp (c, self->delimiter, (gsize) (end - c)) == 0) {
                    start = c;
                    break;
                }
            }
            if (!emit (self, at, (gsize) (start - at), error))
                return FALSE;
            self->n_matched = (gsize) (end - start);
            at = end;
        }
    }
    *n_bytes = (gsize) (end - at);
    *bytes = at;
    if (self->n_matched < self->n_delimiter)
        return TRUE;

    self->n_matched = 0;
    if (self->state == STATE_DATA && !self->part_class->part_end (self->self, error)) {
        self->state = STATE_FAILED;
        return FALSE;
    }
    self->state = STATE_BOUNDARY;
    g_string_truncate (self->line, 0);
    return TRUE;
}

/* Append up to and with the next newline; TRUE when it came. */
static gboolean
take_line (Multipart *self, const guint8 **bytes, gsize *n_bytes)
{
    const guint8 *newline = memchr (*bytes, '\n', *n_bytes);
    gsize n = newline != NULL ? (gsize) (newline - *bytes) + 1 : *n_bytes;

    n = MIN (n, MULTIPART_MAX_HEAD_BYTES + 1 - self->line->len);
    g_string_append_len (self->line, (const char *) *bytes, (gssize) n);
    *bytes += n;
    *n_bytes -= n;
    return n > 0 && self->line->str[self->line->len - 1] == '\n';
}

/* '--' ends the form; blanks and CRLF begin a part. */
static gboolean
push_boundary (Multipart *self, const guint8 **bytes, gsize *n_bytes, GError **error)
{
    while (self->line->len < 2 && *n_bytes > 0) {
        g_string_append_c (self->line, (char) **bytes);
        (*bytes)++;
        (*n_bytes)--;
    }
    if (self->line->len < 2)
        return TRUE;
    if (memcmp (self->line->str, "--", 2) == 0) {
        self->state = STATE_EPILOGUE;
        return TRUE;
    }
    if (self->line->str[1] == '\n' || take_line (self, bytes, n_bytes)) {
        gsize n = self->line->len;

        if (self->line->str[n - 2] != '\r' || strspn (self->line->str, " \t") != n - 2)
            return fail (self, APP_ERROR_INVALID, error,
                         "a boundary of the form is followed by something else");
        self->state = STATE_HEAD;
        g_string_truncate (self->line, 0);
    } else if (self->line->len > MULTIPART_MAX_HEAD_BYTES) {
        return fail (self, APP_ERROR_TOO_LARGE, error, "a boundary line of the form is too long");
    }
    return TRUE;
}

static gboolean
push_head (Multipart *self, const guint8 **bytes, gsize *n_bytes, GError **error)
{
    while (*n_bytes > 0) {
        gboolean is_line = take_line (self, bytes, n_bytes);
        gsize n = self->line->len;

        if (n > MULTIPART_MAX_HEAD_BYTES)
            return fail (self, APP_ERROR_TOO_LARGE, error,
                         "the headers of a part of the form have more than 16 KiB");
        if (!is_line)
            continue;
        if (n < 2 || self->line->str[n - 2] != '\r')
            return fail (self, APP_ERROR_INVALID, error,
                         "a header line of a part of the form does not end in CRLF");
        if (n > 2 && self->line->str[n - 3] != '\n')
            continue; /* not the empty line */
        if (!begin_part (self, error))
            return FALSE;
        self->state = STATE_DATA;
        return TRUE;
    }
    return TRUE;
}

gboolean
multipart_push (Multipart *self, const guint8 *bytes, gsize n_bytes, GError **error)
{
    while (n_bytes > 0) {
        gboolean ok = TRUE;

        switch (self->state) {
        case STATE_PREAMBLE:
        case STATE_DATA:
            ok = push_data (self, &bytes, &n_bytes, error);
            break;
        case STATE_BOUNDARY:
            ok = push_boundary (self, &bytes, &n_bytes, error);
            break;
        case STATE_HEAD:
            ok = push_head (self, &bytes, &n_bytes, error);
            break;
        case STATE_EPILOGUE:
            return TRUE;
        case STATE_FAILED:
        default:
            return fail (self, APP_ERROR_INVALID, error, "the form was refused before");
        }
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

gboolean
multipart_finish (Multipart *self, GError **error)
{
    if (self->state == STATE_EPILOGUE)
        return TRUE;
    return fail (self, APP_ERROR_INVALID, error,
                 "the form is incomplete: its closing boundary did not come");
}

/* ---- */

static char *
read_boundary (const char *content_type, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *at = content_type + strcspn (content_type, "; \t"), *name, *value;
    gsize length;

    if (g_ascii_strncasecmp (content_type, "multipart/form-data", 19) != 0 ||
        at - content_type != 19) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA_TYPE,
                             "the body must be multipart/form-data");
        return NULL;
    }
    while (next_parameter (arena, &at, &name, &value) > 0) {
        if (g_ascii_strcasecmp (name, "boundary") != 0)
            continue;
        length = strlen (value);
        if (length == 0 || length > MULTIPART_MAX_BOUNDARY_BYTES || has_control_character (value) ||
            value[length - 1] == ' ')
            break;
        return g_strdup (value);
    }
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "the Content-Type of the form must have a boundary of 1 to %d characters",
                 MULTIPART_MAX_BOUNDARY_BYTES);
    return NULL;
}

Multipart *
multipart_new (const char *content_type, const MultipartClass *part_class, gpointer self,
               GError **error)
{
    g_autofree char *boundary = read_boundary (content_type != NULL ? content_type : "", error);
    Multipart *multipart;

    if (boundary == NULL)
        return NULL;
    multipart = g_new0 (Multipart, 1);
    multipart->part_class = part_class;
    multipart->self = self;
    multipart->delimiter = g_strdup_printf ("\r\n--%s", boundary);
    multipart->n_delimiter = strlen (multipart->delimiter);
    multipart->n_matched = 2; /* the first boundary may stand at the very beginning */
    multipart->line = g_string_new (NULL);
    return multipart;
}

void
multipart_free (Multipart *self)
{
    if (self == NULL)
        return;
    g_free (self->delimiter);
    g_string_free (self->line, TRUE);
    arena_free (self->arena);
    g_free (self);
}
