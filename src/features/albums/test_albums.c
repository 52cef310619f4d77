/* test_albums.c -- what is kept of albums follows what happens to their assets and members */
#include "db/test_db.h"
#include "features/albums/album_summary.h"
#include "features/albums/albums_private.h"

#include <string.h>

#define ALICE "5bbd29cd-0000-4000-8000-000000000001"
#define BOB "5bbd29cd-0000-4000-8000-000000000002"
#define CAROL "5bbd29cd-0000-4000-8000-000000000003"
#define ALBUM "b0000000-0000-4000-8000-000000000001"
#define ASSET(n) "a0000000-0000-4000-8000-00000000000" #n
#define DAY_MS G_GINT64_CONSTANT (86400000)
#define WAIT_US (30 * G_USEC_PER_SEC)

/* What clients would be told, one event a line. */
static GString *told;

void
realtime_send (Realtime *self, const char *room, const char *event, const char *arguments_json)
{
    g_string_append_printf (told, "%c %s %s\n", room[strlen (room) - 1], event, arguments_json);
}

static void
run_sql (TestDb *t, const char *sql, const char *id)
{
    g_assert_true (
        db_exec (t->db, sql, id != NULL ? DB_ARGS (db_text (id)) : DB_NO_ARGS, NULL, &t->error));
    g_assert_no_error (t->error);
}

static void
add_asset (TestDb *t, const char *id, const char *owner_id, gint64 at_ms)
{
    g_assert_true (db_exec (
        t->db,
        "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
        " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, created_at,"
        " updated_at, update_id)"
        " VALUES ($1, $2, 'IMAGE', 'x', 'x', $3, 1, $4, 0, $4, 0, 1, 7, 'u')",
        DB_ARGS (db_text (id), db_text (owner_id), db_blob (id, strlen (id)), db_int (at_ms)), NULL,
        &t->error));
}

typedef struct {
    const App *app;
    TestDb *t;
    const StringList *assets;
    const char *actor_id;
    StringList added;
} Add;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    Add *self = data;

    return album_add_assets (self->app, tx, self->t->arena, ALBUM, self->actor_id, self->assets,
                             &self->added, error);
}

static gsize
add_to_album (const App *app, TestDb *t, const StringList *assets)
{
    Add data = { app, t, assets, ALICE, { NULL, 0 } };

    g_assert_true (db_write (t->db, run_add, &data, &t->error));
    return data.added.n;
}

static const StringList assets = { (const char *[]){ ASSET (1), ASSET (2), ASSET (3) }, 3 };

static gboolean
run_members (Db *tx, gpointer data, GError **error)
{
    CreateAlbum album = { .album_name = "Trip" };
    gboolean is_new;

    return albums_store_insert (tx, ALBUM, &album, ASSET_ORDER_DESC, 1000, error) &&
           albums_store_add_member (tx, ALBUM, ALICE, ALBUM_USER_ROLE_OWNER, &is_new, error) &&
           albums_store_add_member (tx, ALBUM, BOB, ALBUM_USER_ROLE_EDITOR, &is_new, error) &&
           albums_store_add_member (tx, ALBUM, CAROL, ALBUM_USER_ROLE_VIEWER, &is_new, error);
}

/* Three users, an album of them all, and three assets of Alice on the days 1, 2 and 3. */
static App
fill (TestDb *t)
{
    static const char *const users[] = { ALICE, BOB, CAROL };

    for (gsize i = 0; i < G_N_ELEMENTS (users); i++)
        run_sql (t,
                 "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id,"
                 " created_at, updated_at) VALUES ($1, $1, 'x', 1, 'g', 1, 1)",
                 users[i]);
    for (gsize i = 0; i < assets.n; i++)
        add_asset (t, assets.items[i], ALICE, (gint64) (i + 1) * DAY_MS + 5);
    g_assert_true (db_write (t->db, run_members, NULL, &t->error));
    g_string_set_size (told, 0);
    return (App){ .db = t->db };
}

static AlbumResponse
describe (TestDb *t, const App *app)
{
    const char *id = ALBUM;
    StringList ids = { (const char *[]){ ASSET (1), id, id }, 2 };
    AlbumResponseList list;

    g_assert_true (albums_describe (app, t->db, t->arena, &ids, CAROL, &list, &t->error));
    g_assert_cmpuint (list.n, ==, 1); /* what is no album is left out */
    return list.items[0];
}

static void
assert_kept (TestDb *t, const App *app, gint64 n, gint64 first_day, gint64 last_day,
             const char *cover)
{
    AlbumResponse album = describe (t, app);
    gint64 n_stale = -1;

    g_assert_cmpint (album.asset_count, ==, n);
    g_assert_cmpint (album.has_start_date, ==, n > 0);
    g_assert_cmpint (album.has_end_date, ==, n > 0);
    if (n > 0) {
        g_assert_cmpint (album.start_date, ==, first_day * DAY_MS);
        g_assert_cmpint (album.end_date, ==, last_day * DAY_MS);
    }
    g_assert_cmpstr (album.album_thumbnail_asset_id, ==, cover);
    g_assert_true (db_select_int (t->db, "SELECT count(*) FROM album_stale", DB_NO_ARGS, &n_stale,
                                  NULL, &t->error));
    g_assert_cmpint (n_stale, ==, 0); /* a second reader counts nothing */
}

static void
test_counts_follow_every_change (TestDb *t)
{
    App app = fill (t);

    assert_kept (t, &app, 0, 0, 0, NULL);
    g_assert_cmpuint (add_to_album (&app, t, &assets), ==, 3);
    g_assert_cmpuint (add_to_album (&app, t, &assets), ==, 0);
    assert_kept (t, &app, 3, 1, 3, ASSET (1));
    run_sql (t, "UPDATE asset SET visibility = 'archive' WHERE id = $1", ASSET (1));
    assert_kept (t, &app, 3, 1, 3, ASSET (1));
    run_sql (t, "UPDATE asset SET visibility = 'hidden' WHERE id = $1", ASSET (1));
    assert_kept (t, &app, 2, 2, 3, ASSET (3));
    run_sql (t, "UPDATE asset SET status = 'trashed', deleted_at = 1 WHERE id = $1", ASSET (3));
    assert_kept (t, &app, 1, 2, 2, ASSET (2));
    run_sql (t, "UPDATE asset SET local_date_time = 777600000 WHERE id = $1", ASSET (2));
    assert_kept (t, &app, 1, 9, 9, ASSET (2));
    run_sql (t, "UPDATE asset SET updated_at = 99 WHERE id = $1", ASSET (2));
    g_assert_cmpint (describe (t, &app).last_modified_asset_timestamp, ==, 99);
    run_sql (t, "DELETE FROM asset WHERE id = $1", ASSET (2));
    assert_kept (t, &app, 0, 0, 0, NULL);
    run_sql (t, "UPDATE asset SET status = 'active', deleted_at = NULL WHERE id = $1", ASSET (3));
    assert_kept (t, &app, 1, 3, 3, ASSET (3));
}

static void
test_days_before_1970_are_cut_downwards (TestDb *t)
{
    App app = fill (t);

    run_sql (t, "UPDATE asset SET local_date_time = -1 WHERE id = $1", ASSET (1));
    add_to_album (&app, t, &assets);
    g_assert_cmpint (describe (t, &app).start_date, ==, -DAY_MS);
}

static gboolean
run_drop (Db *tx, gpointer data, GError **error)
{
    const char *id = ASSET (1);
    StringList ids = { &id, 1 };

    return albums_drop_assets (tx, data, &ids, error);
}

static void
test_what_is_dropped_is_the_cover_no_more (TestDb *t)
{
    App app = fill (t);
    const char *cover = NULL;

    add_to_album (&app, t, &assets);
    g_assert_true (db_write (t->db, run_drop, t->arena, &t->error));
    g_assert_true (db_select_text (t->db, t->arena, "SELECT thumbnail_asset_id FROM album",
                                   DB_NO_ARGS, &cover, &t->error));
    g_assert_cmpstr (cover, ==, ASSET (3)); /* at once, not when somebody looks */
    assert_kept (t, &app, 2, 2, 3, ASSET (3));
}

static void
test_locked_assets_are_not_added (TestDb *t)
{
    App app = fill (t);

    run_sql (t, "UPDATE asset SET visibility = 'locked' WHERE id = $1", ASSET (2));
    run_sql (t, "UPDATE asset SET status = 'deleted' WHERE id = $1", ASSET (3));
    g_assert_cmpuint (add_to_album (&app, t, &assets), ==, 1);
    assert_kept (t, &app, 1, 1, 1, ASSET (1));
}

static gboolean
run_owner (Db *tx, gpointer data, GError **error)
{
    return albums_owner_deleted (tx, ALICE, *(gint64 *) data, error);
}

static gboolean
run_removed (Db *tx, gpointer data, GError **error)
{
    return albums_owner_removed (tx, data, error);
}

static void
test_albums_go_and_come_with_their_owner (TestDb *t)
{
    App app = fill (t);
    const char *id = ALBUM;
    StringList ids = { &id, 1 };
    AlbumResponseList list;
    gint64 when = 5;

    g_assert_true (db_write (t->db, run_owner, &when, &t->error));
    g_assert_true (albums_describe (&app, t->db, t->arena, &ids, BOB, &list, &t->error));
    g_assert_cmpuint (list.n, ==, 0);
    g_assert_cmpuint (add_to_album (&app, t, &assets), ==, 0);
    when = 0;
    g_assert_true (db_write (t->db, run_owner, &when, &t->error));
    g_assert_cmpstr (describe (t, &app).album_name, ==, "Trip");
    g_assert_true (db_write (t->db, run_removed, (gpointer) BOB, &t->error));
    g_assert_cmpstr (describe (t, &app).album_name, ==, "Trip");
    g_assert_true (db_write (t->db, run_removed, (gpointer) ALICE, &t->error));
    g_assert_true (albums_describe (&app, t->db, t->arena, &ids, BOB, &list, &t->error));
    g_assert_cmpuint (list.n, ==, 0);
}

/* ---- a change that is not committed yet when others count ---- */

typedef struct {
    GMutex lock;
    GCond changed;
    gboolean is_written, is_counted;
    Db *db;
    gboolean ok;
} Meanwhile;

static void
wait_for (Meanwhile *self, const gboolean *what)
{
    gint64 until = g_get_monotonic_time () + WAIT_US;

    g_mutex_lock (&self->lock);
    while (!*what)
        if (!g_cond_wait_until (&self->changed, &self->lock, until))
            break;
    g_mutex_unlock (&self->lock);
}

static void
say (Meanwhile *self, gboolean *what)
{
    g_mutex_lock (&self->lock);
    *what = TRUE;
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
}

static gboolean
run_meanwhile (Db *tx, gpointer data, GError **error)
{
    Meanwhile *self = data;

    if (!db_exec (tx, "UPDATE asset SET visibility = 'hidden' WHERE id = $1",
                  DB_ARGS (db_text (ASSET (1))), NULL, error))
        return FALSE;
    say (self, &self->is_written);
    wait_for (self, &self->is_counted);
    return TRUE;
}

static gpointer
change_meanwhile (gpointer data)
{
    Meanwhile *self = data;
    g_autoptr (GError) why = NULL;

    self->ok = db_write (self->db, run_meanwhile, self, &why);
    return NULL;
}

static void
test_a_change_that_is_committed_later_is_not_missed (TestDb *t)
{
    App app = fill (t);
    Meanwhile meanwhile = { .db = t->db };
    GThread *thread;

    add_to_album (&app, t, &assets);
    if (t->engine == TEST_SQLITE) { /* its writers come one after the other */
        g_test_skip ("SQLite has one writer");
        return;
    }
    thread = g_thread_new ("meanwhile", change_meanwhile, &meanwhile);
    wait_for (&meanwhile, &meanwhile.is_written);
    g_assert_true (meanwhile.is_written);
    assert_kept (t, &app, 3, 1, 3, ASSET (1));
    say (&meanwhile, &meanwhile.is_counted);
    g_thread_join (thread);
    g_assert_true (meanwhile.ok);
    assert_kept (t, &app, 2, 2, 3, ASSET (3));
}

/* ---- telling ---- */

static void
test_every_member_is_told_of_new_assets (TestDb *t)
{
    App app = fill (t);

    app.realtime = (Realtime *) t; /* realtime_send () above does not look at it */
    add_to_album (&app, t, &assets);
    g_assert_nonnull (strstr (told->str, "1 on_album_update \"" ALBUM "\"\n"));
    g_assert_nonnull (strstr (told->str, "2 on_album_update \"" ALBUM "\"\n"));
    g_assert_nonnull (strstr (told->str, "3 on_album_update \"" ALBUM "\"\n"));
    g_string_set_size (told, 0);
    add_to_album (&app, t, &assets);
    g_assert_cmpstr (told->str, ==, ""); /* nothing was new */
}

static JobResult
do_nothing (gpointer app, const Job *job, Arena *arena, GError **error)
{
    return JOB_DONE;
}

static gint64
count_jobs (TestDb *t, const char *name, const char *user_id)
{
    gint64 n = -1;

    g_assert_true (db_select_int (
        t->db, "SELECT count(*) FROM job WHERE name = $1 AND data = $2 AND queue = 'notifications'",
        DB_ARGS (db_text (name),
                 db_text (arena_printf (t->arena, "{\"id\":\"" ALBUM "\",\"recipientId\":\"%s\"}",
                                        user_id))),
        &n, NULL, &t->error));
    return n;
}

static void
test_notices_are_asked_for_where_somebody_gives_them (TestDb *t)
{
    static const JobKind kinds[] = { { "NotifyAlbumUpdate", "notifications", do_nothing } };
    App app = fill (t);
    g_autoptr (Jobs) jobs = jobs_new (t->db, &app);
    StringList one = { assets.items, 1 };

    app.jobs = jobs;
    add_to_album (&app, t, &one);
    g_assert_cmpint (count_jobs (t, "NotifyAlbumUpdate", BOB), ==, 0);
    jobs_register (jobs, kinds, G_N_ELEMENTS (kinds));
    for (gsize i = 1; i < assets.n; i++) {
        one.items = assets.items + i;
        add_to_album (&app, t, &one);
        g_assert_cmpint (count_jobs (t, "NotifyAlbumUpdate", BOB), ==, 1);
        g_assert_cmpint (count_jobs (t, "NotifyAlbumUpdate", CAROL), ==, 1);
        g_assert_cmpint (count_jobs (t, "NotifyAlbumUpdate", ALICE), ==, 0); /* who did it knows */
    }
}

/* ---- plans ---- */

static void
test_a_list_reads_no_whole_table (TestDb *t)
{
    /* the tables by their names in the statements; lists of ids are no tables. PostgreSQL may well
     * read the three assets whole, and 4,000 rows for a list of ids. */
    static const char *const scans[2][8] = {
        [TEST_SQLITE] = { "SCAN u", "SCAN l", "SCAN a", "SCAN s", "SCAN k", "SCAN x", "SCAN o",
                          "SCAN e" },
        [TEST_POSTGRES] = { "Seq Scan on album_user", "Seq Scan on album_asset" },
    };
    const char *id = ALBUM;
    StringList ids = { &id, 1 }, plans;

    fill (t);
    /* 4,000 albums of Bob with 5 assets each */
    for (guint i = 0; i < 4000; i += 1000) {
        g_autoptr (GString) numbers = g_string_new ("[");

        for (guint n = 0; n < 1000; n++)
            g_string_append_printf (numbers, "%s\"%u\"", n > 0 ? "," : "", i + n);
        g_string_append_c (numbers, ']');
        run_sql (t,
                 "INSERT INTO album (id, name, created_at, updated_at, update_id)"
                 " SELECT 'l' || CAST(value AS TEXT), 'x', 1, 1, 'u' FROM json_each($1)",
                 numbers->str);
        run_sql (t,
                 "INSERT INTO album_user (album_id, user_id, role, created_at, create_id,"
                 " update_id) SELECT 'l' || CAST(value AS TEXT), '" BOB "', 'owner', 1, 'u', 'u'"
                 " FROM json_each($1)",
                 numbers->str);
        run_sql (t,
                 "INSERT INTO album_asset (album_id, asset_id, created_at, update_id)"
                 " SELECT 'l' || CAST(value AS TEXT), a.id, 1, 'u' FROM json_each($1), asset a",
                 numbers->str);
    }
    if (t->engine == TEST_POSTGRES)
        run_sql (t, "ANALYZE", NULL);
    g_assert_true (albums_store_explain (t->db, t->arena, ALICE, &ids, &plans, &t->error));
    for (gsize i = 0; i < plans.n; i++)
        for (gsize n = 0; n < G_N_ELEMENTS (scans[0]) && scans[t->engine][n] != NULL; n++)
            if (strstr (plans.items[i], scans[t->engine][n]) != NULL &&
                (t->engine == TEST_SQLITE || strstr (plans.items[i], "json_") == NULL))
                g_error ("statement %" G_GSIZE_FORMAT " reads a whole table:\n%s", i,
                         plans.items[i]);
}

int
main (int argc, char *argv[])
{
    told = g_string_new (NULL);
    test_db_init (&argc, &argv);
    test_db_add ("/summary/counts-follow-every-change", test_counts_follow_every_change);
    test_db_add ("/summary/days-before-1970-are-cut-downwards",
                 test_days_before_1970_are_cut_downwards);
    test_db_add ("/summary/what-is-dropped-is-the-cover-no-more",
                 test_what_is_dropped_is_the_cover_no_more);
    test_db_add ("/summary/a-change-that-is-committed-later-is-not-missed",
                 test_a_change_that_is_committed_later_is_not_missed);
    test_db_add ("/assets/locked-ones-are-not-added", test_locked_assets_are_not_added);
    test_db_add ("/owner/albums-go-and-come-with-it", test_albums_go_and_come_with_their_owner);
    test_db_add ("/events/every-member-is-told-of-new-assets",
                 test_every_member_is_told_of_new_assets);
    test_db_add ("/events/notices-are-asked-for-where-somebody-gives-them",
                 test_notices_are_asked_for_where_somebody_gives_them);
    test_db_add ("/store/a-list-reads-no-whole-table", test_a_list_reads_no_whole_table);
    return test_db_run ();
}
