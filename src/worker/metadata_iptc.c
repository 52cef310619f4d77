/* metadata_iptc.c -- IPTC records, their digest, and the ICC profile
 *
 * Sources: IPTC-IIM 4.2, Photoshop image resources (1028 IPTC, 1061 its MD5), ICC.1:2022. */
#include "worker/metadata_iptc.h"
#include <string.h>

/* ---- IPTC ---- */

static const struct {
    guint8 dataset;
    const char *name;
    gboolean is_list;
} record2[] = {
    { 5, "ObjectName", FALSE },           { 25, "Keywords", TRUE },
    { 55, "DateCreated", FALSE },         { 60, "TimeCreated", FALSE },
    { 62, "DigitalCreationDate", FALSE }, { 63, "DigitalCreationTime", FALSE },
    { 120, "Caption-Abstract", FALSE },
};

/* '20220110' as '2022:01:10', '151544-0400' as '15:15:44-04:00'. */
static char *
spell_iptc_moment (const char *name, const char *text)
{
    gsize n = strlen (text);

    if (g_str_has_suffix (name, "Date") || strcmp (name, "DateCreated") == 0) {
        if (n == 8 && strspn (text, "0123456789") == 8)
            return g_strdup_printf ("%.4s:%.2s:%.2s", text, text + 4, text + 6);
    } else if (g_str_has_suffix (name, "Time") || strcmp (name, "TimeCreated") == 0) {
        if (n == 11 && strspn (text, "0123456789") == 6 && (text[6] == '+' || text[6] == '-'))
            return g_strdup_printf ("%.2s:%.2s:%.2s%.3s:%.2s", text, text + 2, text + 4, text + 6,
                                    text + 9);
        if (n == 6 && strspn (text, "0123456789") == 6)
            return g_strdup_printf ("%.2s:%.2s:%.2s", text, text + 2, text + 4);
    }
    return g_strdup (text);
}

static void
read_iim (Span data, MetadataTags *tags)
{
    gsize at = 0;

    for (guint i = 0; i < 65536 && data.n - at >= 5 && at < data.n; i++) {
        guint8 record = data.data[at + 1], dataset = data.data[at + 2];
        guint n = be16 (data.data + at + 3);
        Span value;
        if (data.data[at] != 0x1c)
            break;
        if (n & 0x8000) /* extended lengths are for objects, not for text */
            break;
        value = span_slice (data, at + 5, n);
        if (value.data == NULL)
            break;
        at += 5u + n;
        if (record != 2)
            continue;
        for (gsize k = 0; k < G_N_ELEMENTS (record2); k++) {
            g_autofree char *text = NULL;
            g_autofree char *spelt = NULL;
            if (record2[k].dataset != dataset)
                continue;
            text = metadata_text_clean ((const char *) value.data, (gssize) value.n);
            spelt = spell_iptc_moment (record2[k].name, text);
            if (record2[k].is_list)
                metadata_tags_append (tags, record2[k].name, spelt, -1);
            else
                metadata_tags_text (tags, record2[k].name, spelt, -1);
        }
    }
}

/* In TIFF the records are 32-bit numbers, which were turned if the file has its lowest byte first. */
static guint8 *
turn_words (Span iptc)
{
    guint8 *turned = g_memdup2 (iptc.data, iptc.n);

    for (gsize i = 0; i + 4 <= iptc.n; i += 4)
        for (gsize k = 0; k < 4; k++)
            turned[i + k] = iptc.data[i + 3 - k];
    return turned;
}

static gboolean
has_digest (Span iptc, const guint8 *digest)
{
    g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
    guint8 sum[16];
    gsize n_sum = sizeof sum;

    g_checksum_update (md5, iptc.data, (gssize) iptc.n);
    g_checksum_get_digest (md5, sum, &n_sum);
    return memcmp (sum, digest, sizeof sum) == 0;
}

gboolean
metadata_iptc_read (Span photoshop, Span iptc, MetadataTags *tags)
{
    g_autofree guint8 *turned = NULL;
    Span digest = { NULL, 0 };
    gsize at = 0;

    for (guint i = 0; i < 4096 && photoshop.n - at >= 12 && at < photoshop.n; i++) {
        guint16 id;
        gsize name, n;
        if (memcmp (photoshop.data + at, "8BIM", 4) != 0)
            break;
        id = be16 (photoshop.data + at + 4);
        name = (1u + photoshop.data[at + 6] + 1u) & ~(gsize) 1; /* counted, padded to even */
        if (photoshop.n - at < 6 + name + 4)
            break;
        n = be32 (photoshop.data + at + 6 + name);
        Span body = span_slice (photoshop, at + 10 + name, n);
        if (body.data == NULL)
            break;
        if (id == 0x0404 && iptc.data == NULL)
            iptc = body;
        else if (id == 0x0425 && n == 16)
            digest = body;
        at += 10 + name + n + (n & 1);
    }
    if (iptc.n == 0)
        return FALSE;
    if (iptc.n >= 4 && iptc.data[0] != 0x1c && iptc.data[3] == 0x1c) {
        turned = turn_words (iptc);
        iptc.data = turned;
    }
    read_iim (iptc, tags);
    if (digest.n != 16)
        return FALSE;
    /* whole 32-bit numbers have up to three bytes that are not counted */
    for (guint i = 0; i < 4 && iptc.n > i; i++) {
        if (has_digest ((Span){ iptc.data, iptc.n - i }, digest.data))
            return FALSE;
        if (iptc.data[iptc.n - i - 1] != 0)
            break;
    }
    return TRUE;
}

/* ---- ICC ---- */

/* As ExifTool spells the signatures of the makers that are met in photos. */
static const struct {
    char signature[5];
    const char *name;
} makers[] = {
    { "ADBE", "Adobe Systems Inc." },
    { "APPL", "Apple Computer Inc." },
    { "CANO", "Canon, Inc." },
    { "EPSO", "Seiko Epson Corporation" },
    { "GOOG", "Google" },
    { "HP  ", "Hewlett-Packard" },
    { "IEC ", "Hewlett-Packard" },
    { "KODA", "Kodak" },
    { "MSFT", "Microsoft Corporation" },
    { "NIKO", "Nikon Corporation" },
    { "NKON", "Nikon Corporation" },
    { "SONY", "SONY Corporation" },
    { "lcms", "Little CMS" },
};

static char *
read_icc_text (Span tag)
{
    if (span_starts (tag, "desc", 4) && tag.n >= 12) {
        guint32 n = be32 (tag.data + 8);
        Span text = span_slice (tag, 12, MIN (n, tag.n - 12));
        return metadata_text_clean ((const char *) text.data, (gssize) MIN (text.n, 1024));
    }
    if (span_starts (tag, "mluc", 4) && tag.n >= 28 && be32 (tag.data + 8) > 0) {
        guint32 n = be32 (tag.data + 20), from = be32 (tag.data + 24);
        Span text = span_slice (tag, from, MIN (n, 2048) & ~1u);
        if (text.data != NULL)
            return metadata_text_from_utf16 (text.data, text.n, TRUE);
    }
    return NULL;
}

void
metadata_icc_read (Span icc, MetadataTags *tags)
{
    guint32 n_tags;
    char signature[5] = "";

    if (icc.n < 132 || memcmp (icc.data + 36, "acsp", 4) != 0)
        return;
    memcpy (signature, icc.data + 48, 4);
    for (gsize i = 0; i < G_N_ELEMENTS (makers); i++)
        if (strcmp (signature, makers[i].signature) == 0)
            metadata_tags_text (tags, "DeviceManufacturer", makers[i].name, -1);
    if (strcmp (signature, "none") != 0 && signature[0] != '\0')
        metadata_tags_text (tags, "DeviceManufacturer", g_strchomp (signature), -1);

    n_tags = MIN (be32 (icc.data + 128), (icc.n - 132) / 12);
    for (guint32 i = 0; i < n_tags; i++) {
        const guint8 *entry = icc.data + 132 + i * 12;
        g_autofree char *text = NULL;
        if (memcmp (entry, "desc", 4) != 0)
            continue;
        text = read_icc_text (span_slice (icc, be32 (entry + 4), be32 (entry + 8)));
        if (text != NULL)
            metadata_tags_text (tags, "ProfileDescription", text, -1);
        return;
    }
}
