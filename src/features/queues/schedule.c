/* schedule.c -- jobs that the config asks for at certain times, see queues.h
 *
 * The minute of the last one is kept in the database, in the transaction that adds the job. Each server looks
 * at all minutes since it looked last, the first time since the one that is kept: what came while the
 * machine was off, or slept, is made up for once. */
#define G_LOG_DOMAIN "queues"
#include "features/queues/queues.h"

#include "base/cron.h"
#include "base/error.h"
#include "base/timestamp.h"

#define CHECK_S 20
#define MINUTE_MS 60000
#define DAY_MINUTES 1440
#define MAX_BACK_MINUTES (8 * DAY_MINUTES) /* a weekly one is made up for */

/* $1 the key of the job, $2 the minute, as text that grows, $3 one of the next day; changes a row unless it
 * was taken. One later than $3 was taken by a clock that was wrong. */
static const char SQL_TAKE_MINUTE[] =
    "INSERT INTO system_metadata (key, value) VALUES ($1, $2)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    " WHERE system_metadata.value < excluded.value OR system_metadata.value > $3";
/* $1 key, $2 minute; at the first start nothing was missed */
static const char SQL_NOTE_FIRST[] = "INSERT INTO system_metadata (key, value) VALUES ($1, $2)"
                                     " ON CONFLICT (key) DO NOTHING";
static const char SQL_LAST[] = "SELECT value FROM system_metadata WHERE key = $1";

static DbValue
minute_text (Arena *arena, gint64 minute)
{
    return db_text (timestamp_text (arena, minute * MINUTE_MS));
}

static DbValue
key_of (Arena *arena, const Schedule *schedule)
{
    return db_text (arena_printf (arena, "scheduled-%s", schedule->job));
}

typedef struct {
    Arena *arena;
    const Scheduled *scheduled;
    gint64 minute, now;
} Ask;

static gboolean
run_ask (Db *tx, gpointer data, GError **error)
{
    const Ask *ask = data;
    const char *job = ask->scheduled->schedule->job;
    const char *queue = jobs_find_queue (ask->scheduled->app->jobs, job);
    gint64 n_changed = 0;

    return db_exec (tx, SQL_TAKE_MINUTE,
                    DB_ARGS (key_of (ask->arena, ask->scheduled->schedule),
                             minute_text (ask->arena, ask->minute),
                             minute_text (ask->arena, ask->now + DAY_MINUTES)),
                    &n_changed, error) &&
           (n_changed == 0 || job_add (tx, job, queue, job, "{}", 0, error));
}

static gboolean
load_last (Db *db, Arena *arena, const Schedule *schedule, gint64 now, gint64 *out, GError **error)
{
    const char *text = NULL;
    gint64 ms;

    if (!db_exec (db, SQL_NOTE_FIRST,
                  DB_ARGS (key_of (arena, schedule), minute_text (arena, now - 1)), NULL, error) ||
        !db_select_text (db, arena, SQL_LAST, DB_ARGS (key_of (arena, schedule)), &text, error))
        return FALSE;
    *out = timestamp_parse (text, &ms) ? ms / MINUTE_MS : now - 1;
    return TRUE;
}

/* The last minute after @after, up to @now, that @cron names; 0: none. */
static gint64
find_due (const char *cron, gint64 after, gint64 now)
{
    for (gint64 minute = now; minute > MAX (after, now - MAX_BACK_MINUTES); minute--) {
        g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (minute * 60);

        if (cron_matches (cron, time))
            return minute;
    }
    return 0;
}

gboolean
schedule_run (Scheduled *self, gint64 now_ms, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *cron = NULL;
    Ask ask = { .arena = arena, .scheduled = self, .now = now_ms / MINUTE_MS };

    if (self->looked_at == 0 &&
        !load_last (self->app->db, arena, self->schedule, ask.now, &self->looked_at, error))
        return FALSE;
    if (self->looked_at > ask.now) /* the clock was set back */
        self->looked_at = ask.now - 1;
    if (self->schedule->when (config_get (self->app), &cron))
        ask.minute = find_due (cron, self->looked_at, ask.now);
    if (ask.minute > 0 && !db_write (self->app->db, run_ask, &ask, error))
        return FALSE;
    self->looked_at = ask.now;
    return TRUE;
}

static gboolean
check (gpointer data)
{
    Scheduled *self = data;
    g_autoptr (GError) why = NULL;

    if (!schedule_run (self, timestamp_now_ms (), &why))
        g_warning ("cannot ask for the job %s: %s, trying again", self->schedule->job,
                   why->message);
    return G_SOURCE_CONTINUE;
}

static gboolean
check_at_start (gpointer data)
{
    check (data);
    return G_SOURCE_REMOVE;
}

void
schedule_start (App *app, const Schedule *schedule)
{
    Scheduled *self = g_new0 (Scheduled, 1);

    *self = (Scheduled){ .app = app, .schedule = schedule };
    g_idle_add (check_at_start, self); /* when the loop runs, all is there */
    g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, CHECK_S, check, self, g_free);
}
