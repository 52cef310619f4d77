/* serving_routes.c -- the handlers of serving.api */
#define G_LOG_DOMAIN "serving"
#include "features/serving/serving.h"

#include <string.h>

#include "base/error.h"
#include "features/ingest/ingest.h"
#include "media/media_type.h"

/* $1 asset id, $2 type of the file; the edited file before the other, or the other way. Edited files
 * that are still there when the edits are gone are not shown. */
#define SQL_SERVED                                                                                 \
    "SELECT a.original_file_name AS original_file_name, a.original_path AS original_path,"         \
    "       a.type AS type, f.path AS path,"                                                       \
    "       CASE WHEN a.is_edited > COALESCE (f.is_edited, 0) THEN 1 ELSE 0 END AS is_pending"     \
    "  FROM asset a LEFT JOIN asset_file f ON f.asset_id = a.id AND f.type = $2"                   \
    "       AND f.is_edited <= a.is_edited"                                                        \
    " WHERE a.id = $1 ORDER BY f.is_edited"
static const char SQL_SERVED_PLAIN[] = SQL_SERVED " LIMIT 1";
static const char SQL_SERVED_EDITED[] = SQL_SERVED " DESC LIMIT 1";

/* $1 asset id, $2 type of the file; only an edited one */
static const char SQL_SERVED_EDITED_ONLY[] =
    "SELECT a.original_file_name AS original_file_name, a.original_path AS original_path,"
    "       a.type AS type, f.path AS path,"
    "       CASE WHEN a.is_edited > COALESCE (f.is_edited, 0) THEN 1 ELSE 0 END AS is_pending"
    "  FROM asset a LEFT JOIN asset_file f ON f.asset_id = a.id AND f.type = $2"
    "       AND f.is_edited = 1 AND a.is_edited = 1"
    " WHERE a.id = $1";

static gboolean
find_served (ApiCall *call, const char *sql, const char *id, AssetFileType type,
             ServedAssetRow *out, GError **error)
{
    return db_recall_one (call->db, call->arena, &served_asset_row_type, out, sql,
                          DB_ARGS (db_text (id), db_text (asset_file_type_enum.texts[type])),
                          error);
}

/* Who comes by a link sees what its owner made of the photo, never what was cut away, nor what is to be
 * once the edit is done. */
static gboolean
is_kept_back (const ApiCall *call, const ServedAssetRow *asset)
{
    return call->auth->kind == CREDENTIAL_LINK && asset->is_pending;
}

static gboolean
wants_edited (const ApiCall *call, gboolean edited)
{
    return edited || call->auth->kind == CREDENTIAL_LINK;
}

static ApiStatus
refuse_missing (ApiCall *call, const char *text)
{
    return serving_refuse (call, g_error_new_literal (APP_ERROR, APP_ERROR_NOT_FOUND, text));
}

/* The request's query without its size; with @size, that at its end. */
static const char *
query_with_size (ApiCall *call, const char *size)
{
    g_autoptr (GString) out = g_string_new (NULL);
    const HttpPair *pairs = NULL;
    gsize n = 0;

    if (!http_parse_pairs (call->arena, call->request->query, &pairs, &n, NULL))
        n = 0; /* not reached: the contract engine has read it before */
    for (gsize i = 0; i < n; i++)
        if (strcmp (pairs[i].name, "size") != 0)
            g_string_append_printf (out, "%s%s=%s", out->len > 0 ? "&" : "",
                                    http_percent_encode (call->arena, pairs[i].name),
                                    http_percent_encode (call->arena, pairs[i].value));
    if (size != NULL)
        g_string_append_printf (out, "%ssize=%s", out->len > 0 ? "&" : "", size);
    return arena_strdup (call->arena, out->str);
}

static ApiStatus
redirect (ApiCall *call, const char *location)
{
    HttpResponse *response =
        http_response_new_text (302, "text/plain; charset=utf-8",
                                arena_printf (call->arena, "Found. Redirecting to %s", location));

    http_response_set_header (response, "Location", location);
    http_response_set_header (response, "Vary", "Accept, Accept-Encoding");
    return api_respond (call, response);
}

static ApiStatus
redirect_to_original (ApiCall *call)
{
    return redirect (call, arena_printf (call->arena, "original?%s", query_with_size (call, NULL)));
}

static gboolean
is_web_safe (const char *path)
{
    const MediaType *type = media_type_find (path);

    return type != NULL && type->flags & MEDIA_WEB_SAFE;
}

static ApiStatus
download_asset (ApiCall *call, const DownloadAssetRequest *in)
{
    g_autoptr (GError) error = NULL;
    ServedAssetRow asset;
    ServingAccess access = { .asset_id = in->id, .permission = "asset.download" };
    const char *path, *name;
    gboolean is_edited;

    if (!access_check_asset (call, in->id, "asset.download", &error) ||
        !find_served (call, SQL_SERVED_EDITED_ONLY, in->id, ASSET_FILE_TYPE_FULLSIZE, &asset,
                      &error))
        return serving_refuse (call, g_steal_pointer (&error));
    if (is_kept_back (call, &asset))
        return refuse_missing (call, "Asset media not found");
    is_edited = wants_edited (call, in->edited) && asset.path != NULL;
    access.is_original = !is_edited;
    path = is_edited ? asset.path : asset.original_path;
    name = serving_file_name (call->arena, asset.original_file_name, "", path);
    return serving_send_long (call, &access, path, name);
}

static gboolean
hides_metadata (const ApiCall *call)
{
    return call->auth->kind == CREDENTIAL_LINK && !call->auth->link_shows_metadata;
}

/* Renditions are made here and hold nothing to run; one imported with a library never is one. */
static ApiStatus
send_rendition (ApiCall *call, const char *id, const ServedAssetRow *asset, AssetMediaSize size)
{
    const char *suffix = arena_printf (call->arena, "_%s", asset_media_size_enum.texts[size]);

    return serving_send_file (
        call, asset->path,
        serving_file_name (call->arena, hides_metadata (call) ? id : asset->original_file_name,
                           suffix, asset->path),
        FALSE);
}

static ApiStatus
view_asset (ApiCall *call, const ViewAssetRequest *in)
{
    static const AssetFileType types[] = {
        [ASSET_MEDIA_SIZE_ORIGINAL] = ASSET_FILE_TYPE_FULLSIZE,
        [ASSET_MEDIA_SIZE_FULLSIZE] = ASSET_FILE_TYPE_FULLSIZE,
        [ASSET_MEDIA_SIZE_PREVIEW] = ASSET_FILE_TYPE_PREVIEW,
        [ASSET_MEDIA_SIZE_THUMBNAIL] = ASSET_FILE_TYPE_THUMBNAIL,
    };
    AssetMediaSize size = in->has_size ? (AssetMediaSize) in->size : ASSET_MEDIA_SIZE_THUMBNAIL;
    gboolean edited = wants_edited (call, in->edited);
    g_autoptr (GError) error = NULL;
    ServedAssetRow asset;

    if (!access_check_asset (call, in->id, "asset.view", &error))
        return serving_refuse (call, g_steal_pointer (&error));
    if (size == ASSET_MEDIA_SIZE_ORIGINAL)
        return redirect_to_original (call);
    if (!find_served (call, edited ? SQL_SERVED_EDITED : SQL_SERVED_PLAIN, in->id, types[size],
                      &asset, &error))
        return serving_refuse (call, g_steal_pointer (&error));
    if (is_kept_back (call, &asset))
        return refuse_missing (call, "Asset media not found");
    if (size == ASSET_MEDIA_SIZE_FULLSIZE && !edited && is_web_safe (asset.original_path))
        return redirect_to_original (call);
    if (asset.path != NULL)
        return send_rendition (call, in->id, &asset, size);
    if (size != ASSET_MEDIA_SIZE_FULLSIZE)
        return refuse_missing (call, "Asset media not found");
    return redirect (call, arena_printf (call->arena, "/api/assets/%s/thumbnail?%s", in->id,
                                         query_with_size (call, "preview")));
}

/* The original tells where it was taken. */
static ApiStatus
wait_for_copy (ApiCall *call, const char *id)
{
    g_autoptr (GError) error = NULL;
    IngestState state;

    api_set_header (call, "Cache-Control", "none");
    if (!ingest_want_bare (call->app, call->arena, id, &state, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (state == INGEST_FAILED)
        return api_refuse (call, APP_ERROR_NOT_FOUND,
                           "This video cannot be shown without its metadata");
    api_set_header (call, "Retry-After", "5");
    return api_refuse (call, APP_ERROR_UNAVAILABLE,
                       "The video is being made ready for this link. Try again in a moment");
}

static ApiStatus
play_asset_video (ApiCall *call, const PlayAssetVideoRequest *in)
{
    ServingAccess access = { .asset_id = in->id, .permission = "asset.view" };
    g_autoptr (GError) error = NULL;
    ServedAssetRow asset;

    if (!access_check_asset (call, in->id, "asset.view", &error) ||
        !find_served (call, SQL_SERVED_PLAIN, in->id, ASSET_FILE_TYPE_ENCODED_VIDEO, &asset,
                      &error))
        return serving_refuse (call, g_steal_pointer (&error));
    if (asset.type != ASSET_TYPE_VIDEO)
        return refuse_missing (call, "Asset not found or asset is not a video");
    access.is_original = asset.path == NULL;
    if (access.is_original && hides_metadata (call))
        return wait_for_copy (call, in->id);
    return serving_send_long (call, &access, access.is_original ? asset.original_path : asset.path,
                              NULL);
}

static const ServingHandlers serving_handlers = {
    .download_asset = download_asset,
    .view_asset = view_asset,
    .play_asset_video = play_asset_video,
};

void
serving_start (App *app, Api *api)
{
    api_serve_serving (api, &serving_handlers);
}
