/* test_facts.c -- the rules that turn tags into facts */
#include <string.h>
#include "base/error.h"
#include "base/timestamp.h"
#include "media/facts.h"
#include "media/facts_date.h"

#define MODIFIED_MS G_GINT64_CONSTANT (1704164645000) /* 2024-01-02T03:04:05Z */

typedef struct {
    Arena *arena;
    AssetFacts facts;
} Found;

static void
found_clear (Found *self)
{
    arena_free (self->arena);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static const Places *places; /* NULL when the data file is not there */

/* Facts of a file of 1000 bytes with these tags; single quotes stand for double ones. */
static Found
find_named (const char *file_name, gboolean is_video, const char *json)
{
    Found found = { .arena = arena_new () };
    g_autofree char *text = g_strdelimit (g_strdup (json), "'", '"');
    g_autoptr (GError) error = NULL;
    const FactsInput input = { .file_name = file_name,
                               .is_video = is_video,
                               .size_bytes = 1000,
                               .modified_ms = MODIFIED_MS,
                               .stored_created_ms = MODIFIED_MS + 5000,
                               .places = places,
                               .find_place = TRUE };

    facts_find (text, -1, &input, found.arena, &found.facts, &error);
    g_assert_no_error (error);
    return found;
}

static Found
find (const char *tags)
{
    g_autofree char *json = g_strdup_printf ("{'file': {%s}}", tags);

    return find_named ("photo.jpg", FALSE, json);
}

static void
assert_dates (const Found *found, const char *instant, const char *local, const char *zone)
{
    g_assert_cmpstr (timestamp_text (found->arena, found->facts.file_created_ms), ==, instant);
    g_assert_cmpstr (timestamp_text (found->arena, found->facts.local_ms), ==, local);
    g_assert_cmpstr (found->facts.time_zone, ==, zone);
}

/* ---- dates ---- */

static void
test_stamps_are_read_in_every_spelling (void)
{
    static const struct {
        const char *text;
        gint64 wall_ms;
        int offset; /* -1: none */
    } good[] = {
        { "2001:02:03 04:05:06", 981173106000, -1 },
        { "2001-02-03T04:05:06", 981173106000, -1 },
        { "2001:02:03 04:05:06.789", 981173106789, -1 },
        { "2001:02:03 04:05:06.7890123+02:00", 981173106789, 120 },
        { "2001:02:03 04:05:06Z", 981173106000, 0 },
        { "2001:02:03 04:05:06-0330", 981173106000, -210 },
        { "2001:02:03 04:05", 981173100000, -1 },
    };
    static const char *const bad[] = {
        "",
        "2001:02:03",
        "0000:00:00 00:00:00",
        "2001:02:30 04:05:06",
        "2001:13:01 04:05:06",
        "2001:02:03 25:05:06",
        "    :  :     :  :  ",
        "yesterday",
        "2001:02:03 4:5:6",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        DateStamp stamp;
        g_assert_true (date_stamp_parse (good[i].text, &stamp));
        g_assert_cmpint (stamp.wall_ms, ==, good[i].wall_ms);
        g_assert_cmpint (stamp.has_offset ? stamp.offset_minutes : -1, ==, good[i].offset);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        DateStamp stamp;
        g_assert_false (date_stamp_parse (bad[i], &stamp));
    }
    g_assert_false (date_stamp_parse (NULL, &(DateStamp){ 0 }));
}

static void
test_a_clock_without_zone_is_kept (void)
{
    g_auto (Found) found = find ("'DateTimeOriginal': '2020:01:01 12:00:00'");

    assert_dates (&found, "2020-01-01T12:00:00.000Z", "2020-01-01T12:00:00.000Z", NULL);
}

static void
test_an_offset_tag_gives_the_zone (void)
{
    g_auto (Found) plus = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                "'OffsetTimeOriginal': '+02:00'");
    g_auto (Found) half = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                "'OffsetTimeDigitized': '+05:30'");
    g_auto (Found) universal = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                     "'OffsetTimeOriginal': '+00:00'");
    g_auto (Found) ignored = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                   "'OffsetTime': '+02:00'");
    g_auto (Found) nikon = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                 "'TimeZone': '-05:00', 'DaylightSavings': 'Yes'");
    g_auto (Found) hours = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                 "'TimeZoneOffset': -7");

    assert_dates (&plus, "2020-01-01T10:00:00.000Z", "2020-01-01T12:00:00.000Z", "UTC+2");
    assert_dates (&half, "2020-01-01T06:30:00.000Z", "2020-01-01T12:00:00.000Z", "UTC+5:30");
    assert_dates (&universal, "2020-01-01T12:00:00.000Z", "2020-01-01T12:00:00.000Z", "UTC");
    assert_dates (&ignored, "2020-01-01T12:00:00.000Z", "2020-01-01T12:00:00.000Z", NULL);
    assert_dates (&nikon, "2020-01-01T16:00:00.000Z", "2020-01-01T12:00:00.000Z", "UTC-4");
    assert_dates (&hours, "2020-01-01T19:00:00.000Z", "2020-01-01T12:00:00.000Z", "UTC-7");
}

#define BERLIN "'GPSLatitude': 52.52, 'GPSLongitude': 13.405"

static void
test_the_position_gives_the_zone (void)
{
    if (places == NULL) {
        g_test_skip ("no places data");
        return;
    }
    g_auto (Found) winter = find ("'DateTimeOriginal': '2020:01:01 12:00:00', " BERLIN);
    g_auto (Found) summer = find ("'DateTimeOriginal': '2020:07:01 12:00:00', " BERLIN);
    g_auto (Found) twice = find ("'DateTimeOriginal': '2021:10:31 02:30:00.25', " BERLIN);
    g_auto (Found) skipped = find ("'DateTimeOriginal': '2021:03:28 02:30:00', " BERLIN);
    g_auto (Found) told = find ("'DateTimeOriginal': '2020:01:01 12:00:00', "
                                "'OffsetTimeOriginal': '+02:00', " BERLIN);

    assert_dates (&winter, "2020-01-01T11:00:00.000Z", "2020-01-01T12:00:00.000Z", "Europe/Berlin");
    assert_dates (&summer, "2020-07-01T10:00:00.000Z", "2020-07-01T12:00:00.000Z", "Europe/Berlin");
    assert_dates (&twice, "2021-10-31T00:30:00.250Z", "2021-10-31T02:30:00.250Z", "Europe/Berlin");
    assert_dates (&skipped, "2021-03-28T01:30:00.000Z", "2021-03-28T03:30:00.000Z",
                  "Europe/Berlin");
    assert_dates (&told, "2020-01-01T10:00:00.000Z", "2020-01-01T12:00:00.000Z", "UTC+2");
    g_assert_cmpstr (winter.facts.city, ==, "Berlin");
    g_assert_cmpstr (winter.facts.country, ==, "Germany");
}

static void
test_videos_are_universal_time (void)
{
    g_auto (Found) plain =
        find_named ("a.mp4", TRUE, "{'file': {'CreateDate': '2020:01:01 05:06:07'}}");
    assert_dates (&plain, "2020-01-01T05:06:07.000Z", "2020-01-01T05:06:07.000Z", "UTC");
    if (places == NULL)
        return;
    g_auto (Found) placed =
        find_named ("a.mp4", TRUE, "{'file': {'CreateDate': '2020:01:01 05:06:07', " BERLIN "}}");
    g_auto (Found) apple = find_named ("a.mov", TRUE,
                                       "{'file': {'CreateDate': '2020:01:01 00:00:00', "
                                       "'CreationDate': '2020:01:01 07:06:07+02:00', " BERLIN "}}");
    assert_dates (&placed, "2020-01-01T05:06:07.000Z", "2020-01-01T06:06:07.000Z", "Europe/Berlin");
    assert_dates (&apple, "2020-01-01T05:06:07.000Z", "2020-01-01T06:06:07.000Z", "Europe/Berlin");
}

static void
test_dates_follow_their_order (void)
{
    g_auto (Found) sub = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                               "'SubSecCreateDate': '2021:01:01 12:00:00.50'");
    g_auto (Found) blank = find ("'DateTimeOriginal': '0000:00:00 00:00:00',"
                                 "'CreateDate': '2019:05:05 01:02:03', 'ModifyDate': '2001:01:01 "
                                 "01:01:01'");

    assert_dates (&sub, "2021-01-01T12:00:00.500Z", "2021-01-01T12:00:00.500Z", NULL);
    assert_dates (&blank, "2019-05-05T01:02:03.000Z", "2019-05-05T01:02:03.000Z", NULL);
}

static void
test_another_date_may_tell_the_offset (void)
{
    g_auto (Found) found = find ("'DateTimeOriginal': '2007:12:06 14:33:18',"
                                 "'DateTimeCreated': '2007:12:06 14:33:18+09:00'");
    g_auto (Found) universal = find ("'DateTimeOriginal': '2007:12:06 14:33:18',"
                                     "'DateTimeCreated': '2007:12:06 14:33:18+00:00'");

    assert_dates (&found, "2007-12-06T05:33:18.000Z", "2007-12-06T14:33:18.000Z", "UTC+9");
    assert_dates (&universal, "2007-12-06T14:33:18.000Z", "2007-12-06T14:33:18.000Z", NULL);
}

static void
test_a_satellite_clock_tells_the_offset (void)
{
    g_auto (Found) near = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                "'GPSDateTime': '2020:01:01 16:10:00Z'");
    g_auto (Found) apart = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                                 "'GPSDateStamp': '2020:01:01', 'GPSTimeStamp': '15:59:58'");
    g_auto (Found) far = find ("'DateTimeOriginal': '2020:01:01 12:00:00',"
                               "'GPSDateTime': '2020:01:03 16:00:00Z'");
    g_auto (Found) only = find ("'GPSDateTime': '2020:01:01 16:10:00Z'");

    assert_dates (&near, "2020-01-01T16:00:00.000Z", "2020-01-01T12:00:00.000Z", "UTC-4");
    assert_dates (&apart, "2020-01-01T16:00:00.000Z", "2020-01-01T12:00:00.000Z", "UTC-4");
    assert_dates (&far, "2020-01-01T12:00:00.000Z", "2020-01-01T12:00:00.000Z", NULL);
    assert_dates (&only, "2020-01-01T16:10:00.000Z", "2020-01-01T16:10:00.000Z", "UTC+0");
}

static void
test_without_a_date_the_earliest_of_the_file_counts (void)
{
    g_auto (Found) found = find ("'OffsetTimeOriginal': '+02:00'");

    assert_dates (&found, "2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05.000Z", "UTC+2");
}

static void
test_a_sidecar_with_a_date_replaces_all_dates (void)
{
    g_auto (Found) dated = find_named ("a.jpg", FALSE,
                                       "{'file': {'SubSecDateTimeOriginal': '2020:01:01 "
                                       "12:00:00.5+02:00', 'OffsetTimeOriginal': '+02:00', "
                                       "'Make': 'A', 'Model': 'B'},"
                                       " 'sidecar': {'CreateDate': '2010:01:01 01:00:00', 'Make': "
                                       "'C', 'Duration': 9}}");
    g_auto (Found) undated = find_named ("a.jpg", FALSE,
                                         "{'file': {'DateTimeOriginal': '2020:01:01 12:00:00'},"
                                         " 'sidecar': {'CreateDate': '2010:01:01'}}");

    assert_dates (&dated, "2010-01-01T01:00:00.000Z", "2010-01-01T01:00:00.000Z", NULL);
    g_assert_cmpstr (dated.facts.make, ==, "C");
    g_assert_cmpstr (dated.facts.model, ==, "B");
    g_assert_false (dated.facts.has_duration);
    assert_dates (&undated, "2020-01-01T12:00:00.000Z", "2020-01-01T12:00:00.000Z", NULL);
}

static void
test_local_time_follows_any_zone (void)
{
    g_assert_cmpint (date_local_ms (0, "UTC+5:30"), ==, 19800000);
    g_assert_cmpint (date_local_ms (0, "UTC"), ==, 0);
    g_assert_cmpint (date_local_ms (0, NULL), ==, 0);
    g_assert_cmpint (date_local_ms (0, "Nowhere/Land"), ==, 0);
    g_assert_cmpint (date_local_ms (1593597600000, "Europe/Berlin"), ==, 1593604800000);
    g_assert_cmpint (date_local_ms (-1500, "UTC-7"), ==, -1500 - 7 * 3600000);
}

/* ---- other fields ---- */

static void
test_orientation_turns_the_sides (void)
{
    g_auto (Found) turned = find ("'ImageSize': '4000x3000', 'Orientation': 6");
    g_auto (Found) upright = find ("'ImageSize': '4000x3000', 'Orientation': 3");
    g_auto (Found) odd = find ("'ImageSize': '4000x3000', 'Orientation': 9");
    g_auto (Found) boxed = find ("'ImageSize': '4000x3000', 'Orientation': 1, 'Rotation': 3, "
                                 "'FileType': 'HEIF'");

    g_assert_cmpint (turned.facts.exif_width, ==, 4000);
    g_assert_cmpint (turned.facts.width, ==, 3000);
    g_assert_cmpint (turned.facts.height, ==, 4000);
    g_assert_cmpint (upright.facts.width, ==, 4000);
    g_assert_cmpstr (odd.facts.orientation, ==, NULL);
    g_assert_cmpstr (boxed.facts.orientation, ==, "6");
    g_assert_cmpint (boxed.facts.width, ==, 3000);
}

static void
test_a_probe_beats_the_file (void)
{
    g_auto (Found) found = find_named ("a.mp4", TRUE,
                                       "{'file': {'ImageSize': '1x1'}, 'probe': {'Width': 1920, "
                                       "'Height': 1080, 'Rotation': -90, 'Duration': 1.5564, "
                                       "'VideoFrameRate': 29.97}}");

    g_assert_cmpint (found.facts.exif_width, ==, 1920);
    g_assert_cmpint (found.facts.width, ==, 1080);
    g_assert_cmpstr (found.facts.orientation, ==, "6");
    g_assert_cmpint (found.facts.duration_ms, ==, 1556);
    g_assert_cmpfloat (found.facts.fps, ==, 29.97);
}

static void
test_only_what_may_move_has_a_duration (void)
{
    g_auto (Found) moving = find_named ("a.WEBP", FALSE, "{'file': {'Duration': 2.5}}");
    g_auto (Found) still = find_named ("a.jpg", FALSE, "{'file': {'Duration': 2.5}}");

    g_assert_cmpint (moving.facts.duration_ms, ==, 2500);
    g_assert_false (still.facts.has_duration);
}

static void
test_positions_are_checked (void)
{
    g_auto (Found) good = find ("'GPSLatitude': 43.46744833, 'GPSLongitude': -11.88512666");
    g_auto (Found) null_island = find ("'GPSLatitude': 0, 'GPSLongitude': 0");
    g_auto (Found) outside = find ("'GPSLatitude': 91, 'GPSLongitude': 5");
    g_auto (Found) half = find ("'GPSLatitude': 45");

    g_assert_true (good.facts.has_position);
    g_assert_cmpfloat (good.facts.latitude, ==, 43.467448);
    g_assert_cmpfloat (good.facts.longitude, ==, -11.885127);
    g_assert_false (null_island.facts.has_position);
    g_assert_true (null_island.facts.is_position_cleared);
    g_assert_false (outside.facts.is_position_cleared);
    g_assert_false (outside.facts.has_position);
    g_assert_false (half.facts.has_position);
}

static void
test_numbers_must_be_numbers (void)
{
    g_auto (Found) good = find ("'ISO': [200, 400], 'FNumber': '2.8', 'FocalLength': 0");
    g_auto (Found) bad = find ("'ISO': 'Auto', 'FNumber': 'inf', 'FocalLength': 1e99");

    g_assert_cmpint (good.facts.iso, ==, 200);
    g_assert_cmpfloat (good.facts.f_number, ==, 2.8);
    g_assert_true (good.facts.has_focal_length);
    g_assert_false (bad.facts.has_iso || bad.facts.has_f_number || bad.facts.has_focal_length);
}

static void
test_ratings_are_rounded_and_bounded (void)
{
    static const struct {
        const char *rating;
        gint64 expected; /* 0: none */
    } cases[] = { { "3.7", 4 }, { "5", 5 }, { "-1", -1 }, { "0", 0 }, { "6", 0 }, { "-2", 0 } };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *tags = g_strdup_printf ("'Rating': %s", cases[i].rating);
        g_auto (Found) found = find (tags);
        g_assert_cmpint (found.facts.has_rating ? found.facts.rating : 0, ==, cases[i].expected);
    }
}

static void
test_descriptions_are_trimmed (void)
{
    g_auto (Found) both = find ("'ImageDescription': ' a ', 'Description': 'b'");
    g_auto (Found) blank = find ("'ImageDescription': '    ', 'Description': 'b'");
    g_auto (Found) other = find ("'Description': 'b '");
    g_auto (Found) none = find ("'UserComment': 'c'");

    g_assert_cmpstr (both.facts.description, ==, "a");
    g_assert_cmpstr (blank.facts.description, ==, "");
    g_assert_cmpstr (other.facts.description, ==, "b");
    g_assert_cmpstr (none.facts.description, ==, "");
}

static void
test_unknown_lenses_are_none (void)
{
    g_auto (Found) named = find ("'LensID': ' 17-35mm f/2.8 ', 'LensModel': 'x'");
    g_auto (Found) unknown = find ("'LensID': 'Unknown (65535)', 'LensModel': 'x'");
    g_auto (Found) dashes = find ("'LensModel': '----'");
    g_auto (Found) kept = find ("'LensType': 'n/a'");

    g_assert_cmpstr (named.facts.lens_model, ==, "17-35mm f/2.8");
    g_assert_cmpstr (unknown.facts.lens_model, ==, NULL);
    g_assert_cmpstr (dashes.facts.lens_model, ==, NULL);
    g_assert_cmpstr (kept.facts.lens_model, ==, "n/a");
}

static void
test_bits_are_of_one_colour (void)
{
    g_auto (Found) list = find ("'BitsPerSample': '8 8 8'");
    g_auto (Found) sum = find ("'ColorBitDepth': 24");
    g_auto (Found) ten = find ("'ImagePixelDepth': 10, 'BitDepth': 8");

    g_assert_cmpint (list.facts.bits_per_sample, ==, 8);
    g_assert_cmpint (sum.facts.bits_per_sample, ==, 8);
    g_assert_cmpint (ten.facts.bits_per_sample, ==, 10);
}

static void
assert_tags (const Found *found, const char *expected)
{
    GString *joined = g_string_new (NULL);

    for (gsize i = 0; i < found->facts.tags.n; i++)
        g_string_append_printf (joined, "%s%s", i > 0 ? ";" : "", found->facts.tags.items[i]);
    g_assert_cmpstr (joined->str, ==, expected);
    g_string_free (joined, TRUE);
}

static void
test_the_first_list_of_keywords_counts (void)
{
    g_auto (Found) digikam = find ("'TagsList': ['a/b', 'c', 'a/b'], 'Keywords': ['x']");
    g_auto (Found) adobe = find ("'HierarchicalSubject': ['a|b', 'c/d'], 'Keywords': ['x']");
    g_auto (Found) plain = find ("'Keywords': ['x', 2024, ' y ']");
    g_auto (Found) single = find ("'Keywords': 'x'");
    g_auto (Found) cleared = find ("'TagsList': [''], 'Keywords': ['x']");
    g_auto (Found) none = find ("'Subject': ['x']");

    assert_tags (&digikam, "a/b;c");
    assert_tags (&adobe, "a/b;c|d");
    assert_tags (&plain, "x;2024; y ");
    assert_tags (&single, "x");
    assert_tags (&cleared, "");
    g_assert_true (cleared.facts.has_tags);
    g_assert_false (none.facts.has_tags);
}

#define REGIONS(w, h, x, y)                                                                        \
    "'RegionInfo': {'AppliedToDimensions': {'W': " w ", 'H': " h "}, 'RegionList': ["              \
    "{'Name': 'Ada', 'Area': {'X': " x ", 'Y': " y ", 'W': 0.2, 'H': 0.1}},"                       \
    "{'Area': {'X': 0.5, 'Y': 0.5, 'W': 0.2, 'H': 0.1}}]}"

static void
test_faces_turn_with_the_picture (void)
{
    g_auto (Found) upright = find (REGIONS ("100", "200", "0.3", "0.2"));
    g_auto (Found) turned = find ("'Orientation': 6, " REGIONS ("100", "200", "0.3", "0.2"));
    g_auto (Found) mirrored = find ("'Orientation': 2, " REGIONS ("100", "200", "0.3", "0.2"));
    g_auto (Found) endless = find (REGIONS ("0", "200", "0.3", "0.2"));

    g_assert_cmpuint (upright.facts.n_faces, ==, 1); /* the one without a name is none */
    g_assert_cmpstr (upright.facts.faces[0].name, ==, "Ada");
    g_assert_cmpint (upright.facts.faces[0].x1, ==, 20);
    g_assert_cmpint (upright.facts.faces[0].y1, ==, 30);
    g_assert_cmpint (upright.facts.faces[0].x2, ==, 40);
    g_assert_cmpint (upright.facts.faces[0].y2, ==, 50);
    /* 6: x = 1 - 0.2 of 200, y = 0.3 of 100, sides swapped */
    g_assert_cmpint (turned.facts.faces[0].image_width, ==, 200);
    g_assert_cmpint (turned.facts.faces[0].x1, ==, 150);
    g_assert_cmpint (turned.facts.faces[0].y1, ==, 20);
    g_assert_cmpint (turned.facts.faces[0].x2, ==, 170);
    g_assert_cmpint (turned.facts.faces[0].y2, ==, 40);
    g_assert_cmpint (mirrored.facts.faces[0].x1, ==, 60);
    g_assert_cmpuint (endless.facts.n_faces, ==, 0);
}

#define DIRECTORY(length, padding)                                                                 \
    "'ContainerDirectory': [{'Item': {'Semantic': 'Primary', 'Length': 5}},"                       \
    " {'Item': {'Semantic': 'MotionPhoto', 'Length': " length ", 'Padding': " padding "}}]"

static void
test_motion_videos_lie_inside_the_file (void)
{
    g_auto (Found) google = find ("'MotionPhoto': 1, " DIRECTORY ("300", "20"));
    g_auto (Found) micro = find ("'MicroVideo': 1, 'MicroVideoOffset': 400");
    g_auto (Found) boxed =
        find ("'MotionPhoto': 1, 'MotionPhotoVideo': [100, 200], " DIRECTORY ("300", "20"));
    g_auto (Found) lying = find ("'MotionPhoto': 1, " DIRECTORY ("3000", "0"));
    g_auto (Found) negative = find ("'MotionPhoto': 1, " DIRECTORY ("300", "-500"));
    g_auto (Found) plain = find ("'MotionPhoto': 1");
    g_auto (Found) off = find ("'MotionPhoto': 0, " DIRECTORY ("300", "20"));

    g_assert_cmpint (google.facts.motion_offset, ==, 680);
    g_assert_cmpint (google.facts.motion_length, ==, 300);
    g_assert_cmpint (micro.facts.motion_offset, ==, 600);
    g_assert_cmpint (boxed.facts.motion_offset, ==, 100);
    g_assert_cmpint (boxed.facts.motion_length, ==, 200);
    g_assert_cmpint (lying.facts.motion_length, ==, 0);
    g_assert_cmpint (negative.facts.motion_length, ==, 0);
    g_assert_cmpint (plain.facts.motion_length, ==, 0);
    g_assert_cmpint (off.facts.motion_length, ==, 0);
}

static void
test_nonsense_is_refused_with_the_name (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    const FactsInput input = { .file_name = "a.jpg" };
    AssetFacts facts;

    g_assert_false (facts_find ("[1]", -1, &input, arena, &facts, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INTERNAL);
    g_assert_nonnull (strstr (error->message, "a.jpg"));
}

static void
test_tags_of_the_wrong_kind_do_no_harm (void)
{
    g_auto (Found) found = find ("'Make': {'a': 1}, 'ImageSize': [1], 'DateTimeOriginal': 5,"
                                 "'Keywords': {'a': 1}, 'RegionInfo': [], 'Rating': {},"
                                 "'ContainerDirectory': 1, 'MotionPhoto': 1, 'Duration': []");

    g_assert_cmpstr (found.facts.make, ==, NULL);
    g_assert_cmpuint (found.facts.tags.n, ==, 0);
    g_assert_cmpint (found.facts.width, ==, 0);
}

int
main (int argc, char **argv)
{
    const char *path = g_getenv ("TINTYPE_PLACES");
    int status;

    g_test_init (&argc, &argv, NULL);
    if (path != NULL)
        places = places_open (path, NULL);
#define CASE(name) g_test_add_func ("/facts/" #name, test_##name)
    CASE (stamps_are_read_in_every_spelling);
    CASE (a_clock_without_zone_is_kept);
    CASE (an_offset_tag_gives_the_zone);
    CASE (the_position_gives_the_zone);
    CASE (videos_are_universal_time);
    CASE (dates_follow_their_order);
    CASE (another_date_may_tell_the_offset);
    CASE (a_satellite_clock_tells_the_offset);
    CASE (without_a_date_the_earliest_of_the_file_counts);
    CASE (a_sidecar_with_a_date_replaces_all_dates);
    CASE (local_time_follows_any_zone);
    CASE (orientation_turns_the_sides);
    CASE (a_probe_beats_the_file);
    CASE (only_what_may_move_has_a_duration);
    CASE (positions_are_checked);
    CASE (numbers_must_be_numbers);
    CASE (ratings_are_rounded_and_bounded);
    CASE (descriptions_are_trimmed);
    CASE (unknown_lenses_are_none);
    CASE (bits_are_of_one_colour);
    CASE (the_first_list_of_keywords_counts);
    CASE (faces_turn_with_the_picture);
    CASE (motion_videos_lie_inside_the_file);
    CASE (nonsense_is_refused_with_the_name);
    CASE (tags_of_the_wrong_kind_do_no_harm);
    status = g_test_run ();
    places_free ((Places *) places);
    return status;
}
