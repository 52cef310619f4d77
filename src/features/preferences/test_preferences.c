/* What is stored of preferences is what differs from the defaults. */
#include "features/preferences/preferences_merge.h"

#include <string.h>

static const UserPreferencesUpdate *
parse (Arena *arena, const char *json)
{
    UserPreferencesUpdate *out = arena_new0 (arena, UserPreferencesUpdate);
    g_autoptr (GError) error = NULL;

    api_read_json (&user_preferences_update_type, json, -1, arena, out, &error);
    g_assert_no_error (error);
    return out;
}

/* What is stored after @newer came to @older, as JSON. */
static char *
merge (const char *older, const char *newer)
{
    g_autoptr (Arena) arena = arena_new ();
    GString *out = g_string_new (NULL);
    UserPreferencesUpdate merged;

    preferences_merge (parse (arena, older), parse (arena, newer), arena, &merged);
    api_write_json (&user_preferences_update_type, &merged, out);
    return g_string_free (out, FALSE);
}

static void
assert_merged (const char *older, const char *newer, const char *expected)
{
    g_autofree char *found = merge (older, newer);

    g_assert_cmpstr (found, ==, expected);
}

static void
test_only_differences_are_stored (void)
{
    assert_merged ("{}", "{}", "{}");
    assert_merged ("{}", "{\"memories\":{\"enabled\":false}}",
                   "{\"memories\":{\"enabled\":false}}");
    assert_merged ("{}", "{\"memories\":{\"enabled\":true}}", "{}");
    assert_merged ("{\"memories\":{\"enabled\":false}}", "{\"memories\":{\"enabled\":true}}", "{}");
    assert_merged ("{\"memories\":{\"enabled\":false}}", "{\"memories\":{\"duration\":9}}",
                   "{\"memories\":{\"duration\":9,\"enabled\":false}}");
    assert_merged ("{\"download\":{\"archiveSize\":5}}", "{\"cast\":{\"gCastEnabled\":true}}",
                   "{\"cast\":{\"gCastEnabled\":true},\"download\":{\"archiveSize\":5}}");
    assert_merged ("{\"download\":{\"archiveSize\":5}}",
                   "{\"download\":{\"archiveSize\":4294967296}}", "{}");
}

static void
test_what_is_not_kept_is_dropped (void)
{
    assert_merged ("{}", "{\"avatar\":{\"color\":\"red\"}}", "{}");
}

static void
test_empty_text_goes_back_to_the_default (void)
{
    assert_merged ("{\"purchase\":{\"hideBuyButtonUntil\":\"2030\"}}", "{}",
                   "{\"purchase\":{\"hideBuyButtonUntil\":\"2030\"}}");
    assert_merged ("{\"purchase\":{\"hideBuyButtonUntil\":\"2030\"}}",
                   "{\"purchase\":{\"hideBuyButtonUntil\":\"\"}}", "{}");
}

static void
test_defaults_are_as_documented (void)
{
    static const char expected[] =
        "{\"albums\":{\"defaultAssetOrder\":\"desc\"},"
        "\"folders\":{\"enabled\":false,\"sidebarWeb\":false},"
        "\"memories\":{\"enabled\":true,\"duration\":5,\"sidebarWeb\":false},"
        "\"people\":{\"enabled\":true,\"sidebarWeb\":false},"
        "\"sharedLinks\":{\"enabled\":true,\"sidebarWeb\":false},"
        "\"ratings\":{\"enabled\":false},"
        "\"tags\":{\"enabled\":false,\"sidebarWeb\":false},"
        "\"emailNotifications\":{\"enabled\":true,\"albumInvite\":true,\"albumUpdate\":true},"
        "\"download\":{\"archiveSize\":4294967296,\"includeEmbeddedVideos\":false},"
        "\"purchase\":{\"showSupportBadge\":true,"
        "\"hideBuyButtonUntil\":\"2022-02-12T00:00:00.000Z\"},"
        "\"cast\":{\"gCastEnabled\":false},"
        "\"recentlyAdded\":{\"sidebarWeb\":false}}";
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) text = g_string_new (NULL);
    UserPreferencesResponse all;

    preferences_apply (NULL, arena, &all);
    api_write_json (&user_preferences_response_type, &all, text);
    g_assert_cmpstr (text->str, ==, expected);
}

static void
test_changes_apply (void)
{
    g_autoptr (Arena) arena = arena_new ();
    UserPreferencesResponse all;

    preferences_apply (parse (arena, "{\"albums\":{\"defaultAssetOrder\":\"asc\"},"
                                     "\"people\":{\"minimumFaces\":7}}"),
                       arena, &all);
    g_assert_cmpint (all.albums->default_asset_order, ==, ASSET_ORDER_ASC);
    g_assert_true (all.people->has_minimum_faces);
    g_assert_cmpint (all.people->minimum_faces, ==, 7);
    g_assert_true (all.people->enabled);
}

int
main (int argc, char *argv[])
{
    g_setenv ("TZ", "UTC", TRUE);
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/preferences/differences", test_only_differences_are_stored);
    g_test_add_func ("/preferences/dropped", test_what_is_not_kept_is_dropped);
    g_test_add_func ("/preferences/empty-text", test_empty_text_goes_back_to_the_default);
    g_test_add_func ("/preferences/defaults", test_defaults_are_as_documented);
    g_test_add_func ("/preferences/apply", test_changes_apply);
    return g_test_run ();
}
