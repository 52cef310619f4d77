/* albums_routes.c -- the handlers of albums.api */
#define G_LOG_DOMAIN "albums"
#include "features/albums/albums_private.h"

#include <string.h>

#include "base/uuid.h"

#define MAX_PAIRS 300000 /* about as many ids as a body may have */

static ApiStatus
answer (ApiCall *call, const char *id, gboolean with_contributors, AlbumResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!album_describe_one (call->app, call->db, call->arena, id, call->auth->user_id,
                             with_contributors, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
get_all_albums (ApiCall *call, const GetAllAlbumsRequest *in, AlbumResponseList *out)
{
    AlbumFilter filter = {
        .asset_id = in->asset_id,
        .id = in->id,
        .name = in->name,
        .has_owned = in->has_is_owned,
        .is_owned = in->is_owned,
        .has_shared = in->has_is_shared || in->has_shared, /* 'shared' is what older clients say */
        .is_shared = in->has_is_shared ? in->is_shared : in->shared,
    };
    g_autoptr (GError) error = NULL;
    StringList ids;

    if (!albums_store_list (call->db, call->arena, call->auth->user_id, &filter, &ids, &error) ||
        !albums_describe (call->app, call->db, call->arena, &ids, call->auth->user_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
create_album (ApiCall *call, const CreateAlbumRequest *in, AlbumResponse *out)
{
    g_autoptr (GError) error = NULL;
    const char *id;

    if (!album_create (call, in->body, &id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return answer (call, id, FALSE, out);
}

static ApiStatus
add_assets_to_albums (ApiCall *call, const AddAssetsToAlbumsRequest *in,
                      AlbumsAddAssetsResponse *out)
{
    StringList albums = string_list_once (call->arena, &in->body->album_ids);
    StringList assets = string_list_once (call->arena, &in->body->asset_ids);
    g_autoptr (GError) error = NULL;
    gint64 n_added = 0;

    if (albums.n > 0 && assets.n > MAX_PAIRS / albums.n)
        return api_refuse_field (call, "assetIds", "At most %d pairs of album and asset at once",
                                 MAX_PAIRS);
    if (!access_filter_albums (call, &albums, "albumAsset.create", &albums, &error) ||
        !access_filter_assets (call, &assets, "asset.share", &assets, &error) ||
        (albums.n > 0 && assets.n > 0 &&
         !albums_add_to_all (call, &albums, &assets, &n_added, &error)))
        return api_fail (call, g_steal_pointer (&error));
    *out = (AlbumsAddAssetsResponse){
        .success = n_added > 0,
        .has_error = n_added == 0,
        .error = albums.n > 0 && assets.n > 0 ? BULK_ID_ERROR_REASON_DUPLICATE
                                              : BULK_ID_ERROR_REASON_NO_PERMISSION,
    };
    return API_OK;
}

static ApiStatus
get_album_statistics (ApiCall *call, const GetAlbumStatisticsRequest *in,
                      AlbumStatisticsResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!albums_store_count (call->db, call->arena, call->auth->user_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
get_album_info (ApiCall *call, const GetAlbumInfoRequest *in, AlbumResponse *out)
{
    g_autoptr (GError) error = NULL;
    ApiStatus status;

    if (!access_check_album (call, in->id, "album.read", &error))
        return api_fail (call, g_steal_pointer (&error));
    if (call->auth->kind != CREDENTIAL_LINK)
        return answer (call, in->id, TRUE, out);
    status = answer (call, in->id, FALSE, out);
    out->album_users.n = 0; /* who its members are is not told by a link */
    return status;
}

static ApiStatus
update_album_info (ApiCall *call, const UpdateAlbumInfoRequest *in, AlbumResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_album (call, in->id, "album.update", &error) ||
        !album_update (call, in->id, in->body, &error))
        return api_fail (call, g_steal_pointer (&error));
    return answer (call, in->id, FALSE, out);
}

static gboolean
run_delete (Db *tx, gpointer data, GError **error)
{
    return albums_store_delete (tx, data, error);
}

static ApiStatus
delete_album (ApiCall *call, const DeleteAlbumRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_album (call, in->id, "album.delete", &error) ||
        !db_write (call->db, run_delete, (gpointer) in->id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* Clients know 'Album not found' from the operations on assets and members. */
static gboolean
check_album (ApiCall *call, const char *id, const char *permission, GError **error)
{
    gboolean exists;

    if (!albums_store_exists (call->db, call->arena, id, &exists, error))
        return FALSE;
    if (!exists) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Album not found");
        return FALSE;
    }
    return access_check_album (call, id, permission, error);
}

static ApiStatus
add_assets_to_album (ApiCall *call, const AddAssetsToAlbumRequest *in, BulkIdResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!check_album (call, in->id, "albumAsset.create", &error) ||
        !album_add_each (call, in->id, &in->body->ids, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
remove_asset_from_album (ApiCall *call, const RemoveAssetFromAlbumRequest *in,
                         BulkIdResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_album (call, in->id, "albumAsset.delete", &error) ||
        !album_remove_assets (call, in->id, &in->body->ids, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
get_album_map_markers (ApiCall *call, const GetAlbumMapMarkersRequest *in,
                       MapMarkerResponseList *out)
{
    g_autoptr (GError) error = NULL;

    *out = (MapMarkerResponseList){ NULL, 0 };
    if (!access_check_album (call, in->id, "album.read", &error))
        return api_fail (call, g_steal_pointer (&error));
    if (call->auth->kind == CREDENTIAL_LINK && !call->auth->link_shows_metadata)
        return API_OK;
    if (!albums_store_find_markers (call->db, call->arena, in->id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* ---- members ---- */

/* @return NULL when it was refused */
static const char *
read_user_id (ApiCall *call, const char *text)
{
    if (strcmp (text, "me") == 0)
        return call->auth->user_id;
    if (!uuid_is_v4 (text)) {
        api_refuse_field (call, "userId", "Must be a UUID v4 or \"me\"");
        return NULL;
    }
    return arena_own (call->arena, g_ascii_strdown (text, -1), g_free);
}

static ApiStatus
add_users_to_album (ApiCall *call, const AddUsersToAlbumRequest *in, AlbumResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_album (call, in->id, "album.share", &error) ||
        !album_add_members (call, in->id, &in->body->album_users, &error))
        return api_fail (call, g_steal_pointer (&error));
    return answer (call, in->id, FALSE, out);
}

static ApiStatus
update_album_user (ApiCall *call, const UpdateAlbumUserRequest *in)
{
    const char *user_id = read_user_id (call, in->user_id);
    g_autoptr (GError) error = NULL;

    if (user_id == NULL)
        return API_FAILED;
    if (!access_check_album (call, in->id, "album.share", &error) ||
        !album_change_member (call, in->id, user_id, in->body->role, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
remove_user_from_album (ApiCall *call, const RemoveUserFromAlbumRequest *in)
{
    const char *user_id = read_user_id (call, in->user_id);
    g_autoptr (GError) error = NULL;

    if (user_id == NULL)
        return API_FAILED;
    if (!album_remove_member (call, in->id, user_id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const AlbumsHandlers albums_handlers = {
    .get_all_albums = get_all_albums,
    .create_album = create_album,
    .add_assets_to_albums = add_assets_to_albums,
    .get_album_statistics = get_album_statistics,
    .get_album_info = get_album_info,
    .update_album_info = update_album_info,
    .delete_album = delete_album,
    .add_assets_to_album = add_assets_to_album,
    .remove_asset_from_album = remove_asset_from_album,
    .get_album_map_markers = get_album_map_markers,
    .update_album_user = update_album_user,
    .remove_user_from_album = remove_user_from_album,
    .add_users_to_album = add_users_to_album,
};

void
albums_start (App *app, Api *api)
{
    api_serve_albums (api, &albums_handlers);
}
