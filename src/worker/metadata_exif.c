/* metadata_exif.c -- Exif tags, with the help of Exiv2
 *
 * Exiv2 decodes the TIFF structure and the maker notes it knows; what it does not know (Apple, Kodak)
 * is in metadata_maker.c. Source: Exif 2.32; the print forms are those of ExifTool. */
#include "worker/metadata_exif.h"
#include <math.h>
#include <string.h>
#include "worker/metadata_maker.h"

/* A little-endian TIFF with one tag that nobody reads, the resolution unit; Exiv2 refuses an empty
 * directory. */
static const guint8 empty_tiff[32] = { 'I',  'I', 42, 0, 8, 0, 0, 0, 1, 0,
                                       0x28, 1,   3,  0, 1, 0, 0, 0, 2 };

static void
drop_log (const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data)
{
    /* Exiv2 grumbles about every damaged file, which is no news about hostile input. */
}

void
metadata_exiv2_init (void)
{
    static gsize done = 0;
    static const struct {
        const char *uri, *prefix;
    } namespaces[] = {
        /* Exiv2 keeps the prefix that it meets first; registering makes the keys certain. */
        { "http://ns.google.com/photos/1.0/camera/", "GCamera" },
        { "http://ns.google.com/photos/1.0/container/", "Container" },
        { "http://ns.google.com/photos/1.0/container/item/", "Item" },
        { "http://ns.adobe.com/pdf/1.3/", "pdf" },
        { "http://cipa.jp/exif/1.0/", "exifEX" },
    };

    if (!g_once_init_enter (&done))
        return;
    g_log_set_handler ("GExiv2", G_LOG_LEVEL_MASK, drop_log, NULL);
    gexiv2_initialize ();
    gexiv2_log_set_level (GEXIV2_LOG_LEVEL_MUTE);
    for (gsize i = 0; i < G_N_ELEMENTS (namespaces); i++)
        gexiv2_metadata_try_register_xmp_namespace (namespaces[i].uri, namespaces[i].prefix, NULL);
    g_once_init_leave (&done, 1);
}

/* Exiv2 tries every reader it has, those for films too, which can be kept busy for ever by a small
 * file. So it only gets what begins like something that we want it for. */
static gboolean
is_known (Span data)
{
    static const struct {
        gsize offset, n;
        const char *bytes;
    } starts[] = {
        { 0, 4, "II\x2a\0" },    { 0, 4, "MM\0\x2a" },       /* TIFF and most RAW files */
        { 0, 4, "IIRO" },        { 0, 4, "IIRS" },           /* Olympus */
        { 0, 4, "MMOR" },        { 0, 4, "IIU\0" },          /* Olympus, Panasonic */
        { 0, 8, "FUJIFILM" },    { 0, 4, "\0MRM" },          /* Fujifilm, Minolta */
        { 6, 8, "HEAPCCDR" },    { 4, 8, "ftypcrx " },       /* Canon */
        { 0, 4, "8BPS" },        { 4, 8, "jP  \r\n\x87\n" }, /* Photoshop, JPEG 2000 */
        { 0, 5, "<?xml" },       { 0, 9, "<?xpacket" },      /* XMP */
        { 0, 10, "<x:xmpmeta" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
        if (span_starts (span_from (data, starts[i].offset), starts[i].bytes, starts[i].n))
            return TRUE;
    return FALSE;
}

/* A Fujifilm file tells from byte 84 on where its parts lie, each by offset and length. Exiv2 adds the two, and
 * throws what nobody catches when the sum has more than 32 bits. */
static gboolean
has_parts_beyond (Span data)
{
    if (!span_starts (data, "FUJIFILM", 8))
        return FALSE;
    for (gsize at = 84; at <= 100 && at + 8 <= data.n; at += 8)
        if ((guint64) be32 (data.data + at) + be32 (data.data + at + 4) > G_MAXUINT32)
            return TRUE;
    return FALSE;
}

GExiv2Metadata *
metadata_exiv2_open (Span data)
{
    g_autoptr (GExiv2Metadata) metadata = NULL;

    if (!is_known (data) || has_parts_beyond (data))
        return NULL;
    metadata = gexiv2_metadata_new ();
    if (!gexiv2_metadata_open_buf (metadata, data.data, (glong) data.n, NULL))
        return NULL;
    return g_steal_pointer (&metadata);
}

GExiv2Metadata *
metadata_exiv2_new (void)
{
    return metadata_exiv2_open ((Span){ empty_tiff, sizeof empty_tiff });
}

char *
metadata_exif_text (GExiv2Metadata *exif, const char *key)
{
    if (!gexiv2_metadata_try_has_tag (exif, key, NULL))
        return NULL;
    return gexiv2_metadata_try_get_tag_string (exif, key, NULL);
}

guint
metadata_exif_numbers (GExiv2Metadata *exif, const char *key, double *out, guint max)
{
    g_autofree char *text = metadata_exif_text (exif, key);
    const char *at = text;
    guint n = 0;

    while (at != NULL && n < max) {
        char *end = NULL;
        double value = g_ascii_strtod (at, &end);
        if (end == at)
            break;
        if (*end == '/') {
            at = end + 1;
            double divisor = g_ascii_strtod (at, &end);
            if (end == at)
                break;
            value /= divisor; /* by 0: infinite or not a number, which callers drop */
        }
        out[n++] = value;
        at = end;
    }
    return n;
}

char *
metadata_exposure_text (double seconds)
{
    char buffer[64];

    if (!isfinite (seconds) || seconds < 0 || seconds > 1e7)
        return NULL;
    if (seconds > 0 && seconds < 0.25001 && 1 / seconds < 1e9)
        return g_strdup_printf ("1/%d", (int) (0.5 + 1 / seconds));
    g_snprintf (buffer, sizeof buffer, "%.1f", seconds);
    if (g_str_has_suffix (buffer, ".0"))
        buffer[strlen (buffer) - 2] = '\0';
    return g_strdup (buffer);
}

double
metadata_f_number (double value)
{
    double unit = value >= 1 ? 10 : 100;
    char buffer[64];

    if (!isfinite (value) || value <= 0 || value > 1e6)
        return value;
    /* printf rounds the binary value, as ExifTool's print form does; scaling would not */
    g_snprintf (buffer, sizeof buffer, unit == 10 ? "%.1f" : "%.2f", value);
    return g_ascii_strtod (buffer, NULL);
}

const char *
metadata_color_space (gint64 value)
{
    switch (value) {
    case 1:
        return "sRGB";
    case 2:
        return "Adobe RGB";
    case 0xfffd:
        return "Wide Gamut RGB";
    case 0xfffe:
        return "ICC Profile";
    case 0xffff:
        return "Uncalibrated";
    default:
        return NULL;
    }
}

/* ---- tags as they stand ---- */

static const struct {
    const char *key, *name;
} texts[] = {
    { "Exif.Image.Make", "Make" },
    { "Exif.Image.Model", "Model" },
    { "Exif.Image.Software", "Software" },
    { "Exif.Image.ImageDescription", "ImageDescription" },
    { "Exif.Image.DateTime", "ModifyDate" },
    { "Exif.Photo.DateTimeOriginal", "DateTimeOriginal" },
    { "Exif.Image.DateTimeOriginal", "DateTimeOriginal" }, /* TIFF/EP */
    { "Exif.Photo.DateTimeDigitized", "CreateDate" },
    { "Exif.Photo.SubSecTime", "SubSecTime" },
    { "Exif.Photo.SubSecTimeOriginal", "SubSecTimeOriginal" },
    { "Exif.Photo.SubSecTimeDigitized", "SubSecTimeDigitized" },
    { "Exif.Photo.OffsetTime", "OffsetTime" },
    { "Exif.Photo.OffsetTimeOriginal", "OffsetTimeOriginal" },
    { "Exif.Photo.OffsetTimeDigitized", "OffsetTimeDigitized" },
    { "Exif.Photo.LensMake", "LensMake" },
    { "Exif.Photo.LensModel", "LensModel" },
};

/* Of these the first are padded with blanks by some cameras. */
#define N_PADDED 3

static const struct {
    const char *key, *name;
} integers[] = {
    { "Exif.Image.Orientation", "Orientation" },
    { "Exif.Image.Rating", "Rating" },
    { "Exif.Photo.PixelXDimension", "ExifImageWidth" },
    { "Exif.Photo.PixelYDimension", "ExifImageHeight" },
};

static void
read_position (GExiv2Metadata *exif, MetadataTags *tags)
{
    static const struct {
        const char *key, *ref, *name, *negative;
    } axes[] = {
        { "Exif.GPSInfo.GPSLatitude", "Exif.GPSInfo.GPSLatitudeRef", "GPSLatitude", "Ss" },
        { "Exif.GPSInfo.GPSLongitude", "Exif.GPSInfo.GPSLongitudeRef", "GPSLongitude", "Ww" },
    };
    g_autofree char *date = metadata_exif_text (exif, "Exif.GPSInfo.GPSDateStamp");
    double parts[3];

    for (gsize i = 0; i < G_N_ELEMENTS (axes); i++) {
        double v[3] = { 0 };
        guint n = metadata_exif_numbers (exif, axes[i].key, v, 3);
        g_autofree char *ref = metadata_exif_text (exif, axes[i].ref);
        double degrees =
            v[0] + (isfinite (v[1]) ? v[1] / 60 : 0) + (isfinite (v[2]) ? v[2] / 3600 : 0);
        if (n == 0 || !isfinite (v[0]))
            continue;
        if (ref != NULL && ref[0] != '\0' && strchr (axes[i].negative, ref[0]) != NULL)
            degrees = -degrees;
        metadata_tags_number (tags, axes[i].name, degrees);
    }

    if (date != NULL)
        metadata_tags_text (tags, "GPSDateStamp", date, -1);
    if (metadata_exif_numbers (exif, "Exif.GPSInfo.GPSTimeStamp", parts, 3) == 3 && parts[0] >= 0 &&
        parts[0] < 24 && parts[1] >= 0 && parts[1] < 60 && parts[2] >= 0 && parts[2] < 61) {
        char seconds[32];
        g_autofree char *time = NULL;
        g_autofree char *moment = NULL;
        g_snprintf (seconds, sizeof seconds, "%09.6f", parts[2]);
        g_strchomp (seconds);
        for (gsize n = strlen (seconds); n > 2 && (seconds[n - 1] == '0' || seconds[n - 1] == '.');
             n--) {
            gboolean point = seconds[n - 1] == '.';
            seconds[n - 1] = '\0';
            if (point)
                break;
        }
        time = g_strdup_printf ("%02d:%02d:%s", (int) parts[0], (int) parts[1], seconds);
        metadata_tags_text (tags, "GPSTimeStamp", time, -1);
        if (date != NULL && strlen (date) >= 10) {
            moment = g_strdup_printf ("%.10s %sZ", date, time);
            metadata_tags_text (tags, "GPSDateTime", moment, -1);
        }
    }
}

/* 'DateTimeOriginal' with its fraction and offset, when there is one of them. */
static void
compose_sub_second (MetadataTags *tags, const char *name, const char *date, const char *fraction,
                    const char *offset)
{
    const char *moment = metadata_tags_get_text (tags, date);
    const char *sub = metadata_tags_get_text (tags, fraction);
    const char *zone = metadata_tags_get_text (tags, offset);
    gsize n_digits = sub == NULL ? 0 : strspn (sub, "0123456789");
    gboolean zoned = zone != NULL && (zone[0] == '+' || zone[0] == '-' || zone[0] == 'Z');
    g_autofree char *whole = NULL;

    if (moment == NULL || strlen (moment) < 19 || (n_digits == 0 && !zoned))
        return;
    if (strpbrk (moment + 10, ".+-Z") != NULL) /* the date says it all itself */
        whole = g_strdup (moment);
    else
        whole =
            g_strdup_printf ("%.19s%s%.*s%.6s", moment, n_digits > 0 ? "." : "",
                             (int) MIN (n_digits, 9), n_digits > 0 ? sub : "", zoned ? zone : "");
    metadata_tags_text (tags, name, whole, -1);
}

void
metadata_exif_read (GExiv2Metadata *exif, MetadataTags *tags)
{
    double v[8];
    guint n;

    metadata_maker_read (exif, tags); /* some makers' values beat Exif's own */
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autofree char *text = metadata_exif_text (exif, texts[i].key);
        if (text != NULL && i < N_PADDED)
            g_strchomp (text);
        if (text != NULL)
            metadata_tags_text (tags, texts[i].name, text, -1);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (integers); i++)
        if (metadata_exif_numbers (exif, integers[i].key, v, 1) == 1 && isfinite (v[0]))
            metadata_tags_integer (tags, integers[i].name, (gint64) v[0]);

    if (metadata_exif_numbers (exif, "Exif.Photo.ISOSpeedRatings", v, 1) == 1 ||
        metadata_exif_numbers (exif, "Exif.Image.ISOSpeedRatings", v, 1) == 1)
        metadata_tags_number (tags, "ISO", v[0]);
    if (metadata_exif_numbers (exif, "Exif.Photo.FNumber", v, 1) == 1 ||
        metadata_exif_numbers (exif, "Exif.Image.FNumber", v, 1) == 1)
        metadata_tags_number (tags, "FNumber", metadata_f_number (v[0]));
    if (metadata_exif_numbers (exif, "Exif.Photo.FocalLength", v, 1) == 1 ||
        metadata_exif_numbers (exif, "Exif.Image.FocalLength", v, 1) == 1)
        metadata_tags_number (tags, "FocalLength", v[0]);
    if (metadata_exif_numbers (exif, "Exif.Photo.ExposureTime", v, 1) == 1 ||
        metadata_exif_numbers (exif, "Exif.Image.ExposureTime", v, 1) == 1) {
        g_autofree char *text = metadata_exposure_text (v[0]);
        metadata_tags_text (tags, "ExposureTime", text, -1);
    }
    if (metadata_exif_numbers (exif, "Exif.Photo.MaxApertureValue", v, 1) == 1 && fabs (v[0]) < 40)
        metadata_tags_number (tags, "MaxApertureValue", exp2 (v[0] / 2));
    if (metadata_exif_numbers (exif, "Exif.Photo.ColorSpace", v, 1) == 1)
        metadata_tags_text (tags, "ColorSpace", metadata_color_space ((gint64) v[0]), -1);
    if (metadata_exif_numbers (exif, "Exif.Image.BitsPerSample", v, 1) == 1 && v[0] >= 1)
        metadata_tags_integer (tags, "BitsPerSample", (gint64) v[0]);
    n = metadata_exif_numbers (exif, "Exif.Image.TimeZoneOffset", v, 2);
    if (n > 0 && fabs (v[0]) <= 24)
        metadata_tags_integer (tags, "TimeZoneOffset", (gint64) v[0]);
    n = metadata_exif_numbers (exif, "Exif.Photo.LensSpecification", v, 4);
    if (n == 4) {
        g_autofree char *spec = metadata_exif_text (exif, "Exif.Photo.LensSpecification");
        metadata_tags_text (tags, "LensInfo", spec, -1);
    }
    read_position (exif, tags);

    compose_sub_second (tags, "SubSecDateTimeOriginal", "DateTimeOriginal", "SubSecTimeOriginal",
                        "OffsetTimeOriginal");
    compose_sub_second (tags, "SubSecCreateDate", "CreateDate", "SubSecTimeDigitized",
                        "OffsetTimeDigitized");
}
