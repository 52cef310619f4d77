/* duplicates_resolve.c -- keeping some of a group and trashing the rest
 *
 * When one is kept and others go, it takes over what they had: that it is a favourite or archived, the
 * best rating, all descriptions, the position if they agree, albums and tags. */
#define G_LOG_DOMAIN "duplicates"
#include "features/duplicates/duplicates_private.h"

#include <string.h>

#include "base/error.h"
#include "features/assets/assets.h"
#include "features/config/config.h"
#include "features/tags/tags.h"
#include "features/trash/trash.h"

typedef struct {
    ApiCall *call;
    const DuplicateResolveGroup *group;
    StringList members, keep, trash; /* keep and trash are parts of members */
    gboolean by_force;
    BulkIdResponse *answer;
} Resolve;

/* ---- what the one that stays takes over ---- */

static void
merge_description (Arena *arena, const AssetRowList *assets, AssetTakeOver *out)
{
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GString) merged = g_string_new (NULL);

    for (gsize i = 0; i < assets->n; i++) {
        const char *text = assets->items[i].description;
        g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

        for (gsize k = 0; lines[k] != NULL; k++) {
            g_strstrip (lines[k]);
            if (*lines[k] == '\0' || !g_hash_table_add (seen, g_strdup (lines[k])))
                continue;
            if (merged->len > 0)
                g_string_append_c (merged, '\n');
            g_string_append (merged, lines[k]);
        }
    }
    if (merged->len > 0)
        out->description = arena_strdup (arena, merged->str);
}

static void
merge_position (const AssetRowList *assets, AssetTakeOver *out)
{
    for (gsize i = 0; i < assets->n; i++) {
        const AssetRow *asset = &assets->items[i];

        if (!asset->has_latitude || !asset->has_longitude)
            continue;
        if (out->has_position &&
            (asset->latitude != out->latitude || asset->longitude != out->longitude)) {
            out->has_position = FALSE;
            return;
        }
        out->has_position = TRUE;
        out->latitude = asset->latitude;
        out->longitude = asset->longitude;
    }
}

static AssetTakeOver
merge (Arena *arena, const AssetRowList *assets)
{
    AssetTakeOver out = { 0 };

    for (gsize i = 0; i < assets->n; i++) {
        const AssetRow *asset = &assets->items[i];

        out.is_favorite = out.is_favorite || asset->is_favorite;
        if (asset->visibility == ASSET_VISIBILITY_ARCHIVE)
            out.visibility = asset_visibility_enum.texts[ASSET_VISIBILITY_ARCHIVE];
        if (asset->has_rating && asset->rating > 0 && asset->rating > out.rating) {
            out.has_rating = TRUE;
            out.rating = asset->rating;
        }
    }
    merge_description (arena, assets, &out);
    merge_position (assets, &out);
    return out;
}

static gboolean
take_over (Db *tx, const Resolve *self, GError **error)
{
    Arena *arena = self->call->arena;
    const char *keeper = self->keep.items[0];
    AssetRowList assets;
    AssetTakeOver merged;
    StringList tag_ids;

    if (!assets_find (tx, arena, &self->members, &assets, error))
        return FALSE;
    merged = merge (arena, &assets);
    return asset_take_over (self->call->app, tx, arena, keeper, &merged, error) &&
           assets_copy_albums (tx, arena, &self->members, keeper, self->call->auth->user_id,
                               error) &&
           tags_find_of_assets (tx, arena, &self->members, &tag_ids, error) &&
           tags_add_to_assets (tx, arena, &tag_ids, &self->keep, NULL, NULL, NULL, error);
}

/* ---- resolving ---- */

static void
refuse (BulkIdResponse *out, BulkIdErrorReason reason, const char *message)
{
    out->success = FALSE;
    out->has_error = TRUE;
    out->error = reason;
    out->error_message = message;
}

static gboolean
contains (const StringList *list, const char *id)
{
    for (gsize i = 0; i < list->n; i++)
        if (strcmp (list->items[i], id) == 0)
            return TRUE;
    return FALSE;
}

/* Each member goes one way; other ids do not matter, unless nothing else is kept. */
static gboolean
sort_members (Resolve *self)
{
    Arena *arena = self->call->arena;
    const DuplicateResolveGroup *group = self->group;
    const StringList *members = &self->members;

    self->keep = (StringList){ arena_new_array (arena, const char *, members->n), 0 };
    self->trash = (StringList){ arena_new_array (arena, const char *, members->n), 0 };
    for (gsize i = 0; i < members->n; i++) {
        gboolean kept = contains (&group->keep_asset_ids, members->items[i]);
        gboolean trashed = contains (&group->trash_asset_ids, members->items[i]);

        if (kept && trashed) {
            refuse (self->answer, BULK_ID_ERROR_REASON_VALIDATION,
                    "An asset cannot be in both keepAssetIds and trashAssetIds");
            return FALSE;
        }
        if (!kept && !trashed) {
            refuse (self->answer, BULK_ID_ERROR_REASON_VALIDATION,
                    "Every asset must be in either keepAssetIds or trashAssetIds");
            return FALSE;
        }
        if (kept)
            self->keep.items[self->keep.n++] = members->items[i];
        else
            self->trash.items[self->trash.n++] = members->items[i];
    }
    /* what was to be kept may have been deleted meanwhile: the rest are the last copies then */
    if (group->keep_asset_ids.n > 0 && self->keep.n == 0) {
        refuse (self->answer, BULK_ID_ERROR_REASON_VALIDATION,
                "None of the assets in keepAssetIds is in the group any more");
        return FALSE;
    }
    return TRUE;
}

/* The members are found in the write that ends their group. So of two that would keep different ones, the
 * later finds none: SQLite writes one after the other, and in PostgreSQL both change the rows of all
 * members. They are the caller's own and not locked, which is all that deleting asks for. */
static gboolean
run_resolve (Db *tx, gpointer data, GError **error)
{
    Resolve *self = data;
    Arena *arena = self->call->arena;
    const char *user_id = self->call->auth->user_id, *group_id = self->group->duplicate_id;
    StringList groups = { &group_id, 1 };

    *self->answer = (BulkIdResponse){ .id = group_id, .success = TRUE };
    if (!duplicate_find_members (tx, arena, user_id, group_id, &self->members, error))
        return FALSE;
    if (self->members.n == 0) {
        refuse (self->answer, BULK_ID_ERROR_REASON_NOT_FOUND, NULL);
        return TRUE;
    }
    return !sort_members (self) ||
           ((self->keep.n != 1 || self->trash.n == 0 || take_over (tx, self, error)) &&
            duplicates_dismiss (tx, arena, &self->keep, error) &&
            duplicates_clear (tx, arena, user_id, &groups, FALSE, error) &&
            (self->trash.n == 0 || trash_put_in (tx, arena, &self->trash, self->by_force, error)));
}

void
duplicate_resolve (ApiCall *call, const DuplicateResolveGroup *group, BulkIdResponse *out)
{
    g_autoptr (GError) why = NULL;
    Resolve work = { .call = call,
                     .group = group,
                     .by_force = !config_get (call->app)->trash->enabled,
                     .answer = out };

    if (!db_write (call->db, run_resolve, &work, &why)) {
        g_warning ("cannot resolve the duplicates '%s': %s", group->duplicate_id, why->message);
        *out = (BulkIdResponse){ .id = group->duplicate_id };
        refuse (out, BULK_ID_ERROR_REASON_UNKNOWN, NULL);
        return;
    }
    if (!out->success)
        return;
    if (!work.by_force)
        asset_send_ids (call->app, call->auth->user_id, "on_asset_trash", &work.trash);
    asset_send_objects (call->app, &work.keep, "on_asset_update");
}
