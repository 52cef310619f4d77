/* The day arithmetic is the era method: 400-year cycles counted from 1 March (Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms"). */
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS 86400000LL

gint64
timestamp_now_ms (void)
{
    return g_get_real_time () / 1000;
}

gint64
timestamp_shift (gint64 from, gint64 n, gint64 unit)
{
    gint64 by, to;

    if (__builtin_mul_overflow (n, unit, &by) || __builtin_add_overflow (from, by, &to))
        return (n < 0) == (unit < 0) ? G_MAXINT64 : G_MININT64;
    return to;
}

gint64
timestamp_days_from_civil (gint64 year, unsigned month, unsigned day)
{
    gint64 y = month <= 2 ? year - 1 : year;
    gint64 era = (y >= 0 ? y : y - 399) / 400;
    gint64 year_of_era = y - era * 400;
    gint64 day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

void
timestamp_civil_from_days (gint64 days, gint64 *year, unsigned *month, unsigned *day)
{
    gint64 z = days + 719468;
    gint64 era = (z >= 0 ? z : z - 146096) / 146097;
    gint64 doe = z - era * 146097;
    gint64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    gint64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    gint64 mp = (5 * doy + 2) / 153;

    *day = (unsigned) (doy - (153 * mp + 2) / 5 + 1);
    *month = (unsigned) (mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

static void
put_digits (char *at, int n, unsigned value)
{
    for (; n > 0; value /= 10)
        at[--n] = (char) ('0' + value % 10);
}

void
timestamp_format (gint64 ms, char out[TIMESTAMP_TEXT_BYTES])
{
    gint64 first = timestamp_days_from_civil (0, 1, 1) * DAY_MS;
    gint64 last = timestamp_days_from_civil (10000, 1, 1) * DAY_MS - 1;
    gint64 days, rest, year;
    unsigned month, day;

    ms = CLAMP (ms, first, last);
    days = ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS);
    rest = ms - days * DAY_MS;
    timestamp_civil_from_days (days, &year, &month, &day);
    memcpy (out, "0000-00-00T00:00:00.000Z", sizeof "0000-00-00T00:00:00.000Z");
    put_digits (out, 4, (unsigned) year);
    put_digits (out + 5, 2, month);
    put_digits (out + 8, 2, day);
    put_digits (out + 11, 2, (unsigned) (rest / 3600000));
    put_digits (out + 14, 2, (unsigned) (rest / 60000 % 60));
    put_digits (out + 17, 2, (unsigned) (rest / 1000 % 60));
    put_digits (out + 20, 3, (unsigned) (rest % 1000));
}

const char *
timestamp_text (Arena *arena, gint64 ms)
{
    char *out = arena_alloc (arena, TIMESTAMP_TEXT_BYTES);

    timestamp_format (ms, out);
    return out;
}

static gboolean
take_digits (const char **at, int n_digits, int *out)
{
    int value = 0;

    for (int i = 0; i < n_digits; i++, (*at)++) {
        if (!g_ascii_isdigit (**at))
            return FALSE;
        value = value * 10 + (**at - '0');
    }
    *out = value;
    return TRUE;
}

static gboolean
take (const char **at, char wanted)
{
    if (**at != wanted)
        return FALSE;
    (*at)++;
    return TRUE;
}

gboolean
timestamp_parse (const char *text, gint64 *out_ms)
{
    static const guint8 month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year, month, day, hour, minute, second = 0, ms = 0, offset_minutes = 0, scale = 100;
    int zone_hour, zone_minute, longest;
    const char *at = text;

    if (text == NULL || !take_digits (&at, 4, &year) || !take (&at, '-') ||
        !take_digits (&at, 2, &month) || !take (&at, '-') || !take_digits (&at, 2, &day) ||
        !take (&at, 'T') || !take_digits (&at, 2, &hour) || !take (&at, ':') ||
        !take_digits (&at, 2, &minute))
        return FALSE;
    if (*at == ':') {
        at++;
        if (!take_digits (&at, 2, &second))
            return FALSE;
        if (*at == '.') {
            if (!g_ascii_isdigit (*++at))
                return FALSE;
            for (; g_ascii_isdigit (*at); at++, scale /= 10)
                ms += (*at - '0') * scale;
        }
    }
    if (*at == 'Z')
        at++;
    else {
        int sign = *at == '-' ? -1 : 1;

        if (*at != '+' && *at != '-')
            return FALSE;
        at++;
        if (!take_digits (&at, 2, &zone_hour) || !take (&at, ':') ||
            !take_digits (&at, 2, &zone_minute) || zone_hour > 23 || zone_minute > 59)
            return FALSE;
        offset_minutes = sign * (zone_hour * 60 + zone_minute);
    }
    if (*at != '\0' || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59)
        return FALSE;
    longest = month_days[month - 1] +
              (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    if (day < 1 || day > longest)
        return FALSE;
    *out_ms = timestamp_days_from_civil (year, (unsigned) month, (unsigned) day) * DAY_MS +
              ((hour * 60LL + minute - offset_minutes) * 60 + second) * 1000 + ms;
    return TRUE;
}
