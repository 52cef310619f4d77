/* people_routes.c -- the handlers of people.api */
#define G_LOG_DOMAIN "people"
#include "features/people/people_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "features/preferences/preferences.h"
#include "features/serving/serving.h"

#define DEFAULT_MIN_FACES 3
#define MAX_OFFSET G_GINT64_CONSTANT (1000000000)

static const char SAME_PERSON[] = "Cannot merge a person into themselves";

static ApiStatus
describe (ApiCall *call, const char *id, PersonResponse *out)
{
    StringList ids = { &id, 1 };
    PersonResponseList found;
    g_autoptr (GError) error = NULL;

    if (!people_describe (call->app, call->db, call->arena, &ids, &found, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (found.n == 0) /* it went after the check of access */
        return api_refuse_access (call, "person.read");
    *out = found.items[0];
    return API_OK;
}

static gboolean
check_person (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error);
}

/* ---- listing ---- */

static gboolean
find_min_faces (ApiCall *call, gint64 *out, GError **error)
{
    UserPreferencesResponse preferences;

    if (!preferences_load (call->db, call->arena, call->auth->user_id, &preferences, error))
        return FALSE;
    *out = preferences.people->has_minimum_faces ? preferences.people->minimum_faces
                                                 : DEFAULT_MIN_FACES;
    return TRUE;
}

/* What the others shall be like: somebody with a picture. *out_id is NULL when nobody was named. */
static gboolean
find_reference (ApiCall *call, const GetAllPeopleRequest *in, gboolean *out_found, GError **error)
{
    StringList ids = { (const char **) &in->closest_person_id, 1 };
    PersonRowList rows;

    *out_found = TRUE;
    if (in->closest_person_id == NULL)
        return TRUE;
    if (!access_filter_owned (call, &ids, "person.read", &ids, error) ||
        !people_store_find (call->db, call->arena, &ids, &rows, error))
        return FALSE;
    *out_found = rows.n == 1 && rows.items[0].face_id != NULL;
    return TRUE;
}

static ApiStatus
get_all_people (ApiCall *call, const GetAllPeopleRequest *in, PeopleResponse *out)
{
    /* one more than asked for tells whether there is another page */
    PeopleFilter filter = { .owner_id = call->auth->user_id,
                            .with_hidden = in->has_with_hidden && in->with_hidden,
                            .limit = in->size + 1,
                            .offset = (MIN (in->page, MAX_OFFSET) - 1) * in->size };
    g_autoptr (GError) error = NULL;
    PersonRowList rows;
    PeopleCountRow counts;
    gboolean found;

    if (!find_reference (call, in, &found, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (!found)
        return api_refuse (call, APP_ERROR_NOT_FOUND, "Person not found");
    if (!find_min_faces (call, &filter.min_faces, &error) ||
        !people_store_list (call->db, call->arena, &filter, &rows, &error) ||
        !people_store_count (call->db, call->arena, filter.owner_id, &counts, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->has_has_next_page = TRUE;
    out->has_next_page = (gint64) rows.n > in->size;
    rows.n = MIN (rows.n, (gsize) in->size);
    out->total = counts.total;
    out->hidden = counts.hidden;
    out->people.n = rows.n;
    out->people.items = arena_new_array (call->arena, PersonResponse, MAX (rows.n, 1));
    for (gsize i = 0; i < rows.n; i++)
        people_fill (call->app, call->arena, &rows.items[i], &out->people.items[i]);
    return API_OK;
}

static ApiStatus
get_person (ApiCall *call, const GetPersonRequest *in, PersonResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!check_person (call, in->id, "person.read", &error))
        return api_fail (call, g_steal_pointer (&error));
    return describe (call, in->id, out);
}

static ApiStatus
get_person_statistics (ApiCall *call, const GetPersonStatisticsRequest *in,
                       PersonStatisticsResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!check_person (call, in->id, "person.statistics", &error) ||
        !people_store_count_assets (call->db, in->id, &out->assets, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
get_person_thumbnail (ApiCall *call, const GetPersonThumbnailRequest *in)
{
    const char *id = in->id;
    StringList ids = { &id, 1 };
    g_autoptr (GError) error = NULL;
    PersonRowList rows;

    if (!check_person (call, id, "person.read", &error) ||
        !people_store_find (call->db, call->arena, &ids, &rows, &error))
        return serving_refuse (call, g_steal_pointer (&error));
    if (rows.n == 0 || *rows.items[0].thumbnail_path == '\0')
        return serving_refuse (call,
                               g_error_new_literal (APP_ERROR, APP_ERROR_NOT_FOUND, "Not Found"));
    return serving_send_changing_file (call, rows.items[0].thumbnail_path);
}

/* ---- making and changing ---- */

static ApiStatus
refuse_birth_date (ApiCall *call, const char *path)
{
    return api_refuse_field (call, path, "Birth date cannot be in the future");
}

static ApiStatus
create_person (ApiCall *call, const CreatePersonRequest *in, PersonResponse *out)
{
    const PersonCreate *body = in->body;
    PersonChange person = { .name = body->name,
                            .color = people_parse_color (call->arena, body->color),
                            .is_hidden = body->has_is_hidden && body->is_hidden,
                            .is_favorite = body->has_is_favorite && body->is_favorite };
    const char *id;
    g_autoptr (GError) error = NULL;

    if (!people_parse_birth_date (call->arena, body->birth_date, timestamp_now_ms (),
                                  &person.birth_date))
        return refuse_birth_date (call, "birthDate");
    if (!people_create (call->db, call->arena, call->auth->user_id, &person, &id, &error))
        return api_fail (call, g_steal_pointer (&error));
    return describe (call, id, out);
}

static ApiStatus
update_person (ApiCall *call, const UpdatePersonRequest *in, PersonResponse *out)
{
    const PersonUpdate *body = in->body;
    const char *id = in->id;
    StringList ids = { &id, 1 };
    PersonChange change = { .name = body->name,
                            .set_birth_date = body->set_birth_date,
                            .set_color = body->set_color,
                            .color = people_parse_color (call->arena, body->color),
                            .has_hidden = body->has_is_hidden,
                            .is_hidden = body->is_hidden,
                            .has_favorite = body->has_is_favorite,
                            .is_favorite = body->is_favorite,
                            .feature_asset_id = body->feature_face_asset_id };
    gboolean failed = FALSE;
    g_autoptr (GError) error = NULL;

    if (!people_parse_birth_date (call->arena, body->birth_date, timestamp_now_ms (),
                                  &change.birth_date))
        return refuse_birth_date (call, "birthDate");
    if (!check_person (call, id, "person.update", &error) ||
        (change.feature_asset_id != NULL &&
         !access_check_asset (call, change.feature_asset_id, "asset.read", &error)) ||
        !people_update (call->db, call->arena, &ids, &change, &failed, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (failed)
        return api_refuse (call, APP_ERROR_INVALID,
                           "Invalid assetId for feature face or asset is offline");
    return describe (call, id, out);
}

static gboolean
is_in (const StringList *list, const char *id)
{
    for (gsize i = 0; i < list->n; i++)
        if (strcmp (list->items[i], id) == 0)
            return TRUE;
    return FALSE;
}

/* Colours are left alone here, as clients know it. */
static PersonChange
read_item (const PeopleUpdateItem *item, const char *birth_date)
{
    return (PersonChange){ .name = item->name,
                           .set_birth_date = item->set_birth_date,
                           .birth_date = birth_date,
                           .has_hidden = item->has_is_hidden,
                           .is_hidden = item->is_hidden,
                           .has_favorite = item->has_is_favorite,
                           .is_favorite = item->is_favorite,
                           .feature_asset_id = item->feature_face_asset_id };
}

/* Which of the people and of the assets that items name are the caller's to use. */
static gboolean
find_allowed (ApiCall *call, const PeopleUpdateItemList *items, GHashTable **out_people,
              GHashTable **out_assets, GError **error)
{
    StringList people = { arena_new_array (call->arena, const char *, MAX (items->n, 1)), 0 };
    StringList assets = { arena_new_array (call->arena, const char *, MAX (items->n, 1)), 0 };

    for (gsize i = 0; i < items->n; i++) {
        people.items[people.n++] = items->items[i].id;
        if (items->items[i].feature_face_asset_id != NULL)
            assets.items[assets.n++] = items->items[i].feature_face_asset_id;
    }
    if (!access_filter_owned (call, &people, "person.update", &people, error) ||
        !access_filter_assets (call, &assets, "asset.read", &assets, error))
        return FALSE;
    *out_people = string_list_set (&people);
    *out_assets = string_list_set (&assets);
    return TRUE;
}

static ApiStatus
update_people (ApiCall *call, const UpdatePeopleRequest *in, BulkIdResponseList *out)
{
    const PeopleUpdateItemList *items = &in->body->people;
    gsize n = items->n;
    PersonChange *changes = arena_new_array (call->arena, PersonChange, MAX (n, 1));
    StringList ids = { arena_new_array (call->arena, const char *, MAX (n, 1)), 0 };
    gsize *places = arena_new_array (call->arena, gsize, MAX (n, 1));
    gboolean *failed = arena_new_array (call->arena, gboolean, MAX (n, 1));
    g_autoptr (GHashTable) people = NULL, assets = NULL;
    g_autoptr (GError) error = NULL;
    gint64 now_ms = timestamp_now_ms ();

    if (!find_allowed (call, items, &people, &assets, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->items = arena_new_array (call->arena, BulkIdResponse, MAX (n, 1));
    out->n = n;
    for (gsize i = 0; i < n; i++) {
        const PeopleUpdateItem *item = &items->items[i];
        const char *asset_id = item->feature_face_asset_id, *birth_date;

        if (!people_parse_birth_date (call->arena, item->birth_date, now_ms, &birth_date))
            return refuse_birth_date (
                call, arena_printf (call->arena, "people.%" G_GSIZE_FORMAT ".birthDate", i));
        out->items[i] = (BulkIdResponse){ .id = item->id,
                                          .has_error = TRUE,
                                          .error = BULK_ID_ERROR_REASON_UNKNOWN };
        if (!g_hash_table_contains (people, item->id) ||
            (asset_id != NULL && !g_hash_table_contains (assets, asset_id)))
            continue;
        changes[ids.n] = read_item (item, birth_date);
        places[ids.n] = i;
        ids.items[ids.n++] = item->id;
    }
    if (!people_update (call->db, call->arena, &ids, changes, failed, &error))
        return api_fail (call, g_steal_pointer (&error));
    for (gsize i = 0; i < ids.n; i++)
        if (!failed[i])
            out->items[places[i]] = (BulkIdResponse){ .id = ids.items[i], .success = TRUE };
    return API_OK;
}

/* ---- removing ---- */

static ApiStatus
remove_people (ApiCall *call, const StringList *ids)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_owned (call, ids, "person.delete", &error) ||
        !people_delete (call->db, call->arena, ids, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
delete_people (ApiCall *call, const DeletePeopleRequest *in)
{
    return remove_people (call, &in->body->ids);
}

static ApiStatus
delete_person (ApiCall *call, const DeletePersonRequest *in)
{
    const char *id = in->id;
    StringList ids = { &id, 1 };

    return remove_people (call, &ids);
}

/* ---- merging ---- */

/* An answer for each of @ids; those that pass are merged in one write. */
static ApiStatus
merge (ApiCall *call, const char *target_id, const StringList *ids, BulkIdResponseList *out)
{
    StringList allowed, merged = { arena_new_array (call->arena, const char *, ids->n + 1), 0 };
    g_autoptr (GError) error = NULL;

    if (is_in (ids, target_id))
        return api_refuse (call, APP_ERROR_INVALID, "%s", SAME_PERSON);
    if (!check_person (call, target_id, "person.merge", &error) ||
        !access_filter_owned (call, ids, "person.merge", &allowed, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->items = arena_new_array (call->arena, BulkIdResponse, ids->n + 1);
    out->n = ids->n;
    for (gsize i = 0; i < ids->n; i++) {
        const char *id = ids->items[i];
        gboolean is_again = is_in (&merged, id);

        out->items[i] = (BulkIdResponse){ .id = id, .success = is_in (&allowed, id) && !is_again };
        out->items[i].has_error = !out->items[i].success;
        out->items[i].error =
            is_again ? BULK_ID_ERROR_REASON_NOT_FOUND : BULK_ID_ERROR_REASON_NO_PERMISSION;
        if (out->items[i].success)
            merged.items[merged.n++] = id;
    }
    if (!people_merge (call->db, call->arena, target_id, &merged, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
merge_people (ApiCall *call, const MergePeopleRequest *in, BulkIdResponseList *out)
{
    const StringList *ids = &in->body->ids;
    StringList others = { ids->items + 1, ids->n - 1 };
    g_autoptr (GHashTable) set = string_list_set (ids);

    if (ids->n < 2)
        return api_refuse (call, APP_ERROR_INVALID, "At least two people are required for merging");
    if (g_hash_table_size (set) < ids->n)
        return api_refuse (call, APP_ERROR_INVALID, "%s", SAME_PERSON);
    return merge (call, ids->items[0], &others, out);
}

static ApiStatus
merge_person_legacy (ApiCall *call, const MergePersonLegacyRequest *in, BulkIdResponseList *out)
{
    return merge (call, in->id, &in->body->ids, out);
}

/* Those of @items whose assets the caller may change now: what is locked, or nobody's, matches nothing. */
static gboolean
keep_open (ApiCall *call, const AssetFaceUpdateItemList *items, AssetFaceUpdateItemList *out,
           GError **error)
{
    StringList ids = { arena_new_array (call->arena, const char *, items->n + 1), items->n };
    g_autoptr (GHashTable) open = NULL;

    for (gsize i = 0; i < items->n; i++)
        ids.items[i] = items->items[i].asset_id;
    if (!access_filter_assets (call, &ids, "asset.update", &ids, error))
        return FALSE;
    open = string_list_set (&ids);
    out->items = arena_new_array (call->arena, AssetFaceUpdateItem, items->n + 1);
    out->n = 0;
    for (gsize i = 0; i < items->n; i++)
        if (g_hash_table_contains (open, items->items[i].asset_id))
            out->items[out->n++] = items->items[i];
    return TRUE;
}

static ApiStatus
reassign_faces (ApiCall *call, const ReassignFacesRequest *in, PersonResponseList *out)
{
    const AssetFaceUpdateItemList *items = &in->body->data;
    StringList ids = { arena_new_array (call->arena, const char *, items->n + 1), 0 };
    g_autoptr (GError) error = NULL;
    AssetFaceUpdateItemList open;
    PersonResponse target;

    ids.items[ids.n++] = in->id;
    for (gsize i = 0; i < items->n; i++)
        ids.items[ids.n++] = items->items[i].person_id;
    if (!access_check_owned (call, &ids, "person.reassign", &error))
        return api_fail (call, g_steal_pointer (&error));
    /* clients are told of the target as it was before, once for each item */
    if (describe (call, in->id, &target) != API_OK)
        return API_FAILED;
    if (!keep_open (call, items, &open, &error) ||
        !people_reassign (call->db, call->arena, in->id, &open, &error))
        return api_fail (call, g_steal_pointer (&error));
    out->items = arena_new_array (call->arena, PersonResponse, items->n + 1);
    out->n = items->n;
    for (gsize i = 0; i < items->n; i++)
        out->items[i] = target;
    return API_OK;
}

static const PeopleHandlers people_handlers = {
    .get_all_people = get_all_people,
    .create_person = create_person,
    .update_people = update_people,
    .delete_people = delete_people,
    .merge_people = merge_people,
    .get_person = get_person,
    .update_person = update_person,
    .delete_person = delete_person,
    .merge_person_legacy = merge_person_legacy,
    .reassign_faces = reassign_faces,
    .get_person_statistics = get_person_statistics,
    .get_person_thumbnail = get_person_thumbnail,
};

void
people_start (App *app, Api *api)
{
    static const JobKind kinds[] = {
        { "PersonGenerateThumbnail", "thumbnailGeneration", people_generate_thumbnail },
        { "PersonCleanup", "backgroundTask", people_clean_up },
    };

    api_serve_people (api, &people_handlers);
    jobs_register (app->jobs, kinds, G_N_ELEMENTS (kinds));
}
