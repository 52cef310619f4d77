/* What tokens and hashes look like, and how long a guesser has to wait. */
#include "features/auth/attempt_limit.h"
#include "features/auth/auth.h"

#include <string.h>

/* of the password 'x' */
static const char known_hash[] = "$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S";

static void
test_token_is_letters_and_digits (void)
{
    for (int i = 0; i < 200; i++) {
        char token[AUTH_TOKEN_BYTES];
        guint8 hash[AUTH_HASH_BYTES], again[AUTH_HASH_BYTES];
        gsize length;

        auth_new_token (token, hash);
        length = strlen (token);
        g_assert_cmpuint (length, >=, 30);
        g_assert_cmpuint (length, <=, 43);
        for (gsize c = 0; c < length; c++)
            g_assert_true (g_ascii_isalnum (token[c]));
        auth_hash_token (token, again);
        g_assert_cmpmem (hash, sizeof hash, again, sizeof again);
    }
}

static void
test_tokens_differ (void)
{
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    for (int i = 0; i < 1000; i++) {
        char token[AUTH_TOKEN_BYTES];
        guint8 hash[AUTH_HASH_BYTES];

        auth_new_token (token, hash);
        g_assert_true (g_hash_table_add (seen, g_strdup (token)));
    }
}

/* SHA-256 of 'abc', FIPS 180-2 */
static void
test_token_hash_is_sha256 (void)
{
    static const guint8 expected[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                       0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                       0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                       0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
    guint8 hash[AUTH_HASH_BYTES];

    auth_hash_token ("abc", hash);
    g_assert_cmpmem (hash, sizeof hash, expected, sizeof expected);
}

static void
test_password_hash_is_bcrypt (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *hash = auth_hash_password (arena, "correct horse");

    g_assert_true (g_str_has_prefix (hash, "$2b$10$"));
    g_assert_cmpuint (strlen (hash), ==, 60);
    g_assert_true (auth_password_matches ("correct horse", hash));
    g_assert_false (auth_password_matches ("correct horsf", hash));
    g_assert_cmpstr (hash, !=, auth_hash_password (arena, "correct horse"));
}

static void
test_known_hashes_verify (void)
{
    g_assert_true (auth_password_matches ("x", known_hash));
    g_assert_false (auth_password_matches ("y", known_hash));
}

static void
test_password_counts_for_72_bytes (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autofree char *long_one = g_strnfill (1000, 'a');
    const char *hash = auth_hash_password (arena, long_one);

    long_one[72] = '\0';
    g_assert_true (auth_password_matches (long_one, hash));
    long_one[71] = '\0';
    g_assert_false (auth_password_matches (long_one, hash));
}

static void
test_no_hash_matches_nothing (void)
{
    g_assert_false (auth_password_matches ("", ""));
    g_assert_false (auth_password_matches ("", NULL));
    g_assert_false (auth_password_matches ("x", "x"));
    g_assert_false (auth_password_matches ("x", "$2b$10$short"));
    g_assert_false (auth_password_matches ("*0", "*0"));
}

/* ---- limits ---- */

static const AttemptRule steady = { 3, 1000, 1000, 5000, 4 };
static const AttemptRule growing = { 2, 1000, 4000, 100000, 100 };

static void
test_limit_makes_a_guesser_wait (void)
{
    g_autoptr (AttemptLimit) limit = attempt_limit_new (&steady);
    gint64 wait = 0;

    for (int i = 0; i < 3; i++)
        g_assert_true (attempt_limit_take (limit, "a", 100, &wait));
    g_assert_false (attempt_limit_take (limit, "a", 600, &wait));
    g_assert_cmpint (wait, ==, 500);
    g_assert_true (attempt_limit_take (limit, "b", 600, &wait));
    g_assert_true (attempt_limit_take (limit, "a", 1100, &wait));
}

static void
test_limit_grows (void)
{
    g_autoptr (AttemptLimit) limit = attempt_limit_new (&growing);
    static const gint64 expected[] = { 1000, 2000, 4000, 4000 };
    gint64 now = 0, wait = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (expected); i++) {
        g_assert_true (attempt_limit_take (limit, "a", now, &wait));
        g_assert_true (attempt_limit_take (limit, "a", now, &wait));
        g_assert_false (attempt_limit_take (limit, "a", now, &wait));
        g_assert_cmpint (wait, ==, expected[i]);
        now += wait;
    }
}

static void
test_limit_does_not_count_what_was_right (void)
{
    g_autoptr (AttemptLimit) limit = attempt_limit_new (&steady);
    gint64 wait = 0;

    for (int i = 0; i < 50; i++) {
        g_assert_true (attempt_limit_take (limit, "a", 100, &wait));
        attempt_limit_give_back (limit, "a");
    }
    g_assert_true (attempt_limit_take (limit, "a", 100, &wait));
    g_assert_true (attempt_limit_take (limit, "a", 100, &wait));
    g_assert_true (attempt_limit_take (limit, "a", 100, &wait)); /* begins the wait */
    attempt_limit_give_back (limit, "a");                        /* and takes it back */
    g_assert_true (attempt_limit_take (limit, "a", 100, &wait));
    g_assert_false (attempt_limit_take (limit, "a", 100, &wait));
    attempt_limit_clear (limit, "a");
    g_assert_true (attempt_limit_take (limit, "a", 100, &wait));
}

static void
test_limit_forgets_after_a_while (void)
{
    g_autoptr (AttemptLimit) limit = attempt_limit_new (&steady);
    gint64 wait = 0;

    g_assert_true (attempt_limit_take (limit, "a", 0, &wait));
    g_assert_true (attempt_limit_take (limit, "a", 0, &wait));
    for (int i = 0; i < 3; i++)
        g_assert_true (attempt_limit_take (limit, "a", 5001, &wait));
    g_assert_false (attempt_limit_take (limit, "a", 5001, &wait));
}

static void
test_limit_keeps_so_many_keys (void)
{
    g_autoptr (AttemptLimit) limit = attempt_limit_new (&steady);
    gint64 wait = 0;

    for (int i = 0; i < 1000; i++) {
        g_autofree char *key = g_strdup_printf ("key %d", i);

        g_assert_true (attempt_limit_take (limit, key, 0, &wait));
        g_assert_true (attempt_limit_take (limit, "always", 0, &wait));
        attempt_limit_give_back (limit, "always");
    }
    g_assert_cmpuint (attempt_limit_n_keys (limit), ==, 4);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/auth/token/letters-and-digits", test_token_is_letters_and_digits);
    g_test_add_func ("/auth/token/differ", test_tokens_differ);
    g_test_add_func ("/auth/token/hash", test_token_hash_is_sha256);
    g_test_add_func ("/auth/password/bcrypt", test_password_hash_is_bcrypt);
    g_test_add_func ("/auth/password/known", test_known_hashes_verify);
    g_test_add_func ("/auth/password/72-bytes", test_password_counts_for_72_bytes);
    g_test_add_func ("/auth/password/none", test_no_hash_matches_nothing);
    g_test_add_func ("/auth/limit/waits", test_limit_makes_a_guesser_wait);
    g_test_add_func ("/auth/limit/grows", test_limit_grows);
    g_test_add_func ("/auth/limit/right", test_limit_does_not_count_what_was_right);
    g_test_add_func ("/auth/limit/forgets", test_limit_forgets_after_a_while);
    g_test_add_func ("/auth/limit/bounded", test_limit_keeps_so_many_keys);
    return g_test_run ();
}
