/* test_transcode_hardware.c -- which device is taken, and by which words it is put to work */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "media/ffmpeg.h"
#include "media/layout.h"
#include "media/transcode.h"
#include "media/transcode_hardware.h"

static const char *accepted[] = { "h264" };

static VideoFacts
plain_facts (void)
{
    return (VideoFacts){ .container = "mov",
                         .has_video = TRUE,
                         .video_codec = "hevc",
                         .audio_codec = "",
                         .pixel_format = "yuv420p",
                         .color_primaries = "",
                         .color_transfer = "smpte2084",
                         .color_space = "",
                         .width = 1920,
                         .height = 1080 };
}

static TranscodeSettings
settings_for (HardwareKind kind)
{
    static const char *const devices[] = { "/dev/dri/renderD129", NULL };

    return (TranscodeSettings){ .when = TRANSCODE_REQUIRED,
                                .video_codec = "h264",
                                .audio_codec = "aac",
                                .accepted_video = { accepted, 1 },
                                .crf = 23,
                                .preset = "medium",
                                .short_side = 720,
                                .max_rate = "0",
                                .b_frames = -1,
                                .tone_map = "hable",
                                .decodes_by_hardware = TRUE,
                                .hardware = { kind, "/dev/dri/renderD129", devices } };
}

static char *
words_of (const VideoFacts *facts, const TranscodeSettings *settings)
{
    TranscodePlan plan;
    g_auto (GStrv) words = NULL;

    transcode_decide (facts, settings, &plan);
    g_assert_cmpint (plan.n_passes, ==, 1);
    words = transcode_arguments (facts, settings, &plan, 1, "/in", "/scratch", "/scratch/out");
    return g_strjoinv (" ", words);
}

static void
assert_words (const VideoFacts *facts, const TranscodeSettings *settings, const char *before,
              const char *after)
{
    g_autofree char *words = words_of (facts, settings);
    const char *input = strstr (words, "-protocol_whitelist file ");
    const char *encoder = strstr (words, "-c:v ");

    g_assert_nonnull (input);
    g_assert_nonnull (encoder);
    if (!g_str_has_prefix (input + strlen ("-protocol_whitelist file "), before))
        g_error ("'%s' is not before the input in '%s'", before, words);
    if (!g_str_has_prefix (encoder, after))
        g_error ("'%s' is not the encoder of '%s'", after, words);
}

static void
test_words (void)
{
    VideoFacts facts = plain_facts ();
    TranscodeSettings settings = settings_for (HARDWARE_NVENC);

    assert_words (&facts, &settings,
                  "-init_hw_device cuda=device:0 -filter_hw_device device -hwaccel cuda "
                  "-hwaccel_output_format cuda -noautorotate -i file:/in",
                  "-c:v h264_nvenc -g 256 -tune hq -qmin 0 -rc-lookahead 20 -i_qfactor 0.75 "
                  "-preset p4 -cq:v 23 -vf scale_cuda=w=-2:h=720:format=nv12 -fps_mode");
    settings.max_rate = "2900k";
    settings.two_pass = TRUE;
    settings.temporal_aq = TRUE;
    settings.b_frames = 3;
    assert_words (&facts, &settings, "-init_hw_device cuda=device:0",
                  "-c:v h264_nvenc -bf 3 -g 256 -tune hq -qmin 0 -rc-lookahead 20 -i_qfactor 0.75 "
                  "-preset p4 -b_ref_mode middle -b_qfactor 1.1 -temporal-aq 1 -cq:v 23 "
                  "-maxrate 2900k -bufsize 2000k -multipass 2 -vf");
    settings = settings_for (HARDWARE_QSV);
    assert_words (&facts, &settings,
                  "-init_hw_device qsv=device,child_device=/dev/dri/renderD129 -filter_hw_device "
                  "device -hwaccel qsv -hwaccel_output_format qsv -noautorotate -i",
                  "-c:v h264_qsv -bf 7 -refs 5 -g 256 -preset 4 -global_quality:v 23 "
                  "-vf scale_qsv=w=-1:h=720:format=nv12 -fps_mode");
    settings.video_codec = "vp9";
    settings.max_rate = "3000k";
    assert_words (&facts, &settings, "-init_hw_device qsv",
                  "-c:v vp9_qsv -bf 7 -refs 5 -g 256 -preset 4 -low_power 1 -q:v 23 -maxrate 3000k "
                  "-bufsize 6000k");
    settings = settings_for (HARDWARE_VAAPI);
    assert_words (&facts, &settings,
                  "-init_hw_device vaapi=device:/dev/dri/renderD129 -filter_hw_device device "
                  "-hwaccel vaapi -hwaccel_output_format vaapi -noautorotate -i",
                  "-c:v h264_vaapi -g 256 -compression_level 4 -qp:v 23 -global_quality:v 23 "
                  "-rc_mode 1 -vf scale_vaapi=w=-2:h=720:format=nv12 -fps_mode");
    settings.by_quality = TRUE;
    assert_words (&facts, &settings, "-init_hw_device vaapi",
                  "-c:v h264_vaapi -g 256 -compression_level 4 -global_quality:v 23 -rc_mode 4");
    settings.max_rate = "2900k";
    assert_words (&facts, &settings, "-init_hw_device vaapi",
                  "-c:v h264_vaapi -g 256 -compression_level 4 -b:v 2000k -maxrate 2900k "
                  "-minrate 1000k -rc_mode 3");
    settings = settings_for (HARDWARE_RKMPP);
    settings.video_codec = "hevc";
    facts.video_codec = "vp9";
    assert_words (&facts, &settings,
                  "-init_hw_device rkmpp=device -filter_hw_device device -hwaccel rkmpp "
                  "-hwaccel_output_format drm_prime -noautorotate -i",
                  "-c:v hevc_rkmpp -g 256 -level 153 -rc_mode CQP -qp_init 23 "
                  "-vf scale_rkrga=w=-2:h=720:format=nv12");
}

static void
test_where_frames_are (void)
{
    VideoFacts facts = plain_facts ();
    TranscodeSettings settings = settings_for (HARDWARE_VAAPI);
    g_autofree char *words = NULL;

    settings.decodes_by_hardware = FALSE;
    words = words_of (&facts, &settings);
    g_assert_null (strstr (words, "-hwaccel"));
    g_assert_null (strstr (words, "-noautorotate"));
    g_assert_nonnull (strstr (words, "-vf scale=-2:720,format=nv12,hwupload "));
    /* HDR is mapped in software */
    settings.decodes_by_hardware = TRUE;
    facts.is_hdr = TRUE;
    g_clear_pointer (&words, g_free);
    words = words_of (&facts, &settings);
    g_assert_null (strstr (words, "-hwaccel"));
    g_assert_nonnull (strstr (words, "format=yuv420p,format=nv12,hwupload "));
    /* what is not turned before it is scaled has its sides the other way */
    facts = plain_facts ();
    facts.width = 1080;
    facts.height = 1920;
    facts.is_turned = TRUE;
    g_clear_pointer (&words, g_free);
    words = words_of (&facts, &settings);
    g_assert_nonnull (strstr (words, "-vf scale_vaapi=w=-2:h=720:format=nv12 "));
}

/* ---- the device ---- */

typedef struct {
    char *folder;
} Devices;

static void
set_up (Devices *self, gconstpointer data)
{
    g_autofree char *dri = NULL;

    self->folder = g_dir_make_tmp ("tintype-dev-XXXXXX", NULL);
    dri = g_build_filename (self->folder, "dri", NULL);
    g_assert_cmpint (g_mkdir (dri, 0700), ==, 0);
}

static void
put (const Devices *self, const char *name)
{
    g_autofree char *path = g_build_filename (self->folder, name, NULL);

    g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static void
tear_down (Devices *self, gconstpointer data)
{
    static const char *const names[] = { "dri/card0",   "dri/renderD128", "dri/renderD129",
                                         "mpp_service", "nvidia0",        "nvidiactl" };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_build_filename (self->folder, names[i], NULL);
        g_unlink (path);
    }
    g_autofree char *dri = g_build_filename (self->folder, "dri", NULL);
    g_rmdir (dri);
    g_rmdir (self->folder);
    g_free (self->folder);
}

static gboolean
find (const Devices *self, Arena *arena, const char *accel, const char *preferred,
      const char *codec, Hardware *out, const char **out_reason)
{
    *out_reason = NULL;
    return hardware_find (accel, preferred, codec, self->folder, arena, out, out_reason);
}

static void
test_the_device (Devices *self, gconstpointer data)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *reason;
    Hardware found;

    g_assert_true (find (self, arena, "disabled", "auto", "h264", &found, &reason));
    g_assert_cmpint (found.kind, ==, HARDWARE_NONE);
    g_assert_false (find (self, arena, "vaapi", "auto", "h264", &found, &reason));
    g_assert_cmpint (found.kind, ==, HARDWARE_NONE);
    g_assert_nonnull (strstr (reason, "/dri/renderD*'"));
    put (self, "dri/card0");
    put (self, "dri/renderD129");
    put (self, "dri/renderD128");
    g_assert_true (find (self, arena, "vaapi", "auto", "h264", &found, &reason));
    g_assert_true (g_str_has_suffix (found.device, "/dri/renderD129")); /* the last by name */
    g_assert_cmpstr (found.devices[0], ==, found.device);
    g_assert_null (found.devices[1]);
    g_assert_true (find (self, arena, "qsv", "/dev/dri/renderD128", "av1", &found, &reason));
    g_assert_true (g_str_has_suffix (found.device, "/dri/renderD128"));
    g_assert_false (find (self, arena, "qsv", "renderD130", "h264", &found, &reason));
    g_assert_nonnull (strstr (reason, "renderD130"));
    g_assert_false (find (self, arena, "qsv", "../../etc/passwd", "h264", &found, &reason));
    g_assert_false (find (self, arena, "nvenc", "auto", "h264", &found, &reason));
    put (self, "nvidia0");
    put (self, "nvidiactl");
    g_assert_true (find (self, arena, "nvenc", "auto", "hevc", &found, &reason));
    g_assert_true (g_str_has_suffix (found.devices[0], "/nvidia0"));
    g_assert_true (g_str_has_suffix (found.devices[1], "/nvidiactl"));
    g_assert_false (find (self, arena, "nvenc", "auto", "vp9", &found, &reason));
    g_assert_cmpstr (reason, ==, "nvenc does not encode vp9");
    put (self, "mpp_service");
    g_assert_true (find (self, arena, "rkmpp", "auto", "h264", &found, &reason));
    g_assert_false (find (self, arena, "rkmpp", "auto", "av1", &found, &reason));
}

/* ---- a device that does not do it ---- */

static const char *launcher; /* path of tintype-transcoder */

static void
test_the_ways_back (void)
{
    g_autofree char *folder = g_dir_make_tmp ("tintype-ways-XXXXXX", NULL);
    g_autofree char *input = g_build_filename (folder, "in.mp4", NULL);
    g_autofree char *output = g_build_filename (folder, "out.mp4", NULL);
    const char *make[] = { "ffmpeg", "-v",    "error", "-f",  "lavfi", "-i", "testsrc2=s=64x48:d=1",
                           "-c:v",   "mpeg4", "-y",    input, NULL };
    g_autofree char *work = g_build_filename (folder, ".out.mp4.work", NULL);
    g_autofree char *theirs = g_build_filename (work, "result", NULL);
    VideoFacts facts = plain_facts ();
    TranscodeSettings settings = settings_for (HARDWARE_VAAPI);
    int lock;
    Transcode job = { .launcher = launcher, .input = input, .output = output };
    TranscodePlan plan;
    g_autoptr (GError) error = NULL;

    g_assert_true (g_spawn_sync (NULL, (char **) make, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                                 NULL, NULL, &error));
    facts.video_codec = "mpeg4";
    facts.width = 64;
    facts.height = 48;
    settings.hardware.device = "/dev/dri/renderD999"; /* there is none */
    transcode_decide (&facts, &settings, &plan);
    g_test_expect_message ("transcode", G_LOG_LEVEL_WARNING, "*trying with decoding in software");
    g_test_expect_message ("transcode", G_LOG_LEVEL_WARNING, "*trying in software");
    g_assert_true (transcode_run (&job, &facts, &settings, &plan, &error));
    g_test_assert_expected_messages ();
    g_assert_no_error (error);
    g_assert_cmpint (g_unlink (output), ==, 0);
    /* another one that converts it is left alone */
    g_assert_cmpint (g_mkdir (work, 0755), ==, 0);
    g_assert_true (g_file_set_contents (theirs, "half of it", -1, NULL));
    lock = layout_lock_folder (work);
    g_assert_cmpint (lock, >=, 0);
    g_assert_false (transcode_run (&job, &facts, &settings, &plan, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&error);
    g_assert_true (g_file_test (theirs, G_FILE_TEST_EXISTS));
    close (lock);
    /* what is the video's own fault is its error in the end */
    g_assert_true (g_file_set_contents (input, "no video", -1, NULL));
    g_test_expect_message ("transcode", G_LOG_LEVEL_WARNING, "*trying with decoding in software");
    g_test_expect_message ("transcode", G_LOG_LEVEL_WARNING, "*trying in software");
    g_assert_false (transcode_run (&job, &facts, &settings, &plan, &error));
    g_test_assert_expected_messages ();
    g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA);
    g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
    g_unlink (input);
    g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* A picture of 15,000 x 15,000 takes 340 MB. */
static void
test_the_limit_of_memory (void)
{
    g_autofree char *folder = g_dir_make_tmp ("tintype-memory-XXXXXX", NULL);
    g_autofree char *input = g_build_filename (folder, "in.mp4", NULL);
    const char *make[] = { "ffmpeg", "-v",    "error", "-f",  "lavfi", "-i", "testsrc2=s=64x48:d=1",
                           "-c:v",   "mpeg4", "-y",    input, NULL };
    const char *words[] = { "-nostdin",
                            "-v",
                            "error",
                            "-i",
                            "file:" FFMPEG_INPUT,
                            "-frames:v",
                            "1",
                            "-vf",
                            "scale=15000:15000:flags=neighbor",
                            "-f",
                            "null",
                            "-",
                            NULL };
    FfmpegRun run = { .launcher = launcher, .input = input, .folder = folder };
    g_autoptr (GError) error = NULL;

    g_assert_true (g_spawn_sync (NULL, (char **) make, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                                 NULL, NULL, &error));
    g_assert_true (ffmpeg_run (&run, (char **) words, &error));
    g_assert_no_error (error);
    run.memory_mb = 256;
    g_assert_false (ffmpeg_run (&run, (char **) words, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA);
    g_assert_nonnull (strstr (error->message, "needs more memory for this video than the 256 MB"));
    g_unlink (input);
    g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    launcher = argv[1];
    g_test_add_func ("/transcode-hardware/the-ways-back", test_the_ways_back);
    g_test_add_func ("/transcode-hardware/the-limit-of-memory", test_the_limit_of_memory);
    g_test_add_func ("/transcode-hardware/words", test_words);
    g_test_add_func ("/transcode-hardware/where-frames-are", test_where_frames_are);
    g_test_add ("/transcode-hardware/the-device", Devices, NULL, set_up, test_the_device,
                tear_down);
    return g_test_run ();
}
