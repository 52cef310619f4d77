/* call.c -- the way of a call: credential, permission, path, query, body, handler, answer
 *
 * The order of the checks is part of the contract: whoever may not call an operation learns nothing
 * about its fields. */
#define G_LOG_DOMAIN "api"
#include "api/call.h"

#include <jansson.h>
#include <string.h>

#include "api/credentials.h"
#include "api/upload.h"
#include "api/write.h"

static void
free_error (gpointer error)
{
    g_error_free (error);
}

ApiCall *
call_new (Api *api, HttpRequest *request, const Route *route, const char *const *path_values)
{
    static const Auth nobody;
    ApiCall *self = arena_new0 (request->arena, ApiCall);
    struct _ApiCallPrivate *private = arena_new0 (request->arena, struct _ApiCallPrivate);
    GError *error = NULL;

    self->app = api_settings (api)->app;
    self->db = api_settings (api)->db;
    self->arena = request->arena;
    self->auth = &nobody;
    self->request = request;
    self->private_data = private;
    private->api = api;
    private->route = route;
    private->path_values = path_values;
    if (!http_parse_pairs (self->arena, request->query, &private->query, &private->n_query,
                           &error)) {
        private->query_error = arena_own (self->arena, error, free_error);
        private->n_query = 0;
    }
    return self;
}

gboolean
call_authorize (ApiCall *self, GError **error)
{
    struct _ApiCallPrivate *private = self->private_data;
    const ApiOperation *operation = private->route->operation;
    const ApiSettings *settings = api_settings (private->api);
    PresentedKind kind;
    const char *text;
    Auth *auth;

    if (operation->flags & API_PUBLIC)
        return TRUE;
    if (settings->identify != NULL) {
        auth = arena_new0 (self->arena, Auth);
        self->auth = auth;
        return settings->identify (settings->app, self->request, self->arena, auth, error) &&
               credentials_check (operation, auth, error);
    }
    if (!credentials_choose (self->request, private->query, private->n_query, &kind, &text)) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, "Authentication required");
        return FALSE;
    }
    auth = arena_new0 (self->arena, Auth);
    if (!settings->authenticate (settings->app, self->request, self->arena, kind, text, auth,
                                 error))
        return FALSE;
    self->auth = auth;
    return credentials_check (operation, auth, error);
}

/* ---- path, query, body ---- */

static gboolean
parse_path (ApiCall *self, void *in, ApiIssues *issues, GError **error)
{
    struct _ApiCallPrivate *private = self->private_data;
    const TypeDescriptor *type = private->route->operation->path_type;
    HttpPair *pairs;

    if (type == NULL)
        return TRUE;
    pairs = arena_new_array (self->arena, HttpPair, type->n_fields);
    for (guint i = 0; i < type->n_fields; i++) {
        const char *raw = private->path_values[i];

        pairs[i].name = type->fields[i].name;
        pairs[i].value = http_percent_decode (self->arena, raw, -1, FALSE);
        if (pairs[i].value == NULL) {
            g_autofree char *shown = g_utf8_make_valid (raw, MIN (strlen (raw), 200));

            g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Failed to decode param '%s'", shown);
            return FALSE;
        }
    }
    return api_parse_pairs (type, pairs, type->n_fields, self->arena, in, issues);
}

static gboolean
parse_query (ApiCall *self, void *in, ApiIssues *issues, GError **error)
{
    struct _ApiCallPrivate *private = self->private_data;
    const TypeDescriptor *type = private->route->operation->query_type;

    if (private->query_error != NULL) {
        g_propagate_error (error, g_error_copy (private->query_error));
        return FALSE;
    }
    return type == NULL ||
           api_parse_pairs (type, private->query, private->n_query, self->arena, in, issues);
}

static gboolean
parse_body (ApiCall *self, const ApiBody *body, char *in, ApiIssues *issues, GError **error)
{
    const ApiOperation *operation = self->private_data->route->operation;
    gboolean ok;
    void *out;

    if (operation->body_kind == API_BODY_NONE ||
        (body == NULL && operation->flags & API_BODY_OPTIONAL))
        return TRUE;
    out = arena_alloc (self->arena, operation->body_type->size_bytes);
    ok = body != NULL && body->json == NULL
             ? api_parse_pairs (operation->body_type, body->pairs, body->n_pairs, self->arena, out,
                                issues)
             : api_parse_object (operation->body_type, body != NULL ? body->json : NULL,
                                 self->arena, out, issues);
    if (!ok)
        return FALSE;
    *(void **) (in + operation->body_offset) = out;
    return operation->body_kind != API_BODY_MULTIPART ||
           upload_fill (self->private_data->upload, operation->body_type, out, error);
}

/* ---- answer ---- */

static void
answer (ApiCall *self, ApiStatus status, const void *out)
{
    const ApiOperation *operation = self->private_data->route->operation;
    unsigned code = status > 0 ? (unsigned) status : operation->status;
    const char *bad_field;
    GString *text;

    if (operation->flags & API_OWN_ANSWER) {
        api_refuse (self, APP_ERROR_INTERNAL, "the handler returned without its answer");
        return;
    }
    if (operation->answer == NULL || code == 204) {
        api_respond (self, http_response_new (code));
        return;
    }
    text = g_string_sized_new (512);
    if (api_write_value (operation->answer, out, text, &bad_field)) {
        api_respond (self, http_response_new_json (code, text));
        return;
    }
    g_string_free (text, TRUE);
    g_critical ("the answer of %s has no value for its field '%s'", operation->id, bad_field);
    api_refuse (self, APP_ERROR_INTERNAL, "the answer has no value for its field '%s'", bad_field);
}

void
call_run (ApiCall *self, const ApiBody *body)
{
    const Route *route = self->private_data->route;
    const ApiOperation *operation = route->operation;
    char *in = arena_alloc (self->arena, operation->request_bytes);
    void *out = arena_alloc (self->arena, operation->answer_bytes);
    g_autoptr (GError) error = NULL;
    ApiIssues issues;
    ApiStatus status;

    if (!route_is_served (route)) {
        api_refuse (self, APP_ERROR_NOT_IMPLEMENTED, "%s is not built yet", operation->id);
        return;
    }
    api_issues_init (&issues, self->arena);
    if (!parse_path (self, in, &issues, &error) || !parse_query (self, in, &issues, &error) ||
        !parse_body (self, body, in, &issues, &error)) {
        if (error != NULL)
            api_fail (self, g_steal_pointer (&error));
        else
            call_refuse_issues (self, &issues);
        return;
    }
    status = operation->run (self, route->handlers, in, out);
    if (status >= API_OK)
        answer (self, status, out);
    /* else it answered, or will, and the call may be gone */
}

/* ---- the whole way ---- */

static gboolean
has_content_type (HttpRequest *request, const char *wanted)
{
    const char *given = http_request_header (request, "content-type");
    gsize length = strlen (wanted);

    return given != NULL && g_ascii_strncasecmp (given, wanted, length) == 0 &&
           strchr ("; \t", given[length]) != NULL;
}

static gboolean
read_form (ApiCall *self, const char *bytes, gsize n_bytes, ApiBody *out, GError **error)
{
    const char *text = arena_strndup (self->arena, bytes, n_bytes);

    if (strlen (text) != n_bytes) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "the form holds a NUL");
        return FALSE;
    }
    return http_parse_pairs (self->arena, text, &out->pairs, &out->n_pairs, error);
}

/* @return FALSE when the body cannot be read; *@out_counts whether there is one that does */
static gboolean
read_body (ApiCall *self, ApiBody *out, gboolean *out_counts, GError **error)
{
    gsize n_bytes = 0;
    const char *bytes =
        self->request->body == NULL ? NULL : g_bytes_get_data (self->request->body, &n_bytes);

    *out = (ApiBody){ 0 };
    *out_counts = TRUE;
    if (n_bytes > 0 && has_content_type (self->request, "application/json")) {
        out->json = api_parse_json (bytes, n_bytes, error);
        return out->json != NULL;
    }
    if (n_bytes > 0 && has_content_type (self->request, "application/x-www-form-urlencoded"))
        return read_form (self, bytes, n_bytes, out, error);
    *out_counts = FALSE;
    return TRUE;
}

void
call_dispatch (ApiCall *self)
{
    const Route *route = self->private_data->route;
    g_autoptr (GError) error = NULL;
    gboolean has_body;
    ApiBody body;

    if (!read_body (self, &body, &has_body, &error)) {
        api_fail (self, g_steal_pointer (&error));
        return;
    }
    if (route == NULL) {
        api_refuse (self, APP_ERROR_NOT_FOUND, "Cannot %s %s", self->request->method_text,
                    self->request->path);
    } else if (!call_authorize (self, &error)) {
        api_fail (self, g_steal_pointer (&error));
    } else {
        /* what is not a form at all is told which fields it should have */
        has_body |= route->operation->body_kind == API_BODY_MULTIPART;
        call_run (self, has_body ? &body : NULL);
    }
    json_decref (body.json);
}

/* ---- on an event thread ---- */

typedef enum { NOT_QUICK, QUICK, QUICK_GIVEN_UP } Quickness;

static _Thread_local Quickness quickness; /* of the call whose credential is being looked up */

gboolean
api_begin_again (void)
{
    if (quickness != QUICK)
        return FALSE;
    quickness = QUICK_GIVEN_UP;
    return TRUE;
}

gboolean
call_dispatch_quick (ApiCall *self)
{
    g_autoptr (GError) error = NULL;
    gboolean is_authorized, has_given_up;

    quickness = QUICK;
    is_authorized = call_authorize (self, &error);
    has_given_up = quickness == QUICK_GIVEN_UP;
    quickness = NOT_QUICK;
    if (has_given_up)
        return FALSE;
    if (is_authorized)
        call_run (self, NULL);
    else
        api_fail (self, g_steal_pointer (&error));
    return TRUE;
}
