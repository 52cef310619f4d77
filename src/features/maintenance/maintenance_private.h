/* maintenance_private.h -- what the parts of the feature share; nobody else includes it */
#pragma once
#include "features/maintenance/maintenance.h"

/* ---- maintenance_token.c ---- */

#define MAINTENANCE_TOKEN_LIFE_S (4 * 60 * 60)

/** FALSE with APP_ERROR_UNAUTHORIZED 'Missing JWT Token' or 'Invalid JWT Token'. */
gboolean maintenance_check_token (Arena *arena, const char *secret, const char *token,
                                  MaintenanceClaims *out, GError **error);

/** Give the caller a new token of this name as cookie. */
void maintenance_set_cookie (ApiCall *call, const char *secret, const char *username);

/* ---- maintenance_folders.c ---- */

/** What is in the folders of the media folder, for who looks whether a server was here before. */
void maintenance_detect (ApiCall *call, MaintenanceDetectInstallResponse *out);

/** 400 unless a restore names a backup that is there. */
gboolean maintenance_check_request (ApiCall *call, const SetMaintenanceMode *body,
                                    ApiStatus *out_status);
