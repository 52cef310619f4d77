/* oidc_token.h -- signed tokens of a provider: who signed them, for whom, and whether they hold now
 *
 * Sources: RFC 7515 (JWS), OpenID Connect Core 1.0 section 3.1.3.7, OpenID Connect Back-Channel
 * Logout 1.0 section 2.6. Only jansson and cjose are asked; no network, no database. Any thread. */
#pragma once
#include <glib.h>
#include <jansson.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

/** What a signature is held against. */
typedef struct {
    const char *algorithm;     /* the only one that is taken: RS256, PS384, ES512, HS256, ... */
    const char *client_secret; /* the key of HS256 and its like */
    const json_t *keys;        /* the provider's key set; NULL: not read, for HS256 and its like */
} OidcTrust;

/** TRUE for algorithms that the provider signs with a secret shared with us, not with a key pair. */
gboolean oidc_algorithm_is_shared (const char *algorithm);

/** Check a token's signature and read its claims.
 *  @param out_knows_no_key  (may be NULL) TRUE when it fails because no key of the set fits: the provider
 *         may have a new one
 *  @return (transfer full) an object; NULL with APP_ERROR_INVALID */
json_t *oidc_token_read (const char *token, const OidcTrust *trust, gboolean *out_knows_no_key,
                         GError **error);

typedef struct {
    const char *issuer, *client_id;
    const char *nonce; /* of an ID token */
    gint64 now_s;
} OidcExpected;

/** That an ID token is of this provider, for us, for this login, and not over.
 *  FALSE with APP_ERROR_INVALID. */
gboolean oidc_check_id_token (const json_t *claims, const OidcExpected *expected, GError **error);
/** The same of a logout token; that it names whom it ends is not looked at. */
gboolean oidc_check_logout_token (const json_t *claims, const OidcExpected *expected,
                                  GError **error);

/** A claim that is a text; NULL when it is absent, empty, or something else. */
const char *oidc_claim_text (const json_t *claims, const char *name);
