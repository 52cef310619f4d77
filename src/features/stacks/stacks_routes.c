/* stacks_routes.c -- the handlers of stacks.api */
#define G_LOG_DOMAIN "stacks"
#include "features/stacks/stacks_private.h"

#include <string.h>

#include "base/error.h"
#include "features/assets/assets.h"

#define PARTS (ASSET_WITH_EXIF | ASSET_WITH_PEOPLE)

static void
send_update (ApiCall *call)
{
    if (call->app->realtime != NULL)
        realtime_send (call->app->realtime, call->auth->user_id, "on_asset_stack_update", "");
}

static gboolean
check (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error);
}

/* ---- describing ---- */

/* The primary comes first. */
static void
add_asset (Arena *arena, StackResponse *stack, const AssetResponse *asset)
{
    AssetResponseList *list = &stack->assets;

    list->items = arena_grow_list (arena, list->items, list->n, sizeof *list->items);
    list->items[list->n++] = *asset;
    if (strcmp (asset->id, stack->primary_asset_id) == 0) {
        memmove (list->items + 1, list->items, (list->n - 1) * sizeof *list->items);
        list->items[0] = *asset;
    }
}

/* Many with a fixed number of queries. */
static gboolean
describe_all (ApiCall *call, const StackRowList *stacks, AssetParts parts, StackResponseList *out,
              GError **error)
{
    Arena *arena = call->arena;
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) stack_of = g_hash_table_new (g_str_hash, g_str_equal);
    StringList stack_ids = { arena_new_array (arena, const char *, MAX (stacks->n, 1)), stacks->n };
    StringList ids;
    StackMemberRowList members;
    AssetResponseList assets;

    out->items = arena_new_array (arena, StackResponse, MAX (stacks->n, 1));
    out->n = stacks->n;
    for (gsize i = 0; i < stacks->n; i++) {
        const StackRow *row = &stacks->items[i];

        stack_ids.items[i] = row->id;
        out->items[i] = (StackResponse){ .id = row->id, .primary_asset_id = row->primary_asset_id };
        g_hash_table_insert (by_id, (gpointer) row->id, &out->items[i]);
    }
    if (!stacks_find_members (call->db, arena, &stack_ids, &members, error))
        return FALSE;
    ids = (StringList){ arena_new_array (arena, const char *, MAX (members.n, 1)), members.n };
    for (gsize i = 0; i < members.n; i++) {
        ids.items[i] = members.items[i].id;
        g_hash_table_insert (stack_of, (gpointer) members.items[i].id,
                             g_hash_table_lookup (by_id, members.items[i].stack_id));
    }
    if (!assets_describe (call->app, call->db, arena, &ids, parts, call->auth->user_id, &assets,
                          error))
        return FALSE;
    for (gsize i = 0; i < assets.n; i++)
        add_asset (arena, g_hash_table_lookup (stack_of, assets.items[i].id), &assets.items[i]);
    return TRUE;
}

static gboolean
describe (ApiCall *call, const char *id, AssetParts parts, StackResponse *out, GError **error)
{
    StackRow stack;
    StackRowList stacks = { &stack, 1 };
    StackResponseList list;

    if (!stack_find (call->db, call->arena, id, &stack, error) ||
        !describe_all (call, &stacks, parts, &list, error))
        return FALSE;
    *out = list.items[0];
    return TRUE;
}

static ApiStatus
search_stacks (ApiCall *call, const SearchStacksRequest *in, StackResponseList *out)
{
    g_autoptr (GError) error = NULL;
    StackRowList stacks;

    if (!stacks_find (call->db, call->arena, call->auth->user_id, in->primary_asset_id, &stacks,
                      &error) ||
        !describe_all (call, &stacks, PARTS, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
get_stack (ApiCall *call, const GetStackRequest *in, StackResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "stack.read", &error) ||
        !describe (call, in->id, PARTS | ASSET_WITH_TAGS, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* ---- making ---- */

typedef struct {
    Arena *arena;
    const char *owner_id;
    StringList asset_ids;
    const char *id;
} Create;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    Create *self = data;
    AssetRowList assets;

    if (!assets_find (tx, self->arena, &self->asset_ids, &assets, error))
        return FALSE;
    for (gsize i = 0; i < assets.n; i++)
        if (assets.items[i].visibility == ASSET_VISIBILITY_LOCKED ||
            assets.items[i].visibility == ASSET_VISIBILITY_HIDDEN) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                         "The asset '%s' is locked or a motion part, and cannot be stacked",
                         assets.items[i].id);
            return FALSE;
        }
    return stack_make (tx, self->arena, self->owner_id, &self->asset_ids, &self->id, error);
}

static ApiStatus
create_stack (ApiCall *call, const CreateStackRequest *in, StackResponse *out)
{
    const StringList *ids = &in->body->asset_ids;
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GError) error = NULL;
    Create data = { .arena = call->arena, .owner_id = call->auth->user_id };

    data.asset_ids.items = arena_new_array (call->arena, const char *, ids->n);
    for (gsize i = 0; i < ids->n; i++)
        if (g_hash_table_add (seen, (gpointer) ids->items[i]))
            data.asset_ids.items[data.asset_ids.n++] = ids->items[i];
    if (data.asset_ids.n < 2)
        return api_refuse_field (call, "assetIds", "A stack has at least two different assets");
    if (data.asset_ids.n > STACK_MAX_MEMBERS)
        return api_refuse_field (call, "assetIds", "A stack has %d assets at most",
                                 STACK_MAX_MEMBERS);
    if (!access_check_assets (call, &data.asset_ids, "asset.update", &error) ||
        !db_write (call->db, run_create, &data, &error) ||
        !describe (call, data.id, PARTS, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    send_update (call);
    return API_OK;
}

/* ---- changing ---- */

typedef struct {
    Arena *arena;
    const char *id, *asset_id;
    StringList ids;
} Change;

static gboolean
run_set_primary (Db *tx, gpointer data, GError **error)
{
    const Change *self = data;
    gboolean is_member, is_visible;

    if (!stack_has (tx, self->arena, self->id, self->asset_id, &is_member, &is_visible, error))
        return FALSE;
    if (!is_visible) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Primary asset must be in the stack");
        return FALSE;
    }
    return stack_store_primary (tx, self->arena, self->id, self->asset_id, error);
}

static ApiStatus
update_stack (ApiCall *call, const UpdateStackRequest *in, StackResponse *out)
{
    Change data = { .arena = call->arena, .id = in->id, .asset_id = in->body->primary_asset_id };
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "stack.update", &error) ||
        (data.asset_id != NULL && !db_write (call->db, run_set_primary, &data, &error)) ||
        !describe (call, in->id, PARTS | ASSET_WITH_TAGS, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    send_update (call);
    return API_OK;
}

static gboolean
run_remove (Db *tx, gpointer data, GError **error)
{
    const Change *self = data;
    gboolean is_member, is_visible;
    StackRow stack;
    const char *fault = NULL;

    if (!stack_find (tx, self->arena, self->id, &stack, error) ||
        !stack_has (tx, self->arena, self->id, self->asset_id, &is_member, &is_visible, error))
        return FALSE;
    if (!is_member)
        fault = "Asset not in stack";
    else if (strcmp (stack.primary_asset_id, self->asset_id) == 0)
        fault = "Cannot remove stack's primary asset";
    if (fault != NULL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, fault);
        return FALSE;
    }
    return stack_store_leaving (tx, self->arena, self->id, self->asset_id, error);
}

static ApiStatus
remove_asset_from_stack (ApiCall *call, const RemoveAssetFromStackRequest *in)
{
    Change data = { .arena = call->arena, .id = in->id, .asset_id = in->asset_id };
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "stack.update", &error) ||
        !db_write (call->db, run_remove, &data, &error))
        return api_fail (call, g_steal_pointer (&error));
    send_update (call);
    return API_OK;
}

/* ---- deleting ---- */

static gboolean
run_delete (Db *tx, gpointer data, GError **error)
{
    const Change *self = data;

    return stacks_dissolve (tx, self->arena, &self->ids, error);
}

static ApiStatus
delete_some (ApiCall *call, const StringList *ids)
{
    Change data = { .arena = call->arena, .ids = *ids };
    g_autoptr (GError) error = NULL;

    if (!access_check_owned (call, ids, "stack.delete", &error) ||
        (ids->n > 0 && !db_write (call->db, run_delete, &data, &error)))
        return api_fail (call, g_steal_pointer (&error));
    send_update (call);
    return API_OK;
}

static ApiStatus
delete_stacks (ApiCall *call, const DeleteStacksRequest *in)
{
    return delete_some (call, &in->body->ids);
}

static ApiStatus
delete_stack (ApiCall *call, const DeleteStackRequest *in)
{
    const char *id = in->id;
    StringList ids = { &id, 1 };

    return delete_some (call, &ids);
}

static const StacksHandlers stacks_handlers = {
    .search_stacks = search_stacks,
    .create_stack = create_stack,
    .delete_stacks = delete_stacks,
    .get_stack = get_stack,
    .update_stack = update_stack,
    .delete_stack = delete_stack,
    .remove_asset_from_stack = remove_asset_from_stack,
};

void
stacks_start (App *app, Api *api)
{
    api_serve_stacks (api, &stacks_handlers);
}
