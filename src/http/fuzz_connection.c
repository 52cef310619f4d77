/* fuzz_connection.c -- libFuzzer: what a client may send to the server's port
 *
 * The first byte says how many bytes are sent at once, the rest is sent, once like that and once in one piece.
 * Both must come to the same answers and to an end, whatever it was: no piece of a request may be read
 * differently because of when it came. A third client sends a part and is gone. The byte 0xfe stands for more
 * than is read at once. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "http/http.h"

#define PATIENCE_MS 60000
#define MANY_BYTES 70000 /* what 0xfe stands for */
#define MAX_SENT_BYTES (1024 * 1024)
#define FILE_BYTES (1200 * 1024)

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
answer_gone (gpointer request)
{
    http_respond (request, http_response_new (204));
}

/* What is left of it is read, or the kernel would take back what was sent. */
static gpointer
read_out (gpointer data)
{
    HttpUpgrade *upgrade = ((gpointer *) data)[0];
    struct pollfd wait = { .fd = GPOINTER_TO_INT (((gpointer *) data)[1]), .events = POLLIN };
    char some[4096];

    while (poll (&wait, 1, PATIENCE_MS) == 1 && recv (wait.fd, some, sizeof some, 0) > 0)
        ;
    http_upgrade_close (upgrade);
    g_free (data);
    return NULL;
}

static void
upgraded (gpointer data, HttpUpgrade *upgrade, int fd, const guint8 *early, gsize n_early)
{
    gpointer *both;

    if (upgrade == NULL)
        return;
    both = g_new (gpointer, 2);
    both[0] = upgrade;
    both[1] = GINT_TO_POINTER (fd);
    g_thread_unref (g_thread_new ("upgraded", read_out, both));
}

static HttpResponse *
open_file (void)
{
    FILE *file = tmpfile ();
    int fd;

    if (file == NULL || ftruncate (fileno (file), FILE_BYTES) != 0)
        abort ();
    fd = dup (fileno (file));
    fclose (file);
    return http_response_new_file (fd, "image/jpeg");
}

static void
handle (gpointer app, HttpRequest *request)
{
    char kind = request->path[1];
    const char *cookie = http_request_cookie (request, "a");

    if (cookie != NULL && strlen (cookie) > strlen (http_request_header (request, "Cookie")))
        abort ();
    if (kind == 'c')
        http_respond (request, http_response_new_stream ("text/plain", TRUE, produce, NULL, NULL));
    else if (kind == 'f')
        http_respond (request, open_file ());
    else if (kind == 'u')
        http_respond (request, http_response_new_upgrade (upgraded, NULL));
    else if (kind == 'w')
        http_request_watch (request, answer_gone, request);
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
    static char some[64 * 1024];
    gsize at = 0;

    for (;;) { /* reading meanwhile, or both would wait for the other to take something */
        struct pollfd wait = { .fd = fd, .events = at < n_bytes ? POLLIN | POLLOUT : POLLIN };
        int n_ready = poll (&wait, 1, PATIENCE_MS);
        ssize_t n;

        if (n_ready < 0 && errno == EINTR) /* the fuzzer's clock */
            continue;
        if (n_ready != 1)
            abort (); /* it hangs */
        if (wait.revents & ~POLLOUT) {
            n = recv (fd, some, sizeof some, MSG_DONTWAIT);
            if (n <= 0)
                break;
            g_string_append_len (answers, some, n);
        } else if (wait.revents & POLLOUT) {
            n = send (fd, bytes + at, MIN (n_piece, n_bytes - at), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0)
                continue; /* there is an answer to be read, or an end */
            at += (gsize) n;
            if (at == n_bytes)
                shutdown (fd, SHUT_WR);
        }
    }
    close (fd);
    for (gsize i = 0; i + 12 < answers->len; i++)
        if (memcmp (answers->str + i, "HTTP/1.1 ", 9) == 0 &&
            memcmp (answers->str + i + 9, "100", 3) != 0)
            g_string_append_len (statuses, answers->str + i + 9, 3);
    return g_string_free (statuses, FALSE);
}

/* A client that sends the first half and resets the connection. */
static void
ask_and_leave (guint16 port, const guint8 *bytes, gsize n_bytes)
{
    const struct linger at_once = { .l_onoff = 1 };
    int fd = dial (port);

    setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    send (fd, bytes, n_bytes / 2, MSG_NOSIGNAL | MSG_DONTWAIT);
    close (fd);
}

/* With a long poll there is nothing large: what is not read keeps the end of the client from being seen. */
static GByteArray *
unfold (const guint8 *bytes, gsize n_bytes)
{
    static guint8 many[MANY_BYTES];
    GByteArray *out = g_byte_array_new ();
    gboolean has_many = memmem (bytes, n_bytes, "/w", 2) == NULL;

    memset (many, 'x', sizeof many);
    for (gsize i = 0; i < n_bytes; i++) {
        if (has_many && bytes[i] == 0xfe && out->len + MANY_BYTES < MAX_SENT_BYTES)
            g_byte_array_append (out, many, MANY_BYTES);
        else
            g_byte_array_append (out, bytes + i, 1);
    }
    return out;
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes)
{
    static const HttpApp app_class = { .begin = begin, .handle = handle };
    static const HttpSettings settings = { .host = "127.0.0.1",
                                           .n_event_threads = 1,
                                           .n_pool_threads = 2 };
    static HttpServer *server;
    g_autoptr (GByteArray) sent = NULL;
    g_autofree char *whole = NULL, *pieces = NULL;
    gsize n_piece;

    if (server == NULL) {
        log_init (LOG_FORMAT_TEXT, LOG_FATAL);
        server = http_server_new (&settings, &app_class, NULL, NULL);
        if (server == NULL)
            abort ();
    }
    if (n_bytes < 2)
        return 0;
    sent = unfold (bytes + 1, n_bytes - 1);
    n_piece = MAX (bytes[0], 1) + sent->len / 256; /* some hundred pieces at most */
    whole = ask (http_server_port (server), sent->data, sent->len, sent->len);
    ask_and_leave (http_server_port (server), sent->data, sent->len);
    pieces = ask (http_server_port (server), sent->data, sent->len, n_piece);
    if (strcmp (whole, pieces) != 0) {
        g_printerr ("in one piece '%s', in pieces '%s'\n", whole, pieces);
        abort ();
    }
    return 0;
}
