/* upload_store.c -- the SQL of uploading */
#define G_LOG_DOMAIN "upload"
#include "features/upload/upload_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/ingest/ingest.h"
#include "features/users/users.h"

/* $1 id, $2 owner, $3 type, $4 path, $5 name, $6 SHA-1, $7 size, $8 fileCreatedAt (and local date),
 * $9 fileModifiedAt, $10 month, $11 duration, $12 favourite, $13 visibility, $14 motion part,
 * $15 and $16 device ids, $17 now, $18 update id, $19 link */
static const char SQL_ASSET_INSERT[] =
    "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum, "
    "size_bytes,"
    "                   file_created_at, file_modified_at, local_date_time, local_month,"
    "                   duration_ms, is_favorite, visibility, live_photo_video_id,"
    "                   device_asset_id, device_id, created_at, updated_at, update_id, link_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $10, $11, $12, $13, $14, $15, $16, $17, $17,"
    "         $18, $19)"
    " ON CONFLICT DO NOTHING";

#define FILMS 500 /* in one write */

/* $1 asset id, $2 size */
static const char SQL_EXIF_INSERT[] =
    "INSERT INTO asset_exif (asset_id, file_size_in_byte) VALUES ($1, $2)";

/* $1 id, $2 asset id, $3 path, $4 now, $5 size, $6 owner */
static const char SQL_SIDECAR_INSERT[] =
    "INSERT INTO asset_file (id, asset_id, type, path, created_at, updated_at, size_bytes,"
    "                        sidecar_owner_id)"
    " VALUES ($1, $2, 'sidecar', $3, $4, $4, $5, $6)";

/* $1 owner, $2 SHA-1 */
#define FIND                                                                                       \
    "SELECT id FROM asset WHERE owner_id = $1 AND checksum = $2 AND library_id IS NULL"            \
    "   AND status <> 'deleted'"
static const char SQL_FIND[] = FIND;
static const char SQL_FIND_OR_GONE[] =
    FIND " UNION ALL SELECT asset_id FROM tombstone WHERE owner_id = $1 AND checksum = $2 LIMIT 1";
/* $1 owner, $2 asset */
static const char SQL_IS_GONE[] =
    "SELECT count(*) FROM tombstone WHERE owner_id = $1 AND asset_id = $2";
/* Came hidden, before a photo that shows it, which is not here. */
#define IS_ALONE                                                                                   \
    "visibility = 'hidden' AND type = 'VIDEO' AND status <> 'deleted'"                             \
    " AND NOT EXISTS (SELECT 1 FROM asset p WHERE p.live_photo_video_id = asset.id"                \
    "                    AND p.status <> 'deleted')"
/* $1 id */
static const char SQL_IS_ALONE[] = "SELECT count(*) FROM asset WHERE id = $1 AND " IS_ALONE;
/* $1 film, $2 owner, $3 link it came by or NULL, $4 what is here, $5 visibility if that has none to give, $6 now */
static const char SQL_FILM_SHOW[] =
    "UPDATE asset SET visibility = COALESCE((SELECT k.visibility FROM asset k WHERE k.id = $4"
    "                                           AND k.visibility <> 'hidden'), $5),"
    "       updated_at = $6, update_id = uuid_v7 ()"
    " WHERE id = $1 AND owner_id = $2"
    "   AND (link_id = CAST($3 AS TEXT) OR CAST($3 AS TEXT) IS NULL) AND " IS_ALONE;
/* $1 came before, $2 at most so many; what was taken out of a motion photo is taken out again, and what has a thumbnail
 * was seen once */
static const char SQL_LONE_FILMS[] =
    "SELECT id, owner_id FROM asset WHERE " IS_ALONE
    "   AND created_at < $1 AND status = 'active' AND deleted_at IS NULL"
    "   AND substr(original_path, 1, 14) <> 'encoded-video/'"
    "   AND NOT EXISTS (SELECT 1 FROM album_asset s WHERE s.asset_id = asset.id)"
    "   AND NOT EXISTS (SELECT 1 FROM shared_link_asset s WHERE s.asset_id = asset.id)"
    "   AND NOT EXISTS (SELECT 1 FROM asset_file s"
    "                    WHERE s.asset_id = asset.id AND s.type = 'thumbnail')"
    " ORDER BY owner_id, id LIMIT $2";
/* $1 owner, $2 SHA-1 */
static const char SQL_FORGET[] = "DELETE FROM tombstone WHERE owner_id = $1 AND checksum = $2";

/* $1 id, $2 path as stored */
static const char SQL_EXISTS[] =
    "SELECT (SELECT count(*) FROM asset WHERE id = $1)"
    "     + (SELECT count(*) FROM asset WHERE original_path = $2 AND library_id IS NULL)"
    "     + (SELECT count(*) FROM asset_file WHERE path = $2 AND type = 'sidecar')";

/* $1 owner, $2 device */
static const char SQL_DEVICE_IDS[] =
    "SELECT DISTINCT device_asset_id FROM asset WHERE owner_id = $1 AND device_id = $2"
    "   AND device_asset_id IS NOT NULL AND deleted_at IS NULL ORDER BY device_asset_id";

/* $1 owner, $2 device, $3 a JSON array of device asset ids */
static const char SQL_DEVICE_IDS_AMONG[] =
    "SELECT DISTINCT device_asset_id FROM asset WHERE owner_id = $1 AND device_id = $2"
    "   AND device_asset_id IN (SELECT value FROM json_each($3)) AND status <> 'deleted'";

gboolean
upload_insert (Db *tx, const Upload *upload, const UploadPlace *place, gint64 now_ms,
               gboolean *out_inserted, GError **error)
{
    char update_id[UUID_TEXT_BYTES], sidecar_id[UUID_TEXT_BYTES];
    gint64 n_changed = 0;

    uuid_v7_text (update_id);
    uuid_v4_text (sidecar_id);
    if (!db_exec (tx, SQL_ASSET_INSERT,
                  DB_ARGS (db_text (place->id), db_text (upload->owner_id),
                           db_text (asset_type_enum.texts[upload->type]), db_text (place->path),
                           db_text (upload->file_name), db_blob (upload->file->sha1, 20),
                           db_int (upload->file->size_bytes), db_int (upload->file_created_at_ms),
                           db_int (upload->file_modified_at_ms),
                           db_int (asset_local_month (upload->file_created_at_ms)),
                           db_int_if (upload->has_duration, upload->duration_ms),
                           db_bool (upload->is_favorite),
                           db_text (asset_visibility_enum.texts[upload->visibility]),
                           db_text (upload->live_photo_video_id), db_text (upload->device_asset_id),
                           db_text (upload->device_id), db_int (now_ms), db_text (update_id),
                           db_text (upload->link_id)),
                  &n_changed, error))
        return FALSE;
    *out_inserted = n_changed > 0;
    if (n_changed == 0)
        return TRUE;
    return db_exec (tx, SQL_EXIF_INSERT,
                    DB_ARGS (db_text (place->id), db_int (upload->file->size_bytes)), NULL,
                    error) &&
           (place->sidecar_path == NULL ||
            (users_check_sidecar (tx, upload->owner_id, upload->sidecar->size_bytes, error) &&
             db_exec (tx, SQL_SIDECAR_INSERT,
                      DB_ARGS (db_text (sidecar_id), db_text (place->id),
                               db_text (place->sidecar_path), db_int (now_ms),
                               db_int (upload->sidecar->size_bytes), db_text (upload->owner_id)),
                      NULL, error))) &&
           asset_set_metadata (tx, place->id, &upload->metadata, now_ms, error);
}

gboolean
upload_find (Db *db, Arena *arena, const char *owner_id, const guint8 sha1[20], gboolean or_gone,
             const char **out_id, GError **error)
{
    return db_select_text (db, arena, or_gone ? SQL_FIND_OR_GONE : SQL_FIND,
                           DB_ARGS (db_text (owner_id), db_blob (sha1, 20)), out_id, error);
}

gboolean
upload_is_gone (Db *db, const char *owner_id, const char *asset_id, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_IS_GONE, DB_ARGS (db_text (owner_id), db_text (asset_id)), &n, NULL,
                        error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

gboolean
upload_is_alone (Db *db, const char *id, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_IS_ALONE, DB_ARGS (db_text (id)), &n, NULL, error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}

/* As visible as @known_id, when that is not NULL and says something, else as @visibility. Its photo may come, or go,
 * at this moment. */
static gboolean
show_film (Db *tx, Arena *arena, const char *id, const char *owner_id, const char *link_id,
           const char *known_id, int visibility, gint64 *out_n, GError **error)
{
    return asset_wait_for_motion_parts (tx, owner_id, error) &&
           db_exec (tx, SQL_FILM_SHOW,
                    DB_ARGS (db_text (id), db_text (owner_id), db_text (link_id),
                             db_text (known_id), db_text (asset_visibility_enum.texts[visibility]),
                             db_int (timestamp_now_ms ())),
                    out_n, error) &&
           (*out_n == 0 || ingest_add_thumbnails (tx, arena, id, NULL, TRUE, error));
}

gboolean
upload_show_lone_films (Db *tx, Arena *arena, gint64 before_ms, gint64 *out_n, GError **error)
{
    LoneFilmRowList films;

    *out_n = 0;
    if (!db_select (tx, arena, &lone_film_row_type, (List *) &films, SQL_LONE_FILMS,
                    DB_ARGS (db_int (before_ms), db_int (FILMS)), error))
        return FALSE;
    for (gsize i = 0; i < films.n; i++) {
        gint64 n = 0;

        if (!show_film (tx, arena, films.items[i].id, films.items[i].owner_id, NULL, NULL,
                        ASSET_VISIBILITY_TIMELINE, &n, error))
            return FALSE;
        *out_n += n;
    }
    return TRUE;
}

gboolean
upload_show_film (Db *tx, Arena *arena, const Upload *upload, const char *known_id, GError **error)
{
    gboolean is_film = upload->type == ASSET_TYPE_VIDEO, is_visitors = upload->link_id != NULL;
    const char *id = is_film ? known_id : upload->live_photo_video_id;
    int visibility = is_visitors ? ASSET_VISIBILITY_TIMELINE : upload->visibility;
    gint64 n_shown = 0;

    if (id == NULL || (is_film && upload->visibility == ASSET_VISIBILITY_HIDDEN))
        return TRUE;
    /* a visitor is not told how visible the owner's photo is */
    return show_film (tx, arena, id, upload->owner_id, upload->link_id,
                      is_visitors ? NULL : known_id, visibility, &n_shown, error);
}

gboolean
upload_forget_tombstone (Db *tx, const char *owner_id, const guint8 sha1[20], GError **error)
{
    return db_exec (tx, SQL_FORGET, DB_ARGS (db_text (owner_id), db_blob (sha1, 20)), NULL, error);
}

/* ---- many checksums at once ---- */

#define CHUNK 200

static void
append_places (GString *text)
{
    for (guint i = 0; i < CHUNK; i++)
        g_string_append_printf (text, "%s$%u", i > 0 ? ", " : "(", i + 2);
    g_string_append_c (text, ')');
}

/* What is here, and what is gone for good: never both of one checksum. A film that is alone is sent, to be shown.
 * $1 owner, $2 to $201 checksums: a list in JSON cannot hold bytes, and both engines look up a list of
 * parameters in the index. Unused places repeat the last checksum. */
static const char *
many_sql (void)
{
    static gsize made;
    static char *sql;

    if (g_once_init_enter (&made)) {
        GString *text = g_string_new ("SELECT asset_id, checksum, CAST(NULL AS BIGINT)"
                                      "  FROM tombstone WHERE owner_id = $1 AND checksum IN ");

        append_places (text);
        g_string_append (text, " UNION ALL SELECT id, checksum, deleted_at FROM asset"
                               "  WHERE owner_id = $1 AND library_id IS NULL"
                               "    AND status <> 'deleted' AND NOT (" IS_ALONE ")"
                               "    AND checksum IN ");
        append_places (text);
        sql = g_string_free (text, FALSE);
        g_once_init_leave (&made, 1);
    }
    return sql;
}

static guint
sha1_hash (gconstpointer sha1)
{
    guint hash;

    memcpy (&hash, sha1, sizeof hash);
    return hash;
}

static gboolean
sha1_equal (gconstpointer a, gconstpointer b)
{
    return memcmp (a, b, 20) == 0;
}

typedef struct {
    Arena *arena;
    GHashTable *by_sha1; /* of ChecksumFound */
} FindMany;

typedef struct {
    guint8 sha1[20];
    const char *id;
    gboolean is_trashed;
} ChecksumFound;

static gboolean
add_found (const DbRow *row, gpointer data)
{
    FindMany *self = data;
    ChecksumFound *found = arena_new0 (self->arena, ChecksumFound);
    gsize n = 0;
    gconstpointer bytes = db_row_blob (row, 1, &n);

    if (n != sizeof found->sha1)
        return TRUE;
    memcpy (found->sha1, bytes, n);
    found->id = arena_strdup (self->arena, db_row_text (row, 0));
    found->is_trashed = !db_row_is_null (row, 2);
    g_hash_table_insert (self->by_sha1, found->sha1, found);
    return TRUE;
}

gboolean
upload_find_many (Db *db, Arena *arena, const char *owner_id, UploadCheck *checks, gsize n,
                  GError **error)
{
    g_autoptr (GHashTable) by_sha1 = g_hash_table_new (sha1_hash, sha1_equal);
    FindMany find = { arena, by_sha1 };

    for (gsize at = 0; at < n;) {
        DbValue values[CHUNK + 1] = { db_text (owner_id) };
        guint n_values = 1;

        for (; at < n && n_values <= CHUNK; at++)
            if (checks[at].has_checksum)
                values[n_values++] = db_blob (checks[at].sha1, 20);
        if (n_values == 1)
            continue;
        for (guint i = n_values; i <= CHUNK; i++)
            values[i] = values[n_values - 1];
        if (!db_each (db, many_sql (), (DbArgs){ values, G_N_ELEMENTS (values) }, add_found, &find,
                      error))
            return FALSE;
    }
    for (gsize i = 0; i < n; i++) {
        const ChecksumFound *found =
            checks[i].has_checksum ? g_hash_table_lookup (by_sha1, checks[i].sha1) : NULL;

        checks[i].asset_id = found != NULL ? found->id : NULL;
        checks[i].is_trashed = found != NULL && found->is_trashed;
    }
    return TRUE;
}

gboolean
upload_find_device_ids (Db *db, Arena *arena, const char *owner_id, const char *device_id,
                        const StringList *only, StringList *out, GError **error)
{
    return only == NULL
               ? db_select_texts (db, arena, SQL_DEVICE_IDS,
                                  DB_ARGS (db_text (owner_id), db_text (device_id)), out, error)
               : db_select_texts (
                     db, arena, SQL_DEVICE_IDS_AMONG,
                     DB_ARGS (db_text (owner_id), db_text (device_id), db_strings (arena, only)),
                     out, error);
}

gboolean
upload_is_known (Db *db, const char *asset_id, const char *path, gboolean *out, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (db, SQL_EXISTS, DB_ARGS (db_text (asset_id), db_text (path)), &n, NULL,
                        error))
        return FALSE;
    *out = n > 0;
    return TRUE;
}
