/* metadata_chunks.c -- the chunks of PNG, WebP and GIF files
 *
 * Sources: PNG third edition (W3C), the WebP container specification (Google), GIF89a. PNG may also
 * hold Exif, IPTC and XMP as hexadecimal text, an old habit of ImageMagick. Compressed chunks are
 * opened up to METADATA_BLOCK_BYTES. */
#include <string.h>
#include <zlib.h>
#include "worker/metadata_parts.h"

#define MAX_CHUNKS 65536
#define MAX_FRAMES 100000

/* ---- PNG ---- */

static GBytes *
inflate_span (Span packed)
{
    g_autoptr (GByteArray) out = g_byte_array_new ();
    z_stream z = { 0 };
    int status = Z_OK;

    if (packed.n == 0 || packed.n > METADATA_BLOCK_BYTES || inflateInit (&z) != Z_OK)
        return NULL;
    z.next_in = (Bytef *) packed.data;
    z.avail_in = (uInt) packed.n;
    while (status == Z_OK && out->len < METADATA_BLOCK_BYTES) {
        guint8 block[16384];
        z.next_out = block;
        z.avail_out = sizeof block;
        status = inflate (&z, Z_NO_FLUSH);
        g_byte_array_append (out, block, (guint) (sizeof block - z.avail_out));
        if (status == Z_OK && z.avail_in == 0 && z.avail_out != 0)
            break; /* cut short */
    }
    inflateEnd (&z);
    if (status != Z_STREAM_END)
        return NULL;
    return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

/* A 'Raw profile': line feed, name, line feed, length, line feed, hexadecimal digits. */
static Span
decode_raw_profile (MetadataParts *parts, Span text)
{
    gsize at = 0, n_lines = 0;
    GByteArray *out = NULL;
    int high = -1;

    while (at < text.n && n_lines < 3)
        if (text.data[at++] == '\n')
            n_lines++;
    if (n_lines < 3)
        return (Span){ NULL, 0 };
    out = g_byte_array_new ();
    for (; at < text.n; at++) {
        int digit = g_ascii_xdigit_value ((char) text.data[at]);
        if (digit < 0)
            continue;
        if (high < 0) {
            high = digit;
        } else {
            guint8 byte = (guint8) (high << 4 | digit);
            g_byte_array_append (out, &byte, 1);
            high = -1;
        }
    }
    return metadata_parts_own (parts, g_byte_array_free_to_bytes (out));
}

static gboolean
is_wanted (const char *key)
{
    return strcmp (key, "XML:com.adobe.xmp") == 0 || g_str_has_prefix (key, "Raw profile type ") ||
           strcmp (key, "Description") == 0;
}

static void
take_png_text (MetadataParts *parts, const char *key, Span value)
{
    if (strcmp (key, "XML:com.adobe.xmp") == 0) {
        metadata_parts_add_xmp (parts, value);
    } else if (strcmp (key, "Raw profile type xmp") == 0) {
        metadata_parts_add_xmp (parts, decode_raw_profile (parts, value));
    } else if (strcmp (key, "Raw profile type iptc") == 0) {
        parts->photoshop = decode_raw_profile (parts, value);
    } else if (strcmp (key, "Raw profile type exif") == 0 ||
               strcmp (key, "Raw profile type APP1") == 0) {
        Span profile = decode_raw_profile (parts, value);
        static const char xmp_id[] = "http://ns.adobe.com/xap/1.0/";
        if (span_starts (profile, xmp_id, sizeof xmp_id))
            metadata_parts_add_xmp (parts, span_from (profile, sizeof xmp_id));
        else if (parts->exif.data == NULL)
            parts->exif = span_starts (profile, "Exif\0", 5) ? span_from (profile, 6) : profile;
    } else if (strcmp (key, "Description") == 0 && parts->description == NULL && value.n <= 65536) {
        parts->description = g_strndup ((const char *) value.data, value.n);
    }
}

/* tEXt: key, NUL, text. zTXt: key, NUL, method, packed. iTXt: key, NUL, packed?, method, language,
 * NUL, translated key, NUL, text. */
static void
take_png_text_chunk (MetadataParts *parts, const char type[4], Span body)
{
    const guint8 *nul = body.n > 0 ? memchr (body.data, '\0', MIN (body.n, 80)) : NULL;
    const char *key = (const char *) body.data;
    gboolean packed = FALSE;
    gsize at;

    if (nul == NULL || !is_wanted (key) || !metadata_parts_has_room (parts))
        return;
    at = (gsize) (nul - body.data) + 1;
    if (type[0] == 'z') {
        packed = TRUE;
        at += 1;
    } else if (type[0] == 'i') {
        if (at + 2 > body.n)
            return;
        packed = body.data[at] != 0;
        at += 2;
        for (int i = 0; i < 2; i++) {
            nul = at < body.n ? memchr (body.data + at, '\0', body.n - at) : NULL;
            if (nul == NULL)
                return;
            at = (gsize) (nul - body.data) + 1;
        }
    }
    body = span_from (body, at);
    if (packed) {
        GBytes *text = inflate_span (body);
        if (text == NULL)
            return;
        body = metadata_parts_own (parts, text);
    }
    if (body.n > 0)
        take_png_text (parts, key, body);
}

gboolean
metadata_png_walk (Span file, MetadataParts *parts)
{
    gsize at = 8;
    guint n_frames = 0;
    double duration_s = 0;

    if (!span_starts (file, "\x89PNG\r\n\x1a\n", 8))
        return FALSE;
    parts->kind = "PNG";
    for (guint i = 0; i < MAX_CHUNKS && file.n - at >= 12 && at < file.n; i++) {
        guint32 n = be32 (file.data + at);
        const char *type = (const char *) file.data + at + 4;
        Span body = span_slice (file, at + 8, n);
        if (body.data == NULL || memcmp (type, "IEND", 4) == 0)
            break;
        if (memcmp (type, "IHDR", 4) == 0 && n >= 13) {
            parts->width = be32 (body.data);
            parts->height = be32 (body.data + 4);
            parts->bits_per_sample = body.data[8];
            parts->bits_name = "BitDepth";
        } else if (memcmp (type, "eXIf", 4) == 0 && parts->exif.data == NULL) {
            parts->exif = span_starts (body, "Exif\0", 5) ? span_from (body, 6) : body;
        } else if (memcmp (type, "iCCP", 4) == 0 && n > 2 && parts->icc.data == NULL) {
            const guint8 *nul = memchr (body.data, '\0', MIN (n, 80));
            GBytes *icc = NULL;
            if (nul != NULL)
                icc = inflate_span (span_from (body, (gsize) (nul - body.data) + 2));
            if (icc != NULL)
                parts->icc = metadata_parts_own (parts, icc);
        } else if (memcmp (type, "tEXt", 4) == 0 || memcmp (type, "zTXt", 4) == 0 ||
                   memcmp (type, "iTXt", 4) == 0) {
            take_png_text_chunk (parts, type, body);
        } else if (memcmp (type, "fcTL", 4) == 0 && n >= 26) {
            guint16 denominator = be16 (body.data + 22);
            n_frames++;
            duration_s += be16 (body.data + 20) / (denominator == 0 ? 100.0 : denominator);
        }
        at += 12 + (gsize) n;
    }
    if (n_frames > 1)
        parts->duration_s = duration_s;
    return TRUE;
}

/* ---- WebP ---- */

static guint32
le24 (const guint8 *p)
{
    return (guint32) p[2] << 16 | (guint32) p[1] << 8 | p[0];
}

gboolean
metadata_webp_walk (Span file, MetadataParts *parts)
{
    gsize at = 12;
    guint n_frames = 0;
    guint64 duration_ms = 0;

    if (!span_starts (file, "RIFF", 4) || file.n < 20 || memcmp (file.data + 8, "WEBP", 4) != 0)
        return FALSE;
    parts->kind = "WEBP";
    for (guint i = 0; i < MAX_CHUNKS && at < file.n && file.n - at >= 8; i++) {
        guint32 n = le32 (file.data + at + 4);
        const char *type = (const char *) file.data + at;
        Span body = span_slice (file, at + 8, n);
        if (body.data == NULL)
            break;
        if (memcmp (type, "VP8X", 4) == 0 && n >= 10) {
            parts->width = le24 (body.data + 4) + 1;
            parts->height = le24 (body.data + 7) + 1;
        } else if (memcmp (type, "VP8 ", 4) == 0 && n >= 10 && parts->width == 0) {
            parts->width = le16 (body.data + 6) & 0x3fff;
            parts->height = le16 (body.data + 8) & 0x3fff;
        } else if (memcmp (type, "VP8L", 4) == 0 && n >= 5 && parts->width == 0) {
            guint32 bits = le32 (body.data + 1);
            parts->width = (bits & 0x3fff) + 1;
            parts->height = ((bits >> 14) & 0x3fff) + 1;
        } else if (memcmp (type, "ICCP", 4) == 0) {
            parts->icc = body;
        } else if (memcmp (type, "EXIF", 4) == 0) {
            parts->exif = span_starts (body, "Exif\0", 5) ? span_from (body, 6) : body;
        } else if (memcmp (type, "XMP ", 4) == 0) {
            metadata_parts_add_xmp (parts, body);
        } else if (memcmp (type, "ANMF", 4) == 0 && n >= 16 && n_frames < MAX_FRAMES) {
            n_frames++;
            duration_ms += le24 (body.data + 12);
        }
        at += 8 + (gsize) n + (n & 1);
    }
    if (n_frames > 1)
        parts->duration_s = (double) duration_ms / 1000.0;
    return TRUE;
}

/* ---- GIF ---- */

/* Sub-blocks: a length, bytes, ..., a zero. @return where they end, 0 when cut short */
static gsize
skip_sub_blocks (Span file, gsize at)
{
    while (at < file.n && file.data[at] != 0)
        at += 1u + file.data[at];
    return at < file.n ? at + 1 : 0;
}

gboolean
metadata_gif_walk (Span file, MetadataParts *parts)
{
    gsize at = 13;
    guint n_frames = 0;
    guint64 delay_cs = 0, pending_cs = 0;

    if (!span_starts (file, "GIF87a", 6) && !span_starts (file, "GIF89a", 6))
        return FALSE;
    if (file.n < 13)
        return FALSE;
    parts->kind = "GIF";
    parts->width = le16 (file.data + 6);
    parts->height = le16 (file.data + 8);
    if (file.data[10] & 0x80)
        at += 3u << ((file.data[10] & 7) + 1);
    while (at != 0 && at < file.n && file.data[at] != 0x3b && n_frames < MAX_FRAMES) {
        if (file.data[at] == 0x2c) { /* an image */
            if (file.n - at < 11)
                break;
            gsize data = at + 10;
            if (file.data[at + 9] & 0x80)
                data += 3u << ((file.data[at + 9] & 7) + 1);
            n_frames++;
            delay_cs += pending_cs;
            pending_cs = 0;
            at = skip_sub_blocks (file, data + 1);
        } else if (file.data[at] == 0x21 && file.n - at >= 8) {
            guint8 label = file.data[at + 1];
            gsize end;
            if (label == 0xf9)
                pending_cs = le16 (file.data + at + 4);
            end = skip_sub_blocks (file, at + 2);
            if (label == 0xff && end != 0 && end - at > 14 + 258 &&
                memcmp (file.data + at + 3, "XMP DataXMP", 11) == 0)
                /* raw XMP, then 258 bytes that lead a block reader to the end */
                metadata_parts_add_xmp (parts, span_slice (file, at + 14, end - at - 14 - 258));
            at = end;
        } else {
            break;
        }
    }
    if (n_frames > 1)
        parts->duration_s = (double) delay_cs / 100.0;
    return TRUE;
}
