#define G_LOG_DOMAIN "server"

#include "features/server/server_metrics.h"

#include <stdio.h>
#include <unistd.h>

#include "features/queues/queues.h"
#include "http/metrics.h"
#include "jobs/queue.h"

#define REFRESH_S 10
#define MAX_GAUGES 64

static const char SQL_USERS[] = "SELECT count(*) FROM users WHERE deleted_at IS NULL";
static const char SQL_ASSETS[] =
    "SELECT CAST(coalesce(sum(n_assets), 0) AS BIGINT) FROM asset_usage";

/* Written by the main loop, read by the thread that collects; a torn value cannot be on 64 bits. */
static struct {
    gint64 users, assets;
    gint64 active[QUEUE_NAME_EDITOR + 1], waiting[QUEUE_NAME_EDITOR + 1];
    gint64 failed[QUEUE_NAME_EDITOR + 1];
    Metric *gauges[MAX_GAUGES];
    guint n_gauges;
    guint timer;
} numbers;

static double
read_number (gpointer at)
{
    return (double) *(const volatile gint64 *) at;
}

static double
read_sockets (gpointer app)
{
    return realtime_n_connections (((App *) app)->realtime);
}

static double
read_workers (gpointer app)
{
    WorkerPoolCounters counters;

    worker_pool_count (((App *) app)->workers, &counters);
    return counters.n_workers;
}

static double
read_crashed (gpointer app)
{
    WorkerPoolCounters counters;

    worker_pool_count (((App *) app)->workers, &counters);
    return (double) (counters.n_crashed + counters.n_timed_out);
}

static double
read_memory (gpointer unused)
{
    g_autofree char *text = NULL;
    long pages = 0, resident = 0;

    if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL) &&
        sscanf (text, "%ld %ld", &pages, &resident) == 2)
        return (double) resident * (double) sysconf (_SC_PAGESIZE);
    return 0;
}

static void
add (const char *name, const char *help, const char *labels, double (*read) (gpointer data),
     gpointer data)
{
    g_assert (numbers.n_gauges < MAX_GAUGES);
    numbers.gauges[numbers.n_gauges++] = metrics_gauge (name, help, labels, read, data);
}

static gboolean
refresh (gpointer data)
{
    App *app = data;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) why = NULL;
    QueueCounts counts[QUEUE_NAME_EDITOR + 1];

    if (!db_select_int (app->db, SQL_USERS, DB_NO_ARGS, &numbers.users, NULL, &why) ||
        !db_select_int (app->db, SQL_ASSETS, DB_NO_ARGS, &numbers.assets, NULL, &why) ||
        !queue_count (app->db, arena, queue_name_enum.texts, queue_name_enum.n_texts, counts,
                      &why)) {
        g_warning ("cannot look up the numbers for the metrics: %s, trying again", why->message);
        return G_SOURCE_CONTINUE;
    }
    for (guint i = 0; i < queue_name_enum.n_texts; i++) {
        numbers.active[i] = counts[i].active;
        numbers.waiting[i] = counts[i].waiting + counts[i].paused + counts[i].delayed;
        numbers.failed[i] = counts[i].failed;
    }
    return G_SOURCE_CONTINUE;
}

void
server_metrics_start (App *app)
{
    g_assert (queue_name_enum.n_texts == QUEUE_NAME_EDITOR + 1);
    add ("immich_users_total", "Accounts that are not deleted", NULL, read_number, &numbers.users);
    add ("tintype_assets", "Photos and videos of all users", NULL, read_number, &numbers.assets);
    for (guint i = 0; i < queue_name_enum.n_texts; i++) {
        g_autofree char *labels = g_strdup_printf ("queue=\"%s\"", queue_name_enum.texts[i]);

        add ("tintype_jobs_active", "Jobs that run", labels, read_number, &numbers.active[i]);
        add ("tintype_jobs_waiting", "Jobs that wait", labels, read_number, &numbers.waiting[i]);
        add ("tintype_jobs_failed", "Jobs that failed for good", labels, read_number,
             &numbers.failed[i]);
    }
    add ("tintype_sockets", "Clients that listen for events", NULL, read_sockets, app);
    add ("tintype_media_workers", "Media workers that are alive", NULL, read_workers, app);
    add ("tintype_media_workers_killed", "Media workers that crashed or took too long", NULL,
         read_crashed, app);
    add ("process_resident_memory_bytes", "Resident memory of the server", NULL, read_memory, NULL);
    refresh (app);
    numbers.timer = g_timeout_add_seconds (REFRESH_S, refresh, app);
}

void
server_metrics_stop (App *app)
{
    for (guint i = 0; i < numbers.n_gauges; i++)
        metrics_gauge_remove (numbers.gauges[i]);
    numbers.n_gauges = 0;
    g_clear_handle_id (&numbers.timer, g_source_remove);
}
