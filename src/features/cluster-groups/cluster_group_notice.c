/* cluster_group_notice.c -- telling somebody that they are asked into a group */
#define G_LOG_DOMAIN "cluster-groups"
#include "features/cluster-groups/cluster_groups_private.h"

#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/notifications_api.h"

/* $1 id, $2 user, $3 level, $4 type, $5 title, $6 description, $7 data, $8 now */
static const char SQL_INSERT[] =
    "INSERT INTO notification (id, user_id, level, type, title, description, data, created_at,"
    "                          updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

gboolean
cluster_groups_note (Db *tx, Arena *arena, const char *user_id, const char *group_id,
                     const char *inviter_name, Notification *out, GError **error)
{
    *out = (Notification){
        .id = uuid_v4 (arena),
        .created_at = timestamp_now_ms (),
        .level = NOTIFICATION_LEVEL_INFO,
        .type = NOTIFICATION_TYPE_CLUSTER_GROUP_REQUEST,
        .title = "Cluster Group Request",
        .description =
            arena_printf (arena, "%s asked you to join their cluster group", inviter_name),
        .data = arena_printf (arena, "{\"clusterGroupId\":\"%s\"}", group_id),
    };
    return db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (out->id), db_text (user_id),
                             db_text (notification_level_enum.texts[out->level]),
                             db_text (notification_type_enum.texts[out->type]),
                             db_text (out->title), db_text (out->description), db_text (out->data),
                             db_int (out->created_at)),
                    NULL, error);
}

void
cluster_groups_send (const App *app, const char *user_id, const Notification *notice)
{
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (&notification_type, notice, text);
    if (app->realtime != NULL)
        realtime_send (app->realtime, user_id, "on_notification", text->str);
}
