/* integrity_private.h -- what the parts of the feature share; nobody else includes it */
#pragma once
#include "features/integrity/integrity.h"

#define INTEGRITY_QUEUE "integrityCheck"

/* ---- integrity_store.c; lists named files hold 'ID PATH', see integrity_item () ---- */

/** The item of a list: an id of 36 characters, a blank, a path. @id NULL: the one that the file's name begins
 *  with, if there is one. */
const char *integrity_item (Arena *arena, const char *id, const char *path);

/** A page of what the database knows, by id. @after "": from the start. */
gboolean integrity_page_originals (Db *db, Arena *arena, const char *after, gint64 limit,
                                   IntegrityFileRowList *out, GError **error);
gboolean integrity_page_files (Db *db, Arena *arena, const char *after, gint64 limit,
                               IntegrityFileRowList *out, GError **error);
gboolean integrity_count_originals (Db *db, gint64 *out, GError **error);
/** The paths of those @items that nothing in the database has. */
gboolean integrity_find_unknown (Db *db, Arena *arena, const StringList *items, StringList *out,
                                 GError **error);
/** Those of @paths that something has, whatever their names are: reads all rows, for deleting. */
gboolean integrity_find_known_anywhere (Db *db, Arena *arena, const StringList *paths,
                                        StringList *out, GError **error);

/** In a write. What was reported already stays; a row that has changed meanwhile is not reported. */
gboolean integrity_add_originals (Db *tx, Arena *arena, IntegrityReport type,
                                  const StringList *items, GError **error);
gboolean integrity_add_files (Db *tx, Arena *arena, IntegrityReport type, const StringList *items,
                              GError **error);
gboolean integrity_add_untracked (Db *tx, Arena *arena, const StringList *paths, GError **error);

gboolean integrity_page_reports (Db *db, Arena *arena, IntegrityReport type, const char *after,
                                 gint64 limit, IntegrityReportRowList *out, GError **error);
/** FALSE with APP_ERROR_NOT_FOUND. */
gboolean integrity_find_report (Db *db, Arena *arena, const char *id, IntegrityReportRow *out,
                                GError **error);
/** Assets that have this content, see IntegrityOwnerRow. @folder  what follows 'upload/' or 'library/' in the
 *  path of a file */
gboolean integrity_find_owners (Db *db, Arena *arena, const guint8 sha1[20], const char *folder,
                                IntegrityOwnerRowList *out, GError **error);
/** The asset whose original is stored as @path; NULL when there is none. */
gboolean integrity_find_at (Db *db, Arena *arena, const char *path, const char **out_id,
                            GError **error);
/** In a write. FALSE with APP_ERROR_CONFLICT when it is not at @from any more. */
gboolean integrity_move_original (Db *tx, const char *asset_id, const char *from, const char *to,
                                  GError **error);

gboolean integrity_drop_reports (Db *db, Arena *arena, const StringList *ids, GError **error);
gboolean integrity_forget_file (Db *db, const char *asset_file_id, GError **error);
gboolean integrity_count_reports (Db *db, Arena *arena, IntegrityCountList *out, GError **error);

gboolean integrity_load_checkpoint (Db *db, Arena *arena, const char **out_id, GError **error);
gboolean integrity_save_checkpoint (Db *db, const char *id, GError **error);

/* ---- integrity_own.c: after a restore ---- */

/** Before a check, where the paths are doubted: go on for a while with having the database say where the originals
 *  are. *@out_done FALSE: @job is asked for once more, behind others that wait */
gboolean integrity_settle (App *app, const Job *job, gboolean *out_done, GError **error);

/* ---- integrity_files.c: looking at files ---- */

/** Of a path of an original: what follows 'library/' or 'upload/', which is whose it is. NULL: of no original */
const char *integrity_folder_of (Arena *arena, const char *path);

/** The folders are those of the media folder, and can be read. FALSE with APP_ERROR_UNAVAILABLE, which says
 *  what to do. */
gboolean integrity_check_folders (const App *app, GError **error);
/** FALSE with APP_ERROR_UNAVAILABLE when it cannot be known. */
gboolean integrity_exists (const App *app, const char *path, gboolean *out, GError **error);
/** SHA-1 of a file. *@out_found FALSE: it is not there. A file whose bytes cannot be read has none either:
 *  then all are zero. FALSE with APP_ERROR_UNAVAILABLE when @app stops, or the file cannot be opened. */
gboolean integrity_hash (const App *app, const char *path, guint8 out[20], gboolean *out_found,
                         GError **error);
/** Call @each with every file below the folders where files are kept, relative to the media folder; those
 *  that are hidden or just came are left out. */
gboolean integrity_walk (const App *app,
                         gboolean (*each) (gpointer data, const char *path, GError **error),
                         gpointer data, GError **error);
/** The same of library/ alone, with those that just came, in an order that stays, from behind @after on ("": from the
 *  start): under the lock of the movers. @each ends it with FALSE, also without an error. */
gboolean integrity_walk_library (const App *app, const char *after,
                                 gboolean (*each) (gpointer data, const char *path, GError **error),
                                 gpointer data, GError **error);

/* ---- integrity_checks.c, integrity_act.c: the jobs ---- */

/** Whether what a report says is so at this moment. FALSE with APP_ERROR_UNAVAILABLE when it cannot be known. */
gboolean integrity_is_still_true (const App *app, Arena *arena, const IntegrityReportRow *report,
                                  gboolean *out, GError **error);

JobResult integrity_job_missing (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult integrity_job_untracked (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult integrity_job_checksums (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult integrity_job_refresh_missing (gpointer app, const Job *job, Arena *arena,
                                         GError **error);
JobResult integrity_job_refresh_untracked (gpointer app, const Job *job, Arena *arena,
                                           GError **error);
JobResult integrity_job_refresh_checksums (gpointer app, const Job *job, Arena *arena,
                                           GError **error);
JobResult integrity_job_delete (gpointer app, const Job *job, Arena *arena, GError **error);

/** Do what an admin wants of these reports: the asset goes to the trash, the row of a file that was made for
 *  one goes, a file that nobody knows is deleted. The reports go, too. What is no longer as it was reported
 *  is left alone, and a file that an asset has lost becomes its own again. */
gboolean integrity_act (App *app, Arena *arena, const IntegrityReportRowList *reports,
                        GError **error);
