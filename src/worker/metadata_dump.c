/* metadata_dump.c -- print what we make of files, for tests and for people
 *
 *   metadata-dump [--places FILE] [--raw] [--sidecar FILE] FILE...
 *
 * One line of JSON a file: the facts under the names that clients know, or the raw tags. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/json_writer.h"
#include "media/facts.h"
#include "media/media_type.h"
#include "worker/metadata.h"

static void
write_text (JsonWriter *json, const char *name, const char *text)
{
    json_name (json, name);
    json_text (json, text);
}

static void
write_number (JsonWriter *json, const char *name, gboolean has, double value)
{
    json_name (json, name);
    if (has)
        json_number (json, value);
    else
        json_none (json);
}

static void
write_time (JsonWriter *json, const char *name, gint64 ms)
{
    json_name (json, name);
    json_time (json, ms);
}

static void
write_exif (JsonWriter *json, const AssetFacts *facts)
{
    json_name (json, "exifInfo");
    json_begin_object (json);
    write_text (json, "make", facts->make);
    write_text (json, "model", facts->model);
    write_number (json, "exifImageWidth", facts->exif_width > 0, (double) facts->exif_width);
    write_number (json, "exifImageHeight", facts->exif_height > 0, (double) facts->exif_height);
    write_number (json, "fileSizeInByte", facts->size_bytes > 0, (double) facts->size_bytes);
    write_text (json, "orientation", facts->orientation);
    write_time (json, "dateTimeOriginal", facts->file_created_ms);
    write_time (json, "modifyDate", facts->modified_ms);
    write_text (json, "timeZone", facts->time_zone);
    write_text (json, "lensModel", facts->lens_model);
    write_number (json, "fNumber", facts->has_f_number, facts->f_number);
    write_number (json, "focalLength", facts->has_focal_length, facts->focal_length);
    write_number (json, "iso", facts->has_iso, (double) facts->iso);
    write_text (json, "exposureTime", facts->exposure_time);
    write_number (json, "latitude", facts->has_position, facts->latitude);
    write_number (json, "longitude", facts->has_position, facts->longitude);
    write_text (json, "city", facts->city);
    write_text (json, "state", facts->state);
    write_text (json, "country", facts->country);
    write_text (json, "description", facts->description);
    write_text (json, "projectionType", facts->projection_type);
    write_number (json, "rating", facts->has_rating, (double) facts->rating);
    json_end_object (json);
}

static void
write_rest (JsonWriter *json, const AssetFacts *facts)
{
    json_name (json, "tags");
    json_begin_array (json);
    for (gsize i = 0; i < facts->tags.n; i++)
        json_text (json, facts->tags.items[i]);
    json_end_array (json);
    json_name (json, "faces");
    json_begin_array (json);
    for (gsize i = 0; i < facts->n_faces; i++) {
        const FaceFact *face = &facts->faces[i];
        json_begin_object (json);
        write_text (json, "name", face->name);
        json_name (json, "box");
        json_begin_array (json);
        json_int (json, face->x1);
        json_int (json, face->y1);
        json_int (json, face->x2);
        json_int (json, face->y2);
        json_int (json, face->image_width);
        json_int (json, face->image_height);
        json_end_array (json);
        json_end_object (json);
    }
    json_end_array (json);
    write_text (json, "livePhotoId", facts->live_photo_id);
    write_text (json, "burstId", facts->burst_id);
    write_text (json, "colorSpace", facts->color_space);
    write_text (json, "profileDescription", facts->profile_description);
    write_number (json, "bitsPerSample", facts->bits_per_sample > 0,
                  (double) facts->bits_per_sample);
    write_number (json, "motionOffset", facts->motion_length > 0, (double) facts->motion_offset);
    write_number (json, "motionLength", facts->motion_length > 0, (double) facts->motion_length);
}

static gboolean
dump (const char *path, const char *sidecar, const Places *places, gboolean raw)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GString) tags = g_string_new (NULL);
    g_autoptr (GString) line = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autofree char *base_name = g_path_get_basename (path);
    const char *dot = strrchr (base_name, '.');
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    int sidecar_fd = sidecar == NULL ? -1 : open (sidecar, O_RDONLY | O_CLOEXEC);
    struct stat info = { 0 };
    FactsInput input = { .file_name = base_name, .places = places, .find_place = TRUE };
    AssetFacts facts;
    JsonWriter json;
    const MediaType *type = media_type_find (base_name);
    gboolean is_video = type != NULL && type->kind == MEDIA_VIDEO;
    gboolean good = fd >= 0 && fstat (fd, &info) == 0 &&
                    (is_video ? metadata_read_video (fd, sidecar_fd, tags, &error)
                              : metadata_read (fd, sidecar_fd, dot, tags, &error));

    if (fd >= 0)
        close (fd);
    if (sidecar_fd >= 0)
        close (sidecar_fd);
    if (good && raw) {
        puts (tags->str);
        return TRUE;
    }
    input.is_video = is_video;
    input.size_bytes = info.st_size;
    input.modified_ms = input.stored_created_ms = (gint64) info.st_mtime * 1000;
    if (!good || !facts_find (tags->str, (gssize) tags->len, &input, arena, &facts, &error)) {
        g_printerr ("%s: %s\n", path, error == NULL ? "cannot open it" : error->message);
        return FALSE;
    }
    json_writer_init (&json, line);
    json_begin_object (&json);
    write_text (&json, "path", path);
    write_time (&json, "fileCreatedAt", facts.file_created_ms);
    write_time (&json, "localDateTime", facts.local_ms);
    write_time (&json, "fileModifiedAt", facts.modified_ms);
    write_number (&json, "width", facts.width > 0, (double) facts.width);
    write_number (&json, "height", facts.height > 0, (double) facts.height);
    write_number (&json, "duration", facts.has_duration, (double) facts.duration_ms);
    write_exif (&json, &facts);
    write_rest (&json, &facts);
    json_end_object (&json);
    puts (line->str);
    return TRUE;
}

int
main (int argc, char **argv)
{
    g_autofree char *places_path = NULL;
    g_autofree char *sidecar = NULL;
    gboolean raw = FALSE, good = TRUE;
    g_autoptr (Places) places = NULL;
    g_autoptr (GError) error = NULL;
    const GOptionEntry entries[] = {
        { "places", 0, 0, G_OPTION_ARG_FILENAME, &places_path, "Places by position", "FILE" },
        { "sidecar", 0, 0, G_OPTION_ARG_FILENAME, &sidecar, "XMP sidecar of the files", "FILE" },
        { "raw", 0, 0, G_OPTION_ARG_NONE, &raw, "Print the tags as read", NULL },
        { NULL },
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("FILE...");

    g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, &argc, &argv, &error) ||
        (places_path != NULL && (places = places_open (places_path, &error)) == NULL)) {
        g_printerr ("%s\n", error->message);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        good = dump (argv[i], sidecar, places, raw) && good;
    return good ? 0 : 1;
}
