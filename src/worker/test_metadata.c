/* test_metadata.c -- reading the metadata of files that are made here, whole and damaged */
#include <brotli/encode.h>
#include <string.h>
#include <zlib.h>
#include "base/error.h"
#include "worker/metadata.h"
#include "worker/metadata_fixtures.h"

static void
assert_tiff_tags (const json_t *tags)
{
    g_assert_cmpstr (text_of (tags, "Make"), ==, " Maker");
    g_assert_cmpstr (text_of (tags, "Model"), ==, "Model");
    g_assert_cmpstr (text_of (tags, "ImageDescription"), ==, "café");
    g_assert_cmpfloat (number_of (tags, "Orientation"), ==, 6);
    g_assert_cmpstr (text_of (tags, "ExposureTime"), ==, "1/350");
    g_assert_cmpfloat (number_of (tags, "FNumber"), ==, 1.9);
    g_assert_cmpfloat (number_of (tags, "ISO"), ==, 400);
    g_assert_cmpstr (text_of (tags, "SubSecDateTimeOriginal"), ==,
                     "2020:07:01 12:00:00.1234+05:30");
    g_assert_cmpstr (text_of (tags, "ColorSpace"), ==, "sRGB");
    g_assert_cmpstr (text_of (tags, "LensID"), ==, "Tele 24.0-70.0mm f/2.8");
    g_assert_cmpstr (text_of (tags, "ContentIdentifier"), ==, "LIVE1");
    g_assert_cmpfloat (number_of (tags, "GPSLatitude"), ==, -33.5);
    g_assert_cmpfloat_with_epsilon (number_of (tags, "GPSLongitude"), 151.26, 1e-9);
    g_assert_cmpstr (text_of (tags, "GPSDateTime"), ==, "2020:07:01 06:30:10.5Z");
}

static void
test_a_jpeg_tells_camera_moment_and_place (void)
{
    g_autoptr (GByteArray) tiff = make_tiff ();
    json_t *tags = read_file (make_jpeg (tiff, NULL, NULL));

    assert_tiff_tags (tags);
    g_assert_cmpstr (text_of (tags, "ImageSize"), ==, "640x480");
    g_assert_cmpfloat (number_of (tags, "BitsPerSample"), ==, 8);
    json_decref (tags);
}

static void
test_a_bare_tiff_is_read (void)
{
    json_t *tags = read_file (make_tiff ());

    assert_tiff_tags (tags);
    json_decref (tags);
}

static void
test_a_heif_item_is_found (void)
{
    GByteArray *file = make_heif (TRUE);
    gint64 film_at = (gint64) file->len - 6;
    json_t *tags = read_file (file);
    const json_t *film = json_object_get (tags, "MotionPhotoVideo");

    assert_tiff_tags (tags);
    g_assert_cmpstr (text_of (tags, "ImageSize"), ==, "4032x3024");
    g_assert_cmpfloat (number_of (tags, "Rotation"), ==, 3);
    g_assert_cmpfloat (number_of (tags, "ImagePixelDepth"), ==, 10);
    g_assert_cmpint (json_integer_value (json_array_get (film, 0)), ==, film_at);
    g_assert_cmpint (json_integer_value (json_array_get (film, 1)), ==, 6);
    json_decref (tags);
}

static void
test_a_jxl_box_may_be_compressed (void)
{
    g_autoptr (GByteArray) tiff = make_tiff ();
    g_autoptr (GByteArray) body = g_byte_array_new ();
    GByteArray *file = g_byte_array_new ();
    guint8 packed[4096];
    size_t n_packed = sizeof packed;
    json_t *tags;

    put (file, "\0\0\0\x0cJXL \r\n\x87\n", 12);
    put_be (body, 0, 4);
    put (body, tiff->data, tiff->len);
    g_assert_true (BrotliEncoderCompress (5, 22, BROTLI_MODE_GENERIC, body->len, body->data,
                                          &n_packed, packed));
    g_byte_array_set_size (body, 0);
    put_text (body, "Exif");
    put (body, packed, n_packed);
    put_box (file, "brob", body);
    g_byte_array_set_size (body, 0);
    /* codestream: small, height 6*8, ratio 3 (4:3), defaults */
    put_be (body, 0xff0a, 2);
    put_le (body, 1 | 5 << 1 | 3 << 6 | 1 << 9, 2);
    put_box (file, "jxlc", body);
    tags = read_file (file);
    assert_tiff_tags (tags);
    g_assert_cmpstr (text_of (tags, "ImageSize"), ==, "64x48");
    g_assert_cmpfloat (number_of (tags, "BitsPerSample"), ==, 8);
    json_decref (tags);
}

static void
put_chunk (GByteArray *png, const char *type, const GByteArray *body)
{
    put_be (png, body->len, 4);
    put_text (png, type);
    put (png, body->data, body->len);
    put_be (png, 0, 4); /* the checksum, which nobody reads */
}

static GByteArray *
make_png (void)
{
    g_autoptr (GByteArray) body = g_byte_array_new ();
    GByteArray *png = g_byte_array_new ();

    put (png, "\x89PNG\r\n\x1a\n", 8);
    put_be (body, 320, 4);
    put_be (body, 200, 4);
    put_be (body, 0x1002000000, 5);
    put_chunk (png, "IHDR", body);
    return png;
}

static void
put_deflated (GByteArray *out, const void *bytes, gsize n)
{
    uLongf n_packed = compressBound (n);
    g_autofree guint8 *packed = g_malloc (n_packed);

    g_assert_cmpint (compress (packed, &n_packed, bytes, n), ==, Z_OK);
    put (out, packed, n_packed);
}

static void
test_png_chunks_are_read (void)
{
    g_autoptr (GByteArray) tiff = make_tiff ();
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autofree char *xmp = make_xmp ("<dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li>zwei"
                                     "</rdf:li></rdf:Bag></dc:subject>");
    GByteArray *png = make_png ();
    json_t *tags;

    put_chunk (png, "eXIf", tiff);
    put (body, "XML:com.adobe.xmp\0\1\0\0\0", 22);
    put_deflated (body, xmp, strlen (xmp));
    put_chunk (png, "iTXt", body);
    for (int i = 0; i < 3; i++) { /* three frames of 2/5 s */
        g_byte_array_set_size (body, 0);
        for (int k = 0; k < 5; k++)
            put_be (body, 0, 4);
        put_be (body, 0x00020005, 4);
        put_be (body, 0, 2);
        put_chunk (png, "fcTL", body);
    }
    tags = read_file (png);
    assert_tiff_tags (tags);
    g_assert_cmpstr (text_of (tags, "ImageSize"), ==, "320x200");
    g_assert_cmpfloat (number_of (tags, "BitDepth"), ==, 16);
    g_assert_cmpfloat_with_epsilon (number_of (tags, "Duration"), 1.2, 1e-9);
    g_assert_cmpuint (json_array_size (json_object_get (tags, "Keywords")), ==, 2);
    json_decref (tags);
}

static void
test_a_raw_profile_in_png_is_read (void)
{
    g_autoptr (GByteArray) tiff = make_tiff ();
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autoptr (GString) hex = g_string_new ("\nexif\n    0000\n");
    GByteArray *png = make_png ();
    json_t *tags;

    for (guint i = 0; i < tiff->len; i++)
        g_string_append_printf (hex, "%02x%s", tiff->data[i], i % 36 == 35 ? "\n" : "");
    put (body, "Raw profile type exif\0\0", 23);
    put_deflated (body, hex->str, hex->len);
    put_chunk (png, "zTXt", body);
    tags = read_file (png);
    assert_tiff_tags (tags);
    json_decref (tags);
}

static void
test_a_deflate_bomb_is_left_alone (void)
{
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autofree char *zeros = g_malloc0 (64 * 1024 * 1024);
    GByteArray *png = make_png ();
    json_t *tags;

    memset (zeros, ' ', 64 * 1024 * 1024);
    put (body, "XML:com.adobe.xmp\0\1\0\0\0", 22);
    put_deflated (body, zeros, 64 * 1024 * 1024);
    put_chunk (png, "iTXt", body);
    tags = read_file (png);
    g_assert_cmpstr (text_of (tags, "ImageSize"), ==, "320x200");
    json_decref (tags);
}

static void
test_webp_chunks_are_read (void)
{
    g_autoptr (GByteArray) tiff = make_tiff ();
    GByteArray *webp = g_byte_array_new ();
    json_t *tags;

    put (webp, "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x0a\0\0\0", 24);
    put_le (webp, 799, 3);
    put_le (webp, 599, 3);
    for (int i = 0; i < 2; i++) {
        put_text (webp, "ANMF");
        put_le (webp, 16, 4);
        put_le (webp, 0, 8);
        put_le (webp, 0, 4);
        put_le (webp, 250, 4);
    }
    put_text (webp, "EXIF");
    put_le (webp, tiff->len, 4);
    put (webp, tiff->data, tiff->len);
    tags = read_file (webp);
    assert_tiff_tags (tags);
    g_assert_cmpstr (text_of (tags, "ImageSize"), ==, "800x600");
    g_assert_cmpfloat (number_of (tags, "Duration"), ==, 0.5);
    json_decref (tags);
}

static void
test_gif_frames_are_counted (void)
{
    static const char gif[] = "GIF89a\x10\0\x08\0\0\0\0"
                              "!\xf9\4\0\x14\0\0\0,\0\0\0\0\x10\0\x08\0\0\2\1\0\0"
                              "!\xf9\4\0\x1e\0\0\0,\0\0\0\0\x10\0\x08\0\0\2\1\0\0;";
    GByteArray *file = g_byte_array_new ();
    json_t *tags;

    put (file, gif, sizeof gif - 1);
    tags = read_file (file);
    g_assert_cmpstr (text_of (tags, "ImageSize"), ==, "16x8");
    g_assert_cmpfloat (number_of (tags, "Duration"), ==, 0.5);
    json_decref (tags);
}

#define XMP_WORDS                                                                                  \
    "<dc:subject><rdf:Bag><rdf:li>xmp</rdf:li></rdf:Bag></dc:subject>"                             \
    "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>XMP words</rdf:li></rdf:Alt>"           \
    "</dc:description><xmp:Rating>4</xmp:Rating>"                                                  \
    "<photoshop:DateCreated>2021-02-03T04:05:06+01:00</photoshop:DateCreated>"

static void
test_the_newer_of_xmp_and_iptc_counts (void)
{
    g_autofree char *xmp = make_xmp (XMP_WORDS);
    g_autoptr (GByteArray) same = make_photoshop (FALSE);
    g_autoptr (GByteArray) changed = make_photoshop (TRUE);
    json_t *from_xmp = read_file (make_jpeg (NULL, xmp, same));
    json_t *from_iptc = read_file (make_jpeg (NULL, xmp, changed));
    json_t *alone = read_file (make_jpeg (NULL, NULL, same));

    g_assert_cmpstr (json_string_value (json_array_get (json_object_get (from_xmp, "Keywords"), 0)),
                     ==, "xmp");
    g_assert_cmpstr (text_of (from_xmp, "Description"), ==, "XMP words");
    g_assert_cmpstr (text_of (from_xmp, "DateTimeOriginal"), ==, "2021:02:03 04:05:06+01:00");
    g_assert_cmpfloat (number_of (from_xmp, "Rating"), ==, 4);
    g_assert_cmpstr (
        json_string_value (json_array_get (json_object_get (from_iptc, "Keywords"), 0)), ==,
        "iptc");
    g_assert_cmpstr (text_of (from_iptc, "Description"), ==, "IPTC caption");
    g_assert_cmpstr (text_of (from_iptc, "DateTimeOriginal"), ==, "2022:01:10 15:15:44-04:00");
    g_assert_cmpstr (text_of (alone, "DateTimeCreated"), ==, "2022:01:10 15:15:44-04:00");
    json_decref (from_xmp);
    json_decref (from_iptc);
    json_decref (alone);
}

/* A scan with a caption, as Photoshop and scanners write it: the records are an array of 32-bit numbers. */
static void
test_iptc_of_tiff_is_read_in_both_byte_orders (void)
{
    static const char iptc[] = "\x1c\x02\x78\x00\x05words\x1c\x02\x19\x00\x02kw\0\0\0";
    static const char little[] = "II*\0\x08\0\0\0\x03\0\0\x01\x03\0\x01\0\0\0\x01\0\0\0"
                                 "\x01\x01\x03\0\x01\0\0\0\x01\0\0\0"
                                 "\xbb\x83\x04\0\x05\0\0\0\x32\0\0\0\0\0\0\0";
    static const char big[] = "MM\0*\0\0\0\x08\0\x03\x01\0\0\x03\0\0\0\x01\0\x01\0\0"
                              "\x01\x01\0\x03\0\0\0\x01\0\x01\0\0"
                              "\x83\xbb\0\x04\0\0\0\x05\0\0\0\x32\0\0\0\0";
    const char *const heads[] = { little, big };

    G_STATIC_ASSERT (sizeof little == 51 && sizeof big == 51 && sizeof iptc >= 20);
    for (gsize i = 0; i < G_N_ELEMENTS (heads); i++) {
        GByteArray *file = g_byte_array_new ();
        json_t *tags;

        g_byte_array_append (file, (const guint8 *) heads[i], 50);
        g_byte_array_append (file, (const guint8 *) iptc, 20);
        tags = read_file (file);
        g_assert_cmpstr (text_of (tags, "Description"), ==, "words");
        g_assert_cmpstr (json_string_value (json_array_get (json_object_get (tags, "Keywords"), 0)),
                         ==, "kw");
        json_decref (tags);
    }
}

static void
test_regions_and_containers_keep_their_shape (void)
{
    g_autofree char *xmp = make_xmp (
        "<GCamera:MotionPhoto>1</GCamera:MotionPhoto>"
        "<Container:Directory><rdf:Seq>"
        "<rdf:li rdf:parseType='Resource'><Container:Item Item:Semantic='Primary'/></rdf:li>"
        "<rdf:li rdf:parseType='Resource'><Container:Item Item:Semantic='MotionPhoto'"
        " Item:Mime='video/mp4' Item:Length='99' Item:Padding='7'/></rdf:li>"
        "</rdf:Seq></Container:Directory>"
        "<mwg-rs:Regions rdf:parseType='Resource'>"
        "<mwg-rs:AppliedToDimensions stDim:w='840' stDim:h='700' stDim:unit='pixel'/>"
        "<mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name='Marie' "
        "mwg-rs:Type='Face'><mwg-rs:Area stArea:x='0.25' stArea:y='0.5' stArea:w='0.1'"
        " stArea:h='0.2' stArea:unit='normalized'/></rdf:Description></rdf:li></rdf:Bag>"
        "</mwg-rs:RegionList></mwg-rs:Regions>");
    json_t *tags = read_file (make_jpeg (NULL, xmp, NULL));
    const json_t *info = json_object_get (tags, "RegionInfo");
    const json_t *region = json_array_get (json_object_get (info, "RegionList"), 0);
    const json_t *film =
        json_object_get (json_array_get (json_object_get (tags, "ContainerDirectory"), 1), "Item");

    g_assert_cmpfloat (number_of (tags, "MotionPhoto"), ==, 1);
    g_assert_cmpstr (text_of (film, "Semantic"), ==, "MotionPhoto");
    g_assert_cmpfloat (number_of (film, "Length"), ==, 99);
    g_assert_cmpfloat (number_of (film, "Padding"), ==, 7);
    g_assert_cmpfloat (number_of (json_object_get (info, "AppliedToDimensions"), "W"), ==, 840);
    g_assert_cmpstr (text_of (region, "Name"), ==, "Marie");
    g_assert_cmpfloat (number_of (json_object_get (region, "Area"), "X"), ==, 0.25);
    json_decref (tags);
}

static void
test_sidecars_are_read_in_any_encoding (void)
{
    g_autofree char *xmp = make_xmp ("<xmp:Rating>5</xmp:Rating><exif:GPSLatitude>52,31.2N"
                                     "</exif:GPSLatitude><exif:GPSLongitude>13,24.3W"
                                     "</exif:GPSLongitude><exif:FNumber>28/10</exif:FNumber>");
    g_autofree char *marked = g_strconcat ("\xef\xbb\xbf", xmp, NULL);
    gsize n_wide = 0;
    g_autofree char *wide = g_convert (marked, -1, "UTF-16LE", "UTF-8", NULL, &n_wide, NULL);
    g_autofree char *declared =
        g_strconcat ("\xef\xbb\xbf<?xml version='1.0' encoding='utf-16'?>\r\n", xmp, NULL);
    gsize n_declared = 0;
    g_autofree char *wide_declared =
        g_convert (declared, -1, "UTF-16LE", "UTF-8", NULL, &n_declared, NULL);
    g_autofree char *broken =
        g_strconcat ("<?xml\n  version='1.0'\n  encoding='utf-8'\n?>\n", xmp, NULL);
    g_autofree char *remarked =
        g_strconcat ("<?xml version='1.0'?>\n<!-- by hand -->\n", xmp, NULL);
    const struct {
        const char *bytes;
        gsize n;
    } cases[] = {
        { xmp, strlen (xmp) },         { marked, strlen (marked) },     { wide, n_wide },
        { wide_declared, n_declared }, { remarked, strlen (remarked) }, { broken, strlen (broken) }
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        json_t *root = read_both ("", 0, cases[i].bytes, cases[i].n, "jpg");
        const json_t *tags = json_object_get (root, "sidecar");
        g_assert_cmpfloat (number_of (tags, "Rating"), ==, 5);
        g_assert_cmpfloat (number_of (tags, "GPSLatitude"), ==, 52.52);
        g_assert_cmpfloat (number_of (tags, "GPSLongitude"), ==, -13.405);
        g_assert_cmpfloat (number_of (tags, "FNumber"), ==, 2.8);
        json_decref (root);
    }
}

static void
test_bytes_that_are_no_utf8_cost_nothing_else (void)
{
    static const char *const declarations[] = { "", "<?xml version='1.0' encoding='ISO-8859-1'?>" };
    g_autofree char *xmp = make_xmp ("<xmp:Rating>5</xmp:Rating><dc:description><rdf:Alt>"
                                     "<rdf:li xml:lang='x-default'>Gr\xfc\xdf"
                                     "e f\xc3\xbcr \xe2\x82\xac\0135</rdf:li>"
                                     "</rdf:Alt></dc:description>");

    for (gsize i = 0; i < G_N_ELEMENTS (declarations); i++) {
        g_autofree char *bytes = g_strconcat (declarations[i], xmp, NULL);
        json_t *root = read_both ("", 0, bytes, strlen (bytes), "jpg");
        const json_t *tags = json_object_get (root, "sidecar");

        g_assert_cmpfloat (number_of (tags, "Rating"), ==, 5);
        g_assert_cmpstr (text_of (tags, "Description"), ==, "Grüße für € 5");
        json_decref (root);
    }
}

static void
test_a_sidecar_that_cannot_be_read_is_left_out (void)
{
    g_autofree char *xmp = make_xmp ("<xmp:Rating>5</xmp:Rating>");
    g_autofree char *silent = make_xmp ("<xmp:Label>Red</xmp:Label>");
    const struct {
        const char *bytes;
        gsize n;
        gboolean is_read;
    } cases[] = {
        { xmp, strlen (xmp), TRUE },
        { silent, strlen (silent), TRUE },
        { xmp, 0, FALSE },
        { xmp, strlen (xmp) / 2, FALSE },
        { xmp, strlen (xmp) - 10, FALSE },
        { "no XML, but long enough", 23, FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        json_t *root = read_both ("", 0, cases[i].bytes, cases[i].n, "jpg");

        g_assert_cmpint (json_object_get (root, "sidecar") != NULL, ==, cases[i].is_read);
        json_decref (root);
    }
}

static void
test_entities_are_refused (void)
{
    g_autofree char *xmp = make_xmp ("<xmp:Label>&a;</xmp:Label><xmp:Rating>5</xmp:Rating>");
    g_autofree char *bomb =
        g_strconcat ("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'>]>", xmp, NULL);
    json_t *root = read_both ("", 0, bomb, strlen (bomb), "jpg");

    g_assert_cmpuint (json_object_size (json_object_get (root, "sidecar")), ==, 0);
    json_decref (root);
}

static void
test_long_texts_and_lists_are_cut (void)
{
    g_autoptr (GString) body = g_string_new ("<dc:subject><rdf:Bag>");
    g_autofree char *xmp = NULL;
    json_t *root;
    const json_t *tags;

    for (int i = 0; i < 5000; i++)
        g_string_append_printf (body, "<rdf:li>keyword %d</rdf:li>", i);
    g_string_append (body, "</rdf:Bag></dc:subject><tiff:Model>");
    for (int i = 0; i < 200000; i++)
        g_string_append (body, "ä");
    g_string_append (body, "</tiff:Model>");
    xmp = make_xmp (body->str);
    root = read_both ("", 0, xmp, strlen (xmp), "jpg");
    tags = json_object_get (root, "sidecar");
    g_assert_cmpuint (json_array_size (json_object_get (tags, "Keywords")), ==, 1000);
    g_assert_cmpuint (strlen (text_of (tags, "Model")), ==, 64 * 1024);
    json_decref (root);
}

static void
test_lens_numbers_become_names (void)
{
    static const struct {
        const char *body, *expected;
    } cases[] = {
        { "<tiff:Make>Canon</tiff:Make><aux:LensID>202</aux:LensID>",
          "Canon EF 28-80mm f/3.5-5.6 USM IV" },
        { "<tiff:Make>Canon</tiff:Make><aux:LensID>61182</aux:LensID>"
          "<aux:Lens>RF100-500mm F4.5-7.1 L IS USM</aux:Lens>",
          "Canon RF 100-500mm F4.5-7.1L IS USM" },
        { "<aux:Lens>17.0-35.0 mm f/2.8</aux:Lens>", "17.0-35.0mm f/2.8" },
        { "<tiff:Make>Nobody</tiff:Make><aux:LensID>7</aux:LensID>", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *xmp = make_xmp (cases[i].body);
        json_t *tags = read_file (make_jpeg (NULL, xmp, NULL));
        g_assert_cmpstr (text_of (tags, "LensID"), ==, cases[i].expected);
        json_decref (tags);
    }
}

static GByteArray *
make_icc (gboolean unicode)
{
    GByteArray *icc = g_byte_array_new ();

    g_byte_array_set_size (icc, 128);
    memset (icc->data, 0, 128);
    memcpy (icc->data + 36, "acsp", 4);
    memcpy (icc->data + 48, "APPL", 4);
    put_be (icc, 1, 4);
    put_text (icc, "desc");
    put_be (icc, 144, 4);
    put_be (icc, unicode ? 28 + 10 : 12 + 6, 4);
    if (unicode) {
        put_text (icc, "mluc");
        put_be (icc, 0, 4);
        put_be (icc, 1, 4);
        put_be (icc, 12, 4);
        put_text (icc, "enUS");
        put_be (icc, 10, 4);
        put_be (icc, 28, 4);
        for (const char *c = "P3 \xe4!"; *c != '\0'; c++)
            put_be (icc, (guint8) *c, 2);
    } else {
        put_text (icc, "desc");
        put_be (icc, 0, 4);
        put_be (icc, 6, 4);
        put (icc, "sRGB!", 6);
    }
    return icc;
}

static void
test_profiles_have_names (void)
{
    for (int unicode = 0; unicode < 2; unicode++) {
        g_autoptr (GByteArray) icc = make_icc (unicode);
        GByteArray *jpeg = g_byte_array_new ();
        json_t *tags;
        put (jpeg, "\xff\xd8", 2);
        /* in two pieces, the second one first */
        put_segment (jpeg, 0xe2, "ICC_PROFILE\0\2\2", 14, icc->data + 100, icc->len - 100);
        put_segment (jpeg, 0xe2, "ICC_PROFILE\0\1\2", 14, icc->data, 100);
        put (jpeg, "\xff\xd9", 2);
        tags = read_file (jpeg);
        g_assert_cmpstr (text_of (tags, "ProfileDescription"), ==, unicode ? "P3 ä!" : "sRGB!");
        g_assert_cmpstr (text_of (tags, "DeviceManufacturer"), ==, "Apple Computer Inc.");
        json_decref (tags);
    }
}

static void
test_a_samsung_trailer_holds_the_film (void)
{
    GByteArray *jpeg = make_jpeg (NULL, NULL, NULL);
    gsize block_at = jpeg->len, directory_at;
    json_t *tags;
    const json_t *place;

    put (jpeg, "\0\0\x30\x0a\x10\0\0\0MotionPhoto_DataFILM", 28);
    directory_at = jpeg->len;
    put_text (jpeg, "SEFH");
    put_le (jpeg, 103, 4);
    put_le (jpeg, 1, 4);
    put (jpeg, "\0\0\x30\x0a", 4);
    put_le (jpeg, directory_at - block_at, 4);
    put_le (jpeg, 28, 4);
    put_le (jpeg, 24, 4);
    put_text (jpeg, "SEFT");
    tags = read_file (jpeg);
    place = json_object_get (tags, "EmbeddedVideoFile");
    g_assert_cmpstr (text_of (tags, "EmbeddedVideoType"), ==, "MotionPhoto_Data");
    g_assert_cmpint (json_integer_value (json_array_get (place, 0)), ==, (gint64) block_at + 24);
    g_assert_cmpint (json_integer_value (json_array_get (place, 1)), ==, 4);
    json_decref (tags);
}

static void
test_cameras_of_the_nineties_are_read (void)
{
    GByteArray *jpeg = g_byte_array_new ();
    static const char info[] = "MAKER\0\0\r\n[picture info]\r\nTimeDate=909698819\r\n"
                               "Shutter=33363\r\nFNumber=F2.8\r\n";
    json_t *tags;

    put (jpeg, "\xff\xd8", 2);
    put_segment (jpeg, 0xec, info, sizeof info - 1, "", 0);
    put (jpeg, "\xff\xd9", 2);
    tags = read_file (jpeg);
    g_assert_cmpstr (text_of (tags, "DateTimeOriginal"), ==, "1998:10:29 22:06:59");
    g_assert_cmpstr (text_of (tags, "ExposureTime"), ==, "1/30");
    g_assert_cmpfloat (number_of (tags, "FNumber"), ==, 2.8);
    json_decref (tags);
}

static void
test_deep_nesting_is_refused (void)
{
    g_autoptr (GString) body = g_string_new ("<xmp:Rating>5</xmp:Rating>");
    g_autofree char *xmp = NULL;
    json_t *root;

    for (int i = 0; i < 100000; i++)
        g_string_append (body, "<xmp:a rdf:parseType='Resource'>");
    for (int i = 0; i < 100000; i++)
        g_string_append (body, "</xmp:a>");
    xmp = make_xmp (body->str);
    root = read_both ("", 0, xmp, strlen (xmp), "jpg");
    g_assert_cmpuint (json_object_size (json_object_get (root, "sidecar")), ==, 0);
    json_decref (root);
}

static void
test_a_directory_that_contains_itself_ends (void)
{
    g_autoptr (GByteArray) ciff = g_byte_array_new ();
    GByteArray *jpeg = g_byte_array_new ();

    put (ciff, "II\x0e\0\0\0HEAPJPGM", 14);
    put_le (ciff, 1000, 2);
    for (int i = 0; i < 1000; i++) { /* each entry is the whole heap again */
        put_le (ciff, 0x2807, 2);
        put_le (ciff, 2 + 10000 + 4, 4);
        put_le (ciff, 0, 4);
    }
    put_le (ciff, 0, 4);
    put (jpeg, "\xff\xd8", 2);
    put_segment (jpeg, 0xe0, "", 0, ciff->data, ciff->len);
    put (jpeg, "\xff\xd9", 2);
    json_decref (read_file (jpeg));
}

static void
test_too_many_regions_are_cut (void)
{
    g_autoptr (GString) body = g_string_new ("<mwg-rs:Regions rdf:parseType='Resource'>"
                                             "<mwg-rs:RegionList><rdf:Bag>");
    g_autofree char *xmp = NULL;
    json_t *root;

    for (int i = 0; i < 500; i++)
        g_string_append (body,
                         "<rdf:li><rdf:Description mwg-rs:Name='a' mwg-rs:Type='b'/></rdf:li>");
    g_string_append (body, "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>");
    xmp = make_xmp (body->str);
    root = read_both ("", 0, xmp, strlen (xmp), "jpg");
    g_assert_cmpuint (
        json_array_size (json_object_get (
            json_object_get (json_object_get (root, "sidecar"), "RegionInfo"), "RegionList")),
        ==, 200);
    json_decref (root);
}

static void
test_nothing_is_no_failure (void)
{
    static const char film[] = "\0\0\0\x14"
                               "ftypmp42\0\0\0\0isom";
    static const char *const junk[] = { "",
                                        "\xff\xd8",
                                        "GIF89a",
                                        "RIFF",
                                        "\x89PNG\r\n\x1a\n",
                                        "\xff\x0a",
                                        "II*",
                                        "<?xml version='1.0'?><svg/>" };
    json_t *root = read_both (film, sizeof film - 1, "x", 1, "mp4");

    g_assert_cmpuint (json_object_size (json_object_get (root, "file")), ==, 0);
    json_decref (root);
    for (gsize i = 0; i < G_N_ELEMENTS (junk); i++) {
        root = read_both (junk[i], strlen (junk[i]), NULL, 0, NULL);
        g_assert_null (json_object_get (root, "sidecar"));
        json_decref (root);
    }
}

static void
test_parts_beyond_any_file_end_nothing (void)
{
    for (gsize part = 84; part <= 100; part += 8) {
        char raf[160] = "FUJIFILMCCD-RAW 0201";
        json_t *root;

        memset (raf + part, 0xff, 8);
        root = read_both (raf, sizeof raf, NULL, 0, NULL);
        g_assert_cmpuint (json_object_size (json_object_get (root, "file")), ==, 0);
        json_decref (root);
    }
}

static void
test_what_cannot_be_read_is_an_error (void)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GError) error = NULL;

    g_assert_false (metadata_read (-1, -1, NULL, text, &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_IO);
}

/* Files cut in many places and with many bytes spoilt: tags may go, the reader must not. */
static void
test_damage_is_survived (void)
{
    g_autoptr (GByteArray) tiff = make_tiff ();
    g_autoptr (GByteArray) photoshop = make_photoshop (FALSE);
    g_autofree char *xmp = make_xmp (XMP_WORDS);
    GByteArray *files[] = { make_jpeg (tiff, xmp, photoshop), make_heif (TRUE),
                            g_byte_array_ref (tiff) };

    for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
        for (gsize n = 0; n < files[i]->len; n += 11)
            json_decref (read_both (files[i]->data, n, NULL, 0, NULL));
        for (gsize n = i; n < files[i]->len; n += 2) {
            guint8 saved = files[i]->data[n];
            files[i]->data[n] = (guint8) (saved ^ (n % 4 < 2 ? 0xff : 0x80));
            json_decref (read_both (files[i]->data, files[i]->len, NULL, 0, NULL));
            files[i]->data[n] = saved;
        }
        g_byte_array_unref (files[i]);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define CASE(name) g_test_add_func ("/metadata/" #name, test_##name)
    CASE (a_jpeg_tells_camera_moment_and_place);
    CASE (a_bare_tiff_is_read);
    CASE (a_heif_item_is_found);
    CASE (a_jxl_box_may_be_compressed);
    CASE (png_chunks_are_read);
    CASE (a_raw_profile_in_png_is_read);
    CASE (a_deflate_bomb_is_left_alone);
    CASE (webp_chunks_are_read);
    CASE (gif_frames_are_counted);
    CASE (the_newer_of_xmp_and_iptc_counts);
    CASE (iptc_of_tiff_is_read_in_both_byte_orders);
    CASE (regions_and_containers_keep_their_shape);
    CASE (sidecars_are_read_in_any_encoding);
    CASE (bytes_that_are_no_utf8_cost_nothing_else);
    CASE (a_sidecar_that_cannot_be_read_is_left_out);
    CASE (entities_are_refused);
    CASE (long_texts_and_lists_are_cut);
    CASE (lens_numbers_become_names);
    CASE (profiles_have_names);
    CASE (a_samsung_trailer_holds_the_film);
    CASE (cameras_of_the_nineties_are_read);
    CASE (deep_nesting_is_refused);
    CASE (a_directory_that_contains_itself_ends);
    CASE (too_many_regions_are_cut);
    CASE (nothing_is_no_failure);
    CASE (parts_beyond_any_file_end_nothing);
    CASE (what_cannot_be_read_is_an_error);
    CASE (damage_is_survived);
    return g_test_run ();
}
