/* access.c -- who may do what to which object: the one place
 *
 * Assets. A right is what a permission text asks of an asset; a way is a reason why somebody has rights.
 * Each way is one row: which rights it gives to whom, and the SQL that finds the assets it opens. An
 * asset is accessible when any way opens it. Both texts of a way take the same parameters:
 *   $1  the asset's id; or a JSON array of ids
 *   $2  the caller: the user's id, or the link's
 *   $3  1 when locked assets are open to the caller, else 0
 * Nothing is asked about an asset that is being removed: for every way it is gone already. To anybody
 * but its owner an asset in the trash is gone, too, and what is locked stays so. The film of a live photo
 * is as open as the photo.
 *
 * Albums. A permission asks for a role among the members; a link stands for a role in its own album.
 *
 * What has one owner only (tags, stacks, ...) is a row of SQL. */
#define G_LOG_DOMAIN "access"
#include "api/api.h"

#include <string.h>

/* ---- assets ---- */

typedef enum {
    RIGHT_READ = 1 << 0,     /* its description and what was made of it */
    RIGHT_DOWNLOAD = 1 << 1, /* the original */
    RIGHT_SHARE = 1 << 2,    /* show it to others */
    RIGHT_CHANGE = 1 << 3,   /* change or delete it */
} Right;

static const struct {
    const char *permission;
    Right right;
} rights[] = {
    { "asset.read", RIGHT_READ },          { "asset.view", RIGHT_READ },
    { "asset.edit.get", RIGHT_READ },      { "asset.download", RIGHT_DOWNLOAD },
    { "asset.share", RIGHT_SHARE },        { "asset.update", RIGHT_CHANGE },
    { "asset.delete", RIGHT_CHANGE },      { "asset.copy", RIGHT_CHANGE },
    { "asset.replace", RIGHT_CHANGE },     { "asset.edit.create", RIGHT_CHANGE },
    { "asset.edit.delete", RIGHT_CHANGE },
};

typedef struct {
    Right (*rights) (const Auth *auth);
    gboolean opens_locked;          /* to an elevated session */
    const char *sql_one, *sql_many; /* the id, when it is open; the ids that are */
} Way;

static gboolean
is_user (const Auth *auth)
{
    return auth->kind == CREDENTIAL_SESSION || auth->kind == CREDENTIAL_API_KEY;
}

/* A link stands for its owner's assets, but its holder is not the owner. */
static Right
rights_of_owner (const Auth *auth)
{
    return is_user (auth) ? RIGHT_READ | RIGHT_DOWNLOAD | RIGHT_SHARE | RIGHT_CHANGE : 0;
}

static Right
rights_of_member (const Auth *auth)
{
    return is_user (auth) ? RIGHT_READ | RIGHT_DOWNLOAD : 0;
}

static Right
rights_of_partner (const Auth *auth)
{
    return is_user (auth) ? RIGHT_READ | RIGHT_DOWNLOAD | RIGHT_SHARE : 0;
}

static Right
rights_of_link (const Auth *auth)
{
    if (auth->kind != CREDENTIAL_LINK)
        return 0;
    return RIGHT_READ | (auth->link_allows_download ? RIGHT_DOWNLOAD : 0);
}

#define ONE "a.id = $1"
#define MANY "a.id IN (SELECT value FROM json_each($1))"
#define SQL_OWNER(which)                                                                           \
    "SELECT a.id AS id FROM asset a"                                                               \
    " WHERE " which " AND a.owner_id = $2 AND a.status <> 'deleted' AND "
/* The check of nearly every request: its test holds that it is one read of an index. */
#define SQL_PLAIN "(a.visibility NOT IN ('locked', 'hidden') OR CAST($3 AS BIGINT) = 1)"
const char access_sql_owner_one[] = SQL_OWNER (ONE) SQL_PLAIN;
static const char SQL_OWNER_MANY[] = SQL_OWNER (MANY) SQL_PLAIN;
#define SQL_FILM                                                                                   \
    "a.visibility = 'hidden' AND CAST($3 AS BIGINT) = 0"                                           \
    " AND NOT " ACCESS_SQL_FILM_IS_CLOSED ("s.visibility <> 'locked'")
static const char SQL_OWNER_FILM_ONE[] = SQL_OWNER (ONE) SQL_FILM;
static const char SQL_OWNER_FILM_MANY[] = SQL_OWNER (MANY) SQL_FILM;

#define SQL_THERE "s.status = 'active' AND s.deleted_at IS NULL AND s.visibility <> 'locked'"
#define SQL_OTHERS(which, open)                                                                    \
    "SELECT a.id AS id FROM asset a WHERE " which " AND a.status = 'active'"                       \
    "   AND a.deleted_at IS NULL AND (a.visibility <> 'locked' OR CAST($3 AS BIGINT) = 1)"         \
    "   AND NOT " ACCESS_SQL_FILM_IS_CLOSED (open)
/* The asset, or the photo whose motion part it is. */
#define SQL_ITSELF_OR_STILL                                                                        \
    "(SELECT a.id UNION ALL SELECT s.id FROM asset s WHERE s.live_photo_video_id = a.id"           \
    "  AND " SQL_THERE ")"

#define SQL_MEMBER(which)                                                                          \
    SQL_OTHERS (which, SQL_THERE)                                                                  \
    "   AND EXISTS (SELECT 1 FROM album_asset aa JOIN album_user u ON u.album_id = aa.album_id"    \
    "                 JOIN album l ON l.id = aa.album_id"                                          \
    "                WHERE aa.asset_id IN " SQL_ITSELF_OR_STILL                                    \
    "                  AND u.user_id = $2 AND l.deleted_at IS NULL)"
static const char SQL_MEMBER_ONE[] = SQL_MEMBER (ONE);
static const char SQL_MEMBER_MANY[] = SQL_MEMBER (MANY);

#define SQL_PARTNER(which)                                                                         \
    SQL_OTHERS (which, ACCESS_SQL_PARTNER_SEES) " AND " ACCESS_SQL_OF_PARTNER ("$2")
static const char SQL_PARTNER_ONE[] = SQL_PARTNER (ONE);
static const char SQL_PARTNER_MANY[] = SQL_PARTNER (MANY);

#define SQL_LINK(which)                                                                            \
    SQL_OTHERS (which, SQL_THERE)                                                                  \
    "   AND EXISTS (SELECT 1 FROM shared_link_asset x WHERE x.link_id = $2"                        \
    "                  AND x.asset_id IN " SQL_ITSELF_OR_STILL                                     \
    "                  AND " ACCESS_SQL_LINK_MAY_SHOW "        UNION ALL"                          \
    "               SELECT 1 FROM shared_link l JOIN album_asset x ON x.album_id = l.album_id"     \
    "                WHERE l.id = $2 AND x.asset_id IN " SQL_ITSELF_OR_STILL ")"
static const char SQL_LINK_ONE[] = SQL_LINK (ONE);
static const char SQL_LINK_MANY[] = SQL_LINK (MANY);

static const Way ways[] = {
    { rights_of_owner, TRUE, access_sql_owner_one, SQL_OWNER_MANY },
    { rights_of_owner, TRUE, SQL_OWNER_FILM_ONE, SQL_OWNER_FILM_MANY },
    { rights_of_member, FALSE, SQL_MEMBER_ONE, SQL_MEMBER_MANY },
    { rights_of_partner, FALSE, SQL_PARTNER_ONE, SQL_PARTNER_MANY },
    { rights_of_link, FALSE, SQL_LINK_ONE, SQL_LINK_MANY },
};

/* 0: no right of assets. */
static Right
find_right (const char *permission)
{
    for (gsize i = 0; i < G_N_ELEMENTS (rights); i++)
        if (strcmp (rights[i].permission, permission) == 0)
            return rights[i].right;
    g_critical ("'%s' is no permission that assets know", permission);
    return 0;
}

static gboolean
refuse (const char *permission, GError **error)
{
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Not found or no %s access", permission);
    return FALSE;
}

/* $2 and $3 of a way. What is locked is never shared, not even by an owner who unlocked it. */
static DbValue
caller_of (const Auth *auth)
{
    return db_text (auth->kind == CREDENTIAL_LINK ? auth->link_id : auth->user_id);
}

static DbValue
sees_locked (const Way *way, const Auth *auth, Right right)
{
    return db_bool (way->opens_locked && auth->is_elevated && right != RIGHT_SHARE);
}

gboolean
access_check_asset (ApiCall *call, const char *id, const char *permission, GError **error)
{
    Right right = find_right (permission);

    for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
        const char *found = NULL;

        if (!(ways[i].rights (call->auth) & right))
            continue;
        if (!db_recall_text (call->db, call->arena, ways[i].sql_one,
                             DB_ARGS (db_text (id), caller_of (call->auth),
                                      sees_locked (&ways[i], call->auth, right)),
                             &found, error))
            return FALSE;
        if (found != NULL)
            return TRUE;
    }
    return refuse (permission, error);
}

/* Those of @ids that @open does not have yet. */
static StringList
find_rest (Arena *arena, const StringList *ids, GHashTable *open)
{
    StringList rest = { arena_new_array (arena, const char *, MAX (ids->n, 1)), 0 };

    for (gsize i = 0; i < ids->n; i++)
        if (!g_hash_table_contains (open, ids->items[i]))
            rest.items[rest.n++] = ids->items[i];
    return rest;
}

/* The ids that pass, as a set of texts in the call's arena. */
static GHashTable *
find_open (ApiCall *call, const StringList *ids, Right right, GError **error)
{
    g_autoptr (GHashTable) open = g_hash_table_new (g_str_hash, g_str_equal);

    for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
        StringList found = { 0 }, rest;

        if (!(ways[i].rights (call->auth) & right))
            continue;
        rest = find_rest (call->arena, ids, open);
        if (rest.n == 0)
            break;
        if (!db_select_texts (call->db, call->arena, ways[i].sql_many,
                              DB_ARGS (db_strings (call->arena, &rest), caller_of (call->auth),
                                       sees_locked (&ways[i], call->auth, right)),
                              &found, error))
            return NULL;
        for (gsize n = 0; n < found.n; n++)
            g_hash_table_add (open, (gpointer) found.items[n]);
    }
    return g_steal_pointer (&open);
}

gboolean
access_check_assets (ApiCall *call, const StringList *ids, const char *permission, GError **error)
{
    g_autoptr (GHashTable) open = NULL;

    if (ids->n == 0)
        return TRUE;
    if (ids->n == 1)
        return access_check_asset (call, ids->items[0], permission, error);
    open = find_open (call, ids, find_right (permission), error);
    if (open == NULL)
        return FALSE;
    for (gsize i = 0; i < ids->n; i++)
        if (!g_hash_table_contains (open, ids->items[i]))
            return refuse (permission, error);
    return TRUE;
}

/* Those of @ids that are in the set, in their order. */
static StringList
keep (Arena *arena, const StringList *ids, GHashTable *set)
{
    StringList kept = { arena_new_array (arena, const char *, MAX (ids->n, 1)), 0 };

    for (gsize i = 0; i < ids->n; i++)
        if (g_hash_table_contains (set, ids->items[i]))
            kept.items[kept.n++] = ids->items[i];
    return kept;
}

gboolean
access_filter_assets (ApiCall *call, const StringList *ids, const char *permission, StringList *out,
                      GError **error)
{
    g_autoptr (GHashTable) open = find_open (call, ids, find_right (permission), error);

    if (open == NULL)
        return FALSE;
    *out = keep (call->arena, ids, open);
    return TRUE;
}

/* ---- albums ---- */

/* The first is the least. */
typedef enum { ROLE_NONE, ROLE_VIEWER, ROLE_EDITOR, ROLE_OWNER } Role;

typedef struct {
    const char *permission;
    Role role;
    gboolean needs_activity; /* the album's comments and likes are switched on */
} AlbumRight;

static const AlbumRight album_rights[] = {
    { "album.read", ROLE_VIEWER, FALSE },        { "album.download", ROLE_VIEWER, FALSE },
    { "album.update", ROLE_EDITOR, FALSE },      { "album.share", ROLE_EDITOR, FALSE },
    { "albumAsset.create", ROLE_EDITOR, FALSE }, { "albumAsset.delete", ROLE_EDITOR, FALSE },
    { "album.delete", ROLE_OWNER, FALSE },       { "activity.create", ROLE_VIEWER, TRUE },
};

/* $1 a JSON array of ids, $2 user, $3 editor: 'editor' or what is no role, $4 viewer: likewise,
 * $5 1: only where activity is enabled */
static const char SQL_ALBUMS[] =
    "SELECT u.album_id AS id FROM album_user u JOIN album l ON l.id = u.album_id"
    " WHERE u.album_id IN (SELECT value FROM json_each($1)) AND u.user_id = $2"
    "   AND u.role IN ('owner', $3, $4) AND l.deleted_at IS NULL"
    "   AND (l.is_activity_enabled = 1 OR CAST($5 AS BIGINT) = 0)";

static AlbumRight
find_album_right (const char *permission)
{
    for (gsize i = 0; i < G_N_ELEMENTS (album_rights); i++)
        if (strcmp (album_rights[i].permission, permission) == 0)
            return album_rights[i];
    g_critical ("'%s' is no permission that albums know", permission);
    return (AlbumRight){ permission, ROLE_NONE, FALSE };
}

/* What a link may do to its own album. */
static gboolean
link_allows (const Auth *auth, const char *permission)
{
    return strcmp (permission, "album.read") == 0 ||
           (strcmp (permission, "album.download") == 0 && auth->link_allows_download) ||
           (strcmp (permission, "albumAsset.create") == 0 && auth->link_allows_upload);
}

gboolean
access_filter_albums (ApiCall *call, const StringList *ids, const char *permission, StringList *out,
                      GError **error)
{
    g_autoptr (GHashTable) open = g_hash_table_new (g_str_hash, g_str_equal);
    AlbumRight right = find_album_right (permission);
    StringList found = { 0 };

    if (call->auth->kind == CREDENTIAL_LINK) {
        if (call->auth->link_album_id != NULL && link_allows (call->auth, permission))
            g_hash_table_add (open, (gpointer) call->auth->link_album_id);
    } else if (ids->n > 0 && right.role != ROLE_NONE) {
        if (!db_select_texts (call->db, call->arena, SQL_ALBUMS,
                              DB_ARGS (db_strings (call->arena, ids), db_text (call->auth->user_id),
                                       db_text (right.role <= ROLE_EDITOR ? "editor" : ""),
                                       db_text (right.role <= ROLE_VIEWER ? "viewer" : ""),
                                       db_bool (right.needs_activity)),
                              &found, error))
            return FALSE;
        for (gsize i = 0; i < found.n; i++)
            g_hash_table_add (open, (gpointer) found.items[i]);
    }
    *out = keep (call->arena, ids, open);
    return TRUE;
}

gboolean
access_check_album (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 }, passed;

    if (!access_filter_albums (call, &ids, permission, &passed, error))
        return FALSE;
    return passed.n == 1 || refuse (permission, error);
}

/* ---- what has one owner ---- */

/* A group is those who are in it. */
#define SQL_GROUP_OF_MEMBER                                                                        \
    "SELECT cluster_group_id AS id FROM users"                                                     \
    " WHERE cluster_group_id IN (SELECT value FROM json_each($1)) AND id = $2"

/* $1 a JSON array of ids, $2 user */
static const struct {
    const char *prefix; /* of the permissions */
    const char *sql;
} owned[] = {
    { "tag.",
      "SELECT id FROM tag WHERE id IN (SELECT value FROM json_each($1)) AND owner_id = $2" },
    { "stack.",
      "SELECT id FROM stack WHERE id IN (SELECT value FROM json_each($1)) AND owner_id = $2" },
    { "memory.",
      "SELECT id FROM memory WHERE id IN (SELECT value FROM json_each($1)) AND owner_id = $2" },
    { "memoryAsset.",
      "SELECT id FROM memory WHERE id IN (SELECT value FROM json_each($1)) AND owner_id = $2" },
    { "person.",
      "SELECT id FROM person WHERE id IN (SELECT value FROM json_each($1)) AND owner_id = $2" },
    { "face.", "SELECT f.id AS id FROM asset_face f JOIN asset a ON a.id = f.asset_id"
               " WHERE f.id IN (SELECT value FROM json_each($1)) AND a.owner_id = $2"
               "   AND a.status <> 'deleted'" },
    /* who wrote it, and who owns the album */
    { "activity.", "SELECT v.id AS id FROM activity v"
                   " WHERE v.id IN (SELECT value FROM json_each($1))"
                   "   AND (v.user_id = $2 OR EXISTS (SELECT 1 FROM album_user u"
                   "         WHERE u.album_id = v.album_id AND u.user_id = $2"
                   "           AND u.role = 'owner'))" },
    /* the sharer stands for the partnership, which is the receiver's */
    { "partner.", "SELECT p.shared_by_id AS id FROM partner p JOIN users u ON u.id = p.shared_by_id"
                  " WHERE p.shared_by_id IN (SELECT value FROM json_each($1))"
                  "   AND p.shared_with_id = $2 AND u.deleted_at IS NULL" },
    { "clusterGroup.", SQL_GROUP_OF_MEMBER },
    { "clusterGroupRequest.create", SQL_GROUP_OF_MEMBER },
    { "clusterGroupRequest.read",
      "SELECT id FROM cluster_group_request"
      " WHERE id IN (SELECT value FROM json_each($1)) AND user_id = $2" },
    /* who is asked may decline, who is in the group may take it back */
    { "clusterGroupRequest.delete",
      "SELECT r.id AS id FROM cluster_group_request r"
      " WHERE r.id IN (SELECT value FROM json_each($1))"
      "   AND (r.user_id = $2 OR EXISTS (SELECT 1 FROM users u WHERE u.id = $2"
      "                                  AND u.cluster_group_id = r.cluster_group_id))" },
    { "workflow.",
      "SELECT id FROM workflow WHERE id IN (SELECT value FROM json_each($1)) AND owner_id = $2" },
    { "notification.", "SELECT id FROM notification WHERE id IN (SELECT value FROM json_each($1)) "
                       "AND user_id = $2" },
    { "duplicate.", "SELECT duplicate_id AS id FROM asset"
                    " WHERE duplicate_id IN (SELECT value FROM json_each($1)) AND owner_id = $2"
                    "   AND status <> 'deleted' AND deleted_at IS NULL" },
};

gboolean
access_filter_owned (ApiCall *call, const StringList *ids, const char *permission, StringList *out,
                     GError **error)
{
    g_autoptr (GHashTable) open = g_hash_table_new (g_str_hash, g_str_equal);
    const char *sql = NULL;
    StringList found = { 0 };

    for (gsize i = 0; i < G_N_ELEMENTS (owned); i++)
        if (g_str_has_prefix (permission, owned[i].prefix))
            sql = owned[i].sql;
    if (sql == NULL)
        g_critical ("'%s' is no permission of what has one owner", permission);
    if (sql != NULL && ids->n > 0 && is_user (call->auth) &&
        !db_select_texts (call->db, call->arena, sql,
                          DB_ARGS (db_strings (call->arena, ids), db_text (call->auth->user_id)),
                          &found, error))
        return FALSE;
    for (gsize i = 0; i < found.n; i++)
        g_hash_table_add (open, (gpointer) found.items[i]);
    *out = keep (call->arena, ids, open);
    return TRUE;
}

gboolean
access_check_owned (ApiCall *call, const StringList *ids, const char *permission, GError **error)
{
    StringList passed;

    if (!access_filter_owned (call, ids, permission, &passed, error))
        return FALSE;
    return passed.n == ids->n || refuse (permission, error);
}

/* ---- another user's timeline ---- */

/* $1 whose, $2 the caller */
static const char SQL_PARTNERSHIP[] =
    "SELECT p.shared_by_id FROM partner p JOIN users u ON u.id = p.shared_by_id"
    " WHERE p.shared_by_id = $1 AND p.shared_with_id = $2 AND u.deleted_at IS NULL";

gboolean
access_check_timeline (ApiCall *call, const char *user_id, const char *permission, GError **error)
{
    const char *found = NULL;

    if (!is_user (call->auth))
        return refuse (permission, error);
    if (strcmp (user_id, call->auth->user_id) == 0)
        return TRUE;
    /* a partner sees the timeline; the archive and downloads of all are the owner's */
    if (strcmp (permission, "timeline.read") == 0 &&
        !db_select_text (call->db, call->arena, SQL_PARTNERSHIP,
                         DB_ARGS (db_text (user_id), db_text (call->auth->user_id)), &found, error))
        return FALSE;
    return found != NULL || refuse (permission, error);
}
