/* test_map.c -- the markers of a map are one read of their index */
#include "db/test_db.h"
#include "features/map/map_store.h"

#include <string.h>

/* Assets 'a0' to 'a5499' of user 'x', each a day later than the one before. */
static void
fill (TestDb *t)
{
    static const char *const sql[] = {
        "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
        "                   updated_at) VALUES ('x', 'x', 'x', 0, '', 0, 0)",
        "DROP INDEX asset_owner_checksum", /* the checksum is the same for all */
        "WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n"
        "                          WHERE i < 5499)"
        " INSERT INTO asset (id, owner_id, type, original_path, original_file_name,"
        "                    checksum, size_bytes, file_created_at, file_modified_at,"
        "                    local_date_time, local_month, created_at, updated_at, update_id)"
        " SELECT 'a' || i, 'x', 'IMAGE', 'p', 'n', CAST('c' AS BYTEA), 1, i * 86400000, 0,"
        "        i * 86400000, i / 30, 0, 0, 'u' FROM n",
        "INSERT INTO asset_exif (asset_id, latitude, longitude, city, country)"
        " SELECT id, (file_created_at / 86400000) % 90, 1, 'city of ' || id, 'Germany' FROM asset",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (sql); i++)
        g_assert_true (db_exec (t->db, sql[i], DB_NO_ARGS, NULL, &t->error));
    if (t->engine == TEST_POSTGRES)
        g_assert_true (db_exec (t->db, "ANALYZE", DB_NO_ARGS, NULL, &t->error));
}

static int
count (const char *text, const char *part)
{
    int n = 0;

    while ((text = strstr (text, part)) != NULL) {
        text += strlen (part);
        n++;
    }
    return n;
}

static gboolean
keep (gpointer n_calls)
{
    ++*(gint *) n_calls;
    return TRUE;
}

static void
test_markers_read_their_index (TestDb *t)
{
    const MapFilter filter = { .user_id = "x" };
    g_autoptr (GString) json = g_string_new (NULL);
    const char *plan;
    gint n_calls = 0;

    fill (t);
    g_assert_true (map_store_explain (t->db, t->arena, &filter, &plan, &t->error));
    if (t->engine == TEST_SQLITE) {
        g_assert_nonnull (strstr (plan, "COVERING INDEX asset_exif_marker"));
        g_assert_null (strstr (plan, "TEMP B-TREE"));
    }
    g_assert_true (map_store_write (t->db, &filter, json, keep, &n_calls, &t->error));
    g_assert_true (g_str_has_prefix (
        json->str,
        "[{\"id\":\"a5499\",\"lat\":9,\"lon\":1,\"city\":\"city of a5499\",\"state\":null,"
        "\"country\":\"Germany\"},"));
    /* two pages and the end: each comes once */
    g_assert_cmpint (n_calls, ==, 3);
    g_assert_cmpint (count (json->str, "\"id\":"), ==, 5500);
    for (guint i = 0; i < 5500; i++) {
        char id[40];

        g_snprintf (id, sizeof id, "\"id\":\"a%u\"", i);
        g_assert_nonnull (strstr (json->str, id));
    }
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    test_db_add ("/map/markers-read-their-index", test_markers_read_their_index);
    return test_db_run ();
}
