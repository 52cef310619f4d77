/* fuzz_packets.c -- libFuzzer: what a client may send to /api/socket.io, as frames and as packets
 *
 * The first byte chooses the way in: the stream of a WebSocket, read through a pair of sockets in pieces,
 * or the payload of a polling request. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "realtime/connection.h"

int LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes);

/* Stands in for websocket.c: messages are looked into, and go no further. */
gboolean
websocket_take_message (Connection *connection, const char *bytes, gsize n_bytes)
{
    Packet packet;
    Message message;

    if (n_bytes > PACKET_MAX_PAYLOAD)
        abort ();
    if (!packet_parse (bytes, n_bytes, &packet))
        return FALSE;
    if (packet.type == PACKET_MESSAGE && message_parse (&packet, &message)) {
        if (*message.name_space != '/')
            abort ();
        message_clear (&message);
    }
    return TRUE;
}

gint64
hub_now_ms (void)
{
    return 0;
}

static void
try_payload (const char *bytes, gsize n_bytes)
{
    gsize at = 0;
    gboolean is_bad = FALSE;
    Packet packet;

    while (packet_next (bytes, n_bytes, &at, &packet, &is_bad))
        if (packet.data < bytes || packet.data + packet.n_data > bytes + n_bytes)
            abort ();
}

static gboolean
read_all (Connection *connection, gsize n_written)
{
    gboolean goes_on = TRUE;

    /* one call reads so much and no more */
    for (gsize n = 0; goes_on && n <= n_written / 65536; n++)
        goes_on = connection_read (connection);
    if (g_queue_get_length (&connection->out) > 2 ||
        (connection->message != NULL && connection->message->len > PACKET_MAX_PAYLOAD))
        abort ();
    return goes_on;
}

static void
try_frames (const guint8 *bytes, gsize n_bytes, gsize n_piece)
{
    static Realtime realtime = { .epoll_fd = -1 };
    Connection connection = { .realtime = &realtime };
    gboolean goes_on;
    int pair[2];

    if (realtime.epoll_fd < 0)
        realtime.epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
    if (realtime.epoll_fd < 0 || socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        abort ();
    connection.fd = pair[0];
    g_queue_init (&connection.out);
    goes_on = connection_begin (&connection);
    for (gsize at = 0; goes_on && at < n_bytes; at += n_piece) {
        gsize n = MIN (n_piece, n_bytes - at);

        goes_on = write (pair[1], bytes + at, n) == (ssize_t) n && read_all (&connection, n);
    }
    connection_clear (&connection);
    close (pair[0]);
    close (pair[1]);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes)
{
    if (n_bytes < 2)
        return 0;
    if (bytes[0] % 4 == 0)
        try_payload ((const char *) bytes + 1, n_bytes - 1);
    else if (bytes[0] % 4 == 1)
        try_frames (bytes + 1, n_bytes - 1, n_bytes);
    else
        try_frames (bytes + 1, MIN (n_bytes - 1, 4096), bytes[0] % 61 + 1);
    return 0;
}
