/* notifications_private.h -- between the files of the feature */
#pragma once
#include "features/notifications/notifications.h"

/* ---- notifications_store.c ---- */

typedef struct {
    const char *id, *level, *type; /* NULL: any */
    gboolean only_unread;
} NotificationFilter;

/** Newest first. @out holds NotificationRow */
gboolean notification_list (Db *db, Arena *arena, const char *user_id,
                            const NotificationFilter *filter, List *out, GError **error);
gboolean notification_insert (Db *tx, const char *user_id, const NotificationRow *row,
                              GError **error);
/** @param has_read_at  FALSE: they become unread */
gboolean notification_set_read (Db *db, Arena *arena, const StringList *ids, gboolean has_read_at,
                                gint64 read_at, GError **error);
gboolean notification_delete (Db *db, Arena *arena, const StringList *ids, GError **error);
/** What was read and is 15 days old, and all that is 30 days old. */
gboolean notification_delete_old (Db *db, gint64 now_ms, GError **error);
gboolean notification_find_admins (Db *db, Arena *arena, StringList *out, GError **error);
/** FALSE with APP_ERROR_NOT_FOUND unless the album is there and @recipient_id a member of it. */
gboolean notification_load_album (Db *db, Arena *arena, const char *album_id,
                                  const char *recipient_id, AlbumNewsRow *out, GError **error);

/* ---- notifications.c ---- */

void notification_describe (const NotificationRow *row, Notification *out);

/* ---- notification_jobs.c ---- */

/** Where the links of mails lead to. */
const char *notification_base_url (const App *app);
void notifications_register_jobs (App *app);
