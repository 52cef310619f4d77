/* storage_step.c -- whether the paths in the database are those of the files below library/
 *
 * Only there a path may be free, taken and free again. So each move is a step: it has a name, which the database
 * gets before the file moves, and the file of the lock after that. Who takes the lock compares the two. A database
 * that was restored from before a move, by us or by hand, does not know the name in the file, nor does one that is
 * newer than the files: then each path is looked at before it is trusted (storage_doubt.c), until the files were
 * compared with what is known of them. The database knows two names: that of the last step, and that which the file
 * had before it, which it still has when the step ended before it began. So nothing but a move writes the file, and a
 * full disk stops moves alone. */
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
storage_step_note (Db *tx, const StorageMoves *moves, GError **error)
{
    return save_step (tx, &(StorageStep){ .last = moves->step, .before = moves->step_before },
                      error);
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

gboolean
storage_step_read (const App *app, Arena *arena, const char **out, GError **error)
{
    g_autofree char *path = storage_lock_path (app);
    char *name = arena_alloc (arena, UUID_TEXT_BYTES);
    int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    ssize_t n = fd >= 0 ? pread (fd, name, NAME_BYTES, 0) : -1;

    if (n < 0)
        layout_set_io_error (error, "read", path);
    else
        name[n] = '\0';
    if (fd >= 0)
        close (fd);
    *out = n == NAME_BYTES && uuid_is_v4 (name) ? name : "";
    return n >= 0;
}

/* ---- both ---- */

static gboolean
run_doubt (Db *tx, gpointer data, GError **error)
{
    const StorageStep *step = data;
    g_autoptr (Arena) arena = arena_new ();

    return save_step (tx, step, error) && storage_doubt_begin (tx, arena, step->last, error) &&
           integrity_ask (tx, error);
}

gboolean
storage_step_check (const App *app, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *name;
    StorageStep step;

    if (!load_step (app->db, arena, &step, error) || !storage_step_read (app, arena, &name, error))
        return FALSE;
    if (strcmp (name, step.last) == 0 || strcmp (name, step.before) == 0)
        return TRUE;
    g_warning ("the database and the files below '%s/%s' are not of the same time, as after a "
               "backup of one of them was restored: they are compared now",
               app->media_location, STORAGE_FOLDER);
    step = (StorageStep){ .last = uuid_v4 (arena), .before = name };
    return db_write (app->db, run_doubt, &step, error);
}
