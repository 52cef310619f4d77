/* test_libraries.c -- which files patterns exclude, which folders may be import paths, and what a walk
 * finds */
#include "features/libraries/libraries_private.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "media/sidecar.h"

static gboolean
excludes (const char *pattern, const char *path)
{
    g_autoptr (GError) error = NULL;
    StringList list = { &pattern, 1 };
    g_autoptr (LibraryPatterns) patterns = library_patterns_new (&list, &error);

    g_assert_no_error (error);
    return library_patterns_match (patterns, path);
}

static void
test_patterns (void)
{
    static const struct {
        const char *pattern, *path;
        gboolean expected;
    } cases[] = {
        { "**/@eaDir/**", "/photos/@eaDir/a.jpg", TRUE },
        { "**/@eaDir/**", "/@eaDir/x/y/a.jpg", TRUE },
        { "**/@eaDir/**", "/photos/x@eaDir/a.jpg", FALSE },
        { "**/@eaDir/**", "/photos/@EADIR/a.jpg", TRUE },
        { "**/._*", "/photos/._a.jpg", TRUE },
        { "**/._*", "/photos/a._b.jpg", FALSE },
        { "**/#recycle/**", "/p/#recycle/a.jpg", TRUE },
        { "**/*.tif", "/p/q/a.TIF", TRUE },
        { "**/*.tif", "/p/q/a.tiff", FALSE },
        { "*.tif", "/p/a.tif", FALSE }, /* the whole path counts */
        { "/p/*", "/p/a.jpg", TRUE },
        { "/p/*", "/p/q/a.jpg", FALSE },
        { "/p/**", "/p/q/r/a.jpg", TRUE },
        { "/p/**", "/pq/a.jpg", FALSE },
        { "/p/**/a.jpg", "/p/a.jpg", TRUE },
        { "/p/**/a.jpg", "/p/x/y/a.jpg", TRUE },
        { "/p/**/a.jpg", "/p/x/ya.jpg", FALSE },
        { "/p/?.jpg", "/p/a.jpg", TRUE },
        { "/p/?.jpg", "/p/\xC3\xA4.jpg", TRUE },
        { "/p/?a.jpg", "/p//a.jpg", FALSE },
        { "/p/[a-c].jpg", "/p/b.jpg", TRUE },
        { "/p/[!a-c].jpg", "/p/b.jpg", FALSE },
        { "/p/[!a-c].jpg", "/p/d.jpg", TRUE },
        { "/p/[!a].jpg", "/p//.jpg", FALSE },
        { "/p/[a.jpg", "/p/[a.jpg", TRUE },
        { "/p/{raw,tmp}/**", "/p/tmp/a.jpg", TRUE },
        { "/p/{raw,tmp}/**", "/p/x/a.jpg", FALSE },
        { "/p/{a.jpg", "/p/{a.jpg", TRUE },
        { "/p/a,b.jpg", "/p/a,b.jpg", TRUE },
        { "/p/a+(b).jpg", "/p/a+(b).jpg", TRUE },
        { "/p/a.jpg", "/p/aXjpg", FALSE },
        { "/p/\\*.jpg", "/p/*.jpg", TRUE },
        { "/p/\\*.jpg", "/p/a.jpg", FALSE },
        { "**", "/p/a.jpg", TRUE },
        { "**/\n.jpg", "/p/\n.jpg", TRUE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        if (excludes (cases[i].pattern, cases[i].path) != cases[i].expected)
            g_error ("'%s' is wrong for '%s'", cases[i].pattern, cases[i].path);
}

static void
test_patterns_of_many (void)
{
    const char *const texts[] = { "**/raw/**", "**/*.png", "/p/*" };
    const char *const bad = "**/[z-a]";
    StringList list = { (const char **) texts, G_N_ELEMENTS (texts) }, none = { 0 };
    StringList wrong = { (const char **) &bad, 1 };
    g_autoptr (GError) error = NULL;
    g_autoptr (LibraryPatterns) patterns = library_patterns_new (&list, &error);
    g_autoptr (LibraryPatterns) nothing = library_patterns_new (&none, &error);

    g_assert_no_error (error);
    g_assert_true (library_patterns_match (patterns, "/a/raw/b.jpg"));
    g_assert_true (library_patterns_match (patterns, "/a/b.png"));
    g_assert_false (library_patterns_match (patterns, "/a/b.jpg"));
    g_assert_true (library_patterns_match_folder (patterns, "/a/raw"));
    g_assert_false (library_patterns_match_folder (patterns, "/a"));
    g_assert_false (library_patterns_match_folder (patterns, "/p")); /* those below it are wanted */
    g_assert_false (library_patterns_match (nothing, "/a/b.jpg"));
    g_assert_null (library_patterns_new (&wrong, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, bad));
}

static gboolean
ignore (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
    return FALSE;
}

/* A pattern that would take for ever to try ends (maybe with a warning), and excludes nothing. */
static void
test_patterns_that_explode (void)
{
    g_autoptr (GString) pattern = g_string_new ("**");
    g_autoptr (GString) path = g_string_new ("/");

    for (guint i = 0; i < 40; i++)
        g_string_append (pattern, "/**/*a*a*b");
    for (guint i = 0; i < 400; i++)
        g_string_append (path, "aa/");
    g_test_log_set_fatal_handler (ignore, NULL);
    g_assert_false (excludes (pattern->str, path->str));
}

/* ---- folders ---- */

typedef struct {
    Arena *arena;
    char *root, *media, *photos;
} Scene;

static int
remove_one (const char *path, const struct stat *info, int kind, struct FTW *place)
{
    return remove (path);
}

static void
scene_clear (Scene *self)
{
    g_assert_cmpint (nftw (self->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
    g_free (self->root);
    g_free (self->media);
    g_free (self->photos);
    arena_free (self->arena);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static void
put_file (const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *parent = g_path_get_dirname (path);

    g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
    g_assert_true (g_file_set_contents (path, "x", 1, NULL));
}

static void
put_link (const char *folder, const char *name, const char *target)
{
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_assert_cmpint (symlink (target, path), ==, 0);
}

static Scene
make_scene (void)
{
    Scene self = { .arena = arena_new (), .root = g_dir_make_tmp ("tintype-library-XXXXXX", NULL) };

    g_assert_nonnull (self.root);
    self.media = g_build_filename (self.root, "media", NULL);
    self.photos = g_build_filename (self.root, "photos", NULL);
    put_file (self.media, "upload/bob/secret.jpg");
    put_file (self.photos, "a.jpg");
    return self;
}

static const char *
fault_of (const Scene *self, const char *path)
{
    return library_check_path (self->arena, self->media, path);
}

static void
test_import_paths (void)
{
    g_auto (Scene) self = make_scene ();
    g_autofree char *inside = g_build_filename (self.media, "upload", NULL);
    g_autofree char *beside = g_strconcat (self.media, "-too", NULL);
    g_autofree char *link = g_build_filename (self.root, "link", NULL);
    g_autofree char *file = g_build_filename (self.photos, "a.jpg", NULL);
    g_autofree char *crooked = g_build_filename (self.photos, "..", "media", NULL);
    g_autofree char *here = g_get_current_dir ();
    g_autofree char *advice =
        g_strdup_printf ("Import path must be absolute, try %s/relative", here);
    const char *const media_fault = "Cannot use media upload folder for external libraries";

    put_link (self.root, "link", inside);
    put_file (beside, "a.jpg");
    g_assert_null (fault_of (&self, self.photos));
    g_assert_null (fault_of (&self, beside));
    g_assert_cmpstr (fault_of (&self, self.media), ==, media_fault);
    g_assert_cmpstr (fault_of (&self, inside), ==, media_fault);
    g_assert_cmpstr (fault_of (&self, link), ==, media_fault);
    g_assert_cmpstr (fault_of (&self, crooked), ==, media_fault);
    g_assert_cmpstr (fault_of (&self, "relative"), ==, advice);
    g_assert_cmpstr (fault_of (&self, "/nothing-here"), ==, "Path does not exist (ENOENT)");
    g_assert_cmpstr (fault_of (&self, file), ==, "Not a directory");
    if (geteuid () != 0) {
        g_assert_cmpint (chmod (self.photos, 0), ==, 0);
        g_assert_cmpstr (fault_of (&self, self.photos), ==, "Lacking read permission for folder");
        g_assert_cmpint (chmod (self.photos, 0755), ==, 0);
    }
}

static void
test_items (void)
{
    const char *const same[] = { "/a", "/b", "/a" }, *const empty[] = { "" };
    StringList list = { (const char **) same, 2 };
    g_autoptr (GError) error = NULL;

    g_assert_true (library_check_items ("importPaths", &list, &error));
    list.n = 3;
    g_assert_false (library_check_items ("importPaths", &list, &error));
    g_assert_cmpstr (error->message, ==, "importPaths: '/a' is given twice");
    g_clear_error (&error);
    list = (StringList){ (const char **) empty, 1 };
    g_assert_false (library_check_items ("importPaths", &list, &error));
    g_assert_true (library_is_inside ("/a/b", "/a"));
    g_assert_true (library_is_inside ("/a/b", "/"));
    g_assert_false (library_is_inside ("/ab", "/a"));
}

/* ---- walking ---- */

static gboolean
take (const char *path, gpointer data, GError **error)
{
    g_ptr_array_add (data, g_strdup (path));
    return TRUE;
}

static int
compare (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What is found below photos, as one text. */
static char *
walk (const Scene *self, const char *pattern)
{
    StringList list = { &pattern, pattern != NULL ? 1 : 0 };
    g_autoptr (GError) error = NULL;
    g_autoptr (LibraryPatterns) patterns = library_patterns_new (&list, &error);
    g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
    LibraryWalk data = {
        .media_location = self->media, .patterns = patterns, .found = take, .data = found
    };
    g_autoptr (GString) out = g_string_new (NULL);
    guint64 n = 0;

    g_assert_true (library_walk (&data, self->photos, &n, &error));
    g_assert_cmpuint (n, ==, found->len);
    g_ptr_array_sort (found, compare);
    for (guint i = 0; i < found->len; i++) {
        const char *path = g_ptr_array_index (found, i);

        g_string_append_printf (out, "%s%s", i > 0 ? " " : "", path + strlen (self->photos) + 1);
    }
    return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
test_walk (void)
{
    g_auto (Scene) self = make_scene ();
    g_autofree char *all = NULL, *some = NULL;

    put_file (self.photos, "a.jpg.xmp");
    put_file (self.photos, "notes.txt");
    put_file (self.photos, ".hidden.jpg");
    put_file (self.photos, ".trash/b.jpg");
    put_file (self.photos, "{x},'[y]/B.JPG");
    put_file (self.photos, "2020/05/c.mov");
    put_file (self.photos, "2020/raw/d.dng");
    put_file (self.photos, "bad\xFFname.jpg");
    g_test_expect_message ("libraries", G_LOG_LEVEL_WARNING, "*not UTF-8*");
    all = walk (&self, NULL);
    g_assert_cmpstr (all, ==, "2020/05/c.mov 2020/raw/d.dng a.jpg {x},'[y]/B.JPG");
    g_test_expect_message ("libraries", G_LOG_LEVEL_WARNING, "*not UTF-8*");
    some = walk (&self, "**/RAW/**");
    g_assert_cmpstr (some, ==, "2020/05/c.mov a.jpg {x},'[y]/B.JPG");
    g_test_assert_expected_messages ();
}

static void
test_walk_of_links (void)
{
    g_auto (Scene) self = make_scene ();
    g_autofree char *elsewhere = g_build_filename (self.root, "elsewhere", NULL);
    g_autofree char *secret = g_build_filename (self.media, "upload/bob/secret.jpg", NULL);
    g_autofree char *bob = g_build_filename (self.media, "upload/bob", NULL);
    g_autofree char *all = NULL;
    struct stat facts;
    g_autofree char *link = g_build_filename (self.photos, "secret.jpg", NULL);

    put_file (elsewhere, "e.jpg");
    put_file (self.photos, "sub/s.jpg");
    put_link (self.photos, "loop", self.photos);
    put_link (self.photos, "sub/up", "..");
    put_link (self.photos, "out", elsewhere);
    put_link (self.photos, "out2", elsewhere); /* entered once */
    put_link (self.photos, "nowhere.jpg", "/nothing-here.jpg");
    put_link (self.photos, "f.jpg", "sub/s.jpg");
    put_link (self.photos, "secret.jpg", secret);
    put_link (self.photos, "bob", bob);
    g_test_expect_message ("libraries", G_LOG_LEVEL_WARNING, "*media folder*");
    g_test_expect_message ("libraries", G_LOG_LEVEL_WARNING, "*media folder*");
    all = walk (&self, NULL);
    g_test_assert_expected_messages ();
    g_assert_true (g_str_equal (all, "a.jpg f.jpg out/e.jpg sub/s.jpg") ||
                   g_str_equal (all, "a.jpg f.jpg out2/e.jpg sub/s.jpg"));
    g_assert_false (library_stat (self.media, link, &facts));
}

/* ---- what is gone, and what may be a disk that is not mounted ---- */

/* @missing  the folder that is said to be missing, too; NULL: none */
static gboolean
is_gone_with (const Scene *self, const char *name, const char *missing)
{
    g_autofree char *path = g_build_filename (self->photos, name, NULL);
    g_autofree char *folder =
        missing != NULL ? g_build_filename (self->photos, missing, NULL) : NULL;
    const char *found = NULL;
    gboolean is_gone = library_check_folder (self->arena, self->photos, path, &found, NULL);

    g_assert_cmpstr (found, ==, folder);
    return is_gone;
}

static gboolean
is_known_to_be_gone (const Scene *self, const char *name)
{
    return is_gone_with (self, name, NULL);
}

static void
test_missing_files (void)
{
    static const char *const links[] = { "nowhere", "loop" };
    g_auto (Scene) self = make_scene ();
    g_autofree char *empty = g_build_filename (self.photos, "empty", NULL);
    g_autofree char *a = g_build_filename (self.photos, "a.jpg", NULL);

    g_assert_cmpint (g_mkdir_with_parents (empty, 0755), ==, 0);
    g_assert_true (is_known_to_be_gone (&self, "b.jpg"));
    g_assert_true (is_gone_with (&self, "gone/b.jpg", "gone")); /* its folder was deleted */
    g_assert_true (is_gone_with (&self, "gone/so/far/b.jpg", "gone"));
    put_link (self.photos, "nowhere", "/nothing-here");
    put_link (self.photos, "loop", "loop");
    g_assert_false (is_known_to_be_gone (&self, "nowhere/b.jpg"));
    g_assert_false (is_known_to_be_gone (&self, "nowhere/sub/b.jpg"));
    g_assert_false (is_known_to_be_gone (&self, "loop/b.jpg"));
    g_assert_false (is_known_to_be_gone (&self, "empty/b.jpg"));
    g_assert_false (is_known_to_be_gone (&self, "empty/gone/b.jpg"));
    g_assert_cmpint (rmdir (empty), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (links); i++) {
        g_autofree char *link = g_build_filename (self.photos, links[i], NULL);

        g_assert_cmpint (remove (link), ==, 0);
    }
    g_assert_cmpint (remove (a), ==, 0);
    g_assert_false (is_known_to_be_gone (&self, "b.jpg")); /* nothing is left at all */
    g_assert_cmpint (rmdir (self.photos), ==, 0);
    g_assert_false (is_known_to_be_gone (&self, "b.jpg"));
}

/* The clock of files goes by ticks and stands behind the other one, by how much nobody promises. */
static gint64
file_clock_ms (void)
{
    struct timespec now;

    g_assert_cmpint (clock_gettime (CLOCK_REALTIME_COARSE, &now), ==, 0);
    return (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
test_sidecars (void)
{
    g_auto (Scene) self = make_scene ();
    g_autofree char *a = g_build_filename (self.photos, "a.jpg", NULL);
    g_autofree char *one = g_build_filename (self.photos, "a.xmp", NULL);
    g_autofree char *two = g_build_filename (self.photos, "a.jpg.xmp", NULL);
    const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    gint64 changed = 0, before_ms = file_clock_ms ();

    g_assert_null (media_find_sidecar (self.arena, a, NULL, &changed));
    put_file (self.photos, "a.xmp");
    g_assert_cmpstr (media_find_sidecar (self.arena, a, NULL, &changed), ==, one);
    g_assert_cmpint (changed, >=, before_ms);
    /* one that comes back from a backup has the time of then */
    g_assert_cmpint (utimensat (AT_FDCWD, one, old, 0), ==, 0);
    media_find_sidecar (self.arena, a, NULL, &changed);
    g_assert_cmpint (changed, >=, before_ms);
    put_file (self.photos, "a.jpg.xmp");
    g_assert_cmpstr (media_find_sidecar (self.arena, a, NULL, &changed), ==, two);
    g_assert_cmpstr (media_find_sidecar (self.arena, a, one, &changed), ==, one);
    g_assert_cmpstr (media_find_sidecar (self.arena, a, "/nothing-here.xmp", &changed), ==, two);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/libraries/patterns", test_patterns);
    g_test_add_func ("/libraries/patterns-of-many", test_patterns_of_many);
    g_test_add_func ("/libraries/patterns-that-explode", test_patterns_that_explode);
    g_test_add_func ("/libraries/import-paths", test_import_paths);
    g_test_add_func ("/libraries/items", test_items);
    g_test_add_func ("/libraries/walk", test_walk);
    g_test_add_func ("/libraries/walk-of-links", test_walk_of_links);
    g_test_add_func ("/libraries/missing-files", test_missing_files);
    g_test_add_func ("/libraries/sidecars", test_sidecars);
    return g_test_run ();
}
