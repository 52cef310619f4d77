/* assets_routes.c -- the handlers of assets.api */
#define G_LOG_DOMAIN "assets"
#include "features/assets/asset_change.h"
#include "features/assets/asset_copy.h"
#include "features/assets/asset_metadata.h"

#include <string.h>

#include "base/error.h"
#include "features/ingest/ingest.h"
#include "features/trash/trash.h"

#define MAX_RANDOM 1000
#define PART ((gsize) 1000) /* assets that one write changes: others write between */
#define MAX_DESCRIPTIONS_BYTES (64 * 1024 * 1024) /* written by one edit, and again into sidecars */
#define ZERO_RATING "Rating must be -1 (rejected), 1–5 (starred), or null (unrated); 0 is not valid"

/* ---- changing ---- */

typedef struct {
    ApiCall *call;
    StringList ids;
    const AssetChange *change;
    AssetChangeResult result;
} Update;

static gboolean
run_update (Db *tx, gpointer data, GError **error)
{
    Update *self = data;

    return asset_change_save (self->change, self->call->app, tx, self->call->arena, &self->ids,
                              &self->result, error);
}

static gboolean
update (ApiCall *call, const StringList *ids, const AssetChange *change, GError **error)
{
    StringList once = string_list_once (call->arena, ids);
    /* what is asked again after a failure would move those of the first parts a second time */
    gsize part = change->has_relative ? MAX (once.n, 1) : PART;

    if (ids->n == 0)
        return TRUE;
    if (!access_check_assets (call, &once, "asset.update", error))
        return FALSE;
    for (gsize at = 0; at < once.n; at += part) {
        Update data = { .call = call,
                        .ids = { once.items + at, MIN (part, once.n - at) },
                        .change = change };

        if (!db_write (call->db, run_update, &data, error))
            return FALSE;
        if (data.result.hidden_video_id != NULL)
            asset_send_id (call->app, call->auth->user_id, "on_asset_hidden",
                           data.result.hidden_video_id);
    }
    asset_send_objects (call->app, &once, "on_asset_update");
    return TRUE;
}

static ApiStatus
update_assets (ApiCall *call, const UpdateAssetsRequest *in)
{
    const AssetBulkUpdate *body = in->body;
    g_autoptr (GError) error = NULL;
    AssetChange change = {
        .has_relative = body->has_date_time_relative,
        .relative_minutes = body->date_time_relative,
        .description = body->description,
        .has_position = body->has_latitude,
        .latitude = body->latitude,
        .longitude = body->longitude,
        .set_rating = body->set_rating,
        .has_rating = body->has_rating,
        .rating = body->rating,
        .flags = { .has_favorite = body->has_is_favorite,
                   .is_favorite = body->is_favorite,
                   .visibility =
                       body->has_visibility ? asset_visibility_enum.texts[body->visibility] : NULL,
                   .set_duplicate_id = body->set_duplicate_id,
                   .duplicate_id = body->duplicate_id },
    };

    if (body->has_latitude != body->has_longitude)
        return api_refuse_field (call, "", "Latitude and longitude must be provided together");
    if (body->description != NULL && body->ids.n > 0 &&
        strlen (body->description) > MAX_DESCRIPTIONS_BYTES / body->ids.n)
        return api_refuse_field (call, "description",
                                 "Must have at most %" G_GSIZE_FORMAT " bytes for so many assets",
                                 MAX_DESCRIPTIONS_BYTES / body->ids.n);
    if (body->has_rating && body->rating == 0)
        return api_refuse_field (call, "rating", ZERO_RATING);
    if (body->has_date_time_relative && body->date_time_original != NULL)
        return api_refuse_field (call, "",
                                 "dateTimeRelative cannot exist alongside dateTimeOriginal");
    if (ABS (body->date_time_relative) > G_MAXINT32)
        return api_refuse_field (call, "dateTimeRelative",
                                 "Must be a number of minutes, at most %d", G_MAXINT32);
    if (body->date_time_original != NULL &&
        !asset_change_set_date (&change, body->date_time_original))
        return api_refuse_field (call, "dateTimeOriginal",
                                 "Must be a date such as 2023-11-19T18:11:00.000-07:00");
    if (body->time_zone != NULL && !asset_change_set_zone (&change, call->arena, body->time_zone))
        return api_refuse_field (call, "timeZone",
                                 "Must be a known time zone such as Europe/Berlin or UTC+2");
    if (!update (call, &body->ids, &change, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
delete_assets (ApiCall *call, const DeleteAssetsRequest *in)
{
    const AssetBulkDelete *body = in->body;
    g_autoptr (GError) error = NULL;
    gboolean by_force = body->has_force && body->force;

    if (!access_check_assets (call, &body->ids, "asset.delete", &error) ||
        !trash_put (call->app, call->arena, call->auth->user_id, &body->ids, by_force, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
copy_asset (ApiCall *call, const CopyAssetRequest *in)
{
    const AssetCopy *body = in->body;
    const char *const both[] = { body->source_id, body->target_id };
    StringList ids = { (const char **) both, G_N_ELEMENTS (both) };
    g_autoptr (GError) error = NULL;

    if (!access_check_assets (call, &ids, "asset.copy", &error) ||
        !asset_copy (call->app, call->arena, body, &error))
        return api_fail (call, g_steal_pointer (&error));
    asset_send_object (call->app, body->target_id, "on_asset_update");
    return API_OK;
}

/* ---- jobs ---- */

typedef struct {
    Arena *arena;
    StringList ids;
    AssetJobName name;
} AddJobs;

static gboolean
add_jobs (Db *tx, gpointer data, GError **error)
{
    const AddJobs *self = data;

    for (gsize i = 0; i < self->ids.n; i++) {
        const char *id = self->ids.items[i];

        if (self->name == ASSET_JOB_NAME_REFRESH_METADATA
                ? !ingest_add_metadata (tx, self->arena, id, NULL, error)
            : self->name == ASSET_JOB_NAME_TRANSCODE_VIDEO
                ? !ingest_add_encoding (tx, self->arena, id, error)
                : !ingest_add_thumbnails (tx, self->arena, id, NULL, FALSE, error))
            return FALSE;
    }
    return TRUE;
}

static ApiStatus
run_asset_jobs (ApiCall *call, const RunAssetJobsRequest *in)
{
    g_autoptr (GError) error = NULL;
    AddJobs data = { call->arena, string_list_once (call->arena, &in->body->asset_ids),
                     (AssetJobName) in->body->name };

    if (!access_check_assets (call, &data.ids, "asset.update", &error))
        return api_fail (call, g_steal_pointer (&error));
    if (in->body->name == ASSET_JOB_NAME_REFRESH_FACES)
        return api_refuse (call, APP_ERROR_NOT_IMPLEMENTED, "The job '%s' is not built yet",
                           asset_job_name_enum.texts[in->body->name]);
    if (data.ids.n > 0 && !db_write (call->db, add_jobs, &data, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* ---- key/value metadata ---- */

static ApiStatus
update_bulk_asset_metadata (ApiCall *call, const UpdateBulkAssetMetadataRequest *in,
                            AssetMetadataBulkResponseList *out)
{
    const AssetMetadataBulkUpsertItemList *items = &in->body->items;
    g_autoptr (GError) error = NULL;
    StringList ids = { arena_new_array (call->arena, const char *, MAX (items->n, 1)), items->n };
    gint64 now_ms;

    for (gsize i = 0; i < items->n; i++)
        ids.items[i] = items->items[i].asset_id;
    if (!access_check_assets (call, &ids, "asset.update", &error) ||
        !asset_metadata_save (call->db, items, TRUE, &now_ms, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->n = items->n;
    out->items = arena_new_array (call->arena, AssetMetadataBulkResponse, MAX (items->n, 1));
    for (gsize i = 0; i < items->n; i++)
        out->items[i] = (AssetMetadataBulkResponse){ .asset_id = items->items[i].asset_id,
                                                     .key = items->items[i].key,
                                                     .value = items->items[i].value,
                                                     .updated_at = now_ms };
    return API_OK;
}

static ApiStatus
delete_bulk_asset_metadata (ApiCall *call, const DeleteBulkAssetMetadataRequest *in)
{
    const AssetMetadataBulkDeleteItemList *items = &in->body->items;
    g_autoptr (GError) error = NULL;
    StringList ids = { arena_new_array (call->arena, const char *, MAX (items->n, 1)), items->n };

    for (gsize i = 0; i < items->n; i++)
        ids.items[i] = items->items[i].asset_id;
    if (!access_check_assets (call, &ids, "asset.update", &error) ||
        !asset_metadata_delete (call->db, items, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* ---- reading ---- */

static ApiStatus
get_asset_statistics (ApiCall *call, const GetAssetStatisticsRequest *in, AssetStatsResponse *out)
{
    g_autoptr (GError) error = NULL;
    AssetCountRowList counts;

    if (in->has_visibility && in->visibility == ASSET_VISIBILITY_LOCKED && !call->auth->is_elevated)
        return api_refuse (call, APP_ERROR_UNAUTHORIZED, "Elevated permission is required");
    if (!asset_store_count (call->db, call->arena, call->auth->user_id,
                            in->has_visibility ? asset_visibility_enum.texts[in->visibility] : NULL,
                            in->has_is_favorite, in->is_favorite,
                            in->has_is_trashed && in->is_trashed, &counts, &error))
        return api_fail (call, g_steal_pointer (&error));
    *out = (AssetStatsResponse){ 0 };
    for (gsize i = 0; i < counts.n; i++) {
        if (counts.items[i].type == ASSET_TYPE_IMAGE)
            out->images = counts.items[i].n_assets;
        if (counts.items[i].type == ASSET_TYPE_VIDEO)
            out->videos = counts.items[i].n_assets;
        out->total += counts.items[i].n_assets;
    }
    return API_OK;
}

static ApiStatus
get_random (ApiCall *call, const GetRandomRequest *in, AssetResponseList *out)
{
    gint64 n = in->has_count ? MIN (in->count, MAX_RANDOM) : 1;
    g_autoptr (GError) error = NULL;
    StringList ids;

    if (!assets_find_random (call->db, call->arena, call->auth->user_id, (gsize) n, &ids, &error) ||
        !assets_describe (call->app, call->db, call->arena, &ids, ASSET_CHANGED,
                          call->auth->user_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
answer_stripped (ApiCall *call, const AssetResponse *asset)
{
    GString *json = g_string_new (NULL);
    StrippedAsset stripped;

    asset_strip (asset, &stripped);
    api_write_json (&stripped_asset_type, &stripped, json);
    return api_respond_json (call, json);
}

/* Who comes by a link is nobody: favourites and people are the owner's own business. */
static ApiStatus
get_asset_info (ApiCall *call, const GetAssetInfoRequest *in, AssetResponse *out)
{
    gboolean is_visitor = call->auth->kind == CREDENTIAL_LINK;
    AssetParts parts = is_visitor ? ASSET_FULL & ~ASSET_WITH_OWNER : ASSET_FULL;
    const char *viewer_id = is_visitor ? "" : call->auth->user_id;
    g_autoptr (GError) error = NULL;

    if (!access_check_asset (call, in->id, "asset.read", &error) ||
        !asset_describe (call->app, call->db, call->arena, in->id, parts, viewer_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (is_visitor && !call->auth->link_shows_metadata)
        return answer_stripped (call, out);
    return API_OK;
}

static ApiStatus
update_asset (ApiCall *call, const UpdateAssetRequest *in, AssetResponse *out)
{
    const UpdateAsset *body = in->body;
    const char *id = in->id;
    StringList ids = { &id, 1 };
    g_autoptr (GError) error = NULL;
    AssetChange change = {
        .description = body->description,
        .has_position = body->has_latitude,
        .latitude = body->latitude,
        .longitude = body->longitude,
        .set_rating = body->set_rating,
        .has_rating = body->has_rating,
        .rating = body->rating,
        .flags = { .has_favorite = body->has_is_favorite,
                   .is_favorite = body->is_favorite,
                   .visibility = body->has_visibility
                                     ? asset_visibility_enum.texts[body->visibility]
                                     : NULL },
        .set_motion_part = body->set_live_photo_video_id,
        .motion_video_id = body->live_photo_video_id,
        .sees_locked = call->auth->is_elevated,
    };

    if (body->has_latitude != body->has_longitude)
        return api_refuse_field (call, "", "Latitude and longitude must be provided together");
    if (body->has_rating && body->rating == 0)
        return api_refuse_field (call, "rating", ZERO_RATING);
    if (body->date_time_original != NULL &&
        !asset_change_set_date (&change, body->date_time_original))
        return api_refuse_field (call, "dateTimeOriginal",
                                 "Must be a date such as 2023-11-19T18:11:00.000-07:00");
    if (!update (call, &ids, &change, &error) ||
        !asset_describe (call->app, call->db, call->arena, id, ASSET_CHANGED, call->auth->user_id,
                         out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
find_metadata (ApiCall *call, const char *id, AssetMetadataResponseList *out)
{
    g_autoptr (GError) error = NULL;
    AssetMetadataRowList rows;

    if (!asset_metadata_find (call->db, call->arena, id, NULL, &rows, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->n = rows.n;
    out->items = arena_new_array (call->arena, AssetMetadataResponse, MAX (rows.n, 1));
    for (gsize i = 0; i < rows.n; i++)
        out->items[i] = (AssetMetadataResponse){ .key = rows.items[i].key,
                                                 .value = rows.items[i].value,
                                                 .updated_at = rows.items[i].updated_at };
    return API_OK;
}

static ApiStatus
get_asset_metadata (ApiCall *call, const GetAssetMetadataRequest *in,
                    AssetMetadataResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_asset (call, in->id, "asset.read", &error))
        return api_fail (call, g_steal_pointer (&error));
    return find_metadata (call, in->id, out);
}

static ApiStatus
update_asset_metadata (ApiCall *call, const UpdateAssetMetadataRequest *in,
                       AssetMetadataResponseList *out)
{
    const AssetMetadataUpsertItemList *items = &in->body->items;
    g_autoptr (GError) error = NULL;
    AssetMetadataBulkUpsertItemList all = {
        arena_new_array (call->arena, AssetMetadataBulkUpsertItem, MAX (items->n, 1)), items->n
    };
    gint64 now_ms;

    for (gsize i = 0; i < items->n; i++)
        all.items[i] = (AssetMetadataBulkUpsertItem){ .asset_id = in->id,
                                                      .key = items->items[i].key,
                                                      .value = items->items[i].value };
    if (!access_check_asset (call, in->id, "asset.update", &error) ||
        !asset_metadata_save (call->db, &all, FALSE, &now_ms, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->n = items->n;
    out->items = arena_new_array (call->arena, AssetMetadataResponse, MAX (items->n, 1));
    for (gsize i = 0; i < items->n; i++)
        out->items[i] = (AssetMetadataResponse){ .key = items->items[i].key,
                                                 .value = items->items[i].value,
                                                 .updated_at = now_ms };
    return API_OK;
}

static ApiStatus
get_asset_metadata_by_key (ApiCall *call, const GetAssetMetadataByKeyRequest *in,
                           AssetMetadataResponse *out)
{
    g_autoptr (GError) error = NULL;
    AssetMetadataRowList rows;

    if (!access_check_asset (call, in->id, "asset.read", &error) ||
        !asset_metadata_find (call->db, call->arena, in->id, in->key, &rows, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (rows.n == 0)
        return api_refuse (call, APP_ERROR_INVALID,
                           "Metadata with key \"%s\" not found for asset with id \"%s\"", in->key,
                           in->id);
    *out = (AssetMetadataResponse){ .key = rows.items[0].key,
                                    .value = rows.items[0].value,
                                    .updated_at = rows.items[0].updated_at };
    return API_OK;
}

static ApiStatus
delete_asset_metadata (ApiCall *call, const DeleteAssetMetadataRequest *in)
{
    AssetMetadataBulkDeleteItem item = { .asset_id = in->id, .key = in->key };
    AssetMetadataBulkDeleteItemList items = { &item, 1 };
    g_autoptr (GError) error = NULL;

    if (!access_check_asset (call, in->id, "asset.update", &error) ||
        !asset_metadata_delete (call->db, &items, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const AssetsHandlers assets_handlers = {
    .update_assets = update_assets,
    .delete_assets = delete_assets,
    .copy_asset = copy_asset,
    .run_asset_jobs = run_asset_jobs,
    .update_bulk_asset_metadata = update_bulk_asset_metadata,
    .delete_bulk_asset_metadata = delete_bulk_asset_metadata,
    .get_asset_statistics = get_asset_statistics,
    .get_asset_info = get_asset_info,
    .update_asset = update_asset,
    .get_asset_metadata = get_asset_metadata,
    .update_asset_metadata = update_asset_metadata,
    .get_asset_metadata_by_key = get_asset_metadata_by_key,
    .delete_asset_metadata = delete_asset_metadata,
    .get_random = get_random,
};

void
assets_start (App *app, Api *api)
{
    api_serve_assets (api, &assets_handlers);
}
