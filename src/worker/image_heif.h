/* image_heif.h -- what libvips does not tell of HEIC and AVIF files */
#pragma once
#include "worker/image_source.h"

/** Tag @image, as libvips loaded it from @input, with the colours that its file gives by code points and not
 *  by a profile. A file that says nothing of use changes nothing.
 *  @return (transfer full) NULL with the complaint of libvips set */
VipsImage *image_heif_tag (const ImageInput *input, VipsImage *image);
