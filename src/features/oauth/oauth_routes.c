/* The routes of OAuth: beginning a login, coming back from the provider, linking, logging out. */
#define G_LOG_DOMAIN "oauth"
#include "features/oauth/oauth.h"

#include <string.h>

#include "base/timestamp.h"
#include "features/auth/auth.h"
#include "features/config/config.h"
#include "features/oauth/oauth_private.h"
#include "features/sessions/sessions.h"
#include "features/users/users.h"

#define STATE_COOKIE "immich_oauth_state"
#define VERIFIER_COOKIE "immich_oauth_code_verifier"
#define MOBILE_URI "app.immich:///oauth-callback"
#define MAX_TEXT_BYTES 2048 /* of what a client gives */
#define MAX_URL_BYTES 16384
#define MAX_PICTURE_BYTES (10 * 1024 * 1024)

/* What a login may take in all, whatever the setting 'timeout' says: a thread of the pool waits. */
#define START_MS 10000
#define FINISH_MS 60000
#define PICTURE_MS 5000 /* of it; its server is whoever's the user names */
#define LOGOUT_MS 5000

static ApiStatus
refuse_disabled (ApiCall *call)
{
    return api_refuse (call, APP_ERROR_INVALID, "OAuth is not enabled");
}

/* ---- beginning ---- */

typedef struct {
    const char *redirect_uri, *state, *challenge; /* NULL: not given */
} Beginning;

static gboolean
is_too_long (const char *text)
{
    return text != NULL && strlen (text) > MAX_TEXT_BYTES;
}

static ApiStatus
begin (ApiCall *call, const Beginning *given, OAuthAuthorizeResponse *out)
{
    const AdminConfigOAuth *config = config_get (call->app)->oauth;
    OidcTalk talk = oidc_talk (config, call->arena, START_MS);
    g_autoptr (GError) why = NULL;
    const char *redirect_uri;
    OidcProvider provider;
    OAuthAttempt attempt = { given->state, given->challenge };

    if (!config->enabled)
        return refuse_disabled (call);
    if (is_too_long (given->redirect_uri) || is_too_long (given->state) ||
        is_too_long (given->challenge))
        return api_refuse (call, APP_ERROR_INVALID,
                           "redirectUri, state and codeChallenge may have %d bytes each at most",
                           MAX_TEXT_BYTES);
    if (!oidc_discover (&talk, &provider, &why)) {
        /* what is wrong with it is for its admin to read, not for anyone who can reach this server */
        g_autofree char *server = http_server_of (config->issuer_url);

        g_warning ("a login at '%s' cannot begin: %s", server, why->message);
        return api_refuse (call, APP_ERROR_UNAVAILABLE,
                           "Error in OAuth discovery: the login provider cannot be used now. The "
                           "server's log says why");
    }
    if (attempt.state == NULL || *attempt.state == '\0')
        attempt.state = oauth_new_secret (call->arena);
    auth_set_cookie (call, STATE_COOKIE, attempt.state, AUTH_COOKIE_LIFE_S, TRUE);
    if (attempt.challenge == NULL || *attempt.challenge == '\0') {
        const char *verifier = oauth_new_secret (call->arena);

        attempt.challenge = oauth_challenge_of (call->arena, verifier);
        auth_set_cookie (call, VERIFIER_COOKIE, verifier, AUTH_COOKIE_LIFE_S, TRUE);
    } else {
        auth_clear_cookie (call, VERIFIER_COOKIE); /* the client has its own */
    }
    redirect_uri = oauth_override_mobile (call->arena, config, given->redirect_uri);
    out->url = oauth_authorize_url (call->arena, config, &provider, &attempt, redirect_uri);
    return API_OK;
}

static ApiStatus
start_oauth (ApiCall *call, const StartOAuthRequest *in, OAuthAuthorizeResponse *out)
{
    const Beginning given = { in->body->redirect_uri, in->body->state, in->body->code_challenge };

    return begin (call, &given, out);
}

static ApiStatus
start_oauth_by_get (ApiCall *call, const StartOAuthByGetRequest *in, OAuthAuthorizeResponse *out)
{
    const Beginning given = { in->redirect_uri != NULL ? in->redirect_uri : MOBILE_URI, in->state,
                              in->code_challenge };

    if (in->code_challenge_method != NULL && strcmp (in->code_challenge_method, "S256") != 0)
        return api_refuse_field (call, "code_challenge_method",
                                 "Invalid option: expected one of \"S256\"");
    return begin (call, &given, out);
}

static ApiStatus
redirect_oauth_to_mobile (ApiCall *call, const RedirectOAuthToMobileRequest *in)
{
    HttpResponse *response = http_response_new (307);

    http_response_set_header (response, "Location",
                              arena_printf (call->arena, MOBILE_URI "?%s", call->request->query));
    return api_respond (call, response);
}

/* ---- coming back ---- */

/* The body says it; a browser, which keeps it in cookies, leaves it out. NULL: missing. */
static const char *
given_or_cookie (ApiCall *call, const char *given, const char *cookie)
{
    const char *text = given != NULL ? given : http_request_cookie (call->request, cookie);

    return text != NULL && *text != '\0' ? text : NULL;
}

/* @param overrides  whether the app's address is replaced as at the beginning
 * FALSE when it answered. */
static gboolean
read_back (ApiCall *call, const OAuthCallback *body, gboolean overrides, OAuthReturn *out)
{
    const AdminConfigOAuth *config = config_get (call->app)->oauth;
    const OAuthReturn back = {
        .url = overrides ? oauth_override_mobile (call->arena, config, body->url) : body->url,
        .state = given_or_cookie (call, body->state, STATE_COOKIE),
        .verifier = given_or_cookie (call, body->code_verifier, VERIFIER_COOKIE),
    };

    if (!config->enabled)
        refuse_disabled (call);
    else if (back.state == NULL)
        api_refuse (call, APP_ERROR_INVALID, "OAuth state is missing");
    else if (back.verifier == NULL)
        api_refuse (call, APP_ERROR_INVALID, "OAuth code verifier is missing");
    else if (strlen (back.url) > MAX_URL_BYTES || is_too_long (back.state) ||
             is_too_long (back.verifier))
        api_refuse (call, APP_ERROR_INVALID, "url, state or codeVerifier is too long");
    else {
        *out = back;
        return TRUE;
    }
    return FALSE;
}

/* Whatever went wrong at the provider is one status for clients; the log has the reason. */
static ApiStatus
fail_at_provider (ApiCall *call, GError *why)
{
    why->code = APP_ERROR_INTERNAL;
    return api_fail (call, why);
}

/* Host and port alike: the provider's own picture may be in the private network as the provider is. */
static gboolean
is_of_provider (const char *url, const char *issuer_url)
{
    gsize n = strlen (issuer_url);
    const char *host = strstr (issuer_url, "://");

    if (host != NULL)
        n = (gsize) (host + 3 - issuer_url) + strcspn (host + 3, "/?#");
    return strncmp (url, issuer_url, n) == 0 && strchr ("/?#", url[n]) != NULL;
}

/* A login does not fail for its picture. */
static void
fetch_picture (ApiCall *call, const char *user_id, const char *url)
{
    OidcTalk talk = oidc_talk (config_get (call->app)->oauth, call->arena, PICTURE_MS);
    gboolean is_providers = is_of_provider (url, talk.config->issuer_url);
    HttpAsk ask = { .url = url,
                    .accept = "image/*",
                    .max_bytes = MAX_PICTURE_BYTES,
                    .max_redirects = is_providers ? 0 : 3,
                    .is_strangers = !is_providers };
    g_autoptr (GError) why = NULL;
    HttpReply reply;

    if (!oidc_ask (&talk, &ask, &reply, &why))
        g_message ("the picture of '%s' cannot be fetched: %s, skipping", user_id, why->message);
    else if (reply.status != 200)
        g_message ("the picture of '%s' cannot be fetched: status %u, skipping", user_id,
                   reply.status);
    else if (!users_set_first_picture (call->app, call->arena, user_id, reply.body, reply.n_bytes,
                                       &why))
        g_message ("the picture of '%s' cannot be used: %s, skipping", user_id, why->message);
}

static ApiStatus
finish_oauth (ApiCall *call, const FinishOAuthRequest *in, LoginResponse *out)
{
    OidcTalk talk = oidc_talk (config_get (call->app)->oauth, call->arena, FINISH_MS);
    AuthLogin login = { .type = "oauth" };
    GError *error = NULL;
    OAuthIdentity identity;
    OAuthAccount account;
    OAuthReturn back;

    if (!read_back (call, in->body, TRUE, &back))
        return API_FAILED;
    if (!oauth_identify (&talk, &back, &identity, &error))
        return fail_at_provider (call, error);
    if (!oauth_choose_account (call->app, call->arena, &identity.profile, &account, &error))
        return api_fail (call, error);
    auth_clear_cookie (call, STATE_COOKIE);
    auth_clear_cookie (call, VERIFIER_COOKIE);
    login.sid = identity.sid;
    login.id_token = identity.id_token;
    if (!auth_log_in (call, account.user_id, &login, out, &error))
        return api_fail (call, error);
    if (account.is_first_login && identity.profile.picture != NULL)
        fetch_picture (call, account.user_id, identity.profile.picture);
    return API_OK;
}

/* ---- linking ---- */

static ApiStatus
describe_me (ApiCall *call, UserAdminResponse *out)
{
    GError *error = NULL;
    UserRow user;

    if (!users_load (call->db, call->arena, call->auth->user_id, &user, &error))
        return api_fail (call, error);
    users_fill_admin (&user, out);
    return API_OK;
}

static ApiStatus
link_oauth_account (ApiCall *call, const LinkOAuthAccountRequest *in, UserAdminResponse *out)
{
    OidcTalk talk = oidc_talk (config_get (call->app)->oauth, call->arena, FINISH_MS);
    GError *error = NULL;
    OAuthIdentity identity;
    OAuthReturn back;

    if (!read_back (call, in->body, FALSE, &back))
        return API_FAILED;
    if (!oauth_identify (&talk, &back, &identity, &error))
        return fail_at_provider (call, error);
    if (!oauth_link_account (call, &identity, &error))
        return api_fail (call, error);
    return describe_me (call, out);
}

static ApiStatus
unlink_oauth_account (ApiCall *call, const UnlinkOAuthAccountRequest *in, UserAdminResponse *out)
{
    GError *error = NULL;

    if (!oauth_store_set_subject (call->db, call->auth->user_id, "", &error))
        return api_fail (call, error);
    return describe_me (call, out);
}

static ApiStatus
unlink_all_oauth_accounts_admin (ApiCall *call, const UnlinkAllOAuthAccountsAdminRequest *in)
{
    GError *error = NULL;

    if (!oauth_store_clear_subjects (call->db, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- logging out ---- */

/* Also ends the login at the provider, if it can: else the next click on 'log in' would be enough for
 * whoever comes to this browser. (AuthLogoutUrl) */
static const char *
logout_url (ApiCall *call, const char *id_token)
{
    const AdminConfigOAuth *config = config_get (call->app)->oauth;
    OidcTalk talk = oidc_talk (config, call->arena, LOGOUT_MS);
    const char *endpoint = config->end_session_endpoint;
    g_autoptr (GError) why = NULL;
    g_autoptr (GString) url = NULL;
    OidcProvider provider;

    if (!config->enabled)
        return NULL;
    if (*endpoint == '\0') {
        if (!oidc_discover (&talk, &provider, &why)) {
            g_autofree char *server = http_server_of (config->issuer_url);

            g_message ("no logout at '%s': %s, skipping", server, why->message);
            return NULL;
        }
        endpoint = provider.end_session_endpoint;
    }
    if (endpoint == NULL || id_token == NULL)
        return endpoint;
    url = g_string_new (endpoint);
    if (strchr (endpoint, '?') == NULL)
        g_string_append_c (url, '?');
    http_append_pair (url, "id_token_hint", id_token);
    return arena_strdup (call->arena, url->str);
}

/* @return (transfer full) the claims; NULL: the token is none of the provider's, the log says why */
static json_t *
read_logout_token (ApiCall *call, const AdminConfigOAuth *config, const char *token)
{
    OidcTalk talk = oidc_talk (config, call->arena, START_MS);
    OidcExpected expected = { .client_id = config->client_id, .now_s = timestamp_now_ms () / 1000 };
    g_autoptr (json_t) claims = NULL;
    g_autoptr (GError) why = NULL;
    OidcProvider provider;

    if (oidc_discover (&talk, &provider, &why)) {
        expected.issuer = provider.issuer;
        claims = oidc_read_token (&talk, &provider, token, config->signing_algorithm, &why);
        if (claims != NULL && oidc_check_logout_token (claims, &expected, &why))
            return g_steal_pointer (&claims);
    }
    g_message ("a logout token from '%s' is refused: %s", call->request->peer, why->message);
    return NULL;
}

static ApiStatus
logout_oauth (ApiCall *call, const LogoutOAuthRequest *in)
{
    const AdminConfigOAuth *config = config_get (call->app)->oauth;
    g_autoptr (json_t) claims = NULL;
    const char *subject, *sid;
    GError *error = NULL;
    StringList ended;

    if (!config->enabled)
        return api_refuse (call, APP_ERROR_INVALID,
                           "Received backchannel logout request but OAuth is not enabled");
    api_set_header (call, "Cache-Control", "no-store");
    claims = read_logout_token (call, config, in->body->logout_token);
    if (claims == NULL)
        return api_refuse (call, APP_ERROR_INVALID,
                           "Error backchannel logout: token validation failed");
    subject = oidc_claim_text (claims, "sub");
    sid = oidc_claim_text (claims, "sid");
    if (subject == NULL && sid == NULL)
        return api_refuse (call, APP_ERROR_INVALID,
                           "Invalid logout token: it must contain either a sub or a sid claim");
    if (!sessions_delete_oauth (call->db, call->arena, subject, sid, &ended, &error))
        return api_fail (call, error);
    sessions_tell_end (call->app, &ended);
    return API_OK;
}

static const OauthHandlers handlers = {
    .unlink_all_oauth_accounts_admin = unlink_all_oauth_accounts_admin,
    .start_oauth_by_get = start_oauth_by_get,
    .start_oauth = start_oauth,
    .logout_oauth = logout_oauth,
    .finish_oauth = finish_oauth,
    .link_oauth_account = link_oauth_account,
    .redirect_oauth_to_mobile = redirect_oauth_to_mobile,
    .unlink_oauth_account = unlink_oauth_account,
};

static void
config_changed (App *app, const AdminConfig *config)
{
    oidc_forget ();
}

void
oauth_start (App *app, Api *api)
{
    api_serve_oauth (api, &handlers);
    auth_set_logout_url (logout_url);
    config_on_change (app, config_changed);
}
