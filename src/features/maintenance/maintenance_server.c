/* maintenance_server.c -- the maintenance mode itself: its operations, and the restore that runs in it
 *
 * What is told to clients is held in memory: the database is being replaced. */
#define G_LOG_DOMAIN "maintenance"
#include "features/maintenance/maintenance_private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "features/backups/backups.h"
#include "features/server/server.h"
#include "features/web/web.h"

#define POLL_S 2
#define MIN_STEP 0.01 /* of the progress, between two events */
#define LOG_USER "immich-admin"
#define PAGE "/maintenance"
#define HIDDEN_ERROR "Something went wrong, see logs!"

struct _Maintenance {
    App *app;
    GMutex lock; /* of all below */
    char *secret;
    MaintenanceAction action;
    const char *task; /* static; NULL: none */
    double progress;
    char *error;       /* NULL: none */
    char *backup;      /* being restored; NULL: none */
    GThread *thread;   /* of the restore */
    gint is_restoring; /* atomic */
};

/* ---- what it tells ---- */

/* With the lock held. */
static void
describe (const Maintenance *self, gboolean is_trusted, MaintenanceStatusResponse *out)
{
    *out = (MaintenanceStatusResponse){ .active = self->action != MAINTENANCE_ACTION_END,
                                        .action = self->action,
                                        .task = self->task,
                                        .has_progress = self->task != NULL && self->error == NULL,
                                        .progress = self->progress };
    if (self->error != NULL)
        out->error = is_trusted ? self->error : HIDDEN_ERROR;
}

/* With the lock held. */
static void
broadcast (const Maintenance *self)
{
    static const char *const rooms[] = { "public", "private" };

    for (gsize i = 0; i < G_N_ELEMENTS (rooms); i++) {
        g_autoptr (GString) text = g_string_new (NULL);
        MaintenanceStatusResponse status;

        describe (self, i == 1, &status);
        api_write_json (&maintenance_status_response_type, &status, text);
        realtime_send (self->app->realtime, rooms[i], "MaintenanceStatusV1", text->str);
    }
}

static void
set_status (Maintenance *self, MaintenanceAction action, const char *task, double progress,
            const char *error)
{
    gboolean is_news;

    g_mutex_lock (&self->lock);
    is_news = action != self->action || g_strcmp0 (task, self->task) != 0 || error != NULL ||
              progress < self->progress || progress - self->progress >= MIN_STEP;
    if (is_news) {
        self->action = action;
        self->task = task;
        self->progress = progress;
        g_free (self->error);
        self->error = g_strdup (error);
        broadcast (self);
    }
    g_mutex_unlock (&self->lock);
}

/* ---- leaving ---- */

static gboolean
leave (gpointer data)
{
    App *app = data;

    g_message ("maintenance mode ends");
    realtime_send (app->realtime, NULL, "AppRestartV1", "{\"isMaintenanceMode\":false}");
    app->restart (app);
    return G_SOURCE_REMOVE;
}

/* ---- the restore ---- */

static void
on_report (gpointer data, const char *task, double done)
{
    set_status (data, MAINTENANCE_ACTION_RESTORE_DATABASE, task, done, NULL);
}

static const char *
mode_text (Arena *arena, const Maintenance *self, const char *backup, const char *error)
{
    MaintenanceMode mode = { .is_maintenance_mode = TRUE,
                             .secret = self->secret,
                             .has_action = TRUE,
                             .action = MAINTENANCE_ACTION_RESTORE_DATABASE,
                             .restore_backup_filename = backup,
                             .error = error };

    return maintenance_write (arena, &mode);
}

static gboolean
run_save (Db *tx, gpointer data, GError **error)
{
    static const char SQL[] =
        "INSERT INTO system_metadata (key, value) VALUES ('maintenance-mode', $1)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

    return db_exec (tx, SQL, DB_ARGS (db_text (data)), NULL, error);
}

/* It is not tried again by itself: an admin sees why, and chooses what to do. */
static void
fail (Maintenance *self, Arena *arena, const char *why)
{
    const char *mode = mode_text (arena, self, NULL, why);
    g_autoptr (GError) error = NULL;

    g_warning ("the backup '%s' is not restored: %s", self->backup, why);
    if (!db_write (self->app->db, run_save, (gpointer) mode, &error))
        g_warning ("cannot note that the restore failed: %s", error->message);
    set_status (self, MAINTENANCE_ACTION_RESTORE_DATABASE, "error", 0, why);
}

/* Of several servers on one media folder one restores. @return -1: another one does */
static int
take_turn (const App *app)
{
    g_autofree char *path = g_build_filename (app->media_location, "backups", ".restoring", NULL);
    int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close (fd);
    return -1;
}

static gpointer
run_restore (gpointer data)
{
    Maintenance *self = data;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    BackupRestore how = {
        .mode_during = mode_text (arena, self, self->backup, NULL),
        .mode_after = "{\"isMaintenanceMode\":false}",
        .mode_failed = mode_text (arena, self, NULL,
                                  "the program does not start with the backup; the database is as "
                                  "it was before"),
        .report = on_report,
        .data = self,
    };
    int turn = take_turn (self->app);

    if (turn < 0) {
        g_atomic_int_set (&self->is_restoring, FALSE);
        return NULL;
    }
    g_message ("restoring the backup '%s'", self->backup);
    set_status (self, MAINTENANCE_ACTION_RESTORE_DATABASE, "ready", 0, NULL);
    if (backup_restore (self->app, self->backup, &how, &error)) {
        g_message ("the backup '%s' is restored", self->backup);
        set_status (self, MAINTENANCE_ACTION_END, NULL, 0, NULL);
    } else
        fail (self, arena, error->message);
    close (turn);
    g_atomic_int_set (&self->is_restoring, FALSE);
    if (error == NULL)
        g_idle_add (leave, self->app);
    return NULL;
}

/* @return FALSE when one is running */
static gboolean
begin_restore (Maintenance *self, const char *backup)
{
    if (!g_atomic_int_compare_and_exchange (&self->is_restoring, FALSE, TRUE))
        return FALSE;
    g_mutex_lock (&self->lock);
    if (self->thread != NULL) /* it has ended */
        g_thread_join (self->thread);
    g_free (self->backup);
    self->backup = g_strdup (backup);
    self->action = MAINTENANCE_ACTION_RESTORE_DATABASE;
    self->task = "ready";
    self->progress = 0;
    g_clear_pointer (&self->error, g_free); /* of an earlier one */
    self->thread = g_thread_new ("restore", run_restore, self);
    g_mutex_unlock (&self->lock);
    return TRUE;
}

gboolean
maintenance_is_restoring (const App *app)
{
    return g_atomic_int_get (&app->maintenance->is_restoring);
}

/* ---- watching the mode, which the command line and other servers change, too ---- */

static gboolean
look (gpointer data)
{
    App *app = data;
    Maintenance *self = app->maintenance;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    MaintenanceMode mode;

    if (maintenance_is_restoring (app))
        return G_SOURCE_CONTINUE;
    if (!maintenance_load (app->db, arena, &mode, &why)) {
        g_warning ("cannot look at the maintenance mode: %s, trying again", why->message);
        return G_SOURCE_CONTINUE;
    }
    if (!mode.is_maintenance_mode)
        return leave (app);
    if (mode.restore_backup_filename != NULL)
        begin_restore (self, mode.restore_backup_filename);
    return G_SOURCE_CONTINUE;
}

/* ---- who asks ---- */

static gboolean
check_cookie (const App *app, HttpRequest *request, Arena *arena, MaintenanceClaims *out,
              GError **error)
{
    return maintenance_check_token (arena, app->maintenance->secret,
                                    http_request_cookie (request, MAINTENANCE_COOKIE), out, error);
}

gboolean
maintenance_identify (App *app, HttpRequest *request, Arena *arena, Auth *out, GError **error)
{
    MaintenanceClaims claims;

    if (!check_cookie (app, request, arena, &claims, error))
        return FALSE;
    *out = (Auth){ .kind = CREDENTIAL_SESSION,
                   .user_email = claims.username,
                   .user_name = claims.username,
                   .is_admin = TRUE };
    return TRUE;
}

RealtimeIdentity
maintenance_identify_socket (gpointer app, HttpRequest *request)
{
    MaintenanceClaims claims;
    gboolean is_trusted = check_cookie (app, request, request->arena, &claims, NULL);

    return (RealtimeIdentity){ .user_id = g_strdup (is_trusted ? "private" : "public") };
}

/* ---- operations ---- */

static ApiStatus
set_maintenance_mode (ApiCall *call, const SetMaintenanceModeRequest *in)
{
    Maintenance *self = call->app->maintenance;
    MaintenanceAction action = in->body->action;
    const char *backup = in->body->restore_backup_filename;
    GError *error = NULL;
    MaintenanceMode mode;
    ApiStatus status;

    if (action == MAINTENANCE_ACTION_START)
        return API_OK;
    if (maintenance_is_restoring (call->app))
        return api_refuse (call, APP_ERROR_INVALID,
                           "A backup is being restored; wait until that has ended");
    if (!maintenance_check_request (call, in->body, &status))
        return status;
    if (action != MAINTENANCE_ACTION_RESTORE_DATABASE)
        backup = NULL;
    if (!maintenance_set (call->db, call->arena, action, backup, NULL, &mode, &error))
        return api_fail (call, error);
    if (action == MAINTENANCE_ACTION_END)
        g_idle_add (leave, call->app);
    else if (backup == NULL)
        set_status (self, action, NULL, 0, NULL);
    else if (!begin_restore (self, backup))
        return api_refuse (call, APP_ERROR_INVALID, "A backup is being restored");
    return API_OK;
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
    const char *secret = call->app->maintenance->secret;
    const char *token = in->body->token;
    GError *error = NULL;
    MaintenanceClaims claims;

    if (token == NULL)
        token = http_request_cookie (call->request, MAINTENANCE_COOKIE);
    if (!maintenance_check_token (call->arena, secret, token, &claims, &error))
        return api_fail (call, error);
    maintenance_set_cookie (call, secret, claims.username);
    out->username = claims.username;
    return API_OK;
}

static ApiStatus
get_maintenance_status (ApiCall *call, const GetMaintenanceStatusRequest *in,
                        MaintenanceStatusResponse *out)
{
    Maintenance *self = call->app->maintenance;
    MaintenanceClaims claims;
    gboolean is_trusted = check_cookie (call->app, call->request, call->arena, &claims, NULL);

    g_mutex_lock (&self->lock);
    describe (self, is_trusted, out);
    out->error = arena_strdup (call->arena, out->error);
    g_mutex_unlock (&self->lock);
    return API_OK;
}

static const MaintenanceHandlers handlers = {
    .set_maintenance_mode = set_maintenance_mode,
    .detect_prior_install = detect_prior_install,
    .maintenance_login = maintenance_login,
    .get_maintenance_status = get_maintenance_status,
};

/* ---- pages ---- */

static gboolean
is_page (HttpRequest *request)
{
    const char *accept = http_request_header (request, "Accept");

    return (request->method == HTTP_GET || request->method == HTTP_HEAD) && accept != NULL &&
           strstr (accept, "text/html") != NULL;
}

static gboolean
is_part_of_page (const App *app, HttpRequest *request)
{
    const char *path = http_percent_decode (request->arena, request->path, -1, FALSE);

    return path != NULL && (g_str_equal (path, PAGE) || web_has_file (app, path));
}

static void
begin_request (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    web_http_app ()->begin (app, request, out_plan);
}

static void
handle_request (gpointer app, HttpRequest *request)
{
    HttpResponse *response;

    if (is_part_of_page (app, request)) {
        web_http_app ()->handle (app, request);
    } else if (is_page (request)) {
        response = http_response_new (302);
        http_response_set_header (
            response, "Location",
            arena_printf (request->arena, PAGE "?continue=%s",
                          http_percent_encode (request->arena, request->target)));
        http_response_set_header (response, "Cache-Control", "no-store");
        http_respond (request, response);
    } else
        web_refuse (
            request, 404,
            arena_printf (request->arena, "Cannot %s %s", request->method_text, request->target));
}

const HttpApp *
maintenance_http_app (void)
{
    static const HttpApp app = { begin_request, handle_request, NULL };

    return &app;
}

/* ---- its life ---- */

gboolean
maintenance_run (App *app, Api *api, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    Maintenance *self = app->maintenance = g_new0 (Maintenance, 1);
    MaintenanceMode mode;
    const char *token;

    g_mutex_init (&self->lock);
    self->app = app;
    if (!maintenance_load (app->db, arena, &mode, error))
        return FALSE;
    self->secret = g_strdup (mode.secret);
    self->action = mode.has_action ? mode.action : MAINTENANCE_ACTION_START;
    if (mode.error != NULL) {
        self->error = g_strdup (mode.error);
        self->task = "error";
    }
    api_serve_maintenance (api, &handlers);
    backups_serve (api);
    server_serve_maintenance (api);
    if (self->secret != NULL) {
        token = maintenance_new_token (arena, self->secret, LOG_USER);
        g_message ("maintenance mode: log in at %s",
                   maintenance_login_url (app->db, arena, app->settings, token));
    }
    g_timeout_add_seconds (POLL_S, look, app);
    if (mode.restore_backup_filename != NULL)
        begin_restore (self, mode.restore_backup_filename);
    return TRUE;
}

void
maintenance_stop (App *app)
{
    Maintenance *self = g_steal_pointer (&app->maintenance);

    if (self == NULL)
        return;
    if (self->thread != NULL)
        g_thread_join (self->thread);
    g_mutex_clear (&self->lock);
    g_free (self->secret);
    g_free (self->error);
    g_free (self->backup);
    g_free (self);
}
