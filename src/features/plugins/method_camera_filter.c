/* method_camera_filter.c -- go on with what a camera took; known once metadata was read */
#define G_LOG_DOMAIN "plugins"
#include "features/plugins/plugins_private.h"

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const AssetCameraFilterConfig *config = data;

    if (config->make == NULL && config->model == NULL && config->lens_model == NULL)
        return plugin_refuse (error, "make", "a make, a model or a lens is missing");
    return TRUE;
}

static gboolean
matches (PluginRun *run, const void *data, gboolean *out, GError **error)
{
    const AssetCameraFilterConfig *config = data;
    const PluginWish wishes[] = {
        { config->make, run->asset.make },
        { config->model, run->asset.model },
        { config->lens_model, run->asset.lens_model },
    };

    *out = plugin_wishes_fit (wishes, G_N_ELEMENTS (wishes));
    return TRUE;
}

static const PluginField fields[] = {
    { .property = "make", .title = "Make" },
    { .property = "model", .title = "Model" },
    { .property = "lensModel", .title = "Lens" },
    { 0 },
};

const PluginMethod asset_camera_filter_method = {
    .name = "assetCameraFilter",
    .title = "Filter by camera",
    .description = "Goes on with what a camera or a lens took.",
    .config = &asset_camera_filter_config_type,
    .fields = fields,
    .check = check,
    .matches = matches,
};
