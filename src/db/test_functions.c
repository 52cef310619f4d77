/* The functions of the same name give the same results on both engines. */
#include "db/test_parts.h"

#include <string.h>

#include "base/uuid.h"
#include "base/words.h"

static const char *
call (TestDb *t, const char *sql, const char *argument)
{
    const char *text = NULL;

    db_select_text (t->db, t->arena, sql, DB_ARGS (db_text (argument)), &text, &t->error);
    g_assert_no_error (t->error);
    return text;
}

static void
test_fold_makes_words_comparable (TestDb *t)
{
    static const struct {
        const char *text, *folded, *unaccented;
    } words[] = {
        { "Äpfel", "apfel", "Apfel" },
        { "STRASSE Straße", "strasse strasse", "STRASSE Strasse" },
        { "Ǆ Łódź Ørsted Œuvre Æ", "dz lodz orsted oeuvre ae", "Ǆ Lodz Orsted OEuvre AE" },
        { "ΣΊΣΥΦΟΣ", "σισυφοσ", "ΣΙΣΥΦΟΣ" },
        { "Ёлка Й", "елка и", "Елка И" },
        { "İstanbul ısı", "istanbul isi", "Istanbul isi" },
        { "ＡＢＣ ﬁ ①", "abc fi 1", "ＡＢＣ ﬁ ①" },
        { "がぎ 한국", "がぎ 한국", "がぎ 한국" },
        { "e\xCC\x81\xCC\xA3", "e", "e" },
        { "100% _\\ 🦊", "100% _\\ 🦊", "100% _\\ 🦊" },
        { "", "", "" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
        g_assert_cmpstr (call (t, "SELECT fold(CAST($1 AS TEXT))", words[i].text), ==,
                         words[i].folded);
        g_assert_cmpstr (call (t, "SELECT unaccent(CAST($1 AS TEXT))", words[i].text), ==,
                         words[i].unaccented);
    }
    g_assert_null (call (t, "SELECT fold(CAST($1 AS TEXT))", NULL));
    g_assert_null (call (t, "SELECT unaccent(CAST($1 AS TEXT))", NULL));
}

static void
test_words_are_those_of_the_program (TestDb *t)
{
    static const char *const texts[] = { "IMG_1234.JPG", "",          "-- ",   "Straße, Köln",
                                         "東京 2024 ①½", "ΣΊΣ а́б.вг", "हिन्दी", "a\tb\nc" };

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autofree char *words = text_words (texts[i]);

        g_assert_cmpstr (call (t, "SELECT words(CAST($1 AS TEXT))", texts[i]), ==, words);
    }
    g_assert_null (call (t, "SELECT words(CAST($1 AS TEXT))", NULL));
    g_assert_cmpstr (
        call (t, "SELECT group_concat(value, '/') FROM json_each($1)", "[\"b\",\"a\"]"), ==, "b/a");
}

static void
test_json_each_gives_items_in_order (TestDb *t)
{
    const char *items[] = { "b", "ä \"x\"", "", "a" };
    StringList in = { items, G_N_ELEMENTS (items) }, out;
    gint64 n = 0;

    db_select_texts (t->db, t->arena, "SELECT value FROM json_each($1) ORDER BY key",
                     DB_ARGS (db_strings (t->arena, &in)), &out, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpuint (out.n, ==, in.n);
    for (gsize i = 0; i < in.n; i++)
        g_assert_cmpstr (out.items[i], ==, in.items[i]);
    db_select_int (t->db, "SELECT sum(CAST(value AS BIGINT)) FROM json_each($1)",
                   DB_ARGS (db_text ("[1, 20, 300]")), &n, NULL, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (n, ==, 321);
    db_select_int (t->db, "SELECT count(*) FROM json_each($1)", DB_ARGS (db_text ("[]")), &n, NULL,
                   &t->error);
    g_assert_cmpint (n, ==, 0);
    db_select_int (t->db, "SELECT count(*) FROM json_each($1)", DB_ARGS (db_null ()), &n, NULL,
                   &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpint (n, ==, 0);
}

static void
test_json_group_array_collects (TestDb *t)
{
    const char *items[] = { "b", "ä \"x\"", "" };
    StringList in = { items, G_N_ELEMENTS (items) };
    DbArgs args = DB_ARGS (db_strings (t->arena, &in));
    const char *text = NULL;

    db_select_text (t->db, t->arena, "SELECT json_group_array(value) FROM json_each($1)", args,
                    &text, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpstr (text, ==, args.values[0].bytes);
    db_select_text (t->db, t->arena,
                    "SELECT json_group_array(CAST(value AS BIGINT)) FROM json_each($1)",
                    DB_ARGS (db_text ("[3, 1]")), &text, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpstr (text, ==, "[3,1]");
    db_select_text (t->db, t->arena, "SELECT json_group_array(value) FROM json_each($1)",
                    DB_ARGS (db_text ("[]")), &text, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpstr (text, ==, "[]");
}

static void
test_uuid_v7_is_new_for_every_row (TestDb *t)
{
    StringList ids;
    const char *before;

    db_select_texts (t->db, t->arena, "SELECT uuid_v7 () FROM json_each($1)",
                     DB_ARGS (db_text ("[1,2,3]")), &ids, &t->error);
    g_assert_no_error (t->error);
    g_assert_cmpuint (ids.n, ==, 3);
    for (gsize i = 0; i < ids.n; i++) {
        g_assert_cmpuint (strlen (ids.items[i]), ==, UUID_TEXT_BYTES - 1);
        g_assert_true (ids.items[i][14] == '7' && strchr ("89ab", ids.items[i][19]) != NULL);
        g_assert_true (i == 0 || strcmp (ids.items[i - 1], ids.items[i]) != 0);
    }
    before = ids.items[2];
    g_usleep (2000);
    g_assert_cmpstr (before, <, call (t, "SELECT uuid_v7 () WHERE CAST($1 AS TEXT) IS NULL", NULL));
}

void
test_functions_add (void)
{
    test_db_add_with ("/functions/words-are-those-of-the-program", NULL, 0,
                      test_words_are_those_of_the_program);
    test_db_add_with ("/functions/uuid-v7-is-new-for-every-row", NULL, 0,
                      test_uuid_v7_is_new_for_every_row);
    test_db_add_with ("/functions/fold-makes-words-comparable", NULL, 0,
                      test_fold_makes_words_comparable);
    test_db_add_with ("/functions/json-each-gives-items-in-order", NULL, 0,
                      test_json_each_gives_items_in_order);
    test_db_add_with ("/functions/json-group-array-collects", NULL, 0,
                      test_json_group_array_collects);
}
