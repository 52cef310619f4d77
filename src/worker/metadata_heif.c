/* metadata_heif.c -- the boxes of HEIF (HEIC, AVIF) and JPEG XL files
 *
 * Sources: ISO/IEC 14496-12 (boxes, item location), 23008-12 (items, properties), 18181-2 (JPEG XL).
 * Of HEIF we need: which item is the picture, its properties (size, rotation, depth, profile), and
 * where the Exif and XMP items are. Only items that lie in the file (construction method 0) or in the
 * item data box (1), in one extent, are taken. */
#include <brotli/decode.h>
#include <string.h>
#include "worker/metadata_parts.h"

#define MAX_BOXES 4096
#define MAX_ITEMS 4096
#define MAX_PROPERTIES 4096
#define MAX_SEARCHES 16 /* of items with metadata, each a walk over all locations */

typedef struct {
    char type[4];
    Span body; /* without the header */
} Box;

/* Take the next box from *@rest. FALSE at the end or at damage. */
static gboolean
next_box (Span *rest, Box *out)
{
    guint64 n, header = 8;

    if (rest->n < 8)
        return FALSE;
    n = be32 (rest->data);
    memcpy (out->type, rest->data + 4, 4);
    if (n == 1) {
        if (rest->n < 16)
            return FALSE;
        n = be64 (rest->data + 8);
        header = 16;
    } else if (n == 0) {
        n = rest->n; /* to the end */
    }
    if (n < header || n > rest->n)
        return FALSE;
    out->body = span_slice (*rest, header, n - header);
    *rest = span_from (*rest, n);
    return TRUE;
}

static gboolean
is_type (const Box *box, const char *type)
{
    return memcmp (box->type, type, 4) == 0;
}

/* ---- a reader that cannot leave its span ---- */

typedef struct {
    Span rest;
    gboolean bad;
} Reader;

static guint64
take (Reader *r, guint n_bytes)
{
    guint64 value = 0;

    if (n_bytes > r->rest.n) {
        r->bad = TRUE;
        return 0;
    }
    for (guint i = 0; i < n_bytes; i++)
        value = value << 8 | r->rest.data[i];
    r->rest = span_from (r->rest, n_bytes);
    return value;
}

/* ---- the meta box ---- */

typedef struct {
    Span file;
    Span pitm, iinf, iloc, iprp, idat;
} Meta;

static Span
find_item (const Meta *meta, guint32 id)
{
    Reader r = { meta->iloc, FALSE };
    guint8 version = (guint8) take (&r, 1);
    guint sizes, index_bytes;
    guint64 n_items;

    take (&r, 3);
    sizes = (guint) take (&r, 2);
    index_bytes = version == 1 || version == 2 ? sizes & 15 : 0;
    n_items = take (&r, version < 2 ? 2 : 4);
    if (version > 2)
        return (Span){ NULL, 0 };
    for (guint64 i = 0; i < MIN (n_items, MAX_ITEMS) && !r.bad; i++) {
        guint64 item = take (&r, version < 2 ? 2 : 4);
        guint method = version == 0 ? 0 : (guint) take (&r, 2) & 15;
        guint64 base, n_extents, offset = 0, length = 0;
        take (&r, 2); /* the data reference: this file */
        base = take (&r, sizes >> 4 & 15);
        n_extents = take (&r, 2);
        if (index_bytes == 0 && sizes >> 8 == 0)
            n_extents = 0; /* extents of no bytes: nothing to read, and no end to reading it */
        for (guint64 e = 0; e < n_extents && !r.bad; e++) {
            take (&r, index_bytes);
            offset = take (&r, sizes >> 12 & 15);
            length = take (&r, sizes >> 8 & 15);
        }
        if (r.bad || item != id)
            continue;
        if (n_extents != 1 || method > 1 || offset > G_MAXUINT64 - base)
            return (Span){ NULL, 0 };
        return span_slice (method == 0 ? meta->file : meta->idat, base + offset, length);
    }
    return (Span){ NULL, 0 };
}

/* An Exif item starts with the distance from its fifth byte to the TIFF header. */
static Span
strip_exif_header (Span item)
{
    guint32 skip;

    if (item.n < 8)
        return (Span){ NULL, 0 };
    skip = be32 (item.data);
    item = span_from (item, 4);
    item = span_from (item, skip);
    return span_starts (item, "Exif\0\0", 6) ? span_from (item, 6) : item;
}

static void
take_items (const Meta *meta, MetadataParts *parts)
{
    Reader r = { meta->iinf, FALSE };
    guint8 version = (guint8) take (&r, 1);
    guint n_searches = 0;
    Box box;

    take (&r, 3);
    take (&r, version == 0 ? 2 : 4); /* how many; the boxes say it themselves */
    for (guint i = 0;
         i < MAX_ITEMS && !r.bad && n_searches < MAX_SEARCHES && next_box (&r.rest, &box); i++) {
        Reader entry = { box.body, FALSE };
        guint8 entry_version;
        guint32 id;
        char type[5] = "";
        if (!is_type (&box, "infe"))
            continue;
        entry_version = (guint8) take (&entry, 1);
        take (&entry, 3);
        if (entry_version < 2)
            continue;
        id = (guint32) take (&entry, entry_version == 2 ? 2 : 4);
        take (&entry, 2);
        if (entry.bad || entry.rest.n < 4)
            continue;
        memcpy (type, entry.rest.data, 4);
        if (strcmp (type, "Exif") == 0 && parts->exif.data == NULL) {
            parts->exif = strip_exif_header (find_item (meta, id));
            n_searches++;
        } else if (strcmp (type, "mime") == 0) {
            Span names = span_from (entry.rest, 4);
            const guint8 *nul = names.n > 0 ? memchr (names.data, '\0', names.n) : NULL;
            if (nul != NULL && span_starts (span_from (names, (gsize) (nul - names.data) + 1),
                                            "application/rdf+xml", 19)) {
                metadata_parts_add_xmp (parts, find_item (meta, id));
                n_searches++;
            }
        }
    }
}

static void
take_property (const Box *box, MetadataParts *parts)
{
    Span body = box->body;

    if (is_type (box, "ispe") && body.n >= 12) {
        parts->width = be32 (body.data + 4);
        parts->height = be32 (body.data + 8);
    } else if (is_type (box, "irot") && body.n >= 1) {
        parts->has_irot = TRUE;
        parts->irot = body.data[0] & 3;
    } else if (is_type (box, "pixi") && body.n >= 6 && body.data[4] > 0) {
        parts->bits_per_sample = body.data[5];
        parts->bits_name = "ImagePixelDepth";
    } else if (is_type (box, "colr") &&
               (span_starts (body, "prof", 4) || span_starts (body, "rICC", 4))) {
        parts->icc = span_from (body, 4);
    }
}

/* The properties that the association box gives to the item @id. */
static void
take_properties (const Meta *meta, guint32 id, MetadataParts *parts)
{
    Span rest = meta->iprp;
    g_autofree Box *properties = g_new0 (Box, MAX_PROPERTIES);
    guint n_properties = 0;
    Box box;

    for (guint i = 0; i < MAX_BOXES && next_box (&rest, &box); i++) {
        if (is_type (&box, "ipco")) {
            Span inner = box.body;
            while (n_properties < MAX_PROPERTIES && next_box (&inner, &properties[n_properties]))
                n_properties++;
        } else if (is_type (&box, "ipma")) {
            Reader r = { box.body, FALSE };
            guint8 version = (guint8) take (&r, 1);
            gboolean wide = take (&r, 3) & 1;
            guint64 n_entries = take (&r, 4);
            for (guint64 e = 0; e < n_entries && !r.bad; e++) {
                guint64 item = take (&r, version == 0 ? 2 : 4);
                guint64 n = take (&r, 1);
                for (guint64 a = 0; a < n && !r.bad; a++) {
                    guint64 index = take (&r, wide ? 2 : 1) & (wide ? 0x7fff : 0x7f);
                    if (item == id && !r.bad && index >= 1 && index <= n_properties)
                        take_property (&properties[index - 1], parts);
                }
            }
        }
    }
    /* of a picture made of tiles the profile may be given to the tiles only */
    for (guint i = 0; parts->icc.data == NULL && i < n_properties; i++)
        if (is_type (&properties[i], "colr"))
            take_property (&properties[i], parts);
}

static void
take_meta (Span file, Span body, MetadataParts *parts)
{
    Meta meta = { .file = file };
    Span rest = span_from (body, 4); /* version and flags */
    guint32 primary = 0;
    Box box;

    for (guint i = 0; i < MAX_BOXES && next_box (&rest, &box); i++) {
        if (is_type (&box, "pitm"))
            meta.pitm = box.body;
        else if (is_type (&box, "iinf"))
            meta.iinf = box.body;
        else if (is_type (&box, "iloc"))
            meta.iloc = box.body;
        else if (is_type (&box, "iprp"))
            meta.iprp = box.body;
        else if (is_type (&box, "idat"))
            meta.idat = box.body;
    }
    if (meta.pitm.n >= 6)
        primary = meta.pitm.data[0] == 0 ? be16 (meta.pitm.data + 4)
                  : meta.pitm.n >= 8     ? be32 (meta.pitm.data + 4)
                                         : 0;
    if (meta.iinf.n > 0 && meta.iloc.n > 0)
        take_items (&meta, parts);
    take_properties (&meta, primary, parts);
}

/* The length of an image sequence: moov/mvhd. */
static void
take_movie (Span body, MetadataParts *parts)
{
    Box box;

    for (guint i = 0; i < MAX_BOXES && next_box (&body, &box); i++) {
        Reader r = { box.body, FALSE };
        guint8 version;
        guint64 scale, duration;
        if (!is_type (&box, "mvhd"))
            continue;
        version = (guint8) take (&r, 1);
        take (&r, 3);
        for (int k = 0; k < 2; k++) /* created, changed */
            take (&r, version == 1 ? 8 : 4);
        scale = take (&r, 4);
        duration = take (&r, version == 1 ? 8 : 4);
        if (!r.bad && scale > 0 && duration < (version == 1 ? G_MAXUINT64 : G_MAXUINT32))
            parts->duration_s = (double) duration / (double) scale;
        return;
    }
}

static gboolean
is_image_brand (const guint8 *brand)
{
    static const char *const brands[] = { "heic", "heix", "hevc", "hevx", "heim", "heis",
                                          "hevm", "hevs", "mif1", "msf1", "avif", "avis",
                                          "mif2", "jpeg", "avci", "j2ki" };

    for (gsize i = 0; i < G_N_ELEMENTS (brands); i++)
        if (memcmp (brand, brands[i], 4) == 0)
            return TRUE;
    return FALSE;
}

gboolean
metadata_heif_walk (Span file, MetadataParts *parts)
{
    Span rest = file;
    gboolean is_sequence;
    Box box;

    if (!next_box (&rest, &box) || !is_type (&box, "ftyp") || box.body.n < 8 ||
        !is_image_brand (box.body.data))
        return FALSE;
    parts->kind = "HEIF";
    is_sequence = memcmp (box.body.data, "avis", 4) == 0 ||
                  memcmp (box.body.data, "hevc", 4) == 0 || memcmp (box.body.data, "msf1", 4) == 0;
    for (guint i = 0; i < MAX_BOXES && next_box (&rest, &box); i++) {
        if (is_type (&box, "meta"))
            take_meta (file, box.body, parts);
        else if (is_type (&box, "moov") && is_sequence)
            take_movie (box.body, parts);
        else if (is_type (&box, "mpvd"))
            parts->motion_video = box.body;
    }
    return TRUE;
}

/* ---- JPEG XL ---- */

/* Bits of a codestream, least significant first. */
typedef struct {
    Span data;
    gsize at; /* in bits */
    gboolean bad;
} Bits;

static guint32
take_bits (Bits *bits, guint n)
{
    guint32 value = 0;

    for (guint i = 0; i < n; i++, bits->at++) {
        if (bits->at / 8 >= bits->data.n) {
            bits->bad = TRUE;
            return 0;
        }
        value |= (guint32) (bits->data.data[bits->at / 8] >> (bits->at % 8) & 1) << i;
    }
    return value;
}

static guint32
take_jxl_side (Bits *bits)
{
    static const guint8 widths[] = { 9, 13, 18, 30 };

    return take_bits (bits, widths[take_bits (bits, 2)]) + 1;
}

/* 18181-1 section D: the size, then as much of the image metadata as tells depth. */
static void
take_jxl_header (Span codestream, MetadataParts *parts)
{
    static const guint32 ratios[8][2] = { { 0, 0 }, { 1, 1 },  { 12, 10 }, { 4, 3 },
                                          { 3, 2 }, { 16, 9 }, { 5, 4 },   { 2, 1 } };
    Bits bits = { .data = span_from (codestream, 2) };
    gboolean small, all_default, extra = FALSE;
    guint64 width, height;
    guint ratio;

    small = take_bits (&bits, 1);
    height = small ? (take_bits (&bits, 5) + 1) * 8 : take_jxl_side (&bits);
    ratio = take_bits (&bits, 3);
    if (ratio != 0)
        width = height * ratios[ratio][0] / ratios[ratio][1];
    else
        width = small ? (take_bits (&bits, 5) + 1) * 8 : take_jxl_side (&bits);
    if (bits.bad)
        return;
    parts->width = (gint64) width;
    parts->height = (gint64) height;

    all_default = take_bits (&bits, 1);
    if (all_default) {
        parts->bits_per_sample = 8;
    } else {
        extra = take_bits (&bits, 1);
        if (extra) /* orientation, intrinsic size, preview, animation: depth lies behind */
            return;
        if (take_bits (&bits, 1)) { /* floating point */
            static const guint8 depths[] = { 32, 16, 24 };
            guint choice = take_bits (&bits, 2);
            parts->bits_per_sample = choice < 3 ? depths[choice] : take_bits (&bits, 6) + 1;
        } else {
            static const guint8 depths[] = { 8, 10, 12 };
            guint choice = take_bits (&bits, 2);
            parts->bits_per_sample = choice < 3 ? depths[choice] : take_bits (&bits, 6) + 1;
        }
    }
    if (bits.bad)
        parts->bits_per_sample = 0;
    parts->bits_name = "BitsPerSample";
}

static Span
unpack_brotli (MetadataParts *parts, Span packed)
{
    BrotliDecoderState *state = BrotliDecoderCreateInstance (NULL, NULL, NULL);
    GByteArray *out = g_byte_array_new ();
    const guint8 *in = packed.data;
    size_t n_in = packed.n;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;

    while (state != NULL && result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT &&
           out->len < METADATA_BLOCK_BYTES) {
        guint8 block[16384];
        guint8 *to = block;
        size_t n_out = sizeof block;
        result = BrotliDecoderDecompressStream (state, &n_in, &in, &n_out, &to, NULL);
        g_byte_array_append (out, block, (guint) (sizeof block - n_out));
    }
    BrotliDecoderDestroyInstance (state);
    if (result != BROTLI_DECODER_RESULT_SUCCESS)
        g_byte_array_set_size (out, 0);
    return metadata_parts_own (parts, g_byte_array_free_to_bytes (out));
}

gboolean
metadata_jxl_walk (Span file, MetadataParts *parts)
{
    static const guint8 signature[] = { 0, 0, 0, 12, 'J', 'X', 'L', ' ', 13, 10, 0x87, 10 };
    Span rest;
    Box box;

    if (span_starts (file, "\xff\x0a", 2)) {
        parts->kind = "JXL";
        take_jxl_header (file, parts);
        return TRUE;
    }
    if (!span_starts (file, signature, sizeof signature))
        return FALSE;
    parts->kind = "JXL";
    rest = span_from (file, sizeof signature);
    for (guint i = 0; i < MAX_BOXES && next_box (&rest, &box); i++) {
        Span body = box.body;
        if (is_type (&box, "brob") && body.n > 4) {
            memcpy (box.type, body.data, 4);
            if ((!is_type (&box, "Exif") && !is_type (&box, "xml ")) ||
                !metadata_parts_has_room (parts))
                continue;
            body = unpack_brotli (parts, span_from (body, 4));
        }
        if (is_type (&box, "jxlc") && span_starts (body, "\xff\x0a", 2))
            take_jxl_header (body, parts);
        else if (is_type (&box, "jxlp") && parts->width == 0 && body.n > 6 &&
                 span_starts (span_from (body, 4), "\xff\x0a", 2))
            take_jxl_header (span_from (body, 4), parts);
        else if (is_type (&box, "Exif") && parts->exif.data == NULL)
            parts->exif = strip_exif_header (body);
        else if (is_type (&box, "xml "))
            metadata_parts_add_xmp (parts, body);
    }
    return TRUE;
}
