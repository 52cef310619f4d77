/* duplicates.h -- assets that look alike
 *
 * The media worker makes a likeness of each picture (worker/likeness.h) from the decode that makes its
 * thumbnail. The job AssetDetectDuplicates finds those of the same owner that are near, and gives them
 * one duplicate_id. Groups that the user kept all of are remembered, and do not come back. */
#pragma once
#include "features/app.h"
#include "features/duplicates_api.h"

void duplicates_start (App *app, Api *api);

/* ---- inside a write ---- */

/** Keep what an asset looks like. @base64  as the worker says it; NULL: nothing is to be seen in it */
gboolean duplicates_store_likeness (Db *tx, const char *asset_id, const char *base64,
                                    GError **error);
/** Ask for the job AssetDetectDuplicates. */
gboolean duplicates_add_detection (Db *tx, Arena *arena, const char *asset_id, GError **error);
/** Remember that those of @asset_ids that are in the same group are no duplicates of each other. The
 *  groups stay as they are. */
gboolean duplicates_dismiss (Db *tx, Arena *arena, const StringList *asset_ids, GError **error);
