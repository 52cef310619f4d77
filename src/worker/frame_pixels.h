/* frame_pixels.h -- from a frame of libav to a picture of libvips */
#pragma once
#include <glib.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
#include <vips/vips.h>

/** Have @scaler write all of @frame into @out, which is in memory and of the size and pixels that the
 *  scaler was made for. @return FALSE when it does not, or there is not enough memory */
gboolean frame_pixels_write (struct SwsContext *scaler, const AVFrame *frame, VipsImage *out);
