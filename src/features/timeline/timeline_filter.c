/* timeline_filter.c -- see timeline_filter.h */
#include "features/timeline/timeline_filter.h"

#include <math.h>
#include <string.h>

#include "base/timestamp.h"

/* Plain decimal numbers: no hexadecimal, no infinity, no blanks. */
static gboolean
parse_degrees (const char *text, double *out)
{
    char *end = NULL;

    if (*text == '\0' || strspn (text, "+-.0123456789eE") != strlen (text))
        return FALSE;
    *out = g_ascii_strtod (text, &end);
    return *end == '\0' && isfinite (*out);
}

gboolean
timeline_box_parse (const char *text, TimelineBox *out, const char **out_path,
                    const char **out_message)
{
    static const struct {
        const char *path;
        double limit;
        const char *too_small, *too_big;
    } parts[] = {
        { "bbox.west", 180, "Too small: expected number to be >=-180",
          "Too big: expected number to be <=180" },
        { "bbox.south", 90, "Too small: expected number to be >=-90",
          "Too big: expected number to be <=90" },
        { "bbox.east", 180, "Too small: expected number to be >=-180",
          "Too big: expected number to be <=180" },
        { "bbox.north", 90, "Too small: expected number to be >=-90",
          "Too big: expected number to be <=90" },
    };
    g_auto (GStrv) texts = g_strsplit (text, ",", 5);
    double values[4];

    *out_path = "bbox";
    if (g_strv_length (texts) != 4) {
        *out_message = "bbox must have 4 comma-separated numbers: west,south,east,north";
        return FALSE;
    }
    for (guint i = 0; i < 4; i++) {
        if (!parse_degrees (g_strstrip (texts[i]), &values[i])) {
            *out_message = "bbox parts must be valid numbers";
            return FALSE;
        }
    }
    for (guint i = 0; i < 4; i++) {
        if (fabs (values[i]) > parts[i].limit) {
            *out_path = parts[i].path;
            *out_message = values[i] < 0 ? parts[i].too_small : parts[i].too_big;
            return FALSE;
        }
    }
    *out = (TimelineBox){ values[0], values[1], values[2], values[3] };
    if (out->north < out->south) {
        *out_message = "North latitude must be greater than or equal to south latitude";
        return FALSE;
    }
    return TRUE;
}

gint64
timeline_month_of_day (gint64 day)
{
    gint64 year;
    unsigned month, of_month;

    timestamp_civil_from_days (day, &year, &month, &of_month);
    return (year - 1970) * 12 + (gint64) month - 1;
}

/* Up to the month after the last, which is where that ends. 1970 is far from the first, so the division is
 * made of positive numbers. */
static void
split_month (gint64 month, gint64 *year, unsigned *of_year)
{
    gint64 shifted = CLAMP (month, -1970 * 12, (10000 - 1970) * 12) + 1970 * 12;

    *year = shifted / 12;
    *of_year = (unsigned) (shifted % 12) + 1;
}

gint64
timeline_month_first_day (gint64 month)
{
    gint64 year;
    unsigned of_year;

    split_month (month, &year, &of_year);
    return timestamp_days_from_civil (year, of_year, 1);
}

const char *
timeline_month_text (Arena *arena, gint64 month)
{
    gint64 year;
    unsigned of_year;

    split_month (month, &year, &of_year);
    return arena_printf (arena, "%04d-%02u-01", (int) year, of_year);
}

gboolean
timeline_month_parse (const char *text, gint64 *out_month, gboolean *out_is_first)
{
    g_autofree char *whole = NULL;
    gint64 ms, day;

    /* a '+' of a query that was not encoded is a blank */
    if (*text == '+' || *text == '-' || *text == ' ')
        text++;
    whole = strlen (text) == strlen ("2024-01-01") ? g_strconcat (text, "T00:00Z", NULL)
                                                   : g_strdup (text);
    if (!timestamp_parse (whole, &ms))
        return FALSE;
    day = ms >= 0 ? ms / 86400000 : (ms + 1) / 86400000 - 1;
    *out_month = timeline_month_of_day (day);
    *out_is_first = timeline_month_first_day (*out_month) == day;
    return TRUE;
}
