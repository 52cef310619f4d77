/* activities_store.h -- the SQL of activities (internal to the feature) */
#pragma once
#include "features/activities/activities.h"

/** Oldest first; without those on assets that are not shown, and of users who are soft-deleted. */
gboolean activities_store_list (Db *db, Arena *arena, const GetActivitiesRequest *filter,
                                ActivityRowList *out, GError **error);
gboolean activities_store_count (Db *db, Arena *arena, const char *album_id, const char *asset_id,
                                 ActivityStatisticsResponse *out, GError **error);
gboolean activities_store_find (Db *db, Arena *arena, const char *id, ActivityRow *out,
                                GError **error);
/** Whether the asset is shown in the album. */
gboolean activities_store_has_asset (Db *db, Arena *arena, const char *album_id,
                                     const char *asset_id, gboolean *out, GError **error);

/** In a write. A like that is there already is found instead: *@out_is_new FALSE. */
gboolean activities_store_add (Db *tx, Arena *arena, const ActivityCreate *activity,
                               const char *user_id, const char **out_id, gboolean *out_is_new,
                               GError **error);
gboolean activities_store_delete (Db *db, const char *id, GError **error);
