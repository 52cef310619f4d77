/* integrity.h -- whether the media folder and the database say the same
 *
 * Checks only report: what is missing, what nobody knows, what changed. Nothing is deleted or trashed
 * unless an admin says so of a report. A folder that cannot be trusted (its marker is gone, it cannot be
 * read, all in it seems to be missing) stops a check, and the admins are told why. */
#pragma once
#include "features/app.h"
#include "features/integrity_api.h"

void integrity_start (App *app, Api *api);

/** In a write: have all three checks run. */
gboolean integrity_ask (Db *tx, GError **error);
