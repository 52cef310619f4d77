/* Small files in memory: only while they are the same on the disk. */
#include "http/hot_files.h"

#include <glib/gstdio.h>
#include <string.h>

static GBytes *
bytes_of (const char *text)
{
    return g_bytes_new_static (text, strlen (text));
}

/* An old file: what changed just now is not kept. */
static void
test_is_kept_while_the_same (gconstpointer data)
{
    const char *old_path = data;
    g_autoptr (GBytes) bytes = bytes_of ("content"), found = NULL;
    struct stat info, changed, now;

    g_assert_cmpint (g_stat (old_path, &info), ==, 0);
    found = hot_files_find (old_path, &now);
    g_assert_null (found);
    hot_files_keep (old_path, &info, bytes);
    found = hot_files_find (old_path, &now);
    g_assert_true (found == bytes);
    g_assert_cmpint (now.st_ino, ==, info.st_ino);

    changed = info;
    changed.st_ino++; /* it was replaced since then */
    hot_files_keep (old_path, &changed, bytes);
    g_assert_null (hot_files_find (old_path, &now));
    changed = info;
    changed.st_mtim.tv_nsec ^= 1;
    hot_files_keep (old_path, &changed, bytes);
    g_assert_null (hot_files_find (old_path, &now));
    changed = info;
    changed.st_size++;
    hot_files_keep (old_path, &changed, bytes);
    g_assert_null (hot_files_find (old_path, &now));
    hot_files_keep (old_path, &info, bytes);
    g_clear_pointer (&found, g_bytes_unref);
    found = hot_files_find (old_path, &now);
    g_assert_true (found == bytes);
}

static void
test_what_just_changed_is_not_kept (void)
{
    g_autofree char *folder = g_dir_make_tmp ("tintype-hot-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (folder, "a", NULL);
    g_autoptr (GBytes) bytes = bytes_of ("content");
    struct stat info, now;

    do { /* a machine that stands still meanwhile makes it an old one */
        g_assert_true (g_file_set_contents (path, "content", -1, NULL));
        g_assert_cmpint (g_stat (path, &info), ==, 0);
        hot_files_keep (path, &info, bytes);
    } while (g_get_real_time () / G_USEC_PER_SEC > info.st_ctim.tv_sec + 1);
    g_assert_null (hot_files_find (path, &now));
    g_unlink (path);
    g_rmdir (folder);
}

static void
test_a_large_one_is_not_kept (gconstpointer data)
{
    const char *old_path = data;
    g_autofree char *much = g_malloc0 (HOT_FILE_MAX_BYTES + 1);
    g_autoptr (GBytes) bytes = g_bytes_new_static (much, HOT_FILE_MAX_BYTES + 1);
    g_autoptr (GBytes) small = bytes_of ("content"), found = NULL;
    struct stat info, now;

    g_assert_cmpint (g_stat (old_path, &info), ==, 0);
    hot_files_keep (old_path, &info, small);
    hot_files_keep (old_path, &info, bytes);
    found = hot_files_find (old_path, &now);
    g_assert_true (found == small);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_assert_cmpint (argc, ==, 2); /* a file that is older than some seconds */
    g_test_add_data_func ("/hot-files/is-kept-while-the-same", argv[1],
                          test_is_kept_while_the_same);
    g_test_add_func ("/hot-files/what-just-changed-is-not-kept",
                     test_what_just_changed_is_not_kept);
    g_test_add_data_func ("/hot-files/a-large-one-is-not-kept", argv[1],
                          test_a_large_one_is_not_kept);
    return g_test_run ();
}
