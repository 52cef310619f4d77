/* ingest_edits.c -- the job AssetEditThumbnailGeneration
 *
 * Renders an edited photo from its original, or takes its edited files away when the edits are gone. Files
 * have the same names whatever the edits are, and jobs of one asset may overlap: so each looks again, after
 * it touched files, whether the edits still are those that it worked from, and starts over when not.
 * Whichever comes last then leaves the files that belong to the list. */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include "base/error.h"
#include "features/edits/edits.h"
#include "media/layout.h"

#define MAX_ROUNDS 5

typedef struct {
    Arena *arena;
    const AssetRow *asset;
    AssetEditRowList edits;
    RenditionList list;
    const char *thumbhash;
    gint64 width, height; /* of the edited picture */
    StringList old_paths;
    gboolean is_current; /* nobody changed the edits meanwhile */
    gboolean stored;
} Work;

/* A list that was sent again has other ids. */
static gboolean
is_same (const AssetEditRowList *a, const AssetEditRowList *b)
{
    gboolean same = a->n == b->n;

    for (gsize i = 0; same && i < a->n; i++)
        same = g_str_equal (a->items[i].id, b->items[i].id);
    return same;
}

static gboolean
run_store (Db *tx, gpointer data, GError **error)
{
    Work *work = data;
    const char *id = work->asset->id;
    AssetEditRowList now;

    work->stored = FALSE;
    work->old_paths = (StringList){ 0 };
    if (!edits_find (tx, work->arena, id, &now, error))
        return FALSE;
    work->is_current = is_same (&work->edits, &now);
    if (!work->is_current)
        return TRUE;
    if (now.n == 0)
        return ingest_forget_edited (tx, id, error);
    return ingest_store_edited (tx, work->arena, id, work->thumbhash, work->width, work->height,
                                &work->list, &work->old_paths, &work->stored, error);
}

static void
plan (const App *app, Work *work, const ImageSettings *settings)
{
    ingest_add_rendition (app, work->arena, work->asset, ASSET_FILE_TYPE_PREVIEW, TRUE,
                          &settings->preview, &work->list);
    ingest_add_rendition (app, work->arena, work->asset, ASSET_FILE_TYPE_THUMBNAIL, TRUE,
                          &settings->thumbnail, &work->list);
    ingest_add_rendition (app, work->arena, work->asset, ASSET_FILE_TYPE_FULLSIZE, TRUE,
                          &settings->fullsize, &work->list);
}

static gboolean
render (const App *app, Work *work, const ImageSettings *settings, GError **error)
{
    MediaRender request = { .keep_wide_gamut = settings->keep_wide_gamut,
                            .edits_json = edits_write_render (work->arena, &work->edits) };
    MediaFacts facts;
    EditList edits;

    if (!edits_parse (work->arena, &work->edits, &edits, error) ||
        !ingest_render (app, work->arena, work->asset, &request, &work->list, &facts, error))
        return FALSE;
    work->thumbhash = facts.thumbhash;
    work->width = facts.width;
    work->height = facts.height;
    edits_apply_to_size (&edits, &work->width, &work->height);
    return TRUE;
}

static void
remove_all (const App *app, const Work *work, const StringList *paths)
{
    for (gsize i = 0; i < paths->n; i++)
        layout_remove (layout_absolute (work->arena, app->media_location, paths->items[i]));
}

static void
remove_planned (const Work *work)
{
    for (guint i = 0; i < work->list.n; i++)
        layout_remove (work->list.outputs[i].path);
}

/* Before their records go: later, another job could have put new ones in their place. */
static gboolean
remove_files (const App *app, const Work *work, GError **error)
{
    StringList paths;

    if (!ingest_find_edited (app->db, work->arena, work->asset->id, &paths, error))
        return FALSE;
    remove_all (app, work, &paths);
    remove_planned (work); /* that a job made whose edits went meanwhile */
    return TRUE;
}

/* JOB_RETRY without an error: the edits were changed meanwhile. */
static JobResult
follow (App *app, Work *work, GError **error)
{
    ImageSettings settings;

    if (!edits_find (app->db, work->arena, work->asset->id, &work->edits, error))
        return JOB_RETRY;
    ingest_image_settings (app, &settings);
    plan (app, work, &settings);
    if (work->edits.n > 0 && !render (app, work, &settings, error))
        return ingest_result_of (*error);
    if ((work->edits.n == 0 && !remove_files (app, work, error)) ||
        !db_write (app->db, run_store, work, error))
        return JOB_RETRY;
    remove_all (app, work, &work->old_paths);
    if (!work->is_current)
        return JOB_RETRY;
    if (work->edits.n > 0 && !work->stored) { /* the asset went */
        remove_planned (work);
        return JOB_SKIPPED;
    }
    return JOB_DONE;
}

static JobResult
generate (App *app, Arena *arena, const char *asset_id, GError **error)
{
    for (guint round = 0; round < MAX_ROUNDS; round++) {
        AssetRow asset;
        Work work = { .arena = arena, .asset = &asset };
        GError *why = NULL;
        JobResult result;

        if (!asset_find (app->db, arena, asset_id, &asset, &why)) {
            if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
                g_error_free (why);
                return JOB_SKIPPED;
            }
            g_propagate_error (error, why);
            return JOB_RETRY;
        }
        result = follow (app, &work, &why);
        if (why != NULL)
            g_propagate_error (error, why);
        else if (result == JOB_RETRY)
            continue;
        if (result == JOB_DONE)
            asset_send_edited (app, arena, asset_id,
                               edits_write_sync (arena, asset_id, &work.edits));
        return result;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "the edits of asset '%s' change faster than they can be rendered", asset_id);
    return JOB_RETRY;
}

JobResult
ingest_generate_edited (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    AssetJob data;

    if (!api_read_json (&asset_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    return generate (app_pointer, arena, data.id, error);
}
