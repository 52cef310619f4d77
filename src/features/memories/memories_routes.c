/* memories_routes.c -- the handlers of memories.api */
#define G_LOG_DOMAIN "memories"
#include "features/memories/memories_private.h"

#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/assets/assets.h"

/* ---- describing ---- */

static gboolean
describe_row (Arena *arena, const MemoryRow *row, MemoryResponse *out, GError **error)
{
    OnThisDay *data = arena_new0 (arena, OnThisDay);

    if (!api_read_json (&on_this_day_type, row->data, -1, arena, data, error)) {
        g_prefix_error (error, "the data of memory %s: ", row->id);
        return FALSE;
    }
    *out = (MemoryResponse){
        .id = row->id,
        .owner_id = row->owner_id,
        .type = row->type,
        .data = data,
        .is_saved = row->is_saved,
        .memory_at = row->memory_at,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .has_show_at = row->has_show_at,
        .show_at = row->show_at,
        .has_hide_at = row->has_hide_at,
        .hide_at = row->hide_at,
        .has_seen_at = row->has_seen_at,
        .seen_at = row->seen_at,
        .has_deleted_at = row->has_deleted_at,
        .deleted_at = row->deleted_at,
    };
    return TRUE;
}

/* What is to be shown in each memory, with three queries for all. */
static gboolean
add_assets (ApiCall *call, gboolean with_hidden_people, MemoryResponseList *memories,
            GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) memory_of = g_hash_table_new (g_str_hash, g_str_equal);
    StringList memory_ids = { arena_new_array (call->arena, const char *, MAX (memories->n, 1)),
                              memories->n };
    StringList asset_ids;
    AssetResponseList assets;
    const MemoryAssetRow *rows;
    List list;

    for (gsize i = 0; i < memories->n; i++) {
        memory_ids.items[i] = memories->items[i].id;
        g_hash_table_insert (memory_of, (gpointer) memories->items[i].id, &memories->items[i]);
    }
    if (!memory_list_assets (call->db, call->arena, &memory_ids, with_hidden_people, &list, error))
        return FALSE;
    rows = list.items;
    asset_ids =
        (StringList){ arena_new_array (call->arena, const char *, MAX (list.n, 1)), list.n };
    for (gsize i = 0; i < list.n; i++) {
        asset_ids.items[i] = rows[i].asset_id;
        ((MemoryResponse *) g_hash_table_lookup (memory_of, rows[i].memory_id))->assets.n++;
    }
    if (!assets_describe (call->app, call->db, call->arena, &asset_ids, ASSET_WITH_PEOPLE,
                          call->auth->user_id, &assets, error))
        return FALSE;
    for (gsize i = 0; i < assets.n; i++)
        g_hash_table_insert (by_id, (gpointer) assets.items[i].id, &assets.items[i]);
    for (gsize i = 0; i < memories->n; i++) {
        AssetResponseList *own = &memories->items[i].assets;

        own->items = arena_new_array (call->arena, AssetResponse, MAX (own->n, 1));
        own->n = 0;
    }
    for (gsize i = 0; i < list.n; i++) {
        MemoryResponse *memory = g_hash_table_lookup (memory_of, rows[i].memory_id);
        const AssetResponse *asset = g_hash_table_lookup (by_id, rows[i].asset_id);

        if (asset != NULL) /* it may be gone since */
            memory->assets.items[memory->assets.n++] = *asset;
    }
    return TRUE;
}

static ApiStatus
answer (ApiCall *call, const char *id, MemoryResponse *out)
{
    MemoryResponseList one = { out, 1 };
    GError *error = NULL;
    MemoryRow row;

    if (!memory_load (call->db, call->arena, id, &row, &error) ||
        !describe_row (call->arena, &row, out, &error) || !add_assets (call, TRUE, &one, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- searching ---- */

/* The 'for' of a client is a day: memories that are shown at its beginning, UTC. */
static MemoryFilter
filter_of (const ApiCall *call, const SearchMemoriesRequest *in)
{
    MemoryFilter filter = {
        .owner_id = call->auth->user_id,
        .id = in->id,
        .type = in->has_type ? memory_type_enum.texts[in->type] : NULL,
        .has_is_saved = in->has_is_saved,
        .is_saved = in->is_saved,
        .is_trashed = in->has_is_trashed && in->is_trashed,
        .has_is_upcoming = in->has_is_upcoming,
        .is_upcoming = in->is_upcoming,
        .order = in->has_order ? (MemorySearchOrder) in->order : MEMORY_SEARCH_ORDER_DESC,
        .limit = in->has_size ? in->size : G_MAXINT64,
    };

    if (in->for_ != NULL)
        filter.has_for =
            timestamp_parse (arena_printf (call->arena, "%sT00:00:00Z", in->for_), &filter.for_ms);
    if (in->has_page && in->has_size)
        filter.offset =
            in->page - 1 > G_MAXINT64 / in->size ? G_MAXINT64 : (in->page - 1) * in->size;
    return filter;
}

static ApiStatus
search_memories (ApiCall *call, const SearchMemoriesRequest *in, MemoryResponseList *out)
{
    MemoryFilter filter = filter_of (call, in);
    GError *error = NULL;
    const MemoryRow *rows;
    List list;

    if (!memory_list (call->db, call->arena, &filter, &list, &error))
        return api_fail (call, error);
    rows = list.items;
    out->items = arena_new_array (call->arena, MemoryResponse, MAX (list.n, 1));
    out->n = list.n;
    for (gsize i = 0; i < list.n; i++)
        if (!describe_row (call->arena, &rows[i], &out->items[i], &error))
            return api_fail (call, error);
    if (!add_assets (call, FALSE, out, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
memories_statistics (ApiCall *call, const MemoriesStatisticsRequest *in,
                     MemoryStatisticsResponse *out)
{
    SearchMemoriesRequest same = {
        .for_ = in->for_,
        .id = in->id,
        .has_type = in->has_type,
        .type = in->type,
        .has_is_saved = in->has_is_saved,
        .is_saved = in->is_saved,
        .has_is_trashed = in->has_is_trashed,
        .is_trashed = in->is_trashed,
        .has_is_upcoming = in->has_is_upcoming,
        .is_upcoming = in->is_upcoming,
    };
    MemoryFilter filter = filter_of (call, &same);
    GError *error = NULL;

    if (!memory_count (call->db, &filter, &out->total, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- one memory ---- */

typedef struct {
    Arena *arena;
    const MemoryRow *memory;
    const StringList *asset_ids;
} Creation;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const Creation *self = data;

    return memory_insert (tx, self->memory, error) &&
           (self->asset_ids->n == 0 ||
            memory_add_assets (tx, self->arena, self->memory->id, self->asset_ids, error));
}

static ApiStatus
create_memory (ApiCall *call, const CreateMemoryRequest *in, MemoryResponse *out)
{
    g_autoptr (GString) data = g_string_new (NULL);
    const MemoryCreate *body = in->body;
    StringList shared;
    GError *error = NULL;
    MemoryRow memory = {
        .id = uuid_v4 (call->arena),
        .owner_id = call->auth->user_id,
        .type = body->type,
        .is_saved = body->has_is_saved && body->is_saved,
        .memory_at = body->memory_at,
        .has_show_at = body->has_show_at,
        .show_at = body->show_at,
        .has_hide_at = body->has_hide_at,
        .hide_at = body->hide_at,
        .has_seen_at = body->has_seen_at,
        .seen_at = body->seen_at,
    };
    Creation creation = { call->arena, &memory, &shared };

    api_write_json (&on_this_day_type, body->data, data);
    memory.data = data->str;
    if (!access_filter_assets (call, &body->asset_ids, "asset.share", &shared, &error) ||
        !db_write (call->db, run_create, &creation, &error))
        return api_fail (call, error);
    return answer (call, memory.id, out);
}

static gboolean
check (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error);
}

static ApiStatus
get_memory (ApiCall *call, const GetMemoryRequest *in, MemoryResponse *out)
{
    GError *error = NULL;

    if (!check (call, in->id, "memory.read", &error))
        return api_fail (call, error);
    return answer (call, in->id, out);
}

static ApiStatus
update_memory (ApiCall *call, const UpdateMemoryRequest *in, MemoryResponse *out)
{
    const MemoryUpdate *body = in->body;
    GError *error = NULL;

    if (!body->has_is_saved && !body->has_memory_at && !body->has_seen_at)
        return api_refuse_field (call, "", "At least one field must be provided");
    if (!check (call, in->id, "memory.update", &error) ||
        !memory_change (call->db, in->id, body, &error))
        return api_fail (call, error);
    return answer (call, in->id, out);
}

static ApiStatus
delete_memory (ApiCall *call, const DeleteMemoryRequest *in)
{
    GError *error = NULL;

    if (!check (call, in->id, "memory.delete", &error) || !memory_delete (call->db, in->id, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- its assets ---- */

typedef struct {
    Arena *arena;
    const char *id;
    const StringList *ids;
    const StringList *open; /* that may be added; NULL: they are removed */
    BulkIdResponseList *out;
} Changing;

static BulkIdResponse
refused (const char *id, BulkIdErrorReason why)
{
    return (BulkIdResponse){ .id = id, .has_error = TRUE, .error = (int) why };
}

/* Decide about each, and do what may be done; the second of two alike meets the first. */
static gboolean
run_change (Db *tx, gpointer data, GError **error)
{
    const Changing *self = data;
    StringList members, changed = { arena_new_array (self->arena, const char *, self->ids->n), 0 };
    g_autoptr (GHashTable) present = NULL;
    g_autoptr (GHashTable) open = self->open != NULL ? string_list_set (self->open) : NULL;
    MemoryUpdate touch = { 0 };

    if (!memory_find_members (tx, self->arena, self->id, self->ids, &members, error))
        return FALSE;
    present = string_list_set (&members);
    for (gsize i = 0; i < self->ids->n; i++) {
        const char *id = self->ids->items[i];
        gboolean is_there = g_hash_table_contains (present, id);
        BulkIdResponse *answered = &self->out->items[i];

        if (open == NULL && !is_there)
            *answered = refused (id, BULK_ID_ERROR_REASON_NOT_FOUND);
        else if (open != NULL && is_there)
            *answered = refused (id, BULK_ID_ERROR_REASON_DUPLICATE);
        else if (open != NULL && !g_hash_table_contains (open, id))
            *answered = refused (id, BULK_ID_ERROR_REASON_NO_PERMISSION);
        else {
            *answered = (BulkIdResponse){ .id = id, .success = TRUE };
            changed.items[changed.n++] = id;
            if (open != NULL)
                g_hash_table_add (present, (gpointer) id);
            else
                g_hash_table_remove (present, id);
        }
    }
    if (changed.n == 0)
        return TRUE;
    return (open != NULL ? memory_add_assets (tx, self->arena, self->id, &changed, error)
                         : memory_remove_assets (tx, self->arena, self->id, &changed, error)) &&
           memory_change (tx, self->id, &touch, error);
}

static ApiStatus
change_assets (ApiCall *call, const Changing *asked)
{
    Changing changing = *asked;
    GError *error = NULL;

    changing.arena = call->arena;
    changing.out->items = arena_new_array (call->arena, BulkIdResponse, MAX (asked->ids->n, 1));
    changing.out->n = asked->ids->n;
    if (asked->ids->n > 0 && !db_write (call->db, run_change, &changing, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
add_memory_assets (ApiCall *call, const AddMemoryAssetsRequest *in, BulkIdResponseList *out)
{
    StringList open;
    Changing changing = { .id = in->id, .ids = &in->body->ids, .open = &open, .out = out };
    GError *error = NULL;

    if (!check (call, in->id, "memoryAsset.create", &error) ||
        !access_filter_assets (call, &in->body->ids, "asset.share", &open, &error))
        return api_fail (call, error);
    return change_assets (call, &changing);
}

static ApiStatus
remove_memory_assets (ApiCall *call, const RemoveMemoryAssetsRequest *in, BulkIdResponseList *out)
{
    Changing changing = { .id = in->id, .ids = &in->body->ids, .out = out };
    GError *error = NULL;

    if (!check (call, in->id, "memoryAsset.delete", &error))
        return api_fail (call, error);
    return change_assets (call, &changing);
}

static const MemoriesHandlers memories_handlers = {
    .search_memories = search_memories,
    .create_memory = create_memory,
    .memories_statistics = memories_statistics,
    .get_memory = get_memory,
    .update_memory = update_memory,
    .delete_memory = delete_memory,
    .add_memory_assets = add_memory_assets,
    .remove_memory_assets = remove_memory_assets,
};

void
memories_start (App *app, Api *api)
{
    api_serve_memories (api, &memories_handlers);
    memories_register_jobs (app->jobs);
}
