/* image_raw.c -- see image_raw.h
 *
 * A handle is opened anew for each step: LibRaw's functions change what they have read. It is not told to
 * turn the picture, that is done after it was reduced, as with all others. What its OpenMP loops ask for is
 * one thread: one worker runs on each core. */
#define G_LOG_DOMAIN "image-raw"
#include "worker/image_raw.h"
#include <libraw/libraw.h>
#include "base/error.h"
#include "worker/mapping.h"

void omp_set_num_threads (int n); /* omp.h is not there for every compiler */

typedef struct {
    Mapping file;
    libraw_data_t *data;
    gboolean is_damaged; /* what was read breaks a rule, or ends too early */
    gboolean is_cut_short;
} Raw;

static void
raw_clear (Raw *self)
{
    if (self->data != NULL)
        libraw_close (self->data);
    mapping_clear (&self->file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Raw, raw_clear)

/* LibRaw goes on with zeros then. */
static void
note_damage (void *data, const char *file, const int offset)
{
    Raw *self = data;

    self->is_damaged = TRUE;
    self->is_cut_short = self->is_cut_short || offset < 0;
}

static gboolean
fail (const Raw *self, int why, GError **error)
{
    if (why == LIBRAW_FILE_UNSUPPORTED || why == LIBRAW_NOT_IMPLEMENTED)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA_TYPE,
                             "the file is no camera raw file of a kind that can be decoded");
    else if (why == LIBRAW_UNSUFFICIENT_MEMORY || why == LIBRAW_TOO_BIG ||
             why == LIBRAW_MEMPOOL_OVERFLOW)
        g_set_error_literal (
            error, APP_ERROR, APP_ERROR_TOO_LARGE,
            "decoding this camera raw file needs more memory than a worker may use");
    else if (self->is_cut_short || why == LIBRAW_IO_ERROR)
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "the camera raw file ends after %" G_GSIZE_FORMAT
                     " bytes, before the picture is complete",
                     self->file.n_bytes);
    else
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA, "the camera raw file is damaged: %s",
                     why != LIBRAW_SUCCESS ? libraw_strerror (why)
                                           : "its data breaks the rules of the format");
    return FALSE;
}

static gboolean
raw_open (Raw *self, const ImageInput *input, GError **error)
{
    int why;

    omp_set_num_threads (1);
    if (!mapping_init (&self->file, input->fd, error))
        return FALSE;
    self->data = libraw_init (LIBRAW_OPIONS_NO_MEMERR_CALLBACK | LIBRAW_OPIONS_NO_DATAERR_CALLBACK);
    if (self->data == NULL)
        return fail (self, LIBRAW_UNSUFFICIENT_MEMORY, error);
    libraw_set_dataerror_handler (self->data, note_damage, self);
    why = libraw_open_buffer (self->data, self->file.bytes, self->file.n_bytes);
    return why == LIBRAW_SUCCESS || fail (self, why, error);
}

/* LibRaw's flip: 1 mirrors, 2 turns upside down, 4 (last) exchanges x and y. */
static int
orientation_of (int flip)
{
    static const int orientations[] = { 1, 2, 4, 3, 5, 8, 6, 7 };

    return orientations[flip & 7];
}

static gboolean
can_decode (libraw_data_t *data)
{
    libraw_decoder_info_t info = { 0 };

    return libraw_get_decoder_info (data, &info) == LIBRAW_SUCCESS &&
           !(info.decoder_flags & LIBRAW_DECODER_NOTSET);
}

VipsImage *
image_raw_header (const ImageInput *input, gboolean *out_can_decode, GError **error)
{
    g_auto (Raw) raw = { 0 };
    g_autoptr (VipsImage) black = NULL, header = NULL;
    int why, orientation;

    if (!raw_open (&raw, input, error))
        return NULL;
    *out_can_decode = can_decode (raw.data);
    orientation = orientation_of (raw.data->sizes.flip);
    raw.data->params.user_flip = 0;
    why = libraw_adjust_sizes_info_only (raw.data);
    if (why != LIBRAW_SUCCESS || raw.data->sizes.iwidth == 0 || raw.data->sizes.iheight == 0) {
        fail (&raw, why, error);
        return NULL;
    }
    /* nothing is computed until somebody looks at a pixel, and nobody does */
    if (vips_black (&black, raw.data->sizes.iwidth, raw.data->sizes.iheight, "bands", 3, NULL) !=
            0 ||
        vips_copy (black, &header, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "cannot describe a picture: %s",
                     vips_error_buffer ());
        vips_error_clear ();
        return NULL;
    }
    vips_image_set_int (header, VIPS_META_ORIENTATION, orientation);
    return g_steal_pointer (&header);
}

GBytes *
image_raw_find_jpeg (const ImageInput *input)
{
    g_auto (Raw) raw = { 0 };

    if (!raw_open (&raw, input, NULL) || libraw_unpack_thumb (raw.data) != LIBRAW_SUCCESS ||
        raw.data->thumbnail.tformat != LIBRAW_THUMBNAIL_JPEG || raw.data->thumbnail.thumb == NULL ||
        raw.data->thumbnail.tlength == 0 || raw.is_damaged)
        return NULL;
    return g_bytes_new (raw.data->thumbnail.thumb, raw.data->thumbnail.tlength);
}

static void
set_params (libraw_output_params_t *params, const libraw_image_sizes_t *sizes, int min_width,
            int min_height)
{
    params->use_camera_wb = 1;
    params->output_color = 1; /* sRGB */
    params->output_bps = 8;
    params->gamm[0] = 1 / 2.4;
    params->gamm[1] = 12.92;
    params->user_flip = 0;
    params->half_size = sizes->width / 2 >= min_width && sizes->height / 2 >= min_height;
}

/* Takes the pixels over as they are. */
static VipsImage *
make_image (libraw_processed_image_t *pixels)
{
    VipsImage *image;

    if (pixels->type != LIBRAW_IMAGE_BITMAP || pixels->bits != 8 ||
        (pixels->colors != 1 && pixels->colors != 3) ||
        (image = vips_image_new_from_memory (pixels->data, pixels->data_size, pixels->width,
                                             pixels->height, pixels->colors, VIPS_FORMAT_UCHAR)) ==
            NULL) {
        libraw_dcraw_clear_mem (pixels);
        vips_error_clear ();
        return NULL;
    }
    image->Type = pixels->colors == 3 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_B_W;
    g_object_set_data_full (G_OBJECT (image), "raw-pixels", pixels,
                            (GDestroyNotify) libraw_dcraw_clear_mem);
    return image;
}

VipsImage *
image_raw_load (const ImageInput *input, int min_width, int min_height, GError **error)
{
    g_auto (Raw) raw = { 0 };
    libraw_processed_image_t *pixels;
    VipsImage *image = NULL;
    int why;

    if (!raw_open (&raw, input, error))
        return NULL;
    set_params (&raw.data->params, &raw.data->sizes, min_width, min_height);
    if ((why = libraw_unpack (raw.data)) != LIBRAW_SUCCESS ||
        (raw.is_damaged && !input->process_invalid) ||
        (why = libraw_dcraw_process (raw.data)) != LIBRAW_SUCCESS) {
        fail (&raw, why, error);
        return NULL;
    }
    pixels = libraw_dcraw_make_mem_image (raw.data, &why);
    if (pixels != NULL)
        image = make_image (pixels);
    if (image == NULL)
        fail (&raw, why, error);
    return image;
}
