/* decimal.h -- a double as the shortest decimal that reads back as the same double */
#pragma once
#include <glib.h>

#define DECIMAL_TEXT_BYTES 32

/** As JavaScript prints numbers, and JSON may: "13.4050123", "-0.25", "1e-10". Most numbers that a photo
 *  carries (degrees, seconds, apertures) are found by integer arithmetic in some 40 ns; the others by
 *  printing and reading again.
 *  @param value  finite
 *  @param out    DECIMAL_TEXT_BYTES, zero-terminated
 *  @return its length */
gsize decimal_text (double value, char *out);
