/* video_date.c -- see video_date.h
 *
 * Sources: Advanced Systems Format specification 1.20 (file properties); the notes of ExifTool on the
 * MDPM block that AVCHD camcorders put into their pictures (H.264 tags 0x18 and 0x19). */
#include "worker/video_date.h"
#include <string.h>
#include <unistd.h>
#include "base/timestamp.h"

#define ASF_HEADER_BYTES 65536
#define MDPM_PACKETS 64 /* in which a picture is looked for; about a second */
#define MDPM_BYTES 256  /* of a block, which has some twenty entries of five bytes */

typedef AVPacket Packet;
static void
packet_free (Packet *packet)
{
    av_packet_free (&packet);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Packet, packet_free)

/* ---- Windows Media ---- */

static guint64
read_u64 (const guint8 *at)
{
    guint64 value;

    memcpy (&value, at, sizeof value);
    return GUINT64_FROM_LE (value);
}

/* Objects of a GUID, their size and what they hold; that of the whole header comes first. */
static void
read_asf (int fd, MetadataTags *tags)
{
    static const guint8 properties[16] = { 0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11,
                                           0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65 };
    g_autofree guint8 *bytes = g_malloc (ASF_HEADER_BYTES);
    gssize n = pread (fd, bytes, ASF_HEADER_BYTES, 0);
    guint64 size;

    for (gssize at = 30; at + 56 <= n; at += (gssize) size) {
        size = read_u64 (bytes + at + 16);
        if (memcmp (bytes + at, properties, sizeof properties) == 0) {
            /* tenths of microseconds since 1601; a recorder without a clock has none, or nonsense */
            gint64 ms = (gint64) (read_u64 (bytes + at + 48) / 10000) - 11644473600000;
            char text[TIMESTAMP_TEXT_BYTES];

            timestamp_format (ms, text);
            if (ms > 0)
                metadata_tags_text (tags, "CreationDate", text, -1);
            return;
        }
        if (size < 24 || size > ASF_HEADER_BYTES)
            return;
    }
}

/* ---- camcorders ---- */

/* Inside a picture a 3 follows where two zeros are data. */
static gsize
copy_unescaped (const guint8 *from, gsize n_from, guint8 *to, gsize n_to)
{
    gsize n = 0;

    for (gsize i = 0; i < n_from && n < n_to; i++)
        if (i < 2 || from[i] != 3 || from[i - 1] != 0 || from[i - 2] != 0)
            to[n++] = from[i];
    return n;
}

/* The digits of the date are half bytes. Of the zone, 1 is half an hour, 2 to 16 are hours and 32 is west of
 * Greenwich; 64 says that it was summer, which changes nothing of what the clock showed. Where no zone was
 * set all bits may be: no clock is 15 hours away. */
static gboolean
take_mdpm (const guint8 *block, gsize n, MetadataTags *tags)
{
    const guint8 *day = NULL, *clock = NULL;
    g_autoptr (GString) text = g_string_new (NULL);
    guint hours;

    for (gsize i = 1; i + 5 <= n && i <= 5 * (gsize) block[0]; i += 5) {
        if (block[i] == 0x18)
            day = block + i + 1;
        else if (block[i] == 0x19)
            clock = block + i + 1;
    }
    if (day == NULL || clock == NULL)
        return FALSE;
    hours = day[0] >> 1 & 0x0f;
    g_string_printf (text, "%02x%02x:%02x:%02x %02x:%02x:%02x", day[1], day[2], day[3], clock[0],
                     clock[1], clock[2], clock[3]);
    if (hours < 15)
        g_string_append_printf (text, "%c%02u:%s", day[0] & 0x20 ? '-' : '+', hours,
                                day[0] & 1 ? "30" : "00");
    metadata_tags_text (tags, "DateTimeOriginal", text->str, -1);
    return TRUE;
}

static gboolean
find_mdpm (const guint8 *picture, gsize n, MetadataTags *tags)
{
    static const guint8 name[20] = { 0x17, 0xee, 0x8c, 0x60, 0xf8, 0x4d, 0x11, 0xd9, 0x8c, 0xd6,
                                     0x08, 0x00, 0x20, 0x0c, 0x9a, 0x66, 'M',  'D',  'P',  'M' };
    const guint8 *at = memmem (picture, n, name, sizeof name);
    guint8 block[MDPM_BYTES];
    gsize n_block;

    if (at == NULL)
        return FALSE;
    at += sizeof name;
    n_block = copy_unescaped (at, n - (gsize) (at - picture), block, sizeof block);
    return n_block > 0 && take_mdpm (block, n_block, tags);
}

static void
read_mdpm (const VideoFile *file, MetadataTags *tags)
{
    g_autoptr (Packet) packet = av_packet_alloc ();
    gboolean is_found = FALSE;

    for (guint i = 0; i < MDPM_PACKETS && !is_found; i++) {
        if (packet == NULL || av_read_frame (file->format, packet) < 0)
            return;
        if (packet->stream_index == file->video->index)
            is_found = find_mdpm (packet->data, (gsize) packet->size, tags);
        av_packet_unref (packet);
    }
}

void
video_date_read (const VideoFile *file, MetadataTags *tags)
{
    const char *format = file->format->iformat->name;

    if (strcmp (format, "asf") == 0)
        read_asf (file->fd, tags);
    else if (strcmp (format, "mpegts") == 0 && file->video != NULL &&
             file->video->codecpar->codec_id == AV_CODEC_ID_H264)
        read_mdpm (file, tags);
}
