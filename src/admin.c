/* tintype admin: what needs the database and no server. A server that runs sees the changes. */
#define G_LOG_DOMAIN "admin"

#include "admin.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "serve.h"

static void
print_help (void)
{
    printf (
        "Usage: tintype admin COMMAND [OPTIONS]\n"
        "\n"
        "Accounts:\n"
        "  reset-admin-password          ask for a new password of the admin, or make one\n"
        "  enable-password-login, disable-password-login\n"
        "  enable-oauth-login, disable-oauth-login\n"
        "  list-users\n"
        "  grant-admin [EMAIL], revoke-admin [EMAIL]\n"
        "\n"
        "The machine:\n"
        "  backup                        make a backup of the database, in backups/\n"
        "  restore NAME                  put a backup of that folder in the place of the "
        "database;\n"
        "                                no server may run, or it must be in maintenance mode\n"
        "  enable-maintenance-mode       print a link that lets an admin in; again: a new link\n"
        "  disable-maintenance-mode\n"
        "  change-media-location [OLD NEW]\n"
        "                                rewrite stored paths that begin with OLD\n"
        "  schema-check                  compare the schema with the one this program makes\n"
        "  check-counts [--repair]\n"
        "      compare the counts that are kept as assets change with a count of all assets, and\n"
        "      what is hidden with what hides it; exit 1 when some differ and were not repaired\n"
        "  version\n"
        "\n"
        "For trying:\n"
        "  seed-demo --assets N [--user EMAIL] [--years Y] [--seed S] [--albums A]\n"
        "            [--people P] [--faces F]\n"
        "      add N made-up photos, taken over Y years [15], to a user [the first admin]. They\n"
        "      share a few pictures on disk: deleting one of them for good takes its picture from\n"
        "      others. For trying and measuring, not for a library that somebody needs.\n"
        "\n"
        "They use the database and the media folder that the environment names, see\n"
        "'tintype serve --help'.\n");
}

/* A server of the version before may be using it. */
static gboolean
refuse_update (Db *db, gpointer settings, GError **error)
{
    g_set_error_literal (
        error, APP_ERROR, APP_ERROR_CONFIG,
        "the database is of an older version; the start of the server brings it up "
        "to date, stop the older one before");
    return FALSE;
}

Db *
admin_open_database (Settings **out_settings, GError **error)
{
    *out_settings = settings_load (error);
    return *out_settings != NULL ? serve_open_database (*out_settings, refuse_update, error) : NULL;
}

static gboolean
parse (int *argc, char ***argv, const GOptionEntry *entries, int n_words, GError **error)
{
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);

    g_option_context_set_help_enabled (context, FALSE);
    g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, argc, argv, error))
        return FALSE;
    if (*argc <= 1 + n_words)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "unknown argument '%s'", (*argv)[1 + n_words]);
    return FALSE;
}

gboolean
admin_parse_options (int *argc, char ***argv, const GOptionEntry *entries, GError **error)
{
    return parse (argc, argv, entries, 0, error);
}

gboolean
admin_parse_words (int *argc, char ***argv, int n_words, GError **error)
{
    static const GOptionEntry none[] = { G_OPTION_ENTRY_NULL };

    return parse (argc, argv, none, n_words, error);
}

char *
admin_ask (const char *question, gboolean is_secret)
{
    struct termios shown, hidden;
    gboolean hides = is_secret && tcgetattr (STDIN_FILENO, &shown) == 0;
    char line[4096];
    char *got;

    if (isatty (STDIN_FILENO)) {
        printf ("%s: ", question);
        fflush (stdout);
    }
    if (hides) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t) ECHO;
        tcsetattr (STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    got = fgets (line, sizeof line, stdin);
    if (hides) {
        tcsetattr (STDIN_FILENO, TCSAFLUSH, &shown);
        printf ("\n");
    }
    if (got == NULL)
        return NULL;
    line[strcspn (line, "\r\n")] = '\0';
    return g_strdup (line);
}

int
admin_run (int argc, char *argv[])
{
    static const struct {
        const char *name;
        gboolean (*run) (int argc, char *argv[], GError **error);
    } commands[] = {
        { "seed-demo", admin_seed_demo },
        { "check-counts", admin_check_counts },
        { "reset-admin-password", admin_reset_password },
        { "enable-password-login", admin_enable_password_login },
        { "disable-password-login", admin_disable_password_login },
        { "enable-oauth-login", admin_enable_oauth_login },
        { "disable-oauth-login", admin_disable_oauth_login },
        { "list-users", admin_list_users },
        { "grant-admin", admin_grant },
        { "revoke-admin", admin_revoke },
        { "backup", admin_backup },
        { "restore", admin_restore },
        { "enable-maintenance-mode", admin_enable_maintenance },
        { "disable-maintenance-mode", admin_disable_maintenance },
        { "change-media-location", admin_change_media_location },
        { "schema-check", admin_schema_check },
        { "version", admin_version },
    };
    const char *name = argc > 1 ? argv[1] : "--help";
    g_autoptr (GError) error = NULL;

    setlocale (LC_ALL, "C.UTF-8");
    log_init (LOG_FORMAT_TEXT, LOG_WARN);
    if (g_str_equal (name, "--help") || g_str_equal (name, "help") || g_str_equal (name, "-h") ||
        (argc > 2 && (g_str_equal (argv[2], "--help") || g_str_equal (argv[2], "-h")))) {
        print_help ();
        return argc > 1 ? 0 : 2;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
        if (!g_str_equal (name, commands[i].name))
            continue;
        if (commands[i].run (argc - 1, argv + 1, &error))
            return 0;
        fprintf (stderr, "tintype admin %s: %s\n", name, error->message);
        return 1;
    }
    fprintf (stderr, "tintype admin: unknown command '%s', see 'tintype admin --help'\n", name);
    return 2;
}
