/* ranges.h -- the Range header (RFC 9110 section 14) */
#pragma once
#include <glib.h>

typedef enum {
    RANGE_WHOLE,         /* none, several, or not understood: answer with everything */
    RANGE_PART,          /* one */
    RANGE_UNSATISFIABLE, /* 416 */
} RangeKind;

/** @param header  the value of Range, or NULL
 *  @param out_first, out_last  written for RANGE_PART: both bytes are part of it, and exist */
RangeKind range_parse (const char *header, guint64 size_bytes, guint64 *out_first,
                       guint64 *out_last);
