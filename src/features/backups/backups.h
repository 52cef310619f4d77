/* backups.h -- copies of the database: made, kept, listed, played back
 *
 * They lie in backups/ of the media folder, named as an Immich server names its own. One of PostgreSQL is
 * an SQL text, made by pg_dump; one of SQLite is the database file itself (docs/decisions/0010). Both are
 * compressed so that a copy by rsync sends what changed. */
#pragma once
#include "features/app.h"
#include "features/backups_api.h"

/** The operations, the job DatabaseBackup, and its schedule. */
void backups_start (App *app, Api *api);
/** The operations alone: in maintenance mode. */
void backups_serve (Api *api);

/** Is told how far a long work is, 0 to 1. FALSE stops it. Any thread. */
typedef gboolean (*BackupProgress) (double done, gpointer data);

typedef enum { BACKUP_ROUTINE, BACKUP_RESTORE_POINT, BACKUP_BEFORE_UPDATE } BackupKind;

/** Make one of app->db, and be sure that it can be read: then alone it gets its name. Blocks for long.
 *  @param progress  may be NULL
 *  @param out_name  of the file (transfer full)
 *  @return FALSE with APP_ERROR_DISK_FULL, APP_ERROR_UNAVAILABLE (stopped, or another backup is being
 *          made), APP_ERROR_IO or APP_ERROR_DB; nothing is left then */
gboolean backup_make (const App *app, BackupKind kind, BackupProgress progress, gpointer data,
                      char **out_name, GError **error);

/** A DbBeforeUpdate that makes a backup and deletes the one of the update before. FALSE when it cannot be
 *  made; where only the programs of PostgreSQL are missing, or too old, that is warned of. @settings  Settings */
gboolean backup_before_update (Db *db, gpointer settings, GError **error);

/** How a restore tells what it does: task 'backup', 'restore', 'migrations' or 'rollback'. */
typedef void (*BackupReport) (gpointer data, const char *task, double done);

typedef struct {
    const char *mode_during,
        *mode_after;         /* what system_metadata keeps as maintenance-mode: while it runs,
                                             and with the restored database once that is checked */
    const char *mode_failed; /* and with the old one, when it had to be brought back */
    BackupReport report;     /* may be NULL; on the caller's thread */
    gpointer data;
} BackupRestore;

/** Put the backup @name in the place of the database: make a restore point, play the backup, bring it up
 *  to date, have the program start with it; when that fails the database is as it was before.
 *  A process that dies meanwhile leaves the old database or the new one, and may just do it again.
 *  Nothing else may use app->db. */
gboolean backup_restore (const App *app, const char *name, const BackupRestore *how,
                         GError **error);

/** Whether a restore of PostgreSQL was under way when the server ended. */
gboolean backup_is_noted (const Settings *settings);
/** When the database cannot be opened, and a restore was under way when the server died: bring the one
 *  before it back. *@out_done: it was, so opening it may work now. */
gboolean backup_recover (const Settings *settings, gboolean *out_done, GError **error);

/** Whether @name is one that clients may ask for; FALSE with APP_ERROR_INVALID. */
gboolean backup_check_name (const char *name, GError **error);
/** The path of a backup; FALSE with APP_ERROR_NOT_FOUND when there is none. */
gboolean backup_find (const App *app, Arena *arena, const char *name, const char **out_path,
                      GError **error);
