/* ingest_encode.c -- the job AssetEncodeVideo: a copy that every client plays, when it is needed
 *
 * A link that hides metadata shows no original, so it asks for a copy of every video.
 *
 * The copy is in its place before its record is committed, as with thumbnails. One that the settings do
 * not ask for any more goes, record first. */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include <string.h>

#include "base/error.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"
#include "media/transcode.h"

#define LOOK_AGAIN_US (5 * G_USEC_PER_SEC)

typedef struct {
    App *app;
    Arena *arena;
    const AssetRow *asset;
    const char *path; /* of the copy, as stored */
    gboolean is_recorded;
    gint64 looked_at_us;
    gboolean is_gone;
} Encode;

/* While ffmpeg runs: the server may stop, the video may be deleted or get another file. */
static gboolean
is_cancelled (gpointer data)
{
    Encode *self = data;
    g_autoptr (Arena) arena = NULL;
    g_autoptr (GError) why = NULL;
    AssetRow asset;

    if (jobs_is_stopping (self->app->jobs))
        return TRUE;
    if (g_get_monotonic_time () - self->looked_at_us < LOOK_AGAIN_US)
        return FALSE;
    self->looked_at_us = g_get_monotonic_time ();
    arena = arena_new ();
    self->is_gone = asset_find (self->app->db, arena, self->asset->id, &asset, &why)
                        ? !g_bytes_equal (asset.checksum, self->asset->checksum)
                        : g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND);
    return self->is_gone;
}

static gboolean
run_record (Db *tx, gpointer data, GError **error)
{
    Encode *self = data;

    return ingest_store_encoded (tx, self->asset, self->path, &self->is_recorded, error);
}

static gboolean
run_forget (Db *tx, gpointer data, GError **error)
{
    Encode *self = data;

    return ingest_forget_encoded (tx, self->arena, self->asset->id, &self->path, error);
}

/* The original plays as it is. What was made of a file that was replaced has no record any more. */
static JobResult
forget (Encode *self, GError **error)
{
    const char *path;

    self->path = NULL;
    if (!db_write (self->app->db, run_forget, self, error))
        return JOB_RETRY;
    path = self->path != NULL
               ? self->path
               : layout_encoded_video (self->arena, self->asset->owner_id, self->asset->id);
    layout_remove (layout_absolute (self->arena, self->app->media_location, path));
    return self->path != NULL ? JOB_DONE : JOB_SKIPPED;
}

static JobResult
transcode (Encode *self, const char *original, const VideoFacts *facts,
           const TranscodeSettings *settings, const TranscodePlan *plan, GError **error)
{
    App *app = self->app;
    Transcode job = { .launcher = app->transcoder,
                      .input = original,
                      .require_sandbox = app->settings->require_sandbox,
                      .is_cancelled = is_cancelled,
                      .data = self };

    self->path = layout_encoded_video (self->arena, self->asset->owner_id, self->asset->id);
    job.output = layout_absolute (self->arena, app->media_location, self->path);
    self->looked_at_us = g_get_monotonic_time ();
    if (!layout_check_room (layout_absolute (self->arena, app->media_location, "encoded-video"), 0,
                            error))
        return ingest_result_of (*error);
    if (!transcode_run (&job, facts, settings, plan, error)) {
        if (!self->is_gone)
            return ingest_result_of (*error);
        g_clear_error (error);
        return JOB_SKIPPED;
    }
    if (!db_write (app->db, run_record, self, error))
        return JOB_RETRY;
    if (!self->is_recorded)
        layout_remove (job.output);
    return self->is_recorded ? JOB_DONE : JOB_SKIPPED;
}

static JobResult
encode (Encode *self, GError **error)
{
    App *app = self->app;
    const char *metadata = NULL, *original;
    TranscodeSettings settings;
    TranscodePlan plan = { 0 };
    VideoFacts facts;

    ingest_transcode_settings (app, self->arena, &settings);
    if (!ingest_is_shown_bare (app->db, self->asset->id, &settings.is_bare, error))
        return JOB_RETRY;
    if (settings.when == TRANSCODE_DISABLED && !settings.is_bare)
        return forget (self, error);
    original = storage_template_own_path (app, self->arena, self->asset->id,
                                          self->asset->original_path, error);
    if (original == NULL)
        return ingest_result_of (*error);
    original = layout_absolute (self->arena, app->media_location, original);
    if (!media_read_metadata (app->workers, original, TRUE, NULL, self->arena, &metadata, error) ||
        !video_facts_read (metadata, self->arena, &facts, error))
        return ingest_result_of (*error);
    transcode_decide (&facts, &settings, &plan);
    return plan.is_needed ? transcode (self, original, &facts, &settings, &plan, error)
                          : forget (self, error);
}

JobResult
ingest_encode_video (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    AssetRow asset;
    Encode self = { .app = app_pointer, .arena = arena, .asset = &asset };
    AssetJob data;
    GError *why = NULL;
    JobResult result;

    if (!api_read_json (&asset_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    if (!asset_find (self.app->db, arena, data.id, &asset, &why)) {
        result = g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND) ? JOB_SKIPPED : JOB_RETRY;
        if (result == JOB_SKIPPED)
            g_clear_error (&why);
    } else {
        result = asset.type == ASSET_TYPE_VIDEO ? encode (&self, &why) : JOB_SKIPPED;
        if (result == JOB_FAILED &&
            storage_template_follow (self.app, arena, asset.id, asset.original_path) != NULL)
            result = JOB_RETRY; /* it was moved before it could be opened */
    }
    if (why != NULL)
        g_propagate_error (error, why);
    return result;
}
