/* hot_files.h -- the small files that were sent last, in memory
 *
 * A screen of thumbnails is asked for again and again, by several clients. A file that is the same
 * by stat () is not opened and read once more. At most 4 MB, whatever there is to send. */
#pragma once
#include <glib.h>
#include <sys/stat.h>

#define HOT_FILE_MAX_BYTES (32 * 1024)

/** @return (transfer full) all of it, with what stat () said now; NULL: not in memory, or changed */
GBytes *hot_files_find (const char *path, struct stat *out_info);
/** Keep @bytes, read from a file that fstat () described as @info. */
void hot_files_keep (const char *path, const struct stat *info, GBytes *bytes);
