/* What a timeline reads and writes, without a server; and that it never reads a whole table. */
#include <jansson.h>
#include <string.h>

#include "db/test_db.h"
#include "features/timeline/timeline_store.h"

static const TimelineAsset plain = { .id = "11111111-1111-4111-8111-111111111111",
                                     .owner_id = "22222222-2222-4222-8222-222222222222",
                                     .type = "IMAGE",
                                     .visibility = "timeline" };

/* A bucket of one asset, as clients read it. */
static json_t *
write_one (const TimelineAsset *asset)
{
    g_autoptr (TimelineColumns) columns = timeline_columns_new (TRUE, TRUE);
    GString *text;
    json_t *out;

    timeline_columns_add (columns, asset);
    text = timeline_columns_finish (columns);
    out = json_loads (text->str, JSON_REJECT_DUPLICATES, NULL);
    g_assert_nonnull (out);
    g_assert_cmpuint (json_object_size (out), ==, 20);
    g_string_free (text, TRUE);
    return out;
}

static const char *
text_of (json_t *bucket, const char *column)
{
    return json_string_value (json_array_get (json_object_get (bucket, column), 0));
}

static double
number_of (json_t *bucket, const char *column)
{
    json_t *value = json_array_get (json_object_get (bucket, column), 0);

    g_assert_true (json_is_number (value));
    return json_number_value (value);
}

static void
test_times_have_no_zone_and_no_needless_fraction (void)
{
    static const struct {
        gint64 ms;
        const char *text;
    } cases[] = {
        { 1704458096789, "2024-01-05T12:34:56.789" },
        { 1704458096000, "2024-01-05T12:34:56" },
        { 1704458096700, "2024-01-05T12:34:56.7" },
        { 0, "1970-01-01T00:00:00" },
        { -1, "1969-12-31T23:59:59.999" },
        { -86400000, "1969-12-31T00:00:00" },
        { -62135596800000, "0001-01-01T00:00:00" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        TimelineAsset asset = plain;
        json_t *bucket;

        asset.file_created_at_ms = asset.local_date_time_ms = cases[i].ms;
        asset.created_at_ms = cases[(i + 1) % G_N_ELEMENTS (cases)].ms;
        bucket = write_one (&asset);
        g_assert_cmpstr (text_of (bucket, "fileCreatedAt"), ==, cases[i].text);
        g_assert_cmpstr (text_of (bucket, "createdAt"), ==,
                         cases[(i + 1) % G_N_ELEMENTS (cases)].text);
        json_decref (bucket);
    }
}

static void
test_offsets_are_hours (void)
{
    static const struct {
        gint64 offset_ms;
        double hours;
    } cases[] = { { 0, 0 },          { 19800000, 5.5 },    { -35100000, -9.75 }, { 3600000, 1 },
                  { -28800000, -8 }, { 1, 1.0 / 3600000 }, { 20700000, 5.75 } };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        TimelineAsset asset = plain;
        json_t *bucket;

        asset.local_date_time_ms = asset.file_created_at_ms + cases[i].offset_ms;
        bucket = write_one (&asset);
        g_assert_cmpfloat (number_of (bucket, "localOffsetHours"), ==, cases[i].hours);
        json_decref (bucket);
    }
}

static void
test_ratios_have_three_decimals (void)
{
    static const struct {
        gint64 width, height;
        double ratio;
    } cases[] = { { 4, 3, 1.333 }, { 3, 4, 0.75 },       { 0, 5, 1 },     { 5, 0, 1 },
                  { 2, 1, 2 },     { 658, 1000, 0.658 }, { 1, 3, 0.333 }, { 2, 3, 0.667 } };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        TimelineAsset asset = plain;
        json_t *bucket;

        asset.width = cases[i].width;
        asset.height = cases[i].height;
        bucket = write_one (&asset);
        g_assert_cmpfloat (number_of (bucket, "ratio"), ==, cases[i].ratio);
        json_decref (bucket);
    }
}

static void
test_texts_and_hashes_survive (void)
{
    for (gsize n = 0; n < 40; n++) {
        guint8 hash[40];
        g_autofree char *wanted = NULL;
        TimelineAsset asset = plain;
        json_t *bucket;

        for (gsize i = 0; i < n; i++)
            hash[i] = (guint8) (i * 37 + n);
        wanted = g_base64_encode (hash, n);
        asset.thumbhash = hash;
        asset.n_thumbhash = n;
        asset.city = "Saint-\"Quote\"\\ \n東京";
        asset.stack_id = plain.owner_id;
        asset.n_stack = 12;
        bucket = write_one (&asset);
        g_assert_cmpstr (text_of (bucket, "thumbhash"), ==, wanted);
        g_assert_cmpstr (text_of (bucket, "city"), ==, asset.city);
        g_assert_cmpstr (json_string_value (json_array_get (
                             json_array_get (json_object_get (bucket, "stack"), 0), 1)),
                         ==, "12");
        json_decref (bucket);
    }
}

static void
test_what_was_not_asked_for_is_left_out (void)
{
    g_autoptr (TimelineColumns) columns = timeline_columns_new (FALSE, FALSE);
    GString *text;

    timeline_columns_add (columns, &plain);
    timeline_columns_add (columns, &plain);
    text = timeline_columns_finish (columns);
    for (guint i = 0; i < 3; i++) {
        static const char *const names[] = { "latitude", "longitude", "stack" };

        g_assert_null (strstr (text->str, names[i]));
    }
    g_assert_nonnull (strstr (text->str, "\"isImage\":[true,true]"));
    g_assert_nonnull (strstr (text->str, "\"thumbhash\":[null,null]}"));
    g_string_free (text, TRUE);
}

static void
test_boxes_are_read (void)
{
    static const char *const good[] = { "13,52,14,53", "-180,-90,180,90", "179,-20,-179,-10",
                                        " 1 , 2 , 3 , 4", "1e1,+2,3.5,4" };
    static const char *const bad[] = { "",           "1,2,3",      "1,2,3,4,5", "1,2,3,x",
                                       "1,2,3,",     "1,inf,3,4",  "0x1,2,3,4", "nan,1,2,3",
                                       "-181,2,3,4", "1,2,3,90.1", "1,5,3,4",   "1,2,3,1e999" };
    const char *path, *message;
    TimelineBox box;

    for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
        g_assert_true (timeline_box_parse (good[i], &box, &path, &message));
    g_assert_true (timeline_box_parse ("-1.5,2,3,4", &box, &path, &message));
    g_assert_cmpfloat (box.west, ==, -1.5);
    g_assert_cmpfloat (box.north, ==, 4);
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        message = NULL;
        g_assert_false (timeline_box_parse (bad[i], &box, &path, &message));
        g_assert_nonnull (message);
    }
}

static void
test_months_are_named_by_their_first_day (void)
{
    static const char *const bad[] = { "",           "hello",      "2022-03",      "2022-03-1",
                                       "2022-13-01", "2022-02-30", "--2022-03-01", "2022-03-01 ",
                                       "2022-03-01T" };
    g_autoptr (Arena) arena = arena_new ();
    gboolean is_first;
    gint64 month;

    for (gint64 wanted = -1970 * 12; wanted < 8000 * 12; wanted += 7) {
        const char *text = timeline_month_text (arena, wanted);

        g_assert_true (timeline_month_parse (text, &month, &is_first));
        g_assert_cmpint (month, ==, wanted);
        g_assert_true (is_first);
        g_assert_cmpint (timeline_month_of_day (timeline_month_first_day (wanted) - 1), ==,
                         wanted - 1);
    }
    g_assert_true (timeline_month_parse ("9999-12-01", &month, &is_first));
    g_assert_true (is_first);
    g_assert_cmpint (timeline_month_first_day (month + 1), ==,
                     timeline_month_first_day (month) + 31);
    g_assert_true (timeline_month_parse ("+2022-03-02T00:00:00.000Z", &month, &is_first));
    g_assert_false (is_first);
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        g_assert_false (timeline_month_parse (bad[i], &month, &is_first));
}

/* ---- plans ---- */

static const char SQL_USERS[] =
    "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
    "                   updated_at)"
    " SELECT CAST(value AS TEXT), 'u' || CAST(value AS TEXT), 'u', 0, '', 0, 0 FROM json_each($1)";
/* $1 numbers of assets: enough that a plan matters, over many days, of two owners */
static const char SQL_ASSETS[] =
    "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
    "                   size_bytes, file_created_at, file_modified_at, local_date_time,"
    "                   local_month, created_at, updated_at, update_id)"
    " SELECT 'a' || CAST(value AS TEXT), CASE WHEN CAST(value AS BIGINT) % 2 = 0 THEN '0' ELSE '1' "
    "END,"
    "        'IMAGE', 'p', 'n', $2, 1, CAST(value AS BIGINT) * 10000000, 0,"
    "        CAST(value AS BIGINT) * 10000000, CAST(value AS BIGINT) / 260,"
    "        CAST(value AS BIGINT) * 10000000, 0, 'u'"
    "   FROM json_each($1)";
static const char SQL_EXIF[] =
    "INSERT INTO asset_exif (asset_id, latitude, longitude)"
    " SELECT 'a' || CAST(value AS TEXT), CAST(value AS BIGINT) % 90, 1 FROM json_each($1)";

static void
fill (TestDb *t, guint n_assets)
{
    g_autoptr (GString) numbers = g_string_new ("[");

    g_assert_true (
        db_exec (t->db, SQL_USERS, DB_ARGS (db_text ("[\"0\",\"1\"]")), NULL, &t->error));
    for (guint i = 0; i < n_assets; i++)
        g_string_append_printf (numbers, "%s\"%u\"", i > 0 ? "," : "", i);
    g_string_append_c (numbers, ']');
    /* the checksum is unique among uploads only, so these count as of a library */
    g_assert_true (db_exec (t->db, "DROP INDEX asset_owner_checksum", DB_NO_ARGS, NULL, &t->error));
    g_assert_true (db_exec (t->db, SQL_ASSETS, DB_ARGS (db_text (numbers->str), db_blob ("x", 1)),
                            NULL, &t->error));
    g_assert_true (db_exec (t->db, SQL_EXIF, DB_ARGS (db_text (numbers->str)), NULL, &t->error));
    if (t->engine == TEST_POSTGRES)
        g_assert_true (db_exec (t->db, "ANALYZE", DB_NO_ARGS, NULL, &t->error));
}

static void
assert_indexed (TestDb *t, const char *plan, const char *what)
{
    const char *const scans[] = { t->engine == TEST_SQLITE ? "SCAN asset" : "Seq Scan on asset ",
                                  t->engine == TEST_SQLITE ? "SCAN a\n" : "Seq Scan on asset a",
                                  t->engine == TEST_SQLITE ? "SCAN e" : "Seq Scan on asset_exif" };

    for (gsize i = 0; i < G_N_ELEMENTS (scans); i++)
        if (strstr (plan, scans[i]) != NULL)
            g_error ("%s reads a whole table:\n%s", what, plan);
}

static void
test_nothing_reads_a_whole_table (TestDb *t)
{
    fill (t, 6000);
    for (guint bits = 0; bits < 32; bits++) {
        TimelineFilter filter = { .sets = { [TIMELINE_OWNER] = "0" },
                                  .ascending = bits & 1,
                                  .by_upload = (bits & 2) != 0,
                                  .has_box = (bits & 4) != 0,
                                  .stacked = (bits & 8) != 0,
                                  .trashed = (bits & 16) != 0,
                                  .box = { 0, 40, 2, 41 } };
        const char *count, *list;

        g_assert_true (timeline_store_explain (t->db, t->arena, &filter, &count, &list, &t->error));
        assert_indexed (t, list, "a bucket");
        /* an area of a small library may well be found faster otherwise */
        if (!filter.has_box || t->engine == TEST_SQLITE)
            assert_indexed (t, count, "counting");
        /* no sorting: a bucket is one range of its index, in the right order */
        if (t->engine == TEST_SQLITE && !filter.trashed)
            g_assert_null (strstr (list, "TEMP B-TREE"));
    }
}

/* 111 of 4,000 assets of both owners in an album, of a person, and with a tag below another one */
static void
fill_sets (TestDb *t)
{
    static const char *const sql[] = {
        "INSERT INTO album (id, name, created_at, updated_at, update_id)"
        " VALUES ('l', 'l', 0, 0, 'u')",
        "INSERT INTO album_asset (album_id, asset_id, created_at, update_id)"
        " SELECT 'l', id, 0, 'u' FROM asset WHERE id LIKE 'a11%'",
        "INSERT INTO person (id, owner_id, created_at, updated_at, update_id)"
        " VALUES ('p', '0', 0, 0, 'u')",
        "INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2,"
        "                        y2, source_type, created_at, updated_at, update_id)"
        " SELECT 'f' || id, id, 'p', 9, 9, 0, 0, 1, 1, 'exif', 0, 0, 'u' FROM asset"
        "  WHERE id LIKE 'a11%'",
        "INSERT INTO tag (id, owner_id, parent_id, value, created_at, updated_at, update_id)"
        " VALUES ('t', '0', NULL, 't', 0, 0, 'u'), ('t2', '0', 't', 't/u', 0, 0, 'u')",
        "INSERT INTO tag_ancestor (tag_id, ancestor_id)"
        " VALUES ('t', 't'), ('t2', 't'), ('t2', 't2')",
        "INSERT INTO tag_asset (tag_id, asset_id)"
        " SELECT 't2', id FROM asset WHERE id LIKE 'a11%'",
    };

    fill (t, 4000);
    for (gsize i = 0; i < G_N_ELEMENTS (sql); i++)
        g_assert_true (db_exec (t->db, sql[i], DB_NO_ARGS, NULL, &t->error));
    if (t->engine == TEST_POSTGRES)
        g_assert_true (db_exec (t->db, "ANALYZE", DB_NO_ARGS, NULL, &t->error));
}

static gint64
count_all (TestDb *t, const TimelineFilter *filter)
{
    TimeBucketsResponseList months;
    gint64 total = 0;

    g_assert_true (timeline_store_count (t->db, t->arena, filter, &months, &t->error));
    for (gsize i = 0; i < months.n; i++)
        total += months.items[i].count;
    return total;
}

static void
test_sets_are_read_by_their_index (TestDb *t)
{
    static const struct {
        const char *sets[TIMELINE_N_SETS];
        gint64 n; /* of the assets a11, a110 to a119, a1100 to a1199 */
        const char *unmarked_by;
    } cases[] = {
        { { [TIMELINE_ALBUM] = "l" }, 111 },
        { { [TIMELINE_ALBUM] = "l" }, 111, .unmarked_by = "1" },
        { { [TIMELINE_ALBUM] = "l", [TIMELINE_OWNER] = "0" }, 55 },
        { { [TIMELINE_OWNER] = "0" }, 2000, .unmarked_by = "1" },
        { { [TIMELINE_PERSON] = "p", [TIMELINE_OWNER] = "0" }, 55 },
        { { [TIMELINE_TAG] = "t", [TIMELINE_OWNER] = "0" }, 55 },
        { { [TIMELINE_TAG] = "t2", [TIMELINE_OWNER] = "0" }, 55 },
        { { [TIMELINE_TAG] = "t", [TIMELINE_ALBUM] = "l" }, 111 },
        { { [TIMELINE_OWNERS] = "[\"0\",\"1\"]" }, 4000 },
        { { [TIMELINE_OWNERS] = "[\"0\"]" }, 2000 },
        { { [TIMELINE_ALBUM] = "m" }, 0 },
    };

    fill_sets (t);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        for (guint bits = 0; bits < 8; bits++) {
            TimelineFilter filter = { .ascending = bits & 1,
                                      .by_upload = (bits & 2) != 0,
                                      .stacked = (bits & 4) != 0,
                                      .unmarked_by = cases[i].unmarked_by };
            const char *count, *list;

            memcpy (filter.sets, cases[i].sets, sizeof filter.sets);
            g_assert_true (
                timeline_store_explain (t->db, t->arena, &filter, &count, &list, &t->error));
            /* half of all assets are one owner's: PostgreSQL may well read a small table whole */
            if (t->engine == TEST_SQLITE) {
                assert_indexed (t, count, "counting a set");
                assert_indexed (t, list, "a bucket of a set");
                if (cases[i].sets[TIMELINE_ALBUM] != NULL || cases[i].sets[TIMELINE_TAG] != NULL ||
                    cases[i].sets[TIMELINE_PERSON] != NULL)
                    g_assert_null (strstr (count, "owner_id=?")); /* all that the owner has */
            }
            g_assert_cmpint (count_all (t, &filter), ==, cases[i].n);
        }
}

/* What an asset carries of asset_exif is what stands there, however it came there. */
static void
test_assets_carry_what_is_shown (TestDb *t)
{
    static const char *const sql[] = {
        "INSERT INTO asset_exif (asset_id) VALUES ('a0')",
        "UPDATE asset_exif SET city = 'Oslo', country = 'Norway' WHERE asset_id = 'a0'",
        "UPDATE asset_exif SET latitude = 59.9, longitude = 10.7 WHERE asset_id = 'a0'",
        "UPDATE asset_exif SET projection_type = 'EQUIRECTANGULAR' WHERE asset_id = 'a0'",
        "UPDATE asset_exif SET longitude = 10.8, city = NULL WHERE asset_id = 'a0'",
        "UPDATE asset_exif SET country = NULL, latitude = NULL, longitude = NULL,"
        "       projection_type = NULL WHERE asset_id = 'a0'",
        "INSERT INTO asset_exif (asset_id, city, longitude) VALUES ('a1', 'Bergen', 5.3)",
    };
    static const char SQL_WRONG[] =
        "SELECT a.id FROM asset a LEFT JOIN asset_exif e ON e.asset_id = a.id"
        " WHERE a.timeline_city IS DISTINCT FROM e.city"
        "    OR a.timeline_country IS DISTINCT FROM e.country"
        "    OR a.timeline_projection IS DISTINCT FROM e.projection_type"
        "    OR a.timeline_latitude IS DISTINCT FROM e.latitude"
        "    OR a.timeline_longitude IS DISTINCT FROM e.longitude";
    StringList wrong;

    fill (t, 2);
    g_assert_true (db_exec (t->db, "DELETE FROM asset_exif", DB_NO_ARGS, NULL, &t->error));
    g_assert_true (db_exec (t->db,
                            "UPDATE asset SET timeline_latitude = NULL, timeline_longitude = NULL",
                            DB_NO_ARGS, NULL, &t->error));
    for (gsize i = 0; i < G_N_ELEMENTS (sql); i++) {
        g_assert_true (db_exec (t->db, sql[i], DB_NO_ARGS, NULL, &t->error));
        g_assert_true (db_select_texts (t->db, t->arena, SQL_WRONG, DB_NO_ARGS, &wrong, &t->error));
        if (wrong.n > 0)
            g_error ("not carried over: %s", sql[i]);
    }
}

static void
test_counts_are_those_of_the_buckets (TestDb *t)
{
    fill (t, 6000);
    for (guint bits = 0; bits < 4; bits++) {
        TimelineFilter filter = { .sets = { [TIMELINE_OWNER] = "1" },
                                  .ascending = bits & 1,
                                  .by_upload = bits > 1 };
        TimeBucketsResponseList months;
        gint64 total = 0;

        g_assert_true (timeline_store_count (t->db, t->arena, &filter, &months, &t->error));
        g_assert_cmpuint (months.n, >, 20);
        for (gsize i = 0; i < months.n; i++) {
            g_autoptr (TimelineColumns) columns = timeline_columns_new (FALSE, FALSE);
            TimelineViewer viewer = { "1", TRUE };
            gboolean is_first;
            gint64 month;
            json_t *bucket;
            GString *text;

            total += months.items[i].count;
            if (i % 10 != 0 || !filter.by_upload) /* local_month is made up for the plans */
                continue;
            g_assert_true (timeline_month_parse (months.items[i].time_bucket, &month, &is_first));
            g_assert_true (
                timeline_store_list (t->db, t->arena, &filter, month, &viewer, columns, &t->error));
            text = timeline_columns_finish (columns);
            bucket = json_loads (text->str, 0, NULL);
            g_assert_cmpint ((gint64) json_array_size (json_object_get (bucket, "id")), ==,
                             months.items[i].count);
            json_decref (bucket);
            g_string_free (text, TRUE);
        }
        g_assert_cmpint (total, ==, 3000);
    }
}

static gint64
list_all (TestDb *t, const TimelineFilter *filter)
{
    TimelineViewer viewer = { "0", TRUE };
    TimeBucketsResponseList months;
    gint64 total = 0;

    g_assert_true (timeline_store_count (t->db, t->arena, filter, &months, &t->error));
    for (gsize i = 0; i < months.n; i++) {
        g_autoptr (TimelineColumns) columns = timeline_columns_new (FALSE, FALSE);
        gboolean is_first;
        gint64 month;
        GString *text;
        json_t *bucket;

        g_assert_true (timeline_month_parse (months.items[i].time_bucket, &month, &is_first));
        g_assert_true (
            timeline_store_list (t->db, t->arena, filter, month, &viewer, columns, &t->error));
        text = timeline_columns_finish (columns);
        bucket = json_loads (text->str, 0, NULL);
        g_assert_cmpint ((gint64) json_array_size (json_object_get (bucket, "id")), ==,
                         months.items[i].count);
        total += months.items[i].count;
        json_decref (bucket);
        g_string_free (text, TRUE);
    }
    return total;
}

/* a11, a110 to a119, a1100 to a1199; those of even numbers are owner 0's */
static void
test_sets_follow_their_assets (TestDb *t)
{
    static const char *const changes[] = {
        "UPDATE asset SET visibility = 'archive' WHERE id = 'a110'",
        "UPDATE asset SET visibility = 'hidden' WHERE id = 'a1100'",
        "UPDATE asset SET visibility = 'locked' WHERE id = 'a1102'",
        "UPDATE asset SET is_favorite = 1 WHERE id IN ('a112', 'a1104')",
        "UPDATE asset SET stack_hidden = 1 WHERE id IN ('a114', 'a1104')",
        "UPDATE asset SET deleted_at = 1, status = 'trashed' WHERE id IN ('a116', 'a1106')",
        "UPDATE asset SET deleted_at = 1, status = 'deleted' WHERE id = 'a118'",
        "UPDATE asset SET local_date_time = -1, local_month = -1 WHERE id = 'a1108'",
        "UPDATE asset SET owner_id = '1' WHERE id = 'a1110'",
        "INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2,"
        "                        y2, source_type, created_at, updated_at, update_id)"
        " VALUES ('again', 'a1112', 'p', 9, 9, 0, 0, 1, 1, 'exif', 0, 0, 'u')",
        "INSERT INTO tag_asset (tag_id, asset_id) VALUES ('t', 'a1112')",
    };
    static const struct {
        TimelineFilter filter;
        gint64 n_own, n_all;
    } cases[] = {
        { { .stacked = FALSE }, 55 - 6, 111 - 5 },
        { { .visibility = "archive" }, 1, 1 },
        { { .visibility = "locked" }, 1, 1 },
        { { .has_favorite = TRUE, .is_favorite = TRUE }, 2, 2 },
        { { .has_favorite = TRUE, .is_favorite = TRUE, .stacked = TRUE }, 1, 1 },
        { { .has_favorite = TRUE }, 55 - 8, 111 - 7 },
        { { .unmarked_by = "0" }, 55 - 8, 111 - 7 },
        { { .unmarked_by = "1" }, 55 - 6, 111 - 5 },
        { { .unmarked_by = "" }, 55 - 6, 111 - 5 },
        { { .stacked = TRUE }, 55 - 8, 111 - 7 },
        { { .trashed = TRUE }, 2, 2 },
    };

    fill_sets (t);
    for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
        g_assert_true (db_exec (t->db, changes[i], DB_NO_ARGS, NULL, &t->error));
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        TimelineFilter filter = cases[i].filter;

        filter.sets[TIMELINE_ALBUM] = "l";
        g_assert_cmpint (list_all (t, &filter), ==, cases[i].n_all);
        filter.sets[TIMELINE_OWNER] = "0";
        g_assert_cmpint (list_all (t, &filter), ==, cases[i].n_own);
        filter.sets[TIMELINE_ALBUM] = NULL;
        filter.sets[TIMELINE_PERSON] = "p";
        g_assert_cmpint (list_all (t, &filter), ==, cases[i].n_own);
        filter.sets[TIMELINE_PERSON] = NULL;
        filter.sets[TIMELINE_TAG] = "t";
        g_assert_cmpint (list_all (t, &filter), ==, cases[i].n_own);
    }
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/columns/times-have-no-zone-and-no-needless-fraction",
                     test_times_have_no_zone_and_no_needless_fraction);
    g_test_add_func ("/columns/offsets-are-hours", test_offsets_are_hours);
    g_test_add_func ("/columns/ratios-have-three-decimals", test_ratios_have_three_decimals);
    g_test_add_func ("/columns/texts-and-hashes-survive", test_texts_and_hashes_survive);
    g_test_add_func ("/columns/what-was-not-asked-for-is-left-out",
                     test_what_was_not_asked_for_is_left_out);
    g_test_add_func ("/filter/boxes-are-read", test_boxes_are_read);
    g_test_add_func ("/filter/months-are-named-by-their-first-day",
                     test_months_are_named_by_their_first_day);
    test_db_add ("/store/nothing-reads-a-whole-table", test_nothing_reads_a_whole_table);
    test_db_add ("/store/sets-are-read-by-their-index", test_sets_are_read_by_their_index);
    test_db_add ("/store/counts-are-those-of-the-buckets", test_counts_are_those_of_the_buckets);
    test_db_add ("/store/assets-carry-what-is-shown", test_assets_carry_what_is_shown);
    test_db_add ("/store/sets-follow-their-assets", test_sets_follow_their_assets);
    return test_db_run ();
}
