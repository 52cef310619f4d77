/* image_jpeg.c -- JPEG in and out without detours
 *
 * A photo from a phone goes file -> libjpeg-turbo (reduced in its inverse transform to the smallest
 * of 1/1, 1/2, 1/4, 1/8 that is large enough) -> resampler, row by row: neither the original nor the
 * half-size picture is ever whole in memory. What libjpeg calls a warning is let pass, as viewers do,
 * but a file that ends early is an error unless invalid pictures are asked for. */
#define G_LOG_DOMAIN "image-jpeg"
#include "worker/image_jpeg.h"
#include <errno.h>
#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it */
#include <jpeglib.h>
#include <jerror.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/error.h"
#include "worker/resample.h"

#define MAX_SCANS 200 /* of a progressive file; more are an attack on our time */

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
} ErrorManager;

typedef struct {
    struct jpeg_source_mgr base;
    gboolean accept_early_end;
} MemorySource;

typedef struct {
    struct jpeg_decompress_struct jpeg;
    ErrorManager errors;
    MemorySource source;
    struct jpeg_progress_mgr progress;
    void *bytes;
    gsize n_bytes;
    Resampler *resampler;
    guint8 *out;
} Decoder;

static G_GNUC_NORETURN void
on_error (j_common_ptr jpeg)
{
    ErrorManager *errors = (ErrorManager *) jpeg->err;

    jpeg->err->format_message (jpeg, errors->message);
    longjmp (errors->escape, 1);
}

static void
on_message (j_common_ptr jpeg, int level)
{
    if (level < 0)
        jpeg->err->num_warnings++;
}

static void
error_manager_init (ErrorManager *self)
{
    jpeg_std_error (&self->base);
    self->base.error_exit = on_error;
    self->base.emit_message = on_message;
}

static void
ignore_source (j_decompress_ptr jpeg)
{
}

/* The bytes are all there from the start: being asked for more means that the file is cut short. */
static boolean
fill_at_end (j_decompress_ptr jpeg)
{
    static const JOCTET end[] = { 0xff, JPEG_EOI };
    MemorySource *source = (MemorySource *) jpeg->src;

    if (!source->accept_early_end)
        ERREXIT (jpeg, JERR_INPUT_EOF);
    source->base.next_input_byte = end;
    source->base.bytes_in_buffer = sizeof end;
    return TRUE;
}

static void
skip_bytes (j_decompress_ptr jpeg, long n_bytes)
{
    struct jpeg_source_mgr *source = jpeg->src;

    if (n_bytes <= 0)
        return;
    if ((gsize) n_bytes > source->bytes_in_buffer) {
        (void) fill_at_end (jpeg);
        return;
    }
    source->next_input_byte += n_bytes;
    source->bytes_in_buffer -= (gsize) n_bytes;
}

static void
check_scans (j_common_ptr jpeg)
{
    if (((j_decompress_ptr) jpeg)->input_scan_number > MAX_SCANS) {
        ErrorManager *errors = (ErrorManager *) jpeg->err;
        g_strlcpy (errors->message, "it has too many scans", sizeof errors->message);
        longjmp (errors->escape, 1);
    }
}

static gboolean
map_file (int fd, void **out_bytes, gsize *out_n_bytes, GError **error)
{
    struct stat facts;
    void *bytes;

    if (fstat (fd, &facts) != 0 || facts.st_size <= 0 ||
        (bytes = mmap (NULL, (gsize) facts.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd,
                       0)) == MAP_FAILED) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the original cannot be read: %s",
                     g_strerror (errno));
        return FALSE;
    }
    *out_bytes = bytes;
    *out_n_bytes = (gsize) facts.st_size;
    return TRUE;
}

static void
set_decode_error (const Decoder *self, GError **error)
{
    int code = self->errors.base.msg_code;

    if (code == JERR_OUT_OF_MEMORY)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                             "decoding this JPEG needs more memory than a worker may use");
    else if (code == JERR_INPUT_EOF)
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "the JPEG ends after %" G_GSIZE_FORMAT
                     " bytes, before the picture is complete",
                     self->n_bytes);
    else
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA, "the JPEG is damaged: %s",
                     self->errors.message);
}

static void
start (Decoder *self, const ImageInput *input)
{
    self->source.base.init_source = ignore_source;
    self->source.base.fill_input_buffer = fill_at_end;
    self->source.base.skip_input_data = skip_bytes;
    self->source.base.resync_to_restart = jpeg_resync_to_restart;
    self->source.base.term_source = ignore_source;
    self->source.base.next_input_byte = self->bytes;
    self->source.base.bytes_in_buffer = self->n_bytes;
    self->source.accept_early_end = input->process_invalid;
    self->progress.progress_monitor = check_scans;
    self->jpeg.src = &self->source.base;
    self->jpeg.progress = &self->progress;
}

/* The smallest size the inverse transform makes that is not below the wanted one. */
static void
choose_scale (struct jpeg_decompress_struct *jpeg, int width, int height)
{
    jpeg->scale_denom = 8;
    for (jpeg->scale_num = 1; jpeg->scale_num < 8; jpeg->scale_num *= 2) {
        jpeg_calc_output_dimensions (jpeg);
        if ((int) jpeg->output_width >= width && (int) jpeg->output_height >= height)
            return;
    }
}

/* Runs under setjmp: what it makes is kept in @self, where the caller finds it after a jump. */
static gboolean
decode (Decoder *self, const ImageInput *input, int width, int height)
{
    struct jpeg_decompress_struct *jpeg = &self->jpeg;

    jpeg_create_decompress (jpeg);
    start (self, input);
    jpeg_read_header (jpeg, TRUE);
    if (jpeg->num_components != 3 ||
        (jpeg->jpeg_color_space != JCS_YCbCr && jpeg->jpeg_color_space != JCS_RGB))
        return FALSE;
    choose_scale (jpeg, width, height);
    jpeg->out_color_space = JCS_EXT_RGBX;
    jpeg_start_decompress (jpeg);
    self->out = g_malloc ((gsize) width * (gsize) height * 3);
    self->resampler = resampler_new (
        jpeg->output_width, jpeg->output_height, jpeg->image_width * (jpeg->scale_num / 8.0),
        jpeg->image_height * (jpeg->scale_num / 8.0), (guint) width, (guint) height, self->out);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = resampler_next_row (self->resampler);
        jpeg_read_scanlines (jpeg, &row, 1);
        resampler_push (self->resampler, row);
    }
    return TRUE;
}

static void
decoder_free (Decoder *self)
{
    jpeg_destroy_decompress (&self->jpeg);
    resampler_free (self->resampler);
    if (self->bytes != NULL)
        munmap (self->bytes, self->n_bytes);
    g_free (self->out);
    g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Decoder, decoder_free)

static void
free_pixels (VipsImage *image, gpointer pixels)
{
    g_free (pixels);
}

gboolean
image_jpeg_load (const ImageInput *input, int width, int height, VipsImage **out_image,
                 GError **error)
{
    g_autoptr (Decoder) self = g_new0 (Decoder, 1);

    *out_image = NULL;
    error_manager_init (&self->errors);
    self->jpeg.err = &self->errors.base;
    if (!map_file (input->fd, &self->bytes, &self->n_bytes, error))
        return FALSE;
    if (setjmp (self->errors.escape) != 0) {
        set_decode_error (self, error);
        return FALSE;
    }
    if (!decode (self, input, width, height))
        return TRUE;
    *out_image = vips_image_new_from_memory (self->out, (gsize) width * (gsize) height * 3, width,
                                             height, 3, VIPS_FORMAT_UCHAR);
    (*out_image)->Type = VIPS_INTERPRETATION_sRGB;
    g_signal_connect (*out_image, "postclose", G_CALLBACK (free_pixels),
                      g_steal_pointer (&self->out));
    return TRUE;
}

GBytes *
image_jpeg_encode (const guint8 *rgb, int width, int height, int quality, gboolean full_chroma,
                   gboolean progressive, GBytes *profile, GError **error)
{
    struct jpeg_compress_struct jpeg = { 0 };
    ErrorManager errors;
    unsigned char *volatile bytes = NULL;
    unsigned long n_bytes = 0;

    error_manager_init (&errors);
    jpeg.err = &errors.base;
    if (setjmp (errors.escape) != 0) {
        jpeg_destroy_compress (&jpeg);
        free (bytes);
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "a JPEG of %d x %d cannot be made: %s",
                     width, height, errors.message);
        return NULL;
    }
    jpeg_create_compress (&jpeg);
    jpeg_mem_dest (&jpeg, (unsigned char **) &bytes, &n_bytes);
    jpeg.image_width = (JDIMENSION) width;
    jpeg.image_height = (JDIMENSION) height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults (&jpeg);
    jpeg_set_quality (&jpeg, quality, TRUE);
    if (full_chroma)
        jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
    if (progressive)
        jpeg_simple_progression (&jpeg);
    jpeg_start_compress (&jpeg, TRUE);
    jpeg_write_icc_profile (&jpeg, g_bytes_get_data (profile, NULL),
                            (unsigned) g_bytes_get_size (profile));
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = (JSAMPROW) rgb + (gsize) jpeg.next_scanline * (gsize) width * 3;
        jpeg_write_scanlines (&jpeg, &row, 1);
    }
    jpeg_finish_compress (&jpeg);
    jpeg_destroy_compress (&jpeg);
    return g_bytes_new_with_free_func (bytes, n_bytes, free, bytes);
}
