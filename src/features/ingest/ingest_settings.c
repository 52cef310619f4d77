/* ingest_settings.c -- the part of the system config that ingesting reads */
#include "features/config/config.h"
#include "features/ingest/ingest_private.h"

static RenditionSettings
read_rendition (const AdminConfigGeneratedImage *image)
{
    return (RenditionSettings){
        .format = image->format == IMAGE_FORMAT_WEBP ? MEDIA_FORMAT_WEBP : MEDIA_FORMAT_JPEG,
        .size_px = (int) MIN (image->size, G_MAXINT),
        .quality = (int) image->quality,
        .progressive = image->has_progressive && image->progressive,
    };
}

gboolean
ingest_finds_places (const App *app)
{
    return config_get (app)->reverse_geocoding->enabled;
}

void
ingest_image_settings (const App *app, ImageSettings *out)
{
    const AdminConfigImage *image = config_get (app)->image;
    const AdminConfigGeneratedFullsizeImage *fullsize = image->fullsize;

    out->thumbnail = read_rendition (image->thumbnail);
    out->preview = read_rendition (image->preview);
    out->fullsize = (RenditionSettings){
        .format = fullsize->format == IMAGE_FORMAT_WEBP ? MEDIA_FORMAT_WEBP : MEDIA_FORMAT_JPEG,
        .quality = (int) fullsize->quality,
        .progressive = fullsize->has_progressive && fullsize->progressive,
    };
    out->keep_wide_gamut = image->colorspace == COLORSPACE_P3;
}
