/* ingest_thumbnails.c -- the job AssetGenerateThumbnails
 *
 * One decode feeds all renditions. A full-size one is made when browsers do not show the original.
 * Files are in their places before their records are committed: a crash in between leaves files that the
 * next run replaces, never a record without a file. */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include <string.h>

#include "base/error.h"
#include "features/duplicates/duplicates.h"
#include "media/layout.h"
#include "media/media_type.h"

#define MAX_RENDITIONS 3

typedef struct {
    Arena *arena;
    const char *asset_id;
    gboolean is_new;       /* its duplicates are looked for then */
    gboolean is_new_video; /* it is converted next */
    MediaFacts facts;
    MediaOutput outputs[MAX_RENDITIONS];
    Rendition renditions[MAX_RENDITIONS];
    guint n;
    StringList old_paths;
    gboolean stored;
} Work;

static void
add_rendition (const App *app, Work *work, const AssetRow *asset, AssetFileType type,
               const RenditionSettings *settings)
{
    const char *kind = asset_file_type_enum.texts[type];
    const char *format = settings->format == MEDIA_FORMAT_JPEG ? "jpeg" : "webp";
    const char *path = layout_thumb (work->arena, asset->owner_id, asset->id, kind, format);

    work->outputs[work->n] =
        (MediaOutput){ .kind = kind,
                       .path = layout_absolute (work->arena, app->media_location, path),
                       .format = settings->format,
                       .size_px = settings->size_px,
                       .quality = settings->quality,
                       .progressive = settings->progressive };
    work->renditions[work->n] = (Rendition){
        .type = type,
        .path = path,
        .is_progressive = settings->progressive && settings->format == MEDIA_FORMAT_JPEG,
    };
    work->n++;
}

static gboolean
render (const App *app, const AssetRow *asset, Work *work, GError **error)
{
    const char *path = layout_absolute (work->arena, app->media_location, asset->original_path);
    const MediaType *type = media_type_find (asset->original_path);
    ImageSettings settings;
    MediaRender request;

    ingest_image_settings (app, &settings);
    add_rendition (app, work, asset, ASSET_FILE_TYPE_PREVIEW, &settings.preview);
    add_rendition (app, work, asset, ASSET_FILE_TYPE_THUMBNAIL, &settings.thumbnail);
    if (asset->type == ASSET_TYPE_IMAGE && (type == NULL || !(type->flags & MEDIA_WEB_SAFE)))
        add_rendition (app, work, asset, ASSET_FILE_TYPE_FULLSIZE, &settings.fullsize);
    request = (MediaRender){ .original_path = path,
                             .is_video = asset->type == ASSET_TYPE_VIDEO,
                             .process_invalid = app->settings->process_invalid_images,
                             .keep_wide_gamut = settings.keep_wide_gamut,
                             .want_thumbhash = TRUE,
                             .want_likeness = TRUE,
                             .outputs = work->outputs,
                             .n_outputs = work->n };
    if (!media_render (app->workers, &request, work->arena, &work->facts, error))
        return FALSE;
    for (guint i = 0; i < work->n; i++)
        work->renditions[i].is_transparent = work->outputs[i].is_transparent;
    return TRUE;
}

static gboolean
run_store (Db *tx, gpointer data, GError **error)
{
    Work *work = data;

    return ingest_store_renditions (tx, work->arena, work->asset_id, &work->facts, work->renditions,
                                    work->n, &work->old_paths, &work->stored, error) &&
           (!work->stored ||
            (duplicates_store_likeness (tx, work->asset_id, work->facts.likeness, error) &&
             (!work->is_new || duplicates_add_detection (tx, work->arena, work->asset_id, error)) &&
             (!work->is_new_video ||
              ingest_add_encoding (tx, work->arena, work->asset_id, error))));
}

/* A motion part has no thumbnails, but is played as well. */
static gboolean
run_skip (Db *tx, gpointer data, GError **error)
{
    Work *work = data;

    return ingest_add_encoding (tx, work->arena, work->asset_id, error);
}

/* Record what was made; what no record points at goes. */
static JobResult
store (App *app, Work *work, GError **error)
{
    if (!db_write (app->db, run_store, work, error))
        return JOB_RETRY;
    for (gsize i = 0; i < work->old_paths.n; i++)
        layout_remove (
            layout_absolute (work->arena, app->media_location, work->old_paths.items[i]));
    if (work->stored)
        return JOB_DONE;
    for (guint i = 0; i < work->n; i++)
        layout_remove (work->outputs[i].path);
    return JOB_SKIPPED;
}

/* The reason for people, without the place of the file on this server. */
static const char *
reason_of (const GError *why, const char *path)
{
    g_autofree char *prefix = g_strdup_printf ("'%s': ", path);

    return g_str_has_prefix (why->message, prefix) ? why->message + strlen (prefix) : why->message;
}

static JobResult
fail (App *app, Arena *arena, const AssetRow *asset, const GError *why)
{
    const char *path = layout_absolute (arena, app->media_location, asset->original_path);
    gboolean is_missing = g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_autoptr (GError) second = NULL;

    if (!is_missing && !g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA))
        return ingest_result_of (why);
    if (!ingest_store_error (app->db, asset->id,
                             is_missing ? "the original file is missing" : reason_of (why, path),
                             &second)) {
        g_warning ("cannot record why asset '%s' has no thumbnails: %s", asset->id,
                   second->message);
        return JOB_RETRY;
    }
    asset_send_object (app, asset->id, "on_asset_update");
    return ingest_result_of (why);
}

static JobResult
generate (App *app, Arena *arena, const char *asset_id, gboolean is_new, GError **error)
{
    Work work = { .arena = arena, .asset_id = asset_id, .is_new = is_new };
    AssetRow asset;

    if (!asset_find (app->db, arena, asset_id, &asset, error)) {
        if (!g_error_matches (*error, APP_ERROR, APP_ERROR_NOT_FOUND))
            return JOB_RETRY;
        g_clear_error (error);
        return JOB_SKIPPED;
    }
    work.is_new_video = is_new && asset.type == ASSET_TYPE_VIDEO;
    if ((asset.type != ASSET_TYPE_IMAGE && asset.type != ASSET_TYPE_VIDEO) ||
        asset.visibility == ASSET_VISIBILITY_HIDDEN)
        return work.is_new_video && !db_write (app->db, run_skip, &work, error) ? JOB_RETRY
                                                                                : JOB_SKIPPED;
    if (!render (app, &asset, &work, error))
        return fail (app, arena, &asset, *error);
    return store (app, &work, error);
}

JobResult
ingest_generate_thumbnails (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    AssetJob data;
    GError *why = NULL;
    JobResult result;
    gboolean is_new;

    if (!api_read_json (&asset_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    is_new = g_strcmp0 (data.source, "upload") == 0 || (data.has_notify && data.notify);
    result = generate (app, arena, data.id, is_new, &why);
    if (why != NULL)
        g_propagate_error (error, why);
    if ((result == JOB_DONE || result == JOB_SKIPPED) && is_new)
        asset_send_ready (app, arena, data.id);
    return result;
}
