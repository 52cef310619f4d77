/* test_video.c -- videos of every kind, made here by ffmpeg: what is read of them, which frame stands
 * for them, and what becomes of damaged ones */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/image.h"
#include "worker/metadata.h"
#include "worker/video_frame.h"

static char *folder;

/* ---- making videos ---- */

/* Run ffmpeg with @options (a shell's words) and write @name into the folder. */
static void
make (const char *name, const char *options)
{
    g_autofree char *command =
        g_strdup_printf ("ffmpeg -v error -nostdin -y %s %s/%s", options, folder, name);
    g_autofree char *complaints = NULL;
    g_autoptr (GError) error = NULL;
    int status;

    g_spawn_command_line_sync (command, NULL, &complaints, &status, &error);
    g_assert_no_error (error);
    if (status != 0)
        g_error ("%s: %s", command, complaints);
}

static int
open_file (const char *name)
{
    g_autofree char *path = g_build_filename (folder, name, NULL);
    int fd = open (path, O_RDONLY | O_CLOEXEC);

    g_assert_cmpint (fd, >=, 0);
    return fd;
}

/* Four fields, so that every rotation can be told: red and green above, blue and white below. */
#define FIELDS                                                                                     \
    "-f lavfi -i color=red:s=160x90:r=10:d=1 -f lavfi -i color=lime:s=160x90:r=10:d=1 "            \
    "-f lavfi -i color=blue:s=160x90:r=10:d=1 -f lavfi -i color=white:s=160x90:r=10:d=1 "          \
    "-filter_complex [0][1]hstack[a];[2][3]hstack[b];[a][b]vstack "

/* ---- reading them ---- */

static json_t *
read_metadata (const char *name)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    int fd = open_file (name);
    json_t *json;

    g_assert_true (metadata_read_video (fd, -1, text, &error));
    g_assert_no_error (error);
    close (fd);
    json = json_loadb (text->str, text->len, 0, NULL);
    g_assert_nonnull (json);
    return json;
}

static gint64
get_int (const json_t *json, const char *part, const char *name)
{
    return json_integer_value (json_object_get (json_object_get (json, part), name));
}

static const char *
get_codec (const json_t *json, const char *kind)
{
    return json_string_value (
        json_object_get (json_object_get (json_object_get (json, "probe"), kind), "codec"));
}

/* The frame at @width x @height; NULL with @error. */
static VipsImage *
load_frame (const char *name, int width, int height, GError **error)
{
    int fd = open_file (name);
    g_autoptr (VideoFrame) frame = video_frame_new (fd, 100000000, error);
    VipsImage *image = NULL;

    if (frame != NULL)
        image = video_frame_load (frame, width, height, error);
    close (fd);
    return image;
}

static void
assert_colour (VipsImage *image, int x, int y, int red, int green, int blue)
{
    const guint8 *pixel = VIPS_IMAGE_ADDR (image, x, y);

    g_assert_cmpint (ABS (pixel[0] - red), <, 24);
    g_assert_cmpint (ABS (pixel[1] - green), <, 24);
    g_assert_cmpint (ABS (pixel[2] - blue), <, 24);
}

/* ---- the tests ---- */

static void
test_facts (void)
{
    json_t *json, *file;

    make ("facts.mov",
          FIELDS "-c:v libx264 -pix_fmt yuv420p "
                 "-movflags use_metadata_tags "
                 "-metadata com.apple.quicktime.make=Apple "
                 "-metadata com.apple.quicktime.content.identifier=CID-1 "
                 "-metadata com.apple.quicktime.location.ISO6709=-33.8688+151.2093/ "
                 "-metadata com.apple.quicktime.creationdate=2023-05-06T07:08:09+0200");
    json = read_metadata ("facts.mov");
    file = json_object_get (json, "file");
    g_assert_cmpstr (json_string_value (json_object_get (file, "Make")), ==, "Apple");
    g_assert_cmpstr (json_string_value (json_object_get (file, "ContentIdentifier")), ==, "CID-1");
    g_assert_cmpstr (json_string_value (json_object_get (file, "CreationDate")), ==,
                     "2023-05-06T07:08:09+0200");
    g_assert_cmpfloat_with_epsilon (json_real_value (json_object_get (file, "GPSLatitude")),
                                    -33.8688, 1e-6);
    g_assert_cmpfloat_with_epsilon (json_real_value (json_object_get (file, "GPSLongitude")),
                                    151.2093, 1e-6);
    g_assert_cmpint (get_int (json, "probe", "Width"), ==, 320);
    g_assert_cmpint (get_int (json, "probe", "Height"), ==, 180);
    g_assert_cmpfloat_with_epsilon (
        json_real_value (json_object_get (json_object_get (json, "probe"), "Duration")), 1, 1e-6);
    g_assert_cmpfloat_with_epsilon (
        json_real_value (json_object_get (json_object_get (json, "probe"), "VideoFrameRate")), 10,
        1e-6);
    json_decref (json);
}

/* Where red is in the upright picture tells how it was turned. */
static void
test_rotation (void)
{
    static const struct {
        const char *tag; /* what ffmpeg is told */
        int rotation;    /* anticlockwise */
        int red_x, red_y, white_x, white_y;
        gboolean sideways;
    } cases[] = {
        { "0", 0, 10, 10, 300, 170, FALSE },
        { "90", 90, 10, 300, 170, 10, TRUE },
        { "180", 180, 300, 170, 10, 10, FALSE },
        { "270", -90, 170, 10, 10, 300, TRUE },
    };

    make ("plain.mp4", FIELDS "-c:v libx264 -pix_fmt yuv420p");
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *options = g_strdup_printf (
            "-i %s/plain.mp4 -c copy -metadata:s:v:0 rotate=%s", folder, cases[i].tag);
        g_autofree char *name = g_strdup_printf ("turned-%s.mp4", cases[i].tag);
        g_autoptr (VipsImage) image = NULL;
        g_autoptr (GError) error = NULL;
        json_t *json;

        make (name, options);
        json = read_metadata (name);
        g_assert_cmpint (get_int (json, "probe", "Rotation"), ==, cases[i].rotation);
        g_assert_cmpint (get_int (json, "probe", "Width"), ==, 320);
        json_decref (json);
        image = cases[i].sideways ? load_frame (name, 180, 320, &error)
                                  : load_frame (name, 320, 180, &error);
        g_assert_no_error (error);
        g_assert_cmpint (image->Xsize, ==, cases[i].sideways ? 180 : 320);
        assert_colour (image, cases[i].red_x, cases[i].red_y, 255, 0, 0);
        assert_colour (image, cases[i].white_x, cases[i].white_y, 255, 255, 255);
    }
}

/* libavformat tells the dates of neither WMV nor AVCHD. */
static void
test_dates (void)
{
    static const struct {
        const char *name, *options, *tag, *expected;
    } cases[] = {
        { "dated.wmv", "-c:v wmv2 -metadata creation_time=2014-05-06T07:08:09Z", "CreationDate",
          "2014-05-06T07:08:09.000Z" },
        { "undated.wmv", "-c:v wmv2", "CreationDate", NULL },
        { "dated.mkv", "-c:v libx264 -metadata DATE_RECORDED='2014-05-06 07:08:09'",
          "DateTimeOriginal", "2014-05-06 07:08:09" },
        { "camcorder.mts",
          "-c:v libx264 -bsf:v h264_metadata=sei_user_data='17ee8c60-f84d-11d9-8cd6-0800200c9a66+"
          "MDPM\x02\x18\x4b\x20\x10\x05\x19\x05\x12\x34\x56'",
          "DateTimeOriginal", "2010:05:05 12:34:56+05:30" },
        { "zoneless.mts",
          "-c:v libx264 -bsf:v h264_metadata=sei_user_data='17ee8c60-f84d-11d9-8cd6-0800200c9a66+"
          "MDPM\x02\x18\xff\x20\x10\x05\x19\x05\x12\x34\x56'",
          "DateTimeOriginal", "2010:05:05 12:34:56" },
        { "cut.mts",
          "-c:v libx264 -bsf:v h264_metadata=sei_user_data='17ee8c60-f84d-11d9-8cd6-0800200c9a66+"
          "MDPM\x7f\x18\x4b\x20\x10\x05'",
          "DateTimeOriginal", NULL },
        { "plain.mts", "-c:v libx264", "DateTimeOriginal", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *options =
            g_strdup_printf ("-f lavfi -i testsrc2=s=320x180:r=10:d=1 %s", cases[i].options);
        json_t *json;

        make (cases[i].name, options);
        json = read_metadata (cases[i].name);
        g_assert_cmpstr (
            json_string_value (json_object_get (json_object_get (json, "file"), cases[i].tag)), ==,
            cases[i].expected);
        json_decref (json);
    }
}

/* As cameras of Fujifilm write it into AVI, in the place of what may be skipped. */
static void
test_short_date (void)
{
    static const char date[] = "2004/01/05 12:34";
    g_autofree char *path = g_build_filename (folder, "dated.avi", NULL), *bytes = NULL;
    char *at;
    json_t *json;
    gsize n;

    make ("dated.avi", "-f lavfi -i testsrc2=s=320x180:r=10:d=1 -c:v mjpeg");
    g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
    at = memmem (bytes, n, "JUNK", 4);
    g_assert_nonnull (at);
    memcpy (at, "IDIT", 4);
    memcpy (at + 8, date, sizeof date);
    g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
    json = read_metadata ("dated.avi");
    g_assert_cmpstr (
        json_string_value (json_object_get (json_object_get (json, "file"), "CreateDate")), ==,
        "2004-01-05 12:34");
    json_decref (json);
}

static void
test_kinds (void)
{
    static const struct {
        const char *name, *codec, *audio, *options;
    } cases[] = {
        { "h264.mkv", "h264", "aac", "-c:v libx264 -pix_fmt yuv420p -c:a aac" },
        { "hevc.mov", "hevc", "aac",
          "-c:v libx265 -x265-params log-level=none -tag:v hvc1 -c:a aac" },
        { "vp9.webm", "vp9", "opus", "-c:v libvpx-vp9 -cpu-used 8 -c:a libopus" },
        { "av1.mp4", "av1", NULL, "-an -c:v libaom-av1 -cpu-used 8 -crf 40" },
        { "front.mp4", "h264", "mp3", "-c:v libx264 -c:a libmp3lame -movflags faststart" },
        { "mpeg4.avi", "mpeg4", "mp3", "-c:v mpeg4 -c:a libmp3lame" },
        { "stream.ts", "h264", "aac", "-c:v libx264 -c:a aac" },
        { "program.mpg", "mpeg2video", "mp2", "-r 25 -c:v mpeg2video -c:a mp2" },
        { "old.wmv", "wmv2", "wmav2", "-c:v wmv2 -c:a wmav2" },
        { "flash.flv", "flv1", "mp3", "-c:v flv -c:a libmp3lame -ar 44100" },
        { "phone.3gp", "h263", "amr_nb", "-s 176x144 -c:v h263 -an" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        gboolean has_sound = strstr (cases[i].options, "-an") == NULL;
        g_autofree char *options = g_strdup_printf (
            "-f lavfi -i testsrc2=s=320x180:r=10:d=1 -f lavfi -i sine=d=1 %s", cases[i].options);
        g_autoptr (VipsImage) image = NULL;
        g_autoptr (GError) error = NULL;
        json_t *json;

        make (cases[i].name, options);
        json = read_metadata (cases[i].name);
        g_assert_cmpstr (get_codec (json, "video"), ==, cases[i].codec);
        if (has_sound)
            g_assert_cmpstr (get_codec (json, "audio"), ==, cases[i].audio);
        json_decref (json);
        image = load_frame (cases[i].name, 160, 90, &error);
        g_assert_no_error (error);
        g_assert_cmpint (image->Xsize, ==, 160);
    }
}

/* One key frame at the start, and that is black; and a second one after a black second. */
static void
test_black_start (void)
{
    static const char *const gops[] = { "-g 1000", "-g 10" };

    for (gsize i = 0; i < G_N_ELEMENTS (gops); i++) {
        g_autofree char *options =
            g_strdup_printf ("-f lavfi -i color=black:s=320x180:r=10:d=1 -f lavfi -i "
                             "testsrc2=s=320x180:r=10:d=1 -filter_complex [0][1]concat=n=2 "
                             "-c:v libx264 -pix_fmt yuv420p %s",
                             gops[i]);
        g_autoptr (VipsImage) image = NULL;
        g_autoptr (GError) error = NULL;
        double deviation = 0;

        make ("black.mp4", options);
        image = load_frame ("black.mp4", 160, 90, &error);
        g_assert_no_error (error);
        g_assert_cmpint (vips_deviate (image, &deviation, NULL), ==, 0);
        g_assert_cmpfloat (deviation, >, 30);
    }
}

/* All black is shown all the same. */
static void
test_all_black (void)
{
    g_autoptr (VipsImage) image = NULL;
    g_autoptr (GError) error = NULL;

    make ("dark.mp4", "-f lavfi -i color=black:s=64x64:r=10:d=1 -c:v libx264");
    image = load_frame ("dark.mp4", 64, 64, &error);
    g_assert_no_error (error);
    assert_colour (image, 32, 32, 0, 0, 0);
}

/* Nobody knows how many frames a second it has: a Matroska file may not say, and its times be too coarse to tell. */
static void
test_unknown_rate (void)
{
    g_autoptr (VipsImage) image = NULL;
    g_autoptr (GError) error = NULL;
    json_t *json;

    make ("fast.mkv", "-f lavfi -i color=red:s=64x64:r=1000:d=2 -c:v libx264 -preset ultrafast");
    image = load_frame ("fast.mkv", 64, 64, &error);
    g_assert_no_error (error);
    assert_colour (image, 32, 32, 255, 0, 0);
    json = read_metadata ("fast.mkv");
    g_assert_cmpint (get_int (json, "probe", "Width"), ==, 64);
    json_decref (json);
}

/* Diffuse white of PQ (about 203 cd/m2) must come out bright and without a tint. */
static void
test_hdr (void)
{
    g_autoptr (VipsImage) image = NULL;
    g_autoptr (GError) error = NULL;
    const guint8 *pixel;
    json_t *json;

    make (
        "hdr.mov",
        "-f lavfi -i color=0x949494:s=128x128:r=10:d=1 -vf drawbox=0:0:64:128:black:fill,"
        "format=yuv420p10le -c:v libx265 -tag:v hvc1 -x265-params log-level=none:colorprim=bt2020:"
        "transfer=smpte2084:colormatrix=bt2020nc -color_primaries bt2020 -color_trc smpte2084 "
        "-colorspace bt2020nc");
    json = read_metadata ("hdr.mov");
    g_assert_true (json_is_true (
        json_object_get (json_object_get (json_object_get (json, "probe"), "video"), "isHdr")));
    json_decref (json);
    image = load_frame ("hdr.mov", 128, 128, &error);
    g_assert_no_error (error);
    pixel = VIPS_IMAGE_ADDR (image, 100, 64);
    g_assert_cmpint (pixel[0], >, 150);
    g_assert_cmpint (pixel[0], <, 250);
    g_assert_cmpint (ABS (pixel[0] - pixel[1]), <, 8);
    g_assert_cmpint (ABS (pixel[1] - pixel[2]), <, 8);
    assert_colour (image, 20, 64, 0, 0, 0);
}

/* Anamorphic pixels: 720 x 576 of 4:3 are 768 wide; renditions have even sides. */
static void
test_renditions (void)
{
    g_autofree char *path = g_build_filename (folder, "small.webp", NULL);
    ImageRender render = { .is_video = TRUE, .want_thumbhash = TRUE, .n_outputs = 1 };
    g_autoptr (GError) error = NULL;
    gboolean done;

    make ("pal.mp4", "-f lavfi -i testsrc2=s=720x576:r=10:d=1 -vf setsar=16/15 -c:v libx264");
    render.input = (ImageInput){ .fd = open_file ("pal.mp4"), .max_pixels = 100000000 };
    render.outputs[0] = (ImageOutput){ .format = IMAGE_FORMAT_WEBP,
                                       .size_px = 250,
                                       .quality = 80,
                                       .fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) };
    done = image_render (&render, &error);
    g_assert_no_error (error);
    g_assert_true (done);
    g_assert_cmpint (render.width, ==, 768);
    g_assert_cmpint (render.height, ==, 576);
    g_assert_cmpint (render.outputs[0].width, ==, 334);
    g_assert_cmpint (render.outputs[0].height, ==, 250);
    g_assert_nonnull (render.thumbhash);
    close (render.input.fd);
    close (render.outputs[0].fd);
    image_render_clear (&render);
}

static void
write_bytes (const char *name, const void *bytes, gsize n)
{
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autoptr (GError) error = NULL;

    g_file_set_contents (path, bytes, (gssize) n, &error);
    g_assert_no_error (error);
}

/* No facts, no frame, a reason; and never a crash. */
static void
assert_refused (const char *name, const char *reason)
{
    g_autoptr (VipsImage) image = NULL;
    g_autoptr (GError) error = NULL;
    json_t *json = read_metadata (name);

    g_assert_cmpuint (json_object_size (json_object_get (json, "file")), ==, 0);
    json_decref (json);
    image = load_frame (name, 64, 64, &error);
    g_assert_null (image);
    g_assert_nonnull (error);
    if (strstr (error->message, reason) == NULL)
        g_error ("%s: '%s' does not say '%s'", name, error->message, reason);
}

static void
test_damaged (void)
{
    static const guint8 huge_atom[] = {
        0,   0,   0,   24,  'f', 't', 'y', 'p', 'i', 's', 'o', 'm', 0,   0,   2,   0,
        'i', 's', 'o', 'm', 'm', 'p', '4', '1', 255, 255, 255, 255, 'm', 'o', 'o', 'v',
        255, 255, 255, 240, 't', 'r', 'a', 'k', 255, 255, 255, 200, 'm', 'd', 'i', 'a'
    };
    static const char playlist[] = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n/etc/passwd\n";
    g_autofree char *path = g_build_filename (folder, "whole.mp4", NULL);
    g_autofree char *bytes = NULL;
    gsize n;

    make ("whole.mp4", "-f lavfi -i testsrc2=s=320x180:r=10:d=2 -c:v libx264");
    g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
    write_bytes ("cut.mp4", bytes, n / 2); /* the index stands at the end */
    assert_refused ("cut.mp4", "moov");
    write_bytes ("huge.mp4", huge_atom, sizeof huge_atom);
    assert_refused ("huge.mp4", "has no picture");
    write_bytes ("text.mp4", "this is no video at all", 23);
    assert_refused ("text.mp4", "damaged or cut short");
    write_bytes ("empty.mp4", "", 0);
    assert_refused ("empty.mp4", "damaged or cut short");
    write_bytes ("playlist.mp4", playlist, sizeof playlist - 1);
    assert_refused ("playlist.mp4", "not a video of a known kind");
}

/* Half of a video whose index stands in front still has a frame. */
static void
test_cut_in_the_middle (void)
{
    g_autofree char *path = g_build_filename (folder, "front-index.mp4", NULL);
    g_autofree char *bytes = NULL;
    g_autoptr (VipsImage) image = NULL;
    g_autoptr (GError) error = NULL;
    gsize n;

    make ("front-index.mp4",
          "-f lavfi -i testsrc2=s=320x180:r=10:d=2 -c:v libx264 -movflags faststart");
    g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
    write_bytes ("half.mp4", bytes, n * 2 / 3);
    image = load_frame ("half.mp4", 160, 90, &error);
    g_assert_no_error (error);
}

static void
test_sound_only (void)
{
    g_autoptr (VipsImage) image = NULL;
    g_autoptr (GError) error = NULL;
    json_t *json;

    make ("sound.mp4", "-f lavfi -i sine=d=1 -c:a aac");
    json = read_metadata ("sound.mp4");
    g_assert_null (json_object_get (json_object_get (json, "probe"), "Width"));
    g_assert_cmpstr (get_codec (json, "audio"), ==, "aac");
    json_decref (json);
    image = load_frame ("sound.mp4", 64, 64, &error);
    g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA_TYPE);
}

static void
test_too_many_pixels (void)
{
    g_autoptr (VideoFrame) frame = NULL;
    g_autoptr (GError) error = NULL;
    int fd;

    make ("large.mp4", "-f lavfi -i color=red:s=640x480:r=5:d=1 -c:v libx264");
    fd = open_file ("large.mp4");
    frame = video_frame_new (fd, 640 * 480 - 1, &error);
    close (fd);
    g_assert_null (frame);
    g_assert_error (error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static void
test_too_many_streams (void)
{
    g_autoptr (GString) options = g_string_new (NULL);
    g_autoptr (VideoFrame) frame = NULL;
    g_autoptr (GError) error = NULL;
    int fd;

    make ("single.mkv", "-f lavfi -i color=red:s=64x64:r=5:d=1 -c:v libx264 -preset ultrafast");
    g_string_printf (options, "-i %s/single.mkv -c copy", folder);
    for (int i = 0; i < 201; i++)
        g_string_append (options, " -map 0:v");
    make ("many.mkv", options->str);
    fd = open_file ("many.mkv");
    frame = video_frame_new (fd, 64 * 64, &error);
    close (fd);
    g_assert_null (frame);
    g_assert_error (error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_assert_nonnull (strstr (error->message, "200 streams"));
}

/* A disk that gives an error is not a damaged video: nothing is known of it then. */
static void
test_unreadable (void)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* reading it is an error */

    g_assert_false (metadata_read_video (fd, -1, text, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_IO);
    close (fd);
}

int
main (int argc, char **argv)
{
    g_autofree char *sweep = NULL;
    int result;

    g_test_init (&argc, &argv, NULL);
    if (VIPS_INIT (argv[0]) != 0)
        return 1;
    folder = g_dir_make_tmp ("tintype-video-XXXXXX", NULL);
    g_test_add_func ("/video/facts", test_facts);
    g_test_add_func ("/video/rotation", test_rotation);
    g_test_add_func ("/video/dates", test_dates);
    g_test_add_func ("/video/short-date", test_short_date);
    g_test_add_func ("/video/kinds", test_kinds);
    g_test_add_func ("/video/black-start", test_black_start);
    g_test_add_func ("/video/all-black", test_all_black);
    g_test_add_func ("/video/unknown-rate", test_unknown_rate);
    g_test_add_func ("/video/hdr", test_hdr);
    g_test_add_func ("/video/renditions", test_renditions);
    g_test_add_func ("/video/damaged", test_damaged);
    g_test_add_func ("/video/unreadable", test_unreadable);
    g_test_add_func ("/video/cut-in-the-middle", test_cut_in_the_middle);
    g_test_add_func ("/video/sound-only", test_sound_only);
    g_test_add_func ("/video/too-many-pixels", test_too_many_pixels);
    g_test_add_func ("/video/too-many-streams", test_too_many_streams);
    result = g_test_run ();
    sweep = g_strdup_printf ("rm -r %s", folder);
    g_spawn_command_line_sync (sweep, NULL, NULL, NULL, NULL);
    g_free (folder);
    return result;
}
