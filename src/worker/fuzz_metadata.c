/* fuzz_metadata.c -- libFuzzer target of the metadata reader
 *
 *   fuzz_metadata_corpus.sh CORPUS
 *   fuzz_metadata -max_len=200000 -rss_limit_mb=1024 -timeout=20 CORPUS
 *
 * The input is the original; it is also the sidecar when it looks like XML. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include "worker/metadata.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static int
open_bytes (const uint8_t *data, size_t size)
{
    int fd = memfd_create ("fuzz", MFD_CLOEXEC);

    if (fd >= 0 && write (fd, data, size) != (ssize_t) size) {
        close (fd);
        return -1;
    }
    return fd;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    g_autoptr (GString) json = g_string_new (NULL);
    int fd = open_bytes (data, size);
    int sidecar = size > 0 && (data[0] == '<' || data[0] >= 0xfe) ? open_bytes (data, size) : -1;

    if (fd >= 0 && metadata_read (fd, sidecar, NULL, json, NULL))
        g_assert_cmpuint (json->len, <=, METADATA_JSON_BYTES);
    if (fd >= 0)
        close (fd);
    if (sidecar >= 0)
        close (sidecar);
    return 0;
}
