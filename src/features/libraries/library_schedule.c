/* library_schedule.c -- the scan that the config asks for at certain times
 *
 * The minute of the last one is kept in the database, in the transaction that adds the job: of several
 * servers one asks. */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include "base/cron.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "features/config/config.h"

#define CHECK_S 20

/* $1 the minute, as text that grows; changes a row unless it was taken */
static const char SQL_TAKE_MINUTE[] =
    "INSERT INTO system_metadata (key, value) VALUES ('library-scan-minute', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    " WHERE system_metadata.value < excluded.value";

static gboolean
run_ask (Db *tx, gpointer data, GError **error)
{
    const char *minute = data;
    gint64 n_changed = 0;

    return db_exec (tx, SQL_TAKE_MINUTE, DB_ARGS (db_text (minute)), &n_changed, error) &&
           (n_changed == 0 || job_add (tx, "LibraryScanQueueAll", LIBRARY_QUEUE,
                                       "LibraryScanQueueAll", "{}", 0, error));
}

static gboolean
check (gpointer data)
{
    App *app = data;
    const AdminConfigLibrary *library = config_get (app)->library;
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();
    g_autoptr (GError) why = NULL;
    char minute[TIMESTAMP_TEXT_BYTES];

    if (!library->scan->enabled || !cron_matches (library->scan->cron_expression, now))
        return G_SOURCE_CONTINUE;
    timestamp_format (g_date_time_to_unix (now) / 60 * 60000, minute);
    if (!db_write (app->db, run_ask, minute, &why))
        g_warning ("cannot ask for the scan of the libraries: %s, trying again", why->message);
    return G_SOURCE_CONTINUE;
}

void
library_schedule_start (App *app)
{
    if (config_get (app)->library->watch->enabled)
        g_warning ("library.watch.enabled is set, but watching is not built: what changes in a "
                   "library is found by its scans");
    g_timeout_add_seconds (CHECK_S, check, app);
}
