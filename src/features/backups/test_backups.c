/* The names of backups, and the bytes of their files. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "features/backups/backup_file.h"
#include "features/backups/backup_name.h"
#include "features/backups/backup_program.h"

#define N_BYTES (1024 * 1024)

static void
test_names_tell_what_they_are (void)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GDateTime) time = g_date_time_new_local (2026, 1, 14, 18, 40, 16);
    const char *name = backup_name_new (arena, BACKUP_ROUTINE, time, "3.2.2", "SQLite 3.40.1");
    const char *point =
        backup_name_new (arena, BACKUP_RESTORE_POINT, time, "3.2.2", "PostgreSQL 15.18");
    const char *before_update =
        backup_name_new (arena, BACKUP_BEFORE_UPDATE, time, "3.2.2", "SQLite 3.40.1");

    g_assert_cmpstr (name, ==, "immich-db-backup-20260114T184016-v3.2.2-sqlite3.40.1.sql.gz");
    g_assert_cmpstr (point, ==,
                     "restore-point-immich-db-backup-20260114T184016-v3.2.2-pg15.18.sql.gz");
    g_assert_true (backup_check_name (name, NULL) && backup_check_name (point, NULL));
    g_assert_true (backup_name_is_routine (name, "SQLite 3.46.0"));
    g_assert_false (backup_name_is_routine (point, "PostgreSQL 15.18"));
    g_assert_true (backup_check_name (before_update, NULL));
    g_assert_true (backup_name_is_before_update (before_update));
    g_assert_false (backup_name_is_before_update (name));
    g_assert_false (backup_name_is_routine (before_update, "SQLite 3.40.1"));
}

static void
test_only_names_of_the_routine_are_pruned (void)
{
    static const char *const others[] = {
        "uploaded-immich-db-backup-20260114T184016-v3.2.2-pg15.18.sql.gz",
        "immich-db-backup-20261314T184016-v3.2.2-pg15.18.sql.gz",
        "immich-db-backup-20260114T184016.sql.gz",
        "immich-db-backup-20260114T18401-v3.2.2-pg15.18.sql.gz",
        "immich-db-backup-.sql.gz",
        "immich-db-backup-1234567890123456.sql.gz",
        "immich-db-backup-1500000000000.sql.gz",
        "immich-db-backup-20260114T184016-v3.2.2-sqlite3.40.1.sql.gz",
        "immich-db-backup-20260114T184016-v3.2.2.sql.gz",
        "immich-db-backup-20260114T184016-v3.2.2-pg15.18.sql",
        "immich-db-backup-",
        "mine.sql.gz",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
        g_assert_false (backup_name_is_routine (others[i], "PostgreSQL 15.18"));
    g_assert_true (backup_name_is_routine ("immich-db-backup-20260114T184016-v2.5.0-pg14.19.sql.gz",
                                           "PostgreSQL 15.18"));
    g_assert_false (backup_name_is_routine (
        "immich-db-backup-20260114T184016-v2.5.0-pg14.19.sql.gz", "SQLite 3.40.1"));
}

static void
test_names_from_outside (void)
{
    static const char *const bad[] = { "",         "..",        "a/b.sql",  ".sql",
                                       ".a.sql",   "a.sql.tmp", "a b.sql",  "a.txt",
                                       "\xff.sql", "a\n.sql",   "$(x).sql", "a.gz" };
    g_autoptr (Arena) arena = arena_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        g_assert_false (backup_check_name (bad[i], NULL));
    g_assert_cmpstr (backup_name_for_upload (arena, "../../a.sql", NULL), ==, "uploaded-a.sql");
    g_assert_cmpstr (backup_name_for_upload (arena, "C:\\dumps\\a.sql.gz", NULL), ==,
                     "uploaded-a.sql.gz");
    g_assert_null (backup_name_for_upload (arena, "a.sql/", NULL));
}

/* ---- programs ---- */

static void
assert_fits (const char *path, const char *engine)
{
    g_autoptr (GError) error = NULL;

    g_assert_true (backup_program_fits (path, engine, "install it", &error));
    g_assert_no_error (error);
}

static void
assert_is_of_no_use (const char *path, const char *engine, AppErrorCode code)
{
    g_autoptr (GError) error = NULL;

    g_assert_false (backup_program_fits (path, engine, "install it", &error));
    g_assert_error (error, APP_ERROR, (int) code);
    if (code == APP_ERROR_DB) { /* its own words */
        g_assert_cmpstr (error->message, ==, "pg_dump failed: no memory");
        return;
    }
    g_assert_nonnull (strstr (error->message, path));
    g_assert_true (g_str_has_suffix (error->message, "; install it"));
}

static void
write_program (const char *path, const char *script, int mode)
{
    g_remove (path);
    g_assert_true (
        g_file_set_contents_full (path, script, -1, G_FILE_SET_CONTENTS_NONE, mode, NULL));
}

static void
test_programs_are_not_older_than_the_server (void)
{
    static const char script[] =
        "#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)'\n";
    g_autofree char *folder = g_dir_make_tmp ("tintype-backup-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (folder, "pg_dump", NULL);

    assert_is_of_no_use (path, "PostgreSQL 15.18", APP_ERROR_CONFIG); /* it is not there */
    write_program (path, script, 0700);
    assert_fits (path, "PostgreSQL 14.19");
    assert_fits (path, "PostgreSQL 15.18");
    assert_is_of_no_use (path, "PostgreSQL 16.4", APP_ERROR_CONFIG);

    /* what may be otherwise in a moment is not what is not there */
    write_program (path, script, 0600);
    assert_is_of_no_use (path, "PostgreSQL 15.18", APP_ERROR_UNAVAILABLE);
    write_program (path, "#!/bin/sh\necho 'no memory' >&2; exit 1\n", 0700);
    assert_is_of_no_use (path, "PostgreSQL 15.18", APP_ERROR_DB);
    g_remove (path);
    g_rmdir (folder);
}

/* ---- files ---- */

static void
write_file (const char *path, const guint8 *bytes, gsize n_bytes)
{
    int fd = g_open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_autoptr (BackupWriter) writer = backup_writer_new (fd, path);
    g_autoptr (GError) error = NULL;

    for (gsize done = 0; done < n_bytes; done += MIN (n_bytes - done, 10007))
        backup_writer_write (writer, bytes + done, MIN (n_bytes - done, 10007), &error);
    g_assert_no_error (error);
    g_assert_true (backup_writer_finish (writer, &error));
    close (fd);
}

static guint8 *
read_file (const char *path, gsize *out_n, GError **error)
{
    g_autoptr (BackupReader) reader = backup_reader_open (path, error);
    g_autofree guint8 *bytes = g_malloc (2 * N_BYTES);
    gssize n;

    *out_n = 0;
    while ((n = backup_reader_read (reader, bytes + *out_n, 4099, error)) > 0)
        *out_n += (gsize) n;
    return n == 0 ? g_steal_pointer (&bytes) : NULL;
}

static guint8 *
make_text (void)
{
    g_autoptr (GRand) random = g_rand_new_with_seed (7);
    guint8 *bytes = g_malloc (N_BYTES);

    for (gsize i = 0; i < N_BYTES; i++)
        bytes[i] = (guint8) ('a' + g_rand_int_range (random, 0, 16));
    return bytes;
}

static void
test_what_is_written_is_read (void)
{
    g_autofree char *folder = g_dir_make_tmp ("tintype-backup-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (folder, "a.sql.gz", NULL);
    g_autofree guint8 *bytes = make_text (), *read = NULL, *empty = NULL;
    g_autoptr (GError) error = NULL;
    gsize n = 0;

    write_file (path, bytes, N_BYTES);
    read = read_file (path, &n, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (read, n, bytes, N_BYTES);
    write_file (path, bytes, 0);
    empty = read_file (path, &n, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (n, ==, 0);
    g_remove (path);
    g_rmdir (folder);
}

static void
test_damage_is_seen (void)
{
    g_autofree char *folder = g_dir_make_tmp ("tintype-backup-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (folder, "a.sql.gz", NULL);
    g_autofree guint8 *bytes = make_text ();
    g_autofree char *content = NULL;
    g_autoptr (GError) error = NULL;
    gsize n_content = 0, n = 0;

    write_file (path, bytes, N_BYTES);
    g_assert_true (g_file_get_contents (path, &content, &n_content, NULL));
    g_assert_true (g_file_set_contents (path, content, (gssize) n_content / 2, NULL));
    g_assert_null (read_file (path, &n, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error (&error);
    content[n_content - 6] ^= 1; /* of the checksum */
    g_assert_true (g_file_set_contents (path, content, (gssize) n_content, NULL));
    g_assert_null (read_file (path, &n, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    g_remove (path);
    g_rmdir (folder);
}

/* After a change near the start, the end of the file is the same again, byte by byte. */
static void
test_rsync_finds_what_did_not_change (void)
{
    g_autofree char *folder = g_dir_make_tmp ("tintype-backup-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (folder, "a.sql.gz", NULL);
    g_autofree guint8 *bytes = make_text ();
    g_autofree char *before = NULL, *after = NULL;
    gsize n_before = 0, n_after = 0, same = 0;

    write_file (path, bytes, N_BYTES);
    g_assert_true (g_file_get_contents (path, &before, &n_before, NULL));
    memcpy (bytes + 1000, "something else", 14);
    write_file (path, bytes, N_BYTES);
    g_assert_true (g_file_get_contents (path, &after, &n_after, NULL));
    /* the checksum in the last eight bytes differs */
    while (same + 9 < n_before && same + 9 < n_after &&
           before[n_before - 9 - same] == after[n_after - 9 - same])
        same++;
    g_assert_cmpuint (same, >, n_before / 10 * 9);
    g_remove (path);
    g_rmdir (folder);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/backups/names-tell-what-they-are", test_names_tell_what_they_are);
    g_test_add_func ("/backups/only-names-of-the-routine-are-pruned",
                     test_only_names_of_the_routine_are_pruned);
    g_test_add_func ("/backups/names-from-outside", test_names_from_outside);
    g_test_add_func ("/backups/programs-are-not-older-than-the-server",
                     test_programs_are_not_older_than_the_server);
    g_test_add_func ("/backups/what-is-written-is-read", test_what_is_written_is_read);
    g_test_add_func ("/backups/damage-is-seen", test_damage_is_seen);
    g_test_add_func ("/backups/rsync-finds-what-did-not-change",
                     test_rsync_finds_what_did_not_change);
    return g_test_run ();
}
