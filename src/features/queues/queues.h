/* queues.h -- background work: watching and steering it, and asking for it every night */
#pragma once
#include "features/app.h"
#include "features/config/config.h"
#include "features/queues_api.h"

/** Hang the operations in; queues get the concurrency that the config says. */
void queues_start (App *app, Api *api);

/** Begin the nightly tasks at the time of the config; on the main loop. One server of several asks for
 *  them: the day they were last asked for is kept in the database. */
void nightly_start (App *app);

/** The tasks that are due at @now_ms, if any; for nightly_start () and tests.
 *  @param out_n  jobs asked for */
gboolean nightly_run (App *app, gint64 now_ms, guint *out_n, GError **error);

/** A job that the config asks for at certain times. */
typedef struct {
    const char *job; /* also its key: it waits once */
    gboolean (*when) (const AdminConfig *config,
                      const char **out_cron); /* FALSE: it is switched off */
} Schedule;

/** Ask for the job of @schedule (static) in the minutes that its cron expression names, in the server's time
 *  zone; on the main loop. The minute is taken in the database: of several servers one asks. Those that
 *  were missed, of the last week, are made up for by one job. */
void schedule_start (App *app, const Schedule *schedule);

typedef struct {
    App *app;
    const Schedule *schedule;
    gint64 looked_at; /* up to this minute since 1970; 0: it has not looked yet */
} Scheduled;

/** Ask for the job if it is due; for schedule_start () and tests. */
gboolean schedule_run (Scheduled *self, gint64 now_ms, GError **error);
