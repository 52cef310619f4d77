/* metadata_parts.h -- the metadata blocks of a file, found but not yet understood
 *
 * The container readers walk the file as it lies in memory, check every length, and note where the
 * blocks are; nothing is copied unless it is compressed or scattered. A reader that meets damage stops
 * and keeps what it has. */
#pragma once
#include <glib.h>

typedef struct {
    const guint8 *data; /* NULL: none */
    gsize n;
} Span;

#define METADATA_BLOCK_BYTES (16u * 1024 * 1024) /* of one block after decompression or joining */
#define METADATA_MAX_XMP 8

typedef struct {
    const char *kind;       /* JPEG, PNG, WEBP, GIF, HEIF, JXL; NULL: unknown */
    gint64 width, height;   /* stored pixels; 0: unknown */
    gint64 bits_per_sample; /* 0: unknown */
    const char *bits_name; /* the ExifTool name of that: BitsPerSample, BitDepth, ImagePixelDepth */
    Span exif;             /* from the TIFF header on */
    Span xmp[METADATA_MAX_XMP]; /* the main packet first */
    guint n_xmp;
    Span photoshop; /* image resources: IPTC and its digest */
    Span iptc;      /* IIM records without image resources around them */
    Span icc;
    Span picture_info; /* JPEG APP12 of the nineties */
    Span ciff;         /* JPEG APP0 of early Canon cameras */
    char *description; /* PNG tEXt Description */
    gboolean has_irot;
    guint irot;        /* quarter turns anticlockwise of HEIF */
    double duration_s; /* of an animation; 0: none */
    Span motion_video; /* HEIF box mpvd, or the Samsung trailer of a JPEG */
    gboolean motion_video_in_trailer;
    GPtrArray *owned; /* (element GBytes) what spans point to, when it is not the file */
    gsize n_owned_bytes;
} MetadataParts;

void metadata_parts_init (MetadataParts *self);
void metadata_parts_clear (MetadataParts *self);
/** Whether another block may be unpacked or joined: there is a limit to all of them together. */
gboolean metadata_parts_has_room (const MetadataParts *self);
/** Keep @bytes as long as the parts; takes it. */
Span metadata_parts_own (MetadataParts *self, GBytes *bytes);
void metadata_parts_add_xmp (MetadataParts *self, Span packet);

/* Each looks whether the file is its kind and, if so, fills @parts. */
gboolean metadata_jpeg_walk (Span file, MetadataParts *parts);
gboolean metadata_png_walk (Span file, MetadataParts *parts);
gboolean metadata_webp_walk (Span file, MetadataParts *parts);
gboolean metadata_gif_walk (Span file, MetadataParts *parts);
gboolean metadata_heif_walk (Span file, MetadataParts *parts);
gboolean metadata_jxl_walk (Span file, MetadataParts *parts);

/* ---- reading numbers; the caller has checked that they are there ---- */

static inline guint16
be16 (const guint8 *p)
{
    return (guint16) (p[0] << 8 | p[1]);
}

static inline guint32
be32 (const guint8 *p)
{
    return (guint32) p[0] << 24 | (guint32) p[1] << 16 | (guint32) p[2] << 8 | p[3];
}

static inline guint64
be64 (const guint8 *p)
{
    return (guint64) be32 (p) << 32 | be32 (p + 4);
}

static inline guint16
le16 (const guint8 *p)
{
    return (guint16) (p[1] << 8 | p[0]);
}

static inline guint32
le32 (const guint8 *p)
{
    return (guint32) p[3] << 24 | (guint32) p[2] << 16 | (guint32) p[1] << 8 | p[0];
}

/** The part of @span from @from, @n long; an empty one when it does not lie inside. */
static inline Span
span_slice (Span span, guint64 from, guint64 n)
{
    if (span.data == NULL || from > span.n || n > span.n - from)
        return (Span){ NULL, 0 };
    return (Span){ span.data + from, (gsize) n };
}

/** What is left of @span from @from on. */
static inline Span
span_from (Span span, guint64 from)
{
    return from > span.n ? (Span){ NULL, 0 } : span_slice (span, from, span.n - from);
}

gboolean span_starts (Span span, const void *text, gsize n);
