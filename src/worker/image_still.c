/* image_still.c -- see image_still.h
 *
 * Both formats are rare among photos: the picture is decoded in full at once. Only the two decoders
 * named below are ever started. */
#define G_LOG_DOMAIN "image-still"
#include "worker/image_still.h"
#include <string.h>
#include <libavcodec/avcodec.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/pixdesc.h>
#include "base/error.h"
#include "worker/frame_pixels.h"
#include "worker/mapping.h"
#include "worker/video_file.h"

static const struct {
    enum AVCodecID codec;
    const char *damaged; /* what is said before libavcodec's reason */
} types[] = {
    [STILL_BMP] = { AV_CODEC_ID_BMP, "the BMP is damaged" },
    [STILL_PSD] = { AV_CODEC_ID_PSD,
                    "the Photoshop file cannot be decoded (colours other than RGB and grey are not "
                    "known, and it must be saved for maximum compatibility)" },
};

/* Both formats begin with their size, so that a bomb is refused before anything is decoded; libavcodec
 * itself asks only after it has unpacked. Sources: Adobe Photoshop File Formats Specification, 2019,
 * "File Header"; BITMAPCOREHEADER and BITMAPINFOHEADER. */
static gboolean
check_size (const ImageInput *input, StillType type, const guint8 *head, gsize n_bytes,
            GError **error)
{
    gint64 width, height;

    if (n_bytes < 26) /* the decoder says what is wrong */
        return TRUE;
    if (type == STILL_PSD) {
        height = AV_RB32 (head + 14);
        width = AV_RB32 (head + 18);
    } else if (AV_RL32 (head + 14) == 12) {
        width = AV_RL16 (head + 18);
        height = AV_RL16 (head + 20);
    } else {
        width = (gint32) AV_RL32 (head + 18);
        height = ABS ((gint64) (gint32) AV_RL32 (head + 22)); /* negative: from above to below */
    }
    if (width <= 0 || height <= 0 || width <= input->max_pixels / height)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                 "the picture is %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
                 "; the limit is %" G_GINT64_FORMAT " megapixels",
                 width, height, input->max_pixels / 1000000);
    return FALSE;
}

static AVPacket *
read_packet (const ImageInput *input, StillType type, GError **error)
{
    g_auto (Mapping) file = { 0 };
    AVPacket *packet;

    if (!mapping_init (&file, input->fd, error) ||
        !check_size (input, type, file.bytes, file.n_bytes, error))
        return NULL;
    packet = av_packet_alloc ();
    if (file.n_bytes > G_MAXINT / 2 || av_new_packet (packet, (int) file.n_bytes) < 0) {
        av_packet_free (&packet);
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "a picture of %" G_GSIZE_FORMAT
                     " bytes needs more memory than a worker may use",
                     file.n_bytes);
        return NULL;
    }
    memcpy (packet->data, file.bytes, file.n_bytes);
    return packet;
}

/* @return negative: why not, as libav tells it */
static int
decode (enum AVCodecID codec, AVPacket *packet, AVFrame *out)
{
    AVCodecContext *decoder = avcodec_alloc_context3 (avcodec_find_decoder (codec));
    int why;

    decoder->thread_count = 1;
    if ((why = avcodec_open2 (decoder, decoder->codec, NULL)) >= 0 &&
        (why = avcodec_send_packet (decoder, packet)) >= 0)
        why = avcodec_receive_frame (decoder, out);
    avcodec_free_context (&decoder);
    return why;
}

static VipsImage *
convert (const AVFrame *frame)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get (frame->format);
    gboolean has_alpha = (format->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
    VipsImage *image = vips_image_new_memory ();
    struct SwsContext *scaler =
        sws_getContext (frame->width, frame->height, frame->format, frame->width, frame->height,
                        has_alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24,
                        SWS_POINT | SWS_ACCURATE_RND, NULL, NULL, NULL);
    gboolean done;

    vips_image_init_fields (image, frame->width, frame->height, has_alpha ? 4 : 3,
                            VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1, 1);
    done = scaler != NULL && vips_image_write_prepare (image) == 0 &&
           frame_pixels_write (scaler, frame, image);
    sws_freeContext (scaler);
    if (!done)
        g_clear_object (&image);
    return image;
}

VipsImage *
image_still_load (const ImageInput *input, StillType type, GError **error)
{
    AVPacket *packet = read_packet (input, type, error);
    AVFrame *frame;
    VipsImage *image = NULL;
    int why;

    if (packet == NULL)
        return NULL;
    video_forget_complaints ();
    frame = av_frame_alloc ();
    why = decode (types[type].codec, packet, frame);
    av_packet_free (&packet);
    if (why == AVERROR (ENOMEM) || (why >= 0 && (image = convert (frame)) == NULL))
        g_set_error_literal (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                             "decoding this picture needs more memory than a worker may use");
    else if (why < 0)
        video_set_error (why, types[type].damaged, error);
    vips_error_clear ();
    av_frame_free (&frame);
    return image;
}
