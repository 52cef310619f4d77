/* test_memories.c -- which days are remembered, each once, and what is shown of them */
#include "db/test_db.h"
#include "features/memories/memories_private.h"

#include <string.h>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/config/config.h"

#define ANN "5bbd29cd-0000-4000-8000-000000000001"
#define BOB "5bbd29cd-0000-4000-8000-000000000002"
#define DAY_MS G_GINT64_CONSTANT (86400000)

static const AdminConfig config;

const AdminConfig *
config_get (const App *app)
{
    return &config;
}

void
realtime_send (Realtime *self, const char *room, const char *event, const char *arguments_json)
{
}

static void
run_sql (TestDb *t, const char *sql)
{
    g_assert_true (db_exec (t->db, sql, DB_NO_ARGS, NULL, &t->error));
    g_assert_no_error (t->error);
}

static gint64
select_int (TestDb *t, const char *sql)
{
    gint64 value = 0;

    g_assert_true (db_select_int (t->db, sql, DB_NO_ARGS, &value, NULL, &t->error));
    g_assert_no_error (t->error);
    return value;
}

static void
add_user (TestDb *t, const char *id)
{
    g_assert_true (
        db_exec (t->db,
                 "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id,"
                 " created_at, updated_at) VALUES ($1, $1, 'x', 1, 'g', 1, 1)",
                 DB_ARGS (db_text (id)), NULL, &t->error));
    g_assert_no_error (t->error);
}

/* A photo taken at noon of that day and @minute; with a preview. @return its id */
static const char *
add_photo (TestDb *t, const char *owner_id, gint64 year, unsigned month, unsigned day, int minute)
{
    static guint n;
    const char *id = arena_printf (t->arena, "a0000000-0000-4000-8000-%012u", ++n);
    gint64 at = timestamp_days_from_civil (year, month, day) * DAY_MS + DAY_MS / 2 + minute * 60000;

    g_assert_true (db_exec (
        t->db,
        "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
        " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, created_at,"
        " updated_at, update_id) VALUES ($1, $2, 'IMAGE', 'a.jpg', 'a.jpg', $3, 10, $4, 0, $4, 0,"
        " 1, 1, 'u')",
        DB_ARGS (db_text (id), db_text (owner_id), db_blob (id, strlen (id)), db_int (at)), NULL,
        &t->error));
    g_assert_no_error (t->error);
    g_assert_true (db_exec (t->db,
                            "INSERT INTO asset_file (id, asset_id, type, path, created_at,"
                            " updated_at) VALUES ($1, $1, 'preview', 'p', 1, 1)",
                            DB_ARGS (db_text (id)), NULL, &t->error));
    g_assert_no_error (t->error);
    return id;
}

static gint64
generate (TestDb *t, gint64 year, unsigned month, unsigned day)
{
    gint64 n = -1;

    g_assert_true (memory_generate (t->db, t->arena, timestamp_days_from_civil (year, month, day),
                                    &n, &t->error));
    g_assert_no_error (t->error);
    return n;
}

static void
test_past_days_have_the_month_and_day (void)
{
    g_autoptr (Arena) arena = arena_new ();
    gint64 first = timestamp_days_from_civil (2019, 6, 1);
    IntList days = memory_past_days (arena, timestamp_days_from_civil (2024, 3, 2), first);

    g_assert_cmpuint (days.n, ==, 4); /* that of 2019 is before the first photo */
    g_assert_cmpint (days.items[0], ==, timestamp_days_from_civil (2023, 3, 2));
    g_assert_cmpint (days.items[3], ==, timestamp_days_from_civil (2020, 3, 2));
    days = memory_past_days (arena, first + 1, first);
    g_assert_cmpuint (days.n, ==, 0);
    /* a photo that claims to be from the future, or from before our era */
    g_assert_cmpuint (memory_past_days (arena, first, first + 1000).n, ==, 0);
    g_assert_cmpuint (memory_past_days (arena, first, -1000000000).n, ==, 1019);
}

static void
test_29_february_has_leap_years_only (void)
{
    g_autoptr (Arena) arena = arena_new ();
    IntList days = memory_past_days (arena, timestamp_days_from_civil (2024, 2, 29),
                                     timestamp_days_from_civil (1895, 1, 1));

    /* 1900 was none */
    g_assert_cmpuint (days.n, ==, 31);
    g_assert_cmpint (days.items[0], ==, timestamp_days_from_civil (2020, 2, 29));
    g_assert_cmpint (days.items[29], ==, timestamp_days_from_civil (1904, 2, 29));
    g_assert_cmpint (days.items[30], ==, timestamp_days_from_civil (1896, 2, 29));
}

static void
test_a_common_year_makes_its_memories_around_29_february (TestDb *t)
{
    add_user (t, ANN);
    add_photo (t, ANN, 2024, 2, 29, 0);
    add_photo (t, ANN, 2024, 3, 1, 0);
    add_photo (t, ANN, 2024, 2, 28, 0);
    g_assert_cmpint (generate (t, 2026, 2, 27), ==, 2);
    g_assert_cmpint (generate (t, 2028, 2, 28), ==, 3); /* 28, 29 February and 1 March */
}

static void
test_days_of_a_wrong_clock_do_not_count (TestDb *t)
{
    add_user (t, ANN);
    add_photo (t, ANN, 2020, 6, 10, 0);
    g_assert_cmpint (generate (t, 2036, 6, 10), ==, 1);
    g_assert_cmpint (generate (t, 2026, 6, 10), ==, 1);
    g_assert_cmpint (generate (t, 2026, 6, 10), ==, 0);
}

static void
test_each_day_is_made_once (TestDb *t)
{
    add_user (t, ANN);
    for (unsigned day = 1; day <= 30; day++)
        add_photo (t, ANN, 2020, 6, day, 0);
    g_assert_cmpint (generate (t, 2026, 6, 10), ==, 6); /* 8 to 13 */
    g_assert_cmpint (generate (t, 2026, 6, 10), ==, 0);
    g_assert_cmpint (generate (t, 2026, 6, 11), ==, 1);
    g_assert_cmpint (generate (t, 2026, 6, 9), ==, 0);
    g_assert_cmpint (generate (t, 2026, 6, 20), ==, 7); /* 17 to 23: older days are past */
    g_assert_cmpint (select_int (t, "SELECT count(DISTINCT show_at) FROM memory"), ==, 14);
}

static void
test_a_memory_says_what_and_when (TestDb *t)
{
    MemoryRow memory;
    const char *id, *photo;
    StringList ids;
    List assets;

    add_user (t, ANN);
    add_user (t, BOB);
    photo = add_photo (t, ANN, 2020, 6, 10, 0);
    add_photo (t, ANN, 2020, 7, 10, 0);
    add_photo (t, ANN, 2026, 6, 10, 0); /* this year is no memory */
    g_assert_cmpint (generate (t, 2026, 6, 9), ==, 1);
    g_assert_true (
        db_select_text (t->db, t->arena, "SELECT id FROM memory", DB_NO_ARGS, &id, &t->error));
    memory_load (t->db, t->arena, id, &memory, &t->error);
    g_assert_no_error (t->error);
    g_assert_true (uuid_is_v4 (memory.id));
    g_assert_cmpstr (memory.owner_id, ==, ANN);
    g_assert_cmpstr (memory.data, ==, "{\"year\":2020}");
    g_assert_cmpint (memory.memory_at, ==, timestamp_days_from_civil (2020, 6, 10) * DAY_MS);
    g_assert_cmpint (memory.show_at, ==, timestamp_days_from_civil (2026, 6, 10) * DAY_MS);
    g_assert_cmpint (memory.hide_at, ==, memory.show_at + DAY_MS - 1);
    ids = (StringList){ &id, 1 };
    g_assert_true (memory_list_assets (t->db, t->arena, &ids, FALSE, &assets, &t->error));
    g_assert_cmpuint (assets.n, ==, 1);
    g_assert_cmpstr (((MemoryAssetRow *) assets.items)[0].asset_id, ==, photo);
}

static void
test_of_many_photos_20_are_taken_over_the_day (TestDb *t)
{
    add_user (t, ANN);
    add_user (t, BOB);
    for (int i = 0; i < 200; i++)
        add_photo (t, ANN, 2020, 6, 10, i);
    for (int i = 0; i < 20; i++)
        add_photo (t, BOB, 2020, 6, 10, i);
    add_photo (t, BOB, 2019, 6, 10, 0);
    g_assert_cmpint (generate (t, 2026, 6, 10), ==, 3);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory_asset x JOIN memory m"
                                    " ON m.id = x.memory_id WHERE m.owner_id = '" ANN "'"),
                     ==, 20);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory_asset x JOIN memory m"
                                    " ON m.id = x.memory_id WHERE m.owner_id = '" BOB "'"),
                     ==, 21);
    /* every tenth minute */
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory_asset x"
                                    "  JOIN asset a ON a.id = x.asset_id"
                                    " WHERE a.owner_id = '" ANN "'"
                                    "   AND (a.local_date_time / 60000 + 1) % 10 = 0"),
                     ==, 20);
}

static void
test_what_is_not_on_the_timeline_is_no_memory (TestDb *t)
{
    static const char *const changes[] = {
        "UPDATE asset SET visibility = 'archive' WHERE id = $1",
        "UPDATE asset SET visibility = 'hidden' WHERE id = $1",
        "UPDATE asset SET visibility = 'locked' WHERE id = $1",
        "UPDATE asset SET status = 'trashed', deleted_at = 5 WHERE id = $1",
        "DELETE FROM asset_file WHERE asset_id = $1",
    };

    add_user (t, ANN);
    add_user (t, BOB);
    for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
        const char *id = add_photo (t, ANN, 2020, 6, 10, (int) i);

        g_assert_true (db_exec (t->db, changes[i], DB_ARGS (db_text (id)), NULL, &t->error));
        g_assert_no_error (t->error);
    }
    add_photo (t, BOB, 2020, 6, 10, 0);
    run_sql (t, "UPDATE users SET deleted_at = 5 WHERE id = '" BOB "'");
    g_assert_cmpint (generate (t, 2026, 6, 10), ==, 0);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM system_metadata"
                                    " WHERE key = 'memories-state'"),
                     ==, 1);
}

/* The price of a night is what it finds, not what there is. */
static void
test_an_index_finds_the_photos_of_a_day (TestDb *t)
{
    const char *plan = NULL;

    g_assert_true (db_explain (t->db, t->arena, memory_sql_pick, DB_ARGS (db_text ("[19000]")),
                               &plan, &t->error));
    if (t->engine == TEST_SQLITE) /* PostgreSQL scans a table of one page, rightly */
        g_assert_nonnull (strstr (plan, "asset_timeline (owner_id=? AND local_day=?)"));
}

static void
test_cleaning_up_keeps_what_is_saved (TestDb *t)
{
    const char *archived;
    gint64 now = timestamp_now_ms ();

    add_user (t, ANN);
    archived = add_photo (t, ANN, 2020, 6, 10, 0);
    add_photo (t, ANN, 2020, 6, 10, 1);
    add_photo (t, ANN, 2020, 6, 11, 0);
    g_assert_cmpint (generate (t, 2026, 6, 10), ==, 2);
    g_assert_true (db_exec (t->db, "UPDATE asset SET visibility = 'archive' WHERE id = $1",
                            DB_ARGS (db_text (archived)), NULL, &t->error));
    run_sql (t, "UPDATE memory SET is_saved = 1 WHERE memory_at ="
                " (SELECT min(memory_at) FROM memory)");
    g_assert_true (memory_clean_up (t->db, now + 29 * DAY_MS, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory"), ==, 2);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory_asset"), ==, 2);
    g_assert_true (memory_clean_up (t->db, now + 31 * DAY_MS, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory WHERE is_saved = 1"), ==, 1);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory"), ==, 1);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM memory_asset"), ==, 1);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/memories/past-days-have-the-month-and-day",
                     test_past_days_have_the_month_and_day);
    g_test_add_func ("/memories/29-february-has-leap-years-only",
                     test_29_february_has_leap_years_only);
    test_db_add ("/memories/a-common-year-makes-its-memories-around-29-february",
                 test_a_common_year_makes_its_memories_around_29_february);
    test_db_add ("/memories/each-day-is-made-once", test_each_day_is_made_once);
    test_db_add ("/memories/days-of-a-wrong-clock-do-not-count",
                 test_days_of_a_wrong_clock_do_not_count);
    test_db_add ("/memories/says-what-and-when", test_a_memory_says_what_and_when);
    test_db_add ("/memories/of-many-photos-20-are-taken-over-the-day",
                 test_of_many_photos_20_are_taken_over_the_day);
    test_db_add ("/memories/what-is-not-on-the-timeline-is-none",
                 test_what_is_not_on_the_timeline_is_no_memory);
    test_db_add ("/memories/an-index-finds-the-photos-of-a-day",
                 test_an_index_finds_the_photos_of_a_day);
    test_db_add ("/memories/cleaning-up-keeps-what-is-saved", test_cleaning_up_keeps_what_is_saved);
    return test_db_run ();
}
