/* timestamp.h -- moments as integer milliseconds since 1970, UTC */
#pragma once
#include <glib.h>
#include "base/arena.h"

#define TIMESTAMP_TEXT_BYTES 32

gint64 timestamp_now_ms (void);

/** @from + @n * @unit, as far as there are numbers: a setting of a user may mean the end of time. */
gint64 timestamp_shift (gint64 from, gint64 n, gint64 unit);

/** Write '2026-11-21T20:52:06.887Z'. Years 0 to 9999; others are clamped. */
void timestamp_format (gint64 ms, char out[TIMESTAMP_TEXT_BYTES]);
const char *timestamp_text (Arena *arena, gint64 ms);

/** Read 'YYYY-MM-DDTHH:MM[:SS[.f...]]' with 'Z' or an offset; nothing else.
 *  @return FALSE and *@out_ms untouched when it is not one, or names an impossible date */
gboolean timestamp_parse (const char *text, gint64 *out_ms);

/** Days since 1970 of a proleptic Gregorian date, and back. */
gint64 timestamp_days_from_civil (gint64 year, unsigned month, unsigned day);
void timestamp_civil_from_days (gint64 days, gint64 *year, unsigned *month, unsigned *day);
