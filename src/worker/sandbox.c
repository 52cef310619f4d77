/* sandbox.c -- the walls around the decoders
 *
 * In two steps, because the libraries have to open plugins and tables before files are out of reach.
 * The first Landlock layer (read system files, nothing else) comes before any library runs; the
 * second one leaves only font files, which SVG pictures with text need and which hold no secret.
 * Landlock binds a thread and those it starts later: where there is no Landlock, or a library has
 * started a thread already, the filter forbids to open anything instead. What the filter does not
 * list fails with EPERM: libraries that merely probe for something go on without it. */
#define G_LOG_DOMAIN "worker"
#include "worker/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_OPEN_FILES 64

/* Landlock's rights and rule attributes of every version, whatever the headers of the build know. */
#define LANDLOCK_FS_ALL_V1 ((G_GUINT64_CONSTANT (1) << 13) - 1)
#define LANDLOCK_FS_REFER (G_GUINT64_CONSTANT (1) << 13)     /* version 2 */
#define LANDLOCK_FS_TRUNCATE (G_GUINT64_CONSTANT (1) << 14)  /* version 3 */
#define LANDLOCK_FS_IOCTL_DEV (G_GUINT64_CONSTANT (1) << 15) /* version 5 */
#define LANDLOCK_NET_TCP G_GUINT64_CONSTANT (3)              /* version 4: bind and connect */
#define LANDLOCK_SCOPES G_GUINT64_CONSTANT (3) /* version 6: abstract sockets and signals */

typedef struct {
    guint64 handled_access_fs;
    guint64 handled_access_net; /* version 4 */
    guint64 scoped;             /* version 6 */
} LandlockRules;

/* What a library may read while it starts. */
static const char *const system_folders[] = {
    "/usr",         "/lib",       "/lib64",
    "/etc",         "/proc/self", "/sys/devices/system",
    "/dev/urandom", "/dev/null",  "/var/cache/fontconfig"
};

/* And a driver, to find out what its device is. */
static const char *const device_folders[] = { "/sys/dev", "/sys/devices", "/sys/class",
                                              "/proc/driver" };

static const char *const font_folders[] = { "/usr/share/fonts", "/usr/local/share/fonts" };

static G_GNUC_NORETURN void
give_up (const char *step)
{
    g_printerr ("tintype-media-worker: %s: %s; not working without it\n", step, g_strerror (errno));
    exit (EXIT_FAILURE);
}

static int
landlock_version (void)
{
    int version =
        (int) syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return MAX (version, 0);
}

#define MAY_READ                                                                                   \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE)

static void
allow (int rules_fd, const char *path, guint64 access)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = access };
    int fd = open (path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return; /* not every system has each of them */
    rule.parent_fd = fd;
    if (syscall (SYS_landlock_add_rule, rules_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
        rule.allowed_access &= ~(guint64) LANDLOCK_ACCESS_FS_READ_DIR; /* it is a file */
        if (syscall (SYS_landlock_add_rule, rules_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
            g_warning ("'%s' stays out of reach: %s", path, g_strerror (errno));
    }
    close (fd);
}

/* A layer that forbids all that this kernel can forbid; -1 on failure. */
static int
landlock_new_layer (int version)
{
    LandlockRules rules = { .handled_access_fs = LANDLOCK_FS_ALL_V1 };
    gsize n_bytes = sizeof rules.handled_access_fs;

    if (version >= 2)
        rules.handled_access_fs |= LANDLOCK_FS_REFER;
    if (version >= 3)
        rules.handled_access_fs |= LANDLOCK_FS_TRUNCATE;
    if (version >= 4) {
        rules.handled_access_net = LANDLOCK_NET_TCP;
        n_bytes = 2 * sizeof (guint64);
    }
    if (version >= 5)
        rules.handled_access_fs |= LANDLOCK_FS_IOCTL_DEV;
    if (version >= 6) {
        rules.scoped = LANDLOCK_SCOPES;
        n_bytes = sizeof rules;
    }
    return (int) syscall (SYS_landlock_create_ruleset, &rules, n_bytes, 0);
}

static gboolean
landlock_bind (int rules_fd)
{
    gboolean bound = syscall (SYS_landlock_restrict_self, rules_fd, 0) == 0;

    close (rules_fd);
    return bound;
}

/* Add a layer: nothing of the file system, or only reading @readable of it. */
static gboolean
landlock_add_layer (int version, const char *const *readable, guint n_readable)
{
    int rules_fd = landlock_new_layer (version);

    if (rules_fd < 0)
        return FALSE;
    for (guint i = 0; i < n_readable; i++)
        allow (rules_fd, readable[i], MAY_READ);
    return landlock_bind (rules_fd);
}

static void
drop_capabilities (void)
{
    cap_t none = cap_init (); /* all cleared */

    /* The bounding set can only be changed by the privileged; nobody else has one worth changing. */
    for (cap_value_t cap = 0; cap < cap_max_bits (); cap++)
        (void) cap_drop_bound (cap);
    (void) cap_reset_ambient ();
    if (none == NULL || cap_set_proc (none) != 0)
        give_up ("cannot drop capabilities");
    cap_free (none);
}

static void
follow_parent (gint64 parent)
{
    if (parent == 0)
        return;
    if (prctl (PR_SET_PDEATHSIG, SIGKILL) != 0)
        give_up ("cannot ask to end with the server");
    if (getppid () != (pid_t) parent)
        exit (EXIT_FAILURE); /* it died before we asked */
}

void
sandbox_prepare (const SandboxSettings *settings, SandboxState *out)
{
    if (clearenv () != 0)
        give_up ("cannot empty the environment");
    drop_capabilities ();
    if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up ("cannot renounce new privileges");
    follow_parent (settings->parent); /* after the capabilities: their change resets it */
    out->landlock_version = landlock_version ();
    if (out->landlock_version > 0 &&
        !landlock_add_layer (out->landlock_version, system_folders, G_N_ELEMENTS (system_folders)))
        out->landlock_version = 0;
    if (out->landlock_version == 0 && settings->required)
        give_up ("this kernel has no Landlock, which TINTYPE_REQUIRE_SANDBOX asks for");
}

static void
set_limit (int resource, gint64 value, const char *name)
{
    struct rlimit limit = { .rlim_cur = (rlim_t) value, .rlim_max = (rlim_t) value };

    if (setrlimit (resource, &limit) != 0)
        give_up (name);
}

static gint64
address_space_bytes (void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
        return 0;
    return g_ascii_strtoll (text, NULL, 10) * sysconf (_SC_PAGESIZE);
}

static void
set_limits (const SandboxSettings *settings)
{
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone takes terabytes of address space */
    if (settings->memory_mb > 0)
        set_limit (RLIMIT_AS, address_space_bytes () + settings->memory_mb * 1024 * 1024,
                   "cannot limit memory");
#else
    (void) address_space_bytes;
#endif
    if (settings->output_mb > 0) {
        signal (SIGXFSZ, SIG_IGN); /* a write past the limit fails instead */
        set_limit (RLIMIT_FSIZE, settings->output_mb * 1024 * 1024, "cannot limit file sizes");
    }
    set_limit (RLIMIT_NOFILE, MAX_OPEN_FILES, "cannot limit open files");
    set_limit (RLIMIT_CORE, 0, "cannot forbid core dumps");
}

/* What decoding needs: memory, threads, time, and the descriptors it was given. */
static const int plain_calls[] = {
    SCMP_SYS (read),
    SCMP_SYS (readv),
    SCMP_SYS (pread64),
    SCMP_SYS (preadv),
    SCMP_SYS (write),
    SCMP_SYS (writev),
    SCMP_SYS (pwrite64),
    SCMP_SYS (pwritev),
    SCMP_SYS (lseek),
    SCMP_SYS (close),
    SCMP_SYS (dup),
    SCMP_SYS (dup2),
    SCMP_SYS (dup3),
    SCMP_SYS (fstat),
    SCMP_SYS (fadvise64),
    SCMP_SYS (recvmsg),
    SCMP_SYS (sendmsg),
    SCMP_SYS (poll),
    SCMP_SYS (ppoll),
    SCMP_SYS (munmap),
    SCMP_SYS (mremap),
    SCMP_SYS (madvise),
    SCMP_SYS (brk),
    SCMP_SYS (futex),
    SCMP_SYS (set_robust_list),
    SCMP_SYS (rseq),
    SCMP_SYS (membarrier),
    SCMP_SYS (sched_yield),
    SCMP_SYS (sched_getaffinity),
    SCMP_SYS (getcpu),
    SCMP_SYS (rt_sigaction),
    SCMP_SYS (rt_sigprocmask),
    SCMP_SYS (rt_sigreturn),
    SCMP_SYS (sigaltstack),
    SCMP_SYS (restart_syscall),
    SCMP_SYS (exit),
    SCMP_SYS (exit_group),
    SCMP_SYS (getpid),
    SCMP_SYS (gettid),
    SCMP_SYS (getppid),
    SCMP_SYS (getuid),
    SCMP_SYS (geteuid),
    SCMP_SYS (getgid),
    SCMP_SYS (getegid),
    SCMP_SYS (getrandom),
    SCMP_SYS (clock_gettime),
    SCMP_SYS (clock_getres),
    SCMP_SYS (clock_nanosleep),
    SCMP_SYS (nanosleep),
    SCMP_SYS (gettimeofday),
    SCMP_SYS (time),
    SCMP_SYS (times),
    SCMP_SYS (getrusage),
    SCMP_SYS (sysinfo),
    SCMP_SYS (uname),
    SCMP_SYS (eventfd2),
    SCMP_SYS (pipe2),
};

static int
allow_plain_calls (scmp_filter_ctx filter)
{
    int failed = 0;

    for (guint i = 0; i < G_N_ELEMENTS (plain_calls); i++)
        failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, plain_calls[i], 0);
    return failed;
}

static int
allow_checked_calls (scmp_filter_ctx filter, gboolean may_open)
{
    static const int fcntl_commands[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC };
    int failed = 0;

    if (may_open) { /* for reading; Landlock says which. Pango asks first whether it may. */
        failed |= seccomp_rule_add (
            filter, SCMP_ACT_ALLOW, SCMP_SYS (openat), 1,
            SCMP_A2 (SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, 0));
        failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (access), 0);
    }
    /* Memory that is data stays data: no code can be brought in. */
    failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1,
                                SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1,
                                SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* Threads, not processes. The flags of clone3 cannot be seen; without it, libc uses clone. */
    failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (clone), 1,
                                SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    failed |= seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0);
    /* How libc spells fstat. A path given along could be asked for its size, not opened. */
    failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (newfstatat), 1,
                                SCMP_A3 (SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    for (guint i = 0; i < G_N_ELEMENTS (fcntl_commands); i++)
        failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (fcntl), 1,
                                    SCMP_A1 (SCMP_CMP_EQ, (scmp_datum_t) fcntl_commands[i]));
    failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prctl), 1,
                                SCMP_A0 (SCMP_CMP_EQ, PR_SET_NAME));
    failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prlimit64), 1,
                                SCMP_A2 (SCMP_CMP_EQ, 0)); /* read limits, not set them */
    /* abort () */
    failed |= seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (tgkill), 1,
                                SCMP_A0 (SCMP_CMP_EQ, (scmp_datum_t) getpid ()));
    return failed;
}

static gboolean
is_only_thread (void)
{
    g_autoptr (GDir) threads = g_dir_open ("/proc/self/task", 0, NULL);
    guint n_threads = 0;

    while (threads != NULL && g_dir_read_name (threads) != NULL)
        n_threads++;
    return n_threads == 1;
}

static gboolean
load_filter (gboolean may_open)
{
    scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
    gboolean loaded = filter != NULL && seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                      allow_plain_calls (filter) == 0 &&
                      allow_checked_calls (filter, may_open) == 0 && seccomp_load (filter) == 0;

    if (filter != NULL)
        seccomp_release (filter);
    return loaded;
}

void
sandbox_close (const SandboxSettings *settings, SandboxState *state)
{
    gboolean may_open = state->landlock_version > 0 && is_only_thread ();

    if (clearenv () != 0) /* the libraries have had theirs */
        give_up ("cannot empty the environment");
    set_limits (settings);
    if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        give_up ("cannot forbid others to look in");
    if (state->landlock_version > 0 &&
        !landlock_add_layer (state->landlock_version, font_folders, G_N_ELEMENTS (font_folders)))
        give_up ("cannot close the file system");
    state->has_seccomp = load_filter (may_open);
    if (!state->has_seccomp && settings->required)
        give_up ("this kernel has no seccomp filters, which TINTYPE_REQUIRE_SANDBOX asks for");
}

/* ---- for a program that is started next ---- */

static gboolean
landlock_for_program (const ProgramSandbox *settings)
{
    int version = landlock_version ();
    int rules_fd = version > 0 ? landlock_new_layer (version) : -1;
    guint64 may_write = MAY_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                        LANDLOCK_ACCESS_FS_REMOVE_FILE | (version >= 3 ? LANDLOCK_FS_TRUNCATE : 0);

    guint64 may_use = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                      (version >= 5 ? LANDLOCK_FS_IOCTL_DEV : 0);

    if (rules_fd < 0)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (system_folders); i++)
        allow (rules_fd, system_folders[i], MAY_READ);
    if (settings->devices != NULL && settings->devices[0] != NULL) {
        for (guint i = 0; settings->devices[i] != NULL; i++)
            allow (rules_fd, settings->devices[i], may_use);
        for (guint i = 0; i < G_N_ELEMENTS (device_folders); i++)
            allow (rules_fd, device_folders[i], MAY_READ);
    }
    for (guint i = 0; settings->readable[i] != NULL; i++)
        allow (rules_fd, settings->readable[i], LANDLOCK_ACCESS_FS_READ_FILE);
    allow (rules_fd, settings->folder, may_write);
    return landlock_bind (rules_fd);
}

/* All but what a program that reads and writes files has no use for. */
static gboolean
load_program_filter (void)
{
    static const int forbidden[] = { SCMP_SYS (socket),
                                     SCMP_SYS (ptrace),
                                     SCMP_SYS (process_vm_readv),
                                     SCMP_SYS (process_vm_writev),
                                     SCMP_SYS (mount),
                                     SCMP_SYS (umount2),
                                     SCMP_SYS (unshare),
                                     SCMP_SYS (setns),
                                     SCMP_SYS (bpf),
                                     SCMP_SYS (perf_event_open),
                                     SCMP_SYS (io_uring_setup),
                                     SCMP_SYS (keyctl),
                                     SCMP_SYS (add_key),
                                     SCMP_SYS (userfaultfd) };
    scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
    gboolean loaded = filter != NULL;

    for (guint i = 0; loaded && i < G_N_ELEMENTS (forbidden); i++)
        loaded = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), forbidden[i], 0) == 0;
    loaded = loaded && seccomp_load (filter) == 0;
    if (filter != NULL)
        seccomp_release (filter);
    return loaded;
}

void
sandbox_for_program (const ProgramSandbox *settings)
{
    drop_capabilities ();
    if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up ("cannot renounce new privileges");
    follow_parent (settings->parent);
    (void) setpriority (PRIO_PROCESS, 0, settings->niceness);
    /* if memory runs out, this shall go and not the server; not every system lets us say so */
    (void) g_file_set_contents_full ("/proc/self/oom_score_adj", "500", 3, G_FILE_SET_CONTENTS_NONE,
                                     0, NULL);
    if (settings->output_mb > 0)
        set_limit (RLIMIT_FSIZE, settings->output_mb * 1024 * 1024, "cannot limit file sizes");
    set_limit (RLIMIT_CORE, 0, "cannot forbid core dumps");
    if (!landlock_for_program (settings) && settings->required)
        give_up ("this kernel has no Landlock, which TINTYPE_REQUIRE_SANDBOX asks for");
    if (!load_program_filter () && settings->required)
        give_up ("this kernel has no seccomp filters, which TINTYPE_REQUIRE_SANDBOX asks for");
    /* Not its address space: of that a program with many threads reserves far more than it uses. The last
     * step, for it holds for this process too. */
    if (settings->memory_mb > 0)
        set_limit (RLIMIT_DATA, settings->memory_mb * 1024 * 1024, "cannot limit memory");
}
