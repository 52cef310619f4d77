/* upload_replace.c -- another file for an asset, as clients of version 2 ask for it
 *
 * The asset keeps its id, albums and favourites and gets the new file. What it had lives on as an asset of
 * its own in the trash, with its sidecar and the video of a live photo: nothing is lost, and the trash takes
 * care of it. What the user said of the picture (description, rating, tags) stays with the asset, in a sidecar
 * of its own; date and position are those of the new file. Both are written in one transaction. The note of
 * the move (upload.h) names the one in the trash, which is there if and only if that was committed. */
#define G_LOG_DOMAIN "upload"
#include "features/upload/upload_private.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/edits/edits.h"
#include "features/ingest/ingest.h"
#include "features/sidecars/sidecars.h"
#include "features/users/users.h"

/* Of an asset: what it is seen as in the trash. No photo shows the former file of a film, which could be found
 * nowhere while it is hidden: it is as visible as the photo, and as closed as one that is locked. */
#define SEEN_AS                                                                                    \
    "CASE WHEN visibility = 'hidden'"                                                              \
    "     THEN COALESCE((SELECT p.visibility FROM asset p"                                         \
    "                     WHERE p.live_photo_video_id = asset.id AND p.status <> 'deleted'"        \
    "                     ORDER BY p.visibility = 'hidden', p.visibility <> 'locked',"             \
    "                              p.visibility LIMIT 1), 'hidden')"                               \
    "     ELSE visibility END"
/* $1 new id, $2 asset, $3 now. As 'deleted', which may have the content of another asset for a moment. */
static const char SQL_KEEP_OLD[] =
    "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum, "
    "size_bytes,"
    "                   file_created_at, file_modified_at, local_date_time, local_month,"
    "                   duration_ms, width, height, thumbhash, is_favorite, visibility, status,"
    "                   live_photo_video_id, link_id, created_at, updated_at, update_id,"
    "                   deleted_at)"
    " SELECT $1, owner_id, type, original_path, original_file_name, checksum, size_bytes,"
    "        file_created_at, file_modified_at, local_date_time, local_month, duration_ms,"
    "        COALESCE(unedited_width, width), COALESCE(unedited_height, height),"
    "        COALESCE(unedited_thumbhash, thumbhash), is_favorite, " SEEN_AS ", 'deleted',"
    "        live_photo_video_id, link_id, $3, $3, uuid_v7 (), $3"
    "   FROM asset WHERE id = $2 AND status <> 'deleted' AND library_id IS NULL";
/* $1 asset, $2 the one in the trash: what lies at the path may be another's file */
static const char SQL_KEEP_DOUBT[] = "UPDATE storage_doubt SET asset_id = $2 WHERE asset_id = $1";

/* $1 id */
static const char SQL_TRASH_OLD[] = "UPDATE asset SET status = 'trashed' WHERE id = $1";

/* $1 asset, $2 path, $3 name, $4 SHA-1, $5 size, $6 type, $7 fileCreatedAt, $8 fileModifiedAt, $9 its month,
 * $10 duration, $11 and $12 device ids, $13 now */
static const char SQL_TAKE_NEW[] =
    "UPDATE asset SET original_path = $2, original_file_name = $3, checksum = $4, size_bytes = $5,"
    "       type = $6, file_created_at = $7, file_modified_at = $8, local_date_time = $7,"
    "       local_month = $9, duration_ms = CAST($10 AS BIGINT), device_asset_id = $11,"
    "       device_id = $12, live_photo_video_id = NULL, link_id = NULL, metadata_at = NULL,"
    "       width = NULL, height = NULL, thumbhash = NULL,"
    "       processing_error = NULL, updated_at = $13, update_id = uuid_v7 ()"
    " WHERE id = $1";

/* $1 asset: what was made of the former file, which nobody shall take for the new one. The files themselves have
 * the names that the new ones get, so they stay until these take their places, or the asset goes. */
static const char SQL_FORGET_FILES[] =
    "DELETE FROM asset_file WHERE asset_id = $1 AND type <> 'sidecar'";

/* $1 asset, $2 size */
static const char SQL_EXIF_INSERT[] =
    "INSERT INTO asset_exif (asset_id, file_size_in_byte) VALUES ($1, $2)";
static const char SQL_EXIF_SIZE[] =
    "UPDATE asset_exif SET file_size_in_byte = $2 WHERE asset_id = $1";

/* $1 asset: what was said of the picture counts more than what the new file has. No row: there is nothing. */
static const char SQL_LOCK_WORDS[] =
    "UPDATE asset_exif SET locked_properties ="
    "       (SELECT json_group_array(p.value) FROM"
    "            (SELECT l.value AS value FROM json_each(asset_exif.locked_properties) AS l"
    "              UNION SELECT 'description' WHERE asset_exif.description <> ''"
    "              UNION SELECT 'rating' WHERE asset_exif.rating IS NOT NULL"
    "              UNION SELECT 'tags' WHERE asset_exif.tags <> '[]') AS p)"
    " WHERE asset_id = $1 AND (locked_properties <> '[]' OR description <> ''"
    "                          OR rating IS NOT NULL OR tags <> '[]')";

/* $1 asset, $2 the one in the trash */
static const char SQL_SIDECAR_MOVE[] =
    "UPDATE asset_file SET asset_id = $2 WHERE asset_id = $1 AND type = 'sidecar'";

static gboolean
keep_old (Db *tx, Arena *arena, const AssetRow *asset, const char *copy_id, GError **error)
{
    return db_exec (tx, SQL_EXIF_INSERT,
                    DB_ARGS (db_text (copy_id),
                             db_int_if (asset->has_file_size_in_byte, asset->file_size_in_byte)),
                    NULL, error) &&
           db_exec (tx, SQL_SIDECAR_MOVE, DB_ARGS (db_text (asset->id), db_text (copy_id)), NULL,
                    error) &&
           db_exec (tx, SQL_TRASH_OLD, DB_ARGS (db_text (copy_id)), NULL, error) &&
           ingest_add_metadata (tx, arena, copy_id, NULL, error) &&
           ingest_add_thumbnails (tx, arena, copy_id, NULL, FALSE, error);
}

static gboolean
keep_words (Db *tx, Arena *arena, const char *id, GError **error)
{
    gint64 n_locked = 0;

    return db_exec (tx, SQL_LOCK_WORDS, DB_ARGS (db_text (id)), &n_locked, error) &&
           (n_locked == 0 || sidecars_add_write (tx, arena, id, error));
}

static gboolean
take_new (Db *tx, Arena *arena, const char *id, const Upload *upload, const char *path,
          gint64 now_ms, GError **error)
{
    return db_exec (tx, SQL_TAKE_NEW,
                    DB_ARGS (db_text (id), db_text (path), db_text (upload->file_name),
                             db_blob (upload->file->sha1, 20), db_int (upload->file->size_bytes),
                             db_text (asset_type_enum.texts[upload->type]),
                             db_int (upload->file_created_at_ms),
                             db_int (upload->file_modified_at_ms),
                             db_int (asset_local_month (upload->file_created_at_ms)),
                             db_int_if (upload->has_duration, upload->duration_ms),
                             db_text (upload->device_asset_id), db_text (upload->device_id),
                             db_int (now_ms)),
                    NULL, error) &&
           db_exec (tx, SQL_FORGET_FILES, DB_ARGS (db_text (id)), NULL, error) &&
           db_exec (tx, SQL_EXIF_SIZE, DB_ARGS (db_text (id), db_int (upload->file->size_bytes)),
                    NULL, error) &&
           keep_words (tx, arena, id, error) &&
           ingest_add_metadata (tx, arena, id, "upload", error);
}

/* Photos name the asset as their film: a picture in its place would be hidden, and play nothing. */
static gboolean
check_film (Db *tx, const char *id, const Upload *upload, GError **error)
{
    gboolean is_shown = FALSE;

    if (upload->type != ASSET_TYPE_VIDEO &&
        !asset_motion_part_is_shown (tx, id, "", TRUE, &is_shown, error))
        return FALSE;
    if (is_shown)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "The video of a live photo can only be replaced by a video");
    return !is_shown;
}

gboolean
upload_replace_in (Db *tx, Arena *arena, const char *id, const char *copy_id, const Upload *upload,
                   const char *path, GError **error)
{
    gint64 now_ms = timestamp_now_ms (), n_kept = 0;
    AssetRow asset;

    if (!users_add_usage (tx, upload->owner_id, upload->file->size_bytes, error) ||
        !asset_find (tx, arena, id, &asset, error) || !check_film (tx, id, upload, error) ||
        !db_exec (tx, SQL_KEEP_OLD, DB_ARGS (db_text (copy_id), db_text (id), db_int (now_ms)),
                  &n_kept, error))
        return FALSE;
    if (n_kept == 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "A file of an external library cannot be replaced");
        return FALSE;
    }
    return (!asset.is_edited || edits_drop (tx, arena, id, error)) &&
           db_exec (tx, SQL_KEEP_DOUBT, DB_ARGS (db_text (id), db_text (copy_id)), NULL, error) &&
           take_new (tx, arena, id, upload, path, now_ms, error) &&
           keep_old (tx, arena, &asset, copy_id, error);
}
