/* map_store.c -- see map_store.h
 *
 * Of timelines alone the statement reads nothing but the index asset_exif_marker. Of one owner it is
 * read in pages, so that no read of the database waits for a slow client and memory stays small. */
#define G_LOG_DOMAIN "map"
#include "features/map/map_store.h"

#include <math.h>

#include "base/json_writer.h"
#include "base/uuid.h"

/* $1 receiver */
static const char SQL_PARTNERS[] =
    "SELECT p.shared_by_id FROM partner p JOIN users u ON u.id = p.shared_by_id"
    " WHERE p.shared_with_id = $1 AND u.deleted_at IS NULL ORDER BY p.shared_by_id";

/* $1 the owner, or a JSON array of them, $2 the first moment, $3 $4 the last one and an id: what comes
 * before both, $5 at most so many */
#define SQL_COLUMNS                                                                                \
    "SELECT e.asset_id AS id, e.latitude AS latitude, e.longitude AS longitude, e.city AS city,"   \
    "       e.state AS state, e.country AS country, e.taken_at AS taken_at"
#define SQL_PLACED                                                                                 \
    " e.latitude IS NOT NULL AND e.longitude IS NOT NULL"                                          \
    " AND e.taken_at >= $2 AND (e.taken_at, e.asset_id) < ($3, $4)"
#define SQL_SHOWN SQL_COLUMNS "  FROM asset_exif e WHERE e.is_shown = 1 AND" SQL_PLACED
#define SQL_ONE_OWNER " AND e.owner_id = $1" /* in the order of the index */
#define SQL_OWNERS " AND e.owner_id IN (SELECT value FROM json_each($1))"
/* $6 the caller, whose favourites and archive alone count, $7 1: the archive, too, $8 and $9 the values
 * of is_favorite wanted */
#define SQL_ASSETS                                                                                 \
    SQL_COLUMNS " FROM asset_exif e JOIN asset a ON a.id = e.asset_id WHERE" SQL_PLACED            \
                "   AND a.deleted_at IS NULL AND a.status = 'active'"                              \
                "   AND CASE WHEN a.owner_id = $6 THEN a.is_favorite ELSE 0 END IN ($8, $9)"
#define SQL_VISIBLE                                                                                \
    "   AND (a.visibility = 'timeline'"                                                            \
    "        OR (CAST($7 AS SMALLINT) = 1 AND a.visibility = 'archive' AND a.owner_id = $6))"
/* Whoever put it there. */
#define SQL_IN_ALBUMS                                                                              \
    "   AND a.visibility IN ('timeline', 'archive')"                                               \
    "   AND e.asset_id IN (SELECT x.asset_id FROM album_user u"                                    \
    "         JOIN album l ON l.id = u.album_id JOIN album_asset x ON x.album_id = l.id"           \
    "        WHERE u.user_id = $6 AND l.deleted_at IS NULL)"
/* what is both in a timeline and in an album comes once */
#define SQL_WITH_ALBUMS(owners) SQL_ASSETS owners SQL_VISIBLE " UNION " SQL_ASSETS SQL_IN_ALBUMS
#define SQL_ORDER " ORDER BY taken_at DESC, id DESC LIMIT $5"

/* [of timelines alone, with the archive or favourites, with albums][of one owner, of several] */
static const char *const SQL_MARKERS[3][2] = {
    { SQL_SHOWN SQL_ONE_OWNER SQL_ORDER, SQL_SHOWN SQL_OWNERS SQL_ORDER },
    { SQL_ASSETS SQL_ONE_OWNER SQL_VISIBLE SQL_ORDER, SQL_ASSETS SQL_OWNERS SQL_VISIBLE SQL_ORDER },
    { SQL_WITH_ALBUMS (SQL_ONE_OWNER) SQL_ORDER, SQL_WITH_ALBUMS (SQL_OWNERS) SQL_ORDER },
};

#define PAGE 5000
#define DEGREES_SCALE 1e8 /* a millimetre: what files say beyond that is noise */

typedef struct {
    const char *sql;
    DbValue values[9];
    gsize n;
    gboolean is_paged; /* the index gives the order: a page costs what it holds */
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
        .sql = SQL_MARKERS[filter->with_albums ? 2 : !is_simple][owners.n > 1],
        .values = { owners.n == 1 ? db_text (filter->user_id) : db_strings (arena, &owners),
                    db_int (filter->has_after ? filter->after_ms : G_MININT64),
                    db_int (filter->has_before && filter->before_ms < G_MAXINT64
                                ? filter->before_ms + 1
                                : G_MAXINT64),
                    db_text (""), db_int (G_MAXINT64), db_text (filter->user_id),
                    db_bool (filter->with_archive),
                    db_int (filter->has_favorite && filter->is_favorite),
                    db_int (!filter->has_favorite || filter->is_favorite) },
        .n = is_simple ? 5 : 9,
        .is_paged = owners.n == 1 && !filter->with_albums,
    };
    if (out->is_paged)
        out->values[4] = db_int (PAGE);
    return TRUE;
}

typedef struct {
    JsonWriter json;
    gint64 n; /* markers of this page; its last one: */
    gint64 taken_at;
    char id[UUID_TEXT_BYTES];
} Page;

static gboolean
write_marker (const DbRow *row, gpointer data)
{
    Page *self = data;
    JsonWriter *json = &self->json;

    json_begin_object (json);
    json_name (json, "id");
    json_text (json, db_row_text (row, 0));
    json_name (json, "lat");
    json_number (json, round (db_row_real (row, 1) * DEGREES_SCALE) / DEGREES_SCALE);
    json_name (json, "lon");
    json_number (json, round (db_row_real (row, 2) * DEGREES_SCALE) / DEGREES_SCALE);
    json_name (json, "city");
    json_text (json, db_row_text (row, 3));
    json_name (json, "state");
    json_text (json, db_row_text (row, 4));
    json_name (json, "country");
    json_text (json, db_row_text (row, 5));
    json_end_object (json);
    self->n++;
    self->taken_at = db_row_int (row, 6);
    g_strlcpy (self->id, db_row_text (row, 0), sizeof self->id);
    return TRUE;
}

gboolean
map_store_write (Db *db, const MapFilter *filter, GString *out, gboolean (*flush) (gpointer data),
                 gpointer data, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    Statement statement;
    Page page = { 0 };
    char before[UUID_TEXT_BYTES];

    if (!prepare (db, arena, filter, &statement, error))
        return FALSE;
    json_writer_init (&page.json, out);
    json_begin_array (&page.json);
    do {
        page.n = 0;
        if (!db_each (db, statement.sql, (DbArgs){ statement.values, statement.n }, write_marker,
                      &page, error))
            return FALSE;
        if (!flush (data))
            return TRUE;
        g_strlcpy (before, page.id, sizeof before);
        statement.values[2] = db_int (page.taken_at);
        statement.values[3] = db_text (before);
    } while (statement.is_paged && page.n == PAGE);
    json_end_array (&page.json);
    flush (data);
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
