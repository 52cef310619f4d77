/* preferences.h -- how a user likes the apps to behave */
#pragma once
#include "features/app.h"
#include "features/preferences_api.h"

void preferences_start (App *app, Api *api);

/** All preferences of a user: the defaults with what the user changed. */
gboolean preferences_load (Db *db, Arena *arena, const char *user_id, UserPreferencesResponse *out,
                           GError **error);
