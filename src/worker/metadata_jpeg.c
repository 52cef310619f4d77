/* metadata_jpeg.c -- the segments of a JPEG file
 *
 * Sources: ITU-T T.81 annex B, Exif 2.32 (APP1), XMP part 3 (APP1, extended XMP), ICC.1 annex B
 * (APP2), Photoshop image resources (APP13). Two oddities of old cameras: Canon's CIFF in APP0 and
 * the text 'picture info' in APP12. Samsung phones put a motion photo's video behind the picture. */
#include <string.h>
#include "worker/metadata_parts.h"

#define MAX_SEGMENTS 4096
#define MAX_ICC_CHUNKS 255
#define GUID_BYTES 32

typedef struct {
    Span chunks[MAX_ICC_CHUNKS + 1]; /* by number, from 1 */
    guint n_chunks;                  /* as the segments say */
    GByteArray *resources;           /* APP13 blocks joined */
    guint8 guid[GUID_BYTES];         /* of the extended XMP that is being joined */
    guint8 *extended;
    guint32 extended_bytes, extended_seen;
} JpegJoin;

static void
take_extended_xmp (JpegJoin *join, Span body)
{
    guint32 total, offset;

    if (body.n < GUID_BYTES + 8)
        return;
    total = be32 (body.data + GUID_BYTES);
    offset = be32 (body.data + GUID_BYTES + 4);
    if (join->extended == NULL) {
        if (total == 0 || total > METADATA_BLOCK_BYTES / 4)
            return;
        memcpy (join->guid, body.data, GUID_BYTES);
        join->extended = g_malloc0 (total);
        join->extended_bytes = total;
    }
    body = (Span){ body.data + GUID_BYTES + 8, body.n - GUID_BYTES - 8 };
    if (memcmp (join->guid, body.data - GUID_BYTES - 8, GUID_BYTES) != 0 ||
        total != join->extended_bytes || offset > total || body.n > total - offset)
        return;
    memcpy (join->extended + offset, body.data, body.n);
    join->extended_seen += (guint32) MIN (body.n, G_MAXUINT32 - join->extended_seen);
}

static void
take_application (MetadataParts *parts, JpegJoin *join, guint8 marker, Span body)
{
    static const char xmp_id[] = "http://ns.adobe.com/xap/1.0/";
    static const char extended_id[] = "http://ns.adobe.com/xmp/extension/";
    static const char icc_id[] = "ICC_PROFILE";
    static const char photoshop_id[] = "Photoshop 3.0";

    switch (marker) {
    case 0xe0:
        if (body.n > 14 && memcmp (body.data + 6, "HEAPJPGM", 8) == 0 && parts->ciff.data == NULL)
            parts->ciff = body;
        break;
    case 0xe1:
        if (span_starts (body, "Exif\0", 5) && body.n > 6) {
            if (parts->exif.data == NULL)
                parts->exif = span_from (body, 6);
        } else if (span_starts (body, xmp_id, sizeof xmp_id)) {
            metadata_parts_add_xmp (parts, span_from (body, sizeof xmp_id));
        } else if (span_starts (body, extended_id, sizeof extended_id)) {
            take_extended_xmp (join, span_from (body, sizeof extended_id));
        }
        break;
    case 0xe2:
        if (span_starts (body, icc_id, sizeof icc_id) && body.n > sizeof icc_id + 2 &&
            body.data[sizeof icc_id] > 0) {
            join->chunks[body.data[sizeof icc_id]] = span_from (body, sizeof icc_id + 2);
            join->n_chunks = MAX (join->n_chunks, body.data[sizeof icc_id]);
        }
        break;
    case 0xec:
        if (parts->picture_info.data == NULL && !span_starts (body, "Ducky", 5))
            parts->picture_info = body;
        break;
    case 0xed:
        if (span_starts (body, photoshop_id, sizeof photoshop_id) &&
            join->resources->len < METADATA_BLOCK_BYTES) {
            Span rest = span_from (body, sizeof photoshop_id);
            g_byte_array_append (join->resources, rest.data, (guint) rest.n);
        }
        break;
    default:
        break;
    }
}

static void
finish_joins (MetadataParts *parts, JpegJoin *join)
{
    if (join->n_chunks == 1) {
        parts->icc = join->chunks[1];
    } else if (join->n_chunks > 1) {
        GByteArray *icc = g_byte_array_new ();
        for (guint i = 1; i <= join->n_chunks; i++)
            if (join->chunks[i].data != NULL)
                g_byte_array_append (icc, join->chunks[i].data, (guint) join->chunks[i].n);
        parts->icc = metadata_parts_own (parts, g_byte_array_free_to_bytes (icc));
    }
    if (join->resources->len > 0)
        parts->photoshop = metadata_parts_own (parts, g_byte_array_free_to_bytes (join->resources));
    else
        g_byte_array_unref (join->resources);
    if (join->extended != NULL && join->extended_seen >= join->extended_bytes)
        metadata_parts_add_xmp (
            parts,
            metadata_parts_own (parts, g_bytes_new_take (join->extended, join->extended_bytes)));
    else
        g_free (join->extended);
}

/* Samsung's trailer ends in a directory: 'SEFH', version, count, entries of 12 bytes (a null, the
 * type, how far before the directory the block begins, its length), the directory's length, 'SEFT'.
 * Type 0x0a30 is the video of a motion photo; a block begins with its type and a name. */
static void
find_samsung_trailer (Span file, MetadataParts *parts)
{
    Span directory;
    guint64 at;
    guint32 count, n;

    if (file.n < 8 || memcmp (file.data + file.n - 4, "SEFT", 4) != 0)
        return;
    n = le32 (file.data + file.n - 8);
    if (n < 12 || n > file.n - 8)
        return;
    at = file.n - 8 - n;
    directory = span_slice (file, at, n);
    if (!span_starts (directory, "SEFH", 4))
        return;
    count = MIN (le32 (directory.data + 8), (directory.n - 12) / 12);
    for (guint32 i = 0; i < count; i++) {
        const guint8 *entry = directory.data + 12 + i * 12;
        guint32 before = le32 (entry + 4), length = le32 (entry + 8);
        guint32 name_bytes;
        Span block;
        if (le16 (entry + 2) != 0x0a30 || before > at || length < 8)
            continue;
        block = span_slice (file, at - before, MIN (length, before));
        if (block.n < 8 || le16 (block.data + 2) != 0x0a30)
            continue;
        name_bytes = le32 (block.data + 4);
        if (name_bytes > 64 || name_bytes + 8 >= block.n)
            continue;
        parts->motion_video = span_from (block, 8 + name_bytes);
        parts->motion_video_in_trailer = TRUE;
        return;
    }
}

gboolean
metadata_jpeg_walk (Span file, MetadataParts *parts)
{
    JpegJoin join = { 0 };
    gsize at = 2;

    if (!span_starts (file, "\xff\xd8", 2))
        return FALSE;
    parts->kind = "JPEG";
    join.resources = g_byte_array_new ();
    for (guint i = 0; i < MAX_SEGMENTS && at + 4 <= file.n; i++) {
        guint8 marker;
        guint16 length;
        if (file.data[at] != 0xff) { /* junk between segments: look for the next marker */
            const guint8 *next = memchr (file.data + at, 0xff, MIN (file.n - at, 65536));
            if (next == NULL)
                break;
            at = (gsize) (next - file.data);
            continue;
        }
        marker = file.data[at + 1];
        if (marker == 0xff) { /* a fill byte */
            at++;
            continue;
        }
        if (marker == 0x00 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
            at += 2; /* without a length */
            continue;
        }
        if (marker == 0xd9 || marker == 0xda)
            break;
        length = be16 (file.data + at + 2);
        if (length < 2)
            break;
        Span body = span_slice (file, at + 4, length - 2u);
        if (body.data == NULL)
            break;
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
            marker != 0xcc && body.n >= 6 && parts->width == 0) {
            parts->bits_per_sample = body.data[0];
            parts->bits_name = "BitsPerSample";
            parts->height = be16 (body.data + 1);
            parts->width = be16 (body.data + 3);
        } else {
            take_application (parts, &join, marker, body);
        }
        at += 2u + length;
    }
    finish_joins (parts, &join);
    find_samsung_trailer (file, parts);
    return TRUE;
}
