/* storage_template.c -- the jobs, and who else asks; see storage-template.h */
#define G_LOG_DOMAIN "storage"
#include "features/storage-template/storage_private.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "features/config/config.h"
#include "features/assets/assets.h"
#include "features/ingest/ingest.h"
#include "features/integrity/integrity.h"
#include "media/layout.h"

#define QUEUE "storageTemplateMigration"

/* $1 greater than this id, $2 at most so many; hidden videos come with their photos */
static const char SQL_ALL[] = "SELECT id FROM asset WHERE id > $1 AND library_id IS NULL"
                              "   AND status <> 'deleted' AND visibility <> 'hidden'"
                              " ORDER BY id LIMIT $2";

/* $1 asset, $2 path where nothing was: where it is by now, or will be said to be in a moment */
static const char SQL_FOLLOW[] =
    "SELECT COALESCE((SELECT m.new_path FROM storage_move m"
    "                  WHERE m.kind = 'original' AND m.old_path = $2"
    "                    AND a.original_path = m.old_path), a.original_path)"
    "  FROM asset a WHERE a.id = $1";

gboolean
storage_template_is_enabled (const App *app)
{
    return config_get (app)->storage_template->enabled;
}

gboolean
storage_template_add (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return job_add (tx, "StorageTemplateMigrationSingle", QUEUE, asset_id,
                    arena_printf (arena, "{\"id\":\"%s\"}", asset_id), 0, error);
}

const char *
storage_template_follow (const App *app, Arena *arena, const char *asset_id, const char *path)
{
    g_autoptr (GError) why = NULL;
    const char *now = NULL;

    if (!db_select_text (app->db, arena, SQL_FOLLOW, DB_ARGS (db_text (asset_id), db_text (path)),
                         &now, &why))
        g_warning ("cannot look where '%s' is now: %s", path, why->message);
    return now != NULL && strcmp (now, path) != 0 ? now : NULL;
}

char *
storage_lock_path (const App *app)
{
    return g_build_filename (app->media_location, STORAGE_FOLDER, ".moving", NULL);
}

int
storage_template_lock (App *app, GError **error)
{
    g_autofree char *path = storage_lock_path (app);
    int lock;

    if (!layout_check_volume (app->media_location, STORAGE_FOLDER, error))
        return -1;
    lock = relocate_lock (path, TRUE, error);
    if (lock >= 0 && (!storage_step_check (app, error) || !storage_recover (app, error))) {
        close (lock);
        return -1;
    }
    return lock;
}

/* Under the lock, where it is below library/. *@out_stays: another asset has the file. */
static gboolean
remove_unused (App *app, Arena *arena, const char *path, gboolean *out_stays, GError **error)
{
    const char *absolute = storage_absolute (app, arena, path);

    if (!storage_is_used (app->db, path, out_stays, error))
        return FALSE;
    if (*out_stays) {
        g_message ("'%s' is not deleted: another asset has it by now", path);
        return TRUE;
    }
    return g_str_has_prefix (path, STORAGE_FOLDER "/")
               ? relocate_drop (absolute, storage_absolute (app, arena, STORAGE_FOLDER), error)
               : layout_delete (absolute, error);
}

gboolean
storage_template_remove_file (App *app, Arena *arena, const char *path, GError **error)
{
    gboolean ok, stays;
    int lock = -1;

    if (g_str_has_prefix (path, STORAGE_FOLDER "/") &&
        (lock = storage_template_lock (app, error)) < 0)
        return FALSE;
    ok = remove_unused (app, arena, path, &stays, error);
    if (lock >= 0)
        close (lock);
    return ok;
}

/* Without a SHA-1 no file is known to be the one. */
static gboolean
holds (const char *absolute, const StoredOriginal *what)
{
    FileContent content = { .size_bytes = what->size_bytes };

    if (what->checksum == NULL || g_bytes_get_size (what->checksum) != sizeof content.sha1)
        return FALSE;
    memcpy (content.sha1, g_bytes_get_data (what->checksum, NULL), sizeof content.sha1);
    return relocate_holds (absolute, &content);
}

static gint64
modified_ms (const struct stat *facts)
{
    return (gint64) facts->st_mtim.tv_sec * 1000 + facts->st_mtim.tv_nsec / 1000000;
}

/* Whether another file lies there. Reading thousands takes long: size and time, which a file keeps when it is moved,
 * are enough unless the database may be of another time than the files. */
static gboolean
is_another_file (const App *app, Arena *arena, const StoredOriginal *what, const char *absolute,
                 gboolean *out, GError **error)
{
    const StorageDoubt *doubt = NULL;
    struct stat facts;

    *out = FALSE;
    if (lstat (absolute, &facts) != 0)
        return TRUE; /* nothing, or nothing that can be deleted */
    if (!storage_template_load_doubt (app, arena, &doubt, error))
        return FALSE;
    *out = (doubt != NULL || !what->has_modified_at || !S_ISREG (facts.st_mode) ||
            facts.st_size != what->size_bytes || modified_ms (&facts) != what->modified_at) &&
           !holds (absolute, what);
    return TRUE;
}

/* Below library/, under the lock: who comes to the path once the original is gone finds nothing beside it. */
static gboolean
remove_own (App *app, Arena *arena, const StoredOriginal *what, GError **error)
{
    const char *absolute = storage_absolute (app, arena, what->path);
    gboolean is_other = FALSE, stays = FALSE;

    if (!is_another_file (app, arena, what, absolute, &is_other, error))
        return FALSE;
    if (is_other) {
        g_warning ("'%s' stays where it is, with what lies beside it: it is not the file that was "
                   "removed",
                   absolute);
        return integrity_note_stray (app->db, arena, what->path, error);
    }
    if (!remove_unused (app, arena, what->path, &stays, error))
        return FALSE;
    if (stays)
        return TRUE;
    for (gsize i = 0; i < what->sidecars.n; i++)
        if (!remove_unused (app, arena, what->sidecars.items[i], &stays, error))
            return FALSE;
    /* also one that was never recorded: who comes to this path must not get it */
    return remove_unused (app, arena, arena_printf (arena, "%s.xmp", what->path), &stays, error);
}

gboolean
storage_template_remove_original (App *app, Arena *arena, const StoredOriginal *what,
                                  GError **error)
{
    gboolean ok;
    int lock;

    if (g_str_has_prefix (what->path, STORAGE_FOLDER "/")) {
        lock = storage_template_lock (app, error);
        if (lock < 0)
            return FALSE;
        ok = remove_own (app, arena, what, error);
        close (lock);
        return ok;
    }
    ok = layout_delete (storage_absolute (app, arena, what->path), error);
    for (gsize i = 0; ok && i < what->sidecars.n; i++)
        ok = storage_template_remove_file (app, arena, what->sidecars.items[i], error);
    return ok &&
           layout_delete (storage_absolute (app, arena, arena_printf (arena, "%s.xmp", what->path)),
                          error);
}

/* ---- jobs ---- */

/* What no other try will do better at: the template, the file. */
static gboolean
is_final (const GError *why)
{
    return g_error_matches (why, APP_ERROR, APP_ERROR_INVALID) ||
           g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND) ||
           g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA);
}

static JobResult
migrate_one (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    gboolean verify = config_get (app)->storage_template->hash_verification_enabled;
    StorageMoves moves = { .n = 0 };
    GError *why = NULL;
    JobResult result = JOB_DONE;
    AssetJob data;
    int lock;

    if (!api_read_json (&asset_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    if (!storage_template_is_enabled (app))
        return JOB_SKIPPED;
    lock = storage_template_lock (app, error);
    if (lock < 0)
        return JOB_RETRY;
    if (!storage_plan (app, arena, data.id, &moves, &why) ||
        !storage_move (app, arena, &moves, verify, &why))
        result = is_final (why) ? JOB_FAILED : JOB_RETRY;
    close (lock);
    if (why != NULL)
        g_propagate_prefixed_error (error, why, "asset '%s' stays where it is: ", data.id);
    return result;
}

/* Asks for a job of each original, so that the admin sees how many are left. */
static JobResult
migrate_all (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    int lock;

    if (!storage_template_is_enabled (app)) {
        g_message ("nothing is moved: storageTemplate.enabled is off");
        return JOB_SKIPPED;
    }
    lock = storage_template_lock (app, error);
    if (lock < 0)
        return JOB_RETRY;
    /* each move takes away the folders that it leaves empty; these are older */
    relocate_sweep_folders (storage_absolute (app, arena, STORAGE_FOLDER));
    close (lock);
    return ingest_queue_each (app, job, SQL_ALL, SQL_ALL, storage_template_add, error);
}

/* A mover that lives has the lock and has looked after the notes itself. */
gboolean
storage_template_start (App *app, GError **error)
{
    static const JobKind kinds[] = {
        { "StorageTemplateMigration", QUEUE, migrate_all },
        { "StorageTemplateMigrationSingle", QUEUE, migrate_one },
    };
    g_autoptr (GError) why = NULL;
    g_autofree char *path = storage_lock_path (app);
    int lock = relocate_lock (path, FALSE, &why);
    gboolean ok = TRUE;

    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
    if (lock < 0) {
        g_message ("no look at interrupted moves: %s", why->message);
        return TRUE;
    }
    ok = storage_step_check (app, error) && storage_recover (app, error);
    close (lock);
    return ok;
}
