/* maintenance_routes.c -- the handlers of maintenance.api in normal mode, and the look at the mode that
 * makes the server start again */
#define G_LOG_DOMAIN "maintenance"
#include "features/maintenance/maintenance_private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "features/users/users.h"

#define WAIT_S 60
#define POLL_S 2 /* 'tintype admin' or another server may have switched */

/* ---- switching ---- */

static gboolean
look (gpointer data)
{
    App *app = data;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    MaintenanceMode mode;

    if (!maintenance_load (app->db, arena, &mode, &why))
        g_warning ("cannot look at the maintenance mode: %s, trying again", why->message);
    else if (mode.is_maintenance_mode) {
        g_message ("maintenance mode begins");
        realtime_send (app->realtime, NULL, "AppRestartV1", "{\"isMaintenanceMode\":true}");
        app->restart (app);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
look_once (gpointer data)
{
    look (data);
    return G_SOURCE_REMOVE;
}

static gboolean
begin (ApiCall *call, MaintenanceAction action, const char *backup, const char *username,
       GError **error)
{
    MaintenanceMode mode;

    if (!maintenance_set (call->db, call->arena, action, backup, NULL, &mode, error))
        return FALSE;
    maintenance_set_cookie (call, mode.secret, username);
    g_idle_add (look_once, call->app);
    return TRUE;
}

gboolean
maintenance_begin_without_admin (ApiCall *call, GError **error)
{
    gboolean has_admin = FALSE;

    if (!users_have_admin (call->db, &has_admin, error))
        return FALSE;
    if (has_admin || !call->app->settings->allow_setup) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             has_admin ? "The server already has an admin"
                                       : "Admin setup is disabled");
        return FALSE;
    }
    return begin (call, MAINTENANCE_ACTION_SELECT_DATABASE_RESTORE, NULL, "setup", error);
}

/* ---- handlers ---- */

static ApiStatus
set_maintenance_mode (ApiCall *call, const SetMaintenanceModeRequest *in)
{
    MaintenanceAction action = in->body->action;
    GError *error = NULL;
    ApiStatus status;

    if (action == MAINTENANCE_ACTION_END)
        return API_OK;
    if (!maintenance_check_request (call, in->body, &status))
        return status;
    return begin (call, action,
                  action == MAINTENANCE_ACTION_RESTORE_DATABASE ? in->body->restore_backup_filename
                                                                : NULL,
                  call->auth->user_email, &error)
               ? API_OK
               : api_fail (call, error);
}

static ApiStatus
detect_prior_install (ApiCall *call, const DetectPriorInstallRequest *in,
                      MaintenanceDetectInstallResponse *out)
{
    maintenance_detect (call, out);
    return API_OK;
}

static ApiStatus
maintenance_login (ApiCall *call, const MaintenanceLoginRequest *in, MaintenanceAuth *out)
{
    return api_refuse (call, APP_ERROR_INVALID, "Not in maintenance mode");
}

static ApiStatus
get_maintenance_status (ApiCall *call, const GetMaintenanceStatusRequest *in,
                        MaintenanceStatusResponse *out)
{
    out->action = MAINTENANCE_ACTION_END;
    return API_OK;
}

static const MaintenanceHandlers maintenance_handlers = {
    .set_maintenance_mode = set_maintenance_mode,
    .detect_prior_install = detect_prior_install,
    .maintenance_login = maintenance_login,
    .get_maintenance_status = get_maintenance_status,
};

/* ---- who else is here ---- */

/* A server in normal mode shares the lock of this file as long as it is one. */
static int
lock_serving (const char *media_location, int operation)
{
    g_autofree char *path = g_build_filename (media_location, "backups", ".serving", NULL);
    int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0 && flock (fd, operation | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close (fd);
    return -1;
}

gboolean
maintenance_wait_for_servers (const char *media_location, GError **error)
{
    gint64 until_us = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;
    int fd;

    while ((fd = lock_serving (media_location, LOCK_EX)) < 0 && g_get_monotonic_time () < until_us)
        g_usleep (100000);
    if (fd < 0) {
        g_set_error (
            error, APP_ERROR, APP_ERROR_UNAVAILABLE,
            "a server does not leave its normal mode; end it and try again (or the lock file "
            "'%s/backups/.serving' cannot be made)",
            media_location);
        return FALSE;
    }
    close (fd);
    return TRUE;
}

void
maintenance_start (App *app, Api *api)
{
    /* kept until the process ends, or begins again */
    if (lock_serving (app->media_location, LOCK_SH) < 0)
        g_warning (
            "cannot lock '%s/backups/.serving': 'tintype admin restore' will not know of this "
            "server",
            app->media_location);
    api_serve_maintenance (api, &maintenance_handlers);
    g_timeout_add_seconds (POLL_S, look, app);
}
