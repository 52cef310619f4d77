/* transcoder.c -- tintype-transcoder: becomes ffmpeg, shut in
 *
 *   tintype-transcoder --parent=PID --output-mb=N --memory-mb=N --input=FILE --folder=FOLDER [--niceness=N]
 *                      [--device=FILE...] [--require-sandbox] PROGRAM ARGUMENTS...
 *
 * The server starts it: what has to happen between fork and exec cannot be done in a process with
 * threads. The program may read the one file, write into the one folder and use the devices; see sandbox.h. */
#define G_LOG_DOMAIN "transcoder"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "worker/protocol.h"
#include "worker/sandbox.h"

static const char *
value_of (const char *argument, const char *name)
{
    return g_str_has_prefix (argument, name) ? argument + strlen (name) : NULL;
}

int
main (int argc, char **argv)
{
    const char *readable[3] = { NULL }, *devices[TRANSCODER_MAX_DEVICES + 1] = { NULL }, *text;
    ProgramSandbox sandbox = { .readable = readable, .devices = devices };
    int i = 1, n_devices = 0;

    for (; i < argc && g_str_has_prefix (argv[i], "--"); i++) {
        if ((text = value_of (argv[i], WORKER_ARG_PARENT)) != NULL)
            sandbox.parent = g_ascii_strtoll (text, NULL, 10);
        else if ((text = value_of (argv[i], WORKER_ARG_OUTPUT_MB)) != NULL)
            sandbox.output_mb = g_ascii_strtoll (text, NULL, 10);
        else if ((text = value_of (argv[i], WORKER_ARG_MEMORY_MB)) != NULL)
            sandbox.memory_mb = g_ascii_strtoll (text, NULL, 10);
        else if ((text = value_of (argv[i], TRANSCODER_ARG_INPUT)) != NULL)
            readable[0] = text;
        else if ((text = value_of (argv[i], TRANSCODER_ARG_FOLDER)) != NULL)
            sandbox.folder = text;
        else if ((text = value_of (argv[i], TRANSCODER_ARG_NICENESS)) != NULL)
            sandbox.niceness = (int) g_ascii_strtoll (text, NULL, 10);
        else if ((text = value_of (argv[i], TRANSCODER_ARG_DEVICE)) != NULL &&
                 n_devices < TRANSCODER_MAX_DEVICES)
            devices[n_devices++] = text;
        else if (strcmp (argv[i], WORKER_ARG_REQUIRE_SANDBOX) == 0)
            sandbox.required = TRUE;
        else
            break;
    }
    if (i >= argc || argv[i][0] != '/' || readable[0] == NULL || sandbox.folder == NULL) {
        g_printerr ("%s is started by the server\n", argv[0]);
        return 2;
    }
    readable[1] = argv[i];
    sandbox_for_program (&sandbox);
    execv (argv[i], argv + i);
    g_printerr ("cannot start '%s': %s\n", argv[i], g_strerror (errno));
    return 127;
}
