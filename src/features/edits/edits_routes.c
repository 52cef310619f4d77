/* edits_routes.c -- the handlers of edits.api */
#define G_LOG_DOMAIN "edits"
#include "features/edits/edits_private.h"

#include "base/error.h"

/* Who may see the photo may know what was done to it. */
static ApiStatus
get_asset_edits (ApiCall *call, const GetAssetEditsRequest *in, AssetEditsResponse *out)
{
    g_autoptr (GError) error = NULL;
    AssetEditRowList rows;

    if (!access_check_asset (call, in->id, "asset.read", &error) ||
        !edits_find (call->db, call->arena, in->id, &rows, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->asset_id = in->id;
    out->edits.items = arena_new_array (call->arena, AssetEditActionItemResponse, MAX (rows.n, 1));
    out->edits.n = rows.n;
    for (gsize i = 0; i < rows.n; i++)
        out->edits.items[i] =
            (AssetEditActionItemResponse){ .id = rows.items[i].id,
                                           .action = rows.items[i].action,
                                           .parameters = rows.items[i].parameters };
    return API_OK;
}

typedef struct {
    Arena *arena;
    const char *asset_id;
    AssetEditActionItemResponseList items;
    EditList edits;
} Replace;

static gboolean
run_replace (Db *tx, gpointer data, GError **error)
{
    const Replace *self = data;

    return edits_store_replace (tx, self->arena, self->asset_id, &self->items, &self->edits, error);
}

static ApiStatus
edit_asset (ApiCall *call, const EditAssetRequest *in, AssetEditsResponse *out)
{
    Replace data = { .arena = call->arena, .asset_id = in->id };
    const char *path = NULL;
    const char *fault = edits_read (call->arena, &in->body->edits, &data.items, &data.edits, &path);
    g_autoptr (GError) error = NULL;
    EditableAssetRow asset;

    if (fault != NULL)
        return api_refuse_field (call, path, "%s", fault);
    if (!access_check_asset (call, in->id, "asset.edit.create", &error) ||
        !edits_store_find_asset (call->db, call->arena, in->id, &asset, &error))
        return api_fail (call, g_steal_pointer (&error));
    fault = edits_find_obstacle (&asset, &data.edits);
    if (fault != NULL)
        return api_refuse (call, APP_ERROR_INVALID, "%s", fault);
    if (!db_write (call->db, run_replace, &data, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->asset_id = in->id;
    out->edits = data.items;
    return API_OK;
}

static ApiStatus
remove_asset_edits (ApiCall *call, const RemoveAssetEditsRequest *in)
{
    Replace data = { .arena = call->arena, .asset_id = in->id };
    g_autoptr (GError) error = NULL;

    if (!access_check_asset (call, in->id, "asset.edit.delete", &error) ||
        !db_write (call->db, run_replace, &data, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const EditsHandlers edits_handlers = {
    .get_asset_edits = get_asset_edits,
    .edit_asset = edit_asset,
    .remove_asset_edits = remove_asset_edits,
};

void
edits_start (App *app, Api *api)
{
    api_serve_edits (api, &edits_handlers);
}
