/* trash_private.h -- between the files of the feature */
#pragma once
#include "features/trash/trash.h"

gboolean trash_empty (App *app, Arena *arena, const char *owner_id, gint64 *out_n, GError **error);
gboolean trash_restore_all (App *app, Arena *arena, const char *owner_id, gint64 *out_n,
                            GError **error);
gboolean trash_restore (App *app, Arena *arena, const char *owner_id, const StringList *ids,
                        GError **error);

/** In a write: have the assets with status deleted removed. */
gboolean trash_add_emptying (Db *tx, GError **error);
/** How long things stay in the trash; 0 when it is switched off. */
gint64 trash_days (const App *app);
void trash_register_jobs (Jobs *jobs);
