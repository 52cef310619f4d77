/* The credential of a request: from the text that came to who asks. */
#define G_LOG_DOMAIN "auth"
#include "features/auth/auth_store.h"

#include "api/credentials.h"
#include "base/timestamp.h"
#include "features/sessions/sessions.h"

#define NOTE_USE_AFTER_MS (60 * 60 * 1000)
#define ELEVATION_KEPT_MS (5 * 60 * 1000) /* a request keeps a session elevated for this long */
#define ELEVATION_STEP_MS (15 * 1000)     /* and writes it at most this often */

static ApiAuthenticate link_authenticator;

void
auth_set_link_authenticator (ApiAuthenticate authenticate)
{
    link_authenticator = authenticate;
}

static gboolean
refuse (GError **error, const char *text)
{
    g_clear_error (error);
    g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, text);
    return FALSE;
}

/* A lookup that found nothing is refused with @text; any other failure stays what it is. */
static gboolean
refuse_missing (GError **error, GError *why, const char *text)
{
    if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_error_free (why);
        return refuse (error, text);
    }
    g_propagate_error (error, why);
    return FALSE;
}

/* Writes of a session that a request causes by its mere arrival; the request goes on without them.
 * FALSE when this thread must not write: the request begins again on another one. */
static gboolean
keep_session (Db *db, HttpRequest *request, Arena *arena, SessionCredential *session, gint64 now)
{
    g_autoptr (GError) why = NULL;
    const char *app_version = session_app_version_of (request, arena);
    SessionDevice device;
    gboolean is_elevated = session->has_pin_expires_at && session->pin_expires_at > now;
    gboolean keeps_elevation =
        is_elevated && session->pin_expires_at < now + ELEVATION_KEPT_MS - ELEVATION_STEP_MS;
    gboolean notes_use;

    /* An app's picture loader may send another user agent than the app: that is no new version. */
    notes_use = now - session->updated_at > NOTE_USE_AFTER_MS ||
                (app_version != NULL && g_strcmp0 (app_version, session->app_version) != 0);
    if ((keeps_elevation || notes_use) && api_begin_again ())
        return FALSE;
    if (keeps_elevation && !session_keep_elevation (db, session->session_id, session->user_id,
                                                    now + ELEVATION_KEPT_MS, &why)) {
        g_warning ("cannot keep the session elevated: %s, it locks early", why->message);
        g_clear_error (&why);
    }
    if (!notes_use)
        return TRUE;
    session_device_of (request, arena, &device);
    if (!session_note_use (db, session->session_id, &device, &why))
        g_warning ("cannot note the use of a session: %s, going on without", why->message);
    return TRUE;
}

static gboolean
authenticate_session (Db *db, HttpRequest *request, Arena *arena, const char *token, Auth *out,
                      GError **error)
{
    guint8 hash[AUTH_HASH_BYTES];
    GError *why = NULL;
    SessionCredential session;
    gint64 now = timestamp_now_ms ();

    auth_hash_token (token, hash);
    if (!session_find (db, arena, hash, &session, &why))
        return refuse_missing (error, why, "Invalid user token");
    if (session.has_expires_at && session.expires_at <= now)
        return refuse (error, "Invalid user token");
    if (!keep_session (db, request, arena, &session, now))
        return refuse (error, "the session is noted on another thread");
    *out = (Auth){
        .kind = CREDENTIAL_SESSION,
        .user_id = session.user_id,
        .user_email = session.email,
        .user_name = session.name,
        .is_admin = session.is_admin,
        .has_quota = session.has_quota_size_bytes,
        .quota_size_bytes = session.quota_size_bytes,
        .quota_usage_bytes = session.quota_usage_bytes,
        .session_id = session.session_id,
        .expires_at = session.has_expires_at ? session.expires_at : 0,
        .is_elevated = session.has_pin_expires_at && session.pin_expires_at > now,
    };
    return TRUE;
}

static gboolean
authenticate_key (Db *db, Arena *arena, const char *secret, Auth *out, GError **error)
{
    guint8 hash[AUTH_HASH_BYTES];
    GError *why = NULL;
    KeyCredential key;

    auth_hash_token (secret, hash);
    if (!auth_store_find_key (db, arena, hash, &key, &why))
        return refuse_missing (error, why, "Invalid API key");
    *out = (Auth){
        .kind = CREDENTIAL_API_KEY,
        .user_id = key.user_id,
        .user_email = key.email,
        .user_name = key.name,
        .is_admin = key.is_admin,
        .has_quota = key.has_quota_size_bytes,
        .quota_size_bytes = key.quota_size_bytes,
        .quota_usage_bytes = key.quota_usage_bytes,
        .key_id = key.key_id,
        .permissions = key.permissions,
    };
    return TRUE;
}

gboolean
auth_authenticate (App *app, HttpRequest *request, Arena *arena, PresentedKind kind,
                   const char *text, Auth *out, GError **error)
{
    switch (kind) {
    case PRESENTED_SHARE_KEY:
    case PRESENTED_SHARE_SLUG:
        if (link_authenticator != NULL)
            return link_authenticator (app, request, arena, kind, text, out, error);
        return refuse (error,
                       kind == PRESENTED_SHARE_KEY ? "Invalid share key" : "Invalid share slug");
    case PRESENTED_SESSION:
        return authenticate_session (app->db, request, arena, text, out, error);
    case PRESENTED_API_KEY:
        return authenticate_key (app->db, arena, text, out, error);
    }
    return refuse (error, "Authentication required");
}

gboolean
auth_may_do_all (const Auth *auth)
{
    if (auth->kind == CREDENTIAL_SESSION)
        return TRUE;
    for (gsize i = 0; i < auth->permissions.n; i++)
        if (g_str_equal (auth->permissions.items[i], "all"))
            return TRUE;
    return FALSE;
}

RealtimeIdentity
auth_identify (gpointer app, HttpRequest *request)
{
    RealtimeIdentity nobody = { .user_id = NULL };
    PresentedKind kind;
    const char *text;
    Auth auth;

    /* without a query: browsers write those into logs and histories */
    if (!credentials_choose (request, NULL, 0, &kind, &text) ||
        (kind != PRESENTED_SESSION && kind != PRESENTED_API_KEY) ||
        !auth_authenticate (app, request, request->arena, kind, text, &auth, NULL) ||
        !auth_may_do_all (&auth))
        return nobody;
    return (RealtimeIdentity){ g_strdup (auth.user_id), g_strdup (auth.session_id),
                               auth.expires_at };
}
