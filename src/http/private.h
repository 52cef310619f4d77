/* private.h -- what the files of the HTTP server share; nothing outside http/ includes it
 *
 * A Connection is one TCP connection, an Exchange one request on it with its answer. Both belong to
 * the event thread of their connection, except where a member says otherwise. */
#pragma once
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include "base/error.h"
#include "base/shares.h"
#include "http/head.h"
#include "http/http.h"
#include "http/metrics.h"

typedef struct _Exchange Exchange;
typedef struct _Connection Connection;
typedef struct _Loop Loop;
typedef struct _Keeper Keeper;
typedef struct _ProxyList ProxyList;
typedef struct _AddressShare AddressShare;
typedef struct _UpgradeOffer UpgradeOffer;

/* What is read and thrown away so that a client which is still sending gets to read its answer. */
#define DRAIN_MAX_BYTES (64 * 1024)
/* Read at once of a body whose length is known. */
#define READ_BYTES (256 * 1024)

/* ---- event threads (loop.c) ---- */

/** A thread that waits for its connections' sockets and runs those that can go on. Connections are dealt
 *  out to the loops in turn, and stay with theirs. */
struct _Loop {
    HttpServer *server; /* which owns it */
    int epoll_fd, wake_fd;
    GThread *thread;
    guint8 *buffer;                       /* READ_BYTES, for whoever runs */
    Connection *first_ready, *last_ready; /* have more to do, after the others had their turn */
    gint64 date_s;
    char date[32];         /* of date_s, for the header Date */
    gint64 deaf_until_ms;  /* nothing is accepted before; 0: it listens */
    gint64 quiet_until_ms; /* nor is that said again */

    GMutex lock; /* of all below */
    Connection *roused;
    gboolean is_ending;
};

/** @listens: it accepts for all. */
Loop *loop_new (HttpServer *server, gboolean listens, GError **error);
void loop_start (Loop *self, guint index);
void loop_stop_listening (Loop *self);
void loop_stop (Loop *self); /* ends its thread; its connections stay open */
void loop_free (Loop *self);
void loop_later (Loop *self, Connection *connection); /* on its thread: run it again in its turn */
/** Any thread, with the lock: have @connection run. */
void loop_rouse (Loop *self, Connection *connection);
const char *loop_date (Loop *self);

/* ---- connections (connection.c) ---- */

typedef enum {
    CONNECTION_WAITS_FIRST, /* for the head of its first request */
    CONNECTION_WAITS_NEXT,  /* for the head of another one */
    CONNECTION_RECEIVES,    /* a body */
    CONNECTION_BUSY,        /* handled or answered */
    CONNECTION_IS_FULL,     /* its client has yet to read what was sent */
} ConnectionState;

struct _Connection {
    Connection *previous, *next; /* the keeper's list, under its lock */
    HttpServer *server;
    Loop *loop;
    int fd;
    AddressShare *share; /* how many connections this address has; the keeper's */
    char peer[INET6_ADDRSTRLEN];
    gboolean is_proxy;
    gboolean is_upgraded; /* its socket lives on in an HttpUpgrade */
    gboolean lingers;     /* when closed: read on for a while, so that the answer arrives */
    Exchange *exchange;
    _Atomic int state;         /* ConnectionState; read by the keeper */
    _Atomic gint64 since_ms;   /* when it came into this state, monotonic */
    _Atomic guint64 n_receive; /* bytes of the body so far */
    guint64 n_seen;  /* the keeper's: what showed that its client moves, when that last changed */
    gint64 moved_ms; /* the keeper's: and when that was seen */

    /* what epoll said that was not used up yet: it says so once (EPOLLET) */
    gboolean can_read, can_write, has_hung_up;
    guint8 *ahead; /* read and not used yet: NULL when nothing */
    gsize n_ahead;
    ChunkReader chunks;
    gsize n_head_sent;
    guint64 n_body_sent;
    guint8 *chunk; /* of a stream: framed, n_chunk_sent of n_chunk bytes are gone */
    gsize n_chunk, n_chunk_sent;

    Connection *next_ready, *next_roused; /* the loop's */
    gboolean is_ready;
    gboolean is_roused; /* under the loop's lock */
    gboolean is_closed; /* freed once neither of the two */
};

void connection_open (HttpServer *server, Loop *loop, int fd, const struct sockaddr *address);
/** On its thread: go on as far as it goes without waiting. @events: of epoll; 0: it was roused, or its turn */
void connection_run (Connection *self, guint32 events);
void connection_close (Connection *self); /* on its thread, or when that has ended */
void connection_free_closed (Connection *self);
void connection_set_state (Connection *self, ConnectionState state);

/** Watches over all connections from a thread of its own (keeper.c): drops those that take too long or too
 *  much of the share of others, lets closing ones linger, tells long polls that their client left. */
Keeper *keeper_new (HttpServer *server, guint max_connections, guint head_timeout_s,
                    guint idle_timeout_s, GError **error);
void keeper_stop (Keeper *self); /* ends its thread; the other functions stay callable */
void keeper_free (Keeper *self);
gboolean keeper_admits (Keeper *self, const struct sockaddr *address);
Connection *keeper_add (Keeper *self, int fd, const struct sockaddr *address);
void keeper_remove (Keeper *self, Connection *connection); /* its fd is still open */
Connection *keeper_any (Keeper *self);                     /* one that is open; NULL: none is */
void keeper_close_waiting (Keeper *self);                  /* those between two requests */
guint keeper_n_connections (const Keeper *self);
void keeper_watch (Keeper *self, Exchange *exchange, void (*gone) (gpointer data), gpointer data);
void keeper_unwatch (Keeper *self, Exchange *exchange); /* waits for a call under way */
void keeper_fire_watches (Keeper *self);

/* ---- exchanges (exchange.c) ---- */

typedef enum {
    PHASE_HEAD,     /* nothing looked at yet */
    PHASE_DEFERRED, /* the application thinks about the body */
    PHASE_BODY,
    PHASE_DRAIN,    /* answered; what is left of the body is dropped */
    PHASE_HANDLING, /* the application has it */
    PHASE_SENT,     /* the answer is on its way */
} ExchangePhase;

typedef enum {
    ANSWER_PENDING,   /* none yet; the connection runs */
    ANSWER_SUSPENDED, /* none yet; the connection waits to be roused */
    ANSWER_CONTINUE,  /* none yet; http_request_continue () was called */
    ANSWER_READY,
    ANSWER_CUT, /* its connection was closed: nobody will read it */
} AnswerState;

typedef enum {
    GUARD_IDLE,
    GUARD_IS_ASKED, /* on a thread of the pool, while more is sent */
    GUARD_SAID_NO,
} GuardState;

struct _Exchange {
    HttpRequest request; /* first, so that one is the other */
    HttpServer *server;  /* (ref) */
    Connection *connection;
    Loop *loop;
    int fd;
    _Atomic int n_refs;
    _Atomic int answer; /* AnswerState; leaves ANSWER_SUSPENDED under the loop's lock */
    ExchangePhase phase;
    HttpPlan plan;
    gint64 started_us;

    /* the head, copied into the arena: a handler may outlive the connection */
    char *head_text;
    gsize n_head_text;
    Head head;
    gboolean head_is_cut; /* it is longer than is taken */
    gboolean has_body, is_chunked, expects_continue, must_close, began;

    /* the body */
    GByteArray *buffer;
    guint64 n_received;
    gboolean sink_is_open;

    /* the answer; written before answer becomes ANSWER_READY */
    unsigned status;
    char *
        answer_head; /* in the arena: status line and headers, the last ones added when it is sent */
    gsize n_answer_head, answer_head_room;
    GBytes *body;         /* in memory (ref), sent from body_first; or NULL */
    int body_fd;          /* in a file, closed in the end; or -1 */
    guint64 body_first;   /* where in either it begins */
    guint64 n_body_bytes; /* announced; the connection and streams count what is sent */
    HttpStream *stream;   /* (ref) */
    gboolean stream_is_over;
    gboolean (*may_go_on) (gpointer data); /* of a file, see http_response_set_guard (); or NULL */
    gpointer guard_data;
    gint64 asked_us;     /* when it last was, or the answer began */
    _Atomic int guard;   /* GuardState */
    UpgradeOffer *offer; /* until taken */

    /* http_request_watch (); the keeper's, under its lock */
    void (*gone) (gpointer data);
    gpointer gone_data;
    guint64 watch_id;
    gboolean is_calling_gone;
};

/** How it ended, for the log and the metrics. */
typedef struct {
    unsigned status;   /* 0: never answered */
    gboolean complete; /* to the last byte, as far as we know */
    guint64 n_bytes;   /* of the body */
    gint64 duration_us;
} ExchangeOutcome;

/** What its connection has to do next. */
typedef enum {
    STEP_RECEIVE, /* read the body, and hand it to exchange_take () */
    STEP_WAIT,    /* until it is roused, then exchange_proceed () */
    STEP_SEND,    /* the answer, then exchange_finish () */
    STEP_CLOSE,
} ExchangeStep;

/** @head, copied: to its empty line; or, with @is_cut, the beginning of one that is too long. */
Exchange *exchange_new (HttpServer *server, Connection *connection, const guint8 *head,
                        gsize n_bytes, gboolean is_cut);
Exchange *exchange_ref (Exchange *self);
void exchange_unref (Exchange *self);
ExchangeStep exchange_begin (Exchange *self);
ExchangeStep exchange_take (Exchange *self, const guint8 *bytes, gsize n_bytes); /* of the body */
ExchangeStep exchange_complete (Exchange *self); /* that was all of the body, or there is none */
ExchangeStep exchange_refuse (Exchange *self, GError *why); /* its body makes no sense */
ExchangeStep exchange_proceed (Exchange *self);
void exchange_finish (Exchange *self,
                      gboolean complete); /* by its connection; drops its reference */
void exchange_cut (Exchange *self); /* by its connection, which closes: nobody rouses it any more */
/** Its file is being sent. @return FALSE: break off */
gboolean exchange_may_go_on (Exchange *self);
/** On a thread of the pool: the request, or the question of its guard. */
void exchange_handle (gpointer exchange, gpointer server);

/* ---- the parts of an answer ---- */

/** request.c: read the head into the exchange. FALSE with the error that answers it. */
gboolean request_read_head (Exchange *self, GError **error);

/** response.c: take @response apart into the members of @exchange for its answer. */
void response_finish (HttpResponse *response, Exchange *exchange);
/** One more header of the answer. What has a control character, or one would become two, is left out. */
void answer_add_header (Exchange *self, const char *name, const char *value);
/** The last headers of a head that is sent. @date is now */
void answer_end_head (Exchange *self, const char *date);

/** What an HttpResponse of a file sends. */
typedef struct {
    int fd;           /* -1: all of it is in bytes */
    GBytes *bytes;    /* NULL: not read */
    struct stat info; /* when is_known */
    gboolean is_known;
    const char *path; /* where small ones are remembered; NULL: nowhere */
} FileBody;

/** file.c: the answer is the file, with status, ranges and validators as asked. Takes what @file holds.
 *  @return the status */
unsigned file_response_finish (HttpResponse *response, FileBody *file, Exchange *exchange);
void file_body_clear (FileBody *self);

/** stream.c */
HttpStream *stream_new (HttpServer *server, void (*produce) (HttpStream *stream, gpointer data),
                        gpointer data, GDestroyNotify free_data,
                        Share *share); /* (transfer full); NULL: of nobody */
void stream_unref (HttpStream *self);
void stream_set_encoding (HttpStream *self, int encoding); /* ContentEncoding, before it starts */
void stream_start (HttpStream *self);                      /* the producer */
typedef enum { STREAM_DATA, STREAM_WAIT, STREAM_END, STREAM_FAILED } StreamResult;
/** By @connection: what there is; with STREAM_WAIT it is roused once there is more. */
StreamResult stream_read (HttpStream *self, Connection *connection, guint8 *out, gsize n_max,
                          gsize *out_n_bytes);
/** Nobody reads on: the producer is told, and no connection is roused any more. */
void stream_abandon (HttpStream *self);
guint64 stream_n_bytes (HttpStream *self);
void stream_produce (gpointer stream, gpointer server); /* on a thread of the stream pool */

/** upgrade.c */
typedef void (*Upgraded) (gpointer data, HttpUpgrade *upgrade, int socket_fd, const guint8 *early,
                          gsize n_early);
UpgradeOffer *upgrade_offer_new (Upgraded upgraded, gpointer data);
void upgrade_offer_withdraw (UpgradeOffer *self); /* nobody took it */
/** The head was sent: the socket of @connection is the application's, with what was read ahead. */
void upgrade_take_over (UpgradeOffer *offer, Connection *connection);
void upgrades_shutdown (HttpServer *server); /* all sockets, and any that would follow */

const char *response_get (HttpResponse *self, const char *name); /* a header; NULL: not set */

/* ---- headers.c ---- */

void headers_new_correlation_id (char out[9]);
gboolean headers_is_name (const char *a, const char *b); /* the same name of a header */
/** One entry of a comma list of entity tags, or '*', is @etag; '-br' and '-gzip' endings of both
 *  are the same document. */
gboolean headers_etag_matches (const char *list, const char *etag);
/** What a browser must be told on every answer, and of documents more; without what @response says for
 *  itself. @content_type NULL: none. */
void headers_add_security (Exchange *to, HttpResponse *response, const char *content_type);
gboolean headers_http_date_parse (const char *text, gint64 *out_s);
void headers_http_date_format (gint64 s, char out[32]);

/* ---- proxy.c ---- */

ProxyList *proxy_list_new (const char *text, GError **error); /* NULL: private ranges */
void proxy_list_free (ProxyList *self);
gboolean proxy_list_has (const ProxyList *self, const struct sockaddr *address);
gboolean proxy_list_has_text (const ProxyList *self, const char *address);
/** The first address from the right that is no trusted proxy. @return in @arena, or @peer */
const char *proxy_list_client (const ProxyList *self, Arena *arena, const char *forwarded_for,
                               const char *peer);
/** An address as 16 bytes, IPv4 mapped. */
gboolean proxy_address_bytes (const struct sockaddr *address, guint8 out[16]);
/** The other way round: a mapped one as IPv4, so that a client has one name whichever way it comes. */
void proxy_address_text (const guint8 address[16], char out[INET6_ADDRSTRLEN]);

/* ---- access_log.c ---- */

char *access_log_redact (const char *target); /* without the values of credentials */
void access_log_write (const HttpRequest *request, const ExchangeOutcome *outcome);

/* ---- server.c ---- */

struct _HttpServer {
    _Atomic int n_refs;
    const HttpApp *app_class;
    gpointer app;
    gboolean access_log, is_internal;
    guint max_head_bytes;
    char *content_security_policy; /* NULL: none */
    ProxyList *proxies;
    GBytes *no_bytes;         /* the empty body */
    Loop **loops;             /* n_loops; the first one listens */
    guint n_loops, next_loop; /* next_loop: the first one's */
    gboolean is_running;
    guint16 port;
    int listen_fd;
    GThreadPool *pool, *stream_pool;
    Shares *stream_shares;
    Keeper *keeper;
    Metric *connections_gauge; /* NULL: internal */

    _Atomic int is_stopping; /* no new connections, no further requests on the old ones */
    _Atomic int n_active;    /* requests begun and not yet ended */

    GMutex lock; /* of all below */
    GCond changed;
    gboolean is_cutting; /* sockets that come now are ended at once */
    HttpUpgrade *upgrades;
    _Atomic guint n_upgrades;
};

HttpServer *server_ref (HttpServer *self);
void server_unref (HttpServer *self);
void server_count_begin (HttpServer *self);
void server_count_end (HttpServer *self, const ExchangeOutcome *outcome);
