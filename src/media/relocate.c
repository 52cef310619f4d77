#define G_LOG_DOMAIN "media"

#include "media/relocate.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "media/layout.h"

#define CHUNK_BYTES (1024 * 1024)
#define MAX_DEPTH 64

int
relocate_lock (const char *path, gboolean waits, GError **error)
{
    int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644), done = -1;

    while (fd >= 0 && (done = flock (fd, waits ? LOCK_EX : LOCK_EX | LOCK_NB)) != 0 &&
           errno == EINTR)
        ;
    if (done == 0)
        return fd;
    layout_set_io_error (error, "lock", path);
    if (fd >= 0)
        close (fd);
    return -1;
}

/* ---- reading ---- */

/* A plain file, never through a link. */
static int
open_plain (const char *path, struct stat *out, GError **error)
{
    int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0);

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND, "there is no file '%s'", path);
        return -1;
    }
    if (fd < 0 || fstat (fd, out) != 0) {
        layout_set_io_error (error, "open", path);
    } else if (!S_ISREG (out->st_mode)) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "'%s' is not a regular file", path);
    } else {
        return fd;
    }
    if (fd >= 0)
        close (fd);
    return -1;
}

/* Hash @fd from its begin; with @out_fd write it there. */
static gboolean
read_through (int fd, const char *path, int out_fd, const char *out_path, FileContent *out,
              GError **error)
{
    g_autofree guint8 *bytes = g_malloc (CHUNK_BYTES);
    g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
    gsize n_sha1 = sizeof out->sha1;
    gssize n;

    out->size_bytes = 0;
    while ((n = pread (fd, bytes, CHUNK_BYTES, out->size_bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return layout_set_io_error (error, "read", path);
        for (gssize at = 0, w; out_fd >= 0 && at < n; at += MAX (w, 0))
            if ((w = write (out_fd, bytes + at, (gsize) (n - at))) < 0 && errno != EINTR)
                return layout_set_io_error (error, "write", out_path);
        g_checksum_update (sum, bytes, n);
        out->size_bytes += n;
    }
    g_checksum_get_digest (sum, out->sha1, &n_sha1);
    return TRUE;
}

static gboolean
is_equal (const FileContent *a, const FileContent *b)
{
    return a->size_bytes == b->size_bytes && memcmp (a->sha1, b->sha1, sizeof a->sha1) == 0;
}

gboolean
relocate_read (const char *path, FileContent *out, GError **error)
{
    struct stat facts;
    int fd = open_plain (path, &facts, error);
    gboolean ok = fd >= 0 && read_through (fd, path, -1, NULL, out, error);

    if (fd >= 0)
        close (fd);
    return ok;
}

gboolean
relocate_holds (const char *path, const FileContent *what)
{
    struct stat facts;
    FileContent found;

    return lstat (path, &facts) == 0 && S_ISREG (facts.st_mode) &&
           facts.st_size == what->size_bytes && relocate_read (path, &found, NULL) &&
           is_equal (&found, what);
}

gboolean
relocate_is_copy (const char *path, const char *other, const FileContent *what)
{
    struct stat a, b;

    if (lstat (path, &a) == 0 && lstat (other, &b) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino)
        return TRUE;
    return relocate_holds (path, what);
}

/* ---- placing ---- */

char *
relocate_temporary (const char *to)
{
    g_autofree char *folder = g_path_get_dirname (to);
    g_autofree char *name = g_path_get_basename (to);

    return g_strdup_printf ("%s/.%s.tmp", folder, name); /* as layout_new_beside () has it */
}

static gboolean
check_content (const char *path, const FileContent *found, const FileContent *wanted,
               GError **error)
{
    if (is_equal (found, wanted))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                 "'%s' is not what was stored (its size or SHA-1 differs): it is not moved. "
                 "Compare it with a backup",
                 path);
    return FALSE;
}

static gboolean
verify_copy (const char *path, int fd, const FileContent *what, GError **error)
{
    FileContent written;

    posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED); /* from the disk, not from memory */
    return read_through (fd, path, -1, NULL, &written, error) &&
           check_content (path, &written, what, error);
}

static gboolean
fill_copy (int from_fd, const char *from, const struct stat *facts, int fd, const char *temporary,
           const FileContent *what, gboolean verify, GError **error)
{
    const struct timespec times[2] = { facts->st_atim, facts->st_mtim };
    FileContent found;

    if (!read_through (from_fd, from, fd, temporary, &found, error) ||
        !check_content (from, &found, what, error))
        return FALSE;
    if (fsync (fd) != 0)
        return layout_set_io_error (error, "sync", temporary);
    if (futimens (fd, times) != 0 || fchmod (fd, facts->st_mode & 0777) != 0)
        g_debug ("cannot set times and mode of '%s': %s", temporary, g_strerror (errno));
    return !verify || verify_copy (temporary, fd, what, error);
}

static gboolean
copy (int from_fd, const char *from, const struct stat *facts, const char *to,
      const FileContent *what, gboolean verify, GError **error)
{
    g_autofree char *temporary = relocate_temporary (to);
    gboolean ok = FALSE;
    int fd;

    layout_remove (temporary);
    fd = g_open (temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return layout_set_io_error (error, "make", temporary);
    ok = fill_copy (from_fd, from, facts, fd, temporary, what, verify, error) &&
         layout_move_in (fd, temporary, to, error);
    close (fd);
    if (!ok)
        layout_remove (temporary);
    return ok;
}

gboolean
relocate_place (const char *from, const char *to, const FileContent *what, gboolean verify,
                GError **error)
{
    g_autofree char *folder = g_path_get_dirname (to);
    struct stat facts;
    gboolean ok;
    int fd = open_plain (from, &facts, error);

    if (fd < 0)
        return FALSE;
    ok = layout_make_folder (folder, error);
    if (ok &&
        (link (from, to) == 0 || (errno != EXDEV && errno != EEXIST &&
                                  renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)))
        ok = layout_sync_folder (folder, error);
    else if (ok && (errno == EXDEV || errno == EMLINK || errno == EPERM))
        ok = copy (fd, from, &facts, to, what, verify, error);
    else if (ok)
        ok = layout_set_io_error (error, "move a file to", to);
    close (fd);
    return ok;
}

/* ---- what is left ---- */

gboolean
relocate_drop (const char *path, const char *keep_folder, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    g_autofree char *inside = g_strconcat (keep_folder, "/", NULL);

    if (unlink (path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return layout_set_io_error (error, "delete", path);
    if (g_access (folder, F_OK) == 0 && !layout_sync_folder (folder, error))
        return FALSE;
    while (g_str_has_prefix (folder, inside) && rmdir (folder) == 0) {
        char *above = g_path_get_dirname (folder);

        g_free (folder);
        folder = above;
    }
    return TRUE;
}

static void
sweep (const char *folder, guint depth)
{
    g_autoptr (GDir) dir = depth < MAX_DEPTH ? g_dir_open (folder, 0, NULL) : NULL;
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder, name, NULL);
        struct stat facts;

        if (lstat (path, &facts) != 0 || !S_ISDIR (facts.st_mode))
            continue;
        sweep (path, depth + 1);
        rmdir (path); /* fails when there is something in it: then it stays */
    }
}

void
relocate_sweep_folders (const char *folder)
{
    sweep (folder, 0);
}
