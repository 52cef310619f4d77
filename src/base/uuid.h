/* uuid.h -- identifiers: random ones that clients see (version 4), ordered ones for changes (version 7)
 * Source: RFC 9562. Text is lower case, 36 characters. Any thread. */
#pragma once
#include <glib.h>
#include "base/arena.h"

#define UUID_TEXT_BYTES 37 /* with the NUL */

const char *uuid_v4 (Arena *arena); /* from the kernel's random numbers */
void uuid_v4_text (char out[UUID_TEXT_BYTES]);
void uuid_v7_text (char out[UUID_TEXT_BYTES]); /* greater than every earlier one of this process */
gboolean uuid_is_v4 (const char *text);        /* version nibble 4, variant 8 9 a b, any case */
void random_bytes (void *out, gsize n_bytes);  /* from the kernel; aborts when there are none */
