/* Names in archives, and how what is downloaded is cut into them. */
#include <string.h>

#include "features/download/download_private.h"

static void
test_names_are_made_safe (void)
{
    static const char *const cases[][2] = {
        { "IMG_1.jpg", "IMG_1.jpg" },
        { "../../etc/passwd", "....etcpasswd" },
        { "a\\b:c*d?e\"f<g>h|i", "abcdefghi" },
        { "", "unnamed" },
        { ".", "unnamed" },
        { "...", "unnamed" },
        { "a. . ", "a" },
        { "con", "unnamed" },
        { "NUL.txt", "unnamed" },
        { "com1.jpg", "unnamed" },
        { "company.jpg", "company.jpg" },
        { "..hidden", "..hidden" },
        { "a\nb\x7f"
          "c\xc2\x85"
          "d",
          "abcd" },
        { "Zürich 東京.png", "Zürich 東京.png" },
    };
    g_autoptr (Arena) arena = arena_new ();
    g_autofree char *long_name = g_strnfill (300, 'x');
    g_autofree char *wide_name = g_strconcat (long_name, "é.jpeg", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        g_assert_cmpstr (download_name_clean (arena, cases[i][0]), ==, cases[i][1]);
    g_assert_cmpuint (strlen (download_name_clean (arena, long_name)), ==, 255);
    g_assert_true (g_str_has_suffix (download_name_clean (arena, wide_name), "x.jpeg"));
    for (guint n = 240; n < 260; n++) {
        g_autofree char *start = g_strnfill (n, 'x');
        g_autofree char *name = g_strconcat (start, "東京東京.jpg", NULL);
        const char *clean = download_name_clean (arena, name);

        g_assert_true (g_utf8_validate (clean, -1, NULL));
        g_assert_cmpuint (strlen (clean), <=, 255);
    }
}

static void
test_equal_names_are_told_apart (void)
{
    static const char *const given[] = { "a.jpg", "a.jpg", "a+1.jpg", "a.jpg", "A.jpg",
                                         "b",     "b",     ".x",      ".x",    "a+1.jpg" };
    static const char *const wanted[] = { "a.jpg", "a+1.jpg", "a+1+1.jpg", "a+2.jpg", "A.jpg",
                                          "b",     "b+1",     ".x",        ".x+1",    "a+1+2.jpg" };
    g_autoptr (DownloadNames) names = download_names_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (given); i++)
        g_assert_cmpstr (download_names_take (names, given[i]), ==, wanted[i]);
}

static void
test_archives_are_full_once_they_exceed_the_limit (void)
{
    static const gint64 sizes[] = { 60, 40, 1, 200, 5 };
    g_autoptr (Arena) arena = arena_new ();
    DownloadItemRow items[G_N_ELEMENTS (sizes)] = { 0 };
    DownloadResponse out;

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        items[i].id = arena_printf (arena, "%zu", i);
        items[i].size_bytes = sizes[i];
    }
    download_split (arena, items, G_N_ELEMENTS (sizes), 100, &out);
    g_assert_cmpint (out.total_size, ==, 306);
    g_assert_cmpuint (out.archives.n, ==, 3);
    g_assert_cmpuint (out.archives.items[0].asset_ids.n, ==, 3);
    g_assert_cmpint (out.archives.items[0].size, ==, 101);
    g_assert_cmpstr (out.archives.items[1].asset_ids.items[0], ==, "3");
    g_assert_cmpint (out.archives.items[2].size, ==, 5);
    download_split (arena, items, 0, 100, &out);
    g_assert_cmpuint (out.archives.n, ==, 0);
}

static void
test_header_names_have_no_apostrophe (void)
{
    g_autoptr (Arena) arena = arena_new ();

    g_assert_cmpstr (download_name_encode (arena, "it's 'me'\r\n"), ==, "it%27s%20%27me%27%0D%0A");
    g_assert_cmpstr (download_name_encode (arena, ""), ==, "");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/names/are-made-safe", test_names_are_made_safe);
    g_test_add_func ("/names/equal-ones-are-told-apart", test_equal_names_are_told_apart);
    g_test_add_func ("/names/of-headers-have-no-apostrophe", test_header_names_have_no_apostrophe);
    g_test_add_func ("/archives/are-full-once-they-exceed-the-limit",
                     test_archives_are_full_once_they_exceed_the_limit);
    return g_test_run ();
}
