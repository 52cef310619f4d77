/* config_private.h -- between the rules and the handlers of this folder */
#pragma once
#include "features/config/config.h"

/** Check and store a whole config, tell everybody. FALSE with APP_ERROR_INVALID; *@out_path then names
 *  the field at fault, NULL for a rule about the whole. */
gboolean config_save (App *app, const char *document_json, const char **out_path, GError **error);
/** The defaults as JSON. */
const char *config_defaults (const App *app, Arena *arena);
void config_serve (Api *api);
