/* cluster_groups_private.h -- between the files of the feature; access was checked before */
#pragma once
#include "features/cluster-groups/cluster-groups.h"

/** Invitations to a user, or into a group; the oldest first. */
gboolean cluster_groups_list_for_user (Db *db, Arena *arena, const char *user_id,
                                       ClusterGroupRequestResponseList *out, GError **error);
gboolean cluster_groups_list_for_group (Db *db, Arena *arena, const char *group_id,
                                        ClusterGroupRequestResponseList *out, GError **error);
/** Members and those who are invited: @viewer_id first, then by name. */
gboolean cluster_groups_list_users (Db *db, Arena *arena, const char *group_id,
                                    const char *viewer_id, UserResponseList *out, GError **error);

/** @out_is_new FALSE: there was one already, and nobody is told again. */
gboolean cluster_groups_invite (App *app, Arena *arena, const char *group_id, const Auth *inviter,
                                const char *user_id, ClusterGroupRequestResponse *out,
                                gboolean *out_is_new, GError **error);
gboolean cluster_groups_withdraw (Db *db, const char *request_id, GError **error);
/** The user moves into the group of an invitation, which is used up. */
gboolean cluster_groups_accept (Db *db, Arena *arena, const char *request_id, const char *user_id,
                                GError **error);
/** Into a new group of one. FALSE with APP_ERROR_INVALID when they are alone already. */
gboolean cluster_groups_leave (Db *db, Arena *arena, const char *group_id, const char *user_id,
                               GError **error);
