/* sidecars_private.h -- between the files of the feature */
#pragma once
#include "features/assets/assets.h"
#include "features/sidecars/sidecars.h"

JobResult sidecar_run_write (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult sidecar_run_check (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult sidecar_run_queue_all (gpointer app, const Job *job, Arena *arena, GError **error);

/** In a write: that the asset's sidecar is at @path (as stored); NULL: it has none. */
gboolean sidecar_record (Db *tx, const char *asset_id, const char *path, GError **error);
