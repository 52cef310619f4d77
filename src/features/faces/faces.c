/* faces.c -- see faces_private.h */
#define G_LOG_DOMAIN "faces"
#include "features/faces/faces_private.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/people/people.h"

/* more than any picture has; boxes beyond are slips of a client, and sums of them stay small */
#define MAX_SIDE 1000000
#define MAX_OF_ASSET 1000 /* each list of memories and people looks at all of them */

/* $1 asset, $2 viewer */
static const char SQL_LIST[] =
    "SELECT f.id AS id, f.x1 AS x1, f.y1 AS y1, f.x2 AS x2, f.y2 AS y2,"
    "       f.image_width AS image_width, f.image_height AS image_height,"
    "       f.source_type AS source_type, p.id AS person_id"
    "  FROM asset_face f LEFT JOIN person p ON p.id = f.person_id AND p.owner_id = $2"
    " WHERE f.asset_id = $1 AND f.deleted_at IS NULL AND f.is_visible = 1 ORDER BY f.x1, f.id";

/* $1 asset */
static const char SQL_COUNT[] = "SELECT count(*) FROM asset_face WHERE asset_id = $1";

/* $1 face */
static const char SQL_FIND_ASSET[] = "SELECT asset_id FROM asset_face WHERE id = $1";

/* $1 id, $2 asset, $3 person, $4 $5 size of the picture, $6 to $9 the box, $10 now */
static const char SQL_INSERT[] =
    "INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2,"
    "                        source_type, created_at, updated_at, update_id)"
    " SELECT CAST($1 AS TEXT), a.id, p.id, CAST($4 AS BIGINT), CAST($5 AS BIGINT),"
    "        CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT),"
    "        'manual', CAST($10 AS BIGINT), CAST($10 AS BIGINT), uuid_v7 ()"
    "   FROM asset a JOIN person p ON p.owner_id = a.owner_id"
    "  WHERE a.id = $2 AND p.id = $3 AND a.status <> 'deleted'";

/* $1 face; whom it shows, and whose picture it is */
static const char SQL_FIND_PEOPLE[] =
    "SELECT person_id AS id FROM asset_face WHERE id = $1 AND person_id IS NOT NULL"
    " UNION SELECT id FROM person WHERE face_id = $1";

/* $1 face, $2 person, $3 now */
static const char SQL_REASSIGN[] =
    "UPDATE asset_face SET person_id = $2, updated_at = $3, update_id = uuid_v7 () WHERE id = $1";

/* $1 face */
static const char SQL_DELETE[] = "DELETE FROM asset_face WHERE id = $1";
/* $1 face, $2 now */
static const char SQL_HIDE[] = "UPDATE asset_face SET deleted_at = CAST($2 AS BIGINT),"
                               "       updated_at = $2, update_id = uuid_v7 ()"
                               " WHERE id = $1 AND deleted_at IS NULL";

/* ---- listing ---- */

static gboolean
find_people (const App *app, Db *db, Arena *arena, const FaceRowList *rows, PersonResponseList *out,
             GError **error)
{
    StringList ids = { arena_new_array (arena, const char *, MAX (rows->n, 1)), 0 };

    for (gsize i = 0; i < rows->n; i++)
        if (rows->items[i].person_id != NULL)
            ids.items[ids.n++] = rows->items[i].person_id;
    *out = (PersonResponseList){ 0 };
    return ids.n == 0 || people_describe (app, db, arena, &ids, out, error);
}

gboolean
faces_list (const App *app, Db *db, Arena *arena, const char *asset_id, const char *viewer_id,
            AssetFaceResponseList *out, GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    PersonResponseList people;
    FaceRowList rows;

    if (!db_select (db, arena, &face_row_type, (List *) &rows, SQL_LIST,
                    DB_ARGS (db_text (asset_id), db_text (viewer_id)), error) ||
        !find_people (app, db, arena, &rows, &people, error))
        return FALSE;
    for (gsize i = 0; i < people.n; i++)
        g_hash_table_insert (by_id, (gpointer) people.items[i].id, &people.items[i]);
    out->items = arena_new_array (arena, AssetFaceResponse, MAX (rows.n, 1));
    out->n = rows.n;
    for (gsize i = 0; i < rows.n; i++) {
        const FaceRow *row = &rows.items[i];

        out->items[i] = (AssetFaceResponse){
            .id = row->id,
            .bounding_box_x1 = row->x1,
            .bounding_box_y1 = row->y1,
            .bounding_box_x2 = row->x2,
            .bounding_box_y2 = row->y2,
            .image_width = row->image_width,
            .image_height = row->image_height,
            .has_source_type = TRUE,
            .source_type = row->source_type,
            .person = row->person_id != NULL ? g_hash_table_lookup (by_id, row->person_id) : NULL,
        };
    }
    return rows.n == 0 || faces_show_edited (db, arena, asset_id, out, error);
}

gboolean
faces_find_asset (Db *db, Arena *arena, const char *face_id, const char **out, GError **error)
{
    return db_select_text (db, arena, SQL_FIND_ASSET, DB_ARGS (db_text (face_id)), out, error);
}

/* ---- drawing one ---- */

const char *
faces_find_fault (const AssetFaceCreate *face, const char **out_reason)
{
    const struct {
        const char *name;
        gint64 value;
    } sides[] = { { "imageWidth", face->image_width },
                  { "imageHeight", face->image_height },
                  { "width", face->width },
                  { "height", face->height } };

    for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
        if (sides[i].value < 1 || sides[i].value > MAX_SIDE) {
            *out_reason = sides[i].value < 1
                              ? "Too small: expected number to be >=1"
                              : "Too big: expected number to be <=" G_STRINGIFY (MAX_SIDE);
            return sides[i].name;
        }
    *out_reason = "The box must lie in the picture, at least in part";
    if (face->x >= face->image_width || face->x <= -face->width)
        return "x";
    if (face->y >= face->image_height || face->y <= -face->height)
        return "y";
    return NULL;
}

typedef struct {
    Arena *arena;
    const AssetFaceCreate *face;
    const char *face_id, *person_id;
    gboolean by_force;
} Work;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;
    AssetFaceCreate drawn = *self->face, *face = &drawn;
    const char *person_id = face->person_id;
    StringList people = { &person_id, 1 };
    gint64 n = 0;

    if (!db_select_int (tx, SQL_COUNT, DB_ARGS (db_text (face->asset_id)), &n, NULL, error))
        return FALSE;
    if (n >= MAX_OF_ASSET) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "An asset can have %d faces at most; delete some of them first", MAX_OF_ASSET);
        return FALSE;
    }
    if (!faces_draw_on_edited (tx, self->arena, face, error) ||
        !db_exec (tx, SQL_INSERT,
                  DB_ARGS (db_text (self->face_id), db_text (face->asset_id), db_text (person_id),
                           db_int (face->image_width), db_int (face->image_height),
                           db_int (face->x), db_int (face->y), db_int (face->x + face->width),
                           db_int (face->y + face->height), db_int (timestamp_now_ms ())),
                  &n, error))
        return FALSE;
    if (n == 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Not found or no asset.update access");
        return FALSE;
    }
    return people_check_features (tx, self->arena, &people, error);
}

gboolean
faces_create (Db *db, Arena *arena, const AssetFaceCreate *face, GError **error)
{
    Work data = { .arena = arena, .face = face, .face_id = uuid_v4 (arena) };

    return db_write (db, run_create, &data, error);
}

/* ---- changing one ---- */

static gboolean
run_reassign (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;
    const char *person_id = self->person_id;
    StringList before, after = { &person_id, 1 };

    return db_select_texts (tx, self->arena, SQL_FIND_PEOPLE, DB_ARGS (db_text (self->face_id)),
                            &before, error) &&
           db_exec (
               tx, SQL_REASSIGN,
               DB_ARGS (db_text (self->face_id), db_text (person_id), db_int (timestamp_now_ms ())),
               NULL, error) &&
           people_check_features (tx, self->arena, &before, error) &&
           people_check_features (tx, self->arena, &after, error);
}

gboolean
faces_reassign (Db *db, Arena *arena, const char *face_id, const char *person_id, GError **error)
{
    Work data = { .arena = arena, .face_id = face_id, .person_id = person_id };

    return db_write (db, run_reassign, &data, error);
}

static gboolean
run_delete (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;
    DbValue id = db_text (self->face_id);
    StringList people;

    if (!db_select_texts (tx, self->arena, SQL_FIND_PEOPLE, DB_ARGS (id), &people, error))
        return FALSE;
    if (self->by_force
            ? !db_exec (tx, SQL_DELETE, DB_ARGS (id), NULL, error)
            : !db_exec (tx, SQL_HIDE, DB_ARGS (id, db_int (timestamp_now_ms ())), NULL, error))
        return FALSE;
    return people_check_features (tx, self->arena, &people, error);
}

gboolean
faces_delete (Db *db, Arena *arena, const char *face_id, gboolean by_force, GError **error)
{
    Work data = { .arena = arena, .face_id = face_id, .by_force = by_force };

    return db_write (db, run_delete, &data, error);
}
