/* likeness.h -- what a picture looks like, so that nearly equal ones can be found
 *
 * The hash says where light and dark are: the signs of the 64 lowest terms of the cosine transform of
 * a 32 x 32 grey picture. It hardly changes when a picture is resized or compressed again. The colours
 * are the means of 4 x 4 fields; they keep apart what only has the same shapes. Any thread. */
#pragma once
#include <glib.h>
#include "worker/protocol.h"

/** @param rgba  height x width x 4 uint8, not premultiplied, rows from the top, no padding
 *  @return FALSE when there is nothing to be seen (one colour): everything would look like it */
gboolean likeness_find (const guint8 *rgba, guint width, guint height,
                        guint8 out[WORKER_LIKENESS_BYTES]);
