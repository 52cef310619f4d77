/* timeline_store.c -- see timeline_store.h
 *
 * The statements are put together from the literals below, each value a parameter. All of them take
 *   $1      owner
 *   $2, $3  the visibilities wanted, twice the same for one
 *   $4, $5  the values of is_favorite wanted
 *   $6      0: hide members of stacks that are not the primary, 1: do not (stack_hidden IN (0, $6)) */
#define G_LOG_DOMAIN "timeline"
#include "features/timeline/timeline_store.h"

#include "base/error.h"

#define DAY_MS 86400000LL

/* Kept counts; $7, $8 states. A period is a month, or a day of upload. */
static const char SQL_COUNT_MONTHS[] =
    "SELECT local_month AS period, CAST(sum(n_assets) AS BIGINT) AS n_assets FROM asset_month"
    " WHERE owner_id = $1 AND visibility IN ($2, $3) AND is_favorite IN ($4, $5)"
    "   AND stack_hidden IN (0, $6) AND status IN ($7, $8)"
    " GROUP BY local_month ORDER BY local_month";
static const char SQL_COUNT_DAYS[] =
    "SELECT created_day AS period, CAST(sum(n_assets) AS BIGINT) AS n_assets"
    "  FROM asset_created_day"
    " WHERE owner_id = $1 AND visibility IN ($2, $3) AND is_favorite IN ($4, $5)"
    "   AND stack_hidden IN (0, $6) AND status IN ($7, $8)"
    " GROUP BY created_day ORDER BY created_day";

#define SQL_SHOWN                                                                                  \
    " a.owner_id = $1 AND a.visibility IN ($2, $3) AND a.is_favorite IN ($4, $5)"                  \
    " AND a.stack_hidden IN (0, $6)"
#define SQL_ACTIVE " AND a.deleted_at IS NULL AND a.status = 'active'"
#define SQL_TRASHED " AND a.deleted_at IS NOT NULL AND a.status <> 'deleted'"

/* $7 south, $8 north, $9 west, $10 east, $11 west, $12 east: an area across the antimeridian is two.
 * CROSS JOIN makes SQLite begin with the positions. */
#define SQL_COUNT_AREA                                                                             \
    " AS period, count(*) AS n_assets FROM asset_exif e CROSS JOIN asset a"                        \
    " WHERE a.id = e.asset_id AND e.latitude BETWEEN $7 AND $8"                                    \
    "   AND (e.longitude BETWEEN $9 AND $10 OR e.longitude BETWEEN $11 AND $12) AND" SQL_SHOWN

/* $7, $8 the first and last local day, or moment of upload, of the month */
#define SQL_LIST                                                                                   \
    "SELECT a.id, a.owner_id, a.type, a.visibility, a.is_favorite, a.deleted_at, a.duration_ms,"   \
    "       a.live_photo_video_id, a.file_created_at, a.local_date_time, a.created_at, a.width,"   \
    "       a.height, a.thumbhash, e.city, e.country, e.projection_type, e.latitude, e.longitude," \
    "       a.stack_id, "
/* counts its primary, and only what is on the timeline */
#define SQL_STACK_COUNT                                                                            \
    "CASE WHEN a.stack_id IS NULL THEN 0 ELSE"                                                     \
    "     (SELECT count(*) FROM asset m WHERE m.stack_id = a.stack_id"                             \
    "         AND m.visibility = 'timeline' AND m.deleted_at IS NULL AND m.status = 'active') END"
#define SQL_LIST_FROM " FROM asset a LEFT JOIN asset_exif e ON e.asset_id = a.id WHERE" SQL_SHOWN
/* $9 south, $10 north, $11 west, $12 east, $13 west, $14 east */
#define SQL_LIST_AREA                                                                              \
    " AND e.latitude BETWEEN $9 AND $10"                                                           \
    " AND (e.longitude BETWEEN $11 AND $12 OR e.longitude BETWEEN $13 AND $14)"

/* The columns of SQL_LIST. */
enum {
    LIST_ID,
    LIST_OWNER_ID,
    LIST_TYPE,
    LIST_VISIBILITY,
    LIST_IS_FAVORITE,
    LIST_DELETED_AT,
    LIST_DURATION,
    LIST_LIVE_PHOTO,
    LIST_FILE_CREATED_AT,
    LIST_LOCAL_DATE_TIME,
    LIST_CREATED_AT,
    LIST_WIDTH,
    LIST_HEIGHT,
    LIST_THUMBHASH,
    LIST_CITY,
    LIST_COUNTRY,
    LIST_PROJECTION,
    LIST_LATITUDE,
    LIST_LONGITUDE,
    LIST_STACK_ID,
    LIST_STACK_COUNT,
};

#define MAX_ARGS 14

typedef struct {
    const char *sql;
    DbValue values[MAX_ARGS];
    gsize n;
} Statement;

static DbArgs
statement_args (const Statement *self)
{
    return (DbArgs){ self->values, self->n };
}

static void
add_arg (Statement *self, DbValue value)
{
    g_assert (self->n < MAX_ARGS);
    self->values[self->n++] = value;
}

static void
add_filter (Statement *self, const TimelineFilter *filter)
{
    add_arg (self, db_text (filter->owner_id));
    add_arg (self, db_text (filter->visibility != NULL ? filter->visibility : "timeline"));
    add_arg (self, db_text (filter->visibility != NULL ? filter->visibility : "archive"));
    add_arg (self, db_int (filter->has_favorite && filter->is_favorite));
    add_arg (self, db_int (!filter->has_favorite || filter->is_favorite));
    add_arg (self, db_int (!filter->stacked));
}

static void
add_box (Statement *self, const TimelineBox *box)
{
    gboolean crosses = box->west > box->east;

    add_arg (self, db_real (box->south));
    add_arg (self, db_real (box->north));
    add_arg (self, db_real (box->west));
    add_arg (self, db_real (crosses ? 180.0 : box->east));
    add_arg (self, db_real (crosses ? -180.0 : box->west));
    add_arg (self, db_real (box->east));
}

static void
prepare_count (const TimelineFilter *filter, Arena *arena, Statement *out)
{
    /* whole days, whatever the order is by: months are made of them below */
    const char *day = filter->by_upload ? "a.created_at / 86400000" : "a.local_day";

    out->n = 0;
    add_filter (out, filter);
    if (filter->has_box) {
        add_box (out, &filter->box);
        out->sql = arena_printf (arena, "SELECT %s%s%s GROUP BY %s ORDER BY 1", day, SQL_COUNT_AREA,
                                 filter->trashed ? SQL_TRASHED : SQL_ACTIVE, day);
        return;
    }
    add_arg (out, db_text (filter->trashed ? "trashed" : "active"));
    add_arg (out, db_text (filter->trashed ? "offline" : "active"));
    out->sql = filter->by_upload ? SQL_COUNT_DAYS : SQL_COUNT_MONTHS;
}

static void
prepare_list (const TimelineFilter *filter, gint64 month, Arena *arena, Statement *out)
{
    const char *period = filter->by_upload ? "a.created_at" : "a.local_day";
    const char *direction = filter->ascending ? "" : " DESC";
    gint64 first = timeline_month_first_day (month), next = timeline_month_first_day (month + 1);

    out->n = 0;
    add_filter (out, filter);
    add_arg (out, db_int (filter->by_upload ? first * DAY_MS : first));
    add_arg (out, db_int (filter->by_upload ? next * DAY_MS - 1 : next - 1));
    if (filter->has_box)
        add_box (out, &filter->box);
    out->sql = arena_printf (
        arena, "%s%s%s%s%s AND %s BETWEEN $7 AND $8 ORDER BY %s%s, a.file_created_at%s, a.id%s",
        SQL_LIST, filter->stacked ? SQL_STACK_COUNT : "0", SQL_LIST_FROM,
        filter->trashed ? SQL_TRASHED : SQL_ACTIVE, filter->has_box ? SQL_LIST_AREA : "", period,
        period, direction, direction, direction);
}

/* ---- counting ---- */

typedef struct {
    Arena *arena;
    const TimelineFilter *filter;
    GArray *months; /* MonthCount, oldest first */
} Counter;

typedef struct {
    gint64 month, n_assets;
} MonthCount;

static gboolean
count_period (const DbRow *row, gpointer data)
{
    Counter *self = data;
    gboolean is_month = !self->filter->by_upload && !self->filter->has_box;
    gint64 period = db_row_int (row, 0);
    MonthCount count = { is_month ? period : timeline_month_of_day (period), db_row_int (row, 1) };
    MonthCount *last = self->months->len > 0
                           ? &g_array_index (self->months, MonthCount, self->months->len - 1)
                           : NULL;

    if (last != NULL && last->month == count.month)
        last->n_assets += count.n_assets;
    else if (count.n_assets > 0)
        g_array_append_val (self->months, count);
    return TRUE;
}

gboolean
timeline_store_count (Db *db, Arena *arena, const TimelineFilter *filter,
                      TimeBucketsResponseList *out, GError **error)
{
    g_autoptr (GArray) months = g_array_new (FALSE, FALSE, sizeof (MonthCount));
    Counter counter = { arena, filter, months };
    TimeBucketsResponseList list;
    Statement statement;

    prepare_count (filter, arena, &statement);
    if (!db_each (db, statement.sql, statement_args (&statement), count_period, &counter, error))
        return FALSE;
    list.n = months->len;
    list.items = arena_new_array (arena, TimeBucketsResponse, MAX (months->len, 1));
    for (guint i = 0; i < months->len; i++) {
        guint from = filter->ascending ? i : months->len - 1 - i;
        const MonthCount *month = &g_array_index (months, MonthCount, from);

        list.items[i].time_bucket = timeline_month_text (arena, month->month);
        list.items[i].count = month->n_assets;
    }
    *out = list;
    return TRUE;
}

/* ---- listing ---- */

typedef struct {
    const char *viewer_id;
    TimelineColumns *columns;
} Lister;

static gboolean
list_asset (const DbRow *row, gpointer data)
{
    Lister *self = data;
    TimelineAsset asset = {
        .id = db_row_text (row, LIST_ID),
        .owner_id = db_row_text (row, LIST_OWNER_ID),
        .type = db_row_text (row, LIST_TYPE),
        .visibility = db_row_text (row, LIST_VISIBILITY),
        .is_trashed = !db_row_is_null (row, LIST_DELETED_AT),
        .has_duration_ms = !db_row_is_null (row, LIST_DURATION),
        .live_photo_video_id = db_row_text (row, LIST_LIVE_PHOTO),
        .file_created_at_ms = db_row_int (row, LIST_FILE_CREATED_AT),
        .local_date_time_ms = db_row_int (row, LIST_LOCAL_DATE_TIME),
        .created_at_ms = db_row_int (row, LIST_CREATED_AT),
        .width = db_row_int (row, LIST_WIDTH), /* 0: not known */
        .height = db_row_int (row, LIST_HEIGHT),
        .city = db_row_text (row, LIST_CITY),
        .country = db_row_text (row, LIST_COUNTRY),
        .projection_type = db_row_text (row, LIST_PROJECTION),
        .has_position =
            !db_row_is_null (row, LIST_LATITUDE) && !db_row_is_null (row, LIST_LONGITUDE),
        .stack_id = db_row_text (row, LIST_STACK_ID),
        .n_stack = db_row_int (row, LIST_STACK_COUNT),
    };

    asset.is_favorite =
        db_row_int (row, LIST_IS_FAVORITE) != 0 && g_strcmp0 (asset.owner_id, self->viewer_id) == 0;
    if (asset.has_duration_ms)
        asset.duration_ms = db_row_int (row, LIST_DURATION);
    if (asset.has_position) {
        asset.latitude = db_row_real (row, LIST_LATITUDE);
        asset.longitude = db_row_real (row, LIST_LONGITUDE);
    }
    asset.thumbhash = db_row_blob (row, LIST_THUMBHASH, &asset.n_thumbhash);
    timeline_columns_add (self->columns, &asset);
    return TRUE;
}

gboolean
timeline_store_list (Db *db, Arena *arena, const TimelineFilter *filter, gint64 month,
                     const char *viewer_id, TimelineColumns *columns, GError **error)
{
    Lister lister = { viewer_id, columns };
    Statement statement;

    prepare_list (filter, month, arena, &statement);
    return db_each (db, statement.sql, statement_args (&statement), list_asset, &lister, error);
}

gboolean
timeline_store_explain (Db *db, Arena *arena, const TimelineFilter *filter, const char **out_count,
                        const char **out_list, GError **error)
{
    Statement count, list;

    prepare_count (filter, arena, &count);
    prepare_list (filter, 600, arena, &list);
    return db_explain (db, arena, count.sql, statement_args (&count), out_count, error) &&
           db_explain (db, arena, list.sql, statement_args (&list), out_list, error);
}
