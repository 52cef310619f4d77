/* download.c -- what is delivered, and how it is cut into archives; see download_private.h */
#define G_LOG_DOMAIN "download"
#include "features/download/download_private.h"

#include <string.h>

#define SQL_ITEMS                                                                                  \
    "SELECT a.id AS id, a.size_bytes AS size_bytes, a.live_photo_video_id AS live_photo_video_id," \
    "       a.original_path AS original_path FROM asset a"
#define SQL_THERE " a.deleted_at IS NULL AND a.status = 'active'"

/* $1 a JSON array of ids */
static const char SQL_ITEMS_FIND[] =
    SQL_ITEMS " WHERE a.id IN (SELECT value FROM json_each($1)) AND" SQL_THERE;

/* $1 owner, $2 a visibility left out besides hidden; in the order of the timeline */
static const char SQL_ITEMS_OF_USER[] =
    SQL_ITEMS " WHERE a.owner_id = $1 AND a.visibility NOT IN ('hidden', $2) AND" SQL_THERE
              " ORDER BY a.local_day DESC, a.file_created_at DESC, a.id DESC";

/* $1 album; motion parts come with their stills, what is locked is in no album */
static const char SQL_ITEMS_OF_ALBUM[] =
    SQL_ITEMS " JOIN album_asset x ON x.asset_id = a.id"
              " WHERE x.album_id = $1 AND a.visibility NOT IN ('hidden', 'locked') AND" SQL_THERE
              " ORDER BY a.local_day DESC, a.file_created_at DESC, a.id DESC";

/* Extracted motion files lie there; what was uploaded as a file of its own does not. */
#define EMBEDDED_FOLDER "encoded-video/"

static gboolean
find_rows (Db *db, Arena *arena, const StringList *ids, GHashTable *out_by_id, GError **error)
{
    List rows = { 0 };

    if (ids->n > 0 && !db_select (db, arena, &download_item_row_type, &rows, SQL_ITEMS_FIND,
                                  DB_ARGS (db_strings (arena, ids)), error))
        return FALSE;
    for (gsize i = 0; i < rows.n; i++) {
        DownloadItemRow *row = &((DownloadItemRow *) rows.items)[i];

        g_hash_table_insert (out_by_id, (gpointer) row->id, row);
    }
    return TRUE;
}

/* Behind all stills come their motion parts, each once and unless it is there already. */
static gboolean
add_motion_parts (Db *db, Arena *arena, gboolean with_embedded, GArray *items, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) found = g_hash_table_new (g_str_hash, g_str_equal);
    StringList ids = { arena_new_array (arena, const char *, MAX (items->len, 1)), 0 };

    for (guint i = 0; i < items->len; i++)
        g_hash_table_add (seen, (gpointer) g_array_index (items, DownloadItemRow, i).id);
    for (guint i = 0; i < items->len; i++) {
        const char *video = g_array_index (items, DownloadItemRow, i).live_photo_video_id;

        if (video != NULL && g_hash_table_add (seen, (gpointer) video))
            ids.items[ids.n++] = video;
    }
    if (!find_rows (db, arena, &ids, found, error))
        return FALSE;
    for (gsize i = 0; i < ids.n; i++) {
        const DownloadItemRow *row = g_hash_table_lookup (found, ids.items[i]);

        if (row != NULL &&
            (with_embedded || !g_str_has_prefix (row->original_path, EMBEDDED_FOLDER)))
            g_array_append_vals (items, row, 1);
    }
    return TRUE;
}

gboolean
download_find (Db *db, Arena *arena, const StringList *ids, gboolean with_embedded,
               GArray *out_items, GError **error)
{
    g_autoptr (GHashTable) found = g_hash_table_new (g_str_hash, g_str_equal);

    if (!find_rows (db, arena, ids, found, error))
        return FALSE;
    for (gsize i = 0; i < ids->n; i++) {
        gpointer row = NULL;

        if (g_hash_table_steal_extended (found, ids->items[i], NULL, &row))
            g_array_append_vals (out_items, row, 1);
    }
    return add_motion_parts (db, arena, with_embedded, out_items, error);
}

static gboolean
find_set (Db *db, Arena *arena, const char *sql, DbArgs args, gboolean with_embedded,
          GArray *out_items, GError **error)
{
    List rows;

    if (!db_select (db, arena, &download_item_row_type, &rows, sql, args, error))
        return FALSE;
    if (rows.n > 0)
        g_array_append_vals (out_items, rows.items, (guint) rows.n);
    return add_motion_parts (db, arena, with_embedded, out_items, error);
}

gboolean
download_find_all (Db *db, Arena *arena, const char *user_id, gboolean with_locked,
                   gboolean with_embedded, GArray *out_items, GError **error)
{
    return find_set (db, arena, SQL_ITEMS_OF_USER,
                     DB_ARGS (db_text (user_id), db_text (with_locked ? "hidden" : "locked")),
                     with_embedded, out_items, error);
}

gboolean
download_find_album (Db *db, Arena *arena, const char *album_id, gboolean with_embedded,
                     GArray *out_items, GError **error)
{
    return find_set (db, arena, SQL_ITEMS_OF_ALBUM, DB_ARGS (db_text (album_id)), with_embedded,
                     out_items, error);
}

void
download_split (Arena *arena, const DownloadItemRow *items, gsize n, gint64 archive_bytes,
                DownloadResponse *out)
{
    g_autoptr (GArray) archives = g_array_new (FALSE, TRUE, sizeof (DownloadArchiveInfo));
    const char **ids = arena_new_array (arena, const char *, MAX (n, 1)); /* of all, side by side */
    DownloadArchiveInfo *archive = NULL;

    *out = (DownloadResponse){ 0 };
    for (gsize i = 0; i < n; i++) {
        ids[i] = items[i].id;
        if (archive == NULL) {
            g_array_set_size (archives, archives->len + 1);
            archive = &g_array_index (archives, DownloadArchiveInfo, archives->len - 1);
            archive->asset_ids.items = &ids[i];
        }
        archive->asset_ids.n++;
        archive->size += items[i].size_bytes;
        out->total_size += items[i].size_bytes;
        if (archive->size > archive_bytes)
            archive = NULL;
    }
    out->archives.n = archives->len;
    out->archives.items = arena_new_array (arena, DownloadArchiveInfo, MAX (archives->len, 1));
    if (archives->len > 0)
        memcpy (out->archives.items, archives->data, archives->len * sizeof (DownloadArchiveInfo));
}
