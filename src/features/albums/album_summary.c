/* album_summary.c -- see album_summary.h, and the end of albums.h
 *
 * The file needs nothing but the database, so that assets and users can use it, which albums need
 * themselves. */
#define G_LOG_DOMAIN "albums"
#include "features/albums/album_summary.h"

#include "base/timestamp.h"
#include "features/albums/albums.h"

#define PAGE 200 /* albums counted in one write, which others wait for */

/* $1 albums, as in all that follow */
static const char SQL_STALE_FIND[] = "SELECT DISTINCT album_id FROM album_stale"
                                     " WHERE album_id IN (SELECT value FROM json_each($1))";
static const char SQL_STALE_CLEAR[] = "DELETE FROM album_stale"
                                      " WHERE album_id IN (SELECT value FROM json_each($1))";
static const char SQL_SUMMARY_SAVE[] =
    "INSERT INTO album_summary (album_id, n_assets, first_at, last_at, modified_at)"
    " SELECT l.id, count(a.id), min(a.local_date_time), max(a.local_date_time), max(a.updated_at)"
    "   FROM album l LEFT JOIN album_asset aa ON aa.album_id = l.id"
    "   LEFT JOIN asset a ON a.id = aa.asset_id AND " SQL_ALBUM_SHOWS
    "  WHERE l.id IN (SELECT value FROM json_each($1)) GROUP BY l.id"
    " ON CONFLICT (album_id) DO UPDATE SET n_assets = excluded.n_assets,"
    "    first_at = excluded.first_at, last_at = excluded.last_at,"
    "    modified_at = excluded.modified_at";

#define SQL_SHOWN_OF_ALBUM                                                                         \
    " FROM album_asset aa JOIN asset a ON a.id = aa.asset_id"                                      \
    " WHERE aa.album_id = album.id AND " SQL_ALBUM_SHOWS
static const char SQL_COVER_REPAIR[] =
    "UPDATE album SET update_id = uuid_v7 (), thumbnail_asset_id ="
    "       (SELECT a.id" SQL_SHOWN_OF_ALBUM " ORDER BY a.file_created_at DESC, a.id LIMIT 1)"
    " WHERE id IN (SELECT value FROM json_each($1))"
    "   AND NOT EXISTS (SELECT 1" SQL_SHOWN_OF_ALBUM
    "                      AND aa.asset_id = album.thumbnail_asset_id)"
    "   AND (thumbnail_asset_id IS NOT NULL OR EXISTS (SELECT 1" SQL_SHOWN_OF_ALBUM "))";

/* $1 member; mostly nothing is stale, and then no album is looked at */
static const char SQL_STALE_OF_MEMBER[] =
    "SELECT m.album_id FROM (SELECT 1 FROM album_stale LIMIT 1) AS found CROSS JOIN album_user m"
    " WHERE m.user_id = $1"
    "   AND EXISTS (SELECT 1 FROM album_stale s WHERE s.album_id = m.album_id)";

/* $1 assets */
static const char SQL_COVERED_BY[] = "SELECT id FROM album WHERE thumbnail_asset_id IN"
                                     " (SELECT value FROM json_each($1))";
static const char SQL_ASSETS_DROP[] = "DELETE FROM album_asset"
                                      " WHERE asset_id IN (SELECT value FROM json_each($1))";
static const char SQL_ACTIVITIES_DROP[] = "DELETE FROM activity"
                                          " WHERE asset_id IN (SELECT value FROM json_each($1))";

/* $1 user */
#define SQL_OWNED "(SELECT album_id FROM album_user WHERE user_id = $1 AND role = 'owner')"
/* $2 when, or NULL; $3 now */
static const char SQL_OWNED_MARK[] =
    "UPDATE album SET deleted_at = CAST($2 AS BIGINT), updated_at = $3, update_id = uuid_v7 ()"
    " WHERE id IN " SQL_OWNED;
static const char SQL_OWNED_DELETE[] = "DELETE FROM album WHERE id IN " SQL_OWNED;

typedef struct {
    Arena *arena;
    StringList ids;
} Refresh;

static gboolean
run_refresh (Db *tx, gpointer data, GError **error)
{
    const Refresh *self = data;
    DbArgs args = DB_ARGS (db_strings (self->arena, &self->ids));

    return db_exec (tx, SQL_STALE_CLEAR, args, NULL, error) &&
           db_exec (tx, SQL_SUMMARY_SAVE, args, NULL, error) &&
           db_exec (tx, SQL_COVER_REPAIR, args, NULL, error);
}

static gboolean
refresh_all (Db *db, Arena *arena, const StringList *stale, GError **error)
{
    for (gsize at = 0; at < stale->n; at += PAGE) {
        Refresh some = { arena, { stale->items + at, MIN (PAGE, stale->n - at) } };

        if (!db_write (db, run_refresh, &some, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
album_summary_refresh_stale (Db *db, Arena *arena, const StringList *album_ids, GError **error)
{
    StringList stale;

    return db_select_texts (db, arena, SQL_STALE_FIND, DB_ARGS (db_strings (arena, album_ids)),
                            &stale, error) &&
           refresh_all (db, arena, &stale, error);
}

gboolean
albums_refresh_covers (Db *db, Arena *arena, const char *member_id, GError **error)
{
    StringList stale;

    return db_select_texts (db, arena, SQL_STALE_OF_MEMBER, DB_ARGS (db_text (member_id)), &stale,
                            error) &&
           refresh_all (db, arena, &stale, error);
}

/* Only covers are looked after: to count an album anew for each of many assets would take long. */
gboolean
albums_drop_assets (Db *tx, Arena *arena, const StringList *asset_ids, GError **error)
{
    DbArgs assets = DB_ARGS (db_strings (arena, asset_ids));
    StringList covered;

    if (!db_select_texts (tx, arena, SQL_COVERED_BY, assets, &covered, error) ||
        !db_exec (tx, SQL_ASSETS_DROP, assets, NULL, error) ||
        !db_exec (tx, SQL_ACTIVITIES_DROP, assets, NULL, error))
        return FALSE;
    return covered.n == 0 ||
           db_exec (tx, SQL_COVER_REPAIR, DB_ARGS (db_strings (arena, &covered)), NULL, error);
}

gboolean
albums_owner_deleted (Db *tx, const char *user_id, gint64 when_ms, GError **error)
{
    return db_exec (tx, SQL_OWNED_MARK,
                    DB_ARGS (db_text (user_id), db_int_if (when_ms != 0, when_ms),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
albums_owner_removed (Db *tx, const char *user_id, GError **error)
{
    return db_exec (tx, SQL_OWNED_DELETE, DB_ARGS (db_text (user_id)), NULL, error);
}
