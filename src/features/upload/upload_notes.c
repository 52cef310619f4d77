/* upload_notes.c -- which files are on the move, so that a crash leaves none behind; see upload.h
 *
 * <media>/upload/.moving/<random>/<asset id>_<owner id>_<file name>: all there is to know stands in the
 * names, which a file system's journal keeps in the order of what was done. A process locks its folder
 * for as long as it lives; the kernel lets go of the lock however the process ends. */
#define G_LOG_DOMAIN "upload"
#include "features/upload/upload_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/uuid.h"
#include "media/layout.h"

#define UUID_BYTES (UUID_TEXT_BYTES - 1)

/* Of this process, locked until it ends. */
static char *notes_folder;

gboolean
upload_notes_open (const App *app, GError **error)
{
    g_autofree char *base = g_build_filename (app->media_location, "upload", ".moving", NULL);
    char *path = layout_claim_folder (base, error);

    if (path == NULL)
        return FALSE;
    g_free (notes_folder);
    notes_folder = path;
    return TRUE;
}

const char *
upload_note_write (Arena *arena, const char *from, const char *asset_id, const char *owner_id,
                   const char *file_name, GError **error)
{
    const char *path =
        arena_printf (arena, "%s/%s_%s_%s", notes_folder, asset_id, owner_id, file_name);
    int fd, why;

    /* a second name of the file costs less than a file of its own */
    if (link (from, path) == 0)
        return path;
    fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        why = errno;
        g_set_error (error, APP_ERROR,
                     why == ENOSPC || why == EDQUOT ? APP_ERROR_DISK_FULL : APP_ERROR_IO,
                     "cannot create '%s': %s", path, g_strerror (why));
        return NULL;
    }
    close (fd);
    return path;
}

/* ---- after a crash ---- */

typedef struct {
    char asset_id[UUID_TEXT_BYTES], owner_id[UUID_TEXT_BYTES];
    const char *file_name;
} Note;

/* Whatever else lies in the folder is no note and is left alone. */
static gboolean
read_note (const char *name, Note *out)
{
    char file_id[UUID_TEXT_BYTES];

    if (strlen (name) < 3 * UUID_BYTES + 2 || name[UUID_BYTES] != '_' ||
        name[2 * UUID_BYTES + 1] != '_')
        return FALSE;
    g_strlcpy (out->asset_id, name, sizeof out->asset_id);
    g_strlcpy (out->owner_id, name + UUID_BYTES + 1, sizeof out->owner_id);
    out->file_name = name + 2 * UUID_BYTES + 2;
    g_strlcpy (file_id, out->file_name, sizeof file_id);
    return uuid_is_v4 (out->asset_id) && uuid_is_v4 (out->owner_id) && uuid_is_v4 (file_id);
}

/* @return whether the note is settled */
static gboolean
sweep_note (App *app, const Note *note, guint *n_deleted)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    const char *id = arena_strndup (arena, note->file_name, UUID_BYTES);
    const char *stored = layout_upload (arena, note->owner_id, id, note->file_name + UUID_BYTES);
    const char *path = layout_absolute (arena, app->media_location, stored);
    gboolean is_known;

    /* a file that took the place of another is that other asset's, whatever became of the first */
    if (!upload_is_known (app->db, note->asset_id, stored, &is_known, &why)) {
        g_warning ("cannot look for the asset of '%s': %s, looking again at the next start", path,
                   why->message);
        return FALSE;
    }
    if (is_known || g_access (path, F_OK) != 0)
        return TRUE;
    g_message ("deleting '%s': its upload was interrupted and never answered", path);
    *n_deleted += layout_remove (path);
    return TRUE;
}

static guint
sweep_folder (App *app, const char *folder)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name;
    guint n_deleted = 0;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder, name, NULL);
        Note note;

        if (read_note (name, &note) && sweep_note (app, &note, &n_deleted))
            layout_remove (path);
    }
    if (rmdir (folder) != 0)
        g_warning ("'%s' is kept: %s", folder, g_strerror (errno));
    return n_deleted;
}

guint
upload_sweep (App *app)
{
    g_autofree char *base = g_build_filename (app->media_location, "upload", ".moving", NULL);
    g_autoptr (GDir) dir = g_dir_open (base, 0, NULL);
    const char *name;
    guint n_deleted = 0;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *folder = g_build_filename (base, name, NULL);
        int fd = layout_lock_folder (folder);

        if (fd < 0)
            continue;
        n_deleted += sweep_folder (app, folder);
        close (fd);
    }
    return n_deleted;
}
