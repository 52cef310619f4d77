/* test_nightly.c -- the tasks of the night are asked for once a day, by one server, and as the admin says;
 * those of a schedule at its minutes */
#include "db/test_db.h"
#include "features/queues/queues.h"

#include "features/config/config.h"

static AdminConfigNightlyTasks tasks;
static AdminConfig config = { .nightly_tasks = &tasks };

const AdminConfig *
config_get (const App *app)
{
    return &config;
}

static JobResult
never (gpointer app, const Job *job, Arena *arena, GError **error)
{
    g_assert_not_reached (); /* nothing is started here */
    return JOB_DONE;
}

/* That time of a day in November 2026, in the zone of the test. */
static gint64
at (int day, int hour, int minute)
{
    g_autoptr (GDateTime) first = g_date_time_new_local (2026, 11, 1, hour, minute, 0);
    g_autoptr (GDateTime) time = g_date_time_add_days (first, day - 1);

    return g_date_time_to_unix (time) * 1000;
}

typedef struct {
    TestDb *t;
    App app;
    Jobs *jobs;
} Server;

static void
server_init (Server *self, TestDb *t)
{
    static const JobKind kinds[] = {
        { "AssetDeleteCheck", "backgroundTask", never },
        { "SessionCleanup", "backgroundTask", never },
        { "PartialUploadCleanup", "backgroundTask", never },
        { "UserSyncUsage", "backgroundTask", never },
        { "AssetGenerateThumbnailsQueueAll", "thumbnailGeneration", never },
    };

    tasks = (AdminConfigNightlyTasks){ .start_time = "02:30",
                                       .database_cleanup = TRUE,
                                       .generate_memories = TRUE,
                                       .sync_quota_usage = TRUE,
                                       .missing_thumbnails = TRUE,
                                       .cluster_new_faces = TRUE };
    *self = (Server){ .t = t, .app = { .db = t->db } };
    g_assert_true (db_exec (t->db,
                            "INSERT INTO system_metadata (key, value)"
                            " VALUES ('nightly-day', '2026-11-19')",
                            DB_NO_ARGS, NULL, &t->error));
    self->app.jobs = self->jobs = jobs_new (t->db, &self->app);
    jobs_register (self->jobs, kinds, G_N_ELEMENTS (kinds));
}

static void
server_clear (Server *self)
{
    g_clear_pointer (&self->jobs, jobs_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Server, server_clear)

static guint
run (Server *self, gint64 now_ms)
{
    guint n = 0;

    g_assert_true (nightly_run (&self->app, now_ms, &n, &self->t->error));
    g_assert_no_error (self->t->error);
    return n;
}

/* How many jobs wait; they are taken away. */
static gint64
take_jobs (TestDb *t)
{
    gint64 n = 0;

    g_assert_true (db_exec (t->db, "DELETE FROM job", DB_NO_ARGS, &n, &t->error));
    return n;
}

static gint64
count (TestDb *t, const char *name)
{
    gint64 n = 0;

    g_assert_true (db_select_int (t->db, "SELECT count(*) FROM job WHERE name = $1",
                                  DB_ARGS (db_text (name)), &n, NULL, &t->error));
    return n;
}

static void
test_nothing_before_the_time_and_once_after_it (TestDb *t)
{
    g_auto (Server) server = { 0 };

    server_init (&server, t);
    g_assert_cmpuint (run (&server, at (21, 2, 29)), ==, 0);
    g_assert_cmpuint (run (&server, at (21, 2, 30)), ==, 5);
    g_assert_cmpint (count (t, "AssetDeleteCheck"), ==, 1);
    g_assert_cmpint (count (t, "PartialUploadCleanup"), ==, 1);
    g_assert_cmpint (count (t, "AssetGenerateThumbnailsQueueAll"), ==, 1);
    g_assert_cmpuint (run (&server, at (21, 2, 31)), ==, 0);
    g_assert_cmpuint (run (&server, at (21, 23, 59)), ==, 0);
    g_assert_cmpuint (run (&server, at (22, 0, 1)), ==, 0);
    g_assert_cmpint (take_jobs (t), ==, 5);
    g_assert_cmpuint (run (&server, at (22, 2, 30)), ==, 5);
}

static void
test_a_night_that_was_missed_is_made_up_for (TestDb *t)
{
    g_auto (Server) server = { 0 };

    server_init (&server, t);
    g_assert_cmpuint (run (&server, at (20, 3, 0)), ==, 5);
    take_jobs (t);
    g_assert_cmpuint (run (&server, at (22, 17, 0)), ==, 5); /* it was off for a night */
    g_assert_cmpint (take_jobs (t), ==, 5);
    g_assert_cmpuint (run (&server, at (21, 12, 0)), ==, 0); /* a clock that goes back */
}

static void
test_after_a_gap_nothing_is_removed_for_a_night (TestDb *t)
{
    g_auto (Server) server = { 0 };

    server_init (&server, t);
    g_assert_cmpuint (run (&server, at (22, 3, 0)), ==, 2); /* it was off for three days */
    g_assert_cmpint (count (t, "AssetDeleteCheck"), ==, 0);
    g_assert_cmpint (count (t, "SessionCleanup"), ==, 0);
    take_jobs (t);
    g_assert_cmpuint (run (&server, at (23, 3, 0)), ==, 5);
    g_assert_cmpint (count (t, "AssetDeleteCheck"), ==, 1);
}

static void
test_a_clock_that_was_wrong_costs_no_night (TestDb *t)
{
    g_auto (Server) server = { 0 };

    server_init (&server, t);
    g_assert_cmpuint (run (&server, at (3650, 3, 0)), ==, 2);
    g_assert_cmpint (count (t, "AssetDeleteCheck"), ==, 0);
    take_jobs (t);
    g_assert_cmpuint (run (&server, at (20, 3, 0)), ==, 2); /* right again */
    g_assert_cmpint (count (t, "AssetDeleteCheck"), ==, 0);
    take_jobs (t);
    g_assert_cmpuint (run (&server, at (21, 3, 0)), ==, 5);
}

static void
test_only_what_is_switched_on_is_asked_for (TestDb *t)
{
    g_auto (Server) server = { 0 };

    server_init (&server, t);
    tasks.database_cleanup = tasks.missing_thumbnails = FALSE;
    g_assert_cmpuint (run (&server, at (21, 4, 0)), ==, 1);
    g_assert_cmpint (count (t, "UserSyncUsage"), ==, 1);
}

static void
test_what_nobody_does_is_not_asked_for (TestDb *t)
{
    g_auto (Server) server = { 0 };

    server_init (&server, t);
    run (&server, at (21, 4, 0));
    g_assert_cmpint (count (t, "MemoryGenerate"), ==, 0);
    g_assert_cmpint (count (t, "FacialRecognitionQueueAll"), ==, 0);
}

static void
test_the_thumbnails_of_the_night_are_the_missing_ones (TestDb *t)
{
    g_auto (Server) server = { 0 };
    const char *data = NULL;

    server_init (&server, t);
    run (&server, at (21, 4, 0));
    g_assert_true (db_select_text (
        t->db, t->arena, "SELECT data FROM job WHERE name = 'AssetGenerateThumbnailsQueueAll'",
        DB_NO_ARGS, &data, &t->error));
    g_assert_cmpstr (data, ==, "{\"force\":false}");
}

/* ---- schedules ---- */

static gboolean is_scheduled;

static gboolean
at_two (const AdminConfig *from, const char **out_cron)
{
    *out_cron = "0 2 * * *";
    return is_scheduled;
}

/* How many jobs it asks for. */
static gint64
look (TestDb *t, Scheduled *scheduled, gint64 now_ms)
{
    g_assert_true (schedule_run (scheduled, now_ms, &t->error));
    g_assert_no_error (t->error);
    return take_jobs (t);
}

static void
test_a_schedule_asks_once_in_its_minute (TestDb *t)
{
    static const Schedule schedule = { "SessionCleanup", at_two };
    g_auto (Server) server = { 0 };
    Scheduled one = { &server.app, &schedule, 0 }, two = { &server.app, &schedule, 0 };

    server_init (&server, t);
    is_scheduled = TRUE;
    g_assert_cmpint (look (t, &one, at (20, 12, 0)), ==,
                     0); /* at the first start nothing is missed */
    g_assert_cmpint (look (t, &two, at (20, 12, 0)), ==, 0);
    g_assert_cmpint (look (t, &one, at (21, 1, 59)), ==, 0);
    g_assert_cmpint (look (t, &one, at (21, 2, 0)), ==, 1);
    g_assert_cmpint (look (t, &one, at (21, 2, 0) + 40000), ==, 0);
    g_assert_cmpint (look (t, &two, at (21, 2, 1)), ==, 0);
    is_scheduled = FALSE;
    g_assert_cmpint (look (t, &one, at (22, 3, 0)), ==, 0);
    is_scheduled = TRUE;
    g_assert_cmpint (look (t, &one, at (22, 3, 1)), ==, 0);
}

static void
test_a_minute_that_was_missed_is_made_up_for (TestDb *t)
{
    static const Schedule schedule = { "SessionCleanup", at_two };
    g_auto (Server) server = { 0 };

    server_init (&server, t);
    is_scheduled = TRUE;
    for (int day = 20; day <= 23; day++) { /* on by day only */
        Scheduled scheduled = { &server.app, &schedule, 0 };

        g_assert_cmpint (look (t, &scheduled, at (day, 9, 0)), ==, day > 20);
        g_assert_cmpint (look (t, &scheduled, at (day, 9, 1)), ==, 0);
        scheduled.looked_at = 0; /* started again */
        g_assert_cmpint (look (t, &scheduled, at (day, 18, 0)), ==, 0);
    }
}

static void
test_a_minute_of_a_wrong_clock_is_not_kept (TestDb *t)
{
    static const Schedule schedule = { "SessionCleanup", at_two };
    g_auto (Server) server = { 0 };
    Scheduled scheduled = { &server.app, &schedule, 0 };

    server_init (&server, t);
    is_scheduled = TRUE;
    g_assert_cmpint (look (t, &scheduled, at (20, 9, 0)), ==, 0);
    g_assert_cmpint (look (t, &scheduled, at (3650, 9, 0)), ==, 1);
    g_assert_cmpint (look (t, &scheduled, at (20, 9, 1)), ==, 0); /* right again */
    g_assert_cmpint (look (t, &scheduled, at (21, 2, 0)), ==, 1);
    look (t, &scheduled, at (3650, 9, 0));
    scheduled.looked_at = 0; /* started again */
    g_assert_cmpint (look (t, &scheduled, at (22, 1, 0)), ==, 0);
    scheduled.looked_at = 0;
    g_assert_cmpint (look (t, &scheduled, at (22, 2, 0)), ==, 1);
}

static gpointer
run_in_thread (gpointer server)
{
    return GUINT_TO_POINTER (run (server, at (21, 4, 0)));
}

static void
test_of_several_servers_one_asks (TestDb *t)
{
    g_auto (Server) server = { 0 };
    GThread *threads[8];
    guint n = 0;

    server_init (&server, t);
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("server", run_in_thread, &server);
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        n += GPOINTER_TO_UINT (g_thread_join (threads[i]));
    g_assert_cmpuint (n, ==, 5);
    g_assert_cmpint (take_jobs (t), ==, 5);
}

int
main (int argc, char *argv[])
{
    g_setenv ("TZ", "Europe/Berlin", TRUE);
    test_db_init (&argc, &argv);
    test_db_add ("/nightly/once-a-day", test_nothing_before_the_time_and_once_after_it);
    test_db_add ("/nightly/missed", test_a_night_that_was_missed_is_made_up_for);
    test_db_add ("/nightly/gap", test_after_a_gap_nothing_is_removed_for_a_night);
    test_db_add ("/nightly/wrong-clock", test_a_clock_that_was_wrong_costs_no_night);
    test_db_add ("/nightly/switches", test_only_what_is_switched_on_is_asked_for);
    test_db_add ("/nightly/not-built", test_what_nobody_does_is_not_asked_for);
    test_db_add ("/nightly/thumbnails", test_the_thumbnails_of_the_night_are_the_missing_ones);
    test_db_add ("/nightly/one-of-several", test_of_several_servers_one_asks);
    test_db_add ("/schedule/once", test_a_schedule_asks_once_in_its_minute);
    test_db_add ("/schedule/missed", test_a_minute_that_was_missed_is_made_up_for);
    test_db_add ("/schedule/wrong-clock", test_a_minute_of_a_wrong_clock_is_not_kept);
    return test_db_run ();
}
