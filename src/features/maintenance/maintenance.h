/* maintenance.h -- the mode in which only an admin is served, and restores run
 *
 * The mode is a row of the database. Whoever changes it (a handler here, 'tintype admin', another server on
 * the same database), every server sees it within seconds, tells its clients, and starts again in the
 * other mode: the same process, by exec, so that no supervisor is needed and none notices.
 *
 * In maintenance mode there are no accounts: a token, signed with a secret of the mode and handed over in
 * a cookie or a link, is all that is asked for. */
#pragma once
#include "features/app.h"
#include "features/maintenance_api.h"

typedef struct _Maintenance Maintenance;

/* ---- the mode, as it is stored ---- */

/** Not being in maintenance mode is no error: then out->is_maintenance_mode is FALSE. */
gboolean maintenance_load (Db *db, Arena *arena, MaintenanceMode *out, GError **error);
/** As JSON. */
const char *maintenance_write (Arena *arena, const MaintenanceMode *mode);
/** Switch it on with a secret (that of an earlier time, if there is one), or off.
 *  @param backup  what to restore, for MAINTENANCE_ACTION_RESTORE_DATABASE; else NULL
 *  @param out_was_on  may be NULL */
gboolean maintenance_set (Db *db, Arena *arena, MaintenanceAction action, const char *backup,
                          gboolean *out_was_on, MaintenanceMode *out, GError **error);

#define MAINTENANCE_COOKIE "immich_maintenance_token"

/** A token for four hours. */
const char *maintenance_new_token (Arena *arena, const char *secret, const char *username);
/** Where who has the token logs in. */
const char *maintenance_login_url (Db *db, Arena *arena, const Settings *settings,
                                   const char *token);

/* ---- in normal mode ---- */

void maintenance_start (App *app, Api *api);
/** For who restores without a server: wait until none is in normal mode on this media folder any more.
 *  FALSE with APP_ERROR_UNAVAILABLE when one does not leave it. */
gboolean maintenance_wait_for_servers (const char *media_location, GError **error);
/** For a server that nobody has set up: switch to choosing a backup, and let the caller in.
 *  FALSE with APP_ERROR_INVALID when there is an admin. */
gboolean maintenance_begin_without_admin (ApiCall *call, GError **error);

/* ---- in maintenance mode ---- */

/** The operations that are served then, and the restore that was asked for. app->maintenance is set. */
gboolean maintenance_run (App *app, Api *api, GError **error);
void maintenance_stop (App *app);
/** Whether it is in the middle of a restore: the process may end, and the next one begins it again. */
gboolean maintenance_is_restoring (const App *app);
/** The ApiSettings.identify: the cookie, and nothing else. */
gboolean maintenance_identify (App *app, HttpRequest *request, Arena *arena, Auth *out,
                               GError **error);
/** The RealtimeIdentify: everybody is let in, and hears more with the cookie. */
RealtimeIdentity maintenance_identify_socket (gpointer app, HttpRequest *request);
/** What is no API then: the page /maintenance and its parts; every other page leads there. */
const HttpApp *maintenance_http_app (void);
