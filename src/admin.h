/* admin.h -- what the parts of 'tintype admin' share: admin.c chooses, the others do
 *
 * Each command gets its arguments with its name as the first, and prints what it did. */
#pragma once
#include "base/arena.h"
#include "base/settings.h"
#include "db/db.h"

/** The database of the settings, which are made, too. NULL with the reason. */
Db *admin_open_database (Settings **out_settings, GError **error);
/** FALSE with APP_ERROR_CONFIG for what is no option. @param n_words  how many arguments without a dash
 *  may come; they stay in @argv */
gboolean admin_parse_options (int *argc, char ***argv, const GOptionEntry *entries, GError **error);
gboolean admin_parse_words (int *argc, char ***argv, int n_words, GError **error);
/** A line of standard input, without its end; what is typed is not shown when @is_secret. NULL: there is
 *  none. (transfer full) */
char *admin_ask (const char *question, gboolean is_secret);

/* admin_demo.c */
gboolean admin_seed_demo (int argc, char *argv[], GError **error);
gboolean admin_check_counts (int argc, char *argv[], GError **error);

/* admin_accounts.c */
gboolean admin_reset_password (int argc, char *argv[], GError **error);
gboolean admin_enable_password_login (int argc, char *argv[], GError **error);
gboolean admin_disable_password_login (int argc, char *argv[], GError **error);
gboolean admin_enable_oauth_login (int argc, char *argv[], GError **error);
gboolean admin_disable_oauth_login (int argc, char *argv[], GError **error);
gboolean admin_list_users (int argc, char *argv[], GError **error);
gboolean admin_grant (int argc, char *argv[], GError **error);
gboolean admin_revoke (int argc, char *argv[], GError **error);

/* admin_machine.c */
gboolean admin_backup (int argc, char *argv[], GError **error);
gboolean admin_restore (int argc, char *argv[], GError **error);
gboolean admin_enable_maintenance (int argc, char *argv[], GError **error);
gboolean admin_disable_maintenance (int argc, char *argv[], GError **error);
gboolean admin_change_media_location (int argc, char *argv[], GError **error);
gboolean admin_schema_check (int argc, char *argv[], GError **error);
gboolean admin_version (int argc, char *argv[], GError **error);
