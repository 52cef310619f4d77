/* facts_date.h -- when a photo was taken, and on whose clock */
#pragma once
#include <glib.h>
#include <jansson.h>
#include "base/arena.h"
#include "media/places.h"

/** A date as a tag has it. */
typedef struct {
    gint64 wall_ms; /* the figures, as if they were UTC */
    gboolean has_offset;
    gint offset_minutes;
} DateStamp;

/** Read '2023:09:25 08:33:30[.88][Z|+02:00]', also with '-' and 'T'. FALSE without a time, for
 *  impossible dates and for year 0. */
gboolean date_stamp_parse (const char *text, DateStamp *out);

/** What the tags say about time. */
typedef struct {
    gboolean has_date;     /* FALSE: the first two are not set */
    gint64 instant_ms;     /* UTC */
    gint64 local_ms;       /* the wall clock at the place, as if it were UTC */
    const char *time_zone; /* IANA name, 'UTC', 'UTC+2', 'UTC+5:30'; NULL: unknown */
} DateFacts;

/** Decide by the order of precedence. @tags: ExifTool names. @has_position: @latitude, @longitude
 *  count. @places may be NULL. */
void date_facts_find (const json_t *tags, gboolean is_video, gboolean has_position, double latitude,
                      double longitude, const Places *places, Arena *arena, DateFacts *out);

/** The wall clock in a zone as date_facts_find () names it; @instant_ms itself when it is not known. */
gint64 date_local_ms (gint64 instant_ms, const char *time_zone);

/** Whether any date tag of @tags is usable; and take all date and zone tags away. */
gboolean date_tags_any (const json_t *tags);
void date_tags_remove (json_t *tags);
