/* relocate.h -- giving a file another path so that every crash leaves a whole copy of it
 *
 * A move is three steps, and whoever moves notes it before the first: relocate_place () makes the new
 * path while the old one stays, the caller says in the database which one counts, relocate_drop () takes the
 * old one away. Readers find the file at all times. */
#pragma once
#include <glib.h>

/** What is in a file. */
typedef struct {
    gint64 size_bytes;
    guint8 sha1[20];
} FileContent;

/** Take the lock file @path, which is made: no other thread or process has it until the descriptor is
 *  closed, however its holder ends. @waits  FALSE: fail when somebody has it. @return -1 with APP_ERROR_IO */
int relocate_lock (const char *path, gboolean waits, GError **error);

/** Have the file at @to as well, durable: as a hard link, else as a copy with the same times. Where a file
 *  system has no links it is renamed, and @from is gone. Nothing is ever replaced.
 *  @param what    what @from should hold; a copy is refused (APP_ERROR_MEDIA) when it does not
 *  @param verify  read a copy again after it was written
 *  @return FALSE with APP_ERROR_NOT_FOUND (there is no @from), APP_ERROR_DISK_FULL or APP_ERROR_IO; then
 *          nothing is at @to */
gboolean relocate_place (const char *from, const char *to, const FileContent *what, gboolean verify,
                         GError **error);

/** Unlink @path, durable; a missing one is fine. Folders above it that are empty then go too, up to
 *  @keep_folder, which stays. */
gboolean relocate_drop (const char *path, const char *keep_folder, GError **error);

/** Read what is in a file. @return FALSE with APP_ERROR_NOT_FOUND or APP_ERROR_IO */
gboolean relocate_read (const char *path, FileContent *out, GError **error);
/** Whether @path holds exactly that; a missing file or one of another kind does not. */
gboolean relocate_holds (const char *path, const FileContent *what);
/** Whether both are the same file, or two with that content. */
gboolean relocate_is_copy (const char *path, const char *other, const FileContent *what);
/** Where relocate_place () collects a copy; what a crash left there may be removed. (transfer full) */
char *relocate_temporary (const char *to);

/** Remove the empty folders below @folder, but not itself; links to folders are not followed. */
void relocate_sweep_folders (const char *folder);
