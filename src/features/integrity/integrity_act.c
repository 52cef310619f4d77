/* integrity_act.c -- what an admin wants done of reports */
#define G_LOG_DOMAIN "integrity"
#include "features/integrity/integrity_private.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "features/assets/assets.h"
#include "features/sidecars/sidecars.h"
#include "features/storage-template/storage-template.h"
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

/* ---- files that nobody knows ---- */

typedef struct {
    const char *path; /* of an original, as stored */
    gboolean is_hashed;
    guint8 sha1[20];
} Stray;

/* A sidecar goes by the original that it lies beside. */
static const char *
original_of (Arena *arena, const char *path)
{
    return g_str_has_suffix (path, ".xmp")
               ? arena_printf (arena, "%.*s", (int) strlen (path) - 4, path)
               : path;
}

/* It may take long, so nothing is locked yet: a file that nobody knows is changed by nobody. */
static gboolean
hash_stray (const App *app, Arena *arena, const char *path, Stray *out, GError **error)
{
    const char *known_id = NULL;

    *out = (Stray){ .path = original_of (arena, path) };
    if (integrity_folder_of (arena, out->path) == NULL)
        return TRUE;
    return integrity_find_at (app->db, arena, out->path, &known_id, error) &&
           (known_id != NULL || integrity_hash (app, out->path, out->sha1, &out->is_hashed, error));
}

typedef struct {
    Arena *arena;
    const char *asset_id, *from, *to; /* of the original */
    const char *sidecar;
} Adoption;

static gboolean
run_move_original (Db *tx, gpointer data, GError **error)
{
    const Adoption *self = data;

    return integrity_move_original (tx, self->asset_id, self->from, self->to, error);
}

static gboolean
run_adopt_sidecar (Db *tx, gpointer data, GError **error)
{
    const Adoption *self = data;

    return sidecars_adopt (tx, self->arena, self->asset_id, self->sidecar, error);
}

static gboolean
is_whole (const App *app, const char *path, const guint8 sha1[20], gboolean *out, GError **error)
{
    guint8 own[20];
    gboolean is_found = FALSE;

    if (!integrity_hash (app, path, own, &is_found, error))
        return FALSE;
    *out = is_found && memcmp (own, sha1, sizeof own) == 0;
    return TRUE;
}

/* After a backup was restored that is older than a move, the rows say where the files were. An asset without
 * its original, in the trash or not, gets it back: this may be all that is left of it.
 * *@out_stays: the file must not be deleted, and can be given to nobody. */
static gboolean
adopt_original (App *app, Arena *arena, const Stray *stray, gboolean *out_stays, GError **error)
{
    static const guint8 unreadable[20] = { 0 }; /* see integrity_hash () */
    IntegrityOwnerRowList owners;

    *out_stays = memcmp (stray->sha1, unreadable, sizeof unreadable) == 0;
    if (!integrity_find_owners (app->db, arena, stray->sha1,
                                integrity_folder_of (arena, stray->path), &owners, error))
        return FALSE;
    for (gsize i = 0; i < owners.n; i++) {
        const IntegrityOwnerRow *owner = &owners.items[i];
        Adoption adoption = {
            .arena = arena, .asset_id = owner->id, .from = owner->path, .to = stray->path
        };
        gboolean has_its_own = FALSE;

        if (!is_whole (app, owner->path, stray->sha1, &has_its_own, error))
            return FALSE;
        if (has_its_own)
            continue;
        if (owner->may_have) {
            g_message ("'%s' is not deleted: it is the original of asset '%s', which was not at "
                       "'%s' and is found again",
                       stray->path, owner->id, owner->path);
            return db_write (app->db, run_move_original, &adoption, error);
        }
        g_warning ("'%s' is not deleted: it is what asset '%s' of another user has lost at '%s'",
                   stray->path, owner->id, owner->path);
        *out_stays = TRUE;
    }
    return TRUE;
}

/* What lies beside an original that has no sidecar which is there is its own. */
static gboolean
adopt_sidecar (App *app, Arena *arena, const char *path, GError **error)
{
    Adoption adoption = { .arena = arena, .sidecar = path };
    const char *recorded = NULL;
    gboolean is_there = FALSE;

    if (!integrity_find_at (app->db, arena, original_of (arena, path), &adoption.asset_id, error))
        return FALSE;
    if (adoption.asset_id == NULL)
        return TRUE;
    /* else it is of whoever has the file that lies there */
    if (storage_template_own_path (app, arena, adoption.asset_id, original_of (arena, path),
                                   error) == NULL)
        return FALSE;
    if (!asset_find_file (app->db, arena, adoption.asset_id, ASSET_FILE_TYPE_SIDECAR, FALSE,
                          &recorded, error) ||
        (recorded != NULL && !integrity_exists (app, recorded, &is_there, error)))
        return FALSE;
    if (is_there)
        return TRUE;
    if (!integrity_exists (app, path, &is_there, error))
        return FALSE;
    if (!is_there)
        return TRUE;
    g_message ("'%s' is not deleted: it is the sidecar of asset '%s'", path, adoption.asset_id);
    return db_write (app->db, run_adopt_sidecar, &adoption, error);
}

/* *@out_stay: originals that must not be deleted. */
static gboolean
adopt (App *app, Arena *arena, const StringList *paths, const Stray *strays, StringList *out_stay,
       GError **error)
{
    *out_stay = (StringList){ arena_new_array (arena, const char *, paths->n), 0 };
    for (gsize i = 0; i < paths->n; i++) {
        gboolean stays = FALSE;

        if (strays[i].is_hashed && !adopt_original (app, arena, &strays[i], &stays, error))
            return FALSE;
        if (stays)
            out_stay->items[out_stay->n++] = strays[i].path;
        if (strays[i].path != paths->items[i] &&
            !adopt_sidecar (app, arena, paths->items[i], error))
            return FALSE;
    }
    return TRUE;
}

/* Files that something has by now stay. */
static gboolean
delete_untracked (App *app, Arena *arena, const StringList *paths, const Stray *strays,
                  GError **error)
{
    StringList known, stay;

    if (paths->n == 0)
        return TRUE;
    if (!adopt (app, arena, paths, strays, &stay, error) ||
        !integrity_find_known_anywhere (app->db, arena, paths, &known, error))
        return FALSE;
    for (gsize i = 0; i < paths->n; i++) {
        const char *path = layout_absolute (arena, app->media_location, paths->items[i]);

        if (contains (&known, paths->items[i]) || contains (&stay, strays[i].path))
            continue;
        if (!layout_delete (path, error))
            return FALSE;
        g_message ("deleted '%s', which no asset has", path);
    }
    return TRUE;
}

/* ---- what assets lack ---- */

typedef struct {
    Arena *arena;
    const char *asset_id;
} Renewal;

static gboolean
run_write_sidecar (Db *tx, gpointer data, GError **error)
{
    const Renewal *self = data;

    return sidecars_add_write (tx, self->arena, self->asset_id, error);
}

/* What was made of an original is made again. So is a sidecar, of all that the database knows: without its
 * row that would be forgotten when metadata is read again. */
static gboolean
renew_file (App *app, Arena *arena, const IntegrityReportRow *report, GError **error)
{
    Renewal renewal = { arena, report->asset_id };

    return report->has_file_type && report->file_type == ASSET_FILE_TYPE_SIDECAR
               ? db_write (app->db, run_write_sidecar, &renewal, error)
               : integrity_forget_file (app->db, report->asset_file_id, error);
}

static gboolean
act_on_assets (App *app, Arena *arena, const IntegrityReportRowList *reports, IntegrityReport type,
               GError **error)
{
    for (gsize i = 0; i < reports->n; i++) {
        const IntegrityReportRow *report = &reports->items[i];
        const char *asset_id = report->asset_id;
        StringList one = { &asset_id, 1 };
        gboolean is_true = FALSE;

        if (report->type != (int) type || asset_id == NULL)
            continue;
        if (!integrity_is_still_true (app, arena, report, &is_true, error))
            return FALSE;
        if (!is_true) {
            g_message ("'%s' is not as it was reported any more: nothing is done", report->path);
            continue;
        }
        if (report->asset_file_id != NULL
                ? !renew_file (app, arena, report, error)
                : !trash_put (app, arena, report->owner_id, &one, FALSE, error))
            return FALSE;
    }
    return TRUE;
}

/* Under the lock of the movers: what is on its way from one path to another is not missing, and its new path
 * is not unknown. */
static gboolean
act_on_paths (App *app, Arena *arena, const IntegrityReportRowList *reports,
              const StringList *untracked, const Stray *strays, GError **error)
{
    int lock = storage_template_lock (app, error);
    gboolean ok;

    if (lock < 0)
        return FALSE;
    ok = act_on_assets (app, arena, reports, INTEGRITY_REPORT_MISSING_FILE, error) &&
         delete_untracked (app, arena, untracked, strays, error);
    close (lock);
    return ok;
}

/* A report may be old, or of a time when a volume was away. */
gboolean
integrity_act (App *app, Arena *arena, const IntegrityReportRowList *reports, GError **error)
{
    StringList done = { arena_new_array (arena, const char *, reports->n), 0 };
    StringList untracked = { arena_new_array (arena, const char *, reports->n), 0 };
    Stray *strays = arena_new_array (arena, Stray, reports->n);

    if (!integrity_check_folders (app, error))
        return FALSE;
    for (gsize i = 0; i < reports->n; i++) {
        const IntegrityReportRow *report = &reports->items[i];

        done.items[done.n++] = report->id;
        if (report->type != INTEGRITY_REPORT_UNTRACKED_FILE)
            continue;
        if (!hash_stray (app, arena, report->path, &strays[untracked.n], error))
            return FALSE;
        untracked.items[untracked.n++] = report->path;
    }
    return act_on_assets (app, arena, reports, INTEGRITY_REPORT_CHECKSUM_MISMATCH, error) &&
           act_on_paths (app, arena, reports, &untracked, strays, error) &&
           integrity_drop_reports (app->db, arena, &done, error);
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
