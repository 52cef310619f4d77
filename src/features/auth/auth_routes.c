/* The routes of auth: sign-up, login and logout, password, PIN code, elevation. */
#define G_LOG_DOMAIN "auth"
#include "features/auth/auth_private.h"

#include "base/timestamp.h"
#include "features/config/config.h"
#include "features/sessions/sessions.h"
#include "features/users/users.h"

#define ELEVATION_MS (15 * 60 * 1000)
#define LOGIN_URL "/auth/login?autoLaunch=0"

static ApiStatus
describe_me (ApiCall *call, UserAdminResponse *out)
{
    GError *error = NULL;
    UserRow user;

    if (!users_load (call->db, call->arena, call->auth->user_id, &user, &error))
        return api_fail (call, error);
    users_fill_admin (&user, out);
    return API_OK;
}

/* ---- sign-up ---- */

typedef struct {
    const UserNew *user;
    Arena *arena;
    UserRow *out;
} SignUpWrite;

static gboolean
write_sign_up (Db *tx, gpointer data, GError **error)
{
    SignUpWrite *write = data;
    gboolean has_admin = FALSE;

    if (!users_take_turns (tx, error) || !users_have_admin (tx, &has_admin, error))
        return FALSE;
    if (has_admin) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "The server already has an admin");
        return FALSE;
    }
    return users_create (tx, write->arena, write->user, write->out, error);
}

static ApiStatus
sign_up_admin (ApiCall *call, const SignUpAdminRequest *in, UserAdminResponse *out)
{
    GError *error = NULL;
    gboolean has_admin = FALSE;
    UserRow made;
    UserNew user = { .email = in->body->email,
                     .name = in->body->name,
                     .oauth_id = "",
                     .storage_label = "admin",
                     .is_admin = TRUE,
                     .should_change_password = TRUE };
    SignUpWrite write = { &user, call->arena, &made };

    if (!call->app->settings->allow_setup)
        return api_refuse (call, APP_ERROR_INVALID, "Admin setup is disabled");
    if (!users_have_admin (call->db, &has_admin, &error))
        return api_fail (call, error);
    if (has_admin)
        return api_refuse (call, APP_ERROR_INVALID, "The server already has an admin");
    if (*in->body->password == '\0')
        return api_refuse_field (call, "password",
                                 "Too small: expected string to have >=1 characters");
    user.password_hash = auth_hash_password (call->arena, in->body->password);
    if (!db_write (call->db, write_sign_up, &write, &error))
        return api_fail (call, error);
    users_fill_admin (&made, out);
    return API_OK;
}

/* ---- login and logout ---- */

static ApiStatus
login (ApiCall *call, const LoginRequest *in, LoginResponse *out)
{
    AuthLogin by_password = { .type = "password" };
    GError *error = NULL;
    LoginRow user;

    if (!config_get (call->app)->password_login->enabled)
        return api_refuse (call, APP_ERROR_UNAUTHORIZED, "Password login has been disabled");
    if (!auth_check_login (call, in->body, &user, &error))
        return api_fail (call, error);
    by_password.password_hash = user.password;
    if (!auth_log_in (call, user.id, &by_password, out, &error))
        return api_fail (call, error);
    return API_OK;
}

static AuthLogoutUrl logout_url;

void
auth_set_logout_url (AuthLogoutUrl find)
{
    logout_url = find;
}

static ApiStatus
logout (ApiCall *call, const LogoutRequest *in, LogoutResponse *out)
{
    const char *session_id = call->auth->session_id;
    const char *type = http_request_cookie (call->request, "immich_auth_type");
    const char *id_token = NULL, *elsewhere = NULL;
    StringList ended;
    GError *error = NULL;

    if (session_id != NULL) {
        if (!session_load_id_token (call->db, call->arena, session_id, &id_token, &error) ||
            !session_delete (call->db, call->arena, session_id, call->auth->user_id, &ended,
                             &error))
            return api_fail (call, error);
        sessions_tell_end (call->app, &ended);
    }
    auth_clear_cookies (call);
    if (g_strcmp0 (type, "oauth") == 0 && logout_url != NULL)
        elsewhere = logout_url (call, id_token);
    out->successful = TRUE;
    out->redirect_uri = elsewhere != NULL ? elsewhere : LOGIN_URL;
    return API_OK;
}

static ApiStatus
validate_access_token (ApiCall *call, const ValidateAccessTokenRequest *in,
                       ValidateAccessTokenResponse *out)
{
    out->auth_status = TRUE; /* a bad credential does not come here */
    return API_OK;
}

/* ---- password ---- */

typedef struct {
    const ApiCall *call;
    const char *hash;
    gboolean ends_sessions; /* but the caller's */
    StringList ended;
} PasswordWrite;

static gboolean
write_password (Db *tx, gpointer data, GError **error)
{
    PasswordWrite *write = data;
    const Auth *auth = write->call->auth;

    return auth_store_set_password (tx, auth->user_id, write->hash, error) &&
           (!write->ends_sessions ||
            sessions_delete_others (tx, write->call->arena, auth->user_id, auth->session_id,
                                    &write->ended, error));
}

static ApiStatus
change_password (ApiCall *call, const ChangePasswordRequest *in, UserAdminResponse *out)
{
    const ChangePassword *body = in->body;
    GivenSecrets given = { .password = body->password };
    GError *error = NULL;
    PasswordWrite write = { .call = call, .ends_sessions = body->invalidate_sessions };

    if (!auth_check_secrets (call, &given, &error))
        return api_fail (call, error);
    write.hash = auth_hash_password (call->arena, body->new_password);
    if (!db_write (call->db, write_password, &write, &error))
        return api_fail (call, error);
    sessions_close_sockets (call->app, &write.ended);
    return describe_me (call, out);
}

/* ---- PIN code ---- */

static ApiStatus
setup_pin_code (ApiCall *call, const SetupPinCodeRequest *in)
{
    const char *user_id = call->auth->user_id;
    GError *error = NULL;
    gboolean is_set = FALSE;
    SecretsRow secrets;

    if (!auth_store_load_secrets (call->db, call->arena, user_id, &secrets, &error))
        return api_fail (call, error);
    if (secrets.pin_code == NULL &&
        !auth_store_set_first_pin (call->db, user_id,
                                   auth_hash_password (call->arena, in->body->pin_code), &is_set,
                                   &error))
        return api_fail (call, error);
    return is_set ? API_OK : api_refuse (call, APP_ERROR_INVALID, "User already has a PIN code");
}

static ApiStatus
change_pin_code (ApiCall *call, const ChangePinCodeRequest *in)
{
    GivenSecrets given = { in->body->password, in->body->pin_code, .needs_pin = TRUE };
    GError *error = NULL;

    if (!auth_check_secrets (call, &given, &error))
        return api_fail (call, error);
    if (!auth_store_set_pin (call->db, call->auth->user_id,
                             auth_hash_password (call->arena, in->body->new_pin_code), &error))
        return api_fail (call, error);
    return API_OK;
}

static gboolean
write_pin_reset (Db *tx, gpointer user_id, GError **error)
{
    return auth_store_set_pin (tx, user_id, NULL, error) &&
           sessions_end_elevation (tx, user_id, error);
}

static ApiStatus
reset_pin_code (ApiCall *call, const ResetPinCodeRequest *in)
{
    GivenSecrets given = { in->body->password, in->body->pin_code, .needs_pin = TRUE };
    GError *error = NULL;

    if (!auth_check_secrets (call, &given, &error))
        return api_fail (call, error);
    if (!db_write (call->db, write_pin_reset, (gpointer) call->auth->user_id, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- elevation ---- */

static ApiStatus
refuse_key (ApiCall *call)
{
    return api_refuse (call, APP_ERROR_INVALID,
                       "This endpoint can only be used with a session token");
}

static ApiStatus
lock_auth_session (ApiCall *call, const LockAuthSessionRequest *in)
{
    GError *error = NULL;

    if (call->auth->session_id == NULL)
        return refuse_key (call);
    if (!session_set_elevation (call->db, call->auth->session_id, call->auth->user_id, FALSE, 0,
                                NULL, &error))
        return api_fail (call, error);
    return API_OK;
}

/* The PIN only: a stolen password shall not open what the PIN keeps. */
static ApiStatus
unlock_auth_session (ApiCall *call, const UnlockAuthSessionRequest *in)
{
    GivenSecrets given = { .pin_code = in->body->pin_code, .needs_pin = TRUE };
    GError *error = NULL;

    if (call->auth->session_id == NULL)
        return refuse_key (call);
    if (!auth_check_secrets (call, &given, &error))
        return api_fail (call, error);
    if (!session_set_elevation (call->db, call->auth->session_id, call->auth->user_id, TRUE,
                                timestamp_now_ms () + ELEVATION_MS, NULL, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_auth_status (ApiCall *call, const GetAuthStatusRequest *in, AuthStatusResponse *out)
{
    GError *error = NULL;
    SecretsRow secrets;

    if (!auth_store_load_secrets (call->db, call->arena, call->auth->user_id, &secrets, &error))
        return api_fail (call, error);
    out->pin_code = secrets.pin_code != NULL;
    out->password = *secrets.password != '\0';
    out->is_elevated = call->auth->is_elevated;
    if (call->auth->session_id != NULL) {
        SessionTimes times;

        if (!session_load_times (call->db, call->arena, call->auth->session_id, &times, &error))
            return api_fail (call, error);
        out->has_expires_at = times.has_expires_at;
        out->expires_at = times.expires_at;
        out->has_pin_expires_at = times.has_pin_expires_at;
        out->pin_expires_at = times.pin_expires_at;
    }
    return API_OK;
}

static const AuthHandlers handlers = {
    .sign_up_admin = sign_up_admin,
    .change_password = change_password,
    .change_password_by_put = change_password,
    .login = login,
    .logout = logout,
    .setup_pin_code = setup_pin_code,
    .change_pin_code = change_pin_code,
    .reset_pin_code = reset_pin_code,
    .verify_pin_code = unlock_auth_session,
    .lock_auth_session = lock_auth_session,
    .unlock_auth_session = unlock_auth_session,
    .get_auth_status = get_auth_status,
    .validate_access_token = validate_access_token,
};

void
auth_start (App *app, Api *api)
{
    auth_limits_start ();
    api_serve_auth (api, &handlers);
}
