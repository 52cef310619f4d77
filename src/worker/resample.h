/* resample.h -- reduce 8-bit RGB pictures with a Lanczos-3 filter, row by row as they are decoded
 *
 * libvips reduces any picture; this one does the case that nearly every upload is, in a third of the
 * time, whichever decoder makes the rows. Rows are weighted first, then columns, in 16-bit fixed
 * point. One thread. */
#pragma once
#include <glib.h>

typedef struct _Resampler Resampler;

/** @param x_extent, y_extent  how much of the pushed rows the picture is, in pixels; less than the
 *                  width and height when a decoder has rounded them up
 *  @param out      out_height x out_width x 3 uint8, RGB, no padding; filled while rows are pushed
 *  Sides of @out are at least 1 and at most those of the source. */
Resampler *resampler_new (guint width, guint height, double x_extent, double y_extent,
                          guint out_width, guint out_height, guint8 *out);

/** The next row from the top: width x 4 uint8, RGB and a byte that does not matter. Copied. */
void resampler_push (Resampler *self, const guint8 *rgbx);

/** Where the next row may be written instead of pushing a copy of it; then push that pointer. */
guint8 *resampler_next_row (Resampler *self);

void resampler_free (Resampler *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Resampler, resampler_free)
