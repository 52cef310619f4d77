/* shared_links_routes.c -- the handlers of shared_links.api */
#define G_LOG_DOMAIN "shared-links"
#include "features/shared-links/shared_links_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/auth/auth.h"

#define LOGIN_LIFE_S 86400

/* An empty text is none. */
static const char *
text_or_null (const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

/* With the token that opens it. */
static void
set_password (Arena *arena, SharedLinkRow *row, const char *password)
{
    if (password != NULL && g_strcmp0 (row->password, password) == 0 && row->login_token != NULL)
        return; /* who is in stays in */
    row->password = password;
    row->login_token = password != NULL ? link_new_secret (arena, LINK_TOKEN_BYTES) : NULL;
}

/* ---- one's own links ---- */

static ApiStatus
get_all_shared_links (ApiCall *call, const GetAllSharedLinksRequest *in,
                      SharedLinkResponseList *out)
{
    g_autoptr (GError) error = NULL;
    SharedLinkRowList rows;

    if (!link_store_list (call->db, call->arena, call->auth->user_id, in->album_id, in->id, &rows,
                          &error) ||
        !link_describe_list (call, &rows, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
get_shared_link_by_id (ApiCall *call, const GetSharedLinkByIdRequest *in, SharedLinkResponse *out)
{
    g_autoptr (GError) error = NULL;
    SharedLinkRow row;

    if (!link_store_load (call->db, call->arena, call->auth->user_id, in->id, &row, &error) ||
        !link_describe (call, &row, LINK_WHOLE, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

typedef struct {
    Arena *arena;
    const SharedLinkRow *row;
    const StringList *asset_ids;
} Create;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const Create *self = data;

    return link_store_insert (tx, self->row, error) &&
           link_store_add_assets (tx, self->arena, self->row->id, self->asset_ids, error);
}

/* A slug that is taken, or an album or asset that went away just now. */
static gboolean
save (ApiCall *call, DbRun run, gpointer data, GError **error)
{
    GError *why = NULL;

    if (db_write (call->db, run, data, &why))
        return TRUE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_CONSTRAINT)) {
        g_clear_error (&why);
        why = g_error_new_literal (APP_ERROR, APP_ERROR_INVALID, "Failed to save shared link");
    }
    g_propagate_error (error, why);
    return FALSE;
}

static gboolean
refuse (GError **error, const char *text)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, text);
    return FALSE;
}

/* What may be shared. Assets of a link to an album are left aside. */
static gboolean
check_content (ApiCall *call, const SharedLinkCreate *body, GError **error)
{
    if (body->type == SHARED_LINK_TYPE_ALBUM)
        return body->album_id != NULL
                   ? access_check_album (call, body->album_id, "album.share", error)
                   : refuse (error, "Invalid albumId");
    return body->asset_ids.n > 0
               ? access_check_assets (call, &body->asset_ids, "asset.share", error)
               : refuse (error, "Invalid assetIds");
}

static ApiStatus
create_shared_link (ApiCall *call, const CreateSharedLinkRequest *in, SharedLinkResponse *out)
{
    const SharedLinkCreate *body = in->body;
    gboolean is_album = body->type == SHARED_LINK_TYPE_ALBUM;
    StringList no_ids = { 0 };
    g_autoptr (GError) error = NULL;
    SharedLinkRow row = {
        .id = uuid_v4 (call->arena),
        .owner_id = call->auth->user_id,
        .type = body->type,
        .album_id = is_album ? body->album_id : NULL,
        .key = link_new_secret (call->arena, LINK_KEY_BYTES),
        .slug = text_or_null (body->slug),
        .description = text_or_null (body->description),
        .allow_upload = !body->has_allow_upload || body->allow_upload,
        .allow_download = body->allow_download && body->show_metadata, /* originals tell all */
        .show_metadata = body->show_metadata,
        .has_expires_at = body->has_expires_at,
        .expires_at = body->expires_at,
        .created_at = timestamp_now_ms (),
    };
    Create data = { call->arena, &row, is_album ? &no_ids : &body->asset_ids };

    set_password (call->arena, &row, text_or_null (body->password));
    if (!check_content (call, body, &error) || !save (call, run_create, &data, &error) ||
        !link_describe (call, &row, LINK_CHANGED, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

typedef struct {
    ApiCall *call;
    const char *id;
    const SharedLinkEdit *edit;
    SharedLinkRow row;
} Update;

static void
apply (Arena *arena, const SharedLinkEdit *edit, SharedLinkRow *row)
{
    if (edit->set_slug)
        row->slug = text_or_null (edit->slug);
    if (edit->set_description)
        row->description = text_or_null (edit->description);
    if (edit->set_password)
        set_password (arena, row, text_or_null (edit->password));
    if (edit->set_expires_at || (edit->has_change_expiry_time && edit->change_expiry_time)) {
        row->has_expires_at = edit->has_expires_at;
        row->expires_at = edit->expires_at;
    }
    if (edit->has_allow_upload)
        row->allow_upload = edit->allow_upload;
    if (edit->has_allow_download)
        row->allow_download = edit->allow_download;
    if (edit->has_show_metadata)
        row->show_metadata = edit->show_metadata;
}

static gboolean
run_update (Db *tx, gpointer data, GError **error)
{
    Update *self = data;
    Arena *arena = self->call->arena;

    if (!link_store_load (tx, arena, self->call->auth->user_id, self->id, &self->row, error))
        return FALSE;
    apply (arena, self->edit, &self->row);
    return link_store_update (tx, &self->row, error);
}

static ApiStatus
update_shared_link (ApiCall *call, const UpdateSharedLinkRequest *in, SharedLinkResponse *out)
{
    Update data = { .call = call, .id = in->id, .edit = in->body };
    g_autoptr (GError) error = NULL;

    if (!save (call, run_update, &data, &error) ||
        !link_describe (call, &data.row, LINK_CHANGED, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
remove_shared_link (ApiCall *call, const RemoveSharedLinkRequest *in)
{
    g_autoptr (GError) error = NULL;
    gboolean found = FALSE;

    if (!link_store_delete (call->db, call->auth->user_id, in->id, &found, &error))
        return api_fail (call, g_steal_pointer (&error));
    return found ? API_OK : api_refuse (call, APP_ERROR_INVALID, "Shared link not found");
}

/* ---- assets of a link ---- */

typedef struct {
    ApiCall *call;
    const char *id;
    const StringList *asset_ids;
    const StringList *allowed; /* of these; NULL: they are removed */
    AssetIdsResponseList results;
} ChangeAssets;

/* One answer an id, in their order. An id that comes twice finds the first one done. */
static gboolean
run_change_assets (Db *tx, gpointer data, GError **error)
{
    ChangeAssets *self = data;
    Arena *arena = self->call->arena;
    gboolean is_adding = self->allowed != NULL;
    g_autoptr (GHashTable) allowed = is_adding ? string_list_set (self->allowed) : NULL;
    g_autoptr (GHashTable) members = NULL;
    StringList found,
        changed = { arena_new_array (arena, const char *, self->asset_ids->n + 1), 0 };
    SharedLinkRow row;

    if (!link_store_load (tx, arena, self->call->auth->user_id, self->id, &row, error))
        return FALSE;
    if (row.type != SHARED_LINK_TYPE_INDIVIDUAL)
        return refuse (error, "Invalid shared link type");
    if (!link_store_find_members (tx, arena, self->id, self->asset_ids, &found, error))
        return FALSE;
    members = string_list_set (&found);
    self->results.n = self->asset_ids->n;
    self->results.items = arena_new_array (arena, AssetIdsResponse, self->asset_ids->n + 1);
    for (gsize i = 0; i < self->asset_ids->n; i++) {
        const char *id = self->asset_ids->items[i];
        AssetIdsResponse *result = &self->results.items[i];
        gboolean is_member = g_hash_table_contains (members, id);

        result->asset_id = id;
        result->success = is_adding ? !is_member && g_hash_table_contains (allowed, id) : is_member;
        if (result->success) {
            changed.items[changed.n++] = id;
            is_adding ? g_hash_table_add (members, (gpointer) id)
                      : g_hash_table_remove (members, id);
        } else {
            result->has_error = TRUE;
            result->error = !is_adding  ? ASSET_ID_ERROR_REASON_NOT_FOUND
                            : is_member ? ASSET_ID_ERROR_REASON_DUPLICATE
                                        : ASSET_ID_ERROR_REASON_NO_PERMISSION;
        }
    }
    return is_adding ? link_store_add_assets (tx, arena, self->id, &changed, error)
                     : link_store_remove_assets (tx, arena, self->id, &changed, error);
}

static ApiStatus
add_shared_link_assets (ApiCall *call, const AddSharedLinkAssetsRequest *in,
                        AssetIdsResponseList *out)
{
    StringList allowed;
    ChangeAssets data = { call, in->id, &in->body->asset_ids, &allowed, { 0 } };
    g_autoptr (GError) error = NULL;

    if (!access_filter_assets (call, &in->body->asset_ids, "asset.share", &allowed, &error) ||
        !save (call, run_change_assets, &data, &error))
        return api_fail (call, g_steal_pointer (&error));
    *out = data.results;
    return API_OK;
}

static ApiStatus
remove_shared_link_assets (ApiCall *call, const RemoveSharedLinkAssetsRequest *in,
                           AssetIdsResponseList *out)
{
    ChangeAssets data = { call, in->id, &in->body->asset_ids, NULL, { 0 } };
    g_autoptr (GError) error = NULL;

    if (!save (call, run_change_assets, &data, &error))
        return api_fail (call, g_steal_pointer (&error));
    *out = data.results;
    return API_OK;
}

/* ---- visitors ---- */

/* The link that the caller came by; a user is refused. FALSE when it answered. */
static gboolean
load_visited (ApiCall *call, SharedLinkRow *out)
{
    const Auth *auth = call->auth;
    g_autoptr (GError) error = NULL;

    if (auth->kind != CREDENTIAL_LINK)
        api_refuse (call, APP_ERROR_FORBIDDEN, "Forbidden");
    else if (!link_store_load (call->db, call->arena, auth->user_id, auth->link_id, out, &error))
        api_fail (call, g_steal_pointer (&error));
    else
        return TRUE;
    return FALSE;
}

static ApiStatus
answer_visitor (ApiCall *call, const SharedLinkRow *row, SharedLinkResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!link_describe (call, row, LINK_WHOLE, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (!row->show_metadata && row->type == SHARED_LINK_TYPE_INDIVIDUAL)
        return api_respond_json (call, link_stripped_json (call->arena, out));
    return API_OK;
}

static ApiStatus
get_my_shared_link (ApiCall *call, const GetMySharedLinkRequest *in, SharedLinkResponse *out)
{
    SharedLinkRow row;

    return load_visited (call, &row) ? answer_visitor (call, &row, out) : API_FAILED;
}

static ApiStatus
shared_link_login (ApiCall *call, const SharedLinkLoginRequest *in, SharedLinkResponse *out)
{
    g_autoptr (GError) error = NULL;
    SharedLinkRow row;

    if (!load_visited (call, &row))
        return API_FAILED;
    if (row.password == NULL || row.login_token == NULL)
        return api_refuse (call, APP_ERROR_INVALID, "Shared link is not password protected");
    if (!auth_take_guess (call, row.id, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (!link_password_matches (in->body->password, row.password))
        return api_refuse (call, APP_ERROR_UNAUTHORIZED, "Invalid password");
    auth_forgive_guesses (call, row.id);
    auth_set_cookie (call, LINK_COOKIE,
                     link_tokens_add (call->arena, http_request_cookie (call->request, LINK_COOKIE),
                                      row.login_token),
                     LOGIN_LIFE_S, TRUE);
    return answer_visitor (call, &row, out);
}

static const SharedLinksHandlers shared_links_handlers = {
    .get_all_shared_links = get_all_shared_links,
    .create_shared_link = create_shared_link,
    .shared_link_login = shared_link_login,
    .get_my_shared_link = get_my_shared_link,
    .get_shared_link_by_id = get_shared_link_by_id,
    .update_shared_link = update_shared_link,
    .remove_shared_link = remove_shared_link,
    .add_shared_link_assets = add_shared_link_assets,
    .remove_shared_link_assets = remove_shared_link_assets,
};

void
shared_links_start (App *app, Api *api)
{
    auth_set_link_authenticator (link_authenticate);
    api_serve_shared_links (api, &shared_links_handlers);
}
