/* library_schedule.c -- the scan that the config asks for at certain times */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include "features/config/config.h"
#include "features/queues/queues.h"

static gboolean
when (const AdminConfig *config, const char **out_cron)
{
    *out_cron = config->library->scan->cron_expression;
    return config->library->scan->enabled;
}

void
library_schedule_start (App *app)
{
    static const Schedule scan = { "LibraryScanQueueAll", when };

    schedule_start (app, &scan);
}
