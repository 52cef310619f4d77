/* server.c -- the daemon: listening, its threads, and how it ends */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/metrics.h"
#include "http/private.h"

#define BACKLOG 1024
#define DEFAULT_MAX_CONNECTIONS 10000
#define DEFAULT_IDLE_TIMEOUT_S 75
#define DEFAULT_HEAD_TIMEOUT_S 30
#define DEFAULT_MAX_HEAD_BYTES (16 * 1024)
#define MAX_STREAMS 256 /* each has a thread, nearly always asleep */
#define MAX_STREAMS_OF_ONE 32
#define OTHER_FDS 512 /* databases, files of jobs, lingering connections */
#define STOP_POLL_MS 20

static const double duration_bounds_s[] = { 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                            0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                            1,      2.5,     5,      10,    30 };

static struct {
    Metric *requests[6]; /* by the first digit; 0: never answered */
    Metric *sent_bytes, *durations;
} meters;

static void
meters_init (void)
{
    static gsize once;
    static const char *const labels[] = { "status=\"none\"", "status=\"1xx\"", "status=\"2xx\"",
                                          "status=\"3xx\"",  "status=\"4xx\"", "status=\"5xx\"" };

    if (!g_once_init_enter (&once))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS (labels); i++)
        meters.requests[i] = metrics_counter ("tintype_http_requests_total",
                                              "Requests by class of status", labels[i]);
    meters.sent_bytes =
        metrics_counter ("tintype_http_sent_bytes_total", "Bytes of bodies sent", NULL);
    meters.durations = metrics_histogram ("tintype_http_request_duration_seconds",
                                          "From the request line to the end of the answer", NULL,
                                          duration_bounds_s, G_N_ELEMENTS (duration_bounds_s));
    g_once_init_leave (&once, 1);
}

void
server_count_begin (HttpServer *self)
{
    atomic_fetch_add (&self->n_active, 1);
}

void
server_count_end (HttpServer *self, const ExchangeOutcome *outcome)
{
    if (!self->is_internal) {
        metric_add (meters.requests[MIN (outcome->status / 100, 5)], 1);
        metric_add (meters.sent_bytes, outcome->n_bytes);
        metric_observe (meters.durations, (double) outcome->duration_us / G_USEC_PER_SEC);
    }
    if (atomic_fetch_sub (&self->n_active, 1) == 1 && atomic_load (&self->is_stopping)) {
        g_mutex_lock (&self->lock);
        g_cond_broadcast (&self->changed);
        g_mutex_unlock (&self->lock);
    }
}

static double
read_connections (gpointer server)
{
    return keeper_n_connections (((HttpServer *) server)->keeper);
}

/* ---- starting ---- */

static int
listen_on (const struct addrinfo *address)
{
    int on = 1, off = 0;
    int fd = socket (address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind (fd, address->ai_addr, address->ai_addrlen) != 0 || listen (fd, BACKLOG) != 0) {
        int why = errno;

        close (fd);
        errno = why;
        return -1;
    }
    return fd;
}

static int
open_listener (const char *host, guint16 port, GError **error)
{
    static const char *const any[] = { "::", "0.0.0.0" }; /* a kernel may have no IPv6 */
    char service[8];
    int why = 0;

    g_snprintf (service, sizeof service, "%u", port);
    for (gsize i = 0; i < (host == NULL ? G_N_ELEMENTS (any) : 1); i++) {
        const char *name = host != NULL ? host : any[i];
        const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
        struct addrinfo *found = NULL;
        int fd = -1, result = getaddrinfo (name, service, &wanted, &found);

        if (result != 0) {
            if (host == NULL)
                continue;
            g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                         "IMMICH_HOST: '%s' is no address of this machine: %s", name,
                         gai_strerror (result));
            return -1;
        }
        for (struct addrinfo *each = found; each != NULL && fd < 0; each = each->ai_next) {
            fd = listen_on (each);
            why = errno;
        }
        freeaddrinfo (found);
        if (fd >= 0)
            return fd;
    }
    g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                 "cannot listen on %s port %u: %s; set IMMICH_HOST and IMMICH_PORT to a free one",
                 host != NULL ? host : "any address,", port, g_strerror (why));
    return -1;
}

/* A connection may need a second descriptor, of the file it is sent. */
static guint
fit_to_descriptors (guint max_connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t) max_connections * 2 + OTHER_FDS;
    guint fitting;

    if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
        return max_connections;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = MIN (wanted, limit.rlim_max);
        if (setrlimit (RLIMIT_NOFILE, &limit) != 0 || getrlimit (RLIMIT_NOFILE, &limit) != 0)
            return max_connections;
    }
    if (limit.rlim_cur >= wanted)
        return max_connections;
    fitting = limit.rlim_cur > OTHER_FDS + 32 ? (guint) (limit.rlim_cur - OTHER_FDS) / 2 : 16;
    g_message ("only %u connections at once, not %u: this process may open %lu files", fitting,
               max_connections, (unsigned long) limit.rlim_cur);
    return fitting;
}

static guint16
port_of (int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    if (getsockname (fd, (struct sockaddr *) &address, &length) != 0)
        return 0;
    return ntohs (address.ss_family == AF_INET6
                      ? ((struct sockaddr_in6 *) (void *) &address)->sin6_port
                      : ((struct sockaddr_in *) (void *) &address)->sin_port);
}

static gboolean
start_loops (HttpServer *self, guint n, GError **error)
{
    self->loops = g_new0 (Loop *, n);
    for (; self->n_loops < n; self->n_loops++) {
        self->loops[self->n_loops] = loop_new (self, self->n_loops == 0, error);
        if (self->loops[self->n_loops] == NULL)
            return FALSE;
    }
    for (guint i = 0; i < n; i++)
        loop_start (self->loops[i], i);
    self->is_running = TRUE;
    return TRUE;
}

static guint
or_default (guint value, guint otherwise)
{
    return value != 0 ? value : otherwise;
}

HttpServer *
http_server_new (const HttpSettings *settings, const HttpApp *app_class, gpointer app,
                 GError **error)
{
    HttpServer *self = g_new0 (HttpServer, 1);
    guint n_cores = (guint) g_get_num_processors ();
    guint max_connections = or_default (settings->max_connections, DEFAULT_MAX_CONNECTIONS);
    guint idle_timeout_s = or_default (settings->idle_timeout_s, DEFAULT_IDLE_TIMEOUT_S);
    const char *csp = settings->content_security_policy;

    atomic_init (&self->n_refs, 1);
    self->app_class = app_class;
    self->app = app;
    self->access_log = settings->access_log;
    self->is_internal = settings->is_internal;
    self->max_head_bytes = or_default (settings->max_head_bytes, DEFAULT_MAX_HEAD_BYTES);
    csp = csp == NULL ? http_default_csp : csp;
    self->content_security_policy = *csp != '\0' ? g_strdup (csp) : NULL;
    self->no_bytes = g_bytes_new_static ("", 0);
    self->stream_shares = shares_new (0, MAX_STREAMS_OF_ONE);
    self->listen_fd = -1;
    g_mutex_init (&self->lock);
    g_cond_init (&self->changed);
    meters_init ();

    max_connections = fit_to_descriptors (max_connections);
    self->proxies = proxy_list_new (settings->trusted_proxies, error);
    if (self->proxies == NULL ||
        (self->listen_fd = open_listener (settings->host, settings->port, error)) < 0 ||
        (self->keeper = keeper_new (self, max_connections,
                                    or_default (settings->head_timeout_s, DEFAULT_HEAD_TIMEOUT_S),
                                    idle_timeout_s, error)) == NULL) {
        http_server_free (self);
        return NULL;
    }
    self->port = port_of (self->listen_fd);
    self->pool = g_thread_pool_new (
        exchange_handle, self, (int) or_default (settings->n_pool_threads, MAX (8, n_cores * 4)),
        FALSE, NULL);
    self->stream_pool = g_thread_pool_new (stream_produce, self, MAX_STREAMS, FALSE, NULL);
    if (!start_loops (self, or_default (settings->n_event_threads, n_cores), error)) {
        http_server_free (self);
        return NULL;
    }
    if (!self->is_internal)
        self->connections_gauge =
            metrics_gauge ("tintype_http_connections", "Connections that are open, WebSockets too",
                           NULL, read_connections, self);
    return self;
}

guint16
http_server_port (const HttpServer *self)
{
    return self->port;
}

/* ---- stopping ---- */

/* Until no request is under way any more, or @grace_s have passed. */
static void
wait_for_requests (HttpServer *self, guint grace_s)
{
    gint64 end = g_get_monotonic_time () + (gint64) grace_s * G_TIME_SPAN_SECOND;

    while (atomic_load (&self->n_active) > 0 && g_get_monotonic_time () < end) {
        gint64 poll = g_get_monotonic_time () + STOP_POLL_MS * G_TIME_SPAN_MILLISECOND;

        g_mutex_lock (&self->lock);
        if (atomic_load (&self->n_active) > 0)
            g_cond_wait_until (&self->changed, &self->lock, MIN (end, poll));
        g_mutex_unlock (&self->lock);
        /* answers written just before the stop did not say 'Connection: close' */
        keeper_close_waiting (self->keeper);
    }
}

void
http_server_stop (HttpServer *self, guint grace_s)
{
    Connection *connection;

    if (!self->is_running || atomic_exchange (&self->is_stopping, 1))
        return;
    loop_stop_listening (self->loops[0]);
    shutdown (self->listen_fd, SHUT_RDWR); /* new clients are refused, not left waiting */
    keeper_close_waiting (self->keeper);
    keeper_fire_watches (self->keeper);
    wait_for_requests (self, grace_s);

    upgrades_shutdown (self);
    for (guint i = 0; i < self->n_loops; i++)
        loop_stop (self->loops[i]);
    while ((connection = keeper_any (self->keeper)) != NULL)
        connection_close (connection);
    self->is_running = FALSE;
    /* handlers that still run have lost their clients, but not what they work on */
    g_thread_pool_free (g_steal_pointer (&self->pool), FALSE, TRUE);
    g_thread_pool_free (g_steal_pointer (&self->stream_pool), FALSE, TRUE);
    keeper_stop (self->keeper);
    if (self->connections_gauge != NULL)
        metrics_gauge_remove (g_steal_pointer (&self->connections_gauge));
}

HttpServer *
server_ref (HttpServer *self)
{
    atomic_fetch_add_explicit (&self->n_refs, 1, memory_order_relaxed);
    return self;
}

/* Requests and sockets that the application kept may outlive the stopped server. */
void
server_unref (HttpServer *self)
{
    if (atomic_fetch_sub_explicit (&self->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (guint i = 0; i < self->n_loops; i++)
        loop_free (self->loops[i]);
    g_free (self->loops);
    keeper_free (self->keeper);
    proxy_list_free (self->proxies);
    g_bytes_unref (self->no_bytes);
    shares_free (self->stream_shares);
    g_free (self->content_security_policy);
    g_mutex_clear (&self->lock);
    g_cond_clear (&self->changed);
    g_free (self);
}

void
http_server_free (HttpServer *self)
{
    if (self == NULL)
        return;
    http_server_stop (self, 0);
    if (self->pool != NULL) /* it never started */
        g_thread_pool_free (g_steal_pointer (&self->pool), TRUE, FALSE);
    if (self->stream_pool != NULL)
        g_thread_pool_free (g_steal_pointer (&self->stream_pool), TRUE, FALSE);
    if (self->listen_fd >= 0)
        close (self->listen_fd);
    self->listen_fd = -1;
    server_unref (self);
}
