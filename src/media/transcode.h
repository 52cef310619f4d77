/* transcode.h -- have ffmpeg write a playable copy of a video
 *
 * ffmpeg runs as a child that can read the original, write into a folder of its own and reach nothing
 * else; it is killed when it is told to, when it gets nowhere, and with the server. The result appears
 * at its path complete and durable, or not at all. Blocks; any thread. */
#pragma once
#include "media/transcode_plan.h"

typedef struct {
    const char *launcher;     /* path of tintype-transcoder */
    const char *input;        /* absolute path of the original */
    const char *output;       /* absolute path of the copy; replaces what is there */
    gboolean require_sandbox; /* fail instead of running without Landlock or seccomp */
    gint64 stall_time_s;      /* without progress, then ffmpeg is killed; 0: 15 minutes */
    /** Asked about once a second while ffmpeg runs; TRUE: kill it. */
    gboolean (*is_cancelled) (gpointer data);
    gpointer data;
} Transcode;

/** Run all passes of @plan.
 *  @return FALSE with APP_ERROR_MEDIA: ffmpeg is not installed, or could not do it, and the reason is its
 *          last words; APP_ERROR_UNAVAILABLE: cancelled, or another run
 *          has the place of the copy; APP_ERROR_IO, APP_ERROR_DISK_FULL */
gboolean transcode_run (const Transcode *self, const VideoFacts *facts,
                        const TranscodeSettings *settings, const TranscodePlan *plan,
                        GError **error);
