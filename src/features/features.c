/* Every feature that is built, in the order in which they need each other. */
#include "features/activities/activities.h"
#include "features/albums/albums.h"
#include "features/api-keys/api-keys.h"
#include "features/app.h"
#include "features/asset-files/asset-files.h"
#include "features/assets/assets.h"
#include "features/auth/auth.h"
#include "features/backups/backups.h"
#include "features/calendar/calendar.h"
#include "features/cluster-groups/cluster-groups.h"
#include "features/config/config.h"
#include "features/download/download.h"
#include "features/duplicates/duplicates.h"
#include "features/edits/edits.h"
#include "features/faces/faces.h"
#include "features/folders/folders.h"
#include "features/hls/hls.h"
#include "features/ingest/ingest.h"
#include "features/integrity/integrity.h"
#include "features/libraries/libraries.h"
#include "features/licences/licences.h"
#include "features/maintenance/maintenance.h"
#include "features/map/map.h"
#include "features/memories/memories.h"
#include "features/notifications/notifications.h"
#include "features/oauth/oauth.h"
#include "features/onboarding/onboarding.h"
#include "features/partners/partners.h"
#include "features/people/people.h"
#include "features/plugins/plugins.h"
#include "features/preferences/preferences.h"
#include "features/queues/queues.h"
#include "features/search/search.h"
#include "features/server/server.h"
#include "features/serving/serving.h"
#include "features/sessions/sessions.h"
#include "features/shared-links/shared-links.h"
#include "features/sidecars/sidecars.h"
#include "features/stacks/stacks.h"
#include "features/storage-template/storage-template.h"
#include "features/tags/tags.h"
#include "features/sync/sync.h"
#include "features/timeline/timeline.h"
#include "features/tombstones/tombstones.h"
#include "features/trash/trash.h"
#include "features/upload/upload.h"
#include "features/users/users.h"
#include "features/workflows/workflows.h"

gboolean
features_start (App *app, Api *api, GError **error)
{
    if (!config_start (app, api, error) || !server_start (app, api, error))
        return FALSE;
    queues_start (app, api);
    auth_start (app, api);
    sessions_start (app, api);
    api_keys_start (app, api);
    users_start (app, api);
    oauth_start (app, api);
    preferences_start (app, api);
    onboarding_start (app, api);
    licences_start (app, api);
    assets_start (app, api);
    trash_start (app, api);
    tombstones_start (app, api);
    memories_start (app, api);
    notifications_start (app, api);
    ingest_start (app);
    sidecars_start (app);
    edits_start (app, api);
    people_start (app, api);
    faces_start (app, api);
    cluster_groups_start (app, api);
    serving_start (app, api);
    hls_start (app, api);
    asset_files_start (app, api);
    download_start (app, api);
    albums_start (app, api);
    activities_start (app, api);
    partners_start (app, api);
    timeline_start (app, api);
    search_start (app, api);
    map_start (app, api);
    shared_links_start (app, api);
    tags_start (app, api);
    stacks_start (app, api);
    duplicates_start (app, api);
    folders_start (app, api);
    calendar_start (app, api);
    sync_start (app, api);
    libraries_start (app, api);
    backups_start (app, api);
    integrity_start (app, api);
    maintenance_start (app, api);
    plugins_start (app, api);
    workflows_start (app, api);
    if (!storage_template_start (app, error) || !upload_start (app, api, error))
        return FALSE;
    integrity_begin (app);
    return TRUE;
}

void
features_stop (App *app)
{
    libraries_stop (app);
    hls_stop (app);
    config_stop (app);
}
