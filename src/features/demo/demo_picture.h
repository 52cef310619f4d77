/* demo_picture.h -- the pictures of a made-up library (internal to the feature) */
#pragma once
#include "base/arena.h"
#include "jobs/worker_pool.h"

/** What the assets share. Paths are relative to the media folder. */
typedef struct {
    const char *original, *preview, *thumbnail;
    gint64 width, height, size_bytes;
    const guint8 *thumbhash;
    gsize n_thumbhash;
} DemoPicture;

/** Draw a landscape, another one for each @number, store it as an upload of @owner_id and render it. */
gboolean demo_picture_make (WorkerPool *workers, Arena *arena, const char *media_location,
                            const char *owner_id, guint number, DemoPicture *out, GError **error);
