/* asset_describe.c -- from a row to what clients are told of an asset */
#define G_LOG_DOMAIN "assets"
#include "features/assets/assets.h"

#include <string.h>

#include "features/people/people.h"
#include "features/stacks/stacks.h"
#include "features/tags/tags.h"
#include "features/users/users.h"
#include "media/layout.h"
#include "media/media_type.h"

static const char *
to_base64 (Arena *arena, GBytes *bytes)
{
    g_autofree char *text = NULL;
    gsize n = 0;
    const guint8 *data;

    if (bytes == NULL)
        return NULL;
    data = g_bytes_get_data (bytes, &n);
    text = g_base64_encode (data, n);
    return arena_strdup (arena, text);
}

static const ExifResponse *
describe_exif (Arena *arena, const AssetRow *row)
{
    ExifResponse *out = arena_new0 (arena, ExifResponse);

    out->make = row->make;
    out->model = row->model;
    out->has_exif_image_width = row->has_exif_image_width;
    out->exif_image_width = row->exif_image_width;
    out->has_exif_image_height = row->has_exif_image_height;
    out->exif_image_height = row->exif_image_height;
    out->has_file_size_in_byte = row->has_file_size_in_byte && row->file_size_in_byte > 0;
    out->file_size_in_byte = row->file_size_in_byte;
    out->orientation = row->orientation;
    out->has_date_time_original = row->has_date_time_original;
    out->date_time_original = row->date_time_original;
    out->has_modify_date = row->has_modify_date;
    out->modify_date = row->modify_date;
    out->time_zone = row->time_zone;
    out->lens_model = row->lens_model;
    out->has_f_number = row->has_f_number;
    out->f_number = row->f_number;
    out->has_focal_length = row->has_focal_length;
    out->focal_length = row->focal_length;
    out->has_iso = row->has_iso;
    out->iso = row->iso;
    out->exposure_time = row->exposure_time;
    out->has_latitude = row->has_latitude;
    out->latitude = row->latitude;
    out->has_longitude = row->has_longitude;
    out->longitude = row->longitude;
    out->city = row->city;
    out->state = row->state;
    out->country = row->country;
    out->description = row->description != NULL ? row->description : "";
    out->projection_type = row->projection_type;
    out->has_rating = row->has_rating;
    out->rating = row->rating;
    /* every key is there, null where nothing is known */
    out->set_make = out->set_model = out->set_exif_image_width = out->set_exif_image_height =
        out->set_file_size_in_byte = out->set_orientation = out->set_date_time_original =
            out->set_modify_date = out->set_time_zone = out->set_lens_model = out->set_f_number =
                out->set_focal_length = out->set_iso = out->set_exposure_time = out->set_latitude =
                    out->set_longitude = out->set_city = out->set_state = out->set_country =
                        out->set_description = out->set_projection_type = out->set_rating = TRUE;
    return out;
}

/* What other features know of the assets, for all of them at once. */
typedef struct {
    UserResponseList owners;
    GHashTable *tags;   /* asset id -> TagResponseList *; NULL unless wanted */
    GHashTable *stacks; /* stack id -> AssetStackResponse *; NULL unless wanted */
} Related;

static void
related_clear (Related *self)
{
    g_clear_pointer (&self->tags, g_hash_table_unref);
    g_clear_pointer (&self->stacks, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Related, related_clear)

static void
describe (const App *app, Arena *arena, const AssetRow *row, AssetParts parts,
          const char *viewer_id, const Related *related, AssetResponse *out)
{
    const TagResponseList *tags =
        related->tags != NULL ? g_hash_table_lookup (related->tags, row->id) : NULL;
    gboolean is_own = viewer_id == NULL || g_str_equal (viewer_id, row->owner_id);

    memset (out, 0, sizeof *out);
    out->id = row->id;
    out->created_at = row->created_at;
    out->owner_id = row->owner_id;
    if (parts & ASSET_WITH_OWNER)
        out->owner = users_find_in (&related->owners, row->owner_id);
    out->library_id = row->library_id;
    out->type = row->type;
    out->original_path = layout_absolute (arena, app->media_location, row->original_path);
    out->original_file_name = row->original_file_name;
    out->original_mime_type = media_type_mime (row->original_file_name);
    out->thumbhash = to_base64 (arena, row->thumbhash);
    out->file_created_at = row->file_created_at;
    out->file_modified_at = row->file_modified_at;
    out->local_date_time = row->local_date_time;
    out->updated_at = row->updated_at;
    out->is_favorite = is_own && row->is_favorite;
    out->is_archived = row->visibility == ASSET_VISIBILITY_ARCHIVE;
    out->is_trashed = row->has_deleted_at;
    out->visibility = row->visibility;
    out->has_duration = row->has_duration_ms;
    out->duration = row->duration_ms;
    if (parts & ASSET_WITH_EXIF)
        out->exif_info = describe_exif (arena, row);
    out->live_photo_video_id = row->live_photo_video_id;
    out->has_tags = (parts & ASSET_WITH_TAGS) != 0;
    if (tags != NULL)
        out->tags = *tags;
    out->set_stack = (parts & ASSET_WITH_STACK) != 0;
    if (related->stacks != NULL && row->stack_id != NULL)
        out->stack = g_hash_table_lookup (related->stacks, row->stack_id);
    out->checksum = to_base64 (arena, row->checksum);
    out->is_offline = row->is_offline;
    out->has_metadata = TRUE;
    out->duplicate_id = row->duplicate_id;
    out->resized = out->has_resized = TRUE;
    out->has_width = row->has_width;
    out->width = row->width;
    out->has_height = row->has_height;
    out->height = row->height;
    out->is_edited = row->is_edited;
    out->processing_error = row->processing_error;
    out->device_asset_id = row->device_asset_id;
    out->device_id = row->device_id;
    out->set_library_id = out->set_live_photo_video_id = out->set_duplicate_id =
        out->set_processing_error = TRUE;
}

/* The distinct texts of one column. */
static StringList
distinct (Arena *arena, const AssetRowList *rows, const char *(*get) (const AssetRow *row))
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    StringList found = { arena_new_array (arena, const char *, MAX (rows->n, 1)), 0 };

    for (gsize i = 0; i < rows->n; i++) {
        const char *text = get (&rows->items[i]);

        if (text != NULL && g_hash_table_add (seen, (gpointer) text))
            found.items[found.n++] = text;
    }
    return found;
}

static const char *
get_id (const AssetRow *row)
{
    return row->id;
}

static const char *
get_owner (const AssetRow *row)
{
    return row->owner_id;
}

static const char *
get_stack (const AssetRow *row)
{
    return row->stack_id;
}

static gboolean
find_related (Db *db, Arena *arena, const AssetRowList *rows, AssetParts parts, Related *out,
              GError **error)
{
    StringList ids = distinct (arena, rows, get_id), owner_ids = distinct (arena, rows, get_owner);
    StringList stack_ids = distinct (arena, rows, get_stack);

    if ((parts & ASSET_WITH_OWNER) && owner_ids.n > 0 &&
        !users_describe (db, arena, &owner_ids, &out->owners, error))
        return FALSE;
    if ((parts & ASSET_WITH_TAGS) &&
        (out->tags = tags_describe_assets (db, arena, &ids, error)) == NULL)
        return FALSE;
    return !(parts & ASSET_WITH_STACK) ||
           (out->stacks = stacks_describe (db, arena, &stack_ids, error)) != NULL;
}

gboolean
assets_describe (const App *app, Db *db, Arena *arena, const StringList *ids, AssetParts parts,
                 const char *viewer_id, AssetResponseList *out, GError **error)
{
    g_auto (Related) related = { 0 };
    AssetRowList rows;
    AssetResponseList described;

    if (!assets_find (db, arena, ids, &rows, error) ||
        !find_related (db, arena, &rows, parts, &related, error))
        return FALSE;
    described.items = arena_new_array (arena, AssetResponse, MAX (rows.n, 1));
    described.n = rows.n;
    for (gsize i = 0; i < rows.n; i++)
        describe (app, arena, &rows.items[i], parts, viewer_id, &related, &described.items[i]);
    if ((parts & ASSET_WITH_PEOPLE) &&
        !people_describe_in_assets (app, db, arena, viewer_id, &described, error))
        return FALSE;
    *out = described;
    return TRUE;
}

gboolean
asset_describe (const App *app, Db *db, Arena *arena, const char *id, AssetParts parts,
                const char *viewer_id, AssetResponse *out, GError **error)
{
    StringList ids = { &id, 1 };
    AssetResponseList list;

    if (!assets_describe (app, db, arena, &ids, parts, viewer_id, &list, error))
        return FALSE;
    if (list.n == 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND, "there is no asset '%s'", id);
        return FALSE;
    }
    *out = list.items[0];
    return TRUE;
}

void
asset_strip (const AssetResponse *asset, StrippedAsset *out)
{
    *out = (StrippedAsset){
        .id = asset->id,
        .type = asset->type,
        .original_mime_type = asset->original_mime_type,
        .thumbhash = asset->thumbhash,
        .local_date_time = asset->local_date_time,
        .has_duration = asset->has_duration,
        .duration = asset->duration,
        .live_photo_video_id = asset->live_photo_video_id,
        .has_metadata = FALSE,
        .has_width = asset->has_width,
        .width = asset->width,
        .has_height = asset->has_height,
        .height = asset->height,
    };
}
