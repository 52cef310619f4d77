/* albums_store.c -- the SQL of albums, their members and assets; see albums_private.h */
#define G_LOG_DOMAIN "albums"
#include "features/albums/album_summary.h"
#include "features/albums/albums_private.h"

#include "base/timestamp.h"

/* ---- reading ---- */

/* Not one of who may no longer share the album: it opens nothing. */
#define SQL_HAS_LINK                                                                               \
    "EXISTS (SELECT 1 FROM shared_link k JOIN album_user e ON e.album_id = k.album_id"             \
    "         WHERE k.album_id = l.id AND e.user_id = k.owner_id"                                  \
    "           AND e.role IN ('owner', 'editor'))"
/* Members who are soft-deleted do not count. */
#define SQL_IS_SHARED                                                                              \
    "CASE WHEN " SQL_HAS_LINK                                                                      \
    "       OR EXISTS (SELECT 1 FROM album_user o JOIN users x ON x.id = o.user_id"                \
    "                   WHERE o.album_id = l.id AND o.role <> 'owner' AND x.deleted_at IS NULL)"   \
    "     THEN 1 ELSE 0 END"
#define SQL_MINE                                                                                   \
    " FROM album_user u JOIN album l ON l.id = u.album_id"                                         \
    " WHERE u.user_id = $1 AND l.deleted_at IS NULL"

/* $1 user; NULL means any: $2 id, $3 name, $4 0 or 1: is the owner, $5 0 or 1: is shared */
static const char SQL_LIST[] =
    "SELECT l.id" SQL_MINE "   AND (CAST($2 AS TEXT) IS NULL OR l.id = $2)"
    "   AND (CAST($3 AS TEXT) IS NULL OR l.name = $3)"
    "   AND (CAST($4 AS BIGINT) IS NULL OR CASE WHEN u.role = 'owner' THEN 1 ELSE 0 END = $4)"
    "   AND (CAST($5 AS BIGINT) IS NULL OR " SQL_IS_SHARED " = $5)"
    " ORDER BY l.created_at DESC, l.id";

/* $1 user, $2 asset; what is in the trash is in no album */
static const char SQL_LIST_OF_ASSET[] =
    "SELECT l.id FROM album_asset aa JOIN asset a ON a.id = aa.asset_id"
    "  JOIN album_user u ON u.album_id = aa.album_id AND u.user_id = $1"
    "  JOIN album l ON l.id = aa.album_id"
    " WHERE aa.asset_id = $2 AND l.deleted_at IS NULL AND " SQL_ALBUM_SHOWS
    " ORDER BY l.created_at DESC, l.id";

/* $1 user */
static const char SQL_COUNT[] =
    "SELECT CAST(COALESCE(sum(is_owned), 0) AS BIGINT) AS owned,"
    "       CAST(COALESCE(sum(is_shared), 0) AS BIGINT) AS shared,"
    "       CAST(COALESCE(sum(is_owned * (1 - is_shared)), 0) AS BIGINT) AS not_shared"
    "  FROM (SELECT CASE WHEN u.role = 'owner' THEN 1 ELSE 0 END AS is_owned,"
    "               " SQL_IS_SHARED " AS is_shared" SQL_MINE ") AS mine";

/* $1 ids */
static const char SQL_FIND[] =
    "SELECT l.id AS id, l.name AS name, l.description AS description,"
    "       l.thumbnail_asset_id AS thumbnail_asset_id,"
    "       l.is_activity_enabled AS is_activity_enabled, l.sort_order AS sort_order,"
    "       l.created_at AS created_at, l.updated_at AS updated_at,"
    "       COALESCE(s.n_assets, 0) AS n_assets, s.first_at AS first_at, s.last_at AS last_at,"
    "       s.modified_at AS modified_at,"
    "       CASE WHEN " SQL_HAS_LINK " THEN 1 ELSE 0 END AS has_link"
    "  FROM album l LEFT JOIN album_summary s ON s.album_id = l.id"
    " WHERE l.id IN (SELECT value FROM json_each($1)) AND l.deleted_at IS NULL";

/* $1 ids, $2 viewer or '' */
static const char SQL_FIND_MEMBERS[] =
    "SELECT u.album_id AS album_id, u.user_id AS user_id, u.role AS role"
    "  FROM album_user u JOIN users x ON x.id = u.user_id"
    " WHERE u.album_id IN (SELECT value FROM json_each($1)) AND x.deleted_at IS NULL"
    " ORDER BY u.album_id,"
    "          CASE u.role WHEN 'owner' THEN 0 WHEN 'editor' THEN 1 ELSE 2 END,"
    "          CASE WHEN u.user_id = $2 THEN 0 ELSE 1 END, x.name, x.id";

/* $1 id; most first */
static const char SQL_FIND_CONTRIBUTORS[] =
    "SELECT a.owner_id AS user_id, count(*) AS asset_count"
    "  FROM album_asset aa JOIN asset a ON a.id = aa.asset_id"
    " WHERE aa.album_id = $1 AND " SQL_ALBUM_SHOWS
    " GROUP BY a.owner_id ORDER BY count(*) DESC, a.owner_id";

/* $1 id; newest first */
static const char SQL_FIND_MARKERS[] =
    "SELECT a.id AS id, e.latitude AS lat, e.longitude AS lon, e.city AS city, e.state AS state,"
    "       e.country AS country"
    "  FROM album_asset aa JOIN asset a ON a.id = aa.asset_id"
    "  JOIN asset_exif e ON e.asset_id = aa.asset_id"
    " WHERE aa.album_id = $1 AND " SQL_ALBUM_SHOWS
    "   AND e.latitude IS NOT NULL AND e.longitude IS NOT NULL"
    " ORDER BY a.file_created_at DESC, a.id";

/* $1 id, $2 user */
static const char SQL_FIND_ROLE[] =
    "SELECT u.role FROM album_user u JOIN album l ON l.id = u.album_id"
    " WHERE u.album_id = $1 AND u.user_id = $2 AND l.deleted_at IS NULL";

/* $1 id, $2 but this one, or NULL */
static const char SQL_FIND_RECEIVERS[] =
    "SELECT u.user_id FROM album_user u JOIN users x ON x.id = u.user_id"
    " WHERE u.album_id = $1 AND x.deleted_at IS NULL AND u.user_id <> COALESCE($2, '')";

/* $1 id, $2 assets */
static const char SQL_FIND_ASSETS[] =
    "SELECT asset_id FROM album_asset"
    " WHERE album_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";

static const char SQL_EXISTS[] = "SELECT id FROM album WHERE id = $1 AND deleted_at IS NULL";

/* $1 users */
static const char SQL_FIND_USERS[] =
    "SELECT id FROM users"
    " WHERE id IN (SELECT value FROM json_each($1)) AND deleted_at IS NULL";

/* ---- writing ---- */

/* $1 id, $2 name, $3 description, $4 order, $5 now */
static const char SQL_INSERT[] =
    "INSERT INTO album (id, name, description, sort_order, created_at, updated_at, update_id)"
    " VALUES ($1, $2, $3, $4, $5, $5, uuid_v7 ())";

/* $1 id, $2 now; what is NULL stays: $3 name, $4 description, $5 cover, $6 activity, $7 order */
static const char SQL_UPDATE[] =
    "UPDATE album SET updated_at = $2, update_id = uuid_v7 (), name = COALESCE($3, name),"
    "       description = COALESCE($4, description),"
    "       thumbnail_asset_id = COALESCE($5, thumbnail_asset_id),"
    "       is_activity_enabled = COALESCE(CAST($6 AS SMALLINT), is_activity_enabled),"
    "       sort_order = COALESCE($7, sort_order)"
    " WHERE id = $1";
/* $1 id, $2 asset */
static const char SQL_COVER_FIND[] =
    "SELECT aa.asset_id FROM album_asset aa JOIN asset a ON a.id = aa.asset_id"
    " WHERE aa.album_id = $1 AND aa.asset_id = $2 AND " SQL_ALBUM_SHOWS;

/* $1 id, $2 now or NULL */
static const char SQL_TOUCH[] = "UPDATE album SET update_id = uuid_v7 (),"
                                "       updated_at = COALESCE(CAST($2 AS BIGINT), updated_at)"
                                " WHERE id = $1";
static const char SQL_DELETE[] = "DELETE FROM album WHERE id = $1";
static const char SQL_DELETE_NOTES[] = "DELETE FROM album_stale WHERE album_id = $1";

/* $1 id, $2 assets, $3 now */
static const char SQL_ADD_ASSETS[] =
    "INSERT INTO album_asset (album_id, asset_id, created_at, update_id)"
    " SELECT l.id, a.id, CAST($3 AS BIGINT), uuid_v7 () FROM album l, asset a"
    "  WHERE l.id = $1 AND l.deleted_at IS NULL"
    "    AND a.id IN (SELECT value FROM json_each($2))"
    "    AND a.visibility <> 'locked' AND a.status <> 'deleted'"
    " ON CONFLICT (album_id, asset_id) DO NOTHING RETURNING asset_id";
/* $1 id, $2 assets: the first of them that is in the album */
static const char SQL_FIRST_COVER[] =
    "UPDATE album SET update_id = uuid_v7 (), thumbnail_asset_id ="
    "       (SELECT aa.asset_id FROM json_each($2) AS one JOIN album_asset aa"
    "            ON aa.album_id = $1 AND aa.asset_id = one.value ORDER BY one.key LIMIT 1)"
    " WHERE id = $1 AND thumbnail_asset_id IS NULL";
static const char SQL_REMOVE_ASSETS[] =
    "DELETE FROM album_asset"
    " WHERE album_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";
static const char SQL_REMOVE_ACTIVITIES[] =
    "DELETE FROM activity"
    " WHERE album_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";

/* $1 id, $2 user, $3 role, $4 now */
static const char SQL_ADD_MEMBER[] =
    "INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)"
    " VALUES ($1, $2, $3, $4, uuid_v7 (), uuid_v7 ())"
    " ON CONFLICT (album_id, user_id) DO NOTHING";
static const char SQL_SET_ROLE[] = "UPDATE album_user SET role = $3, update_id = uuid_v7 ()"
                                   " WHERE album_id = $1 AND user_id = $2 AND role <> 'owner'";
static const char SQL_REMOVE_MEMBER[] =
    "DELETE FROM album_user WHERE album_id = $1 AND user_id = $2 AND role <> 'owner'";

gboolean
albums_store_list (Db *db, Arena *arena, const char *user_id, const AlbumFilter *filter,
                   StringList *out, GError **error)
{
    if (filter->asset_id != NULL)
        return db_select_texts (db, arena, SQL_LIST_OF_ASSET,
                                DB_ARGS (db_text (user_id), db_text (filter->asset_id)), out,
                                error);
    return db_select_texts (db, arena, SQL_LIST,
                            DB_ARGS (db_text (user_id), db_text (filter->id),
                                     db_text (filter->name),
                                     db_int_if (filter->has_owned, filter->is_owned != 0),
                                     db_int_if (filter->has_shared, filter->is_shared != 0)),
                            out, error);
}

gboolean
albums_store_count (Db *db, Arena *arena, const char *user_id, AlbumStatisticsResponse *out,
                    GError **error)
{
    return db_select_one (db, arena, &album_statistics_response_type, out, SQL_COUNT,
                          DB_ARGS (db_text (user_id)), error);
}

gboolean
albums_store_find (Db *db, Arena *arena, const StringList *ids, AlbumRowList *out, GError **error)
{
    return db_select (db, arena, &album_row_type, (List *) out, SQL_FIND,
                      DB_ARGS (db_strings (arena, ids)), error);
}

gboolean
albums_store_find_members (Db *db, Arena *arena, const StringList *ids, const char *viewer_id,
                           AlbumMemberRowList *out, GError **error)
{
    return db_select (
        db, arena, &album_member_row_type, (List *) out, SQL_FIND_MEMBERS,
        DB_ARGS (db_strings (arena, ids), db_text (viewer_id != NULL ? viewer_id : "")), error);
}

gboolean
albums_store_find_contributors (Db *db, Arena *arena, const char *id,
                                ContributorCountResponseList *out, GError **error)
{
    return db_select (db, arena, &contributor_count_response_type, (List *) out,
                      SQL_FIND_CONTRIBUTORS, DB_ARGS (db_text (id)), error);
}

gboolean
albums_store_find_markers (Db *db, Arena *arena, const char *id, MapMarkerResponseList *out,
                           GError **error)
{
    return db_select (db, arena, &map_marker_response_type, (List *) out, SQL_FIND_MARKERS,
                      DB_ARGS (db_text (id)), error);
}

gboolean
albums_store_find_role (Db *db, Arena *arena, const char *id, const char *user_id, int *out,
                        GError **error)
{
    const char *role = NULL;

    if (!db_select_text (db, arena, SQL_FIND_ROLE, DB_ARGS (db_text (id), db_text (user_id)), &role,
                         error))
        return FALSE;
    *out = role != NULL ? enum_find (&album_user_role_enum, role) : -1;
    return TRUE;
}

gboolean
albums_store_find_receivers (Db *db, Arena *arena, const char *id, const char *but, StringList *out,
                             GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_RECEIVERS, DB_ARGS (db_text (id), db_text (but)),
                            out, error);
}

gboolean
albums_store_find_assets (Db *db, Arena *arena, const char *id, const StringList *asset_ids,
                          StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_ASSETS,
                            DB_ARGS (db_text (id), db_strings (arena, asset_ids)), out, error);
}

gboolean
albums_store_exists (Db *db, Arena *arena, const char *id, gboolean *out, GError **error)
{
    const char *found = NULL;

    if (!db_select_text (db, arena, SQL_EXISTS, DB_ARGS (db_text (id)), &found, error))
        return FALSE;
    *out = found != NULL;
    return TRUE;
}

gboolean
albums_store_find_users (Db *db, Arena *arena, const StringList *user_ids, StringList *out,
                         GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_USERS, DB_ARGS (db_strings (arena, user_ids)), out,
                            error);
}

gboolean
albums_store_insert (Db *tx, const char *id, const CreateAlbum *album, int order, gint64 now_ms,
                     GError **error)
{
    const char *description = album->description != NULL ? album->description : "";

    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (id), db_text (album->album_name), db_text (description),
                             db_text (asset_order_enum.texts[order]), db_int (now_ms)),
                    NULL, error);
}

gboolean
albums_store_update (Db *tx, const char *id, const UpdateAlbum *change, gint64 now_ms,
                     gboolean *out_cover_is_wrong, GError **error)
{
    const char *cover = change->album_thumbnail_asset_id, *found = NULL;
    const char *description =
        change->set_description && change->description == NULL ? "" : change->description;
    g_autoptr (Arena) arena = arena_new ();

    *out_cover_is_wrong = FALSE;
    if (cover != NULL) {
        if (!db_select_text (tx, arena, SQL_COVER_FIND, DB_ARGS (db_text (id), db_text (cover)),
                             &found, error))
            return FALSE;
        *out_cover_is_wrong = found == NULL;
    }
    if (*out_cover_is_wrong)
        return TRUE;
    return db_exec (
        tx, SQL_UPDATE,
        DB_ARGS (db_text (id), db_int (now_ms), db_text (change->album_name), db_text (description),
                 db_text (cover),
                 db_int_if (change->has_is_activity_enabled, change->is_activity_enabled != 0),
                 db_text (change->has_order ? asset_order_enum.texts[change->order] : NULL)),
        NULL, error);
}

gboolean
albums_store_touch (Db *tx, const char *id, gint64 now_ms, GError **error)
{
    return db_exec (tx, SQL_TOUCH, DB_ARGS (db_text (id), db_int_if (now_ms != 0, now_ms)), NULL,
                    error);
}

gboolean
albums_store_delete (Db *tx, const char *id, GError **error)
{
    return db_exec (tx, SQL_DELETE, DB_ARGS (db_text (id)), NULL, error) &&
           db_exec (tx, SQL_DELETE_NOTES, DB_ARGS (db_text (id)), NULL, error);
}

gboolean
albums_store_add_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                         StringList *out_added, GError **error)
{
    DbValue assets = db_strings (arena, asset_ids);
    StringList added;

    if (!db_select_texts (tx, arena, SQL_ADD_ASSETS,
                          DB_ARGS (db_text (id), assets, db_int (timestamp_now_ms ())), &added,
                          error))
        return FALSE;
    if (added.n > 0 && !db_exec (tx, SQL_FIRST_COVER, DB_ARGS (db_text (id), assets), NULL, error))
        return FALSE;
    if (out_added != NULL)
        *out_added = added;
    return TRUE;
}

gboolean
albums_store_remove_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                            GError **error)
{
    DbArgs args = DB_ARGS (db_text (id), db_strings (arena, asset_ids));

    return db_exec (tx, SQL_REMOVE_ASSETS, args, NULL, error) &&
           db_exec (tx, SQL_REMOVE_ACTIVITIES, args, NULL, error);
}

gboolean
albums_store_add_member (Db *tx, const char *id, const char *user_id, int role,
                         gboolean *out_is_new, GError **error)
{
    gint64 n_changed = 0;

    if (!db_exec (tx, SQL_ADD_MEMBER,
                  DB_ARGS (db_text (id), db_text (user_id),
                           db_text (album_user_role_enum.texts[role]),
                           db_int (timestamp_now_ms ())),
                  &n_changed, error))
        return FALSE;
    *out_is_new = n_changed > 0;
    return TRUE;
}

gboolean
albums_store_set_role (Db *tx, const char *id, const char *user_id, int role, GError **error)
{
    return db_exec (
        tx, SQL_SET_ROLE,
        DB_ARGS (db_text (id), db_text (user_id), db_text (album_user_role_enum.texts[role])), NULL,
        error);
}

gboolean
albums_store_remove_member (Db *tx, const char *id, const char *user_id, GError **error)
{
    return db_exec (tx, SQL_REMOVE_MEMBER, DB_ARGS (db_text (id), db_text (user_id)), NULL, error);
}

gboolean
albums_store_explain (Db *db, Arena *arena, const char *user_id, const StringList *ids,
                      StringList *out_plans, GError **error)
{
    DbValue user = db_text (user_id), albums = db_strings (arena, ids), any = db_null ();
    const struct {
        const char *sql;
        DbArgs args;
    } statements[] = {
        { SQL_LIST, DB_ARGS (user, any, any, any, db_int (1)) },
        { SQL_LIST_OF_ASSET, DB_ARGS (user, user) },
        { SQL_COUNT, DB_ARGS (user) },
        { SQL_FIND, DB_ARGS (albums) },
        { SQL_FIND_MEMBERS, DB_ARGS (albums, user) },
        { SQL_FIND_CONTRIBUTORS, DB_ARGS (user) },
        { SQL_FIND_MARKERS, DB_ARGS (user) },
    };

    *out_plans = (StringList){ arena_new_array (arena, const char *, G_N_ELEMENTS (statements)),
                               G_N_ELEMENTS (statements) };
    for (gsize i = 0; i < G_N_ELEMENTS (statements); i++)
        if (!db_explain (db, arena, statements[i].sql, statements[i].args, &out_plans->items[i],
                         error))
            return FALSE;
    return TRUE;
}
