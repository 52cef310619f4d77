/* hls_routes.c -- the handlers of hls.api */
#define G_LOG_DOMAIN "hls"
#include "features/hls/hls_private.h"

#include <string.h>

#include "base/error.h"
#include "features/assets/assets.h"
#include "features/config/config.h"
#include "features/ingest/ingest.h"
#include "features/serving/serving.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"
#include "media/render.h"

#define PLAYLIST_TYPE "application/vnd.apple.mpegurl"

/* A player does not know that the addresses of a playlist need the key of its own address. */
static const char *
query_of (ApiCall *call)
{
    g_autoptr (GString) out = g_string_new (NULL);
    const HttpPair *pairs = NULL;
    gsize n = 0;

    if (call->auth->kind != CREDENTIAL_LINK ||
        !http_parse_pairs (call->arena, call->request->query, &pairs, &n, NULL))
        return "";
    for (gsize i = 0; i < n; i++)
        if (strcmp (pairs[i].name, "key") == 0 || strcmp (pairs[i].name, "slug") == 0)
            g_string_append_printf (out, "%s%s=%s", out->len > 0 ? "&" : "?", pairs[i].name,
                                    http_percent_encode (call->arena, pairs[i].value));
    return arena_strdup (call->arena, out->str);
}

static ApiStatus
respond_playlist (ApiCall *call, GString *text)
{
    HttpResponse *response =
        http_response_new_bytes (200, PLAYLIST_TYPE, g_string_free_to_bytes (text));

    http_response_set_header (response, "Cache-Control", "no-cache");
    return api_respond (call, response);
}

/* What all four ask first. */
static gboolean
check (ApiCall *call, const char *asset_id, GError **error)
{
    if (!access_check_asset (call, asset_id, "asset.view", error))
        return FALSE;
    if (config_get (call->app)->ffmpeg->realtime->enabled)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                         "Real-time transcoding is not enabled");
    return FALSE;
}

/* ---- the main playlist ---- */

static gboolean
find_video (ApiCall *call, const char *id, AssetRow *out, GError **error)
{
    if (!asset_find (call->db, call->arena, id, out, error))
        return FALSE;
    if (out->type == ASSET_TYPE_VIDEO && out->has_duration_ms)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                         out->type == ASSET_TYPE_VIDEO
                             ? "Asset metadata is not yet ready for streaming"
                             : "Asset not found or metadata not yet ready for streaming");
    return FALSE;
}

static void
choose_variants (HlsSession *session, const AdminConfigFFmpegRealtime *realtime)
{
    StringList codecs = { arena_new_array (session->arena, const char *,
                                           MAX (1, realtime->video_codecs.n)),
                          realtime->video_codecs.n };

    for (gsize i = 0; i < codecs.n; i++)
        codecs.items[i] = video_codec_enum.texts[realtime->video_codecs.items[i]];
    stream_variants (&session->facts, &codecs, &realtime->resolutions, session->variants);
}

static gboolean
has_variant (const HlsSession *session)
{
    for (int i = 0; i < STREAM_N_VARIANTS; i++)
        if (session->variants[i].is_offered)
            return TRUE;
    return FALSE;
}

/* All that the session needs to know of the video, in its arena. */
static gboolean
prepare (ApiCall *call, HlsSession *session, const AssetRow *asset, GError **error)
{
    const App *app = call->app;
    g_autoptr (Share) opening = shares_take (app->hls->openings, session->caller);
    const char *metadata = NULL, *original;

    if (opening == NULL) {
        api_set_header (call, "Retry-After", "5");
        g_set_error_literal (error, APP_ERROR, APP_ERROR_TOO_MANY,
                             "Too many videos are being opened, try again later");
        return FALSE;
    }
    original = storage_template_own_path (app, call->arena, asset->id, asset->original_path, error);
    if (original == NULL)
        return FALSE;
    session->input =
        arena_strdup (session->arena, layout_absolute (call->arena, app->media_location, original));
    memcpy (session->sha1, g_bytes_get_data (asset->checksum, NULL),
            MIN (g_bytes_get_size (asset->checksum), sizeof session->sha1));
    if (!media_read_metadata (app->workers, session->input, TRUE, NULL, call->arena, &metadata,
                              error) ||
        !video_facts_read (metadata, session->arena, &session->facts, error) ||
        !stream_grid_init (&session->grid, &session->facts, error))
        return FALSE;
    ingest_transcode_settings (app, session->arena, &session->settings);
    choose_variants (session, config_get (app)->ffmpeg->realtime);
    if (has_variant (session))
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                         "No supported variants for this video");
    return FALSE;
}

static ApiStatus
get_main_playlist (ApiCall *call, const GetMainPlaylistRequest *in)
{
    g_autoptr (GError) error = NULL;
    GString *text;
    HlsSession *session;
    AssetRow asset;

    if (!check (call, in->id, &error) || !find_video (call, in->id, &asset, &error))
        return serving_refuse (call, g_steal_pointer (&error));
    session = hls_session_new (call->app->hls, arena_new (), api_caller (call), in->id);
    if (!prepare (call, session, &asset, &error)) {
        hls_session_unref (session);
        return serving_refuse (call, g_steal_pointer (&error));
    }
    text = g_string_new (NULL);
    stream_write_main (&session->grid, &session->facts, session->variants, session->id,
                       query_of (call), text);
    if (hls_session_open (call->app->hls, session, &error))
        return respond_playlist (call, text);
    g_string_free (text, TRUE);
    return serving_refuse (call, g_steal_pointer (&error));
}

/* ---- the other playlists ---- */

/* Under the lock. */
static HlsSession *
find_session (ApiCall *call, const char *asset_id, const char *id, gint64 variant, GError **error)
{
    HlsSession *session = hls_session_find (call->app->hls, id, api_caller (call), asset_id, error);

    if (session == NULL)
        return NULL;
    if (variant < STREAM_N_VARIANTS && session->variants[variant].is_offered)
        return session;
    g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                 "this video has no variant %" G_GINT64_FORMAT, variant);
    return NULL;
}

/* A header with a number of at least 0; FALSE when there is none. */
static gboolean
read_header (ApiCall *call, const char *name, double *out)
{
    const char *text = http_request_header (call->request, name);
    char *end = NULL;
    double value = text != NULL ? g_ascii_strtod (text, &end) : -1;

    if (text == NULL || end == text || *end != '\0' || !(value >= 0) || value > 1e9)
        return FALSE;
    *out = value;
    return TRUE;
}

/* The player is about to begin there. That too much is being made already is said when it does. */
static void
begin_early (HlsSession *session, int variant, double seconds)
{
    gint64 segment = stream_segment_at (&session->grid, seconds);

    if (!hls_segment_is_made (session, variant, segment))
        hls_make_from (session, variant, segment, NULL);
}

static ApiStatus
get_media_playlist (ApiCall *call, const GetMediaPlaylistRequest *in)
{
    struct _Hls *hls = call->app->hls;
    g_autoptr (GError) error = NULL;
    HlsSession *session;
    StreamGrid grid;
    GString *text;
    double seconds;

    if (!check (call, in->id, &error))
        return serving_refuse (call, g_steal_pointer (&error));
    g_mutex_lock (&hls->lock);
    session = find_session (call, in->id, in->session_id, in->variant_index, &error);
    if (session != NULL) {
        grid = session->grid;
        if (read_header (call, "x-immich-hls-pos", &seconds))
            begin_early (session, (int) in->variant_index, seconds);
    }
    g_mutex_unlock (&hls->lock);
    if (session == NULL)
        return serving_refuse (call, g_steal_pointer (&error));
    text = g_string_new (NULL);
    stream_write_media (&grid, query_of (call), text);
    return respond_playlist (call, text);
}

/* ---- segments ---- */

static ApiStatus
respond_segment (ApiCall *call, const char *path)
{
    HttpResponse *response = http_response_new_path (path, "video/mp4");

    if (response == NULL)
        return serving_refuse (call, g_error_new_literal (APP_ERROR, APP_ERROR_IO,
                                                          "the segment is not there any more"));
    http_response_set_header (response, "Cache-Control", SERVING_CACHE_CONTROL);
    return api_respond (call, response);
}

void
hls_waiter_answer (HlsWaiter *waiter, const char *path, const GError *why)
{
    if (path != NULL)
        respond_segment (waiter->call, path);
    else
        serving_refuse (waiter->call, g_error_copy (why));
    g_free (waiter);
}

void
hls_waiters_fail (GQueue *waiters, const GError *why)
{
    HlsWaiter *waiter;

    while ((waiter = g_queue_pop_head (waiters)) != NULL)
        hls_waiter_answer (waiter, NULL, why);
}

/* The client left, or the server stops. */
static void
gone (gpointer data)
{
    HlsWaiter *waiter = data; /* is freed after the answer, which waits for this */
    g_autoptr (GError) why = NULL;
    struct _Hls *hls = waiter->hls;
    gboolean is_ours;

    g_mutex_lock (&hls->lock);
    is_ours = g_hash_table_remove (hls->waiters, waiter);
    if (is_ours)
        g_queue_remove (&waiter->session->waiters, waiter);
    g_mutex_unlock (&hls->lock);
    if (!is_ours)
        return;
    why = g_error_new_literal (APP_ERROR, APP_ERROR_UNAVAILABLE, "the server stops");
    hls_waiter_answer (waiter, NULL, why);
}

/* "init.mp4", "seg_12.m4s"; the contract has checked the form. */
static gint64
segment_of (const char *file_name)
{
    return strcmp (file_name, "init.mp4") == 0
               ? HLS_INIT
               : (gint64) MIN (g_ascii_strtoull (file_name + strlen ("seg_"), NULL, 10),
                               (guint64) G_MAXINT32);
}

/* Where making begins when init.mp4 comes first: the player may say which segment will follow. */
static gint64
first_of (ApiCall *call, const HlsSession *session)
{
    double number;

    if (!read_header (call, "x-immich-hls-msn", &number))
        number = (double) session->asked + 1;
    return CLAMP ((gint64) number, 0, session->grid.n_segments - 1);
}

/* Under the lock. TRUE: the segment is there at *@out_path, or @waiter waits (then NULL). */
static gboolean
ask (ApiCall *call, HlsSession *session, HlsWaiter *waiter, const char **out_path, GError **error)
{
    const HlsLimits *limits = &session->hls->limits;
    gboolean is_init = waiter->segment == HLS_INIT;

    *out_path = NULL;
    if (waiter->segment >= session->grid.n_segments) {
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND,
                     "this video has %" G_GINT64_FORMAT " segments", session->grid.n_segments);
        return FALSE;
    }
    if (hls_segment_is_made (session, waiter->variant, waiter->segment)) {
        *out_path = hls_segment_path (session, call->arena, waiter->variant, waiter->segment);
    } else if (session->waiters.length >= limits->waiters_of_session) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_MANY,
                     "%u requests of this session wait for segments", session->waiters.length);
        return FALSE;
    } else if (!(is_init && session->run.is_wanted && session->run.variant == waiter->variant) &&
               !hls_make_from (session, waiter->variant,
                               is_init ? first_of (call, session) : waiter->segment, error)) {
        return FALSE;
    }
    if (!is_init)
        session->asked = waiter->segment;
    if (*out_path == NULL) {
        waiter->session = session;
        g_hash_table_add (session->hls->waiters, waiter);
        g_queue_push_tail (&session->waiters, waiter);
    }
    return TRUE;
}

static ApiStatus
get_segment (ApiCall *call, const GetSegmentRequest *in)
{
    struct _Hls *hls = call->app->hls;
    g_autoptr (GError) error = NULL;
    const char *path = NULL;
    HlsSession *session;
    HlsWaiter *waiter;
    gboolean ok;

    if (!check (call, in->id, &error))
        return serving_refuse (call, g_steal_pointer (&error));
    waiter = g_new (HlsWaiter, 1);
    *waiter = (HlsWaiter){ .hls = hls,
                           .call = call,
                           .variant = (int) MIN (in->variant_index, STREAM_N_VARIANTS),
                           .segment = segment_of (in->filename),
                           .deadline_us = g_get_monotonic_time () + hls->limits.wait_us };
    /* before it waits: once it does, it may be answered at any moment */
    http_request_watch (call->request, gone, waiter);
    g_mutex_lock (&hls->lock);
    session = find_session (call, in->id, in->session_id, in->variant_index, &error);
    ok = session != NULL && ask (call, session, waiter, &path, &error);
    g_mutex_unlock (&hls->lock);
    if (ok && path == NULL)
        return API_LATER;
    if (ok)
        respond_segment (call, path);
    else
        serving_refuse (call, g_steal_pointer (&error));
    g_free (waiter);
    return API_FAILED;
}

/* ---- the end ---- */

static ApiStatus
end_session (ApiCall *call, const EndSessionRequest *in)
{
    struct _Hls *hls = call->app->hls;
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) ended =
        g_error_new_literal (APP_ERROR, APP_ERROR_UNAVAILABLE, "Session ended");
    GQueue waiters = G_QUEUE_INIT;
    HlsSession *session;

    if (!access_check_asset (call, in->id, "asset.view", &error))
        return api_fail (call, g_steal_pointer (&error));
    g_mutex_lock (&hls->lock);
    session = hls_session_find (hls, in->session_id, api_caller (call), in->id, &error);
    if (session != NULL)
        hls_session_end (session, &waiters);
    g_mutex_unlock (&hls->lock);
    hls_waiters_fail (&waiters, ended);
    return session != NULL ? API_OK : api_fail (call, g_steal_pointer (&error));
}

static const HlsHandlers hls_handlers = {
    .get_main_playlist = get_main_playlist,
    .end_session = end_session,
    .get_media_playlist = get_media_playlist,
    .get_segment = get_segment,
};

void
hls_serve (Api *api)
{
    api_serve_hls (api, &hls_handlers);
}
