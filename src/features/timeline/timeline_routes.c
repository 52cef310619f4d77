/* timeline_routes.c -- the handlers of timeline.api */
#define G_LOG_DOMAIN "timeline"
#include "features/timeline/timeline.h"

#include <string.h>

#include "base/error.h"
#include "features/partners/partners.h"
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

static gboolean
is_locked (const TimelineQuery *query)
{
    return query->has_visibility && query->visibility == ASSET_VISIBILITY_LOCKED;
}

/* The locked folder is nobody else's and is opened by the PIN. */
static gboolean
check_locked (ApiCall *call, const TimelineQuery *query)
{
    const Auth *auth = call->auth;

    if (!is_locked (query))
        return TRUE;
    if (!auth->is_elevated)
        api_refuse (call, APP_ERROR_UNAUTHORIZED, "Elevated permission is required");
    else if (query->user_id != NULL && strcmp (query->user_id, auth->user_id) != 0)
        api_refuse (call, APP_ERROR_INVALID, "You may not access another user's locked timeline");
    else
        return TRUE;
    return FALSE;
}

/* Whose assets: the album's, with or without one of its members; or a user's, the caller's unless told
 * otherwise. Of a partner the timeline is shown, and neither archive nor trash. */
static gboolean
check_owner (ApiCall *call, TimelineQuery *query, GError **error)
{
    const Auth *auth = call->auth;
    const char *user_id = query->user_id;
    gboolean is_archive = query->has_visibility && query->visibility == ASSET_VISIBILITY_ARCHIVE;

    if (query->album_id != NULL && !access_check_album (call, query->album_id, "album.read", error))
        return FALSE;
    if (user_id == NULL && query->album_id == NULL)
        user_id = auth->user_id;
    /* what lies in the trash or is locked has left the albums for everybody but its owner */
    if (user_id == NULL && (query->filter.trashed || is_locked (query)))
        user_id = auth->user_id;
    if (user_id == NULL)
        return TRUE;
    if (!access_check_timeline (call, user_id, is_archive ? "archive.read" : "timeline.read",
                                error))
        return FALSE;
    query->filter.sets[TIMELINE_OWNER] = user_id;
    if (strcmp (user_id, auth->user_id) == 0)
        return TRUE;
    if (query->filter.trashed) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Not found or no timeline.read access");
        return FALSE;
    }
    if (query->filter.visibility == NULL)
        query->filter.visibility = asset_visibility_enum.texts[ASSET_VISIBILITY_TIMELINE];
    return TRUE;
}

static gboolean
check_labels (ApiCall *call, TimelineQuery *query, GError **error)
{
    StringList tags = { &query->tag_id, 1 }, people = { &query->person_id, 1 };

    if ((query->tag_id != NULL && !access_check_owned (call, &tags, "tag.read", error)) ||
        (query->person_id != NULL && !access_check_owned (call, &people, "person.read", error)))
        return FALSE;
    query->filter.sets[TIMELINE_ALBUM] = query->album_id;
    query->filter.sets[TIMELINE_TAG] = query->tag_id;
    query->filter.sets[TIMELINE_PERSON] = query->person_id;
    return TRUE;
}

/* Those partners whom the caller wants to see stand beside the caller. */
static gboolean
add_partners (ApiCall *call, TimelineQuery *query, GError **error)
{
    TimelineFilter *filter = &query->filter;
    const char *own = filter->sets[TIMELINE_OWNER];
    g_autoptr (GString) owners = NULL;
    StringList partners;

    if (!query->with_partners)
        return TRUE;
    if (!query->has_visibility || query->visibility == ASSET_VISIBILITY_ARCHIVE ||
        is_locked (query) || filter->has_favorite || filter->trashed) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "withPartners is only supported for non-archived, non-trashed, "
                             "non-favorited assets");
        return FALSE;
    }
    if (own == NULL || strcmp (own, call->auth->user_id) != 0)
        return TRUE;
    if (!partners_find_in_timeline (call->db, call->arena, own, &partners, error))
        return FALSE;
    if (partners.n == 0)
        return TRUE;
    owners = g_string_new (NULL); /* ids need no escapes */
    g_string_append_printf (owners, "[\"%s\"", own);
    for (gsize i = 0; i < partners.n; i++)
        g_string_append_printf (owners, ",\"%s\"", partners.items[i]);
    g_string_append_c (owners, ']');
    filter->sets[TIMELINE_OWNER] = NULL;
    filter->sets[TIMELINE_OWNERS] = arena_strdup (call->arena, owners->str);
    return TRUE;
}

/* What others marked is their own business: none of it is a favourite to the caller. */
static void
hide_marks (TimelineFilter *filter)
{
    const char *owner = filter->sets[TIMELINE_OWNER], *self = filter->viewer_id;

    if (!filter->has_favorite || g_strcmp0 (owner, self) == 0)
        return;
    if (filter->is_favorite)
        filter->sets[TIMELINE_OWNER] = owner == NULL ? self : ""; /* nobody has "" */
    else
        filter->unmarked_by = self;
    filter->has_favorite = filter->is_favorite;
}

static gboolean
check_access (ApiCall *call, TimelineQuery *query)
{
    g_autoptr (GError) error = NULL;

    query->filter.viewer_id = call->auth->kind == CREDENTIAL_LINK ? "" : call->auth->user_id;
    if (!check_locked (call, query))
        return FALSE;
    if (check_owner (call, query, &error) && check_labels (call, query, &error) &&
        add_partners (call, query, &error)) {
        hide_marks (&query->filter);
        return TRUE;
    }
    api_fail (call, g_steal_pointer (&error));
    return FALSE;
}

/* @return FALSE when it was refused */
static gboolean
check_query (ApiCall *call, TimelineQuery *query)
{
    const char *path, *message;

    if (query->bbox != NULL && call->auth->kind == CREDENTIAL_LINK &&
        !call->auth->link_shows_metadata) {
        api_refuse_field (call, "bbox", "This link does not show where photos were taken");
        return FALSE;
    }
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
    gboolean is_link = call->auth->kind == CREDENTIAL_LINK;
    TimelineViewer viewer = { is_link ? NULL : call->auth->user_id,
                              !is_link || call->auth->link_shows_metadata };
    gboolean is_first;
    gint64 month;

    if (!timeline_month_parse (in->time_bucket, &month, &is_first))
        return api_refuse_field (call, "timeBucket",
                                 "Must be the first day of a month such as 2024-01-01");
    if (!check_query (call, &query))
        return API_FAILED;
    columns = timeline_columns_new (in->has_with_coordinates && in->with_coordinates,
                                    query.filter.stacked);
    if (is_first && !timeline_store_list (call->db, call->arena, &query.filter, month, &viewer,
                                          columns, &error))
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
