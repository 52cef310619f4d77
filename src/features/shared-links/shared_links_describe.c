/* shared_links_describe.c -- from a row to what clients are told of a link */
#define G_LOG_DOMAIN "shared-links"
#include "features/shared-links/shared_links_private.h"

#include <string.h>

#include "features/albums/albums.h"
#include "features/assets/assets.h"

#define MASK "********" /* of a password, whatever its length */

/* A visitor is nobody: favourites and people are the owner's own business. */
static const char *
viewer_of (const ApiCall *call)
{
    return call->auth->kind == CREDENTIAL_LINK ? "" : call->auth->user_id;
}

static void
fill (ApiCall *call, const SharedLinkRow *row, SharedLinkResponse *out)
{
    gboolean is_masked = call->auth->kind == CREDENTIAL_LINK && row->password != NULL;

    *out = (SharedLinkResponse){
        .id = row->id,
        .description = row->description,
        .password = is_masked ? MASK : row->password,
        .user_id = row->owner_id,
        .key = link_key_text (call->arena, row->key),
        .type = row->type,
        .created_at = row->created_at,
        .has_expires_at = row->has_expires_at,
        .expires_at = row->expires_at,
        .allow_upload = row->allow_upload,
        .allow_download = row->allow_download,
        .show_metadata = row->show_metadata,
        .slug = row->slug,
    };
}

/* ---- albums ---- */

/* The albums of @rows, into their places in @out. */
static gboolean
add_albums (ApiCall *call, const SharedLinkRow *rows, gsize n, SharedLinkResponse *out,
            GError **error)
{
    StringList ids = { arena_new_array (call->arena, const char *, MAX (n, 1)), 0 };
    AlbumResponseList albums;

    for (gsize i = 0; i < n; i++)
        if (rows[i].album_id != NULL)
            ids.items[ids.n++] = rows[i].album_id;
    if (ids.n == 0)
        return TRUE;
    if (!albums_describe (call->app, call->db, call->arena, &ids, NULL, &albums, error))
        return FALSE;
    for (gsize a = 0; a < albums.n; a++) {
        AlbumResponse *album = &albums.items[a];

        if (call->auth->kind == CREDENTIAL_LINK)
            album->album_users.n = 0; /* who its members are is nobody's business there */
        album->shared = album->has_shared_link = TRUE;
        for (gsize i = 0; i < n; i++)
            if (g_strcmp0 (rows[i].album_id, album->id) == 0)
                out[i].album = album;
    }
    return TRUE;
}

/* ---- links ---- */

gboolean
link_describe (ApiCall *call, const SharedLinkRow *row, LinkForm form, SharedLinkResponse *out,
               GError **error)
{
    AssetParts parts = form == LINK_WHOLE ? ASSET_WITH_EXIF | ASSET_WITH_PEOPLE : ASSET_WITH_PEOPLE;
    StringList ids;

    fill (call, row, out);
    if (row->type == SHARED_LINK_TYPE_ALBUM)
        return form == LINK_CHANGED || add_albums (call, row, 1, out, error);
    return link_store_asset_ids (call->db, call->arena, row->id, form == LINK_CHANGED, &ids,
                                 error) &&
           assets_describe (call->app, call->db, call->arena, &ids, parts, viewer_of (call),
                            &out->assets, error);
}

/* The first asset of each link, into its place in @out. */
static gboolean
add_first_assets (ApiCall *call, const SharedLinkRowList *rows, SharedLinkResponse *out,
                  GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) assets_by_id = g_hash_table_new (g_str_hash, g_str_equal);
    StringList link_ids = { arena_new_array (call->arena, const char *, MAX (rows->n, 1)), 0 };
    StringList asset_ids = { 0 };
    LinkAssetRowList firsts;
    AssetResponseList assets;

    for (gsize i = 0; i < rows->n; i++) {
        link_ids.items[link_ids.n++] = rows->items[i].id;
        g_hash_table_insert (by_id, (gpointer) rows->items[i].id, &out[i]);
    }
    if (!link_store_first_assets (call->db, call->arena, &link_ids, &firsts, error))
        return FALSE;
    asset_ids.items = arena_new_array (call->arena, const char *, MAX (firsts.n, 1));
    for (gsize i = 0; i < firsts.n; i++)
        asset_ids.items[asset_ids.n++] = firsts.items[i].asset_id;
    if (!assets_describe (call->app, call->db, call->arena, &asset_ids, ASSET_WITH_PEOPLE,
                          viewer_of (call), &assets, error))
        return FALSE;
    for (gsize i = 0; i < assets.n; i++)
        g_hash_table_insert (assets_by_id, (gpointer) assets.items[i].id, &assets.items[i]);
    for (gsize i = 0; i < firsts.n; i++) {
        SharedLinkResponse *link = g_hash_table_lookup (by_id, firsts.items[i].link_id);
        AssetResponse *asset = g_hash_table_lookup (assets_by_id, firsts.items[i].asset_id);

        if (asset != NULL)
            link->assets = (AssetResponseList){ asset, 1 };
    }
    return TRUE;
}

gboolean
link_describe_list (ApiCall *call, const SharedLinkRowList *rows, SharedLinkResponseList *out,
                    GError **error)
{
    out->n = rows->n;
    out->items = arena_new_array (call->arena, SharedLinkResponse, MAX (rows->n, 1));
    for (gsize i = 0; i < rows->n; i++)
        fill (call, &rows->items[i], &out->items[i]);
    return rows->n == 0 || (add_first_assets (call, rows, out->items, error) &&
                            add_albums (call, rows->items, rows->n, out->items, error));
}

GString *
link_stripped_json (Arena *arena, const SharedLinkResponse *link)
{
    GString *json = g_string_new (NULL);
    StrippedLink out = {
        .id = link->id,
        .description = link->description,
        .password = link->password,
        .user_id = link->user_id,
        .key = link->key,
        .type = link->type,
        .created_at = link->created_at,
        .has_expires_at = link->has_expires_at,
        .expires_at = link->expires_at,
        .assets = { arena_new_array (arena, StrippedAsset, MAX (link->assets.n, 1)),
                    link->assets.n },
        .allow_upload = link->allow_upload,
        .allow_download = link->allow_download,
        .show_metadata = link->show_metadata,
        .slug = link->slug,
    };

    for (gsize i = 0; i < link->assets.n; i++)
        asset_strip (&link->assets.items[i], &out.assets.items[i]);
    api_write_json (&stripped_link_type, &out, json);
    return json;
}
