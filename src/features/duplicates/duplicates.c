/* duplicates.c -- groups of duplicates and their SQL */
#define G_LOG_DOMAIN "duplicates"
#include "features/duplicates/duplicates_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"

#define SHOWN                                                                                      \
    "status = 'active' AND deleted_at IS NULL AND visibility IN ('timeline', 'archive')"           \
    " AND stack_id IS NULL"

/* $1 owner; a group's members come together, by date */
static const char SQL_MEMBERS_ALL[] = "SELECT id, duplicate_id FROM asset"
                                      " WHERE owner_id = $1 AND duplicate_id IS NOT NULL AND " SHOWN
                                      " ORDER BY duplicate_id, local_date_time, id";
/* $1 owner, $2 group */
static const char SQL_MEMBERS_FIND[] =
    "SELECT id FROM asset WHERE owner_id = $1 AND duplicate_id = $2 AND " SHOWN
    " ORDER BY local_date_time, id";
/* $1 owner, $2 groups, $3 now */
static const char SQL_GROUPS_CLEAR[] =
    "UPDATE asset SET duplicate_id = NULL, updated_at = $3, update_id = uuid_v7()"
    " WHERE owner_id = $1 AND duplicate_id IN (SELECT value FROM json_each($2))";
/* $1 assets, $2 group or NULL, $3 now */
static const char SQL_GROUP_SET[] =
    "UPDATE asset SET duplicate_id = CAST($2 AS TEXT), updated_at = $3, update_id = uuid_v7()"
    " WHERE id IN (SELECT value FROM json_each($1))"
    "   AND COALESCE(duplicate_id, '') <> COALESCE(CAST($2 AS TEXT), '')";
/* $1 owner, $2 groups */
static const char SQL_GROUPS_DISMISS[] =
    "INSERT INTO duplicate_dismissal (asset_id, group_id)"
    " SELECT id, duplicate_id FROM asset"
    "  WHERE owner_id = $1 AND duplicate_id IN (SELECT value FROM json_each($2))"
    " ON CONFLICT (asset_id, group_id) DO NOTHING";
/* $1 assets, $2 what makes the name of a group another one */
static const char SQL_ASSETS_DISMISS[] =
    "INSERT INTO duplicate_dismissal (asset_id, group_id)"
    " SELECT id, duplicate_id || CAST($2 AS TEXT) FROM asset"
    "  WHERE id IN (SELECT value FROM json_each($1)) AND duplicate_id IS NOT NULL"
    " ON CONFLICT (asset_id, group_id) DO NOTHING";

gboolean
duplicates_set_group (Db *tx, Arena *arena, const StringList *asset_ids, const char *group_id,
                      GError **error)
{
    return db_exec (
        tx, SQL_GROUP_SET,
        DB_ARGS (db_strings (arena, asset_ids), db_text (group_id), db_int (timestamp_now_ms ())),
        NULL, error);
}

gboolean
duplicates_clear (Db *tx, Arena *arena, const char *owner_id, const StringList *group_ids,
                  gboolean dismiss, GError **error)
{
    DbValue ids = db_strings (arena, group_ids);

    return (!dismiss ||
            db_exec (tx, SQL_GROUPS_DISMISS, DB_ARGS (db_text (owner_id), ids), NULL, error)) &&
           db_exec (tx, SQL_GROUPS_CLEAR,
                    DB_ARGS (db_text (owner_id), ids, db_int (timestamp_now_ms ())), NULL, error);
}

/* Only those named know each other afterwards; whoever stays in the group may be found again. */
gboolean
duplicates_dismiss (Db *tx, Arena *arena, const StringList *asset_ids, GError **error)
{
    const char *mark = arena_printf (arena, " %s", uuid_v4 (arena));

    return asset_ids->n < 2 ||
           db_exec (tx, SQL_ASSETS_DISMISS, DB_ARGS (db_strings (arena, asset_ids), db_text (mark)),
                    NULL, error);
}

/* ---- listing ---- */

typedef struct {
    Arena *arena;
    const char *owner_id;
    StringList group_ids;
} Clear;

static gboolean
run_clear (Db *tx, gpointer data, GError **error)
{
    const Clear *self = data;

    return duplicates_clear (tx, self->arena, self->owner_id, &self->group_ids, FALSE, error);
}

gboolean
duplicates_find (Db *db, Arena *arena, const char *owner_id, DuplicateMemberRowList *out,
                 GError **error)
{
    DuplicateMemberRowList rows, kept;
    Clear alone = { .arena = arena, .owner_id = owner_id };

    if (!db_select (db, arena, &duplicate_member_row_type, (List *) &rows, SQL_MEMBERS_ALL,
                    DB_ARGS (db_text (owner_id)), error))
        return FALSE;
    kept =
        (DuplicateMemberRowList){ arena_new_array (arena, DuplicateMemberRow, MAX (rows.n, 1)), 0 };
    alone.group_ids.items = arena_new_array (arena, const char *, MAX (rows.n, 1));
    for (gsize at = 0, n; at < rows.n; at += n) {
        const DuplicateMemberRow *first = &rows.items[at];

        for (n = 1; at + n < rows.n && strcmp (first[n].duplicate_id, first->duplicate_id) == 0;)
            n++;
        if (n == 1)
            alone.group_ids.items[alone.group_ids.n++] = first->duplicate_id;
        for (gsize i = 0; i < n && n > 1; i++)
            kept.items[kept.n++] = first[i];
    }
    if (alone.group_ids.n > 0 && !db_write (db, run_clear, &alone, error))
        return FALSE;
    *out = kept;
    return TRUE;
}

gboolean
duplicate_find_members (Db *db, Arena *arena, const char *owner_id, const char *group_id,
                        StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_MEMBERS_FIND,
                            DB_ARGS (db_text (owner_id), db_text (group_id)), out, error);
}

/* ---- suggesting ---- */

/* Texts that are not empty and numbers that are not 0. */
static guint
count_known (const ExifResponse *exif)
{
    const TypeDescriptor *type = &exif_response_type;
    guint n = 0;

    for (guint i = 0; i < type->n_fields; i++) {
        const FieldDescriptor *field = &type->fields[i];
        const guint8 *base = (const guint8 *) exif;

        if (field->has_offset != NO_OFFSET && !*(const gboolean *) (base + field->has_offset))
            continue;
        if (field->kind == FIELD_STRING) {
            const char *text = *(const char *const *) (base + field->offset);
            n += text != NULL && *text != '\0';
        } else if (field->kind == FIELD_NUMBER) {
            n += *(const double *) (base + field->offset) != 0;
        } else {
            n += *(const gint64 *) (base + field->offset) != 0;
        }
    }
    return n;
}

const char *
duplicate_suggest (const AssetResponseList *assets)
{
    const AssetResponse *best = NULL;

    for (gsize i = 0; i < assets->n; i++) {
        const AssetResponse *asset = &assets->items[i];
        const ExifResponse *exif = asset->exif_info;

        if (best == NULL || exif->file_size_in_byte > best->exif_info->file_size_in_byte ||
            (exif->file_size_in_byte == best->exif_info->file_size_in_byte &&
             count_known (exif) >= count_known (best->exif_info)))
            best = asset;
    }
    return best != NULL ? best->id : NULL;
}
