/* serving.c -- see serving.h */
#define G_LOG_DOMAIN "serving"
#include "features/serving/serving.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
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
send_file (ApiCall *call, const char *stored_path, const char *shown_name, gboolean is_untrusted,
           const char *cache_control)
{
    const char *path = layout_absolute (call->arena, call->app->media_location, stored_path);
    HttpResponse *response = http_response_new_path (path, media_type_mime (path));

    if (response == NULL) {
        int why = errno;

        g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "EVENT", "file-missing", "FILE", path,
                          "MESSAGE", "cannot serve '%s': %s", path, g_strerror (why));
        if (why == ENOENT || why == ENOTDIR)
            return serving_refuse (call,
                                   g_error_new (APP_ERROR, APP_ERROR_NOT_FOUND, "%s", "Not Found"));
        return serving_refuse (call, g_error_new (APP_ERROR, APP_ERROR_IO, "cannot open '%s': %s",
                                                  path, g_strerror (why)));
    }
    http_response_set_header (response, "Cache-Control", cache_control);
    if (shown_name != NULL)
        http_response_set_header (response, "Content-Disposition",
                                  arena_printf (call->arena, "inline; filename*=UTF-8''%s",
                                                http_percent_encode (call->arena, shown_name)));
    if (is_untrusted)
        http_response_set_untrusted (response);
    return api_respond (call, response);
}

ApiStatus
serving_send_file (ApiCall *call, const char *stored_path, const char *shown_name,
                   gboolean is_untrusted)
{
    return send_file (call, stored_path, shown_name, is_untrusted, SERVING_CACHE_CONTROL);
}

ApiStatus
serving_send_changing_file (ApiCall *call, const char *stored_path)
{
    return send_file (call, stored_path, NULL, FALSE, "private, no-cache, no-transform");
}
