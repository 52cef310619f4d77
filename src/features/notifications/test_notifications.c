/* test_notifications.c -- notices come with what they tell of, or not at all; admins learn of failures */
#include "db/test_db.h"
#include "features/notifications/notifications_private.h"

#include "features/config/config.h"

#define ADMIN "5bbd29cd-0000-4000-8000-000000000001"
#define USER "5bbd29cd-0000-4000-8000-000000000002"
#define GONE "5bbd29cd-0000-4000-8000-000000000003"
#define WAIT_S 60

static AdminConfigSmtp smtp;
static AdminConfigNotifications notifications = { .smtp = &smtp };
static AdminConfig config = { .notifications = &notifications };

const AdminConfig *
config_get (const App *app)
{
    return &config;
}

static gint n_told; /* atomic; jobs have their own threads */

void
realtime_send (Realtime *self, const char *room, const char *event, const char *arguments_json)
{
    g_assert_cmpstr (event, ==, "on_notification");
    g_atomic_int_inc (&n_told);
}

static gint64
select_int (TestDb *t, const char *sql)
{
    gint64 value = 0;

    g_assert_true (db_select_int (t->db, sql, DB_NO_ARGS, &value, NULL, &t->error));
    g_assert_no_error (t->error);
    return value;
}

static void
fill (TestDb *t)
{
    static const char *const users[] = { ADMIN, USER, GONE };

    g_atomic_int_set (&n_told, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (users); i++) {
        gboolean is_gone = i == 2;

        g_assert_true (
            db_exec (t->db,
                     "INSERT INTO users (id, email, name, is_admin, profile_changed_at,"
                     " cluster_group_id, created_at, updated_at, deleted_at)"
                     " VALUES ($1, $1, 'x', $2, 1, 'g', 1, 1, $3)",
                     DB_ARGS (db_text (users[i]), db_bool (i != 1), db_int_if (is_gone, 5)), NULL,
                     &t->error));
        g_assert_no_error (t->error);
    }
}

typedef struct {
    App *app;
    Arena *arena;
    gboolean fails;
} Telling;

static gboolean
run_telling (Db *tx, gpointer data, GError **error)
{
    const Telling *self = data;
    const Notice notice = { NOTIFICATION_TYPE_SYSTEM_MESSAGE, NOTIFICATION_LEVEL_WARNING,
                            .title = "t" };

    if (!notification_add_for_admins (self->app, tx, self->arena, &notice, error))
        return FALSE;
    if (!self->fails)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "undone");
    return FALSE;
}

static void
test_a_notice_belongs_to_its_write (TestDb *t)
{
    App app = { .db = t->db, .realtime = (Realtime *) t }; /* realtime_send () is ours */
    Telling telling = { &app, t->arena, TRUE };

    fill (t);
    g_assert_false (db_write (t->db, run_telling, &telling, &t->error));
    g_clear_error (&t->error);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM notification"), ==, 0);
    g_assert_cmpint (g_atomic_int_get (&n_told), ==, 0);
    telling.fails = FALSE;
    g_assert_true (db_write (t->db, run_telling, &telling, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM notification WHERE user_id = '" ADMIN
                                    "' AND type = 'SystemMessage' AND level = 'warning'"),
                     ==, 1);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM notification"), ==, 1);
    g_assert_cmpint (g_atomic_int_get (&n_told), ==, 1);
}

static JobResult
fail (gpointer app, const Job *job, Arena *arena, GError **error)
{
    g_set_error (error, APP_ERROR, APP_ERROR_IO, "%s cannot be done", job->name);
    return JOB_FAILED;
}

static gboolean
run_adding (Db *tx, gpointer data, GError **error)
{
    return job_add (tx, "DatabaseBackup", "backupDatabase", NULL, "{}", 0, error) &&
           job_add (tx, "FileDelete", "backupDatabase", NULL, "{}", 0, error);
}

static void
test_admins_learn_of_a_backup_that_failed (TestDb *t)
{
    static const JobKind kinds[] = { { "DatabaseBackup", "backupDatabase", fail },
                                     { "FileDelete", "backupDatabase", fail } };
    App app = { .db = t->db, .realtime = (Realtime *) t }; /* realtime_send () is ours */
    g_autoptr (Jobs) jobs = jobs_new (t->db, &app);
    gint64 until = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;

    fill (t);
    app.jobs = jobs;
    notifications_register_jobs (&app);
    jobs_register (jobs, kinds, G_N_ELEMENTS (kinds));
    g_assert_true (db_write (t->db, run_adding, NULL, &t->error));
    jobs_start (jobs);
    while (select_int (t, "SELECT count(*) FROM job WHERE state = 'failed'") < 2) {
        g_assert_cmpint (g_get_monotonic_time (), <, until);
        g_usleep (10000);
    }
    jobs_stop (jobs);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM notification"), ==, 1);
    g_assert_cmpint (
        select_int (t, "SELECT count(*) FROM notification WHERE type = 'JobFailed' AND"
                       " title = 'Job Failed' AND user_id = '" ADMIN "' AND description ="
                       " 'Job DatabaseBackup failed with error: DatabaseBackup cannot be done'"),
        ==, 1);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL |
                            G_LOG_LEVEL_ERROR); /* a failed job is a warning */
    test_db_add ("/notifications/belongs-to-its-write", test_a_notice_belongs_to_its_write);
    test_db_add ("/notifications/admins-learn-of-a-backup-that-failed",
                 test_admins_learn_of_a_backup_that_failed);
    return test_db_run ();
}
