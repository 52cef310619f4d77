/* test_server.c -- what the server says of itself: sizes for people, the versions it had, what users store */
#include "db/test_db.h"
#include "features/server/server_store.h"

#define USER "5bbd29cd-0000-4000-8000-000000000001"
#define LATER "5bbd29cd-0000-4000-8000-000000000002"

static void
test_sizes_are_for_people (void)
{
    static const struct {
        guint64 n_bytes;
        const char *text;
    } sizes[] = {
        { 0, "0 B" },
        { 1, "1 B" },
        { 1023, "1023 B" },
        { 1024, "1.0 KiB" },
        { 1536, "1.5 KiB" },
        { 73384382464, "68.3 GiB" },
        { G_GUINT64_CONSTANT (1) << 50, "1.0 PiB" },
        { G_MAXUINT64, "16.0 EiB" },
    };
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
        g_assert_cmpstr (server_human_bytes (arena, sizes[i].n_bytes), ==, sizes[i].text);
}

static void
test_a_version_is_noted_when_it_is_new (TestDb *t)
{
    static const char *const starts[] = { "1.0.0", "1.0.0", "1.1.0", "1.1.0", "1.0.0" };
    ServerVersionHistoryResponseList list = { 0 };

    for (gsize i = 0; i < G_N_ELEMENTS (starts); i++) {
        g_assert_true (server_store_note_version (t->db, starts[i], &t->error));
        /* two starts in one millisecond would have no order */
        g_assert_true (db_exec (t->db, "UPDATE version_history SET created_at = created_at - 10",
                                DB_NO_ARGS, NULL, &t->error));
    }
    g_assert_true (server_store_versions (t->db, t->arena, &list, &t->error));
    g_assert_cmpuint (list.n, ==, 3);
    g_assert_cmpstr (list.items[0].version, ==, "1.0.0");
    g_assert_cmpstr (list.items[1].version, ==, "1.1.0");
    g_assert_cmpstr (list.items[2].version, ==, "1.0.0");
}

static void
add_user (TestDb *t, const char *id, gint64 created_at)
{
    g_assert_true (db_exec (t->db,
                            "INSERT INTO users (id, email, name, profile_changed_at,"
                            " cluster_group_id, created_at, updated_at)"
                            " VALUES ($1, $1, 'name', 1, 'g', $2, 1)",
                            DB_ARGS (db_text (id), db_int (created_at)), NULL, &t->error));
}

static void
add_asset (TestDb *t, const char *name, const char *type, const char *visibility, gint64 n_bytes)
{
    g_assert_true (db_exec (
        t->db,
        "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
        " size_bytes, visibility, file_created_at, file_modified_at, local_date_time, local_month,"
        " created_at, updated_at, update_id)"
        " VALUES ($1, $2, $3, $1, 'a', $4, $5, $6, 0, 0, 0, 0, 1, 1, 'u')",
        DB_ARGS (db_text (name), db_text (USER), db_text (type), db_blob (name, 4),
                 db_int (n_bytes), db_text (visibility)),
        NULL, &t->error));
}

static void
test_usage_counts_what_is_stored (TestDb *t)
{
    UsageByUserList list = { 0 };

    add_user (t, LATER, 2);
    add_user (t, USER, 1);
    add_asset (t, "as01", "IMAGE", "timeline", 10);
    add_asset (t, "as02", "IMAGE", "archive", 20);
    add_asset (t, "as03", "VIDEO", "hidden",
               400); /* of a live photo: stored, but no video to see */
    add_asset (t, "as04", "IMAGE", "timeline", 8000);
    g_assert_true (db_exec (t->db,
                            "UPDATE asset SET status = 'trashed', deleted_at = 5 WHERE id = 'as04'",
                            DB_NO_ARGS, NULL, &t->error));
    g_assert_true (server_store_usage (t->db, t->arena, &list, &t->error));
    g_assert_cmpuint (list.n, ==, 2);
    g_assert_cmpstr (list.items[0].user_id, ==, USER); /* in the order they came */
    g_assert_cmpint (list.items[0].photos, ==, 2);
    g_assert_cmpint (list.items[0].videos, ==, 0);
    g_assert_cmpint (list.items[0].usage, ==, 430);
    g_assert_cmpint (list.items[0].usage_photos, ==, 30);
    g_assert_cmpint (list.items[0].usage_videos, ==, 400);
    g_assert_cmpint (list.items[1].usage, ==, 0);
}

static void
test_onboarding_is_remembered (TestDb *t)
{
    gboolean is_onboarded = TRUE;

    g_assert_true (server_store_is_onboarded (t->db, &is_onboarded, &t->error));
    g_assert_false (is_onboarded);
    g_assert_true (db_exec (t->db,
                            "INSERT INTO system_metadata (key, value) VALUES ('admin-onboarding',"
                            " '{\"isOnboarded\":true}')",
                            DB_NO_ARGS, NULL, &t->error));
    g_assert_true (server_store_is_onboarded (t->db, &is_onboarded, &t->error));
    g_assert_true (is_onboarded);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/server/sizes", test_sizes_are_for_people);
    test_db_add ("/server/versions", test_a_version_is_noted_when_it_is_new);
    test_db_add ("/server/usage", test_usage_counts_what_is_stored);
    test_db_add ("/server/onboarding", test_onboarding_is_remembered);
    return test_db_run ();
}
