/* integrity_checks.c -- the three checks, each in pages: a million assets take no more memory than a
 * thousand. What was reported and is no longer true goes first. */
#define G_LOG_DOMAIN "integrity"
#include "features/integrity/integrity_private.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/config/config.h"

#define PAGE 1000
#define HASH_PAGE 100
#define SURE_OF 100 /* so many files, all of them missing, are a folder that is not there */

static JobResult
finish (const App *app, gboolean ok)
{
    return ok ? JOB_DONE : jobs_is_stopping (app->jobs) ? JOB_RETRY : JOB_FAILED;
}

/* ---- what is no longer true ---- */

/* Whether a report still says what is; for one type. */
typedef gboolean (*StillTrue) (const App *app, Arena *arena, const IntegrityReportRow *report,
                               gboolean *out, GError **error);

/* What has another path by now (a replacement, the storage template) is not what was looked at. */
static gboolean
is_still_at (const App *app, const IntegrityReportRow *report, gboolean *out, GError **error)
{
    static const char SQL_ORIGINAL[] =
        "SELECT count(*) FROM asset WHERE id = $1 AND original_path = $2"; /* id, path */
    static const char SQL_FILE[] = "SELECT count(*) FROM asset_file WHERE id = $1 AND path = $2";
    gboolean is_file = report->asset_file_id != NULL;
    gint64 n = 0;

    if (!db_select_int (app->db, is_file ? SQL_FILE : SQL_ORIGINAL,
                        DB_ARGS (db_text (is_file ? report->asset_file_id : report->asset_id),
                                 db_text (report->path)),
                        &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

static gboolean
is_still_missing (const App *app, Arena *arena, const IntegrityReportRow *report, gboolean *out,
                  GError **error)
{
    gboolean is_there = FALSE, is_at = FALSE;

    if (!integrity_exists (app, report->path, &is_there, error) ||
        !is_still_at (app, report, &is_at, error))
        return FALSE;
    *out = is_at && !is_there;
    return TRUE;
}

static gboolean
is_still_untracked (const App *app, Arena *arena, const IntegrityReportRow *report, gboolean *out,
                    GError **error)
{
    const char *item = integrity_item (arena, NULL, report->path);
    StringList items = { &item, 1 }, unknown = { NULL, 0 };

    if (!integrity_exists (app, report->path, out, error) ||
        (*out && !integrity_find_unknown (app->db, arena, &items, &unknown, error)))
        return FALSE;
    *out = unknown.n > 0;
    return TRUE;
}

static gboolean
is_still_changed (const App *app, Arena *arena, const IntegrityReportRow *report, gboolean *out,
                  GError **error)
{
    static const char SQL[] =
        "SELECT count(*) FROM asset WHERE id = $1 AND checksum = $2"; /* id, SHA-1 */
    guint8 hash[20];
    gboolean is_found = FALSE, is_at = FALSE;
    gint64 n = 0;

    if (!integrity_hash (app, report->path, hash, &is_found, error) ||
        !is_still_at (app, report, &is_at, error) ||
        (is_found &&
         !db_select_int (app->db, SQL,
                         DB_ARGS (db_text (report->asset_id), db_blob (hash, sizeof hash)), &n,
                         NULL, error)))
        return FALSE;
    *out = is_found && is_at && n == 0;
    return TRUE;
}

gboolean
integrity_is_still_true (const App *app, Arena *arena, const IntegrityReportRow *report,
                         gboolean *out, GError **error)
{
    static const StillTrue checks[] = {
        [INTEGRITY_REPORT_UNTRACKED_FILE] = is_still_untracked,
        [INTEGRITY_REPORT_MISSING_FILE] = is_still_missing,
        [INTEGRITY_REPORT_CHECKSUM_MISMATCH] = is_still_changed,
    };

    return checks[report->type](app, arena, report, out, error);
}

static gboolean
refresh_page (const App *app, Arena *arena, const IntegrityReportRowList *page, GError **error)
{
    StringList gone = { arena_new_array (arena, const char *, page->n), 0 };

    for (gsize i = 0; i < page->n; i++) {
        gboolean is_true = TRUE;

        if (!integrity_is_still_true (app, arena, &page->items[i], &is_true, error))
            return FALSE;
        if (!is_true)
            gone.items[gone.n++] = page->items[i].id;
    }
    return integrity_drop_reports (app->db, arena, &gone, error);
}

static gboolean
refresh (const App *app, IntegrityReport type, GError **error)
{
    g_autofree char *after = g_strdup ("");
    IntegrityReportRowList page;

    if (!integrity_check_folders (app, error))
        return FALSE;
    do {
        g_autoptr (Arena) arena = arena_new ();

        if (!integrity_page_reports (app->db, arena, type, after, PAGE, &page, error) ||
            !refresh_page (app, arena, &page, error))
            return FALSE;
        if (page.n > 0) {
            g_free (after);
            after = g_strdup (page.items[page.n - 1].id);
        }
    } while (page.n == PAGE && !jobs_is_stopping (app->jobs));
    return TRUE;
}

JobResult
integrity_job_refresh_missing (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return finish (app, refresh (app, INTEGRITY_REPORT_MISSING_FILE, error));
}

JobResult
integrity_job_refresh_untracked (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return finish (app, refresh (app, INTEGRITY_REPORT_UNTRACKED_FILE, error));
}

JobResult
integrity_job_refresh_checksums (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return finish (app, refresh (app, INTEGRITY_REPORT_CHECKSUM_MISMATCH, error));
}

/* ---- a check ---- */

typedef gboolean (*Check) (App *app, GError **error);

static JobResult
run (App *app, const Job *job, IntegrityReport type, Check check, GError **error)
{
    gboolean is_settled = FALSE;

    if (!integrity_settle (app, job, &is_settled, error))
        return finish (app, FALSE);
    return finish (app, !is_settled || (refresh (app, type, error) && check (app, error)));
}

/* ---- missing ---- */

typedef gboolean (*Page) (Db *db, Arena *arena, const char *after, gint64 limit,
                          IntegrityFileRowList *out, GError **error);
typedef gboolean (*Add) (Db *tx, Arena *arena, IntegrityReport type, const StringList *items,
                         GError **error);

typedef struct {
    Arena *arena;
    Add add;
    IntegrityReport type;
    StringList items;
    const char *checkpoint; /* NULL: none is kept */
} Found;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    const Found *self = data;

    return self->add (tx, self->arena, self->type, &self->items, error) &&
           (self->checkpoint == NULL || integrity_save_checkpoint (tx, self->checkpoint, error));
}

static gboolean
find_missing (const App *app, Arena *arena, const IntegrityFileRowList *page, StringList *out,
              GError **error)
{
    out->items = arena_new_array (arena, const char *, page->n);
    for (gsize i = 0; i < page->n; i++) {
        const IntegrityFileRow *file = &page->items[i];
        gboolean is_there = FALSE;

        if (!integrity_exists (app, file->path, &is_there, error))
            return FALSE;
        if (!is_there)
            out->items[out->n++] = integrity_item (arena, file->id, file->path);
    }
    return TRUE;
}

/* All files of the first page missing: a volume is away, whatever its marker says. */
static gboolean
check_first_page (const IntegrityFileRowList *page, const StringList *missing, GError **error)
{
    if (page->n < SURE_OF || missing->n < page->n)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                 "all of the first %" G_GSIZE_FORMAT
                 " files are missing, beginning with '%s'; the check is paused, and nothing was "
                 "reported or changed. If a volume is not mounted, mount it and check again",
                 page->n, page->items[0].path);
    return FALSE;
}

static gboolean
check_missing (App *app, Page next_page, Add add, GError **error)
{
    g_autofree char *after = g_strdup ("");
    gboolean is_first = TRUE;
    IntegrityFileRowList page;

    do {
        g_autoptr (Arena) arena = arena_new ();
        Found found = { .arena = arena, .add = add, .type = INTEGRITY_REPORT_MISSING_FILE };

        /* the folders are looked at after the files: they were there all the time */
        if (!next_page (app->db, arena, after, PAGE, &page, error) ||
            !find_missing (app, arena, &page, &found.items, error) ||
            (is_first && !check_first_page (&page, &found.items, error)) ||
            !integrity_check_folders (app, error) ||
            (found.items.n > 0 && !db_write (app->db, run_add, &found, error)))
            return FALSE;
        is_first = FALSE;
        if (page.n > 0) {
            g_free (after);
            after = g_strdup (page.items[page.n - 1].id);
        }
        if (jobs_is_stopping (app->jobs)) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "the server stops");
            return FALSE;
        }
    } while (page.n == PAGE);
    return TRUE;
}

static gboolean
check_all_missing (App *app, GError **error)
{
    return check_missing (app, integrity_page_originals, integrity_add_originals, error) &&
           check_missing (app, integrity_page_files, integrity_add_files, error);
}

JobResult
integrity_job_missing (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return run (app, job, INTEGRITY_REPORT_MISSING_FILE, check_all_missing, error);
}

/* ---- untracked ---- */

typedef struct {
    App *app;
    Arena *arena; /* of the batch */
    GPtrArray *items;
} Walk;

typedef struct {
    Arena *arena;
    StringList paths;
} Untracked;

static gboolean
run_add_untracked (Db *tx, gpointer data, GError **error)
{
    const Untracked *self = data;

    return integrity_add_untracked (tx, self->arena, &self->paths, error);
}

static gboolean
flush (Walk *self, GError **error)
{
    StringList items = { (const char **) self->items->pdata, self->items->len };
    Untracked untracked = { .arena = self->arena };
    gboolean ok;

    ok = integrity_find_unknown (self->app->db, self->arena, &items, &untracked.paths, error) &&
         (untracked.paths.n == 0 || db_write (self->app->db, run_add_untracked, &untracked, error));
    g_ptr_array_set_size (self->items, 0);
    arena_free (self->arena);
    self->arena = arena_new ();
    return ok;
}

static gboolean
on_file (gpointer data, const char *path, GError **error)
{
    Walk *self = data;

    if (!g_utf8_validate (path, -1, NULL)) {
        g_autofree char *shown = g_utf8_make_valid (path, -1);

        g_warning ("the name of the file '%s' is not UTF-8; nothing knows it, skipping", shown);
        return TRUE;
    }
    g_ptr_array_add (self->items, (gpointer) integrity_item (self->arena, NULL, path));
    return self->items->len < PAGE || flush (self, error);
}

static gboolean
check_untracked (App *app, GError **error)
{
    g_autoptr (GPtrArray) items = g_ptr_array_new ();
    Walk walk = { app, arena_new (), items };
    gboolean ok = integrity_walk (app, on_file, &walk, error) && flush (&walk, error);

    arena_free (walk.arena);
    return ok;
}

JobResult
integrity_job_untracked (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return run (app, job, INTEGRITY_REPORT_UNTRACKED_FILE, check_untracked, error);
}

/* ---- checksums ---- */

static gboolean
is_changed (const App *app, const IntegrityFileRow *file, gboolean *out, GError **error)
{
    gboolean is_found = FALSE;
    guint8 hash[20];
    gsize n = 0;
    const void *known = g_bytes_get_data (file->checksum, &n);

    if (!integrity_hash (app, file->path, hash, &is_found, error))
        return FALSE;
    *out = is_found && (n != sizeof hash || memcmp (known, hash, sizeof hash) != 0);
    return TRUE;
}

/* Goes on where the last one stopped, and stops by time or number. At the end it begins anew. */
static gboolean
check_checksums (App *app, GError **error)
{
    const AdminConfigIntegrityChecksumJob *config =
        config_get (app)->integrity_checks->checksum_files;
    gint64 deadline_us = config->time_limit > 0
                             ? timestamp_shift (g_get_monotonic_time (), config->time_limit, 1000)
                             : G_MAXINT64;
    g_autofree char *after = NULL;
    gint64 n_left = 0;
    gsize n_seen;

    if (!integrity_count_originals (app->db, &n_left, error))
        return FALSE;
    n_left = (gint64) ceil ((double) n_left * config->percentage_limit);
    do {
        g_autoptr (Arena) arena = arena_new ();
        Found found = { .arena = arena,
                        .add = integrity_add_originals,
                        .type = INTEGRITY_REPORT_CHECKSUM_MISMATCH };
        const char *from = after;
        IntegrityFileRowList page;

        if ((from == NULL && !integrity_load_checkpoint (app->db, arena, &from, error)) ||
            !integrity_page_originals (app->db, arena, from, MIN (HASH_PAGE, MAX (n_left, 1)),
                                       &page, error))
            return FALSE;
        found.items.items = arena_new_array (arena, const char *, page.n);
        found.checkpoint = "";
        for (n_seen = 0; n_seen < page.n && n_left > 0 && g_get_monotonic_time () < deadline_us;
             n_seen++, n_left--) {
            const IntegrityFileRow *file = &page.items[n_seen];
            gboolean differs = FALSE;

            if (!is_changed (app, file, &differs, error))
                return FALSE;
            if (differs)
                found.items.items[found.items.n++] = integrity_item (arena, file->id, file->path);
            found.checkpoint = file->id;
        }
        if (page.n > 0 && n_seen == 0)
            return TRUE; /* a limit; the checkpoint stays */
        if (!db_write (app->db, run_add, &found, error))
            return FALSE;
        g_free (after);
        after = g_strdup (found.checkpoint);
    } while (n_seen > 0);
    return TRUE;
}

JobResult
integrity_job_checksums (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return run (app, job, INTEGRITY_REPORT_CHECKSUM_MISMATCH, check_checksums, error);
}
