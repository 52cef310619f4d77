/* Purchase keys. They are signed by the vendor of another server, so none is valid here and none is
 * ever stored: reading finds nothing, deleting has nothing to do. Clients cope with that. */
#define G_LOG_DOMAIN "licences"
#include "features/licences/licences.h"

#include "features/licences_api.h"

static ApiStatus
find_nothing (ApiCall *call)
{
    return api_refuse (call, APP_ERROR_NOT_FOUND, "Not Found");
}

static ApiStatus
refuse_key (ApiCall *call)
{
    return api_refuse (call, APP_ERROR_INVALID, "Invalid license key");
}

static ApiStatus
get_server_license (ApiCall *call, const GetServerLicenseRequest *in, UserLicense *out)
{
    return find_nothing (call);
}

static ApiStatus
set_server_license (ApiCall *call, const SetServerLicenseRequest *in, UserLicense *out)
{
    return refuse_key (call);
}

static ApiStatus
delete_server_license (ApiCall *call, const DeleteServerLicenseRequest *in)
{
    return API_OK;
}

static ApiStatus
get_user_license (ApiCall *call, const GetUserLicenseRequest *in, UserLicense *out)
{
    return find_nothing (call);
}

static ApiStatus
set_user_license (ApiCall *call, const SetUserLicenseRequest *in, UserLicense *out)
{
    return refuse_key (call);
}

static ApiStatus
delete_user_license (ApiCall *call, const DeleteUserLicenseRequest *in)
{
    return API_OK;
}

static const LicencesHandlers handlers = {
    .get_server_license = get_server_license,
    .set_server_license = set_server_license,
    .delete_server_license = delete_server_license,
    .get_user_license = get_user_license,
    .set_user_license = set_user_license,
    .delete_user_license = delete_user_license,
};

void
licences_start (App *app, Api *api)
{
    api_serve_licences (api, &handlers);
}
