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
sessions_close_sockets (App *app, const StringList *ended)
{
    for (gsize i = 0; app->realtime != NULL && i < ended->n; i++)
        realtime_close_room (app->realtime, ended->items[i], NULL);
}

void
sessions_close_user (App *app, const char *user_id, const char *except_id)
{
    if (app->realtime != NULL)
        realtime_close_room (app->realtime, user_id, except_id);
}

void
sessions_tell_end (App *app, const StringList *ended)
{
    for (gsize i = 0; i < ended->n; i++) {
        SessionEnd *end = g_new0 (SessionEnd, 1);

        end->realtime = app->realtime;
        end->session_id = g_strdup (ended->items[i]);
        g_timeout_add_full (G_PRIORITY_DEFAULT, DELAY_MS, tell_end, end, free_end);
    }
}
