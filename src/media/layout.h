/* layout.h -- where files lie in the media folder, and how they get there so that nothing is lost
 *
 * The folders and their markers are those that an Immich server has, so that a media folder can change
 * hands. Paths in the database are relative to the media folder; a path of an external library is
 * absolute. */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "base/descriptor.h"

/** upload/<owner>/<aa>/<bb>/<file id><extension>; @extension with its dot. */
const char *layout_upload (Arena *arena, const char *owner_id, const char *file_id,
                           const char *extension);
/** thumbs/<owner>/<aa>/<bb>/<asset id>_<kind>.<format>; @kind preview, thumbnail, fullsize or those
 *  with _edited; @format jpeg or webp. */
const char *layout_thumb (Arena *arena, const char *owner_id, const char *asset_id,
                          const char *kind, const char *format);
/** thumbs/<owner>/<aa>/<bb>/<person id>.jpeg: the picture of a person. */
const char *layout_person (Arena *arena, const char *owner_id, const char *person_id);
/** profile/<user>/<file id>.<format> */
const char *layout_profile (Arena *arena, const char *user_id, const char *file_id,
                            const char *format);
/** encoded-video/<owner>/<aa>/<bb>/<asset id>.mp4; and <file id>-MP.mp4, a motion photo's video, whose name
 *  is of no use twice. */
const char *layout_encoded_video (Arena *arena, const char *owner_id, const char *asset_id);
const char *layout_motion_video (Arena *arena, const char *owner_id, const char *file_id);
/** All paths of layout_thumb () and layout_encoded_video () that something made of an asset may have. */
StringList layout_renditions (Arena *arena, const char *owner_id, const char *asset_id);
/** The absolute path of a stored one. */
const char *layout_absolute (Arena *arena, const char *media_location, const char *path);
/** Open a file for reading, at an absolute path. Links are followed, but from a path outside of the media
 *  folder not into it, as if nothing were there: whoever may write to the folder of a library could show what
 *  belongs to others. The media folder is that of layout_prepare ().
 *  @return the descriptor, which may be of anything; -1 with errno */
int layout_open (const char *path);
/** Whether a path without links lies in the media folder, or in one that a link there leads to. */
gboolean layout_holds (const char *media_location, const char *real_path);
/** The extension with its dot, as given ('.JPG'), safe as a part of a path: at most 16 letters and
 *  digits; "" when there is none. */
const char *layout_extension (Arena *arena, const char *file_name);

/** Make the folders and check their .immich markers: each is read and rewritten with the current time.
 *  @remembered  the folders that were set up before; a missing or unreadable marker of one of those means
 *               that a volume is not mounted, and is an error unless @ignore_errors (then logged)
 *  @return FALSE with APP_ERROR_CONFIG naming the file */
gboolean layout_prepare (const char *media_location, gboolean remembered, gboolean ignore_errors,
                         GError **error);
/** @return a descriptor that holds the lock of a folder until it is closed; -1 when somebody alive has it, or it
 *  is not there (any more) */
int layout_lock_folder (const char *path);
/** Make a folder in @base that is locked as long as the process lives.
 *  @return its path (transfer full), or NULL with APP_ERROR_CONFIG, or APP_ERROR_DISK_FULL */
char *layout_claim_folder (const char *base, GError **error);
/** Make a folder of this process alone for uploads on their way in, upload/.tmp/<id>: on the file
 *  system of their goal, locked as long as the process lives. Folders whose owner is gone are deleted
 *  with all that is in them: what was not answered was not promised. On a full disk it is upload/.tmp
 *  itself.
 *  @return its path (transfer full), or NULL with APP_ERROR_CONFIG */
char *layout_claim_temporary (const char *media_location, GError **error);
/** Give it up at the end: deletes the folder, but not upload/.tmp, where others may have files. */
void layout_leave_temporary (const char *folder);

/** Move a complete file to its place so that a power cut after the return cannot lose it: fsync the
 *  file, make the folders, rename, fsync the folders. Never replaces an existing file.
 *  @fd of @from, open for writing
 *  @return FALSE with APP_ERROR_IO or APP_ERROR_DISK_FULL; then nothing was moved. After an fsync that
 *  failed the file counts as lost and is not tried again. */
gboolean layout_move_in (int fd, const char *from, const char *to, GError **error);
/** Make an empty file '.NAME.tmp' beside @path, to be written and then moved there: on the same file
 *  system, in folders that are made durable. What a crash left under that name is replaced.
 *  @return the descriptor; -1 with APP_ERROR_IO or APP_ERROR_DISK_FULL */
int layout_new_beside (Arena *arena, const char *path, const char **out_temporary, GError **error);
/** Make a folder and its missing parents, and make that durable. */
gboolean layout_make_folder (const char *path, GError **error);
/** Whether the volume of one of the folders ("library") is there, by its marker: what is written below a
 *  mount point while it is not would be hidden later. @return FALSE with APP_ERROR_UNAVAILABLE */
gboolean layout_check_volume (const char *media_location, const char *folder, GError **error);

/** Whether the volume of @path, which is there, takes @n_bytes more and still has room for the database to
 *  go on: on a disk that is full to the last byte nobody could log in and delete something.
 *  @return FALSE with APP_ERROR_DISK_FULL */
gboolean layout_check_room (const char *path, gint64 n_bytes, GError **error);
/** fsync: what was renamed, linked or unlinked in it is so after a power cut. */
gboolean layout_sync_folder (const char *path, GError **error);
/** Delete a file and fsync nothing; a missing one is fine. */
gboolean layout_delete (const char *path, GError **error);
/** The same where we live with a file that stays. @return FALSE and a log line */
gboolean layout_remove (const char *path);
/** Set APP_ERROR_DISK_FULL or APP_ERROR_IO by errno: "cannot VERB 'PATH': reason". @return FALSE */
gboolean layout_set_io_error (GError **error, const char *verb, const char *path);
