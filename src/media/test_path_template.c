#include "media/path_template.h"

#include <string.h>

#include "base/error.h"

static const char *
render (Arena *arena, const char *text, const PathValues *values)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (PathTemplate) template = path_template_parse (text, &error);
    const char *out;

    g_assert_no_error (error);
    out = path_template_render (template, values, arena, &error);
    g_assert_no_error (error);
    return out;
}

static PathValues
photo (void)
{
    return (PathValues){ .filename = "IMG_1",
                         .ext = "jpg",
                         .filetype = "IMG",
                         .filetypefull = "IMAGE",
                         .asset_id = "0b3d1a2c-1111-4222-8333-123456789abc",
                         .asset_id_short = "123456789abc",
                         .make = "Canon",
                         .model = "EOS",
                         .lens_model = "",
                         .album = "" };
}

static void
assert_renders (const char *text, const PathValues *values, const char *wanted)
{
    g_autoptr (Arena) arena = arena_new ();

    g_assert_cmpstr (render (arena, text, values), ==, wanted);
}

static void
test_variables (void)
{
    g_autoptr (GDateTime) at = g_date_time_new_utc (2023, 1, 2, 15, 4, 5.067);
    PathValues values = photo ();

    values.at = at;
    assert_renders ("{{y}}/{{y}}-{{MM}}-{{dd}}/{{filename}}", &values, "2023/2023-01-02/IMG_1");
    assert_renders ("{{yy}} {{M}} {{MM}} {{MMM}} {{MMMM}} {{W}} {{WW}} {{d}} {{dd}}", &values,
                    "23 1 01 Jan January 1 01 2 02");
    assert_renders ("{{h}} {{hh}} {{H}} {{HH}} {{m}} {{mm}} {{s}} {{ss}} {{SSS}}", &values,
                    "3 03 15 15 4 04 5 05 067");
    assert_renders ("{{filetype}}{{filetypefull}}{{ext}}{{assetId}}/{{ assetIdShort }}", &values,
                    "IMGIMAGEjpg0b3d1a2c-1111-4222-8333-123456789abc/123456789abc");
    assert_renders ("{{make}}/{{model}}/{{lensModel}}/{{filename}}", &values, "Canon/EOS//IMG_1");
    assert_renders ("plain", &values, "plain");
    assert_renders ("", &values, "");
    assert_renders ("a}}b", &values, "a}}b");
}

static void
test_midnight_and_the_last_week_of_a_year (void)
{
    g_autoptr (GDateTime) at = g_date_time_new_utc (2021, 1, 1, 0, 0, 0);
    PathValues values = photo ();

    values.at = at;
    assert_renders ("{{h}} {{hh}} {{H}} {{HH}} {{W}}", &values, "12 12 0 00 53");
}

static void
test_conditions (void)
{
    static const char nested[] = "{{#if album}}a{{#if lensModel}}b{{else}}c{{/if}}d"
                                 "{{else if make}}e{{else}}f{{/if}}g";
    PathValues values = photo ();

    assert_renders ("{{#if album}}{{album}}{{else}}Other{{/if}}/x", &values, "Other/x");
    assert_renders ("{{#if album}}{{album}}{{/if}}/x", &values, "/x");
    assert_renders (nested, &values, "eg");
    values.make = "";
    assert_renders (nested, &values, "fg");
    values.album = "Summer";
    assert_renders ("{{#if album}}{{album}}{{else}}Other{{/if}}/x", &values, "Summer/x");
    assert_renders (nested, &values, "acdg");
    values.lens_model = "50 mm";
    assert_renders (nested, &values, "abdg");
    values.album = "0";
    assert_renders ("{{#if album}}{{album}}{{/if}}", &values, "0");
}

static void
test_values_are_written_as_in_html_unless_braced_three_times (void)
{
    PathValues values = photo ();

    values.album = "a & b's \"c\" <d> `e` = f";
    assert_renders ("{{album}}", &values,
                    "a &amp; b&#x27;s &quot;c&quot; &lt;d&gt; &#x60;e&#x60; &#x3D; f");
    assert_renders ("{{{album}}}", &values, "a & b's \"c\" <d> `e` = f");
    values.album = "{{filename}}";
    assert_renders ("{{{album}}}", &values, "{{filename}}");
}

static void
test_dates_of_an_album_need_one (void)
{
    static const char text[] = "{{album-startDate-y}}-{{album-endDate-MM}}";
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GDateTime) start = g_date_time_new_utc (2020, 5, 6, 0, 0, 0);
    g_autoptr (GDateTime) end = g_date_time_new_utc (2021, 7, 8, 0, 0, 0);
    g_autoptr (PathTemplate) template = path_template_parse (text, NULL);
    g_autoptr (PathTemplate) other = path_template_parse ("{{#if album}}{{y}}{{/if}}", NULL);
    g_autoptr (GError) error = NULL;
    PathValues values = photo ();

    g_assert_true (path_template_uses_album_dates (template));
    g_assert_false (path_template_uses_album_dates (other));
    g_assert_null (path_template_render (template, &values, arena, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, "{{album-startDate-y}}"));
    values.album_start = start;
    values.album_end = end;
    assert_renders (text, &values, "2020-07");
    assert_renders ("{{#if album-startDate-y}}x{{/if}}", &values, "x");
}

static void
test_what_is_wrong_is_named (void)
{
    static const struct {
        const char *text, *named;
    } wrong[] = {
        { "{{foo}}", "'foo'" },
        { "{{y}}/{{fileName}}", "'fileName'" },
        { "{{filename", "'{{filename'" },
        { "{{{y}}", "'{{{y}}'" },
        { "{{", "'{{'" },
        { "{{{", "'{{{'" },
        { "{{}}", "''" },
        { "{{#if album}}{{filename}}", "'{{/if}}'" },
        { "{{/if}}", "'{{/if}}'" },
        { "{{else}}", "'{{else}}'" },
        { "{{else if album}}", "'{{else if album}}'" },
        { "{{#if nothing}}x{{/if}}", "'nothing'" },
        { "{{#if}}x{{/if}}", "'#if'" },
        { "{{#if album}}a{{else}}b{{else}}c{{/if}}", "'{{else}}'" },
        { "{{#if album}}a{{else}}b{{else if make}}c{{/if}}", "'{{else if make}}'" },
        { "{{#each album}}{{/each}}", "'#each album'" },
        { "{{album-startDate-foo}}", "'album-startDate-foo'" },
        { "{{#if album}}{{/if}}{{/if}}", "'{{/if}}'" },
        { "{{y z}}", "'y z'" },
        { "{{SS}}", "'SS'" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autofree char *exact = g_strdup (wrong[i].text); /* a reader past its end is seen */
        g_autoptr (GError) error = NULL;

        if (path_template_parse (exact, &error) != NULL)
            g_error ("'%s' is taken", exact);
        g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
        if (strstr (error->message, wrong[i].named) == NULL)
            g_error ("'%s': %s", exact, error->message);
    }
}

static void
test_what_never_ends_is_refused (void)
{
    g_autoptr (GString) deep = g_string_new (NULL);
    g_autofree char *longest = g_strnfill (4096, 'x'), *longer = g_strnfill (4097, 'x');
    g_autoptr (PathTemplate) taken = path_template_parse (longest, NULL);

    for (int i = 0; i < 33; i++)
        g_string_append (deep, "{{#if album}}");
    for (int i = 0; i < 33; i++)
        g_string_append (deep, "{{/if}}");
    g_assert_null (path_template_parse (deep->str, NULL));
    g_assert_null (path_template_parse (longer, NULL));
    g_assert_nonnull (taken);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/path-template/variables", test_variables);
    g_test_add_func ("/path-template/midnight", test_midnight_and_the_last_week_of_a_year);
    g_test_add_func ("/path-template/conditions", test_conditions);
    g_test_add_func ("/path-template/escapes",
                     test_values_are_written_as_in_html_unless_braced_three_times);
    g_test_add_func ("/path-template/album-dates", test_dates_of_an_album_need_one);
    g_test_add_func ("/path-template/wrong", test_what_is_wrong_is_named);
    g_test_add_func ("/path-template/limits", test_what_never_ends_is_refused);
    return g_test_run ();
}
