/* upload_routes.c -- the handlers of upload.api, and the two hooks that see an upload before it is here */
#define G_LOG_DOMAIN "upload"
#include "features/upload/partial_upload.h"

#include <string.h>

#include "base/error.h"
#include "features/albums/albums.h"
#include "features/shared-links/shared-links.h"
#include "media/layout.h"
#include "media/media_type.h"

#define CHECKSUM_HEADER "x-immich-checksum"
#define MAX_NAME_BYTES 1024

/* What a form may weigh besides its original: other fields, a sidecar, the lines between the parts. */
#define FORM_BYTES (16 * 1024 * 1024)

#define QUOTA_TEXT "Quota has been exceeded!"

/* ---- before and while it comes ---- */

static const MediaType *
find_original_type (const char *name)
{
    const MediaType *type = name != NULL ? media_type_find (name) : NULL;

    return type != NULL && type->kind != MEDIA_SIDECAR ? type : NULL;
}

/* The field 'filename', when it came first, says better than the part what the original is called. */
static gboolean
accept_part (App *app, const char *operation, const char *field, const char *file_name,
             const char *name_field, GError **error)
{
    gboolean is_sidecar = strcmp (field, "sidecarData") == 0;
    const char *name = !is_sidecar && name_field != NULL && *name_field ? name_field : file_name;
    const MediaType *type = media_type_find (name != NULL ? name : "");

    if (type != NULL && (type->kind == MEDIA_SIDECAR) == is_sidecar)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Unsupported file type %s",
                 name != NULL ? name : "");
    return FALSE;
}

static gboolean
is_over_quota (const Auth *auth, gint64 bytes)
{
    return auth->has_quota && auth->quota_size_bytes < auth->quota_usage_bytes + bytes;
}

static void
answer_duplicate (ApiCall *call, const char *id)
{
    AssetMediaResponse out = { .id = id, .status = ASSET_MEDIA_STATUS_DUPLICATE };
    GString *json = g_string_new (NULL);

    api_write_json (&asset_media_response_type, &out, json);
    api_respond (call, http_response_new_json (200, json));
}

/* A client that knows the checksum is spared sending what is here already. */
static gboolean
before_body (ApiCall *call)
{
    const Auth *auth = call->auth;
    const char *header = http_request_header (call->request, CHECKSUM_HEADER);
    gint64 length = call->request->content_length;
    g_autoptr (GError) error = NULL;
    gboolean is_alone = FALSE;
    const char *id = NULL;
    guint8 sha1[20];

    if (auth->kind == CREDENTIAL_LINK && !auth->link_allows_upload) {
        api_refuse (call, APP_ERROR_UNAUTHORIZED, "Unauthorized");
        return TRUE;
    }
    if (header != NULL && *header != '\0') {
        if (!upload_parse_checksum (header, sha1)) {
            api_refuse (call, APP_ERROR_INVALID,
                        CHECKSUM_HEADER
                        " must be the SHA-1 of the file: 28 characters of base64 or 40 "
                        "hexadecimal ones");
            return TRUE;
        }
        /* whoever has a link shall not learn by a checksum what its owner has */
        if (auth->kind != CREDENTIAL_LINK &&
            (!upload_find (call->db, call->arena, auth->user_id, sha1, TRUE, &id, &error) ||
             (id != NULL && !upload_is_alone (call->db, id, &is_alone, &error)))) {
            api_fail (call, g_steal_pointer (&error));
            return TRUE;
        }
        /* the form tells whether that film shall be seen now */
        if (id != NULL && !is_alone) {
            answer_duplicate (call, id);
            return TRUE;
        }
    }
    if (length > FORM_BYTES && is_over_quota (auth, length - FORM_BYTES)) {
        api_refuse (call, APP_ERROR_INVALID, QUOTA_TEXT);
        return TRUE;
    }
    if (!layout_check_room (arena_printf (call->arena, "%s/upload", call->app->media_location),
                            MAX (length, 0), &error)) {
        api_fail (call, g_steal_pointer (&error));
        return TRUE;
    }
    return FALSE;
}

/* ---- when it is here ---- */

/* FALSE when it answered. */
static gboolean
check_content (ApiCall *call, const AssetMediaCreate *body)
{
    const char *header = http_request_header (call->request, CHECKSUM_HEADER);
    guint8 sha1[20];

    if (body->asset_data == NULL) {
        api_refuse (call, APP_ERROR_INVALID, "File is required");
        return FALSE;
    }
    if (body->asset_data->size_bytes == 0) {
        api_refuse (call, APP_ERROR_INVALID, "File is empty");
        return FALSE;
    }
    if (header != NULL && *header != '\0' && upload_parse_checksum (header, sha1) &&
        memcmp (sha1, body->asset_data->sha1, sizeof sha1) != 0) {
        api_refuse (call, APP_ERROR_INVALID,
                    "The file does not have the checksum of " CHECKSUM_HEADER
                    ": it was changed or cut short on its way; send it again");
        return FALSE;
    }
    if (is_over_quota (call->auth, body->asset_data->size_bytes)) {
        api_refuse (call, APP_ERROR_INVALID, QUOTA_TEXT);
        return FALSE;
    }
    return TRUE;
}

/* Which name tells what the file is: the field's, unless it has no extension that is taken. */
static const MediaType *
find_type (const AssetMediaCreate *body, const char **out_name)
{
    const char *names[] = { body->filename, body->asset_data->file_name };

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        const MediaType *type = find_original_type (names[i]);

        if (type != NULL) {
            *out_name = names[i];
            return type;
        }
    }
    return NULL;
}

/* What came by a link is seen there, new or not. */
static gboolean
share_upload (Db *tx, gpointer data, const char *asset_id, GError **error)
{
    const ApiCall *call = data;
    const Auth *auth = call->auth;
    StringList ids = { &asset_id, 1 };

    if (auth->link_album_id == NULL)
        return shared_link_add_upload (tx, auth->link_id, asset_id, error);
    return album_add_assets (call->app, tx, call->arena, auth->link_album_id, auth->user_id, &ids,
                             NULL, error);
}

/* A motion part must be there for the visitor, or any video of the owner could be looked at by its id; and
 * be hidden already, or it would leave the owner's timeline by it. */
static gboolean
find_visitors_film (ApiCall *call, const char *id, gboolean *out, GError **error)
{
    g_autoptr (GError) why = NULL;
    AssetRow film;

    *out = access_check_asset (call, id, "asset.read", &why) &&
           asset_find (call->db, call->arena, id, &film, &why) &&
           film.visibility == ASSET_VISIBILITY_HIDDEN;
    if (why == NULL || g_error_matches (why, APP_ERROR, APP_ERROR_INVALID) ||
        g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

/* What a visitor sends is the owner's, who alone marks it as favourite or locks it away, and who finds it: only
 * films wait for their photos. */
static gboolean
limit_visitor (ApiCall *call, Upload *upload, GError **error)
{
    const Auth *auth = call->auth;
    gboolean is_there;

    if (auth->kind != CREDENTIAL_LINK)
        return TRUE;
    upload->link_id = auth->link_id;
    upload->also = share_upload;
    upload->also_data = call;
    upload->is_favorite = FALSE;
    if (upload->visibility == ASSET_VISIBILITY_LOCKED ||
        (upload->visibility == ASSET_VISIBILITY_HIDDEN && upload->type != ASSET_TYPE_VIDEO))
        upload->visibility = ASSET_VISIBILITY_TIMELINE;
    if (upload->live_photo_video_id == NULL)
        return TRUE;
    if (!find_visitors_film (call, upload->live_photo_video_id, &is_there, error))
        return FALSE;
    if (is_there)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Live photo video not found");
    return FALSE;
}

gboolean
upload_takes_name (const char *name)
{
    return find_original_type (name) != NULL;
}

ApiStatus
upload_take (ApiCall *call, const AssetMediaCreate *body, const char *partial_id,
             AssetMediaResponse *out)
{
    g_autoptr (GError) error = NULL;
    const MediaType *type;
    const char *type_name = NULL;
    Upload upload;
    UploadResult result;

    if (!check_content (call, body))
        return API_FAILED;
    upload = (Upload){
        .owner_id = call->auth->user_id,
        .file = body->asset_data,
        .sidecar = body->sidecar_data,
        .file_name = body->filename != NULL && *body->filename ? body->filename
                                                               : body->asset_data->file_name,
        .file_created_at_ms = body->file_created_at,
        .file_modified_at_ms = body->file_modified_at,
        .has_duration = body->has_duration && body->duration > 0,
        .duration_ms = body->duration,
        .is_favorite = body->has_is_favorite && body->is_favorite,
        .visibility = body->has_visibility ? body->visibility : ASSET_VISIBILITY_TIMELINE,
        .live_photo_video_id = body->live_photo_video_id,
        .sees_locked = call->auth->is_elevated,
        .metadata = body->metadata,
        .device_asset_id = body->device_asset_id,
        .device_id = body->device_id,
        .partial_id = partial_id,
    };
    type = find_type (body, &type_name);
    if (type == NULL)
        return api_refuse (call, APP_ERROR_INVALID, "Unsupported file type %s", upload.file_name);
    if (strlen (upload.file_name) > MAX_NAME_BYTES)
        return api_refuse_field (call, "filename", "Too long: at most %d bytes", MAX_NAME_BYTES);
    upload.type = type->kind == MEDIA_VIDEO ? ASSET_TYPE_VIDEO : ASSET_TYPE_IMAGE;
    upload.extension = layout_extension (call->arena, type_name);
    if (!limit_visitor (call, &upload, &error) ||
        !upload_store (call->app, call->arena, &upload, &result, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (result.hidden_video)
        asset_send_id (call->app, upload.owner_id, "on_asset_hidden", upload.live_photo_video_id);
    out->id = result.id;
    out->status = result.is_duplicate ? ASSET_MEDIA_STATUS_DUPLICATE : ASSET_MEDIA_STATUS_CREATED;
    if (result.is_duplicate)
        return 200;
    return API_OK;
}

static ApiStatus
upload_asset (ApiCall *call, const UploadAssetRequest *in, AssetMediaResponse *out)
{
    return upload_take (call, in->body, NULL, out);
}

/* ---- replacing, for clients of version 2 ---- */

static ApiStatus
replace_asset (ApiCall *call, const ReplaceAssetRequest *in, AssetMediaResponse *out)
{
    const AssetMediaReplace *body = in->body;
    const AssetMediaCreate file = { .asset_data = body->asset_data, .filename = body->filename };
    g_autoptr (GError) error = NULL;
    const char *type_name = NULL;
    const MediaType *type;
    Upload upload;
    UploadResult result;

    if (!access_check_asset (call, in->id, "asset.update", &error))
        return api_fail (call, g_steal_pointer (&error));
    if (!check_content (call, &file))
        return API_FAILED;
    upload = (Upload){
        .replaces_id = in->id,
        .owner_id = call->auth->user_id,
        .file = body->asset_data,
        .file_name = body->filename != NULL && *body->filename ? body->filename
                                                               : body->asset_data->file_name,
        .file_created_at_ms = body->file_created_at,
        .file_modified_at_ms = body->file_modified_at,
        .has_duration = body->has_duration && body->duration > 0,
        .duration_ms = body->duration,
        .device_asset_id = body->device_asset_id,
        .device_id = body->device_id,
    };
    type = find_type (&file, &type_name);
    if (type == NULL)
        return api_refuse (call, APP_ERROR_INVALID, "Unsupported file type %s", upload.file_name);
    if (strlen (upload.file_name) > MAX_NAME_BYTES)
        return api_refuse_field (call, "filename", "Too long: at most %d bytes", MAX_NAME_BYTES);
    upload.type = type->kind == MEDIA_VIDEO ? ASSET_TYPE_VIDEO : ASSET_TYPE_IMAGE;
    upload.extension = layout_extension (call->arena, type_name);
    if (!upload_store (call->app, call->arena, &upload, &result, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->id = result.id;
    out->status = result.is_duplicate ? ASSET_MEDIA_STATUS_DUPLICATE : ASSET_MEDIA_STATUS_REPLACED;
    return API_OK;
}

/* ---- what is here already ---- */

static ApiStatus
check_bulk_upload (ApiCall *call, const CheckBulkUploadRequest *in,
                   AssetBulkUploadCheckResponse *out)
{
    const AssetBulkUploadCheckItemList *items = &in->body->assets;
    UploadCheck *checks = arena_new_array (call->arena, UploadCheck, MAX (items->n, 1));
    g_autoptr (GError) error = NULL;

    /* what is no checksum is nobody's: the upload itself decides */
    for (gsize i = 0; i < items->n; i++)
        checks[i].has_checksum = upload_parse_checksum (items->items[i].checksum, checks[i].sha1);
    if (!upload_find_many (call->db, call->arena, call->auth->user_id, checks, items->n, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->results.n = items->n;
    out->results.items =
        arena_new_array (call->arena, AssetBulkUploadCheckResult, MAX (items->n, 1));
    for (gsize i = 0; i < items->n; i++) {
        AssetBulkUploadCheckResult *result = &out->results.items[i];

        result->id = items->items[i].id;
        result->action = ASSET_UPLOAD_ACTION_ACCEPT;
        if (checks[i].asset_id == NULL)
            continue;
        result->action = ASSET_UPLOAD_ACTION_REJECT;
        result->has_reason = TRUE;
        result->reason = ASSET_REJECT_REASON_DUPLICATE;
        result->asset_id = checks[i].asset_id;
        result->has_is_trashed = TRUE;
        result->is_trashed = checks[i].is_trashed;
    }
    return API_OK;
}

static ApiStatus
get_all_user_assets_by_device_id (ApiCall *call, const GetAllUserAssetsByDeviceIdRequest *in,
                                  StringList *out)
{
    g_autoptr (GError) error = NULL;

    if (!upload_find_device_ids (call->db, call->arena, call->auth->user_id, in->device_id, NULL,
                                 out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
check_existing_assets (ApiCall *call, const CheckExistingAssetsRequest *in,
                       CheckExistingAssetsResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!upload_find_device_ids (call->db, call->arena, call->auth->user_id, in->body->device_id,
                                 &in->body->device_asset_ids, &out->existing_ids, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const UploadHandlers upload_handlers = {
    .upload_asset = upload_asset,
    .check_bulk_upload = check_bulk_upload,
    .get_all_user_assets_by_device_id = get_all_user_assets_by_device_id,
    .check_existing_assets = check_existing_assets,
    .replace_asset = replace_asset,
    .create_partial_upload = upload_create_partial,
    .get_partial_uploads = upload_list_partial,
    .get_partial_upload = upload_get_partial,
    .append_partial_upload = upload_append_partial,
    .finish_partial_upload = upload_finish_partial,
    .delete_partial_upload = upload_delete_partial,
};

gboolean
upload_start (App *app, Api *api, GError **error)
{
    static const JobKind kinds[] = {
        { "PartialUploadCleanup", "backgroundTask", upload_run_partial_cleanup },
    };

    upload_sweep (app);
    if (!upload_notes_open (app, error) || !partial_upload_start (app, error))
        return FALSE;
    api_serve_upload (api, &upload_handlers);
    api_set_upload_hooks (api, "uploadAsset", accept_part, before_body);
    api_set_upload_hooks (api, "replaceAsset", accept_part, before_body);
    api_set_upload_hooks (api, "appendPartialUpload", NULL, upload_check_part);
    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
    return TRUE;
}
