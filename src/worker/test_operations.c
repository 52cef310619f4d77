/* test_operations.c -- what a decoder that was taken over would do
 *
 * Compiled only into tintype-media-worker-for-tests.
 *
 *     {"op": "test-abort"}, {"op": "test-crash"}   die
 *     {"op": "test-bus"}                           read a mapped file beyond its end
 *     {"op": "test-hang"}                          never answer
 *     {"op": "test-garbage"}                       answer something that is not JSON
 *     {"op": "test-leave"}                         end without an answer
 *     {"op": "test-eat-memory"}                    take memory until there is no more
 *     {"op": "test-try", "what": "open"}           try to get out; {"errno": 0} when it worked */
#define G_LOG_DOMAIN "worker"
#include "worker/test_operations.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long
try_open (const int *fds, guint n_fds)
{
    return open ("/etc/passwd", O_RDONLY);
}

static long
try_open_here (const int *fds, guint n_fds)
{
    return open (".", O_RDONLY | O_DIRECTORY);
}

static long
try_create (const int *fds, guint n_fds)
{
    return open ("/tmp/tintype-worker-was-here", O_WRONLY | O_CREAT, 0600);
}

/* Through the number of the system call, past libc and any wrapper. */
static long
try_openat2 (const int *fds, guint n_fds)
{
    guint64 how[3] = { 0 };

    return syscall (SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how);
}

/* A descriptor that was given read-only, opened again for writing. */
static long
try_reopen (const int *fds, guint n_fds)
{
    g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", n_fds > 0 ? fds[0] : 0);

    return open (path, O_RDWR);
}

static long
try_write_original (const int *fds, guint n_fds)
{
    return n_fds > 0 ? write (fds[0], "x", 1) : -1;
}

static long
try_socket (const int *fds, guint n_fds)
{
    return socket (AF_INET, SOCK_STREAM, 0);
}

static long
try_unix_socket (const int *fds, guint n_fds)
{
    return socket (AF_UNIX, SOCK_STREAM, 0);
}

static long
try_exec (const int *fds, guint n_fds)
{
    char name[] = "/bin/true";
    char *const argv[] = { name, NULL }, *const none[] = { NULL };

    return execve (name, argv, none);
}

static long
try_fork (const int *fds, guint n_fds)
{
    pid_t child = fork ();

    if (child == 0)
        _exit (0);
    return child;
}

static long
try_vfork (const int *fds, guint n_fds)
{
    return syscall (SYS_clone, 0, NULL, NULL, NULL, NULL);
}

static long
try_ptrace (const int *fds, guint n_fds)
{
    return ptrace (PTRACE_ATTACH, getppid (), NULL, NULL);
}

static long
try_kill_parent (const int *fds, guint n_fds)
{
    return kill (getppid (), 0);
}

static long
try_read_parent (const int *fds, guint n_fds)
{
    return syscall (SYS_process_vm_readv, getppid (), NULL, 0, NULL, 0, 0);
}

static long
try_code_memory (const int *fds, guint n_fds)
{
    void *memory =
        mmap (NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? -1 : 0;
}

static long
try_raise_limit (const int *fds, guint n_fds)
{
    struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

    return (long) setrlimit (RLIMIT_AS, &more);
}

static long
try_unshare (const int *fds, guint n_fds)
{
    return unshare (CLONE_NEWUSER);
}

static long
try_setuid (const int *fds, guint n_fds)
{
    return syscall (SYS_setresuid, 0, 0, 0);
}

static void *
open_in_thread (void *data)
{
    int fd = open ("/etc/passwd", O_RDONLY);

    *(int *) data = fd >= 0 ? 0 : errno;
    return NULL;
}

/* A thread must be possible, and must be as shut in as its parent. */
static long
try_thread_open (const int *fds, guint n_fds)
{
    pthread_t thread;
    int why = 0;

    if (pthread_create (&thread, NULL, open_in_thread, &why) != 0)
        return 0;
    pthread_join (thread, NULL);
    errno = why;
    return why == 0 ? 0 : -1;
}

static long
try_environment (const int *fds, guint n_fds)
{
    errno = ENOENT;
    return environ == NULL || environ[0] == NULL ? -1 : 0;
}

static long
try_inherited_fd (const int *fds, guint n_fds)
{
    for (int fd = 4; fd < 200; fd++) {
        gboolean given = FALSE;
        for (guint i = 0; i < n_fds; i++)
            given = given || fds[i] == fd;
        if (!given && fcntl (fd, F_GETFD) >= 0)
            return 0;
    }
    errno = EBADF;
    return -1;
}

static const struct {
    const char *what;
    long (*run) (const int *fds, guint n_fds);
} attempts[] = {
    { "open", try_open },
    { "open-here", try_open_here },
    { "create", try_create },
    { "openat2", try_openat2 },
    { "reopen", try_reopen },
    { "write-original", try_write_original },
    { "socket", try_socket },
    { "unix-socket", try_unix_socket },
    { "exec", try_exec },
    { "fork", try_fork },
    { "vfork", try_vfork },
    { "ptrace", try_ptrace },
    { "kill-parent", try_kill_parent },
    { "read-parent", try_read_parent },
    { "code-memory", try_code_memory },
    { "raise-limit", try_raise_limit },
    { "unshare", try_unshare },
    { "setuid", try_setuid },
    { "thread-open", try_thread_open },
    { "environment", try_environment },
    { "inherited-fd", try_inherited_fd },
};

static void
handle_try (const char *what, const int *fds, guint n_fds, GString *reply)
{
    for (guint i = 0; i < G_N_ELEMENTS (attempts); i++)
        if (g_strcmp0 (attempts[i].what, what) == 0) {
            errno = 0;
            long result = attempts[i].run (fds, n_fds);
            g_string_printf (reply, "{\"errno\":%d}", result >= 0 ? 0 : errno);
            return;
        }
    g_string_assign (reply, "{\"errno\":-1}");
}

static G_GNUC_NORETURN void
eat_memory (void)
{
    for (;;)
        memset (g_malloc (8 << 20), 1, 8 << 20);
}

/* @fd of an empty file: what a file that was cut short is like, and a disk that gives its bytes no more. */
static void
read_beyond_end (int fd)
{
    const volatile char *bytes = mmap (NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

    signal (SIGBUS, SIG_DFL);
    (void) *bytes;
}

gboolean
test_operation_handle (const char *op, const json_t *request, const int *fds, guint n_fds,
                       GString *reply)
{
    if (g_strcmp0 (op, "test-abort") == 0)
        abort ();
    else if (g_strcmp0 (op, "test-crash") == 0) {
        signal (SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
        raise (SIGSEGV);
    } else if (g_strcmp0 (op, "test-hang") == 0)
        for (;;)
            pause ();
    else if (g_strcmp0 (op, "test-bus") == 0 && n_fds == 1)
        read_beyond_end (fds[0]);
    else if (g_strcmp0 (op, "test-leave") == 0)
        _exit (7);
    else if (g_strcmp0 (op, "test-eat-memory") == 0)
        eat_memory ();
    else if (g_strcmp0 (op, "test-garbage") == 0)
        g_string_assign (reply, "{\"width\": 12, ");
    else if (g_strcmp0 (op, "test-try") == 0)
        handle_try (json_string_value (json_object_get (request, "what")), fds, n_fds, reply);
    else
        return FALSE;
    return TRUE;
}
