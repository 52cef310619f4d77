/* Files with a hash in their name never change; the index is asked for every time. */
#define G_LOG_DOMAIN "web"

#include "features/web/web.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "features/config/config.h"
#include "features/shared-links/shared-links.h"
#include "features/web/web_file.h"
#include "http/compress.h"

#define MARKER "<!-- metadata:tags -->"
#define MAX_INDEX_BYTES (4 * 1024 * 1024)
#define FOREVER "public, max-age=31536000, immutable"
#define A_WHILE "public, max-age=3600"
#define ASK "no-cache" /* kept, but asked for every time */

void
web_refuse (HttpRequest *request, unsigned status, const char *message)
{
    GString *text = g_string_new (NULL);
    JsonWriter json;

    json_writer_init (&json, text);
    json_begin_object (&json);
    json_name (&json, "message");
    json_text (&json, message);
    json_name (&json, "error");
    json_text (&json, http_problem_title (status));
    json_name (&json, "statusCode");
    json_int (&json, status);
    json_end_object (&json);
    http_respond (request, http_response_new_json (status, text));
}

static gboolean
is_hashed (const char *path)
{
    return g_str_has_prefix (path, "/assets/");
}

/* A service worker that a proxy keeps would bring back the app of before an update. */
static const char *
cache_control_of (const char *path)
{
    if (is_hashed (path))
        return FOREVER;
    return g_str_equal (path, "/sw.js") || g_str_has_suffix (path, ".webmanifest") ? ASK : A_WHILE;
}

/* ---- the app inside the program ---- */

static int
compare_path (gconstpointer path, gconstpointer file)
{
    return strcmp (path, ((const WebFile *) file)->path);
}

static const WebFile *
find_file (const char *path)
{
    return bsearch (path, web_files, web_n_files, sizeof (WebFile), compare_path);
}

static void
send_file (HttpRequest *request, const WebFile *file, const char *cache_control)
{
    const char *known = http_request_header (request, "If-None-Match");
    const WebForm *form = &file->plain;
    const char *encoding = NULL;
    HttpResponse *response;

    switch (compress_choose (http_request_header (request, "Accept-Encoding"))) {
    case ENCODING_BR:
        if (file->br.bytes != NULL) {
            form = &file->br;
            encoding = "br";
        }
        break;
    case ENCODING_GZIP:
        if (file->gzip.bytes != NULL) {
            form = &file->gzip;
            encoding = "gzip";
        }
        break;
    case ENCODING_IDENTITY:
        break;
    }
    if (known != NULL && strstr (known, file->etag) != NULL)
        response = http_response_new (304);
    else {
        response = http_response_new_bytes (200, file->content_type,
                                            g_bytes_new_static (form->bytes, form->n_bytes));
        if (encoding != NULL)
            http_response_set_header (response, "Content-Encoding", encoding);
    }
    http_response_set_header (response, "ETag", file->etag);
    http_response_set_header (response, "Vary", "Accept-Encoding");
    http_response_set_header (response, "Cache-Control", cache_control);
    http_respond (request, response);
}

static void
send_not_built (HttpRequest *request)
{
    http_respond (
        request, http_response_new_text (
                     404, "text/html; charset=utf-8",
                     "<!doctype html><title>Tintype</title><h1>Tintype is running</h1>"
                     "<p>This program was built without its web app. Run <code>make web</code> and "
                     "build again, or set IMMICH_WEB_DIR. The API and the mobile apps work "
                     "without it."));
}

static void
send_built_in (HttpRequest *request, const char *path)
{
    const WebFile *file = find_file (path);

    if (file != NULL && !g_str_equal (path, "/index.html")) {
        send_file (request, file, cache_control_of (path));
        return;
    }
    if (is_hashed (path)) { /* an index of an older build asks for what is gone */
        web_refuse (request, 404, arena_printf (request->arena, "Cannot GET %s", request->target));
        return;
    }
    file = find_file ("/index.html");
    if (file == NULL)
        send_not_built (request);
    else
        send_file (request, file, "no-store");
}

/* ---- another app, in a folder ---- */

/* Open @path (with its slash) below @folder; the kernel holds it inside whatever links say. */
static int
open_beneath (const char *folder, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    int folder_fd = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = -1;
    struct stat facts;

    if (folder_fd < 0)
        return -1;
    if (path[1] != '\0')
        fd = (int) syscall (SYS_openat2, folder_fd, path + 1, &how, sizeof how);
    close (folder_fd);
    if (fd >= 0 && (fstat (fd, &facts) != 0 || !S_ISREG (facts.st_mode))) {
        close (fd);
        return -1;
    }
    return fd;
}

static const char *
type_of (const char *path)
{
    static const char *const types[][2] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".mjs", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".webp", "image/webp" },
        { ".ico", "image/x-icon" },
        { ".woff2", "font/woff2" },
        { ".json", "application/json" },
        { ".webmanifest", "application/manifest+json" },
        { ".wasm", "application/wasm" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
        if (g_str_has_suffix (path, types[i][0]))
            return types[i][1];
    return "application/octet-stream";
}

static void
refuse_folder (HttpRequest *request)
{
    web_refuse (
        request, 404,
        "there is no index.html in the folder that IMMICH_WEB_DIR names; set it to a built web "
        "app");
}

static void
send_from_folder (HttpRequest *request, const char *folder, const char *path)
{
    int fd = open_beneath (folder, path);
    HttpResponse *response;

    if (fd < 0) {
        path = "/index.html";
        fd = open_beneath (folder, path);
    }
    if (fd < 0) {
        refuse_folder (request);
        return;
    }
    response = http_response_new_file (fd, type_of (path));
    http_response_set_header (response, "Cache-Control",
                              g_str_equal (path, "/index.html") ? "no-store" : "public, max-age=0");
    http_respond (request, response);
}

gboolean
web_has_file (const App *app, const char *path)
{
    int fd;

    if (app->settings->web_dir == NULL)
        return find_file (path) != NULL && !g_str_equal (path, "/index.html");
    fd = open_beneath (app->settings->web_dir, path);
    if (fd >= 0)
        close (fd);
    return fd >= 0;
}

/* ---- pages of shared links ---- */

static GBytes *
read_index_of_folder (const char *folder)
{
    int fd = open_beneath (folder, "/index.html");
    g_autofree char *bytes = NULL;
    gsize n_bytes = 0;
    struct stat facts;
    ssize_t n;

    if (fd < 0)
        return NULL;
    if (fstat (fd, &facts) == 0 && facts.st_size > 0 && facts.st_size <= MAX_INDEX_BYTES) {
        bytes = g_malloc ((gsize) facts.st_size);
        while (n_bytes < (gsize) facts.st_size &&
               (n = read (fd, bytes + n_bytes, (gsize) facts.st_size - n_bytes)) > 0)
            n_bytes += (gsize) n;
    }
    close (fd);
    return n_bytes > 0 ? g_bytes_new_take (g_steal_pointer (&bytes), n_bytes) : NULL;
}

static GBytes *
read_index (const App *app)
{
    const WebFile *file;

    if (app->settings->web_dir != NULL)
        return read_index_of_folder (app->settings->web_dir);
    file = find_file ("/index.html");
    return file != NULL ? g_bytes_new_static (file->plain.bytes, file->plain.n_bytes) : NULL;
}

/* The index, which tells messengers what is behind the link. */
static void
send_link_page (const App *app, HttpRequest *request)
{
    const char *tags = NULL;
    unsigned status = shared_link_page (app, request, &tags);
    g_autoptr (GBytes) index = read_index (app);
    gsize n_bytes = 0;
    const char *text, *marker;
    GString *page;
    HttpResponse *response;

    if (index == NULL) {
        if (app->settings->web_dir != NULL)
            refuse_folder (request);
        else
            send_not_built (request);
        return;
    }
    text = g_bytes_get_data (index, &n_bytes);
    page = g_string_new_len (text, (gssize) n_bytes);
    marker = tags != NULL ? g_strstr_len (text, (gssize) n_bytes, MARKER) : NULL;
    if (marker != NULL) {
        g_string_erase (page, marker - text, strlen (MARKER));
        g_string_insert (page, marker - text, tags);
    }
    response = http_response_new_html (status, page);
    http_response_set_header (response, "Cache-Control", "no-store");
    http_respond (request, response);
}

/* ---- what clients ask outside /api ---- */

static gboolean
takes_html (HttpRequest *request)
{
    const char *accept = http_request_header (request, "Accept");

    return accept == NULL || *accept == '\0' || strstr (accept, "text/html") != NULL ||
           strstr (accept, "text/*") != NULL || strstr (accept, "*/*") != NULL;
}

static void
web_begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    out_plan->body = HTTP_BODY_BUFFER;
    out_plan->max_body_bytes = 64 * 1024;
    out_plan->on_event_thread =
        ((App *) app)->settings->web_dir == NULL && !shared_link_is_page (request->path);
}

static void
web_handle (gpointer data, HttpRequest *request)
{
    const App *app = data;
    const char *path = http_percent_decode (request->arena, request->path, -1, FALSE);

    if (request->method != HTTP_GET && request->method != HTTP_HEAD)
        web_refuse (
            request, 404,
            arena_printf (request->arena, "Cannot %s %s", request->method_text, request->target));
    else if (path == NULL)
        web_refuse (request, 400, "the path has a bad percent-encoding");
    else if (g_str_equal (path, "/.well-known/immich"))
        http_respond (request, http_response_new_json (
                                   200, g_string_new ("{\"api\":{\"endpoint\":\"/api\"}}")));
    else if (g_str_equal (path, "/custom.css"))
        http_respond (request, http_response_new_text (200, "text/css; charset=utf-8",
                                                       config_get (app)->theme->custom_css));
    else if (shared_link_is_page (request->path))
        send_link_page (app, request);
    else if (app->settings->web_dir != NULL)
        send_from_folder (request, app->settings->web_dir, path);
    else if (find_file (path) != NULL || takes_html (request))
        send_built_in (request, path);
    else
        web_refuse (request, 406,
                    arena_printf (request->arena,
                                  "'%s' is a page of the web app and exists as text/html only; the "
                                  "request accepts '%s'",
                                  request->path, http_request_header (request, "Accept")));
}

const HttpApp *
web_http_app (void)
{
    static const HttpApp app = { web_begin, web_handle, NULL };

    return &app;
}
