/* image.c -- decode once, small; then every rendition from that
 *
 * The decode is reduced to the largest output that is wanted: by the decoder where it can (JPEG at
 * 1/2, 1/4, 1/8, SVG and WebP at any scale), the rest by a Lanczos filter in one pass from top to
 * bottom, so that memory does not grow with the original. What comes out is turned upright, converted
 * to its 8-bit colour space and kept; thumbnail and hashes are reductions of it.
 *
 * With edits the original is decoded in full: a crop may need all of its pixels. */
#define G_LOG_DOMAIN "image"
#include "worker/image.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/image_jpeg.h"
#include "worker/image_webp.h"
#include "worker/likeness.h"
#include "worker/resample.h"
#include "worker/thumbhash.h"
#include "worker/video_frame.h"

#define FULL_CHROMA_QUALITY 80 /* from here on 4:4:4 */
#define STRIP_ROWS 64

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VipsRegion, g_object_unref)

static const int format_max_side[] = { [IMAGE_FORMAT_JPEG] = 65500, [IMAGE_FORMAT_WEBP] = 16383 };

static int
scale_rounded (int value, int numerator, int denominator)
{
    gint64 twice = 2 * (gint64) value * numerator + denominator;

    return (int) MAX (1, twice / (2 * (gint64) denominator));
}

void
image_fit_inside (int width, int height, int max_side, int *out_width, int *out_height)
{
    int longest = MAX (width, height);

    *out_width = longest > max_side ? scale_rounded (width, max_side, longest) : width;
    *out_height = longest > max_side ? scale_rounded (height, max_side, longest) : height;
}

void
image_fit_short_side (int width, int height, int size_px, int max_side, int *out_width,
                      int *out_height)
{
    int shortest = MIN (width, height);

    if (size_px > 0 && shortest > size_px) {
        int fitted_width = scale_rounded (width, size_px, shortest);
        int fitted_height = scale_rounded (height, size_px, shortest);
        if (MAX (fitted_width, fitted_height) <= max_side) {
            *out_width = fitted_width;
            *out_height = fitted_height;
            return;
        }
    }
    image_fit_inside (width, height, max_side, out_width, out_height);
}

/* Video players want even sides; only what is made smaller gets them, nothing is stretched. */
static void
fit_output (const ImageRender *self, const ImageOutput *output, int width, int height,
            int *out_width, int *out_height)
{
    image_fit_short_side (width, height, output->size_px, format_max_side[output->format],
                          out_width, out_height);
    if (!self->is_video || *out_width >= width)
        return;
    if (width >= height)
        *out_width = 2 * scale_rounded (width, *out_height, 2 * height);
    else
        *out_height = 2 * scale_rounded (height, *out_width, 2 * width);
}

static gboolean
is_rgb (VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_UCHAR && image->Bands == 3 &&
           image->Type == VIPS_INTERPRETATION_sRGB && image->Coding == VIPS_CODING_NONE;
}

static void
push_row (Resampler *resampler, const guint8 *rgb, int width)
{
    guint8 *rgbx = resampler_next_row (resampler);

    for (int x = 0; x < width; x++) {
        rgbx[4 * x] = rgb[3 * x];
        rgbx[4 * x + 1] = rgb[3 * x + 1];
        rgbx[4 * x + 2] = rgb[3 * x + 2];
    }
    resampler_push (resampler, rgbx);
}

/* The fast way, for 8-bit RGB: its rows are taken from top to bottom as their decoder makes them. The
 * profile stays behind. */
static VipsImage *
reduce_rgb (VipsImage *image, int width, int height)
{
    g_autoptr (VipsImage) out = vips_image_new_memory ();
    g_autoptr (VipsRegion) region = vips_region_new (image);
    g_autoptr (Resampler) resampler = NULL;

    vips_image_init_fields (out, width, height, 3, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                            VIPS_INTERPRETATION_sRGB, 1, 1);
    if (vips_image_write_prepare (out) != 0)
        return NULL;
    resampler =
        resampler_new ((guint) image->Xsize, (guint) image->Ysize, image->Xsize, image->Ysize,
                       (guint) width, (guint) height, VIPS_IMAGE_ADDR (out, 0, 0));
    for (int y = 0; y < image->Ysize; y += STRIP_ROWS) {
        VipsRect strip = { 0, y, image->Xsize, MIN (STRIP_ROWS, image->Ysize - y) };

        if (vips_region_prepare (region, &strip) != 0)
            return NULL;
        for (int row = 0; row < strip.height; row++)
            push_row (resampler, VIPS_REGION_ADDR (region, 0, y + row), image->Xsize);
    }
    return g_steal_pointer (&out);
}

/* Reduce to exactly @width x @height; colours next to transparent pixels do not bleed in. */
static VipsImage *
reduce (VipsImage *image, int width, int height)
{
    g_autoptr (VipsImage) weighted = NULL, reduced = NULL, plain = NULL;
    VipsImage *out = NULL;
    double x_scale = (double) width / image->Xsize, y_scale = (double) height / image->Ysize;
    gboolean has_alpha = vips_image_hasalpha (image);

    if (width == image->Xsize && height == image->Ysize)
        return g_object_ref (image);
    if (is_rgb (image))
        return reduce_rgb (image, width, height);
    if (!has_alpha) {
        if (vips_resize (image, &out, x_scale, "vscale", y_scale, NULL) != 0)
            return NULL;
        return out;
    }
    if (vips_premultiply (image, &weighted, NULL) != 0 ||
        vips_resize (weighted, &reduced, x_scale, "vscale", y_scale, NULL) != 0 ||
        vips_unpremultiply (reduced, &plain, NULL) != 0 ||
        vips_cast (plain, &out, image->BandFmt, NULL) != 0)
        return NULL;
    return out;
}

/* The pixels in memory, without the pipeline that made them. */
static VipsImage *
settle (VipsImage *image)
{
    return vips_image_copy_memory (image);
}

static VipsImage *
turn_upright (VipsImage *image, int orientation)
{
    VipsImage *turned = NULL;
    g_autoptr (VipsImage) tagged = NULL;

    if (orientation <= 1)
        return g_object_ref (image);
    if (vips_copy (image, &tagged, NULL) != 0)
        return NULL;
    vips_image_set_int (tagged, VIPS_META_ORIENTATION, orientation);
    if (vips_autorot (tagged, &turned, NULL) != 0)
        return NULL;
    return turned;
}

static VipsImage *
apply_edit (VipsImage *image, const ImageEdit *edit)
{
    static const VipsAngle angles[] = { VIPS_ANGLE_D0, VIPS_ANGLE_D90, VIPS_ANGLE_D180,
                                        VIPS_ANGLE_D270 };
    VipsImage *out = NULL;
    int failed = 0;

    switch (edit->kind) {
    case IMAGE_EDIT_CROP:
        failed = vips_extract_area (image, &out, edit->x, edit->y, edit->width, edit->height, NULL);
        break;
    case IMAGE_EDIT_ROTATE:
        failed = vips_rot (image, &out, angles[edit->angle / 90 % 4], NULL);
        break;
    case IMAGE_EDIT_MIRROR:
        failed =
            vips_flip (image, &out,
                       edit->vertical ? VIPS_DIRECTION_VERTICAL : VIPS_DIRECTION_HORIZONTAL, NULL);
        break;
    }
    return failed == 0 ? out : NULL;
}

/* The largest of the wanted sizes, for a picture of @width x @height. */
static void
find_base_size (const ImageRender *self, int width, int height, int *out_width, int *out_height)
{
    image_fit_inside (width, height, THUMBHASH_MAX_SIDE, out_width, out_height);
    for (guint i = 0; i < self->n_outputs; i++) {
        const ImageOutput *output = &self->outputs[i];
        int w, h;
        fit_output (self, output, width, height, &w, &h);
        *out_width = MAX (*out_width, w);
        *out_height = MAX (*out_height, h);
    }
}

static gboolean
check_crop (const ImageEdit *edit, int width, int height, GError **error)
{
    if (edit->kind != IMAGE_EDIT_CROP ||
        (edit->x >= 0 && edit->y >= 0 && edit->width >= 1 && edit->height >= 1 &&
         edit->width <= width && edit->height <= height && edit->x <= width - edit->width &&
         edit->y <= height - edit->height))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "the crop %d,%d %d x %d does not lie inside the picture of %d x %d", edit->x,
                 edit->y, edit->width, edit->height, width, height);
    return FALSE;
}

/* The whole original, upright, with the edits done. */
static VipsImage *
load_edited (ImageRender *self, ImageSource *source, GError **error)
{
    g_autoptr (VipsImage) loaded = NULL, settled = NULL;
    VipsImage *image;

    loaded = image_source_load (source, G_MAXINT, G_MAXINT, error);
    if (loaded == NULL)
        return NULL;
    settled = settle (loaded);
    image = settled != NULL ? turn_upright (settled, image_source_orientation (source)) : NULL;
    for (guint i = 0; i < self->n_edits && image != NULL; i++) {
        g_autoptr (VipsImage) before = image;
        if (!check_crop (&self->edits[i], before->Xsize, before->Ysize, error))
            return NULL;
        image = apply_edit (before, &self->edits[i]);
    }
    if (image == NULL)
        image_source_set_error (source, error);
    return image;
}

/* *out stays NULL when this JPEG is none for the fast way. */
static gboolean
load_jpeg (ImageRender *self, ImageSource *source, int width, int height, VipsImage **out,
           GError **error)
{
    VipsImage *header = image_source_header (source);

    if (header->Bands != 3 || !image_jpeg_load (&self->input, width, height, out, error))
        return header->Bands != 3;
    if (*out != NULL)
        image_colour_copy (*out, header);
    return TRUE;
}

/* The picture that all outputs are made from: upright, in 8 bits, in memory, without tags. */
static VipsImage *
load_base (ImageRender *self, ImageSource *source, ColourSpace target, GError **error)
{
    g_autoptr (VipsImage) loaded = NULL, reduced = NULL, settled = NULL, upright = NULL,
                          converted = NULL;
    VipsImage *base = NULL;
    gboolean swapped = self->n_edits == 0 && image_source_orientation (source) >= 5;
    int width, height;

    if (self->n_edits > 0) {
        loaded = load_edited (self, source, error);
        if (loaded == NULL)
            return NULL;
        find_base_size (self, loaded->Xsize, loaded->Ysize, &width, &height);
    } else {
        find_base_size (self, self->width, self->height, &width, &height);
        if (swapped) {
            int was_width = width;
            width = height;
            height = was_width;
        }
        if (image_source_type (source) == IMAGE_JPEG &&
            !load_jpeg (self, source, width, height, &loaded, error))
            return NULL;
        if (loaded == NULL)
            loaded = image_source_load (source, width, height, error);
        if (loaded == NULL)
            return NULL;
    }
    self->has_alpha = vips_image_hasalpha (loaded);
    reduced = reduce (loaded, width, height);
    if (reduced != NULL && reduced != loaded)
        image_colour_copy (reduced, loaded);
    if (reduced != NULL && (settled = settle (reduced)) != NULL &&
        (upright = self->n_edits > 0
                       ? g_object_ref (settled)
                       : turn_upright (settled, image_source_orientation (source))) != NULL &&
        (converted = image_colour_convert (upright, target)) != NULL)
        base = settle (converted);
    if (base == NULL)
        image_source_set_error (source, error);
    return base;
}

static gpointer
fail_rendition (const ImageOutput *output, GError **error)
{
    g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "a rendition of %d x %d cannot be made: %s",
                 output->width, output->height, vips_error_buffer ());
    vips_error_clear ();
    return NULL;
}

static gboolean
write_all (int fd, const guint8 *bytes, gsize n_bytes, GError **error)
{
    gsize written = 0;

    while (written < n_bytes) {
        gssize now = pwrite (fd, bytes + written, n_bytes - written, (off_t) written);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0) {
            g_set_error (error, APP_ERROR, errno == ENOSPC ? APP_ERROR_DISK_FULL : APP_ERROR_IO,
                         "a rendition of %" G_GSIZE_FORMAT " bytes cannot be written: %s", n_bytes,
                         g_strerror (errno));
            return FALSE;
        }
        written += (gsize) now;
    }
    return TRUE;
}

static GBytes *
encode (VipsImage *image, const ImageOutput *output, ColourSpace space, GError **error)
{
    g_autoptr (VipsImage) opaque = NULL, settled = NULL;
    GBytes *profile = image_colour_profile (space);

    if (output->format == IMAGE_FORMAT_JPEG && vips_image_hasalpha (image)) {
        if (vips_flatten (image, &opaque, NULL) != 0)
            return fail_rendition (output, error);
    } else {
        opaque = g_object_ref (image);
    }
    settled = settle (opaque);
    if (settled == NULL || settled->BandFmt != VIPS_FORMAT_UCHAR ||
        settled->Bands != (vips_image_hasalpha (settled) ? 4 : 3))
        return fail_rendition (output, error);
    if (output->format == IMAGE_FORMAT_WEBP)
        return image_webp_encode (VIPS_IMAGE_ADDR (settled, 0, 0), settled->Xsize, settled->Ysize,
                                  settled->Bands == 4, output->quality, profile, error);
    return image_jpeg_encode (VIPS_IMAGE_ADDR (settled, 0, 0), settled->Xsize, settled->Ysize,
                              output->quality, output->quality >= FULL_CHROMA_QUALITY,
                              output->progressive, profile, error);
}

/* (transfer full) The rendition's pixels, NULL on failure. */
static VipsImage *
render_output (ImageRender *self, ImageOutput *output, VipsImage *base, int width, int height,
               ColourSpace space, GError **error)
{
    g_autoptr (VipsImage) reduced = NULL;
    g_autoptr (GBytes) encoded = NULL;

    fit_output (self, output, width, height, &output->width, &output->height);
    reduced = reduce (base, output->width, output->height);
    if (reduced == NULL)
        return fail_rendition (output, error);
    encoded = encode (reduced, output, space, error);
    if (encoded == NULL)
        return NULL;
    output->is_transparent = self->has_alpha;
    output->n_bytes = g_bytes_get_size (encoded);
    if (!write_all (output->fd, g_bytes_get_data (encoded, NULL), output->n_bytes, error))
        return NULL;
    return g_steal_pointer (&reduced);
}

/* Thumbhash and likeness, from the same few pixels. */
static gboolean
make_hashes (ImageRender *self, VipsImage *base)
{
    g_autoptr (VipsImage) reduced = NULL, rgba = NULL;
    g_autofree guint8 *pixels = NULL;
    guint8 hash[THUMBHASH_MAX_BYTES], likeness[WORKER_LIKENESS_BYTES];
    int width, height;
    size_t n_bytes;

    image_fit_inside (base->Xsize, base->Ysize, THUMBHASH_MAX_SIDE, &width, &height);
    reduced = reduce (base, width, height);
    if (reduced == NULL)
        return FALSE;
    if (vips_image_hasalpha (reduced))
        rgba = g_object_ref (reduced);
    else if (vips_bandjoin_const1 (reduced, &rgba, 255, NULL) != 0)
        return FALSE;
    if (rgba->Bands != 4 || rgba->BandFmt != VIPS_FORMAT_UCHAR ||
        (pixels = vips_image_write_to_memory (rgba, &n_bytes)) == NULL)
        return FALSE;
    if (self->want_thumbhash)
        self->thumbhash =
            g_base64_encode (hash, thumbhash_encode (pixels, (guint) width, (guint) height, hash));
    if (self->want_likeness && likeness_find (pixels, (guint) width, (guint) height, likeness))
        self->likeness = g_base64_encode (likeness, sizeof likeness);
    return TRUE;
}

/* The square of a face is a crop that needs the size of the original to be known. */
static gboolean
crop_to_face (ImageRender *self, GError **error)
{
    ImageEdit *crop = &self->edits[0];

    *crop = (ImageEdit){ .kind = IMAGE_EDIT_CROP };
    self->n_edits = 1;
    if (face_square_find (&self->face, self->width, self->height, &crop->x, &crop->y,
                          &crop->width)) {
        crop->height = crop->width;
        return TRUE;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                 "no part of the face lies inside the picture of %d x %d", self->width,
                 self->height);
    return FALSE;
}

/* The size of the upright picture after the edits. */
static void
find_edited_size (const ImageRender *self, int *width, int *height)
{
    *width = self->width;
    *height = self->height;
    for (guint i = 0; i < self->n_edits; i++) {
        const ImageEdit *edit = &self->edits[i];
        if (edit->kind == IMAGE_EDIT_CROP) {
            *width = edit->width;
            *height = edit->height;
        } else if (edit->kind == IMAGE_EDIT_ROTATE && edit->angle % 180 != 0) {
            int was_width = *width;
            *width = *height;
            *height = was_width;
        }
    }
}

static gboolean
render_all (ImageRender *self, VipsImage *base, ColourSpace space, GError **error)
{
    g_autoptr (VipsImage) smallest = g_object_ref (base);
    int width, height;

    find_edited_size (self, &width, &height);
    for (guint i = 0; i < self->n_outputs; i++) {
        VipsImage *rendition =
            render_output (self, &self->outputs[i], base, width, height, space, error);
        if (rendition == NULL)
            return FALSE;
        if (rendition->Xsize < smallest->Xsize &&
            MIN (rendition->Xsize, rendition->Ysize) >= 2 * THUMBHASH_MAX_SIDE) {
            g_object_unref (smallest);
            smallest = rendition;
        } else {
            g_object_unref (rendition);
        }
    }
    if ((self->want_thumbhash || self->want_likeness) && !make_hashes (self, smallest)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "the hashes cannot be made: %s",
                     vips_error_buffer ());
        vips_error_clear ();
        return FALSE;
    }
    return TRUE;
}

static gboolean
wants_pixels (const ImageRender *self)
{
    return self->n_outputs > 0 || self->want_thumbhash || self->want_likeness;
}

static gboolean
render_video (ImageRender *self, GError **error)
{
    g_autoptr (VideoFrame) frame = video_frame_new (self->input.fd, self->input.max_pixels, error);
    g_autoptr (VipsImage) base = NULL;
    int width, height;

    if (frame == NULL)
        return FALSE;
    video_frame_upright_size (frame, &self->width, &self->height);
    self->n_frames = 1;
    self->format = "video";
    if (!wants_pixels (self))
        return TRUE;
    find_base_size (self, self->width, self->height, &width, &height);
    base = video_frame_load (frame, width, height, error);
    return base != NULL && render_all (self, base, COLOUR_SRGB, error);
}

/* People call short films GIFs, and programs name them so. */
static gboolean
is_disguised_video (const ImageRender *self, const GError *why)
{
    return g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA_TYPE) && !self->has_face &&
           self->n_edits == 0 && self->input.extension != NULL &&
           g_ascii_strcasecmp (self->input.extension, ".gif") == 0;
}

gboolean
image_render (ImageRender *self, GError **error)
{
    g_autoptr (ImageSource) source = NULL;
    g_autoptr (GError) why = NULL;
    g_autoptr (VipsImage) base = NULL;
    ColourSpace space;

    if (self->is_video)
        return render_video (self, error);
    source = image_source_new (&self->input, &why);
    if (source == NULL && is_disguised_video (self, why) && render_video (self, NULL))
        return TRUE;
    if (source == NULL) {
        g_propagate_error (error, g_steal_pointer (&why));
        return FALSE;
    }
    image_source_upright_size (source, &self->width, &self->height);
    self->n_frames = image_source_frames (source);
    self->format = image_source_type_name (source);
    self->has_alpha = vips_image_hasalpha (image_source_header (source));
    if (!wants_pixels (self)) {
        image_source_photo_size (source, &self->width, &self->height);
        return TRUE;
    }
    if (self->has_face && !crop_to_face (self, error))
        return FALSE;

    space = image_colour_target (image_source_header (source), self->wide);
    base = load_base (self, source, space, error);
    if (base == NULL || !render_all (self, base, space, error))
        return FALSE;
    image_source_photo_size (source, &self->width, &self->height);
    return TRUE;
}

void
image_render_clear (ImageRender *self)
{
    g_clear_pointer (&self->thumbhash, g_free);
    g_clear_pointer (&self->likeness, g_free);
}
