/* asset_metadata.c -- see asset_metadata.h */
#define G_LOG_DOMAIN "assets"
#include "features/assets/asset_metadata.h"

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"

#define MAX_KEY_BYTES 255
#define MAX_TEXT 100000 /* characters of one asset's keys and values, as of a description */

/* $1 asset id */
static const char SQL_METADATA_FIND[] =
    "SELECT asset_id, key, value, updated_at FROM asset_metadata WHERE asset_id = $1 ORDER BY key";

/* $1 asset id, $2 key */
static const char SQL_METADATA_FIND_KEY[] =
    "SELECT asset_id, key, value, updated_at FROM asset_metadata WHERE asset_id = $1 AND key = $2";

/* $1 asset id, $2 key, $3 value, $4 now */
static const char SQL_METADATA_SAVE[] =
    "INSERT INTO asset_metadata (asset_id, key, value, updated_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (asset_id, key)"
    " DO UPDATE SET value = EXCLUDED.value, updated_at = EXCLUDED.updated_at";

/* $1 asset id, $2 key */
static const char SQL_METADATA_DELETE[] =
    "DELETE FROM asset_metadata WHERE asset_id = $1 AND key = $2";

/* $1 asset id */
static const char SQL_METADATA_TEXT[] =
    "SELECT COALESCE(CAST(sum(length(key) + length(value)) AS BIGINT), 0) FROM asset_metadata"
    " WHERE asset_id = $1";

gboolean
asset_metadata_find (Db *db, Arena *arena, const char *id, const char *key,
                     AssetMetadataRowList *out, GError **error)
{
    return key == NULL
               ? db_select (db, arena, &asset_metadata_row_type, (List *) out, SQL_METADATA_FIND,
                            DB_ARGS (db_text (id)), error)
               : db_select (db, arena, &asset_metadata_row_type, (List *) out,
                            SQL_METADATA_FIND_KEY, DB_ARGS (db_text (id), db_text (key)), error);
}

static gboolean
save_item (Db *tx, const char *id, const char *key, const char *value, gint64 now_ms,
           GError **error)
{
    return db_exec (tx, SQL_METADATA_SAVE,
                    DB_ARGS (db_text (id), db_text (key), db_text (value), db_int (now_ms)), NULL,
                    error);
}

/* Nobody's quota counts it. */
static gboolean
check_text (Db *tx, const char *id, GError **error)
{
    gint64 n = 0;

    if (!db_select_int (tx, SQL_METADATA_TEXT, DB_ARGS (db_text (id)), &n, NULL, error))
        return FALSE;
    if (n <= MAX_TEXT)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "the metadata of '%s' would have %" G_GINT64_FORMAT
                 " characters, %d are allowed; delete some of it or send less",
                 id, n, MAX_TEXT);
    return FALSE;
}

gboolean
asset_set_metadata (Db *tx, const char *id, const AssetMetadataUpsertItemList *items, gint64 now_ms,
                    GError **error)
{
    for (gsize i = 0; i < items->n; i++)
        if (!save_item (tx, id, items->items[i].key, items->items[i].value, now_ms, error))
            return FALSE;
    return items->n == 0 || check_text (tx, id, error);
}

static gboolean
check_items (const AssetMetadataBulkUpsertItemList *items, gboolean is_bulk, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    for (gsize i = 0; i < items->n; i++) {
        const AssetMetadataBulkUpsertItem *item = &items->items[i];

        if (strlen (item->key) > MAX_KEY_BYTES) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                         "the key of item %" G_GSIZE_FORMAT
                         " is longer than %d bytes; use a shorter "
                         "one",
                         i, MAX_KEY_BYTES);
            return FALSE;
        }
        if (g_hash_table_add (seen, g_strdup_printf ("%s %s", item->asset_id, item->key)))
            continue;
        if (is_bulk)
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                         "Duplicate items are not allowed: \"(%s, %s)\"", item->asset_id,
                         item->key);
        else
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                         "Duplicate items are not allowed: \"%s\"", item->key);
        return FALSE;
    }
    return TRUE;
}

typedef struct {
    const AssetMetadataBulkUpsertItemList *items;
    gint64 now_ms;
} Save;

static gboolean
save (Db *tx, gpointer data, GError **error)
{
    const Save *self = data;
    g_autoptr (GHashTable) checked = g_hash_table_new (g_str_hash, g_str_equal);

    for (gsize i = 0; i < self->items->n; i++) {
        const AssetMetadataBulkUpsertItem *item = &self->items->items[i];

        if (!save_item (tx, item->asset_id, item->key, item->value, self->now_ms, error))
            return FALSE;
    }
    for (gsize i = 0; i < self->items->n; i++) {
        const char *id = self->items->items[i].asset_id;

        if (g_hash_table_add (checked, (gpointer) id) && !check_text (tx, id, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
asset_metadata_save (Db *db, const AssetMetadataBulkUpsertItemList *items, gboolean is_bulk,
                     gint64 *out_now_ms, GError **error)
{
    Save data = { items, timestamp_now_ms () };

    if (!check_items (items, is_bulk, error) ||
        (items->n > 0 && !db_write (db, save, &data, error)))
        return FALSE;
    *out_now_ms = data.now_ms;
    return TRUE;
}

static gboolean
delete_all (Db *tx, gpointer data, GError **error)
{
    const AssetMetadataBulkDeleteItemList *items = data;

    for (gsize i = 0; i < items->n; i++)
        if (!db_exec (tx, SQL_METADATA_DELETE,
                      DB_ARGS (db_text (items->items[i].asset_id), db_text (items->items[i].key)),
                      NULL, error))
            return FALSE;
    return TRUE;
}

gboolean
asset_metadata_delete (Db *db, const AssetMetadataBulkDeleteItemList *items, GError **error)
{
    return items->n == 0 || db_write (db, delete_all, (gpointer) items, error);
}
