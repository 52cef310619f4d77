/* credentials.c -- see credentials.h */
#define G_LOG_DOMAIN "api"
#include "api/credentials.h"

#include <string.h>

static const char *
query_value (const HttpPair *query, gsize n_query, const char *name)
{
    for (gsize i = 0; i < n_query; i++)
        if (g_str_equal (query[i].name, name))
            return query[i].value;
    return NULL;
}

/* 'Bearer' in any case, exactly one space, the token. */
static const char *
bearer_token (HttpRequest *request)
{
    const char *value = http_request_header (request, "authorization");

    if (value == NULL || g_ascii_strncasecmp (value, "bearer ", 7) != 0 || value[7] == ' ')
        return NULL;
    return value + 7;
}

static const char *
first_of (const char *a, const char *b)
{
    if (a != NULL && *a != '\0')
        return a;
    return b != NULL && *b != '\0' ? b : NULL;
}

static const char *
session_token (HttpRequest *request, const HttpPair *query, gsize n_query)
{
    const char *found;

    found = first_of (http_request_header (request, "x-immich-user-token"),
                      http_request_header (request, "x-immich-session-token"));
    found = first_of (found, query_value (query, n_query, "sessionKey"));
    found = first_of (found, bearer_token (request));
    return first_of (found, http_request_cookie (request, "immich_access_token"));
}

gboolean
credentials_choose (HttpRequest *request, const HttpPair *query, gsize n_query,
                    PresentedKind *out_kind, const char **out_text)
{
    const char *texts[] = {
        [PRESENTED_SHARE_KEY] = first_of (http_request_header (request, "x-immich-share-key"),
                                          query_value (query, n_query, "key")),
        [PRESENTED_SHARE_SLUG] = first_of (http_request_header (request, "x-immich-share-slug"),
                                           query_value (query, n_query, "slug")),
        [PRESENTED_SESSION] = session_token (request, query, n_query),
        [PRESENTED_API_KEY] = first_of (http_request_header (request, "x-api-key"),
                                        query_value (query, n_query, "apiKey")),
    };

    for (guint kind = 0; kind < G_N_ELEMENTS (texts); kind++) {
        if (texts[kind] != NULL) {
            *out_kind = kind;
            *out_text = texts[kind];
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
holds (const StringList *permissions, const char *wanted)
{
    for (gsize i = 0; i < permissions->n; i++)
        if (g_str_equal (permissions->items[i], wanted))
            return TRUE;
    return FALSE;
}

gboolean
credentials_check (const ApiOperation *operation, const Auth *auth, GError **error)
{
    const char *wanted = operation->permission != NULL ? operation->permission : "all";

    if ((operation->flags & API_ADMIN && !auth->is_admin) ||
        (auth->kind == CREDENTIAL_LINK && !(operation->flags & API_TAKES_LINK))) {
        g_set_error (error, APP_ERROR, APP_ERROR_FORBIDDEN, "Forbidden");
        return FALSE;
    }
    if (auth->kind != CREDENTIAL_API_KEY || operation->flags & API_ANY_KEY ||
        holds (&auth->permissions, "all") || holds (&auth->permissions, wanted))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_FORBIDDEN, "Missing required permission: %s", wanted);
    return FALSE;
}
