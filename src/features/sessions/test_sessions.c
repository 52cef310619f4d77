/* What a request says of its device, for user agents as clients really send them; what ends a session and
 * its elevation. */
#include "features/sessions/sessions.h"

#include "base/timestamp.h"
#include "db/test_db.h"
#include "features/users/users.h"

#include <string.h>

#define NO_HEADERS NULL, NULL
#define PIXEL "Pixel 7", "Android"

typedef struct {
    const char *user_agent, *model, *kind; /* what comes: the headers may be NULL */
    const char *type, *os, *version;       /* what is noted; version NULL: none */
} Case;

#define WINDOWS "Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
#define LINUX "Mozilla/5.0 (X11; Linux x86_64) "
#define CHROME "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
#define IPHONE                                                                                     \
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "    \
    "Gecko) "
#define PHONE "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) "

static const Case cases[] = {
    { "immich-android/3.2.2", PIXEL, "Pixel 7", "android", "3.2.2" },
    { "immich-ios/3.2.2", "iPhone 15", "iOS", "iPhone 15", "iOS", "3.2.2" },
    { "immich-unknown/1.2.3 (build 5)", NO_HEADERS, "", "", "1.2.3 (build 5)" },
    { "Immich_Android_1.99.0", "Pixel 7", NULL, "Pixel 7", "Android", "1.99.0" },
    { "Immich_iOS_1.99.0", "iPhone", "iOS", "iPhone", "iOS", "1.99.0" },
    { "immich-web/1", NO_HEADERS, "", "", NULL },
    { "my immich-android/1", NO_HEADERS, "", "android", NULL },
    { "immich-android/", NO_HEADERS, "", "android", NULL },
    { "IMMICH-ANDROID/1", NO_HEADERS, "", "", NULL },
    { "okhttp/4.12.0", PIXEL, "Pixel 7", "Android", NULL },
    { "Dart/3.5 (dart:io)", PIXEL, "Pixel 7", "Android", NULL },
    { "curl/8.0.1", NO_HEADERS, "", "", NULL },
    { "python-requests/2.31.0", "box", "thing", "box", "thing", NULL },
    { "node", NO_HEADERS, "", "", NULL },
    { "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", PIXEL, "Pixel 7",
      "Android", NULL },
    { NULL, NO_HEADERS, "", "", NULL },
    { NULL, PIXEL, "Pixel 7", "Android", NULL },
    { WINDOWS CHROME, PIXEL, "Chrome", "Windows", NULL },
    { LINUX CHROME, NO_HEADERS, "Chrome", "Linux", NULL },
    { "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " CHROME, NO_HEADERS, "Chrome", "Chrome OS", NULL },
    { "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", NO_HEADERS,
      "Firefox", "Linux", NULL },
    { "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", NO_HEADERS,
      "Firefox", "Ubuntu", NULL },
    { "Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", NO_HEADERS,
      "Firefox", "Fedora", NULL },
    { "Mozilla/5.0 (X11; FreeBSD amd64; rv:121.0) Gecko/20100101 Firefox/121.0", NO_HEADERS,
      "Firefox", "FreeBSD", NULL },
    { "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
      "Version/17.1 Safari/605.1.15",
      NO_HEADERS, "Safari", "macOS", NULL },
    { IPHONE "Version/17.0 Mobile/15E148 Safari/604.1", NO_HEADERS, "Mobile Safari", "iOS", NULL },
    { PHONE "Chrome/120.0.0.0 Mobile Safari/537.36", NO_HEADERS, "Mobile Chrome", "Android", NULL },
    { IPHONE "CriOS/120.0.0.0 Mobile/15E148 Safari/604.1", NO_HEADERS, "Mobile Chrome", "iOS",
      NULL },
    { "Mozilla/5.0 (Android 13; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0", NO_HEADERS,
      "Mobile Firefox", "Android", NULL },
    { IPHONE "FxiOS/121.0 Mobile/15E148 Safari/605.1.15", NO_HEADERS, "Mobile Firefox", "iOS",
      NULL },
    { WINDOWS CHROME " Edg/120.0.0.0", NO_HEADERS, "Edge", "Windows", NULL },
    { WINDOWS CHROME " OPR/105.0.0.0", NO_HEADERS, "Opera", "Windows", NULL },
    { WINDOWS CHROME " Vivaldi/6.5", NO_HEADERS, "Vivaldi", "Windows", NULL },
    { "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", NO_HEADERS, "IE",
      "Windows", NULL },
    { PHONE "SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36", NO_HEADERS,
      "Samsung Internet", "Android", NULL },
    { "Mozilla/5.0 (Linux; Android 13; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
      "Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36",
      NO_HEADERS, "Chrome WebView", "Android", NULL },
    { LINUX "AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
      NO_HEADERS, "Chrome Headless", "Linux", NULL },
    { "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)", PIXEL, "mobile", "Android", NULL },
    { "Immich/188 CFNetwork/1485 Darwin/23.1.0", "iPhone15,2", "iOS", "iPhone15,2", "iOS", NULL },
};

static void
test_user_agents (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Arena) arena = arena_new ();
        const Case *each = &cases[i];
        SessionDevice device;

        g_test_message ("'%s'", each->user_agent != NULL ? each->user_agent : "(none)");
        session_device_parse (arena, each->user_agent, each->model, each->kind, &device);
        g_assert_cmpstr (device.type, ==, each->type);
        g_assert_cmpstr (device.os, ==, each->os);
        g_assert_cmpstr (device.app_version, ==, each->version);
    }
}

static void
test_texts_are_short_and_valid (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autofree char *model = g_strnfill (10000, 'm'), *agent = NULL;
    g_autoptr (GString) wide = g_string_new (NULL);
    SessionDevice device;

    for (int i = 0; i < 1000; i++)
        g_string_append (wide, "\xe2\x82\xac"); /* three bytes each: 255 is 85 of them */
    agent = g_strconcat ("immich-ios/", wide->str, NULL);
    session_device_parse (arena, agent, model, "\xff\xfe", &device);
    g_assert_cmpuint (strlen (device.type), ==, 255);
    g_assert_cmpuint (strlen (device.app_version), ==, 255);
    g_assert_true (g_utf8_validate (device.app_version, -1, NULL));
    g_assert_true (g_utf8_validate (device.os, -1, NULL));

    g_string_prepend (wide, "x"); /* now the 255th byte is inside a character */
    session_device_parse (arena, NULL, wide->str, NULL, &device);
    g_assert_cmpuint (strlen (device.type), ==, 253);
    g_assert_true (g_utf8_validate (device.type, -1, NULL));
}

/* ---- with a database ---- */

typedef struct {
    Arena *arena;
    const char *email;
    UserRow *out;
} NewUser;

static gboolean
write_user (Db *tx, gpointer data, GError **error)
{
    const NewUser *new_one = data;
    const UserNew user = {
        .email = new_one->email, .name = "Ann", .password_hash = "hash", .oauth_id = ""
    };

    return users_create (tx, new_one->arena, &user, new_one->out, error);
}

static const char *
make_user (TestDb *t, const char *email)
{
    UserRow made;
    NewUser new_one = { t->arena, email, &made };

    g_assert_true (db_write (t->db, write_user, &new_one, &t->error));
    return made.id;
}

static const char *
make_session (TestDb *t, const char *user_id, const char *parent_id)
{
    SessionNew session = { .user_id = user_id,
                           .parent_id = parent_id,
                           .device = { .type = "", .os = "" } };
    char token[AUTH_TOKEN_BYTES];
    guint8 hash[AUTH_HASH_BYTES];
    const char *id = NULL;

    auth_new_token (token, hash);
    g_assert_true (session_create (t->db, t->arena, &session, hash, &id, &t->error));
    return id;
}

static gboolean
log_in (TestDb *t, const char *user_id, const char *password_hash)
{
    SessionNew session = { .user_id = user_id,
                           .password_hash = password_hash,
                           .device = { .type = "", .os = "" } };
    guint8 hash[AUTH_HASH_BYTES];
    char token[AUTH_TOKEN_BYTES];
    const char *id = NULL;

    auth_new_token (token, hash);
    return session_create (t->db, t->arena, &session, hash, &id, &t->error);
}

static void
test_a_login_is_by_the_password_of_now (TestDb *t)
{
    const char *user = make_user (t, "ann@example.com");

    g_assert_true (log_in (t, user, "hash"));
    g_assert_true (log_in (t, user, NULL)); /* not by password */
    g_assert_true (db_exec (t->db, "UPDATE users SET password = 'other' WHERE id = $1",
                            DB_ARGS (db_text (user)), NULL, &t->error));
    g_assert_false (log_in (t, user, "hash"));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_UNAUTHORIZED);
    g_clear_error (&t->error);
    g_assert_true (log_in (t, user, "other"));
    g_assert_true (db_exec (t->db, "UPDATE users SET deleted_at = 1 WHERE id = $1",
                            DB_ARGS (db_text (user)), NULL, &t->error));
    g_assert_false (log_in (t, user, "other"));
    g_clear_error (&t->error);
    g_assert_false (log_in (t, user, NULL));
    g_clear_error (&t->error);
}

/* A login under way while the password is changed: it is there to be ended, or is not made. */

typedef struct {
    TestDb *t;
    const char *user_id;
    GThread *login;
    gboolean is_running;
} Race;

static gpointer
run_login (gpointer data)
{
    const Race *race = data;
    g_autoptr (Arena) arena = arena_new ();
    SessionNew session = { .user_id = race->user_id,
                           .password_hash = "hash",
                           .device = { .type = "", .os = "" } };
    guint8 hash[AUTH_HASH_BYTES];
    char token[AUTH_TOKEN_BYTES];
    const char *id = NULL;

    auth_new_token (token, hash);
    (void) session_create (race->t->db, arena, &session, hash, &id, NULL);
    return NULL;
}

static gboolean
write_new_password (Db *tx, gpointer data, GError **error)
{
    Race *race = data;
    StringList ended;

    if (!db_exec (tx, "UPDATE users SET password = 'other' WHERE id = $1",
                  DB_ARGS (db_text (race->user_id)), NULL, error) ||
        !sessions_delete_others (tx, race->t->arena, race->user_id, NULL, &ended, error))
        return FALSE;
    if (!race->is_running) {
        race->is_running = TRUE;
        race->login = g_thread_new ("login", run_login, race);
        g_usleep (50000); /* long enough to be in the middle of it */
    }
    return TRUE;
}

static void
test_a_login_does_not_outlive_its_password (TestDb *t)
{
    Race race = { .t = t, .user_id = make_user (t, "ann@example.com") };
    gint64 n = -1;

    g_assert_true (db_write (t->db, write_new_password, &race, &t->error));
    g_thread_join (race.login);
    g_assert_true (db_select_int (t->db, "SELECT count(*) FROM session WHERE user_id = $1",
                                  DB_ARGS (db_text (race.user_id)), &n, NULL, &t->error));
    g_assert_cmpint (n, ==, 0);
}

static gint64
elevated_until (TestDb *t, const char *id)
{
    SessionTimes times;

    g_assert_true (session_load_times (t->db, t->arena, id, &times, &t->error));
    return times.has_pin_expires_at ? times.pin_expires_at : 0;
}

static void
test_a_lock_is_not_undone (TestDb *t)
{
    const char *user = make_user (t, "ann@example.com"), *id = make_session (t, user, NULL);
    gint64 now = timestamp_now_ms ();

    g_assert_true (session_set_elevation (t->db, id, user, TRUE, now + 60000, NULL, &t->error));
    g_assert_true (session_keep_elevation (t->db, id, user, now + 90000, &t->error));
    g_assert_cmpint (elevated_until (t, id), ==, now + 90000);
    g_assert_true (session_keep_elevation (t->db, id, user, now + 80000, &t->error));
    g_assert_cmpint (elevated_until (t, id), ==, now + 90000); /* unlocked anew meanwhile */
    g_assert_true (session_set_elevation (t->db, id, user, FALSE, 0, NULL, &t->error));
    g_assert_true (session_keep_elevation (t->db, id, user, now + 90000, &t->error));
    g_assert_cmpint (elevated_until (t, id), ==, 0);
    g_assert_true (session_set_elevation (t->db, id, user, TRUE, now - 1, NULL, &t->error));
    g_assert_true (session_keep_elevation (t->db, id, user, now + 90000, &t->error));
    g_assert_cmpint (elevated_until (t, id), ==, now - 1);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    g_test_add_func ("/sessions/device/user-agents", test_user_agents);
    g_test_add_func ("/sessions/device/limits", test_texts_are_short_and_valid);
    test_db_add ("/sessions/login/password-of-now", test_a_login_is_by_the_password_of_now);
    test_db_add ("/sessions/login/password-race", test_a_login_does_not_outlive_its_password);
    test_db_add ("/sessions/elevation/lock-stays", test_a_lock_is_not_undone);
    return test_db_run ();
}
