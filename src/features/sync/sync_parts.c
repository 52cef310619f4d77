/* sync_parts.c -- the statements of the stream and the shapes of its lines, see sync_parts.h
 *
 * Each is a range of an index by (owner, id of the change). What belongs to albums or memories, of
 * which a user may have thousands, is a range of all changes by id, of which the caller's are taken, a
 * window after the other: a seek in each album would make a sync with nothing new slow. CROSS JOIN
 * keeps SQLite from turning the loops around. */
#define G_LOG_DOMAIN "sync"
#include "features/sync/sync_parts.h"

/* ---- shapes ---- */

#define USER_FIELDS                                                                                \
    SYNC_FIRST ("id", SYNC_PLAIN), SYNC_NEXT ("name", SYNC_TEXT), SYNC_NEXT ("email", SYNC_TEXT),  \
        SYNC_NEXT ("avatarColor", SYNC_PLAIN), SYNC_NEXT ("deletedAt", SYNC_TIME),                 \
        SYNC_NEXT ("profileChangedAt", SYNC_TIME)
#define ASSET_FIELDS(duration)                                                                     \
    SYNC_FIRST ("id", SYNC_PLAIN), SYNC_NEXT ("ownerId", SYNC_PLAIN),                              \
        SYNC_NEXT ("originalFileName", SYNC_TEXT), SYNC_NEXT ("fileCreatedAt", SYNC_TIME),         \
        SYNC_NEXT ("fileModifiedAt", SYNC_TIME), SYNC_NEXT ("createdAt", SYNC_TIME),               \
        SYNC_NEXT ("localDateTime", SYNC_TIME), SYNC_NEXT ("type", SYNC_PLAIN),                    \
        SYNC_NEXT ("deletedAt", SYNC_TIME), SYNC_NEXT ("isFavorite", SYNC_BOOL),                   \
        SYNC_NEXT ("visibility", SYNC_PLAIN), SYNC_NEXT ("duration", duration),                    \
        SYNC_NEXT ("livePhotoVideoId", SYNC_PLAIN), SYNC_NEXT ("stackId", SYNC_PLAIN),             \
        SYNC_NEXT ("libraryId", SYNC_PLAIN), SYNC_NEXT ("width", SYNC_INT),                        \
        SYNC_NEXT ("height", SYNC_INT), SYNC_NEXT ("isEdited", SYNC_BOOL),                         \
        SYNC_NEXT ("checksum", SYNC_CHECKSUM), SYNC_NEXT ("thumbhash", SYNC_BASE64)
#define ALBUM_FIELDS                                                                               \
    SYNC_FIRST ("id", SYNC_PLAIN), SYNC_NEXT ("name", SYNC_TEXT),                                  \
        SYNC_NEXT ("description", SYNC_TEXT), SYNC_NEXT ("createdAt", SYNC_TIME),                  \
        SYNC_NEXT ("updatedAt", SYNC_TIME), SYNC_NEXT ("thumbnailAssetId", SYNC_PLAIN),            \
        SYNC_NEXT ("isActivityEnabled", SYNC_BOOL), SYNC_NEXT ("order", SYNC_PLAIN)
#define FACE_FIELDS                                                                                \
    SYNC_FIRST ("id", SYNC_PLAIN), SYNC_NEXT ("assetId", SYNC_PLAIN),                              \
        SYNC_NEXT ("personId", SYNC_PLAIN), SYNC_NEXT ("imageWidth", SYNC_INT),                    \
        SYNC_NEXT ("imageHeight", SYNC_INT), SYNC_NEXT ("boundingBoxX1", SYNC_INT),                \
        SYNC_NEXT ("boundingBoxY1", SYNC_INT), SYNC_NEXT ("boundingBoxX2", SYNC_INT),              \
        SYNC_NEXT ("boundingBoxY2", SYNC_INT), SYNC_NEXT ("sourceType", SYNC_PLAIN)

static const SyncField auth_user_fields[] = {
    USER_FIELDS,
    SYNC_NEXT ("isAdmin", SYNC_BOOL),
    SYNC_NEXT ("pinCode", SYNC_PLAIN),
    SYNC_NEXT ("oauthId", SYNC_TEXT),
    SYNC_NEXT ("storageLabel", SYNC_TEXT),
    SYNC_NEXT ("quotaSizeInBytes", SYNC_INT),
    SYNC_NEXT ("quotaUsageInBytes", SYNC_INT),
    SYNC_NEXT ("hasProfileImage", SYNC_BOOL),
};
static const SyncField user_fields[] = { USER_FIELDS, SYNC_NEXT ("hasProfileImage", SYNC_BOOL) };
static const SyncField partner_fields[] = {
    SYNC_FIRST ("sharedById", SYNC_PLAIN),
    SYNC_NEXT ("sharedWithId", SYNC_PLAIN),
    SYNC_NEXT ("inTimeline", SYNC_BOOL),
};
static const SyncField asset_v1_fields[] = { ASSET_FIELDS (SYNC_DURATION) };
static const SyncField asset_v2_fields[] = { ASSET_FIELDS (SYNC_INT) };
static const SyncField exif_fields[] = {
    SYNC_FIRST ("assetId", SYNC_PLAIN),
    SYNC_NEXT ("description", SYNC_TEXT),
    SYNC_NEXT ("exifImageWidth", SYNC_INT),
    SYNC_NEXT ("exifImageHeight", SYNC_INT),
    SYNC_NEXT ("fileSizeInByte", SYNC_INT),
    SYNC_NEXT ("orientation", SYNC_TEXT),
    SYNC_NEXT ("dateTimeOriginal", SYNC_TIME),
    SYNC_NEXT ("modifyDate", SYNC_TIME),
    SYNC_NEXT ("timeZone", SYNC_TEXT),
    SYNC_NEXT ("latitude", SYNC_REAL),
    SYNC_NEXT ("longitude", SYNC_REAL),
    SYNC_NEXT ("projectionType", SYNC_TEXT),
    SYNC_NEXT ("city", SYNC_TEXT),
    SYNC_NEXT ("state", SYNC_TEXT),
    SYNC_NEXT ("country", SYNC_TEXT),
    SYNC_NEXT ("make", SYNC_TEXT),
    SYNC_NEXT ("model", SYNC_TEXT),
    SYNC_NEXT ("lensModel", SYNC_TEXT),
    SYNC_NEXT ("fNumber", SYNC_REAL),
    SYNC_NEXT ("focalLength", SYNC_REAL),
    SYNC_NEXT ("iso", SYNC_INT),
    SYNC_NEXT ("exposureTime", SYNC_TEXT),
    SYNC_NEXT ("profileDescription", SYNC_TEXT),
    SYNC_NEXT ("rating", SYNC_INT),
    SYNC_NEXT ("fps", SYNC_REAL),
};
static const SyncField album_v1_fields[] = { ALBUM_FIELDS, SYNC_NEXT ("ownerId", SYNC_PLAIN) };
static const SyncField album_v2_fields[] = { ALBUM_FIELDS };
static const SyncField album_user_fields[] = {
    SYNC_FIRST ("albumId", SYNC_PLAIN),
    SYNC_NEXT ("userId", SYNC_PLAIN),
    SYNC_NEXT ("role", SYNC_PLAIN),
};
static const SyncField album_asset_fields[] = {
    SYNC_FIRST ("assetId", SYNC_PLAIN),
    SYNC_NEXT ("albumId", SYNC_PLAIN),
};
static const SyncField stack_fields[] = {
    SYNC_FIRST ("id", SYNC_PLAIN),      SYNC_NEXT ("createdAt", SYNC_TIME),
    SYNC_NEXT ("updatedAt", SYNC_TIME), SYNC_NEXT ("primaryAssetId", SYNC_PLAIN),
    SYNC_NEXT ("ownerId", SYNC_PLAIN),
};
static const SyncField memory_fields[] = {
    SYNC_FIRST ("id", SYNC_PLAIN),      SYNC_NEXT ("createdAt", SYNC_TIME),
    SYNC_NEXT ("updatedAt", SYNC_TIME), SYNC_NEXT ("deletedAt", SYNC_TIME),
    SYNC_NEXT ("ownerId", SYNC_PLAIN),  SYNC_NEXT ("type", SYNC_PLAIN),
    SYNC_NEXT ("data", SYNC_JSON),      SYNC_NEXT ("isSaved", SYNC_BOOL),
    SYNC_NEXT ("memoryAt", SYNC_TIME),  SYNC_NEXT ("seenAt", SYNC_TIME),
    SYNC_NEXT ("showAt", SYNC_TIME),    SYNC_NEXT ("hideAt", SYNC_TIME),
};
static const SyncField memory_asset_fields[] = {
    SYNC_FIRST ("memoryId", SYNC_PLAIN),
    SYNC_NEXT ("assetId", SYNC_PLAIN),
};
static const SyncField person_fields[] = {
    SYNC_FIRST ("id", SYNC_PLAIN),      SYNC_NEXT ("createdAt", SYNC_TIME),
    SYNC_NEXT ("updatedAt", SYNC_TIME), SYNC_NEXT ("ownerId", SYNC_PLAIN),
    SYNC_NEXT ("name", SYNC_TEXT),      SYNC_NEXT ("birthDate", SYNC_DAY),
    SYNC_NEXT ("isHidden", SYNC_BOOL),  SYNC_NEXT ("isFavorite", SYNC_BOOL),
    SYNC_NEXT ("color", SYNC_TEXT),     SYNC_NEXT ("faceAssetId", SYNC_PLAIN),
};
static const SyncField face_v1_fields[] = { FACE_FIELDS };
static const SyncField face_v2_fields[] = {
    FACE_FIELDS,
    SYNC_NEXT ("isVisible", SYNC_BOOL),
    SYNC_NEXT ("deletedAt", SYNC_TIME),
};
static const SyncField user_metadata_fields[] = {
    SYNC_FIRST ("userId", SYNC_PLAIN),
    SYNC_NEXT ("key", SYNC_TEXT),
    SYNC_NEXT ("value", SYNC_JSON),
};
static const SyncField asset_metadata_fields[] = {
    SYNC_FIRST ("assetId", SYNC_PLAIN),
    SYNC_NEXT ("key", SYNC_TEXT),
    SYNC_NEXT ("value", SYNC_JSON),
};
static const SyncField edit_fields[] = {
    SYNC_FIRST ("id", SYNC_PLAIN),       SYNC_NEXT ("assetId", SYNC_PLAIN),
    SYNC_NEXT ("sequence", SYNC_INT),    SYNC_NEXT ("action", SYNC_PLAIN),
    SYNC_NEXT ("parameters", SYNC_JSON),
};
static const SyncField ocr_fields[] = {
    SYNC_FIRST ("id", SYNC_PLAIN),     SYNC_NEXT ("assetId", SYNC_PLAIN),
    SYNC_NEXT ("x1", SYNC_REAL),       SYNC_NEXT ("y1", SYNC_REAL),
    SYNC_NEXT ("x2", SYNC_REAL),       SYNC_NEXT ("y2", SYNC_REAL),
    SYNC_NEXT ("x3", SYNC_REAL),       SYNC_NEXT ("y3", SYNC_REAL),
    SYNC_NEXT ("x4", SYNC_REAL),       SYNC_NEXT ("y4", SYNC_REAL),
    SYNC_NEXT ("boxScore", SYNC_REAL), SYNC_NEXT ("textScore", SYNC_REAL),
    SYNC_NEXT ("text", SYNC_TEXT),     SYNC_NEXT ("isVisible", SYNC_BOOL),
};
static const SyncField ocr_delete_fields[] = {
    SYNC_FIRST ("id", SYNC_PLAIN),
    SYNC_NEXT ("assetId", SYNC_PLAIN),
    SYNC_NEXT ("deletedAt", SYNC_ID_TIME),
};

/* of deletions; columns item and part */
#define ONE_ID(name, field) static const SyncField name[] = { SYNC_FIRST (field, SYNC_PLAIN) }
#define TWO_IDS(name, field, second, kind)                                                         \
    static const SyncField name[] = { SYNC_FIRST (field, SYNC_PLAIN), SYNC_NEXT (second, kind) }
ONE_ID (user_delete_fields, "userId");
ONE_ID (asset_delete_fields, "assetId");
ONE_ID (album_delete_fields, "albumId");
ONE_ID (stack_delete_fields, "stackId");
ONE_ID (memory_delete_fields, "memoryId");
ONE_ID (person_delete_fields, "personId");
ONE_ID (face_delete_fields, "assetFaceId");
ONE_ID (edit_delete_fields, "editId");
TWO_IDS (partner_delete_fields, "sharedById", "sharedWithId", SYNC_PLAIN);
TWO_IDS (album_user_delete_fields, "userId", "albumId", SYNC_PLAIN);
TWO_IDS (user_metadata_delete_fields, "userId", "key", SYNC_TEXT);
TWO_IDS (asset_metadata_delete_fields, "assetId", "key", SYNC_TEXT);

#define SHAPE(name) static const SyncShape name##_shape = SYNC_SHAPE (name##_fields)
SHAPE (auth_user);
SHAPE (user);
SHAPE (partner);
SHAPE (asset_v1);
SHAPE (asset_v2);
SHAPE (exif);
SHAPE (album_v1);
SHAPE (album_v2);
SHAPE (album_user);
SHAPE (album_asset);
SHAPE (stack);
SHAPE (memory);
SHAPE (memory_asset);
SHAPE (person);
SHAPE (face_v1);
SHAPE (face_v2);
SHAPE (user_metadata);
SHAPE (asset_metadata);
SHAPE (edit);
SHAPE (ocr);
SHAPE (ocr_delete);
SHAPE (user_delete);
SHAPE (asset_delete);
SHAPE (album_delete);
SHAPE (stack_delete);
SHAPE (memory_delete);
SHAPE (person_delete);
SHAPE (face_delete);
SHAPE (edit_delete);
SHAPE (partner_delete);
SHAPE (album_user_delete);
SHAPE (user_metadata_delete);
SHAPE (asset_metadata_delete);

/* ---- columns, in the order of the shapes ---- */

#define USER_COLUMNS                                                                               \
    "u.update_id, u.id, u.name, u.email, u.avatar_color, u.deleted_at, u.profile_changed_at"
#define HAS_PROFILE_IMAGE "CASE WHEN u.profile_image_path <> '' THEN 1 ELSE 0 END"
#define ASSET_COLUMNS(name, favorite, checksum, thumbhash)                                         \
    "a.id, a.owner_id, " name ", a.file_created_at, a.file_modified_at, a.created_at,"             \
    " a.local_date_time, a.type, a.deleted_at, " favorite ", a.visibility, a.duration_ms,"         \
    " a.live_photo_video_id, a.stack_id, a.library_id, a.width, a.height, a.is_edited,"            \
    " " checksum ", " thumbhash
#define OWN_COLUMNS                                                                                \
    ASSET_COLUMNS ("a.original_file_name", "a.is_favorite", "a.checksum", "a.thumbhash")
#define IS_LOCKED                                                                                  \
    "(a.visibility = 'locked' OR " ACCESS_SQL_FILM_IS_CLOSED ("s.visibility <> 'locked'") ")"
#define NOT_LOCKED(column) "CASE WHEN NOT " IS_LOCKED " THEN " column " END"
/* a partner hears that an asset was locked, so as to hide it, but not what is in it */
#define PARTNER_COLUMNS                                                                            \
    ASSET_COLUMNS ("CASE WHEN " IS_LOCKED " THEN '' ELSE a.original_file_name END", "0",           \
                   NOT_LOCKED ("a.checksum"), NOT_LOCKED ("a.thumbhash"))
#define MEMBER_COLUMNS                                                                             \
    ASSET_COLUMNS ("a.original_file_name",                                                         \
                   "CASE WHEN a.owner_id = $1 THEN a.is_favorite ELSE 0 END", "a.checksum",        \
                   "a.thumbhash")
#define EXIF_COLUMNS                                                                               \
    "e.asset_id, e.description, e.exif_image_width, e.exif_image_height, e.file_size_in_byte,"     \
    " e.orientation, e.date_time_original, e.modify_date, e.time_zone, e.latitude, e.longitude,"   \
    " e.projection_type, e.city, e.state, e.country, e.make, e.model, e.lens_model, e.f_number,"   \
    " e.focal_length, e.iso, e.exposure_time, e.profile_description, e.rating, e.fps"
#define ALBUM_COLUMNS                                                                              \
    "l.update_id, l.id, l.name, l.description, l.created_at, l.updated_at, l.thumbnail_asset_id,"  \
    " l.is_activity_enabled, l.sort_order"
#define STACK_COLUMNS                                                                              \
    "s.update_id, s.id, s.created_at, s.updated_at, s.primary_asset_id, s.owner_id"

/* ---- ranges ---- */

#define IN_RANGE(key) key " > $2 AND " key " <= $3"
#define RANGE(key) IN_RANGE (key) " ORDER BY " key " LIMIT $4"
#define OF_USER                                                                                    \
    "CAST($1 AS TEXT) IS NOT NULL AND " /* a parameter that is not needed must be used */

/* the key of a batch of a parent, or none when it has less */
#define BOUND(parents, child, key, of_parent)                                                      \
    "SELECT min(n.id) FROM (SELECT (SELECT " key " FROM " child " WHERE " of_parent                \
    " AND " IN_RANGE (key) " ORDER BY " key " LIMIT 1 OFFSET $4) AS id FROM " parents ") AS n"

/* the key of the last change of a window of ten batches, or none when there are fewer */
#define WINDOW(table, key)                                                                         \
    "SELECT " key " FROM " table " WHERE " OF_USER IN_RANGE (key) " ORDER BY " key                 \
                                                                  " LIMIT 1 OFFSET 10 * $4"

/* of a user who is deleted nothing comes, but what was removed is told all the same */
#define SHARING " WHERE p.shared_with_id = $1 AND u.id = p.shared_by_id AND u.deleted_at IS NULL"
#define MY_PARTNERS "partner p CROSS JOIN users u" SHARING
/* $5 the horizon */
#define OF_PARTNER(child)                                                                          \
    "partner p CROSS JOIN users u CROSS JOIN " child SHARING " AND p.create_id <= $5 AND "
#define MY_ALBUM "m.user_id = $1 AND m.create_id <= $5 AND "
#define OF_ALBUM(child) child " CROSS JOIN album_user m WHERE " MY_ALBUM

#define DELETED(kind)                                                                              \
    "SELECT d.id, d.item, d.part FROM sync_delete d WHERE d.kind = '" kind "' AND "
#define MINE(kind) DELETED (kind) "d.audience = $1 AND " RANGE ("d.id")
#define DELETED_OF_ALBUM(kind)                                                                     \
    "SELECT d.id, d.item, d.part FROM " OF_ALBUM ("sync_delete d") "d.kind = '" kind               \
                                                                   "' AND d.audience = m.album_id" \
                                                                   " AND " RANGE ("d.id")
/* One checkpoint serves all partners. What one removed who did not share at that time lies before it: an
 * app may still have it of a former sharing, or of an album. */
#define DELETED_OF_PARTNER(kind)                                                                   \
    "SELECT d.id, d.item, d.part FROM partner p CROSS JOIN users u CROSS JOIN sync_delete d"       \
    " WHERE p.shared_with_id = $1 AND u.id = p.shared_by_id"                                       \
    "   AND d.kind = '" kind "' AND d.audience = p.shared_by_id"                                   \
    "   AND d.id > CASE WHEN p.create_id > $5 AND u.deleted_at IS NULL THEN CAST($2 AS TEXT)"      \
    "                   ELSE CAST($6 AS TEXT) END"                                                 \
    "   AND d.id <= $3 ORDER BY d.id LIMIT $4"

/* ---- statements ---- */

static const char SQL_AUTH_USER[] =
    "SELECT " USER_COLUMNS ", u.is_admin, CASE WHEN u.pin_code IS NOT NULL THEN 'set' END,"
    " u.oauth_id, u.storage_label, u.quota_size_bytes, u.quota_usage_bytes, " HAS_PROFILE_IMAGE
    " FROM users u WHERE u.id = $1 AND " RANGE ("u.update_id");
static const char SQL_USER_DELETED[] =
    DELETED ("user") OF_USER "d.audience = '' AND " RANGE ("d.id");
static const char SQL_USER[] = "SELECT " USER_COLUMNS ", " HAS_PROFILE_IMAGE
                               " FROM users u WHERE " OF_USER RANGE ("u.update_id");
static const char SQL_PARTNER_DELETED[] = MINE ("partner");
static const char SQL_PARTNER[] =
    "SELECT p.update_id, p.shared_by_id, p.shared_with_id, p.in_timeline FROM partner p"
    " WHERE (p.shared_by_id = $1 OR p.shared_with_id = $1) AND " RANGE ("p.update_id");

static const char SQL_ASSET_DELETED[] = MINE ("asset");
static const char SQL_ASSET[] = "SELECT a.update_id, " OWN_COLUMNS
                                " FROM asset a WHERE a.owner_id = $1 AND " RANGE ("a.update_id");
static const char SQL_EXIF[] =
    "SELECT e.update_id, " EXIF_COLUMNS
    " FROM asset_exif e WHERE e.owner_id = $1 AND " RANGE ("e.update_id");
static const char SQL_STACK_DELETED[] = MINE ("stack");
static const char SQL_STACK[] =
    "SELECT " STACK_COLUMNS " FROM stack s WHERE s.owner_id = $1 AND " RANGE ("s.update_id");

static const char SQL_PARTNERS[] =
    "SELECT p.create_id AS create_id, p.shared_by_id AS parent_id FROM " MY_PARTNERS
    " AND p.create_id >= $2 AND p.create_id <= $3 ORDER BY p.create_id";
static const char SQL_PARTNER_ASSET_DELETED[] = DELETED_OF_PARTNER ("asset");
static const char SQL_PARTNER_ASSET_FILL[] =
    "SELECT a.update_id, " PARTNER_COLUMNS " FROM asset a WHERE " OF_USER
    "a.owner_id = $5 AND " RANGE ("a.update_id");
static const char SQL_PARTNER_ASSET[] =
    "SELECT a.update_id, " PARTNER_COLUMNS
    " FROM " OF_PARTNER ("asset a") "a.owner_id = p.shared_by_id AND " RANGE ("a.update_id");
static const char SQL_PARTNER_ASSET_BOUND[] =
    BOUND (MY_PARTNERS, "asset a", "a.update_id", "a.owner_id = p.shared_by_id");
/* as a request for the asset answers; a trigger makes it a change when the asset is shown again */
#define EXIF_SHOWN                                                                                 \
    "EXISTS (SELECT 1 FROM asset a WHERE a.id = e.asset_id"                                        \
    " AND a.visibility IN ('timeline', 'hidden') AND a.deleted_at IS NULL"                         \
    " AND NOT " ACCESS_SQL_FILM_IS_CLOSED (ACCESS_SQL_PARTNER_SEES) ") AND "
static const char SQL_PARTNER_EXIF_FILL[] =
    "SELECT e.update_id, " EXIF_COLUMNS " FROM asset_exif e WHERE " OF_USER
    "e.owner_id = $5 AND " EXIF_SHOWN RANGE ("e.update_id");
static const char SQL_PARTNER_EXIF[] = "SELECT e.update_id, " EXIF_COLUMNS " FROM " OF_PARTNER (
    "asset_exif e") "e.owner_id = p.shared_by_id AND " EXIF_SHOWN RANGE ("e.update_id");
static const char SQL_PARTNER_EXIF_BOUND[] =
    BOUND (MY_PARTNERS, "asset_exif e", "e.update_id", "e.owner_id = p.shared_by_id");
static const char SQL_PARTNER_STACK_DELETED[] = DELETED_OF_PARTNER ("stack");
static const char SQL_PARTNER_STACK_FILL[] = "SELECT " STACK_COLUMNS " FROM stack s WHERE " OF_USER
                                             "s.owner_id = $5 AND " RANGE ("s.update_id");
static const char SQL_PARTNER_STACK[] =
    "SELECT " STACK_COLUMNS
    " FROM " OF_PARTNER ("stack s") "s.owner_id = p.shared_by_id AND " RANGE ("s.update_id");

static const char SQL_ALBUMS[] =
    "SELECT m.create_id AS create_id, m.album_id AS parent_id FROM album_user m"
    " WHERE m.user_id = $1 AND m.create_id >= $2 AND m.create_id <= $3 ORDER BY m.create_id";
#define LINKS_OF_ALBUM "album_asset x WHERE " OF_USER "x.album_id = $5 AND " RANGE ("x.update_id")
#define LINKS OF_ALBUM ("album_asset x") "x.album_id = m.album_id AND " RANGE ("x.update_id")
#define OF_ASSET(columns, links)                                                                   \
    "SELECT n.update_id, " columns " FROM (SELECT x.update_id AS update_id,"                       \
    " x.asset_id AS asset_id FROM " links ") AS n CROSS JOIN asset a WHERE a.id = n.asset_id"      \
    " ORDER BY n.update_id"
#define OF_EXIF(links)                                                                             \
    "SELECT n.update_id, " EXIF_COLUMNS " FROM (SELECT x.update_id AS update_id,"                  \
    " x.asset_id AS asset_id FROM " links ") AS n CROSS JOIN asset_exif e"                         \
    " WHERE e.asset_id = n.asset_id ORDER BY n.update_id"
#define CHANGED_FROM                                                                               \
    " FROM " OF_ALBUM ("album_asset x") "x.album_id = m.album_id AND x.update_id <= $6 AND "
#define CHANGED_END(copy) " GROUP BY x." copy " ORDER BY x." copy " LIMIT $4"
#define CHANGED(copy)                                                                              \
    "SELECT x." copy                                                                               \
    " AS update_id, min(x.asset_id) AS asset_id" CHANGED_FROM IN_RANGE ("x." copy)                 \
        CHANGED_END (copy)
static const char SQL_ALBUM_ASSET_FILL[] = OF_ASSET (MEMBER_COLUMNS, LINKS_OF_ALBUM);
static const char SQL_ALBUM_ASSET_CREATED[] = OF_ASSET (MEMBER_COLUMNS, LINKS);
/* an asset that is in several albums comes once */
static const char SQL_ALBUM_ASSET_UPDATED[] =
    "SELECT n.update_id, " MEMBER_COLUMNS
    " FROM (" CHANGED ("asset_update_id") ") AS n CROSS JOIN asset a WHERE a.id = n.asset_id"
                                          " ORDER BY n.update_id";
static const char SQL_ALBUM_ASSET_UPDATED_WINDOW[] = WINDOW ("album_asset", "asset_update_id");
static const char SQL_ALBUM_EXIF_FILL[] = OF_EXIF (LINKS_OF_ALBUM);
static const char SQL_ALBUM_EXIF_CREATED[] = OF_EXIF (LINKS);
static const char SQL_ALBUM_EXIF_UPDATED[] =
    "SELECT n.update_id, " EXIF_COLUMNS
    " FROM (" CHANGED ("exif_update_id") ") AS n CROSS JOIN asset_exif e"
                                         " WHERE e.asset_id = n.asset_id ORDER BY n.update_id";
static const char SQL_ALBUM_EXIF_UPDATED_WINDOW[] = WINDOW ("album_asset", "exif_update_id");
static const char SQL_LINK_WINDOW[] = WINDOW ("album_asset", "update_id");

static const char SQL_ALBUM_DELETED[] = MINE ("album");
static const char SQL_ALBUM_V1[] =
    "SELECT " ALBUM_COLUMNS ", o.user_id"
    " FROM album l CROSS JOIN album_user m JOIN album_user o ON o.album_id = l.id"
    " AND o.role = 'owner' WHERE " MY_ALBUM "m.album_id = l.id AND " RANGE ("l.update_id");
static const char SQL_ALBUM_V2[] =
    "SELECT " ALBUM_COLUMNS
    " FROM " OF_ALBUM ("album l") "m.album_id = l.id AND " RANGE ("l.update_id");
static const char SQL_ALBUM_WINDOW[] = WINDOW ("album", "update_id");
static const char SQL_DELETED_WINDOW[] = WINDOW ("sync_delete", "id");
static const char SQL_ALBUM_USER_DELETED[] = DELETED_OF_ALBUM ("album-user");
static const char SQL_ALBUM_USER_FILL[] =
    "SELECT u.update_id, u.album_id, u.user_id, u.role FROM album_user u WHERE " OF_USER
    "u.album_id = $5 AND " RANGE ("u.update_id");
static const char SQL_ALBUM_USER[] =
    "SELECT u.update_id, u.album_id, u.user_id, u.role"
    " FROM " OF_ALBUM ("album_user u") "u.album_id = m.album_id AND " RANGE ("u.update_id");
static const char SQL_ALBUM_USER_WINDOW[] = WINDOW ("album_user", "update_id");
static const char SQL_LINK_DELETED[] = DELETED_OF_ALBUM ("album-asset");
static const char SQL_LINK_FILL[] = "SELECT x.update_id, x.asset_id, x.album_id"
                                    " FROM " LINKS_OF_ALBUM;
static const char SQL_LINK[] = "SELECT x.update_id, x.asset_id, x.album_id FROM " LINKS;

static const char SQL_OCR_DELETED[] =
    "SELECT d.id, d.id, d.item, d.id FROM sync_delete d WHERE d.kind = 'ocr' AND d.audience = $1"
    " AND EXISTS (SELECT 1 FROM asset a WHERE a.id = d.item) AND " RANGE ("d.id");
static const char SQL_OCR[] =
    "SELECT o.update_id, o.id, o.asset_id, o.x1, o.y1, o.x2, o.y2, o.x3, o.y3, o.x4, o.y4,"
    " o.box_score, o.text_score, o.body, o.is_visible FROM asset_ocr o WHERE o.owner_id = $1 "
    "AND " RANGE ("o.update_id");
static const char SQL_MEMORY_DELETED[] = MINE ("memory");
static const char SQL_MEMORY[] =
    "SELECT m.update_id, m.id, m.created_at, m.updated_at, m.deleted_at, m.owner_id, m.type, "
    "m.data,"
    " m.is_saved, m.memory_at, m.seen_at, m.show_at, m.hide_at FROM memory m WHERE m.owner_id = $1"
    " AND " RANGE ("m.update_id");
static const char SQL_MEMORY_ASSET_DELETED[] = MINE ("memory-asset");
static const char SQL_MEMORY_ASSET[] =
    "SELECT x.update_id, x.memory_id, x.asset_id FROM memory_asset x CROSS JOIN memory m"
    " WHERE m.owner_id = $1 AND m.id = x.memory_id AND " RANGE ("x.update_id");
static const char SQL_MEMORY_ASSET_WINDOW[] = WINDOW ("memory_asset", "update_id");
static const char SQL_PERSON_DELETED[] = MINE ("person");
static const char SQL_PERSON[] =
    "SELECT p.update_id, p.id, p.created_at, p.updated_at, p.owner_id, p.name, p.birth_date,"
    " p.is_hidden, p.is_favorite, p.color, p.face_id FROM person p WHERE p.owner_id = $1 "
    "AND " RANGE ("p.update_id");
static const char SQL_FACE_DELETED[] = MINE ("face");
static const char SQL_FACE[] =
    "SELECT f.update_id, f.id, f.asset_id, f.person_id, f.image_width, f.image_height, f.x1, f.y1,"
    " f.x2, f.y2, f.source_type, f.is_visible, f.deleted_at FROM asset_face f"
    " WHERE f.owner_id = $1 AND " RANGE ("f.update_id");
static const char SQL_USER_METADATA_DELETED[] = MINE ("user-metadata");
static const char SQL_USER_METADATA[] =
    "SELECT u.update_id, u.user_id, u.key, u.value FROM user_metadata u WHERE u.user_id = $1"
    " AND u.key IN ('preferences', 'license', 'onboarding') AND " RANGE ("u.update_id");
static const char SQL_ASSET_METADATA_DELETED[] = MINE ("asset-metadata");
static const char SQL_ASSET_METADATA[] =
    "SELECT m.update_id, m.asset_id, m.key, m.value FROM asset_metadata m WHERE m.owner_id = $1"
    " AND " RANGE ("m.update_id");
static const char SQL_EDIT_DELETED[] = MINE ("edit");
static const char SQL_EDIT[] =
    "SELECT e.update_id, e.id, e.asset_id, e.sequence, e.action, e.parameters FROM asset_edit e"
    " WHERE e.owner_id = $1 AND " RANGE ("e.update_id");

/* ---- the stream ---- */

#define REQUEST(name) SYNC_REQUEST_TYPE_##name
#define ENTITY(name) SYNC_ENTITY_TYPE_##name
#define PART(request, entity, kind, other, shape, ...)                                             \
    {                                                                                              \
        REQUEST (request), ENTITY (entity), kind, other, &shape##_shape, __VA_ARGS__               \
    }
#define ROWS(request, entity, shape, sql)                                                          \
    PART (request, entity, SYNC_ROWS, 0, shape, sql, NULL, FALSE)
#define BOUNDED(request, entity, shape, sql, bound)                                                \
    PART (request, entity, SYNC_ROWS, 0, shape, sql, bound, FALSE)
#define NEWEST(request, entity, shape, sql)                                                        \
    PART (request, entity, SYNC_NEWEST, 0, shape, sql, NULL, FALSE)
#define FILL(request, entity, main, shape, sql, parents)                                           \
    PART (request, entity, SYNC_BACKFILL, ENTITY (main), shape, sql, parents, FALSE)
#define REMOVALS(request, entity, fill, shape, sql)                                                \
    PART (request, entity, SYNC_REMOVALS, ENTITY (fill), shape, sql, NULL, FALSE)
/* by relation */
#define ROWS_OF(request, entity, shape, sql, bound)                                                \
    PART (request, entity, SYNC_ROWS, 0, shape, sql, bound, TRUE)
#define NEWEST_OF(request, entity, shape, sql, bound)                                              \
    PART (request, entity, SYNC_NEWEST, 0, shape, sql, bound, TRUE)
#define UPDATES(request, entity, created, shape, sql, bound)                                       \
    PART (request, entity, SYNC_UPDATES, ENTITY (created), shape, sql, bound, TRUE)
#define CREATES(request, entity, updated, shape, sql, bound)                                       \
    PART (request, entity, SYNC_CREATES, ENTITY (updated), shape, sql, bound, TRUE)

const SyncPart sync_parts[] = {
    ROWS (AUTH_USERS_V1, AUTH_USER_V1, auth_user, SQL_AUTH_USER),
    ROWS (USERS_V1, USER_DELETE_V1, user_delete, SQL_USER_DELETED),
    NEWEST (USERS_V1, USER_V1, user, SQL_USER),
    ROWS (PARTNERS_V1, PARTNER_DELETE_V1, partner_delete, SQL_PARTNER_DELETED),
    ROWS (PARTNERS_V1, PARTNER_V1, partner, SQL_PARTNER),

    ROWS (ASSETS_V1, ASSET_DELETE_V1, asset_delete, SQL_ASSET_DELETED),
    NEWEST (ASSETS_V1, ASSET_V1, asset_v1, SQL_ASSET),
    ROWS (ASSETS_V2, ASSET_DELETE_V1, asset_delete, SQL_ASSET_DELETED),
    NEWEST (ASSETS_V2, ASSET_V2, asset_v2, SQL_ASSET),
    ROWS (STACKS_V1, STACK_DELETE_V1, stack_delete, SQL_STACK_DELETED),
    ROWS (STACKS_V1, STACK_V1, stack, SQL_STACK),

    REMOVALS (PARTNER_ASSETS_V1, PARTNER_ASSET_DELETE_V1, PARTNER_ASSET_BACKFILL_V1, asset_delete,
              SQL_PARTNER_ASSET_DELETED),
    FILL (PARTNER_ASSETS_V1, PARTNER_ASSET_BACKFILL_V1, PARTNER_ASSET_V1, asset_v1,
          SQL_PARTNER_ASSET_FILL, SQL_PARTNERS),
    NEWEST_OF (PARTNER_ASSETS_V1, PARTNER_ASSET_V1, asset_v1, SQL_PARTNER_ASSET,
               SQL_PARTNER_ASSET_BOUND),
    REMOVALS (PARTNER_ASSETS_V2, PARTNER_ASSET_DELETE_V1, PARTNER_ASSET_BACKFILL_V2, asset_delete,
              SQL_PARTNER_ASSET_DELETED),
    FILL (PARTNER_ASSETS_V2, PARTNER_ASSET_BACKFILL_V2, PARTNER_ASSET_V2, asset_v2,
          SQL_PARTNER_ASSET_FILL, SQL_PARTNERS),
    NEWEST_OF (PARTNER_ASSETS_V2, PARTNER_ASSET_V2, asset_v2, SQL_PARTNER_ASSET,
               SQL_PARTNER_ASSET_BOUND),
    REMOVALS (PARTNER_STACKS_V1, PARTNER_STACK_DELETE_V1, PARTNER_STACK_BACKFILL_V1, stack_delete,
              SQL_PARTNER_STACK_DELETED),
    FILL (PARTNER_STACKS_V1, PARTNER_STACK_BACKFILL_V1, PARTNER_STACK_V1, stack,
          SQL_PARTNER_STACK_FILL, SQL_PARTNERS),
    ROWS_OF (PARTNER_STACKS_V1, PARTNER_STACK_V1, stack, SQL_PARTNER_STACK, NULL),

    FILL (ALBUM_ASSETS_V1, ALBUM_ASSET_BACKFILL_V1, ALBUM_ASSET_CREATE_V1, asset_v1,
          SQL_ALBUM_ASSET_FILL, SQL_ALBUMS),
    UPDATES (ALBUM_ASSETS_V1, ALBUM_ASSET_UPDATE_V1, ALBUM_ASSET_CREATE_V1, asset_v1,
             SQL_ALBUM_ASSET_UPDATED, SQL_ALBUM_ASSET_UPDATED_WINDOW),
    CREATES (ALBUM_ASSETS_V1, ALBUM_ASSET_CREATE_V1, ALBUM_ASSET_UPDATE_V1, asset_v1,
             SQL_ALBUM_ASSET_CREATED, SQL_LINK_WINDOW),
    FILL (ALBUM_ASSETS_V2, ALBUM_ASSET_BACKFILL_V2, ALBUM_ASSET_CREATE_V2, asset_v2,
          SQL_ALBUM_ASSET_FILL, SQL_ALBUMS),
    UPDATES (ALBUM_ASSETS_V2, ALBUM_ASSET_UPDATE_V2, ALBUM_ASSET_CREATE_V2, asset_v2,
             SQL_ALBUM_ASSET_UPDATED, SQL_ALBUM_ASSET_UPDATED_WINDOW),
    CREATES (ALBUM_ASSETS_V2, ALBUM_ASSET_CREATE_V2, ALBUM_ASSET_UPDATE_V2, asset_v2,
             SQL_ALBUM_ASSET_CREATED, SQL_LINK_WINDOW),

    ROWS (ALBUMS_V1, ALBUM_DELETE_V1, album_delete, SQL_ALBUM_DELETED),
    NEWEST_OF (ALBUMS_V1, ALBUM_V1, album_v1, SQL_ALBUM_V1, SQL_ALBUM_WINDOW),
    ROWS (ALBUMS_V2, ALBUM_DELETE_V1, album_delete, SQL_ALBUM_DELETED),
    NEWEST_OF (ALBUMS_V2, ALBUM_V2, album_v2, SQL_ALBUM_V2, SQL_ALBUM_WINDOW),
    ROWS_OF (ALBUM_USERS_V1, ALBUM_USER_DELETE_V1, album_user_delete, SQL_ALBUM_USER_DELETED,
             SQL_DELETED_WINDOW),
    FILL (ALBUM_USERS_V1, ALBUM_USER_BACKFILL_V1, ALBUM_USER_V1, album_user, SQL_ALBUM_USER_FILL,
          SQL_ALBUMS),
    ROWS_OF (ALBUM_USERS_V1, ALBUM_USER_V1, album_user, SQL_ALBUM_USER, SQL_ALBUM_USER_WINDOW),
    ROWS_OF (ALBUM_TO_ASSETS_V1, ALBUM_TO_ASSET_DELETE_V1, album_asset, SQL_LINK_DELETED,
             SQL_DELETED_WINDOW),
    FILL (ALBUM_TO_ASSETS_V1, ALBUM_TO_ASSET_BACKFILL_V1, ALBUM_TO_ASSET_V1, album_asset,
          SQL_LINK_FILL, SQL_ALBUMS),
    ROWS_OF (ALBUM_TO_ASSETS_V1, ALBUM_TO_ASSET_V1, album_asset, SQL_LINK, SQL_LINK_WINDOW),

    ROWS (ASSET_EXIFS_V1, ASSET_EXIF_V1, exif, SQL_EXIF),
    FILL (ALBUM_ASSET_EXIFS_V1, ALBUM_ASSET_EXIF_BACKFILL_V1, ALBUM_ASSET_EXIF_CREATE_V1, exif,
          SQL_ALBUM_EXIF_FILL, SQL_ALBUMS),
    UPDATES (ALBUM_ASSET_EXIFS_V1, ALBUM_ASSET_EXIF_UPDATE_V1, ALBUM_ASSET_EXIF_CREATE_V1, exif,
             SQL_ALBUM_EXIF_UPDATED, SQL_ALBUM_EXIF_UPDATED_WINDOW),
    CREATES (ALBUM_ASSET_EXIFS_V1, ALBUM_ASSET_EXIF_CREATE_V1, ALBUM_ASSET_EXIF_UPDATE_V1, exif,
             SQL_ALBUM_EXIF_CREATED, SQL_LINK_WINDOW),
    ROWS (ASSET_OCR_V1, ASSET_OCR_DELETE_V1, ocr_delete, SQL_OCR_DELETED),
    ROWS (ASSET_OCR_V1, ASSET_OCR_V1, ocr, SQL_OCR),
    FILL (PARTNER_ASSET_EXIFS_V1, PARTNER_ASSET_EXIF_BACKFILL_V1, PARTNER_ASSET_EXIF_V1, exif,
          SQL_PARTNER_EXIF_FILL, SQL_PARTNERS),
    ROWS_OF (PARTNER_ASSET_EXIFS_V1, PARTNER_ASSET_EXIF_V1, exif, SQL_PARTNER_EXIF,
             SQL_PARTNER_EXIF_BOUND),

    ROWS (MEMORIES_V1, MEMORY_DELETE_V1, memory_delete, SQL_MEMORY_DELETED),
    NEWEST (MEMORIES_V1, MEMORY_V1, memory, SQL_MEMORY),
    ROWS (MEMORY_TO_ASSETS_V1, MEMORY_TO_ASSET_DELETE_V1, memory_asset, SQL_MEMORY_ASSET_DELETED),
    BOUNDED (MEMORY_TO_ASSETS_V1, MEMORY_TO_ASSET_V1, memory_asset, SQL_MEMORY_ASSET,
             SQL_MEMORY_ASSET_WINDOW),
    ROWS (PEOPLE_V1, PERSON_DELETE_V1, person_delete, SQL_PERSON_DELETED),
    NEWEST (PEOPLE_V1, PERSON_V1, person, SQL_PERSON),
    ROWS (ASSET_FACES_V1, ASSET_FACE_DELETE_V1, face_delete, SQL_FACE_DELETED),
    ROWS (ASSET_FACES_V1, ASSET_FACE_V1, face_v1, SQL_FACE),
    ROWS (ASSET_FACES_V2, ASSET_FACE_DELETE_V1, face_delete, SQL_FACE_DELETED),
    ROWS (ASSET_FACES_V2, ASSET_FACE_V2, face_v2, SQL_FACE),
    ROWS (USER_METADATA_V1, USER_METADATA_DELETE_V1, user_metadata_delete,
          SQL_USER_METADATA_DELETED),
    ROWS (USER_METADATA_V1, USER_METADATA_V1, user_metadata, SQL_USER_METADATA),
    ROWS (ASSET_METADATA_V1, ASSET_METADATA_DELETE_V1, asset_metadata_delete,
          SQL_ASSET_METADATA_DELETED),
    ROWS (ASSET_METADATA_V1, ASSET_METADATA_V1, asset_metadata, SQL_ASSET_METADATA),
    ROWS (ASSET_EDITS_V1, ASSET_EDIT_DELETE_V1, edit_delete, SQL_EDIT_DELETED),
    ROWS (ASSET_EDITS_V1, ASSET_EDIT_V1, edit, SQL_EDIT),
};
const gsize sync_n_parts = G_N_ELEMENTS (sync_parts);
