#define G_LOG_DOMAIN "media"

#include "media/sidecar.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "media/layout.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

static gint64
in_ms (struct timespec moment)
{
    return (gint64) moment.tv_sec * 1000 + moment.tv_nsec / 1000000;
}

/* Whether it can be read, as whoever reads it will open it. */
static gboolean
is_readable_file (const char *path, struct stat *out)
{
    int fd = layout_open (path);
    gboolean ok = fd >= 0 && fstat (fd, out) == 0 && S_ISREG (out->st_mode);

    if (fd >= 0)
        close (fd);
    return ok;
}

const char *
media_find_sidecar (Arena *arena, const char *original, const char *recorded,
                    gint64 *out_changed_ms)
{
    const char *name = strrchr (original, '/'), *dot = strrchr (original, '.');
    gsize n_stem = dot != NULL && dot > name ? (gsize) (dot - original) : strlen (original);
    const char *const candidates[] = {
        recorded,
        arena_printf (arena, "%s.xmp", original),
        arena_printf (arena, "%.*s.xmp", (int) n_stem, original),
    };
    struct stat facts;

    for (gsize i = 0; i < G_N_ELEMENTS (candidates); i++)
        if (candidates[i] != NULL && is_readable_file (candidates[i], &facts)) {
            if (out_changed_ms != NULL)
                *out_changed_ms = MAX (in_ms (facts.st_mtim), in_ms (facts.st_ctim));
            return candidates[i];
        }
    return NULL;
}

static gboolean
read_names (const char *reply, Arena *arena, StringList *out, GError **error)
{
    g_autoptr (json_t) json = json_loads (reply, 0, NULL);
    const json_t *names = json_object_get (json, "written");
    gsize i;
    json_t *name;

    if (!json_is_array (names)) {
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "the worker gave an answer that makes no sense");
        return FALSE;
    }
    *out =
        (StringList){ arena_new_array (arena, const char *, MAX (json_array_size (names), 1)), 0 };
    json_array_foreach (names, i, name)
    {
        if (json_is_string (name))
            out->items[out->n++] = arena_strdup (arena, json_string_value (name));
    }
    return TRUE;
}

gboolean
media_write_sidecar (WorkerPool *pool, const char *path, const char *tags_json, int out_fd,
                     Arena *arena, StringList *out_names, GError **error)
{
    g_autofree char *request = g_strdup_printf ("{\"op\":\"sidecar\",\"existing\":%s,\"tags\":%s}",
                                                path != NULL ? "true" : "false", tags_json);
    int fds[2], fd = -1;
    guint n_fds = 0;
    const char *reply = NULL;
    gboolean ok;

    if (path != NULL) {
        fd = layout_open (path);
        if (fd < 0) {
            g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot open '%s': %s", path,
                         g_strerror (errno));
            return FALSE;
        }
        fds[n_fds++] = fd;
    }
    fds[n_fds++] = out_fd;
    ok = worker_pool_run (pool, request, fds, n_fds, arena, &reply, error) &&
         read_names (reply, arena, out_names, error);
    if (fd >= 0)
        close (fd);
    return ok;
}
