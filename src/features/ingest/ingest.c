/* ingest.c -- the kinds of jobs, and asking for them */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include "base/error.h"
#include "features/storage-template/storage-template.h"

#define METADATA_QUEUE "metadataExtraction"
#define THUMBNAIL_QUEUE "thumbnailGeneration"
#define VIDEO_QUEUE "videoConversion"
#define EDIT_QUEUE "editor"

static const char *
write_data (Arena *arena, const char *asset_id, const char *source, gboolean notify)
{
    AssetJob job = { .id = asset_id, .source = source, .has_notify = notify, .notify = notify };
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (&asset_job_type, &job, text);
    return arena_strdup (arena, text->str);
}

/* A waiting job does for a second one only when it was asked for the same. */
static const char *
key_of (Arena *arena, const char *asset_id, const char *source, gboolean notify)
{
    return arena_printf (arena, "%s/%s%s", asset_id, source != NULL ? source : "",
                         notify ? "/notify" : "");
}

static gboolean
add (Db *tx, Arena *arena, const char *name, const char *queue, const char *asset_id,
     const char *source, gboolean notify, GError **error)
{
    return job_add (tx, name, queue, key_of (arena, asset_id, source, notify),
                    write_data (arena, asset_id, source, notify), 0, error);
}

gboolean
ingest_add_metadata (Db *tx, Arena *arena, const char *asset_id, const char *source, GError **error)
{
    return add (tx, arena, "AssetExtractMetadata", METADATA_QUEUE, asset_id, source, FALSE, error);
}

gboolean
ingest_add_thumbnails (Db *tx, Arena *arena, const char *asset_id, const char *source,
                       gboolean notify, GError **error)
{
    return add (tx, arena, "AssetGenerateThumbnails", THUMBNAIL_QUEUE, asset_id, source, notify,
                error);
}

gboolean
ingest_add_encoding (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return add (tx, arena, "AssetEncodeVideo", VIDEO_QUEUE, asset_id, NULL, FALSE, error);
}

typedef struct {
    Arena *arena;
    const char *asset_id;
} Want;

static gboolean
run_want (Db *tx, gpointer data, GError **error)
{
    const Want *self = data;

    return ingest_add_encoding (tx, self->arena, self->asset_id, error);
}

gboolean
ingest_want_bare (App *app, Arena *arena, const char *asset_id, IngestState *out, GError **error)
{
    Want want = { arena, asset_id };

    if (!ingest_encoding_state (app->db, key_of (arena, asset_id, NULL, FALSE), out, error))
        return FALSE;
    if (*out != INGEST_NONE)
        return TRUE;
    if (!db_write (app->db, run_want, &want, error))
        return FALSE;
    jobs_wake (app->jobs);
    *out = INGEST_UNDER_WAY;
    return TRUE;
}

JobResult
ingest_result_of (const GError *why)
{
    return g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA) ||
                   g_error_matches (why, APP_ERROR, APP_ERROR_INTERNAL)
               ? JOB_FAILED
               : JOB_RETRY;
}

gboolean
ingest_has_moved (const App *app, Arena *arena, const AssetRow *asset, const GError *why,
                  const char **out_path)
{
    *out_path = g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)
                    ? storage_template_follow (app, arena, asset->id, asset->original_path)
                    : NULL;
    return *out_path != NULL;
}

void
ingest_start (App *app)
{
    static const JobKind kinds[] = {
        { "AssetExtractMetadata", METADATA_QUEUE, ingest_extract_metadata },
        { "AssetExtractMetadataQueueAll", METADATA_QUEUE, ingest_queue_all_metadata },
        { "AssetGenerateThumbnails", THUMBNAIL_QUEUE, ingest_generate_thumbnails },
        { "AssetGenerateThumbnailsQueueAll", THUMBNAIL_QUEUE, ingest_queue_all_thumbnails },
        { "AssetEditThumbnailGeneration", EDIT_QUEUE, ingest_generate_edited },
        { "AssetEncodeVideo", VIDEO_QUEUE, ingest_encode_video },
        { "AssetEncodeVideoQueueAll", VIDEO_QUEUE, ingest_queue_all_videos },
    };

    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
}
