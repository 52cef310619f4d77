/* test_access.c -- who may do what to which asset, on both engines */
#include "db/test_db.h"

#include "api/api.h"

extern const char access_sql_owner_one[]; /* access.c */

#define ALICE "5bbd29cd-0000-4000-8000-000000000001"
#define BOB "5bbd29cd-0000-4000-8000-000000000002"
#define ASSET(n) "a0000000-0000-4000-8000-00000000000" #n
#define PLAIN ASSET (1)
#define TRASHED ASSET (2)
#define LOCKED ASSET (3)
#define REMOVED ASSET (4)
#define MISSING ASSET (9)

static const Auth alice = { .kind = CREDENTIAL_SESSION, .user_id = ALICE };
static const Auth elevated = { .kind = CREDENTIAL_SESSION, .user_id = ALICE, .is_elevated = TRUE };
static const Auth bob = { .kind = CREDENTIAL_API_KEY, .user_id = BOB };
static const Auth link_of_alice = { .kind = CREDENTIAL_LINK, .user_id = ALICE, .link_id = "l" };

static void
fill (TestDb *t)
{
    static const char *const states[][2] = { { "active", "timeline" },
                                             { "trashed", "archive" },
                                             { "active", "locked" },
                                             { "deleted", "timeline" } };
    static const char *const users[] = { ALICE, BOB };

    for (gsize i = 0; i < G_N_ELEMENTS (users); i++)
        g_assert_true (db_exec (
            t->db,
            "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
            " updated_at) VALUES ($1, $1, 'x', 1, 'g', 1, 1)",
            DB_ARGS (db_text (users[i])), NULL, &t->error));
    for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
        guint8 checksum = (guint8) i;
        const char *id = arena_printf (t->arena, "a0000000-0000-4000-8000-00000000000%u", i + 1);

        g_assert_true (db_exec (
            t->db,
            "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
            " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, status,"
            " visibility, created_at, updated_at, update_id)"
            " VALUES ($1, $2, 'IMAGE', 'x', 'x', $3, 1, 0, 0, 0, 0, $4, $5, 1, 1, 'u')",
            DB_ARGS (db_text (id), db_text (ALICE), db_blob (&checksum, 1), db_text (states[i][0]),
                     db_text (states[i][1])),
            NULL, &t->error));
    }
}

static gboolean
may (TestDb *t, const Auth *auth, const char *permission, const char *id)
{
    ApiCall call = { .db = t->db, .arena = t->arena, .auth = auth };
    StringList twice = { (const char *[]){ id, id }, 2 };
    gboolean one = access_check_asset (&call, id, permission, &t->error);
    gboolean many;

    if (!one) {
        g_assert_cmpstr (t->error->message, ==,
                         arena_printf (t->arena, "Not found or no %s access", permission));
        g_clear_error (&t->error);
    }
    many = access_check_assets (&call, &twice, permission, &t->error);
    g_clear_error (&t->error);
    g_assert_cmpint (one, ==, many); /* both ways decide alike */
    return one;
}

static void
test_owners_may_do_everything_with_what_is_theirs (TestDb *t)
{
    static const char *const permissions[] = { "asset.read",     "asset.view",   "asset.download",
                                               "asset.share",    "asset.update", "asset.delete",
                                               "asset.edit.get", "asset.copy" };

    fill (t);
    for (gsize i = 0; i < G_N_ELEMENTS (permissions); i++) {
        g_assert_true (may (t, &alice, permissions[i], PLAIN));
        g_assert_true (may (t, &alice, permissions[i], TRASHED));
        g_assert_false (may (t, &bob, permissions[i], PLAIN));
        g_assert_false (may (t, &alice, permissions[i], REMOVED));
        g_assert_false (may (t, &alice, permissions[i], MISSING));
    }
}

static void
test_locked_assets_need_the_pin_and_are_never_shared (TestDb *t)
{
    fill (t);
    g_assert_false (may (t, &alice, "asset.read", LOCKED));
    g_assert_false (may (t, &alice, "asset.delete", LOCKED));
    g_assert_true (may (t, &elevated, "asset.read", LOCKED));
    g_assert_true (may (t, &elevated, "asset.update", LOCKED));
    g_assert_false (may (t, &elevated, "asset.share", LOCKED));
}

static void
test_the_holder_of_a_link_is_not_its_owner (TestDb *t)
{
    fill (t);
    g_assert_false (may (t, &link_of_alice, "asset.read", PLAIN));
    g_assert_false (may (t, &link_of_alice, "asset.delete", PLAIN));
}

static void
test_one_bad_id_refuses_all_and_an_empty_list_passes (TestDb *t)
{
    ApiCall call = { .db = t->db, .arena = t->arena, .auth = &alice };
    StringList mixed = { (const char *[]){ PLAIN, MISSING, TRASHED }, 3 };
    StringList none = { NULL, 0 }, passed;

    fill (t);
    g_assert_false (access_check_assets (&call, &mixed, "asset.read", &t->error));
    g_clear_error (&t->error);
    g_assert_true (access_check_assets (&call, &none, "asset.read", &t->error));
    g_assert_true (access_filter_assets (&call, &mixed, "asset.read", &passed, &t->error));
    g_assert_cmpuint (passed.n, ==, 2);
    g_assert_cmpstr (passed.items[0], ==, PLAIN);
    g_assert_cmpstr (passed.items[1], ==, TRASHED);
    g_assert_true (access_filter_assets (&call, &none, "asset.read", &passed, &t->error));
    g_assert_cmpuint (passed.n, ==, 0);
}

static void
test_one_asset_is_one_read_of_an_index (TestDb *t)
{
    const char *plan = NULL;

    fill (t);
    g_assert_true (db_explain (t->db, t->arena, access_sql_owner_one,
                               DB_ARGS (db_text (PLAIN), db_text (ALICE), db_int (0)), &plan,
                               &t->error));
    if (t->engine == TEST_SQLITE) /* PostgreSQL scans a table of one page, rightly */
        g_assert_nonnull (g_strstr_len (plan, -1, "USING INDEX sqlite_autoindex_asset_1"));
}

static void
run (TestDb *t, const char *sql)
{
    g_assert_true (db_exec (t->db, sql, DB_NO_ARGS, NULL, &t->error));
    g_assert_no_error (t->error);
}

#define ALBUM "a1b00000-0000-4000-8000-000000000001"
#define MOTION ASSET (5)

/* An album of Alice's with every asset of hers; the plain one has a motion part. */
static void
fill_album (TestDb *t, const char *role_of_bob)
{
    fill (t);
    run (t,
         "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
         " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, visibility,"
         " created_at, updated_at, update_id) VALUES ('" MOTION "', '" ALICE "', 'VIDEO', 'x', 'x',"
         " CAST('motion' AS BYTEA), 1, 0, 0, 0, 0, 'hidden', 1, 1, 'u')");
    run (t, "UPDATE asset SET live_photo_video_id = '" MOTION "' WHERE id = '" PLAIN "'");
    run (t, "INSERT INTO album (id, name, created_at, updated_at, update_id)"
            " VALUES ('" ALBUM "', 'x', 1, 1, 'u')");
    run (t, "INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)"
            " VALUES ('" ALBUM "', '" ALICE "', 'owner', 1, 'u', 'u')");
    if (role_of_bob != NULL)
        run (t,
             arena_printf (t->arena,
                           "INSERT INTO album_user (album_id, user_id, role, created_at, create_id,"
                           " update_id) VALUES ('" ALBUM "', '" BOB "', '%s', 1, 'u', 'u')",
                           role_of_bob));
    run (t, "INSERT INTO album_asset (album_id, asset_id, created_at, update_id)"
            " SELECT '" ALBUM "', id, 1, 'u' FROM asset WHERE id <> '" MOTION "'");
}

static void
test_members_see_and_download_what_the_album_shows (TestDb *t)
{
    fill_album (t, "viewer");
    g_assert_true (may (t, &bob, "asset.read", PLAIN));
    g_assert_true (may (t, &bob, "asset.download", PLAIN));
    g_assert_true (may (t, &bob, "asset.view", MOTION));
    g_assert_false (may (t, &bob, "asset.share", PLAIN));
    g_assert_false (may (t, &bob, "asset.update", PLAIN));
    g_assert_false (may (t, &bob, "asset.read", TRASHED));
    g_assert_false (may (t, &bob, "asset.read", LOCKED));
    g_assert_false (may (t, &bob, "asset.read", REMOVED));
    run (t, "UPDATE album SET deleted_at = 1");
    g_assert_false (may (t, &bob, "asset.read", PLAIN));
}

static void
test_partners_see_the_timeline_only (TestDb *t)
{
    fill_album (t, NULL);
    g_assert_false (may (t, &bob, "asset.read", PLAIN));
    run (t, "INSERT INTO partner VALUES ('" ALICE "', '" BOB "', 0, 1, 1, 'u', 'u')");
    g_assert_true (may (t, &bob, "asset.read", PLAIN));
    g_assert_true (may (t, &bob, "asset.share", PLAIN));
    g_assert_true (may (t, &bob, "asset.view", MOTION));
    g_assert_false (may (t, &bob, "asset.delete", PLAIN));
    g_assert_false (may (t, &bob, "asset.read", TRASHED));
    g_assert_false (may (t, &bob, "asset.read", LOCKED));
    run (t, "UPDATE asset SET visibility = 'archive' WHERE id = '" PLAIN "'");
    g_assert_false (may (t, &bob, "asset.read", PLAIN));
}

static void
test_links_open_what_they_hold (TestDb *t)
{
    Auth link = { .kind = CREDENTIAL_LINK, .user_id = ALICE, .link_id = "l1" };

    fill_album (t, NULL);
    run (t, "INSERT INTO shared_link (id, owner_id, type, key, created_at)"
            " VALUES ('l1', '" ALICE "', 'INDIVIDUAL', CAST('k1' AS BYTEA), 1)");
    g_assert_false (may (t, &link, "asset.read", PLAIN));
    run (t, "INSERT INTO shared_link_asset VALUES ('l1', '" PLAIN "'), ('l1', '" LOCKED "')");
    g_assert_true (may (t, &link, "asset.read", PLAIN));
    g_assert_true (may (t, &link, "asset.view", MOTION));
    g_assert_false (may (t, &link, "asset.download", PLAIN));
    g_assert_false (may (t, &link, "asset.read", LOCKED));
    link.link_allows_download = TRUE;
    g_assert_true (may (t, &link, "asset.download", PLAIN));
    g_assert_false (may (t, &link, "asset.update", PLAIN));
    run (t, "DELETE FROM shared_link_asset");
    run (t, "UPDATE shared_link SET type = 'ALBUM', album_id = '" ALBUM "'");
    g_assert_true (may (t, &link, "asset.read", PLAIN));
    g_assert_false (may (t, &link, "asset.read", TRASHED));
}

static void
test_a_film_is_as_open_as_its_photos (TestDb *t)
{
    Auth link = {
        .kind = CREDENTIAL_LINK, .user_id = ALICE, .link_id = "l1", .link_allows_download = TRUE
    };

    fill_album (t, NULL);
    run (t, "INSERT INTO partner VALUES ('" ALICE "', '" BOB "', 0, 1, 1, 'u', 'u')");
    run (t, "INSERT INTO shared_link (id, owner_id, type, key, created_at)"
            " VALUES ('l1', '" ALICE "', 'INDIVIDUAL', CAST('k1' AS BYTEA), 1)");
    run (t, "INSERT INTO shared_link_asset VALUES ('l1', '" MOTION "')");
    g_assert_true (may (t, &alice, "asset.share", MOTION));
    g_assert_true (may (t, &link, "asset.download", MOTION));
    run (t, "UPDATE asset SET deleted_at = 1, status = 'trashed' WHERE id = '" PLAIN "'");
    g_assert_true (may (t, &alice, "asset.read", MOTION));
    g_assert_false (may (t, &bob, "asset.read", MOTION));
    g_assert_false (may (t, &link, "asset.read", MOTION));
    run (t, "UPDATE asset SET deleted_at = NULL, status = 'active', visibility = 'locked'"
            " WHERE id = '" PLAIN "'");
    g_assert_false (may (t, &alice, "asset.read", MOTION));
    g_assert_true (may (t, &elevated, "asset.read", MOTION));
    g_assert_false (may (t, &elevated, "asset.share", MOTION));
    g_assert_false (may (t, &bob, "asset.read", MOTION));
    g_assert_false (may (t, &link, "asset.read", MOTION));
    /* of another photo it is the film, too */
    run (t, "UPDATE asset SET live_photo_video_id = '" MOTION "' WHERE id = '" TRASHED "'");
    g_assert_true (may (t, &alice, "asset.read", MOTION));
    g_assert_false (may (t, &bob, "asset.read", MOTION));
    run (t, "UPDATE asset SET deleted_at = NULL, status = 'active', visibility = 'timeline'"
            " WHERE id = '" TRASHED "'");
    g_assert_true (may (t, &bob, "asset.read", MOTION));
    run (t, "UPDATE asset SET live_photo_video_id = NULL");
    g_assert_true (may (t, &bob, "asset.read", MOTION));
}

static gboolean
may_album (TestDb *t, const Auth *auth, const char *permission)
{
    ApiCall call = { .db = t->db, .arena = t->arena, .auth = auth };
    gboolean open = access_check_album (&call, ALBUM, permission, &t->error);

    g_clear_error (&t->error);
    return open;
}

static void
test_roles_decide_about_albums (TestDb *t)
{
    Auth link = {
        .kind = CREDENTIAL_LINK, .user_id = ALICE, .link_id = "l1", .link_album_id = ALBUM
    };

    fill_album (t, "viewer");
    g_assert_true (may_album (t, &alice, "album.delete"));
    g_assert_true (may_album (t, &bob, "album.read"));
    g_assert_false (may_album (t, &bob, "album.update"));
    g_assert_false (may_album (t, &bob, "albumAsset.create"));
    run (t, "UPDATE album_user SET role = 'editor' WHERE role = 'viewer'");
    g_assert_true (may_album (t, &bob, "albumAsset.create"));
    g_assert_true (may_album (t, &bob, "album.share"));
    g_assert_false (may_album (t, &bob, "album.delete"));
    g_assert_true (may_album (t, &link, "album.read"));
    g_assert_false (may_album (t, &link, "album.download"));
    g_assert_false (may_album (t, &link, "albumAsset.create"));
    link.link_allows_upload = TRUE;
    g_assert_true (may_album (t, &link, "albumAsset.create"));
    g_assert_false (may_album (t, &link, "album.update"));
    link.link_album_id = PLAIN;
    g_assert_false (may_album (t, &link, "album.read"));
}

static void
test_what_has_one_owner_is_nobody_elses (TestDb *t)
{
    ApiCall of_alice = { .db = t->db, .arena = t->arena, .auth = &alice };
    ApiCall of_bob = { .db = t->db, .arena = t->arena, .auth = &bob };
    ApiCall of_link = { .db = t->db, .arena = t->arena, .auth = &link_of_alice };
    StringList ids = { (const char *[]){ "t1", "t2" }, 2 }, passed;

    fill (t);
    run (t, "INSERT INTO tag (id, owner_id, value, created_at, updated_at, update_id)"
            " VALUES ('t1', '" ALICE "', 'a', 1, 1, 'u'), ('t2', '" BOB "', 'a', 1, 1, 'u')");
    g_assert_false (access_check_owned (&of_alice, &ids, "tag.read", &t->error));
    g_assert_cmpstr (t->error->message, ==, "Not found or no tag.read access");
    g_clear_error (&t->error);
    g_assert_true (access_filter_owned (&of_bob, &ids, "tag.update", &passed, &t->error));
    g_assert_cmpuint (passed.n, ==, 1);
    g_assert_cmpstr (passed.items[0], ==, "t2");
    ids.n = 1;
    g_assert_true (access_check_owned (&of_alice, &ids, "tag.read", &t->error));
    g_assert_false (access_check_owned (&of_link, &ids, "tag.read", &t->error));
    g_clear_error (&t->error);
}

static void
test_a_timeline_is_open_to_partners (TestDb *t)
{
    ApiCall of_bob = { .db = t->db, .arena = t->arena, .auth = &bob };

    fill (t);
    g_assert_true (access_check_timeline (&of_bob, BOB, "archive.read", &t->error));
    g_assert_false (access_check_timeline (&of_bob, ALICE, "timeline.read", &t->error));
    g_clear_error (&t->error);
    run (t, "INSERT INTO partner VALUES ('" ALICE "', '" BOB "', 0, 1, 1, 'u', 'u')");
    g_assert_true (access_check_timeline (&of_bob, ALICE, "timeline.read", &t->error));
    g_assert_false (access_check_timeline (&of_bob, ALICE, "archive.read", &t->error));
    g_clear_error (&t->error);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    test_db_add ("/access/owners-may-do-everything-with-what-is-theirs",
                 test_owners_may_do_everything_with_what_is_theirs);
    test_db_add ("/access/locked-assets-need-the-pin-and-are-never-shared",
                 test_locked_assets_need_the_pin_and_are_never_shared);
    test_db_add ("/access/the-holder-of-a-link-is-not-its-owner",
                 test_the_holder_of_a_link_is_not_its_owner);
    test_db_add ("/access/one-bad-id-refuses-all-and-an-empty-list-passes",
                 test_one_bad_id_refuses_all_and_an_empty_list_passes);
    test_db_add ("/access/one-asset-is-one-read-of-an-index",
                 test_one_asset_is_one_read_of_an_index);
    test_db_add ("/access/members-see-and-download-what-the-album-shows",
                 test_members_see_and_download_what_the_album_shows);
    test_db_add ("/access/partners-see-the-timeline-only", test_partners_see_the_timeline_only);
    test_db_add ("/access/links-open-what-they-hold", test_links_open_what_they_hold);
    test_db_add ("/access/a-film-is-as-open-as-its-photos", test_a_film_is_as_open_as_its_photos);
    test_db_add ("/access/roles-decide-about-albums", test_roles_decide_about_albums);
    test_db_add ("/access/what-has-one-owner-is-nobody-elses",
                 test_what_has_one_owner_is_nobody_elses);
    test_db_add ("/access/a-timeline-is-open-to-partners", test_a_timeline_is_open_to_partners);
    return test_db_run ();
}
