/* album_events.c -- what the members of an album are told: at once by events, and by notices
 *
 * The one place that asks for the jobs of notices. They are another feature's; where nobody does jobs
 * of such a name, nobody is told. */
#define G_LOG_DOMAIN "albums"
#include "features/albums/albums_private.h"

#define QUIET_MS                                                                                   \
    G_GINT64_CONSTANT (300000) /* without new assets, before the members are told of them */

/* ---- events ---- */

typedef struct {
    Realtime *realtime;
    char *argument;
    GStrv rooms;
} Telling;

static void
telling_free (gpointer data)
{
    Telling *self = data;

    g_free (self->argument);
    g_strfreev (self->rooms);
    g_free (self);
}

static void
tell (gpointer data)
{
    const Telling *self = data;

    for (gsize i = 0; self->rooms[i] != NULL; i++)
        realtime_send (self->realtime, self->rooms[i], "on_album_update", self->argument);
}

gboolean
album_send_updated (const App *app, Db *tx, Arena *arena, const char *album_id, GError **error)
{
    StringList members;
    Telling *telling;

    if (app->realtime == NULL)
        return TRUE;
    if (!albums_store_find_receivers (tx, arena, album_id, NULL, &members, error))
        return FALSE;
    telling = g_new0 (Telling, 1);
    telling->realtime = app->realtime;
    telling->argument = g_strdup_printf ("\"%s\"", album_id);
    telling->rooms = g_new0 (char *, members.n + 1);
    for (gsize i = 0; i < members.n; i++)
        telling->rooms[i] = g_strdup (members.items[i]);
    db_after_commit (tx, tell, telling, telling_free);
    return TRUE;
}

/* ---- notices ---- */

static gboolean
add_notice (const App *app, Db *tx, Arena *arena, const char *name, const char *album_id,
            const char *user_id, gint64 delay_ms, GError **error)
{
    AlbumNotifyJob job = { .id = album_id, .recipient_id = user_id };
    const char *queue = app->jobs != NULL ? jobs_find_queue (app->jobs, name) : NULL;
    g_autoptr (GString) data = g_string_new (NULL);

    if (queue == NULL)
        return TRUE;
    api_write_json (&album_notify_job_type, &job, data);
    return job_add (tx, name, queue, arena_printf (arena, "%s/%s", album_id, user_id), data->str,
                    delay_ms, error);
}

gboolean
album_notify_invited (const App *app, Db *tx, Arena *arena, const char *album_id,
                      const char *user_id, GError **error)
{
    return add_notice (app, tx, arena, "NotifyAlbumInvite", album_id, user_id, 0, error);
}

gboolean
album_notify_added (const App *app, Db *tx, Arena *arena, const char *album_id,
                    const char *actor_id, GError **error)
{
    StringList members;

    if (!albums_store_find_receivers (tx, arena, album_id, actor_id, &members, error))
        return FALSE;
    for (gsize i = 0; i < members.n; i++)
        if (!add_notice (app, tx, arena, "NotifyAlbumUpdate", album_id, members.items[i], QUIET_MS,
                         error))
            return FALSE;
    return TRUE;
}
