/* api.c -- the engine as a whole: operations and handlers hung together, requests let in
 *
 * It is an HttpApp. What is not under /api, and what is mounted under it (realtime), goes on to
 * another HttpApp. */
#define G_LOG_DOMAIN "api"
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "api/call.h"
#include "api/upload.h"

#define MAX_BODY_BYTES (10 * 1024 * 1024)
#define N_CHECK_THREADS 4
#define MAX_WRITING 32 /* files that wait for the disk to begin */

typedef struct {
    const char *prefix; /* lower case, without a slash at its end; "": everything */
    const HttpApp *app_class;
    gpointer app;
} Mount;

struct _Api {
    ApiSettings settings;
    Router *router;
    GPtrArray *routes;  /* Route, in the order of the contract */
    GHashTable *by_row; /* const ApiOperation * -> Route */
    GArray *mounts;     /* Mount */
    Mount fallback;     /* app_class NULL: none */
    GThreadPool *checks;
    GThreadPool *again;   /* calls that an event thread gave up */
    GThreadPool *writing; /* file descriptors, each one more than it is: none is NULL */
};

/* ---- the document ---- */

typedef struct {
    ApiStatus (*get_openapi) (ApiCall *call);
} DocumentHandlers;

static ApiStatus
get_openapi (ApiCall *call)
{
    return api_respond_json (call, g_string_new (api_openapi_json (call->private_data->api)));
}

static ApiStatus
run_get_openapi (ApiCall *call, const void *handlers, const void *in, void *out)
{
    return ((const DocumentHandlers *) handlers)->get_openapi (call);
}

static const DocumentHandlers document_handlers = { get_openapi };
static const ApiOperation document_operations[] = {
    { .id = "getOpenApi",
      .method = HTTP_GET,
      .path = "/openapi.json",
      .flags = API_PUBLIC | API_OWN_ANSWER,
      .status = 200,
      .handler_offset = offsetof (DocumentHandlers, get_openapi),
      .run = run_get_openapi },
};

/* ---- setting up ---- */

static void
add_routes (Api *self, const ApiOperation *operations, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        Route *route = g_new0 (Route, 1);

        route->operation = &operations[i];
        g_ptr_array_add (self->routes, route);
        g_hash_table_insert (self->by_row, (gpointer) route->operation, route);
        router_add (self->router, route);
    }
}

static void
check_upload (gpointer upload, gpointer api)
{
    upload_check (upload);
}

static void
dispatch_again (gpointer call, gpointer api)
{
    call_dispatch (call);
}

static void
begin_writing (gpointer number, gpointer api)
{
    int fd = GPOINTER_TO_INT (number) - 1;

    /* that it did not begin is no harm: fsync () tells what went wrong */
    sync_file_range (fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    close (fd);
}

Api *
api_new (const ApiSettings *settings)
{
    Api *self = g_new0 (Api, 1);
    const ApiContract *contract = settings->contract;

    self->settings = *settings;
    self->settings.temporary_folder = g_strdup (settings->temporary_folder);
    self->router = router_new ();
    self->routes = g_ptr_array_new_with_free_func (g_free);
    self->by_row = g_hash_table_new (NULL, NULL);
    self->mounts = g_array_new (FALSE, TRUE, sizeof (Mount));
    self->checks = g_thread_pool_new (check_upload, self, N_CHECK_THREADS, FALSE, NULL);
    self->again = g_thread_pool_new (dispatch_again, self, N_CHECK_THREADS, FALSE, NULL);
    self->writing = g_thread_pool_new (begin_writing, self, 1, FALSE, NULL);
    for (gsize i = 0; i < contract->n_features; i++)
        add_routes (self, contract->features[i].items, contract->features[i].n);
    add_routes (self, document_operations, G_N_ELEMENTS (document_operations));
    api_serve (self, document_operations, G_N_ELEMENTS (document_operations), &document_handlers);
    return self;
}

void
api_free (Api *self)
{
    if (self == NULL)
        return;
    g_thread_pool_free (self->checks, FALSE, TRUE);
    g_thread_pool_free (self->again, FALSE, TRUE);
    g_thread_pool_free (self->writing, FALSE, TRUE);
    router_free (self->router);
    g_hash_table_unref (self->by_row);
    g_ptr_array_unref (self->routes);
    for (guint i = 0; i < self->mounts->len; i++)
        g_free ((char *) g_array_index (self->mounts, Mount, i).prefix);
    g_array_unref (self->mounts);
    g_free ((char *) self->settings.temporary_folder);
    g_free (self);
}

void
api_serve (Api *api, const ApiOperation *operations, gsize n, const void *handlers)
{
    for (gsize i = 0; i < n; i++) {
        Route *route = g_hash_table_lookup (api->by_row, &operations[i]);

        g_assert (route != NULL); /* of another contract than api_new () was given */
        route->handlers = handlers;
    }
}

static Route *
find_route (const Api *self, const char *operation)
{
    for (guint i = 0; i < self->routes->len; i++) {
        Route *route = g_ptr_array_index (self->routes, i);

        if (g_str_equal (route->operation->id, operation))
            return route;
    }
    return NULL;
}

void
api_set_upload_hooks (Api *self, const char *operation, ApiAcceptPart accept_part,
                      ApiBeforeBody before_body)
{
    Route *route = find_route (self, operation);

    g_return_if_fail (route != NULL && route->operation->body_kind == API_BODY_MULTIPART);
    route->accept_part = accept_part;
    route->before_body = before_body;
}

void
api_mount (Api *self, const char *prefix, const HttpApp *app_class, gpointer app)
{
    Mount mount = { g_ascii_strdown (prefix, -1), app_class, app };

    g_array_append_val (self->mounts, mount);
}

void
api_set_fallback (Api *self, const HttpApp *fallback, gpointer fallback_app)
{
    self->fallback = (Mount){ "", fallback, fallback_app };
}

const ApiSettings *
api_settings (const Api *self)
{
    return &self->settings;
}

void
api_check_later (Api *self, Upload *upload)
{
    g_thread_pool_push (self->checks, upload, NULL);
}

void
api_write_behind (Api *self, int fd)
{
    int own;

    if (g_thread_pool_unprocessed (self->writing) > MAX_WRITING)
        return; /* the disk has enough to do */
    own = fcntl (fd, F_DUPFD_CLOEXEC, 0);
    if (own >= 0)
        g_thread_pool_push (self->writing, GINT_TO_POINTER (own + 1), NULL);
}

/* ---- about the contract ---- */

const char *
api_openapi_json (Api *self)
{
    return self->settings.contract->openapi_json;
}

StringList
api_missing_operations (Api *self, Arena *arena)
{
    StringList out = { arena_new_array (arena, const char *, self->routes->len), 0 };

    for (guint i = 0; i < self->routes->len; i++) {
        const Route *route = g_ptr_array_index (self->routes, i);

        if (!route_is_served (route))
            out.items[out.n++] = route->operation->id;
    }
    string_list_sort (&out);
    return out;
}

/* ---- requests ---- */

static gboolean
path_has_prefix (const char *path, const char *prefix)
{
    gsize length = strlen (prefix);

    return g_ascii_strncasecmp (path, prefix, length) == 0 &&
           (path[length] == '\0' || path[length] == '/');
}

/* @return who takes this path instead of the contract; NULL: the contract */
static const Mount *
find_mount (const Api *self, const char *path)
{
    for (guint i = 0; i < self->mounts->len; i++) {
        const Mount *mount = &g_array_index (self->mounts, Mount, i);

        if (path_has_prefix (path, mount->prefix))
            return mount;
    }
    return path_has_prefix (path, "/api") || self->fallback.app_class == NULL ? NULL
                                                                              : &self->fallback;
}

static gboolean
is_multipart (HttpRequest *request)
{
    const char *type = http_request_header (request, "content-type");

    return type != NULL && g_ascii_strncasecmp (type, "multipart/form-data", 19) == 0;
}

/* Reads of SQLite wait for nobody, and take less than handing a request over to another thread does;
 * measured with thumbnails, which are most of all requests. Those of PostgreSQL wait for its server. */
static gboolean
is_quick (const Api *self, const Route *route, const HttpRequest *request)
{
    return route != NULL && route_is_served (route) && route->operation->flags & API_QUICK &&
           request->content_length <= 0 &&
           http_request_header ((HttpRequest *) (gsize) request, "transfer-encoding") == NULL &&
           (route->operation->flags & API_PUBLIC || self->settings.reads_are_quick);
}

static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    Api *self = app;
    const Mount *mount = find_mount (self, request->path);
    const char *const *values = NULL;
    const Route *route = NULL;
    ApiCall *call;

    if (mount != NULL) {
        mount->app_class->begin (mount->app, request, out_plan);
        return;
    }
    if (path_has_prefix (request->path, "/api"))
        route = router_find (self->router, request->method, request->path + strlen ("/api"),
                             request->arena, &values);
    if (route != NULL && self->settings.hides_unserved && !route_is_served (route))
        route = NULL;
    call = call_new (self, request, route, values);
    request->app_data = call;
    if (route != NULL && route->operation->body_kind == API_BODY_MULTIPART &&
        is_multipart (request)) {
        upload_begin (call, out_plan);
        return;
    }
    out_plan->body = HTTP_BODY_BUFFER;
    out_plan->max_body_bytes = MAX_BODY_BYTES;
    out_plan->on_event_thread = call->private_data->is_quick = is_quick (self, route, request);
}

static void
handle (gpointer app, HttpRequest *request)
{
    const Mount *mount = find_mount (app, request->path);
    ApiCall *call = request->app_data;

    if (mount != NULL)
        mount->app_class->handle (mount->app, request);
    else if (call->private_data->upload != NULL)
        upload_dispatch (call->private_data->upload);
    else if (!call->private_data->is_quick)
        call_dispatch (call);
    else if (!call_dispatch_quick (call))
        g_thread_pool_push (((Api *) app)->again, call, NULL);
}

static void
fail (gpointer app, HttpRequest *request, const GError *why)
{
    const Mount *mount = request->path != NULL ? find_mount (app, request->path) : NULL;
    ApiCall *call = request->app_data;
    unsigned status = http_problem_status (why);

    if (mount != NULL && mount->app_class->fail != NULL)
        mount->app_class->fail (mount->app, request, why);
    else if (mount == NULL && call != NULL && call->private_data->upload != NULL)
        upload_fail (call->private_data->upload, why);
    else
        http_respond (
            request,
            problem_response (status,
                              status == 500 || why == NULL ? "Internal server error" : why->message,
                              NULL));
}

const HttpApp *
api_http_app (void)
{
    static const HttpApp app = { begin, handle, fail };

    return &app;
}

/* ---- one type outside a call ---- */

gboolean
api_read_json (const TypeDescriptor *type, const char *json, gssize n_bytes, Arena *arena,
               void *out, GError **error)
{
    json_t *value = api_parse_json (json, n_bytes < 0 ? strlen (json) : (gsize) n_bytes, error);
    ApiIssues issues;
    gboolean ok;

    if (value == NULL)
        return FALSE;
    memset (out, 0, type->size_bytes); /* what is absent is zero, whatever stood there */
    api_issues_init (&issues, arena);
    ok = api_parse_object (type, value, arena, out, &issues);
    if (!ok)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, issues.first);
    json_decref (value);
    return ok;
}
