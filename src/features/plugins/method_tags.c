/* method_tags.c -- put tags on the asset, or take them off */
#define G_LOG_DOMAIN "plugins"
#include "features/plugins/plugins_private.h"
#include "features/tags/tags.h"

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const AssetTagsConfig *config = data;

    for (gsize i = 0; i < config->tags.n; i++)
        if (tag_value_clean (arena, config->tags.items[i]) == NULL)
            return plugin_refuse (error, "tags", TAG_TOO_LONG);
    return TRUE;
}

static gboolean
apply_add (PluginRun *run, Db *tx, const void *data, GError **error)
{
    const AssetTagsConfig *config = data;
    StringList ids = { &run->asset.id, 1 }, tag_ids, changed;

    if (!tags_make_paths (tx, run->arena, run->user_id, &config->tags, &tag_ids, error) ||
        !tags_add_to_assets (tx, run->arena, &tag_ids, &ids, &run->cause, &changed, NULL, error))
        return FALSE;
    run->is_changed |= changed.n > 0;
    return TRUE;
}

static gboolean
apply_remove (PluginRun *run, Db *tx, const void *data, GError **error)
{
    const AssetTagsConfig *config = data;
    gboolean is_changed = FALSE;

    if (!tags_remove_paths (tx, run->arena, run->user_id, &config->tags, run->asset.id, &is_changed,
                            error))
        return FALSE;
    run->is_changed |= is_changed;
    return TRUE;
}

static const PluginField fields[] = {
    { .property = "tags",
      .title = "Tags",
      .description = "Whole paths, as trips/paris",
      .hint = "TagValue" },
    { 0 },
};

const PluginMethod asset_add_tags_method = {
    .name = "assetAddTags",
    .title = "Add tags",
    .description = "Tags it; tags that are missing are made.",
    .config = &asset_tags_config_type,
    .fields = fields,
    .check = check,
    .apply = apply_add,
};

const PluginMethod asset_remove_tags_method = {
    .name = "assetRemoveTags",
    .title = "Remove tags",
    .description = "Takes tags off it.",
    .config = &asset_tags_config_type,
    .fields = fields,
    .check = check,
    .apply = apply_remove,
};
