/* main.c -- tintype-media-worker: decodes one file at a time for the server that started it
 *
 * It reads requests from descriptor 3 until that is closed, see protocol.h. All it ever touches are
 * the descriptors that come with a request; see sandbox.h for what it cannot do. */
#define G_LOG_DOMAIN "worker"
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "worker/operations.h"
#include "worker/protocol.h"
#include "worker/sandbox.h"
#include "worker/warm_up.h"

static gboolean
get_number (const char *argument, const char *name, gint64 *out)
{
    return g_str_has_prefix (argument, name) &&
           g_ascii_string_to_signed (argument + strlen (name), 10, 0, G_MAXINT32, out, NULL);
}

static void
parse_arguments (int argc, char **argv, SandboxSettings *out)
{
    for (int i = 1; i < argc; i++) {
        if (get_number (argv[i], WORKER_ARG_MEMORY_MB, &out->memory_mb) ||
            get_number (argv[i], WORKER_ARG_OUTPUT_MB, &out->output_mb) ||
            get_number (argv[i], WORKER_ARG_PARENT, &out->parent))
            continue;
        if (strcmp (argv[i], WORKER_ARG_REQUIRE_SANDBOX) == 0) {
            out->required = TRUE;
            continue;
        }
        g_printerr ("%s: '%s' is not an argument of this program; the server starts it\n", argv[0],
                    argv[i]);
        exit (2);
    }
}

/* GLib ends the process when memory runs out; say so first, the server cannot guess it. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    static const char no_memory[] =
        "{\"error\":{\"code\":\"" WORKER_ERROR_LIMIT
        "\",\"message\":\"decoding this file needs more memory than a worker may use\"}}";

    if ((level & G_LOG_FLAG_FATAL) != 0)
        for (gsize i = 0; i < n_fields; i++)
            if (strcmp (fields[i].key, "MESSAGE") == 0 && fields[i].length < 0 &&
                strstr (fields[i].value, "failed to allocate") != NULL) {
                (void) channel_send (WORKER_SOCKET_FD, no_memory, sizeof no_memory - 1, NULL, 0, 0);
                _exit (EXIT_FAILURE);
            }
    if ((level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0)
        return G_LOG_WRITER_HANDLED;
    return g_log_writer_standard_streams (level, fields, n_fields, user_data);
}

int
main (int argc, char **argv)
{
    SandboxSettings settings = { 0 };
    SandboxState state = { 0 };
    g_autoptr (GString) request = g_string_new (NULL);
    g_autoptr (GString) reply = g_string_new (NULL);
    int fds[WORKER_MAX_FDS];
    guint n_fds;
    ChannelStatus sent;

    parse_arguments (argc, argv, &settings);
    g_log_set_writer_func (write_log, NULL, NULL);
    mallopt (M_ARENA_MAX, 2); /* each arena reserves address space, which is limited */
    /* Pictures are as large as the last ones: keep their memory instead of faulting it in again. */
    mallopt (M_MMAP_THRESHOLD, 32 << 20);
    mallopt (M_TRIM_THRESHOLD, 64 << 20);
    sandbox_prepare (&settings, &state);
    warm_up (argv[0]);
    sandbox_close (&settings, &state);

#ifndef __SANITIZE_ADDRESS__
    /* From here on files speak through the libraries: they must not fill the server's log. */
    dup2 (STDOUT_FILENO, STDERR_FILENO);
#endif

    g_string_printf (reply, "{\"ready\":true,\"sandbox\":{\"landlock\":%d,\"seccomp\":%s}}",
                     state.landlock_version, state.has_seccomp ? "true" : "false");
    sent = channel_send (WORKER_SOCKET_FD, reply->str, reply->len, NULL, 0, 0);
    if (sent != CHANNEL_OK) {
        if (sent != CHANNEL_CLOSED) /* a server that was just killed needs no word */
            g_printerr ("%s: descriptor %d is not a socket of the server; the server starts this "
                        "program\n",
                        argv[0], WORKER_SOCKET_FD);
        _exit (2);
    }
    while (channel_receive (WORKER_SOCKET_FD, request, WORKER_REQUEST_MAX_BYTES, fds, &n_fds, 0) ==
           CHANNEL_OK) {
        operations_handle (request->str, request->len, fds, n_fds, reply);
        for (guint i = 0; i < n_fds; i++)
            close (fds[i]);
        if (channel_send (WORKER_SOCKET_FD, reply->str, reply->len, NULL, 0, 0) != CHANNEL_OK)
            break;
    }
    _exit (EXIT_SUCCESS); /* nothing is worth tidying up */
}
