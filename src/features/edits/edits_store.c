/* edits_store.c -- the SQL of edits */
#define G_LOG_DOMAIN "edits"
#include "features/edits/edits_private.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "features/people/people.h"

/* $1 asset */
static const char SQL_FIND[] = "SELECT id, sequence, action, parameters FROM asset_edit"
                               " WHERE asset_id = $1 ORDER BY sequence";

#define WITHOUT_EDITS(column)                                                                      \
    "CASE WHEN a.is_edited = 1 THEN a.unedited_" column " ELSE a." column " END"

/* $1 asset */
static const char SQL_FIND_ASSET[] =
    "SELECT a.type AS type, a.original_file_name AS original_file_name,"
    "       a.live_photo_video_id AS live_photo_video_id, e.projection_type AS projection_type,"
    "       " WITHOUT_EDITS ("width") " AS width, " WITHOUT_EDITS (
        "height") " AS height"
                  "  FROM asset a LEFT JOIN asset_exif e ON e.asset_id = a.id"
                  " WHERE a.id = $1 AND a.status <> 'deleted'";

/* $1 asset, $2 now; what it looked like is remembered once */
static const char SQL_MARK_EDITED[] =
    "UPDATE asset SET is_edited = 1,"
    "       unedited_width = CASE WHEN is_edited = 1 THEN unedited_width ELSE width END,"
    "       unedited_height = CASE WHEN is_edited = 1 THEN unedited_height ELSE height END,"
    "       unedited_thumbhash = CASE WHEN is_edited = 1 THEN unedited_thumbhash ELSE thumbhash "
    "END,"
    "       updated_at = $2, update_id = uuid_v7 ()"
    " WHERE id = $1 AND status <> 'deleted'";

/* $1 asset, $2 now */
static const char SQL_MARK_PLAIN[] =
    "UPDATE asset SET is_edited = 0, width = unedited_width, height = unedited_height,"
    "       thumbhash = unedited_thumbhash, unedited_width = NULL, unedited_height = NULL,"
    "       unedited_thumbhash = NULL, updated_at = $2, update_id = uuid_v7 ()"
    " WHERE id = $1 AND is_edited = 1 AND status <> 'deleted'";

/* $1 asset */
static const char SQL_DELETE[] = "DELETE FROM asset_edit WHERE asset_id = $1";

/* $1 asset: the files of the former edits show what the new ones may cut away. They have the names that the new
 * ones get, so they stay until these take their places, or the asset goes. */
static const char SQL_FORGET_FILES[] =
    "DELETE FROM asset_file WHERE asset_id = $1 AND is_edited = 1";

/* $1 id, $2 asset, $3 sequence, $4 action, $5 parameters */
static const char SQL_INSERT[] =
    "INSERT INTO asset_edit (id, asset_id, sequence, action, parameters, update_id)"
    " VALUES ($1, $2, $3, $4, $5, uuid_v7 ())";

/* $1 asset */
static const char SQL_FACES[] = "SELECT id, x1, y1, x2, y2, image_width, image_height, is_visible"
                                "  FROM asset_face WHERE asset_id = $1";

/* $1 a JSON array of faces, $2 1: they can be seen, $3 now */
static const char SQL_SHOW_FACES[] =
    "UPDATE asset_face SET is_visible = $2, updated_at = $3, update_id = uuid_v7 ()"
    " WHERE id IN (SELECT value FROM json_each($1))";

gboolean
edits_find (Db *db, Arena *arena, const char *asset_id, AssetEditRowList *out, GError **error)
{
    return db_select (db, arena, &asset_edit_row_type, (List *) out, SQL_FIND,
                      DB_ARGS (db_text (asset_id)), error);
}

gboolean
edits_add_rendering (Db *tx, const char *asset_id, GError **error)
{
    g_autofree char *data = g_strdup_printf ("{\"id\":\"%s\"}", asset_id);

    return job_add (tx, "AssetEditThumbnailGeneration", "editor", asset_id, data, 0, error);
}

static gboolean
set_not_found (GError **error)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Asset not found");
    return FALSE;
}

gboolean
edits_store_find_asset (Db *db, Arena *arena, const char *id, EditableAssetRow *out, GError **error)
{
    GError *why = NULL;

    if (db_select_one (db, arena, &editable_asset_row_type, out, SQL_FIND_ASSET,
                       DB_ARGS (db_text (id)), &why))
        return TRUE;
    if (!g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_propagate_error (error, why);
        return FALSE;
    }
    g_error_free (why);
    return set_not_found (error);
}

gboolean
edits_find_original_size (Db *db, Arena *arena, const char *asset_id, gint64 *out_width,
                          gint64 *out_height, GError **error)
{
    EditableAssetRow asset;

    if (!edits_store_find_asset (db, arena, asset_id, &asset, error))
        return FALSE;
    *out_width = asset.has_width ? asset.width : 0;
    *out_height = asset.has_height ? asset.height : 0;
    return TRUE;
}

/* ---- faces ---- */

/* Its box on the original. */
static EditBox
box_of (const EditedFaceRow *face, gint64 width, gint64 height)
{
    double x = (double) width / (double) MAX (face->image_width, 1);
    double y = (double) height / (double) MAX (face->image_height, 1);

    return (EditBox){ (double) face->x1 * x, (double) face->y1 * y, (double) face->x2 * x,
                      (double) face->y2 * y };
}

static gboolean
show_faces (Db *tx, Arena *arena, const StringList *ids, gboolean visible, GError **error)
{
    return ids->n == 0 || db_exec (tx, SQL_SHOW_FACES,
                                   DB_ARGS (db_strings (arena, ids), db_bool (visible),
                                            db_int (timestamp_now_ms ())),
                                   NULL, error);
}

static gboolean
check_faces (Db *tx, Arena *arena, const char *asset_id, const EditList *edits, GError **error)
{
    StringList ids = { &asset_id, 1 }, appear, vanish;
    gint64 width, height;
    EditedFaceRowList faces;

    if (!edits_find_original_size (tx, arena, asset_id, &width, &height, error) ||
        !db_select (tx, arena, &edited_face_row_type, (List *) &faces, SQL_FACES,
                    DB_ARGS (db_text (asset_id)), error))
        return FALSE;
    appear = (StringList){ arena_new_array (arena, const char *, MAX (faces.n, 1)), 0 };
    vanish = (StringList){ arena_new_array (arena, const char *, MAX (faces.n, 1)), 0 };
    for (gsize i = 0; i < faces.n; i++) {
        const EditedFaceRow *face = &faces.items[i];
        EditBox box = box_of (face, width, height);
        gboolean is_shown = edits_show_box (edits, &box);

        if (is_shown && !face->is_visible)
            appear.items[appear.n++] = face->id;
        else if (!is_shown && face->is_visible)
            vanish.items[vanish.n++] = face->id;
    }
    return show_faces (tx, arena, &appear, TRUE, error) &&
           show_faces (tx, arena, &vanish, FALSE, error) &&
           (appear.n + vanish.n == 0 || people_check_assets (tx, arena, &ids, error));
}

/* ---- changing ---- */

gboolean
edits_store_replace (Db *tx, Arena *arena, const char *asset_id,
                     const AssetEditActionItemResponseList *items, const EditList *edits,
                     GError **error)
{
    gint64 n_changed = 0;

    if (!db_exec (tx, edits->n > 0 ? SQL_MARK_EDITED : SQL_MARK_PLAIN,
                  DB_ARGS (db_text (asset_id), db_int (timestamp_now_ms ())), &n_changed, error) ||
        (n_changed > 0 && !db_exec (tx, SQL_DELETE, DB_ARGS (db_text (asset_id)), NULL, error)))
        return FALSE;
    if (n_changed == 0 && edits->n > 0)
        return set_not_found (error);
    if (edits->n > 0 && !db_exec (tx, SQL_FORGET_FILES, DB_ARGS (db_text (asset_id)), NULL, error))
        return FALSE;
    for (gsize i = 0; i < items->n; i++)
        if (!db_exec (tx, SQL_INSERT,
                      DB_ARGS (db_text (items->items[i].id), db_text (asset_id),
                               db_int ((gint64) i),
                               db_text (asset_edit_action_enum.texts[items->items[i].action]),
                               db_text (items->items[i].parameters)),
                      NULL, error))
            return FALSE;
    return check_faces (tx, arena, asset_id, edits, error) &&
           edits_add_rendering (tx, asset_id, error);
}

gboolean
edits_drop (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    const AssetEditActionItemResponseList none = { 0 };
    const EditList no_edits = { .n = 0 };

    return edits_store_replace (tx, arena, asset_id, &none, &no_edits, error);
}
