/* backup_file.h -- the bytes of a backup: gzip, written so that rsync finds what did not change
 *
 * Blocking; one thread at a time. */
#pragma once
#include <gio/gio.h>

typedef struct _BackupWriter BackupWriter;

/** @param fd  of the file at @path (named in errors); stays the caller's */
BackupWriter *backup_writer_new (int fd, const char *path);
gboolean backup_writer_write (BackupWriter *self, const guint8 *bytes, gsize n_bytes,
                              GError **error);
/** The rest, and the checksum. Not fsynced. */
gboolean backup_writer_finish (BackupWriter *self, GError **error);
void backup_writer_free (BackupWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BackupWriter, backup_writer_free)

typedef struct _BackupReader BackupReader;

/** One that is not compressed is read as it is. NULL with APP_ERROR_IO or APP_ERROR_NOT_FOUND. */
BackupReader *backup_reader_open (const char *path, GError **error);
/** @return how many bytes, 0 at the end; -1 with APP_ERROR_INVALID when the file is damaged or cut short */
gssize backup_reader_read (BackupReader *self, guint8 *bytes, gsize n_bytes, GError **error);
double backup_reader_done (const BackupReader *self); /* of the file, 0 to 1 */
void backup_reader_free (BackupReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BackupReader, backup_reader_free)

/** FALSE with errno. */
gboolean backup_write_all (int fd, const guint8 *bytes, gsize n_bytes);

#define BACKUP_CHUNK_BYTES (256 * 1024)
