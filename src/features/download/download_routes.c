/* download_routes.c -- the handlers of download.api */
#define G_LOG_DOMAIN "download"
#include "features/download/download_private.h"

#include "features/preferences/preferences.h"

#define DEFAULT_ARCHIVE_BYTES (G_GINT64_CONSTANT (4) * 1024 * 1024 * 1024)

static ApiStatus
download_archive (ApiCall *call, const DownloadArchiveRequest *in)
{
    const DownloadArchive *body = in->body;
    g_autoptr (GError) error = NULL;
    DownloadEdits edits = call->auth->kind == CREDENTIAL_LINK ? DOWNLOAD_NOTHING_CUT
                          : body->has_edited && body->edited  ? DOWNLOAD_EDITED
                                                              : DOWNLOAD_ORIGINALS;
    HttpResponse *response;

    if (!access_check_assets (call, &body->asset_ids, "asset.download", &error))
        return api_fail (call, g_steal_pointer (&error));
    response = download_zip_new (call, &body->asset_ids, edits);
    if (body->archive_name != NULL && *body->archive_name != '\0')
        http_response_set_header (
            response, "Content-Disposition",
            arena_printf (call->arena, "attachment; filename*=UTF-8''%s.zip",
                          download_name_encode (
                              call->arena, download_name_clean (call->arena, body->archive_name))));
    return api_respond (call, response);
}

/* Whose motion parts were taken out of photos only gets them when wanted: they are in there. */
static gboolean
wants_embedded (ApiCall *call, gboolean *out, GError **error)
{
    UserPreferencesResponse preferences;

    *out = FALSE;
    if (call->auth->kind == CREDENTIAL_LINK)
        return TRUE;
    if (!preferences_load (call->db, call->arena, call->auth->user_id, &preferences, error))
        return FALSE;
    *out = preferences.download->include_embedded_videos;
    return TRUE;
}

static ApiStatus
get_download_info (ApiCall *call, const GetDownloadInfoRequest *in, DownloadResponse *out)
{
    const DownloadInfo *body = in->body;
    const Auth *auth = call->auth;
    g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (DownloadItemRow));
    g_autoptr (GError) error = NULL;
    gboolean with_embedded;

    if (!wants_embedded (call, &with_embedded, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (body->has_asset_ids) {
        if (!access_check_assets (call, &body->asset_ids, "asset.download", &error) ||
            !download_find (call->db, call->arena, &body->asset_ids, with_embedded, items, &error))
            return api_fail (call, g_steal_pointer (&error));
    } else if (body->album_id != NULL) {
        if (!access_check_album (call, body->album_id, "album.download", &error) ||
            !download_find_album (call->db, call->arena, body->album_id, with_embedded, items,
                                  &error))
            return api_fail (call, g_steal_pointer (&error));
    } else if (body->user_id != NULL) {
        if (auth->kind == CREDENTIAL_LINK || g_strcmp0 (body->user_id, auth->user_id) != 0)
            return api_refuse_access (call, "timeline.download");
        if (!download_find_all (call->db, call->arena, body->user_id, auth->is_elevated,
                                with_embedded, items, &error))
            return api_fail (call, g_steal_pointer (&error));
    } else {
        return api_refuse (call, APP_ERROR_INVALID, "assetIds, albumId, or userId is required");
    }
    download_split (call->arena, (const DownloadItemRow *) (gpointer) items->data, items->len,
                    body->has_archive_size ? body->archive_size : DEFAULT_ARCHIVE_BYTES, out);
    return API_OK;
}

static const DownloadHandlers download_handlers = {
    .download_archive = download_archive,
    .get_download_info = get_download_info,
};

void
download_start (App *app, Api *api)
{
    api_serve_download (api, &download_handlers);
}
