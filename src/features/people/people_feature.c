/* people_feature.c -- which face is the picture of a person */
#define G_LOG_DOMAIN "people"
#include "features/people/people_private.h"

#include "base/timestamp.h"

/* a face that may be shown as somebody's picture, f its own, a its asset's columns */
#define MAY_BE_SHOWN                                                                               \
    "f.deleted_at IS NULL AND f.is_visible = 1 AND a.status <> 'deleted'"                          \
    " AND a.visibility <> 'locked'"

/* $1 a JSON array of ids; only those whose picture is none of their faces. What is on the timeline goes
 * before what is archived or in the trash. */
static const char SQL_FIND_WRONG[] =
    "SELECT p.id AS id,"
    "       CASE WHEN EXISTS (SELECT 1 FROM asset_face f JOIN asset a ON a.id = f.asset_id"
    "                          WHERE f.id = p.face_id AND " MAY_BE_SHOWN
    "                            AND f.person_id IS NOT NULL)"
    "            THEN 1 ELSE 0 END AS can_keep,"
    "       (SELECT f.id FROM asset_face f JOIN asset a ON a.id = f.asset_id"
    "         WHERE f.person_id = p.id AND " MAY_BE_SHOWN
    "         ORDER BY CASE WHEN a.visibility = 'timeline' AND a.deleted_at IS NULL THEN 0 ELSE 1 "
    "END,"
    "                  f.created_at, f.id LIMIT 1) AS new_face_id"
    "  FROM person p"
    " WHERE p.id IN (SELECT value FROM json_each($1))"
    "   AND NOT EXISTS (SELECT 1 FROM asset_face f JOIN asset a ON a.id = f.asset_id"
    "                    WHERE f.id = p.face_id AND f.person_id = p.id AND " MAY_BE_SHOWN ")"
    "   AND (p.face_id IS NOT NULL"
    "        OR EXISTS (SELECT 1 FROM asset_face f WHERE f.person_id = p.id))";

/* $1 a JSON array of assets; who has a face there, and whose picture one of those faces is */
static const char SQL_FIND_IN_ASSETS[] =
    "SELECT f.person_id AS id FROM asset_face f"
    " WHERE f.asset_id IN (SELECT value FROM json_each($1)) AND f.person_id IS NOT NULL"
    " UNION"
    " SELECT p.id AS id FROM asset_face f JOIN person p ON p.face_id = f.id"
    " WHERE f.asset_id IN (SELECT value FROM json_each($1))";

/* $1 id, $2 face or NULL, $3 now; the old picture stands until the new one is made, and the job that makes
 * pictures also takes away the file of who has none */
static const char SQL_SET_FACE[] =
    "UPDATE person SET face_id = CAST($2 AS TEXT),"
    "       thumbnail_path = CASE WHEN CAST($2 AS TEXT) IS NULL THEN '' ELSE thumbnail_path END,"
    "       updated_at = $3, update_id = uuid_v7 ()"
    " WHERE id = $1";

gboolean
people_add_thumbnail (Db *tx, const char *person_id, GError **error)
{
    g_autofree char *data = g_strdup_printf ("{\"id\":\"%s\"}", person_id);

    return job_add (tx, "PersonGenerateThumbnail", "thumbnailGeneration", person_id, data, 0,
                    error);
}

static gboolean
set_face (Db *tx, const PersonFeatureRow *person, GError **error)
{
    if (person->new_face_id == NULL && person->can_keep)
        return TRUE;
    return db_exec (tx, SQL_SET_FACE,
                    DB_ARGS (db_text (person->id), db_text (person->new_face_id),
                             db_int (timestamp_now_ms ())),
                    NULL, error) &&
           people_add_thumbnail (tx, person->id, error);
}

gboolean
people_check_features (Db *tx, Arena *arena, const StringList *person_ids, GError **error)
{
    PersonFeatureRowList wrong;

    if (person_ids->n == 0)
        return TRUE;
    if (!db_select (tx, arena, &person_feature_row_type, (List *) &wrong, SQL_FIND_WRONG,
                    DB_ARGS (db_strings (arena, person_ids)), error))
        return FALSE;
    for (gsize i = 0; i < wrong.n; i++)
        if (!set_face (tx, &wrong.items[i], error))
            return FALSE;
    return TRUE;
}

gboolean
people_check_assets (Db *tx, Arena *arena, const StringList *asset_ids, GError **error)
{
    StringList ids;

    if (asset_ids->n == 0)
        return TRUE;
    return db_select_texts (tx, arena, SQL_FIND_IN_ASSETS, DB_ARGS (db_strings (arena, asset_ids)),
                            &ids, error) &&
           people_check_features (tx, arena, &ids, error);
}
