/* test_multipart.c -- forms as browsers, curl and the apps send them, cut anywhere, and broken ones */
#include <string.h>

#include "base/error.h"
#include "http/multipart.h"

static gboolean
on_begin (gpointer story, const MultipartPart *part, GError **error)
{
    g_string_append_printf (story, "[%s|%s|%s|%" G_GSIZE_FORMAT "]", part->name,
                            part->file_name != NULL ? part->file_name : "-",
                            part->content_type != NULL ? part->content_type : "-", part->n_headers);
    return TRUE;
}

static gboolean
on_data (gpointer story, const guint8 *bytes, gsize n_bytes, GError **error)
{
    g_assert_cmpuint (n_bytes, >, 0);
    g_string_append_len (story, (const char *) bytes, (gssize) n_bytes);
    return TRUE;
}

static gboolean
on_end (gpointer story, GError **error)
{
    g_string_append (story, "[end]");
    return TRUE;
}

static const MultipartClass story_class = { on_begin, on_data, on_end };

/* The story that the callbacks tell, or the error. @n_piece 0: random pieces. */
static char *
tell (const char *content_type, const char *form, gsize n_form, gsize n_piece)
{
    g_autoptr (GString) story = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (Multipart) parser = multipart_new (content_type, &story_class, story, &error);
    gboolean ok = parser != NULL;

    for (gsize at = 0; ok && at < n_form;) {
        gsize n = n_piece > 0 ? n_piece : (gsize) g_test_rand_int_range (0, 40);

        n = MIN (n, n_form - at);
        ok = multipart_push (parser, (const guint8 *) form + at, n, &error);
        at += n;
    }
    if (ok)
        ok = multipart_finish (parser, &error);
    if (!ok) {
        g_assert_nonnull (error);
        g_string_append_printf (story, "!%d", error->code);
    }
    return g_string_free (g_steal_pointer (&story), FALSE);
}

#define TYPE "multipart/form-data; boundary=XX"

static const struct {
    const char *form, *story;
} good[] = {
    { "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--XX--\r\n",
      "[a|-|-|1]value[end]" },
    { "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--XX--", "[a|-|-|1][end]" },
    { "preamble\r\n--XX \t\r\ncontent-disposition:form-data;name=a;filename=b.jpg\r\nContent-Type: "
      "image/jpeg\r\n\r\nx\r\n--XX--epilogue --XX",
      "[a|b.jpg|image/jpeg|2]x[end]" },
    { "--XX\r\nContent-Disposition: form-data; name=\"a\"; "
      "filename=\"q\\\"b\\\\s.jpg\"\r\n\r\n\r\n--XX--",
      "[a|q\"b\\s.jpg|-|1][end]" },
    { "--XX\r\nContent-Disposition: form-data; name=\"a\"; "
      "filename=\"C:\\x\\y%22.jpg\"\r\n\r\n\r\n--XX--",
      "[a|C:\\x\\y\".jpg|-|1][end]" },
    { "--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"; "
      "filename*=UTF-8''na%C3%AFve%20a.jpg\r\n\r\n\r\n--XX--",
      "[a|na\xc3\xafve a.jpg|-|1][end]" },
    { "--XX\r\nContent-Disposition: form-data; name=\"a\"; "
      "filename*=iso-8859-1'en'%e9\r\n\r\n\r\n--XX--",
      "[a|\xc3\xa9|-|1][end]" },
    { "--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\xe9.jpg\"\r\n\r\n\r\n--XX--",
      "[a|\xc3\xa9.jpg|-|1][end]" },
    { "--XX\r\nContent-Disposition: form-data; "
      "name=\"\"\r\n\r\n\r\n--X\r\n--X\r\r\n\r\n-\r\n--XX\r\n"
      "Content-Disposition: form-data; name=\"b\"\r\n\r\n\r\r\n\r\n--XX--",
      "[|-|-|1]\r\n--X\r\n--X\r\r\n\r\n-[end][b|-|-|1]\r\r\n[end]" },
    { "--XX--", "" },
};

static void
test_any_cut_tells_the_same_story (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        gsize n_form = strlen (good[i].form);

        for (gsize n_piece = 1; n_piece <= n_form; n_piece++) {
            g_autofree char *story = tell (TYPE, good[i].form, n_form, n_piece);

            g_assert_cmpstr (story, ==, good[i].story);
        }
        for (int round = 0; round < 200; round++) {
            g_autofree char *story = tell (TYPE, good[i].form, n_form, 0);

            g_assert_cmpstr (story, ==, good[i].story);
        }
    }
}

static void
test_binary_data_comes_through (void)
{
    static const char head[] = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
    g_autoptr (GByteArray) form = g_byte_array_new ();
    g_autoptr (GByteArray) data = g_byte_array_new ();

    for (int i = 0; i < 200000; i++) { /* many near misses of the delimiter */
        static const guint8 letters[] = { '\r', '\n', '-', 'X', 0, 255 };

        g_byte_array_append (data, &letters[g_test_rand_int_range (0, 6)], 1);
    }
    for (guint8 *found; (found = memmem (data->data, data->len, "\r\n--XX", 6)) != NULL;)
        found[5] = 'Y';
    g_byte_array_append (form, (const guint8 *) head, sizeof head - 1);
    g_byte_array_append (form, data->data, data->len);
    g_byte_array_append (form, (const guint8 *) "\r\n--XX--", 8);
    for (gsize n_piece = 1; n_piece < 70000; n_piece = n_piece * 7 + 3) {
        g_autoptr (GString) story = g_string_new (NULL);
        g_autoptr (Multipart) parser = multipart_new (TYPE, &story_class, story, NULL);

        for (gsize at = 0; at < form->len; at += n_piece)
            g_assert_true (
                multipart_push (parser, form->data + at, MIN (n_piece, form->len - at), NULL));
        g_assert_true (multipart_finish (parser, NULL));
        g_assert_cmpmem (story->str + strlen ("[a|-|-|1]"),
                         story->len - strlen ("[a|-|-|1]") - strlen ("[end]"), data->data,
                         data->len);
    }
}

static void
test_broken_forms_are_refused (void)
{
    static const struct {
        const char *form;
        int code;
    } cases[] = {
        { "", APP_ERROR_INVALID },
        { "--X", APP_ERROR_INVALID },
        { "no boundary at all", APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue", APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--XX-",
          APP_ERROR_INVALID },
        { "--XX\r\n\r\nx\r\n--XX--", APP_ERROR_INVALID },
        { "--XX\r\nContent-Type: a/b\r\n\r\nx\r\n--XX--", APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--", APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--", APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--XX--",
          APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=\"a\x01\"\r\n\r\nx\r\n--XX--",
          APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''%zz\r\n\r\nx\r\n--XX--",
          APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''%0a\r\n\r\nx\r\n--XX--",
          APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
          "name=b\r\n\r\nx\r\n--XX--",
          APP_ERROR_INVALID },
        { "--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: "
          "base64\r\n\r\nx\r\n--XX--",
          APP_ERROR_INVALID },
        { "--XX\nContent-Disposition: form-data; name=a\n\nx\n--XX--", APP_ERROR_INVALID },
        { "--XXY\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XX--", APP_ERROR_INVALID },
        { "--XX\r\nbad header\r\n\r\nx\r\n--XX--", APP_ERROR_INVALID },
        { "--XX\r\n: x\r\n\r\nx\r\n--XX--", APP_ERROR_INVALID },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        for (gsize n_piece = 1; n_piece < 200; n_piece += 13) {
            g_autofree char *story = tell (TYPE, cases[i].form, strlen (cases[i].form), n_piece);
            g_autofree char *ending = g_strdup_printf ("!%d", cases[i].code);

            g_test_message ("%s -> %s", cases[i].form, story);
            g_assert_true (g_str_has_suffix (story, ending));
        }
    }
}

static void
test_limits_are_kept (void)
{
    g_autoptr (GString) form = g_string_new (NULL);
    g_autofree char *many = NULL, *large = NULL, *line = NULL;
    g_autofree char *too_large = g_strdup_printf ("!%d", APP_ERROR_TOO_LARGE);
    g_autofree char *ending = g_strconcat ("[end]", too_large, NULL);

    for (int i = 0; i < MULTIPART_MAX_PARTS + 1; i++)
        g_string_append (form, "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n");
    g_string_append (form, "--XX--");
    many = tell (TYPE, form->str, form->len, 1000);
    g_assert_true (g_str_has_suffix (many, ending));

    g_string_assign (form, "--XX\r\nX: ");
    for (int i = 0; i < MULTIPART_MAX_HEAD_BYTES; i++)
        g_string_append_c (form, 'a');
    large = tell (TYPE, form->str, form->len, 1000);
    g_assert_cmpstr (large, ==, too_large);

    g_string_assign (form, "--XX");
    for (int i = 0; i < MULTIPART_MAX_HEAD_BYTES * 2; i++)
        g_string_append_c (form, ' ');
    line = tell (TYPE, form->str, form->len, 1000);
    g_assert_cmpstr (line, ==, too_large);
}

static void
test_content_types (void)
{
    g_autofree char *longest = g_strnfill (MULTIPART_MAX_BOUNDARY_BYTES, 'b');
    const struct {
        char *type;
        int code; /* -1: taken */
    } cases[] = {
        { g_strdup ("multipart/form-data; boundary=\"X X\""), -1 },
        { g_strdup ("Multipart/Form-Data;charset=utf-8;BOUNDARY=x"), -1 },
        { g_strdup_printf ("multipart/form-data; boundary=%s", longest), -1 },
        { g_strdup_printf ("multipart/form-data; boundary=%sb", longest), APP_ERROR_INVALID },
        { g_strdup ("multipart/form-data"), APP_ERROR_INVALID },
        { g_strdup ("multipart/form-data; boundary="), APP_ERROR_INVALID },
        { g_strdup ("multipart/form-data; boundary=\"x"), APP_ERROR_INVALID },
        { g_strdup ("multipart/form-datas; boundary=x"), APP_ERROR_MEDIA_TYPE },
        { g_strdup ("multipart/mixed; boundary=x"), APP_ERROR_MEDIA_TYPE },
        { g_strdup ("application/json"), APP_ERROR_MEDIA_TYPE },
        { g_strdup (""), APP_ERROR_MEDIA_TYPE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;
        g_autoptr (Multipart) parser = multipart_new (cases[i].type, &story_class, NULL, &error);

        g_test_message ("%s", cases[i].type);
        if (cases[i].code < 0)
            g_assert_no_error (error);
        else
            g_assert_error (error, APP_ERROR, cases[i].code);
        g_free (cases[i].type);
    }
}

static gboolean
refuse (gpointer self, const MultipartPart *part, GError **error)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_MEDIA_TYPE, "no");
    return FALSE;
}

static void
test_an_error_of_a_callback_stops_it (void)
{
    static const MultipartClass refusing = { refuse, on_data, on_end };
    g_autoptr (GError) error = NULL;
    g_autoptr (Multipart) parser = multipart_new (TYPE, &refusing, NULL, NULL);

    g_assert_false (
        multipart_push (parser, (const guint8 *) good[0].form, strlen (good[0].form), &error));
    g_assert_error (error, APP_ERROR, APP_ERROR_MEDIA_TYPE);
    g_assert_false (multipart_push (parser, (const guint8 *) "x", 1, NULL));
    g_assert_false (multipart_finish (parser, NULL));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/multipart/any-cut-tells-the-same-story", test_any_cut_tells_the_same_story);
    g_test_add_func ("/multipart/binary-data-comes-through", test_binary_data_comes_through);
    g_test_add_func ("/multipart/broken-forms-are-refused", test_broken_forms_are_refused);
    g_test_add_func ("/multipart/limits-are-kept", test_limits_are_kept);
    g_test_add_func ("/multipart/content-types", test_content_types);
    g_test_add_func ("/multipart/an-error-of-a-callback-stops-it",
                     test_an_error_of_a_callback_stops_it);
    return g_test_run ();
}
