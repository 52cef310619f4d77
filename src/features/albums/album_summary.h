/* album_summary.h -- what is kept of the assets of an album (internal to the feature) */
#pragma once
#include "db/db.h"

/** Count the assets of those of @album_ids that changed since anew, in writes of its own. A cover that is
 *  missing, left the album or is not shown any more becomes the newest asset. May be run again. */
gboolean album_summary_refresh_stale (Db *db, Arena *arena, const StringList *album_ids,
                                      GError **error);
