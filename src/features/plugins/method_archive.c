/* method_archive.c -- take the asset off the timeline */
#define G_LOG_DOMAIN "plugins"
#include "features/plugins/plugins_private.h"

static gboolean
apply (PluginRun *run, Db *tx, const void *config, GError **error)
{
    AssetTakeOver change = { .visibility = asset_visibility_enum.texts[ASSET_VISIBILITY_ARCHIVE] };
    AssetRow now;

    if (!asset_find (tx, run->arena, run->asset.id, &now, error))
        return FALSE;
    /* what is archived, or was hidden or locked meanwhile, stays as it is */
    if (now.visibility != ASSET_VISIBILITY_TIMELINE)
        return TRUE;
    run->is_changed = TRUE;
    return asset_take_over (run->app, tx, run->arena, now.id, &change, error);
}

const PluginMethod asset_archive_method = {
    .name = "assetArchive",
    .title = "Archive",
    .description = "Takes it off the timeline and into the archive.",
    .apply = apply,
};
