/* method_type_filter.c -- go on with photos, or with videos */
#define G_LOG_DOMAIN "plugins"
#include "features/plugins/plugins_private.h"

static gboolean
matches (PluginRun *run, const void *data, gboolean *out, GError **error)
{
    const AssetTypeFilterConfig *config = data;

    *out = FALSE;
    for (gsize i = 0; i < config->allowed_types.n; i++)
        if (config->allowed_types.items[i] == (int) run->asset.type)
            *out = TRUE;
    return TRUE;
}

static const PluginField fields[] = {
    { .property = "allowedTypes", .title = "Types" },
    { 0 },
};

const PluginMethod asset_type_filter_method = {
    .name = "assetTypeFilter",
    .title = "Filter by type",
    .description = "Goes on with photos, or with videos.",
    .config = &asset_type_filter_config_type,
    .fields = fields,
    .matches = matches,
};
