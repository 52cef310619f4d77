/* backups_routes.c -- the handlers of backups.api; they use no database, so that they work while it is
 * being replaced */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backups_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "features/backups/backup_name.h"
#include "features/maintenance/maintenance.h"
#include "media/layout.h"

/* Uploaded ones first, then each group backwards. */
static int
compare_names (gconstpointer a, gconstpointer b)
{
    const char *one = *(const char *const *) a, *other = *(const char *const *) b;
    int group = backup_name_is_uploaded (other) - backup_name_is_uploaded (one);

    return group != 0 ? group : strcmp (other, one);
}

gboolean
backup_list (const App *app, Arena *arena, StringList *out, GError **error)
{
    const char *folder = arena_printf (arena, "%s/backups", app->media_location);
    g_autoptr (GPtrArray) names = g_ptr_array_new ();
    g_autoptr (GError) why = NULL;
    g_autoptr (GDir) dir = g_dir_open (folder, 0, &why);
    const char *name;

    if (dir == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot read the folder '%s': %s", folder,
                     why->message);
        return FALSE;
    }
    while ((name = g_dir_read_name (dir)) != NULL)
        if (backup_check_name (name, NULL))
            g_ptr_array_add (names, arena_strdup (arena, name));
    out->n = names->len;
    out->items = arena_new_array (arena, const char *, names->len);
    for (guint i = 0; i < names->len; i++)
        out->items[i] = g_ptr_array_index (names, i);
    qsort (out->items, out->n, sizeof *out->items, compare_names);
    return TRUE;
}

gboolean
backup_find (const App *app, Arena *arena, const char *name, const char **out_path, GError **error)
{
    struct stat facts;

    if (!backup_check_name (name, error))
        return FALSE;
    *out_path = arena_printf (arena, "%s/backups/%s", app->media_location, name);
    if (lstat (*out_path, &facts) == 0 && S_ISREG (facts.st_mode))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND, "there is no backup '%s'", name);
    return FALSE;
}

static ApiStatus
list_database_backups (ApiCall *call, const ListDatabaseBackupsRequest *in,
                       DatabaseBackupListResponse *out)
{
    g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
    const char *zone_name = arena_strdup (call->arena, g_time_zone_get_identifier (zone));
    GError *error = NULL;
    StringList names;

    if (!backup_list (call->app, call->arena, &names, &error))
        return api_fail (call, error);
    out->backups.items = arena_new_array (call->arena, DatabaseBackup, names.n);
    for (gsize i = 0; i < names.n; i++) {
        DatabaseBackup *item = &out->backups.items[out->backups.n];
        const char *path;
        struct stat facts;

        if (!backup_find (call->app, call->arena, names.items[i], &path, NULL) ||
            stat (path, &facts) != 0)
            continue; /* deleted meanwhile, or no file */
        *item = (DatabaseBackup){ names.items[i], facts.st_size, zone_name };
        out->backups.n++;
    }
    return API_OK;
}

static ApiStatus
delete_database_backup (ApiCall *call, const DeleteDatabaseBackupRequest *in)
{
    const StringList *names = &in->body->backups;
    GError *error = NULL;
    const char *path;

    for (gsize i = 0; i < names->n; i++)
        if (!backup_check_name (names->items[i], &error))
            return api_fail (call, error);
    for (gsize i = 0; i < names->n; i++) {
        if (!backup_find (call->app, call->arena, names->items[i], &path, NULL))
            continue;
        if (unlink (path) != 0 && errno != ENOENT) {
            layout_set_io_error (&error, "delete the backup", path);
            return api_fail (call, error);
        }
        g_message ("the backup '%s' was deleted", names->items[i]);
    }
    return API_OK;
}

static ApiStatus
download_database_backup (ApiCall *call, const DownloadDatabaseBackupRequest *in)
{
    GError *error = NULL;
    HttpResponse *response;
    const char *path;
    int fd;

    if (!backup_find (call->app, call->arena, in->filename, &path, &error))
        return api_fail (call, error);
    fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (fd < 0) {
        layout_set_io_error (&error, "read the backup", path);
        return api_fail (call, error);
    }
    response = http_response_new_file (
        fd, g_str_has_suffix (in->filename, ".gz") ? "application/gzip" : "application/sql");
    http_response_set_header (response, "Cache-Control", "private, no-cache, no-transform");
    http_response_set_header (response, "Content-Disposition",
                              arena_printf (call->arena, "inline; filename=\"%s\"", in->filename));
    return api_respond (call, response);
}

/* ---- upload ---- */

static gboolean
accept_part (App *app, const char *operation, const char *field, const char *file_name,
             const char *name_field, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();

    if (g_str_equal (field, "file"))
        return backup_name_for_upload (arena, file_name, error) != NULL;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Unexpected field - %s", field);
    return FALSE;
}

static ApiStatus
upload_database_backup (ApiCall *call, const UploadDatabaseBackupRequest *in)
{
    ApiFile *file = in->body->file;
    GError *error = NULL;
    const char *name, *path;

    if (file == NULL)
        return api_refuse (call, APP_ERROR_INVALID,
                           "No file was sent: the backup is the form's field 'file'");
    name = backup_name_for_upload (call->arena, file->file_name, &error);
    if (name == NULL)
        return api_fail (call, error);
    path = arena_printf (call->arena, "%s/backups/%s", call->app->media_location, name);
    if (fchmod (file->fd, 0600) == 0 && layout_move_in (file->fd, file->path, path, &error)) {
        file->taken = TRUE;
        g_message ("the backup '%s' was uploaded, %" G_GINT64_FORMAT " bytes", name,
                   file->size_bytes);
        return API_OK;
    }
    if (g_file_test (path, G_FILE_TEST_EXISTS)) {
        g_clear_error (&error);
        return api_refuse (call, APP_ERROR_INVALID,
                           "There is already a backup '%s'; delete it first, or give the file "
                           "another name",
                           name);
    }
    return api_fail (call, error);
}

/* ---- a new server takes over the database of an old one ---- */

static ApiStatus
start_database_restore_flow (ApiCall *call, const StartDatabaseRestoreFlowRequest *in)
{
    GError *error = NULL;

    return maintenance_begin_without_admin (call, &error) ? API_OK : api_fail (call, error);
}

static const BackupsHandlers backups_handlers = {
    .list_database_backups = list_database_backups,
    .delete_database_backup = delete_database_backup,
    .start_database_restore_flow = start_database_restore_flow,
    .upload_database_backup = upload_database_backup,
    .download_database_backup = download_database_backup,
};

void
backups_serve (Api *api)
{
    api_serve_backups (api, &backups_handlers);
    api_set_upload_hooks (api, "uploadDatabaseBackup", accept_part, NULL);
}

void
backups_start (App *app, Api *api)
{
    backups_serve (api);
    backup_jobs_start (app);
}
