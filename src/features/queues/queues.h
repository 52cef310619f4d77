/* queues.h -- background work: watching and steering it, and asking for it every night */
#pragma once
#include "features/app.h"
#include "features/queues_api.h"

/** Hang the operations in; queues get the concurrency that the config says. */
void queues_start (App *app, Api *api);

/** Begin the nightly tasks at the time of the config; on the main loop. One server of several asks for
 *  them: the day they were last asked for is kept in the database. */
void nightly_start (App *app);

/** The tasks that are due at @now_ms, if any; for nightly_start () and tests.
 *  @param out_n  jobs asked for */
gboolean nightly_run (App *app, gint64 now_ms, guint *out_n, GError **error);
