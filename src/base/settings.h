/* settings.h -- what the environment says, read once at start
 *
 * The names are those that deployments of an Immich server already have. A variable with an unusable
 * value stops the start with one line that names it; settings_print_help () prints the table. */
#pragma once
#include <glib.h>

typedef struct {
    char *host; /* NULL: all addresses */
    gint64 port;
    char *media_location; /* absolute */
    char *log_level;      /* NULL: the system config decides */
    char *log_format;     /* console, json */
    char *config_file;    /* NULL: the system config lives in the database */
    gboolean ignore_mount_check_errors;
    gboolean allow_setup;
    gboolean process_invalid_images;
    char *trusted_proxies; /* NULL: loopback, link-local and private addresses */
    char *workers_include, *workers_exclude;
    gboolean serves_api, runs_jobs; /* what the two above come to */
    char *metrics_host;
    gint64 metrics_port; /* 0: no metrics */
    char *database_url;  /* NULL: SQLite in the media folder */
    gint64 database_connections;
    char *web_dir;        /* NULL: the web app built in */
    gint64 media_workers; /* 0: one a core */
    gint64 media_worker_memory_mb;
    gint64 media_worker_timeout_s;
    gboolean require_sandbox;
    char *webhook_hosts; /* NULL: none of this machine or of a private network */
    gboolean update_backup;
    gint64 shutdown_grace_s;
    char *time_zone;
} Settings;

/** Read and check the environment.
 *  @return (transfer full) NULL with APP_ERROR_CONFIG: every unusable value, one a line */
Settings *settings_load (GError **error);
void settings_free (Settings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Settings, settings_free)

/** The table of variables, for --help and the docs. */
void settings_print_help (void);

/** Variables that begin with IMMICH_ or TINTYPE_ and mean nothing here (a typing error, or a part that is
 *  not built). (transfer full) */
GStrv settings_unknown_variables (void);
