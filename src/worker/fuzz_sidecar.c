/* fuzz_sidecar.c -- libFuzzer target of the writing of sidecars
 *
 * The input is the sidecar as it is. What was written must be a sidecar that can be written again, to the
 * same effect: a file that only we understand would be lost to everybody else. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "worker/sidecar.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static gsize
write_tags (int fd, int out_fd)
{
    json_t *tags =
        json_pack ("{s:s, s:s, s:f, s:f, s:i, s:[s, s]}", "ImageDescription", "a <b> & ä",
                   "DateTimeOriginal", "2023-11-19T18:11:00.000-07:00", "GPSLatitude", 52.5,
                   "GPSLongitude", -13.25, "Rating", 3, "TagsList", "a/b", "c");
    json_t *written = json_array ();
    gsize n = sidecar_write (fd, tags, out_fd, written, NULL) ? json_array_size (written) + 1 : 0;

    json_decref (tags);
    json_decref (written);
    return n;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    int before = memfd_create ("before", MFD_CLOEXEC), once = memfd_create ("once", MFD_CLOEXEC);
    int twice = memfd_create ("twice", MFD_CLOEXEC);
    gsize n;

    if (write (before, data, size) != (ssize_t) size)
        abort ();
    n = write_tags (before, once);
    if (n > 0 && write_tags (once, twice) != n)
        abort ();
    close (before);
    close (once);
    close (twice);
    return 0;
}
