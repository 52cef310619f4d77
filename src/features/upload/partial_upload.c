/* partial_upload.c -- see partial_upload.h */
#define G_LOG_DOMAIN "upload"
#include "features/upload/partial_upload.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "media/layout.h"

#define COLUMNS                                                                                    \
    "id, owner_id, link_id, file_name, size_bytes, checksum, received_bytes, asset_id, updated_at"
#define COPY_BYTES (256 * 1024)
#define GIB (G_GINT64_CONSTANT (1) << 30)

/* What may be open at once. A link has a share of its own, so that its visitors are in nobody's way. */
typedef struct {
    const char *whose;
    gint64 n_open, n_bytes;
} Limits;

static const Limits user_limits = { "a user", 64, 256 * GIB };
static const Limits link_limits = { "a link", 32, 64 * GIB };

/* $1 id, $2 owner, $3 link, $4 name, $5 size, $6 SHA-1, $7 now */
static const char SQL_INSERT[] =
    "INSERT INTO partial_upload (id, owner_id, link_id, file_name, size_bytes, checksum,"
    "                            created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";

/* $1 id, $2 owner, $3 link or "" */
static const char SQL_LOAD[] = "SELECT " COLUMNS " FROM partial_upload"
                               " WHERE id = $1 AND owner_id = $2 AND COALESCE(link_id, '') = $3";

/* $1 owner */
static const char SQL_LIST[] = "SELECT " COLUMNS " FROM partial_upload"
                               " WHERE owner_id = $1 AND asset_id IS NULL AND link_id IS NULL"
                               " ORDER BY created_at DESC, id";

/* $1 owner, $2 size, $3 SHA-1 */
static const char SQL_FIND[] =
    "SELECT " COLUMNS " FROM partial_upload"
    " WHERE owner_id = $1 AND asset_id IS NULL AND link_id IS NULL AND size_bytes = $2"
    "   AND checksum = $3 ORDER BY received_bytes DESC, id LIMIT 1";

/* $1 owner, $2 link or "": what is open by the same way, and at all */
static const char SQL_SUM[] =
    "SELECT count(CASE WHEN COALESCE(link_id, '') = $2 THEN 1 END) AS n_open,"
    "       CAST(COALESCE(sum(CASE WHEN COALESCE(link_id, '') = $2 THEN size_bytes END), 0)"
    "            AS BIGINT) AS open_bytes,"
    "       CAST(COALESCE(sum(size_bytes), 0) AS BIGINT) AS all_bytes"
    "  FROM partial_upload WHERE owner_id = $1 AND asset_id IS NULL";

/* $1 id, $2 received before, $3 and after, $4 now */
static const char SQL_RECEIVED[] = "UPDATE partial_upload SET received_bytes = $3, updated_at = $4"
                                   " WHERE id = $1 AND received_bytes = $2 AND asset_id IS NULL";

/* $1 id, $2 asset */
static const char SQL_NOTE[] = "UPDATE partial_upload SET asset_id = $2 WHERE id = $1";

/* $1 id */
static const char SQL_DELETE[] = "DELETE FROM partial_upload WHERE id = $1";

/* $1 untouched since */
static const char SQL_OLD[] = "SELECT id FROM partial_upload WHERE updated_at < $1";

/* $1 id */
static const char SQL_EXISTS[] = "SELECT count(*) FROM partial_upload WHERE id = $1";

static const char *
folder_of (const App *app, Arena *arena)
{
    return arena_printf (arena, "%s/upload/.parts", app->media_location);
}

static const char *
path_of (const App *app, Arena *arena, const char *id)
{
    return arena_printf (arena, "%s/%s", folder_of (app, arena), id);
}

gboolean
partial_upload_start (App *app, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const char *folder = folder_of (app, arena);

    return layout_make_folder (folder, error) &&
           (g_chmod (folder, 0700) == 0 ||
            layout_set_io_error (error, "protect the folder", folder));
}

/* ---- beginning ---- */

typedef struct {
    const PartialUploadWho *who;
    Arena *arena;
    const char *id, *file_name;
    gint64 size_bytes;
    const guint8 *sha1; /* NULL: not told */
    gint64 now_ms;
} Create;

/* What is open counts as if it were stored, to visitors also what others have open. Two that begin at once on
 * different servers may both fit where one does: the end of an upload, which counts for good, decides. */
static gboolean
check_limits (Db *tx, const Create *self, GError **error)
{
    const PartialUploadWho *who = self->who;
    const Limits *limits = who->link_id != NULL ? &link_limits : &user_limits;
    PartialUploadSumRow sum;

    if (!db_select_one (
            tx, self->arena, &partial_upload_sum_row_type, &sum, SQL_SUM,
            DB_ARGS (db_text (who->owner_id), db_text (who->link_id != NULL ? who->link_id : "")),
            error))
        return FALSE;
    if (sum.n_open >= limits->n_open) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_MANY,
                     "%" G_GINT64_FORMAT
                     " uploads are open already: finish or delete one; one that nobody goes on "
                     "with is forgotten after three days",
                     limits->n_open);
        return FALSE;
    }
    if (self->size_bytes > limits->n_bytes - sum.open_bytes) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "sizeInBytes: all open uploads of %s may have %" G_GINT64_FORMAT
                     " GiB together",
                     limits->whose, limits->n_bytes / GIB);
        return FALSE;
    }
    if (who->has_quota &&
        self->size_bytes >
            who->quota_left_bytes - (who->link_id != NULL ? sum.all_bytes : sum.open_bytes)) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Quota has been exceeded!");
        return FALSE;
    }
    return TRUE;
}

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    const Create *self = data;

    return check_limits (tx, self, error) &&
           db_exec (tx, SQL_INSERT,
                    DB_ARGS (db_text (self->id), db_text (self->who->owner_id),
                             db_text (self->who->link_id), db_text (self->file_name),
                             db_int (self->size_bytes), db_blob (self->sha1, 20),
                             db_int (self->now_ms)),
                    NULL, error);
}

static gboolean
find_open (App *app, const Create *self, PartialUploadRow *out, gboolean *out_found, GError **error)
{
    PartialUploadRowList rows = { 0 };

    *out_found = FALSE;
    /* a visitor is not told what others send by the same link */
    if (self->sha1 == NULL || self->who->link_id != NULL)
        return TRUE;
    if (!db_select (app->db, self->arena, &partial_upload_row_type, (List *) &rows, SQL_FIND,
                    DB_ARGS (db_text (self->who->owner_id), db_int (self->size_bytes),
                             db_blob (self->sha1, 20)),
                    error))
        return FALSE;
    if (rows.n > 0 && g_access (path_of (app, self->arena, rows.items[0].id), R_OK | W_OK) == 0) {
        *out = rows.items[0];
        *out_found = TRUE;
    }
    return TRUE;
}

gboolean
partial_upload_create (App *app, Arena *arena, const PartialUploadWho *who, const char *file_name,
                       gint64 size_bytes, const guint8 *sha1, PartialUploadRow *out,
                       gboolean *out_is_known, GError **error)
{
    Create create = {
        who, arena, uuid_v4 (arena), file_name, size_bytes, sha1, timestamp_now_ms ()
    };
    const char *path = path_of (app, arena, create.id);
    GError *why = NULL;
    int fd;

    if (!find_open (app, &create, out, out_is_known, error))
        return FALSE;
    if (*out_is_known)
        return TRUE;
    fd = g_open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return layout_set_io_error (error, "make", path);
    close (fd);
    if (!layout_sync_folder (folder_of (app, arena), &why) ||
        !db_write (app->db, run_create, &create, &why)) {
        if (!db_is_unsure (app->db, why))
            layout_remove (path);
        g_propagate_error (error, why);
        return FALSE;
    }
    return partial_upload_load (app, arena, who, create.id, out, error);
}

/* ---- finding ---- */

gboolean
partial_upload_list (App *app, Arena *arena, const char *owner_id, PartialUploadRowList *out,
                     GError **error)
{
    return db_select (app->db, arena, &partial_upload_row_type, (List *) out, SQL_LIST,
                      DB_ARGS (db_text (owner_id)), error);
}

gboolean
partial_upload_load (App *app, Arena *arena, const PartialUploadWho *who, const char *id,
                     PartialUploadRow *out, GError **error)
{
    return db_select_one (app->db, arena, &partial_upload_row_type, out, SQL_LOAD,
                          DB_ARGS (db_text (id), db_text (who->owner_id),
                                   db_text (who->link_id != NULL ? who->link_id : "")),
                          error);
}

/* Without its file an upload can only begin again. @return FALSE with the error to tell */
static gboolean
forget_lost (App *app, const PartialUpload *self, GError **error)
{
    if (g_access (self->path, F_OK) == 0 || errno != ENOENT)
        return layout_set_io_error (error, "open", self->path);
    g_warning ("the file '%s' of an upload is gone, forgetting the upload", self->path);
    if (db_exec (app->db, SQL_DELETE, DB_ARGS (db_text (self->row.id)), NULL, error))
        g_set_error_literal (error, APP_ERROR, APP_ERROR_NOT_FOUND, "the upload has lost its file");
    return FALSE;
}

gboolean
partial_upload_lock (App *app, Arena *arena, const PartialUploadWho *who, const char *id,
                     PartialUpload *out, GError **error)
{
    PartialUpload self = { .path = path_of (app, arena, id), .fd = -1 };

    /* whose it is comes before its file is touched, what state it is in after the lock */
    if (!partial_upload_load (app, arena, who, id, &self.row, error))
        return FALSE;
    self.fd = g_open (self.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
    if (self.fd >= 0 && flock (self.fd, LOCK_EX | LOCK_NB) != 0) {
        close (self.fd);
        g_set_error_literal (error, APP_ERROR, APP_ERROR_CONFLICT,
                             "another request is changing this upload; ask for its receivedBytes "
                             "and try again");
        return FALSE;
    }
    if (!partial_upload_load (app, arena, who, id, &self.row, error)) {
        partial_upload_unlock (&self);
        return FALSE;
    }
    if (self.fd < 0 && self.row.asset_id == NULL)
        return forget_lost (app, &self, error);
    *out = self;
    return TRUE;
}

void
partial_upload_unlock (PartialUpload *self)
{
    if (self->fd >= 0)
        close (self->fd);
    self->fd = -1;
}

/* ---- a part ---- */

static gboolean
copy_part (const PartialUpload *self, gint64 offset, const ApiFile *part, GError **error)
{
    g_autofree guint8 *buffer = g_malloc (COPY_BYTES);
    gint64 done = 0;

    while (done < part->size_bytes) {
        gsize wanted = (gsize) MIN ((gint64) COPY_BYTES, part->size_bytes - done), written = 0;
        ssize_t n = pread (part->fd, buffer, wanted, done);

        if (n <= 0) {
            if (n < 0 && errno == EINTR)
                continue;
            return layout_set_io_error (error, "read", part->path);
        }
        while (written < (gsize) n) {
            ssize_t m = pwrite (self->fd, buffer + written, (gsize) n - written,
                                offset + done + (gint64) written);

            if (m < 0 && errno == EINTR)
                continue;
            if (m < 0)
                return layout_set_io_error (error, "write", self->path);
            written += (gsize) m;
        }
        done += n;
    }
    return fdatasync (self->fd) == 0 || layout_set_io_error (error, "sync", self->path);
}

gboolean
partial_upload_append (App *app, PartialUpload *self, gint64 offset, const ApiFile *part,
                       GError **error)
{
    PartialUploadRow *row = &self->row;
    gint64 received = row->received_bytes + part->size_bytes, n_changed = 0;
    gint64 now_ms = timestamp_now_ms ();

    if (row->asset_id != NULL || offset != row->received_bytes) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFLICT,
                     "the next part begins at %" G_GINT64_FORMAT ", not at %" G_GINT64_FORMAT,
                     row->received_bytes, offset);
        return FALSE;
    }
    if (received > row->size_bytes) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "data: the file has %" G_GINT64_FORMAT " bytes, as sizeInBytes said, and this "
                     "part ends at %" G_GINT64_FORMAT,
                     row->size_bytes, received);
        return FALSE;
    }
    if (!layout_check_room (self->path, part->size_bytes, error) ||
        !copy_part (self, offset, part, error) ||
        !db_exec (app->db, SQL_RECEIVED,
                  DB_ARGS (db_text (row->id), db_int (offset), db_int (received), db_int (now_ms)),
                  &n_changed, error))
        return FALSE;
    if (n_changed == 0) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_CONFLICT,
                             "the upload was changed meanwhile; ask for its receivedBytes");
        return FALSE;
    }
    row->received_bytes = received;
    row->updated_at = now_ms;
    return TRUE;
}

/* ---- the end ---- */

static gboolean
hash_file (const PartialUpload *self, guint8 out[20], GError **error)
{
    g_autofree guint8 *buffer = g_malloc (COPY_BYTES);
    EVP_MD_CTX *digest = EVP_MD_CTX_new ();
    gint64 done = 0;
    ssize_t n = 0;
    gboolean ok = EVP_DigestInit_ex (digest, EVP_sha1 (), NULL) == 1;

    while (ok && done < self->row.size_bytes) {
        n = pread (self->fd, buffer, (gsize) MIN ((gint64) COPY_BYTES, self->row.size_bytes - done),
                   done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        ok = EVP_DigestUpdate (digest, buffer, (gsize) n) == 1;
        done += n;
    }
    ok = ok && done == self->row.size_bytes && EVP_DigestFinal_ex (digest, out, NULL) == 1;
    EVP_MD_CTX_free (digest);
    return ok || layout_set_io_error (error, "read", self->path);
}

gboolean
partial_upload_whole (App *app, Arena *arena, PartialUpload *self, ApiFile *out, GError **error)
{
    const PartialUploadRow *row = &self->row;
    ApiFile file = { .field = "assetData", .file_name = row->file_name, .fd = self->fd };
    struct stat about;

    if (row->received_bytes != row->size_bytes) {
        g_set_error (error, APP_ERROR, APP_ERROR_CONFLICT,
                     "of %" G_GINT64_FORMAT " bytes %" G_GINT64_FORMAT
                     " are here: send the rest first",
                     row->size_bytes, row->received_bytes);
        return FALSE;
    }
    /* a part that was never answered may lie behind; what is missing must not become zeros */
    if (fstat (self->fd, &about) != 0 ||
        (about.st_size > row->size_bytes && ftruncate (self->fd, row->size_bytes) != 0))
        return layout_set_io_error (error, "cut", self->path);
    file.size_bytes = row->size_bytes;
    if (!hash_file (self, file.sha1, error))
        return FALSE;
    file.path = arena_printf (arena, "%s/%s.part", app->temporary_folder, uuid_v4 (arena));
    if (link (self->path, file.path) != 0)
        file.path = self->path;
    *out = file;
    return TRUE;
}

gboolean
partial_upload_note (Db *tx, const char *id, const char *asset_id, GError **error)
{
    return db_exec (tx, SQL_NOTE, DB_ARGS (db_text (id), db_text (asset_id)), NULL, error);
}

void
partial_upload_end (PartialUpload *self)
{
    layout_remove (self->path);
}

gboolean
partial_upload_delete (App *app, PartialUpload *self, GError **error)
{
    if (!db_exec (app->db, SQL_DELETE, DB_ARGS (db_text (self->row.id)), NULL, error))
        return FALSE;
    layout_remove (self->path);
    return TRUE;
}

/* ---- what nobody went on with ---- */

static gboolean
sweep_rows (App *app, Arena *arena, gint64 before_ms, guint *n, GError **error)
{
    StringList ids = { 0 };

    if (!db_select_texts (app->db, arena, SQL_OLD, DB_ARGS (db_int (before_ms)), &ids, error))
        return FALSE;
    for (gsize i = 0; i < ids.n; i++) {
        if (!db_exec (app->db, SQL_DELETE, DB_ARGS (db_text (ids.items[i])), NULL, error))
            return FALSE;
        layout_remove (path_of (app, arena, ids.items[i]));
        (*n)++;
    }
    return TRUE;
}

/* A file comes before its row, and goes after it: only one that has been alone for long is left over. */
static gboolean
sweep_files (App *app, Arena *arena, gint64 before_ms, guint *n, GError **error)
{
    g_autoptr (GDir) dir = g_dir_open (folder_of (app, arena), 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        const char *path = path_of (app, arena, name);
        struct stat about;
        gint64 n_rows = 0;

        if (!uuid_is_v4 (name) || lstat (path, &about) != 0 ||
            (gint64) about.st_mtim.tv_sec * 1000 >= before_ms)
            continue;
        if (!db_select_int (app->db, SQL_EXISTS, DB_ARGS (db_text (name)), &n_rows, NULL, error))
            return FALSE;
        if (n_rows == 0 && layout_remove (path))
            (*n)++;
    }
    return TRUE;
}

gboolean
partial_upload_sweep (App *app, gint64 now_ms, guint *out_n, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    gint64 before_ms = now_ms - PARTIAL_UPLOAD_KEPT_MS;

    *out_n = 0;
    return sweep_rows (app, arena, before_ms, out_n, error) &&
           sweep_files (app, arena, before_ms, out_n, error);
}
