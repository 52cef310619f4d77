/* Deleting and restoring accounts, and the jobs that remove what is left of deleted ones. */
#define G_LOG_DOMAIN "users"
#include "features/users/users_admin.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "features/albums/albums.h"
#include "features/config/config.h"
#include "features/trash/trash.h"
#include "media/layout.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)
#define MAX_OPEN_FOLDERS 32
#define PAGE 500

/* ---- delete and restore ---- */

typedef struct {
    const char *id;
    gboolean force;
    Arena *arena;
    UserRow *out;
} DeleteWrite;

static gboolean
add_delete_job (Db *tx, const char *id, GError **error)
{
    g_autofree char *data = g_strdup_printf ("{\"id\":\"%s\"}", id);

    return job_add (tx, "UserDelete", "backgroundTask", id, data, 0, error);
}

static gboolean
write_delete (Db *tx, gpointer data, GError **error)
{
    const DeleteWrite *write = data;

    return users_load (tx, write->arena, write->id, write->out, error) &&
           user_check_leaves_admin (tx, write->out, error) &&
           users_store_set_deleted (tx, write->id, write->force ? "removing" : "deleted", TRUE,
                                    error) &&
           albums_owner_deleted (tx, write->id, timestamp_now_ms (), error) &&
           (!write->force || add_delete_job (tx, write->id, error)) &&
           users_store_load (tx, write->arena, write->id, write->out, error);
}

gboolean
user_delete (App *app, Arena *arena, const char *id, gboolean force, UserRow *out, GError **error)
{
    DeleteWrite write = { id, force, arena, out };

    if (!db_write (app->db, write_delete, &write, error))
        return FALSE;
    if (force)
        jobs_wake (app->jobs);
    return TRUE;
}

static gboolean
write_restore (Db *tx, gpointer data, GError **error)
{
    const DeleteWrite *write = data;

    if (!users_load_any (tx, write->arena, write->id, write->out, error))
        return FALSE;
    if (!write->out->has_deleted_at)
        return TRUE; /* a live user is answered unchanged */
    if (write->out->status == USER_STATUS_REMOVING) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "The user is being removed and cannot be restored");
        return FALSE;
    }
    return users_store_set_deleted (tx, write->id, "active", FALSE, error) &&
           albums_owner_deleted (tx, write->id, 0, error) &&
           users_store_load (tx, write->arena, write->id, write->out, error);
}

gboolean
user_restore (Db *db, Arena *arena, const char *id, UserRow *out, GError **error)
{
    DeleteWrite write = { .id = id, .arena = arena, .out = out };

    return db_write (db, write_restore, &write, error);
}

/* ---- jobs ---- */

static JobResult
run_sync_usage (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return users_sync_usage (((App *) app)->db, NULL, error) ? JOB_DONE : JOB_RETRY;
}

static gboolean
write_delete_jobs (Db *tx, gpointer data, GError **error)
{
    const StringList *ids = data;

    for (gsize i = 0; i < ids->n; i++)
        if (!add_delete_job (tx, ids->items[i], error))
            return FALSE;
    return TRUE;
}

/* Who was deleted before is to go now. */
static gint64
delay_began_ms (const App *app)
{
    return timestamp_shift (timestamp_now_ms (), -config_get (app)->user->delete_delay, DAY_MS);
}

static JobResult
run_delete_check (gpointer data, const Job *job, Arena *arena, GError **error)
{
    App *app = data;
    StringList ids;

    if (!users_store_list_expired (app->db, arena, delay_began_ms (app), &ids, error) ||
        !db_write (app->db, write_delete_jobs, &ids, error))
        return JOB_RETRY;
    jobs_wake (app->jobs);
    return JOB_DONE;
}

static int
remove_one (const char *path, const struct stat *info, int kind, struct FTW *place)
{
    return remove (path) == 0 || errno == ENOENT ? 0 : -1;
}

/* Everything below @folder and itself; a link is removed, not followed. A missing folder is fine. */
static gboolean
remove_tree (const char *folder, GError **error)
{
    if (nftw (folder, remove_one, MAX_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot delete the folder '%s': %s", folder,
                 g_strerror (errno));
    return FALSE;
}

/* Empty folders only. */
static int
remove_folder (const char *path, const struct stat *info, int kind, struct FTW *place)
{
    if (kind == FTW_DP)
        (void) rmdir (path);
    return 0;
}

/* Of a folder in which others have something goes what is empty, once the user's own files are gone. So is that of a
 * storage label, which may have been another user's before. */
static gboolean
remove_or_sweep (const App *app, Arena *arena, const char *id, const char *folder, gboolean is_own,
                 GError **error)
{
    const char *absolute = arena_printf (arena, "%s/%s", app->media_location, folder);
    gboolean has_guests = FALSE;

    if (is_own && !users_store_has_guests (app->db, id, folder, &has_guests, error))
        return FALSE;
    if (has_guests)
        g_warning ("'%s' stays: originals of other accounts lie in it", absolute);
    if (is_own && !has_guests)
        return remove_tree (absolute, error);
    (void) nftw (absolute, remove_folder, MAX_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    return TRUE;
}

/* The folders in the media folder that are named by the user's id hold what is left of the user, also what no
 * asset knows. */
static gboolean
remove_folders (const App *app, Arena *arena, const UserRow *user, GError **error)
{
    static const char *const folders[] = { "library", "upload", "profile", "thumbs",
                                           "encoded-video" };

    for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
        if (!remove_or_sweep (app, arena, user->id,
                              arena_printf (arena, "%s/%s", folders[i], user->id), TRUE, error))
            return FALSE;
    return user->storage_label == NULL ||
           remove_or_sweep (app, arena, user->id,
                            arena_printf (arena, "library/%s", user->storage_label), FALSE, error);
}

typedef struct {
    Arena *arena;
    const char *id;
    StringList ids; /* of the page */
} AssetsRemoval;

static gboolean
write_assets_removal (Db *tx, gpointer data, GError **error)
{
    AssetsRemoval *self = data;

    return users_store_find_assets (tx, self->arena, self->id, PAGE, &self->ids, error) &&
           (self->ids.n == 0 || (trash_add_deletions (tx, self->arena, &self->ids, error) &&
                                 users_store_delete_assets (tx, self->arena, &self->ids, error)));
}

/* Page by page, which others need not wait long for: the rows, with the jobs that delete their files. */
static gboolean
remove_assets (const App *app, const char *id, GError **error)
{
    gboolean is_last = FALSE;

    while (!is_last) {
        g_autoptr (Arena) arena = arena_new ();
        AssetsRemoval page = { .arena = arena, .id = id };

        if (!db_write (app->db, write_assets_removal, &page, error))
            return FALSE;
        is_last = page.ids.n == 0;
    }
    return TRUE;
}

static const char *
id_of_job (const Job *job, Arena *arena)
{
    UserDeleteJob data;

    return api_read_json (&user_delete_job_type, job->data, -1, arena, &data, NULL) ? data.id
                                                                                    : NULL;
}

static gboolean
write_removal (Db *tx, gpointer data, GError **error)
{
    return albums_owner_removed (tx, data, error) && users_store_delete (tx, data, error);
}

/* The rows of assets go with the jobs that delete their files, the account last: the job can run again and end what it
 * began. The account cannot be restored once it is being removed. */
static JobResult
run_delete (gpointer data, const Job *job, Arena *arena, GError **error)
{
    App *app = data;
    const char *id = id_of_job (job, arena);
    g_autofree char *argument = g_strdup_printf ("\"%s\"", id);
    g_autoptr (GError) why = NULL;
    gboolean is_begun = FALSE;
    UserRow user;

    if (id == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "'%s' is no data of this job",
                     job->data);
        return JOB_FAILED;
    }
    if (!users_store_load (app->db, arena, id, &user, &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
            return JOB_SKIPPED;
        g_propagate_error (error, g_steal_pointer (&why));
        return JOB_RETRY;
    }
    if (!users_store_begin_removal (app->db, id, delay_began_ms (app), &is_begun, error))
        return JOB_RETRY;
    if (!is_begun)
        return JOB_SKIPPED; /* restored meanwhile, and perhaps deleted again: the delay is a new one */
    if (!remove_assets (app, id, error) || !remove_folders (app, arena, &user, error) ||
        !db_write (app->db, write_removal, (gpointer) id, error))
        return JOB_RETRY;
    /* again, for what a job that was under way wrote meanwhile */
    if (!remove_folders (app, arena, &user, &why))
        g_warning ("%s, left behind", why->message);
    realtime_send (app->realtime, NULL, "on_user_delete", argument);
    jobs_wake (app->jobs);
    g_message ("the account '%s' is removed, and its files go", user.email);
    return JOB_DONE;
}

static const JobKind jobs[] = {
    { "UserDelete", "backgroundTask", run_delete },
    { "UserDeleteCheck", "backgroundTask", run_delete_check },
    { "UserSyncUsage", "backgroundTask", run_sync_usage },
};

void
users_register_jobs (App *app)
{
    jobs_register (app->jobs, jobs, G_N_ELEMENTS (jobs));
}
