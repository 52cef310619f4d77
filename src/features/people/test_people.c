/* test_people.c -- dates, and which face is the picture of a person as faces and photos come and go */
#include "db/test_db.h"
#include "features/people/people_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/config/config.h"
#include "features/trash/trash.h"

#define OWNER "5bbd29cd-0000-4000-8000-000000000001"
#define OTHER "5bbd29cd-0000-4000-8000-000000000002"
#define ANN "b0000000-0000-4000-8000-000000000001"
#define BEA "b0000000-0000-4000-8000-000000000002"
#define P "a0000000-0000-4000-8000-000000000001"
#define Q "a0000000-0000-4000-8000-000000000002"

const AdminConfig *
config_get (const App *app)
{
    g_assert_not_reached ();
}

/* What would be unlinked. */
static GString *unlinked;

gboolean
trash_add_file_deletion (Db *tx, Arena *arena, const StringList *paths, GError **error)
{
    for (gsize i = 0; i < paths->n; i++)
        g_string_append_printf (unlinked, "%s\n", paths->items[i]);
    return TRUE;
}

static void
run_sql (TestDb *t, const char *sql, DbArgs args)
{
    gboolean done = db_exec (t->db, sql, args, NULL, &t->error);

    g_assert_no_error (t->error);
    g_assert_true (done);
}

static const char *
select_text (TestDb *t, const char *sql)
{
    const char *text = NULL;

    db_select_text (t->db, t->arena, sql, DB_NO_ARGS, &text, &t->error);
    g_assert_no_error (t->error);
    return text;
}

static gint64
select_int (TestDb *t, const char *sql)
{
    gint64 value = -1;

    db_select_int (t->db, sql, DB_NO_ARGS, &value, NULL, &t->error);
    g_assert_no_error (t->error);
    return value;
}

static void
add_person (TestDb *t, const char *id, const char *name)
{
    run_sql (t,
             "INSERT INTO person (id, owner_id, name, thumbnail_path, created_at, updated_at,"
             "                    update_id) VALUES ($1, $2, $3, $1 || '.jpeg', 1, 1, 'u')",
             DB_ARGS (db_text (id), db_text (OWNER), db_text (name)));
}

static void
add_face (TestDb *t, const char *id, const char *asset_id, const char *person_id, int created)
{
    run_sql (t,
             "INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1,"
             "                        x2, y2, source_type, created_at, updated_at, update_id)"
             " VALUES ($1, $2, $3, 100, 100, 10, 10, 20, 20, 'manual', $4, $4, 'u')",
             DB_ARGS (db_text (id), db_text (asset_id), db_text (person_id), db_int (created)));
}

/* Two photos, two people. */
static void
fill (TestDb *t)
{
    static const char *const users[] = { OWNER, OTHER };
    static const char *const photos[] = { P, Q };

    g_string_truncate (unlinked, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (users); i++)
        run_sql (t,
                 "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id,"
                 " created_at, updated_at) VALUES ($1, $1, 'x', 1, 'g', 1, 1)",
                 DB_ARGS (db_text (users[i])));
    for (gsize i = 0; i < G_N_ELEMENTS (photos); i++)
        run_sql (t,
                 "INSERT INTO asset (id, owner_id, type, original_path, original_file_name,"
                 " checksum, size_bytes, file_created_at, file_modified_at, local_date_time,"
                 " local_month, created_at, updated_at, update_id)"
                 " VALUES ($1, $2, 'IMAGE', 'p', 'p.jpg', $3, 1, 1, 1, 1, 1, 1, 1, 'u')",
                 DB_ARGS (db_text (photos[i]), db_text (OWNER),
                          db_blob (photos[i], strlen (photos[i]))));
    add_person (t, ANN, "Ann");
    add_person (t, BEA, "Bea");
}

static gboolean
run_check (Db *tx, gpointer data, GError **error)
{
    TestDb *t = data;
    const char *assets[] = { P, Q };
    StringList ids = { assets, 2 };

    return people_check_assets (tx, t->arena, &ids, error);
}

/* @return the face of Ann's picture; NULL: none */
static const char *
check (TestDb *t)
{
    gboolean done = db_write (t->db, run_check, t, &t->error);

    g_assert_no_error (t->error);
    g_assert_true (done);
    return select_text (t, "SELECT face_id FROM person WHERE id = '" ANN "'");
}

static void
test_birth_dates (void)
{
    static const struct {
        const char *text, *day; /* day NULL: refused */
    } cases[] = {
        { "1990-05-06", "1990-05-06" },
        { "1990/5/6", "1990-05-06" },
        { "1990-05", "1990-05-01" },
        { "1990", "1990-01-01" },
        { "2000-02-29", "2000-02-29" },
        { "1990-05-06T23:00:00.000Z", "1990-05-06" },
        { "1990-05-06T23:00:00+09:00", "1990-05-06" },
        { "2020-01-02", "2020-01-02" }, /* today */
        { "2020-01-03", NULL },
        { "1900-02-29", NULL },
        { "1990-5/6", NULL },
        { "1990-00-01", NULL },
        { "1990-05-06Tnoon", NULL },
        { "0000-01-01", NULL },
        { "soon", NULL },
        { " 1990", NULL },
        { "1990-05-06T00:00:00.00000000000000000000000000000000000000000000000000000000000Z",
          NULL },
    };
    g_autoptr (Arena) arena = arena_new ();
    const char *day = "";
    gint64 now_ms;

    g_assert_true (timestamp_parse ("2020-01-02T10:00:00Z", &now_ms));
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_assert_cmpint (people_parse_birth_date (arena, cases[i].text, now_ms, &day), ==,
                         cases[i].day != NULL);
        if (cases[i].day != NULL)
            g_assert_cmpstr (day, ==, cases[i].day);
    }
    g_assert_true (people_parse_birth_date (arena, "", now_ms, &day));
    g_assert_null (day);
    g_assert_true (people_parse_birth_date (arena, NULL, now_ms, &day));
    g_assert_null (day);
    g_assert_cmpstr (people_parse_color (arena, "abC"), ==, "#abC");
    g_assert_cmpstr (people_parse_color (arena, "#abC"), ==, "#abC");
    g_assert_null (people_parse_color (arena, ""));
}

static void
test_the_picture_moves_to_another_face (TestDb *t)
{
    fill (t);
    g_assert_null (check (t));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM job"), ==, 0);
    add_face (t, "f1", P, ANN, 1);
    add_face (t, "f2", Q, ANN, 2);
    g_assert_cmpstr (check (t), ==, "f1");
    g_assert_cmpint (
        select_int (t, "SELECT count(*) FROM job WHERE name = 'PersonGenerateThumbnail'"), ==, 1);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM person WHERE update_id = 'u'"), ==, 1);
    run_sql (t, "DELETE FROM job", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f1");
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM job"), ==, 0);
    /* each way of losing a face, and back */
    run_sql (t, "UPDATE asset SET visibility = 'locked' WHERE id = '" P "'", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f2");
    run_sql (t, "UPDATE asset SET visibility = 'timeline'", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f2");
    run_sql (t, "UPDATE asset_face SET deleted_at = 1 WHERE id = 'f2'", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f1");
    run_sql (t, "UPDATE asset_face SET deleted_at = NULL", DB_NO_ARGS);
    run_sql (t, "UPDATE asset_face SET is_visible = 0 WHERE id = 'f1'", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f2");
    run_sql (t, "UPDATE asset_face SET is_visible = 1", DB_NO_ARGS);
    run_sql (t, "UPDATE asset SET status = 'deleted' WHERE id = '" Q "'", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f1");
}

static void
test_what_is_on_the_timeline_goes_first (TestDb *t)
{
    fill (t);
    add_face (t, "f1", P, ANN, 1);
    add_face (t, "f2", Q, ANN, 2);
    run_sql (t, "UPDATE asset SET visibility = 'archive' WHERE id = '" P "'", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f2");
    /* what is archived or in the trash does for a picture as long as nothing else is there */
    run_sql (t, "DELETE FROM asset WHERE id = '" Q "'", DB_NO_ARGS);
    run_sql (t, "UPDATE person SET face_id = NULL", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f1");
}

static void
test_without_a_face_there_is_no_picture (TestDb *t)
{
    fill (t);
    add_face (t, "f1", P, ANN, 1);
    g_assert_cmpstr (check (t), ==, "f1");
    /* a face that became somebody else's stays the picture */
    run_sql (t, "UPDATE asset_face SET person_id = '" BEA "'", DB_NO_ARGS);
    g_assert_cmpstr (check (t), ==, "f1");
    g_assert_cmpstr (select_text (t, "SELECT face_id FROM person WHERE id = '" BEA "'"), ==, "f1");
    run_sql (t, "UPDATE asset SET visibility = 'locked'", DB_NO_ARGS);
    g_assert_null (check (t));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM person WHERE thumbnail_path <> ''"), ==,
                     0);
}

typedef struct {
    TestDb *t;
    const FaceFact *faces;
    gsize n;
} Import;

static gboolean
run_import (Db *tx, gpointer data, GError **error)
{
    const Import *self = data;

    return people_import_faces (tx, self->t->arena, P, OWNER, self->faces, self->n, error);
}

static void
import (TestDb *t, const FaceFact *faces, gsize n)
{
    Import data = { t, faces, n };
    gboolean done = db_write (t->db, run_import, &data, &t->error);

    g_assert_no_error (t->error);
    g_assert_true (done);
}

static void
test_imported_faces_keep_their_rows (TestDb *t)
{
    static const FaceFact faces[] = {
        { .name = "ANN", .x1 = 1, .y1 = 2, .x2 = 3, .y2 = 4, .image_width = 9, .image_height = 8 },
        { .name = "Émile",
          .x1 = 5,
          .y1 = 2,
          .x2 = 6,
          .y2 = 4,
          .image_width = 9,
          .image_height = 8 },
        { .name = "Émile",
          .x1 = 5,
          .y1 = 2,
          .x2 = 6,
          .y2 = 4,
          .image_width = 9,
          .image_height = 8 },
    };
    const char *before;

    fill (t);
    add_face (t, "f1", P, BEA, 1);
    import (t, faces, 3);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_face WHERE source_type = 'exif'"),
                     ==, 3);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM person"), ==, 3);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_face WHERE person_id = '" ANN
                                    "' AND x2 = 3 AND image_height = 8"),
                     ==, 1);
    before = select_text (t, "SELECT min(id) || max(id) || max(update_id) FROM asset_face");
    import (t, faces, 3);
    g_assert_cmpstr (select_text (t, "SELECT min(id) || max(id) || max(update_id) FROM asset_face"),
                     ==, before);
    import (t, faces + 1, 1);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_face WHERE source_type = 'exif'"),
                     ==, 1);
    g_assert_null (select_text (t, "SELECT face_id FROM person WHERE id = '" ANN "'"));
    import (t, NULL, 0);
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_face"), ==, 1);
}

static void
test_merging_and_removing_leave_nothing_of_them (TestDb *t)
{
    const char *bea = BEA, *ann = ANN;
    StringList others = { &bea, 1 }, all = { &ann, 1 };

    fill (t);
    add_face (t, "f1", P, BEA, 1);
    run_sql (t, "UPDATE person SET birth_date = '1990-05-06' WHERE id = '" BEA "'", DB_NO_ARGS);
    g_assert_true (people_merge (t->db, t->arena, ANN, &others, &t->error));
    g_assert_cmpstr (select_text (t, "SELECT name || birth_date || face_id FROM person"), ==,
                     "Ann1990-05-06f1");
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_face WHERE update_id <> 'u'"), ==,
                     1);
    g_assert_cmpstr (unlinked->str, ==, BEA ".jpeg\n");
    g_assert_true (people_delete (t->db, t->arena, &all, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM asset_face WHERE person_id IS NULL"), ==,
                     1);
    g_assert_cmpstr (unlinked->str, ==, BEA ".jpeg\n" ANN ".jpeg\n");
    g_assert_false (people_merge (t->db, t->arena, ANN, &others, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error (&t->error);
}

int
main (int argc, char *argv[])
{
    unlinked = g_string_new (NULL);
    test_db_init (&argc, &argv);
    g_test_add_func ("/people/birth-dates", test_birth_dates);
    test_db_add ("/people/the-picture-moves-to-another-face",
                 test_the_picture_moves_to_another_face);
    test_db_add ("/people/what-is-on-the-timeline-goes-first",
                 test_what_is_on_the_timeline_goes_first);
    test_db_add ("/people/without-a-face-there-is-no-picture",
                 test_without_a_face_there_is_no_picture);
    test_db_add ("/people/imported-faces-keep-their-rows", test_imported_faces_keep_their_rows);
    test_db_add ("/people/merging-and-removing-leave-nothing-of-them",
                 test_merging_and_removing_leave_nothing_of_them);
    return test_db_run ();
}
