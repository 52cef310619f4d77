/* faces_private.h -- between the files of the feature; access was checked before */
#pragma once
#include "features/faces/faces.h"

/** Those of an asset that can be seen, from left to right. A person of somebody else than @viewer_id is
 *  nobody here. */
gboolean faces_list (const App *app, Db *db, Arena *arena, const char *asset_id,
                     const char *viewer_id, AssetFaceResponseList *out, GError **error);

/** In which asset it is; NULL when it is gone. */
gboolean faces_find_asset (Db *db, Arena *arena, const char *face_id, const char **out,
                           GError **error);

/** NULL when @face can be stored; else the field at fault, and why in @out_reason. */
const char *faces_find_fault (const AssetFaceCreate *face, const char **out_reason);
/** Drawn by hand. A person without a picture gets this one.
 *  @return FALSE with APP_ERROR_INVALID when asset or person are gone, or not of one owner */
gboolean faces_create (Db *db, Arena *arena, const AssetFaceCreate *face, GError **error);

gboolean faces_reassign (Db *db, Arena *arena, const char *face_id, const char *person_id,
                         GError **error);
/** @by_force  leave no trace; else it is remembered, so that it is not found again */
gboolean faces_delete (Db *db, Arena *arena, const char *face_id, gboolean by_force,
                       GError **error);

/* ---- edited pictures ---- */

/** Have boxes of the original be where they are in what is shown. */
gboolean faces_show_edited (Db *db, Arena *arena, const char *asset_id,
                            AssetFaceResponseList *faces, GError **error);
/** The other way round, of a box that was drawn on what is shown. */
gboolean faces_draw_on_edited (Db *db, Arena *arena, AssetFaceCreate *face, GError **error);
