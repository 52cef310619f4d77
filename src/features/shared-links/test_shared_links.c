/* test_shared_links.c -- which texts open a link, and until when */
#include "db/test_db.h"
#include "features/shared-links/shared_links_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"

#define OWNER "5bbd29cd-0000-4000-8000-000000000001"
#define EDITOR "5bbd29cd-0000-4000-8000-000000000002"
#define ALBUM "a1000000-0000-4000-8000-000000000001"
#define LINK "11000000-0000-4000-8000-000000000001"
#define ASSET "a0000000-0000-4000-8000-000000000001"

/* ---- keys ---- */

static void
test_a_key_is_read_as_it_is_written (void)
{
    g_autoptr (Arena) arena = arena_new ();

    for (int i = 0; i < 200; i++) {
        GBytes *key = link_new_secret (arena, LINK_KEY_BYTES);
        const guint8 *bytes = g_bytes_get_data (key, NULL);
        const char *text = link_key_text (arena, key);
        g_autofree char *base64 = g_base64_encode (bytes, LINK_KEY_BYTES);
        g_autoptr (GString) hex = g_string_new (NULL);
        guint8 found[LINK_KEY_BYTES];

        g_assert_true (g_regex_match_simple ("^[A-Za-z0-9_-]{67}$", text, 0, 0));
        for (gsize n = 0; n < LINK_KEY_BYTES; n++)
            g_string_append_printf (hex, n % 2 == 0 ? "%02x" : "%02X", bytes[n]);
        for (int form = 0; form < 4; form++) {
            const char *forms[] = { text, arena_printf (arena, "%s=", text), base64, hex->str };

            memset (found, 0, sizeof found);
            g_assert_true (link_key_parse (forms[form], found));
            g_assert_cmpmem (found, sizeof found, bytes, LINK_KEY_BYTES);
        }
    }
}

static void
test_what_is_no_key_is_refused (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *key = link_key_text (arena, link_new_secret (arena, LINK_KEY_BYTES));
    const char *texts[] = { "",
                            "=",
                            "summer",
                            arena_strndup (arena, key, 66),
                            arena_printf (arena, "%sA", key),
                            arena_printf (arena, "%s==", key),
                            arena_printf (arena, "=%s", key),
                            arena_printf (arena, " %s", key),
                            arena_printf (arena, "%.66s.", key),
                            arena_printf (arena, "%.66s\xc3", key),
                            arena_printf (arena, "%s%s", key, key),
                            arena_printf (arena, "%.33s=%.33s", key, key),
                            arena_printf (arena, "%0100d", 0) };
    guint8 found[LINK_KEY_BYTES];

    for (gsize i = 0; i + 1 < G_N_ELEMENTS (texts); i++) {
        g_test_message ("'%s'", texts[i]);
        g_assert_false (link_key_parse (texts[i], found));
    }
    /* a hundred digits are a key, a hundred of anything else are none */
    g_assert_true (link_key_parse (texts[G_N_ELEMENTS (texts) - 1], found));
    g_assert_false (link_key_parse (arena_printf (arena, "%.99sg", texts[12]), found));
}

/* ---- tokens and passwords ---- */

static void
test_a_token_opens_its_own_link_only (void)
{
    g_autoptr (Arena) arena = arena_new ();
    GBytes *one = link_new_secret (arena, LINK_TOKEN_BYTES);
    GBytes *other = link_new_secret (arena, LINK_TOKEN_BYTES);
    GBytes *nothing = link_new_secret (arena, 0);
    const char *cookie = link_tokens_add (arena, NULL, one), *both;

    g_assert_cmpuint (strlen (cookie), ==, 44);
    g_assert_true (link_tokens_have (cookie, one));
    g_assert_false (link_tokens_have (cookie, other));
    g_assert_false (link_tokens_have (NULL, one));
    g_assert_false (link_tokens_have ("", one));
    g_assert_false (link_tokens_have (",,=,", one));
    g_assert_false (link_tokens_have (cookie, NULL));
    g_assert_false (link_tokens_have ("", nothing));
    g_assert_false (link_tokens_have (arena_printf (arena, "%.43s", cookie), one));
    g_assert_false (link_tokens_have (arena_printf (arena, "%sA", cookie), one));
    both = link_tokens_add (arena, cookie, other);
    g_assert_true (g_str_has_prefix (both, arena_printf (arena, "%s,", cookie)));
    g_assert_true (link_tokens_have (both, one) && link_tokens_have (both, other));
    g_assert_cmpstr (link_tokens_add (arena, both, one), ==, both); /* not twice */
}

static void
test_the_cookie_stays_small (void)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *cookie = "what,is no,token";
    GBytes *first = NULL, *last = NULL;

    for (int i = 0; i < 100; i++) {
        last = link_new_secret (arena, LINK_TOKEN_BYTES);
        if (i == 0)
            first = last;
        cookie = link_tokens_add (arena, cookie, last);
    }
    g_assert_cmpuint (strlen (cookie), <, 2000);
    g_assert_null (strstr (cookie, "what"));
    g_assert_true (link_tokens_have (cookie, last));
    g_assert_false (link_tokens_have (cookie, first));
}

static void
test_a_password_is_compared_as_a_whole (void)
{
    g_assert_true (link_password_matches ("secret", "secret"));
    g_assert_true (link_password_matches ("pässwörd", "pässwörd"));
    g_assert_false (link_password_matches ("secre", "secret"));
    g_assert_false (link_password_matches ("secrett", "secret"));
    g_assert_false (link_password_matches ("Secret", "secret"));
    g_assert_false (link_password_matches ("", "secret"));
}

/* ---- until when ---- */

static void
run_sql (TestDb *t, const char *sql)
{
    g_assert_true (db_exec (t->db, sql, DB_NO_ARGS, NULL, &t->error));
    g_assert_no_error (t->error);
}

/* A link of an editor to an album of somebody else. */
static const char *
fill (TestDb *t)
{
    SharedLinkRow row = { .id = LINK,
                          .owner_id = EDITOR,
                          .type = SHARED_LINK_TYPE_ALBUM,
                          .album_id = ALBUM,
                          .key = link_new_secret (t->arena, LINK_KEY_BYTES),
                          .slug = "Sommer im Süden",
                          .show_metadata = TRUE };

    for (int i = 0; i < 2; i++) {
        const char *id = i == 0 ? OWNER : EDITOR;

        g_assert_true (db_exec (
            t->db,
            "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
            " updated_at, quota_size_bytes) VALUES ($1, $1, 'x', 1, 'g', 1, 1, 77)",
            DB_ARGS (db_text (id)), NULL, &t->error));
    }
    run_sql (t, "INSERT INTO album (id, name, created_at, updated_at, update_id)"
                " VALUES ('" ALBUM "', 'x', 1, 1, 'u')");
    run_sql (t, "INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)"
                " VALUES ('" ALBUM "', '" OWNER "', 'owner', 1, 'u', 'u'),"
                "        ('" ALBUM "', '" EDITOR "', 'editor', 1, 'u', 'u')");
    g_assert_true (link_store_insert (t->db, &row, &t->error));
    g_assert_no_error (t->error);
    return link_key_text (t->arena, row.key);
}

static gboolean
opens (TestDb *t, PresentedKind kind, const char *text, const char *refusal)
{
    LinkCredential link;

    if (link_find (t->db, t->arena, kind, text, &link, &t->error)) {
        g_assert_cmpstr (link.owner_id, ==, EDITOR);
        g_assert_cmpstr (link.album_id, ==, ALBUM);
        g_assert_cmpint (link.quota_size_bytes, ==, 77);
        return TRUE;
    }
    g_assert_error (t->error, APP_ERROR, APP_ERROR_UNAUTHORIZED);
    g_assert_cmpstr (t->error->message, ==, refusal);
    g_clear_error (&t->error);
    return FALSE;
}

static gboolean
key_opens (TestDb *t, const char *key)
{
    return opens (t, PRESENTED_SHARE_KEY, key, "Invalid share key");
}

static gboolean
slug_opens (TestDb *t, const char *slug)
{
    return opens (t, PRESENTED_SHARE_SLUG, slug, "Invalid share slug");
}

static void
test_a_slug_is_compared_exactly (TestDb *t)
{
    const char *key = fill (t);

    g_assert_true (key_opens (t, key));
    g_assert_true (slug_opens (t, "Sommer im Süden"));
    g_assert_false (slug_opens (t, "sommer im süden"));
    g_assert_false (slug_opens (t, "Sommer im Süden "));
    g_assert_false (slug_opens (t, "Sommer%"));
    g_assert_false (slug_opens (t, ""));
    g_assert_false (slug_opens (t, key));
    g_assert_false (key_opens (t, "Sommer im Süden"));
}

static void
test_a_link_ends_with_its_time_its_owner_or_its_album (TestDb *t)
{
    static const struct {
        const char *end, *begin;
    } cases[] = {
        { "UPDATE shared_link SET expires_at = 1", "UPDATE shared_link SET expires_at = NULL" },
        { "UPDATE users SET deleted_at = 1 WHERE id = '" EDITOR "'",
          "UPDATE users SET deleted_at = NULL" },
        { "UPDATE album SET deleted_at = 1", "UPDATE album SET deleted_at = NULL" },
        { "UPDATE album_user SET role = 'viewer' WHERE user_id = '" EDITOR "'",
          "UPDATE album_user SET role = 'editor' WHERE user_id = '" EDITOR "'" },
        { "DELETE FROM album_user WHERE user_id = '" EDITOR "'",
          "INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)"
          " VALUES ('" ALBUM "', '" EDITOR "', 'editor', 1, 'u', 'u')" },
    };
    const char *key = fill (t);

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_test_message ("%s", cases[i].end);
        run_sql (t, cases[i].end);
        g_assert_false (key_opens (t, key));
        g_assert_false (slug_opens (t, "Sommer im Süden"));
        run_sql (t, cases[i].begin);
        g_assert_true (key_opens (t, key));
    }
    g_assert_true (db_exec (t->db, "UPDATE shared_link SET expires_at = $1",
                            DB_ARGS (db_int (timestamp_now_ms () + 3600000)), NULL, &t->error));
    g_assert_true (key_opens (t, key));
    run_sql (t, "DELETE FROM album");
    g_assert_false (key_opens (t, key));
}

/* ---- what comes through it ---- */

static void
add_asset (TestDb *t, const char *visibility)
{
    g_assert_true (db_exec (
        t->db,
        "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
        " size_bytes, file_created_at, file_modified_at, local_date_time, local_month, created_at,"
        " updated_at, update_id, visibility)"
        " VALUES ('" ASSET "', '" EDITOR "', 'IMAGE', 'x', 'x', $1, 1, 0, 0, 0, 0, 1, 1, 'u', $2)",
        DB_ARGS (db_blob ("x", 1), db_text (visibility)), NULL, &t->error));
    g_assert_no_error (t->error);
}

static gint64
select_int (TestDb *t, const char *sql)
{
    gint64 value = 0;

    g_assert_true (db_select_int (t->db, sql, DB_NO_ARGS, &value, NULL, &t->error));
    return value;
}

static void
test_an_upload_becomes_part_of_a_link_once (TestDb *t)
{
    fill (t);
    add_asset (t, "archive");
    for (int i = 0; i < 2; i++)
        g_assert_true (shared_link_add_upload (t->db, LINK, ASSET, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM shared_link_asset"), ==, 1);
}

static void
test_what_is_locked_stays_out (TestDb *t)
{
    fill (t);
    add_asset (t, "locked");
    g_assert_true (shared_link_add_upload (t->db, LINK, ASSET, &t->error));
    g_assert_cmpint (select_int (t, "SELECT count(*) FROM shared_link_asset"), ==, 0);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/shared-links/a-key-is-read-as-it-is-written",
                     test_a_key_is_read_as_it_is_written);
    g_test_add_func ("/shared-links/what-is-no-key-is-refused", test_what_is_no_key_is_refused);
    g_test_add_func ("/shared-links/a-token-opens-its-own-link-only",
                     test_a_token_opens_its_own_link_only);
    g_test_add_func ("/shared-links/the-cookie-stays-small", test_the_cookie_stays_small);
    g_test_add_func ("/shared-links/a-password-is-compared-as-a-whole",
                     test_a_password_is_compared_as_a_whole);
    test_db_add ("/shared-links/a-slug-is-compared-exactly", test_a_slug_is_compared_exactly);
    test_db_add ("/shared-links/a-link-ends-with-its-time-its-owner-or-its-album",
                 test_a_link_ends_with_its_time_its_owner_or_its_album);
    test_db_add ("/shared-links/an-upload-becomes-part-of-a-link-once",
                 test_an_upload_becomes_part_of_a_link_once);
    test_db_add ("/shared-links/what-is-locked-stays-out", test_what_is_locked_stays_out);
    return test_db_run ();
}
