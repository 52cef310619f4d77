/* test_likeness_compare.c -- what is near enough, and that a search by parts finds all of that */
#include "features/duplicates/duplicates_private.h"

#include <string.h>

#include "worker/protocol.h"

static LikenessRow
make_row (guint8 bytes[WORKER_LIKENESS_BYTES], gint64 width, gint64 height)
{
    return (LikenessRow){ .has_width = TRUE,
                          .width = width,
                          .has_height = TRUE,
                          .height = height,
                          .likeness = g_bytes_new (bytes, WORKER_LIKENESS_BYTES) };
}

static int
compare (guint8 *a, guint8 *b, gint64 width, gint64 height)
{
    LikenessRow first = make_row (a, 400, 300), second = make_row (b, width, height);
    int distance = likeness_compare (&first, &second);

    g_bytes_unref (first.likeness);
    g_bytes_unref (second.likeness);
    return distance;
}

static void
test_compares_bits_colours_and_proportions (void)
{
    guint8 a[WORKER_LIKENESS_BYTES] = { 0 }, b[WORKER_LIKENESS_BYTES] = { 0 };

    g_assert_cmpint (compare (a, b, 400, 300), ==, 0);
    g_assert_cmpint (compare (a, b, 131, 98), ==, 0);
    g_assert_cmpint (compare (a, b, 300, 400), ==, -1);
    g_assert_cmpint (compare (a, b, 400, 0), ==, -1);
    b[3] = 0x7f;
    g_assert_cmpint (compare (a, b, 400, 300), ==, 7);
    b[3] = 0xff;
    g_assert_cmpint (compare (a, b, 400, 300), ==, -1);
    b[3] = 0;
    b[20] = 30;
    g_assert_cmpint (compare (a, b, 400, 300), ==, 0);
    b[20] = 31; /* one field of another colour */
    g_assert_cmpint (compare (a, b, 400, 300), ==, -1);
    memset (b + WORKER_LIKENESS_HASH_BYTES, 11, WORKER_LIKENESS_BYTES - WORKER_LIKENESS_HASH_BYTES);
    g_assert_cmpint (compare (a, b, 400, 300), ==, -1);
}

static gboolean
names (const char *json, gint64 value)
{
    g_auto (GStrv) items = g_strsplit_set (json, "[,]", -1);
    g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

    return g_strv_contains ((const char *const *) items, text);
}

static void
test_a_part_of_what_is_near_is_among_the_neighbours (void)
{
    g_autoptr (GRand) random = g_rand_new_with_seed (42);

    for (guint round = 0; round < 2000; round++) {
        g_autoptr (Arena) arena = arena_new ();
        guint8 a[WORKER_LIKENESS_BYTES] = { 0 }, b[WORKER_LIKENESS_BYTES];
        gboolean found = FALSE;

        for (guint i = 0; i < WORKER_LIKENESS_HASH_BYTES; i++)
            a[i] = (guint8) g_rand_int_range (random, 0, 256);
        memcpy (b, a, sizeof a);
        for (guint i = 0; i < LIKENESS_MAX_DISTANCE; i++)
            b[g_rand_int_range (random, 0, WORKER_LIKENESS_HASH_BYTES)] ^=
                (guint8) (1 << g_rand_int_range (random, 0, 8));
        for (guint band = 0; band < LIKENESS_BANDS; band++)
            found = found || names (likeness_near_bands (arena, a, band), likeness_band (b, band));
        g_assert_true (found);
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/likeness/compares-bits-colours-and-proportions",
                     test_compares_bits_colours_and_proportions);
    g_test_add_func ("/likeness/a-part-of-what-is-near-is-among-the-neighbours",
                     test_a_part_of_what_is_near_is_among_the_neighbours);
    return g_test_run ();
}
