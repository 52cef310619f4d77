/* serving.c -- see serving.h */
#define G_LOG_DOMAIN "serving"
#include "features/serving/serving.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
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

/* What is served and how. */
typedef struct {
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
    return api_respond (call, response);
}

ApiStatus
serving_send_file (ApiCall *call, const char *stored_path, const char *shown_name,
                   gboolean is_untrusted)
{
    return send_file (call, stored_path,
                      &(Sending){ NULL, shown_name, is_untrusted, SERVING_CACHE_CONTROL });
}

ApiStatus
serving_send_original (ApiCall *call, const char *asset_id, const char *stored_path,
                       const char *shown_name)
{
    GError *error = NULL;

    const char *path =
        storage_template_own_path (call->app, call->arena, asset_id, stored_path, &error);

    if (path == NULL)
        return serving_refuse (call, error);
    return send_file (call, path, &(Sending){ asset_id, shown_name, TRUE, SERVING_CACHE_CONTROL });
}

ApiStatus
serving_send_changing_file (ApiCall *call, const char *stored_path)
{
    return send_file (call, stored_path,
                      &(Sending){ NULL, NULL, FALSE, "private, no-cache, no-transform" });
}
