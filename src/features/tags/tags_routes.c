/* tags_routes.c -- the handlers of tags.api */
#define G_LOG_DOMAIN "tags"
#include "features/tags/tags_rules.h"

#include <string.h>

#include "base/error.h"
#include "features/assets/assets.h"

#define MAX_PAIRS 300000 /* about as many ids as a body may have */
#define MAX_UPSERTED 10000
#define MAX_ANCESTRIES                                                                             \
    100000 /* rows that tell what stands above what: n (n + 1) / 2 for n levels */

static gboolean
check (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error);
}

static void
describe_all (ApiCall *call, const TagRowList *rows, TagResponseList *out)
{
    out->items = arena_new_array (call->arena, TagResponse, MAX (rows->n, 1));
    out->n = rows->n;
    for (gsize i = 0; i < rows->n; i++)
        out->items[i] = tag_describe (&rows->items[i]);
}

static ApiStatus
get_all_tags (ApiCall *call, const GetAllTagsRequest *in, TagResponseList *out)
{
    g_autoptr (GError) error = NULL;
    TagRowList rows;

    if (!tags_find_all (call->db, call->arena, call->auth->user_id, &rows, &error))
        return api_fail (call, g_steal_pointer (&error));
    describe_all (call, &rows, out);
    return API_OK;
}

static ApiStatus
create_tag (ApiCall *call, const CreateTagRequest *in, TagResponse *out)
{
    g_autoptr (GError) error = NULL;
    TagRow tag;

    if (in->body->name[strspn (in->body->name, "/")] == '\0')
        return api_refuse_field (call, "name", "A tag needs a name");
    if ((in->body->parent_id != NULL && !check (call, in->body->parent_id, "tag.read", &error)) ||
        !tag_create (call->db, call->arena, call->auth->user_id, in->body, &tag, &error))
        return api_fail (call, g_steal_pointer (&error));
    *out = tag_describe (&tag);
    return API_OK;
}

static gboolean
are_too_many (const StringList *values)
{
    gsize n = 0;

    for (gsize i = 0; i < values->n; i++) {
        gsize n_levels = 1;

        for (const char *at = values->items[i]; *at != '\0'; at++)
            n_levels += *at == '/';
        n += n_levels > TAG_MAX_LEVELS ? 1 : n_levels * (n_levels + 1) / 2; /* deeper: refused */
    }
    return values->n > MAX_UPSERTED || n > MAX_ANCESTRIES;
}

static ApiStatus
upsert_tags (ApiCall *call, const UpsertTagsRequest *in, TagResponseList *out)
{
    g_autoptr (GError) error = NULL;
    TagRowList tags;

    if (are_too_many (&in->body->tags))
        return api_refuse_field (call, "tags", "At most %d at once, and fewer of many levels",
                                 MAX_UPSERTED);
    if (!tags_upsert (call->db, call->arena, call->auth->user_id, &in->body->tags, &tags, &error))
        return api_fail (call, g_steal_pointer (&error));
    describe_all (call, &tags, out);
    return API_OK;
}

static ApiStatus
bulk_tag_assets (ApiCall *call, const BulkTagAssetsRequest *in, TagBulkAssetsResponse *out)
{
    /* each once, so that counting them is right */
    StringList tag_ids = string_list_once (call->arena, &in->body->tag_ids);
    StringList asset_ids = string_list_once (call->arena, &in->body->asset_ids), changed;
    g_autoptr (GError) error = NULL;

    if (tag_ids.n > 0 && asset_ids.n > MAX_PAIRS / tag_ids.n)
        return api_refuse_field (call, "assetIds", "At most %d pairs of tag and asset at once",
                                 MAX_PAIRS);
    if (!access_filter_owned (call, &tag_ids, "tag.asset", &tag_ids, &error) ||
        !access_filter_assets (call, &asset_ids, "asset.update", &asset_ids, &error) ||
        !tags_put_on (call->db, call->arena, &tag_ids, &asset_ids, &changed, &out->count, &error))
        return api_fail (call, g_steal_pointer (&error));
    asset_send_objects (call->app, &changed, "on_asset_update");
    return API_OK;
}

static ApiStatus
get_tag_by_id (ApiCall *call, const GetTagByIdRequest *in, TagResponse *out)
{
    g_autoptr (GError) error = NULL;
    TagRow tag;

    if (!check (call, in->id, "tag.read", &error) ||
        !tag_find (call->db, call->arena, in->id, &tag, &error))
        return api_fail (call, g_steal_pointer (&error));
    *out = tag_describe (&tag);
    return API_OK;
}

static ApiStatus
update_tag (ApiCall *call, const UpdateTagRequest *in, TagResponse *out)
{
    const char *name = in->body->name;
    g_autoptr (GError) error = NULL;
    TagRow tag;

    if (name != NULL && (*name == '\0' || strchr (name, '/') != NULL))
        return api_refuse_field (call, "name", "The name of a tag is not empty and has no '/'");
    if (!check (call, in->id, "tag.update", &error) ||
        !tag_update (call->db, call->arena, call->auth->user_id, in->id, in->body, &tag, &error))
        return api_fail (call, g_steal_pointer (&error));
    *out = tag_describe (&tag);
    return API_OK;
}

static ApiStatus
delete_tag (ApiCall *call, const DeleteTagRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!check (call, in->id, "tag.delete", &error) ||
        !tag_delete (call->db, call->arena, in->id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* An answer for each id: a repeated one changes nothing the second time. */
static void
answer_each (ApiCall *call, const StringList *ids, const StringList *allowed,
             const StringList *changed, BulkIdErrorReason reason_not_allowed,
             BulkIdErrorReason reason_unchanged, BulkIdResponseList *out)
{
    g_autoptr (GHashTable) may = string_list_set (allowed), did = string_list_set (changed);

    out->items = arena_new_array (call->arena, BulkIdResponse, MAX (ids->n, 1));
    out->n = ids->n;
    for (gsize i = 0; i < ids->n; i++) {
        BulkIdResponse *item = &out->items[i];

        item->id = ids->items[i];
        item->success = g_hash_table_remove (did, item->id);
        item->has_error = !item->success;
        item->error = g_hash_table_contains (may, item->id) ? reason_unchanged : reason_not_allowed;
    }
}

static ApiStatus
tag_assets (ApiCall *call, const TagAssetsRequest *in, BulkIdResponseList *out)
{
    const char *id = in->id;
    StringList tag_ids = { &id, 1 }, allowed, changed;
    g_autoptr (GError) error = NULL;
    gint64 n_new;

    if (!check (call, id, "tag.asset", &error) ||
        !access_filter_assets (call, &in->body->ids, "asset.update", &allowed, &error) ||
        !tags_put_on (call->db, call->arena, &tag_ids, &allowed, &changed, &n_new, &error))
        return api_fail (call, g_steal_pointer (&error));
    answer_each (call, &in->body->ids, &allowed, &changed, BULK_ID_ERROR_REASON_NO_PERMISSION,
                 BULK_ID_ERROR_REASON_DUPLICATE, out);
    asset_send_objects (call->app, &changed, "on_asset_update");
    return API_OK;
}

static ApiStatus
untag_assets (ApiCall *call, const UntagAssetsRequest *in, BulkIdResponseList *out)
{
    g_autoptr (GError) error = NULL;
    StringList allowed, changed;

    if (!check (call, in->id, "tag.asset", &error) ||
        !access_filter_assets (call, &in->body->ids, "asset.update", &allowed, &error) ||
        !tag_take_off (call->db, call->arena, in->id, &allowed, &changed, &error))
        return api_fail (call, g_steal_pointer (&error));
    answer_each (call, &in->body->ids, &allowed, &changed, BULK_ID_ERROR_REASON_NOT_FOUND,
                 BULK_ID_ERROR_REASON_NOT_FOUND, out);
    asset_send_objects (call->app, &changed, "on_asset_update");
    return API_OK;
}

static const TagsHandlers tags_handlers = {
    .get_all_tags = get_all_tags,
    .create_tag = create_tag,
    .upsert_tags = upsert_tags,
    .bulk_tag_assets = bulk_tag_assets,
    .get_tag_by_id = get_tag_by_id,
    .update_tag = update_tag,
    .delete_tag = delete_tag,
    .tag_assets = tag_assets,
    .untag_assets = untag_assets,
};

void
tags_start (App *app, Api *api)
{
    api_serve_tags (api, &tags_handlers);
    tags_register_jobs (app->jobs);
}
