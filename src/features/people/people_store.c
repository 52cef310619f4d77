/* people_store.c -- people in the database */
#define G_LOG_DOMAIN "people"
#include "features/people/people_private.h"

#include "base/timestamp.h"

#define PERSON_COLUMNS                                                                             \
    "p.id AS id, p.owner_id AS owner_id, p.name AS name, p.birth_date AS birth_date,"              \
    " p.is_hidden AS is_hidden, p.is_favorite AS is_favorite, p.color AS color,"                   \
    " p.face_id AS face_id, p.thumbnail_path AS thumbnail_path, p.updated_at AS updated_at"

/* $1 owner, $2 faces that who has no name needs, $3 1: hidden ones too, $4 at most so many, $5 after so
 * many; favourites first, then those with names, then by how often they are seen */
static const char SQL_LIST[] =
    "SELECT " PERSON_COLUMNS "  FROM person p"
    "  JOIN person_seen seen ON seen.person_id = p.id AND seen.n_faces > 0"
    " WHERE p.owner_id = $1 AND (p.name <> '' OR seen.n_faces >= $2)"
    "   AND (p.is_hidden = 0 OR CAST($3 AS SMALLINT) = 1)"
    " ORDER BY p.is_hidden, p.is_favorite DESC, CASE WHEN p.name = '' THEN 1 ELSE 0 END,"
    "          seen.n_faces DESC, p.name, p.created_at, p.id"
    " LIMIT $4 OFFSET $5";

/* $1 owner */
static const char SQL_COUNT[] =
    "SELECT count(*) AS total, CAST(COALESCE(sum(p.is_hidden), 0) AS BIGINT) AS hidden"
    "  FROM person p JOIN person_seen seen ON seen.person_id = p.id AND seen.n_faces > 0"
    " WHERE p.owner_id = $1";

/* $1 a JSON array of ids */
static const char SQL_FIND[] = "SELECT " PERSON_COLUMNS " FROM person p"
                               " WHERE p.id IN (SELECT value FROM json_each($1))";

/* $1 id, $2 owner, $3 name, $4 birth date, $5 hidden, $6 favourite, $7 colour, $8 face, $9 now */
static const char SQL_INSERT[] =
    "INSERT INTO person (id, owner_id, name, birth_date, is_hidden, is_favorite, color, face_id,"
    "                    created_at, updated_at, update_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, uuid_v7 ())";

/* $1 id, $2 now; a NULL leaves the column, where NULL is a value a flag before it says whether it counts:
 * $3 name, $4 $5 birth date, $6 $7 colour, $8 hidden, $9 favourite, $10 face */
static const char SQL_UPDATE[] =
    "UPDATE person SET name = COALESCE(CAST($3 AS TEXT), name),"
    "       birth_date = CASE WHEN CAST($4 AS SMALLINT) = 1 THEN CAST($5 AS TEXT)"
    "                         ELSE birth_date END,"
    "       color = CASE WHEN CAST($6 AS SMALLINT) = 1 THEN CAST($7 AS TEXT) ELSE color END,"
    "       is_hidden = COALESCE(CAST($8 AS SMALLINT), is_hidden),"
    "       is_favorite = COALESCE(CAST($9 AS SMALLINT), is_favorite),"
    "       face_id = COALESCE(CAST($10 AS TEXT), face_id),"
    "       updated_at = $2, update_id = uuid_v7 ()"
    " WHERE id = $1";

/* $1 a JSON array of ids */
static const char SQL_DELETE[] = "DELETE FROM person WHERE id IN (SELECT value FROM json_each($1))";

/* $1 a JSON array of people, $2 to whom or NULL, $3 now */
static const char SQL_MOVE_FACES[] =
    "UPDATE asset_face SET person_id = CAST($2 AS TEXT), updated_at = $3, update_id = uuid_v7 ()"
    " WHERE person_id IN (SELECT value FROM json_each($1))";

/* $1 to whom, $2 asset, $3 from whom, $4 now */
static const char SQL_REASSIGN[] =
    "UPDATE asset_face SET person_id = $1, updated_at = $4, update_id = uuid_v7 ()"
    " WHERE person_id = $3 AND asset_id = $2";

/* $1 person, $2 asset */
static const char SQL_FIND_FACE[] =
    "SELECT f.id AS id FROM asset_face f JOIN asset a ON a.id = f.asset_id"
    " WHERE f.person_id = $1 AND f.asset_id = $2 AND f.deleted_at IS NULL AND f.is_visible = 1"
    "   AND a.is_offline = 0 AND a.visibility <> 'locked' AND a.status <> 'deleted'"
    " ORDER BY f.created_at, f.id LIMIT 1";

/* $1 person */
static const char SQL_COUNT_ASSETS[] =
    "SELECT count(DISTINCT f.asset_id) FROM asset_face f WHERE f.person_id = $1"
    "   AND f.timeline_state IN (0, 4, 8, 12) AND f.is_visible = 1 AND f.deleted_at IS NULL";

/* $1 at most so many */
static const char SQL_FIND_UNSEEN[] =
    "SELECT p.id AS id FROM person p"
    " WHERE NOT EXISTS (SELECT 1 FROM asset_face f WHERE f.person_id = p.id) LIMIT $1";

gboolean
people_store_list (Db *db, Arena *arena, const PeopleFilter *filter, PersonRowList *out,
                   GError **error)
{
    return db_select (db, arena, &person_row_type, (List *) out, SQL_LIST,
                      DB_ARGS (db_text (filter->owner_id), db_int (filter->min_faces),
                               db_bool (filter->with_hidden), db_int (filter->limit),
                               db_int (filter->offset)),
                      error);
}

gboolean
people_store_count (Db *db, Arena *arena, const char *owner_id, PeopleCountRow *out, GError **error)
{
    return db_select_one (db, arena, &people_count_row_type, out, SQL_COUNT,
                          DB_ARGS (db_text (owner_id)), error);
}

gboolean
people_store_find (Db *db, Arena *arena, const StringList *ids, PersonRowList *out, GError **error)
{
    return db_select (db, arena, &person_row_type, (List *) out, SQL_FIND,
                      DB_ARGS (db_strings (arena, ids)), error);
}

gboolean
people_store_insert (Db *tx, const char *id, const char *owner_id, const PersonChange *person,
                     const char *face_id, GError **error)
{
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (id), db_text (owner_id),
                             db_text (person->name != NULL ? person->name : ""),
                             db_text (person->birth_date), db_bool (person->is_hidden),
                             db_bool (person->is_favorite), db_text (person->color),
                             db_text (face_id), db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
people_store_update (Db *tx, const char *id, const PersonChange *change, const char *face_id,
                     GError **error)
{
    return db_exec (tx, SQL_UPDATE,
                    DB_ARGS (db_text (id), db_int (timestamp_now_ms ()), db_text (change->name),
                             db_bool (change->set_birth_date), db_text (change->birth_date),
                             db_bool (change->set_color), db_text (change->color),
                             db_int_if (change->has_hidden, change->is_hidden != 0),
                             db_int_if (change->has_favorite, change->is_favorite != 0),
                             db_text (face_id)),
                    NULL, error);
}

gboolean
people_store_delete (Db *tx, Arena *arena, const StringList *ids, GError **error)
{
    return db_exec (tx, SQL_DELETE, DB_ARGS (db_strings (arena, ids)), NULL, error);
}

gboolean
people_store_move_faces (Db *tx, Arena *arena, const char *target_id, const StringList *ids,
                         GError **error)
{
    return db_exec (
        tx, SQL_MOVE_FACES,
        DB_ARGS (db_strings (arena, ids), db_text (target_id), db_int (timestamp_now_ms ())), NULL,
        error);
}

gboolean
people_store_reassign (Db *tx, const char *target_id, const char *asset_id, const char *old_id,
                       GError **error)
{
    return db_exec (tx, SQL_REASSIGN,
                    DB_ARGS (db_text (target_id), db_text (asset_id), db_text (old_id),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
people_store_find_face (Db *db, Arena *arena, const char *person_id, const char *asset_id,
                        const char **out, GError **error)
{
    return db_select_text (db, arena, SQL_FIND_FACE,
                           DB_ARGS (db_text (person_id), db_text (asset_id)), out, error);
}

gboolean
people_store_count_assets (Db *db, const char *person_id, gint64 *out, GError **error)
{
    return db_select_int (db, SQL_COUNT_ASSETS, DB_ARGS (db_text (person_id)), out, NULL, error);
}

gboolean
people_store_find_unseen (Db *db, Arena *arena, gint64 limit, StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_UNSEEN, DB_ARGS (db_int (limit)), out, error);
}
