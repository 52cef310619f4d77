/* timeline_filter.h -- which assets a timeline shows (internal to the feature) */
#pragma once
#include <glib.h>
#include "base/arena.h"

/** Degrees; west > east crosses the antimeridian. */
typedef struct {
    double west, south, east, north;
} TimelineBox;

/** Sets of assets; a timeline shows what is in each of those that are named. */
typedef enum {
    TIMELINE_OWNER,  /* a user's own */
    TIMELINE_OWNERS, /* of several users, a JSON array of ids */
    TIMELINE_ALBUM,
    TIMELINE_PERSON, /* with a face of this person */
    TIMELINE_TAG,    /* with this tag, or one below it */
    TIMELINE_N_SETS
} TimelineSet;

typedef struct {
    const char *sets[TIMELINE_N_SETS]; /* which one; NULL: not asked for. At least one is */
    const char *visibility;            /* NULL: timeline and archive */
    gboolean has_favorite, is_favorite;
    const char *viewer_id;   /* whose films are hidden as their photos are */
    const char *unmarked_by; /* not what is this user's and a favourite; NULL: whatever is */
    gboolean trashed;        /* only what is in the trash, else only what is not */
    gboolean stacked;        /* a stack is one asset */
    gboolean ascending;      /* oldest first */
    gboolean by_upload;      /* by createdAt, else by the local time of capture */
    gboolean has_box;
    TimelineBox box;
} TimelineFilter;

/** Read 'west,south,east,north'.
 *  @return FALSE with where in the query it is wrong ("bbox" or "bbox.west") and what is */
gboolean timeline_box_parse (const char *text, TimelineBox *out, const char **out_path,
                             const char **out_message);

/** Read a bucket's name: a date, maybe with a time and Z; a sign before it is ignored.
 *  @param out_month  months since 1970; *@out_is_first: the name of a month is its first day, any
 *                    other day names nothing
 *  @return FALSE when it is no date */
gboolean timeline_month_parse (const char *text, gint64 *out_month, gboolean *out_is_first);

/** Days since 1970 of the first day of a month. */
gint64 timeline_month_first_day (gint64 month);
/** The month of a day, both since 1970. */
gint64 timeline_month_of_day (gint64 day);
/** 'YYYY-MM-01' */
const char *timeline_month_text (Arena *arena, gint64 month);
