/* people.c -- the rules of people: see people_private.h */
#define G_LOG_DOMAIN "people"
#include "features/people/people_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/trash/trash.h"
#include "media/layout.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)

gboolean
people_parse_birth_date (Arena *arena, const char *text, gint64 now_ms, const char **out)
{
    static const char pattern[] = "^(\\d{4})(?:([-/])(\\d{1,2})(?:\\2(\\d{1,2}))?)?(T.*)?$";
    g_autoptr (GRegex) regex = NULL;
    g_autoptr (GMatchInfo) match = NULL;
    g_autofree char *year = NULL, *month = NULL, *day = NULL, *clock = NULL;
    unsigned m, d;
    gint64 when_ms;

    if (text == NULL || *text == '\0') {
        *out = NULL;
        return TRUE;
    }
    regex = g_regex_new (pattern, 0, 0, NULL);
    if (strlen (text) > 64 || !g_regex_match (regex, text, 0, &match))
        return FALSE;
    year = g_match_info_fetch (match, 1);
    month = g_match_info_fetch (match, 3);
    day = g_match_info_fetch (match, 4);
    clock = g_match_info_fetch (match, 5);
    m = month != NULL && *month ? (unsigned) atoi (month) : 1;
    d = day != NULL && *day ? (unsigned) atoi (day) : 1;
    if (!g_date_valid_dmy ((GDateDay) d, (GDateMonth) m, (GDateYear) atoi (year)) ||
        timestamp_days_from_civil (atoi (year), m, d) > now_ms / DAY_MS)
        return FALSE;
    if (clock != NULL && *clock && !timestamp_parse (text, &when_ms))
        return FALSE;
    *out = arena_printf (arena, "%s-%02u-%02u", year, m, d);
    return TRUE;
}

const char *
people_parse_color (Arena *arena, const char *text)
{
    if (text == NULL || *text == '\0')
        return NULL;
    return *text == '#' ? text : arena_printf (arena, "#%s", text);
}

void
people_fill (const App *app, Arena *arena, const PersonRow *row, PersonResponse *out)
{
    *out = (PersonResponse){
        .id = row->id,
        .name = row->name,
        .birth_date = row->birth_date,
        .thumbnail_path = *row->thumbnail_path == '\0'
                              ? ""
                              : layout_absolute (arena, app->media_location, row->thumbnail_path),
        .is_hidden = row->is_hidden,
        .has_is_favorite = TRUE,
        .is_favorite = row->is_favorite,
        .color = row->color,
        .has_updated_at = TRUE,
        .updated_at = row->updated_at,
    };
}

gboolean
people_describe (const App *app, Db *db, Arena *arena, const StringList *ids,
                 PersonResponseList *out, GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    PersonResponseList list = { arena_new_array (arena, PersonResponse, MAX (ids->n, 1)), 0 };
    PersonRowList rows;

    if (!people_store_find (db, arena, ids, &rows, error))
        return FALSE;
    for (gsize i = 0; i < rows.n; i++)
        g_hash_table_insert (by_id, (gpointer) rows.items[i].id, &rows.items[i]);
    for (gsize i = 0; i < ids->n; i++) {
        const PersonRow *row = g_hash_table_lookup (by_id, ids->items[i]);

        if (row != NULL)
            people_fill (app, arena, row, &list.items[list.n++]);
    }
    *out = list;
    return TRUE;
}

/* ---- making and changing ---- */

typedef struct {
    Arena *arena;
    const char *owner_id;
    const StringList *ids;
    const PersonChange *changes;
    gboolean *failed;
    const char *target_id;
    const AssetFaceUpdateItemList *faces;
} Work;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;

    return people_store_insert (tx, self->target_id, self->owner_id, self->changes, NULL, error);
}

gboolean
people_create (Db *db, Arena *arena, const char *owner_id, const PersonChange *person,
               const char **out_id, GError **error)
{
    Work data = { .owner_id = owner_id, .changes = person, .target_id = uuid_v4 (arena) };

    if (!db_write (db, run_create, &data, error))
        return FALSE;
    *out_id = data.target_id;
    return TRUE;
}

/* A new picture is made when one was chosen. */
static gboolean
update_one (Db *tx, const Work *self, gsize i, GError **error)
{
    const PersonChange *change = &self->changes[i];
    const char *id = self->ids->items[i], *face_id = NULL;

    if (change->feature_asset_id != NULL &&
        !people_store_find_face (tx, self->arena, id, change->feature_asset_id, &face_id, error))
        return FALSE;
    self->failed[i] = change->feature_asset_id != NULL && face_id == NULL;
    return self->failed[i] || (people_store_update (tx, id, change, face_id, error) &&
                               (face_id == NULL || people_add_thumbnail (tx, id, error)));
}

static gboolean
run_update (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;

    for (gsize i = 0; i < self->ids->n; i++)
        if (!update_one (tx, self, i, error))
            return FALSE;
    return TRUE;
}

gboolean
people_update (Db *db, Arena *arena, const StringList *ids, const PersonChange *changes,
               gboolean *out_failed, GError **error)
{
    Work data = { .arena = arena, .ids = ids, .changes = changes, .failed = out_failed };

    return ids->n == 0 || db_write (db, run_update, &data, error);
}

/* ---- removing ---- */

/* Their pictures go with them. */
static gboolean
remove_people (Db *tx, Arena *arena, const StringList *ids, const PersonRowList *rows,
               GError **error)
{
    StringList paths = { arena_new_array (arena, const char *, MAX (rows->n, 1)), 0 };

    for (gsize i = 0; i < rows->n; i++)
        if (*rows->items[i].thumbnail_path != '\0')
            paths.items[paths.n++] = rows->items[i].thumbnail_path;
    return people_store_delete (tx, arena, ids, error) &&
           trash_add_file_deletion (tx, arena, &paths, error);
}

gboolean
people_remove (Db *tx, Arena *arena, const StringList *ids, GError **error)
{
    PersonRowList rows;

    if (ids->n == 0)
        return TRUE;
    return people_store_find (tx, arena, ids, &rows, error) &&
           people_store_move_faces (tx, arena, NULL, ids, error) &&
           remove_people (tx, arena, ids, &rows, error);
}

static gboolean
run_delete (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;

    return people_remove (tx, self->arena, self->ids, error);
}

gboolean
people_delete (Db *db, Arena *arena, const StringList *ids, GError **error)
{
    Work data = { .arena = arena, .ids = ids };

    return ids->n == 0 || db_write (db, run_delete, &data, error);
}

/* ---- merging ---- */

static const PersonRow *
find_row (const PersonRowList *rows, const char *id)
{
    for (gsize i = 0; i < rows->n; i++)
        if (strcmp (rows->items[i].id, id) == 0)
            return &rows->items[i];
    return NULL;
}

/* The first of the others, in their order, that has what the target lacks. */
static void
find_lacking (const PersonRowList *rows, const PersonRow *target, const StringList *ids,
              PersonChange *out)
{
    for (gsize i = 0; i < ids->n; i++) {
        const PersonRow *other = find_row (rows, ids->items[i]);

        if (other == NULL)
            continue;
        if (*target->name == '\0' && out->name == NULL && *other->name != '\0')
            out->name = other->name;
        if (target->birth_date == NULL && out->birth_date == NULL)
            out->birth_date = other->birth_date;
    }
    out->set_birth_date = out->birth_date != NULL;
}

static gboolean
run_merge (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;
    const char *target_id = self->target_id;
    StringList target_ids = { &target_id, 1 };
    PersonRowList targets, rows;
    PersonChange change = { 0 };

    if (!people_store_find (tx, self->arena, &target_ids, &targets, error) ||
        !people_store_find (tx, self->arena, self->ids, &rows, error))
        return FALSE;
    if (targets.n == 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND, "Person not found");
        return FALSE;
    }
    find_lacking (&rows, &targets.items[0], self->ids, &change);
    return people_store_move_faces (tx, self->arena, target_id, self->ids, error) &&
           people_store_update (tx, target_id, &change, NULL, error) &&
           remove_people (tx, self->arena, self->ids, &rows, error) &&
           people_check_features (tx, self->arena, &target_ids, error);
}

gboolean
people_merge (Db *db, Arena *arena, const char *target_id, const StringList *ids, GError **error)
{
    Work data = { .arena = arena, .target_id = target_id, .ids = ids };

    return ids->n == 0 || db_write (db, run_merge, &data, error);
}

static gboolean
run_reassign (Db *tx, gpointer data, GError **error)
{
    const Work *self = data;
    StringList touched = { arena_new_array (self->arena, const char *, self->faces->n + 1), 0 };

    touched.items[touched.n++] = self->target_id;
    for (gsize i = 0; i < self->faces->n; i++) {
        const AssetFaceUpdateItem *item = &self->faces->items[i];

        if (!people_store_reassign (tx, self->target_id, item->asset_id, item->person_id, error))
            return FALSE;
        touched.items[touched.n++] = item->person_id;
    }
    return people_check_features (tx, self->arena, &touched, error);
}

gboolean
people_reassign (Db *db, Arena *arena, const char *target_id, const AssetFaceUpdateItemList *faces,
                 GError **error)
{
    Work data = { .arena = arena, .target_id = target_id, .faces = faces };

    return faces->n == 0 || db_write (db, run_reassign, &data, error);
}
