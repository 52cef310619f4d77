/* image_raw.h -- camera raw files through LibRaw
 *
 * Decoded as the camera was set: its white balance, sRGB, 8 bits, brightened until one pixel in a hundred
 * is white. Most raw files also hold a JPEG that the camera made. */
#pragma once
#include "worker/image_source.h"

/** What is known before anything is decoded: a picture without pixels, whose size is that of the whole
 *  photo, not turned, with the orientation in its tags.
 *  @param out_can_decode  FALSE: LibRaw knows the camera, but not how it packs pixels
 *  @return (transfer full) NULL with APP_ERROR_MEDIA_TYPE or APP_ERROR_MEDIA */
VipsImage *image_raw_header (const ImageInput *input, gboolean *out_can_decode, GError **error);

/** The largest JPEG in the file. (transfer full) NULL: there is none. */
GBytes *image_raw_find_jpeg (const ImageInput *input);

/** The photo, not turned; with half of its sides when both stay at least the given ones, which is much
 *  faster. (transfer full) NULL with APP_ERROR_MEDIA or APP_ERROR_TOO_LARGE */
VipsImage *image_raw_load (const ImageInput *input, int min_width, int min_height, GError **error);
