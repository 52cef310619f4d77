/* people_import.c -- faces that the metadata of a file names
 *
 * A file is read again and again: what it still says keeps its row, so that clients and the pictures of
 * people see no change, and a face that its owner deleted does not come back. */
#define G_LOG_DOMAIN "people"
#include "features/people/people_private.h"

#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/config/config.h"

/* $1 asset */
static const char SQL_FIND_IMPORTED[] =
    "SELECT f.id AS id, f.person_id AS person_id, p.name AS name, f.x1 AS x1, f.y1 AS y1,"
    "       f.x2 AS x2, f.y2 AS y2, f.image_width AS image_width, f.image_height AS image_height"
    "  FROM asset_face f LEFT JOIN person p ON p.id = f.person_id"
    " WHERE f.asset_id = $1 AND f.source_type = 'exif'";

/* $1 owner, $2 name; the oldest of that name */
static const char SQL_FIND_NAMED[] =
    "SELECT id FROM person WHERE owner_id = $1 AND fold (name) = fold ($2)"
    " ORDER BY created_at, id LIMIT 1";

/* $1 a JSON array of ids */
static const char SQL_DELETE[] =
    "DELETE FROM asset_face WHERE id IN (SELECT value FROM json_each($1))";

/* $1 id, $2 asset, $3 person, $4 $5 size of the picture, $6 to $9 the box, $10 now */
static const char SQL_INSERT[] =
    "INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2,"
    "                        source_type, created_at, updated_at, update_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'exif', $10, $10, uuid_v7 ())";

gboolean
people_imports_faces (const App *app)
{
    return config_get (app)->metadata->faces->import;
}

static gboolean
is_same (const ImportedFaceRow *row, const FaceFact *face)
{
    g_autofree char *before = row->name != NULL ? g_utf8_casefold (row->name, -1) : g_strdup ("");
    g_autofree char *now = g_utf8_casefold (face->name, -1);

    return row->x1 == face->x1 && row->y1 == face->y1 && row->x2 == face->x2 &&
           row->y2 == face->y2 && row->image_width == face->image_width &&
           row->image_height == face->image_height && strcmp (before, now) == 0;
}

/* Sort out what stays: *@out_new are the faces that have no row yet, *@out_old the rows of no face. */
static void
compare (Arena *arena, const ImportedFaceRowList *rows, const FaceFact *faces, gsize n_faces,
         const FaceFact **out_new, gsize *out_n_new, StringList *out_old)
{
    gboolean *is_kept = arena_new_array (arena, gboolean, MAX (rows->n, 1));

    memset (is_kept, 0, sizeof (gboolean) * rows->n);
    *out_n_new = 0;
    for (gsize i = 0; i < n_faces; i++) {
        gsize k = 0;

        while (k < rows->n && (is_kept[k] || !is_same (&rows->items[k], &faces[i])))
            k++;
        if (k < rows->n)
            is_kept[k] = TRUE;
        else
            out_new[(*out_n_new)++] = &faces[i];
    }
    *out_old = (StringList){ arena_new_array (arena, const char *, MAX (rows->n, 1)), 0 };
    for (gsize i = 0; i < rows->n; i++)
        if (!is_kept[i])
            out_old->items[out_old->n++] = rows->items[i].id;
}

/* In a new person this face is the picture. */
static gboolean
add_face (Db *tx, Arena *arena, const char *asset_id, const char *owner_id, const FaceFact *face,
          const char **out_person_id, GError **error)
{
    const char *face_id = uuid_v4 (arena), *person_id = NULL;
    PersonChange person = { .name = face->name };

    if (!db_select_text (tx, arena, SQL_FIND_NAMED,
                         DB_ARGS (db_text (owner_id), db_text (face->name)), &person_id, error))
        return FALSE;
    if (person_id == NULL) {
        person_id = uuid_v4 (arena);
        if (!people_store_insert (tx, person_id, owner_id, &person, face_id, error) ||
            !people_add_thumbnail (tx, person_id, error))
            return FALSE;
    }
    *out_person_id = person_id;
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (face_id), db_text (asset_id), db_text (person_id),
                             db_int (face->image_width), db_int (face->image_height),
                             db_int (face->x1), db_int (face->y1), db_int (face->x2),
                             db_int (face->y2), db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
people_import_faces (Db *tx, Arena *arena, const char *asset_id, const char *owner_id,
                     const FaceFact *faces, gsize n_faces, GError **error)
{
    const FaceFact **added = arena_new_array (arena, const FaceFact *, MAX (n_faces, 1));
    ImportedFaceRowList rows;
    StringList old, people;
    gsize n_added;

    if (!db_select (tx, arena, &imported_face_row_type, (List *) &rows, SQL_FIND_IMPORTED,
                    DB_ARGS (db_text (asset_id)), error))
        return FALSE;
    compare (arena, &rows, faces, n_faces, added, &n_added, &old);
    people = (StringList){ arena_new_array (arena, const char *, n_added + rows.n + 1), 0 };
    for (gsize i = 0; i < rows.n; i++)
        if (rows.items[i].person_id != NULL)
            people.items[people.n++] = rows.items[i].person_id;
    if (old.n > 0 && !db_exec (tx, SQL_DELETE, DB_ARGS (db_strings (arena, &old)), NULL, error))
        return FALSE;
    for (gsize i = 0; i < n_added; i++)
        if (!add_face (tx, arena, asset_id, owner_id, added[i], &people.items[people.n++], error))
            return FALSE;
    return old.n + n_added == 0 || people_check_features (tx, arena, &people, error);
}
