/* album_members.c -- who sees an album, and what they may do there */
#define G_LOG_DOMAIN "albums"
#include "features/albums/albums_private.h"

#include <string.h>

#include "base/error.h"

static gboolean
refuse (GError **error, const char *why)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, why);
    return FALSE;
}

gboolean
album_may_add (Db *db, Arena *arena, const char *album_id, const char *user_id, gboolean *out,
               GError **error)
{
    int role;

    if (!albums_store_find_role (db, arena, album_id, user_id, &role, error))
        return FALSE;
    *out = role == ALBUM_USER_ROLE_OWNER || role == ALBUM_USER_ROLE_EDITOR;
    return TRUE;
}

/* ---- adding ---- */

typedef struct {
    ApiCall *call;
    const char *id;
    const AlbumUserAddList *users;
} Add;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    const Add *self = data;
    ApiCall *call = self->call;
    gboolean is_changed = FALSE;

    for (gsize i = 0; i < self->users->n; i++) {
        const AlbumUserAdd *user = &self->users->items[i];
        gboolean is_new;

        if (!albums_store_add_member (tx, self->id, user->user_id, user->role, &is_new, error) ||
            (is_new &&
             !album_notify_invited (call->app, tx, call->arena, self->id, user->user_id, error)))
            return FALSE;
        is_changed |= is_new;
    }
    return !is_changed || albums_store_touch (tx, self->id, 0, error);
}

gboolean
album_add_members (ApiCall *call, const char *id, const AlbumUserAddList *users, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    StringList ids = { arena_new_array (call->arena, const char *, MAX (users->n, 1)), 0 };
    Add data = { call, id, users };

    for (gsize i = 0; i < users->n; i++) {
        if (users->items[i].role == ALBUM_USER_ROLE_OWNER)
            return refuse (error, ALBUM_ONE_OWNER);
        if (g_hash_table_add (seen, (gpointer) users->items[i].user_id))
            ids.items[ids.n++] = users->items[i].user_id;
    }
    return albums_check_users (call, &ids, error) && db_write (call->db, run_add, &data, error);
}

/* ---- changing and removing ---- */

typedef struct {
    const char *id, *user_id;
    int role; /* -1: remove */
} Change;

static gboolean
run_change (Db *tx, gpointer data, GError **error)
{
    const Change *self = data;

    return self->role < 0 ? albums_store_remove_member (tx, self->id, self->user_id, error)
                          : albums_store_set_role (tx, self->id, self->user_id, self->role, error);
}

gboolean
album_change_member (ApiCall *call, const char *id, const char *user_id, int role, GError **error)
{
    Change data = { id, user_id, role };
    int before;

    if (!albums_store_find_role (call->db, call->arena, id, user_id, &before, error))
        return FALSE;
    if (before < 0)
        return refuse (error, "Album not shared with user");
    if (before == ALBUM_USER_ROLE_OWNER)
        return refuse (error, "User is owner");
    if (role == ALBUM_USER_ROLE_OWNER)
        return refuse (error, ALBUM_ONE_OWNER);
    return db_write (call->db, run_change, &data, error);
}

gboolean
album_remove_member (ApiCall *call, const char *id, const char *user_id, GError **error)
{
    Change data = { id, user_id, -1 };
    gboolean exists;
    int role;

    if (!albums_store_exists (call->db, call->arena, id, &exists, error) ||
        !albums_store_find_role (call->db, call->arena, id, user_id, &role, error))
        return FALSE;
    if (!exists)
        return refuse (error, "Album not found");
    if (role < 0)
        return refuse (error, "Album not shared with user");
    if (role == ALBUM_USER_ROLE_OWNER)
        return refuse (error, "Cannot remove the last album owner");
    return (strcmp (user_id, call->auth->user_id) == 0 ||
            access_check_album (call, id, "album.share", error)) &&
           db_write (call->db, run_change, &data, error);
}
