/* metadata_maker.c -- what makers of cameras wrote beside the standard
 *
 * Sources: the tag tables of the ExifTool documentation (Apple, Kodak, CanonRaw, APP12) and what the
 * files themselves show. */
#include "worker/metadata_maker.h"
#include <math.h>
#include <string.h>
#include "worker/metadata_exif.h"

/* ---- notes that Exiv2 decodes ---- */

static void
set_zone (MetadataTags *tags, int minutes)
{
    g_autofree char *text = NULL;

    if (minutes < -15 * 60 || minutes > 15 * 60)
        return;
    text = g_strdup_printf ("%c%02d:%02d", minutes < 0 ? '-' : '+', ABS (minutes) / 60,
                            ABS (minutes) % 60);
    metadata_tags_text (tags, "TimeZone", text, -1);
}

static void
read_zones (GExiv2Metadata *exif, MetadataTags *tags)
{
    double v[1];

    if (metadata_exif_numbers (exif, "Exif.NikonWt.Timezone", v, 1) == 1 && fabs (v[0]) < 1000) {
        set_zone (tags, (int) v[0]);
        if (metadata_exif_numbers (exif, "Exif.NikonWt.DaylightSavings", v, 1) == 1)
            metadata_tags_text (tags, "DaylightSavings", v[0] == 1 ? "Yes" : "No", -1);
    }
    if (metadata_exif_numbers (exif, "Exif.CanonTi.TimeZone", v, 1) == 1 && fabs (v[0]) < 1000)
        set_zone (tags, (int) v[0]); /* summer time is in it */
}

static void
read_canon (GExiv2Metadata *exif, MetadataTags *tags)
{
    double base[1], automatic[1];

    /* Old models gave no Exif sensitivity: base and gain are steps of 1/32 stop. */
    if (!gexiv2_metadata_try_has_tag (exif, "Exif.Photo.ISOSpeedRatings", NULL) &&
        metadata_exif_numbers (exif, "Exif.CanonSi.ISOSpeed", base, 1) == 1 &&
        metadata_exif_numbers (exif, "Exif.CanonSi.AutoISO", automatic, 1) == 1 && base[0] > 0 &&
        base[0] < 1000 && fabs (automatic[0]) < 1000)
        metadata_tags_integer (
            tags, "ISO",
            (gint64) round (exp2 (base[0] / 32) * 100 / 32 * exp2 (automatic[0] / 32)));
}

/* ---- Apple: 'Apple iOS', NUL, 0, 1, 'MM', a big-endian directory ---- */

static void
read_apple (Span note, MetadataTags *tags)
{
    static const struct {
        guint16 tag;
        const char *name;
    } known[] = {
        { 0x000b, "BurstUUID" },
        { 0x0011, "ContentIdentifier" }, /* of a live photo's two halves */
        { 0x0015, "ImageUniqueID" },
    };
    guint n_entries;

    if (!span_starts (note, "Apple iOS", 10) || note.n < 16)
        return;
    n_entries = be16 (note.data + 14);
    for (guint i = 0; i < n_entries; i++) {
        Span entry = span_slice (note, 16 + i * 12u, 12);
        guint32 n;
        Span text;
        if (entry.data == NULL)
            return;
        n = be32 (entry.data + 4);
        if (be16 (entry.data + 2) != 2) /* texts only */
            continue;
        text = n <= 4 ? span_slice (entry, 8, n) : span_slice (note, be32 (entry.data + 8), n);
        for (gsize k = 0; k < G_N_ELEMENTS (known); k++)
            if (known[k].tag == be16 (entry.data) && text.n > 0 && text.n <= 256)
                metadata_tags_text (tags, known[k].name, (const char *) text.data, (gssize) text.n);
    }
}

/* ---- Kodak of about 2000: no signature, big-endian fields at fixed places, the date first ---- */

static void
read_kodak (GExiv2Metadata *exif, Span note, MetadataTags *tags)
{
    g_autofree char *make = metadata_exif_text (exif, "Exif.Image.Make");
    g_autofree char *text = NULL;

    if (make == NULL || g_ascii_strncasecmp (make, "eastman kodak", 13) != 0 || note.n < 0x50)
        return;
    if (be16 (note.data + 0x0c) < 1995 || be16 (note.data + 0x0c) > 2010 ||
        !g_date_valid_dmy (note.data[0x0f], note.data[0x0e], be16 (note.data + 0x0c)))
        return;
    text = metadata_exposure_text (be32 (note.data + 0x38) / 1e5);
    metadata_tags_text (tags, "ExposureTime", text, -1);
    metadata_tags_number (tags, "FNumber", metadata_f_number (be16 (note.data + 0x3c) / 100.0));
    metadata_tags_integer (tags, "ISO", be16 (note.data + 0x4e));
}

void
metadata_maker_read (GExiv2Metadata *exif, MetadataTags *tags)
{
    g_autoptr (GBytes) note = NULL;
    Span span;

    read_zones (exif, tags);
    read_canon (exif, tags);
    if (!gexiv2_metadata_try_has_tag (exif, "Exif.Photo.MakerNote", NULL))
        return;
    note = gexiv2_metadata_try_get_tag_raw (exif, "Exif.Photo.MakerNote", NULL);
    if (note == NULL)
        return;
    span.data = g_bytes_get_data (note, &span.n);
    read_apple (span, tags);
    read_kodak (exif, span, tags);
}

/* ---- CIFF ---- */

#define CIFF_DEPTH 5
#define CIFF_ENTRIES 2000 /* of all heaps together, as one may contain itself */

/* A heap ends with the offset of its directory: a count, entries of type, length, offset. Types with
 * 0x4000 carry their value in the entry; 0x2800 and 0x3000 are heaps again. */
static void
read_ciff_heap (Span heap, guint depth, guint *budget, MetadataTags *tags)
{
    Span directory;
    guint n_entries;

    if (heap.n < 6 || depth > CIFF_DEPTH)
        return;
    directory = span_from (heap, le32 (heap.data + heap.n - 4));
    if (directory.n < 2)
        return;
    n_entries = le16 (directory.data);
    for (guint i = 0; i < n_entries; i++) {
        Span entry = span_slice (directory, 2 + i * 10u, 10);
        Span value;
        guint16 type;
        if (entry.data == NULL || *budget == 0)
            return;
        (*budget)--;
        type = le16 (entry.data);
        if ((type & 0xc000) == 0x4000)
            value = span_from (entry, 2);
        else
            value = span_slice (heap, le32 (entry.data + 6), le32 (entry.data + 2));
        switch (type & 0x3fff) {
        case 0x080a: { /* make, NUL, model, NUL */
            const guint8 *nul = value.n > 0 ? memchr (value.data, '\0', value.n) : NULL;
            metadata_tags_text (tags, "Make", (const char *) value.data, (gssize) value.n);
            if (nul != NULL) {
                Span model = span_from (value, (gsize) (nul - value.data) + 1);
                metadata_tags_text (tags, "Model", (const char *) model.data, (gssize) model.n);
            }
            break;
        }
        case 0x180e: /* seconds since 1970 on the camera's clock */
            if (value.n >= 4) {
                g_autoptr (GDateTime) moment = g_date_time_new_from_unix_utc (le32 (value.data));
                g_autofree char *text = g_date_time_format (moment, "%Y:%m:%d %H:%M:%S");
                metadata_tags_text (tags, "DateTimeOriginal", text, -1);
            }
            break;
        case 0x1029: /* kind of lens, focal length, ... */
            if (value.n >= 4)
                metadata_tags_integer (tags, "FocalLength", le16 (value.data + 2));
            break;
        default:
            if ((type & 0x3800) == 0x2800 || (type & 0x3800) == 0x3000)
                read_ciff_heap (value, depth + 1, budget, tags);
            break;
        }
    }
}

void
metadata_ciff_read (Span ciff, MetadataTags *tags)
{
    guint32 header;
    guint budget = CIFF_ENTRIES;

    if (ciff.n < 20 || !span_starts (ciff, "II", 2))
        return;
    header = le32 (ciff.data + 2);
    read_ciff_heap (span_from (ciff, header), 0, &budget, tags);
}

/* ---- picture info ---- */

void
metadata_picture_info_read (Span text, MetadataTags *tags)
{
    g_autofree char *clean = NULL;
    g_auto (GStrv) words = NULL;

    if (text.n == 0)
        return;
    clean = g_malloc0 (text.n + 1);
    for (gsize i = 0; i < text.n; i++) /* NULs stand between its parts */
        if (!g_ascii_isgraph (text.data[i]))
            clean[i] = ' ';
        else
            clean[i] = (char) text.data[i];
    words = g_strsplit (clean, " ", 1024);
    for (guint i = 0; words[i] != NULL; i++) {
        const char *equals = strchr (words[i], '=');
        const char *value = equals == NULL ? NULL : equals + 1;
        if (value == NULL || *value == '\0')
            continue;
        if (g_str_has_prefix (words[i], "TimeDate=")) {
            gint64 seconds = g_ascii_strtoll (value, NULL, 10);
            g_autoptr (GDateTime) moment = g_date_time_new_from_unix_utc (seconds);
            if (moment != NULL && seconds > 0) {
                g_autofree char *spelt = g_date_time_format (moment, "%Y:%m:%d %H:%M:%S");
                metadata_tags_text (tags, "DateTimeOriginal", spelt, -1);
            }
        } else if (g_str_has_prefix (words[i], "Shutter=")) {
            g_autofree char *exposure =
                metadata_exposure_text (g_ascii_strtod (value, NULL) * 1e-6);
            metadata_tags_text (tags, "ExposureTime", exposure, -1);
        } else if (g_str_has_prefix (words[i], "FNumber=") ||
                   g_str_has_prefix (words[i], "Fnumber=")) {
            if (*value == 'F')
                value++;
            metadata_tags_number (tags, "FNumber",
                                  metadata_f_number (g_ascii_strtod (value, NULL)));
        } else if (g_str_has_prefix (words[i], "FocalLength=")) {
            metadata_tags_number (tags, "FocalLength", g_ascii_strtod (value, NULL));
        }
    }
}
