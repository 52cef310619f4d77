/* One row a variable: name, member, default, range, one sentence. */
#include "base/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef enum { TEXT, NUMBER, FLAG, CHOICE, ABSOLUTE_PATH } Kind;

typedef struct {
    const char *name;
    Kind kind;
    gsize offset;
    const char *fallback; /* NULL: unset */
    gint64 min, max;      /* NUMBER */
    const char *choices;  /* CHOICE: separated by blanks */
    const char *help;
} Row;

#define AT(member) offsetof (Settings, member)

static const Row rows[] = {
    { "IMMICH_HOST", TEXT, AT (host), NULL, 0, 0, NULL, "Address to listen on; all when unset" },
    { "IMMICH_PORT", NUMBER, AT (port), "2283", 0, 65535, NULL, "Port to listen on" },
    { "IMMICH_MEDIA_LOCATION", ABSOLUTE_PATH, AT (media_location), NULL, 0, 0, NULL,
      "Folder of all photos and of the database; when unset UPLOAD_LOCATION, else /data, "
      "/usr/src/app/upload or ./data" },
    { "IMMICH_LOG_LEVEL", CHOICE, AT (log_level), NULL, 0, 0, "verbose debug log warn error fatal",
      "Least level that is logged" },
    { "IMMICH_LOG_FORMAT", CHOICE, AT (log_format), "console", 0, 0, "console json",
      "How log lines look" },
    { "IMMICH_CONFIG_FILE", ABSOLUTE_PATH, AT (config_file), NULL, 0, 0, NULL,
      "JSON or YAML file with the system config; it then cannot be changed over the API" },
    { "IMMICH_IGNORE_MOUNT_CHECK_ERRORS", FLAG, AT (ignore_mount_check_errors), "false", 0, 0, NULL,
      "Start although a marker file of the media folder cannot be read or written" },
    { "IMMICH_ALLOW_SETUP", FLAG, AT (allow_setup), "true", 0, 0, NULL,
      "Let the first visitor become the admin" },
    { "IMMICH_PROCESS_INVALID_IMAGES", FLAG, AT (process_invalid_images), "false", 0, 0, NULL,
      "Make previews of damaged images as far as they can be read" },
    { "IMMICH_TRUSTED_PROXIES", TEXT, AT (trusted_proxies), NULL, 0, 0, NULL,
      "Addresses and CIDR ranges, by comma, whose X-Forwarded headers count; "
      "private ranges when unset, loopback always" },
    { "IMMICH_WORKERS_INCLUDE", TEXT, AT (workers_include), "api,microservices", 0, 0, NULL,
      "Roles of this server: api answers requests, microservices runs jobs" },
    { "IMMICH_WORKERS_EXCLUDE", TEXT, AT (workers_exclude), NULL, 0, 0, NULL,
      "Roles that this server leaves to others" },
    { "IMMICH_API_METRICS_PORT", NUMBER, AT (metrics_port), "8081", 0, 65535, NULL,
      "Port of /metrics; 0 switches it off" },
    { "TINTYPE_METRICS_HOST", TEXT, AT (metrics_host), "127.0.0.1", 0, 0, NULL,
      "Address of /metrics" },
    { "DB_URL", TEXT, AT (database_url), NULL, 0, 0, NULL,
      "postgresql://user:password@host:port/database; SQLite in the media folder when this and "
      "DB_HOSTNAME are unset" },
    { "TINTYPE_DB_CONNECTIONS", NUMBER, AT (database_connections), "16", 1, 1000, NULL,
      "Connections to PostgreSQL" },
    { "IMMICH_WEB_DIR", ABSOLUTE_PATH, AT (web_dir), NULL, 0, 0, NULL,
      "Folder of another web app to serve" },
    { "TINTYPE_MEDIA_WORKERS", NUMBER, AT (media_workers), "0", 0, 256, NULL,
      "Files decoded at the same time; 0: one a core" },
    { "TINTYPE_MEDIA_WORKER_MEMORY_MB", NUMBER, AT (media_worker_memory_mb), "2048", 128, 1048576,
      NULL, "Memory that decoding one file may take" },
    { "TINTYPE_MEDIA_WORKER_TIMEOUT_S", NUMBER, AT (media_worker_timeout_s), "120", 1, 86400, NULL,
      "Time that decoding one file may take" },
    { "TINTYPE_REQUIRE_SANDBOX", FLAG, AT (require_sandbox), "false", 0, 0, NULL,
      "Refuse to decode where the kernel lacks Landlock or seccomp" },
    { "TINTYPE_WEBHOOK_HOSTS", TEXT, AT (webhook_hosts), NULL, 0, 0, NULL,
      "Hosts or host:port, by comma, that webhooks of workflows may call although their address is "
      "of "
      "this machine or of a private network; * is all" },
    { "TINTYPE_UPDATE_BACKUP", FLAG, AT (update_backup), "true", 0, 0, NULL,
      "Back up the database of an older version before it is brought up to date" },
    { "TINTYPE_SHUTDOWN_GRACE_S", NUMBER, AT (shutdown_grace_s), "10", 0, 3600, NULL,
      "Time that running requests get to finish after SIGTERM" },
    { "TZ", TEXT, AT (time_zone), NULL, 0, 0, NULL, "Time zone of schedules and of the log" },
};

/* Parts of DB_URL, for those who set them one by one. */
static const char *const database_variables[][3] = {
    { "DB_HOSTNAME", NULL, "Host of PostgreSQL; setting it chooses PostgreSQL" },
    { "DB_PORT", "5432", "Port of PostgreSQL" },
    { "DB_USERNAME", "postgres", "User of PostgreSQL" },
    { "DB_PASSWORD", "postgres", "Password of PostgreSQL" },
    { "DB_DATABASE_NAME", "immich", "Database of PostgreSQL" },
    { "DB_SSL_MODE", NULL, "disable, allow, prefer, require or verify-full" },
};

/* Known to deployments, without meaning to this program. */
static const char *const tolerated[] = {
    "IMMICH_ENV",
    "IMMICH_VERSION",
    "IMMICH_BUILD_DATA",
    "IMMICH_HELMET_FILE",
    "IMMICH_REPOSITORY",
    "IMMICH_SOURCE_REF",
    "IMMICH_SOURCE_COMMIT",
    "IMMICH_SOURCE_URL",
    "IMMICH_BUILD",
    "IMMICH_TELEMETRY_INCLUDE",
    "IMMICH_TELEMETRY_EXCLUDE",
    "IMMICH_MICROSERVICES_METRICS_PORT",
    "IMMICH_MACHINE_LEARNING_URL",
    "IMMICH_MACHINE_LEARNING_ENABLED",
};

/* The value of NAME, else the content of the file that NAME_FILE or $CREDENTIALS_DIRECTORY/NAME is.
 * An empty value counts as unset. */
static char *
read_variable (const char *name, GString *problems)
{
    const char *value = g_getenv (name);
    const char *credentials = g_getenv ("CREDENTIALS_DIRECTORY");
    g_autofree char *file_variable = g_strconcat (name, "_FILE", NULL);
    g_autofree char *path = g_strdup (g_getenv (file_variable));
    g_autoptr (GError) why = NULL;
    char *content = NULL;

    if (value != NULL && *value != '\0')
        return g_strdup (value);
    if (path == NULL && credentials != NULL) {
        path = g_build_filename (credentials, name, NULL);
        if (!g_file_test (path, G_FILE_TEST_EXISTS))
            return NULL;
    }
    if (path == NULL || *path == '\0')
        return NULL;
    if (!g_file_get_contents (path, &content, NULL, &why)) {
        g_string_append_printf (problems, "\n  - [%s] cannot be read: %s", file_variable,
                                why->message);
        return NULL;
    }
    return g_strchomp (content);
}

static gboolean
parse_flag (const char *text, gboolean *out)
{
    static const char *const yes[] = { "true", "1", "yes", "on", "y", "enabled", NULL };
    static const char *const no[] = { "false", "0", "no", "off", "n", "disabled", NULL };
    g_autofree char *lower = g_ascii_strdown (text, -1);

    *out = g_strv_contains (yes, lower);
    return *out || g_strv_contains (no, lower);
}

static void
set_row (Settings *self, const Row *row, const char *text, GString *problems)
{
    void *member = (char *) self + row->offset;
    g_auto (GStrv) choices = NULL;

    switch (row->kind) {
    case TEXT:
        *(char **) member = g_strdup (text);
        break;
    case NUMBER:
        if (!g_ascii_string_to_signed (text, 10, row->min, row->max, member, NULL))
            g_string_append_printf (problems,
                                    "\n  - [%s] must be a number from %" G_GINT64_FORMAT
                                    " to %" G_GINT64_FORMAT ", not '%s'",
                                    row->name, row->min, row->max, text);
        break;
    case FLAG:
        if (!parse_flag (text, member))
            g_string_append_printf (problems, "\n  - [%s] must be true or false, not '%s'",
                                    row->name, text);
        break;
    case CHOICE:
        choices = g_strsplit (row->choices, " ", -1);
        if (!g_strv_contains ((const char *const *) choices, text))
            g_string_append_printf (problems, "\n  - [%s] must be one of %s, not '%s'", row->name,
                                    row->choices, text);
        else
            *(char **) member = g_strdup (text);
        break;
    case ABSOLUTE_PATH:
        if (!g_path_is_absolute (text))
            g_string_append_printf (problems, "\n  - [%s] must be an absolute path, not '%s'",
                                    row->name, text);
        else
            *(char **) member = g_strdup (text);
        break;
    }
}

static char *
default_media_location (void)
{
    static const char *const usual[] = { "/data", "/usr/src/app/upload" };
    const char *upload = g_getenv ("UPLOAD_LOCATION");

    if (upload != NULL && *upload != '\0')
        return g_canonicalize_filename (upload, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (usual); i++)
        if (g_file_test (usual[i], G_FILE_TEST_IS_DIR))
            return g_strdup (usual[i]);
    return g_canonicalize_filename ("data", NULL);
}

static char *
database_url_of_parts (GString *problems)
{
    const gsize n = G_N_ELEMENTS (database_variables);
    g_autofree char **parts = g_new0 (char *, n);
    char *url = NULL;

    for (gsize i = 0; i < n; i++) {
        g_autofree char *value = read_variable (database_variables[i][0], problems);

        parts[i] =
            g_uri_escape_string (value != NULL                      ? value
                                 : database_variables[i][1] != NULL ? database_variables[i][1]
                                                                    : "",
                                 NULL, FALSE);
    }
    if (*parts[0] != '\0')
        url = g_strdup_printf ("postgresql://%s:%s@%s:%s/%s%s%s", parts[2], parts[3], parts[0],
                               parts[1], parts[4], *parts[5] != '\0' ? "?sslmode=" : "", parts[5]);
    for (gsize i = 0; i < n; i++)
        g_free (parts[i]);
    return url;
}

static void
apply_roles (Settings *self, const char *list, const char *variable, gboolean value,
             GString *problems)
{
    g_auto (GStrv) roles = g_strsplit (list, ",", -1);

    for (char **role = roles; *role != NULL; role++) {
        if (g_str_equal (g_strstrip (*role), "api"))
            self->serves_api = value;
        else if (g_str_equal (*role, "microservices"))
            self->runs_jobs = value;
        else
            g_string_append_printf (problems,
                                    "\n  - [%s] knows the workers api and microservices, not '%s'",
                                    variable, *role);
    }
}

Settings *
settings_load (GError **error)
{
    g_autoptr (Settings) self = g_new0 (Settings, 1);
    g_autoptr (GString) problems = g_string_new (NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autofree char *value = read_variable (rows[i].name, problems);
        const char *text = value != NULL ? value : rows[i].fallback;

        if (text != NULL)
            set_row (self, &rows[i], text, problems);
    }
    if (self->media_location == NULL)
        self->media_location = default_media_location ();
    if (self->database_url == NULL)
        self->database_url = database_url_of_parts (problems);
    else if (!g_str_has_prefix (self->database_url, "postgresql://") &&
             !g_str_has_prefix (self->database_url, "postgres://"))
        g_string_append (problems, "\n  - [DB_URL] must begin with postgresql://");
    apply_roles (self, self->workers_include, "IMMICH_WORKERS_INCLUDE", TRUE, problems);
    if (self->workers_exclude != NULL)
        apply_roles (self, self->workers_exclude, "IMMICH_WORKERS_EXCLUDE", FALSE, problems);
    if (problems->len > 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "Invalid environment variables:%s",
                     problems->str);
        return NULL;
    }
    return g_steal_pointer (&self);
}

void
settings_free (Settings *self)
{
    if (self == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
        if (rows[i].kind != NUMBER && rows[i].kind != FLAG)
            g_free (*(char **) ((char *) self + rows[i].offset));
    g_free (self);
}

void
settings_print_help (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
        printf (
            "  %-34s %s%s%s%s\n", rows[i].name, rows[i].help, rows[i].fallback != NULL ? " [" : "",
            rows[i].fallback != NULL ? rows[i].fallback : "", rows[i].fallback != NULL ? "]" : "");
    for (gsize i = 0; i < G_N_ELEMENTS (database_variables); i++)
        printf ("  %-34s %s\n", database_variables[i][0], database_variables[i][2]);
    printf ("\nNAME_FILE holds the path of a file with the value of NAME, for secrets.\n");
}

static gboolean
is_known (const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
        gsize length = strlen (rows[i].name);

        if (g_str_has_prefix (name, rows[i].name) &&
            (name[length] == '\0' || g_str_equal (name + length, "_FILE")))
            return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (tolerated); i++)
        if (g_str_has_prefix (name, tolerated[i]))
            return TRUE;
    return FALSE;
}

GStrv
settings_unknown_variables (void)
{
    g_autoptr (GStrvBuilder) unknown = g_strv_builder_new ();
    g_auto (GStrv) names = g_listenv ();

    for (char **name = names; *name != NULL; name++)
        if ((g_str_has_prefix (*name, "IMMICH_") || g_str_has_prefix (*name, "TINTYPE_")) &&
            !g_str_has_prefix (*name, "TINTYPE_TEST") && !is_known (*name))
            g_strv_builder_add (unknown, *name);
    return g_strv_builder_end (unknown);
}
