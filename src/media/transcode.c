/* transcode.c -- see transcode.h
 *
 * The copy is written in a hidden folder beside its place, '.NAME.work', so that the rename stays on one
 * file system. A run has it locked; one that a crash left behind is emptied by the next run. */
#define G_LOG_DOMAIN "transcode"
#include "media/transcode.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>
#include "base/error.h"
#include "media/ffmpeg.h"
#include "media/layout.h"
#include "media/transcode_hardware.h"

#define NICENESS 10 /* nobody waits for it */

/* ---- files ---- */

static gboolean
fail_io (const char *verb, const char *path, GError **error)
{
    int why = errno;

    g_set_error (error, APP_ERROR,
                 why == ENOSPC || why == EDQUOT ? APP_ERROR_DISK_FULL : APP_ERROR_IO,
                 "cannot %s '%s': %s", verb, path, g_strerror (why));
    return FALSE;
}

/* @return a descriptor that holds its lock, or -1 */
static int
take_work_folder (const char *folder, GError **error)
{
    int lock;

    if (g_mkdir_with_parents (folder, 0755) != 0) {
        fail_io ("make the folder", folder, error);
        return -1;
    }
    lock = layout_lock_folder (folder);
    if (lock < 0)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "'%s' is in use: the video is being converted already", folder);
    else
        ffmpeg_empty_folder (folder);
    return lock;
}

static gboolean
sync_path (const char *path, int flags, GError **error)
{
    int fd = g_open (path, flags | O_CLOEXEC, 0);
    gboolean synced = fd >= 0 && fsync (fd) == 0;

    if (!synced)
        fail_io ("sync", path, error);
    if (fd >= 0)
        close (fd);
    return synced;
}

static gboolean
move_into_place (const char *from, const char *to, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (to);

    if (!sync_path (from, O_RDWR, error))
        return FALSE;
    if (g_rename (from, to) != 0)
        return fail_io ("rename to", to, error);
    return sync_path (folder, O_RDONLY | O_DIRECTORY, error);
}

/* ---- the passes ---- */

static FfmpegWish
look (gpointer data)
{
    const Transcode *self = data;

    return self->is_cancelled != NULL && self->is_cancelled (self->data) ? FFMPEG_CANCEL
                                                                         : FFMPEG_GO_ON;
}

static gboolean
run_passes (const Transcode *self, const VideoFacts *facts, const TranscodeSettings *settings,
            const TranscodePlan *plan, const char *folder, const char *result, GError **error)
{
    FfmpegRun run = { .launcher = self->launcher,
                      .input = self->input,
                      .folder = folder,
                      .devices = settings->hardware.devices,
                      .require_sandbox = self->require_sandbox,
                      .niceness = NICENESS,
                      .stall_time_s = self->stall_time_s,
                      .look = look,
                      .data = (gpointer) self };

    for (int pass = 1; pass <= plan->n_passes; pass++) {
        g_auto (GStrv) arguments =
            transcode_arguments (facts, settings, plan, pass, FFMPEG_INPUT, folder, result);

        if (!ffmpeg_run (&run, arguments, error))
            return FALSE;
    }
    return TRUE;
}

/* A device that refuses says why in the log, and the next way is tried: decoding in software, then all of
 * it. What is wrong with the video itself fails in the last way too, and that is the error. */
static gboolean
run_ways (const Transcode *self, const VideoFacts *facts, const TranscodeSettings *settings,
          const TranscodePlan *plan, const char *folder, const char *result, GError **error)
{
    TranscodeSettings way = *settings;
    TranscodePlan way_plan = *plan;
    GError *why = NULL;

    while (!run_passes (self, facts, &way, &way_plan, folder, result, &why)) {
        if (way.hardware.kind == HARDWARE_NONE || !plan->encodes_video ||
            !g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA)) {
            g_propagate_error (error, why);
            return FALSE;
        }
        g_warning ("'%s': the device that ffmpeg.accel asks for did not do it (%s); trying %s",
                   self->input, why->message,
                   hardware_decodes (facts, &way) ? "with decoding in software" : "in software");
        g_clear_error (&why);
        if (hardware_decodes (facts, &way))
            way.decodes_by_hardware = FALSE;
        else
            way.hardware = (Hardware){ .kind = HARDWARE_NONE };
        transcode_decide (facts, &way, &way_plan);
    }
    return TRUE;
}

gboolean
transcode_run (const Transcode *self, const VideoFacts *facts, const TranscodeSettings *settings,
               const TranscodePlan *plan, GError **error)
{
    g_autofree char *parent = g_path_get_dirname (self->output);
    g_autofree char *name = g_path_get_basename (self->output);
    g_autofree char *folder = g_strdup_printf ("%s/.%s.work", parent, name);
    g_autofree char *result = g_build_filename (folder, "result", NULL);
    int lock = take_work_folder (folder, error);
    gboolean done;

    if (lock < 0)
        return FALSE;
    done = run_ways (self, facts, settings, plan, folder, result, error) &&
           move_into_place (result, self->output, error);
    ffmpeg_remove_folder (folder);
    close (lock);
    return done;
}
