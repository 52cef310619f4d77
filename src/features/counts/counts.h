/* counts.h -- the counts that are kept as assets change, compared with a count of all assets
 *
 * asset_month, asset_created_day, asset_usage, users.quota_usage_bytes, asset_place, asset_camera,
 * album_summary and person_seen; and the copies for timelines: of asset_exif in asset, of an asset in album_asset,
 * asset_face and tag_asset (see the migrations). And what hides an asset: the primary of its stack, or a photo whose
 * film it is; what is hidden by none would be seen nowhere. */
#pragma once
#include "db/db.h"

typedef struct {
    const char *name; /* of the table */
    gint64 n_rows;    /* that differ: missing, superfluous or wrong */
    gboolean is_repaired;
} CountsResult;

#define COUNTS_N_TABLES 14

/** @param repair  set what differs right, in one transaction with the comparison */
gboolean counts_check (Db *db, gboolean repair, CountsResult out[COUNTS_N_TABLES], GError **error);
