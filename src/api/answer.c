/* answer.c -- what handlers may say: a problem, a response of their own, headers
 *
 * Only here and in http/problem.c does an error become a status, and only here is it logged. What
 * went wrong inside (a database, a disk) is for the log; the client reads which operation failed. */
#define G_LOG_DOMAIN "api"
#include "api/call.h"

#include <string.h>

#include "base/json_writer.h"

struct _AnswerHeader {
    AnswerHeader *next;
    const char *name, *value;
    gboolean is_cookie;
};

HttpResponse *
problem_response (unsigned status, const char *message, const char *issues)
{
    GString *text = g_string_new (NULL);
    JsonWriter w;

    json_writer_init (&w, text);
    json_begin_object (&w);
    json_name (&w, "message");
    json_text (&w, message);
    if (issues != NULL) {
        g_autofree char *list = g_strdup_printf ("[%s]", issues);

        json_name (&w, "errors");
        json_raw (&w, list);
    }
    json_name (&w, "error");
    json_text (&w, http_problem_title (status));
    json_name (&w, "statusCode");
    json_int (&w, status);
    json_end_object (&w);
    return http_response_new_json (status, text);
}

/* getAlbumInfo -> 'Failed to get album info' */
static char *
failure_text (const char *operation)
{
    GString *out = g_string_new ("Failed to ");

    for (const char *c = operation; *c != '\0'; c++) {
        if (g_ascii_isupper (*c) && c > operation && !g_ascii_isupper (c[-1]))
            g_string_append_c (out, ' ');
        g_string_append_c (out, g_ascii_tolower (*c));
    }
    return g_string_free (out, FALSE);
}

static ApiStatus
respond_with (ApiCall *call, HttpResponse *response)
{
    struct _ApiCallPrivate *private = call->private_data;

    for (AnswerHeader *each = private->headers; each != NULL; each = each->next) {
        if (each->is_cookie)
            http_response_add_header (response, "Set-Cookie", each->value);
        else
            http_response_set_header (response, each->name, each->value);
    }
    if (private->defers) {
        g_clear_pointer (&private->deferred, http_response_free);
        private->deferred = response;
    } else {
        http_respond (call->request, response); /* the call is gone from here on */
    }
    return API_FAILED;
}

const char *
api_caller (const ApiCall *call)
{
    const Auth *auth = call->auth;

    if (auth != NULL && auth->kind == CREDENTIAL_LINK)
        return arena_printf (call->arena, "link:%s", auth->link_id);
    if (auth != NULL && auth->user_id != NULL)
        return arena_printf (call->arena, "user:%s", auth->user_id);
    return arena_printf (call->arena, "address:%s", call->request->peer);
}

ApiStatus
api_respond (ApiCall *call, HttpResponse *response)
{
    if (http_response_is_stream (response) &&
        !http_response_claim (response, call->request, api_caller (call))) {
        http_response_free (response);
        api_set_header (call, "Retry-After", "10");
        return api_refuse (call, APP_ERROR_TOO_MANY,
                           "Too many downloads at once. End one, or try again later");
    }
    return respond_with (call, response);
}

ApiStatus
api_respond_json (ApiCall *call, GString *json)
{
    return respond_with (
        call, http_response_new_json (call->private_data->route->operation->status, json));
}

/* What the caller may read of a failure of the server's own. NULL: the text is meant for the caller. */
static char *
public_text (const GError *error, unsigned status, const Route *route)
{
    if (g_error_matches (error, APP_ERROR, APP_ERROR_CONSTRAINT))
        return g_strdup ("Something that this refers to was changed or removed at this moment, "
                         "try again");
    if (status == 500)
        return route != NULL ? failure_text (route->operation->id)
                             : g_strdup ("Internal server error");
    if (status > 500 && strchr (error->message, '\n') != NULL) /* see error.h */
        return g_strndup (error->message, strcspn (error->message, "\n"));
    return NULL;
}

ApiStatus
api_fail (ApiCall *call, GError *error)
{
    const Route *route = call->private_data->route;
    unsigned status = http_problem_status (error);
    g_autofree char *text = public_text (error, status, route);
    HttpResponse *response;

    if (text != NULL) {
        const char *operation = route != NULL ? route->operation->id : "(none)";

        g_log_structured (
            G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "EVENT", "operation-failed", "OPERATION", operation,
            "CORRELATION_ID",
            call->request->correlation_id != NULL ? call->request->correlation_id : "", "MESSAGE",
            "%s failed: %s", operation, error != NULL ? error->message : "no reason given");
    }
    response = problem_response (status, text != NULL ? text : error->message, NULL);
    g_clear_error (&error);
    return respond_with (call, response);
}

ApiStatus
api_refuse (ApiCall *call, AppErrorCode code, const char *format, ...)
{
    va_list args;
    GError *error;

    va_start (args, format);
    error = g_error_new_valist (APP_ERROR, (gint) code, format, args);
    va_end (args);
    return api_fail (call, error);
}

ApiStatus
api_refuse_access (ApiCall *call, const char *permission)
{
    return api_refuse (call, APP_ERROR_INVALID, "Not found or no %s access", permission);
}

ApiStatus
call_refuse_issues (ApiCall *self, const ApiIssues *issues)
{
    return respond_with (self, problem_response (400, "Validation failed", issues->json->str));
}

/* "a.0.b" is the chain of a, the index 0 and b. */
static const ApiPlace *
place_of_path (Arena *arena, const char *path)
{
    const ApiPlace *place = NULL;
    g_auto (GStrv) parts = g_strsplit (path, ".", -1);

    for (char **part = parts; *part != NULL; part++) {
        ApiPlace *inner = arena_new0 (arena, ApiPlace);

        inner->up = place;
        if (**part != '\0' && strspn (*part, "0123456789") == strlen (*part))
            inner->index = (gsize) g_ascii_strtoull (*part, NULL, 10);
        else
            inner->key = arena_strdup (arena, *part);
        place = inner;
    }
    return place;
}

ApiStatus
api_refuse_field (ApiCall *call, const char *path, const char *format, ...)
{
    g_autofree char *message = NULL;
    ApiIssues issues;
    va_list args;

    va_start (args, format);
    message = g_strdup_vprintf (format, args);
    va_end (args);
    api_issues_init (&issues, call->arena);
    api_issue_begin (&issues, "custom");
    api_issue_end (&issues, place_of_path (call->arena, path), "%s", message);
    return call_refuse_issues (call, &issues);
}

static void
add_header (ApiCall *call, const char *name, const char *value, gboolean is_cookie)
{
    AnswerHeader *header = arena_new0 (call->arena, AnswerHeader), **last;

    header->name = arena_strdup (call->arena, name);
    header->value = arena_strdup (call->arena, value);
    header->is_cookie = is_cookie;
    for (last = &call->private_data->headers; *last != NULL; last = &(*last)->next)
        ;
    *last = header; /* cookies are sent in the order they were set */
}

void
api_set_header (ApiCall *call, const char *name, const char *value)
{
    add_header (call, name, value, FALSE);
}

void
api_set_cookie (ApiCall *call, const char *set_cookie_value)
{
    add_header (call, "Set-Cookie", set_cookie_value, TRUE);
}
