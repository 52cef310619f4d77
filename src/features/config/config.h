/* config.h -- the system config: what the admin sets for the whole server
 *
 * Stored as a difference from the defaults, or read from IMMICH_CONFIG_FILE. Readers take a snapshot
 * that never changes; after a save new requests see the new one. */
#pragma once
#include "features/app.h"
#include "features/config_api.h"

typedef struct _Config Config;

/** Load the config and hang the operations in. @return FALSE with APP_ERROR_CONFIG when the config file
 *  is unusable */
gboolean config_start (App *app, Api *api, GError **error);

void config_stop (App *app); /* the snapshots go */

/** The config as it is now; valid until the server stops. Any thread; a load of a pointer. */
const AdminConfig *config_get (const App *app);

/** TRUE when IMMICH_CONFIG_FILE holds it, so that it cannot be changed over the API. */
gboolean config_is_file (const App *app);

/** Set a flag ("oauth", "enabled") where no server is: running ones see it within seconds. */
gboolean config_set_stored (Db *db, Arena *arena, const char *section, const char *name,
                            gboolean value, GError **error);

/** Have @check asked before a config is saved over the API; it may block. FALSE with the client's text
 *  refuses it. Before the server answers. */
typedef gboolean (*ConfigCheck) (const AdminConfig *before, const AdminConfig *after,
                                 GError **error);
void config_on_save (App *app, ConfigCheck check);

/** Have @changed called after each change (a save here, or one seen from another server), and once at
 *  once. On any thread. */
void config_on_change (App *app, void (*changed) (App *app, const AdminConfig *config));
