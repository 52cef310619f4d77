/* test_plugins.c -- what configs are taken, and what the filters let through */
#include "features/plugins/plugins_private.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"

#define KEY(name) PLUGIN_NAME "#" name

static const PluginMethod *
method (const char *name)
{
    g_autofree char *key = g_strconcat (KEY (""), name, NULL);
    const PluginMethod *found = plugin_find_method (key);

    g_assert_nonnull (found);
    return found;
}

/* Configs that need no database. @said NULL: it is taken; else how the refusal begins */
static void
assert_config (const char *name, const char *json, const char *said)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    gboolean ok = plugin_check_config (method (name), NULL, arena, "u", json, &error);

    g_test_message ("%s %s: %s", name, json, error != NULL ? error->message : "taken");
    if (said == NULL) {
        g_assert_no_error (error);
        g_assert_true (ok);
    } else {
        g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
        g_assert_true (g_str_has_prefix (error->message, said));
    }
}

static PluginResult
try_filter (const char *name, const char *json, const AssetRow *asset, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    PluginRun run = { .arena = arena, .asset = *asset };

    return plugin_run (method (name), &run, json, error);
}

static void
assert_filter (const char *name, const char *json, const AssetRow *asset, gboolean passes)
{
    g_autoptr (GError) error = NULL;
    PluginResult result = try_filter (name, json, asset, &error);

    g_test_message ("%s %s", name, json);
    g_assert_no_error (error);
    g_assert_cmpint (result, ==, passes ? PLUGIN_WENT_ON : PLUGIN_HALTED);
}

/* ---- the table ---- */

static void
test_methods_are_complete (void)
{
    g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < plugin_n_methods; i++) {
        const PluginMethod *each = plugin_methods[i];
        const char *schema = plugin_schema (each, arena);

        g_test_message ("%s", each->name);
        g_assert_true (g_hash_table_add (names, (gpointer) each->name));
        g_assert_true (method (each->name) == each);
        g_assert_cmpint ((each->matches != NULL) + (each->apply != NULL) + (each->send != NULL), ==,
                         1);
        g_assert_true ((each->config != NULL) == (schema != NULL));
        g_assert_true ((each->config != NULL) == (each->fields != NULL));
        for (guint f = 0; each->config != NULL && f < each->config->n_fields; f++) {
            const PluginField *words = each->fields;

            while (words->property != NULL &&
                   strcmp (words->property, each->config->fields[f].name) != 0)
                words++;
            g_assert_cmpstr (words->property, ==, each->config->fields[f].name);
        }
    }
    g_assert_null (plugin_find_method ("assetArchive"));
    g_assert_null (plugin_find_method ("other#assetArchive"));
    g_assert_null (plugin_find_method (KEY ("nothing")));
    g_assert_null (plugin_find_method (""));
}

static void
test_schemas_say_what_is_checked (void)
{
    g_autoptr (Arena) arena = arena_new ();
    json_t *schema = json_loads (plugin_schema (&asset_date_filter_method, arena), 0, NULL);
    const char *type = NULL, *title = NULL, *day_type = NULL;
    int maximum = 0, is_default_on = 1, more = 1;
    gsize n_required;

    g_assert_cmpint (json_unpack (schema, "{s:b, s:{s:{s:s, s:s, s:{s:{s:s, s:i}}}, s:{s:b}}}",
                                  "additionalProperties", &more, "properties", "startDate", "type",
                                  &type, "title", &title, "properties", "day", "type", &day_type,
                                  "maximum", &maximum, "recurring", "default", &is_default_on),
                     ==, 0);
    g_assert_cmpstr (type, ==, "object");
    g_assert_cmpstr (title, ==, "First day");
    g_assert_cmpstr (day_type, ==, "integer");
    g_assert_cmpint (maximum, ==, 31);
    g_assert_false (is_default_on);
    g_assert_false (more);
    n_required = json_array_size (json_object_get (
        json_object_get (json_object_get (schema, "properties"), "startDate"), "required"));
    g_assert_cmpuint (n_required, ==, 2);
    json_decref (schema);

    schema = json_loads (plugin_schema (&asset_add_to_albums_method, arena), 0, NULL);
    g_assert_cmpint (json_unpack (schema, "{s:{s:{s:s, s:i, s:s}}}", "properties", "albumIds",
                                  "type", &type, "maxItems", &maximum, "uiHint", &title),
                     ==, 0);
    g_assert_cmpstr (type, ==, "array");
    g_assert_cmpstr (title, ==, "AlbumId");
    json_decref (schema);
    g_assert_null (plugin_schema (&asset_archive_method, arena));
}

/* A template may leave out what is the user's to say, and nothing else. */
static void
test_templates_fit_their_methods (void)
{
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < plugin_n_templates; i++)
        for (const PluginTemplateStep *step = plugin_templates[i].steps; step->method; step++) {
            g_autoptr (GError) error = NULL;
            const void *config;

            g_test_message ("%s", plugin_templates[i].key);
            if (!plugin_read_config (step->method, arena, step->config, &config, &error))
                g_assert_nonnull (strstr (error->message, "received undefined"));
        }
}

/* ---- configs ---- */

static void
test_configs_are_checked (void)
{
    assert_config ("assetFileFilter", "{\"pattern\":\"a\"}", NULL);
    assert_config ("assetFileFilter", "{\"pattern\":\"a\",\"matchType\":\"regex\"}", NULL);
    assert_config ("assetFileFilter", "{}", "pattern: ");
    assert_config ("assetFileFilter", NULL, "pattern: ");
    assert_config ("assetFileFilter", "{\"pattern\":\"\"}", "pattern: ");
    assert_config ("assetFileFilter", "{\"pattern\":1}", "pattern: ");
    assert_config ("assetFileFilter", "{\"pattern\":\"a\",\"matchType\":\"like\"}", "matchType: ");
    assert_config ("assetFileFilter", "{\"pattern\":\"a\",\"usepath\":true}", "usepath: ");
    assert_config ("assetFileFilter", "{\"pattern\":\"(\",\"matchType\":\"regex\"}", "pattern: ");
    assert_config ("assetArchive", NULL, NULL);
    assert_config ("assetArchive", "{}", NULL);
    assert_config ("assetArchive", "{\"a\":1}", "a: ");
    assert_config ("assetTypeFilter", "{\"allowedTypes\":[\"IMAGE\"]}", NULL);
    assert_config ("assetTypeFilter", "{\"allowedTypes\":[]}", "allowedTypes: ");
    assert_config ("assetTypeFilter", "{\"allowedTypes\":[\"image\"]}", "allowedTypes.0: ");
    assert_config ("assetDateFilter", "{}", "startDate: ");
    assert_config ("assetDateFilter", "{\"startDate\":{\"month\":2,\"day\":29},\"recurring\":true}",
                   NULL);
    assert_config ("assetDateFilter", "{\"startDate\":{\"month\":2,\"day\":30},\"recurring\":true}",
                   "startDate: ");
    assert_config ("assetDateFilter", "{\"startDate\":{\"month\":2,\"day\":3}}", "startDate: ");
    assert_config ("assetDateFilter", "{\"endDate\":{\"year\":2023,\"month\":2,\"day\":29}}",
                   "endDate: ");
    assert_config ("assetDateFilter", "{\"endDate\":{\"year\":2023,\"month\":13,\"day\":1}}",
                   "endDate.month: ");
    assert_config ("assetDateFilter", "{\"endDate\":{\"year\":2023,\"Month\":1,\"day\":1}}",
                   "endDate.Month: ");
    assert_config ("assetDateFilter",
                   "{\"startDate\":{\"year\":2023,\"month\":2,\"day\":3},"
                   "\"endDate\":{\"year\":2023,\"month\":2,\"day\":2}}",
                   "endDate: ");
    assert_config ("assetLocationFilter", "{}", "country: ");
    assert_config ("assetCameraFilter", "{\"make\":\"x\"}", NULL);
    assert_config ("assetCameraFilter", "{}", "make: ");
    assert_config ("assetAddTags", "{\"tags\":[\"a/b\"]}", NULL);
    assert_config ("assetAddTags", "{\"tags\":[\"//\"]}", "tags: ");
    assert_config ("assetTagFilter", "{\"tags\":[]}", "tags: ");
    assert_config ("assetAddToAlbums", "{\"albumIds\":[\"x\"]}", "albumIds.0: ");
}

static void
test_large_configs_are_refused (void)
{
    g_autofree char *long_text = g_strnfill (PLUGIN_MAX_CONFIG_BYTES, 'x');
    g_autofree char *json = g_strdup_printf ("{\"pattern\":\"%s\"}", long_text);

    assert_config ("assetFileFilter", json, "it has more than");
}

static void
test_webhooks_are_checked (void)
{
    assert_config ("webhook", "{\"url\":\"https://example.org/x?y\"}", NULL);
    assert_config ("webhook", "{\"url\":\"http://[::1]:8080/\",\"method\":\"PUT\"}", NULL);
    assert_config ("webhook", "{\"url\":\"ftp://example.org/\"}", "url: ");
    assert_config ("webhook", "{\"url\":\"file:///etc/passwd\"}", "url: ");
    assert_config ("webhook", "{\"url\":\"example.org\"}", "url: ");
    assert_config ("webhook", "{\"url\":\"https://me:secret@example.org/\"}", "url: ");
    assert_config ("webhook", "{\"url\":\"https://x/\",\"method\":\"DELETE\"}", "method: ");
    assert_config ("webhook", "{\"url\":\"https://x/\",\"headerName\":\"A\"}", "headerValue: ");
    assert_config ("webhook", "{\"url\":\"https://x/\",\"headerValue\":\"A\"}", "headerName: ");
    assert_config ("webhook",
                   "{\"url\":\"https://x/\",\"headerName\":\"X-A\",\"headerValue\":\"b\"}", NULL);
    assert_config (
        "webhook",
        "{\"url\":\"https://x/\",\"headerName\":\"X-A\",\"headerValue\":\"b\\r\\nC: d\"}",
        "headerValue: ");
    assert_config ("webhook",
                   "{\"url\":\"https://x/\",\"headerName\":\"A: b\\nC\",\"headerValue\":\"b\"}",
                   "headerName: ");
    assert_config ("webhook",
                   "{\"url\":\"https://x/\",\"headerName\":\"hOST\",\"headerValue\":\"b\"}",
                   "headerName: ");
}

static void
test_hosts_are_listed_one_by_one (void)
{
    static const char list[] = " home.lan , 10.0.0.1:8123,[fd00::1]:80";
    static const struct {
        const char *hosts, *url;
        gboolean is_listed;
    } cases[] = {
        { list, "http://home.lan/x", TRUE },
        { list, "https://HOME.lan:9000/", TRUE },
        { list, "http://home.lan.evil.org/", FALSE },
        { list, "http://evil.org/home.lan", FALSE },
        { list, "http://home/", FALSE },
        { list, "http://10.0.0.1:8123/", TRUE },
        { list, "http://10.0.0.1/", FALSE },
        { list, "http://10.0.0.1:81234/", FALSE },
        { list, "http://[fd00::1]/", TRUE },
        { list, "http://[fd00::1]:81/", FALSE },
        { "a.lan:80", "http://a.lan/", TRUE },
        { "a.lan:80", "https://a.lan/", FALSE },
        { "*", "http://127.0.0.1:5432/", TRUE },
        { "", "http://127.0.0.1/", FALSE },
        { ",", "http://127.0.0.1/", FALSE },
        { NULL, "http://127.0.0.1/", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_test_message ("%s", cases[i].url);
        g_assert_cmpint (webhook_host_is_listed (cases[i].hosts, cases[i].url), ==,
                         cases[i].is_listed);
    }
}

static void
test_shared_configs_keep_secrets (void)
{
    g_autoptr (Arena) arena = arena_new ();

    g_assert_cmpstr (plugin_share_config (method ("webhook"), arena,
                                          "{\"url\":\"https://x/token\",\"method\":\"PUT\","
                                          "\"headerName\":\"A\",\"headerValue\":\"secret\"}"),
                     ==, "{\"method\":\"PUT\",\"headerName\":\"A\"}");
    g_assert_cmpstr (
        plugin_share_config (method ("assetAddToAlbums"), arena, "{\"albumIds\":[\"x\"]}"), ==,
        "{}");
    g_assert_null (plugin_share_config (method ("assetArchive"), arena, NULL));
}

/* ---- filters ---- */

static void
test_names_are_compared (void)
{
    /* the name with a combining accent, as another system writes it */
    const AssetRow asset = { .original_file_name = "Screenshot_Caf\x65\xcc\x81.PNG",
                             .original_path = "/photos/2020/a.png" };
    static const struct {
        const char *config;
        gboolean passes;
    } cases[] = {
        { "{\"pattern\":\"screenshot\"}", TRUE },
        { "{\"pattern\":\"screenshot\",\"caseSensitive\":true}", FALSE },
        { "{\"pattern\":\"Screenshot\",\"caseSensitive\":true}", TRUE },
        { "{\"pattern\":\"caf\xc3\x89\"}", TRUE },
        { "{\"pattern\":\"2020\"}", FALSE },
        { "{\"pattern\":\"/2020/\",\"usePath\":true}", TRUE },
        { "{\"pattern\":\"shot\",\"matchType\":\"startsWith\"}", FALSE },
        { "{\"pattern\":\"screen\",\"matchType\":\"startsWith\"}", TRUE },
        { "{\"pattern\":\".png\",\"matchType\":\"endsWith\"}", TRUE },
        { "{\"pattern\":\"screenshot\",\"matchType\":\"exact\"}", FALSE },
        { "{\"pattern\":\"screenshot_caf\xc3\xa9.png\",\"matchType\":\"exact\"}", TRUE },
        { "{\"pattern\":\"^screen.*\\\\.png$\",\"matchType\":\"regex\"}", TRUE },
        { "{\"pattern\":\"^screen.*\\\\.png$\",\"matchType\":\"regex\",\"caseSensitive\":true}",
          FALSE },
        { "{\"pattern\":\"caf\xc3\xa9\",\"matchType\":\"regex\"}", TRUE },
        { "{\"pattern\":\".\",\"matchType\":\"contains\"}", TRUE },
        { "{\"pattern\":\"*\",\"matchType\":\"contains\"}", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        assert_filter ("assetFileFilter", cases[i].config, &asset, cases[i].passes);
}

/* Each of these would run for longer than the universe lasts, or eat all memory; under a debugger or a
 * sanitizer they end just so. */
static void
test_hostile_expressions_end (void)
{
    static const char *const patterns[] = {
        "^(a+)+$",
        "^(a|a)*$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(a*)*(a*)*(a*)*b",
        "^(a?){60}a{60}b",
        "(?:(?R)|a)*b",
        "(x+x+)+y",
        "((a{1,100}){1,100}){1,100}b",
        "(*LIMIT_MATCH=4000000000)(*LIMIT_DEPTH=4000000000)^(a+)+$",
    };
    g_autofree char *name = g_strnfill (200, 'a');
    g_autofree char *long_name = g_strconcat (name, "!", NULL);
    const AssetRow asset = { .original_file_name = long_name };

    for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++) {
        g_autofree char *config =
            g_strdup_printf ("{\"pattern\":\"%s\",\"matchType\":\"regex\"}", patterns[i]);
        g_autoptr (GError) error = NULL;
        PluginResult result = try_filter ("assetFileFilter", config, &asset, &error);

        g_test_message ("%s: %s", patterns[i], error != NULL ? error->message : "no match");
        if (result == PLUGIN_FAILED)
            g_assert_true (g_str_has_prefix (error->message, "pattern: "));
        else
            g_assert_cmpint (result, ==, PLUGIN_HALTED);
    }
    /* the limit of the last one counts, although the pattern asks for more */
    {
        g_autoptr (GError) error = NULL;

        g_assert_cmpint (
            try_filter (
                "assetFileFilter",
                "{\"pattern\":\"(*LIMIT_MATCH=4000000000)^(a+)+$\",\"matchType\":\"regex\"}",
                &asset, &error),
            ==, PLUGIN_FAILED);
        g_assert_nonnull (strstr (error->message, "too many steps"));
    }
}

static gint64
at (const char *text)
{
    g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (text, NULL);

    return g_date_time_to_unix (date) * 1000;
}

static void
test_dates_include_both_ends (void)
{
    static const char range[] = "{\"startDate\":{\"year\":2024,\"month\":2,\"day\":28},"
                                "\"endDate\":{\"year\":2024,\"month\":3,\"day\":1}}";
    static const char feast[] = "{\"startDate\":{\"year\":1,\"month\":12,\"day\":24},"
                                "\"endDate\":{\"month\":1,\"day\":6},\"recurring\":true}";
    static const char since[] = "{\"startDate\":{\"year\":1969,\"month\":12,\"day\":31}}";
    static const char summer[] = "{\"startDate\":{\"month\":6,\"day\":1},"
                                 "\"endDate\":{\"month\":8,\"day\":31},\"recurring\":true}";
    static const struct {
        const char *config, *when;
        gboolean passes;
    } cases[] = {
        { range, "2024-02-27T23:59:59Z", FALSE }, { range, "2024-02-28T00:00:00Z", TRUE },
        { range, "2024-02-29T12:00:00Z", TRUE },  { range, "2024-03-01T23:59:59Z", TRUE },
        { range, "2024-03-02T00:00:00Z", FALSE }, { range, "2023-02-28T00:00:00Z", FALSE },
        { feast, "1999-12-24T00:00:00Z", TRUE },  { feast, "2020-01-06T23:00:00Z", TRUE },
        { feast, "2020-01-07T00:00:00Z", FALSE }, { feast, "2020-07-01T00:00:00Z", FALSE },
        { since, "1969-12-31T00:00:00Z", TRUE },  { since, "1969-12-30T23:59:59Z", FALSE },
        { summer, "1950-07-15T00:00:00Z", TRUE }, { summer, "2030-09-01T00:00:00Z", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        const AssetRow asset = { .local_date_time = at (cases[i].when) };

        g_test_message ("%s", cases[i].when);
        assert_filter ("assetDateFilter", cases[i].config, &asset, cases[i].passes);
    }
}

static void
test_types_places_and_cameras (void)
{
    const AssetRow asset = { .type = ASSET_TYPE_VIDEO,
                             .country = "Germany",
                             .city = "K\xc3\xb6ln",
                             .make = "Canon",
                             .model = "EOS R5" };

    assert_filter ("assetTypeFilter", "{\"allowedTypes\":[\"IMAGE\"]}", &asset, FALSE);
    assert_filter ("assetTypeFilter", "{\"allowedTypes\":[\"IMAGE\",\"VIDEO\"]}", &asset, TRUE);
    assert_filter ("assetLocationFilter", "{\"country\":\"germany\"}", &asset, TRUE);
    assert_filter ("assetLocationFilter", "{\"city\":\"k\xc3\x96LN\",\"country\":\"Germany\"}",
                   &asset, TRUE);
    assert_filter ("assetLocationFilter", "{\"city\":\"Bonn\",\"country\":\"Germany\"}", &asset,
                   FALSE);
    assert_filter ("assetLocationFilter", "{\"state\":\"NRW\"}", &asset, FALSE);
    assert_filter ("assetCameraFilter", "{\"make\":\"CANON\",\"model\":\"eos r5\"}", &asset, TRUE);
    assert_filter ("assetCameraFilter", "{\"lensModel\":\"50mm\"}", &asset, FALSE);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/plugins/methods-are-complete", test_methods_are_complete);
    g_test_add_func ("/plugins/schemas", test_schemas_say_what_is_checked);
    g_test_add_func ("/plugins/templates", test_templates_fit_their_methods);
    g_test_add_func ("/plugins/configs", test_configs_are_checked);
    g_test_add_func ("/plugins/large-configs", test_large_configs_are_refused);
    g_test_add_func ("/plugins/webhooks", test_webhooks_are_checked);
    g_test_add_func ("/plugins/hosts", test_hosts_are_listed_one_by_one);
    g_test_add_func ("/plugins/sharing", test_shared_configs_keep_secrets);
    g_test_add_func ("/plugins/names", test_names_are_compared);
    g_test_add_func ("/plugins/hostile-expressions", test_hostile_expressions_end);
    g_test_add_func ("/plugins/dates", test_dates_include_both_ends);
    g_test_add_func ("/plugins/types-places-cameras", test_types_places_and_cameras);
    return g_test_run ();
}
