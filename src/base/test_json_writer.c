#include "base/json_writer.h"

#include <math.h>

static void
test_a_document (void)
{
    g_autoptr (GString) text = g_string_new (NULL);
    JsonWriter w;

    json_writer_init (&w, text);
    json_begin_object (&w);
    json_name (&w, "list");
    json_begin_array (&w);
    json_int (&w, -9007199254740993);
    json_number (&w, 0.1);
    json_number (&w, 5.0);
    json_number (&w, NAN);
    json_bool (&w, TRUE);
    json_begin_object (&w);
    json_end_object (&w);
    json_end_array (&w);
    json_name (&w, "none");
    json_text (&w, NULL);
    json_name (&w, "time");
    json_time (&w, 1);
    json_name (&w, "bytes");
    json_base64 (&w, "\0\1\2", 3);
    json_name (&w, "raw");
    json_raw (&w, "[1]");
    json_end_object (&w);
    g_assert_cmpstr (text->str, ==,
                     "{\"list\":[-9007199254740993,0.1,5,null,true,{}],\"none\":null,"
                     "\"time\":\"1970-01-01T00:00:00.001Z\",\"bytes\":\"AAEC\",\"raw\":[1]}");
}

static void
test_strings_are_quoted_and_always_utf8 (void)
{
    g_autoptr (GString) text = g_string_new (NULL);
    JsonWriter w;

    json_writer_init (&w, text);
    json_begin_array (&w);
    json_text (&w, "a\"b\\c\n\x01 ü");
    json_text (&w, "bad\xff");
    json_end_array (&w);
    g_assert_cmpstr (text->str, ==, "[\"a\\\"b\\\\c\\n\\u0001 ü\",\"bad\xef\xbf\xbd\"]");
}

static void
test_numbers_read_back_the_same (void)
{
    static const double values[] = { 1.0 / 3, 1e300, 5e-324, 38.123456, -0.25, 1.1920929e-7 };

    for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
        g_autoptr (GString) text = g_string_new (NULL);
        JsonWriter w;

        json_writer_init (&w, text);
        json_number (&w, values[i]);
        g_assert_cmpfloat (g_ascii_strtod (text->str, NULL), ==, values[i]);
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/json-writer/a-document", test_a_document);
    g_test_add_func ("/json-writer/strings-are-quoted", test_strings_are_quoted_and_always_utf8);
    g_test_add_func ("/json-writer/numbers-read-back", test_numbers_read_back_the_same);
    return g_test_run ();
}
