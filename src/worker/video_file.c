/* video_file.c -- see video_file.h */
#define G_LOG_DOMAIN "video"
#include "worker/video_file.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libavutil/avstring.h>
#include <libavutil/display.h>
#include "base/error.h"

#define BUFFER_BYTES (64 * 1024)
#define MAX_STREAMS 200 /* fonts and subtitles count; one of pictures takes megabytes */

/* Names as libavformat and libavcodec know them. Playlists, image sequences, subtitles and whatever
 * opens a second file are not among them. */
static const char containers[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpegts,mpeg,mxf,asf,gif";
static const char codecs[] =
    "h264,hevc,vp8,vp9,libvpx-vp9,libdav1d,libaom-av1,mpeg4,mpeg1video,mpeg2video,mjpeg,msmpeg4v1,"
    "msmpeg4v2,msmpeg4,wmv1,wmv2,wmv3,vc1,h263,h263p,flv,vp6,vp6f,theora,prores,dnxhd,dvvideo,svq1,"
    "svq3,cinepak,rpza,qtrle,rawvideo,huffyuv,ffv1,gif,png,jpeg2000,"
    "aac,aac_latm,ac3,eac3,mp2,mp2float,mp3,mp3float,opus,libopus,vorbis,flac,alac,amrnb,amrwb,"
    "wmav1,wmav2,wmapro,dca,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_u8,pcm_mulaw,"
    "pcm_alaw,pcm_bluray,pcm_dvd,adpcm_ms,adpcm_ima_qt,adpcm_ima_wav,adpcm_swf";

/* libav tells the reason to its log only; one worker reads one file at a time. */
static char last_complaint[160];

static G_GNUC_PRINTF (3, 0) void note_complaint (void *owner, int level, const char *format,
                                                 va_list arguments)
{
    if (level > AV_LOG_ERROR)
        return;
    vsnprintf (last_complaint, sizeof last_complaint, format, arguments);
    g_strstrip (last_complaint);
}

void
video_forget_complaints (void)
{
    av_log_set_callback (note_complaint);
    last_complaint[0] = '\0';
}

void
video_set_error (int averror, const char *what, GError **error)
{
    char reason[AV_ERROR_MAX_STRING_SIZE];
    g_autofree char *complaint = g_utf8_make_valid (last_complaint, -1);

    av_make_error_string (reason, sizeof reason, averror);
    g_set_error (error, APP_ERROR, APP_ERROR_MEDIA, "%s: %s%s%s", what, reason,
                 *complaint != '\0' ? ", " : "", complaint);
}

/* ---- reading ---- */

static int
read_bytes (void *data, uint8_t *buffer, int n_bytes)
{
    VideoFile *self = data;
    gssize n;

    do
        n = read (self->fd, buffer, (gsize) n_bytes);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        self->read_errno = errno;
    return n < 0 ? AVERROR (errno) : n == 0 ? AVERROR_EOF : (int) n;
}

static int64_t
seek_to (void *data, int64_t offset, int whence)
{
    const VideoFile *self = data;
    struct stat facts;

    if (whence == AVSEEK_SIZE)
        return fstat (self->fd, &facts) == 0 ? facts.st_size : AVERROR (errno);
    return lseek (self->fd, offset, whence & ~AVSEEK_FORCE);
}

static int
is_late (void *data)
{
    const VideoFile *self = data;

    return g_get_monotonic_time () > self->deadline_us;
}

static int
refuse_other_file (AVFormatContext *format, AVIOContext **out, const char *url, int flags,
                   AVDictionary **options)
{
    return AVERROR (EPERM);
}

/* ---- the chosen streams ---- */

static gboolean
is_better (const AVStream *a, const AVStream *b)
{
    gboolean a_default = (a->disposition & AV_DISPOSITION_DEFAULT) != 0;
    gboolean b_default = b != NULL && (b->disposition & AV_DISPOSITION_DEFAULT) != 0;

    if (b == NULL || a_default != b_default)
        return b == NULL || a_default;
    return a->codecpar->bit_rate > b->codecpar->bit_rate;
}

static void
choose_streams (VideoFile *self)
{
    for (guint i = 0; i < self->format->nb_streams; i++) {
        AVStream *stream = self->format->streams[i];

        if (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
            !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC) && is_better (stream, self->video))
            self->video = stream;
        else if (stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO &&
                 is_better (stream, self->audio))
            self->audio = stream;
    }
}

/* ---- opening ---- */

static gboolean
open_input (VideoFile *self, GError **error)
{
    AVDictionary *options = NULL;
    guint8 *buffer = av_malloc (BUFFER_BYTES);
    int why;

    self->format = avformat_alloc_context ();
    self->io = avio_alloc_context (buffer, BUFFER_BYTES, 0, self, read_bytes, NULL, seek_to);
    self->format->pb = self->io;
    self->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    self->format->io_open = refuse_other_file;
    self->format->max_streams = MAX_STREAMS;
    self->format->interrupt_callback = (AVIOInterruptCB){ is_late, self };
    av_dict_set (&options, "format_whitelist", containers, 0);
    av_dict_set (&options, "codec_whitelist", codecs, 0);
    av_dict_set (&options, "protocol_whitelist", "", 0);
    av_dict_set (&options, "export_xmp", "1", 0);
    why = avformat_open_input (&self->format, NULL, NULL, &options);
    av_dict_free (&options);
    if (why == 0)
        why = avformat_find_stream_info (self->format, NULL);
    if (self->read_errno != 0) { /* of the disk: of such a file libav tells what it got */
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the original cannot be read: %s",
                     g_strerror (self->read_errno));
        return FALSE;
    }
    if (why >= 0)
        return TRUE;
    if (strstr (last_complaint, "whitelist") != NULL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA_TYPE,
                             "the file is not a video of a known kind");
        return FALSE;
    }
    if (strstr (last_complaint, "max_streams") != NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "the video has more than %d streams of pictures, sound and text", MAX_STREAMS);
        return FALSE;
    }
    video_set_error (why, "the video is damaged or cut short", error);
    return FALSE;
}

VideoFile *
video_file_open (int fd, guint time_limit_s, GError **error)
{
    g_autoptr (VideoFile) self = g_new0 (VideoFile, 1);

    video_forget_complaints ();
    self->fd = fd;
    self->deadline_us = g_get_monotonic_time () + (gint64) time_limit_s * G_USEC_PER_SEC;
    if (lseek (fd, 0, SEEK_SET) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the original cannot be read: %s",
                     g_strerror (errno));
        return NULL;
    }
    if (!open_input (self, error))
        return NULL;
    choose_streams (self);
    return g_steal_pointer (&self);
}

void
video_file_free (VideoFile *self)
{
    if (self == NULL)
        return;
    avformat_close_input (&self->format); /* leaves what is not its own */
    if (self->io != NULL)
        av_freep (&self->io->buffer);
    avio_context_free (&self->io);
    g_free (self);
}

/* ---- what is known ---- */

const guint8 *
video_file_side_data (const AVStream *stream, enum AVPacketSideDataType type)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData *found = av_packet_side_data_get (
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type);
    return found != NULL ? found->data : NULL;
#else
    return av_stream_get_side_data (stream, type, NULL);
#endif
}

int
video_file_rotation (const VideoFile *self)
{
    const guint8 *matrix =
        self->video != NULL ? video_file_side_data (self->video, AV_PKT_DATA_DISPLAYMATRIX) : NULL;
    double angle = matrix != NULL ? av_display_rotation_get ((const gint32 *) matrix) : 0;
    int quarter = isfinite (angle) ? (int) lround (angle / 90) : 0;

    return quarter == -2 ? 180 : quarter * 90;
}

double
video_file_rate (const AVStream *stream)
{
    AVRational rate =
        stream->avg_frame_rate.num > 0 ? stream->avg_frame_rate : stream->r_frame_rate;

    return rate.num > 0 && rate.den > 0 ? av_q2d (rate) : 0;
}

gboolean
video_file_size (const VideoFile *self, int *out_width, int *out_height)
{
    const AVCodecParameters *codec = self->video != NULL ? self->video->codecpar : NULL;
    AVRational pixel = { 1, 1 };

    if (codec == NULL || codec->width < 1 || codec->height < 1)
        return FALSE;
    if (self->video->sample_aspect_ratio.num > 0)
        pixel = self->video->sample_aspect_ratio;
    else if (codec->sample_aspect_ratio.num > 0)
        pixel = codec->sample_aspect_ratio;
    *out_width =
        pixel.den > 0 ? (int) av_rescale (codec->width, pixel.num, pixel.den) : codec->width;
    *out_height = codec->height;
    if (*out_width < 1 || *out_width > codec->width * 16)
        *out_width = codec->width; /* such pixels are a slip of whoever wrote the file */
    return TRUE;
}

gboolean
video_is_hdr (enum AVColorTransferCharacteristic transfer)
{
    return transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67;
}

AVCodecContext *
video_file_decoder (const AVStream *stream, gint64 max_pixels, GError **error)
{
    const AVCodecParameters *codec = stream->codecpar;
    const AVCodec *decoder = avcodec_find_decoder (codec->codec_id);
    AVCodecContext *self;
    int why;

    if ((gint64) codec->width * codec->height > max_pixels) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "the video is %d x %d; the limit is %" G_GINT64_FORMAT " megapixels",
                     codec->width, codec->height, max_pixels / 1000000);
        return NULL;
    }
    if (decoder == NULL || av_match_list (decoder->name, codecs, ',') <= 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA_TYPE,
                     "videos coded as %s cannot be decoded by this build",
                     avcodec_get_name (codec->codec_id));
        return NULL;
    }
    self = avcodec_alloc_context3 (decoder);
    self->thread_count = 1; /* one worker runs on each core */
    self->max_pixels = max_pixels;
    self->pkt_timebase = stream->time_base;
    if ((why = avcodec_parameters_to_context (self, codec)) < 0 ||
        (why = avcodec_open2 (self, decoder, NULL)) < 0) {
        avcodec_free_context (&self);
        video_set_error (why, "the decoder of the video does not start", error);
        return NULL;
    }
    return self;
}
