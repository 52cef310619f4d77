/* asset_change.c -- see asset_change.h */
#define G_LOG_DOMAIN "assets"
#include "features/assets/asset_change.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/albums/albums.h"
#include "features/ingest/ingest.h"
#include "features/people/people.h"
#include "features/sidecars/sidecars.h"
#include "media/facts_date.h"

#define MINUTE_MS G_GINT64_CONSTANT (60000)
#define MAX_OFFSET_MINUTES (15 * 60)
#define PAGE 500

/* ---- reading what was sent ---- */

gboolean
asset_change_set_date (AssetChange *self, const char *text)
{
    static const char pattern[] =
        "^(\\d{4}-\\d{2}-\\d{2})(?:[T ](\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?))?"
        " ?(Z|[+-]\\d{2}(?::?\\d{2})?)?$";
    g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_CASELESS, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;
    g_autofree char *day = NULL, *clock = NULL, *offset = NULL, *whole = NULL;
    DateStamp stamp;

    if (strlen (text) > 64 || !g_regex_match (regex, text, 0, &match))
        return FALSE;
    day = g_match_info_fetch (match, 1);
    clock = g_match_info_fetch (match, 2);
    offset = g_match_info_fetch (match, 3);
    whole = g_strdup_printf ("%sT%s%s", day, clock != NULL && *clock ? clock : "00:00",
                             offset != NULL ? offset : "");
    if (!date_stamp_parse (whole, &stamp) ||
        (offset != NULL && *offset != '\0' && !stamp.has_offset))
        return FALSE;
    self->has_date = TRUE;
    self->offset_minutes = stamp.has_offset ? stamp.offset_minutes : 0;
    self->date_ms = stamp.wall_ms - self->offset_minutes * MINUTE_MS;
    return TRUE;
}

gboolean
asset_change_set_zone (AssetChange *self, Arena *arena, const char *text)
{
    g_autoptr (GRegex) offset =
        g_regex_new ("^(?:UTC)?([+-])(0?\\d|1[0-4])(?::?([0-5]\\d))?$", 0, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;
    g_autoptr (GTimeZone) zone = NULL;

    if (strcmp (text, "UTC") == 0 || strcmp (text, "Z") == 0) {
        self->time_zone = "UTC";
        return TRUE;
    }
    if (g_regex_match (offset, text, 0, &match)) {
        g_autofree char *sign = g_match_info_fetch (match, 1);
        g_autofree char *hours = g_match_info_fetch (match, 2);
        g_autofree char *minutes = g_match_info_fetch (match, 3);

        /* every way of writing an offset becomes one that date_local_ms () reads */
        self->time_zone = arena_printf (arena, "UTC%s%s:%s", sign, hours,
                                        minutes != NULL && *minutes != '\0' ? minutes : "00");
        return TRUE;
    }
    /* a name becomes a path below the system's zones: nothing but names may get there */
    if (strlen (text) > 64 ||
        !g_regex_match_simple ("^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$", text, 0, 0))
        return FALSE;
    zone = g_time_zone_new_identifier (text);
    if (zone == NULL)
        return FALSE;
    self->time_zone = text;
    return TRUE;
}

static gboolean
touches_date (const AssetChange *self)
{
    return self->has_date || self->has_relative || self->time_zone != NULL;
}

/* Whether anything but flags and motion part changes. */
static gboolean
touches_exif (const AssetChange *self)
{
    return touches_date (self) || self->description != NULL || self->has_position ||
           self->set_rating;
}

/* ---- applying ---- */

static void
lock (AssetRow *row, Arena *arena, const char *property)
{
    StringList *list = &row->locked_properties;
    gsize n_bytes = list->n * sizeof *list->items;

    if (asset_is_locked (row, property))
        return;
    list->items = arena_grow (arena, list->items, n_bytes, n_bytes + sizeof *list->items);
    list->items[list->n++] = property;
    row->has_locked_properties = TRUE;
}

/* As a tag has it: 2023:11:19 18:11:00.000, then the offset when there is one. */
static const char *
stamp_text (Arena *arena, gint64 wall_ms, gboolean has_offset, gint offset_minutes)
{
    char iso[TIMESTAMP_TEXT_BYTES];
    guint size = (guint) ABS (offset_minutes);

    timestamp_format (wall_ms, iso);
    iso[4] = iso[7] = ':';
    iso[10] = ' ';
    return has_offset ? arena_printf (arena, "%.23s%c%02u:%02u", iso,
                                      offset_minutes < 0 ? '-' : '+', size / 60, size % 60)
                      : arena_printf (arena, "%.23s", iso);
}

/* Find dates and zone as if this stamp were all that is known of time. */
static void
find_dates (AssetRow *row, const char *stamp, const Places *places, Arena *arena)
{
    json_t *tags = json_pack ("{s:s}", "DateTimeOriginal", stamp);
    gboolean has_position = row->has_latitude && row->has_longitude;
    DateFacts facts;

    date_facts_find (tags, row->type == ASSET_TYPE_VIDEO, has_position, row->latitude,
                     row->longitude, places, arena, &facts);
    json_decref (tags);
    if (!facts.has_date)
        return;
    row->has_date_time_original = TRUE;
    row->date_time_original = row->file_created_at = facts.instant_ms;
    row->local_date_time = facts.local_ms;
    row->time_zone = facts.time_zone;
}

static gint
offset_at (gint64 instant_ms, const char *time_zone)
{
    gint64 minutes = (date_local_ms (instant_ms, time_zone) - instant_ms) / MINUTE_MS;

    return (gint) CLAMP (minutes, -MAX_OFFSET_MINUTES, MAX_OFFSET_MINUTES);
}

static void
set_instant (AssetRow *row, gint64 instant_ms, gint offset_minutes, const Places *places,
             Arena *arena)
{
    find_dates (row,
                stamp_text (arena, instant_ms + offset_minutes * MINUTE_MS, TRUE, offset_minutes),
                places, arena);
}

static void
apply_date (const AssetChange *self, const Places *places, Arena *arena, AssetRow *row)
{
    gint64 instant_ms = self->has_date                ? self->date_ms
                        : row->has_date_time_original ? row->date_time_original
                                                      : row->file_created_at;
    gint offset_minutes;

    if (self->has_relative)
        instant_ms += self->relative_minutes * MINUTE_MS;
    if (self->time_zone != NULL)
        offset_minutes = offset_at (instant_ms, self->time_zone);
    else
        offset_minutes =
            self->has_date ? self->offset_minutes : offset_at (instant_ms, row->time_zone);
    set_instant (row, instant_ms, offset_minutes, places, arena);
    lock (row, arena, "dateTimeOriginal");
    lock (row, arena, "timeZone");
}

/* A camera that names its offset keeps it wherever the photo was taken; which offsets those are is
 * known only to the tags, and is put right when they are read again. */
static void
follow_position (const Places *places, Arena *arena, AssetRow *row)
{
    gboolean is_video = row->type == ASSET_TYPE_VIDEO;
    gint64 stored_ms = row->file_created_at;

    if (asset_is_locked (row, "dateTimeOriginal") && row->has_date_time_original)
        set_instant (row, row->date_time_original,
                     offset_at (row->date_time_original, row->time_zone), places, arena);
    else if (row->has_date_time_original &&
             (row->time_zone == NULL || !g_str_has_prefix (row->time_zone, "UTC") || is_video)) {
        find_dates (row, stamp_text (arena, is_video ? stored_ms : row->local_date_time, FALSE, 0),
                    places, arena);
        /* Of a file without a date it is the only time, which a zone does not move; of the others the
         * instant follows when the metadata is read again, which a new position asks for. */
        row->file_created_at = stored_ms;
    }
}

static void
apply_position (const AssetChange *self, const Places *places, gboolean find_place, Arena *arena,
                AssetRow *row)
{
    Place place = { 0 };

    row->has_latitude = row->has_longitude = TRUE;
    row->latitude = self->latitude;
    row->longitude = self->longitude;
    if (places != NULL && find_place)
        places_find (places, self->latitude, self->longitude, &place);
    row->city = place.city;
    row->state = place.state;
    row->country = place.country;
    lock (row, arena, "latitude");
    lock (row, arena, "longitude");
}

void
asset_change_apply (const AssetChange *self, const Places *places, gboolean find_place,
                    Arena *arena, AssetRow *row)
{
    if (self->description != NULL) {
        row->description = self->description;
        lock (row, arena, "description");
    }
    if (self->set_rating) {
        row->has_rating = self->has_rating;
        row->rating = self->rating;
        lock (row, arena, "rating");
    }
    if (self->has_position)
        apply_position (self, places, find_place, arena, row);
    if (touches_date (self))
        apply_date (self, places, arena, row);
    else if (self->has_position)
        follow_position (places, arena, row);
}

/* ---- storing ---- */

gboolean
asset_check_motion_part (Db *tx, Arena *arena, const char *video_id, const char *owner_id,
                         gboolean sees_locked, GError **error)
{
    StringList ids = { &video_id, 1 };
    gboolean is_locked = FALSE;
    AssetRowList rows;
    const char *fault = NULL;

    if (!assets_find (tx, arena, &ids, &rows, error) ||
        (!sees_locked && !asset_motion_part_is_locked (tx, video_id, owner_id, &is_locked, error)))
        return FALSE;
    if (rows.n == 0)
        fault = "Live photo video not found";
    else if (rows.items[0].type != ASSET_TYPE_VIDEO)
        fault = "Live photo video must be a video";
    else if (strcmp (rows.items[0].owner_id, owner_id) != 0)
        fault = "Live photo video does not belong to the user";
    else if (is_locked)
        fault = "Live photo video not found";
    if (fault != NULL)
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, fault);
    return fault == NULL;
}

/* The photo shows its video no more, which is an asset of its own then, as visible as the photo: hidden
 * without a photo it could be found nowhere. What was locked by itself stays so. */
static gboolean
show_motion_part (Db *tx, Arena *arena, const AssetRow *photo, const AssetRow *video,
                  int visibility, gint64 now_ms, GError **error)
{
    const char *video_id = video->id;
    AssetFlags shown = { .visibility = asset_visibility_enum.texts[visibility] };
    StringList ids = { &video_id, 1 };
    gboolean is_shown;

    if (!asset_motion_part_is_shown (tx, video_id, photo->id, FALSE, &is_shown, error))
        return FALSE;
    return is_shown || video->visibility == ASSET_VISIBILITY_LOCKED ||
           (asset_store_flags (tx, arena, &ids, &shown, now_ms, error) &&
            ingest_add_thumbnails (tx, arena, video_id, NULL, TRUE, error));
}

/* What was taken out of the photo's own file comes back when the other one is unlinked. */
static gboolean
release_motion_part (Db *tx, Arena *arena, const AssetRow *photo, int visibility, gint64 now_ms,
                     GError **error)
{
    const char *video_id = photo->live_photo_video_id;
    StringList ids = { &video_id, 1 };
    AssetRowList videos;

    if (!assets_find (tx, arena, &ids, &videos, error))
        return FALSE;
    return videos.n == 0 || g_str_has_prefix (videos.items[0].original_path, "encoded-video/") ||
           show_motion_part (tx, arena, photo, &videos.items[0], visibility, now_ms, error);
}

/* A video that had another one, or itself, would be hidden with nothing that shows it. */
static gboolean
check_photo (const AssetRow *photo, GError **error)
{
    if (photo->type == ASSET_TYPE_IMAGE)
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                         "Only a photo can have a live photo video");
    return FALSE;
}

static gboolean
link_motion_part (const AssetChange *self, Db *tx, Arena *arena, const AssetRow *photo,
                  int visibility, gint64 now_ms, AssetChangeResult *out, GError **error)
{
    const char *old_id = photo->live_photo_video_id, *video_id = self->motion_video_id;
    gboolean hidden;

    if (!asset_check_motion_part (tx, arena, video_id, photo->owner_id, self->sees_locked, error) ||
        !check_photo (photo, error) ||
        !asset_store_motion_part (tx, photo->id, video_id, now_ms, error) ||
        (old_id != NULL && strcmp (old_id, video_id) != 0 &&
         !release_motion_part (tx, arena, photo, visibility, now_ms, error)) ||
        !asset_hide_motion_part (tx, video_id, FALSE, &hidden, error))
        return FALSE;
    if (hidden)
        out->hidden_video_id = video_id;
    return TRUE;
}

static gboolean
unlink_motion_part (Db *tx, Arena *arena, const AssetRow *photo, int visibility, gint64 now_ms,
                    GError **error)
{
    const char *video_id = photo->live_photo_video_id;
    StringList ids = { &video_id, 1 };
    AssetRowList videos;

    if (video_id == NULL)
        return TRUE;
    if (!assets_find (tx, arena, &ids, &videos, error))
        return FALSE;
    if (videos.n > 0 && g_str_has_prefix (videos.items[0].original_path, "encoded-video/")) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Cannot unlink Android motion photos");
        return FALSE;
    }
    return asset_store_motion_part (tx, photo->id, NULL, now_ms, error) &&
           (videos.n == 0 ||
            show_motion_part (tx, arena, photo, &videos.items[0], visibility, now_ms, error));
}

static gboolean
save_motion_part (const AssetChange *self, Db *tx, Arena *arena, const AssetRow *photo,
                  gint64 now_ms, AssetChangeResult *out, GError **error)
{
    int visibility = photo->visibility;

    if (self->flags.visibility != NULL)
        visibility = enum_find (&asset_visibility_enum, self->flags.visibility);
    if (self->motion_video_id != NULL)
        return link_motion_part (self, tx, arena, photo, visibility, now_ms, out, error);
    return unlink_motion_part (tx, arena, photo, visibility, now_ms, error);
}

/* A part of the ids, with memory of its own: a bulk edit may name very many. */
static gboolean
save_some (const AssetChange *self, const App *app, Db *tx, const StringList *ids, gint64 now_ms,
           AssetChangeResult *out, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    AssetRowList rows;

    if (!assets_find (tx, arena, ids, &rows, error))
        return FALSE;
    for (gsize i = 0; i < rows.n; i++) {
        AssetRow *row = &rows.items[i];

        if (touches_exif (self)) {
            asset_change_apply (self, app->places, ingest_finds_places (app), arena, row);
            if (!asset_store_exif (tx, arena, row, now_ms, error) ||
                !sidecars_add_write (tx, arena, row->id, error))
                return FALSE;
        }
        if (self->set_motion_part && !save_motion_part (self, tx, arena, row, now_ms, out, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
wait_for_motion_parts (Db *tx, Arena *arena, const StringList *ids, GError **error)
{
    AssetRowList rows;

    if (!assets_find (tx, arena, ids, &rows, error))
        return FALSE;
    for (gsize i = 0; i < rows.n; i++)
        if (!asset_wait_for_motion_parts (tx, rows.items[i].owner_id, error))
            return FALSE;
    return TRUE;
}

gboolean
asset_change_save (const AssetChange *self, const App *app, Db *tx, Arena *arena,
                   const StringList *ids, AssetChangeResult *out, GError **error)
{
    gint64 now_ms = timestamp_now_ms ();
    AssetChangeResult result = { 0 };

    if ((self->set_motion_part && !wait_for_motion_parts (tx, arena, ids, error)) ||
        !asset_store_flags (tx, arena, ids, &self->flags, now_ms, error) ||
        (g_strcmp0 (self->flags.visibility, "locked") == 0 &&
         !albums_drop_assets (tx, arena, ids, error)) ||
        (self->flags.visibility != NULL && !people_check_assets (tx, arena, ids, error)))
        return FALSE;
    if (touches_exif (self) || self->set_motion_part)
        for (gsize at = 0; at < ids->n; at += PAGE) {
            StringList some = { ids->items + at, MIN (PAGE, ids->n - at) };

            if (!save_some (self, app, tx, &some, now_ms, &result, error))
                return FALSE;
        }
    *out = result;
    return TRUE;
}

gboolean
asset_take_over (const App *app, Db *tx, Arena *arena, const char *id, const AssetTakeOver *what,
                 GError **error)
{
    StringList ids = { &id, 1 };
    AssetChangeResult result;
    AssetChange change = { .flags = { .has_favorite = what->is_favorite,
                                      .is_favorite = what->is_favorite,
                                      .visibility = what->visibility } };
    AssetRow row;

    if (!asset_find (tx, arena, id, &row, error))
        return FALSE;
    if (what->description != NULL && g_strcmp0 (what->description, row.description) != 0)
        change.description = what->description;
    if (what->has_rating && (!row.has_rating || row.rating != what->rating)) {
        change.set_rating = change.has_rating = TRUE;
        change.rating = what->rating;
    }
    if (what->has_position && (!row.has_latitude || row.latitude != what->latitude ||
                               !row.has_longitude || row.longitude != what->longitude)) {
        change.has_position = TRUE;
        change.latitude = what->latitude;
        change.longitude = what->longitude;
    }
    return asset_change_save (&change, app, tx, arena, &ids, &result, error);
}
