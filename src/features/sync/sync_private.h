/* sync_private.h -- between the files of the feature */
#pragma once
#include "base/uuid.h"
#include "features/sync/sync.h"

#define SYNC_N_ENTITIES (SYNC_ENTITY_TYPE_SYNC_COMPLETE_V1 + 1)
#define SYNC_COMPLETE "complete"

/** How far a session has come in one kind of lines; "" where there is nothing. */
typedef struct {
    char update_id[UUID_TEXT_BYTES];
    char extra[UUID_TEXT_BYTES]; /* of a backfill: a UUID or 'complete' */
} SyncPoint;

typedef struct {
    SyncPoint points[SYNC_N_ENTITIES];
    gboolean is_reset_pending; /* the app shall forget what it has and begin again */
} SyncPoints;

/* ---- sync_checkpoint.c ---- */

gboolean sync_points_load (Db *db, Arena *arena, const char *session_id, SyncPoints *out,
                           GError **error);
gboolean sync_points_list (Db *db, Arena *arena, const char *session_id, SyncAckList *out,
                           GError **error);
/** Take what an app acknowledged, the later ones winning; nothing when one of them is wrong.
 *  @return FALSE with APP_ERROR_INVALID for an ack that no line had */
gboolean sync_points_save (Db *db, const char *session_id, const StringList *acks, GError **error);
/** One that the server acknowledges for the app. */
gboolean sync_point_save (Db *db, const char *session_id, SyncEntityType type, const char *ack,
                          GError **error);
/** @types NULL: all of them. */
gboolean sync_points_delete (Db *db, const char *session_id, const EnumList *types, GError **error);
/** Begin anew: no checkpoints, nothing pending. */
gboolean sync_points_reset (Db *db, const char *session_id, GError **error);

/* ---- sync_stream.c ---- */

/** The answer of the stream; @points as loaded, @horizon of db_horizon (). */
HttpResponse *sync_stream_new (const App *app, const Auth *auth, const EnumList *types,
                               const SyncPoints *points, const char *horizon);
/** The one line that has the app begin again. */
HttpResponse *sync_stream_new_reset (void);

/* ---- sync_legacy.c: what 2.x clients ask instead ---- */

ApiStatus sync_get_delta (ApiCall *call, const GetDeltaSyncRequest *in,
                          AssetDeltaSyncResponse *out);
ApiStatus sync_get_full (ApiCall *call, const GetFullSyncForUserRequest *in,
                         AssetResponseList *out);
