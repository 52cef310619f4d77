/* metadata_xmp.c -- XMP packets and sidecars, with the help of Exiv2
 *
 * Sources: XMP parts 1 and 2 (ISO 16684), MWG guidelines 2.0 (regions), Google's motion photo format
 * (container directory). */
#include "worker/metadata_xmp.h"
#include <math.h>
#include <string.h>
#include "worker/metadata_exif.h"

#define MAX_DEPTH 64 /* of XML elements; the XMP toolkit descends by recursion */

typedef enum {
    XMP_TEXT,
    XMP_ALTERNATIVE, /* a text in several languages: the default one */
    XMP_DATE,
    XMP_INTEGER,
    XMP_NUMBER,
    XMP_F_NUMBER,
    XMP_EXPOSURE,
    XMP_FIRST_NUMBER, /* of a list */
    XMP_POSITION,     /* '52,31.2N' */
    XMP_COLOR_SPACE,
    XMP_LIST,
} XmpKind;

static const struct {
    const char *key, *name;
    XmpKind kind;
} properties[] = {
    { "Xmp.tiff.Make", "Make", XMP_TEXT },
    { "Xmp.tiff.Model", "Model", XMP_TEXT },
    { "Xmp.tiff.Orientation", "Orientation", XMP_INTEGER },
    { "Xmp.tiff.ImageDescription", "ImageDescription", XMP_ALTERNATIVE },
    { "Xmp.tiff.BitsPerSample", "BitsPerSample", XMP_FIRST_NUMBER },
    { "Xmp.exif.DateTimeOriginal", "DateTimeOriginal", XMP_DATE },
    { "Xmp.exif.DateTimeDigitized", "DateTimeDigitized", XMP_DATE },
    { "Xmp.exif.ExposureTime", "ExposureTime", XMP_EXPOSURE },
    { "Xmp.exif.FNumber", "FNumber", XMP_F_NUMBER },
    { "Xmp.exif.FocalLength", "FocalLength", XMP_NUMBER },
    { "Xmp.exif.ISOSpeedRatings", "ISO", XMP_FIRST_NUMBER },
    { "Xmp.exif.ColorSpace", "ColorSpace", XMP_COLOR_SPACE },
    { "Xmp.exif.GPSLatitude", "GPSLatitude", XMP_POSITION },
    { "Xmp.exif.GPSLongitude", "GPSLongitude", XMP_POSITION },
    { "Xmp.exif.GPSTimeStamp", "GPSDateTime", XMP_DATE },
    { "Xmp.exifEX.LensModel", "LensModel", XMP_TEXT },
    { "Xmp.exifEX.OffsetTimeOriginal", "OffsetTimeOriginal", XMP_TEXT },
    { "Xmp.aux.Lens", "AuxLens", XMP_TEXT },
    { "Xmp.aux.LensID", "AuxLensID", XMP_TEXT },
    { "Xmp.xmp.CreateDate", "CreateDate", XMP_DATE },
    { "Xmp.xmp.ModifyDate", "ModifyDate", XMP_DATE },
    { "Xmp.xmp.Rating", "Rating", XMP_NUMBER },
    { "Xmp.photoshop.DateCreated", "DateCreated", XMP_DATE },
    { "Xmp.pdf.CreationDate", "CreationDate", XMP_DATE },
    { "Xmp.dc.description", "Description", XMP_ALTERNATIVE },
    { "Xmp.dc.title", "Title", XMP_ALTERNATIVE },
    { "Xmp.dc.subject", "Subject", XMP_LIST },
    { "Xmp.digiKam.TagsList", "TagsList", XMP_LIST },
    { "Xmp.lr.hierarchicalSubject", "HierarchicalSubject", XMP_LIST },
    { "Xmp.GPano.ProjectionType", "ProjectionType", XMP_TEXT },
    { "Xmp.GPano.SourceImageCreateTime", "SourceImageCreateTime", XMP_DATE },
    { "Xmp.GCamera.MotionPhoto", "MotionPhoto", XMP_INTEGER },
    { "Xmp.GCamera.MicroVideo", "MicroVideo", XMP_INTEGER },
    { "Xmp.GCamera.MicroVideoOffset", "MicroVideoOffset", XMP_INTEGER },
    { "Xmp.GCamera.BurstID", "BurstID", XMP_TEXT },
};

/* '2013-09-23T10:09:46+02:00' as '2013:09:23 10:09:46+02:00'; anything else stays. */
static char *
spell_date (const char *text)
{
    char *spelt = g_strdup (text);

    if (strlen (text) >= 10 && text[4] == '-' && text[7] == '-') {
        spelt[4] = spelt[7] = ':';
        if (spelt[10] == 'T' || spelt[10] == 't')
            spelt[10] = ' ';
    }
    return spelt;
}

static gboolean
parse_number (const char *text, double *out)
{
    char *end = NULL;
    double value = g_ascii_strtod (text, &end);

    if (end == text)
        return FALSE;
    if (*end == '/')
        value /= g_ascii_strtod (end + 1, NULL);
    *out = value;
    return isfinite (value);
}

static gboolean
parse_position (const char *text, double *out)
{
    double unit = 1, degrees = 0;
    char *end = NULL;

    for (int i = 0; i < 3; i++, unit *= 60) {
        double part = g_ascii_strtod (text, &end);
        if (end == text || !isfinite (part))
            return FALSE;
        degrees += part / unit;
        text = end;
        if (*text != ',')
            break;
        text++;
    }
    while (*text == ' ')
        text++;
    if (*text == 'S' || *text == 'W' || *text == 's' || *text == 'w')
        degrees = -degrees;
    *out = degrees;
    return TRUE;
}

/* A text in languages without x-default comes as 'lang="de" Text': take the text. */
static char *
get_alternative (GExiv2Metadata *xmp, const char *key)
{
    g_auto (GStrv) values = gexiv2_metadata_try_get_tag_multiple (xmp, key, NULL);
    g_autofree char *all = NULL;
    const char *start;

    if (values != NULL && values[0] != NULL && values[0][0] != '\0' &&
        !g_str_has_prefix (values[0], "lang=\""))
        return g_strdup (values[0]);
    all = gexiv2_metadata_try_get_tag_string (xmp, key, NULL);
    if (all == NULL || !g_str_has_prefix (all, "lang=\""))
        return g_steal_pointer (&all);
    start = strstr (all, "\" ");
    if (start == NULL)
        return g_strdup ("");
    start += 2;
    const char *next = strstr (start, ", lang=\"");
    return next == NULL ? g_strdup (start) : g_strndup (start, (gsize) (next - start));
}

static void
read_property (GExiv2Metadata *xmp, gsize i, MetadataTags *tags)
{
    const char *key = properties[i].key, *name = properties[i].name;
    g_autofree char *text = NULL;
    double value;

    if (properties[i].kind == XMP_LIST) {
        g_auto (GStrv) values = gexiv2_metadata_try_get_tag_multiple (xmp, key, NULL);
        if (metadata_tags_has (tags, name))
            return;
        for (guint k = 0; values != NULL && values[k] != NULL && k < METADATA_LIST_ITEMS; k++)
            metadata_tags_append (tags, name, values[k], -1);
        return;
    }
    text = properties[i].kind == XMP_ALTERNATIVE
               ? get_alternative (xmp, key)
               : gexiv2_metadata_try_get_tag_string (xmp, key, NULL);
    if (text == NULL)
        return;
    switch (properties[i].kind) {
    case XMP_TEXT:
    case XMP_ALTERNATIVE:
    case XMP_LIST:
        metadata_tags_text (tags, name, text, -1);
        break;
    case XMP_DATE: {
        g_autofree char *spelt = spell_date (text);
        metadata_tags_text (tags, name, spelt, -1);
        break;
    }
    case XMP_INTEGER:
        if (parse_number (text, &value) && fabs (value) < 1e15)
            metadata_tags_integer (tags, name, (gint64) value);
        else if (g_ascii_strcasecmp (text, "true") == 0)
            metadata_tags_integer (tags, name, 1);
        break;
    case XMP_NUMBER:
    case XMP_FIRST_NUMBER:
        if (parse_number (text, &value))
            metadata_tags_number (tags, name, value);
        break;
    case XMP_F_NUMBER:
        if (parse_number (text, &value))
            metadata_tags_number (tags, name, metadata_f_number (value));
        break;
    case XMP_EXPOSURE:
        if (parse_number (text, &value)) {
            g_autofree char *exposure = metadata_exposure_text (value);
            metadata_tags_text (tags, name, exposure, -1);
        }
        break;
    case XMP_POSITION:
        if (parse_position (text, &value))
            metadata_tags_number (tags, name, value);
        break;
    case XMP_COLOR_SPACE:
        if (parse_number (text, &value))
            metadata_tags_text (tags, name, metadata_color_space ((gint64) value), -1);
        break;
    }
}

/* ---- structures: asked for by path, as a list of all keys is what gexiv2 makes badly ---- */

#define MAX_REGIONS 200
#define MAX_CONTAINER_ITEMS 16

static char *
get_at (GExiv2Metadata *xmp, const char *path, const char *name)
{
    g_autofree char *key = g_strconcat (path, name, NULL);

    if (!gexiv2_metadata_try_has_tag (xmp, key, NULL))
        return NULL;
    return gexiv2_metadata_try_get_tag_string (xmp, key, NULL);
}

static void
copy_text (GExiv2Metadata *xmp, const char *path, const char *xmp_name, json_t *to,
           const char *name)
{
    g_autofree char *text = get_at (xmp, path, xmp_name);

    if (text != NULL) {
        g_autofree char *clean = metadata_text_clean (text, (gssize) MIN (strlen (text), 1024));
        json_object_set_new (to, name, json_stringn (clean, strlen (clean)));
    }
}

static void
copy_number (GExiv2Metadata *xmp, const char *path, const char *xmp_name, json_t *to,
             const char *name)
{
    g_autofree char *text = get_at (xmp, path, xmp_name);
    double value;

    if (text != NULL && parse_number (text, &value))
        json_object_set_new (to, name, json_real (value));
}

/* Takes @member, which is only kept when there is something in it. */
static gboolean
set_member (json_t *to, const char *name, json_t *member)
{
    if (json_object_size (member) > 0 || json_array_size (member) > 0)
        return json_object_set_new (to, name, member) == 0;
    json_decref (member);
    return FALSE;
}

static void
read_regions (GExiv2Metadata *xmp, MetadataTags *tags)
{
    static const char dimensions_path[] = "Xmp.mwg-rs.Regions/mwg-rs:AppliedToDimensions/stDim:";
    json_t *dimensions = json_object (), *list = json_array (), *info = json_object ();

    copy_number (xmp, dimensions_path, "w", dimensions, "W");
    copy_number (xmp, dimensions_path, "h", dimensions, "H");
    copy_text (xmp, dimensions_path, "unit", dimensions, "Unit");
    for (guint i = 1; i <= MAX_REGIONS; i++) {
        g_autofree char *path =
            g_strdup_printf ("Xmp.mwg-rs.Regions/mwg-rs:RegionList[%u]/mwg-rs:", i);
        g_autofree char *area_path = g_strconcat (path, "Area/stArea:", NULL);
        json_t *region = json_object (), *area = json_object ();
        copy_text (xmp, path, "Name", region, "Name");
        copy_text (xmp, path, "Type", region, "Type");
        copy_number (xmp, area_path, "x", area, "X");
        copy_number (xmp, area_path, "y", area, "Y");
        copy_number (xmp, area_path, "w", area, "W");
        copy_number (xmp, area_path, "h", area, "H");
        copy_text (xmp, area_path, "unit", area, "Unit");
        set_member (region, "Area", area);
        if (json_object_size (region) == 0) {
            json_decref (region);
            break;
        }
        json_array_append_new (list, region);
    }
    set_member (info, "AppliedToDimensions", dimensions);
    if (set_member (info, "RegionList", list))
        metadata_tags_take (tags, "RegionInfo", g_steal_pointer (&info));
    json_decref (info);
}

static void
read_container (GExiv2Metadata *xmp, MetadataTags *tags)
{
    json_t *directory = json_array ();

    for (guint i = 1; i <= MAX_CONTAINER_ITEMS; i++) {
        g_autofree char *path =
            g_strdup_printf ("Xmp.Container.Directory[%u]/Container:Item/Item:", i);
        json_t *item = json_object (), *entry = json_object ();
        copy_text (xmp, path, "Semantic", item, "Semantic");
        copy_text (xmp, path, "Mime", item, "Mime");
        copy_number (xmp, path, "Length", item, "Length");
        copy_number (xmp, path, "Padding", item, "Padding");
        if (!set_member (entry, "Item", item)) {
            json_decref (entry);
            break;
        }
        json_array_append_new (directory, entry);
    }
    if (json_array_size (directory) > 0)
        metadata_tags_take (tags, "ContainerDirectory", g_steal_pointer (&directory));
    json_decref (directory);
}

/* ---- packets ---- */

/* Whether elements are nested deeper than MAX_DEPTH. Good enough for that: no full XML parser. */
static gboolean
is_too_deep (const char *text)
{
    guint depth = 0;

    for (const char *at = strchr (text, '<'); at != NULL; at = strchr (at, '<')) {
        const char *end = at + 1;
        char quote = '\0';
        for (; *end != '\0' && (quote != '\0' || *end != '>'); end++) {
            if (quote == '\0' && (*end == '"' || *end == '\''))
                quote = *end;
            else if (*end == quote)
                quote = '\0';
        }
        if (at[1] == '/')
            depth -= MIN (depth, 1);
        else if (at[1] != '?' && at[1] != '!' && end[-1] != '/' && ++depth > MAX_DEPTH)
            return TRUE;
        at = *end == '\0' ? end : end + 1;
    }
    return FALSE;
}

static const char *
skip_blanks (const char *text)
{
    while (g_ascii_isspace (*text))
        text++;
    return text;
}

/* Bytes that are no UTF-8 are of Latin-1, control characters are blanks: of a single one the XMP toolkit
 * would refuse all. */
static char *
to_utf8 (const guint8 *bytes, gsize n)
{
    g_autofree char *copy = g_strndup ((const char *) bytes, n);
    GString *text = g_string_new (NULL);

    for (char *at = copy; *at != '\0'; at++)
        if ((guchar) *at < 0x20 && *at != '\n' && *at != '\t' && *at != '\r')
            *at = ' ';

    for (const char *at = copy, *end;; at = end + 1) {
        gboolean is_whole = g_utf8_validate (at, -1, &end);

        g_string_append_len (text, at, end - at);
        if (is_whole)
            return g_string_free (text, FALSE);
        g_string_append_unichar (text, (guchar) *end);
    }
}

/* The encoding that it names is no longer that of the text: the XMP toolkit would decode it once more. */
static const char *
skip_declaration (const char *text)
{
    const char *end =
        g_str_has_prefix (text, "<?xml") && g_ascii_isspace (text[5]) ? strstr (text, "?>") : NULL;

    return end == NULL ? text : skip_blanks (end + 2);
}

/* UTF-8 that begins as Exiv2 expects it, or NULL. Declares no entities: nothing that makes XMP
 * needs them, and they are how XML is made to explode. */
static GBytes *
normalize (Span packet)
{
    g_autofree char *text = NULL;
    gsize n = packet.n;
    const char *start;

    if (n < 16 || n > METADATA_BLOCK_BYTES)
        return NULL;
    if ((packet.data[0] == 0xff && packet.data[1] == 0xfe) || packet.data[1] == 0)
        text = metadata_text_from_utf16 (packet.data, n, FALSE);
    else if ((packet.data[0] == 0xfe && packet.data[1] == 0xff) || packet.data[0] == 0)
        text = metadata_text_from_utf16 (packet.data, n, TRUE);
    else
        text = to_utf8 (packet.data, n);
    if (text == NULL)
        return NULL;
    n = strlen (text);
    start = text;
    if (g_str_has_prefix (start, "\xef\xbb\xbf"))
        start += 3;
    start = skip_declaration (skip_blanks (start));
    n -= (gsize) (start - text);
    if (n < 16 || g_strstr_len (start, (gssize) n, "<!ENTITY") != NULL ||
        g_strstr_len (start, (gssize) n, "<!DOCTYPE") != NULL || is_too_deep (start))
        return NULL;
    /* Exiv2 knows a packet by these; an rdf:RDF alone is valid as well. */
    if (!g_str_has_prefix (start, "<?xpacket") && !g_str_has_prefix (start, "<x:xmpmeta")) {
        GString *wrapped = NULL;
        if (*start != '<')
            return NULL;
        wrapped = g_string_new ("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">");
        g_string_append_len (wrapped, start, (gssize) n);
        g_string_append (wrapped, "</x:xmpmeta>");
        return g_string_free_to_bytes (wrapped);
    }
    return g_bytes_new (start, n);
}

/* A list of tags with nothing in it says that there are none, whatever other lists have; Exiv2 drops it. */
static void
read_empty_tags (Span text, GExiv2Metadata *xmp, MetadataTags *tags)
{
    if (!gexiv2_metadata_try_has_tag (xmp, "Xmp.digiKam.TagsList", NULL) &&
        g_strstr_len ((const char *) text.data, (gssize) text.n, ":TagsList>") != NULL &&
        g_strstr_len ((const char *) text.data, (gssize) text.n,
                      "\"http://www.digikam.org/ns/1.0/\"") != NULL &&
        !metadata_tags_has (tags, "TagsList"))
        metadata_tags_append (tags, "TagsList", "", -1);
}

gboolean
metadata_xmp_read (Span packet, MetadataTags *tags)
{
    g_autoptr (GBytes) text = normalize (packet);
    g_autoptr (GExiv2Metadata) xmp = NULL;
    Span span;

    if (text == NULL)
        return FALSE;
    span.data = g_bytes_get_data (text, &span.n);
    xmp = metadata_exiv2_open (span);
    if (xmp == NULL)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
        if (gexiv2_metadata_try_has_tag (xmp, properties[i].key, NULL))
            read_property (xmp, i, tags);
    read_empty_tags (span, xmp, tags);
    read_regions (xmp, tags);
    read_container (xmp, tags);
    return gexiv2_metadata_has_xmp (xmp) || json_object_size (tags->object) > 0;
}
