/* image_jpeg.h -- JPEGs with libjpeg-turbo directly: the fast way in, and the way out */
#pragma once
#include <glib.h>
#include "worker/image_source.h"

/** Decode a JPEG of three channels, reduced to exactly @width x @height (at most its own sides).
 *  @param out_image  8-bit RGB in memory, not turned, no tags; NULL when this JPEG is of a kind that
 *                    is left to libvips (CMYK, greyscale)
 *  @return FALSE with APP_ERROR_MEDIA, ... when the file is damaged */
gboolean image_jpeg_load (const ImageInput *input, int width, int height, VipsImage **out_image,
                          GError **error);

/** Encode 8-bit RGB from memory as JFIF.
 *  @param full_chroma  4:4:4, else 4:2:0
 *  @return (transfer full) NULL with APP_ERROR_INTERNAL */
GBytes *image_jpeg_encode (const guint8 *rgb, int width, int height, int quality,
                           gboolean full_chroma, gboolean progressive, GBytes *profile,
                           GError **error);
