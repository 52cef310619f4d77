/* notifications_routes.c -- the handlers of notifications.api */
#define G_LOG_DOMAIN "notifications"
#include "features/notifications/notifications_private.h"

#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/config/config.h"
#include "features/notifications/mail.h"
#include "features/notifications/mail_template.h"
#include "features/users/users.h"

#define TITLE_MAX_BYTES 1000
#define DESCRIPTION_MAX_BYTES 10000
#define DATA_MAX_BYTES 100000
#define TEMPLATE_MAX_BYTES 100000

/* ---- one's own ---- */

static gboolean
check (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error);
}

static ApiStatus
answer (ApiCall *call, const char *id, Notification *out)
{
    NotificationFilter filter = { .id = id };
    GError *error = NULL;
    List list;

    if (!notification_list (call->db, call->arena, call->auth->user_id, &filter, &list, &error))
        return api_fail (call, error);
    if (list.n == 0) /* deleted since it was looked for */
        return api_refuse (call, APP_ERROR_INVALID, "Notification not found");
    notification_describe (list.items, out);
    return API_OK;
}

static ApiStatus
get_notifications (ApiCall *call, const GetNotificationsRequest *in, NotificationList *out)
{
    NotificationFilter filter = {
        .id = in->id,
        .level = in->has_level ? notification_level_enum.texts[in->level] : NULL,
        .type = in->has_type ? notification_type_enum.texts[in->type] : NULL,
        .only_unread = in->has_unread && in->unread,
    };
    GError *error = NULL;
    const NotificationRow *rows;
    List list;

    if (!notification_list (call->db, call->arena, call->auth->user_id, &filter, &list, &error))
        return api_fail (call, error);
    rows = list.items;
    out->items = arena_new_array (call->arena, Notification, MAX (list.n, 1));
    out->n = list.n;
    for (gsize i = 0; i < list.n; i++)
        notification_describe (&rows[i], &out->items[i]);
    return API_OK;
}

static ApiStatus
update_notifications (ApiCall *call, const UpdateNotificationsRequest *in)
{
    const NotificationUpdateAll *body = in->body;
    GError *error = NULL;

    if (!access_check_owned (call, &body->ids, "notification.update", &error) ||
        (body->set_read_at && !notification_set_read (call->db, call->arena, &body->ids,
                                                      body->has_read_at, body->read_at, &error)))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
delete_notifications (ApiCall *call, const DeleteNotificationsRequest *in)
{
    GError *error = NULL;

    if (!access_check_owned (call, &in->body->ids, "notification.delete", &error) ||
        !notification_delete (call->db, call->arena, &in->body->ids, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_notification (ApiCall *call, const GetNotificationRequest *in, Notification *out)
{
    GError *error = NULL;

    if (!check (call, in->id, "notification.read", &error))
        return api_fail (call, error);
    return answer (call, in->id, out);
}

static ApiStatus
update_notification (ApiCall *call, const UpdateNotificationRequest *in, Notification *out)
{
    const NotificationUpdate *body = in->body;
    StringList ids = { (const char **) &in->id, 1 };
    GError *error = NULL;

    if (!check (call, in->id, "notification.update", &error) ||
        (body->set_read_at && !notification_set_read (call->db, call->arena, &ids,
                                                      body->has_read_at, body->read_at, &error)))
        return api_fail (call, error);
    return answer (call, in->id, out);
}

static ApiStatus
delete_notification (ApiCall *call, const DeleteNotificationRequest *in)
{
    StringList ids = { (const char **) &in->id, 1 };
    GError *error = NULL;

    if (!check (call, in->id, "notification.delete", &error) ||
        !notification_delete (call->db, call->arena, &ids, &error))
        return api_fail (call, error);
    return API_OK;
}

/* ---- administration ---- */

typedef struct {
    ApiCall *call;
    const char *user_id;
    const Notice *notice;
    Notification *out;
} Creation;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const Creation *self = data;
    UserRow user;

    return users_load (tx, self->call->arena, self->user_id, &user, error) &&
           notification_add (self->call->app, tx, self->call->arena, self->user_id, self->notice,
                             self->out, error);
}

static ApiStatus
create_notification (ApiCall *call, const CreateNotificationRequest *in, Notification *out)
{
    const NotificationCreate *body = in->body;
    GError *error = NULL;
    Notice notice = {
        .type = body->has_type ? (NotificationType) body->type : NOTIFICATION_TYPE_CUSTOM,
        .level = body->has_level ? (NotificationLevel) body->level : NOTIFICATION_LEVEL_INFO,
        .title = body->title,
        .description = body->description,
        .data = body->data,
    };
    Creation creation = { call, body->user_id, &notice, out };

    if (strlen (body->title) > TITLE_MAX_BYTES)
        return api_refuse_field (call, "title", "A title may have %d bytes at most",
                                 TITLE_MAX_BYTES);
    if (body->description != NULL && strlen (body->description) > DESCRIPTION_MAX_BYTES)
        return api_refuse_field (call, "description", "A description may have %d bytes at most",
                                 DESCRIPTION_MAX_BYTES);
    if (body->data != NULL && strlen (body->data) > DATA_MAX_BYTES)
        return api_refuse_field (call, "data", "The data may have %d bytes at most",
                                 DATA_MAX_BYTES);
    if (!db_write (call->db, run_create, &creation, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_notification_template_admin (ApiCall *call, const GetNotificationTemplateAdminRequest *in,
                                 TemplateResponse *out)
{
    MailText text = { .html = "" };

    if (strlen (in->body->template) > TEMPLATE_MAX_BYTES)
        return api_refuse_field (call, "template", "A template may have %d bytes at most",
                                 TEMPLATE_MAX_BYTES);
    mail_template_preview (call->arena, in->name, notification_base_url (call->app),
                           in->body->template, &text);
    out->name = in->name;
    out->html = text.html;
    return API_OK;
}

static gboolean
send_test (ApiCall *call, const AdminConfigSmtp *smtp, const char **out_id, GError **error)
{
    MailFacts facts = { .base_url = notification_base_url (call->app),
                        .display_name = call->auth->user_name };
    MailText text = mail_template_fill (call->arena, MAIL_TEST, "", &facts);
    Mail mail = { .subject = text.subject,
                  .text = text.text,
                  .html = text.html,
                  .date_ms = timestamp_now_ms () };

    if (!mail_address_parse (call->arena, smtp->from, &mail.from, error) ||
        !mail_address_parse (call->arena, call->auth->user_email, &mail.to, error) ||
        (*smtp->reply_to != '\0' &&
         !mail_address_parse (call->arena, smtp->reply_to, &mail.reply_to, error)))
        return FALSE;
    mail.message_id = mail_message_id (call->arena, uuid_v4 (call->arena), &mail.from);
    *out_id = mail.message_id;
    return mail_send (smtp, &mail, error);
}

static ApiStatus
send_test_email_admin (ApiCall *call, const SendTestEmailAdminRequest *in, TestEmailResponse *out)
{
    g_autoptr (GError) why = NULL;

    if (!send_test (call, in->body, &out->message_id, &why))
        return api_refuse (call, APP_ERROR_INVALID, "Failed to verify SMTP configuration: %s",
                           why->message);
    return API_OK;
}

/* ---- a config that is saved ---- */

static gboolean
is_same (const AdminConfigSmtp *one, const AdminConfigSmtp *other)
{
    g_autoptr (GString) one_json = g_string_new (NULL);
    g_autoptr (GString) other_json = g_string_new (NULL);

    api_write_json (&admin_config_smtp_type, one, one_json);
    api_write_json (&admin_config_smtp_type, other, other_json);
    return g_string_equal (one_json, other_json);
}

/* Settings that cannot work are refused when they are made, not when the first mail fails. */
static gboolean
check_config (const AdminConfig *before, const AdminConfig *after, GError **error)
{
    const AdminConfigSmtp *smtp = after->notifications->smtp;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    MailAddress address;

    if (!smtp->enabled || is_same (before->notifications->smtp, smtp) ||
        (mail_address_parse (arena, smtp->from, &address, &why) &&
         (*smtp->reply_to == '\0' || mail_address_parse (arena, smtp->reply_to, &address, &why)) &&
         mail_verify (smtp, &why)))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Invalid SMTP configuration: %s",
                 why->message);
    return FALSE;
}

static const NotificationsHandlers notifications_handlers = {
    .create_notification = create_notification,
    .get_notification_template_admin = get_notification_template_admin,
    .send_test_email_admin = send_test_email_admin,
    .get_notifications = get_notifications,
    .update_notifications = update_notifications,
    .delete_notifications = delete_notifications,
    .get_notification = get_notification,
    .update_notification = update_notification,
    .delete_notification = delete_notification,
};

void
notifications_start (App *app, Api *api)
{
    api_serve_notifications (api, &notifications_handlers);
    notifications_register_jobs (app);
    config_on_save (app, check_config);
}
