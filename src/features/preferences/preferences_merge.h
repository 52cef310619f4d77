/* preferences_merge.h -- defaults, changes, and what they come to; only features/preferences includes it */
#pragma once
#include "features/preferences_api.h"

/** What applies when @changes (NULL: nothing) are laid over the defaults. */
void preferences_apply (const UserPreferencesUpdate *changes, Arena *arena,
                        UserPreferencesResponse *out);

/** @newer laid over @older (NULL: nothing), without what says the same as the defaults. */
void preferences_merge (const UserPreferencesUpdate *older, const UserPreferencesUpdate *newer,
                        Arena *arena, UserPreferencesUpdate *out);
