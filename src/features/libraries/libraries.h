/* libraries.h -- external libraries: folders whose files are indexed where they lie
 *
 * Nothing here, and nothing anywhere else, writes or deletes a file of a library. A scan goes in jobs:
 *
 *   LibraryScanQueueAll -> LibrarySyncFilesQueueAll (walks the folders of one library)
 *                            -> LibrarySyncFiles (imports some files that are new)
 *                            -> LibraryScanAssetsQueueAll (looks after the files that are known)
 *
 * A file that is gone makes its asset offline, and one that is back makes it online again. A folder
 * that cannot be read, or is empty though assets lie in it, ends the scan instead: that is a disk that
 * is not mounted. Then nothing goes offline, and the admins are told. The same two walks serve a folder
 * of a library alone, when watching saw something change in it. Each job may run again at any
 * time: what is imported already is passed over. */
#pragma once
#include "features/app.h"
#include "features/libraries_api.h"

void libraries_start (App *app, Api *api);
/** Watch nothing any more. */
void libraries_stop (App *app);
