/* libraries_private.h -- between the files of the feature */
#pragma once
#include <sys/stat.h>

#include "features/libraries/libraries.h"

#define LIBRARY_QUEUE "library"
#define LIBRARY_MAX_PATH_BYTES 4000

/* ---- rules (library_rules.c) ---- */

/** Why @path cannot be an import path, in the clients' words; NULL: it can. Asks the file system. */
const char *library_check_path (Arena *arena, const char *media_location, const char *path);
/** Of lists as clients send them: FALSE with APP_ERROR_INVALID for an empty, repeated or overlong item. */
gboolean library_check_items (const char *field, const StringList *items, GError **error);
/** The path without '.', '..', and slashes too many. */
const char *library_clean_path (Arena *arena, const char *path);
/** Whether @path is @folder or lies in it; both clean. */
gboolean library_is_inside (const char *path, const char *folder);

/** The exclusion patterns as one expression: globs over the whole path, in which '**' spans folders,
 *  '*', '?' and '[a-z]' do not, '{a,b}' is one of these, and upper and lower case are the same.
 *  @return (transfer full) NULL with APP_ERROR_INVALID naming the pattern */
typedef struct _LibraryPatterns LibraryPatterns;
LibraryPatterns *library_patterns_new (const StringList *patterns, GError **error);
void library_patterns_free (LibraryPatterns *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LibraryPatterns, library_patterns_free)
gboolean library_patterns_match (const LibraryPatterns *self, const char *path);
/** Whether all that lies in the folder is excluded, so that it need not be entered. */
gboolean library_patterns_match_folder (const LibraryPatterns *self, const char *folder);

/* ---- files (library_walk.c) ---- */

typedef struct {
    const char *media_location;
    const LibraryPatterns *patterns;
    /* a folder that is read, before what is in it; a file to import; each NULL: not told */
    gboolean (*entered) (const char *folder, gpointer data, GError **error);
    gboolean (*found) (const char *path, gpointer data, GError **error);
    gboolean (*is_stopping) (gpointer data); /* NULL: never */
    /* NULL: links to folders are followed. Else they are not, and it becomes TRUE: only a walk from all
     * import paths knows where they may lead */
    gboolean *out_has_link;
    gpointer data;
} LibraryWalk;

/** Call @found for every photo and video below @folder, which may lie in an import path. Folders whose names begin with a dot, what is
 *  excluded, loops of links, and links into the media folder are passed over; so are folders that cannot
 *  be read, with a warning. Memory grows with the depth of the tree and the links to folders, not with
 *  the files.
 *  @return FALSE when @entered or @found failed, or with APP_ERROR_UNAVAILABLE when it is to stop */
gboolean library_walk (const LibraryWalk *self, const char *folder, guint64 *out_n_files,
                       GError **error);

/** stat () of a file to import; FALSE with errno: ENOENT or ENOTDIR for what is not there, is none, or is a
 *  link into the media folder, ENOLINK for a link to nowhere. */
gboolean library_stat (const char *media_location, const char *path, struct stat *out);
gint64 library_modified_ms (const struct stat *file);
/** Of a file that is not there: FALSE with APP_ERROR_IO when the folder it should lie in cannot be read,
 *  is empty or lies behind a link to nowhere, up to the import path @root: then it is not known to be gone.
 *  *@out_missing: the uppermost folder that is not there either, or NULL. */
gboolean library_check_folder (Arena *arena, const char *root, const char *path,
                               const char **out_missing, GError **error);

/* ---- SQL (libraries_store.c) ---- */

gboolean library_list (Db *db, Arena *arena, LibraryRowList *out, GError **error);
/** @return FALSE with APP_ERROR_NOT_FOUND when there is none */
gboolean library_find (Db *db, Arena *arena, const char *id, LibraryRow *out, GError **error);
gboolean library_statistics (Db *db, Arena *arena, const char *id, LibraryStatsResponse *out,
                             GError **error);
gboolean library_owner_exists (Db *db, const char *owner_id, gboolean *out, GError **error);
gboolean library_insert (Db *db, Arena *arena, const LibraryRow *row, GError **error);
/** What is NULL stays as it is. *@out_found FALSE: there is no such library */
gboolean library_update (Db *db, Arena *arena, const char *id, const char *name,
                         const StringList *import_paths, const StringList *exclusion_patterns,
                         gboolean *out_found, GError **error);
gboolean library_set_refreshed (Db *tx, const char *id, gint64 now_ms, GError **error);
gboolean library_set_deleted (Db *tx, const char *id, gboolean *out_found, GError **error);
/** Libraries whose assets are to be scanned; asset_count is not counted. */
gboolean library_list_live (Db *db, Arena *arena, LibraryRowList *out, GError **error);
/** Those that are being removed. */
gboolean library_list_deleted (Db *db, Arena *arena, StringList *out_ids, GError **error);
/** Remove the row, once no asset is left and if it is to be removed. */
gboolean library_delete_empty (Db *db, const char *id, gboolean *out_deleted, GError **error);
/** Its assets that are not being removed yet, at most @max. */
gboolean library_find_assets (Db *db, Arena *arena, const char *id, gint64 max, StringList *out_ids,
                              GError **error);
/** In a write: those of @ids that were taken out of its photos, and are shown by others as well, are the
 *  owner's from now on. */
gboolean library_keep_films (Db *tx, Arena *arena, const char *id, const StringList *ids,
                             gint64 *out_n_kept, GError **error);

/** Those of @paths that are neither known nor were removed. */
gboolean library_find_new (Db *db, Arena *arena, const char *id, const StringList *paths,
                           StringList *out, GError **error);

typedef struct {
    const char *path, *type, *sidecar_path;
    gint64 size_bytes, modified_ms;
} LibraryFile;

/** In a write: *@out_id NULL when the file is known already or the library is gone. */
gboolean library_insert_asset (Db *tx, Arena *arena, const char *library_id,
                               const LibraryFile *file, gint64 now_ms, const char **out_id,
                               GError **error);
/** The page of its assets below @folder (NULL: all) whose paths come behind @after. */
gboolean library_page (Db *db, Arena *arena, const char *id, const char *folder, const char *after,
                       gint64 max, LibraryAssetRowList *out, GError **error);
/** Whether @folder has so many assets that are online. */
gboolean library_has_many (Db *db, const char *id, const char *folder, gint64 many, gboolean *out,
                           GError **error);
gboolean library_page_removed (Db *db, Arena *arena, const char *id, const char *folder,
                               const char *after, gint64 max, LibraryRemovedRowList *out,
                               GError **error);
gboolean library_forget_removed (Db *tx, Arena *arena, const char *id, const StringList *paths,
                                 GError **error);
gboolean library_set_offline (Db *tx, Arena *arena, const StringList *ids, gboolean is_offline,
                              gint64 now_ms, GError **error);
/** The file or its sidecar is another one than before. */
gboolean library_update_file (Db *tx, const char *asset_id, const LibraryFile *file, gint64 now_ms,
                              GError **error);

/* ---- jobs ---- */

/** In a write. @folder: for what lies in it alone; NULL: for the whole library. */
gboolean library_add_job (Db *tx, Arena *arena, const char *name, const char *id,
                          const char *folder, GError **error);
JobResult library_read_job (const Job *job, App *app, Arena *arena, LibraryRow *out,
                            const char **out_folder, GError **error);
/** The scan of @library ends at this: tell the admins; of a @folder alone (not NULL): ask for one of the whole
 *  library, which tells once. @return JOB_FAILED, with @folder JOB_DONE or JOB_RETRY */
JobResult library_pause (App *app, Arena *arena, const LibraryRow *library, const char *folder,
                         const GError *why);

JobResult library_scan_all (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult library_sync_files_all (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult library_sync_files (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult library_scan_assets (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult library_delete (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult library_delete_check (gpointer app, const Job *job, Arena *arena, GError **error);

/** Ask for the scan of all libraries at the times of the config; on the main loop. */
void library_schedule_start (App *app);
/** Ask for the scan of a folder in which something changed, while the config wants it (library_watch.c). */
void library_watch_start (App *app);
