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

/** The same of an original, wherever it was moved since its path was read. Untrusted. */
ApiStatus serving_send_original (ApiCall *call, const char *asset_id, const char *stored_path,
                                 const char *shown_name);

/** The same for one whose content changes while its address stays: the client asks each time whether what
 *  it has is still it. */
ApiStatus serving_send_changing_file (ApiCall *call, const char *stored_path);

/** Refuse with 'Cache-Control: none', so that nobody keeps the answer. */
ApiStatus serving_refuse (ApiCall *call, GError *error);

/** "IMG_1.HEIC" and "preview/x_preview.jpeg" with the suffix "_preview": "IMG_1_preview.jpeg". */
const char *serving_file_name (Arena *arena, const char *original_name, const char *suffix,
                               const char *served_path);
