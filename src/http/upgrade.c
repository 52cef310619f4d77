/* upgrade.c -- handing the socket of a connection over to another protocol (WebSocket)
 *
 * libmicrohttpd would keep its connection, with all its buffers, for as long as the socket lives.
 * So the application gets a duplicate of the descriptor, and libmicrohttpd is done at once. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/private.h"

struct _UpgradeOffer {
    Upgraded upgraded;
    gpointer data;
};

struct _HttpUpgrade {
    HttpUpgrade *previous, *next; /* the server's list, under its lock */
    HttpServer *server;           /* (ref) */
    int fd;
};

UpgradeOffer *
upgrade_offer_new (Upgraded upgraded, gpointer data)
{
    UpgradeOffer *self = g_new0 (UpgradeOffer, 1);

    self->upgraded = upgraded;
    self->data = data;
    return self;
}

void
upgrade_offer_withdraw (UpgradeOffer *self)
{
    self->upgraded (self->data, NULL, -1, NULL, 0);
    g_free (self);
}

static HttpUpgrade *
upgrade_new (HttpServer *server, int fd)
{
    HttpUpgrade *self = g_new0 (HttpUpgrade, 1);
    int on = 1;

    self->server = server_ref (server);
    self->fd = fd;
    fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    g_mutex_lock (&server->lock);
    self->next = server->upgrades;
    if (self->next != NULL)
        self->next->previous = self;
    server->upgrades = self;
    atomic_fetch_add (&server->n_upgrades, 1);
    if (server->is_cutting) /* upgrades_shutdown () has been */
        shutdown (fd, SHUT_RDWR);
    g_mutex_unlock (&server->lock);
    return self;
}

static void
take_over (void *offer, struct MHD_Connection *mhd, void *context, const char *early,
           size_t n_early, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
    Exchange *exchange = context;
    UpgradeOffer *self = offer;
    Connection *connection = exchange->connection;
    HttpServer *server = server_ref (exchange->server);
    int own_fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);

    if (own_fd >= 0) {
        HttpUpgrade *upgrade = upgrade_new (server, own_fd);

        exchange->offer = NULL;
        connection->is_upgraded = TRUE;
        self->upgraded (self->data, upgrade, own_fd, (const guint8 *) early, n_early);
        g_free (self);
    } else {
        g_warning ("cannot take over a connection: %s", g_strerror (errno));
    }
    connection->exchange = NULL;
    exchange_finish (exchange, own_fd >= 0);
    MHD_upgrade_action (handle, MHD_UPGRADE_ACTION_CLOSE);
    server_unref (server);
}

struct MHD_Response *
upgrade_response_new (UpgradeOffer *offer)
{
    struct MHD_Response *response = MHD_create_response_for_upgrade (take_over, offer);

    g_assert (response != NULL); /* only out of memory */
    return response;
}

void
http_upgrade_close (HttpUpgrade *self)
{
    HttpServer *server = self->server;

    g_mutex_lock (&server->lock);
    if (self->previous != NULL)
        self->previous->next = self->next;
    else
        server->upgrades = self->next;
    if (self->next != NULL)
        self->next->previous = self->previous;
    atomic_fetch_sub (&server->n_upgrades, 1);
    g_cond_broadcast (&server->changed);
    close (self->fd); /* under the lock: upgrades_shutdown () names it by number */
    g_mutex_unlock (&server->lock);
    g_free (self);
    server_unref (server);
}

void
upgrades_shutdown (HttpServer *server)
{
    g_mutex_lock (&server->lock);
    server->is_cutting = TRUE;
    for (HttpUpgrade *upgrade = server->upgrades; upgrade != NULL; upgrade = upgrade->next)
        shutdown (upgrade->fd, SHUT_RDWR);
    g_mutex_unlock (&server->lock);
}
