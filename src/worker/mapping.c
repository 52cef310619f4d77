#include "worker/mapping.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/error.h"

void
mapping_clear (Mapping *self)
{
    if (self->bytes != NULL)
        munmap (self->bytes, self->n_bytes);
}

gboolean
mapping_init (Mapping *self, int fd, GError **error)
{
    struct stat facts;
    void *bytes;

    if (fstat (fd, &facts) != 0 || facts.st_size <= 0 ||
        (bytes = mmap (NULL, (gsize) facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the original cannot be read: %s",
                     g_strerror (errno));
        return FALSE;
    }
    self->bytes = bytes;
    self->n_bytes = (gsize) facts.st_size;
    return TRUE;
}
