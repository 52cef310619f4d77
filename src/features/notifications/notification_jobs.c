/* notification_jobs.c -- the jobs that tell users, write mails and send them
 *
 * A mail is written by one job and sent by another: when the server for mails is away, only the sending
 * is tried again, and its reason stands in the queue. */
#define G_LOG_DOMAIN "notifications"
#include "features/notifications/notifications_private.h"

#include <string.h>

#include "base/timestamp.h"
#include "features/config/config.h"
#include "features/notifications/mail.h"
#include "features/notifications/mail_template.h"
#include "features/preferences/preferences.h"
#include "features/users/users.h"

#define QUEUE "notifications"
#define DEFAULT_BASE_URL "https://my.immich.app" /* leads the apps to the server that they know */

const char *
notification_base_url (const App *app)
{
    const char *domain = config_get (app)->server->external_domain;

    return *domain != '\0' ? domain : DEFAULT_BASE_URL;
}

static gboolean
has_mail (const App *app)
{
    return config_get (app)->notifications->smtp->enabled;
}

static gboolean
add_mail (Db *tx, const char *to, const MailText *mail, GError **error)
{
    g_autoptr (GString) data = g_string_new (NULL);
    SendMailJob job = {
        .to = to, .subject = mail->subject, .html = mail->html, .text = mail->text
    };

    api_write_json (&send_mail_job_type, &job, data);
    return job_add (tx, "SendMail", QUEUE, NULL, data->str, 0, error);
}

/* ---- albums ---- */

typedef struct {
    MailKind mail;
    Notice notice; /* the texts are made of these formats */
} AlbumNews;

static const AlbumNews invite = { MAIL_ALBUM_INVITE,
                                  { NOTIFICATION_TYPE_ALBUM_INVITE, NOTIFICATION_LEVEL_SUCCESS,
                                    .title = "Shared Album Invitation" } };
static const AlbumNews addition = { MAIL_ALBUM_UPDATE,
                                    { NOTIFICATION_TYPE_ALBUM_UPDATE, NOTIFICATION_LEVEL_INFO,
                                      .title = "Shared Album Update" } };

typedef struct {
    App *app;
    Arena *arena;
    const AlbumNews *news;
    NotifyAlbumJob job;
    AlbumNewsRow album;
} AlbumTelling;

static const char *
template_of (const App *app, MailKind kind)
{
    const AdminConfigTemplateEmails *templates = config_get (app)->templates->email;

    switch (kind) {
    case MAIL_WELCOME:
        return templates->welcome_template;
    case MAIL_ALBUM_INVITE:
        return templates->album_invite_template;
    case MAIL_ALBUM_UPDATE:
        return templates->album_update_template;
    case MAIL_TEST:
    default:
        return "";
    }
}

static gboolean
add_album_mail (Db *tx, const AlbumTelling *self, GError **error)
{
    gboolean is_invite = self->news == &invite;
    UserPreferencesResponse preferences;
    const EmailNotificationsPreferences *wishes;
    MailText text;
    MailFacts facts = {
        .base_url = notification_base_url (self->app),
        .album_id = self->job.id,
        .album_name = self->album.album_name,
        .recipient_name = self->album.recipient_name,
        .sender_name = is_invite ? self->album.sender_name : NULL,
    };

    if (!has_mail (self->app))
        return TRUE;
    if (!preferences_load (tx, self->arena, self->job.recipient_id, &preferences, error))
        return FALSE;
    wishes = preferences.email_notifications;
    if (!wishes->enabled || !(is_invite ? wishes->album_invite : wishes->album_update))
        return TRUE;
    text = mail_template_fill (self->arena, self->news->mail,
                               template_of (self->app, self->news->mail), &facts);
    return add_mail (tx, self->album.recipient_email, &text, error);
}

static gboolean
run_album_telling (Db *tx, gpointer data, GError **error)
{
    const AlbumTelling *self = data;
    const AlbumNewsRow *album = &self->album;
    Notice notice = self->news->notice;

    notice.description =
        self->news == &invite
            ? arena_printf (self->arena, "%s shared an album (%s) with you", album->sender_name,
                            album->album_name)
            : arena_printf (self->arena, "New media has been added to the album (%s)",
                            album->album_name);
    notice.data = arena_printf (self->arena, "{\"albumId\":\"%s\"}", self->job.id);
    return notification_add (self->app, tx, self->arena, self->job.recipient_id, &notice, NULL,
                             error) &&
           add_album_mail (tx, self, error);
}

static JobResult
tell_of_album (App *app, const Job *job, Arena *arena, const AlbumNews *news, GError **error)
{
    AlbumTelling telling = { .app = app, .arena = arena, .news = news };
    g_autoptr (GError) why = NULL;

    if (!api_read_json (&notify_album_job_type, job->data, -1, arena, &telling.job, error))
        return JOB_FAILED;
    if (!notification_load_album (app->db, arena, telling.job.id, telling.job.recipient_id,
                                  &telling.album, &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND))
            return JOB_SKIPPED; /* the album is gone, or the receiver has left it */
        g_propagate_error (error, g_steal_pointer (&why));
        return JOB_RETRY;
    }
    if (telling.job.sender_name != NULL)
        telling.album.sender_name = telling.job.sender_name;
    if (!db_write (app->db, run_album_telling, &telling, error))
        return JOB_RETRY;
    jobs_wake (app->jobs);
    return JOB_DONE;
}

static JobResult
tell_of_invite (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return tell_of_album (app, job, arena, &invite, error);
}

static JobResult
tell_of_addition (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return tell_of_album (app, job, arena, &addition, error);
}

/* ---- welcome ---- */

typedef struct {
    const char *to;
    MailText text;
} Welcome;

static gboolean
run_welcome (Db *tx, gpointer data, GError **error)
{
    const Welcome *self = data;

    return add_mail (tx, self->to, &self->text, error);
}

static JobResult
greet (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    NotifyUserSignupJob data;
    g_autoptr (GError) why = NULL;
    UserRow user;
    Welcome welcome;

    if (!api_read_json (&notify_user_signup_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    if (!has_mail (app))
        return JOB_SKIPPED;
    if (!users_load (app->db, arena, data.id, &user, &why)) {
        if (g_error_matches (why, APP_ERROR, APP_ERROR_INVALID))
            return JOB_SKIPPED; /* deleted meanwhile */
        g_propagate_error (error, g_steal_pointer (&why));
        return JOB_RETRY;
    }
    welcome.to = user.email;
    welcome.text =
        mail_template_fill (arena, MAIL_WELCOME, template_of (app, MAIL_WELCOME),
                            &(MailFacts){ .base_url = notification_base_url (app),
                                          .display_name = user.name,
                                          .username = user.email,
                                          .password = data.password != NULL ? data.password : "" });
    if (!db_write (app->db, run_welcome, &welcome, error))
        return JOB_RETRY;
    jobs_wake (app->jobs);
    return JOB_DONE;
}

/* ---- sending ---- */

/* The id of the message is that of the job: a mail that is sent twice can be known as one. */
static JobResult
send_mail (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    const App *app = app_pointer;
    const AdminConfigSmtp *smtp = config_get (app)->notifications->smtp;
    SendMailJob data;
    Mail mail = { .date_ms = timestamp_now_ms () };

    if (!smtp->enabled)
        return JOB_SKIPPED;
    if (!api_read_json (&send_mail_job_type, job->data, -1, arena, &data, error) ||
        !mail_address_parse (arena, data.to, &mail.to, error))
        return JOB_FAILED;
    if (!mail_address_parse (arena, smtp->from, &mail.from, error)) {
        g_prefix_error (error, "notifications.smtp.from: ");
        return JOB_RETRY; /* once the admin has set it */
    }
    if (*smtp->reply_to != '\0' &&
        !mail_address_parse (arena, smtp->reply_to, &mail.reply_to, error)) {
        g_prefix_error (error, "notifications.smtp.replyTo: ");
        return JOB_RETRY;
    }
    mail.subject = data.subject;
    mail.text = data.text;
    mail.html = data.html;
    mail.message_id = mail_message_id (arena, job->id, &mail.from);
    return mail_send (smtp, &mail, error) ? JOB_DONE : JOB_RETRY;
}

/* ---- cleaning up, failures ---- */

static JobResult
clean_up (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return notification_delete_old (((App *) app)->db, timestamp_now_ms (), error) ? JOB_DONE
                                                                                   : JOB_RETRY;
}

typedef struct {
    App *app;
    Arena *arena;
    const Notice *notice;
} Alarm;

static gboolean
run_alarm (Db *tx, gpointer data, GError **error)
{
    const Alarm *self = data;

    return notification_add_for_admins (self->app, tx, self->arena, self->notice, error);
}

/* A backup that fails must not be noticed only when it is needed, nor a disk that is away. */
static void
tell_of_failure (gpointer app, const Job *job, const char *why)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    Notice notice = {
        .type = NOTIFICATION_TYPE_JOB_FAILED,
        .level = NOTIFICATION_LEVEL_ERROR,
        .title = "Job Failed",
        .description = arena_printf (arena, "Job %s failed with error: %s", job->name, why),
    };
    Alarm alarm = { app, arena, &notice };

    if ((strcmp (job->name, "DatabaseBackup") == 0 || g_str_has_prefix (job->name, "Integrity")) &&
        !db_write (((App *) app)->db, run_alarm, &alarm, &error))
        g_warning ("cannot tell the admins that the job %s failed: %s", job->name, error->message);
}

void
notifications_register_jobs (App *app)
{
    static const JobKind kinds[] = {
        { "NotifyAlbumInvite", QUEUE, tell_of_invite },
        { "NotifyAlbumUpdate", QUEUE, tell_of_addition },
        { "NotifyUserSignup", QUEUE, greet },
        { "SendMail", QUEUE, send_mail },
        { "NotificationsCleanup", "backgroundTask", clean_up },
    };

    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
    jobs_on_failure (app->jobs, tell_of_failure);
}
