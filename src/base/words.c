/* words.c -- see words.h */
#include "base/words.h"

#include <stdlib.h>
#include <string.h>

/* Letters whose accent is not a combining mark, so that no decomposition takes it off. */
static const struct {
    gunichar letter;
    const char *plain;
} plain_letters[] = {
    { 0x00C6, "AE" }, { 0x00D0, "D" },  { 0x00D8, "O" },  { 0x00DE, "TH" }, { 0x00DF, "ss" },
    { 0x00E6, "ae" }, { 0x00F0, "d" },  { 0x00F8, "o" },  { 0x00FE, "th" }, { 0x0110, "D" },
    { 0x0111, "d" },  { 0x0126, "H" },  { 0x0127, "h" },  { 0x0131, "i" },  { 0x0141, "L" },
    { 0x0142, "l" },  { 0x0152, "OE" }, { 0x0153, "oe" }, { 0x1E9E, "SS" },
};

static const char *
find_plain (gunichar letter)
{
    for (gsize i = 0; i < G_N_ELEMENTS (plain_letters); i++)
        if (plain_letters[i].letter == letter)
            return plain_letters[i].plain;
    return NULL;
}

/* @decomposed without the combining diacritical marks U+0300 to U+036F, composed again */
static char *
strip (const char *decomposed)
{
    g_autoptr (GString) out = g_string_sized_new (strlen (decomposed));

    for (const char *at = decomposed; *at != '\0'; at = g_utf8_next_char (at)) {
        gunichar letter = g_utf8_get_char (at);
        const char *plain = find_plain (letter);

        if (plain != NULL)
            g_string_append (out, plain);
        else if (letter < 0x0300 || letter > 0x036F)
            g_string_append_unichar (out, letter);
    }
    return g_utf8_normalize (out->str, -1, G_NORMALIZE_NFC);
}

char *
text_unaccent (const char *text)
{
    g_autofree char *decomposed = g_utf8_normalize (text, -1, G_NORMALIZE_NFD);

    return decomposed == NULL ? NULL : strip (decomposed);
}

char *
text_fold (const char *text)
{
    g_autofree char *lower = g_utf8_strdown (text, -1);
    g_autofree char *decomposed = g_utf8_normalize (lower, -1, G_NORMALIZE_NFKD);
    g_autofree char *stripped = NULL;
    g_autofree char *lower_again = NULL;
    GString *out;

    if (decomposed == NULL)
        return NULL;
    stripped = strip (decomposed);
    /* compatible forms may bring capitals back, and a final sigma is a sigma */
    lower_again = g_utf8_strdown (stripped, -1);
    out = g_string_new (lower_again);
    g_string_replace (out, "\xCF\x82", "\xCF\x83", 0);
    return g_string_free (out, FALSE);
}

/* As [[:alnum:]] of ICU: letters and decimal digits. */
static gboolean
is_of_word (gunichar letter)
{
    return g_unichar_isalpha (letter) || g_unichar_type (letter) == G_UNICODE_DECIMAL_NUMBER;
}

char *
text_words (const char *text)
{
    g_autofree char *folded = text_fold (text);
    GString *out;

    if (folded == NULL)
        return NULL;
    out = g_string_new (" ");
    for (const char *at = folded; *at != '\0'; at = g_utf8_next_char (at)) {
        gunichar letter = g_utf8_get_char (at);

        if (is_of_word (letter))
            g_string_append_unichar (out, letter);
        else if (out->str[out->len - 1] != ' ')
            g_string_append_c (out, ' ');
    }
    if (out->str[out->len - 1] != ' ')
        g_string_append_c (out, ' ');
    return g_string_free (out, FALSE);
}

/* ---- likeness ---- */

/* Longer texts are compared by their beginning. */
#define MAX_TRIGRAMS 2000
#define MAX_QUERY 256

typedef guint64 Trigram; /* three code points of 21 bits */

/* The trigrams of a text in their order; a word begins where begins[i] is set. */
typedef struct {
    Trigram items[MAX_TRIGRAMS];
    gboolean begins[MAX_TRIGRAMS];
    guint n;
} Trigrams;

struct _Likeness {
    Trigram query[MAX_QUERY]; /* sorted, each once */
    guint n;
    guint64 bits;
    guint n_bits;
    Trigrams text; /* the one that is being compared */
};

static void
add_trigram (Trigrams *out, gunichar a, gunichar b, gunichar c, gboolean begins)
{
    if (out->n == MAX_TRIGRAMS)
        return;
    out->items[out->n] = (Trigram) a << 42 | (Trigram) b << 21 | c;
    out->begins[out->n++] = begins;
}

/* @words as text_words () makes them */
static void
take_trigrams (Trigrams *out, const char *words)
{
    gunichar before[2] = { ' ', ' ' };
    gboolean begins = TRUE;

    out->n = 0;
    for (const char *at = words + 1; *at != '\0'; at = g_utf8_next_char (at)) {
        gunichar letter = g_utf8_get_char (at);

        add_trigram (out, before[0], before[1], letter, begins);
        begins = letter == ' ';
        before[0] = begins ? ' ' : before[1];
        before[1] = letter;
    }
}

static int
compare_trigrams (gconstpointer a, gconstpointer b)
{
    Trigram x = *(const Trigram *) a, y = *(const Trigram *) b;

    return x < y ? -1 : x > y;
}

static guint
bit_of (Trigram trigram)
{
    return (guint) (trigram * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15) >> 58);
}

Likeness *
likeness_new (const char *query)
{
    Likeness *self = g_new0 (Likeness, 1);
    g_autofree char *words = text_words (query);

    take_trigrams (&self->text, words != NULL ? words : " ");
    qsort (self->text.items, self->text.n, sizeof (Trigram), compare_trigrams);
    for (guint i = 0; i < self->text.n && self->n < MAX_QUERY; i++) {
        Trigram trigram = self->text.items[i];

        if (self->n > 0 && self->query[self->n - 1] == trigram)
            continue;
        self->query[self->n++] = trigram;
        self->bits |= G_GUINT64_CONSTANT (1) << bit_of (trigram);
    }
    self->n_bits = (guint) __builtin_popcountll (self->bits);
    return self;
}

void
likeness_free (Likeness *self)
{
    g_free (self);
}

gboolean
likeness_is_empty (const Likeness *self)
{
    return self->n == 0;
}

/* Which of the query's trigrams it is; -1: none. */
static int
find_trigram (const Likeness *self, Trigram trigram)
{
    guint low = 0, high = self->n;

    while (low < high) {
        guint middle = (low + high) / 2;

        if (self->query[middle] < trigram)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->n && self->query[low] == trigram ? (int) low : -1;
}

/* |Q and E| / |Q or E| is greatest for some stretch E; a longer one than twice the query cannot reach
 * one half, nor be better than its best part. */
static double
compare (Likeness *self, gboolean strict)
{
    const Trigrams *text = &self->text;
    g_autofree int *which = g_new (int, MAX (text->n, 1));
    double best = 0;

    if (self->n == 0)
        return 0;
    for (guint i = 0; i < text->n; i++)
        which[i] = find_trigram (self, text->items[i]);
    for (guint from = 0; from < text->n; from++) {
        guint8 seen[MAX_QUERY] = { 0 };
        guint n_common = 0, n_other = 0;

        /* a stretch that begins or ends with what the query lacks is no better without it */
        if (strict ? !text->begins[from] : which[from] < 0)
            continue;
        for (guint to = from; to < text->n && n_other <= 2 * self->n; to++) {
            double share;
            gboolean repeated = FALSE;

            if (which[to] >= 0) {
                n_common += !seen[which[to]];
                seen[which[to]] = 1;
            } else {
                for (guint i = from; i < to && !repeated; i++)
                    repeated = text->items[i] == text->items[to];
                n_other += !repeated;
            }
            if (strict && to + 1 < text->n && !text->begins[to + 1])
                continue;
            share = (double) n_common / (self->n + n_other);
            best = MAX (best, share);
        }
    }
    return best;
}

double
likeness_strict_words (Likeness *self, const char *words)
{
    take_trigrams (&self->text, words);
    return compare (self, TRUE);
}

static double
compare_text (Likeness *self, const char *text, gboolean strict)
{
    g_autofree char *words = text_words (text);

    take_trigrams (&self->text, words != NULL ? words : " ");
    return compare (self, strict);
}

double
likeness_strict (Likeness *self, const char *text)
{
    return compare_text (self, text, TRUE);
}

double
likeness_loose (Likeness *self, const char *text)
{
    return compare_text (self, text, FALSE);
}

double
likeness_common (Likeness *self, const char *words)
{
    guint8 seen[MAX_QUERY] = { 0 };
    guint n = 0;

    take_trigrams (&self->text, words);
    for (guint i = 0; i < self->text.n; i++) {
        int which = find_trigram (self, self->text.items[i]);

        if (which >= 0) {
            n += !seen[which];
            seen[which] = 1;
        }
    }
    return self->n > 0 ? (double) n / self->n : 0;
}

guint64
likeness_bits (const char *words)
{
    Trigrams trigrams;
    guint64 bits = 0;

    take_trigrams (&trigrams, words);
    for (guint i = 0; i < trigrams.n; i++)
        bits |= G_GUINT64_CONSTANT (1) << bit_of (trigrams.items[i]);
    return bits;
}

/* At a similarity of one half at least half of the query's trigrams are common; each that is has its bit.
 * Those that share a bit are counted as one, so as many as that may be missing besides. */
gboolean
likeness_may_match (const Likeness *self, guint64 bits, double share)
{
    guint n_common = (guint) __builtin_popcountll (self->bits & bits) + self->n - self->n_bits;

    return n_common >= share * self->n;
}
