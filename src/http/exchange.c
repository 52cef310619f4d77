/* exchange.c -- one request from its head to the end of its answer
 *
 * The connection calls exchange_begin () when the head is there, exchange_take () for each piece of the body,
 * exchange_complete () when that was all (also when there is none), and exchange_proceed () whenever it was
 * roused while it waited; each says what the connection does next. An answer may come at any of these. In
 * the end, however it came, the connection calls exchange_finish ().
 *
 * Two hold an exchange: its connection, until the end, and the application, while it is lent the
 * request: during begin (), and from handle () or fail () to http_respond (). The two meet in the atomic
 * member answer; who moves it away from ANSWER_SUSPENDED rouses the connection, exactly once. Another thread
 * of the application may hold it for longer, by http_request_ref (): it has the request's memory, not the
 * connection. */
#include <string.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "http/private.h"

#define FIRST_BUFFER_BYTES (16 * 1024)
#define GUARD_US (2 * G_USEC_PER_SEC)

Exchange *
exchange_new (HttpServer *server, Connection *connection, const guint8 *head, gsize n_bytes,
              gboolean is_cut)
{
    Arena *arena = arena_new ();
    Exchange *self = arena_new0 (arena, Exchange);

    self->request.arena = arena;
    self->request.private_data = self;
    self->request.target = "";
    self->head_text = arena_alloc (arena, n_bytes + 1);
    memcpy (self->head_text, head, n_bytes);
    self->n_head_text = n_bytes;
    self->head_is_cut = is_cut;
    self->server = server_ref (server);
    self->connection = connection;
    self->loop = connection->loop;
    self->fd = connection->fd;
    self->body_fd = -1;
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

static void
abandon_stream (Exchange *self)
{
    if (self->stream != NULL)
        stream_abandon (self->stream);
}

void
exchange_unref (Exchange *self)
{
    HttpServer *server = self->server;

    if (atomic_fetch_sub_explicit (&self->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    abandon_stream (self);
    if (self->stream != NULL)
        stream_unref (self->stream);
    if (self->offer != NULL)
        upgrade_offer_withdraw (self->offer);
    if (self->body != NULL)
        g_bytes_unref (self->body);
    if (self->body_fd >= 0)
        close (self->body_fd);
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

/* ---- answering ---- */

static ExchangeStep
send_answer (Exchange *self)
{
    if (atomic_load (&self->server->is_stopping))
        self->must_close = TRUE;
    answer_end_head (self, loop_date (self->loop));
    connection_set_state (self->connection, CONNECTION_BUSY);
    self->phase = PHASE_SENT;
    if (self->may_go_on != NULL)
        self->asked_us = g_get_monotonic_time ();
    return STEP_SEND;
}

/* Answered before the body was read. A client that still sends must get to read the answer: a
 * small rest is read first, a large one makes the connection end, lingering. */
static ExchangeStep
answer_early (Exchange *self)
{
    gint64 rest = self->request.content_length - (gint64) self->n_received;

    if (!self->is_chunked && !self->expects_continue && rest <= DRAIN_MAX_BYTES) {
        self->phase = PHASE_DRAIN;
        if (rest <= 0)
            return send_answer (self);
        connection_set_state (self->connection, CONNECTION_RECEIVES); /* or nobody would hurry it */
        return STEP_RECEIVE;
    }
    self->must_close = TRUE;
    self->connection->lingers = TRUE;
    return send_answer (self);
}

static ExchangeStep
fail_early (Exchange *self, GError *why)
{
    fail (self, why);
    return answer_early (self);
}

/* ---- waiting for the application ---- */

/* The application answers later, from another thread, or has done so just now. */
static ExchangeStep
wait_for_answer (Exchange *self)
{
    int pending = ANSWER_PENDING;

    return atomic_compare_exchange_strong (&self->answer, &pending, ANSWER_SUSPENDED)
               ? STEP_WAIT
               : exchange_proceed (self);
}

/* Move the answer on to @next; TRUE when it was still wanted. */
static gboolean
settle (Exchange *self, AnswerState next)
{
    int state = ANSWER_PENDING;
    gboolean is_wanted;

    if (atomic_compare_exchange_strong (&self->answer, &state, next))
        return TRUE; /* its connection runs, and will look */
    state = ANSWER_SUSPENDED;
    g_mutex_lock (&self->loop->lock);
    is_wanted = atomic_compare_exchange_strong (&self->answer, &state, next);
    if (is_wanted) /* under the lock: it can not be closed before */
        loop_rouse (self->loop, self->connection);
    g_mutex_unlock (&self->loop->lock);
    return is_wanted;
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
    if (!settle (self, ANSWER_READY))
        abandon_stream (self);
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

    g_mutex_lock (&self->loop->lock);
    atomic_compare_exchange_strong (&self->answer, &suspended, ANSWER_CUT);
    g_mutex_unlock (&self->loop->lock);
}

/* ---- the guard of a long answer ---- */

gboolean
exchange_may_go_on (Exchange *self)
{
    gint64 now_us;

    if (self->may_go_on == NULL)
        return TRUE;
    switch ((GuardState) atomic_load (&self->guard)) {
    case GUARD_SAID_NO:
        return FALSE;
    case GUARD_IS_ASKED:
        return TRUE;
    case GUARD_IDLE:
    default:
        break;
    }
    now_us = g_get_monotonic_time ();
    if (now_us - self->asked_us < GUARD_US)
        return TRUE;
    self->asked_us = now_us;
    atomic_store (&self->guard, GUARD_IS_ASKED);
    g_thread_pool_push (self->server->pool, exchange_ref (self), NULL);
    return TRUE;
}

static void
ask_guard (Exchange *self)
{
    atomic_store (&self->guard, self->may_go_on (self->guard_data) ? GUARD_IDLE : GUARD_SAID_NO);
    exchange_unref (self);
}

/* ---- handling ---- */

void
exchange_handle (gpointer exchange, gpointer server)
{
    Exchange *self = exchange;

    /* the queue's lock has ordered this after the event thread; so does this, visibly to tools */
    atomic_load (&self->answer);
    if (atomic_load (&self->guard) == GUARD_IS_ASKED) {
        ask_guard (self);
        return;
    }
    self->server->app_class->handle (self->server->app, &self->request);
}

/* The body is complete, or there is none. */
static ExchangeStep
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
        return wait_for_answer (self);
    }
    atomic_store (&self->answer, ANSWER_SUSPENDED);
    g_thread_pool_push (self->server->pool, self, NULL);
    return STEP_WAIT;
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
static ExchangeStep
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
    return STEP_RECEIVE;
}

ExchangeStep
exchange_take (Exchange *self, const guint8 *bytes, gsize n_bytes)
{
    g_autoptr (GError) why = NULL;

    self->n_received += n_bytes;
    atomic_store_explicit (&self->connection->n_receive, self->n_received, memory_order_relaxed);
    if (self->phase == PHASE_DRAIN)
        return STEP_RECEIVE;

    if (is_over_limit (self, self->n_received)) {
        why = too_large (self);
    } else if (self->plan.body == HTTP_BODY_SINK) {
        if (self->plan.sink_class->write (self->plan.sink, bytes, n_bytes, &why))
            return STEP_RECEIVE;
    } else {
        if (self->buffer == NULL) {
            gsize n_announced = (gsize) MAX (self->request.content_length, FIRST_BUFFER_BYTES);

            self->buffer = g_byte_array_sized_new ((guint) MIN (n_announced, 1024 * 1024));
        }
        g_byte_array_append (self->buffer, bytes, (guint) n_bytes);
        return STEP_RECEIVE;
    }

    if (why == NULL)
        why = g_error_new_literal (APP_ERROR, APP_ERROR_INTERNAL, "the body could not be taken");
    abort_sink (self);
    return fail_early (self, why);
}

ExchangeStep
exchange_complete (Exchange *self)
{
    return self->phase == PHASE_DRAIN ? send_answer (self) : handle (self);
}

ExchangeStep
exchange_refuse (Exchange *self, GError *why)
{
    g_autoptr (GError) error = why;

    if (self->phase == PHASE_DRAIN)
        return STEP_CLOSE;
    abort_sink (self);
    return fail_early (self, error);
}

/* ---- the head ---- */

/* 'OPTIONS *' asks about the server, not about anything in it (RFC 9110 section 9.3.7). */
static ExchangeStep
answer_for_server (Exchange *self)
{
    HttpResponse *response = http_response_new (204);

    http_response_set_header (response, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    exchange_ref (self); /* the answer's */
    http_respond (&self->request, response);
    return answer_early (self);
}

ExchangeStep
exchange_begin (Exchange *self)
{
    g_autoptr (GError) why = NULL;
    HttpPlan plan = { .body = HTTP_BODY_BUFFER };

    self->began = TRUE;
    server_count_begin (self->server);
    connection_set_state (self->connection, CONNECTION_BUSY);
    if (!request_read_head (self, &why)) {
        /* what follows a head that could not be understood can not be either */
        self->must_close = TRUE;
        self->connection->lingers = TRUE;
        fail (self, why);
        return send_answer (self);
    }

    if (*self->request.path == '*')
        return answer_for_server (self);
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

/* The application had the request, and the connection was roused, perhaps by something else. */
ExchangeStep
exchange_proceed (Exchange *self)
{
    switch (atomic_load (&self->answer)) {
    case ANSWER_READY:
        return self->phase == PHASE_DEFERRED ? answer_early (self) : send_answer (self);
    case ANSWER_CONTINUE:
        return take_plan (self);
    default:
        return STEP_WAIT;
    }
}

void
exchange_finish (Exchange *self, gboolean complete)
{
    if (atomic_load (&self->answer) == ANSWER_CONTINUE) /* with a plan that is not carried out */
        self->sink_is_open = self->plan.body == HTTP_BODY_SINK;
    abort_sink (self);
    if (self->began) {
        /* a request that was cut is still with the application, which may be answering it just now:
         * only what it can not touch any more is looked at */
        gboolean is_sent = self->phase == PHASE_SENT;
        ExchangeOutcome outcome = {
            .status = is_sent ? self->status : 0,
            .complete = is_sent && complete,
            .duration_us = g_get_monotonic_time () - self->started_us,
        };

        if (is_sent && self->stream != NULL)
            outcome.n_bytes = stream_n_bytes (self->stream);
        else if (is_sent && self->request.method != HTTP_HEAD)
            outcome.n_bytes = self->connection->n_body_sent;
        if (self->server->access_log)
            access_log_write (&self->request, &outcome);
        server_count_end (self->server, &outcome);
    }
    if (has_answer (self)) /* else who answers yet sees that nobody wants it */
        abandon_stream (self);
    exchange_unref (self);
}
