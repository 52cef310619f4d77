/* notifications.h -- news for users: notices in the apps, and mails
 *
 * Other features ask for them by jobs of the queue 'notifications', added in the transaction of what is
 * told, or by notification_add ():
 *   NotifyAlbumInvite {id, recipientId}   somebody was added to the album
 *   NotifyAlbumUpdate {id, recipientId}   something was added to it; delayed, and keyed by album and
 *                                         recipient, so that many additions make one notice
 * Whether a mail goes along is the receiver's choice (preferences) and the admin's (the config). */
#pragma once
#include "features/app.h"
#include "features/notifications_api.h"

void notifications_start (App *app, Api *api);

typedef struct {
    NotificationType type;
    NotificationLevel level;
    const char *title;
    const char *description; /* NULL: none */
    const char *data;        /* a JSON object; NULL: none */
} Notice;

/** In a write: note it for @user_id, who is told once it is committed. @param out  may be NULL */
gboolean notification_add (const App *app, Db *tx, Arena *arena, const char *user_id,
                           const Notice *notice, Notification *out, GError **error);
/** The same for every admin. */
gboolean notification_add_for_admins (const App *app, Db *tx, Arena *arena, const Notice *notice,
                                      GError **error);

/** In the write that makes an account: have a mail sent that greets its user; nothing when mails are
 *  switched off. @param password  as the user shall type it; NULL: none */
gboolean notification_add_welcome (const App *app, Db *tx, const char *user_id,
                                   const char *password, GError **error);
