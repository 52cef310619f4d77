/* duplicates_routes.c -- the handlers of duplicates.api */
#define G_LOG_DOMAIN "duplicates"
#include "features/duplicates/duplicates_private.h"

#include <string.h>

#include "base/error.h"
#include "features/assets/assets.h"

#define MAX_GROUPS 10000

static void
add_asset (Arena *arena, AssetResponseList *list, const AssetResponse *asset)
{
    list->items = arena_grow_list (arena, list->items, list->n, sizeof *list->items);
    list->items[list->n++] = *asset;
}

static void
suggest (Arena *arena, DuplicateResponse *group)
{
    group->suggested_keep_asset_ids.items = arena_new_array (arena, const char *, 1);
    group->suggested_keep_asset_ids.items[0] = duplicate_suggest (&group->assets);
    group->suggested_keep_asset_ids.n = 1;
}

static ApiStatus
get_asset_duplicates (ApiCall *call, const GetAssetDuplicatesRequest *in,
                      DuplicateResponseList *out)
{
    Arena *arena = call->arena;
    g_autoptr (GError) error = NULL;
    DuplicateMemberRowList members;
    AssetResponseList assets;
    StringList ids;

    if (!duplicates_find (call->db, arena, call->auth->user_id, &members, &error))
        return api_fail (call, g_steal_pointer (&error));
    ids = (StringList){ arena_new_array (arena, const char *, MAX (members.n, 1)), members.n };
    for (gsize i = 0; i < members.n; i++)
        ids.items[i] = members.items[i].id;
    if (!assets_describe (call->app, call->db, arena, &ids, ASSET_WITH_EXIF | ASSET_WITH_TAGS,
                          call->auth->user_id, &assets, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->items = arena_new_array (arena, DuplicateResponse, MAX (assets.n, 1));
    for (gsize i = 0; i < assets.n; i++) {
        const char *group_id = assets.items[i].duplicate_id;

        if (group_id == NULL) /* it left meanwhile */
            continue;
        if (out->n == 0 || strcmp (out->items[out->n - 1].duplicate_id, group_id) != 0)
            out->items[out->n++] = (DuplicateResponse){ .duplicate_id = group_id };
        add_asset (arena, &out->items[out->n - 1].assets, &assets.items[i]);
    }
    for (gsize i = 0; i < out->n; i++)
        suggest (arena, &out->items[i]);
    return API_OK;
}

/* ---- dismissing ---- */

typedef struct {
    ApiCall *call;
    const StringList *ids;
} Dismiss;

static gboolean
run_dismiss (Db *tx, gpointer data, GError **error)
{
    const Dismiss *self = data;

    return duplicates_clear (tx, self->call->arena, self->call->auth->user_id, self->ids, TRUE,
                             error);
}

static ApiStatus
dismiss (ApiCall *call, const StringList *ids)
{
    Dismiss data = { call, ids };
    g_autoptr (GError) error = NULL;

    if (!access_check_owned (call, ids, "duplicate.delete", &error) ||
        (ids->n > 0 && !db_write (call->db, run_dismiss, &data, &error)))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
delete_duplicates (ApiCall *call, const DeleteDuplicatesRequest *in)
{
    return dismiss (call, &in->body->ids);
}

static ApiStatus
delete_duplicate (ApiCall *call, const DeleteDuplicateRequest *in)
{
    const char *id = in->id;
    StringList ids = { &id, 1 };

    return dismiss (call, &ids);
}

/* ---- resolving ---- */

static ApiStatus
resolve_duplicates (ApiCall *call, const ResolveDuplicatesRequest *in, BulkIdResponseList *out)
{
    const DuplicateResolveGroupList *groups = &in->body->groups;
    g_autoptr (GError) error = NULL;
    StringList ids = { arena_new_array (call->arena, const char *, groups->n), groups->n };

    if (groups->n > MAX_GROUPS)
        return api_refuse_field (call, "groups", "At most %d at once", MAX_GROUPS);
    for (gsize i = 0; i < groups->n; i++)
        ids.items[i] = groups->items[i].duplicate_id;
    if (!access_check_owned (call, &ids, "duplicate.delete", &error))
        return api_fail (call, g_steal_pointer (&error));
    out->items = arena_new_array (call->arena, BulkIdResponse, groups->n);
    out->n = groups->n;
    for (gsize i = 0; i < groups->n; i++)
        duplicate_resolve (call, &groups->items[i], &out->items[i]);
    return API_OK;
}

static const DuplicatesHandlers duplicates_handlers = {
    .get_asset_duplicates = get_asset_duplicates,
    .delete_duplicates = delete_duplicates,
    .resolve_duplicates = resolve_duplicates,
    .delete_duplicate = delete_duplicate,
};

void
duplicates_start (App *app, Api *api)
{
    api_serve_duplicates (api, &duplicates_handlers);
    duplicates_register_jobs (app->jobs);
}
