/* maintenance_mode.c -- the mode as it is stored, and the link that lets an admin in */
#define G_LOG_DOMAIN "maintenance"
#include "features/maintenance/maintenance_private.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "base/uuid.h"

#define SECRET_BYTES 64

static const char SQL_LOAD[] = "SELECT value FROM system_metadata WHERE key = 'maintenance-mode'";
/* $1 the mode as JSON */
static const char SQL_SAVE[] =
    "INSERT INTO system_metadata (key, value) VALUES ('maintenance-mode', $1)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
static const char SQL_CONFIG[] = "SELECT value FROM system_metadata WHERE key = 'system-config'";

gboolean
maintenance_load (Db *db, Arena *arena, MaintenanceMode *out, GError **error)
{
    const char *text = NULL;
    g_autoptr (GError) why = NULL;

    *out = (MaintenanceMode){ 0 };
    if (!db_select_text (db, arena, SQL_LOAD, DB_NO_ARGS, &text, error))
        return FALSE;
    if (text != NULL && !api_read_json (&maintenance_mode_type, text, -1, arena, out, &why)) {
        g_warning ("the stored maintenance mode is unusable: %s; it counts as off", why->message);
        *out = (MaintenanceMode){ 0 };
    }
    return TRUE;
}

const char *
maintenance_write (Arena *arena, const MaintenanceMode *mode)
{
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (&maintenance_mode_type, mode, text);
    return arena_strndup (arena, text->str, text->len);
}

static const char *
new_secret (Arena *arena)
{
    guint8 bytes[SECRET_BYTES];
    char *text = arena_alloc (arena, 2 * SECRET_BYTES + 1);

    random_bytes (bytes, sizeof bytes);
    for (gsize i = 0; i < sizeof bytes; i++)
        g_snprintf (text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

typedef struct {
    Arena *arena;
    MaintenanceAction action;
    const char *backup;
    gboolean was_on;
    MaintenanceMode *out;
} Set;

static gboolean
run_set (Db *tx, gpointer data, GError **error)
{
    Set *self = data;
    MaintenanceMode *mode = self->out;
    const char *secret;

    if (!maintenance_load (tx, self->arena, mode, error))
        return FALSE;
    self->was_on = mode->is_maintenance_mode;
    secret = mode->secret != NULL ? mode->secret : new_secret (self->arena);
    *mode = (MaintenanceMode){ .is_maintenance_mode = self->action != MAINTENANCE_ACTION_END };
    if (mode->is_maintenance_mode) { /* a new time begins with a new secret: old links are dead */
        mode->secret = secret;
        mode->has_action = TRUE;
        mode->action = self->action;
        mode->restore_backup_filename = self->backup;
    }
    return db_exec (tx, SQL_SAVE, DB_ARGS (db_text (maintenance_write (self->arena, mode))), NULL,
                    error);
}

gboolean
maintenance_set (Db *db, Arena *arena, MaintenanceAction action, const char *backup,
                 gboolean *out_was_on, MaintenanceMode *out, GError **error)
{
    Set set = { arena, action, backup, FALSE, out };

    if (!db_write (db, run_set, &set, error))
        return FALSE;
    if (out_was_on != NULL)
        *out_was_on = set.was_on;
    return TRUE;
}

/* The config is not loaded in maintenance mode, where what is stored may be of an older version. */
static const char *
external_domain (Db *db, Arena *arena, const Settings *settings)
{
    const char *stored = NULL;
    json_t *config = NULL;
    const char *domain;

    if (settings->config_file != NULL)
        config = json_load_file (settings->config_file, 0, NULL);
    else if (db_select_text (db, arena, SQL_CONFIG, DB_NO_ARGS, &stored, NULL) && stored != NULL)
        config = json_loads (stored, 0, NULL);
    domain =
        json_string_value (json_object_get (json_object_get (config, "server"), "externalDomain"));
    domain = domain != NULL && *domain != '\0' ? arena_strdup (arena, domain) : NULL;
    json_decref (config);
    return domain;
}

const char *
maintenance_login_url (Db *db, Arena *arena, const Settings *settings, const char *token)
{
    const char *domain = external_domain (db, arena, settings);
    gsize n;

    if (domain == NULL)
        domain =
            arena_printf (arena, "http://%s:%" G_GINT64_FORMAT,
                          settings->host != NULL ? settings->host : "localhost", settings->port);
    n = strlen (domain);
    return arena_printf (arena, "%.*s/maintenance?token=%s",
                         (int) (n > 0 && domain[n - 1] == '/' ? n - 1 : n), domain, token);
}
