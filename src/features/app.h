/* app.h -- what the features share: made by the program at start, unchanged until it stops
 *
 * A handler finds it as call->app, a job as its first argument. */
#pragma once
#include "api/api.h"
#include "base/settings.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "jobs/worker_pool.h"
#include "media/places.h"
#include "realtime/realtime.h"

struct _App {
    const Settings *settings;
    const char *media_location;   /* absolute, without a slash at the end */
    const char *temporary_folder; /* of this process, on the file system of the media folder */
    Db *db;
    Jobs *jobs;
    Realtime *realtime;
    WorkerPool *workers;
    const char *transcoder; /* path of tintype-transcoder */
    struct _Config *config; /* the system config, see features/config/config.h */
    struct _Hls *hls;       /* videos that are being streamed, see features/hls/hls.h */
    struct _LibraryWatch *library_watch; /* see features/libraries/libraries.h */
    Places *places;                      /* NULL: no data file, positions get no names */
    const char *version;                 /* of this program, "0.1.0" */
    gint64 started_at_ms;
    void (*restart) (
        struct _App *app); /* end, and begin again in the mode of the database; any thread */
    struct _Maintenance
        *maintenance; /* see features/maintenance/maintenance.h; NULL: normal mode */
};

/** The API version that clients are told. */
#define API_VERSION_MAJOR 3
#define API_VERSION_MINOR 2
#define API_VERSION_PATCH 2

/** Hang every feature into @api and its jobs into app->jobs. (features.c)
 *  @return FALSE when the server cannot start, e.g. the system config is unusable */
gboolean features_start (App *app, Api *api, GError **error);
/** Free what they hold; nothing serves or runs any more. */
void features_stop (App *app);
