/* storage_private.h -- between the files of the feature */
#pragma once
#include "features/storage-template/storage-template.h"
#include "media/relocate.h"

#define STORAGE_FOLDER "library"
#define STORAGE_ORIGINAL "original"
#define STORAGE_SIDECAR "sidecar"

/** A file that shall be somewhere else. Paths as stored. */
typedef struct {
    const char *asset_id;
    const char *kind; /* STORAGE_... */
    const char *from, *to;
    FileContent content;
} StorageMove;

#define STORAGE_MAX_MOVES 4 /* a photo, its video, a sidecar of each */

typedef struct {
    StorageMove items[STORAGE_MAX_MOVES];
    guint n;
    const char *step;        /* its name */
    const char *step_before; /* the one that the files know before it */
} StorageMoves;

/** What has to move for an asset; none when all is well, or the asset is one that stays. Under the lock.
 *  @return FALSE with APP_ERROR_INVALID (the template makes no path for it), APP_ERROR_NOT_FOUND (a file is
 *          missing) or what the database said */
gboolean storage_plan (App *app, Arena *arena, const char *asset_id, StorageMoves *out,
                       GError **error);
/** Whether any asset has a file there. Asks the database only for paths below library/: others are made of
 *  random ids and are never used twice. */
gboolean storage_is_used (Db *db, const char *path, gboolean *out, GError **error);

/** Move them all or none. Under the lock. @verify  compare what had to be copied once more */
gboolean storage_move (App *app, Arena *arena, const StorageMoves *moves, gboolean verify,
                       GError **error);
/** Finish or undo what is noted; what cannot be is logged and stays noted. Under the lock.
 *  @return FALSE when the database does not answer */
gboolean storage_recover (App *app, GError **error);

/* ---- storage_step.c ---- */

/** All under the lock. The step that the files know; "": none */
gboolean storage_step_read (const App *app, Arena *arena, const char **out, GError **error);
/** In the write that notes a move: the database knows its step. */
gboolean storage_step_note (Db *tx, const StorageMoves *moves, GError **error);
/** Then, before anything moves: so do the files. */
gboolean storage_step_write (const App *app, const char *name, GError **error);
/** Compare the two. Where they differ the paths are doubted from now on, and the checks of the files asked for. */
gboolean storage_step_check (const App *app, GError **error);

/** In the write that finds them of different times: no original is known to be at its path. @since  the step */
gboolean storage_doubt_begin (Db *tx, Arena *arena, const char *since, GError **error);

/** The file of the lock; (transfer full) */
char *storage_lock_path (const App *app);
/** "<media>/library/..." for a stored path. */
const char *storage_absolute (const App *app, Arena *arena, const char *path);
