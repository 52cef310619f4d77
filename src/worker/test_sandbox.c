/* test_sandbox.c -- Landlock alone: what a library may read before the system call filter closes
 *
 * Each case runs in a child, because a sandbox cannot be left. The whole sandbox is tried out from
 * outside in jobs/test_worker_pool.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/landlock.h>
#include <unistd.h>
#include "worker/sandbox.h"

static char *secret_path, *output_folder;

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

/* What ffmpeg is shut into: one file to read, one folder to write, no network. */
static void
one_file_and_one_folder (void)
{
    g_autofree char *inside = g_build_filename (output_folder, "result", NULL);
    g_autofree char *beside = g_strdup_printf ("%s-beside", output_folder);
    const char *const readable[] = { secret_path, NULL };
    ProgramSandbox settings = {
        .readable = readable, .folder = output_folder, .output_mb = 1, .niceness = 10
    };
    gboolean has_landlock =
        syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;

    sandbox_for_program (&settings);
    CHECK (socket (AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
    CHECK (socket (AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
    CHECK (getpriority (PRIO_PROCESS, 0) >= 10);
    if (has_landlock) {
        CHECK (errno_of_open (secret_path, O_RDONLY) == 0);
        CHECK (errno_of_open (secret_path, O_WRONLY) == EACCES);
        CHECK (errno_of_open (beside, O_WRONLY | O_CREAT) == EACCES);
        CHECK (errno_of_open ("/proc/1/environ", O_RDONLY) == EACCES);
    }
    CHECK (errno_of_open (inside, O_RDWR | O_CREAT) == 0);
    CHECK (unlink (inside) == 0);
    if (!has_landlock)
        _exit (77);
}

static void
test_program (void)
{
    output_folder = g_dir_make_tmp ("tintype-program-XXXXXX", NULL);
    run_in_child (one_file_and_one_folder);
    g_assert_cmpint (g_rmdir (output_folder), ==, 0);
    g_clear_pointer (&output_folder, g_free);
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
    g_test_add_func ("/sandbox/program", test_program);
    g_test_add_func ("/sandbox/orphan-ends", test_orphan_ends_at_once);
    result = g_test_run ();
    g_unlink (secret_path);
    return result;
}
