/* activities_routes.c -- the handlers of activities.api */
#define G_LOG_DOMAIN "activities"
#include "features/activities/activities_store.h"

#include "base/error.h"
#include "features/users/users.h"

/* With who did it; those whose account is gone meanwhile are left out. */
static gboolean
describe (ApiCall *call, const ActivityRowList *rows, ActivityResponseList *out, GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    StringList user_ids = { arena_new_array (call->arena, const char *, MAX (rows->n, 1)), 0 };
    UserResponseList users;

    for (gsize i = 0; i < rows->n; i++)
        if (g_hash_table_add (by_id, (gpointer) rows->items[i].user_id))
            user_ids.items[user_ids.n++] = rows->items[i].user_id;
    if (!users_describe (call->db, call->arena, &user_ids, &users, error))
        return FALSE;
    g_hash_table_remove_all (by_id);
    for (gsize i = 0; i < users.n; i++)
        g_hash_table_insert (by_id, (gpointer) users.items[i].id, &users.items[i]);
    out->items = arena_new_array (call->arena, ActivityResponse, MAX (rows->n, 1));
    out->n = 0;
    for (gsize i = 0; i < rows->n; i++) {
        const ActivityRow *row = &rows->items[i];
        const UserResponse *user = g_hash_table_lookup (by_id, row->user_id);

        if (user != NULL)
            out->items[out->n++] = (ActivityResponse){ .id = row->id,
                                                       .asset_id = row->asset_id,
                                                       .created_at = row->created_at,
                                                       .comment = row->comment,
                                                       .set_comment = TRUE,
                                                       .type = row->type,
                                                       .user = user };
    }
    return TRUE;
}

static ApiStatus
get_activities (ApiCall *call, const GetActivitiesRequest *in, ActivityResponseList *out)
{
    g_autoptr (GError) error = NULL;
    ActivityRowList rows;

    if (!access_check_album (call, in->album_id, "album.read", &error) ||
        !activities_store_list (call->db, call->arena, in, &rows, &error) ||
        !describe (call, &rows, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

typedef struct {
    ApiCall *call;
    const ActivityCreate *body;
    const char *id;
    gboolean is_new;
} Create;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    Create *self = data;

    return activities_store_add (tx, self->call->arena, self->body, self->call->auth->user_id,
                                 &self->id, &self->is_new, error);
}

static gboolean
check_asset (ApiCall *call, const ActivityCreate *body, GError **error)
{
    gboolean is_there = TRUE;

    if (body->asset_id != NULL &&
        !activities_store_has_asset (call->db, call->arena, body->album_id, body->asset_id,
                                     &is_there, error))
        return FALSE;
    if (!is_there)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Asset is not in the album");
    return is_there;
}

static ApiStatus
create_activity (ApiCall *call, const CreateActivityRequest *in, ActivityResponse *out)
{
    const ActivityCreate *body = in->body;
    gboolean has_comment = body->comment != NULL && *body->comment != '\0';
    Create data = { .call = call, .body = body };
    g_autoptr (GError) error = NULL;
    ActivityResponseList list;
    ActivityRow row;

    if (body->type == REACTION_TYPE_COMMENT && !has_comment)
        return api_refuse_field (call, "comment", "Comment is required when type is COMMENT");
    if (body->type != REACTION_TYPE_COMMENT && body->comment != NULL)
        return api_refuse_field (call, "comment",
                                 "Comment must not be provided when type is not COMMENT");
    if (!access_check_album (call, body->album_id, "activity.create", &error) ||
        !check_asset (call, body, &error) || !db_write (call->db, run_create, &data, &error) ||
        !activities_store_find (call->db, call->arena, data.id, &row, &error) ||
        !describe (call, &(ActivityRowList){ &row, 1 }, &list, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (list.n == 0)
        return api_refuse_access (call, "activity.create");
    *out = list.items[0];
    return data.is_new ? API_OK : 200;
}

static ApiStatus
get_activity_statistics (ApiCall *call, const GetActivityStatisticsRequest *in,
                         ActivityStatisticsResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_album (call, in->album_id, "album.read", &error) ||
        !activities_store_count (call->db, call->arena, in->album_id, in->asset_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
delete_activity (ApiCall *call, const DeleteActivityRequest *in)
{
    const char *id = in->id;
    StringList ids = { &id, 1 };
    g_autoptr (GError) error = NULL;

    if (!access_check_owned (call, &ids, "activity.delete", &error) ||
        !activities_store_delete (call->db, in->id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const ActivitiesHandlers activities_handlers = {
    .get_activities = get_activities,
    .create_activity = create_activity,
    .get_activity_statistics = get_activity_statistics,
    .delete_activity = delete_activity,
};

void
activities_start (App *app, Api *api)
{
    api_serve_activities (api, &activities_handlers);
}
