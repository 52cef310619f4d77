/* backup_name.h -- what files of backups are called
 *
 *   immich-db-backup-20260114T184016-v3.2.2-pg15.18.sql.gz      made every night; local time;
 *                                                               so do servers before this one
 *   immich-db-backup-20260114T184016-v3.2.2-sqlite3.40.1.sql.gz
 *   immich-db-backup-1768416016000.sql.gz                       of old servers; not ours
 *   before-update-...                                           the newest of them stays
 *   restore-point-..., uploaded-...                             never deleted by themselves */
#pragma once
#include "base/arena.h"
#include "features/backups/backups.h"

#define BACKUP_MAX_NAME 200

/** @param engine  as db_engine_version () says it: "SQLite 3.40.1"
 *  @param version  of the API */
const char *backup_name_new (Arena *arena, BackupKind kind, GDateTime *time, const char *version,
                             const char *engine);
/** Whether it is one of the routine, of @engine: not one that only another engine can restore, which may be
 *  the last of a server that was here before. Such names sort by the time. */
gboolean backup_name_is_routine (const char *name, const char *engine);
gboolean backup_name_is_before_update (const char *name);
gboolean backup_name_is_uploaded (const char *name);
/** The name under which an uploaded file is kept, from the name that a client gave: its last part alone.
 *  NULL with APP_ERROR_INVALID when that is no name of a backup. */
const char *backup_name_for_upload (Arena *arena, const char *file_name, GError **error);
