/* The order of the start: settings, log, database, media folder, then the parts from the bottom up; the
 * port is opened last, so whoever gets an answer gets a right one. The stop goes the other way. */
#define G_LOG_DOMAIN "serve"

#include "serve.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "config.h"
#include "features/api_contract.h"
#include "features/auth/auth.h"
#include "features/config/config.h"
#include "features/queues/queues.h"
#include "features/server/server_metrics.h"
#include "features/web/web.h"
#include "http/metrics.h"
#include "media/layout.h"

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
serve_open_database (const Settings *settings, GError **error)
{
    g_autofree char *path = g_build_filename (settings->media_location, "tintype.db", NULL);
    DbSettings db_settings = { .url = settings->database_url,
                               .sqlite_path = path,
                               .n_connections = (guint) settings->database_connections };

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

/* The markers of the media folder are demanded once they were made: see layout_prepare (). */
static gboolean
prepare_media_folder (App *app, char **out_temporary, GError **error)
{
    static const char SQL_REMEMBERED[] =
        "SELECT count(*) FROM system_metadata WHERE key = 'system-flags'";
    static const char SQL_REMEMBER[] =
        "INSERT INTO system_metadata (key, value) VALUES ('system-flags', '{\"mountChecks\":true}')"
        " ON CONFLICT (key) DO NOTHING";
    gint64 remembered = 0;

    return db_select_int (app->db, SQL_REMEMBERED, DB_NO_ARGS, &remembered, NULL, error) &&
           layout_prepare (app->media_location, remembered > 0,
                           app->settings->ignore_mount_check_errors, error) &&
           db_exec (app->db, SQL_REMEMBER, DB_NO_ARGS, NULL, error) &&
           (*out_temporary = layout_claim_temporary (app->media_location, error)) != NULL;
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

static gboolean
on_signal (gpointer loop)
{
    g_main_loop_quit (loop);
    return G_SOURCE_CONTINUE;
}

/* From before the port is open until the end: no signal may find the default, which kills. */
static GMainLoop *
watch_signals (void)
{
    GMainLoop *loop = g_main_loop_new (NULL, FALSE);

    g_unix_signal_add (SIGTERM, on_signal, loop);
    g_unix_signal_add (SIGINT, on_signal, loop);
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

static gboolean
run (const Settings *settings, GError **error)
{
    g_autoptr (GMainLoop) loop = watch_signals ();
    g_autofree char *temporary = NULL;
    g_autofree char *transcoder = transcoder_program ();
    g_autoptr (Db) db = NULL;
    g_autoptr (Places) places = NULL;
    g_autoptr (WorkerPool) workers = NULL;
    g_autoptr (Realtime) realtime = NULL;
    g_autoptr (Jobs) jobs = NULL;
    g_autoptr (Api) api = NULL;
    g_autoptr (HttpServer) server = NULL;
    g_autoptr (MetricsServer) metrics = NULL;
    App app = { .settings = settings,
                .media_location = settings->media_location,
                .transcoder = transcoder,
                .version = TINTYPE_VERSION,
                .started_at_ms = timestamp_now_ms () };
    ApiSettings api_settings = { .app = &app,
                                 .contract = &api_contract,
                                 .authenticate = auth_authenticate };
    RealtimeSettings realtime_settings = { .identify = auth_identify,
                                           .identify_data = &app,
                                           .version_json = TINTYPE_API_VERSION_JSON };

    raise_file_limit ();
    app.db = db = serve_open_database (settings, error);
    if (db == NULL || !prepare_media_folder (&app, &temporary, error))
        return FALSE;
    app.temporary_folder = temporary;
    app.places = places = open_places ();
    app.workers = workers = new_workers (settings);
    app.realtime = realtime = realtime_new (&realtime_settings);
    app.jobs = jobs = jobs_new (db, &app);
    api_settings.db = db;
    api_settings.reads_are_quick = db_is_sqlite (db);
    api_settings.temporary_folder = temporary;
    api = api_new (&api_settings);
    if (!features_start (&app, api, error)) {
        features_stop (&app);
        return FALSE;
    }
    config_on_change (&app, set_log_level);
    api_mount (api, "/api/socket.io", realtime_http_app (), realtime);
    api_set_fallback (api, web_http_app (), &app);
    if ((settings->metrics_port > 0 &&
         (metrics = metrics_server_new (settings->metrics_host, (guint16) settings->metrics_port,
                                        error)) == NULL) ||
        (settings->serves_api && (server = listen_for_requests (&app, api, error)) == NULL)) {
        features_stop (&app);
        return FALSE;
    }
    if (settings->runs_jobs) {
        jobs_start (jobs);
        nightly_start (&app);
    }
    g_message ("Tintype %s serves http://%s:%u with %s, media in '%s'", TINTYPE_VERSION,
               settings->host != NULL ? settings->host : "localhost",
               server != NULL ? http_server_port (server) : 0, db_engine_version (db),
               settings->media_location);

    server_metrics_start (&app);
    g_main_loop_run (loop);

    g_message ("stopping");
    server_metrics_stop (&app);
    realtime_stop (realtime);
    if (server != NULL)
        http_server_stop (server, (guint) settings->shutdown_grace_s);
    jobs_stop (jobs);
    features_stop (&app);
    layout_leave_temporary (temporary);
    return TRUE;
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
        if (run (settings, &error))
            return 0;
    }
    fprintf (stderr, "tintype: %s\n", error->message);
    return 1;
}
