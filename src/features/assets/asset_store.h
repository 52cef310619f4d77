/* asset_store.h -- the SQL behind assets.h (internal to the feature) */
#pragma once
#include "features/assets/assets.h"

/** Write back what can be edited: dates, zone, place, description, rating, locked properties. */
gboolean asset_store_exif (Db *tx, Arena *arena, const AssetRow *asset, gint64 now_ms,
                           GError **error);

/** Plain columns of many assets; only those that are set. */
typedef struct {
    gboolean has_favorite, is_favorite;
    const char *visibility; /* NULL: as it is */
    gboolean set_duplicate_id;
    const char *duplicate_id; /* NULL with set_duplicate_id: none */
} AssetFlags;

gboolean asset_store_flags (Db *tx, Arena *arena, const StringList *ids, const AssetFlags *flags,
                            gint64 now_ms, GError **error);

/** @video_id NULL: no motion part any more. */
gboolean asset_store_motion_part (Db *tx, const char *id, const char *video_id, gint64 now_ms,
                                  GError **error);

/** Counted by type. @visibility NULL: timeline and archive. @has_favorite: only (not) favourites. */
gboolean asset_store_count (Db *db, Arena *arena, const char *owner_id, const char *visibility,
                            gboolean has_favorite, gboolean is_favorite, gboolean trashed,
                            AssetCountRowList *out, GError **error);

/** @n of the timeline of a user and of the partners in it, as chance has it; fewer when there are
 *  fewer. */
gboolean assets_find_random (Db *db, Arena *arena, const char *user_id, gsize n, StringList *out,
                             GError **error);
