/* text_format.h -- is this text an e-mail, a date, a number...? (internal) */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "base/uuid.h"

/* What issues show as the pattern; clients do not compare it. */
#define TEXT_UUID_PATTERN                                                                          \
    "/^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$/"
#define TEXT_EMAIL_PATTERN "/^[^\\s@\"()<>,;:\\[\\]]+@[^\\s@.]+(\\.[^\\s@.]+)*$/"
#define TEXT_DATE_PATTERN "/^\\d{4}-\\d{2}-\\d{2}$/"
#define TEXT_TIME_PATTERN                                                                          \
    "/^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})$/"

/** Local part of letters, digits and !#$%&'*+/=?^_{|}~.-`, domain of labels up to 63 that neither
 *  begin nor end with a hyphen; letters and digits of other scripts count. At most 320 bytes. */
gboolean text_is_email (const char *text);
gboolean text_is_date (const char *text); /* YYYY-MM-DD, or a time of which it is the beginning */
gboolean text_is_url (const char *text);  /* with a scheme and a host */
/** @pattern is a constant of an .api file, compiled once; a @text over 1,000 bytes never matches. */
gboolean text_matches (const char *pattern, const char *text);
gboolean text_parse_number (const char *text, double *out); /* decimal; "" is 0, as in a form */
gboolean text_parse_clock (const char *text, double *out);  /* H:MM:SS.fff, to whole ms */
GBytes *text_parse_base64 (Arena *arena, const char *text); /* NULL: it is not */
const char *text_lower_ascii (Arena *arena, const char *text);
const char *text_lower (Arena *arena, const char *text);
