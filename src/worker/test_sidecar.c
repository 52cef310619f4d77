#include "worker/sidecar.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "worker/metadata.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

#define HEAD                                                                                       \
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"                         \
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"Some Program 4.2\">\n"                        \
    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
#define TAIL "</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>"

static const char all_tags[] =
    "{\"ImageDescription\":\"new <words> & "
    "\\\"more\\\"\",\"DateTimeOriginal\":\"2023-11-19T18:11:00.000-07:00\",\"GPSLatitude\":-52.52,"
    "\"GPSLongitude\":13.4050061,\"Rating\":3,\"TagsList\":[\"places/Köln\",\"sea\"]}";

static int
new_file (const char *text, gssize n_bytes)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp ("sidecar-XXXXXX", &path, NULL);

    g_assert_cmpint (fd, >=, 0);
    g_unlink (path);
    if (text != NULL && n_bytes < 0)
        n_bytes = (gssize) strlen (text);
    if (text != NULL)
        g_assert_cmpint (write (fd, text, (gsize) n_bytes), ==, n_bytes);
    return fd;
}

static char *
read_file (int fd)
{
    gsize n = (gsize) lseek (fd, 0, SEEK_END);
    char *text = g_malloc0 (n + 1);

    g_assert_cmpint (pread (fd, text, n, 0), ==, n);
    return text;
}

/* (transfer full) What is in the sidecar then; NULL with @error. */
static char *
change (const char *before, gssize n_bytes, const char *tags, json_t *written, GError **error)
{
    g_autoptr (json_t) object = json_loads (tags, 0, NULL);
    int in = before != NULL ? new_file (before, n_bytes) : -1, out = new_file (NULL, 0);
    char *after = NULL;

    g_assert_nonnull (object);
    if (sidecar_write (in, object, out, written, error))
        after = read_file (out);
    else
        g_assert_cmpint (lseek (out, 0, SEEK_END), ==, 0);
    if (in >= 0)
        close (in);
    close (out);
    return after;
}

static char *
change_well (const char *before, const char *tags, gsize n_written)
{
    g_autoptr (json_t) written = json_array ();
    g_autoptr (GError) error = NULL;
    char *after = change (before, -1, tags, written, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (json_array_size (written), ==, n_written);
    return after;
}

/* As metadata_read () answers it. */
static json_t *
read_tags (const char *sidecar)
{
    g_autoptr (GString) out = g_string_new (NULL);
    int original = new_file ("no picture", -1), fd = new_file (sidecar, -1);
    g_autoptr (json_t) root = NULL;

    g_assert_true (metadata_read (original, fd, ".jpg", out, NULL));
    close (original);
    close (fd);
    root = json_loads (out->str, 0, NULL);
    return json_incref (json_object_get (root, "sidecar"));
}

static void
test_a_new_one_reads_back (void)
{
    g_autofree char *after = change_well (NULL, all_tags, 6);
    g_autoptr (json_t) tags = read_tags (after);

    g_assert_cmpstr (json_string_value (json_object_get (tags, "Description")), ==,
                     "new <words> & \"more\"");
    g_assert_cmpstr (json_string_value (json_object_get (tags, "DateTimeOriginal")), ==,
                     "2023:11:19 18:11:00.000-07:00");
    g_assert_cmpfloat_with_epsilon (json_number_value (json_object_get (tags, "GPSLatitude")),
                                    -52.52, 1e-8);
    g_assert_cmpfloat_with_epsilon (json_number_value (json_object_get (tags, "GPSLongitude")),
                                    13.4050061, 1e-8);
    g_assert_cmpuint (json_array_size (json_object_get (tags, "TagsList")), ==, 2);
    g_assert_nonnull (strstr (after, "52,31.20000000S"));
}

static void
test_what_others_keep_in_it_stays (void)
{
    static const char before[] =
        HEAD "<!-- a word of its maker -->\n"
             "<rdf:Description rdf:about=\"\" xmlns:own=\"http://example.org/own/\" "
             "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" own:secret=\"42\" xmp:Rating=\"1\" "
             "xmp:Label=\"Red\">\n"
             "<own:history><rdf:Seq><rdf:li own:step=\"1\" own:params=\"gz01\"/>"
             "<rdf:li rdf:parseType=\"Resource\"><own:deep><rdf:Bag><rdf:li "
             "xml:lang=\"de\">Ä</rdf:li></rdf:Bag></own:deep></rdf:li></rdf:Seq></own:history>\n"
             "</rdf:Description>\n"
             "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n"
             "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">old</rdf:li></rdf:Alt>"
             "</dc:description><dc:creator><rdf:Seq><rdf:li>Ann</rdf:li></rdf:Seq></dc:creator>\n"
             "</rdf:Description>\n" TAIL;
    static const char *const kept[] = {
        "a word of its maker",  "Some Program 4.2",    "own:secret=\"42\"",
        "xmp:Label=\"Red\"",    "own:params=\"gz01\"", "<rdf:li xml:lang=\"de\">Ä</rdf:li>",
        "<rdf:li>Ann</rdf:li>", "<?xpacket begin=",    "<?xpacket end=\"w\"?>",
    };
    g_autofree char *after = change_well (before, all_tags, 6);
    g_autofree char *again = change_well (after, all_tags, 6);
    g_autoptr (json_t) tags = read_tags (after);

    for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
        if (strstr (after, kept[i]) == NULL)
            g_error ("'%s' is gone from:\n%s", kept[i], after);
    g_assert_null (strstr (after, ">old<"));
    g_assert_null (strstr (after, "xmp:Rating=\"1\""));
    g_assert_cmpint (json_number_value (json_object_get (tags, "Rating")), ==, 3);
    g_assert_cmpstr (json_string_value (json_object_get (tags, "Description")), ==,
                     "new <words> & \"more\"");
    g_assert_cmpstr (again, ==, after);
}

static void
test_other_languages_stay (void)
{
    static const char before[] =
        HEAD "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">"
             "<dc:description><rdf:Alt><rdf:li xml:lang=\"de-DE\">Das Meer</rdf:li>"
             "<rdf:li xml:lang=\"x-default\">The sea</rdf:li>"
             "<rdf:li xml:lang=\"fr-FR\">La mer</rdf:li></rdf:Alt></dc:description>"
             "</rdf:Description>"
             "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
             "dc:description=\"once more\"/>\n" TAIL;
    static const char *const texts[] = { "Another sea", "" };

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autofree char *tags = g_strdup_printf ("{\"ImageDescription\":\"%s\"}", texts[i]);
        g_autofree char *after = change_well (before, tags, 1);
        g_autoptr (json_t) found = read_tags (after);

        g_assert_nonnull (strstr (after, "<rdf:li xml:lang=\"de-DE\">Das Meer</rdf:li>"));
        g_assert_nonnull (strstr (after, "<rdf:li xml:lang=\"fr-FR\">La mer</rdf:li>"));
        g_assert_null (strstr (after, "The sea"));
        g_assert_null (strstr (after, "once more"));
        g_assert_cmpstr (json_string_value (json_object_get (found, "Description")), ==, texts[i]);
        g_assert_cmpstr (json_string_value (json_object_get (found, "ImageDescription")), ==,
                         texts[i]);
    }
}

static void
test_what_is_cleared_reads_as_cleared (void)
{
    static const char tags[] = "{\"ImageDescription\":\"\",\"Rating\":0,\"TagsList\":[]}";
    g_autofree char *full = change_well (NULL, all_tags, 6);
    g_autofree char *after = change_well (full, tags, 3);
    g_autoptr (json_t) found = read_tags (after);

    g_assert_cmpstr (json_string_value (json_object_get (found, "Description")), ==, "");
    g_assert_cmpstr (json_string_value (json_object_get (found, "ImageDescription")), ==, "");
    g_assert_nonnull (json_object_get (found, "DateTimeOriginal"));
}

static void
test_an_older_zone_does_not_contradict_a_new_date (void)
{
    static const char before[] =
        HEAD "<rdf:Description rdf:about=\"\" xmlns:exifEX=\"http://cipa.jp/exif/1.0/\" "
             "exifEX:OffsetTimeOriginal=\"+02:00\" exifEX:LensModel=\"50 mm\"/>\n" TAIL;
    g_autofree char *after =
        change_well (before, "{\"DateTimeOriginal\":\"2023-11-19T18:11:00.000-07:00\"}", 1);

    g_assert_null (strstr (after, "OffsetTimeOriginal"));
    g_assert_nonnull (strstr (after, "50 mm"));
}

static void
test_other_words_for_the_same_names_do_no_harm (void)
{
    /* the usual prefix means something else here, the usual namespace has another prefix */
    static const char before[] =
        HEAD "<rdf:Description rdf:about=\"\" xmlns:xmp=\"http://example.org/not-xmp/\" "
             "xmlns:q=\"http://purl.org/dc/elements/1.1/\" xmp:Rating=\"five\">"
             "<q:description>plain</q:description></rdf:Description>\n" TAIL;
    g_autofree char *after = change_well (before, all_tags, 5); /* Exiv2 goes by prefixes */

    g_assert_nonnull (strstr (after, "xmp:Rating=\"five\""));
    g_assert_null (strstr (after, ">plain<"));
}

static void
test_hostile_sidecars_are_refused_and_nothing_is_written (void)
{
    g_autoptr (GString) laughs =
        g_string_new ("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"ha\">");
    g_autoptr (GString) deep = g_string_new (HEAD);
    g_autoptr (GString) nested = g_string_new (HEAD TAIL);
    g_autofree char *huge = g_strnfill (16 * 1024 * 1024 + 1, ' ');
    static const char utf16[] = "\xff\xfe<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0x\0>\0<\0x\0/\0>\0";
    struct {
        const char *text;
        gssize n_bytes;
        int code;
    } cases[] = {
        { "not XML at all", -1, APP_ERROR_MEDIA_TYPE },
        { HEAD "<rdf:Description", -1, APP_ERROR_MEDIA_TYPE },
        { "<html><body/></html>", -1, APP_ERROR_MEDIA_TYPE },
        { NULL, -1, APP_ERROR_MEDIA_TYPE }, /* XML, but deeper than a reader goes */
        { "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>", -1, APP_ERROR_MEDIA_TYPE },
        { "\0\0\0\0", 4, APP_ERROR_MEDIA_TYPE },
        { utf16, sizeof utf16 - 1, APP_ERROR_MEDIA_TYPE },
        { NULL, -1, APP_ERROR_MEDIA_TYPE }, /* laughs */
        { NULL, -1, APP_ERROR_MEDIA_TYPE }, /* deep */
        { huge, -1, APP_ERROR_TOO_LARGE },
        { HEAD "<rdf:Description xmp:Rating=\"4\"/>" TAIL, -1,
          APP_ERROR_MEDIA_TYPE }, /* undeclared */
    };

    for (int i = 1; i < 10; i++)
        g_string_append_printf (laughs, "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;\">", i,
                                i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    g_string_append (laughs, "]><x>&a9;</x>");
    for (int i = 0; i < 100000; i++)
        g_string_append (deep, "<a>");
    for (int i = 0; i < 70; i++) {
        g_string_insert (nested, strlen (HEAD), "<a>");
        g_string_insert (nested, (gssize) (nested->len - strlen (TAIL)), "</a>");
    }
    cases[3].text = nested->str;
    cases[7].text = laughs->str;
    cases[8].text = deep->str;
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (json_t) written = json_array ();
        g_autoptr (GError) error = NULL;

        g_autofree char *after =
            change (cases[i].text, cases[i].n_bytes, all_tags, written, &error);

        if (after != NULL)
            g_error ("case %u is taken", (guint) i);
        if (!g_error_matches (error, APP_ERROR, cases[i].code))
            g_error ("case %u: %s", (guint) i, error->message);
        g_assert_cmpuint (json_array_size (written), ==, 0);
    }
}

static void
test_an_empty_file_is_as_none (void)
{
    g_autofree char *after = change_well ("", all_tags, 6);

    g_assert_nonnull (strstr (after, "rdf:RDF"));
}

static void
test_what_a_reader_would_cut_is_written_but_not_named (void)
{
    g_autofree char *text = g_strnfill (100000, 'x');
    g_autofree char *tags = g_strdup_printf ("{\"ImageDescription\":\"%s\",\"Rating\":2}", text);
    g_autofree char *after = change_well (NULL, tags, 1);

    g_assert_nonnull (strstr (after, text));
}

static void
test_characters_that_xml_has_not_are_left_out (void)
{
    g_autofree char *after = change_well (NULL, "{\"ImageDescription\":\"a\\u0001b\\uffffc\"}", 0);

    g_assert_nonnull (strstr (after, ">abc<"));
}

static void
test_wrong_requests_are_refused (void)
{
    static const char *const wrong[] = { "{\"Make\":\"x\"}",      "{\"Rating\":[]}",
                                         "{\"TagsList\":[1]}",    "{\"GPSLatitude\":\"x\"}",
                                         "{\"GPSLatitude\":1e9}", "{\"ImageDescription\":null}" };

    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autoptr (json_t) written = json_array ();
        g_autoptr (GError) error = NULL;

        g_assert_null (change (NULL, 0, wrong[i], written, &error));
        g_assert_error (error, APP_ERROR, APP_ERROR_INVALID);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/sidecar/new", test_a_new_one_reads_back);
    g_test_add_func ("/sidecar/others", test_what_others_keep_in_it_stays);
    g_test_add_func ("/sidecar/languages", test_other_languages_stay);
    g_test_add_func ("/sidecar/cleared", test_what_is_cleared_reads_as_cleared);
    g_test_add_func ("/sidecar/zone", test_an_older_zone_does_not_contradict_a_new_date);
    g_test_add_func ("/sidecar/prefixes", test_other_words_for_the_same_names_do_no_harm);
    g_test_add_func ("/sidecar/hostile", test_hostile_sidecars_are_refused_and_nothing_is_written);
    g_test_add_func ("/sidecar/empty", test_an_empty_file_is_as_none);
    g_test_add_func ("/sidecar/cut", test_what_a_reader_would_cut_is_written_but_not_named);
    g_test_add_func ("/sidecar/characters", test_characters_that_xml_has_not_are_left_out);
    g_test_add_func ("/sidecar/requests", test_wrong_requests_are_refused);
    return g_test_run ();
}
