/* private.h -- what the files of the HTTP server share; nothing outside http/ includes it
 *
 * A Connection is one TCP connection, an Exchange one request on it with its answer. Both belong to
 * the event thread of their connection, except where a member says otherwise. */
#pragma once
#include <microhttpd.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include "base/error.h"
#include "base/shares.h"
#include "http/http.h"
#include "http/metrics.h"

typedef struct _Exchange Exchange;
typedef struct _Connection Connection;
typedef struct _Keeper Keeper;
typedef struct _ProxyList ProxyList;
typedef struct _AddressShare AddressShare;
typedef struct _UpgradeOffer UpgradeOffer;

/* What is read and thrown away so that a client which is still sending gets to read its answer. */
#define DRAIN_MAX_BYTES (64 * 1024)

/* ---- connections (keeper.c) ---- */

typedef enum {
    CONNECTION_WAITS_FIRST, /* for the head of its first request */
    CONNECTION_WAITS_NEXT,  /* for the head of another one */
    CONNECTION_RECEIVES,    /* a body */
    CONNECTION_BUSY,        /* handled or answered */
} ConnectionState;

struct _Connection {
    Connection *previous, *next; /* the keeper's list, under its lock */
    HttpServer *server;
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
    guint64 n_seen;            /* the keeper's: n_receive a tick ago */
    gint64 since_seen_ms;      /* the keeper's: since_ms a tick ago */
};

/** Watches over all connections from a thread of its own: drops those that take too long or too much
 *  of the share of others, lets closing ones linger, tells long polls that their client left. */
Keeper *keeper_new (HttpServer *server, guint max_connections, guint head_timeout_s,
                    guint idle_timeout_s, GError **error);
void keeper_stop (Keeper *self); /* ends its thread; the other functions stay callable */
void keeper_free (Keeper *self);
gboolean keeper_admits (Keeper *self, const struct sockaddr *address);
Connection *keeper_add (Keeper *self, int fd, const struct sockaddr *address);
void keeper_remove (Keeper *self, Connection *connection); /* its fd is still open */
void keeper_close_waiting (Keeper *self);                  /* those between two requests */
guint keeper_n_connections (const Keeper *self);
void keeper_watch (Keeper *self, Exchange *exchange, void (*gone) (gpointer data), gpointer data);
void keeper_unwatch (Keeper *self, Exchange *exchange); /* waits for a call under way */
void keeper_fire_watches (Keeper *self);
void connection_set_state (Connection *self, ConnectionState state);

/* ---- exchanges (exchange.c) ---- */

typedef enum {
    PHASE_HEAD,     /* nothing looked at yet */
    PHASE_DEFERRED, /* the application thinks about the body */
    PHASE_BODY,
    PHASE_DRAIN,    /* answered; what is left of the body is dropped */
    PHASE_HANDLING, /* the application has it */
    PHASE_SENT,     /* the answer is with libmicrohttpd */
} ExchangePhase;

typedef enum {
    ANSWER_PENDING,   /* none yet; the connection runs */
    ANSWER_SUSPENDED, /* none yet; the connection sleeps until MHD_resume_connection () */
    ANSWER_CONTINUE,  /* none yet; http_request_continue () was called */
    ANSWER_READY,
    ANSWER_CUT, /* the server stops: nobody will read it */
} AnswerState;

/** Something asleep in libmicrohttpd, which may not be stopped before all of them are awake. */
typedef struct _Sleeper Sleeper;
struct _Sleeper {
    Sleeper *previous, *next; /* under the server's lock */
    gpointer owner;           /* an Exchange or an HttpStream */
    gboolean is_stream;
    gboolean is_listed;
};

struct _Exchange {
    HttpRequest request; /* first, so that one is the other */
    HttpServer *server;  /* (ref) */
    Connection *connection;
    struct MHD_Connection *mhd;
    int fd;
    _Atomic int n_refs;
    _Atomic int answer; /* AnswerState */
    ExchangePhase phase;
    HttpPlan plan;
    gint64 started_us;

    /* the head, copied into the arena: a handler may outlive the connection */
    const HttpPair *headers;
    gsize n_headers;
    gboolean has_body, is_chunked, expects_continue, must_close, began;

    /* the body */
    GByteArray *buffer;
    guint64 n_received;
    gboolean sink_is_open;

    /* the answer; written before answer becomes ANSWER_READY */
    struct MHD_Response *response;
    unsigned status;
    GBytes *body;         /* of the response when it is in memory; lives as long as it */
    guint64 n_body_bytes; /* announced; streams count for themselves */
    HttpStream *stream;   /* (ref) */
    UpgradeOffer *offer;  /* until taken */
    gboolean sent_raw;

    Sleeper sleeper;

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

Exchange *exchange_new (HttpServer *server, Connection *connection, struct MHD_Connection *mhd,
                        const char *target);
Exchange *exchange_ref (Exchange *self);
void exchange_unref (Exchange *self);
enum MHD_Result exchange_step (Exchange *self, const char *method, const char *version,
                               const char *data, size_t *n_data);
void exchange_finish (Exchange *self,
                      gboolean complete); /* by its connection; drops its reference */
void exchange_cut (Exchange *self);       /* any thread: if it sleeps, wake it to be closed */
void exchange_handle (gpointer exchange, gpointer server); /* on a thread of the pool */

/* ---- the parts of an answer ---- */

/** request.c: read the head into the exchange. FALSE with the error that answers it. */
gboolean request_read_head (Exchange *self, const char *method, const char *version,
                            GError **error);

/** response.c: take @response apart into exchange->response and its companions. */
void response_finish (HttpResponse *response, Exchange *exchange);

/** What an HttpResponse of a file sends. */
typedef struct {
    int fd;           /* -1: all of it is in bytes */
    GBytes *bytes;    /* NULL: not read */
    struct stat info; /* when is_known */
    gboolean is_known;
    const char *path; /* where small ones are remembered; NULL: nowhere */
} FileBody;

/** file.c: a response body of the file, with status, ranges and validators as asked. Takes what @file
 *  holds. */
struct MHD_Response *file_response_new (HttpResponse *response, FileBody *file, Exchange *exchange,
                                        unsigned *out_status, guint64 *out_n_bytes);
void file_body_clear (FileBody *self);

/** stream.c */
HttpStream *stream_new (HttpServer *server, void (*produce) (HttpStream *stream, gpointer data),
                        gpointer data, GDestroyNotify free_data,
                        Share *share); /* (transfer full); NULL: of nobody */
HttpStream *stream_ref (HttpStream *self);
void stream_unref (HttpStream *self);
void stream_set_encoding (HttpStream *self, int encoding); /* ContentEncoding, before it starts */
/** The libmicrohttpd response of a stream; the producer starts unless @is_head. */
struct MHD_Response *stream_start (HttpStream *self, struct MHD_Connection *mhd, gboolean is_head);
guint64 stream_n_bytes (HttpStream *self);
void stream_cut (HttpStream *self);                     /* any thread */
void stream_produce (gpointer stream, gpointer server); /* on a thread of the stream pool */

/** upgrade.c */
typedef void (*Upgraded) (gpointer data, HttpUpgrade *upgrade, int socket_fd, const guint8 *early,
                          gsize n_early);
UpgradeOffer *upgrade_offer_new (Upgraded upgraded, gpointer data);
void upgrade_offer_withdraw (UpgradeOffer *self); /* nobody took it */
struct MHD_Response *upgrade_response_new (UpgradeOffer *offer);
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
void headers_add_security (struct MHD_Response *to, HttpResponse *response,
                           const char *content_type, HttpServer *server, gboolean is_secure);
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
    GBytes *no_bytes; /* the empty body */
    struct MHD_Daemon *daemon;
    guint16 port;
    int listen_fd;
    GThreadPool *pool, *stream_pool;
    Shares *stream_shares;
    Keeper *keeper;
    Metric *connections_gauge; /* NULL: internal */

    _Atomic int n_resuming;  /* calls of MHD_resume_connection () under way */
    _Atomic int is_stopping; /* no new connections, no further requests on the old ones */
    _Atomic int n_active;    /* requests begun and not yet ended */

    GMutex lock; /* of all below */
    GCond changed;
    gboolean is_cutting; /* nothing may fall asleep any more */
    Sleeper *sleepers;
    HttpUpgrade *upgrades;
    _Atomic guint n_upgrades;
};

HttpServer *server_ref (HttpServer *self);
void server_unref (HttpServer *self);
/** To be called before MHD_suspend_connection (). FALSE: the server stops, close instead. */
gboolean server_sleep (HttpServer *self, Sleeper *sleeper);
/** Instead of MHD_resume_connection (). */
void server_resume (HttpServer *self, Sleeper *sleeper, struct MHD_Connection *mhd);
void server_count_begin (HttpServer *self);
void server_count_end (HttpServer *self, const ExchangeOutcome *outcome);
