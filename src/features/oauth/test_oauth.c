/* test_oauth.c -- which tokens are believed, what is made of claims, and where a login is sent */
#include "features/oauth/oauth_private.h"

#include <cjose/cjose.h>
#include <string.h>

#define ISSUER "https://id.example.com"
#define CLIENT "photos"
#define SECRET "a secret that is shared with the provider"
#define NOW G_GINT64_CONSTANT (1764360000)
#define EVENT "{\"http://schemas.openid.net/event/backchannel-logout\":{}}"

/* ---- a provider's keys ---- */

typedef struct {
    cjose_jwk_t *rsa, *other_rsa, *small_rsa, *p256, *p384, *secret;
} Keys;

static Keys keys;

static cjose_jwk_t *
with_id (cjose_jwk_t *key, const char *id)
{
    g_assert_nonnull (key);
    if (id != NULL)
        g_assert_true (cjose_jwk_set_kid (key, id, strlen (id), NULL));
    return key;
}

static void
make_keys (void)
{
    static const uint8_t e[] = { 1, 0, 1 };

    keys.rsa = with_id (cjose_jwk_create_RSA_random (2048, e, sizeof e, NULL), "one");
    keys.other_rsa = with_id (cjose_jwk_create_RSA_random (2048, e, sizeof e, NULL), "two");
    keys.small_rsa = with_id (cjose_jwk_create_RSA_random (1024, e, sizeof e, NULL), "small");
    keys.p256 = with_id (cjose_jwk_create_EC_random (CJOSE_JWK_EC_P_256, NULL), "p256");
    keys.p384 = with_id (cjose_jwk_create_EC_random (CJOSE_JWK_EC_P_384, NULL), "p384");
    keys.secret =
        with_id (cjose_jwk_create_oct_spec ((const uint8_t *) SECRET, strlen (SECRET), NULL), NULL);
}

static void
free_keys (void)
{
    cjose_jwk_t *all[] = { keys.rsa,  keys.other_rsa, keys.small_rsa,
                           keys.p256, keys.p384,      keys.secret };

    for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
        cjose_jwk_release (all[i]);
}

/* What a provider publishes: the public halves of these, ended by NULL. */
static json_t *
key_set (cjose_jwk_t *first, ...)
{
    json_t *list = json_array ();
    va_list args;

    va_start (args, first);
    for (cjose_jwk_t *each = first; each != NULL; each = va_arg (args, cjose_jwk_t *)) {
        char *text = cjose_jwk_to_json (each, false, NULL);

        json_array_append_new (list, json_loads (text, 0, NULL));
        free (text);
    }
    va_end (args);
    return json_pack ("{s:o}", "keys", list);
}

/* @param header  more of it, or NULL */
static char *
sign (cjose_jwk_t *key, const char *algorithm, const char *kid, const char *crit,
      const char *claims)
{
    cjose_header_t *header = cjose_header_new (NULL);
    const char *text = NULL;
    cjose_jws_t *jws;
    char *token;

    cjose_header_set (header, CJOSE_HDR_ALG, algorithm, NULL);
    if (kid != NULL)
        cjose_header_set (header, CJOSE_HDR_KID, kid, NULL);
    if (crit != NULL)
        cjose_header_set_raw (header, "crit", crit, NULL);
    jws = cjose_jws_sign (key, header, (const uint8_t *) claims, strlen (claims), NULL);
    g_assert_nonnull (jws);
    g_assert_true (cjose_jws_export (jws, &text, NULL));
    token = g_strdup (text);
    cjose_jws_release (jws);
    cjose_header_release (header);
    return token;
}

static char *
base64url (const char *text)
{
    char *out = g_base64_encode ((const guchar *) text, strlen (text));

    g_strdelimit (out, "+", '-');
    g_strdelimit (out, "/", '_');
    out[strcspn (out, "=")] = '\0';
    return out;
}

/* ---- signatures ---- */

/* @return whether it is believed */
static gboolean
is_believed (const char *token, const OidcTrust *trust, gboolean *out_knows_no_key)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (json_t) claims = oidc_token_read (token, trust, out_knows_no_key, &error);

    g_assert_cmpint (claims != NULL, ==, error == NULL);
    if (error != NULL)
        g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    return claims != NULL;
}

static void
test_right_signatures_are_believed (void)
{
    static const char *const rsa[] = { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512" };
    static const char *const shared[] = { "HS256", "HS384", "HS512" };
    g_autoptr (json_t) set = key_set (keys.other_rsa, keys.rsa, keys.p384, keys.p256, NULL);
    OidcTrust trust = { .client_secret = SECRET, .keys = set };

    for (gsize i = 0; i < G_N_ELEMENTS (rsa); i++) {
        g_autofree char *named = sign (keys.rsa, rsa[i], "one", NULL, "{\"sub\":\"a\"}");
        g_autofree char *unnamed = sign (keys.rsa, rsa[i], NULL, NULL, "{\"sub\":\"a\"}");

        trust.algorithm = rsa[i];
        g_assert_true (is_believed (named, &trust, NULL));
        g_assert_true (is_believed (unnamed, &trust, NULL)); /* any key of the set may be it */
    }
    for (gsize i = 0; i < G_N_ELEMENTS (shared); i++) {
        g_autofree char *token = sign (keys.secret, shared[i], NULL, NULL, "{\"sub\":\"a\"}");

        trust.algorithm = shared[i];
        g_assert_true (is_believed (token, &trust, NULL));
    }
    {
        g_autofree char *token = sign (keys.p256, "ES256", "p256", NULL, "{\"sub\":\"a\"}");
        g_autofree char *larger = sign (keys.p384, "ES384", NULL, NULL, "{\"sub\":\"a\"}");

        trust.algorithm = "ES256";
        g_assert_true (is_believed (token, &trust, NULL));
        trust.algorithm = "ES384";
        g_assert_true (is_believed (larger, &trust, NULL));
    }
}

static void
test_changed_tokens_are_not (void)
{
    g_autoptr (json_t) set = key_set (keys.rsa, NULL);
    const OidcTrust trust = { "RS256", SECRET, set };
    g_autofree char *token = sign (keys.rsa, "RS256", "one", NULL, "{\"sub\":\"a\"}");
    g_autofree char *claims = base64url ("{\"sub\":\"b\"}");
    g_auto (GStrv) parts = g_strsplit (token, ".", -1);
    g_autofree char *other = g_strdup_printf ("%s.%s.%s", parts[0], claims, parts[2]);
    g_autofree char *unsigned_one = g_strdup_printf ("%s.%s.", parts[0], parts[1]);
    g_autofree char *longer = g_strdup_printf ("%s.x", token);

    g_assert_true (is_believed (token, &trust, NULL));
    g_assert_false (is_believed (other, &trust, NULL));
    g_assert_false (is_believed (unsigned_one, &trust, NULL));
    g_assert_false (is_believed (longer, &trust, NULL));
}

static void
test_only_the_chosen_algorithm_is_believed (void)
{
    g_autoptr (json_t) set = key_set (keys.rsa, NULL);
    OidcTrust trust = { "RS256", SECRET, set };
    g_autofree char *header = base64url ("{\"alg\":\"none\"}"),
                    *claims = base64url ("{\"sub\":\"a\"}");
    g_autofree char *none = g_strdup_printf ("%s.%s.", header, claims);
    g_autofree char *rs512 = sign (keys.rsa, "RS512", "one", NULL, "{\"sub\":\"a\"}");
    g_autofree char *hs256 = sign (keys.secret, "HS256", NULL, NULL, "{\"sub\":\"a\"}");
    char *public_text = cjose_jwk_to_json (keys.rsa, false, NULL);
    cjose_jwk_t *public_as_secret =
        cjose_jwk_create_oct_spec ((const uint8_t *) public_text, strlen (public_text), NULL);
    g_autofree char *confused = sign (public_as_secret, "HS256", "one", NULL, "{\"sub\":\"a\"}");

    g_assert_false (is_believed (none, &trust, NULL));
    g_assert_false (is_believed (rs512, &trust, NULL));
    g_assert_false (is_believed (hs256, &trust, NULL));
    g_assert_false (is_believed (confused, &trust, NULL));
    trust.algorithm = "none"; /* also when the settings ask for it */
    g_assert_false (is_believed (none, &trust, NULL));
    trust.algorithm = "HS256";
    g_assert_true (is_believed (hs256, &trust, NULL));
    g_assert_false (is_believed (confused, &trust, NULL));
    trust.client_secret = "";
    g_assert_false (is_believed (hs256, &trust, NULL));
    cjose_jwk_release (public_as_secret);
    free (public_text);
}

static void
test_unknown_keys_are_told_from_wrong_signatures (void)
{
    g_autoptr (json_t) set = key_set (keys.rsa, NULL);
    const OidcTrust trust = { "RS256", SECRET, set }, without = { "RS256", SECRET, NULL };
    g_autofree char *rotated = sign (keys.other_rsa, "RS256", "two", NULL, "{}");
    g_autofree char *forged = sign (keys.other_rsa, "RS256", "one", NULL, "{}");
    gboolean knows_no_key = FALSE;

    g_assert_false (is_believed (rotated, &trust, &knows_no_key));
    g_assert_true (knows_no_key);
    g_assert_false (is_believed (forged, &trust, &knows_no_key));
    g_assert_false (knows_no_key);
    g_assert_false (is_believed (rotated, &without, &knows_no_key));
    g_assert_true (knows_no_key);
}

static void
test_unfit_keys_are_not_used (void)
{
    g_autoptr (json_t) small = key_set (keys.small_rsa, NULL), right = key_set (keys.rsa, NULL);
    g_autoptr (json_t) curve = key_set (keys.p384, NULL);
    g_autofree char *of_small = sign (keys.small_rsa, "RS256", NULL, NULL, "{}");
    g_autofree char *of_right = sign (keys.rsa, "RS256", NULL, NULL, "{}");
    g_autofree char *of_p256 = sign (keys.p256, "ES256", NULL, NULL, "{}");
    const OidcTrust with_small = { "RS256", SECRET, small },
                    with_right = { "RS256", SECRET, right };
    const OidcTrust with_curve = { "ES256", SECRET, curve };
    json_t *key = json_array_get (json_object_get (right, "keys"), 0);

    g_assert_false (is_believed (of_small, &with_small, NULL));
    g_assert_false (is_believed (of_p256, &with_curve, NULL));
    g_assert_true (is_believed (of_right, &with_right, NULL));
    json_object_set_new (key, "use", json_string ("enc"));
    g_assert_false (is_believed (of_right, &with_right, NULL));
    json_object_set_new (key, "use", json_string ("sig"));
    json_object_set_new (key, "alg", json_string ("RS512"));
    g_assert_false (is_believed (of_right, &with_right, NULL));
    json_object_set_new (key, "alg", json_string ("RS256"));
    g_assert_true (is_believed (of_right, &with_right, NULL));
    json_object_set_new (key, "n", json_string ("!"));
    g_assert_false (is_believed (of_right, &with_right, NULL));
    json_object_clear (key);
    g_assert_false (is_believed (of_right, &with_right, NULL));
}

static void
test_what_is_no_token_is_refused (void)
{
    static const char *const claims[] = { "[]", "\"a\"", "{\"sub\":\"a\",\"sub\":\"b\"}", "{", "" };
    static const char *const texts[] = { "",
                                         ".",
                                         "..",
                                         "...",
                                         "a.b.c",
                                         "e30.e30.e30",
                                         "....",
                                         "eyJhbGciOiJSUzI1NiJ9..",
                                         "\xff\xfe.a.b" };
    g_autoptr (json_t) set = key_set (keys.rsa, NULL);
    const OidcTrust trust = { "RS256", SECRET, set };
    g_autofree char *padding = g_strnfill (40000, 'x');
    g_autofree char *large_claims = g_strdup_printf ("{\"sub\":\"%s\"}", padding);
    g_autofree char *large = sign (keys.rsa, "RS256", "one", NULL, large_claims);
    g_autofree char *critical = sign (keys.rsa, "RS256", "one", "[\"b64\"]", "{\"sub\":\"a\"}");

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
        g_assert_false (is_believed (texts[i], &trust, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS (claims); i++) {
        g_autofree char *token = sign (keys.rsa, "RS256", "one", NULL, claims[i]);

        g_assert_false (is_believed (token, &trust, NULL));
    }
    g_assert_false (is_believed (large, &trust, NULL));
    g_assert_false (is_believed (critical, &trust, NULL));
}

/* ---- claims of tokens ---- */

typedef gboolean (*Check) (const json_t *claims, const OidcExpected *expected, GError **error);

/* The claims of @good with @change, an object whose nulls take a claim away, pass or do not. */
static void
assert_check (Check check, const char *good, const char *change, gboolean passes)
{
    const OidcExpected expected = { ISSUER, CLIENT, "n-1", NOW };
    g_autofree char *filled = NULL;
    g_autoptr (json_t) claims = json_loads (good, 0, NULL), changes = NULL;
    g_autoptr (GError) error = NULL;
    const char *name;
    json_t *value;

    g_test_message ("%s", change);
    changes = json_loads (change, 0, NULL);
    g_assert_nonnull (claims);
    g_assert_nonnull (changes);
    json_object_foreach (changes, name, value)
    {
        if (json_is_null (value))
            json_object_del (claims, name);
        else
            json_object_set (claims, name, value);
    }
    g_assert_cmpint (check (claims, &expected, &error), ==, passes);
    if (!passes)
        g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    else
        g_assert_no_error (error);
}

static const char good_id[] = "{\"iss\":\"" ISSUER "\",\"aud\":\"" CLIENT "\",\"exp\":1764360060,"
                              "\"iat\":1764359999,\"nonce\":\"n-1\",\"sub\":\"a\"}";
static const char good_logout[] = "{\"iss\":\"" ISSUER "\",\"aud\":[\"" CLIENT
                                  "\"],\"iat\":1764359990,\"events\":" EVENT ",\"sid\":\"s\"}";

static void
test_id_tokens_are_ours_and_not_over (void)
{
    static const struct {
        const char *change;
        gboolean passes;
    } cases[] = {
        { "{}", TRUE },
        { "{\"aud\":[\"x\",\"" CLIENT "\"]}", TRUE },
        { "{\"azp\":\"" CLIENT "\"}", TRUE },
        { "{\"iat\":null}", TRUE },
        { "{\"exp\":1764359980}", TRUE }, /* the clocks differ a little */
        { "{\"iat\":1764360020}", TRUE },
        { "{\"iss\":\"https://evil.example.com\"}", FALSE },
        { "{\"iss\":\"" ISSUER "/\"}", FALSE },
        { "{\"iss\":null}", FALSE },
        { "{\"iss\":[\"" ISSUER "\"]}", FALSE },
        { "{\"aud\":\"other\"}", FALSE },
        { "{\"aud\":[\"other\"]}", FALSE },
        { "{\"aud\":[]}", FALSE },
        { "{\"aud\":null}", FALSE },
        { "{\"aud\":{\"" CLIENT "\":1}}", FALSE },
        { "{\"azp\":\"other\"}", FALSE },
        { "{\"azp\":1}", FALSE },
        { "{\"exp\":1764359960}", FALSE },
        { "{\"exp\":null}", FALSE },
        { "{\"exp\":\"1764360060\"}", FALSE },
        { "{\"exp\":-1}", FALSE },
        { "{\"iat\":1764360100}", FALSE },
        { "{\"nbf\":1764360100}", FALSE },
        { "{\"nonce\":\"n-2\"}", FALSE },
        { "{\"nonce\":\"\"}", FALSE },
        { "{\"nonce\":null}", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        assert_check (oidc_check_id_token, good_id, cases[i].change, cases[i].passes);
    assert_check (oidc_check_id_token, good_logout, "{}", FALSE);
}

static void
test_logout_tokens_are_of_now (void)
{
    static const struct {
        const char *change;
        gboolean passes;
    } cases[] = {
        { "{}", TRUE },
        { "{\"iat\":1764359881}", TRUE },
        { "{\"iat\":1764360004}", TRUE },
        { "{\"exp\":1764360100}", TRUE },
        { "{\"iss\":\"x\"}", FALSE },
        { "{\"aud\":\"x\"}", FALSE },
        { "{\"iat\":null}", FALSE },
        { "{\"iat\":1764359870}", FALSE },
        { "{\"iat\":1764360010}", FALSE },
        { "{\"exp\":1764359990}", FALSE },
        { "{\"exp\":\"x\"}", FALSE },
        { "{\"events\":null}", FALSE },
        { "{\"events\":{}}", FALSE },
        { "{\"events\":{\"http://schemas.openid.net/event/other\":{}}}", FALSE },
        { "{\"events\":[\"http://schemas.openid.net/event/backchannel-logout\"]}", FALSE },
        { "{\"nonce\":\"n-1\"}", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        assert_check (oidc_check_logout_token, good_logout, cases[i].change, cases[i].passes);
    assert_check (oidc_check_logout_token, good_id, "{}", FALSE);
}

/* ---- profiles ---- */

static AdminConfigOAuth config = {
    .client_id = CLIENT,
    .client_secret = SECRET,
    .scope = "openid email profile",
    .prompt = "",
    .storage_label_claim = "preferred_username",
    .storage_quota_claim = "immich_quota",
    .role_claim = "immich_role",
    .mobile_redirect_uri = "",
};

static gboolean
read_profile (Arena *arena, const char *claims_text, OAuthProfile *out)
{
    g_autoptr (json_t) claims = json_loads (claims_text, 0, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (claims);
    return oauth_profile_read (arena, claims, &config, out, &error);
}

static void
test_email_is_plain_and_verified (void)
{
    static const struct {
        const char *claims, *email;
    } cases[] = {
        { "{\"sub\":\"a\",\"email\":\" Bob@Example.COM \"}", "bob@example.com" },
        { "{\"sub\":\"a\",\"email\":\"b@x\",\"email_verified\":true}", "b@x" },
        { "{\"sub\":\"a\",\"email\":\"b@x\",\"email_verified\":false}", NULL },
        { "{\"sub\":\"a\",\"email\":\"b@x\",\"email_verified\":\"false\"}", NULL },
        { "{\"sub\":\"a\",\"email\":\"  \"}", NULL },
        { "{\"sub\":\"a\",\"email\":\"Bj\u00d6rk@x\"}", "bj\u00f6rk@x" },
        { "{\"sub\":\"a\",\"email\":\"\u212aate@x\"}",
          NULL }, /* the sign of Kelvin: a k in lower case */
        { "{\"sub\":\"a\",\"email\":\"\u212bke@x\"}", NULL },  /* of the angstrom */
        { "{\"sub\":\"a\",\"email\":\"bo\u0308b@x\"}", NULL }, /* two signs that are one */
        { "{\"sub\":\"a\",\"email\":\"b\u200bob@x\"}", NULL }, /* no width */
        { "{\"sub\":\"a\",\"email\":\"b\\nob@x\"}", NULL },
        { "{\"sub\":\"a\",\"email\":\"b ob@x\"}", NULL },
        { "{\"sub\":\"a\",\"email\":\"bob\"}", NULL },
        { "{\"sub\":\"a\",\"email\":\"Eve <bob@x>\"}", NULL },
        { "{\"sub\":\"a\",\"email\":1}", NULL },
        { "{\"sub\":\"a\"}", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();
        OAuthProfile profile;

        g_assert_true (read_profile (arena, cases[i].claims, &profile));
        g_assert_cmpstr (profile.email, ==, cases[i].email);
    }
}

static void
test_subject_must_be_there (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autofree char *padding = g_strnfill (2000, 'x');
    g_autofree char *large = g_strdup_printf ("{\"sub\":\"%s\"}", padding);
    OAuthProfile profile;

    g_assert_false (read_profile (arena, "{}", &profile));
    g_assert_false (read_profile (arena, "{\"sub\":\"\"}", &profile));
    g_assert_false (read_profile (arena, "{\"sub\":7}", &profile));
    g_assert_false (read_profile (arena, large, &profile));
}

static void
test_name_is_the_best_there_is (void)
{
    static const struct {
        const char *claims, *name;
    } cases[] = {
        { "{\"sub\":\"a\",\"name\":\"Bob B\",\"given_name\":\"x\"}", "Bob B" },
        { "{\"sub\":\"a\",\"given_name\":\"Bob\",\"family_name\":\"B\"}", "Bob B" },
        { "{\"sub\":\"a\",\"family_name\":\"B\",\"preferred_username\":\"x\"}", "B" },
        { "{\"sub\":\"a\",\"preferred_username\":\"bob\",\"email\":\"b@x\"}", "bob" },
        { "{\"sub\":\"a\",\"email\":\"b@x\"}", "b@x" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();
        OAuthProfile profile;

        g_assert_true (read_profile (arena, cases[i].claims, &profile));
        g_assert_cmpstr (profile.name, ==, cases[i].name);
    }
}

static void
test_quota_is_a_number_of_gibibytes (void)
{
    static const struct {
        const char *claim;
        gint64 bytes; /* -1: no limit */
    } cases[] = {
        { "3", 3LL << 30 },
        { "1.5", 3LL << 29 },
        { "0", 0 },
        { "\"3\"", 3LL << 30 },
        { "\" 2 \"", 2LL << 30 },
        { "[4]", 4LL << 30 },
        { "true", 1LL << 30 },
        { "\"\"", 0 },
        { "null", -1 },
        { "1e300", 9007199254740991 },
        /* unusable: the default of 7 GiB */
        { "-1", 7LL << 30 },
        { "\"much\"", 7LL << 30 },
        { "\"nan\"", 7LL << 30 },
        { "\"inf\"", 7LL << 30 },
        { "[1,2]", 7LL << 30 },
        { "{}", 7LL << 30 },
    };
    g_autoptr (Arena) arena = arena_new ();
    OAuthProfile profile;

    config.has_default_storage_quota = TRUE;
    config.default_storage_quota = 7;
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *claims =
            g_strdup_printf ("{\"sub\":\"a\",\"immich_quota\":%s}", cases[i].claim);

        g_test_message ("%s", claims);
        g_assert_true (read_profile (arena, claims, &profile));
        g_assert_cmpint (profile.has_quota ? profile.quota_size_bytes : -1, ==, cases[i].bytes);
    }
    g_assert_true (read_profile (arena, "{\"sub\":\"a\"}", &profile));
    g_assert_cmpint (profile.quota_size_bytes, ==, 7LL << 30);
    config.has_default_storage_quota = FALSE;
    g_assert_true (read_profile (arena, "{\"sub\":\"a\"}", &profile));
    g_assert_false (profile.has_quota);
}

static void
test_role_is_said_or_not (void)
{
    static const struct {
        const char *claim;
        OAuthRole role;
    } cases[] = {
        { "\"admin\"", OAUTH_ROLE_ADMIN },  { "[\"user\",\"admin\"]", OAUTH_ROLE_ADMIN },
        { "\"user\"", OAUTH_ROLE_USER },    { "[\"user\"]", OAUTH_ROLE_USER },
        { "\"Admin\"", OAUTH_ROLE_UNSAID }, { "\"administrators\"", OAUTH_ROLE_UNSAID },
        { "[]", OAUTH_ROLE_UNSAID },        { "true", OAUTH_ROLE_UNSAID },
        { "null", OAUTH_ROLE_UNSAID },      { "{\"admin\":true}", OAUTH_ROLE_UNSAID },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();
        g_autofree char *claims =
            g_strdup_printf ("{\"sub\":\"a\",\"immich_role\":%s}", cases[i].claim);
        OAuthProfile profile;

        g_test_message ("%s", claims);
        g_assert_true (read_profile (arena, claims, &profile));
        g_assert_cmpint (profile.role, ==, cases[i].role);
    }
}

/* ---- the way to the provider ---- */

static void
test_challenge_is_that_of_rfc_7636 (void)
{
    g_autoptr (Arena) arena = arena_new ();

    g_assert_cmpstr (oauth_challenge_of (arena, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), ==,
                     "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    g_assert_cmpuint (strlen (oauth_new_secret (arena)), ==, 43);
    g_assert_cmpstr (oauth_new_secret (arena), !=, oauth_new_secret (arena));
}

static void
test_nonce_is_of_one_login (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const OAuthAttempt one = { "s", "c" }, other_state = { "t", "c" },
                       other_challenge = { "s", "d" };
    const char *nonce = oauth_nonce_of (arena, &one);

    g_assert_cmpstr (nonce, ==, oauth_nonce_of (arena, &one));
    g_assert_cmpstr (nonce, !=, oauth_nonce_of (arena, &other_state));
    g_assert_cmpstr (nonce, !=, oauth_nonce_of (arena, &other_challenge));
}

static void
test_browser_is_sent_with_what_the_provider_takes (void)
{
    g_autoptr (Arena) arena = arena_new ();
    OidcProvider provider = { .authorization_endpoint = "https://id/auth", .supports_s256 = TRUE };
    const OAuthAttempt attempt = { "s t", "c" };
    const char *nonce = oauth_nonce_of (arena, &attempt);

    g_assert_cmpstr (
        oauth_authorize_url (arena, &config, &provider, &attempt, "https://x/auth/login"), ==,
        arena_printf (arena,
                      "https://id/auth?redirect_uri=https%%3A%%2F%%2Fx%%2Fauth%%2Flogin"
                      "&scope=openid+email+profile&state=s+t&code_challenge=c"
                      "&code_challenge_method=S256&client_id=" CLIENT
                      "&response_type=code&nonce=%s",
                      nonce));
    provider.supports_s256 = FALSE;
    provider.authorization_endpoint = "https://id/auth?tenant=1";
    config.prompt = "login";
    g_assert_cmpstr (oauth_authorize_url (arena, &config, &provider, &attempt, "x:y"), ==,
                     arena_printf (arena,
                                   "https://id/auth?tenant=1&redirect_uri=x%%3Ay"
                                   "&scope=openid+email+profile&state=s+t&prompt=login"
                                   "&client_id=" CLIENT "&response_type=code&nonce=%s",
                                   nonce));
    config.prompt = "";
}

static void
test_mobile_address_is_replaced (void)
{
    static const struct {
        const char *url, *replaced;
    } cases[] = {
        { "app.immich:///oauth-callback", "https://p/api/oauth/mobile-redirect" },
        { "app.immich:/oauth-callback?code=1", "https://p/api/oauth/mobile-redirect?code=1" },
        { "app.immich://oauth-callback", "https://p/api/oauth/mobile-redirect" },
        { "app.immich:oauth-callback", "app.immich:oauth-callback" },
        { "app.immich:///other", "app.immich:///other" },
        { "https://p/auth/login?code=1", "https://p/auth/login?code=1" },
        { "", "" },
    };
    g_autoptr (Arena) arena = arena_new ();

    config.mobile_redirect_uri = "https://p/api/oauth/mobile-redirect";
    g_assert_cmpstr (oauth_override_mobile (arena, &config, cases[0].url), ==, cases[0].url);
    config.mobile_override_enabled = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        g_assert_cmpstr (oauth_override_mobile (arena, &config, cases[i].url), ==,
                         cases[i].replaced);
    config.mobile_override_enabled = FALSE;
}

int
main (int argc, char *argv[])
{
    int status;

    g_test_init (&argc, &argv, NULL);
    make_keys ();
    g_test_add_func ("/oauth/signature/right", test_right_signatures_are_believed);
    g_test_add_func ("/oauth/signature/changed", test_changed_tokens_are_not);
    g_test_add_func ("/oauth/signature/algorithm", test_only_the_chosen_algorithm_is_believed);
    g_test_add_func ("/oauth/signature/unknown-key",
                     test_unknown_keys_are_told_from_wrong_signatures);
    g_test_add_func ("/oauth/signature/unfit-key", test_unfit_keys_are_not_used);
    g_test_add_func ("/oauth/signature/no-token", test_what_is_no_token_is_refused);
    g_test_add_func ("/oauth/claims/id-token", test_id_tokens_are_ours_and_not_over);
    g_test_add_func ("/oauth/claims/logout-token", test_logout_tokens_are_of_now);
    g_test_add_func ("/oauth/profile/email", test_email_is_plain_and_verified);
    g_test_add_func ("/oauth/profile/subject", test_subject_must_be_there);
    g_test_add_func ("/oauth/profile/name", test_name_is_the_best_there_is);
    g_test_add_func ("/oauth/profile/quota", test_quota_is_a_number_of_gibibytes);
    g_test_add_func ("/oauth/profile/role", test_role_is_said_or_not);
    g_test_add_func ("/oauth/way/challenge", test_challenge_is_that_of_rfc_7636);
    g_test_add_func ("/oauth/way/nonce", test_nonce_is_of_one_login);
    g_test_add_func ("/oauth/way/url", test_browser_is_sent_with_what_the_provider_takes);
    g_test_add_func ("/oauth/way/mobile", test_mobile_address_is_replaced);
    status = g_test_run ();
    free_keys ();
    return status;
}
