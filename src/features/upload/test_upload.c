/* test_upload.c -- what was answered is kept, what was not leaves nothing behind */
#include "db/test_db.h"
#include "features/upload/upload_private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/uuid.h"
#include "features/config/config.h"
#include "media/layout.h"

#define OWNER "5bbd29cd-0000-4000-8000-000000000001"
#define OTHER "5bbd29cd-0000-4000-8000-000000000002"
#define MODIFIED_MS G_GINT64_CONSTANT (-86399750) /* 1969-12-31T00:00:00.250Z */

const AdminConfig *
config_get (const App *app)
{
    g_assert_not_reached (); /* nothing that an upload does depends on it */
}

void
realtime_send (Realtime *self, const char *room, const char *event, const char *arguments_json)
{
    g_assert_not_reached (); /* only handlers tell clients */
}

/* ---- a media folder, and files received into it ---- */

static App
app_of (TestDb *t)
{
    App app = { .media_location = t->folder, .db = t->db };
    g_autofree char *received = g_build_filename (t->folder, "upload", ".tmp", NULL);

    g_assert_cmpint (g_mkdir_with_parents (received, 0700), ==, 0);
    g_assert_true (upload_notes_open (&app, &t->error));
    return app;
}

static void
add_user (TestDb *t, const char *id, gint64 quota)
{
    g_assert_true (db_exec (
        t->db,
        "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
        " updated_at, quota_size_bytes) VALUES ($1, $1, 'x', 1, 'g', 1, 1, $2)",
        DB_ARGS (db_text (id), db_int_if (quota >= 0, quota)), NULL, &t->error));
    g_assert_no_error (t->error);
}

static ApiFile
receive (const App *app, Arena *arena, const char *content)
{
    char id[UUID_TEXT_BYTES];
    ApiFile file = { .field = "assetData", .file_name = "a.JPG" };
    g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
    gsize n = sizeof file.sha1;

    uuid_v4_text (id);
    file.path = arena_printf (arena, "%s/upload/.tmp/%s.part", app->media_location, id);
    file.size_bytes = (gint64) strlen (content);
    file.fd = g_open (file.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    g_assert_cmpint (write (file.fd, content, strlen (content)), ==, file.size_bytes);
    g_checksum_update (sum, (const guchar *) content, (gssize) strlen (content));
    g_checksum_get_digest (sum, file.sha1, &n);
    return file;
}

/* As the engine does when the call ends. */
static void
drop (ApiFile *file)
{
    close (file->fd);
    if (!file->taken)
        g_unlink (file->path);
}

static Upload
upload_of (const ApiFile *file)
{
    return (Upload){ .owner_id = OWNER,
                     .file = file,
                     .file_name = "../../x.JPG",
                     .extension = ".JPG",
                     .type = ASSET_TYPE_IMAGE,
                     .file_created_at_ms = 1000,
                     .file_modified_at_ms = MODIFIED_MS,
                     .visibility = ASSET_VISIBILITY_TIMELINE };
}

/* Files below @path, folders not counted. */
static guint
count_files (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;
    guint n = 0;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *each = g_build_filename (path, name, NULL);

        n += g_file_test (each, G_FILE_TEST_IS_DIR) ? count_files (each) : 1;
    }
    return n;
}

static guint
count_in (TestDb *t, const char *folder)
{
    g_autofree char *path = g_build_filename (t->folder, folder, NULL);

    return count_files (path);
}

static gint64
select_int (TestDb *t, const char *sql)
{
    gint64 value = 0;

    g_assert_true (db_select_int (t->db, sql, DB_NO_ARGS, &value, NULL, &t->error));
    return value;
}

/* ---- storing ---- */

static void
test_an_upload_is_a_file_a_row_and_a_job (TestDb *t)
{
    App app = app_of (t);
    ApiFile file = receive (&app, t->arena, "content"), xmp = receive (&app, t->arena, "<x/>");
    Upload upload = upload_of (&file);
    AssetMetadataUpsertItem item = { .key = "mobile-app", .value = "{\"iCloudId\":\"x\"}" };
    UploadResult result;
    AssetRow row;
    struct stat facts;
    const char *path, *sidecar = NULL;

    add_user (t, OWNER, 100);
    upload.sidecar = &xmp;
    upload.metadata = (AssetMetadataUpsertItemList){ &item, 1 };
    g_assert_true (upload_store (&app, t->arena, &upload, &result, &t->error));
    g_assert_false (result.is_duplicate);
    g_assert_true (asset_find (t->db, t->arena, result.id, &row, &t->error));
    g_assert_cmpstr (row.original_file_name, ==, "../../x.JPG");
    g_assert_true (g_regex_match_simple ("^upload/" OWNER
                                         "/([0-9a-f]{2})/([0-9a-f]{2})/\\1\\2[0-9a-f-]{32}\\.JPG$",
                                         row.original_path, 0, 0));
    path = layout_absolute (t->arena, t->folder, row.original_path);
    g_assert_cmpint (g_stat (path, &facts), ==, 0);
    g_assert_cmpint (facts.st_mtim.tv_sec, ==, -86400);
    g_assert_cmpint (facts.st_mtim.tv_nsec, ==, 250000000);
    g_assert_cmpint (row.file_size_in_byte, ==, 7);
    g_assert_true (asset_find_file (t->db, t->arena, result.id, ASSET_FILE_TYPE_SIDECAR, FALSE,
                                    &sidecar, &t->error));
    g_assert_true (g_str_has_suffix (sidecar, ".xmp"));
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users"), ==, 7);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_metadata"), ==, 1);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM job WHERE name = 'AssetExtractMetadata'"),
                     ==, 1);
    drop (&file);
    drop (&xmp);
    g_assert_cmpuint (count_in (t, "upload"), ==, 2); /* no note, no temporary file */
}

static void
test_the_same_file_is_there_once (TestDb *t)
{
    App app = app_of (t);
    const char *first = NULL;

    add_user (t, OWNER, 20);
    for (guint i = 0; i < 3; i++) {
        ApiFile file = receive (&app, t->arena, "content");
        Upload upload = upload_of (&file);
        UploadResult result;

        g_assert_true (upload_store (&app, t->arena, &upload, &result, &t->error));
        g_assert_cmpint (result.is_duplicate, ==, i > 0);
        if (i == 0)
            first = result.id;
        g_assert_cmpstr (result.id, ==, first);
        drop (&file);
    }
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users"), ==, 7);
    g_assert_cmpuint (count_in (t, "upload"), ==, 1);
}

static void
test_others_have_their_own_copy (TestDb *t)
{
    App app = app_of (t);

    add_user (t, OWNER, -1);
    add_user (t, OTHER, -1);
    for (guint i = 0; i < 2; i++) {
        ApiFile file = receive (&app, t->arena, "content");
        Upload upload = upload_of (&file);
        UploadResult result;

        upload.owner_id = i == 0 ? OWNER : OTHER;
        g_assert_true (upload_store (&app, t->arena, &upload, &result, &t->error));
        g_assert_false (result.is_duplicate);
        drop (&file);
    }
    g_assert_cmpuint (count_in (t, "upload"), ==, 2);
}

static void
test_what_is_being_removed_can_be_uploaded_again (TestDb *t)
{
    App app = app_of (t);
    const char *first = NULL;

    add_user (t, OWNER, -1);
    for (guint i = 0; i < 2; i++) {
        ApiFile file = receive (&app, t->arena, "content");
        Upload upload = upload_of (&file);
        UploadResult result;

        g_assert_true (upload_store (&app, t->arena, &upload, &result, &t->error));
        g_assert_false (result.is_duplicate);
        g_assert_cmpstr (result.id, !=, first);
        first = result.id;
        g_assert_true (
            db_exec (t->db, "UPDATE asset SET status = 'deleted'", DB_NO_ARGS, NULL, &t->error));
        drop (&file);
    }
}

typedef struct {
    TestDb *t;
    App *app;
    const char *content;                              /* NULL: each has another, of 20 bytes */
    gint n_begun, n_created, n_duplicates, n_refused; /* atomic */
    GMutex gate;
} Race;

static gpointer
race (gpointer data)
{
    Race *self = data;
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    g_autofree char *own = g_strdup_printf ("%020d", g_atomic_int_add (&self->n_begun, 1));
    ApiFile file = receive (self->app, arena, self->content != NULL ? self->content : own);
    Upload upload = upload_of (&file);
    UploadResult result;

    g_mutex_lock (&self->gate); /* all wait here until the last one is started */
    g_mutex_unlock (&self->gate);
    if (!upload_store (self->app, arena, &upload, &result, &error)) {
        g_assert_cmpstr (error->message, ==, "Quota has been exceeded!");
        g_atomic_int_inc (&self->n_refused);
    } else {
        g_atomic_int_inc (result.is_duplicate ? &self->n_duplicates : &self->n_created);
    }
    drop (&file);
    return NULL;
}

static void
run_race (Race *self, guint n)
{
    GThread *threads[16];

    g_mutex_init (&self->gate);
    g_mutex_lock (&self->gate);
    for (guint i = 0; i < n; i++)
        threads[i] = g_thread_new ("race", race, self);
    g_mutex_unlock (&self->gate);
    for (guint i = 0; i < n; i++)
        g_thread_join (threads[i]);
    g_mutex_clear (&self->gate);
}

static void
test_the_same_file_at_the_same_moment_is_there_once (TestDb *t)
{
    App app = app_of (t);
    Race data = { .t = t, .app = &app, .content = "content" };

    add_user (t, OWNER, -1);
    run_race (&data, 12);
    g_assert_cmpint (data.n_created, ==, 1);
    g_assert_cmpint (data.n_duplicates, ==, 11);
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users"), ==, 7);
    g_assert_cmpuint (count_in (t, "upload"), ==, 1);
}

static void
test_nobody_overtakes_the_quota (TestDb *t)
{
    App app = app_of (t);
    Race data = { .t = t, .app = &app };
    gint64 usage;

    add_user (t, OWNER, 64); /* room for 3 of them */
    run_race (&data, 12);
    usage = select_int (t, "SELECT quota_usage_bytes FROM users");
    g_assert_cmpint (usage, ==, 60);
    g_assert_cmpint (usage, ==, select_int (t, "SELECT sum(size_bytes) FROM asset"));
    g_assert_cmpint (data.n_created, ==, 3);
    g_assert_cmpint (data.n_refused, ==, 9);
    g_assert_cmpuint (count_in (t, "upload"), ==, (guint) data.n_created);
}

static void
test_a_refused_upload_leaves_nothing (TestDb *t)
{
    App app = app_of (t);
    ApiFile file = receive (&app, t->arena, "content"), xmp = receive (&app, t->arena, "<x/>");
    Upload upload = upload_of (&file);
    UploadResult result;

    add_user (t, OWNER, -1);
    upload.sidecar = &xmp;
    upload.live_photo_video_id = "a0000000-0000-4000-8000-00000000000f";
    g_assert_false (upload_store (&app, t->arena, &upload, &result, &t->error));
    g_assert_cmpstr (t->error->message, ==, "Live photo video not found");
    g_clear_error (&t->error);
    drop (&file);
    drop (&xmp);
    g_assert_cmpuint (count_in (t, "upload"), ==, 0);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset"), ==, 0);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM job"), ==, 0);
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users"), ==, 0);
}

static void
test_a_file_that_cannot_be_moved_leaves_nothing (TestDb *t)
{
    App app = app_of (t);
    ApiFile file = receive (&app, t->arena, "content");
    Upload upload = upload_of (&file);
    g_autofree char *in_the_way = g_build_filename (t->folder, "upload", OWNER, NULL);
    UploadResult result;

    add_user (t, OWNER, -1);
    g_assert_true (g_file_set_contents (in_the_way, "", 0, NULL));
    g_assert_false (upload_store (&app, t->arena, &upload, &result, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_IO);
    g_clear_error (&t->error);
    drop (&file);
    g_assert_cmpuint (count_in (t, "upload"), ==, 1); /* what is in the way */
}

/* ---- after a crash ---- */

/* As a process leaves it that is killed between the move and the commit. */
static const char *
crash (TestDb *t, const char *life, const char *asset_id)
{
    char file_id[UUID_TEXT_BYTES];
    const char *path, *note;
    g_autofree char *folder = NULL, *notes = NULL;

    uuid_v4_text (file_id);
    path = layout_absolute (t->arena, t->folder, layout_upload (t->arena, OWNER, file_id, ".jpg"));
    folder = g_path_get_dirname (path);
    g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
    g_assert_true (g_file_set_contents (path, "content", -1, NULL));
    notes = g_build_filename (t->folder, "upload", ".moving", life, NULL);
    g_assert_cmpint (g_mkdir_with_parents (notes, 0700), ==, 0);
    note = arena_printf (t->arena, "%s/%s_" OWNER "_%s.jpg", notes, asset_id, file_id);
    g_assert_true (g_file_set_contents (note, "", 0, NULL));
    return path;
}

static void
test_a_file_without_its_asset_is_deleted_at_the_next_start (TestDb *t)
{
    App app = app_of (t);
    const char *lost = crash (t, "dead", "a0000000-0000-4000-8000-00000000000f");

    g_assert_cmpuint (upload_sweep (&app), ==, 1);
    g_assert_false (g_file_test (lost, G_FILE_TEST_EXISTS));
    g_assert_cmpuint (count_in (t, "upload"), ==, 0);
    g_assert_cmpuint (upload_sweep (&app), ==, 0);
}

static void
test_a_committed_file_is_never_deleted (TestDb *t)
{
    App app = app_of (t);
    ApiFile file = receive (&app, t->arena, "content");
    Upload upload = upload_of (&file);
    UploadResult result;
    const char *kept;

    add_user (t, OWNER, -1);
    g_assert_true (upload_store (&app, t->arena, &upload, &result, &t->error));
    drop (&file);
    kept = crash (t, "dead", result.id); /* killed between the commit and the end of the note */
    g_assert_cmpuint (upload_sweep (&app), ==, 0);
    g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
    g_assert_cmpuint (count_in (t, "upload"), ==, 2); /* the note is gone */
}

static void
test_the_notes_of_a_living_process_are_left_alone (TestDb *t)
{
    App app = app_of (t);
    const char *moving = crash (t, "alive", "a0000000-0000-4000-8000-00000000000f");
    g_autofree char *notes = g_build_filename (t->folder, "upload", ".moving", "alive", NULL);
    int fd = g_open (notes, O_RDONLY | O_DIRECTORY, 0);

    g_assert_cmpint (flock (fd, LOCK_EX | LOCK_NB), ==, 0);
    g_assert_cmpuint (upload_sweep (&app), ==, 0);
    g_assert_true (g_file_test (moving, G_FILE_TEST_EXISTS));
    close (fd);
    g_assert_cmpuint (upload_sweep (&app), ==, 1);
}

static void
test_foreign_files_among_the_notes_are_left_alone (TestDb *t)
{
    static const char *const names[] = { "readme", "a0000000-0000-4000-8000-00000000000f_x_y",
                                         "a0000000-0000-4000-8000-00000000000f_" OWNER "_..",
                                         "a0000000-0000-4000-8000-00000000000f_" OWNER
                                         "_................................................" };
    App app = app_of (t);
    g_autofree char *notes = g_build_filename (t->folder, "upload", ".moving", "dead", NULL);

    g_assert_cmpint (g_mkdir_with_parents (notes, 0700), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_build_filename (notes, names[i], NULL);

        g_assert_true (g_file_set_contents (path, "", 0, NULL));
    }
    g_test_expect_message ("upload", G_LOG_LEVEL_WARNING, "*is kept*");
    g_assert_cmpuint (upload_sweep (&app), ==, 0);
    g_test_assert_expected_messages ();
    g_assert_cmpuint (count_in (t, "upload"), ==, G_N_ELEMENTS (names));
}

/* ---- checksums ---- */

static void
test_checksums_are_base64_or_hexadecimal (void)
{
    static const char *const bad[] = { "",
                                       "zz",
                                       "gsYcVCdZgucuHPsT5OO7o+JrPaA",
                                       "gsYcVCdZgucuHPsT5OO7o+JrPa?=",
                                       "82c61c54275982e72e1cfb13e4e3bba3e26b3da",
                                       "82c61c54275982e72e1cfb13e4e3bba3e26b3dag",
                                       "82c61c54275982e72e1cfb13e4e3bba3e26b3da000" };
    guint8 a[20], b[20];

    g_assert_true (upload_parse_checksum ("gsYcVCdZgucuHPsT5OO7o+JrPaA=", a));
    g_assert_true (upload_parse_checksum ("82c61c54275982e72e1cFB13e4e3bba3e26b3da0", b));
    g_assert_cmpmem (a, sizeof a, b, sizeof b);
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_test_message ("'%s'", bad[i]);
        g_assert_false (upload_parse_checksum (bad[i], a));
    }
}

static void
test_five_thousand_checksums_are_looked_up_at_once (TestDb *t)
{
    App app = app_of (t);
    ApiFile file = receive (&app, t->arena, "content");
    Upload upload = upload_of (&file);
    UploadResult result;
    UploadCheck *checks = arena_new_array (t->arena, UploadCheck, 5000);

    add_user (t, OWNER, -1);
    g_assert_true (upload_store (&app, t->arena, &upload, &result, &t->error));
    for (guint i = 0; i < 5000; i++) {
        checks[i].has_checksum = i % 7 != 3;
        memcpy (checks[i].sha1, &i, sizeof i);
    }
    checks[0].has_checksum = checks[4321].has_checksum = TRUE;
    memcpy (checks[0].sha1, file.sha1, 20);
    memcpy (checks[4321].sha1, file.sha1, 20);
    g_assert_true (upload_find_many (t->db, t->arena, OWNER, checks, 5000, &t->error));
    for (guint i = 0; i < 5000; i++)
        g_assert_cmpstr (checks[i].asset_id, ==, i == 0 || i == 4321 ? result.id : NULL);
    g_assert_true (upload_find_many (t->db, t->arena, OTHER, checks, 1, &t->error));
    g_assert_null (checks[0].asset_id);
    g_assert_true (upload_find_many (t->db, t->arena, OWNER, NULL, 0, &t->error));
    drop (&file);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/upload/checksums-are-base64-or-hexadecimal",
                     test_checksums_are_base64_or_hexadecimal);
    test_db_add ("/upload/an-upload-is-a-file-a-row-and-a-job",
                 test_an_upload_is_a_file_a_row_and_a_job);
    test_db_add ("/upload/the-same-file-is-there-once", test_the_same_file_is_there_once);
    test_db_add ("/upload/others-have-their-own-copy", test_others_have_their_own_copy);
    test_db_add ("/upload/what-is-being-removed-can-be-uploaded-again",
                 test_what_is_being_removed_can_be_uploaded_again);
    test_db_add ("/upload/the-same-file-at-the-same-moment-is-there-once",
                 test_the_same_file_at_the_same_moment_is_there_once);
    test_db_add ("/upload/nobody-overtakes-the-quota", test_nobody_overtakes_the_quota);
    test_db_add ("/upload/a-refused-upload-leaves-nothing", test_a_refused_upload_leaves_nothing);
    test_db_add ("/upload/a-file-that-cannot-be-moved-leaves-nothing",
                 test_a_file_that_cannot_be_moved_leaves_nothing);
    test_db_add ("/upload/a-file-without-its-asset-is-deleted-at-the-next-start",
                 test_a_file_without_its_asset_is_deleted_at_the_next_start);
    test_db_add ("/upload/a-committed-file-is-never-deleted",
                 test_a_committed_file_is_never_deleted);
    test_db_add ("/upload/the-notes-of-a-living-process-are-left-alone",
                 test_the_notes_of_a_living_process_are_left_alone);
    test_db_add ("/upload/foreign-files-among-the-notes-are-left-alone",
                 test_foreign_files_among_the_notes_are_left_alone);
    test_db_add ("/upload/five-thousand-checksums-are-looked-up-at-once",
                 test_five_thousand_checksums_are_looked_up_at_once);
    return test_db_run ();
}
