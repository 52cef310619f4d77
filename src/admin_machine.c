/* tintype admin: backups, maintenance mode, the media folder, the schema */
#define G_LOG_DOMAIN "admin"

#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/error.h"
#include "config.h"
#include "db/schema_check.h"
#include "features/backups/backups.h"
#include "features/maintenance/maintenance.h"

#define CLI_USER "cli-admin"

/* ---- backup, restore ---- */

gboolean
admin_backup (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Db) db = NULL;
    g_autofree char *name = NULL;
    App app = { .version = TINTYPE_VERSION };

    if (!admin_parse_words (&argc, &argv, 0, error) ||
        (db = admin_open_database (&settings, error)) == NULL)
        return FALSE;
    app.settings = settings;
    app.media_location = settings->media_location;
    app.db = db;
    if (!backup_make (&app, BACKUP_ROUTINE, NULL, NULL, &name, error))
        return FALSE;
    printf ("%s/backups/%s\n", settings->media_location, name);
    return TRUE;
}

static void
print_task (gpointer data, const char *task, double done)
{
    const char **last = data;

    if (g_strcmp0 (*last, task) != 0)
        printf ("%s\n", task);
    *last = task;
    fflush (stdout);
}

gboolean
admin_restore (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;
    const char *task = NULL;
    MaintenanceMode mode;
    BackupRestore how = { .mode_after = "{\"isMaintenanceMode\":false}",
                          .mode_failed = "{\"isMaintenanceMode\":false}",
                          .report = print_task,
                          .data = &task };
    App app = { .version = TINTYPE_VERSION };

    if (!admin_parse_words (&argc, &argv, 1, error))
        return FALSE;
    if (argc < 2) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_CONFIG,
                             "which backup? Its name in backups/ comes behind 'restore'");
        return FALSE;
    }
    if ((db = admin_open_database (&settings, error)) == NULL ||
        /* a server that runs must not write meanwhile: it leaves its normal mode by itself */
        !maintenance_set (db, arena, MAINTENANCE_ACTION_START, NULL, NULL, &mode, error))
        return FALSE;
    how.mode_during = maintenance_write (arena, &mode);
    app.settings = settings;
    app.media_location = settings->media_location;
    app.db = db;
    if (!maintenance_wait_for_servers (settings->media_location, error))
        return FALSE;
    if (!backup_restore (&app, argv[1], &how, error)) {
        maintenance_set (db, arena, MAINTENANCE_ACTION_END, NULL, NULL, &mode, NULL);
        return FALSE;
    }
    printf ("The backup has been restored.\n");
    return TRUE;
}

/* ---- maintenance mode ---- */

gboolean
admin_enable_maintenance (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;
    MaintenanceMode mode;

    if (!admin_parse_words (&argc, &argv, 0, error) ||
        (db = admin_open_database (&settings, error)) == NULL ||
        !maintenance_load (db, arena, &mode, error))
        return FALSE;
    if (mode.is_maintenance_mode && mode.secret != NULL)
        printf ("The server is already in maintenance mode!\n");
    else if (maintenance_set (db, arena, MAINTENANCE_ACTION_START, NULL, NULL, &mode, error))
        printf ("Maintenance mode has been enabled.\n");
    else
        return FALSE;
    printf ("\nLog in using the following URL:\n%s\n",
            maintenance_login_url (db, arena, settings,
                                   maintenance_new_token (arena, mode.secret, CLI_USER)));
    return TRUE;
}

gboolean
admin_disable_maintenance (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;
    gboolean was_on = FALSE;
    MaintenanceMode mode;

    if (!admin_parse_words (&argc, &argv, 0, error) ||
        (db = admin_open_database (&settings, error)) == NULL ||
        !maintenance_set (db, arena, MAINTENANCE_ACTION_END, NULL, &was_on, &mode, error))
        return FALSE;
    printf (was_on ? "Maintenance mode has been disabled.\n"
                   : "The server is not in maintenance mode.\n");
    return TRUE;
}

/* ---- change-media-location ---- */

/* Paths below the media folder are stored without it, so only those of a database that was filled elsewhere
 * begin with it. $1 what they begin with, $2 what comes in its place. */
static const char *const SQL_MOVE[] = {
    "UPDATE asset SET original_path = $2 || substr(original_path, length($1) + 1)"
    " WHERE substr(original_path, 1, length($1)) = $1 AND library_id IS NULL",
    "UPDATE asset_file SET path = $2 || substr(path, length($1) + 1)"
    " WHERE substr(path, 1, length($1)) = $1",
    "UPDATE person SET thumbnail_path = $2 || substr(thumbnail_path, length($1) + 1)"
    " WHERE substr(thumbnail_path, 1, length($1)) = $1",
    "UPDATE users SET profile_image_path = $2 || substr(profile_image_path, length($1) + 1)"
    " WHERE substr(profile_image_path, 1, length($1)) = $1",
};

typedef struct {
    const char *from, *to;
    gint64 n_changed;
} Move;

static gboolean
run_move (Db *tx, gpointer data, GError **error)
{
    Move *self = data;

    self->n_changed = 0;
    for (gsize i = 0; i < G_N_ELEMENTS (SQL_MOVE); i++) {
        gint64 n = 0;

        if (!db_exec (tx, SQL_MOVE[i], DB_ARGS (db_text (self->from), db_text (self->to)), &n,
                      error))
            return FALSE;
        self->n_changed += n;
    }
    return TRUE;
}

static char *
folder_of (const char *given, const char *question)
{
    g_autofree char *asked = given != NULL ? g_strdup (given) : admin_ask (question, FALSE);

    if (asked == NULL || !g_path_is_absolute (g_strstrip (asked)))
        return NULL;
    return g_canonicalize_filename (asked, NULL);
}

gboolean
admin_change_media_location (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Db) db = NULL;
    g_autofree char *from = NULL, *to = NULL, *from_slash = NULL, *to_slash = NULL;
    Move move = { NULL };

    if (!admin_parse_words (&argc, &argv, 2, error) ||
        (db = admin_open_database (&settings, error)) == NULL)
        return FALSE;
    from = folder_of (argc > 1 ? argv[1] : NULL, "Previous media folder");
    to = folder_of (argc > 2 ? argv[2] : NULL, "New media folder");
    if (from == NULL || to == NULL || strlen (from) < 2) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "both folders must be absolute paths, '/' is none of them");
        return FALSE;
    }
    move.from = from_slash = g_strconcat (from, "/", NULL);
    to_slash = g_strconcat (to, "/", NULL);
    move.to = g_str_equal (to, settings->media_location) ? "" : to_slash;
    if (!db_write (db, run_move, &move, error))
        return FALSE;
    printf ("%" G_GINT64_FORMAT " paths have been changed.\n", move.n_changed);
    if (move.n_changed == 0)
        printf (
            "Paths in the media folder are stored without it: to move it, stop the server, move "
            "the folder, and set IMMICH_MEDIA_LOCATION.\n");
    return TRUE;
}

/* ---- schema-check, version ---- */

gboolean
admin_schema_check (int argc, char *argv[], GError **error)
{
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Db) db = NULL;
    StringList differences;

    /* opening it applies what is missing, and refuses what a newer version wrote */
    if (!admin_parse_words (&argc, &argv, 0, error) ||
        (db = admin_open_database (&settings, error)) == NULL)
        return FALSE;
    printf ("Migrations are up to date\n");
    if (!db_check_schema (db, arena, &differences, error))
        return FALSE;
    for (gsize i = 0; i < differences.n; i++)
        printf ("%s\n", differences.items[i]);
    if (differences.n == 0)
        printf ("No schema drift detected\n");
    else
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "%" G_GSIZE_FORMAT " differences to the schema of this program",
                     differences.n);
    return differences.n == 0;
}

gboolean
admin_version (int argc, char *argv[], GError **error)
{
    if (!admin_parse_words (&argc, &argv, 0, error))
        return FALSE;
    printf ("v%d.%d.%d\n", API_VERSION_MAJOR, API_VERSION_MINOR, API_VERSION_PATCH);
    return TRUE;
}
