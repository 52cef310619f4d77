/* test_assets.c -- what an edit does to an asset, and that the file's own words do not undo it */
#include "db/test_db.h"
#include "features/assets/asset_change.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/config/config.h"
#include "features/ingest/ingest.h"
#include "features/sidecars/sidecars.h"
#include "media/facts.h"
#include "media/facts_date.h"

#define OWNER "5bbd29cd-0000-4000-8000-000000000001"
#define PHOTO "a0000000-0000-4000-8000-000000000001"
#define VIDEO "a0000000-0000-4000-8000-000000000002"

/* The jobs that edits ask for are counted here. */
static guint n_metadata_jobs, n_thumbnail_jobs, n_sidecar_jobs;

gboolean
sidecars_add_write (Db *tx, Arena *arena, const char *asset_id, GError **error)
{
    n_sidecar_jobs++;
    return TRUE;
}

gboolean
ingest_add_metadata (Db *tx, Arena *arena, const char *asset_id, const char *source, GError **error)
{
    n_metadata_jobs++;
    return TRUE;
}

gboolean
ingest_add_thumbnails (Db *tx, Arena *arena, const char *asset_id, const char *source,
                       gboolean notify, GError **error)
{
    n_thumbnail_jobs++;
    return TRUE;
}

gboolean
ingest_finds_places (const App *app)
{
    return TRUE;
}

static gint64
ms (const char *text)
{
    gint64 value = 0;

    g_assert_true (timestamp_parse (text, &value));
    return value;
}

static void
assert_time (gint64 value, const char *expected)
{
    char text[TIMESTAMP_TEXT_BYTES];

    timestamp_format (value, text);
    g_assert_cmpstr (text, ==, expected);
}

static AssetRow
photo_of (const char *local, const char *instant, const char *zone)
{
    return (AssetRow){ .id = PHOTO,
                       .owner_id = OWNER,
                       .type = ASSET_TYPE_IMAGE,
                       .original_file_name = "a.jpg",
                       .file_created_at = ms (instant),
                       .local_date_time = ms (local),
                       .has_date_time_original = TRUE,
                       .date_time_original = ms (instant),
                       .time_zone = zone };
}

/* ---- dates ---- */

static void
test_a_date_with_an_offset_is_an_instant_and_a_zone (void)
{
    g_autoptr (Arena) arena = arena_new ();
    AssetRow row = photo_of ("2001-06-09T15:17:32Z", "2001-06-09T15:17:32Z", NULL);
    AssetChange change = { 0 };

    g_assert_true (asset_change_set_date (&change, "2023-11-19T18:11:00.000-07:00"));
    asset_change_apply (&change, NULL, FALSE, arena, &row);
    assert_time (row.date_time_original, "2023-11-20T01:11:00.000Z");
    assert_time (row.file_created_at, "2023-11-20T01:11:00.000Z");
    assert_time (row.local_date_time, "2023-11-19T18:11:00.000Z");
    g_assert_cmpstr (row.time_zone, ==, "UTC-7");
    g_assert_cmpuint (row.locked_properties.n, ==, 2);
}

static void
test_a_date_without_an_offset_is_utc (void)
{
    static const char *const texts[] = { "2023-11-19T18:11", "2023-11-19 18:11:00",
                                         "2023-11-19T18:11:00.000Z", "2023-11-19T18:11:00+00:00" };

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (Arena) arena = arena_new ();
        AssetRow row = photo_of ("2001-06-09T15:17:32Z", "2001-06-09T15:17:32Z", NULL);
        AssetChange change = { 0 };

        g_assert_true (asset_change_set_date (&change, texts[i]));
        asset_change_apply (&change, NULL, FALSE, arena, &row);
        assert_time (row.file_created_at, "2023-11-19T18:11:00.000Z");
        assert_time (row.local_date_time, "2023-11-19T18:11:00.000Z");
        g_assert_cmpstr (row.time_zone, ==, "UTC+0");
    }
}

static void
test_a_day_alone_is_its_midnight (void)
{
    AssetChange change = { 0 };

    g_assert_true (asset_change_set_date (&change, "2023-11-19"));
    assert_time (change.date_ms, "2023-11-19T00:00:00.000Z");
}

static void
test_what_is_no_date_is_refused (void)
{
    static const char *const texts[] = { "",
                                         "yesterday",
                                         "2023-02-30T10:00:00Z",
                                         "2023-11-19T25:00:00Z",
                                         "2023-11-19T18:11:00 Berlin",
                                         "2023-11-19T18:11:00+99:00",
                                         "0000-01-01T00:00:00Z",
                                         "20231119",
                                         "2023-11-19T18:11:00Z; DROP TABLE asset" };

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        AssetChange change = { 0 };

        g_test_message ("'%s'", texts[i]);
        g_assert_false (asset_change_set_date (&change, texts[i]));
    }
}

static void
test_relative_minutes_shift_the_stored_date_and_keep_its_zone (void)
{
    g_autoptr (Arena) arena = arena_new ();
    AssetRow row = photo_of ("2020-02-02T02:02:02Z", "2020-02-02T01:02:02Z", "UTC+1");
    AssetChange change = { .has_relative = TRUE, .relative_minutes = -1441 };

    asset_change_apply (&change, NULL, FALSE, arena, &row);
    assert_time (row.date_time_original, "2020-02-01T01:01:02.000Z");
    assert_time (row.local_date_time, "2020-02-01T02:01:02.000Z");
    g_assert_cmpstr (row.time_zone, ==, "UTC+1");
}

static void
test_a_new_zone_keeps_the_instant (void)
{
    g_autoptr (Arena) arena = arena_new ();
    AssetRow row = photo_of ("2020-07-02T02:02:02Z", "2020-07-02T01:02:02Z", "UTC+1");
    AssetChange change = { 0 };

    g_assert_true (asset_change_set_zone (&change, arena, "Asia/Tokyo"));
    asset_change_apply (&change, NULL, FALSE, arena, &row);
    assert_time (row.file_created_at, "2020-07-02T01:02:02.000Z");
    assert_time (row.local_date_time, "2020-07-02T10:02:02.000Z");
    g_assert_cmpstr (row.time_zone, ==, "UTC+9");
}

static void
test_zones_are_names_or_offsets_and_nothing_else (void)
{
    static const char *const good[] = { "Europe/Berlin", "America/Argentina/Buenos_Aires",
                                        "UTC",           "UTC+2",
                                        "UTC-5:30",      "+05:30",
                                        "Etc/GMT+3" };
    static const char *const bad[] = { "",
                                       "Mars/Olympus",
                                       "../../etc/passwd",
                                       "/etc/shadow",
                                       "UTC+99",
                                       "+5:",
                                       "Europe/../../../etc/hostname",
                                       "EST5EDT,M3.2.0,M11.1.0" };
    g_autoptr (Arena) arena = arena_new ();
    AssetChange change = { 0 };

    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        g_test_message ("'%s'", good[i]);
        g_assert_true (asset_change_set_zone (&change, arena, good[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_test_message ("'%s'", bad[i]);
        g_assert_false (asset_change_set_zone (&change, arena, bad[i]));
    }
}

static void
test_an_offset_zone_counts (void)
{
    static const char *const texts[] = { "+05:30", "+0530", "+530", "+5:30", "UTC+530" };

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (Arena) arena = arena_new ();
        AssetRow row = photo_of ("2020-07-02T01:02:02Z", "2020-07-02T01:02:02Z", NULL);
        AssetChange change = { 0 };

        g_test_message ("'%s'", texts[i]);
        g_assert_true (asset_change_set_zone (&change, arena, texts[i]));
        asset_change_apply (&change, NULL, FALSE, arena, &row);
        assert_time (row.local_date_time, "2020-07-02T06:32:02.000Z");
        g_assert_cmpstr (row.time_zone, ==, "UTC+5:30");
    }
}

static void
test_months_count_from_1970 (void)
{
    g_assert_cmpint (asset_local_month (ms ("1970-01-01T00:00:00Z")), ==, 0);
    g_assert_cmpint (asset_local_month (ms ("1969-12-31T23:59:59.999Z")), ==, -1);
    g_assert_cmpint (asset_local_month (ms ("2024-02-29T12:00:00Z")), ==, 54 * 12 + 1);
    g_assert_cmpint (asset_local_month (ms ("0001-01-01T00:00:00Z")), ==, -1969 * 12);
}

/* ---- the rest ---- */

static void
test_a_change_of_one_thing_leaves_the_others_alone (void)
{
    g_autoptr (Arena) arena = arena_new ();
    AssetRow row = photo_of ("2020-07-02T03:02:02Z", "2020-07-02T01:02:02Z", "Europe/Berlin");
    AssetChange change = { .description = "a description", .set_rating = TRUE };

    row.has_rating = TRUE;
    row.rating = 5;
    asset_change_apply (&change, NULL, TRUE, arena, &row);
    g_assert_cmpstr (row.description, ==, "a description");
    g_assert_false (row.has_rating);
    assert_time (row.local_date_time, "2020-07-02T03:02:02.000Z");
    g_assert_cmpstr (row.time_zone, ==, "Europe/Berlin");
    g_assert_cmpuint (row.locked_properties.n, ==, 2);
    asset_change_apply (&change, NULL, TRUE, arena, &row);
    g_assert_cmpuint (row.locked_properties.n, ==, 2);
}

static void
test_a_position_brings_zone_and_place (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (Places) places = NULL;
    AssetRow row = photo_of ("2020-07-02T12:00:00Z", "2020-07-02T12:00:00Z", NULL);
    AssetChange change = { .has_position = TRUE, .latitude = 52.5, .longitude = 13.4 };
    const char *path = g_getenv ("TINTYPE_PLACES");

    if (path == NULL || (places = places_open (path, NULL)) == NULL) {
        g_test_skip ("no places.bin (TINTYPE_PLACES)");
        return;
    }
    asset_change_apply (&change, places, TRUE, arena, &row);
    g_assert_cmpstr (row.city, ==, "Berlin");
    g_assert_cmpstr (row.country, ==, "Germany");
    g_assert_cmpstr (row.time_zone, ==, "Europe/Berlin");
    assert_time (row.local_date_time, "2020-07-02T12:00:00.000Z");
    /* whether the file names its date or only the upload did is known when its tags are read again */
    assert_time (row.file_created_at, "2020-07-02T12:00:00.000Z");
    asset_change_apply (&change, places, FALSE, arena, &row);
    g_assert_null (row.city);
}

/* ---- reading the file again ---- */

static void
find_facts (const AssetRow *row, const char *tags, Arena *arena, AssetFacts *out)
{
    g_autoptr (GError) error = NULL;
    const char *overlaid = asset_overlay_locked (arena, row, tags, &error);
    FactsInput input = { .file_name = "a.jpg",
                         .modified_ms = ms ("2024-01-02T03:04:05Z"),
                         .stored_created_ms = row->file_created_at };

    g_assert_no_error (error);
    g_assert_true (facts_find (overlaid, -1, &input, arena, out, &error));
}

static void
test_reading_the_file_again_keeps_every_edit (void)
{
    static const char tags[] =
        "{\"file\":{\"DateTimeOriginal\":\"2001:06:09 15:17:32\",\"OffsetTimeOriginal\":\"+02:00\","
        "\"ImageDescription\":\"from the file\",\"Rating\":2,\"GPSLatitude\":1,\"GPSLongitude\":2},"
        "\"sidecar\":{\"Description\":\"from the sidecar\"}}";
    g_autoptr (Arena) arena = arena_new ();
    AssetRow row = photo_of ("2001-06-09T15:17:32Z", "2001-06-09T13:17:32Z", "UTC+2");
    AssetChange change = { .description = "mine",
                           .has_position = TRUE,
                           .latitude = -33.868123,
                           .longitude = 151.209321,
                           .set_rating = TRUE };
    AssetFacts facts;

    g_assert_true (asset_change_set_date (&change, "2023-11-19T18:11:00.250-07:00"));
    asset_change_apply (&change, NULL, FALSE, arena, &row);
    find_facts (&row, tags, arena, &facts);
    g_assert_cmpstr (facts.description, ==, "mine");
    g_assert_false (facts.has_rating);
    g_assert_true (facts.has_position);
    g_assert_cmpfloat (facts.latitude, ==, -33.868123);
    g_assert_cmpfloat (facts.longitude, ==, 151.209321);
    assert_time (facts.file_created_ms, "2023-11-20T01:11:00.250Z");
    assert_time (facts.local_ms, "2023-11-19T18:11:00.250Z");
    g_assert_cmpstr (facts.time_zone, ==, "UTC-7");
}

/* As often as it is read: the database has no place then, and the lock alone knows that there was one. */
static void
test_a_position_that_was_taken_away_does_not_come_back (void)
{
    static const char tags[] = "{\"file\":{\"GPSLatitude\":1,\"GPSLongitude\":2}}";
    g_autoptr (Arena) arena = arena_new ();
    AssetRow row = photo_of ("2001-06-09T15:17:32Z", "2001-06-09T13:17:32Z", NULL);
    AssetChange change = { .has_position = TRUE };
    AssetFacts facts;

    asset_change_apply (&change, NULL, FALSE, arena, &row);
    for (guint i = 0; i < 2; i++) {
        find_facts (&row, tags, arena, &facts);
        g_assert_false (facts.has_position);
        row.has_latitude = row.has_longitude = facts.has_position;
    }
}

static void
test_reading_the_file_again_takes_what_was_not_edited (void)
{
    static const char tags[] = "{\"file\":{\"DateTimeOriginal\":\"2001:06:09 15:17:32\","
                               "\"ImageDescription\":\"from the file\",\"Rating\":2}}";
    g_autoptr (Arena) arena = arena_new ();
    AssetRow row = photo_of ("2001-06-09T15:17:32Z", "2001-06-09T13:17:32Z", NULL);
    AssetChange change = { .set_rating = TRUE, .has_rating = TRUE, .rating = -1 };
    AssetFacts facts;

    asset_change_apply (&change, NULL, FALSE, arena, &row);
    find_facts (&row, tags, arena, &facts);
    g_assert_cmpint (facts.rating, ==, -1);
    g_assert_cmpstr (facts.description, ==, "from the file");
    assert_time (facts.file_created_ms, "2001-06-09T15:17:32.000Z");
}

/* ---- with a database ---- */

static void
insert (TestDb *t, const char *sql)
{
    g_assert_true (db_exec (t->db, sql, DB_NO_ARGS, NULL, &t->error));
    g_assert_no_error (t->error);
}

static void
fill (TestDb *t)
{
    insert (t,
            "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
            " updated_at) VALUES ('" OWNER "', 'a@b.c', 'A', 1, 'g', 1, 1)");
    for (guint i = 1; i <= 2; i++) {
        g_autofree char *asset = g_strdup_printf (
            "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
            " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, "
            "created_at,"
            " updated_at, update_id) VALUES ('a0000000-0000-4000-8000-00000000000%u', '" OWNER
            "', '%s', 'upload/x%u', 'a.jpg', %s, 10, 0, 0, 0, 0, 1, 1, 'u%u')",
            i, i == 1 ? "IMAGE" : "VIDEO", i,
            t->engine == TEST_SQLITE ? (i == 1 ? "x'01'" : "x'02'")
                                     : (i == 1 ? "'\\x01'" : "'\\x02'"),
            i);
        g_autofree char *exif = g_strdup_printf (
            "INSERT INTO asset_exif (asset_id) VALUES ('a0000000-0000-4000-8000-00000000000%u')",
            i);

        insert (t, asset);
        insert (t, exif);
    }
    n_metadata_jobs = n_thumbnail_jobs = n_sidecar_jobs = 0;
}

typedef struct {
    TestDb *t;
    const AssetChange *change;
    StringList ids;
    AssetChangeResult result;
} Save;

static gboolean
run_save (Db *tx, gpointer data, GError **error)
{
    static const App app;
    Save *self = data;

    return asset_change_save (self->change, &app, tx, self->t->arena, &self->ids, &self->result,
                              error);
}

static gboolean
save (TestDb *t, const AssetChange *change, const char *id, AssetChangeResult *out)
{
    Save data = { t, change, { &id, 1 }, { 0 } };
    gboolean ok = db_write (t->db, run_save, &data, &t->error);

    if (out != NULL)
        *out = data.result;
    return ok;
}

static void
test_an_edit_is_stored_and_moves_the_month (TestDb *t)
{
    AssetChange change = { .description = "d",
                           .flags = { .has_favorite = TRUE,
                                      .is_favorite = TRUE,
                                      .visibility = "archive",
                                      .set_duplicate_id = TRUE,
                                      .duplicate_id = VIDEO } };
    AssetChange plain = { .flags = { .set_duplicate_id = TRUE } };
    AssetRow row, before;
    gint64 n = 0;

    fill (t);
    g_assert_true (asset_find (t->db, t->arena, PHOTO, &before, &t->error));
    g_assert_true (asset_change_set_date (&change, "2023-11-19T18:11:00-07:00"));
    g_assert_true (save (t, &change, PHOTO, NULL));
    g_assert_true (asset_find (t->db, t->arena, PHOTO, &row, &t->error));
    g_assert_cmpstr (row.description, ==, "d");
    g_assert_true (row.is_favorite);
    g_assert_cmpint (row.visibility, ==, ASSET_VISIBILITY_ARCHIVE);
    g_assert_cmpstr (row.duplicate_id, ==, VIDEO);
    g_assert_cmpstr (row.update_id, !=, before.update_id);
    g_assert_cmpuint (row.locked_properties.n, ==, 3);
    assert_time (row.file_created_at, "2023-11-20T01:11:00.000Z");
    g_assert_true (db_select_int (t->db,
                                  "SELECT n_assets FROM asset_month WHERE local_month = $1"
                                  " AND visibility = 'archive' AND is_favorite = 1",
                                  DB_ARGS (db_int (53 * 12 + 10)), &n, NULL, &t->error));
    g_assert_cmpint (n, ==, 1);

    /* what is not named stays */
    g_assert_true (save (t, &plain, PHOTO, NULL));
    g_assert_true (asset_find (t->db, t->arena, PHOTO, &row, &t->error));
    g_assert_null (row.duplicate_id);
    g_assert_true (row.is_favorite);
    g_assert_cmpstr (row.description, ==, "d");
    g_assert_cmpuint (n_sidecar_jobs, ==, 1); /* for the words; none for the flags */
}

static void
test_what_is_edited_goes_to_the_sidecar (TestDb *t)
{
    AssetChange change = { .has_position = TRUE, .latitude = 1, .longitude = 2 };

    fill (t);
    g_assert_true (save (t, &change, PHOTO, NULL));
    g_assert_cmpuint (n_sidecar_jobs, ==, 1);
}

static void
test_a_motion_part_is_hidden_and_comes_back (TestDb *t)
{
    AssetChange link = { .set_motion_part = TRUE, .motion_video_id = VIDEO };
    AssetChange unlink = { .set_motion_part = TRUE, .flags = { .visibility = "archive" } };
    AssetChangeResult result;
    AssetRow row;

    fill (t);
    g_assert_true (save (t, &link, PHOTO, &result));
    g_assert_cmpstr (result.hidden_video_id, ==, VIDEO);
    g_assert_true (asset_find (t->db, t->arena, VIDEO, &row, &t->error));
    g_assert_cmpint (row.visibility, ==, ASSET_VISIBILITY_HIDDEN);
    g_assert_true (save (t, &link, PHOTO, &result));
    g_assert_null (result.hidden_video_id); /* it was hidden before */

    g_assert_true (save (t, &unlink, PHOTO, &result));
    g_assert_true (asset_find (t->db, t->arena, VIDEO, &row, &t->error));
    g_assert_cmpint (row.visibility, ==, ASSET_VISIBILITY_ARCHIVE);
    g_assert_cmpuint (n_thumbnail_jobs, ==, 1);
    g_assert_true (asset_find (t->db, t->arena, PHOTO, &row, &t->error));
    g_assert_null (row.live_photo_video_id);
}

static void
test_a_locked_film_is_found_with_the_pin_alone (TestDb *t)
{
    AssetChange link = { .set_motion_part = TRUE, .motion_video_id = VIDEO };
    AssetChange unlink = { .set_motion_part = TRUE };
    AssetRow row;

    fill (t);
    insert (t, "UPDATE asset SET visibility = 'locked' WHERE id = '" VIDEO "'");
    g_assert_false (save (t, &link, PHOTO, NULL));
    g_assert_cmpstr (t->error->message, ==, "Live photo video not found");
    g_clear_error (&t->error);
    link.sees_locked = TRUE;
    g_assert_true (save (t, &link, PHOTO, NULL));
    g_assert_true (save (t, &unlink, PHOTO, NULL));
    g_assert_true (asset_find (t->db, t->arena, VIDEO, &row, &t->error));
    g_assert_cmpint (row.visibility, ==, ASSET_VISIBILITY_LOCKED);

    /* the film of a photo that is locked */
    insert (t, "UPDATE asset SET visibility = 'hidden' WHERE id = '" VIDEO "'");
    g_assert_true (save (t, &link, PHOTO, NULL));
    link.sees_locked = FALSE;
    g_assert_true (save (t, &link, PHOTO, NULL)); /* open as long as the photo is */
    insert (t, "UPDATE asset SET visibility = 'locked' WHERE id = '" PHOTO "'");
    g_assert_false (save (t, &link, PHOTO, NULL));
    g_assert_cmpstr (t->error->message, ==, "Live photo video not found");
    g_clear_error (&t->error);
}

static void
test_a_photo_is_no_motion_part (TestDb *t)
{
    AssetChange link = { .set_motion_part = TRUE, .motion_video_id = PHOTO };
    AssetChange missing = { .set_motion_part = TRUE,
                            .motion_video_id = "a0000000-0000-4000-8000-00000000000f" };
    AssetRow row, before;

    fill (t);
    g_assert_true (asset_find (t->db, t->arena, PHOTO, &before, &t->error));
    g_assert_false (save (t, &link, PHOTO, NULL));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpstr (t->error->message, ==, "Live photo video must be a video");
    g_clear_error (&t->error);
    g_assert_false (save (t, &missing, PHOTO, NULL));
    g_assert_cmpstr (t->error->message, ==, "Live photo video not found");
    g_clear_error (&t->error);
    g_assert_true (asset_find (t->db, t->arena, PHOTO, &row, &t->error));
    g_assert_cmpstr (row.update_id, ==, before.update_id); /* all of it was undone */
}

static void
test_many_are_found_in_the_order_asked_for (TestDb *t)
{
    const char *ids[] = { VIDEO, "a0000000-0000-4000-8000-00000000000f", PHOTO, VIDEO };
    StringList list = { ids, G_N_ELEMENTS (ids) };
    AssetRowList rows;

    fill (t);
    g_assert_true (assets_find (t->db, t->arena, &list, &rows, &t->error));
    g_assert_cmpuint (rows.n, ==, 2);
    g_assert_cmpstr (rows.items[0].id, ==, VIDEO);
    g_assert_cmpstr (rows.items[1].id, ==, PHOTO);
}

static void
test_what_is_being_removed_is_gone (TestDb *t)
{
    AssetRow row;

    fill (t);
    insert (t, "UPDATE asset SET status = 'deleted'");
    g_assert_false (asset_find (t->db, t->arena, PHOTO, &row, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error (&t->error);
}

static void
test_counts_come_by_type (TestDb *t)
{
    AssetCountRowList counts;

    fill (t);
    insert (t, "UPDATE asset SET visibility = 'hidden' WHERE type = 'VIDEO'");
    g_assert_true (
        asset_store_count (t->db, t->arena, OWNER, NULL, FALSE, FALSE, FALSE, &counts, &t->error));
    g_assert_cmpuint (counts.n, ==, 1);
    g_assert_cmpint (counts.items[0].type, ==, ASSET_TYPE_IMAGE);
    g_assert_cmpint (counts.items[0].n_assets, ==, 1);
    g_assert_true (asset_store_count (t->db, t->arena, OWNER, "hidden", TRUE, FALSE, FALSE, &counts,
                                      &t->error));
    g_assert_cmpuint (counts.n, ==, 1);
    insert (t, "UPDATE asset SET status = 'trashed', deleted_at = 5");
    g_assert_true (
        asset_store_count (t->db, t->arena, OWNER, NULL, FALSE, FALSE, TRUE, &counts, &t->error));
    g_assert_cmpuint (counts.n, ==, 1);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/assets/a-date-with-an-offset-is-an-instant-and-a-zone",
                     test_a_date_with_an_offset_is_an_instant_and_a_zone);
    g_test_add_func ("/assets/a-date-without-an-offset-is-utc",
                     test_a_date_without_an_offset_is_utc);
    g_test_add_func ("/assets/a-day-alone-is-its-midnight", test_a_day_alone_is_its_midnight);
    g_test_add_func ("/assets/what-is-no-date-is-refused", test_what_is_no_date_is_refused);
    g_test_add_func ("/assets/relative-minutes-shift-the-stored-date-and-keep-its-zone",
                     test_relative_minutes_shift_the_stored_date_and_keep_its_zone);
    g_test_add_func ("/assets/a-new-zone-keeps-the-instant", test_a_new_zone_keeps_the_instant);
    g_test_add_func ("/assets/zones-are-names-or-offsets-and-nothing-else",
                     test_zones_are_names_or_offsets_and_nothing_else);
    g_test_add_func ("/assets/an-offset-zone-counts", test_an_offset_zone_counts);
    g_test_add_func ("/assets/months-count-from-1970", test_months_count_from_1970);
    g_test_add_func ("/assets/a-change-of-one-thing-leaves-the-others-alone",
                     test_a_change_of_one_thing_leaves_the_others_alone);
    g_test_add_func ("/assets/a-position-brings-zone-and-place",
                     test_a_position_brings_zone_and_place);
    g_test_add_func ("/assets/reading-the-file-again-keeps-every-edit",
                     test_reading_the_file_again_keeps_every_edit);
    g_test_add_func ("/assets/reading-the-file-again-takes-what-was-not-edited",
                     test_reading_the_file_again_takes_what_was_not_edited);
    g_test_add_func ("/assets/a-position-that-was-taken-away-does-not-come-back",
                     test_a_position_that_was_taken_away_does_not_come_back);
    test_db_add ("/assets/an-edit-is-stored-and-moves-the-month",
                 test_an_edit_is_stored_and_moves_the_month);
    test_db_add ("/assets/what-is-edited-goes-to-the-sidecar",
                 test_what_is_edited_goes_to_the_sidecar);
    test_db_add ("/assets/a-motion-part-is-hidden-and-comes-back",
                 test_a_motion_part_is_hidden_and_comes_back);
    test_db_add ("/assets/a-locked-film-is-found-with-the-pin-alone",
                 test_a_locked_film_is_found_with_the_pin_alone);
    test_db_add ("/assets/a-photo-is-no-motion-part", test_a_photo_is_no_motion_part);
    test_db_add ("/assets/many-are-found-in-the-order-asked-for",
                 test_many_are_found_in_the_order_asked_for);
    test_db_add ("/assets/what-is-being-removed-is-gone", test_what_is_being_removed_is_gone);
    test_db_add ("/assets/counts-come-by-type", test_counts_come_by_type);
    return test_db_run ();
}
