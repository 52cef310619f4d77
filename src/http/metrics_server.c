/* metrics_server.c -- /metrics, apart from the port that users reach */
#include <string.h>

#include "base/error.h"
#include "http/http.h"
#include "http/metrics.h"

struct _MetricsServer {
    HttpServer *http;
};

static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    out_plan->body = HTTP_BODY_BUFFER;
    out_plan->on_event_thread = TRUE;
}

static void
handle (gpointer app, HttpRequest *request)
{
    g_autoptr (GString) text = NULL;

    if (strcmp (request->path, "/metrics") != 0) {
        http_respond (request,
                      http_response_new_text (404, "text/plain", "the metrics are at /metrics\n"));
        return;
    }
    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        http_respond (request, http_response_new_text (405, "text/plain", "use GET\n"));
        return;
    }
    text = metrics_text ();
    http_respond (request, http_response_new_text (200, "text/plain; version=0.0.4; charset=utf-8",
                                                   text->str));
}

MetricsServer *
metrics_server_new (const char *host, guint16 port, GError **error)
{
    static const HttpApp app_class = { .begin = begin, .handle = handle };
    const HttpSettings settings = {
        .host = host != NULL ? host : "127.0.0.1",
        .port = port,
        .n_event_threads = 1,
        .n_pool_threads = 1,
        .max_connections = 64,
        .is_internal = TRUE,
    };
    HttpServer *http = http_server_new (&settings, &app_class, NULL, error);
    MetricsServer *self;

    if (http == NULL) {
        g_prefix_error (error, "metrics: ");
        return NULL;
    }
    self = g_new0 (MetricsServer, 1);
    self->http = http;
    return self;
}

guint16
metrics_server_port (const MetricsServer *self)
{
    return http_server_port (self->http);
}

void
metrics_server_free (MetricsServer *self)
{
    if (self == NULL)
        return;
    http_server_stop (self->http, 1);
    http_server_free (self->http);
    g_free (self);
}
