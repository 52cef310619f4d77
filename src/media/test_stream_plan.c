/* test_stream_plan.c -- how a video is cut into segments, and what the playlists say */
#include <string.h>
#include "base/error.h"
#include "media/stream_plan.h"

static VideoFacts
facts_of (double rate, double duration_s, int width, int height)
{
    return (VideoFacts){ .container = "mov",
                         .has_video = TRUE,
                         .has_audio = TRUE,
                         .audio_index = 1,
                         .audio_codec = "aac",
                         .video_codec = "h264",
                         .pixel_format = "yuv420p",
                         .color_primaries = "",
                         .color_transfer = "",
                         .color_space = "",
                         .channels = 2,
                         .width = width,
                         .height = height,
                         .frame_rate = rate,
                         .duration_s = duration_s };
}

static StreamGrid
grid_of (double rate, double duration_s)
{
    VideoFacts facts = facts_of (rate, duration_s, 640, 360);
    g_autoptr (GError) error = NULL;
    StreamGrid grid;

    g_assert_true (stream_grid_init (&grid, &facts, &error));
    return grid;
}

static void
assert_grid (double rate, double duration_s, int numerator, int denominator, int gop,
             gint64 n_segments)
{
    StreamGrid grid = grid_of (rate, duration_s);

    g_assert_cmpint (grid.rate_numerator, ==, numerator);
    g_assert_cmpint (grid.rate_denominator, ==, denominator);
    g_assert_cmpint (grid.gop, ==, gop);
    g_assert_cmpint (grid.n_segments, ==, n_segments);
}

static void
test_grid (void)
{
    assert_grid (30, 11.3, 30, 1, 60, 6);
    assert_grid (29.97002997, 7, 30000, 1001, 60, 4);
    assert_grid (23.976024, 10, 24000, 1001, 48, 5);
    assert_grid (25, 4, 25, 1, 50, 2); /* no empty segment at the end */
    assert_grid (24.6123, 4, 24612, 1000, 50, 2);
    assert_grid (240, 2, 60, 1, 120, 1); /* slow motion */
    assert_grid (0, 5, 1, 1, 2, 3);      /* nobody knows */
    assert_grid (0.2, 5, 1, 1, 2, 3);
    assert_grid (30, 0.001, 30, 1, 60, 1);
}

static void
test_sound_that_is_longer (void)
{
    VideoFacts facts = facts_of (30, 10.4, 640, 360);
    g_autoptr (GError) error = NULL;
    StreamGrid grid;

    facts.n_frames = 300;
    g_assert_true (stream_grid_init (&grid, &facts, &error));
    g_assert_cmpint (grid.n_frames, ==, 312); /* the last picture stands */
    facts.duration_s = 60;
    g_assert_true (stream_grid_init (&grid, &facts, &error));
    g_assert_cmpint (grid.n_frames, ==, 300);
}

static void
test_what_cannot_be_cut (void)
{
    static const double durations[] = { 0, -1, 1e300 };
    g_autoptr (GError) error = NULL;
    VideoFacts facts = facts_of (30, 10, 640, 360);
    StreamGrid grid;

    facts.has_video = FALSE;
    g_assert_false (stream_grid_init (&grid, &facts, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_NOT_FOUND);
    for (guint i = 0; i < G_N_ELEMENTS (durations); i++) {
        facts = facts_of (30, durations[i], 640, 360);
        g_clear_error (&error);
        g_assert_false (stream_grid_init (&grid, &facts, &error));
    }
    g_assert_error (error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static void
test_places (void)
{
    StreamGrid grid = grid_of (30, 11.3);

    g_assert_cmpfloat_with_epsilon (stream_segment_start (&grid, 3), 6, 1e-9);
    g_assert_cmpint (stream_segment_at (&grid, 0), ==, 0);
    g_assert_cmpint (stream_segment_at (&grid, 5.99), ==, 2);
    g_assert_cmpint (stream_segment_at (&grid, 6.01), ==, 3);
    g_assert_cmpint (stream_segment_at (&grid, 1e300), ==, 5);
    g_assert_cmpint (stream_segment_at (&grid, -1), ==, 0);
}

static void
offer (const VideoFacts *facts, StreamVariant out[STREAM_N_VARIANTS])
{
    static const char *names[] = { "h264", "hevc" };
    static gint64 sides[] = { 480, 720, 1080 };
    StringList codecs = { names, 2 };
    IntList resolutions = { sides, 3 };

    stream_variants (facts, &codecs, &resolutions, out);
}

static void
test_main_playlist (void)
{
    VideoFacts facts = facts_of (30, 10, 1280, 720);
    StreamVariant variants[STREAM_N_VARIANTS];
    g_autoptr (GString) text = g_string_new (NULL);
    StreamGrid grid = grid_of (30, 10);

    offer (&facts, variants);
    stream_write_main (&grid, &facts, variants, "S", "?key=k", text);
    g_assert_cmpstr (
        text->str, ==,
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=1620000,RESOLUTION=852x480,CODECS=\"hvc1.1.6.L90.B0,"
        "mp4a.40.2\",VIDEO-RANGE=SDR,FRAME-RATE=30.000\nS/1/playlist.m3u8?key=k\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=3375000,RESOLUTION=852x480,CODECS=\"avc1.64001f,"
        "mp4a.40.2\",VIDEO-RANGE=SDR,FRAME-RATE=30.000\nS/2/playlist.m3u8?key=k\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=3375000,RESOLUTION=1280x720,CODECS=\"hvc1.1.6.L93.B0,"
        "mp4a.40.2\",VIDEO-RANGE=SDR,FRAME-RATE=30.000\nS/4/playlist.m3u8?key=k\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=6750000,RESOLUTION=1280x720,CODECS=\"avc1.64001f,"
        "mp4a.40.2\",VIDEO-RANGE=SDR,FRAME-RATE=30.000\nS/5/playlist.m3u8?key=k\n");
    /* upright, small, silent: never enlarged */
    facts = facts_of (30, 10, 181, 321);
    facts.has_audio = FALSE;
    offer (&facts, variants);
    g_string_truncate (text, 0);
    stream_write_main (&grid, &facts, variants, "S", "", text);
    g_assert_nonnull (strstr (text->str, "RESOLUTION=180x320,CODECS=\"avc1.64001e\","));
    g_assert_null (strstr (text->str, "/4/"));
}

static void
test_media_playlist (void)
{
    StreamGrid grid = grid_of (29.97002997, 5);
    g_autoptr (GString) text = g_string_new (NULL);

    stream_write_media (&grid, "", text);
    g_assert_cmpstr (text->str, ==,
                     "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                     "#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
                     "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"init.mp4\"\n"
                     "#EXTINF:2.002000,\nseg_0.m4s\n#EXTINF:2.002000,\nseg_1.m4s\n"
                     "#EXTINF:1.001000,\nseg_2.m4s\n#EXT-X-ENDLIST\n");
}

static char *
words_of (const VideoFacts *facts, const TranscodeSettings *settings, int variant, gint64 first)
{
    StreamGrid grid = grid_of (30, 11.3);
    StreamVariant variants[STREAM_N_VARIANTS];
    g_auto (GStrv) words = NULL;

    offer (facts, variants);
    words = stream_arguments (&grid, facts, settings, &variants[variant], first, "/in", "/run");
    return g_strjoinv (" ", words);
}

static void
test_words (void)
{
    VideoFacts facts = facts_of (30, 11.3, 1280, 720);
    TranscodeSettings settings = {
        .preset = "ultrafast", .max_rate = "9m", .b_frames = 3, .tone_map = "hable"
    };
    g_autofree char *start = words_of (&facts, &settings, 2, 0), *later = NULL, *device = NULL;

    g_assert_cmpstr (
        start, ==,
        "-nostdin -v error -progress pipe:1 -nostats -y -protocol_whitelist file -copyts "
        "-start_at_zero -i file:/in -map 0:0 -c:v libx264 -bf 0 -g 60 -keyint_min 60 "
        "-sc_threshold 0 -preset ultrafast -crf 23 -maxrate 2500k -bufsize 5000k "
        "-fps_mode passthrough -vf fps=fps=30/1:start_time=0.000000,tpad=stop=-1:"
        "stop_mode=clone,trim=end_pts=339,scale=852:480,setsar=1,format=yuv420p "
        "-map 0:1 -c:a aac -ac 2 -af atrim=end=11.300000 "
        "-bsf:a noise=drop=lt(pts*tb\\,0.000000) -map_metadata -1 -map_chapters -1 -f hls "
        "-hls_segment_type fmp4 -hls_time 0.5 -hls_list_size 3 -start_number 0 "
        "-hls_flags temp_file -hls_fmp4_init_filename init.mp4 -hls_segment_options "
        "movflags=+frag_discont:use_editlist=0:avoid_negative_ts=disabled "
        "-hls_segment_filename file:/run/seg_%d.m4s file:/run/list.m3u8");
    facts.is_hdr = TRUE;
    facts.color_transfer = "arib-std-b67";
    later = words_of (&facts, &settings, 4, 3);
    g_assert_nonnull (strstr (later, "-ss 4.000000 -i file:/in"));
    g_assert_nonnull (strstr (later, "-c:v libx265"));
    g_assert_nonnull (strstr (later, "-x265-params log-level=error:scenecut=0:open-gop=0"));
    g_assert_nonnull (strstr (later, "-tag:v hvc1"));
    g_assert_nonnull (strstr (later, "fps=fps=30/1:start_time=6.000000,"));
    g_assert_nonnull (strstr (later, "zscale=tin=arib-std-b67"));
    g_assert_nonnull (strstr (later, "lt(pts*tb\\,6.000000)"));
    g_assert_nonnull (strstr (later, "-start_number 3 "));
    facts.container = "mpegts"; /* where a key frame is nobody knows */
    g_clear_pointer (&later, g_free);
    later = words_of (&facts, &settings, 4, 3);
    g_assert_null (strstr (later, "-ss "));
    g_assert_nonnull (strstr (later, "fps=fps=30/1:start_time=6.000000,"));
    /* a device that does not make this codec is left out */
    settings.hardware = (Hardware){ .kind = HARDWARE_RKMPP };
    facts.is_hdr = FALSE;
    device = words_of (&facts, &settings, 2, 0);
    g_assert_nonnull (strstr (device, "-c:v h264_rkmpp -bf 0 -g 60 "));
    g_assert_null (strstr (device, "-hwaccel"));
    g_clear_pointer (&device, g_free);
    device = words_of (&facts, &settings, 0, 0);
    g_assert_nonnull (strstr (device, "-c:v libsvtav1"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/stream-plan/grid", test_grid);
    g_test_add_func ("/stream-plan/sound-that-is-longer", test_sound_that_is_longer);
    g_test_add_func ("/stream-plan/what-cannot-be-cut", test_what_cannot_be_cut);
    g_test_add_func ("/stream-plan/places", test_places);
    g_test_add_func ("/stream-plan/main-playlist", test_main_playlist);
    g_test_add_func ("/stream-plan/media-playlist", test_media_playlist);
    g_test_add_func ("/stream-plan/words", test_words);
    return g_test_run ();
}
