/* transcode_words.c -- see transcode_words.h */
#include "media/transcode_words.h"
#include <math.h>
#include <string.h>
#include "media/transcode_hardware.h"

/* Slowest first, as the settings name them. */
static const char *const presets[] = { "veryslow", "slower",   "slow",      "medium",   "fast",
                                       "faster",   "veryfast", "superfast", "ultrafast" };

/* In kbit/s: "4500k" and "4.5m" are 4500; a number alone counts in @bare_unit. 0: no limit. */
double
words_parse_rate (const char *text, double bare_unit)
{
    char *end;
    double number = g_ascii_strtod (text, &end);

    if (end == text || !isfinite (number) || number <= 0)
        return 0;
    return number * (g_ascii_tolower (*end) == 'k'   ? 1
                     : g_ascii_tolower (*end) == 'm' ? 1000
                                                     : bare_unit);
}

double
words_encoder_rate (const char *text)
{
    return words_parse_rate (text, 1);
}

void
words_add (GPtrArray *words, const char *word)
{
    g_ptr_array_add (words, g_strdup (word));
}

void
words_add_pair (GPtrArray *words, const char *option, const char *value)
{
    words_add (words, option);
    words_add (words, value);
}

void
words_add_printf (GPtrArray *words, const char *option, const char *format, ...)
{
    va_list arguments;

    words_add (words, option);
    va_start (arguments, format);
    g_ptr_array_add (words, g_strdup_vprintf (format, arguments));
    va_end (arguments);
}

int
words_preset_index (const char *preset)
{
    for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
        if (strcmp (presets[i], preset) == 0)
            return (int) i;
    return (int) G_N_ELEMENTS (presets) - 1;
}

gboolean
words_needs_tone_map (const VideoFacts *facts, const TranscodeSettings *settings)
{
    return facts->is_hdr && strcmp (settings->tone_map, "disabled") != 0;
}

/* Colours that the file does not name are those that HDR video has. */
void
words_add_tone_map (GString *filters, const VideoFacts *facts, const TranscodeSettings *settings)
{
    g_string_append_printf (
        filters,
        "zscale=tin=%s:min=%s:pin=%s:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,"
        "tonemap=tonemap=%s:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p,",
        facts->color_transfer, *facts->color_space != '\0' ? facts->color_space : "bt2020nc",
        *facts->color_primaries != '\0' ? facts->color_primaries : "bt2020", settings->tone_map);
}

void
words_add_filters (GPtrArray *words, GString *filters)
{
    if (filters->len == 0)
        return;
    if (filters->str[filters->len - 1] == ',')
        g_string_truncate (filters, filters->len - 1);
    words_add_pair (words, "-vf", filters->str);
}

PictureSize
words_picture_size (const VideoFacts *facts, const TranscodeSettings *settings)
{
    int target = settings->short_side / 2 * 2;

    if (target <= 0 || MIN (facts->width, facts->height) <= target)
        return (PictureSize){ 0, 0 };
    return facts->height > facts->width ? (PictureSize){ target, -2 } : (PictureSize){ -2, target };
}

/* Encoders want even sides. */
static void
add_software_filters (GString *filters, const VideoFacts *facts, const TranscodeSettings *settings)
{
    PictureSize size = words_picture_size (facts, settings);

    if (size.width != 0)
        g_string_append_printf (filters, "scale=%d:%d,", size.width, size.height);
    else if (facts->width % 2 != 0 || facts->height % 2 != 0)
        g_string_append (filters, "scale=trunc(iw/2)*2:trunc(ih/2)*2,");
    if (words_needs_tone_map (facts, settings))
        words_add_tone_map (filters, facts, settings);
    else if (!g_str_has_suffix (facts->pixel_format, "420p") &&
             settings->hardware.kind == HARDWARE_NONE)
        g_string_append (filters, "format=yuv420p,");
}

static void
add_filters (GPtrArray *words, const VideoFacts *facts, const TranscodeSettings *settings)
{
    g_autoptr (GString) filters = g_string_new (NULL);

    if (hardware_decodes (facts, settings)) {
        hardware_add_filters (filters, facts, settings);
    } else {
        add_software_filters (filters, facts, settings);
        hardware_add_upload (filters, settings);
    }
    words_add_filters (words, filters);
}

static void
add_rate (GPtrArray *words, const TranscodeSettings *settings, int n_passes)
{
    double max = words_encoder_rate (settings->max_rate);
    gboolean is_vp9 = strcmp (settings->video_codec, "vp9") == 0;

    if (max > 0 && n_passes == 2 && !is_vp9) {
        double target = ceil (max / 1.45);

        words_add_printf (words, "-b:v", "%gk", target);
        words_add_printf (words, "-minrate", "%gk", target / 2);
        words_add_printf (words, "-maxrate", "%gk", max);
        words_add_printf (words, "-bufsize", "%gk", max * 2);
        return;
    }
    words_add_printf (words, settings->by_quantizer ? "-q:v" : "-crf", "%d", settings->crf);
    if (is_vp9) {
        words_add_printf (words, "-b:v", "%gk",
                          max); /* 0, or the encoder takes a limit of its own */
    } else if (max > 0 && strcmp (settings->video_codec, "av1") != 0) {
        words_add_printf (words, "-maxrate", "%gk", max);
        words_add_printf (words, "-bufsize", "%gk", max * 2);
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
    if (settings->has_fixed_gop)
        g_string_append (parameters, ":scenecut=0:open-gop=0");
    words_add_pair (words, "-x265-params", parameters->str);
}

static void
add_av1_parameters (GPtrArray *words, const TranscodeSettings *settings)
{
    g_autoptr (GString) parameters = g_string_new (NULL);
    double max = words_encoder_rate (settings->max_rate);

    if (settings->threads > 0)
        g_string_append_printf (parameters, "lp=%d", settings->threads);
    if (max > 0)
        g_string_append_printf (parameters, "%smbr=%g", parameters->len > 0 ? ":" : "", max);
    if (settings->has_fixed_gop)
        g_string_append_printf (parameters, "%shierarchical-levels=3:lookahead=0:enable-tf=0",
                                parameters->len > 0 ? ":" : "");
    if (parameters->len > 0)
        words_add_pair (words, "-svtav1-params", parameters->str);
}

void
words_add_encoder (GPtrArray *words, const TranscodeSettings *settings, int n_passes, int pass,
                   const char *folder)
{
    const char *codec = settings->video_codec;
    int preset = words_preset_index (settings->preset);

    words_add_pair (words, "-c:v",
                    strcmp (codec, "hevc") == 0  ? "libx265"
                    : strcmp (codec, "vp9") == 0 ? "libvpx-vp9"
                    : strcmp (codec, "av1") == 0 ? "libsvtav1"
                                                 : "libx264");
    if (settings->b_frames > -1)
        words_add_printf (words, "-bf", "%d", settings->b_frames);
    if (settings->refs > 0)
        words_add_printf (words, "-refs", "%d", settings->refs);
    if (settings->gop > 0)
        words_add_printf (words, "-g", "%d", settings->gop);
    if (settings->has_fixed_gop) {
        words_add_printf (words, "-keyint_min", "%d", settings->gop);
        words_add_pair (words, "-sc_threshold", "0");
    }
    if (strcmp (codec, "vp9") == 0) {
        words_add_printf (words, "-cpu-used", "%d", MIN (preset, 5));
        words_add_pair (words, "-row-mt", "1");
    } else if (strcmp (codec, "av1") == 0) {
        words_add_printf (words, "-preset", "%d", preset + 4);
        add_av1_parameters (words, settings);
    } else {
        words_add_pair (words, "-preset", presets[preset]);
    }
    if (strcmp (codec, "hevc") == 0)
        add_x265_parameters (words, settings, pass, n_passes, folder);
    if (settings->threads > 0 && strcmp (codec, "av1") != 0)
        words_add_printf (words, "-threads", "%d", settings->threads);
    add_rate (words, settings, n_passes);
    if (n_passes == 2 && strcmp (codec, "hevc") != 0) {
        words_add_printf (words, "-pass", "%d", pass);
        words_add_printf (words, "-passlogfile", "%s/passes", folder);
    }
}

void
words_add_sound (GPtrArray *words, const VideoFacts *facts, const TranscodeSettings *settings,
                 gboolean is_encoded)
{
    if (!facts->has_audio)
        return;
    words_add_printf (words, "-map", "0:%d", facts->audio_index);
    if (!is_encoded) {
        words_add_pair (words, "-c:a", "copy");
        return;
    }
    words_add_pair (words, "-c:a",
                    strcmp (settings->audio_codec, "opus") == 0 ? "libopus"
                                                                : settings->audio_codec);
    if (facts->channels > 2)
        words_add_pair (words, "-ac", "2"); /* browsers do not play all of more */
}

void
words_add_start (GPtrArray *words)
{
    /* of all protocols only the file: a container must not fetch anything */
    words_add (words, "-nostdin");
    words_add_pair (words, "-v", "error");
    words_add_pair (words, "-progress", "pipe:1");
    words_add (words, "-nostats");
    words_add (words, "-y");
    words_add_pair (words, "-protocol_whitelist", "file");
}

static void
add_video (GPtrArray *words, const VideoFacts *facts, const TranscodeSettings *settings,
           int n_passes, int pass, const char *folder)
{
    if (settings->hardware.kind != HARDWARE_NONE)
        hardware_add_encoder (words, settings);
    else
        words_add_encoder (words, settings, n_passes, pass, folder);
    add_filters (words, facts, settings);
}

char **
transcode_arguments (const VideoFacts *facts, const TranscodeSettings *settings,
                     const TranscodePlan *plan, int pass, const char *input, const char *folder,
                     const char *output)
{
    GPtrArray *words = g_ptr_array_new ();
    gboolean is_last = pass == plan->n_passes;
    const char *codec = plan->encodes_video ? settings->video_codec : facts->video_codec;

    words_add_start (words);
    if (plan->encodes_video)
        hardware_add_input (words, settings, hardware_decodes (facts, settings));
    words_add_printf (words, "-i", "file:%s", input);
    words_add_printf (words, "-map", "0:%d", facts->video_index);
    if (plan->encodes_video)
        add_video (words, facts, settings, plan->n_passes, pass, folder);
    else
        words_add_pair (words, "-c:v", "copy");
    words_add_pair (words, "-fps_mode", "passthrough");
    if (!is_last) {
        words_add (words, "-an");
        words_add_pair (words, "-f", "null");
        words_add (words, "-");
    } else {
        words_add_sound (words, facts, settings, plan->encodes_audio);
        if (strcmp (codec, "hevc") == 0)
            words_add_pair (words, "-tag:v", "hvc1"); /* or Apple's players refuse it */
        words_add_pair (words, "-map_metadata", "-1");
        words_add_pair (words, "-map_chapters", "-1"); /* they have titles */
        words_add_pair (words, "-movflags", "faststart");
        words_add_pair (words, "-f", "mp4");
        g_ptr_array_add (words, g_strdup_printf ("file:%s", output));
    }
    g_ptr_array_add (words, NULL);
    return (char **) g_ptr_array_free (words, FALSE);
}
