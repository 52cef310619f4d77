/* sync_checkpoint.c -- how far each login session has come
 *
 * An ack is 'type|update id' or 'type|update id|extra id', as a line had it; apps send it back
 * unchanged. It is checked here, so that no stream can fail because of a stored one. */
#define G_LOG_DOMAIN "sync"
#include "features/sync/sync_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"

/* $1 session */
static const char SQL_LIST[] = "SELECT type, ack FROM sync_checkpoint WHERE session_id = $1"
                               " ORDER BY type";
static const char SQL_PENDING[] = "SELECT is_pending_sync_reset FROM session WHERE id = $1";
static const char SQL_DELETE_ALL[] = "DELETE FROM sync_checkpoint WHERE session_id = $1";
static const char SQL_CLEAR_PENDING[] =
    "UPDATE session SET is_pending_sync_reset = 0 WHERE id = $1 AND is_pending_sync_reset = 1";

/* $1 session, $2 a JSON array of types */
static const char SQL_DELETE[] = "DELETE FROM sync_checkpoint WHERE session_id = $1"
                                 " AND type IN (SELECT value FROM json_each($2))";

/* $1 session, $2 type, $3 ack, $4 now */
static const char SQL_SAVE[] =
    "INSERT INTO sync_checkpoint (session_id, type, ack, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $4)"
    " ON CONFLICT (session_id, type) DO UPDATE SET ack = excluded.ack,"
    "       updated_at = excluded.updated_at";

/* ---- acks ---- */

static gboolean
is_uuid (const char *text)
{
    if (strlen (text) != UUID_TEXT_BYTES - 1)
        return FALSE;
    for (int i = 0; i < UUID_TEXT_BYTES - 1; i++) {
        gboolean is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? text[i] != '-' : !strchr ("0123456789abcdef", text[i]))
            return FALSE;
    }
    return TRUE;
}

static int
find_type (const char *text)
{
    for (guint i = 0; i < sync_entity_type_enum.n_texts; i++)
        if (g_str_equal (sync_entity_type_enum.texts[i], text))
            return (int) i;
    return -1;
}

static gboolean
parse_ack (const char *ack, SyncEntityType *out_type, SyncPoint *out, GError **error)
{
    g_auto (GStrv) parts = g_strsplit (ack, "|", 4);
    guint n = g_strv_length (parts);
    int type = n > 0 ? find_type (parts[0]) : -1;
    gboolean has_extra = n > 2;

    if (type < 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Invalid ack type: %s",
                     n > 0 ? parts[0] : "");
        return FALSE;
    }
    *out_type = (SyncEntityType) type;
    *out = (SyncPoint){ "", "" };
    if (type == SYNC_ENTITY_TYPE_SYNC_RESET_V1)
        return TRUE;
    if (n < 2 || n > 3 || !is_uuid (parts[1]) ||
        (has_extra && !is_uuid (parts[2]) && !g_str_equal (parts[2], SYNC_COMPLETE))) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "Invalid ack: %s is not one of a line of the stream", ack);
        return FALSE;
    }
    g_strlcpy (out->update_id, parts[1], sizeof out->update_id);
    if (has_extra)
        g_strlcpy (out->extra, parts[2], sizeof out->extra);
    return TRUE;
}

/* ---- reading ---- */

gboolean
sync_points_list (Db *db, Arena *arena, const char *session_id, SyncAckList *out, GError **error)
{
    List rows;

    if (!db_select (db, arena, &sync_ack_type, &rows, SQL_LIST, DB_ARGS (db_text (session_id)),
                    error))
        return FALSE;
    *out = (SyncAckList){ rows.items, rows.n };
    return TRUE;
}

gboolean
sync_points_load (Db *db, Arena *arena, const char *session_id, SyncPoints *out, GError **error)
{
    SyncAckList acks;
    gint64 is_pending = 0;

    if (!db_select_int (db, SQL_PENDING, DB_ARGS (db_text (session_id)), &is_pending, NULL,
                        error) ||
        !sync_points_list (db, arena, session_id, &acks, error))
        return FALSE;
    *out = (SyncPoints){ .is_reset_pending = is_pending != 0 };
    for (gsize i = 0; i < acks.n; i++) {
        SyncEntityType type;
        SyncPoint point;

        if (!parse_ack (acks.items[i].ack, &type, &point, error))
            return FALSE;
        out->points[type] = point;
    }
    return TRUE;
}

/* ---- writing ---- */

typedef struct {
    const char *session_id;
    gboolean is_reset;
    const char *acks[SYNC_N_ENTITIES]; /* NULL: nothing for this type */
} Save;

static gboolean
run_save (Db *tx, gpointer data, GError **error)
{
    const Save *self = data;
    gint64 now_ms = timestamp_now_ms ();

    if (self->is_reset)
        return db_exec (tx, SQL_CLEAR_PENDING, DB_ARGS (db_text (self->session_id)), NULL, error) &&
               db_exec (tx, SQL_DELETE_ALL, DB_ARGS (db_text (self->session_id)), NULL, error);
    for (guint i = 0; i < SYNC_N_ENTITIES; i++)
        if (self->acks[i] != NULL &&
            !db_exec (tx, SQL_SAVE,
                      DB_ARGS (db_text (self->session_id), db_text (sync_entity_type_enum.texts[i]),
                               db_text (self->acks[i]), db_int (now_ms)),
                      NULL, error))
            return FALSE;
    return TRUE;
}

gboolean
sync_points_save (Db *db, const char *session_id, const StringList *acks, GError **error)
{
    Save data = { .session_id = session_id };

    for (gsize i = 0; i < acks->n && !data.is_reset; i++) {
        SyncEntityType type;
        SyncPoint point;

        if (!parse_ack (acks->items[i], &type, &point, error))
            return FALSE;
        data.acks[type] = acks->items[i];
        data.is_reset = type == SYNC_ENTITY_TYPE_SYNC_RESET_V1; /* what follows does not count */
    }
    return acks->n == 0 || db_write (db, run_save, &data, error);
}

gboolean
sync_point_save (Db *db, const char *session_id, SyncEntityType type, const char *ack,
                 GError **error)
{
    Save data = { .session_id = session_id };

    data.acks[type] = ack;
    return db_write (db, run_save, &data, error);
}

gboolean
sync_points_reset (Db *db, const char *session_id, GError **error)
{
    Save data = { .session_id = session_id, .is_reset = TRUE };

    return db_write (db, run_save, &data, error);
}

gboolean
sync_points_delete (Db *db, const char *session_id, const EnumList *types, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    StringList names;

    if (types == NULL)
        return db_exec (db, SQL_DELETE_ALL, DB_ARGS (db_text (session_id)), NULL, error);
    names = (StringList){ arena_new_array (arena, const char *, MAX (types->n, 1)), types->n };
    for (gsize i = 0; i < types->n; i++)
        names.items[i] = sync_entity_type_enum.texts[types->items[i]];
    return db_exec (db, SQL_DELETE, DB_ARGS (db_text (session_id), db_strings (arena, &names)),
                    NULL, error);
}
