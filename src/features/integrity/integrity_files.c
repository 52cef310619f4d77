/* integrity_files.c -- looking at the files of the media folder */
#define G_LOG_DOMAIN "integrity"
#include "features/integrity/integrity_private.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "media/layout.h"

#define CHUNK_BYTES (1024 * 1024)
#define JUST_CAME_S 10
#define PAUSED "; the check is paused, and nothing was reported or changed. "

static const char *const folders[] = { "encoded-video", "library", "upload", "thumbs" };

const char *
integrity_folder_of (Arena *arena, const char *path)
{
    static const char *const roots[] = { "library/", "upload/" };

    for (gsize i = 0; i < G_N_ELEMENTS (roots); i++)
        if (g_str_has_prefix (path, roots[i])) {
            const char *name = path + strlen (roots[i]);

            return arena_printf (arena, "%.*s", (int) strcspn (name, "/"), name);
        }
    return NULL;
}

static gboolean
set_unsure (GError **error, const char *path)
{
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "cannot read '%s': %s" PAUSED
                 "Look whether its disk is well and its folder may be "
                 "read",
                 path, g_strerror (errno));
    return FALSE;
}

gboolean
integrity_check_folders (const App *app, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
        if (!layout_check_volume (app->media_location, folders[i], error)) {
            g_prefix_error_literal (error, "the check is paused, and nothing was reported or "
                                           "changed: ");
            return FALSE;
        }
    return TRUE;
}

gboolean
integrity_exists (const App *app, const char *path, gboolean *out, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *absolute = layout_absolute (arena, app->media_location, path);
    struct stat facts;

    *out = stat (absolute, &facts) == 0;
    return *out || errno == ENOENT || errno == ENOTDIR || set_unsure (error, absolute);
}

/* A disk that cannot give the bytes back any more has lost them: that is what a check is to find. */
static gboolean
hash_fd (const App *app, int fd, const char *path, guint8 out[20], GError **error)
{
    g_autofree guint8 *chunk = g_malloc (CHUNK_BYTES);
    EVP_MD_CTX *digest = EVP_MD_CTX_new ();
    gboolean is_stopped = FALSE;
    ssize_t n = 0;

    EVP_DigestInit_ex (digest, EVP_sha1 (), NULL);
    posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    while (!is_stopped && (n = read (fd, chunk, CHUNK_BYTES)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        EVP_DigestUpdate (digest, chunk, (gsize) n);
        is_stopped = jobs_is_stopping (app->jobs);
    }
    if (n < 0) {
        g_warning ("cannot read '%s': %s, it counts as changed", path, g_strerror (errno));
        memset (out, 0, 20);
    } else
        EVP_DigestFinal_ex (digest, out, NULL);
    EVP_MD_CTX_free (digest);
    posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED); /* what is served often shall stay in memory */
    if (is_stopped)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "the server stops");
    return !is_stopped;
}

gboolean
integrity_hash (const App *app, const char *path, guint8 out[20], gboolean *out_found,
                GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *absolute = layout_absolute (arena, app->media_location, path);
    int fd = layout_open (absolute);
    gboolean ok;

    *out_found = fd >= 0;
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || set_unsure (error, absolute);
    ok = hash_fd (app, fd, absolute, out, error);
    close (fd);
    return ok;
}

/* ---- walking ---- */

/* A file lies in its place before the row that knows it is committed; not so below library/. */
static gboolean
just_came (const FTSENT *entry)
{
    return g_get_real_time () / G_USEC_PER_SEC - entry->fts_statp->st_ctime < JUST_CAME_S;
}

typedef gboolean (*EachFile) (gpointer data, const char *path, GError **error);

typedef struct {
    const App *app;
    gboolean with_new; /* files that just came, too */
    const char *after; /* those behind it, in the order of names; NULL: all, in any order */
    EachFile each;
    gpointer data;
} Visit;

static int
compare_names (const FTSENT **a, const FTSENT **b)
{
    return strcmp ((*a)->fts_name, (*b)->fts_name);
}

/* The end of a path and the slash come before all that names hold: so a folder is followed by what is in it. */
static guint
rank (char c)
{
    return c == '\0' ? 0 : c == '/' ? 1 : 1 + (guint) (guchar) c;
}

/* Whether it was visited, when @after was: in the order of compare_names (). */
static gboolean
is_done (const Visit *self, const char *path, gboolean is_folder)
{
    const char *a = path, *b = self->after;

    if (b == NULL)
        return FALSE;
    for (; *a != '\0' && *a == *b; a++)
        b++;
    if (is_folder && *a == '\0' && *b == '/')
        return FALSE;
    return rank (*a) <= rank (*b);
}

static gboolean
visit (const Visit *self, FTS *tree, FTSENT *entry, GError **error)
{
    const char *path = entry->fts_path + strlen (self->app->media_location) + 1;
    gboolean is_hidden = entry->fts_level > 0 && *entry->fts_name == '.';

    switch (entry->fts_info) {
    case FTS_D:
        if (is_hidden || is_done (self, path, TRUE))
            fts_set (tree, entry, FTS_SKIP);
        return TRUE;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        errno = entry->fts_errno;
        return errno == ENOENT || set_unsure (error, entry->fts_path); /* it went meanwhile */
    case FTS_F:
        if (is_hidden || (!self->with_new && just_came (entry)) || is_done (self, path, FALSE))
            return TRUE;
        return self->each (self->data, path, error);
    default: /* links, sockets: nothing that this program puts there */
        return TRUE;
    }
}

static gboolean
walk (const Visit *self, const char *const *names, gsize n_names, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    char **roots = arena_new_array (arena, char *, n_names + 1);
    FTSENT *entry;
    gboolean ok = TRUE;
    FTS *tree;

    for (gsize i = 0; i < n_names; i++)
        roots[i] = arena_printf (arena, "%s/%s", self->app->media_location, names[i]);
    roots[n_names] = NULL;
    tree = fts_open (roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW,
                     self->after != NULL ? compare_names : NULL);
    if (tree == NULL)
        return set_unsure (error, self->app->media_location);
    while (ok && (entry = fts_read (tree)) != NULL) {
        ok = visit (self, tree, entry, error);
        if (ok && jobs_is_stopping (self->app->jobs)) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "the server stops");
            ok = FALSE;
        }
    }
    fts_close (tree);
    return ok;
}

gboolean
integrity_walk (const App *app, EachFile each, gpointer data, GError **error)
{
    Visit visit = { .app = app, .each = each, .data = data };

    return walk (&visit, folders, G_N_ELEMENTS (folders), error);
}

gboolean
integrity_walk_library (const App *app, const char *after, EachFile each, gpointer data,
                        GError **error)
{
    static const char *const library[] = { "library" };
    Visit visit = { .app = app, .with_new = TRUE, .after = after, .each = each, .data = data };

    return walk (&visit, library, G_N_ELEMENTS (library), error);
}
