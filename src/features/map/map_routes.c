/* map_routes.c -- the handlers of map.api */
#define G_LOG_DOMAIN "map"
#include "features/map/map_store.h"

#include "base/timestamp.h"

/* Written by hand, without structs: there may be hundreds of thousands. */
static ApiStatus
get_map_markers (ApiCall *call, const GetMapMarkersRequest *in, MapMarkerResponseList *out)
{
    const MapFilter filter = {
        .user_id = call->auth->user_id,
        .with_archive = in->has_is_archived && in->is_archived,
        .with_partners = in->has_with_partners && in->with_partners,
        .with_albums = in->has_with_shared_albums && in->with_shared_albums,
        .has_favorite = in->has_is_favorite,
        .is_favorite = in->is_favorite,
        .has_after = in->has_file_created_after,
        .after_ms = in->file_created_after,
        .has_before = in->has_file_created_before,
        .before_ms = in->file_created_before,
    };
    g_autoptr (GError) error = NULL;
    GString *json = g_string_sized_new (4096);

    if (!map_store_write (call->db, call->arena, &filter, json, &error)) {
        g_string_free (json, TRUE);
        return api_fail (call, g_steal_pointer (&error));
    }
    return api_respond_json (call, json);
}

static ApiStatus
reverse_geocode (ApiCall *call, const ReverseGeocodeRequest *in, MapReverseGeocodeResponseList *out)
{
    Place place = { 0 };

    if (call->app->places != NULL)
        places_find (call->app->places, in->lat, in->lon, &place);
    out->items = arena_new0 (call->arena, MapReverseGeocodeResponse);
    out->n = 1;
    out->items[0] = (MapReverseGeocodeResponse){ .country = place.country,
                                                 .state = place.state,
                                                 .city = place.city };
    return API_OK;
}

/* The places come with the program; nothing is imported, so there is no such time or file. */
static ApiStatus
get_reverse_geocoding_state (ApiCall *call, const GetReverseGeocodingStateRequest *in,
                             ReverseGeocodingStateResponse *out)
{
    const Places *places = call->app->places;

    if (places == NULL)
        return API_OK; /* both null: no positions get names */
    out->last_update = timestamp_text (call->arena, places_made_at_ms (places));
    out->last_import_file_name = "places.bin";
    return API_OK;
}

static const MapHandlers map_handlers = {
    .get_map_markers = get_map_markers,
    .reverse_geocode = reverse_geocode,
    .get_reverse_geocoding_state = get_reverse_geocoding_state,
};

void
map_start (App *app, Api *api)
{
    api_serve_map (api, &map_handlers);
}
