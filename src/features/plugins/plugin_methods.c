/* plugin_methods.c -- the table of methods, and doing what one of them does */
#define G_LOG_DOMAIN "plugins"
#include <string.h>

#include "base/error.h"
#include "features/plugins/plugins_private.h"

const PluginMethod *const plugin_methods[] = {
    &asset_file_filter_method,   &asset_date_filter_method,   &asset_type_filter_method,
    &asset_tag_filter_method,    &asset_camera_filter_method, &asset_location_filter_method,
    &asset_add_to_albums_method, &asset_archive_method,       &asset_favorite_method,
    &asset_add_tags_method,      &asset_remove_tags_method,   &webhook_method,
};
const gsize plugin_n_methods = G_N_ELEMENTS (plugin_methods);

const PluginMethod *
plugin_find_method (const char *key)
{
    if (!g_str_has_prefix (key, PLUGIN_NAME "#"))
        return NULL;
    for (gsize i = 0; i < plugin_n_methods; i++)
        if (strcmp (plugin_methods[i]->name, key + strlen (PLUGIN_NAME "#")) == 0)
            return plugin_methods[i];
    return NULL;
}

gboolean
plugin_check_config (const PluginMethod *method, const App *app, Arena *arena, const char *user_id,
                     const char *config_json, GError **error)
{
    const void *config;

    return plugin_read_config (method, arena, config_json, &config, error) &&
           (method->check == NULL || method->check (app, arena, user_id, config, error));
}

gboolean
plugin_reaches_out (const PluginMethod *method)
{
    return method->send != NULL;
}

/* ---- doing ---- */

typedef struct {
    const PluginMethod *method;
    PluginRun *run;
    const void *config;
} Apply;

static gboolean
run_apply (Db *tx, gpointer data, GError **error)
{
    Apply *self = data;

    return self->method->apply (self->run, tx, self->config, error);
}

/* What the step names is not there or not the user's any more: that stays so. */
static PluginResult
result_of (const GError *why)
{
    return g_error_matches (why, APP_ERROR, APP_ERROR_INVALID) ||
                   g_error_matches (why, APP_ERROR, APP_ERROR_FORBIDDEN) ||
                   g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)
               ? PLUGIN_FAILED
               : PLUGIN_LATER;
}

PluginResult
plugin_run (const PluginMethod *method, PluginRun *run, const char *config_json, GError **error)
{
    Apply data = { .method = method, .run = run };
    gboolean ok, matches = TRUE;
    GError *why = NULL;
    PluginResult result;

    if (!plugin_read_config (method, run->arena, config_json, &data.config, error))
        return PLUGIN_FAILED;
    if (method->matches != NULL)
        ok = method->matches (run, data.config, &matches, &why);
    else if (method->apply != NULL)
        ok = db_write (run->app->db, run_apply, &data, &why);
    else
        ok = method->send (run, data.config, &why);
    if (ok)
        return matches ? PLUGIN_WENT_ON : PLUGIN_HALTED;
    result = result_of (why);
    g_propagate_error (error, why);
    return result;
}
