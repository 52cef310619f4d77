/* method_webhook.c -- tell another server: one request with the asset as JSON
 *
 * The address is a user's own, and the server is inside of its network: a request to the router, to a
 * database or to another user's machine is what must not happen. So addresses of this machine and of
 * private networks are refused, before anything is sent to them, unless the admin listed the host in
 * TINTYPE_WEBHOOK_HOSTS; redirects are not followed; and of an answer nothing but its status is shown. */
#define G_LOG_DOMAIN "plugins"
#include <string.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "features/plugins/plugins_private.h"
#include "http/client.h"

#define TIME_LIMIT_MS 10000
#define MAX_ANSWER_BYTES (256 * 1024)
#define QUIET_US (30 * G_USEC_PER_SEC) /* after a server did not answer */
#define MAX_SILENT 1000

/* ---- where it may go ---- */

static GUri *
parse_url (const char *url)
{
    return g_uri_parse (url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, NULL);
}

static int
port_of (GUri *uri)
{
    if (g_uri_get_port (uri) > 0)
        return g_uri_get_port (uri);
    return strcmp (g_uri_get_scheme (uri), "https") == 0 ? 443 : 80;
}

/* 'host:port'; an IPv6 address has its brackets. (transfer full) */
static char *
server_of (GUri *uri)
{
    const char *host = g_uri_get_host (uri);
    g_autofree char *lower = g_ascii_strdown (host, -1);

    return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%d" : "%s:%d", lower, port_of (uri));
}

gboolean
webhook_host_is_listed (const char *hosts, const char *url)
{
    g_autoptr (GUri) uri = parse_url (url);
    g_auto (GStrv) listed = g_strsplit (hosts != NULL ? hosts : "", ",", -1);
    g_autofree char *server = uri != NULL ? server_of (uri) : NULL;

    for (gsize i = 0; server != NULL && listed[i] != NULL; i++) {
        g_autofree char *entry = g_ascii_strdown (g_strstrip (listed[i]), -1);
        gsize n = strlen (entry);

        if (strcmp (entry, "*") == 0 || strcmp (entry, server) == 0 ||
            (n > 0 && strncmp (entry, server, n) == 0 && strrchr (server, ':') == server + n))
            return TRUE;
    }
    return FALSE;
}

/* ---- a config ---- */

/* What the request needs for itself. */
static gboolean
is_reserved (const char *header)
{
    static const char *const names[] = { "host",
                                         "content-length",
                                         "transfer-encoding",
                                         "connection",
                                         "content-type",
                                         "expect",
                                         "upgrade",
                                         "te",
                                         "trailer",
                                         "keep-alive",
                                         "proxy-authorization" };

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        if (g_ascii_strcasecmp (header, names[i]) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
check_header (const WebhookConfig *config, GError **error)
{
    const char *name = config->header_name, *value = config->header_value;

    if ((name == NULL) != (value == NULL))
        return plugin_refuse (error, name == NULL ? "headerName" : "headerValue",
                              "a header needs a name and a value");
    if (name == NULL)
        return TRUE;
    if (name[strspn (name, "!#$%&'*+.^_`|~-0123456789abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0' ||
        is_reserved (name))
        return plugin_refuse (error, "headerName", "it cannot be the name of a header of yours");
    for (const char *at = value; *at != '\0'; at++)
        if ((guchar) *at < ' ' || *at == 0x7f)
            return plugin_refuse (error, "headerValue", "it has a line break or another control");
    return TRUE;
}

static gboolean
check (const App *app, Arena *arena, const char *user_id, const void *data, GError **error)
{
    const WebhookConfig *config = data;
    g_autoptr (GUri) uri = parse_url (config->url);

    if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0' ||
        (strcmp (g_uri_get_scheme (uri), "http") != 0 &&
         strcmp (g_uri_get_scheme (uri), "https") != 0))
        return plugin_refuse (error, "url", "it must begin with http:// or https:// and a host");
    if (g_uri_get_userinfo (uri) != NULL)
        return plugin_refuse (error, "url", "a user or password belongs into a header");
    return check_header (config, error);
}

/* ---- servers that do not answer ---- */

/* Waiting for one over and over would keep the runs of all other users waiting, too. */
static GMutex silent_lock;
static GHashTable *silent; /* 'host:port' -> when it did not answer, monotonic */

static gboolean
is_silent (const char *server)
{
    gint64 *at;
    gboolean yes;

    g_mutex_lock (&silent_lock);
    at = silent != NULL ? g_hash_table_lookup (silent, server) : NULL;
    yes = at != NULL && g_get_monotonic_time () - *at < QUIET_US;
    g_mutex_unlock (&silent_lock);
    return yes;
}

static void
set_silent (const char *server, gboolean is_silent_now)
{
    g_mutex_lock (&silent_lock);
    if (silent == NULL)
        silent = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    if (is_silent_now) {
        gint64 now = g_get_monotonic_time ();

        if (g_hash_table_size (silent) >= MAX_SILENT)
            g_hash_table_remove_all (silent);
        g_hash_table_replace (silent, g_strdup (server), g_memdup2 (&now, sizeof now));
    } else {
        g_hash_table_remove (silent, server);
    }
    g_mutex_unlock (&silent_lock);
}

/* ---- sending ---- */

static gboolean
write_body (const PluginRun *run, GString *out, GError **error)
{
    g_autoptr (GString) text = g_string_new (NULL);
    AssetResponse asset;
    JsonWriter json;

    if (!asset_describe (run->app, run->app->db, run->arena, run->asset.id, ASSET_EVENT, NULL,
                         &asset, error))
        return FALSE;
    json_writer_init (&json, out);
    json_begin_object (&json);
    json_name (&json, "trigger");
    json_text (&json, workflow_trigger_enum.texts[run->trigger]);
    json_name (&json, "workflow");
    json_begin_object (&json);
    json_name (&json, "id");
    json_text (&json, run->cause.workflow_id);
    json_name (&json, "name");
    json_text (&json, run->workflow_name);
    json_end_object (&json);
    json_name (&json, "asset");
    api_write_json (&asset_response_type, &asset, text);
    json_raw (&json, text->str);
    json_end_object (&json);
    return TRUE;
}

/* Any other answer will be the same the next time. */
static gboolean
judge (const char *server, unsigned status, GError **error)
{
    gboolean is_passing = status >= 500 || status == 408 || status == 425 || status == 429;

    if (status >= 200 && status < 300)
        return TRUE;
    g_set_error (error, APP_ERROR, is_passing ? APP_ERROR_UNAVAILABLE : APP_ERROR_INVALID,
                 "'%s' answered %u%s", server, status,
                 status >= 300 && status < 400 ? ", and redirects are not followed" : "");
    return FALSE;
}

static gboolean
send (PluginRun *run, const void *data, GError **error)
{
    const WebhookConfig *config = data;
    g_autoptr (GString) body = g_string_new (NULL);
    g_autoptr (GUri) uri = parse_url (config->url);
    g_autofree char *server = NULL;
    HttpAsk ask = {
        .url = config->url,
        .method = webhook_method_enum.texts[config->method],
        .header_name = config->header_name,
        .header_value = config->header_value,
        .time_limit_ms = TIME_LIMIT_MS,
        .max_bytes = MAX_ANSWER_BYTES,
        .takes_http = TRUE,
        .is_strangers = !webhook_host_is_listed (run->app->settings->webhook_hosts, config->url),
    };
    HttpReply reply;

    /* the rules may have become stricter since it was saved */
    if (!check (run->app, run->arena, run->user_id, config, error) ||
        (config->method != WEBHOOK_METHOD_GET && !write_body (run, body, error)))
        return FALSE;
    if (config->method != WEBHOOK_METHOD_GET)
        ask.json = body->str;
    server = server_of (uri);
    if (is_silent (server)) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "'%s' did not answer a moment ago, and was not asked again", server);
        return FALSE;
    }
    if (!http_ask (&ask, run->arena, &reply, error)) {
        set_silent (server, TRUE);
        return FALSE;
    }
    set_silent (server, FALSE);
    return judge (server, reply.status, error);
}

static const PluginField fields[] = {
    { .property = "url",
      .title = "Address",
      .description = "http:// or https://; a host of the server's own network must be allowed by "
                     "the admin",
      .is_private = TRUE },
    { .property = "method", .title = "Method" },
    { .property = "headerName", .title = "Header" },
    { .property = "headerValue", .title = "Its value", .hint = "Secret", .is_private = TRUE },
    { 0 },
};

const PluginMethod webhook_method = {
    .name = "webhook",
    .title = "Call a webhook",
    .description = "Sends the photo's or video's description as JSON to another server.",
    .config = &webhook_config_type,
    .fields = fields,
    .check = check,
    .send = send,
};
