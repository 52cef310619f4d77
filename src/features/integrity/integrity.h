/* integrity.h -- whether the media folder and the database say the same
 *
 * Checks only report: what is missing, what nobody knows, what changed. Nothing is deleted or trashed
 * unless an admin says so of a report. A folder that cannot be trusted (its marker is gone, it cannot be
 * read, all in it seems to be missing) stops a check, and the admins are told why. */
#pragma once
#include "features/app.h"
#include "features/integrity_api.h"

void integrity_start (App *app, Api *api);

/** Before anybody is served: where the database and the files are not of the same time (storage-template.h), assets
 *  whose original is elsewhere get it back, as far as that takes a few seconds. The rest is left to the checks. */
void integrity_begin (App *app);
/** Report a file that lies where one was to be deleted and is another, unless something has it. */
gboolean integrity_note_stray (Db *db, Arena *arena, const char *path, GError **error);
/** In a write: have all three checks run. */
gboolean integrity_ask (Db *tx, GError **error);
