/* Labels, colours, and what is stored: unique e-mails and labels, quotas. */
#include "features/users/users_admin.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- labels ---- */

static void
test_labels_are_cleaned (void)
{
    static const struct {
        const char *label, *clean;
    } cases[] = {
        { "a/b\\c:d*e?f\"g<h>i|j k", "abcdefghij k" },
        { "admin", "admin" },
        { "../../etc", "etc" },
        { "a.b.c", "abc" },
        { " lead", " lead" },
        { "trail   ", "trail" },
        { "...", NULL },
        { "", NULL },
        { "   ", NULL },
        { "con", NULL },
        { "NUL", NULL },
        { "c.o.n", NULL },
        { "Com1", NULL },
        { "lpt9", NULL },
        { "com", "com" },
        { "com10", "com10" },
        { "a\x01\x1f\x7f\xc2\x85z", "az" },
        { "J\xc3\xb6rg", "J\xc3\xb6rg" },
        { NULL, NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();

        g_assert_cmpstr (users_clean_label (arena, cases[i].label), ==, cases[i].clean);
    }
}

static void
test_long_labels_end_at_a_character (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) label = g_string_new ("x");
    const char *clean;

    for (int i = 0; i < 300; i++)
        g_string_append (label, "\xc3\xb6");
    clean = users_clean_label (arena, label->str);
    g_assert_cmpuint (strlen (clean), ==, 255);
    g_assert_true (g_utf8_validate (clean, -1, NULL));
    g_string_assign (label, "");
    for (int i = 0; i < 300; i++)
        g_string_append (label, "\xc3\xb6");
    g_assert_cmpuint (strlen (users_clean_label (arena, label->str)), ==, 254);
}

/* ---- colours, as a real server gave them ---- */

static void
test_color_follows_from_the_email (void)
{
    g_assert_cmpint (users_avatar_color ("admin@example.com", FALSE, 0), ==,
                     USER_AVATAR_COLOR_GRAY);
    g_assert_cmpint (users_avatar_color ("bob@example.com", FALSE, 0), ==, USER_AVATAR_COLOR_BLUE);
    g_assert_cmpint (users_avatar_color ("eve@example.com", FALSE, 0), ==,
                     USER_AVATAR_COLOR_ORANGE);
    g_assert_cmpint (users_avatar_color ("eve@example.com", TRUE, USER_AVATAR_COLOR_RED), ==,
                     USER_AVATAR_COLOR_RED);
}

/* ---- stored ---- */

typedef struct {
    char *folder;
    Db *db;
    Arena *arena;
    UserRow ann;
} Fixture;

typedef struct {
    Arena *arena;
    const UserNew *user;
    UserRow *out;
} Create;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    Create *create = data;

    return users_create (tx, create->arena, create->user, create->out, error);
}

static gboolean
create (Fixture *self, const char *email, const char *label, UserRow *out, GError **error)
{
    UserNew user = { .email = email,
                     .name = "Somebody",
                     .password_hash = "",
                     .oauth_id = "",
                     .storage_label = label,
                     .has_quota = TRUE,
                     .quota_size_bytes = 1000,
                     .should_change_password = TRUE };
    Create data = { self->arena, &user, out };

    return db_write (self->db, run_create, &data, error);
}

static void
set_up (Fixture *self, gconstpointer unused)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *path = NULL;

    self->folder = g_dir_make_tmp ("tintype-users-XXXXXX", &error);
    g_assert_no_error (error);
    path = g_build_filename (self->folder, "test.db", NULL);
    self->db = db_open (&(DbSettings){ .sqlite_path = path }, &error);
    g_assert_no_error (error);
    self->arena = arena_new ();
    create (self, "Ann@Example.com", "ann", &self->ann, &error);
    g_assert_no_error (error);
}

static void
tear_down (Fixture *self, gconstpointer unused)
{
    g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
    const char *name;

    arena_free (self->arena);
    db_free (self->db);
    while ((name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (self->folder, name, NULL);

        g_unlink (path);
    }
    g_rmdir (self->folder);
    g_free (self->folder);
}

static void
test_email_is_stored_in_lower_case (Fixture *self, gconstpointer unused)
{
    g_assert_cmpstr (self->ann.email, ==, "ann@example.com");
    g_assert_true (self->ann.should_change_password);
    g_assert_cmpint (self->ann.created_at, ==, self->ann.profile_changed_at);
}

static void
assert_refused (gboolean ok, GError **error, const char *text)
{
    g_assert_false (ok);
    g_assert_error (*error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpstr ((*error)->message, ==, text);
    g_clear_error (error);
}

static void
test_email_and_label_are_unique (Fixture *self, gconstpointer unused)
{
    GError *error = NULL;
    UserRow user;

    assert_refused (create (self, "ANN@example.com", NULL, &user, &error), &error,
                    "Email is not available");
    assert_refused (create (self, "bob@example.com", "ann", &user, &error), &error,
                    "Storage label already in use by another account");
    g_assert_true (create (self, "bob@example.com", NULL, &user, &error));
    g_assert_true (create (self, "cid@example.com", NULL, &user, &error));
    assert_refused (user_update (self->db, self->arena, user.id,
                                 &(UserChange){ .email = "ann@example.com" }, &user, &error),
                    &error, "Email is not available");
    g_assert_true (user_update (self->db, self->arena, self->ann.id,
                                &(UserChange){ .email = "ann@example.com", .name = "Ann" }, &user,
                                &error));
    g_assert_cmpstr (user.name, ==, "Ann");
}

static void
test_label_is_no_id (Fixture *self, gconstpointer unused)
{
    static const char text[] = "A storage label must not look like the id of a user";
    UserChange change = { .set_storage_label = TRUE, .storage_label = self->ann.id };
    GError *error = NULL;
    UserRow user;

    assert_refused (create (self, "bob@example.com", self->ann.id, &user, &error), &error, text);
    g_assert_true (create (self, "bob@example.com", NULL, &user, &error));
    assert_refused (user_update (self->db, self->arena, user.id, &change, &user, &error), &error,
                    text);
}

static void
test_update_leaves_the_rest (Fixture *self, gconstpointer unused)
{
    GError *error = NULL;
    UserRow user;

    g_assert_true (user_update (self->db, self->arena, self->ann.id,
                                &(UserChange){ .set_avatar_color = TRUE, .avatar_color = "red" },
                                &user, &error));
    g_assert_cmpint (user.avatar_color, ==, USER_AVATAR_COLOR_RED);
    g_assert_cmpstr (user.email, ==, "ann@example.com");
    g_assert_cmpstr (user.storage_label, ==, "ann");
    g_assert_cmpint (user.quota_size_in_bytes, ==, 1000);
    g_assert_true (user.should_change_password);
    g_assert_true (user_update (self->db, self->arena, self->ann.id,
                                &(UserChange){ .set_avatar_color = TRUE,
                                               .set_storage_label = TRUE,
                                               .set_quota = TRUE,
                                               .has_should_change_password = TRUE },
                                &user, &error));
    g_assert_false (user.has_avatar_color);
    g_assert_null (user.storage_label);
    g_assert_false (user.has_quota_size_in_bytes);
    g_assert_false (user.should_change_password);
}

static gint64
usage (Fixture *self)
{
    g_autoptr (GError) error = NULL;
    UserRow user;

    users_load (self->db, self->arena, self->ann.id, &user, &error);
    g_assert_no_error (error);
    return user.quota_usage_in_bytes;
}

static void
test_quota_is_a_limit (Fixture *self, gconstpointer unused)
{
    GError *error = NULL;
    UserRow user;

    g_assert_true (users_add_usage (self->db, self->ann.id, 600, &error));
    assert_refused (users_add_usage (self->db, self->ann.id, 401, &error), &error,
                    "Quota has been exceeded!");
    g_assert_cmpint (usage (self), ==, 600);
    g_assert_true (users_add_usage (self->db, self->ann.id, 400, &error));
    assert_refused (users_add_usage (self->db, self->ann.id, 1, &error), &error,
                    "Quota has been exceeded!");
    g_assert_true (users_add_usage (self->db, self->ann.id, -5000, &error));
    g_assert_cmpint (usage (self), ==, 0);

    g_assert_true (users_add_usage (self->db, self->ann.id, 700, &error));
    g_assert_true (user_update (self->db, self->arena, self->ann.id,
                                &(UserChange){ .set_quota = TRUE }, &user, &error));
    g_assert_true (users_add_usage (self->db, self->ann.id, G_GINT64_CONSTANT (1) << 40, &error));

    /* no asset is stored: a new quota counts what is */
    g_assert_true (user_update (self->db, self->arena, self->ann.id,
                                &(UserChange){ .set_quota = TRUE, .has_quota = TRUE }, &user,
                                &error));
    g_assert_cmpint (usage (self), ==, 0);
    assert_refused (users_add_usage (self->db, self->ann.id, 1, &error), &error,
                    "Quota has been exceeded!");
}

static void
test_facts_come_back (Fixture *self, gconstpointer unused)
{
    GError *error = NULL;
    const char *json = "x";

    g_assert_true (users_load_fact (self->db, self->arena, self->ann.id, "k", &json, &error));
    g_assert_null (json);
    g_assert_true (users_save_fact (self->db, self->ann.id, "k", "{\"a\":1}", &error));
    g_assert_true (users_save_fact (self->db, self->ann.id, "k", "{\"a\":2}", &error));
    g_assert_true (users_load_fact (self->db, self->arena, self->ann.id, "k", &json, &error));
    g_assert_cmpstr (json, ==, "{\"a\":2}");
    g_assert_true (users_save_fact (self->db, self->ann.id, "k", NULL, &error));
    g_assert_true (users_load_fact (self->db, self->arena, self->ann.id, "k", &json, &error));
    g_assert_null (json);
}

#define ADD(name, function) g_test_add ("/users/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/users/label/cleaned", test_labels_are_cleaned);
    g_test_add_func ("/users/label/long", test_long_labels_end_at_a_character);
    g_test_add_func ("/users/color", test_color_follows_from_the_email);
    ADD ("stored/lower-case", test_email_is_stored_in_lower_case);
    ADD ("stored/unique", test_email_and_label_are_unique);
    ADD ("stored/label-is-no-id", test_label_is_no_id);
    ADD ("stored/update", test_update_leaves_the_rest);
    ADD ("stored/quota", test_quota_is_a_limit);
    ADD ("stored/facts", test_facts_come_back);
    return g_test_run ();
}
