/* media_plain.c -- what media_ingest.c measures, done with a plain chain of library calls
 *
 * usage: media-plain FOLDER ROUNDS FILE...
 *
 * For each file a decode with the library's own shrinking to the size of the preview, from it the thumbnail,
 * both written to FOLDER: what somebody would write first, with libvips (which calls libjpeg-turbo, libheif,
 * libjxl, libpng and libwebp) and LibRaw for camera raw files. One thread; no thumbhash, no checks. */
#include <libraw/libraw.h>
#include <stdlib.h>
#include <vips/vips.h>

#define PREVIEW_PX 1440
#define THUMBNAIL_PX 250

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VipsImage, g_object_unref)

/* The box into which a picture fits when its shorter side has that many pixels. */
static int
box_of (int width, int height, int px)
{
    return (int) ((gint64) px * MAX (width, height) / MIN (width, height)) + 1;
}

/* The JPEG inside when it is large enough, the decoded picture otherwise. */
static VipsImage *
open_raw (const char *path, libraw_data_t *raw)
{
    int why;
    VipsImage *preview = NULL;
    libraw_processed_image_t *pixels;

    if (libraw_open_file (raw, path) != LIBRAW_SUCCESS)
        return NULL;
    if (libraw_unpack_thumb (raw) == LIBRAW_SUCCESS &&
        raw->thumbnail.tformat == LIBRAW_THUMBNAIL_JPEG &&
        MIN (raw->thumbnail.twidth, raw->thumbnail.theight) >= PREVIEW_PX &&
        vips_thumbnail_buffer (raw->thumbnail.thumb, (size_t) raw->thumbnail.tlength, &preview,
                               box_of (raw->thumbnail.twidth, raw->thumbnail.theight, PREVIEW_PX),
                               "size", VIPS_SIZE_DOWN, NULL) == 0)
        return preview;
    raw->params.use_camera_wb = 1;
    raw->params.output_bps = 8;
    raw->params.half_size = MIN (raw->sizes.width, raw->sizes.height) / 2 >= PREVIEW_PX;
    if (libraw_unpack (raw) != LIBRAW_SUCCESS || libraw_dcraw_process (raw) != LIBRAW_SUCCESS ||
        (pixels = libraw_dcraw_make_mem_image (raw, &why)) == NULL)
        return NULL;
    {
        g_autoptr (VipsImage) whole =
            vips_image_new_from_memory_copy (pixels->data, pixels->data_size, pixels->width,
                                             pixels->height, pixels->colors, VIPS_FORMAT_UCHAR);

        libraw_dcraw_clear_mem (pixels);
        if (whole != NULL)
            vips_thumbnail_image (whole, &preview, box_of (whole->Xsize, whole->Ysize, PREVIEW_PX),
                                  "size", VIPS_SIZE_DOWN, NULL);
    }
    return preview;
}

static VipsImage *
open_picture (const char *path)
{
    g_autoptr (VipsImage) header = vips_image_new_from_file (path, NULL);
    VipsImage *preview = NULL;

    if (header != NULL)
        vips_thumbnail (path, &preview, box_of (header->Xsize, header->Ysize, PREVIEW_PX), "size",
                        VIPS_SIZE_DOWN, NULL);
    return preview;
}

static gboolean
render (const char *path, const char *folder)
{
    gboolean is_raw = g_str_has_suffix (path, ".dng");
    libraw_data_t *raw = is_raw ? libraw_init (0) : NULL;
    g_autoptr (VipsImage) lazy = is_raw ? open_raw (path, raw) : open_picture (path);
    g_autoptr (VipsImage) preview = NULL, thumbnail = NULL;
    g_autofree char *preview_path = g_build_filename (folder, "preview.jpeg", NULL);
    g_autofree char *thumbnail_path = g_build_filename (folder, "thumbnail.webp", NULL);
    gboolean is_made = lazy != NULL && (preview = vips_image_copy_memory (lazy)) != NULL &&
                       vips_jpegsave (preview, preview_path, "Q", 80, "strip", TRUE,
                                      "subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF, NULL) == 0 &&
                       vips_thumbnail_image (preview, &thumbnail,
                                             box_of (preview->Xsize, preview->Ysize, THUMBNAIL_PX),
                                             "size", VIPS_SIZE_DOWN, NULL) == 0 &&
                       vips_webpsave (thumbnail, thumbnail_path, "Q", 80, "strip", TRUE, NULL) == 0;

    if (raw != NULL)
        libraw_close (raw);
    if (!is_made)
        g_printerr ("%s: %s\n", path, vips_error_buffer ());
    vips_error_clear ();
    return is_made;
}

int
main (int argc, char **argv)
{
    int n_failed = 0, n = 0;
    gint64 started_us;

    if (argc < 4 || VIPS_INIT (argv[0]) != 0) {
        g_printerr ("usage: %s FOLDER ROUNDS FILE...\n", argv[0]);
        return 2;
    }
    vips_concurrency_set (1);
    vips_cache_set_max (0);
    started_us = g_get_monotonic_time ();
    for (int round = 0; round < MAX (1, atoi (argv[2])); round++)
        for (int i = 3; i < argc; i++, n++)
            n_failed += !render (argv[i], argv[1]);
    g_print ("%d photos, %.2f a second, %d failed\n", n,
             n * 1e6 / (double) (g_get_monotonic_time () - started_us), n_failed);
    vips_shutdown ();
    return n_failed > 0;
}
