/* tags_store.c -- the SQL of tags */
#define G_LOG_DOMAIN "tags"
#include "features/tags/tags_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/assets/assets.h"
#include "features/sidecars/sidecars.h"

#define PAGE 1000

#define TAG_COLUMNS                                                                                \
    "t.id AS id, t.parent_id AS parent_id, t.value AS value, t.color AS color,"                    \
    " t.created_at AS created_at, t.updated_at AS updated_at"

/* $1 owner */
static const char SQL_TAGS_ALL[] = "SELECT " TAG_COLUMNS " FROM tag t WHERE t.owner_id = $1";
/* $1 id */
static const char SQL_TAG_FIND[] = "SELECT " TAG_COLUMNS " FROM tag t WHERE t.id = $1";
/* $1 owner, $2 value */
static const char SQL_TAG_EXISTS[] = "SELECT count(*) FROM tag WHERE owner_id = $1 AND value = $2";
/* $1 owner, $2 values */
static const char SQL_TAGS_BY_VALUE[] =
    "SELECT " TAG_COLUMNS " FROM tag t"
    " WHERE t.owner_id = $1 AND t.value IN (SELECT v.value FROM json_each($2) AS v)";

/* $1 'id value' of each, $2 owner, $3 now */
static const char SQL_TAGS_INSERT[] =
    "INSERT INTO tag (id, owner_id, value, created_at, updated_at, update_id)"
    " SELECT substr(n.value, 1, 36), CAST($2 AS TEXT), substr(n.value, 38), CAST($3 AS BIGINT),"
    "        CAST($3 AS BIGINT), uuid_v7()"
    "   FROM json_each($1) AS n WHERE 1 = 1"
    " ON CONFLICT (owner_id, value) DO NOTHING";
/* $1 'child parent' of each */
static const char SQL_PARENTS_SET[] = "UPDATE tag SET parent_id = substr(l.value, 38)"
                                      "  FROM json_each($1) AS l"
                                      " WHERE tag.id = substr(l.value, 1, 36)";
/* $1 'tag ancestor' of each */
static const char SQL_ANCESTORS_INSERT[] =
    "INSERT INTO tag_ancestor (tag_id, ancestor_id)"
    " SELECT substr(l.value, 1, 36), substr(l.value, 38) FROM json_each($1) AS l WHERE 1 = 1"
    " ON CONFLICT (tag_id, ancestor_id) DO NOTHING";

/* $1 id, $2 colour or NULL, $3 now */
static const char SQL_COLOR_SET[] =
    "UPDATE tag SET color = $2, updated_at = $3, update_id = uuid_v7() WHERE id = $1";
/* $1 id */
static const char SQL_VALUES_BELOW[] =
    "SELECT t.value AS value FROM tag_ancestor b JOIN tag t ON t.id = b.tag_id"
    " WHERE b.ancestor_id = $1";
/* $1 id, $2 new value, $3 characters of the old one, $4 now */
static const char SQL_VALUE_SET[] =
    "UPDATE tag SET value = CAST($2 AS TEXT) || substr(value, CAST($3 AS INTEGER) + 1),"
    "       updated_at = $4, update_id = uuid_v7()"
    " WHERE id IN (SELECT tag_id FROM tag_ancestor WHERE ancestor_id = $1)";
/* $1 id; those below go with it */
static const char SQL_TAG_DELETE[] = "DELETE FROM tag WHERE id = $1";
static const char SQL_UNUSED_DELETE[] =
    "DELETE FROM tag WHERE NOT EXISTS (SELECT 1 FROM tag_ancestor b"
    "   JOIN tag_asset x ON x.tag_id = b.tag_id WHERE b.ancestor_id = tag.id)";

/* $1 id: what is tagged with it or with one below */
static const char SQL_TAGGED_BELOW[] =
    "SELECT DISTINCT x.asset_id AS asset_id FROM tag_ancestor b"
    "  JOIN tag_asset x ON x.tag_id = b.tag_id WHERE b.ancestor_id = $1";
/* $1 tags, $2 assets, $3 how many tags: the assets that do not have all of them */
static const char SQL_UNTAGGED_FIND[] =
    "SELECT a.value AS id FROM json_each($2) AS a"
    " WHERE (SELECT count(*) FROM tag_asset x WHERE x.asset_id = a.value"
    "           AND x.tag_id IN (SELECT t.value FROM json_each($1) AS t)) < $3";
/* $1 tags, $2 assets; what is gone meanwhile is left out */
static const char SQL_PAIRS_INSERT[] = "INSERT INTO tag_asset (tag_id, asset_id)"
                                       " SELECT t.id, a.id FROM tag t, asset a"
                                       "  WHERE t.id IN (SELECT value FROM json_each($1))"
                                       "    AND a.id IN (SELECT value FROM json_each($2))"
                                       " ON CONFLICT (tag_id, asset_id) DO NOTHING";
/* $1 assets, $2 how many tags one may have */
static const char SQL_TAGGED_TOO_OFTEN[] =
    "SELECT asset_id FROM tag_asset WHERE asset_id IN (SELECT value FROM json_each($1))"
    " GROUP BY asset_id HAVING count(*) > $2 ORDER BY asset_id LIMIT 1";
/* $1 tag, $2 assets */
static const char SQL_TAGGED_FIND[] =
    "SELECT asset_id FROM tag_asset"
    " WHERE tag_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";
static const char SQL_PAIRS_DELETE[] =
    "DELETE FROM tag_asset WHERE tag_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";
/* $1 asset, $2 the tags that stay */
static const char SQL_OTHER_PAIRS_DELETE[] =
    "DELETE FROM tag_asset WHERE asset_id = $1"
    "   AND tag_id NOT IN (SELECT value FROM json_each($2))";

/* $1 assets */
static const char SQL_TAGS_OF_ASSETS[] =
    "SELECT x.asset_id AS asset_id, " TAG_COLUMNS " FROM tag_asset x JOIN tag t ON t.id = x.tag_id"
    " WHERE x.asset_id IN (SELECT v.value FROM json_each($1) AS v)";
static const char SQL_TAG_IDS_OF_ASSETS[] =
    "SELECT DISTINCT tag_id FROM tag_asset WHERE asset_id IN (SELECT value FROM json_each($1))";

/* $1 asset */
static const char SQL_VALUES_OF_ASSET[] =
    "SELECT DISTINCT t.value AS value FROM tag_asset x JOIN tag_ancestor b ON b.tag_id = x.tag_id"
    "  JOIN tag t ON t.id = b.ancestor_id WHERE x.asset_id = $1";

/* $1 assets: their tags in the words of a file, not to be overwritten by what stands in one */
static const char SQL_EXIF_TAGS_SET[] =
    "UPDATE asset_exif SET"
    "       tags = (SELECT json_group_array(v.value) FROM (SELECT t.value AS value"
    "                 FROM tag_asset x JOIN tag t ON t.id = x.tag_id"
    "                WHERE x.asset_id = asset_exif.asset_id ORDER BY t.value) AS v),"
    "       locked_properties = CASE"
    "           WHEN locked_properties LIKE '%\"tags\"%' THEN locked_properties"
    "           WHEN locked_properties = '[]' THEN '[\"tags\"]'"
    "           ELSE substr(locked_properties, 1, length(locked_properties) - 1) || ',\"tags\"]'"
    "       END"
    " WHERE asset_id IN (SELECT value FROM json_each($1))";
/* $1 changes, $2 now */
static const char SQL_ASSETS_TOUCH[] =
    "UPDATE asset SET updated_at = $2, update_id = substr(change.value, 38)"
    "  FROM json_each($1) AS change WHERE asset.id = substr(change.value, 1, 36)";

/* ---- finding ---- */

static int
compare_rows (gconstpointer a, gconstpointer b)
{
    return strcmp (((const TagRow *) a)->value, ((const TagRow *) b)->value);
}

gboolean
tags_find_all (Db *db, Arena *arena, const char *owner_id, TagRowList *out, GError **error)
{
    if (!db_select (db, arena, &tag_row_type, (List *) out, SQL_TAGS_ALL,
                    DB_ARGS (db_text (owner_id)), error))
        return FALSE;
    /* here, because a database may sort in the order of a language */
    if (out->n > 1)
        qsort (out->items, out->n, sizeof *out->items, compare_rows);
    return TRUE;
}

gboolean
tag_find (Db *db, Arena *arena, const char *id, TagRow *out, GError **error)
{
    TagRowList rows;

    if (!db_select (db, arena, &tag_row_type, (List *) &rows, SQL_TAG_FIND, DB_ARGS (db_text (id)),
                    error))
        return FALSE;
    if (rows.n == 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Not found or no tag.read access");
        return FALSE;
    }
    *out = rows.items[0];
    return TRUE;
}

gboolean
tag_exists (Db *db, const char *owner_id, const char *value, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_TAG_EXISTS, DB_ARGS (db_text (owner_id), db_text (value)), &n, NULL,
                        error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

TagResponse
tag_describe (const TagRow *row)
{
    return (TagResponse){ .id = row->id,
                          .parent_id = row->parent_id,
                          .name = tag_value_name (row->value),
                          .value = row->value,
                          .created_at = row->created_at,
                          .updated_at = row->updated_at,
                          .color = row->color };
}

static int
compare_asset_rows (gconstpointer a, gconstpointer b)
{
    return strcmp (((const AssetTagRow *) a)->value, ((const AssetTagRow *) b)->value);
}

static void
add_tag (GHashTable *by_asset, Arena *arena, const AssetTagRow *row)
{
    TagResponseList *list = g_hash_table_lookup (by_asset, row->asset_id);
    TagRow tag = {
        row->id, row->parent_id, row->value, row->color, row->created_at, row->updated_at
    };

    if (list == NULL) {
        list = arena_new0 (arena, TagResponseList);
        g_hash_table_insert (by_asset, (gpointer) row->asset_id, list);
    }
    list->items = arena_grow_list (arena, list->items, list->n, sizeof *list->items);
    list->items[list->n++] = tag_describe (&tag);
}

GHashTable *
tags_describe_assets (Db *db, Arena *arena, const StringList *asset_ids, GError **error)
{
    g_autoptr (GHashTable) by_asset = g_hash_table_new (g_str_hash, g_str_equal);
    AssetTagRowList rows = { 0 };

    if (asset_ids->n > 0 &&
        !db_select (db, arena, &asset_tag_row_type, (List *) &rows, SQL_TAGS_OF_ASSETS,
                    DB_ARGS (db_strings (arena, asset_ids)), error))
        return NULL;
    if (rows.n > 1)
        qsort (rows.items, rows.n, sizeof *rows.items, compare_asset_rows);
    for (gsize i = 0; i < rows.n; i++)
        add_tag (by_asset, arena, &rows.items[i]);
    return g_steal_pointer (&by_asset);
}

gboolean
tags_find_of_assets (Db *db, Arena *arena, const StringList *asset_ids, StringList *out,
                     GError **error)
{
    return db_select_texts (db, arena, SQL_TAG_IDS_OF_ASSETS,
                            DB_ARGS (db_strings (arena, asset_ids)), out, error);
}

gboolean
tags_find_values (Db *db, Arena *arena, const char *asset_id, StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_VALUES_OF_ASSET, DB_ARGS (db_text (asset_id)), out,
                            error);
}

/* ---- making ---- */

static gboolean
find_by_value (Db *tx, Arena *arena, const char *owner_id, const StringList *values,
               GHashTable *by_value, GError **error)
{
    TagRowList rows = { 0 };

    if (!db_select (tx, arena, &tag_row_type, (List *) &rows, SQL_TAGS_BY_VALUE,
                    DB_ARGS (db_text (owner_id), db_strings (arena, values)), error))
        return FALSE;
    for (gsize i = 0; i < rows.n; i++)
        g_hash_table_insert (by_value, (gpointer) rows.items[i].value, &rows.items[i]);
    return TRUE;
}

static void
add_text (Arena *arena, StringList *list, const char *text)
{
    list->items = arena_grow_list (arena, list->items, list->n, sizeof *list->items);
    list->items[list->n++] = text;
}

/* Pairs of a new tag with its parent, and with itself and all above it. */
static void
add_links (Arena *arena, const TagRow *tag, GHashTable *by_value, StringList *parents,
           StringList *ancestors)
{
    g_autofree char *above = g_strdup (tag->value);
    char *slash;

    add_text (arena, ancestors, arena_printf (arena, "%s %s", tag->id, tag->id));
    for (guint step = 0; (slash = strrchr (above, '/')) != NULL; step++) {
        const TagRow *row;

        *slash = '\0';
        row = g_hash_table_lookup (by_value, above);
        if (row == NULL)
            continue;
        add_text (arena, ancestors, arena_printf (arena, "%s %s", tag->id, row->id));
        if (step == 0)
            add_text (arena, parents, arena_printf (arena, "%s %s", tag->id, row->id));
    }
}

static gboolean
make_missing (Db *tx, Arena *arena, const char *owner_id, const StringList *missing,
              const StringList *all, GHashTable *by_value, GError **error)
{
    StringList rows = { arena_new_array (arena, const char *, missing->n), missing->n };
    StringList parents = { 0 }, ancestors = { 0 };

    for (gsize i = 0; i < missing->n; i++)
        rows.items[i] = arena_printf (arena, "%s %s", uuid_v4 (arena), missing->items[i]);
    if (!db_exec (
            tx, SQL_TAGS_INSERT,
            DB_ARGS (db_strings (arena, &rows), db_text (owner_id), db_int (timestamp_now_ms ())),
            NULL, error) ||
        !find_by_value (tx, arena, owner_id, all, by_value, error))
        return FALSE;
    for (gsize i = 0; i < missing->n; i++)
        add_links (arena, g_hash_table_lookup (by_value, missing->items[i]), by_value, &parents,
                   &ancestors);
    return (parents.n == 0 ||
            db_exec (tx, SQL_PARENTS_SET, DB_ARGS (db_strings (arena, &parents)), NULL, error)) &&
           db_exec (tx, SQL_ANCESTORS_INSERT, DB_ARGS (db_strings (arena, &ancestors)), NULL,
                    error) &&
           (parents.n == 0 || find_by_value (tx, arena, owner_id, all, by_value, error));
}

gboolean
tags_make (Db *tx, Arena *arena, const char *owner_id, const StringList *values, TagRowList *out,
           GError **error)
{
    g_autoptr (GHashTable) by_value = g_hash_table_new (g_str_hash, g_str_equal);
    StringList all = tag_values_with_parents (arena, values), missing = { 0 };
    TagRowList made = { arena_new_array (arena, TagRow, MAX (values->n, 1)), values->n };

    if (all.n > 0 && !find_by_value (tx, arena, owner_id, &all, by_value, error))
        return FALSE;
    for (gsize i = 0; i < all.n; i++)
        if (!g_hash_table_contains (by_value, all.items[i]))
            add_text (arena, &missing, all.items[i]);
    if (missing.n > 0 && !make_missing (tx, arena, owner_id, &missing, &all, by_value, error))
        return FALSE;
    for (gsize i = 0; i < values->n; i++)
        made.items[i] = *(const TagRow *) g_hash_table_lookup (by_value, values->items[i]);
    *out = made;
    return TRUE;
}

/* ---- changing ---- */

/* Assets whose tags will change: before anything else of theirs, as an edit writes them first, too. Else each
 * would hold what the other waits for. */
static gboolean
touch (Db *tx, Arena *arena, const StringList *asset_ids, GError **error)
{
    for (gsize at = 0; at < asset_ids->n; at += PAGE) {
        StringList some = { asset_ids->items + at, MIN (PAGE, asset_ids->n - at) };

        if (!db_exec (tx, SQL_ASSETS_TOUCH,
                      DB_ARGS (asset_changes (arena, &some), db_int (timestamp_now_ms ())), NULL,
                      error))
            return FALSE;
    }
    return TRUE;
}

/* Write the tags of assets into their exif rows, lock them there and have the sidecars follow. */
static gboolean
keep_in_exif (Db *tx, Arena *arena, const StringList *asset_ids, GError **error)
{
    for (gsize at = 0; at < asset_ids->n; at += PAGE) {
        StringList some = { asset_ids->items + at, MIN (PAGE, asset_ids->n - at) };

        if (!db_exec (tx, SQL_EXIF_TAGS_SET, DB_ARGS (db_strings (arena, &some)), NULL, error))
            return FALSE;
        for (gsize i = 0; i < some.n; i++)
            if (!sidecars_add_write (tx, arena, some.items[i], error))
                return FALSE;
    }
    return TRUE;
}

gboolean
tag_store_color (Db *tx, const char *id, const char *color, GError **error)
{
    return db_exec (tx, SQL_COLOR_SET,
                    DB_ARGS (db_text (id), db_text (color), db_int (timestamp_now_ms ())), NULL,
                    error);
}

gboolean
tag_find_values_below (Db *db, Arena *arena, const char *id, StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_VALUES_BELOW, DB_ARGS (db_text (id)), out, error);
}

gboolean
tag_store_value (Db *tx, Arena *arena, const TagRow *tag, const char *value, GError **error)
{
    StringList assets;

    return db_select_texts (tx, arena, SQL_TAGGED_BELOW, DB_ARGS (db_text (tag->id)), &assets,
                            error) &&
           touch (tx, arena, &assets, error) &&
           db_exec (tx, SQL_VALUE_SET,
                    DB_ARGS (db_text (tag->id), db_text (value),
                             db_int (g_utf8_strlen (tag->value, -1)), db_int (timestamp_now_ms ())),
                    NULL, error) &&
           keep_in_exif (tx, arena, &assets, error);
}

gboolean
tag_remove (Db *tx, Arena *arena, const char *id, GError **error)
{
    StringList assets;

    return db_select_texts (tx, arena, SQL_TAGGED_BELOW, DB_ARGS (db_text (id)), &assets, error) &&
           touch (tx, arena, &assets, error) &&
           db_exec (tx, SQL_TAG_DELETE, DB_ARGS (db_text (id)), NULL, error) &&
           keep_in_exif (tx, arena, &assets, error);
}

gboolean
tags_remove_unused (Db *tx, gint64 *out_n, GError **error)
{
    return db_exec (tx, SQL_UNUSED_DELETE, DB_NO_ARGS, out_n, error);
}

gboolean
tags_add_to_assets (Db *tx, Arena *arena, const StringList *tag_ids, const StringList *asset_ids,
                    const WorkflowCause *cause, StringList *out_changed, gint64 *out_n_new,
                    GError **error)
{
    StringList changed = { 0 };
    gint64 n_new = 0;

    if (tag_ids->n > 0 && asset_ids->n > 0 &&
        !db_select_texts (tx, arena, SQL_UNTAGGED_FIND,
                          DB_ARGS (db_strings (arena, tag_ids), db_strings (arena, asset_ids),
                                   db_int ((gint64) tag_ids->n)),
                          &changed, error))
        return FALSE;
    if (changed.n > 0 &&
        (!touch (tx, arena, &changed, error) ||
         !db_exec (tx, SQL_PAIRS_INSERT,
                   DB_ARGS (db_strings (arena, tag_ids), db_strings (arena, &changed)), &n_new,
                   error) ||
         !keep_in_exif (tx, arena, &changed, error) ||
         !workflows_trigger (tx, WORKFLOW_TRIGGER_ASSET_TAGGED, &changed, cause, error)))
        return FALSE;
    if (out_changed != NULL)
        *out_changed = changed;
    if (out_n_new != NULL)
        *out_n_new = n_new;
    return TRUE;
}

gboolean
tags_check_number (Db *tx, Arena *arena, const StringList *asset_ids, GError **error)
{
    const char *found = NULL;

    if (!db_select_text (tx, arena, SQL_TAGGED_TOO_OFTEN,
                         DB_ARGS (db_strings (arena, asset_ids), db_int (TAG_MAX_OF_ASSET)), &found,
                         error))
        return FALSE;
    if (found == NULL)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "An asset can have %d tags at most; take some off '%s' first", TAG_MAX_OF_ASSET,
                 found);
    return FALSE;
}

gboolean
tag_remove_from_assets (Db *tx, Arena *arena, const char *tag_id, const StringList *asset_ids,
                        StringList *out_changed, GError **error)
{
    *out_changed = (StringList){ 0 };
    if (asset_ids->n == 0)
        return TRUE;
    return db_select_texts (tx, arena, SQL_TAGGED_FIND,
                            DB_ARGS (db_text (tag_id), db_strings (arena, asset_ids)), out_changed,
                            error) &&
           (out_changed->n == 0 ||
            (touch (tx, arena, out_changed, error) &&
             db_exec (tx, SQL_PAIRS_DELETE,
                      DB_ARGS (db_text (tag_id), db_strings (arena, out_changed)), NULL, error) &&
             keep_in_exif (tx, arena, out_changed, error)));
}

/* ---- by their paths ---- */

static gboolean
clean_paths (Arena *arena, const StringList *paths, StringList *out, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

    *out = (StringList){ 0 };
    for (gsize i = 0; i < paths->n; i++) {
        const char *value = tag_value_clean (arena, paths->items[i]);

        if (value == NULL) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, TAG_TOO_LONG);
            return FALSE;
        }
        if (g_hash_table_add (seen, (gpointer) value))
            add_text (arena, out, value);
    }
    return TRUE;
}

gboolean
tags_make_paths (Db *tx, Arena *arena, const char *owner_id, const StringList *paths,
                 StringList *out_ids, GError **error)
{
    StringList values, ids = { 0 };
    TagRowList tags;

    if (!clean_paths (arena, paths, &values, error) ||
        !tags_make (tx, arena, owner_id, &values, &tags, error))
        return FALSE;
    for (gsize i = 0; i < tags.n; i++)
        add_text (arena, &ids, tags.items[i].id);
    *out_ids = ids;
    return TRUE;
}

gboolean
tags_remove_paths (Db *tx, Arena *arena, const char *owner_id, const StringList *paths,
                   const char *asset_id, gboolean *out_changed, GError **error)
{
    StringList values, assets = { &asset_id, 1 }, changed;
    TagRowList tags;

    if (!clean_paths (arena, paths, &values, error) ||
        !db_select (tx, arena, &tag_row_type, (List *) &tags, SQL_TAGS_BY_VALUE,
                    DB_ARGS (db_text (owner_id), db_strings (arena, &values)), error))
        return FALSE;
    *out_changed = FALSE;
    for (gsize i = 0; i < tags.n; i++) {
        if (!tag_remove_from_assets (tx, arena, tags.items[i].id, &assets, &changed, error))
            return FALSE;
        *out_changed |= changed.n > 0;
    }
    return TRUE;
}

/* ---- from files ---- */

gboolean
tags_set_from_file (Db *tx, Arena *arena, const char *owner_id, const char *asset_id,
                    const StringList *keywords, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    StringList values = { 0 }, tag_ids = { 0 }, assets = { &asset_id, 1 };
    TagRowList tags;
    gint64 n_new = 0;

    for (gsize i = 0; i < keywords->n && values.n < TAG_MAX_OF_ASSET; i++) {
        const char *value = tag_value_clean (arena, keywords->items[i]);

        if (value == NULL)
            g_message (
                "asset '%s' has a keyword that is empty, longer than %d bytes or deeper than "
                "%d levels, skipping",
                asset_id, TAG_MAX_BYTES, TAG_MAX_LEVELS);
        else if (g_hash_table_add (seen, (gpointer) value))
            add_text (arena, &values, value);
    }
    if (!tags_make (tx, arena, owner_id, &values, &tags, error))
        return FALSE;
    for (gsize i = 0; i < tags.n; i++)
        add_text (arena, &tag_ids, tags.items[i].id);
    return db_exec (tx, SQL_OTHER_PAIRS_DELETE,
                    DB_ARGS (db_text (asset_id), db_strings (arena, &tag_ids)), NULL, error) &&
           (tag_ids.n == 0 ||
            db_exec (tx, SQL_PAIRS_INSERT,
                     DB_ARGS (db_strings (arena, &tag_ids), db_strings (arena, &assets)), &n_new,
                     error)) &&
           (n_new == 0 ||
            workflows_trigger_one (tx, WORKFLOW_TRIGGER_ASSET_TAGGED, asset_id, error));
}
