/* partners_routes.c -- the handlers of partners.api
 *
 * Sharing and its end are the sharer's, the timeline is the receiver's. */
#define G_LOG_DOMAIN "partners"
#include "features/partners/partners_store.h"

#include <string.h>

#include "base/error.h"
#include "features/users/users.h"

static PartnerResponse
describe (const UserResponse *user, gboolean in_timeline)
{
    return (PartnerResponse){
        .id = user->id,
        .email = user->email,
        .name = user->name,
        .profile_image_path = user->profile_image_path,
        .avatar_color = user->avatar_color,
        .profile_changed_at = user->profile_changed_at,
        .has_in_timeline = TRUE,
        .in_timeline = in_timeline,
    };
}

static gboolean
list_partners (ApiCall *call, PartnerDirection direction, PartnerResponseList *out, GError **error)
{
    UserResponseList users;
    PartnerRowList rows;
    StringList ids;

    if (!partners_store_list (call->db, call->arena, call->auth->user_id, direction, &rows, error))
        return FALSE;
    ids = (StringList){ arena_new_array (call->arena, const char *, MAX (rows.n, 1)), rows.n };
    for (gsize i = 0; i < rows.n; i++)
        ids.items[i] = rows.items[i].user_id;
    if (!users_describe (call->db, call->arena, &ids, &users, error))
        return FALSE;
    out->items = arena_new_array (call->arena, PartnerResponse, MAX (rows.n, 1));
    out->n = 0;
    for (gsize i = 0; i < rows.n; i++) {
        const UserResponse *user = users_find_in (&users, rows.items[i].user_id);

        if (user != NULL)
            out->items[out->n++] = describe (user, rows.items[i].in_timeline);
    }
    return TRUE;
}

static ApiStatus
get_partners (ApiCall *call, const GetPartnersRequest *in, PartnerResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!list_partners (call, in->direction, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
answer_one (ApiCall *call, const char *user_id, gboolean in_timeline, PartnerResponse *out)
{
    g_autoptr (GError) error = NULL;
    UserResponse user;
    UserRow row;

    if (!users_load (call->db, call->arena, user_id, &row, &error))
        return api_fail (call, g_steal_pointer (&error));
    users_fill (&row, &user);
    *out = describe (&user, in_timeline);
    return API_OK;
}

static ApiStatus
share_with (ApiCall *call, const char *user_id, PartnerResponse *out)
{
    g_autoptr (GError) error = NULL;
    gboolean is_new;
    UserRow user;

    if (strcmp (user_id, call->auth->user_id) == 0)
        return api_refuse (call, APP_ERROR_INVALID, "Invalid user");
    if (!users_load (call->db, call->arena, user_id, &user, &error))
        return g_error_matches (error, APP_ERROR, APP_ERROR_INVALID)
                   ? api_refuse (call, APP_ERROR_INVALID, "Invalid user")
                   : api_fail (call, g_steal_pointer (&error));
    if (!partners_store_add (call->db, call->auth->user_id, user_id, &is_new, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (!is_new)
        return api_refuse (call, APP_ERROR_INVALID, "Partner already exists");
    return answer_one (call, user_id, FALSE, out);
}

static ApiStatus
create_partner (ApiCall *call, const CreatePartnerRequest *in, PartnerResponse *out)
{
    return share_with (call, in->body->shared_with_id, out);
}

static ApiStatus
create_partner_deprecated (ApiCall *call, const CreatePartnerDeprecatedRequest *in,
                           PartnerResponse *out)
{
    return share_with (call, in->id, out);
}

static ApiStatus
update_partner (ApiCall *call, const UpdatePartnerRequest *in, PartnerResponse *out)
{
    const char *id = in->id;
    StringList ids = { &id, 1 };
    g_autoptr (GError) error = NULL;

    if (!access_check_owned (call, &ids, "partner.update", &error) ||
        !partners_store_set (call->db, in->id, call->auth->user_id, in->body->in_timeline, &error))
        return api_fail (call, g_steal_pointer (&error));
    return answer_one (call, in->id, in->body->in_timeline, out);
}

typedef struct {
    const char *shared_by_id, *shared_with_id;
    gboolean is_gone;
} Removal;

static gboolean
run_removal (Db *tx, gpointer data, GError **error)
{
    Removal *self = data;

    return partners_store_remove (tx, self->shared_by_id, self->shared_with_id, &self->is_gone,
                                  error);
}

static ApiStatus
remove_partner (ApiCall *call, const RemovePartnerRequest *in)
{
    Removal removal = { call->auth->user_id, in->id };
    g_autoptr (GError) error = NULL;

    if (!db_write (call->db, run_removal, &removal, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (!removal.is_gone)
        return api_refuse (call, APP_ERROR_INVALID, "Partner not found");
    return API_OK;
}

static const PartnersHandlers partners_handlers = {
    .get_partners = get_partners,
    .create_partner = create_partner,
    .create_partner_deprecated = create_partner_deprecated,
    .update_partner = update_partner,
    .remove_partner = remove_partner,
};

void
partners_start (App *app, Api *api)
{
    api_serve_partners (api, &partners_handlers);
}
