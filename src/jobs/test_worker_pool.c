/* test_worker_pool.c -- the pool survives whatever its workers do, and workers are shut in
 *
 * argv[1] is the worker that misbehaves on request (worker/test_operations.c). */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/error.h"
#include "jobs/worker_pool.h"
#include "worker/protocol.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

static const char *worker_program, *test_program;

static WorkerPool *
make_pool (guint n_workers, gint64 time_limit_s)
{
    WorkerPoolSettings settings = { .program = worker_program,
                                    .n_workers = n_workers,
                                    .memory_mb = 256,
                                    .time_limit_s = time_limit_s };

    return worker_pool_new (&settings);
}

static char *
run (WorkerPool *pool, const char *request, const int *fds, guint n_fds, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *reply = NULL;

    if (!worker_pool_run (pool, request, fds, n_fds, arena, &reply, error))
        return NULL;
    return g_strdup (reply);
}

static void
assert_fails (WorkerPool *pool, const char *request, AppErrorCode code, const char *part)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *reply = run (pool, request, NULL, 0, &error);

    g_assert_null (reply);
    g_assert_error (error, APP_ERROR, (gint) code);
    if (strstr (error->message, part) == NULL)
        g_error ("'%s' is not in '%s'", part, error->message);
}

static void
assert_works (WorkerPool *pool)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *reply =
        run (pool, "{\"op\": \"test-try\", \"what\": \"open\"}", NULL, 0, &error);

    g_assert_no_error (error);
    g_assert_nonnull (reply);
}

static void
test_crash_fails_one_task_with_its_signal (void)
{
    g_autoptr (WorkerPool) pool = make_pool (1, 60);
    WorkerPoolCounters counters;

    assert_fails (pool, "{\"op\": \"test-abort\"}", APP_ERROR_UNAVAILABLE, "signal 6");
    assert_fails (pool, "{\"op\": \"test-crash\"}", APP_ERROR_UNAVAILABLE, "crashed");
    assert_fails (pool, "{\"op\": \"test-leave\"}", APP_ERROR_UNAVAILABLE, "exit code 7");
    assert_works (pool);
    worker_pool_count (pool, &counters);
    g_assert_cmpuint (counters.n_crashed, ==, 3);
    g_assert_cmpuint (counters.n_started, ==, 4);
    g_assert_cmpuint (counters.n_workers, ==, 1);
    g_assert_cmpuint (counters.n_busy, ==, 0);
}

static void
test_file_that_cannot_be_read_is_not_damaged (void)
{
    g_autoptr (WorkerPool) pool = make_pool (1, 60);
    g_autoptr (GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp ("tintype-cut-XXXXXX", &path, &error);
    g_autofree char *reply = NULL;

    g_assert_no_error (error);
    g_unlink (path);
    reply = run (pool, "{\"op\": \"test-bus\"}", &fd, 1, &error);
    g_assert_null (reply);
    g_assert_error (error, APP_ERROR, APP_ERROR_IO);
    close (fd);
    assert_works (pool);
}

static void
test_hang_is_killed_after_the_limit (void)
{
    g_autoptr (WorkerPool) pool =
        make_pool (1, 5); /* time enough for a worker that does not hang */
    WorkerPoolCounters counters;

    assert_fails (pool, "{\"op\": \"test-hang\"}", APP_ERROR_UNAVAILABLE, "longer than 5 s");
    assert_works (pool);
    worker_pool_count (pool, &counters);
    g_assert_cmpuint (counters.n_timed_out, ==, 1);
}

static void
test_nonsense_is_not_taken_for_a_result (void)
{
    g_autoptr (WorkerPool) pool = make_pool (1, 60);
    WorkerPoolCounters counters;

    assert_fails (pool, "{\"op\": \"test-garbage\"}", APP_ERROR_MEDIA, "makes no sense");
    assert_works (pool);
    worker_pool_count (pool, &counters);
    g_assert_cmpuint (counters.n_started, ==, 2);
}

static void
test_memory_has_a_limit (void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    g_test_skip ("the sanitizer takes more address space than any limit");
#else
    g_autoptr (WorkerPool) pool = make_pool (1, 60);

    assert_fails (pool, "{\"op\": \"test-eat-memory\"}", APP_ERROR_MEDIA, "memory");
    assert_works (pool);
#endif
}

static void
test_bad_requests_are_our_fault_and_keep_the_worker (void)
{
    g_autoptr (WorkerPool) pool = make_pool (1, 60);
    WorkerPoolCounters counters;

    assert_fails (pool, "{\"op\": \"dance\"}", APP_ERROR_INTERNAL, "'op'");
    assert_fails (pool, "not json", APP_ERROR_INTERNAL, "JSON");
    assert_fails (pool, "{\"op\": \"render\"}", APP_ERROR_INTERNAL, "outputs");
    worker_pool_count (pool, &counters);
    g_assert_cmpuint (counters.n_started, ==, 1);
}

static void
test_worker_that_does_not_start_is_not_blamed_on_the_file (void)
{
    WorkerPoolSettings settings = { .program = "/nonexistent/worker", .n_workers = 1 };
    WorkerPoolSettings leaves = { .program = "/bin/true", .n_workers = 1 };
    g_autoptr (WorkerPool) missing = worker_pool_new (&settings);
    g_autoptr (WorkerPool) leaving = worker_pool_new (&leaves);

    assert_fails (missing, "{}", APP_ERROR_UNAVAILABLE, "/nonexistent/worker");
    assert_fails (leaving, "{}", APP_ERROR_UNAVAILABLE, "did not start");
}

static void
test_worker_is_replaced_after_its_tasks (void)
{
    WorkerPoolSettings settings = { .program = worker_program,
                                    .n_workers = 1,
                                    .tasks_per_worker = 2 };
    g_autoptr (WorkerPool) pool = worker_pool_new (&settings);
    WorkerPoolCounters counters;

    for (int i = 0; i < 5; i++)
        assert_works (pool);
    worker_pool_count (pool, &counters);
    g_assert_cmpuint (counters.n_started, ==, 3);
    g_assert_cmpuint (counters.n_tasks, ==, 5);
}

static void
test_idle_worker_leaves (void)
{
    WorkerPoolSettings settings = { .program = worker_program, .n_workers = 2, .idle_s = 1 };
    g_autoptr (WorkerPool) pool = worker_pool_new (&settings);
    WorkerPoolCounters counters;

    assert_works (pool);
    do {
        g_usleep (20000);
        worker_pool_count (pool, &counters);
    } while (counters.n_workers > 0); /* the test runner's own limit ends a wait in vain */
    assert_works (pool);
}

static gpointer
work_often (gpointer pool)
{
    for (int i = 0; i < 20; i++) {
        g_autoptr (GError) error = NULL;
        g_autofree char *reply = NULL;
        reply = run (pool,
                     i % 7 == 3 ? "{\"op\": \"test-abort\"}"
                                : "{\"op\": \"test-try\", \"what\": \"open\"}",
                     NULL, 0, &error);
        g_assert_true ((reply != NULL) == (i % 7 != 3));
    }
    return NULL;
}

static void
test_many_callers_share_few_workers (void)
{
    g_autoptr (WorkerPool) pool = make_pool (2, 60);
    GThread *threads[6];
    WorkerPoolCounters counters;

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("caller", work_often, pool);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    worker_pool_count (pool, &counters);
    g_assert_cmpuint (counters.n_tasks, ==, 120);
    g_assert_cmpuint (counters.n_crashed, ==, 18);
    g_assert_cmpuint (counters.n_workers, <=, 2);
}

static gpointer
hang (gpointer pool)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *reply = run (pool, "{\"op\": \"test-hang\"}", NULL, 0, &error);

    g_assert_null (reply);
    g_assert_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    return NULL;
}

static void
test_end_does_not_wait_for_a_hanging_worker (void)
{
    WorkerPool *pool = make_pool (1, 3600);
    GThread *hanging = g_thread_new ("hanging", hang, pool);
    GThread *waiting = g_thread_new ("waiting", hang, pool);
    WorkerPoolCounters counters;

    do {
        g_usleep (10000);
        worker_pool_count (pool, &counters);
    } while (counters.n_busy < 1 || counters.n_waiting < 1);
    worker_pool_stop (pool);
    g_thread_join (hanging);
    g_thread_join (waiting);
    hang (pool); /* a call that comes late is refused */
    worker_pool_free (pool);
}

/* In a process of its own: have a worker hang on to @fd, then die without a word. */
static gpointer
die_when_busy (gpointer pool)
{
    WorkerPoolCounters counters;

    do {
        g_usleep (10000);
        worker_pool_count (pool, &counters);
    } while (counters.n_busy < 1);
    kill (getpid (), SIGKILL);
    return NULL;
}

static void
hang_and_die (int fd)
{
    WorkerPool *pool = make_pool (1, 3600);
    g_autoptr (GError) error = NULL;
    g_autofree char *first =
        run (pool, "{\"op\": \"test-try\", \"what\": \"open\"}", NULL, 0, &error);
    GThread *killer = g_thread_new ("killer", die_when_busy, pool);
    g_autofree char *never = run (pool, "{\"op\": \"test-hang\"}", &fd, 1, &error);

    g_thread_join (killer);
}

static void
test_workers_go_with_a_killed_server (void)
{
    g_autofree char *fd_text = NULL;
    int pipe_fds[2], status;
    char byte;
    pid_t server;

    g_assert_cmpint (pipe (pipe_fds), ==, 0);
    fd_text = g_strdup_printf ("%d", pipe_fds[1]);
    server = fork ();
    if (server == 0) {
        execl (test_program, test_program, worker_program, "--hang-and-die", fd_text, NULL);
        _exit (127);
    }
    close (pipe_fds[1]);
    g_assert_cmpint (waitpid (server, &status, 0), ==, server);
    g_assert_true (WIFSIGNALED (status));
    /* Ends when the last one who could write is gone: the worker, which answers to nobody. */
    g_assert_cmpint (read (pipe_fds[0], &byte, 1), ==, 0);
    close (pipe_fds[0]);
}

/* What each attempt must end in. */
static void
test_sandbox_holds (void)
{
    static const struct {
        const char *what;
        int expected;
    } attempts[] = {
        /* EACCES is Landlock's word; the filter says EPERM */
        { "open", EACCES },        { "open-here", EACCES },   { "create", EPERM },
        { "openat2", EPERM },      { "reopen", EPERM },       { "write-original", EBADF },
        { "socket", EPERM },       { "unix-socket", EPERM },  { "exec", EPERM },
        { "fork", EPERM },         { "vfork", EPERM },        { "ptrace", EPERM },
        { "kill-parent", EPERM },  { "read-parent", EPERM },  { "code-memory", EPERM },
        { "raise-limit", EPERM },  { "unshare", EPERM },      { "setuid", EPERM },
        { "thread-open", EACCES }, { "environment", ENOENT }, { "inherited-fd", EBADF },
    };
    g_autoptr (WorkerPool) pool = make_pool (1, 60);
    int secret = open ("/dev/null", O_RDONLY); /* not close-on-exec: must not be inherited */
    int original = open ("/dev/null", O_RDONLY | O_CLOEXEC);

    for (guint i = 0; i < G_N_ELEMENTS (attempts); i++) {
        g_autoptr (GError) error = NULL;
        g_autofree char *request =
            g_strdup_printf ("{\"op\": \"test-try\", \"what\": \"%s\"}", attempts[i].what);
        g_autofree char *reply = run (pool, request, &original, 1, &error);
        g_autoptr (json_t) json = NULL;
        int ended;
        g_assert_no_error (error);
        json = json_loads (reply, 0, NULL);
        ended = (int) json_integer_value (json_object_get (json, "errno"));
        /* without Landlock the filter stands in for it */
        if (ended != attempts[i].expected && !(attempts[i].expected == EACCES && ended == EPERM))
            g_error ("'%s' ended in '%s' instead of '%s'", attempts[i].what, g_strerror (ended),
                     g_strerror (attempts[i].expected));
    }
    close (secret);
    close (original);
}

/* A server that is killed while a worker starts leaves a socket without another end. */
static void
test_worker_of_a_server_that_is_gone_says_nothing (void)
{
    g_autoptr (GSubprocessLauncher) launcher =
        g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autoptr (GSubprocess) worker = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *complaint = NULL;
    int ends[2];

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
    close (ends[0]);
    g_subprocess_launcher_take_fd (launcher, ends[1], WORKER_SOCKET_FD);
    worker = g_subprocess_launcher_spawn (launcher, &error, worker_program, NULL);
    g_assert_no_error (error);
    g_assert_true (g_subprocess_communicate_utf8 (worker, NULL, NULL, NULL, &complaint, &error));
    g_assert_no_error (error);
    g_assert_cmpstr (complaint, ==, "");
    g_assert_true (g_subprocess_get_if_exited (worker));
    g_assert_cmpint (g_subprocess_get_exit_status (worker), ==, 2);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (argc < 2)
        g_error ("usage: %s WORKER", argv[0]);
    test_program = argv[0];
    worker_program = argv[1];
    if (argc == 4 && strcmp (argv[2], "--hang-and-die") == 0) {
        hang_and_die (atoi (argv[3]));
        return 1;
    }
    g_test_add_func ("/worker-pool/crash-fails-one-task",
                     test_crash_fails_one_task_with_its_signal);
    g_test_add_func ("/worker-pool/unreadable-is-not-damaged",
                     test_file_that_cannot_be_read_is_not_damaged);
    g_test_add_func ("/worker-pool/hang-is-killed", test_hang_is_killed_after_the_limit);
    g_test_add_func ("/worker-pool/nonsense-is-refused", test_nonsense_is_not_taken_for_a_result);
    g_test_add_func ("/worker-pool/memory-limit", test_memory_has_a_limit);
    g_test_add_func ("/worker-pool/bad-requests",
                     test_bad_requests_are_our_fault_and_keep_the_worker);
    g_test_add_func ("/worker-pool/start-failure",
                     test_worker_that_does_not_start_is_not_blamed_on_the_file);
    g_test_add_func ("/worker-pool/replaced-after-tasks", test_worker_is_replaced_after_its_tasks);
    g_test_add_func ("/worker-pool/idle-leaves", test_idle_worker_leaves);
    g_test_add_func ("/worker-pool/many-callers", test_many_callers_share_few_workers);
    g_test_add_func ("/worker-pool/end-with-hanging", test_end_does_not_wait_for_a_hanging_worker);
    g_test_add_func ("/worker-pool/killed-server", test_workers_go_with_a_killed_server);
    g_test_add_func ("/worker-pool/server-gone", test_worker_of_a_server_that_is_gone_says_nothing);
    g_test_add_func ("/worker-pool/sandbox-holds", test_sandbox_holds);
    return g_test_run ();
}
