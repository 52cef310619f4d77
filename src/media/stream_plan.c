/* stream_plan.c -- see stream_plan.h */
#include "media/stream_plan.h"
#include <math.h>
#include <string.h>
#include "base/error.h"
#include "media/transcode_hardware.h"
#include "media/transcode_words.h"

#define SEGMENT_S 2
#define MOST_FRAMES_PER_S 61 /* slow motion is shown with every second, fourth... picture */
#define LEAST_FRAMES_PER_S 1
#define LONGEST_S (100 * 3600)
#define LEAST_SHORT_SIDE 480 /* offered for each video, however small */
#define TAIL_S 1       /* sound may be longer than the pictures; the last one stands so long */
#define LEAD_S 2       /* read before a segment: a picture may have begun to show before it */
#define LONG_LEAD_S 20 /* where seeking does not find key frames: MPEG-TS, for one */
#define OVERHEAD 1.35  /* of sound and container, over the bit rate of the pictures */

static const struct {
    int short_side;
    const char *codec;
    gint64 bit_rate;
} variants[STREAM_N_VARIANTS] = {
    { 480, "av1", 1000000 },   { 480, "hevc", 1200000 },   { 480, "h264", 2500000 },
    { 720, "av1", 2000000 },   { 720, "hevc", 2500000 },   { 720, "h264", 5000000 },
    { 1080, "av1", 4000000 },  { 1080, "hevc", 4500000 },  { 1080, "h264", 8000000 },
    { 1440, "av1", 7000000 },  { 1440, "hevc", 8000000 },  { 1440, "h264", 14000000 },
    { 2160, "av1", 12000000 }, { 2160, "hevc", 14000000 }, { 2160, "h264", 25000000 },
};

/* The levels of the standards by their limits of one picture and of a second: macroblocks of 16x16 for
 * H.264 (ITU-T H.264 table A-1), brightness samples for the others (ITU-T H.265 table A.8, AV1 annex A.3).
 * The token stands in the playlist. */
typedef struct {
    const char *token;
    gint64 frame, rate;
} Level;

static const Level h264_levels[] = { { "1e", 1620, 40500 },     { "1f", 3600, 108000 },
                                     { "20", 5120, 216000 },    { "28", 8192, 245760 },
                                     { "2a", 8704, 522240 },    { "32", 22080, 589824 },
                                     { "33", 36864, 983040 },   { "34", 36864, 2073600 },
                                     { "3c", 139264, 4177920 }, { "3d", 139264, 8355840 },
                                     { "3e", 139264, 16711680 } };

static const Level hevc_levels[] = {
    { "L90", 552960, 16588800 },      { "L93", 983040, 33177600 },
    { "L120", 2228224, 66846720 },    { "L123", 2228224, 133693440 },
    { "L150", 8912896, 267386880 },   { "L153", 8912896, 534773760 },
    { "L156", 8912896, 1069547520 },  { "L180", 35651584, 1069547520 },
    { "L183", 35651584, 2139095040 }, { "L186", 35651584, 4278190080 }
};

static const Level av1_levels[] = {
    { "04M", 665856, 19975168 },     { "05M", 1065024, 31950336 },
    { "08M", 2359296, 70778880 },    { "09M", 2359296, 141557760 },
    { "12M", 8912896, 267386880 },   { "13M", 8912896, 534773760 },
    { "14M", 8912896, 1069547520 },  { "16M", 35651584, 1069547520 },
    { "17M", 35651584, 2139095040 }, { "18M", 35651584, 4278190080 }
};

/* ---- the grid ---- */

/* A number that is meant as 30000/1001 or 25 becomes that; any other one has three decimals. */
static void
find_rate (double rate, StreamGrid *out)
{
    double whole = round (rate), television = round (rate * 1.001);

    while (rate > MOST_FRAMES_PER_S) {
        rate /= 2;
        whole = round (rate);
        television = round (rate * 1.001);
    }
    if (fabs (rate - whole) < 0.0005) {
        *out = (StreamGrid){ .rate_numerator = (int) whole, .rate_denominator = 1 };
    } else if (fabs (rate - television / 1.001) < 0.0005) {
        *out = (StreamGrid){ .rate_numerator = (int) television * 1000, .rate_denominator = 1001 };
    } else {
        *out =
            (StreamGrid){ .rate_numerator = (int) round (rate * 1000), .rate_denominator = 1000 };
    }
}

static gint64
ceil_div (gint64 a, gint64 b)
{
    return (a + b - 1) / b;
}

/* Of the pictures when they end well before the sound; there is nothing to show then. */
static double
shown_duration (const VideoFacts *facts)
{
    double pictures = facts->n_frames > 0 && facts->frame_rate > 0
                          ? (double) facts->n_frames / facts->frame_rate
                          : facts->duration_s;

    return pictures < facts->duration_s - TAIL_S ? pictures : facts->duration_s;
}

gboolean
stream_grid_init (StreamGrid *self, const VideoFacts *facts, GError **error)
{
    double duration = shown_duration (facts);

    if (!facts->has_video || facts->width < 2 || facts->height < 2 || !(duration > 0)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                             "No supported variants for this video");
        return FALSE;
    }
    if (duration > LONGEST_S) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "the video says that it is longer than %d hours and cannot be streamed",
                     LONGEST_S / 3600);
        return FALSE;
    }
    find_rate (facts->frame_rate >= LEAST_FRAMES_PER_S ? facts->frame_rate : LEAST_FRAMES_PER_S,
               self);
    self->gop = (int) ceil_div ((gint64) SEGMENT_S * self->rate_numerator, self->rate_denominator);
    self->n_frames = MAX (1, llround (duration * self->rate_numerator / self->rate_denominator));
    self->n_segments = ceil_div (self->n_frames, self->gop);
    return TRUE;
}

static double
seconds_of (const StreamGrid *self, gint64 frame)
{
    return (double) frame * self->rate_denominator / self->rate_numerator;
}

double
stream_segment_start (const StreamGrid *self, gint64 segment)
{
    return seconds_of (self, segment * self->gop);
}

gint64
stream_segment_at (const StreamGrid *self, double seconds)
{
    double at = seconds / stream_segment_start (self, 1);

    return at > 0 ? MIN ((gint64) MIN (at, (double) G_MAXINT32), self->n_segments - 1) : 0;
}

/* ---- variants ---- */

static gboolean
has_number (const IntList *numbers, gint64 number)
{
    for (gsize i = 0; i < numbers->n; i++)
        if (numbers->items[i] == number)
            return TRUE;
    return FALSE;
}

static gboolean
has_text (const StringList *texts, const char *text)
{
    for (gsize i = 0; i < texts->n; i++)
        if (strcmp (texts->items[i], text) == 0)
            return TRUE;
    return FALSE;
}

static int
even (double side)
{
    return MAX (2, (int) side / 2 * 2);
}

void
stream_variants (const VideoFacts *facts, const StringList *codecs, const IntList *short_sides,
                 StreamVariant out[STREAM_N_VARIANTS])
{
    int least = MIN (facts->width, facts->height), most = MAX (facts->width, facts->height);

    for (int i = 0; i < STREAM_N_VARIANTS; i++) {
        int wanted = variants[i].short_side, side = MIN (wanted, least); /* never made larger */
        int other = even (round ((double) side * most / least));

        out[i] = (StreamVariant){
            .codec = variants[i].codec,
            .short_side = wanted,
            .bit_rate = variants[i].bit_rate,
            .width = facts->width > facts->height ? other : even (side),
            .height = facts->width > facts->height ? even (side) : other,
            .is_offered = wanted <= MAX (least, LEAST_SHORT_SIDE) &&
                          has_text (codecs, variants[i].codec) && has_number (short_sides, wanted),
        };
    }
}

/* ---- playlists ---- */

static const char *
find_level (const Level *levels, gsize n, gint64 frame, double rate)
{
    for (gsize i = 0; i < n; i++)
        if (frame <= levels[i].frame && (double) frame * rate <= (double) levels[i].rate)
            return levels[i].token;
    return levels[n - 1].token;
}

static const char *
h264_level (const StreamVariant *variant, double rate)
{
    return find_level (h264_levels, G_N_ELEMENTS (h264_levels),
                       ceil_div (variant->width, 16) * ceil_div (variant->height, 16), rate);
}

static void
write_codec (const StreamVariant *variant, double rate, GString *out)
{
    gint64 samples = (gint64) variant->width * variant->height;

    if (strcmp (variant->codec, "h264") == 0)
        g_string_append_printf (out, "avc1.6400%s", h264_level (variant, rate));
    else if (strcmp (variant->codec, "hevc") == 0)
        g_string_append_printf (
            out, "hvc1.1.6.%s.B0",
            find_level (hevc_levels, G_N_ELEMENTS (hevc_levels), samples, rate));
    else
        g_string_append_printf (out, "av01.0.%s.08",
                                find_level (av1_levels, G_N_ELEMENTS (av1_levels), samples, rate));
}

static double
rate_of (const StreamGrid *grid)
{
    return (double) grid->rate_numerator / grid->rate_denominator;
}

void
stream_write_main (const StreamGrid *grid, const VideoFacts *facts,
                   const StreamVariant list[STREAM_N_VARIANTS], const char *base, const char *query,
                   GString *out)
{
    g_string_append (out, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    for (int i = 0; i < STREAM_N_VARIANTS; i++) {
        if (!list[i].is_offered)
            continue;
        g_string_append_printf (
            out, "#EXT-X-STREAM-INF:BANDWIDTH=%" G_GINT64_FORMAT ",RESOLUTION=%dx%d,CODECS=\"",
            (gint64) llround ((double) list[i].bit_rate * OVERHEAD), list[i].width, list[i].height);
        write_codec (&list[i], rate_of (grid), out);
        g_string_append_printf (
            out, "%s\",VIDEO-RANGE=SDR,FRAME-RATE=%.3f\n%s/%d/playlist.m3u8%s\n",
            facts->has_audio ? ",mp4a.40.2" : "", rate_of (grid), base, i, query);
    }
}

void
stream_write_media (const StreamGrid *grid, const char *query, GString *out)
{
    double length = stream_segment_start (grid, 1);

    g_string_append_printf (out,
                            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                            "#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n"
                            "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"init.mp4%s\"\n",
                            MAX (SEGMENT_S, (int) round (length)), query);
    for (gint64 i = 0; i < grid->n_segments; i++) {
        gint64 end = MIN ((i + 1) * grid->gop, grid->n_frames);

        g_string_append_printf (out, "#EXTINF:%.6f,\nseg_%" G_GINT64_FORMAT ".m4s%s\n",
                                seconds_of (grid, end - i * grid->gop), i, query);
    }
    g_string_append (out, "#EXT-X-ENDLIST\n");
}

/* ---- the arguments ---- */

/* First all that the picture needs, then the grid: the picture that shows when the first segment begins is
 * repeated there when it began before; the last one stands until the end. */
static void
add_filters (GPtrArray *words, const StreamGrid *grid, const VideoFacts *facts,
             const TranscodeSettings *settings, const StreamVariant *variant, gint64 first)
{
    g_autoptr (GString) filters = g_string_new (NULL);

    g_string_append_printf (filters, "fps=fps=%d/%d:start_time=%.6f,", grid->rate_numerator,
                            grid->rate_denominator, stream_segment_start (grid, first));
    g_string_append_printf (
        filters, "tpad=stop=-1:stop_mode=clone,trim=end_pts=%" G_GINT64_FORMAT ",", grid->n_frames);
    g_string_append_printf (filters, "scale=%d:%d,setsar=1,", variant->width, variant->height);
    if (words_needs_tone_map (facts, settings))
        words_add_tone_map (filters, facts, settings);
    else if (settings->hardware.kind == HARDWARE_NONE)
        g_string_append (filters, "format=yuv420p,");
    hardware_add_upload (filters, settings);
    words_add_filters (words, filters);
}

/* What the sound's encoder needs before the first segment is made, and not sent. */
static void
add_sound (GPtrArray *words, const StreamGrid *grid, const VideoFacts *facts,
           const TranscodeSettings *settings, gint64 first)
{
    if (!facts->has_audio)
        return;
    words_add_sound (words, facts, settings, TRUE);
    if (facts->channels <= 2)
        words_add_pair (words, "-ac", "2");
    words_add_printf (words, "-af", "atrim=end=%.6f", seconds_of (grid, grid->n_frames));
    words_add_printf (words, "-bsf:a", "noise=drop=lt(pts*tb\\,%.6f)",
                      stream_segment_start (grid, first));
}

/* Where reading begins. Files with an index of key frames are entered at one of them; the others anywhere,
 * and shown from the next key frame on. */
static double
find_entry (const VideoFacts *facts, double start_s)
{
    gboolean has_index =
        strcmp (facts->container, "mov") == 0 || strcmp (facts->container, "webm") == 0;

    return MAX (0, start_s - (has_index ? LEAD_S : LONG_LEAD_S));
}

static void
add_segments (GPtrArray *words, gint64 first, const char *folder)
{
    words_add_pair (words, "-map_metadata", "-1");
    words_add_pair (words, "-map_chapters", "-1");
    words_add_pair (words, "-f", "hls");
    words_add_pair (words, "-hls_segment_type", "fmp4");
    words_add_pair (words, "-hls_time", "0.5"); /* at each key frame */
    words_add_pair (words, "-hls_list_size", "3");
    words_add_printf (words, "-start_number", "%" G_GINT64_FORMAT, first);
    words_add_pair (words, "-hls_flags", "temp_file");
    words_add_pair (words, "-hls_fmp4_init_filename", "init.mp4");
    /* the times in a segment are those of the video, wherever making it began */
    words_add_pair (words, "-hls_segment_options",
                    "movflags=+frag_discont:use_editlist=0:avoid_negative_ts=disabled");
    words_add_printf (words, "-hls_segment_filename", "file:%s/seg_%%d.m4s", folder);
    g_ptr_array_add (words, g_strdup_printf ("file:%s/" STREAM_LIST, folder));
}

char **
stream_arguments (const StreamGrid *grid, const VideoFacts *facts, const TranscodeSettings *base,
                  const StreamVariant *variant, gint64 first, const char *input, const char *folder)
{
    GPtrArray *words = g_ptr_array_new ();
    TranscodeSettings settings = *base;
    g_autofree char *max_rate = g_strdup_printf ("%" G_GINT64_FORMAT, variant->bit_rate / 1000);
    double entry = find_entry (facts, stream_segment_start (grid, first));

    settings.video_codec = variant->codec;
    settings.audio_codec = "aac";
    if (!hardware_encodes (settings.hardware.kind, variant->codec))
        settings.hardware = (Hardware){ .kind = HARDWARE_NONE };
    settings.crf = strcmp (variant->codec, "h264") == 0   ? 23
                   : strcmp (variant->codec, "hevc") == 0 ? 28
                                                          : 35;
    settings.max_rate = max_rate;
    settings.gop = grid->gop;
    settings.has_fixed_gop = TRUE;
    settings.b_frames = 0; /* pictures come in the order in which they are shown */
    settings.two_pass = FALSE;
    words_add_start (words);
    hardware_add_input (words, &settings, FALSE);
    words_add (words, "-copyts");
    words_add (words, "-start_at_zero");
    if (entry > 0)
        words_add_printf (words, "-ss", "%.6f", entry);
    words_add_printf (words, "-i", "file:%s", input);
    words_add_printf (words, "-map", "0:%d", facts->video_index);
    if (settings.hardware.kind != HARDWARE_NONE)
        hardware_add_encoder (words, &settings);
    else
        words_add_encoder (words, &settings, 1, 1, folder);
    if (strcmp (variant->codec, "hevc") == 0)
        words_add_pair (words, "-tag:v", "hvc1");
    words_add_pair (words, "-fps_mode", "passthrough");
    add_filters (words, grid, facts, &settings, variant, first);
    add_sound (words, grid, facts, &settings, first);
    add_segments (words, first, folder);
    words_add (words, NULL);
    return (char **) g_ptr_array_free (words, FALSE);
}
