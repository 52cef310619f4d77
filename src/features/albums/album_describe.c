/* album_describe.c -- albums as clients see them */
#define G_LOG_DOMAIN "albums"
#include "features/albums/album_summary.h"
#include "features/albums/albums_private.h"

#include <string.h>

#include "base/error.h"
#include "features/users/users.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)

/* The members of all albums of the answer. */
typedef struct {
    AlbumMemberRowList rows; /* those of an album stand together */
    UserResponseList users;
    GHashTable *by_id;    /* user's id to UserResponse; (transfer none) */
    GHashTable *by_album; /* album's id to the first of its rows; (transfer none) */
} Members;

/* Tables that go with the arena. */
static GHashTable *
new_table (Arena *arena)
{
    return arena_own (arena, g_hash_table_new (g_str_hash, g_str_equal),
                      (GDestroyNotify) g_hash_table_unref);
}

static gboolean
find_members (Db *db, Arena *arena, const StringList *ids, const char *viewer_id, Members *out,
              GError **error)
{
    StringList user_ids;

    out->by_id = new_table (arena);
    out->by_album = new_table (arena);
    if (!albums_store_find_members (db, arena, ids, viewer_id, &out->rows, error))
        return FALSE;
    user_ids = (StringList){ arena_new_array (arena, const char *, MAX (out->rows.n, 1)), 0 };
    for (gsize i = 0; i < out->rows.n; i++) {
        AlbumMemberRow *row = &out->rows.items[i];

        if (g_hash_table_add (out->by_id, (gpointer) row->user_id))
            user_ids.items[user_ids.n++] = row->user_id;
        if (!g_hash_table_contains (out->by_album, row->album_id))
            g_hash_table_insert (out->by_album, (gpointer) row->album_id, row);
    }
    if (!users_describe (db, arena, &user_ids, &out->users, error))
        return FALSE;
    g_hash_table_remove_all (out->by_id);
    for (gsize i = 0; i < out->users.n; i++)
        g_hash_table_insert (out->by_id, (gpointer) out->users.items[i].id, &out->users.items[i]);
    return TRUE;
}

static AlbumUserResponseList
list_members (const Members *self, Arena *arena, const char *album_id)
{
    const AlbumMemberRow *end = self->rows.items + self->rows.n;
    const AlbumMemberRow *first = g_hash_table_lookup (self->by_album, album_id), *next = first;
    AlbumUserResponseList list = { NULL, 0 };

    while (next != NULL && next < end && strcmp (next->album_id, album_id) == 0)
        next++;
    if (first == NULL)
        return list;
    list.items = arena_new_array (arena, AlbumUserResponse, (gsize) (next - first));
    for (const AlbumMemberRow *row = first; row < next; row++) {
        const UserResponse *user = g_hash_table_lookup (self->by_id, row->user_id);

        if (user != NULL)
            list.items[list.n++] = (AlbumUserResponse){ .user = user, .role = row->role };
    }
    return list;
}

/* A day in the calendar of where the photo was taken. */
static gint64
day_of (gint64 local_ms)
{
    gint64 rest = local_ms % DAY_MS;

    return local_ms - (rest < 0 ? rest + DAY_MS : rest);
}

static void
describe (const AlbumRow *row, const Members *members, Arena *arena, AlbumResponse *out)
{
    *out = (AlbumResponse){
        .id = row->id,
        .album_name = row->name,
        .description = row->description,
        .album_thumbnail_asset_id = row->thumbnail_asset_id,
        .album_users = list_members (members, arena, row->id),
        .has_shared_link = row->has_link,
        .has_start_date = row->has_first_at,
        .start_date = day_of (row->first_at),
        .has_end_date = row->has_last_at,
        .end_date = day_of (row->last_at),
        .asset_count = row->n_assets,
        .is_activity_enabled = row->is_activity_enabled,
        .has_order = TRUE,
        .order = row->sort_order,
        .has_last_modified_asset_timestamp = row->has_modified_at,
        .last_modified_asset_timestamp = row->modified_at,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
    };
    out->shared = out->album_users.n > 1 || row->has_link;
}

/* Counting anew is a write. When there can be none, what was counted before is shown. */
static void
refresh (Db *db, Arena *arena, const StringList *ids)
{
    g_autoptr (GError) why = NULL;

    if (!album_summary_refresh_stale (db, arena, ids, &why))
        g_warning ("cannot count the assets of albums anew: %s, showing the old counts",
                   why->message);
}

gboolean
albums_describe (const App *app, Db *db, Arena *arena, const StringList *ids, const char *viewer_id,
                 AlbumResponseList *out, GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    AlbumResponseList list = { arena_new_array (arena, AlbumResponse, MAX (ids->n, 1)), 0 };
    AlbumRowList rows = { 0 };
    Members members;

    if (ids->n > 0) {
        refresh (db, arena, ids);
        if (!albums_store_find (db, arena, ids, &rows, error) ||
            !find_members (db, arena, ids, viewer_id, &members, error))
            return FALSE;
    }
    for (gsize i = 0; i < rows.n; i++)
        g_hash_table_insert (by_id, (gpointer) rows.items[i].id, &rows.items[i]);
    for (gsize i = 0; i < ids->n; i++) {
        const AlbumRow *row = g_hash_table_lookup (by_id, ids->items[i]);

        if (row != NULL)
            describe (row, &members, arena, &list.items[list.n++]);
    }
    *out = list;
    return TRUE;
}

gboolean
album_describe_one (const App *app, Db *db, Arena *arena, const char *id, const char *viewer_id,
                    gboolean with_contributors, AlbumResponse *out, GError **error)
{
    StringList ids = { &id, 1 };
    AlbumResponseList list;

    if (!albums_describe (app, db, arena, &ids, viewer_id, &list, error))
        return FALSE;
    if (list.n == 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Album not found");
        return FALSE;
    }
    *out = list.items[0];
    out->has_contributor_counts = with_contributors && out->shared;
    return !out->has_contributor_counts ||
           albums_store_find_contributors (db, arena, id, &out->contributor_counts, error);
}
