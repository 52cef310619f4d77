/* schedule.c -- jobs that the config asks for at certain times, see queues.h
 *
 * The minute of the last one is kept in the database, in the transaction that adds the job. */
#define G_LOG_DOMAIN "queues"
#include "features/queues/queues.h"

#include "base/cron.h"
#include "base/error.h"
#include "base/timestamp.h"

#define CHECK_S 20

/* $1 the key of the job, $2 the minute, as text that grows; changes a row unless it was taken */
static const char SQL_TAKE_MINUTE[] = "INSERT INTO system_metadata (key, value) VALUES ($1, $2)"
                                      " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                                      " WHERE system_metadata.value < excluded.value";

typedef struct {
    App *app;
    const Schedule *schedule;
} Entry;

typedef struct {
    const Entry *entry;
    const char *key, *minute;
} Ask;

static gboolean
run_ask (Db *tx, gpointer data, GError **error)
{
    const Ask *ask = data;
    const char *job = ask->entry->schedule->job;
    const char *queue = jobs_find_queue (ask->entry->app->jobs, job);
    gint64 n_changed = 0;

    return db_exec (tx, SQL_TAKE_MINUTE, DB_ARGS (db_text (ask->key), db_text (ask->minute)),
                    &n_changed, error) &&
           (n_changed == 0 || job_add (tx, job, queue, job, "{}", 0, error));
}

static gboolean
check (gpointer data)
{
    const Entry *self = data;
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();
    g_autoptr (GError) why = NULL;
    g_autofree char *key = NULL;
    const char *cron = NULL;
    char minute[TIMESTAMP_TEXT_BYTES];
    Ask ask = { self, NULL, minute };

    if (!self->schedule->when (config_get (self->app), &cron) || !cron_matches (cron, now))
        return G_SOURCE_CONTINUE;
    timestamp_format (g_date_time_to_unix (now) / 60 * 60000, minute);
    ask.key = key = g_strconcat ("scheduled-", self->schedule->job, NULL);
    if (!db_write (self->app->db, run_ask, &ask, &why))
        g_warning ("cannot ask for the job %s: %s, trying again", self->schedule->job,
                   why->message);
    return G_SOURCE_CONTINUE;
}

void
schedule_start (App *app, const Schedule *schedule)
{
    Entry *entry = g_new0 (Entry, 1);

    entry->app = app;
    entry->schedule = schedule;
    g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, CHECK_S, check, entry, g_free);
}
