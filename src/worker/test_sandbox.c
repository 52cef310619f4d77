/* test_sandbox.c -- Landlock alone: what a library may read before the system call filter closes
 *
 * Each case runs in a child, because a sandbox cannot be left. The whole sandbox is tried out from
 * outside in jobs/test_worker_pool.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "worker/sandbox.h"

static char *secret_path;

static int
errno_of_open (const char *path, int flags)
{
    int fd = open (path, flags, 0600);

    if (fd < 0)
        return errno;
    close (fd);
    return 0;
}

static void
run_in_child (void (*run) (void))
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        run ();
        _exit (0);
    }
    g_assert_cmpint (child, >, 0);
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status));
    if (WEXITSTATUS (status) == 77)
        g_test_skip ("this kernel has no Landlock");
    else
        g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            g_printerr ("line %d: %s\n", __LINE__, #condition);                                    \
            _exit (1);                                                                             \
        }                                                                                          \
    } while (0)

static void
read_system_files_only (void)
{
    SandboxSettings settings = { 0 };
    SandboxState state = { 0 };

    sandbox_prepare (&settings, &state);
    if (state.landlock_version == 0)
        _exit (77);
    CHECK (errno_of_open ("/etc/passwd", O_RDONLY) == 0);
    CHECK (errno_of_open (secret_path, O_RDONLY) == EACCES);
    CHECK (errno_of_open (secret_path, O_WRONLY) == EACCES);
    CHECK (errno_of_open ("/etc/passwd", O_WRONLY) == EACCES);
    CHECK (errno_of_open ("/etc/tintype-was-here", O_WRONLY | O_CREAT) == EACCES);
    CHECK (errno_of_open ("/proc/1/environ", O_RDONLY) == EACCES);
}

static void
test_libraries_read_system_files_only (void)
{
    run_in_child (read_system_files_only);
}

static void
end_without_parent (void)
{
    SandboxSettings settings = { .parent = 1 }; /* is not ours: it died in between */
    SandboxState state = { 0 };

    sandbox_prepare (&settings, &state);
    _exit (0);
}

static void
test_orphan_ends_at_once (void)
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        end_without_parent ();
        _exit (0);
    }
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, EXIT_FAILURE);
}

int
main (int argc, char **argv)
{
    int fd, result;

    g_test_init (&argc, &argv, NULL);
    fd = g_file_open_tmp ("tintype-sandbox-XXXXXX", &secret_path, NULL);
    g_assert_cmpint (fd, >=, 0);
    close (fd);
    g_test_add_func ("/sandbox/system-files-only", test_libraries_read_system_files_only);
    g_test_add_func ("/sandbox/orphan-ends", test_orphan_ends_at_once);
    result = g_test_run ();
    g_unlink (secret_path);
    return result;
}
