/* albums.c -- making and changing albums, and what is in them */
#define G_LOG_DOMAIN "albums"
#include "features/albums/albums_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/preferences/preferences.h"

#define PART ((gsize) 1000) /* assets that one write puts in or takes out: others write between */

/* ---- adding assets ---- */

gboolean
album_add_assets (const App *app, Db *tx, Arena *arena, const char *album_id, const char *actor_id,
                  const StringList *asset_ids, StringList *out_added, GError **error)
{
    StringList added = { NULL, 0 };

    if (asset_ids->n > 0 &&
        !albums_store_add_assets (tx, arena, album_id, asset_ids, &added, error))
        return FALSE;
    if (out_added != NULL)
        *out_added = added;
    return added.n == 0 || (albums_store_touch (tx, album_id, timestamp_now_ms (), error) &&
                            album_notify_added (app, tx, arena, album_id, actor_id, error) &&
                            album_send_updated (app, tx, arena, album_id, error));
}

typedef struct {
    ApiCall *call;
    const char *album_id;
    StringList asset_ids, added;
} Add;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    Add *self = data;
    ApiCall *call = self->call;

    return album_add_assets (call->app, tx, call->arena, self->album_id, call->auth->user_id,
                             &self->asset_ids, &self->added, error);
}

/* @param out_added  grows by what is new in the album */
static gboolean
add_in_parts (ApiCall *call, const char *id, const StringList *asset_ids, StringList *out_added,
              GError **error)
{
    for (gsize at = 0; at < asset_ids->n; at += PART) {
        Add data = { .call = call,
                     .album_id = id,
                     .asset_ids = { asset_ids->items + at, MIN (PART, asset_ids->n - at) } };

        if (!db_write (call->db, run_add, &data, error))
            return FALSE;
        string_list_append (call->arena, out_added, &data.added);
    }
    return TRUE;
}

static void
add_to_set (GHashTable *set, const StringList *ids)
{
    for (gsize i = 0; i < ids->n; i++)
        g_hash_table_add (set, (gpointer) ids->items[i]);
}

/* One answer for each id in the order of the request. An id of @done succeeds the first time; of the
 * others those of @marked have failed for @reason. */
static void
answer_each (Arena *arena, const StringList *ids, GHashTable *done, GHashTable *marked,
             BulkIdErrorReason reason, BulkIdErrorReason otherwise, BulkIdResponseList *out)
{
    out->items = arena_new_array (arena, BulkIdResponse, MAX (ids->n, 1));
    out->n = ids->n;
    for (gsize i = 0; i < ids->n; i++) {
        gboolean is_done = g_hash_table_remove (done, ids->items[i]);

        out->items[i] = (BulkIdResponse){
            .id = ids->items[i],
            .success = is_done,
            .has_error = !is_done,
            .error = g_hash_table_contains (marked, ids->items[i]) ? reason : otherwise,
        };
    }
}

gboolean
album_add_each (ApiCall *call, const char *id, const StringList *asset_ids, BulkIdResponseList *out,
                GError **error)
{
    g_autoptr (GHashTable) added = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) there = g_hash_table_new (g_str_hash, g_str_equal);
    StringList before, allowed, new = { 0 };

    if (!albums_store_find_assets (call->db, call->arena, id, asset_ids, &before, error) ||
        !access_filter_assets (call, asset_ids, "asset.share", &allowed, error) ||
        !add_in_parts (call, id, &allowed, &new, error))
        return FALSE;
    add_to_set (added, &new);
    add_to_set (there, &before);
    add_to_set (there, &new); /* a repetition finds it there */
    answer_each (call->arena, asset_ids, added, there, BULK_ID_ERROR_REASON_DUPLICATE,
                 BULK_ID_ERROR_REASON_NO_PERMISSION, out);
    return TRUE;
}

gboolean
albums_add_to_all (ApiCall *call, const StringList *album_ids, const StringList *asset_ids,
                   gint64 *out_n, GError **error)
{
    StringList added = { 0 };

    for (gsize i = 0; i < album_ids->n; i++)
        if (!add_in_parts (call, album_ids->items[i], asset_ids, &added, error))
            return FALSE;
    *out_n = (gint64) added.n;
    return TRUE;
}

/* ---- taking assets out ---- */

typedef struct {
    ApiCall *call;
    const char *id;
    StringList asset_ids, removed;
} Remove;

static gboolean
run_remove (Db *tx, gpointer data, GError **error)
{
    Remove *self = data;
    ApiCall *call = self->call;

    /* what was taken out meanwhile is not found */
    return albums_store_find_assets (tx, call->arena, self->id, &self->asset_ids, &self->removed,
                                     error) &&
           (self->removed.n == 0 ||
            (albums_store_remove_assets (tx, call->arena, self->id, &self->removed, error) &&
             albums_store_touch (tx, self->id, timestamp_now_ms (), error) &&
             album_send_updated (call->app, tx, call->arena, self->id, error)));
}

gboolean
album_remove_assets (ApiCall *call, const char *id, const StringList *asset_ids,
                     BulkIdResponseList *out, GError **error)
{
    g_autoptr (GHashTable) removed = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) kept = g_hash_table_new (g_str_hash, g_str_equal);
    StringList there, allowed, gone = { 0 };
    int role;

    if (!albums_store_find_role (call->db, call->arena, id, call->auth->user_id, &role, error) ||
        !albums_store_find_assets (call->db, call->arena, id, asset_ids, &there, error))
        return FALSE;
    allowed = there;
    if (role != ALBUM_USER_ROLE_OWNER &&
        !access_filter_assets (call, &there, "asset.share", &allowed, error))
        return FALSE;
    for (gsize at = 0; at < allowed.n; at += PART) {
        Remove data = { .call = call,
                        .id = id,
                        .asset_ids = { allowed.items + at, MIN (PART, allowed.n - at) } };

        if (!db_write (call->db, run_remove, &data, error))
            return FALSE;
        string_list_append (call->arena, &gone, &data.removed);
    }
    add_to_set (removed, &gone);
    add_to_set (kept, &there);
    for (gsize i = 0; i < allowed.n; i++)
        g_hash_table_remove (kept, allowed.items[i]);
    answer_each (call->arena, asset_ids, removed, kept, BULK_ID_ERROR_REASON_NO_PERMISSION,
                 BULK_ID_ERROR_REASON_NOT_FOUND, out);
    return TRUE;
}

/* ---- making and changing ---- */

typedef struct {
    ApiCall *call;
    const CreateAlbum *body;
    const char *id;
    AlbumUserCreateList users; /* without the owner and repetitions */
    StringList asset_ids;
    int order;
} Create;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const Create *self = data;
    ApiCall *call = self->call;
    gboolean is_new;

    if (!albums_store_insert (tx, self->id, self->body, self->order, timestamp_now_ms (), error) ||
        !albums_store_add_member (tx, self->id, call->auth->user_id, ALBUM_USER_ROLE_OWNER, &is_new,
                                  error) ||
        (self->asset_ids.n > 0 &&
         !albums_store_add_assets (tx, call->arena, self->id, &self->asset_ids, NULL, error)))
        return FALSE;
    for (gsize i = 0; i < self->users.n; i++) {
        const AlbumUserCreate *user = &self->users.items[i];

        if (!albums_store_add_member (tx, self->id, user->user_id, user->role, &is_new, error) ||
            !album_notify_invited (call->app, tx, call->arena, self->id, user->user_id, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
albums_check_users (ApiCall *call, const StringList *user_ids, GError **error)
{
    StringList found;

    if (!albums_store_find_users (call->db, call->arena, user_ids, &found, error))
        return FALSE;
    if (found.n == user_ids->n)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Invalid user");
    return FALSE;
}

/* The owner is a member anyway; who is named twice gets the first role. */
static gboolean
find_invited (ApiCall *call, const AlbumUserCreateList *users, AlbumUserCreateList *out,
              GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    StringList ids = { arena_new_array (call->arena, const char *, MAX (users->n, 1)), 0 };

    out->items = arena_new_array (call->arena, AlbumUserCreate, MAX (users->n, 1));
    out->n = 0;
    for (gsize i = 0; i < users->n; i++) {
        const AlbumUserCreate *user = &users->items[i];

        if (strcmp (user->user_id, call->auth->user_id) == 0 ||
            !g_hash_table_add (seen, (gpointer) user->user_id))
            continue;
        if (user->role == ALBUM_USER_ROLE_OWNER) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, ALBUM_ONE_OWNER);
            return FALSE;
        }
        ids.items[ids.n++] = user->user_id;
        out->items[out->n++] = *user;
    }
    return ids.n == 0 || albums_check_users (call, &ids, error);
}

gboolean
album_create (ApiCall *call, const CreateAlbum *body, const char **out_id, GError **error)
{
    Create data = { .call = call, .body = body, .id = uuid_v4 (call->arena) };
    UserPreferencesResponse preferences;

    if (!find_invited (call, &body->album_users, &data.users, error) ||
        !access_filter_assets (call, &body->asset_ids, "asset.share", &data.asset_ids, error) ||
        !preferences_load (call->db, call->arena, call->auth->user_id, &preferences, error))
        return FALSE;
    data.order = preferences.albums->default_asset_order;
    if (!db_write (call->db, run_create, &data, error))
        return FALSE;
    *out_id = data.id;
    return TRUE;
}

typedef struct {
    ApiCall *call;
    const char *id;
    const UpdateAlbum *body;
    gboolean cover_is_wrong;
} Update;

static gboolean
run_update (Db *tx, gpointer data, GError **error)
{
    Update *self = data;

    return albums_store_update (tx, self->id, self->body, timestamp_now_ms (),
                                &self->cover_is_wrong, error) &&
           (self->cover_is_wrong ||
            album_send_updated (self->call->app, tx, self->call->arena, self->id, error));
}

gboolean
album_update (ApiCall *call, const char *id, const UpdateAlbum *body, GError **error)
{
    Update data = { .call = call, .id = id, .body = body };

    if (!db_write (call->db, run_update, &data, error))
        return FALSE;
    if (data.cover_is_wrong)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Invalid album thumbnail");
    return !data.cover_is_wrong;
}
