/* plugins.h -- what the steps of workflows can do
 *
 * There is one plugin, which is built in: immich-plugin-core. A step names a method of it by its key,
 * 'immich-plugin-core#assetArchive', and brings a config, JSON of the method's own type. */
#pragma once
#include "features/app.h"
#include "features/assets/assets.h"
#include "features/plugins_api.h"
#include "features/workflows/workflows.h"

typedef struct _PluginMethod PluginMethod;

void plugins_start (App *app, Api *api);

/** @return NULL: there is no such method */
const PluginMethod *plugin_find_method (const char *key);

/** Check a config before it is saved for a user: its form, and that what it names is the user's.
 *  @return FALSE with APP_ERROR_INVALID that names the field ("albumIds: ...") */
gboolean plugin_check_config (const PluginMethod *method, const App *app, Arena *arena,
                              const char *user_id, const char *config_json, GError **error);
/** A config without what is the owner's own business: secrets, addresses, ids. In the arena. */
const char *plugin_share_config (const PluginMethod *method, Arena *arena, const char *config_json);

/** One run of a workflow for one asset. */
typedef struct {
    App *app;
    Arena *arena;
    WorkflowCause cause; /* of what its steps do */
    const char *workflow_name;
    WorkflowTrigger trigger;
    const char *user_id; /* the owner of both */
    AssetRow asset;      /* as it was when the run began */
    gboolean is_changed; /* by a step: its owner's clients want to know */
} PluginRun;

typedef enum {
    PLUGIN_WENT_ON,
    PLUGIN_HALTED, /* a filter that does not match */
    PLUGIN_FAILED, /* no use in trying again */
    PLUGIN_LATER,  /* may work later */
} PluginResult;

/** Do one step; may block. What it changes is committed when it returns, and doing it again is harmless,
 *  unless plugin_reaches_out (). PLUGIN_FAILED and PLUGIN_LATER set @error. */
PluginResult plugin_run (const PluginMethod *method, PluginRun *run, const char *config_json,
                         GError **error);
/** Whether somebody else sees each time it is done: a call to another server. */
gboolean plugin_reaches_out (const PluginMethod *method);
