/* upload_private.h -- between the files of the feature */
#pragma once
#include "features/assets/assets.h"
#include "features/upload/upload.h"

/* ---- notes of files on the move, see upload.h ---- */

/** Lock a folder for the notes of this process, once. FALSE with APP_ERROR_IO. */
gboolean upload_notes_open (const App *app, GError **error);
/** Note that the file @from is about to be moved in as @file_name for an asset.
 *  @return the note's path, in @arena */
const char *upload_note_write (Arena *arena, const char *from, const char *asset_id,
                               const char *owner_id, const char *file_name, GError **error);

/* ---- storing ---- */

typedef struct {
    const char *replaces_id; /* the asset that gets the file; NULL: a new one */
    const char *owner_id;
    const char *link_id;    /* the shared link it came by; NULL: its owner sends it */
    const ApiFile *file;    /* of the original */
    const ApiFile *sidecar; /* NULL: none */
    const char *file_name;  /* as the user knows it */
    const char *extension;  /* of the stored file, as given */
    int type;               /* AssetType */
    gint64 file_created_at_ms, file_modified_at_ms;
    gboolean has_duration;
    gint64 duration_ms;
    gboolean is_favorite;
    int visibility;
    const char *live_photo_video_id;
    gboolean sees_locked; /* it may be one that is locked */
    AssetMetadataUpsertItemList metadata;
    const char *device_asset_id, *device_id;
    /* What else belongs into the transaction, whether the asset is new or was there; NULL: nothing. */
    gboolean (*also) (Db *tx, gpointer data, const char *asset_id, GError **error);
    gpointer also_data;
    const char *partial_id; /* it came in parts: note there what became of it; NULL: in one piece */
} Upload;

typedef struct {
    const char *id; /* of the asset; after a replacement, of what it had */
    gboolean is_duplicate;
    gboolean hidden_video; /* live_photo_video_id left the timeline */
} UploadResult;

/** Move the files in and commit the asset, or find the one that is there already. Takes the files of
 *  @upload (ApiFile.taken) that it moved. On failure nothing is left behind. */
gboolean upload_store (App *app, Arena *arena, Upload *upload, UploadResult *out, GError **error);
/** The write that gives asset @id the file at @path; what it had becomes @copy_id, in the trash. */
gboolean upload_replace_in (Db *tx, Arena *arena, const char *id, const char *copy_id,
                            const Upload *upload, const char *path, GError **error);

/** The handler of an upload whose form is @body, complete: check it, store it, describe it.
 *  @param partial_id  see Upload */
ApiStatus upload_take (ApiCall *call, const AssetMediaCreate *body, const char *partial_id,
                       AssetMediaResponse *out);
/** Whether a file of this name is taken as an original. */
gboolean upload_takes_name (const char *name);

/* ---- in parts, partial_upload_routes.c ---- */

ApiStatus upload_create_partial (ApiCall *call, const CreatePartialUploadRequest *in,
                                 PartialUploadResponse *out);
ApiStatus upload_list_partial (ApiCall *call, const GetPartialUploadsRequest *in,
                               PartialUploadResponseList *out);
ApiStatus upload_get_partial (ApiCall *call, const GetPartialUploadRequest *in,
                              PartialUploadResponse *out);
ApiStatus upload_append_partial (ApiCall *call, const AppendPartialUploadRequest *in,
                                 PartialUploadResponse *out);
ApiStatus upload_finish_partial (ApiCall *call, const FinishPartialUploadRequest *in,
                                 AssetMediaResponse *out);
ApiStatus upload_delete_partial (ApiCall *call, const DeletePartialUploadRequest *in);
/** The hook of appending: a part that is too large is refused before it comes. */
gboolean upload_check_part (ApiCall *call);
JobResult upload_run_partial_cleanup (gpointer app, const Job *job, Arena *arena, GError **error);

/* ---- SQL ---- */

typedef struct {
    const char *id, *path;
    const char *sidecar_path; /* NULL: none */
} UploadPlace;

/** In a write. *@out_inserted FALSE: the owner has a file with that checksum. */
gboolean upload_insert (Db *tx, const Upload *upload, const UploadPlace *place, gint64 now_ms,
                        gboolean *out_inserted, GError **error);
/** The asset of @owner_id with that content; NULL when there is none. @param or_gone  also one that
 *  its owner deleted for good and does not want back (tombstones.h) */
gboolean upload_find (Db *db, Arena *arena, const char *owner_id, const guint8 sha1[20],
                      gboolean or_gone, const char **out_id, GError **error);
/** Whether that is a film that came hidden and that no photo shows, which can be found nowhere. */
gboolean upload_is_alone (Db *db, const char *id, gboolean *out, GError **error);
/** In a write: a page of the films that came before @before_ms, and that no photo shows by now, come to the timeline.
 *  What has a thumbnail, or lies in an album or a link, was seen, and hidden by its owner. */
gboolean upload_show_lone_films (Db *tx, Arena *arena, gint64 before_ms, gint64 *out_n,
                                 GError **error);
/** In a write: @known_id was here before. A film that was sent hidden before that photo, or is now sent to be seen
 *  by itself, is shown when it is alone: as visible as the photo of its owner, else as the upload asks for. */
gboolean upload_show_film (Db *tx, Arena *arena, const Upload *upload, const char *known_id,
                           GError **error);
/** In a write: a visitor brings back what the owner had deleted. */
gboolean upload_forget_tombstone (Db *tx, const char *owner_id, const guint8 sha1[20],
                                  GError **error);
/** Whether that was an asset of @owner_id which is deleted for good and shall not come back. */
gboolean upload_is_gone (Db *db, const char *owner_id, const char *asset_id, gboolean *out,
                         GError **error);
/** Those of @checks (with has_checksum) that are there or shall not come back, in one go. */
typedef struct {
    gboolean has_checksum;
    guint8 sha1[20];
    const char *asset_id; /* filled; NULL: not there */
    gboolean is_trashed;
} UploadCheck;
gboolean upload_find_many (Db *db, Arena *arena, const char *owner_id, UploadCheck *checks, gsize n,
                           GError **error);
gboolean upload_find_device_ids (Db *db, Arena *arena, const char *owner_id, const char *device_id,
                                 const StringList *only, StringList *out, GError **error);
/** Whether the asset is there, or another has its original or its sidecar at @path (as stored). */
gboolean upload_is_known (Db *db, const char *asset_id, const char *path, gboolean *out,
                          GError **error);
