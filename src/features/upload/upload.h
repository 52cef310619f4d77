/* upload.h -- receiving originals so that none is lost and none is left over
 *
 * An upload goes: temporary file (hashed while it comes) -> a note, an empty file named after the asset
 * and its file to be, in a folder that this process has locked -> fsync, rename into place, fsync of the
 * folders -> one transaction with the asset, its usage, its sidecar and its first job -> the note is
 * deleted -> 201. What fails on the way is undone. After a crash the next start finds the note, and
 * upload_sweep () deletes the file unless its asset was committed: a file whose id was made for this
 * asset alone cannot be needed by any other. A commit whose outcome is not known (the connection was
 * lost, the disk failed) leaves file and note for that sweep too. */
#pragma once
#include "features/app.h"
#include "features/upload_api.h"

/** FALSE with APP_ERROR_IO when uploads have no folder to note their moves in. */
gboolean upload_start (App *app, Api *api, GError **error);

/** Look after the notes of processes that ended without deleting them. Those of a process that lives,
 *  here or on another server, are locked and stay. Called by upload_start ().
 *  @return how many files were deleted */
guint upload_sweep (App *app);

/** SHA-1 as text: 28 characters are base64, 40 hexadecimal. FALSE when it is neither. */
gboolean upload_parse_checksum (const char *text, guint8 out[20]);
