/* storage_step.c -- whether the paths in the database are those of the files below library/
 *
 * Only there a path may be free, taken and free again. So each move is a step: it has a name, which the database
 * gets before the file moves, and the file of the lock after that. Who takes the lock compares the two. A database
 * that was restored from before a move, by us or by hand, does not know the name in the file, nor does one that is
 * newer than the files: then each path is looked at before it is trusted, until the files were compared with what is
 * known of them. */
#define G_LOG_DOMAIN "storage"
#include "features/storage-template/storage_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "features/integrity/integrity.h"
#include "media/layout.h"

#define NAME_BYTES (UUID_TEXT_BYTES - 1)

static const char SQL_STEP_LOAD[] = "SELECT value FROM system_metadata WHERE key = 'storage-step'";
/* $1 JSON */
static const char SQL_STEP_SAVE[] =
    "INSERT INTO system_metadata (key, value) VALUES ('storage-step', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/* $1 the name of the step since which it is so, as JSON */
static const char SQL_DOUBT[] =
    "INSERT INTO system_metadata (key, value) VALUES ('storage-unsure', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
static const char SQL_DOUBT_LOAD[] =
    "SELECT value FROM system_metadata WHERE key = 'storage-unsure'";
/* $1 as it was read */
static const char SQL_TRUST[] =
    "DELETE FROM system_metadata WHERE key = 'storage-unsure' AND value = $1";

/* ---- in the database ---- */

static gboolean
load_step (Db *db, Arena *arena, StorageStep *out, GError **error)
{
    const char *text = NULL;

    *out = (StorageStep){ .last = "", .before = "" };
    if (!db_select_text (db, arena, SQL_STEP_LOAD, DB_NO_ARGS, &text, error))
        return FALSE;
    if (text != NULL)
        api_read_json (&storage_step_type, text, -1, arena, out, NULL);
    return TRUE;
}

static gboolean
save_step (Db *tx, const StorageStep *step, GError **error)
{
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (&storage_step_type, step, text);
    return db_exec (tx, SQL_STEP_SAVE, DB_ARGS (db_text (text->str)), NULL, error);
}

gboolean
storage_step_note (Db *tx, const char *name, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    StorageStep step;

    if (!load_step (tx, arena, &step, error))
        return FALSE;
    step = (StorageStep){ .last = name, .before = step.last };
    return save_step (tx, &step, error);
}

/* ---- in the file ---- */

gboolean
storage_step_write (const App *app, const char *name, GError **error)
{
    g_autofree char *path = storage_lock_path (app);
    int fd = g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    gboolean ok = fd >= 0 && pwrite (fd, name, NAME_BYTES, 0) == NAME_BYTES && fdatasync (fd) == 0;

    if (!ok)
        layout_set_io_error (error, "note a move in", path);
    if (fd >= 0)
        close (fd);
    return ok;
}

static gboolean
read_step (int lock, char out[UUID_TEXT_BYTES], GError **error)
{
    ssize_t n = pread (lock, out, NAME_BYTES, 0);

    if (n < 0)
        return layout_set_io_error (error, "read", "library/.moving");
    out[n] = '\0';
    return TRUE;
}

/* ---- both ---- */

static gboolean
run_doubt (Db *tx, gpointer data, GError **error)
{
    const StorageStep *step = data;
    g_autofree char *since = g_strdup_printf ("\"%s\"", step->last);

    return save_step (tx, step, error) &&
           db_exec (tx, SQL_DOUBT, DB_ARGS (db_text (since)), NULL, error) &&
           integrity_ask (tx, error);
}

gboolean
storage_step_check (const App *app, int lock, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    char name[UUID_TEXT_BYTES];
    StorageStep step;

    if (!load_step (app->db, arena, &step, error) || !read_step (lock, name, error))
        return FALSE;
    if (strcmp (name, step.last) == 0)
        return TRUE;
    if (strcmp (name, step.before) == 0) /* its move ended before it began */
        return storage_step_write (app, step.last, error);
    g_warning ("the database and the files below '%s/%s' are not of the same time, as after a "
               "backup of one of them was restored: they are compared now",
               app->media_location, STORAGE_FOLDER);
    step = (StorageStep){ .last = uuid_v4 (arena), .before = "" };
    return db_write (app->db, run_doubt, &step, error) &&
           storage_step_write (app, step.last, error);
}

gboolean
storage_template_load_doubt (const App *app, Arena *arena, const char **out, GError **error)
{
    return db_select_text (app->db, arena, SQL_DOUBT_LOAD, DB_NO_ARGS, out, error);
}

gboolean
storage_template_trust (const App *app, const char *doubt, GError **error)
{
    return db_exec (app->db, SQL_TRUST, DB_ARGS (db_text (doubt)), NULL, error);
}
