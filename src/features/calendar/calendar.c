/* calendar.c -- the handlers of calendar.api and their SQL
 *
 * Days of upload are counted as assets come and go (asset_created_day); days of capture are counted from
 * the index of the timeline, over the days that are asked for. */
#define G_LOG_DOMAIN "calendar"
#include "features/calendar/calendar.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/users/users.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)
#define USUAL_DAYS 364 /* 52 weeks */
#define MAX_DAYS 36600

/* both: $1 owner, $2 first day, $3 last day, $4 a visibility that is not counted */
static const char SQL_UPLOADED[] =
    "SELECT created_day AS day, CAST(sum(n_assets) AS BIGINT) AS n_assets FROM asset_created_day"
    " WHERE owner_id = $1 AND created_day BETWEEN $2 AND $3 AND status = 'active'"
    "   AND visibility <> $4"
    " GROUP BY created_day";
static const char SQL_TAKEN[] =
    "SELECT local_day AS day, count(*) AS n_assets FROM asset"
    " WHERE owner_id = $1 AND local_day BETWEEN $2 AND $3 AND status = 'active'"
    "   AND deleted_at IS NULL AND visibility <> $4"
    " GROUP BY local_day";

typedef struct {
    const char *owner_id, *from, *to;
    CalendarHeatmapType type;
    gboolean with_locked;
} Wanted;

/* A date as the contract checked it. */
static gint64
read_day (const char *text)
{
    gint64 year = 0;
    unsigned month = 1, day = 1;

    sscanf (text, "%" G_GINT64_FORMAT "-%u-%u", &year, &month, &day);
    return timestamp_days_from_civil (year, month, day);
}

static const char *
write_day (Arena *arena, gint64 days)
{
    return arena_strndup (arena, timestamp_text (arena, days * DAY_MS), strlen ("2026-01-01"));
}

static ApiStatus
answer (ApiCall *call, const Wanted *wanted, CalendarHeatmapResponse *out)
{
    gint64 to = wanted->to != NULL ? read_day (wanted->to) : timestamp_now_ms () / DAY_MS;
    gint64 from = wanted->from != NULL ? read_day (wanted->from) : to - USUAL_DAYS + 1;
    g_autoptr (GError) error = NULL;
    CalendarDayRowList days;

    if (from > to)
        return api_refuse_field (call, "from", "from must be before to");
    if (to - from >= MAX_DAYS)
        return api_refuse_field (call, "from", "At most %d days at once", MAX_DAYS);
    if (!db_select (call->db, call->arena, &calendar_day_row_type, (List *) &days,
                    wanted->type == CALENDAR_HEATMAP_TYPE_UPLOAD ? SQL_UPLOADED : SQL_TAKEN,
                    DB_ARGS (db_text (wanted->owner_id), db_int (from), db_int (to),
                             db_text (wanted->with_locked ? "" : "locked")),
                    &error))
        return api_fail (call, g_steal_pointer (&error));
    out->from = write_day (call->arena, from);
    out->to = write_day (call->arena, to);
    out->series.n = (gsize) (to - from + 1);
    out->series.items = arena_alloc (call->arena, out->series.n * sizeof *out->series.items);
    for (gint64 day = from; day <= to; day++)
        out->series.items[day - from].date = write_day (call->arena, day);
    for (gsize i = 0; i < days.n; i++) {
        out->series.items[days.items[i].day - from].count = days.items[i].n_assets;
        out->total_count += days.items[i].n_assets;
    }
    return API_OK;
}

static ApiStatus
get_user_calendar_heatmap_admin (ApiCall *call, const GetUserCalendarHeatmapAdminRequest *in,
                                 CalendarHeatmapResponse *out)
{
    Wanted wanted = { .owner_id = in->id, .from = in->from, .to = in->to, .type = in->type };
    g_autoptr (GError) error = NULL;
    UserRow user;

    if (!users_load_any (call->db, call->arena, in->id, &user, &error))
        return api_fail (call, g_steal_pointer (&error));
    return answer (call, &wanted, out);
}

static ApiStatus
get_my_calendar_heatmap (ApiCall *call, const GetMyCalendarHeatmapRequest *in,
                         CalendarHeatmapResponse *out)
{
    Wanted wanted = { .owner_id = call->auth->user_id,
                      .from = in->from,
                      .to = in->to,
                      .type = in->type,
                      .with_locked = call->auth->is_elevated };

    return answer (call, &wanted, out);
}

static const CalendarHandlers calendar_handlers = {
    .get_user_calendar_heatmap_admin = get_user_calendar_heatmap_admin,
    .get_my_calendar_heatmap = get_my_calendar_heatmap,
};

void
calendar_start (App *app, Api *api)
{
    api_serve_calendar (api, &calendar_handlers);
}
