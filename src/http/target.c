/* target.c -- percent-encoding, query strings and form bodies (RFC 3986, WHATWG URL) */
#include <string.h>

#include "base/error.h"
#include "http/http.h"

#define MAX_PAIRS 1000

static const char *
percent_decode (Arena *arena, const char *text, gsize n_bytes, gboolean plus)
{
    char *out = arena_alloc (arena, n_bytes + 1);
    gsize n_out = 0;

    for (gsize i = 0; i < n_bytes; i++) {
        char c = text[i];

        if (c == '%') {
            int high = -1, low = -1;

            if (n_bytes - i >= 3) {
                high = g_ascii_xdigit_value (text[i + 1]);
                low = g_ascii_xdigit_value (text[i + 2]);
            }
            if (high < 0 || low < 0)
                return NULL;
            c = (char) (high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        out[n_out++] = c;
    }
    return g_utf8_validate_len (out, n_out, NULL) ? out : NULL;
}

const char *
http_percent_decode (Arena *arena, const char *text, gssize n_bytes, gboolean plus)
{
    return percent_decode (arena, text, n_bytes < 0 ? strlen (text) : (gsize) n_bytes, plus);
}

const char *
http_percent_encode (Arena *arena, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc (arena, strlen (text) * 3 + 1);
    gsize n_out = 0;

    for (const char *c = text; *c != '\0'; c++) {
        guint8 byte = (guint8) *c;

        if (g_ascii_isalnum (*c) || strchr ("-_.!~*'()", *c) != NULL) {
            out[n_out++] = *c;
        } else {
            out[n_out++] = '%';
            out[n_out++] = hex[byte >> 4];
            out[n_out++] = hex[byte & 15];
        }
    }
    return out;
}

gboolean
http_parse_pairs (Arena *arena, const char *text, const HttpPair **out, gsize *out_n,
                  GError **error)
{
    gsize n_pairs = 0, n = 0;
    HttpPair *pairs;

    for (const char *c = text; *c != '\0'; c++)
        n_pairs += *c == '&';
    n_pairs += 1;
    if (n_pairs > MAX_PAIRS) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "the query has %" G_GSIZE_FORMAT " parameters, at most %d are taken", n_pairs,
                     MAX_PAIRS);
        return FALSE;
    }

    pairs = arena_new_array (arena, HttpPair, n_pairs);
    for (const char *at = text; *at != '\0';) {
        gsize length = strcspn (at, "&");
        const char *equals = memchr (at, '=', length);
        gsize name_length = equals != NULL ? (gsize) (equals - at) : length;

        if (length > 0) {
            pairs[n].name = percent_decode (arena, at, name_length, TRUE);
            pairs[n].value =
                equals == NULL ? ""
                               : percent_decode (arena, equals + 1, length - name_length - 1, TRUE);
            if (pairs[n].name == NULL || pairs[n].value == NULL) {
                g_autofree char *raw = g_strndup (at, MIN (name_length, 100));
                g_autofree char *shown = g_utf8_make_valid (raw, -1);

                g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                             "the parameter '%s' is not percent-encoded UTF-8", shown);
                return FALSE;
            }
            n++;
        }
        at += length;
        if (*at == '&')
            at++;
    }
    *out = pairs;
    *out_n = n;
    return TRUE;
}
