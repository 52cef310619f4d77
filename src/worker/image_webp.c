/* image_webp.c -- libwebp's encoder, and its container for the colour profile */
#define G_LOG_DOMAIN "image-webp"
#include "worker/image_webp.h"
#include <webp/encode.h>
#include <webp/mux.h>
#include "base/error.h"

/* How hard libwebp tries, 0 to 6. Measured on thumbnails of 18 photos: 2 takes 3.8 ms, 17,700 bytes,
 * 34.2 dB; its default 4 takes 8.6 ms, 17,300 bytes, 34.4 dB. */
#define METHOD 2

static GBytes *
add_profile (const WebPMemoryWriter *encoded, GBytes *profile)
{
    WebPMux *mux = WebPMuxNew ();
    WebPData picture = { encoded->mem, encoded->size }, whole = { 0 };
    WebPData chunk = { g_bytes_get_data (profile, NULL), g_bytes_get_size (profile) };
    GBytes *out = NULL;

    if (mux != NULL && WebPMuxSetImage (mux, &picture, 0) == WEBP_MUX_OK &&
        WebPMuxSetChunk (mux, "ICCP", &chunk, 0) == WEBP_MUX_OK &&
        WebPMuxAssemble (mux, &whole) == WEBP_MUX_OK)
        out = g_bytes_new (whole.bytes, whole.size);
    WebPDataClear (&whole);
    WebPMuxDelete (mux);
    return out;
}

GBytes *
image_webp_encode (const guint8 *pixels, int width, int height, gboolean has_alpha, int quality,
                   GBytes *profile, GError **error)
{
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;
    GBytes *out = NULL;

    WebPMemoryWriterInit (&writer);
    if (WebPConfigInit (&config) && WebPPictureInit (&picture)) {
        config.quality = (float) quality;
        config.method = METHOD;
        picture.width = width;
        picture.height = height;
        picture.writer = WebPMemoryWrite;
        picture.custom_ptr = &writer;
        if ((has_alpha ? WebPPictureImportRGBA (&picture, pixels, width * 4)
                       : WebPPictureImportRGB (&picture, pixels, width * 3)) &&
            WebPEncode (&config, &picture))
            out = add_profile (&writer, profile);
        if (out == NULL)
            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                         "a WebP of %d x %d cannot be made (libwebp error %d)", width, height,
                         (int) picture.error_code);
        WebPPictureFree (&picture);
    } else {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INTERNAL,
                             "libwebp is of another version than its headers");
    }
    WebPMemoryWriterClear (&writer);
    return out;
}
