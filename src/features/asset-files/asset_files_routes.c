/* asset_files_routes.c -- the handlers of asset_files.api
 *
 * Only owners see them, and those of locked assets only when unlocked. A file of somebody else is
 * answered like one that does not exist. */
#define G_LOG_DOMAIN "asset-files"
#include "features/asset-files/asset-files.h"

#include "base/error.h"
#include "features/serving/serving.h"
#include "media/layout.h"

#define SQL_FILES                                                                                  \
    "SELECT id, asset_id, type, is_edited, is_progressive, is_transparent, path, created_at,"      \
    "       updated_at FROM asset_file"

/* $1 asset id */
static const char SQL_FILES_OF_ASSET[] = SQL_FILES " WHERE asset_id = $1 ORDER BY type, is_edited";
/* $1 id */
static const char SQL_FILE_FIND[] = SQL_FILES " WHERE id = $1";
static const char SQL_FILE_DELETE[] = "DELETE FROM asset_file WHERE id = $1";

static AssetFileResponse
describe (ApiCall *call, const KeptFileRow *row)
{
    return (AssetFileResponse){
        .id = row->id,
        .created_at = row->created_at,
        .is_edited = row->is_edited,
        .is_progressive = row->is_progressive,
        .is_transparent = row->is_transparent,
        .path = layout_absolute (call->arena, call->app->media_location, row->path),
        .type = row->type,
        .updated_at = row->updated_at,
    };
}

static gboolean
find_file (ApiCall *call, const char *id, KeptFileRow *out, GError **error)
{
    GError *why = NULL;

    /* only an owner may update, so this lets no one else in */
    if (db_select_one (call->db, call->arena, &kept_file_row_type, out, SQL_FILE_FIND,
                       DB_ARGS (db_text (id)), &why) &&
        access_check_asset (call, out->asset_id, "asset.update", &why))
        return TRUE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND) ||
        g_error_matches (why, APP_ERROR, APP_ERROR_INVALID)) {
        g_error_free (why);
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND, "Asset file not found");
    } else {
        g_propagate_error (error, why);
    }
    return FALSE;
}

static gboolean
is_wanted (const SearchAssetFilesRequest *in, const KeptFileRow *row)
{
    return (!in->has_is_edited || in->is_edited == row->is_edited) &&
           (!in->has_is_progressive || in->is_progressive == row->is_progressive) &&
           (!in->has_is_transparent || in->is_transparent == row->is_transparent) &&
           (!in->has_type || in->type == row->type);
}

static ApiStatus
search_asset_files (ApiCall *call, const SearchAssetFilesRequest *in, AssetFileResponseList *out)
{
    g_autoptr (GError) error = NULL;
    gboolean is_owner;
    List rows;

    if (!access_check_asset (call, in->asset_id, "asset.read", &error))
        return api_fail (call, g_steal_pointer (&error));
    is_owner = access_check_asset (call, in->asset_id, "asset.update", &error);
    if (!is_owner && !g_error_matches (error, APP_ERROR, APP_ERROR_INVALID))
        return api_fail (call, g_steal_pointer (&error));
    if (!is_owner)
        return API_OK; /* may see the asset, but none of its files: an empty list */
    if (!db_select (call->db, call->arena, &kept_file_row_type, &rows, SQL_FILES_OF_ASSET,
                    DB_ARGS (db_text (in->asset_id)), &error))
        return api_fail (call, g_steal_pointer (&error));
    out->items = arena_new_array (call->arena, AssetFileResponse, MAX (rows.n, 1));
    for (gsize i = 0; i < rows.n; i++) {
        const KeptFileRow *row = &((const KeptFileRow *) rows.items)[i];

        if (is_wanted (in, row))
            out->items[out->n++] = describe (call, row);
    }
    return API_OK;
}

static ApiStatus
get_asset_file (ApiCall *call, const GetAssetFileRequest *in, AssetFileResponse *out)
{
    g_autoptr (GError) error = NULL;
    KeptFileRow row;

    if (!find_file (call, in->id, &row, &error))
        return api_fail (call, g_steal_pointer (&error));
    *out = describe (call, &row);
    return API_OK;
}

static ApiStatus
delete_asset_file (ApiCall *call, const DeleteAssetFileRequest *in)
{
    g_autoptr (GError) error = NULL;
    KeptFileRow row;

    if (!find_file (call, in->id, &row, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (row.type == ASSET_FILE_TYPE_SIDECAR)
        return api_refuse (call, APP_ERROR_INVALID, "Sidecar files cannot be deleted");
    if (!db_exec (call->db, SQL_FILE_DELETE, DB_ARGS (db_text (row.id)), NULL, &error))
        return api_fail (call, g_steal_pointer (&error));
    /* the record first: a file without one is swept up, a record without a file is an error */
    layout_remove (layout_absolute (call->arena, call->app->media_location, row.path));
    return API_OK;
}

static ApiStatus
download_asset_file (ApiCall *call, const DownloadAssetFileRequest *in)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *name = NULL;
    KeptFileRow row;

    if (!find_file (call, in->id, &row, &error))
        return serving_refuse (call, g_steal_pointer (&error));
    name = g_path_get_basename (row.path);
    return serving_send_file (call, row.path, name, TRUE);
}

static const AssetFilesHandlers asset_files_handlers = {
    .search_asset_files = search_asset_files,
    .get_asset_file = get_asset_file,
    .delete_asset_file = delete_asset_file,
    .download_asset_file = download_asset_file,
};

void
asset_files_start (App *app, Api *api)
{
    api_serve_asset_files (api, &asset_files_handlers);
}
