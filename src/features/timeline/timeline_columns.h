/* timeline_columns.h -- the assets of a bucket as JSON columns, written while the rows come
 *
 * A bucket may have many thousands of assets and is asked for at every flick of a finger, so nothing
 * is kept of a row: each value goes straight to the text of its column. (internal to the feature) */
#pragma once
#include <glib.h>

typedef struct {
    const char *id, *owner_id;
    const char *type, *visibility;
    gboolean is_favorite;
    gboolean is_trashed;
    gboolean has_duration_ms;
    gint64 duration_ms;
    const char *live_photo_video_id; /* NULL: none; texts are UTF-8, from the database */
    gint64 file_created_at_ms, local_date_time_ms, created_at_ms;
    gint64 width, height; /* 0: unknown */
    const guint8 *thumbhash;
    gsize n_thumbhash;
    const char *city, *country, *projection_type;
    gboolean has_position;
    double latitude, longitude;
    const char *stack_id;
    gint64 n_stack;
} TimelineAsset;

typedef struct _TimelineColumns TimelineColumns;

TimelineColumns *timeline_columns_new (gboolean with_coordinates, gboolean with_stacks);
void timeline_columns_free (TimelineColumns *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TimelineColumns, timeline_columns_free)

void timeline_columns_add (TimelineColumns *self, const TimelineAsset *asset);
GString *timeline_columns_finish (TimelineColumns *self); /* the object; (transfer full) */
