/* cluster_groups.c -- see cluster_groups_private.h */
#define G_LOG_DOMAIN "cluster-groups"
#include "features/cluster-groups/cluster_groups_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/notifications/notifications.h"
#include "features/users/users.h"

#define REQUEST "SELECT id, cluster_group_id, user_id, created_at FROM cluster_group_request"

/* $1 user; $1 group; $1 id; $1 group, $2 user */
static const char SQL_FOR_USER[] = REQUEST " WHERE user_id = $1 ORDER BY created_at, id";
static const char SQL_FOR_GROUP[] = REQUEST " WHERE cluster_group_id = $1 ORDER BY created_at, id";
static const char SQL_FIND[] = REQUEST " WHERE id = $1";
static const char SQL_FIND_BY_USER[] = REQUEST " WHERE cluster_group_id = $1 AND user_id = $2";

/* $1 group, $2 viewer */
static const char SQL_USERS[] =
    "SELECT u.id AS id FROM users u"
    " WHERE u.deleted_at IS NULL"
    "   AND u.id IN (SELECT id FROM users WHERE cluster_group_id = $1"
    "                UNION SELECT user_id FROM cluster_group_request WHERE cluster_group_id = $1)"
    " ORDER BY CASE WHEN u.id = $2 THEN 0 ELSE 1 END, u.name, u.id";

/* $1 group, $2 user; the other members */
static const char SQL_COUNT_OTHERS[] =
    "SELECT count(*) FROM users WHERE cluster_group_id = $1 AND id <> $2 AND deleted_at IS NULL";

/* $1 id, $2 group, $3 user, $4 now */
static const char SQL_INSERT[] =
    "INSERT INTO cluster_group_request (id, cluster_group_id, user_id, created_at)"
    " VALUES ($1, $2, $3, $4) ON CONFLICT (cluster_group_id, user_id) DO NOTHING";

/* $1 id */
static const char SQL_DELETE[] = "DELETE FROM cluster_group_request WHERE id = $1";

/* invitations into groups that nobody is in any more; $1 group */
static const char SQL_DELETE_EMPTY[] =
    "DELETE FROM cluster_group_request WHERE cluster_group_id = $1"
    " AND NOT EXISTS (SELECT 1 FROM users u WHERE u.cluster_group_id = $1)";

/* $1 user, $2 group, $3 now */
static const char SQL_MOVE[] =
    "UPDATE users SET cluster_group_id = $2, updated_at = $3 WHERE id = $1";

/* $1 user */
static const char SQL_GROUP_OF[] = "SELECT cluster_group_id FROM users WHERE id = $1";

gboolean
cluster_groups_list_for_user (Db *db, Arena *arena, const char *user_id,
                              ClusterGroupRequestResponseList *out, GError **error)
{
    return db_select (db, arena, &cluster_group_request_response_type, (List *) out, SQL_FOR_USER,
                      DB_ARGS (db_text (user_id)), error);
}

gboolean
cluster_groups_list_for_group (Db *db, Arena *arena, const char *group_id,
                               ClusterGroupRequestResponseList *out, GError **error)
{
    return db_select (db, arena, &cluster_group_request_response_type, (List *) out, SQL_FOR_GROUP,
                      DB_ARGS (db_text (group_id)), error);
}

gboolean
cluster_groups_list_users (Db *db, Arena *arena, const char *group_id, const char *viewer_id,
                           UserResponseList *out, GError **error)
{
    UserResponseList found;
    StringList ids;

    if (!db_select_texts (db, arena, SQL_USERS, DB_ARGS (db_text (group_id), db_text (viewer_id)),
                          &ids, error) ||
        !users_describe (db, arena, &ids, &found, error))
        return FALSE;
    *out = (UserResponseList){ arena_new_array (arena, UserResponse, MAX (ids.n, 1)), 0 };
    for (gsize i = 0; i < ids.n; i++) {
        const UserResponse *user = users_find_in (&found, ids.items[i]);

        if (user != NULL)
            out->items[out->n++] = *user;
    }
    return TRUE;
}

/* ---- changing ---- */

typedef struct {
    const App *app;
    Arena *arena;
    const char *group_id, *user_id, *request_id, *inviter_name;
    gboolean is_new;
    ClusterGroupRequestResponse request;
} Work;

static gboolean
refuse (GError **error, const char *text)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, text);
    return FALSE;
}

static gboolean
tell_invited (Db *tx, const Work *self, GError **error)
{
    const Notice notice = {
        .type = NOTIFICATION_TYPE_CLUSTER_GROUP_REQUEST,
        .level = NOTIFICATION_LEVEL_INFO,
        .title = "Cluster Group Request",
        .description = arena_printf (self->arena, "%s asked you to join their cluster group",
                                     self->inviter_name),
        .data = arena_printf (self->arena, "{\"clusterGroupId\":\"%s\"}", self->group_id),
    };

    return notification_add (self->app, tx, self->arena, self->user_id, &notice, NULL, error);
}

static gboolean
run_invite (Db *tx, gpointer data, GError **error)
{
    Work *self = data;
    const char *group_id = NULL;
    gint64 n = 0;

    if (!db_select_text (tx, self->arena, SQL_GROUP_OF, DB_ARGS (db_text (self->user_id)),
                         &group_id, error))
        return FALSE;
    if (g_strcmp0 (group_id, self->group_id) == 0)
        return refuse (error, "User is already in this cluster group");
    if (!db_exec (tx, SQL_INSERT,
                  DB_ARGS (db_text (self->request_id), db_text (self->group_id),
                           db_text (self->user_id), db_int (timestamp_now_ms ())),
                  &n, error))
        return FALSE;
    self->is_new = n > 0;
    if (self->is_new && !tell_invited (tx, self, error))
        return FALSE;
    return db_select_one (tx, self->arena, &cluster_group_request_response_type, &self->request,
                          SQL_FIND_BY_USER,
                          DB_ARGS (db_text (self->group_id), db_text (self->user_id)), error);
}

gboolean
cluster_groups_invite (App *app, Arena *arena, const char *group_id, const Auth *inviter,
                       const char *user_id, ClusterGroupRequestResponse *out, gboolean *out_is_new,
                       GError **error)
{
    Work data = { .app = app,
                  .arena = arena,
                  .group_id = group_id,
                  .user_id = user_id,
                  .request_id = uuid_v4 (arena),
                  .inviter_name = inviter->user_name };
    UserRow user;

    if (strcmp (user_id, inviter->user_id) == 0)
        return refuse (error, "Cannot request to join your own cluster group");
    if (!users_load (app->db, arena, user_id, &user, error) ||
        !db_write (app->db, run_invite, &data, error))
        return FALSE;
    *out = data.request;
    *out_is_new = data.is_new;
    return TRUE;
}

gboolean
cluster_groups_withdraw (Db *db, const char *request_id, GError **error)
{
    return db_exec (db, SQL_DELETE, DB_ARGS (db_text (request_id)), NULL, error);
}

/* Nobody can be asked into a group that the last one has left. */
static gboolean
move (Db *tx, Arena *arena, const char *user_id, const char *group_id, GError **error)
{
    const char *before = NULL;

    return db_select_text (tx, arena, SQL_GROUP_OF, DB_ARGS (db_text (user_id)), &before, error) &&
           db_exec (tx, SQL_MOVE,
                    DB_ARGS (db_text (user_id), db_text (group_id), db_int (timestamp_now_ms ())),
                    NULL, error) &&
           db_exec (tx, SQL_DELETE_EMPTY, DB_ARGS (db_text (before)), NULL, error);
}

static gboolean
run_accept (Db *tx, gpointer data, GError **error)
{
    Work *self = data;
    ClusterGroupRequestResponse request;
    g_autoptr (GError) why = NULL;

    if (!db_select_one (tx, self->arena, &cluster_group_request_response_type, &request, SQL_FIND,
                        DB_ARGS (db_text (self->request_id)), &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) /* withdrawn meanwhile */
            return refuse (error, "Not found or no clusterGroupRequest.read access");
        g_propagate_error (error, g_steal_pointer (&why));
        return FALSE;
    }
    return db_exec (tx, SQL_DELETE, DB_ARGS (db_text (request.id)), NULL, error) &&
           move (tx, self->arena, self->user_id, request.cluster_group_id, error);
}

gboolean
cluster_groups_accept (Db *db, Arena *arena, const char *request_id, const char *user_id,
                       GError **error)
{
    Work data = { .arena = arena, .request_id = request_id, .user_id = user_id };

    return db_write (db, run_accept, &data, error);
}

static gboolean
run_leave (Db *tx, gpointer data, GError **error)
{
    Work *self = data;
    gint64 n_others = 0;

    if (!db_select_int (tx, SQL_COUNT_OTHERS,
                        DB_ARGS (db_text (self->group_id), db_text (self->user_id)), &n_others,
                        NULL, error))
        return FALSE;
    if (n_others == 0)
        return refuse (error, "Cannot leave a cluster group without any other members");
    return move (tx, self->arena, self->user_id, uuid_v4 (self->arena), error);
}

gboolean
cluster_groups_leave (Db *db, Arena *arena, const char *group_id, const char *user_id,
                      GError **error)
{
    Work data = { .arena = arena, .group_id = group_id, .user_id = user_id };

    return db_write (db, run_leave, &data, error);
}
