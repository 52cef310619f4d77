/* shared_links_store.c -- the SQL of links */
#define G_LOG_DOMAIN "shared-links"
#include "features/shared-links/shared_links_private.h"

#include "base/error.h"

/* What may be shown of an asset s of a link, its row x, to somebody who is not its owner. */
#define SQL_SHOWN                                                                                  \
    " s.status = 'active' AND s.deleted_at IS NULL AND s.visibility <> 'locked'"                   \
    " AND " ACCESS_SQL_LINK_MAY_SHOW

/* $2 now. Who may no longer share the album does not share it by a link made before. */
#define SQL_CREDENTIAL(which)                                                                      \
    "SELECT l.id AS id, l.owner_id AS owner_id, l.album_id AS album_id, l.password AS password,"   \
    "       l.login_token AS login_token, l.allow_upload AS allow_upload,"                         \
    "       l.allow_download AS allow_download, l.show_metadata AS show_metadata,"                 \
    "       u.email AS email, u.name AS name, u.quota_size_bytes AS quota_size_bytes,"             \
    "       u.quota_usage_bytes AS quota_usage_bytes"                                              \
    "  FROM shared_link l JOIN users u ON u.id = l.owner_id"                                       \
    " WHERE " which " AND u.deleted_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > $2)"    \
    "   AND (l.album_id IS NULL OR EXISTS (SELECT 1 FROM album a"                                  \
    "          JOIN album_user m ON m.album_id = a.id"                                             \
    "         WHERE a.id = l.album_id AND a.deleted_at IS NULL AND m.user_id = l.owner_id"         \
    "           AND m.role IN ('owner', 'editor')))"
static const char SQL_FIND_BY_KEY[] = SQL_CREDENTIAL ("l.key = $1");
static const char SQL_FIND_BY_SLUG[] = SQL_CREDENTIAL ("l.slug = $1");

/* $1 owner; none to an album that the owner is no longer in, which it would go on to tell of */
#define SQL_LINKS                                                                                  \
    "SELECT l.id AS id, l.owner_id AS owner_id, l.type AS type, l.album_id AS album_id,"           \
    "       l.key AS key, l.slug AS slug, l.description AS description, l.password AS password,"   \
    "       l.login_token AS login_token, l.allow_upload AS allow_upload,"                         \
    "       l.allow_download AS allow_download, l.show_metadata AS show_metadata,"                 \
    "       l.expires_at AS expires_at, l.created_at AS created_at"                                \
    "  FROM shared_link l"                                                                         \
    " WHERE l.owner_id = $1"                                                                       \
    "   AND (l.album_id IS NULL OR EXISTS (SELECT 1 FROM album a"                                  \
    "          JOIN album_user m ON m.album_id = a.id"                                             \
    "         WHERE a.id = l.album_id AND a.deleted_at IS NULL AND m.user_id = l.owner_id))"

/* $2 id */
static const char SQL_LOAD[] = SQL_LINKS " AND l.id = $2";

/* $2 album or NULL, $3 id or NULL; newest first */
static const char SQL_LIST[] = SQL_LINKS "   AND (CAST($2 AS TEXT) IS NULL OR l.album_id = $2)"
                                         "   AND (CAST($3 AS TEXT) IS NULL OR l.id = $3)"
                                         " ORDER BY l.created_at DESC, l.id";

/* $1 id, $2 owner, $3 type, $4 album, $5 key, $6 slug, $7 description, $8 password, $9 token, $10 upload,
 * $11 download, $12 metadata, $13 expires, $14 created */
static const char SQL_INSERT[] =
    "INSERT INTO shared_link (id, owner_id, type, album_id, key, slug, description, password,"
    "                         login_token, allow_upload, allow_download, show_metadata, expires_at,"
    "                         created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/* $1 id, $2 slug, $3 description, $4 password, $5 token, $6 upload, $7 download, $8 metadata, $9 expires */
static const char SQL_UPDATE[] =
    "UPDATE shared_link SET slug = $2, description = $3, password = $4, login_token = $5,"
    "       allow_upload = $6, allow_download = $7, show_metadata = $8, expires_at = $9"
    " WHERE id = $1";

/* $1 id, $2 owner */
static const char SQL_DELETE[] = "DELETE FROM shared_link WHERE id = $1 AND owner_id = $2";

/* $1 link, $2 1: trashed ones too */
static const char SQL_ASSET_IDS[] =
    "SELECT s.id FROM shared_link_asset x JOIN asset s ON s.id = x.asset_id"
    " WHERE x.link_id = $1 AND s.status <> 'deleted' AND s.visibility <> 'locked'"
    "   AND (CAST($2 AS SMALLINT) = 1 OR (s.status = 'active' AND s.deleted_at IS NULL))"
    "   AND " ACCESS_SQL_LINK_MAY_SHOW " ORDER BY s.file_created_at, s.id";

/* $1 a JSON array of links */
static const char SQL_FIRST_ASSETS[] =
    "SELECT link_id, asset_id FROM ("
    "  SELECT x.link_id AS link_id, x.asset_id AS asset_id, row_number() OVER ("
    "           PARTITION BY x.link_id ORDER BY s.file_created_at, s.id) AS place"
    "    FROM shared_link_asset x JOIN asset s ON s.id = x.asset_id"
    "   WHERE x.link_id IN (SELECT value FROM json_each($1)) AND" SQL_SHOWN ") AS placed"
    " WHERE place = 1";

/* $1 link, $2 a JSON array of assets */
static const char SQL_FIND_MEMBERS[] =
    "SELECT asset_id FROM shared_link_asset"
    " WHERE link_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";
static const char SQL_ADD_ASSETS[] =
    "INSERT INTO shared_link_asset (link_id, asset_id)"
    " SELECT CAST($1 AS TEXT), value FROM json_each($2) WHERE 1 = 1 ON CONFLICT DO NOTHING";
static const char SQL_REMOVE_ASSETS[] =
    "DELETE FROM shared_link_asset"
    " WHERE link_id = $1 AND asset_id IN (SELECT value FROM json_each($2))";

/* $1 link, $2 asset */
static const char SQL_ADD_UPLOAD[] =
    "INSERT INTO shared_link_asset (link_id, asset_id)"
    " SELECT CAST($1 AS TEXT), id FROM asset WHERE id = $2 AND visibility <> 'locked'"
    " ON CONFLICT DO NOTHING";

/* $1 link */
static const char SQL_PREVIEW[] =
    "SELECT l.description AS description, l.key AS key,"
    "       (SELECT count(*) FROM shared_link_asset x JOIN asset s ON s.id = x.asset_id"
    "         WHERE x.link_id = l.id AND" SQL_SHOWN ") AS n_assets,"
    "       (SELECT s.id FROM shared_link_asset x JOIN asset s ON s.id = x.asset_id"
    "         WHERE x.link_id = l.id AND" SQL_SHOWN
    "         ORDER BY s.file_created_at, s.id LIMIT 1) AS cover_id"
    "  FROM shared_link l WHERE l.id = $1";

static DbValue
blob (GBytes *bytes)
{
    return bytes != NULL ? db_blob (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes))
                         : db_null ();
}

gboolean
link_store_find (Db *db, Arena *arena, const guint8 *key, const char *slug, gint64 now_ms,
                 LinkCredential *out, GError **error)
{
    return db_select_one (
        db, arena, &link_credential_type, out, key != NULL ? SQL_FIND_BY_KEY : SQL_FIND_BY_SLUG,
        DB_ARGS (key != NULL ? db_blob (key, LINK_KEY_BYTES) : db_text (slug), db_int (now_ms)),
        error);
}

gboolean
link_store_list (Db *db, Arena *arena, const char *owner_id, const char *album_id, const char *id,
                 SharedLinkRowList *out, GError **error)
{
    return db_select (db, arena, &shared_link_row_type, (List *) out, SQL_LIST,
                      DB_ARGS (db_text (owner_id), db_text (album_id), db_text (id)), error);
}

gboolean
link_store_load (Db *db, Arena *arena, const char *owner_id, const char *id, SharedLinkRow *out,
                 GError **error)
{
    GError *why = NULL;

    if (db_select_one (db, arena, &shared_link_row_type, out, SQL_LOAD,
                       DB_ARGS (db_text (owner_id), db_text (id)), &why))
        return TRUE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_clear_error (&why);
        why = g_error_new_literal (APP_ERROR, APP_ERROR_INVALID, "Shared link not found");
    }
    g_propagate_error (error, why);
    return FALSE;
}

gboolean
link_store_insert (Db *tx, const SharedLinkRow *row, GError **error)
{
    return db_exec (
        tx, SQL_INSERT,
        DB_ARGS (db_text (row->id), db_text (row->owner_id),
                 db_text (shared_link_type_enum.texts[row->type]), db_text (row->album_id),
                 blob (row->key), db_text (row->slug), db_text (row->description),
                 db_text (row->password), blob (row->login_token), db_bool (row->allow_upload),
                 db_bool (row->allow_download), db_bool (row->show_metadata),
                 db_int_if (row->has_expires_at, row->expires_at), db_int (row->created_at)),
        NULL, error);
}

gboolean
link_store_update (Db *tx, const SharedLinkRow *row, GError **error)
{
    return db_exec (tx, SQL_UPDATE,
                    DB_ARGS (db_text (row->id), db_text (row->slug), db_text (row->description),
                             db_text (row->password), blob (row->login_token),
                             db_bool (row->allow_upload), db_bool (row->allow_download),
                             db_bool (row->show_metadata),
                             db_int_if (row->has_expires_at, row->expires_at)),
                    NULL, error);
}

gboolean
link_store_delete (Db *db, const char *owner_id, const char *id, gboolean *out_found,
                   GError **error)
{
    gint64 n = 0;

    if (!db_exec (db, SQL_DELETE, DB_ARGS (db_text (id), db_text (owner_id)), &n, error))
        return FALSE;
    *out_found = n > 0;
    return TRUE;
}

/* ---- assets ---- */

gboolean
link_store_asset_ids (Db *db, Arena *arena, const char *id, gboolean with_trashed, StringList *out,
                      GError **error)
{
    return db_select_texts (db, arena, SQL_ASSET_IDS,
                            DB_ARGS (db_text (id), db_bool (with_trashed)), out, error);
}

gboolean
link_store_first_assets (Db *db, Arena *arena, const StringList *link_ids, LinkAssetRowList *out,
                         GError **error)
{
    return db_select (db, arena, &link_asset_row_type, (List *) out, SQL_FIRST_ASSETS,
                      DB_ARGS (db_strings (arena, link_ids)), error);
}

gboolean
link_store_find_members (Db *db, Arena *arena, const char *id, const StringList *asset_ids,
                         StringList *out, GError **error)
{
    return db_select_texts (db, arena, SQL_FIND_MEMBERS,
                            DB_ARGS (db_text (id), db_strings (arena, asset_ids)), out, error);
}

gboolean
link_store_add_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                       GError **error)
{
    return asset_ids->n == 0 ||
           db_exec (tx, SQL_ADD_ASSETS, DB_ARGS (db_text (id), db_strings (arena, asset_ids)), NULL,
                    error);
}

gboolean
link_store_remove_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                          GError **error)
{
    return asset_ids->n == 0 ||
           db_exec (tx, SQL_REMOVE_ASSETS, DB_ARGS (db_text (id), db_strings (arena, asset_ids)),
                    NULL, error);
}

gboolean
shared_link_add_upload (Db *tx, const char *link_id, const char *asset_id, GError **error)
{
    return db_exec (tx, SQL_ADD_UPLOAD, DB_ARGS (db_text (link_id), db_text (asset_id)), NULL,
                    error);
}

gboolean
link_store_preview (Db *db, Arena *arena, const char *id, LinkPreviewRow *out, GError **error)
{
    return db_select_one (db, arena, &link_preview_row_type, out, SQL_PREVIEW,
                          DB_ARGS (db_text (id)), error);
}
