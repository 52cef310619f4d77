/* tintype admin: what needs the database and no server. */
#define G_LOG_DOMAIN "admin"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "features/counts/counts.h"
#include "features/demo/demo.h"
#include "serve.h"

#define MAX_DEMO_ASSETS 100000000
#define MAX_DEMO_GROUPS 100000

static void
print_help (void)
{
    printf (
        "Usage: tintype admin COMMAND [OPTIONS]\n"
        "\n"
        "  seed-demo --assets N [--user EMAIL] [--years Y] [--seed S] [--albums A]\n"
        "            [--people P] [--faces F]\n"
        "      add N made-up photos, taken over Y years [15], to a user [the first admin]. They\n"
        "      share a few pictures on disk: deleting one of them for good takes its picture from\n"
        "      others. For trying and measuring, not for a library that somebody needs.\n"
        "  check-counts [--repair]\n"
        "      compare the counts that are kept as assets change with a count of all assets;\n"
        "      exit 1 when some differ and were not repaired\n"
        "\n"
        "They use the database and the media folder that the environment names, see\n"
        "'tintype serve --help'.\n");
}

static Db *
open_database (Settings **out_settings, GError **error)
{
    Db *db;

    *out_settings = settings_load (error);
    if (*out_settings == NULL)
        return NULL;
    db = serve_open_database (*out_settings, error);
    return db;
}

static gboolean
parse_options (int *argc, char ***argv, const GOptionEntry *entries, GError **error)
{
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);

    g_option_context_set_help_enabled (context, FALSE);
    g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, argc, argv, error))
        return FALSE;
    if (*argc == 1)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "unknown argument '%s'", (*argv)[1]);
    return FALSE;
}

/* ---- seed-demo ---- */

static void
print_progress (gint64 n_done)
{
    printf ("%" G_GINT64_FORMAT " assets\n", n_done);
    fflush (stdout);
}

static gboolean
check_demo (const DemoSettings *demo, gint64 seed, GError **error)
{
    if (demo->n_assets < 1 || demo->n_assets > MAX_DEMO_ASSETS)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "--assets must be 1 to %d",
                     MAX_DEMO_ASSETS);
    else if (demo->n_years < 1 || demo->n_years > 50)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_CONFIG, "--years must be 1 to 50");
    else if (demo->n_albums < 0 || demo->n_albums > MAX_DEMO_GROUPS)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "--albums must be 0 to %d",
                     MAX_DEMO_GROUPS);
    else if (demo->n_people < 0 || demo->n_people > MAX_DEMO_GROUPS)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "--people must be 0 to %d",
                     MAX_DEMO_GROUPS);
    else if (demo->n_faces < 0 || demo->n_faces > MAX_DEMO_ASSETS ||
             (demo->n_faces > 0 && demo->n_people == 0))
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "--faces must be 0 to %d, and needs --people", MAX_DEMO_ASSETS);
    else if (seed < 0 || seed > G_MAXUINT32)
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG, "--seed must be 0 to %u", G_MAXUINT32);
    else
        return TRUE;
    return FALSE;
}

static gboolean
seed_demo (int argc, char *argv[], GError **error)
{
    g_autofree char *email = NULL;
    gint64 n_assets = 0, n_years = 15, seed = 1, n_albums = 0, n_people = 0, n_faces = 0;
    const GOptionEntry entries[] = {
        { "assets", 0, 0, G_OPTION_ARG_INT64, &n_assets, NULL, NULL },
        { "user", 0, 0, G_OPTION_ARG_STRING, &email, NULL, NULL },
        { "years", 0, 0, G_OPTION_ARG_INT64, &n_years, NULL, NULL },
        { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, NULL, NULL },
        { "albums", 0, 0, G_OPTION_ARG_INT64, &n_albums, NULL, NULL },
        { "people", 0, 0, G_OPTION_ARG_INT64, &n_people, NULL, NULL },
        { "faces", 0, 0, G_OPTION_ARG_INT64, &n_faces, NULL, NULL },
        G_OPTION_ENTRY_NULL,
    };
    g_autofree char *program = serve_worker_program ();
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Db) db = NULL;
    g_autoptr (WorkerPool) workers = NULL;
    DemoSettings demo;

    if (!parse_options (&argc, &argv, entries, error))
        return FALSE;
    demo = (DemoSettings){ n_assets, email, n_years, (guint32) seed, n_albums, n_people, n_faces };
    if (!check_demo (&demo, seed, error) || (db = open_database (&settings, error)) == NULL)
        return FALSE;
    workers = worker_pool_new (&(WorkerPoolSettings){
        .program = program, .n_workers = 1, .require_sandbox = settings->require_sandbox });
    return demo_seed (db, workers, settings->media_location, &demo, print_progress, error);
}

/* ---- check-counts ---- */

static gboolean
check_counts (int argc, char *argv[], GError **error)
{
    gboolean repair = FALSE;
    const GOptionEntry entries[] = {
        { "repair", 0, 0, G_OPTION_ARG_NONE, &repair, NULL, NULL },
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (Settings) settings = NULL;
    g_autoptr (Db) db = NULL;
    CountsResult results[COUNTS_N_TABLES];
    gboolean all_right = TRUE;

    if (!parse_options (&argc, &argv, entries, error) ||
        (db = open_database (&settings, error)) == NULL ||
        !counts_check (db, repair, results, error))
        return FALSE;
    for (guint i = 0; i < COUNTS_N_TABLES; i++) {
        const CountsResult *result = &results[i];

        if (result->n_rows == 0)
            printf ("%s: right\n", result->name);
        else
            printf ("%s: %" G_GINT64_FORMAT " rows differ%s\n", result->name, result->n_rows,
                    result->is_repaired ? ", repaired" : "");
        all_right = all_right && (result->n_rows == 0 || result->is_repaired);
    }
    if (!all_right)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "some counts are wrong; 'tintype admin check-counts --repair' sets "
                             "them right");
    return all_right;
}

int
admin_run (int argc, char *argv[])
{
    static const struct {
        const char *name;
        gboolean (*run) (int argc, char *argv[], GError **error);
    } commands[] = {
        { "seed-demo", seed_demo },
        { "check-counts", check_counts },
    };
    const char *name = argc > 1 ? argv[1] : "--help";
    g_autoptr (GError) error = NULL;

    setlocale (LC_ALL, "C.UTF-8");
    log_init (LOG_FORMAT_TEXT, LOG_WARN);
    if (g_str_equal (name, "--help") || g_str_equal (name, "-h") ||
        (argc > 2 && (g_str_equal (argv[2], "--help") || g_str_equal (argv[2], "-h")))) {
        print_help ();
        return argc > 1 ? 0 : 2;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
        if (!g_str_equal (name, commands[i].name))
            continue;
        if (commands[i].run (argc - 1, argv + 1, &error))
            return 0;
        fprintf (stderr, "tintype admin %s: %s\n", name, error->message);
        return 1;
    }
    fprintf (stderr, "tintype admin: unknown command '%s', see 'tintype admin --help'\n", name);
    return 2;
}
