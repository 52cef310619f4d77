/* operations.c -- requests become calls, results and errors become replies
 *
 * Requests come from the server and are trusted to be well meant, yet checked in full: a slip there
 * must not turn into a crash here. */
#define G_LOG_DOMAIN "worker"
#include "worker/operations.h"
#include <jansson.h>
#include <string.h>
#include "base/error.h"
#include "worker/image.h"
#include "worker/protocol.h"
#ifdef WORKER_METADATA
#include "worker/metadata.h"
#include "worker/sidecar.h"
#endif
#ifdef WORKER_TEST_OPERATIONS
#include "worker/test_operations.h"
#endif

#define DEFAULT_MAX_PIXELS G_GINT64_CONSTANT (500000000)
#define MAX_SIDE 65500

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

static const char *
error_code (const GError *error)
{
    if (error->domain != APP_ERROR)
        return WORKER_ERROR_DAMAGED;
    switch ((AppErrorCode) error->code) {
    case APP_ERROR_INVALID:
        return WORKER_ERROR_REQUEST;
    case APP_ERROR_MEDIA_TYPE:
    case APP_ERROR_NOT_IMPLEMENTED:
        return WORKER_ERROR_UNSUPPORTED;
    case APP_ERROR_TOO_LARGE:
        return WORKER_ERROR_LIMIT;
    case APP_ERROR_IO:
    case APP_ERROR_DISK_FULL:
    case APP_ERROR_INTERNAL:
        return WORKER_ERROR_OUTPUT;
    default:
        return WORKER_ERROR_DAMAGED;
    }
}

static void
write_json (GString *reply, json_t *json)
{
    g_autofree char *text = json_dumps (json, JSON_COMPACT);

    g_string_assign (reply, text);
}

static void
write_error (GString *reply, const GError *error)
{
    g_autofree char *message = g_utf8_make_valid (error->message, -1);
    g_autoptr (json_t) json =
        json_pack ("{s: {s: s, s: s}}", "error", "code", error_code (error), "message", message);

    write_json (reply, json);
}

static gboolean
refuse (GError **error, const char *field, const char *rule)
{
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "'%s' of the request %s", field, rule);
    return FALSE;
}

/* An optional whole number within limits. */
static gboolean
get_int (const json_t *object, const char *name, gint64 min, gint64 max, gint64 absent, gint64 *out,
         GError **error)
{
    const json_t *value = json_object_get (object, name);

    *out = absent;
    if (value == NULL)
        return TRUE;
    if (!json_is_integer (value) || json_integer_value (value) < min ||
        json_integer_value (value) > max) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "'%s' of the request must be a whole number from %" G_GINT64_FORMAT
                     " to %" G_GINT64_FORMAT,
                     name, min, max);
        return FALSE;
    }
    *out = json_integer_value (value);
    return TRUE;
}

/* An optional text; @allowed (NULL-terminated, or NULL) lists its values and *out_index tells which. */
static gboolean
get_choice (const json_t *object, const char *name, const char *const *allowed, int absent,
            int *out_index, GError **error)
{
    const json_t *value = json_object_get (object, name);

    *out_index = absent;
    if (value == NULL)
        return TRUE;
    for (int i = 0; allowed[i] != NULL; i++)
        if (g_strcmp0 (json_string_value (value), allowed[i]) == 0) {
            *out_index = i;
            return TRUE;
        }
    return refuse (error, name, "is not one of the known values");
}

static gboolean
parse_output (const json_t *object, ImageOutput *out, GError **error)
{
    static const char *const formats[] = { "jpeg", "webp", NULL };
    gint64 size_px, quality;
    int format;

    if (!json_is_object (object))
        return refuse (error, "outputs", "must hold objects");
    if (!get_choice (object, "format", formats, IMAGE_FORMAT_JPEG, &format, error) ||
        !get_int (object, "size", 0, MAX_SIDE, 0, &size_px, error) ||
        !get_int (object, "quality", 1, 100, 80, &quality, error))
        return FALSE;
    out->format = format == 0 ? IMAGE_FORMAT_JPEG : IMAGE_FORMAT_WEBP;
    out->size_px = (int) size_px;
    out->quality = (int) quality;
    out->progressive = json_is_true (json_object_get (object, "progressive"));
    return TRUE;
}

static gboolean
parse_edit (const json_t *object, ImageEdit *out, GError **error)
{
    static const char *const actions[] = { "crop", "rotate", "mirror", NULL };
    static const char *const axes[] = { "horizontal", "vertical", NULL };
    const json_t *parameters = json_object_get (object, "parameters");
    gint64 x, y, width, height, angle;
    int action, axis;

    if (!json_is_object (parameters) || json_object_get (object, "action") == NULL)
        return refuse (error, "edits", "must hold objects with 'action' and 'parameters'");
    if (!get_choice (object, "action", actions, 0, &action, error) ||
        !get_choice (parameters, "axis", axes, 0, &axis, error) ||
        !get_int (parameters, "x", 0, G_MAXINT, 0, &x, error) ||
        !get_int (parameters, "y", 0, G_MAXINT, 0, &y, error) ||
        !get_int (parameters, "width", 1, G_MAXINT, 1, &width, error) ||
        !get_int (parameters, "height", 1, G_MAXINT, 1, &height, error) ||
        !get_int (parameters, "angle", 0, 270, 0, &angle, error))
        return FALSE;
    if (angle % 90 != 0)
        return refuse (error, "angle", "must be 0, 90, 180 or 270");
    *out = (ImageEdit){ .kind = (ImageEditKind) action,
                        .x = (int) x,
                        .y = (int) y,
                        .width = (int) width,
                        .height = (int) height,
                        .angle = (int) angle,
                        .vertical = axis == 1 };
    return TRUE;
}

static gboolean
parse_face (const json_t *request, ImageRender *out, GError **error)
{
    const json_t *face = json_object_get (request, "face");

    if (face == NULL)
        return TRUE;
    if (!json_is_object (face))
        return refuse (error, "face", "must be an object");
    if (json_array_size (json_object_get (request, "edits")) > 0)
        return refuse (error, "face", "does not go with edits");
    out->has_face = TRUE;
    return get_int (face, "x1", G_MININT64, G_MAXINT64, 0, &out->face.x1, error) &&
           get_int (face, "y1", G_MININT64, G_MAXINT64, 0, &out->face.y1, error) &&
           get_int (face, "x2", G_MININT64, G_MAXINT64, 0, &out->face.x2, error) &&
           get_int (face, "y2", G_MININT64, G_MAXINT64, 0, &out->face.y2, error) &&
           get_int (face, "imageWidth", 1, G_MAXINT64, 1, &out->face.image_width, error) &&
           get_int (face, "imageHeight", 1, G_MAXINT64, 1, &out->face.image_height, error);
}

static gboolean
parse_render (const json_t *request, const int *fds, guint n_fds, ImageRender *out, GError **error)
{
    static const char *const spaces[] = { "srgb", "p3", NULL };
    const json_t *outputs = json_object_get (request, "outputs");
    const json_t *edits = json_object_get (request, "edits");
    gint64 embedded_px;
    int space;

    if ((outputs != NULL && !json_is_array (outputs)) || (edits != NULL && !json_is_array (edits)))
        return refuse (error, "outputs and edits", "must be lists");
    if (json_array_size (outputs) > WORKER_MAX_OUTPUTS || json_array_size (edits) > IMAGE_MAX_EDITS)
        return refuse (error, "outputs or edits", "has too many members");
    if (n_fds != 1 + json_array_size (outputs))
        return refuse (error, "outputs", "needs the original and one open file each");
    if (!get_choice (request, "colorspace", spaces, COLOUR_P3, &space, error) ||
        !get_int (request, "pixelLimit", 1, G_MAXINT64, DEFAULT_MAX_PIXELS, &out->input.max_pixels,
                  error) ||
        !get_int (request, "embedded", 0, G_MAXINT, 0, &embedded_px, error))
        return FALSE;
    out->input.embedded_px = (int) embedded_px;
    out->input.fd = fds[0];
    out->input.extension = json_string_value (json_object_get (request, "extension"));
    out->input.process_invalid = json_is_true (json_object_get (request, "processInvalid"));
    out->wide = space == 0 ? COLOUR_SRGB : COLOUR_P3;
    out->is_video = json_is_true (json_object_get (request, "video"));
    out->want_thumbhash = json_is_true (json_object_get (request, "thumbhash"));
    out->want_likeness = json_is_true (json_object_get (request, "likeness"));
    if (!parse_face (request, out, error))
        return FALSE;
    for (gsize i = 0; i < json_array_size (edits); i++)
        if (!parse_edit (json_array_get (edits, i), &out->edits[out->n_edits++], error))
            return FALSE;
    for (gsize i = 0; i < json_array_size (outputs); i++) {
        ImageOutput *output = &out->outputs[out->n_outputs++];
        if (!parse_output (json_array_get (outputs, i), output, error))
            return FALSE;
        output->fd = fds[1 + i];
    }
    return TRUE;
}

static void
write_render (const ImageRender *render, GString *reply)
{
    g_autoptr (json_t) json = json_pack (
        "{s: i, s: i, s: b, s: i, s: s, s: s?, s: s?, s: []}", "width", render->width, "height",
        render->height, "hasAlpha", render->has_alpha, "frames", render->n_frames, "format",
        render->format, "thumbhash", render->thumbhash, "likeness", render->likeness, "outputs");

    for (guint i = 0; i < render->n_outputs; i++) {
        const ImageOutput *output = &render->outputs[i];
        json_array_append_new (json_object_get (json, "outputs"),
                               json_pack ("{s: i, s: i, s: I, s: b}", "width", output->width,
                                          "height", output->height, "bytes",
                                          (json_int_t) output->n_bytes, "isTransparent",
                                          output->is_transparent));
    }
    write_json (reply, json);
}

static gboolean
handle_render (const json_t *request, const int *fds, guint n_fds, GString *reply, GError **error)
{
    ImageRender render = { 0 };
    gboolean done =
        parse_render (request, fds, n_fds, &render, error) && image_render (&render, error);

    if (done)
        write_render (&render, reply);
    image_render_clear (&render);
    return done;
}

static gboolean
handle_metadata (const json_t *request, const int *fds, guint n_fds, GString *reply, GError **error)
{
#ifdef WORKER_METADATA
    gboolean has_sidecar = json_is_true (json_object_get (request, "sidecar"));
    const char *extension = json_string_value (json_object_get (request, "extension"));

    if (n_fds != (has_sidecar ? 2 : 1))
        return refuse (error, "sidecar", "does not go with the number of open files");
    if (json_is_true (json_object_get (request, "video")))
        return metadata_read_video (fds[0], has_sidecar ? fds[1] : -1, reply, error);
    return metadata_read (fds[0], has_sidecar ? fds[1] : -1, extension != NULL ? extension : "",
                          reply, error);
#else
    g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_IMPLEMENTED,
                         "this build of the worker reads no metadata");
    return FALSE;
#endif
}

static gboolean
handle_sidecar (const json_t *request, const int *fds, guint n_fds, GString *reply, GError **error)
{
#ifdef WORKER_METADATA
    const json_t *tags = json_object_get (request, "tags");
    guint n_before = json_is_true (json_object_get (request, "existing")) ? 1 : 0;
    g_autoptr (json_t) answer = NULL;

    if (!json_is_object (tags))
        return refuse (error, "tags", "must be an object");
    if (n_fds != n_before + 1)
        return refuse (error, "existing", "does not go with the number of open files");
    answer = json_pack ("{s: []}", "written");
    if (!sidecar_write (n_before > 0 ? fds[0] : -1, tags, fds[n_before],
                        json_object_get (answer, "written"), error))
        return FALSE;
    write_json (reply, answer);
    return TRUE;
#else
    g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_IMPLEMENTED,
                         "this build of the worker writes no sidecars");
    return FALSE;
#endif
}

void
operations_handle (const char *request_text, gsize n_bytes, const int *fds, guint n_fds,
                   GString *reply)
{
    json_error_t why;
    g_autoptr (json_t) request = json_loadb (request_text, n_bytes, 0, &why);
    const char *op = json_string_value (json_object_get (request, "op"));
    g_autoptr (GError) error = NULL;
    gboolean done = FALSE;

    g_string_truncate (reply, 0);
    if (request == NULL)
        g_set_error (&error, APP_ERROR, APP_ERROR_INVALID, "the request is not JSON: %s", why.text);
    else if (g_strcmp0 (op, "render") == 0)
        done = handle_render (request, fds, n_fds, reply, &error);
    else if (g_strcmp0 (op, "metadata") == 0)
        done = handle_metadata (request, fds, n_fds, reply, &error);
    else if (g_strcmp0 (op, "sidecar") == 0)
        done = handle_sidecar (request, fds, n_fds, reply, &error);
#ifdef WORKER_TEST_OPERATIONS
    else if (test_operation_handle (op, request, fds, n_fds, reply))
        done = TRUE;
#endif
    else
        refuse (&error, "op", "is not an operation of this worker");
    if (!done)
        write_error (reply, error);
}
