/* api_keys_store.c -- API keys in the database */
#define G_LOG_DOMAIN "api-keys"
#include "features/api-keys/api_keys_store.h"

#include "base/timestamp.h"

#define KEY_COLUMNS "id, name, created_at, updated_at, permissions"

/* $1 user */
static const char SQL_LIST[] = "SELECT " KEY_COLUMNS " FROM api_key WHERE user_id = $1"
                               " ORDER BY created_at DESC, id";
/* $1 id, $2 user */
static const char SQL_LOAD[] = "SELECT " KEY_COLUMNS " FROM api_key WHERE id = $1 AND user_id = $2";
/* $1 id, $2 user, $3 name, $4 permissions, $5 hash, $6 now */
static const char SQL_INSERT[] =
    "INSERT INTO api_key (id, user_id, name, permissions, secret_hash, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $6)";
/* $1 id, $2 user, $3 now, $4 name, $5 permissions */
static const char SQL_UPDATE[] = "UPDATE api_key SET updated_at = $3, name = COALESCE($4, name),"
                                 "                   permissions = COALESCE($5, permissions)"
                                 " WHERE id = $1 AND user_id = $2";
/* $1 id, $2 user, $3 now, $4 hash */
static const char SQL_SET_HASH[] =
    "UPDATE api_key SET updated_at = $3, secret_hash = $4 WHERE id = $1 AND user_id = $2";
static const char SQL_DELETE[] = "DELETE FROM api_key WHERE id = $1 AND user_id = $2";

gboolean
api_keys_store_list (Db *db, Arena *arena, const char *user_id, List *out, GError **error)
{
    return db_select (db, arena, &api_key_row_type, out, SQL_LIST, DB_ARGS (db_text (user_id)),
                      error);
}

gboolean
api_keys_store_load (Db *db, Arena *arena, const char *id, const char *user_id, ApiKeyRow *out,
                     GError **error)
{
    return db_select_one (db, arena, &api_key_row_type, out, SQL_LOAD,
                          DB_ARGS (db_text (id), db_text (user_id)), error);
}

gboolean
api_keys_store_insert (Db *db, const char *id, const char *user_id, const char *name,
                       const char *permissions_json, const guint8 hash[AUTH_HASH_BYTES],
                       GError **error)
{
    return db_exec (db, SQL_INSERT,
                    DB_ARGS (db_text (id), db_text (user_id), db_text (name),
                             db_text (permissions_json), db_blob (hash, AUTH_HASH_BYTES),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
api_keys_store_update (Db *db, const char *id, const char *user_id, const char *name,
                       const char *permissions_json, GError **error)
{
    return db_exec (db, SQL_UPDATE,
                    DB_ARGS (db_text (id), db_text (user_id), db_int (timestamp_now_ms ()),
                             db_text (name), db_text (permissions_json)),
                    NULL, error);
}

gboolean
api_keys_store_set_hash (Db *db, const char *id, const char *user_id,
                         const guint8 hash[AUTH_HASH_BYTES], GError **error)
{
    return db_exec (db, SQL_SET_HASH,
                    DB_ARGS (db_text (id), db_text (user_id), db_int (timestamp_now_ms ()),
                             db_blob (hash, AUTH_HASH_BYTES)),
                    NULL, error);
}

gboolean
api_keys_store_delete (Db *db, const char *id, const char *user_id, gboolean *out_found,
                       GError **error)
{
    gint64 changed = 0;

    if (!db_exec (db, SQL_DELETE, DB_ARGS (db_text (id), db_text (user_id)), &changed, error))
        return FALSE;
    *out_found = changed > 0;
    return TRUE;
}
