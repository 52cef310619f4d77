/* edits_private.h -- between the files of the feature */
#pragma once
#include "features/edits/edits.h"

/** What the client sent, checked, with parameters as they are kept; out->id is made up.
 *  @return NULL, or what is wrong, and at *@out_path where ("edits.0.parameters") */
const char *edits_read (Arena *arena, const AssetEditActionItemList *sent,
                        AssetEditActionItemResponseList *out, EditList *out_edits,
                        const char **out_path);
/** Why this asset cannot have these edits, for clients; NULL: it can. */
const char *edits_find_obstacle (const EditableAssetRow *asset, const EditList *edits);

/** @return FALSE with APP_ERROR_INVALID, 'Asset not found', when it is gone */
gboolean edits_store_find_asset (Db *db, Arena *arena, const char *id, EditableAssetRow *out,
                                 GError **error);
/** Make these the edits of the asset, and hide the faces that are cut away. @edits->n 0: it has none. */
gboolean edits_store_replace (Db *tx, Arena *arena, const char *asset_id,
                              const AssetEditActionItemResponseList *items, const EditList *edits,
                              GError **error);
