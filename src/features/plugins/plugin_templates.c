/* plugin_templates.c -- workflows to begin with
 *
 * What a template cannot know (which album, which address) is left out of its configs, for the user to
 * fill in before it is saved. */
#include "features/plugins/plugins_private.h"

static const PluginTemplateStep screenshots[] = {
    { &asset_file_filter_method, "{\"pattern\":\"screenshot\",\"matchType\":\"contains\"}" },
    { &asset_archive_method, NULL },
    { NULL, NULL },
};

static const PluginTemplateStep tagged[] = {
    { &asset_tag_filter_method, "{}" },
    { &asset_add_to_albums_method, "{}" },
    { NULL, NULL },
};

static const PluginTemplateStep every_year[] = {
    { &asset_date_filter_method,
      "{\"startDate\":{\"month\":12,\"day\":24},\"endDate\":{\"month\":12,\"day\":26},"
      "\"recurring\":true}" },
    { &asset_add_to_albums_method, "{}" },
    { NULL, NULL },
};

static const PluginTemplateStep place[] = {
    { &asset_location_filter_method, "{}" },
    { &asset_add_to_albums_method, "{}" },
    { NULL, NULL },
};

static const PluginTemplateStep camera[] = {
    { &asset_camera_filter_method, "{}" },
    { &asset_add_tags_method, "{}" },
    { NULL, NULL },
};

static const PluginTemplateStep webhook[] = {
    { &webhook_method, "{\"method\":\"POST\"}" },
    { NULL, NULL },
};

const PluginTemplate plugin_templates[] = {
    { "archive-screenshots", "Archive screenshots",
      "Keeps screenshots off the timeline, by their name.", WORKFLOW_TRIGGER_ASSET_CREATE,
      screenshots },
    { "tag-to-album", "Albums by tag", "Puts what gets a tag into an album.",
      WORKFLOW_TRIGGER_ASSET_TAGGED, tagged },
    { "every-year", "A feast every year",
      "Collects what is taken in the same days of every year in an album.",
      WORKFLOW_TRIGGER_ASSET_METADATA_EXTRACTION, every_year },
    { "place-to-album", "Albums by place", "Collects what is taken in a place in an album.",
      WORKFLOW_TRIGGER_ASSET_METADATA_EXTRACTION, place },
    { "tag-camera", "Tag a camera", "Tags what a camera takes.",
      WORKFLOW_TRIGGER_ASSET_METADATA_EXTRACTION, camera },
    { "webhook", "Tell another program", "Calls a webhook for each new photo or video.",
      WORKFLOW_TRIGGER_ASSET_METADATA_EXTRACTION, webhook },
};
const gsize plugin_n_templates = G_N_ELEMENTS (plugin_templates);
