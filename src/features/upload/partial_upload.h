/* partial_upload.h -- an original that comes in parts (within the feature)
 *
 * Its bytes are in <media>/upload/.parts/<id>, its row says how many of them are durable: a part is
 * written behind them, the file is synced, then the row is changed, then the part is answered. What lies
 * beyond is of a part that was never answered, and is written over. Whoever changes an upload holds the
 * lock of its file, so of two writers one is told to wait. */
#pragma once
#include "features/upload/upload_private.h"

#define PARTIAL_UPLOAD_MAX_PART_BYTES (64 * 1024 * 1024)
#define PARTIAL_UPLOAD_KEPT_MS (3 * G_GINT64_CONSTANT (86400000)) /* after its last part */

typedef struct {
    const char *owner_id;
    const char *link_id; /* of the visitor; NULL: the owner himself */
    gboolean has_quota;
    gint64 quota_left_bytes;
} PartialUploadWho;

/** Begin one. A file of which a part is here already, by checksum and size, is gone on with:
 *  *@out_is_known. FALSE with APP_ERROR_INVALID or APP_ERROR_TOO_MANY over a limit. */
gboolean partial_upload_create (App *app, Arena *arena, const PartialUploadWho *who,
                                const char *file_name, gint64 size_bytes, const guint8 *sha1,
                                PartialUploadRow *out, gboolean *out_is_known, GError **error);
/** Those that still come, newest first. */
gboolean partial_upload_list (App *app, Arena *arena, const char *owner_id,
                              PartialUploadRowList *out, GError **error);
/** FALSE with APP_ERROR_NOT_FOUND when there is none, or it is another's. */
gboolean partial_upload_load (App *app, Arena *arena, const PartialUploadWho *who, const char *id,
                              PartialUploadRow *out, GError **error);

/** An upload that nobody else changes as long as this is held. */
typedef struct {
    PartialUploadRow row;
    const char *path; /* of its file */
    int fd;           /* -1: it is finished and has none */
} PartialUpload;

/** partial_upload_load () with the lock. FALSE with APP_ERROR_CONFLICT while another holds it. */
gboolean partial_upload_lock (App *app, Arena *arena, const PartialUploadWho *who, const char *id,
                              PartialUpload *out, GError **error);
void partial_upload_unlock (PartialUpload *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PartialUpload, partial_upload_unlock)

/** Put @part behind what is here; changes self->row. FALSE with APP_ERROR_CONFLICT when @offset is not
 *  where the next part belongs. */
gboolean partial_upload_append (App *app, PartialUpload *self, gint64 offset, const ApiFile *part,
                                GError **error);
/** All of it is here: the file as if it had come in one piece. On disk it has a second name, for the
 *  ordinary way in to take; the first stays until partial_upload_end (), so that a crash in between
 *  costs nothing. Where a disk knows no second names it has the first one. Reads the whole file. */
gboolean partial_upload_whole (App *app, Arena *arena, PartialUpload *self, ApiFile *out,
                               GError **error);
/** In the transaction of its asset: note what became of it. */
gboolean partial_upload_note (Db *tx, const char *id, const char *asset_id, GError **error);
/** It was noted: what is left of its file goes. */
void partial_upload_end (PartialUpload *self);
/** Forget it, with its file. */
gboolean partial_upload_delete (App *app, PartialUpload *self, GError **error);

/** Forget what nobody went on with, and files that no row knows. @return how many went */
gboolean partial_upload_sweep (App *app, gint64 now_ms, guint *out_n, GError **error);
gboolean partial_upload_start (App *app, GError **error); /* makes the folder */
