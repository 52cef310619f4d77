/* thumbhash.h -- a picture's placeholder in about 25 bytes
 * Source: the ThumbHash format by Evan Wallace, https://evanw.github.io/thumbhash/. Any thread. */
#pragma once
#include <glib.h>

#define THUMBHASH_MAX_SIDE 100
#define THUMBHASH_MAX_BYTES 25

/** @param rgba  height x width x 4 uint8, not premultiplied, rows from the top, no padding;
 *               sides 1 to THUMBHASH_MAX_SIDE
 *  @return the number of bytes written to @out */
gsize thumbhash_encode (const guint8 *rgba, guint width, guint height,
                        guint8 out[THUMBHASH_MAX_BYTES]);
