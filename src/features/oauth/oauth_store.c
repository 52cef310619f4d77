/* oauth_store.c -- the provider's identities in the database */
#define G_LOG_DOMAIN "oauth"
#include "features/oauth/oauth_private.h"

#include "base/timestamp.h"

#define COLUMNS                                                                                    \
    "id, oauth_id, is_admin, CASE WHEN deleted_at IS NULL THEN 0 ELSE 1 END AS is_deleted,"        \
    " is_email_own"

/* $1 subject, never ''; the second condition is that of the index */
static const char SQL_FIND_SUBJECT[] =
    "SELECT " COLUMNS " FROM users WHERE oauth_id = $1 AND oauth_id <> ''";
/* $1 e-mail */
static const char SQL_FIND_EMAIL[] = "SELECT " COLUMNS " FROM users WHERE email = $1";

/* $1 label */
static const char SQL_HAS_LABEL[] = "SELECT count(*) FROM users WHERE storage_label = $1";

/* $1 id, $2 now, $3 subject */
static const char SQL_SET_SUBJECT[] =
    "UPDATE users SET updated_at = $2, oauth_id = $3 WHERE id = $1";
/* $1 now */
static const char SQL_CLEAR_SUBJECTS[] =
    "UPDATE users SET updated_at = $1, oauth_id = '' WHERE oauth_id <> ''";
/* $1 id, $2 now, $3 is admin */
static const char SQL_SET_ADMIN[] = "UPDATE users SET updated_at = $2, is_admin = $3 WHERE id = $1";

static gboolean
find_one (Db *db, Arena *arena, const char *sql, const char *what, OAuthUserRow *out,
          gboolean *out_found, GError **error)
{
    g_autoptr (GError) why = NULL;

    *out_found =
        db_select_one (db, arena, &oauth_user_row_type, out, sql, DB_ARGS (db_text (what)), &why);
    if (*out_found || g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

gboolean
oauth_store_find_subject (Db *db, Arena *arena, const char *subject, OAuthUserRow *out,
                          gboolean *out_found, GError **error)
{
    return find_one (db, arena, SQL_FIND_SUBJECT, subject, out, out_found, error);
}

gboolean
oauth_store_find_email (Db *db, Arena *arena, const char *email, OAuthUserRow *out,
                        gboolean *out_found, GError **error)
{
    return find_one (db, arena, SQL_FIND_EMAIL, email, out, out_found, error);
}

gboolean
oauth_store_has_label (Db *db, const char *label, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_HAS_LABEL, DB_ARGS (db_text (label)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
oauth_store_set_subject (Db *tx, const char *user_id, const char *subject, GError **error)
{
    return db_exec (tx, SQL_SET_SUBJECT,
                    DB_ARGS (db_text (user_id), db_int (timestamp_now_ms ()), db_text (subject)),
                    NULL, error);
}

gboolean
oauth_store_clear_subjects (Db *tx, GError **error)
{
    return db_exec (tx, SQL_CLEAR_SUBJECTS, DB_ARGS (db_int (timestamp_now_ms ())), NULL, error);
}

gboolean
oauth_store_set_admin (Db *tx, const char *user_id, gboolean is_admin, GError **error)
{
    return db_exec (tx, SQL_SET_ADMIN,
                    DB_ARGS (db_text (user_id), db_int (timestamp_now_ms ()), db_bool (is_admin)),
                    NULL, error);
}
