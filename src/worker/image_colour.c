/* image_colour.c -- from any colour space to sRGB or Display P3, 8 bits
 *
 * A profile that is sRGB or Display P3 by its numbers (most are: cameras and phones) costs nothing
 * when that is also the target. Others go through LittleCMS. A profile that cannot be used is
 * ignored, as viewers do. Pictures without a profile are sRGB, CMYK ones excepted. Pictures in HDR carry the
 * code of their transfer curve and a profile that tells what they are once they are tone mapped. */
#define G_LOG_DOMAIN "image-colour"
#include "worker/image_colour.h"
#include <lcms2.h>
#include <math.h>
#include <string.h>
#include <libavutil/csp.h>
#include <libavutil/pixdesc.h>
#include "worker/tone_map.h"
#include "worker/video_file.h"

#define TRANSFER_NAME "tintype-hdr-transfer"
#define MAX_PROFILE_BYTES (8 * 1024 * 1024)
#define PROFILE_DATE_AT 24 /* in the header of a profile */
#define PROFILE_DATE_BYTES 12

static const char *const profile_names[] = { [COLOUR_SRGB] = "srgb", [COLOUR_P3] = "p3" };

/* The red, green and blue of each space, XYZ relative to D50 as profiles store them. */
static const cmsCIEXYZ colorants[][3] = {
    [COLOUR_SRGB] = { { 0.4361, 0.2225, 0.0139 },
                      { 0.3851, 0.7169, 0.0971 },
                      { 0.1431, 0.0606, 0.7141 } },
    [COLOUR_P3] = { { 0.5151, 0.2412, -0.0011 },
                    { 0.2920, 0.6922, 0.0419 },
                    { 0.1571, 0.0666, 0.7841 } },
};

static cmsHPROFILE
open_profile (VipsImage *image)
{
    const void *bytes;
    size_t n_bytes;

    if (vips_image_get_typeof (image, VIPS_META_ICC_NAME) == 0)
        return NULL;
    if (vips_image_get_blob (image, VIPS_META_ICC_NAME, &bytes, &n_bytes) != 0 ||
        n_bytes > MAX_PROFILE_BYTES) {
        vips_error_clear ();
        return NULL;
    }
    return cmsOpenProfileFromMem (bytes, (cmsUInt32Number) n_bytes);
}

static gboolean
is_near (const cmsCIEXYZ *a, const cmsCIEXYZ *b)
{
    return a != NULL && fabs (a->X - b->X) < 0.003 && fabs (a->Y - b->Y) < 0.003 &&
           fabs (a->Z - b->Z) < 0.003;
}

/* Whether all three curves of @profile are, to the eye, the one of sRGB and Display P3. */
static gboolean
has_srgb_curve (cmsHPROFILE profile)
{
    static const cmsTagSignature tags[] = { cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag };

    for (guint i = 0; i < G_N_ELEMENTS (tags); i++) {
        const cmsToneCurve *curve = cmsReadTag (profile, tags[i]);
        if (curve == NULL)
            return FALSE;
        for (float encoded = 0.1f; encoded < 1; encoded += 0.2f) {
            double linear = pow ((encoded + 0.055) / 1.055, 2.4);
            if (fabs (cmsEvalToneCurveFloat (curve, encoded) - linear) > 0.004)
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean
profile_is (cmsHPROFILE profile, ColourSpace space)
{
    return cmsGetColorSpace (profile) == cmsSigRgbData && !cmsIsTag (profile, cmsSigAToB0Tag) &&
           is_near (cmsReadTag (profile, cmsSigRedColorantTag), &colorants[space][0]) &&
           is_near (cmsReadTag (profile, cmsSigGreenColorantTag), &colorants[space][1]) &&
           is_near (cmsReadTag (profile, cmsSigBlueColorantTag), &colorants[space][2]) &&
           has_srgb_curve (profile);
}

static gboolean
says_srgb (const char *text)
{
    g_autofree char *lower = g_ascii_strdown (text, -1);

    return strstr (lower, "srgb") != NULL;
}

ColourSpace
image_colour_target (VipsImage *header, ColourSpace wide)
{
    cmsHPROFILE profile = open_profile (header);
    char description[256] = "";
    const char *tag = NULL;
    ColourSpace target = wide;

    if (profile == NULL)
        return COLOUR_SRGB;
    cmsGetProfileInfoASCII (profile, cmsInfoDescription, "en", "US", description,
                            sizeof description);
    if (vips_image_get_typeof (header, "exif-ifd2-ColorSpace") != 0 &&
        vips_image_get_string (header, "exif-ifd2-ColorSpace", &tag) != 0)
        vips_error_clear ();
    if (says_srgb (description) || (tag != NULL && says_srgb (tag)) ||
        cmsGetColorSpace (profile) == cmsSigGrayData || profile_is (profile, COLOUR_SRGB))
        target = COLOUR_SRGB;
    cmsCloseProfile (profile);
    return target;
}

/* With the embedded profile, or NULL when there is none of use. */
static VipsImage *
convert_by_profile (VipsImage *image, ColourSpace target)
{
    cmsHPROFILE profile = open_profile (image);
    gboolean is_target;
    VipsImage *out = NULL;

    if (profile == NULL)
        return NULL;
    is_target = profile_is (profile, target);
    cmsCloseProfile (profile);
    if (is_target)
        return NULL;
    if (vips_icc_transform (image, &out, profile_names[target], "embedded", TRUE, "intent",
                            VIPS_INTENT_RELATIVE, "black_point_compensation", TRUE, "depth", 8,
                            NULL) == 0)
        return out;
    vips_error_clear ();
    /* The profile lies about the pixels: they are taken as sRGB. */
    if (image->Type != VIPS_INTERPRETATION_CMYK && target != COLOUR_SRGB &&
        vips_icc_transform (image, &out, profile_names[target], "input_profile", "srgb", "depth", 8,
                            NULL) != 0)
        vips_error_clear ();
    return out;
}

static VipsImage *
map_tones (VipsImage *image, int transfer)
{
    g_autoptr (VipsImage) deep = NULL, own = NULL;

    if (vips_colourspace (image, &deep, VIPS_INTERPRETATION_RGB16, NULL) != 0 ||
        (own = vips_image_copy_memory (deep)) == NULL)
        return NULL;
    tone_map ((guint16 *) (void *) VIPS_IMAGE_ADDR (own, 0, 0), (guint) own->Bands,
              VIPS_IMAGE_N_PELS (own), transfer);
    vips_image_remove (own, TRANSFER_NAME);
    return g_steal_pointer (&own);
}

VipsImage *
image_colour_convert (VipsImage *image, ColourSpace target)
{
    g_autoptr (VipsImage) toned = NULL, converted = NULL, shown = NULL;
    VipsImage *out = NULL;
    int transfer;

    if (vips_image_get_typeof (image, TRANSFER_NAME) != 0 &&
        vips_image_get_int (image, TRANSFER_NAME, &transfer) == 0) {
        toned = map_tones (image, transfer);
        if (toned == NULL)
            return NULL;
        image = toned;
    }
    converted = convert_by_profile (image, target);
    if (converted == NULL && image->Type == VIPS_INTERPRETATION_CMYK) {
        if (vips_icc_transform (image, &converted, profile_names[target], "input_profile", "cmyk",
                                "depth", 8, NULL) != 0)
            return NULL;
    }
    if (converted == NULL)
        converted = g_object_ref (image);
    if (converted->Type == VIPS_INTERPRETATION_sRGB && converted->BandFmt == VIPS_FORMAT_UCHAR)
        return g_steal_pointer (&converted);
    if (vips_colourspace (converted, &shown, VIPS_INTERPRETATION_sRGB, NULL) != 0 ||
        vips_cast_uchar (shown, &out, NULL) != 0)
        return NULL;
    return out;
}

/* With the curve of sRGB. About 600 bytes: parametric curves instead of tables. */
static GBytes *
make_profile (const char *label, const cmsCIExyYTRIPLE *chromaticities)
{
    static const cmsCIExyY white = { 0.3127, 0.3290, 1 };
    static const cmsFloat64Number curve_numbers[] = { 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92,
                                                      0.04045 };
    cmsToneCurve *curve = cmsBuildParametricToneCurve (NULL, 4, curve_numbers);
    cmsToneCurve *curves[] = { curve, curve, curve };
    cmsHPROFILE profile = cmsCreateRGBProfile (&white, chromaticities, curves);
    cmsMLU *name = cmsMLUalloc (NULL, 1), *rights = cmsMLUalloc (NULL, 1);
    cmsUInt32Number n_bytes = 0;
    guint8 *bytes;

    cmsMLUsetASCII (name, "en", "US", label);
    cmsMLUsetASCII (rights, "en", "US", "CC0");
    cmsWriteTag (profile, cmsSigProfileDescriptionTag, name);
    cmsWriteTag (profile, cmsSigCopyrightTag, rights);
    cmsSaveProfileToMem (profile, NULL, &n_bytes);
    bytes = g_malloc0 (n_bytes);
    cmsSaveProfileToMem (profile, bytes, &n_bytes);
    memset (bytes + PROFILE_DATE_AT, 0, PROFILE_DATE_BYTES); /* the same picture, the same bytes */
    cmsMLUfree (name);
    cmsMLUfree (rights);
    cmsCloseProfile (profile);
    cmsFreeToneCurve (curve);
    return g_bytes_new_take (bytes, n_bytes);
}

GBytes *
image_colour_profile (ColourSpace self)
{
    static const cmsCIExyYTRIPLE chromaticities[] = {
        [COLOUR_SRGB] = { { 0.64, 0.33, 1 }, { 0.30, 0.60, 1 }, { 0.15, 0.06, 1 } },
        [COLOUR_P3] = { { 0.680, 0.320, 1 }, { 0.265, 0.690, 1 }, { 0.150, 0.060, 1 } },
    };
    static const char *const names[] = { [COLOUR_SRGB] = "sRGB", [COLOUR_P3] = "Display P3" };
    static GBytes *profiles[2];

    if (profiles[self] == NULL)
        profiles[self] = make_profile (names[self], &chromaticities[self]);
    return profiles[self];
}

static cmsCIExyY
point_of (AVCIExy from)
{
    return (cmsCIExyY){ av_q2d (from.x), av_q2d (from.y), 1 };
}

VipsImage *
image_colour_tag (VipsImage *image, int primaries, int transfer)
{
    const AVColorPrimariesDesc *of = av_csp_primaries_desc_from_id (primaries);
    gboolean is_hdr = video_is_hdr (transfer), is_wide;
    VipsImage *out = NULL;

    if (is_hdr && of == NULL) /* BT.2100, which defines both curves, has these */
        of = av_csp_primaries_desc_from_id (primaries = AVCOL_PRI_BT2020);
    is_wide = of != NULL && primaries != AVCOL_PRI_BT709;
    if (vips_copy (image, &out, NULL) != 0)
        return NULL;
    if (is_hdr) { /* a profile of such pixels makes them nearly black */
        vips_image_set_int (out, TRANSFER_NAME, transfer);
        vips_image_remove (out, VIPS_META_ICC_NAME);
    }
    if (is_wide && vips_image_get_typeof (out, VIPS_META_ICC_NAME) == 0) {
        cmsCIExyYTRIPLE points = { point_of (of->prim.r), point_of (of->prim.g),
                                   point_of (of->prim.b) };
        g_autoptr (GBytes) profile = make_profile (av_color_primaries_name (primaries), &points);
        vips_image_set_blob_copy (out, VIPS_META_ICC_NAME, g_bytes_get_data (profile, NULL),
                                  g_bytes_get_size (profile));
    }
    return out;
}

void
image_colour_copy (VipsImage *to, VipsImage *from)
{
    const void *profile;
    size_t n_bytes;
    int transfer;

    if (vips_image_get_typeof (from, VIPS_META_ICC_NAME) != 0 &&
        vips_image_get_blob (from, VIPS_META_ICC_NAME, &profile, &n_bytes) == 0)
        vips_image_set_blob_copy (to, VIPS_META_ICC_NAME, profile, n_bytes);
    if (vips_image_get_typeof (from, TRANSFER_NAME) != 0 &&
        vips_image_get_int (from, TRANSFER_NAME, &transfer) == 0)
        vips_image_set_int (to, TRANSFER_NAME, transfer);
}
