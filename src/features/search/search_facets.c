/* search_facets.c -- what there is to search for: places, cameras, people, and a picture of each city
 *
 * asset_place and asset_camera count what is shown on timelines, see 0057-asset-search.sql. */
#define G_LOG_DOMAIN "search"
#include "features/search/search_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/words.h"

/* $1 JSON array of owners, $2 and $3 another column's value or NULL */
#define SUGGEST(column, table, second, third)                                                      \
    "SELECT DISTINCT " column " FROM " table                                                       \
    " WHERE owner_id IN (SELECT value FROM json_each($1)) AND n_assets > 0 AND " column " <> ''"   \
    "   AND " second " = COALESCE(CAST($2 AS TEXT), " second ")"                                   \
    "   AND " third " = COALESCE(CAST($3 AS TEXT), " third ")"

static const char *const suggestions[] = {
    [SEARCH_SUGGESTION_TYPE_COUNTRY] = SUGGEST ("country", "asset_place", "city", "city"),
    [SEARCH_SUGGESTION_TYPE_STATE] = SUGGEST ("state", "asset_place", "country", "country"),
    [SEARCH_SUGGESTION_TYPE_CITY] = SUGGEST ("city", "asset_place", "country", "state"),
    [SEARCH_SUGGESTION_TYPE_CAMERA_MAKE] = SUGGEST ("make", "asset_camera", "model", "lens_model"),
    [SEARCH_SUGGESTION_TYPE_CAMERA_MODEL] = SUGGEST ("model", "asset_camera", "make", "lens_model"),
    [SEARCH_SUGGESTION_TYPE_CAMERA_LENS_MODEL] =
        SUGGEST ("lens_model", "asset_camera", "make", "model"),
};

/* $1 JSON array of owners, $2 the least number of images; the newest image of each owner's city */
static const char SQL_CITIES[] =
    "SELECT city, id, n_assets FROM"
    " (SELECT p.city AS city,"
    "         (SELECT e.asset_id FROM asset_exif e"
    "           WHERE e.owner_id = p.owner_id AND e.city = p.city AND e.is_shown = 1"
    "             AND e.is_image = 1"
    "           ORDER BY e.taken_at DESC, e.asset_id DESC LIMIT 1) AS id, p.n_assets AS n_assets"
    "    FROM (SELECT owner_id, city, CAST(sum(n_assets) AS BIGINT) AS n_assets FROM asset_place"
    "           WHERE owner_id IN (SELECT value FROM json_each($1)) AND is_image = 1 AND city <> ''"
    "             AND n_assets > 0"
    "           GROUP BY owner_id, city HAVING sum(n_assets) >= $2) AS p) AS c"
    " WHERE c.id IS NOT NULL";

/* $1 owner, $2 how many */
static const char SQL_RECENT[] =
    "SELECT id FROM asset WHERE owner_id = $1 AND visibility = 'timeline' AND type = 'IMAGE'"
    "   AND deleted_at IS NULL AND status = 'active'"
    " ORDER BY created_at DESC, file_created_at DESC, id DESC LIMIT $2";

/* $1 owner, $2 1: also the hidden */
static const char SQL_PEOPLE[] =
    "SELECT id, name, birth_date, thumbnail_path, is_hidden, is_favorite, color, updated_at"
    "  FROM person WHERE owner_id = $1 AND name <> '' AND (is_hidden = 0 OR is_hidden = $2)";

#define MAX_PEOPLE 100

/* As people look for them: without regard to case and accents, then by the bytes. */
static int
compare_texts (gconstpointer a, gconstpointer b)
{
    g_autofree char *x = text_fold (*(const char *const *) a);
    g_autofree char *y = text_fold (*(const char *const *) b);
    int order = g_strcmp0 (x, y);

    return order != 0 ? order : strcmp (*(const char *const *) a, *(const char *const *) b);
}

static DbValue
filter (const char *value)
{
    return db_text (value != NULL && value[0] != '\0' ? value : NULL);
}

gboolean
search_suggest (Db *db, Arena *arena, const StringList *owner_ids,
                const GetSearchSuggestionsRequest *in, StringList *out, GError **error)
{
    const char *filters[][2] = {
        [SEARCH_SUGGESTION_TYPE_COUNTRY] = { NULL, NULL },
        [SEARCH_SUGGESTION_TYPE_STATE] = { in->country, NULL },
        [SEARCH_SUGGESTION_TYPE_CITY] = { in->country, in->state },
        [SEARCH_SUGGESTION_TYPE_CAMERA_MAKE] = { in->model, in->lens_model },
        [SEARCH_SUGGESTION_TYPE_CAMERA_MODEL] = { in->make, in->lens_model },
        [SEARCH_SUGGESTION_TYPE_CAMERA_LENS_MODEL] = { in->make, in->model },
    };
    StringList found;

    if (!db_select_texts (db, arena, suggestions[in->type],
                          DB_ARGS (db_strings (arena, owner_ids), filter (filters[in->type][0]),
                                   filter (filters[in->type][1])),
                          &found, error))
        return FALSE;
    if (found.n > 0)
        qsort (found.items, found.n, sizeof *found.items, compare_texts);
    *out = found;
    return TRUE;
}

static int
compare_cities (gconstpointer a, gconstpointer b)
{
    const SearchCityRow *x = a, *y = b;

    return compare_texts (&x->city, &y->city);
}

gboolean
search_cities (Db *db, Arena *arena, const StringList *owner_ids, gint64 min_assets,
               SearchCityRowList *out, GError **error)
{
    SearchCityRowList rows = { 0 };
    gsize n = 0;

    if (!db_select (db, arena, &search_city_row_type, (List *) &rows, SQL_CITIES,
                    DB_ARGS (db_strings (arena, owner_ids), db_int (min_assets)), error))
        return FALSE;
    if (rows.n > 0)
        qsort (rows.items, rows.n, sizeof *rows.items, compare_cities);
    for (gsize i = 0; i < rows.n; i++)
        if (n == 0 || strcmp (rows.items[n - 1].city, rows.items[i].city) != 0)
            rows.items[n++] = rows.items[i];
    rows.n = n;
    *out = rows;
    return TRUE;
}

gboolean
search_recent (Db *db, Arena *arena, const char *owner_id, gint64 n, StringList *out,
               GError **error)
{
    return db_select_texts (db, arena, SQL_RECENT, DB_ARGS (db_text (owner_id), db_int (n)), out,
                            error);
}

/* ---- people ---- */

typedef struct {
    PersonResponse person;
    double strict;
} Found;

static int
compare_found (gconstpointer a, gconstpointer b)
{
    const Found *x = a, *y = b;

    if (x->strict != y->strict)
        return x->strict > y->strict ? -1 : 1;
    return compare_texts (&x->person.name, &y->person.name);
}

gboolean
search_people (Db *db, Arena *arena, const char *owner_id, const char *name, gboolean with_hidden,
               PersonResponseList *out, GError **error)
{
    g_autoptr (Likeness) likeness = likeness_new (name);
    g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Found));
    PersonResponseList all = { 0 };

    if (!db_select (db, arena, &person_response_type, (List *) &all, SQL_PEOPLE,
                    DB_ARGS (db_text (owner_id), db_bool (with_hidden)), error))
        return FALSE;
    for (gsize i = 0; i < all.n; i++)
        if (likeness_loose (likeness, all.items[i].name) >= LIKENESS_MATCH) {
            Found one = { all.items[i], likeness_strict (likeness, all.items[i].name) };

            g_array_append_val (found, one);
        }
    g_array_sort (found, compare_found);
    out->n = MIN (found->len, MAX_PEOPLE);
    out->items = arena_new_array (arena, PersonResponse, MAX (out->n, 1));
    for (gsize i = 0; i < out->n; i++)
        out->items[i] = g_array_index (found, Found, i).person;
    return TRUE;
}
