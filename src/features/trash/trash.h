/* trash.h -- what was deleted: kept for a while, brought back, or removed for good
 *
 * Removal goes in steps that may each be interrupted: the assets are marked (status deleted) together
 * with a job AssetEmptyTrash; that adds a job AssetDelete for each; this removes the row, lowers the
 * usage of the owner and adds a job FileDelete, all in one transaction; and that unlinks the files. So a
 * row never points at files that are gone, and no crash leaves files behind. */
#pragma once
#include "features/app.h"
#include "features/trash_api.h"

void trash_start (App *app, Api *api);

/** Put assets of one owner into the trash, or (by force) remove them for good. Access was checked. */
gboolean trash_put (App *app, Arena *arena, const char *owner_id, const StringList *ids,
                    gboolean by_force, GError **error);

/** The same inside a write; clients are told by the caller. */
gboolean trash_put_in (Db *tx, Arena *arena, const StringList *ids, gboolean by_force,
                       GError **error);

/** Remove what has been in the trash for longer than the config keeps it; the job AssetDeleteCheck does
 *  this, which the nightly schedule asks for. */
gboolean trash_remove_old (App *app, Arena *arena, GError **error);

/** Ask, in the write that removes the rows of assets, for all their files to be deleted. */
gboolean trash_add_deletions (Db *tx, Arena *arena, const StringList *ids, GError **error);
/** Ask, in a write, for files (paths as stored) to be unlinked once it is committed. */
gboolean trash_add_file_deletion (Db *tx, Arena *arena, const StringList *paths, GError **error);
