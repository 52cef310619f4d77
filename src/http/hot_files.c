/* A table by the path's hash where the newer of two with the same place drives out the other. */
#include "http/hot_files.h"

#include <string.h>
#include <time.h>
#include <xxhash.h>

#define N_SLOTS 128
/* A file changed again within the tick of the file system's clock looks the same; one that changed this
 * long before it was read does not. */
#define SETTLED_AFTER_S 2

typedef struct {
    char *path; /* NULL: empty */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
    GBytes *bytes;
} HotFile;

static GMutex lock;
static HotFile slots[N_SLOTS]; /* under the lock */

static HotFile *
find_slot (const char *path)
{
    return &slots[XXH3_64bits (path, strlen (path)) % N_SLOTS];
}

static gboolean
is_same_time (struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static gboolean
is_same_file (const HotFile *self, const struct stat *info)
{
    return self->device == info->st_dev && self->inode == info->st_ino &&
           self->size == info->st_size && is_same_time (self->modified, info->st_mtim) &&
           is_same_time (self->changed, info->st_ctim);
}

GBytes *
hot_files_find (const char *path, struct stat *out_info)
{
    HotFile *slot = find_slot (path);
    GBytes *bytes = NULL;
    gboolean is_known;

    g_mutex_lock (&lock);
    is_known = slot->path != NULL && strcmp (slot->path, path) == 0;
    g_mutex_unlock (&lock);
    if (!is_known || stat (path, out_info) != 0)
        return NULL;
    g_mutex_lock (&lock);
    if (slot->path != NULL && strcmp (slot->path, path) == 0 && is_same_file (slot, out_info))
        bytes = g_bytes_ref (slot->bytes);
    g_mutex_unlock (&lock);
    return bytes;
}

void
hot_files_keep (const char *path, const struct stat *info, GBytes *bytes)
{
    HotFile *slot = find_slot (path);
    HotFile kept = { NULL,          info->st_dev,  info->st_ino, info->st_size,
                     info->st_mtim, info->st_ctim, NULL };
    HotFile old;
    struct timespec now;

    clock_gettime (CLOCK_REALTIME, &now);
    if (g_bytes_get_size (bytes) > HOT_FILE_MAX_BYTES ||
        info->st_ctim.tv_sec + SETTLED_AFTER_S > now.tv_sec)
        return;
    kept.path = g_strdup (path);
    kept.bytes = g_bytes_ref (bytes);
    g_mutex_lock (&lock);
    old = *slot;
    *slot = kept;
    g_mutex_unlock (&lock);
    g_free (old.path);
    if (old.bytes != NULL)
        g_bytes_unref (old.bytes);
}
