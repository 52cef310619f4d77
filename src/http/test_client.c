/* test_client.c -- see test_client.h */
#include "http/test_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server that does not answer within this makes the test fail, not hang. */
#define PATIENCE_S 60

TestClient *
test_client_new_at (const char *address, guint16 port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (port) };
    struct timeval patience = { .tv_sec = PATIENCE_S };
    TestClient *self;
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint (fd, >=, 0);
    g_assert_cmpint (inet_pton (AF_INET, address, &to.sin_addr), ==, 1);
    setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect (fd, (struct sockaddr *) &to, sizeof to) != 0) {
        close (fd);
        return NULL;
    }
    self = g_new0 (TestClient, 1);
    self->fd = fd;
    self->read_ahead = g_byte_array_new ();
    return self;
}

TestClient *
test_client_new (guint16 port)
{
    TestClient *self = test_client_new_at ("127.0.0.1", port);

    g_assert_nonnull (self);
    return self;
}

void
test_client_free (TestClient *self)
{
    if (self == NULL)
        return;
    close (self->fd);
    g_byte_array_unref (self->read_ahead);
    g_free (self);
}

gboolean
test_client_send_bytes (TestClient *self, gconstpointer bytes, gsize n_bytes)
{
    const char *at = bytes;

    while (n_bytes > 0) {
        ssize_t n = send (self->fd, at, n_bytes, MSG_NOSIGNAL);

        if (n < 0)
            return FALSE;
        at += n;
        n_bytes -= (gsize) n;
    }
    return TRUE;
}

void
test_client_send (TestClient *self, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start (args, format);
    text = g_strdup_vprintf (format, args);
    va_end (args);
    test_client_send_bytes (self, text, strlen (text));
}

/* FALSE: the connection ended. */
static gboolean
fill (TestClient *self)
{
    guint8 some[64 * 1024];
    ssize_t n = recv (self->fd, some, sizeof some, 0);

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        g_error ("the server did not answer within %d s", PATIENCE_S);
    if (n <= 0)
        return FALSE;
    g_byte_array_append (self->read_ahead, some, (guint) n);
    return TRUE;
}

gsize
test_client_read_some (TestClient *self, gpointer bytes, gsize n_max)
{
    gsize n;

    if (self->read_ahead->len == 0 && !fill (self))
        return 0;
    n = MIN (n_max, self->read_ahead->len);
    memcpy (bytes, self->read_ahead->data, n);
    g_byte_array_remove_range (self->read_ahead, 0, (guint) n);
    return n;
}

/* The bytes up to and with @end taken out, or NULL. */
static char *
read_until (TestClient *self, const char *end)
{
    gsize n_end = strlen (end);
    const guint8 *found;
    gsize n;
    char *out;

    while (self->read_ahead->len == 0 ||
           (found = memmem (self->read_ahead->data, self->read_ahead->len, end, n_end)) == NULL)
        if (!fill (self))
            return NULL;
    n = (gsize) (found - self->read_ahead->data) + n_end;
    out = g_strndup ((const char *) self->read_ahead->data, n);
    g_byte_array_remove_range (self->read_ahead, 0, (guint) n);
    return out;
}

static gboolean
read_bytes (TestClient *self, GByteArray *out, gsize n_bytes)
{
    while (n_bytes > 0) {
        gsize n = MIN (n_bytes, self->read_ahead->len);

        g_byte_array_append (out, self->read_ahead->data, (guint) n);
        g_byte_array_remove_range (self->read_ahead, 0, (guint) n);
        n_bytes -= n;
        if (n_bytes > 0 && !fill (self))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_chunks (TestClient *self, GByteArray *out)
{
    for (;;) {
        g_autofree char *line = read_until (self, "\r\n"), *end = NULL;
        guint64 n = line != NULL ? g_ascii_strtoull (line, NULL, 16) : 0;

        if (line == NULL || !g_ascii_isxdigit (*line) || !read_bytes (self, out, n) ||
            (end = read_until (self, "\r\n")) == NULL)
            return FALSE;
        if (n == 0)
            return TRUE;
    }
}

TestReply *
test_client_read (TestClient *self, gboolean is_head)
{
    g_autoptr (TestReply) reply = g_new0 (TestReply, 1);
    g_autofree char *length = NULL, *encoding = NULL, *connection = NULL;

    reply->body = g_byte_array_new ();
    do {
        g_free (reply->head);
        reply->head = read_until (self, "\r\n\r\n");
        if (reply->head == NULL)
            return NULL;
        g_assert_cmpint (sscanf (reply->head, "HTTP/1.1 %u", &reply->status), ==, 1);
    } while (reply->status == 100);
    length = test_reply_header (reply, "Content-Length");
    encoding = test_reply_header (reply, "Transfer-Encoding");
    connection = test_reply_header (reply, "Connection");
    reply->closes = g_strcmp0 (connection, "close") == 0;
    if (is_head || reply->status == 304 || reply->status == 204 || reply->status == 101)
        reply->is_complete = TRUE;
    else if (encoding != NULL)
        reply->is_complete = read_chunks (self, reply->body);
    else if (length != NULL)
        reply->is_complete = read_bytes (self, reply->body, g_ascii_strtoull (length, NULL, 10));
    return g_steal_pointer (&reply);
}

gboolean
test_client_is_closed (TestClient *self)
{
    return self->read_ahead->len == 0 && !fill (self);
}

TestReply *
test_client_get (TestClient *self, const char *path, const char *headers)
{
    test_client_send (self, "GET %s HTTP/1.1\r\nHost: test\r\n%s\r\n", path,
                      headers != NULL ? headers : "");
    return test_client_read (self, FALSE);
}

void
test_reply_free (TestReply *self)
{
    if (self == NULL)
        return;
    g_free (self->head);
    g_byte_array_unref (self->body);
    g_free (self);
}

char *
test_reply_header (TestReply *self, const char *name)
{
    g_auto (GStrv) lines = g_strsplit (self->head, "\r\n", -1);
    gsize n_name = strlen (name);

    for (char **line = lines + 1; *line != NULL; line++)
        if (g_ascii_strncasecmp (*line, name, n_name) == 0 && (*line)[n_name] == ':')
            return g_strdup (g_strstrip (*line + n_name + 1));
    return NULL;
}

char *
test_reply_text (TestReply *self)
{
    return self->body->len > 0 ? g_strndup ((const char *) self->body->data, self->body->len)
                               : g_strdup ("");
}

char *
test_reply_unzip (TestReply *self)
{
    g_autoptr (GConverter) inflate =
        G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    g_autoptr (GInputStream) bytes =
        g_memory_input_stream_new_from_data (self->body->data, self->body->len, NULL);
    g_autoptr (GInputStream) stream = g_converter_input_stream_new (bytes, inflate);
    GString *text = g_string_new (NULL);
    char some[4096];
    gssize n;

    while ((n = g_input_stream_read (stream, some, sizeof some, NULL, NULL)) > 0)
        g_string_append_len (text, some, n);
    g_assert_cmpint (n, ==, 0);
    return g_string_free (text, FALSE);
}
