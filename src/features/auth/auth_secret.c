/* Tokens and password hashes.
 *
 * A token has 256 bits from the kernel, so a plain SHA-256 of it is enough to store; what people choose
 * gets bcrypt. Hashes of an Immich server verify here and the other way round. */
#define G_LOG_DOMAIN "auth"
#include "features/auth/auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/uuid.h"

#define BCRYPT_COST 10
#define BCRYPT_MAX_BYTES 72 /* bcrypt looks at no more; libxcrypt refuses more than 512 */

/* No password has this hash: compared with when there is none, so that the time is the same. */
static const char nobodys_hash[] = "$2b$10$abcdefghijklmnopqrstuuIuCmgfBQPwZ0fMWBqRBwwGLhY4dzqMy";

/* Looked up once: that takes longer than hashing a token, which every request does. */
static const EVP_MD *
sha256 (void)
{
    static gsize once;
    static EVP_MD *digest;

    if (g_once_init_enter (&once)) {
        digest = EVP_MD_fetch (NULL, "SHA256", NULL);
        g_assert (digest != NULL); /* no OpenSSL is without it */
        g_once_init_leave (&once, 1);
    }
    return digest;
}

void
auth_hash_token (const char *token, guint8 out_hash[AUTH_HASH_BYTES])
{
    G_STATIC_ASSERT (AUTH_HASH_BYTES == SHA256_DIGEST_LENGTH);
    EVP_Digest (token, strlen (token), out_hash, NULL, sha256 (), NULL);
}

void
auth_new_token (char out_token[AUTH_TOKEN_BYTES], guint8 out_hash[AUTH_HASH_BYTES])
{
    guint8 bytes[32];
    g_autofree char *base64 = NULL;
    char *at = out_token;

    random_bytes (bytes, sizeof bytes);
    base64 = g_base64_encode (bytes, sizeof bytes);
    for (const char *c = base64; *c != '\0'; c++)
        if (g_ascii_isalnum (*c))
            *at++ = *c;
    *at = '\0';
    auth_hash_token (out_token, out_hash);
    OPENSSL_cleanse (bytes, sizeof bytes);
    OPENSSL_cleanse (base64, strlen (base64));
}

/* @return in @data, NULL when @setting is no hash that can be computed */
static const char *
bcrypt (const char *password, const char *setting, struct crypt_data *data)
{
    char first[BCRYPT_MAX_BYTES + 1] = { 0 };
    const char *hash;

    memcpy (first, password, strnlen (password, BCRYPT_MAX_BYTES));
    hash = crypt_r (first, setting, data);
    OPENSSL_cleanse (first, sizeof first);
    return hash == NULL || *hash == '*' ? NULL : hash;
}

const char *
auth_hash_password (Arena *arena, const char *password)
{
    g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    guint8 salt[16];
    const char *hash;

    random_bytes (salt, sizeof salt);
    if (crypt_gensalt_rn ("$2b$", BCRYPT_COST, (const char *) salt, sizeof salt, setting,
                          sizeof setting) == NULL ||
        (hash = bcrypt (password, setting, data)) == NULL)
        g_error ("libxcrypt cannot make bcrypt hashes: %s", g_strerror (errno));
    hash = arena_strdup (arena, hash);
    OPENSSL_cleanse (data, sizeof *data);
    return hash;
}

gboolean
auth_password_matches (const char *password, const char *hash)
{
    g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);
    gboolean has_hash = hash != NULL && g_str_has_prefix (hash, "$2") && strlen (hash) == 60;
    const char *expected = has_hash ? hash : nobodys_hash;
    const char *found = bcrypt (password, expected, data);
    gboolean matches = found != NULL && strlen (found) == strlen (expected) &&
                       CRYPTO_memcmp (found, expected, strlen (expected)) == 0;

    OPENSSL_cleanse (data, sizeof *data);
    return matches && has_hash;
}
