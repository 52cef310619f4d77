/* folders.c -- the handlers of folders.api and their SQL
 *
 * Only what is on the timeline, and only of the caller. A folder is named as the server sees it: its
 * absolute path. */
#define G_LOG_DOMAIN "folders"
#include "features/folders/folders.h"

#include <string.h>

#include "base/error.h"
#include "features/assets/assets.h"
#include "media/layout.h"

/* As the index asset_folder has it: the path without what is behind its last slash. */
#define FOLDER "rtrim(original_path, replace(original_path, '/', ''))"
#define SHOWN                                                                                      \
    "owner_id = $1 AND visibility = 'timeline' AND status = 'active' AND deleted_at IS NULL"

/* $1 owner */
static const char SQL_FOLDERS[] = "SELECT DISTINCT " FOLDER " AS folder FROM asset WHERE " SHOWN;
/* $1 owner, $2 folder with its slash */
static const char SQL_IN_FOLDER[] = "SELECT id FROM asset WHERE " SHOWN " AND " FOLDER " = $2"
                                    " ORDER BY original_path, id";

/* Without slashes at the end, unless it is the root. */
static const char *
trim (Arena *arena, const char *path)
{
    gsize n = strlen (path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    return arena_strndup (arena, path, n);
}

static ApiStatus
get_unique_original_paths (ApiCall *call, const GetUniqueOriginalPathsRequest *in, StringList *out)
{
    g_autoptr (GError) error = NULL;

    if (!db_select_texts (call->db, call->arena, SQL_FOLDERS,
                          DB_ARGS (db_text (call->auth->user_id)), out, &error))
        return api_fail (call, g_steal_pointer (&error));
    for (gsize i = 0; i < out->n; i++)
        out->items[i] = trim (
            call->arena, layout_absolute (call->arena, call->app->media_location, out->items[i]));
    string_list_sort (out);
    return API_OK;
}

/* The folder as it is stored: relative inside the media folder, with a slash at its end. */
static const char *
stored_folder (ApiCall *call, const char *path)
{
    const char *media = call->app->media_location;
    gsize n = strlen (media);
    const char *trimmed = trim (call->arena, path);

    if (strncmp (trimmed, media, n) == 0 && trimmed[n] == '/')
        trimmed += n + 1;
    return g_str_has_suffix (trimmed, "/") ? trimmed : arena_printf (call->arena, "%s/", trimmed);
}

static ApiStatus
get_assets_by_original_path (ApiCall *call, const GetAssetsByOriginalPathRequest *in,
                             AssetResponseList *out)
{
    g_autoptr (GError) error = NULL;
    StringList ids;

    if (!db_select_texts (
            call->db, call->arena, SQL_IN_FOLDER,
            DB_ARGS (db_text (call->auth->user_id), db_text (stored_folder (call, in->path))), &ids,
            &error) ||
        !assets_describe (call->app, call->db, call->arena, &ids,
                          ASSET_WITH_EXIF | ASSET_WITH_PEOPLE, call->auth->user_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const FoldersHandlers folders_handlers = {
    .get_assets_by_original_path = get_assets_by_original_path,
    .get_unique_original_paths = get_unique_original_paths,
};

void
folders_start (App *app, Api *api)
{
    api_serve_folders (api, &folders_handlers);
}
