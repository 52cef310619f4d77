/* test_workflows.c -- what asks for runs of which workflows, that this ends, and what a log keeps */
#include "db/test_db.h"
#include "features/workflows/workflows_private.h"

#include <string.h>

#define ALICE "5bbd29cd-0000-4000-8000-000000000001"
#define BOB "5bbd29cd-0000-4000-8000-000000000002"
#define W1 "b0000000-0000-4000-8000-000000000001"
#define W2 "b0000000-0000-4000-8000-000000000002"
#define W3 "b0000000-0000-4000-8000-000000000003"
#define W4 "b0000000-0000-4000-8000-000000000004"
#define A1 "a0000000-0000-4000-8000-000000000001"
#define A2 "a0000000-0000-4000-8000-000000000002"
#define A3 "a0000000-0000-4000-8000-000000000003"

static void
run_sql (TestDb *t, const char *sql, DbArgs args)
{
    g_assert_true (db_exec (t->db, sql, args, NULL, &t->error));
    g_assert_no_error (t->error);
}

static void
add_user (TestDb *t, const char *id)
{
    run_sql (t,
             "INSERT INTO users (id, email, name, profile_changed_at, cluster_group_id, created_at,"
             " updated_at) VALUES ($1, $1, 'x', 1, 'g', 1, 1)",
             DB_ARGS (db_text (id)));
}

static void
add_asset (TestDb *t, const char *id, const char *owner_id)
{
    run_sql (t,
             "INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum,"
             " size_bytes, file_created_at, file_modified_at, local_date_time, local_month,"
             " created_at, updated_at, update_id) VALUES ($1, $2, 'IMAGE', 'a.jpg', 'a.jpg', $3, 1,"
             " 0, 0, 0, 0, 1, 1, 'u')",
             DB_ARGS (db_text (id), db_text (owner_id), db_blob (id, strlen (id))));
}

static gboolean
insert (Db *tx, gpointer data, GError **error)
{
    return workflow_insert (tx, data, error);
}

static void
add_workflow (TestDb *t, const char *id, const char *owner_id, WorkflowTrigger trigger,
              gboolean enabled)
{
    WorkflowRow row = { .id = id,
                        .owner_id = owner_id,
                        .trigger = (int) trigger,
                        .enabled = enabled,
                        .logging = TRUE,
                        .steps = "{\"steps\":[]}",
                        .created_at = 1 };

    g_assert_true (db_write (t->db, insert, &row, &t->error));
}

static void
fill (TestDb *t)
{
    add_user (t, ALICE);
    add_user (t, BOB);
    add_asset (t, A1, ALICE);
    add_asset (t, A2, ALICE);
    add_asset (t, A3, BOB);
    add_workflow (t, W1, ALICE, WORKFLOW_TRIGGER_ASSET_TAGGED, TRUE);
    add_workflow (t, W2, ALICE, WORKFLOW_TRIGGER_ASSET_TAGGED, TRUE);
    add_workflow (t, W3, ALICE, WORKFLOW_TRIGGER_ASSET_TAGGED, FALSE);
    add_workflow (t, W4, BOB, WORKFLOW_TRIGGER_ASSET_CREATE, TRUE);
}

typedef struct {
    WorkflowTrigger trigger;
    StringList ids;
    const WorkflowCause *cause;
} Trigger;

static gboolean
run_trigger (Db *tx, gpointer data, GError **error)
{
    const Trigger *self = data;

    return workflows_trigger (tx, self->trigger, &self->ids, self->cause, error);
}

/* The runs that this asks for, in order, as the last digits of 'workflow/asset/step'. */
static const char *
runs_of (TestDb *t, WorkflowTrigger trigger, const char *const *ids, const WorkflowCause *cause)
{
    Trigger data = { trigger, { (const char **) ids, g_strv_length ((char **) ids) }, cause };
    g_autoptr (GString) out = g_string_new (NULL);
    StringList keys;

    run_sql (t, "DELETE FROM job", DB_NO_ARGS);
    g_assert_true (db_write (t->db, run_trigger, &data, &t->error));
    g_assert_true (db_select_texts (t->db, t->arena, "SELECT key FROM job ORDER BY key", DB_NO_ARGS,
                                    &keys, &t->error));
    for (gsize i = 0; i < keys.n; i++)
        g_string_append_printf (out, "%s%c/%s", i > 0 ? " " : "", keys.items[i][35],
                                keys.items[i] + 72);
    return arena_strdup (t->arena, out->str);
}

static const char *const all[] = { A1, A2, A3, NULL };

static void
test_owners_workflows_run (TestDb *t)
{
    fill (t);
    g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_TAGGED, all, NULL), ==,
                     "1/1/0 1/2/0 2/1/0 2/2/0");
    g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_CREATE, all, NULL), ==, "4/3/0");
    g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_METADATA_EXTRACTION, all, NULL), ==, "");
    g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_TAGGED, all + 3, NULL), ==, "");
}

static void
test_what_is_out_of_sight_starts_nothing (TestDb *t)
{
    static const char *const states[] = {
        "UPDATE asset SET visibility = 'hidden' WHERE id = $1",
        "UPDATE asset SET visibility = 'locked' WHERE id = $1",
        "UPDATE asset SET visibility = 'timeline', deleted_at = 1 WHERE id = $1",
        "UPDATE asset SET deleted_at = NULL, status = 'deleted' WHERE id = $1",
    };

    fill (t);
    for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
        run_sql (t, states[i], DB_ARGS (db_text (A1)));
        g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_TAGGED, all, NULL), ==, "1/2/0 2/2/0");
    }
    run_sql (t, "UPDATE users SET deleted_at = 1 WHERE id = $1", DB_ARGS (db_text (ALICE)));
    g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_TAGGED, all, NULL), ==, "");
}

/* Whatever the steps are: what a user does starts all, what these do starts the others, and that is it. */
static void
test_chains_have_two_links (TestDb *t)
{
    const WorkflowCause first = { .workflow_id = W1 };
    const WorkflowCause second = { .workflow_id = W2, .is_by_workflow = TRUE };

    fill (t);
    g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_TAGGED, all, &first), ==,
                     "2/1/0/workflow 2/2/0/workflow");
    g_assert_cmpstr (runs_of (t, WORKFLOW_TRIGGER_ASSET_TAGGED, all, &second), ==, "");
}

/* ---- logs ---- */

static void
add_entries (TestDb *t, guint n, WorkflowResult result)
{
    for (guint i = 0; i < n; i++) {
        WorkflowLogRow entry = { .result = (int) result, .trigger_data_id = A1 };

        g_assert_true (workflow_log_add (t->db, W1, &entry, &t->error));
    }
}

static void
test_logs_keep_the_last (TestDb *t)
{
    gint64 n = 0;
    WorkflowLogRowList page, next;

    fill (t);
    run_sql (t, "UPDATE workflow SET n_logged = 5000 WHERE id = $1", DB_ARGS (db_text (W1)));
    add_entries (t, 5, WORKFLOW_RESULT_COMPLETED);
    run_sql (t, "UPDATE workflow SET n_logged = 5997 WHERE id = $1", DB_ARGS (db_text (W1)));
    add_entries (t, 6, WORKFLOW_RESULT_HALTED);
    /* 6003 is the last number, so 5004 is the first that is kept */
    g_assert_true (db_select_int (t->db, "SELECT count(*) FROM workflow_log", DB_NO_ARGS, &n, NULL,
                                  &t->error));
    g_assert_cmpint (n, ==, 8);
    g_assert_true (workflow_log_list (t->db, t->arena, W1, G_MAXINT64, -1, 3, &page, &t->error));
    g_assert_cmpuint (page.n, ==, 3);
    g_assert_cmpint (page.items[0].at, >, page.items[1].at);
    g_assert_true (
        workflow_log_list (t->db, t->arena, W1, page.items[2].at, -1, 100, &next, &t->error));
    g_assert_cmpuint (next.n, ==, 5);
    g_assert_cmpint (next.items[0].at, <, page.items[2].at);
    g_assert_true (workflow_log_list (t->db, t->arena, W1, G_MAXINT64, WORKFLOW_RESULT_COMPLETED,
                                      100, &page, &t->error));
    g_assert_cmpuint (page.n, ==, 2);
}

/* A clock that was set back must not make two entries trade places. */
static void
test_logs_go_forward (TestDb *t)
{
    const gint64 future = G_GINT64_CONSTANT (4102444800000);
    WorkflowLogRowList rows;

    fill (t);
    run_sql (t, "UPDATE workflow SET logged_at = $1 WHERE id = $2",
             DB_ARGS (db_int (future), db_text (W1)));
    add_entries (t, 2, WORKFLOW_RESULT_ERROR);
    g_assert_true (workflow_log_list (t->db, t->arena, W1, G_MAXINT64, -1, 100, &rows, &t->error));
    g_assert_cmpint (rows.items[0].at, ==, future + 2);
    g_assert_cmpint (rows.items[1].at, ==, future + 1);
}

static void
test_deleting_takes_the_log_along (TestDb *t)
{
    gint64 n = -1;

    fill (t);
    add_entries (t, 2, WORKFLOW_RESULT_ERROR);
    g_assert_true (workflow_delete (t->db, W1, &t->error));
    add_entries (t, 1, WORKFLOW_RESULT_ERROR); /* of a run that was going on */
    g_assert_true (db_select_int (t->db, "SELECT count(*) FROM workflow_log", DB_NO_ARGS, &n, NULL,
                                  &t->error));
    g_assert_cmpint (n, ==, 0);
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    test_db_add ("/workflows/owners-workflows-run", test_owners_workflows_run);
    test_db_add ("/workflows/out-of-sight", test_what_is_out_of_sight_starts_nothing);
    test_db_add ("/workflows/chains-have-two-links", test_chains_have_two_links);
    test_db_add ("/workflows/logs-keep-the-last", test_logs_keep_the_last);
    test_db_add ("/workflows/logs-go-forward", test_logs_go_forward);
    test_db_add ("/workflows/deleting-takes-the-log-along", test_deleting_takes_the_log_along);
    return test_db_run ();
}
