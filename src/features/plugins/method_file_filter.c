/* method_file_filter.c -- go on with files of certain names */
#define G_LOG_DOMAIN "plugins"
#include <string.h>

#include "features/plugins/plugins_private.h"

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const AssetFileFilterConfig *config = data;
    gboolean matches;

    return config->match_type != FILE_MATCH_TYPE_REGEX ||
           plugin_regex_matches (config->pattern, config->case_sensitive, "", &matches, error);
}

static gboolean
matches (PluginRun *run, const void *data, gboolean *out, GError **error)
{
    const AssetFileFilterConfig *config = data;
    const char *text = config->use_path ? run->asset.original_path : run->asset.original_file_name;
    g_autofree char *name = plugin_fold (text, config->case_sensitive);
    g_autofree char *pattern = plugin_fold (config->pattern, config->case_sensitive);

    switch ((FileMatchType) config->match_type) {
    case FILE_MATCH_TYPE_EXACT:
        *out = strcmp (name, pattern) == 0;
        return TRUE;
    case FILE_MATCH_TYPE_STARTS_WITH:
        *out = g_str_has_prefix (name, pattern);
        return TRUE;
    case FILE_MATCH_TYPE_ENDS_WITH:
        *out = g_str_has_suffix (name, pattern);
        return TRUE;
    case FILE_MATCH_TYPE_REGEX:
        return plugin_regex_matches (config->pattern, config->case_sensitive, text, out, error);
    default:
        *out = strstr (name, pattern) != NULL;
        return TRUE;
    }
}

static const PluginField fields[] = {
    { .property = "pattern", .title = "Text", .description = "What the name is compared with" },
    { .property = "matchType", .title = "How it is compared" },
    { .property = "caseSensitive", .title = "Capital letters matter" },
    { .property = "usePath",
      .title = "Compare the whole path",
      .description = "The path that the server has, which says something for files of an external "
                     "library" },
    { 0 },
};

const PluginMethod asset_file_filter_method = {
    .name = "assetFileFilter",
    .title = "Filter by file name",
    .description = "Goes on with files whose name or path fits.",
    .config = &asset_file_filter_config_type,
    .fields = fields,
    .check = check,
    .matches = matches,
};
