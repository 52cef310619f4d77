/* transcode_plan.c -- see transcode_plan.h */
#include "media/transcode_plan.h"
#include <jansson.h>
#include <string.h>
#include "base/error.h"
#include "media/transcode_words.h"

/* What an MP4 file can hold without being encoded anew. */
static const char *const mp4_sound[] = {
    "aac", "mp3", "opus", "ac3", "eac3", "alac", "flac", NULL
};

/* ---- facts ---- */

static const char *
get_text (const json_t *object, const char *name, Arena *arena)
{
    const char *text = json_string_value (json_object_get (object, name));

    return text != NULL ? arena_strdup (arena, text) : "";
}

static int
get_int (const json_t *object, const char *name)
{
    gint64 value = json_integer_value (json_object_get (object, name));

    return value >= 0 && value <= G_MAXINT ? (int) value : 0;
}

/* Containers have several names each; the settings know one of a family. */
static const char *
family_of (const char *names, Arena *arena)
{
    const char *comma = strchr (names, ',');

    if (g_str_has_prefix (names, "mov,"))
        return "mov";
    if (g_str_has_prefix (names, "matroska,"))
        return "webm";
    return comma != NULL ? arena_strndup (arena, names, (gsize) (comma - names)) : names;
}

gboolean
video_facts_read (const char *metadata_json, Arena *arena, VideoFacts *out, GError **error)
{
    json_t *root = json_loads (metadata_json, 0, NULL);
    const json_t *probe = json_object_get (root, "probe");
    const json_t *video = json_object_get (probe, "video"),
                 *audio = json_object_get (probe, "audio");
    gint64 rotation = json_integer_value (json_object_get (probe, "Rotation"));

    if (probe == NULL) {
        json_decref (root);
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA,
                             "the file cannot be read as a video; it may be damaged or cut short");
        return FALSE;
    }
    *out = (VideoFacts){
        .container = family_of (get_text (probe, "Format", arena), arena),
        .has_video = video != NULL,
        .has_audio = audio != NULL,
        .video_index = get_int (video, "index"),
        .audio_index = get_int (audio, "index"),
        .video_codec = get_text (video, "codec", arena),
        .audio_codec = get_text (audio, "codec", arena),
        .pixel_format = get_text (video, "pixelFormat", arena),
        .color_primaries = get_text (video, "colorPrimaries", arena),
        .color_transfer = get_text (video, "colorTransfer", arena),
        .color_space = get_text (video, "colorSpace", arena),
        .is_hdr = json_is_true (json_object_get (video, "isHdr")),
        .video_bit_rate = json_integer_value (json_object_get (video, "bitRate")),
        .width = get_int (probe, rotation % 180 == 0 ? "Width" : "Height"),
        .height = get_int (probe, rotation % 180 == 0 ? "Height" : "Width"),
        .is_turned = rotation % 180 != 0,
        .channels = get_int (audio, "channels"),
        .frame_rate = json_number_value (json_object_get (probe, "VideoFrameRate")),
        .n_frames = json_integer_value (json_object_get (video, "frames")),
        .duration_s = json_number_value (json_object_get (probe, "Duration")),
    };
    json_decref (root);
    return TRUE;
}

/* ---- the decision ---- */

static gboolean
accepts (const StringList *list, const char *name)
{
    for (gsize i = 0; i < list->n; i++)
        if (strcmp (list->items[i], name) == 0)
            return TRUE;
    return FALSE;
}

/* For comparisons a number alone is bit/s; for the encoder it is kbit/s. */
static gint64
bits_per_second (const char *text)
{
    return (gint64) (words_parse_rate (text, 0.001) * 1000);
}

/* Cameras' own formats (AVCHD) have positions between the pictures, and MP4 does not hold every codec. */
static gboolean
can_be_bared (const VideoFacts *facts)
{
    static const char *const codecs[] = { "h264", "hevc", "av1", "vp9", "mpeg4", NULL };

    return (strcmp (facts->container, "mov") == 0 || strcmp (facts->container, "webm") == 0) &&
           g_strv_contains (codecs, facts->video_codec);
}

static gboolean
wants_video (const VideoFacts *facts, const TranscodeSettings *settings)
{
    gboolean is_required = !accepts (&settings->accepted_video, facts->video_codec) ||
                           !g_str_has_suffix (facts->pixel_format, "420p");
    gint64 max_rate = bits_per_second (settings->max_rate);

    if (settings->is_bare && !can_be_bared (facts))
        return TRUE;
    switch (settings->when) {
    case TRANSCODE_ALL:
        return TRUE;
    case TRANSCODE_REQUIRED:
        return is_required;
    case TRANSCODE_OPTIMAL:
        return is_required || (settings->short_side > 0 &&
                               MIN (facts->width, facts->height) > settings->short_side);
    case TRANSCODE_BITRATE:
        return is_required || (max_rate > 0 && facts->video_bit_rate > max_rate);
    case TRANSCODE_DISABLED:
        break;
    }
    return FALSE;
}

static gboolean
wants_audio (const VideoFacts *facts, const TranscodeSettings *settings)
{
    if (!facts->has_audio || settings->when == TRANSCODE_DISABLED)
        return FALSE;
    return settings->when == TRANSCODE_ALL ||
           !accepts (&settings->accepted_audio, facts->audio_codec);
}

static gboolean
wants_container (const VideoFacts *facts, const TranscodeSettings *settings)
{
    return settings->when != TRANSCODE_DISABLED && strcmp (facts->container, "mp4") != 0 &&
           !accepts (&settings->accepted_containers, facts->container);
}

static int
count_passes (const TranscodeSettings *settings)
{
    if (!settings->two_pass || settings->hardware.kind != HARDWARE_NONE)
        return 1;
    if (strcmp (settings->video_codec, "vp9") == 0)
        return 2;
    /* ffmpeg's interface of the AV1 encoder knows one pass only */
    if (strcmp (settings->video_codec, "av1") == 0)
        return 1;
    return words_encoder_rate (settings->max_rate) > 0 ? 2 : 1;
}

void
transcode_decide (const VideoFacts *facts, const TranscodeSettings *settings, TranscodePlan *out)
{
    *out = (TranscodePlan){ .n_passes = 1 };
    if (!facts->has_video || facts->width < 1 || facts->height < 1)
        return;
    out->encodes_video = wants_video (facts, settings);
    out->encodes_audio = wants_audio (facts, settings);
    out->is_needed = settings->is_bare || out->encodes_video || out->encodes_audio ||
                     wants_container (facts, settings);
    if (out->is_needed && facts->has_audio && !g_strv_contains (mp4_sound, facts->audio_codec))
        out->encodes_audio = TRUE;
    if (out->encodes_video)
        out->n_passes = count_passes (settings);
}
