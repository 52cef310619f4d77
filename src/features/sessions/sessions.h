/* sessions.h -- logins, one a device: their tokens, what is known of the device, elevation */
#pragma once
#include "features/app.h"
#include "features/auth/auth.h"
#include "features/sessions_api.h"

void sessions_start (App *app, Api *api);

/* ---- the device ---- */

typedef struct {
    const char *type;        /* Chrome, mobile, Pixel 7; "" when unknown */
    const char *os;          /* Android, macOS; "" when unknown */
    const char *app_version; /* of the mobile app; NULL: another client */
} SessionDevice;

/** What a request says of its device. Any argument may be NULL; texts are cut at 255 bytes.
 *  @param model, type  headers deviceModel and deviceType, which count where the user agent says
 *  nothing */
void session_device_parse (Arena *arena, const char *user_agent, const char *model,
                           const char *type, SessionDevice *out);
void session_device_of (HttpRequest *request, Arena *arena, SessionDevice *out);
const char *session_app_version_of (HttpRequest *request, Arena *arena); /* NULL: none is told */

/* ---- sessions ---- */

typedef struct {
    const char *user_id;
    const char *password_hash; /* that the login was checked against; NULL: it was by no password */
    const char *parent_id;     /* NULL: a login; else it dies with that session */
    SessionDevice device;
    gboolean has_expires_at;
    gint64 expires_at;
    const char *oauth_sid, *oauth_id_token; /* NULL: none */
} SessionNew;

/** FALSE with APP_ERROR_UNAUTHORIZED when the user was deleted, or has another password, since it was looked
 *  at: checking one takes a while. @param out_id  in @arena */
gboolean session_create (Db *db, Arena *arena, const SessionNew *session,
                         const guint8 token_hash[AUTH_HASH_BYTES], const char **out_id,
                         GError **error);
/** The session of a token, of a user who is not deleted; an expired one too. One indexed read.
 *  FALSE with APP_ERROR_NOT_FOUND. */
gboolean session_find (Db *db, Arena *arena, const guint8 token_hash[AUTH_HASH_BYTES],
                       SessionCredential *out, GError **error);
gboolean session_load (Db *db, Arena *arena, const char *id, SessionResponse *out, GError **error);
gboolean session_load_times (Db *db, Arena *arena, const char *id, SessionTimes *out,
                             GError **error);
/** Note the device and that it was used now. */
gboolean session_note_use (Db *db, const char *id, const SessionDevice *device, GError **error);
/** Elevated until @until_ms; not at all when @is_elevated is FALSE. @param out_found  may be NULL */
gboolean session_set_elevation (Db *db, const char *id, const char *user_id, gboolean is_elevated,
                                gint64 until_ms, gboolean *out_found, GError **error);
/** Elevated until @until_ms at least, unless it has ended meanwhile: a lock is not undone by a request that
 *  came before it. */
gboolean session_keep_elevation (Db *db, const char *id, const char *user_id, gint64 until_ms,
                                 GError **error);
/** The ids of those of a user that are elevated now. */
gboolean sessions_find_elevated (Db *db, Arena *arena, const char *user_id, StringList *out,
                                 GError **error);
/** What ends sessions ends those they made too. @param out_ended  all of them, whose sockets are to be closed
 *  then; none: the user has no such session */
gboolean session_delete (Db *db, Arena *arena, const char *id, const char *user_id,
                         StringList *out_ended, GError **error);
/** All of a user, except @except_id unless it is NULL. Inside a write. */
gboolean sessions_delete_others (Db *tx, Arena *arena, const char *user_id, const char *except_id,
                                 StringList *out_ended, GError **error);
gboolean sessions_end_elevation (Db *db, const char *user_id, GError **error);

/** Close the sockets of sessions that have ended. */
void sessions_close_sockets (App *app, const StringList *ended);
/** Tell the clients of sessions that these have ended, once the answer of the call that ended them is out,
 *  and close what is left of their sockets. */
void sessions_tell_end (App *app, const StringList *ended);
/** Close the sockets of a user but those of the session @except_id (NULL: none), which is for what is no
 *  session: a socket does not know by which key it came, and one that still may come is back at once. */
void sessions_close_user (App *app, const char *user_id, const char *except_id);

/* ---- the provider's side of a login by OAuth ---- */

/** @param id_token  NULL: none */
gboolean session_set_oauth (Db *db, const char *id, const char *sid, const char *id_token,
                            GError **error);
/** *@out is NULL when the session keeps none. */
gboolean session_load_id_token (Db *db, Arena *arena, const char *id, const char **out,
                                GError **error);
/** End the sessions of the provider's session @sid, or all of the user linked to @subject, or with both
 *  those of the user with that sid. As session_delete (). */
gboolean sessions_delete_oauth (Db *db, Arena *arena, const char *subject, const char *sid,
                                StringList *out_ended, GError **error);
