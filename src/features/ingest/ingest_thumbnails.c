/* ingest_thumbnails.c -- the job AssetGenerateThumbnails
 *
 * One decode feeds all renditions. A full-size one is made when browsers do not show the original. What is
 * edited gets its edited renditions anew by a job of their own, see ingest_edits.c.
 * Files are in their places before their records are committed: a crash in between leaves files that the
 * next run replaces, never a record without a file. */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include <string.h>

#include "base/error.h"
#include "features/duplicates/duplicates.h"
#include "features/edits/edits.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"
#include "media/media_type.h"

typedef struct {
    Arena *arena;
    const AssetRow *asset;
    gboolean is_new;       /* its duplicates are looked for then */
    gboolean is_new_video; /* it is converted next */
    gboolean is_edited;    /* its edited files are made again as well */
    MediaFacts facts;
    RenditionList list;
    StringList old_paths;
    gboolean stored;
} Work;

void
ingest_add_rendition (const App *app, Arena *arena, const AssetRow *asset, AssetFileType type,
                      gboolean is_edited, const RenditionSettings *settings, RenditionList *list)
{
    const char *kind =
        arena_printf (arena, "%s%s", asset_file_type_enum.texts[type], is_edited ? "_edited" : "");
    const char *format = settings->format == MEDIA_FORMAT_JPEG ? "jpeg" : "webp";
    const char *path = layout_thumb (arena, asset->owner_id, asset->id, kind, format);

    list->outputs[list->n] =
        (MediaOutput){ .kind = kind,
                       .path = layout_absolute (arena, app->media_location, path),
                       .format = settings->format,
                       .size_px = settings->size_px,
                       .quality = settings->quality,
                       .progressive = settings->progressive };
    list->items[list->n] = (Rendition){
        .type = type,
        .path = path,
        .is_progressive = settings->progressive && settings->format == MEDIA_FORMAT_JPEG,
    };
    list->n++;
}

gboolean
ingest_render (const App *app, Arena *arena, const AssetRow *asset, MediaRender *render,
               RenditionList *list, MediaFacts *out, GError **error)
{
    const char *original, *moved;
    GError *why = NULL;

    if (!layout_check_room (layout_absolute (arena, app->media_location, "thumbs"), 0, error) ||
        (original = storage_template_own_path (app, arena, asset->id, asset->original_path,
                                               error)) == NULL)
        return FALSE;
    render->original_path = layout_absolute (arena, app->media_location, original);
    render->process_invalid = app->settings->process_invalid_images;
    render->want_thumbhash = TRUE;
    render->outputs = list->outputs;
    render->n_outputs = list->n;
    if (!media_render (app->workers, render, arena, out, &why)) {
        if (!ingest_has_moved (app, arena, asset, why, &moved)) {
            g_propagate_error (error, why);
            return FALSE;
        }
        g_clear_error (&why);
        render->original_path = layout_absolute (arena, app->media_location, moved);
        if (!media_render (app->workers, render, arena, out, error))
            return FALSE;
    }
    for (guint i = 0; i < list->n; i++)
        list->items[i].is_transparent = list->outputs[i].is_transparent;
    return TRUE;
}

static gboolean
render (const App *app, const AssetRow *asset, Work *work, GError **error)
{
    const MediaType *type = media_type_find (asset->original_path);
    MediaRender request = { .is_video = asset->type == ASSET_TYPE_VIDEO, .want_likeness = TRUE };
    ImageSettings settings;

    ingest_image_settings (app, &settings);
    request.keep_wide_gamut = settings.keep_wide_gamut;
    request.embedded_px = settings.extract_embedded ? settings.preview.size_px : 0;
    ingest_add_rendition (app, work->arena, asset, ASSET_FILE_TYPE_PREVIEW, FALSE,
                          &settings.preview, &work->list);
    ingest_add_rendition (app, work->arena, asset, ASSET_FILE_TYPE_THUMBNAIL, FALSE,
                          &settings.thumbnail, &work->list);
    if (asset->type == ASSET_TYPE_IMAGE && (type == NULL || !(type->flags & MEDIA_WEB_SAFE)))
        ingest_add_rendition (app, work->arena, asset, ASSET_FILE_TYPE_FULLSIZE, FALSE,
                              &settings.fullsize, &work->list);
    return ingest_render (app, work->arena, asset, &request, &work->list, &work->facts, error);
}

static gboolean
run_store (Db *tx, gpointer data, GError **error)
{
    Work *work = data;

    return ingest_store_renditions (tx, work->arena, work->asset, &work->facts, &work->list,
                                    &work->old_paths, &work->stored, error) &&
           (!work->stored ||
            ((!work->is_edited || edits_add_rendering (tx, work->asset->id, error)) &&
             duplicates_store_likeness (tx, work->asset->id, work->facts.likeness, error) &&
             (!work->is_new ||
              duplicates_add_detection (tx, work->arena, work->asset->id, error)) &&
             (!work->is_new_video ||
              ingest_add_encoding (tx, work->arena, work->asset->id, error))));
}

/* A motion part has no thumbnails, but is played as well. */
static gboolean
run_skip (Db *tx, gpointer data, GError **error)
{
    Work *work = data;

    return ingest_add_encoding (tx, work->arena, work->asset->id, error);
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
    for (guint i = 0; i < work->list.n; i++)
        layout_remove (work->list.outputs[i].path);
    return JOB_SKIPPED;
}

/* The reason for people, without the place of the file on this server. */
static const char *
reason_of (const GError *why, const char *path)
{
    g_autofree char *prefix = g_strdup_printf ("'%s': ", path);

    return g_str_has_prefix (why->message, prefix) ? why->message + strlen (prefix) : why->message;
}

/* NULL: not yet, it is tried again. */
static const char *
find_reason (const App *app, const char *path, gboolean is_last, const GError *why)
{
    if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
        return "the original file is missing";
    if (g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA))
        return reason_of (why, path);
    if (is_last && !jobs_is_stopping (app->jobs) &&
        (g_error_matches (why, APP_ERROR, APP_ERROR_UNAVAILABLE) ||
         g_error_matches (why, APP_ERROR, APP_ERROR_IO)))
        return "no picture could be made of it, although that was tried several times";
    return NULL;
}

static JobResult
fail (App *app, Arena *arena, const AssetRow *asset, gboolean is_last, const GError *why)
{
    const char *path = layout_absolute (arena, app->media_location, asset->original_path);
    const char *reason = find_reason (app, path, is_last, why);
    g_autoptr (GError) second = NULL;

    if (reason == NULL)
        return ingest_result_of (why);
    if (!ingest_store_error (app->db, asset->id, reason, &second)) {
        g_warning ("cannot record why asset '%s' has no thumbnails: %s", asset->id,
                   second->message);
        return JOB_RETRY;
    }
    asset_send_object (app, asset->id, "on_asset_update");
    return ingest_result_of (why);
}

static JobResult
generate (App *app, Arena *arena, const char *asset_id, gboolean is_new, gboolean is_last,
          GError **error)
{
    AssetRow asset;
    Work work = { .arena = arena, .asset = &asset, .is_new = is_new };

    if (!asset_find (app->db, arena, asset_id, &asset, error)) {
        if (!g_error_matches (*error, APP_ERROR, APP_ERROR_NOT_FOUND))
            return JOB_RETRY;
        g_clear_error (error);
        return JOB_SKIPPED;
    }
    work.is_edited = asset.is_edited;
    work.is_new_video = is_new && asset.type == ASSET_TYPE_VIDEO;
    if ((asset.type != ASSET_TYPE_IMAGE && asset.type != ASSET_TYPE_VIDEO) ||
        asset.visibility == ASSET_VISIBILITY_HIDDEN)
        return work.is_new_video && !db_write (app->db, run_skip, &work, error) ? JOB_RETRY
                                                                                : JOB_SKIPPED;
    if (!render (app, &asset, &work, error))
        return fail (app, arena, &asset, is_last, *error);
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
    result = generate (app, arena, data.id, is_new, job->is_last, &why);
    if (why != NULL)
        g_propagate_error (error, why);
    if ((result == JOB_DONE || result == JOB_SKIPPED) && is_new)
        asset_send_ready (app, arena, data.id);
    return result;
}
