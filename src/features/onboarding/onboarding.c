/* Whether the first steps were shown: a fact of each user, and one of the server. */
#define G_LOG_DOMAIN "onboarding"
#include "features/onboarding/onboarding.h"

#include "features/users/users.h"

#define FACT "onboarding"

static const char SQL_LOAD_SERVER[] =
    "SELECT value FROM system_metadata WHERE key = 'admin-onboarding'";

/* $1 JSON */
static const char SQL_SAVE_SERVER[] =
    "INSERT INTO system_metadata (key, value) VALUES ('admin-onboarding', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/* What cannot be read counts as not shown. */
static gboolean
is_onboarded (Arena *arena, const char *json)
{
    Onboarding stored;

    return json != NULL && api_read_json (&onboarding_type, json, -1, arena, &stored, NULL) &&
           stored.is_onboarded;
}

static const char *
to_json (gboolean value)
{
    return value ? "{\"isOnboarded\":true}" : "{\"isOnboarded\":false}";
}

gboolean
onboarding_load (Db *db, Arena *arena, const char *user_id, gboolean *out, GError **error)
{
    const char *json = NULL;

    if (!users_load_fact (db, arena, user_id, FACT, &json, error))
        return FALSE;
    *out = is_onboarded (arena, json);
    return TRUE;
}

/* Whether an admin has seen those of the server. */
static gboolean
load_server (Db *db, Arena *arena, gboolean *out, GError **error)
{
    const char *json = NULL;

    if (!db_select_text (db, arena, SQL_LOAD_SERVER, DB_NO_ARGS, &json, error))
        return FALSE;
    *out = is_onboarded (arena, json);
    return TRUE;
}

static ApiStatus
get_admin_onboarding (ApiCall *call, const GetAdminOnboardingRequest *in,
                      AdminOnboardingUpdate *out)
{
    GError *error = NULL;

    if (!load_server (call->db, call->arena, &out->is_onboarded, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
update_admin_onboarding (ApiCall *call, const UpdateAdminOnboardingRequest *in)
{
    GError *error = NULL;

    if (!db_exec (call->db, SQL_SAVE_SERVER, DB_ARGS (db_text (to_json (in->body->is_onboarded))),
                  NULL, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_user_onboarding (ApiCall *call, const GetUserOnboardingRequest *in, OnboardingResponse *out)
{
    GError *error = NULL;

    if (!onboarding_load (call->db, call->arena, call->auth->user_id, &out->is_onboarded, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
set_user_onboarding (ApiCall *call, const SetUserOnboardingRequest *in, OnboardingResponse *out)
{
    GError *error = NULL;

    if (!users_save_fact (call->db, call->auth->user_id, FACT, to_json (in->body->is_onboarded),
                          &error))
        return api_fail (call, error);
    out->is_onboarded = in->body->is_onboarded;
    return API_OK;
}

static ApiStatus
delete_user_onboarding (ApiCall *call, const DeleteUserOnboardingRequest *in)
{
    GError *error = NULL;

    if (!users_save_fact (call->db, call->auth->user_id, FACT, NULL, &error))
        return api_fail (call, error);
    return API_OK;
}

static const OnboardingHandlers handlers = {
    .get_admin_onboarding = get_admin_onboarding,
    .update_admin_onboarding = update_admin_onboarding,
    .get_user_onboarding = get_user_onboarding,
    .set_user_onboarding = set_user_onboarding,
    .delete_user_onboarding = delete_user_onboarding,
};

void
onboarding_start (App *app, Api *api)
{
    api_serve_onboarding (api, &handlers);
}
