/* hls.c -- the limits, and the clock that ends what nobody uses */
#define G_LOG_DOMAIN "hls"
#include "features/hls/hls_private.h"

#define SWEEP_S 5
#define CACHE_BYTES (2 * G_GINT64_CONSTANT (1024) * 1024 * 1024)

static gboolean
sweep (gpointer hls)
{
    hls_sessions_sweep (hls, g_get_monotonic_time ());
    return G_SOURCE_CONTINUE;
}

void
hls_start (App *app, Api *api)
{
    struct _Hls *hls = g_new0 (struct _Hls, 1);

    hls->app = app;
    hls->limits = (HlsLimits){
        .sessions = 200,
        .sessions_of_caller = 20,
        .openings = 4,
        .openings_of_caller = 2,
        .runs = CLAMP (g_get_num_processors (), 2, 8),
        .runs_of_caller = 2,
        .waiters_of_session = 8,
        .cache_bytes = CACHE_BYTES,
        .wait_us = 15 * G_USEC_PER_SEC,
        .run_idle_us = 30 * G_USEC_PER_SEC,
        .session_idle_us = 5 * 60 * G_USEC_PER_SEC,
    };
    hls_init (hls);
    hls->timer = g_timeout_add_seconds (SWEEP_S, sweep, hls);
    app->hls = hls;
    hls_serve (api);
}

void
hls_init (struct _Hls *hls)
{
    g_mutex_init (&hls->lock);
    g_cond_init (&hls->changed);
    hls->sessions =
        g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) hls_session_unref);
    hls->waiters = g_hash_table_new (NULL, NULL);
    g_queue_init (&hls->pieces);
    hls->openings = shares_new (hls->limits.openings, hls->limits.openings_of_caller);
}

void
hls_clear (struct _Hls *hls)
{
    hls_sessions_end (hls);
    g_hash_table_unref (hls->sessions);
    g_hash_table_unref (hls->waiters);
    shares_free (hls->openings);
    g_cond_clear (&hls->changed);
    g_mutex_clear (&hls->lock);
}

void
hls_stop (App *app)
{
    if (app->hls == NULL)
        return;
    g_source_remove (app->hls->timer);
    hls_clear (app->hls);
    g_free (g_steal_pointer (&app->hls));
}
