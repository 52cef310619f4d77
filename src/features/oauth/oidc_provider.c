/* oidc_provider.c -- talking to the provider of logins, see oidc_provider.h
 *
 * Anyone may begin a login, so a slow provider must not take the server's threads, eight at least: so
 * many talk to it at once, a few wait a moment, the others are refused. What it says of itself and its keys are kept
 * for TTL_S; a token with an unknown key has the keys read again, at most MAX_REREADS times a minute,
 * as anyone may send such tokens. */
#define G_LOG_DOMAIN "oauth"
#include "features/oauth/oidc_provider.h"

#include <string.h>

#include "base/error.h"

#define MAX_ANSWER_BYTES (256 * 1024)
#define MAX_URL_BYTES 2048
#define TTL_S 600
#define MAX_REREADS 6
#define MAX_TALKERS 4
#define MAX_WAITERS 2
#define TALKER_WAIT_US (2 * G_USEC_PER_SEC)
#define MAX_SHOWN_BYTES 200 /* of what a provider says, in the log */

/* ---- turns ---- */

static GMutex talkers_lock;
static GCond talker_left;
static guint n_talkers, n_waiters;

static gboolean
take_turn (gint64 ends_at_us, GError **error)
{
    gint64 until = MIN (ends_at_us, g_get_monotonic_time () + TALKER_WAIT_US);
    gboolean is_mine;

    g_mutex_lock (&talkers_lock);
    if (n_talkers >= MAX_TALKERS && n_waiters < MAX_WAITERS) {
        n_waiters++;
        while (n_talkers >= MAX_TALKERS && g_cond_wait_until (&talker_left, &talkers_lock, until))
            ;
        n_waiters--;
    }
    is_mine = n_talkers < MAX_TALKERS;
    n_talkers += is_mine;
    g_mutex_unlock (&talkers_lock);
    if (!is_mine)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                             "too many logins wait for the provider");
    return is_mine;
}

static void
end_turn (void)
{
    g_mutex_lock (&talkers_lock);
    n_talkers--;
    g_cond_signal (&talker_left);
    g_mutex_unlock (&talkers_lock);
}

OidcTalk
oidc_talk (const AdminConfigOAuth *config, Arena *arena, gint64 most_ms)
{
    return (OidcTalk){
        .config = config,
        .arena = arena,
        .ends_at_us = g_get_monotonic_time () + MIN (config->timeout, most_ms) * 1000,
    };
}

gboolean
oidc_ask (OidcTalk *talk, HttpAsk *ask, HttpReply *out, GError **error)
{
    gboolean is_answered;

    if (!take_turn (talk->ends_at_us, error))
        return FALSE;
    ask->is_insecure = talk->config->allow_insecure_requests;
    ask->time_limit_ms = (talk->ends_at_us - g_get_monotonic_time ()) / 1000;
    is_answered = http_ask (ask, talk->arena, out, error);
    end_turn ();
    return is_answered;
}

/* ---- answers ---- */

static gboolean
fail (GError **error, const char *text)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE, text);
    return FALSE;
}

/* The provider's own words, made harmless for a log. */
static char *
words_of (const HttpReply *reply)
{
    g_autoptr (json_t) json = json_loadb (reply->body, reply->n_bytes, 0, NULL);
    const char *code = oidc_claim_text (json, "error");
    const char *text = oidc_claim_text (json, "error_description");
    g_autofree char *all = g_strdup_printf ("%.*s %.*s", MAX_SHOWN_BYTES, code != NULL ? code : "",
                                            MAX_SHOWN_BYTES, text != NULL ? text : "");

    return g_strescape (g_strstrip (all), NULL);
}

/* @param what  for the message: "description" */
static gboolean
check_status (const HttpReply *reply, const char *what, GError **error)
{
    g_autofree char *words = NULL;

    if (reply->status == 200)
        return TRUE;
    words = words_of (reply);
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "the provider answers %u when asked for its %s%s%s", reply->status, what,
                 *words != '\0' ? ": " : "", words);
    return FALSE;
}

/* @return (transfer full) NULL with an error */
static json_t *
read_object (const char *text, gsize n_bytes, const char *what, GError **error)
{
    g_autoptr (json_t) json = json_loadb (text, n_bytes, 0, NULL);

    if (json_is_object (json))
        return g_steal_pointer (&json);
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "the provider's %s is not a JSON object",
                 what);
    return NULL;
}

/* ---- what is kept: of one provider, that of the settings ---- */

typedef struct {
    char *url; /* where it was read; NULL: nothing is kept */
    GBytes *text;
    gint64 read_at_us;
} Kept;

static GMutex kept_lock;
static Kept kept_description, kept_keys;
static gint64 rereads_since_us;
static guint n_rereads;

static void
kept_clear (Kept *kept)
{
    g_clear_pointer (&kept->url, g_free);
    g_clear_pointer (&kept->text, g_bytes_unref);
}

static void
kept_drop (Kept *kept)
{
    g_mutex_lock (&kept_lock);
    kept_clear (kept);
    g_mutex_unlock (&kept_lock);
}

void
oidc_forget (void)
{
    kept_drop (&kept_description);
    kept_drop (&kept_keys);
}

static GBytes *
kept_find (const Kept *kept, const char *url)
{
    GBytes *found = NULL;

    g_mutex_lock (&kept_lock);
    if (g_strcmp0 (kept->url, url) == 0 &&
        g_get_monotonic_time () - kept->read_at_us < TTL_S * G_USEC_PER_SEC)
        found = g_bytes_ref (kept->text);
    g_mutex_unlock (&kept_lock);
    return found;
}

static void
kept_set (Kept *kept, const char *url, GBytes *text)
{
    g_mutex_lock (&kept_lock);
    kept_clear (kept);
    kept->url = g_strdup (url);
    kept->text = g_bytes_ref (text);
    kept->read_at_us = g_get_monotonic_time ();
    g_mutex_unlock (&kept_lock);
}

static gboolean
may_reread (void)
{
    gint64 now = g_get_monotonic_time ();
    gboolean may;

    g_mutex_lock (&kept_lock);
    if (now - rereads_since_us > 60 * G_USEC_PER_SEC) {
        rereads_since_us = now;
        n_rereads = 0;
    }
    may = n_rereads < MAX_REREADS;
    n_rereads += may;
    g_mutex_unlock (&kept_lock);
    return may;
}

/* @return (transfer full) what stands at @url, from memory when it is fresh; only what is an object is
 *         kept */
static json_t *
load (OidcTalk *talk, Kept *kept, const char *url, const char *what, GError **error)
{
    g_autoptr (GBytes) text = kept_find (kept, url);
    HttpAsk ask = { .url = url, .accept = "application/json", .max_bytes = MAX_ANSWER_BYTES };
    HttpReply reply;
    json_t *json;

    if (text != NULL)
        return read_object (g_bytes_get_data (text, NULL), g_bytes_get_size (text), what, error);
    if (!oidc_ask (talk, &ask, &reply, error) || !check_status (&reply, what, error))
        return NULL;
    json = read_object (reply.body, reply.n_bytes, what, error);
    if (json != NULL) {
        text = g_bytes_new (reply.body, reply.n_bytes);
        kept_set (kept, url, text);
    }
    return json;
}

/* ---- discovery ---- */

static gboolean
is_web_url (const OidcTalk *talk, const char *text)
{
    return strlen (text) <= MAX_URL_BYTES && (g_ascii_strncasecmp (text, "https://", 8) == 0 ||
                                              (talk->config->allow_insecure_requests &&
                                               g_ascii_strncasecmp (text, "http://", 7) == 0));
}

/* *@out is NULL when there is none. */
static gboolean
read_url (OidcTalk *talk, const json_t *description, const char *name, const char **out,
          GError **error)
{
    const char *text = oidc_claim_text (description, name);

    if (text != NULL && !is_web_url (talk, text)) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the provider's '%s' is not a URL that begins with https://; set "
                     "'allowInsecureRequests' to allow http",
                     name);
        return FALSE;
    }
    *out = arena_strdup (talk->arena, text);
    return TRUE;
}

static gboolean
supports_s256 (const json_t *description)
{
    const json_t *methods = json_object_get (description, "code_challenge_methods_supported");

    for (gsize i = 0; i < json_array_size (methods); i++)
        if (g_strcmp0 (json_string_value (json_array_get (methods, i)), "S256") == 0)
            return TRUE;
    return FALSE;
}

static gsize
length_without_slash (const char *text)
{
    gsize n = strlen (text);

    return n > 0 && text[n - 1] == '/' ? n - 1 : n;
}

/* An issuer that is not the one asked could speak for any user of ours. Who gives the whole address of
 * the description takes the issuer it names. */
static gboolean
check_issuer (const char *issuer, const char *wanted, GError **error)
{
    gsize n = length_without_slash (wanted);

    if (issuer == NULL)
        return fail (error, "the provider's description names no issuer");
    if (strstr (wanted, "/.well-known/") != NULL ||
        (length_without_slash (issuer) == n && strncmp (issuer, wanted, n) == 0))
        return TRUE;
    return fail (error, "the provider names another issuer than the setting 'issuerUrl'");
}

gboolean
oidc_discover (OidcTalk *talk, OidcProvider *out, GError **error)
{
    const char *wanted = talk->config->issuer_url, *url = wanted;
    g_autoptr (json_t) description = NULL;
    OidcProvider found = { 0 };

    if (!is_web_url (talk, wanted))
        return fail (error, "the setting 'issuerUrl' is not a URL that begins with https://; set "
                            "'allowInsecureRequests' to allow http");
    if (strstr (wanted, "/.well-known/") == NULL)
        url = arena_printf (talk->arena, "%.*s/.well-known/openid-configuration",
                            (int) length_without_slash (wanted), wanted);
    description = load (talk, &kept_description, url, "description", error);
    if (description == NULL)
        return FALSE;
    found.issuer = arena_strdup (talk->arena, oidc_claim_text (description, "issuer"));
    found.supports_s256 = supports_s256 (description);
    if (!check_issuer (found.issuer, wanted, error) ||
        !read_url (talk, description, "authorization_endpoint", &found.authorization_endpoint,
                   error) ||
        !read_url (talk, description, "token_endpoint", &found.token_endpoint, error) ||
        !read_url (talk, description, "userinfo_endpoint", &found.userinfo_endpoint, error) ||
        !read_url (talk, description, "jwks_uri", &found.keys_url, error) ||
        !read_url (talk, description, "end_session_endpoint", &found.end_session_endpoint, error))
        return FALSE;
    if (found.authorization_endpoint == NULL || found.token_endpoint == NULL)
        return fail (error, "the provider's description names no authorization_endpoint or no "
                            "token_endpoint");
    *out = found;
    return TRUE;
}

/* ---- tokens ---- */

json_t *
oidc_read_token (OidcTalk *talk, const OidcProvider *provider, const char *token,
                 const char *algorithm, GError **error)
{
    OidcTrust trust = { .algorithm = algorithm, .client_secret = talk->config->client_secret };
    g_autoptr (json_t) keys = NULL;
    g_autoptr (GError) why = NULL;
    gboolean knows_no_key = FALSE;
    json_t *claims;

    if (oidc_algorithm_is_shared (algorithm))
        return oidc_token_read (token, &trust, NULL, error);
    if (provider->keys_url == NULL) {
        fail (error, "the provider's description names no jwks_uri");
        return NULL;
    }
    keys = load (talk, &kept_keys, provider->keys_url, "keys", error);
    if (keys == NULL)
        return NULL;
    trust.keys = keys;
    claims = oidc_token_read (token, &trust, &knows_no_key, &why);
    if (claims == NULL && knows_no_key && may_reread ()) {
        kept_drop (&kept_keys);
        json_decref (g_steal_pointer (&keys));
        keys = load (talk, &kept_keys, provider->keys_url, "keys", error);
        if (keys == NULL)
            return NULL;
        trust.keys = keys;
        return oidc_token_read (token, &trust, NULL, error);
    }
    if (why != NULL)
        g_propagate_error (error, g_steal_pointer (&why));
    return claims;
}

/* RFC 6749 2.3.1: both are form-encoded before they are joined. */
static const char *
basic_authorization (OidcTalk *talk)
{
    g_autoptr (GString) pair = g_string_new (NULL);
    g_autofree char *text = NULL;

    http_append_form_text (pair, talk->config->client_id);
    g_string_append_c (pair, ':');
    http_append_form_text (pair, talk->config->client_secret);
    text = g_base64_encode ((const guchar *) pair->str, pair->len);
    return arena_printf (talk->arena, "Basic %s", text);
}

gboolean
oidc_redeem (OidcTalk *talk, const OidcProvider *provider, const OidcGrant *grant, OidcTokens *out,
             GError **error)
{
    const AdminConfigOAuth *config = talk->config;
    gboolean is_basic =
        config->token_endpoint_auth_method == OAUTH_TOKEN_ENDPOINT_AUTH_METHOD_CLIENT_SECRET_BASIC;
    g_autoptr (GString) form = g_string_new (NULL);
    HttpAsk ask = { .url = provider->token_endpoint,
                    .accept = "application/json",
                    .max_bytes = MAX_ANSWER_BYTES };
    g_autoptr (json_t) json = NULL;
    HttpReply reply;

    http_append_pair (form, "redirect_uri", grant->redirect_uri);
    http_append_pair (form, "code", grant->code);
    if (provider->supports_s256)
        http_append_pair (form, "code_verifier", grant->verifier);
    http_append_pair (form, "grant_type", "authorization_code");
    if (*config->client_secret == '\0') {
        http_append_pair (form, "client_id", config->client_id);
    } else if (is_basic) {
        ask.authorization = basic_authorization (talk);
    } else {
        http_append_pair (form, "client_id", config->client_id);
        http_append_pair (form, "client_secret", config->client_secret);
    }
    ask.form = form->str;
    if (!oidc_ask (talk, &ask, &reply, error) || !check_status (&reply, "tokens", error))
        return FALSE;
    json = read_object (reply.body, reply.n_bytes, "answer with tokens", error);
    if (json == NULL)
        return FALSE;
    out->access_token = arena_strdup (talk->arena, oidc_claim_text (json, "access_token"));
    out->id_token = arena_strdup (talk->arena, oidc_claim_text (json, "id_token"));
    return TRUE;
}

/* A signed answer says for whom it is, if it says it (OpenID Connect Core 5.3.2). */
static gboolean
check_signed_userinfo (OidcTalk *talk, const OidcProvider *provider, const json_t *claims,
                       GError **error)
{
    const json_t *issuer = json_object_get (claims, "iss"),
                 *audience = json_object_get (claims, "aud");
    gboolean is_ours =
        audience == NULL || g_strcmp0 (json_string_value (audience), talk->config->client_id) == 0;

    for (gsize i = 0; i < json_array_size (audience); i++)
        is_ours |= g_strcmp0 (json_string_value (json_array_get (audience, i)),
                              talk->config->client_id) == 0;
    if (issuer != NULL && g_strcmp0 (json_string_value (issuer), provider->issuer) != 0)
        return fail (error, "the profile is of another issuer than the provider");
    return is_ours || fail (error, "the profile is for another client");
}

json_t *
oidc_userinfo (OidcTalk *talk, const OidcProvider *provider, const char *access_token,
               GError **error)
{
    const char *algorithm = talk->config->profile_signing_algorithm;
    gboolean is_signed = *algorithm != '\0' && strcmp (algorithm, "none") != 0;
    HttpAsk ask = { .url = provider->userinfo_endpoint,
                    .accept = "application/json, application/jwt",
                    .authorization = arena_printf (talk->arena, "Bearer %s", access_token),
                    .max_bytes = MAX_ANSWER_BYTES };
    g_autoptr (json_t) claims = NULL;
    HttpReply reply;

    for (const char *c = access_token; *c != '\0'; c++)
        if (!g_ascii_isgraph (*c)) { /* it becomes part of a header */
            fail (error, "the provider's access token is not one");
            return NULL;
        }
    if (!oidc_ask (talk, &ask, &reply, error) || !check_status (&reply, "profile", error))
        return NULL;
    if (!is_signed)
        return read_object (reply.body, reply.n_bytes, "profile", error);
    claims = oidc_read_token (talk, provider, reply.body, algorithm, error);
    if (claims == NULL || !check_signed_userinfo (talk, provider, claims, error))
        return NULL;
    return g_steal_pointer (&claims);
}
