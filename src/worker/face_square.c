/* face_square.c -- see face_square.h; the roundings are those that clients' pictures have always had */
#include "worker/face_square.h"

#include <math.h>

#define MARGIN 1.1

gboolean
face_square_find (const FaceBox *face, int width, int height, int *out_left, int *out_top,
                  int *out_side)
{
    double x_scale, y_scale, x1, y1, half_width, half_height;
    gint64 x, y, reach, half;

    if (face->image_width < 1 || face->image_height < 1 || width < 1 || height < 1)
        return FALSE;
    x_scale = (double) width / (double) face->image_width;
    y_scale = (double) height / (double) face->image_height;
    x1 = x_scale * (double) CLAMP (face->x1, 0, face->image_width);
    y1 = y_scale * (double) CLAMP (face->y1, 0, face->image_height);
    half_width = (x_scale * (double) CLAMP (face->x2, 0, face->image_width) - x1) / 2;
    half_height = (y_scale * (double) CLAMP (face->y2, 0, face->image_height) - y1) / 2;
    if (half_width <= 0 || half_height <= 0)
        return FALSE;
    x = (gint64) floor (x1 + half_width + 0.5);
    y = (gint64) floor (y1 + half_height + 0.5);
    reach = (gint64) floor (MAX (half_width, half_height) * MARGIN);
    half = MIN (MIN (MIN (reach, x), MIN (reach, y)), MIN (width - 1 - x, height - 1 - y));
    if (half < 1)
        return FALSE;
    *out_left = (int) (x - half);
    *out_top = (int) (y - half);
    *out_side = (int) (2 * half);
    return TRUE;
}
