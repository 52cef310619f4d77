/* test_tags.c -- the paths of tags, the tree they make, and what assets and their exif rows say of it */
#include "db/test_db.h"
#include "features/tags/tags_rules.h"

#include <string.h>

#define OWNER "5bbd29cd-0000-4000-8000-000000000001"
#define A "a0000000-0000-4000-8000-000000000001"
#define B "a0000000-0000-4000-8000-000000000002"

static void
test_cleans_paths (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autofree char *long_path = g_strnfill (TAG_MAX_BYTES + 1, 'x');
    g_autoptr (GString) deep = g_string_new ("x");

    g_assert_cmpstr (tag_value_clean (arena, "a/b"), ==, "a/b");
    g_assert_cmpstr (tag_value_clean (arena, "//a///b c/"), ==, "a/b c");
    g_assert_cmpstr (tag_value_clean (arena, " a "), ==, " a ");
    g_assert_null (tag_value_clean (arena, ""));
    g_assert_null (tag_value_clean (arena, "///"));
    g_assert_null (tag_value_clean (arena, long_path));
    long_path[TAG_MAX_BYTES] = '\0';
    g_assert_cmpstr (tag_value_clean (arena, long_path), ==, long_path);
    for (guint i = 1; i < TAG_MAX_LEVELS; i++)
        g_string_append (deep, "/x");
    g_assert_nonnull (tag_value_clean (arena, deep->str));
    g_string_append (deep, "/x");
    g_assert_null (tag_value_clean (arena, deep->str));
}

static void
test_names_and_renames (void)
{
    g_autoptr (Arena) arena = arena_new ();

    g_assert_cmpstr (tag_value_name ("a/b/c"), ==, "c");
    g_assert_cmpstr (tag_value_name ("a"), ==, "a");
    g_assert_cmpstr (tag_value_rename (arena, "a/b", "c"), ==, "a/c");
    g_assert_cmpstr (tag_value_rename (arena, "a", "c"), ==, "c");
}

static void
test_lists_parents_before_children (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *const values[] = { "a/b/c", "a!", "z/y", "a/b", "a/b/c" };
    const char *const expected[] = { "a", "a!", "a/b", "a/b/c", "z", "z/y" };
    StringList list = { (const char **) values, G_N_ELEMENTS (values) };
    StringList all = tag_values_with_parents (arena, &list);

    g_assert_cmpuint (all.n, ==, G_N_ELEMENTS (expected));
    for (gsize i = 0; i < all.n; i++)
        g_assert_cmpstr (all.items[i], ==, expected[i]);
    list.n = 0;
    g_assert_cmpuint (tag_values_with_parents (arena, &list).n, ==, 0);
}

/* ---- with a database ---- */

static void
run_sql (TestDb *t, const char *sql, const char *id)
{
    g_assert_true (
        db_exec (t->db, sql, id != NULL ? DB_ARGS (db_text (id)) : DB_NO_ARGS, NULL, &t->error));
    g_assert_no_error (t->error);
}

static void
add_asset (TestDb *t, const char *id)
{
    g_assert_true (db_exec (
        t->db,
        "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
        " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, created_at,"
        " updated_at, update_id) VALUES ($1, '" OWNER "', 'IMAGE', 'a.jpg', 'a.jpg', $2, 1, 0, 0,"
        " 0, 0, 1, 1, 'u')",
        DB_ARGS (db_text (id), db_blob (id, strlen (id))), NULL, &t->error));
    run_sql (t, "INSERT INTO asset_exif (asset_id, locked_properties) VALUES ($1, '[\"rating\"]')",
             id);
}

static void
fill (TestDb *t)
{
    run_sql (t,
             "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
             " updated_at) VALUES ($1, $1, 'x', 1, 'g', 1, 1)",
             OWNER);
    add_asset (t, A);
    add_asset (t, B);
}

static TagRowList
upsert (TestDb *t, const char *const *paths)
{
    StringList list = { (const char **) paths, g_strv_length ((char **) paths) };
    TagRowList tags;

    g_assert_true (tags_upsert (t->db, t->arena, OWNER, &list, &tags, &t->error));
    return tags;
}

/* All rows of one column, in order, joined by spaces. */
static const char *
read_texts (TestDb *t, const char *sql)
{
    StringList texts;
    g_autoptr (GString) joined = g_string_new (NULL);

    g_assert_true (db_select_texts (t->db, t->arena, sql, DB_NO_ARGS, &texts, &t->error));
    for (gsize i = 0; i < texts.n; i++)
        g_string_append_printf (joined, "%s%s", i > 0 ? " " : "", texts.items[i]);
    return arena_strdup (t->arena, joined->str);
}

static const char SQL_CLOSURE[] =
    "SELECT t.value || '<' || a.value AS pair FROM tag_ancestor b JOIN tag t ON t.id = b.tag_id"
    "  JOIN tag a ON a.id = b.ancestor_id ORDER BY pair";

static void
test_keeps_the_closure (TestDb *t)
{
    static const char *const first[] = { "a/b", NULL }, *const second[] = { "a/b/c", "a", NULL };
    TagRowList tags;

    fill (t);
    upsert (t, first);
    tags = upsert (t, second);
    g_assert_cmpuint (tags.n, ==, 2);
    g_assert_cmpstr (tags.items[0].value, ==, "a/b/c");
    g_assert_null (tags.items[1].parent_id);
    g_assert_cmpstr (read_texts (t, SQL_CLOSURE), ==,
                     "a/b/c<a a/b/c<a/b a/b/c<a/b/c a/b<a a/b<a/b a<a");
    g_assert_true (tag_delete (t->db, t->arena, tags.items[0].parent_id, &t->error));
    g_assert_cmpstr (read_texts (t, SQL_CLOSURE), ==, "a<a");
}

static void
test_a_rename_stops_at_names_that_only_begin_alike (TestDb *t)
{
    static const char *const paths[] = { "a", "a/b", "ab", "ab/a", NULL };
    TagUpdate update = { .name = "\303\244\303\266" };
    TagRowList tags;
    TagRow renamed;

    fill (t);
    tags = upsert (t, paths);
    g_assert_true (
        tag_update (t->db, t->arena, OWNER, tags.items[0].id, &update, &renamed, &t->error));
    g_assert_true (tags_find_all (t->db, t->arena, OWNER, &tags, &t->error));
    g_assert_cmpuint (tags.n, ==, 4);
    g_assert_cmpstr (tags.items[0].value, ==, "ab");
    g_assert_cmpstr (tags.items[1].value, ==, "ab/a");
    g_assert_cmpstr (tags.items[2].value, ==, "\303\244\303\266");
    g_assert_cmpstr (tags.items[3].value, ==, "\303\244\303\266/b");
}

typedef struct {
    TestDb *t;
    StringList keywords;
} FromFile;

static gboolean
run_from_file (Db *tx, gpointer data, GError **error)
{
    FromFile *self = data;

    return tags_set_from_file (tx, self->t->arena, OWNER, A, &self->keywords, error);
}

static void
set_from_file (TestDb *t, const char *const *keywords)
{
    FromFile data = { t, { (const char **) keywords, g_strv_length ((char **) keywords) } };

    g_assert_true (db_write (t->db, run_from_file, &data, &t->error));
}

static const char SQL_TAGGED[] = "SELECT x.asset_id || ' ' || t.value AS pair FROM tag_asset x"
                                 "  JOIN tag t ON t.id = x.tag_id ORDER BY pair";

static void
test_a_file_names_all_of_its_tags (TestDb *t)
{
    static const char *const first[] = { "a/b", "c", "c", "/", NULL },
                             *const second[] = { "c", "d", NULL }, *const none[] = { NULL };

    const char *before;

    fill (t);
    before = read_texts (t, "SELECT update_id FROM asset ORDER BY id");
    set_from_file (t, first);
    g_assert_cmpstr (read_texts (t, SQL_TAGGED), ==, A " a/b " A " c");
    set_from_file (t, second);
    g_assert_cmpstr (read_texts (t, SQL_TAGGED), ==, A " c " A " d");
    set_from_file (t, none);
    g_assert_cmpstr (read_texts (t, SQL_TAGGED), ==, "");
    g_assert_cmpstr (read_texts (t, "SELECT update_id FROM asset ORDER BY id"), ==, before);
}

static void
test_tagging_locks_what_the_exif_row_says (TestDb *t)
{
    static const char *const paths[] = { "b", "a", NULL };
    static const char SQL_EXIF[] =
        "SELECT tags || locked_properties FROM asset_exif WHERE tags IS NOT NULL";
    const char *const only[] = { A };
    StringList assets = { (const char **) only, 1 }, tag_ids, changed;
    TagRowList tags;
    gint64 n_new;
    const char *before, *after; /* the change ids of both assets */

    fill (t);
    before = read_texts (t, "SELECT update_id FROM asset ORDER BY id");
    tags = upsert (t, paths);
    tag_ids.items = arena_new_array (t->arena, const char *, 2);
    tag_ids.items[0] = tags.items[0].id;
    tag_ids.items[1] = tags.items[1].id;
    tag_ids.n = 2;
    g_assert_true (tags_put_on (t->db, t->arena, &tag_ids, &assets, &changed, &n_new, &t->error));
    g_assert_cmpint (n_new, ==, 2);
    g_assert_cmpuint (changed.n, ==, 1);
    g_assert_cmpstr (read_texts (t, SQL_EXIF), ==, "[\"a\",\"b\"][\"rating\",\"tags\"]");
    g_assert_true (tags_put_on (t->db, t->arena, &tag_ids, &assets, &changed, &n_new, &t->error));
    g_assert_cmpint (n_new, ==, 0);
    g_assert_cmpuint (changed.n, ==, 0);
    g_assert_true (tag_take_off (t->db, t->arena, tag_ids.items[0], &assets, &changed, &t->error));
    g_assert_cmpstr (read_texts (t, SQL_EXIF), ==, "[\"a\"][\"rating\",\"tags\"]");
    after = read_texts (t, "SELECT update_id FROM asset ORDER BY id");
    g_assert_cmpstr (strrchr (after, ' '), ==, strrchr (before, ' '));
    g_assert_cmpstr (after, !=, before);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/tags/cleans-paths", test_cleans_paths);
    g_test_add_func ("/tags/names-and-renames", test_names_and_renames);
    g_test_add_func ("/tags/lists-parents-before-children", test_lists_parents_before_children);
    test_db_add ("/tags/keeps-the-closure", test_keeps_the_closure);
    test_db_add ("/tags/a-rename-stops-at-names-that-only-begin-alike",
                 test_a_rename_stops_at_names_that_only_begin_alike);
    test_db_add ("/tags/a-file-names-all-of-its-tags", test_a_file_names_all_of_its_tags);
    test_db_add ("/tags/tagging-locks-what-the-exif-row-says",
                 test_tagging_locks_what_the_exif_row_says);
    return test_db_run ();
}
