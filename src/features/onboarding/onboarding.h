/* onboarding.h -- whether the first steps were shown, to a user and to the first admin */
#pragma once
#include "features/app.h"
#include "features/onboarding_api.h"

void onboarding_start (App *app, Api *api);

/** Whether a user has seen them. */
gboolean onboarding_load (Db *db, Arena *arena, const char *user_id, gboolean *out, GError **error);
