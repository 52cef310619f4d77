/* tintype admin: accounts and ways to log in, for when nobody can log in any more */
#define G_LOG_DOMAIN "admin"

#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "features/auth/auth.h"
#include "features/config/config.h"
#include "features/users/users.h"

/* $1 hash, $2 now */
static const char SQL_SET_PASSWORD[] = "UPDATE users SET password = $1, updated_at = $2 WHERE id ="
                                       " (SELECT id FROM users WHERE is_admin = 1 AND deleted_at "
                                       "IS NULL ORDER BY created_at, id LIMIT 1)";
/* $1 e-mail */
static const char SQL_FIND[] = "SELECT id FROM users WHERE email = $1 AND deleted_at IS NULL";
/* $1 id, $2 now, $3 whether it is an admin */
static const char SQL_SET_ADMIN[] =
    "UPDATE users SET is_admin = CAST($3 AS SMALLINT), updated_at = $2 WHERE id = $1";
static const char SQL_LIST[] =
    "SELECT id || '  ' || email || '  ' || name || CASE WHEN is_admin = 1 THEN '  admin' ELSE '' "
    "END"
    "       || CASE WHEN deleted_at IS NOT NULL THEN '  deleted' ELSE '' END"
    "  FROM users ORDER BY created_at, id";

gboolean
admin_reset_password (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;
    g_autofree char *password = NULL;
    gboolean is_made = FALSE;
    gint64 n_changed = 0;

    if (!admin_parse_words (&argc, &argv, 0, error) ||
        (db = admin_open_database (&settings, error)) == NULL)
        return FALSE;
    password = admin_ask ("New password (empty: one is made)", TRUE);
    if (password == NULL || *password == '\0') {
        guint8 hash[AUTH_HASH_BYTES];

        g_free (password);
        password = g_malloc0 (AUTH_TOKEN_BYTES);
        auth_new_token (password, hash);
        password[24] = '\0'; /* letters and digits: as many as nobody guesses, and can be typed */
        is_made = TRUE;
    }
    if (!db_exec (
            db, SQL_SET_PASSWORD,
            DB_ARGS (db_text (auth_hash_password (arena, password)), db_int (timestamp_now_ms ())),
            &n_changed, error))
        return FALSE;
    if (n_changed == 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                             "there is no admin yet; open the web app to make the account");
        return FALSE;
    }
    if (is_made)
        printf ("The admin password has been updated to:\n%s\n", password);
    else
        printf ("The admin password has been updated.\n");
    return TRUE;
}

static gboolean
set_login (int argc, char *argv[], const char *section, const char *name, gboolean is_enabled,
           GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;

    if (!admin_parse_words (&argc, &argv, 0, error) ||
        (db = admin_open_database (&settings, error)) == NULL)
        return FALSE;
    if (settings->config_file != NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "the system config is the file '%s'; set %s.enabled there",
                     settings->config_file, section);
        return FALSE;
    }
    if (!config_set_stored (db, arena, section, "enabled", is_enabled, error))
        return FALSE;
    printf ("%s login has been %s.\n", name, is_enabled ? "enabled" : "disabled");
    return TRUE;
}

gboolean
admin_enable_password_login (int argc, char *argv[], GError **error)
{
    return set_login (argc, argv, "passwordLogin", "Password", TRUE, error);
}

gboolean
admin_disable_password_login (int argc, char *argv[], GError **error)
{
    return set_login (argc, argv, "passwordLogin", "Password", FALSE, error);
}

gboolean
admin_enable_oauth_login (int argc, char *argv[], GError **error)
{
    return set_login (argc, argv, "oauth", "OAuth", TRUE, error);
}

gboolean
admin_disable_oauth_login (int argc, char *argv[], GError **error)
{
    return set_login (argc, argv, "oauth", "OAuth", FALSE, error);
}

gboolean
admin_list_users (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;
    StringList lines;

    if (!admin_parse_words (&argc, &argv, 0, error) ||
        (db = admin_open_database (&settings, error)) == NULL ||
        !db_select_texts (db, arena, SQL_LIST, DB_NO_ARGS, &lines, error))
        return FALSE;
    for (gsize i = 0; i < lines.n; i++)
        printf ("%s\n", lines.items[i]);
    return TRUE;
}

typedef struct {
    Arena *arena;
    const char *email;
    gboolean is_admin;
} RoleWrite;

static gboolean
write_role (Db *tx, gpointer data, GError **error)
{
    const RoleWrite *write = data;
    gboolean has_other = FALSE;
    const char *id;

    if (!db_select_text (tx, write->arena, SQL_FIND, DB_ARGS (db_text (write->email)), &id, error))
        return FALSE;
    if (id == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND, "there is no user '%s'", write->email);
        return FALSE;
    }
    if (!write->is_admin && !users_has_other_admin (tx, id, &has_other, error))
        return FALSE;
    if (!write->is_admin && !has_other) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "without '%s' there would be no admin; grant it to somebody else first",
                     write->email);
        return FALSE;
    }
    return db_exec (tx, SQL_SET_ADMIN,
                    DB_ARGS (db_text (id), db_int (timestamp_now_ms ()), db_bool (write->is_admin)),
                    NULL, error);
}

static gboolean
set_admin (int argc, char *argv[], gboolean is_admin, GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;
    g_autofree char *asked = NULL, *email = NULL;
    RoleWrite write = { .arena = arena, .is_admin = is_admin };

    if (!admin_parse_words (&argc, &argv, 1, error) ||
        (db = admin_open_database (&settings, error)) == NULL)
        return FALSE;
    asked = argc > 1 ? g_strdup (argv[1]) : admin_ask ("E-mail of the user", FALSE);
    email = g_ascii_strdown (asked != NULL ? g_strstrip (asked) : "", -1);
    write.email = email;
    if (!db_write (db, write_role, &write, error))
        return FALSE;
    printf ("Admin access has been %s '%s'.\n", is_admin ? "granted to" : "revoked from", email);
    return TRUE;
}

gboolean
admin_grant (int argc, char *argv[], GError **error)
{
    return set_admin (argc, argv, TRUE, error);
}

gboolean
admin_revoke (int argc, char *argv[], GError **error)
{
    return set_admin (argc, argv, FALSE, error);
}
