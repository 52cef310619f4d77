/* places_private.h -- the opened file, see places.h; between the files that read it */
#pragma once
#include "media/places.h"

#define CITY_BYTES 16
#define SEARCHED_BYTES 16
#define NOTHING 0xffff

typedef struct {
    guint32 n_rows;
    const guint8 *first; /* u32[n_rows + 1] */
    const guint8 *runs;  /* 4 bytes each */
} RunTable;

struct _Places {
    GMappedFile *map;
    gint64 made_at_ms;
    const guint8 *data;
    gsize n;
    guint32 n_cities, n_countries, n_states, n_zones, n_searched;
    const guint8 *cells, *cities, *city_zones, *names, *searched, *inhabitants;
    RunTable countries, zones;
    const char *texts;
    guint32 n_text_bytes;
};

static inline guint16
get_u16 (const guint8 *p)
{
    return (guint16) (p[1] << 8 | p[0]);
}

static inline guint32
get_u32 (const guint8 *p)
{
    return (guint32) p[3] << 24 | (guint32) p[2] << 16 | (guint32) p[1] << 8 | p[0];
}

static inline const char *
places_text (const Places *self, guint32 offset)
{
    return offset < self->n_text_bytes ? self->texts + offset : NULL;
}

/* Names stand in one row: countries, states, zones. */
static inline const char *
places_name (const Places *self, guint32 index)
{
    return places_text (self, get_u32 (self->names + (gsize) index * 4));
}
