/* SQLite on a disk that fails: a file system of the tests' own stands between SQLite and the real one
 * and fails on demand, as the kernel would. */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>

#include "base/error.h"
#include "db/test_parts.h"

/* ---- the file system ---- */

/* all atomic */
static gint fail_log_sync;  /* how many fsyncs of the log shall fail, the next ones */
static gint fail_main_sync; /* the same of the database itself */
static gint n_syncs;        /* of both, since it was set to 0 */
static gint n_main_syncs;   /* of the database itself, of all time */
static gint room_bytes;     /* that writes may still grow files by; -1: no limit */
static gint n_disk_failures_logged;

typedef struct {
    sqlite3_file base;
    sqlite3_io_methods methods;
    gboolean is_main;
    sqlite3_int64 size; /* the highest byte written */
    sqlite3_file *real; /* behind this struct */
} FaultFile;

static sqlite3_vfs *real_vfs;
static const sqlite3_io_methods forward_methods;

static int
fault_close (sqlite3_file *file)
{
    sqlite3_file *real = ((FaultFile *) file)->real;

    return real->pMethods != NULL ? real->pMethods->xClose (real) : SQLITE_OK;
}

static int
fault_write (sqlite3_file *file, const void *bytes, int n_bytes, sqlite3_int64 offset)
{
    FaultFile *self = (FaultFile *) file;
    sqlite3_int64 growth = offset + n_bytes - self->size;

    if (growth > 0) {
        gint room = g_atomic_int_get (&room_bytes);

        if (room >= 0 && growth > room)
            return SQLITE_FULL;
        if (room >= 0)
            g_atomic_int_add (&room_bytes, -(gint) growth);
        self->size += growth;
    }
    return self->real->pMethods->xWrite (self->real, bytes, n_bytes, offset);
}

static int
fault_sync (sqlite3_file *file, int flags)
{
    FaultFile *self = (FaultFile *) file;

    gint *fail = self->is_main ? &fail_main_sync : &fail_log_sync;

    g_atomic_int_inc (&n_syncs);
    if (self->is_main)
        g_atomic_int_inc (&n_main_syncs);
    if (g_atomic_int_get (fail) > 0 && g_atomic_int_add (fail, -1) > 0)
        return SQLITE_IOERR_FSYNC;
    return self->real->pMethods->xSync (self->real, flags);
}

#define REAL(file) (((FaultFile *) (file))->real)

static int
fault_read (sqlite3_file *f, void *bytes, int n, sqlite3_int64 at)
{
    return REAL (f)->pMethods->xRead (REAL (f), bytes, n, at);
}
static int
fault_truncate (sqlite3_file *f, sqlite3_int64 size)
{
    ((FaultFile *) f)->size = MIN (((FaultFile *) f)->size, size);
    return REAL (f)->pMethods->xTruncate (REAL (f), size);
}
static int
fault_file_size (sqlite3_file *f, sqlite3_int64 *out)
{
    return REAL (f)->pMethods->xFileSize (REAL (f), out);
}
static int
fault_lock (sqlite3_file *f, int lock)
{
    return REAL (f)->pMethods->xLock (REAL (f), lock);
}
static int
fault_unlock (sqlite3_file *f, int lock)
{
    return REAL (f)->pMethods->xUnlock (REAL (f), lock);
}
static int
fault_check_lock (sqlite3_file *f, int *out)
{
    return REAL (f)->pMethods->xCheckReservedLock (REAL (f), out);
}
static int
fault_control (sqlite3_file *f, int operation, void *argument)
{
    return REAL (f)->pMethods->xFileControl (REAL (f), operation, argument);
}
static int
fault_sector_size (sqlite3_file *f)
{
    return REAL (f)->pMethods->xSectorSize (REAL (f));
}
static int
fault_characteristics (sqlite3_file *f)
{
    return REAL (f)->pMethods->xDeviceCharacteristics (REAL (f));
}
static int
fault_shm_map (sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return REAL (f)->pMethods->xShmMap (REAL (f), page, size, extend, out);
}
static int
fault_shm_lock (sqlite3_file *f, int offset, int n, int flags)
{
    return REAL (f)->pMethods->xShmLock (REAL (f), offset, n, flags);
}
static void
fault_shm_barrier (sqlite3_file *f)
{
    REAL (f)->pMethods->xShmBarrier (REAL (f));
}
static int
fault_shm_unmap (sqlite3_file *f, int delete)
{
    return REAL (f)->pMethods->xShmUnmap (REAL (f), delete);
}

/* Version 2: no memory maps, so that all goes through here. */
static const sqlite3_io_methods forward_methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_file_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_lock,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector_size,
    .xDeviceCharacteristics = fault_characteristics,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

static int
fault_open (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    FaultFile *self = (FaultFile *) file;
    int code;

    memset (self, 0, sizeof *self);
    self->real = (sqlite3_file *) (self + 1);
    code = real_vfs->xOpen (real_vfs, name, self->real, flags, out_flags);
    if (code == SQLITE_OK) {
        self->base.pMethods = &forward_methods;
        self->is_main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
        self->real->pMethods->xFileSize (self->real, &self->size);
    }
    return code;
}

static sqlite3_vfs fault_vfs;

static void
install_faults (void)
{
    g_atomic_int_set (&fail_log_sync, 0);
    g_atomic_int_set (&fail_main_sync, 0);
    g_atomic_int_set (&n_disk_failures_logged, 0);
    g_atomic_int_set (&room_bytes, -1);
    real_vfs = sqlite3_vfs_find (NULL);
    fault_vfs = *real_vfs;
    fault_vfs.zName = "faults";
    fault_vfs.szOsFile = (int) sizeof (FaultFile) + real_vfs->szOsFile;
    fault_vfs.xOpen = fault_open;
    fault_vfs.pNext = NULL;
    sqlite3_vfs_register (&fault_vfs, 1);
}

static void
remove_faults (void)
{
    sqlite3_vfs_unregister (&fault_vfs);
    sqlite3_vfs_register (real_vfs, 1);
}

static TestDb *
open_on_faults (void)
{
    install_faults ();
    return test_db_new (TEST_SQLITE, thing_migrations, n_thing_migrations);
}

static gboolean
insert (Db *db, const char *id, gsize n_bytes, GError **error)
{
    g_autofree char *bytes = g_malloc0 (n_bytes + 1);

    return db_exec (db, "INSERT INTO thing (id, data) VALUES ($1, $2)",
                    DB_ARGS (db_text (id), db_blob (bytes, n_bytes)), NULL, error);
}

/* ---- cases ---- */

static void
test_a_failed_fsync_stops_all_writes (void)
{
    TestDb *t = open_on_faults ();

    g_assert_true (insert (t->db, "before", 1, &t->error));
    g_atomic_int_set (&fail_log_sync, 1);
    g_assert_false (insert (t->db, "during", 1, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&t->error);
    g_assert_false (db_is_writable (t->db));
    g_assert_cmpint (g_atomic_int_get (&n_disk_failures_logged), ==, 1);

    /* the next fsync would succeed, and would prove nothing */
    g_atomic_int_set (&n_syncs, 0);
    g_assert_false (insert (t->db, "after", 1, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 1); /* reading goes on */
    db_free (t->db);
    g_assert_cmpint (g_atomic_int_get (&n_syncs), ==, 0);

    t->db = db_open_with (&t->settings, thing_migrations, n_thing_migrations, &t->error);
    g_assert_no_error (t->error);
    g_assert_true (db_is_writable (t->db));
    g_assert_true (insert (t->db, "after", 1, &t->error));
    test_db_free (t);
    remove_faults ();
}

static void
note_syncs (gpointer data)
{
    *(gint *) data = g_atomic_int_get (&n_syncs);
}

static gboolean
start_over (Db *db, gpointer data, GError **error)
{
    return db_exec (db, "DELETE FROM thing", DB_NO_ARGS, NULL, error) &&
           insert (db, "first", 10, error);
}

/* Both ends on the writer's thread, so that nothing else comes in between. */
static gboolean
insert_and_note_syncs (Db *db, gpointer data, GError **error)
{
    g_atomic_int_set (&n_syncs, 0);
    db_after_commit (db, note_syncs, data, NULL);
    return insert (db, "second", 10, error);
}

static void
test_a_commit_is_one_fsync (void)
{
    TestDb *t = open_on_faults ();
    gint n = 0, n_before;

    /* The first commit of a log also syncs its folder, or its head where the log starts over: it does once
     * it was copied into the database, as it is when nobody writes for a while. */
    do {
        n_before = g_atomic_int_get (&n_main_syncs);
        g_assert_true (db_write (t->db, start_over, NULL, &t->error));
        g_assert_true (db_write (t->db, insert_and_note_syncs, &n, &t->error));
    } while (g_atomic_int_get (&n_main_syncs) != n_before);
    g_assert_cmpint (n, ==, 1);
    test_db_free (t);
    remove_faults ();
}

static void
test_a_failed_checkpoint_stops_all_writes (void)
{
    TestDb *t = open_on_faults ();

    g_atomic_int_set (&fail_main_sync, 1);
    /* so large that the log is copied into the database afterwards; itself it is safe in the log */
    g_assert_true (insert (t->db, "large", 5000000, &t->error));
    while (db_is_writable (t->db))
        g_thread_yield ();
    g_assert_cmpint (g_atomic_int_get (&n_disk_failures_logged), ==, 1);
    g_assert_false (insert (t->db, "later", 1, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error (&t->error);
    g_assert_cmpint (count_things (t->db), ==, 1);
    db_free (t->db);
    t->db = db_open_with (&t->settings, thing_migrations, n_thing_migrations, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (count_things (t->db), ==, 1);
    test_db_free (t);
    remove_faults ();
}

static void
test_a_full_disk_passes (void)
{
    TestDb *t = open_on_faults ();

    g_assert_true (insert (t->db, "before", 1, &t->error));
    g_atomic_int_set (&room_bytes, 100000);
    g_assert_false (insert (t->db, "too large", 20000000, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_DISK_FULL);
    g_clear_error (&t->error);
    g_assert_true (db_is_writable (t->db));
    g_assert_cmpint (count_things (t->db), ==, 1);
    g_atomic_int_set (&room_bytes, -1); /* somebody made room */
    g_assert_true (insert (t->db, "too large", 20000000, &t->error));
    g_assert_cmpint (count_things (t->db), ==, 2);
    test_db_free (t);
    remove_faults ();
}

static void
test_a_really_full_disk_passes (void)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp ("tintype-full-XXXXXX", &error);
    g_autofree char *path = g_build_filename (folder, "test.db", NULL);
    DbSettings settings = { .sqlite_path = path };
    Db *db;

    if (mount ("tmpfs", folder, "tmpfs", 0, "size=4m") != 0) {
        g_test_skip ("a small file system cannot be mounted here (this needs root)");
        g_rmdir (folder);
        return;
    }
    db = db_open_with (&settings, thing_migrations, n_thing_migrations, &error);
    g_assert_no_error (error);
    g_assert_true (insert (db, "a", 1000000, &error));
    g_assert_false (insert (db, "b", 8000000, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_DISK_FULL);
    g_clear_error (&error);
    g_assert_true (db_is_writable (db));
    g_assert_true (insert (db, "c", 10, &error));
    g_assert_cmpint (count_things (db), ==, 2);
    db_free (db);
    g_assert_cmpint (umount (folder), ==, 0);
    g_rmdir (folder);
}

static void
test_no_file_no_folder (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (db_open (&(DbSettings){ .sqlite_path = "/nonexistent/test.db" }, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_IO);
    g_assert_nonnull (strstr (error->message, "/nonexistent/test.db"));
}

static void
test_a_file_of_something_else_is_refused (void)
{
    g_autoptr (TestDb) t = test_db_new_unopened (TEST_SQLITE);
    g_autofree char *text = g_strnfill (8192, 'x');

    g_assert_true (g_file_set_contents (t->settings.sqlite_path, text, -1, &t->error));
    g_assert_null (db_open (&t->settings, &t->error));
    g_assert_error (t->error, APP_ERROR, APP_ERROR_DB);
    g_assert_nonnull (strstr (t->error->message, t->settings.sqlite_path));
    g_clear_error (&t->error);
}

/* A failing disk is logged as critical, which would end any other test. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
    for (gsize i = 0; i < n_fields; i++)
        if (g_str_equal (fields[i].key, "EVENT") &&
            g_str_equal (fields[i].value, "database-disk-failed")) {
            g_atomic_int_inc (&n_disk_failures_logged);
            return G_LOG_WRITER_HANDLED;
        }
    return g_log_writer_default (level, fields, n_fields, data);
}

void
test_faults_add (void)
{
    g_log_set_writer_func (write_log, NULL, NULL);
    g_test_add_func ("/faults/a-commit-is-one-fsync", test_a_commit_is_one_fsync);
    g_test_add_func ("/faults/a-failed-fsync-stops-all-writes",
                     test_a_failed_fsync_stops_all_writes);
    g_test_add_func ("/faults/a-failed-checkpoint-stops-all-writes",
                     test_a_failed_checkpoint_stops_all_writes);
    g_test_add_func ("/faults/a-full-disk-passes", test_a_full_disk_passes);
    g_test_add_func ("/faults/a-really-full-disk-passes", test_a_really_full_disk_passes);
    g_test_add_func ("/faults/no-file-no-folder", test_no_file_no_folder);
    g_test_add_func ("/faults/a-file-of-something-else-is-refused",
                     test_a_file_of_something_else_is_refused);
}
