/* hls_private.h -- between the files of the feature
 *
 * One lock for all sessions: what happens under it is short, and no request is answered under it, since an
 * answer may wait for the server to say that the client is gone. */
#pragma once
#include "base/shares.h"
#include "features/hls/hls.h"
#include "media/stream_plan.h"

#define HLS_INIT (-1) /* in place of a number: init.mp4 */

/** What bounds the work; see docs/videos.md. */
typedef struct {
    guint sessions, sessions_of_caller; /* that are open */
    guint openings,
        openings_of_caller;     /* sessions whose video is just being looked into: each holds
                                           a thread of the server, and waits for a media worker */
    guint runs, runs_of_caller; /* ffmpeg processes; one of the first is kept from links */
    guint waiters_of_session;   /* requests that wait for a segment */
    gint64 cache_bytes;         /* of all segments */
    gint64 wait_us;             /* for one segment */
    gint64 run_idle_us;         /* nobody asked: ffmpeg goes */
    gint64 session_idle_us;     /* the session goes */
} HlsLimits;

/** A request that waits. It stands among the waiters of its session as long as it is one of Hls, which
 *  keeps the session. */
typedef struct {
    struct _Hls *hls;
    struct _HlsSession *session;
    ApiCall *call;
    int variant;
    gint64 segment;
    gint64 deadline_us;
} HlsWaiter;

/** What ffmpeg shall make, from @next on. */
typedef struct {
    gboolean is_wanted;
    int variant;
    gint64 next;      /* the first that is not there yet */
    guint generation; /* changes with each wish; ffmpeg is started anew then */
} HlsRun;

typedef struct _HlsSession {
    gint refs;
    struct _Hls *hls;
    char id[37];
    Arena *arena; /* all that does not change */
    const char *caller, *asset_id, *folder;
    const char *input; /* where it was at the begin, absolute */
    guint8 sha1[20];   /* the asset's checksum */
    VideoFacts facts;
    TranscodeSettings settings;
    StreamGrid grid;
    StreamVariant variants[STREAM_N_VARIANTS];

    /* under the lock */
    gint64 used_at_us;
    gboolean is_ended;
    gboolean has_thread; /* that runs ffmpeg */
    HlsRun run;
    gint64 asked;     /* the last segment that was asked for; -1: none */
    GHashTable *made; /* key of variant and segment */
    GQueue waiters;   /* of HlsWaiter */
} HlsSession;

struct _Hls {
    App *app;
    HlsLimits limits;
    GMutex lock;
    GCond changed;        /* n_threads went down */
    GHashTable *sessions; /* by id */
    GHashTable *waiters;  /* all that nobody has begun to answer */
    GQueue pieces;        /* of HlsPiece, oldest first */
    Shares *openings;
    gint64 cached_bytes;
    guint n_runs;    /* sessions that make something */
    guint n_threads; /* the same, and those that are about to end */
    guint timer;
};

/** Empty, with limits that are set already. */
void hls_init (struct _Hls *hls);
void hls_clear (struct _Hls *hls); /* ends all sessions first */
void hls_serve (Api *api);

/* ---- sessions (hls_sessions.c); the lock is held unless it says otherwise ---- */

/** Without the lock. Takes the session's only reference into the table, or frees it.
 *  @return FALSE with APP_ERROR_TOO_MANY */
gboolean hls_session_open (struct _Hls *hls, HlsSession *session, GError **error);
/** Without the lock. A session without a place in the table; @arena (transfer full). */
HlsSession *hls_session_new (struct _Hls *hls, Arena *arena, const char *caller,
                             const char *asset_id);
void hls_session_unref (HlsSession *self);
/** NULL with APP_ERROR_NOT_FOUND: there is none of this id for this caller and asset. Counts as use. */
HlsSession *hls_session_find (struct _Hls *hls, const char *id, const char *caller,
                              const char *asset_id, GError **error);
/** It is not found any more; its ffmpeg ends. *@out_waiters: to be answered without the lock */
void hls_session_end (HlsSession *self, GQueue *out_waiters);
/** End what nobody used for a while. Without the lock. */
void hls_sessions_sweep (struct _Hls *hls, gint64 now_us);
/** All of them, and wait for their ffmpegs. Without the lock. */
void hls_sessions_end (struct _Hls *hls);

/* ---- segments (hls_segments.c) ---- */

/** Path of a segment, or of HLS_INIT, in @arena. */
const char *hls_segment_path (const HlsSession *self, Arena *arena, int variant, gint64 segment);
gboolean hls_segment_is_made (const HlsSession *self, int variant, gint64 segment);
/** It lies in its place now; the oldest ones go when there is no room. */
void hls_segment_made (HlsSession *self, int variant, gint64 segment, gint64 size_bytes);
/** Nothing of the session counts any more. */
void hls_segments_forget (HlsSession *self);

/* ---- making them (hls_make.c) ---- */

/** Have segments made from @segment on, unless that is under way.
 *  @return FALSE with APP_ERROR_TOO_MANY or APP_ERROR_UNAVAILABLE: too many are being made */
gboolean hls_make_from (HlsSession *self, int variant, gint64 segment, GError **error);
/** Have it end; what waits is answered by the thread that runs it. */
void hls_make_stop (HlsSession *self);

/* ---- answering (hls_routes.c); without the lock ---- */

/** Takes the waiter, which nobody else answers any more. @path NULL: with a copy of @why */
void hls_waiter_answer (HlsWaiter *waiter, const char *path, const GError *why);
/** The same for all of a list. */
void hls_waiters_fail (GQueue *waiters, const GError *why);
