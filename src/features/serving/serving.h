/* serving.h -- originals and what was made of them, as bytes */
#pragma once
#include "features/app.h"
#include "features/serving_api.h"

/** Long, since the address of what is served changes with its content. */
#define SERVING_CACHE_CONTROL                                                                      \
    "private, max-age=86400, no-transform, stale-while-revalidate=2592000, stale-if-error=2592000"

void serving_start (App *app, Api *api);

/** Answer with a stored file: ranges and validators by the HTTP server, type by extension, cached by
 *  the client for a day. A file that is not there is 404.
 *  @stored_path  as the database has it
 *  @shown_name   for Content-Disposition; NULL: none
 *  @is_untrusted what a user uploaded: a browser shall run nothing in it */
ApiStatus serving_send_file (ApiCall *call, const char *stored_path, const char *shown_name,
                             gboolean is_untrusted);

/** Which right to which asset lets the caller have a file. */
typedef struct {
    const char *asset_id, *permission;
    gboolean is_original; /* the file may be moved at any time */
} ServingAccess;

/** The same of an original, wherever it was moved since its path was read, or of a whole video or picture that was
 *  made of one. Untrusted. What takes long is broken off once @access was lost, see serving_is_still_open (). */
ApiStatus serving_send_long (ApiCall *call, const ServingAccess *access, const char *stored_path,
                             const char *shown_name);

/** Ask anew while something is sent that takes long; blocks.
 *  @return FALSE: the caller is not let in any more, or nobody knows; @out_is_open says whether the asset still is */
gboolean serving_is_still_open (App *app, const Auth *auth, Arena *arena, const char *asset_id,
                                const char *permission, gboolean *out_is_open);

/** The same for one whose content changes while its address stays: the client asks each time whether what
 *  it has is still it. */
ApiStatus serving_send_changing_file (ApiCall *call, const char *stored_path);

/** Refuse with 'Cache-Control: none', so that nobody keeps the answer. */
ApiStatus serving_refuse (ApiCall *call, GError *error);

/** "IMG_1.HEIC" and "preview/x_preview.jpeg" with the suffix "_preview": "IMG_1_preview.jpeg". */
const char *serving_file_name (Arena *arena, const char *original_name, const char *suffix,
                               const char *served_path);
