/* library_jobs.c -- finding and importing the files that are new; removing a library */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/assets/assets.h"
#include "features/ingest/ingest.h"
#include "features/notifications/notifications.h"
#include "features/trash/trash.h"
#include "features/workflows/workflows.h"
#include "media/media_type.h"
#include "media/sidecar.h"

#define BATCH 200 /* files of one job that imports */
#define PAGE 1000
#define DELETE_CHECK_MS 10000

gboolean
library_add_job (Db *tx, Arena *arena, const char *name, const char *id, const char *folder,
                 GError **error)
{
    g_autoptr (GString) data = g_string_new (NULL);
    LibraryJob ask = { .id = id, .folder = folder };
    const char *key = folder == NULL ? id : arena_printf (arena, "%s %s", id, folder);

    api_write_json (&library_job_type, &ask, data);
    return job_add (tx, name, LIBRARY_QUEUE, key, data->str, 0, error);
}

JobResult
library_read_job (const Job *job, App *app, Arena *arena, LibraryRow *out, const char **out_folder,
                  GError **error)
{
    GError *why = NULL;
    LibraryJob data;

    if (!api_read_json (&library_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    *out_folder = data.folder;
    if (library_find (app->db, arena, data.id, out, &why))
        return JOB_DONE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_error_free (why);
        return JOB_SKIPPED;
    }
    g_propagate_error (error, why);
    return JOB_RETRY;
}

/* ---- telling the admins ---- */

typedef struct {
    App *app;
    Arena *arena;
    const Notice *notice;
} Tell;

static gboolean
run_tell (Db *tx, gpointer data, GError **error)
{
    const Tell *self = data;

    return notification_add_for_admins (self->app, tx, self->arena, self->notice, error);
}

typedef struct {
    Arena *arena;
    const char *name;
    StringList ids;
} AddJobs;

static gboolean
run_add_jobs (Db *tx, gpointer data, GError **error)
{
    const AddJobs *self = data;

    for (gsize i = 0; i < self->ids.n; i++)
        if (!library_add_job (tx, self->arena, self->name, self->ids.items[i], NULL, error))
            return FALSE;
    return TRUE;
}

static JobResult
ask_for_all (App *app, Arena *arena, const LibraryRow *library)
{
    const char *id = library->id;
    AddJobs data = { arena, "LibrarySyncFilesQueueAll", { &id, 1 } };

    return db_write (app->db, run_add_jobs, &data, NULL) ? JOB_DONE : JOB_RETRY;
}

JobResult
library_pause (App *app, Arena *arena, const LibraryRow *library, const char *folder,
               const GError *why)
{
    Notice notice = {
        .type = NOTIFICATION_TYPE_JOB_FAILED,
        .level = NOTIFICATION_LEVEL_ERROR,
        .title = arena_printf (arena, "The library \"%s\" could not be scanned", library->name),
        .description =
            arena_printf (arena,
                          "%s. Its photos stay as they are. If a disk is missing, mount "
                          "it and scan again; if the photos are meant to be gone, exclude "
                          "their folder from the library by a pattern, or take it out of "
                          "the import paths.",
                          why->message),
    };
    Tell tell = { app, arena, &notice };
    g_autoptr (GError) trouble = NULL;

    if (folder != NULL)
        return ask_for_all (app, arena, library);
    if (!db_write (app->db, run_tell, &tell, &trouble))
        g_warning ("cannot tell the admins of library '%s': %s", library->id, trouble->message);
    return JOB_FAILED;
}

/* ---- LibraryScanQueueAll ---- */

JobResult
library_scan_all (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    AddJobs data = { .arena = arena, .name = "LibrarySyncFilesQueueAll" };
    LibraryRowList rows;

    if (!library_list_live (app->db, arena, &rows, error))
        return JOB_RETRY;
    data.ids.items = arena_new_array (arena, const char *, MAX (rows.n, 1));
    for (gsize i = 0; i < rows.n; i++)
        data.ids.items[data.ids.n++] = rows.items[i].id;
    return db_write (app->db, run_add_jobs, &data, error) ? JOB_DONE : JOB_RETRY;
}

/* ---- LibrarySyncFilesQueueAll: walk the folders ---- */

typedef struct {
    App *app;
    const LibraryRow *library;
    const char *part; /* the folder that is walked; NULL: the import paths */
    const LibraryPatterns *patterns;
    GPtrArray *found; /* paths of a batch */
} Crawl;

static gboolean
run_add_import (Db *tx, gpointer data, GError **error)
{
    return job_add (tx, "LibrarySyncFiles", LIBRARY_QUEUE, NULL, data, 0, error);
}

/* Those of the batch that are not known yet become the work of a job. */
static gboolean
flush (Crawl *self, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) text = g_string_new (NULL);
    StringList paths = { (const char **) self->found->pdata, self->found->len };
    LibrarySyncFilesJob data = { .library_id = self->library->id };

    if (!library_find_new (self->app->db, arena, self->library->id, &paths, &data.paths, error))
        return FALSE;
    g_ptr_array_set_size (self->found, 0);
    if (data.paths.n == 0)
        return TRUE;
    api_write_json (&library_sync_files_job_type, &data, text);
    return db_write (self->app->db, run_add_import, text->str, error);
}

static gboolean
take_file (const char *path, gpointer data, GError **error)
{
    Crawl *self = data;

    g_ptr_array_add (self->found, g_strdup (path));
    return self->found->len < BATCH || flush (self, error);
}

static gboolean
is_stopping (gpointer data)
{
    return jobs_is_stopping (((Crawl *) data)->app->jobs);
}

/* Whether an asset that is online, and shall be, lies in the folder. */
static gboolean
has_assets (const Crawl *self, const char *folder, gboolean *out, GError **error)
{
    g_autofree char *after = NULL;
    LibraryAssetRowList page;

    *out = FALSE;
    do {
        g_autoptr (Arena) arena = arena_new ();

        if (!library_page (self->app->db, arena, self->library->id, folder,
                           after != NULL ? after : "", PAGE, &page, error))
            return FALSE;
        for (gsize i = 0; i < page.n && !*out; i++)
            *out = !page.items[i].is_offline &&
                   !library_patterns_match (self->patterns, page.items[i].original_path);
        g_free (after);
        after = page.n > 0 ? g_strdup (page.items[page.n - 1].original_path) : NULL;
    } while (page.n == PAGE && !*out);
    return TRUE;
}

/* A folder that has nothing to offer any more: *@out_why says so, when there are assets in it. */
static gboolean
suspect (const Crawl *self, const char *folder, const char *fault, GError **out_why, GError **error)
{
    gboolean has_some = FALSE;

    if (!has_assets (self, folder, &has_some, error))
        return FALSE;
    if (!has_some)
        g_message ("the import path '%s' of library '%s' is passed over: %s", folder,
                   self->library->id, fault);
    else if (*out_why == NULL)
        g_set_error (out_why, APP_ERROR, APP_ERROR_IO, "Import path '%s': %s", folder, fault);
    return TRUE;
}

/* Whether no link leads from the import path to the folder, which is below it. */
static gboolean
is_plain (const char *folder, const char *path)
{
    g_autofree char *at = g_strdup (path);
    struct stat facts;

    while (strlen (at) > strlen (folder)) {
        if (lstat (at, &facts) == 0 && S_ISLNK (facts.st_mode))
            return FALSE;
        *strrchr (at, '/') = '\0';
    }
    return TRUE;
}

/* A folder that is gone, or cannot be read, is for the check to find. *@out_has_link: a scan of the whole
 * library is needed. */
static gboolean
walk_part (LibraryWalk *walk, Arena *arena, const char *folder, const char *part,
           gboolean *out_has_link, GError **error)
{
    guint64 n_files = 0;

    if (!is_plain (folder, part)) {
        *out_has_link = TRUE;
        return TRUE;
    }
    walk->out_has_link = out_has_link;
    return library_check_path (arena, walk->media_location, part) != NULL ||
           library_walk (walk, part, &n_files, error);
}

/* *@out_why: a reason not to go on to the check. */
static gboolean
crawl (Crawl *self, Arena *arena, gboolean *out_any, GError **out_why, GError **error)
{
    const StringList *folders = &self->library->import_paths;
    LibraryWalk walk = { .media_location = self->app->media_location,
                         .patterns = self->patterns,
                         .found = take_file,
                         .is_stopping = is_stopping,
                         .data = self };
    gboolean has_link = FALSE;

    *out_any = FALSE;
    for (gsize i = 0; i < folders->n; i++) {
        const char *folder = library_clean_path (arena, folders->items[i]);
        const char *fault = library_check_path (arena, walk.media_location, folders->items[i]);
        guint64 n_files = 0;

        if (self->part != NULL && !library_is_inside (self->part, folder))
            continue;
        if (fault == NULL && self->part != NULL) {
            if (!walk_part (&walk, arena, folder, self->part, &has_link, error))
                return FALSE;
        } else if (fault == NULL) {
            *out_any = TRUE;
            if (!library_walk (&walk, folder, &n_files, error))
                return FALSE;
            fault = n_files == 0 ? "no photo or video was found in it" : NULL;
        }
        if (fault != NULL && !suspect (self, folder, fault, out_why, error))
            return FALSE;
    }
    if (has_link) {
        self->part = NULL;
        return crawl (self, arena, out_any, out_why, error);
    }
    return self->found->len == 0 || flush (self, error);
}

typedef struct {
    Arena *arena;
    const char *id, *part;
    gboolean was_walked, may_check;
} EndCrawl;

static gboolean
run_end_crawl (Db *tx, gpointer data, GError **error)
{
    const EndCrawl *self = data;

    return (!self->was_walked ||
            library_set_refreshed (tx, self->id, timestamp_now_ms (), error)) &&
           (!self->may_check || library_add_job (tx, self->arena, "LibraryScanAssetsQueueAll",
                                                 self->id, self->part, error));
}

JobResult
library_sync_files_all (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (LibraryPatterns) patterns = NULL;
    g_autoptr (GError) why = NULL;
    App *app = app_pointer;
    LibraryRow library;
    Crawl data = { .app = app, .library = &library, .found = found };
    EndCrawl end = { .arena = arena };
    JobResult result = library_read_job (job, app, arena, &library, &data.part, error);

    if (result != JOB_DONE)
        return result;
    data.patterns = patterns = library_patterns_new (&library.exclusion_patterns, error);
    if (patterns == NULL)
        return library_pause (app, arena, &library, NULL, *error);
    if (!crawl (&data, arena, &end.was_walked, &why, error))
        return JOB_RETRY;
    end.id = library.id;
    end.part = data.part;
    end.may_check = why == NULL;
    if (!db_write (app->db, run_end_crawl, &end, error))
        return JOB_RETRY;
    if (why == NULL)
        return JOB_DONE;
    result = library_pause (app, arena, &library, data.part, why);
    if (result == JOB_FAILED)
        g_propagate_error (error, g_steal_pointer (&why));
    return result;
}

/* ---- LibrarySyncFiles: import ---- */

typedef struct {
    Arena *arena;
    const char *library_id;
    const LibraryFile *files;
    gsize n;
} Import;

static gboolean
run_import (Db *tx, gpointer data, GError **error)
{
    const Import *self = data;
    gint64 now = timestamp_now_ms ();

    for (gsize i = 0; i < self->n; i++) {
        const char *id = NULL;

        if (!library_insert_asset (tx, self->arena, self->library_id, &self->files[i], now, &id,
                                   error) ||
            (id != NULL && (!ingest_add_metadata (tx, self->arena, id, "upload", error) ||
                            !workflows_trigger_one (tx, WORKFLOW_TRIGGER_ASSET_CREATE, id, error))))
            return FALSE;
    }
    return TRUE;
}

JobResult
library_sync_files (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    LibrarySyncFilesJob data;
    LibraryFile *files;
    Import import = { .arena = arena };

    if (!api_read_json (&library_sync_files_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    import.files = files = arena_new_array (arena, LibraryFile, data.paths.n);
    import.library_id = data.library_id;
    for (gsize i = 0; i < data.paths.n; i++) {
        LibraryFile *file = &files[import.n];
        const MediaType *type = media_type_find (data.paths.items[i]);
        struct stat facts;
        gint64 sidecar_ms;

        if (type == NULL || !library_stat (app->media_location, data.paths.items[i], &facts))
            continue; /* gone meanwhile */
        file->path = data.paths.items[i];
        file->type = type->kind == MEDIA_VIDEO ? "VIDEO" : "IMAGE";
        file->size_bytes = facts.st_size;
        file->modified_ms = library_modified_ms (&facts);
        file->sidecar_path = media_find_sidecar (arena, file->path, NULL, &sidecar_ms);
        import.n++;
    }
    if (import.n > 0 && !db_write (app->db, run_import, &import, error))
        return JOB_RETRY;
    return JOB_DONE;
}

/* ---- LibraryDelete, LibraryDeleteCheck ---- */

typedef struct {
    Arena *arena;
    const char *library_id;
    StringList ids;
} Delete;

/* Films that stay are in no later page. */
static gboolean
run_delete (Db *tx, gpointer data, GError **error)
{
    Delete *self = data;
    gint64 n_kept = 0;

    return library_find_assets (tx, self->arena, self->library_id, PAGE, &self->ids, error) &&
           (self->ids.n == 0 ||
            (library_keep_films (tx, self->arena, self->library_id, &self->ids, &n_kept, error) &&
             (n_kept > 0 || trash_put_in (tx, self->arena, &self->ids, TRUE, error))));
}

static gboolean
run_ask_check (Db *tx, gpointer data, GError **error)
{
    return job_add (tx, "LibraryDeleteCheck", LIBRARY_QUEUE, "LibraryDeleteCheck", "{}",
                    DELETE_CHECK_MS, error);
}

/* The job that removes assets deletes no file of a library. */
JobResult
library_delete (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    LibraryJob data;
    gsize n_found;

    if (!api_read_json (&library_job_type, job->data, -1, arena, &data, error))
        return JOB_FAILED;
    do {
        g_autoptr (Arena) page = arena_new ();
        Delete some = { .arena = page, .library_id = data.id };

        if (!db_write (app->db, run_delete, &some, error))
            return JOB_RETRY;
        n_found = some.ids.n;
    } while (n_found > 0);
    return db_write (app->db, run_ask_check, NULL, error) ? JOB_DONE : JOB_RETRY;
}

/* The rows go once their assets are gone; what came in meanwhile is removed, too. */
JobResult
library_delete_check (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    AddJobs left = { .arena = arena, .name = "LibraryDelete" };
    StringList ids;

    if (!library_list_deleted (app->db, arena, &ids, error))
        return JOB_RETRY;
    left.ids.items = arena_new_array (arena, const char *, ids.n);
    for (gsize i = 0; i < ids.n; i++) {
        gboolean is_deleted = FALSE;

        if (!library_delete_empty (app->db, ids.items[i], &is_deleted, error))
            return JOB_RETRY;
        if (!is_deleted)
            left.ids.items[left.ids.n++] = ids.items[i];
    }
    return left.ids.n == 0 || db_write (app->db, run_add_jobs, &left, error) ? JOB_DONE : JOB_RETRY;
}
