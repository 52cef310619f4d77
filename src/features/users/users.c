/* Accounts: how they are described and made, and the rules for their e-mail, label and colour. */
#define G_LOG_DOMAIN "users"
#include "features/users/users.h"

#include <string.h>

#include "base/uuid.h"
#include "features/users/users_admin.h"

#define LABEL_MAX_BYTES 255
#define EMAIL_MAX_BYTES 320 /* 64 of the local part, @, 255 of the domain */

int
users_avatar_color (const char *email, gboolean has_color, int color)
{
    guint64 sum = 0;

    if (has_color)
        return color;
    for (const char *at = email; *at != '\0'; at = g_utf8_next_char (at))
        sum += g_utf8_get_char (at);
    return (int) (sum % user_avatar_color_enum.n_texts);
}

static gboolean
fail_not_found (GError **error)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "User not found");
    return FALSE;
}

gboolean
users_load_any (Db *db, Arena *arena, const char *id, UserRow *out, GError **error)
{
    g_autoptr (GError) why = NULL;

    if (users_store_load (db, arena, id, out, &why))
        return TRUE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
        return fail_not_found (error);
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

gboolean
users_load (Db *db, Arena *arena, const char *id, UserRow *out, GError **error)
{
    UserRow user;

    if (!users_load_any (db, arena, id, &user, error))
        return FALSE;
    if (user.has_deleted_at)
        return fail_not_found (error);
    *out = user;
    return TRUE;
}

void
users_fill (const UserRow *user, UserResponse *out)
{
    *out = (UserResponse){
        .id = user->id,
        .email = user->email,
        .name = user->name,
        .profile_image_path = user->profile_image_path,
        .avatar_color =
            users_avatar_color (user->email, user->has_avatar_color, user->avatar_color),
        .profile_changed_at = user->profile_changed_at,
    };
}

void
users_fill_admin (const UserRow *user, UserAdminResponse *out)
{
    *out = (UserAdminResponse){
        .id = user->id,
        .email = user->email,
        .name = user->name,
        .profile_image_path = user->profile_image_path,
        .avatar_color =
            users_avatar_color (user->email, user->has_avatar_color, user->avatar_color),
        .profile_changed_at = user->profile_changed_at,
        .storage_label = user->storage_label,
        .should_change_password = user->should_change_password,
        .is_admin = user->is_admin,
        .created_at = user->created_at,
        .deleted_at = user->deleted_at,
        .has_deleted_at = user->has_deleted_at,
        .updated_at = user->updated_at,
        .oauth_id = user->oauth_id,
        .quota_size_in_bytes = user->quota_size_in_bytes,
        .has_quota_size_in_bytes = user->has_quota_size_in_bytes,
        .quota_usage_in_bytes = user->quota_usage_in_bytes,
        .has_quota_usage_in_bytes = TRUE,
        .status = user->status,
        .license = NULL,
        .cluster_group_id = user->cluster_group_id,
    };
}

gboolean
users_describe (Db *db, Arena *arena, const StringList *ids, UserResponseList *out, GError **error)
{
    List list;
    UserRow *rows;

    if (!users_store_load_many (db, arena, ids, &list, error))
        return FALSE;
    rows = list.items;
    out->items = arena_new_array (arena, UserResponse, list.n);
    out->n = list.n;
    for (gsize i = 0; i < list.n; i++)
        users_fill (&rows[i], &out->items[i]);
    return TRUE;
}

const UserResponse *
users_find_in (const UserResponseList *list, const char *id)
{
    for (gsize i = 0; i < list->n; i++)
        if (g_str_equal (list->items[i].id, id))
            return &list->items[i];
    return NULL;
}

static gboolean
check_email (const char *email, GError **error)
{
    if (strlen (email) <= EMAIL_MAX_BYTES)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "An e-mail may have %d bytes at most",
                 EMAIL_MAX_BYTES);
    return FALSE;
}

/* library/<label> of one user must not be library/<id> of another. */
static gboolean
check_label (const char *label, GError **error)
{
    if (label == NULL || !uuid_is_v4 (label))
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                         "A storage label must not look like the id of a user");
    return FALSE;
}

gboolean
users_create (Db *tx, Arena *arena, const UserNew *user, UserRow *out, GError **error)
{
    g_autofree char *email = g_utf8_strdown (user->email, -1);
    const char *id = uuid_v4 (arena);
    UserNew stored = *user;

    stored.email = email;
    return check_email (email, error) && check_label (user->storage_label, error) &&
           users_store_insert (tx, id, &stored, error) &&
           users_store_load (tx, arena, id, out, error);
}

gboolean
user_check_leaves_admin (Db *tx, const UserRow *user, GError **error)
{
    gboolean is_left = TRUE;

    if (user->is_admin && !users_has_other_admin (tx, user->id, &is_left, error))
        return FALSE;
    if (!is_left)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Without this user there would be no admin; make somebody else one "
                             "first");
    return is_left;
}

typedef struct {
    const char *id;
    const UserChange *change;
    Arena *arena;
    UserRow *out;
} UpdateWrite;

static gboolean
write_update (Db *tx, gpointer data, GError **error)
{
    const UpdateWrite *write = data;
    const UserChange *change = write->change;
    gboolean has_new_quota;
    UserRow before;

    if (!users_load (tx, write->arena, write->id, &before, error) ||
        (change->email != NULL && !check_email (change->email, error)) ||
        !check_label (change->storage_label, error) ||
        (change->has_is_admin && !change->is_admin &&
         !user_check_leaves_admin (tx, &before, error)))
        return FALSE;
    has_new_quota =
        change->set_quota && change->has_quota &&
        !(before.has_quota_size_in_bytes && before.quota_size_in_bytes == change->quota_size_bytes);
    return users_store_update (tx, write->id, change, error) &&
           (!has_new_quota || users_sync_usage (tx, write->id, error)) &&
           users_store_load (tx, write->arena, write->id, write->out, error);
}

gboolean
user_update (Db *db, Arena *arena, const char *id, const UserChange *change, UserRow *out,
             GError **error)
{
    UpdateWrite write = { id, change, arena, out };

    return db_write (db, write_update, &write, error);
}

/* CON, nul, COM1: no folder of this name can be made on Windows. */
static gboolean
is_device_name (const char *name)
{
    static const char *const whole[] = { "con", "prn", "aux", "nul" };

    for (gsize i = 0; i < G_N_ELEMENTS (whole); i++)
        if (g_ascii_strcasecmp (name, whole[i]) == 0)
            return TRUE;
    return strlen (name) == 4 && g_ascii_isdigit (name[3]) &&
           (g_ascii_strncasecmp (name, "com", 3) == 0 || g_ascii_strncasecmp (name, "lpt", 3) == 0);
}

static gboolean
stays_in_label (gunichar c)
{
    return c > 0x1f && !(c >= 0x7f && c <= 0x9f) &&
           !(c < 0x80 && strchr ("./?<>\\:*|\"", (int) c) != NULL);
}

const char *
users_clean_label (Arena *arena, const char *label)
{
    g_autoptr (GString) clean = g_string_new (NULL);

    for (const char *at = label; at != NULL && *at != '\0'; at = g_utf8_next_char (at))
        if (stays_in_label (g_utf8_get_char (at)))
            g_string_append_unichar (clean, g_utf8_get_char (at));
    if (clean->len > LABEL_MAX_BYTES) {
        const char *end = g_utf8_find_prev_char (clean->str, clean->str + LABEL_MAX_BYTES + 1);

        g_string_truncate (clean, (gsize) (end - clean->str));
    }
    while (clean->len > 0 && clean->str[clean->len - 1] == ' ')
        g_string_truncate (clean, clean->len - 1);
    if (clean->len == 0 || is_device_name (clean->str))
        return NULL;
    return arena_strdup (arena, clean->str);
}
