/* loop.c -- the event threads: which connection runs when
 *
 * Each thread has an epoll set of its own. A socket is in it from accept () to close (), edge-triggered and for
 * both directions, so that nothing is registered again while requests come and go; what was said and not used
 * up yet, its connection remembers. Three things make a connection run: its socket, another thread
 * (loop_rouse ()), and its turn after it had let others go first (loop_later ()).
 *
 * The first loop accepts, and deals connections out in turn: one client that opens many gets all cores. */
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/private.h"

#define MAX_EVENTS 256
#define ACCEPTS_AT_ONCE 64
#define DEAF_MS 100 /* how long nothing is accepted when this process has no descriptor left */
#define QUIET_MS 60000

static gboolean
watch (Loop *self, int fd, gpointer data, guint32 events)
{
    struct epoll_event event = { .events = events, .data.ptr = data };

    return epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

Loop *
loop_new (HttpServer *server, gboolean listens, GError **error)
{
    Loop *self = g_new0 (Loop, 1);

    self->server = server;
    g_mutex_init (&self->lock);
    self->buffer = g_malloc (READ_BYTES);
    self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
    self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->epoll_fd < 0 || self->wake_fd < 0 ||
        !watch (self, self->wake_fd, &self->wake_fd, EPOLLIN) ||
        (listens && !watch (self, server->listen_fd, &server->listen_fd, EPOLLIN))) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "the HTTP server does not start: %s",
                     g_strerror (errno));
        loop_free (self);
        return NULL;
    }
    return self;
}

/* Its thread has ended: nobody's turn comes any more. */
static void
forget_all (Loop *self)
{
    Connection *next;

    for (Connection *each = g_steal_pointer (&self->first_ready); each != NULL; each = next) {
        next = each->next_ready;
        each->is_ready = FALSE;
        if (each->is_closed)
            connection_free_closed (each);
    }
    self->last_ready = NULL;
    for (;;) {
        Connection *each;

        g_mutex_lock (&self->lock);
        each = self->roused;
        if (each != NULL) {
            self->roused = each->next_roused;
            each->is_roused = FALSE;
        }
        g_mutex_unlock (&self->lock);
        if (each == NULL)
            return;
        if (each->is_closed)
            connection_free_closed (each);
    }
}

void
loop_free (Loop *self)
{
    if (self == NULL)
        return;
    loop_stop (self);
    forget_all (self);
    if (self->epoll_fd >= 0)
        close (self->epoll_fd);
    if (self->wake_fd >= 0)
        close (self->wake_fd);
    g_mutex_clear (&self->lock);
    g_free (self->buffer);
    g_free (self);
}

const char *
loop_date (Loop *self)
{
    gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;

    if (now_s != self->date_s) {
        self->date_s = now_s;
        headers_http_date_format (now_s, self->date);
    }
    return self->date;
}

/* ---- from other threads ---- */

static void
wake (Loop *self)
{
    guint64 one = 1;

    if (write (self->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        g_warning ("cannot wake an event thread: %s", g_strerror (errno));
}

void
loop_rouse (Loop *self, Connection *connection)
{
    gboolean was_empty = self->roused == NULL;

    if (connection->is_roused)
        return;
    connection->is_roused = TRUE;
    connection->next_roused = self->roused;
    self->roused = connection;
    if (was_empty)
        wake (self);
}

/* ---- on its thread ---- */

void
loop_later (Loop *self, Connection *connection)
{
    if (connection->is_ready)
        return;
    connection->is_ready = TRUE;
    connection->next_ready = NULL;
    if (self->last_ready != NULL)
        self->last_ready->next_ready = connection;
    else
        self->first_ready = connection;
    self->last_ready = connection;
}

static void
run (Connection *connection)
{
    if (connection->is_closed)
        connection_free_closed (connection);
    else
        connection_run (connection, 0);
}

/* Those that were there when it is called; they may come again. */
static void
run_ready (Loop *self)
{
    Connection *connection = self->first_ready, *next;

    self->first_ready = self->last_ready = NULL;
    for (; connection != NULL; connection = next) {
        next = connection->next_ready;
        connection->is_ready = FALSE;
        run (connection);
    }
}

/* @return FALSE when the thread shall end */
static gboolean
run_roused (Loop *self)
{
    Connection *connection, *next;
    gboolean is_ending;
    guint64 count;

    if (read (self->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        g_warning ("cannot read what wakes an event thread: %s", g_strerror (errno));
    g_mutex_lock (&self->lock);
    connection = g_steal_pointer (&self->roused);
    is_ending = self->is_ending;
    g_mutex_unlock (&self->lock);
    for (; connection != NULL; connection = next) {
        next = connection->next_roused;
        g_mutex_lock (&self->lock);
        connection->is_roused = FALSE; /* from here on it may come into the new list */
        g_mutex_unlock (&self->lock);
        run (connection);
    }
    return !is_ending;
}

/* @return FALSE when this process has no descriptor left: who waits has to wait on */
static gboolean
accept_some (Loop *self)
{
    HttpServer *server = self->server;
    int on = 1;

    if (atomic_load (&server->is_stopping)) { /* listened again just when that began */
        loop_stop_listening (self);
        return TRUE;
    }
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        struct sockaddr *any = (struct sockaddr *) (void *) &address;
        int fd = accept4 (server->listen_fd, any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0)
            return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
        if (!keeper_admits (server->keeper, any)) {
            close (fd);
            continue;
        }
        setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection_open (server, server->loops[server->next_loop++ % server->n_loops], fd, any);
    }
    return TRUE;
}

void
loop_stop_listening (Loop *self)
{
    epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, self->server->listen_fd, NULL);
}

/* Level-triggered, the listener would be named again at once. */
static void
go_deaf (Loop *self, int why)
{
    gint64 now_ms = g_get_monotonic_time () / 1000;

    loop_stop_listening (self);
    self->deaf_until_ms = now_ms + DEAF_MS;
    if (now_ms < self->quiet_until_ms)
        return;
    self->quiet_until_ms = now_ms + QUIET_MS;
    g_warning ("no connection can be accepted: %s; those that wait are taken when others close; "
               "allow this process more open files (ulimit -n, LimitNOFILE=)",
               g_strerror (why));
}

/* By the clock: others may keep this thread busy all the time. */
static void
listen_again (Loop *self)
{
    HttpServer *server = self->server;

    if (g_get_monotonic_time () / 1000 < self->deaf_until_ms || atomic_load (&server->is_stopping))
        return;
    if (watch (self, server->listen_fd, &server->listen_fd, EPOLLIN))
        self->deaf_until_ms = 0;
}

/* sendfile () to a client that left raises it, and has no flag against that as send () has. Of this thread
 * alone: what others start gets its signals as usual. */
static void
block_broken_pipes (void)
{
    sigset_t signals;

    sigemptyset (&signals);
    sigaddset (&signals, SIGPIPE);
    pthread_sigmask (SIG_BLOCK, &signals, NULL);
}

static gpointer
loop_run (gpointer loop)
{
    Loop *self = loop;
    HttpServer *server = self->server;
    struct epoll_event events[MAX_EVENTS];
    gboolean goes_on = TRUE;

    block_broken_pipes ();
    while (goes_on) {
        int timeout_ms = self->first_ready != NULL ? 0 : self->deaf_until_ms != 0 ? DEAF_MS : -1;
        int n = epoll_wait (self->epoll_fd, events, MAX_EVENTS, timeout_ms);
        gboolean is_woken = FALSE;

        if (self->deaf_until_ms != 0)
            listen_again (self);
        for (int i = 0; i < n; i++) {
            gpointer data = events[i].data.ptr;

            if (data == &self->wake_fd) {
                is_woken = TRUE;
            } else if (data != &server->listen_fd) {
                connection_run (data, events[i].events);
            } else if (!accept_some (self)) {
                go_deaf (self, errno);
            }
        }
        run_ready (self);
        if (is_woken)
            goes_on = run_roused (self);
    }
    return NULL;
}

void
loop_start (Loop *self, guint index)
{
    g_autofree char *name = g_strdup_printf ("http-%u", index);

    self->thread = g_thread_new (name, loop_run, self);
}

void
loop_stop (Loop *self)
{
    if (self->thread == NULL)
        return;
    g_mutex_lock (&self->lock);
    self->is_ending = TRUE;
    wake (self);
    g_mutex_unlock (&self->lock);
    g_thread_join (g_steal_pointer (&self->thread));
    forget_all (self);
}
