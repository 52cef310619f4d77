/* notifications_store.c -- notices in the database */
#define G_LOG_DOMAIN "notifications"
#include "features/notifications/notifications_private.h"

#include "base/timestamp.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)
#define READ_KEPT_MS (15 * DAY_MS)
#define KEPT_MS (30 * DAY_MS)

/* $1 user, $2 id or NULL, $3 level or NULL, $4 type or NULL, $5 only unread: 0 or 1 */
static const char SQL_LIST[] =
    "SELECT id, created_at, level, type, title, description, data, read_at FROM notification"
    " WHERE user_id = $1 AND (CAST($2 AS TEXT) IS NULL OR id = $2)"
    "   AND (CAST($3 AS TEXT) IS NULL OR level = $3) AND (CAST($4 AS TEXT) IS NULL OR type = $4)"
    "   AND (CAST($5 AS SMALLINT) = 0 OR read_at IS NULL)"
    " ORDER BY created_at DESC, id";

static const char SQL_INSERT[] =
    "INSERT INTO notification (id, user_id, level, type, title, description, data, created_at,"
    "                          updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

/* $1 JSON array of ids, $2 read at or NULL, $3 now */
static const char SQL_SET_READ[] = "UPDATE notification SET read_at = $2, updated_at = $3"
                                   " WHERE id IN (SELECT value FROM json_each($1))";

/* $1 JSON array of ids */
static const char SQL_DELETE[] =
    "DELETE FROM notification WHERE id IN (SELECT value FROM json_each($1))";

/* $1 read ones are older, $2 all are older */
static const char SQL_DELETE_OLD[] =
    "DELETE FROM notification"
    " WHERE created_at < $1 AND (read_at IS NOT NULL OR created_at < $2)";

static const char SQL_FIND_ADMINS[] =
    "SELECT id FROM users WHERE is_admin = 1 AND deleted_at IS NULL";

/* $1 album, $2 recipient */
static const char SQL_LOAD_ALBUM[] =
    "SELECT l.name AS album_name, o.name AS sender_name, u.name AS recipient_name,"
    "       u.email AS recipient_email"
    "  FROM album l"
    "  JOIN album_user m ON m.album_id = l.id AND m.user_id = $2"
    "  JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL"
    "  JOIN album_user ow ON ow.album_id = l.id AND ow.role = 'owner'"
    "  JOIN users o ON o.id = ow.user_id"
    " WHERE l.id = $1 AND l.deleted_at IS NULL";

gboolean
notification_list (Db *db, Arena *arena, const char *user_id, const NotificationFilter *filter,
                   List *out, GError **error)
{
    return db_select (db, arena, &notification_row_type, out, SQL_LIST,
                      DB_ARGS (db_text (user_id), db_text (filter->id), db_text (filter->level),
                               db_text (filter->type), db_bool (filter->only_unread)),
                      error);
}

gboolean
notification_insert (Db *tx, const char *user_id, const NotificationRow *row, GError **error)
{
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (row->id), db_text (user_id),
                             db_text (notification_level_enum.texts[row->level]),
                             db_text (notification_type_enum.texts[row->type]),
                             db_text (row->title), db_text (row->description), db_text (row->data),
                             db_int (row->created_at)),
                    NULL, error);
}

gboolean
notification_set_read (Db *db, Arena *arena, const StringList *ids, gboolean has_read_at,
                       gint64 read_at, GError **error)
{
    return db_exec (db, SQL_SET_READ,
                    DB_ARGS (db_strings (arena, ids), db_int_if (has_read_at, read_at),
                             db_int (timestamp_now_ms ())),
                    NULL, error);
}

gboolean
notification_delete (Db *db, Arena *arena, const StringList *ids, GError **error)
{
    return db_exec (db, SQL_DELETE, DB_ARGS (db_strings (arena, ids)), NULL, error);
}

gboolean
notification_delete_old (Db *db, gint64 now_ms, GError **error)
{
    return db_exec (db, SQL_DELETE_OLD,
                    DB_ARGS (db_int (now_ms - READ_KEPT_MS), db_int (now_ms - KEPT_MS)), NULL,
                    error);
}

gboolean
notification_find_admins (Db *db, Arena *arena, StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_ADMINS, DB_NO_ARGS, out, error);
}

gboolean
notification_load_album (Db *db, Arena *arena, const char *album_id, const char *recipient_id,
                         AlbumNewsRow *out, GError **error)
{
    return db_select_one (db, arena, &album_news_row_type, out, SQL_LOAD_ALBUM,
                          DB_ARGS (db_text (album_id), db_text (recipient_id)), error);
}
