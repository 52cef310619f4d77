/* method_favorite.c -- make the asset a favourite */
#define G_LOG_DOMAIN "plugins"
#include "features/plugins/plugins_private.h"

static gboolean
apply (PluginRun *run, Db *tx, const void *config, GError **error)
{
    AssetTakeOver change = { .is_favorite = TRUE };
    AssetRow now;

    if (!asset_find (tx, run->arena, run->asset.id, &now, error))
        return FALSE;
    if (now.is_favorite)
        return TRUE;
    run->is_changed = TRUE;
    return asset_take_over (run->app, tx, run->arena, now.id, &change, error);
}

const PluginMethod asset_favorite_method = {
    .name = "assetFavorite",
    .title = "Make a favourite",
    .description = "Makes it one of your favourites.",
    .apply = apply,
};
