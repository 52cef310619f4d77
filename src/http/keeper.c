/* keeper.c -- the thread that keeps the house of connections in order
 *
 * A connection on which nothing moves is ended, and so is one whose head comes a byte at a time for too long;
 * when nearly all places are taken, those who wait the longest without a request, or take nothing of their
 * answer, make room, so ten thousand slow clients lock nobody out; a connection closed while its client still
 * sends is read on for a moment, since the kernel would otherwise reset it and the client never see its
 * answer; and long polls learn that their client left.
 *
 * A connection is ended with shutdown () on its descriptor under the lock, which keeper_remove ()
 * takes before it is closed: the number can not have become another file. Its loop then sees the end. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/private.h"

#define TICK_MS 1000
#define PRESSURE_TICK_MS 250
#define EVICT_AGE_MS 1000          /* who waits longer may have to go under pressure */
#define FULL_AGE_MS 10000          /* and who took nothing of its answer */
#define SLOW_BODY_AGE_MS 10000     /* and who sends a body ... */
#define SLOW_BODY_BYTES_PER_S 1024 /* ... more slowly than this */
#define LINGER_MS 5000
#define LINGER_MAX_BYTES (64 * 1024 * 1024)
#define MAX_LINGERING 256

struct _AddressShare {
    guint8 key[16]; /* the address; of IPv6 its /64, which is what one customer gets */
    guint n;
};

typedef enum { ITEM_WATCH, ITEM_LINGER } ItemKind;

/* Something in the epoll set, found by a number: events already read may name one that is gone. */
typedef struct {
    guint64 id;
    ItemKind kind;
    int fd;
    Exchange *exchange; /* ITEM_WATCH (ref) */
    gint64 deadline_ms; /* ITEM_LINGER */
    guint64 n_bytes;    /* ITEM_LINGER */
} Item;

struct _Keeper {
    HttpServer *server; /* which owns it */
    guint max_connections;
    gint64 head_timeout_ms, idle_timeout_ms;
    int epoll_fd, wake_fd;
    GThread *thread;
    _Atomic int is_stopping;
    _Atomic guint n_connections;

    GMutex lock; /* of all below */
    GCond called;
    GThread *caller; /* of watches: its thread, or in the end the one that stops it */
    Connection *connections;
    GHashTable *shares; /* AddressShare, by its key */
    GHashTable *items;  /* Item, by its id */
    guint64 last_id;
    guint n_lingering;
    gboolean fires_watches; /* the server stops: whoever watches is told at once */
    gint64 ticked_ms;
};

static gint64
now_ms (void)
{
    return g_get_monotonic_time () / 1000;
}

static guint
share_hash (gconstpointer share)
{
    const guint8 *key = ((const AddressShare *) share)->key;
    guint hash = 2166136261u;

    for (int i = 0; i < 16; i++)
        hash = (hash ^ key[i]) * 16777619u;
    return hash;
}

static gboolean
share_equal (gconstpointer a, gconstpointer b)
{
    return memcmp (((const AddressShare *) a)->key, ((const AddressShare *) b)->key, 16) == 0;
}

static gboolean
share_key (const struct sockaddr *address, AddressShare *out)
{
    static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };

    if (!proxy_address_bytes (address, out->key))
        return FALSE;
    if (memcmp (out->key, mapped, sizeof mapped) != 0)
        memset (out->key + 8, 0, 8);
    return TRUE;
}

static void
wake (Keeper *self)
{
    guint64 one = 1;

    if (write (self->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        g_warning ("cannot wake the thread that watches connections: %s", g_strerror (errno));
}

guint
keeper_n_connections (const Keeper *self)
{
    return atomic_load (&self->n_connections) + atomic_load (&self->server->n_upgrades);
}

static gboolean
is_under_pressure (const Keeper *self)
{
    return keeper_n_connections (self) >= self->max_connections - self->max_connections / 10;
}

gboolean
keeper_admits (Keeper *self, const struct sockaddr *address)
{
    AddressShare wanted = { 0 }, *share;
    gboolean admits = TRUE;

    if (keeper_n_connections (self) >= self->max_connections) {
        wake (self);
        return FALSE;
    }
    if (!share_key (address, &wanted) || proxy_list_has (self->server->proxies, address))
        return TRUE;
    g_mutex_lock (&self->lock);
    share = g_hash_table_lookup (self->shares, &wanted);
    admits = share == NULL || share->n < MAX (self->max_connections / 10, 1);
    g_mutex_unlock (&self->lock);
    return admits;
}

Connection *
keeper_add (Keeper *self, int fd, const struct sockaddr *address)
{
    Connection *connection = g_new0 (Connection, 1);
    AddressShare wanted = { 0 };
    guint8 bytes[16];
    guint n;

    connection->server = self->server;
    connection->fd = fd;
    connection->is_proxy = proxy_list_has (self->server->proxies, address);
    if (proxy_address_bytes (address, bytes))
        proxy_address_text (bytes, connection->peer);
    connection_set_state (connection, CONNECTION_WAITS_FIRST);

    g_mutex_lock (&self->lock);
    if (share_key (address, &wanted)) {
        connection->share = g_hash_table_lookup (self->shares, &wanted);
        if (connection->share == NULL) {
            connection->share = g_memdup2 (&wanted, sizeof wanted);
            g_hash_table_add (self->shares, connection->share);
        }
        connection->share->n++;
    }
    connection->next = self->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    self->connections = connection;
    n = atomic_fetch_add (&self->n_connections, 1) + 1;
    g_mutex_unlock (&self->lock);

    if (n == 1 || is_under_pressure (self))
        wake (self);
    return connection;
}

/* Call with the lock. With @fd -1 nothing ever happens to it by itself. */
static Item *
add_item (Keeper *self, ItemKind kind, int fd, guint32 events)
{
    Item *item = g_new0 (Item, 1);
    struct epoll_event event = { .events = events };

    item->id = ++self->last_id;
    item->kind = kind;
    item->fd = fd;
    event.data.u64 = item->id;
    if (fd >= 0 && epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        g_free (item);
        return NULL;
    }
    g_hash_table_insert (self->items, &item->id, item);
    return item;
}

/* Call with the lock. */
static void
remove_item (Keeper *self, Item *item)
{
    if (item->fd >= 0)
        epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, item->fd, NULL);
    g_hash_table_remove (self->items, &item->id);
    if (item->kind == ITEM_LINGER) {
        self->n_lingering--;
        close (item->fd);
    }
    g_free (item);
}

/* Call with the lock. */
static void
let_linger (Keeper *self, int fd)
{
    int own_fd;
    Item *item;

    if (self->n_lingering >= MAX_LINGERING || atomic_load (&self->is_stopping))
        return;
    own_fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
    if (own_fd < 0)
        return;
    shutdown (own_fd, SHUT_WR);
    item = add_item (self, ITEM_LINGER, own_fd, EPOLLIN | EPOLLRDHUP);
    if (item == NULL) {
        close (own_fd);
        return;
    }
    item->deadline_ms = now_ms () + LINGER_MS;
    self->n_lingering++;
    wake (self);
}

void
keeper_remove (Keeper *self, Connection *connection)
{
    int n_unread = 0;

    if (connection->is_upgraded)
        connection->lingers = FALSE;
    else if (!connection->lingers && ioctl (connection->fd, FIONREAD, &n_unread) == 0 &&
             n_unread > 0)
        connection->lingers = TRUE;

    g_mutex_lock (&self->lock);
    if (connection->lingers)
        let_linger (self, connection->fd);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        self->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->share != NULL && --connection->share->n == 0)
        g_hash_table_remove (self->shares, connection->share);
    atomic_fetch_sub (&self->n_connections, 1);
    g_mutex_unlock (&self->lock);
}

Connection *
keeper_any (Keeper *self)
{
    Connection *connection;

    g_mutex_lock (&self->lock);
    connection = self->connections;
    g_mutex_unlock (&self->lock);
    return connection;
}

void
keeper_close_waiting (Keeper *self)
{
    g_mutex_lock (&self->lock);
    for (Connection *c = self->connections; c != NULL; c = c->next)
        if (atomic_load_explicit (&c->state, memory_order_relaxed) <= CONNECTION_WAITS_NEXT)
            shutdown (c->fd, SHUT_RDWR);
    g_mutex_unlock (&self->lock);
}

/* ---- watches of long polls ---- */

void
keeper_watch (Keeper *self, Exchange *exchange, void (*gone) (gpointer data), gpointer data)
{
    Item *item = NULL;

    g_return_if_fail (exchange->gone == NULL);
    g_mutex_lock (&self->lock);
    exchange->gone = gone;
    exchange->gone_data = data;
    /* a client that half-closes its side is taken for gone, as most servers do */
    if (atomic_load (&exchange->answer) != ANSWER_CUT)
        item = add_item (self, ITEM_WATCH, exchange->fd, EPOLLRDHUP);
    if (item == NULL)
        item = add_item (self, ITEM_WATCH, -1, 0);
    item->exchange = exchange_ref (exchange);
    exchange->watch_id = item->id;
    if (self->fires_watches || g_hash_table_size (self->items) == 1)
        wake (self);
    g_mutex_unlock (&self->lock);
}

void
keeper_unwatch (Keeper *self, Exchange *exchange)
{
    Exchange *release = NULL;

    if (exchange->gone == NULL)
        return;
    g_mutex_lock (&self->lock);
    if (exchange->watch_id != 0) {
        Item *item = g_hash_table_lookup (self->items, &exchange->watch_id);

        exchange->watch_id = 0;
        if (item != NULL) {
            release = item->exchange;
            remove_item (self, item);
        }
    }
    while (exchange->is_calling_gone && g_thread_self () != self->caller)
        g_cond_wait (&self->called, &self->lock);
    g_mutex_unlock (&self->lock);
    if (release != NULL)
        exchange_unref (release);
}

/* Call with the lock, which is let go of meanwhile. */
static void
call_gone (Keeper *self, Item *item)
{
    Exchange *exchange = item->exchange;

    remove_item (self, item);
    exchange->watch_id = 0;
    exchange->is_calling_gone = TRUE;
    self->caller = g_thread_self ();
    g_mutex_unlock (&self->lock);
    exchange->gone (exchange->gone_data);
    g_mutex_lock (&self->lock);
    exchange->is_calling_gone = FALSE;
    g_cond_broadcast (&self->called);
    g_mutex_unlock (&self->lock);
    exchange_unref (exchange);
    g_mutex_lock (&self->lock);
}

void
keeper_fire_watches (Keeper *self)
{
    g_mutex_lock (&self->lock);
    self->fires_watches = TRUE;
    g_mutex_unlock (&self->lock);
    wake (self);
}

/* Call with the lock. */
static void
fire_all_watches (Keeper *self)
{
    for (;;) {
        GHashTableIter iter;
        gpointer value;
        Item *found = NULL;

        g_hash_table_iter_init (&iter, self->items);
        while (found == NULL && g_hash_table_iter_next (&iter, NULL, &value))
            if (((Item *) value)->kind == ITEM_WATCH)
                found = value;
        if (found == NULL)
            return;
        call_gone (self, found);
    }
}

/* ---- the thread ---- */

typedef struct {
    Connection *connection;
    gint64 since_ms;
} Candidate;

static int
compare_since (gconstpointer a, gconstpointer b)
{
    gint64 x = ((const Candidate *) a)->since_ms, y = ((const Candidate *) b)->since_ms;

    return x < y ? -1 : x > y;
}

/* Call with the lock. Down to four fifths, those first who have waited longest. */
static void
evict (Keeper *self, gint64 now)
{
    g_autoptr (GArray) candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));
    guint n = keeper_n_connections (self), keep = self->max_connections - self->max_connections / 5;

    for (Connection *c = self->connections; c != NULL; c = c->next) {
        Candidate candidate = { c, atomic_load_explicit (&c->since_ms, memory_order_relaxed) };
        gint64 age_ms = now - candidate.since_ms;
        int state = atomic_load_explicit (&c->state, memory_order_relaxed);
        guint64 n_bytes = atomic_load_explicit (&c->n_receive, memory_order_relaxed);

        if ((state <= CONNECTION_WAITS_NEXT && age_ms > EVICT_AGE_MS) ||
            (state == CONNECTION_IS_FULL && age_ms > FULL_AGE_MS) ||
            (state == CONNECTION_RECEIVES && age_ms > SLOW_BODY_AGE_MS &&
             n_bytes / ((guint64) age_ms / 1000) < SLOW_BODY_BYTES_PER_S))
            g_array_append_val (candidates, candidate);
    }
    g_array_sort (candidates, compare_since);
    for (guint i = 0; i < candidates->len && n > keep; i++, n--)
        shutdown (g_array_index (candidates, Candidate, i).connection->fd, SHUT_RDWR);
}

/* Call with the lock. How long its client has let it wait; less than nothing while it does not. */
static gint64
waits_since_ms (Connection *c, gint64 now)
{
    /* in this order: the age of a long request that ends just now is not that of its rest */
    int state = atomic_load_explicit (&c->state, memory_order_acquire);
    gint64 since_ms = atomic_load_explicit (&c->since_ms, memory_order_relaxed);
    guint64 n_bytes = atomic_load_explicit (&c->n_receive, memory_order_relaxed);
    int n_unsent = 0;

    if (state == CONNECTION_BUSY)
        return -1;
    /* a slow reader takes what the kernel holds for it, long before there is room for more */
    if (state == CONNECTION_IS_FULL && ioctl (c->fd, TIOCOUTQ, &n_unsent) == 0)
        n_bytes = (guint64) n_unsent;
    else if (state != CONNECTION_RECEIVES)
        return now - since_ms;
    if (n_bytes != c->n_seen || c->moved_ms < since_ms) {
        c->n_seen = n_bytes;
        c->moved_ms = now;
    }
    return now - c->moved_ms;
}

/* Call with the lock. */
static void
tick (Keeper *self)
{
    gint64 now = now_ms ();
    GHashTableIter iter;
    gpointer value;

    for (Connection *c = self->connections; c != NULL; c = c->next) {
        gboolean is_new =
            atomic_load_explicit (&c->state, memory_order_relaxed) == CONNECTION_WAITS_FIRST;

        if (waits_since_ms (c, now) > (is_new ? self->head_timeout_ms : self->idle_timeout_ms))
            shutdown (c->fd, SHUT_RDWR);
    }
    if (is_under_pressure (self))
        evict (self, now);

    g_hash_table_iter_init (&iter, self->items);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        Item *item = value;

        if (item->kind == ITEM_LINGER && now > item->deadline_ms) {
            g_hash_table_iter_steal (&iter);
            self->n_lingering--;
            close (item->fd); /* which takes it out of the epoll set */
            g_free (item);
        }
    }
    self->ticked_ms = now;
}

/* Call with the lock. */
static void
read_on (Keeper *self, Item *item)
{
    static guint8 waste[64 * 1024]; /* written by this thread alone, read by none */
    ssize_t n = recv (item->fd, waste, sizeof waste, MSG_DONTWAIT);

    if (n > 0)
        item->n_bytes += (guint64) n;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || item->n_bytes > LINGER_MAX_BYTES)
        remove_item (self, item);
}

static gpointer
run (gpointer keeper)
{
    Keeper *self = keeper;
    struct epoll_event events[64];

    while (!atomic_load (&self->is_stopping)) {
        int timeout_ms = -1, n;
        gboolean is_due;

        g_mutex_lock (&self->lock);
        if (atomic_load (&self->n_connections) > 0 || self->n_lingering > 0)
            timeout_ms = is_under_pressure (self) ? PRESSURE_TICK_MS : TICK_MS;
        g_mutex_unlock (&self->lock);

        n = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), timeout_ms);

        g_mutex_lock (&self->lock);
        for (int i = 0; i < n; i++) {
            guint64 id = events[i].data.u64;
            Item *item;

            if (id == 0) {
                guint64 count;

                if (read (self->wake_fd, &count, sizeof count) < 0)
                    continue;
            }
            item = g_hash_table_lookup (self->items, &id);
            if (item != NULL && item->kind == ITEM_WATCH)
                call_gone (self, item);
            else if (item != NULL)
                read_on (self, item);
        }
        if (self->fires_watches)
            fire_all_watches (self);
        is_due =
            now_ms () - self->ticked_ms >= (is_under_pressure (self) ? PRESSURE_TICK_MS : TICK_MS);
        if (is_due)
            tick (self);
        g_mutex_unlock (&self->lock);
    }
    return NULL;
}

Keeper *
keeper_new (HttpServer *server, guint max_connections, guint head_timeout_s, guint idle_timeout_s,
            GError **error)
{
    Keeper *self = g_new0 (Keeper, 1);
    struct epoll_event event = { .events = EPOLLIN };

    self->server = server;
    self->max_connections = max_connections;
    self->head_timeout_ms = (gint64) head_timeout_s * 1000;
    self->idle_timeout_ms = (gint64) idle_timeout_s * 1000;
    g_mutex_init (&self->lock);
    g_cond_init (&self->called);
    self->shares = g_hash_table_new_full (share_hash, share_equal, g_free, NULL);
    self->items = g_hash_table_new (g_int64_hash, g_int64_equal);
    self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
    self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->epoll_fd < 0 || self->wake_fd < 0 ||
        epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, self->wake_fd, &event) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot watch connections: %s",
                     g_strerror (errno));
        keeper_free (self);
        return NULL;
    }
    self->thread = g_thread_new ("http-keeper", run, self);
    return self;
}

void
keeper_stop (Keeper *self)
{
    GHashTableIter iter;
    gpointer value;

    if (self->thread == NULL)
        return;
    atomic_store (&self->is_stopping, 1);
    wake (self);
    g_thread_join (self->thread);

    g_mutex_lock (&self->lock);
    self->thread = NULL;
    fire_all_watches (self); /* of requests that came in the last moment */
    g_hash_table_iter_init (&iter, self->items);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        g_hash_table_iter_steal (&iter);
        close (((Item *) value)->fd);
        g_free (value);
    }
    self->n_lingering = 0;
    g_mutex_unlock (&self->lock);
}

void
keeper_free (Keeper *self)
{
    if (self == NULL)
        return;
    keeper_stop (self);
    if (self->epoll_fd >= 0)
        close (self->epoll_fd);
    if (self->wake_fd >= 0)
        close (self->wake_fd);
    g_hash_table_unref (self->shares);
    g_hash_table_unref (self->items);
    g_mutex_clear (&self->lock);
    g_cond_clear (&self->called);
    g_free (self);
}
