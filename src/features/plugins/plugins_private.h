/* plugins_private.h -- what a method is, between the files of the feature */
#pragma once
#include "features/plugins/plugins.h"

#define PLUGIN_NAME "immich-plugin-core"
#define PLUGIN_MAX_CONFIG_BYTES 16384

/** How a property of a config is shown in a form. Properties of inner objects stand in the same list. */
typedef struct {
    const char *property;
    const char *title, *description; /* description NULL: the title says it */
    const char *hint;    /* what a form may offer: AlbumId, TagValue; NULL: nothing special */
    gboolean is_private; /* left out when the workflow is shared */
} PluginField;

/** One method; of matches, apply and send it has one. @config is a struct of the type config, or NULL when
 *  it takes none. */
struct _PluginMethod {
    const char *name, *title, *description;
    const TypeDescriptor *config; /* NULL: it takes none */
    const PluginField *fields;    /* ended by one without a property */

    /** What the type cannot say; when it is saved. APP_ERROR_INVALID that names the field. */
    gboolean (*check) (const App *app, Arena *arena, const char *user_id, const void *config,
                       GError **error);
    /** A filter. Outside of a write. */
    gboolean (*matches) (PluginRun *run, const void *config, gboolean *out, GError **error);
    /** An action, inside a write of its own. It may be done again. */
    gboolean (*apply) (PluginRun *run, Db *tx, const void *config, GError **error);
    /** Reach out. Outside of a write. APP_ERROR_UNAVAILABLE: it may work later. */
    gboolean (*send) (PluginRun *run, const void *config, GError **error);
};

/* One file each. */
extern const PluginMethod asset_file_filter_method;
extern const PluginMethod asset_date_filter_method;
extern const PluginMethod asset_type_filter_method;
extern const PluginMethod asset_tag_filter_method;
extern const PluginMethod asset_location_filter_method;
extern const PluginMethod asset_camera_filter_method;
extern const PluginMethod asset_add_to_albums_method;
extern const PluginMethod asset_archive_method;
extern const PluginMethod asset_favorite_method;
extern const PluginMethod asset_add_tags_method;
extern const PluginMethod asset_remove_tags_method;
extern const PluginMethod webhook_method;

/** All of them, in the order in which they are listed. */
extern const PluginMethod *const plugin_methods[];
extern const gsize plugin_n_methods;

typedef struct {
    const PluginMethod *method; /* NULL: the end */
    const char *config;         /* JSON; what is missing is the user's to fill in */
} PluginTemplateStep;

typedef struct {
    const char *key, *title, *description;
    WorkflowTrigger trigger;
    const PluginTemplateStep *steps;
} PluginTemplate;

extern const PluginTemplate plugin_templates[];
extern const gsize plugin_n_templates;

/* ---- configs (plugin_config.c) ---- */

/** Read a config into a struct of its type; a member that the type does not have is refused.
 *  @out NULL when the method takes no config */
gboolean plugin_read_config (const PluginMethod *method, Arena *arena, const char *config_json,
                             const void **out, GError **error);
/** The JSON schema of a method's config; NULL when it takes none. */
const char *plugin_schema (const PluginMethod *method, Arena *arena);
/** APP_ERROR_INVALID 'FIELD: sentence'. @return FALSE */
gboolean plugin_refuse (GError **error, const char *field, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* ---- shared by filters ---- */

typedef struct {
    const char *wanted; /* NULL: anything */
    const char *found;  /* NULL: not known, which fits no wish */
} PluginWish;

/** Whether each is what is wanted, but for case and the way accents are written. */
gboolean plugin_wishes_fit (const PluginWish *wishes, gsize n);
/** For comparing: composed, and folded unless @case_sensitive. (transfer full) */
char *plugin_fold (const char *text, gboolean case_sensitive);
/** Whether an expression fits. It is a user's own, so it may take only so many steps.
 *  @return FALSE with APP_ERROR_INVALID when it is none, or takes too many */
gboolean plugin_regex_matches (const char *pattern, gboolean case_sensitive, const char *text,
                               gboolean *out, GError **error);

/* ---- for tests ---- */

/** Whether webhooks may go to the host of this URL although its address is of a private network.
 *  @hosts  TINTYPE_WEBHOOK_HOSTS; NULL: none */
gboolean webhook_host_is_listed (const char *hosts, const char *url);
