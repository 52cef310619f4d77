/* test_render.c -- renditions appear whole at their path or not at all; real files of every kind
 *
 * argv[1] is the media worker. Real files come from TINTYPE_TESTDATA (or ../shared/testdata beside
 * the source tree, argv[2]); without them that part is skipped. */
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "media/layout.h"
#include "media/render.h"

static const char *worker_program;
static char *testdata;

typedef struct {
    WorkerPool *pool;
    Arena *arena;
    char *folder;
    MediaOutput outputs[2];
    MediaRender render;
    MediaFacts facts;
} Fixture;

/* 8 x 4 pixels, grey, as the smallest PNG that an encoder makes. */
static const char tiny_png[] = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAAAAACWpiEsAAAACXBIWXMAAAPoAAAD6AG"
                               "1e1JrAAAADklEQVQImWNogAIG3AwAIDMQATS1Ci0AAAAASUVORK5CYII=";

static void
set_up (Fixture *self, gconstpointer data)
{
    WorkerPoolSettings settings = { .program = worker_program, .n_workers = 2 };

    self->pool = worker_pool_new (&settings);
    self->arena = arena_new ();
    self->folder = g_dir_make_tmp ("tintype-render-XXXXXX", NULL);
    self->outputs[0] =
        (MediaOutput){ .kind = "preview",
                       .path = arena_printf (self->arena, "%s/thumbs/ab/x.jpeg", self->folder),
                       .format = MEDIA_FORMAT_JPEG,
                       .size_px = 1440,
                       .quality = 80 };
    self->outputs[1] =
        (MediaOutput){ .kind = "thumbnail",
                       .path = arena_printf (self->arena, "%s/thumbs/cd/x.webp", self->folder),
                       .format = MEDIA_FORMAT_WEBP,
                       .size_px = 250,
                       .quality = 80 };
    self->render = (MediaRender){
        .want_thumbhash = TRUE, .keep_wide_gamut = TRUE, .outputs = self->outputs, .n_outputs = 2
    };
}

static guint
remove_tree (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;
    guint n_files = 0;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *child = g_build_filename (path, name, NULL);
        n_files += g_file_test (child, G_FILE_TEST_IS_DIR) ? remove_tree (child) : 1;
        g_remove (child);
    }
    return n_files;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
    worker_pool_free (self->pool);
    remove_tree (self->folder);
    g_rmdir (self->folder);
    g_free (self->folder);
    arena_free (self->arena);
}

static const char *
write_original (Fixture *self, const char *name, const void *bytes, gsize n_bytes)
{
    const char *path = arena_printf (self->arena, "%s/%s", self->folder, name);

    g_assert_true (g_file_set_contents (path, bytes, (gssize) n_bytes, NULL));
    return path;
}

static const char *
write_tiny_png (Fixture *self)
{
    gsize n_bytes;
    g_autofree guchar *png = g_base64_decode (tiny_png, &n_bytes);

    return write_original (self, "tiny.png", png, n_bytes);
}

static void
test_files_appear_and_replace (Fixture *self, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    self->render.original_path = write_tiny_png (self);
    for (int round = 0; round < 2; round++) {
        g_assert_true (media_render (self->pool, &self->render, self->arena, &self->facts, &error));
        g_assert_no_error (error);
        g_assert_cmpint (self->facts.width, ==, 8);
        g_assert_cmpint (self->facts.height, ==, 4);
        g_assert_cmpstr (self->facts.format, ==, "png");
        g_assert_nonnull (self->facts.thumbhash);
        for (guint i = 0; i < 2; i++) {
            GStatBuf facts;
            g_assert_cmpint (g_stat (self->outputs[i].path, &facts), ==, 0);
            g_assert_cmpint (facts.st_size, ==, self->outputs[i].size_bytes);
            g_assert_cmpint (facts.st_mode & 0777, ==, 0644);
            g_assert_cmpint (self->outputs[i].width, ==, 8);
        }
        g_assert_true (g_file_set_contents (self->outputs[0].path, "old", 3, NULL));
    }
    g_assert_cmpuint (remove_tree (self->folder), ==, 3); /* no temporary file is left */
}

static void
assert_refused (Fixture *self, AppErrorCode code, const char *part)
{
    g_autoptr (GError) error = NULL;

    g_assert_false (media_render (self->pool, &self->render, self->arena, &self->facts, &error));
    g_assert_error (error, APP_ERROR, (gint) code);
    if (strstr (error->message, part) == NULL)
        g_error ("'%s' is not in '%s'", part, error->message);
    g_assert_false (g_file_test (self->outputs[0].path, G_FILE_TEST_EXISTS));
}

static void
test_failures_leave_nothing_behind (Fixture *self, gconstpointer data)
{
    self->render.original_path = write_original (self, "note.jpg", "Dear diary", 10);
    assert_refused (self, APP_ERROR_MEDIA, "note.jpg': the file is text");
    self->render.original_path = write_original (self, "empty.jpg", "", 0);
    assert_refused (self, APP_ERROR_MEDIA, "empty");
    self->render.original_path = arena_printf (self->arena, "%s/none.jpg", self->folder);
    assert_refused (self, APP_ERROR_NOT_FOUND, "none.jpg");
    self->render.original_path = self->folder;
    assert_refused (self, APP_ERROR_IO, "not a regular file");
    self->render.original_path = write_tiny_png (self);
    self->render.max_pixels = 31;
    assert_refused (self, APP_ERROR_MEDIA, "8 x 4");
    self->render.max_pixels = 0;
    self->render.edits_json = "[{\"action\": \"crop\", \"parameters\": {\"x\": 8, \"y\": 0, "
                              "\"width\": 1, \"height\": 1}}]";
    assert_refused (self, APP_ERROR_INTERNAL, "crop");
    self->render.edits_json = "[}";
    assert_refused (self, APP_ERROR_INTERNAL, "edits");
    g_assert_cmpuint (remove_tree (self->folder), ==, 3); /* the three originals */
}

static void
test_a_link_into_the_media_folder_is_no_file (Fixture *self, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    const char *inside = arena_printf (self->arena, "%s/media/upload/a.png", self->folder);
    const char *link = arena_printf (self->arena, "%s/link.png", self->folder);
    const char *png = write_tiny_png (self);

    g_assert_true (layout_prepare (arena_printf (self->arena, "%s/media", self->folder), FALSE,
                                   FALSE, &error));
    g_assert_cmpint (g_rename (png, inside), ==, 0);
    g_assert_cmpint (symlink (inside, link), ==, 0);
    self->render.original_path = link;
    g_test_expect_message ("media", G_LOG_LEVEL_WARNING, "*link.png' leads into the media folder*");
    assert_refused (self, APP_ERROR_NOT_FOUND, "link.png");
    g_test_assert_expected_messages ();
    self->render.original_path = inside;
    g_assert_true (media_render (self->pool, &self->render, self->arena, &self->facts, &error));
    /* to elsewhere it is as good as the file */
    g_assert_cmpint (g_unlink (link), ==, 0);
    g_assert_cmpint (symlink (write_tiny_png (self), link), ==, 0);
    self->render.original_path = link;
    g_assert_true (media_render (self->pool, &self->render, self->arena, &self->facts, &error));
}

static void
test_edits_change_the_size (Fixture *self, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    self->render.original_path = write_tiny_png (self);
    self->render.edits_json = "[{\"action\": \"crop\", \"parameters\": {\"x\": 1, \"y\": 0, "
                              "\"width\": 6, \"height\": 4}},"
                              "{\"action\": \"rotate\", \"parameters\": {\"angle\": 270}}]";
    g_assert_true (media_render (self->pool, &self->render, self->arena, &self->facts, &error));
    g_assert_no_error (error);
    g_assert_cmpint (self->facts.width, ==, 8);
    g_assert_cmpint (self->outputs[0].width, ==, 4);
    g_assert_cmpint (self->outputs[0].height, ==, 6);
}

static gboolean
is_picture (const char *name)
{
    static const char *const suffixes[] = { ".jpg",  ".jpeg", ".png", ".webp",
                                            ".heic", ".avif", ".jxl", NULL };

    for (guint i = 0; suffixes[i] != NULL; i++)
        if (g_str_has_suffix (name, suffixes[i]))
            return TRUE;
    return FALSE;
}

static void
collect (const char *path, GPtrArray *out)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *child = g_build_filename (path, name, NULL);
        if (g_file_test (child, G_FILE_TEST_IS_DIR))
            collect (child, out);
        else if (is_picture (name))
            g_ptr_array_add (out, g_steal_pointer (&child));
    }
}

static void
test_real_files (Fixture *self, gconstpointer data)
{
    g_autofree char *photos = g_build_filename (testdata, "photos", NULL);
    g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

    collect (photos, files);
    if (files->len == 0) {
        g_test_skip ("no real files: set TINTYPE_TESTDATA to a folder that has photos/");
        return;
    }
    for (guint i = 0; i < files->len; i++) {
        g_autoptr (GError) error = NULL;
        self->render.original_path = g_ptr_array_index (files, i);
        if (!media_render (self->pool, &self->render, self->arena, &self->facts, &error))
            g_error ("%s", error->message);
        g_assert_cmpint (MIN (self->outputs[0].width, self->outputs[0].height), ==,
                         MIN (1440, MIN (self->facts.width, self->facts.height)));
        g_assert_cmpint (MIN (self->outputs[1].width, self->outputs[1].height), ==,
                         MIN (250, MIN (self->facts.width, self->facts.height)));
    }
    g_test_message ("%u real files rendered", files->len);
}

/* The luminance and colour means and the proportions that a hash starts with must be near those of
 * the other implementation of it; the terms behind them depend on the filter and may differ. */
static gboolean
hash_is_near (const char *ours, const char *theirs)
{
    gsize n_ours, n_theirs;
    g_autofree guchar *a = g_base64_decode (ours, &n_ours),
                      *b = g_base64_decode (theirs, &n_theirs);
    guint32 head_a = a[0] | (guint32) a[1] << 8 | (guint32) a[2] << 16;
    guint32 head_b = b[0] | (guint32) b[1] << 8 | (guint32) b[2] << 16;
    int n_far = 0;

    if (n_ours != n_theirs || (head_a >> 23) != (head_b >> 23) || ((a[3] ^ b[3]) & 7) != 0)
        return FALSE;
    for (guint shift = 0; shift <= 12; shift += 6)
        if (ABS ((int) (head_a >> shift & 63) - (int) (head_b >> shift & 63)) > 2)
            return FALSE;
    if ((head_a >> 18 & 31) <= 1 && (head_b >> 18 & 31) <= 1)
        return TRUE; /* a flat picture: its terms are scaled-up noise */
    for (gsize i = 5; i < n_ours; i++)
        n_far += ABS ((a[i] & 15) - (b[i] & 15)) > 2 || ABS ((a[i] >> 4) - (b[i] >> 4)) > 2;
    return n_far <= 3;
}

static void
test_thumbhashes_are_near_the_recorded_ones (Fixture *self, gconstpointer data)
{
    g_autofree char *path =
        g_build_filename (testdata, "..", "recorded", "assets-3.0.0.json", NULL);
    json_t *assets = json_load_file (path, 0, NULL), *asset;
    const char *name;
    guint n_compared = 0, n_equal = 0, n_far = 0;

    if (assets == NULL) {
        g_test_skip ("no recorded assets beside the real files");
        return;
    }
    json_object_foreach (assets, name, asset)
    {
        const char *theirs = json_string_value (json_object_get (asset, "thumbhash"));
        g_autofree char *original = g_build_filename (testdata, name, NULL);
        g_autoptr (GError) error = NULL;
        if (theirs == NULL || !is_picture (name) || !g_file_test (original, G_FILE_TEST_EXISTS))
            continue;
        self->render.original_path = original;
        if (!media_render (self->pool, &self->render, self->arena, &self->facts, &error))
            g_error ("%s", error->message);
        n_compared++;
        n_equal += strcmp (self->facts.thumbhash, theirs) == 0;
        if (!hash_is_near (self->facts.thumbhash, theirs)) {
            n_far++;
            g_test_message ("%s: %s, recorded %s", name, self->facts.thumbhash, theirs);
        }
    }
    json_decref (assets);
    g_test_message ("%u thumbhashes compared, %u equal, %u far", n_compared, n_equal, n_far);
    g_assert_cmpuint (n_compared, >, 0);
    g_assert_cmpuint (n_far, ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (argc < 3)
        g_error ("usage: %s WORKER SOURCE_FOLDER", argv[0]);
    worker_program = argv[1];
    testdata = g_getenv ("TINTYPE_TESTDATA") != NULL
                   ? g_strdup (g_getenv ("TINTYPE_TESTDATA"))
                   : g_build_filename (argv[2], "..", "shared", "testdata", NULL);
#define ADD(path, run) g_test_add ("/render/" path, Fixture, NULL, set_up, run, tear_down)
    ADD ("files-appear-and-replace", test_files_appear_and_replace);
    ADD ("failures-leave-nothing", test_failures_leave_nothing_behind);
    ADD ("links", test_a_link_into_the_media_folder_is_no_file);
    ADD ("edits", test_edits_change_the_size);
    ADD ("real-files", test_real_files);
    ADD ("recorded-thumbhashes", test_thumbhashes_are_near_the_recorded_ones);
    return g_test_run ();
}
