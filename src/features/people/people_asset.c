/* people_asset.c -- who is in an asset */
#define G_LOG_DOMAIN "people"
#include "features/people/people_private.h"

/* $1 a JSON array of asset ids, $2 the viewer, NULL: each owner; from left to right in each asset */
static const char SQL_IN_ASSETS[] =
    "SELECT f.asset_id AS asset_id, f.person_id AS person_id"
    "  FROM (SELECT asset_id, person_id, min(x1) AS x1 FROM asset_face"
    "         WHERE asset_id IN (SELECT value FROM json_each($1)) AND person_id IS NOT NULL"
    "           AND deleted_at IS NULL AND is_visible = 1"
    "         GROUP BY asset_id, person_id) f"
    "  JOIN person p ON p.id = f.person_id JOIN asset a ON a.id = f.asset_id"
    " WHERE p.owner_id = a.owner_id AND (CAST($2 AS TEXT) IS NULL OR a.owner_id = $2)"
    " ORDER BY f.asset_id, f.x1, f.person_id";

/* Each person once. */
static StringList
list_people (Arena *arena, const PersonInAssetRowList *rows)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    StringList ids = { arena_new_array (arena, const char *, MAX (rows->n, 1)), 0 };

    for (gsize i = 0; i < rows->n; i++)
        if (g_hash_table_add (seen, (gpointer) rows->items[i].person_id))
            ids.items[ids.n++] = rows->items[i].person_id;
    return ids;
}

gboolean
people_describe_in_assets (const App *app, Db *db, Arena *arena, const char *viewer_id,
                           AssetResponseList *assets, GError **error)
{
    g_autoptr (GHashTable) person = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) in_asset = g_hash_table_new (g_str_hash, g_str_equal);
    StringList ids = { arena_new_array (arena, const char *, MAX (assets->n, 1)), assets->n };
    PersonInAssetRowList rows;
    PersonResponseList people = { 0 };

    for (gsize i = 0; i < assets->n; i++) {
        assets->items[i].has_people = TRUE;
        assets->items[i].people = (PersonResponseList){ 0 };
        ids.items[i] = assets->items[i].id;
        g_hash_table_insert (in_asset, (gpointer) ids.items[i], &assets->items[i].people);
    }
    if (!db_select (db, arena, &person_in_asset_row_type, (List *) &rows, SQL_IN_ASSETS,
                    DB_ARGS (db_strings (arena, &ids), db_text (viewer_id)), error))
        return FALSE;
    if (rows.n == 0)
        return TRUE;
    ids = list_people (arena, &rows);
    if (!people_describe (app, db, arena, &ids, &people, error))
        return FALSE;
    for (gsize i = 0; i < people.n; i++)
        g_hash_table_insert (person, (gpointer) people.items[i].id, &people.items[i]);
    for (gsize i = 0; i < rows.n; i++) {
        PersonResponseList *list = g_hash_table_lookup (in_asset, rows.items[i].asset_id);
        const PersonResponse *one = g_hash_table_lookup (person, rows.items[i].person_id);

        if (list->items == NULL) /* there are no more than rows of this asset */
            list->items = arena_new_array (arena, PersonResponse, rows.n - i);
        if (one != NULL)
            list->items[list->n++] = *one;
    }
    return TRUE;
}
