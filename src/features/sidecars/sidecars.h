/* sidecars.h -- what users change is written to the XMP beside the original, and found there
 *
 *   a change: locked in the database (asset_exif.locked_properties) -> SidecarWrite -> AssetExtractMetadata
 *
 * Originals are never changed. The job writes what is locked, keeps the rest of the file, and unlocks
 * what a reader of the file will find as it was meant; what it cannot write stays locked, and the database
 * goes on to have the last word. That is so for originals of external libraries too: nothing is ever
 * written into their folders. */
#pragma once
#include "features/app.h"

void sidecars_start (App *app);

/** Ask, in the write that locks something, for it to be written; metadata is read again after it and clients
 *  are told. */
gboolean sidecars_add_write (Db *tx, Arena *arena, const char *asset_id, GError **error);
/** In a write: the file at @path (as stored), which is there, is the asset's sidecar. Metadata is read again. */
gboolean sidecars_adopt (Db *tx, Arena *arena, const char *asset_id, const char *path,
                         GError **error);
/** In a write: the asset's sidecar is at @path, which is not there, and is made anew of all that is known. */
gboolean sidecars_renew (Db *tx, Arena *arena, const char *asset_id, const char *path,
                         GError **error);
