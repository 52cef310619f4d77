/* ranges.c -- one byte range is served; several at once are answered with the whole, as is allowed */
#include <string.h>

#include "http/ranges.h"

/* Digits up to @end, saturating. FALSE when there are none. */
static gboolean
read_number (const char **at, guint64 *out)
{
    guint64 value = 0;
    const char *c = *at;

    if (!g_ascii_isdigit (*c))
        return FALSE;
    for (; g_ascii_isdigit (*c); c++) {
        guint64 digit = (guint64) (*c - '0');

        value = value > (G_MAXUINT64 - digit) / 10 ? G_MAXUINT64 : value * 10 + digit;
    }
    *at = c;
    *out = value;
    return TRUE;
}

RangeKind
range_parse (const char *header, guint64 size_bytes, guint64 *out_first, guint64 *out_last)
{
    guint64 first = 0, last = 0;
    gboolean has_first, has_last;
    const char *at = header;

    if (header == NULL || g_ascii_strncasecmp (at, "bytes", 5) != 0)
        return RANGE_WHOLE;
    at += 5;
    at += strspn (at, " \t");
    if (*at != '=')
        return RANGE_WHOLE;
    at++;
    at += strspn (at, " \t");
    has_first = read_number (&at, &first);
    if (*at != '-')
        return RANGE_WHOLE;
    at++;
    has_last = read_number (&at, &last);
    at += strspn (at, " \t");
    if (*at != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
        return RANGE_WHOLE;

    if (!has_first) { /* the last so many bytes */
        if (last == 0 || size_bytes == 0)
            return RANGE_UNSATISFIABLE;
        *out_first = last >= size_bytes ? 0 : size_bytes - last;
        *out_last = size_bytes - 1;
        return RANGE_PART;
    }
    if (first >= size_bytes)
        return RANGE_UNSATISFIABLE;
    *out_first = first;
    *out_last = has_last ? MIN (last, size_bytes - 1) : size_bytes - 1;
    return RANGE_PART;
}
