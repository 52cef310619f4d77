/* worker_pool.c -- start, lend, watch and bury media workers
 *
 * One keeper thread starts the workers and retires idle ones. It has to be one thread that lives as
 * long as the pool: the kernel kills a worker when the thread that started it ends (that is how
 * workers go with a crashed server). A caller borrows a worker, talks to it alone, and gives it back
 * or, after any irregularity, kills it; a worker that did something odd is never used again. */
#define G_LOG_DOMAIN "worker-pool"
#include "jobs/worker_pool.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/protocol.h"

#define SOCKET_BUFFER_BYTES (256 * 1024)
#define START_LIMIT_S 30

typedef struct {
    pid_t pid;
    int socket_fd;
    guint n_tasks;
    gint64 idle_since_us;
    gboolean is_ready; /* it has greeted */
} Worker;

struct _WorkerPool {
    char *program;
    WorkerPoolSettings settings;
    GThread *keeper;
    GMutex mutex;
    GCond keeper_wakes; /* a worker is wanted, or the pool ends */
    GCond caller_wakes; /* a worker is idle, or a start failed, or the pool ends */
    GQueue idle;        /* Worker, the one used last first */
    GPtrArray *lent;    /* (not owned) Worker: to be killed at the end */
    guint n_alive;      /* idle, lent, and being started */
    guint n_wanted;     /* starts asked for and not begun */
    guint64 n_failed_starts;
    char *start_failure; /* why the last start failed */
    guint n_callers;     /* inside worker_pool_run () */
    gboolean ending;
    gboolean sandbox_told; /* the log knows how well the workers are shut in */
    WorkerPoolCounters counters;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

/* Kill and bury. What it died of, and the largest memory it had, tell the caller why. */
static void
worker_end (Worker *self, int *out_status, struct rusage *out_usage)
{
    int status = 0;
    struct rusage usage = { 0 };

    close (self->socket_fd);
    kill (self->pid, SIGKILL); /* no effect on one that is dead already: it is not buried yet */
    while (wait4 (self->pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    if (out_status != NULL)
        *out_status = status;
    if (out_usage != NULL)
        *out_usage = usage;
    g_free (self);
}

/* Let a worker that did nothing wrong leave by itself: its socket is closed, so it is on its way. */
static void
worker_retire (Worker *self)
{
    worker_end (self, NULL, NULL);
}

static gboolean
spawn_program (const char *program, char **argv, int socket_fd, pid_t *out_pid, GError **error)
{
    static char *const no_environment[] = { (char *) "LC_ALL=C.UTF-8", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int why;

    sigemptyset (&none);
    sigfillset (&all);
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, socket_fd, WORKER_SOCKET_FD);
    posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np (&actions, WORKER_SOCKET_FD + 1);
    posix_spawnattr_init (&attributes);
    posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask (&attributes, &none);
    posix_spawnattr_setsigdefault (&attributes, &all);
    why = posix_spawn (out_pid, program, &actions, &attributes, argv, no_environment);
    posix_spawnattr_destroy (&attributes);
    posix_spawn_file_actions_destroy (&actions);
    if (why != 0)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the media worker '%s' does not start: %s", program, g_strerror (why));
    return why == 0;
}

static Worker *
worker_start (const WorkerPool *pool, GError **error)
{
    const WorkerPoolSettings *settings = &pool->settings;
    g_autofree char *memory =
        g_strdup_printf (WORKER_ARG_MEMORY_MB "%" G_GINT64_FORMAT, settings->memory_mb);
    g_autofree char *output =
        g_strdup_printf (WORKER_ARG_OUTPUT_MB "%" G_GINT64_FORMAT, settings->output_mb);
    g_autofree char *parent = g_strdup_printf (WORKER_ARG_PARENT "%d", (int) getpid ());
    char *argv[] = { pool->program,
                     memory,
                     output,
                     parent,
                     settings->require_sandbox ? (char *) WORKER_ARG_REQUIRE_SANDBOX : NULL,
                     NULL };
    int pair[2], buffer_bytes = SOCKET_BUFFER_BYTES;
    Worker *self;
    pid_t pid;
    gboolean started;

    if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "no socket for a media worker: %s",
                     g_strerror (errno));
        return NULL;
    }
    for (int i = 0; i < 2; i++)
        (void) setsockopt (pair[i], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    started = spawn_program (pool->program, argv, pair[1], &pid, error);
    close (pair[1]);
    if (!started) {
        close (pair[0]);
        return NULL;
    }
    self = g_new0 (Worker, 1);
    self->pid = pid;
    self->socket_fd = pair[0];
    self->idle_since_us = g_get_monotonic_time ();
    return self;
}

/* Take the idle workers whose time is over off the queue. Returns when the next one's is, or 0. */
static gint64
take_overdue (WorkerPool *self, GSList **out_overdue)
{
    gint64 now_us = g_get_monotonic_time (), idle_us = self->settings.idle_s * G_USEC_PER_SEC;
    Worker *oldest;

    while ((oldest = g_queue_peek_tail (&self->idle)) != NULL) {
        if (oldest->idle_since_us + idle_us > now_us)
            return oldest->idle_since_us + idle_us;
        g_queue_pop_tail (&self->idle);
        self->n_alive--;
        *out_overdue = g_slist_prepend (*out_overdue, oldest);
    }
    return 0;
}

static void
start_wanted (WorkerPool *self)
{
    g_autoptr (GError) error = NULL;
    Worker *worker;

    self->n_wanted--;
    g_mutex_unlock (&self->mutex);
    worker = worker_start (self, &error);
    g_mutex_lock (&self->mutex);
    if (worker != NULL) {
        self->counters.n_started++;
        g_queue_push_head (&self->idle, worker);
    } else {
        self->n_alive--;
        self->n_failed_starts++;
        g_free (self->start_failure);
        self->start_failure = g_strdup (error->message);
    }
    g_cond_broadcast (&self->caller_wakes);
}

static gpointer
keep_workers (gpointer data)
{
    WorkerPool *self = data;

    g_mutex_lock (&self->mutex);
    while (!self->ending) {
        GSList *overdue = NULL;
        gint64 next_us;

        if (self->n_wanted > 0) {
            start_wanted (self);
            continue;
        }
        next_us = take_overdue (self, &overdue);
        if (overdue != NULL) {
            g_mutex_unlock (&self->mutex);
            g_slist_free_full (overdue, (GDestroyNotify) worker_retire);
            g_mutex_lock (&self->mutex);
        } else if (next_us > 0) {
            g_cond_wait_until (&self->keeper_wakes, &self->mutex, next_us);
        } else {
            g_cond_wait (&self->keeper_wakes, &self->mutex);
        }
    }
    /* The callers that still have a worker see it die and give up. */
    while (self->n_alive > 0 || self->n_callers > 0) {
        Worker *worker;
        while ((worker = g_queue_pop_head (&self->idle)) != NULL) {
            self->n_alive--;
            worker_retire (worker);
        }
        for (guint i = 0; i < self->lent->len; i++)
            kill (((Worker *) g_ptr_array_index (self->lent, i))->pid, SIGKILL);
        if (self->n_alive > 0 || self->n_callers > 0)
            g_cond_wait (&self->keeper_wakes, &self->mutex);
    }
    g_mutex_unlock (&self->mutex);
    return NULL;
}

static gboolean
refuse_ending (GError **error)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE, "the server is stopping");
    return FALSE;
}

static Worker *
borrow (WorkerPool *self, GError **error)
{
    Worker *worker = NULL;
    guint64 n_failed_before;

    g_mutex_lock (&self->mutex);
    n_failed_before = self->n_failed_starts;
    self->counters.n_waiting++;
    while (!self->ending && (worker = g_queue_pop_head (&self->idle)) == NULL) {
        if (self->n_failed_starts > n_failed_before && self->n_alive == 0) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE, self->start_failure);
            break;
        }
        if (self->n_alive < self->settings.n_workers && self->n_wanted < self->counters.n_waiting) {
            self->n_alive++;
            self->n_wanted++;
            g_cond_signal (&self->keeper_wakes);
        }
        g_cond_wait (&self->caller_wakes, &self->mutex);
    }
    self->counters.n_waiting--;
    if (worker != NULL) {
        g_ptr_array_add (self->lent, worker);
        self->counters.n_tasks++;
    } else if (self->ending) {
        refuse_ending (error);
    }
    g_mutex_unlock (&self->mutex);
    return worker;
}

/* Tell the log once when the kernel lacks a part of the sandbox. */
static void
tell_sandbox (WorkerPool *self, const json_t *sandbox)
{
    gboolean has_landlock = json_integer_value (json_object_get (sandbox, "landlock")) > 0;
    gboolean has_seccomp = json_is_true (json_object_get (sandbox, "seccomp"));
    gboolean told;

    g_mutex_lock (&self->mutex);
    told = self->sandbox_told;
    self->sandbox_told = TRUE;
    g_mutex_unlock (&self->mutex);
    if (told || (has_landlock && has_seccomp))
        return;
    g_warning ("media workers run without %s%s%s, which this kernel does not offer; "
               "TINTYPE_REQUIRE_SANDBOX=true refuses to decode like that",
               has_landlock ? "" : "Landlock", has_landlock || has_seccomp ? "" : " and ",
               has_seccomp ? "" : "seccomp");
}

/* Wait for a new worker's greeting. */
static gboolean
await_greeting (WorkerPool *self, Worker *worker, GString *text)
{
    gint64 deadline_us = g_get_monotonic_time () + START_LIMIT_S * G_USEC_PER_SEC;
    g_autoptr (json_t) greeting = NULL;

    if (worker->is_ready)
        return TRUE;
    if (channel_receive (worker->socket_fd, text, WORKER_REPLY_MAX_BYTES, NULL, NULL,
                         deadline_us) != CHANNEL_OK)
        return FALSE;
    greeting = json_loadb (text->str, text->len, 0, NULL);
    if (!json_is_true (json_object_get (greeting, "ready")))
        return FALSE;
    tell_sandbox (self, json_object_get (greeting, "sandbox"));
    worker->is_ready = TRUE;
    return TRUE;
}

/* @worker stays alive when it is whole and not too old, else the caller has to end it. */
static gboolean
give_back (WorkerPool *self, Worker *worker, gboolean whole)
{
    gboolean kept;

    g_mutex_lock (&self->mutex);
    g_ptr_array_remove_fast (self->lent, worker);
    worker->n_tasks++;
    kept = whole && !self->ending && worker->n_tasks < self->settings.tasks_per_worker;
    if (kept) {
        worker->idle_since_us = g_get_monotonic_time ();
        g_queue_push_head (&self->idle, worker);
    } else {
        self->n_alive--;
    }
    g_cond_signal (&self->caller_wakes);
    g_cond_signal (&self->keeper_wakes);
    g_mutex_unlock (&self->mutex);
    return kept;
}

/* A file that needs too much memory will again; of all else the file may be innocent, and another try
 * tells. */
static void
set_death_error (const WorkerPool *self, int status, const struct rusage *usage, GError **error)
{
    gint64 limit_mb = self->settings.memory_mb;
    gint64 peak_mb = usage->ru_maxrss / 1024;
    int code = WIFSIGNALED (status) ? WTERMSIG (status) : 0;

    if ((code == SIGABRT || code == SIGTRAP || code == SIGSEGV) && peak_mb * 10 >= limit_mb * 9)
        g_set_error (error, APP_ERROR, APP_ERROR_MEDIA,
                     "decoding this file needs more than %" G_GINT64_FORMAT " MB of memory",
                     limit_mb);
    else if (code == SIGBUS) /* of a file in memory: its disk, or somebody cut it short */
        g_set_error_literal (error, APP_ERROR, APP_ERROR_IO,
                             "this file could not be read to its end; its disk may be faulty, or "
                             "it was cut short meanwhile");
    else if (code == SIGKILL) /* not by us */
        g_set_error_literal (
            error, APP_ERROR, APP_ERROR_UNAVAILABLE,
            "the decoder was killed on this file; the machine may be out of memory");
    else if (code != 0)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the decoder crashed (signal %d, %s) on this file", code, strsignal (code));
    else
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the decoder ended (exit code %d) on this file", WEXITSTATUS (status));
}

static AppErrorCode
code_of_reply (const char *code, const char *message)
{
    if (g_strcmp0 (code, WORKER_ERROR_REQUEST) == 0)
        return APP_ERROR_INTERNAL;
    if (g_strcmp0 (code, WORKER_ERROR_OUTPUT) == 0)
        return strstr (message, g_strerror (ENOSPC)) != NULL ? APP_ERROR_DISK_FULL : APP_ERROR_IO;
    return APP_ERROR_MEDIA;
}

/* Whether @reply is a result. *out_whole: the worker can be trusted with another task. */
static gboolean
check_reply (const GString *reply, gboolean *out_whole, GError **error)
{
    g_autoptr (json_t) json = json_loadb (reply->str, reply->len, 0, NULL);
    const json_t *fault = json_object_get (json, "error");
    const char *message = json_string_value (json_object_get (fault, "message"));

    *out_whole = json_is_object (json) && (fault == NULL || message != NULL);
    if (!*out_whole) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA,
                             "the decoder gave an answer that makes no sense on this file");
        return FALSE;
    }
    if (fault == NULL)
        return TRUE;
    g_set_error_literal (
        error, APP_ERROR,
        (gint) code_of_reply (json_string_value (json_object_get (fault, "code")), message),
        message);
    return FALSE;
}

static void
count_outcome (WorkerPool *self, gboolean done, gboolean crashed, gboolean timed_out)
{
    g_mutex_lock (&self->mutex);
    self->counters.n_failed += done ? 0 : 1;
    self->counters.n_crashed += crashed ? 1 : 0;
    self->counters.n_timed_out += timed_out ? 1 : 0;
    g_mutex_unlock (&self->mutex);
}

static gboolean
is_ending (WorkerPool *self)
{
    gboolean ending;

    g_mutex_lock (&self->mutex);
    ending = self->ending;
    g_mutex_unlock (&self->mutex);
    return ending;
}

static gboolean
run_task (WorkerPool *self, const char *request_json, const int *fds, guint n_fds, Arena *arena,
          const char **out_reply_json, GError **error)
{
    g_autoptr (GString) reply = g_string_new (NULL);
    Worker *worker = borrow (self, error);
    ChannelStatus status = CHANNEL_CLOSED;
    gint64 deadline_us;
    gboolean ready, done = FALSE, whole = FALSE;
    int death = 0;
    struct rusage usage = { 0 };

    if (worker == NULL)
        return FALSE;
    ready = await_greeting (self, worker, reply);
    deadline_us = g_get_monotonic_time () + self->settings.time_limit_s * G_USEC_PER_SEC;
    if (ready)
        status = channel_send (worker->socket_fd, request_json, strlen (request_json), fds, n_fds,
                               deadline_us);
    if (status == CHANNEL_OK)
        status = channel_receive (worker->socket_fd, reply, WORKER_REPLY_MAX_BYTES, NULL, NULL,
                                  deadline_us);
    if (status == CHANNEL_OK)
        done = check_reply (reply, &whole, error);
    if (!give_back (self, worker, whole))
        worker_end (worker, &death, &usage);

    if (status != CHANNEL_OK && is_ending (self))
        refuse_ending (error);
    else if (!ready)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the media worker '%s' did not start; its reason stands in the log",
                     self->program);
    else if (status == CHANNEL_TIMEOUT)
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "decoding this file took longer than %" G_GINT64_FORMAT " s",
                     self->settings.time_limit_s);
    else if (status == CHANNEL_CLOSED)
        set_death_error (self, death, &usage, error);
    else if (status == CHANNEL_BROKEN)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA,
                             "the decoder gave an answer that makes no sense on this file");
    count_outcome (self, done, ready && status == CHANNEL_CLOSED, status == CHANNEL_TIMEOUT);
    if (done)
        *out_reply_json = arena_strndup (arena, reply->str, reply->len);
    return done;
}

gboolean
worker_pool_run (WorkerPool *self, const char *request_json, const int *fds, guint n_fds,
                 Arena *arena, const char **out_reply_json, GError **error)
{
    gboolean done;

    if (n_fds > WORKER_MAX_FDS || strlen (request_json) > WORKER_REQUEST_MAX_BYTES) {
        g_set_error (
            error, APP_ERROR, APP_ERROR_INTERNAL,
            "a request to a media worker has %d bytes at most, this one has %" G_GSIZE_FORMAT,
            WORKER_REQUEST_MAX_BYTES, strlen (request_json));
        return FALSE;
    }
    g_mutex_lock (&self->mutex);
    self->n_callers++;
    g_mutex_unlock (&self->mutex);
    done = run_task (self, request_json, fds, n_fds, arena, out_reply_json, error);
    g_mutex_lock (&self->mutex);
    self->n_callers--;
    g_cond_signal (&self->keeper_wakes);
    g_mutex_unlock (&self->mutex);
    return done;
}

WorkerPool *
worker_pool_new (const WorkerPoolSettings *settings)
{
    WorkerPool *self = g_new0 (WorkerPool, 1);
    WorkerPoolSettings *own = &self->settings;

    *own = *settings;
    self->program = g_strdup (settings->program);
    own->program = self->program;
    own->n_workers = own->n_workers > 0 ? own->n_workers : g_get_num_processors ();
    own->memory_mb = own->memory_mb > 0 ? own->memory_mb : 1024;
    own->output_mb = own->output_mb > 0 ? own->output_mb : 512;
    own->time_limit_s = own->time_limit_s > 0 ? own->time_limit_s : 60;
    own->idle_s = own->idle_s > 0 ? own->idle_s : 30;
    own->tasks_per_worker = own->tasks_per_worker > 0 ? own->tasks_per_worker : 500;
    g_mutex_init (&self->mutex);
    g_cond_init (&self->keeper_wakes);
    g_cond_init (&self->caller_wakes);
    g_queue_init (&self->idle);
    self->lent = g_ptr_array_new ();
    self->keeper = g_thread_new ("worker-pool", keep_workers, self);
    return self;
}

void
worker_pool_count (WorkerPool *self, WorkerPoolCounters *out)
{
    g_mutex_lock (&self->mutex);
    *out = self->counters;
    out->n_workers = self->n_alive - self->n_wanted;
    out->n_busy = self->lent->len;
    g_mutex_unlock (&self->mutex);
}

void
worker_pool_stop (WorkerPool *self)
{
    if (self->keeper == NULL)
        return;
    g_mutex_lock (&self->mutex);
    self->ending = TRUE;
    self->n_alive -= self->n_wanted; /* nobody will start these */
    self->n_wanted = 0;
    g_cond_broadcast (&self->caller_wakes);
    g_cond_broadcast (&self->keeper_wakes);
    g_mutex_unlock (&self->mutex);
    g_thread_join (g_steal_pointer (&self->keeper));
}

void
worker_pool_free (WorkerPool *self)
{
    if (self == NULL)
        return;
    worker_pool_stop (self);
    g_mutex_clear (&self->mutex);
    g_cond_clear (&self->keeper_wakes);
    g_cond_clear (&self->caller_wakes);
    g_ptr_array_free (self->lent, TRUE);
    g_free (self->start_failure);
    g_free (self->program);
    g_free (self);
}
