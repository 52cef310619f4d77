/* timeline_store.h -- the SQL of the timeline (internal to the feature) */
#pragma once
#include "db/db.h"
#include "features/timeline/timeline_columns.h"
#include "features/timeline/timeline_filter.h"
#include "features/timeline_api.h"

/** The months that have assets, newest first unless ascending. Plain filters read kept counts; only an
 *  area (has_box) counts assets, those in it. */
gboolean timeline_store_count (Db *db, Arena *arena, const TimelineFilter *filter,
                               TimeBucketsResponseList *out, GError **error);

/** Add the assets of a month to @columns, in the order of the answer.
 *  @viewer_id  favourites are the owner's own business */
gboolean timeline_store_list (Db *db, Arena *arena, const TimelineFilter *filter, gint64 month,
                              const char *viewer_id, TimelineColumns *columns, GError **error);

/** The engine's plans of the two, as text; for the test that no whole table is read. */
gboolean timeline_store_explain (Db *db, Arena *arena, const TimelineFilter *filter,
                                 const char **out_count, const char **out_list, GError **error);
