/* backups_private.h -- what the parts of the feature share; nobody else includes it */
#pragma once
#include "features/backups/backups.h"

#define BACKUP_UNFINISHED ".tmp"
#define BACKUP_CLIENT_HINT "install the client programs of PostgreSQL (postgresql-client)"

/** The job DatabaseBackup and its schedule. */
void backup_jobs_start (App *app);

/** The names of the files in backups/ that are backups, uploaded ones first, each group backwards. */
gboolean backup_list (const App *app, Arena *arena, StringList *out, GError **error);
