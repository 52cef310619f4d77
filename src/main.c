/* main.c -- the program's sub-commands */
#include <glib.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/settings.h"
#include "config.h"
#include "serve.h"

static void
print_help (void)
{
    printf ("Tintype %s, a photo and video server that speaks the Immich API\n"
            "\n"
            "Usage: tintype COMMAND\n"
            "\n"
            "  serve         answer requests and run jobs until SIGTERM\n"
            "  admin         seed-demo, check-counts: look after a library, see 'tintype admin "
            "--help'\n"
            "  check-start   see whether the server would start, and end again\n"
            "  media-worker  decode files for the server; started by it\n"
            "  version       print the version\n"
            "\n"
            "'tintype serve --help' lists the environment variables that it obeys.\n",
            TINTYPE_VERSION);
}

static void
print_serve_help (void)
{
    printf ("Usage: tintype serve\n"
            "\n"
            "Serves until SIGTERM or SIGINT. Everything is set by environment variables "
            "[default]:\n\n");
    settings_print_help ();
}

/* The worker is a program of its own, so that this one is not linked with any decoder. */
static int
become_media_worker (char *argv[])
{
    g_autofree char *program = serve_worker_program ();

    argv[0] = program;
    execv (program, argv);
    fprintf (stderr, "tintype: cannot start '%s': %s\n", program, g_strerror (errno));
    return 1;
}

int
main (int argc, char *argv[])
{
    const char *command = argc > 1 ? argv[1] : "--help";
    gboolean wants_help =
        argc > 2 && (g_str_equal (argv[2], "--help") || g_str_equal (argv[2], "-h"));

    /* Idle threads of pools end whenever they like, also while the program does: OpenSSL must not be taken
     * down under them, and what they have of it is freed with them only while it stands. */
    OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
    if (g_str_equal (command, "--help") || g_str_equal (command, "-h") ||
        g_str_equal (command, "help")) {
        print_help ();
        return argc > 1 ? 0 : 2;
    }
    if (g_str_equal (command, "version") || g_str_equal (command, "--version")) {
        printf ("tintype %s (Immich API %s)\n", TINTYPE_VERSION, TINTYPE_API_VERSION);
        return 0;
    }
    if (g_str_equal (command, "serve") && wants_help) {
        print_serve_help ();
        return 0;
    }
    if (g_str_equal (command, "serve") && argc == 2)
        return serve_run ();
    if (g_str_equal (command, "admin"))
        return admin_run (argc - 1, argv + 1);
    if (g_str_equal (command, "check-start"))
        return serve_check_start (argc > 2 ? argv[2] : NULL);
    if (g_str_equal (command, "media-worker"))
        return become_media_worker (argv + 1);
    if (g_str_equal (command, "serve"))
        fprintf (stderr, "tintype: 'serve' takes no argument '%s', see 'tintype serve --help'\n",
                 argv[2]);
    else
        fprintf (stderr, "tintype: unknown command '%s', see 'tintype --help'\n", command);
    return 2;
}
