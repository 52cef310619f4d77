/* test_image.c -- renditions: geometry, orientation, colour, transparency, edits, faces
 *
 * The pictures are made here with libvips; nothing is read but what a test has written. */
#include <math.h>
#include <string.h>
#include <unistd.h>
#include <libavutil/pixfmt.h>
#include <lcms2.h>
#include "base/error.h"
#include "worker/image_fixtures.h"
#include "worker/image_jpeg.h"

static double
mean_difference (VipsImage *a, VipsImage *b)
{
    g_autoptr (VipsImage) difference = NULL, size = NULL;
    double mean;

    g_assert_cmpint (a->Xsize, ==, b->Xsize);
    g_assert_cmpint (a->Ysize, ==, b->Ysize);
    g_assert_cmpint (a->Bands, ==, b->Bands);
    g_assert_cmpint (vips_subtract (a, b, &difference, NULL), ==, 0);
    g_assert_cmpint (vips_abs (difference, &size, NULL), ==, 0);
    g_assert_cmpint (vips_avg (size, &mean, NULL), ==, 0);
    return mean;
}

static double
psnr (VipsImage *a, VipsImage *b)
{
    g_autoptr (VipsImage) difference = NULL, square = NULL;
    double mean;

    g_assert_cmpint (vips_subtract (a, b, &difference, NULL), ==, 0);
    g_assert_cmpint (vips_multiply (difference, difference, &square, NULL), ==, 0);
    g_assert_cmpint (vips_avg (square, &mean, NULL), ==, 0);
    return mean > 0 ? 10 * log10 (255 * 255 / mean) : 99;
}

static void
test_geometry (void)
{
    static const struct {
        int width, height, size_px, max_side, out_width, out_height;
    } cases[] = {
        { 1001, 500, 250, 65500, 501, 250 },     { 4032, 3024, 250, 65500, 333, 250 },
        { 3024, 4032, 250, 65500, 250, 333 },    { 100, 80, 250, 65500, 100, 80 },
        { 100, 80, 0, 65500, 100, 80 },          { 250, 250, 250, 65500, 250, 250 },
        { 999, 251, 250, 65500, 995, 250 },      { 1, 1, 250, 65500, 1, 1 },
        { 30000, 1, 250, 16383, 16383, 1 },      { 70000, 300, 250, 65500, 58333, 250 },
        { 40000, 300, 250, 16383, 16383, 123 },  { 65500, 65500, 0, 65500, 65500, 65500 },
        { 6000, 4000, 1440, 65500, 2160, 1440 }, { 2147483647, 2, 1, 65500, 65500, 1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        int width, height;
        image_fit_short_side (cases[i].width, cases[i].height, cases[i].size_px, cases[i].max_side,
                              &width, &height);
        g_assert_cmpint (width, ==, cases[i].out_width);
        g_assert_cmpint (height, ==, cases[i].out_height);
    }
}

static void
test_each_size_is_as_promised (void)
{
    static const int sides[][2] = { { 640, 480 }, { 480, 640 }, { 641, 333 }, { 37, 900 },
                                    { 1, 1 },     { 3, 7 },     { 1600, 9 } };

    for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
        g_auto (Rendering) rendering = { 0 };
        g_autoptr (VipsImage) picture = make_quarters (sides[i][0], sides[i][1]);
        render_ok (picture, ".jpg", 200, 50, &rendering);
        g_assert_cmpint (rendering.render.width, ==, sides[i][0]);
        g_assert_cmpint (rendering.render.height, ==, sides[i][1]);
        for (guint k = 0; k < 2; k++) {
            g_autoptr (VipsImage) made = load (rendering.files[k]);
            int width, height;
            image_fit_short_side (sides[i][0], sides[i][1], k == 0 ? 200 : 50, 16383, &width,
                                  &height);
            g_assert_cmpint (made->Xsize, ==, width);
            g_assert_cmpint (made->Ysize, ==, height);
            g_assert_cmpint (rendering.render.outputs[k].width, ==, width);
            g_assert_cmpint (rendering.render.outputs[k].height, ==, height);
        }
        g_assert_nonnull (rendering.render.thumbhash);
    }
}

/* The inverse of each orientation, to store a picture so that the tag makes it upright again. */
static VipsImage *
store_with_orientation (VipsImage *upright, int orientation)
{
    static const struct {
        VipsAngle angle;
        gboolean flip;
    } undo[] = { [1] = { VIPS_ANGLE_D0, FALSE },   [2] = { VIPS_ANGLE_D0, TRUE },
                 [3] = { VIPS_ANGLE_D180, FALSE }, [4] = { VIPS_ANGLE_D180, TRUE },
                 [5] = { VIPS_ANGLE_D270, TRUE },  [6] = { VIPS_ANGLE_D270, FALSE },
                 [7] = { VIPS_ANGLE_D90, TRUE },   [8] = { VIPS_ANGLE_D90, FALSE } };
    g_autoptr (VipsImage) turned = NULL, flipped = NULL;
    VipsImage *stored = NULL;

    /* EXIF orientations with a mirror: mirror left and right first, then turn. */
    if (undo[orientation].flip)
        g_assert_cmpint (vips_flip (upright, &flipped, VIPS_DIRECTION_HORIZONTAL, NULL), ==, 0);
    else
        flipped = g_object_ref (upright);
    g_assert_cmpint (vips_rot (flipped, &turned, undo[orientation].angle, NULL), ==, 0);
    g_assert_cmpint (vips_copy (turned, &stored, NULL), ==, 0);
    vips_image_set_int (stored, VIPS_META_ORIENTATION, orientation);
    return stored;
}

static void
test_orientations_become_upright (void)
{
    g_autoptr (VipsImage) upright = make_quarters (640, 480);
    g_auto (Rendering) reference = { 0 };
    g_autoptr (VipsImage) preview = NULL, thumbnail = NULL;

    render_ok (upright, ".jpg[Q=95]", 240, 60, &reference);
    preview = load (reference.files[0]);
    thumbnail = load (reference.files[1]);
    for (int orientation = 1; orientation <= 8; orientation++) {
        g_autoptr (VipsImage) stored = store_with_orientation (upright, orientation);
        g_autoptr (VipsImage) made_preview = NULL, made_thumbnail = NULL;
        g_auto (Rendering) rendering = { 0 };
        render_ok (stored, ".jpg[Q=95]", 240, 60, &rendering);
        g_assert_cmpint (rendering.render.width, ==, 640);
        g_assert_cmpint (rendering.render.height, ==, 480);
        made_preview = load (rendering.files[0]);
        made_thumbnail = load (rendering.files[1]);
        g_assert_cmpfloat (mean_difference (preview, made_preview), <, 2.0);
        g_assert_cmpfloat (mean_difference (thumbnail, made_thumbnail), <, 3.0);
        g_assert_cmpint (vips_image_get_orientation (made_preview), ==, 1);
    }
}

static void
test_formats_are_told_by_content (void)
{
    static const struct {
        const char *suffix, *name;
    } formats[] = { { ".jpg", "jpeg" },
                    { ".jpg[interlace]", "jpeg" },
                    { ".png", "png" },
                    { ".png[interlace]", "png" },
                    { ".webp", "webp" },
                    { ".webp[lossless]", "webp" },
                    { ".tif", "tiff" },
                    { ".tif[compression=lzw,tile]", "tiff" },
                    { ".gif", "gif" },
                    { ".jxl", "jxl" },
                    { ".heic[compression=av1]", "heif" } };
    g_autoptr (VipsImage) picture = make_quarters (512, 384);
    g_autoptr (VipsImage) reference = NULL;
    g_auto (Rendering) first = { 0 };

    render_ok (picture, ".png", 192, 48, &first);
    reference = load (first.files[0]);
    for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
        g_auto (Rendering) rendering = { .render.input.extension = ".heic" };
        g_autoptr (VipsImage) made = NULL;
        render_ok (picture, formats[i].suffix, 192, 48, &rendering);
        g_assert_cmpstr (rendering.render.format, ==, formats[i].name);
        /* GIF may keep repeated pixels as transparent ones */
        g_assert_true (!rendering.render.has_alpha || g_str_has_suffix (formats[i].suffix, ".gif"));
        g_assert_cmpint (rendering.render.n_frames, ==, 1);
        made = load (rendering.files[0]);
        g_assert_cmpfloat (mean_difference (reference, made), <, 4.0);
    }
}

static void
test_svg_is_drawn_without_reaching_out (void)
{
    static const char svg[] =
        "\xef\xbb\xbf<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg' "
        "xmlns:xlink='http://www.w3.org/1999/xlink' width='400' height='200'>"
        "<rect width='400' height='200' fill='#ff0000'/>"
        "<image xlink:href='file:///etc/passwd' width='400' height='200'/>"
        "<image xlink:href='/etc/passwd' width='400' height='200'/></svg>";
    g_auto (Rendering) rendering = { 0 };
    g_autoptr (GError) error = NULL;
    g_autoptr (VipsImage) made = NULL;

    render_bytes (svg, sizeof svg - 1, 100, 50, &rendering, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (rendering.render.format, ==, "svg");
    g_assert_cmpint (rendering.render.outputs[0].width, ==, 200);
    g_assert_cmpint (rendering.render.outputs[0].height, ==, 100);
    made = load (rendering.files[0]);
    g_assert_cmpint (VIPS_IMAGE_ADDR (made, 100, 50)[0], >, 240);
    g_assert_cmpint (VIPS_IMAGE_ADDR (made, 100, 50)[1], <, 16);
}

static void
test_transparency_stays_in_webp_and_is_black_in_jpeg (void)
{
    g_autoptr (VipsImage) opaque = make_quarters (400, 400);
    g_autoptr (VipsImage) black = NULL, mask = NULL, alpha = NULL, picture = NULL, typed = NULL;
    g_autoptr (VipsImage) preview = NULL, thumbnail = NULL;
    g_auto (Rendering) rendering = { 0 };

    /* transparent on the left, opaque on the right */
    g_assert_cmpint (vips_black (&black, 200, 400, NULL), ==, 0);
    g_assert_cmpint (vips_linear1 (black, &mask, 0, 255, "uchar", TRUE, NULL), ==, 0);
    g_assert_cmpint (vips_join (black, mask, &alpha, VIPS_DIRECTION_HORIZONTAL, NULL), ==, 0);
    g_assert_cmpint (vips_bandjoin2 (opaque, alpha, &picture, NULL), ==, 0);
    render_ok (picture, ".png", 200, 100, &rendering);
    g_assert_true (rendering.render.has_alpha);
    g_assert_true (rendering.render.outputs[0].is_transparent);
    g_assert_true (rendering.render.outputs[1].is_transparent);
    preview = load (rendering.files[0]);
    thumbnail = load (rendering.files[1]);
    g_assert_cmpint (preview->Bands, ==, 3);
    g_assert_cmpint (VIPS_IMAGE_ADDR (preview, 20, 20)[0], <, 16);
    g_assert_cmpint (VIPS_IMAGE_ADDR (preview, 180, 20)[1], >, 150);
    g_assert_cmpint (thumbnail->Bands, ==, 4);
    g_assert_cmpint (VIPS_IMAGE_ADDR (thumbnail, 10, 10)[3], <, 8);
    g_assert_cmpint (VIPS_IMAGE_ADDR (thumbnail, 90, 10)[3], >, 247);
}

/* Grey, deep, one-bit, CMYK, palette: all come out as plain pictures. */
static void
test_kinds_of_pixels (void)
{
    static const struct {
        VipsInterpretation type;
        const char *suffix;
    } kinds[] = { { VIPS_INTERPRETATION_B_W, ".jpg" },
                  { VIPS_INTERPRETATION_B_W, ".png" },
                  { VIPS_INTERPRETATION_B_W, ".png[bitdepth=1]" },
                  { VIPS_INTERPRETATION_B_W, ".tif[bitdepth=1]" },
                  { VIPS_INTERPRETATION_GREY16, ".png" },
                  { VIPS_INTERPRETATION_RGB16, ".png" },
                  { VIPS_INTERPRETATION_RGB16, ".tif" },
                  { VIPS_INTERPRETATION_CMYK, ".jpg" },
                  { VIPS_INTERPRETATION_CMYK, ".tif" },
                  { VIPS_INTERPRETATION_LAB, ".tif" },
                  { VIPS_INTERPRETATION_scRGB, ".tif" },
                  { VIPS_INTERPRETATION_RGB16, ".jxl" },
                  { VIPS_INTERPRETATION_sRGB, ".png[palette]" } };
    g_autoptr (VipsImage) picture = make_quarters (300, 200);

    for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
        g_autoptr (VipsImage) converted = NULL, made = NULL, settled = NULL;
        g_auto (Rendering) rendering = { 0 };
        const guint8 *bright, *dark;
        if (kinds[i].type == VIPS_INTERPRETATION_CMYK)
            g_assert_cmpint (
                vips_icc_transform (picture, &converted, "cmyk", "input_profile", "srgb", NULL), ==,
                0);
        else
            g_assert_cmpint (vips_colourspace (picture, &converted, kinds[i].type, NULL), ==, 0);
        if (strstr (kinds[i].suffix, "bitdepth=1") != NULL) {
            g_autoptr (VipsImage) grey = g_steal_pointer (&converted);
            g_assert_cmpint (vips_moreeq_const1 (grey, &converted, 128, NULL), ==, 0);
        }
        settled = vips_image_copy_memory (converted);
        render_ok (settled, kinds[i].suffix, 100, 50, &rendering);
        made = load (rendering.files[0]);
        g_assert_cmpint (made->Bands, ==, 3);
        g_assert_cmpint (made->Xsize, ==, 150);
        bright = VIPS_IMAGE_ADDR (made, 110, 80);
        dark = VIPS_IMAGE_ADDR (made, 20, 80);
        if (bright[1] <= 190 || dark[1] >= 110)
            g_error ("%s of interpretation %d: %d and %d", kinds[i].suffix, kinds[i].type,
                     bright[1], dark[1]);
    }
}

static void
test_only_the_first_frame_counts (void)
{
    g_autoptr (VipsImage) one = make_quarters (100, 100), two = NULL, both = NULL, tall = NULL;

    g_assert_cmpint (vips_invert (one, &two, NULL), ==, 0);
    g_assert_cmpint (vips_join (one, two, &both, VIPS_DIRECTION_VERTICAL, NULL), ==, 0);
    g_assert_cmpint (vips_copy (both, &tall, NULL), ==, 0);
    vips_image_set_int (tall, VIPS_META_PAGE_HEIGHT, 100);
    for (guint i = 0; i < 3; i++) {
        static const char *const suffixes[] = { ".gif", ".webp", ".tif" };
        g_auto (Rendering) rendering = { 0 };
        g_autoptr (VipsImage) made = NULL;
        render_ok (tall, suffixes[i], 100, 50, &rendering);
        g_assert_cmpint (rendering.render.n_frames, ==, 2);
        g_assert_cmpint (rendering.render.height, ==, 100);
        made = load (rendering.files[0]);
        g_assert_cmpint (VIPS_IMAGE_ADDR (made, 10, 10)[0], >, 150); /* red, not its inverse */
        g_assert_cmpint (VIPS_IMAGE_ADDR (made, 10, 10)[2], <, 100);
    }
}

/* Frames of one size under each other, as GIF. (transfer full) */
static GBytes *
make_gif (VipsImage **frames, int n_frames, int height)
{
    g_autoptr (VipsImage) column = NULL, tall = NULL;
    void *bytes = NULL;
    size_t n_bytes = 0;

    g_assert_cmpint (vips_arrayjoin (frames, &column, n_frames, "across", 1, NULL), ==, 0);
    g_assert_cmpint (vips_copy (column, &tall, NULL), ==, 0);
    vips_image_set_int (tall, VIPS_META_PAGE_HEIGHT, height);
    g_assert_cmpint (vips_gifsave_buffer (tall, &bytes, &n_bytes, NULL), ==, 0);
    return g_bytes_new_take (bytes, n_bytes);
}

static void
test_an_empty_beginning_is_passed_over (void)
{
    g_autoptr (VipsImage) black = NULL, colour = NULL, typed = NULL, made = NULL;
    g_autoptr (VipsImage) picture = make_quarters (100, 100);
    g_autoptr (GBytes) late = NULL, never = NULL;
    g_autoptr (GError) error = NULL;
    g_auto (Rendering) found = { 0 }, plain = { 0 };

    g_assert_cmpint (vips_black (&black, 100, 100, "bands", 3, NULL), ==, 0);
    g_assert_cmpint (vips_copy (black, &typed, "interpretation", VIPS_INTERPRETATION_sRGB, NULL),
                     ==, 0);
    late = make_gif ((VipsImage *[]){ typed, typed, typed, picture, picture }, 5, 100);
    render_bytes (g_bytes_get_data (late, NULL), g_bytes_get_size (late), 100, 50, &found, &error);
    g_assert_no_error (error);
    g_assert_cmpint (found.render.n_frames, >, 1);
    made = load (found.files[0]);
    g_assert_cmpint (VIPS_IMAGE_ADDR (made, 10, 10)[0], >, 150);
    never = make_gif ((VipsImage *[]){ typed, typed }, 2, 100);
    render_bytes (g_bytes_get_data (never, NULL), g_bytes_get_size (never), 100, 50, &plain,
                  &error);
    g_assert_no_error (error); /* then it is as it is */
}

/* Blocks of one frame, again and again. */
static GByteArray *
make_long_gif (guint n_frames)
{
    /* 64 x 64, two colours, black; graphic control; one frame whose picture ends at once */
    static const guint8 head[] = { 'G',  'I', 'F', '8', '9', 'a', 64,  0,   64, 0,
                                   0x80, 0,   0,   0,   0,   0,   255, 255, 255 };
    static const guint8 frame[] = { 0x21, 0xf9, 4, 0,  5, 0, 0, 0, 0x2c, 0, 0, 0,
                                    0,    64,   0, 64, 0, 0, 2, 2, 0x4c, 1, 0 };
    GByteArray *bytes = g_byte_array_new ();

    g_byte_array_append (bytes, head, sizeof head);
    for (guint i = 0; i < n_frames; i++)
        g_byte_array_append (bytes, frame, sizeof frame);
    g_byte_array_append (bytes, (const guint8 *) ";", 1);
    return bytes;
}

/* What counts is that only a few of them are decoded. */
static void
test_ten_thousand_frames_are_a_picture (void)
{
    g_autoptr (GByteArray) bytes = make_long_gif (10000);
    g_auto (Rendering) rendering = { .render.input.process_invalid = TRUE };
    g_autoptr (GError) error = NULL;
    gsize before = vips_tracked_get_mem_highwater ();

    render_bytes (bytes->data, bytes->len, 64, 32, &rendering, &error);
    g_assert_no_error (error);
    g_assert_cmpint (rendering.render.n_frames, >, 4000); /* the decoder counts no further */
    g_assert_cmpint (rendering.render.width, ==, 64);
    g_assert_cmpuint (vips_tracked_get_mem_highwater () - before, <, 16 * 1024 * 1024);
}

/* Films in HDR often do not say their primaries: they are BT.2020's. */
static void
test_hdr_without_primaries (void)
{
    g_autoptr (VipsImage) picture = make_quarters (16, 16);
    const int primaries[] = { AVCOL_PRI_BT2020, AVCOL_PRI_UNSPECIFIED };
    g_autoptr (GBytes) said = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (primaries); i++) {
        g_autoptr (VipsImage) tagged =
            image_colour_tag (picture, primaries[i], AVCOL_TRC_SMPTE2084);
        g_autoptr (GBytes) profile = NULL;
        const void *bytes;
        size_t n_bytes;

        g_assert_cmpint (vips_image_get_blob (tagged, VIPS_META_ICC_NAME, &bytes, &n_bytes), ==, 0);
        profile = g_bytes_new (bytes, n_bytes);
        if (said == NULL)
            said = g_steal_pointer (&profile);
        else
            g_assert_true (g_bytes_equal (said, profile));
    }
}

/* The name of the profile in a file; "" without one. */
static char *
profile_name (GBytes *file)
{
    g_autoptr (VipsImage) image = load (file);
    const void *bytes;
    size_t n_bytes;
    char name[100] = "";
    cmsHPROFILE profile;

    if (vips_image_get_typeof (image, VIPS_META_ICC_NAME) == 0)
        return g_strdup ("");
    g_assert_cmpint (vips_image_get_blob (image, VIPS_META_ICC_NAME, &bytes, &n_bytes), ==, 0);
    g_assert_cmpuint (n_bytes, <, 1000);
    profile = cmsOpenProfileFromMem (bytes, (cmsUInt32Number) n_bytes);
    g_assert_nonnull (profile);
    cmsGetProfileInfoASCII (profile, cmsInfoDescription, "en", "US", name, sizeof name);
    cmsCloseProfile (profile);
    return g_strdup (name);
}

static void
test_colour_profiles (void)
{
    static const struct {
        const char *stored; /* the picture's own profile; NULL: none */
        ColourSpace wide;
        const char *expected;
    } cases[] = { { NULL, COLOUR_P3, "sRGB" },
                  { "srgb", COLOUR_P3, "sRGB" },
                  { "p3", COLOUR_P3, "Display P3" },
                  { "p3", COLOUR_SRGB, "sRGB" } };
    g_autoptr (VipsImage) picture = make_quarters (300, 200);

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (VipsImage) stored = NULL;
        g_auto (Rendering) rendering = { .render.wide = cases[i].wide };
        if (cases[i].stored != NULL)
            g_assert_cmpint (vips_icc_transform (picture, &stored, cases[i].stored, "input_profile",
                                                 "srgb", NULL),
                             ==, 0);
        else
            stored = g_object_ref (picture);
        render_ok (stored, ".png", 100, 50, &rendering);
        for (guint k = 0; k < 2; k++) {
            g_autofree char *name = profile_name (rendering.files[k]);
            g_assert_cmpstr (name, ==, cases[i].expected);
        }
        /* Whatever the space, the picture shows the same colours. */
        {
            g_autoptr (VipsImage) made = load (rendering.files[0]), seen = NULL, wanted = NULL;
            g_assert_cmpint (vips_icc_transform (made, &seen, "srgb", "embedded", TRUE, NULL), ==,
                             0);
            g_assert_cmpint (vips_resize (picture, &wanted, 0.5, NULL), ==, 0);
            g_assert_cmpfloat (mean_difference (seen, wanted), <, 4.0);
        }
    }
}

static void
test_tags_do_not_leak (void)
{
    g_autoptr (VipsImage) picture = make_quarters (300, 200), tagged = NULL, made = NULL;
    g_auto (Rendering) rendering = { 0 };

    g_assert_cmpint (vips_copy (picture, &tagged, NULL), ==, 0);
    vips_image_set_string (tagged, "exif-ifd0-Make", "Secret");
    vips_image_set_string (tagged, "exif-ifd3-GPSLatitude", "48/1 51/1 0/1");
    render_ok (tagged, ".jpg", 100, 50, &rendering);
    for (guint k = 0; k < 2; k++) {
        gsize n_bytes;
        const char *bytes = g_bytes_get_data (rendering.files[k], &n_bytes);
        g_assert_null (memmem (bytes, n_bytes, "Exif", 4));
        g_assert_null (memmem (bytes, n_bytes, "EXIF", 4));
        g_assert_null (memmem (bytes, n_bytes, "Secret", 6));
    }
}

static void
test_progressive_and_chroma (void)
{
    for (int quality = 79; quality <= 80; quality++) {
        g_autoptr (VipsImage) picture = make_quarters (64, 64);
        g_autoptr (GError) error = NULL;
        g_autoptr (GBytes) file =
            image_jpeg_encode (VIPS_IMAGE_ADDR (picture, 0, 0), 64, 64, quality, quality >= 80,
                               quality == 80, image_colour_profile (COLOUR_SRGB), &error);
        gsize n_bytes;
        const guint8 *bytes = g_bytes_get_data (file, &n_bytes);
        const guint8 *frame = memmem (bytes, n_bytes, quality == 80 ? "\xff\xc2" : "\xff\xc0", 2);
        g_assert_no_error (error);
        g_assert_nonnull (frame);
        g_assert_cmpint (frame[11], ==, quality == 80 ? 0x11 : 0x22); /* sampling of luminance */
    }
}

static void
test_edits_in_order (void)
{
    g_autoptr (VipsImage) picture = make_quarters (400, 200), made = NULL;
    g_auto (Rendering) rendering = { 0 };

    /* The right half, green over white; turned by 90 degrees, white is left, green is right; */
    /* mirrored, green is left. */
    rendering.render.edits[0] =
        (ImageEdit){ .kind = IMAGE_EDIT_CROP, .x = 200, .y = 0, .width = 200, .height = 200 };
    rendering.render.edits[1] = (ImageEdit){ .kind = IMAGE_EDIT_ROTATE, .angle = 90 };
    rendering.render.edits[2] = (ImageEdit){ .kind = IMAGE_EDIT_MIRROR };
    rendering.render.n_edits = 3;
    render_ok (picture, ".png", 100, 50, &rendering);
    g_assert_cmpint (rendering.render.width, ==, 400);
    made = load (rendering.files[0]);
    g_assert_cmpint (made->Xsize, ==, 100);
    g_assert_cmpint (VIPS_IMAGE_ADDR (made, 20, 50)[0], <, 60);
    g_assert_cmpint (VIPS_IMAGE_ADDR (made, 80, 50)[0], >, 190);
}

static void
test_crop_must_lie_inside (void)
{
    static const ImageEdit crops[] = {
        { IMAGE_EDIT_CROP, 0, 0, 301, 10, 0, FALSE },
        { IMAGE_EDIT_CROP, 299, 0, 2, 10, 0, FALSE },
        { IMAGE_EDIT_CROP, G_MAXINT, 0, G_MAXINT, 10, 0, FALSE },
        { IMAGE_EDIT_CROP, -1, 0, 10, 10, 0, FALSE },
    };
    g_autoptr (VipsImage) picture = make_quarters (300, 200);
    g_autofree void *bytes = NULL;
    size_t n_bytes;

    g_assert_cmpint (vips_image_write_to_buffer (picture, ".png", &bytes, &n_bytes, NULL), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS (crops); i++) {
        g_auto (Rendering) rendering = { .render.edits = { crops[i] }, .render.n_edits = 1 };
        g_autoptr (GError) error = NULL;
        g_assert_false (render_bytes (bytes, n_bytes, 100, 50, &rendering, &error));
        g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    }
}

/* What is cut out of a picture, however it is stored, is what libvips cuts out of the upright one. */
static void
test_a_face_is_shown_upright_and_never_enlarged (void)
{
    static const FaceBox faces[] = {
        { 260, 200, 380, 280, 640, 480 },  /* 254,174 132x132 */
        { 520, 400, 760, 560, 1280, 960 }, /* the same on a larger picture */
        { 0, 0, 1280, 960, 1280, 960 },    /* all of it: 81,1 478x478 */
    };
    static const int crops[][3] = { { 254, 174, 132 }, { 254, 174, 132 }, { 81, 1, 478 } };
    g_autoptr (VipsImage) upright = make_quarters (640, 480);

    for (guint i = 0; i < G_N_ELEMENTS (faces); i++) {
        g_autoptr (VipsImage) cut = NULL, expected = NULL;

        g_assert_cmpint (vips_extract_area (upright, &cut, crops[i][0], crops[i][1], crops[i][2],
                                            crops[i][2], NULL),
                         ==, 0);
        g_assert_cmpint (vips_resize (cut, &expected, MIN (1, 250.0 / crops[i][2]), NULL), ==, 0);
        for (int orientation = 1; orientation <= 8; orientation++) {
            g_autoptr (VipsImage) stored = store_with_orientation (upright, orientation);
            g_auto (Rendering) rendering = { .render.has_face = TRUE, .render.face = faces[i] };
            g_autoptr (VipsImage) made = NULL;

            render_ok (stored, ".jpg[Q=95]", 250, 60, &rendering);
            made = load (rendering.files[0]);
            g_assert_cmpint (made->Xsize, ==, MIN (250, crops[i][2]));
            g_assert_cmpfloat (mean_difference (expected, made), <, 2.5);
        }
    }
}

static void
test_a_face_outside_of_the_picture_is_refused (void)
{
    g_autoptr (VipsImage) picture = make_quarters (300, 200);
    g_autofree void *bytes = NULL;
    size_t n_bytes;
    g_auto (Rendering)
        rendering = { .render.has_face = TRUE, .render.face = { 300, 200, 400, 300, 300, 200 } };
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (vips_image_write_to_buffer (picture, ".png", &bytes, &n_bytes, NULL), ==, 0);
    g_assert_false (render_bytes (bytes, n_bytes, 100, 50, &rendering, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA);
}

/* Against libvips reducing the full decode with the same filter. */
static void
test_fast_way_is_close_to_the_slow_one (void)
{
    g_autoptr (VipsImage) zone = NULL, scaled = NULL, byte = NULL, grey3 = NULL, picture = NULL;
    static const int sizes[] = { 700, 480, 333, 240, 117 };
    g_autofree void *bytes = NULL;
    size_t n_bytes;

    g_assert_cmpint (vips_zone (&zone, 1201, 801, "uchar", TRUE, NULL), ==, 0);
    g_assert_cmpint (vips_gaussblur (zone, &scaled, 1.5, NULL), ==, 0);
    g_assert_cmpint (vips_cast_uchar (scaled, &byte, NULL), ==, 0);
    g_assert_cmpint (vips_bandjoin2 (byte, byte, &grey3, NULL), ==, 0);
    {
        g_autoptr (VipsImage) inverted = NULL, three = NULL;
        g_assert_cmpint (vips_invert (byte, &inverted, NULL), ==, 0);
        g_assert_cmpint (vips_bandjoin2 (grey3, inverted, &three, NULL), ==, 0);
        g_assert_cmpint (
            vips_copy (three, &picture, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), ==, 0);
    }
    g_assert_cmpint (vips_image_write_to_buffer (picture, ".jpg[Q=98,subsample-mode=off]", &bytes,
                                                 &n_bytes, NULL),
                     ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
        g_autoptr (VipsImage) decoded = NULL, wanted = NULL, made = NULL;
        g_autoptr (GError) error = NULL;
        ImageInput input = { .fd = file_of (bytes, n_bytes) };
        int width, height;
        image_fit_short_side (1201, 801, sizes[i], 65500, &width, &height);
        g_assert_true (image_jpeg_load (&input, width, height, &made, &error));
        g_assert_no_error (error);
        close (input.fd);
        decoded = vips_image_new_from_buffer (bytes, n_bytes, "", NULL);
        g_assert_cmpint (vips_resize (decoded, &wanted, (double) width / 1201, "vscale",
                                      (double) height / 801, NULL),
                         ==, 0);
        g_test_message ("short side %d: %.1f dB", sizes[i], psnr (made, wanted));
        g_assert_cmpfloat (psnr (made, wanted), >, 40);
    }
}

int
main (int argc, char **argv)
{
    image_test_init (&argc, &argv);
    g_test_add_func ("/image/geometry", test_geometry);
    g_test_add_func ("/image/sizes", test_each_size_is_as_promised);
    g_test_add_func ("/image/orientations", test_orientations_become_upright);
    g_test_add_func ("/image/formats", test_formats_are_told_by_content);
    g_test_add_func ("/image/svg", test_svg_is_drawn_without_reaching_out);
    g_test_add_func ("/image/transparency", test_transparency_stays_in_webp_and_is_black_in_jpeg);
    g_test_add_func ("/image/kinds-of-pixels", test_kinds_of_pixels);
    g_test_add_func ("/image/first-frame", test_only_the_first_frame_counts);
    g_test_add_func ("/image/empty-beginning", test_an_empty_beginning_is_passed_over);
    g_test_add_func ("/image/ten-thousand-frames", test_ten_thousand_frames_are_a_picture);
    g_test_add_func ("/image/colour-profiles", test_colour_profiles);
    g_test_add_func ("/image/hdr-without-primaries", test_hdr_without_primaries);
    g_test_add_func ("/image/tags-do-not-leak", test_tags_do_not_leak);
    g_test_add_func ("/image/progressive-and-chroma", test_progressive_and_chroma);
    g_test_add_func ("/image/edits", test_edits_in_order);
    g_test_add_func ("/image/crop-inside", test_crop_must_lie_inside);
    g_test_add_func ("/image/face", test_a_face_is_shown_upright_and_never_enlarged);
    g_test_add_func ("/image/face-outside", test_a_face_outside_of_the_picture_is_refused);
    g_test_add_func ("/image/fast-way", test_fast_way_is_close_to_the_slow_one);
    return g_test_run ();
}
