/* shared_links.c -- a link as a credential, see shared-links.h */
#define G_LOG_DOMAIN "shared-links"
#include "features/shared-links/shared_links_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"

/* In whatever case and with whatever slash the router takes it. */
#define LOGIN_PATH "/api/shared-links/login"

static gboolean
refuse (GError **error, const char *text)
{
    g_clear_error (error);
    g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, text);
    return FALSE;
}

gboolean
link_find (Db *db, Arena *arena, PresentedKind kind, const char *text, LinkCredential *out,
           GError **error)
{
    gboolean is_key = kind == PRESENTED_SHARE_KEY;
    const char *refusal = is_key ? "Invalid share key" : "Invalid share slug";
    guint8 key[LINK_KEY_BYTES];
    GError *why = NULL;

    if (is_key && !link_key_parse (text, key))
        return refuse (error, refusal);
    if (link_store_find (db, arena, is_key ? key : NULL, text, timestamp_now_ms (), out, &why))
        return TRUE;
    if (!g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_propagate_error (error, why);
        return FALSE;
    }
    g_error_free (why);
    return refuse (error, refusal);
}

gboolean
link_is_open (HttpRequest *request, const LinkCredential *link)
{
    return link->password == NULL ||
           link_tokens_have (http_request_cookie (request, LINK_COOKIE), link->login_token);
}

/* The one operation that a link with a password may call before the password is known. */
static gboolean
is_login (const HttpRequest *request)
{
    gsize n = strlen (request->path);

    if (n > 0 && request->path[n - 1] == '/')
        n--;
    return n == strlen (LOGIN_PATH) && g_ascii_strncasecmp (request->path, LOGIN_PATH, n) == 0;
}

gboolean
link_authenticate (App *app, HttpRequest *request, Arena *arena, PresentedKind kind,
                   const char *text, Auth *out, GError **error)
{
    LinkCredential link;

    if (!link_find (app->db, arena, kind, text, &link, error))
        return FALSE;
    if (!link_is_open (request, &link) && !is_login (request))
        return refuse (error, "Password required");
    *out = (Auth){
        .kind = CREDENTIAL_LINK,
        .user_id = link.owner_id,
        .user_email = link.email,
        .user_name = link.name,
        .has_quota = link.has_quota_size_bytes,
        .quota_size_bytes = link.quota_size_bytes,
        .quota_usage_bytes = link.quota_usage_bytes,
        .link_id = link.id,
        .link_album_id = link.album_id,
        .link_allows_upload = link.allow_upload,
        .link_allows_download = link.allow_download && link.show_metadata, /* originals tell all */
        .link_shows_metadata = link.show_metadata,
    };
    return TRUE;
}
