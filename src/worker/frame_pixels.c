/* frame_pixels.c -- see frame_pixels.h */
#include "worker/frame_pixels.h"
#include <string.h>

gboolean
frame_pixels_write (struct SwsContext *scaler, const AVFrame *frame, VipsImage *out)
{
    /* swscale writes whole vectors, also past the end of a line */
    gsize n_line = VIPS_IMAGE_SIZEOF_LINE (out), stride = (n_line + 127) / 64 * 64;
    g_autofree guint8 *lines = g_try_malloc (stride * (gsize) out->Ysize + 64);
    guint8 *const planes[4] = { lines };
    const int strides[4] = { (int) stride };

    if (lines == NULL || sws_scale (scaler, (const guint8 *const *) frame->data, frame->linesize, 0,
                                    frame->height, planes, strides) != out->Ysize)
        return FALSE;
    for (int y = 0; y < out->Ysize; y++)
        memcpy (VIPS_IMAGE_ADDR (out, 0, y), lines + stride * (gsize) y, n_line);
    return TRUE;
}
