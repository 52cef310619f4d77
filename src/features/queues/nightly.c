/* The tasks of the night. The day they were last asked for is kept in system_metadata, and changed in
 * the transaction that adds the jobs: of several servers one does it, and none does it twice.
 *
 * A clock may be wrong until the network is there. So a day after tomorrow does not count as done, and what
 * removes by age waits for the night after one that came after a gap: days too early, or with everything
 * too old at once because the machine was off, nothing goes before somebody could look. */
#define G_LOG_DOMAIN "nightly"

#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "features/config/config.h"
#include "features/queues/queues.h"

#define CHECK_S 30
#define MAX_GAP_DAYS 2

/* $1 the day, as YYYY-MM-DD, $2 the next; changes a row unless that day was done */
static const char SQL_BEGIN_DAY[] =
    "INSERT INTO system_metadata (key, value) VALUES ('nightly-day', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    " WHERE system_metadata.value < excluded.value OR system_metadata.value > $2";
static const char SQL_LAST_DAY[] = "SELECT value FROM system_metadata WHERE key = 'nightly-day'";

typedef struct {
    App *app;
    const char *day, *next_day, *earliest; /* the last one, without a gap */
    guint n_added;
} Night;

static gboolean
add (Night *self, Db *tx, gboolean is_wanted, const char *name, const char *data, GError **error)
{
    const char *queue = jobs_find_queue (self->app->jobs, name);

    if (!is_wanted || queue == NULL) /* what is not built is not asked for */
        return TRUE;
    self->n_added++;
    return job_add (tx, name, queue, name, data, 0, error);
}

static gboolean
add_tasks (Db *tx, gpointer data, GError **error)
{
    Night *self = data;
    const AdminConfigNightlyTasks *tasks = config_get (self->app)->nightly_tasks;
    g_autoptr (Arena) arena = arena_new ();
    const char *last = NULL;
    gint64 n_changed = 0;
    gboolean cleans;

    self->n_added = 0;
    if (!db_select_text (tx, arena, SQL_LAST_DAY, DB_NO_ARGS, &last, error) ||
        !db_exec (tx, SQL_BEGIN_DAY, DB_ARGS (db_text (self->day), db_text (self->next_day)),
                  &n_changed, error))
        return FALSE;
    if (n_changed == 0)
        return TRUE;
    cleans = last != NULL && strcmp (last, self->earliest) >= 0 && strcmp (last, self->day) < 0;
    if (!cleans)
        g_message ("the last nightly tasks were those of %s: nothing is cleaned up before the next",
                   last != NULL ? last : "no day");
    cleans = cleans && tasks->database_cleanup;
    return add (self, tx, cleans, "AssetDeleteCheck", "{}", error) &&
           add (self, tx, cleans, "UserDeleteCheck", "{}", error) &&
           add (self, tx, cleans, "LibraryDeleteCheck", "{}", error) &&
           add (self, tx, cleans, "PersonCleanup", "{}", error) &&
           add (self, tx, cleans, "MemoryCleanup", "{}", error) &&
           add (self, tx, cleans, "SessionCleanup", "{}", error) &&
           add (self, tx, cleans, "PartialUploadCleanup", "{}", error) &&
           add (self, tx, cleans, "NotificationsCleanup", "{}", error) &&
           add (self, tx, cleans, "AuditTableCleanup", "{}", error) &&
           add (self, tx, tasks->generate_memories, "MemoryGenerate", "{}", error) &&
           add (self, tx, tasks->sync_quota_usage, "UserSyncUsage", "{}", error) &&
           add (self, tx, tasks->missing_thumbnails, "AssetGenerateThumbnailsQueueAll",
                "{\"force\":false}", error) &&
           add (self, tx, tasks->cluster_new_faces, "FacialRecognitionQueueAll",
                "{\"force\":false,\"nightly\":true}", error);
}

static char *
format_day (GDateTime *now, int n_later)
{
    g_autoptr (GDateTime) then = g_date_time_add_days (now, n_later);

    return g_date_time_format (then, "%Y-%m-%d");
}

gboolean
nightly_run (App *app, gint64 now_ms, guint *out_n, GError **error)
{
    const char *start =
        config_get (app)->nightly_tasks->start_time; /* HH:MM, checked by the config */
    int start_minute = atoi (start) * 60 + atoi (start + 3);
    g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_ms / 1000);
    g_autofree char *day = format_day (now, 0);
    g_autofree char *next_day = format_day (now, 1);
    g_autofree char *earliest = format_day (now, -MAX_GAP_DAYS);
    Night night = { app, day, next_day, earliest, 0 };

    *out_n = 0;
    if (g_date_time_get_hour (now) * 60 + g_date_time_get_minute (now) < start_minute)
        return TRUE;
    if (!db_write (app->db, add_tasks, &night, error))
        return FALSE;
    *out_n = night.n_added;
    if (night.n_added > 0)
        jobs_wake (app->jobs);
    return TRUE;
}

static gboolean
check (gpointer data)
{
    g_autoptr (GError) why = NULL;
    guint n;

    if (!nightly_run (data, timestamp_now_ms (), &n, &why))
        g_warning ("cannot ask for the nightly tasks: %s, trying again", why->message);
    return G_SOURCE_CONTINUE;
}

/* A server that starts in the middle of a day must not do the night's work at once: the day counts as
 * done when no day was ever noted. */
static gboolean
note_first_day (App *app, GError **error)
{
    static const char SQL[] = "INSERT INTO system_metadata (key, value) VALUES ('nightly-day', $1)"
                              " ON CONFLICT (key) DO NOTHING";
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();
    g_autofree char *day = format_day (now, 0);

    return db_exec (app->db, SQL, DB_ARGS (db_text (day)), NULL, error);
}

void
nightly_start (App *app)
{
    g_autoptr (GError) why = NULL;

    if (!note_first_day (app, &why))
        g_warning ("cannot note the day of the nightly tasks: %s", why->message);
    g_timeout_add_seconds (CHECK_S, check, app);
}
