#include "features/config/config_store.h"

static const char SQL_LOAD[] = "SELECT value FROM system_metadata WHERE key = 'system-config'";

/* $1 JSON */
static const char SQL_SAVE[] =
    "INSERT INTO system_metadata (key, value) VALUES ('system-config', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

gboolean
config_store_load (Db *db, Arena *arena, const char **out, GError **error)
{
    if (!db_select_text (db, arena, SQL_LOAD, DB_NO_ARGS, out, error))
        return FALSE;
    if (*out == NULL)
        *out = "{}";
    return TRUE;
}

gboolean
config_store_save (Db *db, const char *json, GError **error)
{
    return db_exec (db, SQL_SAVE, DB_ARGS (db_text (json)), NULL, error);
}
