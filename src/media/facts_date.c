/* facts_date.c -- when a photo was taken, and on whose clock
 *
 * The order of tags and of the sources of a zone is the clients' contract: what was sorted into one
 * day must not move to another when the server changes. */
#include "media/facts_date.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/timestamp.h"

#define MINUTE_MS 60000

static const char *const date_tags[] = {
    "SubSecDateTimeOriginal",
    "SubSecCreateDate",
    "DateTimeOriginal",
    "CreationDate",
    "CreateDate",
    "MediaCreateDate",
    "DateTimeCreated",
    "GPSDateTime",
    "DateTimeUTC",
    "SonyDateTime2",
    "SourceImageCreateTime",
};

/* Date tags whose offset tells the zone. */
static const char *const offset_tags[] = {
    "SubSecDateTimeOriginal", "SubSecCreateDate", "DateTimeOriginal", "CreateDate",
    "MediaCreateDate",        "CreationDate",     "DateTimeCreated",  "TimeCreated",
};

static const char *const zone_tags[] = {
    "TimeZone",     "OffsetTimeOriginal", "OffsetTimeDigitized", "TimeZoneOffset",
    "OffsetTime",   "DaylightSavings",    "TimeStamp",           "TimeCreated",
    "GPSDateStamp", "GPSTimeStamp",       "DateCreated",
};

/* ---- reading ---- */

static gboolean
take_digits (const char **at, guint n, int *out)
{
    int value = 0;

    for (guint i = 0; i < n; i++) {
        if (!g_ascii_isdigit ((*at)[i]))
            return FALSE;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += n;
    *out = value;
    return TRUE;
}

static gboolean
take_one_of (const char **at, const char *set)
{
    if (**at == '\0' || strchr (set, **at) == NULL)
        return FALSE;
    (*at)++;
    return TRUE;
}

/* '+02:00', '+0200', '+2', 'Z'. */
static gboolean
parse_offset (const char *text, gint *out_minutes)
{
    int sign, hours = 0, minutes = 0;

    while (*text == ' ')
        text++;
    if (*text == 'Z' || *text == 'z') {
        *out_minutes = 0;
        return TRUE;
    }
    if (*text != '+' && *text != '-')
        return FALSE;
    sign = *text++ == '-' ? -1 : 1;
    if (!take_digits (&text, 2, &hours) && !take_digits (&text, 1, &hours))
        return FALSE;
    take_one_of (&text, ":");
    if (*text != '\0' && *text != ' ' && !take_digits (&text, 2, &minutes))
        return FALSE;
    if (hours > 15 || minutes > 59)
        return FALSE;
    *out_minutes = sign * (hours * 60 + minutes);
    return TRUE;
}

gboolean
date_stamp_parse (const char *text, DateStamp *out)
{
    int year, month, day, hour, minute, second = 0, ms = 0;
    DateStamp stamp = { 0 };

    if (text == NULL)
        return FALSE;
    while (*text == ' ')
        text++;
    if (!take_digits (&text, 4, &year) || !take_one_of (&text, ":-/.") ||
        !take_digits (&text, 2, &month) || !take_one_of (&text, ":-/.") ||
        !take_digits (&text, 2, &day) || !take_one_of (&text, " Tt") ||
        !take_digits (&text, 2, &hour) || !take_one_of (&text, ":.") ||
        !take_digits (&text, 2, &minute))
        return FALSE;
    if (take_one_of (&text, ":.") && !take_digits (&text, 2, &second))
        return FALSE;
    if (take_one_of (&text, ".,"))
        for (int unit = 100; g_ascii_isdigit (*text); unit /= 10)
            ms += (*text++ - '0') * unit;
    if (year < 1 || !g_date_valid_dmy ((GDateDay) day, (GDateMonth) month, (GDateYear) year) ||
        hour > 23 || minute > 59 || second > 60)
        return FALSE;
    stamp.wall_ms =
        (((timestamp_days_from_civil (year, (unsigned) month, (unsigned) day) * 24 + hour) * 60 +
          minute) *
             60 +
         MIN (second, 59)) *
            1000 +
        ms;
    stamp.has_offset = parse_offset (text, &stamp.offset_minutes);
    *out = stamp;
    return TRUE;
}

static const char *
get_text (const json_t *tags, const char *name)
{
    return json_string_value (json_object_get (tags, name));
}

gboolean
date_tags_any (const json_t *tags)
{
    DateStamp stamp;

    for (gsize i = 0; i < G_N_ELEMENTS (date_tags); i++)
        if (date_stamp_parse (get_text (tags, date_tags[i]), &stamp))
            return TRUE;
    return FALSE;
}

void
date_tags_remove (json_t *tags)
{
    for (gsize i = 0; i < G_N_ELEMENTS (date_tags); i++)
        json_object_del (tags, date_tags[i]);
    for (gsize i = 0; i < G_N_ELEMENTS (zone_tags); i++)
        json_object_del (tags, zone_tags[i]);
}

/* ---- zones ---- */

static const char *
name_offset (Arena *arena, gint minutes)
{
    guint size = (guint) ABS (minutes);

    if (minutes == 0)
        return "UTC";
    if (size % 60 == 0)
        return arena_printf (arena, "UTC%c%u", minutes < 0 ? '-' : '+', size / 60);
    return arena_printf (arena, "UTC%c%u:%02u", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

/* The zone of a name that name_offset () or GeoNames gave. NULL: not known here. */
static GTimeZone *
open_zone (const char *name)
{
    gint minutes;

    if (strcmp (name, "UTC") == 0 || strcmp (name, "UTC+0") == 0)
        return g_time_zone_new_utc ();
    if (g_str_has_prefix (name, "UTC")) {
        if (!parse_offset (name + 3, &minutes))
            return NULL;
        return g_time_zone_new_offset (minutes * 60);
    }
    return g_time_zone_new_identifier (name);
}

gint64
date_local_ms (gint64 instant_ms, const char *time_zone)
{
    g_autoptr (GTimeZone) zone = time_zone == NULL ? NULL : open_zone (time_zone);
    gint64 seconds = instant_ms / 1000 - (instant_ms % 1000 < 0 ? 1 : 0);
    gint interval;

    if (zone == NULL)
        return instant_ms;
    interval = g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, seconds);
    if (interval < 0)
        return instant_ms;
    return instant_ms + (gint64) g_time_zone_get_offset (zone, interval) * 1000;
}

static gint64
instant_of_wall_ms (gint64 wall_ms, const char *time_zone)
{
    g_autoptr (GTimeZone) zone = time_zone == NULL ? NULL : open_zone (time_zone);
    gint64 seconds = wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0), adjusted = seconds;
    gint interval;

    if (zone == NULL)
        return wall_ms;
    /* An hour that comes twice is taken as the first; one that is skipped moves behind the gap, as the
     * clock of who has not set it yet goes on in the offset before. */
    interval = g_time_zone_adjust_time (zone, G_TIME_TYPE_DAYLIGHT, &adjusted);
    if (adjusted != seconds && interval > 0)
        interval--;
    if (interval < 0)
        return wall_ms;
    return wall_ms - (gint64) g_time_zone_get_offset (zone, interval) * 1000;
}

/* 1: tags that name an offset. */
static gboolean
find_told_offset (const json_t *tags, gint *out_minutes)
{
    static const char *const told[] = { "TimeZone", "OffsetTimeOriginal", "OffsetTimeDigitized" };
    const json_t *hours = json_object_get (tags, "TimeZoneOffset");

    for (gsize i = 0; i < G_N_ELEMENTS (told); i++) {
        const char *text = get_text (tags, told[i]);
        if (text == NULL || !parse_offset (text, out_minutes))
            continue;
        if (i == 0 && g_strcmp0 (get_text (tags, "DaylightSavings"), "Yes") == 0)
            *out_minutes += 60;
        return TRUE;
    }
    if (json_is_array (hours))
        hours = json_array_get (hours, 0);
    if (json_is_number (hours) && fabs (json_number_value (hours)) <= 15) {
        *out_minutes = (gint) (json_number_value (hours) * 60);
        return TRUE;
    }
    return FALSE;
}

/* 3: an offset other than UTC inside a date. */
static gboolean
find_date_offset (const json_t *tags, gint *out_minutes)
{
    for (gsize i = 0; i < G_N_ELEMENTS (offset_tags); i++) {
        const char *text = get_text (tags, offset_tags[i]);
        DateStamp stamp;
        gint minutes;
        if (text == NULL)
            continue;
        if (date_stamp_parse (text, &stamp)) {
            if (!stamp.has_offset || stamp.offset_minutes == 0)
                continue;
            *out_minutes = stamp.offset_minutes;
            return TRUE;
        }
        /* a time alone: '15:15:44-04:00' */
        if (strlen (text) > 8 && text[2] == ':' && text[5] == ':' &&
            parse_offset (text + strcspn (text, "+-Z"), &minutes) && minutes != 0) {
            *out_minutes = minutes;
            return TRUE;
        }
    }
    return FALSE;
}

/* The offset that is in use somewhere and lies nearest, at most half an hour away. */
static gboolean
round_offset (gint64 difference_ms, gint *out_minutes)
{
    static const gint16 used[] = { -720, -660, -600, -570, -540, -480, -420, -360, -300, -240,
                                   -210, -180, -120, -60,  0,    60,   120,  180,  210,  240,
                                   270,  300,  330,  345,  360,  390,  420,  480,  525,  540,
                                   570,  600,  630,  660,  720,  765,  780,  840 };
    gint64 best = G_MAXINT64;

    for (gsize i = 0; i < G_N_ELEMENTS (used); i++) {
        gint64 away = llabs (difference_ms - (gint64) used[i] * MINUTE_MS);
        if (away < best) {
            best = away;
            *out_minutes = used[i];
        }
    }
    return best <= 30 * MINUTE_MS;
}

/* 5 and 6: the camera's clock against one that shows UTC. */
static gboolean
find_difference (const json_t *tags, gint64 wall_ms, gint *out_minutes)
{
    static const char *const universal[] = { "GPSDateTime", "DateTimeUTC", "SonyDateTime2",
                                             "TimeStamp" };
    const char *day = get_text (tags, "GPSDateStamp");
    const char *clock = get_text (tags, "GPSTimeStamp");
    DateStamp stamp;

    for (gsize i = 0; i < G_N_ELEMENTS (universal); i++) {
        if (i == 2 && day != NULL && clock != NULL) { /* GPS date and time apart */
            g_autofree char *joined = g_strdup_printf ("%s %s", day, clock);
            if (date_stamp_parse (joined, &stamp) &&
                round_offset (wall_ms - stamp.wall_ms, out_minutes))
                return TRUE;
        }
        if (!date_stamp_parse (get_text (tags, universal[i]), &stamp))
            continue;
        if (stamp.has_offset)
            stamp.wall_ms -= (gint64) stamp.offset_minutes * MINUTE_MS;
        if (round_offset (wall_ms - stamp.wall_ms, out_minutes))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_universal (const char *tag)
{
    return strcmp (tag, "GPSDateTime") == 0 || strcmp (tag, "DateTimeUTC") == 0;
}

void
date_facts_find (const json_t *tags, gboolean is_video, gboolean has_position, double latitude,
                 double longitude, const Places *places, Arena *arena, DateFacts *out)
{
    DateStamp stamp = { 0 };
    const char *tag = NULL, *zone = NULL;
    gint minutes = 0;

    memset (out, 0, sizeof *out);
    for (gsize i = 0; i < G_N_ELEMENTS (date_tags) && tag == NULL; i++)
        if (date_stamp_parse (get_text (tags, date_tags[i]), &stamp))
            tag = date_tags[i];

    if (find_told_offset (tags, &minutes)) {
        zone = name_offset (arena, minutes);
    } else if (has_position && places != NULL) {
        const char *name = places_time_zone (places, latitude, longitude);
        g_autoptr (GTimeZone) known = name == NULL ? NULL : open_zone (name);
        if (known != NULL)
            zone = arena_strdup (arena, name);
    }
    if (zone == NULL && find_date_offset (tags, &minutes))
        zone = name_offset (arena, minutes);
    if (zone == NULL && is_video)
        zone = "UTC";
    if (zone == NULL && tag != NULL && !stamp.has_offset && !is_universal (tag) &&
        find_difference (tags, stamp.wall_ms, &minutes))
        zone = name_offset (arena, minutes);
    if (zone == NULL && tag != NULL && stamp.has_offset && stamp.offset_minutes == 0)
        zone = "UTC+0";
    out->time_zone = zone;
    if (tag == NULL)
        return;

    out->has_date = TRUE;
    if (stamp.has_offset)
        out->instant_ms = stamp.wall_ms - (gint64) stamp.offset_minutes * MINUTE_MS;
    else if (is_video || is_universal (tag))
        out->instant_ms = stamp.wall_ms;
    else
        out->instant_ms = instant_of_wall_ms (stamp.wall_ms, zone);
    out->local_ms = date_local_ms (out->instant_ms, zone);
}
