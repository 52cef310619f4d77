/* stream_plan.h -- a video cut into segments that are made while it is watched (HLS)
 *
 * Rules only: nothing is run, no file is opened. All pictures of a stream have the same distance, and a
 * segment begins with a key frame after each @gop of them: so the lengths of all segments are known before
 * any is made, and making can begin at each of them. */
#pragma once
#include "media/transcode_plan.h"

#define STREAM_LIST "list.m3u8" /* in the folder of stream_arguments () */
#define STREAM_N_VARIANTS 15    /* their numbers are part of the addresses */

/** How the video is cut. */
typedef struct {
    int rate_numerator, rate_denominator; /* pictures per second */
    int gop;                              /* pictures of a segment */
    gint64 n_frames;                      /* of the whole video; the last segment may have fewer */
    gint64 n_segments;
} StreamGrid;

typedef struct {
    const char *codec; /* av1, hevc, h264 */
    int short_side;
    gint64 bit_rate; /* at most, bit/s */
    int width, height;
    gboolean is_offered;
} StreamVariant;

/** @return FALSE with APP_ERROR_NOT_FOUND when the video has no picture, or nobody knows how long it is;
 *          APP_ERROR_TOO_LARGE when it says that it is longer than 100 hours */
gboolean stream_grid_init (StreamGrid *self, const VideoFacts *facts, GError **error);
/** Seconds from the start of the video. */
double stream_segment_start (const StreamGrid *self, gint64 segment);
/** The segment at a place in the video; the last one for all after it. */
gint64 stream_segment_at (const StreamGrid *self, double seconds);

/** @param codecs, short_sides  the ones that are switched on */
void stream_variants (const VideoFacts *facts, const StringList *codecs, const IntList *short_sides,
                      StreamVariant out[STREAM_N_VARIANTS]);

/** The playlists; end with a newline. @base  of the addresses of the variants, "ID" for "ID/2/playlist.m3u8"
 *  @query  that every address in them gets, "?key=..." or "" */
void stream_write_main (const StreamGrid *grid, const VideoFacts *facts,
                        const StreamVariant variants[STREAM_N_VARIANTS], const char *base,
                        const char *query, GString *out);
void stream_write_media (const StreamGrid *grid, const char *query, GString *out);

/** The arguments of ffmpeg that make init.mp4 and seg_N.m4s, from @first on, in @folder. A segment is
 *  complete when STREAM_LIST names it or a later one, init.mp4 with the first of them. Ends with NULL.
 *  @param settings  of the transcodes; codec, size and rate are those of @variant instead */
char **stream_arguments (const StreamGrid *grid, const VideoFacts *facts,
                         const TranscodeSettings *settings, const StreamVariant *variant,
                         gint64 first, const char *input, const char *folder);
