/* search_store.c -- asking for the assets of a search, see search_private.h */
#define G_LOG_DOMAIN "search"
#include "features/search/search_private.h"

#include <string.h>

#include "base/uuid.h"
#include "features/assets/assets.h"

/* $1 parts. What may match is asked for first when it is little; else an order finds a page sooner. */
static const char SQL_PARTS_COUNT[] =
    "SELECT count(*) FROM (SELECT 1 FROM asset_text_index($1) LIMIT 20001) AS several";
#define MAX_CANDIDATES 20000
/* CROSS JOIN keeps SQLite from beginning with the order after all. */
#define SQL_BY_TEXT "asset_text_index(%s) i CROSS JOIN asset_text c CROSS JOIN asset a"
#define SQL_BY_TEXT_JOIN " AND c.id = i.rowid AND a.id = c.asset_id"
#define SQL_BY_CHANCE                                                                              \
    "(SELECT id FROM asset WHERE id %s %s ORDER BY id LIMIT %s) i CROSS JOIN asset a"
#define SQL_BY_CHANCE_JOIN " AND a.id = i.id"

/* $1 JSON array of owners, $2 visibility or NULL, $3 type or NULL, $4 favourite or NULL, $5 1: also
 * what is in the trash. Films of locked photos are few, and not kept. */
#define SQL_WANTED                                                                                 \
    "   AND type = COALESCE(CAST($3 AS TEXT), type)"                                               \
    "   AND is_favorite = COALESCE(CAST($4 AS SMALLINT), is_favorite)"
static const char SQL_COUNT_KEPT[] =
    "SELECT CAST(COALESCE(sum(n_assets), 0) AS BIGINT)"
    "     - (SELECT count(*) FROM asset a WHERE COALESCE(CAST($2 AS TEXT), 'hidden') = 'hidden'"
    "           AND id IN (SELECT l.live_photo_video_id FROM asset l WHERE l.visibility = 'locked'"
    "                         AND l.owner_id IN (SELECT value FROM json_each($1))"
    "                         AND l.live_photo_video_id IS NOT NULL)"
    "           AND (CAST($5 AS SMALLINT) = 1 OR (deleted_at IS NULL AND status = 'active'))"
    "           AND status <> 'deleted' AND " SEARCH_FILM_IS_LOCKED SQL_WANTED ")"
    "  FROM asset_usage"
    " WHERE owner_id IN (SELECT value FROM json_each($1))"
    "   AND visibility = COALESCE(CAST($2 AS TEXT), visibility)"
    "   AND (visibility <> 'locked' OR CAST($2 AS TEXT) = 'locked')" SQL_WANTED
    "   AND (status = 'active' OR (CAST($5 AS SMALLINT) = 1 AND status IN ('trashed', 'offline')))";

static const char SQL_COUNT_ALL[] =
    "SELECT CAST(COALESCE(sum(n_assets), 0) AS BIGINT) FROM asset_usage";

/* What an order compares. local_day goes with local_date_time, and an index has it. */
static const struct {
    const char *column, *exif_column, *coarse;
    gboolean has_nulls, of_exif;
} orders[] = {
    [SEARCH_BY_TAKEN] = { "a.file_created_at", "e.taken_at", NULL, FALSE, FALSE },
    [SEARCH_BY_LOCAL] = { "a.local_date_time", "a.local_date_time", "a.local_day", FALSE, FALSE },
    [SEARCH_BY_SIZE] = { "e.file_size_in_byte", "e.file_size_in_byte", NULL, TRUE, TRUE },
    [SEARCH_BY_RATING] = { "e.rating", "e.rating", NULL, TRUE, TRUE },
    [SEARCH_BY_CHANCE] = { "random()", "random()", NULL, FALSE, FALSE },
};

/* An index of asset_exif begins when it finds or orders and nothing else finds better. CROSS JOIN keeps
 * SQLite to that. */
static gboolean
begins_with_exif (const SearchQuery *query, SearchOrderBy by)
{
    return !query->any_owner && !query->is_confined &&
           (query->begins_exif || (by == SEARCH_BY_SIZE && query->needs_exif));
}

/* FROM and WHERE for one owner; NULL: conditions say whose. */
static void
append_from (const SearchQuery *query, gboolean exif_first, gboolean joins_exif, const char *owner,
             gboolean is_partner, GString *out)
{
    const char *assets = query->candidates != NULL ? query->candidates : "asset a";

    if (exif_first)
        g_string_append (out, " FROM asset_exif e CROSS JOIN asset a WHERE a.id = e.asset_id");
    else if (query->needs_exif)
        g_string_append_printf (out, " FROM %s CROSS JOIN asset_exif e WHERE e.asset_id = a.id",
                                assets);
    else if (joins_exif)
        g_string_append_printf (
            out, " FROM %s LEFT JOIN asset_exif e ON e.asset_id = a.id WHERE 1 = 1", assets);
    else
        g_string_append_printf (out, " FROM %s WHERE 1 = 1", assets);
    if (!exif_first && query->candidates != NULL)
        g_string_append (out, query->candidates_join);
    if (owner != NULL)
        g_string_append_printf (out, " AND %s.owner_id = %s", exif_first ? "e" : "a", owner);
    if (is_partner)
        g_string_append (out, " AND " SEARCH_OF_PARTNER);
    g_string_append (out, " AND a.status <> 'deleted'");
    g_string_append (out, query->where->str);
}

static void
append_order (const SearchQuery *query, SearchOrderBy by, gboolean ascending, const char *key,
              const char *id, GString *out)
{
    const char *direction = ascending ? "" : " DESC";

    if (by == SEARCH_BY_CHANCE) {
        g_string_append_printf (out, " ORDER BY %s", key);
        return;
    }
    g_string_append_printf (out, " ORDER BY %s%s%s, %s%s", key, direction,
                            orders[by].has_nulls && !query->has_size ? " NULLS LAST" : "", id,
                            direction);
}

typedef enum { PART_WHOLE, PART_WITH_KEY, PART_WITHOUT_KEY } PartKind;

/* What one owner has, in order and cut off. */
static void
append_part (SearchQuery *query, const SearchPage *page, gsize owner, PartKind kind, GString *out)
{
    gboolean exif_first =
        kind == PART_WHOLE ? begins_with_exif (query, page->by) : kind == PART_WITH_KEY;
    gboolean joins_exif = query->joins_exif || orders[page->by].of_exif;
    const char *key = exif_first ? orders[page->by].exif_column : orders[page->by].column;
    const char *id = exif_first ? "e.asset_id" : "a.id";
    const char *coarse = orders[page->by].coarse;
    const char *direction = page->ascending ? "" : " DESC";

    g_string_append_printf (out, "SELECT id, k FROM (SELECT %s AS id, %s AS k", id, key);
    append_from (query, exif_first, joins_exif,
                 query->any_owner ? NULL
                                  : search_arg (query, db_text (query->owner_ids.items[owner])),
                 owner > 0, out);
    if (kind == PART_WITHOUT_KEY)
        g_string_append_printf (out, " AND %s IS NULL ORDER BY %s%s", key, id, direction);
    else {
        if (kind == PART_WITH_KEY)
            g_string_append_printf (out, " AND %s IS NOT NULL", key);
        append_order (query, page->by, page->ascending,
                      page->by == SEARCH_BY_CHANCE ? "k"
                      : coarse == NULL
                          ? key
                          : arena_printf (query->arena, "%s%s, %s", coarse, direction, key),
                      id, out);
    }
    g_string_append_printf (out, " LIMIT %s) AS part%zu",
                            search_arg (query, db_int (page->offset + page->limit)),
                            owner * 2 + (kind == PART_WITHOUT_KEY));
}

/* A part for each owner, so that each is read from its index; and where most assets have no key (few
 * are rated), one for those that have, which an index orders, and one for the rest. */
static const char *
compose_page (SearchQuery *query, const SearchPage *page)
{
    gboolean splits =
        orders[page->by].has_nulls && !query->has_size && !query->any_owner && !query->is_confined;
    gsize n_owners = query->any_owner ? 1 : query->owner_ids.n;
    GString *out = g_string_new (NULL);
    const char *sql;

    g_string_append (out, "SELECT id FROM (");
    for (gsize i = 0; i < n_owners; i++) {
        g_string_append (out, i > 0 ? " UNION ALL " : "");
        append_part (query, page, i, splits ? PART_WITH_KEY : PART_WHOLE, out);
        if (splits) {
            g_string_append (out, " UNION ALL ");
            append_part (query, page, i, PART_WITHOUT_KEY, out);
        }
    }
    g_string_append (out, ") AS found");
    append_order (query, page->by, page->ascending, "k", "id", out);
    g_string_append_printf (out, " LIMIT %s OFFSET %s", search_arg (query, db_int (page->limit)),
                            search_arg (query, db_int (page->offset)));
    sql = arena_strdup (query->arena, out->str);
    g_string_free (out, TRUE);
    return sql;
}

static gboolean
check (SearchQuery *query, GError **error)
{
    if (query->error == NULL)
        return TRUE;
    g_propagate_error (error, g_error_copy (query->error));
    return FALSE;
}

/* Begin with what the text index has, when that is little. */
static gboolean
use_text_index (Db *db, SearchQuery *query, GError **error)
{
    DbValue parts = db_text (query->parts->str);
    gint64 n;

    if (query->parts->len == 0 || query->is_confined)
        return TRUE;
    if (!db_select_int (db, SQL_PARTS_COUNT, DB_ARGS (parts), &n, NULL, error))
        return FALSE;
    if (n <= MAX_CANDIDATES) {
        query->candidates = arena_printf (query->arena, SQL_BY_TEXT, search_arg (query, parts));
        query->candidates_join = SQL_BY_TEXT_JOIN;
        query->is_confined = TRUE;
    }
    return TRUE;
}

/* ---- by chance ---- */

/* Ids are random: those that follow a random one are a sample. They are of all owners and states, so
 * this is for what is not too rare among them. */
#define MAX_SAMPLE 50000

static gboolean
count_kept (Db *db, const SearchQuery *query, gint64 *out, GError **error)
{
    return db_select_int (db, SQL_COUNT_KEPT,
                          DB_ARGS (db_strings (query->arena, &query->owner_ids),
                                   db_text (query->visibility), db_text (query->type),
                                   db_int_if (query->has_favorite, query->is_favorite),
                                   db_bool (query->with_deleted)),
                          out, NULL, error);
}

/* Append at most @limit ids of a sample on one side of @begin. */
static gboolean
append_sample (Db *db, SearchQuery *query, const char *side, const char *begin, gint64 n_sample,
               gsize limit, StringList *out, GError **error)
{
    g_autoptr (GString) sql = g_string_new ("SELECT a.id");
    gsize n_args = query->n;
    StringList found;
    gboolean ok;

    query->candidates =
        arena_printf (query->arena, SQL_BY_CHANCE, side, search_arg (query, db_text (begin)),
                      search_arg (query, db_int (n_sample)));
    query->candidates_join = SQL_BY_CHANCE_JOIN;
    append_from (query, FALSE, query->joins_exif,
                 search_arg (query, db_text (query->owner_ids.items[0])), FALSE, sql);
    g_string_append_printf (sql, " LIMIT %s", search_arg (query, db_int ((gint64) limit)));
    ok = check (query, error) &&
         db_select_texts (db, query->arena, arena_strdup (query->arena, sql->str),
                          (DbArgs){ query->values, query->n }, &found, error);
    query->candidates = NULL;
    query->n = n_args; /* PostgreSQL takes none that a statement does not name */
    if (!ok)
        return FALSE;
    if (found.n > 0)
        memcpy (out->items + out->n, found.items, found.n * sizeof *found.items);
    out->n += found.n;
    return TRUE;
}

/* @out_done FALSE: the sample had too few of them, or would be too large. */
static gboolean
find_by_chance (Db *db, SearchQuery *query, gsize limit, StringList *out, gboolean *out_done,
                GError **error)
{
    const char *begin = uuid_v4 (query->arena);
    gint64 n, n_all, n_sample;

    *out_done = FALSE;
    if (!query->is_counted || query->any_owner || query->owner_ids.n != 1)
        return TRUE;
    if (!count_kept (db, query, &n, error) ||
        !db_select_int (db, SQL_COUNT_ALL, DB_NO_ARGS, &n_all, NULL, error))
        return FALSE;
    *out = (StringList){ arena_new_array (query->arena, const char *, MAX (limit, 1)), 0 };
    limit = MIN (limit, (gsize) n);
    n_sample = n_all / MAX (n, 1) * (gint64) limit * 3 / 2 + 100;
    if (n_sample > MAX_SAMPLE)
        return TRUE;
    if (!append_sample (db, query, ">=", begin, n_sample, limit, out, error) ||
        (out->n < limit &&
         !append_sample (db, query, "<", begin, n_sample, limit - out->n, out, error)))
        return FALSE;
    assets_shuffle (out);
    *out_done = out->n == limit;
    return TRUE;
}

/* ---- the newest of a large set ---- */

/* A set knows the days of its assets, in the calendar of where they were taken: so far from the day in UTC they can
 * be at most, and a page that ends later than that has all that it would have of the whole set. */
#define DAY_MS G_GINT64_CONSTANT (86400000)
#define MAX_DAYS_APART 2
#define MORE_THAN_A_PAGE 500 /* of them some may not match */

/* $1 asset */
static const char SQL_TAKEN[] = "SELECT file_created_at FROM asset WHERE id = $1";

/* @out_done FALSE: too few of the newest match, or the set is small. */
static gboolean
find_among_newest (Db *db, SearchQuery *query, const SearchPage *page, const char *sql,
                   StringList *out, gboolean *out_done, GError **error)
{
    gint64 n = 2 * (page->offset + page->limit) + MORE_THAN_A_PAGE, day, taken_ms;

    *out_done = FALSE;
    if (page->by != SEARCH_BY_TAKEN || page->ascending)
        return TRUE;
    if (!search_find_day (db, query, n, &day, error))
        return FALSE;
    if (day == G_MININT64)
        return TRUE;
    query->values[query->first_day - 1] = db_int (day);
    if (!db_select_texts (db, query->arena, sql, (DbArgs){ query->values, query->n }, out, error))
        return FALSE;
    query->values[query->first_day - 1] = db_int (G_MININT64);
    if ((gint64) out->n < page->limit || out->n == 0)
        return TRUE;
    if (!db_select_int (db, SQL_TAKEN, DB_ARGS (db_text (out->items[out->n - 1])), &taken_ms, NULL,
                        error))
        return FALSE;
    *out_done = taken_ms >= (day + MAX_DAYS_APART) * DAY_MS;
    return TRUE;
}

gboolean
search_find (Db *db, SearchQuery *query, const SearchPage *page, StringList *out_ids,
             GError **error)
{
    gboolean is_done = FALSE;
    const char *sql;

    if (page->by == SEARCH_BY_CHANCE &&
        !find_by_chance (db, query, (gsize) page->limit, out_ids, &is_done, error))
        return FALSE;
    if (is_done)
        return TRUE;
    if (!use_text_index (db, query, error))
        return FALSE;
    sql = compose_page (query, page);
    if (!check (query, error) ||
        !find_among_newest (db, query, page, sql, out_ids, &is_done, error))
        return FALSE;
    return is_done || db_select_texts (db, query->arena, sql, (DbArgs){ query->values, query->n },
                                       out_ids, error);
}

gboolean
search_explain (Db *db, SearchQuery *query, const SearchPage *page, const char **out,
                GError **error)
{
    const char *sql;

    if (!use_text_index (db, query, error))
        return FALSE;
    sql = compose_page (query, page);
    return check (query, error) &&
           db_explain (db, query->arena, sql, (DbArgs){ query->values, query->n }, out, error);
}

gboolean
search_count (Db *db, SearchQuery *query, gint64 *out, GError **error)
{
    g_autoptr (GString) sql = g_string_new ("SELECT count(*) FROM (");
    gboolean exif_first;

    if (query->is_counted && !query->needs_exif && !query->any_owner && query->owner_ids.n == 1)
        return count_kept (db, query, out, error);
    if (!use_text_index (db, query, error))
        return FALSE;
    exif_first = begins_with_exif (query, SEARCH_BY_TAKEN);
    for (gsize i = 0; i < (query->any_owner ? 1 : query->owner_ids.n); i++) {
        const char *owner =
            query->any_owner ? NULL : search_arg (query, db_text (query->owner_ids.items[i]));

        g_string_append (sql, i > 0 ? " UNION ALL SELECT a.id" : "SELECT a.id");
        append_from (query, exif_first, query->joins_exif, owner, i > 0, sql);
    }
    g_string_append (sql, ") AS found");
    return check (query, error) &&
           db_select_int (db, arena_strdup (query->arena, sql->str),
                          (DbArgs){ query->values, query->n }, out, NULL, error);
}
