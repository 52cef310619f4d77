/* exchange.c -- one request from its head to the end of its answer
 *
 * libmicrohttpd calls exchange_step () on the connection's event thread: once when the head is
 * there, then for each piece of the body, then when the body is complete (also when there is none),
 * and again whenever a suspended connection was resumed. A response queued in the first of these
 * ends the connection, one queued in the last does not; in the middle of a body none can be queued,
 * and it is written straight to the socket (send_raw).
 *
 * Two hold an exchange: its connection, until libmicrohttpd reports the end, and the application,
 * while it is lent the request: during begin (), and from handle () or fail () to http_respond (). The
 * two meet in the atomic member answer; who moves it away from ANSWER_SUSPENDED resumes the
 * connection, exactly once. Another thread of the application may hold it for longer, by
 * http_request_ref (): it has the request's memory, not the connection. */
#include <string.h>
#include <sys/socket.h>

#include "base/json_writer.h"
#include "http/private.h"

#define FIRST_BUFFER_BYTES (16 * 1024)

Exchange *
exchange_new (HttpServer *server, Connection *connection, struct MHD_Connection *mhd,
              const char *target)
{
    Arena *arena = arena_new ();
    Exchange *self = arena_new0 (arena, Exchange);

    self->request.arena = arena;
    self->request.private_data = self;
    self->request.target = arena_strdup (arena, target != NULL ? target : "");
    self->server = server_ref (server);
    self->connection = connection;
    self->fd = connection->fd;
    self->mhd = mhd;
    self->sleeper.owner = self;
    atomic_init (&self->n_refs, 1);
    self->started_us = g_get_monotonic_time ();
    return self;
}

Exchange *
exchange_ref (Exchange *self)
{
    atomic_fetch_add_explicit (&self->n_refs, 1, memory_order_relaxed);
    return self;
}

void
exchange_unref (Exchange *self)
{
    HttpServer *server = self->server;

    if (atomic_fetch_sub_explicit (&self->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    if (self->response != NULL)
        MHD_destroy_response (self->response);
    if (self->stream != NULL)
        stream_unref (self->stream);
    if (self->offer != NULL)
        upgrade_offer_withdraw (self->offer);
    if (self->buffer != NULL)
        g_byte_array_unref (self->buffer);
    if (self->request.body != NULL)
        g_bytes_unref (self->request.body);
    arena_free (self->request.arena);
    server_unref (server);
}

static gboolean
has_answer (Exchange *self)
{
    return atomic_load (&self->answer) == ANSWER_READY;
}

/* ---- answering what is wrong ---- */

static HttpResponse *
plain_problem (const GError *why)
{
    GString *text = g_string_new (NULL);
    JsonWriter json;

    json_writer_init (&json, text);
    json_begin_object (&json);
    json_name (&json, "message");
    json_text (&json, why->message);
    json_end_object (&json);
    return http_response_new_json (http_problem_status (why), text);
}

/* Answered when it returns. */
static void
fail (Exchange *self, const GError *why)
{
    const HttpApp *app_class = self->server->app_class;

    exchange_ref (self); /* the application's */
    if (app_class->fail != NULL)
        app_class->fail (self->server->app, &self->request, why);
    if (!has_answer (self))
        http_respond (&self->request, plain_problem (why));
}

/* ---- sending ---- */

static enum MHD_Result
send_answer (Exchange *self)
{
    if (self->offer == NULL && (self->must_close || atomic_load (&self->server->is_stopping)))
        MHD_add_response_header (self->response, "Connection", "close");
    connection_set_state (self->connection, CONNECTION_BUSY);
    self->phase = PHASE_SENT;
    return MHD_queue_response (self->mhd, self->status, self->response);
}

static enum MHD_Result
append_header (void *text, enum MHD_ValueKind kind, const char *name, const char *value)
{
    g_string_append_printf (text, "%s: %s\r\n", name, value);
    return MHD_YES;
}

/* Past libmicrohttpd, which answers a body only when it is complete; then close. Nothing else was
 * written to this socket since the last answer, so there is room for a small one. */
static enum MHD_Result
send_raw (Exchange *self)
{
    g_autoptr (GString) text = g_string_new (NULL);
    gsize n_body = self->body != NULL ? g_bytes_get_size (self->body) : 0;
    char date[32];

    headers_http_date_format (g_get_real_time () / G_USEC_PER_SEC, date);
    g_string_append_printf (text,
                            "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\n"
                            "Content-Length: %" G_GSIZE_FORMAT "\r\n",
                            self->status, http_problem_title (self->status), date, n_body);
    MHD_get_response_headers (self->response, append_header, text);
    g_string_append (text, "\r\n");
    if (n_body > 0)
        g_string_append_len (text, g_bytes_get_data (self->body, NULL), (gssize) n_body);
    self->sent_raw =
        send (self->fd, text->str, text->len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t) text->len;
    self->connection->lingers = TRUE;
    self->phase = PHASE_SENT;
    return MHD_NO;
}

/* Answered before the body was read. A client that still sends must get to read the answer: a
 * small rest is read first, a large one makes the connection end, lingering. */
static enum MHD_Result
answer_early (Exchange *self)
{
    gint64 rest = self->request.content_length - (gint64) self->n_received;
    gboolean is_head = self->n_received == 0 && self->phase != PHASE_BODY;

    if (!self->is_chunked && !self->expects_continue && rest <= DRAIN_MAX_BYTES) {
        self->phase = PHASE_DRAIN;
        return MHD_YES;
    }
    if (is_head) {
        self->connection->lingers = TRUE;
        return send_answer (self);
    }
    return send_raw (self);
}

static enum MHD_Result
fail_early (Exchange *self, GError *why)
{
    fail (self, why);
    return answer_early (self);
}

/* ---- waiting for the application ---- */

/* The application answers later, from another thread, or has done so just now. */
static enum MHD_Result
wait_for_answer (Exchange *self)
{
    int pending = ANSWER_PENDING;

    if (!server_sleep (self->server, &self->sleeper)) {
        atomic_compare_exchange_strong (&self->answer, &pending, ANSWER_CUT);
        return MHD_NO;
    }
    MHD_suspend_connection (self->mhd);
    if (!atomic_compare_exchange_strong (&self->answer, &pending, ANSWER_SUSPENDED)) {
        server_resume (self->server, &self->sleeper, self->mhd);
    }
    return MHD_YES;
}

/* Move the answer on to @next; TRUE when it was still wanted. */
static gboolean
settle (Exchange *self, AnswerState next)
{
    int state = atomic_load (&self->answer);

    while (state == ANSWER_PENDING || state == ANSWER_SUSPENDED) {
        if (!atomic_compare_exchange_weak (&self->answer, &state, next))
            continue;
        if (state == ANSWER_SUSPENDED) {
            server_resume (self->server, &self->sleeper, self->mhd);
        }
        return TRUE;
    }
    return FALSE;
}

void
http_respond (HttpRequest *request, HttpResponse *response)
{
    Exchange *self = request->private_data;

    g_return_if_fail (response != NULL);
    if (has_answer (self)) {
        g_critical ("'%s %s' was answered twice", request->method_text, request->path);
        http_response_free (response);
        return;
    }
    keeper_unwatch (self->server->keeper, self);
    response_finish (response, self);
    settle (self, ANSWER_READY);
    exchange_unref (self);
}

void
http_request_continue (HttpRequest *request, const HttpPlan *plan)
{
    Exchange *self = request->private_data;

    g_return_if_fail (plan->body == HTTP_BODY_BUFFER || plan->body == HTTP_BODY_SINK);
    keeper_unwatch (self->server->keeper, self);
    self->gone = NULL; /* another watch may follow in handle () */
    self->plan = *plan;
    if (!settle (self, ANSWER_CONTINUE) && plan->body == HTTP_BODY_SINK)
        plan->sink_class->abort (plan->sink);
    exchange_unref (self);
}

void
http_request_ref (HttpRequest *request)
{
    exchange_ref (request->private_data);
}

void
http_request_unref (HttpRequest *request)
{
    exchange_unref (request->private_data);
}

void
http_request_watch (HttpRequest *request, void (*gone) (gpointer data), gpointer data)
{
    Exchange *self = request->private_data;

    keeper_watch (self->server->keeper, self, gone, data);
}

void
exchange_cut (Exchange *self)
{
    int suspended = ANSWER_SUSPENDED;

    if (atomic_compare_exchange_strong (&self->answer, &suspended, ANSWER_CUT)) {
        server_resume (self->server, &self->sleeper, self->mhd);
    }
}

/* ---- handling ---- */

void
exchange_handle (gpointer exchange, gpointer server)
{
    Exchange *self = exchange;

    /* the queue's lock has ordered this after the event thread; so does this, visibly to tools */
    atomic_load (&self->answer);
    self->server->app_class->handle (self->server->app, &self->request);
}

/* The body is complete, or there is none. */
static enum MHD_Result
handle (Exchange *self)
{
    self->phase = PHASE_HANDLING;
    self->sink_is_open = FALSE; /* the application's from here on */
    if (self->plan.body == HTTP_BODY_BUFFER)
        self->request.body = self->buffer != NULL
                                 ? g_byte_array_free_to_bytes (g_steal_pointer (&self->buffer))
                                 : g_bytes_ref (self->server->no_bytes);
    connection_set_state (self->connection, CONNECTION_BUSY);

    exchange_ref (self); /* the application's */
    if (self->plan.on_event_thread) {
        self->server->app_class->handle (self->server->app, &self->request);
        return has_answer (self) ? send_answer (self) : wait_for_answer (self);
    }
    if (wait_for_answer (self) == MHD_NO) {
        /* never handed over: take the application's reference back, its sink ends in abort () */
        self->sink_is_open = self->plan.body == HTTP_BODY_SINK;
        exchange_unref (self);
        return MHD_NO;
    }
    g_thread_pool_push (self->server->pool, self, NULL);
    return MHD_YES;
}

/* ---- the body ---- */

static void
abort_sink (Exchange *self)
{
    if (!self->sink_is_open)
        return;
    self->sink_is_open = FALSE;
    self->plan.sink_class->abort (self->plan.sink);
}

static GError *
too_large (const Exchange *self)
{
    return g_error_new (APP_ERROR, APP_ERROR_TOO_LARGE,
                        "the body is too large: '%s' takes at most %" G_GSIZE_FORMAT " bytes",
                        self->request.path, self->plan.max_body_bytes);
}

static gboolean
is_over_limit (const Exchange *self, guint64 n_bytes)
{
    gboolean is_limited = self->plan.body == HTTP_BODY_BUFFER || self->plan.max_body_bytes > 0;

    return is_limited && n_bytes > self->plan.max_body_bytes;
}

/* begin () or http_request_continue () gave a plan to take the body by. */
static enum MHD_Result
take_plan (Exchange *self)
{
    atomic_store (&self->answer, ANSWER_PENDING);
    self->sink_is_open = self->plan.body == HTTP_BODY_SINK;
    if (self->request.content_length > 0 &&
        is_over_limit (self, (guint64) self->request.content_length)) {
        g_autoptr (GError) why = too_large (self);

        abort_sink (self);
        return fail_early (self, why);
    }
    self->phase = PHASE_BODY;
    if (self->has_body)
        connection_set_state (self->connection, CONNECTION_RECEIVES);
    return MHD_YES;
}

static enum MHD_Result
take_body (Exchange *self, const char *data, size_t *n_data)
{
    g_autoptr (GError) why = NULL;
    gsize n_bytes = *n_data;

    *n_data = 0; /* all of it is used, whatever happens */
    self->n_received += n_bytes;
    atomic_store_explicit (&self->connection->n_receive, self->n_received, memory_order_relaxed);

    if (is_over_limit (self, self->n_received)) {
        why = too_large (self);
    } else if (self->plan.body == HTTP_BODY_SINK) {
        if (self->plan.sink_class->write (self->plan.sink, (const guint8 *) data, n_bytes, &why))
            return MHD_YES;
    } else {
        if (self->buffer == NULL) {
            gsize n_announced = (gsize) MAX (self->request.content_length, FIRST_BUFFER_BYTES);

            self->buffer = g_byte_array_sized_new ((guint) MIN (n_announced, 1024 * 1024));
        }
        g_byte_array_append (self->buffer, (const guint8 *) data, (guint) n_bytes);
        return MHD_YES;
    }

    if (why == NULL)
        why = g_error_new_literal (APP_ERROR, APP_ERROR_INTERNAL, "the body could not be taken");
    abort_sink (self);
    return fail_early (self, why);
}

/* ---- the head ---- */

static enum MHD_Result
begin (Exchange *self, const char *method, const char *version)
{
    g_autoptr (GError) why = NULL;
    HttpPlan plan = { .body = HTTP_BODY_BUFFER };

    self->began = TRUE;
    server_count_begin (self->server);
    connection_set_state (self->connection, CONNECTION_BUSY);
    if (!request_read_head (self, method, version, &why)) {
        /* what follows a head that could not be understood can not be either */
        self->must_close = TRUE;
        self->connection->lingers = TRUE;
        fail (self, why);
        return send_answer (self);
    }

    exchange_ref (self); /* the application's, while it may answer */
    self->phase = PHASE_DEFERRED;
    self->server->app_class->begin (self->server->app, &self->request, &plan);
    if (has_answer (self))
        return answer_early (self);
    switch (plan.body) {
    case HTTP_BODY_BUFFER:
    case HTTP_BODY_SINK:
        exchange_unref (self); /* not lent any longer */
        self->plan = plan;
        return take_plan (self);
    case HTTP_BODY_DEFER:
        return atomic_load (&self->answer) == ANSWER_CONTINUE ? take_plan (self)
                                                              : wait_for_answer (self);
    case HTTP_BODY_REFUSE:
    default:
        g_critical ("'%s' was refused without an answer", self->request.path);
        g_set_error_literal (&why, APP_ERROR, APP_ERROR_INTERNAL, "Internal Server Error");
        http_respond (&self->request, plain_problem (why));
        return answer_early (self);
    }
}

/* The application had the request, and the connection was resumed. */
static enum MHD_Result
proceed (Exchange *self)
{
    switch (atomic_load (&self->answer)) {
    case ANSWER_READY:
        return self->phase == PHASE_DEFERRED ? answer_early (self) : send_answer (self);
    case ANSWER_CONTINUE:
        return take_plan (self);
    case ANSWER_CUT:
        return MHD_NO;
    default:
        return MHD_YES;
    }
}

enum MHD_Result
exchange_step (Exchange *self, const char *method, const char *version, const char *data,
               size_t *n_data)
{
    switch (self->phase) {
    case PHASE_HEAD:
        return begin (self, method, version);
    case PHASE_DEFERRED:
    case PHASE_HANDLING:
        return proceed (self);
    case PHASE_BODY:
        return *n_data > 0 ? take_body (self, data, n_data) : handle (self);
    case PHASE_DRAIN:
        if (*n_data == 0)
            return send_answer (self);
        self->n_received += *n_data;
        *n_data = 0;
        return MHD_YES;
    case PHASE_SENT:
    default:
        *n_data = 0;
        return MHD_YES;
    }
}

void
exchange_finish (Exchange *self, gboolean complete)
{
    abort_sink (self);
    if (self->began) {
        /* a request that was cut is still with the application, which may be answering it just now:
         * only what it can not touch any more is looked at */
        gboolean is_sent = self->phase == PHASE_SENT;
        ExchangeOutcome outcome = {
            .status = is_sent ? self->status : 0,
            .complete = is_sent && (complete || self->sent_raw),
            .duration_us = g_get_monotonic_time () - self->started_us,
        };

        if (is_sent && self->stream != NULL)
            outcome.n_bytes = stream_n_bytes (self->stream);
        else if (is_sent && self->request.method != HTTP_HEAD)
            outcome.n_bytes = self->n_body_bytes;
        if (self->server->access_log)
            access_log_write (&self->request, &outcome);
        server_count_end (self->server, &outcome);
    }
    exchange_unref (self);
}
