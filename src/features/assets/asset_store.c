/* asset_store.c -- see asset_store.h and the reading part of assets.h */
#define G_LOG_DOMAIN "assets"
#include "features/assets/asset_store.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/duplicates/duplicates.h"
#include "features/stacks/stacks.h"
#include "features/users/users.h"

#define PAGE 1000 /* SQLite keeps a copy of each page that a statement changes, until its end */

/* $1 a JSON array of ids */
static const char SQL_ASSETS_FIND[] =
    "SELECT a.id AS id, a.owner_id AS owner_id, a.library_id AS library_id, a.type AS type,"
    "       a.original_path AS original_path, a.original_file_name AS original_file_name,"
    "       a.checksum AS checksum, a.file_created_at AS file_created_at,"
    "       a.file_modified_at AS file_modified_at, a.local_date_time AS local_date_time,"
    "       a.duration_ms AS duration_ms, a.width AS width, a.height AS height,"
    "       a.thumbhash AS thumbhash, a.is_favorite AS is_favorite, a.visibility AS visibility,"
    "       a.is_offline AS is_offline, a.is_edited AS is_edited,"
    "       a.live_photo_video_id AS live_photo_video_id, a.duplicate_id AS duplicate_id,"
    "       a.stack_id AS stack_id, a.device_asset_id AS device_asset_id,"
    "       a.device_id AS device_id, a.processing_error AS processing_error,"
    "       a.created_at AS created_at, a.updated_at AS updated_at, a.update_id AS update_id,"
    "       a.deleted_at AS deleted_at, e.make AS make, e.model AS model,"
    "       e.lens_model AS lens_model, e.exif_image_width AS exif_image_width,"
    "       e.exif_image_height AS exif_image_height, e.file_size_in_byte AS file_size_in_byte,"
    "       e.orientation AS orientation, e.date_time_original AS date_time_original,"
    "       e.modify_date AS modify_date, e.time_zone AS time_zone, e.f_number AS f_number,"
    "       e.focal_length AS focal_length, e.iso AS iso, e.exposure_time AS exposure_time,"
    "       e.latitude AS latitude, e.longitude AS longitude, e.city AS city, e.state AS state,"
    "       e.country AS country, e.description AS description,"
    "       e.projection_type AS projection_type, e.profile_description AS profile_description,"
    "       e.rating AS rating, e.fps AS fps, e.locked_properties AS locked_properties"
    "  FROM asset a LEFT JOIN asset_exif e ON e.asset_id = a.id"
    " WHERE a.id IN (SELECT value FROM json_each($1)) AND a.status <> 'deleted'";

/* $1 asset id, $2 type, $3 is edited */
static const char SQL_FILE_FIND[] =
    "SELECT path FROM asset_file WHERE asset_id = $1 AND type = $2 AND is_edited = $3";

/* $1 id, $2 date, $3 zone, $4 latitude, $5 longitude, $6 city, $7 state, $8 country,
 * $9 description, $10 rating, $11 locked properties; 0/0 is a position that was taken away */
static const char SQL_EXIF_UPDATE[] =
    "UPDATE asset_exif SET date_time_original = $2, time_zone = $3, latitude = $4,"
    "       longitude = $5, city = $6, state = $7, country = $8, description = $9, rating = $10,"
    "       locked_properties = $11,"
    "       is_position_cleared = CASE WHEN CAST($4 AS DOUBLE PRECISION) = 0"
    "                                   AND CAST($5 AS DOUBLE PRECISION) = 0 THEN 1"
    "                                  WHEN CAST($4 AS DOUBLE PRECISION) IS NULL"
    "                                  THEN is_position_cleared ELSE 0 END"
    " WHERE asset_id = $1";

/* $1 id, $2 fileCreatedAt, $3 localDateTime, $4 its month, $5 now, $6 update id */
static const char SQL_DATES_UPDATE[] =
    "UPDATE asset SET file_created_at = $2, local_date_time = $3, local_month = $4,"
    "       updated_at = $5, update_id = $6"
    " WHERE id = $1";

/* $1 changes, $2 favourite or NULL, $3 visibility or NULL, $4 1: set the duplicate to $5, $6 now. What is seen
 * again, or hidden while no photo names it, is no film of a motion photo's any more: what it was before that is
 * over. */
static const char SQL_FLAGS_UPDATE[] =
    "UPDATE asset SET is_favorite = COALESCE(CAST($2 AS SMALLINT), asset.is_favorite),"
    "       visibility = COALESCE(CAST($3 AS TEXT), asset.visibility),"
    "       own_visibility = CASE WHEN CAST($3 AS TEXT) IS NULL"
    "                               OR (CAST($3 AS TEXT) = 'hidden'"
    "                                   AND EXISTS (SELECT 1 FROM asset p"
    "                                                WHERE p.live_photo_video_id = asset.id))"
    "                             THEN asset.own_visibility END,"
    "       duplicate_id = CASE WHEN CAST($4 AS SMALLINT) = 1 THEN CAST($5 AS TEXT)"
    "                           ELSE asset.duplicate_id END,"
    "       updated_at = $6, update_id = substr(change.value, 38)"
    "  FROM json_each($1) AS change WHERE asset.id = substr(change.value, 1, 36)";

/* $1 id, $2 video id or NULL, $3 now, $4 update id */
static const char SQL_MOTION_UPDATE[] =
    "UPDATE asset SET live_photo_video_id = $2, updated_at = $3, update_id = $4 WHERE id = $1";

/* $1 id, $2 owner */
static const char SQL_LOCKED_FILM[] =
    "SELECT count(*) FROM asset a WHERE a.id = $1 AND a.owner_id = $2"
    "   AND (a.visibility = 'locked' OR " ACCESS_SQL_FILM_IS_CLOSED (
        "s.visibility <> 'locked'") ")";
/* $1 id of a video, $2 of a photo that does not count, $3 1: photos in the trash do */
static const char SQL_MOTION_SHOWN[] =
    "SELECT count(*) FROM asset WHERE live_photo_video_id = $1 AND id <> $2"
    "   AND status <> 'deleted' AND (deleted_at IS NULL OR CAST($3 AS SMALLINT) = 1)";
/* $1 id, $2 1: wherever it is shown, 0: when on the timeline, $3 now, $4 update id. In the trash, where no
 * hidden film is listed, it would be lost with the next emptying. */
#define MOTION_IS_SHOWN                                                                            \
    "(visibility = 'timeline' OR (CAST($2 AS SMALLINT) = 1 AND visibility <> 'hidden'))"
static const char SQL_MOTION_HIDE[] =
    "UPDATE asset SET visibility = CASE WHEN " MOTION_IS_SHOWN " THEN 'hidden' ELSE visibility END,"
    "       status = CASE WHEN status = 'trashed' THEN 'active' ELSE status END,"
    "       deleted_at = CASE WHEN status = 'trashed' THEN NULL ELSE deleted_at END,"
    "       updated_at = $3, update_id = $4"
    " WHERE id = $1 AND (status = 'trashed' OR " MOTION_IS_SHOWN ")";

/* $1 owner, $2 visibility or NULL, $3 favourite or NULL, $4 1: what is in the trash */
static const char SQL_COUNT[] =
    "SELECT type, CAST(sum(n_assets) AS BIGINT) AS n_assets FROM asset_usage"
    " WHERE owner_id = $1 AND n_assets > 0"
    "   AND is_favorite = COALESCE(CAST($3 AS SMALLINT), is_favorite)"
    "   AND (visibility = CAST($2 AS TEXT)"
    "        OR (CAST($2 AS TEXT) IS NULL AND visibility IN ('timeline', 'archive')))"
    "   AND ((CAST($4 AS SMALLINT) = 1 AND status IN ('trashed', 'offline'))"
    "        OR (CAST($4 AS SMALLINT) = 0 AND status = 'active'))"
    " GROUP BY type";

gboolean
assets_find (Db *db, Arena *arena, const StringList *ids, AssetRowList *out, GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    AssetRowList found = { 0 }, ordered = { 0 };

    if (ids->n > 0 && !db_select (db, arena, &asset_row_type, (List *) &found, SQL_ASSETS_FIND,
                                  DB_ARGS (db_strings (arena, ids)), error))
        return FALSE;
    for (gsize i = 0; i < found.n; i++)
        g_hash_table_insert (by_id, (gpointer) found.items[i].id, &found.items[i]);
    ordered.items = arena_new_array (arena, AssetRow, MAX (found.n, 1));
    for (gsize i = 0; i < ids->n; i++) {
        gpointer row = NULL;

        if (g_hash_table_steal_extended (by_id, ids->items[i], NULL, &row))
            ordered.items[ordered.n++] = *(AssetRow *) row;
    }
    *out = ordered;
    return TRUE;
}

gboolean
asset_find (Db *db, Arena *arena, const char *id, AssetRow *out, GError **error)
{
    StringList ids = { &id, 1 };
    AssetRowList rows;

    if (!assets_find (db, arena, &ids, &rows, error))
        return FALSE;
    if (rows.n == 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND, "there is no asset '%s'", id);
        return FALSE;
    }
    *out = rows.items[0];
    return TRUE;
}

gboolean
asset_find_file (Db *db, Arena *arena, const char *id, AssetFileType type, gboolean is_edited,
                 const char **out_path, GError **error)
{
    return db_select_text (
        db, arena, SQL_FILE_FIND,
        DB_ARGS (db_text (id), db_text (asset_file_type_enum.texts[type]), db_bool (is_edited)),
        out_path, error);
}

gint64
asset_local_month (gint64 local_ms)
{
    gint64 days = local_ms / 86400000 - (local_ms % 86400000 < 0), year;
    unsigned month, day;

    timestamp_civil_from_days (days, &year, &month, &day);
    return (year - 1970) * 12 + (gint64) month - 1;
}

DbValue
asset_changes (Arena *arena, const StringList *ids)
{
    StringList changes = { arena_new_array (arena, const char *, MAX (ids->n, 1)), ids->n };
    char update_id[UUID_TEXT_BYTES];

    for (gsize i = 0; i < ids->n; i++) {
        uuid_v7_text (update_id);
        changes.items[i] = arena_printf (arena, "%s %s", ids->items[i], update_id);
    }
    string_list_sort (&changes);
    return db_strings (arena, &changes);
}

gboolean
asset_store_exif (Db *tx, Arena *arena, const AssetRow *asset, gint64 now_ms, GError **error)
{
    StringList locked = asset->locked_properties;
    char update_id[UUID_TEXT_BYTES];

    uuid_v7_text (update_id);
    return db_exec (
               tx, SQL_EXIF_UPDATE,
               DB_ARGS (db_text (asset->id),
                        db_int_if (asset->has_date_time_original, asset->date_time_original),
                        db_text (asset->time_zone),
                        db_real_if (asset->has_latitude, asset->latitude),
                        db_real_if (asset->has_longitude, asset->longitude), db_text (asset->city),
                        db_text (asset->state), db_text (asset->country),
                        db_text (asset->description != NULL ? asset->description : ""),
                        db_int_if (asset->has_rating, asset->rating), db_strings (arena, &locked)),
               NULL, error) &&
           db_exec (tx, SQL_DATES_UPDATE,
                    DB_ARGS (db_text (asset->id), db_int (asset->file_created_at),
                             db_int (asset->local_date_time),
                             db_int (asset_local_month (asset->local_date_time)), db_int (now_ms),
                             db_text (update_id)),
                    NULL, error);
}

gboolean
asset_store_flags (Db *tx, Arena *arena, const StringList *ids, const AssetFlags *flags,
                   gint64 now_ms, GError **error)
{
    StringList sorted = string_list_once (arena, ids);

    if (flags->set_duplicate_id && flags->duplicate_id == NULL &&
        !duplicates_dismiss (tx, arena, ids, error))
        return FALSE;
    string_list_sort (&sorted); /* of two that change the same one waits for the other */
    for (gsize at = 0; at < sorted.n; at += PAGE) {
        StringList some = { sorted.items + at, MIN (PAGE, sorted.n - at) };

        if (!db_exec (tx, SQL_FLAGS_UPDATE,
                      DB_ARGS (asset_changes (arena, &some),
                               db_int_if (flags->has_favorite, flags->is_favorite != 0),
                               db_text (flags->visibility), db_bool (flags->set_duplicate_id),
                               db_text (flags->duplicate_id), db_int (now_ms)),
                      NULL, error))
            return FALSE;
    }
    return flags->visibility == NULL || stacks_settle (tx, arena, ids, error);
}

gboolean
asset_motion_part_is_locked (Db *db, const char *video_id, const char *owner_id, gboolean *out,
                             GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_LOCKED_FILM, DB_ARGS (db_text (video_id), db_text (owner_id)), &n,
                        NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
asset_store_motion_part (Db *tx, const char *id, const char *video_id, gint64 now_ms,
                         GError **error)
{
    char update_id[UUID_TEXT_BYTES];

    uuid_v7_text (update_id);
    return db_exec (
        tx, SQL_MOTION_UPDATE,
        DB_ARGS (db_text (id), db_text (video_id), db_int (now_ms), db_text (update_id)), NULL,
        error);
}

gboolean
asset_hide_motion_part (Db *tx, const char *video_id, gboolean everywhere, gboolean *out_hidden,
                        GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    StringList ids = { &video_id, 1 };
    char update_id[UUID_TEXT_BYTES];
    gint64 n_changed = 0;

    uuid_v7_text (update_id);
    if (!db_exec (tx, SQL_MOTION_HIDE,
                  DB_ARGS (db_text (video_id), db_bool (everywhere), db_int (timestamp_now_ms ()),
                           db_text (update_id)),
                  &n_changed, error) ||
        (n_changed > 0 && !stacks_settle (tx, arena, &ids, error)))
        return FALSE;
    *out_hidden = n_changed > 0;
    return TRUE;
}

gboolean
asset_wait_for_motion_parts (Db *tx, const char *owner_id, GError **error)
{
    return users_add_usage (tx, owner_id, 0, error);
}

gboolean
asset_motion_part_is_shown (Db *tx, const char *video_id, const char *except_id,
                            gboolean in_trash_too, gboolean *out, GError **error)
{
    gint64 n_photos = 0;

    if (!db_select_int (tx, SQL_MOTION_SHOWN,
                        DB_ARGS (db_text (video_id), db_text (except_id), db_bool (in_trash_too)),
                        &n_photos, NULL, error))
        return FALSE;
    *out = n_photos > 0;
    return TRUE;
}

gboolean
asset_store_count (Db *db, Arena *arena, const char *owner_id, const char *visibility,
                   gboolean has_favorite, gboolean is_favorite, gboolean trashed,
                   AssetCountRowList *out, GError **error)
{
    return db_select (db, arena, &asset_count_row_type, (List *) out, SQL_COUNT,
                      DB_ARGS (db_text (owner_id), db_text (visibility),
                               db_int_if (has_favorite, is_favorite != 0), db_bool (trashed)),
                      error);
}
