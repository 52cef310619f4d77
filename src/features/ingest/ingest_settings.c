/* ingest_settings.c -- the part of the system config that ingesting reads */
#define G_LOG_DOMAIN "ingest"
#include "features/config/config.h"
#include "features/ingest/ingest_private.h"

#include <stdlib.h>

#include "media/transcode_hardware.h"

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
    out->extract_embedded = image->extract_embedded;
}

static StringList
enum_texts (Arena *arena, const EnumList *values, const EnumDescriptor *names)
{
    StringList list = { arena_new_array (arena, const char *, MAX (values->n, 1)), values->n };

    for (gsize i = 0; i < values->n; i++)
        list.items[i] = names->texts[values->items[i]];
    return list;
}

/* Once for each value that is set, not once for each video. */
static void
note_software (const AdminConfigFFmpeg *ffmpeg, const char *reason)
{
    static gint noted = TRANSCODE_HW_ACCEL_DISABLED;

    if (g_atomic_int_exchange (&noted, (gint) ffmpeg->accel) == (gint) ffmpeg->accel)
        return;
    g_warning ("ffmpeg.accel is '%s', but %s; videos are converted in software",
               transcode_hw_accel_enum.texts[ffmpeg->accel], reason);
}

void
ingest_transcode_settings (const App *app, Arena *arena, TranscodeSettings *out)
{
    static const TranscodeWhen when[] = {
        [TRANSCODE_POLICY_ALL] = TRANSCODE_ALL,
        [TRANSCODE_POLICY_OPTIMAL] = TRANSCODE_OPTIMAL,
        [TRANSCODE_POLICY_BITRATE] = TRANSCODE_BITRATE,
        [TRANSCODE_POLICY_REQUIRED] = TRANSCODE_REQUIRED,
        [TRANSCODE_POLICY_DISABLED] = TRANSCODE_DISABLED,
    };
    const AdminConfigFFmpeg *ffmpeg = config_get (app)->ffmpeg;
    const char *reason = NULL;

    *out = (TranscodeSettings){
        .when = when[ffmpeg->transcode],
        .video_codec = video_codec_enum.texts[ffmpeg->target_video_codec],
        .audio_codec = audio_codec_enum.texts[ffmpeg->target_audio_codec],
        .accepted_video = enum_texts (arena, &ffmpeg->accepted_video_codecs, &video_codec_enum),
        .accepted_audio = enum_texts (arena, &ffmpeg->accepted_audio_codecs, &audio_codec_enum),
        .accepted_containers =
            enum_texts (arena, &ffmpeg->accepted_containers, &video_container_enum),
        .crf = (int) ffmpeg->crf,
        .by_quantizer = ffmpeg->cq_mode == CQ_MODE_CQP,
        .by_quality = ffmpeg->cq_mode == CQ_MODE_ICQ,
        .preset = ffmpeg->preset,
        .threads = (int) MIN (ffmpeg->threads, 1024),
        .short_side = atoi (ffmpeg->target_resolution), /* 'original' is 0 */
        .max_rate = ffmpeg->max_bitrate,
        .b_frames = (int) ffmpeg->bframes,
        .refs = (int) ffmpeg->refs,
        .gop = (int) MIN (ffmpeg->gop_size, G_MAXINT),
        .two_pass = ffmpeg->two_pass,
        .tone_map = tone_mapping_enum.texts[ffmpeg->tonemap],
        .decodes_by_hardware = ffmpeg->accel_decode,
        .temporal_aq = ffmpeg->temporal_aq,
    };
    if (!hardware_find (transcode_hw_accel_enum.texts[ffmpeg->accel], ffmpeg->preferred_hw_device,
                        out->video_codec, "/dev", arena, &out->hardware, &reason))
        note_software (ffmpeg, reason);
}
