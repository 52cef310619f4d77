/* Which state of the database is the current one, without asking SQLite.
 *
 * The head of the index of the write-ahead log is shared memory, 48 bytes that every commit of any
 * process changes before it returns: a counter, the length of the log, its salts and checksums. By
 * them SQLite's own readers tell whether what they have in memory is still true. The head stands
 * there twice, so that a reader sees when it is being written. See https://sqlite.org/walformat.html,
 * 2.1 "The WAL-Index Header". */
#define G_LOG_DOMAIN "db"
#include <string.h>

#include "db/sqlite_private.h"

#define INDEX_BYTES 32768 /* of the first part */

const guint32 *
sqlite_find_log_head (SqliteConnection *connection)
{
    sqlite3_file *file = NULL;
    volatile void *index = NULL;

    if (sqlite3_file_control (connection->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
            SQLITE_OK ||
        file->pMethods == NULL || file->pMethods->iVersion < 2 ||
        file->pMethods->xShmMap (file, 0, INDEX_BYTES, 0, &index) != SQLITE_OK)
        return NULL;
    return (const guint32 *) index;
}

gboolean
sqlite_read_log_head (const guint32 *head, guint32 out[SQLITE_HEAD_WORDS])
{
    gboolean is_whole = TRUE;

    /* the writer changes the second copy first */
    for (guint i = 0; i < SQLITE_HEAD_WORDS; i++)
        out[i] = __atomic_load_n (&head[i], __ATOMIC_ACQUIRE);
    for (guint i = 0; i < SQLITE_HEAD_WORDS; i++)
        is_whole &= __atomic_load_n (&head[SQLITE_HEAD_WORDS + i], __ATOMIC_ACQUIRE) == out[i];
    return is_whole;
}
