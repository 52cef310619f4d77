/* asset_locked.c -- what a user changed counts more than what stands in the file
 *
 * Changes are laid over the tags of the sidecar before the rules of media/facts.h see them, in the
 * words that a sidecar would have. Then everything that follows from them (zone, local time, names of
 * places) comes out as it would for a file that says so itself. */
#define G_LOG_DOMAIN "assets"
#include "features/assets/assets.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "media/facts_date.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

gboolean
asset_is_locked (const AssetRow *asset, const char *property)
{
    for (gsize i = 0; i < asset->locked_properties.n; i++)
        if (strcmp (asset->locked_properties.items[i], property) == 0)
            return TRUE;
    return FALSE;
}

/* Texts are made with json_stringn (): base/json_writer.h has a json_text () of its own. */
static void
overlay_date (const AssetRow *asset, json_t *tags)
{
    gint64 wall_ms = date_local_ms (asset->date_time_original, asset->time_zone);
    gint64 minutes = (wall_ms - asset->date_time_original) / 60000;
    char iso[TIMESTAMP_TEXT_BYTES];
    g_autofree char *stamp = NULL;

    timestamp_format (asset->date_time_original + minutes * 60000, iso);
    stamp = g_strdup_printf ("%.23s%c%02u:%02u", iso, minutes < 0 ? '-' : '+',
                             (guint) ABS (minutes) / 60, (guint) ABS (minutes) % 60);
    date_tags_remove (tags);
    json_object_set_new (tags, "DateTimeOriginal", json_stringn (stamp, strlen (stamp)));
}

static void
overlay (const AssetRow *asset, json_t *tags)
{
    if (asset_is_locked (asset, "description")) {
        const char *text = asset->description != NULL ? asset->description : "";

        json_object_set_new (tags, "ImageDescription", json_stringn (text, strlen (text)));
        json_object_set_new (tags, "Description", json_stringn (text, strlen (text)));
    }
    if (asset_is_locked (asset, "rating"))
        json_object_set_new (tags, "Rating", json_integer (asset->has_rating ? asset->rating : 0));
    if (asset_is_locked (asset, "latitude")) { /* 0/0 says that there is none */
        gboolean is_there = asset->has_latitude && asset->has_longitude;

        json_object_set_new (tags, "GPSLatitude", json_real (is_there ? asset->latitude : 0));
        json_object_set_new (tags, "GPSLongitude", json_real (is_there ? asset->longitude : 0));
    }
    if (asset_is_locked (asset, "dateTimeOriginal") && asset->has_date_time_original)
        overlay_date (asset, tags);
}

const char *
asset_write_locked (Arena *arena, const AssetRow *asset, const char *tags_json)
{
    g_autoptr (json_t) tags = json_object ();
    g_autofree char *text = NULL;

    overlay (asset, tags);
    json_object_del (tags, "Description"); /* ImageDescription is written as both */
    if (tags_json != NULL)
        json_object_set_new (tags, "TagsList", json_loads (tags_json, 0, NULL));
    if (json_object_size (tags) == 0)
        return NULL;
    text = json_dumps (tags, JSON_COMPACT);
    return arena_strdup (arena, text);
}

const char *
asset_overlay_locked (Arena *arena, const AssetRow *asset, const char *metadata_json,
                      GError **error)
{
    g_autoptr (json_t) root = json_loads (metadata_json, 0, NULL);
    g_autofree char *text = NULL;
    json_t *sidecar;

    if (!json_is_object (root)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "what the worker read from '%s' is no JSON object", asset->original_file_name);
        return NULL;
    }
    if (asset->locked_properties.n == 0)
        return metadata_json;
    sidecar = json_object_get (root, "sidecar");
    if (!json_is_object (sidecar)) {
        sidecar = json_object ();
        json_object_set_new (root, "sidecar", sidecar);
    }
    overlay (asset, sidecar);
    text = json_dumps (root, JSON_COMPACT);
    return arena_strdup (arena, text);
}
