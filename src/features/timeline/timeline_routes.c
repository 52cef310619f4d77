/* timeline_routes.c -- the handlers of timeline.api */
#define G_LOG_DOMAIN "timeline"
#include "features/timeline/timeline.h"

#include <string.h>

#include "features/timeline/timeline_store.h"

/* What both operations ask for; their requests are types of their own with the same members. */
typedef struct {
    const char *album_id, *bbox, *person_id, *tag_id, *user_id;
    gboolean has_visibility, has_is_favorite, with_partners;
    AssetVisibility visibility;
    TimelineFilter filter;
} TimelineQuery;

#define TAKE_QUERY(in)                                                                             \
    {                                                                                              \
        .album_id = (in)->album_id, .bbox = (in)->bbox, .person_id = (in)->person_id,              \
        .tag_id = (in)->tag_id, .user_id = (in)->user_id, .has_visibility = (in)->has_visibility,  \
        .has_is_favorite = (in)->has_is_favorite,                                                  \
        .with_partners = (in)->has_with_partners && (in)->with_partners,                           \
        .visibility = (in)->visibility, .filter = {                                                \
            .visibility =                                                                          \
                (in)->has_visibility ? asset_visibility_enum.texts[(in)->visibility] : NULL,       \
            .has_favorite = (in)->has_is_favorite,                                                 \
            .is_favorite = (in)->is_favorite,                                                      \
            .trashed = (in)->has_is_trashed && (in)->is_trashed,                                   \
            .stacked = (in)->has_with_stacked && (in)->with_stacked,                               \
            .ascending = (in)->has_order && (in)->order == ASSET_ORDER_ASC,                        \
            .by_upload = (in)->has_order_by && (in)->order_by == ASSET_ORDER_BY_CREATED_AT         \
        }                                                                                          \
    }

/* Whose assets. Albums, tags, people and partners are not built: there is none to be found. */
static gboolean
check_access (ApiCall *call, TimelineQuery *query)
{
    const Auth *auth = call->auth;
    const char *user_id = query->user_id != NULL ? query->user_id : auth->user_id;
    gboolean is_own = g_strcmp0 (user_id, auth->user_id) == 0;
    gboolean is_locked = query->has_visibility && query->visibility == ASSET_VISIBILITY_LOCKED;

    if (is_locked && !auth->is_elevated) {
        api_refuse (call, APP_ERROR_UNAUTHORIZED, "Elevated permission is required");
    } else if (is_locked && !is_own) {
        api_refuse (call, APP_ERROR_INVALID, "You may not access another user's locked timeline");
    } else if (query->album_id != NULL) {
        api_refuse_access (call, "album.read");
    } else if (auth->kind == CREDENTIAL_LINK || !is_own) {
        api_refuse_access (call, "timeline.read");
    } else if (query->tag_id != NULL) {
        api_refuse_access (call, "tag.read");
    } else if (query->person_id != NULL) {
        api_refuse_access (call, "person.read");
    } else if (query->with_partners &&
               (!query->has_visibility || query->visibility == ASSET_VISIBILITY_ARCHIVE ||
                is_locked || query->has_is_favorite || query->filter.trashed)) {
        api_refuse (call, APP_ERROR_INVALID,
                    "withPartners is only supported for non-archived, non-trashed, non-favorited "
                    "assets");
    } else {
        query->filter.owner_id = user_id;
        return TRUE;
    }
    return FALSE;
}

/* @return FALSE when it was refused */
static gboolean
check_query (ApiCall *call, TimelineQuery *query)
{
    const char *path, *message;

    if (query->bbox != NULL) {
        if (!timeline_box_parse (query->bbox, &query->filter.box, &path, &message)) {
            api_refuse_field (call, path, "%s", message);
            return FALSE;
        }
        query->filter.has_box = TRUE;
    }
    return check_access (call, query);
}

static ApiStatus
get_time_bucket (ApiCall *call, const GetTimeBucketRequest *in)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (TimelineColumns) columns = NULL;
    TimelineQuery query = TAKE_QUERY (in);
    gboolean shows_metadata =
        call->auth->kind != CREDENTIAL_LINK || call->auth->link_shows_metadata;
    gboolean is_first;
    gint64 month;

    if (!timeline_month_parse (in->time_bucket, &month, &is_first))
        return api_refuse_field (call, "timeBucket",
                                 "Must be the first day of a month such as 2024-01-01");
    if (!check_query (call, &query))
        return API_FAILED;
    columns = timeline_columns_new (
        shows_metadata, shows_metadata && in->has_with_coordinates && in->with_coordinates,
        query.filter.stacked);
    if (is_first && !timeline_store_list (call->db, call->arena, &query.filter, month,
                                          call->auth->user_id, columns, &error))
        return api_fail (call, g_steal_pointer (&error));
    return api_respond_json (call, timeline_columns_finish (columns));
}

static ApiStatus
get_time_buckets (ApiCall *call, const GetTimeBucketsRequest *in, TimeBucketsResponseList *out)
{
    g_autoptr (GError) error = NULL;
    TimelineQuery query = TAKE_QUERY (in);

    if (!check_query (call, &query))
        return API_FAILED;
    if (!timeline_store_count (call->db, call->arena, &query.filter, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const TimelineHandlers timeline_handlers = {
    .get_time_bucket = get_time_bucket,
    .get_time_buckets = get_time_buckets,
};

void
timeline_start (App *app, Api *api)
{
    api_serve_timeline (api, &timeline_handlers);
}
