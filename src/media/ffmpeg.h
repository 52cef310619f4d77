/* ffmpeg.h -- one run of the program ffmpeg, shut in
 *
 * A child that can read one file, write into one folder and reach nothing else. It is killed when it is
 * told to, when it gets nowhere, and with the server. Blocks; any thread. */
#pragma once
#include <glib.h>

/** How arguments name the input: it is open when the program starts, and no name of it leads elsewhere. */
#define FFMPEG_INPUT "/proc/self/fd/3"

typedef enum { FFMPEG_GO_ON, FFMPEG_PAUSE, FFMPEG_CANCEL } FfmpegWish;

typedef struct {
    const char *launcher;       /* path of tintype-transcoder */
    const char *input;          /* absolute path of the only file it can read, see layout_open () */
    const char *folder;         /* the only one it can write to */
    const char *const *devices; /* that it may use; ends with NULL. NULL: none */
    gboolean require_sandbox;   /* fail instead of running without Landlock or seccomp */
    int niceness;               /* 0 to 19: how far others go first */
    gint64 memory_mb;           /* that it may write to; 0: ffmpeg_memory_limit_mb () */
    gint64 stall_time_s;        /* without progress, then it is killed; 0: 15 minutes */
    guint look_ms;              /* between two looks; 0: 1000 */
    /** Asked again and again while it runs, what shall become of it; may block for a moment. */
    FfmpegWish (*look) (gpointer data);
    gpointer data;
} FfmpegRun;

/** Run it with @arguments (NULL-terminated, without the program's name).
 *  @return FALSE with APP_ERROR_MEDIA: it is not installed, or could not do it, and the reason is its last
 *          words; APP_ERROR_UNAVAILABLE: cancelled; APP_ERROR_IO, APP_ERROR_DISK_FULL */
gboolean ffmpeg_run (const FfmpegRun *self, char **arguments, GError **error);

/** Half of the memory of the machine or container, and at least 2 GB. */
gint64 ffmpeg_memory_limit_mb (void);

/** Delete what ffmpeg wrote to a folder, or that too; a missing one is fine. */
void ffmpeg_empty_folder (const char *folder);
void ffmpeg_remove_folder (const char *folder);
