/* method_location_filter.c -- go on with what was taken in certain places; known once metadata was read */
#define G_LOG_DOMAIN "plugins"
#include "features/plugins/plugins_private.h"

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const AssetLocationFilterConfig *config = data;

    if (config->country == NULL && config->state == NULL && config->city == NULL)
        return plugin_refuse (error, "country", "a country, a state or a city is missing");
    return TRUE;
}

static gboolean
matches (PluginRun *run, const void *data, gboolean *out, GError **error)
{
    const AssetLocationFilterConfig *config = data;
    const PluginWish wishes[] = {
        { config->country, run->asset.country },
        { config->state, run->asset.state },
        { config->city, run->asset.city },
    };

    *out = plugin_wishes_fit (wishes, G_N_ELEMENTS (wishes));
    return TRUE;
}

static const PluginField fields[] = {
    { .property = "country", .title = "Country" },
    { .property = "state", .title = "State" },
    { .property = "city", .title = "City" },
    { 0 },
};

const PluginMethod asset_location_filter_method = {
    .name = "assetLocationFilter",
    .title = "Filter by place",
    .description = "Goes on with what was taken in a country, state or city.",
    .config = &asset_location_filter_config_type,
    .fields = fields,
    .check = check,
    .matches = matches,
};
