/* image_fixtures.c -- see image_fixtures.h */
#include "worker/image_fixtures.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void
image_test_init (int *argc, char ***argv)
{
    if (vips_init ((*argv)[0]) != 0)
        g_error ("libvips does not start: %s", vips_error_buffer ());
    vips_concurrency_set (1);
    vips_cache_set_max (0);
    g_test_init (argc, argv, NULL);
    /* libvips warns about damaged files, which is what some of these are about */
    g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_FLAG_FATAL);
}

void
rendering_clear (Rendering *self)
{
    image_render_clear (&self->render);
    for (guint i = 0; i < G_N_ELEMENTS (self->files); i++)
        g_clear_pointer (&self->files[i], g_bytes_unref);
}

int
file_of (const void *bytes, gsize n_bytes)
{
    int fd = memfd_create ("test", MFD_CLOEXEC);

    g_assert_cmpint (fd, >=, 0);
    g_assert_cmpint (write (fd, bytes, n_bytes), ==, n_bytes);
    return fd;
}

static GBytes *
read_file (int fd)
{
    struct stat facts;
    guint8 *bytes;

    g_assert_cmpint (fstat (fd, &facts), ==, 0);
    bytes = g_malloc (MAX (1, (gsize) facts.st_size));
    g_assert_cmpint (pread (fd, bytes, (gsize) facts.st_size, 0), ==, facts.st_size);
    return g_bytes_new_take (bytes, (gsize) facts.st_size);
}

gboolean
render_bytes (const void *bytes, gsize n_bytes, int preview_px, int thumbnail_px, Rendering *out,
              GError **error)
{
    ImageRender *render = &out->render;
    gboolean done;
    int fd = file_of (bytes, n_bytes);

    render->input.fd = fd;
    if (render->input.max_pixels == 0)
        render->input.max_pixels = 500000000;
    render->want_thumbhash = TRUE;
    render->n_outputs = 2;
    render->outputs[0] = (ImageOutput){ .format = IMAGE_FORMAT_JPEG,
                                        .size_px = preview_px,
                                        .quality = 90,
                                        .fd = memfd_create ("preview", MFD_CLOEXEC) };
    render->outputs[1] = (ImageOutput){ .format = IMAGE_FORMAT_WEBP,
                                        .size_px = thumbnail_px,
                                        .quality = 90,
                                        .fd = memfd_create ("thumbnail", MFD_CLOEXEC) };
    done = image_render (render, error);
    for (guint i = 0; i < 2; i++) {
        if (done) {
            out->files[i] = read_file (render->outputs[i].fd);
            g_assert_cmpuint (g_bytes_get_size (out->files[i]), ==, render->outputs[i].n_bytes);
        }
        close (render->outputs[i].fd);
    }
    close (fd);
    return done;
}

void
render_ok (VipsImage *picture, const char *suffix, int preview_px, int thumbnail_px, Rendering *out)
{
    g_autoptr (GError) error = NULL;
    g_autofree void *bytes = NULL;
    size_t n_bytes;

    g_assert_cmpint (vips_image_write_to_buffer (picture, suffix, &bytes, &n_bytes, NULL), ==, 0);
    render_bytes (bytes, n_bytes, preview_px, thumbnail_px, out, &error);
    g_assert_no_error (error);
}

VipsImage *
load (GBytes *file)
{
    gsize n_bytes;
    const void *bytes = g_bytes_get_data (file, &n_bytes);
    VipsImage *image = vips_image_new_from_buffer (bytes, n_bytes, "", NULL);
    VipsImage *settled;

    g_assert_nonnull (image);
    settled = vips_image_copy_memory (image);
    g_object_unref (image);
    g_assert_nonnull (settled);
    return settled;
}

VipsImage *
make_quarters (int width, int height)
{
    VipsImage *image = vips_image_new_memory ();

    vips_image_init_fields (image, width, height, 3, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                            VIPS_INTERPRETATION_sRGB, 1, 1);
    g_assert_cmpint (vips_image_write_prepare (image), ==, 0);
    for (int y = 0; y < height; y++) {
        guint8 *row = VIPS_IMAGE_ADDR (image, 0, y);
        for (int x = 0; x < width; x++) {
            static const guint8 colours[4][3] = {
                { 220, 30, 30 }, { 30, 200, 30 }, { 30, 30, 220 }, { 240, 240, 240 }
            };
            const guint8 *colour = colours[2 * (2 * y >= height) + (2 * x >= width)];
            for (int c = 0; c < 3; c++)
                row[3 * x + c] = (guint8) (colour[c] - 20 * x / width);
        }
    }
    return image;
}
