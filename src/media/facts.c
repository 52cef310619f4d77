/* facts.c -- what the tags of a file mean for its asset */
#include "media/facts.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "media/facts_date.h"
#include "media/facts_extra.h"

/* Images that may move; only these keep the duration that stands in the file. */
static const char *const animated[] = { "avif", "gif", "heic", "heif", "jxl", "png", "webp" };

/* ---- reading values ---- */

static const json_t *
first_of (const json_t *value)
{
    return json_is_array (value) ? json_array_get (value, 0) : value;
}

/* A number, or a text that is one; FALSE for what is no number of 32 bits. */
static gboolean
get_number (const json_t *tags, const char *name, double *out)
{
    const json_t *value = first_of (json_object_get (tags, name));
    double number = json_number_value (value);

    if (json_is_string (value)) {
        const char *text = json_string_value (value);
        char *end = NULL;
        number = g_ascii_strtod (text, &end);
        if (end == text || end[strspn (end, " ")] != '\0')
            return FALSE;
    } else if (!json_is_number (value)) {
        return FALSE;
    }
    if (!isfinite (number) || fabs (number) > G_MAXINT32)
        return FALSE;
    *out = number;
    return TRUE;
}

/* The first of @names that stands there, as text. */
static const char *
get_text (const json_t *tags, const char *const *names, Arena *arena)
{
    for (; *names != NULL; names++) {
        const json_t *value = first_of (json_object_get (tags, *names));
        if (json_is_string (value) && *json_string_value (value) != '\0')
            return arena_strdup (arena, json_string_value (value));
        if (json_is_integer (value))
            return arena_printf (arena, "%" JSON_INTEGER_FORMAT, json_integer_value (value));
        if (json_is_real (value))
            return arena_printf (arena, "%g", json_real_value (value));
    }
    return NULL;
}

#define TEXT(tags, arena, ...) get_text (tags, (const char *const[]){ __VA_ARGS__, NULL }, arena)

static const char *
trim (Arena *arena, const char *text)
{
    gsize n;

    while (g_ascii_isspace (*text))
        text++;
    n = strlen (text);
    while (n > 0 && g_ascii_isspace (text[n - 1]))
        n--;
    return arena_strndup (arena, text, n);
}

/* ---- groups of fields ---- */

static void
find_camera (const json_t *tags, Arena *arena, AssetFacts *out)
{
    const char *lens = TEXT (tags, arena, "LensID", "LensType", "LensSpec", "LensModel");
    double number;

    out->make = TEXT (tags, arena, "Make", "AndroidMake", "DeviceManufacturer");
    out->model = TEXT (tags, arena, "Model", "AndroidModel", "DeviceModelName");
    if (lens != NULL) {
        lens = trim (arena, lens);
        if (strcmp (lens, "----") != 0 && !g_str_has_prefix (lens, "Unknown") && *lens != '\0')
            out->lens_model = lens;
    }
    out->exposure_time = TEXT (tags, arena, "ExposureTime");
    out->has_f_number = get_number (tags, "FNumber", &out->f_number);
    out->has_focal_length = get_number (tags, "FocalLength", &out->focal_length);
    out->has_iso = get_number (tags, "ISO", &number);
    if (out->has_iso)
        out->iso = (gint64) round (number);
    out->color_space = TEXT (tags, arena, "ColorSpace");
    out->profile_description = TEXT (tags, arena, "ProfileDescription");
    out->live_photo_id = TEXT (tags, arena, "ContentIdentifier", "MediaGroupUUID");
    out->burst_id = TEXT (tags, arena, "BurstID", "BurstUUID", "CameraBurstID", "MediaUniqueID");
    out->projection_type = TEXT (tags, arena, "ProjectionType");
    if (out->projection_type != NULL) {
        g_autofree char *upper = g_ascii_strup (out->projection_type, -1);
        out->projection_type = arena_strdup (arena, upper);
    }
}

static void
find_bits (const json_t *tags, AssetFacts *out)
{
    static const char *const names[] = { "BitsPerSample", "ComponentBitDepth", "ImagePixelDepth",
                                         "BitDepth", "ColorBitDepth" };

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        const json_t *value = first_of (json_object_get (tags, names[i]));
        double number = json_is_string (value)
                            ? g_ascii_strtod (json_string_value (value), NULL) /* of '8 8 8' */
                            : json_number_value (value);
        if (!isfinite (number) || number < 1 || number > 1024)
            continue;
        out->bits_per_sample = (gint64) number;
        if (out->bits_per_sample >= 24 && out->bits_per_sample % 3 == 0)
            out->bits_per_sample /= 3; /* of all colours together */
        return;
    }
}

static void
find_words (const json_t *tags, Arena *arena, AssetFacts *out)
{
    const char *description = TEXT (tags, arena, "ImageDescription", "Description");
    double rating;

    out->description = description == NULL ? "" : trim (arena, description);
    if (get_number (tags, "Rating", &rating)) {
        gint64 rounded = (gint64) floor (rating + 0.5);
        out->has_rating = rounded != 0 && rounded >= -1 && rounded <= 5;
        out->rating = out->has_rating ? rounded : 0;
    }
}

static void
find_position (const json_t *tags, AssetFacts *out)
{
    double latitude, longitude;

    if (!get_number (tags, "GPSLatitude", &latitude) ||
        !get_number (tags, "GPSLongitude", &longitude))
        return;
    out->is_position_cleared = latitude == 0 && longitude == 0;
    if (out->is_position_cleared || fabs (latitude) > 90 || fabs (longitude) > 180)
        return;
    out->has_position = TRUE;
    out->latitude = round (latitude * 1e6) / 1e6;
    out->longitude = round (longitude * 1e6) / 1e6;
}

static const char *
orientation_of (const json_t *tags, const json_t *probe, Arena *arena)
{
    double value;

    if (probe != NULL && get_number (probe, "Rotation", &value))
        return value == -90                    ? "6"
               : value == 0                    ? "1"
               : value == 90                   ? "8"
               : value == 180 || value == -180 ? "3"
                                               : NULL;
    /* HEIF decoders turn by the box, whatever Exif says */
    if (g_strcmp0 (json_string_value (json_object_get (tags, "FileType")), "HEIF") == 0 &&
        get_number (tags, "Rotation", &value) && value >= 0 && value <= 3)
        return (const char *const[]){ "1", "8", "3", "6" }[(int) value];
    if (get_number (tags, "Orientation", &value) && value >= 1 && value <= 8)
        return arena_printf (arena, "%d", (int) value);
    return NULL;
}

static void
find_shape (const json_t *tags, const json_t *probe, Arena *arena, AssetFacts *out)
{
    const char *size = json_string_value (json_object_get (tags, "ImageSize"));
    double width = 0, height = 0;
    char *end = NULL;

    out->orientation = orientation_of (tags, probe, arena);
    if (probe != NULL && get_number (probe, "Width", &width) &&
        get_number (probe, "Height", &height)) {
    } else if (size != NULL) {
        width = (double) g_ascii_strtoll (size, &end, 10);
        height = *end == 'x' || *end == ' ' ? (double) g_ascii_strtoll (end + 1, NULL, 10) : 0;
    } else if (!get_number (tags, "ImageWidth", &width) ||
               !get_number (tags, "ImageHeight", &height)) {
        return;
    }
    if (width < 1 || height < 1 || width > G_MAXINT32 || height > G_MAXINT32)
        return;
    out->exif_width = out->width = (gint64) width;
    out->exif_height = out->height = (gint64) height;
    if (out->orientation != NULL && atoi (out->orientation) >= 5) {
        out->width = (gint64) height;
        out->height = (gint64) width;
    }
}

static void
find_duration (const json_t *file, const json_t *probe, const FactsInput *input, AssetFacts *out)
{
    const char *dot = input->file_name == NULL ? NULL : strrchr (input->file_name, '.');
    double seconds;
    gboolean may_move = FALSE;

    if (probe != NULL) {
        out->has_duration = get_number (probe, "Duration", &seconds) && seconds > 0;
    } else {
        for (gsize i = 0; dot != NULL && i < G_N_ELEMENTS (animated); i++)
            may_move = may_move || g_ascii_strcasecmp (dot + 1, animated[i]) == 0;
        out->has_duration = may_move && get_number (file, "Duration", &seconds) && seconds > 0;
    }
    if (out->has_duration)
        out->duration_ms = (gint64) round (seconds * 1000);
}

static void
find_dates (const json_t *tags, const FactsInput *input, Arena *arena, AssetFacts *out)
{
    DateFacts dates;

    date_facts_find (tags, input->is_video, out->has_position, out->latitude, out->longitude,
                     input->places, arena, &dates);
    out->time_zone = dates.time_zone;
    out->modified_ms = input->modified_ms;
    if (dates.has_date) {
        out->file_created_ms = dates.instant_ms;
        out->local_ms = dates.local_ms;
        return;
    }
    out->file_created_ms = MIN (input->stored_created_ms, input->modified_ms);
    if (input->has_birth)
        out->file_created_ms = MIN (out->file_created_ms, input->birth_ms);
    out->local_ms = out->file_created_ms;
}

void
facts_find_place (const Places *places, double latitude, double longitude, Arena *arena,
                  AssetFacts *out)
{
    Place place;

    places_find (places, latitude, longitude, &place);
    out->city = arena_strdup (arena, place.city);
    out->state = arena_strdup (arena, place.state);
    out->country = arena_strdup (arena, place.country);
}

/* ---- sources ---- */

/* The sidecar's word counts; one that knows a date knows all about dates. */
static json_t *
merge_sources (json_t *file, json_t *sidecar)
{
    json_t *merged = json_is_object (file) ? json_copy (file) : json_object ();
    const char *name;
    json_t *value;

    if (!json_is_object (sidecar))
        return merged;
    if (date_tags_any (sidecar))
        date_tags_remove (merged);
    json_object_foreach (sidecar, name, value) if (strcmp (name, "Duration") != 0)
        json_object_set (merged, name, value);
    return merged;
}

gboolean
facts_find (const char *metadata_json, gssize n_bytes, const FactsInput *input, Arena *arena,
            AssetFacts *out, GError **error)
{
    json_error_t problem;
    json_t *root =
        json_loadb (metadata_json, n_bytes < 0 ? strlen (metadata_json) : (gsize) n_bytes,
                    JSON_DISABLE_EOF_CHECK, &problem);
    json_t *probe, *tags;

    memset (out, 0, sizeof *out);
    if (!json_is_object (root)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL,
                     "the metadata of '%s' is not a JSON object: %s",
                     input->file_name == NULL ? "" : input->file_name, problem.text);
        json_decref (root);
        return FALSE;
    }
    probe = json_object_get (root, "probe");
    tags = merge_sources (json_object_get (root, "file"), json_object_get (root, "sidecar"));
    out->size_bytes = input->size_bytes;
    find_camera (tags, arena, out);
    find_bits (tags, out);
    find_words (tags, arena, out);
    find_position (tags, out);
    find_shape (tags, probe, arena, out);
    find_duration (json_object_get (root, "file"), probe, input, out);
    find_dates (tags, input, arena, out);
    out->has_fps = (probe != NULL && get_number (probe, "VideoFrameRate", &out->fps)) ||
                   get_number (tags, "VideoFrameRate", &out->fps);
    facts_find_tags (tags, arena, out);
    facts_find_faces (tags, arena, out);
    facts_find_motion (tags, out);
    if (out->has_position && input->find_place && input->places != NULL)
        facts_find_place (input->places, out->latitude, out->longitude, arena, out);
    json_decref (tags);
    json_decref (root);
    return TRUE;
}
