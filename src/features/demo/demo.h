/* demo.h -- a made-up library of any size, to try the server and to measure it */
#pragma once
#include "db/db.h"
#include "jobs/worker_pool.h"

typedef struct {
    gint64 n_assets;
    const char *email; /* of the user who gets them; NULL: the first admin */
    gint64 n_years;    /* over which they were taken, until today */
    guint32 seed;      /* the same seed and day make the same library */
    gint64 n_albums;   /* half of the photos are in one, the first holds a tenth of all */
    gint64 n_people;   /* a third of them has a name */
    gint64 n_faces;    /* about so many, of these people */
} DemoSettings;

/** Add made-up photos to an existing user. They share a few pictures on disk, which are drawn here and
 *  rendered by a worker; everything else (dates, places, sizes, ids) differs.
 *  @progress  called now and then, and at the end, with the number so far
 *  @return FALSE with APP_ERROR_NOT_FOUND when there is no such user, or what else went wrong; whole
 *          batches stay */
gboolean demo_seed (Db *db, WorkerPool *workers, const char *media_location,
                    const DemoSettings *settings, void (*progress) (gint64 n_done), GError **error);
