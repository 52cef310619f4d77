/* test_decimal.c -- the shortest text, against the C library's printing and reading */
#include "base/decimal.h"

#include <math.h>
#include <string.h>

static void
assert_text (double value, const char *expected)
{
    char text[DECIMAL_TEXT_BYTES];

    g_assert_cmpuint (decimal_text (value, text), ==, strlen (expected));
    g_assert_cmpstr (text, ==, expected);
}

static void
test_numbers_as_people_write_them (void)
{
    assert_text (0, "0");
    assert_text (-3, "-3");
    assert_text (0.1, "0.1");
    assert_text (0.25, "0.25");
    assert_text (-0.5, "-0.5");
    assert_text (2.8, "2.8");
    assert_text (13.405, "13.405");
    assert_text (52.516275, "52.516275");
    assert_text (0.008, "0.008");
    assert_text (1.0 / 3.0, "0.3333333333333333");
    assert_text (0.1 + 0.2, "0.30000000000000004");
    assert_text (999999999.9, "999999999.9");
    assert_text (1e-10, "1e-10");
    assert_text (1e300, "1e+300");
}

/* What the C library needs: the fewest digits that read back. */
static int
fewest_digits (double value)
{
    for (int n = 1; n < 17; n++) {
        char format[8], text[40];

        g_snprintf (format, sizeof format, "%%.%dg", n);
        g_ascii_formatd (text, sizeof text, format, value);
        if (g_ascii_strtod (text, NULL) == value)
            return n;
    }
    return 17;
}

static int
count_digits (const char *text)
{
    int n = 0, zeros = 0;

    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '1' && *text <= '9') {
            n += 1 + zeros;
            zeros = 0;
        } else if (*text == '0' && n > 0)
            zeros++; /* count only when another digit follows */
    return n;
}

static void
test_any_number_reads_back_and_is_shortest (void)
{
    g_autoptr (GRand) random = g_rand_new_with_seed (1);

    for (int i = 0; i < 200000; i++) {
        double value =
            ldexp (g_rand_double_range (random, -1, 1), g_rand_int_range (random, -16, 40));
        char text[DECIMAL_TEXT_BYTES];

        if (i % 3 == 0)
            value = round (value * 1e6) / 1e6;
        decimal_text (value, text);
        g_assert_cmpfloat (g_ascii_strtod (text, NULL), ==, value);
        if (i % 10 == 0 && value != 0)
            g_assert_cmpint (count_digits (text), ==, fewest_digits (value));
    }
}

/* Next to a power of two the gap below is half of the gap above; next to one of ten a digit comes. */
static void
test_the_edges (void)
{
    for (int exponent = -10; exponent < 31; exponent++)
        for (int step = -3; step <= 3; step++) {
            double values[] = { ldexp (1, exponent), pow (10, exponent / 3) };

            for (guint v = 0; v < G_N_ELEMENTS (values); v++) {
                double value = values[v];
                char text[DECIMAL_TEXT_BYTES];

                for (int i = 0; i < ABS (step); i++)
                    value = nextafter (value, step < 0 ? -INFINITY : INFINITY);
                decimal_text (value, text);
                g_assert_cmpfloat (g_ascii_strtod (text, NULL), ==, value);
                g_assert_cmpint (count_digits (text), ==, fewest_digits (value));
            }
        }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/decimal/as-people-write-them", test_numbers_as_people_write_them);
    g_test_add_func ("/decimal/shortest", test_any_number_reads_back_and_is_shortest);
    g_test_add_func ("/decimal/edges", test_the_edges);
    return g_test_run ();
}
