#include "base/settings.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"

static Settings *
load (GError **error, const char *first, ...)
{
    g_auto (GStrv) names = g_listenv ();
    va_list args;

    for (char **name = names; *name != NULL; name++)
        if (g_str_has_prefix (*name, "IMMICH_") || g_str_has_prefix (*name, "DB_") ||
            g_str_equal (*name, "UPLOAD_LOCATION") || g_str_has_prefix (*name, "TINTYPE_"))
            g_unsetenv (*name);
    va_start (args, first);
    for (const char *name = first; name != NULL; name = va_arg (args, const char *))
        g_setenv (name, va_arg (args, const char *), TRUE);
    va_end (args);
    return settings_load (error);
}

static void
test_defaults_serve_a_family_with_sqlite (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (Settings) settings = load (&error, NULL);

    g_assert_no_error (error);
    g_assert_cmpint (settings->port, ==, 2283);
    g_assert_null (settings->database_url);
    g_assert_true (g_path_is_absolute (settings->media_location));
    g_assert_true (settings->serves_api && settings->runs_jobs && settings->allow_setup);
    g_assert_cmpstr (settings->metrics_host, ==, "127.0.0.1");
}

static void
test_every_unusable_value_is_named (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (Settings) settings =
        load (&error, "IMMICH_PORT", "70000", "IMMICH_MEDIA_LOCATION", "photos", "IMMICH_LOG_LEVEL",
              "loud", "IMMICH_ALLOW_SETUP", "maybe", "IMMICH_WORKERS_INCLUDE", "api,foo", "DB_URL",
              "mysql://x", "DB_PASSWORD_FILE", "/nonexistent", NULL);
    static const char *const names[] = {
        "IMMICH_PORT",        "IMMICH_MEDIA_LOCATION",  "IMMICH_LOG_LEVEL",
        "IMMICH_ALLOW_SETUP", "IMMICH_WORKERS_INCLUDE", "DB_URL"
    };

    g_assert_null (settings);
    g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        g_assert_nonnull (strstr (error->message, names[i]));
}

static void
test_a_database_host_chooses_postgresql (void)
{
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;
    int fd = g_file_open_tmp ("password-XXXXXX", &path, &error);
    g_autoptr (Settings) settings = NULL;

    g_assert_cmpint (fd, >=, 0);
    g_close (fd, NULL);
    g_assert_true (g_file_set_contents (path, "p@ss/word\n", -1, NULL));
    settings = load (&error, "DB_HOSTNAME", "db", "DB_USERNAME", "me", "DB_PASSWORD_FILE", path,
                     "DB_DATABASE_NAME", "photos", NULL);
    g_assert_no_error (error);
    g_assert_cmpstr (settings->database_url, ==, "postgresql://me:p%40ss%2Fword@db:5432/photos");
    g_unlink (path);
}

static void
test_roles_can_be_split (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (Settings) settings = load (&error, "IMMICH_WORKERS_EXCLUDE", "microservices", NULL);

    g_assert_no_error (error);
    g_assert_true (settings->serves_api);
    g_assert_false (settings->runs_jobs);
}

static void
test_a_misspelt_variable_is_found (void)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (Settings) settings =
        load (&error, "IMMICH_PROT", "1", "IMMICH_TRUSTED_PROXIES", "10.0.0.0/8", NULL);
    g_auto (GStrv) unknown = settings_unknown_variables ();

    g_assert_no_error (error);
    g_assert_cmpuint (g_strv_length (unknown), ==, 1);
    g_assert_cmpstr (unknown[0], ==, "IMMICH_PROT");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/settings/defaults-serve-a-family-with-sqlite",
                     test_defaults_serve_a_family_with_sqlite);
    g_test_add_func ("/settings/every-unusable-value-is-named", test_every_unusable_value_is_named);
    g_test_add_func ("/settings/a-database-host-chooses-postgresql",
                     test_a_database_host_chooses_postgresql);
    g_test_add_func ("/settings/roles-can-be-split", test_roles_can_be_split);
    g_test_add_func ("/settings/a-misspelt-variable-is-found", test_a_misspelt_variable_is_found);
    return g_test_run ();
}
