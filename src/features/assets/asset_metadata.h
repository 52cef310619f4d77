/* asset_metadata.h -- what programs keep with an asset: JSON objects by key (internal to the feature) */
#pragma once
#include "features/assets/assets.h"

/** @key NULL: all of the asset, by key. */
gboolean asset_metadata_find (Db *db, Arena *arena, const char *id, const char *key,
                              AssetMetadataRowList *out, GError **error);
/** Upsert; @return FALSE with APP_ERROR_INVALID when a key stands twice. */
gboolean asset_metadata_save (Db *db, const AssetMetadataBulkUpsertItemList *items,
                              gboolean is_bulk, gint64 *out_now_ms, GError **error);
/** Missing ones are fine. */
gboolean asset_metadata_delete (Db *db, const AssetMetadataBulkDeleteItemList *items,
                                GError **error);
