#include "features/storage-template/storage_path.h"

#include <string.h>

#include "base/error.h"

static void
test_names_lose_what_some_system_does_not_take (void)
{
    static const char *const names[][2] = {
        { "IMG_1", "IMG_1" },
        { "a/b?c<d>e\\f:g*h|i\"j", "abcdefghij" },
        { "a\nb\tc\x7f\x01", "abc" },
        { "a\xc2\x85"
          "b",
          "ab" }, /* a control character of two bytes */
        { "..", "" },
        { ".", "" },
        { "...", "" },
        { "..hidden", "..hidden" },
        { "end. . ", "end" },
        { "con", "" },
        { "NUL.txt", "" },
        { "lpt1", "" },
        { "console", "console" },
        { "Grüße 日本", "Grüße 日本" },
        { "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "", "" },
    };
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        g_assert_cmpstr (storage_path_clean (arena, names[i][0]), ==, names[i][1]);
}

static void
test_a_long_name_is_cut_between_characters (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) longest = g_string_new (NULL);
    const char *clean;

    for (int i = 0; i < 200; i++)
        g_string_append (longest, "日"); /* three bytes each */
    clean = storage_path_clean (arena, longest->str);
    g_assert_cmpuint (strlen (clean), ==, 255);
    g_assert_true (g_utf8_validate (clean, -1, NULL));
}

static void
test_the_name_is_the_last_part_without_extension (void)
{
    static const char *const names[][2] = {
        { "IMG_1.JPG", "IMG_1" },
        { "a/b/IMG.2.jpeg", "IMG.2" },
        { "../../etc/passwd.jpg", "passwd" },
        { "../...jpg", "" },
        { ".jpg", ".jpg" },
        { "a/", "" },
        { "no-extension", "no-extension" },
    };
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        g_assert_cmpstr (storage_path_name (arena, names[i][0]), ==, names[i][1]);
}

static void
test_extensions_have_one_spelling (void)
{
    static const char *const paths[][2] = {
        { "upload/x/IMG.JPEG", "jpg" },
        { "a.jpe", "jpg" },
        { "a.TIF", "tiff" },
        { "a.3gpp", "3gp" },
        { "a.mpeg", "mpg" },
        { "a.mpe", "mpg" },
        { "a.m2ts", "mts" },
        { "a.M2T", "mts" },
        { "a.heic", "heic" },
        { "a.b/c", "" },
        { "a.", "" },
        { "x.dng", "dng" },
    };
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
        g_assert_cmpstr (storage_path_extension (arena, paths[i][0]), ==, paths[i][1]);
}

static void
test_paths_stay_below_their_root (void)
{
    static const char *const rendered[][2] = {
        { "2024/2024-01-02/IMG_1", "library/ann/2024/2024-01-02/IMG_1.jpg" },
        { "//a///b/", "library/ann/a/b.jpg" },
        { "a/./b", "library/ann/a/b.jpg" },
        { "a/../b", "library/ann/b.jpg" },
        { "a/b/../../c", "library/ann/c.jpg" },
        { "a/..", NULL },
        { "../x", NULL },
        { "a/../../x", NULL },
        { "/../../etc/x", NULL },
        { ".\n./x", NULL }, /* it is '..' once the control character is gone */
        { "", NULL },
        { "/./", NULL },
        { "a\x01"
          "b/c\x7f",
          "library/ann/ab/c.jpg" },
        { "...", "library/ann/....jpg" },
    };
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (rendered); i++) {
        g_autoptr (GError) error = NULL;
        const char *path = storage_path_below (arena, "library/ann", rendered[i][0], "jpg", &error);

        g_assert_cmpstr (path, ==, rendered[i][1]);
        if (path == NULL)
            g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    }
}

static void
test_long_paths_fit_a_file_system (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autofree char *part = g_strnfill (400, 'x');
    g_autofree char *two = g_strdup_printf ("%s/%s", part, part);
    g_autoptr (GString) deep = g_string_new ("x");
    const char *path = storage_path_below (arena, "library/ann", two, "jpg", NULL);
    g_auto (GStrv) parts = g_strsplit (path, "/", -1);

    g_assert_cmpuint (strlen (parts[2]), ==, 255);
    g_assert_cmpuint (strlen (parts[3]), <=, 255 - strlen (".") - strlen ("+99999.xmp.tmp"));
    g_assert_true (g_str_has_suffix (parts[3], ".jpg"));
    for (int i = 0; i < 2000; i++)
        g_string_append (deep, "/x");
    g_assert_null (storage_path_below (arena, "library/ann", deep->str, "jpg", NULL));
}

static void
test_numbers_stand_before_the_extension (void)
{
    static const char target[] = "library/ann/2024/IMG.jpg";
    static const struct {
        const char *path;
        gboolean is_at;
    } paths[] = {
        { "library/ann/2024/IMG.jpg", TRUE },     { "library/ann/2024/IMG+1.jpg", TRUE },
        { "library/ann/2024/IMG+12.jpg", TRUE },  { "library/ann/2024/IMG+.jpg", FALSE },
        { "library/ann/2024/IMG+01.jpg", FALSE }, { "library/ann/2024/IMG+1.png", FALSE },
        { "library/ann/2024/IMG+1x.jpg", FALSE }, { "library/ann/2023/IMG+1.jpg", FALSE },
        { "library/ann/2024/IM+1.jpg", FALSE },   { "library/ann/2024/IMG+1.jpg.xmp", FALSE },
    };
    g_autoptr (Arena) arena = arena_new ();

    g_assert_cmpstr (storage_path_numbered (arena, target, 0), ==, target);
    g_assert_cmpstr (storage_path_numbered (arena, target, 3), ==, "library/ann/2024/IMG+3.jpg");
    g_assert_cmpstr (storage_path_numbered (arena, "a.b/c", 1), ==, "a.b/c+1");
    for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
        if (storage_path_is_at (paths[i].path, target) != paths[i].is_at)
            g_error ("'%s'", paths[i].path);
    g_assert_cmpstr (storage_path_with_extension (arena, "a/b+1.jpg", "mov"), ==, "a/b+1.mov");
    g_assert_cmpstr (storage_path_with_extension (arena, "a/b.c.jpg", ""), ==, "a/b.c");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/storage-path/clean", test_names_lose_what_some_system_does_not_take);
    g_test_add_func ("/storage-path/cut", test_a_long_name_is_cut_between_characters);
    g_test_add_func ("/storage-path/name", test_the_name_is_the_last_part_without_extension);
    g_test_add_func ("/storage-path/extension", test_extensions_have_one_spelling);
    g_test_add_func ("/storage-path/below", test_paths_stay_below_their_root);
    g_test_add_func ("/storage-path/long", test_long_paths_fit_a_file_system);
    g_test_add_func ("/storage-path/numbers", test_numbers_stand_before_the_extension);
    return g_test_run ();
}
