/* decimal.c -- see decimal.h
 *
 * A double is m * 2^-s. For n decimal digits the nearest number of k decimals is n = round (m * 10^k /
 * 2^s), and it reads back as the same double when it is nearer to it than half of the gap to the next
 * double: |n * 2^s - m * 10^k| < 10^k / 2. With the ranges below all of that fits in 128 bits, so it is
 * exact; 15, 16 and 17 digits are tried, and 17 are always enough. */
#include "base/decimal.h"

#include <math.h>
#include <string.h>

#define MANTISSA_BITS 53
#define SMALLEST 0.001953125 /* 2^-9: k stays below 20 */
#define LARGEST 1e9

__extension__ typedef unsigned __int128 Wide;

static const guint64 powers[] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
    10000000000000000000ULL,
};

/* @n with @k decimals; zeros at the end are left out. */
static gsize
write_digits (gboolean is_negative, guint64 n, guint k, char *out)
{
    guint64 whole = n / powers[k], part = n % powers[k];
    char digits[24], *end = out;
    guint n_digits = 0;

    if (is_negative)
        *end++ = '-';
    do
        digits[n_digits++] = (char) ('0' + whole % 10);
    while ((whole /= 10) != 0);
    while (n_digits > 0)
        *end++ = digits[--n_digits];
    if (part != 0) {
        for (; part % 10 == 0; k--)
            part /= 10;
        *end++ = '.';
        for (guint i = k; i > 0; i--, part /= 10)
            end[i - 1] = (char) ('0' + part % 10);
        end += k;
    }
    *end = '\0';
    return (gsize) (end - out);
}

/* FALSE: outside of the ranges, or where the gaps below and above differ. */
static gboolean
find_exactly (double value, char *out, gsize *out_n)
{
    double size = fabs (value);
    int exponent;
    guint64 m;
    guint s, n_whole;

    if (!(size >= SMALLEST && size < LARGEST))
        return FALSE;
    m = (guint64) ldexp (frexp (size, &exponent), MANTISSA_BITS);
    s = (guint) (MANTISSA_BITS - exponent);
    if (m == 1ULL << (MANTISSA_BITS - 1))
        return FALSE;
    for (n_whole = 0; size >= (double) powers[n_whole]; n_whole++)
        ;
    for (guint n_digits = 15; n_digits <= 17; n_digits++) {
        guint k = n_digits - n_whole + (size < 0.1) + (size < 0.01);
        Wide exact = (Wide) m * powers[k];
        Wide n = (exact + ((Wide) 1 << (s - 1))) >> s, back = n << s;
        Wide gap = back > exact ? back - exact : exact - back;

        if (gap * 2 < powers[k] || n_digits == 17) {
            *out_n = write_digits (value < 0, (guint64) n, k, out);
            return TRUE;
        }
    }
    return FALSE;
}

gsize
decimal_text (double value, char *out)
{
    gsize n;

    if (value == floor (value) && fabs (value) < 9007199254740992.0)
        return (gsize) g_snprintf (out, DECIMAL_TEXT_BYTES, "%" G_GINT64_FORMAT, (gint64) value);
    if (find_exactly (value, out, &n))
        return n;
    /* zeros at the end are left out, so 15 digits are the shortest whenever they are enough */
    for (int n_digits = 15; n_digits <= 17; n_digits++) {
        char format[8];

        g_snprintf (format, sizeof format, "%%.%dg", n_digits);
        g_ascii_formatd (out, DECIMAL_TEXT_BYTES, format, value);
        if (g_ascii_strtod (out, NULL) == value)
            break;
    }
    return strlen (out);
}
