/* words.h -- making texts comparable for searching: folding, words, and likeness by trigrams
 *
 * fold and words exist under the same names in SQL on both engines (db/sqlite_functions.c and
 * db/migrations/functions.sql); what is computed here and there is the same. */
#pragma once
#include <glib.h>

/** Without accents: 'Äpfel' is 'Apfel'. NULL when @text is not UTF-8; free with g_free (). */
char *text_unaccent (const char *text);
/** Lower case, without accents, compatible forms made plain. NULL when @text is not UTF-8. */
char *text_fold (const char *text);
/** Folded, each run of anything but letters and digits made one blank, a blank at both ends: 'IMG_1.jpg'
 *  is ' img 1 jpg '; without a word it is ' '. NULL when @text is not UTF-8. */
char *text_words (const char *text);

/* ---- likeness ---- */

/** How alike a query and texts are, as PostgreSQL's trigrams count it: the greatest share of common
 *  trigrams among all stretches of the text. Words are padded with two blanks before and one behind. */
typedef struct _Likeness Likeness;

/** At this similarity a text is found. */
#define LIKENESS_MATCH 0.5

/** @return (transfer full) the query, ready to be compared with many texts; any thread may use it,
 *  one at a time */
Likeness *likeness_new (const char *query);
void likeness_free (Likeness *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Likeness, likeness_free)

gboolean likeness_is_empty (const Likeness *self); /* a query without a word finds nothing */
/** Of stretches that begin and end with a word; 0 to 1. */
double likeness_strict (Likeness *self, const char *text);
/** Of any stretch: 'b' is in 'Bob'. */
double likeness_loose (Likeness *self, const char *text);
/** The same of a text that text_words () made. */
double likeness_strict_words (Likeness *self, const char *words);

/** How much of the query is somewhere in a text that text_words () made, 0 to 1; quick. */
double likeness_common (Likeness *self, const char *words);

/** A bit for each trigram, so that a text with too few of them is passed over without comparing. */
guint64 likeness_bits (const char *words);
/** FALSE when no text with these bits can reach @share, such as LIKENESS_MATCH. */
gboolean likeness_may_match (const Likeness *self, guint64 bits, double share);
