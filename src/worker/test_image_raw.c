/* test_image_raw.c -- camera raw files: a small DNG whose pixels are known, with and without its JPEG
 *
 * The camera that made it sees as sRGB does, so the colours of its four quarters come out as they are:
 * red and green above, blue and white below. The JPEG inside is yellow. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/image.h"

#define WIDTH 320
#define HEIGHT 240
#define JPEG_WIDTH 160
#define JPEG_HEIGHT 120

/* ---- making one ---- */

static void
add_u16 (GByteArray *out, guint value)
{
    guint8 bytes[] = { value & 255, value >> 8 & 255 };

    g_byte_array_append (out, bytes, sizeof bytes);
}

static void
add_u32 (GByteArray *out, guint32 value)
{
    add_u16 (out, value & 0xffff);
    add_u16 (out, value >> 16);
}

/* A directory entry; what does not fit into it goes to @far, which lies at @far_at. */
static void
add_entry (GByteArray *out, GByteArray *far, guint32 far_at, guint tag, guint type, guint32 count,
           const void *value, guint n_bytes)
{
    guint8 inside[4] = { 0 };

    add_u16 (out, tag);
    add_u16 (out, type);
    add_u32 (out, count);
    if (n_bytes > 4) {
        add_u32 (out, far_at + far->len);
        g_byte_array_append (far, value, n_bytes);
        return;
    }
    memcpy (inside, value, n_bytes);
    g_byte_array_append (out, inside, 4);
}

static void
add_short (GByteArray *out, guint tag, guint value)
{
    guint16 number = (guint16) value;

    add_entry (out, NULL, 0, tag, 3, 1, &number, 2);
}

static void
add_long (GByteArray *out, guint tag, guint32 value)
{
    add_entry (out, NULL, 0, tag, 4, 1, &value, 4);
}

static GByteArray *
make_yellow_jpeg (void)
{
    static const double yellow[] = { 250, 220, 10 };
    g_autoptr (VipsImage) black = NULL, lit = NULL, bytes = NULL, tagged = NULL;
    void *buffer;
    size_t n_bytes;

    g_assert_cmpint (vips_black (&black, JPEG_WIDTH, JPEG_HEIGHT, "bands", 3, NULL), ==, 0);
    g_assert_cmpint (vips_linear (black, &lit, (const double[]){ 1, 1, 1 }, yellow, 3, NULL), ==,
                     0);
    g_assert_cmpint (vips_cast_uchar (lit, &bytes, NULL), ==, 0);
    g_assert_cmpint (vips_copy (bytes, &tagged, "interpretation", VIPS_INTERPRETATION_sRGB, NULL),
                     ==, 0);
    g_assert_cmpint (vips_jpegsave_buffer (tagged, &buffer, &n_bytes, "Q", 95, NULL), ==, 0);
    return g_byte_array_new_take (buffer, n_bytes);
}

static guint
sample_at (int x, int y)
{
    gboolean right = x >= WIDTH / 2, lower = y >= HEIGHT / 2;
    int channel = (y & 1) + (x & 1); /* the pattern RG/GB: 0 red, 1 green, 2 blue */
    gboolean lit = right && lower ? TRUE : channel == (right ? 1 : lower ? 2 : 0);

    return lit ? 40000 : 100;
}

enum { N_MAIN_ENTRIES = 21, N_JPEG_ENTRIES = 9 };

/* One strip of 16-bit samples; @jpeg NULL: none is inside. */
static GByteArray *
make_dng (int orientation, const GByteArray *jpeg)
{
    static const guint8 pattern[] = { 0, 1, 1, 2 }, version[] = { 1, 4, 0, 0 };
    static const guint16 pattern_size[] = { 2, 2 };
    static const gint32 from_xyz[] = { 32405, 10000, -15371, 10000, -4985, 10000,
                                       -9693, 10000, 18760,  10000, 416,   10000,
                                       556,   10000, -2040,  10000, 10572, 10000 };
    static const guint32 neutral[] = { 1, 1, 1, 1, 1, 1 };
    GByteArray *out = g_byte_array_new ();
    g_autoptr (GByteArray) far = g_byte_array_new ();
    guint n_main = N_MAIN_ENTRIES - (jpeg == NULL);
    guint32 jpeg_ifd_at = 8 + 2 + n_main * 12 + 4;
    guint32 far_at = jpeg_ifd_at + (jpeg != NULL ? 2 + N_JPEG_ENTRIES * 12 + 4 : 0);
    guint32 jpeg_at = far_at + 256, pixels_at = jpeg_at + (jpeg != NULL ? jpeg->len : 0);

    g_byte_array_append (out, (const guint8 *) "II*\0", 4);
    add_u32 (out, 8);
    add_u16 (out, n_main);
    add_long (out, 254, 0);
    add_long (out, 256, WIDTH);
    add_long (out, 257, HEIGHT);
    add_short (out, 258, 16);
    add_short (out, 259, 1);
    add_short (out, 262, 32803); /* a colour filter array */
    add_entry (out, far, far_at, 271, 2, 8, "Tintype", 8);
    add_entry (out, far, far_at, 272, 2, 8, "Box one", 8);
    add_long (out, 273, pixels_at);
    add_short (out, 274, (guint) orientation);
    add_short (out, 277, 1);
    add_long (out, 278, HEIGHT);
    add_long (out, 279, WIDTH * HEIGHT * 2);
    if (jpeg != NULL)
        add_long (out, 330, jpeg_ifd_at);
    add_entry (out, far, far_at, 33421, 3, 2, pattern_size, 4);
    add_entry (out, far, far_at, 33422, 1, 4, pattern, 4);
    add_entry (out, far, far_at, 50706, 1, 4, version, 4);
    add_long (out, 50717, 40000); /* white */
    add_entry (out, far, far_at, 50721, 10, 9, from_xyz, sizeof from_xyz);
    add_entry (out, far, far_at, 50728, 5, 3, neutral, sizeof neutral);
    add_short (out, 50778, 21); /* D65 */
    add_u32 (out, 0);
    if (jpeg != NULL) {
        add_u16 (out, N_JPEG_ENTRIES);
        add_long (out, 254, 1);
        add_long (out, 256, JPEG_WIDTH);
        add_long (out, 257, JPEG_HEIGHT);
        add_short (out, 258, 8);
        add_short (out, 259, 7);
        add_short (out, 262, 6);
        add_long (out, 273, jpeg_at);
        add_short (out, 277, 3);
        add_long (out, 279, jpeg->len);
        add_u32 (out, 0);
    }
    g_assert_cmpuint (out->len, ==, far_at);
    g_byte_array_append (out, far->data, far->len);
    g_byte_array_set_size (out, jpeg_at);
    if (jpeg != NULL)
        g_byte_array_append (out, jpeg->data, jpeg->len);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            add_u16 (out, sample_at (x, y));
    return out;
}

/* ---- rendering ---- */

typedef struct {
    ImageRender render;
    VipsImage *image;
    GError *error;
} Result;

static void
result_clear (Result *self)
{
    image_render_clear (&self->render);
    g_clear_object (&self->image);
    g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

/* @size_px  of the output's short side, 0: all of it */
static gboolean
render (const GByteArray *file, const char *extension, int embedded_px, int size_px, Result *out)
{
    int fd = memfd_create ("raw", MFD_CLOEXEC), output_fd = memfd_create ("out", MFD_CLOEXEC);
    ImageOutput *output = &out->render.outputs[0];
    gboolean done;

    g_assert_cmpint (write (fd, file->data, file->len), ==, file->len);
    out->render.input = (ImageInput){
        .fd = fd, .extension = extension, .max_pixels = 500000000, .embedded_px = embedded_px
    };
    out->render.want_thumbhash = TRUE;
    out->render.n_outputs = 1;
    *output = (ImageOutput){
        .format = IMAGE_FORMAT_JPEG, .size_px = size_px, .quality = 95, .fd = output_fd
    };
    done = image_render (&out->render, &out->error);
    if (done) {
        g_autofree guint8 *bytes = g_malloc (output->n_bytes);
        g_autoptr (VipsImage) lazy = NULL;

        g_assert_cmpint (pread (output_fd, bytes, output->n_bytes, 0), ==, output->n_bytes);
        lazy = vips_image_new_from_buffer (bytes, output->n_bytes, "", NULL);
        g_assert_nonnull (lazy);
        out->image = vips_image_copy_memory (lazy);
    }
    close (fd);
    close (output_fd);
    return done;
}

/* The colour in the middle of a quarter: 'r', 'g', 'b', 'w', or 'y' of the JPEG. */
static char
colour_at (VipsImage *image, int column, int row)
{
    const guint8 *rgb = VIPS_IMAGE_ADDR (image, image->Xsize * (1 + 2 * column) / 4,
                                         image->Ysize * (1 + 2 * row) / 4);
    gboolean red = rgb[0] > 180, green = rgb[1] > 180, blue = rgb[2] > 180;

    if (red && green && blue)
        return 'w';
    if (red && green)
        return 'y';
    return red ? 'r' : green ? 'g' : blue ? 'b' : '?';
}

static void
assert_quarters (VipsImage *image, const char *colours)
{
    for (int i = 0; i < 4; i++)
        g_assert_cmpint (colour_at (image, i % 2, i / 2), ==, colours[i]);
}

static void
test_a_dng_is_developed (void)
{
    g_autoptr (GByteArray) dng = make_dng (1, NULL);
    g_auto (Result) whole = { 0 }, small = { 0 };

    render (dng, ".DNG", 0, 0, &whole);
    g_assert_no_error (whole.error);
    g_assert_cmpstr (whole.render.format, ==, "raw");
    g_assert_cmpint (whole.render.width, ==, WIDTH);
    g_assert_cmpint (whole.render.height, ==, HEIGHT);
    g_assert_cmpint (whole.image->Xsize, ==, WIDTH);
    assert_quarters (whole.image, "rgbw");
    g_assert_nonnull (whole.render.thumbhash);
    render (dng, ".dng", 0, 60, &small); /* from half of its pixels */
    g_assert_no_error (small.error);
    g_assert_cmpint (small.image->Ysize, ==, 60);
    assert_quarters (small.image, "rgbw");
}

static void
test_it_is_turned_upright (void)
{
    static const char *const expected[] = {
        [1] = "rgbw", [3] = "wbgr", [6] = "brwg", [8] = "gwrb"
    };

    for (int i = 1; i <= 8; i++) {
        g_autoptr (GByteArray) dng = NULL;
        g_auto (Result) result = { 0 };

        if (expected[i] == NULL)
            continue;
        dng = make_dng (i, NULL);
        render (dng, ".dng", 0, 0, &result);
        g_assert_no_error (result.error);
        g_assert_cmpint (result.image->Xsize, ==, i >= 5 ? HEIGHT : WIDTH);
        g_assert_cmpint (result.render.width, ==, i >= 5 ? HEIGHT : WIDTH);
        assert_quarters (result.image, expected[i]);
    }
}

static void
test_edits_work_on_the_raw_picture (void)
{
    g_autoptr (GByteArray) jpeg = make_yellow_jpeg (), dng = make_dng (6, jpeg);
    g_auto (Result) result = { 0 };

    result.render.edits[0] =
        (ImageEdit){ .kind = IMAGE_EDIT_CROP, .x = 0, .y = 0, .width = HEIGHT / 2, .height = 100 };
    result.render.n_edits = 1;
    render (dng, ".dng", 0, 0, &result);
    g_assert_no_error (result.error);
    g_assert_cmpint (result.image->Xsize, ==, HEIGHT / 2);
    g_assert_cmpint (result.image->Ysize, ==, 100);
    assert_quarters (result.image, "bbbb");
}

static void
test_the_jpeg_inside_is_taken_when_it_is_large_enough (void)
{
    g_autoptr (GByteArray) jpeg = make_yellow_jpeg (), dng = make_dng (6, jpeg);
    g_auto (Result) taken = { 0 }, too_small = { 0 }, unwanted = { 0 };

    render (dng, ".dng", JPEG_HEIGHT, 100, &taken);
    g_assert_no_error (taken.error);
    assert_quarters (taken.image, "yyyy");
    g_assert_cmpint (taken.image->Xsize, ==, 100); /* turned as the raw file says */
    g_assert_cmpint (taken.image->Ysize, ==, 133);
    g_assert_cmpint (taken.render.width, ==, HEIGHT); /* of the photo */
    g_assert_cmpint (taken.render.height, ==, WIDTH);
    render (dng, ".dng", JPEG_HEIGHT + 1, 100, &too_small);
    g_assert_no_error (too_small.error);
    assert_quarters (too_small.image, "brwg");
    render (dng, ".dng", 0, 100, &unwanted);
    g_assert_no_error (unwanted.error);
    assert_quarters (unwanted.image, "brwg");
}

static void
test_a_damaged_one_says_what_is_wrong (void)
{
    g_autoptr (GByteArray) dng = make_dng (1, NULL), noise = g_byte_array_new ();
    g_auto (Result) cut = { 0 }, head = { 0 }, no_raw = { 0 };

    g_byte_array_set_size (dng, dng->len / 2);
    g_assert_false (render (dng, ".dng", 0, 0, &cut));
    g_assert_error (cut.error, APP_ERROR, APP_ERROR_MEDIA);
    g_assert_nonnull (strstr (cut.error->message, "before the picture is complete"));
    g_byte_array_set_size (dng, 100);
    g_assert_false (render (dng, ".dng", 0, 0, &head));
    g_assert_cmpint (head.error->domain, ==, APP_ERROR);
    for (guint i = 0; i < 4096; i++)
        add_u16 (noise, i * 40503 & 0xffff);
    g_assert_false (render (noise, ".raf", 0, 0, &no_raw));
    g_assert_error (no_raw.error, APP_ERROR, APP_ERROR_MEDIA_TYPE);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (vips_init (argv[0]) != 0)
        return 1;
    g_test_add_func ("/raw/a-dng-is-developed", test_a_dng_is_developed);
    g_test_add_func ("/raw/it-is-turned-upright", test_it_is_turned_upright);
    g_test_add_func ("/raw/edits-work-on-the-raw-picture", test_edits_work_on_the_raw_picture);
    g_test_add_func ("/raw/the-jpeg-inside-is-taken-when-it-is-large-enough",
                     test_the_jpeg_inside_is_taken_when_it_is_large_enough);
    g_test_add_func ("/raw/a-damaged-one-says-what-is-wrong",
                     test_a_damaged_one_says_what_is_wrong);
    return g_test_run ();
}
