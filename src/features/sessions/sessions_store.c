/* sessions_store.c -- sessions in the database */
#define G_LOG_DOMAIN "sessions"
#include "features/sessions/sessions_store.h"

#include "base/timestamp.h"
#include "base/uuid.h"

#define SESSION_COLUMNS                                                                            \
    "id, created_at, updated_at, app_version, device_os, device_type, is_pending_sync_reset,"      \
    " expires_at"

/* $1 user, $2 hash of the password or NULL. It writes what is there: a change of the same account at the same
 * time runs before it or after it, and sees it then. */
static const char SQL_HOLD_LOGIN[] =
    "UPDATE users SET password = password"
    " WHERE id = $1 AND deleted_at IS NULL AND password = COALESCE($2, password)";

/* $1 id, $2 token hash, $3 user, $4 parent, $5 type, $6 OS, $7 app version, $8 OAuth sid,
 * $9 OAuth ID token, $10 expires at, $11 now */
static const char SQL_INSERT[] =
    "INSERT INTO session (id, token_hash, user_id, parent_id, device_type, device_os, app_version,"
    "                     oauth_sid, oauth_id_token, expires_at, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";

/* $1 token hash */
static const char SQL_FIND[] =
    "SELECT s.id AS session_id, s.user_id AS user_id, u.email AS email, u.name AS name,"
    "       u.is_admin AS is_admin, u.quota_size_bytes AS quota_size_bytes,"
    "       u.quota_usage_bytes AS quota_usage_bytes, s.app_version AS app_version,"
    "       s.pin_expires_at AS pin_expires_at, s.expires_at AS expires_at,"
    "       s.updated_at AS updated_at"
    "  FROM session s JOIN users u ON u.id = s.user_id"
    " WHERE s.token_hash = $1 AND u.deleted_at IS NULL";

/* $1 id, $2 now, $3 type, $4 OS, $5 app version */
static const char SQL_NOTE_USE[] =
    "UPDATE session SET updated_at = $2, device_type = $3, device_os = $4, app_version = $5"
    " WHERE id = $1";

/* $1 id, $2 user, $3 now, $4 until */
static const char SQL_SET_ELEVATION[] =
    "UPDATE session SET updated_at = $3, pin_expires_at = $4 WHERE id = $1 AND user_id = $2";

/* $1 id, $2 user, $3 now, $4 until; of a session that is elevated still, and for not so long */
static const char SQL_KEEP_ELEVATION[] =
    "UPDATE session SET updated_at = $3, pin_expires_at = $4"
    " WHERE id = $1 AND user_id = $2 AND pin_expires_at > $3 AND pin_expires_at < $4";

/* $1 user, $2 now */
static const char SQL_END_ELEVATION[] = "UPDATE session SET updated_at = $2, pin_expires_at = NULL"
                                        " WHERE user_id = $1 AND pin_expires_at IS NOT NULL";

/* $1 user, $2 now */
static const char SQL_ELEVATED[] =
    "SELECT id FROM session WHERE user_id = $1 AND pin_expires_at > $2"
    " AND (expires_at IS NULL OR expires_at > $2)";

/* those that @first finds, and those they made, which end with them */
#define WITH_CHILDREN(first)                                                                       \
    "WITH RECURSIVE ended (id) AS (" first                                                         \
    " UNION SELECT c.id FROM session c JOIN ended e ON c.parent_id = e.id) SELECT id FROM ended"

/* $1 id, $2 user */
static const char SQL_FIND_ONE[] =
    WITH_CHILDREN ("SELECT id FROM session WHERE id = $1 AND user_id = $2");
/* $1 user, $2 the one that stays */
static const char SQL_FIND_OTHERS[] =
    WITH_CHILDREN ("SELECT id FROM session WHERE user_id = $1 AND id <> $2");

/* $1 id, $2 user, $3 now, $4 pending */
static const char SQL_SET_SYNC_RESET[] =
    "UPDATE session SET updated_at = $3, is_pending_sync_reset = $4"
    " WHERE id = $1 AND user_id = $2";

/* $1 id */
static const char SQL_LOAD[] =
    "SELECT " SESSION_COLUMNS ", 0 AS current FROM session WHERE id = $1";

/* $1 id */
static const char SQL_LOAD_TIMES[] = "SELECT expires_at, pin_expires_at FROM session WHERE id = $1";

/* $1 user, none of a deleted one; $2 the current one, $3 now; those used last first */
static const char SQL_LIST[] =
    "SELECT " SESSION_COLUMNS ", CASE WHEN id = $2 THEN 1 ELSE 0 END AS current"
    "  FROM session WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > $3)"
    "   AND EXISTS (SELECT 1 FROM users WHERE users.id = $1 AND users.deleted_at IS NULL)"
    " ORDER BY updated_at DESC, created_at DESC, id";

/* $1 id, $2 now, $3 sid, $4 ID token */
static const char SQL_SET_OAUTH[] =
    "UPDATE session SET updated_at = $2, oauth_sid = $3, oauth_id_token = $4 WHERE id = $1";
static const char SQL_LOAD_ID_TOKEN[] = "SELECT oauth_id_token FROM session WHERE id = $1";

/* $1 sid */
static const char SQL_FIND_SID[] = WITH_CHILDREN ("SELECT id FROM session WHERE oauth_sid = $1");
/* $1 subject */
static const char SQL_FIND_SUBJECT[] =
    WITH_CHILDREN ("SELECT s.id FROM users u JOIN session s ON s.user_id = u.id"
                   " WHERE u.oauth_id = $1 AND u.oauth_id <> ''");
/* $1 subject, $2 sid */
static const char SQL_FIND_BOTH[] =
    WITH_CHILDREN ("SELECT s.id FROM users u JOIN session s ON s.user_id = u.id"
                   " WHERE u.oauth_id = $1 AND u.oauth_id <> '' AND s.oauth_sid = $2");
/* $1 used before, $2 now */
static const char SQL_FIND_OLD[] =
    WITH_CHILDREN ("SELECT id FROM session WHERE updated_at <= $1 OR expires_at <= $2");
/* $1 JSON array of ids */
static const char SQL_DELETE_MANY[] =
    "DELETE FROM session WHERE id IN (SELECT value FROM json_each($1))";

typedef struct {
    const char *id;
    const SessionNew *session;
    const guint8 *token_hash;
} Creation;

static gboolean
write_session (Db *tx, gpointer data, GError **error)
{
    const Creation *creation = data;
    const SessionNew *session = creation->session;
    gint64 n_held = 0;

    if (!db_exec (tx, SQL_HOLD_LOGIN,
                  DB_ARGS (db_text (session->user_id), db_text (session->password_hash)), &n_held,
                  error))
        return FALSE;
    if (n_held == 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAUTHORIZED,
                             "The account was changed meanwhile, log in again");
        return FALSE;
    }
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (creation->id),
                             db_blob (creation->token_hash, AUTH_HASH_BYTES),
                             db_text (session->user_id), db_text (session->parent_id),
                             db_text (session->device.type), db_text (session->device.os),
                             db_text (session->device.app_version), db_text (session->oauth_sid),
                             db_text (session->oauth_id_token),
                             db_int_if (session->has_expires_at, session->expires_at),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
session_create (Db *db, Arena *arena, const SessionNew *session,
                const guint8 token_hash[AUTH_HASH_BYTES], const char **out_id, GError **error)
{
    Creation creation = { uuid_v4 (arena), session, token_hash };

    if (!db_write (db, write_session, &creation, error))
        return FALSE;
    *out_id = creation.id;
    return TRUE;
}

gboolean
session_find (Db *db, Arena *arena, const guint8 token_hash[AUTH_HASH_BYTES],
              SessionCredential *out, GError **error)
{
    return db_recall_one (db, arena, &session_credential_type, out, SQL_FIND,
                          DB_ARGS (db_blob (token_hash, AUTH_HASH_BYTES)), error);
}

gboolean
session_load (Db *db, Arena *arena, const char *id, SessionResponse *out, GError **error)
{
    return db_select_one (db, arena, &session_response_type, out, SQL_LOAD, DB_ARGS (db_text (id)),
                          error);
}

gboolean
session_load_times (Db *db, Arena *arena, const char *id, SessionTimes *out, GError **error)
{
    return db_select_one (db, arena, &session_times_type, out, SQL_LOAD_TIMES,
                          DB_ARGS (db_text (id)), error);
}

gboolean
session_note_use (Db *db, const char *id, const SessionDevice *device, GError **error)
{
    return db_exec (db, SQL_NOTE_USE,
                    DB_ARGS (db_text (id), db_int (timestamp_now_ms ()), db_text (device->type),
                             db_text (device->os), db_text (device->app_version)),
                    NULL, error);
}

gboolean
session_set_elevation (Db *db, const char *id, const char *user_id, gboolean is_elevated,
                       gint64 until_ms, gboolean *out_found, GError **error)
{
    gint64 changed = 0;

    if (!db_exec (db, SQL_SET_ELEVATION,
                  DB_ARGS (db_text (id), db_text (user_id), db_int (timestamp_now_ms ()),
                           db_int_if (is_elevated, until_ms)),
                  &changed, error))
        return FALSE;
    if (out_found != NULL)
        *out_found = changed > 0;
    return TRUE;
}

gboolean
session_keep_elevation (Db *db, const char *id, const char *user_id, gint64 until_ms,
                        GError **error)
{
    return db_exec (
        db, SQL_KEEP_ELEVATION,
        DB_ARGS (db_text (id), db_text (user_id), db_int (timestamp_now_ms ()), db_int (until_ms)),
        NULL, error);
}

gboolean
sessions_end_elevation (Db *db, const char *user_id, GError **error)
{
    return db_exec (db, SQL_END_ELEVATION,
                    DB_ARGS (db_text (user_id), db_int (timestamp_now_ms ())), NULL, error);
}

gboolean
sessions_find_elevated (Db *db, Arena *arena, const char *user_id, StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_ELEVATED,
                            DB_ARGS (db_text (user_id), db_int (timestamp_now_ms ())), out, error);
}

typedef struct {
    Arena *arena;
    const char *sql; /* which finds them */
    DbArgs args;
    StringList *out_ended;
} End;

static gboolean
write_end (Db *tx, gpointer data, GError **error)
{
    const End *end = data;

    return db_select_texts (tx, end->arena, end->sql, end->args, end->out_ended, error) &&
           (end->out_ended->n == 0 ||
            db_exec (tx, SQL_DELETE_MANY, DB_ARGS (db_strings (end->arena, end->out_ended)), NULL,
                     error));
}

gboolean
session_delete (Db *db, Arena *arena, const char *id, const char *user_id, StringList *out_ended,
                GError **error)
{
    End end = { arena, SQL_FIND_ONE, DB_ARGS (db_text (id), db_text (user_id)), out_ended };

    return db_write (db, write_end, &end, error);
}

gboolean
sessions_delete_others (Db *tx, Arena *arena, const char *user_id, const char *except_id,
                        StringList *out_ended, GError **error)
{
    End end = { arena, SQL_FIND_OTHERS,
                DB_ARGS (db_text (user_id), db_text (except_id != NULL ? except_id : "")),
                out_ended };

    return write_end (tx, &end, error);
}

gboolean
sessions_store_list (Db *db, Arena *arena, const char *user_id, const char *current_id,
                     SessionResponseList *out, GError **error)
{
    List list;

    if (!db_select (db, arena, &session_response_type, &list, SQL_LIST,
                    DB_ARGS (db_text (user_id), db_text (current_id != NULL ? current_id : ""),
                             db_int (timestamp_now_ms ())),
                    error))
        return FALSE;
    out->items = list.items;
    out->n = list.n;
    return TRUE;
}

gboolean
sessions_store_set_sync_reset (Db *db, const char *id, const char *user_id, gboolean is_pending,
                               GError **error)
{
    return db_exec (db, SQL_SET_SYNC_RESET,
                    DB_ARGS (db_text (id), db_text (user_id), db_int (timestamp_now_ms ()),
                             db_bool (is_pending)),
                    NULL, error);
}

gboolean
sessions_store_owns (Db *db, const char *id, const char *user_id, gboolean *out, GError **error)
{
    static const char SQL_OWNS[] = "SELECT count(*) FROM session WHERE id = $1 AND user_id = $2";
    gint64 n = 0;

    if (!db_select_int (db, SQL_OWNS, DB_ARGS (db_text (id), db_text (user_id)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
sessions_store_delete_old (Db *db, Arena *arena, gint64 used_before_ms, StringList *out_ended,
                           GError **error)
{
    End end = { arena, SQL_FIND_OLD,
                DB_ARGS (db_int (used_before_ms), db_int (timestamp_now_ms ())), out_ended };

    return db_write (db, write_end, &end, error);
}

gboolean
session_set_oauth (Db *db, const char *id, const char *sid, const char *id_token, GError **error)
{
    return db_exec (
        db, SQL_SET_OAUTH,
        DB_ARGS (db_text (id), db_int (timestamp_now_ms ()), db_text (sid), db_text (id_token)),
        NULL, error);
}

gboolean
session_load_id_token (Db *db, Arena *arena, const char *id, const char **out, GError **error)
{
    return db_select_text (db, arena, SQL_LOAD_ID_TOKEN, DB_ARGS (db_text (id)), out, error);
}

gboolean
sessions_delete_oauth (Db *db, Arena *arena, const char *subject, const char *sid,
                       StringList *out_ended, GError **error)
{
    End by_sid = { arena, SQL_FIND_SID, DB_ARGS (db_text (sid)), out_ended };
    End by_subject = { arena, SQL_FIND_SUBJECT, DB_ARGS (db_text (subject)), out_ended };
    End by_both = { arena, SQL_FIND_BOTH, DB_ARGS (db_text (subject), db_text (sid)), out_ended };

    return db_write (db, write_end,
                     subject == NULL ? &by_sid
                     : sid == NULL   ? &by_subject
                                     : &by_both,
                     error);
}
