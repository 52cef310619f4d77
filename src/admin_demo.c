/* tintype admin: the made-up library, and the counts that are kept */
#define G_LOG_DOMAIN "admin"

#include <stdio.h>

#include "admin.h"
#include "base/error.h"
#include "features/counts/counts.h"
#include "features/demo/demo.h"
#include "serve.h"

#define MAX_DEMO_ASSETS 100000000
#define MAX_DEMO_GROUPS 100000

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

gboolean
admin_seed_demo (int argc, char *argv[], GError **error)
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

    if (!admin_parse_options (&argc, &argv, entries, error))
        return FALSE;
    demo = (DemoSettings){ n_assets, email, n_years, (guint32) seed, n_albums, n_people, n_faces };
    if (!check_demo (&demo, seed, error) || (db = admin_open_database (&settings, error)) == NULL)
        return FALSE;
    workers = worker_pool_new (&(WorkerPoolSettings){
        .program = program, .n_workers = 1, .require_sandbox = settings->require_sandbox });
    return demo_seed (db, workers, settings->media_location, &demo, print_progress, error);
}

/* ---- check-counts ---- */

gboolean
admin_check_counts (int argc, char *argv[], GError **error)
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

    if (!admin_parse_options (&argc, &argv, entries, error) ||
        (db = admin_open_database (&settings, error)) == NULL ||
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
