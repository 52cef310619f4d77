#define G_LOG_DOMAIN "cron"
#include "base/cron.h"

#include <string.h>

typedef struct {
    int min, max;
    const char *names; /* three letters each, from the first value on; NULL: none */
} Field;

static const Field fields[] = {
    { 0, 59, NULL },
    { 0, 23, NULL },
    { 1, 31, NULL },
    { 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec" },
    { 0, 7, "sunmontuewedthufrisat" },
    { 1970, 2099, NULL },
};
enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR, N_FIELDS };

static gboolean
read_value (const Field *field, const char *text, int *out)
{
    g_autofree char *lower = g_ascii_strdown (text, -1);
    const char *name =
        field->names != NULL && strlen (text) == 3 ? strstr (field->names, lower) : NULL;
    guint64 value;

    if (name != NULL && (name - field->names) % 3 == 0) {
        *out = field->names[0] == 's' ? (int) (name - field->names) / 3
                                      : (int) (name - field->names) / 3 + field->min;
        return TRUE;
    }
    if (!g_ascii_string_to_unsigned (text, 10, (guint64) field->min, (guint64) field->max, &value,
                                     NULL))
        return FALSE;
    *out = (int) value;
    return TRUE;
}

/* '*', '5', '1-5', each maybe with '/2'. */
static gboolean
item_matches (const Field *field, const char *item, int value)
{
    g_auto (GStrv) parts = g_strsplit (item, "/", 2);
    g_auto (GStrv) ends = NULL;
    int first = field->min, last = field->max;
    guint64 step = 1;

    if (parts[0] == NULL ||
        (parts[1] != NULL && !g_ascii_string_to_unsigned (parts[1], 10, 1, 9999, &step, NULL)))
        return FALSE;
    if (strcmp (parts[0], "*") != 0 && strcmp (parts[0], "?") != 0) {
        ends = g_strsplit (parts[0], "-", 2);
        if (!read_value (field, ends[0], &first))
            return FALSE;
        if (ends[1] != NULL ? !read_value (field, ends[1], &last) : parts[1] == NULL)
            last = first;
    }
    return value >= first && value <= last && (guint64) (value - first) % step == 0;
}

static gboolean
field_matches (const Field *field, const char *text, int value)
{
    g_auto (GStrv) items = g_strsplit (text, ",", -1);

    for (char **item = items; *item != NULL; item++)
        if (item_matches (field, *item, value))
            return TRUE;
    return FALSE;
}

static gboolean
is_any (const char *text)
{
    return *text == '*' || *text == '?';
}

gboolean
cron_matches (const char *text, GDateTime *time)
{
    g_auto (GStrv) words = g_strsplit_set (text, " \t", -1);
    const char *texts[8];
    const char *const *at = texts;
    gboolean day, weekday;
    int sunday_is_0 = g_date_time_get_day_of_week (time) % 7;
    guint n = 0;

    for (char **word = words; *word != NULL; word++)
        if (**word != '\0') {
            if (n == 7)
                return FALSE;
            texts[n++] = *word;
        }
    if (n < 5)
        return FALSE;
    if (n > 5)
        at++; /* the second */
    day = field_matches (&fields[DAY], at[DAY], g_date_time_get_day_of_month (time));
    weekday = field_matches (&fields[WEEKDAY], at[WEEKDAY], sunday_is_0) ||
              (sunday_is_0 == 0 && field_matches (&fields[WEEKDAY], at[WEEKDAY], 7));
    return field_matches (&fields[MINUTE], at[MINUTE], g_date_time_get_minute (time)) &&
           field_matches (&fields[HOUR], at[HOUR], g_date_time_get_hour (time)) &&
           field_matches (&fields[MONTH], at[MONTH], g_date_time_get_month (time)) &&
           (n < 7 || field_matches (&fields[YEAR], at[YEAR], g_date_time_get_year (time))) &&
           (is_any (at[DAY]) || is_any (at[WEEKDAY]) ? day && weekday : day || weekday);
}
