/* transcode_plan.c -- see transcode_plan.h */
#include "media/transcode_plan.h"
#include <jansson.h>
#include <math.h>
#include <string.h>
#include "base/error.h"

/* Slowest first, as the settings name them. */
static const char *const presets[] = { "veryslow", "slower",   "slow",      "medium",   "fast",
                                       "faster",   "veryfast", "superfast", "ultrafast" };

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
        .channels = get_int (audio, "channels"),
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

/* In kbit/s: "4500k" and "4.5m" are 4500; a number alone counts in @bare_unit. 0: no limit. */
static double
parse_rate (const char *text, double bare_unit)
{
    char *end;
    double number = g_ascii_strtod (text, &end);

    if (end == text || !isfinite (number) || number <= 0)
        return 0;
    return number * (g_ascii_tolower (*end) == 'k'   ? 1
                     : g_ascii_tolower (*end) == 'm' ? 1000
                                                     : bare_unit);
}

/* For comparisons a number alone is bit/s; for the encoder it is kbit/s. */
static gint64
bits_per_second (const char *text)
{
    return (gint64) (parse_rate (text, 0.001) * 1000);
}

static double
encoder_rate (const char *text)
{
    return parse_rate (text, 1);
}

static gboolean
wants_video (const VideoFacts *facts, const TranscodeSettings *settings)
{
    gboolean is_required = !accepts (&settings->accepted_video, facts->video_codec) ||
                           !g_str_has_suffix (facts->pixel_format, "420p");
    gint64 max_rate = bits_per_second (settings->max_rate);

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
    if (!settings->two_pass)
        return 1;
    if (strcmp (settings->video_codec, "vp9") == 0)
        return 2;
    /* ffmpeg's interface of the AV1 encoder knows one pass only */
    if (strcmp (settings->video_codec, "av1") == 0)
        return 1;
    return encoder_rate (settings->max_rate) > 0 ? 2 : 1;
}

void
transcode_decide (const VideoFacts *facts, const TranscodeSettings *settings, TranscodePlan *out)
{
    *out = (TranscodePlan){ .n_passes = 1 };
    if (!facts->has_video || facts->width < 1 || facts->height < 1)
        return;
    out->encodes_video = wants_video (facts, settings);
    out->encodes_audio = wants_audio (facts, settings);
    out->is_needed = out->encodes_video || out->encodes_audio || wants_container (facts, settings);
    if (out->is_needed && facts->has_audio && !g_strv_contains (mp4_sound, facts->audio_codec))
        out->encodes_audio = TRUE;
    if (out->encodes_video)
        out->n_passes = count_passes (settings);
}

/* ---- the arguments ---- */

static void
add (GPtrArray *words, const char *word)
{
    g_ptr_array_add (words, g_strdup (word));
}

static void
add_pair (GPtrArray *words, const char *option, const char *value)
{
    add (words, option);
    add (words, value);
}

static void G_GNUC_PRINTF (3, 4)
    add_printf (GPtrArray *words, const char *option, const char *format, ...)
{
    va_list arguments;

    add (words, option);
    va_start (arguments, format);
    g_ptr_array_add (words, g_strdup_vprintf (format, arguments));
    va_end (arguments);
}

static int
preset_index (const char *preset)
{
    for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
        if (strcmp (presets[i], preset) == 0)
            return (int) i;
    return (int) G_N_ELEMENTS (presets) - 1;
}

/* Colours that the file does not name are those that HDR video has. */
static void
add_tone_map (GString *filters, const VideoFacts *facts, const TranscodeSettings *settings)
{
    g_string_append_printf (
        filters,
        "zscale=tin=%s:min=%s:pin=%s:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,"
        "tonemap=tonemap=%s:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p",
        facts->color_transfer, *facts->color_space != '\0' ? facts->color_space : "bt2020nc",
        *facts->color_primaries != '\0' ? facts->color_primaries : "bt2020", settings->tone_map);
}

/* Encoders want even sides; a picture is never made larger. */
static void
add_filters (GPtrArray *words, const VideoFacts *facts, const TranscodeSettings *settings)
{
    g_autoptr (GString) filters = g_string_new (NULL);
    int target = settings->short_side / 2 * 2;
    gboolean is_tall = facts->height > facts->width;

    if (target > 0 && MIN (facts->width, facts->height) > target)
        g_string_append_printf (filters, is_tall ? "scale=%d:-2," : "scale=-2:%d,", target);
    else if (facts->width % 2 != 0 || facts->height % 2 != 0)
        g_string_append (filters, "scale=trunc(iw/2)*2:trunc(ih/2)*2,");
    if (facts->is_hdr && strcmp (settings->tone_map, "disabled") != 0)
        add_tone_map (filters, facts, settings);
    else if (!g_str_has_suffix (facts->pixel_format, "420p"))
        g_string_append (filters, "format=yuv420p");
    if (filters->len == 0)
        return;
    if (filters->str[filters->len - 1] == ',')
        g_string_truncate (filters, filters->len - 1);
    add_pair (words, "-vf", filters->str);
}

static void
add_rate (GPtrArray *words, const TranscodeSettings *settings, int n_passes)
{
    double max = encoder_rate (settings->max_rate);
    gboolean is_vp9 = strcmp (settings->video_codec, "vp9") == 0;

    if (max > 0 && n_passes == 2 && !is_vp9) {
        double target = ceil (max / 1.45);

        add_printf (words, "-b:v", "%gk", target);
        add_printf (words, "-minrate", "%gk", target / 2);
        add_printf (words, "-maxrate", "%gk", max);
        add_printf (words, "-bufsize", "%gk", max * 2);
        return;
    }
    add_printf (words, settings->by_quantizer ? "-q:v" : "-crf", "%d", settings->crf);
    if (is_vp9) {
        add_printf (words, "-b:v", "%gk", max); /* 0, or the encoder takes a limit of its own */
    } else if (max > 0 && strcmp (settings->video_codec, "av1") != 0) {
        add_printf (words, "-maxrate", "%gk", max);
        add_printf (words, "-bufsize", "%gk", max * 2);
    }
}

static void
add_x265_parameters (GPtrArray *words, const TranscodeSettings *settings, int pass, int n_passes,
                     const char *folder)
{
    g_autoptr (GString) parameters = g_string_new ("log-level=error");

    if (settings->threads == 1)
        g_string_append (parameters, ":frame-threads=1:pools=none");
    if (n_passes == 2)
        g_string_append_printf (parameters, ":pass=%d:stats=%s/passes.log", pass, folder);
    add_pair (words, "-x265-params", parameters->str);
}

static void
add_av1_parameters (GPtrArray *words, const TranscodeSettings *settings)
{
    g_autoptr (GString) parameters = g_string_new (NULL);
    double max = encoder_rate (settings->max_rate);

    if (settings->threads > 0)
        g_string_append_printf (parameters, "lp=%d", settings->threads);
    if (max > 0)
        g_string_append_printf (parameters, "%smbr=%g", parameters->len > 0 ? ":" : "", max);
    if (parameters->len > 0)
        add_pair (words, "-svtav1-params", parameters->str);
}

static void
add_encoder (GPtrArray *words, const VideoFacts *facts, const TranscodeSettings *settings,
             int n_passes, int pass, const char *folder)
{
    const char *codec = settings->video_codec;
    int preset = preset_index (settings->preset);

    add_pair (words, "-c:v",
              strcmp (codec, "hevc") == 0  ? "libx265"
              : strcmp (codec, "vp9") == 0 ? "libvpx-vp9"
              : strcmp (codec, "av1") == 0 ? "libsvtav1"
                                           : "libx264");
    if (settings->b_frames > -1)
        add_printf (words, "-bf", "%d", settings->b_frames);
    if (settings->refs > 0)
        add_printf (words, "-refs", "%d", settings->refs);
    if (settings->gop > 0)
        add_printf (words, "-g", "%d", settings->gop);
    if (strcmp (codec, "vp9") == 0) {
        add_printf (words, "-cpu-used", "%d", MIN (preset, 5));
        add_pair (words, "-row-mt", "1");
    } else if (strcmp (codec, "av1") == 0) {
        add_printf (words, "-preset", "%d", preset + 4);
        add_av1_parameters (words, settings);
    } else {
        add_pair (words, "-preset", presets[preset]);
    }
    if (strcmp (codec, "hevc") == 0)
        add_x265_parameters (words, settings, pass, n_passes, folder);
    if (settings->threads > 0 && strcmp (codec, "av1") != 0)
        add_printf (words, "-threads", "%d", settings->threads);
    add_rate (words, settings, n_passes);
    if (n_passes == 2 && strcmp (codec, "hevc") != 0) {
        add_printf (words, "-pass", "%d", pass);
        add_printf (words, "-passlogfile", "%s/passes", folder);
    }
    add_filters (words, facts, settings);
}

static void
add_sound (GPtrArray *words, const VideoFacts *facts, const TranscodeSettings *settings,
           gboolean is_encoded)
{
    if (!facts->has_audio)
        return;
    add_printf (words, "-map", "0:%d", facts->audio_index);
    if (!is_encoded) {
        add_pair (words, "-c:a", "copy");
        return;
    }
    add_pair (words, "-c:a",
              strcmp (settings->audio_codec, "opus") == 0 ? "libopus" : settings->audio_codec);
    if (facts->channels > 2)
        add_pair (words, "-ac", "2"); /* browsers do not play all of more */
}

char **
transcode_arguments (const VideoFacts *facts, const TranscodeSettings *settings,
                     const TranscodePlan *plan, int pass, const char *input, const char *folder,
                     const char *output)
{
    GPtrArray *words = g_ptr_array_new ();
    gboolean is_last = pass == plan->n_passes;
    const char *codec = plan->encodes_video ? settings->video_codec : facts->video_codec;

    /* of all protocols only the file: a container must not fetch anything */
    add (words, "-nostdin");
    add_pair (words, "-v", "error");
    add_pair (words, "-progress", "pipe:1");
    add (words, "-nostats");
    add (words, "-y");
    add_pair (words, "-protocol_whitelist", "file");
    add_printf (words, "-i", "file:%s", input);
    add_printf (words, "-map", "0:%d", facts->video_index);
    if (plan->encodes_video)
        add_encoder (words, facts, settings, plan->n_passes, pass, folder);
    else
        add_pair (words, "-c:v", "copy");
    add_pair (words, "-fps_mode", "passthrough");
    if (!is_last) {
        add (words, "-an");
        add_pair (words, "-f", "null");
        add (words, "-");
    } else {
        add_sound (words, facts, settings, plan->encodes_audio);
        if (strcmp (codec, "hevc") == 0)
            add_pair (words, "-tag:v", "hvc1"); /* or Apple's players refuse it */
        add_pair (words, "-map_metadata", "-1");
        add_pair (words, "-movflags", "faststart");
        add_pair (words, "-f", "mp4");
        g_ptr_array_add (words, g_strdup_printf ("file:%s", output));
    }
    g_ptr_array_add (words, NULL);
    return (char **) g_ptr_array_free (words, FALSE);
}
