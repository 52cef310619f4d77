/* integrity_act.c -- what an admin wants done of reports */
#define G_LOG_DOMAIN "integrity"
#include "features/integrity/integrity_private.h"

#include <string.h>

#include "base/error.h"
#include "features/trash/trash.h"
#include "media/layout.h"

#define PAGE 100

static gboolean
contains (const StringList *list, const char *text)
{
    for (gsize i = 0; i < list->n; i++)
        if (g_str_equal (list->items[i], text))
            return TRUE;
    return FALSE;
}

/* Files that something has by now stay. */
static gboolean
delete_untracked (App *app, Arena *arena, const IntegrityReportRowList *reports, GError **error)
{
    StringList paths = { arena_new_array (arena, const char *, reports->n), 0 }, known;

    for (gsize i = 0; i < reports->n; i++)
        if (reports->items[i].type == INTEGRITY_REPORT_UNTRACKED_FILE)
            paths.items[paths.n++] = reports->items[i].path;
    if (paths.n == 0)
        return TRUE;
    if (!integrity_check_folders (app, error) ||
        !integrity_find_known_anywhere (app->db, arena, &paths, &known, error))
        return FALSE;
    for (gsize i = 0; i < paths.n; i++) {
        const char *path = layout_absolute (arena, app->media_location, paths.items[i]);

        if (contains (&known, paths.items[i]))
            continue;
        if (!layout_remove (path)) {
            g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot delete '%s'", path);
            return FALSE;
        }
        g_message ("deleted '%s', which no asset has", path);
    }
    return TRUE;
}

gboolean
integrity_act (App *app, Arena *arena, const IntegrityReportRowList *reports, GError **error)
{
    StringList done = { arena_new_array (arena, const char *, reports->n), 0 };

    if (!delete_untracked (app, arena, reports, error))
        return FALSE;
    for (gsize i = 0; i < reports->n; i++) {
        const IntegrityReportRow *report = &reports->items[i];
        const char *asset_id = report->asset_id;
        StringList one = { &asset_id, 1 };

        if (report->asset_file_id != NULL
                ? !integrity_forget_file (app->db, report->asset_file_id, error)
                : asset_id != NULL && !trash_put (app, arena, report->owner_id, &one, FALSE, error))
            return FALSE;
        done.items[done.n++] = report->id;
    }
    return integrity_drop_reports (app->db, arena, &done, error);
}

static gboolean
act_on_type (App *app, IntegrityReport type, GError **error)
{
    IntegrityReportRowList page;

    do { /* each page is gone afterwards */
        g_autoptr (Arena) arena = arena_new ();

        if (!integrity_page_reports (app->db, arena, type, "", PAGE, &page, error) ||
            !integrity_act (app, arena, &page, error))
            return FALSE;
    } while (page.n == PAGE && !jobs_is_stopping (app->jobs));
    return TRUE;
}

JobResult
integrity_job_delete (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    IntegrityDeleteJob data;

    if (!api_read_json (&integrity_delete_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    if (!data.has_type) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "it is not said which reports to act on");
        return JOB_FAILED;
    }
    if (act_on_type (app, data.type, error))
        return jobs_is_stopping (app->jobs) ? JOB_RETRY : JOB_DONE;
    return JOB_FAILED;
}
