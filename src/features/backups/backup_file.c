/* backup_file.c -- see backup_file.h
 *
 * Compressed data differs from the first change on to its end, and rsync would send all of it. So the
 * compressor starts anew where the content says so, as 'gzip --rsyncable' does: where a rolling hash of the
 * last bytes has a certain value. Such places come back after a change. (gzip takes their sum, which
 * never has that value in some data.) */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/error.h"
#include "media/layout.h"

#define LEVEL 6
#define GZIP_WINDOW_BITS (15 + 16) /* + 16: with a gzip header */
#define WINDOW 64                  /* bytes of the hash */
#define FACTOR 0x9E3779B1u         /* odd, its bits well mixed */
#define MIN_BYTES 4096             /* from one start to the next; */
#define LOW_BITS 20                /* the other 12 are zero after another 4096 in the mean */

struct _BackupWriter {
    int fd;
    const char *path;
    z_stream stream;
    guint8 window[WINDOW];
    guint32 hash, oldest_factor; /* FACTOR to the power of WINDOW */
    gsize n_seen, n_since;
    guint8 out[BACKUP_CHUNK_BYTES];
};

struct _BackupReader {
    gzFile file;
    char *path;
    gint64 n_bytes;
};

BackupWriter *
backup_writer_new (int fd, const char *path)
{
    BackupWriter *self = g_new0 (BackupWriter, 1);

    self->fd = fd;
    self->path = path;
    self->oldest_factor = 1;
    for (guint i = 0; i < WINDOW; i++)
        self->oldest_factor *= FACTOR;
    if (deflateInit2 (&self->stream, LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        g_error ("zlib refuses its parameters"); /* or there is no memory, as for g_new0 () */
    return self;
}

void
backup_writer_free (BackupWriter *self)
{
    if (self == NULL)
        return;
    deflateEnd (&self->stream);
    g_free (self);
}

gboolean
backup_write_all (int fd, const guint8 *bytes, gsize n_bytes)
{
    for (gsize done = 0; done < n_bytes;) {
        ssize_t n = write (fd, bytes + done, n_bytes - done);

        if (n < 0 && errno != EINTR)
            return FALSE;
        done += (gsize) MAX (n, 0);
    }
    return TRUE;
}

static gboolean
compress_part (BackupWriter *self, const guint8 *bytes, gsize n_bytes, int flush, GError **error)
{
    int code;

    self->stream.next_in = (Bytef *) bytes;
    self->stream.avail_in = (uInt) n_bytes;
    do {
        self->stream.next_out = self->out;
        self->stream.avail_out = sizeof self->out;
        code = deflate (&self->stream, flush);
        if (!backup_write_all (self->fd, self->out, sizeof self->out - self->stream.avail_out))
            return layout_set_io_error (error, "write", self->path);
    } while (self->stream.avail_out == 0 || (flush == Z_FINISH && code == Z_OK));
    return TRUE;
}

/* Whether the compressor shall start anew behind this byte. */
static gboolean
is_boundary (BackupWriter *self, guint8 byte)
{
    guint8 *oldest = &self->window[self->n_seen++ % WINDOW];

    self->hash = self->hash * FACTOR + byte - *oldest * self->oldest_factor;
    *oldest = byte;
    return ++self->n_since >= MIN_BYTES && self->hash >> LOW_BITS == 0;
}

gboolean
backup_writer_write (BackupWriter *self, const guint8 *bytes, gsize n_bytes, GError **error)
{
    gsize from = 0;

    for (gsize i = 0; i < n_bytes; i++) {
        if (!is_boundary (self, bytes[i]))
            continue;
        self->n_since = 0;
        if (!compress_part (self, bytes + from, i + 1 - from, Z_FULL_FLUSH, error))
            return FALSE;
        from = i + 1;
    }
    return compress_part (self, bytes + from, n_bytes - from, Z_NO_FLUSH, error);
}

gboolean
backup_writer_finish (BackupWriter *self, GError **error)
{
    return compress_part (self, NULL, 0, Z_FINISH, error);
}

/* ---- reading ---- */

BackupReader *
backup_reader_open (const char *path, GError **error)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    BackupReader *self;
    struct stat facts;
    gzFile file;

    if (fd < 0 && errno == ENOENT) {
        g_set_error (error, APP_ERROR, APP_ERROR_NOT_FOUND, "there is no backup '%s'", path);
        return NULL;
    }
    if (fd < 0 || fstat (fd, &facts) != 0 || !S_ISREG (facts.st_mode) ||
        (file = gzdopen (fd, "rb")) == NULL) {
        layout_set_io_error (error, "read the backup", path);
        if (fd >= 0)
            close (fd);
        return NULL;
    }
    gzbuffer (file, BACKUP_CHUNK_BYTES);
    self = g_new0 (BackupReader, 1);
    self->file = file;
    self->path = g_strdup (path);
    self->n_bytes = facts.st_size;
    return self;
}

gssize
backup_reader_read (BackupReader *self, guint8 *bytes, gsize n_bytes, GError **error)
{
    int n = gzread (self->file, bytes, (unsigned) n_bytes);
    int code = Z_OK;
    const char *why = gzerror (self->file, &code);

    /* a file that is cut short gives what it has, and this code */
    if (n >= 0 && code != Z_BUF_ERROR)
        return n;
    if (code == Z_ERRNO)
        layout_set_io_error (error, "read the backup", self->path);
    else
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Invalid backup file format! '%s': %s",
                     self->path, why);
    return -1;
}

double
backup_reader_done (const BackupReader *self)
{
    gint64 offset = gzoffset (self->file);

    return self->n_bytes > 0 && offset > 0 ? MIN (1.0, (double) offset / (double) self->n_bytes)
                                           : 0;
}

void
backup_reader_free (BackupReader *self)
{
    if (self == NULL)
        return;
    gzclose (self->file);
    g_free (self->path);
    g_free (self);
}
