/* backup_jobs.c -- the backup of every night, and how many of them are kept */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backups_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "features/backups/backup_name.h"
#include "features/config/config.h"
#include "features/queues/queues.h"
#include "media/layout.h"

#define QUEUE "backupDatabase"

static int
compare_newest_first (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) b, *(const char *const *) a);
}

/* Delete those of the routine that are beyond the newest @n_kept; what is called otherwise or is of another
 * engine stays, and so does @newest, whatever the clock said when the others were made. */
static gboolean
prune (const App *app, Arena *arena, const char *newest, gint64 n_kept, GError **error)
{
    StringList all, routine = { NULL, 0 };
    gsize n_left = 0;

    if (!backup_list (app, arena, &all, error))
        return FALSE;
    routine.items = arena_new_array (arena, const char *, all.n);
    for (gsize i = 0; i < all.n; i++)
        if (backup_name_is_routine (all.items[i], db_engine_version (app->db)))
            routine.items[routine.n++] = all.items[i];
    qsort (routine.items, routine.n, sizeof *routine.items, compare_newest_first);
    for (gsize i = (gsize) n_kept; i < routine.n; i++) {
        const char *path =
            arena_printf (arena, "%s/backups/%s", app->media_location, routine.items[i]);

        if (g_str_equal (routine.items[i], newest))
            continue;
        if (layout_remove (path))
            g_message ("deleted the old backup '%s'", path);
        else
            n_left++;
    }
    if (n_left > 0)
        g_set_error (error, APP_ERROR, APP_ERROR_IO,
                     "%" G_GSIZE_FORMAT " old backups could not be deleted from '%s/backups'",
                     n_left, app->media_location);
    return n_left == 0;
}

static gboolean
on_progress (double done, gpointer data)
{
    return !jobs_is_stopping (((App *) data)->jobs);
}

static JobResult
make (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    g_autofree char *name = NULL;

    if (!backup_make (app, BACKUP_ROUTINE, on_progress, app, &name, error))
        return jobs_is_stopping (app->jobs) ? JOB_RETRY : JOB_FAILED;
    g_message ("made the backup '%s' of the database", name);
    return prune (app, arena, name, config_get (app)->backup->database->keep_last_amount, error)
               ? JOB_DONE
               : JOB_FAILED;
}

static gboolean
when (const AdminConfig *config, const char **out_cron)
{
    *out_cron = config->backup->database->cron_expression;
    return config->backup->database->enabled;
}

void
backup_jobs_start (App *app)
{
    static const JobKind kinds[] = { { "DatabaseBackup", QUEUE, make } };
    static const Schedule nightly = { "DatabaseBackup", when };

    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
    schedule_start (app, &nightly);
}
