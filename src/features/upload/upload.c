/* upload.c -- from a received file to a committed asset, see upload.h */
#define G_LOG_DOMAIN "upload"
#include "features/upload/partial_upload.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "features/ingest/ingest.h"
#include "features/users/users.h"
#include "features/workflows/workflows.h"
#include "media/layout.h"

#define MAX_ATTEMPTS 5

gboolean
upload_parse_checksum (const char *text, guint8 out[20])
{
    gsize n = strlen (text);

    if (n == 28) {
        g_autofree guint8 *bytes = NULL;

        if (!g_regex_match_simple ("^[A-Za-z0-9+/]{27}=$", text, 0, 0))
            return FALSE;
        bytes = g_base64_decode (text, &n);
        if (n != 20)
            return FALSE;
        memcpy (out, bytes, 20);
        return TRUE;
    }
    if (n != 40)
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (!g_ascii_isxdigit (text[i]))
            return FALSE;
    for (gsize i = 0; i < 20; i++)
        out[i] = (guint8) (g_ascii_xdigit_value (text[2 * i]) << 4 |
                           g_ascii_xdigit_value (text[2 * i + 1]));
    return TRUE;
}

/* ---- files ---- */

/* A file that is on its way in. */
typedef struct {
    const char *path;     /* absolute; NULL: not moved */
    const char *note;     /* NULL: none */
    const char *relative; /* as it is stored */
} Moved;

static gboolean
move_in (const App *app, Arena *arena, const Upload *upload, const char *asset_id, ApiFile *file,
         const char *extension, Moved *out, GError **error)
{
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
                                 { .tv_sec = upload->file_modified_at_ms / 1000,
                                   .tv_nsec = upload->file_modified_at_ms % 1000 * 1000000 } };
    const char *file_id = uuid_v4 (arena);
    const char *path;

    if (times[1].tv_nsec < 0) {
        times[1].tv_sec--;
        times[1].tv_nsec += 1000000000;
    }
    out->relative = layout_upload (arena, upload->owner_id, file_id, extension);
    path = layout_absolute (arena, app->media_location, out->relative);
    out->note = upload_note_write (arena, file->path, asset_id, upload->owner_id,
                                   arena_printf (arena, "%s%s", file_id, extension), error);
    if (out->note == NULL)
        return FALSE;
    if (futimens (file->fd, times) != 0)
        g_warning ("cannot set the time of '%s': %s, skipping", file->path, g_strerror (errno));
    if (!layout_move_in (file->fd, file->path, path, error))
        return FALSE;
    file->taken = TRUE;
    out->path = path;
    return TRUE;
}

/* The upload is answered otherwise: the file goes, then its note. */
static void
undo_move (const Moved *moved)
{
    if (moved->path == NULL || layout_remove (moved->path))
        if (moved->note != NULL)
            layout_remove (moved->note);
}

/* ---- the transaction ---- */

typedef struct {
    Arena *arena;
    const Upload *upload;
    const UploadPlace *place;
    const char *duplicate_id; /* set: nothing was changed */
    gboolean vanished;        /* the other one was removed just now: try again */
    gboolean is_again;        /* and this is that */
    gboolean hidden_video;
} Commit;

static gboolean
run_also (Db *tx, const Upload *upload, const char *asset_id, GError **error)
{
    return (upload->also == NULL || upload->also (tx, upload->also_data, asset_id, error)) &&
           (upload->partial_id == NULL ||
            partial_upload_note (tx, upload->partial_id, asset_id, error));
}

/* Visitors have something to do besides; what the owner deleted does not keep them from sending it. */
static gboolean
is_owner (const Upload *upload)
{
    return upload->also == NULL;
}

static gboolean
keep_known (Db *tx, const Commit *self, GError **error)
{
    return upload_show_film (tx, self->arena, self->upload, self->duplicate_id, error) &&
           run_also (tx, self->upload, self->duplicate_id, error);
}

/* The quota counts before duplicates do, and is looked at where nobody can overtake. */
static gboolean
run_commit (Db *tx, gpointer data, GError **error)
{
    Commit *self = data;
    const Upload *upload = self->upload;
    gboolean inserted;

    self->duplicate_id = NULL;
    self->vanished = self->hidden_video = FALSE;
    /* the other one may have left a tombstone */
    if (self->is_again && !upload_find (tx, self->arena, upload->owner_id, upload->file->sha1,
                                        is_owner (upload), &self->duplicate_id, error))
        return FALSE;
    if (self->duplicate_id != NULL)
        return keep_known (tx, self, error);
    if (!users_add_usage (tx, upload->owner_id, upload->file->size_bytes, error) ||
        (upload->live_photo_video_id != NULL &&
         !asset_check_motion_part (tx, self->arena, upload->live_photo_video_id, upload->owner_id,
                                   upload->sees_locked, error)) ||
        !upload_insert (tx, upload, self->place, timestamp_now_ms (), &inserted, error))
        return FALSE;
    if (inserted)
        return (upload->live_photo_video_id == NULL ||
                asset_hide_motion_part (tx, upload->live_photo_video_id, FALSE, &self->hidden_video,
                                        error)) &&
               run_also (tx, upload, self->place->id, error) &&
               (is_owner (upload) ||
                upload_forget_tombstone (tx, upload->owner_id, upload->file->sha1, error)) &&
               ingest_add_metadata (tx, self->arena, self->place->id, "upload", error) &&
               workflows_trigger_one (tx, WORKFLOW_TRIGGER_ASSET_CREATE, self->place->id, error);
    if (!upload_find (tx, self->arena, upload->owner_id, upload->file->sha1, FALSE,
                      &self->duplicate_id, error))
        return FALSE;
    if (self->duplicate_id == NULL) {
        self->vanished = TRUE;
        g_set_error (error, APP_ERROR, APP_ERROR_CONSTRAINT,
                     "the same file is being removed at this moment; send it again");
        return FALSE;
    }
    return keep_known (tx, self, error) &&
           users_add_usage (tx, upload->owner_id, -upload->file->size_bytes, error);
}

/* The same for a file that an asset gets; what comes just now has the word in the index. */
static gboolean
run_replace (Db *tx, gpointer data, GError **error)
{
    Commit *self = data;

    self->vanished = self->hidden_video = FALSE;
    return upload_find (tx, self->arena, self->upload->owner_id, self->upload->file->sha1, FALSE,
                        &self->duplicate_id, error) &&
           (self->duplicate_id != NULL ||
            upload_replace_in (tx, self->arena, self->upload->replaces_id, self->place->id,
                               self->upload, self->place->path, error));
}

static gboolean
run_known (Db *tx, gpointer data, GError **error)
{
    return keep_known (tx, data, error);
}

static gboolean
commit_asset (Db *db, Commit *commit, GError **error)
{
    for (guint attempt = 1;; attempt++) {
        g_clear_error (error);
        if (db_write (db, commit->upload->replaces_id != NULL ? run_replace : run_commit, commit,
                      error))
            return TRUE;
        if (!commit->vanished || attempt == MAX_ATTEMPTS)
            return FALSE;
        commit->is_again = TRUE;
    }
}

/* A phone sends the film first, and names the one that is here already. A photo is kept also when that shall not
 * come back, or lies in the locked folder: then without it; and so is a video, which shows no other one. */
static gboolean
drop_closed_motion_part (Db *db, Upload *upload, GError **error)
{
    gboolean is_gone = FALSE, is_locked = FALSE;

    if (upload->type != ASSET_TYPE_IMAGE)
        upload->live_photo_video_id = NULL;
    if (upload->live_photo_video_id == NULL || !is_owner (upload))
        return TRUE;
    if (!upload_is_gone (db, upload->owner_id, upload->live_photo_video_id, &is_gone, error) ||
        (!upload->sees_locked &&
         !asset_motion_part_is_locked (db, upload->live_photo_video_id, upload->owner_id,
                                       &is_locked, error)))
        return FALSE;
    if (is_gone || is_locked)
        upload->live_photo_video_id = NULL;
    return TRUE;
}

gboolean
upload_store (App *app, Arena *arena, Upload *upload, UploadResult *out, GError **error)
{
    UploadPlace place = { .id = uuid_v4 (arena) };
    Commit commit = { .arena = arena, .upload = upload, .place = &place };
    Moved original = { 0 }, sidecar = { 0 };
    GError *why = NULL;
    const char *known_id = NULL;
    gboolean ok;

    /* what is here already need not be moved; the transaction decides about what comes just now */
    if (!upload_find (app->db, arena, upload->owner_id, upload->file->sha1, is_owner (upload),
                      &known_id, error) ||
        !drop_closed_motion_part (app->db, upload, error))
        return FALSE;
    if (known_id != NULL) {
        commit.duplicate_id = known_id;
        if ((upload->also != NULL || upload->partial_id != NULL ||
             upload->type == ASSET_TYPE_VIDEO || upload->live_photo_video_id != NULL) &&
            !db_write (app->db, run_known, &commit, error))
            return FALSE;
        *out = (UploadResult){ .id = known_id, .is_duplicate = TRUE };
        return TRUE;
    }
    /* both files are on the disk already */
    ok = layout_check_room (upload->file->path, 0, &why) &&
         move_in (app, arena, upload, place.id, (ApiFile *) upload->file, upload->extension,
                  &original, &why) &&
         (upload->sidecar == NULL || move_in (app, arena, upload, place.id,
                                              (ApiFile *) upload->sidecar, ".xmp", &sidecar, &why));
    place.path = original.relative;
    place.sidecar_path = sidecar.relative;
    if (ok && !(ok = commit_asset (app->db, &commit, &why)) && db_is_unsure (app->db, why)) {
        g_propagate_error (error, why);
        return FALSE;
    }
    if (!ok || commit.duplicate_id != NULL) {
        undo_move (&original);
        undo_move (&sidecar);
    } else {
        layout_remove (original.note);
        if (sidecar.note != NULL)
            layout_remove (sidecar.note);
    }
    if (!ok) {
        g_propagate_error (error, why);
        return FALSE;
    }
    out->is_duplicate = commit.duplicate_id != NULL;
    out->id = out->is_duplicate ? commit.duplicate_id : place.id;
    out->hidden_video = commit.hidden_video;
    return TRUE;
}
