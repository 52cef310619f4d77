/* ingest_metadata.c -- the job AssetExtractMetadata */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "features/people/people.h"
#include "features/storage-template/storage-template.h"
#include "features/workflows/workflows.h"
#include "media/layout.h"

#define MAX_ROUNDS 5
#define KEPT "What was read before is kept"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

/* $1 asset id */
static const char SQL_READ_AT[] = "SELECT metadata_at FROM asset WHERE id = $1";

static gboolean
stat_file (const char *path, struct stat *out, GError **error)
{
    if (stat (path, out) == 0)
        return TRUE;
    g_set_error (error, APP_ERROR, errno == ENOENT ? APP_ERROR_NOT_FOUND : APP_ERROR_IO,
                 "cannot read '%s': %s", path, g_strerror (errno));
    return FALSE;
}

/* Whether an asset was read before: what was found then must not be forgotten for a file that is not to
 * be had at this moment. */
static gboolean
find_was_read (const App *app, const char *asset_id, gboolean *out, GError **error)
{
    gint64 read_at_ms = 0;

    return db_select_int (app->db, SQL_READ_AT, DB_ARGS (db_text (asset_id)), &read_at_ms, out,
                          error);
}

/* Final when the sidecar alone is gone; with its folder a whole disk may be away, which comes back. */
static gboolean
set_sidecar_away (const char *path, int fault, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    gboolean is_gone = fault == ENOENT && g_access (folder, R_OK | X_OK) == 0;

    g_set_error (error, APP_ERROR, is_gone ? APP_ERROR_MEDIA : APP_ERROR_UNAVAILABLE,
                 "cannot read the sidecar '%s': %s. " KEPT
                 "; bring the file back or, if it was removed on purpose, start the job of the "
                 "queue 'sidecar' for all",
                 path, g_strerror (fault));
    return FALSE;
}

/* The absolute path of the sidecar; NULL when there is none. */
static gboolean
find_sidecar (const App *app, Arena *arena, const char *asset_id, gboolean was_read,
              const char **out, GError **error)
{
    const char *path = NULL;
    struct stat facts;
    int fault = 0;

    /* twice: it may be moved between the two looks */
    for (guint attempt = 1; attempt <= 2; attempt++) {
        if (!asset_find_file (app->db, arena, asset_id, ASSET_FILE_TYPE_SIDECAR, FALSE, &path,
                              error))
            return FALSE;
        *out = path != NULL ? layout_absolute (arena, app->media_location, path) : NULL;
        if (path == NULL || stat (*out, &facts) == 0)
            return TRUE;
        fault = errno;
    }
    if (was_read)
        return set_sidecar_away (*out, fault, error);
    g_warning ("cannot read sidecar '%s': %s, skipping", *out, g_strerror (fault));
    *out = NULL;
    return TRUE;
}

/* The worker leaves out what it cannot understand. Of a sidecar that once was understood that would
 * take everything away that it said. */
static gboolean
check_sidecar (const char *path, const char *tags_json, gboolean was_read, GError **error)
{
    g_autoptr (json_t) tags = json_loads (tags_json, 0, NULL);

    if (json_is_object (json_object_get (tags, "sidecar")))
        return TRUE;
    if (!was_read) {
        g_warning ("nothing can be read in sidecar '%s', skipping", path);
        return TRUE;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                 "nothing can be read in the sidecar '%s': it is damaged, or no XMP. " KEPT
                 "; repair or remove the file",
                 path);
    return FALSE;
}

/* The tags of the original and its sidecar. A file that cannot be read as what it claims to be has
 * none: that is for the thumbnails to fail at. But what was read once is not forgotten. */
static gboolean
read_tags (const App *app, Arena *arena, const AssetRow *asset, const char *path, const char **out,
           GError **error)
{
    const char *sidecar_path;
    gboolean was_read;
    GError *why = NULL;

    if (!find_was_read (app, asset->id, &was_read, error) ||
        !find_sidecar (app, arena, asset->id, was_read, &sidecar_path, error))
        return FALSE;
    if (media_read_metadata (app->workers, path, asset->type == ASSET_TYPE_VIDEO, sidecar_path,
                             arena, out, &why))
        return sidecar_path == NULL || check_sidecar (sidecar_path, *out, was_read, error);
    if (was_read || !g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA)) {
        g_propagate_error (error, why);
        return FALSE;
    }
    g_message ("asset '%s' has no metadata that can be read: %s", asset->id, why->message);
    g_error_free (why);
    *out = "{\"file\":{}}";
    return TRUE;
}

static gint64
modified_ms (const struct stat *facts)
{
    return (gint64) facts->st_mtim.tv_sec * 1000 + facts->st_mtim.tv_nsec / 1000000;
}

static gboolean
find_facts (const App *app, Arena *arena, const AssetRow *asset, AssetFacts *out, GError **error)
{
    const char *path = layout_absolute (arena, app->media_location, asset->original_path);
    const char *tags = NULL;
    struct stat file;
    FactsInput input;

    if (!stat_file (path, &file, error) || !read_tags (app, arena, asset, path, &tags, error) ||
        (tags = asset_overlay_locked (arena, asset, tags, error)) == NULL)
        return FALSE;
    input = (FactsInput){
        .file_name = asset->original_file_name,
        .is_video = asset->type == ASSET_TYPE_VIDEO,
        .size_bytes = file.st_size,
        .modified_ms = modified_ms (&file),
        .stored_created_ms = asset->file_created_at,
        .places = app->places,
        .find_place = ingest_finds_places (app),
    };
    return facts_find (tags, -1, &input, arena, out, error);
}

/* The same where the file is by now, if it was moved meanwhile. */
static gboolean
find_facts_anywhere (const App *app, Arena *arena, AssetRow *asset, AssetFacts *out, GError **error)
{
    GError *why = NULL;
    const char *moved;

    moved = storage_template_own_path (app, arena, asset->id, asset->original_path, error);
    if (moved == NULL)
        return FALSE;
    asset->original_path = moved;
    if (find_facts (app, arena, asset, out, &why))
        return TRUE;
    if (!ingest_has_moved (app, arena, asset, why, &moved)) {
        g_propagate_error (error, why);
        return FALSE;
    }
    g_error_free (why);
    asset->original_path = moved;
    return find_facts (app, arena, asset, out, error);
}

typedef struct {
    Arena *arena;
    const AssetRow *asset;
    const AssetFacts *facts;
    const char *source;
    gboolean with_faces;
    gboolean by_template; /* its files go where the storage template wants them */
    MotionPart motion;
    const char *hidden_id; /* a video that became the motion part of a photo */
    gboolean stored;
} Store;

static gboolean
run_store (Db *tx, gpointer data, GError **error)
{
    Store *self = data;

    return asset_wait_for_motion_parts (tx, self->asset->owner_id, error) &&
           ingest_store_facts (tx, self->arena, self->asset, self->facts, &self->stored, error) &&
           (!self->stored || !self->with_faces ||
            people_import_faces (tx, self->arena, self->asset->id, self->asset->owner_id,
                                 self->facts->faces, self->facts->n_faces, error)) &&
           (!self->stored ||
            (ingest_motion_store (tx, self->arena, self->asset, &self->motion, error) &&
             ingest_join_live_photo (tx, self->arena, self->asset, self->facts->live_photo_id,
                                     &self->hidden_id, error) &&
             (!self->by_template ||
              storage_template_add (tx, self->arena, self->asset->id, error)) &&
             (g_strcmp0 (self->source, "upload") != 0 ||
              ingest_add_thumbnails (tx, self->arena, self->asset->id, "upload", FALSE, error)) &&
             /* a sidecar of ours that is read back says what is known */
             (g_strcmp0 (self->source, "sidecar-write") == 0 ||
              workflows_trigger_one (tx, WORKFLOW_TRIGGER_ASSET_METADATA_EXTRACTION,
                                     self->asset->id, error))));
}

/* After the commit. */
static void
tell_hidden (App *app, const Store *self)
{
    const char *owner_id = self->asset->owner_id;

    if (self->hidden_id != NULL)
        asset_send_id (app, owner_id, "on_asset_hidden", self->hidden_id);
    if (self->motion.hidden_id != NULL)
        asset_send_id (app, owner_id, "on_asset_hidden", self->motion.hidden_id);
}

static JobResult
store (App *app, Store *self, GError **error)
{
    gboolean is_written;

    if (!ingest_motion_prepare (app, self->arena, self->asset, self->facts, &self->motion, error))
        return ingest_result_of (*error);
    is_written = db_write (app->db, run_store, self, error);
    ingest_motion_finish (app, self->arena, &self->motion);
    if (!is_written)
        return JOB_RETRY;
    if (self->stored)
        tell_hidden (app, self);
    return JOB_DONE;
}

/* An edit that comes between reading and storing makes what was read outdated: look again. */
static JobResult
extract (App *app, Arena *arena, const AssetJob *job, GError **error)
{
    for (guint round = 0; round < MAX_ROUNDS; round++) {
        AssetRow asset;
        AssetFacts facts;
        Store data = { .arena = arena,
                       .asset = &asset,
                       .facts = &facts,
                       .source = job->source,
                       .with_faces = people_imports_faces (app),
                       .by_template = storage_template_is_enabled (app) };
        JobResult result;

        if (!asset_find (app->db, arena, job->id, &asset, error)) {
            if (!g_error_matches (*error, APP_ERROR, APP_ERROR_NOT_FOUND))
                return JOB_RETRY;
            g_clear_error (error);
            return JOB_SKIPPED;
        }
        if (!find_facts_anywhere (app, arena, &asset, &facts, error))
            return ingest_result_of (*error);
        result = store (app, &data, error);
        if (result != JOB_DONE || data.stored)
            return result;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "asset '%s' changes faster than its metadata can be read", job->id);
    return JOB_RETRY;
}

typedef struct {
    Arena *arena;
    const char *asset_id;
} Unread;

static gboolean
run_show_unread (Db *tx, gpointer data, GError **error)
{
    const Unread *self = data;

    return ingest_add_thumbnails (tx, self->arena, self->asset_id, "upload", FALSE, error);
}

/* What came and could not be read in the end is seen all the same, by the dates that its upload gave. */
static void
show_unread (App *app, Arena *arena, const char *asset_id)
{
    Unread data = { arena, asset_id };
    g_autoptr (GError) why = NULL;

    if (!db_write (app->db, run_show_unread, &data, &why))
        g_warning ("no thumbnails are made of '%s': %s", asset_id, why->message);
}

JobResult
ingest_extract_metadata (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    AssetJob data;
    GError *why = NULL;
    JobResult result;

    if (!api_read_json (&asset_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    result = extract (app, arena, &data, &why);
    if (why != NULL)
        g_propagate_error (error, why);
    if ((result == JOB_FAILED || (result == JOB_RETRY && job->is_last)) &&
        g_strcmp0 (data.source, "upload") == 0)
        show_unread (app, arena, data.id);
    if (result != JOB_DONE)
        return result;
    if (g_strcmp0 (data.source, "sidecar-write") == 0)
        asset_send_object (app, data.id, "on_asset_update");
    return JOB_DONE;
}
