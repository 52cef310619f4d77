/* lease.h -- the jobs that a server has taken: claiming, finishing, giving back
 *
 * Only src/jobs includes this. Functions with 'tx' run inside db_write (); all may run again. */
#pragma once
#include "jobs/jobs.h"

/** A claimed job; owns its texts. */
typedef struct {
    char *id;
    char *name;
    char *data;
    gint64 attempt;
    gint64 deaths; /* attempts that a server did not survive: not the fault of the job */
    gint64 priority, run_after; /* the order in which they are run */
} Lease;

void lease_free (Lease *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lease, lease_free)

/** Who holds a lease: '<host>/<boot>/<pid namespace>/<pid>/<start of the process>/<n>'.
 *  (transfer full) */
char *lease_owner_new (void);
/** Whether the process that @owner names is certainly over: it ran here, and does not any more.
 *  @param is_only_host  no other machine can have written it */
gboolean lease_owner_is_gone (const char *owner, gboolean is_only_host);

/** Take up to @n jobs of @queue whose time has come, unless it is paused.
 *  @param out  of Lease, in the order to run them; what was in it is dropped */
gboolean lease_claim (Db *tx, const char *queue, const char *owner, gint64 until_ms, gint64 n,
                      GPtrArray *out, GError **error);
/** Done: the job goes. Nothing happens when the lease was lost meanwhile; so with the next two. */
gboolean lease_finish (Db *tx, const char *id, const char *owner, GError **error);
gboolean lease_fail (Db *tx, const char *id, const char *owner, const char *why, GError **error);
/** Let it wait until @run_after. */
gboolean lease_retry (Db *tx, const char *id, const char *owner, gint64 run_after, const char *why,
                      GError **error);
/** Let a job wait again, whatever it is now. One with a key that another waiting job has is dropped:
 *  that one does the work. @param out_n  counts those that wait again; may be NULL */
gboolean lease_return (Db *tx, const char *id, gint64 run_after, gint64 attempt, gint64 *out_n,
                       GError **error);

/** Keep those of @owner's leases that @ids names until @until_ms. */
gboolean lease_renew (Db *db, Arena *arena, const char *owner, const StringList *ids,
                      gint64 until_ms, GError **error);
/** Give back all leases of @owner, attempts uncounted. */
gboolean lease_return_own (Db *db, const char *owner, GError **error);
/** Give back the leases that had run out at @now_ms, and (@with_gone) those of processes of this machine
 *  that are over. Who renewed its own with that time before has lost none of them, however long it took.
 *  A job that met this @max_deaths times is failed instead: it may be what ends the server. */
gboolean lease_return_lost (Db *db, gint64 now_ms, gboolean with_gone, gint64 max_deaths,
                            GError **error);
/** Let what waits for longer than anything does begin now, and end leases that last so long: a clock was
 *  wrong, and is right again. */
gboolean lease_mend_times (Db *db, GError **error);
/** Which of @queues (a JSON array) have a job to start now. */
gboolean lease_find_due (Db *db, Arena *arena, const StringList *queues, StringList *out,
                         GError **error);
