/* Snapshots are kept until the server stops: a config changes a few times a year, and so no reader
 * ever has to hold or release one. */
#define G_LOG_DOMAIN "config"

#include "features/config/config.h"

#include <string.h>

#include "features/config/config_defaults.h"
#include "features/config/config_file.h"
#include "features/config/config_private.h"
#include "features/config/config_rules.h"
#include "features/config/config_store.h"

#define POLL_S 5 /* other servers on the same database may save, and 'tintype admin' */

typedef void (*Changed) (App *app, const AdminConfig *config);

struct _Config {
    GMutex lock;  /* saves and reloads, one at a time */
    Arena *arena; /* all snapshots */
    json_t *defaults;
    char *stored; /* the difference that the snapshot was made of */
    gboolean is_file;
    const AdminConfig *now; /* atomic */
    GArray *hooks;          /* Changed; complete before the server answers */
    GArray *checks;         /* ConfigCheck; likewise */
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

/* Make the snapshot of @difference the one that everybody sees. */
static gboolean
publish (Config *self, const json_t *difference, GError **error)
{
    g_autoptr (json_t) whole = config_merge (self->defaults, difference);
    g_autofree char *text = NULL;
    AdminConfig *config = arena_new0 (self->arena, AdminConfig);
    const char *path = NULL, *why;

    config_normalise (whole);
    text = json_dumps (whole, JSON_COMPACT);
    if (!api_read_json (&admin_config_type, text, -1, self->arena, config, error))
        return FALSE;
    why = config_check (self->arena, config, &path);
    if (why != NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "[%s] %s",
                     path != NULL ? path : "storageTemplate", why);
        return FALSE;
    }
    g_atomic_pointer_set (&self->now, config);
    return TRUE;
}

static gboolean
load_file (Config *self, const char *path, GError **error)
{
    g_autoptr (json_t) document = config_file_read (path, error);
    g_autoptr (GError) why = NULL;

    if (document == NULL)
        return FALSE;
    config_warn_of_unknown (document, self->defaults, "");
    if (publish (self, document, &why))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "Invalid system config: \n  - %s",
                 why->message);
    return FALSE;
}

/* An unusable stored value must not keep the server from starting: the defaults serve then. */
static gboolean
load_stored (App *app, Config *self, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *stored = NULL;
    g_autoptr (json_t) document = NULL;
    g_autoptr (GError) why = NULL;

    if (!config_store_load (app->db, arena, &stored, error))
        return FALSE;
    if (g_strcmp0 (stored, self->stored) == 0)
        return TRUE;
    document = json_loads (stored, 0, NULL);
    if (!json_is_object (document) || !publish (self, document, &why)) {
        g_autoptr (json_t) none = json_object ();

        g_warning (
            "the stored system config is unusable: %s; the defaults are used until it is saved "
            "again",
            why != NULL ? why->message : "not a JSON object");
        if (!publish (self, none, error))
            return FALSE;
    }
    g_free (self->stored);
    self->stored = g_strdup (stored);
    return TRUE;
}

static void
tell_hooks (App *app)
{
    for (guint i = 0; i < app->config->hooks->len; i++)
        g_array_index (app->config->hooks, Changed, i) (app, config_get (app));
}

static gboolean
poll_stored (gpointer data)
{
    App *app = data;
    Config *self = app->config;
    const AdminConfig *before = config_get (app);
    g_autoptr (GError) why = NULL;

    g_mutex_lock (&self->lock);
    if (!load_stored (app, self, &why))
        g_warning ("cannot look for a new system config: %s, trying again", why->message);
    g_mutex_unlock (&self->lock);
    if (config_get (app) != before)
        tell_hooks (app);
    return G_SOURCE_CONTINUE;
}

gboolean
config_save (App *app, const char *document_json, const char **out_path, GError **error)
{
    Config *self = app->config;
    g_autoptr (json_t) document = json_loads (document_json, 0, NULL);
    g_autoptr (json_t) difference = NULL;
    g_autoptr (Arena) arena = arena_new ();
    AdminConfig *config = arena_new0 (arena, AdminConfig);
    g_autofree char *text = NULL;
    const char *why;
    gboolean ok;

    if (!api_read_json (&admin_config_type, document_json, -1, arena, config, error))
        return FALSE;
    why = config_check (arena, config, out_path);
    if (why != NULL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, why);
        return FALSE;
    }
    for (guint i = 0; i < self->checks->len; i++)
        if (!g_array_index (self->checks, ConfigCheck, i) (config_get (app), config, error))
            return FALSE;
    difference = config_difference (document, self->defaults);
    text = json_dumps (difference, JSON_COMPACT);
    g_mutex_lock (&self->lock);
    ok = config_store_save (app->db, text, error) && load_stored (app, self, error);
    g_mutex_unlock (&self->lock);
    if (!ok)
        return FALSE;
    tell_hooks (app);
    realtime_send (app->realtime, NULL, "on_config_update", "");
    return TRUE;
}

typedef struct {
    Arena *arena;
    const char *section, *name;
    gboolean value;
} SetFlag;

static gboolean
run_set_flag (Db *tx, gpointer data, GError **error)
{
    const SetFlag *flag = data;
    const char *stored = NULL;
    g_autoptr (json_t) document = NULL;
    g_autofree char *text = NULL;
    json_t *section;

    if (!config_store_load (tx, flag->arena, &stored, error))
        return FALSE;
    document = json_loads (stored, 0, NULL);
    if (!json_is_object (document)) {
        json_decref (document);
        document = json_object ();
    }
    section = json_object_get (document, flag->section);
    if (!json_is_object (section)) {
        section = json_object ();
        json_object_set_new (document, flag->section, section);
    }
    json_object_set_new (section, flag->name, json_boolean (flag->value));
    text = json_dumps (document, JSON_COMPACT);
    return config_store_save (tx, text, error);
}

gboolean
config_set_stored (Db *db, Arena *arena, const char *section, const char *name, gboolean value,
                   GError **error)
{
    SetFlag flag = { arena, section, name, value };

    return db_write (db, run_set_flag, &flag, error);
}

const AdminConfig *
config_get (const App *app)
{
    return g_atomic_pointer_get (&app->config->now);
}

gboolean
config_is_file (const App *app)
{
    return app->config->is_file;
}

void
config_on_save (App *app, ConfigCheck check)
{
    g_array_append_val (app->config->checks, check);
}

void
config_on_change (App *app, void (*changed) (App *app, const AdminConfig *config))
{
    g_array_append_val (app->config->hooks, changed);
    changed (app, config_get (app));
}

const char *
config_defaults (const App *app, Arena *arena)
{
    g_autofree char *text = json_dumps (app->config->defaults, JSON_COMPACT);

    return arena_strdup (arena, text);
}

gboolean
config_start (App *app, Api *api, GError **error)
{
    Config *self = g_new0 (Config, 1);

    g_mutex_init (&self->lock);
    self->arena = arena_new ();
    self->hooks = g_array_new (FALSE, FALSE, sizeof (Changed));
    self->checks = g_array_new (FALSE, FALSE, sizeof (ConfigCheck));
    self->defaults = json_loads (config_defaults_json, 0, NULL);
    self->is_file = app->settings->config_file != NULL;
    g_assert (json_is_object (self->defaults));
    app->config = self;
    if (self->is_file ? !load_file (self, app->settings->config_file, error)
                      : !load_stored (app, self, error))
        return FALSE;
    if (!self->is_file)
        g_timeout_add_seconds (POLL_S, poll_stored, app);
    config_serve (api);
    return TRUE;
}

void
config_stop (App *app)
{
    Config *self = g_steal_pointer (&app->config);

    if (self == NULL)
        return;
    arena_free (self->arena);
    json_decref (self->defaults);
    g_array_unref (self->hooks);
    g_array_unref (self->checks);
    g_mutex_clear (&self->lock);
    g_free (self->stored);
    g_free (self);
}
