/* oauth_profile.c -- who logged in, see oauth_profile.h. What is claimed is a stranger's: every text
 * has a limit. */
#define G_LOG_DOMAIN "oauth"
#include "features/oauth/oauth_profile.h"

#include <math.h>
#include <string.h>

#include "api/text_format.h"
#include "base/error.h"

#define MAX_SUBJECT_BYTES 1024 /* OpenID Connect allows 255 */
#define MAX_NAME_CHARACTERS 1000
#define MAX_URL_BYTES 2048
#define MAX_SAFE_INTEGER G_GINT64_CONSTANT (9007199254740991) /* what clients can count to */
#define BYTES_PER_GIB 1073741824.0

/* ---- e-mail ---- */

/* An account is found by it, so it must not become the same as another: the sign of Kelvin is a K when it is put into
 * order, and then a k. And it is shown to clients, who count on an address. */
static gboolean
is_unambiguous (const char *email)
{
    g_autofree char *composed = g_utf8_normalize (email, -1, G_NORMALIZE_NFC);

    return text_is_email (email) && g_strcmp0 (composed, email) == 0;
}

/* One that the provider says is not verified may be anybody's. */
static const char *
read_email (Arena *arena, const json_t *claims)
{
    const json_t *verified = json_object_get (claims, "email_verified");
    const char *text = oidc_claim_text (claims, "email");
    g_autofree char *email = NULL;

    if (text == NULL || json_is_false (verified) ||
        g_strcmp0 (json_string_value (verified), "false") == 0)
        return NULL;
    email = g_strstrip (g_strdup (text));
    return is_unambiguous (email) ? text_lower (arena, email) : NULL;
}

/* ---- name ---- */

static const char *
cut_name (Arena *arena, const char *name)
{
    if (g_utf8_strlen (name, -1) <= MAX_NAME_CHARACTERS)
        return arena_strdup (arena, name);
    return arena_strndup (arena, name,
                          (gsize) (g_utf8_offset_to_pointer (name, MAX_NAME_CHARACTERS) - name));
}

static const char *
read_name (Arena *arena, const json_t *claims, const char *email)
{
    const char *given = oidc_claim_text (claims, "given_name");
    const char *family = oidc_claim_text (claims, "family_name");
    const char *name = oidc_claim_text (claims, "name");
    g_autofree char *both =
        g_strdup_printf ("%s %s", given != NULL ? given : "", family != NULL ? family : "");

    g_strstrip (both);
    if (name == NULL && *both != '\0')
        name = both;
    if (name == NULL)
        name = oidc_claim_text (claims, "preferred_username");
    if (name == NULL)
        name = email != NULL ? email : "";
    return cut_name (arena, name);
}

/* ---- quota ---- */

/* Providers write numbers as texts, and single values as lists. FALSE: not a number. */
static gboolean
read_number (const json_t *value, double *out)
{
    g_autofree char *text = NULL;
    char *end;

    if (json_array_size (value) == 1)
        value = json_array_get (value, 0);
    if (json_is_number (value) || json_is_boolean (value)) {
        *out = json_is_number (value) ? json_number_value (value) : json_is_true (value);
        return TRUE;
    }
    if (!json_is_string (value))
        return FALSE;
    text = g_strstrip (g_strdup (json_string_value (value)));
    *out = g_ascii_strtod (text, &end);
    return *end == '\0'; /* "" is 0 */
}

static void
read_quota (const json_t *claims, const AdminConfigOAuth *config, OAuthProfile *out)
{
    const json_t *claim = json_object_get (claims, config->storage_quota_claim);
    double n_gib = 0;

    if (json_is_null (claim))
        return;
    out->has_quota = TRUE;
    if (read_number (claim, &n_gib) && isfinite (n_gib) && n_gib >= 0) {
        double n_bytes = floor (n_gib * BYTES_PER_GIB);

        out->quota_size_bytes =
            n_bytes < (double) MAX_SAFE_INTEGER ? (gint64) n_bytes : MAX_SAFE_INTEGER;
        return;
    }
    out->has_quota = config->has_default_storage_quota;
    out->quota_size_bytes = MIN (config->default_storage_quota, MAX_SAFE_INTEGER >> 30) << 30;
}

/* ---- role ---- */

static gboolean
names_role (const json_t *claim, const char *role)
{
    if (g_strcmp0 (json_string_value (claim), role) == 0)
        return TRUE;
    for (gsize i = 0; i < json_array_size (claim); i++)
        if (g_strcmp0 (json_string_value (json_array_get (claim, i)), role) == 0)
            return TRUE;
    return FALSE;
}

static OAuthRole
read_role (const json_t *claims, const AdminConfigOAuth *config)
{
    const json_t *claim = json_object_get (claims, config->role_claim);

    if (names_role (claim, "admin"))
        return OAUTH_ROLE_ADMIN;
    return names_role (claim, "user") ? OAUTH_ROLE_USER : OAUTH_ROLE_UNSAID;
}

gboolean
oauth_profile_read (Arena *arena, const json_t *claims, const AdminConfigOAuth *config,
                    OAuthProfile *out, GError **error)
{
    const char *subject = oidc_claim_text (claims, "sub");
    const char *picture = oidc_claim_text (claims, "picture");

    if (subject == NULL || strlen (subject) > MAX_SUBJECT_BYTES) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "the provider does not say who it is: there is no usable 'sub'");
        return FALSE;
    }
    *out = (OAuthProfile){
        .subject = arena_strdup (arena, subject),
        .email = read_email (arena, claims),
        .label = arena_strdup (arena, oidc_claim_text (claims, config->storage_label_claim)),
        .role = read_role (claims, config),
    };
    if (picture != NULL && strlen (picture) <= MAX_URL_BYTES)
        out->picture = arena_strdup (arena, picture);
    out->name = read_name (arena, claims, out->email);
    read_quota (claims, config, out);
    return TRUE;
}
