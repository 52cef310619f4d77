/* image_source.h -- the picture in a descriptor, opened by what its content says it is */
#pragma once
#include <vips/vips.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VipsImage, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VipsSource, g_object_unref)

typedef enum {
    IMAGE_JPEG,
    IMAGE_PNG,
    IMAGE_GIF,
    IMAGE_WEBP,
    IMAGE_TIFF,
    IMAGE_HEIF, /* HEIC and AVIF */
    IMAGE_JXL,
    IMAGE_SVG,
    IMAGE_JP2,
    IMAGE_BMP,
    IMAGE_PSD,
    IMAGE_RAW, /* of a camera */
    IMAGE_N_TYPES
} ImageType;

typedef struct {
    int fd;                /* stays the caller's */
    const char *extension; /* with its dot, or NULL; only tells raw files from TIFFs */
    gboolean process_invalid;
    gint64 max_pixels;
    int embedded_px; /* of camera raw files: take the JPEG that the camera put in when its short side is
                      * at least this long; 0: only when nothing else can be decoded */
} ImageInput;

typedef struct _ImageSource ImageSource;

/** Find out the type and read the header.
 *  @return (transfer full) NULL with APP_ERROR_MEDIA_TYPE (not a picture we know), APP_ERROR_MEDIA
 *          (damaged) or APP_ERROR_TOO_LARGE (too many pixels) */
ImageSource *image_source_new (const ImageInput *input, GError **error);
void image_source_free (ImageSource *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImageSource, image_source_free)

ImageType image_source_type (const ImageSource *self);
const char *image_source_type_name (const ImageSource *self); /* jpeg, png, ... */
VipsImage *image_source_header (ImageSource *self);           /* (transfer none) size and tags */
int image_source_orientation (
    ImageSource *self);                      /* EXIF 1 to 8, 1 when the loader has applied it */
int image_source_frames (ImageSource *self); /* pages or frames, at least 1 */
void image_source_upright_size (ImageSource *self, int *out_width, int *out_height);
/** The same of the photo itself, when a JPEG inside of it is what gets decoded. */
void image_source_photo_size (ImageSource *self, int *out_width, int *out_height);

/** The first frame, not turned, for one pass from top to bottom; its sides are those of the header
 *  or, where the format can, smaller by a factor while both stay at least the given ones. */
VipsImage *image_source_load (ImageSource *self, int min_width, int min_height, GError **error);

/** Turn what libvips last complained about into an error about this file. */
void image_source_set_error (const ImageSource *self, GError **error);
