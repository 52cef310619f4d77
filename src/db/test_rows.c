/* What goes into the database comes out the same, and what does not fit is an error. */
#include "db/test_parts.h"

#include <float.h>
#include <string.h>

#include "base/error.h"

/* $1 id, $2 name, $3 size, $4 ratio, $5 good, $6 made, $7 color, $8 data, $9 tags, $10 numbers,
 * $11 document */
static const char SQL_INSERT[] = "INSERT INTO thing (id, name, size, ratio, is_good, made_at, "
                                 "color, data, tags, numbers, document)"
                                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
static const char SQL_GET[] = "SELECT * FROM thing WHERE id = $1";

static void
insert (TestDb *t, const char *id, DbValue name, DbValue size, DbValue ratio)
{
    db_exec (t->db, SQL_INSERT,
             DB_ARGS (db_text (id), name, size, ratio, db_null (), db_null (), db_null (),
                      db_null (), db_null (), db_null (), db_null ()),
             NULL, &t->error);
    g_assert_no_error (t->error);
}

static Thing
get (TestDb *t, const char *id)
{
    Thing thing;

    db_select_one (t->db, t->arena, &thing_type, &thing, SQL_GET, DB_ARGS (db_text (id)),
                   &t->error);
    g_assert_no_error (t->error);
    return thing;
}

static void
test_every_kind_comes_back (TestDb *t)
{
    static const guint8 bytes[] = { 0, 1, 0, 255, '\\', 'x', 0 };
    const char *tags[] = { "a", "ü \"quoted\"", "" };
    StringList list = { tags, 3 };
    gsize n_bytes = 0;
    Thing thing;

    db_exec (t->db, SQL_INSERT,
             DB_ARGS (db_text ("1"), db_text ("Ärger 🦊\n'\"\\"), db_int (-5), db_real (0.1),
                      db_bool (TRUE), db_int (1795295233064), db_text ("dark-blue"),
                      db_blob (bytes, sizeof bytes), db_strings (t->arena, &list),
                      db_text ("[1,-2,9223372036854775807]"), db_text ("{\"a\": [null]}")),
             NULL, &t->error);
    g_assert_no_error (t->error);
    thing = get (t, "1");
    g_assert_cmpstr (thing.name, ==, "Ärger 🦊\n'\"\\");
    g_assert_true (thing.has_size && thing.size == -5);
    g_assert_true (thing.has_ratio && thing.ratio == 0.1);
    g_assert_true (thing.has_is_good && thing.is_good == TRUE);
    g_assert_true (thing.has_made_at && thing.set_made_at && thing.made_at == 1795295233064);
    g_assert_true (thing.has_color && thing.color == COLOR_DARK_BLUE);
    g_assert_nonnull (g_bytes_get_data (thing.data, &n_bytes));
    g_assert_cmpmem (g_bytes_get_data (thing.data, NULL), n_bytes, bytes, sizeof bytes);
    g_assert_cmpuint (thing.tags.n, ==, 3);
    g_assert_cmpstr (thing.tags.items[1], ==, "ü \"quoted\"");
    g_assert_cmpstr (thing.tags.items[2], ==, "");
    g_assert_cmpuint (thing.numbers.n, ==, 3);
    g_assert_cmpint (thing.numbers.items[2], ==, G_MAXINT64);
    g_assert_cmpstr (thing.document, ==, "{\"a\": [null]}");
}

static void
test_nulls_come_back (TestDb *t)
{
    Thing thing;

    insert (t, "1", db_text (NULL), db_null (), db_real_if (FALSE, 3));
    thing = get (t, "1");
    g_assert_null (thing.name);
    g_assert_null (thing.data);
    g_assert_null (thing.document);
    g_assert_false (thing.has_size || thing.has_ratio || thing.has_is_good || thing.has_color);
    g_assert_false (thing.has_tags || thing.has_made_at);
    g_assert_true (thing.set_made_at); /* the column stood there */
}

static void
test_extremes_come_back (TestDb *t)
{
    static const gint64 integers[] = { G_MININT64, G_MAXINT64, 0, -1, 9007199254740993 };
    static const double reals[] = { DBL_MAX, DBL_MIN, -0.0, 1.0 / 3, 123456789012345680.0 };

    for (guint i = 0; i < G_N_ELEMENTS (integers); i++) {
        char id[2] = { (char) ('a' + i), '\0' };
        Thing thing;

        insert (t, id, db_text (""), db_int (integers[i]), db_real (reals[i]));
        thing = get (t, id);
        g_assert_cmpint (thing.size, ==, integers[i]);
        g_assert_cmpfloat (thing.ratio, ==, reals[i]);
        g_assert_cmpstr (thing.name, ==, ""); /* not NULL */
    }
}

static void
test_an_empty_blob_is_no_null (TestDb *t)
{
    gint64 n = -1;

    db_exec (t->db, "INSERT INTO thing (id, data) VALUES ('1', $1)", DB_ARGS (db_blob ("", 0)),
             NULL, &t->error);
    g_assert_no_error (t->error);
    g_assert_nonnull (get (t, "1").data);
    db_select_int (t->db, "SELECT count(*) FROM thing WHERE data IS NULL", DB_NO_ARGS, &n, NULL,
                   &t->error);
    g_assert_cmpint (n, ==, 0);
}

static void
test_a_nan_is_null (TestDb *t)
{
    insert (t, "1", db_null (), db_null (), db_real (0.0 / 0.0));
    g_assert_false (get (t, "1").has_ratio);
}

static void
test_select_gives_rows_in_order (TestDb *t)
{
    List list = { (void *) 1, 9 };
    const Thing *things;

    db_select (t->db, t->arena, &thing_type, &list, "SELECT * FROM thing", DB_NO_ARGS, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpuint (list.n, ==, 0);
    db_exec (t->db,
             "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
             " INSERT INTO thing (id, size) SELECT CAST(i AS TEXT), i FROM n",
             DB_NO_ARGS, NULL, &t->error);
    g_assert_no_error (t->error);
    db_select (t->db, t->arena, &thing_type, &list, "SELECT id, size FROM thing ORDER BY size DESC",
               DB_NO_ARGS, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpuint (list.n, ==, 3000);
    things = list.items;
    g_assert_cmpstr (things[0].id, ==, "3000");
    g_assert_cmpstr (things[2999].id, ==, "1");
}

static void
test_parameters_go_by_number (TestDb *t)
{
    const char *text = NULL;

    db_select_text (t->db, t->arena,
                    "SELECT CAST($3 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT) ||"
                    " CAST($3 AS TEXT)",
                    DB_ARGS (db_text ("a"), db_text ("b"), db_text ("c")), &text, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpstr (text, ==, "cabc");
}

static void
test_the_number_of_parameters_must_fit (TestDb *t)
{
    gint64 n;

    g_assert_false (db_select_int (t->db, "SELECT count(*) FROM thing WHERE id = $1",
                                   DB_ARGS (db_text ("a"), db_text ("b")), &n, NULL, &t->error));
    g_assert_nonnull (t->error);
    g_clear_error (&t->error);
    g_assert_false (db_select_int (t->db, "SELECT count(*) FROM thing WHERE id = $1", DB_NO_ARGS,
                                   &n, NULL, &t->error));
    g_assert_nonnull (t->error);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 0); /* the connection is still good */
}

/* @part: what the message names */
static void
expect_failure (TestDb *t, AppErrorCode code, const char *part, const char *sql)
{
    Thing thing;

    g_assert_false (
        db_select_one (t->db, t->arena, &thing_type, &thing, sql, DB_NO_ARGS, &t->error));
    g_assert_error (t->error, APP_ERROR, (int) code);
    if (strstr (t->error->message, part) == NULL)
        g_error ("'%s' does not name '%s'", t->error->message, part);
    g_clear_error (&t->error);
}

static void
test_what_does_not_fit_is_an_error (TestDb *t)
{
    insert (t, "1", db_text ("x"), db_int (1), db_null ());
    expect_failure (t, APP_ERROR_INTERNAL, "'colour'", "SELECT id, color AS colour FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "'id'", "SELECT name FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "'name' stands twice",
                    "SELECT id, name, name FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "'id' is NULL",
                    "SELECT CAST(NULL AS TEXT) AS id FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "'x' in column 'size'",
                    "SELECT id, name AS size FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "'x' in column 'ratio'",
                    "SELECT id, name AS ratio FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "'x' in column 'color'",
                    "SELECT id, name AS color FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "'x' in column 'tags'",
                    "SELECT id, name AS tags FROM thing");
    expect_failure (t, APP_ERROR_INTERNAL, "in column 'numbers'",
                    "SELECT id, '[1,\"2\"]' AS numbers FROM thing");
    expect_failure (t, APP_ERROR_NOT_FOUND, "Thing", "SELECT id FROM thing WHERE id = 'none'");
    expect_failure (t, APP_ERROR_DB, "no_such_table", "SELECT id FROM no_such_table");
}

static void
test_two_types_may_share_a_statement (TestDb *t)
{
    static const FieldDescriptor fields[] = { { .name = "id",
                                                .column = "id",
                                                .kind = FIELD_STRING,
                                                .has_offset = NO_OFFSET,
                                                .set_offset = NO_OFFSET } };
    static const TypeDescriptor only_id = { "OnlyId", sizeof (char *), fields, 1 };
    static const char sql[] = "SELECT id FROM thing";
    const char *id = NULL;
    Thing thing;

    insert (t, "1", db_null (), db_null (), db_null ());
    for (int i = 0; i < 3; i++) {
        db_select_one (t->db, t->arena, &only_id, &id, sql, DB_NO_ARGS, &t->error);
        g_assert_no_error (t->error);
        g_assert_cmpstr (id, ==, "1");
        db_select_one (t->db, t->arena, &thing_type, &thing, sql, DB_NO_ARGS, &t->error);
        g_assert_no_error (t->error);
        g_assert_cmpstr (thing.id, ==, "1");
    }
}

static void
test_scalars (TestDb *t)
{
    StringList ids;
    const char *text = "untouched";
    gboolean found = TRUE;
    gint64 n = 7;

    db_select_int (t->db, "SELECT sum(size) FROM thing", DB_NO_ARGS, &n, &found, &t->error);
    g_assert_no_error (t->error);
    g_assert_false (found);
    g_assert_cmpint (n, ==, 0);
    db_select_text (t->db, t->arena, "SELECT name FROM thing", DB_NO_ARGS, &text, &t->error);
    g_assert_null (text);
    insert (t, "a", db_text ("A"), db_int (G_GINT64_CONSTANT (4000000000)), db_null ());
    insert (t, "b", db_text ("B"), db_int (G_GINT64_CONSTANT (4000000000)), db_null ());
    db_select_int (t->db, "SELECT sum(size) FROM thing", DB_NO_ARGS, &n, &found, &t->error);
    g_assert_true (found);
    g_assert_cmpint (n, ==, G_GINT64_CONSTANT (8000000000));
    db_select_int (t->db, "SELECT count(*) > 1 FROM thing", DB_NO_ARGS, &n, &found, &t->error);
    g_assert_cmpint (n, ==, 1);
    db_select_texts (t->db, t->arena, "SELECT id FROM thing ORDER BY id DESC", DB_NO_ARGS, &ids,
                     &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpuint (ids.n, ==, 2);
    g_assert_cmpstr (ids.items[0], ==, "b");
    g_assert_false (
        db_select_texts (t->db, t->arena, "SELECT color FROM thing", DB_NO_ARGS, &ids, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error (&t->error);
}

typedef struct {
    Db *db;
    gint64 n, limit, sum;
} Walk;

static gboolean
walk (const DbRow *row, gpointer data)
{
    Walk *self = data;

    g_assert_cmpuint (db_row_n_columns (row), ==, 3);
    g_assert_true (db_row_is_null (row, 2));
    g_assert_null (db_row_text (row, 2));
    self->sum += db_row_int (row, 1);
    g_assert_cmpfloat (db_row_real (row, 1), ==, (double) db_row_int (row, 1));
    return ++self->n < self->limit;
}

static gboolean
walk_in_transaction (Db *db, gpointer data, GError **error)
{
    return db_each (db, "SELECT id, size, name FROM thing", DB_NO_ARGS, walk, data, error) &&
           db_exec (db, "DELETE FROM thing WHERE size > 4000", DB_NO_ARGS, NULL, error);
}

static void
test_each_may_stop_early (TestDb *t)
{
    Walk all = { .limit = G_MAXINT64 }, some = { .limit = 10 }, inside = { .limit = 3 };

    db_exec (t->db,
             "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
             " INSERT INTO thing (id, size) SELECT CAST(i AS TEXT), i FROM n",
             DB_NO_ARGS, NULL, &t->error);
    g_assert_no_error (t->error);
    for (int i = 0; i < 20; i++) { /* more often than there are connections */
        some.n = 0;
        db_each (t->db, "SELECT id, size, name FROM thing", DB_NO_ARGS, walk, &some, &t->error);
        g_assert_no_error (t->error);
        g_assert_cmpint (some.n, ==, 10);
    }
    db_each (t->db, "SELECT id, size, name FROM thing", DB_NO_ARGS, walk, &all, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (all.n, ==, 5000);
    g_assert_cmpint (all.sum, ==, 5000 * 5001 / 2);
    db_write (t->db, walk_in_transaction, &inside, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (inside.n, ==, 3);
    g_assert_cmpint (count_things (t->db), ==, 4000);
}

static gboolean
ask_again (const DbRow *row, gpointer data)
{
    Walk *self = data;

    self->sum += count_things (self->db);
    return ++self->n < 3;
}

static void
test_each_may_read_outside_a_transaction (TestDb *t)
{
    Walk self = { .db = t->db };

    for (char id[] = "a"; id[0] <= 'e'; id[0]++)
        insert (t, id, db_null (), db_null (), db_null ());
    /* the same text again while the first runs */
    db_each (t->db, "SELECT count(*) FROM thing GROUP BY id", DB_NO_ARGS, ask_again, &self,
             &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (self.n, ==, 3);
    g_assert_cmpint (self.sum, ==, 15);
}

static gboolean
take_blob (const DbRow *row, gpointer data)
{
    gsize n_bytes = 0;
    gconstpointer bytes = db_row_blob (row, 0, &n_bytes);

    *(GBytes **) data = g_bytes_new (bytes, n_bytes);
    return FALSE;
}

static void
test_large_blobs_come_back (TestDb *t)
{
    gsize n_bytes = 3000000;
    g_autofree guint8 *bytes = g_malloc (n_bytes);
    g_autoptr (GBytes) out = NULL;

    for (gsize i = 0; i < n_bytes; i++)
        bytes[i] = (guint8) (i * 31 + (i >> 8));
    db_exec (t->db, "INSERT INTO thing (id, data) VALUES ('1', $1)",
             DB_ARGS (db_blob (bytes, n_bytes)), NULL, &t->error);
    g_assert_no_error (t->error);
    db_each (t->db, "SELECT data FROM thing", DB_NO_ARGS, take_blob, &out, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpmem (g_bytes_get_data (out, NULL), g_bytes_get_size (out), bytes, n_bytes);
}

static void
test_text_must_be_utf8 (TestDb *t)
{
    g_assert_false (db_exec (t->db, "INSERT INTO thing (id) VALUES ($1)",
                             DB_ARGS (db_text ("\xff\xfe")), NULL, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 0);
}

static void
test_a_select_cannot_write (TestDb *t)
{
    const char *id = NULL;

    g_assert_false (db_select_text (t->db, t->arena,
                                    "INSERT INTO thing (id) VALUES ('1') RETURNING id", DB_NO_ARGS,
                                    &id, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 0);
}

static void
test_one_statement_at_a_time (TestDb *t)
{
    g_assert_false (
        db_exec (t->db, "DELETE FROM part; DELETE FROM thing", DB_NO_ARGS, NULL, &t->error));
    g_assert_nonnull (t->error);
    g_clear_error (&t->error);
}

static void
test_explain_names_the_index (TestDb *t)
{
    const char *plan = NULL;

    db_explain (t->db, t->arena, "SELECT name FROM thing WHERE id = $1", DB_ARGS (db_text ("1")),
                &plan, &t->error);
    g_assert_no_error (t->error);
    g_assert_nonnull (strstr (plan, t->engine == TEST_SQLITE ? "autoindex_thing" : "thing_pkey"));
}

static void
test_more_statements_than_are_kept (TestDb *t)
{
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 450; i++) {
            g_autofree char *sql = g_strdup_printf ("SELECT %d + CAST($1 AS BIGINT)", i);
            gint64 n = 0;

            db_select_int (t->db, sql, DB_ARGS (db_int (1000)), &n, NULL, &t->error);
            g_assert_no_error (t->error);
            g_assert_cmpint (n, ==, 1000 + i);
        }
}

void
test_rows_add (void)
{
    static const struct {
        const char *path;
        TestDbCase test;
    } cases[] = {
        { "/rows/every-kind-comes-back", test_every_kind_comes_back },
        { "/rows/nulls-come-back", test_nulls_come_back },
        { "/rows/extremes-come-back", test_extremes_come_back },
        { "/rows/an-empty-blob-is-no-null", test_an_empty_blob_is_no_null },
        { "/rows/a-nan-is-null", test_a_nan_is_null },
        { "/rows/select-gives-rows-in-order", test_select_gives_rows_in_order },
        { "/rows/parameters-go-by-number", test_parameters_go_by_number },
        { "/rows/the-number-of-parameters-must-fit", test_the_number_of_parameters_must_fit },
        { "/rows/what-does-not-fit-is-an-error", test_what_does_not_fit_is_an_error },
        { "/rows/two-types-may-share-a-statement", test_two_types_may_share_a_statement },
        { "/rows/scalars", test_scalars },
        { "/rows/each-may-stop-early", test_each_may_stop_early },
        { "/rows/each-may-read-outside-a-transaction", test_each_may_read_outside_a_transaction },
        { "/rows/large-blobs-come-back", test_large_blobs_come_back },
        { "/rows/text-must-be-utf8", test_text_must_be_utf8 },
        { "/rows/a-select-cannot-write", test_a_select_cannot_write },
        { "/rows/one-statement-at-a-time", test_one_statement_at_a_time },
        { "/rows/explain-names-the-index", test_explain_names_the_index },
        { "/rows/more-statements-than-are-kept", test_more_statements_than_are_kept },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        test_db_add_with (cases[i].path, thing_migrations, n_thing_migrations, cases[i].test);
}
