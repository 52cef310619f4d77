/* cron.h -- the times that an expression of cron names */
#pragma once
#include <glib.h>

/** Whether @time is in a minute that @text names: minute, hour, day of the month, month, day of the week,
 *  as lists of '*', '?', numbers, ranges, names, and steps. Of six or seven fields the first is the second,
 *  which is not looked at, and the seventh the year. When both days are restricted either will do.
 *  FALSE for what is no such text. */
gboolean cron_matches (const char *text, GDateTime *time);
