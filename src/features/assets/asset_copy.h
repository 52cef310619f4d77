/* asset_copy.h -- giving one asset what another one has (internal to the feature) */
#pragma once
#include "features/assets/asset_store.h"

/** Copy albums, shared links, favourite, stack and sidecar, as asked: albums to which their owner may add, and
 *  the owner's links. Both are the caller's. A locked target is in no album, link or stack. */
gboolean asset_copy (App *app, Arena *arena, const AssetCopy *what, GError **error);
