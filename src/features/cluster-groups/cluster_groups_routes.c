/* cluster_groups_routes.c -- the handlers of cluster_groups.api */
#define G_LOG_DOMAIN "cluster-groups"
#include "features/cluster-groups/cluster_groups_private.h"

#include "base/error.h"

#define CLUSTERING "FacialRecognitionQueueAll"

static gboolean
check (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error);
}

static ApiStatus
get_cluster_group_requests (ApiCall *call, const GetClusterGroupRequestsRequest *in,
                            ClusterGroupRequestResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!cluster_groups_list_for_user (call->db, call->arena, call->auth->user_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
delete_cluster_group_request (ApiCall *call, const DeleteClusterGroupRequestRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "clusterGroupRequest.delete", &error) ||
        !cluster_groups_withdraw (call->db, in->id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
accept_cluster_group_request (ApiCall *call, const AcceptClusterGroupRequestRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "clusterGroupRequest.read", &error) ||
        !cluster_groups_accept (call->db, call->arena, in->id, call->auth->user_id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
leave_cluster_group (ApiCall *call, const LeaveClusterGroupRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "clusterGroup.leave", &error) ||
        !cluster_groups_leave (call->db, call->arena, in->id, call->auth->user_id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

typedef struct {
    const char *queue, *group_id;
} Regenerate;

static gboolean
run_regenerate (Db *tx, gpointer data, GError **error)
{
    const Regenerate *self = data;
    g_autofree char *job =
        g_strdup_printf ("{\"force\":true,\"clusterGroupId\":\"%s\"}", self->group_id);

    return job_add (tx, CLUSTERING, self->queue, self->group_id, job, 0, error);
}

static ApiStatus
cluster_group_regenerate_people (ApiCall *call, const ClusterGroupRegeneratePeopleRequest *in)
{
    Regenerate data = { jobs_find_queue (call->app->jobs, CLUSTERING), in->id };
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "clusterGroup.read", &error))
        return api_fail (call, g_steal_pointer (&error));
    if (data.queue == NULL)
        return api_refuse (call, APP_ERROR_NOT_IMPLEMENTED,
                           "This server does not recognise faces, so there is nothing to "
                           "regenerate");
    if (!db_write (call->db, run_regenerate, &data, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
get_cluster_group_requests_for_group (ApiCall *call,
                                      const GetClusterGroupRequestsForGroupRequest *in,
                                      ClusterGroupRequestResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "clusterGroup.read", &error) ||
        !cluster_groups_list_for_group (call->db, call->arena, in->id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
create_cluster_group_request (ApiCall *call, const CreateClusterGroupRequestRequest *in,
                              ClusterGroupRequestResponse *out)
{
    g_autoptr (GError) error = NULL;
    gboolean is_new = FALSE;

    if (!check (call, in->id, "clusterGroupRequest.create", &error) ||
        !cluster_groups_invite (call->app, call->arena, in->id, call->auth, in->body->user_id, out,
                                &is_new, &error))
        return api_fail (call, g_steal_pointer (&error));
    return is_new ? API_OK : 200;
}

static ApiStatus
get_cluster_group_users (ApiCall *call, const GetClusterGroupUsersRequest *in,
                         UserResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "clusterGroup.read", &error) ||
        !cluster_groups_list_users (call->db, call->arena, in->id, call->auth->user_id, out,
                                    &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const ClusterGroupsHandlers cluster_groups_handlers = {
    .get_cluster_group_requests = get_cluster_group_requests,
    .delete_cluster_group_request = delete_cluster_group_request,
    .accept_cluster_group_request = accept_cluster_group_request,
    .leave_cluster_group = leave_cluster_group,
    .cluster_group_regenerate_people = cluster_group_regenerate_people,
    .get_cluster_group_requests_for_group = get_cluster_group_requests_for_group,
    .create_cluster_group_request = create_cluster_group_request,
    .get_cluster_group_users = get_cluster_group_users,
};

void
cluster_groups_start (App *app, Api *api)
{
    api_serve_cluster_groups (api, &cluster_groups_handlers);
}
