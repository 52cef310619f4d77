/* places.h -- which place and which time zone a position lies in, without asking anybody
 *
 * The data is one file, places.bin, made at build time by tools/places from GeoNames (cities of 500
 * inhabitants and more, CC BY 4.0, see docs/licences/geonames.md), Natural Earth (country shapes,
 * public domain) and tz-lookup (time zone shapes, CC0). It is mapped, checked once and only read;
 * any thread may ask.
 *
 * The file, all numbers little-endian:
 *
 *   header, 64 bytes
 *     0  char[8]  "TTPLACES"
 *     8  u32      version, 2
 *    12  u32      n_cities
 *    16  u32      n_countries          20 u32 n_states         24 u32 n_zones
 *    28  u32      offset of cells      (bucket grid of cities, see below)
 *    32  u32      offset of cities     36 u32 offset of names table
 *    40  u32      offset of country runs       44 u32 offset of zone runs
 *    48  u32      offset of texts      52 u32 bytes of texts
 *    56  u32      bytes of the whole file      60 u32 offset of search
 *   cells    u32[180*360 + 1]: the cities of the degree cell (lat+90)*360 + (lon+180), lat and lon
 *            rounded down, are cities[cells[i]] to cities[cells[i+1]-1]
 *   cities   16 bytes each: i32 lat, i32 lon (1e-5 degrees), u32 offset of the name in texts,
 *            u16 state (0xffff: none), u8 country (0xff: none), u8 0
 *            then u16[n_cities] zone (0xffff: none), padded to 4 bytes
 *   names    u32 offsets in texts: country names, then states, then zones
 *   runs     u32 n_rows, u32[n_rows + 1] first run of each row, then the runs: u16 from, u16 value.
 *            Row 0 begins at latitude -90; @from is a longitude, 65536 to the circle from -180; a run
 *            ends where the next begins or at the end of the row; value 0xffff: nothing there
 *   texts    UTF-8, each ended by NUL
 *   search   u32 n_searched, then 16 bytes each, in the order of the cities: u64 likeness_bits () of a
 *            name or another name, u32 offset of its words in texts, u32 city; then u32[n_cities]
 *            inhabitants */
#pragma once
#include <glib.h>

typedef struct _Places Places;

/** Open and check a data file. NULL with APP_ERROR_IO or APP_ERROR_CONFIG. */
Places *places_open (const char *path, GError **error);
void places_free (Places *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Places, places_free)

/** Texts belong to the Places; NULL: not known. */
typedef struct {
    const char *city;    /* the nearest within 25 km */
    const char *state;   /* its first-order division */
    const char *country; /* English ISO name; also where no city is near */
} Place;

/** When the data file was made; 0: not known. */
gint64 places_made_at_ms (const Places *self);

void places_find (const Places *self, double latitude, double longitude, Place *out);

/** The IANA name of the zone: that of the nearest city within 25 km, else of the shape the position
 *  lies in. NULL: no zone known. */
const char *places_time_zone (const Places *self, double latitude, double longitude);

/* ---- by name ---- */

typedef struct {
    const char *name, *state; /* state NULL: none */
    double latitude, longitude;
} FoundPlace;

/** Cities that are called about like @query, by one of their names, maybe with their state and country
 *  behind it: those it fits best first, then the largest. Reads some megabytes.
 *  @return how many stand in @out, at most @max */
gsize places_search (const Places *self, const char *query, FoundPlace *out, gsize max);

gsize places_city_count (const Places *self);
