/* partners.h -- users whose timeline is shown in mine */
#pragma once
#include "features/app.h"
#include "features/partners_api.h"

void partners_start (App *app, Api *api);

/** Ids of those whose assets the user wants in the own timeline, and who still share them. */
gboolean partners_find_in_timeline (Db *db, Arena *arena, const char *user_id, StringList *out,
                                    GError **error);
