/* tombstones.h -- what its owner deleted for good, remembered by checksum so that no backup brings it back
 *
 * Off unless the owner says otherwise; to switch it off forgets them all. An upload of theirs with such a
 * checksum is answered as a duplicate (upload.h looks here); nobody else's upload is. */
#pragma once
#include "features/app.h"
#include "features/tombstones_api.h"

void tombstones_start (App *app, Api *api);

/** In the write that removes an asset, before its row goes: remember it, if its owner wants that and the
 *  file was uploaded, not found in a library. Not for one that the disk had lost already. */
gboolean tombstones_add (Db *tx, const char *asset_id, GError **error);
