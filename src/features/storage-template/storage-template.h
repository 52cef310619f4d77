/* storage-template.h -- originals in folders that people understand, library/<user>/2024/..., by the template
 * of the system config
 *
 * Off by default: originals stay where their upload put them. When it is on, a job of its own follows each
 * reading of metadata, and the job StorageTemplateMigration asks for one for every original. A photo
 * moves together with its sidecar and the video of a live photo. What lies in external libraries and what
 * was taken out of a motion photo is never moved.
 *
 * A move: it is noted (storage_move) -> the file is at its new path as well (a second name, or a copy that
 * was compared) -> one transaction has all paths switched -> the old path goes -> the note goes. All
 * under a lock that one mover in all processes has. Whoever takes the lock finishes or undoes first
 * what a crash left noted, and so does each start. So a row never points at a path without a file, and
 * readers who came by the old path ask once more. */
#pragma once
#include "features/app.h"
#include "features/storage_template_api.h"
#include "media/relocate.h"

/** FALSE when what a crash left cannot be looked after because of the database. */
gboolean storage_template_start (App *app, GError **error);

gboolean storage_template_is_enabled (const App *app);
/** Ask, in a write, for the files of an asset to be moved to where the template wants them. */
gboolean storage_template_add (Db *tx, Arena *arena, const char *asset_id, GError **error);

/** For who did not find an original at @path (as stored): where it is now.
 *  @return NULL when it is not known anywhere else */
const char *storage_template_follow (const App *app, Arena *arena, const char *asset_id,
                                     const char *path);

/** Hold all moves up, so that the paths of an asset stay as they are read from now on. Blocks.
 *  @return a descriptor to be closed; -1 with an error */
int storage_template_lock (App *app, GError **error);

/** Whether the paths below library/ are to be doubted, for the database and the files are not of the same time.
 *  *@out NULL: they are not */
gboolean storage_template_load_doubt (const App *app, Arena *arena, const StorageDoubt **out,
                                      GError **error);
/** In a write, once the files were compared so far. @to  NULL: to the end.
 *  @return FALSE with APP_ERROR_CONFLICT when it is not @from any more */
gboolean storage_template_change_doubt (Db *tx, Arena *arena, const StorageDoubt *from,
                                        const StorageDoubt *to, GError **error);
/** Before an original, or what lies beside it, is read, written or shown: where it is, which may be another path than
 *  @path by now. While it is not known that the file there is it, that is read, as a whole, when it is below library/.
 *  @return as stored. NULL when another one lies there, or none: with APP_ERROR_UNAVAILABLE while it is looked for,
 *          with APP_ERROR_NOT_FOUND once that was in vain, or when there is no such asset any more */
const char *storage_template_own_path (const App *app, Arena *arena, const char *asset_id,
                                       const char *path, GError **error);

/** Delete a file that no asset has any more. Below library/ a path may have been taken by another asset
 *  since it was written down: then the file stays. @return FALSE: try again */
gboolean storage_template_remove_file (App *app, Arena *arena, const char *path, GError **error);
/** An original, and what says that a file is it. */
typedef struct {
    const char *path; /* as stored */
    gint64 size_bytes;
    GBytes *checksum; /* SHA-1; NULL: not known */
    gboolean has_modified_at;
    gint64 modified_at; /* of the file; says enough while the paths are not doubted */
    StringList sidecars;
} StoredOriginal;

/** The same of an original and its sidecars: the one way in which an original is deleted. Below library/ only a
 *  file that is the one goes; another one stays, with the sidecars, and is reported. */
gboolean storage_template_remove_original (App *app, Arena *arena, const StoredOriginal *what,
                                           GError **error);
