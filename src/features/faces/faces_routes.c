/* faces_routes.c -- the handlers of faces.api */
#define G_LOG_DOMAIN "faces"
#include "features/faces/faces_private.h"

#include "base/error.h"
#include "features/people/people.h"

static gboolean
check_owned (ApiCall *call, const char *id, const char *permission, GError **error)
{
    StringList ids = { &id, 1 };

    return access_check_owned (call, &ids, permission, error);
}

/* A face in a locked asset is as locked as that. */
static gboolean
check_face (ApiCall *call, const char *id, const char *permission, GError **error)
{
    const char *asset_id = NULL;

    return check_owned (call, id, permission, error) &&
           faces_find_asset (call->db, call->arena, id, &asset_id, error) &&
           (asset_id == NULL || access_check_asset (call, asset_id, "asset.update", error));
}

static ApiStatus
get_faces (ApiCall *call, const GetFacesRequest *in, AssetFaceResponseList *out)
{
    g_autoptr (GError) error = NULL;

    if (!access_check_asset (call, in->id, "asset.read", &error) ||
        !faces_list (call->app, call->db, call->arena, in->id, call->auth->user_id, out, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
create_face (ApiCall *call, const CreateFaceRequest *in)
{
    const AssetFaceCreate *face = in->body;
    const char *reason, *fault = faces_find_fault (face, &reason);
    g_autoptr (GError) error = NULL;

    if (fault != NULL)
        return api_refuse_field (call, fault, "%s", reason);
    if (!access_check_asset (call, face->asset_id, "asset.update", &error) ||
        !check_owned (call, face->person_id, "person.read", &error) ||
        !faces_create (call->db, call->arena, face, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* The path names the person, the body the face. */
static ApiStatus
reassign_faces_by_id (ApiCall *call, const ReassignFacesByIdRequest *in, PersonResponse *out)
{
    const char *person_id = in->id;
    StringList people = { &person_id, 1 };
    g_autoptr (GError) error = NULL;
    PersonResponseList found;

    if (!check_owned (call, person_id, "person.update", &error) ||
        !check_face (call, in->body->id, "face.update", &error) ||
        !faces_reassign (call->db, call->arena, in->body->id, person_id, &error) ||
        !people_describe (call->app, call->db, call->arena, &people, &found, &error))
        return api_fail (call, g_steal_pointer (&error));
    if (found.n == 0) /* it went meanwhile */
        return api_refuse_access (call, "person.update");
    *out = found.items[0];
    return API_OK;
}

static ApiStatus
delete_face (ApiCall *call, const DeleteFaceRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!check_face (call, in->id, "face.delete", &error) ||
        !faces_delete (call->db, call->arena, in->id, in->body->force, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const FacesHandlers faces_handlers = {
    .get_faces = get_faces,
    .create_face = create_face,
    .reassign_faces_by_id = reassign_faces_by_id,
    .delete_face = delete_face,
};

void
faces_start (App *app, Api *api)
{
    api_serve_faces (api, &faces_handlers);
}
