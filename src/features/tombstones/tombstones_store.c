/* tombstones_store.c -- see tombstones_store.h, and tombstones_add () of tombstones.h */
#define G_LOG_DOMAIN "tombstones"
#include "features/tombstones/tombstones_store.h"

#include "base/timestamp.h"

/* $1 asset, $2 now; the file may have been deleted once before, come back, and be deleted again */
static const char SQL_ADD[] =
    "INSERT INTO tombstone (owner_id, checksum, asset_id, original_file_name, deleted_at)"
    " SELECT a.owner_id, a.checksum, a.id, a.original_file_name, CAST($2 AS BIGINT)"
    "   FROM asset a JOIN users u ON u.id = a.owner_id"
    "  WHERE a.id = $1 AND a.library_id IS NULL AND u.keeps_tombstones = 1"
    " ON CONFLICT (owner_id, checksum)"
    " DO UPDATE SET asset_id = EXCLUDED.asset_id, deleted_at = EXCLUDED.deleted_at,"
    "               original_file_name = EXCLUDED.original_file_name";

/* $1 owner, $2 how many, $3 after how many; newest first */
static const char SQL_LIST[] = "SELECT checksum, asset_id, original_file_name, deleted_at"
                               "  FROM tombstone WHERE owner_id = $1"
                               " ORDER BY deleted_at DESC, asset_id DESC LIMIT $2 OFFSET $3";
/* $1 owner */
static const char SQL_COUNT[] = "SELECT count(*) FROM tombstone WHERE owner_id = $1";
static const char SQL_IS_ON[] = "SELECT keeps_tombstones FROM users WHERE id = $1";
static const char SQL_CLEAR[] = "DELETE FROM tombstone WHERE owner_id = $1";
/* $1 owner, $2 on */
static const char SQL_SWITCH[] = "UPDATE users SET keeps_tombstones = $2 WHERE id = $1";
/* $1 owner, $2 SHA-1 */
static const char SQL_REMOVE[] = "DELETE FROM tombstone WHERE owner_id = $1 AND checksum = $2";

gboolean
tombstones_add (Db *tx, const char *asset_id, GError **error)
{
    return db_exec (tx, SQL_ADD, DB_ARGS (db_text (asset_id), db_int (timestamp_now_ms ())), NULL,
                    error);
}

gboolean
tombstones_store_list (Db *db, Arena *arena, const char *owner_id, gint64 page, gint64 size,
                       TombstonesResponse *out, GError **error)
{
    gint64 is_on = 0, n_before = (page - 1) * size;

    if (!db_select_int (db, SQL_IS_ON, DB_ARGS (db_text (owner_id)), &is_on, NULL, error) ||
        !db_select_int (db, SQL_COUNT, DB_ARGS (db_text (owner_id)), &out->total, NULL, error) ||
        !db_select (db, arena, &tombstone_type, (List *) &out->items, SQL_LIST,
                    DB_ARGS (db_text (owner_id), db_int (size), db_int (n_before)), error))
        return FALSE;
    out->enabled = is_on == 1;
    out->has_next_page = n_before + size < out->total;
    out->next_page = page + 1;
    return TRUE;
}

/* ---- changes ---- */

typedef struct {
    const char *owner_id;
    gboolean enabled;
    const guint8 *sha1s;
    gsize n;
} Change;

static gboolean
run_switch (Db *tx, gpointer data, GError **error)
{
    const Change *self = data;

    return db_exec (tx, SQL_SWITCH, DB_ARGS (db_text (self->owner_id), db_bool (self->enabled)),
                    NULL, error) &&
           (self->enabled ||
            db_exec (tx, SQL_CLEAR, DB_ARGS (db_text (self->owner_id)), NULL, error));
}

gboolean
tombstones_store_switch (Db *db, const char *owner_id, gboolean enabled, GError **error)
{
    Change data = { .owner_id = owner_id, .enabled = enabled };

    return db_write (db, run_switch, &data, error);
}

gboolean
tombstones_store_clear (Db *db, const char *owner_id, GError **error)
{
    return db_exec (db, SQL_CLEAR, DB_ARGS (db_text (owner_id)), NULL, error);
}

static gboolean
run_remove (Db *tx, gpointer data, GError **error)
{
    const Change *self = data;

    for (gsize i = 0; i < self->n; i++)
        if (!db_exec (tx, SQL_REMOVE,
                      DB_ARGS (db_text (self->owner_id), db_blob (self->sha1s + 20 * i, 20)), NULL,
                      error))
            return FALSE;
    return TRUE;
}

gboolean
tombstones_store_remove (Db *db, const char *owner_id, const guint8 *sha1s, gsize n, GError **error)
{
    Change data = { .owner_id = owner_id, .sha1s = sha1s, .n = n };

    return db_write (db, run_remove, &data, error);
}
