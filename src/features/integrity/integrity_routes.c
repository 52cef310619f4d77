/* integrity_routes.c -- the handlers of integrity.api, the jobs and their schedules */
#define G_LOG_DOMAIN "integrity"
#include "features/integrity/integrity_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "features/queues/queues.h"
#include "media/layout.h"

#define MAX_PAGE 10000
#define CSV_PAGE 1000

static ApiStatus
get_integrity_report (ApiCall *call, const GetIntegrityReportRequest *in,
                      IntegrityReportResponse *out)
{
    gint64 limit = MIN (in->limit, MAX_PAGE);
    GError *error = NULL;
    IntegrityReportRowList rows;

    if (limit < 1)
        return api_refuse_field (call, "limit", "Too small: expected number to be >0");
    if (!integrity_page_reports (call->db, call->arena, in->type,
                                 in->cursor != NULL ? in->cursor : "", limit + 1, &rows, &error))
        return api_fail (call, error);
    out->items.items = arena_new_array (call->arena, IntegrityReportItem, rows.n);
    out->items.n = MIN (rows.n, (gsize) limit);
    for (gsize i = 0; i < out->items.n; i++)
        out->items.items[i] = (IntegrityReportItem){
            .id = rows.items[i].id,
            .type = rows.items[i].type,
            .path = layout_absolute (call->arena, call->app->media_location, rows.items[i].path),
        };
    if (rows.n > out->items.n)
        out->next_cursor = rows.items[out->items.n - 1].id;
    return API_OK;
}

static gboolean
find (ApiCall *call, const char *id, IntegrityReportRow *out, ApiStatus *out_status)
{
    GError *error = NULL;

    if (integrity_find_report (call->db, call->arena, id, out, &error))
        return TRUE;
    if (g_error_matches (error, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_error_free (error);
        *out_status = api_refuse (call, APP_ERROR_NOT_FOUND, "Integrity report not found");
    } else
        *out_status = api_fail (call, error);
    return FALSE;
}

static ApiStatus
delete_integrity_report (ApiCall *call, const DeleteIntegrityReportRequest *in)
{
    GError *error = NULL;
    IntegrityReportRow report;
    IntegrityReportRowList one = { &report, 1 };
    ApiStatus status;

    if (!find (call, in->id, &report, &status))
        return status;
    return integrity_act (call->app, call->arena, &one, &error) ? API_OK : api_fail (call, error);
}

static ApiStatus
get_integrity_report_file (ApiCall *call, const GetIntegrityReportFileRequest *in)
{
    GError *error = NULL;
    IntegrityReportRow report;
    HttpResponse *response;
    struct stat facts;
    const char *path, *name;
    ApiStatus status;
    int fd;

    if (!find (call, in->id, &report, &status))
        return status;
    path = layout_absolute (call->arena, call->app->media_location, report.path);
    fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return api_refuse (call, APP_ERROR_NOT_FOUND, "The file is not there");
    if (fd < 0 || fstat (fd, &facts) != 0 || !S_ISREG (facts.st_mode)) {
        layout_set_io_error (&error, "read", path);
        if (fd >= 0)
            close (fd);
        return api_fail (call, error);
    }
    name = strrchr (path, '/') + 1;
    response = http_response_new_file (fd, "application/octet-stream");
    http_response_set_untrusted (response);
    http_response_set_header (response, "Cache-Control", "private, no-cache, no-transform");
    http_response_set_header (response, "Content-Disposition",
                              arena_printf (call->arena, "attachment; filename*=UTF-8''%s",
                                            http_percent_encode (call->arena, name)));
    return api_respond (call, response);
}

/* ---- CSV ---- */

typedef struct {
    App *app;
    IntegrityReport type;
} Csv;

static void
append_quoted (GString *out, const char *text)
{
    g_string_append_c (out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            g_string_append_c (out, '"');
        g_string_append_c (out, *c);
    }
    g_string_append_c (out, '"');
}

static void
append_rows (const App *app, Arena *arena, const IntegrityReportRowList *rows, GString *out)
{
    for (gsize i = 0; i < rows->n; i++) {
        const IntegrityReportRow *row = &rows->items[i];

        g_string_append_printf (out, "%s,%s,%s,%s,", row->id,
                                integrity_report_enum.texts[row->type],
                                row->asset_id != NULL ? row->asset_id : "",
                                row->asset_file_id != NULL ? row->asset_file_id : "");
        append_quoted (out, layout_absolute (arena, app->media_location, row->path));
        g_string_append_c (out, '\n');
    }
}

static void
produce_csv (HttpStream *stream, gpointer data)
{
    const Csv *self = data;
    g_autofree char *after = g_strdup ("");
    g_autoptr (GString) text = g_string_new ("id,type,assetId,fileAssetId,path\n");
    g_autoptr (GError) why = NULL;
    IntegrityReportRowList rows;

    do {
        g_autoptr (Arena) arena = arena_new ();

        if (!integrity_page_reports (self->app->db, arena, self->type, after, CSV_PAGE, &rows,
                                     &why)) {
            g_warning ("a list of integrity reports is not complete: %s", why->message);
            http_stream_fail (stream);
            return;
        }
        append_rows (self->app, arena, &rows, text);
        if (!http_stream_write (stream, text->str, text->len))
            return;
        g_string_truncate (text, 0);
        if (rows.n > 0) {
            g_free (after);
            after = g_strdup (rows.items[rows.n - 1].id);
        }
    } while (rows.n == CSV_PAGE);
}

static ApiStatus
get_integrity_report_csv (ApiCall *call, const GetIntegrityReportCsvRequest *in)
{
    Csv *csv = g_new0 (Csv, 1);
    HttpResponse *response;

    *csv = (Csv){ call->app, in->type };
    response = http_response_new_stream ("text/csv; charset=utf-8", TRUE, produce_csv, csv, g_free);
    http_response_set_header (response, "Cache-Control", "private, no-cache, no-transform");
    http_response_set_header (response, "Content-Disposition",
                              arena_printf (call->arena, "attachment; filename=\"%s.csv\"",
                                            integrity_report_enum.texts[in->type]));
    return api_respond (call, response);
}

static ApiStatus
get_integrity_report_summary (ApiCall *call, const GetIntegrityReportSummaryRequest *in,
                              IntegrityReportSummaryResponse *out)
{
    gint64 *const counts[] = { [INTEGRITY_REPORT_UNTRACKED_FILE] = &out->untracked_file,
                               [INTEGRITY_REPORT_MISSING_FILE] = &out->missing_file,
                               [INTEGRITY_REPORT_CHECKSUM_MISMATCH] = &out->checksum_mismatch };
    GError *error = NULL;
    IntegrityCountList rows;

    if (!integrity_count_reports (call->db, call->arena, &rows, &error))
        return api_fail (call, error);
    for (gsize i = 0; i < rows.n; i++)
        *counts[rows.items[i].type] = rows.items[i].n;
    return API_OK;
}

static const IntegrityHandlers integrity_handlers = {
    .get_integrity_report = get_integrity_report,
    .delete_integrity_report = delete_integrity_report,
    .get_integrity_report_file = get_integrity_report_file,
    .get_integrity_report_csv = get_integrity_report_csv,
    .get_integrity_report_summary = get_integrity_report_summary,
};

/* ---- jobs ---- */

static gboolean
when_missing (const AdminConfig *config, const char **out_cron)
{
    *out_cron = config->integrity_checks->missing_files->cron_expression;
    return config->integrity_checks->missing_files->enabled;
}

static gboolean
when_untracked (const AdminConfig *config, const char **out_cron)
{
    *out_cron = config->integrity_checks->untracked_files->cron_expression;
    return config->integrity_checks->untracked_files->enabled;
}

static gboolean
when_checksums (const AdminConfig *config, const char **out_cron)
{
    *out_cron = config->integrity_checks->checksum_files->cron_expression;
    return config->integrity_checks->checksum_files->enabled;
}

static const Schedule schedules[] = {
    { "IntegrityMissingFilesQueueAll", when_missing },
    { "IntegrityUntrackedFilesQueueAll", when_untracked },
    { "IntegrityChecksumFiles", when_checksums },
};

gboolean
integrity_ask (Db *tx, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS (schedules); i++)
        if (!job_add (tx, schedules[i].job, INTEGRITY_QUEUE, schedules[i].job, "{}", 0, error))
            return FALSE;
    return TRUE;
}

void
integrity_start (App *app, Api *api)
{
    static const JobKind kinds[] = {
        { "IntegrityMissingFilesQueueAll", INTEGRITY_QUEUE, integrity_job_missing },
        { "IntegrityUntrackedFilesQueueAll", INTEGRITY_QUEUE, integrity_job_untracked },
        { "IntegrityChecksumFiles", INTEGRITY_QUEUE, integrity_job_checksums },
        { "IntegrityMissingFilesRefresh", INTEGRITY_QUEUE, integrity_job_refresh_missing },
        { "IntegrityUntrackedRefresh", INTEGRITY_QUEUE, integrity_job_refresh_untracked },
        { "IntegrityChecksumFilesRefresh", INTEGRITY_QUEUE, integrity_job_refresh_checksums },
        { "IntegrityDeleteReportType", INTEGRITY_QUEUE, integrity_job_delete },
    };

    api_serve_integrity (api, &integrity_handlers);
    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
    for (gsize i = 0; i < G_N_ELEMENTS (schedules); i++)
        schedule_start (app, &schedules[i]);
}
