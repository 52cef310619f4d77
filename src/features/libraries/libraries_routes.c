/* libraries_routes.c -- the handlers of libraries.api */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"

#define DEFAULT_NAME "New External Library"

static void
describe (const LibraryRow *row, LibraryResponse *out)
{
    *out = (LibraryResponse){
        .id = row->id,
        .owner_id = row->owner_id,
        .name = row->name,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .has_refreshed_at = row->has_refreshed_at,
        .refreshed_at = row->refreshed_at,
        .asset_count = row->asset_count,
        .import_paths = row->import_paths,
        .exclusion_patterns = row->exclusion_patterns,
    };
}

static gboolean
set_not_found (GError **error, const char *text)
{
    g_clear_error (error);
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, text);
    return FALSE;
}

static gboolean
find (ApiCall *call, const char *id, LibraryRow *out, GError **error)
{
    if (library_find (call->db, call->arena, id, out, error))
        return TRUE;
    if (g_error_matches (*error, APP_ERROR, APP_ERROR_NOT_FOUND))
        set_not_found (error, "Library not found");
    return FALSE;
}

static gboolean
check_lists (gboolean has_paths, const StringList *paths, gboolean has_patterns,
             const StringList *patterns, GError **error)
{
    g_autoptr (LibraryPatterns) compiled = NULL;

    if ((has_paths && !library_check_items ("importPaths", paths, error)) ||
        (has_patterns && !library_check_items ("exclusionPatterns", patterns, error)))
        return FALSE;
    if (has_patterns && (compiled = library_patterns_new (patterns, error)) == NULL)
        return FALSE;
    return TRUE;
}

static ApiStatus
get_all_libraries (ApiCall *call, const GetAllLibrariesRequest *in, LibraryResponseList *out)
{
    GError *error = NULL;
    LibraryRowList rows;

    if (!library_list (call->db, call->arena, &rows, &error))
        return api_fail (call, error);
    out->items = arena_new_array (call->arena, LibraryResponse, rows.n);
    for (; out->n < rows.n; out->n++)
        describe (&rows.items[out->n], &out->items[out->n]);
    return API_OK;
}

static ApiStatus
get_library (ApiCall *call, const GetLibraryRequest *in, LibraryResponse *out)
{
    GError *error = NULL;
    LibraryRow row;

    if (!find (call, in->id, &row, &error))
        return api_fail (call, error);
    describe (&row, out);
    return API_OK;
}

/* What does not hold any photos of ours: rubbish and indexes of storage systems. */
static const char *const default_patterns[] = {
    "**/@eaDir/**",      "**/._*",          "**/#recycle/**", "**/#snapshot/**",
    "**/.stversions/**", "**/.stfolder/**",
};

/* Whether the folders can be used is told by validate, and at every scan. */
static ApiStatus
create_library (ApiCall *call, const CreateLibraryRequest *in, LibraryResponse *out)
{
    const CreateLibrary *body = in->body;
    char id[UUID_TEXT_BYTES];
    GError *error = NULL;
    gboolean has_owner = FALSE;
    LibraryRow row = {
        .owner_id = body->owner_id,
        .name = body->name != NULL ? body->name : DEFAULT_NAME,
        .import_paths = body->import_paths,
        .exclusion_patterns = body->exclusion_patterns,
        .created_at = timestamp_now_ms (),
    };

    uuid_v4_text (id);
    row.id = id;
    if (!body->has_exclusion_patterns)
        row.exclusion_patterns =
            (StringList){ (const char **) default_patterns, G_N_ELEMENTS (default_patterns) };
    if (!check_lists (TRUE, &row.import_paths, TRUE, &row.exclusion_patterns, &error) ||
        !library_owner_exists (call->db, row.owner_id, &has_owner, &error))
        return api_fail (call, error);
    if (!has_owner)
        return api_refuse (call, APP_ERROR_INVALID, "User not found");
    if (!library_insert (call->db, call->arena, &row, &error) || !find (call, id, &row, &error))
        return api_fail (call, error);
    describe (&row, out);
    return API_OK;
}

static ApiStatus
update_library (ApiCall *call, const UpdateLibraryRequest *in, LibraryResponse *out)
{
    const UpdateLibrary *body = in->body;
    GError *error = NULL;
    gboolean is_found = FALSE;
    LibraryRow row;

    if (!find (call, in->id, &row, &error) ||
        !check_lists (body->has_import_paths, &body->import_paths, body->has_exclusion_patterns,
                      &body->exclusion_patterns, &error))
        return api_fail (call, error);
    for (gsize i = 0; body->has_import_paths && i < body->import_paths.n; i++) {
        const char *fault = library_check_path (call->arena, call->app->media_location,
                                                body->import_paths.items[i]);

        if (fault != NULL)
            return api_refuse (call, APP_ERROR_INVALID, "Invalid import path: %s", fault);
    }
    if (!library_update (call->db, call->arena, in->id, body->name,
                         body->has_import_paths ? &body->import_paths : NULL,
                         body->has_exclusion_patterns ? &body->exclusion_patterns : NULL, &is_found,
                         &error) ||
        !find (call, in->id, &row, &error))
        return api_fail (call, error);
    describe (&row, out);
    return API_OK;
}

typedef struct {
    Arena *arena;
    const char *id;
    gboolean is_found;
} OneLibrary;

static gboolean
run_delete (Db *tx, gpointer data, GError **error)
{
    OneLibrary *self = data;

    return library_set_deleted (tx, self->id, &self->is_found, error) &&
           (!self->is_found ||
            library_add_job (tx, self->arena, "LibraryDelete", self->id, NULL, error));
}

static ApiStatus
delete_library (ApiCall *call, const DeleteLibraryRequest *in)
{
    OneLibrary data = { .arena = call->arena, .id = in->id };
    GError *error = NULL;

    if (!db_write (call->db, run_delete, &data, &error))
        return api_fail (call, error);
    return data.is_found ? API_OK : api_refuse (call, APP_ERROR_INVALID, "Library not found");
}

static gboolean
run_scan (Db *tx, gpointer data, GError **error)
{
    const OneLibrary *self = data;

    return library_add_job (tx, self->arena, "LibrarySyncFilesQueueAll", self->id, NULL, error);
}

static ApiStatus
scan_library (ApiCall *call, const ScanLibraryRequest *in)
{
    OneLibrary data = { .arena = call->arena, .id = in->id };
    GError *error = NULL;
    LibraryRow row;

    if (!find (call, in->id, &row, &error) || !db_write (call->db, run_scan, &data, &error))
        return api_fail (call, error);
    return API_OK;
}

static ApiStatus
get_library_statistics (ApiCall *call, const GetLibraryStatisticsRequest *in,
                        LibraryStatsResponse *out)
{
    GError *error = NULL;
    LibraryRow row;

    if (!library_find (call->db, call->arena, in->id, &row, &error)) {
        if (g_error_matches (error, APP_ERROR, APP_ERROR_NOT_FOUND))
            set_not_found (&error, arena_printf (call->arena, "Library %s not found", in->id));
        return api_fail (call, error);
    }
    return library_statistics (call->db, call->arena, in->id, out, &error) ? API_OK
                                                                           : api_fail (call, error);
}

/* For any id: it asks of folders before there is a library. */
static ApiStatus
validate (ApiCall *call, const ValidateRequest *in, ValidateLibraryResponse *out)
{
    const ValidateLibrary *body = in->body;
    GError *error = NULL;

    if (!check_lists (body->has_import_paths, &body->import_paths, body->has_exclusion_patterns,
                      &body->exclusion_patterns, &error))
        return api_fail (call, error);
    out->has_import_paths = body->has_import_paths;
    out->import_paths.n = body->import_paths.n;
    out->import_paths.items =
        arena_new_array (call->arena, ValidateLibraryImportPathResponse, body->import_paths.n);
    for (gsize i = 0; i < body->import_paths.n; i++) {
        ValidateLibraryImportPathResponse *item = &out->import_paths.items[i];

        item->import_path = body->import_paths.items[i];
        item->message =
            library_check_path (call->arena, call->app->media_location, item->import_path);
        item->is_valid = item->message == NULL;
    }
    return API_OK;
}

static const LibrariesHandlers libraries_handlers = {
    .get_all_libraries = get_all_libraries,
    .create_library = create_library,
    .get_library = get_library,
    .update_library = update_library,
    .delete_library = delete_library,
    .scan_library = scan_library,
    .get_library_statistics = get_library_statistics,
    .validate = validate,
};

void
libraries_start (App *app, Api *api)
{
    static const JobKind kinds[] = {
        { "LibraryScanQueueAll", LIBRARY_QUEUE, library_scan_all },
        { "LibrarySyncFilesQueueAll", LIBRARY_QUEUE, library_sync_files_all },
        { "LibrarySyncFiles", LIBRARY_QUEUE, library_sync_files },
        { "LibraryScanAssetsQueueAll", LIBRARY_QUEUE, library_scan_assets },
        { "LibraryDelete", LIBRARY_QUEUE, library_delete },
        { "LibraryDeleteCheck", LIBRARY_QUEUE, library_delete_check },
    };

    api_serve_libraries (api, &libraries_handlers);
    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
    library_schedule_start (app);
    library_watch_start (app);
}
