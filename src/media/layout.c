#define G_LOG_DOMAIN "media"

#include "media/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"

/* Of a volume; of a tiny one no more than a share. */
#define RESERVE_BYTES (64 * 1024 * 1024)
#define RESERVE_SHARE 32

/* Of this process. Interned: who reads it never sees it go. */
static const char *own_location;

static const char *const folders[] = { "encoded-video", "library", "upload",
                                       "profile",       "thumbs",  "backups" };

/* Two levels of folders by the first four characters of the name keep each folder small. */
static const char *
sharded (Arena *arena, const char *folder, const char *owner_id, const char *file_name)
{
    return arena_printf (arena, "%s/%s/%.2s/%.2s/%s", folder, owner_id, file_name, file_name + 2,
                         file_name);
}

const char *
layout_upload (Arena *arena, const char *owner_id, const char *file_id, const char *extension)
{
    return sharded (arena, "upload", owner_id, arena_printf (arena, "%s%s", file_id, extension));
}

const char *
layout_thumb (Arena *arena, const char *owner_id, const char *asset_id, const char *kind,
              const char *format)
{
    return sharded (arena, "thumbs", owner_id,
                    arena_printf (arena, "%s_%s.%s", asset_id, kind, format));
}

const char *
layout_person (Arena *arena, const char *owner_id, const char *person_id)
{
    return sharded (arena, "thumbs", owner_id, arena_printf (arena, "%s.jpeg", person_id));
}

const char *
layout_profile (Arena *arena, const char *user_id, const char *file_id, const char *format)
{
    return arena_printf (arena, "profile/%s/%s.%s", user_id, file_id, format);
}

const char *
layout_encoded_video (Arena *arena, const char *owner_id, const char *asset_id)
{
    return sharded (arena, "encoded-video", owner_id, arena_printf (arena, "%s.mp4", asset_id));
}

const char *
layout_motion_video (Arena *arena, const char *owner_id, const char *file_id)
{
    return sharded (arena, "encoded-video", owner_id, arena_printf (arena, "%s-MP.mp4", file_id));
}

StringList
layout_renditions (Arena *arena, const char *owner_id, const char *asset_id)
{
    static const char *const kinds[] = { "preview",        "thumbnail",        "fullsize",
                                         "preview_edited", "thumbnail_edited", "fullsize_edited" };
    static const char *const formats[] = { "jpeg", "webp" };
    StringList list = {
        arena_new_array (arena, const char *, G_N_ELEMENTS (kinds) * G_N_ELEMENTS (formats) + 1), 0
    };

    for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
        for (gsize k = 0; k < G_N_ELEMENTS (formats); k++)
            list.items[list.n++] = layout_thumb (arena, owner_id, asset_id, kinds[i], formats[k]);
    list.items[list.n++] = layout_encoded_video (arena, owner_id, asset_id);
    return list;
}

const char *
layout_absolute (Arena *arena, const char *media_location, const char *path)
{
    return *path == '/' ? path : arena_printf (arena, "%s/%s", media_location, path);
}

static gboolean
is_inside (const char *path, const char *folder)
{
    gsize n = strlen (folder);

    return strncmp (path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static gboolean
is_really_inside (const char *real_path, const char *folder)
{
    g_autofree char *real_folder = realpath (folder, NULL);

    return real_folder != NULL && is_inside (real_path, real_folder);
}

gboolean
layout_holds (const char *media_location, const char *real_path)
{
    gboolean holds = is_really_inside (real_path, media_location);

    for (gsize i = 0; !holds && i < G_N_ELEMENTS (folders); i++) {
        g_autofree char *folder = g_build_filename (media_location, folders[i], NULL);

        holds = is_really_inside (real_path, folder);
    }
    return holds;
}

/* By the open file, as a path may change its meaning between a look and the opening. */
static gboolean
may_read (const char *location, const char *path, int fd)
{
    g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
    g_autofree char *real_path = g_file_read_link (link, NULL);

    if (g_strcmp0 (real_path, path) == 0 ||
        (real_path != NULL && !layout_holds (location, real_path)))
        return TRUE;
    g_warning ("the link '%s' leads into the media folder, refused", path);
    return FALSE;
}

int
layout_open (const char *path)
{
    const char *location = g_atomic_pointer_get (&own_location);
    /* not blocking: a library may hold anything, and a FIFO waits for its other end */
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 || location == NULL || is_inside (path, location) || may_read (location, path, fd))
        return fd;
    close (fd);
    errno = ENOENT;
    return -1;
}

const char *
layout_extension (Arena *arena, const char *file_name)
{
    const char *dot = strrchr (file_name, '.');
    gsize n = 1;

    if (dot == NULL)
        return "";
    while (g_ascii_isalnum (dot[n]))
        n++;
    return dot[n] == '\0' && n > 1 && n <= 17 ? arena_strdup (arena, dot) : "";
}

static int
no_room_or (int why, AppErrorCode otherwise)
{
    return why == ENOSPC || why == EDQUOT ? APP_ERROR_DISK_FULL : (int) otherwise;
}

static gboolean
write_marker (const char *path, GError **error)
{
    char text[24];
    int fd = g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    gsize n = (gsize) g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, timestamp_now_ms ());
    /* in this order, or a full disk would leave it empty */
    gboolean ok = fd >= 0 && write (fd, text, n) == (ssize_t) n && ftruncate (fd, (off_t) n) == 0 &&
                  fsync (fd) == 0;
    int why = errno;

    if (fd >= 0)
        close (fd);
    if (!ok)
        g_set_error (error, APP_ERROR, no_room_or (why, APP_ERROR_CONFIG),
                     "Failed to write '%s': %s. Is the volume mounted and writable for this user?",
                     path, g_strerror (why));
    return ok;
}

/* A volume that is full is there all the same, and people may want to sign in to delete something. */
static gboolean
check_marker (const char *folder, gboolean remembered, GError **error)
{
    g_autofree char *path = g_build_filename (folder, ".immich", NULL);
    g_autoptr (GError) why = NULL;

    if (remembered && g_access (path, R_OK) != 0) {
        g_set_error (
            error, APP_ERROR, APP_ERROR_CONFIG,
            "Failed to read '%s': %s. It was there before, so a volume may not be mounted; "
            "mount it, or set IMMICH_IGNORE_MOUNT_CHECK_ERRORS=true to go on without",
            path, g_strerror (errno));
        return FALSE;
    }
    if (write_marker (path, &why))
        return TRUE;
    if (remembered && g_error_matches (why, APP_ERROR, APP_ERROR_DISK_FULL)) {
        g_warning ("%s, going on", why->message);
        return TRUE;
    }
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

gboolean
layout_check_volume (const char *media_location, const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename (media_location, folder, ".immich", NULL);

    if (g_access (path, R_OK) == 0)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "the marker '%s' cannot be read: %s. If a volume is not mounted, mount it", path,
                 g_strerror (errno));
    return FALSE;
}

gboolean
layout_prepare (const char *media_location, gboolean remembered, gboolean ignore_errors,
                GError **error)
{
    g_autofree char *temporary = g_build_filename (media_location, "upload", ".tmp", NULL);

    g_atomic_pointer_set (&own_location, g_intern_string (media_location));
    for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
        g_autofree char *folder = g_build_filename (media_location, folders[i], NULL);
        g_autoptr (GError) cannot = NULL;
        g_autoptr (GError) why = NULL;

        if (!remembered && !layout_make_folder (folder, &cannot))
            g_set_error (&why, APP_ERROR, APP_ERROR_CONFIG,
                         "%s. Set IMMICH_MEDIA_LOCATION to a folder that this user may write",
                         cannot->message);
        else
            check_marker (folder, remembered, &why);
        if (why != NULL && !ignore_errors) {
            g_propagate_error (error, g_steal_pointer (&why));
            return FALSE;
        }
        if (why != NULL)
            g_warning ("%s, ignored", why->message);
    }
    if (g_mkdir_with_parents (temporary, 0700) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "Failed to create '%s': %s", temporary,
                     g_strerror (errno));
        return FALSE;
    }
    return TRUE;
}

/* Delete the folder @path and the plain files in it. */
static void
remove_folder (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *file = g_build_filename (path, name, NULL);

        layout_remove (file);
    }
    if (rmdir (path) != 0)
        g_warning ("cannot delete '%s': %s, skipping", path, g_strerror (errno));
}

/* Who makes a folder and locks it holds the one around it, and so does who looks for folders without a lock:
 * none is swept before it is locked. @return a descriptor; -1 where there is no lock to be had */
static int
hold_folder (const char *path)
{
    int fd = g_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    while (fd >= 0 && flock (fd, LOCK_EX) != 0)
        if (errno != EINTR) {
            close (fd);
            fd = -1;
        }
    return fd;
}

static int
lock_folder (const char *path)
{
    int fd = g_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    struct stat locked, there;

    if (fd < 0)
        return -1;
    /* whoever sweeps may have removed it between open () and flock () */
    if (flock (fd, LOCK_EX | LOCK_NB) == 0 && fstat (fd, &locked) == 0 &&
        stat (path, &there) == 0 && locked.st_ino == there.st_ino && locked.st_dev == there.st_dev)
        return fd;
    close (fd);
    return -1;
}

int
layout_lock_folder (const char *path)
{
    g_autofree char *base = g_path_get_dirname (path);
    int held = hold_folder (base);
    int fd = lock_folder (path);

    if (held >= 0)
        close (held);
    return fd;
}

char *
layout_claim_folder (const char *base, GError **error)
{
    char id[UUID_TEXT_BYTES];
    g_autofree char *mine = NULL;
    gboolean is_made;
    int held, why;

    uuid_v4_text (id);
    mine = g_build_filename (base, id, NULL);
    is_made = g_mkdir_with_parents (base, 0700) == 0;
    held = is_made ? hold_folder (base) : -1;
    /* the descriptor stays open until the process ends, and with it the lock */
    is_made = is_made && g_mkdir (mine, 0700) == 0 && lock_folder (mine) >= 0;
    why = errno;
    if (held >= 0)
        close (held);
    if (is_made)
        return g_steal_pointer (&mine);
    g_set_error (error, APP_ERROR, no_room_or (why, APP_ERROR_CONFIG),
                 "Failed to create and lock a folder in '%s': %s. Uploads need a folder that this "
                 "user may write",
                 base, g_strerror (why));
    return NULL;
}

char *
layout_claim_temporary (const char *media_location, GError **error)
{
    g_autofree char *base = g_build_filename (media_location, "upload", ".tmp", NULL);
    g_autoptr (GDir) dir = g_dir_open (base, 0, NULL);
    g_autoptr (GError) why = NULL;
    const char *name;
    char *mine;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (base, name, NULL);
        /* what else there is may be of a server that lives and found no room for a folder of its own */
        int fd = uuid_is_v4 (name) ? layout_lock_folder (path) : -1;

        if (fd < 0)
            continue;
        remove_folder (path);
        close (fd);
    }
    mine = layout_claim_folder (base, &why);
    if (mine != NULL)
        return mine;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_DISK_FULL)) {
        g_warning ("%s. Make room on the disk; going on without a folder of our own", why->message);
        return g_steal_pointer (&base);
    }
    g_propagate_error (error, g_steal_pointer (&why));
    return NULL;
}

void
layout_leave_temporary (const char *folder)
{
    g_autofree char *name = g_path_get_basename (folder);

    if (uuid_is_v4 (name))
        remove_folder (folder);
}

gboolean
layout_set_io_error (GError **error, const char *what, const char *path)
{
    int why = errno;

    g_set_error (error, APP_ERROR, no_room_or (why, APP_ERROR_IO), "cannot %s '%s': %s", what, path,
                 g_strerror (why));
    return FALSE;
}

gboolean
layout_check_room (const char *path, gint64 n_bytes, GError **error)
{
    struct statvfs disk;
    guint64 reserve;

    /* some file systems do not say how large they are */
    if (statvfs (path, &disk) != 0 || disk.f_blocks == 0)
        return TRUE;
    reserve = MIN (RESERVE_BYTES, (guint64) disk.f_blocks * disk.f_frsize / RESERVE_SHARE);
    if ((guint64) disk.f_bavail * disk.f_frsize >= reserve + (guint64) n_bytes)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_DISK_FULL,
                 "the disk of '%s' is full: what is left is kept free for the database, so that "
                 "something can be deleted",
                 path);
    return FALSE;
}

gboolean
layout_sync_folder (const char *path, GError **error)
{
    int fd = g_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    gboolean ok = fd >= 0 && fsync (fd) == 0;

    if (!ok)
        layout_set_io_error (error, "sync the folder", path);
    if (fd >= 0)
        close (fd);
    return ok;
}

/* Folders that were made here and are not known to be on the disk yet. Who finds one that another thread
 * has just made must not take it for durable. */
static struct {
    GMutex lock;
    GHashTable *paths;
} unsynced;

/* Make @path unless it is there. @return 0 or an errno */
static int
make_one (const char *path, gboolean *out_is_unsynced)
{
    int why = 0;

    g_mutex_lock (&unsynced.lock);
    if (unsynced.paths == NULL)
        unsynced.paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    if (g_mkdir (path, 0755) == 0)
        g_hash_table_add (unsynced.paths, g_strdup (path));
    else if (errno != EEXIST)
        why = errno;
    *out_is_unsynced = g_hash_table_contains (unsynced.paths, path);
    g_mutex_unlock (&unsynced.lock);
    return why;
}

/* Make @path and its missing parents. *@out_n: how many are to be synced, counted from @path up. */
static gboolean
make_folders (const char *path, guint *out_n, GError **error)
{
    g_autofree char *parent = g_path_get_dirname (path);
    gboolean is_unsynced;
    int why = make_one (path, &is_unsynced);

    *out_n = 0;
    if (why == ENOENT || is_unsynced) {
        if (!make_folders (parent, out_n, error))
            return FALSE;
        if (why == ENOENT)
            why = make_one (path, &is_unsynced);
    }
    if (why != 0) {
        errno = why;
        return layout_set_io_error (error, "create the folder", path);
    }
    *out_n = is_unsynced ? *out_n + 1 : 0;
    return TRUE;
}

/* Make an entry of @folder durable, and @folder itself and those above it that are not yet. */
static gboolean
sync_folders (const char *folder, guint n_unsynced, GError **error)
{
    g_autofree char *above = NULL;

    if (!layout_sync_folder (folder, error))
        return FALSE;
    if (n_unsynced == 0)
        return TRUE;
    above = g_path_get_dirname (folder);
    if (!sync_folders (above, n_unsynced - 1, error))
        return FALSE;
    g_mutex_lock (&unsynced.lock);
    g_hash_table_remove (unsynced.paths, folder);
    g_mutex_unlock (&unsynced.lock);
    return TRUE;
}

gboolean
layout_make_folder (const char *path, GError **error)
{
    guint n_unsynced = 0;

    return make_folders (path, &n_unsynced, error) && sync_folders (path, n_unsynced, error);
}

/* The folders are synced after the file and the rename: the journal of a file system then takes all of
 * it in one or two commits instead of one for each folder. */
gboolean
layout_move_in (int fd, const char *from, const char *to, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (to);
    guint n_unsynced = 0;

    if (!make_folders (folder, &n_unsynced, error))
        return FALSE;
    if (fsync (fd) != 0)
        return layout_set_io_error (error, "sync", from);
    if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        /* a file system without RENAME_NOREPLACE: a link never replaces either */
        if (errno != EINVAL || link (from, to) != 0)
            return layout_set_io_error (error, "move a file to", to);
        unlink (from);
    }
    if (!sync_folders (folder, n_unsynced, error)) {
        unlink (to);
        return FALSE;
    }
    return TRUE;
}

int
layout_new_beside (Arena *arena, const char *path, const char **out_temporary, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    g_autofree char *name = g_path_get_basename (path);
    int fd;

    if (!layout_make_folder (folder, error))
        return -1;
    *out_temporary = arena_printf (arena, "%s/.%s.tmp", folder, name);
    fd = g_open (*out_temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        layout_set_io_error (error, "make", *out_temporary);
    return fd;
}

gboolean
layout_delete (const char *path, GError **error)
{
    return unlink (path) == 0 || errno == ENOENT || layout_set_io_error (error, "delete", path);
}

gboolean
layout_remove (const char *path)
{
    g_autoptr (GError) why = NULL;

    if (layout_delete (path, &why))
        return TRUE;
    g_warning ("%s, skipping", why->message);
    return FALSE;
}
