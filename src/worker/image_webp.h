/* image_webp.h -- pictures in memory to WebP */
#pragma once
#include <glib.h>

/** Encode 8-bit RGB (or RGBA when @has_alpha, not premultiplied) as lossy WebP with a profile.
 *  @return (transfer full) NULL with APP_ERROR_INTERNAL */
GBytes *image_webp_encode (const guint8 *pixels, int width, int height, gboolean has_alpha,
                           int quality, GBytes *profile, GError **error);
