/* test_likeness.c -- the hash stays near when a picture is resized or made a little worse, and is far
 * from that of another picture */
#include <glib.h>
#include <math.h>
#include <string.h>
#include "worker/likeness.h"

/* Smooth shapes that differ from seed to seed. */
static guint8 *
make_pixels (guint width, guint height, guint32 seed, double noise)
{
    guint8 *pixels = g_malloc ((gsize) width * height * 4);
    g_autoptr (GRand) shapes = g_rand_new_with_seed (seed), grain = g_rand_new_with_seed (7);
    double waves[12][4];

    for (guint i = 0; i < G_N_ELEMENTS (waves); i++)
        for (guint k = 0; k < 4; k++)
            waves[i][k] = g_rand_double_range (shapes, -25, 25);
    for (guint y = 0; y < height; y++)
        for (guint x = 0; x < width; x++) {
            guint8 *pixel = pixels + 4 * ((gsize) y * width + x);

            for (guint c = 0; c < 3; c++) {
                double value = 128 + g_rand_double_range (grain, -1, 1) * noise;

                for (guint i = 0; i < G_N_ELEMENTS (waves); i++)
                    value += 18 * cos (waves[i][0] * (x + 0.5) / width +
                                       waves[i][1] * (y + 0.5) / height + waves[i][2] + c * 0.3);
                pixel[c] = (guint8) CLAMP (value, 0, 255);
            }
            pixel[3] = 255;
        }
    return pixels;
}

static guint
count_differences (const guint8 *a, const guint8 *b)
{
    guint n = 0;

    for (guint i = 0; i < WORKER_LIKENESS_HASH_BYTES; i++)
        n += (guint) __builtin_popcount (a[i] ^ b[i]);
    return n;
}

static void
find (guint width, guint height, guint32 seed, double noise, guint8 out[WORKER_LIKENESS_BYTES])
{
    g_autofree guint8 *pixels = make_pixels (width, height, seed, noise);

    g_assert_true (likeness_find (pixels, width, height, out));
}

static void
test_survives_resizing_and_noise (void)
{
    for (guint32 seed = 1; seed <= 50; seed++) {
        guint8 first[WORKER_LIKENESS_BYTES], second[WORKER_LIKENESS_BYTES];
        int worst = 0;

        find (100, 75, seed, 0, first);
        find (61, 46, seed, 4, second);
        g_assert_cmpuint (count_differences (first, second), <=, 7);
        for (guint i = WORKER_LIKENESS_HASH_BYTES; i < WORKER_LIKENESS_BYTES; i++)
            worst = MAX (worst, ABS (first[i] - second[i]));
        g_assert_cmpint (worst, <=, 3);
    }
}

static void
test_tells_pictures_apart (void)
{
    guint8 all[50][WORKER_LIKENESS_BYTES];

    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        find (100, 75, i + 1, 2, all[i]);
    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        for (guint k = 0; k < i; k++)
            g_assert_cmpuint (count_differences (all[i], all[k]), >, 7);
}

static void
test_sees_nothing_in_one_colour (void)
{
    guint8 pixels[20 * 20 * 4], out[WORKER_LIKENESS_BYTES];

    memset (pixels, 90, sizeof pixels);
    g_assert_false (likeness_find (pixels, 20, 20, out));
    memset (pixels, 0, sizeof pixels); /* nothing but transparent */
    g_assert_false (likeness_find (pixels, 20, 20, out));
    memset (pixels, 90, 4);
    g_assert_false (likeness_find (pixels, 1, 1, out));
}

static void
test_lays_transparency_over_white (void)
{
    g_autofree guint8 *clear = make_pixels (40, 40, 3, 0), *white = make_pixels (40, 40, 3, 0);
    guint8 first[WORKER_LIKENESS_BYTES], second[WORKER_LIKENESS_BYTES];

    for (guint i = 0; i < 40 * 10; i++) {
        clear[4 * i + 3] = 0;
        memset (white + 4 * i, 255, 4);
    }
    g_assert_true (likeness_find (clear, 40, 40, first));
    g_assert_true (likeness_find (white, 40, 40, second));
    g_assert_cmpmem (first, sizeof first, second, sizeof second);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/likeness/survives-resizing-and-noise", test_survives_resizing_and_noise);
    g_test_add_func ("/likeness/tells-pictures-apart", test_tells_pictures_apart);
    g_test_add_func ("/likeness/sees-nothing-in-one-colour", test_sees_nothing_in_one_colour);
    g_test_add_func ("/likeness/lays-transparency-over-white", test_lays_transparency_over_white);
    return g_test_run ();
}
