/* method_add_to_albums.c -- put the asset into albums that its owner may add to
 *
 * Whether the owner may is looked at when the step is saved, and again each time it runs: an album may be
 * deleted, or another user may have taken the owner out of it. */
#define G_LOG_DOMAIN "plugins"
#include "base/error.h"
#include "features/albums/albums.h"
#include "features/plugins/plugins_private.h"

static gboolean
check_albums (Db *db, Arena *arena, const char *user_id, const StringList *album_ids,
              GError **error)
{
    for (gsize i = 0; i < album_ids->n; i++) {
        gboolean may_add = FALSE;

        if (!album_may_add (db, arena, album_ids->items[i], user_id, &may_add, error))
            return FALSE;
        if (!may_add)
            return plugin_refuse (error, "albumIds",
                                  "album %s is not there, or you may not add to it",
                                  album_ids->items[i]);
    }
    return TRUE;
}

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const AssetAddToAlbumsConfig *config = data;

    return check_albums (app->db, arena, user_id, &config->album_ids, error);
}

static gboolean
apply (PluginRun *run, Db *tx, const void *data, GError **error)
{
    const AssetAddToAlbumsConfig *config = data;
    StringList ids = { &run->asset.id, 1 };

    if (!check_albums (tx, run->arena, run->user_id, &config->album_ids, error))
        return FALSE;
    for (gsize i = 0; i < config->album_ids.n; i++)
        if (!album_add_assets (run->app, tx, run->arena, config->album_ids.items[i], run->user_id,
                               &ids, NULL, error))
            return FALSE;
    return TRUE;
}

static const PluginField fields[] = {
    { .property = "albumIds", .title = "Albums", .hint = "AlbumId", .is_private = TRUE },
    { 0 },
};

const PluginMethod asset_add_to_albums_method = {
    .name = "assetAddToAlbums",
    .title = "Add to albums",
    .description = "Puts it into one or more albums that you may add to.",
    .config = &asset_add_to_albums_config_type,
    .fields = fields,
    .check = check,
    .apply = apply,
};
