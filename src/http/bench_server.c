/* bench_server.c -- the smallest program on the HTTP server, to be measured beside others
 *
 *   bench_server PORT FILE [access-log]
 *   /api/ping  a tiny JSON, on the event thread     /api/pool  the same, through the pool
 *   /json      40 kB of JSON, compressed            /file      FILE, opened for each request
 *   /upload    a body of any size, thrown away      /stream    1 GB, made while it is sent */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "http/http.h"

static const char *file_path;

static gboolean
drop (gpointer self, const guint8 *bytes, gsize n_bytes, GError **error)
{
    return TRUE;
}

static void
forget (gpointer self)
{
}

static void
produce (HttpStream *stream, gpointer data)
{
    static const char block[64 * 1024] = "x";

    for (int i = 0; i < 16 * 1024 && http_stream_write (stream, block, sizeof block); i++)
        ;
}

static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    static const HttpSinkClass sink_class = { drop, forget };

    out_plan->on_event_thread = strcmp (request->path, "/api/pool") != 0;
    if (strcmp (request->path, "/upload") == 0) {
        out_plan->body = HTTP_BODY_SINK;
        out_plan->sink_class = &sink_class;
        out_plan->sink = app;
    }
}

static void
handle (gpointer app, HttpRequest *request)
{
    if (g_str_has_prefix (request->path, "/api/")) {
        http_respond (request, http_response_new_json (200, g_string_new ("{\"res\":\"pong\"}")));
    } else if (strcmp (request->path, "/json") == 0) {
        GString *text = g_string_new ("[");

        for (int i = 0; i < 1000; i++)
            g_string_append_printf (text, "%s{\"id\":\"%08x\",\"isFavorite\":false}",
                                    i > 0 ? "," : "", (unsigned) i * 2654435761u);
        g_string_append_c (text, ']');
        http_respond (request, http_response_new_json (200, text));
    } else if (strcmp (request->path, "/stream") == 0) {
        http_respond (request, http_response_new_stream ("application/octet-stream", FALSE, produce,
                                                         NULL, NULL));
    } else if (strcmp (request->path, "/file") == 0) {
        int fd = open (file_path, O_RDONLY | O_CLOEXEC);

        http_respond (request, fd >= 0 ? http_response_new_file (fd, "image/webp")
                                       : http_response_new (404));
    } else {
        http_respond (request, http_response_new (204));
    }
}

int
main (int argc, char **argv)
{
    static const HttpApp app_class = { .begin = begin, .handle = handle };
    g_autoptr (GError) error = NULL;
    g_autoptr (HttpServer) server = NULL;
    HttpSettings settings = { .access_log = argc > 3 };
    sigset_t signals;
    int signal_number;

    if (argc < 3) {
        fprintf (stderr, "usage: %s PORT FILE [access-log]\n", argv[0]);
        return 2;
    }
    log_init (LOG_FORMAT_TEXT, LOG_LOG);
    file_path = argv[2];
    settings.port = (guint16) atoi (argv[1]);
    sigemptyset (&signals);
    sigaddset (&signals, SIGTERM);
    sigaddset (&signals, SIGINT);
    pthread_sigmask (SIG_BLOCK, &signals, NULL);
    server = http_server_new (&settings, &app_class, NULL, &error);
    if (server == NULL) {
        fprintf (stderr, "%s\n", error->message);
        return 1;
    }
    sigwait (&signals, &signal_number);
    http_server_stop (server, 5);
    return 0;
}
