/* sidecars.c -- the kinds of jobs, and finding sidecars that came without being told of */
#define G_LOG_DOMAIN "sidecars"
#include "features/sidecars/sidecars_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/ingest/ingest.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"
#include "media/sidecar.h"

#define QUEUE "sidecar"

/* $1 new id, $2 asset, $3 path, $4 now */
static const char SQL_SAVE[] =
    "INSERT INTO asset_file (id, asset_id, type, path, created_at, updated_at)"
    " VALUES ($1, $2, 'sidecar', $3, $4, $4)"
    " ON CONFLICT (asset_id, type, is_edited)"
    " DO UPDATE SET path = EXCLUDED.path, updated_at = EXCLUDED.updated_at";
/* $1 asset */
static const char SQL_FORGET[] = "DELETE FROM asset_file WHERE asset_id = $1 AND type = 'sidecar'";

/* $1 greater than this id, $2 at most so many */
static const char SQL_ALL[] =
    "SELECT id FROM asset WHERE id > $1 AND status <> 'deleted' ORDER BY id LIMIT $2";
static const char SQL_MISSING[] =
    "SELECT id FROM asset a WHERE id > $1 AND status <> 'deleted'"
    "   AND NOT EXISTS (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id AND f.type = 'sidecar'"
    "                   AND f.is_edited = 0)"
    " ORDER BY id LIMIT $2";

static gboolean
add (Db *tx, Arena *arena, const char *name, const char *asset_id, GError **error)
{
    return job_add (tx, name, QUEUE, asset_id, arena_printf (arena, "{\"id\":\"%s\"}", asset_id), 0,
                    error);
}

gboolean
sidecars_add_write (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return add (tx, arena, "SidecarWrite", asset_id, error);
}

gboolean
sidecar_record (Db *tx, const char *asset_id, const char *path, GError **error)
{
    char id[UUID_TEXT_BYTES];

    uuid_v4_text (id);
    return path == NULL ? db_exec (tx, SQL_FORGET, DB_ARGS (db_text (asset_id)), NULL, error)
                        : db_exec (tx, SQL_SAVE,
                                   DB_ARGS (db_text (id), db_text (asset_id), db_text (path),
                                            db_int (timestamp_now_ms ())),
                                   NULL, error);
}

gboolean
sidecars_adopt (Db *tx, Arena *arena, const char *asset_id, const char *path, GError **error)
{
    return sidecar_record (tx, asset_id, path, error) &&
           ingest_add_metadata (tx, arena, asset_id, "sidecar-write", error);
}

gboolean
sidecars_renew (Db *tx, Arena *arena, const char *asset_id, const char *path, GError **error)
{
    return sidecar_record (tx, asset_id, path, error) &&
           sidecars_add_write (tx, arena, asset_id, error);
}

/* ---- SidecarCheck ---- */

typedef struct {
    Arena *arena;
    const char *asset_id;
    gboolean is_changed;
    const char *path; /* as stored; NULL: none */
} Check;

static gboolean
run_check (Db *tx, gpointer data, GError **error)
{
    const Check *self = data;

    return (!self->is_changed || sidecar_record (tx, self->asset_id, self->path, error)) &&
           ingest_add_metadata (tx, self->arena, self->asset_id, NULL, error);
}

/* As it is stored: below the media folder without that. */
static const char *
to_stored (const App *app, const char *path)
{
    gsize n = strlen (app->media_location);

    return strncmp (path, app->media_location, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

/* Beside an upload 'a.xmp' may be that of 'a.raw' as well as of 'a.jpg': only in libraries it counts. */
static const char *
find_beside (const App *app, Arena *arena, const AssetRow *asset, const char *recorded)
{
    const char *original = layout_absolute (arena, app->media_location, asset->original_path);
    const char *known =
        recorded != NULL ? layout_absolute (arena, app->media_location, recorded) : NULL;
    const char *found = media_find_sidecar (arena, original, known, NULL);

    if (found == NULL || (asset->library_id == NULL && g_strcmp0 (found, known) != 0 &&
                          strcmp (found, arena_printf (arena, "%s.xmp", original)) != 0))
        return NULL;
    return to_stored (app, found);
}

/* Only beside an original that is there a sidecar is known to be gone. One that is forgotten while a volume is
 * away is not found again: that of an upload has a name of its own. */
static gboolean
is_gone (const char *original, const char *sidecar, GError **error)
{
    const char *unsure = sidecar;
    struct stat facts;

    if (stat (sidecar, &facts) == 0)
        errno = S_ISREG (facts.st_mode) ? EACCES : EINVAL;
    else if (errno == ENOENT) {
        if (stat (original, &facts) == 0)
            return TRUE;
        unsure = original;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "cannot read '%s': %s. The sidecar '%s' is not forgotten for that; if a volume is "
                 "not mounted, mount it",
                 unsure, g_strerror (errno), sidecar);
    return FALSE;
}

/* Under the lock of the movers: what is found beside an original stays beside it. */
static JobResult
check (App *app, Arena *arena, const AssetRow *asset, GError **error)
{
    Check data = { .arena = arena, .asset_id = asset->id };
    const char *recorded = NULL;

    if (storage_template_own_path (app, arena, asset->id, asset->original_path, error) == NULL ||
        !asset_find_file (app->db, arena, asset->id, ASSET_FILE_TYPE_SIDECAR, FALSE, &recorded,
                          error))
        return JOB_RETRY;
    data.path = find_beside (app, arena, asset, recorded);
    data.is_changed = g_strcmp0 (data.path, recorded) != 0;
    if (recorded != NULL && data.is_changed &&
        !is_gone (layout_absolute (arena, app->media_location, asset->original_path),
                  layout_absolute (arena, app->media_location, recorded), error))
        return JOB_RETRY;
    return db_write (app->db, run_check, &data, error) ? JOB_DONE : JOB_RETRY;
}

JobResult
sidecar_run_check (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    AssetJob data;
    AssetRow asset;
    GError *why = NULL;
    JobResult result;
    int lock;

    if (!api_read_json (&asset_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    lock = storage_template_lock (app, error);
    if (lock < 0)
        return JOB_RETRY;
    if (asset_find (app->db, arena, data.id, &asset, &why))
        result = check (app, arena, &asset, &why);
    else if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_clear_error (&why);
        result = JOB_SKIPPED;
    } else
        result = JOB_RETRY;
    close (lock);
    if (why != NULL)
        g_propagate_error (error, why);
    return result;
}

static gboolean
add_check (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    return add (tx, arena, "SidecarCheck", asset_id, error);
}

JobResult
sidecar_run_queue_all (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return ingest_queue_each (app, job, SQL_ALL, SQL_MISSING, add_check, error);
}

void
sidecars_start (App *app)
{
    static const JobKind kinds[] = {
        { "SidecarWrite", QUEUE, sidecar_run_write },
        { "SidecarCheck", QUEUE, sidecar_run_check },
        { "SidecarQueueAll", QUEUE, sidecar_run_queue_all },
    };

    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
}
