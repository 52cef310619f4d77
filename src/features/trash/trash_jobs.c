/* trash_jobs.c -- removing for good, see trash.h */
#define G_LOG_DOMAIN "trash"
#include "features/trash/trash_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/albums/albums.h"
#include "features/assets/assets.h"
#include "features/config/config.h"
#include "features/ingest/ingest.h"
#include "features/people/people.h"
#include "features/stacks/stacks.h"
#include "features/storage-template/storage-template.h"
#include "features/tombstones/tombstones.h"
#include "features/users/users.h"
#include "media/layout.h"
#include "media/relocate.h"

#define QUEUE "backgroundTask"
#define PAGE 1000

/* What is offline keeps its files: '-' before the id */
static const char SQL_REMOVING_FIND[] = "SELECT CASE WHEN is_offline = 1 THEN '-' ELSE '+' END || "
                                        "id FROM asset WHERE status = 'deleted'";

#define REMOVED_COLUMNS                                                                            \
    "a.id, a.owner_id, a.library_id, a.original_path, a.size_bytes, a.checksum,"                   \
    " a.file_modified_at, a.live_photo_video_id"

/* $1 id */
static const char SQL_REMOVED_FIND[] =
    "SELECT " REMOVED_COLUMNS " FROM asset a WHERE a.id = $1 AND a.status = 'deleted'";
/* $1 id; of an account that is removed */
static const char SQL_LEAVING_FIND[] = "SELECT " REMOVED_COLUMNS " FROM asset a WHERE a.id = $1";

/* $1 id; the same, of one that leaves a tombstone */
static const char SQL_REMEMBERED_FIND[] =
    "SELECT " REMOVED_COLUMNS "  FROM asset a JOIN users u ON u.id = a.owner_id"
    " WHERE a.id = $1 AND a.status = 'deleted' AND a.library_id IS NULL AND u.keeps_tombstones = 1";

/* $1 id */
static const char SQL_FILES_FIND[] =
    "SELECT path FROM asset_file WHERE asset_id = $1 AND type <> 'sidecar'";
static const char SQL_SIDECARS_FIND[] =
    "SELECT path FROM asset_file WHERE asset_id = $1 AND type = 'sidecar'";

/* $1 id, $2 now */
static const char SQL_MOTION_RETURN[] =
    "UPDATE asset SET visibility = own_visibility, own_visibility = NULL, updated_at = $2,"
    "       update_id = uuid_v7 ()"
    " WHERE id = $1 AND visibility = 'hidden' AND own_visibility IS NOT NULL"
    "   AND status <> 'deleted'";
/* $1 film, $2 photo, $3 now: a file of its own, as visible as the photo. What was taken out of that is not. */
static const char SQL_MOTION_STAY[] =
    "UPDATE asset SET visibility = p.visibility, updated_at = $3, update_id = uuid_v7 ()"
    "  FROM asset p WHERE p.id = $2 AND p.visibility <> 'hidden'"
    "   AND asset.id = $1 AND asset.visibility = 'hidden'"
    "   AND asset.is_offline = 0 AND asset.status <> 'deleted'"
    "   AND substr(asset.original_path, 1, 14) <> 'encoded-video/'";
/* $1 changes, $2 now */
static const char SQL_MOTION_REMOVE[] =
    "UPDATE asset SET status = 'deleted', deleted_at = CAST($2 AS BIGINT), updated_at = $2,"
    "       update_id = substr(change.value, 38)"
    "  FROM json_each($1) AS change"
    " WHERE asset.id = substr(change.value, 1, 36) AND asset.visibility = 'hidden'";

/* $1 library, $2 path, $3 now */
static const char SQL_LIBRARY_REMEMBER[] =
    "INSERT INTO library_removed (library_id, path, removed_at)"
    " SELECT l.id, CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM library l"
    "  WHERE l.id = $1 AND l.deleted_at IS NULL"
    " ON CONFLICT (library_id, path) DO NOTHING";

/* $1 id */
static const char SQL_ASSET_DELETE[] = "DELETE FROM asset WHERE id = $1";

gint64
trash_days (const App *app)
{
    const AdminConfigTrash *trash = config_get (app)->trash;

    return trash->enabled ? trash->days : 0;
}

gboolean
trash_add_emptying (Db *tx, GError **error)
{
    return job_add (tx, "AssetEmptyTrash", QUEUE, "all", "{}", 0, error);
}

static gboolean
add_deletion (Db *tx, const FileDeleteJob *job, GError **error)
{
    g_autoptr (GString) data = g_string_new (NULL);

    api_write_json (&file_delete_job_type, job, data);
    return job_add (tx, "FileDelete", QUEUE, NULL, data->str, 0, error);
}

gboolean
trash_add_file_deletion (Db *tx, Arena *arena, const StringList *paths, GError **error)
{
    return paths->n == 0 || add_deletion (tx, &(FileDeleteJob){ .files = *paths }, error);
}

/* ---- AssetDelete ---- */

typedef struct {
    Arena *arena;
    AssetDeleteJob job;
    gboolean is_lost; /* its original, before it was removed */
    gboolean is_gone;
    RemovedAssetRow asset;
} Remove;

/* Files of a library belong to whoever put them there. What was taken out of one of its photos is ours:
 * that lies in the media folder. */
static gboolean
is_in_library (const RemovedAssetRow *asset)
{
    return asset->library_id != NULL && *asset->original_path == '/';
}

/* So that its file, which stays, is not imported again by the next scan. */
static gboolean
remember_removal (Db *tx, const Remove *self, GError **error)
{
    return !self->job.delete_on_disk || !is_in_library (&self->asset) ||
           db_exec (tx, SQL_LIBRARY_REMEMBER,
                    DB_ARGS (db_text (self->asset.library_id), db_text (self->asset.original_path),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

/* What there is to delete of an asset. */
static gboolean
list_files (Db *db, Arena *arena, const RemovedAssetRow *asset, gboolean with_original,
            FileDeleteJob *out, GError **error)
{
    *out = (FileDeleteJob){ .asset_id = asset->id, .owner_id = asset->owner_id };
    if (!db_select_texts (db, arena, SQL_FILES_FIND, DB_ARGS (db_text (asset->id)), &out->files,
                          error))
        return FALSE;
    if (!with_original || is_in_library (asset))
        return TRUE;
    out->original = asset->original_path;
    out->has_size_bytes = out->has_modified_at = out->has_sidecars = TRUE;
    out->size_bytes = asset->size_bytes;
    out->checksum = asset->checksum;
    out->modified_at = asset->file_modified_at;
    return db_select_texts (db, arena, SQL_SIDECARS_FIND, DB_ARGS (db_text (asset->id)),
                            &out->sidecars, error);
}

static gboolean
delete_files_later (Db *tx, const Remove *self, GError **error)
{
    FileDeleteJob job;

    return list_files (tx, self->arena, &self->asset, self->job.delete_on_disk, &job, error) &&
           add_deletion (tx, &job, error);
}

gboolean
trash_add_deletions (Db *tx, Arena *arena, const StringList *ids, GError **error)
{
    for (gsize i = 0; i < ids->n; i++) {
        RemovedAssetRow asset;
        FileDeleteJob job;

        if (!db_select_one (tx, arena, &removed_asset_row_type, &asset, SQL_LEAVING_FIND,
                            DB_ARGS (db_text (ids->items[i])), error) ||
            !list_files (tx, arena, &asset, TRUE, &job, error) || !add_deletion (tx, &job, error))
            return FALSE;
    }
    return TRUE;
}

/* A video that was there before a photo that holds the same is an asset of its own again; and so is one whose
 * photo the disk lost, which nobody deleted. */
static gboolean
return_motion_part (Db *tx, const Remove *self, const char *video_id, GError **error)
{
    gint64 n_returned = 0, n_left = 0, now_ms = timestamp_now_ms ();

    return db_exec (tx, SQL_MOTION_RETURN, DB_ARGS (db_text (video_id), db_int (now_ms)),
                    &n_returned, error) &&
           (self->job.delete_on_disk ||
            db_exec (tx, SQL_MOTION_STAY,
                     DB_ARGS (db_text (video_id), db_text (self->asset.id), db_int (now_ms)),
                     &n_left, error)) &&
           (n_returned + n_left == 0 ||
            ingest_add_thumbnails (tx, self->arena, video_id, NULL, TRUE, error));
}

/* The motion part goes with the last photo that shows it, unless it is seen by itself, or was before. */
static gboolean
remove_motion_part (Db *tx, const Remove *self, GError **error)
{
    const RemovedAssetRow *photo = &self->asset;
    const char *video_id = photo->live_photo_video_id;
    StringList ids = { &video_id, 1 };
    gboolean is_shown;

    if (video_id == NULL)
        return TRUE;
    if (!asset_wait_for_motion_parts (tx, photo->owner_id, error) ||
        !asset_motion_part_is_shown (tx, video_id, photo->id, TRUE, &is_shown, error))
        return FALSE;
    return is_shown ||
           (return_motion_part (tx, self, video_id, error) &&
            db_exec (tx, SQL_MOTION_REMOVE,
                     DB_ARGS (asset_changes (self->arena, &ids), db_int (timestamp_now_ms ())),
                     NULL, error) &&
            trash_add_emptying (tx, error));
}

static gboolean
run_remove (Db *tx, gpointer data, GError **error)
{
    Remove *self = data;
    StringList ids = { &self->job.id, 1 };
    GError *why = NULL;

    self->is_gone = FALSE;
    if (!db_select_one (tx, self->arena, &removed_asset_row_type, &self->asset, SQL_REMOVED_FIND,
                        DB_ARGS (db_text (self->job.id)), &why)) {
        self->is_gone = g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND);
        if (!self->is_gone) {
            g_propagate_error (error, why);
            return FALSE;
        }
        g_error_free (why);
        return TRUE;
    }
    return delete_files_later (tx, self, error) && remember_removal (tx, self, error) &&
           remove_motion_part (tx, self, error) &&
           albums_drop_assets (tx, self->arena, &ids, error) &&
           people_check_assets (tx, self->arena, &ids, error) &&
           stacks_settle (tx, self->arena, &ids, error) && /* another primary steps in */
           (self->is_lost || tombstones_add (tx, self->asset.id, error)) &&
           db_exec (tx, SQL_ASSET_DELETE, DB_ARGS (db_text (self->asset.id)), NULL, error) &&
           (self->asset.library_id != NULL ||
            users_add_usage (tx, self->asset.owner_id, -self->asset.size_bytes, error));
}

static FileContent
content_of (gint64 size_bytes, GBytes *checksum)
{
    FileContent what = { .size_bytes = size_bytes };

    /* without a SHA-1 no file is known to be the one */
    if (checksum != NULL && g_bytes_get_size (checksum) == sizeof what.sha1)
        memcpy (what.sha1, g_bytes_get_data (checksum, NULL), sizeof what.sha1);
    return what;
}

/* What the disk lost, or does not hold any more as it came, nobody deleted: a phone that still has it may
 * bring it back. Looked at before the write, for reading it takes time. */
static gboolean
find_lost (const App *app, Remove *self, GError **error)
{
    g_autoptr (GError) why = NULL;
    RemovedAssetRow asset;
    FileContent what;

    if (!db_select_one (app->db, self->arena, &removed_asset_row_type, &asset, SQL_REMEMBERED_FIND,
                        DB_ARGS (db_text (self->job.id)), &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error (error, g_steal_pointer (&why));
        return FALSE;
    }
    what = content_of (asset.size_bytes, asset.checksum);
    self->is_lost = !relocate_holds (
        layout_absolute (self->arena, app->media_location, asset.original_path), &what);
    return TRUE;
}

static JobResult
delete_asset (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    Remove data = { .arena = arena };

    if (!api_read_json (&asset_delete_job_type, job->data, -1, arena, &data.job, error))
        return JOB_FAILED;
    if (!find_lost (app, &data, error) || !db_write (app->db, run_remove, &data, error))
        return JOB_RETRY;
    if (data.is_gone)
        return JOB_SKIPPED;
    asset_send_id (app, data.asset.owner_id, "on_asset_delete", data.asset.id);
    return JOB_DONE;
}

/* ---- FileDelete ---- */

static gboolean
delete_original (App *app, Arena *arena, const FileDeleteJob *job, GError **error)
{
    StoredOriginal what = { .path = job->original,
                            .size_bytes = job->size_bytes,
                            .checksum = job->checksum,
                            .has_modified_at = job->has_modified_at,
                            .modified_at = job->modified_at,
                            .sidecars = job->sidecars };

    return job->original == NULL || storage_template_remove_original (app, arena, &what, error);
}

static gboolean
delete_all (App *app, Arena *arena, const StringList *paths, GError **error)
{
    for (gsize i = 0; i < paths->n; i++)
        if (!storage_template_remove_file (app, arena, paths->items[i], error))
            return FALSE;
    return TRUE;
}

/* Records are dropped before other files take the places of theirs, which need not come to pass: the new file
 * cannot be read, the format is another one now, the asset goes first. */
static gboolean
delete_renditions (App *app, Arena *arena, const FileDeleteJob *job, GError **error)
{
    StringList paths;

    if (job->asset_id == NULL || job->owner_id == NULL)
        return TRUE;
    paths = layout_renditions (arena, job->owner_id, job->asset_id);
    return delete_all (app, arena, &paths, error);
}

static JobResult
delete_files (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    FileDeleteJob data;

    if (!api_read_json (&file_delete_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    return delete_original (app, arena, &data, error) &&
                   delete_all (app, arena, &data.files, error) &&
                   delete_renditions (app, arena, &data, error)
               ? JOB_DONE
               : JOB_RETRY;
}

/* ---- AssetEmptyTrash, AssetDeleteCheck ---- */

typedef struct {
    Arena *arena;
    StringList marked; /* ids, each behind its '+' or '-' */
} Queue;

static gboolean
run_queue (Db *tx, gpointer data, GError **error)
{
    const Queue *self = data;

    for (gsize i = 0; i < self->marked.n; i++) {
        const char *id = self->marked.items[i] + 1;
        const char *job = arena_printf (self->arena, "{\"id\":\"%s\",\"deleteOnDisk\":%s}", id,
                                        self->marked.items[i][0] == '+' ? "true" : "false");

        if (!job_add (tx, "AssetDelete", QUEUE, id, job, 0, error))
            return FALSE;
    }
    return TRUE;
}

static JobResult
empty_trash (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    StringList all;

    if (!db_select_texts (app->db, arena, SQL_REMOVING_FIND, DB_NO_ARGS, &all, error))
        return JOB_RETRY;
    /* not in one write, which others would wait for */
    for (gsize at = 0; at < all.n; at += PAGE) {
        Queue data = { arena, { all.items + at, MIN (PAGE, all.n - at) } };

        if (!db_write (app->db, run_queue, &data, error))
            return JOB_RETRY;
    }
    return JOB_DONE;
}

static JobResult
check_trash (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;

    if (!trash_remove_old (app, arena, error))
        return JOB_RETRY;
    return JOB_DONE;
}

void
trash_register_jobs (Jobs *jobs)
{
    static const JobKind kinds[] = {
        { "AssetEmptyTrash", QUEUE, empty_trash },
        { "AssetDelete", QUEUE, delete_asset },
        { "FileDelete", QUEUE, delete_files },
        { "AssetDeleteCheck", QUEUE, check_trash },
    };

    jobs_register (jobs, kinds, G_N_ELEMENTS (kinds));
}
