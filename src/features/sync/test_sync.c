/* test_sync.c -- that no statement of the stream reads a table whole, at the first sync and later */
#include <string.h>

#include "db/test_db.h"
#include "features/sync/sync_parts.h"

#define N_ROWS 12000
#define N_USERS 150
#define N_ALBUMS 1200
#define EARLIEST ""
#define LATEST "~"
#define AN_EARLY "u0000300" /* what a first sync reads at once is little of all there is */
#define A_LATE "u0011900"

/* Of a number. User 0 has a partner in each of users 1 to 5; the rows are of all users in turn, the ids of their
 * changes in the order of the numbers. */
#define NUMBERED(count) "CAST(CAST(value AS BIGINT) % " count " AS TEXT)"
#define OWNER NUMBERED (G_STRINGIFY (N_USERS))
#define ID(letter) "'" letter "' || CAST(value AS TEXT)"
#define UPDATE_ID "'u' || substr('000000' || CAST(value AS TEXT), length(CAST(value AS TEXT)))"

/* What grows with the library. A user has few rows in the other tables, and a server few users. */
static const struct {
    const char *table, *columns, *values;
    gboolean is_small; /* as many as there are albums: PostgreSQL may well read it whole */
} fillings[] = {
    { "asset",
      "id, owner_id, update_id, type, original_path, original_file_name, checksum, size_bytes,"
      " file_created_at, file_modified_at, local_date_time, local_month, created_at, updated_at",
      ID ("a") ", " OWNER ", " UPDATE_ID ", 'IMAGE', 'p', 'n', $2, 1, 0, 0, 0, 0, 0, 0" },
    { "asset_exif", "asset_id, owner_id, update_id", ID ("a") ", " OWNER ", " UPDATE_ID },
    { "stack", "id, owner_id, update_id, primary_asset_id, created_at, updated_at",
      ID ("s") ", " OWNER ", " UPDATE_ID ", " ID ("a") ", 0, 0" },
    { "person", "id, owner_id, update_id, created_at, updated_at",
      ID ("p") ", " OWNER ", " UPDATE_ID ", 0, 0" },
    { "asset_face",
      "id, owner_id, update_id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2,"
      " source_type, created_at, updated_at",
      ID ("f") ", " OWNER ", " UPDATE_ID
               ", " ID ("a") ", " ID ("p") ", 9, 9, 1, 1, 2, 2, 'manual', 0, 0" },
    { "memory", "id, owner_id, update_id, type, data, memory_at, created_at, updated_at",
      ID ("m") ", " OWNER ", " UPDATE_ID ", 'on_this_day', '{}', 0, 0, 0", TRUE },
    { "memory_asset", "memory_id, asset_id, update_id, created_at",
      "'m' || " NUMBERED (G_STRINGIFY (N_ALBUMS)) ", " ID ("a") ", " UPDATE_ID ", 0" },
    { "asset_metadata", "asset_id, owner_id, update_id, key, value, updated_at",
      ID ("a") ", " OWNER ", " UPDATE_ID ", 'mobile-app', '{}', 0" },
    { "asset_edit", "id, owner_id, update_id, asset_id, sequence, action, parameters",
      ID ("e") ", " OWNER ", " UPDATE_ID ", " ID ("a") ", 0, 'rotate', '{}'" },
    { "asset_ocr",
      "id, owner_id, update_id, asset_id, x1, y1, x2, y2, x3, y3, x4, y4, box_score, text_score, "
      "body",
      ID ("o") ", " OWNER ", " UPDATE_ID ", " ID ("a") ", 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 'x'" },
    { "album", "id, update_id, name, created_at, updated_at", ID ("l") ", " UPDATE_ID ", 'x', 0, 0",
      TRUE },
    { "album_user", "album_id, user_id, create_id, update_id, role, created_at",
      ID ("l") ", " OWNER ", " UPDATE_ID ", " UPDATE_ID ", 'owner', 0", TRUE },
    { "album_asset", "album_id, asset_id, update_id, asset_update_id, exif_update_id, created_at",
      "'l' || " NUMBERED (G_STRINGIFY (N_ALBUMS)) ", " ID ("a") ", " UPDATE_ID ", " UPDATE_ID
                                                                ", " UPDATE_ID ", 0" },
    { "sync_delete", "id, audience, kind, item, part",
      UPDATE_ID ", " OWNER
                ", CASE WHEN CAST(value AS BIGINT) % 2 = 0 THEN 'asset' ELSE 'stack' END,"
                " 'x', 'y'" },
};

static char *
list_numbers (guint from, guint n)
{
    GString *list = g_string_new ("[");

    for (guint i = 0; i < n; i++)
        g_string_append_printf (list, "%s\"%u\"", i > 0 ? "," : "", from + i);
    g_string_append_c (list, ']');
    return g_string_free (list, FALSE);
}

static void
run_sql (TestDb *t, const char *sql, const char *numbers)
{
    DbValue values[] = { db_text (numbers), db_blob ("x", 1) };

    if (!db_exec (t->db, sql,
                  (DbArgs){ values, strstr (sql, "$2")   ? 2
                                    : strstr (sql, "$1") ? 1
                                                         : 0 },
                  NULL, &t->error))
        g_error ("%s: %s", sql, t->error->message);
}

static void
fill (TestDb *t)
{
    g_autofree char *users = list_numbers (0, N_USERS), *partners = list_numbers (1, 5);
    g_autofree char *numbers = list_numbers (0, N_ROWS), *few = list_numbers (0, N_ALBUMS);

    run_sql (t,
             "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
             " updated_at) SELECT CAST(value AS TEXT), CAST(value AS TEXT), 'u', 0, '', 0, 0"
             " FROM json_each($1)",
             users);
    run_sql (t,
             "INSERT INTO partner (shared_by_id, shared_with_id, created_at, updated_at, create_id,"
             " update_id) SELECT CAST(value AS TEXT), '0', 0, 0, 'c', 'u' FROM json_each($1)",
             partners);
    run_sql (t, "DROP INDEX asset_owner_checksum", NULL); /* one checksum will do */
    for (gsize i = 0; i < G_N_ELEMENTS (fillings); i++) {
        g_autofree char *as_written =
            g_strdup_printf ("ALTER TABLE %s DISABLE TRIGGER USER", fillings[i].table);
        g_autofree char *sql =
            g_strdup_printf ("INSERT INTO %s (%s) SELECT %s FROM json_each($1)", fillings[i].table,
                             fillings[i].columns, fillings[i].values);

        if (t->engine == TEST_POSTGRES) /* whose triggers make ids of their own */
            run_sql (t, as_written, NULL);
        run_sql (t, sql, fillings[i].is_small ? few : numbers);
    }
    if (t->engine == TEST_POSTGRES)
        run_sql (t, "ANALYZE", NULL);
}

static gboolean
is_scan (const TestDb *t, const char *line)
{
    const char *scan;

    if (t->engine == TEST_SQLITE) /* tables by their names in the statement; n is a batch */
        return strstr (line, "SCAN ") != NULL && strstr (line, "SCAN n") == NULL &&
               strstr (line, "SCAN u") == NULL && strstr (line, "SCAN p ") == NULL &&
               !g_str_has_suffix (line, "SCAN p");
    scan = strstr (line, "Seq Scan on ");
    for (gsize i = 0; scan != NULL && i < G_N_ELEMENTS (fillings); i++) {
        const char *name = scan + strlen ("Seq Scan on ");

        if (!fillings[i].is_small && g_str_has_prefix (name, fillings[i].table) &&
            name[strlen (fillings[i].table)] == ' ')
            return TRUE;
    }
    return FALSE;
}

static void
check_plan (TestDb *t, const SyncPart *part, const char *sql, DbArgs args)
{
    g_auto (GStrv) lines = NULL;
    const char *plan = NULL;

    if (!db_explain (t->db, t->arena, sql, args, &plan, &t->error))
        g_error ("%s: %s", sql, t->error->message);
    g_assert_true (*plan != '\0');
    lines = g_strsplit (plan, "\n", -1);
    for (gsize i = 0; lines[i] != NULL; i++)
        if (is_scan (t, lines[i]))
            g_error ("%s reads a whole table:\n%s\n%s", sync_entity_type_enum.texts[part->entity],
                     sql, plan);
}

static void
check_part (TestDb *t, const SyncPart *part, const char *after, const char *to)
{
    DbValue values[6] = { db_text ("0"), db_text (after), db_text (to), db_int (2000) };
    gsize n = 4;

    if (part->is_by_relation)
        values[n++] = db_text (LATEST);
    if (part->kind == SYNC_UPDATES || part->kind == SYNC_REMOVALS)
        values[n++] = db_text (LATEST);
    if (part->kind == SYNC_REMOVALS)
        values[n++] = db_text (after);
    if (part->kind == SYNC_BACKFILL)
        values[n++] = db_text (strstr (part->sql, "owner_id = $5") != NULL ? "1" : "l0");
    check_plan (t, part, part->sql, (DbArgs){ values, n });
    if (part->sql_more != NULL)
        check_plan (t, part, part->sql_more,
                    (DbArgs){ values, part->kind == SYNC_BACKFILL ? 3 : 4 });
}

static void
test_no_part_reads_a_whole_table (TestDb *t)
{
    fill (t);
    for (gsize i = 0; i < sync_n_parts; i++) {
        check_part (t, &sync_parts[i], EARLIEST, AN_EARLY);
        check_part (t, &sync_parts[i], A_LATE, LATEST);
    }
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    test_db_add ("/sync/plans", test_no_part_reads_a_whole_table);
    return test_db_run ();
}
