/* cluster-groups.h -- users whose faces are clustered together
 *
 * A group is those users who have its id in users.cluster_group_id; everybody is in exactly one, at first
 * alone. People stay each owner's own: what a group shares is whose faces are compared. */
#pragma once
#include "features/app.h"
#include "features/cluster_groups_api.h"

void cluster_groups_start (App *app, Api *api);
