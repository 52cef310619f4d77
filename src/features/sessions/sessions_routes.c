/* The routes of sessions: one's logins, those for casting, and their end. */
#define G_LOG_DOMAIN "sessions"
#include "features/sessions/sessions_store.h"

#include "base/timestamp.h"

#define IDLE_DAYS 90

static ApiStatus
get_user_sessions_admin (ApiCall *call, const GetUserSessionsAdminRequest *in,
                         SessionResponseList *out)
{
    GError *error = NULL;

    if (!sessions_store_list (call->db, call->arena, in->id, NULL, out, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_sessions (ApiCall *call, const GetSessionsRequest *in, SessionResponseList *out)
{
    GError *error = NULL;

    if (!sessions_store_list (call->db, call->arena, call->auth->user_id, call->auth->session_id,
                              out, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
create_session (ApiCall *call, const CreateSessionRequest *in, SessionCreateResponse *out)
{
    GError *error = NULL;
    char token[AUTH_TOKEN_BYTES];
    guint8 hash[AUTH_HASH_BYTES];
    const char *id = NULL;
    SessionResponse made;
    SessionNew session = {
        .user_id = call->auth->user_id,
        .parent_id = call->auth->session_id,
        .device = { in->body->device_type != NULL ? in->body->device_type : "",
                    in->body->device_os != NULL ? in->body->device_os : "", NULL },
        .has_expires_at = in->body->has_duration,
    };

    if (call->auth->session_id == NULL)
        return api_refuse (call, APP_ERROR_INVALID,
                           "This endpoint can only be used with a session token");
    if (in->body->has_duration)
        session.expires_at = timestamp_shift (timestamp_now_ms (), in->body->duration, 1000);
    auth_new_token (token, hash);
    if (!session_create (call->db, call->arena, &session, hash, &id, &error) ||
        !session_load (call->db, call->arena, id, &made, &error))
        return api_fail (call, error);
    *out = (SessionCreateResponse){
        .id = made.id,
        .app_version = made.app_version,
        .created_at = made.created_at,
        .device_os = made.device_os,
        .device_type = made.device_type,
        .expires_at = made.expires_at,
        .has_expires_at = made.has_expires_at,
        .is_pending_sync_reset = made.is_pending_sync_reset,
        .token = arena_strdup (call->arena, token),
        .updated_at = made.updated_at,
    };
    return API_OK;
}

typedef struct {
    const ApiCall *call;
    StringList ended;
} OthersEnd;

static gboolean
write_others_end (Db *tx, gpointer data, GError **error)
{
    OthersEnd *end = data;
    const Auth *auth = end->call->auth;

    return sessions_delete_others (tx, end->call->arena, auth->user_id, auth->session_id,
                                   &end->ended, error);
}

static ApiStatus
delete_all_sessions (ApiCall *call, const DeleteAllSessionsRequest *in)
{
    OthersEnd end = { .call = call };
    GError *error = NULL;

    if (!db_write (call->db, write_others_end, &end, &error))
        return api_fail (call, error);
    sessions_close_sockets (call->app, &end.ended);
    return API_OK;
}

static ApiStatus
update_session (ApiCall *call, const UpdateSessionRequest *in, SessionResponse *out)
{
    const char *user_id = call->auth->user_id;
    GError *error = NULL;
    gboolean is_own = FALSE;

    if (!sessions_store_owns (call->db, in->id, user_id, &is_own, &error))
        return api_fail (call, error);
    if (!is_own)
        return api_refuse_access (call, "session.update");
    if (!in->body->has_is_pending_sync_reset)
        return api_refuse (call, APP_ERROR_INVALID, "No fields to update");
    if (!sessions_store_set_sync_reset (call->db, in->id, user_id, in->body->is_pending_sync_reset,
                                        &error) ||
        !session_load (call->db, call->arena, in->id, out, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
delete_session (ApiCall *call, const DeleteSessionRequest *in)
{
    GError *error = NULL;
    StringList ended;

    if (!session_delete (call->db, call->arena, in->id, call->auth->user_id, &ended, &error))
        return api_fail (call, error);
    if (ended.n == 0)
        return api_refuse_access (call, "authDevice.delete");
    sessions_close_sockets (call->app, &ended);
    return API_OK;
}

static ApiStatus
lock_session (ApiCall *call, const LockSessionRequest *in)
{
    GError *error = NULL;
    gboolean found = FALSE;

    if (!session_set_elevation (call->db, in->id, call->auth->user_id, FALSE, 0, &found, &error))
        return api_fail (call, error);
    return found ? API_OK : api_refuse_access (call, "session.lock");
}

static const SessionsHandlers handlers = {
    .get_user_sessions_admin = get_user_sessions_admin,
    .get_sessions = get_sessions,
    .create_session = create_session,
    .delete_all_sessions = delete_all_sessions,
    .update_session = update_session,
    .delete_session = delete_session,
    .lock_session = lock_session,
};

/* Nightly: those that expired, and those of devices that were not seen for 90 days. */
static JobResult
run_session_cleanup (gpointer data, const Job *job, Arena *arena, GError **error)
{
    gint64 before = timestamp_now_ms () - IDLE_DAYS * G_GINT64_CONSTANT (86400000);
    App *app = data;
    StringList ended;

    if (!sessions_store_delete_old (app->db, arena, before, &ended, error))
        return JOB_RETRY;
    sessions_close_sockets (app, &ended);
    if (ended.n > 0)
        g_message ("%" G_GSIZE_FORMAT " old sessions ended", ended.n);
    return JOB_DONE;
}

static const JobKind jobs[] = { { "SessionCleanup", "backgroundTask", run_session_cleanup } };

void
sessions_start (App *app, Api *api)
{
    api_serve_sessions (api, &handlers);
    jobs_register (app->jobs, jobs, G_N_ELEMENTS (jobs));
}
