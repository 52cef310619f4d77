/* The SQL of a job's life: asked for, claimed, finished, failed, given back.
 *
 * Two servers on one PostgreSQL may claim at the same moment; the slower one's transaction is then run
 * again by db_write () and finds other jobs. */
#define G_LOG_DOMAIN "jobs"
#include "jobs/lease.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "jobs/registry.h"

#define MAX_WAIT_MS G_GINT64_CONSTANT (86400000) /* retries and delays are minutes, leases two */

/* $1 id, $2 queue, $3 name, $4 key, $5 data, $6 run after, $7 now, $8 with a delay.
 * One that waits with this key already gets the new data. With a delay its time starts anew, without
 * one it runs at the earlier of both times. */
static const char SQL_JOB_ADD[] =
    "INSERT INTO job (id, queue, name, key, data, run_after, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
    " ON CONFLICT (name, key) WHERE key IS NOT NULL AND state = 'waiting' DO UPDATE"
    " SET data = excluded.data,"
    "     run_after = CASE WHEN CAST($8 AS BIGINT) = 1 OR excluded.run_after < job.run_after"
    "                      THEN excluded.run_after ELSE job.run_after END";

/* Of a job j that waits: two of a name and key would work on the same files. It is there when the other one ends,
 * also for that one's thread, which ends a job and takes the next in one transaction. */
#define IS_FREE                                                                                    \
    "NOT EXISTS (SELECT 1 FROM job a"                                                              \
    "             WHERE a.name = j.name AND a.key = j.key AND a.state = 'active')"

/* $1 owner, $2 leased until, $3 queue, $4 now, $5 at most */
static const char SQL_LEASE_CLAIM[] =
    "UPDATE job SET state = 'active', attempt = attempt + 1, leased_by = $1, leased_until = $2"
    " WHERE id IN (SELECT j.id FROM job j"
    "               WHERE j.queue = $3 AND j.state = 'waiting' AND j.run_after <= $4"
    "                 AND " IS_FREE "                 AND NOT EXISTS (SELECT 1 FROM job_queue q"
    "                                  WHERE q.name = $3 AND q.is_paused = 1)"
    "               ORDER BY j.priority, j.run_after, j.id LIMIT $5)"
    " RETURNING id, name, data, attempt, priority, run_after, deaths";

/* $1 id, $2 owner */
static const char SQL_LEASE_FINISH[] =
    "DELETE FROM job WHERE id = $1 AND leased_by = $2 AND state = 'active'";

/* $1 id, $2 owner, $3 why */
static const char SQL_LEASE_FAIL[] =
    "UPDATE job SET state = 'failed', error = $3, leased_by = NULL, leased_until = NULL"
    " WHERE id = $1 AND leased_by = $2 AND state = 'active'";

/* $1 id, $2 owner, $3 why */
static const char SQL_LEASE_NOTE[] =
    "UPDATE job SET error = $3 WHERE id = $1 AND leased_by = $2 AND state = 'active'";

/* $1 id: a job whose work another one that waits will do */
static const char SQL_JOB_DROP_TWIN[] =
    "DELETE FROM job WHERE id = $1 AND key IS NOT NULL"
    "   AND EXISTS (SELECT 1 FROM job o WHERE o.name = job.name AND o.key = job.key"
    "                                     AND o.state = 'waiting' AND o.id <> job.id)";

/* $1 id, $2 run after, $3 attempts so far */
static const char SQL_JOB_WAIT[] =
    "UPDATE job SET state = 'waiting', run_after = $2, attempt = $3, leased_by = NULL,"
    "               leased_until = NULL"
    " WHERE id = $1";

/* $1 id */
static const char SQL_JOB_NOTE_DEATH[] = "UPDATE job SET deaths = deaths + 1 WHERE id = $1";

/* $1 owner, $2 leased until, $3 JSON array of ids */
static const char SQL_LEASE_RENEW[] =
    "UPDATE job SET leased_until = $2 WHERE leased_by = $1 AND state = 'active'"
    "   AND id IN (SELECT held.value FROM json_each($3) held)";

/* $1 now, $2 the latest time that a right clock has written */
static const char SQL_JOB_MEND[] =
    "UPDATE job SET run_after = $1 WHERE state = 'waiting' AND run_after > $2";
static const char SQL_LEASE_MEND[] =
    "UPDATE job SET leased_until = 0 WHERE state = 'active' AND leased_until > $1";

/* $1 id, $2 owner */
static const char SQL_LEASE_ATTEMPT[] = "SELECT attempt FROM job WHERE id = $1 AND leased_by = $2";

/* in the order they were asked for */
static const char SQL_LEASE_LIST[] =
    "SELECT id, leased_by, leased_until, attempt, run_after, deaths FROM job WHERE state = 'active'"
    " ORDER BY id";

/* $1 JSON array of queues, $2 now. The first of each queue, not whether there is one: PostgreSQL would make a
 * join of that and read all that wait. */
static const char SQL_LEASE_DUE[] =
    "SELECT wanted.value FROM json_each($1) wanted"
    " WHERE (SELECT j.id FROM job j WHERE j.queue = wanted.value AND j.state = 'waiting'"
    "                                 AND j.run_after <= $2 AND " IS_FREE
    "         ORDER BY j.priority, j.run_after, j.id LIMIT 1) IS NOT NULL"
    "   AND NOT EXISTS (SELECT 1 FROM job_queue q WHERE q.name = wanted.value AND q.is_paused = 1)";

void
lease_free (Lease *self)
{
    if (self == NULL)
        return;
    g_free (self->id);
    g_free (self->name);
    g_free (self->data);
    g_free (self);
}

static void
wake_all (gpointer data)
{
    registry_wake ();
}

gboolean
job_add (Db *tx, const char *name, const char *queue, const char *key, const char *data_json,
         gint64 delay_ms, GError **error)
{
    gint64 now = timestamp_now_ms ();
    char id[UUID_TEXT_BYTES];

    uuid_v7_text (id);
    if (!db_exec (tx, SQL_JOB_ADD,
                  DB_ARGS (db_text (id), db_text (queue), db_text (name), db_text (key),
                           db_text (data_json != NULL ? data_json : "{}"),
                           db_int (now + MAX (delay_ms, 0)), db_int (now), db_int (delay_ms > 0)),
                  NULL, error))
        return FALSE;
    if (delay_ms <= 0)
        db_after_commit (tx, wake_all, NULL, NULL);
    return TRUE;
}

/* ---- claiming and finishing ---- */

static gboolean
take_claimed (const DbRow *row, gpointer data)
{
    Lease *lease = g_new0 (Lease, 1);

    lease->id = g_strdup (db_row_text (row, 0));
    lease->name = g_strdup (db_row_text (row, 1));
    lease->data = g_strdup (db_row_text (row, 2));
    lease->attempt = db_row_int (row, 3);
    lease->priority = db_row_int (row, 4);
    lease->run_after = db_row_int (row, 5);
    lease->deaths = db_row_int (row, 6);
    g_ptr_array_add (data, lease);
    return TRUE;
}

static gint
compare_leases (gconstpointer a, gconstpointer b)
{
    const Lease *one = *(Lease *const *) a, *two = *(Lease *const *) b;

    if (one->priority != two->priority)
        return one->priority < two->priority ? -1 : 1;
    if (one->run_after != two->run_after)
        return one->run_after < two->run_after ? -1 : 1;
    return strcmp (one->id, two->id);
}

gboolean
lease_claim (Db *tx, const char *queue, const char *owner, gint64 until_ms, gint64 n,
             GPtrArray *out, GError **error)
{
    g_ptr_array_set_size (out, 0);
    if (!db_each (tx, SQL_LEASE_CLAIM,
                  DB_ARGS (db_text (owner), db_int (until_ms), db_text (queue),
                           db_int (timestamp_now_ms ()), db_int (n)),
                  take_claimed, out, error))
        return FALSE;
    g_ptr_array_sort (out, compare_leases); /* RETURNING has no order */
    return TRUE;
}

gboolean
lease_finish (Db *tx, const char *id, const char *owner, GError **error)
{
    return db_exec (tx, SQL_LEASE_FINISH, DB_ARGS (db_text (id), db_text (owner)), NULL, error);
}

gboolean
lease_fail (Db *tx, const char *id, const char *owner, const char *why, GError **error)
{
    return db_exec (tx, SQL_LEASE_FAIL, DB_ARGS (db_text (id), db_text (owner), db_text (why)),
                    NULL, error);
}

gboolean
lease_return (Db *tx, const char *id, gint64 run_after, gint64 attempt, gint64 *out_n,
              GError **error)
{
    gint64 n_dropped = 0;

    if (!db_exec (tx, SQL_JOB_DROP_TWIN, DB_ARGS (db_text (id)), &n_dropped, error))
        return FALSE;
    if (n_dropped > 0)
        return TRUE;
    if (!db_exec (tx, SQL_JOB_WAIT, DB_ARGS (db_text (id), db_int (run_after), db_int (attempt)),
                  NULL, error))
        return FALSE;
    if (out_n != NULL)
        ++*out_n;
    return TRUE;
}

gboolean
lease_retry (Db *tx, const char *id, const char *owner, gint64 run_after, const char *why,
             GError **error)
{
    gint64 attempt = 0;
    gboolean is_ours = FALSE;

    if (!db_select_int (tx, SQL_LEASE_ATTEMPT, DB_ARGS (db_text (id), db_text (owner)), &attempt,
                        &is_ours, error))
        return FALSE;
    if (!is_ours)
        return TRUE;
    return db_exec (tx, SQL_LEASE_NOTE, DB_ARGS (db_text (id), db_text (owner), db_text (why)),
                    NULL, error) &&
           lease_return (tx, id, run_after, attempt, NULL, error);
}

/* ---- leases of this and other servers ---- */

gboolean
lease_renew (Db *db, Arena *arena, const char *owner, const StringList *ids, gint64 until_ms,
             GError **error)
{
    return db_exec (db, SQL_LEASE_RENEW,
                    DB_ARGS (db_text (owner), db_int (until_ms), db_strings (arena, ids)), NULL,
                    error);
}

typedef struct {
    char *id, *owner;
    gint64 until, attempt, run_after, deaths;
} Held;

static void
held_free (gpointer data)
{
    Held *self = data;

    g_free (self->id);
    g_free (self->owner);
    g_free (self);
}

static gboolean
take_held (const DbRow *row, gpointer data)
{
    Held *held = g_new0 (Held, 1);

    held->id = g_strdup (db_row_text (row, 0));
    held->owner = g_strdup (db_row_text (row, 1));
    held->until = db_row_int (row, 2);
    held->attempt = db_row_int (row, 3);
    held->run_after = db_row_int (row, 4);
    held->deaths = db_row_int (row, 5);
    g_ptr_array_add (data, held);
    return TRUE;
}

typedef struct {
    const char *own; /* give back those of this owner; NULL: those that are lost */
    gboolean with_gone;
    gint64 now_ms, max_deaths;
} Giving;

static gboolean
is_lost (Db *tx, const Held *held, const Giving *giving)
{
    if (held->owner == NULL || held->until < giving->now_ms)
        return TRUE;
    return giving->with_gone && lease_owner_is_gone (held->owner, db_is_sqlite (tx));
}

static gboolean
give_back (Db *tx, gpointer data, GError **error)
{
    const Giving *giving = data;
    g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (held_free);

    if (!db_each (tx, SQL_LEASE_LIST, DB_NO_ARGS, take_held, all, error))
        return FALSE;
    for (guint i = 0; i < all->len; i++) {
        const Held *held = g_ptr_array_index (all, i);
        gboolean ok = TRUE;

        if (giving->own != NULL && g_str_equal (held->owner, giving->own))
            ok = lease_return (tx, held->id, held->run_after, held->attempt - 1, NULL, error);
        else if (giving->own == NULL && is_lost (tx, held, giving))
            ok =
                held->deaths + 1 >= giving->max_deaths
                    ? lease_fail (tx, held->id, held->owner,
                                  "the server ended or stood still every time while it ran", error)
                    : db_exec (tx, SQL_JOB_NOTE_DEATH, DB_ARGS (db_text (held->id)), NULL, error) &&
                          lease_return (tx, held->id, held->run_after, held->attempt, NULL, error);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

gboolean
lease_return_own (Db *db, const char *owner, GError **error)
{
    Giving giving = { .own = owner };

    return db_write (db, give_back, &giving, error);
}

gboolean
lease_return_lost (Db *db, gint64 now_ms, gboolean with_gone, gint64 max_deaths, GError **error)
{
    Giving giving = { .now_ms = now_ms, .with_gone = with_gone, .max_deaths = max_deaths };

    return db_write (db, give_back, &giving, error);
}

static gboolean
run_mend (Db *tx, gpointer data, GError **error)
{
    gint64 now = timestamp_now_ms (), latest = now + MAX_WAIT_MS;

    return db_exec (tx, SQL_JOB_MEND, DB_ARGS (db_int (now), db_int (latest)), NULL, error) &&
           db_exec (tx, SQL_LEASE_MEND, DB_ARGS (db_int (latest)), NULL, error);
}

gboolean
lease_mend_times (Db *db, GError **error)
{
    return db_write (db, run_mend, NULL, error);
}

gboolean
lease_find_due (Db *db, Arena *arena, const StringList *queues, StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_LEASE_DUE,
                            DB_ARGS (db_strings (arena, queues), db_int (timestamp_now_ms ())), out,
                            error);
}
