/* fuzz_image.c -- libFuzzer target of the decoders and of what is made of their pixels
 *
 * The first byte says how the rest is taken: as a picture, as a camera's raw file, as a video. Renditions must have the sizes that they are said to have. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "worker/image.h"

#define MAX_PIXELS (1000 * 1000)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check (const ImageRender *self, const ImageOutput *output)
{
    if (output->width < 1 || output->height < 1 || output->width > self->width ||
        output->height > self->height || output->n_bytes == 0 ||
        lseek (output->fd, 0, SEEK_END) != (off_t) output->n_bytes)
        abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const char *const extensions[] = { ".jpg", ".dng", ".mp4" };
    ImageRender render = {
        .wide = COLOUR_SRGB, .want_thumbhash = TRUE, .want_likeness = TRUE, .n_outputs = 2
    };
    guint kind;

    if (vips_init ("fuzz_image") != 0 || size < 1)
        return 0;
    kind = data[0] % G_N_ELEMENTS (extensions);
    render.is_video = kind == 2;
    render.input = (ImageInput){ .fd = memfd_create ("original", MFD_CLOEXEC),
                                 .extension = extensions[kind],
                                 .max_pixels = MAX_PIXELS };
    if (write (render.input.fd, data + 1, size - 1) != (ssize_t) size - 1)
        abort ();
    render.outputs[0] = (ImageOutput){ .format = IMAGE_FORMAT_JPEG, .size_px = 100, .quality = 80 };
    render.outputs[1] = (ImageOutput){ .format = IMAGE_FORMAT_WEBP, .size_px = 25, .quality = 80 };
    for (guint i = 0; i < render.n_outputs; i++)
        render.outputs[i].fd = memfd_create ("rendition", MFD_CLOEXEC);
    if (image_render (&render, NULL))
        for (guint i = 0; i < render.n_outputs; i++)
            check (&render, &render.outputs[i]);
    for (guint i = 0; i < render.n_outputs; i++)
        close (render.outputs[i].fd);
    close (render.input.fd);
    image_render_clear (&render);
    return 0;
}
