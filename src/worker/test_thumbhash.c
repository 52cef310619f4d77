/* test_thumbhash.c -- hashes equal those of the format's reference implementation
 *
 * The expected texts were made with the reference (npm thumbhash 0.1.1) from the same formula. */
#include <glib.h>
#include <string.h>
#include "worker/thumbhash.h"

typedef enum { OPAQUE, PARTLY_FADING, INVISIBLE } Transparency;

static guint8 *
make_pixels (guint width, guint height, Transparency transparency)
{
    guint8 *pixels = g_malloc ((gsize) width * height * 4);

    for (guint y = 0; y < height; y++)
        for (guint x = 0; x < width; x++) {
            guint8 *pixel = pixels + 4 * ((gsize) y * width + x);
            pixel[0] = (guint8) (x * x * 255 / (width * width));
            pixel[1] = (guint8) (y * y * 255 / (height * height));
            pixel[2] = (guint8) ((x * 5 + y * 11) % 256);
            pixel[3] = transparency == OPAQUE ? 255
                       : transparency == PARTLY_FADING
                           ? (3 * x < width ? 255 : (guint8) (y * 255 / height))
                           : 0;
        }
    return pixels;
}

static void
test_equals_the_reference (void)
{
    static const struct {
        guint width, height;
        Transparency transparency;
        const char *expected;
    } cases[] = {
        { 100, 75, 0, "mAYKNZqQhoeAiHd5eHeIeJBwCflo" },
        { 75, 100, 0, "mPYJNRqQhoB4l3h3iIh3eKBwCvln" },
        { 32, 32, 0, "mPYJPxiQh4dyd3dZeEiYh3l3OAmokI8G" },
        { 100, 20, 0, "mAYKOZqgd4dwaJV3kJEJ+Wc=" },
        { 3, 100, 0, "FbYJKRqTcIiHdndnkoA8+Wg=" },
        { 1, 1, 0, "AAgCBwAAAAAAAAAAAAAAAAAAAAAAAAAA" },
        { 100, 66, 1, "mLaJK4wqcIdwdntwgAr5LL9noHl3d4g=" },
        { 40, 90, 1, "mKaJKgwqcHCmZ4dwgRv5PL9XoXmHeHg=" },
        { 50, 50, 2, "AAiCBQAAAAAAAAAAAAAAAAAAAAAAAAAAAA==" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree guint8 *pixels =
            make_pixels (cases[i].width, cases[i].height, cases[i].transparency);
        guint8 hash[THUMBHASH_MAX_BYTES];
        gsize n_bytes = thumbhash_encode (pixels, cases[i].width, cases[i].height, hash);
        g_autofree char *text = g_base64_encode (hash, n_bytes);
        g_assert_cmpuint (n_bytes, <=, THUMBHASH_MAX_BYTES);
        g_assert_cmpstr (text, ==, cases[i].expected);
    }
}

static void
test_one_colour_keeps_its_mean (void)
{
    guint8 pixels[16 * 16 * 4];
    guint8 hash[THUMBHASH_MAX_BYTES];
    guint32 head;

    for (guint i = 0; i < 16 * 16; i++)
        memcpy (pixels + 4 * i, "\xff\xff\xff\xff", 4);
    g_assert_cmpuint (thumbhash_encode (pixels, 16, 16, hash), >=, 5);
    head = hash[0] | (guint32) hash[1] << 8 | (guint32) hash[2] << 16;
    g_assert_cmpuint (head & 63, ==, 63);      /* as light as can be */
    g_assert_cmpuint (head >> 18 & 31, ==, 0); /* without any structure */
    g_assert_cmpuint (head >> 23, ==, 0);      /* without alpha */
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/thumbhash/equals-the-reference", test_equals_the_reference);
    g_test_add_func ("/thumbhash/one-colour", test_one_colour_keeps_its_mean);
    return g_test_run ();
}
