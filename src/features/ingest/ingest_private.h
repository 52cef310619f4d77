/* ingest_private.h -- between the files of the feature */
#pragma once
#include "features/assets/assets.h"
#include "features/ingest/ingest.h"
#include "media/facts.h"
#include "media/render.h"
#include "media/transcode_plan.h"

/* ---- jobs ---- */

JobResult ingest_extract_metadata (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult ingest_generate_thumbnails (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult ingest_generate_edited (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult ingest_encode_video (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult ingest_queue_all_metadata (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult ingest_queue_all_thumbnails (gpointer app, const Job *job, Arena *arena, GError **error);

JobResult ingest_queue_all_videos (gpointer app, const Job *job, Arena *arena, GError **error);

/** What a failure means for the job: the file's own fault is final. */
JobResult ingest_result_of (const GError *why);

/** Whether @why is that the original is not where @asset has it, and it is known where it is by now. */
gboolean ingest_has_moved (const App *app, Arena *arena, const AssetRow *asset, const GError *why,
                           const char **out_path);

/* ---- SQL ---- */

/** Store what was read; only if the asset is still as it was found (@asset->update_id).
 *  *@out_stored FALSE: it was changed or removed meanwhile, nothing was stored. */
gboolean ingest_store_facts (Db *tx, Arena *arena, const AssetRow *asset, const AssetFacts *facts,
                             gboolean *out_stored, GError **error);

/** One rendition, as it shall be recorded. */
typedef struct {
    AssetFileType type;
    const char *path; /* as stored */
    gboolean is_progressive, is_transparent;
} Rendition;

#define MAX_RENDITIONS 3

typedef struct {
    Rendition items[MAX_RENDITIONS];
    MediaOutput outputs[MAX_RENDITIONS]; /* the same, as they shall be made */
    guint n;
} RenditionList;

/** Record renditions and what was found while they were made; clears processing_error.
 *  @param out_old_paths  files that no record points at any more; to be unlinked after the commit
 *  @param out_stored     FALSE: the asset is gone or has another file by now, nothing was recorded */
gboolean ingest_store_renditions (Db *tx, Arena *arena, const AssetRow *asset,
                                  const MediaFacts *facts, const RenditionList *renditions,
                                  StringList *out_old_paths, gboolean *out_stored, GError **error);
/** The same for those of the edited picture, which give the asset its size and thumbhash. */
gboolean ingest_store_edited (Db *tx, Arena *arena, const char *asset_id, const char *thumbhash,
                              gint64 width, gint64 height, const RenditionList *renditions,
                              StringList *out_old_paths, gboolean *out_stored, GError **error);
/** Where the edited files are that are recorded; and remove these records. */
gboolean ingest_find_edited (Db *db, Arena *arena, const char *asset_id, StringList *out_paths,
                             GError **error);
gboolean ingest_forget_edited (Db *tx, const char *asset_id, GError **error);

/** Record the playable copy of a video. *@out_stored FALSE: the asset is gone or has another file
 *  by now. */
gboolean ingest_store_encoded (Db *tx, const AssetRow *asset, const char *path,
                               gboolean *out_stored, GError **error);
/** What became of the job with this key. */
gboolean ingest_encoding_state (Db *db, const char *key, IngestState *out, GError **error);
/** Whether a link shows it, or the photo whose film it is, without metadata. */
gboolean ingest_is_shown_bare (Db *db, const char *asset_id, gboolean *out, GError **error);
/** Remove that record. *@out_path: the file to unlink after the commit; unchanged when there is none. */
gboolean ingest_forget_encoded (Db *tx, Arena *arena, const char *asset_id, const char **out_path,
                                GError **error);

/* ---- photos that move ---- */

/** Make @video_id the motion part of @photo_id: hidden and in no album. *@out_hidden: it was visible. */
gboolean ingest_join_motion_part (Db *tx, const char *photo_id, const char *video_id,
                                  gboolean *out_hidden, GError **error);
/** Join @asset with the other half of a live photo, if that is there. *@out_hidden_id: the video that is
 *  hidden from now on, or NULL. */
gboolean ingest_join_live_photo (Db *tx, Arena *arena, const AssetRow *asset,
                                 const char *content_id, const char **out_hidden_id,
                                 GError **error);

/** The video inside a motion photo. */
typedef struct {
    gboolean has_video;
    guint8 sha1[20];
    gint64 size_bytes;
    const char *lost_id,
        *lost_path;               /* an asset that has the same bytes but not its file any more */
    const char *id, *path, *name; /* of a new one; the file is in its place. NULL: known already */
    const char *hidden_id;        /* a video that left the timeline */
} MotionPart;

/** Outside of a write: copy the video out of the photo's file, unless it is known already. */
gboolean ingest_motion_prepare (const App *app, Arena *arena, const AssetRow *photo,
                                const AssetFacts *facts, MotionPart *out, GError **error);
/** In the write that stores the photo's facts. */
gboolean ingest_motion_store (Db *tx, Arena *arena, const AssetRow *photo, MotionPart *part,
                              GError **error);
/** After that write, whatever came of it: no file stays that no asset has. */
void ingest_motion_finish (const App *app, Arena *arena, const MotionPart *part);

/** Say why the asset cannot be shown. */
gboolean ingest_store_error (Db *db, const char *asset_id, const char *reason, GError **error);

/* ---- config ---- */

typedef struct {
    MediaFormat format;
    int size_px;
    int quality;
    gboolean progressive;
} RenditionSettings;

typedef struct {
    RenditionSettings thumbnail, preview, fullsize;
    gboolean keep_wide_gamut;
    gboolean extract_embedded; /* show what the camera made of a raw file */
} ImageSettings;

void ingest_image_settings (const App *app, ImageSettings *out);
/** Add a rendition of that kind, to be made as the settings say. */
void ingest_add_rendition (const App *app, Arena *arena, const AssetRow *asset, AssetFileType type,
                           gboolean is_edited, const RenditionSettings *settings,
                           RenditionList *list);
/** Make them; @render says of what. Their records are complete then. */
gboolean ingest_render (const App *app, Arena *arena, const AssetRow *asset, MediaRender *render,
                        RenditionList *list, MediaFacts *out, GError **error);
