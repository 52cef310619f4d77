/* What makes texts comparable; the values of likeness are those that PostgreSQL's trigrams give. */
#include "base/words.h"

static void
test_words_are_apart_by_one_blank (void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "IMG_1234.JPG", " img 1234 jpg " },
        { "", " " },
        { "  -- ", " " },
        { "Straße, Köln", " strasse koln " },
        { "東京 2024", " 東京 2024 " },
        { "a", " a " },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *words = text_words (cases[i].text);

        g_assert_cmpstr (words, ==, cases[i].words);
    }
    g_assert_null (text_words ("\xff"));
}

static void
test_likeness_is_the_share_of_common_trigrams (void)
{
    static const struct {
        const char *query, *text;
        double strict, loose;
    } cases[] = {
        { "b", "Bob", 0.2, 0.5 },
        { "helo", "Hello", 4.0 / 7, 0.6 },
        { "berlin", "New Berlin", 1, 1 },
        { "Berlin", "berlín", 1, 1 },
        { "wor", "World", 3.0 / 7, 3.0 / 4 },
        { "word", "two words", 4.0 / 7, 4.0 / 5 },
        { "x", "", 0, 0 },
        { "", "x", 0, 0 },
        { "strasse", "Straße", 1, 1 },
        { "北京", "hello 北京 京大", 1, 1 },
        { "京", "北京 京大 大学", 0.25, 0.5 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (Likeness) query = likeness_new (cases[i].query);

        g_test_message ("'%s' in '%s'", cases[i].query, cases[i].text);
        g_assert_cmpfloat_with_epsilon (likeness_strict (query, cases[i].text), cases[i].strict,
                                        1e-9);
        g_assert_cmpfloat_with_epsilon (likeness_loose (query, cases[i].text), cases[i].loose,
                                        1e-9);
    }
}

static void
test_bits_pass_over_nothing_that_matches (void)
{
    GRand *random = g_rand_new_with_seed (7);
    guint n_matches = 0, n_passed_over = 0;

    for (guint i = 0; i < 20000; i++) {
        char query[8] = { 0 }, text[20] = { 0 };
        g_autoptr (Likeness) likeness = NULL;
        g_autofree char *words = NULL;
        gboolean may_match;

        for (gsize n = 0; n < sizeof query - 1; n++)
            query[n] = "abc "[g_rand_int_range (random, 0, 4)];
        for (gsize n = 0; n < sizeof text - 1; n++)
            text[n] = "abcdef "[g_rand_int_range (random, 0, 7)];
        likeness = likeness_new (query);
        words = text_words (text);
        may_match = likeness_may_match (likeness, likeness_bits (words), LIKENESS_MATCH);
        if (!likeness_is_empty (likeness) && likeness_strict (likeness, text) >= LIKENESS_MATCH) {
            n_matches++;
            g_assert_true (may_match);
        }
        n_passed_over += !may_match;
    }
    g_assert_cmpuint (n_matches, >, 10);
    g_assert_cmpuint (n_passed_over, >, 5000);
    g_rand_free (random);
}

static void
test_long_texts_end_somewhere (void)
{
    g_autofree char *text = g_strnfill (100000, 'x');
    g_autoptr (Likeness) query = likeness_new (text);

    g_assert_cmpfloat (likeness_strict (query, text), <=, 1);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/words/are-apart-by-one-blank", test_words_are_apart_by_one_blank);
    g_test_add_func ("/likeness/is-the-share-of-common-trigrams",
                     test_likeness_is_the_share_of_common_trigrams);
    g_test_add_func ("/likeness/bits-pass-over-nothing-that-matches",
                     test_bits_pass_over_nothing_that_matches);
    g_test_add_func ("/likeness/long-texts-end-somewhere", test_long_texts_end_somewhere);
    return g_test_run ();
}
