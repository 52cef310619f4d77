/* image_still.h -- BMP and Photoshop files with libavcodec, which libvips reads through ImageMagick only */
#pragma once
#include <glib.h>
#include "worker/image_source.h"

typedef enum {
    STILL_BMP,
    STILL_PSD, /* what all its layers make together; RGB and grey, up to 2 GB */
} StillType;

/** Decode in full.
 *  @return (transfer full) 8-bit sRGB, with a fourth channel when there is transparency, in memory; NULL
 *          with APP_ERROR_MEDIA (damaged, or saved without the picture of all layers), APP_ERROR_TOO_LARGE
 *          or APP_ERROR_IO */
VipsImage *image_still_load (const ImageInput *input, StillType type, GError **error);
