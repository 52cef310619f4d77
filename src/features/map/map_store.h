/* map_store.h -- the markers of a map, written as they are read (internal to the feature) */
#pragma once
#include "features/map/map.h"

typedef struct {
    const char *user_id;
    gboolean with_archive, with_partners, with_albums;
    gboolean has_favorite, is_favorite;
    gboolean has_after, has_before; /* fileCreatedAt, inclusive */
    gint64 after_ms, before_ms;
} MapFilter;

/** A JSON array of MapMarkerResponse, newest first. Degrees are rounded to a millimetre.
 *  @flush  called when @out holds some thousand markers: takes them out of it, or FALSE to end */
gboolean map_store_write (Db *db, const MapFilter *filter, GString *out,
                          gboolean (*flush) (gpointer data), gpointer data, GError **error);
/** For tests: the plan of the statement. */
gboolean map_store_explain (Db *db, Arena *arena, const MapFilter *filter, const char **out,
                            GError **error);
