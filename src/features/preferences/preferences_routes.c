/* The routes of preferences: one's own, and an admin's view of anybody's. */
#define G_LOG_DOMAIN "preferences"
#include "features/preferences/preferences.h"

#include "features/preferences/preferences_merge.h"
#include "features/users/users.h"

#define FACT "preferences"

/* What was stored and cannot be read counts as nothing, and is logged. */
static gboolean
load_changes (Db *db, Arena *arena, const char *user_id, UserPreferencesUpdate *out, GError **error)
{
    g_autoptr (GError) why = NULL;
    const char *json = NULL;

    *out = (UserPreferencesUpdate){ 0 };
    if (!users_load_fact (db, arena, user_id, FACT, &json, error))
        return FALSE;
    if (json != NULL &&
        !api_read_json (&user_preferences_update_type, json, -1, arena, out, &why)) {
        g_warning ("the preferences of user %s are damaged: %s, using the defaults", user_id,
                   why->message);
        *out = (UserPreferencesUpdate){ 0 };
    }
    return TRUE;
}

gboolean
preferences_load (Db *db, Arena *arena, const char *user_id, UserPreferencesResponse *out,
                  GError **error)
{
    UserPreferencesUpdate changes;

    if (!load_changes (db, arena, user_id, &changes, error))
        return FALSE;
    preferences_apply (&changes, arena, out);
    return TRUE;
}

typedef struct {
    const char *user_id;
    const UserPreferencesUpdate *update;
    Arena *arena;
    UserPreferencesUpdate merged;
} UpdateWrite;

static gboolean
write_update (Db *tx, gpointer data, GError **error)
{
    g_autoptr (GString) json = g_string_new (NULL);
    UpdateWrite *write = data;
    UserPreferencesUpdate stored;

    if (!load_changes (tx, write->arena, write->user_id, &stored, error))
        return FALSE;
    preferences_merge (&stored, write->update, write->arena, &write->merged);
    api_write_json (&user_preferences_update_type, &write->merged, json);
    return users_save_fact (tx, write->user_id, FACT, json->str, error);
}

static ApiStatus
update (ApiCall *call, const char *user_id, const UserPreferencesUpdate *body,
        UserPreferencesResponse *out)
{
    UpdateWrite write = { .user_id = user_id, .update = body, .arena = call->arena };
    GError *error = NULL;

    if (!db_write (call->db, write_update, &write, &error))
        return api_fail (call, error);
    preferences_apply (&write.merged, call->arena, out);
    return API_OK;
}

static ApiStatus
answer (ApiCall *call, const char *user_id, UserPreferencesResponse *out)
{
    GError *error = NULL;

    if (!preferences_load (call->db, call->arena, user_id, out, &error))
        return api_fail (call, error);
    return API_OK;
}

/* Soft-deleted users have preferences too; unknown ones have none. */
static gboolean
user_exists (ApiCall *call, const char *id, GError **error)
{
    UserRow user;

    return users_load_any (call->db, call->arena, id, &user, error);
}

static ApiStatus
get_user_preferences_admin (ApiCall *call, const GetUserPreferencesAdminRequest *in,
                            UserPreferencesResponse *out)
{
    GError *error = NULL;

    if (!user_exists (call, in->id, &error))
        return api_fail (call, error);
    return answer (call, in->id, out);
}

static ApiStatus
update_user_preferences_admin (ApiCall *call, const UpdateUserPreferencesAdminRequest *in,
                               UserPreferencesResponse *out)
{
    GError *error = NULL;

    if (!user_exists (call, in->id, &error))
        return api_fail (call, error);
    return update (call, in->id, in->body, out);
}

static ApiStatus
get_my_preferences (ApiCall *call, const GetMyPreferencesRequest *in, UserPreferencesResponse *out)
{
    return answer (call, call->auth->user_id, out);
}

static ApiStatus
update_my_preferences (ApiCall *call, const UpdateMyPreferencesRequest *in,
                       UserPreferencesResponse *out)
{
    return update (call, call->auth->user_id, in->body, out);
}

static const PreferencesHandlers handlers = {
    .get_user_preferences_admin = get_user_preferences_admin,
    .update_user_preferences_admin = update_user_preferences_admin,
    .get_my_preferences = get_my_preferences,
    .update_my_preferences = update_my_preferences,
};

void
preferences_start (App *app, Api *api)
{
    api_serve_preferences (api, &handlers);
}
