/* search_routes.c -- the handlers of search.api */
#define G_LOG_DOMAIN "search"
#include "features/search/search.h"

#include <string.h>

#include "features/assets/assets.h"
#include "features/search/search_private.h"

#define DEFAULT_SIZE 250
#define MAX_BRANCHES 100 /* more would nest deeper than a statement may */

/* The requests are types of their own with the same members. */
#define TAKE_FLAT(in)                                                                              \
    .city = (in)->city, .state = (in)->state, .country = (in)->country, .make = (in)->make,        \
    .model = (in)->model, .lens_model = (in)->lens_model, .library_id = (in)->library_id,          \
    .set_city = (in)->set_city, .set_state = (in)->set_state, .set_country = (in)->set_country,    \
    .set_make = (in)->set_make, .set_model = (in)->set_model,                                      \
    .set_lens_model = (in)->set_lens_model, .has_rating = (in)->has_rating,                        \
    .set_rating = (in)->set_rating, .rating = (in)->rating, .has_type = (in)->has_type,            \
    .type = (AssetType) (in)->type, .has_visibility = (in)->has_visibility,                        \
    .visibility = (AssetVisibility) (in)->visibility, .has_tag_ids = (in)->has_tag_ids,            \
    .set_tag_ids = (in)->set_tag_ids, .tag_ids = (in)->tag_ids, .album_ids = (in)->album_ids,      \
    .person_ids = (in)->person_ids, .ocr = (in)->ocr, .has_is_encoded = (in)->has_is_encoded,      \
    .is_encoded = (in)->is_encoded, .has_is_favorite = (in)->has_is_favorite,                      \
    .is_favorite = (in)->is_favorite, .has_is_motion = (in)->has_is_motion,                        \
    .is_motion = (in)->is_motion, .has_is_offline = (in)->has_is_offline,                          \
    .is_offline = (in)->is_offline,                                                                \
    .is_not_in_album = (in)->has_is_not_in_album && (in)->is_not_in_album,                         \
    .has_created_after = (in)->has_created_after, .created_after = (in)->created_after,            \
    .has_created_before = (in)->has_created_before, .created_before = (in)->created_before,        \
    .has_taken_after = (in)->has_taken_after, .taken_after = (in)->taken_after,                    \
    .has_taken_before = (in)->has_taken_before, .taken_before = (in)->taken_before,                \
    .has_trashed_after = (in)->has_trashed_after, .trashed_after = (in)->trashed_after,            \
    .has_trashed_before = (in)->has_trashed_before, .trashed_before = (in)->trashed_before,        \
    .has_updated_after = (in)->has_updated_after, .updated_after = (in)->updated_after,            \
    .has_updated_before = (in)->has_updated_before, .updated_before = (in)->updated_before
#define TAKE_WITH(in)                                                                              \
    .with_deleted = (in)->has_with_deleted && (in)->with_deleted,                                  \
    .with_exif = (in)->has_with_exif && (in)->with_exif
#define TAKE_STACKED(in) .without_stacked = (in)->has_with_stacked && !(in)->with_stacked

static gboolean check_filter (ApiCall *call, const SearchFilter *filter);

/* ---- who may ---- */

/* Of albums, what any member put there is found; of nothing else what is not the caller's to see. */
static void
confine_to_albums (SearchQuery *query)
{
    SearchTerms terms = { query, query->where, TRUE };

    query->any_owner = TRUE;
    search_term_shared (&terms);
}

static gboolean
check_albums (ApiCall *call, const StringList *ids, gboolean is_in_albums)
{
    g_autoptr (GError) error = NULL;

    if (call->auth->kind == CREDENTIAL_LINK && !is_in_albums) {
        api_refuse (call, APP_ERROR_INVALID,
                    "Shared link access is only allowed in combination with an albumIds filter");
        return FALSE;
    }
    for (gsize i = 0; i < ids->n; i++)
        if (!access_check_album (call, ids->items[i], "album.read", &error)) {
            api_fail (call, g_steal_pointer (&error));
            return FALSE;
        }
    return TRUE;
}

/* A link stands for nobody's own assets. */
static const char *
self_of (const ApiCall *call)
{
    return call->auth->kind == CREDENTIAL_LINK ? "" : call->auth->user_id;
}

static gboolean
require_elevated (ApiCall *call)
{
    if (call->auth->is_elevated)
        return TRUE;
    api_refuse (call, APP_ERROR_UNAUTHORIZED, "Elevated permission is required");
    return FALSE;
}

static gboolean
finish_scope (ApiCall *call, SearchQuery *query, gboolean is_in_albums, gboolean only_own)
{
    g_autoptr (GError) error = NULL;

    if (is_in_albums) {
        confine_to_albums (query);
        return TRUE;
    }
    if (query->owner_ids.n == 0 && !search_find_owners (call->db, query, only_own, &error)) {
        api_fail (call, g_steal_pointer (&error));
        return FALSE;
    }
    return TRUE;
}

/* @return FALSE when it was refused */
static gboolean
prepare_flat (ApiCall *call, const SearchFlat *flat, SearchQuery *query)
{
    gboolean is_locked = flat->has_visibility && flat->visibility == ASSET_VISIBILITY_LOCKED;
    gboolean is_in_albums = flat->album_ids.n > 0;

    if ((is_locked && !require_elevated (call)) ||
        !check_albums (call, &flat->album_ids, is_in_albums))
        return FALSE;
    search_query_init (query, call->arena, self_of (call), call->app->media_location);
    search_add_flat (query, flat);
    return finish_scope (call, query, is_in_albums, is_locked);
}

static gboolean
prepare_filter (ApiCall *call, const SearchFilter *filter, gboolean without_stacked,
                SearchQuery *query)
{
    static const SearchFilter everything = { 0 };
    SearchTerms terms = { query, NULL, TRUE };
    g_autoptr (GError) error = NULL;
    SearchScope scope;

    if (filter == NULL)
        filter = &everything;
    if (!check_filter (call, filter))
        return FALSE;
    search_scope (filter, call->arena, &scope);
    if ((scope.may_be_locked && !require_elevated (call)) ||
        !check_albums (call, &scope.album_ids, scope.is_in_albums))
        return FALSE;
    search_query_init (query, call->arena, self_of (call), call->app->media_location);
    terms.out = query->where;
    if (!scope.may_be_locked)
        search_term_not_locked (&terms);
    if (without_stacked)
        search_term (&terms, SEARCH_NOT_STACKED);
    /* branches may ask whose it is */
    if (!scope.is_in_albums && !search_find_owners (call->db, query, scope.may_be_locked, &error)) {
        api_fail (call, g_steal_pointer (&error));
        return FALSE;
    }
    search_add_filter (query, filter);
    return finish_scope (call, query, scope.is_in_albums, scope.may_be_locked);
}

/* ---- flat and structured do not mix ---- */

static gboolean
is_there (const FieldDescriptor *field, const void *value)
{
    const char *base = value;

    if (field->set_offset != NO_OFFSET)
        return *(const gboolean *) (base + field->set_offset);
    if (field->has_offset != NO_OFFSET)
        return *(const gboolean *) (base + field->has_offset);
    if (!(field->flags & (FIELD_OPTIONAL | FIELD_NULLABLE)))
        return TRUE;
    return *(const void *const *) (base + field->offset) != NULL;
}

/* That each condition has an operator. @path of the object, with a dot behind it */
static gboolean
check_conditions (ApiCall *call, const TypeDescriptor *type, const void *value, const char *path)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const FieldDescriptor *field = &type->fields[i];
        const void *condition;
        gboolean has_operator = FALSE;

        if (field->kind != FIELD_OBJECT || field->flags & FIELD_LIST || !is_there (field, value))
            continue;
        condition = *(const void *const *) ((const char *) value + field->offset);
        for (guint n = 0; n < field->type->n_fields; n++)
            has_operator |= is_there (&field->type->fields[n], condition);
        if (!has_operator) {
            api_refuse_field (call, arena_printf (call->arena, "%s%s", path, field->name),
                              "A condition needs at least one operator");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_filter (ApiCall *call, const SearchFilter *filter)
{
    if (filter->or.n > MAX_BRANCHES) {
        api_refuse_field (call, "filter.or", "Too big: expected array to have <=%d items",
                          MAX_BRANCHES);
        return FALSE;
    }
    if (!check_conditions (call, &search_filter_type, filter, "filter."))
        return FALSE;
    for (gsize i = 0; i < filter->or.n; i++)
        if (!check_conditions (call, &search_filter_branch_type, &filter->or.items[i],
                               arena_printf (call->arena, "filter.or.%zu.", i)))
            return FALSE;
    return TRUE;
}

/* @return 1: structured, 0: flat, -1: refused */
static int
find_form (ApiCall *call, const TypeDescriptor *type, const void *body)
{
    static const char *const structured[] = { "filter", "orderBy", "cursor" };
    static const char *const both[] = { "filter",      "orderBy",    "cursor", "size",
                                        "withExif",    "withPeople", "query",  "queryAssetId",
                                        "withStacked", "language" };
    g_autoptr (GString) names = g_string_new (NULL);

    for (guint i = 0; i < type->n_fields; i++)
        for (gsize n = 0; n < G_N_ELEMENTS (structured); n++)
            if (strcmp (type->fields[i].name, structured[n]) == 0 &&
                is_there (&type->fields[i], body))
                g_string_append_printf (names, "%s%s", names->len > 0 ? "/" : "", structured[n]);
    if (names->len == 0)
        return 0;
    for (guint i = 0; i < type->n_fields; i++) {
        const FieldDescriptor *field = &type->fields[i];
        gboolean is_allowed = FALSE;

        for (gsize n = 0; n < G_N_ELEMENTS (both); n++)
            is_allowed |= strcmp (field->name, both[n]) == 0;
        if (!is_allowed && is_there (field, body)) {
            api_refuse_field (call, field->name, "Deprecated field %s cannot be combined with %s",
                              field->name, names->str);
            return -1;
        }
    }
    return 1;
}

/* ---- links that do not show metadata ---- */

static gboolean
hides_metadata (const ApiCall *call)
{
    return call->auth->kind == CREDENTIAL_LINK && !call->auth->link_shows_metadata;
}

/* That nothing but @shown is asked for. @path of the object, with a dot behind it */
static gboolean
check_shown (ApiCall *call, const TypeDescriptor *type, const void *value, const char *const *shown,
             const char *path)
{
    for (guint i = 0; i < type->n_fields; i++)
        if (is_there (&type->fields[i], value) && !g_strv_contains (shown, type->fields[i].name)) {
            api_refuse_field (call, arena_printf (call->arena, "%s%s", path, type->fields[i].name),
                              "This link does not show metadata");
            return FALSE;
        }
    return TRUE;
}

static gboolean
check_shown_filter (ApiCall *call, const SearchFilter *filter)
{
    static const char *const shown[] = { "albumIds", "type", "or", NULL };

    if (!check_shown (call, &search_filter_type, filter, shown, "filter."))
        return FALSE;
    for (gsize i = 0; i < filter->or.n; i++)
        if (!check_shown (call, &search_filter_branch_type, &filter->or.items[i], shown,
                          arena_printf (call->arena, "filter.or.%zu.", i)))
            return FALSE;
    return TRUE;
}

/* What a condition or an order asks for is told by what is found. */
static gboolean
check_shown_search (ApiCall *call, const MetadataSearch *body)
{
    static const char *const shown[] = { "albumIds", "type",       "page",        "size",
                                         "cursor",   "order",      "orderBy",     "filter",
                                         "withExif", "withPeople", "withStacked", NULL };
    const SearchOrder *order = body->order_by;

    if (!hides_metadata (call))
        return TRUE;
    if (!check_shown (call, &metadata_search_type, body, shown, "") ||
        (body->filter != NULL && !check_shown_filter (call, body->filter)))
        return FALSE;
    if (order == NULL || !order->has_field || order->field == SEARCH_ORDER_FIELD_FILE_CREATED_AT ||
        order->field == SEARCH_ORDER_FIELD_LOCAL_DATE_TIME)
        return TRUE;
    api_refuse_field (call, "orderBy.field", "This link does not show metadata");
    return FALSE;
}

static ApiStatus
answer_stripped (ApiCall *call, const SearchResponse *found)
{
    GString *json = g_string_new (NULL);
    const AssetResponseList *whole = &found->assets->items;
    StrippedSearchAssets assets = {
        .total = found->assets->total,
        .count = found->assets->count,
        .items = { arena_new_array (call->arena, StrippedAsset, MAX (whole->n, 1)), whole->n },
        .next_page = found->assets->next_page,
        .next_cursor = found->assets->next_cursor,
    };
    StrippedSearch out = { .albums = found->albums, .assets = &assets };

    for (gsize i = 0; i < whole->n; i++)
        asset_strip (&whole->items[i], &assets.items.items[i]);
    api_write_json (&stripped_search_type, &out, json);
    return api_respond_json (call, json);
}

/* ---- answering ---- */

gboolean
search_describe (ApiCall *call, const StringList *ids, gboolean with_exif, gboolean with_people,
                 AssetResponseList *out)
{
    g_autoptr (GError) error = NULL;
    AssetParts parts = (with_exif ? ASSET_WITH_EXIF : 0) | (with_people ? ASSET_WITH_PEOPLE : 0);

    if (!assets_describe (call->app, call->db, call->arena, ids, parts, self_of (call), out,
                          &error)) {
        api_fail (call, g_steal_pointer (&error));
        return FALSE;
    }
    for (gsize i = 0; i < out->n; i++)
        out->items[i].has_people = TRUE;
    return TRUE;
}

static gint64
size_of (gboolean has_size, gint64 size)
{
    return has_size ? size : DEFAULT_SIZE;
}

/* A cursor is the offset; clients only hand it back. */
static gboolean
parse_cursor (const char *cursor, gint64 *out)
{
    g_autofree guchar *bytes = NULL;
    g_autofree char *text = NULL;
    gsize n = 0;
    guint64 offset;

    if (cursor[0] == '\0' || strlen (cursor) > 40)
        return FALSE;
    bytes = g_base64_decode (cursor, &n);
    text = g_strndup ((const char *) bytes, n);
    if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &offset, NULL))
        return FALSE;
    *out = (gint64) offset;
    return TRUE;
}

static const char *
write_cursor (Arena *arena, gint64 offset)
{
    g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, offset);
    g_autofree char *cursor = g_base64_encode ((const guchar *) text, strlen (text));

    return arena_strdup (arena, cursor);
}

/* One more than the page is asked for, to know whether there is another. */
static gboolean
find_page (ApiCall *call, SearchQuery *query, SearchPage *page, StringList *out, gboolean *out_more)
{
    g_autoptr (GError) error = NULL;

    page->limit++;
    if (!search_find (call->db, query, page, out, &error)) {
        api_fail (call, g_steal_pointer (&error));
        return FALSE;
    }
    page->limit--;
    *out_more = (gint64) out->n > page->limit;
    if (*out_more)
        out->n = (gsize) page->limit;
    return TRUE;
}

static gboolean
prepare_metadata (ApiCall *call, const MetadataSearch *body, gboolean is_structured,
                  SearchQuery *query)
{
    const SearchFlat flat = { TAKE_FLAT (body),
                              TAKE_WITH (body),
                              TAKE_STACKED (body),
                              .id = body->id,
                              .checksum = body->checksum,
                              .original_file_name = body->original_file_name,
                              .original_path = body->original_path,
                              .description = body->description,
                              .encoded_video_path = body->encoded_video_path,
                              .query = body->query };
    SearchTerms terms = { query, NULL, TRUE };

    if (!is_structured)
        return prepare_flat (call, &flat, query);
    if (!prepare_filter (call, body->filter, flat.without_stacked, query))
        return FALSE;
    terms.out = query->where;
    if (body->query != NULL && body->query[0] != '\0')
        search_term_words (&terms, body->query);
    return TRUE;
}

static const SearchOrderBy order_fields[] = {
    [SEARCH_ORDER_FIELD_FILE_CREATED_AT] = SEARCH_BY_TAKEN,
    [SEARCH_ORDER_FIELD_LOCAL_DATE_TIME] = SEARCH_BY_LOCAL,
    [SEARCH_ORDER_FIELD_FILE_SIZE_IN_BYTES] = SEARCH_BY_SIZE,
    [SEARCH_ORDER_FIELD_RATING] = SEARCH_BY_RATING,
};

static ApiStatus
search_assets (ApiCall *call, const SearchAssetsRequest *in, SearchResponse *out)
{
    const MetadataSearch *body = in->body;
    int form;
    gint64 number = body->has_page ? body->page : 1;
    SearchPage page = { .by = SEARCH_BY_TAKEN,
                        .ascending = body->has_order && body->order == ASSET_ORDER_ASC,
                        .limit = size_of (body->has_size, body->size) };
    SearchAlbumResponse *albums;
    SearchAssetResponse *assets;
    SearchQuery query;
    gboolean has_more;
    StringList ids;

    /* a refused call is gone, and its body with it */
    form = find_form (call, &metadata_search_type, body);
    if (form < 0)
        return API_FAILED;
    albums = arena_new0 (call->arena, SearchAlbumResponse);
    assets = arena_new0 (call->arena, SearchAssetResponse);
    if (number > G_MAXINT32 / 1000)
        return api_refuse_field (call, "page", "Too big: there is no such page");
    page.offset = (number - 1) * page.limit;
    if (form == 1) {
        if (body->cursor != NULL && !parse_cursor (body->cursor, &page.offset))
            return api_refuse (call, APP_ERROR_INVALID, "Invalid cursor");
        if (body->order_by != NULL) {
            page.ascending =
                body->order_by->has_direction && body->order_by->direction == ASSET_ORDER_ASC;
            if (body->order_by->has_field)
                page.by = order_fields[body->order_by->field];
        }
    }
    if (!prepare_metadata (call, body, form == 1, &query) || !check_shown_search (call, body) ||
        !find_page (call, &query, &page, &ids, &has_more) ||
        !search_describe (call, &ids, body->has_with_exif && body->with_exif,
                          body->has_with_people && body->with_people, &assets->items))
        return API_FAILED;
    assets->total = assets->count = (gint64) assets->items.n;
    if (has_more && form == 1)
        assets->next_cursor = write_cursor (call->arena, page.offset + page.limit);
    else if (has_more)
        assets->next_page = arena_printf (call->arena, "%" G_GINT64_FORMAT, number + 1);
    out->albums = albums; /* albums and facets are never found */
    out->assets = assets;
    return hides_metadata (call) ? answer_stripped (call, out) : API_OK;
}

static ApiStatus
search_random (ApiCall *call, const SearchRandomRequest *in, AssetResponseList *out)
{
    const RandomSearch *body = in->body;
    const SearchFlat flat = { TAKE_FLAT (body), TAKE_WITH (body), TAKE_STACKED (body) };
    int form;
    SearchPage page = { .by = SEARCH_BY_CHANCE, .limit = size_of (body->has_size, body->size) };
    g_autoptr (GError) error = NULL;
    SearchQuery query;
    StringList ids;

    /* a refused call is gone, and its body with it */
    form = find_form (call, &random_search_type, body);
    if (form < 0 || !(form == 1 ? prepare_filter (call, body->filter, flat.without_stacked, &query)
                                : prepare_flat (call, &flat, &query)))
        return API_FAILED;
    if (!search_find (call->db, &query, &page, &ids, &error))
        return api_fail (call, g_steal_pointer (&error));
    return search_describe (call, &ids, flat.with_exif, body->has_with_people && body->with_people,
                            out)
               ? API_OK
               : API_FAILED;
}

static ApiStatus
search_large_assets (ApiCall *call, const SearchLargeAssetsRequest *in, AssetResponseList *out)
{
    SearchFlat flat = { TAKE_FLAT (in), TAKE_WITH (in), .has_min_size = TRUE,
                        .min_size = in->has_min_file_size ? in->min_file_size : 0 };
    SearchPage page = { .by = SEARCH_BY_SIZE, .limit = size_of (in->has_size, in->size) };
    g_autoptr (GError) error = NULL;
    SearchQuery query;
    StringList ids;

    if (!prepare_flat (call, &flat, &query))
        return API_FAILED;
    if (!search_find (call->db, &query, &page, &ids, &error))
        return api_fail (call, g_steal_pointer (&error));
    return search_describe (call, &ids, TRUE, FALSE, out) ? API_OK : API_FAILED;
}

/* There is no model that could tell what a picture shows; nothing but searching by it is refused. */
static ApiStatus
search_smart (ApiCall *call, const SearchSmartRequest *in, SearchResponse *out)
{
    return api_refuse (call, APP_ERROR_INVALID, "Smart search is not enabled");
}

static ApiStatus
search_asset_statistics (ApiCall *call, const SearchAssetStatisticsRequest *in,
                         SearchStatisticsResponse *out)
{
    const StatisticsSearch *body = in->body;
    const SearchFlat flat = { TAKE_FLAT (body), .description = body->description };
    int form;
    g_autoptr (GError) error = NULL;
    SearchQuery query;

    /* a refused call is gone, and its body with it */
    form = find_form (call, &statistics_search_type, body);
    if (form < 0 || !(form == 1 ? prepare_filter (call, body->filter, FALSE, &query)
                                : prepare_flat (call, &flat, &query)))
        return API_FAILED;
    if (!search_count (call->db, &query, &out->total, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const SearchHandlers search_handlers = {
    .get_assets_by_city = search_offer_cities,
    .get_explore_data = search_offer_explore,
    .search_large_assets = search_large_assets,
    .search_assets = search_assets,
    .search_person = search_offer_person,
    .search_places = search_offer_places,
    .search_random = search_random,
    .search_smart = search_smart,
    .search_asset_statistics = search_asset_statistics,
    .get_search_suggestions = search_offer_suggestions,
};

void
search_start (App *app, Api *api)
{
    api_serve_search (api, &search_handlers);
}
