/* test_face_square.c -- the square around a face, whatever numbers the box has */
#include "worker/face_square.h"

typedef struct {
    FaceBox face;
    int width, height;
    int left, top, side; /* side 0: none */
} Case;

static void
check (const Case *cases, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        int left = -1, top = -1, side = 0;

        g_assert_cmpint (
            face_square_find (&cases[i].face, cases[i].width, cases[i].height, &left, &top, &side),
            ==, cases[i].side > 0);
        g_assert_cmpint (side, ==, cases[i].side);
        g_assert_cmpint (left, ==, cases[i].side > 0 ? cases[i].left : -1);
        g_assert_cmpint (top, ==, cases[i].side > 0 ? cases[i].top : -1);
    }
}

static void
test_is_scaled_with_a_tenth_more (void)
{
    static const Case cases[] = {
        { { 400, 300, 700, 650, 1800, 1440 }, 2000, 1600, 398, 315, 426 },
        { { 400, 300, 700, 650, 2000, 1600 }, 2000, 1600, 358, 283, 384 },
        { { 40, 30, 60, 60, 100, 100 }, 100, 100, 34, 29, 32 },
        /* each side has a scale of its own */
        { { 45, 40, 55, 60, 100, 100 }, 200, 100, 89, 39, 22 },
    };

    check (cases, G_N_ELEMENTS (cases));
}

static void
test_shrinks_at_a_border (void)
{
    static const Case cases[] = {
        { { 0, 0, 20, 20, 100, 100 }, 100, 100, 0, 0, 20 },
        { { 80, 80, 100, 100, 100, 100 }, 100, 100, 81, 81, 18 },
        { { -50, 40, 20, 60, 100, 100 }, 100, 100, 0, 40, 20 },
        { { 40, 90, 60, 400, 100, 100 }, 100, 100, 46, 91, 8 },
        { { 0, 0, 100, 100, 100, 100 }, 100, 100, 1, 1, 98 },
    };

    check (cases, G_N_ELEMENTS (cases));
}

static void
test_nothing_of_the_face_is_no_square (void)
{
    static const Case cases[] = {
        { { 50, 50, 50, 60, 100, 100 }, 100, 100, 0, 0, 0 },
        { { 60, 50, 40, 60, 100, 100 }, 100, 100, 0, 0, 0 },
        { { 100, 100, 120, 120, 100, 100 }, 100, 100, 0, 0, 0 },
        { { -20, -20, 0, 0, 100, 100 }, 100, 100, 0, 0, 0 },
        { { 10, 10, 20, 20, 0, 100 }, 100, 100, 0, 0, 0 },
        { { 10, 10, 20, 20, 100, -1 }, 100, 100, 0, 0, 0 },
        { { 10, 10, 20, 20, 100, 100 }, 0, 100, 0, 0, 0 },
        { { 10, 10, 20, 20, 100, 100 }, 3, 3, 0, 0, 0 },
    };

    check (cases, G_N_ELEMENTS (cases));
}

static void
test_lies_inside_whatever_the_numbers (void)
{
    static const gint64 numbers[] = { G_MININT64, -1000000, -1,  0,       1,
                                      7,          99,       250, 1000000, G_MAXINT64 };
    static const int sizes[] = { 1, 2, 3, 100, 65500, G_MAXINT };
    guint n_found = 0;

    for (guint i = 0; i < 20000; i++) {
        FaceBox face;
        gint64 *all[] = { &face.x1, &face.y1,          &face.x2,
                          &face.y2, &face.image_width, &face.image_height };
        int width = sizes[g_test_rand_int_range (0, G_N_ELEMENTS (sizes))];
        int height = sizes[g_test_rand_int_range (0, G_N_ELEMENTS (sizes))];
        int left, top, side;

        for (guint k = 0; k < G_N_ELEMENTS (all); k++)
            *all[k] = numbers[g_test_rand_int_range (0, G_N_ELEMENTS (numbers))];
        if (!face_square_find (&face, width, height, &left, &top, &side))
            continue;
        n_found++;
        g_assert_true (left >= 0 && top >= 0 && side >= 2);
        g_assert_cmpint ((gint64) left + side, <=, width);
        g_assert_cmpint ((gint64) top + side, <=, height);
    }
    g_assert_cmpuint (n_found, >, 100);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/face-square/is-scaled-with-a-tenth-more", test_is_scaled_with_a_tenth_more);
    g_test_add_func ("/face-square/shrinks-at-a-border", test_shrinks_at_a_border);
    g_test_add_func ("/face-square/nothing-of-the-face-is-no-square",
                     test_nothing_of_the_face_is_no_square);
    g_test_add_func ("/face-square/lies-inside-whatever-the-numbers",
                     test_lies_inside_whatever_the_numbers);
    return g_test_run ();
}
