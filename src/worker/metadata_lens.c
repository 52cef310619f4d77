/* metadata_lens.c -- the name of the lens, as ExifTool's LensID shows it
 *
 * Makers store a number. Exiv2 has the tables; several lenses may share a number, then those stay
 * whose zoom range takes in the focal length, and of these the one whose widest aperture at that focal
 * length lies closest to the one that the camera noted. */
#include "worker/metadata_lens.h"
#include <math.h>
#include <string.h>
#include "worker/metadata_exif.h"

#define MAX_CANDIDATES 64

/* Tags whose print form is a name. The first that is there counts. */
static const char *const maker_keys[] = {
    "Exif.CanonCs.LensType",      "Exif.NikonLd4.LensID",       "Exif.NikonLd4.LensIDNumber",
    "Exif.NikonLd3.LensIDNumber", "Exif.NikonLd2.LensIDNumber", "Exif.NikonLd1.LensIDNumber",
    "Exif.Sony2.LensID",          "Exif.Sony1.LensID",          "Exif.SonyMinolta.LensID",
    "Exif.Minolta.LensID",        "Exif.Pentax.LensType",       "Exif.PentaxDng.LensType",
    "Exif.OlympusEq.LensType",    "Exif.Panasonic.LensType",    "Exif.Samsung2.LensType",
};

/* Where a number from XMP is looked up, by the start of the maker's name. */
static const struct {
    const char *make, *key;
} number_keys[] = {
    { "canon", "Exif.CanonCs.LensType" },  { "sony", "Exif.Sony2.LensID" },
    { "minolta", "Exif.Minolta.LensID" },  { "konica", "Exif.Minolta.LensID" },
    { "hasselblad", "Exif.Sony2.LensID" },
};

/* ---- what a name tells: '28-105mm F4-5.6' ---- */

typedef struct {
    double short_mm, long_mm; /* 0: unknown */
    double short_f, long_f;   /* the widest f-number at either end; 0: unknown */
} LensRange;

static double
number_before (const char *text, const char *end, const char **out_start)
{
    const char *start = end;

    while (start > text && (g_ascii_isdigit (start[-1]) || start[-1] == '.'))
        start--;
    *out_start = start;
    return start == end ? 0 : g_ascii_strtod (start, NULL);
}

static LensRange
parse_range (const char *name)
{
    LensRange range = { 0 };
    const char *mm = strstr (name, "mm");
    const char *start = NULL, *at;

    if (mm == NULL)
        return range;
    range.long_mm = range.short_mm = number_before (name, mm, &start);
    if (start > name && start[-1] == '-')
        range.short_mm = number_before (name, start - 1, &start);
    for (at = mm; *at != '\0'; at++) {
        const char *number = at + 1;
        char *end = NULL;
        if (*at != 'F' && *at != 'f')
            continue;
        if (*number == '/')
            number++;
        if (!g_ascii_isdigit (*number))
            continue;
        range.short_f = range.long_f = g_ascii_strtod (number, &end);
        if (*end == '-' && g_ascii_isdigit (end[1]))
            range.long_f = g_ascii_strtod (end + 1, NULL);
        break;
    }
    return range;
}

/* How far the lens is from what the camera noted, in f-numbers; infinite: it cannot be this lens. */
static double
distance (const LensRange *lens, double focal_mm, double widest_f)
{
    double expected;

    if (focal_mm > 0 && lens->short_mm > 0 &&
        (focal_mm < lens->short_mm - 0.5 || focal_mm > lens->long_mm + 0.5))
        return INFINITY;
    if (widest_f <= 0 || lens->short_f <= 0)
        return 0;
    if (widest_f < lens->short_f - 0.15 || widest_f > lens->long_f + 0.15)
        return INFINITY;
    expected = lens->short_f;
    if (focal_mm > 0 && lens->long_mm > lens->short_mm && lens->short_mm > 0)
        /* zooms close evenly in the logarithms of both */
        expected *= pow (lens->long_f / lens->short_f,
                         log (focal_mm / lens->short_mm) / log (lens->long_mm / lens->short_mm));
    return fabs (widest_f - expected);
}

/* Letters and digits only, in lower case, without the maker: 'RF100-500mm F4.5-7.1 L IS USM'. */
static char *
skeleton (const char *name)
{
    GString *out = g_string_new (NULL);

    if (g_ascii_strncasecmp (name, "Canon ", 6) == 0)
        name += 6;
    for (; *name != '\0'; name++)
        if (g_ascii_isalnum (*name))
            g_string_append_c (out, g_ascii_tolower (*name));
    return g_string_free (out, FALSE);
}

/* ---- choosing ---- */

/* Exiv2 joins the names of one number by bars or 'or'. A name may hold a bar itself ('24-105mm F4 DG
 * HSM | Art 013'): a part without a focal length belongs to the one before it. */
static GPtrArray *
split_names (const char *names)
{
    g_autoptr (GString) spread = g_string_new (names);
    g_auto (GStrv) parts = NULL;
    GPtrArray *candidates = g_ptr_array_new_with_free_func (g_free);

    g_string_replace (spread, " *OR* ", "\n", 0);
    g_string_replace (spread, " | ", "\n", 0);
    g_string_replace (spread, " or ", "\n", 0);
    parts = g_strsplit (spread->str, "\n", MAX_CANDIDATES);
    for (guint i = 0; parts[i] != NULL; i++) {
        if (candidates->len > 0 && strstr (parts[i], "mm") == NULL) {
            char **last = (char **) &candidates->pdata[candidates->len - 1];
            char *whole = g_strdup_printf ("%s | %s", *last, parts[i]);
            g_free (*last);
            *last = whole;
        } else {
            g_ptr_array_add (candidates, g_strdup (parts[i]));
        }
    }
    return candidates;
}

static char *
choose (const char *names, const MetadataTags *tags, const char *told)
{
    g_autoptr (GPtrArray) candidates = split_names (names);
    g_autofree char *told_skeleton = told == NULL ? NULL : skeleton (told);
    double focal = json_number_value (json_object_get (tags->object, "FocalLength"));
    double widest = json_number_value (json_object_get (tags->object, "MaxApertureValue"));
    double best = INFINITY;
    double distances[MAX_CANDIDATES] = { 0 };
    GString *chosen = NULL;

    for (guint i = 0; i < candidates->len; i++) {
        const char *name = candidates->pdata[i];
        LensRange range = parse_range (name);
        const char *extender = strstr (name, " + ");
        g_autofree char *bare =
            g_strndup (name, extender == NULL ? strlen (name) : (gsize) (extender - name));
        g_autofree char *own = skeleton (bare);
        /* of lens and extender Exiv2 may offer only the longest: the told name says which it is */
        if (told_skeleton != NULL && strcmp (own, told_skeleton) == 0)
            return g_steal_pointer (&bare);
        distances[i] = distance (&range, focal, widest);
        best = MIN (best, distances[i]);
    }
    chosen = g_string_new (NULL);
    for (guint i = 0; i < candidates->len; i++) {
        if (isfinite (best) && distances[i] > best + 0.01)
            continue;
        if (chosen->len > 0)
            g_string_append (chosen, " or ");
        g_string_append (chosen, candidates->pdata[i]);
    }
    return g_string_free (chosen, FALSE);
}

/* Exiv2 prints what it does not know as '(123)', or as the bare number. */
static gboolean
is_name (const char *text)
{
    return text != NULL && text[strspn (text, "()0123456789 .")] != '\0' &&
           g_ascii_strcasecmp (text, "n/a") != 0 && g_ascii_strcasecmp (text, "none") != 0;
}

static gboolean
set_from_maker (GExiv2Metadata *exif, MetadataTags *tags, const char *told)
{
    for (gsize i = 0; i < G_N_ELEMENTS (maker_keys); i++) {
        g_autofree char *name = NULL;
        g_autofree char *chosen = NULL;
        if (!gexiv2_metadata_try_has_tag (exif, maker_keys[i], NULL))
            continue;
        name = gexiv2_metadata_try_get_tag_interpreted_string (exif, maker_keys[i], NULL);
        if (!is_name (name)) {
            g_autofree char *raw = metadata_exif_text (exif, maker_keys[i]);
            g_autofree char *unknown = NULL;
            if (raw == NULL || raw[strspn (raw, " 0")] == '\0')
                continue; /* no lens that could be named: compact cameras */
            if (told != NULL)
                continue; /* the camera wrote a name, which is better than a number */
            unknown = g_strdup_printf ("Unknown (%s)", raw);
            metadata_tags_text (tags, "LensID", unknown, -1);
            return TRUE;
        }
        chosen = choose (name, tags, told);
        metadata_tags_text (tags, "LensID", chosen, -1);
        return TRUE;
    }
    return FALSE;
}

/* Canon's table answers only to a whole maker note: a TIFF file with nothing else in it. */
static GExiv2Metadata *
new_canon_note (guint16 number, guint16 long_mm, guint16 short_mm)
{
    /* clang-format off */
    guint8 tiff[132] = {
        'I', 'I', 42, 0, 8, 0, 0, 0,                          /* header */
        2, 0,                                                 /* directory: */
        0x0f, 0x01, 2, 0, 6, 0, 0, 0, 38, 0, 0, 0,            /* make, at 38 */
        0x69, 0x87, 4, 0, 1, 0, 0, 0, 44, 0, 0, 0,            /* Exif directory, at 44 */
        0, 0, 0, 0,
        'C', 'a', 'n', 'o', 'n', 0,
        1, 0, 0x7c, 0x92, 7, 0, 70, 0, 0, 0, 62, 0, 0, 0,     /* maker note, at 62 */
        0, 0, 0, 0,
        1, 0, 0x01, 0x00, 3, 0, 26, 0, 0, 0, 80, 0, 0, 0,     /* camera settings, at 80 */
        0, 0, 0, 0,
    };
    /* clang-format on */
    const struct {
        guint index;
        guint16 value;
    } settings[] = { { 0, 52 }, { 22, number }, { 23, long_mm }, { 24, short_mm }, { 25, 1 } };
    g_autoptr (GBytes) bytes = NULL;
    GExiv2Metadata *note = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
        tiff[80 + settings[i].index * 2] = (guint8) settings[i].value;
        tiff[81 + settings[i].index * 2] = (guint8) (settings[i].value >> 8);
    }
    bytes = g_bytes_new (tiff, sizeof tiff);
    note = metadata_exiv2_open ((Span){ g_bytes_get_data (bytes, NULL), sizeof tiff });
    if (note != NULL) /* Exiv2 reads from it again later */
        g_object_set_data_full (G_OBJECT (note), "tiff", g_steal_pointer (&bytes),
                                (GDestroyNotify) g_bytes_unref);
    return note;
}

static gboolean
set_from_number (MetadataTags *tags, const char *number, const char *told)
{
    const char *make = metadata_tags_get_text (tags, "Make");
    LensRange range = { 0 };
    double focal = json_number_value (json_object_get (tags->object, "FocalLength"));
    guint64 value = g_ascii_strtoull (number, NULL, 10);

    if (make == NULL || number[0] == '\0' || number[strspn (number, "0123456789")] != '\0' ||
        value > G_MAXUINT16)
        return FALSE;
    if (told != NULL)
        range = parse_range (told);
    for (gsize i = 0; i < G_N_ELEMENTS (number_keys); i++) {
        g_autoptr (GExiv2Metadata) scratch = NULL;
        g_autofree char *name = NULL;
        g_autofree char *chosen = NULL;
        if (g_ascii_strncasecmp (make, number_keys[i].make, strlen (number_keys[i].make)) != 0)
            continue;
        if (strcmp (number_keys[i].key, "Exif.CanonCs.LensType") == 0) {
            if (range.long_mm <= 0)
                range.long_mm = range.short_mm = focal;
            scratch = new_canon_note ((guint16) value, (guint16) CLAMP (range.long_mm, 0, 30000),
                                      (guint16) CLAMP (range.short_mm, 0, 30000));
        } else {
            scratch = metadata_exiv2_new ();
            if (scratch != NULL)
                gexiv2_metadata_try_set_tag_string (scratch, number_keys[i].key, number, NULL);
        }
        if (scratch == NULL)
            return FALSE;
        name = gexiv2_metadata_try_get_tag_interpreted_string (scratch, number_keys[i].key, NULL);
        if (!is_name (name))
            return FALSE;
        chosen = choose (name, tags, told);
        metadata_tags_text (tags, "LensID", chosen, -1);
        return TRUE;
    }
    return FALSE;
}

void
metadata_lens_read (GExiv2Metadata *exif, MetadataTags *tags)
{
    const char *number = metadata_tags_get_text (tags, "AuxLensID");
    const char *model = metadata_tags_get_text (tags, "LensModel");
    const char *told = metadata_tags_get_text (tags, "AuxLens");

    if (model != NULL && is_name (model) && told == NULL)
        told = model;
    if (!set_from_maker (exif, tags, told) &&
        (number == NULL || !set_from_number (tags, number, told)) && told != NULL) {
        g_autoptr (GString) name = g_string_new (model != NULL ? model : told);
        g_string_replace (name, " mm", "mm", 0);
        metadata_tags_text (tags, "LensID", name->str, -1);
    }
    metadata_tags_remove (tags, "AuxLens");
    metadata_tags_remove (tags, "AuxLensID");
}
