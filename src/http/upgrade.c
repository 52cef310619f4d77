/* upgrade.c -- handing the socket of a connection over to another protocol (WebSocket) */
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

    self->server = server_ref (server);
    self->fd = fd;
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

void
upgrade_take_over (UpgradeOffer *offer, Connection *connection)
{
    connection->is_upgraded = TRUE;
    offer->upgraded (offer->data, upgrade_new (connection->server, connection->fd), connection->fd,
                     connection->ahead, connection->n_ahead);
    g_free (offer);
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
