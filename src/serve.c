/* The order of the start: settings, log, database, media folder, then the parts from the bottom up; the
 * port is opened last, so whoever gets an answer gets a right one. The stop goes the other way. */
#define G_LOG_DOMAIN "serve"

#include "serve.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "config.h"
#include "features/api_contract.h"
#include "features/auth/auth.h"
#include "features/backups/backups.h"
#include "features/config/config.h"
#include "features/maintenance/maintenance.h"
#include "features/queues/queues.h"
#include "features/server/server_metrics.h"
#include "features/web/web.h"
#include "features/users/users.h"
#include "http/client.h"
#include "http/metrics.h"
#include "media/layout.h"
#include "serve_folder.h"

#define CHECK_LIMIT_S 180
#define OPEN_AGAIN 10   /* times, a second apart */
#define STOP_LIMIT_S 30 /* on top of the grace; a database or a worker may keep us for longer */

static char *
program_folder (void)
{
    g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

    return self != NULL ? g_path_get_dirname (self) : g_strdup (".");
}

/* @name beside this program (a build folder), else in @installed. */
static char *
find_part (const char *beside, const char *installed)
{
    g_autofree char *folder = program_folder ();
    g_autofree char *path = g_build_filename (folder, beside, NULL);

    return g_file_test (path, G_FILE_TEST_EXISTS) ? g_steal_pointer (&path) : g_strdup (installed);
}

char *
serve_worker_program (void)
{
    return find_part ("src/worker/tintype-media-worker",
                      TINTYPE_LIBEXECDIR "/tintype-media-worker");
}

static char *
transcoder_program (void)
{
    return find_part ("src/worker/tintype-transcoder", TINTYPE_LIBEXECDIR "/tintype-transcoder");
}

Db *
serve_open_database (const Settings *settings, DbBeforeUpdate before_update, GError **error)
{
    g_autofree char *path = g_build_filename (settings->media_location, "tintype.db", NULL);
    DbSettings db_settings = { .url = settings->database_url,
                               .sqlite_path = path,
                               .n_connections = (guint) settings->database_connections,
                               .before_update = before_update,
                               .data = (gpointer) settings };

    if (settings->database_url == NULL &&
        g_mkdir_with_parents (settings->media_location, 0755) != 0) {
        g_set_error (
            error, APP_ERROR, APP_ERROR_CONFIG,
            "cannot create the media folder '%s': %s. Set IMMICH_MEDIA_LOCATION to a folder "
            "that this user may write",
            settings->media_location, g_strerror (errno));
        return NULL;
    }
    return db_open (&db_settings, error);
}

/* A restore that was cut off may have left a database that the program cannot use; or its last connections
 * are only just ending, which a second look tells. */
static Db *
open_or_recover (const Settings *settings, GError **error)
{
    g_autoptr (GError) why = NULL;
    DbBeforeUpdate before_update = settings->update_backup ? backup_before_update : NULL;
    gboolean is_recovered = FALSE;
    Db *db = serve_open_database (settings, before_update, &why);

    for (int i = 0; db == NULL && i < OPEN_AGAIN && backup_is_noted (settings); i++) {
        g_usleep (G_USEC_PER_SEC);
        g_clear_error (&why);
        db = serve_open_database (settings, before_update, &why);
    }
    if (db != NULL)
        return db;
    if (!backup_recover (settings, &is_recovered, error)) {
        g_prefix_error (error, "%s; ", why->message);
        return NULL;
    }
    if (is_recovered)
        return serve_open_database (settings, before_update, error);
    g_propagate_error (error, g_steal_pointer (&why));
    return NULL;
}

static void
raise_file_limit (void)
{
    struct rlimit limit;

    if (getrlimit (RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit (RLIMIT_NOFILE, &limit);
    }
}

static void
warn_of_unknown_variables (void)
{
    g_auto (GStrv) names = settings_unknown_variables ();

    for (char **name = names; *name != NULL; name++)
        g_warning (
            "the environment variable %s means nothing here; 'tintype serve --help' lists those "
            "that do",
            *name);
}

static HttpServer *
listen_for_requests (const App *app, Api *api, GError **error)
{
    HttpSettings http = { .host = app->settings->host,
                          .port = (guint16) app->settings->port,
                          .trusted_proxies = app->settings->trusted_proxies,
                          .access_log = TRUE };

    return http_server_new (&http, api_http_app (), api, error);
}

static int signal_fd = -1;
static volatile sig_atomic_t has_signal;
static guint stop_limit_s;

/* What is not durable was not promised, and leases run out: the next start goes on from there. */
static void
give_up (int number)
{
    static const char text[] =
        "tintype: the server could not stop in time, ending. If this happens again, see whether "
        "the database answers\n";

    _exit (write (STDERR_FILENO, text, sizeof text - 1) < 0 ? 2 : 1);
}

static void
note_signal (int number)
{
    int before = errno;

    if (!has_signal)
        alarm (stop_limit_s);
    has_signal = 1;
    eventfd_write (signal_fd, 1);
    errno = before;
}

static gboolean
on_signal (int fd, GIOCondition condition, gpointer loop)
{
    g_main_loop_quit (loop);
    return G_SOURCE_CONTINUE;
}

static void
handle_signals (void (*handler) (int number))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

    sigemptyset (&action.sa_mask);
    sigaction (SIGTERM, &action, NULL);
    sigaction (SIGINT, &action, NULL);
}

/* From before the port is open until the end: no signal may find the default, which kills. The loop hears of
 * it by a descriptor; one that comes when the loop has ended, or waits for the database, is remembered all the
 * same. */
static GMainLoop *
watch_signals (const Settings *settings)
{
    GMainLoop *loop = g_main_loop_new (NULL, FALSE);

    signal_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_assert (signal_fd >= 0); /* only out of descriptors, or memory */
    g_unix_fd_add (signal_fd, G_IO_IN, on_signal, loop);
    stop_limit_s = (guint) settings->shutdown_grace_s + STOP_LIMIT_S;
    signal (SIGALRM, give_up);
    handle_signals (note_signal);
    return loop;
}

static WorkerPool *
new_workers (const Settings *settings)
{
    g_autofree char *program = serve_worker_program ();
    WorkerPoolSettings pool = { .program = program,
                                .n_workers = (guint) settings->media_workers,
                                .memory_mb = settings->media_worker_memory_mb,
                                .time_limit_s = settings->media_worker_timeout_s,
                                .require_sandbox = settings->require_sandbox };

    return worker_pool_new (&pool);
}

static Places *
open_places (void)
{
    g_autofree char *path = find_part ("src/media/places.bin", TINTYPE_DATADIR "/places.bin");
    g_autoptr (GError) why = NULL;
    Places *places = places_open (path, &why);

    if (places == NULL)
        g_warning ("%s; photos get no names of places", why->message);
    return places;
}

/* The environment wins over the system config. */
static void
set_log_level (App *app, const AdminConfig *config)
{
    LogLevel level;

    if (app->settings->log_level == NULL &&
        log_level_parse (config_log_level_enum.texts[config->logging->level], &level))
        log_level_set (config->logging->enabled ? level : LOG_FATAL);
}

/* What every way of running needs, from the bottom up. */
typedef struct {
    App app;
    char *temporary, *transcoder;
    Db *db;
    Places *places;
    WorkerPool *workers;
    Realtime *realtime;
    Jobs *jobs;
    Api *api;
    HttpServer *server;
} Parts;

static GMainLoop *main_loop;
static gboolean wants_restart;

static void
restart (App *app)
{
    wants_restart = TRUE;
    g_main_loop_quit (main_loop);
}

/* @param db  (transfer full); NULL: it could not be opened, and @error says why */
static gboolean
parts_open (Parts *self, const Settings *settings, Db *db, GError **error)
{
    raise_file_limit ();
    self->transcoder = transcoder_program ();
    self->app = (App){ .settings = settings,
                       .media_location = settings->media_location,
                       .transcoder = self->transcoder,
                       .version = TINTYPE_VERSION,
                       .restart = restart,
                       .started_at_ms = timestamp_now_ms () };
    self->app.db = self->db = db;
    if (self->db == NULL || !serve_prepare_folder (&self->app, &self->temporary, error))
        return FALSE;
    self->app.temporary_folder = self->temporary;
    return TRUE;
}

static void
parts_open_api (Parts *self, ApiSettings *settings, RealtimeIdentify identify)
{
    RealtimeSettings realtime_settings = { .identify = identify,
                                           .identify_data = &self->app,
                                           .version_json = TINTYPE_API_VERSION_JSON };

    self->app.realtime = self->realtime = realtime_new (&realtime_settings);
    settings->app = &self->app;
    settings->contract = &api_contract;
    settings->db = self->db;
    settings->reads_are_quick = db_is_sqlite (self->db);
    settings->temporary_folder = self->temporary;
    self->api = api_new (settings);
    api_mount (self->api, "/api/socket.io", realtime_http_app (), self->realtime);
}

static gboolean
parts_open_features (Parts *self, GError **error)
{
    ApiSettings settings = { .authenticate = auth_authenticate };

    self->app.places = self->places = open_places ();
    self->app.workers = self->workers = new_workers (self->app.settings);
    self->app.jobs = self->jobs = jobs_new (self->db, &self->app);
    parts_open_api (self, &settings, auth_identify);
    api_set_fallback (self->api, web_http_app (), &self->app);
    return features_start (&self->app, self->api, error);
}

/* Stop accepting first, then finish what runs. A job that outlives its time loses its decoder, and is waited
 * for: it uses what the features hold. */
static void
parts_close (Parts *self)
{
    if (self->realtime != NULL)
        realtime_stop (self->realtime);
    if (self->server != NULL)
        http_server_stop (self->server, (guint) self->app.settings->shutdown_grace_s);
    if (self->jobs != NULL)
        jobs_stop (self->jobs);
    if (self->workers != NULL)
        worker_pool_stop (self->workers);
    http_server_free (self->server);
    api_free (self->api); /* it may still check who an upload was from */
    jobs_free (self->jobs);
    maintenance_stop (&self->app);
    features_stop (&self->app);
    if (self->temporary != NULL)
        layout_leave_temporary (self->temporary);
    realtime_free (self->realtime);
    worker_pool_free (self->workers);
    places_free (self->places);
    db_free (self->db);
    g_free (self->temporary);
    g_free (self->transcoder);
}

static gboolean
serve_normally (Parts *self, GError **error)
{
    const Settings *settings = self->app.settings;
    g_autoptr (MetricsServer) metrics = NULL;

    if (!parts_open_features (self, error))
        return FALSE;
    config_on_change (&self->app, set_log_level);
    if ((settings->metrics_port > 0 &&
         (metrics = metrics_server_new (settings->metrics_host, (guint16) settings->metrics_port,
                                        error)) == NULL) ||
        (settings->serves_api &&
         (self->server = listen_for_requests (&self->app, self->api, error)) == NULL))
        return FALSE;
    if (settings->runs_jobs) {
        jobs_start (self->jobs);
        nightly_start (&self->app);
    }
    g_message ("Tintype %s serves http://%s:%u with %s, media in '%s'", TINTYPE_VERSION,
               settings->host != NULL ? settings->host : "localhost",
               self->server != NULL ? http_server_port (self->server) : 0,
               db_engine_version (self->db), settings->media_location);
    server_metrics_start (&self->app);
    g_main_loop_run (main_loop);
    g_message ("stopping");
    server_metrics_stop (&self->app);
    return TRUE;
}

/* No accounts, no jobs, no metrics: see features/maintenance/maintenance.h. */
static gboolean
serve_maintenance (Parts *self, GError **error)
{
    ApiSettings settings = { .identify = maintenance_identify, .hides_unserved = TRUE };

    parts_open_api (self, &settings, maintenance_identify_socket);
    api_set_fallback (self->api, maintenance_http_app (), &self->app);
    if (!maintenance_run (&self->app, self->api, error) ||
        (self->app.settings->serves_api &&
         (self->server = listen_for_requests (&self->app, self->api, error)) == NULL))
        return FALSE;
    g_message ("Tintype %s is in maintenance mode", TINTYPE_VERSION);
    g_main_loop_run (main_loop);
    if (maintenance_is_restoring (&self->app)) {
        /* its transaction is undone by that; waiting for it could take longer than we are given */
        g_message ("stopping in the middle of a restore; the next start begins it again");
        _exit (0);
    }
    g_message ("stopping");
    return TRUE;
}

static gboolean
run (const Settings *settings, GError **error)
{
    g_autoptr (GMainLoop) loop = watch_signals (settings);
    g_autoptr (Arena) arena = arena_new ();
    MaintenanceMode mode;
    Parts parts = { 0 };
    gboolean ok;

    main_loop = loop;
    ok = parts_open (&parts, settings, open_or_recover (settings, error), error) &&
         maintenance_load (parts.db, arena, &mode, error) &&
         (mode.is_maintenance_mode ? serve_maintenance (&parts, error)
                                   : serve_normally (&parts, error));
    parts_close (&parts);
    return ok;
}

/* The same process, begun again: no supervisor is needed, and one that is there sees no end. Where the
 * program was replaced meanwhile, the one that ran goes on. */
static void
begin_again (GError **error)
{
    g_autofree char *link = g_file_read_link ("/proc/self/exe", NULL);
    const char *program = link != NULL && access (link, X_OK) == 0 ? link : "/proc/self/exe";
    char *argv[] = { (char *) "tintype", (char *) "serve", NULL };

    execv (program, argv);
    g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "cannot start again: %s",
                 g_strerror (errno));
}

static void
start_log (const Settings *settings)
{
    LogFormat format = LOG_FORMAT_TEXT;
    LogLevel level = LOG_LOG;

    log_format_parse (settings->log_format, &format);
    if (settings->log_level != NULL)
        log_level_parse (settings->log_level, &level);
    log_init (format, level);
}

int
serve_run (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (Settings) settings = settings_load (&error);

    setlocale (LC_ALL, "C.UTF-8");
    if (settings != NULL) {
        start_log (settings);
        warn_of_unknown_variables ();
        if (run (settings, &error)) {
            handle_signals (SIG_DFL); /* all is closed: one that comes now may kill */
            if (!wants_restart || has_signal)
                return 0;
            begin_again (&error);
        }
    }
    fprintf (stderr, "tintype: %s\n", error->message);
    return 1;
}

/* ---- check-start ---- */

static gboolean
ask_ping (const HttpServer *server, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *url =
        arena_printf (arena, "http://127.0.0.1:%u/api/server/ping", http_server_port (server));
    HttpAsk ask = { .url = url, .time_limit_ms = 60000, .max_bytes = 1000, .is_insecure = TRUE };
    HttpReply reply;

    if (!http_ask (&ask, arena, &reply, error))
        return FALSE;
    if (reply.status == 200)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "it answers with status %u", reply.status);
    return FALSE;
}

/* As far as serve_normally () goes, with a port that nobody knows, and without jobs. */
static gboolean
try_start (Settings *settings, const char *database, GError **error)
{
    Parts parts = { 0 };
    gboolean has_admin = FALSE;
    gboolean ok;
    Db *db;

    g_free (settings->host);
    settings->host = g_strdup ("127.0.0.1");
    settings->port = 0;
    /* nothing is mended here: what cannot be used is what is to be found out */
    db = database != NULL ? db_open (&(DbSettings){ .sqlite_path = database }, error)
                          : serve_open_database (settings, NULL, error);
    ok = parts_open (&parts, settings, db, error) && parts_open_features (&parts, error) &&
         (parts.server = listen_for_requests (&parts.app, parts.api, error)) != NULL &&
         ask_ping (parts.server, error) && users_have_admin (parts.db, &has_admin, error);
    if (ok && !has_admin)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "no admin exists.");
    parts_close (&parts);
    return ok && has_admin;
}

int
serve_check_start (const char *database)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (Settings) settings = settings_load (&error);

    setlocale (LC_ALL, "C.UTF-8");
    log_init (LOG_FORMAT_TEXT, LOG_FATAL);
    alarm (CHECK_LIMIT_S);
    if (settings != NULL && try_start (settings, database, &error))
        return 0;
    fprintf (stderr, "%s\n", error->message);
    return 1;
}
