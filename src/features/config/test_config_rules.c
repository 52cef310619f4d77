/* test_config_rules.c -- what is stored of a config, what it becomes when read, and what it must not be */
#include "features/config/config_rules.h"

#include <string.h>

#include "features/config/config_defaults.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

static json_t *
parse (const char *text)
{
    json_t *value = json_loads (text, JSON_DECODE_ANY, NULL);

    g_assert_nonnull (value);
    return value;
}

static void
assert_json (const json_t *value, const char *expected)
{
    g_autoptr (json_t) wanted = parse (expected);

    if (!json_equal (value, wanted)) {
        g_autofree char *text = json_dumps (value, JSON_COMPACT);

        g_error ("%s is not %s", text, expected);
    }
}

static void
check_merge (const char *base_text, const char *overlay_text, const char *expected)
{
    g_autoptr (json_t) base = parse (base_text), overlay = parse (overlay_text);
    g_autoptr (json_t) whole = config_merge (base, overlay);

    assert_json (whole, expected);
    assert_json (base, base_text); /* as it was */
}

static void
test_merge_goes_member_by_member (void)
{
    check_merge ("{\"a\":{\"b\":1,\"c\":2},\"d\":[1,2]}", "{\"a\":{\"c\":3},\"d\":[9]}",
                 "{\"a\":{\"b\":1,\"c\":3},\"d\":[9]}");
    check_merge ("{\"a\":{\"b\":1}}", "{}", "{\"a\":{\"b\":1}}");
    check_merge ("{\"a\":{\"b\":1}}", "{\"a\":5,\"x\":{\"y\":1}}", "{\"a\":5,\"x\":{\"y\":1}}");
}

static void
check_difference (const char *document_text, const char *expected)
{
    g_autoptr (json_t) document = parse (document_text);
    g_autoptr (json_t) defaults =
        parse ("{\"a\":{\"b\":1,\"c\":\"text\"},\"d\":[1,2],\"e\":null,\"f\":true}");
    g_autoptr (json_t) difference = config_difference (document, defaults);
    g_autoptr (json_t) whole = config_merge (defaults, difference);
    g_autoptr (json_t) again = config_difference (whole, defaults);

    assert_json (difference, expected);
    assert_json (again, expected); /* what was stored is read, and stored the same */
}

static void
test_only_what_differs_is_stored (void)
{
    check_difference ("{\"a\":{\"b\":1,\"c\":\"text\"},\"d\":[1,2],\"e\":null,\"f\":true}", "{}");
    check_difference ("{\"a\":{\"b\":2,\"c\":\"text\"},\"f\":false}",
                      "{\"a\":{\"b\":2},\"f\":false}");
    check_difference ("{\"d\":[2,1],\"e\":7}", "{\"d\":[2,1],\"e\":7}");
}

static void
test_null_and_an_empty_text_mean_the_default (void)
{
    check_difference ("{\"a\":{\"b\":null,\"c\":\"\"},\"d\":null}", "{}");
}

static void
test_the_defaults_obey_the_rules (void)
{
    g_autoptr (json_t) defaults = parse (config_defaults_json);
    g_autoptr (json_t) normal = json_deep_copy (defaults);
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    AdminConfig config = { 0 };
    const char *path = NULL;

    config_normalise (normal);
    g_assert_true (json_equal (defaults, normal));
    api_read_json (&admin_config_type, config_defaults_json, -1, arena, &config, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (config_check (arena, &config, &path), ==, NULL);
}

static void
check_domain (const char *before, const char *after)
{
    g_autoptr (json_t) document = json_pack ("{s:{s:s}}", "server", "externalDomain", before);

    config_normalise (document);
    g_assert_cmpstr (json_string_value (
                         json_object_get (json_object_get (document, "server"), "externalDomain")),
                     ==, after);
}

static void
test_an_external_domain_is_an_origin (void)
{
    check_domain ("", "");
    check_domain ("https://photos.example", "https://photos.example");
    check_domain ("https://photos.example/", "https://photos.example");
    check_domain ("https://user:pass@photos.example:8443/a/b?c#d",
                  "https://user:pass@photos.example:8443");
    check_domain ("https://photos.example?x=1", "https://photos.example");
}

static void
test_targets_are_accepted (void)
{
    g_autoptr (json_t) document =
        parse ("{\"ffmpeg\":{\"targetVideoCodec\":\"hevc\",\"acceptedVideoCodecs\":[\"h264\"],"
               "\"targetAudioCodec\":\"aac\",\"acceptedAudioCodecs\":[]}}");
    g_autoptr (json_t) nonsense = parse ("{\"ffmpeg\":7,\"server\":[]}");
    json_t *ffmpeg = json_object_get (document, "ffmpeg");

    config_normalise (document);
    config_normalise (document); /* once is enough */
    assert_json (json_object_get (ffmpeg, "acceptedVideoCodecs"), "[\"h264\",\"hevc\"]");
    assert_json (json_object_get (ffmpeg, "acceptedAudioCodecs"), "[\"aac\"]");
    config_normalise (nonsense); /* refused later, by its type */
}

static void
test_cron (void)
{
    static const char *const right[] = {
        "0 0 * * *",   "*/5 * * * *",      "0 02 * * *",   "59 23 31 12 7", "0 0 * jan-mar mon,fri",
        "0 0 0 * * *", "0 0 0 1 1 ? 2026", " 0\t0 * * * ", "1-5/2 * * * *", "0 0 1,15 * 0",
    };
    static const char *const wrong[] = {
        "",
        "foo",
        "@daily",
        "* * * *",
        "0 25 * * *",
        "60 * * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/x * * * *",
        "1, * * * *",
        "- * * * *",
        "-5 * * * *",
        "0 0 32 * *",
        "jan * * * *",
        "0 0 * * * * * *",
        "1-2-3 * * * *",
        "0 0 * * mon-",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (right); i++)
        if (!config_is_cron (right[i]))
            g_error ("'%s' is refused", right[i]);
    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
        if (config_is_cron (wrong[i]))
            g_error ("'%s' is taken", wrong[i]);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/config/merge", test_merge_goes_member_by_member);
    g_test_add_func ("/config/difference", test_only_what_differs_is_stored);
    g_test_add_func ("/config/unset", test_null_and_an_empty_text_mean_the_default);
    g_test_add_func ("/config/defaults", test_the_defaults_obey_the_rules);
    g_test_add_func ("/config/external-domain", test_an_external_domain_is_an_origin);
    g_test_add_func ("/config/targets", test_targets_are_accepted);
    g_test_add_func ("/config/cron", test_cron);
    return g_test_run ();
}
