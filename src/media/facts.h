/* facts.h -- what the tags of a file mean for its asset
 *
 * The media worker reads tags (worker/metadata.h) and knows no rules; here are the rules, and no file
 * is opened. Pure functions: the same input gives the same facts. */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "base/descriptor.h"
#include "media/places.h"

/** What is known about the file besides its tags. */
typedef struct {
    const char *file_name; /* as the user knows it; its extension decides some rules */
    gboolean is_video;
    gint64 size_bytes;
    gint64 modified_ms;       /* of the file */
    gint64 stored_created_ms; /* fileCreatedAt as it is stored now */
    gboolean has_birth;
    gint64 birth_ms;      /* when the file was made, if the file system knows */
    const Places *places; /* NULL: no zones and no places by position */
    gboolean find_place;  /* reverseGeocoding.enabled */
} FactsInput;

/** A named face from the picture's own metadata, in pixels of the picture as it is shown. */
typedef struct {
    const char *name;
    gint64 x1, y1, x2, y2;
    gint64 image_width, image_height;
} FaceFact;

/** All texts in the arena; NULL or has_x FALSE: not known (null for the client). */
typedef struct {
    const char *make, *model, *lens_model;
    const char *orientation; /* "1" to "8" */
    const char *exposure_time;
    const char *description; /* never NULL */
    const char *projection_type;
    const char *time_zone;
    const char *color_space, *profile_description;
    const char *live_photo_id, *burst_id;
    const char *city, *state, *country;
    gboolean has_f_number, has_focal_length, has_iso, has_position, has_rating, has_fps;
    double f_number, focal_length;
    gint64 iso;
    double latitude, longitude;
    gboolean is_position_cleared; /* it is told as 0/0: there is none */
    gint64 rating;                /* -1, 1 to 5 */
    double fps;
    gint64 bits_per_sample;         /* 0: not known */
    gint64 exif_width, exif_height; /* as stored; 0: not known */
    gint64 width, height;           /* as shown */
    gint64 size_bytes;
    gint64 file_created_ms; /* also exif dateTimeOriginal */
    gint64 local_ms;        /* localDateTime */
    gint64 modified_ms;
    gboolean has_duration;
    gint64 duration_ms;
    gboolean has_tags; /* FALSE: no list stands in the file; the tags become empty all the same */
    StringList tags;   /* levels separated by '/' */
    FaceFact *faces;
    gsize n_faces;
    gint64 motion_offset, motion_length; /* of a motion photo's video in the file; length 0: none.
                                            Inside the file by size_bytes, its content unchecked */
} AssetFacts;

/** Apply the rules to what metadata_read () wrote. "probe" beside "file" and "sidecar", when there, has
 *  Width, Height, Rotation (degrees), Duration (s), VideoFrameRate of the container.
 *  @return FALSE with APP_ERROR_INTERNAL when @metadata_json is no such object */
gboolean facts_find (const char *metadata_json, gssize n_bytes, const FactsInput *input,
                     Arena *arena, AssetFacts *out, GError **error);

/** Place names for a position that was edited; also done by facts_find (). */
void facts_find_place (const Places *places, double latitude, double longitude, Arena *arena,
                       AssetFacts *out);
