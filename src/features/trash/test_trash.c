/* test_trash.c -- what is deleted can come back until it is removed, and then nothing of it is left */
#include "db/test_db.h"
#include "features/trash/trash_private.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "features/assets/assets.h"
#include "features/config/config.h"
#include "media/layout.h"

#define OWNER "5bbd29cd-0000-4000-8000-000000000001"
#define OTHER "5bbd29cd-0000-4000-8000-000000000002"
#define A "a0000000-0000-4000-8000-000000000001"
#define B "a0000000-0000-4000-8000-000000000002"
#define C "a0000000-0000-4000-8000-000000000003"
#define DAY_MS G_GINT64_CONSTANT (86400000)
#define WAIT_S 60

static AdminConfigTrash trash_config = { .enabled = TRUE, .days = 30 };
static AdminConfig config = { .trash = &trash_config };

const AdminConfig *
config_get (const App *app)
{
    return &config;
}

/* What clients would be told, one event a line. */
static GString *told;
static GMutex told_lock; /* jobs have their own threads */

void
realtime_send (Realtime *self, const char *room, const char *event, const char *arguments_json)
{
    g_mutex_lock (&told_lock);
    g_string_append_printf (told, "%s %s %s\n", strcmp (room, OWNER) == 0 ? "owner" : "other",
                            event, arguments_json);
    g_mutex_unlock (&told_lock);
}

static void
run_sql (TestDb *t, const char *sql, const char *id)
{
    g_assert_true (
        db_exec (t->db, sql, id != NULL ? DB_ARGS (db_text (id)) : DB_NO_ARGS, NULL, &t->error));
    g_assert_no_error (t->error);
}

static gint64
select_int (TestDb *t, const char *sql)
{
    gint64 value = 0;

    g_assert_true (db_select_int (t->db, sql, DB_NO_ARGS, &value, NULL, &t->error));
    return value;
}

static const char *
path_of (TestDb *t, const char *name)
{
    return arena_printf (t->arena, "%s/%s", t->folder, name);
}

static gboolean
is_there (TestDb *t, const char *name)
{
    return g_file_test (path_of (t, name), G_FILE_TEST_EXISTS);
}

/* An asset of 10 bytes with files '<id>.jpg', '<id>.xmp' and '<id>.preview'. */
static void
add_asset (TestDb *t, const char *id, const char *owner_id)
{
    static const char *const types[] = { "jpg", "xmp", "preview" };

    for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
        const char *name = arena_printf (t->arena, "%s.%s", id, types[i]);

        g_assert_true (g_file_set_contents (path_of (t, name), "0123456789", 10, NULL));
    }
    g_assert_true (db_exec (
        t->db,
        "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
        " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, created_at,"
        " updated_at, update_id) VALUES ($1, $2, 'IMAGE', $3, 'a.jpg', $4, 10, 0, 0, 0, 0, 1, 1, "
        "'u')",
        DB_ARGS (db_text (id), db_text (owner_id), db_text (arena_printf (t->arena, "%s.jpg", id)),
                 db_blob (id, strlen (id))),
        NULL, &t->error));
    run_sql (t, "INSERT INTO asset_exif (asset_id) VALUES ($1)", id);
    for (gsize i = 1; i < G_N_ELEMENTS (types); i++)
        g_assert_true (
            db_exec (t->db,
                     "INSERT INTO asset_file (id, asset_id, type, path, created_at, updated_at)"
                     " VALUES ($1, $2, $3, $4, 1, 1)",
                     DB_ARGS (db_text (arena_printf (t->arena, "%s%s", id, types[i])), db_text (id),
                              db_text (i == 1 ? "sidecar" : "preview"),
                              db_text (arena_printf (t->arena, "%s.%s", id, types[i]))),
                     NULL, &t->error));
}

static App
fill (TestDb *t)
{
    static const char *const users[] = { OWNER, OTHER };

    trash_config = (AdminConfigTrash){ .enabled = TRUE, .days = 30 };
    for (gsize i = 0; i < G_N_ELEMENTS (users); i++)
        run_sql (
            t,
            "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id,"
            " created_at, updated_at, quota_usage_bytes) VALUES ($1, $1, 'x', 1, 'g', 1, 1, 100)",
            users[i]);
    add_asset (t, A, OWNER);
    add_asset (t, B, OWNER);
    add_asset (t, C, OTHER);
    g_string_set_size (told, 0);
    /* realtime_send () above does not look at it */
    return (App){ .media_location = t->folder, .db = t->db, .realtime = (Realtime *) t };
}

/* Let the jobs run until there is none left. */
static void
finish_jobs (TestDb *t, App *app)
{
    g_autoptr (Jobs) jobs = jobs_new (t->db, app);
    gint64 until = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;

    app->jobs = jobs;
    trash_register_jobs (jobs);
    jobs_start (jobs);
    while (select_int (t, "SELECT count(*) FROM job") > 0) {
        g_assert_cmpint (g_get_monotonic_time (), <, until);
        g_usleep (10000);
    }
    jobs_stop (jobs);
    app->jobs = NULL;
}

static void
put (TestDb *t, App *app, const char *id, gboolean by_force)
{
    StringList ids = { &id, 1 };

    g_assert_true (trash_put (app, t->arena, OWNER, &ids, by_force, &t->error));
}

static void
test_the_trash_keeps_everything_and_gives_it_back (TestDb *t)
{
    App app = fill (t);
    gint64 n = 0;
    const char *const both[] = { A, B };
    StringList ids = { (const char **) both, 2 };

    g_assert_true (trash_put (&app, t->arena, OWNER, &ids, FALSE, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset WHERE status = 'trashed'"
                                    " AND deleted_at > 0 AND update_id <> 'u'"),
                     ==, 2);
    g_assert_cmpint (select_int (t, "SELECT count(DISTINCT update_id) FROM asset"), ==, 3);
    ids.n = 1;
    g_assert_true (trash_restore (&app, t->arena, OWNER, &ids, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset WHERE status = 'active'"
                                    " AND deleted_at IS NULL"),
                     ==, 2);
    g_assert_true (trash_restore_all (&app, t->arena, OWNER, &n, &t->error));
    g_assert_cmpint (n, ==, 1);
    g_assert_true (trash_restore_all (&app, t->arena, OWNER, &n, &t->error));
    g_assert_cmpint (n, ==, 0);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM job"), ==, 0);
    g_assert_true (is_there (t, A ".jpg"));
    g_assert_cmpstr (told->str, ==,
                     "owner on_asset_trash [\"" A "\",\"" B "\"]\n"
                     "owner on_asset_restore [\"" A "\"]\nowner on_asset_restore [\"" B "\"]\n");
}

static void
test_removing_leaves_nothing_of_it_and_all_of_the_rest (TestDb *t)
{
    App app = fill (t);

    put (t, &app, A, TRUE);
    finish_jobs (t, &app);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset"), ==, 2);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_file"), ==, 4);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_exif"), ==, 2);
    g_assert_false (is_there (t, A ".jpg"));
    g_assert_false (is_there (t, A ".xmp"));
    g_assert_false (is_there (t, A ".preview"));
    g_assert_true (is_there (t, B ".jpg"));
    g_assert_true (is_there (t, C ".jpg"));
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users WHERE id = '" OWNER "'"),
                     ==, 90);
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users WHERE id = '" OTHER "'"),
                     ==, 100);
    g_assert_cmpint (select_int (t, "SELECT sum(n_assets) FROM asset_month"), ==, 2);
    g_assert_cmpstr (told->str, ==, "owner on_asset_delete \"" A "\"\n");
}

static void
test_emptying_takes_only_what_is_in_the_own_trash (TestDb *t)
{
    App app = fill (t);
    gint64 n = 0;

    put (t, &app, A, FALSE);
    run_sql (t, "UPDATE asset SET status = 'trashed', deleted_at = 5 WHERE id = $1", C);
    g_assert_true (trash_empty (&app, t->arena, OWNER, &n, &t->error));
    g_assert_cmpint (n, ==, 1);
    finish_jobs (t, &app);
    g_assert_false (is_there (t, A ".jpg"));
    g_assert_true (is_there (t, B ".jpg"));
    g_assert_true (is_there (t, C ".jpg"));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset"), ==, 2);
}

static void
test_what_is_offline_keeps_its_files_and_cannot_be_restored (TestDb *t)
{
    App app = fill (t);
    gint64 n = 0;

    run_sql (t, "UPDATE asset SET is_offline = 1, library_id = 'l', deleted_at = 5 WHERE id = $1",
             A);
    g_assert_true (trash_restore_all (&app, t->arena, OWNER, &n, &t->error));
    g_assert_cmpint (n, ==, 0);
    g_assert_true (trash_empty (&app, t->arena, OWNER, &n, &t->error));
    g_assert_cmpint (n, ==, 0);
    put (t, &app, A, TRUE);
    finish_jobs (t, &app);
    g_assert_true (is_there (t, A ".jpg"));
    g_assert_true (is_there (t, A ".xmp"));
    g_assert_false (is_there (t, A ".preview"));
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users WHERE id = '" OWNER "'"),
                     ==, 100); /* what lies in a library was never counted */
}

static void
test_the_motion_part_goes_with_its_last_photo (TestDb *t)
{
    App app = fill (t);

    run_sql (t, "UPDATE asset SET owner_id = '" OWNER "', visibility = 'hidden' WHERE id = $1", C);
    run_sql (t, "UPDATE asset SET live_photo_video_id = '" C "' WHERE id <> $1", C);
    put (t, &app, C, FALSE); /* not before them, however long it lies there */
    run_sql (t, "UPDATE asset SET deleted_at = 0 WHERE id = $1", C);
    g_assert_true (trash_remove_old (&app, t->arena, &t->error));
    put (t, &app, A, TRUE);
    finish_jobs (t, &app);
    g_assert_true (is_there (t, C ".jpg"));
    put (t, &app, B, TRUE);
    finish_jobs (t, &app);
    g_assert_false (is_there (t, C ".jpg"));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset"), ==, 0);
    g_assert_cmpint (select_int (t, "SELECT quota_usage_bytes FROM users WHERE id = '" OWNER "'"),
                     ==, 70);
}

static void
test_the_trash_forgets_after_its_days (TestDb *t)
{
    App app = fill (t);

    put (t, &app, A, FALSE);
    put (t, &app, B, FALSE);
    g_assert_true (db_exec (t->db, "UPDATE asset SET deleted_at = $1 WHERE id = '" A "'",
                            DB_ARGS (db_int (timestamp_now_ms () - 30 * DAY_MS - 1000)), NULL,
                            &t->error));
    g_assert_true (db_exec (t->db, "UPDATE asset SET deleted_at = $1 WHERE id = '" B "'",
                            DB_ARGS (db_int (timestamp_now_ms () - 29 * DAY_MS)), NULL, &t->error));
    g_assert_true (trash_remove_old (&app, t->arena, &t->error));
    finish_jobs (t, &app);
    g_assert_false (is_there (t, A ".jpg"));
    g_assert_true (is_there (t, B ".jpg"));

    trash_config.enabled = FALSE; /* then nothing stays */
    g_assert_true (trash_remove_old (&app, t->arena, &t->error));
    finish_jobs (t, &app);
    g_assert_false (is_there (t, B ".jpg"));
    g_assert_true (is_there (t, C ".jpg"));
}

static void
test_more_days_than_there_are_numbers_are_for_ever (TestDb *t)
{
    App app = fill (t);

    put (t, &app, A, FALSE);
    trash_config.days = 999999999999;
    g_assert_true (trash_remove_old (&app, t->arena, &t->error));
    finish_jobs (t, &app);
    g_assert_true (is_there (t, A ".jpg"));
}

static void
test_a_removal_that_was_interrupted_goes_on (TestDb *t)
{
    App app = fill (t);
    gboolean added = FALSE;

    /* marked, and the server died before anything else */
    put (t, &app, A, TRUE);
    run_sql (t, "DELETE FROM job", NULL);
    put (t, &app, B, TRUE);
    added = select_int (t, "SELECT count(*) FROM job") == 1;
    g_assert_true (added);
    finish_jobs (t, &app);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset"), ==, 1);
    g_assert_false (is_there (t, A ".jpg"));
}

static void
test_what_is_not_deleted_is_never_removed_by_a_job (TestDb *t)
{
    App app = fill (t);

    run_sql (t,
             "INSERT INTO job (id, queue, name, data, run_after, created_at) VALUES ('j',"
             " 'backgroundTask', 'AssetDelete', '{\"id\":\"" A "\",\"deleteOnDisk\":true}', 0, 0)",
             NULL);
    finish_jobs (t, &app);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset"), ==, 3);
    g_assert_true (is_there (t, A ".jpg"));
}

static void
test_more_than_a_page_is_removed (TestDb *t)
{
    App app = fill (t);
    gint64 n = 0;

    for (guint i = 0; i < 1100; i++)
        g_assert_true (db_exec (
            t->db,
            "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
            " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, "
            "created_at,"
            " updated_at, update_id, status, deleted_at)"
            " VALUES ($1, '" OWNER "', 'IMAGE', 'none', 'a.jpg', $2, 0, 0, 0, 0, 0, 1, 1, 'u',"
            " 'trashed', 5)",
            DB_ARGS (db_text (arena_printf (t->arena, "b0000000-0000-4000-8000-%012u", i)),
                     db_blob (&i, sizeof i)),
            NULL, &t->error));
    g_assert_true (trash_empty (&app, t->arena, OWNER, &n, &t->error));
    g_assert_cmpint (n, ==, 1100);
    finish_jobs (t, &app);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset"), ==, 3);
}

int
main (int argc, char *argv[])
{
    told = g_string_new (NULL);
    test_db_init (&argc, &argv);
    test_db_add ("/trash/keeps-everything-and-gives-it-back",
                 test_the_trash_keeps_everything_and_gives_it_back);
    test_db_add ("/trash/removing-leaves-nothing-of-it-and-all-of-the-rest",
                 test_removing_leaves_nothing_of_it_and_all_of_the_rest);
    test_db_add ("/trash/emptying-takes-only-what-is-in-the-own-trash",
                 test_emptying_takes_only_what_is_in_the_own_trash);
    test_db_add ("/trash/what-is-offline-keeps-its-files-and-cannot-be-restored",
                 test_what_is_offline_keeps_its_files_and_cannot_be_restored);
    test_db_add ("/trash/the-motion-part-goes-with-its-last-photo",
                 test_the_motion_part_goes_with_its_last_photo);
    test_db_add ("/trash/forgets-after-its-days", test_the_trash_forgets_after_its_days);
    test_db_add ("/trash/for-ever", test_more_days_than_there_are_numbers_are_for_ever);
    test_db_add ("/trash/a-removal-that-was-interrupted-goes-on",
                 test_a_removal_that_was_interrupted_goes_on);
    test_db_add ("/trash/what-is-not-deleted-is-never-removed-by-a-job",
                 test_what_is_not_deleted_is_never_removed_by_a_job);
    test_db_add ("/trash/more-than-a-page-is-removed", test_more_than_a_page_is_removed);
    return test_db_run ();
}
