/* video_frame.c -- see video_frame.h
 *
 * Key frames are tried first, they cost least. When none of them will do (a short video often has only
 * one, and that is black), all frames are decoded from the start and looked at a few times a second. */
#define G_LOG_DOMAIN "video"
#include "worker/video_frame.h"
#include <math.h>
#include <string.h>
#include <libavutil/pixdesc.h>
#include "base/error.h"
#include "worker/frame_pixels.h"
#include "worker/image_colour.h"
#include "worker/video_file.h"

#define TIME_LIMIT_S 45                      /* for all reading; a worker has a minute */
#define CANDIDATES 20                        /* key frames to look at */
#define LOOKS_PER_SECOND 6                   /* among all frames */
#define MAX_FRAMES 900                       /* decoded when all are */
#define CHOICE_TIME_US (10 * G_USEC_PER_SEC) /* then the best so far is taken */
#define SAMPLES 96                           /* points across and down that are looked at */
#define GOOD_DEVIATION 12.0                  /* of brightness, 0 to 255: less is an even area */

struct _VideoFrame {
    VideoFile *file;
    AVCodecContext *decoder;
    AVFrame *best;
    double best_score; /* negative: none yet */
};

/* ---- looking at a frame ---- */

/* How much the brightness differs over the frame. What cannot be read like that counts as good. */
static double
measure (const AVFrame *frame)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get (frame->format);
    const AVComponentDescriptor *light = &format->comp[0];
    double sum = 0, sum_of_squares = 0;
    guint n = 0;

    if (format->flags & (AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL |
                         AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_FLOAT) ||
        light->depth < 8 || light->depth > 16)
        return GOOD_DEVIATION;
    for (int row = 0; row < SAMPLES; row++) {
        const guint8 *line =
            frame->data[light->plane] +
            (gssize) (row * (gint64) frame->height / SAMPLES) * frame->linesize[light->plane];
        for (int column = 0; column < SAMPLES; column++, n++) {
            const guint8 *at =
                line + (gsize) (column * (gint64) frame->width / SAMPLES) * (gsize) light->step +
                light->offset;
            guint value =
                light->depth == 8 ? *at : ((guint) at[0] | (guint) at[1] << 8) >> light->shift;
            double brightness =
                (value & ((1u << light->depth) - 1)) * 255.0 / ((1u << light->depth) - 1);
            sum += brightness;
            sum_of_squares += brightness * brightness;
        }
    }
    sum /= n;
    return sqrt (MAX (0, sum_of_squares / n - sum * sum));
}

/* Keep the frame if it is the best so far; TRUE when it is good enough. */
static gboolean
consider (VideoFrame *self, const AVFrame *frame)
{
    double score;

    if (frame->width < 1 || frame->height < 1)
        return FALSE;
    score = measure (frame);
    if (score > self->best_score) {
        av_frame_unref (self->best);
        if (av_frame_ref (self->best, frame) < 0)
            return FALSE;
        self->best_score = score;
    }
    return score >= GOOD_DEVIATION;
}

/* ---- going through the video ---- */

typedef struct {
    gboolean key_frames_only;
    guint max_frames; /* decoded */
    guint look_every;
    gint64 until_us;
} Search;

/* What the decoder has ready. TRUE when the search is over. */
static gboolean
take_frames (VideoFrame *self, const Search *search, AVFrame *frame, guint *n_frames)
{
    while (avcodec_receive_frame (self->decoder, frame) == 0) {
        gboolean is_good = (*n_frames)++ % search->look_every == 0 && consider (self, frame);

        av_frame_unref (frame);
        if (is_good || *n_frames >= search->max_frames)
            return TRUE;
    }
    return g_get_monotonic_time () > search->until_us;
}

/* Damaged packets are passed over: one frame is enough. */
static void
search_frames (VideoFrame *self, const Search *search)
{
    AVPacket *packet = av_packet_alloc ();
    AVFrame *frame = av_frame_alloc ();
    guint n_frames = 0;
    gboolean over = FALSE;

    self->decoder->skip_frame = search->key_frames_only ? AVDISCARD_NONINTRA : AVDISCARD_DEFAULT;
    self->file->video->discard = search->key_frames_only ? AVDISCARD_NONINTRA : AVDISCARD_DEFAULT;
    while (!over && av_read_frame (self->file->format, packet) >= 0) {
        if (packet->stream_index == self->file->video->index &&
            (!search->key_frames_only || packet->flags & AV_PKT_FLAG_KEY) &&
            avcodec_send_packet (self->decoder, packet) == 0)
            over = take_frames (self, search, frame, &n_frames);
        over = over || g_get_monotonic_time () > search->until_us;
        av_packet_unref (packet);
    }
    if (!over && avcodec_send_packet (self->decoder, NULL) == 0)
        take_frames (self, search, frame, &n_frames);
    av_frame_free (&frame);
    av_packet_free (&packet);
}

static void
choose_frame (VideoFrame *self)
{
    const AVFormatContext *format = self->file->format;
    double rate = video_file_rate (self->file->video);
    gint64 until_us = g_get_monotonic_time () + CHOICE_TIME_US;
    Search keys = { TRUE, CANDIDATES, 1, until_us };
    Search all = { FALSE, MAX_FRAMES, (guint) CLAMP (rate / LOOKS_PER_SECOND, 1, 30),
                   until_us + CHOICE_TIME_US };
    /* transport streams do not say which frames are key frames */
    gboolean knows_keys = strcmp (format->iformat->name, "mpegts") != 0;

    if (knows_keys)
        search_frames (self, &keys);
    if (self->best_score >= GOOD_DEVIATION)
        return;
    if (knows_keys) {
        if (av_seek_frame (self->file->format, -1, 0, AVSEEK_FLAG_BACKWARD) < 0 &&
            avformat_seek_file (self->file->format, -1, G_MININT64, 0, 0, AVSEEK_FLAG_BYTE) < 0)
            return;
        avcodec_flush_buffers (self->decoder);
    }
    search_frames (self, &all);
}

VideoFrame *
video_frame_new (int fd, gint64 max_pixels, GError **error)
{
    g_autoptr (VideoFrame) self = g_new0 (VideoFrame, 1);
    int width, height;

    self->best_score = -1;
    self->best = av_frame_alloc ();
    self->file = video_file_open (fd, TIME_LIMIT_S, error);
    if (self->file == NULL)
        return NULL;
    if (!video_file_size (self->file, &width, &height)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA_TYPE,
                             "the video has no picture, only sound or data");
        return NULL;
    }
    for (guint i = 0; i < self->file->format->nb_streams; i++)
        if (self->file->format->streams[i] != self->file->video)
            self->file->format->streams[i]->discard = AVDISCARD_ALL;
    self->decoder = video_file_decoder (self->file->video, max_pixels, error);
    if (self->decoder == NULL)
        return NULL;
    choose_frame (self);
    if (self->best_score < 0) {
        video_set_error (AVERROR_INVALIDDATA, "no frame of the video can be decoded", error);
        return NULL;
    }
    return g_steal_pointer (&self);
}

void
video_frame_free (VideoFrame *self)
{
    if (self == NULL)
        return;
    av_frame_free (&self->best);
    avcodec_free_context (&self->decoder);
    video_file_free (self->file);
    g_free (self);
}

static gboolean
is_sideways (const VideoFrame *self)
{
    return ABS (video_file_rotation (self->file)) == 90;
}

void
video_frame_upright_size (const VideoFrame *self, int *out_width, int *out_height)
{
    int width = 1, height = 1;

    video_file_size (self->file, &width, &height);
    *out_width = is_sideways (self) ? height : width;
    *out_height = is_sideways (self) ? width : height;
}

/* ---- pixels ---- */

/* swscale's name of a matrix; small pictures are BT.601 when nothing is said, others BT.709. */
static const int *
coefficients_of (const AVFrame *frame)
{
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
        return sws_getCoefficients (SWS_CS_ITU709);
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return sws_getCoefficients (SWS_CS_BT2020);
    case AVCOL_SPC_SMPTE240M:
        return sws_getCoefficients (SWS_CS_SMPTE240M);
    case AVCOL_SPC_FCC:
        return sws_getCoefficients (SWS_CS_FCC);
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return sws_getCoefficients (SWS_CS_ITU601);
    default:
        return sws_getCoefficients (frame->height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    }
}

static gboolean
scale_frame (const AVFrame *frame, VipsImage *out, GError **error)
{
    gboolean is_deep = out->BandFmt == VIPS_FORMAT_USHORT;
    gboolean is_full = frame->color_range == AVCOL_RANGE_JPEG ||
                       frame->format == AV_PIX_FMT_YUVJ420P ||
                       frame->format == AV_PIX_FMT_YUVJ422P || frame->format == AV_PIX_FMT_YUVJ444P;
    struct SwsContext *scaler = sws_getContext (
        frame->width, frame->height, frame->format, out->Xsize, out->Ysize,
        is_deep ? AV_PIX_FMT_RGB48 : AV_PIX_FMT_RGB24,
        SWS_LANCZOS | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, NULL, NULL, NULL);
    gboolean scaled;

    if (scaler == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA_TYPE,
                     "videos with pixels like %s cannot be shown by this build",
                     av_get_pix_fmt_name (frame->format));
        return FALSE;
    }
    sws_setColorspaceDetails (scaler, coefficients_of (frame), is_full,
                              sws_getCoefficients (SWS_CS_ITU709), 1, 0, 1 << 16, 1 << 16);
    scaled = frame_pixels_write (scaler, frame, out);
    sws_freeContext (scaler);
    if (!scaled)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA, "the frame cannot be scaled");
    return scaled;
}

static VipsImage *
new_pixels (int width, int height, gboolean is_deep)
{
    VipsImage *image = vips_image_new_memory ();

    vips_image_init_fields (image, width, height, 3,
                            is_deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                            is_deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, 1, 1);
    if (vips_image_write_prepare (image) == 0)
        return image;
    g_object_unref (image);
    return NULL;
}

/* @image turned by the video's rotation, in memory. */
static VipsImage *
turn (const VideoFrame *self, VipsImage *image)
{
    int rotation = video_file_rotation (self->file);
    g_autoptr (VipsImage) turned = NULL;

    if (rotation == 0)
        return vips_image_copy_memory (image);
    if (vips_rot (image, &turned,
                  rotation == -90  ? VIPS_ANGLE_D90
                  : rotation == 90 ? VIPS_ANGLE_D270
                                   : VIPS_ANGLE_D180,
                  NULL) != 0)
        return NULL;
    return vips_image_copy_memory (turned);
}

VipsImage *
video_frame_load (VideoFrame *self, int width, int height, GError **error)
{
    gboolean is_hdr = video_is_hdr (self->best->color_trc);
    g_autoptr (VipsImage) scaled = is_sideways (self) ? new_pixels (height, width, is_hdr)
                                                      : new_pixels (width, height, is_hdr);
    g_autoptr (VipsImage) tagged = NULL, shown = NULL;
    VipsImage *out = NULL;

    if (scaled != NULL && !scale_frame (self->best, scaled, error))
        return NULL;
    if (scaled != NULL && is_hdr) {
        tagged = image_colour_tag (scaled, self->best->color_primaries, self->best->color_trc);
        shown = tagged != NULL ? image_colour_convert (tagged, COLOUR_SRGB) : NULL;
    } else if (scaled != NULL) {
        shown = g_object_ref (scaled);
    }
    out = shown != NULL ? turn (self, shown) : NULL;
    if (out == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "a frame of %d x %d cannot be held in memory: %s", width, height,
                     vips_error_buffer ());
        vips_error_clear ();
    }
    return out;
}
