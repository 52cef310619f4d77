/* workflows.c -- the rules of making and changing workflows */
#define G_LOG_DOMAIN "workflows"
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/plugins/plugins.h"
#include "features/workflows/workflows_private.h"

/* ---- checking ---- */

static gboolean
fault (WorkflowFault *out, const char *path, const char *message)
{
    *out = (WorkflowFault){ path, message };
    return FALSE;
}

gboolean
workflow_check_text (const char *field, const char *text, gint64 max_length, Arena *arena,
                     WorkflowFault *out)
{
    if (text != NULL && g_utf8_strlen (text, -1) > max_length)
        return fault (out, field,
                      arena_printf (arena, "It may have %" G_GINT64_FORMAT " characters at most",
                                    max_length));
    return TRUE;
}

/* A method says "FIELD: what is wrong with it". */
static gboolean
fault_of_config (Arena *arena, gsize index, const char *said, WorkflowFault *out)
{
    gsize n = strspn (said, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");

    if (n == 0 || strncmp (said + n, ": ", 2) != 0)
        return fault (out, arena_printf (arena, "steps.%" G_GSIZE_FORMAT ".config", index),
                      arena_strdup (arena, said));
    return fault (
        out, arena_printf (arena, "steps.%" G_GSIZE_FORMAT ".config.%.*s", index, (int) n, said),
        arena_strdup (arena, said + n + 2));
}

static gboolean
check_step (const App *app, Arena *arena, const char *user_id, const WorkflowStep *step,
            gsize index, WorkflowFault *out, GError **error)
{
    const PluginMethod *method = plugin_find_method (step->method);
    g_autoptr (GError) why = NULL;

    if (method == NULL)
        return fault (out, arena_printf (arena, "steps.%" G_GSIZE_FORMAT ".method", index),
                      "There is no such method; GET /plugins/methods lists them");
    if (plugin_check_config (method, app, arena, user_id, step->config, &why))
        return TRUE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_INVALID))
        return fault_of_config (arena, index, why->message, out);
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
}

gboolean
workflow_check_steps (const App *app, Arena *arena, const char *user_id,
                      const WorkflowStepList *steps, WorkflowFault *out, GError **error)
{
    if (steps->n > WORKFLOW_MAX_STEPS)
        return fault (out, "steps",
                      arena_printf (arena, "There may be %d steps at most", WORKFLOW_MAX_STEPS));
    for (gsize i = 0; i < steps->n; i++)
        if (!check_step (app, arena, user_id, &steps->items[i], i, out, error))
            return FALSE;
    return TRUE;
}

/* ---- steps as they are stored ---- */

gboolean
workflow_read_steps (const WorkflowRow *row, Arena *arena, WorkflowStepList *out, GError **error)
{
    WorkflowSteps document;

    if (!api_read_json (&workflow_steps_type, row->steps, -1, arena, &document, error))
        return FALSE;
    *out = document.steps;
    return TRUE;
}

const char *
workflow_write_steps (Arena *arena, const WorkflowStepList *steps)
{
    WorkflowSteps document = { .steps = *steps };
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (&workflow_steps_type, &document, text);
    return arena_strdup (arena, text->str);
}

/* ---- making and changing ---- */

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const WorkflowRow *row = data;
    gint64 n = 0;

    if (!workflows_count (tx, row->owner_id, &n, error))
        return FALSE;
    if (n >= WORKFLOWS_MAX) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "You have %d workflows already, which is as many as there may be",
                     WORKFLOWS_MAX);
        return FALSE;
    }
    return workflow_insert (tx, row, error);
}

gboolean
workflow_create (Db *db, Arena *arena, WorkflowRow *row, GError **error)
{
    row->id = uuid_v4 (arena);
    row->created_at = row->updated_at = timestamp_now_ms ();
    return db_write (db, run_create, row, error);
}

typedef struct {
    Arena *arena;
    const char *id;
    const WorkflowUpdate *change;
    WorkflowRow row;
} Update;

static gboolean
run_update (Db *tx, gpointer data, GError **error)
{
    Update *self = data;
    const WorkflowUpdate *change = self->change;
    WorkflowRow *row = &self->row;

    if (!workflow_find (tx, self->arena, self->id, row, error))
        return FALSE;
    if (change->set_name)
        row->name = change->name;
    if (change->set_description)
        row->description = change->description;
    if (change->has_enabled)
        row->enabled = change->enabled;
    if (change->has_logging)
        row->logging = change->logging;
    if (change->has_trigger)
        row->trigger = change->trigger;
    if (change->has_steps)
        row->steps = workflow_write_steps (self->arena, &change->steps);
    row->updated_at = timestamp_now_ms ();
    return workflow_store (tx, row, error);
}

gboolean
workflow_update (Db *db, Arena *arena, const char *id, const WorkflowUpdate *change,
                 WorkflowRow *out, GError **error)
{
    Update data = { .arena = arena, .id = id, .change = change };

    if (!db_write (db, run_update, &data, error))
        return FALSE;
    *out = data.row;
    return TRUE;
}
