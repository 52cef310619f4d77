/* test_transcode_plan.c -- which videos are converted, and by which words */
#include <string.h>
#include "base/error.h"
#include "media/transcode_plan.h"

static const char *accepted_video[] = { "h264" };
static const char *accepted_audio[] = { "aac", "mp3", "opus" };
static const char *accepted_containers[] = { "mov", "ogg", "webm" };

static VideoFacts
plain_facts (void)
{
    return (VideoFacts){ .container = "mov",
                         .has_video = TRUE,
                         .has_audio = TRUE,
                         .audio_index = 1,
                         .video_codec = "h264",
                         .audio_codec = "aac",
                         .pixel_format = "yuv420p",
                         .color_primaries = "",
                         .color_transfer = "",
                         .color_space = "",
                         .video_bit_rate = 5000000,
                         .width = 1920,
                         .height = 1080,
                         .channels = 2 };
}

static TranscodeSettings
default_settings (void)
{
    return (TranscodeSettings){ .when = TRANSCODE_REQUIRED,
                                .video_codec = "h264",
                                .audio_codec = "aac",
                                .accepted_video = { accepted_video, 1 },
                                .accepted_audio = { accepted_audio, 3 },
                                .accepted_containers = { accepted_containers, 3 },
                                .crf = 23,
                                .preset = "ultrafast",
                                .short_side = 720,
                                .max_rate = "0",
                                .b_frames = -1,
                                .tone_map = "hable" };
}

/* '-' nothing, 'v' the picture, 'a' the sound, 'c' the container alone. */
static const char *
decide (const VideoFacts *facts, const TranscodeSettings *settings)
{
    TranscodePlan plan;

    transcode_decide (facts, settings, &plan);
    if (!plan.is_needed)
        return "-";
    return plan.encodes_video ? (plan.encodes_audio ? "va" : "v") : plan.encodes_audio ? "a" : "c";
}

static void
test_required (void)
{
    TranscodeSettings settings = default_settings ();
    VideoFacts facts = plain_facts ();

    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    facts.pixel_format = "yuvj420p";
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    facts.pixel_format = "yuv420p10le";
    g_assert_cmpstr (decide (&facts, &settings), ==, "v");
    facts = plain_facts ();
    facts.video_codec = "hevc";
    g_assert_cmpstr (decide (&facts, &settings), ==, "v");
    facts = plain_facts ();
    facts.audio_codec = "pcm_s16le";
    g_assert_cmpstr (decide (&facts, &settings), ==, "a");
    facts.has_audio = FALSE;
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    facts = plain_facts ();
    facts.container = "webm"; /* Matroska is of its family */
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    facts.container = "avi";
    g_assert_cmpstr (decide (&facts, &settings), ==, "c");
    facts.has_video = FALSE;
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
}

static void
test_other_policies (void)
{
    TranscodeSettings settings = default_settings ();
    VideoFacts facts = plain_facts ();

    settings.when = TRANSCODE_OPTIMAL;
    g_assert_cmpstr (decide (&facts, &settings), ==, "v");
    settings.short_side = 1080;
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    settings.when = TRANSCODE_BITRATE;
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    settings.max_rate = "4500k";
    g_assert_cmpstr (decide (&facts, &settings), ==, "v");
    settings.max_rate = "5.5M";
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    settings.max_rate = "4999999"; /* without a unit: bit/s */
    g_assert_cmpstr (decide (&facts, &settings), ==, "v");
    settings.when = TRANSCODE_ALL;
    g_assert_cmpstr (decide (&facts, &settings), ==, "va");
    settings.when = TRANSCODE_DISABLED;
    facts.container = "avi";
    facts.video_codec = "mpeg4";
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
}

/* Sound that is accepted where it is, but that an MP4 file cannot hold. */
static void
test_sound_that_does_not_fit (void)
{
    static const char *with_pcm[] = { "aac", "pcm_s16le" };
    TranscodeSettings settings = default_settings ();
    VideoFacts facts = plain_facts ();

    settings.accepted_audio = (StringList){ with_pcm, 2 };
    facts.audio_codec = "pcm_s16le";
    g_assert_cmpstr (decide (&facts, &settings), ==, "-");
    facts.video_codec = "hevc";
    g_assert_cmpstr (decide (&facts, &settings), ==, "va");
}

/* All words of a pass, with spaces between them. */
static char *
words_of (const VideoFacts *facts, const TranscodeSettings *settings, int pass)
{
    TranscodePlan plan;
    g_auto (GStrv) words = NULL;

    transcode_decide (facts, settings, &plan);
    words = transcode_arguments (facts, settings, &plan, pass, "/in", "/scratch", "/scratch/out");
    return g_strjoinv (" ", words);
}

static void
assert_has (const VideoFacts *facts, const TranscodeSettings *settings, int pass, const char *part)
{
    g_autofree char *words = words_of (facts, settings, pass);

    if (strstr (words, part) == NULL)
        g_error ("'%s' is not in '%s'", part, words);
}

static void
test_words (void)
{
    TranscodeSettings settings = default_settings ();
    VideoFacts facts = plain_facts ();
    g_autofree char *words = NULL;

    facts.video_codec = "hevc";
    words = words_of (&facts, &settings, 1);
    g_assert_cmpstr (words, ==,
                     "-nostdin -v error -progress pipe:1 -nostats -y -protocol_whitelist file "
                     "-i file:/in -map 0:0 -c:v libx264 -preset ultrafast -crf 23 -vf "
                     "scale=-2:720 -fps_mode passthrough -map 0:1 -c:a copy -map_metadata -1 "
                     "-map_chapters -1 -movflags faststart -f mp4 file:/scratch/out");
    facts.width = 1080;
    facts.height = 1920;
    assert_has (&facts, &settings, 1, "-vf scale=720:-2 ");
    facts.width = 161;
    facts.height = 91; /* never enlarged, whatever its sides are */
    assert_has (&facts, &settings, 1, "-vf scale=trunc(iw/2)*2:trunc(ih/2)*2 ");
    settings.max_rate = "2.6m";
    assert_has (&facts, &settings, 1, "-crf 23 -maxrate 2600k -bufsize 5200k");
    settings.two_pass = TRUE;
    assert_has (&facts, &settings, 1, "-b:v 1794k -minrate 897k -maxrate 2600k");
    assert_has (&facts, &settings, 1, "-pass 1 -passlogfile /scratch/passes");
    assert_has (&facts, &settings, 1, "-an -f null -");
    assert_has (&facts, &settings, 2, "-pass 2 -passlogfile /scratch/passes");
    settings.video_codec = "hevc";
    settings.threads = 1;
    assert_has (&facts, &settings, 2,
                "frame-threads=1:pools=none:pass=2:stats=/scratch/passes.log");
    assert_has (&facts, &settings, 2, "-tag:v hvc1");
    settings.video_codec = "vp9";
    settings.max_rate = "0";
    assert_has (&facts, &settings, 2, "-cpu-used 5 -row-mt 1 -threads 1 -crf 23 -b:v 0k");
    settings.video_codec = "av1";
    settings.max_rate = "800"; /* for the encoder a number alone is kbit/s */
    assert_has (&facts, &settings, 1, "-preset 12 -svtav1-params lp=1:mbr=800 -crf 23");
}

static void
test_sound_and_colours (void)
{
    TranscodeSettings settings = default_settings ();
    VideoFacts facts = plain_facts ();

    settings.audio_codec = "opus";
    settings.by_quantizer = TRUE;
    settings.b_frames = 0;
    settings.refs = 3;
    settings.gop = 50;
    settings.short_side = 0;
    facts.audio_codec = "dts";
    facts.channels = 6;
    facts.pixel_format = "yuv420p10le";
    assert_has (&facts, &settings, 1, "-map 0:1 -c:a libopus -ac 2");
    assert_has (&facts, &settings, 1, "-bf 0 -refs 3 -g 50");
    assert_has (&facts, &settings, 1, "-q:v 23 -vf format=yuv420p ");
    facts.is_hdr = TRUE;
    facts.color_transfer = "smpte2084";
    assert_has (&facts, &settings, 1, "-vf zscale=tin=smpte2084:min=bt2020nc:pin=bt2020:t=linear");
    assert_has (&facts, &settings, 1, "tonemap=tonemap=hable");
    settings.tone_map = "disabled";
    assert_has (&facts, &settings, 1, "-vf format=yuv420p ");
}

static void
test_facts (void)
{
    static const char json[] =
        "{\"file\":{},\"probe\":{\"Format\":\"matroska,webm\",\"Width\":640,\"Height\":480,"
        "\"Rotation\":-90,\"Duration\":1.5,\"video\":{\"index\":2,\"codec\":\"vp9\","
        "\"pixelFormat\":\"yuv420p\",\"bitRate\":1000},\"audio\":{\"index\":0,\"codec\":\"opus\","
        "\"channels\":6}}}";
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    VideoFacts facts;

    g_assert_true (video_facts_read (json, arena, &facts, &error));
    g_assert_cmpstr (facts.container, ==, "webm");
    g_assert_cmpint (facts.width, ==, 480); /* as it is shown */
    g_assert_cmpint (facts.height, ==, 640);
    g_assert_cmpint (facts.video_index, ==, 2);
    g_assert_cmpint (facts.channels, ==, 6);
    g_assert_cmpint (facts.video_bit_rate, ==, 1000);
    g_assert_false (facts.is_hdr);
    g_assert_false (video_facts_read ("{\"file\":{}}", arena, &facts, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/transcode-plan/required", test_required);
    g_test_add_func ("/transcode-plan/other-policies", test_other_policies);
    g_test_add_func ("/transcode-plan/sound-that-does-not-fit", test_sound_that_does_not_fit);
    g_test_add_func ("/transcode-plan/words", test_words);
    g_test_add_func ("/transcode-plan/sound-and-colours", test_sound_and_colours);
    g_test_add_func ("/transcode-plan/facts", test_facts);
    return g_test_run ();
}
