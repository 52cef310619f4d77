/* auth_store.c -- logins and secrets in the database */
#define G_LOG_DOMAIN "auth"
#include "features/auth/auth_store.h"

#include "base/timestamp.h"

#define LOGIN_COLUMNS                                                                              \
    "id, email, name, password, is_admin, should_change_password, profile_image_path"

/* $1 e-mail */
static const char SQL_FIND_LOGIN[] =
    "SELECT " LOGIN_COLUMNS " FROM users WHERE email = $1 AND deleted_at IS NULL";

/* $1 user */
static const char SQL_LOAD_LOGIN[] =
    "SELECT " LOGIN_COLUMNS " FROM users WHERE id = $1 AND deleted_at IS NULL";

/* $1 user */
static const char SQL_LOAD_SECRETS[] =
    "SELECT password, pin_code FROM users WHERE id = $1 AND deleted_at IS NULL";

/* $1 hash of the secret */
static const char SQL_FIND_KEY[] =
    "SELECT k.id AS key_id, k.user_id AS user_id, u.email AS email, u.name AS name,"
    "       u.is_admin AS is_admin, u.quota_size_bytes AS quota_size_bytes,"
    "       u.quota_usage_bytes AS quota_usage_bytes, k.permissions AS permissions"
    "  FROM api_key k JOIN users u ON u.id = k.user_id"
    " WHERE k.secret_hash = $1 AND u.deleted_at IS NULL";

/* $1 user, $2 session, $3 key, $4 link, of which NULL is not what was asked with, $5 1: the link let originals be
 * downloaded. That a link or a session expires meanwhile ends nothing. */
static const char SQL_IS_STILL_IN[] =
    "SELECT count(*) FROM users WHERE id = $1 AND deleted_at IS NULL"
    "   AND (CAST($2 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM session WHERE id = $2))"
    "   AND (CAST($3 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM api_key WHERE id = $3))"
    "   AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM shared_link WHERE id = $4"
    "         AND ((allow_download = 1 AND show_metadata = 1) OR CAST($5 AS BIGINT) = 0)))";

/* $1 user, $2 now, $3 hash */
static const char SQL_SET_PASSWORD[] =
    "UPDATE users SET updated_at = $2, password = $3, should_change_password = 0 WHERE id = $1";
static const char SQL_SET_PIN[] = "UPDATE users SET updated_at = $2, pin_code = $3 WHERE id = $1";
static const char SQL_SET_FIRST_PIN[] =
    "UPDATE users SET updated_at = $2, pin_code = $3 WHERE id = $1 AND pin_code IS NULL";

gboolean
auth_store_find_login (Db *db, Arena *arena, const char *email, LoginRow *out, GError **error)
{
    return db_select_one (db, arena, &login_row_type, out, SQL_FIND_LOGIN,
                          DB_ARGS (db_text (email)), error);
}

gboolean
auth_store_load_login (Db *db, Arena *arena, const char *user_id, LoginRow *out, GError **error)
{
    return db_select_one (db, arena, &login_row_type, out, SQL_LOAD_LOGIN,
                          DB_ARGS (db_text (user_id)), error);
}

gboolean
auth_store_load_secrets (Db *db, Arena *arena, const char *user_id, SecretsRow *out, GError **error)
{
    return db_select_one (db, arena, &secrets_row_type, out, SQL_LOAD_SECRETS,
                          DB_ARGS (db_text (user_id)), error);
}

gboolean
auth_store_find_key (Db *db, Arena *arena, const guint8 hash[AUTH_HASH_BYTES], KeyCredential *out,
                     GError **error)
{
    return db_recall_one (db, arena, &key_credential_type, out, SQL_FIND_KEY,
                          DB_ARGS (db_blob (hash, AUTH_HASH_BYTES)), error);
}

gboolean
auth_is_still_in (Db *db, const Auth *auth, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_IS_STILL_IN,
                        DB_ARGS (db_text (auth->user_id), db_text (auth->session_id),
                                 db_text (auth->key_id), db_text (auth->link_id),
                                 db_bool (auth->link_allows_download)),
                        &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

static gboolean
set_secret (Db *db, const char *sql, const char *user_id, const char *hash, gint64 *out_changed,
            GError **error)
{
    return db_exec (db, sql,
                    DB_ARGS (db_text (user_id), db_int (timestamp_now_ms ()), db_text (hash)),
                    out_changed, error);
}

gboolean
auth_store_set_password (Db *tx, const char *user_id, const char *hash, GError **error)
{
    return set_secret (tx, SQL_SET_PASSWORD, user_id, hash, NULL, error);
}

gboolean
auth_store_set_first_pin (Db *db, const char *user_id, const char *hash, gboolean *out_set,
                          GError **error)
{
    gint64 changed = 0;

    if (!set_secret (db, SQL_SET_FIRST_PIN, user_id, hash, &changed, error))
        return FALSE;
    *out_set = changed > 0;
    return TRUE;
}

gboolean
auth_store_set_pin (Db *db, const char *user_id, const char *hash, GError **error)
{
    return set_secret (db, SQL_SET_PIN, user_id, hash, NULL, error);
}
