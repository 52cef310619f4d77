/* config_store.h -- the SQL of the config feature; only for this folder */
#pragma once
#include "features/config/config.h"

/** The stored difference as JSON; "{}" when nothing was ever saved. */
gboolean config_store_load (Db *db, Arena *arena, const char **out, GError **error);
gboolean config_store_save (Db *db, const char *json, GError **error);
