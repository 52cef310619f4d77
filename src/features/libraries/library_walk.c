/* library_walk.c -- the files of a folder tree, and what the file system says of one
 *
 * Links to files and folders are followed, as people arrange their photos by them, but not into the
 * media folder: whoever may write to a library's folder could show what belongs to others. */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "media/layout.h"
#include "media/media_type.h"

#define MAX_DEPTH 100

typedef struct {
    dev_t device;
    ino_t inode;
} FolderId;

typedef struct {
    const LibraryWalk *walk;
    FolderId media;
    FolderId open[MAX_DEPTH]; /* the folder that is read, and those it lies in */
    GHashTable *linked;       /* of FolderId: those reached by a link, entered once */
    GString *path;
    guint64 n_files;
} Walker;

static guint
folder_hash (gconstpointer key)
{
    const FolderId *self = key;
    guint64 mixed = (guint64) self->inode * 31 + (guint64) self->device;

    return g_int64_hash (&mixed);
}

static gboolean
folder_equal (gconstpointer a, gconstpointer b)
{
    const FolderId *one = a, *two = b;

    return one->inode == two->inode && one->device == two->device;
}

static gboolean
leads_into_media (const char *media_location, const char *path)
{
    g_autofree char *real = realpath (path, NULL);

    return real == NULL || layout_holds (media_location, real);
}

/* Whether a folder that was just opened is to be read: not one that it lies in, nor the media folder. */
static gboolean
may_enter (Walker *self, guint depth, const FolderId *id, gboolean by_link)
{
    if (folder_equal (id, &self->media))
        return FALSE;
    for (guint i = 0; i < depth; i++)
        if (folder_equal (id, &self->open[i]))
            return FALSE;
    return !by_link || g_hash_table_add (self->linked, g_memdup2 (id, sizeof *id));
}

static gboolean walk_folder (Walker *self, guint depth, gboolean by_link, GError **error);

static gboolean
walk_entry (Walker *self, int folder, const struct dirent *entry, guint depth, GError **error)
{
    const LibraryWalk *walk = self->walk;
    gboolean is_link = entry->d_type == DT_LNK;
    const MediaType *type = media_type_find (entry->d_name);
    struct stat facts = { 0 };

    if (entry->d_type == DT_UNKNOWN &&
        fstatat (folder, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0)
        is_link = S_ISLNK (facts.st_mode);
    if (is_link || entry->d_type == DT_UNKNOWN) {
        if (fstatat (folder, entry->d_name, &facts, 0) != 0)
            return TRUE; /* a link to nowhere, or gone meanwhile */
    } else {
        facts.st_mode = entry->d_type == DT_DIR ? S_IFDIR : entry->d_type == DT_REG ? S_IFREG : 0;
    }
    if (is_link && leads_into_media (walk->media_location, self->path->str)) {
        g_warning ("the link '%s' leads into the media folder, passed over", self->path->str);
        return TRUE;
    }
    if (S_ISDIR (facts.st_mode) && is_link && walk->out_has_link != NULL) {
        *walk->out_has_link = TRUE;
        return TRUE;
    }
    if (S_ISDIR (facts.st_mode))
        return walk_folder (self, depth + 1, is_link, error);
    if (!S_ISREG (facts.st_mode) || type == NULL || type->kind == MEDIA_SIDECAR ||
        library_patterns_match (walk->patterns, self->path->str))
        return TRUE;
    self->n_files++;
    return walk->found == NULL || walk->found (self->path->str, walk->data, error);
}

static gboolean
walk_entries (Walker *self, DIR *folder, guint depth, GError **error)
{
    const LibraryWalk *walk = self->walk;
    gsize n_bytes = self->path->len;
    const struct dirent *entry;

    while ((errno = 0, entry = readdir (folder)) != NULL) {
        gboolean ok;

        if (walk->is_stopping != NULL && walk->is_stopping (walk->data)) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                                 "the server stops; the scan begins again with it");
            return FALSE;
        }
        if (entry->d_name[0] == '.')
            continue;
        if (!g_utf8_validate (entry->d_name, -1, NULL) ||
            n_bytes + strlen (entry->d_name) + 1 > LIBRARY_MAX_PATH_BYTES) {
            g_warning ("a name in '%s' is too long or not UTF-8, passed over", self->path->str);
            continue;
        }
        if (self->path->str[n_bytes - 1] != '/')
            g_string_append_c (self->path, '/');
        g_string_append (self->path, entry->d_name);
        ok = walk_entry (self, dirfd (folder), entry, depth, error);
        g_string_truncate (self->path, n_bytes);
        if (!ok)
            return FALSE;
    }
    if (errno != 0)
        g_warning ("cannot read all of the folder '%s': %s", self->path->str, g_strerror (errno));
    return TRUE;
}

static gboolean
walk_folder (Walker *self, guint depth, gboolean by_link, GError **error)
{
    struct stat facts;
    FolderId id;
    gboolean ok = TRUE;
    DIR *folder;

    if (depth >= MAX_DEPTH) {
        g_warning ("the folder '%s' lies too deep, passed over", self->path->str);
        return TRUE;
    }
    if (library_patterns_match_folder (self->walk->patterns, self->path->str))
        return TRUE;
    folder = opendir (self->path->str);
    if (folder == NULL) {
        g_warning ("cannot read the folder '%s': %s, passed over", self->path->str,
                   g_strerror (errno));
        return TRUE;
    }
    if (fstat (dirfd (folder), &facts) == 0) {
        id = (FolderId){ facts.st_dev, facts.st_ino };
        if (may_enter (self, depth, &id, by_link)) {
            self->open[depth] = id;
            ok = (self->walk->entered == NULL ||
                  self->walk->entered (self->path->str, self->walk->data, error)) &&
                 walk_entries (self, folder, depth, error);
        }
    }
    closedir (folder);
    return ok;
}

gboolean
library_walk (const LibraryWalk *self, const char *folder, guint64 *out_n_files, GError **error)
{
    g_autoptr (GHashTable) linked = g_hash_table_new_full (folder_hash, folder_equal, g_free, NULL);
    g_autoptr (GString) path = g_string_new (folder);
    g_autofree Walker *walker = g_new0 (Walker, 1);
    struct stat media;
    gboolean ok;

    *walker = (Walker){ .walk = self, .linked = linked, .path = path };
    if (stat (self->media_location, &media) == 0)
        walker->media = (FolderId){ media.st_dev, media.st_ino };
    ok = walk_folder (walker, 0, FALSE, error);
    *out_n_files = walker->n_files;
    return ok;
}

/* ---- one file ---- */

gboolean
library_stat (const char *media_location, const char *path, struct stat *out)
{
    if (lstat (path, out) != 0)
        return FALSE;
    if (S_ISLNK (out->st_mode)) {
        if (stat (path, out) != 0) {
            if (errno == ENOENT || errno == ENOTDIR)
                errno = ENOLINK; /* what it leads to may be on a disk that is away */
            return FALSE;
        }
        if (leads_into_media (media_location, path)) {
            errno = ENOENT;
            return FALSE;
        }
    }
    if (!S_ISREG (out->st_mode)) {
        errno = ENOENT;
        return FALSE;
    }
    return access (path, R_OK) == 0;
}

gint64
library_modified_ms (const struct stat *file)
{
    return (gint64) file->st_mtim.tv_sec * 1000 + file->st_mtim.tv_nsec / 1000000;
}

static gboolean
is_empty (DIR *folder)
{
    const struct dirent *entry;

    while ((entry = readdir (folder)) != NULL)
        if (entry->d_name[0] != '.')
            return FALSE;
    return TRUE;
}

/* Whether there is no such folder; one behind a link may be on a disk that is away. */
static gboolean
is_missing (const char *path)
{
    int fault = errno;
    struct stat facts;
    gboolean is_link = lstat (path, &facts) == 0 && S_ISLNK (facts.st_mode);

    errno = fault;
    return (fault == ENOENT || fault == ENOTDIR) && !is_link;
}

gboolean
library_check_folder (Arena *arena, const char *root, const char *path, const char **out_missing,
                      GError **error)
{
    char *at = arena_strdup (arena, path);
    DIR *folder = NULL;
    gboolean ok;
    gsize n;

    /* the nearest one that is there */
    do {
        char *slash = strrchr (at, '/');

        if (slash == NULL || slash == at)
            break;
        *slash = '\0';
        folder = opendir (at);
    } while (folder == NULL && is_missing (at) && strcmp (at, root) != 0);
    if (folder == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the folder '%s' cannot be read: %s", at,
                     g_strerror (errno));
        return FALSE;
    }
    ok = !is_empty (folder);
    closedir (folder);
    if (!ok) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO,
                     "the folder '%s' is empty, though photos of the library lay in it", at);
        return FALSE;
    }
    n = strlen (at);
    n += 1 + strlen (at + n + 1); /* with the name that followed */
    *out_missing = path[n] == '/' ? arena_printf (arena, "%.*s", (int) n, path) : NULL;
    return TRUE;
}
