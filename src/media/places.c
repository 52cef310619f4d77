/* places.c -- which place and which time zone a position lies in */
#include "media/places.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include "base/error.h"
#include "media/places_private.h"

#define HEADER_BYTES 64
#define N_CELLS (180 * 360)
#define EARTH_RADIUS_KM 6378.168
#define NEAR_KM 25.0

/* ---- opening: every offset is checked here, so that looking up needs no check but of indexes ---- */

static gboolean
fits (const Places *self, guint64 offset, guint64 n_bytes)
{
    return offset <= self->n && n_bytes <= self->n - offset;
}

static gboolean
open_runs (const Places *self, guint32 offset, guint32 n_values, RunTable *out)
{
    guint32 previous = 0;

    if (!fits (self, offset, 4))
        return FALSE;
    out->n_rows = get_u32 (self->data + offset);
    if (out->n_rows == 0 || out->n_rows > 65536 ||
        !fits (self, offset + 4, ((guint64) out->n_rows + 1) * 4))
        return FALSE;
    out->first = self->data + offset + 4;
    out->runs = out->first + ((gsize) out->n_rows + 1) * 4;
    for (guint32 i = 0; i <= out->n_rows; i++) {
        guint32 first = get_u32 (out->first + (gsize) i * 4);
        if (first < previous)
            return FALSE;
        previous = first;
    }
    if (!fits (self, (guint64) (out->runs - self->data), (guint64) previous * 4))
        return FALSE;
    for (guint32 i = 0; i < previous; i++) {
        guint16 value = get_u16 (out->runs + (gsize) i * 4 + 2);
        if (value != NOTHING && value >= n_values)
            return FALSE;
    }
    return TRUE;
}

static gboolean
open_tables (Places *self)
{
    const guint8 *h = self->data;
    guint32 cells, cities, names, texts, search, previous = 0;
    guint64 n_names;

    if (self->n < HEADER_BYTES || memcmp (h, "TTPLACES", 8) != 0 || get_u32 (h + 8) != 2 ||
        get_u32 (h + 56) != self->n)
        return FALSE;
    self->n_cities = get_u32 (h + 12);
    self->n_countries = get_u32 (h + 16);
    self->n_states = get_u32 (h + 20);
    self->n_zones = get_u32 (h + 24);
    cells = get_u32 (h + 28);
    cities = get_u32 (h + 32);
    names = get_u32 (h + 36);
    texts = get_u32 (h + 48);
    self->n_text_bytes = get_u32 (h + 52);
    search = get_u32 (h + 60);
    n_names = (guint64) self->n_countries + self->n_states + self->n_zones;
    if (self->n_countries > 255 || self->n_states >= NOTHING || self->n_zones >= NOTHING ||
        !fits (self, cells, (N_CELLS + 1) * 4) ||
        !fits (self, cities, (guint64) self->n_cities * (CITY_BYTES + 2)) ||
        !fits (self, names, n_names * 4) || !fits (self, texts, self->n_text_bytes) ||
        !fits (self, search, 4) || self->n_text_bytes == 0 ||
        self->data[texts + self->n_text_bytes - 1] != '\0')
        return FALSE;
    self->cells = h + cells;
    self->cities = h + cities;
    self->city_zones = self->cities + (gsize) self->n_cities * CITY_BYTES;
    self->names = h + names;
    self->texts = (const char *) h + texts;
    self->n_searched = get_u32 (h + search);
    self->searched = h + search + 4;
    self->inhabitants = self->searched + (gsize) self->n_searched * SEARCHED_BYTES;
    if (!fits (self, search + 4,
               (guint64) self->n_searched * SEARCHED_BYTES + (guint64) self->n_cities * 4))
        return FALSE;
    for (guint32 i = 0; i <= N_CELLS; i++) {
        guint32 first = get_u32 (self->cells + (gsize) i * 4);
        if (first < previous || first > self->n_cities)
            return FALSE;
        previous = first;
    }
    for (guint64 i = 0; i < n_names; i++)
        if (get_u32 (self->names + i * 4) >= self->n_text_bytes)
            return FALSE;
    return open_runs (self, get_u32 (h + 40), self->n_countries, &self->countries) &&
           open_runs (self, get_u32 (h + 44), self->n_zones, &self->zones);
}

Places *
places_open (const char *path, GError **error)
{
    g_autoptr (Places) self = g_new0 (Places, 1);
    g_autoptr (GError) why = NULL;
    struct stat info;

    self->map = g_mapped_file_new (path, FALSE, &why);
    if (self->map == NULL) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot read the places in '%s': %s", path,
                     why->message);
        return NULL;
    }
    if (stat (path, &info) == 0)
        self->made_at_ms = info.st_mtime * G_GINT64_CONSTANT (1000);
    self->data = (const guint8 *) g_mapped_file_get_contents (self->map);
    self->n = g_mapped_file_get_length (self->map);
    if (!open_tables (self)) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                     "'%s' holds no places of version 2; install the file that belongs to this "
                     "program",
                     path);
        return NULL;
    }
    return g_steal_pointer (&self);
}

void
places_free (Places *self)
{
    if (self == NULL)
        return;
    g_clear_pointer (&self->map, g_mapped_file_unref);
    g_free (self);
}

gint64
places_made_at_ms (const Places *self)
{
    return self->made_at_ms;
}

gsize
places_city_count (const Places *self)
{
    return self->n_cities;
}

/* ---- looking up ---- */

typedef struct {
    double x, y, z;
} Vector;

static Vector
to_vector (double latitude, double longitude)
{
    double lat = latitude * G_PI / 180, lon = longitude * G_PI / 180;

    return (Vector){ cos (lat) * cos (lon), cos (lat) * sin (lon), sin (lat) };
}

/* The nearest city within reach; -1: none. */
static gint64
find_city (const Places *self, double latitude, double longitude)
{
    Vector here = to_vector (latitude, longitude);
    double reach = NEAR_KM / EARTH_RADIUS_KM; /* radians; the chord is as good at this size */
    double best = reach * reach;
    double margin = reach * 180 / G_PI;
    double narrow = cos (MIN (fabs (latitude) + margin, 89.9) * G_PI / 180);
    int first_row = (int) floor (latitude - margin + 90);
    int last_row = (int) floor (latitude + margin + 90);
    int first_column = (int) floor (longitude - margin / narrow + 180);
    int last_column = (int) floor (longitude + margin / narrow + 180);
    gint64 found = -1;

    last_column = MIN (last_column, first_column + 359);
    for (int row = MAX (first_row, 0); row <= MIN (last_row, 179); row++) {
        for (int column = first_column; column <= last_column; column++) {
            gsize cell = (gsize) row * 360 + (gsize) ((column + 720) % 360);
            guint32 end = get_u32 (self->cells + (cell + 1) * 4);
            for (guint32 i = get_u32 (self->cells + cell * 4); i < end; i++) {
                const guint8 *city = self->cities + (gsize) i * CITY_BYTES;
                double city_latitude = (gint32) get_u32 (city) / 1e5;
                Vector there;
                double d;
                if (fabs (city_latitude - latitude) > margin)
                    continue;
                there = to_vector (city_latitude, (gint32) get_u32 (city + 4) / 1e5);
                d = (there.x - here.x) * (there.x - here.x) +
                    (there.y - here.y) * (there.y - here.y) +
                    (there.z - here.z) * (there.z - here.z);
                if (d <= best) {
                    best = d;
                    found = i;
                }
            }
        }
    }
    return found;
}

/* The value of the run that holds the position; -1: nothing there. */
static gint
find_run (const RunTable *table, double latitude, double longitude)
{
    double turn = (longitude + 180) / 360;
    guint32 at = (guint32) (CLAMP (turn - floor (turn), 0, 1) * 65536) & 0xffff;
    guint32 row = (guint32) CLAMP ((latitude + 90) / 180 * table->n_rows, 0, table->n_rows - 1);
    guint32 low = get_u32 (table->first + (gsize) row * 4);
    guint32 high = get_u32 (table->first + ((gsize) row + 1) * 4);
    guint32 first = low;

    while (low < high) { /* the first run that begins behind the position */
        guint32 middle = low + (high - low) / 2;
        if (get_u16 (table->runs + (gsize) middle * 4) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == first)
        return -1;
    guint16 value = get_u16 (table->runs + ((gsize) low - 1) * 4 + 2);
    return value == NOTHING ? -1 : value;
}

static gboolean
is_position (double latitude, double longitude)
{
    return isfinite (latitude) && isfinite (longitude) && fabs (latitude) <= 90 &&
           fabs (longitude) <= 180;
}

void
places_find (const Places *self, double latitude, double longitude, Place *out)
{
    gint64 city;

    memset (out, 0, sizeof *out);
    if (!is_position (latitude, longitude))
        return;
    city = find_city (self, latitude, longitude);
    if (city >= 0) {
        const guint8 *row = self->cities + (gsize) city * CITY_BYTES;
        guint16 state = get_u16 (row + 12);
        out->city = places_text (self, get_u32 (row + 8));
        if (state < self->n_states)
            out->state = places_name (self, self->n_countries + state);
        if (row[14] < self->n_countries)
            out->country = places_name (self, row[14]);
    } else {
        gint country = find_run (&self->countries, latitude, longitude);
        if (country >= 0)
            out->country = places_name (self, (guint32) country);
    }
}

const char *
places_time_zone (const Places *self, double latitude, double longitude)
{
    gint64 city;
    gint zone = -1;

    if (!is_position (latitude, longitude))
        return NULL;
    city = find_city (self, latitude, longitude);
    if (city >= 0)
        zone = get_u16 (self->city_zones + (gsize) city * 2);
    if (zone < 0 || (guint32) zone >= self->n_zones)
        zone = find_run (&self->zones, latitude, longitude);
    if (zone < 0)
        return NULL;
    return places_name (self, self->n_countries + self->n_states + (guint32) zone);
}
