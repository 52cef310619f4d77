/* image_jxl.h -- JPEG XL with libjxl directly */
#pragma once
#include <glib.h>
#include "worker/image_source.h"

/** Decode the first frame in full.
 *  @return (transfer full) upright, 8 or 16 bits a channel, in memory, with its colour profile; NULL
 *          with APP_ERROR_MEDIA (damaged) or APP_ERROR_IO */
VipsImage *image_jxl_load (const ImageInput *input, GError **error);
