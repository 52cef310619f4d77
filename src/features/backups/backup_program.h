/* backup_program.h -- a program that is run for a backup: pg_dump, psql, this one
 *
 * What it says on standard error is kept for the message when it fails. Blocking. */
#pragma once
#include <gio/gio.h>

typedef struct _BackupProgram BackupProgram;

/** @param environment  NULL: that of this process
 *  @param flags  which of standard input and output are pipes; both are /dev/null else
 *  @return NULL with APP_ERROR_CONFIG when it is not there, APP_ERROR_UNAVAILABLE when it cannot be started, @hint
 *  added */
BackupProgram *backup_program_start (const char *const *argv, const char *const *environment,
                                     GSubprocessFlags flags, const char *hint, GError **error);
int backup_program_stdout (BackupProgram *self); /* a descriptor to read from */
int backup_program_stdin (BackupProgram *self);  /* one to write to */
/** Close its input and wait for its end. @return FALSE with APP_ERROR_DB and what it said, unless it ended
 *  well */
gboolean backup_program_finish (BackupProgram *self, GError **error);
void backup_program_free (BackupProgram *self); /* kills one that was not waited for */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BackupProgram, backup_program_free)

/** The program of PostgreSQL for a server of @engine ("PostgreSQL 15.18"): Debian keeps them by version;
 *  else the one of the path. (transfer full) */
char *backup_program_find (const char *name, const char *engine);
/** Whether it is there, and of @engine's version or a later one: others refuse to work. FALSE with
 *  APP_ERROR_CONFIG, @hint added; with APP_ERROR_UNAVAILABLE or APP_ERROR_DB when that cannot be known */
gboolean backup_program_fits (const char *path, const char *engine, const char *hint,
                              GError **error);
