#include "base/timestamp.h"

static void
assert_reads (const char *text, const char *utc)
{
    char out[TIMESTAMP_TEXT_BYTES];
    gint64 ms = 0;

    g_assert_true (timestamp_parse (text, &ms));
    timestamp_format (ms, out);
    g_assert_cmpstr (out, ==, utc);
}

static void
test_what_is_read_is_written (void)
{
    assert_reads ("2026-11-21T20:52:06.887Z", "2026-11-21T20:52:06.887Z");
    assert_reads ("2026-11-21T20:52Z", "2026-11-21T20:52:00.000Z");
    assert_reads ("2026-11-21T20:52:06.8874291Z", "2026-11-21T20:52:06.887Z");
    assert_reads ("2023-11-19T18:11:00.000-07:00", "2023-11-20T01:11:00.000Z");
    assert_reads ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
    assert_reads ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z");
    assert_reads ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
    assert_reads ("2024-02-29T00:00:00+05:30", "2024-02-28T18:30:00.000Z");
}

static void
test_what_is_not_one_is_refused (void)
{
    static const char *const texts[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T20:52:06",
        "2026-11-21 20:52:06Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00+5",
        "20260101T000000Z",
        "+2026-01-01T00:00:00Z",
        "1900-02-29T00:00:00Z",
    };
    gint64 ms = 42;

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
        g_assert_false (timestamp_parse (texts[i], &ms));
    g_assert_false (timestamp_parse (NULL, &ms));
    g_assert_cmpint (ms, ==, 42);
}

static void
test_days_and_dates_agree (void)
{
    gint64 expected = timestamp_days_from_civil (1600, 1, 1);

    g_assert_cmpint (timestamp_days_from_civil (1970, 1, 1), ==, 0);
    g_assert_cmpint (timestamp_days_from_civil (2000, 3, 1), ==, 11017);
    for (gint64 day = expected; day < expected + 300000; day++) {
        gint64 year;
        unsigned month, of_month;

        timestamp_civil_from_days (day, &year, &month, &of_month);
        g_assert_cmpint (timestamp_days_from_civil (year, month, of_month), ==, day);
    }
}

static void
test_a_shift_ends_where_numbers_end (void)
{
    g_assert_cmpint (timestamp_shift (5, 3, 10), ==, 35);
    g_assert_cmpint (timestamp_shift (5, -3, 10), ==, -25);
    g_assert_cmpint (timestamp_shift (1796000000000, 999999999999, 86400000), ==, G_MAXINT64);
    g_assert_cmpint (timestamp_shift (1796000000000, -999999999999, 86400000), ==, G_MININT64);
    g_assert_cmpint (timestamp_shift (G_MAXINT64, 1, 1), ==, G_MAXINT64);
    g_assert_cmpint (timestamp_shift (G_MININT64, -1, 1), ==, G_MININT64);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/timestamp/what-is-read-is-written", test_what_is_read_is_written);
    g_test_add_func ("/timestamp/what-is-not-one-is-refused", test_what_is_not_one_is_refused);
    g_test_add_func ("/timestamp/days-and-dates-agree", test_days_and_dates_agree);
    g_test_add_func ("/timestamp/shift", test_a_shift_ends_where_numbers_end);
    return g_test_run ();
}
