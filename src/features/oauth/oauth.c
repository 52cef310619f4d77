/* oauth.c -- a login at the provider, from its beginning to knowing who came back
 *
 * Nothing of a login is stored here: the client keeps the state and the PKCE verifier (a browser in
 * cookies), and the nonce follows from them. */
#define G_LOG_DOMAIN "oauth"
#include "features/oauth/oauth_private.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"

#define SECRET_BYTES 32
#define MAX_KEPT_BYTES 8192 /* of what a session keeps of the provider */

static const char *
base64url (Arena *arena, const guint8 *bytes, gsize n_bytes)
{
    g_autofree char *text = g_base64_encode (bytes, n_bytes);

    g_strdelimit (text, "+", '-');
    g_strdelimit (text, "/", '_');
    return arena_strndup (arena, text, strcspn (text, "="));
}

const char *
oauth_new_secret (Arena *arena)
{
    guint8 bytes[SECRET_BYTES];

    random_bytes (bytes, sizeof bytes);
    return base64url (arena, bytes, sizeof bytes);
}

static const char *
hash_text (Arena *arena, const char *text)
{
    guint8 hash[SHA256_DIGEST_LENGTH];

    SHA256 ((const guint8 *) text, strlen (text), hash);
    return base64url (arena, hash, sizeof hash);
}

const char *
oauth_challenge_of (Arena *arena, const char *verifier)
{
    return hash_text (arena, verifier);
}

const char *
oauth_nonce_of (Arena *arena, const OAuthAttempt *attempt)
{
    return hash_text (arena, arena_printf (arena, "%s %s", attempt->challenge, attempt->state));
}

const char *
oauth_authorize_url (Arena *arena, const AdminConfigOAuth *config, const OidcProvider *provider,
                     const OAuthAttempt *attempt, const char *redirect_uri)
{
    const char *endpoint = provider->authorization_endpoint;
    g_autoptr (GString) url = g_string_new (endpoint);

    if (strchr (endpoint, '?') == NULL)
        g_string_append_c (url, '?');
    http_append_pair (url, "redirect_uri", redirect_uri);
    http_append_pair (url, "scope", config->scope);
    http_append_pair (url, "state", attempt->state);
    if (*config->prompt != '\0')
        http_append_pair (url, "prompt", config->prompt);
    if (provider->supports_s256) {
        http_append_pair (url, "code_challenge", attempt->challenge);
        http_append_pair (url, "code_challenge_method", "S256");
    }
    http_append_pair (url, "client_id", config->client_id);
    http_append_pair (url, "response_type", "code");
    http_append_pair (url, "nonce", oauth_nonce_of (arena, attempt));
    return arena_strdup (arena, url->str);
}

const char *
oauth_override_mobile (Arena *arena, const AdminConfigOAuth *config, const char *url)
{
    static const char scheme[] = "app.immich:", path[] = "oauth-callback";
    const char *at = url;

    if (!config->mobile_override_enabled || *config->mobile_redirect_uri == '\0')
        return url;
    while ((at = strstr (at, scheme)) != NULL) {
        const char *rest = at + strlen (scheme);
        gsize n_slashes = strspn (rest, "/");

        if (n_slashes > 0 && g_str_has_prefix (rest + n_slashes, path))
            return arena_printf (arena, "%.*s%s%s", (int) (at - url), url,
                                 config->mobile_redirect_uri, rest + n_slashes + strlen (path));
        at = rest;
    }
    return url;
}

/* ---- who came back ---- */

typedef struct {
    const char *redirect_uri;
    const char *code, *state, *issuer, *error; /* NULL: not in the URL */
} Returned;

static gboolean
fail (GError **error, const char *text)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INTERNAL, text);
    return FALSE;
}

static gboolean
read_return (Arena *arena, const char *url, Returned *out, GError **error)
{
    gsize n_base = strcspn (url, "?#"), n_pairs = 0;
    const char *query = url[n_base] == '?' ? url + n_base + 1 : "";
    const HttpPair *pairs = NULL;

    out->redirect_uri = arena_strndup (arena, url, n_base);
    query = arena_strndup (arena, query, strcspn (query, "#"));
    if (!http_parse_pairs (arena, query, &pairs, &n_pairs, error))
        return FALSE;
    for (gsize i = 0; i < n_pairs; i++) {
        if (strcmp (pairs[i].name, "code") == 0)
            out->code = pairs[i].value;
        else if (strcmp (pairs[i].name, "state") == 0)
            out->state = pairs[i].value;
        else if (strcmp (pairs[i].name, "iss") == 0)
            out->issuer = pairs[i].value;
        else if (strcmp (pairs[i].name, "error") == 0)
            out->error = pairs[i].value;
    }
    return TRUE;
}

static gboolean
check_return (const Returned *returned, const OAuthReturn *back, const OidcProvider *provider,
              GError **error)
{
    gsize n = strlen (back->state);

    if (returned->state == NULL || strlen (returned->state) != n ||
        CRYPTO_memcmp (returned->state, back->state, n) != 0)
        return fail (error, "the provider sent back another state than the client began with");
    if (returned->issuer != NULL && strcmp (returned->issuer, provider->issuer) != 0)
        return fail (error, "another provider sent the client back"); /* RFC 9207 */
    if (returned->error != NULL) {
        g_autofree char *shown = g_strescape (returned->error, NULL);

        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "the provider refused the login: %.200s",
                     shown);
        return FALSE;
    }
    if (returned->code == NULL || *returned->code == '\0')
        return fail (error, "the provider sent no code back");
    return TRUE;
}

/* @return (transfer full) the claims of the ID token, checked; NULL with an error */
static json_t *
read_id_token (OidcTalk *talk, const OidcProvider *provider, const OAuthReturn *back,
               const char *token, GError **error)
{
    const OAuthAttempt attempt = { back->state, oauth_challenge_of (talk->arena, back->verifier) };
    const OidcExpected expected = { .issuer = provider->issuer,
                                    .client_id = talk->config->client_id,
                                    .nonce = oauth_nonce_of (talk->arena, &attempt),
                                    .now_s = timestamp_now_ms () / 1000 };
    g_autoptr (json_t) claims =
        oidc_read_token (talk, provider, token, talk->config->signing_algorithm, error);

    if (claims == NULL || !oidc_check_id_token (claims, &expected, error)) {
        g_prefix_error_literal (error, "the ID token is refused: ");
        return NULL;
    }
    return g_steal_pointer (&claims);
}

/* Asked for when the ID token has no e-mail. It must be of the same person. */
static json_t *
read_userinfo (OidcTalk *talk, const OidcProvider *provider, const OidcTokens *tokens,
               const json_t *id_claims, GError **error)
{
    const char *subject = oidc_claim_text (id_claims, "sub");
    g_autoptr (json_t) claims = NULL;

    if (tokens->access_token == NULL || provider->userinfo_endpoint == NULL) {
        fail (error, "the ID token has no e-mail, and the provider gives no access to the profile");
        return NULL;
    }
    claims = oidc_userinfo (talk, provider, tokens->access_token, error);
    if (claims == NULL)
        return NULL;
    if (id_claims != NULL && g_strcmp0 (oidc_claim_text (claims, "sub"), subject) != 0) {
        fail (error, "the profile is of somebody else than the ID token");
        return NULL;
    }
    return g_steal_pointer (&claims);
}

static const char *
keep (Arena *arena, const char *text)
{
    return text != NULL && strlen (text) <= MAX_KEPT_BYTES ? arena_strdup (arena, text) : NULL;
}

gboolean
oauth_identify (OidcTalk *talk, const OAuthReturn *back, OAuthIdentity *out, GError **error)
{
    g_autoptr (json_t) id_claims = NULL, userinfo = NULL;
    const json_t *claims;
    Returned returned = { 0 };
    OidcProvider provider;
    OidcTokens tokens;
    OidcGrant grant;

    if (!oidc_discover (talk, &provider, error) ||
        !read_return (talk->arena, back->url, &returned, error) ||
        !check_return (&returned, back, &provider, error))
        return FALSE;
    grant = (OidcGrant){ returned.code, back->verifier, returned.redirect_uri };
    if (!oidc_redeem (talk, &provider, &grant, &tokens, error))
        return FALSE;
    if (tokens.id_token != NULL) {
        id_claims = read_id_token (talk, &provider, back, tokens.id_token, error);
        if (id_claims == NULL)
            return FALSE;
    }
    claims = id_claims;
    if (oidc_claim_text (id_claims, "email") == NULL) {
        userinfo = read_userinfo (talk, &provider, &tokens, id_claims, error);
        if (userinfo == NULL)
            return FALSE;
        claims = userinfo;
    }
    out->sid = keep (talk->arena, oidc_claim_text (id_claims, "sid"));
    out->id_token = keep (talk->arena, tokens.id_token);
    return oauth_profile_read (talk->arena, claims, talk->config, &out->profile, error);
}
