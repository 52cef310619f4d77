/* download_zip.c -- an archive that is made while it is sent
 *
 * Photos and videos are compressed already, so entries are stored. Their sizes and checksums follow
 * them (data descriptors), which lets an archive start at once; ZIP64 where sizes need it. A file that
 * is gone is left out; one that changes while it is read ends the transfer, visibly incomplete. */
#define G_LOG_DOMAIN "download"
#include "features/download/download_private.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "features/serving/serving.h"
#include "features/storage-template/storage-template.h"
#include "media/layout.h"

#define IDS_PER_QUERY 500
#define READ_BYTES (256 * 1024)
#define BLOCK_BYTES (64 * 1024)

/* $1 a JSON array of ids */
static const char SQL_ENTRIES[] =
    "SELECT a.id AS id, a.original_file_name AS original_file_name,"
    "       a.original_path AS original_path, f.path AS edited_path,"
    "       a.is_edited AS is_edited"
    "  FROM asset a LEFT JOIN asset_file f"
    "       ON f.asset_id = a.id AND f.type = 'fullsize' AND f.is_edited = 1"
    "      AND a.is_edited = 1"
    " WHERE a.id IN (SELECT value FROM json_each($1)) AND a.status <> 'deleted'";

typedef struct archive ZipWriter;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ZipWriter, archive_write_free)

typedef struct {
    App *app;
    Arena *arena;
    Auth auth;      /* who asked, as it was then; its texts are in the arena */
    GPtrArray *ids; /* in the order of the request, maybe repeated */
    DownloadEdits edits;
    DownloadNames *names;
    guint8 *buffer;
    HttpStream *stream;
    ZipWriter *zip;
    gboolean is_broken; /* nothing is sent any more */
} Zip;

static void
zip_free (gpointer data)
{
    Zip *self = data;

    g_ptr_array_unref (self->ids);
    download_names_free (self->names);
    arena_free (self->arena);
    g_free (self->buffer);
    g_free (self);
}

/* ---- libarchive's output ---- */

/* It never fails: a writer that failed is not closed when it is freed, and loses its buffer. */
static la_ssize_t
write_out (ZipWriter *zip, void *data, const void *bytes, size_t n_bytes)
{
    Zip *self = data;

    if (!self->is_broken && !http_stream_write (self->stream, bytes, n_bytes))
        self->is_broken = TRUE;
    return (la_ssize_t) n_bytes;
}

static ZipWriter *
open_writer (Zip *self)
{
    ZipWriter *zip = archive_write_new ();

    if (archive_write_set_format_zip (zip) != ARCHIVE_OK ||
        archive_write_set_format_option (zip, "zip", "compression", "store") != ARCHIVE_OK ||
        archive_write_set_format_option (zip, "zip", "hdrcharset", "UTF-8") != ARCHIVE_OK ||
        archive_write_set_bytes_per_block (zip, BLOCK_BYTES) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block (zip, 1) != ARCHIVE_OK ||
        archive_write_open (zip, self, NULL, write_out, NULL) != ARCHIVE_OK) {
        g_warning ("cannot begin an archive: %s", archive_error_string (zip));
        archive_write_free (zip);
        return NULL;
    }
    return zip;
}

/* ---- entries ---- */

static int
open_path (const Zip *self, Arena *arena, const char *stored_path, const char **out_path)
{
    *out_path = layout_absolute (arena, self->app->media_location, stored_path);
    return layout_open (*out_path);
}

/* @original_of  the asset whose original it is, which may be moved since; NULL
 * @return -1 when it is to be left out */
static int
open_file (const Zip *self, Arena *arena, const char *stored_path, const char *original_of,
           struct stat *out)
{
    g_autoptr (GError) why = NULL;
    const char *path, *moved;
    int fd;

    if (original_of != NULL && (stored_path = storage_template_own_path (
                                    self->app, arena, original_of, stored_path, &why)) == NULL) {
        g_warning ("a file is left out of a download: %s", why->message);
        return -1;
    }
    fd = open_path (self, arena, stored_path, &path);
    if (fd < 0 && errno == ENOENT && original_of != NULL &&
        (moved = storage_template_follow (self->app, arena, original_of, stored_path)) != NULL)
        fd = open_path (self, arena, moved, &path);
    if (fd >= 0 && fstat (fd, out) == 0 && S_ISREG (out->st_mode))
        return fd;
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "EVENT", "file-missing", "FILE", path,
                      "MESSAGE", "cannot read '%s' for a download: %s, leaving it out", path,
                      fd < 0 ? g_strerror (errno) : "it is no regular file");
    if (fd >= 0)
        close (fd);
    return -1;
}

static gboolean
write_header (Zip *self, const char *name, const struct stat *info)
{
    struct archive_entry *entry = archive_entry_new ();
    gboolean ok;

    archive_entry_set_pathname_utf8 (entry, name);
    archive_entry_set_filetype (entry, AE_IFREG);
    archive_entry_set_perm (entry, 0644);
    archive_entry_set_size (entry, info->st_size);
    archive_entry_set_mtime (entry, info->st_mtim.tv_sec, 0);
    ok = archive_write_header (self->zip, entry) == ARCHIVE_OK;
    archive_entry_free (entry);
    return ok;
}

static gboolean
write_content (Zip *self, int fd, const char *name, gint64 size)
{
    gint64 rest = size;

    posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    while (rest > 0) {
        ssize_t n = read (fd, self->buffer, (size_t) MIN (rest, READ_BYTES));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            g_warning ("'%s' of a download cannot be read to its end: %s, breaking off", name,
                       n < 0 ? g_strerror (errno) : "it became shorter");
            return FALSE;
        }
        if (archive_write_data (self->zip, self->buffer, (size_t) n) != n || self->is_broken)
            return FALSE;
        rest -= n;
    }
    return TRUE;
}

static gboolean
add_entry (Zip *self, Arena *arena, const DownloadEntryRow *row)
{
    gboolean is_open, takes_edited = self->edits != DOWNLOAD_ORIGINALS && row->edited_path != NULL;
    struct stat info;
    const char *name;
    gboolean ok;
    int fd;

    /* an archive may take hours, as slowly as it is read: each file is asked for anew */
    if (!serving_is_still_open (self->app, &self->auth, arena, row->id, "asset.download", &is_open))
        return FALSE;
    if (!is_open)
        return TRUE;
    if (self->edits == DOWNLOAD_NOTHING_CUT && row->is_edited && row->edited_path == NULL) {
        g_message ("the edit of asset '%s' is not done yet, left out", row->id);
        return TRUE;
    }
    fd = open_file (self, arena, takes_edited ? row->edited_path : row->original_path,
                    takes_edited ? NULL : row->id, &info);
    if (fd < 0)
        return TRUE;
    name = download_names_take (self->names, download_name_clean (arena, row->original_file_name));
    ok = write_header (self, name, &info) && write_content (self, fd, name, info.st_size);
    close (fd);
    return ok;
}

static gboolean
add_entries (Zip *self, const StringList *ids)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GError) error = NULL;
    List rows;

    if (!db_select (self->app->db, arena, &download_entry_row_type, &rows, SQL_ENTRIES,
                    DB_ARGS (db_strings (arena, ids)), &error)) {
        g_warning ("cannot look up the files of a download: %s, breaking off", error->message);
        return FALSE;
    }
    for (gsize i = 0; i < rows.n; i++) {
        DownloadEntryRow *row = &((DownloadEntryRow *) rows.items)[i];

        g_hash_table_insert (by_id, (gpointer) row->id, row);
    }
    for (gsize i = 0; i < ids->n; i++) {
        const DownloadEntryRow *row = g_hash_table_lookup (by_id, ids->items[i]);

        if (row != NULL && (!add_entry (self, arena, row) || self->is_broken))
            return FALSE;
    }
    return TRUE;
}

/* On a thread for streams. */
static void
produce (HttpStream *stream, gpointer data)
{
    Zip *self = data;
    g_autoptr (ZipWriter) zip = NULL;
    gboolean ok;

    self->stream = stream;
    self->zip = zip = open_writer (self);
    ok = zip != NULL;
    for (guint i = 0; ok && i < self->ids->len; i += IDS_PER_QUERY) {
        StringList part = { (const char **) self->ids->pdata + i,
                            MIN (IDS_PER_QUERY, self->ids->len - i) };

        ok = add_entries (self, &part);
    }
    if (ok)
        ok = archive_write_close (zip) == ARCHIVE_OK;
    if (!ok || self->is_broken) {
        self->is_broken = TRUE; /* or freeing the writer would send the end of a whole archive */
        http_stream_fail (stream);
    }
}

HttpResponse *
download_zip_new (const ApiCall *call, const StringList *ids, DownloadEdits edits)
{
    Zip *self = g_new0 (Zip, 1);
    Arena *arena = arena_new ();

    self->app = call->app;
    self->arena = arena;
    self->auth = *call->auth;
    self->auth.user_id = arena_strdup (arena, call->auth->user_id);
    self->auth.user_email = self->auth.user_name = NULL;
    self->auth.session_id = arena_strdup (arena, call->auth->session_id);
    self->auth.key_id = arena_strdup (arena, call->auth->key_id);
    self->auth.link_id = arena_strdup (arena, call->auth->link_id);
    self->auth.link_album_id = arena_strdup (arena, call->auth->link_album_id);
    self->auth.permissions = (StringList){ 0 };
    self->ids = g_ptr_array_new_full ((guint) ids->n, g_free);
    for (gsize i = 0; i < ids->n; i++)
        g_ptr_array_add (self->ids, g_strdup (ids->items[i]));
    self->edits = edits;
    self->names = download_names_new ();
    self->buffer = g_malloc (READ_BYTES);
    return http_response_new_stream ("application/octet-stream", FALSE, produce, self, zip_free);
}
