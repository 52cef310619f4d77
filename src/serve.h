/* serve.h -- the server as a whole: puts the parts together, runs until told to stop */
#pragma once
#include <glib.h>
#include "features/app.h"

/** Serve until SIGTERM or SIGINT. @return the exit status; 1 with one line on why it cannot start */
int serve_run (void);

/** Start as far as a server does, with a free port, ask it, and end again: whether this program works with
 *  the database. @param database  a file of SQLite instead of the one of the settings; NULL: none
 *  @return the exit status; 1 with the reason on standard error */
int serve_check_start (const char *database);

/** tintype admin ...: what needs the database and no server. @return the exit status */
int admin_run (int argc, char *argv[]);

/** Path of tintype-media-worker: beside this program, else where it was installed. (transfer full) */
char *serve_worker_program (void);

/** Open the database that @settings name. NULL with the reason. @before_update  gets them; may be NULL */
Db *serve_open_database (const Settings *settings, DbBeforeUpdate before_update, GError **error);
