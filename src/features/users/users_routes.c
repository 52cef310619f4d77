/* The routes of users: their administration, one's own account, other people's. */
#define G_LOG_DOMAIN "users"
#include "features/users/users_admin.h"

#include <fcntl.h>
#include <unistd.h>

#include "features/auth/auth.h"
#include "features/config/config.h"
#include "features/notifications/notifications.h"
#include "features/sessions/sessions.h"
#include "media/layout.h"
#include "media/media_type.h"

static UserAdminResponse *
describe_rows (ApiCall *call, const List *list)
{
    UserAdminResponse *out = arena_new_array (call->arena, UserAdminResponse, list->n);
    const UserRow *rows = list->items;

    for (gsize i = 0; i < list->n; i++)
        users_fill_admin (&rows[i], &out[i]);
    return out;
}

/* ---- administration ---- */

static ApiStatus
search_users_admin (ApiCall *call, const SearchUsersAdminRequest *in, UserAdminResponseList *out)
{
    UserFilter filter = { .with_deleted = in->has_with_deleted && in->with_deleted, .id = in->id };
    GError *error = NULL;
    List list;

    if (!users_store_list (call->db, call->arena, &filter, &list, &error))
        return api_fail (call, error);
    out->items = describe_rows (call, &list);
    out->n = list.n;
    return API_OK;
}

typedef struct {
    const UserNew *user;
    ApiCall *call;
    UserRow *out;
    gboolean is_welcomed;
    const char *password; /* for the mail */
} CreateWrite;

static gboolean
write_create (Db *tx, gpointer data, GError **error)
{
    const CreateWrite *write = data;

    return users_create (tx, write->call->arena, write->user, write->out, error) &&
           (!write->is_welcomed || notification_add_welcome (write->call->app, tx, write->out->id,
                                                             write->password, error));
}

static ApiStatus
create_user_admin (ApiCall *call, const CreateUserAdminRequest *in, UserAdminResponse *out)
{
    const UserAdminCreate *body = in->body;
    GError *error = NULL;
    UserRow made;
    UserNew user = {
        .email = body->email,
        .name = body->name,
        .password_hash = "",
        .oauth_id = "",
        .storage_label = users_clean_label (call->arena, body->storage_label),
        .is_admin = body->has_is_admin && body->is_admin,
        .should_change_password = !body->has_should_change_password || body->should_change_password,
        .has_avatar_color = body->has_avatar_color,
        .avatar_color = body->avatar_color,
        .has_quota = body->has_quota_size_in_bytes,
        .quota_size_bytes = body->quota_size_in_bytes,
    };
    CreateWrite write = { &user, call, &made, body->has_notify && body->notify, body->password };

    if (*body->password == '\0' && !config_get (call->app)->oauth->enabled)
        return api_refuse (call, APP_ERROR_INVALID, "password is required");
    if (*body->password != '\0')
        user.password_hash = auth_hash_password (call->arena, body->password);
    if (body->pin_code != NULL)
        user.pin_hash = auth_hash_password (call->arena, body->pin_code);
    if (!db_write (call->db, write_create, &write, &error))
        return api_fail (call, error);
    if (write.is_welcomed)
        jobs_wake (call->app->jobs);
    users_fill_admin (&made, out);
    return API_OK;
}

static ApiStatus
get_user_admin (ApiCall *call, const GetUserAdminRequest *in, UserAdminResponse *out)
{
    GError *error = NULL;
    UserRow user;

    if (!users_load_any (call->db, call->arena, in->id, &user, &error))
        return api_fail (call, error);
    users_fill_admin (&user, out);
    return API_OK;
}

static const char *
color_text (gboolean has_color, int color)
{
    return has_color ? user_avatar_color_enum.texts[color] : NULL;
}

/* An empty password is none: an account loses its password only with the account. */
static const char *
hash_of_new (ApiCall *call, const char *password)
{
    return password == NULL || *password == '\0' ? NULL
                                                 : auth_hash_password (call->arena, password);
}

/* What may open one's own account to somebody else: a new password or PIN, and an e-mail, by which a login at
 * the provider finds it. */
static gboolean
may_change (ApiCall *call, const UserRow *user, const UserChange *change, GError **error)
{
    gboolean is_new_email = change->email != NULL && !g_str_equal (change->email, user->email);
    /* apps do not ask an admin: the mark would stay for ever */
    gboolean is_asked_for = user->should_change_password && !user->is_admin;

    if (change->password_hash == NULL && !change->set_pin_hash && !is_new_email)
        return TRUE;
    return auth_may_set_password (call, is_asked_for && !change->set_pin_hash && !is_new_email,
                                  error);
}

static ApiStatus
update_user_admin (ApiCall *call, const UpdateUserAdminRequest *in, UserAdminResponse *out)
{
    const UserAdminUpdate *body = in->body;
    gboolean is_self = g_str_equal (in->id, call->auth->user_id);
    GError *error = NULL;
    UserRow user;
    UserChange change = {
        .is_own = is_self,
        .email = body->email,
        .name = body->name,
        .has_is_admin = body->has_is_admin,
        .is_admin = body->is_admin,
        .has_should_change_password = body->has_should_change_password,
        .should_change_password = body->should_change_password,
        .set_avatar_color = body->set_avatar_color,
        .avatar_color = color_text (body->has_avatar_color, body->avatar_color),
        .set_pin_hash = body->set_pin_code,
        .set_storage_label = body->set_storage_label,
        .storage_label = users_clean_label (call->arena, body->storage_label),
        .set_quota = body->set_quota_size_in_bytes,
        .has_quota = body->has_quota_size_in_bytes,
        .quota_size_bytes = body->quota_size_in_bytes,
    };

    if (!users_load (call->db, call->arena, in->id, &user, &error))
        return api_fail (call, error);
    if (is_self && body->has_is_admin && body->is_admin != user.is_admin)
        return api_refuse (call, APP_ERROR_INVALID,
                           "Admin status can only be changed by another admin");
    change.password_hash = hash_of_new (call, body->password);
    change.pin_hash = hash_of_new (call, body->pin_code);
    if (is_self && !may_change (call, &user, &change, &error))
        return api_fail (call, error);
    if (!user_update (call->db, call->arena, in->id, &change, &user, &error))
        return api_fail (call, error);
    users_fill_admin (&user, out);
    return API_OK;
}

static ApiStatus
delete_user_admin (ApiCall *call, const DeleteUserAdminRequest *in, UserAdminResponse *out)
{
    gboolean force = in->body != NULL && in->body->has_force && in->body->force;
    GError *error = NULL;
    UserRow user;

    if (g_str_equal (in->id, call->auth->user_id))
        return api_refuse (call, APP_ERROR_FORBIDDEN, "Cannot delete your own account");
    if (!user_delete (call->app, call->arena, in->id, force, &user, &error))
        return api_fail (call, error);
    sessions_close_user (call->app, in->id, NULL);
    users_fill_admin (&user, out);
    return API_OK;
}

static ApiStatus
restore_user_admin (ApiCall *call, const RestoreUserAdminRequest *in, UserAdminResponse *out)
{
    GError *error = NULL;
    UserRow user;

    if (!user_restore (call->db, call->arena, in->id, &user, &error))
        return api_fail (call, error);
    users_fill_admin (&user, out);
    return API_OK;
}

static ApiStatus
get_user_statistics_admin (ApiCall *call, const GetUserStatisticsAdminRequest *in,
                           AssetStatsResponse *out)
{
    UserStatisticsFilter filter = {
        .has_is_favorite = in->has_is_favorite,
        .is_favorite = in->is_favorite,
        .is_trashed = in->has_is_trashed && in->is_trashed,
        .visibility = in->has_visibility ? asset_visibility_enum.texts[in->visibility] : NULL,
    };
    GError *error = NULL;

    if (!users_store_count_assets (call->db, call->arena, in->id, &filter, out, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- oneself and others ---- */

static ApiStatus
search_users (ApiCall *call, const SearchUsersRequest *in, UserResponseList *out)
{
    gboolean sees_all = call->auth->is_admin || config_get (call->app)->server->public_users;
    UserFilter filter = { .id = sees_all ? NULL : call->auth->user_id };
    GError *error = NULL;
    const UserRow *rows;
    List list;

    if (!users_store_list (call->db, call->arena, &filter, &list, &error))
        return api_fail (call, error);
    rows = list.items;
    out->items = arena_new_array (call->arena, UserResponse, list.n);
    out->n = list.n;
    for (gsize i = 0; i < list.n; i++)
        users_fill (&rows[i], &out->items[i]);
    return API_OK;
}

static ApiStatus
get_my_user (ApiCall *call, const GetMyUserRequest *in, UserAdminResponse *out)
{
    GError *error = NULL;
    UserRow user;

    if (!users_load (call->db, call->arena, call->auth->user_id, &user, &error))
        return api_fail (call, error);
    users_fill_admin (&user, out);
    return API_OK;
}

static ApiStatus
update_my_user (ApiCall *call, const UpdateMyUserRequest *in, UserAdminResponse *out)
{
    const UserUpdateMe *body = in->body;
    GError *error = NULL;
    UserRow user;
    UserChange change = {
        .is_own = TRUE,
        .email = body->email,
        .name = body->name,
        .password_hash = hash_of_new (call, body->password),
        .set_avatar_color = body->set_avatar_color,
        .avatar_color = color_text (body->has_avatar_color, body->avatar_color),
    };

    if (change.email == NULL && change.name == NULL && change.password_hash == NULL &&
        !change.set_avatar_color)
        return get_my_user (call, NULL, out);
    if (!users_load (call->db, call->arena, call->auth->user_id, &user, &error) ||
        !may_change (call, &user, &change, &error))
        return api_fail (call, error);
    change.has_should_change_password = change.password_hash != NULL; /* to FALSE */
    if (!user_update (call->db, call->arena, call->auth->user_id, &change, &user, &error))
        return api_fail (call, error);
    users_fill_admin (&user, out);
    return API_OK;
}

static ApiStatus
get_user (ApiCall *call, const GetUserRequest *in, UserResponse *out)
{
    GError *error = NULL;
    UserRow user;

    if (!users_load (call->db, call->arena, in->id, &user, &error))
        return api_fail (call, error);
    users_fill (&user, out);
    return API_OK;
}

/* ---- picture ---- */

static ApiStatus
create_profile_image (ApiCall *call, const CreateProfileImageRequest *in,
                      CreateProfileImageResponse *out)
{
    GError *error = NULL;
    UserRow user;

    if (!profile_image_set (call->app, call->arena, call->auth->user_id, in->body->file, &user,
                            &error)) {
        if (g_error_matches (error, APP_ERROR, APP_ERROR_TOO_MANY))
            api_set_header (call, "Retry-After", "5");
        return api_fail (call, error);
    }
    out->profile_changed_at = user.profile_changed_at;
    out->profile_image_path = user.profile_image_path;
    out->user_id = user.id;
    return API_OK;
}

static ApiStatus
delete_profile_image (ApiCall *call, const DeleteProfileImageRequest *in)
{
    GError *error = NULL;

    if (!profile_image_clear (call->app, call->arena, call->auth->user_id, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_profile_image (ApiCall *call, const GetProfileImageRequest *in)
{
    GError *error = NULL;
    HttpResponse *response;
    const char *path;
    UserRow user = { .profile_image_path = "" };
    int fd;

    if (!users_load (call->db, call->arena, in->id, &user, &error) &&
        !g_error_matches (error, APP_ERROR, APP_ERROR_INVALID))
        return api_fail (call, error);
    g_clear_error (&error);
    if (*user.profile_image_path == '\0')
        return api_refuse (call, APP_ERROR_NOT_FOUND, "Not Found");
    path = layout_absolute (call->arena, call->app->media_location, user.profile_image_path);
    fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        g_warning ("cannot open the profile image '%s': %s", path, g_strerror (errno));
        return api_refuse (call, APP_ERROR_NOT_FOUND, "Not Found");
    }
    response = http_response_new_file (fd, media_type_mime (path));
    http_response_set_header (response, "Cache-Control", "public, max-age=0");
    return api_respond (call, response);
}

static const UsersHandlers handlers = {
    .search_users_admin = search_users_admin,
    .create_user_admin = create_user_admin,
    .get_user_admin = get_user_admin,
    .update_user_admin = update_user_admin,
    .delete_user_admin = delete_user_admin,
    .restore_user_admin = restore_user_admin,
    .get_user_statistics_admin = get_user_statistics_admin,
    .search_users = search_users,
    .get_my_user = get_my_user,
    .update_my_user = update_my_user,
    .create_profile_image = create_profile_image,
    .delete_profile_image = delete_profile_image,
    .get_user = get_user,
    .get_profile_image = get_profile_image,
};

void
users_start (App *app, Api *api)
{
    api_serve_users (api, &handlers);
    api_set_upload_hooks (api, "createProfileImage", profile_image_accept, NULL);
    users_register_jobs (app);
}
