/* assets.h -- photos and videos: finding, describing, changing them, and telling clients of it
 *
 * Whether the caller may do so was checked before (access_check_asset () of api/api.h). An asset that is
 * being removed (status deleted) is not found by anything here. */
#pragma once
#include "features/app.h"
#include "features/assets_api.h"

void assets_start (App *app, Api *api);

/* ---- reading ---- */

/** @return FALSE with APP_ERROR_NOT_FOUND when there is none */
gboolean asset_find (Db *db, Arena *arena, const char *id, AssetRow *out, GError **error);
/** Those of @ids that are there, in one query, in the order of @ids; a repeated id comes once. */
gboolean assets_find (Db *db, Arena *arena, const StringList *ids, AssetRowList *out,
                      GError **error);
/** Whether the user changed it (description, tags, ...), so that a file has no say in it. */
gboolean asset_is_locked (const AssetRow *asset, const char *property);
/** The path of a file made for or beside an asset, as it is stored; NULL when there is none. */
gboolean asset_find_file (Db *db, Arena *arena, const char *id, AssetFileType type,
                          gboolean is_edited, const char **out_path, GError **error);

void assets_shuffle (StringList *ids); /* into an order of chance */

/* ---- describing ---- */

typedef enum {
    ASSET_WITH_OWNER = 1 << 0,
    ASSET_WITH_EXIF = 1 << 1,
    ASSET_WITH_TAGS = 1 << 2,
    ASSET_WITH_PEOPLE = 1 << 3,
    ASSET_WITH_STACK = 1 << 4,
} AssetParts;

#define ASSET_FULL                                                                                 \
    (ASSET_WITH_OWNER | ASSET_WITH_EXIF | ASSET_WITH_TAGS | ASSET_WITH_PEOPLE | ASSET_WITH_STACK)
#define ASSET_CHANGED (ASSET_WITH_EXIF | ASSET_WITH_PEOPLE) /* answer of an update */
#define ASSET_EVENT (ASSET_WITH_EXIF | ASSET_WITH_TAGS | ASSET_WITH_PEOPLE) /* in realtime events */

/** For clients. @viewer_id: favourites and people are the owner's own business; NULL: each asset is
 *  seen by its owner. */
gboolean asset_describe (const App *app, Db *db, Arena *arena, const char *id, AssetParts parts,
                         const char *viewer_id, AssetResponse *out, GError **error);
/** Many at once, with a fixed number of queries; order and gaps as assets_find (). */
gboolean assets_describe (const App *app, Db *db, Arena *arena, const StringList *ids,
                          AssetParts parts, const char *viewer_id, AssetResponseList *out,
                          GError **error);

/** What a link that hides metadata shows of an asset. */
void asset_strip (const AssetResponse *asset, StrippedAsset *out);

/* ---- changing, inside a write ---- */

/** A parameter for "UPDATE asset SET ... FROM json_each ($n) AS change WHERE asset.id =
 *  substr (change.value, 1, 36)" that gives every row an update id of its own, in the order of @ids:
 *  "update_id = substr (change.value, 38)". The rows come by their ids, so that of two such changes one waits
 *  for the other, and not each for the other. */
DbValue asset_changes (Arena *arena, const StringList *ids);

/** Months since 1970 of a local time. */
gint64 asset_local_month (gint64 local_ms);

/** A video becomes the motion part of a photo: off the timeline, or (@everywhere) the archive and the
 *  locked folder too, and out of the trash. *@out_hidden: it was there. */
gboolean asset_hide_motion_part (Db *tx, const char *video_id, gboolean everywhere,
                                 gboolean *out_hidden, GError **error);
/** Before it is asked what shows a film, or is joined to it: the transactions of one owner's come one after the
 *  other, or each could miss the other. First of all, before they hold what the other one wants. */
gboolean asset_wait_for_motion_parts (Db *tx, const char *owner_id, GError **error);
/** Whether a photo other than @except_id ("": any) shows the video as its motion part; or
 *  (@in_trash_too) would again when it is restored. */
gboolean asset_motion_part_is_shown (Db *tx, const char *video_id, const char *except_id,
                                     gboolean in_trash_too, gboolean *out, GError **error);
/** Whether a video of @owner_id is closed without the PIN: locked itself, or the film of locked photos alone. */
gboolean asset_motion_part_is_locked (Db *db, const char *video_id, const char *owner_id,
                                      gboolean *out, GError **error);
/** FALSE with APP_ERROR_INVALID and the clients' text unless @video_id may be the motion part of a
 *  photo of @owner_id. @sees_locked  the caller's session is elevated: else what is locked, or the film of
 *  locked photos, is not found */
gboolean asset_check_motion_part (Db *tx, Arena *arena, const char *video_id, const char *owner_id,
                                  gboolean sees_locked, GError **error);

/** Write key/value items of one asset; in a write. */
gboolean asset_set_metadata (Db *tx, const char *id, const AssetMetadataUpsertItemList *items,
                             gint64 now_ms, GError **error);

/** What an asset takes over from others that go in its favour; what is not set stays as it is. */
typedef struct {
    gboolean is_favorite;
    const char *visibility, *description;
    gboolean has_rating;
    gint64 rating;
    gboolean has_position;
    double latitude, longitude;
} AssetTakeOver;

gboolean asset_take_over (const App *app, Db *tx, Arena *arena, const char *id,
                          const AssetTakeOver *what, GError **error);
/** Put an asset into the albums of others. @member_id  only where this user may add */
gboolean assets_copy_albums (Db *tx, Arena *arena, const StringList *source_ids,
                             const char *target_id, const char *member_id, GError **error);

/** Lay what the user changed (the locked properties) over what was read from the files, as a sidecar
 *  would say it. @return the new document; NULL with APP_ERROR_INTERNAL when @metadata_json is none */
const char *asset_overlay_locked (Arena *arena, const AssetRow *asset, const char *metadata_json,
                                  GError **error);

/** The same as an object of tags, to be written into a sidecar (media/sidecar.h). @tags_json  the asset's tags
 *  as a JSON array; NULL: they are not written. @return NULL when nothing is locked that can be */
const char *asset_write_locked (Arena *arena, const AssetRow *asset, const char *tags_json);

/* ---- telling clients; any thread, after the commit ---- */

/** @event with the id, or with the list of ids, as its argument. */
void asset_send_id (const App *app, const char *owner_id, const char *event, const char *id);
void asset_send_ids (const App *app, const char *owner_id, const char *event,
                     const StringList *ids);
/** @event with the described asset; nothing when it is gone. */
void asset_send_object (const App *app, const char *id, const char *event);
/** The same for each of many. */
void asset_send_objects (const App *app, const StringList *ids, const char *event);
/** on_upload_success and AssetUploadReadyV1 and V2, unless the asset is hidden or locked. */
void asset_send_ready (const App *app, Arena *arena, const char *id);
/** AssetEditReadyV1 and V2. @edits_json  its edits as the sync stream shows them */
void asset_send_edited (const App *app, Arena *arena, const char *id, const char *edits_json);
