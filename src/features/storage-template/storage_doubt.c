/* storage_doubt.c -- which originals are not known to be at their paths
 *
 * A path below library/ may hold the file of somebody else when the database and the files are not of the same time.
 * So each original has a row then, and nobody is shown what lies there, nor is anything made of it, before it was
 * read. The checks of the files take the rows away; who asks before they do reads the one file himself. */
#define G_LOG_DOMAIN "storage"
#include "features/storage-template/storage_private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define IS_MOVABLE                                                                                 \
    "library_id IS NULL AND status <> 'deleted' AND substr(original_path, 1, 1) <> '/'"

static const char SQL_FORGET_ALL[] = "DELETE FROM storage_doubt";
static const char SQL_DOUBT_ALL[] = "INSERT INTO storage_doubt (asset_id, size_bytes)"
                                    " SELECT id, size_bytes FROM asset WHERE " IS_MOVABLE;
/* $1 asset */
static const char SQL_ORIGINAL[] =
    "SELECT a.id AS id, a.original_path AS path, a.size_bytes AS size_bytes,"
    "       a.checksum AS checksum, CASE WHEN d.asset_id IS NULL THEN 0 ELSE 1 END AS is_doubted"
    "  FROM asset a LEFT JOIN storage_doubt d ON d.asset_id = a.id WHERE a.id = $1";
/* $1 asset, $2 its path, of which the file was read */
static const char SQL_TRUST_ONE[] =
    "DELETE FROM storage_doubt WHERE asset_id = $1"
    "   AND EXISTS (SELECT 1 FROM asset WHERE id = $1 AND original_path = $2)";

static const char SQL_LOAD[] = "SELECT value FROM system_metadata WHERE key = 'storage-unsure'";
/* $1 JSON */
static const char SQL_BEGIN[] =
    "INSERT INTO system_metadata (key, value) VALUES ('storage-unsure', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
/* $1 as it was read, $2 as it shall be */
static const char SQL_CHANGE[] =
    "UPDATE system_metadata SET value = $2 WHERE key = 'storage-unsure' AND value = $1";
/* $1 as it was read */
static const char SQL_END[] =
    "DELETE FROM system_metadata WHERE key = 'storage-unsure' AND value = $1";

static const char *
to_text (Arena *arena, const StorageDoubt *doubt)
{
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (&storage_doubt_type, doubt, text);
    return arena_strdup (arena, text->str);
}

gboolean
storage_doubt_begin (Db *tx, Arena *arena, const char *since, GError **error)
{
    StorageDoubt doubt = { .since = since, .after = "" };

    return db_exec (tx, SQL_FORGET_ALL, DB_NO_ARGS, NULL, error) &&
           db_exec (tx, SQL_DOUBT_ALL, DB_NO_ARGS, NULL, error) &&
           db_exec (tx, SQL_BEGIN, DB_ARGS (db_text (to_text (arena, &doubt))), NULL, error);
}

gboolean
storage_template_load_doubt (const App *app, Arena *arena, const StorageDoubt **out, GError **error)
{
    StorageDoubt *doubt = arena_new_array (arena, StorageDoubt, 1);
    const char *text = NULL;

    *out = NULL;
    if (!db_select_text (app->db, arena, SQL_LOAD, DB_NO_ARGS, &text, error))
        return FALSE;
    if (text == NULL)
        return TRUE;
    *out = doubt;
    return api_read_json (&storage_doubt_type, text, -1, arena, doubt, error);
}

gboolean
storage_template_change_doubt (Db *tx, Arena *arena, const StorageDoubt *from,
                               const StorageDoubt *to, GError **error)
{
    const char *before = to_text (arena, from);
    gint64 n = 0;

    if (to == NULL
            ? !db_exec (tx, SQL_END, DB_ARGS (db_text (before)), &n, error)
            : !db_exec (tx, SQL_CHANGE, DB_ARGS (db_text (before), db_text (to_text (arena, to))),
                        &n, error))
        return FALSE;
    if (n == 0)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_CONFLICT,
                             "another server compares the files, or it begins anew");
    return n > 0;
}

/* What lies elsewhere than below library/ is its own, even when another program changed it: nobody else comes there. */
static gboolean
holds_own (const App *app, Arena *arena, const OwnOriginalRow *row)
{
    const char *absolute = storage_absolute (app, arena, row->path);
    FileContent content = { .size_bytes = row->size_bytes };

    if (!g_str_has_prefix (row->path, STORAGE_FOLDER "/"))
        return g_access (absolute, F_OK) == 0;
    if (g_bytes_get_size (row->checksum) != sizeof content.sha1)
        return FALSE;
    memcpy (content.sha1, g_bytes_get_data (row->checksum, NULL), sizeof content.sha1);
    return relocate_holds (absolute, &content);
}

/* The path is read together with what says that it is doubted: when an original is given back both change at once. */
const char *
storage_template_own_path (const App *app, Arena *arena, const char *asset_id, const char *path,
                           GError **error)
{
    const StorageDoubt *doubt = NULL;
    g_autoptr (GError) why = NULL;
    OwnOriginalRow row;

    if (*path == '/')
        return path;
    if (!db_recall_one (app->db, arena, &own_original_row_type, &row, SQL_ORIGINAL,
                        DB_ARGS (db_text (asset_id)), error))
        return NULL;
    if (!row.is_doubted)
        return row.path;
    if (holds_own (app, arena, &row)) {
        if (!db_exec (app->db, SQL_TRUST_ONE, DB_ARGS (db_text (asset_id), db_text (row.path)),
                      NULL, &why))
            g_warning ("cannot note that '%s' was found to be its original: %s, it is read anew",
                       row.path, why->message);
        return row.path;
    }
    if (storage_template_load_doubt (app, arena, &doubt, error))
        g_set_error (error, APP_ERROR, doubt != NULL ? APP_ERROR_UNAVAILABLE : APP_ERROR_NOT_FOUND,
                     "The original is not at its place, as after a backup of the database was "
                     "restored, and %s",
                     doubt != NULL ? "is looked for" : "was not found elsewhere");
    return NULL;
}
