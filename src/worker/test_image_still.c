/* test_image_still.c -- BMP and Photoshop files, made here byte by byte: red above, blue below */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/image_source.h"

#define WIDTH 40
#define HEIGHT 30

static void
add_big (GByteArray *out, guint n_bytes, guint32 value)
{
    for (guint i = n_bytes; i-- > 0;) {
        guint8 byte = (guint8) (value >> 8 * i);
        g_byte_array_append (out, &byte, 1);
    }
}

static void
add_little (GByteArray *out, guint n_bytes, guint32 value)
{
    for (guint i = 0; i < n_bytes; i++) {
        guint8 byte = (guint8) (value >> 8 * i);
        g_byte_array_append (out, &byte, 1);
    }
}

/* 24 bits a pixel, from below to above; each line of 120 bytes is already a multiple of four */
static GByteArray *
make_bmp (guint32 width, guint32 height)
{
    GByteArray *out = g_byte_array_new ();

    g_byte_array_append (out, (const guint8 *) "BM", 2);
    add_little (out, 4, 54 + WIDTH * HEIGHT * 3);
    add_little (out, 4, 0);
    add_little (out, 4, 54); /* where the pixels are */
    add_little (out, 4, 40); /* bytes of the second header */
    add_little (out, 4, width);
    add_little (out, 4, height);
    add_little (out, 2, 1);
    add_little (out, 2, 24);
    for (guint i = 0; i < 6; i++)
        add_little (out, 4, 0);
    for (guint y = 0; y < HEIGHT; y++)
        for (guint x = 0; x < WIDTH; x++)
            add_little (out, 3, y < HEIGHT / 2 ? 0x0000ff : 0xff0000);
    return out;
}

enum { PSD_GREY = 1, PSD_RGB = 3, PSD_CMYK = 4 };

/* Channel after channel. Source: Adobe Photoshop File Formats Specification, 2019. */
static GByteArray *
make_psd (guint mode, guint n_channels, guint depth, gboolean packed, guint32 width, guint32 height)
{
    GByteArray *out = g_byte_array_new ();

    g_byte_array_append (out, (const guint8 *) "8BPS", 4);
    add_big (out, 2, 1);
    add_big (out, 4, 0);
    add_big (out, 2, 0);
    add_big (out, 2, n_channels);
    add_big (out, 4, height);
    add_big (out, 4, width);
    add_big (out, 2, depth);
    add_big (out, 2, mode);
    for (guint i = 0; i < 3; i++)
        add_big (out, 4, 0); /* no palette, no resources, no layers */
    add_big (out, 2, packed);
    if (packed)
        for (guint i = 0; i < n_channels * HEIGHT; i++)
            add_big (out, 2, 2); /* bytes of a line */
    for (guint channel = 0; channel < n_channels; channel++)
        for (guint y = 0; y < HEIGHT; y++) {
            gboolean above = y < HEIGHT / 2;
            guint value = channel == 3 ? 128 : channel == (above ? 0 : 2) ? 255 : 0;

            if (packed) {
                add_big (out, 1, (guint8) (1 - WIDTH)); /* so many times */
                add_big (out, 1, value);
            }
            for (guint x = 0; x < WIDTH && !packed; x++)
                add_big (out, depth / 8, depth == 16 ? value * 257 : value);
        }
    return out;
}

static ImageSource *
open_bytes (const GByteArray *bytes, guint n_bytes, gint64 max_pixels, GError **error)
{
    ImageInput input = { .fd = memfd_create ("test", MFD_CLOEXEC), .max_pixels = max_pixels };
    ImageSource *source;

    g_assert_cmpint (write (input.fd, bytes->data, n_bytes), ==, n_bytes);
    source = image_source_new (&input, error);
    close (input.fd); /* all was read */
    return source;
}

static void
assert_shows (GByteArray *bytes, ImageType type, const guint8 *above, const guint8 *below,
              int n_bands)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (ImageSource) source = open_bytes (bytes, bytes->len, WIDTH * HEIGHT, &error);
    g_autoptr (VipsImage) image = NULL;

    g_assert_no_error (error);
    g_assert_cmpint (image_source_type (source), ==, type);
    image = image_source_load (source, 1, 1, &error);
    g_assert_no_error (error);
    g_assert_cmpint (image->Xsize, ==, WIDTH);
    g_assert_cmpint (image->Ysize, ==, HEIGHT);
    g_assert_cmpint (image->Bands, ==, n_bands);
    g_assert_cmpmem (VIPS_IMAGE_ADDR (image, WIDTH - 1, 0), (gsize) n_bands, above,
                     (gsize) n_bands);
    g_assert_cmpmem (VIPS_IMAGE_ADDR (image, 0, HEIGHT - 1), (gsize) n_bands, below,
                     (gsize) n_bands);
    g_byte_array_unref (bytes);
}

static void
test_pictures_are_shown (void)
{
    static const guint8 red[] = { 255, 0, 0, 128 }, blue[] = { 0, 0, 255, 128 };
    static const guint8 white[] = { 255, 255, 255 }, black[] = { 0, 0, 0 };

    assert_shows (make_bmp (WIDTH, HEIGHT), IMAGE_BMP, red, blue, 3);
    assert_shows (make_psd (PSD_RGB, 3, 8, FALSE, WIDTH, HEIGHT), IMAGE_PSD, red, blue, 3);
    assert_shows (make_psd (PSD_RGB, 3, 8, TRUE, WIDTH, HEIGHT), IMAGE_PSD, red, blue, 3);
    assert_shows (make_psd (PSD_RGB, 4, 8, TRUE, WIDTH, HEIGHT), IMAGE_PSD, red, blue, 4);
    assert_shows (make_psd (PSD_RGB, 3, 16, FALSE, WIDTH, HEIGHT), IMAGE_PSD, red, blue, 3);
    assert_shows (make_psd (PSD_GREY, 1, 8, FALSE, WIDTH, HEIGHT), IMAGE_PSD, white, black, 3);
}

static void
assert_refused (GByteArray *bytes, guint n_bytes, AppErrorCode code, const char *part)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (open_bytes (
        bytes, n_bytes, code == APP_ERROR_TOO_LARGE ? WIDTH * HEIGHT - 1 : WIDTH * HEIGHT, &error));
    g_assert_error (error, APP_ERROR, (gint) code);
    if (strstr (error->message, part) == NULL)
        g_error ("'%s' is not in '%s'", part, error->message);
    g_byte_array_unref (bytes);
}

static void
test_what_cannot_be_shown_says_why (void)
{
    assert_refused (make_psd (PSD_CMYK, 4, 8, FALSE, WIDTH, HEIGHT), 200, APP_ERROR_MEDIA,
                    "colours other than RGB and grey");
    assert_refused (make_psd (PSD_RGB, 3, 8, FALSE, WIDTH, HEIGHT), 200, APP_ERROR_MEDIA,
                    "Photoshop");
    assert_refused (make_bmp (WIDTH, HEIGHT), 60, APP_ERROR_MEDIA, "BMP");
    assert_refused (make_bmp (WIDTH, HEIGHT), 6, APP_ERROR_MEDIA, "BMP");
    assert_refused (make_bmp (WIDTH, HEIGHT), 54 + WIDTH * HEIGHT * 3, APP_ERROR_TOO_LARGE,
                    "megapixels");
    assert_refused (make_psd (PSD_RGB, 3, 8, TRUE, WIDTH, HEIGHT), 400, APP_ERROR_TOO_LARGE,
                    "megapixels");
}

/* Whatever the bytes are: a picture or a reason, and no fault. */
static void
test_flipped_bits_do_not_hurt (void)
{
    g_autoptr (GRand) random = g_rand_new_with_seed (7);

    for (guint i = 0; i < 400; i++) {
        g_autoptr (GByteArray) bytes = i % 2 == 0
                                           ? make_bmp (WIDTH, HEIGHT)
                                           : make_psd (PSD_RGB, 4, 8, i % 4 == 1, WIDTH, HEIGHT);
        g_autoptr (GError) error = NULL;
        g_autoptr (ImageSource) source = NULL;

        for (guint j = 0; j < 3; j++)
            bytes->data[g_rand_int_range (random, 4, 70)] ^= (guint8) g_rand_int (random);
        source = open_bytes (bytes, bytes->len, WIDTH * HEIGHT, &error);
        g_assert_true ((source == NULL) == (error != NULL));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (vips_init (argv[0]) != 0)
        g_error ("libvips does not start");
    g_test_add_func ("/image-still/shown", test_pictures_are_shown);
    g_test_add_func ("/image-still/refused", test_what_cannot_be_shown_says_why);
    g_test_add_func ("/image-still/flipped-bits", test_flipped_bits_do_not_hurt);
    return g_test_run ();
}
