/* notifications.c -- see notifications.h */
#define G_LOG_DOMAIN "notifications"
#include "features/notifications/notifications_private.h"

#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/config/config.h"

void
notification_describe (const NotificationRow *row, Notification *out)
{
    *out = (Notification){
        .id = row->id,
        .created_at = row->created_at,
        .level = row->level,
        .type = row->type,
        .title = row->title,
        .description = row->description,
        .data = row->data,
        .has_read_at = row->has_read_at,
        .read_at = row->read_at,
    };
}

/* ---- telling, after the commit ---- */

typedef struct {
    Realtime *realtime;
    char *user_id;
    char *json;
} Telling;

static void
telling_free (gpointer data)
{
    Telling *self = data;

    g_free (self->user_id);
    g_free (self->json);
    g_free (self);
}

static void
tell (gpointer data)
{
    const Telling *self = data;

    if (self->realtime != NULL) /* in an admin command nobody is connected */
        realtime_send (self->realtime, self->user_id, "on_notification", self->json);
}

static void
tell_after_commit (const App *app, Db *tx, const char *user_id, const Notification *notification)
{
    GString *json = g_string_new (NULL);
    Telling *telling = g_new (Telling, 1);

    api_write_json (&notification_type, notification, json);
    *telling = (Telling){ app->realtime, g_strdup (user_id), g_string_free (json, FALSE) };
    db_after_commit (tx, tell, telling, telling_free);
}

gboolean
notification_add (const App *app, Db *tx, Arena *arena, const char *user_id, const Notice *notice,
                  Notification *out, GError **error)
{
    NotificationRow row = {
        .id = uuid_v4 (arena),
        .created_at = timestamp_now_ms (),
        .level = (int) notice->level,
        .type = (int) notice->type,
        .title = notice->title,
        .description = notice->description,
        .data = notice->data,
    };
    Notification made;

    if (!notification_insert (tx, user_id, &row, error))
        return FALSE;
    notification_describe (&row, &made);
    tell_after_commit (app, tx, user_id, &made);
    if (out != NULL)
        *out = made;
    return TRUE;
}

gboolean
notification_add_for_admins (const App *app, Db *tx, Arena *arena, const Notice *notice,
                             GError **error)
{
    StringList admins;

    if (!notification_find_admins (tx, arena, &admins, error))
        return FALSE;
    for (gsize i = 0; i < admins.n; i++)
        if (!notification_add (app, tx, arena, admins.items[i], notice, NULL, error))
            return FALSE;
    return TRUE;
}

gboolean
notification_add_welcome (const App *app, Db *tx, const char *user_id, const char *password,
                          GError **error)
{
    g_autoptr (GString) data = g_string_new (NULL);
    NotifyUserSignupJob job = { .id = user_id, .password = password };

    if (!config_get (app)->notifications->smtp->enabled)
        return TRUE;
    api_write_json (&notify_user_signup_job_type, &job, data);
    return job_add (tx, "NotifyUserSignup", "notifications", user_id, data->str, 0, error);
}
