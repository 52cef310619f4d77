/* method_tag_filter.c -- go on with what has certain tags, or tags below them */
#define G_LOG_DOMAIN "plugins"
#include <string.h>

#include "features/plugins/plugins_private.h"
#include "features/tags/tags.h"

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const AssetTagFilterConfig *config = data;

    for (gsize i = 0; i < config->tags.n; i++)
        if (tag_value_clean (arena, config->tags.items[i]) == NULL)
            return plugin_refuse (error, "tags", TAG_TOO_LONG);
    return TRUE;
}

static gboolean
has (const StringList *values, const char *value)
{
    for (gsize i = 0; i < values->n; i++)
        if (strcmp (values->items[i], value) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
matches (PluginRun *run, const void *data, gboolean *out, GError **error)
{
    const AssetTagFilterConfig *config = data;
    StringList values;
    gsize n = 0;

    if (!tags_find_values (run->app->db, run->arena, run->asset.id, &values, error))
        return FALSE;
    for (gsize i = 0; i < config->tags.n; i++)
        if (has (&values, tag_value_clean (run->arena, config->tags.items[i])))
            n++;
    *out = config->match_all ? n == config->tags.n : n > 0;
    return TRUE;
}

static const PluginField fields[] = {
    { .property = "tags",
      .title = "Tags",
      .description = "Whole paths, as trips/paris; what is tagged with one below counts, too",
      .hint = "TagValue" },
    { .property = "matchAll", .title = "All of them" },
    { 0 },
};

const PluginMethod asset_tag_filter_method = {
    .name = "assetTagFilter",
    .title = "Filter by tag",
    .description = "Goes on with what has certain tags.",
    .config = &asset_tag_filter_config_type,
    .fields = fields,
    .check = check,
    .matches = matches,
};
