/* sidecar.h -- the XMP beside an original: finding it, and having a worker change it */
#pragma once
#include "base/arena.h"
#include "base/descriptor.h"
#include "jobs/worker_pool.h"

/** Where it is: @recorded if that can be read, else 'a.jpg.xmp', else 'a.xmp'. Absolute paths.
 *  @out_changed_ms  maybe NULL; when it was written, or put in this place with an older time of writing
 *  @return NULL when there is none */
const char *media_find_sidecar (Arena *arena, const char *original, const char *recorded,
                                gint64 *out_changed_ms);

/** Have a worker write the sidecar anew, see worker/sidecar.h.
 *  @param path       of the one that is there; NULL: none
 *  @param tags_json  an object
 *  @param out_fd     an empty file; neither synced nor moved here
 *  @param out_names  which tags a reader will find as they were meant
 *  @return FALSE with APP_ERROR_MEDIA when the one that is there cannot be understood */
gboolean media_write_sidecar (WorkerPool *pool, const char *path, const char *tags_json, int out_fd,
                              Arena *arena, StringList *out_names, GError **error);
