/* hls_sessions.c -- who watches what, how many at a time, and for how long */
#define G_LOG_DOMAIN "hls"
#include "features/hls/hls_private.h"

#include <string.h>

#include "base/error.h"
#include "base/uuid.h"
#include "media/ffmpeg.h"

HlsSession *
hls_session_new (struct _Hls *hls, Arena *arena, const char *caller, const char *asset_id)
{
    HlsSession *self = g_new0 (HlsSession, 1);

    self->refs = 1;
    self->hls = hls;
    self->arena = arena;
    uuid_v4_text (self->id);
    self->caller = arena_strdup (arena, caller);
    self->asset_id = arena_strdup (arena, asset_id);
    self->folder = arena_printf (arena, "%s/stream-%s", hls->app->temporary_folder, self->id);
    self->made = g_hash_table_new (NULL, NULL);
    self->asked = -1;
    self->used_at_us = g_get_monotonic_time ();
    return self;
}

static void
remove_files (const HlsSession *self)
{
    for (int i = 0; i < STREAM_N_VARIANTS; i++)
        ffmpeg_remove_folder (arena_printf (self->arena, "%s/%d", self->folder, i));
    ffmpeg_remove_folder (self->folder);
}

void
hls_session_unref (HlsSession *self)
{
    if (!g_atomic_int_dec_and_test (&self->refs))
        return;
    remove_files (self);
    g_hash_table_unref (self->made);
    arena_free (self->arena);
    g_free (self);
}

void
hls_session_end (HlsSession *self, GQueue *out_waiters)
{
    HlsWaiter *waiter;

    self->is_ended = TRUE;
    hls_make_stop (self);
    hls_segments_forget (self);
    while ((waiter = g_queue_pop_head (&self->waiters)) != NULL)
        if (g_hash_table_remove (self->hls->waiters, waiter))
            g_queue_push_tail (out_waiters, waiter);
    g_hash_table_remove (self->hls->sessions, self->id); /* gives up its reference */
}

/* The one that was not used for the longest time and makes nothing now. */
static HlsSession *
find_idlest (struct _Hls *hls, const char *caller, guint *out_n)
{
    HlsSession *idlest = NULL, *session;
    GHashTableIter each;

    *out_n = 0;
    g_hash_table_iter_init (&each, hls->sessions);
    while (g_hash_table_iter_next (&each, NULL, (gpointer *) &session)) {
        if (caller != NULL && strcmp (session->caller, caller) != 0)
            continue;
        ++*out_n;
        if (!session->has_thread && (idlest == NULL || session->used_at_us < idlest->used_at_us))
            idlest = session;
    }
    return idlest;
}

/* Players leave without a word when the user goes on to the next video. */
static gboolean
make_room (struct _Hls *hls, const char *caller, guint limit, GQueue *waiters)
{
    guint n;
    HlsSession *idlest = find_idlest (hls, caller, &n);

    if (n < limit)
        return TRUE;
    if (idlest == NULL)
        return FALSE;
    hls_session_end (idlest, waiters);
    return TRUE;
}

gboolean
hls_session_open (struct _Hls *hls, HlsSession *session, GError **error)
{
    g_autoptr (GError) ended =
        g_error_new_literal (APP_ERROR, APP_ERROR_UNAVAILABLE, "Session ended");
    GQueue waiters = G_QUEUE_INIT;
    gboolean has_room;

    g_mutex_lock (&hls->lock);
    has_room = make_room (hls, session->caller, hls->limits.sessions_of_caller, &waiters) &&
               make_room (hls, NULL, hls->limits.sessions, &waiters);
    if (has_room)
        g_hash_table_insert (hls->sessions, session->id, session);
    g_mutex_unlock (&hls->lock);
    hls_waiters_fail (&waiters, ended);
    if (has_room)
        return TRUE;
    hls_session_unref (session);
    g_set_error_literal (error, APP_ERROR, APP_ERROR_TOO_MANY,
                         "too many videos are being streamed; end one, or try again in a minute");
    return FALSE;
}

HlsSession *
hls_session_find (struct _Hls *hls, const char *id, const char *caller, const char *asset_id,
                  GError **error)
{
    HlsSession *self = g_hash_table_lookup (hls->sessions, id);

    if (self == NULL || strcmp (self->caller, caller) != 0 ||
        strcmp (self->asset_id, asset_id) != 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND, "Session not found");
        return NULL;
    }
    self->used_at_us = g_get_monotonic_time ();
    return self;
}

void
hls_sessions_sweep (struct _Hls *hls, gint64 now_us)
{
    g_autoptr (GError) ended =
        g_error_new_literal (APP_ERROR, APP_ERROR_UNAVAILABLE, "Session ended");
    g_autoptr (GPtrArray) old = g_ptr_array_new ();
    GQueue waiters = G_QUEUE_INIT;
    GHashTableIter each;
    HlsSession *session;

    g_mutex_lock (&hls->lock);
    g_hash_table_iter_init (&each, hls->sessions);
    while (g_hash_table_iter_next (&each, NULL, (gpointer *) &session)) {
        if (now_us - session->used_at_us > hls->limits.session_idle_us)
            g_ptr_array_add (old, session);
        else if (now_us - session->used_at_us > hls->limits.run_idle_us)
            hls_make_stop (session);
    }
    for (guint i = 0; i < old->len; i++)
        hls_session_end (old->pdata[i], &waiters);
    g_mutex_unlock (&hls->lock);
    hls_waiters_fail (&waiters, ended);
}

void
hls_sessions_end (struct _Hls *hls)
{
    hls_sessions_sweep (hls, G_MAXINT64);
    g_mutex_lock (&hls->lock);
    while (hls->n_threads > 0)
        g_cond_wait (&hls->changed, &hls->lock);
    g_mutex_unlock (&hls->lock);
}
