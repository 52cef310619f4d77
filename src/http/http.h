/* http.h -- the HTTP server: requests in, responses out, HTTP/1.1 and 1.0
 *
 * Event threads (one a core) read, parse and write; they never block. The application is asked
 * twice for each request: begin () once the head is there, to say how the body shall be taken, and
 * handle () once the body is complete. handle () runs on an event thread when begin () said so
 * (for answers that take microseconds), else on a thread of the pool. It may answer at once or later
 * from any thread, exactly once, with http_respond (). */
#pragma once
#include <gio/gio.h>
#include "base/arena.h"

typedef struct _HttpServer HttpServer;
typedef struct _HttpRequest HttpRequest;

/* ---- request; its fields may be read by whoever handles it, until it is answered ---- */

typedef enum {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER
} HttpMethod;

struct _HttpRequest {
    Arena *arena; /* lives until the response was sent */
    HttpMethod method;
    const char *method_text;
    const char *target; /* path and query as they came, for logs and 404 texts */
    const char *path;   /* as it came, without the query, not percent-decoded; begins with / */
    const char *query;  /* after the '?', not decoded; "" when none */
    const char *correlation_id; /* the client's, or eight characters of a-z0-9 */
    const char *peer;           /* address of the client, seen through trusted proxies */
    gboolean is_secure;         /* TLS ended before us, says a trusted proxy */
    const char *host;           /* Host, or X-Forwarded-Host of a trusted proxy; "" when none */
    GBytes *body;               /* HTTP_BODY_BUFFER: never NULL, maybe empty; else NULL */
    gint64 content_length;      /* announced; -1: not announced (chunked) or no body */
    gpointer app_data;          /* the application's own, set in begin () */
    gpointer private_data;      /* the server's own */
};

/** The value of a header, case-insensitive; NULL when absent. */
const char *http_request_header (HttpRequest *self, const char *name);
/** The value of a cookie, percent-decoded, in the request's arena; NULL when absent. */
const char *http_request_cookie (HttpRequest *self, const char *name);
/** Percent-decode into @arena; with @plus, '+' is a space.
 *  @return NULL when the text has a bad escape, a NUL, or is not UTF-8 */
const char *http_percent_decode (Arena *arena, const char *text, gssize n_bytes, gboolean plus);
/** Percent-encode all but A-Za-z0-9 and -_.!~*'() (encodeURIComponent). */
const char *http_percent_encode (Arena *arena, const char *text);

typedef struct {
    const char *name, *value; /* decoded; value "" when there was no '=' */
} HttpPair;

/** Split a query string or a form body into decoded pairs, in order.
 *  @return FALSE with APP_ERROR_INVALID for a bad escape or more than 1,000 pairs */
gboolean http_parse_pairs (Arena *arena, const char *text, const HttpPair **out, gsize *out_n,
                           GError **error);

/* ---- body ---- */

/** Takes a body as it comes, on an event thread: it may write to the page cache, not wait for a disk. */
typedef struct {
    /** @return FALSE with the error that answers the request; nothing more is written then */
    gboolean (*write) (gpointer self, const guint8 *bytes, gsize n_bytes, GError **error);
    /** The client went away, or write () failed. After a complete body handle () is called instead. */
    void (*abort) (gpointer self);
} HttpSinkClass;

typedef enum {
    HTTP_BODY_BUFFER, /* whole, in request->body, up to max_body_bytes (413 beyond) */
    HTTP_BODY_SINK,   /* to sink, of any size */
    HTTP_BODY_REFUSE, /* answered already in begin () by http_respond (); what follows is dropped */
    HTTP_BODY_DEFER,  /* decide later: the body waits until http_request_continue (), see below */
} HttpBodyMode;

typedef struct {
    HttpBodyMode body;
    gsize max_body_bytes; /* HTTP_BODY_SINK: 0 is no limit */
    const HttpSinkClass *sink_class;
    gpointer sink;
    gboolean on_event_thread; /* handle () is quick and never blocks */
} HttpPlan;

typedef struct {
    /** On an event thread, must not block: look at the head, choose. */
    void (*begin) (gpointer app, HttpRequest *request, HttpPlan *out_plan);
    void (*handle) (gpointer app, HttpRequest *request);
    /** Answer what the server itself found wrong (a body too large, a broken head), in the shape
     *  the application's clients know, before returning. @why carries an APP_ERROR code; begin ()
     *  may not have been called. NULL: plain JSON. */
    void (*fail) (gpointer app, HttpRequest *request, const GError *why);
} HttpApp;

/** After begin () chose HTTP_BODY_DEFER: take the body as @plan says (not HTTP_BODY_DEFER again), from
 *  any thread; or refuse it with http_respond () instead. Meanwhile not a byte of the body is read and
 *  no '100 Continue' is sent, so that a check which blocks (credential, quota) comes first. */
void http_request_continue (HttpRequest *request, const HttpPlan *plan);

/* ---- response ---- */

typedef struct _HttpResponse HttpResponse;

/** All constructors: (transfer full), given away to http_respond (). */
HttpResponse *http_response_new (unsigned status); /* no body */
/** @body (transfer full). */
HttpResponse *http_response_new_bytes (unsigned status, const char *content_type, GBytes *body);
HttpResponse *http_response_new_text (unsigned status, const char *content_type, const char *body);

/** JSON: gets a strong ETag (and 304 on If-None-Match for GET and HEAD), Vary, and br or gzip
 *  when asked for and over 1 KiB. @body (transfer full). */
HttpResponse *http_response_new_json (unsigned status, GString *body);

/** The same of a page that is made for its request, text/html. */
HttpResponse *http_response_new_html (unsigned status, GString *body);

/** A file, by sendfile: single ranges, If-Range, If-None-Match, If-Modified-Since, 206, 304, 416,
 *  Last-Modified, weak ETag "W/<size hex>-<mtime ms hex>", Accept-Ranges. @fd is closed by it. */
HttpResponse *http_response_new_file (int fd, const char *content_type);
/** The same of the file at @path; small ones that are sent often are kept in memory.
 *  @return NULL with errno when it cannot be opened */
HttpResponse *http_response_new_path (const char *path, const char *content_type);

/** For a file that takes long to send: every two seconds @may_go_on is asked, on a thread of the pool; it may
 *  block. FALSE ends the transfer so that the client sees it is incomplete. What is sent before that costs
 *  nothing more. @data lives as long as the request, in whose arena nothing may be made then. */
void http_response_set_guard (HttpResponse *self, gboolean (*may_go_on) (gpointer data),
                              gpointer data);

/** A body made while it is sent (ZIP, sync stream): @produce runs on a pool thread of its own kind
 *  and writes with http_stream_write (), which blocks while the client is slow.
 *  @data freed with @free_data when done. Chunked; compressed when @compress and asked for. */
typedef struct _HttpStream HttpStream;
HttpResponse *http_response_new_stream (const char *content_type, gboolean compress,
                                        void (*produce) (HttpStream *stream, gpointer data),
                                        gpointer data, GDestroyNotify free_data);
gboolean http_response_is_stream (const HttpResponse *self);
/** Count a stream, until it ended, among those of @who, who may have 16 at once: each holds a thread, also
 *  when its client reads slowly, and there are 256. @return FALSE: they have as many, answer 429 instead */
gboolean http_response_claim (HttpResponse *self, HttpRequest *request, const char *who);
/** @return FALSE once the client is gone or the server stops; the producer then returns */
gboolean http_stream_write (HttpStream *self, gconstpointer bytes, gsize n_bytes);
/** End the transfer so that the client sees it is incomplete. */
void http_stream_fail (HttpStream *self);

/** 101: after the head was sent, @upgraded gets the socket (non-blocking) and what the client sent
 *  ahead; it ends with http_upgrade_close (). On an event thread; must not block.
 *  When the client left before, it is called with @upgrade NULL, so that @data can be freed. */
typedef struct _HttpUpgrade HttpUpgrade;
HttpResponse *http_response_new_upgrade (void (*upgraded) (gpointer data, HttpUpgrade *upgrade,
                                                           int socket_fd, const guint8 *early,
                                                           gsize n_early),
                                         gpointer data);
void http_upgrade_close (HttpUpgrade *self);

/** @name is not copied: a literal. */
void http_response_set_header (HttpResponse *self, const char *name,
                               const char *value); /* replaces */
void http_response_add_header (HttpResponse *self, const char *name,
                               const char *value); /* Set-Cookie */

/** What a user uploaded and a browser might run (SVG, HTML): shown without scripts, in a sandbox. */
void http_response_set_untrusted (HttpResponse *self);
/** For a response that nobody takes: http_respond () frees the others. */
void http_response_free (HttpResponse *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpResponse, http_response_free)

/** Answer @request, once, from any thread. Adds the security headers, X-Correlation-ID (under /api)
 *  and the line in the access log. @response (transfer full); the request is gone afterwards. */
void http_respond (HttpRequest *request, HttpResponse *response);

/** Keep what the request holds for another thread that reads it, also when its client leaves or it was
 *  answered meanwhile. Only while the request is the caller's to use; any thread. */
void http_request_ref (HttpRequest *request);
void http_request_unref (HttpRequest *request);

/** A long poll: have @gone called, once, on a thread of the server, if the client leaves or the server
 *  stops before http_respond (). The request must still be answered; @gone may do so. It is never
 *  called after http_respond () returned, which waits for a call under way: hold no lock that @gone
 *  takes while answering. Call this from begin () or handle (), at most once a request. */
void http_request_watch (HttpRequest *request, void (*gone) (gpointer data), gpointer data);

/* ---- server ---- */

typedef struct {
    const char *host;      /* NULL: all addresses, IPv6 and IPv4 */
    guint16 port;          /* 0: any free one, see http_server_port () */
    guint n_event_threads; /* 0: one a core */
    guint n_pool_threads;  /* 0: 4 a core, at least 8 */
    guint max_connections; /* 0: 10,000; a tenth of it for one address that is not a proxy */
    guint idle_timeout_s;  /* 0: 75; of a connection without progress in either direction */
    guint head_timeout_s;  /* 0: 30; a request whose head is not complete by then is dropped */
    const char *trusted_proxies; /* comma list of addresses and CIDR ranges; NULL: private ranges */
    gboolean access_log;
    const char *content_security_policy; /* NULL: http_default_csp, "": none */
    guint max_head_bytes;                /* 0: 16 KiB; of request line and headers, 431 beyond */
    gboolean is_internal;                /* not counted in the metrics of requests */
} HttpSettings;

extern const char http_default_csp[];

HttpServer *http_server_new (const HttpSettings *settings, const HttpApp *app_class, gpointer app,
                             GError **error); /* listens when it returns */
guint16 http_server_port (const HttpServer *self);
/** Stop accepting, let what runs finish for at most @grace_s, then cut off. */
void http_server_stop (HttpServer *self, guint grace_s);
void http_server_free (HttpServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpServer, http_server_free)

/** The status and title of an error code; the one table of the program (http/problem.c). */
unsigned http_problem_status (const GError *error);
const char *http_problem_title (unsigned status);
