/* map_routes.c -- the handlers of map.api */
#define G_LOG_DOMAIN "map"
#include "features/map/map_store.h"

#include "base/timestamp.h"

/* Markers may be hundreds of thousands: they are written by hand, without structs, while they are sent. */
typedef struct {
    Db *db;
    MapFilter filter;
    char *user_id;
    GString *out;
    HttpStream *stream;
} Markers;

static gboolean
send (gpointer data)
{
    Markers *self = data;
    gboolean is_open = http_stream_write (self->stream, self->out->str, self->out->len);

    g_string_truncate (self->out, 0);
    return is_open;
}

/* On a thread for streams. */
static void
produce (HttpStream *stream, gpointer data)
{
    Markers *self = data;
    g_autoptr (GError) why = NULL;

    self->stream = stream;
    if (!map_store_write (self->db, &self->filter, self->out, send, self, &why)) {
        g_warning ("cannot read the map markers of user '%s': %s, breaking off", self->user_id,
                   why->message);
        http_stream_fail (stream);
    }
}

static void
markers_free (gpointer data)
{
    Markers *self = data;

    g_string_free (self->out, TRUE);
    g_free (self->user_id);
    g_free (self);
}

static ApiStatus
get_map_markers (ApiCall *call, const GetMapMarkersRequest *in, MapMarkerResponseList *out)
{
    Markers *markers = g_new0 (Markers, 1);

    markers->db = call->app->db;
    markers->user_id = g_strdup (call->auth->user_id);
    markers->out = g_string_sized_new (4096);
    markers->filter = (MapFilter){
        .user_id = markers->user_id,
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
    return api_respond (call, http_response_new_stream ("application/json; charset=utf-8", TRUE,
                                                        produce, markers, markers_free));
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
