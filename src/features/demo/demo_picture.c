/* demo_picture.c -- see demo_picture.h */
#include "features/demo/demo_picture.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/uuid.h"
#include "media/layout.h"
#include "media/render.h"

#define WIDTH 1600
#define HEIGHT 1200

/* ---- PNG (RFC 2083) ---- */

static void
append_u32 (GByteArray *out, guint32 value)
{
    guint32 big = GUINT32_TO_BE (value);

    g_byte_array_append (out, (const guint8 *) &big, sizeof big);
}

static void
append_chunk (GByteArray *out, const char *type, const guint8 *bytes, gsize n_bytes)
{
    guint start;

    append_u32 (out, (guint32) n_bytes);
    start = out->len;
    g_byte_array_append (out, (const guint8 *) type, 4);
    g_byte_array_append (out, bytes, (guint) n_bytes);
    append_u32 (out, (guint32) crc32 (0, out->data + start, out->len - start));
}

/* A PNG of RGB pixels; (transfer full) */
static GBytes *
encode_png (const guint8 *rgb, guint width, guint height)
{
    gsize row_bytes = (gsize) width * 3;
    uLongf n_packed = compressBound ((row_bytes + 1) * height);
    g_autofree guint8 *rows = g_malloc0 ((row_bytes + 1) * height);
    g_autofree guint8 *packed = g_malloc (n_packed);
    guint32 head[] = { GUINT32_TO_BE (width), GUINT32_TO_BE (height) };
    guint8 header[13] = { [8] = 8, [9] = 2 }; /* 8 bits, RGB */
    GByteArray *out = g_byte_array_new ();

    memcpy (header, head, sizeof head);
    for (guint y = 0; y < height; y++) /* each row begins with its filter, none */
        memcpy (rows + y * (row_bytes + 1) + 1, rgb + y * row_bytes, row_bytes);
    compress2 (packed, &n_packed, rows, (row_bytes + 1) * height, 6); /* there is room for it */
    g_byte_array_append (out, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
    append_chunk (out, "IHDR", header, sizeof header);
    append_chunk (out, "IDAT", packed, n_packed);
    append_chunk (out, "IEND", (const guint8 *) "", 0);
    return g_byte_array_free_to_bytes (out);
}

/* ---- a landscape ---- */

static guint8
mix (double from, double to, double part)
{
    return (guint8) CLAMP (from + (to - from) * part, 0, 255);
}

/* Sky, three chains of hills, a grain so that it compresses like a photo. */
static guint8 *
draw (guint number)
{
    static const guint8 skies[][3] = { { 90, 150, 220 },  { 230, 140, 90 },  { 60, 70, 120 },
                                       { 150, 190, 230 }, { 240, 200, 150 }, { 120, 120, 160 } };
    const guint8 *sky = skies[number % G_N_ELEMENTS (skies)];
    g_autoptr (GRand) noise = g_rand_new_with_seed (number + 1);
    guint8 *rgb = g_malloc ((gsize) WIDTH * HEIGHT * 3);

    for (int x = 0; x < WIDTH; x++) {
        double at = (double) x / WIDTH * 6.28 + number;
        double tops[3];

        for (int hill = 0; hill < 3; hill++)
            tops[hill] = HEIGHT * (0.45 + 0.17 * hill +
                                   0.08 * sin (at * (1.3 + hill * 0.7) + hill * 2 + number));
        for (int y = 0; y < HEIGHT; y++) {
            guint8 *pixel = rgb + ((gsize) y * WIDTH + (gsize) x) * 3;
            int grain = g_rand_int_range (noise, -10, 11);
            int hill = y > tops[2] ? 3 : y > tops[1] ? 2 : y > tops[0] ? 1 : 0;

            for (int c = 0; c < 3; c++) {
                static const guint8 ground[4][3] = {
                    { 0, 0, 0 }, { 70, 100, 110 }, { 60, 110, 70 }, { 40, 70, 30 }
                };
                double value = hill == 0 ? mix (sky[c], 250, (double) y / HEIGHT) : ground[hill][c];

                pixel[c] = (guint8) CLAMP (value + grain, 0, 255);
            }
        }
    }
    return rgb;
}

/* ---- the files ---- */

static gboolean
write_file (const char *path, GBytes *bytes, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    g_autoptr (GError) why = NULL;

    if (g_mkdir_with_parents (folder, 0755) == 0 &&
        g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                             (gssize) g_bytes_get_size (bytes), &why))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot write '%s': %s", path,
                 why != NULL ? why->message : g_strerror (errno));
    return FALSE;
}

gboolean
demo_picture_make (WorkerPool *workers, Arena *arena, const char *media_location,
                   const char *owner_id, guint number, DemoPicture *out, GError **error)
{
    g_autofree guint8 *rgb = draw (number);
    g_autoptr (GBytes) png = encode_png (rgb, WIDTH, HEIGHT);
    const char *id = uuid_v4 (arena);
    DemoPicture picture = {
        .original = layout_upload (arena, owner_id, id, ".png"),
        .preview = layout_thumb (arena, owner_id, id, "preview", "jpeg"),
        .thumbnail = layout_thumb (arena, owner_id, id, "thumbnail", "webp"),
        .width = WIDTH,
        .height = HEIGHT,
        .size_bytes = (gint64) g_bytes_get_size (png),
    };
    MediaOutput outputs[] = {
        { .kind = "preview", .format = MEDIA_FORMAT_JPEG, .size_px = 1080, .quality = 80 },
        { .kind = "thumbnail", .format = MEDIA_FORMAT_WEBP, .size_px = 250, .quality = 80 },
    };
    MediaRender render = { .want_thumbhash = TRUE,
                           .outputs = outputs,
                           .n_outputs = G_N_ELEMENTS (outputs) };
    MediaFacts facts;
    guint8 *hash;

    render.original_path = layout_absolute (arena, media_location, picture.original);
    outputs[0].path = layout_absolute (arena, media_location, picture.preview);
    outputs[1].path = layout_absolute (arena, media_location, picture.thumbnail);
    if (!write_file (render.original_path, png, error) ||
        !media_render (workers, &render, arena, &facts, error))
        return FALSE;
    hash = g_base64_decode (facts.thumbhash, &picture.n_thumbhash);
    picture.thumbhash = arena_own (arena, hash, g_free);
    *out = picture;
    return TRUE;
}
