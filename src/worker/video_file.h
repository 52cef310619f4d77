/* video_file.h -- a video in a descriptor, opened by what its content says it is
 *
 * libavformat reads through the descriptor alone: no protocol, no path, no file that a container points
 * at. Only the containers and codecs that cameras and people use are tried. */
#pragma once
#include <glib.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

typedef struct {
    AVFormatContext *format;
    AVIOContext *io;         /* what reads for it */
    AVStream *video, *audio; /* the chosen ones; NULL: none */
    int fd;                  /* the caller's */
    int read_errno;          /* why bytes could not be had from it; 0: they could */
    gint64 deadline_us;      /* reading is given up then */
} VideoFile;

/** Open and read what there is to know without decoding all of it.
 *  @param time_limit_s  for this and all reading that follows
 *  @return (transfer full) NULL with APP_ERROR_MEDIA_TYPE (no video we know), APP_ERROR_MEDIA (damaged)
 *          or APP_ERROR_IO */
VideoFile *video_file_open (int fd, guint time_limit_s, GError **error);
void video_file_free (VideoFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VideoFile, video_file_free)

/** How far the picture is turned for showing, anticlockwise: -90, 0, 90 or 180. */
int video_file_rotation (const VideoFile *self);
/** Pictures per second; 0: nobody knows. */
double video_file_rate (const AVStream *stream);
/** The size with square pixels, before it is turned; FALSE when there is no picture. */
gboolean video_file_size (const VideoFile *self, int *out_width, int *out_height);
/** One of the stream's side data (AVPacketSideDataType); NULL: it has none. */
const guint8 *video_file_side_data (const AVStream *stream, enum AVPacketSideDataType type);
/** Whether brightness is coded for HDR screens (PQ or HLG). */
gboolean video_is_hdr (enum AVColorTransferCharacteristic transfer);

/** A decoder for @stream without threads of its own.
 *  @return (transfer full) NULL with APP_ERROR_MEDIA_TYPE or APP_ERROR_TOO_LARGE */
AVCodecContext *video_file_decoder (const AVStream *stream, gint64 max_pixels, GError **error);

/** From here on libav's complaints are of another file. */
void video_forget_complaints (void);
/** An error about this file, with what libav last complained about. */
void video_set_error (int averror, const char *what, GError **error);
