/* The routes of API keys. A key can never make or gain a key that may do more than itself. */
#define G_LOG_DOMAIN "api-keys"
#include "features/api-keys/api_keys_store.h"

#include "base/uuid.h"
#include "features/api-keys/api-keys.h"
#include "features/sessions/sessions.h"

#define DEFAULT_NAME "API Key"

static void
fill (const ApiKeyRow *row, Arena *arena, ApiKeyResponse *out)
{
    int *permissions = arena_new_array (arena, int, row->permissions.n);
    gsize n = 0;

    for (gsize i = 0; i < row->permissions.n; i++) {
        permissions[n] = enum_find (&permission_enum, row->permissions.items[i]);
        if (permissions[n] >= 0)
            n++;
    }
    *out = (ApiKeyResponse){
        .id = row->id,
        .name = row->name,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .permissions = { permissions, n },
    };
}

/* With the secret, both as an object of its own and flat: clients of either age find it. */
static void
fill_created (const ApiKeyRow *row, Arena *arena, const char *secret, ApiKeyCreateResponse *out)
{
    ApiKeyResponse *key = arena_new0 (arena, ApiKeyResponse);

    fill (row, arena, key);
    *out = (ApiKeyCreateResponse){
        .id = key->id,
        .api_key = key,
        .created_at = key->created_at,
        .name = key->name,
        .permissions = key->permissions,
        .secret = arena_strdup (arena, secret),
        .updated_at = key->updated_at,
    };
}

static gboolean
holds (const StringList *permissions, const char *wanted)
{
    for (gsize i = 0; i < permissions->n; i++)
        if (g_str_equal (permissions->items[i], wanted) ||
            g_str_equal (permissions->items[i], "all"))
            return TRUE;
    return FALSE;
}

/* A session may grant everything, a key what it holds itself. */
static gboolean
may_grant (const Auth *auth, const StringList *wanted)
{
    if (auth->kind != CREDENTIAL_API_KEY)
        return TRUE;
    for (gsize i = 0; i < wanted->n; i++)
        if (!holds (&auth->permissions, wanted->items[i]))
            return FALSE;
    return TRUE;
}

static StringList
texts_of (Arena *arena, const EnumList *permissions)
{
    StringList out = { arena_new_array (arena, const char *, permissions->n), permissions->n };

    for (gsize i = 0; i < out.n; i++)
        out.items[i] = permission_enum.texts[permissions->items[i]];
    return out;
}

/* The value is a JSON array, borrowed from the arena. */
static const char *
json_of (Arena *arena, const StringList *list)
{
    DbValue value = db_strings (arena, list);

    return arena_strndup (arena, value.bytes, value.n_bytes);
}

/* As api_fail (); a key that is missing or another user's is told in the client's words. */
static ApiStatus
fail_load (ApiCall *call, GError *error)
{
    if (!g_error_matches (error, APP_ERROR, APP_ERROR_NOT_FOUND))
        return api_fail (call, error);
    g_error_free (error);
    return api_refuse (call, APP_ERROR_INVALID, "API Key not found");
}

/* Of a key that is no more what let them in. */
static void
end_sockets (ApiCall *call)
{
    sessions_close_user (call->app, call->auth->user_id, call->auth->session_id);
}

static ApiStatus
answer_with (ApiCall *call, const char *id, ApiKeyResponse *out)
{
    GError *error = NULL;
    ApiKeyRow row;

    if (!api_keys_store_load (call->db, call->arena, id, call->auth->user_id, &row, &error))
        return fail_load (call, error);
    fill (&row, call->arena, out);
    return API_OK;
}

static ApiStatus
get_api_keys (ApiCall *call, const GetApiKeysRequest *in, ApiKeyResponseList *out)
{
    GError *error = NULL;
    const ApiKeyRow *rows;
    List list;

    if (!api_keys_store_list (call->db, call->arena, call->auth->user_id, &list, &error))
        return api_fail (call, error);
    rows = list.items;
    out->items = arena_new_array (call->arena, ApiKeyResponse, list.n);
    out->n = list.n;
    for (gsize i = 0; i < list.n; i++)
        fill (&rows[i], call->arena, &out->items[i]);
    return API_OK;
}

static ApiStatus
create_api_key (ApiCall *call, const CreateApiKeyRequest *in, ApiKeyCreateResponse *out)
{
    const char *name =
        in->body->name != NULL && *in->body->name != '\0' ? in->body->name : DEFAULT_NAME;
    StringList permissions = texts_of (call->arena, &in->body->permissions);
    const char *id = uuid_v4 (call->arena);
    char secret[AUTH_TOKEN_BYTES];
    guint8 hash[AUTH_HASH_BYTES];
    GError *error = NULL;
    ApiKeyRow row;

    if (!may_grant (call->auth, &permissions))
        return api_refuse (call, APP_ERROR_INVALID, "Cannot grant permissions you do not have");
    auth_new_token (secret, hash);
    if (!api_keys_store_insert (call->db, id, call->auth->user_id, name,
                                json_of (call->arena, &permissions), hash, &error) ||
        !api_keys_store_load (call->db, call->arena, id, call->auth->user_id, &row, &error))
        return api_fail (call, error);
    fill_created (&row, call->arena, secret, out);
    return API_OK;
}

static ApiStatus
get_my_api_key (ApiCall *call, const GetMyApiKeyRequest *in, ApiKeyResponse *out)
{
    if (call->auth->kind != CREDENTIAL_API_KEY)
        return api_refuse (call, APP_ERROR_FORBIDDEN, "Not authenticated with an API Key");
    return answer_with (call, call->auth->key_id, out);
}

static ApiStatus
get_api_key (ApiCall *call, const GetApiKeyRequest *in, ApiKeyResponse *out)
{
    return answer_with (call, in->id, out);
}

static ApiStatus
update_api_key (ApiCall *call, const UpdateApiKeyRequest *in, ApiKeyResponse *out)
{
    const char *user_id = call->auth->user_id;
    const char *permissions_json = NULL;
    GError *error = NULL;
    ApiKeyRow row;

    if (!api_keys_store_load (call->db, call->arena, in->id, user_id, &row, &error))
        return fail_load (call, error);
    if (in->body->has_permissions) {
        StringList permissions = texts_of (call->arena, &in->body->permissions);

        if (!may_grant (call->auth, &permissions))
            return api_refuse (call, APP_ERROR_INVALID, "Cannot grant permissions you do not have");
        permissions_json = json_of (call->arena, &permissions);
    }
    if ((in->body->name != NULL || permissions_json != NULL) &&
        !api_keys_store_update (call->db, in->id, user_id, in->body->name, permissions_json,
                                &error))
        return api_fail (call, error);
    if (permissions_json != NULL)
        end_sockets (call);
    return answer_with (call, in->id, out);
}

static ApiStatus
delete_api_key (ApiCall *call, const DeleteApiKeyRequest *in)
{
    GError *error = NULL;
    gboolean found = FALSE;

    if (!api_keys_store_delete (call->db, in->id, call->auth->user_id, &found, &error))
        return api_fail (call, error);
    if (!found)
        return api_refuse (call, APP_ERROR_INVALID, "API Key not found");
    end_sockets (call);
    return API_OK;
}

static ApiStatus
rotate_api_key (ApiCall *call, const RotateApiKeyRequest *in, ApiKeyCreateResponse *out)
{
    const char *user_id = call->auth->user_id;
    char secret[AUTH_TOKEN_BYTES];
    guint8 hash[AUTH_HASH_BYTES];
    GError *error = NULL;
    ApiKeyRow row;

    if (!api_keys_store_load (call->db, call->arena, in->id, user_id, &row, &error))
        return fail_load (call, error);
    if (!may_grant (call->auth, &row.permissions))
        return api_refuse (call, APP_ERROR_INVALID,
                           "Cannot rotate an API Key with permissions you do not have");
    auth_new_token (secret, hash);
    if (!api_keys_store_set_hash (call->db, in->id, user_id, hash, &error))
        return api_fail (call, error);
    end_sockets (call);
    if (!api_keys_store_load (call->db, call->arena, in->id, user_id, &row, &error))
        return fail_load (call, error);
    fill_created (&row, call->arena, secret, out);
    return API_OK;
}

static const ApiKeysHandlers handlers = {
    .get_api_keys = get_api_keys,
    .create_api_key = create_api_key,
    .get_my_api_key = get_my_api_key,
    .get_api_key = get_api_key,
    .update_api_key = update_api_key,
    .delete_api_key = delete_api_key,
    .rotate_api_key = rotate_api_key,
};

void
api_keys_start (App *app, Api *api)
{
    api_serve_api_keys (api, &handlers);
}
