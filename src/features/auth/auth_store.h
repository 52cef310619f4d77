/* auth_store.h -- the SQL of logins and secrets; only features/auth includes it */
#pragma once
#include "features/auth/auth.h"

/** All FALSE with APP_ERROR_NOT_FOUND when there is no such user, soft-deleted ones included. */
gboolean auth_store_find_login (Db *db, Arena *arena, const char *email, LoginRow *out,
                                GError **error);
gboolean auth_store_load_login (Db *db, Arena *arena, const char *user_id, LoginRow *out,
                                GError **error);
gboolean auth_store_load_secrets (Db *db, Arena *arena, const char *user_id, SecretsRow *out,
                                  GError **error);
gboolean auth_store_find_key (Db *db, Arena *arena, const guint8 hash[AUTH_HASH_BYTES],
                              KeyCredential *out, GError **error);

/** Also clears shouldChangePassword. */
gboolean auth_store_set_password (Db *tx, const char *user_id, const char *hash, GError **error);
/** *@out_set FALSE: there was a PIN already. */
gboolean auth_store_set_first_pin (Db *db, const char *user_id, const char *hash, gboolean *out_set,
                                   GError **error);
/** @param hash  NULL: none */
gboolean auth_store_set_pin (Db *db, const char *user_id, const char *hash, GError **error);
