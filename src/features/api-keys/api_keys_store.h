/* api_keys_store.h -- the SQL of API keys; only features/api-keys includes it */
#pragma once
#include "features/api_keys_api.h"
#include "features/auth/auth.h"

/** Newest first. */
gboolean api_keys_store_list (Db *db, Arena *arena, const char *user_id, List *out, GError **error);
/** FALSE with APP_ERROR_NOT_FOUND, also for another user's. */
gboolean api_keys_store_load (Db *db, Arena *arena, const char *id, const char *user_id,
                              ApiKeyRow *out, GError **error);
/** @param permissions_json  an array of texts */
gboolean api_keys_store_insert (Db *db, const char *id, const char *user_id, const char *name,
                                const char *permissions_json, const guint8 hash[AUTH_HASH_BYTES],
                                GError **error);
/** NULL leaves name or permissions as they are. */
gboolean api_keys_store_update (Db *db, const char *id, const char *user_id, const char *name,
                                const char *permissions_json, GError **error);
gboolean api_keys_store_set_hash (Db *db, const char *id, const char *user_id,
                                  const guint8 hash[AUTH_HASH_BYTES], GError **error);
gboolean api_keys_store_delete (Db *db, const char *id, const char *user_id, gboolean *out_found,
                                GError **error);
