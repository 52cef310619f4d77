/* session_end.c -- telling clients that their session has ended */
#define G_LOG_DOMAIN "sessions"
#include "features/sessions/sessions.h"

#define DELAY_MS 500 /* after the answer, so that the client that asked has it first */

typedef struct {
    Realtime *realtime;
    char *session_id;
    gboolean is_told;
} SessionEnd;

static void
free_end (gpointer data)
{
    SessionEnd *end = data;

    g_free (end->session_id);
    g_free (end);
}

static gboolean
tell_end (gpointer data)
{
    SessionEnd *end = data;
    g_autofree char *argument = g_strdup_printf ("\"%s\"", end->session_id);

    if (end->is_told) {
        realtime_close_room (end->realtime, end->session_id, NULL);
        return G_SOURCE_REMOVE;
    }
    realtime_send (end->realtime, end->session_id, "on_session_delete", argument);
    end->is_told = TRUE;
    return G_SOURCE_CONTINUE; /* a client that is told leaves by itself */
}

void
session_close_sockets (App *app, const char *room, const char *except_id)
{
    if (app->realtime != NULL)
        realtime_close_room (app->realtime, room, except_id);
}

void
session_tell_end (App *app, const char *id)
{
    SessionEnd *end = g_new0 (SessionEnd, 1);

    end->realtime = app->realtime;
    end->session_id = g_strdup (id);
    g_timeout_add_full (G_PRIORITY_DEFAULT, DELAY_MS, tell_end, end, free_end);
}
