/* ingest.h -- what happens to an asset after it is stored: its metadata is read, its renditions are
 * made, its owner's clients are told
 *
 *   AssetExtractMetadata -> AssetGenerateThumbnails -> on_upload_success, AssetUploadReady
 *                                                   -> AssetEncodeVideo (videos)
 *                        -> StorageTemplateMigrationSingle, at the same time: a disk that is full or a
 *                           queue that is long shall not keep thumbnails waiting
 *
 * A job commits its results together with the next job, and may run again at any time with the same
 * outcome. A file that cannot be decoded keeps its original; the reason stands in processing_error. */
#pragma once
#include "features/app.h"
#include "media/transcode_plan.h"

void ingest_start (App *app);

/** Ask for a job of one asset, in a write; a waiting one like it is enough.
 *  @source  upload: the next step follows; sidecar-write: clients are told of the change; NULL */
gboolean ingest_add_metadata (Db *tx, Arena *arena, const char *asset_id, const char *source,
                              GError **error);
/** @notify  tell clients that the asset is ready, as source upload does */
gboolean ingest_add_thumbnails (Db *tx, Arena *arena, const char *asset_id, const char *source,
                                gboolean notify, GError **error);

/** The body of a job that asks for a job of many assets. Both SQL texts give ids in their order: $1
 *  greater than this one, $2 at most so many. @sql_all is taken when the job says "force", else
 *  @sql_missing. @add asks for one, in a write. */
typedef gboolean (*IngestAdd) (Db *tx, Arena *arena, const char *asset_id, GError **error);
JobResult ingest_queue_each (App *app, const Job *job, const char *sql_all, const char *sql_missing,
                             IngestAdd add, GError **error);
/** Of a video: make the copy that clients play, if the settings ask for one. */
gboolean ingest_add_encoding (Db *tx, Arena *arena, const char *asset_id, GError **error);

typedef enum {
    INGEST_NONE, /* nobody asked for it */
    INGEST_FAILED,
    INGEST_UNDER_WAY
} IngestState;
/** A link that hides metadata wants a copy of a video: ask for it, unless somebody did and it failed. */
gboolean ingest_want_bare (App *app, Arena *arena, const char *asset_id, IngestState *out,
                           GError **error);

/** How the config wants videos to be encoded. A device that is not there is noted in the log once, and left
 *  out. Texts live as long as @arena and the server. */
void ingest_transcode_settings (const App *app, Arena *arena, TranscodeSettings *out);

/** Whether the config wants names of places for positions. */
gboolean ingest_finds_places (const App *app);
