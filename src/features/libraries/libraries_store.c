/* libraries_store.c -- the SQL of libraries */
#define G_LOG_DOMAIN "libraries"
#include "features/libraries/libraries_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/assets/assets.h"
#include "features/users/users.h"

/* what can be seen of it: neither offline nor in the trash, motion parts with their photos */
#define LIBRARY_FACTS                                                                              \
    "l.id AS id, l.owner_id AS owner_id, l.name AS name, l.created_at AS created_at,"              \
    " l.updated_at AS updated_at, l.refreshed_at AS refreshed_at,"                                 \
    " l.import_paths AS import_paths, l.exclusion_patterns AS exclusion_patterns"
#define LIBRARY_COLUMNS                                                                            \
    LIBRARY_FACTS                                                                                  \
    ", (SELECT count(*) FROM asset a WHERE a.library_id = l.id AND a.deleted_at IS NULL"           \
    "     AND a.visibility <> 'hidden') AS asset_count"

static const char SQL_LIST[] = "SELECT " LIBRARY_COLUMNS " FROM library l"
                               " WHERE l.deleted_at IS NULL ORDER BY l.created_at, l.id";
/* $1 id */
static const char SQL_FIND[] =
    "SELECT " LIBRARY_COLUMNS " FROM library l WHERE l.id = $1 AND l.deleted_at IS NULL";

/* $1 id */
static const char SQL_STATISTICS[] =
    "SELECT CAST(COALESCE(sum(CASE WHEN type = 'IMAGE' AND visibility <> 'hidden' THEN 1 ELSE 0"
    "                         END), 0) AS BIGINT) AS photos,"
    "       CAST(COALESCE(sum(CASE WHEN type = 'VIDEO' AND visibility <> 'hidden' THEN 1 ELSE 0"
    "                         END), 0) AS BIGINT) AS videos,"
    "       CAST(COALESCE(sum(CASE WHEN visibility <> 'hidden' THEN 1 ELSE 0 END), 0) AS BIGINT)"
    "           AS total,"
    "       CAST(COALESCE(sum(size_bytes), 0) AS BIGINT) AS usage"
    "  FROM asset WHERE library_id = $1 AND deleted_at IS NULL";

/* $1 id of a user */
static const char SQL_OWNER_EXISTS[] =
    "SELECT count(*) FROM users WHERE id = $1 AND deleted_at IS NULL";

/* $1 id, $2 owner, $3 name, $4 import paths, $5 exclusion patterns, $6 now */
static const char SQL_INSERT[] =
    "INSERT INTO library (id, owner_id, name, import_paths, exclusion_patterns, created_at,"
    "                     updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $6)";

/* $1 id, $2 name, $3 import paths, $4 exclusion patterns, each maybe NULL, $5 now */
static const char SQL_UPDATE[] =
    "UPDATE library SET name = COALESCE($2, name), import_paths = COALESCE($3, import_paths),"
    "       exclusion_patterns = COALESCE($4, exclusion_patterns), updated_at = $5"
    " WHERE id = $1 AND deleted_at IS NULL";

/* $1 id, $2 now */
static const char SQL_SET_REFRESHED[] = "UPDATE library SET refreshed_at = $2 WHERE id = $1";
static const char SQL_SET_DELETED[] =
    "UPDATE library SET deleted_at = CAST($2 AS BIGINT), updated_at = $2"
    " WHERE id = $1 AND deleted_at IS NULL";

static const char SQL_LIST_LIVE[] =
    "SELECT " LIBRARY_FACTS ", CAST(0 AS BIGINT) AS asset_count"
    "  FROM library l JOIN users u ON u.id = l.owner_id"
    " WHERE l.deleted_at IS NULL AND u.deleted_at IS NULL ORDER BY l.created_at, l.id";
static const char SQL_LIST_DELETED[] = "SELECT id FROM library WHERE deleted_at IS NOT NULL";

/* $1 id */
static const char SQL_DELETE_EMPTY[] =
    "DELETE FROM library WHERE id = $1 AND deleted_at IS NOT NULL"
    "   AND NOT EXISTS (SELECT 1 FROM asset a WHERE a.library_id = $1)";

/* $1 library, $2 at most */
static const char SQL_FIND_ASSETS[] =
    "SELECT id FROM asset WHERE library_id = $1 AND status <> 'deleted'"
    " LIMIT CAST($2 AS BIGINT)";

/* $1 id */
static const char SQL_OWNER[] = "SELECT owner_id FROM library WHERE id = $1";
/* $1 library, $2 ids, $3 now. A content that its owner has already stays with that one. */
static const char SQL_KEEP_FILMS[] =
    "UPDATE asset SET library_id = NULL, updated_at = $3, update_id = uuid_v7 ()"
    " WHERE id IN (SELECT value FROM json_each($2)) AND substr(original_path, 1, 1) <> '/'"
    "   AND EXISTS (SELECT 1 FROM asset s WHERE s.live_photo_video_id = asset.id"
    "                  AND s.status <> 'deleted' AND (s.library_id IS NULL OR s.library_id <> $1))"
    "   AND NOT EXISTS (SELECT 1 FROM asset o WHERE o.owner_id = asset.owner_id"
    "                      AND o.checksum = asset.checksum AND o.library_id IS NULL"
    "                      AND o.status <> 'deleted')";

/* $1 library, $2 paths */
static const char SQL_FIND_NEW[] =
    "SELECT p.value FROM json_each($2) AS p"
    " WHERE NOT EXISTS (SELECT 1 FROM asset a"
    "                    WHERE a.library_id = $1 AND a.original_path = p.value)"
    "   AND NOT EXISTS (SELECT 1 FROM library_removed r"
    "                    WHERE r.library_id = $1 AND r.path = p.value)";

/* $1 id, $2 library, $3 type, $4 path, $5 name, $6 SHA-1, $7 size, $8 modified, $9 month, $10 now,
 * $11 update id */
static const char SQL_ASSET_INSERT[] =
    "INSERT INTO asset (id, owner_id, library_id, type, original_path, original_file_name,"
    "                   checksum, size_bytes, file_created_at, file_modified_at, local_date_time,"
    "                   local_month, created_at, updated_at, update_id)"
    " SELECT $1, l.owner_id, l.id, $3, $4, $5, $6, CAST($7 AS BIGINT), CAST($8 AS BIGINT),"
    "        CAST($8 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT), CAST($10 AS BIGINT),"
    "        CAST($10 AS BIGINT), $11"
    "   FROM library l WHERE l.id = $2 AND l.deleted_at IS NULL"
    " ON CONFLICT DO NOTHING";
/* $1 asset, $2 size */
static const char SQL_EXIF_INSERT[] =
    "INSERT INTO asset_exif (asset_id, file_size_in_byte) VALUES ($1, $2)";

/* $1 new id, $2 asset, $3 path, $4 now */
static const char SQL_SIDECAR_SAVE[] =
    "INSERT INTO asset_file (id, asset_id, type, path, created_at, updated_at)"
    " VALUES ($1, $2, 'sidecar', $3, $4, $4)"
    " ON CONFLICT (asset_id, type, is_edited)"
    " DO UPDATE SET path = EXCLUDED.path, updated_at = EXCLUDED.updated_at";
/* $1 asset */
static const char SQL_SIDECAR_FORGET[] =
    "DELETE FROM asset_file WHERE asset_id = $1 AND type = 'sidecar'";

/* $1 library, $2 paths behind this one, $3 at most, $4 what they begin with; motion parts that were taken out of
 * photos lie in the media folder and have relative paths */
static const char SQL_PAGE[] =
    "SELECT a.id AS id, a.original_path AS original_path, a.size_bytes AS size_bytes,"
    "       a.file_modified_at AS file_modified_at, a.metadata_at AS metadata_at,"
    "       a.is_offline AS is_offline,"
    "       (SELECT f.path FROM asset_file f WHERE f.asset_id = a.id AND f.type = 'sidecar'"
    "           AND f.is_edited = 0) AS sidecar_path"
    "  FROM asset a"
    " WHERE a.library_id = $1 AND a.original_path > $2 AND a.status <> 'deleted'"
    "   AND substr(a.original_path, 1, 1) = '/' AND substr(a.original_path, 1, length($4)) = $4"
    " ORDER BY a.original_path LIMIT CAST($3 AS BIGINT)";
/* $1 library, $2 folder with a slash at its end, $3 stop at so many */
static const char SQL_COUNT_ONLINE[] =
    "SELECT count(*) FROM (SELECT 1 FROM asset"
    "                       WHERE library_id = $1 AND is_offline = 0 AND status <> 'deleted'"
    "                         AND substr(original_path, 1, length($2)) = $2"
    "                       LIMIT CAST($3 AS BIGINT)) AS found";
static const char SQL_PAGE_REMOVED[] =
    "SELECT path, removed_at FROM library_removed"
    " WHERE library_id = $1 AND path > $2 AND substr(path, 1, length($4)) = $4"
    " ORDER BY path LIMIT CAST($3 AS BIGINT)";

/* $1 library, $2 paths */
static const char SQL_FORGET_REMOVED[] = "DELETE FROM library_removed WHERE library_id = $1"
                                         "   AND path IN (SELECT value FROM json_each($2))";

/* $1 changes, $2 now */
static const char SQL_SET_OFFLINE[] =
    "UPDATE asset SET is_offline = 1, deleted_at = COALESCE(asset.deleted_at, CAST($2 AS BIGINT)),"
    "       updated_at = $2, update_id = substr(change.value, 38)"
    "  FROM json_each($1) AS change"
    " WHERE asset.id = substr(change.value, 1, 36) AND asset.status <> 'deleted'"
    "   AND asset.is_offline = 0";
static const char SQL_SET_ONLINE[] =
    "UPDATE asset SET is_offline = 0,"
    "       deleted_at = CASE WHEN asset.status = 'active' THEN NULL ELSE asset.deleted_at END,"
    "       updated_at = $2, update_id = substr(change.value, 38)"
    "  FROM json_each($1) AS change"
    " WHERE asset.id = substr(change.value, 1, 36) AND asset.status <> 'deleted'"
    "   AND asset.is_offline = 1";

/* $1 id, $2 size, $3 modified, $4 now, $5 update id */
static const char SQL_UPDATE_FILE[] =
    "UPDATE asset SET size_bytes = $2, file_modified_at = $3, updated_at = $4, update_id = $5"
    " WHERE id = $1";

/* ---- libraries ---- */

gboolean
library_list (Db *db, Arena *arena, LibraryRowList *out, GError **error)
{
    return db_select (db, arena, &library_row_type, (List *) out, SQL_LIST, DB_NO_ARGS, error);
}

gboolean
library_find (Db *db, Arena *arena, const char *id, LibraryRow *out, GError **error)
{
    return db_select_one (db, arena, &library_row_type, out, SQL_FIND, DB_ARGS (db_text (id)),
                          error);
}

gboolean
library_statistics (Db *db, Arena *arena, const char *id, LibraryStatsResponse *out, GError **error)
{
    return db_select_one (db, arena, &library_stats_response_type, out, SQL_STATISTICS,
                          DB_ARGS (db_text (id)), error);
}

gboolean
library_owner_exists (Db *db, const char *owner_id, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_OWNER_EXISTS, DB_ARGS (db_text (owner_id)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
library_insert (Db *db, Arena *arena, const LibraryRow *row, GError **error)
{
    return db_exec (db, SQL_INSERT,
                    DB_ARGS (db_text (row->id), db_text (row->owner_id), db_text (row->name),
                             db_strings (arena, &row->import_paths),
                             db_strings (arena, &row->exclusion_patterns),
                             db_int (row->created_at)),
                    NULL, error);
}

gboolean
library_update (Db *db, Arena *arena, const char *id, const char *name,
                const StringList *import_paths, const StringList *exclusion_patterns,
                gboolean *out_found, GError **error)
{
    gint64 n_changed = 0;

    if (!db_exec (db, SQL_UPDATE,
                  DB_ARGS (db_text (id), db_text (name),
                           import_paths != NULL ? db_strings (arena, import_paths) : db_null (),
                           exclusion_patterns != NULL ? db_strings (arena, exclusion_patterns)
                                                      : db_null (),
                           db_int (timestamp_now_ms ())),
                  &n_changed, error))
        return FALSE;
    *out_found = n_changed > 0;
    return TRUE;
}

gboolean
library_set_refreshed (Db *tx, const char *id, gint64 now_ms, GError **error)
{
    return db_exec (tx, SQL_SET_REFRESHED, DB_ARGS (db_text (id), db_int (now_ms)), NULL, error);
}

gboolean
library_set_deleted (Db *tx, const char *id, gboolean *out_found, GError **error)
{
    gint64 n_changed = 0;

    if (!db_exec (tx, SQL_SET_DELETED, DB_ARGS (db_text (id), db_int (timestamp_now_ms ())),
                  &n_changed, error))
        return FALSE;
    *out_found = n_changed > 0;
    return TRUE;
}

gboolean
library_list_live (Db *db, Arena *arena, LibraryRowList *out, GError **error)
{
    return db_select (db, arena, &library_row_type, (List *) out, SQL_LIST_LIVE, DB_NO_ARGS, error);
}

gboolean
library_list_deleted (Db *db, Arena *arena, StringList *out_ids, GError **error)
{
    return db_select_texts (db, arena, SQL_LIST_DELETED, DB_NO_ARGS, out_ids, error);
}

gboolean
library_delete_empty (Db *db, const char *id, gboolean *out_deleted, GError **error)
{
    gint64 n_changed = 0;

    if (!db_exec (db, SQL_DELETE_EMPTY, DB_ARGS (db_text (id)), &n_changed, error))
        return FALSE;
    *out_deleted = n_changed > 0;
    return TRUE;
}

/* ---- their assets ---- */

gboolean
library_find_assets (Db *db, Arena *arena, const char *id, gint64 max, StringList *out_ids,
                     GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_ASSETS, DB_ARGS (db_text (id), db_int (max)),
                            out_ids, error);
}

gboolean
library_keep_films (Db *tx, Arena *arena, const char *id, const StringList *ids, gint64 *out_n_kept,
                    GError **error)
{
    const char *owner_id = NULL;

    return db_select_text (tx, arena, SQL_OWNER, DB_ARGS (db_text (id)), &owner_id, error) &&
           users_add_usage (tx, owner_id, 0, error) && /* nobody joins one meanwhile */
           db_exec (tx, SQL_KEEP_FILMS,
                    DB_ARGS (db_text (id), db_strings (arena, ids), db_int (timestamp_now_ms ())),
                    out_n_kept, error) &&
           (*out_n_kept == 0 || users_sync_usage (tx, owner_id, error));
}

gboolean
library_find_new (Db *db, Arena *arena, const char *id, const StringList *paths, StringList *out,
                  GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_NEW,
                            DB_ARGS (db_text (id), db_strings (arena, paths)), out, error);
}

/* What stands for the content, which is not read for it. */
static void
hash_path (const char *path, guint8 out[20])
{
    g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
    gsize n = 20;

    g_checksum_update (sha1, (const guchar *) "path:", 5);
    g_checksum_update (sha1, (const guchar *) path, -1);
    g_checksum_get_digest (sha1, out, &n);
}

static gboolean
save_sidecar (Db *tx, const char *asset_id, const char *path, gint64 now_ms, GError **error)
{
    char id[UUID_TEXT_BYTES];

    uuid_v4_text (id);
    return path == NULL
               ? db_exec (tx, SQL_SIDECAR_FORGET, DB_ARGS (db_text (asset_id)), NULL, error)
               : db_exec (
                     tx, SQL_SIDECAR_SAVE,
                     DB_ARGS (db_text (id), db_text (asset_id), db_text (path), db_int (now_ms)),
                     NULL, error);
}

gboolean
library_insert_asset (Db *tx, Arena *arena, const char *library_id, const LibraryFile *file,
                      gint64 now_ms, const char **out_id, GError **error)
{
    char id[UUID_TEXT_BYTES], update_id[UUID_TEXT_BYTES];
    guint8 sha1[20];
    gint64 n_changed = 0;

    uuid_v4_text (id);
    uuid_v7_text (update_id);
    hash_path (file->path, sha1);
    if (!db_exec (tx, SQL_ASSET_INSERT,
                  DB_ARGS (db_text (id), db_text (library_id), db_text (file->type),
                           db_text (file->path), db_text (strrchr (file->path, '/') + 1),
                           db_blob (sha1, sizeof sha1), db_int (file->size_bytes),
                           db_int (file->modified_ms),
                           db_int (asset_local_month (file->modified_ms)), db_int (now_ms),
                           db_text (update_id)),
                  &n_changed, error))
        return FALSE;
    *out_id = n_changed > 0 ? arena_strdup (arena, id) : NULL;
    return n_changed == 0 ||
           (db_exec (tx, SQL_EXIF_INSERT, DB_ARGS (db_text (id), db_int (file->size_bytes)), NULL,
                     error) &&
            (file->sidecar_path == NULL ||
             save_sidecar (tx, id, file->sidecar_path, now_ms, error)));
}

/* What the paths of all that lies in @folder begin with; NULL: in any. */
static DbValue
prefix_of (Arena *arena, const char *folder)
{
    if (folder == NULL)
        return db_text ("");
    return db_text (g_str_has_suffix (folder, "/") ? folder : arena_printf (arena, "%s/", folder));
}

gboolean
library_page (Db *db, Arena *arena, const char *id, const char *folder, const char *after,
              gint64 max, LibraryAssetRowList *out, GError **error)
{
    return db_select (
        db, arena, &library_asset_row_type, (List *) out, SQL_PAGE,
        DB_ARGS (db_text (id), db_text (after), db_int (max), prefix_of (arena, folder)), error);
}

gboolean
library_has_many (Db *db, const char *id, const char *folder, gint64 many, gboolean *out,
                  GError **error)
{
    g_autofree char *prefix = g_strconcat (folder, "/", NULL);
    gint64 n = 0;

    if (!db_select_int (db, SQL_COUNT_ONLINE,
                        DB_ARGS (db_text (id), db_text (prefix), db_int (many)), &n, NULL, error))
        return FALSE;
    *out = n >= many;
    return TRUE;
}

gboolean
library_page_removed (Db *db, Arena *arena, const char *id, const char *folder, const char *after,
                      gint64 max, LibraryRemovedRowList *out, GError **error)
{
    return db_select (
        db, arena, &library_removed_row_type, (List *) out, SQL_PAGE_REMOVED,
        DB_ARGS (db_text (id), db_text (after), db_int (max), prefix_of (arena, folder)), error);
}

gboolean
library_forget_removed (Db *tx, Arena *arena, const char *id, const StringList *paths,
                        GError **error)
{
    return db_exec (tx, SQL_FORGET_REMOVED, DB_ARGS (db_text (id), db_strings (arena, paths)), NULL,
                    error);
}

gboolean
library_set_offline (Db *tx, Arena *arena, const StringList *ids, gboolean is_offline,
                     gint64 now_ms, GError **error)
{
    return ids->n == 0 ||
           db_exec (tx, is_offline ? SQL_SET_OFFLINE : SQL_SET_ONLINE,
                    DB_ARGS (asset_changes (arena, ids), db_int (now_ms)), NULL, error);
}

gboolean
library_update_file (Db *tx, const char *asset_id, const LibraryFile *file, gint64 now_ms,
                     GError **error)
{
    char update_id[UUID_TEXT_BYTES];

    uuid_v7_text (update_id);
    return db_exec (tx, SQL_UPDATE_FILE,
                    DB_ARGS (db_text (asset_id), db_int (file->size_bytes),
                             db_int (file->modified_ms), db_int (now_ms), db_text (update_id)),
                    NULL, error) &&
           save_sidecar (tx, asset_id, file->sidecar_path, now_ms, error);
}
