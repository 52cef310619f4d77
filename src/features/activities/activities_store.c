/* activities_store.c -- see activities_store.h */
#define G_LOG_DOMAIN "activities"
#include "features/activities/activities_store.h"

#include "base/timestamp.h"
#include "base/uuid.h"

/* $1 album, as in all that follow. What is said of an asset in the trash is not shown. */
#define SQL_SHOWN                                                                                  \
    "  FROM activity v JOIN users u ON u.id = v.user_id LEFT JOIN asset a ON a.id = v.asset_id"    \
    " WHERE v.album_id = $1 AND u.deleted_at IS NULL"                                              \
    "   AND (v.asset_id IS NULL OR (a.status = 'active' AND a.deleted_at IS NULL"                  \
    "                               AND a.visibility <> 'locked'))"
#define SQL_COLUMNS "v.id, v.asset_id, v.created_at, v.comment, v.type, v.user_id"

/* NULL means any: $2 asset, $3 1: only of the album itself, $4 type, $5 user */
static const char SQL_LIST[] =
    "SELECT " SQL_COLUMNS SQL_SHOWN "   AND (CAST($2 AS TEXT) IS NULL OR v.asset_id = $2)"
    "   AND (CAST($3 AS BIGINT) = 0 OR v.asset_id IS NULL)"
    "   AND (CAST($4 AS TEXT) IS NULL OR v.type = $4)"
    "   AND (CAST($5 AS TEXT) IS NULL OR v.user_id = $5)"
    " ORDER BY v.created_at, v.id";
/* $2 asset, or NULL for any */
static const char SQL_COUNT[] =
    "SELECT CAST(COALESCE(sum(CASE WHEN v.type = 'comment' THEN 1 ELSE 0 END), 0) AS BIGINT)"
    "           AS comments,"
    "       CAST(COALESCE(sum(CASE WHEN v.type = 'like' THEN 1 ELSE 0 END), 0) AS BIGINT)"
    "           AS likes" SQL_SHOWN "   AND (CAST($2 AS TEXT) IS NULL OR v.asset_id = $2)";

/* $1 id */
static const char SQL_FIND[] = "SELECT " SQL_COLUMNS " FROM activity v WHERE v.id = $1";

/* $1 album, $2 asset */
static const char SQL_HAS_ASSET[] =
    "SELECT a.id FROM album_asset aa JOIN asset a ON a.id = aa.asset_id"
    " WHERE aa.album_id = $1 AND aa.asset_id = $2 AND a.status = 'active'"
    "   AND a.deleted_at IS NULL AND a.visibility <> 'locked'";

/* $1 id, $2 album, $3 user, $4 asset, $5 type, $6 comment, $7 now */
static const char SQL_ADD[] =
    "INSERT INTO activity (id, album_id, user_id, asset_id, type, comment, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
    " ON CONFLICT (album_id, user_id, COALESCE(asset_id, '')) WHERE type = 'like' DO NOTHING";
/* $1 album, $2 user, $3 asset or '' */
static const char SQL_FIND_LIKE[] =
    "SELECT id FROM activity"
    " WHERE album_id = $1 AND user_id = $2 AND COALESCE(asset_id, '') = $3 AND type = 'like'";
static const char SQL_DELETE[] = "DELETE FROM activity WHERE id = $1";

gboolean
activities_store_list (Db *db, Arena *arena, const GetActivitiesRequest *filter,
                       ActivityRowList *out, GError **error)
{
    gboolean of_album = filter->has_level && filter->level == REACTION_LEVEL_ALBUM;

    return db_select (
        db, arena, &activity_row_type, (List *) out, SQL_LIST,
        DB_ARGS (db_text (filter->album_id), db_text (filter->asset_id), db_bool (of_album),
                 db_text (filter->has_type ? reaction_type_enum.texts[filter->type] : NULL),
                 db_text (filter->user_id)),
        error);
}

gboolean
activities_store_count (Db *db, Arena *arena, const char *album_id, const char *asset_id,
                        ActivityStatisticsResponse *out, GError **error)
{
    return db_select_one (db, arena, &activity_statistics_response_type, out, SQL_COUNT,
                          DB_ARGS (db_text (album_id), db_text (asset_id)), error);
}

gboolean
activities_store_find (Db *db, Arena *arena, const char *id, ActivityRow *out, GError **error)
{
    return db_select_one (db, arena, &activity_row_type, out, SQL_FIND, DB_ARGS (db_text (id)),
                          error);
}

gboolean
activities_store_has_asset (Db *db, Arena *arena, const char *album_id, const char *asset_id,
                            gboolean *out, GError **error)
{
    const char *found = NULL;

    if (!db_select_text (db, arena, SQL_HAS_ASSET, DB_ARGS (db_text (album_id), db_text (asset_id)),
                         &found, error))
        return FALSE;
    *out = found != NULL;
    return TRUE;
}

gboolean
activities_store_add (Db *tx, Arena *arena, const ActivityCreate *activity, const char *user_id,
                      const char **out_id, gboolean *out_is_new, GError **error)
{
    const char *id = uuid_v4 (arena), *asset_id = activity->asset_id;
    gint64 n_changed = 0;

    if (!db_exec (tx, SQL_ADD,
                  DB_ARGS (db_text (id), db_text (activity->album_id), db_text (user_id),
                           db_text (asset_id), db_text (reaction_type_enum.texts[activity->type]),
                           db_text (activity->comment), db_int (timestamp_now_ms ())),
                  &n_changed, error))
        return FALSE;
    *out_is_new = n_changed > 0;
    *out_id = id;
    return *out_is_new || db_select_text (tx, arena, SQL_FIND_LIKE,
                                          DB_ARGS (db_text (activity->album_id), db_text (user_id),
                                                   db_text (asset_id != NULL ? asset_id : "")),
                                          out_id, error);
}

gboolean
activities_store_delete (Db *db, const char *id, GError **error)
{
    return db_exec (db, SQL_DELETE, DB_ARGS (db_text (id)), NULL, error);
}
