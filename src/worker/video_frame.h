/* video_frame.h -- the frame of a video that stands for it
 *
 * The first one that shows something: black, white and blurred-out openings are passed over, within
 * limits of frames and time; when all are dull, the least dull one. */
#pragma once
#include <vips/vips.h>

typedef struct _VideoFrame VideoFrame;

/** Open the video and find the frame.
 *  @return (transfer full) NULL with the codes of video_file_open (), APP_ERROR_MEDIA_TYPE (no picture in
 *          it, or a codec that is not built in) or APP_ERROR_TOO_LARGE */
VideoFrame *video_frame_new (int fd, gint64 max_pixels, GError **error);
void video_frame_free (VideoFrame *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VideoFrame, video_frame_free)

/** As it is shown: square pixels, turned. */
void video_frame_upright_size (const VideoFrame *self, int *out_width, int *out_height);

/** The upright frame, reduced to @width x @height, in memory: 8-bit sRGB; HDR is tone mapped.
 *  @return (transfer full) */
VipsImage *video_frame_load (VideoFrame *self, int width, int height, GError **error);
