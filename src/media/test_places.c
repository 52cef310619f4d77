/* test_places.c -- looking places and zones up in the data that the build made */
#include <math.h>
#include <glib/gstdio.h>
#include <string.h>
#include "base/error.h"
#include "media/places.h"

static const char *path;

static Places *
open_data (void)
{
    g_autoptr (GError) error = NULL;
    Places *places = places_open (path, &error);

    g_assert_no_error (error);
    return places;
}

static void
assert_place (const Places *places, double latitude, double longitude, const char *city,
              const char *state, const char *country, const char *zone)
{
    Place place;

    places_find (places, latitude, longitude, &place);
    g_assert_cmpstr (place.city, ==, city);
    g_assert_cmpstr (place.state, ==, state);
    g_assert_cmpstr (place.country, ==, country);
    g_assert_cmpstr (places_time_zone (places, latitude, longitude), ==, zone);
}

static void
test_cities_are_found (void)
{
    g_autoptr (Places) places = open_data ();

    g_assert_cmpuint (places_city_count (places), >, 150000);
    assert_place (places, 43.467448, 11.885127, "Arezzo", "Tuscany", "Italy", "Europe/Rome");
    assert_place (places, 37.7749, -122.4194, "San Francisco", "California",
                  "United States of America", "America/Los_Angeles");
    assert_place (places, 41.2203, -96.071625, "Ralston", "Nebraska", "United States of America",
                  "America/Chicago");
    assert_place (places, 47.5383, -2.8919, "Arzon", "Brittany", "France", "Europe/Paris");
    assert_place (places, -33.8688, 151.2093, "Sydney", "New South Wales", "Australia",
                  "Australia/Sydney");
}

static void
test_both_sides_of_the_date_line_are_one (void)
{
    g_autoptr (Places) places = open_data ();

    assert_place (places, 66.32, -179.12, "Egvekinot", "Chukotka", "Russian Federation",
                  "Asia/Anadyr");
    for (double latitude = -89; latitude < 90; latitude++) {
        Place east, west;
        places_find (places, latitude, 180, &east);
        places_find (places, latitude, -180, &west);
        g_assert_cmpstr (east.country, ==, west.country);
        g_assert_cmpstr (places_time_zone (places, latitude, 180), ==,
                         places_time_zone (places, latitude, -180));
    }
}

static void
test_far_from_cities_the_country_is_left (void)
{
    g_autoptr (Places) places = open_data ();

    assert_place (places, 26.2, 20.2, NULL, NULL, "Libya", "Africa/Tripoli"); /* the Sahara */
    assert_place (places, 72.0, -40.0, NULL, NULL, "Greenland", "America/Nuuk");
    assert_place (places, -80.0, 30.0, NULL, NULL, "Antarctica",
                  places_time_zone (places, -80.0, 30.0));
}

static void
test_the_sea_has_a_zone_but_no_place (void)
{
    g_autoptr (Places) places = open_data ();
    Place place;

    places_find (places, 0, -30, &place);
    g_assert_null (place.city);
    g_assert_null (place.country);
    g_assert_nonnull (places_time_zone (places, 0, -30));
}

static void
test_impossible_positions_have_nothing (void)
{
    g_autoptr (Places) places = open_data ();
    static const double positions[][2] = {
        { 91, 0 }, { 0, 181 }, { NAN, 0 }, { 0, INFINITY }, { -1e300, 5 }
    };

    for (gsize i = 0; i < G_N_ELEMENTS (positions); i++) {
        Place place;
        places_find (places, positions[i][0], positions[i][1], &place);
        g_assert_null (place.country);
        g_assert_null (places_time_zone (places, positions[i][0], positions[i][1]));
    }
}

static void
test_every_corner_of_the_earth_answers (void)
{
    g_autoptr (Places) places = open_data ();
    guint n_zones = 0;

    for (double latitude = -90; latitude <= 90; latitude += 2.5) {
        for (double longitude = -180; longitude <= 180; longitude += 2.5) {
            Place place;
            places_find (places, latitude, longitude, &place);
            g_assert_true (place.city == NULL || g_utf8_validate (place.city, -1, NULL));
            n_zones += places_time_zone (places, latitude, longitude) != NULL;
        }
    }
    g_assert_cmpuint (n_zones, ==, 73 * 145); /* zones cover the seas too */
}

static void
test_the_nearest_city_is_the_nearest (void)
{
    g_autoptr (Places) places = open_data ();
    static const double steps[] = { 0, 0.07, 0.13, 0.21 };

    /* walking away from Arezzo must not come back to it once another city is nearer */
    for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
        Place place;
        places_find (places, 43.4633 + steps[i], 11.8797, &place);
        g_assert_nonnull (place.city);
        g_assert_cmpint (strcmp (place.city, "Arezzo") == 0, ==, i == 0);
    }
}

static void
test_damaged_files_are_refused (void)
{
    g_autofree char *folder = g_dir_make_tmp ("places-XXXXXX", NULL);
    g_autofree char *copy = g_build_filename (folder, "places.bin", NULL);
    g_autofree char *whole = NULL;
    gsize n = 0;
    g_autoptr (GError) error = NULL;
    static const gsize fields[] = { 0, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56 };

    g_assert_null (places_open (copy, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_IO);
    g_assert_true (g_file_get_contents (path, &whole, &n, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
        guint8 saved[4];
        g_clear_error (&error);
        memcpy (saved, whole + fields[i], 4);
        memset (whole + fields[i], 0xff, 4);
        g_assert_true (g_file_set_contents (copy, whole, (gssize) n, NULL));
        g_assert_null (places_open (copy, &error));
        g_assert_error (error, APP_ERROR, APP_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, copy));
        memcpy (whole + fields[i], saved, 4);
    }
    for (gsize cut = 0; cut < 200; cut += 50) {
        g_clear_error (&error);
        g_assert_true (g_file_set_contents (copy, whole, (gssize) cut, NULL));
        g_assert_null (places_open (copy, &error));
        g_assert_nonnull (error);
    }
    g_remove (copy);
    g_rmdir (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    path = g_getenv ("TINTYPE_PLACES");
    if (path == NULL) {
        g_test_message ("TINTYPE_PLACES names no data file: skipped");
        return 77;
    }
#define CASE(name) g_test_add_func ("/places/" #name, test_##name)
    CASE (cities_are_found);
    CASE (both_sides_of_the_date_line_are_one);
    CASE (far_from_cities_the_country_is_left);
    CASE (the_sea_has_a_zone_but_no_place);
    CASE (impossible_positions_have_nothing);
    CASE (every_corner_of_the_earth_answers);
    CASE (the_nearest_city_is_the_nearest);
    CASE (damaged_files_are_refused);
    return g_test_run ();
}
