/* test_horizon.c -- up to which change everything is there: a write that is slow holds the others back */
#include "db/test_parts.h"

#include <string.h>

static const DbMigration migrations[] = {
    { 1, "change", "CREATE TABLE change (id TEXT NOT NULL, who TEXT NOT NULL)" },
};

typedef struct {
    Db *db;
    GMutex lock;
    GCond turn;
    int step; /* 1: has made an id; 2: may commit */
    GError *error;
} Slow;

/* $1 who */
static const char SQL_ADD[] = "INSERT INTO change (id, who) VALUES (uuid_v7 (), $1)";

static gboolean
add_and_hold (Db *tx, gpointer data, GError **error)
{
    Slow *self = data;

    if (!db_exec (tx, SQL_ADD, DB_ARGS (db_text ("slow")), NULL, error))
        return FALSE;
    g_mutex_lock (&self->lock);
    self->step = 1;
    g_cond_broadcast (&self->turn);
    while (self->step < 2)
        g_cond_wait (&self->turn, &self->lock);
    g_mutex_unlock (&self->lock);
    return TRUE;
}

static gpointer
write_slowly (gpointer data)
{
    Slow *self = data;

    db_write (self->db, add_and_hold, self, &self->error);
    return NULL;
}

static GThread *
start (Slow *self)
{
    GThread *thread = g_thread_new ("slow", write_slowly, self);

    g_mutex_lock (&self->lock);
    while (self->step < 1)
        g_cond_wait (&self->turn, &self->lock);
    g_mutex_unlock (&self->lock);
    return thread;
}

static void
finish (Slow *self, GThread *thread)
{
    g_mutex_lock (&self->lock);
    self->step = 2;
    g_cond_broadcast (&self->turn);
    g_mutex_unlock (&self->lock);
    g_thread_join (thread);
    g_assert_no_error (self->error);
}

static const char *
id_of (TestDb *t, const char *who)
{
    const char *id = NULL;

    g_assert_true (db_select_text (t->db, t->arena, "SELECT max(id) FROM change WHERE who = $1",
                                   DB_ARGS (db_text (who)), &id, &t->error));
    return id;
}

static void
test_what_is_committed_is_below_it (TestDb *t)
{
    char horizon[UUID_TEXT_BYTES];

    for (int i = 0; i < 20; i++) {
        g_assert_true (db_exec (t->db, SQL_ADD, DB_ARGS (db_text ("a")), NULL, &t->error));
        g_assert_true (db_horizon (t->db, horizon, &t->error));
        g_assert_cmpstr (id_of (t, "a"), <, horizon);
        g_assert_cmpuint (strlen (horizon), ==, UUID_TEXT_BYTES - 1);
    }
}

static void
test_a_write_that_still_runs_is_above_it (TestDb *t)
{
    Slow slow = { .db = t->db };
    char before[UUID_TEXT_BYTES], meanwhile[UUID_TEXT_BYTES], after[UUID_TEXT_BYTES];
    const char *late = NULL;
    GThread *thread;

    g_assert_true (db_horizon (t->db, before, &t->error));
    thread = start (&slow);
    if (!db_is_sqlite (t->db)) { /* a later id is committed earlier; SQLite has one writer */
        g_assert_true (db_exec (t->db, SQL_ADD, DB_ARGS (db_text ("quick")), NULL, &t->error));
        late = id_of (t, "quick");
        g_assert_nonnull (late);
    }
    g_assert_null (id_of (t, "slow"));
    g_assert_true (db_horizon (t->db, meanwhile, &t->error));
    finish (&slow, thread);
    g_assert_true (db_horizon (t->db, after, &t->error));

    g_assert_cmpstr (meanwhile, <=, id_of (t, "slow"));
    g_assert_cmpstr (id_of (t, "slow"), <, after);
    if (late != NULL) {
        g_assert_cmpstr (id_of (t, "slow"), <, late);
        g_assert_cmpstr (meanwhile, <=, late);
    }
}

/* Nobody sees a change below a horizon that was not there when the horizon was asked for. */
typedef struct {
    Db *db;
    gint stop;
    GError *error;
} Busy;

static gpointer
write_much (gpointer data)
{
    Busy *self = data;

    while (g_atomic_int_get (&self->stop) == 0 && self->error == NULL)
        db_exec (self->db, SQL_ADD, DB_ARGS (db_text ("busy")), NULL, &self->error);
    return NULL;
}

static void
test_nothing_comes_below_it_later (TestDb *t)
{
    Busy busy = { .db = t->db };
    GThread *threads[4];
    gint64 then[50];
    const char *horizons[50];

    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("busy", write_much, &busy);
    for (gsize i = 0; i < G_N_ELEMENTS (horizons); i++) {
        char horizon[UUID_TEXT_BYTES];

        g_assert_true (db_horizon (t->db, horizon, &t->error));
        horizons[i] = arena_strdup (t->arena, horizon);
        g_assert_true (db_select_int (t->db, "SELECT count(*) FROM change WHERE id < $1",
                                      DB_ARGS (db_text (horizon)), &then[i], NULL, &t->error));
    }
    g_atomic_int_set (&busy.stop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    g_assert_no_error (busy.error);
    for (gsize i = 0; i < G_N_ELEMENTS (horizons); i++) {
        gint64 now = 0;

        g_assert_true (db_select_int (t->db, "SELECT count(*) FROM change WHERE id < $1",
                                      DB_ARGS (db_text (horizons[i])), &now, NULL, &t->error));
        g_assert_cmpint (now, ==, then[i]);
    }
}

void
test_horizon_add (void)
{
    test_db_add_with ("/horizon/committed-is-below", migrations, G_N_ELEMENTS (migrations),
                      test_what_is_committed_is_below_it);
    test_db_add_with ("/horizon/running-is-above", migrations, G_N_ELEMENTS (migrations),
                      test_a_write_that_still_runs_is_above_it);
    test_db_add_with ("/horizon/nothing-comes-later", migrations, G_N_ELEMENTS (migrations),
                      test_nothing_comes_below_it_later);
}
