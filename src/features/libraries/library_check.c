/* library_check.c -- the job LibraryScanAssetsQueueAll: what became of the files that are known */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/assets/assets.h"
#include "features/ingest/ingest.h"
#include "features/stacks/stacks.h"
#include "media/sidecar.h"

#define PAGE 500
#define MANY 100 /* assets in a folder that is missing: too many to believe it */

typedef struct {
    App *app;
    const LibraryRow *library;
    const char *folder; /* what lies in it is looked after; NULL: all */
    const LibraryPatterns *patterns;
    StringList roots; /* import paths, clean */
    guint64 n_unsure; /* files that cannot be read, or of folders that cannot be trusted */
    GError *why;      /* the first of those */
    char *missing;    /* the last folder that was asked about */
    gboolean has_many;
} Check;

/* What a page comes to. */
typedef struct {
    Arena *arena;
    StringList offline, online, changed; /* ids */
    LibraryFile *files;                  /* of those changed */
} Outcome;

static const char *
find_root (const Check *self, const char *path)
{
    for (gsize i = 0; i < self->roots.n; i++)
        if (library_is_inside (path, self->roots.items[i]))
            return self->roots.items[i];
    return NULL;
}

static gboolean
is_changed (const LibraryAssetRow *asset, const LibraryFile *file, gint64 sidecar_ms)
{
    return file->modified_ms != asset->file_modified_at || file->size_bytes != asset->size_bytes ||
           g_strcmp0 (file->sidecar_path, asset->sidecar_path) != 0 ||
           (file->sidecar_path != NULL && asset->has_metadata_at &&
            sidecar_ms > asset->metadata_at);
}

static void
add_present (const LibraryAssetRow *asset, const struct stat *facts, Outcome *out)
{
    LibraryFile *file = &out->files[out->changed.n];
    gint64 sidecar_ms = 0;

    file->size_bytes = facts->st_size;
    file->modified_ms = library_modified_ms (facts);
    file->sidecar_path =
        media_find_sidecar (out->arena, asset->original_path, asset->sidecar_path, &sidecar_ms);
    if (asset->is_offline)
        out->online.items[out->online.n++] = asset->id;
    if (is_changed (asset, file, sidecar_ms))
        out->changed.items[out->changed.n++] = asset->id;
}

/* A mount point that vanished with its disk looks like a folder that somebody removed: a few photos may go
 * with it, many are asked about. Assets come in the order of their paths, so one answer serves a folder. */
static gboolean
check_missing (Check *self, const char *folder, GError **error)
{
    if (g_strcmp0 (folder, self->missing) != 0) {
        if (!library_has_many (self->app->db, self->library->id, folder, MANY, &self->has_many,
                               error))
            return FALSE;
        g_free (self->missing);
        self->missing = g_strdup (folder);
    }
    if (self->has_many)
        g_set_error (error, APP_ERROR, APP_ERROR_IO,
                     "the folder '%s' is missing, and with it %d photos of the library or more",
                     folder, MANY);
    return !self->has_many;
}

/* Whether a file that library_stat () did not find is known to be gone, or the disk may be. */
static gboolean
is_gone (Check *self, Arena *arena, const char *root, const char *path)
{
    int fault = errno;
    const char *missing = NULL;
    g_autoptr (GError) why = NULL;

    if (fault != ENOENT && fault != ENOTDIR)
        g_set_error (&why, APP_ERROR, APP_ERROR_IO, "cannot read '%s': %s", path,
                     g_strerror (fault));
    else if (library_check_folder (arena, root, path, &missing, &why) &&
             (missing == NULL || check_missing (self, missing, &why)))
        return TRUE;
    self->n_unsure++;
    if (self->why == NULL)
        self->why = g_steal_pointer (&why);
    return FALSE;
}

static void
check_asset (Check *self, const LibraryAssetRow *asset, Outcome *out)
{
    const char *path = asset->original_path;
    const char *root = find_root (self, path);
    struct stat facts;

    if (root == NULL || library_patterns_match (self->patterns, path)) {
        /* the admin does not want it any more */
    } else if (library_stat (self->app->media_location, path, &facts)) {
        add_present (asset, &facts, out);
        return;
    } else if (asset->is_offline || !is_gone (self, out->arena, root, path))
        return;
    if (!asset->is_offline)
        out->offline.items[out->offline.n++] = asset->id;
}

static gboolean
run_store (Db *tx, gpointer data, GError **error)
{
    const Outcome *self = data;
    gint64 now = timestamp_now_ms ();

    if (!library_set_offline (tx, self->arena, &self->offline, TRUE, now, error) ||
        !library_set_offline (tx, self->arena, &self->online, FALSE, now, error) ||
        (self->offline.n > 0 && !stacks_settle (tx, self->arena, &self->offline, error)) ||
        (self->online.n > 0 && !stacks_settle (tx, self->arena, &self->online, error)))
        return FALSE;
    for (gsize i = 0; i < self->changed.n; i++)
        if (!library_update_file (tx, self->changed.items[i], &self->files[i], now, error) ||
            !ingest_add_metadata (tx, self->arena, self->changed.items[i], "upload", error))
            return FALSE;
    return TRUE;
}

static gboolean
check_page (Check *self, Arena *arena, const LibraryAssetRowList *page, GError **error)
{
    Outcome out = { .arena = arena,
                    .offline.items = arena_new_array (arena, const char *, page->n),
                    .online.items = arena_new_array (arena, const char *, page->n),
                    .changed.items = arena_new_array (arena, const char *, page->n),
                    .files = arena_new_array (arena, LibraryFile, page->n + 1) };

    for (gsize i = 0; i < page->n; i++)
        check_asset (self, &page->items[i], &out);
    if (out.offline.n + out.online.n + out.changed.n == 0)
        return TRUE;
    if (!db_write (self->app->db, run_store, &out, error))
        return FALSE;
    asset_send_ids (self->app, self->library->owner_id, "on_asset_trash", &out.offline);
    asset_send_ids (self->app, self->library->owner_id, "on_asset_restore", &out.online);
    return TRUE;
}

static gboolean
check_assets (Check *self, GError **error)
{
    g_autofree char *after = g_strdup ("");
    LibraryAssetRowList page;

    do {
        g_autoptr (Arena) arena = arena_new ();

        if (jobs_is_stopping (self->app->jobs)) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                                 "the server stops; the check begins again with it");
            return FALSE;
        }
        if (!library_page (self->app->db, arena, self->library->id, self->folder, after, PAGE,
                           &page, error) ||
            !check_page (self, arena, &page, error))
            return FALSE;
        if (page.n > 0) {
            g_free (after);
            after = g_strdup (page.items[page.n - 1].original_path);
        }
    } while (page.n == PAGE);
    return TRUE;
}

/* A file that somebody put in the place of one whose asset was removed is imported with the next scan. */
static gboolean
forget_removed (Check *self, GError **error)
{
    const char *id = self->library->id;
    g_autofree char *after = g_strdup ("");
    LibraryRemovedRowList page;

    do {
        g_autoptr (Arena) arena = arena_new ();
        StringList gone = { 0 };

        if (!library_page_removed (self->app->db, arena, id, self->folder, after, PAGE, &page,
                                   error))
            return FALSE;
        gone.items = arena_new_array (arena, const char *, page.n);
        for (gsize i = 0; i < page.n; i++) {
            const LibraryRemovedRow *row = &page.items[i];
            const char *root = find_root (self, row->path), *missing;
            struct stat facts;

            if (library_stat (self->app->media_location, row->path, &facts)
                    ? library_modified_ms (&facts) > row->removed_at
                    : errno == ENOENT && root != NULL &&
                          library_check_folder (arena, root, row->path, &missing, NULL))
                gone.items[gone.n++] = row->path;
        }
        if (gone.n > 0 && !library_forget_removed (self->app->db, arena, id, &gone, error))
            return FALSE;
        if (page.n > 0) {
            g_free (after);
            after = g_strdup (page.items[page.n - 1].path);
        }
    } while (page.n == PAGE);
    return TRUE;
}

JobResult
library_scan_assets (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    g_autoptr (LibraryPatterns) patterns = NULL;
    g_autoptr (GError) why = NULL;
    App *app = app_pointer;
    LibraryRow library;
    Check data = { .app = app, .library = &library };
    JobResult result = library_read_job (job, app, arena, &library, &data.folder, error);
    gboolean ok;

    if (result != JOB_DONE)
        return result;
    data.patterns = patterns = library_patterns_new (&library.exclusion_patterns, error);
    if (patterns == NULL)
        return library_pause (app, arena, &library, NULL, *error);
    data.roots.items = arena_new_array (arena, const char *, library.import_paths.n);
    for (gsize i = 0; i < library.import_paths.n; i++)
        data.roots.items[data.roots.n++] =
            library_clean_path (arena, library.import_paths.items[i]);
    ok = check_assets (&data, error) && forget_removed (&data, error);
    why = data.why;
    g_free (data.missing);
    if (!ok)
        return JOB_RETRY;
    if (why == NULL)
        return JOB_DONE;
    g_prefix_error (&why, "%" G_GUINT64_FORMAT " files were not found: ", data.n_unsure);
    result = library_pause (app, arena, &library, data.folder, why);
    if (result == JOB_FAILED)
        g_propagate_error (error, g_steal_pointer (&why));
    return result;
}
