/* metadata_fixtures.c -- files made by tests of the metadata reader, and reading them */
#include "worker/metadata_fixtures.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "worker/metadata.h"

void
put (GByteArray *out, const void *bytes, gsize n)
{
    g_byte_array_append (out, bytes, (guint) n);
}

void
put_text (GByteArray *out, const char *text)
{
    put (out, text, strlen (text));
}

void
put_be (GByteArray *out, guint64 value, guint n_bytes)
{
    while (n_bytes-- > 0) {
        guint8 byte = (guint8) (value >> (n_bytes * 8));
        put (out, &byte, 1);
    }
}

void
put_le (GByteArray *out, guint64 value, guint n_bytes)
{
    for (guint i = 0; i < n_bytes; i++) {
        guint8 byte = (guint8) (value >> (i * 8));
        put (out, &byte, 1);
    }
}

/* A big-endian TIFF: directories one after the other, values behind each. */
typedef struct {
    guint16 tag, type; /* 2 text, 3 short, 4 long, 5 rational, 7 bytes */
    guint32 count;
    const void *text;   /* types 2 and 7 */
    guint32 numbers[6]; /* others; rationals in pairs */
} Entry;

static guint
entry_bytes (const Entry *entry)
{
    static const guint8 sizes[] = { 0, 1, 1, 2, 4, 8, 1, 1 };

    return sizes[entry->type] * entry->count;
}

/* Append a directory at the place that @out has reached, counted from @tiff_start. */
static void
put_directory (GByteArray *out, gsize tiff_start, const Entry *entries, guint n)
{
    gsize values = out->len - tiff_start + 2 + n * 12u + 4;

    put_be (out, n, 2);
    for (guint i = 0; i < n; i++) {
        guint size = entry_bytes (&entries[i]);
        put_be (out, entries[i].tag, 2);
        put_be (out, entries[i].type, 2);
        put_be (out, entries[i].count, 4);
        if (size > 4) {
            put_be (out, values, 4);
            values += size;
        } else if (entries[i].type == 2 || entries[i].type == 7) {
            put (out, entries[i].text, size);
            put_be (out, 0, 4 - size);
        } else if (entries[i].type == 3) {
            put_be (out, entries[i].numbers[0], 2);
            put_be (out, entries[i].numbers[1], 2);
        } else {
            put_be (out, entries[i].numbers[0], 4);
        }
    }
    put_be (out, 0, 4);
    for (guint i = 0; i < n; i++) {
        if (entry_bytes (&entries[i]) <= 4)
            continue;
        if (entries[i].type == 2 || entries[i].type == 7)
            put (out, entries[i].text, entries[i].count);
        else
            for (guint k = 0; k < entries[i].count * (entries[i].type == 5 ? 2 : 1); k++)
                put_be (out, entries[i].numbers[k], 4);
    }
}

#define TEXT_ENTRY(tag, text)                                                                      \
    {                                                                                              \
        tag, 2, sizeof text, text,                                                                 \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* Camera, moment and position. The Apple maker note holds a content identifier. */
GByteArray *
make_tiff (void)
{
    static const char note[] = "Apple iOS\0\0\1MM"
                               "\0\1"
                               "\0\x11\0\2\0\0\0\x6\0\0\0\x1e"
                               "\0\0"
                               "LIVE1\0";
    const Entry exif[] = {
        { 0x829a, 5, 1, NULL, { 1, 350 } },
        { 0x829d, 5, 1, NULL, { 185, 100 } },
        { 0x8827, 3, 1, NULL, { 400 } },
        TEXT_ENTRY (0x9003, "2020:07:01 12:00:00"),
        TEXT_ENTRY (0x9011, "+05:30"),
        TEXT_ENTRY (0x9291, "1234"),
        { 0x927c, 7, sizeof note - 1, note, { 0 } },
        { 0xa001, 3, 1, NULL, { 1 } },
        TEXT_ENTRY (0xa434, "Tele 24.0-70.0 mm f/2.8"),
    };
    const Entry gps[] = {
        TEXT_ENTRY (0x0001, "S"),
        { 0x0002, 5, 3, NULL, { 33, 1, 30, 1, 0, 1 } },
        TEXT_ENTRY (0x0003, "E"),
        { 0x0004, 5, 3, NULL, { 151, 1, 15, 1, 36, 1 } },
        { 0x0007, 5, 3, NULL, { 6, 1, 30, 1, 105, 10 } },
        TEXT_ENTRY (0x001d, "2020:07:01"),
    };
    Entry root[] = {
        TEXT_ENTRY (0x010e, "caf\xe9"), /* Latin-1 */
        TEXT_ENTRY (0x010f, " Maker  "), TEXT_ENTRY (0x0110, "Model"),
        { 0x0112, 3, 1, NULL, { 6 } },   { 0x8769, 4, 1, NULL, { 0 } },
        { 0x8825, 4, 1, NULL, { 0 } },
    };
    GByteArray *tiff = g_byte_array_new ();

    for (int pass = 0; pass < 2; pass++) { /* the second one knows the offsets */
        g_byte_array_set_size (tiff, 0);
        put (tiff, "MM\0\x2a\0\0\0\x8", 8);
        put_directory (tiff, 0, root, G_N_ELEMENTS (root));
        root[4].numbers[0] = tiff->len;
        put_directory (tiff, 0, exif, G_N_ELEMENTS (exif));
        root[5].numbers[0] = tiff->len;
        put_directory (tiff, 0, gps, G_N_ELEMENTS (gps));
    }
    return tiff;
}

void
put_segment (GByteArray *jpeg, guint8 marker, const void *id, gsize id_bytes, const void *bytes,
             gsize n)
{
    const guint8 head[] = { 0xff, marker };

    put (jpeg, head, 2);
    put_be (jpeg, 2 + id_bytes + n, 2);
    put (jpeg, id, id_bytes);
    put (jpeg, bytes, n);
}

#define XMP_ID "http://ns.adobe.com/xap/1.0/"

/* A JPEG of 640x480 without picture; any part may be missing. */
GByteArray *
make_jpeg (GByteArray *tiff, const char *xmp, GByteArray *photoshop)
{
    GByteArray *jpeg = g_byte_array_new ();
    static const guint8 frame[] = { 8, 1, 0xe0, 2, 0x80, 1, 1, 0x11, 0 };

    put (jpeg, "\xff\xd8", 2);
    if (tiff != NULL)
        put_segment (jpeg, 0xe1, "Exif\0\0", 6, tiff->data, tiff->len);
    if (xmp != NULL)
        put_segment (jpeg, 0xe1, XMP_ID, sizeof XMP_ID, xmp, strlen (xmp));
    if (photoshop != NULL)
        put_segment (jpeg, 0xed, "Photoshop 3.0", 14, photoshop->data, photoshop->len);
    put_segment (jpeg, 0xc0, "", 0, frame, sizeof frame);
    put (jpeg, "\xff\xda\0\2\xff\xd9", 6);
    return jpeg;
}

char *
make_xmp (const char *body)
{
    return g_strdup_printf (
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>"
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'"
        " xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/'"
        " xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' "
        " xmlns:tiff='http://ns.adobe.com/tiff/1.0/'"
        " xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'"
        " xmlns:digiKam='http://www.digikam.org/ns/1.0/'"
        " xmlns:GCamera='http://ns.google.com/photos/1.0/camera/'"
        " xmlns:Container='http://ns.google.com/photos/1.0/container/'"
        " xmlns:Item='http://ns.google.com/photos/1.0/container/item/'"
        " xmlns:mwg-rs='http://www.metadataworkinggroup.com/schemas/regions/'"
        " xmlns:stDim='http://ns.adobe.com/xap/1.0/sType/Dimensions#'"
        " xmlns:stArea='http://ns.adobe.com/xmp/sType/Area#'>"
        "%s</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>",
        body);
}

void
put_box (GByteArray *out, const char *type, const GByteArray *body)
{
    put_be (out, 8 + body->len, 4);
    put_text (out, type);
    put (out, body->data, body->len);
}

GByteArray *
make_heif (gboolean with_video)
{
    g_autoptr (GByteArray) tiff = make_tiff ();
    g_autoptr (GByteArray) ftyp = g_byte_array_new ();
    GByteArray *file = g_byte_array_new ();

    put_text (ftyp, "heic");
    put_be (ftyp, 0, 4);
    put_text (ftyp, "mif1heic");
    for (gsize exif_at = 0, pass = 0; pass < 2; pass++) {
        g_autoptr (GByteArray) meta = g_byte_array_new ();
        g_autoptr (GByteArray) body = g_byte_array_new ();
        g_autoptr (GByteArray) inner = g_byte_array_new ();
        g_autoptr (GByteArray) ipco = g_byte_array_new ();

        g_byte_array_set_size (file, 0);
        put_box (file, "ftyp", ftyp);
        put_be (meta, 0, 4);
        put_be (body, 0, 4);
        put_be (body, 1, 2);
        put_box (meta, "pitm", body); /* the picture is item 1 */

        g_byte_array_set_size (body, 0);
        put_be (body, 0, 4);
        put_be (body, 2, 2);
        for (guint id = 1; id <= 2; id++) {
            g_byte_array_set_size (inner, 0);
            put_be (inner, 2 << 24, 4);
            put_be (inner, id, 2);
            put_be (inner, 0, 2);
            put_text (inner, id == 1 ? "hvc1" : "Exif");
            put_be (inner, 0, 1);
            put_box (body, "infe", inner);
        }
        put_box (meta, "iinf", body);

        g_byte_array_set_size (body, 0);
        put_be (body, 0, 4);
        put_be (body, 0x4400, 2);
        put_be (body, 1, 2);
        put_be (body, 2, 2); /* item */
        put_be (body, 0, 2);
        put_be (body, 1, 2);
        put_be (body, exif_at, 4);
        put_be (body, 4 + tiff->len, 4);
        put_box (meta, "iloc", body);

        g_byte_array_set_size (inner, 0);
        put_be (inner, 0, 4);
        put_be (inner, 4032, 4);
        put_be (inner, 3024, 4);
        put_box (ipco, "ispe", inner);
        g_byte_array_set_size (inner, 0);
        put_be (inner, 3, 1);
        put_box (ipco, "irot", inner);
        g_byte_array_set_size (inner, 0);
        put_be (inner, 0, 4);
        put_be (inner, 0x030a0a0a, 4);
        put_box (ipco, "pixi", inner);
        g_byte_array_set_size (body, 0);
        put_box (body, "ipco", ipco);
        g_byte_array_set_size (inner, 0);
        put_be (inner, 0, 4);
        put_be (inner, 1, 4);
        put_be (inner, 1, 2);
        put_be (inner, 0x03818203, 4); /* three properties, two essential */
        put_box (body, "ipma", inner);
        put_box (meta, "iprp", body);

        put_box (file, "meta", meta);
        exif_at = file->len + 8;
        g_byte_array_set_size (body, 0);
        put_be (body, 0, 4);
        put (body, tiff->data, tiff->len);
        put_box (file, "mdat", body);
        if (with_video) {
            g_byte_array_set_size (body, 0);
            put_text (body, "a film");
            put_box (file, "mpvd", body);
        }
    }
    return file;
}

static void
put_iptc (GByteArray *iptc, guint8 dataset, const char *text)
{
    put_be (iptc, 0x1c02, 2);
    put_be (iptc, dataset, 1);
    put_be (iptc, strlen (text), 2);
    put_text (iptc, text);
}

GByteArray *
make_photoshop (gboolean changed_since)
{
    g_autoptr (GByteArray) iptc = g_byte_array_new ();
    g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
    GByteArray *out = g_byte_array_new ();
    guint8 digest[16];
    gsize n = sizeof digest;

    put_iptc (iptc, 25, "iptc");
    put_iptc (iptc, 55, "20220110");
    put_iptc (iptc, 60, "151544-0400");
    put_iptc (iptc, 120, "IPTC caption");
    g_checksum_update (md5, iptc->data, iptc->len);
    g_checksum_get_digest (md5, digest, &n);
    digest[0] ^= changed_since;
    put_text (out, "8BIM");
    put_be (out, 0x04040000, 4);
    put_be (out, iptc->len, 4);
    put (out, iptc->data, iptc->len);
    put_be (out, 0, iptc->len & 1);
    put_text (out, "8BIM");
    put_be (out, 0x04250000, 4);
    put_be (out, 16, 4);
    put (out, digest, 16);
    return out;
}

/* ---- reading them ---- */

static int
open_bytes (const void *bytes, gsize n)
{
    int fd = memfd_create ("test", MFD_CLOEXEC);

    g_assert_cmpint (fd, >=, 0);
    g_assert_cmpint (write (fd, bytes, n), ==, (gssize) n);
    return fd;
}

json_t *
read_both (const void *bytes, gsize n, const void *sidecar, gsize n_sidecar, const char *extension)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    int fd = open_bytes (bytes, n);
    int sidecar_fd = sidecar == NULL ? -1 : open_bytes (sidecar, n_sidecar);
    json_t *root;

    g_assert_true (metadata_read (fd, sidecar_fd, extension, text, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (text->len, <=, METADATA_JSON_BYTES);
    root = json_loadb (text->str, text->len, 0, NULL);
    g_assert_true (json_is_object (root));
    close (fd);
    if (sidecar_fd >= 0)
        close (sidecar_fd);
    return root;
}

/* Takes the bytes. @return (transfer full) the tags of the file */
json_t *
read_file (GByteArray *file)
{
    json_t *root = read_both (file->data, file->len, NULL, 0, NULL);
    json_t *tags = json_incref (json_object_get (root, "file"));

    json_decref (root);
    g_byte_array_unref (file);
    return tags;
}

const char *
text_of (const json_t *tags, const char *name)
{
    return json_string_value (json_object_get (tags, name));
}

double
number_of (const json_t *tags, const char *name)
{
    g_assert_true (json_is_number (json_object_get (tags, name)));
    return json_number_value (json_object_get (tags, name));
}
