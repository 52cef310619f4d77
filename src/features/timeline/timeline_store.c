/* timeline_store.c -- see timeline_store.h
 *
 * The statements are put together from the literals below, each value a parameter. But for SQL_COUNT_SET
 * all of them begin with
 *   $1, $2  the visibilities wanted, twice the same for one
 *   $3, $4  the values of is_favorite wanted
 *   $5      0: hide members of stacks that are not the primary, 1: do not (stack_hidden IN (0, $5))
 * and end with one for each set that is named, and one for whose favourites are left out. */
#define G_LOG_DOMAIN "timeline"
#include "features/timeline/timeline_store.h"

#include <string.h>

#include "base/error.h"

#define DAY_MS 86400000LL

/* In a set: what is compared around its parameter. That is the id of the asset where a set has rows of
 * its own, else its owner (in a row of kept counts, or of another set, too). */
#define SQL_OWNER "a.owner_id"
#define ROWS_OF_ALBUM "album_asset s WHERE s.album_id = "
#define ROWS_OF_PERSON                                                                             \
    "asset_face s WHERE s.is_visible = 1 AND s.deleted_at IS NULL AND s.person_id = "
#define ROWS_OF_TAG "tag_ancestor t JOIN tag_asset s ON s.tag_id = t.tag_id WHERE t.ancestor_id = "
#define IN_ROWS " IN (SELECT s.asset_id FROM "
static const struct {
    const char *before, *after;
    const char *rows; /* one for each asset, or several, which carry its day and state */
} set_sql[TIMELINE_N_SETS] = {
    [TIMELINE_OWNER] = { " = ", "", NULL },
    [TIMELINE_OWNERS] = { " IN (SELECT value FROM json_each(", "))", NULL },
    [TIMELINE_ALBUM] = { IN_ROWS ROWS_OF_ALBUM, ")", ROWS_OF_ALBUM },
    [TIMELINE_PERSON] = { IN_ROWS ROWS_OF_PERSON, ")", ROWS_OF_PERSON },
    [TIMELINE_TAG] = { IN_ROWS ROWS_OF_TAG, ")", ROWS_OF_TAG },
};
/* Of the rows of a set, those of the days $6 to $7. */
#define SQL_DAYS_OF_SET " AND s.local_day BETWEEN $6 AND $7"
/* When the assets of another set are counted, an index of owners would lead through all that the owner
 * has: no index serves this. */
#define SQL_OWNER_BESIDE SQL_OWNER " || ''"

#define SQL_SHOWN                                                                                  \
    " a.visibility IN ($1, $2) AND a.is_favorite IN ($3, $4) AND a.stack_hidden IN (0, $5)"

/* Films of live photos, for who asks for what is hidden: as open as the photos, but that of a locked one is
 * for nobody. Kept counts and the rows of sets do not know that. */
#define SQL_OPEN_FILMS                                                                             \
    " AND NOT " ACCESS_SQL_FILM_IS_CLOSED ("s.visibility <> 'locked' AND (s.owner_id = $%u"        \
                                           " OR (" ACCESS_SQL_PARTNER_SEES "))")

/* What others marked is as if it were not. In the rows of a set the mark is a bit of the state. */
#define SQL_UNMARKED " AND (a.is_favorite = 0 OR a.owner_id <> "
#define SQL_UNMARKED_OF_SET " AND ((s.timeline_state & 4) = 0 OR s.owner_id <> "

/* Kept counts; $6, $7 states. A period is a month, or a day of upload. */
#define SQL_COUNT_MONTHS                                                                           \
    "SELECT a.local_month AS period, CAST(sum(a.n_assets) AS BIGINT) AS n_assets"                  \
    "  FROM asset_month a WHERE" SQL_SHOWN " AND a.status IN ($6, $7)"
#define SQL_COUNT_DAYS                                                                             \
    "SELECT a.created_day AS period, CAST(sum(a.n_assets) AS BIGINT) AS n_assets"                  \
    "  FROM asset_created_day a WHERE" SQL_SHOWN " AND a.status IN ($6, $7)"

#define SQL_ACTIVE " AND a.deleted_at IS NULL AND a.status = 'active'"
#define SQL_TRASHED " AND a.deleted_at IS NOT NULL AND a.status <> 'deleted'"

/* Counting the rows of a set; $1 the states that are shown. */
#define SQL_COUNT_SET "SELECT s.local_day AS period, count(DISTINCT s.asset_id) AS n_assets FROM "
#define SQL_STATES_OF_SET                                                                          \
    " AND s.timeline_state IN (SELECT CAST(value AS BIGINT) FROM json_each($1))"
/* Counting the assets of several sets, or by the day of upload. */
#define SQL_COUNT_ASSETS " AS period, count(*) AS n_assets FROM asset a WHERE" SQL_SHOWN

/* $6 south, $7 north, $8 west, $9 east, $10 west, $11 east: an area across the antimeridian is two.
 * CROSS JOIN makes SQLite begin with the positions. */
#define SQL_COUNT_AREA                                                                             \
    " AS period, count(*) AS n_assets FROM asset_exif e CROSS JOIN asset a"                        \
    " WHERE a.id = e.asset_id AND e.latitude BETWEEN $6 AND $7"                                    \
    "   AND (e.longitude BETWEEN $8 AND $9 OR e.longitude BETWEEN $10 AND $11) AND" SQL_SHOWN

/* $6, $7 the first and last local day, or moment of upload, of the month */
#define SQL_LIST                                                                                   \
    "SELECT a.id, a.owner_id, a.type, a.visibility, a.is_favorite, a.deleted_at, a.duration_ms,"   \
    "       a.live_photo_video_id, a.file_created_at, a.local_date_time, a.created_at, a.width,"   \
    "       a.height, a.thumbhash, a.timeline_city, a.timeline_country, a.timeline_projection,"    \
    "       a.timeline_latitude, a.timeline_longitude, a.stack_id, "
/* counts its primary, and only what is on the timeline: as stacks_describe () has it */
#define SQL_STACK_COUNT                                                                            \
    "CASE WHEN a.stack_id IS NULL THEN 0 ELSE"                                                     \
    "     (SELECT count(*) FROM asset m WHERE m.stack_id = a.stack_id"                             \
    "         AND m.visibility = 'timeline' AND m.deleted_at IS NULL AND m.status = 'active') END"
#define SQL_LIST_FROM " FROM asset a WHERE" SQL_SHOWN
/* $8 south, $9 north, $10 west, $11 east, $12 west, $13 east */
#define SQL_LIST_AREA                                                                              \
    " AND a.timeline_latitude BETWEEN $8 AND $9"                                                   \
    " AND (a.timeline_longitude BETWEEN $10 AND $11 OR a.timeline_longitude BETWEEN $12 AND $13)"

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

#define MAX_ARGS (15 + TIMELINE_N_SETS)

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

static gboolean
wants_hidden (const TimelineFilter *filter)
{
    return filter->visibility != NULL && strcmp (filter->visibility, "hidden") == 0;
}

/* The conditions of the sets but one, whose rows are counted, and of favourites that are left out; after all
 * other parameters. @days_of_set goes into those that are rows of their own. */
static const char *
add_sets (Statement *self, const TimelineFilter *filter, TimelineSet but, const char *owner,
          const char *days_of_set, Arena *arena)
{
    const char *sql = "";

    for (guint i = 0; i < TIMELINE_N_SETS; i++) {
        if (filter->sets[i] == NULL || i == but)
            continue;
        add_arg (self, db_text (filter->sets[i]));
        sql = arena_printf (arena, "%s AND %s%s$%u%s%s", sql,
                            set_sql[i].rows == NULL ? owner : "a.id", set_sql[i].before,
                            (guint) self->n, set_sql[i].rows == NULL ? "" : days_of_set,
                            set_sql[i].after);
    }
    if (filter->unmarked_by != NULL) {
        add_arg (self, db_text (filter->unmarked_by));
        sql = arena_printf (arena, "%s%s$%u)", sql,
                            but == TIMELINE_N_SETS ? SQL_UNMARKED : SQL_UNMARKED_OF_SET,
                            (guint) self->n);
    }
    if (wants_hidden (filter)) {
        add_arg (self, db_text (filter->viewer_id));
        sql = arena_printf (arena, "%s" SQL_OPEN_FILMS, sql, (guint) self->n);
    }
    return sql;
}

/* The one set whose rows alone can be counted; TIMELINE_N_SETS: there is none. */
static TimelineSet
find_rows (const TimelineFilter *filter)
{
    TimelineSet found = TIMELINE_N_SETS;

    if (filter->has_box || filter->by_upload || wants_hidden (filter))
        return TIMELINE_N_SETS;
    for (guint i = 0; i < TIMELINE_N_SETS; i++) {
        if (filter->sets[i] == NULL || set_sql[i].rows == NULL)
            continue;
        if (found != TIMELINE_N_SETS)
            return TIMELINE_N_SETS;
        found = i;
    }
    return found;
}

/* The states that are shown, as a JSON array; asset.timeline_state says what they are. */
static const char *
list_states (const TimelineFilter *filter, Arena *arena)
{
    static const char *const visibilities[] = { "timeline", "archive", "hidden", "locked" };
    g_autoptr (GString) text = g_string_new ("[");

    for (guint visibility = 0; visibility < G_N_ELEMENTS (visibilities); visibility++)
        for (guint bits = 0; bits < 4; bits++) {
            gboolean is_favorite = (bits & 1) != 0, is_behind = (bits & 2) != 0;

            if ((filter->visibility != NULL
                     ? strcmp (filter->visibility, visibilities[visibility]) == 0
                     : visibility < 2) &&
                (!filter->has_favorite || filter->is_favorite == is_favorite) &&
                !(filter->stacked && is_behind))
                g_string_append_printf (text, "%s%u", text->len > 1 ? "," : "",
                                        visibility + 4 * bits + (filter->trashed ? 16 : 0));
        }
    return arena_strdup (arena, g_string_append_c (text, ']')->str);
}

/* What is kept counts the assets of owners, and knows of nothing else. */
static gboolean
is_kept (const TimelineFilter *filter)
{
    return !filter->has_box && !wants_hidden (filter) && filter->sets[TIMELINE_ALBUM] == NULL &&
           filter->sets[TIMELINE_PERSON] == NULL && filter->sets[TIMELINE_TAG] == NULL;
}

static void
prepare_count (const TimelineFilter *filter, Arena *arena, Statement *out)
{
    /* whole days, whatever the order is by: months are made of them below */
    const char *day = filter->by_upload ? "a.created_at / 86400000" : "a.local_day";
    TimelineSet rows = find_rows (filter);

    out->n = 0;
    if (rows != TIMELINE_N_SETS) {
        add_arg (out, db_text (list_states (filter, arena)));
        add_arg (out, db_text (filter->sets[rows]));
        out->sql = arena_printf (arena, "%s%s$2%s%s GROUP BY s.local_day ORDER BY 1", SQL_COUNT_SET,
                                 set_sql[rows].rows, SQL_STATES_OF_SET,
                                 add_sets (out, filter, rows, "s.owner_id", "", arena));
        return;
    }
    add_filter (out, filter);
    if (is_kept (filter)) {
        add_arg (out, db_text (filter->trashed ? "trashed" : "active"));
        add_arg (out, db_text (filter->trashed ? "offline" : "active"));
        out->sql = arena_printf (arena, "%s%s GROUP BY %s ORDER BY 1",
                                 filter->by_upload ? SQL_COUNT_DAYS : SQL_COUNT_MONTHS,
                                 add_sets (out, filter, TIMELINE_N_SETS, SQL_OWNER, "", arena),
                                 filter->by_upload ? "a.created_day" : "a.local_month");
        return;
    }
    if (filter->has_box)
        add_box (out, &filter->box);
    out->sql = arena_printf (arena, "SELECT %s%s%s%s GROUP BY %s ORDER BY 1", day,
                             filter->has_box ? SQL_COUNT_AREA : SQL_COUNT_ASSETS,
                             add_sets (out, filter, TIMELINE_N_SETS, SQL_OWNER_BESIDE, "", arena),
                             filter->trashed ? SQL_TRASHED : SQL_ACTIVE, day);
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
        arena, "%s%s%s%s%s%s AND %s BETWEEN $6 AND $7 ORDER BY %s%s, a.file_created_at%s, a.id%s",
        SQL_LIST, filter->stacked ? SQL_STACK_COUNT : "0", SQL_LIST_FROM,
        add_sets (out, filter, TIMELINE_N_SETS, SQL_OWNER, filter->by_upload ? "" : SQL_DAYS_OF_SET,
                  arena),
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
    gboolean is_month = !self->filter->by_upload && is_kept (self->filter);
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
    const TimelineViewer *viewer;
    TimelineColumns *columns;
} Lister;

static gboolean
list_asset (const DbRow *row, gpointer data)
{
    Lister *self = data;
    gboolean sees_place = self->viewer->sees_places;
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
        .city = sees_place ? db_row_text (row, LIST_CITY) : NULL,
        .country = sees_place ? db_row_text (row, LIST_COUNTRY) : NULL,
        .projection_type = db_row_text (row, LIST_PROJECTION),
        .has_position = sees_place && !db_row_is_null (row, LIST_LATITUDE) &&
                        !db_row_is_null (row, LIST_LONGITUDE),
        .stack_id = db_row_text (row, LIST_STACK_ID),
        .n_stack = db_row_int (row, LIST_STACK_COUNT),
    };

    asset.is_favorite = db_row_int (row, LIST_IS_FAVORITE) != 0 &&
                        g_strcmp0 (asset.owner_id, self->viewer->user_id) == 0;
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
                     const TimelineViewer *viewer, TimelineColumns *columns, GError **error)
{
    Lister lister = { viewer, columns };
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
