/* Telling a server that is over from one that is slow. A process is known by its machine, that
 * machine's boot, the namespace that its number is of, the number and when it started: numbers alone come
 * again, in containers at once, and containers may share the name of their machine. */
#include "jobs/lease.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
read_boot_id (void)
{
    char *text = NULL;

    if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        return g_strdup ("-");
    return g_strchomp (text);
}

static char *
read_pid_namespace (void)
{
    struct stat info;

    if (stat ("/proc/self/ns/pid", &info) != 0)
        return g_strdup ("-");
    return g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) info.st_ino);
}

/* Ticks from the boot to the start of a process: field 22 of its stat, counted behind the name in
 * parentheses, which may hold anything. @return NULL when there is no such process */
static char *
read_start (gint64 pid)
{
    g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat", pid);
    g_autofree char *text = NULL;
    g_auto (GStrv) fields = NULL;
    const char *behind_name;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return NULL;
    behind_name = strrchr (text, ')');
    if (behind_name == NULL)
        return NULL;
    fields = g_strsplit (behind_name + 1, " ", -1); /* [0] is empty, [1] is field 3 */
    return g_strv_length (fields) > 20 ? g_strdup (fields[20]) : NULL;
}

/* The machine's or the container's name, without our separator. */
static char *
host_name (void)
{
    return g_strdelimit (g_strdup (g_get_host_name ()), "/", '-');
}

char *
lease_owner_new (void)
{
    static gint last;
    g_autofree char *host = host_name ();
    g_autofree char *boot = read_boot_id ();
    g_autofree char *namespace = read_pid_namespace ();
    g_autofree char *start = read_start (getpid ());

    return g_strdup_printf ("%s/%s/%s/%d/%s/%d", host, boot, namespace, (int) getpid (),
                            start != NULL ? start : "-", g_atomic_int_add (&last, 1) + 1);
}

gboolean
lease_owner_is_gone (const char *owner, gboolean is_only_host)
{
    g_auto (GStrv) parts = g_strsplit (owner, "/", -1);
    g_autofree char *host = host_name ();
    g_autofree char *boot = read_boot_id ();
    g_autofree char *namespace = read_pid_namespace ();
    g_autofree char *start = NULL;

    if (g_strv_length (parts) != 6)
        return FALSE;
    if (!g_str_equal (parts[0], host))
        return is_only_host; /* a container that was made anew has another name */
    if (!g_str_equal (parts[1], boot))
        return TRUE;
    if (!g_str_equal (parts[2], namespace))
        return is_only_host; /* another container, whose processes cannot be seen from here */
    start = read_start (g_ascii_strtoll (parts[3], NULL, 10));
    return start == NULL || !g_str_equal (parts[4], start);
}
