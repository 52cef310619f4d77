/* serve_folder.c -- see serve_folder.h
 *
 * Folders have markers once they were set up, so a volume that is not mounted is known. That a volume of another
 * server is mounted in its place is known by a name that the database and the media folder both have. A database
 * that has none, for it is new or was just restored, takes that of the folder, and so does one without accounts,
 * which knows no file. */
#define G_LOG_DOMAIN "serve"

#include "serve_folder.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/uuid.h"
#include "media/layout.h"

#define NAME_FILE "upload/.tintype"

static const char SQL_REMEMBERED[] =
    "SELECT count(*) FROM system_metadata WHERE key = 'system-flags'";
static const char SQL_REMEMBER[] =
    "INSERT INTO system_metadata (key, value) VALUES ('system-flags', '{\"mountChecks\":true}')"
    " ON CONFLICT (key) DO NOTHING";

static const char SQL_NAME[] = "SELECT value FROM system_metadata WHERE key = 'media-folder'";
/* $1 JSON: of several servers that start at once the first one names it */
static const char SQL_SET_NAME[] =
    "INSERT INTO system_metadata (key, value) VALUES ('media-folder', $1)"
    " ON CONFLICT (key) DO NOTHING";
static const char SQL_TAKE_NAME[] =
    "UPDATE system_metadata SET value = $1 WHERE key = 'media-folder'"
    "   AND NOT EXISTS (SELECT 1 FROM users)";

/* As JSON, quotes and all. *@out NULL: it has none. */
static gboolean
read_name (Arena *arena, const char *path, const char **out, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr (GError) why = NULL;

    *out = NULL;
    if (!g_file_get_contents (path, &text, NULL, &why)) {
        if (g_error_matches (why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return TRUE;
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "Failed to read '%s': %s", path,
                     why->message);
        return FALSE;
    }
    g_strchomp (text);
    if (uuid_is_v4 (text))
        *out = arena_printf (arena, "\"%s\"", text);
    return TRUE;
}

/* Where it cannot be, the next start does it. */
static void
write_name (const char *path, const char *name)
{
    g_autofree char *text = g_strndup (name + 1, strlen (name) - 2);
    g_autoptr (GError) why = NULL;

    if (!g_file_set_contents_full (path, text, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0644, &why))
        g_warning ("cannot write '%s': %s, going on", path, why->message);
}

static gboolean
check_name (const App *app, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *path = arena_printf (arena, "%s/" NAME_FILE, app->media_location);
    const char *at_folder = NULL, *known = NULL, *wanted;

    if (!read_name (arena, path, &at_folder, error))
        return FALSE;
    wanted = at_folder != NULL ? at_folder : arena_printf (arena, "\"%s\"", uuid_v4 (arena));
    if (!db_exec (app->db, SQL_SET_NAME, DB_ARGS (db_text (wanted)), NULL, error) ||
        (at_folder != NULL &&
         !db_exec (app->db, SQL_TAKE_NAME, DB_ARGS (db_text (at_folder)), NULL, error)) ||
        !db_select_text (app->db, arena, SQL_NAME, DB_NO_ARGS, &known, error))
        return FALSE;
    if (at_folder == NULL) {
        write_name (path, known);
        return TRUE;
    }
    if (g_strcmp0 (known, at_folder) == 0)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                 "The media folder '%s' is that of another server: its '" NAME_FILE
                 "' says %s, the database %s. Mount the right one; if this is it, delete that file",
                 app->media_location, at_folder, known);
    return FALSE;
}

gboolean
serve_prepare_folder (App *app, char **out_temporary, GError **error)
{
    gboolean ignores_errors = app->settings->ignore_mount_check_errors;
    g_autoptr (GError) why = NULL;
    gint64 remembered = 0;

    if (!db_select_int (app->db, SQL_REMEMBERED, DB_NO_ARGS, &remembered, NULL, error) ||
        !layout_prepare (app->media_location, remembered > 0, ignores_errors, error))
        return FALSE;
    if (!check_name (app, &why)) {
        if (!ignores_errors || !g_error_matches (why, APP_ERROR, APP_ERROR_CONFIG)) {
            g_propagate_error (error, g_steal_pointer (&why));
            return FALSE;
        }
        g_warning ("%s, ignored", why->message);
    }
    return db_exec (app->db, SQL_REMEMBER, DB_NO_ARGS, NULL, error) &&
           (*out_temporary = layout_claim_temporary (app->media_location, error)) != NULL;
}
