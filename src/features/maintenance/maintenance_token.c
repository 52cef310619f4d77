/* maintenance_token.c -- who may use the maintenance mode: signed tokens (JWT, HS256)
 *
 * The algorithm is ours to choose, never the token's. */
#define G_LOG_DOMAIN "maintenance"
#include "features/maintenance/maintenance_private.h"

#include <cjose/cjose.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/auth/auth.h"

#define ALGORITHM CJOSE_HDR_ALG_HS256
#define COOKIE_LIFE_S 86400
#define MAX_TOKEN_BYTES 4096

G_DEFINE_AUTOPTR_CLEANUP_FUNC (cjose_jws_t, cjose_jws_release)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (cjose_header_t, cjose_header_release)
typedef cjose_jwk_t CjoseKey;

static void
key_release (CjoseKey *key)
{
    if (key != NULL)
        cjose_jwk_release (key);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CjoseKey, key_release)

const char *
maintenance_new_token (Arena *arena, const char *secret, const char *username)
{
    gint64 now_s = timestamp_now_ms () / 1000;
    MaintenanceClaims claims = { username, now_s, now_s + MAINTENANCE_TOKEN_LIFE_S };
    g_autoptr (CjoseKey) key =
        cjose_jwk_create_oct_spec ((const uint8_t *) secret, strlen (secret), NULL);
    g_autoptr (cjose_header_t) header = cjose_header_new (NULL);
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (cjose_jws_t) jws = NULL;
    const char *token = NULL;

    api_write_json (&maintenance_claims_type, &claims, text);
    if (key != NULL && header != NULL &&
        cjose_header_set (header, CJOSE_HDR_ALG, ALGORITHM, NULL) &&
        (jws = cjose_jws_sign (key, header, (const uint8_t *) text->str, text->len, NULL)) !=
            NULL &&
        cjose_jws_export (jws, &token, NULL))
        return arena_strdup (arena, token);
    g_error ("cannot sign a token"); /* no memory, as for any other allocation */
}

static gboolean
refuse (GError **error)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, "Invalid JWT Token");
    return FALSE;
}

gboolean
maintenance_check_token (Arena *arena, const char *secret, const char *token,
                         MaintenanceClaims *out, GError **error)
{
    g_autoptr (CjoseKey) key = NULL;
    g_autoptr (cjose_jws_t) jws = NULL;
    const char *algorithm;
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;

    if (token == NULL || *token == '\0') {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, "Missing JWT Token");
        return FALSE;
    }
    if (secret == NULL || strlen (token) > MAX_TOKEN_BYTES ||
        (jws = cjose_jws_import (token, strlen (token), NULL)) == NULL)
        return refuse (error);
    algorithm = cjose_header_get (cjose_jws_get_protected (jws), CJOSE_HDR_ALG, NULL);
    key = cjose_jwk_create_oct_spec ((const uint8_t *) secret, strlen (secret), NULL);
    if (g_strcmp0 (algorithm, ALGORITHM) != 0 || key == NULL ||
        !cjose_jws_verify (jws, key, NULL) ||
        !cjose_jws_get_plaintext (jws, &bytes, &n_bytes, NULL) ||
        !api_read_json (&maintenance_claims_type, (const char *) bytes, (gssize) n_bytes, arena,
                        out, NULL) ||
        out->exp <= timestamp_now_ms () / 1000)
        return refuse (error);
    return TRUE;
}

void
maintenance_set_cookie (ApiCall *call, const char *secret, const char *username)
{
    auth_set_cookie (call, MAINTENANCE_COOKIE,
                     maintenance_new_token (call->arena, secret, username), COOKIE_LIFE_S, TRUE);
}
