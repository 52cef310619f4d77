/* oidc_token.c -- signed tokens of a provider, see oidc_token.h
 *
 * The algorithm is ours to choose, never the token's: one that names another is refused before a key
 * is looked at, so 'none' and a public key taken for a shared secret cannot happen. */
#define G_LOG_DOMAIN "oauth"
#include "features/oauth/oidc_token.h"

#include <cjose/cjose.h>
#include <string.h>

#include "base/error.h"

#define MAX_TOKEN_BYTES (32 * 1024)
#define MAX_KEYS 50
#define MIN_RSA_BITS 2048
#define LEEWAY_S 30          /* between our clock and the provider's */
#define LOGOUT_MAX_AGE_S 120 /* a logout token is sent when it is made */
#define LOGOUT_LEEWAY_S 5
#define LOGOUT_EVENT "http://schemas.openid.net/event/backchannel-logout"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (cjose_jws_t, cjose_jws_release)
typedef cjose_jwk_t CjoseKey;

static void
key_release (CjoseKey *key)
{
    if (key != NULL)
        cjose_jwk_release (key);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CjoseKey, key_release)

static const struct {
    const char *name, *key_type;
    const char *curve; /* NULL: none */
} algorithms[] = {
    { "RS256", "RSA", NULL },   { "RS384", "RSA", NULL },   { "RS512", "RSA", NULL },
    { "PS256", "RSA", NULL },   { "PS384", "RSA", NULL },   { "PS512", "RSA", NULL },
    { "ES256", "EC", "P-256" }, { "ES384", "EC", "P-384" }, { "ES512", "EC", "P-521" },
    { "HS256", "oct", NULL },   { "HS384", "oct", NULL },   { "HS512", "oct", NULL },
};

/* -1: not one that we know */
static int
find_algorithm (const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS (algorithms); i++)
        if (strcmp (algorithms[i].name, name) == 0)
            return (int) i;
    return -1;
}

static gboolean
refuse (GError **error, const char *text)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, text);
    return FALSE;
}

gboolean
oidc_algorithm_is_shared (const char *algorithm)
{
    return g_str_has_prefix (algorithm, "HS");
}

const char *
oidc_claim_text (const json_t *claims, const char *name)
{
    const char *text = json_string_value (json_object_get (claims, name));

    return text != NULL && *text != '\0' ? text : NULL;
}

/* ---- signature ---- */

/* Whether @key may have signed with this algorithm, and a token of this key id (NULL: none is named). */
static gboolean
key_fits (const json_t *key, int algorithm, const char *kid)
{
    const char *type = oidc_claim_text (key, "kty"), *use = oidc_claim_text (key, "use");
    const char *alg = oidc_claim_text (key, "alg"), *id = oidc_claim_text (key, "kid");
    const char *curve = algorithms[algorithm].curve;

    return g_strcmp0 (type, algorithms[algorithm].key_type) == 0 &&
           (use == NULL || strcmp (use, "sig") == 0) &&
           (alg == NULL || strcmp (alg, algorithms[algorithm].name) == 0) &&
           (curve == NULL || g_strcmp0 (oidc_claim_text (key, "crv"), curve) == 0) &&
           (kid == NULL || id == NULL || strcmp (id, kid) == 0);
}

static gboolean
verify_with (const char *token, CjoseKey *key)
{
    g_autoptr (cjose_jws_t) jws = cjose_jws_import (token, strlen (token), NULL);

    return jws != NULL && key != NULL &&
           (cjose_jwk_get_kty (key, NULL) != CJOSE_JWK_KTY_RSA ||
            cjose_jwk_get_keysize (key, NULL) >= MIN_RSA_BITS) &&
           cjose_jws_verify (jws, key, NULL);
}

static gboolean
verify (const char *token, const OidcTrust *trust, int algorithm, const char *kid,
        gboolean *out_knows_no_key, GError **error)
{
    const json_t *keys = json_object_get (trust->keys, "keys");
    gboolean fits_any = FALSE;

    if (oidc_algorithm_is_shared (trust->algorithm)) {
        const char *secret = trust->client_secret;
        g_autoptr (CjoseKey) key = NULL;

        if (*secret == '\0')
            return refuse (error, "there is no client secret to check its signature with");
        key = cjose_jwk_create_oct_spec ((const uint8_t *) secret, strlen (secret), NULL);
        return verify_with (token, key) || refuse (error, "its signature is wrong");
    }
    for (gsize i = 0; i < MIN (json_array_size (keys), MAX_KEYS); i++) {
        json_t *each = json_array_get (keys, i);

        if (key_fits (each, algorithm, kid)) {
            g_autoptr (CjoseKey) key = cjose_jwk_import_json ((cjose_header_t *) each, NULL);

            fits_any = TRUE;
            if (verify_with (token, key))
                return TRUE;
        }
    }
    if (out_knows_no_key != NULL)
        *out_knows_no_key = !fits_any;
    return refuse (error, fits_any ? "its signature is wrong"
                                   : "the provider has no key that it may be signed with");
}

/* The middle of three parts, once the signature is right. */
static json_t *
read_claims (const char *token)
{
    g_autoptr (cjose_jws_t) jws = cjose_jws_import (token, strlen (token), NULL);
    g_autoptr (json_t) claims = NULL;
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;

    if (jws == NULL || !cjose_jws_get_plaintext (jws, &bytes, &n_bytes, NULL))
        return NULL;
    claims = json_loadb ((const char *) bytes, n_bytes, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object (claims) ? g_steal_pointer (&claims) : NULL;
}

json_t *
oidc_token_read (const char *token, const OidcTrust *trust, gboolean *out_knows_no_key,
                 GError **error)
{
    g_autoptr (cjose_jws_t) jws = NULL;
    int algorithm = find_algorithm (trust->algorithm);
    const char *kid;
    json_t *header, *claims;

    if (out_knows_no_key != NULL)
        *out_knows_no_key = FALSE;
    if (algorithm < 0) {
        g_set_error (
            error, APP_ERROR, APP_ERROR_INVALID,
            "the setting names the signing algorithm '%s', which is not one of RS256, RS384, "
            "RS512, PS256, PS384, PS512, ES256, ES384, ES512, HS256, HS384, HS512",
            trust->algorithm);
        return NULL;
    }
    if (strlen (token) <= MAX_TOKEN_BYTES)
        jws = cjose_jws_import (token, strlen (token), NULL);
    if (jws == NULL) {
        refuse (error, "it is not a signed token");
        return NULL;
    }
    header = (json_t *) cjose_jws_get_protected (jws); /* cjose's headers are jansson's trees */
    if (g_strcmp0 (oidc_claim_text (header, "alg"), trust->algorithm) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "it is signed with another algorithm than the setting '%s'", trust->algorithm);
        return NULL;
    }
    if (json_object_get (header, "crit") != NULL) {
        refuse (error,
                "its header asks for an extension"); /* RFC 7515 4.1.11: none is known here */
        return NULL;
    }
    kid = oidc_claim_text (header, "kid");
    if (!verify (token, trust, algorithm, kid, out_knows_no_key, error))
        return NULL;
    claims = read_claims (token);
    if (claims == NULL)
        refuse (error, "its claims are not a JSON object");
    return claims;
}

/* ---- claims ---- */

static gboolean
read_time (const json_t *claims, const char *name, double *out)
{
    const json_t *value = json_object_get (claims, name);

    if (!json_is_number (value))
        return FALSE;
    *out = json_number_value (value);
    return TRUE;
}

/* For us, and if there are several or it says to whom it was given, then to us. */
static gboolean
is_for_us (const json_t *claims, const char *client_id)
{
    const json_t *audience = json_object_get (claims, "aud"),
                 *party = json_object_get (claims, "azp");
    gboolean found = g_strcmp0 (json_string_value (audience), client_id) == 0;

    for (gsize i = 0; i < json_array_size (audience); i++)
        found |= g_strcmp0 (json_string_value (json_array_get (audience, i)), client_id) == 0;
    if (party != NULL)
        return found && g_strcmp0 (json_string_value (party), client_id) == 0;
    return found;
}

static gboolean
check_common (const json_t *claims, const OidcExpected *expected, GError **error)
{
    double time;

    if (g_strcmp0 (oidc_claim_text (claims, "iss"), expected->issuer) != 0)
        return refuse (error, "it is of another issuer than the provider");
    if (*expected->client_id == '\0' || !is_for_us (claims, expected->client_id))
        return refuse (error, "it is for another client");
    if (read_time (claims, "nbf", &time) && time > expected->now_s + LEEWAY_S)
        return refuse (error, "it is not valid yet; are the clocks right?");
    return TRUE;
}

gboolean
oidc_check_id_token (const json_t *claims, const OidcExpected *expected, GError **error)
{
    const char *nonce = oidc_claim_text (claims, "nonce");
    double time;

    if (!check_common (claims, expected, error))
        return FALSE;
    if (!read_time (claims, "exp", &time))
        return refuse (error, "it does not say when it expires");
    if (!(time > expected->now_s - LEEWAY_S))
        return refuse (error, "it has expired; are the clocks right?");
    if (read_time (claims, "iat", &time) && time > expected->now_s + LEEWAY_S)
        return refuse (error, "it is from the future; are the clocks right?");
    if (nonce == NULL || strcmp (nonce, expected->nonce) != 0)
        return refuse (error, "it was made for another login (its nonce differs)");
    return TRUE;
}

gboolean
oidc_check_logout_token (const json_t *claims, const OidcExpected *expected, GError **error)
{
    const json_t *events = json_object_get (claims, "events");
    double time;

    if (!check_common (claims, expected, error))
        return FALSE;
    if (!read_time (claims, "iat", &time))
        return refuse (error, "it does not say when it was made");
    if (!(time >= expected->now_s - LOGOUT_MAX_AGE_S - LOGOUT_LEEWAY_S &&
          time <= expected->now_s + LOGOUT_LEEWAY_S))
        return refuse (error, "it was not made now; are the clocks right?");
    if (json_object_get (claims, "exp") != NULL &&
        !(read_time (claims, "exp", &time) && time > expected->now_s - LOGOUT_LEEWAY_S))
        return refuse (error, "it has expired");
    if (json_object_get (events, LOGOUT_EVENT) == NULL)
        return refuse (error, "it is not a logout token");
    if (json_object_get (claims, "nonce") != NULL)
        return refuse (error, "it has a nonce, which no logout token may have");
    return TRUE;
}
