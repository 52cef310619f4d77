/* map_store.c -- see map_store.h
 *
 * The statement is put together from the literals below. Of timelines alone it reads nothing but the
 * index asset_exif_marker. */
#define G_LOG_DOMAIN "map"
#include "features/map/map_store.h"

#include "base/json_writer.h"

/* $1 receiver */
static const char SQL_PARTNERS[] =
    "SELECT p.shared_by_id FROM partner p JOIN users u ON u.id = p.shared_by_id"
    " WHERE p.shared_with_id = $1 AND u.deleted_at IS NULL ORDER BY p.shared_by_id";

/* $1 the owner, or a JSON array of them, $2 and $3 the first and last moment */
#define SQL_COLUMNS                                                                                \
    "SELECT e.asset_id AS id, e.latitude AS latitude, e.longitude AS longitude, e.city AS city,"   \
    "       e.state AS state, e.country AS country, e.taken_at AS taken_at"
#define SQL_PLACED                                                                                 \
    " e.latitude IS NOT NULL AND e.longitude IS NOT NULL AND e.taken_at BETWEEN $2 AND $3"
#define SQL_SHOWN SQL_COLUMNS "  FROM asset_exif e WHERE e.is_shown = 1 AND" SQL_PLACED
static const char SQL_TIMELINE[] = SQL_SHOWN " AND e.owner_id = $1"; /* in the order of the index */
static const char SQL_TIMELINES[] =
    SQL_SHOWN " AND e.owner_id IN (SELECT value FROM json_each($1))";
/* $4 the caller, whose favourites and archive alone count, $5 1: the archive, too, $6 and $7 the values
 * of is_favorite wanted */
#define SQL_ASSETS_OF                                                                              \
    SQL_COLUMNS " FROM asset_exif e JOIN asset a ON a.id = e.asset_id WHERE" SQL_PLACED            \
                "   AND a.deleted_at IS NULL AND a.status = 'active'"                              \
                "   AND CASE WHEN a.owner_id = $4 THEN a.is_favorite ELSE 0 END IN ($6, $7)"
#define SQL_VISIBLE                                                                                \
    "   AND (a.visibility = 'timeline'"                                                            \
    "        OR (CAST($5 AS SMALLINT) = 1 AND a.visibility = 'archive' AND a.owner_id = $4))"
static const char SQL_ASSETS[] =
    SQL_ASSETS_OF "   AND e.owner_id IN (SELECT value FROM json_each($1))" SQL_VISIBLE;
/* Of albums: whoever put it there. */
static const char SQL_ALBUMS[] = SQL_ASSETS_OF
    "   AND a.visibility IN ('timeline', 'archive')"
    "   AND e.asset_id IN (SELECT x.asset_id FROM album_user u"
    "         JOIN album l ON l.id = u.album_id JOIN album_asset x ON x.album_id = l.id"
    "        WHERE u.user_id = $4 AND l.deleted_at IS NULL)";
#define SQL_ORDER " ORDER BY taken_at DESC, id DESC"

typedef struct {
    const char *sql;
    DbValue values[7];
    gsize n;
} Statement;

static gboolean
find_owners (Db *db, Arena *arena, const MapFilter *filter, StringList *out, GError **error)
{
    StringList partners = { 0 };

    if (filter->with_partners &&
        !db_select_texts (db, arena, SQL_PARTNERS, DB_ARGS (db_text (filter->user_id)), &partners,
                          error))
        return FALSE;
    out->items = arena_new_array (arena, const char *, partners.n + 1);
    out->n = 0;
    out->items[out->n++] = filter->user_id;
    for (gsize i = 0; i < partners.n; i++)
        out->items[out->n++] = partners.items[i];
    return TRUE;
}

static gboolean
prepare (Db *db, Arena *arena, const MapFilter *filter, Statement *out, GError **error)
{
    gboolean is_simple = !filter->with_archive && !filter->with_albums && !filter->has_favorite;
    StringList owners;

    if (!find_owners (db, arena, filter, &owners, error))
        return FALSE;
    *out = (Statement){
        .values = { db_strings (arena, &owners),
                    db_int (filter->has_after ? filter->after_ms : G_MININT64),
                    db_int (filter->has_before ? filter->before_ms : G_MAXINT64),
                    db_text (filter->user_id), db_bool (filter->with_archive),
                    db_int (filter->has_favorite && filter->is_favorite),
                    db_int (!filter->has_favorite || filter->is_favorite) },
        .n = is_simple ? 3 : 7,
    };
    if (is_simple && owners.n == 1)
        out->values[0] = db_text (filter->user_id);
    if (is_simple)
        out->sql =
            arena_printf (arena, "%s" SQL_ORDER, owners.n == 1 ? SQL_TIMELINE : SQL_TIMELINES);
    else if (!filter->with_albums)
        out->sql = arena_printf (arena, "%s" SQL_ORDER, SQL_ASSETS);
    else /* what is in both comes once */
        out->sql = arena_printf (arena, "%s UNION %s" SQL_ORDER, SQL_ASSETS, SQL_ALBUMS);
    return TRUE;
}

static gboolean
write_marker (const DbRow *row, gpointer data)
{
    JsonWriter *json = data;

    json_begin_object (json);
    json_name (json, "id");
    json_text (json, db_row_text (row, 0));
    json_name (json, "lat");
    json_number (json, db_row_real (row, 1));
    json_name (json, "lon");
    json_number (json, db_row_real (row, 2));
    json_name (json, "city");
    json_text (json, db_row_text (row, 3));
    json_name (json, "state");
    json_text (json, db_row_text (row, 4));
    json_name (json, "country");
    json_text (json, db_row_text (row, 5));
    json_end_object (json);
    return TRUE;
}

gboolean
map_store_write (Db *db, Arena *arena, const MapFilter *filter, GString *out, GError **error)
{
    Statement statement;
    JsonWriter json;

    if (!prepare (db, arena, filter, &statement, error))
        return FALSE;
    json_writer_init (&json, out);
    json_begin_array (&json);
    if (!db_each (db, statement.sql, (DbArgs){ statement.values, statement.n }, write_marker, &json,
                  error))
        return FALSE;
    json_end_array (&json);
    return TRUE;
}

gboolean
map_store_explain (Db *db, Arena *arena, const MapFilter *filter, const char **out, GError **error)
{
    Statement statement;

    return prepare (db, arena, filter, &statement, error) &&
           db_explain (db, arena, statement.sql, (DbArgs){ statement.values, statement.n }, out,
                       error);
}
