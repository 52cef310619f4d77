/* tags.h -- labels in a tree of labels
 *
 * The value of a tag is its whole path, 'trip/paris'; it is unique among the tags of its owner. The
 * parent of every tag but the roots is there, too, and tag_ancestor has each tag with itself and all
 * above it. asset_exif.tags repeats the values of an asset's tags, in the words of a file. */
#pragma once
#include "features/app.h"
#include "features/tags_api.h"
#include "features/workflows/workflows.h"

void tags_start (App *app, Api *api);

#define TAG_TOO_LONG                                                                               \
    "A tag needs a name, has at most 32 levels and, with all of them, at most 1000 bytes"

/** Drop the empty parts of a path.
 *  @return the value in the arena; NULL when nothing is left, or it is too long or too deep */
const char *tag_value_clean (Arena *arena, const char *path);

/** The tags of many assets, with one query.
 *  @return (transfer full) asset id -> TagResponseList *, by value, all in the arena; an asset without
 *          tags is not in it. NULL on failure */
GHashTable *tags_describe_assets (Db *db, Arena *arena, const StringList *asset_ids,
                                  GError **error);

/** The values of the tags of one asset, and of all that are above them. */
gboolean tags_find_values (Db *db, Arena *arena, const char *asset_id, StringList *out,
                           GError **error);

/* ---- inside a write ---- */

/** Give an asset the tags that its files name, and no others; missing ones are made. For the reader of
 *  metadata, unless the property 'tags' is locked. What cannot be a tag (empty, too long) is left out. */
gboolean tags_set_from_file (Db *tx, Arena *arena, const char *owner_id, const char *asset_id,
                             const StringList *keywords, GError **error);

/** Put tags on assets, as a user does: the property 'tags' of those that change is locked, so that
 *  reading the file again does not undo it.
 *  @param cause        NULL: no workflow does it
 *  @param out_changed  the assets that did not have all of them; may be NULL
 *  @param out_n_new    pairs of tag and asset that are new; may be NULL */
gboolean tags_add_to_assets (Db *tx, Arena *arena, const StringList *tag_ids,
                             const StringList *asset_ids, const WorkflowCause *cause,
                             StringList *out_changed, gint64 *out_n_new, GError **error);

/** The tags of these paths; those that are missing are made. APP_ERROR_INVALID when a path is none. */
gboolean tags_make_paths (Db *tx, Arena *arena, const char *owner_id, const StringList *paths,
                          StringList *out_ids, GError **error);
/** Take the tags of these paths off an asset. *@out_changed: it had one of them. */
gboolean tags_remove_paths (Db *tx, Arena *arena, const char *owner_id, const StringList *paths,
                            const char *asset_id, gboolean *out_changed, GError **error);

/** The ids of all tags that any of these assets has. */
gboolean tags_find_of_assets (Db *db, Arena *arena, const StringList *asset_ids, StringList *out,
                              GError **error);
