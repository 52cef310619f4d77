/* test_cron.c -- the minutes that expressions name */
#include "base/cron.h"

typedef struct {
    const char *text;
    int month, day, hour, minute; /* of 2026; 1 November is a Sunday */
    gboolean expected;
} Case;

static void
test_matches (void)
{
    static const Case cases[] = {
        { "0 0 * * *", 11, 28, 0, 0, TRUE },
        { "0 0 * * *", 11, 28, 0, 1, FALSE },
        { "0 02 * * *", 11, 28, 2, 0, TRUE },
        { "*/15 * * * *", 11, 28, 7, 45, TRUE },
        { "*/15 * * * *", 11, 28, 7, 46, FALSE },
        { "5/20 * * * *", 11, 28, 7, 45, TRUE },
        { "0 8-10,20 * * *", 11, 28, 9, 0, TRUE },
        { "0 8-10,20 * * *", 11, 28, 20, 0, TRUE },
        { "0 8-10,20 * * *", 11, 28, 11, 0, FALSE },
        { "0 0 * nov sun", 11, 1, 0, 0, TRUE },
        { "0 0 * NOV 7", 11, 1, 0, 0, TRUE },
        { "0 0 * * mon-fri", 11, 1, 0, 0, FALSE },
        { "0 0 * * mon-fri", 11, 2, 0, 0, TRUE },
        { "0 0 13 * sun", 11, 1, 0, 0, TRUE }, /* either day */
        { "0 0 13 * sun", 11, 13, 0, 0, TRUE },
        { "0 0 13 * sun", 11, 14, 0, 0, FALSE },
        { "0 0 ? * sun", 11, 2, 0, 0, FALSE },
        { "30 0 0 * * *", 11, 1, 0, 0, TRUE }, /* six: with the second */
        { "0 0 0 * * * 2026", 11, 1, 0, 0, TRUE },
        { "0 0 0 * * * 2027", 11, 1, 0, 0, FALSE },
        { "0 0 * *", 11, 1, 0, 0, FALSE },
        { "", 11, 1, 0, 0, FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        const Case *each = &cases[i];
        g_autoptr (GDateTime) time =
            g_date_time_new_utc (2026, each->month, each->day, each->hour, each->minute, 0);

        if (cron_matches (each->text, time) != each->expected)
            g_error ("'%s' is wrong at %d-%d %d:%d", each->text, each->month, each->day, each->hour,
                     each->minute);
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/cron/matches", test_matches);
    return g_test_run ();
}
