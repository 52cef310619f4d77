/* ingest_live.c -- the two halves of a live photo find each other by their content identifier
 *
 * Whichever is read second joins them. Those that are locked, the films of locked photos, and those in the
 * trash stay as they are; and so do those that visitors sent, who would hide videos of the owner, or have
 * the owner's photos show theirs. */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include "base/timestamp.h"
#include "base/uuid.h"

#define SQL_FREE                                                                                   \
    "a.status <> 'deleted' AND a.deleted_at IS NULL AND a.visibility <> 'locked'"                  \
    " AND a.link_id IS NULL AND NOT " ACCESS_SQL_FILM_IS_CLOSED ("s.visibility <> 'locked'")

/* $1 owner, $2 identifier, $3 id of the one that looks */
#define SQL_OTHER_HALF                                                                             \
    "SELECT a.id FROM asset a WHERE a.owner_id = $1 AND a.live_photo_cid = $2 AND a.id <> $3"      \
    "   AND " SQL_FREE
static const char SQL_VIDEO_FIND[] =
    SQL_OTHER_HALF " AND a.type = 'VIDEO' ORDER BY a.created_at, a.id LIMIT 1";
/* a photo that was given another motion part keeps that */
static const char SQL_PHOTO_FIND[] =
    SQL_OTHER_HALF " AND a.type = 'IMAGE' AND a.live_photo_video_id IS NULL"
                   " ORDER BY a.created_at, a.id LIMIT 1";

/* $1 id */
static const char SQL_MAY_JOIN[] = "SELECT count(*) FROM asset a WHERE a.id = $1 AND " SQL_FREE
                                   "   AND (a.type = 'VIDEO' OR a.live_photo_video_id IS NULL)";

/* $1 id, $2 video, $3 now, $4 update id */
static const char SQL_JOIN[] =
    "UPDATE asset SET live_photo_video_id = $2, updated_at = $3, update_id = $4 WHERE id = $1";

/* $1 id of a video */
static const char SQL_LEAVE_ALBUMS[] = "DELETE FROM album_asset WHERE asset_id = $1";
static const char SQL_LEAVE_COVERS[] =
    "UPDATE album SET thumbnail_asset_id = NULL WHERE thumbnail_asset_id = $1";

gboolean
ingest_join_motion_part (Db *tx, const char *photo_id, const char *video_id, gboolean *out_hidden,
                         GError **error)
{
    char photo_update[UUID_TEXT_BYTES];

    uuid_v7_text (photo_update);
    return db_exec (tx, SQL_JOIN,
                    DB_ARGS (db_text (photo_id), db_text (video_id), db_int (timestamp_now_ms ()),
                             db_text (photo_update)),
                    NULL, error) &&
           asset_hide_motion_part (tx, video_id, TRUE, out_hidden, error) &&
           db_exec (tx, SQL_LEAVE_ALBUMS, DB_ARGS (db_text (video_id)), NULL, error) &&
           db_exec (tx, SQL_LEAVE_COVERS, DB_ARGS (db_text (video_id)), NULL, error);
}

gboolean
ingest_join_live_photo (Db *tx, Arena *arena, const AssetRow *asset, const char *content_id,
                        const char **out_hidden_id, GError **error)
{
    gboolean is_video = asset->type == ASSET_TYPE_VIDEO, is_hidden = FALSE;
    const char *other = NULL;
    gint64 may_join = 0;

    *out_hidden_id = NULL;
    if (content_id == NULL || (!is_video && asset->type != ASSET_TYPE_IMAGE))
        return TRUE;
    if (!db_select_int (tx, SQL_MAY_JOIN, DB_ARGS (db_text (asset->id)), &may_join, NULL, error) ||
        (may_join > 0 && !db_select_text (tx, arena, is_video ? SQL_PHOTO_FIND : SQL_VIDEO_FIND,
                                          DB_ARGS (db_text (asset->owner_id), db_text (content_id),
                                                   db_text (asset->id)),
                                          &other, error)))
        return FALSE;
    if (other == NULL)
        return TRUE;
    if (!ingest_join_motion_part (tx, is_video ? other : asset->id, is_video ? asset->id : other,
                                  &is_hidden, error))
        return FALSE;
    if (is_hidden)
        *out_hidden_id = is_video ? asset->id : other;
    return TRUE;
}
