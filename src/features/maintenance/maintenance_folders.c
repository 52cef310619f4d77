/* maintenance_folders.c -- what the media folder holds */
#define G_LOG_DOMAIN "maintenance"
#include "features/maintenance/maintenance_private.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "features/backups/backups.h"

void
maintenance_detect (ApiCall *call, MaintenanceDetectInstallResponse *out)
{
    out->storage.n = storage_folder_enum.n_texts;
    out->storage.items =
        arena_new_array (call->arena, MaintenanceDetectInstallStorageFolder, out->storage.n);
    for (gsize i = 0; i < out->storage.n; i++) {
        const char *path = arena_printf (call->arena, "%s/%s", call->app->media_location,
                                         storage_folder_enum.texts[i]);
        g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
        MaintenanceDetectInstallStorageFolder item = { .folder = (int) i,
                                                       .readable = dir != NULL,
                                                       .writable = g_access (path, W_OK) == 0 };
        const char *name;

        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
            item.files += *name != '.'; /* markers and what is on its way in */
        out->storage.items[i] = item;
    }
}

gboolean
maintenance_check_request (ApiCall *call, const SetMaintenanceMode *body, ApiStatus *out_status)
{
    const char *name = body->restore_backup_filename;
    GError *error = NULL;
    const char *path;

    if (body->action != MAINTENANCE_ACTION_RESTORE_DATABASE)
        return TRUE;
    if (name == NULL || *name == '\0')
        *out_status =
            api_refuse_field (call, "restoreBackupFilename",
                              "Backup filename is required when action is restore_database");
    else if (!backup_find (call->app, call->arena, name, &path, &error))
        *out_status = api_fail (call, error);
    else
        return TRUE;
    return FALSE;
}
