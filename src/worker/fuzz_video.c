/* fuzz_video.c -- libFuzzer target of the probe of videos, and of what finds the video in a motion photo
 *
 *   fuzz_video -max_len=200000 -rss_limit_mb=2048 -timeout=20 CORPUS
 *
 * The first byte says how the rest is taken: as a video, as a photo. The facts are made of what was read,
 * as the server does: the video in a photo must lie inside of it. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include "media/facts.h"
#include "worker/metadata.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_facts (const GString *json, gboolean is_video, gint64 size_bytes)
{
    g_autoptr (Arena) arena = arena_new ();
    FactsInput input = { .file_name = is_video ? "a.mp4" : "a.jpg",
                         .is_video = is_video,
                         .size_bytes = size_bytes };
    AssetFacts facts;

    if (!facts_find (json->str, (gssize) json->len, &input, arena, &facts, NULL))
        g_error ("what was read is not what the facts are made of: %s", json->str);
    if (facts.motion_length != 0) {
        g_assert_cmpint (facts.motion_offset, >=, 0);
        g_assert_cmpint (facts.motion_length, >, 0);
        g_assert_cmpint (facts.motion_length, <=, size_bytes - facts.motion_offset);
    }
    if (facts.has_duration)
        g_assert_cmpint (facts.duration_ms, >=, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    g_autoptr (GString) json = g_string_new (NULL);
    gboolean is_video, done;
    int fd;

    if (size < 1)
        return 0;
    is_video = data[0] % 2 == 0;
    fd = memfd_create ("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write (fd, data + 1, size - 1) != (ssize_t) size - 1) {
        close (fd);
        return 0;
    }
    done = is_video ? metadata_read_video (fd, -1, json, NULL)
                    : metadata_read (fd, -1, ".jpg", json, NULL);
    close (fd);
    if (done) {
        g_assert_cmpuint (json->len, <=, METADATA_JSON_BYTES);
        check_facts (json, is_video, (gint64) size - 1);
    }
    return 0;
}
