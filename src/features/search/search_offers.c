/* search_offers.c -- what can be searched for: suggestions, cities, people, places, the page to explore */
#define G_LOG_DOMAIN "search"
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/timestamp.h"
#include "features/assets/assets.h"
#include "features/search/search_private.h"
#include "media/layout.h"

#define MAX_PLACES 20
#define MAX_PLACE_BYTES 100 /* each letter more is compared with the names of all places */
#define EXPLORE_ITEMS 12
#define EXPLORE_MIN_ASSETS 5

/* The null that clients ask for has no place among the texts of the contract, so this is written by hand. */
ApiStatus
search_offer_suggestions (ApiCall *call, const GetSearchSuggestionsRequest *in, StringList *out)
{
    g_autoptr (GError) error = NULL;
    StringList found;
    SearchQuery query;
    JsonWriter json;
    GString *text;

    search_query_init (&query, call->arena, call->auth->user_id, call->app->media_location);
    if (!search_find_owners (call->db, &query, FALSE, &error) ||
        !search_suggest (call->db, call->arena, &query.owner_ids, in, &found, &error))
        return api_fail (call, g_steal_pointer (&error));
    text = g_string_new (NULL);
    json_writer_init (&json, text);
    json_begin_array (&json);
    for (gsize i = 0; i < found.n; i++)
        json_text (&json, found.items[i]);
    if (in->has_include_null && in->include_null)
        json_none (&json);
    json_end_array (&json);
    return api_respond_json (call, text);
}

static StringList
ids_of (Arena *arena, const SearchCityRowList *rows)
{
    StringList ids = { arena_new_array (arena, const char *, MAX (rows->n, 1)), 0 };

    for (gsize i = 0; i < rows->n; i++)
        ids.items[ids.n++] = rows->items[i].id;
    return ids;
}

ApiStatus
search_offer_cities (ApiCall *call, const GetAssetsByCityRequest *in, AssetResponseList *out)
{
    g_autoptr (GError) error = NULL;
    SearchCityRowList rows;
    SearchQuery query;
    StringList ids;

    search_query_init (&query, call->arena, call->auth->user_id, call->app->media_location);
    if (!search_find_owners (call->db, &query, FALSE, &error) ||
        !search_cities (call->db, call->arena, &query.owner_ids, 1, &rows, &error))
        return api_fail (call, g_steal_pointer (&error));
    ids = ids_of (call->arena, &rows);
    return search_describe (call, &ids, TRUE, FALSE, out) ? API_OK : API_FAILED;
}

static int
compare_counts (gconstpointer a, gconstpointer b)
{
    const SearchCityRow *x = a, *y = b;

    if (x->n_assets != y->n_assets)
        return x->n_assets > y->n_assets ? -1 : 1;
    return strcmp (x->city, y->city);
}

/* The items of one field; @values in the order of @ids, NULL: when it came. */
static gboolean
explore (ApiCall *call, const char *field_name, const StringList *ids,
         const SearchCityRowList *cities, SearchExploreResponse *out)
{
    g_autoptr (GError) error = NULL;
    AssetResponseList assets;
    gsize n = 0;

    if (!assets_describe (call->app, call->db, call->arena, ids,
                          ASSET_WITH_EXIF | ASSET_WITH_PEOPLE | ASSET_WITH_TAGS,
                          call->auth->user_id, &assets, &error)) {
        api_fail (call, g_steal_pointer (&error));
        return FALSE;
    }
    out->field_name = field_name;
    out->items.items = arena_new_array (call->arena, SearchExploreItem, MAX (assets.n, 1));
    for (gsize i = 0; i < assets.n; i++) {
        SearchExploreItem *item = &out->items.items[out->items.n++];

        while (cities != NULL && strcmp (cities->items[n].id, assets.items[i].id) != 0)
            n++; /* one that was removed meanwhile */
        item->data = &assets.items[i];
        item->value = cities != NULL ? cities->items[n].city
                                     : timestamp_text (call->arena, assets.items[i].created_at);
    }
    return TRUE;
}

ApiStatus
search_offer_explore (ApiCall *call, const GetExploreDataRequest *in,
                      SearchExploreResponseList *out)
{
    StringList self = { (const char **) &call->auth->user_id, 1 };
    g_autoptr (GError) error = NULL;
    SearchCityRowList cities;
    StringList city_ids, recent_ids;

    if (!search_cities (call->db, call->arena, &self, EXPLORE_MIN_ASSETS, &cities, &error) ||
        !search_recent (call->db, call->arena, call->auth->user_id, EXPLORE_ITEMS, &recent_ids,
                        &error))
        return api_fail (call, g_steal_pointer (&error));
    if (cities.n > 0)
        qsort (cities.items, cities.n, sizeof *cities.items, compare_counts);
    cities.n = MIN (cities.n, EXPLORE_ITEMS);
    city_ids = ids_of (call->arena, &cities);
    out->items = arena_new_array (call->arena, SearchExploreResponse, 2);
    out->n = 2;
    return explore (call, "exifInfo.city", &city_ids, &cities, &out->items[0]) &&
                   explore (call, "createdAt", &recent_ids, NULL, &out->items[1])
               ? API_OK
               : API_FAILED;
}

ApiStatus
search_offer_person (ApiCall *call, const SearchPersonRequest *in, PersonResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!search_people (call->db, call->arena, call->auth->user_id, in->name,
                        in->has_with_hidden && in->with_hidden, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    for (gsize i = 0; i < out->n; i++)
        if (out->items[i].thumbnail_path[0] != '\0')
            out->items[i].thumbnail_path = layout_absolute (call->arena, call->app->media_location,
                                                            out->items[i].thumbnail_path);
    return API_OK;
}

ApiStatus
search_offer_places (ApiCall *call, const SearchPlacesRequest *in, PlacesResponseList *out)
{
    FoundPlace found[MAX_PLACES];

    if (strlen (in->name) > MAX_PLACE_BYTES)
        return api_refuse_field (call, "name", "Must not be longer than %d bytes", MAX_PLACE_BYTES);
    if (call->app->places != NULL)
        out->n = places_search (call->app->places, in->name, found, MAX_PLACES);
    out->items = arena_new_array (call->arena, PlacesResponse, MAX_PLACES);
    for (gsize i = 0; i < out->n; i++)
        out->items[i] = (PlacesResponse){ .name = found[i].name,
                                          .latitude = found[i].latitude,
                                          .longitude = found[i].longitude,
                                          .admin1name = found[i].state };
    return API_OK;
}
