/* shared_links_key.c -- the secrets of links: keys, tokens and passwords as texts
 *
 * A key is 400 random bits, so it is looked up in an index like any other name. What a password opens is
 * a token of its own: random, not made of the password, so that nobody can try passwords by making
 * cookies, and made anew with each password, so that the old one opens nothing. */
#define G_LOG_DOMAIN "shared-links"
#include "features/shared-links/shared_links_private.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/uuid.h"

#define TOKEN_TEXT_BYTES 44 /* of its base64 */
#define MAX_TOKENS 32       /* browsers keep 4 KiB of a cookie */

GBytes *
link_new_secret (Arena *arena, gsize n_bytes)
{
    guint8 *bytes = arena_alloc (arena, n_bytes);

    random_bytes (bytes, n_bytes);
    return arena_own (arena, g_bytes_new (bytes, n_bytes), (GDestroyNotify) g_bytes_unref);
}

static const char *
base64_text (Arena *arena, GBytes *bytes)
{
    gsize n = 0;
    const guint8 *data = g_bytes_get_data (bytes, &n);
    g_autofree char *text = g_base64_encode (data, n);

    return arena_strdup (arena, text);
}

/* ---- keys ---- */

const char *
link_key_text (Arena *arena, GBytes *key)
{
    g_autofree char *text = g_strdup (base64_text (arena, key));

    g_strdelimit (text, "+", '-');
    g_strdelimit (text, "/", '_');
    return arena_strndup (arena, text, strcspn (text, "="));
}

static gboolean
parse_hex (const char *text, guint8 out[LINK_KEY_BYTES])
{
    for (gsize i = 0; i < LINK_KEY_BYTES; i++) {
        int high = g_ascii_xdigit_value (text[2 * i]), low = g_ascii_xdigit_value (text[2 * i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        out[i] = (guint8) (high << 4 | low);
    }
    return TRUE;
}

gboolean
link_key_parse (const char *text, guint8 out[LINK_KEY_BYTES])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_+/";
    gsize n = strlen (text), n_letters = strspn (text, alphabet), n_bytes = 0;
    char plain[TOKEN_TEXT_BYTES * 2] = { 0 };
    g_autofree guint8 *bytes = NULL;

    if (n == 2 * LINK_KEY_BYTES)
        return parse_hex (text, out);
    if (n_letters != 67 || strspn (text + n_letters, "=") != n - n_letters || n > 68)
        return FALSE;
    memcpy (plain, text, n_letters);
    g_strdelimit (plain, "-", '+');
    g_strdelimit (plain, "_", '/');
    plain[n_letters] = '=';
    bytes = g_base64_decode (plain, &n_bytes);
    if (n_bytes != LINK_KEY_BYTES)
        return FALSE;
    memcpy (out, bytes, LINK_KEY_BYTES);
    return TRUE;
}

/* ---- tokens ---- */

static gboolean
is_token (const char *text)
{
    return strlen (text) == TOKEN_TEXT_BYTES &&
           g_regex_match_simple ("^[A-Za-z0-9+/]{43}=$", text, 0, 0);
}

gboolean
link_tokens_have (const char *cookie, GBytes *token)
{
    g_auto (GStrv) parts = cookie != NULL ? g_strsplit (cookie, ",", MAX_TOKENS * 2) : NULL;
    gsize n_wanted = 0;
    const guint8 *wanted = token != NULL ? g_bytes_get_data (token, &n_wanted) : NULL;
    gboolean found = FALSE;

    if (n_wanted != LINK_TOKEN_BYTES)
        return FALSE;
    for (gsize i = 0; parts != NULL && parts[i] != NULL; i++) {
        g_autofree guint8 *bytes = NULL;
        gsize n = 0;

        if (!is_token (parts[i]))
            continue;
        bytes = g_base64_decode (parts[i], &n);
        found |= n == LINK_TOKEN_BYTES && CRYPTO_memcmp (bytes, wanted, n) == 0;
    }
    return found;
}

const char *
link_tokens_add (Arena *arena, const char *cookie, GBytes *token)
{
    g_auto (GStrv) parts = g_strsplit (cookie != NULL ? cookie : "", ",", MAX_TOKENS * 2);
    g_autoptr (GPtrArray) kept = g_ptr_array_new ();
    g_autofree char *joined = NULL;
    const char *own = base64_text (arena, token);
    gboolean has_own = FALSE;

    for (gsize i = 0; parts[i] != NULL; i++) {
        if (!is_token (parts[i]))
            continue;
        has_own |= strcmp (parts[i], own) == 0;
        g_ptr_array_add (kept, parts[i]);
    }
    if (!has_own)
        g_ptr_array_add (kept, (gpointer) own);
    if (kept->len > MAX_TOKENS)
        g_ptr_array_remove_range (kept, 0, kept->len - MAX_TOKENS);
    g_ptr_array_add (kept, NULL);
    joined = g_strjoinv (",", (char **) kept->pdata);
    return arena_strdup (arena, joined);
}

/* ---- passwords ---- */

gboolean
link_password_matches (const char *given, const char *password)
{
    guint8 a[SHA256_DIGEST_LENGTH], b[SHA256_DIGEST_LENGTH];

    SHA256 ((const guint8 *) given, strlen (given), a);
    SHA256 ((const guint8 *) password, strlen (password), b);
    return CRYPTO_memcmp (a, b, sizeof a) == 0;
}
