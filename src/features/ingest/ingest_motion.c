/* ingest_motion.c -- the video inside a motion photo becomes a hidden asset of its own
 *
 * The photo's file stays as it is; the bytes of the video are copied out of it. The new asset's id is
 * made of the photo's id and the bytes, so that a job that runs again finds the same asset. The file has
 * a name that no other run gives: of two that run at once the one without the asset removes its own, and
 * who still removes a former file removes none that came later. */
#define G_LOG_DOMAIN "ingest"
#include "features/ingest/ingest_private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/trash/trash.h"
#include "features/users/users.h"
#include "media/layout.h"

#define CHUNK_BYTES (1024 * 1024)
#define FOLDER "encoded-video"

/* $1 owner, $2 SHA-1, $3 photo. It has that one, or may take it: nothing of the locked folder unless it lies
 * there; and from a visitor only what came hidden by the same link. */
#define IS_CLOSED ACCESS_SQL_FILM_IS_CLOSED ("s.visibility <> 'locked'")
static const char SQL_SAME_CONTENT[] =
    "SELECT a.id FROM asset a JOIN asset p ON p.id = $3"
    " WHERE a.owner_id = $1 AND a.checksum = $2 AND a.type = 'VIDEO' AND a.status <> 'deleted'"
    "   AND (a.id = p.live_photo_video_id"
    "        OR ((p.visibility = 'locked' OR (a.visibility <> 'locked' AND NOT " IS_CLOSED "))"
    "            AND (p.link_id IS NULL"
    "                 OR (p.link_id = a.link_id AND a.visibility = 'hidden'))))"
    " ORDER BY a.created_at, a.id LIMIT 1";
/* $1 owner, $2 SHA-1: nobody has a content twice, outside of libraries */
static const char SQL_CONTENT_TAKEN[] =
    "SELECT count(*) FROM asset WHERE owner_id = $1 AND checksum = $2 AND library_id IS NULL"
    "   AND status <> 'deleted'";

/* $1 video; what its owner has put in the trash is not to be seen again */
static const char SQL_KEEP_OWN[] =
    "UPDATE asset SET own_visibility = visibility"
    " WHERE id = $1 AND visibility <> 'hidden' AND status = 'active'";

/* $1 id, $2 photo, $3 path, $4 name, $5 SHA-1, $6 size, $7 now, $8 update id; dates are the photo's
 * until the video's own are read */
static const char SQL_VIDEO_INSERT[] =
    "INSERT INTO asset (id, owner_id, library_id, type, original_path, original_file_name, "
    "checksum,"
    "                   size_bytes, file_created_at, file_modified_at, local_date_time, "
    "local_month,"
    "                   visibility, link_id, created_at, updated_at, update_id)"
    " SELECT $1, a.owner_id, a.library_id, 'VIDEO', $3, $4, $5, $6, a.file_created_at,"
    "        a.file_modified_at, a.local_date_time, a.local_month, 'hidden', a.link_id, $7, $7, $8"
    "   FROM asset a WHERE a.id = $2";

/* $1 id, $2 path, $3 the path where there is no file any more, $4 now */
static const char SQL_VIDEO_MEND[] =
    "UPDATE asset SET original_path = $2, updated_at = $4, update_id = uuid_v7 ()"
    " WHERE id = $1 AND original_path = $3";

/* $1 and $2 ids, $3 path */
static const char SQL_FILE_USED[] =
    "SELECT count(*) FROM asset WHERE (id = $1 OR id = $2) AND original_path = $3";

/* $1 asset id, $2 size */
static const char SQL_EXIF_INSERT[] =
    "INSERT INTO asset_exif (asset_id, file_size_in_byte) VALUES ($1, $2)";

/* ---- the file ---- */

/* Read the range; hash it, and with @out_fd write it there. */
static gboolean
read_range (int fd, const char *path, const AssetFacts *facts, int out_fd, guint8 sha1[20],
            GError **error)
{
    g_autofree guint8 *bytes = g_malloc (CHUNK_BYTES);
    g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
    gint64 done = 0;
    gsize n_sha1 = 20;

    while (done < facts->motion_length) {
        gsize wanted = (gsize) MIN (CHUNK_BYTES, facts->motion_length - done);
        gssize n = pread (fd, bytes, wanted, facts->motion_offset + done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return layout_set_io_error (error, "read the video in", path);
        }
        for (gssize at = 0, w; out_fd >= 0 && at < n; at += w)
            if ((w = write (out_fd, bytes + at, (gsize) (n - at))) < 0)
                return layout_set_io_error (error, "copy the video of", path);
        g_checksum_update (sum, bytes, n);
        done += n;
    }
    g_checksum_get_digest (sum, sha1, &n_sha1);
    return TRUE;
}

/* Whether an ISO media file begins there: what tags promise need not be true. */
static gboolean
is_video (int fd, gint64 offset)
{
    guint8 head[8];

    return pread (fd, head, sizeof head, offset) == (gssize) sizeof head &&
           memcmp (head + 4, "ftyp", 4) == 0;
}

/* A version 4 identifier by its form; random enough, as it is made of a hash. */
static const char *
make_id (Arena *arena, const char *photo_id, const guint8 sha1[20])
{
    g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
    guint8 id[32];
    gsize n = sizeof id;

    g_checksum_update (sum, (const guint8 *) photo_id, (gssize) strlen (photo_id));
    g_checksum_update (sum, sha1, 20);
    g_checksum_get_digest (sum, id, &n);
    id[6] = (id[6] & 0x0f) | 0x40;
    id[8] = (id[8] & 0x3f) | 0x80;
    return arena_printf (arena,
                         "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                         id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9],
                         id[10], id[11], id[12], id[13], id[14], id[15]);
}

static gboolean
write_file (const App *app, Arena *arena, int fd, const char *photo_path, const AssetFacts *facts,
            const MotionPart *part, GError **error)
{
    const char *path = layout_absolute (arena, app->media_location, part->path);
    const char *temporary = NULL;
    guint8 sha1[20];
    int out = layout_new_beside (arena, path, &temporary, error);
    gboolean ok;

    if (out < 0)
        return FALSE;
    ok = read_range (fd, photo_path, facts, out, sha1, error) &&
         layout_move_in (out, temporary, path, error);
    close (out);
    if (!ok)
        layout_remove (temporary);
    return ok;
}

/* Whether the file of a video that was taken out of a photo is gone for good: its disk is there without it. */
static gboolean
is_lost (const App *app, Arena *arena, const AssetRow *video)
{
    struct stat facts;

    return g_str_has_prefix (video->original_path, FOLDER "/") &&
           stat (layout_absolute (arena, app->media_location, video->original_path), &facts) != 0 &&
           errno == ENOENT && layout_check_volume (app->media_location, FOLDER, NULL);
}

/* The asset that has the same bytes. *@out_fits FALSE: the photo may not show that one, and there can be no
 * other; it is stored without the video. */
static gboolean
find_same (Db *db, Arena *arena, const AssetRow *photo, const MotionPart *part, const char **out_id,
           gboolean *out_fits, GError **error)
{
    gint64 n_taken = 0;

    *out_id = NULL;
    if (!db_select_text (
            db, arena, SQL_SAME_CONTENT,
            DB_ARGS (db_text (photo->owner_id), db_blob (part->sha1, 20), db_text (photo->id)),
            out_id, error) ||
        (*out_id == NULL && photo->library_id == NULL &&
         !db_select_int (db, SQL_CONTENT_TAKEN,
                         DB_ARGS (db_text (photo->owner_id), db_blob (part->sha1, 20)), &n_taken,
                         NULL, error)))
        return FALSE;
    *out_fits = n_taken == 0;
    if (n_taken > 0)
        g_message ("the video in '%s' is not taken out: the photo may not take that of its owner",
                   photo->original_path);
    return TRUE;
}

/* *@out_known: an asset has the same bytes, and its file. */
static gboolean
find_known (const App *app, Arena *arena, const AssetRow *photo, MotionPart *part,
            gboolean *out_known, GError **error)
{
    const char *id;
    AssetRow video;

    *out_known = FALSE;
    if (!find_same (app->db, arena, photo, part, &id, &part->has_video, error))
        return FALSE;
    if (id == NULL)
        return TRUE;
    if (!asset_find (app->db, arena, id, &video, error))
        return FALSE;
    *out_known = !is_lost (app, arena, &video);
    if (!*out_known) {
        g_warning ("the file '%s' is gone, its video is taken out of '%s' again",
                   video.original_path, photo->original_path);
        part->lost_id = id;
        part->lost_path = video.original_path;
    }
    return TRUE;
}

static const char *
make_path (Arena *arena, const char *owner_id)
{
    char file_id[UUID_TEXT_BYTES];

    uuid_v4_text (file_id);
    return layout_motion_video (arena, owner_id, file_id);
}

static gboolean
prepare (const App *app, Arena *arena, const AssetRow *photo, const AssetFacts *facts, int fd,
         const char *path, MotionPart *out, GError **error)
{
    const char *dot = strrchr (photo->original_file_name, '.');
    gboolean is_known;

    if (!is_video (fd, facts->motion_offset)) {
        g_message ("'%s' says that it holds a video, but there is none where it should be", path);
        return TRUE;
    }
    if (!read_range (fd, path, facts, -1, out->sha1, error) ||
        !find_known (app, arena, photo, out, &is_known, error))
        return FALSE;
    out->size_bytes = facts->motion_length;
    if (is_known || !out->has_video)
        return TRUE;
    out->id = make_id (arena, photo->id, out->sha1);
    out->path = make_path (arena, photo->owner_id);
    out->name = arena_printf (arena, "%.*s.mp4",
                              dot != NULL ? (int) (dot - photo->original_file_name)
                                          : (int) strlen (photo->original_file_name),
                              photo->original_file_name);
    return write_file (app, arena, fd, path, facts, out, error);
}

gboolean
ingest_motion_prepare (const App *app, Arena *arena, const AssetRow *photo, const AssetFacts *facts,
                       MotionPart *out, GError **error)
{
    const char *path = layout_absolute (arena, app->media_location, photo->original_path);
    gboolean ok;
    int fd;

    *out = (MotionPart){ 0 };
    if (photo->type != ASSET_TYPE_IMAGE || facts->motion_length == 0)
        return TRUE;
    fd = layout_open (path);
    if (fd < 0)
        return layout_set_io_error (error, "open", path);
    ok = prepare (app, arena, photo, facts, fd, path, out, error);
    close (fd);
    return ok;
}

/* ---- the asset ---- */

/* Made here before from this photo: its file lies where such files lie. */
static gboolean
find_old (Db *tx, Arena *arena, const char *video_id, gboolean *out_is_ours, GError **error)
{
    StringList ids = { &video_id, 1 };
    AssetRowList rows;

    if (!assets_find (tx, arena, &ids, &rows, error))
        return FALSE;
    *out_is_ours = rows.n == 0 || g_str_has_prefix (rows.items[0].original_path, FOLDER "/");
    return TRUE;
}

static gboolean
insert (Db *tx, Arena *arena, const AssetRow *photo, const MotionPart *part, GError **error)
{
    char update_id[UUID_TEXT_BYTES];

    uuid_v7_text (update_id);
    return db_exec (tx, SQL_VIDEO_INSERT,
                    DB_ARGS (db_text (part->id), db_text (photo->id), db_text (part->path),
                             db_text (part->name), db_blob (part->sha1, 20),
                             db_int (part->size_bytes), db_int (timestamp_now_ms ()),
                             db_text (update_id)),
                    NULL, error) &&
           db_exec (tx, SQL_EXIF_INSERT, DB_ARGS (db_text (part->id), db_int (part->size_bytes)),
                    NULL, error) &&
           ingest_add_metadata (tx, arena, part->id, "upload", error);
}

/* *@out_fits FALSE: the user's quota has no room for the video; the photo is stored without it. */
static gboolean
count_usage (Db *tx, const AssetRow *photo, const MotionPart *part, gboolean *out_fits,
             GError **error)
{
    GError *why = NULL;

    *out_fits =
        photo->library_id != NULL || users_add_usage (tx, photo->owner_id, part->size_bytes, &why);
    if (*out_fits)
        return TRUE;
    if (!g_error_matches (why, APP_ERROR, APP_ERROR_INVALID)) {
        g_propagate_error (error, why);
        return FALSE;
    }
    g_message ("the video in '%s' is not taken out: %s", photo->original_path, why->message);
    g_error_free (why);
    return TRUE;
}

/* Its file is found again; and read, as that may have failed without it. */
static gboolean
mend (Db *tx, Arena *arena, const MotionPart *part, GError **error)
{
    gint64 n_changed = 0;

    return db_exec (tx, SQL_VIDEO_MEND,
                    DB_ARGS (db_text (part->lost_id), db_text (part->path),
                             db_text (part->lost_path), db_int (timestamp_now_ms ())),
                    &n_changed, error) &&
           (n_changed == 0 || ingest_add_metadata (tx, arena, part->lost_id, "upload", error));
}

/* The asset that is the video; *@out_id NULL: the quota has no room for it, or the photo may not show it. */
static gboolean
find_or_insert (Db *tx, Arena *arena, const AssetRow *photo, const MotionPart *part,
                const char **out_id, GError **error)
{
    gboolean fits;

    /* looked for again: it may have come, or gone, since the file was written */
    if (!find_same (tx, arena, photo, part, out_id, &fits, error))
        return FALSE;
    if (!fits)
        return TRUE;
    if (*out_id != NULL)
        return g_strcmp0 (*out_id, part->lost_id) != 0 || mend (tx, arena, part, error);
    if (part->path == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the video of '%s' was removed at this moment", photo->original_path);
        return FALSE;
    }
    if (!count_usage (tx, photo, part, &fits, error) ||
        (fits && !insert (tx, arena, photo, part, error)))
        return FALSE;
    *out_id = fits ? part->id : NULL;
    return TRUE;
}

/* Another photo may hold the same video, and show it. */
static gboolean
drop_replaced (Db *tx, Arena *arena, const char *video_id, GError **error)
{
    StringList ids = { &video_id, 1 };
    gboolean is_shown;

    return asset_motion_part_is_shown (tx, video_id, "", TRUE, &is_shown, error) &&
           (is_shown || trash_put_in (tx, arena, &ids, TRUE, error));
}

gboolean
ingest_motion_store (Db *tx, Arena *arena, const AssetRow *photo, MotionPart *part, GError **error)
{
    const char *old_id = photo->live_photo_video_id, *id = NULL;
    gboolean is_ours = TRUE, hidden = FALSE;

    part->hidden_id = NULL;
    if (!part->has_video)
        return TRUE;
    if (old_id != NULL && !find_old (tx, arena, old_id, &is_ours, error))
        return FALSE;
    if (!is_ours) /* what the user joined to it stays */
        return TRUE;
    if (!find_or_insert (tx, arena, photo, part, &id, error))
        return FALSE;
    if (id == NULL || g_strcmp0 (id, old_id) == 0)
        return TRUE;
    if (!db_exec (tx, SQL_KEEP_OWN, DB_ARGS (db_text (id)), NULL, error) ||
        !ingest_join_motion_part (tx, photo->id, id, &hidden, error))
        return FALSE;
    part->hidden_id = hidden ? id : NULL;
    return old_id == NULL || drop_replaced (tx, arena, old_id, error);
}

void
ingest_motion_finish (const App *app, Arena *arena, const MotionPart *part)
{
    g_autoptr (GError) why = NULL;
    gint64 n_users = 0;

    if (part->path == NULL)
        return;
    if (!db_select_int (app->db, SQL_FILE_USED,
                        DB_ARGS (db_text (part->id), db_text (part->lost_id), db_text (part->path)),
                        &n_users, NULL, &why))
        g_warning ("cannot look whose '%s' is: %s, it stays", part->path, why->message);
    else if (n_users == 0)
        layout_remove (layout_absolute (arena, app->media_location, part->path));
}
