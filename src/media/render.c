/* render.c -- open the original, lend empty files to a worker, sync and rename what it wrote
 *
 * Renditions are written beside their final name ('.NAME.XXXXXX.tmp'), so that the rename stays on
 * one file system, and synced before it: after a power cut a record never points at half a file. */
#define G_LOG_DOMAIN "media-render"
#include "media/render.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "media/layout.h"
#include "worker/protocol.h"

#define MAX_PIXELS G_GINT64_CONSTANT (500000000)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

typedef struct {
    int fds[WORKER_MAX_FDS];
    guint n_fds;
    char *temp_paths[WORKER_MAX_FDS]; /* of the outputs; NULL when renamed */
    guint n_temps;
} OpenFiles;

static void
open_files_clear (OpenFiles *self)
{
    for (guint i = 0; i < self->n_fds; i++)
        close (self->fds[i]);
    for (guint i = 0; i < self->n_temps; i++) {
        if (self->temp_paths[i] != NULL)
            unlink (self->temp_paths[i]);
        g_free (self->temp_paths[i]);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OpenFiles, open_files_clear)

static gboolean
fail_io (const char *verb, const char *path, GError **error)
{
    int why = errno;
    AppErrorCode code = why == ENOSPC || why == EDQUOT ? APP_ERROR_DISK_FULL
                        : why == ENOENT                ? APP_ERROR_NOT_FOUND
                                                       : APP_ERROR_IO;

    g_set_error (error, APP_ERROR, (gint) code, "cannot %s '%s': %s", verb, path, g_strerror (why));
    return FALSE;
}

static gboolean
add_original (OpenFiles *self, const char *path, GError **error)
{
    struct stat facts;
    int fd = layout_open (path);

    if (fd < 0)
        return fail_io ("open", path, error);
    self->fds[self->n_fds++] = fd;
    if (fstat (fd, &facts) != 0)
        return fail_io ("read", path, error);
    if (!S_ISREG (facts.st_mode)) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "'%s' is not a regular file", path);
        return FALSE;
    }
    return TRUE;
}

static gboolean
add_output (OpenFiles *self, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    g_autofree char *name = g_path_get_basename (path);
    char *temp_path;
    int fd;

    if (g_mkdir_with_parents (folder, 0755) != 0)
        return fail_io ("make the folder", folder, error);
    temp_path = g_strdup_printf ("%s/.%s.XXXXXX.tmp", folder, name);
    fd = g_mkstemp_full (temp_path, O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) {
        fail_io ("make", temp_path, error);
        g_free (temp_path);
        return FALSE;
    }
    self->fds[self->n_fds++] = fd;
    self->temp_paths[self->n_temps++] = temp_path;
    return TRUE;
}

static gboolean
sync_folder (const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = fd >= 0 && fsync (fd) == 0;

    if (!synced)
        fail_io ("sync the folder", folder, error);
    if (fd >= 0)
        close (fd);
    return synced;
}

/* All files are synced before the first one gets its name. */
static gboolean
move_into_place (OpenFiles *self, const MediaRender *render, GError **error)
{
    for (guint i = 0; i < render->n_outputs; i++)
        if (fsync (self->fds[1 + i]) != 0)
            return fail_io ("sync", self->temp_paths[i], error);
    for (guint i = 0; i < render->n_outputs; i++) {
        if (rename (self->temp_paths[i], render->outputs[i].path) != 0)
            return fail_io ("rename to", render->outputs[i].path, error);
        g_clear_pointer (&self->temp_paths[i], g_free);
    }
    for (guint i = 0; i < render->n_outputs; i++) {
        g_autofree char *folder = g_path_get_dirname (render->outputs[i].path);
        g_autofree char *before =
            i > 0 ? g_path_get_dirname (render->outputs[i - 1].path) : g_strdup ("");
        if (strcmp (folder, before) != 0 && !sync_folder (render->outputs[i].path, error))
            return FALSE;
    }
    return TRUE;
}

/* The name's extension with its dot, in lower case; "" when it has none. */
static char *
extension_of (const char *path)
{
    const char *name = strrchr (path, '/');
    const char *dot = strrchr (name != NULL ? name : path, '.');

    return g_ascii_strdown (dot != NULL ? dot : "", -1);
}

static json_t *
make_face (const MediaFace *face)
{
    return json_pack ("{s: I, s: I, s: I, s: I, s: I, s: I}", "x1", (json_int_t) face->x1, "y1",
                      (json_int_t) face->y1, "x2", (json_int_t) face->x2, "y2",
                      (json_int_t) face->y2, "imageWidth", (json_int_t) face->image_width,
                      "imageHeight", (json_int_t) face->image_height);
}

/* (transfer full) NULL when @render->edits_json is not JSON. */
static char *
make_request (const MediaRender *render)
{
    g_autofree char *extension = extension_of (render->original_path);
    g_autofree char *valid_extension = g_utf8_make_valid (extension, -1);
    json_t *edits = json_loads (render->edits_json != NULL ? render->edits_json : "[]", 0, NULL);
    g_autoptr (json_t) json = json_pack (
        "{s: s, s: s, s: b, s: b, s: I, s: i, s: s, s: b, s: b, s: o, s: []}", "op", "render",
        "extension", valid_extension, "video", render->is_video, "processInvalid",
        render->process_invalid, "pixelLimit",
        (json_int_t) (render->max_pixels > 0 ? render->max_pixels : MAX_PIXELS), "embedded",
        render->embedded_px, "colorspace", render->keep_wide_gamut ? "p3" : "srgb", "thumbhash",
        render->want_thumbhash, "likeness", render->want_likeness, "edits", edits, "outputs");

    if (json == NULL)
        return NULL;
    if (render->face != NULL)
        json_object_set_new (json, "face", make_face (render->face));
    for (guint i = 0; i < render->n_outputs; i++) {
        const MediaOutput *output = &render->outputs[i];
        json_array_append_new (json_object_get (json, "outputs"),
                               json_pack ("{s: s, s: s, s: i, s: i, s: b}", "kind", output->kind,
                                          "format",
                                          output->format == MEDIA_FORMAT_JPEG ? "jpeg" : "webp",
                                          "size", output->size_px, "quality", output->quality,
                                          "progressive", output->progressive));
    }
    return json_dumps (json, JSON_COMPACT);
}

/* NULL is one: a picture in which nothing is to be seen. */
static gboolean
is_likeness (const char *base64)
{
    g_autofree guchar *bytes = NULL;
    gsize n_bytes = WORKER_LIKENESS_BYTES;

    if (base64 != NULL)
        bytes = g_base64_decode (base64, &n_bytes);
    return n_bytes == WORKER_LIKENESS_BYTES;
}

/* What a worker says is held against the files themselves: it may have been taken over. */
static gboolean
read_reply (const char *reply, const OpenFiles *files, MediaRender *render, Arena *arena,
            MediaFacts *out, GError **error)
{
    g_autoptr (json_t) json = json_loads (reply, 0, NULL);
    const json_t *outputs = json_object_get (json, "outputs");
    const char *thumbhash = json_string_value (json_object_get (json, "thumbhash"));
    const char *likeness = json_string_value (json_object_get (json, "likeness"));
    MediaFacts facts = { 0 };
    gboolean sound = json_array_size (outputs) == render->n_outputs;

    facts.width = (int) json_integer_value (json_object_get (json, "width"));
    facts.height = (int) json_integer_value (json_object_get (json, "height"));
    facts.has_alpha = json_is_true (json_object_get (json, "hasAlpha"));
    facts.n_frames = (int) json_integer_value (json_object_get (json, "frames"));
    facts.format = arena_strdup (arena, json_string_value (json_object_get (json, "format")));
    facts.thumbhash = arena_strdup (arena, thumbhash);
    facts.likeness = arena_strdup (arena, likeness);
    sound = sound && facts.width > 0 && facts.height > 0 && facts.n_frames > 0 &&
            facts.format != NULL && (!render->want_thumbhash || thumbhash != NULL) &&
            is_likeness (likeness);
    for (guint i = 0; i < render->n_outputs && sound; i++) {
        const json_t *item = json_array_get (outputs, i);
        MediaOutput *output = &render->outputs[i];
        struct stat written;
        output->width = (int) json_integer_value (json_object_get (item, "width"));
        output->height = (int) json_integer_value (json_object_get (item, "height"));
        output->size_bytes = json_integer_value (json_object_get (item, "bytes"));
        output->is_transparent = json_is_true (json_object_get (item, "isTransparent"));
        sound = output->width > 0 && output->height > 0 && output->size_bytes > 0 &&
                fstat (files->fds[1 + i], &written) == 0 && written.st_size == output->size_bytes;
    }
    if (!sound) {
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "the decoder gave an answer that makes no sense on '%s'",
                     render->original_path);
        return FALSE;
    }
    *out = facts;
    return TRUE;
}

gboolean
media_render (WorkerPool *pool, MediaRender *render, Arena *arena, MediaFacts *out, GError **error)
{
    g_auto (OpenFiles) files = { 0 };
    g_autofree char *request = make_request (render);
    const char *reply = NULL;

    g_return_val_if_fail (render->n_outputs <= WORKER_MAX_OUTPUTS, FALSE);
    if (request == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "the edits of '%s' are not JSON",
                     render->original_path);
        return FALSE;
    }
    if (!add_original (&files, render->original_path, error))
        return FALSE;
    for (guint i = 0; i < render->n_outputs; i++)
        if (!add_output (&files, render->outputs[i].path, error))
            return FALSE;
    if (!worker_pool_run (pool, request, files.fds, files.n_fds, arena, &reply, error)) {
        g_prefix_error (error, "'%s': ", render->original_path);
        return FALSE;
    }
    return read_reply (reply, &files, render, arena, out, error) &&
           move_into_place (&files, render, error);
}

gboolean
media_read_metadata (WorkerPool *pool, const char *path, gboolean is_video,
                     const char *sidecar_path, Arena *arena, const char **out_json, GError **error)
{
    g_auto (OpenFiles) files = { 0 };
    g_autofree char *extension = extension_of (path);
    g_autofree char *valid_extension = g_utf8_make_valid (extension, -1);
    g_autoptr (json_t) json =
        json_pack ("{s: s, s: s, s: b, s: b}", "op", "metadata", "extension", valid_extension,
                   "video", is_video, "sidecar", sidecar_path != NULL);
    g_autofree char *request = json_dumps (json, JSON_COMPACT);

    if (!add_original (&files, path, error) ||
        (sidecar_path != NULL && !add_original (&files, sidecar_path, error)))
        return FALSE;
    if (!worker_pool_run (pool, request, files.fds, files.n_fds, arena, out_json, error)) {
        g_prefix_error (error, "'%s': ", path);
        return FALSE;
    }
    return TRUE;
}
