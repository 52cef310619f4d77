/* headers.c -- headers that every answer has, and those that ask whether one is needed */
#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "http/private.h"

const char http_default_csp[] =
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
    "media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

static const HttpPair of_documents[] = {
    { "Referrer-Policy", "no-referrer" },
    { "X-Frame-Options", "DENY" },
    { "Permissions-Policy", "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)" },
};

gboolean
headers_is_name (const char *a, const char *b)
{
    /* most differ in their first letter, and there are many to compare */
    return ((*a ^ *b) & ~0x20) == 0 && g_ascii_strcasecmp (a, b) == 0;
}

void
headers_new_correlation_id (char out[9])
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    static _Thread_local guint64 state;
    guint64 z;

    /* splitmix64: it tells requests apart in a log, no one relies on it being unguessable */
    while (state == 0)
        random_bytes (&state, sizeof state);
    z = (state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
    z ^= z >> 31;
    for (int i = 0; i < 8; i++, z /= 36)
        out[i] = letters[z % 36];
    out[8] = '\0';
}

/* A picture of points, a film or a sound: nothing runs in it, it asks for nothing and leads nowhere. */
static gboolean
is_only_shown (const char *content_type)
{
    return content_type != NULL &&
           ((g_str_has_prefix (content_type, "image/") &&
             !g_str_has_prefix (content_type, "image/svg")) ||
            g_str_has_prefix (content_type, "video/") || g_str_has_prefix (content_type, "audio/"));
}

void
headers_add_security (Exchange *to, HttpResponse *response, const char *content_type)
{
    const char *csp = to->server->content_security_policy;

    answer_add_header (to, "X-Content-Type-Options", "nosniff");
    if (to->request.is_secure && response_get (response, "Strict-Transport-Security") == NULL)
        answer_add_header (to, "Strict-Transport-Security", "max-age=31536000");
    /* half a kilobyte that each of a wall of thumbnails would carry for nothing */
    if (is_only_shown (content_type))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS (of_documents); i++)
        if (response_get (response, of_documents[i].name) == NULL)
            answer_add_header (to, of_documents[i].name, of_documents[i].value);
    if (csp != NULL && response_get (response, "Content-Security-Policy") == NULL)
        answer_add_header (to, "Content-Security-Policy", csp);
}

/* The opaque part between the quotes, without the ending that names an encoding. */
static const char *
etag_core (const char *etag, gsize *n_bytes)
{
    if (g_str_has_prefix (etag, "W/"))
        etag += 2;
    if (*etag != '"')
        return NULL;
    etag++;
    *n_bytes = strcspn (etag, "\"");
    if (etag[*n_bytes] != '"')
        return NULL;
    if (*n_bytes > 3 && memcmp (etag + *n_bytes - 3, "-br", 3) == 0)
        *n_bytes -= 3;
    else if (*n_bytes > 5 && memcmp (etag + *n_bytes - 5, "-gzip", 5) == 0)
        *n_bytes -= 5;
    return etag;
}

gboolean
headers_etag_matches (const char *list, const char *etag)
{
    gsize n_own = 0;
    const char *own = etag_core (etag, &n_own);

    if (own == NULL)
        return FALSE;
    for (;;) {
        const char *core;
        gsize n_core = 0;

        list += strspn (list, " \t,");
        if (*list == '*')
            return TRUE;
        core = etag_core (list, &n_core);
        if (core == NULL)
            return FALSE;
        if (n_core == n_own && memcmp (core, own, n_own) == 0)
            return TRUE;
        list = core + strcspn (core, "\"") + 1;
    }
}

static void
put_two_digits (char *at, unsigned value)
{
    at[0] = (char) ('0' + value / 10);
    at[1] = (char) ('0' + value % 10);
}

/* The years 0 to 9999: what four digits can say. */
#define DAY_S 86400
#define FIRST_DAY (-719528)
#define FIRST_WEEKDAY 6 /* a Saturday */
#define FIRST_S ((gint64) FIRST_DAY * DAY_S)
#define LAST_S G_GINT64_CONSTANT (253402300799)

void
headers_http_date_format (gint64 s, char out[32])
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    gint64 of_s = s < FIRST_S || s > LAST_S ? 0 : s;
    gint64 day = (of_s - FIRST_S) / DAY_S + FIRST_DAY, year;
    unsigned of_day = (unsigned) ((of_s - FIRST_S) % DAY_S), month, of_month;

    /* each thumbnail has one: not strftime (), whose names are those of the locale, nor gmtime_r (), which
     * takes a lock */
    timestamp_civil_from_days (day, &year, &month, &of_month);
    memcpy (out, "Xxx, 00 Xxx 0000 00:00:00 GMT", 30);
    memcpy (out, days[(day - FIRST_DAY + FIRST_WEEKDAY) % 7], 3);
    put_two_digits (out + 5, of_month);
    memcpy (out + 8, months[month - 1], 3);
    put_two_digits (out + 12, (unsigned) year / 100);
    put_two_digits (out + 14, (unsigned) year % 100);
    put_two_digits (out + 17, of_day / 3600);
    put_two_digits (out + 20, of_day / 60 % 60);
    put_two_digits (out + 23, of_day % 60);
}

/* Only the form of RFC 9110 that anyone sends: 'Sun, 06 Nov 1994 08:49:37 GMT'. */
gboolean
headers_http_date_parse (const char *text, gint64 *out_s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day, year, hour, minute, second, end = 0;
    char month[4];
    const char *found;
    g_autoptr (GDateTime) when = NULL;

    if (strlen (text) != 29 ||
        sscanf (text + 4, " %2d %3s %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour, &minute,
                &second, &end) != 6 ||
        end != 25)
        return FALSE;
    found = strstr (months, month);
    if (found == NULL || (found - months) % 3 != 0)
        return FALSE;
    when = g_date_time_new_utc (year, (int) (found - months) / 3 + 1, day, hour, minute,
                                MIN (second, 59));
    if (when == NULL)
        return FALSE;
    *out_s = g_date_time_to_unix (when);
    return TRUE;
}
