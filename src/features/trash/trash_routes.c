/* trash_routes.c -- the handlers of trash.api */
#define G_LOG_DOMAIN "trash"
#include "features/trash/trash_private.h"

static ApiStatus
empty_trash (ApiCall *call, const EmptyTrashRequest *in, TrashResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!trash_empty (call->app, call->arena, call->auth->user_id, &out->count, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
restore_trash (ApiCall *call, const RestoreTrashRequest *in, TrashResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!trash_restore_all (call->app, call->arena, call->auth->user_id, &out->count, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
restore_assets (ApiCall *call, const RestoreAssetsRequest *in, TrashResponse *out)
{
    const StringList *ids = &in->body->ids;
    g_autoptr (GError) error = NULL;

    if (!access_check_assets (call, ids, "asset.delete", &error) ||
        !trash_restore (call->app, call->arena, call->auth->user_id, ids, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->count = (gint64) ids->n; /* of those sent, also when some were not in the trash */
    return API_OK;
}

static const TrashHandlers trash_handlers = {
    .empty_trash = empty_trash,
    .restore_trash = restore_trash,
    .restore_assets = restore_assets,
};

void
trash_start (App *app, Api *api)
{
    api_serve_trash (api, &trash_handlers);
    trash_register_jobs (app->jobs);
}
