/* method_date_filter.c -- go on with what was taken in certain days, once or every year
 *
 * Days are those of the place where it was taken. Both ends belong to the range. */
#define G_LOG_DOMAIN "plugins"
#include "base/timestamp.h"
#include "features/plugins/plugins_private.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)
#define LEAP_YEAR 2000

static gboolean
check_date (const char *field, const FilterDate *date, gboolean recurring, GError **error)
{
    gint64 year = recurring || !date->has_year ? LEAP_YEAR : date->year;

    if (!recurring && !date->has_year)
        return plugin_refuse (error, field, "a year is missing, unless it is recurring");
    if (!g_date_valid_dmy ((GDateDay) date->day, (GDateMonth) date->month, (GDateYear) year))
        return plugin_refuse (error, field, "there is no such day");
    return TRUE;
}

static gint64
day_of (const FilterDate *date)
{
    return timestamp_days_from_civil (date->year, (unsigned) date->month, (unsigned) date->day);
}

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const AssetDateFilterConfig *config = data;
    const FilterDate *start = config->start_date, *end = config->end_date;

    if (start == NULL && end == NULL)
        return plugin_refuse (error, "startDate", "a first or a last day is missing");
    if ((start != NULL && !check_date ("startDate", start, config->recurring, error)) ||
        (end != NULL && !check_date ("endDate", end, config->recurring, error)))
        return FALSE;
    if (!config->recurring && start != NULL && end != NULL && day_of (start) > day_of (end))
        return plugin_refuse (error, "endDate", "it is before the first day");
    return TRUE;
}

/* Compares as days of one year do. */
static gint64
month_and_day (gint64 month, gint64 day)
{
    return month * 100 + day;
}

static gboolean
recurs (const AssetDateFilterConfig *config, gint64 at)
{
    gint64 first = config->start_date != NULL
                       ? month_and_day (config->start_date->month, config->start_date->day)
                       : month_and_day (1, 1);
    gint64 last = config->end_date != NULL
                      ? month_and_day (config->end_date->month, config->end_date->day)
                      : month_and_day (12, 31);

    /* from one year into the next */
    if (first > last)
        return at >= first || at <= last;
    return at >= first && at <= last;
}

static gboolean
matches (PluginRun *run, const void *data, gboolean *out, GError **error)
{
    const AssetDateFilterConfig *config = data;
    gint64 local_ms = run->asset.local_date_time;
    gint64 day = local_ms / DAY_MS - (local_ms % DAY_MS < 0 ? 1 : 0), year;
    unsigned month, day_of_month;

    if (config->recurring) {
        timestamp_civil_from_days (day, &year, &month, &day_of_month);
        *out = recurs (config, month_and_day (month, day_of_month));
    } else {
        *out = (config->start_date == NULL || day >= day_of (config->start_date)) &&
               (config->end_date == NULL || day <= day_of (config->end_date));
    }
    return TRUE;
}

static const PluginField fields[] = {
    { .property = "startDate", .title = "First day" },
    { .property = "endDate", .title = "Last day" },
    { .property = "recurring",
      .title = "Every year",
      .description = "Years do not count then; the days may go over New Year" },
    { .property = "year", .title = "Year" },
    { .property = "month", .title = "Month" },
    { .property = "day", .title = "Day" },
    { 0 },
};

const PluginMethod asset_date_filter_method = {
    .name = "assetDateFilter",
    .title = "Filter by date",
    .description = "Goes on with what was taken in a range of days, once or every year.",
    .config = &asset_date_filter_config_type,
    .fields = fields,
    .check = check,
    .matches = matches,
};
