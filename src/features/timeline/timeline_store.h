/* timeline_store.h -- the SQL of the timeline (internal to the feature) */
#pragma once
#include "db/db.h"
#include "features/timeline/timeline_columns.h"
#include "features/timeline/timeline_filter.h"
#include "features/timeline_api.h"

/** Who looks. */
typedef struct {
    const char *user_id;  /* favourites are the owner's own business; NULL: nobody's */
    gboolean sees_places; /* else cities, countries and positions are null */
} TimelineViewer;

/** The months that have assets, newest first unless ascending. Those of owners read kept counts; with
 *  another set or an area (has_box) the assets in it are counted. */
gboolean timeline_store_count (Db *db, Arena *arena, const TimelineFilter *filter,
                               TimeBucketsResponseList *out, GError **error);

/** Add the assets of a month to @columns, in the order of the answer. */
gboolean timeline_store_list (Db *db, Arena *arena, const TimelineFilter *filter, gint64 month,
                              const TimelineViewer *viewer, TimelineColumns *columns,
                              GError **error);

/** The engine's plans of the two, as text; for the test that no whole table is read. */
gboolean timeline_store_explain (Db *db, Arena *arena, const TimelineFilter *filter,
                                 const char **out_count, const char **out_list, GError **error);
