/* test_hls.c -- how many watch at a time, what is kept of it, and when it ends; no ffmpeg runs here */
#include "features/hls/hls_private.h"
#include <glib/gstdio.h>
#include "base/error.h"

typedef struct {
    App app;
    struct _Hls hls;
    char *folder;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
    self->folder = g_dir_make_tmp ("tintype-hls-XXXXXX", NULL);
    self->app.temporary_folder = self->folder;
    self->hls.app = &self->app;
    self->hls.limits = (HlsLimits){ .sessions = 4,
                                    .sessions_of_caller = 2,
                                    .runs = 2,
                                    .runs_of_caller = 1,
                                    .waiters_of_session = 2,
                                    .cache_bytes = 100,
                                    .session_idle_us = 300,
                                    .run_idle_us = 30 };
    hls_init (&self->hls);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
    hls_clear (&self->hls);
    g_assert_cmpint (g_rmdir (self->folder), ==, 0); /* nothing stayed in it */
    g_free (self->folder);
}

static HlsSession *
open_one (Fixture *self, const char *caller, gint64 used_at_us)
{
    HlsSession *session = hls_session_new (&self->hls, arena_new (), caller, "asset");
    g_autoptr (GError) error = NULL;

    session->used_at_us = used_at_us;
    g_assert_true (hls_session_open (&self->hls, session, &error));
    return session;
}

static gboolean
is_open (Fixture *self, const char *id)
{
    return g_hash_table_contains (self->hls.sessions, id);
}

static void
test_the_idlest_gives_way (Fixture *self, gconstpointer data)
{
    HlsSession *first = open_one (self, "user:a", 10), *second = open_one (self, "user:a", 5);
    HlsSession *other = open_one (self, "user:b", 1);
    g_autofree char *second_id = g_strdup (second->id);
    g_autofree char *other_id = g_strdup (other->id);

    open_one (self, "user:a", 20);
    g_assert_true (is_open (self, first->id));
    g_assert_false (is_open (self, second_id));
    g_assert_true (is_open (self, other_id));
    open_one (self, "user:c", 20); /* four are open */
    open_one (self, "user:d", 20);
    g_assert_false (is_open (self, other_id));
}

static void
test_those_at_work_do_not (Fixture *self, gconstpointer data)
{
    HlsSession *first = open_one (self, "user:a", 10), *second = open_one (self, "user:a", 5);
    HlsSession *third = hls_session_new (&self->hls, arena_new (), "user:a", "asset");
    g_autoptr (GError) error = NULL;

    first->has_thread = second->has_thread = TRUE;
    g_assert_false (hls_session_open (&self->hls, third, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_TOO_MANY);
    g_clear_error (&error);
    self->hls.n_runs = 2; /* as many as there may be */
    g_assert_false (hls_make_from (open_one (self, "user:c", 1), 0, 0, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&error);
    self->hls.n_runs = 1;
    g_assert_false (hls_make_from (open_one (self, "link:a", 1), 0, 0, &error)); /* not the last */
    g_assert_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&error);
    second->has_thread = FALSE;
    g_assert_false (hls_make_from (second, 0, 0, &error)); /* the caller has one already */
    g_assert_error (error, APP_ERROR, APP_ERROR_TOO_MANY);
    self->hls.n_runs = 0;
    first->has_thread = second->has_thread = FALSE;
}

static void
test_only_its_caller_finds_it (Fixture *self, gconstpointer data)
{
    HlsSession *session = open_one (self, "user:a", 10);
    g_autoptr (GError) error = NULL;

    g_assert_true (hls_session_find (&self->hls, session->id, "user:a", "asset", &error) ==
                   session);
    g_assert_cmpint (session->used_at_us, >, 10);
    g_assert_null (hls_session_find (&self->hls, session->id, "link:a", "asset", &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_null (hls_session_find (&self->hls, session->id, "user:a", "another", NULL));
}

static void
test_what_nobody_uses_ends (Fixture *self, gconstpointer data)
{
    HlsSession *old = open_one (self, "user:a", 100), *young = open_one (self, "user:a", 200);
    g_autofree char *old_id = g_strdup (old->id);

    young->run.is_wanted = TRUE;
    hls_sessions_sweep (&self->hls, 229);
    g_assert_true (is_open (self, old_id));
    g_assert_true (young->run.is_wanted);
    hls_sessions_sweep (&self->hls, 401);
    g_assert_false (is_open (self, old_id));
    g_assert_true (is_open (self, young->id));
    g_assert_false (young->run.is_wanted); /* nobody asked for a while: its ffmpeg ends */
}

static void
test_the_oldest_segment_goes (Fixture *self, gconstpointer data)
{
    HlsSession *one = open_one (self, "user:a", 1), *two = open_one (self, "user:b", 1);

    hls_segment_made (one, 2, HLS_INIT, 0);
    hls_segment_made (one, 2, 0, 40);
    hls_segment_made (two, 2, 0, 40);
    g_assert_true (hls_segment_is_made (one, 2, 0));
    g_assert_false (hls_segment_is_made (one, 1, 0));
    hls_segment_made (two, 2, 1, 40);
    g_assert_false (hls_segment_is_made (one, 2, 0));
    g_assert_true (hls_segment_is_made (one, 2, HLS_INIT));
    g_assert_true (hls_segment_is_made (two, 2, 0));
    g_assert_cmpint (self->hls.cached_bytes, ==, 80);
    hls_segment_made (two, 2, 1, 50); /* once more, after a jump back */
    g_assert_cmpint (self->hls.cached_bytes, ==, 90);
    hls_segments_forget (two);
    g_assert_cmpint (self->hls.cached_bytes, ==, 0);
    g_assert_false (hls_segment_is_made (two, 2, 1));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define CASE(name, function) g_test_add ("/hls/" name, Fixture, NULL, set_up, function, tear_down)
    CASE ("the-idlest-gives-way", test_the_idlest_gives_way);
    CASE ("those-at-work-do-not", test_those_at_work_do_not);
    CASE ("only-its-caller-finds-it", test_only_its_caller_finds_it);
    CASE ("what-nobody-uses-ends", test_what_nobody_uses_ends);
    CASE ("the-oldest-segment-goes", test_the_oldest_segment_goes);
    return g_test_run ();
}
