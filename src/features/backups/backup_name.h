/* backup_name.h -- what files of backups are called
 *
 *   immich-db-backup-20260114T184016-v3.2.2-pg15.18.sql.gz      made every night; local time
 *   immich-db-backup-20260114T184016-v3.2.2-sqlite3.40.1.sql.gz
 *   immich-db-backup-1768416016000.sql.gz                       the same, of old servers
 *   restore-point-..., uploaded-...                             never deleted by themselves */
#pragma once
#include "base/arena.h"
#include "features/backups/backups.h"

#define BACKUP_MAX_NAME 200

/** @param engine  as db_engine_version () says it: "SQLite 3.40.1"
 *  @param version  of the API */
const char *backup_name_new (Arena *arena, BackupKind kind, GDateTime *time, const char *version,
                             const char *engine);
/** When a backup of the routine was made, as a number that grows with time; 0: its name is another one. */
gint64 backup_name_time (const char *name);
gboolean backup_name_is_uploaded (const char *name);
/** The name under which an uploaded file is kept, from the name that a client gave: its last part alone.
 *  NULL with APP_ERROR_INVALID when that is no name of a backup. */
const char *backup_name_for_upload (Arena *arena, const char *file_name, GError **error);
