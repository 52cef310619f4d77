/* serving.c -- see serving.h */
#define G_LOG_DOMAIN "serving"
#include "features/serving/serving.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "features/auth/auth.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"
#include "media/media_type.h"

static const char *
last_part (const char *path)
{
    const char *slash = strrchr (path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The dot of the extension; its end when there is none ('.hidden' has none). */
static const char *
extension_of (const char *name)
{
    const char *dot = strrchr (name, '.');

    return dot != NULL && dot != name ? dot : name + strlen (name);
}

const char *
serving_file_name (Arena *arena, const char *original_name, const char *suffix,
                   const char *served_path)
{
    const char *name = last_part (original_name);

    return arena_printf (arena, "%.*s%s%s", (int) (extension_of (name) - name), name, suffix,
                         extension_of (last_part (served_path)));
}

ApiStatus
serving_refuse (ApiCall *call, GError *error)
{
    api_set_header (call, "Cache-Control", "none");
    return api_fail (call, error);
}

static ApiStatus
refuse_file (ApiCall *call, const char *path, int why)
{
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "EVENT", "file-missing", "FILE", path,
                      "MESSAGE", "cannot serve '%s': %s", path, g_strerror (why));
    if (why == ENOENT || why == ENOTDIR)
        return serving_refuse (call,
                               g_error_new (APP_ERROR, APP_ERROR_NOT_FOUND, "%s", "Not Found"));
    return serving_refuse (call, g_error_new (APP_ERROR, APP_ERROR_IO, "cannot open '%s': %s", path,
                                              g_strerror (why)));
}

gboolean
serving_is_still_open (App *app, const Auth *auth, Arena *arena, const char *asset_id,
                       const char *permission, gboolean *out_is_open)
{
    ApiCall call = { .app = app, .db = app->db, .arena = arena, .auth = auth };
    StringList ids = { &asset_id, 1 }, open = { 0 };
    g_autoptr (GError) error = NULL;
    gboolean is_in = FALSE;

    if (!auth_is_still_in (app->db, auth, &is_in, &error) ||
        !access_filter_assets (&call, &ids, permission, &open, &error))
        g_warning ("cannot look up who may have a download: %s, breaking off", error->message);
    else if (!is_in)
        g_message ("who asked for a download is not let in any more, breaking off");
    *out_is_open = open.n > 0;
    return error == NULL && is_in;
}

/* What is served and how. */
typedef struct {
    const ServingAccess *access; /* why it may be; NULL: that is never asked again */
    const char *original_of; /* the asset whose original it is: it may be moved at any time; NULL */
    const char *shown_name;  /* NULL: none */
    gboolean is_untrusted;
    const char *cache_control;
} Sending;

static HttpResponse *
open_file (ApiCall *call, const char *stored_path, const char **out_path)
{
    int fd;

    *out_path = layout_absolute (call->arena, call->app->media_location, stored_path);
    if (*stored_path != '/')
        return http_response_new_path (*out_path, media_type_mime (*out_path));
    fd = layout_open (*out_path);
    return fd >= 0 ? http_response_new_file (fd, media_type_mime (*out_path)) : NULL;
}

/* A call with what lets it have a file; in the request's arena. */
typedef struct {
    const ApiCall *call;
    ServingAccess access;
} Guard;

static gboolean
may_go_on (gpointer data)
{
    const Guard *self = data;
    g_autoptr (Arena) arena = arena_new ();
    gboolean is_open = FALSE;

    return serving_is_still_open (self->call->app, self->call->auth, arena, self->access.asset_id,
                                  self->access.permission, &is_open) &&
           is_open;
}

static void
guard (ApiCall *call, HttpResponse *response, const ServingAccess *access)
{
    Guard *self = arena_new0 (call->arena, Guard);

    *self = (Guard){ call, *access };
    http_response_set_guard (response, may_go_on, self);
}

static ApiStatus
send_file (ApiCall *call, const char *stored_path, const Sending *how)
{
    const char *path, *moved = NULL;
    HttpResponse *response = open_file (call, stored_path, &path);
    int why = errno;

    if (response == NULL && how->original_of != NULL)
        moved = storage_template_follow (call->app, call->arena, how->original_of, stored_path);
    if (moved != NULL) {
        response = open_file (call, moved, &path);
        why = errno;
    }
    if (response == NULL)
        return refuse_file (call, path, why);
    http_response_set_header (response, "Cache-Control", how->cache_control);
    if (how->shown_name != NULL)
        http_response_set_header (
            response, "Content-Disposition",
            arena_printf (call->arena, "inline; filename*=UTF-8''%s",
                          http_percent_encode (call->arena, how->shown_name)));
    if (how->is_untrusted)
        http_response_set_untrusted (response);
    if (how->access != NULL)
        guard (call, response, how->access);
    return api_respond (call, response);
}

ApiStatus
serving_send_file (ApiCall *call, const char *stored_path, const char *shown_name,
                   gboolean is_untrusted)
{
    return send_file (call, stored_path,
                      &(Sending){ .shown_name = shown_name,
                                  .is_untrusted = is_untrusted,
                                  .cache_control = SERVING_CACHE_CONTROL });
}

ApiStatus
serving_send_long (ApiCall *call, const ServingAccess *access, const char *stored_path,
                   const char *shown_name)
{
    const char *path = stored_path;
    GError *error = NULL;

    if (access->is_original)
        path = storage_template_own_path (call->app, call->arena, access->asset_id, stored_path,
                                          &error);
    if (path == NULL)
        return serving_refuse (call, error);
    return send_file (call, path,
                      &(Sending){ .access = access,
                                  .original_of = access->is_original ? access->asset_id : NULL,
                                  .shown_name = shown_name,
                                  .is_untrusted = TRUE,
                                  .cache_control = SERVING_CACHE_CONTROL });
}

ApiStatus
serving_send_changing_file (ApiCall *call, const char *stored_path)
{
    return send_file (call, stored_path,
                      &(Sending){ .cache_control = "private, no-cache, no-transform" });
}
