/* image_source.c -- which decoder a file gets, and its limits
 *
 * The type comes from the first bytes, never from the name: a JPEG named .heic works, a text named
 * .jpg is told what it is. Only the loaders in the table can run (others, such as ImageMagick's, are
 * blocked in worker_init). The pixel limit is held against the header, before anything is decoded. */
#define G_LOG_DOMAIN "image-source"
#include "worker/image_source.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/image_heif.h"
#include "worker/image_jxl.h"
#include "worker/image_raw.h"
#include "worker/image_still.h"

#define HEAD_BYTES 4096
#define LEAST_DEVIATION 2 /* of 255: less is a plain colour */
#define MOST_PIXELS_LOOKED_AT (G_GINT64_CONSTANT (1) << 29)

typedef int (*LoadSource) (VipsSource *source, VipsImage **out, ...);

static const struct {
    const char *name;  /* in replies */
    const char *label; /* in sentences */
    LoadSource load;
} types[] = {
    [IMAGE_JPEG] = { "jpeg", "JPEG", vips_jpegload_source },
    [IMAGE_PNG] = { "png", "PNG", vips_pngload_source },
    [IMAGE_GIF] = { "gif", "GIF", vips_gifload_source },
    [IMAGE_WEBP] = { "webp", "WebP", vips_webpload_source },
    [IMAGE_TIFF] = { "tiff", "TIFF", vips_tiffload_source },
    [IMAGE_HEIF] = { "heif", "HEIF or AVIF", vips_heifload_source },
    [IMAGE_JXL] = { "jxl", "JPEG XL", vips_jxlload_source },
    [IMAGE_SVG] = { "svg", "SVG", vips_svgload_source },
    [IMAGE_JP2] = { "jp2", "JPEG 2000", vips_jp2kload_source },
    [IMAGE_BMP] = { "bmp", "BMP", NULL },
    [IMAGE_PSD] = { "psd", "Photoshop file", NULL },
    [IMAGE_RAW] = { "raw", "JPEG in this camera raw file", vips_jpegload_source },
};

/* Camera raw files: many are TIFFs by their first bytes, whose first picture may be a tiny preview, others
 * begin in ways of their own. */
static const char *const raw_extensions[] = { ".3fr", ".ari", ".arw", ".cap", ".cin", ".cr2",
                                              ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff",
                                              ".iiq", ".k25", ".kdc", ".mrw", ".nef", ".nrw",
                                              ".orf", ".ori", ".pef", ".raf", ".raw", ".rw2",
                                              ".rwl", ".sr2", ".srf", ".srw", ".x3f", NULL };

struct _ImageSource {
    ImageInput input;
    ImageType type;
    gint64 size_bytes;
    VipsImage *header;
    GBytes *embedded; /* of a camera raw file: decoded in its place; header is its own then */
    int photo_width, photo_height; /* upright; 0: those of the header */
};

static gboolean
starts_with (const guint8 *head, gsize n_bytes, const char *magic, gsize n_magic)
{
    return n_bytes >= n_magic && memcmp (head, magic, n_magic) == 0;
}

#define STARTS_WITH(magic) starts_with (head, n_bytes, magic, sizeof (magic) - 1)

/* ISO base media: a size, 'ftyp', the major brand, a version, more brands. */
static gboolean
is_heif (const guint8 *head, gsize n_bytes)
{
    static const char *const brands[] = { "heic", "heix", "hevc", "hevx", "heim", "heis",
                                          "mif1", "msf1", "avif", "avis", NULL };
    gsize box_bytes;

    if (n_bytes < 16 || memcmp (head + 4, "ftyp", 4) != 0)
        return FALSE;
    box_bytes = (gsize) head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
    for (gsize at = 8; at + 4 <= MIN (n_bytes, box_bytes); at += at == 8 ? 8 : 4)
        for (guint i = 0; brands[i] != NULL; i++)
            if (memcmp (head + at, brands[i], 4) == 0)
                return TRUE;
    return FALSE;
}

static gboolean
is_svg (const guint8 *head, gsize n_bytes)
{
    gsize at = STARTS_WITH ("\xef\xbb\xbf") ? 3 : 0;

    while (at < n_bytes && g_ascii_isspace (head[at]))
        at++;
    return at < n_bytes && head[at] == '<' && memchr (head, 0, n_bytes) == NULL &&
           g_strstr_len ((const char *) head, (gssize) n_bytes, "<svg") != NULL;
}

static gboolean
is_text (const guint8 *head, gsize n_bytes)
{
    return memchr (head, 0, n_bytes) == NULL &&
           g_utf8_validate ((const char *) head, (gssize) MIN (n_bytes, 64), NULL);
}

static const char *
describe_other (const guint8 *head, gsize n_bytes)
{
    if (n_bytes == 0)
        return "the file is empty";
    if (n_bytes >= 12 && memcmp (head + 4, "ftyp", 4) == 0)
        return "the file is a video (or another ISO media file), not a picture";
    if (STARTS_WITH ("\x1f\x8b"))
        return "the file is compressed with gzip; unpack it first";
    if (is_text (head, n_bytes))
        return "the file is text, not a picture";
    return "the file is not a picture of a known kind";
}

/* By its name, where the content does not speak against it: the other kinds were looked for before. */
static gboolean
is_raw (const guint8 *head, gsize n_bytes, const char *extension)
{
    g_autofree char *lower = g_ascii_strdown (extension != NULL ? extension : "", -1);

    if (n_bytes >= 12 &&
        (memcmp (head + 8, "CR\2", 3) == 0 || memcmp (head + 4, "ftypcrx ", 8) == 0))
        return TRUE;
    return g_strv_contains (raw_extensions, lower) && !is_text (head, n_bytes);
}

static gboolean
find_type (const guint8 *head, gsize n_bytes, const char *extension, ImageType *out, GError **error)
{
    const char *reason = NULL;

    if (STARTS_WITH ("\xff\xd8\xff"))
        *out = IMAGE_JPEG;
    else if (STARTS_WITH ("\x89PNG\r\n\x1a\n"))
        *out = IMAGE_PNG;
    else if (STARTS_WITH ("GIF87a") || STARTS_WITH ("GIF89a"))
        *out = IMAGE_GIF;
    else if (n_bytes >= 12 && STARTS_WITH ("RIFF") && memcmp (head + 8, "WEBP", 4) == 0)
        *out = IMAGE_WEBP;
    else if (STARTS_WITH ("II*\0") || STARTS_WITH ("MM\0*") || STARTS_WITH ("II+\0") ||
             STARTS_WITH ("MM\0+"))
        *out = is_raw (head, n_bytes, extension) ? IMAGE_RAW : IMAGE_TIFF;
    else if (is_heif (head, n_bytes))
        *out = IMAGE_HEIF;
    else if (STARTS_WITH ("\xff\x0a") || STARTS_WITH ("\0\0\0\x0cJXL \r\n\x87\n"))
        *out = IMAGE_JXL;
    else if (STARTS_WITH ("\0\0\0\x0cjP  \r\n\x87\n") || STARTS_WITH ("\xff\x4f\xff\x51"))
        *out = IMAGE_JP2;
    else if (STARTS_WITH ("8BPS"))
        *out = IMAGE_PSD;
    else if (STARTS_WITH ("BM") && !is_text (head, n_bytes))
        *out = IMAGE_BMP;
    else if (is_svg (head, n_bytes))
        *out = IMAGE_SVG;
    else if (is_raw (head, n_bytes, extension))
        *out = IMAGE_RAW;
    else
        reason = describe_other (head, n_bytes);
    if (reason != NULL)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA_TYPE, reason);
    return reason == NULL;
}

/* The last complaint of libvips as one short line of UTF-8. */
static char *
take_vips_error (void)
{
    g_autofree char *all = g_utf8_make_valid (vips_error_buffer (), -1);
    g_auto (GStrv) lines = g_strsplit (g_strstrip (all), "\n", -1);
    guint n_lines = g_strv_length (lines);
    char *line = g_strdup (n_lines > 0 ? lines[n_lines - 1] : "");

    vips_error_clear ();
    g_strdelimit (line, "\t\r\"\\", ' ');
    if (g_utf8_strlen (line, -1) > 160)
        *g_utf8_offset_to_pointer (line, 160) = '\0';
    return line;
}

/* What decoders say when the data ends before the picture does. */
static gboolean
means_cut_short (const char *line)
{
    static const char *const signs[] = {
        "premature end",         "truncated",   "unexpected end",     "end of file", "end of data",
        "end of stream",         "end-of-data", "unexpected eof",     "incomplete",  "out of",
        "unable to read source", "read error",  "libspng read error", NULL
    };
    g_autofree char *lower = g_ascii_strdown (line, -1);

    for (guint i = 0; signs[i] != NULL; i++)
        if (strstr (lower, signs[i]) != NULL)
            return strstr (lower, "memory") == NULL;
    return FALSE;
}

void
image_source_set_error (const ImageSource *self, GError **error)
{
    g_autofree char *line = take_vips_error ();
    const char *label = types[self->type].label;

    if (strstr (line, "out of memory") != NULL || strstr (line, "unable to allocate") != NULL)
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "decoding this %s needs more memory than a worker may use", label);
    else if (means_cut_short (line))
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "the %s ends after %" G_GINT64_FORMAT
                     " bytes, before the picture is complete (%s)",
                     label, self->size_bytes, line);
    else
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA, "the %s is damaged: %s", label,
                     line[0] != '\0' ? line : "its decoder gives no reason");
}

static VipsImage *
open_source (ImageSource *self, const char *option, double value, GError **error)
{
    g_autoptr (VipsSource) source = NULL;
    VipsImage *image = NULL;
    VipsFailOn fail_on = self->input.process_invalid ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_ERROR;
    int failed;

    if (self->embedded != NULL)
        source = vips_source_new_from_memory (g_bytes_get_data (self->embedded, NULL),
                                              g_bytes_get_size (self->embedded));
    else if (lseek (self->input.fd, 0, SEEK_SET) == 0)
        source = vips_source_new_from_descriptor (self->input.fd);
    if (source == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the original cannot be read: %s",
                     vips_error_buffer ());
        vips_error_clear ();
        return NULL;
    }
    if (option != NULL && (strcmp (option, "shrink") == 0 || strcmp (option, "page") == 0))
        failed = types[self->type].load (source, &image, "access", VIPS_ACCESS_SEQUENTIAL,
                                         "fail_on", fail_on, option, (int) value, NULL);
    else if (option != NULL)
        failed = types[self->type].load (source, &image, "access", VIPS_ACCESS_SEQUENTIAL,
                                         "fail_on", fail_on, option, value, NULL);
    else
        failed = types[self->type].load (source, &image, "access", VIPS_ACCESS_SEQUENTIAL,
                                         "fail_on", fail_on, NULL);
    if (failed != 0) {
        image_source_set_error (self, error);
        return NULL;
    }
    /* of HDR a profile cannot tell the truth; other pictures without one are rare */
    if (self->type == IMAGE_HEIF && (image->BandFmt != VIPS_FORMAT_UCHAR ||
                                     vips_image_get_typeof (image, VIPS_META_ICC_NAME) == 0)) {
        g_autoptr (VipsImage) untagged = image;
        image = image_heif_tag (&self->input, untagged);
        if (image == NULL)
            image_source_set_error (self, error);
    }
    return image;
}

/* Decode the JPEG inside instead, when it may be and is large enough. */
static gboolean
take_embedded (ImageSource *self, gboolean can_decode)
{
    g_autoptr (GBytes) jpeg = NULL;
    g_autoptr (VipsImage) header = NULL, tagged = NULL;
    int orientation = vips_image_get_orientation (self->header);

    if (can_decode && self->input.embedded_px == 0)
        return FALSE;
    jpeg = image_raw_find_jpeg (&self->input);
    self->embedded = jpeg;
    header = jpeg != NULL ? open_source (self, NULL, 0, NULL) : NULL;
    self->embedded = NULL;
    if (header == NULL || vips_copy (header, &tagged, NULL) != 0 ||
        (can_decode && MIN (header->Xsize, header->Ysize) < self->input.embedded_px))
        return FALSE;
    /* cameras write the way they were held into the raw file, and not always into the JPEG */
    vips_image_set_int (tagged, VIPS_META_ORIENTATION, orientation);
    image_source_upright_size (self, &self->photo_width, &self->photo_height);
    g_object_unref (self->header);
    self->header = g_steal_pointer (&tagged);
    self->embedded = g_steal_pointer (&jpeg);
    return TRUE;
}

/* Decoded at once: their header is the whole picture. */
static gboolean
is_still (const ImageSource *self)
{
    return self->type == IMAGE_BMP || self->type == IMAGE_PSD;
}

static gboolean
open_header (ImageSource *self, GError **error)
{
    gboolean can_decode;

    if (is_still (self))
        return (self->header = image_still_load (
                    &self->input, self->type == IMAGE_BMP ? STILL_BMP : STILL_PSD, error)) != NULL;
    if (self->type != IMAGE_RAW)
        return (self->header = open_source (self, NULL, 0, error)) != NULL;
    self->header = image_raw_header (&self->input, &can_decode, error);
    if (self->header == NULL)
        return FALSE;
    if (take_embedded (self, can_decode) || can_decode)
        return TRUE;
    g_set_error_literal (
        error, APP_ERROR, APP_ERROR_MEDIA_TYPE,
        "the camera raw file is packed in a way that cannot be decoded, and there is "
        "no JPEG in it");
    return FALSE;
}

ImageSource *
image_source_new (const ImageInput *input, GError **error)
{
    g_autoptr (ImageSource) self = g_new0 (ImageSource, 1);
    guint8 head[HEAD_BYTES];
    struct stat facts;
    gssize n_bytes;
    gint64 n_pixels;

    self->input = *input;
    if (fstat (input->fd, &facts) != 0 || (n_bytes = pread (input->fd, head, sizeof head, 0)) < 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the original cannot be read: %s",
                     g_strerror (errno));
        return NULL;
    }
    self->size_bytes = facts.st_size;
    if (!find_type (head, (gsize) n_bytes, input->extension, &self->type, error) ||
        !open_header (self, error))
        return NULL;
    n_pixels = (gint64) self->header->Xsize * self->header->Ysize;
    if (n_pixels > input->max_pixels) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "the picture is %d x %d, %" G_GINT64_FORMAT
                     " megapixels; the limit is %" G_GINT64_FORMAT,
                     self->header->Xsize, self->header->Ysize, n_pixels / 1000000,
                     input->max_pixels / 1000000);
        return NULL;
    }
    return g_steal_pointer (&self);
}

void
image_source_free (ImageSource *self)
{
    if (self == NULL)
        return;
    g_clear_object (&self->header);
    g_clear_pointer (&self->embedded, g_bytes_unref);
    g_free (self);
}

ImageType
image_source_type (const ImageSource *self)
{
    return self->type;
}

const char *
image_source_type_name (const ImageSource *self)
{
    return types[self->type].name;
}

VipsImage *
image_source_header (ImageSource *self)
{
    return self->header;
}

int
image_source_orientation (ImageSource *self)
{
    return vips_image_get_orientation (self->header);
}

int
image_source_frames (ImageSource *self)
{
    return MAX (1, vips_image_get_n_pages (self->header));
}

void
image_source_upright_size (ImageSource *self, int *out_width, int *out_height)
{
    gboolean swapped = image_source_orientation (self) >= 5;

    *out_width = swapped ? self->header->Ysize : self->header->Xsize;
    *out_height = swapped ? self->header->Xsize : self->header->Ysize;
}

void
image_source_photo_size (ImageSource *self, int *out_width, int *out_height)
{
    image_source_upright_size (self, out_width, out_height);
    if (self->photo_width > 0) {
        *out_width = self->photo_width;
        *out_height = self->photo_height;
    }
}

/* How much of a frame differs from plain colour. */
static gboolean
shows_something (VipsImage *frame)
{
    g_autoptr (VipsImage) flat = NULL;
    double deviation = 0;

    if (vips_image_hasalpha (frame) ? vips_flatten (frame, &flat, NULL) != 0
                                    : vips_copy (frame, &flat, NULL) != 0)
        return FALSE;
    return vips_deviate (flat, &deviation, NULL) == 0 && deviation > LEAST_DEVIATION;
}

/* The first frames of an animation may be empty: of a few, the first that shows something. Each is decoded
 * on top of all before it, so there is a limit to the looking. */
static int
find_frame (ImageSource *self)
{
    static const int candidates[] = { 0, 1, 2, 4, 8, 16, 32 };
    gint64 n_pixels = (gint64) self->header->Xsize * self->header->Ysize, spent = 0;

    for (guint i = 0; i < G_N_ELEMENTS (candidates); i++) {
        g_autoptr (VipsImage) frame = NULL;

        spent += n_pixels * (candidates[i] + 1);
        if (candidates[i] >= image_source_frames (self) || spent > MOST_PIXELS_LOOKED_AT ||
            (frame = open_source (self, "page", candidates[i], NULL)) == NULL)
            break;
        if (shows_something (frame))
            return candidates[i];
    }
    vips_error_clear ();
    return 0;
}

VipsImage *
image_source_load (ImageSource *self, int min_width, int min_height, GError **error)
{
    int width = self->header->Xsize, height = self->header->Ysize;

    if (is_still (self))
        return g_object_ref (self->header);
    if (self->type == IMAGE_RAW && self->embedded == NULL)
        return image_raw_load (&self->input, min_width, min_height, error);
    if (self->type == IMAGE_JPEG || self->embedded != NULL) {
        int shrink = 8;
        while (shrink > 1 && (width / shrink < min_width || height / shrink < min_height))
            shrink /= 2;
        if (shrink > 1)
            return open_source (self, "shrink", shrink, error);
    }
    if (self->type == IMAGE_JXL)
        return image_jxl_load (&self->input, error);
    if (self->type == IMAGE_GIF && image_source_frames (self) > 1)
        return open_source (self, "page", find_frame (self), error);
    if (self->type == IMAGE_SVG || self->type == IMAGE_WEBP) {
        double scale = MAX ((double) min_width / width, (double) min_height / height);
        if (scale < 1)
            return open_source (self, "scale", scale, error);
    }
    return open_source (self, NULL, 0, error);
}
