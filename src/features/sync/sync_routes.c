/* sync_routes.c -- the handlers of sync.api, and the job that forgets old deletions */
#define G_LOG_DOMAIN "sync"
#include "features/sync/sync_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/albums/albums.h"
#include "features/sync/sync_line.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)
#define ABSENCE_DAYS 30 /* who was away for longer may have missed a deletion */
#define KEEP_DAYS 31    /* deletions */

/* $1 id before which all are old */
static const char SQL_FORGET[] = "DELETE FROM sync_delete WHERE id < $1";

static gboolean
has_session (ApiCall *call)
{
    if (call->auth->session_id != NULL)
        return TRUE;
    api_refuse (call, APP_ERROR_FORBIDDEN, "Sync endpoints cannot be used with API keys");
    return FALSE;
}

static ApiStatus
get_sync_ack (ApiCall *call, const GetSyncAckRequest *in, SyncAckList *out)
{
    g_autoptr (GError) error = NULL;

    if (!has_session (call))
        return API_FAILED;
    if (!sync_points_list (call->db, call->arena, call->auth->session_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
send_sync_ack (ApiCall *call, const SendSyncAckRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!has_session (call))
        return API_FAILED;
    if (!sync_points_save (call->db, call->auth->session_id, &in->body->acks, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
delete_sync_ack (ApiCall *call, const DeleteSyncAckRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!has_session (call))
        return API_FAILED;
    if (!sync_points_delete (call->db, call->auth->session_id,
                             in->body->has_types ? &in->body->types : NULL, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* Acknowledged while a clock was wrong: all that changes from now on sorts below it. */
static gboolean
is_ahead (const SyncPoints *points)
{
    gint64 latest = timestamp_now_ms () + DAY_MS;

    for (gsize i = 0; i < G_N_ELEMENTS (points->points); i++) {
        const char *id = points->points[i].update_id;

        if (strlen (id) == UUID_TEXT_BYTES - 1 && id[14] == '7' && sync_id_time (id) > latest)
            return TRUE;
    }
    return FALSE;
}

static gboolean
was_away_too_long (const SyncPoints *points)
{
    const char *id = points->points[SYNC_ENTITY_TYPE_SYNC_COMPLETE_V1].update_id;

    return *id != '\0' && timestamp_now_ms () - sync_id_time (id) > ABSENCE_DAYS * DAY_MS;
}

/* A cover that is shown no more is replaced when somebody looks. */
static gboolean
refresh_covers (ApiCall *call, const EnumList *types, GError **error)
{
    for (gsize i = 0; i < types->n; i++)
        if (types->items[i] == SYNC_REQUEST_TYPE_ALBUMS_V1 ||
            types->items[i] == SYNC_REQUEST_TYPE_ALBUMS_V2)
            return albums_refresh_covers (call->db, call->arena, call->auth->user_id, error);
    return TRUE;
}

static ApiStatus
get_sync_stream (ApiCall *call, const GetSyncStreamRequest *in)
{
    const char *session_id = call->auth->session_id;
    char horizon[UUID_TEXT_BYTES];
    g_autoptr (GError) error = NULL;
    SyncPoints points;

    if (!has_session (call))
        return API_FAILED;
    if ((in->body->reset && !sync_points_reset (call->db, session_id, &error)) ||
        !sync_points_load (call->db, call->arena, session_id, &points, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (points.is_reset_pending || was_away_too_long (&points) || is_ahead (&points))
        return api_respond (call, sync_stream_new_reset ());
    if (!refresh_covers (call, &in->body->types, &error) || !db_horizon (call->db, horizon, &error))
        return api_fail (call, g_steal_pointer (&error));
    return api_respond (
        call, sync_stream_new (call->app, call->auth, &in->body->types, &points, horizon));
}

static const SyncHandlers sync_handlers = {
    .get_sync_ack = get_sync_ack,
    .send_sync_ack = send_sync_ack,
    .delete_sync_ack = delete_sync_ack,
    .get_sync_stream = get_sync_stream,
    .get_delta_sync = sync_get_delta,
    .get_full_sync_for_user = sync_get_full,
};

static JobResult
run_audit_cleanup (gpointer app, const Job *job, Arena *arena, GError **error)
{
    const char *before = sync_id_at (arena, timestamp_now_ms () - KEEP_DAYS * DAY_MS);

    return db_exec (((App *) app)->db, SQL_FORGET, DB_ARGS (db_text (before)), NULL, error)
               ? JOB_DONE
               : JOB_RETRY;
}

void
sync_start (App *app, Api *api)
{
    static const JobKind kinds[] = { { "AuditTableCleanup", "backgroundTask", run_audit_cleanup } };

    api_serve_sync (api, &sync_handlers);
    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
}
