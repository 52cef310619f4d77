/* What both engines do around a transaction: run the caller's function, see that no failed statement
 * was passed over, and keep what waits for the commit: callbacks collected by db_after_commit (),
 * called in their order once the transaction is durable, or dropped with it. */
#include "db/db_private.h"

#include "base/error.h"

/* What this thread runs the function of. */
static _Thread_local const Db *running;

gboolean
transaction_is_running (const Db *parent)
{
    return running != NULL && running->parent == parent;
}

gboolean
transaction_run (Db *tx, DbRun run, gpointer data, GError **error)
{
    GError *why = NULL;
    gboolean ok;

    g_clear_error (&tx->failure);
    running = tx;
    ok = run (tx, data, &why);
    running = NULL;
    if (ok && tx->failure != NULL) {
        /* PostgreSQL would undo it at the commit without a word */
        g_clear_error (&why);
        why = g_error_new (APP_ERROR, tx->failure->code,
                           "the transaction passed over a failure: %s", tx->failure->message);
        ok = FALSE;
    } else if (!ok && why == NULL) {
        why = g_error_new_literal (APP_ERROR, APP_ERROR_INTERNAL,
                                   "the transaction failed without saying why");
    }
    g_clear_error (&tx->failure);
    if (!ok)
        g_propagate_error (error, why);
    else
        g_clear_error (&why);
    return ok;
}

void
db_after_commit (Db *db, void (*then) (gpointer data), gpointer data, GDestroyNotify free_data)
{
    DbAfter after = { .then = then, .data = data, .free_data = free_data };

    g_return_if_fail (db->parent != NULL); /* only a transaction has an end to wait for */
    if (db->after == NULL)
        db->after = g_array_new (FALSE, FALSE, sizeof (DbAfter));
    g_array_append_val (db->after, after);
}

static void
end (GArray **after, gboolean call)
{
    g_autoptr (GArray) list = g_steal_pointer (after);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        DbAfter *item = &g_array_index (list, DbAfter, i);

        if (call)
            item->then (item->data);
        if (item->free_data != NULL)
            item->free_data (item->data);
    }
}

void
transaction_run_after (GArray **after)
{
    end (after, TRUE);
}

void
transaction_drop_after (GArray **after)
{
    end (after, FALSE);
}
