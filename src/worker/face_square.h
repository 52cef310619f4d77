/* face_square.h -- the square of a picture that shows a face */
#pragma once
#include <glib.h>

/** A box, in pixels of a picture of @image_width x @image_height. Any numbers: they come from clients. */
typedef struct {
    gint64 x1, y1, x2, y2;
    gint64 image_width, image_height;
} FaceBox;

/** The square around the middle of @face, with a tenth more than its longer side has, in pixels of the same
 *  picture at @width x @height. Near a border it is smaller, since it stays around the middle.
 *  @return FALSE when nothing of the face lies in the picture; then nothing is written */
gboolean face_square_find (const FaceBox *face, int width, int height, int *out_left, int *out_top,
                           int *out_side);
