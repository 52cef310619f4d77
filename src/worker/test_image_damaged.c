/* test_image_damaged.c -- what is no picture, or not a whole one: refused with the reason, or shown as far as
 * it goes */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/image_fixtures.h"

static void
assert_refused (const void *bytes, gsize n_bytes, AppErrorCode code, const char *part)
{
    g_auto (Rendering) rendering = { .render.input.extension = ".jpg" };
    g_autoptr (GError) error = NULL;

    g_assert_false (render_bytes (bytes, n_bytes, 100, 50, &rendering, &error));
    g_assert_error (error, APP_ERROR, (gint) code);
    if (strstr (error->message, part) == NULL)
        g_error ("'%s' is not in '%s'", part, error->message);
}

static void
test_what_is_no_picture_is_told_what_it_is (void)
{
    static const char mp4[] = "\0\0\0\x18"
                              "ftypmp42\0\0\0\0mp42isom";
    static const char bmp[] = "BM\x46\0\0\0";
    static const char zeros[64] = { 0 };

    assert_refused ("", 0, APP_ERROR_MEDIA_TYPE, "empty");
    assert_refused ("Dear diary,\n", 12, APP_ERROR_MEDIA_TYPE, "text");
    assert_refused (mp4, sizeof mp4 - 1, APP_ERROR_MEDIA_TYPE, "video");
    assert_refused (bmp, sizeof bmp - 1, APP_ERROR_MEDIA, "BMP");
    assert_refused (zeros, sizeof zeros, APP_ERROR_MEDIA_TYPE, "not a picture");
    assert_refused ("\xff\xd8\xff", 3, APP_ERROR_MEDIA, "JPEG");
    assert_refused ("\x89PNG\r\n\x1a\n", 8, APP_ERROR_MEDIA, "PNG");
}

static void
test_raw_files_are_not_taken_for_tiffs (void)
{
    g_autoptr (VipsImage) picture = make_quarters (64, 64);
    g_autofree void *bytes = NULL;
    size_t n_bytes;
    g_auto (Rendering) rendering = { .render.input.extension = ".NEF" };
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (vips_image_write_to_buffer (picture, ".tif", &bytes, &n_bytes, NULL), ==, 0);
    g_assert_false (render_bytes (bytes, n_bytes, 100, 50, &rendering, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA_TYPE);
}

static void
test_truncated_files_fail_or_show_what_is_there (void)
{
    static const char *const suffixes[] = { ".jpg[Q=95]", ".jpg[Q=95,interlace]",
                                            ".png",       ".png[interlace]",
                                            ".webp",      ".tif",
                                            ".jxl",       ".heic[compression=av1]" };
    g_autoptr (VipsImage) picture = make_quarters (512, 384), noise = NULL, sum = NULL,
                          grainy = NULL;

    g_assert_cmpint (vips_gaussnoise (&noise, 512, 384, "sigma", 20.0, "mean", 0.0, NULL), ==, 0);
    g_assert_cmpint (vips_add (picture, noise, &sum, NULL), ==, 0);
    g_assert_cmpint (vips_cast_uchar (sum, &grainy, NULL), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++) {
        g_autofree void *bytes = NULL;
        size_t n_bytes;
        g_assert_cmpint (vips_image_write_to_buffer (grainy, suffixes[i], &bytes, &n_bytes, NULL),
                         ==, 0);
        for (guint part = 1; part < 10; part += 2) {
            g_auto (Rendering) strict = { 0 }, lenient = { .render.input.process_invalid = TRUE };
            g_autoptr (GError) error = NULL;
            g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, n_bytes * part / 10);
            g_assert_false (render_bytes (bytes, n_bytes * part / 10, 192, 48, &strict, &error));
            g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA);
            g_assert_cmpuint (strlen (error->message), <, 400);
            if (g_str_has_prefix (suffixes[i], ".jpg")) {
                g_assert_nonnull (strstr (error->message, size));
                g_assert_true (render_bytes (bytes, n_bytes * part / 10, 192, 48, &lenient, NULL));
            } else {
                render_bytes (bytes, n_bytes * part / 10, 192, 48, &lenient, NULL);
            }
        }
    }
}

static void
test_flipped_bits_do_not_hurt (void)
{
    static const char *const suffixes[] = { ".jpg", ".png", ".webp", ".gif", ".tif", ".jxl" };
    g_autoptr (VipsImage) picture = make_quarters (160, 120);
    g_autoptr (GRand) random = g_rand_new_with_seed (7);
    int silent = open ("/dev/null", O_WRONLY | O_CLOEXEC), standard_error = dup (STDERR_FILENO);

    dup2 (silent, STDERR_FILENO); /* libjxl tells all it finds */

    for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++) {
        g_autofree guint8 *bytes = NULL;
        size_t n_bytes;
        g_assert_cmpint (
            vips_image_write_to_buffer (picture, suffixes[i], (void **) &bytes, &n_bytes, NULL), ==,
            0);
        for (guint k = 0; k < 60; k++) {
            g_auto (Rendering) rendering = { .render.input.max_pixels = 4000000 };
            g_autoptr (GError) error = NULL;
            gsize at = (gsize) g_rand_int_range (random, 0, (gint32) n_bytes);
            guint8 before = bytes[at];
            bytes[at] ^= (guint8) (1 << g_rand_int_range (random, 0, 8));
            if (!render_bytes (bytes, n_bytes, 60, 30, &rendering, &error))
                g_assert_nonnull (error);
            bytes[at] = before;
        }
    }
    dup2 (standard_error, STDERR_FILENO);
    close (standard_error);
    close (silent);
}

/* A PNG header that announces 60,000 x 60,000 pixels, and nothing behind it. */
static void
test_bomb_is_refused_by_its_header (void)
{
    static const guint8 bomb[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0,    0, 0,    13,
                                   'I',  'H', 'D', 'R', 0,    0,    0xea, 0x60, 0,    0, 0xea, 0x60,
                                   8,    2,   0,   0,   0,    0x4d, 0x2a, 0x2e, 0x8a, 0, 0,    0,
                                   0,    'I', 'D', 'A', 'T',  0x35, 0xaf, 0x06, 0x1e };
    g_autofree guint8 *whole = g_memdup2 (bomb, sizeof bomb);
    guint32 crc = 0xffffffff;

    for (guint i = 12; i < 29; i++) { /* of the chunk's type and data */
        crc ^= whole[i];
        for (guint bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    crc = ~crc;
    for (guint i = 0; i < 4; i++)
        whole[29 + i] = (guint8) (crc >> (24 - 8 * i));
    assert_refused (whole, sizeof bomb, APP_ERROR_TOO_LARGE, "60000 x 60000");
}

int
main (int argc, char **argv)
{
    image_test_init (&argc, &argv);
    g_test_add_func ("/image-damaged/no-picture", test_what_is_no_picture_is_told_what_it_is);
    g_test_add_func ("/image-damaged/raw", test_raw_files_are_not_taken_for_tiffs);
    g_test_add_func ("/image-damaged/truncated", test_truncated_files_fail_or_show_what_is_there);
    g_test_add_func ("/image-damaged/flipped-bits", test_flipped_bits_do_not_hurt);
    g_test_add_func ("/image-damaged/bomb", test_bomb_is_refused_by_its_header);
    return g_test_run ();
}
