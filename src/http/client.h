/* client.h -- asking another server: one request, its answer whole in memory
 *
 * http and https only, certificates checked. Blocks for at most the time limit: never on an event
 * thread. Any other thread. */
#pragma once
#include <glib.h>
#include "base/arena.h"

typedef struct {
    const char *url;
    const char *method;        /* NULL: POST with a body, else GET */
    const char *form;          /* a body of application/x-www-form-urlencoded; NULL: none */
    const char *json;          /* a body of application/json, instead of a form; NULL: none */
    const char *accept;        /* NULL: anything */
    const char *authorization; /* the header's value; NULL: none */
    const char *header_name;   /* one more header, checked by the caller; NULL: none */
    const char *header_value;
    gint64 time_limit_ms;  /* for all of it: name, connection, redirects and body */
    gsize max_bytes;       /* of the answer's body */
    guint max_redirects;   /* 0: a redirect is an answer like any other */
    gboolean is_insecure;  /* http is taken, and https from a server with any certificate */
    gboolean takes_http;   /* http is taken */
    gboolean is_strangers; /* who gave the URL is not trusted: an address of this machine or of a
                              private network is refused before anything is sent to it */
} HttpAsk;

typedef struct {
    unsigned status;
    const char *content_type; /* "" when none; in the arena as the body */
    const char *body;         /* a NUL behind it */
    gsize n_bytes;
} HttpReply;

/** @return FALSE with APP_ERROR_UNAVAILABLE when there is no whole answer, and with APP_ERROR_FORBIDDEN
 *  when a stranger's address was refused: the message names the server and the reason. Any status is an
 *  answer. */
gboolean http_ask (const HttpAsk *ask, Arena *arena, HttpReply *out, GError **error);

/** Scheme, host and port of a URL, for messages: all else in it may be a secret, also a login before the
 *  host. (transfer full) */
char *http_server_of (const char *url);

/** Append a text as forms and queries write it: a space is '+'. */
void http_append_form_text (GString *out, const char *text);
/** Append 'name=value' as a form or a query writes it, with '&' before it unless @out is empty or ends
 *  with '?' or '&'. */
void http_append_pair (GString *out, const char *name, const char *value);

/** Whether an address as text is of the open Internet: not of this machine, of a private network, nor
 *  reserved. */
gboolean http_is_public_address (const char *text);
