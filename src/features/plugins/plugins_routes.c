/* plugins_routes.c -- the handlers of plugins.api: what the built-in plugin has */
#define G_LOG_DOMAIN "plugins"
#include <string.h>

#include "features/plugins/plugins_private.h"

#define PLUGIN_ID "6f9f2a4e-5c1d-4b7e-9a53-2d8c1e70b4f1" /* the same on every server */
#define PLUGIN_TITLE "Built in"
#define PLUGIN_DESCRIPTION "What this server can do by itself."
#define PLUGIN_AUTHOR "Tintype"
/* It is part of the program: when its methods last became others. 2026-11-28 */
#define PLUGIN_CHANGED_MS G_GINT64_CONSTANT (1795824000000)

static WorkflowType asset_types[] = { WORKFLOW_TYPE_ASSET_V1 };
static const char *filter_hints[] = { "Filter" };

static void
describe_method (const PluginMethod *method, Arena *arena, PluginMethodResponse *out)
{
    *out = (PluginMethodResponse){
        .key = arena_printf (arena, PLUGIN_NAME "#%s", method->name),
        .name = method->name,
        .title = method->title,
        .description = method->description,
        .types = { (int *) asset_types, G_N_ELEMENTS (asset_types) },
        .host_functions = method->matches == NULL,
        .schema = plugin_schema (method, arena),
        .ui_hints = { filter_hints, method->matches != NULL ? 1 : 0 },
    };
}

static void
describe_plugin (const App *app, Arena *arena, PluginResponse *out)
{
    *out = (PluginResponse){
        .id = PLUGIN_ID,
        .name = PLUGIN_NAME,
        .title = PLUGIN_TITLE,
        .description = PLUGIN_DESCRIPTION,
        .author = PLUGIN_AUTHOR,
        .version = app->version,
        .created_at = PLUGIN_CHANGED_MS,
        .updated_at = PLUGIN_CHANGED_MS,
        .methods = { arena_new_array (arena, PluginMethodResponse, plugin_n_methods),
                     plugin_n_methods },
    };
    for (gsize i = 0; i < plugin_n_methods; i++)
        describe_method (plugin_methods[i], arena, &out->methods.items[i]);
}

/* ---- what is asked for ---- */

/* A name or a version is given whole, words are looked for. */
static gboolean
is_equal (const char *wanted, const char *found)
{
    return wanted == NULL || strcmp (wanted, found) == 0;
}

static gboolean
is_in (const char *wanted, const char *found)
{
    g_autofree char *words = plugin_fold (wanted != NULL ? wanted : "", FALSE);
    g_autofree char *text = plugin_fold (found, FALSE);

    return strstr (text, words) != NULL;
}

static gboolean
is_the_plugin (const App *app, const char *id, const char *name, const char *version,
               gboolean has_enabled, gboolean enabled)
{
    return is_equal (id, PLUGIN_ID) && is_equal (name, PLUGIN_NAME) &&
           is_equal (version, app->version) && (!has_enabled || enabled);
}

static ApiStatus
search_plugins (ApiCall *call, const SearchPluginsRequest *in, PluginResponseList *out)
{
    if (!is_the_plugin (call->app, in->id, in->name, in->version, in->has_enabled, in->enabled) ||
        !is_in (in->title, PLUGIN_TITLE) || !is_in (in->description, PLUGIN_DESCRIPTION))
        return API_OK;
    out->items = arena_new0 (call->arena, PluginResponse);
    out->n = 1;
    describe_plugin (call->app, call->arena, &out->items[0]);
    return API_OK;
}

/* Every trigger brings an asset, and every method takes one: trigger and type leave none out. */
static ApiStatus
search_plugin_methods (ApiCall *call, const SearchPluginMethodsRequest *in,
                       PluginMethodResponseList *out)
{
    if (!is_the_plugin (call->app, in->id, in->plugin_name, in->plugin_version, in->has_enabled,
                        in->enabled))
        return API_OK;
    out->items = arena_new_array (call->arena, PluginMethodResponse, plugin_n_methods);
    for (gsize i = 0; i < plugin_n_methods; i++)
        if (is_equal (in->name, plugin_methods[i]->name) &&
            is_in (in->title, plugin_methods[i]->title) &&
            is_in (in->description, plugin_methods[i]->description))
            describe_method (plugin_methods[i], call->arena, &out->items[out->n++]);
    return API_OK;
}

static void
describe_template (const PluginTemplate *template, Arena *arena, PluginTemplateResponse *out)
{
    const PluginTemplateStep *step;
    gsize n = 0;

    while (template->steps[n].method != NULL)
        n++;
    *out = (PluginTemplateResponse){
        .key = template->key,
        .title = template->title,
        .description = template->description,
        .trigger = template->trigger,
        .steps = { arena_new_array (arena, PluginTemplateStepResponse, n), n },
    };
    for (gsize i = 0; i < n; i++) {
        step = &template->steps[i];
        out->steps.items[i] = (PluginTemplateStepResponse){
            .method = arena_printf (arena, PLUGIN_NAME "#%s", step->method->name),
            .config = step->config,
            .has_enabled = TRUE,
            .enabled = TRUE,
        };
    }
}

static ApiStatus
search_plugin_templates (ApiCall *call, const SearchPluginTemplatesRequest *in,
                         PluginTemplateResponseList *out)
{
    out->items = arena_new_array (call->arena, PluginTemplateResponse, plugin_n_templates);
    out->n = plugin_n_templates;
    for (gsize i = 0; i < plugin_n_templates; i++)
        describe_template (&plugin_templates[i], call->arena, &out->items[i]);
    return API_OK;
}

static ApiStatus
get_plugin (ApiCall *call, const GetPluginRequest *in, PluginResponse *out)
{
    if (!is_equal (in->id, PLUGIN_ID))
        return api_refuse (call, APP_ERROR_INVALID, "Plugin not found");
    describe_plugin (call->app, call->arena, out);
    return API_OK;
}

static const PluginsHandlers plugins_handlers = {
    .search_plugins = search_plugins,
    .search_plugin_methods = search_plugin_methods,
    .search_plugin_templates = search_plugin_templates,
    .get_plugin = get_plugin,
};

void
plugins_start (App *app, Api *api)
{
    api_serve_plugins (api, &plugins_handlers);
}
