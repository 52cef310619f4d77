/* The rules of logins: what is checked against what, how often it may be tried, what a login makes. */
#define G_LOG_DOMAIN "auth"
#include "features/auth/auth_private.h"

#include <string.h>

#include "base/timestamp.h"
#include "features/auth/attempt_limit.h"
#include "features/onboarding/onboarding.h"
#include "features/sessions/sessions.h"

/* One account at one address; one address at all its accounts. Of who is logged in, the password, or the PIN
 * of six digits, by one session or key; by all of the user, which one that guesses shall not lock out soon. */
static const AttemptRule account_rule = { 10, 60000, 60000, 600000, 20000 };
static const AttemptRule address_rule = { 100, 600000, 600000, 600000, 20000 };
static const AttemptRule credential_rule = { 10, 60000, 3600000, 86400000, 20000 };
static const AttemptRule owner_rule = { 30, 60000, 3600000, 86400000, 20000 };

static AttemptLimit *account_limit, *address_limit, *credential_limit, *owner_limit;

void
auth_limits_start (void)
{
    attempt_limit_free (account_limit);
    attempt_limit_free (address_limit);
    attempt_limit_free (credential_limit);
    attempt_limit_free (owner_limit);
    account_limit = attempt_limit_new (&account_rule);
    address_limit = attempt_limit_new (&address_rule);
    credential_limit = attempt_limit_new (&credential_rule);
    owner_limit = attempt_limit_new (&owner_rule);
}

/* The answer says when to come back. */
static gboolean
refuse_too_many (ApiCall *call, gint64 wait_ms, GError **error)
{
    gint64 wait_s = (wait_ms + 999) / 1000;

    api_set_header (call, "Retry-After", arena_printf (call->arena, "%" G_GINT64_FORMAT, wait_s));
    g_set_error (error, APP_ERROR, APP_ERROR_TOO_MANY,
                 "Too many wrong attempts. Try again in %" G_GINT64_FORMAT " seconds", wait_s);
    return FALSE;
}

/* One household has a /64 of IPv6, so that counts as one address. */
static char *
address_key (const char *peer)
{
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (peer);
    guint8 bytes[16];

    if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
        return g_strdup (peer);
    memcpy (bytes, g_inet_address_to_bytes (address), sizeof bytes);
    memset (bytes + 8, 0, 8);
    g_object_unref (g_steal_pointer (&address));
    address = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
    return g_inet_address_to_string (address);
}

/* The secret @what as @who guesses it. */
static const char *
guess_key (ApiCall *call, const char *who, const char *what)
{
    return arena_printf (call->arena, "%s %s", who, what);
}

typedef struct {
    AttemptLimit *limit;
    const char *key;
} Count;

/* What the narrow one refuses does not count in the wide one. */
static gboolean
take_both (ApiCall *call, Count wide, Count narrow, GError **error)
{
    gint64 now = timestamp_now_ms (), wait_ms = 0;

    if (!attempt_limit_take (wide.limit, wide.key, now, &wait_ms))
        return refuse_too_many (call, wait_ms, error);
    if (attempt_limit_take (narrow.limit, narrow.key, now, &wait_ms))
        return TRUE;
    attempt_limit_give_back (wide.limit, wide.key);
    return refuse_too_many (call, wait_ms, error);
}

gboolean
auth_take_guess (ApiCall *call, const char *what, GError **error)
{
    g_autofree char *address = address_key (call->request->peer);

    return take_both (call, (Count){ address_limit, address },
                      (Count){ account_limit, guess_key (call, address, what) }, error);
}

void
auth_forgive_guesses (ApiCall *call, const char *what)
{
    g_autofree char *address = address_key (call->request->peer);

    attempt_limit_give_back (address_limit, address);
    attempt_limit_clear (account_limit, guess_key (call, address, what));
}

gboolean
auth_check_login (ApiCall *call, const LoginCredential *login, LoginRow *out, GError **error)
{
    g_autoptr (GError) why = NULL;
    gboolean is_known, is_right;
    LoginRow user = { 0 };

    if (!auth_take_guess (call, login->email, error))
        return FALSE;
    is_known = auth_store_find_login (call->db, call->arena, login->email, &user, &why);
    if (!is_known && !g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_propagate_error (error, g_steal_pointer (&why));
        return FALSE;
    }
    /* an unknown account takes as long as a wrong password */
    is_right = auth_password_matches (login->password, is_known ? user.password : NULL);
    if (!is_known || !is_right) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAUTHORIZED,
                             "Incorrect email or password");
        return FALSE;
    }
    auth_forgive_guesses (call, login->email);
    *out = user;
    return TRUE;
}

static gboolean
refuse_secret (GError **error, const char *text)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, text);
    return FALSE;
}

gboolean
auth_check_secrets (ApiCall *call, const GivenSecrets *given, GError **error)
{
    const Auth *auth = call->auth;
    const char *what = given->password != NULL ? "password" : "PIN";
    const char *credential = auth->session_id != NULL ? auth->session_id : auth->key_id;
    Count by_owner = { owner_limit, guess_key (call, auth->user_id, what) };
    Count by_credential = { credential_limit, guess_key (call, credential, what) };
    SecretsRow secrets;

    if (!auth_store_load_secrets (call->db, call->arena, auth->user_id, &secrets, error))
        return FALSE;
    if (given->needs_pin && secrets.pin_code == NULL)
        return refuse_secret (error, "User does not have a PIN code");
    if (given->password == NULL && given->pin_code == NULL)
        return refuse_secret (error, "Either password or pinCode is required");
    if (!take_both (call, by_owner, by_credential, error))
        return FALSE;
    if (given->password != NULL) {
        if (!auth_password_matches (given->password, secrets.password))
            return refuse_secret (error, "Wrong password");
    } else if (!auth_password_matches (given->pin_code, secrets.pin_code)) {
        return refuse_secret (error, "Wrong PIN code");
    }
    attempt_limit_clear (by_owner.limit, by_owner.key);
    attempt_limit_clear (by_credential.limit, by_credential.key);
    return TRUE;
}

/* ---- cookies ---- */

void
auth_set_cookie (ApiCall *call, const char *name, const char *value, gint64 life_s,
                 gboolean is_http_only)
{
    g_autoptr (GDateTime) end = g_date_time_new_from_unix_utc (timestamp_now_ms () / 1000 + life_s);
    g_autofree char *expires = g_date_time_format (end, "%a, %d %b %Y %H:%M:%S GMT");

    api_set_cookie (call, arena_printf (call->arena,
                                        "%s=%s; Max-Age=%" G_GINT64_FORMAT
                                        "; Path=/; Expires=%s;%s%s SameSite=Lax",
                                        name, http_percent_encode (call->arena, value), life_s,
                                        expires, is_http_only ? " HttpOnly;" : "",
                                        call->request->is_secure ? " Secure;" : ""));
}

void
auth_clear_cookie (ApiCall *call, const char *name)
{
    api_set_cookie (
        call,
        arena_printf (call->arena, "%s=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", name));
}

/* The three cookies of a login. @type: password or oauth */
static void
set_cookies (ApiCall *call, const char *token, const char *type)
{
    auth_set_cookie (call, "immich_access_token", token, AUTH_COOKIE_LIFE_S, TRUE);
    auth_set_cookie (call, "immich_auth_type", type, AUTH_COOKIE_LIFE_S, TRUE);
    auth_set_cookie (call, "immich_is_authenticated", "true", AUTH_COOKIE_LIFE_S,
                     FALSE); /* read by scripts */
}

void
auth_clear_cookies (ApiCall *call)
{
    auth_clear_cookie (call, "immich_access_token");
    auth_clear_cookie (call, "immich_auth_type");
    auth_clear_cookie (call, "immich_is_authenticated");
}

/* ---- logging in ---- */

gboolean
auth_log_in (ApiCall *call, const char *user_id, const AuthLogin *login, LoginResponse *out,
             GError **error)
{
    char token[AUTH_TOKEN_BYTES];
    guint8 hash[AUTH_HASH_BYTES];
    SessionNew session = { .user_id = user_id,
                           .password_hash = login->password_hash,
                           .oauth_sid = login->sid,
                           .oauth_id_token = login->id_token };
    const char *session_id = NULL;
    gboolean is_onboarded = FALSE;
    LoginRow user;

    session_device_of (call->request, call->arena, &session.device);
    auth_new_token (token, hash);
    if (!auth_store_load_login (call->db, call->arena, user_id, &user, error) ||
        !onboarding_load (call->db, call->arena, user_id, &is_onboarded, error) ||
        !session_create (call->db, call->arena, &session, hash, &session_id, error))
        return FALSE;
    set_cookies (call, token, login->type);
    *out = (LoginResponse){
        .access_token = arena_strdup (call->arena, token),
        .user_id = user.id,
        .user_email = user.email,
        .name = user.name,
        .is_admin = user.is_admin,
        .profile_image_path = user.profile_image_path,
        .should_change_password = user.should_change_password,
        .is_onboarded = is_onboarded,
    };
    return TRUE;
}

gboolean
auth_may_set_password (ApiCall *call, gboolean is_asked_for, GError **error)
{
    SecretsRow secrets;

    if (!auth_may_do_all (call->auth)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_FORBIDDEN,
                             "Missing required permission: all");
        return FALSE;
    }
    if (call->auth->is_elevated)
        return TRUE;
    if (!auth_store_load_secrets (call->db, call->arena, call->auth->user_id, &secrets, error))
        return FALSE;
    /* where there is no password to log in with, no app asks for a new one: the mark would stay for ever */
    if (secrets.pin_code == NULL || (is_asked_for && *secrets.password != '\0'))
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAUTHORIZED,
                         "Elevated permission is required");
    return FALSE;
}
