/* protocol.c -- messages with descriptors over a SOCK_SEQPACKET socket
 *
 * Linked into both sides, so it trusts neither: a message that is too long, has no packet mark or
 * brings descriptors where none belong is refused, and descriptors that came with it are closed. */
#define G_LOG_DOMAIN "worker-protocol"
#include "worker/protocol.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PACKET_TEXT_BYTES (32 * 1024) /* well under the kernel's default buffer of a socket */

typedef union {
    struct cmsghdr header; /* for the alignment */
    char bytes[CMSG_SPACE (sizeof (int) * WORKER_MAX_FDS)];
} Control;

static ChannelStatus
wait_ready (int socket_fd, short events, gint64 deadline_us)
{
    for (;;) {
        struct pollfd waited = { .fd = socket_fd, .events = events };
        int timeout_ms = -1;
        int n_ready;

        if (deadline_us > 0) {
            gint64 left_us = deadline_us - g_get_monotonic_time ();
            if (left_us <= 0)
                return CHANNEL_TIMEOUT;
            timeout_ms = (int) MIN ((left_us + 999) / 1000, G_MAXINT);
        }
        n_ready = poll (&waited, 1, timeout_ms);
        if (n_ready > 0)
            return CHANNEL_OK;
        if (n_ready < 0 && errno != EINTR)
            return CHANNEL_BROKEN;
    }
}

static ChannelStatus
send_packet (int socket_fd, struct msghdr *message, gint64 deadline_us)
{
    for (;;) {
        ChannelStatus status;

        if (sendmsg (socket_fd, message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return CHANNEL_OK;
        if (errno == EINTR)
            continue;
        if (errno == EPIPE || errno == ECONNRESET)
            return CHANNEL_CLOSED;
        if (errno != EAGAIN)
            return CHANNEL_BROKEN;
        status = wait_ready (socket_fd, POLLOUT, deadline_us);
        if (status != CHANNEL_OK)
            return status;
    }
}

ChannelStatus
channel_send (int socket_fd, const char *text, gsize n_bytes, const int *fds, guint n_fds,
              gint64 deadline_us)
{
    Control control = { 0 };
    gsize sent = 0;

    g_return_val_if_fail (n_fds <= WORKER_MAX_FDS, CHANNEL_BROKEN);
    do {
        gsize now = MIN (n_bytes - sent, PACKET_TEXT_BYTES);
        char mark = sent + now < n_bytes ? 'm' : 'e';
        struct iovec parts[] = { { &mark, 1 }, { (void *) (text + sent), now } };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
        ChannelStatus status;

        if (sent == 0 && n_fds > 0) {
            struct cmsghdr *header;
            message.msg_control = control.bytes;
            message.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
            header = CMSG_FIRSTHDR (&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
            memcpy (CMSG_DATA (header), fds, sizeof (int) * n_fds);
        }
        status = send_packet (socket_fd, &message, deadline_us);
        if (status != CHANNEL_OK)
            return status;
        sent += now;
    } while (sent < n_bytes);
    return CHANNEL_OK;
}

static void
close_all (int *fds, guint *n_fds)
{
    for (guint i = 0; i < *n_fds; i++)
        close (fds[i]);
    *n_fds = 0;
}

/* Take the descriptors of a packet. FALSE when they are more than there is room for. */
static gboolean
take_fds (struct msghdr *message, int *fds, guint *n_fds)
{
    gboolean fits = (message->msg_flags & MSG_CTRUNC) == 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header != NULL;
         header = CMSG_NXTHDR (message, header)) {
        guint n_here;
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        n_here = (guint) ((header->cmsg_len - CMSG_LEN (0)) / sizeof (int));
        for (guint i = 0; i < n_here; i++) {
            int fd;
            memcpy (&fd, CMSG_DATA (header) + i * sizeof (int), sizeof fd);
            if (*n_fds < WORKER_MAX_FDS) {
                fds[(*n_fds)++] = fd;
            } else {
                close (fd);
                fits = FALSE;
            }
        }
    }
    return fits;
}

static ChannelStatus
receive_packet (int socket_fd, struct msghdr *message, gssize *out_bytes, gint64 deadline_us)
{
    for (;;) {
        ChannelStatus status = wait_ready (socket_fd, POLLIN, deadline_us);
        if (status != CHANNEL_OK)
            return status;
        *out_bytes = recvmsg (socket_fd, message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (*out_bytes == 0)
            return CHANNEL_CLOSED; /* no packet of ours is empty */
        if (*out_bytes > 0)
            return CHANNEL_OK;
        if (errno == ECONNRESET)
            return CHANNEL_CLOSED;
        if (errno != EINTR && errno != EAGAIN)
            return CHANNEL_BROKEN;
    }
}

ChannelStatus
channel_receive (int socket_fd, GString *text, gsize max_bytes, int *fds, guint *n_fds,
                 gint64 deadline_us)
{
    char packet[PACKET_TEXT_BYTES];
    int taken[WORKER_MAX_FDS];
    guint n_taken = 0;
    gboolean more = TRUE;

    g_string_truncate (text, 0);
    if (n_fds != NULL)
        *n_fds = 0;
    while (more) {
        Control control = { 0 };
        char mark = 0;
        struct iovec parts[] = { { &mark, 1 }, { packet, sizeof packet } };
        struct msghdr message = { .msg_iov = parts,
                                  .msg_iovlen = 2,
                                  .msg_control = control.bytes,
                                  .msg_controllen = sizeof control };
        gssize n_bytes = 0;
        ChannelStatus status = receive_packet (socket_fd, &message, &n_bytes, deadline_us);

        if (status == CHANNEL_OK &&
            (!take_fds (&message, taken, &n_taken) || (fds == NULL && n_taken > 0) ||
             (message.msg_flags & MSG_TRUNC) != 0 || (mark != 'm' && mark != 'e') ||
             text->len + (gsize) n_bytes - 1 > max_bytes)) {
            errno = EPROTO;
            status = CHANNEL_BROKEN;
        }
        if (status != CHANNEL_OK) {
            close_all (taken, &n_taken);
            return status;
        }
        g_string_append_len (text, packet, n_bytes - 1);
        more = mark == 'm';
    }
    if (fds != NULL) {
        memcpy (fds, taken, sizeof (int) * n_taken);
        *n_fds = n_taken;
    }
    return CHANNEL_OK;
}
