/* hls_make.c -- ffmpeg makes the segments of a session, from the one that is wanted on
 *
 * A session has one thread while something is made, which runs one ffmpeg at a time: a wish for another
 * place ends it and starts it there. It stands still when it is far ahead of the player, and ends when the disk
 * is full but for what is kept for the database. Each segment is
 * moved to its place when it is complete; what an ended ffmpeg left half made is deleted. */
#define G_LOG_DOMAIN "hls"
#include "features/hls/hls_private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "features/assets/assets.h"
#include "features/storage-template/storage-template.h"
#include "media/ffmpeg.h"
#include "media/layout.h"

#define LOOK_MS 50
#define STALL_S 60
#define NICENESS 2     /* somebody waits for it, but others more */
#define PAUSE_AHEAD 30 /* segments before the one that was asked for last */
#define GO_ON_AHEAD 15
#define REACH 1 /* a request for one more than the next waits; beyond it ffmpeg starts there */

typedef struct {
    HlsSession *session;
    Arena *arena;
    const char *folder, *list; /* that ffmpeg writes to */
    HlsRun run;                /* as it was begun */
    gint64 next;
    gboolean is_paused;
    GError *no_room;
} Work;

/* ---- what is made ---- */

static gboolean
move (Work *work, const char *name, gint64 segment, gint64 *out_bytes)
{
    const HlsSession *session = work->session;
    const char *from = arena_printf (work->arena, "%s/%s", work->folder, name);
    const char *to = hls_segment_path (session, work->arena, work->run.variant, segment);
    GStatBuf facts;

    if (g_stat (from, &facts) != 0 || g_rename (from, to) != 0)
        return FALSE;
    *out_bytes = facts.st_size;
    return TRUE;
}

/* ffmpeg writes a segment into its list when it has closed its file; it may lie under its name before. -1: none
 * is in the list. */
static gint64
last_complete (const Work *work)
{
    g_autofree char *text = NULL;
    const char *name;

    if (!g_file_get_contents (work->list, &text, NULL, NULL))
        return -1;
    name = g_strrstr (text, "seg_");
    return name != NULL ? g_ascii_strtoll (name + strlen ("seg_"), NULL, 10) : -1;
}

/* Under the lock: what is complete goes to its place. init.mp4 is complete with the first segment. */
static void
harvest (Work *work)
{
    HlsSession *session = work->session;
    gint64 last = last_complete (work), size_bytes;

    while (work->next <= last) {
        const char *name = arena_printf (work->arena, "seg_%" G_GINT64_FORMAT ".m4s", work->next);

        if (!move (work, name, work->next, &size_bytes))
            return;
        if (!hls_segment_is_made (session, work->run.variant, HLS_INIT) &&
            move (work, "init.mp4", HLS_INIT, &(gint64){ 0 }))
            hls_segment_made (session, work->run.variant, HLS_INIT, 0);
        hls_segment_made (session, work->run.variant, work->next, size_bytes);
        work->next++;
        if (session->run.generation == work->run.generation)
            session->run.next = work->next;
    }
}

/* ---- who waits ---- */

typedef struct {
    HlsWaiter *waiter;
    const char *path;
    const char *why; /* path NULL */
} Answer;

/* Those whose segment is there, whose time is over, or who wait for what is not made any more. */
static GArray *
take_answers (Work *work)
{
    HlsSession *session = work->session;
    gint64 now = g_get_monotonic_time ();
    GArray *answers = g_array_new (FALSE, FALSE, sizeof (Answer));

    for (GList *at = session->waiters.head, *next; at != NULL; at = next) {
        HlsWaiter *waiter = at->data;
        Answer answer = { .waiter = waiter };

        next = at->next;
        if (hls_segment_is_made (session, waiter->variant, waiter->segment))
            answer.path = hls_segment_path (session, work->arena, waiter->variant, waiter->segment);
        else if (session->run.is_wanted && waiter->variant != session->run.variant)
            answer.why = "Variant changed";
        else if (session->run.is_wanted && waiter->segment != HLS_INIT &&
                 (waiter->segment < session->run.next ||
                  waiter->segment > session->run.next + REACH))
            answer.why = "the player asked for another place of the video meanwhile";
        else if (now > waiter->deadline_us)
            answer.why = "the segment was not ready in time; this server may be too slow for a "
                         "video of this size";
        else
            continue;
        g_queue_delete_link (&session->waiters, at);
        if (g_hash_table_remove (session->hls->waiters, waiter))
            g_array_append_val (answers, answer);
    }
    return answers;
}

/* Without the lock. */
static void
answer_all (GArray *answers)
{
    for (guint i = 0; i < answers->len; i++) {
        const Answer *answer = &g_array_index (answers, Answer, i);
        g_autoptr (GError) why = NULL;

        if (answer->path == NULL)
            why = g_error_new_literal (APP_ERROR, APP_ERROR_UNAVAILABLE, answer->why);
        hls_waiter_answer (answer->waiter, answer->path, why);
    }
    g_array_unref (answers);
}

static gboolean
is_far_ahead (const Work *work)
{
    gint64 ahead = work->next - work->session->asked - 1;

    return ahead >= (work->is_paused ? GO_ON_AHEAD : PAUSE_AHEAD);
}

static FfmpegWish
look (gpointer data)
{
    Work *work = data;
    HlsSession *session = work->session;
    GArray *answers;
    FfmpegWish wish;

    if (!work->is_paused && work->no_room == NULL)
        layout_check_room (work->folder, 0, &work->no_room);
    if (work->no_room != NULL)
        return FFMPEG_CANCEL;
    g_mutex_lock (&session->hls->lock);
    if (session->is_ended || !session->run.is_wanted ||
        session->run.generation != work->run.generation) {
        g_mutex_unlock (&session->hls->lock);
        return FFMPEG_CANCEL;
    }
    harvest (work);
    answers = take_answers (work);
    work->is_paused = is_far_ahead (work);
    wish = work->is_paused ? FFMPEG_PAUSE : FFMPEG_GO_ON;
    g_mutex_unlock (&session->hls->lock);
    answer_all (answers);
    return wish;
}

/* ---- the thread ---- */

static gboolean
make_folders (Work *work, GError **error)
{
    const char *place =
        arena_printf (work->arena, "%s/%d", work->session->folder, work->run.variant);

    ffmpeg_remove_folder (work->folder);
    if (g_mkdir_with_parents (place, 0700) == 0 && g_mkdir_with_parents (work->folder, 0700) == 0)
        return layout_check_room (work->folder, 0, error);
    return layout_set_io_error (error, "make the folder", work->folder);
}

/* Where the video lies, which may have been moved since the session began; another's may lie where it was. Another one
 * has other segments. */
static const char *
find_input (const Work *work, GError **error)
{
    const HlsSession *session = work->session;
    const App *app = session->hls->app;
    const char *stored, *path, *moved;
    AssetRow asset;

    if (!asset_find (app->db, work->arena, session->asset_id, &asset, error))
        return NULL;
    if (g_bytes_get_size (asset.checksum) != sizeof session->sha1 ||
        memcmp (g_bytes_get_data (asset.checksum, NULL), session->sha1, sizeof session->sha1) !=
            0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                             "the asset got another file meanwhile");
        return NULL;
    }
    stored = storage_template_own_path (app, work->arena, asset.id, asset.original_path, error);
    if (stored == NULL)
        return NULL;
    path = layout_absolute (work->arena, app->media_location, stored);
    if (g_access (path, F_OK) == 0) /* a move that is noted may not be made yet */
        return path;
    moved = storage_template_follow (app, work->arena, asset.id, stored);
    return moved != NULL ? layout_absolute (work->arena, app->media_location, moved) : path;
}

static gboolean
run_ffmpeg (Work *work, const TranscodeSettings *settings, GError **error)
{
    const HlsSession *session = work->session;
    const App *app = session->hls->app;
    FfmpegRun run = { .launcher = app->transcoder,
                      .folder = work->folder,
                      .devices = settings->hardware.devices,
                      .require_sandbox = app->settings->require_sandbox,
                      .niceness = NICENESS,
                      .stall_time_s = STALL_S,
                      .look_ms = LOOK_MS,
                      .look = look,
                      .data = work };
    g_auto (GStrv) arguments = NULL;
    gboolean done;

    run.input = find_input (work, error);
    if (run.input == NULL || !make_folders (work, error))
        return FALSE;
    arguments = stream_arguments (&session->grid, &session->facts, settings,
                                  &session->variants[work->run.variant], work->run.next,
                                  FFMPEG_INPUT, work->folder);
    done = ffmpeg_run (&run, arguments, error);
    if (work->no_room != NULL) { /* in place of the word that it was cancelled */
        g_clear_error (error);
        g_propagate_error (error, g_steal_pointer (&work->no_room));
        done = FALSE;
    }
    g_mutex_lock (&session->hls->lock);
    if (!session->is_ended)
        harvest (work);
    g_mutex_unlock (&session->hls->lock);
    ffmpeg_remove_folder (work->folder);
    return done;
}

/* Under the lock, after the run that was the last wish came to its end. */
static gboolean
begins_again (Work *work, const GError *why)
{
    HlsSession *session = work->session;

    if (session->is_ended || why == NULL || session->settings.hardware.kind == HARDWARE_NONE ||
        !g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA))
        return FALSE;
    g_warning ("'%s': the device that ffmpeg.accel asks for did not do it (%s); streaming it with "
               "software",
               session->input, why->message);
    session->settings.hardware = (Hardware){ .kind = HARDWARE_NONE };
    return TRUE;
}

/* What a client is told; it may be a stranger with a link, so no path and no words of ffmpeg. As all that
 * may be tried again it is 503: the text of a 500 is not shown. */
static GError *
error_for_client (const GError *why)
{
    if (g_error_matches (why, APP_ERROR, APP_ERROR_DISK_FULL))
        return g_error_new_literal (APP_ERROR, APP_ERROR_DISK_FULL,
                                    "the server has no room left for segments of videos");
    return g_error_new_literal (APP_ERROR, APP_ERROR_UNAVAILABLE,
                                "the video cannot be streamed: ffmpeg ended before the segment was "
                                "complete; the server's log says why");
}

/* Nothing is made any more: who still waits is told. Under the lock, which it leaves meanwhile. */
static void
finish (Work *work, const GError *why)
{
    HlsSession *session = work->session;
    struct _Hls *hls = session->hls;
    g_autoptr (GError) told = error_for_client (why);
    GQueue waiters = G_QUEUE_INIT;
    HlsWaiter *waiter;
    GArray *answers;

    if (why != NULL && !g_error_matches (why, APP_ERROR, APP_ERROR_UNAVAILABLE))
        g_warning ("cannot stream '%s': %s", session->input, why->message);
    session->run.is_wanted = FALSE;
    session->has_thread = FALSE;
    hls->n_runs--;
    answers = take_answers (work);
    while ((waiter = g_queue_pop_head (&session->waiters)) != NULL)
        if (g_hash_table_remove (hls->waiters, waiter))
            g_queue_push_tail (&waiters, waiter);
    g_mutex_unlock (&hls->lock);
    answer_all (answers);
    hls_waiters_fail (&waiters, told);
    g_mutex_lock (&hls->lock);
}

/* One wish. TRUE: there may be another one. Under the lock, which it leaves while ffmpeg runs. */
static gboolean
make (HlsSession *session)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    Work work = { .session = session, .arena = arena, .run = session->run };
    TranscodeSettings settings = session->settings;

    work.folder = arena_printf (arena, "%s/run", session->folder);
    work.list = arena_printf (arena, "%s/" STREAM_LIST, work.folder);
    work.next = work.run.next;
    if (!session->is_ended && session->run.is_wanted) {
        g_mutex_unlock (&session->hls->lock);
        run_ffmpeg (&work, &settings, &why);
        g_mutex_lock (&session->hls->lock);
        if (session->run.generation != work.run.generation || begins_again (&work, why))
            return TRUE;
    }
    finish (&work, why);
    return FALSE;
}

static gpointer
run_thread (gpointer data)
{
    HlsSession *session = data;
    struct _Hls *hls = session->hls;

    g_mutex_lock (&hls->lock);
    while (make (session))
        ;
    g_mutex_unlock (&hls->lock);
    hls_session_unref (session);
    g_mutex_lock (&hls->lock);
    hls->n_threads--;
    g_cond_broadcast (&hls->changed);
    g_mutex_unlock (&hls->lock);
    return NULL;
}

/* ---- wishes ---- */

/* The last place is for those who have an account: whoever has a link cannot take them all. */
static guint
n_places (const HlsSession *self)
{
    return self->hls->limits.runs - (g_str_has_prefix (self->caller, "link:") ? 1 : 0);
}

static gboolean
may_run (const HlsSession *self, GError **error)
{
    const struct _Hls *hls = self->hls;
    HlsSession *other;
    GHashTableIter each;
    guint n = 0;

    g_hash_table_iter_init (&each, hls->sessions);
    while (g_hash_table_iter_next (&each, NULL, (gpointer *) &other))
        n += other->has_thread && strcmp (other->caller, self->caller) == 0;
    if (n >= hls->limits.runs_of_caller) {
        g_set_error (
            error, APP_ERROR, APP_ERROR_TOO_MANY,
            "%u videos are being converted for you at this moment; stop one of them, or try "
            "again in a minute",
            n);
        return FALSE;
    }
    if (hls->n_runs >= n_places (self)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                             "this server converts as many videos as it can at this moment; try "
                             "again in a minute");
        return FALSE;
    }
    return TRUE;
}

static gboolean
start_thread (HlsSession *self, GError **error)
{
    GThread *thread;

    if (!may_run (self, error))
        return FALSE;
    g_atomic_int_inc (&self->refs);
    thread = g_thread_try_new ("hls", run_thread, self, NULL);
    if (thread == NULL) {
        g_atomic_int_add (&self->refs, -1); /* the table has another one */
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                             "this server has no thread left to convert a video");
        return FALSE;
    }
    g_thread_unref (thread);
    self->has_thread = TRUE;
    self->hls->n_runs++;
    self->hls->n_threads++;
    return TRUE;
}

gboolean
hls_make_from (HlsSession *self, int variant, gint64 segment, GError **error)
{
    HlsRun *run = &self->run;

    if (run->is_wanted && run->variant == variant && segment >= run->next &&
        segment <= run->next + REACH)
        return TRUE;
    if (!self->has_thread && !start_thread (self, error))
        return FALSE;
    *run = (HlsRun){
        .is_wanted = TRUE, .variant = variant, .next = segment, .generation = run->generation + 1
    };
    self->asked = segment - 1;
    return TRUE;
}

void
hls_make_stop (HlsSession *self)
{
    if (!self->run.is_wanted)
        return;
    self->run.is_wanted = FALSE;
    self->run.generation++;
}
