/* asset_change.h -- what an edit of a user does to an asset (internal to the feature)
 *
 * Edits are kept in the database and named in locked_properties, so that reading the file again does
 * not undo them, until features/sidecars has written them beside the file, which is never changed itself. The results are those that a reader of a sidecar
 * with the same words would find: media/facts_date.h decides about dates and zones. */
#pragma once
#include "features/assets/asset_store.h"

typedef struct {
    gboolean has_date; /* an instant, and the offset that was written with it */
    gint64 date_ms;
    gint offset_minutes;
    gboolean has_relative; /* added to the stored date */
    gint64 relative_minutes;
    const char *time_zone;   /* IANA name or 'UTC+2'; NULL: as it is */
    const char *description; /* NULL: as it is */
    gboolean has_position;
    double latitude, longitude;
    gboolean set_rating, has_rating; /* set without has: cleared */
    gint64 rating;
    AssetFlags flags;
    gboolean set_motion_part;
    const char *motion_video_id; /* NULL with set: unlink */
    gboolean sees_locked;        /* it may be one that is locked */
} AssetChange;

/** Read 'YYYY-MM-DD[THH:MM[:SS[.f...]]][Z|+HH:MM]'; without an offset it is UTC.
 *  @return FALSE when it is no date */
gboolean asset_change_set_date (AssetChange *self, const char *text);
/** Take an IANA name, 'UTC+2', 'UTC-5:30' or '+02:00'. @return FALSE when no such zone is known */
gboolean asset_change_set_zone (AssetChange *self, Arena *arena, const char *text);

/** Apply to a row in memory. @places NULL: no zones and no names of places by position.
 *  @find_place  names of places are wanted */
void asset_change_apply (const AssetChange *self, const Places *places, gboolean find_place,
                         Arena *arena, AssetRow *row);

/** What has to be told to clients after asset_change_save (). */
typedef struct {
    const char *hidden_video_id; /* NULL: none */
    gboolean reads_again; /* metadata is read again, so that zone and date follow a position */
} AssetChangeResult;

/** Inside a write: apply to each of @ids and store. What is not a flag goes to the sidecar, after which
 *  metadata is read again: zone and date follow a new position then. */
gboolean asset_change_save (const AssetChange *self, const App *app, Db *tx, Arena *arena,
                            const StringList *ids, AssetChangeResult *out, GError **error);
