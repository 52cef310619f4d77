#define G_LOG_DOMAIN "server"

#include "features/server/server.h"

#include <errno.h>
#include <math.h>
#include <sys/statvfs.h>

#include "features/config/config.h"
#include "features/server/server_store.h"
#include "features/users/users.h"
#include "media/media_type.h"

#define API_VERSION                                                                                \
    G_STRINGIFY (API_VERSION_MAJOR)                                                                \
    "." G_STRINGIFY (API_VERSION_MINOR) "." G_STRINGIFY (API_VERSION_PATCH)

/* Where the official Android app is published: the app that this server is made for. */
#define APP_RELEASE "https://github.com/immich-app/immich/releases/download/v" API_VERSION "/app-"

static ApiStatus
get_about_info (ApiCall *call, const GetAboutInfoRequest *in, ServerAboutResponse *out)
{
    out->version = "v" API_VERSION;
    out->version_url = "https://github.com/immich-app/immich/releases/tag/v" API_VERSION;
    out->licensed = FALSE;
    out->build = arena_printf (call->arena, "Tintype %s", call->app->version);
    out->repository = "Tintype";
    return API_OK;
}

static ApiStatus
get_apk_links (ApiCall *call, const GetApkLinksRequest *in, ServerApkLinks *out)
{
    out->arm64v8a = APP_RELEASE "arm64-v8a-release.apk";
    out->armeabiv7a = APP_RELEASE "armeabi-v7a-release.apk";
    out->universal = APP_RELEASE "release.apk";
    out->x86_64 = APP_RELEASE "x86_64-release.apk";
    return API_OK;
}

static ApiStatus
get_server_config (ApiCall *call, const GetServerConfigRequest *in, ServerConfig *out)
{
    const AdminConfig *config = config_get (call->app);
    GError *error = NULL;
    gboolean has_admin;

    if (!users_have_admin (call->db, &has_admin, &error) ||
        !server_store_is_onboarded (call->db, &out->is_onboarded, &error))
        return api_fail (call, error);
    out->is_initialized = has_admin || !call->app->settings->allow_setup;
    out->is_onboarded = out->is_onboarded || config_is_file (call->app);
    out->login_page_message = config->server->login_page_message;
    out->trash_days = config->trash->days;
    out->user_delete_delay = config->user->delete_delay;
    out->oauth_button_text = config->oauth->button_text;
    out->oauth_account_management_url = config->oauth->account_management_url;
    out->external_domain = config->server->external_domain;
    out->public_users = config->server->public_users;
    out->map_dark_style_url = config->map->dark_style;
    out->map_light_style_url = config->map->light_style;
    out->min_faces = config->machine_learning->facial_recognition->min_faces;
    return API_OK;
}

/* What is not built is FALSE whatever the config says. */
static ApiStatus
get_server_features (ApiCall *call, const GetServerFeaturesRequest *in, ServerFeatures *out)
{
    const AdminConfig *config = config_get (call->app);

    out->reverse_geocoding = config->reverse_geocoding->enabled && call->app->places != NULL;
    out->search = TRUE;
    out->map = config->map->enabled;
    out->trash = config->trash->enabled;
    out->duplicate_detection = config->machine_learning->duplicate_detection->enabled;
    out->sidecar = TRUE; /* those that come with an upload are read */
    out->oauth = config->oauth->enabled;
    out->oauth_auto_launch = config->oauth->auto_launch;
    out->password_login = config->password_login->enabled;
    out->realtime_transcoding = config->ffmpeg->realtime->enabled;
    out->config_file = config_is_file (call->app);
    return API_OK;
}

static void
list_extensions (ApiCall *call, MediaKind kind, StringList *out)
{
    gsize n;
    const MediaType *types = media_type_list (&n);

    out->items = arena_new_array (call->arena, const char *, n);
    for (gsize i = 0; i < n; i++)
        if (types[i].kind == kind)
            out->items[out->n++] = types[i].extension;
}

static ApiStatus
get_supported_media_types (ApiCall *call, const GetSupportedMediaTypesRequest *in,
                           ServerMediaTypesResponse *out)
{
    list_extensions (call, MEDIA_VIDEO, &out->video);
    list_extensions (call, MEDIA_IMAGE, &out->image);
    list_extensions (call, MEDIA_SIDECAR, &out->sidecar);
    return API_OK;
}

static ApiStatus
ping_server (ApiCall *call, const PingServerRequest *in, ServerPingResponse *out)
{
    out->res = "pong"; /* container health checks compare the text */
    return API_OK;
}

static ApiStatus
get_server_statistics (ApiCall *call, const GetServerStatisticsRequest *in,
                       ServerStatsResponse *out)
{
    GError *error = NULL;

    if (!server_store_usage (call->db, call->arena, &out->usage_by_user, &error))
        return api_fail (call, error);
    for (gsize i = 0; i < out->usage_by_user.n; i++) {
        const UsageByUser *user = &out->usage_by_user.items[i];

        out->photos += user->photos;
        out->videos += user->videos;
        out->usage += user->usage;
        out->usage_photos += user->usage_photos;
        out->usage_videos += user->usage_videos;
    }
    return API_OK;
}

static ApiStatus
get_storage (ApiCall *call, const GetStorageRequest *in, ServerStorageResponse *out)
{
    struct statvfs disk;
    guint64 size, available, use;

    if (statvfs (call->app->media_location, &disk) != 0)
        return api_refuse (call, APP_ERROR_IO, "cannot ask the file system of '%s': %s",
                           call->app->media_location, g_strerror (errno));
    size = (guint64) disk.f_blocks * disk.f_frsize;
    available = (guint64) disk.f_bavail * disk.f_frsize;
    use = size - (guint64) disk.f_bfree * disk.f_frsize;
    out->disk_size = server_human_bytes (call->arena, size);
    out->disk_available = server_human_bytes (call->arena, available);
    out->disk_use = server_human_bytes (call->arena, use);
    out->disk_size_raw = (gint64) size;
    out->disk_available_raw = (gint64) available;
    out->disk_use_raw = (gint64) use;
    out->disk_usage_percentage = size == 0 ? 0 : round ((double) use / (double) size * 1e4) / 1e2;
    return API_OK;
}

static ApiStatus
get_server_version (ApiCall *call, const GetServerVersionRequest *in, ServerVersionResponse *out)
{
    out->major = API_VERSION_MAJOR;
    out->minor = API_VERSION_MINOR;
    out->patch = API_VERSION_PATCH;
    return API_OK;
}

/* Nothing is asked of anybody's server, so there is never a check to tell of: both are null. */
static ApiStatus
get_version_check (ApiCall *call, const GetVersionCheckRequest *in, VersionCheckStateResponse *out)
{
    return API_OK;
}

static ApiStatus
get_version_check_state (ApiCall *call, const GetVersionCheckStateRequest *in,
                         VersionCheckStateResponse *out)
{
    return API_OK;
}

static ApiStatus
get_version_history (ApiCall *call, const GetVersionHistoryRequest *in,
                     ServerVersionHistoryResponseList *out)
{
    GError *error = NULL;

    return server_store_versions (call->db, call->arena, out, &error) ? API_OK
                                                                      : api_fail (call, error);
}

static ApiStatus
get_theme (ApiCall *call, const GetThemeRequest *in, ServerTheme *out)
{
    out->custom_css = config_get (call->app)->theme->custom_css;
    return API_OK;
}

static const ServerHandlers server_handlers = {
    .get_about_info = get_about_info,
    .get_apk_links = get_apk_links,
    .get_server_config = get_server_config,
    .get_server_features = get_server_features,
    .get_supported_media_types = get_supported_media_types,
    .ping_server = ping_server,
    .get_server_statistics = get_server_statistics,
    .get_storage = get_storage,
    .get_server_version = get_server_version,
    .get_version_check = get_version_check,
    .get_version_history = get_version_history,
    .get_version_check_state = get_version_check_state,
    .get_theme = get_theme,
};

/* Clients read it to learn of the mode; what it says besides keeps them from asking for a set-up. */
static ApiStatus
get_maintenance_config (ApiCall *call, const GetServerConfigRequest *in, ServerConfig *out)
{
    out->maintenance_mode = TRUE;
    out->is_initialized = TRUE;
    out->is_onboarded = TRUE;
    out->login_page_message = "";
    out->oauth_button_text = "";
    out->external_domain = "";
    out->map_dark_style_url = "";
    out->map_light_style_url = "";
    return API_OK;
}

void
server_serve_maintenance (Api *api)
{
    static const ServerHandlers in_maintenance = {
        .ping_server = ping_server,
        .get_server_version = get_server_version,
        .get_server_config = get_maintenance_config,
    };

    api_serve_server (api, &in_maintenance);
}

gboolean
server_start (App *app, Api *api, GError **error)
{
    api_serve_server (api, &server_handlers);
    return server_store_note_version (app->db, API_VERSION, error);
}
