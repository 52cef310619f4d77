/* ffmpeg.c -- see ffmpeg.h */
#define G_LOG_DOMAIN "transcode"
#include "media/ffmpeg.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/error.h"
#include "media/layout.h"
#include "worker/protocol.h"

#define STALL_TIME_S (15 * 60)
#define LOOK_MS 1000
#define LAST_WORDS_BYTES 8192 /* more than is read at once */
#define INPUT_FD 3
#define LEAST_OUTPUT_MB 4096 /* a copy may well be larger than a small original */
#define OUTPUT_FACTOR 20
#define LEAST_MEMORY_MB 2048
#define MB (G_GINT64_CONSTANT (1024) * 1024)

typedef struct {
    pid_t pid;
    int progress_fd, words_fd;
    GString *progress, *words;
    gint64 moved_at_us; /* when progress was last made */
    gboolean is_paused;
} Child;

static gboolean
fail_io (const char *verb, const char *path, GError **error)
{
    int why = errno;

    g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot %s '%s': %s", verb, path,
                 g_strerror (why));
    return FALSE;
}

static gint64
output_limit_mb (int input_fd)
{
    struct stat facts;
    gint64 input_mb = fstat (input_fd, &facts) == 0 ? facts.st_size / (1024 * 1024) : 0;

    return MAX (LEAST_OUTPUT_MB, OUTPUT_FACTOR * input_mb);
}

/* Of the machine, or of the container. */
static gint64
memory_of_system_mb (void)
{
    gint64 physical = (gint64) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE), allowed = 0;
    g_autofree char *text = NULL;

    if (g_file_get_contents ("/sys/fs/cgroup/memory.max", &text, NULL, NULL))
        allowed = g_ascii_strtoll (text, NULL, 10); /* "max" is 0 */
    return (allowed > 0 ? MIN (physical, allowed) : physical) / MB;
}

/* It grows with the size of the pictures and the number of processors: half of all leaves the rest to the
 * server, and is enough for 8K on a machine that can convert it in reasonable time. */
gint64
ffmpeg_memory_limit_mb (void)
{
    return MAX (LEAST_MEMORY_MB, memory_of_system_mb () / 2);
}

static gboolean
spawn (char **argv, int input_fd, int progress_fd, int words_fd, pid_t *out_pid, GError **error)
{
    static char *const environment[] = { (char *) "LC_ALL=C.UTF-8",
                                         (char *) "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int why;

    sigemptyset (&none);
    sigfillset (&all);
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2 (&actions, progress_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2 (&actions, words_fd, STDERR_FILENO);
    posix_spawn_file_actions_adddup2 (&actions, input_fd, INPUT_FD); /* the last: a pipe may be 3 */
    posix_spawn_file_actions_addclosefrom_np (&actions, INPUT_FD + 1);
    posix_spawnattr_init (&attributes);
    posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask (&attributes, &none);
    posix_spawnattr_setsigdefault (&attributes, &all);
    why = posix_spawn (out_pid, argv[0], &actions, &attributes, argv, environment);
    posix_spawnattr_destroy (&attributes);
    posix_spawn_file_actions_destroy (&actions);
    if (why != 0)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "'%s' does not start: %s", argv[0],
                     g_strerror (why));
    return why == 0;
}

static gboolean
start (Child *self, char **argv, int input_fd, GError **error)
{
    int progress[2], words[2];
    gboolean started;

    if (pipe2 (progress, O_CLOEXEC) != 0)
        return fail_io ("make a pipe for", argv[0], error);
    if (pipe2 (words, O_CLOEXEC) != 0) {
        fail_io ("make a pipe for", argv[0], error);
        close (progress[0]);
        close (progress[1]);
        return FALSE;
    }
    started = spawn (argv, input_fd, progress[1], words[1], &self->pid, error);
    close (progress[1]);
    close (words[1]);
    self->progress_fd = progress[0];
    self->words_fd = words[0];
    self->progress = g_string_new (NULL);
    self->words = g_string_new (NULL);
    self->moved_at_us = g_get_monotonic_time ();
    return started;
}

static void
child_clear (Child *self)
{
    if (self->progress == NULL)
        return;
    close (self->progress_fd);
    close (self->words_fd);
    g_string_free (self->progress, TRUE);
    g_string_free (self->words, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Child, child_clear)

/* Read what is there. FALSE at the end. */
static gboolean
drain (int fd, GString *into)
{
    char bytes[4096];
    gssize n = read (fd, bytes, sizeof bytes);

    if (n > 0)
        g_string_append_len (into, bytes, n);
    if (into->len > LAST_WORDS_BYTES)
        g_string_erase (into, 0, (gssize) (into->len - LAST_WORDS_BYTES));
    return n > 0 || (n < 0 && errno == EINTR);
}

/* Reports come all the time; only those with another place in the video count. */
static void
note_progress (Child *self, char last_place[32])
{
    const char *place = g_strrstr (self->progress->str, "out_time_us=");
    const char *size = g_strrstr (self->progress->str, "total_size=");
    char now[32];

    if (place == NULL && size == NULL)
        return;
    g_snprintf (now, sizeof now, "%.15s/%.15s", place != NULL ? place + 12 : "",
                size != NULL ? size + 11 : "");
    if (strcmp (now, last_place) != 0) {
        g_strlcpy (last_place, now, 32);
        self->moved_at_us = g_get_monotonic_time ();
    }
}

static void
set_paused (Child *self, gboolean paused)
{
    if (paused || self->is_paused)
        self->moved_at_us = g_get_monotonic_time (); /* standing still is no fault of its own */
    if (paused == self->is_paused)
        return;
    self->is_paused = paused;
    kill (-self->pid, paused ? SIGSTOP : SIGCONT);
}

static gint64
memory_limit_mb (const FfmpegRun *run)
{
    return run->memory_mb > 0 ? run->memory_mb : ffmpeg_memory_limit_mb ();
}

/* Said by libav, its decoders and x264. It would go on, and leave out what it could not decode. */
static gboolean
lacks_memory (const Child *self)
{
    static const char *const signs[] = { "Cannot allocate memory", "get_buffer() failed",
                                         "malloc of size" };

    for (gsize i = 0; i < G_N_ELEMENTS (signs); i++)
        if (strstr (self->words->str, signs[i]) != NULL)
            return TRUE;
    return FALSE;
}

/* What its owner wants, and whether it moves. FALSE: it shall end. */
static gboolean
look_after (Child *self, const FfmpegRun *run, GError **error)
{
    gint64 stall_us = (run->stall_time_s > 0 ? run->stall_time_s : STALL_TIME_S) * G_USEC_PER_SEC;
    FfmpegWish wish = run->look != NULL ? run->look (run->data) : FFMPEG_GO_ON;

    if (wish == FFMPEG_CANCEL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                             "the conversion was cancelled");
        return FALSE;
    }
    if (lacks_memory (self)) {
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "ffmpeg needs more memory for this video than the %" G_GINT64_FORMAT
                     " MB that it may use",
                     memory_limit_mb (run));
        return FALSE;
    }
    set_paused (self, wish == FFMPEG_PAUSE);
    if (g_get_monotonic_time () - self->moved_at_us > stall_us) {
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "ffmpeg got nowhere for %" G_GINT64_FORMAT " s and was ended",
                     stall_us / G_USEC_PER_SEC);
        return FALSE;
    }
    return TRUE;
}

/* Until both pipes are closed, or somebody wants it to end. */
static gboolean
watch (Child *self, const FfmpegRun *run, GError **error)
{
    struct pollfd fds[2] = { { self->progress_fd, POLLIN, 0 }, { self->words_fd, POLLIN, 0 } };
    char last_place[32] = "";

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll (fds, 2, run->look_ms > 0 ? (int) run->look_ms : LOOK_MS) < 0 && errno != EINTR)
            return fail_io ("wait for", "ffmpeg", error);
        if (fds[0].revents != 0 && !drain (self->progress_fd, self->progress))
            fds[0].fd = -1;
        if (fds[1].revents != 0 && !drain (self->words_fd, self->words))
            fds[1].fd = -1;
        fds[0].revents = fds[1].revents = 0;
        note_progress (self, last_place);
        if (!look_after (self, run, error))
            return FALSE;
    }
    return TRUE;
}

/* The first line that ffmpeg wrote names the cause, the last one the result; without the pointers, which
 * mean nothing outside of it. */
static char *
reason_of (const Child *self, const char *input)
{
    g_autofree char *valid = g_utf8_make_valid (self->words->str, (gssize) self->words->len);
    g_autoptr (GRegex) address = g_regex_new (" @ 0x[0-9a-f]+", 0, 0, NULL);
    g_autofree char *plain =
        g_regex_replace_literal (address, g_strstrip (valid), -1, 0, "", 0, NULL);
    g_auto (GStrv) parts = g_strsplit (plain, FFMPEG_INPUT, -1);
    g_autofree char *named = g_strjoinv (input, parts);
    g_auto (GStrv) lines = g_strsplit (named, "\n", -1);
    guint n = g_strv_length (lines);

    if (n == 0)
        return g_strdup ("it gave no reason");
    return n == 1 ? g_strdup (lines[0]) : g_strdup_printf ("%s; %s", lines[0], lines[n - 1]);
}

static gboolean
check_status (const Child *self, const char *input, int status, GError **error)
{
    g_autofree char *words = NULL;

    if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
        return TRUE;
    words = reason_of (self, input);
    if (WIFSIGNALED (status))
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "ffmpeg was killed by signal %d (%s) before the video was complete",
                     WTERMSIG (status), g_strsignal (WTERMSIG (status)));
    else if (strstr (words, "No space left") != NULL)
        g_set_error (error, APP_ERROR, APP_ERROR_DISK_FULL, "ffmpeg: %s", words);
    else
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA, "ffmpeg could not convert the video: %s",
                     words);
    return FALSE;
}

static gboolean
run_child (const FfmpegRun *run, char **argv, int input_fd, GError **error)
{
    g_auto (Child) child = { 0 };
    gboolean watched;
    int status = 0;

    if (!start (&child, argv, input_fd, error))
        return FALSE;
    watched = watch (&child, run, error);
    if (!watched)
        kill (-child.pid, SIGKILL);
    while (waitpid (child.pid, &status, 0) < 0 && errno == EINTR)
        ;
    return watched && check_status (&child, run->input, status, error);
}

/* The launcher, its limits, ffmpeg and its words. */
static char **
command_line (const FfmpegRun *self, int input_fd, const char *ffmpeg, char **arguments)
{
    GPtrArray *words = g_ptr_array_new ();

    g_ptr_array_add (words, g_strdup (self->launcher));
    g_ptr_array_add (words, g_strdup_printf (WORKER_ARG_PARENT "%d", (int) getpid ()));
    g_ptr_array_add (words, g_strdup_printf (WORKER_ARG_OUTPUT_MB "%" G_GINT64_FORMAT,
                                             output_limit_mb (input_fd)));
    g_ptr_array_add (
        words, g_strdup_printf (WORKER_ARG_MEMORY_MB "%" G_GINT64_FORMAT, memory_limit_mb (self)));
    g_ptr_array_add (words, g_strdup_printf (TRANSCODER_ARG_NICENESS "%d", self->niceness));
    g_ptr_array_add (words, g_strdup (TRANSCODER_ARG_INPUT FFMPEG_INPUT));
    g_ptr_array_add (words, g_strconcat (TRANSCODER_ARG_FOLDER, self->folder, NULL));
    for (guint i = 0; self->devices != NULL && self->devices[i] != NULL; i++)
        g_ptr_array_add (words, g_strconcat (TRANSCODER_ARG_DEVICE, self->devices[i], NULL));
    if (self->require_sandbox)
        g_ptr_array_add (words, g_strdup (WORKER_ARG_REQUIRE_SANDBOX));
    g_ptr_array_add (words, g_strdup (ffmpeg));
    for (guint i = 0; arguments[i] != NULL; i++)
        g_ptr_array_add (words, g_strdup (arguments[i]));
    g_ptr_array_add (words, NULL);
    return (char **) g_ptr_array_free (words, FALSE);
}

gboolean
ffmpeg_run (const FfmpegRun *self, char **arguments, GError **error)
{
    g_autofree char *ffmpeg = g_find_program_in_path ("ffmpeg");
    g_auto (GStrv) argv = NULL;
    gboolean done;
    int input_fd;

    if (ffmpeg == NULL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA,
                             "ffmpeg is not installed, so videos cannot be converted; install the "
                             "package 'ffmpeg' and start the job for missing videos again");
        return FALSE;
    }
    input_fd = layout_open (self->input);
    if (input_fd < 0)
        return fail_io ("open", self->input, error);
    argv = command_line (self, input_fd, ffmpeg, arguments);
    done = run_child (self, argv, input_fd, error);
    close (input_fd);
    return done;
}

void
ffmpeg_empty_folder (const char *folder)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder, name, NULL);
        g_unlink (path);
    }
}

void
ffmpeg_remove_folder (const char *folder)
{
    ffmpeg_empty_folder (folder);
    g_rmdir (folder);
}
