/* What searches ask of the database: nothing reads or sorts a whole library; and what is kept by triggers
 * is right. */
#include <stdlib.h>
#include <string.h>

#include "db/test_db.h"
#include "features/search/search_private.h"

#define N_ASSETS 6000

static const char SQL_USERS[] =
    "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
    "                   updated_at)"
    " SELECT value, value, 'u', 0, '', 0, 0 FROM json_each($1)";
/* $1 numbers of assets, $2 a checksum; of two owners */
static const char SQL_ASSETS[] =
    "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum, "
    "size_bytes,"
    "                   file_created_at, file_modified_at, local_date_time, local_month, "
    "created_at,"
    "                   updated_at, update_id)"
    " SELECT 'a' || value, CASE WHEN CAST(value AS BIGINT) % 2 = 0 THEN 'x' ELSE 'y' END,"
    "        'IMAGE', 'p', 'IMG_' || value || '.jpg', $2, 1, CAST(value AS BIGINT) * 10000000, 0,"
    "        CAST(value AS BIGINT) * 10000000, CAST(value AS BIGINT) / 260,"
    "        CAST(value AS BIGINT) * 10000000, 0, 'u'"
    "   FROM json_each($1)";
static const char SQL_EXIF[] =
    "INSERT INTO asset_exif (asset_id, latitude, longitude, city, country, make, model, rating,"
    "                        file_size_in_byte)"
    " SELECT 'a' || value, CAST(value AS BIGINT) % 90, 1, 'city' || (CAST(value AS BIGINT) % 400),"
    "        'Germany', 'make' || (CAST(value AS BIGINT) % 20), 'm', CAST(value AS BIGINT) % 5 + 1,"
    "        CAST(value AS BIGINT)"
    "   FROM json_each($1)";

static void
run_sql (TestDb *t, const char *sql)
{
    g_assert_true (db_exec (t->db, sql, DB_NO_ARGS, NULL, &t->error));
}

static void
fill (TestDb *t, guint n_assets)
{
    g_autoptr (GString) numbers = g_string_new ("[");

    g_assert_true (
        db_exec (t->db, SQL_USERS, DB_ARGS (db_text ("[\"x\",\"y\"]")), NULL, &t->error));
    for (guint i = 0; i < n_assets; i++)
        g_string_append_printf (numbers, "%s\"%u\"", i > 0 ? "," : "", i);
    g_string_append_c (numbers, ']');
    /* the checksum is the same for all */
    run_sql (t, "DROP INDEX asset_owner_checksum");
    g_assert_true (db_exec (t->db, SQL_ASSETS, DB_ARGS (db_text (numbers->str), db_blob ("x", 1)),
                            NULL, &t->error));
    g_assert_true (db_exec (t->db, SQL_EXIF, DB_ARGS (db_text (numbers->str)), NULL, &t->error));
    if (t->engine == TEST_POSTGRES)
        run_sql (t, "ANALYZE");
}

static void
prepare (TestDb *t, SearchQuery *query, const SearchFlat *flat)
{
    search_query_init (query, t->arena, "x", "/media");
    search_add_flat (query, flat);
    g_assert_true (search_find_owners (t->db, query, FALSE, &t->error));
}

static void
test_no_page_reads_a_whole_library (TestDb *t)
{
    const SearchFlat flats[] = {
        { .id = NULL },
        { .set_city = TRUE, .city = "city7" },
        { .set_make = TRUE, .make = "make3", .set_city = TRUE, .city = "city7" },
        { .has_rating = TRUE, .set_rating = TRUE, .rating = 9 },
        { .has_is_favorite = TRUE, .is_favorite = TRUE },
        { .has_type = TRUE, .type = ASSET_TYPE_VIDEO },
        { .has_visibility = TRUE, .visibility = ASSET_VISIBILITY_TIMELINE },
        { .has_taken_after = TRUE, .taken_after = 100000000 },
        { .original_file_name = "1234" },
        { .query = "img germany 1234" },
        { .checksum = "00" },
        { .has_min_size = TRUE },
    };

    fill (t, N_ASSETS);
    for (gsize i = 0; i < G_N_ELEMENTS (flats); i++) {
        SearchPage page = { .by = flats[i].has_min_size ? SEARCH_BY_SIZE : SEARCH_BY_TAKEN,
                            .limit = 100 };
        SearchQuery query;
        const char *plan;

        prepare (t, &query, &flats[i]);
        g_assert_true (search_explain (t->db, &query, &page, &plan, &t->error));
        if (strstr (plan, t->engine == TEST_SQLITE ? "SCAN a\n" : "Seq Scan on asset a") != NULL ||
            strstr (plan, t->engine == TEST_SQLITE ? "SCAN e\n" : "Seq Scan on asset_exif") != NULL)
            g_error ("search %zu reads a whole table:\n%s", i, plan);
    }
}

static void
test_what_is_rare_has_an_index_of_its_own (TestDb *t)
{
    const struct {
        SearchFlat flat;
        const char *index;
    } rare[] = {
        { { .has_is_motion = TRUE, .is_motion = TRUE }, "asset_motion" },
        { { .has_is_encoded = TRUE, .is_encoded = TRUE }, "asset_taken_video" },
        { { .has_is_offline = TRUE, .is_offline = TRUE }, "asset_offline" },
        { { .description = "q" }, "asset_exif_described" },
    };

    fill (t, N_ASSETS);
    for (gsize i = 0; i < G_N_ELEMENTS (rare); i++) {
        SearchPage page = { .by = SEARCH_BY_TAKEN, .limit = 100 };
        SearchQuery query;
        const char *plan;

        prepare (t, &query, &rare[i].flat);
        g_assert_true (search_explain (t->db, &query, &page, &plan, &t->error));
        if (strstr (plan, rare[i].index) == NULL)
            g_error ("the index %s is not used:\n%s", rare[i].index, plan);
    }
}

static void
test_the_text_index_follows_the_texts (TestDb *t)
{
    static const struct {
        const char *change, *words;
        gsize n_found;
    } steps[] = {
        { NULL, "img 33", 1 },
        { "UPDATE asset SET original_file_name = 'Äpfel.jpg' WHERE id = 'a36'", "apfel", 1 },
        { "UPDATE asset_exif SET description = 'Straße nach Łódź' WHERE asset_id = 'a38'",
          "strasse lodz", 1 },
        { "UPDATE asset_exif SET description = '' WHERE asset_id = 'a38'", "strasse", 0 },
        { "DELETE FROM asset WHERE id = 'a36'", "apfel", 0 },
        { "INSERT INTO tag VALUES ('t', 'x', NULL, 'Wald', NULL, 1, 1, 'u')", "wald", 0 },
        { "INSERT INTO tag_asset (tag_id, asset_id) VALUES ('t', 'a40')", "wald", 1 },
        { "UPDATE tag SET value = 'Feld' WHERE id = 't'", "feld", 1 },
        { "DELETE FROM tag WHERE id = 't'", "feld", 0 },
        { NULL, "ermany", 0 },
        { NULL, "ger", 49 },
    };

    fill (t, 100);
    for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
        const SearchFlat flat = { .query = steps[i].words };
        SearchPage page = { .by = SEARCH_BY_TAKEN, .limit = 100 };
        SearchQuery query;
        StringList ids;

        if (steps[i].change != NULL)
            run_sql (t, steps[i].change);
        prepare (t, &query, &flat);
        if (i == 0) /* 33 is another's */
            query.owner_ids.items[0] = "y";
        g_assert_true (search_find (t->db, &query, &page, &ids, &t->error));
        g_test_message ("%s", steps[i].words);
        g_assert_cmpuint (ids.n, ==, steps[i].n_found);
    }
}

static gint64
select_int (TestDb *t, const char *sql)
{
    gint64 value = 0;

    g_assert_true (db_select_int (t->db, sql, DB_NO_ARGS, &value, NULL, &t->error));
    return value;
}

static void
assert_counts (TestDb *t)
{
    static const char SQL_WRONG[] =
        "SELECT (SELECT count(*) FROM"
        " (SELECT owner_id, is_image, country, state, city, n_assets FROM asset_place"
        "   WHERE n_assets <> 0 EXCEPT"
        "  SELECT a.owner_id, 1, COALESCE(country, ''), COALESCE(state, ''), COALESCE(city, ''),"
        "         count(*) FROM asset a JOIN asset_exif e ON e.asset_id = a.id"
        "   WHERE a.visibility = 'timeline' AND a.deleted_at IS NULL AND a.status = 'active'"
        "   GROUP BY a.owner_id, COALESCE(country, ''), COALESCE(state, ''), COALESCE(city, '')) "
        "AS p)"
        " + (SELECT count(*) FROM asset a JOIN asset_exif e ON e.asset_id = a.id"
        "     WHERE e.owner_id <> a.owner_id OR e.taken_at <> a.file_created_at"
        "        OR e.is_shown <> CASE WHEN a.visibility = 'timeline' AND a.deleted_at IS NULL"
        "                               AND a.status = 'active' THEN 1 ELSE 0 END)";
    static const char SQL_KEPT[] = "SELECT CAST((SELECT sum(n_assets) FROM asset_place) AS BIGINT)"
                                   " - CAST((SELECT sum(n_assets) FROM asset_camera) AS BIGINT)";

    g_assert_cmpint (select_int (t, SQL_WRONG), ==, 0);
    g_assert_cmpint (select_int (t, SQL_KEPT), ==, 0);
}

static void
test_the_counts_follow_the_assets (TestDb *t)
{
    static const char *const changes[] = {
        "UPDATE asset SET visibility = 'archive' WHERE id = 'a2'",
        "UPDATE asset SET visibility = 'timeline' WHERE id = 'a2'",
        "UPDATE asset SET deleted_at = 5, status = 'trashed' WHERE id = 'a4'",
        "UPDATE asset SET file_created_at = 77 WHERE id IN ('a5', 'a6')",
        "UPDATE asset_exif SET city = 'elsewhere', make = 'other' WHERE asset_id = 'a7'",
        "UPDATE asset_exif SET city = 'elsewhere' WHERE asset_id = 'a4'",
        "UPDATE asset SET deleted_at = NULL, status = 'active' WHERE id = 'a4'",
        "DELETE FROM asset WHERE id = 'a8'",
    };

    fill (t, 200);
    assert_counts (t);
    for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
        run_sql (t, changes[i]);
        assert_counts (t);
    }
    g_assert_cmpint (select_int (t, "SELECT CAST(sum(n_assets) AS BIGINT) FROM asset_place"), ==,
                     199);
}

static void
assert_by_chance (TestDb *t, const SearchFlat *flat, gint64 limit, gsize n_expected)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    SearchPage page = { .by = SEARCH_BY_CHANCE, .limit = limit };
    SearchQuery query;
    StringList ids;

    prepare (t, &query, flat);
    search_find (t->db, &query, &page, &ids, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (ids.n, ==, n_expected);
    for (gsize i = 0; i < ids.n; i++) {
        g_assert_true (g_hash_table_add (seen, (gpointer) ids.items[i]));
        g_assert_cmpint (atoi (ids.items[i] + 1) % 2, ==, 0); /* the caller's own */
    }
}

static void
test_chance_finds_as_many_as_there_are (TestDb *t)
{
    static const SearchFlat all = { .id = NULL };
    static const SearchFlat favorites = { .has_is_favorite = TRUE, .is_favorite = TRUE };
    static const SearchFlat with_exif = { .with_exif = TRUE };

    fill (t, N_ASSETS);
    /* wherever among the ids it begins */
    for (int i = 0; i < 10; i++)
        assert_by_chance (t, &all, 20, 20);
    assert_by_chance (t, &all, N_ASSETS, N_ASSETS / 2);
    assert_by_chance (t, &favorites, 20, 0);
    run_sql (t, "UPDATE asset SET is_favorite = 1 WHERE id IN ('a10', 'a11', 'a98', 'a5000')");
    assert_by_chance (t, &favorites, 20, 3);
    assert_by_chance (t, &favorites, 2, 2);
    /* what has no exif is counted, but not found */
    run_sql (t, "DELETE FROM asset_exif WHERE asset_id IN ('a0', 'a2', 'a3')");
    assert_by_chance (t, &with_exif, N_ASSETS, N_ASSETS / 2 - 2);
}

/* $1 offset, $2 limit; the second asks for favourites */
static const char *const SQL_EXPECTED[] = {
    "SELECT id FROM asset WHERE owner_id = 'x' AND is_favorite >= 0"
    " ORDER BY file_created_at DESC, id DESC LIMIT $2 OFFSET $1",
    "SELECT id FROM asset WHERE owner_id = 'x' AND is_favorite = 1"
    " ORDER BY file_created_at DESC, id DESC LIMIT $2 OFFSET $1",
};

static void
assert_pages_of_set (TestDb *t, const SearchFlat *flat, const char *sql_expected)
{
    static const gint64 offsets[] = { 0, 100, 1500, N_ASSETS / 2 - 30, N_ASSETS };

    for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++) {
        SearchPage page = { .by = SEARCH_BY_TAKEN, .offset = offsets[i], .limit = 100 };
        SearchQuery query;
        StringList expected, ids;

        prepare (t, &query, flat);
        search_find (t->db, &query, &page, &ids, &t->error);
        g_assert_no_error (t->error);
        db_select_texts (t->db, t->arena, sql_expected,
                         DB_ARGS (db_int (page.offset), db_int (page.limit)), &expected, &t->error);
        g_assert_no_error (t->error);
        g_assert_cmpint (ids.n, ==, expected.n);
        for (gsize n = 0; n < ids.n; n++)
            g_assert_cmpstr (ids.items[n], ==, expected.items[n]);
    }
}

static void
test_the_newest_of_a_large_set_are_found_in_order (TestDb *t)
{
    const char *id = "s";
    SearchFlat sets[] = {
        { .person_ids = { &id, 1 } },
        { .album_ids = { &id, 1 } },
    };

    fill (t, N_ASSETS);
    /* days of the calendar that are not those in UTC, either way; of the favourites none is new */
    run_sql (t, "UPDATE asset SET local_date_time = file_created_at + 50400000 * (file_created_at "
                "/ 10000000 % 3 - 1)");
    run_sql (t, "UPDATE asset SET is_favorite = 1 WHERE file_created_at < 3000000000");
    run_sql (t, "INSERT INTO person (id, owner_id, name, created_at, updated_at, update_id)"
                " VALUES ('s', 'x', '', 0, 0, '')");
    run_sql (
        t,
        "INSERT INTO album (id, name, description, sort_order, created_at, updated_at, update_id)"
        " VALUES ('s', '', '', 'desc', 0, 0, '')");
    run_sql (t, "INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, "
                "y1, x2, y2,"
                "                        source_type, created_at, updated_at, update_id)"
                " SELECT id, id, 's', 1, 1, 0, 0, 1, 1, 'manual', 0, 0, '' FROM asset WHERE "
                "owner_id = 'x'");
    run_sql (t, "INSERT INTO album_asset (album_id, asset_id, created_at, update_id)"
                " SELECT 's', id, 0, '' FROM asset WHERE owner_id = 'x'");
    for (gsize i = 0; i < G_N_ELEMENTS (sets); i++)
        for (gsize favorite = 0; favorite < 2; favorite++) {
            sets[i].has_is_favorite = sets[i].is_favorite = favorite == 1;
            assert_pages_of_set (t, &sets[i], SQL_EXPECTED[favorite]);
        }
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    test_db_add ("/search/no-page-reads-a-whole-library", test_no_page_reads_a_whole_library);
    test_db_add ("/search/what-is-rare-has-an-index-of-its-own",
                 test_what_is_rare_has_an_index_of_its_own);
    test_db_add ("/search/the-newest-of-a-large-set-are-found-in-order",
                 test_the_newest_of_a_large_set_are_found_in_order);
    test_db_add ("/search/the-text-index-follows-the-texts", test_the_text_index_follows_the_texts);
    test_db_add ("/search/the-counts-follow-the-assets", test_the_counts_follow_the_assets);
    test_db_add ("/search/chance-finds-as-many-as-there-are",
                 test_chance_finds_as_many_as_there_are);
    return test_db_run ();
}
