/* fuzz_connection.c -- libFuzzer: what a client may send to the server's port
 *
 * The first byte says how many bytes are sent at once, the rest is sent, once like that and once in one piece.
 * Both must come to the same answers and to an end, whatever it was: no piece of a request may be read
 * differently because of when it came. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "http/http.h"

#define PATIENCE_MS 60000

int LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes);

static gboolean
drop (gpointer self, const guint8 *bytes, gsize n_bytes, GError **error)
{
    if (memchr (bytes, '!', n_bytes) == NULL)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_DISK_FULL, "full");
    return FALSE;
}

static void
forget (gpointer self)
{
}

static const HttpSinkClass sink_class = { drop, forget };

static gpointer
go_on (gpointer request)
{
    const HttpPlan plan = { .body = HTTP_BODY_SINK, .sink_class = &sink_class, .sink = request };

    http_request_continue (request, &plan);
    return NULL;
}

/* The first letter of the path says how the body is taken and who answers. */
static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    char kind = request->path[1];

    out_plan->on_event_thread = kind != 'p';
    out_plan->max_body_bytes = 100;
    if (kind == 's') {
        out_plan->body = HTTP_BODY_SINK;
        out_plan->sink_class = &sink_class;
        out_plan->sink = request;
    } else if (kind == 'd') {
        out_plan->body = HTTP_BODY_DEFER;
        g_thread_unref (g_thread_new ("decide", go_on, request));
    } else if (kind == 'r') {
        out_plan->body = HTTP_BODY_REFUSE;
        http_respond (request, http_response_new_text (403, "text/plain", "no"));
    }
}

static void
produce (HttpStream *stream, gpointer data)
{
    for (int i = 0; i < 3; i++)
        http_stream_write (stream, "piece", 5);
}

static void
handle (gpointer app, HttpRequest *request)
{
    if (request->path[1] == 'c')
        http_respond (request, http_response_new_stream ("text/plain", TRUE, produce, NULL, NULL));
    else if (request->body != NULL)
        http_respond (request,
                      http_response_new_bytes (200, "text/plain", g_bytes_ref (request->body)));
    else
        http_respond (request, http_response_new_text (201, "text/plain", request->query));
}

static int
dial (guint16 port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (port) };
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    if (fd < 0 || connect (fd, (struct sockaddr *) &to, sizeof to) != 0)
        abort ();
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* The statuses of all that is answered, in order. Not 100, which is for who has not sent the body yet. */
static char *
ask (guint16 port, const guint8 *bytes, gsize n_bytes, gsize n_piece)
{
    g_autoptr (GString) answers = g_string_new (NULL);
    GString *statuses = g_string_new (NULL);
    int fd = dial (port);
    char some[4096];

    for (gsize at = 0; at < n_bytes; at += n_piece)
        if (send (fd, bytes + at, MIN (n_piece, n_bytes - at), MSG_NOSIGNAL) < 0)
            break;
    shutdown (fd, SHUT_WR);
    for (;;) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        ssize_t n;

        if (poll (&wait, 1, PATIENCE_MS) != 1)
            abort (); /* it hangs */
        n = recv (fd, some, sizeof some, 0);
        if (n <= 0)
            break;
        g_string_append_len (answers, some, n);
    }
    close (fd);
    for (gsize i = 0; i + 12 < answers->len; i++)
        if (memcmp (answers->str + i, "HTTP/1.1 ", 9) == 0 &&
            memcmp (answers->str + i + 9, "100", 3) != 0)
            g_string_append_len (statuses, answers->str + i + 9, 3);
    return g_string_free (statuses, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes)
{
    static const HttpApp app_class = { .begin = begin, .handle = handle };
    static const HttpSettings settings = { .host = "127.0.0.1",
                                           .n_event_threads = 1,
                                           .n_pool_threads = 2 };
    static HttpServer *server;
    g_autofree char *whole = NULL, *pieces = NULL;

    if (server == NULL) {
        log_init (LOG_FORMAT_TEXT, LOG_FATAL);
        server = http_server_new (&settings, &app_class, NULL, NULL);
        if (server == NULL)
            abort ();
    }
    if (n_bytes < 2)
        return 0;
    whole = ask (http_server_port (server), bytes + 1, n_bytes - 1, n_bytes);
    pieces = ask (http_server_port (server), bytes + 1, n_bytes - 1, MAX (bytes[0], 1));
    if (strcmp (whole, pieces) != 0) {
        g_printerr ("in one piece '%s', in pieces '%s'\n", whole, pieces);
        abort ();
    }
    return 0;
}
