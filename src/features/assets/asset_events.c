/* asset_events.c -- what connected clients are told of assets */
#define G_LOG_DOMAIN "assets"
#include "features/assets/assets.h"

#include "base/error.h"
#include "base/json_writer.h"
#include "features/sessions/sessions.h"
#include "features/sync_api.h"

#define PAGE 500

void
asset_send_id (const App *app, const char *owner_id, const char *event, const char *id)
{
    g_autofree char *argument = g_strdup_printf ("\"%s\"", id);

    if (app->realtime != NULL)
        realtime_send (app->realtime, owner_id, event, argument);
}

void
asset_send_ids (const App *app, const char *owner_id, const char *event, const StringList *ids)
{
    g_autoptr (GString) text = g_string_new (NULL);
    JsonWriter writer;

    if (app->realtime == NULL || ids->n == 0)
        return;
    json_writer_init (&writer, text);
    json_begin_array (&writer);
    for (gsize i = 0; i < ids->n; i++)
        json_text (&writer, ids->items[i]);
    json_end_array (&writer);
    realtime_send (app->realtime, owner_id, event, text->str);
}

/* A part of the ids, with memory of its own: a bulk edit may name very many. */
static void
send_some (const App *app, const StringList *ids, const char *event)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GError) why = NULL;
    AssetResponseList assets;

    if (!assets_describe (app, app->db, arena, ids, ASSET_EVENT, NULL, &assets, &why)) {
        g_warning ("cannot tell clients of %" G_GSIZE_FORMAT " assets (%s): %s, skipping", ids->n,
                   event, why->message);
        return;
    }
    for (gsize i = 0; i < assets.n; i++) {
        if (assets.items[i].visibility == ASSET_VISIBILITY_LOCKED) {
            /* who has not unlocked the folder hears that it is not to be seen, and no more */
            asset_send_id (app, assets.items[i].owner_id, "on_asset_hidden", assets.items[i].id);
            continue;
        }
        g_string_set_size (text, 0);
        api_write_json (&asset_response_type, &assets.items[i], text);
        realtime_send (app->realtime, assets.items[i].owner_id, event, text->str);
    }
}

void
asset_send_objects (const App *app, const StringList *ids, const char *event)
{
    for (gsize at = 0; at < ids->n && app->realtime != NULL; at += PAGE) {
        StringList some = { ids->items + at, MIN (PAGE, ids->n - at) };

        send_some (app, &some, event);
    }
}

void
asset_send_object (const App *app, const char *id, const char *event)
{
    StringList ids = { &id, 1 };

    asset_send_objects (app, &ids, event);
}

/* ---- the shape of the sync stream, which apps write straight into their database ---- */

static const char *
base64 (Arena *arena, GBytes *bytes)
{
    g_autofree char *text = NULL;
    gsize n;
    const guint8 *data;

    if (bytes == NULL)
        return NULL;
    data = g_bytes_get_data (bytes, &n);
    text = g_base64_encode (data, n);
    return arena_strdup (arena, text);
}

static SyncAssetV2
sync_asset_v2 (Arena *arena, const AssetRow *row)
{
    return (SyncAssetV2){
        .id = row->id,
        .checksum = base64 (arena, row->checksum),
        .created_at = row->created_at,
        .has_created_at = TRUE,
        .deleted_at = row->deleted_at,
        .has_deleted_at = row->has_deleted_at,
        .duration = row->duration_ms,
        .has_duration = row->has_duration_ms,
        .file_created_at = row->file_created_at,
        .has_file_created_at = TRUE,
        .file_modified_at = row->file_modified_at,
        .has_file_modified_at = TRUE,
        .height = row->height,
        .has_height = row->has_height,
        .is_edited = row->is_edited,
        .is_favorite = row->is_favorite,
        .library_id = row->library_id,
        .live_photo_video_id = row->live_photo_video_id,
        .local_date_time = row->local_date_time,
        .has_local_date_time = TRUE,
        .original_file_name = row->original_file_name,
        .owner_id = row->owner_id,
        .stack_id = row->stack_id,
        .thumbhash = base64 (arena, row->thumbhash),
        .type = row->type,
        .visibility = row->visibility,
        .width = row->width,
        .has_width = row->has_width,
    };
}

/* Older apps know a duration as 'h:mm:ss.ssssss'. */
static SyncAssetV1
sync_asset_v1 (Arena *arena, const AssetRow *row)
{
    SyncAssetV2 now = sync_asset_v2 (arena, row);
    gint64 ms = row->duration_ms;

    return (SyncAssetV1){
        .id = now.id,
        .checksum = now.checksum,
        .created_at = now.created_at,
        .has_created_at = TRUE,
        .deleted_at = now.deleted_at,
        .has_deleted_at = now.has_deleted_at,
        .duration =
            row->has_duration_ms
                ? arena_printf (arena, "%" G_GINT64_FORMAT ":%02d:%02d.%03d000", ms / 3600000,
                                (int) (ms / 60000 % 60), (int) (ms / 1000 % 60), (int) (ms % 1000))
                : NULL,
        .file_created_at = now.file_created_at,
        .has_file_created_at = TRUE,
        .file_modified_at = now.file_modified_at,
        .has_file_modified_at = TRUE,
        .height = now.height,
        .has_height = now.has_height,
        .is_edited = now.is_edited,
        .is_favorite = now.is_favorite,
        .library_id = now.library_id,
        .live_photo_video_id = now.live_photo_video_id,
        .local_date_time = now.local_date_time,
        .has_local_date_time = TRUE,
        .original_file_name = now.original_file_name,
        .owner_id = now.owner_id,
        .stack_id = now.stack_id,
        .thumbhash = now.thumbhash,
        .type = now.type,
        .visibility = now.visibility,
        .width = now.width,
        .has_width = now.has_width,
    };
}

static SyncAssetExifV1
sync_exif (const AssetRow *row)
{
    return (SyncAssetExifV1){
        .asset_id = row->id,
        .city = row->city,
        .country = row->country,
        .date_time_original = row->date_time_original,
        .has_date_time_original = row->has_date_time_original,
        .description = row->description != NULL ? row->description : "",
        .exif_image_height = row->exif_image_height,
        .has_exif_image_height = row->has_exif_image_height,
        .exif_image_width = row->exif_image_width,
        .has_exif_image_width = row->has_exif_image_width,
        .exposure_time = row->exposure_time,
        .f_number = row->f_number,
        .has_f_number = row->has_f_number,
        .file_size_in_byte = row->file_size_in_byte,
        .has_file_size_in_byte = row->has_file_size_in_byte,
        .focal_length = row->focal_length,
        .has_focal_length = row->has_focal_length,
        .fps = row->fps,
        .has_fps = row->has_fps,
        .iso = row->iso,
        .has_iso = row->has_iso,
        .latitude = row->latitude,
        .has_latitude = row->has_latitude,
        .lens_model = row->lens_model,
        .longitude = row->longitude,
        .has_longitude = row->has_longitude,
        .make = row->make,
        .model = row->model,
        .modify_date = row->modify_date,
        .has_modify_date = row->has_modify_date,
        .orientation = row->orientation,
        .profile_description = row->profile_description,
        .projection_type = row->projection_type,
        .rating = row->rating,
        .has_rating = row->has_rating,
        .state = row->state,
        .time_zone = row->time_zone,
    };
}

/* @asset, and under @key what belongs to it, to these rooms. */
static void
send_ready (const App *app, const StringList *rooms, const char *event, const TypeDescriptor *type,
            const void *asset, const char *key, const char *json)
{
    g_autoptr (GString) text = g_string_new ("{\"asset\":");

    api_write_json (type, asset, text);
    g_string_append_printf (text, ",\"%s\":%s}", key, json);
    for (gsize i = 0; i < rooms->n; i++)
        realtime_send (app->realtime, rooms->items[i], event, text->str);
}

/* FALSE: there is nobody to tell, or nothing. */
static gboolean
find_for_clients (const App *app, Arena *arena, const char *id, AssetRow *out)
{
    g_autoptr (GError) why = NULL;

    if (app->realtime == NULL)
        return FALSE;
    if (asset_find (app->db, arena, id, out, &why))
        return TRUE;
    if (!g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
        g_warning ("cannot tell clients of asset '%s': %s, skipping", id, why->message);
    return FALSE;
}

void
asset_send_ready (const App *app, Arena *arena, const char *id)
{
    g_autoptr (GString) exif_json = g_string_new (NULL);
    AssetRow row;
    SyncAssetV1 before;
    SyncAssetV2 now;
    SyncAssetExifV1 exif;
    StringList rooms = { &row.owner_id, 1 };

    if (!find_for_clients (app, arena, id, &row) ||
        (row.visibility != ASSET_VISIBILITY_TIMELINE && row.visibility != ASSET_VISIBILITY_ARCHIVE))
        return;
    before = sync_asset_v1 (arena, &row);
    now = sync_asset_v2 (arena, &row);
    exif = sync_exif (&row);
    api_write_json (&sync_asset_exif_v1_type, &exif, exif_json);
    asset_send_object (app, id, "on_upload_success");
    send_ready (app, &rooms, "AssetUploadReadyV1", &sync_asset_v1_type, &before, "exif",
                exif_json->str);
    send_ready (app, &rooms, "AssetUploadReadyV2", &sync_asset_v2_type, &now, "exif",
                exif_json->str);
}

void
asset_send_edited (const App *app, Arena *arena, const char *id, const char *edits_json)
{
    AssetRow row;
    SyncAssetV1 before;
    SyncAssetV2 now;
    StringList rooms = { &row.owner_id, 1 };
    g_autoptr (GError) why = NULL;

    if (!find_for_clients (app, arena, id, &row))
        return;
    /* whoever edits what is locked waits for it; the owner's other sessions may not see it */
    if (row.visibility == ASSET_VISIBILITY_LOCKED &&
        !sessions_find_elevated (app->db, arena, row.owner_id, &rooms, &why)) {
        g_warning ("cannot tell clients of the edits of asset '%s': %s, skipping", id,
                   why->message);
        return;
    }
    before = sync_asset_v1 (arena, &row);
    now = sync_asset_v2 (arena, &row);
    send_ready (app, &rooms, "AssetEditReadyV1", &sync_asset_v1_type, &before, "edit", edits_json);
    send_ready (app, &rooms, "AssetEditReadyV2", &sync_asset_v2_type, &now, "edit", edits_json);
}
