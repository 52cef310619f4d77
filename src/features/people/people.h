/* people.h -- the humans in the photos: their names, their faces, their pictures
 *
 * A person belongs to one owner, as do the assets that show it. Which face is the picture of a person is
 * decided in people_feature.c: whatever takes faces or photos away says so there, in its own write. */
#pragma once
#include "features/app.h"
#include "features/people_api.h"
#include "media/facts.h"

void people_start (App *app, Api *api);

/* ---- describing ---- */

/** Set people of each asset: one entry for each person of the viewer's own who is seen in it, from left to
 *  right; nobody to others than the owner. One query.
 *  @viewer_id  NULL: each asset is seen by its owner */
gboolean people_describe_in_assets (const App *app, Db *db, Arena *arena, const char *viewer_id,
                                    AssetResponseList *assets, GError **error);
/** Those of @ids that are there, in that order; a repeated id comes as often as it stands there. */
gboolean people_describe (const App *app, Db *db, Arena *arena, const StringList *ids,
                          PersonResponseList *out, GError **error);

/* ---- keeping the pictures right; in a write ---- */

/** Whose picture shows a face that is gone (deleted, hidden, moved to somebody else, or in an asset that
 *  is locked or being removed) or no face at all gets another one of theirs. Without any: a face that
 *  is only somebody else's now stays their picture, else they have none. */
gboolean people_check_features (Db *tx, Arena *arena, const StringList *person_ids, GError **error);
/** The same for all who are in @asset_ids. Say it after a change of visibility, and before the rows of
 *  assets with status deleted go. */
gboolean people_check_assets (Db *tx, Arena *arena, const StringList *asset_ids, GError **error);
/** Ask for the picture of a person to be made. */
gboolean people_add_thumbnail (Db *tx, const char *person_id, GError **error);

/** Ask for the pictures of all, or of those who lack one. Not in a write. */
gboolean people_queue_thumbnails (const App *app, gboolean by_force, GError **error);

/* ---- faces in the metadata of files; in a write ---- */

/** Whether the config wants them. */
gboolean people_imports_faces (const App *app);
/** Make the faces from metadata of one asset be @faces; people are found by their names, or made. What is
 *  there already stays as it is, also where its owner has deleted it. */
gboolean people_import_faces (Db *tx, Arena *arena, const char *asset_id, const char *owner_id,
                              const FaceFact *faces, gsize n_faces, GError **error);
