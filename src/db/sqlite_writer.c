/* The thread that writes, with group commit.
 *
 * Writers hand a function over and wait. The thread runs all that wait in one transaction, each but the
 * first in a savepoint of its own, so that one that fails is undone alone; then one COMMIT with one
 * fsync makes them durable together. While it waits for the disk the next group gathers.
 *
 * The first is undone with the transaction that it began. As long as a savepoint lasts SQLite keeps,
 * for each statement, a copy of each page that the statement changes: a large write is several times
 * slower that way, and tagging 40,000 photos took more than a gigabyte. So one that changes many
 * rows and is not the first is undone and begins the next group.
 *
 * A failed write to the disk or fsync may have lost what SQLite believes written: it is never tried
 * again. All of the group hear of it, and from then on every write is refused; the next start
 * recovers from the log. A full disk loses nothing: the group is undone and later ones may succeed. */
#define G_LOG_DOMAIN "db"
#include "db/sqlite_private.h"

#include <string.h>

#include "base/error.h"
#include "base/uuid.h"

#define MAX_GROUP 256
#define MAX_CHANGES 500       /* of rows, by a write that is not the first of its group */
#define CHECKPOINT_PAGES 1000 /* of the log, then they are copied into the file */
#define URGENT_CHECKPOINT_PAGES                                                                    \
    16000 /* then readers are waited for, so that the log can start over */
#define URGENT_WAIT_MS 200
#define IDLE_S                                                                                     \
    1 /* without a write, then what is in the log is copied: the file is faster to read */
#define BUSY_TIMEOUT_MS 10000

typedef struct {
    DbRun run;
    gpointer data;
    GArray *after;
    GError *error;
    gboolean is_done;
    GCond done;
    GList link;
} Write;

struct _SqliteWriter {
    SqliteTx tx;
    GThread *thread;
    GMutex lock;
    GCond wake;
    GQueue waiting; /* of Write, in the order they came; under the lock, as is is_stopping */
    gboolean is_stopping;
    gint is_broken; /* atomic */
    GMutex horizon_lock;
    char horizon[UUID_TEXT_BYTES]; /* made before the ids of the running group; "": none runs */
    int copied_pages;              /* of the log, at the last checkpoint */
    int last_urgent_pages;
};

/* ---- one group ---- */

static gboolean
must_give_up (SqliteConnection *connection)
{
    return connection->trouble != 0 || sqlite3_get_autocommit (connection->handle) != 0;
}

/* A deferred foreign key that leads nowhere would make the COMMIT fail for the whole group. */
static gboolean
check_deferred_keys (SqliteConnection *connection, GError **error)
{
    int n = 0, unused;

    sqlite3_db_status (connection->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &n, &unused, 0);
    if (n == 0)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_CONSTRAINT, "FOREIGN KEY constraint failed");
    return FALSE;
}

/* Run one member. @return FALSE when the group cannot go on; the member has its error then */
static gboolean
run_member (SqliteWriter *self, Write *write, gboolean is_first)
{
    SqliteConnection *connection = self->tx.connection;
    gboolean ok;

    if (!is_first && !sqlite_connection_run (connection, "SAVEPOINT member", &write->error))
        return FALSE;
    ok = transaction_run (&self->tx.base, write->run, write->data, &write->error) &&
         check_deferred_keys (connection, &write->error);
    write->after = g_steal_pointer (&self->tx.base.after);
    if (must_give_up (connection)) {
        if (write->error == NULL)
            g_set_error_literal (&write->error, APP_ERROR, APP_ERROR_DB,
                                 "the function ended the transaction that it ran in");
        return FALSE;
    }
    if (!ok)
        transaction_drop_after (&write->after);
    if (!ok && is_first)
        return sqlite_connection_run (connection, "ROLLBACK", NULL) &&
               sqlite_connection_run (connection, "BEGIN IMMEDIATE", NULL);
    if (!ok && !sqlite_connection_run (connection, "ROLLBACK TO member", NULL))
        return FALSE;
    return is_first ||
           sqlite_connection_run (connection, "RELEASE member", ok ? &write->error : NULL);
}

static Write *
take_next (SqliteWriter *self)
{
    GList *link;

    g_mutex_lock (&self->lock);
    link = g_queue_pop_head_link (&self->waiting);
    g_mutex_unlock (&self->lock);
    return link != NULL ? link->data : NULL;
}

/* The last of @group was undone for its size. */
static void
put_back (SqliteWriter *self, GPtrArray *group)
{
    Write *write = g_ptr_array_remove_index (group, group->len - 1);

    g_clear_error (&write->error);
    g_mutex_lock (&self->lock);
    g_queue_push_head_link (&self->waiting, &write->link);
    g_mutex_unlock (&self->lock);
}

/* Run what waits, and what comes meanwhile, into @group.
 * @return NULL, or why all of it must be undone */
static GError *
run_group (SqliteWriter *self, GPtrArray *group)
{
    Write *write;

    while (group->len < MAX_GROUP && (write = take_next (self)) != NULL) {
        g_ptr_array_add (group, write);
        self->tx.last_change =
            group->len == 1 ? G_MAXINT64
                            : sqlite3_total_changes64 (self->tx.connection->handle) + MAX_CHANGES;
        self->tx.is_cut = FALSE;
        if (!run_member (self, write, group->len == 1)) {
            if (write->error != NULL)
                return g_error_copy (write->error);
            return g_error_new_literal (APP_ERROR, APP_ERROR_DB, "a failed write was not undone");
        }
        if (self->tx.is_cut) {
            put_back (self, group);
            break;
        }
    }
    return NULL;
}

/* Whether the disk failed in a way that may have lost data. */
static gboolean
is_disk_failure (int code)
{
    return (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_NOMEM;
}

static void
break_writer (SqliteWriter *self, const char *what)
{
    sqlite3 *handle = self->tx.connection->handle;

    /* what is in the log must stay there until a new process reads it back from the disk */
    sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "EVENT", "database-disk-failed",
                      "MESSAGE",
                      "%s failed: %s; writes are refused until the server is started again", what,
                      sqlite3_errmsg (handle));
    g_atomic_int_set (&self->is_broken, 1);
}

static void
fail_group (GPtrArray *group, const GError *why)
{
    for (guint i = 0; i < group->len; i++) {
        Write *write = g_ptr_array_index (group, i);

        transaction_drop_after (&write->after);
        if (write->error == NULL)
            write->error = g_error_copy (why);
    }
}

/* Undo the group and tell its members; those that had failed by themselves keep their own reason. */
static void
undo_group (SqliteWriter *self, GPtrArray *group, const GError *why)
{
    SqliteConnection *connection = self->tx.connection;
    int trouble = connection->trouble;

    if (is_disk_failure (trouble)) {
        break_writer (self, "writing the database");
        g_autoptr (GError) lost = g_error_new (
            APP_ERROR, APP_ERROR_UNAVAILABLE,
            "the disk of the database failed, the change may be lost; check the disk and start the "
            "server again (%s)",
            why->message);
        fail_group (group, lost);
    } else {
        fail_group (group, why);
    }
    if (sqlite3_get_autocommit (connection->handle) == 0)
        sqlite_connection_script (connection, "ROLLBACK", NULL);
    connection->trouble = 0;
}

static void
finish_group (SqliteWriter *self, GPtrArray *group)
{
    g_mutex_lock (&self->lock);
    for (guint i = 0; i < group->len; i++) {
        Write *write = g_ptr_array_index (group, i);

        write->is_done = TRUE;
        g_cond_signal (&write->done);
    }
    g_mutex_unlock (&self->lock);
    g_ptr_array_set_size (group, 0);
}

static void
fail_waiting (SqliteWriter *self, GPtrArray *group, const GError *why)
{
    Write *write;

    while ((write = take_next (self)) != NULL)
        g_ptr_array_add (group, write);
    fail_group (group, why);
}

/* All ids of changes are made on this thread, between these two. */
static void
begin_ids (SqliteWriter *self)
{
    g_mutex_lock (&self->horizon_lock);
    uuid_v7_text (self->horizon);
    g_mutex_unlock (&self->horizon_lock);
}

static void
end_ids (SqliteWriter *self)
{
    g_mutex_lock (&self->horizon_lock);
    self->horizon[0] = '\0';
    g_mutex_unlock (&self->horizon_lock);
}

static void
write_group (SqliteWriter *self, GPtrArray *group)
{
    SqliteConnection *connection = self->tx.connection;
    g_autoptr (GError) why = NULL;

    begin_ids (self);
    if (g_atomic_int_get (&self->is_broken)) {
        why = g_error_new_literal (APP_ERROR, APP_ERROR_UNAVAILABLE,
                                   "the disk of the database failed, writes are refused; check the "
                                   "disk and start the server again");
        fail_waiting (self, group, why);
    } else if (!sqlite_connection_run (connection, "BEGIN IMMEDIATE", &why)) {
        fail_waiting (self, group, why);
        undo_group (self, group, why);
    } else if ((why = run_group (self, group)) != NULL ||
               !sqlite_connection_run (connection, "COMMIT", &why)) {
        undo_group (self, group, why);
    } else {
        end_ids (self); /* before anybody hears of the changes and asks for them */
        for (guint i = 0; i < group->len; i++)
            transaction_run_after (&((Write *) g_ptr_array_index (group, i))->after);
    }
    end_ids (self);
    finish_group (self, group);
}

/* ---- the log ---- */

static void
copy_log (SqliteWriter *self, int mode)
{
    int code = sqlite3_wal_checkpoint_v2 (self->tx.connection->handle, NULL, mode, NULL, NULL);

    self->copied_pages = self->tx.connection->wal_pages;
    if (is_disk_failure (code))
        break_writer (self, "copying the log into the database");
}

/* Copy the log into the file now and then, after those who waited were woken. SQLite would do it by
 * itself, but would not say when the disk failed. */
static void
checkpoint (SqliteWriter *self)
{
    SqliteConnection *connection = self->tx.connection;

    if (connection->wal_pages < self->last_urgent_pages)
        self->last_urgent_pages = 0; /* the log started over */
    if (connection->wal_pages < CHECKPOINT_PAGES || g_atomic_int_get (&self->is_broken))
        return;
    if (connection->wal_pages < self->last_urgent_pages + URGENT_CHECKPOINT_PAGES) {
        copy_log (self, SQLITE_CHECKPOINT_PASSIVE);
        return;
    }
    self->last_urgent_pages = connection->wal_pages;
    sqlite3_busy_timeout (connection->handle, URGENT_WAIT_MS);
    copy_log (self, SQLITE_CHECKPOINT_RESTART);
    sqlite3_busy_timeout (connection->handle, BUSY_TIMEOUT_MS);
}

/* ---- the thread ---- */

/* @return FALSE when none came for a while and the log has what is not in the file yet */
static gboolean
wait_for_work (SqliteWriter *self)
{
    gint64 until = g_get_monotonic_time () + IDLE_S * G_TIME_SPAN_SECOND;

    while (self->waiting.length == 0 && !self->is_stopping) {
        if (self->copied_pages == self->tx.connection->wal_pages ||
            g_atomic_int_get (&self->is_broken))
            g_cond_wait (&self->wake, &self->lock);
        else if (!g_cond_wait_until (&self->wake, &self->lock, until))
            return FALSE;
    }
    return TRUE;
}

static gpointer
run_writer (gpointer data)
{
    SqliteWriter *self = data;
    g_autoptr (GPtrArray) group = g_ptr_array_new ();

    g_mutex_lock (&self->lock);
    for (;;) {
        gboolean is_idle = !wait_for_work (self);

        if (self->waiting.length == 0 && self->is_stopping)
            break;
        g_mutex_unlock (&self->lock);
        if (is_idle) {
            copy_log (self, SQLITE_CHECKPOINT_PASSIVE);
        } else {
            write_group (self, group);
            checkpoint (self);
        }
        g_mutex_lock (&self->lock);
    }
    g_mutex_unlock (&self->lock);
    return NULL;
}

SqliteWriter *
sqlite_writer_new (Db *parent, SqliteConnection *connection)
{
    SqliteWriter *self = g_new0 (SqliteWriter, 1);

    self->tx.base.engine = parent->engine;
    self->tx.base.parent = parent;
    self->tx.connection = connection;
    g_mutex_init (&self->lock);
    g_mutex_init (&self->horizon_lock);
    g_cond_init (&self->wake);
    g_queue_init (&self->waiting);
    self->thread = g_thread_new ("db-writer", run_writer, self);
    return self;
}

void
sqlite_writer_free (SqliteWriter *self)
{
    if (self == NULL)
        return;
    g_mutex_lock (&self->lock);
    self->is_stopping = TRUE;
    g_cond_signal (&self->wake);
    g_mutex_unlock (&self->lock);
    g_thread_join (self->thread);
    sqlite_connection_close (self->tx.connection);
    g_mutex_clear (&self->lock);
    g_mutex_clear (&self->horizon_lock);
    g_cond_clear (&self->wake);
    g_free (self);
}

gboolean
sqlite_writer_write (SqliteWriter *self, DbRun run, gpointer data, GError **error)
{
    Write write = { .run = run, .data = data };

    if (g_thread_self () == self->thread) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INTERNAL,
                             "db_write () on the writer's own thread: use the Db it gave");
        return FALSE;
    }
    write.link.data = &write;
    g_cond_init (&write.done);
    g_mutex_lock (&self->lock);
    g_queue_push_tail_link (&self->waiting, &write.link);
    g_cond_signal (&self->wake);
    while (!write.is_done)
        g_cond_wait (&write.done, &self->lock);
    g_mutex_unlock (&self->lock);
    g_cond_clear (&write.done);
    if (write.error != NULL)
        g_propagate_error (error, write.error);
    return write.error == NULL;
}

gboolean
sqlite_writer_is_writable (SqliteWriter *self)
{
    return !g_atomic_int_get (&self->is_broken);
}

void
sqlite_writer_horizon (SqliteWriter *self, char out[UUID_TEXT_BYTES])
{
    g_mutex_lock (&self->horizon_lock);
    if (self->horizon[0] != '\0')
        memcpy (out, self->horizon, UUID_TEXT_BYTES);
    else
        uuid_v7_text (out);
    g_mutex_unlock (&self->horizon_lock);
}
