/* storage_path.h -- rules of the paths below library/; pure functions (internal to the feature) */
#pragma once
#include <glib.h>
#include "base/arena.h"

/** One name without what some system or other does not take in it: slashes, < > : * | " ? \, control
 *  characters, dots and blanks at its end, names of devices. At most 255 bytes; maybe "". */
const char *storage_path_clean (Arena *arena, const char *name);
/** The last part of what the user calls the file, without its extension, cleaned. */
const char *storage_path_name (Arena *arena, const char *original_file_name);
/** The extension of @path in small letters, without its dot, one spelling for each kind (jpeg is jpg). */
const char *storage_path_extension (Arena *arena, const char *path);

/** @rendered below @root ('library/<label>') with the extension. Empty and '.' parts go, '..' leads up,
 *  control characters are left out, long parts are cut so that a number, '.xmp' and '.tmp' still fit.
 *  @return NULL with APP_ERROR_INVALID when it leaves @root, has no name or is too long */
const char *storage_path_below (Arena *arena, const char *root, const char *rendered,
                                const char *extension, GError **error);
/** 'a/b.jpg' and 2: 'a/b+2.jpg'; 0: itself. */
const char *storage_path_numbered (Arena *arena, const char *path, guint n);
/** Whether @path is @target, or that with a number. */
gboolean storage_path_is_at (const char *path, const char *target);
/** 'a/b+1.jpg' and 'mov': 'a/b+1.mov'. */
const char *storage_path_with_extension (Arena *arena, const char *path, const char *extension);
