/* ingest_store.c -- the SQL of ingesting */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/tags/tags.h"

/* $1 id, $2 update id as it was found, $3 fileCreatedAt, $4 fileModifiedAt, $5 localDateTime, $6 its
 * month, $7 duration or NULL, $8 width or NULL, $9 height or NULL, $10 live photo id, $11 now,
 * $12 new update id. Once a picture was decoded its size is known better than from tags. */
static const char SQL_FACTS_ASSET[] =
    "UPDATE asset SET file_created_at = $3, file_modified_at = $4, local_date_time = $5,"
    "       local_month = $6,"
    "       duration_ms = CASE WHEN type = 'VIDEO'"
    "                          THEN COALESCE(CAST($7 AS BIGINT), duration_ms)"
    "                          ELSE CAST($7 AS BIGINT) END,"
    "       width = COALESCE(width, CAST($8 AS BIGINT)),"
    "       height = COALESCE(height, CAST($9 AS BIGINT)), live_photo_cid = $10,"
    "       metadata_at = $11, updated_at = $11, update_id = $12"
    " WHERE id = $1 AND update_id = $2 AND status <> 'deleted'";

/* $1 id, then the columns in their order here */
static const char SQL_FACTS_EXIF[] =
    "UPDATE asset_exif SET make = $2, model = $3, lens_model = $4, exif_image_width = $5,"
    "       exif_image_height = $6, file_size_in_byte = $7, orientation = $8,"
    "       date_time_original = $9, modify_date = $10, time_zone = $11, f_number = $12,"
    "       focal_length = $13, iso = $14, exposure_time = $15, latitude = $16, longitude = $17,"
    "       is_position_cleared = CASE WHEN CAST($16 AS DOUBLE PRECISION) IS NOT NULL THEN 0"
    "                                  WHEN CAST($30 AS SMALLINT) = 1 THEN 1"
    "                                  ELSE is_position_cleared END,"
    "       city = $18, state = $19, country = $20, description = $21, projection_type = $22,"
    "       rating = $23, fps = $24, bits_per_sample = $25, colorspace = $26,"
    "       profile_description = $27, auto_stack_id = $28,"
    "       tags = CASE WHEN locked_properties LIKE '%\"tags\"%' THEN tags"
    "                   ELSE CAST($29 AS TEXT) END"
    " WHERE asset_id = $1";

/* $1 id, $2 thumbhash, $3 width, $4 height, $5 now, $6 update id, $7 checksum of what was rendered; what is
 * edited is shown otherwise */
static const char SQL_RENDERED_ASSET[] =
    "UPDATE asset SET thumbhash = CASE WHEN is_edited = 1 THEN thumbhash ELSE $2 END,"
    "       width = CASE WHEN is_edited = 1 THEN width ELSE CAST($3 AS BIGINT) END,"
    "       height = CASE WHEN is_edited = 1 THEN height ELSE CAST($4 AS BIGINT) END,"
    "       unedited_thumbhash = CASE WHEN is_edited = 1 THEN $2 ELSE unedited_thumbhash END,"
    "       unedited_width = CASE WHEN is_edited = 1 THEN CAST($3 AS BIGINT) ELSE unedited_width "
    "END,"
    "       unedited_height ="
    "           CASE WHEN is_edited = 1 THEN CAST($4 AS BIGINT) ELSE unedited_height END,"
    "       processing_error = NULL, updated_at = $5, update_id = $6"
    " WHERE id = $1 AND checksum = $7 AND status <> 'deleted'";

/* $1 id, $2 thumbhash, $3 width, $4 height, $5 now */
static const char SQL_RENDERED_EDITED[] =
    "UPDATE asset SET thumbhash = $2, width = $3, height = $4, updated_at = $5,"
    "       update_id = uuid_v7 ()"
    " WHERE id = $1 AND is_edited = 1 AND status <> 'deleted'";

/* $1 id, $2 1: the edited ones */
static const char SQL_RENDITIONS_FIND[] =
    "SELECT asset_id, type, is_edited, path FROM asset_file"
    " WHERE asset_id = $1 AND is_edited = $2 AND type IN ('preview', 'thumbnail', 'fullsize')";

/* $1 new id, $2 asset id, $3 type, $4 path, $5 progressive, $6 transparent, $7 now, $8 1: edited,
 * $9 the size that was asked for */
static const char SQL_RENDITION_SAVE[] =
    "INSERT INTO asset_file (id, asset_id, type, is_edited, path, is_progressive, is_transparent,"
    "                        created_at, updated_at, size_px)"
    " VALUES ($1, $2, $3, $8, $4, $5, $6, $7, $7, $9)"
    " ON CONFLICT (asset_id, type, is_edited)"
    " DO UPDATE SET path = EXCLUDED.path, is_progressive = EXCLUDED.is_progressive,"
    "               is_transparent = EXCLUDED.is_transparent, updated_at = EXCLUDED.updated_at,"
    "               size_px = EXCLUDED.size_px";

/* $1 asset id, $2 type, $3 1: the edited one */
static const char SQL_RENDITION_DELETE[] =
    "DELETE FROM asset_file WHERE asset_id = $1 AND type = $2 AND is_edited = $3";

/* $1 asset id */
static const char SQL_EDITED_FIND[] =
    "SELECT path FROM asset_file WHERE asset_id = $1 AND is_edited = 1";
static const char SQL_EDITED_FORGET[] =
    "DELETE FROM asset_file WHERE asset_id = $1 AND is_edited = 1";

/* $1 new id, $2 asset id, $3 path, $4 now, $5 checksum of what was encoded */
static const char SQL_ENCODED_SAVE[] =
    "INSERT INTO asset_file (id, asset_id, type, is_edited, path, created_at, updated_at)"
    " SELECT $1, a.id, 'encoded_video', 0, $3, $4, $4 FROM asset a"
    "  WHERE a.id = $2 AND a.checksum = $5 AND a.status <> 'deleted'"
    " ON CONFLICT (asset_id, type, is_edited)"
    " DO UPDATE SET path = EXCLUDED.path, updated_at = EXCLUDED.updated_at";

/* $1 asset id */
#define ITSELF_OR_STILL                                                                            \
    "(SELECT CAST($1 AS TEXT) UNION ALL SELECT s.id FROM asset s WHERE s.live_photo_video_id = "   \
    "$1)"
static const char SQL_IS_SHOWN_BARE[] =
    "SELECT (SELECT count(*) FROM shared_link_asset x JOIN shared_link l ON l.id = x.link_id"
    "         WHERE x.asset_id IN " ITSELF_OR_STILL " AND l.show_metadata = 0)"
    "     + (SELECT count(*) FROM album_asset x JOIN shared_link l ON l.album_id = x.album_id"
    "         WHERE x.asset_id IN " ITSELF_OR_STILL " AND l.show_metadata = 0)";

/* $1 the key of its job; 0: there is none, 1: it failed, 2: it is on its way */
static const char SQL_ENCODING_STATE[] =
    "SELECT COALESCE(max(CASE state WHEN 'failed' THEN 1 ELSE 2 END), 0) FROM job"
    " WHERE queue = 'videoConversion' AND name = 'AssetEncodeVideo' AND key = $1";

/* $1 id, $2 reason, $3 now */
static const char SQL_ERROR_SAVE[] = "UPDATE asset SET processing_error = $2, updated_at = $3,"
                                     "       update_id = uuid_v7 () WHERE id = $1";

static DbValue
checksum_of (const AssetRow *asset)
{
    return db_blob (g_bytes_get_data (asset->checksum, NULL), g_bytes_get_size (asset->checksum));
}

static gboolean
store_exif (Db *tx, Arena *arena, const char *asset_id, const AssetFacts *facts, GError **error)
{
    DbValue tags = facts->has_tags ? db_strings (arena, &facts->tags) : db_null ();

    return db_exec (
        tx, SQL_FACTS_EXIF,
        DB_ARGS (db_text (asset_id), db_text (facts->make), db_text (facts->model),
                 db_text (facts->lens_model), db_int_if (facts->exif_width > 0, facts->exif_width),
                 db_int_if (facts->exif_height > 0, facts->exif_height), db_int (facts->size_bytes),
                 db_text (facts->orientation), db_int (facts->file_created_ms),
                 db_int (facts->modified_ms), db_text (facts->time_zone),
                 db_real_if (facts->has_f_number, facts->f_number),
                 db_real_if (facts->has_focal_length, facts->focal_length),
                 db_int_if (facts->has_iso, facts->iso), db_text (facts->exposure_time),
                 db_real_if (facts->has_position, facts->latitude),
                 db_real_if (facts->has_position, facts->longitude), db_text (facts->city),
                 db_text (facts->state), db_text (facts->country), db_text (facts->description),
                 db_text (facts->projection_type), db_int_if (facts->has_rating, facts->rating),
                 db_real_if (facts->has_fps, facts->fps),
                 db_int_if (facts->bits_per_sample > 0, facts->bits_per_sample),
                 db_text (facts->color_space), db_text (facts->profile_description),
                 db_text (facts->burst_id), tags, db_bool (facts->is_position_cleared)),
        NULL, error);
}

gboolean
ingest_store_facts (Db *tx, Arena *arena, const AssetRow *asset, const AssetFacts *facts,
                    gboolean *out_stored, GError **error)
{
    char update_id[UUID_TEXT_BYTES];
    gint64 n_changed = 0;

    uuid_v7_text (update_id);
    if (!db_exec (tx, SQL_FACTS_ASSET,
                  DB_ARGS (db_text (asset->id), db_text (asset->update_id),
                           db_int (facts->file_created_ms), db_int (facts->modified_ms),
                           db_int (facts->local_ms), db_int (asset_local_month (facts->local_ms)),
                           db_int_if (facts->has_duration, facts->duration_ms),
                           db_int_if (facts->width > 0, facts->width),
                           db_int_if (facts->height > 0, facts->height),
                           db_text (facts->live_photo_id), db_int (timestamp_now_ms ()),
                           db_text (update_id)),
                  &n_changed, error))
        return FALSE;
    *out_stored = n_changed > 0;
    return n_changed == 0 ||
           (store_exif (tx, arena, asset->id, facts, error) &&
            (asset_is_locked (asset, "tags") ||
             tags_set_from_file (tx, arena, asset->owner_id, asset->id, &facts->tags, error)));
}

/* Paths of earlier records that are not among the new ones; records of kinds that are not made any more
 * go with them. */
static gboolean
drop_old (Db *tx, Arena *arena, const char *asset_id, gboolean is_edited, const RenditionList *new,
          StringList *out, GError **error)
{
    AssetFileRowList before;

    if (!db_select (tx, arena, &asset_file_row_type, (List *) &before, SQL_RENDITIONS_FIND,
                    DB_ARGS (db_text (asset_id), db_bool (is_edited)), error))
        return FALSE;
    *out = (StringList){ arena_new_array (arena, const char *, MAX (before.n, 1)), 0 };
    for (gsize i = 0; i < before.n; i++) {
        gboolean has_kind = FALSE, has_path = FALSE;

        for (guint k = 0; k < new->n; k++) {
            has_kind = has_kind || new->items[k].type == (AssetFileType) before.items[i].type;
            has_path = has_path || g_str_equal (new->items[k].path, before.items[i].path);
        }
        if (!has_path)
            out->items[out->n++] = before.items[i].path;
        if (!has_kind &&
            !db_exec (tx, SQL_RENDITION_DELETE,
                      DB_ARGS (db_text (asset_id),
                               db_text (asset_file_type_enum.texts[before.items[i].type]),
                               db_bool (is_edited)),
                      NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
save_files (Db *tx, Arena *arena, const char *asset_id, gboolean is_edited,
            const RenditionList *renditions, StringList *out_old_paths, GError **error)
{
    if (!drop_old (tx, arena, asset_id, is_edited, renditions, out_old_paths, error))
        return FALSE;
    for (guint i = 0; i < renditions->n; i++) {
        const Rendition *one = &renditions->items[i];
        char file_id[UUID_TEXT_BYTES];

        uuid_v4_text (file_id);
        if (!db_exec (tx, SQL_RENDITION_SAVE,
                      DB_ARGS (db_text (file_id), db_text (asset_id),
                               db_text (asset_file_type_enum.texts[one->type]), db_text (one->path),
                               db_bool (one->is_progressive), db_bool (one->is_transparent),
                               db_int (timestamp_now_ms ()), db_bool (is_edited),
                               db_int (renditions->outputs[i].size_px)),
                      NULL, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
ingest_store_renditions (Db *tx, Arena *arena, const AssetRow *asset, const MediaFacts *facts,
                         const RenditionList *renditions, StringList *out_old_paths,
                         gboolean *out_stored, GError **error)
{
    gint64 n_changed = 0;
    gsize n_hash = 0;
    g_autofree guint8 *hash =
        facts->thumbhash != NULL ? g_base64_decode (facts->thumbhash, &n_hash) : NULL;
    char update_id[UUID_TEXT_BYTES];

    *out_old_paths = (StringList){ NULL, 0 };
    uuid_v7_text (update_id);
    if (!db_exec (tx, SQL_RENDERED_ASSET,
                  DB_ARGS (db_text (asset->id), db_blob (hash, n_hash), db_int (facts->width),
                           db_int (facts->height), db_int (timestamp_now_ms ()),
                           db_text (update_id), checksum_of (asset)),
                  &n_changed, error))
        return FALSE;
    *out_stored = n_changed > 0;
    return n_changed == 0 ||
           save_files (tx, arena, asset->id, FALSE, renditions, out_old_paths, error);
}

gboolean
ingest_store_edited (Db *tx, Arena *arena, const char *asset_id, const char *thumbhash,
                     gint64 width, gint64 height, const RenditionList *renditions,
                     StringList *out_old_paths, gboolean *out_stored, GError **error)
{
    gsize n_hash = 0;
    g_autofree guint8 *hash = g_base64_decode (thumbhash, &n_hash);
    gint64 n_changed = 0;

    *out_old_paths = (StringList){ NULL, 0 };
    if (!db_exec (tx, SQL_RENDERED_EDITED,
                  DB_ARGS (db_text (asset_id), db_blob (hash, n_hash), db_int (width),
                           db_int (height), db_int (timestamp_now_ms ())),
                  &n_changed, error))
        return FALSE;
    *out_stored = n_changed > 0;
    return n_changed == 0 ||
           save_files (tx, arena, asset_id, TRUE, renditions, out_old_paths, error);
}

gboolean
ingest_find_edited (Db *db, Arena *arena, const char *asset_id, StringList *out_paths,
                    GError **error)
{
    return db_select_texts (db, arena, SQL_EDITED_FIND, DB_ARGS (db_text (asset_id)), out_paths,
                            error);
}

gboolean
ingest_forget_edited (Db *tx, const char *asset_id, GError **error)
{
    return db_exec (tx, SQL_EDITED_FORGET, DB_ARGS (db_text (asset_id)), NULL, error);
}

gboolean
ingest_store_encoded (Db *tx, const AssetRow *asset, const char *path, gboolean *out_stored,
                      GError **error)
{
    char file_id[UUID_TEXT_BYTES];
    gint64 n_changed = 0;

    uuid_v4_text (file_id);
    if (!db_exec (tx, SQL_ENCODED_SAVE,
                  DB_ARGS (db_text (file_id), db_text (asset->id), db_text (path),
                           db_int (timestamp_now_ms ()), checksum_of (asset)),
                  &n_changed, error))
        return FALSE;
    *out_stored = n_changed > 0;
    return TRUE;
}

gboolean
ingest_is_shown_bare (Db *db, const char *asset_id, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_IS_SHOWN_BARE, DB_ARGS (db_text (asset_id)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
ingest_encoding_state (Db *db, const char *key, IngestState *out, GError **error)
{
    gint64 state = 0;

    if (!db_select_int (db, SQL_ENCODING_STATE, DB_ARGS (db_text (key)), &state, NULL, error))
        return FALSE;
    *out = (IngestState) state;
    return TRUE;
}

gboolean
ingest_forget_encoded (Db *tx, Arena *arena, const char *asset_id, const char **out_path,
                       GError **error)
{
    return asset_find_file (tx, arena, asset_id, ASSET_FILE_TYPE_ENCODED_VIDEO, FALSE, out_path,
                            error) &&
           db_exec (tx, SQL_RENDITION_DELETE,
                    DB_ARGS (db_text (asset_id),
                             db_text (asset_file_type_enum.texts[ASSET_FILE_TYPE_ENCODED_VIDEO]),
                             db_bool (FALSE)),
                    NULL, error);
}

gboolean
ingest_store_error (Db *db, const char *asset_id, const char *reason, GError **error)
{
    return db_exec (db, SQL_ERROR_SAVE,
                    DB_ARGS (db_text (asset_id), db_text (reason), db_int (timestamp_now_ms ())),
                    NULL, error);
}
