#include "media/relocate.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "media/layout.h"

typedef struct {
    char *folder, *from, *to;
    FileContent content;
    GError *error;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
    f->folder = g_dir_make_tmp ("relocate-XXXXXX", NULL);
    f->from = g_build_filename (f->folder, "a.jpg", NULL);
    f->to = g_build_filename (f->folder, "library", "ann", "2024", "b.jpg", NULL);
    g_assert_true (g_file_set_contents (f->from, "the photo", -1, NULL));
    g_assert_true (relocate_read (f->from, &f->content, NULL));
}

static void
remove_all (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *inner = g_build_filename (path, name, NULL);

        if (unlink (inner) != 0)
            remove_all (inner);
    }
    rmdir (path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
    remove_all (f->folder);
    g_clear_error (&f->error);
    g_free (f->folder);
    g_free (f->from);
    g_free (f->to);
}

static void
assert_holds (const char *path, const char *wanted)
{
    g_autofree char *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, wanted);
}

static void
test_a_file_is_at_both_paths_until_it_is_dropped (Fixture *f, gconstpointer data)
{
    g_autofree char *library = g_build_filename (f->folder, "library", NULL);
    g_autofree char *ann = g_build_filename (library, "ann", NULL);

    g_assert_true (relocate_place (f->from, f->to, &f->content, TRUE, &f->error));
    assert_holds (f->from, "the photo");
    assert_holds (f->to, "the photo");
    g_assert_true (relocate_is_copy (f->to, f->from, &f->content));
    g_assert_true (relocate_drop (f->from, library, &f->error));
    g_assert_false (g_file_test (f->from, G_FILE_TEST_EXISTS));
    assert_holds (f->to, "the photo");

    /* with the last file its folders go, but not the one that is kept */
    g_assert_true (relocate_drop (f->to, library, &f->error));
    g_assert_false (g_file_test (ann, G_FILE_TEST_EXISTS));
    g_assert_true (g_file_test (library, G_FILE_TEST_IS_DIR));
    g_assert_true (relocate_drop (f->to, library, &f->error));
}

static void
test_nothing_is_replaced (Fixture *f, gconstpointer data)
{
    g_autofree char *folder = g_path_get_dirname (f->to);

    g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
    g_assert_true (g_file_set_contents (f->to, "another photo", -1, NULL));
    g_assert_false (relocate_place (f->from, f->to, &f->content, TRUE, &f->error));
    g_assert_error (f->error, APP_ERROR, APP_ERROR_IO);
    assert_holds (f->from, "the photo");
    assert_holds (f->to, "another photo");
    g_assert_false (relocate_is_copy (f->to, f->from, &f->content));
}

static void
test_what_is_not_there_or_no_file_is_refused (Fixture *f, gconstpointer data)
{
    g_autofree char *link = g_build_filename (f->folder, "link.jpg", NULL);

    g_assert_cmpint (symlink (f->from, link), ==, 0);
    g_assert_false (relocate_place (link, f->to, &f->content, TRUE, &f->error));
    g_clear_error (&f->error);
    g_assert_false (relocate_place (f->folder, f->to, &f->content, TRUE, &f->error));
    g_clear_error (&f->error);
    g_unlink (f->from);
    g_assert_false (relocate_place (f->from, f->to, &f->content, TRUE, &f->error));
    g_assert_error (f->error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_false (g_file_test (f->to, G_FILE_TEST_EXISTS));
}

/* A folder on another file system than the fixture's; NULL: there is none here. */
static char *
other_file_system (const Fixture *f)
{
    g_autofree char *folder = g_strdup ("/dev/shm/relocate-XXXXXX");
    struct stat here, there;

    if (g_mkdtemp (folder) == NULL || stat (f->folder, &here) != 0 || stat (folder, &there) != 0)
        return NULL;
    if (here.st_dev != there.st_dev)
        return g_steal_pointer (&folder);
    rmdir (folder);
    return NULL;
}

static void
test_a_copy_has_content_and_time (Fixture *f, gconstpointer data)
{
    g_autofree char *folder = other_file_system (f);
    const struct timespec times[2] = { { 1000, 5 }, { 1700000000, 123456789 } };
    struct stat facts;
    g_autofree char *to = NULL, *temporary = NULL;

    if (folder == NULL) {
        g_test_skip ("/dev/shm is no file system of its own");
        return;
    }
    to = g_build_filename (folder, "x", "b.jpg", NULL);
    temporary = relocate_temporary (to);
    g_assert_cmpint (utimensat (AT_FDCWD, f->from, times, 0), ==, 0);
    g_assert_true (relocate_place (f->from, to, &f->content, TRUE, &f->error));
    assert_holds (f->from, "the photo");
    assert_holds (to, "the photo");
    g_assert_cmpint (stat (to, &facts), ==, 0);
    g_assert_cmpint (facts.st_mtim.tv_sec, ==, 1700000000);
    g_assert_cmpint (facts.st_mtim.tv_nsec, ==, 123456789);
    g_assert_false (g_file_test (temporary, G_FILE_TEST_EXISTS));

    /* a second one does not replace it */
    g_assert_true (g_file_set_contents (to, "another photo", -1, NULL));
    g_assert_false (relocate_place (f->from, to, &f->content, TRUE, &f->error));
    assert_holds (to, "another photo");
    g_assert_false (g_file_test (temporary, G_FILE_TEST_EXISTS));
    remove_all (folder);
}

static void
test_a_damaged_original_is_not_copied (Fixture *f, gconstpointer data)
{
    g_autofree char *folder = other_file_system (f);
    g_autofree char *to = NULL;

    if (folder == NULL) {
        g_test_skip ("/dev/shm is no file system of its own");
        return;
    }
    to = g_build_filename (folder, "b.jpg", NULL);
    g_assert_true (g_file_set_contents (f->from, "the phot0", -1, NULL));
    g_assert_false (relocate_place (f->from, to, &f->content, FALSE, &f->error));
    g_assert_error (f->error, APP_ERROR, APP_ERROR_MEDIA);
    g_assert_false (g_file_test (to, G_FILE_TEST_EXISTS));
    assert_holds (f->from, "the phot0");
    remove_all (folder);
}

/* A disk of 64 KiB, for this process alone. */
static gboolean
mount_small_disk (const char *folder)
{
    g_autofree char *map = g_strdup_printf ("0 %u 1", geteuid ());

    if (geteuid () == 0 ? unshare (CLONE_NEWNS) != 0
                        : unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
                              !g_file_set_contents_full ("/proc/self/uid_map", map, -1,
                                                         G_FILE_SET_CONTENTS_NONE, 0644, NULL))
        return FALSE;
    return mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount ("tmpfs", folder, "tmpfs", 0, "size=64k") == 0;
}

static void
test_a_full_disk_leaves_the_file_where_it_was (Fixture *f, gconstpointer data)
{
    g_autofree char *disk = g_build_filename (f->folder, "disk", NULL);
    g_autofree char *to = g_build_filename (disk, "ann", "b.jpg", NULL);
    g_autofree char *temporary = relocate_temporary (to);
    g_autofree char *large = g_strnfill (200000, 'x');

    if (!g_test_subprocess ()) {
        g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed ();
        return;
    }
    g_assert_cmpint (g_mkdir (disk, 0755), ==, 0);
    if (!mount_small_disk (disk)) {
        g_test_skip ("this machine lets nobody mount a small disk");
        return;
    }
    g_assert_true (g_file_set_contents (f->from, large, -1, NULL));
    g_assert_true (relocate_read (f->from, &f->content, NULL));
    g_assert_false (relocate_place (f->from, to, &f->content, TRUE, &f->error));
    g_assert_error (f->error, APP_ERROR, APP_ERROR_DISK_FULL);
    assert_holds (f->from, large);
    g_assert_false (g_file_test (to, G_FILE_TEST_EXISTS));
    g_assert_false (g_file_test (temporary, G_FILE_TEST_EXISTS));
    umount (disk);
}

static void
test_empty_folders_are_swept (Fixture *f, gconstpointer data)
{
    g_autofree char *empty = g_build_filename (f->folder, "library", "x", "y", "z", NULL);
    g_autofree char *x = g_build_filename (f->folder, "library", "x", NULL);
    g_autofree char *full = g_build_filename (f->folder, "library", "ann", "2024", NULL);
    g_autofree char *library = g_build_filename (f->folder, "library", NULL);

    g_assert_true (relocate_place (f->from, f->to, &f->content, TRUE, &f->error));
    g_assert_cmpint (g_mkdir_with_parents (empty, 0755), ==, 0);
    relocate_sweep_folders (library);
    g_assert_false (g_file_test (x, G_FILE_TEST_EXISTS));
    g_assert_true (g_file_test (full, G_FILE_TEST_IS_DIR));
    g_assert_true (g_file_test (f->to, G_FILE_TEST_EXISTS));
    g_unlink (f->to);
    relocate_sweep_folders (library);
    g_assert_true (g_file_test (library, G_FILE_TEST_IS_DIR));
    g_assert_false (g_file_test (full, G_FILE_TEST_EXISTS));
}

static void
test_one_has_the_lock (Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename (f->folder, ".moving", NULL);
    int mine = relocate_lock (path, TRUE, &f->error), other;

    g_assert_cmpint (mine, >=, 0);
    g_assert_cmpint (relocate_lock (path, FALSE, &f->error), ==, -1);
    g_assert_error (f->error, APP_ERROR, APP_ERROR_IO);
    close (mine);
    other = relocate_lock (path, FALSE, NULL);
    g_assert_cmpint (other, >=, 0);
    close (other);
}

/* Servers that start together: each sweeps what is not locked. */
static gpointer
claim_and_sweep (gpointer media)
{
    for (guint i = 0; i < 100; i++) {
        g_autoptr (GError) why = NULL;
        g_autofree char *mine = layout_claim_temporary (media, &why);

        g_assert_no_error (why);
        g_assert_true (g_file_test (mine, G_FILE_TEST_IS_DIR));
        layout_leave_temporary (mine); /* the fewer there are, the sooner a new one is found */
    }
    return NULL;
}

static void
test_a_claimed_folder_stays (Fixture *f, gconstpointer data)
{
    g_autofree char *base = g_build_filename (f->folder, "upload", ".tmp", NULL);
    GThread *others[3];

    g_assert_cmpint (g_mkdir_with_parents (base, 0700), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        others[i] = g_thread_new ("other", claim_and_sweep, f->folder);
    for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        g_thread_join (others[i]);
}

/* Who found no room for a folder of their own has files in the one of all. */
static void
test_what_others_have_stays (Fixture *f, gconstpointer data)
{
    g_autofree char *base = g_build_filename (f->folder, "upload", ".tmp", NULL);
    g_autofree char *file = g_build_filename (base, "other.part", NULL);
    g_autofree char *stream = g_build_filename (base, "stream-other", NULL);
    g_autofree char *dead = g_build_filename (base, "0a7c3f52-1d2e-4f60-9a3b-0c1d2e3f4a5b", NULL);
    g_autofree char *mine = NULL;

    g_assert_cmpint (g_mkdir_with_parents (stream, 0700), ==, 0);
    g_assert_cmpint (g_mkdir (dead, 0700), ==, 0);
    g_assert_true (g_file_set_contents (file, "x", 1, NULL));
    mine = layout_claim_temporary (f->folder, &f->error);
    g_assert_no_error (f->error);
    g_assert_false (g_file_test (dead, G_FILE_TEST_EXISTS));
    g_assert_true (g_file_test (stream, G_FILE_TEST_IS_DIR));
    layout_leave_temporary (mine);
    g_assert_false (g_file_test (mine, G_FILE_TEST_EXISTS));
    layout_leave_temporary (base);
    g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/relocate/" path, Fixture, NULL, set_up, test, tear_down)
    ADD ("both-paths", test_a_file_is_at_both_paths_until_it_is_dropped);
    ADD ("nothing-replaced", test_nothing_is_replaced);
    ADD ("refused", test_what_is_not_there_or_no_file_is_refused);
    ADD ("copy", test_a_copy_has_content_and_time);
    ADD ("damaged", test_a_damaged_original_is_not_copied);
    ADD ("full-disk", test_a_full_disk_leaves_the_file_where_it_was);
    ADD ("sweep", test_empty_folders_are_swept);
    ADD ("lock", test_one_has_the_lock);
    ADD ("claim", test_a_claimed_folder_stays);
    ADD ("others", test_what_others_have_stays);
    return g_test_run ();
}
