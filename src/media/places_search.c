/* places_search.c -- cities by name, see places.h */
#include <string.h>

#include "base/words.h"
#include "media/places_private.h"

/* A city's own name shall be at least this share of what is asked for, so that the name of a state or
 * country alone does not find all that is in it. */
#define NAME_SHARE 0.25

typedef struct {
    guint32 city, n_inhabitants;
    double likeness;
    guint exactness; /* 2: its own name is what is asked for, 1: another name */
} Candidate;

/* The words of states and countries, made for the query: there are some thousand. */
typedef struct {
    const Places *places;
    Likeness *query;
    char *words; /* of the query, without outer blanks */
    char **more; /* of each state, then of each country */
    guint64 *more_bits;
    GArray *found; /* Candidate, at most one of each city */
    GString *text; /* to work with */
} Search;

static const char *
more_of (const Search *self, const guint8 *city, gboolean of_country, guint64 *out_bits)
{
    const Places *places = self->places;
    guint32 index = of_country ? places->n_states + city[14] : get_u16 (city + 12);

    if (of_country ? city[14] >= places->n_countries : index >= places->n_states)
        return "";
    if (self->more[index] == NULL) {
        const char *name =
            places_name (places, of_country ? city[14] : places->n_countries + index);

        self->more[index] = text_words (name != NULL ? name : "");
        self->more_bits[index] = likeness_bits (self->more[index]);
    }
    *out_bits |= self->more_bits[index];
    return self->more[index];
}

static int
compare_candidates (gconstpointer a, gconstpointer b)
{
    const Candidate *x = a, *y = b;

    if (x->likeness != y->likeness)
        return x->likeness > y->likeness ? -1 : 1;
    if (x->exactness != y->exactness)
        return x->exactness > y->exactness ? -1 : 1;
    if (x->n_inhabitants != y->n_inhabitants)
        return x->n_inhabitants > y->n_inhabitants ? -1 : 1;
    return x->city < y->city ? -1 : x->city > y->city;
}

/* @words of one of its names, as they stand in the file */
static void
compare (Search *self, Candidate *candidate, const char *words, guint64 bits)
{
    const Places *places = self->places;
    const guint8 *city = places->cities + (gsize) candidate->city * CITY_BYTES;
    const char *state = more_of (self, city, FALSE, &bits);
    const char *country = more_of (self, city, TRUE, &bits);

    if (!likeness_may_match (self->query, bits, LIKENESS_MATCH))
        return;
    g_string_printf (self->text, " %s ", words);
    if (likeness_common (self->query, self->text->str) < NAME_SHARE)
        return;
    /* each of them begins and ends with a blank */
    g_string_append_printf (self->text, "%s%s", state[0] != '\0' ? state + 1 : "",
                            country[0] != '\0' ? country + 1 : "");
    candidate->likeness = likeness_strict_words (self->query, self->text->str);
}

static void
look_at (Search *self, guint32 index)
{
    const Places *places = self->places;
    const guint8 *entry = places->searched + (gsize) index * SEARCHED_BYTES;
    guint64 bits = (guint64) get_u32 (entry + 4) << 32 | get_u32 (entry);
    Candidate found = { .city = get_u32 (entry + 12) };
    const char *words;
    Candidate *last;

    if (!likeness_may_match (self->query, bits, NAME_SHARE) || found.city >= places->n_cities)
        return;
    words = places_text (places, get_u32 (entry + 8));
    if (words == NULL)
        return;
    compare (self, &found, words, bits);
    if (found.likeness < LIKENESS_MATCH)
        return;
    if (strcmp (words, self->words) == 0) {
        /* the first of a city is its own name */
        gboolean is_own = index == 0 || get_u32 (entry - SEARCHED_BYTES + 12) != found.city;

        found.exactness = is_own ? 2 : 1;
    }
    found.n_inhabitants = get_u32 (places->inhabitants + (gsize) found.city * 4);
    last =
        self->found->len > 0 ? &g_array_index (self->found, Candidate, self->found->len - 1) : NULL;
    if (last == NULL || last->city != found.city)
        g_array_append_val (self->found, found);
    else if (compare_candidates (&found, last) < 0)
        *last = found;
}

gsize
places_search (const Places *self, const char *query, FoundPlace *out, gsize max)
{
    gsize n_more = (gsize) self->n_states + self->n_countries;
    g_autoptr (Likeness) likeness = likeness_new (query);
    g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Candidate));
    g_autofree char *words = text_words (query);
    g_autofree guint64 *more_bits = g_new0 (guint64, MAX (n_more, 1));
    char **more = g_new0 (char *, n_more + 1);
    g_autoptr (GString) text = g_string_new (NULL);
    Search search = { self, likeness, NULL, more, more_bits, found, text };
    gsize n;

    if (!likeness_is_empty (likeness)) {
        search.words = g_strstrip (words);
        for (guint32 i = 0; i < self->n_searched; i++)
            look_at (&search, i);
        g_array_sort (found, compare_candidates);
    }
    n = MIN (found->len, max);
    for (gsize i = 0; i < n; i++) {
        const guint8 *city =
            self->cities + (gsize) g_array_index (found, Candidate, i).city * CITY_BYTES;
        guint16 state = get_u16 (city + 12);
        const char *name = places_text (self, get_u32 (city + 8));

        out[i] = (FoundPlace){ .name = name != NULL ? name : "",
                               .state = state < self->n_states
                                            ? places_name (self, self->n_countries + state)
                                            : NULL,
                               .latitude = (gint32) get_u32 (city) / 1e5,
                               .longitude = (gint32) get_u32 (city + 4) / 1e5 };
    }
    for (gsize i = 0; i < n_more; i++)
        g_free (more[i]);
    g_free (more);
    return n;
}
